//! Lazy cells, evaluated at most once; the outcome, error or not, is kept.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::{Bytes, Record, Value};
use crate::m::error::{Error, Result};
use crate::m::eval::{Frame, Interp, Node};
use crate::m::functions::json;
use crate::m::functions::json_hint::Hint as JsonHint;
use crate::m::functions::json_outline::Outline;

/// A cell of a list, record or table row.
#[derive(Clone)]
pub enum Slot {
    /// A value at hand.
    Value(Value),
    /// Not evaluated yet, or evaluated through the shared thunk.
    Lazy(Rc<Thunk>),
    /// A text, number or word inside a JSON text that was checked before, and where it begins; made whenever it is looked at.
    Raw(Rc<JsonText>, u32),
}

/// A JSON text from which values are still to be made.
pub struct JsonText {
    bytes: Bytes,
    /// Where the values of its objects begin, once it was read to the end.
    outline: OnceCell<Arc<Outline>>,
}

impl JsonText {
    pub(crate) fn new(bytes: Bytes) -> JsonText {
        JsonText { bytes, outline: OnceCell::new() }
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The text was read; what was noted before stays.
    pub(crate) fn note(&self, outline: Arc<Outline>) {
        let _ = self.outline.set(outline);
    }
}

/// An object inside a JSON text that was checked before: where its values begin. They are made whenever they are looked at; lists and
/// records of some length are kept from the second look on.
pub struct Unread {
    text: Rc<JsonText>,
    /// The first of its places in the outline of the text, and how many there are.
    first: u32,
    count: u32,
    /// What objects at this place of the document look like.
    hint: Rc<RefCell<JsonHint>>,
    /// Which of the first 64 values were looked at.
    seen: Cell<u64>,
    kept: RefCell<Option<Box<Vec<(u32, Value)>>>>,
}

/// What was built from more bytes than this is kept.
const KEPT_BYTES: usize = 512;

impl Unread {
    pub(crate) fn new(text: Rc<JsonText>, first: u32, count: u32, hint: Rc<RefCell<JsonHint>>) -> Unread {
        Unread { text, first, count, hint, seen: Cell::new(0), kept: RefCell::new(None) }
    }

    /// Where the value at a place begins.
    ///
    /// # Panics
    /// While the text is being read: nobody holds the object yet.
    #[inline]
    fn at(&self, place: usize) -> u32 {
        let outline = self.text.outline.get().expect("the text was read to the end");
        outline.places[self.first as usize..][..self.count as usize][place]
    }

    /// How many values it has.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.count as usize
    }

    /// The value at a place.
    #[inline]
    pub(crate) fn value(&self, cx: &mut Interp, place: usize) -> Result<Value> {
        let at = self.at(place);
        if matches!(self.text.bytes.get(at as usize), Some(b'{' | b'[')) {
            self.nested(cx, place, at)
        } else {
            json::scalar_at(cx, &self.text, at)
        }
    }

    /// The value at a place if it is no list or record.
    #[inline]
    pub(super) fn scalar(&self, cx: &mut Interp, place: usize) -> Option<Value> {
        let at = self.at(place);
        if matches!(self.text.bytes.get(at as usize), Some(b'{' | b'[')) { None } else { json::scalar_at(cx, &self.text, at).ok() }
    }

    fn nested(&self, cx: &mut Interp, place: usize, at: u32) -> Result<Value> {
        if let Some(kept) = &*self.kept.borrow() {
            if let Some((_, value)) = kept.iter().find(|(of, _)| *of == place as u32) {
                return Ok(value.clone());
            }
        }
        let (value, length) = json::nested_at(cx, &self.text, at, &mut self.hint.borrow_mut(), place)?;
        if length >= KEPT_BYTES {
            let bit = 1_u64.checked_shl(place as u32).unwrap_or(0);
            if self.seen.get() & bit == bit {
                self.kept.borrow_mut().get_or_insert_default().push((place as u32, value.clone()));
            }
            self.seen.set(self.seen.get() | bit);
        }
        Ok(value)
    }

    /// The cell at a place, to be held apart from the object.
    pub(super) fn slot(&self, place: usize) -> Slot {
        let at = self.at(place);
        if !matches!(self.text.bytes.get(at as usize), Some(b'{' | b'[')) {
            return Slot::Raw(self.text.clone(), at);
        }
        let (text, hint) = (self.text.clone(), self.hint.clone());
        Slot::later(move |cx| json::nested_at(cx, &text, at, &mut hint.borrow_mut(), place).map(|(value, _)| value))
    }
}

impl Slot {
    /// A cell that runs `make` when it is first looked at.
    pub fn lazy(make: impl FnOnce(&mut Interp) -> Result<Value> + 'static) -> Slot {
        Slot::Lazy(Thunk::new(Pending::Native(Box::new(make))))
    }

