//! Straight code: functions and cells that only compute, choose, look up and call.
//!
//! A function whose body makes no functions, records or lists needs no scope that anybody could hold on to: its variables live on the stack
//! of the evaluator. [`Direct`] keeps such code beside the function; it does exactly what the tree does, errors and laziness of `let`
//! included.
//!
//! The same code serves to fill the cells of records and lists at once instead of leaving a thunk in each ([`Ahead`]): ahead of its time an
//! expression may use only what is at hand, a set of harmless library functions and a bounded number of steps. Where that does not do,
//! and where it fails, the cell gets its thunk as ever, so that nothing is raised, asked or computed that nobody wanted.

use std::cell::{Cell as StdCell, OnceCell, RefCell};
use std::rc::Rc;

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::expr::{ancestor, unary};
use super::interp::{Cell, Frame, Interp};
use super::node::{Binary, Check, Handler, Lambda, Lookup, Node, Unary};
use super::operators;
use crate::m::error::{Error, Result};
use crate::m::functions::Builtin;
use crate::m::value::{Body, List, Slot, Value};

/// Library functions that take little time, ask nobody and always answer the same: they may run ahead of their time.
const HARMLESS: &[&str] = &[
    "#date",
    "#datetime",
    "#duration",
    "Currency.From",
    "Date.AddDays",
    "Date.AddMonths",
    "Date.AddYears",
    "Date.Day",
    "Date.EndOfMonth",
    "Date.From",
    "Date.FromText",
    "Date.Month",
    "Date.StartOfMonth",
    "Date.Year",
    "DateTime.FromText",
    "Decimal.From",
    "Int64.From",
    "List.Contains",
    "List.Count",
    "List.First",
    "List.IsEmpty",
    "List.Last",
    "List.Max",
    "List.Min",
    "List.PositionOf",
    "List.Sum",
    "Logical.From",
    "Logical.FromText",
    "Number.Abs",
    "Number.From",
    "Number.FromText",
    "Number.IntegerDivide",
    "Number.Mod",
    "Number.Round",
    "Number.RoundDown",
    "Number.RoundUp",
    "Text.AfterDelimiter",
    "Text.BeforeDelimiter",
    "Text.BetweenDelimiters",
    "Text.Combine",
    "Text.Contains",
    "Text.End",
    "Text.EndsWith",
    "Text.From",
    "Text.Length",
    "Text.Lower",
    "Text.Middle",
    "Text.PositionOf",
    "Text.Range",
    "Text.Remove",
    "Text.Replace",
    "Text.Start",
    "Text.StartsWith",
    "Text.Trim",
    "Text.Upper",
    "Value.Add",
    "Value.Divide",
    "Value.Multiply",
    "Value.Subtract",
];
/// Those that look at one cell of a record.
const LOOKUPS: &[&str] = &["Record.Field", "Record.FieldOrDefault", "Record.HasFields"];
/// Those that evaluate every item of the list that is their first argument.
const STRICT: &[&str] = &["List.Max", "List.Min", "List.Sum", "Text.Combine"];

/// Calls that one cell may cost ahead of its time.
const FUEL: u32 = 400;
/// Items and characters that a harmless function may be given ahead of its time.
const MOST_ITEMS: usize = 64;
const MOST_TEXT: usize = 64 << 10;
/// How deep and large an expression may be.
const MOST_DEPTH: u32 = 48;
const MOST_OPS: u32 = 4096;
/// How many variables away the variables of a cell may be.
const MOST_VARIABLES: u32 = 8;

/// Straight code of a function or a cell.
struct Code {
    body: Op,
    /// What each variable evaluates; a place holder for parameters.
    variables: Box<[Op]>,
}

