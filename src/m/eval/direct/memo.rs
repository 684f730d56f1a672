//! Results of functions of a query group that were computed before: the same dates, codes and types come again and again.

use std::cell::{Cell, RefCell};

use smallvec::SmallVec;

use super::Code;
use super::run::is_scalar;
use crate::m::eval::node::Lambda;
use crate::m::functions::json_scan::bytes_hash;
use crate::m::value::{Record, Slot, Value};

/// How many results one function keeps; a new one takes the place of an old one.
const PLACES: usize = 1024;
/// Functions of fewer operations are as fast to run as to look up.
const LEAST_SIZE: u32 = 16;
/// Texts that are longer are seldom equal.
const LONGEST_TEXT: usize = 64;
/// After so many calls a function of which less than half was found is not looked up any more.
const TRIAL: u32 = 512;

type Args = SmallVec<[Value; 2]>;

/// Arguments and result.
type Kept = Option<Box<(Args, Value)>>;

/// What a function gave, while the evaluation of one query lasts.
#[derive(Default)]
pub(super) struct Memo {
    generation: Cell<u64>,
    tried: Cell<u32>,
    found: Cell<u32>,
    kept: RefCell<Vec<Kept>>,
}

impl Memo {
    /// Whether it pays to look for this call.
    #[inline]
    pub(super) fn fits(&self, code: &Code, lambda: &Lambda, args: &[Value]) -> bool {
        code.size >= LEAST_SIZE
            && lambda.params.len() <= 2
            && (self.tried.get() < TRIAL || self.found.get() > self.tried.get() / 2)
            && !args.is_empty()
            && args.iter().all(|arg| match arg {
                Value::Text(text) => text.len() <= LONGEST_TEXT,
                Value::Null | Value::Logical(_) | Value::Int(_) | Value::Date(_) => true,
                _ => false,
            })
    }

    /// Where a call is kept; what belongs to another query is forgotten.
    pub(super) fn place(&self, generation: u64, args: &[Value]) -> usize {
        if self.generation.replace(generation) != generation {
            self.kept.borrow_mut().clear();
            self.tried.set(0);
            self.found.set(0);
        }
        let mut hash = 0_u64;
        for arg in args {
            let word = match arg {
                Value::Text(text) => bytes_hash(text.as_bytes()),
                Value::Logical(b) => 3 + u64::from(*b),
                Value::Int(n) => n.cast_unsigned() ^ 0x51,
                Value::Date(n) => u64::from(n.cast_unsigned()) ^ 0xA7_0000,
                _ => 1,
            };
            hash = (hash.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
        (hash >> 40) as usize % PLACES
    }

    pub(super) fn get(&self, place: usize, args: &[Value]) -> Option<Value> {
        self.tried.set(self.tried.get().saturating_add(1));
        let kept = self.kept.borrow();
        let (key, value) = &**kept.get(place)?.as_ref()?;
        if key.len() != args.len() || !key.iter().zip(args).all(|(a, b)| is_same(a, b)) {
            return None;
        }
        self.found.set(self.found.get().saturating_add(1));
        Some(value.clone())
    }

    pub(super) fn keep(&self, place: usize, args: &[Value], value: &Value) {
        let is_whole = |record: &Record| record.cells().iter().all(|cell| matches!(cell, Slot::Value(value) if is_scalar(value)));
        if !is_scalar(value) && !matches!(value, Value::Record(record) if is_whole(record)) {
            return;
        }
        let mut kept = self.kept.borrow_mut();
        if kept.is_empty() {
            kept.resize_with(PLACES, || None);
        }
        kept[place] = Some(Box::new((Args::from(args), value.clone())));
    }
}

fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Date(a), Value::Date(b)) => a == b,
        (Value::Logical(a), Value::Logical(b)) => a == b,
        (Value::Null, Value::Null) => true,
        _ => false,
    }
}