    /// As [`Slot::lazy`] for code that takes no long time, cannot fail and asks nobody outside: it may run ahead of its time, and a second
    /// time: what is looked at once only is not held.
    pub(crate) fn later(make: impl Fn(&mut Interp) -> Result<Value> + 'static) -> Slot {
        Slot::Lazy(Thunk::new(Pending::Later(Box::new(make), false)))
    }

    /// A cell that calls `function` with `argument` when it is first looked at.
    pub fn call(function: &Value, argument: Value) -> Slot {
        Slot::Lazy(Thunk::new(Pending::Call(function.clone(), argument)))
    }

    /// A cell that raises `error` whenever it is looked at.
    pub fn failed(error: Error) -> Slot {
        Slot::Lazy(Rc::new(Thunk(RefCell::new(State::Failed(error)))))
    }

    /// The value, evaluating it if need be.
    #[inline]
    pub fn force(&self, cx: &mut Interp) -> Result<Value> {
        match self {
            Slot::Value(value) => Ok(value.clone()),
            Slot::Lazy(thunk) => thunk.force(cx),
            Slot::Raw(text, at) => json::scalar_at(cx, text, *at),
        }
    }

    /// The value if it is at hand without evaluating anything.
    pub fn ready(&self) -> Option<Value> {
        match self {
            Slot::Value(value) => Some(value.clone()),
            Slot::Lazy(thunk) => match &*thunk.0.borrow() {
                State::Done(value) => Some(value.clone()),
                _ => None,
            },
            Slot::Raw(..) => None,
        }
    }
}

impl Slot {
    /// As [`Slot::ready`], making what [`Slot::later`] left.
    #[inline]
    pub(crate) fn at_hand(&self, cx: &mut Interp) -> Option<Value> {
        match self {
            Slot::Value(value) => Some(value.clone()),
            Slot::Lazy(thunk) => {
                match &*thunk.0.borrow() {
                    State::Done(value) => return Some(value.clone()),
                    State::Pending(Pending::Later(..)) => {}
                    _ => return None,
                }
                thunk.force(cx).ok()
            }
            Slot::Raw(text, at) => json::scalar_at(cx, text, *at).ok(),
        }
    }
}

impl From<Value> for Slot {
    fn from(value: Value) -> Slot {
        Slot::Value(value)
    }
}

/// A computation shared by all who hold the cell.
pub struct Thunk(RefCell<State>);

enum State {
    Pending(Pending),
    Running,
    Done(Value),
    Failed(Error),
}

/// Rust code that a thunk runs.
pub type Deferred = Box<dyn FnOnce(&mut Interp) -> Result<Value>>;

/// What a thunk does when it is forced.
pub enum Pending {
    /// Evaluates an expression in its scope.
    Code(Rc<Node>, Rc<Frame>),
    /// Takes a variable of a scope.
    Variable(Rc<Frame>, u32),
    /// Calls a function with one argument.
    Call(Value, Value),
    /// Calls a function with a row.
    CallRow(Value, Record),
    /// Runs Rust code.
    Native(Deferred),
    /// Runs Rust code that may run at any time; whether the value is kept.
    Later(Box<dyn Fn(&mut Interp) -> Result<Value>>, bool),
}

impl Thunk {
    /// A thunk that has not run.
    pub fn new(pending: Pending) -> Rc<Thunk> {
        Rc::new(Thunk(RefCell::new(State::Pending(pending))))
    }

    /// The value; a thunk that demands itself is a cyclic reference.
    pub fn force(&self, cx: &mut Interp) -> Result<Value> {
        match &*self.0.borrow() {
            State::Done(value) => return Ok(value.clone()),
            State::Failed(error) => return Err(error.clone()),
            State::Running => return Err(Error::expression("A cyclic reference was encountered during evaluation.")),
            State::Pending(_) => {}
        }
        let State::Pending(pending) = std::mem::replace(&mut *self.0.borrow_mut(), State::Running) else {
            unreachable!("the state was seen to be pending")
        };
        let result = match pending {
            Pending::Code(node, frame) => cx.in_frame(&frame, |cx| cx.eval(&node, &frame)),
            Pending::Variable(frame, slot) => cx.variable(&frame, slot as usize),
            Pending::Call(function, argument) => cx.call(&function, &[argument]),
            Pending::CallRow(function, row) => cx.call(&function, &[Value::Record(row)]),
            Pending::Native(make) => make(cx),
            Pending::Later(make, keep) => {
                let result = make(cx);
                if !keep && result.is_ok() {
                    *self.0.borrow_mut() = State::Pending(Pending::Later(make, true));
                    return result;
                }
                result
            }
        };
        *self.0.borrow_mut() = match &result {
            Ok(value) => State::Done(value.clone()),
            Err(error) => State::Failed(error.clone()),
        };
        result
    }
}
