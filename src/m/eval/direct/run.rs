//! How straight code runs.

use std::cell::{Cell as StdCell, OnceCell};
use std::rc::Rc;

use smallvec::SmallVec;

use super::{Code, Fate, Inner, Joined, Leaf, MOST_ITEMS, MOST_TEXT, Op, Short, Use, compile};
use crate::m::error::{Error, Result};
use crate::m::eval::expr::{ancestor, unary};
use crate::m::eval::interp::{Cell, Frame, Interp};
use crate::m::eval::node::{Binary, Lambda, Lookup, Node};
use crate::m::eval::operators;
use crate::m::value::{Body, CellRef, List, Record, Slot, Text, Value, taken};

/// Why there is no value.
pub(super) enum Stop {
    Error(Error),
    /// It cannot be told ahead of its time.
    NotNow,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Error(error)
    }
}

pub(super) type Outcome = std::result::Result<Value, Stop>;
/// A variable: nothing yet, or how its evaluation ended.
type Local = OnceCell<Result<Value>>;

/// A running piece of code.
pub(super) struct Activation<'a> {
    args: &'a [&'a Value],
    locals: &'a [Local],
    /// Which variables are being evaluated.
    running: StdCell<u128>,
    code: &'a Code,
    home: &'a Rc<Frame>,
    /// The activation around a function written in place.
    around: Option<&'a Activation<'a>>,
}

/// A value of somebody else's, or one's own.
enum Held<'a> {
    Theirs(&'a Value),
    Own(Value),
}

impl Held<'_> {
    #[inline]
    fn own(self) -> Value {
        match self {
            Held::Theirs(value) => value.clone(),
            Held::Own(value) => value,
        }
    }
}

impl std::ops::Deref for Held<'_> {
    type Target = Value;
    #[inline]
    fn deref(&self) -> &Value {
        match self {
            Held::Theirs(value) => value,
            Held::Own(value) => value,
        }
    }
}

/// An outcome for those who do not run ahead.
pub(super) fn finish(outcome: Outcome) -> Result<Value> {
    match outcome {
        Ok(value) => Ok(value),
        Err(Stop::Error(error)) => Err(error),
        Err(Stop::NotNow) => Err(Error::expression("The evaluation has ended.")),
    }
}

/// Hands over `count` variables without values; unless they are many they lie on the stack.
#[inline]
fn with_locals<R>(count: usize, run: impl FnOnce(&[Local]) -> R) -> R {
    match count {
        0 => run(&[]),
        1..=4 => run(&[const { Local::new() }; 4]),
        5..=8 => run(&[const { Local::new() }; 8]),
        9..=16 => run(&[const { Local::new() }; 16]),
        _ => run(&(0..count).map(|_| Local::new()).collect::<Vec<_>>()),
    }
}

/// Evaluates arguments and hands them over, filled up with nulls to `count`; unless they are many they lie on the stack.
#[inline]
fn with_args<const AHEAD: bool>(
    cx: &mut Interp,
    args: &[Op],
    count: usize,
    act: &Activation<'_>,
    then: impl FnOnce(&mut Interp, &[Value]) -> Outcome,
) -> Outcome {
    match (args, count.max(args.len())) {
        ([], 0) => then(cx, &[]),
        ([one], 1) => {
            let value = look::<AHEAD>(cx, one, act)?;
            then(cx, std::slice::from_ref(&*value))
        }
        ([one, two], 2) => {
            let values = [value::<AHEAD>(cx, one, act)?, value::<AHEAD>(cx, two, act)?];
            then(cx, &values)
        }
        ([one, two, three], 3) => {
            let values = [value::<AHEAD>(cx, one, act)?, value::<AHEAD>(cx, two, act)?, value::<AHEAD>(cx, three, act)?];
            then(cx, &values)
        }
        (args, count @ ..=6) => {
            let mut values = [const { Value::Null }; 6];
            for (place, arg) in values.iter_mut().zip(args) {
                *place = value::<AHEAD>(cx, arg, act)?;
            }
            then(cx, &values[..count])
        }
        (args, count) => {
            let mut values = Vec::with_capacity(count);
            for arg in args {
                values.push(run::<AHEAD>(cx, arg, act)?);
            }
            values.resize(count, Value::Null);
            then(cx, &values)
        }
    }
}

pub(super) fn run_cell(cx: &mut Interp, code: &Code, home: &Rc<Frame>) -> Outcome {
    with_locals(code.lets.len(), |locals| {
        run::<true>(cx, &code.body, &Activation { args: &[], locals, running: StdCell::new(0), code, home, around: None })
    })
}

