//! From the tree to straight code.

use std::rc::Rc;

use super::{Code, Fate, Inner, KINDS, Leaf, Op, Short, Use};
use crate::m::eval::node::{Binary, Check, Handler, Lambda, Lookup, Node};
use crate::m::eval::program::Program;
use crate::m::functions::Builtin;
use crate::m::functions::shortcut::{Shortcut, constant};
use crate::m::value::{Kind, List, Value};

/// Library functions that take little time, ask nobody and always answer the same: they may run ahead of their time.
const HARMLESS: &[&str] = &[
    "#date",
    "#datetime",
    "#duration",
    "Character.FromNumber",
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
    "Date.ToText",
    "Date.Year",
    "DateTime.FromText",
    "Decimal.From",
    "Int64.From",
    "List.AllTrue",
    "List.AnyTrue",
    "List.Contains",
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
    "Text.Split",
    "Text.SplitAny",
    "Text.Start",
    "Text.StartsWith",
    "Text.Trim",
    "Text.TrimEnd",
    "Text.TrimStart",
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

/// Those that look at no item of the list that is their first argument, or at its ends.
const SHALLOW: &[&str] = &["List.Count", "List.First", "List.IsEmpty", "List.Last", "List.Positions"];

/// How deep and large an expression may be.
const MOST_DEPTH: u32 = 48;
const MOST_OPS: u32 = 4096;
/// How many parts one chain of `&` may have.
const MOST_PARTS: usize = 48;
/// Functions of so few operations stand in the place of their calls.
const MOST_LEAF: u32 = 24;
/// How many variables one activation may have.
const MOST_LOCALS: usize = 128;
/// How many functions written in place may lie in one another.
const MOST_INNER: u32 = 6;

/// A scope around the expression: of a function, or of a `let`.
#[derive(Clone)]
struct Scope<'n> {
    /// Which activation holds its variables, counted from the outermost.
    level: u32,
    /// How many of its variables are parameters.
    params: u32,
    /// Where the others begin among the variables of the activation.
    first: u32,
    /// What the others evaluate.
    nodes: &'n [Rc<Node>],
}

struct Compiler<'n> {
    /// The functions of the query group.
    program: &'n Program,
    /// Outermost first.
    scopes: Vec<Scope<'n>>,
    /// Variables of the activations that are being compiled, outermost first.
    locals: Vec<Vec<Op>>,
    /// The activation to which the expression belongs.
    level: u32,
    /// Whether the code runs ahead of its time only; else it does what the tree does.
    is_ahead: bool,
    /// What the first argument of the function is, where that is known.
    known: Option<Kind>,
    ops: u32,
    depth: u32,
}

/// Code that does what the function does.
pub(super) fn lambda(lambda: &Lambda, program: &Program) -> Option<Code> {
    of_lambda(lambda, program, false, None)
}

/// Code that makes all of the result of a function ahead of its time.
pub(super) fn whole(lambda: &Lambda, program: &Program) -> Option<Code> {
    of_lambda(lambda, program, true, None).filter(|code| !matches!(code.body, Op::Stuck))
}

/// The body of a function that is as fast to run as to call: of few operations, without variables.
pub(super) fn leaf(lambda: &Lambda, program: &Program, is_ahead: bool) -> Option<Leaf> {
    if lambda.variables.as_ref().is_some_and(|variables| !variables.is_empty()) {
        return None;
    }
    let body = |known: Option<Kind>| {
        let code = of_lambda(lambda, program, is_ahead, known)?;
        (code.size <= MOST_LEAF && code.lets.is_empty() && !matches!(code.body, Op::Stuck)).then_some(code.body)
    };
    let whole = body(None)?;
    let by_kind = KINDS.map(|kind| match &*lambda.params {
        [param] if param.check.is_none_or(|check| check.accepts_kind(kind) || param.optional && kind == Kind::Null) => {
            body(Some(kind)).and_then(|body| fate(body, kind, lambda.returns))
        }
        _ => None,
    });
    let params = lambda.params.iter().map(|param| (param.check, param.optional)).collect();
    Some(Leaf { params, returns: lambda.returns, body: whole, by_kind })
}

