//! Straight code: functions and cells that only compute, choose, look up and call.
//!
//! A function whose body makes no functions, records or lists needs no scope that anybody could hold on to: its variables live on the stack
//! of the evaluator. [`Direct`] keeps such code beside the function; it does exactly what the tree does, errors and laziness of `let`
//! included.
//!
//! The same code serves to make records and lists with values in their cells instead of a thunk in each: of one cell ([`Ahead`]) or of all
//! that a function makes. Ahead of its time an expression may use only what is at hand, a set of harmless library functions and a bounded
//! number of steps. Where that does not do, and where it fails, everything goes its ordinary way, so that nothing is raised, asked or
//! computed that nobody wanted.

mod compile;
mod join;
mod memo;
mod run;

use std::cell::{Cell as StdCell, OnceCell};
use std::rc::Rc;

use super::interp::{Frame, Interp};
use super::node::{Binary, Check, Lambda, Lookup, Node, Unary};
use super::program::Program;
use crate::m::error::{Error, Result};
use crate::m::functions::Builtin;
use crate::m::functions::shortcut::Shortcut;
use crate::m::value::{Body, Kind, Shape, Slot, Text, Value};
use join::Joined;
use memo::Memo;
use run::{Stop, invoke};

/// Calls that one cell may cost ahead of its time.
const FUEL: u32 = 400;
/// Calls that a record or list as a whole may cost ahead of its time.
const FUEL_WHOLE: u32 = 6000;
/// Items and characters that a harmless function may be given ahead of its time.
const MOST_ITEMS: usize = 64;
const MOST_TEXT: usize = 64 << 10;
/// Failures after which a function is left alone for at most this many calls.
const LONGEST_REST: u32 = 1024;

/// Straight code of a function or a cell.
struct Code {
    body: Op,
    /// What each variable evaluates.
    lets: Box<[Op]>,
    /// How many operations it has.
    size: u32,
}

/// A function written in place, whose parameters are of the activation that runs it.
struct Inner {
    params: Box<[(Option<Check>, bool)]>,
    returns: Option<Check>,
    code: Code,
}

/// A small function of the query group that stands in the place of its calls.
struct Leaf {
    params: Box<[(Option<Check>, bool)]>,
    returns: Option<Check>,
    body: Op,
    /// What a function of one parameter does with an argument of each of [`KINDS`]; `None` for the ordinary way.
    by_kind: [Option<Fate>; KINDS.len()],
}

/// What becomes of an argument whose kind is known.
enum Fate {
    /// It is the result.
    Same,
    /// The result is always this.
    Const(Value),
    /// One or the other, by whether the argument is this text.
    Equals(Text, Box<(Fate, Fate)>),
    /// One or the other, by a test of the argument.
    Choice(Op, Box<(Fate, Fate)>),
    /// The body without the tests whose outcome is known; the result is still to be checked.
    Body(Op),
}

/// Kinds of arguments that small functions tell apart.
const KINDS: [Kind; 6] = [Kind::Null, Kind::Logical, Kind::Number, Kind::Text, Kind::List, Kind::Record];

impl Leaf {
    /// What becomes of an argument, where that is known by its kind.
    #[inline]
    fn fate(&self, argument: &Value) -> Option<&Fate> {
        let place = match argument {
            Value::Null => 0,
            Value::Logical(_) => 1,
            Value::Int(_) | Value::Double(_) | Value::Decimal(_) => 2,
            Value::Text(_) => 3,
            Value::List(_) => 4,
            Value::Record(_) => 5,
            _ => return None,
        };
        self.by_kind[place].as_ref()
    }
}