enum Op {
    Const(Value),
    /// A cell from elsewhere.
    Cell(Slot),
    /// A parameter or variable of this activation.
    Local(u32),
    /// A variable of the scope in which the code stands, `up` frames out, and what it evaluates where that is straight too.
    Outer {
        up: u32,
        slot: u32,
        ahead: Option<Rc<Code>>,
    },
    Global {
        section: u32,
        slot: u32,
    },
    Unary(Unary, Box<Op>),
    Binary(Binary, Box<(Op, Op)>),
    And(Box<(Op, Op)>),
    Or(Box<(Op, Op)>),
    Coalesce(Box<(Op, Op)>),
    If(Box<(Op, Op, Op)>),
    Field(Box<Op>, Box<Lookup>),
    Item(Box<(Op, Op)>, bool),
    Call(Box<Op>, Box<[Op]>),
    Builtin(&'static Builtin, Box<[Op]>, Use),
    /// The argument of a function that evaluates all its items.
    Items(Box<[Op]>),
    As(Box<Op>, Check),
    Is(Box<Op>, Check),
    Otherwise(Box<(Op, Op)>),
    Raise(Box<Op>),
    Fail(Error),
    /// What is no straight code, in a cell.
    Stuck,
}

/// What a library function may do ahead of its time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Never,
    Harmless,
    Lookup,
}

enum Stop {
    Error(Error),
    /// It cannot be told ahead of its time.
    NotNow,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Error(error)
    }
}

type Outcome = std::result::Result<Value, Stop>;
type Locals = SmallVec<[RefCell<Cell>; 6]>;

/// A running piece of code.
struct Activation<'a> {
    cells: &'a [RefCell<Cell>],
    code: &'a Code,
    home: &'a Rc<Frame>,
}

/// Straight code of a function, made when it is called a second time.
#[derive(Default)]
pub struct Direct {
    called: StdCell<bool>,
    code: OnceCell<Option<Box<Code>>>,
}

impl Direct {
    /// Whether the function has straight code.
    #[inline]
    pub(super) fn is_there(&self, lambda: &Lambda) -> bool {
        match self.code.get() {
            Some(code) => code.is_some(),
            None => self.prepare(lambda),
        }
    }

    #[cold]
    fn prepare(&self, lambda: &Lambda) -> bool {
        self.called.replace(true) && self.code.get_or_init(|| compile_lambda(lambda).map(Box::new)).is_some()
    }
}

