//! Small functions without the machinery of a call: arithmetic, comparison and choice over arguments and constants that are at hand.
//!
//! What such a function gives is the same whether it runs now or when its cell is looked at: it demands nothing that is not evaluated yet
//! and touches nothing outside. Anything else, failing included, is left to the ordinary way, which also makes the error.

use std::rc::Rc;

use super::interp::{Cell, Frame, Interp};
use super::node::{Binary, FieldAccess, Lookup, Node, Unary};
use super::operators;
use crate::m::error::Result;
use crate::m::value::{Body, Function, Shape, Slot, Value};

/// A small function of one argument, prepared.
pub(crate) struct Quick(Op);

enum Op {
    Const(Value),
    /// The argument itself.
    Argument,
    /// A cell of the argument, which is a row.
    Column(usize),
    /// A field of what the operand gives: shape last seen (its address) and place.
    Field(Box<Op>, Box<Lookup>),
    Binary(Binary, Box<(Op, Op)>),
    Not(Box<Op>),
    Minus(Box<Op>),
    And(Box<(Op, Op)>),
    Or(Box<(Op, Op)>),
    If(Box<(Op, Op, Op)>),
}

impl Quick {
    /// Prepares `function` if it is small: of one argument, which is a row of `shape` where there is one.
    pub(crate) fn of(function: &Value, shape: Option<&Shape>) -> Option<Quick> {
        let Value::Function(function) = function.bare() else { return None };
        Quick::of_function(function, shape)
    }

    fn of_function(function: &Function, shape: Option<&Shape>) -> Option<Quick> {
        let Body::Closure(lambda, frame) = function.body() else { return None };
        if lambda.params.len() != 1 || !lambda.unchecked || lambda.returns.is_some() || lambda.variables.is_some() {
            return None;
        }
        compile(&lambda.body, frame, shape).map(Quick)
    }

    /// The result for a row; `None` when the ordinary way must be taken.
    #[inline]
    pub(crate) fn row(&self, cx: &mut Interp, row: &[Slot]) -> Option<Value> {
        self.0.eval(cx, &Input::Row(row))
    }

    /// The result for a value; `None` when the ordinary way must be taken.
    #[inline]
    pub(crate) fn value(&self, cx: &mut Interp, value: &Value) -> Option<Value> {
        self.0.eval(cx, &Input::Value(value))
    }
}

/// A function of one argument that is called again and again.
pub(crate) struct Caller {
    /// The function.
    pub(crate) function: Value,
    quick: Option<Quick>,
}

impl Caller {
    pub(crate) fn new(function: Value) -> Rc<Caller> {
        let quick = Quick::of(&function, None);
        Rc::new(Caller { function, quick })
    }

    /// Calls it.
    #[inline]
    pub(crate) fn call(&self, cx: &mut Interp, argument: Value) -> Result<Value> {
        if let Some(value) = self.quick.as_ref().and_then(|quick| quick.value(cx, &argument)) {
            return Ok(value);
        }
        cx.call(&self.function, &[argument])
    }

    /// Calls it for a logical; null counts as false.
    #[inline]
    pub(crate) fn holds(&self, cx: &mut Interp, argument: &Value) -> Result<bool> {
        match self.quick.as_ref().and_then(|quick| quick.value(cx, argument)) {
            Some(Value::Logical(holds)) => Ok(holds),
            Some(Value::Null) => Ok(false),
            _ => cx.call_predicate(&self.function, std::slice::from_ref(argument)),
        }
    }
}

