//! Tree → resolved tree: every name becomes a place; names that exist nowhere fail the whole document.

use std::collections::HashMap;
use std::rc::Rc;

use super::interp::{Frame, Interp};
use super::node::{Check, FieldAccess, Handler, Lambda, LambdaParam, ListItem, Lookup, Node, TypeField};
use crate::m::error::{Error, Result};
use crate::m::functions::{self, Global};
use crate::m::syntax::ast::{self, Expr, ExprKind, Item, Logic, TypeKind};
use crate::m::syntax::{number_literal, walk};
use crate::m::value::{Body, CellRef, Kind, List, Name, Record, Shape, Slot, Type, Value};

/// Where names outside an expression come from.
#[derive(Clone)]
pub(crate) enum Env {
    /// The library and what loaded sections share.
    Shared,
    /// As [`Env::Shared`], with the members of a section first.
    Section(u32),
    /// Only the fields of a record (`Expression.Evaluate`).
    Record(Record),
}

struct Scope {
    /// Which frame, counted from the outermost.
    frame: u32,
    names: Names,
    /// The variable whose own expression is being resolved: invisible without `@`.
    hidden: Option<u32>,
}

enum Names {
    Few(Vec<(Name, u32)>),
    Many(HashMap<Name, u32>),
}

impl Names {
    fn new(names: impl Iterator<Item = Name>, first: u32) -> std::result::Result<Names, Name> {
        let list: Vec<(Name, u32)> = names.zip(first..).collect();
        if list.len() <= 8 {
            for (at, (name, _)) in list.iter().enumerate() {
                if list[..at].iter().any(|(other, _)| other == name) {
                    return Err(name.clone());
                }
            }
            return Ok(Names::Few(list));
        }
        let mut map = HashMap::with_capacity(list.len());
        for (name, slot) in list {
            if map.insert(name.clone(), slot).is_some() {
                return Err(name);
            }
        }
        Ok(Names::Many(map))
    }

    fn get(&self, name: &str) -> Option<u32> {
        match self {
            Names::Few(list) => list.iter().find(|(n, _)| &**n == name).map(|(_, slot)| *slot),
            Names::Many(map) => map.get(name).copied(),
        }
    }
}

pub(super) struct Resolver<'a> {
    cx: &'a mut Interp,
    env: Env,
    scopes: Vec<Scope>,
    /// Frames below the root frame.
    frame: u32,
    /// The member of the section being resolved.
    member: Option<u32>,
}

impl Interp {
    /// Resolves an expression that is evaluated in [`Frame::root`].
    ///
    /// # Errors
    /// Unknown and repeated names.
    pub(crate) fn resolve(&mut self, expr: &Expr, env: Env) -> Result<Rc<Node>> {
        let mut resolver = Resolver { cx: self, env, scopes: Vec::new(), frame: 0, member: None };
        resolver.node(expr).map(Rc::new)
    }

    pub(super) fn resolve_member(&mut self, expr: &Expr, section: u32, member: u32) -> Result<Rc<Node>> {
        let mut resolver = Resolver { cx: self, env: Env::Section(section), scopes: Vec::new(), frame: 0, member: Some(member) };
        resolver.node(expr).map(Rc::new)
    }

    /// Resolves and evaluates an expression.
    ///
    /// # Errors
    /// Unknown names, and what the evaluation raises.
    pub(crate) fn eval_in(&mut self, expr: &Expr, env: Env) -> Result<Value> {
        let node = self.resolve(expr, env)?;
        self.eval(&node, &Frame::root())
    }
}

#[cold]
fn unknown(name: &str) -> Error {
    Error::expression(format!("The name '{name}' wasn't recognized.  Make sure it's spelled correctly."))
}