/// Straight code of the cells of a record or list, made when it is built for the third time.
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
    /// The value of cell `at` of `count`, if it can be had now.
    pub(super) fn value(&self, cx: &mut Interp, node: &Node, frame: &Rc<Frame>, at: usize, count: usize) -> Option<Value> {
        if matches!(node, Node::Const(_) | Node::Variable { .. } | Node::Lambda(_)) {
            return None;
        }
        if self.runs.get() < 3 {
            if at + 1 == count {
                self.runs.set(self.runs.get() + 1);
            }
            return None;
        }
        let cell = &self.cells.get_or_init(|| (0..count).map(|_| CellCode::default()).collect())[at];
        let code = cell.code.get_or_init(|| compile_cell(node, frame)).as_ref()?;
        let (hits, misses) = (cell.hits.get(), cell.misses.get());
        if misses > 16 && misses > hits {
            return None;
        }
        cx.fuel = FUEL;
        match run_cell(cx, code, frame) {
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
    /// Calls a function that has straight code; the number of arguments has been checked.
    pub(super) fn call_direct(&mut self, lambda: &Lambda, home: &Rc<Frame>, args: impl IntoIterator<Item = Value>) -> Result<Value> {
        let cells = args.into_iter().map(|value| RefCell::new(Cell::Value(value))).collect();
        match invoke::<false>(self, lambda, home, cells) {
            Ok(value) => Ok(value),
            Err(Stop::Error(error)) => Err(error),
            Err(Stop::NotNow) => Err(Error::expression("The evaluation has ended.")),
        }
    }

    /// The result of a function of one argument, if it can be had ahead of its time.
    pub(crate) fn call_ahead(&mut self, function: &Value, argument: Value) -> Option<Value> {
        let Value::Function(function) = function.bare() else { return None };
        let Body::Closure(lambda, home) = function.body() else { return None };
        if lambda.params.len() != 1 || !lambda.direct.is_there(lambda) {
            return None;
        }
        self.fuel = FUEL;
        invoke::<true>(self, lambda, home, SmallVec::from_iter([RefCell::new(Cell::Value(argument))])).ok()
    }
}

fn pending(count: usize) -> Locals {
    std::iter::repeat_with(|| RefCell::new(Cell::Pending)).take(count).collect()
}

fn run_cell(cx: &mut Interp, code: &Code, home: &Rc<Frame>) -> Outcome {
    let cells = pending(code.variables.len());
    run::<true>(cx, &code.body, &Activation { cells: &cells, code, home })
}

fn invoke<const AHEAD: bool>(cx: &mut Interp, lambda: &Lambda, home: &Rc<Frame>, mut cells: Locals) -> Outcome {
    let Some(Some(code)) = lambda.direct.code.get() else { return Err(Stop::NotNow) };
    cx.room()?;
    cx.tick()?;
    while cells.len() < lambda.params.len() {
        cells.push(RefCell::new(Cell::Value(Value::Null)));
    }
    if !lambda.unchecked {
        for (param, cell) in lambda.params.iter().zip(&mut cells) {
            if let (Some(check), Cell::Value(value)) = (param.check, cell.get_mut()) {
                if !check.accepts(value) && !(param.optional && value.is_null()) {
                    return Err(fails::<AHEAD>(|| Error::cannot_convert(value, check.kind.title())));
                }
            }
        }
    }
    cells.resize_with(code.variables.len(), || RefCell::new(Cell::Pending));
    let caller = cx.source;
    if home.source != 0 {
        cx.source = home.source;
    }
    let result = run::<AHEAD>(cx, &code.body, &Activation { cells: &cells, code, home });
    cx.source = caller;
    let result = result?;
    match lambda.returns {
        Some(check) if !check.accepts(&result) => Err(fails::<AHEAD>(|| Error::cannot_convert(&result, check.kind.title()))),
        _ => Ok(result),
    }
}

/// An error; ahead of its time it need not be made.
#[cold]
fn fails<const AHEAD: bool>(error: impl FnOnce() -> Error) -> Stop {
    if AHEAD { Stop::NotNow } else { Stop::Error(error()) }
}

fn spend(cx: &mut Interp) -> std::result::Result<(), Stop> {
    cx.fuel = cx.fuel.checked_sub(1).ok_or(Stop::NotNow)?;
    Ok(())
}

fn logical<const AHEAD: bool>(value: &Value) -> std::result::Result<Option<bool>, Stop> {
    match value {
        Value::Logical(b) => Ok(Some(*b)),
        Value::Null => Ok(None),
        other => operators::as_logical(other).map_err(Stop::Error),
    }
}

fn run<const AHEAD: bool>(cx: &mut Interp, op: &Op, act: &Activation<'_>) -> Outcome {
    match op {
        Op::Const(value) => Ok(value.clone()),
        Op::Local(at) => {
            if let Cell::Value(value) = &*act.cells[*at as usize].borrow() {
                return Ok(value.clone());
            }
            local::<AHEAD>(cx, *at as usize, act)
        }
        Op::Outer { up, slot, ahead } => {
            let frame = ancestor(act.home, *up);
            if let Cell::Value(value) = &*frame.cells[*slot as usize].borrow() {
                return Ok(value.clone());
            }
            outer::<AHEAD>(cx, frame, *slot as usize, ahead.as_deref())
        }
        Op::Global { section, slot } => {
            if let Cell::Value(value) = &*cx.program.frame(*section).cells[*slot as usize].borrow() {
                return Ok(value.clone());
            }
            let frame = cx.program.section_frame(*section);
            outer::<AHEAD>(cx, &frame, *slot as usize, None)
        }
        Op::Cell(slot) if AHEAD => slot.at_hand(cx).ok_or(Stop::NotNow),
        Op::Cell(slot) => Ok(slot.force(cx)?),
        Op::Unary(operator, operand) => {
            let value = run::<AHEAD>(cx, operand, act)?;
            Ok(unary(*operator, &value)?)
        }
        Op::Binary(operator, sides) => {
            let left = run::<AHEAD>(cx, &sides.0, act)?;
            let right = run::<AHEAD>(cx, &sides.1, act)?;
            if AHEAD && !(is_scalar(&left) && is_scalar(&right)) {
                return Err(Stop::NotNow);
            }
            Ok(operators::binary(cx, *operator, &left, &right)?)
        }
        Op::And(sides) => {
            let left = run::<AHEAD>(cx, &sides.0, act)?;
            match logical::<AHEAD>(&left)? {
                Some(false) => Ok(Value::Logical(false)),
                left => {
                    let right = run::<AHEAD>(cx, &sides.1, act)?;
                    Ok(match (left, logical::<AHEAD>(&right)?) {
                        (_, Some(false)) => Value::Logical(false),
                        (Some(true), Some(true)) => Value::Logical(true),
                        _ => Value::Null,
                    })
                }
            }
        }
        Op::Or(sides) => {
            let left = run::<AHEAD>(cx, &sides.0, act)?;
            match logical::<AHEAD>(&left)? {
                Some(true) => Ok(Value::Logical(true)),
                left => {
                    let right = run::<AHEAD>(cx, &sides.1, act)?;
                    Ok(match (left, logical::<AHEAD>(&right)?) {
                        (_, Some(true)) => Value::Logical(true),
                        (Some(false), Some(false)) => Value::Logical(false),
                        _ => Value::Null,
                    })
                }
            }
        }
        Op::Coalesce(sides) => {
            let left = run::<AHEAD>(cx, &sides.0, act)?;
            if left.is_null() { run::<AHEAD>(cx, &sides.1, act) } else { Ok(left) }
        }
        Op::If(parts) => {
            let condition = run::<AHEAD>(cx, &parts.0, act)?;
            match condition.bare() {
                Value::Logical(true) => run::<AHEAD>(cx, &parts.1, act),
                Value::Logical(false) => run::<AHEAD>(cx, &parts.2, act),
                other => Err(fails::<AHEAD>(|| Error::cannot_convert(other, "Logical"))),
            }
        }
        Op::Field(target, lookup) => {
            let target = run::<AHEAD>(cx, target, act)?;
            match &target {
                Value::Record(record) => match lookup.find(record) {
                    Some(Slot::Value(value)) => Ok(value.clone()),
                    Some(slot) if AHEAD => slot.at_hand(cx).ok_or(Stop::NotNow),
                    Some(slot) => {
                        let slot = slot.clone();
                        Ok(cx.nested(|cx| slot.force(cx))?)
                    }
                    None if lookup.optional => Ok(Value::Null),
                    None => Err(fails::<AHEAD>(|| record.missing(&lookup.name))),
                },
                Value::Null if lookup.optional => Ok(Value::Null),
                _ if AHEAD => Err(Stop::NotNow),
                _ => Ok(cx.access_field(lookup, &target)?),
            }
        }
        Op::Item(sides, optional) => {
            let target = run::<AHEAD>(cx, &sides.0, act)?;
            let index = run::<AHEAD>(cx, &sides.1, act)?;
            match (&target, &index) {
                (Value::Null, _) if *optional => Ok(Value::Null),
                (Value::List(list), Value::Int(at)) if *at >= 0 && list.items().is_some() => {
                    match list.items().and_then(|items| items.get(*at as usize)) {
                        Some(Slot::Value(value)) => Ok(value.clone()),
                        Some(slot) if AHEAD => slot.at_hand(cx).ok_or(Stop::NotNow),
                        None if *optional => Ok(Value::Null),
                        _ if AHEAD => Err(Stop::NotNow),
                        _ => Ok(cx.item(&target, &index, *optional)?),
                    }
                }
                _ if AHEAD => Err(Stop::NotNow),
                _ => Ok(cx.item(&target, &index, *optional)?),
            }
        }
        Op::Call(callee, args) => call::<AHEAD>(cx, callee, args, act),
        Op::Builtin(builtin, args, allowed) => {
            if AHEAD {
                if *allowed == Use::Never {
                    return Err(Stop::NotNow);
                }
                spend(cx)?;
            }
            let mut values: SmallVec<[Value; 4]> = SmallVec::new();
            for arg in args {
                values.push(run::<AHEAD>(cx, arg, act)?);
            }
            values.resize(builtin.params.len().max(args.len()), Value::Null);
            if AHEAD && !is_allowed(*allowed, &values) {
                return Err(Stop::NotNow);
            }
            cx.room()?;
            Ok(cx.call_filled(builtin, &values, args.len())?)
        }
        Op::Items(items) => {
            let mut values = Vec::with_capacity(items.len());
            for item in items {
                values.push(Slot::Value(run::<AHEAD>(cx, item, act)?));
            }
            Ok(Value::List(List::from_slots(values)))
        }
        Op::As(operand, check) => {
            let value = run::<AHEAD>(cx, operand, act)?;
            if check.accepts(&value) { Ok(value) } else { Err(fails::<AHEAD>(|| Error::cannot_convert(&value, check.kind.title()))) }
        }
        Op::Is(operand, check) => Ok(Value::Logical(check.accepts(&run::<AHEAD>(cx, operand, act)?))),
        Op::Otherwise(sides) => match run::<AHEAD>(cx, &sides.0, act) {
            Err(Stop::Error(error)) if error.is_catchable() => run::<AHEAD>(cx, &sides.1, act),
            other => other,
        },
        Op::Raise(_) | Op::Fail(_) if AHEAD => Err(Stop::NotNow),
        Op::Raise(operand) => {
            let value = run::<AHEAD>(cx, operand, act)?;
            Err(Stop::Error(cx.raise(&value)))
        }
        Op::Fail(error) => Err(Stop::Error(error.clone())),
        Op::Stuck => Err(Stop::NotNow),
    }
}

fn call<const AHEAD: bool>(cx: &mut Interp, callee: &Op, args: &[Op], act: &Activation<'_>) -> Outcome {
    let callee = run::<AHEAD>(cx, callee, act)?;
    if let Value::Function(function) = callee.bare() {
        if let Body::Closure(lambda, home) = function.body() {
            if args.len() >= lambda.required && args.len() <= lambda.params.len() && lambda.direct.is_there(lambda) {
                let mut cells = Locals::new();
                for arg in args {
                    cells.push(RefCell::new(Cell::Value(run::<AHEAD>(cx, arg, act)?)));
                }
                if AHEAD {
                    spend(cx)?;
                }
                return invoke::<AHEAD>(cx, lambda, home, cells);
            }
        }
    }
    if AHEAD {
        return Err(Stop::NotNow);
    }
    let mut values: SmallVec<[Value; 4]> = SmallVec::with_capacity(args.len());
    for arg in args {
        values.push(run::<AHEAD>(cx, arg, act)?);
    }
    Ok(cx.call(&callee, &values)?)
}

/// A variable of the activation that has no value yet.
#[inline(never)]
fn local<const AHEAD: bool>(cx: &mut Interp, at: usize, act: &Activation<'_>) -> Outcome {
    match &*act.cells[at].borrow() {
        Cell::Value(value) => return Ok(value.clone()),
        Cell::Failed(error) => return Err(Stop::Error(error.clone())),
        Cell::Running => return Err(fails::<AHEAD>(|| Error::expression("A cyclic reference was encountered during evaluation."))),
        Cell::Pending => {}
    }
    cx.room()?;
    *act.cells[at].borrow_mut() = Cell::Running;
    let result = run::<AHEAD>(cx, &act.code.variables[at], act);
    *act.cells[at].borrow_mut() = match &result {
        Ok(value) => Cell::Value(value.clone()),
        Err(Stop::Error(error)) => Cell::Failed(error.clone()),
        Err(Stop::NotNow) => Cell::Pending,
    };
    result
}

/// A variable of a scope that has no value yet.
#[inline(never)]
fn outer<const AHEAD: bool>(cx: &mut Interp, frame: &Rc<Frame>, slot: usize, ahead: Option<&Code>) -> Outcome {
    if !AHEAD {
        let frame = frame.clone();
        return Ok(cx.nested(|cx| cx.variable(&frame, slot))?);
    }
    if !matches!(&*frame.cells[slot].borrow(), Cell::Pending) {
        return Err(Stop::NotNow);
    }
    let node = frame.variables.as_ref().and_then(|variables| variables.get(slot.checked_sub(frame.params)?));
    if node.is_some_and(|node| matches!(**node, Node::Lambda(_))) {
        return Ok(cx.variable(frame, slot)?);
    }
    let Some(code) = ahead else { return Err(Stop::NotNow) };
    spend(cx)?;
    cx.room()?;
    *frame.cells[slot].borrow_mut() = Cell::Running;
    let result = run_cell(cx, code, frame);
    *frame.cells[slot].borrow_mut() = match &result {
        Ok(value) => Cell::Value(value.clone()),
        Err(_) => Cell::Pending,
    };
    result
}

fn is_scalar(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.len() <= MOST_TEXT,
        Value::List(_) | Value::Record(_) | Value::Table(_) | Value::Binary(_) | Value::Function(_) | Value::Tagged(_) => false,
        _ => true,
    }
}