/// Hands over what arguments give, filled up with nulls to `count`, without copies where they lie somewhere already.
#[inline]
fn with_refs<const AHEAD: bool>(
    cx: &mut Interp,
    args: &[Op],
    count: usize,
    act: &Activation<'_>,
    then: impl FnOnce(&mut Interp, &[&Value]) -> Outcome,
) -> Outcome {
    match args {
        [one] if count == 1 => hand::<AHEAD, _>(cx, one, act, |cx, one| then(cx, &[one])),
        [one, two] if count == 2 => {
            hand::<AHEAD, _>(cx, one, act, |cx, one| hand::<AHEAD, _>(cx, two, act, |cx, two| then(cx, &[one, two])))
        }
        args => with_args::<AHEAD>(cx, args, count, act, |cx, values| then(cx, &values.iter().collect::<SmallVec<[&Value; 6]>>())),
    }
}

/// Calls a function; the number of arguments has been checked.
pub(super) fn invoke<const AHEAD: bool>(cx: &mut Interp, lambda: &Lambda, code: &Code, home: &Rc<Frame>, args: &[Value]) -> Outcome {
    room::<AHEAD>(cx)?;
    cx.tick()?;
    if !lambda.unchecked {
        for (param, value) in lambda.params.iter().zip(args) {
            if let Some(check) = param.check {
                if !check.accepts(value) && !(param.optional && value.is_null()) {
                    return Err(fails::<AHEAD>(|| Error::cannot_convert(value, check.kind.title())));
                }
            }
        }
    }
    with_locals(code.lets.len(), |locals| match (args, lambda.params.len()) {
        ([one], 1) => enter::<AHEAD>(cx, lambda, code, home, &[one], locals),
        ([one, two], 2) => enter::<AHEAD>(cx, lambda, code, home, &[one, two], locals),
        (args, count) => {
            let mut filled: SmallVec<[&Value; 4]> = args.iter().collect();
            filled.resize(count, &Value::Null);
            enter::<AHEAD>(cx, lambda, code, home, &filled, locals)
        }
    })
}

#[inline]
fn enter<const AHEAD: bool>(cx: &mut Interp, lambda: &Lambda, code: &Code, home: &Rc<Frame>, args: &[&Value], locals: &[Local]) -> Outcome {
    let caller = cx.source;
    if home.source != 0 {
        cx.source = home.source;
    }
    let act = Activation { args, locals, running: StdCell::new(0), code, home, around: None };
    let result = run::<AHEAD>(cx, &code.body, &act);
    cx.source = caller;
    let result = result?;
    match lambda.returns {
        Some(check) if !check.accepts(&result) => Err(fails::<AHEAD>(|| Error::cannot_convert(&result, check.kind.title()))),
        _ => Ok(result),
    }
}

/// As [`invoke`] for a function whose results are remembered.
pub(super) fn remembered<const WHOLE: bool>(cx: &mut Interp, lambda: &Lambda, code: &Code, home: &Rc<Frame>, args: &[Value]) -> Outcome {
    let memo = &lambda.direct.memo;
    let place = memo.place(cx.generation, args);
    if let Some(value) = memo.get(place, args) {
        return Ok(value);
    }
    match invoke::<true>(cx, lambda, code, home, args) {
        Ok(value) => {
            memo.keep(place, args, &value);
            Ok(value)
        }
        Err(_) if !WHOLE => invoke::<false>(cx, lambda, code, home, args),
        other => other,
    }
}

/// Runs a function written in place.
fn run_inner(cx: &mut Interp, inner: &Inner, args: &[&Value], around: &Activation<'_>) -> Outcome {
    room::<true>(cx)?;
    cx.tick()?;
    spend(cx)?;
    for ((check, optional), value) in inner.params.iter().zip(args) {
        if check.is_some_and(|check| !check.accepts(value) && !(*optional && value.is_null())) {
            return Err(Stop::NotNow);
        }
    }
    let code = &inner.code;
    let result = with_locals(code.lets.len(), |locals| {
        let act = Activation { args, locals, running: StdCell::new(0), code, home: around.home, around: Some(around) };
        run::<true>(cx, &code.body, &act)
    })?;
    match inner.returns {
        Some(check) if !check.accepts(&result) => Err(Stop::NotNow),
        _ => Ok(result),
    }
}

/// Runs a small function in the place of its call.
#[inline]
fn apply<const AHEAD: bool>(cx: &mut Interp, leaf: &Leaf, args: &[&Value], act: &Activation<'_>) -> Outcome {
    for ((check, optional), value) in leaf.params.iter().zip(args) {
        if let Some(check) = check {
            if !check.accepts(value) && !(*optional && value.is_null()) {
                return Err(fails::<AHEAD>(|| Error::cannot_convert(value, check.kind.title())));
            }
        }
    }
    let own = Activation { args, locals: &[], running: StdCell::new(0), code: act.code, home: act.home, around: None };
    let result = run::<AHEAD>(cx, &leaf.body, &own)?;
    match leaf.returns {
        Some(check) if !check.accepts(&result) => Err(fails::<AHEAD>(|| Error::cannot_convert(&result, check.kind.title()))),
        _ => Ok(result),
    }
}

