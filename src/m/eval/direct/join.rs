//! Texts put together: keys are made of the same parts again and again.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::m::value::Text;

/// How many results one operation keeps; a new one takes the place of an old one.
const PLACES: usize = 512;
/// Longer texts are seldom parts of a key.
const LONGEST: usize = 128;
/// After so many times an operation of which less than a third was found is not looked up any more.
const TRIAL: u32 = 512;

/// Three parts and the whole.
type Kept = Option<([Text; 3], Text)>;

/// What one operation made of parts that were the very same objects.
#[derive(Default)]
pub(super) struct Joined {
    tried: Cell<u32>,
    found: Cell<u32>,
    kept: RefCell<Vec<Kept>>,
}

impl Joined {
    /// The parts as one text.
    pub(super) fn text(&self, parts: &[Text]) -> Text {
        let [a, b, c] = parts else { return joined(parts) };
        let tried = self.tried.get();
        if tried >= TRIAL && self.found.get() < tried / 3 || parts.iter().any(|part| part.len() > LONGEST) {
            return joined(parts);
        }
        // The counts are halved now and then, so that what comes counts more than what was.
        if tried >= 1 << 16 {
            self.tried.set(tried / 2);
            self.found.set(self.found.get() / 2);
        }
        self.tried.set(self.tried.get() + 1);
        let address = |text: &Text| Rc::as_ptr(text).cast::<u8>().addr() as u64;
        let mut hash = 0_u64;
        for part in parts {
            hash = (hash.rotate_left(5) ^ address(part)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
        let mut kept = self.kept.borrow_mut();
        if kept.is_empty() {
            kept.resize_with(PLACES, || None);
        }
        let place = &mut kept[(hash >> 40) as usize % PLACES];
        if let Some((have, whole)) = place {
            if have.iter().zip(parts).all(|(have, part)| Rc::ptr_eq(have, part)) {
                self.found.set(self.found.get() + 1);
                return whole.clone();
            }
        }
        let whole = joined(parts);
        *place = Some(([a.clone(), b.clone(), c.clone()], whole.clone()));
        whole
    }
}

fn joined(parts: &[Text]) -> Text {
    let length = parts.iter().map(|part| part.len()).sum();
    // Keys are short: no memory is asked for but that of the result.
    let mut few = [0_u8; 256];
    let mut at = 0;
    if length <= few.len() {
        for part in parts {
            few[at..at + part.len()].copy_from_slice(part.as_bytes());
            at += part.len();
        }
        if let Ok(text) = std::str::from_utf8(&few[..at]) {
            return Text::from(text);
        }
    }
    let mut whole = String::with_capacity(length);
    parts.iter().for_each(|part| whole.push_str(part));
    Text::from(whole)
}

#[cfg(test)]
mod tests {
    use super::{Joined, PLACES, TRIAL};
    use crate::m::value::Text;

    #[test]
    fn parts_are_put_together_found_or_not() {
        let joined = Joined::default();
        let (organisation, bar) = (Text::from("org"), Text::from("|"));
        let ids: Vec<Text> = (0..3 * PLACES).map(|n| Text::from(format!("é{n}"))).collect();
        for _ in 0..3 {
            for (n, id) in ids.iter().enumerate() {
                for _ in 0..2 {
                    assert_eq!(&*joined.text(&[organisation.clone(), bar.clone(), id.clone()]), format!("org|é{n}"));
                }
            }
        }
        assert!(joined.found.get() > TRIAL);
        // Parts of which none comes again are not kept for ever.
        let once = Joined::default();
        for n in 0..4 * TRIAL {
            let long = Text::from(format!("{n}{}", "x".repeat(n as usize / 64)));
            assert_eq!(&*once.text(&[organisation.clone(), bar.clone(), long.clone()]), format!("org|{long}"));
        }
        assert_eq!(once.tried.get(), TRIAL);
        assert_eq!(&*once.text(&[]), "");
        assert_eq!(&*once.text(&[organisation.clone(), organisation.clone()]), "orgorg");
    }
}
