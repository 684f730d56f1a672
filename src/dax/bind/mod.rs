//! Syntax tree → bound tree: names get their meaning, expressions their types, row contexts their levels.

mod aggregate;
pub mod bound;
mod calls;
mod context;
mod grouping;
mod tables;
mod time;
mod visual;
mod walk;
mod window;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;

use bound::{ArithOp, CmpOp, Deps, Kind, N, Node, Schema, SchemaColumn, Ty};

pub use walk::children;
use walk::children_deps;

use super::catalog::{Catalog, ColId, MeasureId, TableId, fold};
use super::engine::{DaxError, Dependencies};
use super::syntax::ast::{BinaryOp, Expr, ExprKind, Name, Place, UnaryOp};
use crate::base::nearest;
use crate::table::Value;

type Result<T> = std::result::Result<T, DaxError>;

/// Levels of nested binding, through measures as well.
const DEEPEST: u32 = 40_000;

/// Arithmetic of more operators than this is one flat node.
const LONG_CHAIN: usize = 400;

/// A row context that is being bound in.
#[derive(Clone, Debug)]
struct Frame {
    schema: Arc<Schema>,
}

/// A variable in scope.
#[derive(Clone, Debug)]
struct Variable {
    name: String,
    id: u32,
    ty: Ty,
    schema: Option<Arc<Schema>>,
    constant: Option<Value>,
}

/// A parameter of a user-defined function that is evaluated where it is used.
#[derive(Clone, Debug)]
struct Lazy {
    name: String,
    expr: Arc<Expr>,
    scope: Arc<Scope>,
}

/// What names mean at a place.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    frames: Vec<Frame>,
    vars: Vec<Variable>,
    lazy: Vec<Lazy>,
    home: Option<TableId>,
    /// Schema of the group inside GROUPBY.
    group: Option<Arc<Schema>>,
    /// Inside a calculation item.
    selected_measure: bool,
    /// Group columns of the SUMMARIZE around, for ISSUBTOTAL.
    summarize: Vec<ColId>,
    calls: u32,
    /// The laid-out table whose visual calculation is bound.
    visual: Option<TableId>,
}

impl Scope {
    /// A scope with a row of a model table, as calculated columns and security filters have it.
    pub fn row_of(binder: &Binder<'_>, table: TableId) -> Scope {
        Scope { frames: vec![Frame { schema: binder.table_schema(table) }], home: Some(table), ..Scope::default() }
    }

    /// A scope whose bare columns belong to a table.
    pub fn home(table: Option<TableId>) -> Scope {
        Scope { home: table, ..Scope::default() }
    }

    /// The scope of a calculation item of a group.
    pub fn item(group: TableId) -> Scope {
        Scope { selected_measure: true, ..Scope::home(Some(group)) }
    }

    fn push(&self, schema: &Arc<Schema>) -> Scope {
        let mut scope = self.clone();
        scope.frames.push(Frame { schema: schema.clone() });
        scope
    }

    /// The scope with one more row context.
    pub fn with_frame(self, schema: &Arc<Schema>) -> Scope {
        self.push(schema)
    }

    fn level(&self) -> usize {
        self.frames.len()
    }

    /// The same without row contexts: inside CALCULATE.
    fn transitioned(&self) -> Scope {
        Scope { frames: Vec::new(), ..self.clone() }
    }
}

/// Bound measures of a catalog; shared by the queries of an engine.
#[derive(Debug, Default)]
pub struct BindCache {
    measures: Mutex<HashMap<MeasureId, Result<N>>>,
    columns: Mutex<HashMap<ColId, Result<N>>>,
}

impl BindCache {
    /// Whether a measure was bound.
    pub(crate) fn has_measures(&self) -> bool {
        !lock(&self.measures).is_empty()
    }
}

/// Binds expressions against a catalog.
pub struct Binder<'a> {
    /// Names.
    pub catalog: &'a Catalog,
    cache: &'a BindCache,
    stack: RefCell<Vec<String>>,
    next_var: Cell<u32>,
    depth: Cell<u32>,
    /// Values of `@name`.
    parameters: &'a [(String, Value)],
    globals: RefCell<Vec<Variable>>,
    named: RefCell<Dependencies>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic elsewhere leaves the map as it was.
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn error(code: &'static str, message: impl Into<String>, at: Place) -> DaxError {
    DaxError::bind(code, message, at)
}