/// Runs a small function of one parameter.
fn apply_to<const AHEAD: bool>(cx: &mut Interp, leaf: &Leaf, argument: &Value, act: &Activation<'_>) -> Outcome {
    let mut fate = match leaf.fate(argument) {
        Some(fate) => fate,
        None => return apply::<AHEAD>(cx, leaf, &[argument], act),
    };
    loop {
        fate = match fate {
            Fate::Same => return Ok(argument.clone()),
            Fate::Const(value) => return Ok(value.clone()),
            Fate::Equals(text, fates) => match argument {
                Value::Text(have) if have.len() == text.len() && have == text => &fates.0,
                _ => &fates.1,
            },
            Fate::Choice(op, fates) => {
                let own =
                    Activation { args: &[argument], locals: &[], running: StdCell::new(0), code: act.code, home: act.home, around: None };
                match test::<AHEAD>(cx, op, &own)? {
                    Some(true) => &fates.0,
                    Some(false) => &fates.1,
                    None => return Err(fails::<AHEAD>(|| Error::cannot_convert(&Value::Null, "Logical"))),
                }
            }
            Fate::Body(body) => {
                let at_once = match body {
                    Op::Short(short) if matches!(short.args[short.shortcut.free().start], Op::Arg { up: 0, at: 0 }) => {
                        short.shortcut.one(argument)
                    }
                    _ => None,
                };
                let result = match at_once {
                    Some(result) => result,
                    None => {
                        let own = Activation {
                            args: &[argument],
                            locals: &[],
                            running: StdCell::new(0),
                            code: act.code,
                            home: act.home,
                            around: None,
                        };
                        run::<AHEAD>(cx, body, &own)?
                    }
                };
                return match leaf.returns {
                    Some(check) if !check.accepts(&result) => Err(fails::<AHEAD>(|| Error::cannot_convert(&result, check.kind.title()))),
                    _ => Ok(result),
                };
            }
        }
    }
}

/// An error; ahead of its time it need not be made.
#[cold]
fn fails<const AHEAD: bool>(error: impl FnOnce() -> Error) -> Stop {
    if AHEAD { Stop::NotNow } else { Stop::Error(error()) }
}

/// Stack for one level more; what runs ahead of its time leaves the rest to the ordinary way.
#[inline]
fn room<const AHEAD: bool>(cx: &Interp) -> std::result::Result<(), Stop> {
    cx.room().map_err(|error| if AHEAD { Stop::NotNow } else { Stop::Error(error) })
}

#[inline]
fn spend(cx: &mut Interp) -> std::result::Result<(), Stop> {
    cx.fuel = cx.fuel.checked_sub(1).ok_or(Stop::NotNow)?;
    Ok(())
}

#[inline]
fn around<'a>(act: &'a Activation<'a>, up: u32) -> std::result::Result<&'a Activation<'a>, Stop> {
    let mut act = act;
    for _ in 0..up {
        act = act.around.ok_or(Stop::NotNow)?;
    }
    Ok(act)
}

/// What an operation gives if it lies somewhere already.
#[inline(always)]
fn place<'a>(op: &'a Op, act: &'a Activation<'_>) -> Option<&'a Value> {
    match op {
        Op::Const(value) => Some(value),
        Op::Arg { up: 0, at } => Some(act.args[*at as usize]),
        Op::Local { up: 0, at } => match act.locals[*at as usize].get() {
            Some(Ok(value)) => Some(value),
            _ => None,
        },
        _ => None,
    }
}

/// What an operation gives if it lies somewhere already, be it in a record or list that does.
fn near<'a>(op: &'a Op, act: &'a Activation<'_>) -> Option<&'a Value> {
    match op {
        Op::Const(value) => Some(value),
        Op::Arg { up, at } => around(act, *up).ok()?.args.get(*at as usize).copied(),
        Op::Local { up, at } => match around(act, *up).ok()?.locals[*at as usize].get() {
            Some(Ok(value)) => Some(value),
            _ => None,
        },
        Op::Field(target, lookup) => match near(target, act)? {
            Value::Record(record) => match lookup.find(record) {
                Some(CellRef::Slot(Slot::Value(value))) => Some(value),
                None if lookup.optional => Some(&Value::Null),
                _ => None,
            },
            Value::Null if lookup.optional => Some(&Value::Null),
            _ => None,
        },
        Op::Item(sides, optional) => match (near(&sides.0, act)?, near(&sides.1, act)?) {
            (Value::List(list), Value::Int(at)) => match list.items()?.get(usize::try_from(*at).ok()?) {
                Some(Slot::Value(value)) => Some(value),
                None if *optional => Some(&Value::Null),
                _ => None,
            },
            (Value::Null, _) if *optional => Some(&Value::Null),
            _ => None,
        },
        _ => None,
    }
}