/// Whether a library function may run now with these arguments.
fn is_allowed(allowed: Use, args: &[Value]) -> bool {
    let is_ready = |slot: &Slot| matches!(slot, Slot::Value(value) if is_scalar(value));
    match (allowed, args) {
        (Use::Lookup, [Value::Record(record), Value::Text(name), rest @ ..]) => {
            record.get(name).is_none_or(|slot| matches!(slot, Slot::Value(_)))
                && rest.iter().all(|value| !matches!(value, Value::Tagged(_)))
        }
        (Use::Harmless, args) => args.iter().all(|value| match value {
            Value::List(list) => list.items().is_some_and(|items| items.len() <= MOST_ITEMS && items.iter().all(is_ready)),
            Value::Record(record) => record.cells().len() <= MOST_ITEMS && record.cells().iter().all(is_ready),
            other => is_scalar(other),
        }),
        _ => false,
    }
}

struct Compiler<'a> {
    /// First cell of each `let` around the expression, outermost first.
    scopes: Vec<usize>,
    variables: Vec<Op>,
    /// The scope in which a cell stands; none for a function.
    home: Option<&'a Rc<Frame>>,
    ops: u32,
    depth: u32,
    /// How many variables of scopes lie between the cell and this expression.
    away: u32,
}

/// Variables that were looked at, by frame and slot, so that each is looked at once.
type Seen = HashMap<(usize, u32), Option<Rc<Code>>>;