impl<'a> Binder<'a> {
    /// A binder over `catalog`.
    pub fn new(catalog: &'a Catalog, cache: &'a BindCache, parameters: &'a [(String, Value)]) -> Binder<'a> {
        Binder {
            catalog,
            cache,
            stack: RefCell::default(),
            next_var: Cell::new(1),
            depth: Cell::new(0),
            parameters,
            globals: RefCell::default(),
            named: RefCell::default(),
        }
    }

    /// A number for a new variable.
    pub fn fresh_var(&self) -> u32 {
        let id = self.next_var.get();
        self.next_var.set(id + 1);
        id
    }

    /// Adds a variable whose value is given at run time (DEFINE VAR).
    pub fn declare(&self, scope: &mut Scope, name: &str, node: &N) -> u32 {
        let id = self.fresh_var();
        scope.vars.push(Variable { name: fold(name), id, ty: node.ty, schema: node.schema.clone(), constant: constant_of(node) });
        id
    }

    /// Adds a variable of DEFINE, seen by every expression of the query.
    pub fn declare_global(&self, name: &str, node: &N) -> u32 {
        let id = self.fresh_var();
        let constant = constant_of(node);
        self.globals.borrow_mut().push(Variable { name: fold(name), id, ty: node.ty, schema: node.schema.clone(), constant });
        id
    }

    /// What the outermost measure that was bound names itself.
    pub fn named(&self) -> Dependencies {
        self.named.borrow().clone()
    }

    /// What tables of a query name.
    ///
    /// # Errors
    /// What is wrong with their text.
    pub fn names_of<'e>(&self, tables: impl Iterator<Item = &'e Expr>) -> Result<Dependencies> {
        self.guarded("query".to_owned(), "the query", Place::default(), || {
            for table in tables {
                self.table(table, &Scope::default())?;
            }
            Ok(())
        })?;
        Ok(self.named())
    }

    fn note(&self, add: impl FnOnce(&mut Dependencies)) {
        if self.stack.borrow().len() == 1 {
            add(&mut self.named.borrow_mut());
        }
    }

    fn note_column(&self, column: ColId) {
        let def = &self.catalog.columns[column as usize];
        let table = self.catalog.tables[def.table as usize].name.to_string();
        self.note(|d| {
            d.columns.insert((table, def.name.to_string()));
        });
    }

    /// Columns of a model table.
    pub fn table_schema(&self, table: TableId) -> Arc<Schema> {
        let def = &self.catalog.tables[table as usize];
        let columns = def.columns.iter().map(|c| self.schema_column(*c)).collect();
        let keyed = def.columns.iter().any(|c| self.catalog.columns[*c as usize].is_key)
            || self.catalog.rels.iter().any(|r| r.regular && self.catalog.table_of(r.to) == table);
        Arc::new(Schema { columns, bases: vec![table], may_repeat: !keyed })
    }

    fn schema_column(&self, column: ColId) -> SchemaColumn {
        let def = &self.catalog.columns[column as usize];
        let table = self.catalog.tables[def.table as usize].name.clone();
        SchemaColumn { table: Some(table), name: def.name.clone(), lineage: Some(column), ty: self.column_type(column) }
    }

    fn columns_schema(&self, columns: &[ColId]) -> Arc<Schema> {
        Arc::new(Schema { columns: columns.iter().map(|c| self.schema_column(*c)).collect(), bases: Vec::new(), may_repeat: false })
    }

    fn column_type(&self, column: ColId) -> Ty {
        let def = &self.catalog.columns[column as usize];
        match (def.data_type, &def.calculated, &def.query_expr) {
            (None, None, None) => Ty::Variant,
            (None, _, _) => self.bind_column(column).map_or(Ty::Variant, |node| node.ty),
            (some, _, _) => Ty::of(some),
        }
    }

    fn guarded<T>(&self, key: String, what: &str, at: Place, bind: impl FnOnce() -> Result<T>) -> Result<T> {
        if self.stack.borrow().contains(&key) {
            return Err(error("D0290", format!("a circular dependency: {what} depends on itself"), at));
        }
        self.stack.borrow_mut().push(key);
        let result = bind();
        self.stack.borrow_mut().pop();
        result
    }

    /// The bound body of a measure.
    ///
    /// # Errors
    /// What is wrong with its text, or that it depends on itself.
    pub fn bind_measure(&self, id: MeasureId) -> Result<N> {
        if let Some(done) = lock(&self.cache.measures).get(&id) {
            return done.clone();
        }
        let def = &self.catalog.measures[id as usize];
        let what = format!("measure `{}`", def.name);
        let result = self.guarded(format!("m{id}"), &what, Place::default(), || {
            let parsed;
            let expr = match &def.query_expr {
                Some(expr) => &**expr,
                None => {
                    parsed = super::syntax::parse_expression(&def.source.text)?;
                    &parsed
                }
            };
            self.scalar(expr, &Scope::home(Some(def.table)))
        });
        let circular = result.as_ref().is_err_and(|e| e.code == "D0290");
        let result = result.map_err(|e| if def.query_expr.is_some() { e } else { e.inside(&what) });
        if !circular || self.stack.borrow().is_empty() {
            lock(&self.cache.measures).insert(id, result.clone());
        }
        result
    }