/// Hands over what an operation gives, without a copy where it lies somewhere already.
#[inline(always)]
fn hand<const AHEAD: bool, T>(
    cx: &mut Interp,
    op: &Op,
    act: &Activation<'_>,
    then: impl FnOnce(&mut Interp, &Value) -> std::result::Result<T, Stop>,
) -> std::result::Result<T, Stop> {
    let own;
    let value = match op {
        Op::Field(target, lookup) => match near(target, act) {
            Some(Value::Record(record)) => match lookup.find(record) {
                Some(CellRef::Slot(Slot::Value(value))) => value,
                Some(CellRef::Unread(unread, at)) => {
                    own = unread.value(cx, at)?;
                    &own
                }
                None if lookup.optional => &Value::Null,
                found => {
                    own = field_cell::<AHEAD>(cx, found, record, lookup)?;
                    &own
                }
            },
            Some(target) => {
                own = field_of::<AHEAD>(cx, target, lookup)?;
                &own
            }
            None => {
                own = run::<AHEAD>(cx, op, act)?;
                &own
            }
        },
        op => match near(op, act) {
            Some(value) => value,
            None => {
                own = run::<AHEAD>(cx, op, act)?;
                &own
            }
        },
    };
    then(cx, value)
}

/// A call of a library function with a shortcut.
#[inline]
fn short<const AHEAD: bool>(cx: &mut Interp, call: &Short, act: &Activation<'_>) -> Outcome {
    if AHEAD {
        spend(cx)?;
    }
    let free = call.shortcut.free();
    hand::<AHEAD, _>(cx, &call.args[free.start], act, |cx, first| {
        if free.len() == 1 {
            return match call.shortcut.one(first) {
                Some(value) => Ok(value),
                None => the_long_way::<AHEAD>(cx, call, &[first]),
            };
        }
        hand::<AHEAD, _>(cx, &call.args[free.start + 1], act, |cx, second| match call.shortcut.two(first, second) {
            Some(value) => Ok(value),
            None => the_long_way::<AHEAD>(cx, call, &[first, second]),
        })
    })
}

/// As [`short`], by the function itself.
#[inline(never)]
fn the_long_way<const AHEAD: bool>(cx: &mut Interp, call: &Short, first: &[&Value]) -> Outcome {
    let free = call.shortcut.free();
    let value = |(at, op): (usize, &Op)| match op {
        Op::Const(value) => value.clone(),
        _ => first.get(at.wrapping_sub(free.start)).map_or(Value::Null, |value| (*value).clone()),
    };
    let mut values: SmallVec<[Value; 4]> = call.args.iter().enumerate().map(value).collect();
    values.resize(call.builtin.params.len(), Value::Null);
    if AHEAD && (call.allowed == Use::Never || !is_allowed(call.allowed, &values)) {
        return Err(Stop::NotNow);
    }
    room::<AHEAD>(cx)?;
    cx.call_filled(call.builtin, &values, call.args.len()).map_err(Stop::Error)
}

/// `a & b & c`: texts are put together at once.
fn join<const AHEAD: bool>(cx: &mut Interp, parts: &[Op], joined: &Joined, act: &Activation<'_>) -> Outcome {
    let mut texts: SmallVec<[Text; 4]> = SmallVec::new();
    let mut length = 0;
    for (at, part) in parts.iter().enumerate() {
        let value = value::<AHEAD>(cx, part, act)?;
        match value {
            Value::Text(text) if !AHEAD || length + text.len() <= MOST_TEXT => {
                length += text.len();
                texts.push(text);
            }
            other => {
                // Something else is among them: two by two.
                let mut sum = match &*texts {
                    [] => other,
                    texts => combine::<AHEAD>(cx, &Value::Text(joined.text(texts)), &other)?,
                };
                for part in &parts[at + 1..] {
                    let other = self::value::<AHEAD>(cx, part, act)?;
                    sum = combine::<AHEAD>(cx, &sum, &other)?;
                }
                return Ok(sum);
            }
        }
    }
    cx.charge(length)?;
    Ok(Value::Text(joined.text(&texts)))
}

/// `left & right`.
fn combine<const AHEAD: bool>(cx: &mut Interp, left: &Value, right: &Value) -> Outcome {
    if AHEAD && !(is_scalar(left) && is_scalar(right)) {
        return together(cx, Binary::Combine, left, right);
    }
    operators::binary(cx, Binary::Combine, left, right).map_err(Stop::Error)
}

/// The value of an operation, at once where it lies somewhere already.
#[inline(always)]
fn value<const AHEAD: bool>(cx: &mut Interp, op: &Op, act: &Activation<'_>) -> Outcome {
    match near(op, act) {
        Some(value) => Ok(value.clone()),
        None => run::<AHEAD>(cx, op, act),
    }
}

/// What a comparison of whole numbers at hand gives.
fn compared(operator: Binary, sides: &(Op, Op), act: &Activation<'_>) -> Option<bool> {
    let (Some(Value::Int(a)), Some(Value::Int(b))) = (near(&sides.0, act), near(&sides.1, act)) else { return None };
    Some(match operator {
        Binary::Equal => a == b,
        Binary::NotEqual => a != b,
        Binary::Less => a < b,
        Binary::LessOrEqual => a <= b,
        Binary::Greater => a > b,
        Binary::GreaterOrEqual => a >= b,
        _ => return None,
    })
}