/// `up` counts the activations of functions written in place, outwards.
enum Op {
    Const(Value),
    /// A cell from elsewhere.
    Cell(Slot),
    /// A parameter.
    Arg {
        up: u32,
        at: u32,
    },
    /// A variable of a `let`.
    Local {
        up: u32,
        at: u32,
    },
    /// A variable of the scope in which the code stands, `up` frames out, and what it evaluates, once somebody wants it ahead of its time.
    Outer {
        up: u32,
        slot: u32,
        ahead: Box<OnceCell<Option<Code>>>,
    },
    Global {
        section: u32,
        slot: u32,
    },
    Unary(Unary, Box<Op>),
    Binary(Binary, Box<(Op, Op)>),
    /// `x = null`, `x <> null`.
    IsNull(Box<Op>, bool),
    /// `x = "…"`, `x <> "…"`.
    IsText(Box<Op>, Text, bool),
    And(Box<(Op, Op)>),
    Or(Box<(Op, Op)>),
    Coalesce(Box<(Op, Op)>),
    If(Box<(Op, Op, Op)>),
    Field(Box<Op>, Box<Lookup>),
    Item(Box<(Op, Op)>, bool),
    Call(Box<Op>, Box<[Op]>),
    /// A call of a function of the query group that is too small to be worth a call.
    Apply(Rc<Leaf>, Box<[Op]>),
    Builtin(&'static Builtin, Box<[Op]>, Use),
    /// A call of a library function that is answered at once, mostly.
    Short(Box<Short>),
    /// `a & b & c`.
    Join(Box<[Op]>, Box<Joined>),
    /// The argument of a function that evaluates all its items.
    Items(Box<[Op]>),
    As(Box<Op>, Check),
    Is(Box<Op>, Check),
    Otherwise(Box<(Op, Op)>),
    Raise(Box<Op>),
    Fail(Error),
    /// A record with all its values; only ahead of its time, as all that follows.
    Record(Shape, Box<[Op]>),
    /// `List.Transform` with a function written in place.
    Transform(Box<(Op, Inner)>),
    /// `List.Select` with a function written in place.
    Select(Box<(Op, Inner)>),
    /// `List.Combine`.
    Flatten(Box<Op>),
    /// `List.Buffer`.
    Buffer(Box<Op>),
    /// A call of a function of a `let`; the activation that holds the `let`.
    Inline(u32, Box<(Inner, Box<[Op]>)>),
    /// What is no straight code, in a cell.
    Stuck,
}

/// A call of a library function with its shortcut, which takes some of the arguments; the others are constants.
struct Short {
    shortcut: Shortcut,
    builtin: &'static Builtin,
    args: Box<[Op]>,
    allowed: Use,
}

/// What a library function may do ahead of its time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Never,
    Harmless,
    /// Looks at no item of the list that is its first argument, or at the first or last one.
    Shallow,
    Lookup,
}

/// Straight code of a function, made when it is called again.
#[derive(Default)]
pub struct Direct {
    calls: StdCell<u32>,
    code: OnceCell<Option<Box<Code>>>,
    whole: OnceCell<Option<Box<Code>>>,
    /// The body by itself, for those who do what the tree does and for those who run ahead of their time.
    leaves: [OnceCell<Option<Rc<Leaf>>>; 2],
    /// Whether the body is being compiled, so that a function that calls itself ends.
    is_open: StdCell<bool>,
    /// How many calls are left before the whole is tried again, and how many were the last time.
    rest: StdCell<u32>,
    last_rest: StdCell<u32>,
    memo: Memo,
}

impl Direct {
    /// The code that does what the tree does.
    #[inline]
    fn code<'d>(&'d self, lambda: &'d Lambda, program: &Program) -> Option<&'d Code> {
        match self.code.get() {
            Some(code) => code.as_deref(),
            None => self.prepare(lambda, program),
        }
    }

    #[cold]
    fn prepare<'d>(&'d self, lambda: &'d Lambda, program: &Program) -> Option<&'d Code> {
        let calls = self.calls.get();
        self.calls.set(calls + 1);
        if calls == 0 {
            return None;
        }
        self.code.get_or_init(|| compile::lambda(lambda, program).map(Box::new)).as_deref()
    }

    /// The code that makes all of the result ahead of its time, for a function that has no other.
    #[inline]
    fn whole<'d>(&'d self, lambda: &'d Lambda, program: &Program) -> Option<&'d Code> {
        match self.whole.get() {
            Some(code) => code.as_deref(),
            None if matches!(self.code.get(), Some(None)) => {
                self.whole.get_or_init(|| compile::whole(lambda, program).map(Box::new)).as_deref()
            }
            None => None,
        }
    }

    /// The function to be put in the place of a call, if it is small.
    fn leaf(&self, lambda: &Lambda, program: &Program, is_ahead: bool) -> Option<Rc<Leaf>> {
        let leaf = &self.leaves[usize::from(is_ahead)];
        if let Some(leaf) = leaf.get() {
            return leaf.clone();
        }
        if self.is_open.replace(true) {
            return None;
        }
        let made = compile::leaf(lambda, program, is_ahead).map(Rc::new);
        self.is_open.set(false);
        leaf.get_or_init(|| made).clone()
    }