    /// The bound expression of a calculated column, in the row context of its table.
    ///
    /// # Errors
    /// What is wrong with its text, or that it depends on itself.
    pub fn bind_column(&self, id: ColId) -> Result<N> {
        if let Some(done) = lock(&self.cache.columns).get(&id) {
            return done.clone();
        }
        let def = &self.catalog.columns[id as usize];
        let what = format!("column `{}`", self.catalog.column_label(id));
        let result = self.guarded(format!("c{id}"), &what, Place::default(), || {
            let parsed;
            let expr = match (&def.query_expr, &def.calculated) {
                (Some(expr), _) => &**expr,
                (None, Some(source)) => {
                    parsed = super::syntax::parse_expression(&source.text)?;
                    &parsed
                }
                (None, None) => return Err(error("D0291", format!("{what} has no expression"), Place::default())),
            };
            // Types of sibling columns without a stated type would need this one again, so they stay open here.
            let columns = self.catalog.tables[def.table as usize].columns.iter().map(|c| {
                let sibling = &self.catalog.columns[*c as usize];
                let table = self.catalog.tables[sibling.table as usize].name.clone();
                SchemaColumn { table: Some(table), name: sibling.name.clone(), lineage: Some(*c), ty: Ty::of(sibling.data_type) }
            });
            let schema = Arc::new(Schema { columns: columns.collect(), bases: vec![def.table], may_repeat: false });
            if self.catalog.tables[def.table as usize].visual.is_some() {
                // A visual calculation: its cell is a filter over the laid-out table.
                return self.scalar(expr, &Scope { visual: Some(def.table), ..Scope::home(Some(def.table)) });
            }
            let scope = Scope { frames: vec![Frame { schema }], home: Some(def.table), ..Scope::default() };
            self.scalar(expr, &scope)
        });
        let result = result.map_err(|e| if def.query_expr.is_some() { e } else { e.inside(&what) });
        if self.stack.borrow().is_empty() {
            lock(&self.cache.columns).insert(id, result.clone());
        }
        result
    }

    /// Binds an expression that must give one value.
    ///
    /// # Errors
    /// `D02xx`.
    pub fn scalar(&self, expr: &Expr, scope: &Scope) -> Result<N> {
        let node = self.bind(expr, scope)?;
        self.as_scalar(node)
    }

    fn as_scalar(&self, node: N) -> Result<N> {
        let Some(schema) = &node.schema else { return Ok(node) };
        if schema.columns.len() != 1 {
            let message = "the expression refers to multiple columns; multiple columns cannot be converted to a scalar value";
            return Err(error("D0221", message, node.at));
        }
        let (ty, at) = (schema.columns[0].ty, node.at);
        Ok(make(Kind::TableAsScalar(node), ty, None, at))
    }

    /// Binds an expression that must give a table.
    ///
    /// # Errors
    /// `D02xx`.
    pub fn table(&self, expr: &Expr, scope: &Scope) -> Result<N> {
        let node = self.bind(expr, scope)?;
        if node.schema.is_none() {
            return Err(error("D0222", "a table expression is expected here, but the expression gives a single value", expr.at));
        }
        Ok(node)
    }