enum Input<'a> {
    Row(&'a [Slot]),
    Value(&'a Value),
}

fn compile(node: &Node, frame: &Rc<Frame>, shape: Option<&Shape>) -> Option<Op> {
    let pair = |sides: &(Node, Node)| Some(Box::new((compile(&sides.0, frame, shape)?, compile(&sides.1, frame, shape)?)));
    Some(match node {
        Node::Const(value) if !matches!(value, Value::Tagged(_)) => Op::Const(value.clone()),
        Node::Variable { depth: 0, slot: 0 } => match shape {
            // A row as a value needs the record.
            Some(_) => return None,
            None => Op::Argument,
        },
        Node::Variable { depth, slot } if *depth > 0 => {
            let mut home = frame;
            for _ in 1..*depth {
                home = home.parent.as_ref()?;
            }
            match &*home.cells[*slot as usize].borrow() {
                Cell::Value(value) if !matches!(value, Value::Tagged(_)) => Op::Const(value.clone()),
                _ => return None,
            }
        }
        Node::Field(access) => field(access, frame, shape)?,
        Node::Binary(Binary::Combine, _) => return None,
        Node::Binary(operator, sides) => Op::Binary(*operator, pair(sides)?),
        Node::Unary(Unary::Not, operand) => Op::Not(Box::new(compile(operand, frame, shape)?)),
        Node::Unary(Unary::Minus, operand) => Op::Minus(Box::new(compile(operand, frame, shape)?)),
        Node::And(sides) => Op::And(pair(sides)?),
        Node::Or(sides) => Op::Or(pair(sides)?),
        Node::If(parts) => {
            Op::If(Box::new((compile(&parts.0, frame, shape)?, compile(&parts.1, frame, shape)?, compile(&parts.2, frame, shape)?)))
        }
        _ => return None,
    })
}

fn field(access: &FieldAccess, frame: &Rc<Frame>, shape: Option<&Shape>) -> Option<Op> {
    if let (Node::Variable { depth: 0, slot: 0 }, Some(shape)) = (&access.target, shape) {
        return shape.position(&access.lookup.name).map(Op::Column);
    }
    let lookup = Lookup::new(access.lookup.name.clone(), access.lookup.optional);
    Some(Op::Field(Box::new(compile(&access.target, frame, shape)?), Box::new(lookup)))
}

impl Op {
    fn eval(&self, cx: &mut Interp, input: &Input<'_>) -> Option<Value> {
        match self {
            Op::Const(value) => Some(value.clone()),
            Op::Argument => match input {
                Input::Value(value) => Some((*value).clone()),
                Input::Row(_) => None,
            },
            Op::Column(at) => match input {
                Input::Row(row) => row[*at].at_hand(cx),
                Input::Value(_) => None,
            },
            Op::Field(target, lookup) => {
                let target = target.eval(cx, input)?;
                match &target {
                    Value::Record(record) => match lookup.find(record) {
                        Some(slot) => slot.at_hand(cx),
                        None if lookup.optional => Some(Value::Null),
                        None => None,
                    },
                    Value::Null if lookup.optional => Some(Value::Null),
                    _ => None,
                }
            }
            Op::Binary(operator, sides) => {
                let (left, right) = (sides.0.eval(cx, input)?, sides.1.eval(cx, input)?);
                // Containers are compared by evaluating what is in them.
                let is_plain = |v: &Value| !matches!(v, Value::List(_) | Value::Record(_) | Value::Table(_) | Value::Binary(_));
                if !is_plain(&left) || !is_plain(&right) {
                    return None;
                }
                operators::binary(cx, *operator, &left, &right).ok()
            }
            Op::Not(operand) => match operand.eval(cx, input)? {
                Value::Logical(b) => Some(Value::Logical(!b)),
                Value::Null => Some(Value::Null),
                _ => None,
            },
            Op::Minus(operand) => match operand.eval(cx, input)? {
                Value::Int(n) => n.checked_neg().map(Value::Int),
                Value::Double(n) => Some(Value::Double(-n)),
                Value::Null => Some(Value::Null),
                _ => None,
            },
            Op::And(sides) => match sides.0.eval(cx, input)? {
                Value::Logical(false) => Some(Value::Logical(false)),
                left @ (Value::Logical(true) | Value::Null) => match (left, sides.1.eval(cx, input)?) {
                    (_, Value::Logical(false)) => Some(Value::Logical(false)),
                    (Value::Logical(true), Value::Logical(true)) => Some(Value::Logical(true)),
                    (_, Value::Logical(true) | Value::Null) => Some(Value::Null),
                    _ => None,
                },
                _ => None,
            },
            Op::Or(sides) => match sides.0.eval(cx, input)? {
                Value::Logical(true) => Some(Value::Logical(true)),
                left @ (Value::Logical(false) | Value::Null) => match (left, sides.1.eval(cx, input)?) {
                    (_, Value::Logical(true)) => Some(Value::Logical(true)),
                    (Value::Logical(false), Value::Logical(false)) => Some(Value::Logical(false)),
                    (_, Value::Logical(false) | Value::Null) => Some(Value::Null),
                    _ => None,
                },
                _ => None,
            },
            Op::If(parts) => match parts.0.eval(cx, input)? {
                Value::Logical(true) => parts.1.eval(cx, input),
                Value::Logical(false) => parts.2.eval(cx, input),
                _ => None,
            },
        }
    }
}