/// A logical or null.
fn test<const AHEAD: bool>(cx: &mut Interp, op: &Op, act: &Activation<'_>) -> std::result::Result<Option<bool>, Stop> {
    match op {
        Op::IsNull(operand, negated) => hand::<AHEAD, _>(cx, operand, act, |_, value| Ok(Some(value.is_null() != *negated))),
        Op::IsText(operand, text, negated) => hand::<AHEAD, _>(cx, operand, act, |_, value| {
            let same = matches!(value.bare(), Value::Text(have) if have.len() == text.len() && have == text);
            Ok(Some(same != *negated))
        }),
        Op::Is(operand, check) => hand::<AHEAD, _>(cx, operand, act, |_, value| Ok(Some(check.accepts(value)))),
        Op::And(sides) => match test::<AHEAD>(cx, &sides.0, act)? {
            Some(false) => Ok(Some(false)),
            left => match (left, test::<AHEAD>(cx, &sides.1, act)?) {
                (_, Some(false)) => Ok(Some(false)),
                (Some(true), Some(true)) => Ok(Some(true)),
                _ => Ok(None),
            },
        },
        Op::Or(sides) => match test::<AHEAD>(cx, &sides.0, act)? {
            Some(true) => Ok(Some(true)),
            left => match (left, test::<AHEAD>(cx, &sides.1, act)?) {
                (_, Some(true)) => Ok(Some(true)),
                (Some(false), Some(false)) => Ok(Some(false)),
                _ => Ok(None),
            },
        },
        op => match &*match op {
            Op::Binary(operator, sides) => match compared(*operator, sides, act) {
                Some(holds) => return Ok(Some(holds)),
                None => Held::Own(run::<AHEAD>(cx, op, act)?),
            },
            op => look::<AHEAD>(cx, op, act)?,
        } {
            Value::Logical(b) => Ok(Some(*b)),
            Value::Null => Ok(None),
            other => operators::as_logical(other).map_err(Stop::Error),
        },
    }
}

/// The value of an operation, without a copy where it lies somewhere already.
#[inline]
fn look<'a, const AHEAD: bool>(cx: &mut Interp, op: &'a Op, act: &'a Activation<'a>) -> std::result::Result<Held<'a>, Stop> {
    match op {
        Op::Const(value) => Ok(Held::Theirs(value)),
        Op::Arg { up: 0, at } => Ok(Held::Theirs(act.args[*at as usize])),
        Op::Arg { up, at } => Ok(Held::Theirs(around(act, *up)?.args[*at as usize])),
        Op::Local { up, at } => {
            let act = around(act, *up)?;
            match act.locals[*at as usize].get() {
                Some(Ok(value)) => Ok(Held::Theirs(value)),
                _ => local::<AHEAD>(cx, *at as usize, act),
            }
        }
        Op::Field(target, lookup) => field::<AHEAD>(cx, target, lookup, act),
        Op::Item(sides, optional) => item::<AHEAD>(cx, sides, *optional, act),
        _ => run::<AHEAD>(cx, op, act).map(Held::Own),
    }
}

fn field<'a, const AHEAD: bool>(
    cx: &mut Interp,
    target: &'a Op,
    lookup: &Lookup,
    act: &'a Activation<'a>,
) -> std::result::Result<Held<'a>, Stop> {
    let held = match place(target, act) {
        Some(value) => Held::Theirs(value),
        None => look::<AHEAD>(cx, target, act)?,
    };
    if let Held::Theirs(Value::Record(record)) = held {
        if let Some(CellRef::Slot(Slot::Value(value))) = lookup.find(record) {
            return Ok(Held::Theirs(value));
        }
    }
    field_of::<AHEAD>(cx, &held, lookup).map(Held::Own)
}

/// A field of a value.
fn field_of<const AHEAD: bool>(cx: &mut Interp, target: &Value, lookup: &Lookup) -> Outcome {
    match target {
        Value::Record(record) => match lookup.find(record) {
            Some(CellRef::Slot(Slot::Value(value))) => Ok(value.clone()),
            Some(CellRef::Unread(unread, at)) => Ok(unread.value(cx, at)?),
            found => field_cell::<AHEAD>(cx, found, record, lookup),
        },
        Value::Null if lookup.optional => Ok(Value::Null),
        _ if AHEAD => Err(Stop::NotNow),
        target => Ok(cx.access_field(lookup, target)?),
    }
}

fn field_cell<const AHEAD: bool>(cx: &mut Interp, found: Option<CellRef<'_>>, record: &Record, lookup: &Lookup) -> Outcome {
    match found {
        Some(slot) if AHEAD => slot.at_hand(cx).ok_or(Stop::NotNow),
        Some(cell) => Ok(cx.nested(|cx| cell.force(cx))?),
        None if lookup.optional => Ok(Value::Null),
        None => Err(fails::<AHEAD>(|| record.missing(&lookup.name))),
    }
}