    /// Binds an expression of either kind.
    ///
    /// # Errors
    /// `D02xx`.
    pub fn bind(&self, expr: &Expr, scope: &Scope) -> Result<N> {
        self.depth.set(self.depth.get() + 1);
        let result = if self.depth.get() > DEEPEST {
            Err(error("D0108", "the expression nests too deeply", expr.at))
        } else {
            stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, || self.bind_inner(expr, scope))
        };
        self.depth.set(self.depth.get() - 1);
        result
    }

    fn bind_inner(&self, expr: &Expr, scope: &Scope) -> Result<N> {
        let at = expr.at;
        let constant = |value: Value| Ok(make(Kind::Const(value.clone()), Ty::of_value(&value), None, at));
        match &expr.kind {
            ExprKind::Int(v) => constant(Value::Int64(*v)),
            ExprKind::Double(v) => constant(Value::Double(*v)),
            ExprKind::Text(v) => constant(Value::String(v.clone())),
            ExprKind::Date(v) => constant(Value::DateTime(*v)),
            ExprKind::Parameter(name) => match self.parameters.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)) {
                Some((_, value)) => constant(value.clone()),
                None => Err(error("D0210", format!("the parameter `@{name}` has no value"), at)),
            },
            ExprKind::Name(name) => self.name(name, scope),
            ExprKind::Column { table, name, level } => self.column_ref(table.as_ref(), name, level.as_ref(), at, scope),
            ExprKind::Call { name, args } => self.call(name, args, at, scope),
            ExprKind::Unary(UnaryOp::Plus, inner) => self.bind(inner, scope),
            ExprKind::Unary(UnaryOp::Minus, inner) => {
                let inner = self.scalar(inner, scope)?;
                if let Kind::Const(value) = &inner.kind {
                    match value {
                        Value::Int64(v) => return constant(Value::Int64(v.wrapping_neg())),
                        Value::Double(v) => return constant(Value::Double(-v)),
                        _ => {}
                    }
                }
                let ty = match inner.ty {
                    Ty::Int | Ty::Currency | Ty::Double | Ty::Blank => inner.ty,
                    Ty::Date => Ty::Double,
                    Ty::Boolean => Ty::Int,
                    _ => Ty::Variant,
                };
                Ok(make(Kind::Neg(inner), ty, None, at))
            }
            ExprKind::Not(inner) => Ok(make(Kind::Not(self.scalar(inner, scope)?), Ty::Boolean, None, at)),
            ExprKind::Paren(inner) => self.bind(inner, scope),
            ExprKind::Chain(first, rest) => self.chain(first, rest, at, scope),
            ExprKind::In(left, right) => {
                let lefts: Vec<N> = match &left.kind {
                    ExprKind::Row(items) => items.iter().map(|e| self.scalar(e, scope)).collect::<Result<_>>()?,
                    _ => vec![self.scalar(left, scope)?],
                };
                let table = self.table(right, scope)?;
                let width = table.schema.as_ref().map_or(0, |s| s.columns.len());
                if width != lefts.len() {
                    let message = format!("IN compares {} values with a table of {width} columns", lefts.len());
                    return Err(error("D0223", message, at));
                }
                Ok(make(Kind::In(lefts, table), Ty::Boolean, None, at))
            }
            ExprKind::Row(_) => Err(error("D0224", "a list of values in parentheses may only stand before IN or inside `{ }`", at)),
            ExprKind::Table(rows) => self.constructor(rows, at, scope),
            ExprKind::Let(vars, body) => {
                let mut scope = scope.clone();
                let mut bound = Vec::with_capacity(vars.len());
                for (name, value) in vars {
                    let node = self.bind(value, &scope)?;
                    let id = self.declare(&mut scope, &name.text, &node);
                    bound.push((id, node));
                }
                let body = self.bind(body, &scope)?;
                let (ty, schema) = (body.ty, body.schema.clone());
                let mut deps = body.deps.clone();
                for (id, node) in bound.iter().rev() {
                    if let Ok(index) = deps.vars.binary_search(id) {
                        deps.vars.remove(index);
                        deps.add(&node.deps);
                    }
                }
                Ok(Arc::new(Node { kind: Kind::Let(bound, body), ty, schema, at, deps }))
            }
        }
    }

    fn chain(&self, first: &Expr, rest: &[(BinaryOp, Expr)], at: Place, scope: &Scope) -> Result<N> {
        match rest[0].0 {
            BinaryOp::Concat | BinaryOp::And | BinaryOp::Or => {
                let mut items = vec![self.scalar(first, scope)?];
                for (_, item) in rest {
                    items.push(self.scalar(item, scope)?);
                }
                Ok(match rest[0].0 {
                    BinaryOp::Concat => make(Kind::Concat(items), Ty::Text, None, at),
                    BinaryOp::And => make(Kind::And(items), Ty::Boolean, None, at),
                    _ => make(Kind::Or(items), Ty::Boolean, None, at),
                })
            }
            _ => {
                // These group from the left, one level deeper each; what is long stays flat.
                let mut left = self.scalar(first, scope)?;
                if rest.len() > LONG_CHAIN && rest.iter().all(|(op, _)| arith_op(*op).is_some()) {
                    let mut ty = left.ty;
                    let mut items = Vec::with_capacity(rest.len());
                    for (op, right) in rest {
                        let right = self.scalar(right, scope)?;
                        let op = arith_op(*op).expect("tested above");
                        ty = arith_type(op, ty, right.ty);
                        items.push((op, right));
                    }
                    return Ok(make(Kind::ArithChain(left, items), ty, None, at));
                }
                if rest.len() > LONG_CHAIN {
                    return Err(error("D0108", format!("a chain of more than {LONG_CHAIN} comparisons"), at));
                }
                for (op, right) in rest {
                    let right = self.scalar(right, scope)?;
                    let place = left.at.to(right.at);
                    left = binary(*op, left, right, place)?;
                }
                Ok(left)
            }
        }
    }

    fn constructor(&self, rows: &[Expr], at: Place, scope: &Scope) -> Result<N> {
        let mut bound: Vec<Vec<N>> = Vec::with_capacity(rows.len());
        for row in rows {
            let cells: Vec<N> = match &row.kind {
                ExprKind::Row(items) => items.iter().map(|e| self.scalar(e, scope)).collect::<Result<_>>()?,
                _ => vec![self.scalar(row, scope)?],
            };
            if bound.first().is_some_and(|first| first.len() != cells.len()) {
                return Err(error("D0225", "every row of a table constructor must have the same number of values", row.at));
            }
            bound.push(cells);
        }
        let width = bound[0].len();
        let columns = (0..width).map(|i| {
            let ty = bound.iter().map(|row| row[i].ty).fold(Ty::Blank, Ty::unify);
            let name = if width == 1 { "Value".to_owned() } else { format!("Value{}", i + 1) };
            SchemaColumn { table: None, name: Arc::from(name), lineage: None, ty }
        });
        let schema = Schema { columns: columns.collect(), bases: Vec::new(), may_repeat: true };
        Ok(make(Kind::Constructor { rows: bound }, Ty::Variant, Some(Arc::new(schema)), at))
    }

    fn name(&self, name: &Name, scope: &Scope) -> Result<N> {
        if !name.quoted
            && let Some(node) = self.variable(&name.text, name.at, scope)?
        {
            return Ok(node);
        }
        if let Some(table) = self.catalog.table(&name.text) {
            self.note(|d| {
                d.tables.insert(self.catalog.tables[table as usize].name.to_string());
            });
            return Ok(make(Kind::Table { table, blank: false }, Ty::Variant, Some(self.table_schema(table)), name.at));
        }
        match name.text.to_ascii_uppercase().as_str() {
            "TRUE" => return Ok(make(Kind::Const(Value::Boolean(true)), Ty::Boolean, None, name.at)),
            "FALSE" => return Ok(make(Kind::Const(Value::Boolean(false)), Ty::Boolean, None, name.at)),
            _ => {}
        }
        let tables = self.catalog.tables.iter().map(|t| &*t.name);
        let vars: Vec<&str> = scope.vars.iter().map(|v| v.name.as_str()).collect();
        let near = nearest(&name.text, tables.chain(vars)).map(|n| format!("a similar name exists: `{n}`"));
        Err(error("D0201", format!("cannot find table or variable `{}`", name.text), name.at).with_help(near))
    }

    fn variable(&self, text: &str, at: Place, scope: &Scope) -> Result<Option<N>> {
        let wanted = fold(text);
        let lazy = scope.lazy.iter().rposition(|l| l.name == wanted);
        if let Some(var) = scope.vars.iter().rev().find(|v| v.name == wanted)
            && lazy.is_none()
        {
            let deps = Deps { vars: vec![var.id], ..Deps::default() };
            let node = Node { kind: Kind::Var(var.id), ty: var.ty, schema: var.schema.clone(), at, deps };
            return Ok(Some(Arc::new(node)));
        }
        let Some(index) = lazy else {
            let globals = self.globals.borrow();
            let Some(var) = globals.iter().rev().find(|v| v.name == wanted) else { return Ok(None) };
            let deps = Deps { vars: vec![var.id], ..Deps::default() };
            return Ok(Some(Arc::new(Node { kind: Kind::Var(var.id), ty: var.ty, schema: var.schema.clone(), at, deps })));
        };
        let lazy = &scope.lazy[index];
        // The argument sees its caller's variables, and the row contexts of the place where it is used.
        let mut inner = (*lazy.scope).clone();
        inner.frames = scope.frames.clone();
        inner.calls = scope.calls + 1;
        if inner.calls > 200 {
            return Err(error("D0290", "user-defined functions call each other without end", at));
        }
        self.bind(&lazy.expr, &inner).map(Some)
    }

    /// Finds a column in the row contexts, innermost first.
    fn find_in_frames(&self, scope: &Scope, test: impl Fn(&SchemaColumn) -> bool, skip: usize) -> Option<(usize, usize)> {
        let mut skip = skip;
        for (level, frame) in scope.frames.iter().enumerate().rev() {
            if let Some(index) = frame.schema.columns.iter().position(&test) {
                if skip == 0 {
                    return Some((level, index));
                }
                skip -= 1;
            }
        }
        None
    }

    fn column_node(&self, scope: &Scope, level: usize, index: usize, at: Place) -> N {
        if let Some(column) = scope.frames[level].schema.columns[index].lineage {
            self.note_column(column);
        }
        let ty = scope.frames[level].schema.columns[index].ty;
        let deps = Deps { frames: 1 << level.min(63), ..Deps::default() };
        Arc::new(Node { kind: Kind::Col { level, index }, ty, schema: None, at, deps })
    }

    fn column_ref(&self, table: Option<&Name>, name: &Name, level: Option<&Name>, at: Place, scope: &Scope) -> Result<N> {
        let Some(table) = table else { return self.bare(name, at, scope) };
        if let Some(level) = level {
            let column = self.level_column(table, name, level, at)?;
            self.note_column(column);
            return self.related(column, scope, at);
        }
        if !table.quoted && scope.lazy.iter().any(|l| l.name == fold(&table.text)) {
            let lazy = scope.lazy.iter().rev().find(|l| l.name == fold(&table.text)).expect("found above");
            if let ExprKind::Name(real) = &lazy.expr.kind {
                return self.column_ref(Some(real), name, None, at, scope);
            }
        }
        let label = |n: &str| format!("{}[{}]", table.text, n);
        let found = self.find_in_frames(
            scope,
            |c| c.table.as_ref().is_some_and(|t| fold(t) == fold(&table.text)) && fold(&c.name) == fold(&name.text),
            0,
        );
        if let Some((level, index)) = found {
            return Ok(self.column_node(scope, level, index, at));
        }
        let Some(id) = self.catalog.table(&table.text) else {
            let near = nearest(&table.text, self.catalog.tables.iter().map(|t| &*t.name));
            let help = near.map(|n| format!("a table with a similar name exists: `{n}`"));
            return Err(error("D0202", format!("cannot find table `{}`", table.text), table.at).with_help(help));
        };
        if scope.visual == Some(id)
            && let Some(column) = self.catalog.column(id, &name.text)
        {
            return Ok(self.visual_cell(column, at));
        }
        if self.catalog.column(id, &name.text).is_some() {
            let message = format!(
                "a single value for column `{}` in table `{}` cannot be determined: there is no row context that holds it; aggregate it (MIN, MAX, SUM …) or use it in an iterator",
                name.text, self.catalog.tables[id as usize].name
            );
            return Err(error("D0211", message, at));
        }
        if let Some(measure) = self.catalog.measure(&name.text) {
            return self.measure_ref(measure, at);
        }
        let near = nearest(&name.text, self.catalog.tables[id as usize].columns.iter().map(|c| &*self.catalog.columns[*c as usize].name));
        let help = near.map(|n| format!("a column with a similar name exists: `{n}`"));
        Err(error("D0203", format!("column `{}` not found in table `{}`", name.text, self.catalog.tables[id as usize].name), at)
            .with_help(help)
            .named(&label(&name.text)))
    }

    /// `Table[Date].[Level]`: the column of that name in the date table that the column is related to.
    fn level_column(&self, table: &Name, name: &Name, level: &Name, at: Place) -> Result<ColId> {
        let Some(id) = self.catalog.table(&table.text) else {
            let near = nearest(&table.text, self.catalog.tables.iter().map(|t| &*t.name));
            let help = near.map(|n| format!("a table with a similar name exists: `{n}`"));
            return Err(error("D0202", format!("cannot find table `{}`", table.text), table.at).with_help(help));
        };
        let Some(column) = self.catalog.column(id, &name.text) else {
            return Err(error("D0203", format!("column `{}` not found in table `{}`", name.text, table.text), at));
        };
        let mut ends: Vec<&super::catalog::RelDef> = self.catalog.rels.iter().filter(|r| r.from == column && r.regular).collect();
        let automatic = |r: &super::catalog::RelDef| {
            let name = &self.catalog.tables[self.catalog.table_of(r.to) as usize].name;
            name.starts_with("LocalDateTable_") || name.starts_with("DateTableTemplate_")
        };
        // Automatic date tables first, then relationships in force.
        ends.sort_by_key(|r| (!automatic(r), !r.active));
        let found = ends.iter().find_map(|r| self.catalog.column(self.catalog.table_of(r.to), &level.text));
        found.ok_or_else(|| {
            let label = self.catalog.column_label(column);
            let message = match ends.first() {
                None => format!("`{label}` has no date hierarchy, so there is no level `[{}]`", level.text),
                Some(_) => format!("the date hierarchy of `{label}` has no level `[{}]`", level.text),
            };
            error("D0226", message, at)
        })
    }

    fn bare(&self, name: &Name, at: Place, scope: &Scope) -> Result<N> {
        if let Some(node) = self.visual_bare(name, at, scope) {
            return Ok(node);
        }
        if let Some(measure) = self.catalog.measure(&name.text) {
            return self.measure_ref(measure, at);
        }
        let wanted = fold(&name.text);
        if let Some((level, index)) = self.find_in_frames(scope, |c| fold(&c.name) == wanted, 0) {
            return Ok(self.column_node(scope, level, index, at));
        }
        // `[T[c]]`-style names of ROW and ADDCOLUMNS arrive with their table part split off.
        let near = nearest(&name.text, self.catalog.measures.iter().map(|m| &*m.name));
        let help = near.map(|n| format!("a measure with a similar name exists: `{n}`"));
        if scope.home.is_some_and(|t| self.catalog.column(t, &name.text).is_some()) {
            let message = format!("a single value for column `{}` cannot be determined: there is no row context that holds it", name.text);
            return Err(error("D0211", message, at));
        }
        Err(error("D0204", format!("cannot find measure or column `[{}]`", name.text), at).with_help(help))
    }

    fn measure_ref(&self, id: MeasureId, at: Place) -> Result<N> {
        self.note(|d| {
            d.measures.insert(self.catalog.measures[id as usize].name.to_string());
        });
        let ty = self.bind_measure(id).map_err(|e| e.at_place(at))?.ty;
        Ok(make(Kind::Measure(id), ty, None, at))
    }

    /// Resolves an argument that must name a column of the model (or of the innermost row context).
    fn model_column(&self, expr: &Expr, scope: &Scope) -> Result<ColId> {
        let column = self.model_column_inner(expr, scope)?;
        self.note_column(column);
        Ok(column)
    }

    fn model_column_inner(&self, expr: &Expr, scope: &Scope) -> Result<ColId> {
        match &expr.kind {
            ExprKind::Paren(inner) => self.model_column(inner, scope),
            ExprKind::Column { table: Some(table), name, level: None } => {
                if !table.quoted
                    && let Some(lazy) = scope.lazy.iter().rev().find(|l| l.name == fold(&table.text))
                    && let ExprKind::Name(real) = &lazy.expr.kind
                {
                    let kind = ExprKind::Column { table: Some(real.clone()), name: name.clone(), level: None };
                    return self.model_column(&Expr { kind, at: expr.at }, scope);
                }
                let Some(id) = self.catalog.table(&table.text) else {
                    let near = nearest(&table.text, self.catalog.tables.iter().map(|t| &*t.name));
                    let help = near.map(|n| format!("a table with a similar name exists: `{n}`"));
                    return Err(error("D0202", format!("cannot find table `{}`", table.text), table.at).with_help(help));
                };
                self.catalog.column(id, &name.text).ok_or_else(|| {
                    let columns = self.catalog.tables[id as usize].columns.iter();
                    let near = nearest(&name.text, columns.map(|c| &*self.catalog.columns[*c as usize].name));
                    let help = near.map(|n| format!("a column with a similar name exists: `{n}`"));
                    error("D0203", format!("column `{}` not found in table `{}`", name.text, table.text), expr.at).with_help(help)
                })
            }
            ExprKind::Column { table: None, name, level: None } => {
                if let Some((level, index)) = self.find_in_frames(scope, |c| fold(&c.name) == fold(&name.text) && c.lineage.is_some(), 0) {
                    return Ok(scope.frames[level].schema.columns[index].lineage.expect("tested above"));
                }
                if let Some(column) = scope.home.and_then(|t| self.catalog.column(t, &name.text)) {
                    return Ok(column);
                }
                let all: Vec<ColId> = (0..self.catalog.columns.len() as ColId)
                    .filter(|c| fold(&self.catalog.columns[*c as usize].name) == fold(&name.text))
                    .collect();
                match all.as_slice() {
                    [one] => Ok(*one),
                    _ => Err(error("D0204", format!("cannot find column `[{}]`", name.text), expr.at)),
                }
            }
            ExprKind::Column { table: Some(table), name, level: Some(level) } => self.level_column(table, name, level, expr.at),
            ExprKind::Name(name) if !name.quoted => match scope.lazy.iter().rev().find(|l| l.name == fold(&name.text)) {
                Some(lazy) => self.model_column(&lazy.expr, &lazy.scope),
                None => Err(error("D0227", "a column reference is expected here", expr.at)),
            },
            _ => Err(error("D0227", "a column reference is expected here", expr.at)),
        }
    }

    /// Resolves a bare table name; `None` when the expression is something else.
    fn model_table(&self, expr: &Expr, scope: &Scope) -> Option<TableId> {
        match &expr.kind {
            ExprKind::Paren(inner) => self.model_table(inner, scope),
            ExprKind::Name(name) => {
                if !name.quoted {
                    let wanted = fold(&name.text);
                    if let Some(lazy) = scope.lazy.iter().rev().find(|l| l.name == wanted) {
                        return self.model_table(&lazy.expr, &lazy.scope);
                    }
                    if scope.vars.iter().any(|v| v.name == wanted) {
                        return None;
                    }
                }
                self.catalog.table(&name.text)
            }
            _ => None,
        }
    }
}

