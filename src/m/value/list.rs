//! Lists: items at hand, ranges, and sources that are enumerated anew each time.

use std::rc::Rc;

use super::{Slot, Value};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;

/// A list. Items are lazy; a list made by a library function may also be enumerated lazily.
#[derive(Clone)]
pub struct List(Rc<ListData>);

enum ListData {
    Items(Vec<Slot>),
    /// `start..start + count` whole numbers.
    Range(i64, usize),
    Lazy(Box<dyn ListSource>),
}

impl Drop for ListData {
    fn drop(&mut self) {
        if let ListData::Items(items) = self {
            if !items.is_empty() {
                super::release::release(super::release::Cells::List(std::mem::take(items)));
            }
        }
    }
}

/// A list that is produced on demand. Every use of the list opens it anew, as the real engine re-enumerates; `List.Buffer` pins.
pub trait ListSource {
    /// Starts an enumeration.
    fn open(&self, cx: &mut Interp) -> Result<Box<dyn ListCursor>>;

    /// The number of items if it is known without evaluating any.
    fn count(&self, _cx: &mut Interp) -> Result<Option<usize>> {
        Ok(None)
    }
}

/// One enumeration of a list.
pub trait ListCursor {
    /// The next item, unevaluated if need be; `None` at the end.
    fn next(&mut self, cx: &mut Interp) -> Result<Option<Slot>>;

    /// The next item evaluated. Override it where that saves a thunk.
    fn next_value(&mut self, cx: &mut Interp) -> Result<Option<Value>> {
        match self.next(cx)? {
            Some(slot) => slot.force(cx).map(Some),
            None => Ok(None),
        }
    }
}

/// Walks items at hand.
pub struct SlotCursor {
    list: List,
    at: usize,
}

impl ListCursor for SlotCursor {
    #[inline]
    fn next(&mut self, _cx: &mut Interp) -> Result<Option<Slot>> {
        let at = self.at;
        self.at += 1;
        Ok(match &*self.list.0 {
            ListData::Items(items) => items.get(at).cloned(),
            ListData::Range(start, count) => (at < *count).then(|| Slot::Value(Value::Int(start + at as i64))),
            ListData::Lazy(_) => None,
        })
    }
}

impl List {
    /// The empty list.
    pub fn empty() -> List {
        List::from_slots(Vec::new())
    }

    /// From cells.
    pub fn from_slots(items: Vec<Slot>) -> List {
        List(Rc::new(ListData::Items(items)))
    }

    /// From values.
    pub fn from_values(items: impl IntoIterator<Item = Value>) -> List {
        List::from_slots(items.into_iter().map(Slot::Value).collect())
    }

    /// Whole numbers from `start`.
    pub fn range(start: i64, count: usize) -> List {
        List(Rc::new(ListData::Range(start, count)))
    }

    /// A list that `source` produces on demand.
    pub fn lazy(source: impl ListSource + 'static) -> List {
        List(Rc::new(ListData::Lazy(Box::new(source))))
    }

    /// A lazy list from a function that opens a cursor.
    pub fn lazy_with<F>(open: F) -> List
    where
        F: Fn(&mut Interp) -> Result<Box<dyn ListCursor>> + 'static,
    {
        struct Opened<F>(F);
        impl<F: Fn(&mut Interp) -> Result<Box<dyn ListCursor>>> ListSource for Opened<F> {
            fn open(&self, cx: &mut Interp) -> Result<Box<dyn ListCursor>> {
                (self.0)(cx)
            }
        }
        List::lazy(Opened(open))
    }

    /// Starts an enumeration.
    pub fn open(&self, cx: &mut Interp) -> Result<Box<dyn ListCursor>> {
        match &*self.0 {
            ListData::Lazy(source) => source.open(cx),
            _ => Ok(Box::new(SlotCursor { list: self.clone(), at: 0 })),
        }
    }