fn item<'a, const AHEAD: bool>(
    cx: &mut Interp,
    sides: &'a (Op, Op),
    optional: bool,
    act: &'a Activation<'a>,
) -> std::result::Result<Held<'a>, Stop> {
    let target = look::<AHEAD>(cx, &sides.0, act)?;
    let index = look::<AHEAD>(cx, &sides.1, act)?;
    match (&target, &*index) {
        (Held::Theirs(Value::List(list)), Value::Int(at)) if *at >= 0 => {
            if let Some(Slot::Value(value)) = list.items().and_then(|items| items.get(*at as usize)) {
                return Ok(Held::Theirs(value));
            }
        }
        (Held::Theirs(Value::Null), _) | (Held::Own(Value::Null), _) if optional => return Ok(Held::Own(Value::Null)),
        _ => {}
    }
    let value = match (&*target, &*index) {
        (Value::List(list), Value::Int(at)) if *at >= 0 && list.items().is_some() => {
            match list.items().and_then(|items| items.get(*at as usize)) {
                Some(Slot::Value(value)) => value.clone(),
                Some(slot) if AHEAD => slot.at_hand(cx).ok_or(Stop::NotNow)?,
                None if optional => Value::Null,
                _ if AHEAD => return Err(Stop::NotNow),
                _ => cx.item(&target, &index, optional)?,
            }
        }
        _ if AHEAD => return Err(Stop::NotNow),
        _ => cx.item(&target, &index, optional)?,
    };
    Ok(Held::Own(value))
}

/// The value of an operation.
pub(super) fn run<const AHEAD: bool>(cx: &mut Interp, op: &Op, act: &Activation<'_>) -> Outcome {
    let mut op = op;
    loop {
        return match op {
            Op::Field(target, lookup) => match place(target, act) {
                Some(target) => field_of::<AHEAD>(cx, target, lookup),
                None => {
                    let target = look::<AHEAD>(cx, target, act)?;
                    field_of::<AHEAD>(cx, &target, lookup)
                }
            },
            Op::Const(_) | Op::Arg { .. } | Op::Local { .. } | Op::Item(..) => match place(op, act) {
                Some(value) => Ok(value.clone()),
                None => look::<AHEAD>(cx, op, act).map(Held::own),
            },
            Op::Outer { up, slot, ahead } => {
                let frame = ancestor(act.home, *up);
                if let Cell::Value(value) = &*frame.cells[*slot as usize].borrow() {
                    return Ok(value.clone());
                }
                outer::<AHEAD>(cx, frame, *slot as usize, Some(&**ahead))
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
                let value = look::<AHEAD>(cx, operand, act)?;
                Ok(unary(*operator, &value)?)
            }
            Op::IsNull(..) | Op::IsText(..) | Op::Is(..) | Op::And(..) | Op::Or(..) => {
                Ok(test::<AHEAD>(cx, op, act)?.map_or(Value::Null, Value::Logical))
            }
            Op::Binary(operator, sides) => {
                let left = look::<AHEAD>(cx, &sides.0, act)?;
                let right = look::<AHEAD>(cx, &sides.1, act)?;
                if AHEAD && !(is_scalar(&left) && is_scalar(&right)) {
                    return together(cx, *operator, &left, &right);
                }
                operators::binary(cx, *operator, &left, &right).map_err(Stop::Error)
            }
            // What is chosen runs in the place of the choice.
            Op::If(parts) => {
                op = match test::<AHEAD>(cx, &parts.0, act)? {
                    Some(true) => &parts.1,
                    Some(false) => &parts.2,
                    None => return Err(fails::<AHEAD>(|| Error::cannot_convert(&Value::Null, "Logical"))),
                };
                continue;
            }
            Op::Coalesce(sides) => {
                let left = run::<AHEAD>(cx, &sides.0, act)?;
                if !left.is_null() {
                    return Ok(left);
                }
                op = &sides.1;
                continue;
            }
            Op::Call(callee, args) => call::<AHEAD>(cx, callee, args, act),
            Op::Apply(leaf, args) => {
                if AHEAD {
                    spend(cx)?;
                }
                match &**args {
                    [one] => hand::<AHEAD, _>(cx, one, act, |cx, argument| apply_to::<AHEAD>(cx, leaf, argument, act)),
                    args => with_refs::<AHEAD>(cx, args, args.len(), act, |cx, values| apply::<AHEAD>(cx, leaf, values, act)),
                }
            }
            Op::Builtin(builtin, args, allowed) => {
                if AHEAD {
                    if *allowed == Use::Never {
                        return Err(Stop::NotNow);
                    }
                    spend(cx)?;
                }
                with_args::<AHEAD>(cx, args, builtin.params.len(), act, |cx, values| {
                    if AHEAD && !is_allowed(*allowed, values) {
                        return Err(Stop::NotNow);
                    }
                    room::<AHEAD>(cx)?;
                    cx.call_filled(builtin, values, args.len()).map_err(Stop::Error)
                })
            }
            Op::Short(call) => short::<AHEAD>(cx, call, act),
            Op::Join(parts, joined) => join::<AHEAD>(cx, parts, joined, act),
            Op::Items(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.push(Slot::Value(run::<AHEAD>(cx, item, act)?));
                }
                Ok(Value::List(List::from_slots(values)))
            }
            Op::As(operand, check) => {
                let value = look::<AHEAD>(cx, operand, act)?;
                if check.accepts(&value) {
                    Ok(value.own())
                } else {
                    Err(fails::<AHEAD>(|| Error::cannot_convert(&value, check.kind.title())))
                }
            }
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
            Op::Record(shape, fields) if AHEAD => {
                // Cells of records that are being made lie on a stack of their own.
                let start = cx.scratch.len();
                for field in fields {
                    match run::<AHEAD>(cx, field, act) {
                        Ok(value) => cx.scratch.push(Slot::Value(value)),
                        Err(stop) => {
                            cx.scratch.truncate(start);
                            return Err(stop);
                        }
                    }
                }
                Ok(Value::Record(Record::from_row(shape.clone(), taken(&mut cx.scratch, start))))
            }
            Op::Transform(parts) if AHEAD => {
                let list = look::<AHEAD>(cx, &parts.0, act)?;
                let mut out = Vec::with_capacity(length(&list));
                each(cx, &list, |cx, value| {
                    out.push(Slot::Value(run_inner(cx, &parts.1, &[value], act)?));
                    Ok(())
                })?;
                Ok(Value::List(List::from_slots(out)))
            }
            Op::Select(parts) if AHEAD => {
                let list = look::<AHEAD>(cx, &parts.0, act)?;
                let mut out = Vec::new();
                each(cx, &list, |cx, value| {
                    match run_inner(cx, &parts.1, &[value], act)? {
                        Value::Logical(true) => out.push(Slot::Value(value.clone())),
                        Value::Logical(false) | Value::Null => {}
                        _ => return Err(Stop::NotNow),
                    }
                    Ok(())
                })?;
                Ok(Value::List(List::from_slots(out)))
            }
            Op::Flatten(lists) if AHEAD => {
                let lists = look::<AHEAD>(cx, lists, act)?;
                let mut out = Vec::new();
                each(cx, &lists, |_, value| match value {
                    Value::List(list) => match list.items() {
                        Some(items) if items.len() <= MOST_ITEMS => {
                            out.extend_from_slice(items);
                            Ok(())
                        }
                        _ => Err(Stop::NotNow),
                    },
                    _ => Err(Stop::NotNow),
                })?;
                Ok(Value::List(List::from_slots(out)))
            }
            Op::Buffer(list) if AHEAD => {
                let list = look::<AHEAD>(cx, list, act)?;
                match &*list {
                    Value::List(items) if items.items().is_some_and(|items| items.iter().all(|slot| matches!(slot, Slot::Value(_)))) => {
                        Ok(list.own())
                    }
                    _ => Err(Stop::NotNow),
                }
            }
            Op::Inline(up, parts) if AHEAD => {
                let home = around(act, *up)?;
                with_refs::<AHEAD>(cx, &parts.1, parts.0.params.len(), act, |cx, values| run_inner(cx, &parts.0, values, home))
            }
            Op::Record(..) | Op::Transform(_) | Op::Select(_) | Op::Flatten(_) | Op::Buffer(_) | Op::Inline(..) | Op::Stuck => {
                Err(Stop::NotNow)
            }
        };
    }
}