/// The value of a node that is a literal, or a variable bound to one.
fn constant_of(node: &N) -> Option<Value> {
    match &node.kind {
        Kind::Const(value) => Some(value.clone()),
        _ => None,
    }
}

/// A node whose dependencies are those of its children.
fn make(kind: Kind, ty: Ty, schema: Option<Arc<Schema>>, at: Place) -> N {
    let deps = children_deps(&kind);
    Arc::new(Node { kind, ty, schema, at, deps })
}

fn binary(op: BinaryOp, left: N, right: N, at: Place) -> Result<N> {
    let cmp = match op {
        BinaryOp::Equal => Some(CmpOp::Equal),
        BinaryOp::StrictEqual => Some(CmpOp::StrictEqual),
        BinaryOp::NotEqual => Some(CmpOp::NotEqual),
        BinaryOp::Less => Some(CmpOp::Less),
        BinaryOp::LessEqual => Some(CmpOp::LessEqual),
        BinaryOp::Greater => Some(CmpOp::Greater),
        BinaryOp::GreaterEqual => Some(CmpOp::GreaterEqual),
        _ => None,
    };
    if let Some(cmp) = cmp {
        let family = |ty: Ty| match ty {
            Ty::Int | Ty::Currency | Ty::Double | Ty::Date => Some("number"),
            Ty::Text => Some("text"),
            Ty::Boolean => Some("true/false"),
            _ => None,
        };
        if let (Some(a), Some(b)) = (family(left.ty), family(right.ty))
            && a != b
        {
            let message = format!(
                "DAX comparison operations do not support comparing values of type {a} with values of type {b}; consider VALUE or FORMAT to convert one of them"
            );
            return Err(error("D0230", message, at));
        }
        return Ok(make(Kind::Cmp(cmp, left, right), Ty::Boolean, None, at));
    }
    let op = arith_op(op).expect("the comparisons are done, and AND, OR and & have their own nodes");
    let ty = arith_type(op, left.ty, right.ty);
    Ok(make(Kind::Arith(op, left, right), ty, None, at))
}

