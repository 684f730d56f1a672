//! What the objects at a place of a JSON document looked like: the next one is probably alike.

use std::cell::RefCell;
use std::rc::Rc;

use smallvec::SmallVec;

use super::json_scan::begins;
use crate::m::value::{Name, Shape};

/// What the last value at this place of the document looked like.
#[derive(Default)]
pub(crate) struct Hint {
    /// The objects met here.
    pub(super) objects: Paths,
    /// The items of arrays, or the values of objects by their number.
    pub(super) children: Vec<Hint>,
}

impl Hint {
    pub(super) fn child(&mut self, at: usize) -> &mut Hint {
        child(&mut self.children, at)
    }
}

pub(super) fn child(children: &mut Vec<Hint>, at: usize) -> &mut Hint {
    if children.len() <= at {
        children.resize_with(at + 1, Hint::default);
    }
    &mut children[at]
}

/// The orders of fields that were met, as a tree: each field leads to those that came after it.
#[derive(Default)]
pub(super) struct Paths {
    /// The first one stands for the beginning of an object.
    fields: Vec<Field>,
}

struct Field {
    name: Option<Name>,
    before: u32,
    /// The last one taken first.
    next: SmallVec<[Step; 2]>,
    /// What an object that ends here is made of.
    made: Option<Made>,
}

struct Step {
    /// What stands before the value where nothing is written that need not be: `{"a":` without the brace, or `,"b":`; empty for a name
    /// that is written with escapes.
    written: Box<[u8]>,
    field: u32,
}

/// How objects of the same fields are made.
pub(super) struct Made {
    pub(super) shape: Shape,
    /// What is known of values that are read later.
    pub(super) later: Rc<RefCell<Hint>>,
}

/// How many fields one place of a document may know, and how many may follow one.
const MOST_FIELDS: usize = 512;
const MOST_NEXT: usize = 8;

impl Paths {
    /// The beginning of an object.
    pub(super) fn start(&mut self) -> u32 {
        if self.fields.is_empty() {
            self.fields.push(Field { name: None, before: 0, next: SmallVec::new(), made: None });
        }
        0
    }

    /// The field that follows and how many bytes stand before its value, if it is written as an earlier one.
    #[inline]
    pub(super) fn predict(&mut self, after: u32, rest: &[u8]) -> Option<(u32, usize)> {
        let next = &mut self.fields[after as usize].next;
        let is_next = |step: &Step| !step.written.is_empty() && begins(rest, &step.written);
        if let Some(step) = next.first().filter(|step| is_next(step)) {
            return Some((step.field, step.written.len()));
        }
        let at = next.iter().skip(1).position(is_next)? + 1;
        next.swap(0, at);
        Some((next[0].field, next[0].written.len()))
    }

    /// The field that follows by its name, if it was met.
    pub(super) fn find(&self, after: u32, mut is_it: impl FnMut(&Name) -> bool) -> Option<u32> {
        let next = &self.fields[after as usize].next;
        next.iter().map(|step| step.field).find(|field| self.fields[*field as usize].name.as_ref().is_some_and(&mut is_it))
    }

    /// Notes a field; `None` when there are too many.
    pub(super) fn add(&mut self, after: u32, name: &Name) -> Option<u32> {
        let field = u32::try_from(self.fields.len()).ok()?;
        if self.fields.len() >= MOST_FIELDS || self.fields[after as usize].next.len() >= MOST_NEXT {
            return None;
        }
        let is_plain = !name.bytes().any(|byte| matches!(byte, b'"' | b'\\') || byte < b' ');
        let comma = if after == 0 { "" } else { "," };
        let written = if is_plain { format!("{comma}\"{name}\":").into_bytes() } else { Vec::new() };
        self.fields[after as usize].next.insert(0, Step { written: written.into(), field });
        self.fields.push(Field { name: Some(name.clone()), before: after, next: SmallVec::new(), made: None });
        Some(field)
    }

    /// The names from the beginning to a field.
    pub(super) fn names(&self, to: u32) -> Vec<Name> {
        let mut names = Vec::new();
        let mut at = to;
        while let Some(name) = &self.fields[at as usize].name {
            names.push(name.clone());
            at = self.fields[at as usize].before;
        }
        names.reverse();
        names
    }

    /// How objects are made that end with a field.
    #[inline]
    pub(super) fn made(&self, end: u32) -> Option<&Made> {
        self.fields[end as usize].made.as_ref()
    }

    /// Notes how objects are made that end with a field.
    pub(super) fn make(&mut self, end: u32, shape: Shape) -> &Made {
        self.fields[end as usize].made.insert(Made { shape, later: Rc::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_FIELDS, MOST_NEXT, Paths};
    use crate::m::value::Name;

    #[test]
    fn fields_are_found_as_they_were_written() {
        let mut paths = Paths::default();
        let start = paths.start();
        let a = paths.add(start, &Name::from("a")).expect("room");
        let b = paths.add(a, &Name::from("b")).expect("room");
        let c = paths.add(a, &Name::from("c\"")).expect("room");
        assert_eq!(paths.predict(start, b"\"a\":1"), Some((a, 4)));
        assert_eq!(paths.predict(a, b",\"b\":1"), Some((b, 5)));
        assert_eq!(paths.predict(a, b",\"b\":1"), Some((b, 5)));
        assert_eq!(paths.predict(a, b", \"b\":1"), None);
        assert_eq!(paths.predict(a, b",\"c\\\"\":1"), None);
        assert_eq!(paths.find(a, |name| &**name == "c\""), Some(c));
        assert_eq!(paths.names(c), ["a", "c\""].map(Name::from));
        assert!(paths.names(start).is_empty());
    }

    #[test]
    fn there_are_not_too_many() {
        let mut paths = Paths::default();
        let start = paths.start();
        let added = (0..100).filter_map(|n| paths.add(start, &Name::from(n.to_string()))).count();
        assert_eq!(added, MOST_NEXT);
        let mut at = paths.find(start, |_| true).expect("a field");
        let mut count = 1 + MOST_NEXT;
        while let Some(next) = paths.add(at, &Name::from("x")) {
            at = next;
            count += 1;
        }
        assert_eq!(count, MOST_FIELDS);
    }
}