/// How many items of a short list are at hand.
fn length(list: &Value) -> usize {
    match list {
        Value::List(list) => list.as_range().map_or_else(|| list.items().map_or(0, <[Slot]>::len), |(_, count)| count).min(MOST_ITEMS),
        _ => 0,
    }
}

/// Hands over the items of a short list at hand.
fn each(
    cx: &mut Interp,
    list: &Value,
    mut visit: impl FnMut(&mut Interp, &Value) -> std::result::Result<(), Stop>,
) -> std::result::Result<(), Stop> {
    let Value::List(list) = list else { return Err(Stop::NotNow) };
    if let Some((start, count)) = list.as_range() {
        if count > MOST_ITEMS {
            return Err(Stop::NotNow);
        }
        for at in 0..count {
            visit(cx, &Value::Int(start + at as i64))?;
        }
        return Ok(());
    }
    let items = list.items().filter(|items| items.len() <= MOST_ITEMS).ok_or(Stop::NotNow)?;
    for item in items {
        match item {
            Slot::Value(value) => visit(cx, value)?,
            lazy => {
                let value = lazy.at_hand(cx).ok_or(Stop::NotNow)?;
                visit(cx, &value)?;
            }
        }
    }
    Ok(())
}

/// `&` of short lists and of records.
fn together(cx: &mut Interp, operator: Binary, left: &Value, right: &Value) -> Outcome {
    let is_fit = |value: &Value| match value {
        Value::List(list) => list.items().is_some_and(|items| items.len() <= MOST_ITEMS),
        Value::Record(record) => record.cells().len() <= MOST_ITEMS,
        _ => false,
    };
    if operator == Binary::Combine && is_fit(left) && is_fit(right) {
        return Ok(operators::binary(cx, operator, left, right)?);
    }
    Err(Stop::NotNow)
}