    /// Whether the whole is to be tried now.
    #[inline]
    fn is_rested(&self) -> bool {
        match self.rest.get() {
            0 => true,
            rest => {
                self.rest.set(rest - 1);
                false
            }
        }
    }

    fn learn(&self, succeeded: bool) {
        let last = self.last_rest.get();
        if succeeded {
            if last > 0 {
                self.last_rest.set(last / 2);
            }
            return;
        }
        let next = (last * 2 + 1).min(LONGEST_REST);
        self.last_rest.set(next);
        self.rest.set(next);
    }
}

/// Straight code of the cells of a record or list, made when it is built for the fourth time.
#[derive(Default)]
pub struct Ahead {
    runs: StdCell<u32>,
    cells: OnceCell<Box<[CellCode]>>,
}

#[derive(Default)]
struct CellCode {
    code: OnceCell<Option<Code>>,
    hits: StdCell<u32>,
    misses: StdCell<u32>,
}

impl Ahead {
    /// Counts that the record or list is built.
    pub(super) fn begin(&self) {
        self.runs.set(self.runs.get().saturating_add(1));
    }

    /// The value of cell `at` of `count`, if it can be had now.
    pub(super) fn value(&self, cx: &mut Interp, node: &Node, frame: &Rc<Frame>, at: usize, count: usize) -> Option<Value> {
        if self.runs.get() <= 3 || matches!(node, Node::Const(_) | Node::Variable { .. } | Node::Lambda(_)) {
            return None;
        }
        let cell = &self.cells.get_or_init(|| (0..count).map(|_| CellCode::default()).collect())[at];
        let code = cell.code.get_or_init(|| compile::cell(node, &cx.program)).as_ref()?;
        let (hits, misses) = (cell.hits.get(), cell.misses.get());
        if misses > 16 && misses > hits {
            return None;
        }
        cx.fuel = FUEL;
        match run::run_cell(cx, code, frame) {
            Ok(value) => {
                cell.hits.set(hits.saturating_add(1));
                Some(value)
            }
            Err(_) => {
                cell.misses.set(misses.saturating_add(1));
                None
            }
        }
    }
}

impl Interp {
    /// Calls a function if it has straight code; the number of arguments has been checked.
    #[inline]
    pub(super) fn call_direct(&mut self, lambda: &Lambda, home: &Rc<Frame>, args: &[Value]) -> Option<Result<Value>> {
        if let Some(code) = lambda.direct.code(lambda, &self.program) {
            if lambda.direct.memo.fits(code, lambda, args) && self.program.is_section(home) {
                self.fuel = FUEL;
                return Some(run::finish(run::remembered::<false>(self, lambda, code, home, args)));
            }
            return Some(run::finish(invoke::<false>(self, lambda, code, home, args)));
        }
        let code = lambda.direct.whole(lambda, &self.program)?;
        if !lambda.direct.is_rested() {
            return None;
        }
        self.fuel = FUEL_WHOLE;
        let outcome = if lambda.direct.memo.fits(code, lambda, args) && self.program.is_section(home) {
            run::remembered::<true>(self, lambda, code, home, args)
        } else {
            invoke::<true>(self, lambda, code, home, args)
        };
        match outcome {
            Ok(value) => {
                lambda.direct.learn(true);
                Some(Ok(value))
            }
            Err(Stop::Error(error)) if !error.is_catchable() => Some(Err(error)),
            Err(_) => {
                lambda.direct.learn(false);
                None
            }
        }
    }

    /// The result of a function of one argument, if it can be had ahead of its time.
    pub(crate) fn call_ahead(&mut self, function: &Value, argument: Value) -> Option<Value> {
        let Value::Function(function) = function.bare() else { return None };
        let Body::Closure(lambda, home) = function.body() else { return None };
        if lambda.params.len() != 1 {
            return None;
        }
        let code = lambda.direct.code(lambda, &self.program).or_else(|| lambda.direct.whole(lambda, &self.program))?;
        self.fuel = FUEL;
        invoke::<true>(self, lambda, code, home, std::slice::from_ref(&argument)).ok()
    }
}