fn arith_op(op: BinaryOp) -> Option<ArithOp> {
    Some(match op {
        BinaryOp::Add => ArithOp::Add,
        BinaryOp::Subtract => ArithOp::Subtract,
        BinaryOp::Multiply => ArithOp::Multiply,
        BinaryOp::Divide => ArithOp::Divide,
        BinaryOp::Power => ArithOp::Power,
        _ => return None,
    })
}

/// The static type of an arithmetic result.
fn arith_type(op: ArithOp, left: Ty, right: Ty) -> Ty {
    let number = |ty: Ty| match ty {
        Ty::Boolean | Ty::Blank => Ty::Int,
        Ty::Date => Ty::Double,
        other => other,
    };
    if matches!(left, Ty::Variant | Ty::Text | Ty::Binary) || matches!(right, Ty::Variant | Ty::Text | Ty::Binary) {
        return if op == ArithOp::Power { Ty::Double } else { Ty::Variant };
    }
    match op {
        ArithOp::Power => Ty::Double,
        ArithOp::Add if left == Ty::Date || right == Ty::Date => Ty::Date,
        ArithOp::Subtract if left == Ty::Date => Ty::Date,
        ArithOp::Add | ArithOp::Subtract => number(left).unify(number(right)),
        ArithOp::Multiply => match (number(left), number(right)) {
            (Ty::Int, Ty::Int) => Ty::Int,
            (Ty::Currency, Ty::Currency) => Ty::Double,
            (Ty::Currency, _) | (_, Ty::Currency) => Ty::Currency,
            _ => Ty::Double,
        },
        ArithOp::Divide => match (number(left), number(right)) {
            (Ty::Currency, Ty::Int | Ty::Double) => Ty::Currency,
            _ => Ty::Double,
        },
    }
}