impl Resolver<'_> {
    fn node(&mut self, expr: &Expr) -> Result<Node> {
        stacker::maybe_grow(128 << 10, 4 << 20, || self.node_inner(expr))
    }

    fn boxed(&mut self, expr: &Expr) -> Result<Box<Node>> {
        self.node(expr).map(Box::new)
    }

    fn shared(&mut self, expr: &Expr) -> Result<Rc<Node>> {
        self.node(expr).map(Rc::new)
    }

    fn pair(&mut self, a: &Expr, b: &Expr) -> Result<Box<(Node, Node)>> {
        Ok(Box::new((self.node(a)?, self.node(b)?)))
    }

    fn node_inner(&mut self, expr: &Expr) -> Result<Node> {
        Ok(match &expr.kind {
            ExprKind::Null => Node::Const(Value::Null),
            ExprKind::Logical(b) => Node::Const(Value::Logical(*b)),
            ExprKind::Number(text) => Node::Const(number_literal(text)),
            ExprKind::Text(text) => Node::Const(Value::Text(text.clone())),
            ExprKind::Verbatim(text) => Node::Fail(Error::expression(text)),
            ExprKind::NotImplemented => Node::Fail(Error::expression("Value was not specified.")),
            ExprKind::Identifier { name, inclusive } => self.name(name, *inclusive)?,
            ExprKind::SectionMember { section, name } => self.section_member(section, name)?,
            ExprKind::Paren(inner) => self.node(inner)?,
            ExprKind::List(items) => self.list(items)?,
            ExprKind::Record(fields) => self.record(fields)?,
            ExprKind::Call(callee, args) => {
                let callee = self.node(callee)?;
                let args = args.iter().map(|arg| self.node(arg)).collect::<Result<Box<[Node]>>>()?;
                match &callee {
                    Node::Const(Value::Function(function)) => match function.body() {
                        Body::Builtin(builtin) => Node::CallBuiltin(builtin, args),
                        _ => Node::Call(Box::new(callee), args),
                    },
                    _ => Node::Call(Box::new(callee), args),
                }
            }
            ExprKind::Field { target, name, optional } => {
                Node::Field(Box::new(FieldAccess { target: self.target(target.as_deref())?, lookup: Lookup::new(name.clone(), *optional) }))
            }
            ExprKind::Projection { target, names, optional } => Node::Projection {
                target: Box::new(self.target(target.as_deref())?),
                names: names.clone().into_boxed_slice(),
                optional: *optional,
            },
            ExprKind::Item { target, index, optional } => Node::Item { target: self.pair(target, index)?, optional: *optional },
            ExprKind::Unary(operator, operand) => {
                let operand = self.boxed(operand)?;
                match (operator, &*operand) {
                    (ast::Unary::Minus, Node::Const(Value::Int(n))) if *n != 0 => Node::Const(Value::Int(-n)),
                    (ast::Unary::Minus, Node::Const(Value::Double(n))) => Node::Const(Value::Double(-n)),
                    _ => Node::Unary(*operator, operand),
                }
            }
            ExprKind::Binary(operator, a, b) => Node::Binary(*operator, self.pair(a, b)?),
            ExprKind::Logic(operator, a, b) => {
                let sides = self.pair(a, b)?;
                match operator {
                    Logic::And => Node::And(sides),
                    Logic::Or => Node::Or(sides),
                    Logic::Coalesce => Node::Coalesce(sides),
                    Logic::Meta => Node::Meta(sides),
                }
            }
            ExprKind::As(operand, ty) => Node::As(self.boxed(operand)?, check(*ty)),
            ExprKind::Is(operand, ty) => Node::Is(self.boxed(operand)?, check(*ty)),
            ExprKind::Each(body) => {
                let params = vec![LambdaParam { name: Name::from("_"), check: None, optional: false }];
                Node::Lambda(self.lambda(params, None, body)?)
            }
            ExprKind::Function(function) => Node::Lambda(self.function(function)?),
            ExprKind::Let(bindings, body) => {
                self.frame += 1;
                let variables = self.bindings(bindings, 0, Scoped::Variable)?;
                let body = self.boxed(body);
                self.scopes.pop();
                self.frame -= 1;
                Node::Let(variables, body?)
            }
            ExprKind::If(parts) => Node::If(Box::new((self.node(&parts.0)?, self.node(&parts.1)?, self.node(&parts.2)?))),
            ExprKind::Try(operand) => Node::Try(self.boxed(operand)?, Handler::Record),
            ExprKind::TryOtherwise(operand, other) => Node::Try(self.boxed(operand)?, Handler::Otherwise(self.boxed(other)?)),
            ExprKind::TryCatch(operand, function) => Node::Try(self.boxed(operand)?, Handler::Catch(self.function(function)?)),
            ExprKind::Error(operand) => Node::Error(self.boxed(operand)?),
            ExprKind::Type(ty) => {
                let node = self.type_node(ty)?;
                let node = match node {
                    Node::Const(_) => node,
                    Node::TypeNullable(_)
                    | Node::TypeList(_)
                    | Node::TypeRecord(..)
                    | Node::TypeTable(_)
                    | Node::TypeTableOf(_)
                    | Node::TypeFunction { .. } => node,
                    other => Node::TypeOf(Box::new(other)),
                };
                self.fold_type(node)?
            }
        })
    }

    /// A type expression without variables becomes the type.
    fn fold_type(&mut self, node: Node) -> Result<Node> {
        if constant_type(&node) {
            let ty = self.cx.eval_type(&node, &Frame::root())?;
            return Ok(Node::Const(Value::Type(ty)));
        }
        Ok(node)
    }

    fn target(&mut self, target: Option<&Expr>) -> Result<Node> {
        match target {
            Some(target) => self.node(target),
            None => self.name("_", false),
        }
    }

    fn name(&mut self, name: &str, inclusive: bool) -> Result<Node> {
        for scope in self.scopes.iter().rev() {
            if let Some(slot) = scope.names.get(name) {
                if inclusive || scope.hidden != Some(slot) {
                    return Ok(Node::Variable { depth: self.frame - scope.frame, slot });
                }
            }
        }
        match self.outer_name(name, inclusive)? {
            Some(node) => Ok(node),
            None => Err(unknown(name)),
        }
    }

    fn outer_name(&mut self, name: &str, inclusive: bool) -> Result<Option<Node>> {
        let mut own = None;
        match &self.env {
            Env::Record(record) => {
                return Ok(match record.get(name) {
                    Some(CellRef::Slot(Slot::Value(value))) => Some(Node::Const(value.clone())),
                    Some(cell) => Some(Node::Cell(cell.to_slot())),
                    // Literals of the language need no environment.
                    None if name.starts_with('#') && !matches!(name, "#shared" | "#sections") => {
                        functions::lookup(name).map(|global| Node::Const(self.cx.global(global)))
                    }
                    None => None,
                });
            }
            Env::Section(section) => {
                if let Some(slot) = self.cx.program.member(*section, name) {
                    let node = Node::Global { section: *section, slot };
                    if inclusive || self.member != Some(slot) {
                        return Ok(Some(node));
                    }
                    own = Some(node);
                }
            }
            Env::Shared => {}
        }
        match name {
            "#shared" => return Ok(Some(Node::Shared)),
            "#sections" => return Ok(Some(Node::Sections)),
            _ => {}
        }
        if let Some((section, slot)) = self.cx.program.shared_member(name) {
            let node = Node::Global { section, slot };
            match &own {
                Some(Node::Global { section: s, slot: t }) if (*s, *t) == (section, slot) => {}
                _ => return Ok(Some(node)),
            }
        }
        match functions::lookup(name) {
            Some(Global::Function(f)) if !functions::is_visible(f.name, self.connector()) => {}
            Some(global) => return Ok(Some(Node::Const(self.cx.global(global)))),
            None => {}
        }
        // A section member may call itself by its plain name when nothing else has it.
        Ok(own)
    }

    /// Whether connector-only functions are visible: in section documents.
    fn connector(&self) -> bool {
        matches!(self.env, Env::Section(section) if self.cx.program.is_connector(section))
    }

    fn section_member(&mut self, section: &str, name: &str) -> Result<Node> {
        let found = self.cx.program.find_section(section).and_then(|s| self.cx.program.member(s, name).map(|slot| (s, slot)));
        match found {
            Some((section, slot)) => Ok(Node::Global { section, slot }),
            None => Err(Error::expression(format!("The section member '{section}!{name}' wasn't found."))),
        }
    }

    fn list(&mut self, items: &[Item]) -> Result<Node> {
        if items.iter().all(|item| matches!(item, Item::One(_))) {
            let mut nodes = Vec::with_capacity(items.len());
            for item in items {
                if let Item::One(e) = item {
                    nodes.push(self.shared(e)?);
                }
            }
            if nodes.iter().all(|node| matches!(**node, Node::Const(_))) {
                return Ok(Node::Const(Value::List(List::from_slots(nodes.iter().map(const_slot).collect()))));
            }
            return Ok(Node::List(nodes.into_boxed_slice(), Default::default()));
        }
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            out.push(match item {
                Item::One(e) => ListItem::One(self.shared(e)?),
                Item::Range(a, b) => ListItem::Range(self.node(a)?, self.node(b)?),
            });
        }
        Ok(Node::ListWithRanges(out.into_boxed_slice()))
    }

    fn record(&mut self, fields: &[ast::Binding]) -> Result<Node> {
        let shape = Shape::new(fields.iter().map(|f| f.name.clone()).collect());
        let scoped = fields.iter().any(|f| {
            !is_literal(&f.value)
                && walk::any(&f.value, &|e| match &e.kind {
                    ExprKind::Identifier { name, .. } => shape.position(name).is_some(),
                    ExprKind::Field { target: None, .. } | ExprKind::Projection { target: None, .. } => shape.position("_").is_some(),
                    _ => false,
                })
        });
        if scoped {
            self.frame += 1;
            let nodes = self.bindings(fields, 0, Scoped::Field)?;
            self.scopes.pop();
            self.frame -= 1;
            return Ok(Node::ScopedRecord(shape, nodes, Default::default()));
        }
        for (at, field) in fields.iter().enumerate() {
            if shape.position(&field.name) != Some(at) {
                return Err(repeated(&field.name, Scoped::Field));
            }
        }
        let nodes = fields.iter().map(|f| self.shared(&f.value)).collect::<Result<Vec<_>>>()?;
        if nodes.iter().all(|node| matches!(**node, Node::Const(_))) {
            let cells = nodes.iter().map(const_slot).collect();
            return Ok(Node::Const(Value::Record(Record::from_cells(shape, cells))));
        }
        Ok(Node::Record(shape, nodes.into_boxed_slice(), Default::default()))
    }

    /// Opens a scope with the bindings' names and resolves their values; the caller closes it.
    fn bindings(&mut self, bindings: &[ast::Binding], first: u32, what: Scoped) -> Result<Rc<[Rc<Node>]>> {
        let names = Names::new(bindings.iter().map(|b| b.name.clone()), first).map_err(|name| repeated(&name, what))?;
        self.scopes.push(Scope { frame: self.frame, names, hidden: None });
        let at = self.scopes.len() - 1;
        let mut nodes = Vec::with_capacity(bindings.len());
        for (slot, binding) in (first..).zip(bindings) {
            self.scopes[at].hidden = Some(slot);
            nodes.push(self.shared(&binding.value)?);
        }
        self.scopes[at].hidden = None;
        Ok(nodes.into())
    }

    fn function(&mut self, function: &ast::FunctionExpr) -> Result<Rc<Lambda>> {
        let params =
            function.params.iter().map(|p| LambdaParam { name: p.name.clone(), check: p.ty.map(check), optional: p.optional }).collect();
        self.lambda(params, function.returns.map(check), &function.body)
    }

    fn lambda(&mut self, params: Vec<LambdaParam>, returns: Option<Check>, body: &Expr) -> Result<Rc<Lambda>> {
        let names = Names::new(params.iter().map(|p| p.name.clone()), 0).map_err(|name| repeated(&name, Scoped::Parameter))?;
        self.frame += 1;
        self.scopes.push(Scope { frame: self.frame, names, hidden: None });
        let (variables, body) = match &body.kind {
            ExprKind::Let(bindings, inner) => {
                let variables = self.bindings(bindings, params.len() as u32, Scoped::Variable)?;
                let body = self.node(inner);
                self.scopes.pop();
                (Some(variables), body)
            }
            _ => (None, self.node(body)),
        };
        self.scopes.pop();
        self.frame -= 1;
        Ok(Rc::new(Lambda {
            required: params.iter().filter(|p| !p.optional).count(),
            unchecked: params.iter().all(|p| p.check.is_none_or(|check| check.kind == Kind::Any)),
            params: params.into_boxed_slice(),
            returns,
            variables,
            body: body?,
            direct: Default::default(),
        }))
    }

    fn type_node(&mut self, ty: &ast::TypeExpr) -> Result<Node> {
        Ok(match &ty.kind {
            TypeKind::Primitive(kind) => Node::Const(Value::Type(Type::primitive(*kind))),
            TypeKind::Nullable(inner) => Node::TypeNullable(Box::new(self.type_node(inner)?)),
            TypeKind::List(inner) => Node::TypeList(Box::new(self.type_node(inner)?)),
            TypeKind::Record(fields, open) => Node::TypeRecord(self.type_fields(fields)?, *open),
            TypeKind::Table(fields) => Node::TypeTable(self.type_fields(fields)?),
            TypeKind::TableOf(row) => Node::TypeTableOf(self.boxed(row)?),
            TypeKind::Function(params, returns) => Node::TypeFunction {
                required: params.iter().filter(|p| !p.optional).count(),
                params: self.type_fields(params)?,
                returns: Box::new(self.type_node(returns)?),
            },
            TypeKind::Expr(inner) => self.node(inner)?,
        })
    }

    fn type_fields(&mut self, fields: &[ast::TypeField]) -> Result<Box<[TypeField]>> {
        let mut out: Vec<TypeField> = Vec::with_capacity(fields.len());
        for field in fields {
            if out.iter().any(|f| f.name == field.name) {
                return Err(repeated(&field.name, Scoped::Field));
            }
            let ty = field.ty.as_ref().map(|ty| self.type_node(ty)).transpose()?;
            out.push(TypeField { name: field.name.clone(), ty, optional: field.optional });
        }
        Ok(out.into_boxed_slice())
    }
}