    /// The cells if they are at hand.
    pub fn items(&self) -> Option<&[Slot]> {
        match &*self.0 {
            ListData::Items(items) => Some(items),
            _ => None,
        }
    }

    /// Start and number, if it is a range of whole numbers.
    pub(crate) fn as_range(&self) -> Option<(i64, usize)> {
        match &*self.0 {
            ListData::Range(start, count) => Some((*start, *count)),
            _ => None,
        }
    }

    /// Number of items; evaluates none of them where that is possible.
    pub fn count(&self, cx: &mut Interp) -> Result<usize> {
        match &*self.0 {
            ListData::Items(items) => Ok(items.len()),
            ListData::Range(_, count) => Ok(*count),
            ListData::Lazy(source) => {
                if let Some(count) = source.count(cx)? {
                    return Ok(count);
                }
                let mut cursor = source.open(cx)?;
                let mut count = 0;
                while cursor.next(cx)?.is_some() {
                    cx.tick()?;
                    count += 1;
                }
                Ok(count)
            }
        }
    }

    /// Whether it has no item; looks at no more than the first.
    pub fn is_empty(&self, cx: &mut Interp) -> Result<bool> {
        Ok(match &*self.0 {
            ListData::Items(items) => items.is_empty(),
            ListData::Range(_, count) => *count == 0,
            ListData::Lazy(source) => source.open(cx)?.next(cx)?.is_none(),
        })
    }

    /// The cell at a position; `None` past the end.
    pub fn get(&self, cx: &mut Interp, index: usize) -> Result<Option<Slot>> {
        Ok(match &*self.0 {
            ListData::Items(items) => items.get(index).cloned(),
            ListData::Range(start, count) => (index < *count).then(|| Slot::Value(Value::Int(start + index as i64))),
            ListData::Lazy(source) => {
                let mut cursor = source.open(cx)?;
                for _ in 0..index {
                    cx.tick()?;
                    if cursor.next(cx)?.is_none() {
                        return Ok(None);
                    }
                }
                cursor.next(cx)?
            }
        })
    }

    /// All cells, unevaluated where they are.
    pub fn slots(&self, cx: &mut Interp) -> Result<Vec<Slot>> {
        if let Some(items) = self.items() {
            return Ok(items.to_vec());
        }
        let mut out = Vec::new();
        let mut cursor = self.open(cx)?;
        while let Some(slot) = cursor.next(cx)? {
            cx.tick()?;
            out.push(slot);
        }
        Ok(out)
    }

    /// All items evaluated.
    pub fn values(&self, cx: &mut Interp) -> Result<Vec<Value>> {
        let mut out = Vec::new();
        self.each(cx, |_, value| {
            out.push(value);
            Ok(true)
        })?;
        Ok(out)
    }

    /// Hands each evaluated item to `visit` until that gives `false`.
    pub fn each(&self, cx: &mut Interp, mut visit: impl FnMut(&mut Interp, Value) -> Result<bool>) -> Result<()> {
        if let Some(items) = self.items() {
            for item in items {
                let value = item.force(cx)?;
                if !visit(cx, value)? {
                    break;
                }
            }
            return Ok(());
        }
        let mut cursor = self.open(cx)?;
        while let Some(value) = cursor.next_value(cx)? {
            cx.tick()?;
            if !visit(cx, value)? {
                break;
            }
        }
        Ok(())
    }

    /// The items as texts.
    ///
    /// # Errors
    /// `Expression.Error` for the first item that is not text.
    pub fn texts(&self, cx: &mut Interp) -> Result<Vec<super::Text>> {
        self.values(cx)?
            .into_iter()
            .map(|value| match value.bare() {
                Value::Text(text) => Ok(text.clone()),
                other => Err(Error::cannot_convert(other, "Text")),
            })
            .collect()
    }

    /// Whether both are the same object.
    pub fn ptr_eq(&self, other: &List) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}