fn call<const AHEAD: bool>(cx: &mut Interp, callee: &Op, args: &[Op], act: &Activation<'_>) -> Outcome {
    // Mostly it is a function of the query group.
    let known = match callee {
        Op::Global { section, slot } => match &*cx.program.frame(*section).cells[*slot as usize].borrow() {
            Cell::Value(Value::Function(function)) => Some(function.clone()),
            _ => None,
        },
        _ => None,
    };
    let callee = match known {
        Some(function) => Held::Own(Value::Function(function)),
        None => look::<AHEAD>(cx, callee, act)?,
    };
    if let Value::Function(function) = callee.bare() {
        if let Body::Closure(lambda, home) = function.body() {
            if args.len() >= lambda.required && args.len() <= lambda.params.len() {
                let mut code = lambda.direct.code(lambda, &cx.program);
                if AHEAD && code.is_none() {
                    code = lambda.direct.whole(lambda, &cx.program);
                }
                if let Some(code) = code {
                    return with_args::<AHEAD>(cx, args, args.len(), act, |cx, values| {
                        if AHEAD {
                            spend(cx)?;
                        }
                        if lambda.direct.memo.fits(code, lambda, values) && cx.program.is_section(home) {
                            if !AHEAD {
                                cx.fuel = super::FUEL;
                            }
                            return remembered::<AHEAD>(cx, lambda, code, home, values);
                        }
                        invoke::<AHEAD>(cx, lambda, code, home, values)
                    });
                }
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
fn local<'a, const AHEAD: bool>(cx: &mut Interp, at: usize, act: &'a Activation<'a>) -> std::result::Result<Held<'a>, Stop> {
    match act.locals[at].get() {
        Some(Ok(value)) => return Ok(Held::Theirs(value)),
        Some(Err(error)) => return Err(Stop::Error(error.clone())),
        None => {}
    }
    let bit = 1_u128 << at;
    if act.running.get() & bit != 0 {
        return Err(fails::<AHEAD>(|| Error::expression("A cyclic reference was encountered during evaluation.")));
    }
    room::<AHEAD>(cx)?;
    act.running.set(act.running.get() | bit);
    let result = run::<AHEAD>(cx, &act.code.lets[at], act);
    act.running.set(act.running.get() & !bit);
    let result = match result {
        Ok(value) => Ok(value),
        Err(Stop::Error(error)) => Err(error),
        Err(Stop::NotNow) => return Err(Stop::NotNow),
    };
    match act.locals[at].get_or_init(|| result) {
        Ok(value) => Ok(Held::Theirs(value)),
        Err(error) => Err(Stop::Error(error.clone())),
    }
}

/// A variable of a scope that has no value yet.
#[inline(never)]
fn outer<const AHEAD: bool>(cx: &mut Interp, frame: &Rc<Frame>, slot: usize, ahead: Option<&OnceCell<Option<Code>>>) -> Outcome {
    if !AHEAD {
        let frame = frame.clone();
        return Ok(cx.nested(|cx| cx.variable(&frame, slot))?);
    }
    if !matches!(&*frame.cells[slot].borrow(), Cell::Pending) {
        return Err(Stop::NotNow);
    }
    let Some(node) = frame.variables.as_ref().and_then(|variables| variables.get(slot.checked_sub(frame.params)?)) else {
        return Err(Stop::NotNow);
    };
    if matches!(**node, Node::Lambda(_)) {
        return Ok(cx.variable(frame, slot)?);
    }
    // Every frame of this code has the same variables.
    let Some(code) = ahead.and_then(|ahead| ahead.get_or_init(|| compile::cell(node, &cx.program)).as_ref()) else {
        return Err(Stop::NotNow);
    };
    spend(cx)?;
    room::<true>(cx)?;
    *frame.cells[slot].borrow_mut() = Cell::Running;
    let result = run_cell(cx, code, frame);
    *frame.cells[slot].borrow_mut() = match &result {
        Ok(value) => Cell::Value(value.clone()),
        Err(_) => Cell::Pending,
    };
    result
}

pub(super) fn is_scalar(value: &Value) -> bool {
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
            record.get(name).is_none_or(|cell| cell.is_plain()) && rest.iter().all(|value| !matches!(value, Value::Tagged(_)))
        }
        (Use::Shallow, [Value::List(list), rest @ ..]) => {
            let has_ends = list.as_range().is_some()
                || list
                    .items()
                    .is_some_and(|items| [items.first(), items.last()].into_iter().flatten().all(|slot| matches!(slot, Slot::Value(_))));
            has_ends && rest.iter().all(|value| !matches!(value, Value::Tagged(_) | Value::Function(_)))
        }
        (Use::Harmless, args) => args.iter().all(|value| match value {
            Value::List(list) => list.items().is_some_and(|items| items.len() <= MOST_ITEMS && items.iter().all(is_ready)),
            Value::Record(record) => record.cells().len() <= MOST_ITEMS && record.cells().iter().all(is_ready),
            other => is_scalar(other),
        }),
        _ => false,
    }
}