/// What a body does with an argument of a kind.
fn fate(body: Op, kind: Kind, returns: Option<Check>) -> Option<Fate> {
    Some(match body {
        Op::Arg { up: 0, at: 0 } => {
            return returns.is_none_or(|check| check.accepts_kind(kind)).then_some(Fate::Same);
        }
        Op::Const(value) => return returns.is_none_or(|check| check.accepts(&value)).then_some(Fate::Const(value)),
        Op::If(parts) if [&parts.1, &parts.2].iter().all(|op| matches!(op, Op::Arg { up: 0, at: 0 } | Op::Const(_))) => {
            let (test, yes, no) = *parts;
            let (yes, no) = (fate(yes, kind, returns)?, fate(no, kind, returns)?);
            match test {
                Op::IsText(operand, text, is_negated) if matches!(*operand, Op::Arg { up: 0, at: 0 }) => {
                    Fate::Equals(text, Box::new(if is_negated { (no, yes) } else { (yes, no) }))
                }
                test => Fate::Choice(test, Box::new((yes, no))),
            }
        }
        body => Fate::Body(body),
    })
}

fn of_lambda(lambda: &Lambda, program: &Program, is_ahead: bool, known: Option<Kind>) -> Option<Code> {
    let mut compiler = Compiler { known, ..Compiler::new(program, is_ahead) };
    let nodes = lambda.variables.as_deref().unwrap_or_default();
    compiler.scopes.push(Scope { level: 0, params: lambda.params.len() as u32, first: 0, nodes });
    compiler.bindings(nodes)?;
    let body = compiler.op(&lambda.body)?;
    compiler.finish(body)
}

/// Code of a cell, or of a variable of a scope, ahead of its time.
pub(super) fn cell(node: &Node, program: &Program) -> Option<Code> {
    let mut compiler = Compiler::new(program, true);
    let body = compiler.op(node)?;
    if matches!(body, Op::Stuck) { None } else { compiler.finish(body) }
}