#[derive(Clone, Copy)]
enum Scoped {
    Variable,
    Field,
    Parameter,
}

#[cold]
fn repeated(name: &str, what: Scoped) -> Error {
    match what {
        Scoped::Variable => Error::new("Expression.SyntaxError", format!("The variable named '{name}' is already defined in this scope.")),
        Scoped::Field => Error::expression(format!("The field '{name}' already exists in the record.")),
        Scoped::Parameter => {
            Error::new("Expression.SyntaxError", format!("The parameter named '{name}' is already defined in this scope."))
        }
    }
}

fn check(ty: ast::Primitive) -> Check {
    Check { kind: ty.kind, nullable: ty.nullable }
}

fn is_literal(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Null | ExprKind::Logical(_) | ExprKind::Number(_) | ExprKind::Text(_))
}

fn const_slot(node: &Rc<Node>) -> Slot {
    match &**node {
        Node::Const(value) => Slot::Value(value.clone()),
        _ => Slot::Value(Value::Null),
    }
}

fn constant_type(node: &Node) -> bool {
    let fields = |fields: &[TypeField]| fields.iter().all(|f| f.ty.as_ref().is_none_or(constant_type));
    match node {
        Node::Const(value) => matches!(value, Value::Type(_)),
        Node::TypeOf(inner) | Node::TypeNullable(inner) | Node::TypeList(inner) | Node::TypeTableOf(inner) => constant_type(inner),
        Node::TypeRecord(list, _) => fields(list),
        Node::TypeTable(list) => fields(list),
        Node::TypeFunction { params, returns, .. } => fields(params) && constant_type(returns),
        _ => false,
    }
}