fn compile_lambda(lambda: &Lambda) -> Option<Code> {
    let mut compiler = Compiler { scopes: vec![0], variables: Vec::new(), home: None, ops: 0, depth: 0, away: 0 };
    compiler.variables.resize_with(lambda.params.len(), || Op::Const(Value::Null));
    let mut seen = Seen::new();
    if let Some(variables) = &lambda.variables {
        compiler.bindings(variables, &mut seen)?;
    }
    let body = compiler.op(&lambda.body, &mut seen)?;
    Some(Code { body, variables: compiler.variables.into_boxed_slice() })
}

fn compile_cell(node: &Node, frame: &Rc<Frame>) -> Option<Code> {
    cell_code(node, frame, 0, &mut Seen::new())
}

fn cell_code(node: &Node, frame: &Rc<Frame>, away: u32, seen: &mut Seen) -> Option<Code> {
    let mut compiler = Compiler { scopes: Vec::new(), variables: Vec::new(), home: Some(frame), ops: 0, depth: 0, away };
    let body = compiler.op(node, seen)?;
    (!matches!(body, Op::Stuck)).then(|| Code { body, variables: compiler.variables.into_boxed_slice() })
}

impl Compiler<'_> {
    /// Adds the variables of a `let` or function to the innermost scope.
    fn bindings(&mut self, nodes: &[Rc<Node>], seen: &mut Seen) -> Option<()> {
        let first = self.variables.len();
        self.variables.resize_with(first + nodes.len(), || Op::Stuck);
        for (at, node) in (first..).zip(nodes) {
            self.variables[at] = self.op(node, seen)?;
        }
        Some(())
    }

    fn boxed(&mut self, node: &Node, seen: &mut Seen) -> Option<Box<Op>> {
        self.op(node, seen).map(Box::new)
    }

    fn pair(&mut self, sides: &(Node, Node), seen: &mut Seen) -> Option<Box<(Op, Op)>> {
        Some(Box::new((self.op(&sides.0, seen)?, self.op(&sides.1, seen)?)))
    }

    fn list(&mut self, nodes: &[Node], seen: &mut Seen) -> Option<Box<[Op]>> {
        nodes.iter().map(|node| self.op(node, seen)).collect()
    }

    /// The code of an expression. What is none fails a function, and is stuck in a cell.
    fn op(&mut self, node: &Node, seen: &mut Seen) -> Option<Op> {
        self.ops += 1;
        self.depth += 1;
        let fits = self.ops <= MOST_OPS && self.depth <= MOST_DEPTH;
        let op = if fits { self.form(node, seen) } else { None };
        self.depth -= 1;
        op.or_else(|| self.home.is_some().then_some(Op::Stuck))
    }

    fn form(&mut self, node: &Node, seen: &mut Seen) -> Option<Op> {
        Some(match node {
            Node::Const(value) => Op::Const(value.clone()),
            Node::Cell(slot) => Op::Cell(slot.clone()),
            Node::Variable { depth, slot } => self.variable(*depth as usize, *slot, seen),
            Node::Global { section, slot } => Op::Global { section: *section, slot: *slot },
            Node::Fail(error) => Op::Fail(error.clone()),
            Node::Unary(operator, operand) => Op::Unary(*operator, self.boxed(operand, seen)?),
            Node::Binary(operator, sides) => Op::Binary(*operator, self.pair(sides, seen)?),
            Node::And(sides) => Op::And(self.pair(sides, seen)?),
            Node::Or(sides) => Op::Or(self.pair(sides, seen)?),
            Node::Coalesce(sides) => Op::Coalesce(self.pair(sides, seen)?),
            Node::If(parts) => Op::If(Box::new((self.op(&parts.0, seen)?, self.op(&parts.1, seen)?, self.op(&parts.2, seen)?))),
            Node::Let(variables, body) => {
                self.scopes.push(self.variables.len());
                let bound = self.bindings(variables, seen);
                let body = bound.and_then(|()| self.op(body, seen));
                self.scopes.pop();
                body?
            }
            Node::Field(access) => {
                let lookup = Lookup::new(access.lookup.name.clone(), access.lookup.optional);
                Op::Field(self.boxed(&access.target, seen)?, Box::new(lookup))
            }
            Node::Item { target, optional } => Op::Item(self.pair(target, seen)?, *optional),
            Node::Call(callee, args) => Op::Call(self.boxed(callee, seen)?, self.list(args, seen)?),
            Node::CallBuiltin(builtin, args) => {
                let given = args.len();
                if given > builtin.params.len() || given < builtin.params.len() && !builtin.params[given].optional {
                    return None;
                }
                let allowed = if HARMLESS.binary_search(&builtin.name).is_ok() {
                    Use::Harmless
                } else if LOOKUPS.contains(&builtin.name) {
                    Use::Lookup
                } else {
                    Use::Never
                };
                let mut ops = Vec::with_capacity(given);
                for (at, arg) in args.iter().enumerate() {
                    ops.push(match arg {
                        Node::List(items, _) if at == 0 && STRICT.contains(&builtin.name) => {
                            Op::Items(items.iter().map(|item| self.op(item, seen)).collect::<Option<_>>()?)
                        }
                        _ => self.op(arg, seen)?,
                    });
                }
                Op::Builtin(builtin, ops.into_boxed_slice(), allowed)
            }
            Node::Try(operand, Handler::Otherwise(other)) => Op::Otherwise(Box::new((self.op(operand, seen)?, self.op(other, seen)?))),
            Node::Error(operand) => Op::Raise(self.boxed(operand, seen)?),
            Node::As(operand, check) => Op::As(self.boxed(operand, seen)?, *check),
            Node::Is(operand, check) => Op::Is(self.boxed(operand, seen)?, *check),
            _ => return None,
        })
    }

    fn variable(&mut self, depth: usize, slot: u32, seen: &mut Seen) -> Op {
        if let Some(scope) = self.scopes.len().checked_sub(depth + 1) {
            return Op::Local(self.scopes[scope] as u32 + slot);
        }
        let up = (depth - self.scopes.len()) as u32;
        let ahead = self.home.and_then(|home| {
            let frame = ancestor(home, up);
            let key = (Rc::as_ptr(frame) as usize, slot);
            if let Some(known) = seen.get(&key) {
                return known.clone();
            }
            // A variable that refers to itself finds nothing here.
            seen.insert(key, None);
            if self.away >= MOST_VARIABLES {
                return None;
            }
            let node = frame.variables.as_ref()?.get((slot as usize).checked_sub(frame.params)?)?;
            if matches!(**node, Node::Lambda(_)) {
                return None;
            }
            let code = cell_code(node, frame, self.away + 1, seen).map(Rc::new);
            seen.insert(key, code.clone());
            code
        });
        Op::Outer { up, slot, ahead }
    }
}

#[cfg(test)]
mod tests {
    use super::{HARMLESS, LOOKUPS, STRICT};
    use crate::m::functions::{Global, lookup};

    #[test]
    fn the_names_are_sorted_and_exist() {
        assert!(HARMLESS.is_sorted());
        for name in HARMLESS.iter().chain(LOOKUPS).chain(STRICT) {
            assert!(matches!(lookup(name), Some(Global::Function(_))), "{name}");
        }
    }
}
