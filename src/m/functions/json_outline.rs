//! Where the values of the objects of a JSON text begin, found once for all who read the text: each evaluation makes its own values, but none
//! needs to look for them again while another one holds the same bytes.

use std::sync::{Arc, Mutex, Weak};

use crate::m::value::{Bytes, Name};

/// The objects of a text whose values are read later.
#[derive(Default)]
pub(crate) struct Outline {
    /// Where values begin, object by object.
    pub(crate) places: Vec<u32>,
    /// The objects in the order of the text; without those that name a field twice.
    pub(super) objects: Vec<Object>,
    /// The names of their fields.
    pub(super) shapes: Vec<Box<[Box<str>]>>,
}

/// An object of an outline.
pub(super) struct Object {
    /// Where it begins and ends.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Which names it has.
    pub(super) shape: u32,
    /// Where its values begin, in [`Outline::places`].
    pub(super) first: u32,
}

impl Outline {
    /// The number of a shape by its names.
    pub(super) fn shape(&mut self, names: &[Name]) -> u32 {
        let known = self.shapes.iter().position(|known| known.iter().map(|name| &**name).eq(names.iter().map(|name| &**name)));
        let at = known.unwrap_or_else(|| {
            self.shapes.push(names.iter().map(|name| Box::from(&**name)).collect());
            self.shapes.len() - 1
        });
        at as u32
    }
}

/// The outlines that somebody holds, by the bytes that they are of. The weak pointer to the bytes keeps their address from being taken by
/// others.
static HELD: Mutex<Vec<(Weak<Vec<u8>>, Weak<Outline>)>> = Mutex::new(Vec::new());
/// Shorter texts are read again as quickly as they are found here.
const LEAST_BYTES: usize = 64 << 10;
/// Above so many those that nobody holds are forgotten.
const MOST_HELD: usize = 256;

/// The outline of the very same bytes, if somebody holds it.
pub(super) fn of(text: &Bytes) -> Option<Arc<Outline>> {
    if text.len() < LEAST_BYTES {
        return None;
    }
    let held = HELD.lock().ok()?;
    let (_, outline) = held.iter().find(|(bytes, _)| std::ptr::eq(bytes.as_ptr(), Arc::as_ptr(text)))?;
    outline.upgrade()
}

/// Lets others find an outline while somebody holds it.
pub(super) fn share(text: &Bytes, outline: &Arc<Outline>) {
    if text.len() < LEAST_BYTES || outline.objects.is_empty() {
        return;
    }
    let Ok(mut held) = HELD.lock() else { return };
    if held.len() >= MOST_HELD {
        held.retain(|(_, outline)| outline.strong_count() > 0);
    }
    held.retain(|(bytes, _)| !std::ptr::eq(bytes.as_ptr(), Arc::as_ptr(text)));
    held.push((Arc::downgrade(text), Arc::downgrade(outline)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_is_found_by_its_bytes_while_it_is_held() {
        let text: Bytes = Arc::new(vec![b' '; LEAST_BYTES]);
        let same_content: Bytes = Arc::new(vec![b' '; LEAST_BYTES]);
        let mut outline = Outline::default();
        let names = ["a", "b"].map(Name::from);
        assert_eq!(outline.shape(&names), 0);
        assert_eq!(outline.shape(&names[..1]), 1);
        assert_eq!(outline.shape(&names), 0);
        outline.objects.push(Object { start: 0, end: 1, shape: 0, first: 0 });
        let outline = Arc::new(outline);
        assert!(of(&text).is_none());
        share(&text, &outline);
        assert!(of(&text).is_some_and(|found| Arc::ptr_eq(&found, &outline)));
        assert!(of(&same_content).is_none());
        drop(outline);
        assert!(of(&text).is_none());
    }
}