impl<'n> Compiler<'n> {
    fn new(program: &'n Program, is_ahead: bool) -> Compiler<'n> {
        Compiler { program, scopes: Vec::new(), locals: vec![Vec::new()], level: 0, is_ahead, known: None, ops: 0, depth: 0 }
    }

    /// The code of the innermost activation, which is complete.
    fn finish(&mut self, body: Op) -> Option<Code> {
        let lets = self.locals.pop()?;
        (lets.len() <= MOST_LOCALS).then(|| Code { body, lets: lets.into_boxed_slice(), size: self.ops })
    }

    /// Adds the variables of a `let` or function to the activation.
    fn bindings(&mut self, nodes: &'n [Rc<Node>]) -> Option<()> {
        let top = self.locals.len() - 1;
        let first = self.locals[top].len();
        self.locals[top].resize_with(first + nodes.len(), || Op::Stuck);
        for (at, node) in (first..).zip(nodes) {
            let op = self.op(node)?;
            self.locals[top][at] = op;
        }
        Some(())
    }

    fn boxed(&mut self, node: &'n Node) -> Option<Box<Op>> {
        self.op(node).map(Box::new)
    }

    fn pair(&mut self, sides: &'n (Node, Node)) -> Option<Box<(Op, Op)>> {
        Some(Box::new((self.op(&sides.0)?, self.op(&sides.1)?)))
    }

    fn list(&mut self, nodes: &'n [Node]) -> Option<Box<[Op]>> {
        nodes.iter().map(|node| self.op(node)).collect()
    }

    fn shared(&mut self, nodes: &'n [Rc<Node>]) -> Option<Box<[Op]>> {
        nodes.iter().map(|node| self.op(node)).collect()
    }

    /// The code of an expression. What is none fails a function, and is stuck in a cell.
    fn op(&mut self, node: &'n Node) -> Option<Op> {
        self.ops += 1;
        self.depth += 1;
        let fits = self.ops <= MOST_OPS && self.depth <= MOST_DEPTH;
        let op = if fits { self.form(node) } else { None };
        self.depth -= 1;
        op.or_else(|| self.is_ahead.then_some(Op::Stuck))
    }

    fn form(&mut self, node: &'n Node) -> Option<Op> {
        let is_ahead = self.is_ahead;
        Some(match node {
            Node::Const(value) => Op::Const(value.clone()),
            Node::Cell(slot) => Op::Cell(slot.clone()),
            Node::Variable { depth, slot } => self.variable(*depth as usize, *slot),
            Node::Global { section, slot } => Op::Global { section: *section, slot: *slot },
            Node::Fail(error) => Op::Fail(error.clone()),
            Node::Unary(operator, operand) => Op::Unary(*operator, self.boxed(operand)?),
            Node::Binary(operator @ (Binary::Equal | Binary::NotEqual), sides) => {
                let is_negated = *operator == Binary::NotEqual;
                match (&sides.0, &sides.1) {
                    (operand, Node::Const(Value::Null)) | (Node::Const(Value::Null), operand) => {
                        let operand = self.boxed(operand)?;
                        match self.kind(&operand) {
                            Some(kind) => logical((kind == Kind::Null) != is_negated),
                            None => Op::IsNull(operand, is_negated),
                        }
                    }
                    (operand, Node::Const(Value::Text(text))) | (Node::Const(Value::Text(text)), operand) => {
                        let operand = self.boxed(operand)?;
                        match self.kind(&operand) {
                            Some(kind) if kind != Kind::Text => logical(is_negated),
                            _ => Op::IsText(operand, text.clone(), is_negated),
                        }
                    }
                    _ => Op::Binary(*operator, self.pair(sides)?),
                }
            }
            Node::Binary(Binary::Combine, sides) => {
                let mut nodes = vec![&sides.1];
                let mut left = &sides.0;
                while let Node::Binary(Binary::Combine, sides) = left {
                    nodes.push(&sides.1);
                    left = &sides.0;
                    if nodes.len() > MOST_PARTS {
                        return None;
                    }
                }
                nodes.push(left);
                Op::Join(nodes.into_iter().rev().map(|node| self.op(node)).collect::<Option<_>>()?, Box::default())
            }
            Node::Binary(operator, sides) => Op::Binary(*operator, self.pair(sides)?),
            Node::And(sides) => {
                let sides = self.pair(sides)?;
                match (as_const(&sides.0), as_const(&sides.1)) {
                    (Some(false), _) => logical(false),
                    (Some(true), _) if is_test(&sides.1) => sides.1,
                    (_, Some(true)) if is_test(&sides.0) => sides.0,
                    _ => Op::And(sides),
                }
            }
            Node::Or(sides) => {
                let sides = self.pair(sides)?;
                match (as_const(&sides.0), as_const(&sides.1)) {
                    (Some(true), _) => logical(true),
                    (Some(false), _) if is_test(&sides.1) => sides.1,
                    (_, Some(false)) if is_test(&sides.0) => sides.0,
                    _ => Op::Or(sides),
                }
            }
            Node::Coalesce(sides) => {
                let sides = self.pair(sides)?;
                match self.kind(&sides.0) {
                    Some(Kind::Null) => sides.1,
                    Some(_) => sides.0,
                    None => Op::Coalesce(sides),
                }
            }
            Node::If(parts) => {
                let test = self.op(&parts.0)?;
                match as_const(&test) {
                    Some(true) => self.op(&parts.1)?,
                    Some(false) => self.op(&parts.2)?,
                    None => Op::If(Box::new((test, self.op(&parts.1)?, self.op(&parts.2)?))),
                }
            }
            Node::Let(variables, body) => {
                let first = self.locals.last().map_or(0, Vec::len) as u32;
                self.scopes.push(Scope { level: self.level, params: 0, first, nodes: variables });
                let bound = self.bindings(variables);
                let body = bound.and_then(|()| self.op(body));
                self.scopes.pop();
                body?
            }
            Node::Field(access) => {
                let lookup = Lookup::new(access.lookup.name.clone(), access.lookup.optional);
                Op::Field(self.boxed(&access.target)?, Box::new(lookup))
            }
            Node::Item { target, optional } => Op::Item(self.pair(target)?, *optional),
            Node::Call(callee, args) => match (self.inline(callee, args), self.known(callee, args.len())) {
                (Some(op), _) => op,
                (None, Some(leaf)) => self.apply(leaf, args)?,
                (None, None) => Op::Call(self.boxed(callee)?, self.list(args)?),
            },
            Node::CallBuiltin(builtin, args) => {
                let given = args.len();
                if given > builtin.params.len() || given < builtin.params.len() && !builtin.params[given].optional {
                    return None;
                }
                if is_ahead {
                    match (builtin.name, &**args) {
                        ("List.Transform", [list, Node::Lambda(lambda)]) if lambda.params.len() == 1 => {
                            return Some(Op::Transform(Box::new((self.op(list)?, self.inner(lambda)?))));
                        }
                        ("List.Select", [list, Node::Lambda(lambda)]) if lambda.params.len() == 1 => {
                            return Some(Op::Select(Box::new((self.op(list)?, self.inner(lambda)?))));
                        }
                        ("List.Combine", [lists]) => return Some(Op::Flatten(self.boxed(lists)?)),
                        ("List.Buffer", [list]) => return Some(Op::Buffer(self.boxed(list)?)),
                        _ => {}
                    }
                }
                let allowed = if HARMLESS.binary_search(&builtin.name).is_ok() {
                    Use::Harmless
                } else if LOOKUPS.contains(&builtin.name) {
                    Use::Lookup
                } else if SHALLOW.contains(&builtin.name) {
                    Use::Shallow
                } else {
                    Use::Never
                };
                let mut ops = Vec::with_capacity(given);
                for (at, arg) in args.iter().enumerate() {
                    ops.push(match arg {
                        Node::List(items, _)
                            if at == 0 && STRICT.contains(&builtin.name) && !items.iter().all(|item| matches!(&**item, Node::Const(_))) =>
                        {
                            Op::Items(items.iter().map(|item| self.op(item)).collect::<Option<_>>()?)
                        }
                        _ => self.op(arg)?,
                    });
                }
                self.call_builtin(builtin, ops.into_boxed_slice(), allowed)
            }
            Node::Try(operand, Handler::Otherwise(other)) => Op::Otherwise(Box::new((self.op(operand)?, self.op(other)?))),
            Node::Error(operand) => Op::Raise(self.boxed(operand)?),
            Node::As(operand, check) => Op::As(self.boxed(operand)?, *check),
            Node::Is(operand, check) => {
                let operand = self.boxed(operand)?;
                match self.kind(&operand) {
                    Some(kind) => logical(check.accepts_kind(kind)),
                    None => Op::Is(operand, *check),
                }
            }
            Node::Record(shape, fields, _) if is_ahead => Op::Record(shape.clone(), self.shared(fields)?),
            Node::ScopedRecord(shape, fields, _) if is_ahead => {
                // Its fields are variables of this activation.
                let first = self.locals.last().map_or(0, Vec::len) as u32;
                self.scopes.push(Scope { level: self.level, params: 0, first, nodes: fields });
                let bound = self.bindings(fields);
                self.scopes.pop();
                bound?;
                Op::Record(shape.clone(), (first..).take(fields.len()).map(|at| Op::Local { up: 0, at }).collect())
            }
            Node::List(items, _) if items.iter().all(|item| matches!(&**item, Node::Const(_))) => {
                let value = |item: &Rc<Node>| match &**item {
                    Node::Const(value) => value.clone(),
                    _ => Value::Null,
                };
                Op::Const(Value::List(List::from_values(items.iter().map(value))))
            }
            Node::List(items, _) if is_ahead => Op::Items(self.shared(items)?),
            _ => return None,
        })
    }

    /// A call of a library function, by its shortcut if it has one.
    fn call_builtin(&self, builtin: &'static Builtin, args: Box<[Op]>, allowed: Use) -> Op {
        let consts: Vec<Option<&Value>> = args
            .iter()
            .map(|op| match op {
                Op::Const(value) => Some(value),
                _ => None,
            })
            .collect();
        if let Some(value) = constant(builtin.name, &consts) {
            return Op::Const(value);
        }
        let others_are_const = |shortcut: &Shortcut| {
            let free = shortcut.free();
            consts.len() >= free.end && consts.iter().enumerate().all(|(at, value)| free.contains(&at) || value.is_some())
        };
        match Shortcut::of(builtin.name, &consts).filter(others_are_const) {
            Some(shortcut) => {
                let free = shortcut.free();
                match consts[free.start].filter(|_| free.len() == 1).and_then(|value| shortcut.one(value)) {
                    Some(value) => Op::Const(value),
                    None => Op::Short(Box::new(Short { shortcut, builtin, args, allowed })),
                }
            }
            None => Op::Builtin(builtin, args, allowed),
        }
    }

    /// A function written in place, in the present scope.
    fn inner(&mut self, lambda: &'n Lambda) -> Option<Inner> {
        if self.level >= MOST_INNER {
            return None;
        }
        let nodes = lambda.variables.as_deref().unwrap_or_default();
        self.level += 1;
        self.locals.push(Vec::new());
        self.scopes.push(Scope { level: self.level, params: lambda.params.len() as u32, first: 0, nodes });
        let bound = self.bindings(nodes);
        let body = bound.and_then(|()| self.op(&lambda.body));
        self.scopes.pop();
        self.level -= 1;
        let code = match body {
            Some(body) => self.finish(body)?,
            None => {
                self.locals.pop();
                return None;
            }
        };
        let params = lambda.params.iter().map(|param| (param.check, param.optional)).collect();
        Some(Inner { params, returns: lambda.returns, code })
    }

    /// A small function of the query group that is called with `count` arguments. It works for the data source of its caller, as one that
    /// is called does.
    fn known(&self, callee: &Node, count: usize) -> Option<Rc<Leaf>> {
        let Node::Global { section, slot } = callee else { return None };
        let frame = self.program.frame(*section);
        let Node::Lambda(lambda) = &**frame.variables.as_ref()?.get(*slot as usize)? else { return None };
        if frame.source != 0 || lambda.params.len() != count {
            return None;
        }
        lambda.direct.leaf(lambda, self.program, self.is_ahead)
    }

    fn apply(&mut self, leaf: Rc<Leaf>, args: &'n [Node]) -> Option<Op> {
        let args = self.list(args)?;
        if let [argument] = &*args {
            let kind = self.kind(argument).and_then(|kind| KINDS.iter().position(|known| *known == kind));
            match kind.and_then(|kind| leaf.by_kind[kind].as_ref()) {
                Some(Fate::Same) => return args.into_iter().next(),
                Some(Fate::Const(value)) => return Some(Op::Const(value.clone())),
                _ => {}
            }
        }
        Some(Op::Apply(leaf, args))
    }

    /// The kind of what an operation gives, where that is known without running it.
    fn kind(&self, op: &Op) -> Option<Kind> {
        match op {
            Op::Arg { up: 0, at: 0 } if self.level == 0 => self.known,
            _ => None,
        }
    }

    /// A call of a function that is a variable of a scope of this code.
    fn inline(&mut self, callee: &'n Node, args: &'n [Node]) -> Option<Op> {
        if !self.is_ahead {
            return None;
        }
        let Node::Variable { depth, slot } = callee else { return None };
        let at = self.scopes.len().checked_sub(*depth as usize + 1)?;
        let scope = &self.scopes[at];
        let nodes = scope.nodes;
        let Node::Lambda(lambda) = &**nodes.get(slot.checked_sub(scope.params)? as usize)? else { return None };
        if args.len() < lambda.required || args.len() > lambda.params.len() || self.depth > MOST_DEPTH / 2 {
            return None;
        }
        let args = self.list(args)?;
        let (level, own) = (self.scopes[at].level, self.level);
        let nearer = self.scopes.split_off(at + 1);
        self.level = level;
        let inner = self.inner(lambda);
        self.level = own;
        self.scopes.extend(nearer);
        Some(Op::Inline(own - level, Box::new((inner?, args))))
    }

    fn variable(&mut self, depth: usize, slot: u32) -> Op {
        if let Some(at) = self.scopes.len().checked_sub(depth + 1) {
            let scope = &self.scopes[at];
            let up = self.level - scope.level;
            return match slot.checked_sub(scope.params) {
                None => Op::Arg { up, at: slot },
                Some(place) => Op::Local { up, at: scope.first + place },
            };
        }
        Op::Outer { up: (depth - self.scopes.len()) as u32, slot, ahead: Default::default() }
    }
}

fn logical(value: bool) -> Op {
    Op::Const(Value::Logical(value))
}

/// The outcome of a test that is known.
fn as_const(op: &Op) -> Option<bool> {
    match op {
        Op::Const(Value::Logical(value)) => Some(*value),
        _ => None,
    }
}

/// Whether the operation gives a logical and nothing else.
fn is_test(op: &Op) -> bool {
    matches!(op, Op::IsNull(..) | Op::IsText(..) | Op::Is(..) | Op::Const(Value::Logical(_)))
}

#[cfg(test)]
mod tests {
    use super::{HARMLESS, LOOKUPS, SHALLOW, STRICT};
    use crate::m::functions::{Global, lookup};

    #[test]
    fn the_names_are_sorted_and_exist() {
        assert!(HARMLESS.is_sorted());
        for name in HARMLESS.iter().chain(LOOKUPS).chain(STRICT).chain(SHALLOW) {
            assert!(matches!(lookup(name), Some(Global::Function(_))), "{name}");
        }
    }
}
