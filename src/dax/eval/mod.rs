//! Bound tree → values: contexts, storage access and the evaluation of scalars.

mod agg;
mod batch;
mod calendar;
pub mod codes;
mod context;
#[cfg(test)]
mod differential;
pub mod filter;
mod group;
pub mod info;
mod iterate;
mod narrow;
mod pass;
mod project;
mod relation;
mod scan;
pub mod store;
mod summarize;
mod table;
mod time;
mod travel;
pub mod value;
mod visual;
mod window;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use filter::{Fc, RelState};
use store::{Mask, Stored};
use value::TableVal;

use super::bind::Binder;
use super::bind::bound::{ArithOp, CmpOp, Kind, N, Op, Ty};
use super::catalog::{Catalog, ColId, MeasureId, TableId};
use super::engine::Store;
use super::error::{EvalError, EvalResult};
use super::explain::Cost;
use super::functions::{Body as FnBody, ScalarContext};
use super::scalar::{self, Comparison};
use super::syntax::Place;
use crate::base::{Currency, FileId, Span};
use crate::table::Value;

/// Levels of nested evaluation; a chain of thousands of measures is fine.
const DEEPEST: u32 = 40_000;

/// A row context: a table and the row that is looked at.
#[derive(Debug)]
pub struct RowFrame {
    /// The rows.
    pub table: Rc<TableVal>,
    /// The current one.
    pub row: Cell<usize>,
    /// The next outer row context.
    pub parent: Option<Rc<RowFrame>>,
    /// Position from the outside, starting at 0.
    pub depth: usize,
    /// Iteration over KEEPFILTERS: transition intersects.
    pub keep: bool,
}

/// A variable: evaluated once, when first used, where it was declared.
#[derive(Debug)]
struct VarLink {
    id: u32,
    node: N,
    cx: Ctx,
    value: OnceCell<EvalResult<Val>>,
    parent: Option<Rc<VarLink>>,
}

/// A scalar or a table.
#[derive(Clone, Debug)]
pub enum Val {
    /// A scalar.
    Scalar(Value),
    /// A table.
    Table(Rc<TableVal>),
}

/// State that few expressions read.
#[derive(Clone, Debug, Default)]
pub struct Misc {
    /// The measure that the calculation item in force replaces, and the items already applied.
    selected: Option<(MeasureId, usize)>,
    /// Calculation items that have been applied to the measure around: a number of `Session::applied`.
    applied: usize,
    /// Rows of the current group of GROUPBY.
    group: Option<Rc<TableVal>>,
    /// Which grouping columns of SUMMARIZE are rolled up.
    subtotals: Option<Rc<Vec<bool>>>,
}

/// Where an expression is evaluated.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// Filter context.
    pub fc: Rc<Fc>,
    /// Innermost row context.
    pub rows: Option<Rc<RowFrame>>,
    env: Option<Rc<VarLink>>,
    misc: Rc<Misc>,
}

/// Limits and counters of a query.
#[derive(Debug)]
pub struct Budget {
    /// When to stop, as an instant of the caller's clock.
    pub deadline: Option<std::time::Instant>,
    /// Bytes of intermediate tables.
    pub max_bytes: usize,
    used: Cell<usize>,
    ticks: Cell<u32>,
    depth: Cell<u32>,
}

impl Budget {
    /// Limits.
    pub fn new(deadline: Option<std::time::Instant>, max_bytes: usize) -> Budget {
        Budget { deadline, max_bytes, used: Cell::new(0), ticks: Cell::new(0), depth: Cell::new(0) }
    }
}

/// What a query found out, kept for its other cells.
type Cache<K, V> = RefCell<HashMap<K, V>>;
/// A calculation item: its expression and its format.
type BoundItem = Result<(N, Option<N>), super::engine::DaxError>;

/// One query being evaluated.
pub struct Session<'e> {
    /// Names.
    pub catalog: &'e Catalog,
    /// Data that outlives the query.
    pub store: &'e Store,
    /// Bound measures.
    pub binder: &'e Binder<'e>,
    /// Clock, culture, user.
    pub scalars: ScalarContext,
    /// Limits.
    pub budget: Budget,
    /// Without batches and scans.
    pub one_by_one: bool,
    /// Security: rows of tables that the role may see.
    pub security: RefCell<HashMap<TableId, Arc<Mask>>>,
    /// How the model sets relationships.
    pub default_rels: Rc<Vec<RelState>>,
    columns: RefCell<Vec<Option<Arc<Stored>>>>,
    own_rows: RefCell<HashMap<TableId, usize>>,
    own_columns: RefCell<HashMap<ColId, Arc<Stored>>>,
    busy: RefCell<Vec<(bool, u32)>>,
    memo: Cache<(MeasureId, u128, usize), Value>,
    batch_memo: RefCell<batch::Memo>,
    masks: Cache<(TableId, u128), Rc<Mask>>,
    mask_bytes: Cell<usize>,
    filter_masks: Cache<(TableId, u128, u64), Rc<Mask>>,
    configs: Cache<Rc<Vec<RelState>>, Rc<relation::Config>>,
    last_config: RefCell<Option<(Rc<Vec<RelState>>, Rc<relation::Config>)>>,
    vectors: Cache<(usize, TableId), Option<store::Vector>>,
    predicate_masks: Cache<(usize, TableId), Option<Rc<Mask>>>,
    keep_alive: RefCell<Vec<N>>,
    ranks: Cache<(usize, u128), Rc<Vec<Value>>>,
    items: Cache<(usize, usize), BoundItem>,
    /// Sets of calculation items (group, item) that evaluations have met; the first one is empty.
    applied: RefCell<Vec<Vec<(usize, usize)>>>,
    /// Values of DEFINE VAR.
    pub globals: RefCell<Vec<(u32, N)>>,
    global_values: Cache<u32, EvalResult<Val>>,
    trace: RefCell<Option<HashMap<usize, Cost>>>,
    tracing: Cell<bool>,
    matrices: Cache<TableId, Rc<visual::Matrix>>,
    layouts: Cache<usize, Rc<visual::Layout>>,
}

/// An error inside a loop over rows: IFERROR around the loop does not catch it.
pub(crate) fn in_rows(mut error: EvalError) -> EvalError {
    error.catchable = false;
    error
}

fn at(place: Place) -> Option<Span> {
    Some(Span { file: FileId(0), start: place.start, end: place.end })
}

pub(crate) fn fail(code: &'static str, message: impl Into<String>, place: Place) -> EvalError {
    EvalError { span: at(place), ..EvalError::new(code, message) }
}

impl<'e> Session<'e> {
    /// Starts a query.
    pub fn new(catalog: &'e Catalog, store: &'e Store, binder: &'e Binder<'e>, scalars: ScalarContext, budget: Budget) -> Session<'e> {
        let default_rels = catalog.rels.iter().map(|r| RelState { on: r.active, both: r.both, reverse: false }).collect();
        Session {
            catalog,
            store,
            binder,
            scalars,
            budget,
            one_by_one: false,
            security: RefCell::default(),
            default_rels: Rc::new(default_rels),
            columns: RefCell::new(vec![None; catalog.columns.len()]),
            own_rows: RefCell::default(),
            own_columns: RefCell::default(),
            busy: RefCell::default(),
            memo: RefCell::default(),
            batch_memo: RefCell::default(),
            masks: RefCell::default(),
            mask_bytes: Cell::new(0),
            filter_masks: RefCell::default(),
            configs: RefCell::default(),
            last_config: RefCell::default(),
            vectors: RefCell::default(),
            predicate_masks: RefCell::default(),
            keep_alive: RefCell::default(),
            ranks: RefCell::default(),
            items: RefCell::default(),
            applied: RefCell::new(vec![Vec::new()]),
            globals: RefCell::default(),
            global_values: RefCell::default(),
            trace: RefCell::default(),
            tracing: Cell::new(false),
            matrices: RefCell::default(),
            layouts: RefCell::default(),
        }
    }

    /// The context of the query: no filters, no rows.
    pub fn root(&self) -> Ctx {
        Ctx { fc: Rc::new(Fc::new(Vec::new(), self.default_rels.clone())), rows: None, env: None, misc: Rc::default() }
    }

    /// Puts security filters in force; those of relationships that carry security both ways follow.
    pub(crate) fn install_security(&self, allowed: Vec<(TableId, Mask)>) -> EvalResult<()> {
        self.security.borrow_mut().extend(allowed.into_iter().map(|(t, m)| (t, Arc::new(m))));
        self.masks.borrow_mut().clear();
        self.memo.borrow_mut().clear();
        self.batch_memo.borrow_mut().clear();
        // What one relationship carries may be what another one waits for.
        let both: Vec<_> = self.catalog.rels.iter().enumerate().filter(|(_, r)| r.security_both && r.active).collect();
        for (index, rel) in std::iter::repeat_n(&both, both.len()).flatten().copied() {
            let (many, one) = (self.catalog.table_of(rel.from), self.catalog.table_of(rel.to));
            let visible = self.mask(many, &Fc::new(Vec::new(), self.default_rels.clone()))?;
            if visible.count == visible.rows {
                continue;
            }
            let passed = self.referenced(index as u32, &visible)?;
            let merged = match self.security.borrow().get(&one) {
                Some(have) => {
                    let mut both = (**have).clone();
                    both.and(&passed);
                    both
                }
                None => passed,
            };
            self.security.borrow_mut().insert(one, Arc::new(merged));
            self.masks.borrow_mut().clear();
        }
        Ok(())
    }

    /// Starts to note what each node costs.
    pub(crate) fn start_trace(&self) {
        *self.trace.borrow_mut() = Some(HashMap::new());
        self.tracing.set(true);
    }

    /// What a node has cost, if it was evaluated on its own.
    pub(crate) fn cost_of(&self, node: &N) -> Option<Cost> {
        self.trace.borrow().as_ref()?.get(&(Arc::as_ptr(node) as usize)).copied()
    }

    /// Runs the evaluation of a node and notes its cost when asked to.
    #[inline]
    pub(crate) fn traced<T>(&self, node: &N, run: impl FnOnce() -> EvalResult<T>, rows: impl FnOnce(&T) -> usize) -> EvalResult<T> {
        if !self.tracing.get() {
            return run();
        }
        let start = std::time::Instant::now();
        let result = run()?;
        if let Some(trace) = self.trace.borrow_mut().as_mut() {
            let cost = trace.entry(Arc::as_ptr(node) as usize).or_default();
            cost.calls += 1;
            cost.rows += rows(&result) as u64;
            cost.time += start.elapsed();
        }
        Ok(result)
    }

    /// Counts work; fails when time is up.
    #[inline]
    pub(crate) fn tick(&self) -> EvalResult<()> {
        let ticks = self.budget.ticks.get().wrapping_add(1);
        self.budget.ticks.set(ticks);
        if ticks.is_multiple_of(1024) { self.check_time() } else { Ok(()) }
    }

    pub(crate) fn check_time(&self) -> EvalResult<()> {
        if self.budget.deadline.is_some_and(|d| std::time::Instant::now() >= d) {
            return Err(EvalError { catchable: false, ..EvalError::new("D0380", "the query took longer than its time limit") });
        }
        Ok(())
    }

    /// Counts bytes of a table that is about to be made.
    pub(crate) fn reserve(&self, bytes: usize) -> EvalResult<()> {
        let used = self.budget.used.get().saturating_add(bytes);
        self.budget.used.set(used);
        if used > self.budget.max_bytes || bytes > self.budget.max_bytes {
            return Err(EvalError { catchable: false, ..EvalError::new("D0381", "the query needs more memory than its limit") });
        }
        self.check_time()
    }

    /// Gives back what [`Session::reserve`] counted.
    pub(crate) fn release(&self, bytes: usize) {
        self.budget.used.set(self.budget.used.get().saturating_sub(bytes));
    }

    /// Number of real rows of a table.
    pub(crate) fn rows(&self, table: TableId) -> EvalResult<usize> {
        if let Some(rows) = self.own_rows.borrow().get(&table) {
            return Ok(*rows);
        }
        if (table as usize) < self.store.table_count() {
            let def = &self.catalog.tables[table as usize];
            if def.calculated.is_some() || def.group.is_some() {
                self.load_calculated(table)?;
                if let Some(rows) = self.own_rows.borrow().get(&table) {
                    return Ok(*rows);
                }
            }
            return self.store.rows(self.catalog, table);
        }
        self.load_calculated(table)?;
        self.own_rows
            .borrow()
            .get(&table)
            .copied()
            .ok_or_else(|| EvalError::new("D0321", format!("table `{}` has no rows", self.catalog.tables[table as usize].name)))
    }

    /// The storage of a column; calculated columns and tables are evaluated on first touch.
    pub(crate) fn column(&self, col: ColId) -> EvalResult<Arc<Stored>> {
        if let Some(Some(stored)) = self.columns.borrow().get(col as usize) {
            return Ok(stored.clone());
        }
        let stored = self.load_column(col)?;
        let mut columns = self.columns.borrow_mut();
        if columns.len() <= col as usize {
            columns.resize(col as usize + 1, None);
        }
        columns[col as usize] = Some(stored.clone());
        Ok(stored)
    }

    fn load_column(&self, col: ColId) -> EvalResult<Arc<Stored>> {
        let def = &self.catalog.columns[col as usize];
        if let Some(stored) = self.own_columns.borrow().get(&col) {
            return Ok(stored.clone());
        }
        if def.calculated.is_some() || def.query_expr.is_some() {
            let shared = def.query_expr.is_none() && (def.table as usize) < self.store.table_count();
            if shared && let Some(stored) = self.store.calculated_column(col) {
                return Ok(stored);
            }
            let label = self.catalog.column_label(col);
            let stored = self.exclusive((true, col), &format!("column `{label}`"), || self.evaluate_column(col))?;
            if shared {
                self.store.keep_column(col, &stored);
            }
            self.own_columns.borrow_mut().insert(col, stored.clone());
            return Ok(stored);
        }
        let table = &self.catalog.tables[def.table as usize];
        if table.calculated.is_some() || table.query_expr.is_some() || table.group.is_some() {
            self.load_calculated(def.table)?;
            if let Some(stored) = self.own_columns.borrow().get(&col) {
                return Ok(stored.clone());
            }
        }
        self.store.column(self.catalog, col)
    }

    fn exclusive<T>(&self, key: (bool, u32), what: &str, make: impl FnOnce() -> EvalResult<T>) -> EvalResult<T> {
        if self.busy.borrow().contains(&key) {
            return Err(EvalError {
                catchable: false,
                ..EvalError::new("D0290", format!("a circular dependency: {what} depends on itself"))
            });
        }
        self.busy.borrow_mut().push(key);
        let result = make();
        self.busy.borrow_mut().pop();
        result
    }

    fn evaluate_column(&self, col: ColId) -> EvalResult<Arc<Stored>> {
        let node = self.binder.bind_column(col).map_err(|e| e.to_eval())?;
        let table = self.catalog.columns[col as usize].table;
        let rows = self.rows(table)?;
        if self.catalog.tables[table as usize].visual.is_some() {
            return self.evaluate_visual_column(col, &node, rows);
        }
        let all: Arc<Vec<u32>> = Arc::new((0..rows as u32).collect());
        // Only columns that the expression reads are touched, so that columns may depend on each other.
        let mut frame = self.lazy_rows(table, &all, &node)?;
        frame.bases.push((table, all));
        let cx = self.root();
        let cx = Ctx { env: None, ..cx };
        let values = self.map_rows(&Rc::new(frame), &node, &cx, false)?;
        let name = self.catalog.columns[col as usize].name.to_string();
        let wanted = self.catalog.columns[col as usize].data_type;
        let column = self.store_values(&name, values, wanted.or(node.ty.data_type()))?;
        Ok(Arc::new(Stored::new(column)))
    }

    /// Makes a column of one type from values, as calculated columns and tables are stored.
    pub(crate) fn store_values(
        &self,
        name: &str,
        values: Vec<Value>,
        wanted: Option<crate::table::DataType>,
    ) -> EvalResult<crate::table::Column> {
        let ty = wanted.unwrap_or_else(|| {
            let common = values.iter().fold(Ty::Blank, |ty, v| ty.unify(Ty::of_value(v)));
            common.data_type().unwrap_or(crate::table::DataType::String)
        });
        let mut builder = crate::table::ColumnBuilder::new(name, ty);
        for value in values {
            let value = match &value {
                Value::Blank => value,
                v if v.data_type() == Some(ty) => value,
                v => scalar::convert(&self.scalars, v, ty)?,
            };
            builder.push(value).map_err(|e| EvalError::new("D0322", e.to_string()))?;
        }
        Ok(builder.finish())
    }

    /// Evaluates a calculated table, a query's table, or the rows of a calculation group.
    fn load_calculated(&self, table: TableId) -> EvalResult<()> {
        if self.own_rows.borrow().contains_key(&table) {
            return Ok(());
        }
        let def = &self.catalog.tables[table as usize];
        if let Some(group) = def.group {
            let group = &self.catalog.groups[group];
            let rows = group.items.len();
            for col in &def.columns {
                let column = &self.catalog.columns[*col as usize];
                if column.calculated.is_some() {
                    continue;
                }
                let values: Vec<Value> = if *col == group.column {
                    group.items.iter().map(|i| Value::text(i.name.clone())).collect()
                } else if column.data_type == Some(crate::table::DataType::Int64) {
                    group.items.iter().enumerate().map(|(n, i)| Value::Int64(i.ordinal.unwrap_or(n as i64))).collect()
                } else {
                    vec![Value::Blank; rows]
                };
                let stored = Stored::new(self.store_values(&column.name, values, column.data_type)?);
                self.own_columns.borrow_mut().insert(*col, Arc::new(stored));
            }
            self.own_rows.borrow_mut().insert(table, rows);
            return Ok(());
        }
        let shared = (table as usize) < self.store.table_count();
        if shared && let Some((rows, columns)) = self.store.calculated_table(table) {
            self.own_columns.borrow_mut().extend(def.columns.iter().copied().zip(columns));
            self.own_rows.borrow_mut().insert(table, rows);
            return Ok(());
        }
        let parsed;
        let expr = match (&def.query_expr, &def.calculated) {
            (Some(expr), _) => &**expr,
            (None, Some(source)) => {
                parsed = super::syntax::parse_expression(&source.text).map_err(|e| super::engine::DaxError::from(e).to_eval())?;
                &parsed
            }
            (None, None) => return Ok(()),
        };
        let what = format!("table `{}`", def.name);
        let (value, schema) = self.exclusive((false, table), &what, || {
            let node = self.binder.table(expr, &super::bind::Scope::default()).map_err(|e| e.inside(&what).to_eval())?;
            let cx = self.root();
            let cx = if def.query_expr.is_some() { cx } else { Ctx { env: None, ..cx } };
            Ok((self.table(&node, &cx)?, node.schema.clone().expect("a table")))
        })?;
        let data: Vec<ColId> = def
            .columns
            .iter()
            .copied()
            .filter(|c| self.catalog.columns[*c as usize].calculated.is_none() && self.catalog.columns[*c as usize].query_expr.is_none())
            .collect();
        let added = def.visual.as_ref().and_then(|shape| shape.densified);
        let mut types = Vec::with_capacity(data.len());
        let mut cells: Vec<Vec<Value>> = Vec::with_capacity(data.len());
        for (position, col) in data.iter().enumerate() {
            let column = &self.catalog.columns[*col as usize];
            if added == Some(*col) {
                types.push(column.data_type);
                cells.push(Vec::new());
                continue;
            }
            // `[Name]`, `Table[Name]` or the plain name; by position when names were changed.
            let wanted = column.source_name.rsplit('[').next().unwrap_or("").trim_end_matches(']');
            let find = |name: &str| schema.columns.iter().position(|c| super::catalog::fold(&c.name) == super::catalog::fold(name));
            let label = |name: &str| {
                schema.columns.iter().position(|c| super::catalog::fold(&c.label()) == super::catalog::fold(&name.replace('\'', "")))
            };
            let index = label(&column.source_name).or_else(|| find(wanted)).or_else(|| find(&column.name)).unwrap_or(position);
            let Some(source) = value.cols.get(index) else {
                return Err(EvalError::new("D0323", format!("{what} has no column for `{}`", column.name)));
            };
            cells.push((0..value.n).map(|r| source.get(r)).collect());
            types.push(column.data_type.or(schema.columns[index].ty.data_type()));
        }
        let rows = if added.is_some() { self.densify(table, &data, &mut cells)? } else { value.n };
        let mut columns = Vec::with_capacity(data.len());
        for ((col, values), ty) in data.iter().zip(cells).zip(types) {
            let name = &self.catalog.columns[*col as usize].name;
            columns.push(Arc::new(Stored::new(self.store_values(name, values, ty)?)));
        }
        if shared {
            self.store.keep_table(table, rows, &columns);
        }
        self.own_columns.borrow_mut().extend(data.into_iter().zip(columns));
        self.own_rows.borrow_mut().insert(table, rows);
        Ok(())
    }

    /// The row context at a level.
    fn frame<'c>(&self, cx: &'c Ctx, level: usize) -> &'c Rc<RowFrame> {
        let mut frame = cx.rows.as_ref().expect("the binder saw this row context");
        while frame.depth > level {
            frame = frame.parent.as_ref().expect("levels count from 0");
        }
        frame
    }

    /// Opens a row context.
    pub(crate) fn enter(&self, cx: &Ctx, table: &Rc<TableVal>, keep: bool) -> (Ctx, Rc<RowFrame>) {
        let depth = cx.rows.as_ref().map_or(0, |r| r.depth + 1);
        let frame = Rc::new(RowFrame { table: table.clone(), row: Cell::new(0), parent: cx.rows.clone(), depth, keep });
        (Ctx { rows: Some(frame.clone()), ..cx.clone() }, frame)
    }

    fn variable(&self, id: u32, cx: &Ctx) -> EvalResult<Val> {
        let mut link = cx.env.as_ref();
        while let Some(var) = link {
            if var.id == id {
                return var
                    .value
                    .get_or_init(|| {
                        let result = if var.node.schema.is_some() {
                            self.table(&var.node, &var.cx).map(Val::Table)
                        } else {
                            self.scalar(&var.node, &var.cx).map(Val::Scalar)
                        };
                        result.map_err(in_rows)
                    })
                    .clone();
            }
            link = var.parent.as_ref();
        }
        // A variable of DEFINE: evaluated once, in the context of the query.
        if let Some(done) = self.global_values.borrow().get(&id) {
            return done.clone();
        }
        let node = self.globals.borrow().iter().find(|(v, _)| *v == id).map(|(_, n)| n.clone());
        let Some(node) = node else { return Err(EvalError::new("D0324", "a variable is used outside of its scope")) };
        let root = self.root();
        let result =
            if node.schema.is_some() { self.table(&node, &root).map(Val::Table) } else { self.scalar(&node, &root).map(Val::Scalar) };
        let result = result.map_err(in_rows);
        self.global_values.borrow_mut().insert(id, result.clone());
        result
    }

    fn bind_vars(&self, vars: &[(u32, N)], cx: &Ctx) -> Ctx {
        let mut cx = cx.clone();
        for (id, node) in vars {
            // Rows move on while a frame is reused; a variable belongs to the row it was declared at, and is only used there.
            let link = VarLink { id: *id, node: node.clone(), cx: cx.clone(), value: OnceCell::new(), parent: cx.env.clone() };
            cx.env = Some(Rc::new(link));
        }
        cx
    }

    /// Evaluates a scalar.
    pub(crate) fn scalar(&self, node: &N, cx: &Ctx) -> EvalResult<Value> {
        match &node.kind {
            Kind::Const(value) => return Ok(value.clone()),
            Kind::Col { level, index } => {
                let frame = self.frame(cx, *level);
                return Ok(frame.table.cols[*index].get(frame.row.get()));
            }
            _ => {}
        }
        let depth = self.budget.depth.get() + 1;
        if depth > DEEPEST {
            return Err(EvalError { catchable: false, ..fail("D0382", "the expression calls itself too deeply", node.at) });
        }
        self.budget.depth.set(depth);
        let used = self.budget.used.get();
        let result = self.traced(node, || stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, || self.scalar_inner(node, cx)), |_| 1);
        self.budget.depth.set(depth - 1);
        // Tables made on the way to a scalar are gone.
        self.budget.used.set(used);
        result.map_err(|mut e| {
            if e.span.is_none() {
                e.span = at(node.at);
            }
            e
        })
    }

    fn scalar_inner(&self, node: &N, cx: &Ctx) -> EvalResult<Value> {
        self.tick()?;
        let sx = &self.scalars;
        Ok(match &node.kind {
            Kind::Const(value) => value.clone(),
            Kind::Col { .. } => unreachable!("handled by the caller"),
            Kind::Var(id) => match self.variable(*id, cx)? {
                Val::Scalar(value) => value,
                Val::Table(table) => self.single(&table, node.at)?,
            },
            Kind::Measure(id) => self.measure(*id, cx)?,
            Kind::SelectedMeasure => self.selected_measure(cx, node.at)?,
            Kind::IsSelectedMeasure(list) => Value::Boolean(cx.misc.selected.is_some_and(|(m, _)| list.contains(&m))),
            Kind::Neg(a) => scalar::neg(sx, &self.scalar(a, cx)?)?,
            Kind::Arith(op, a, b) => {
                let (a, b) = (self.scalar(a, cx)?, self.scalar(b, cx)?);
                arith_typed(sx, *op, &a, &b, node.ty)?
            }
            Kind::ArithChain(first, rest) => {
                let mut value = self.scalar(first, cx)?;
                for (op, item) in rest {
                    value = arith(sx, *op, &value, &self.scalar(item, cx)?)?;
                }
                typed(value, node.ty)
            }
            Kind::Concat(items) => {
                let mut out = String::new();
                for item in items {
                    let value = self.scalar(item, cx)?;
                    match &value {
                        Value::String(s) => out.push_str(s),
                        other => out.push_str(&scalar::to_text(sx, other)),
                    }
                }
                Value::text(out)
            }
            Kind::Cmp(op, a, b) => {
                let (a, b) = (self.scalar(a, cx)?, self.scalar(b, cx)?);
                Value::Boolean(compare(*op, &a, &b)?)
            }
            Kind::And(items) => {
                // Conditions on a row have no order: one that fails does not matter when another is false.
                let mut failed = None;
                for item in items {
                    match self.scalar(item, cx).and_then(|v| scalar::to_bool(sx, &v)) {
                        Ok(false) => return Ok(Value::Boolean(false)),
                        Ok(true) => {}
                        Err(e) if e.catchable && item.deps.frames != 0 => failed = failed.or(Some(e)),
                        Err(e) => return Err(e),
                    }
                }
                if let Some(e) = failed {
                    return Err(e);
                }
                Value::Boolean(true)
            }
            Kind::Or(items) => {
                for item in items {
                    if scalar::to_bool(sx, &self.scalar(item, cx)?)? {
                        return Ok(Value::Boolean(true));
                    }
                }
                Value::Boolean(false)
            }
            Kind::Not(a) => Value::Boolean(!scalar::to_bool(sx, &self.scalar(a, cx)?)?),
            Kind::In(items, table) => self.contains_row(items, table, cx)?,
            Kind::Let(vars, body) => self.scalar(body, &self.bind_vars(vars, cx))?,
            Kind::Calculate(body, filters) => {
                let inner = self.calculate_context(filters, cx)?;
                self.scalar(body, &inner)?
            }
            Kind::Scalar(function, args) => {
                let FnBody::Scalar(run) = function.body else {
                    return Err(EvalError::unsupported(format!("`{}` is not available", function.name)));
                };
                let mut values: smallvec::SmallVec<[Value; 4]> = smallvec::SmallVec::new();
                for arg in args {
                    values.push(self.scalar(arg, cx)?);
                }
                run(sx, &values)?
            }
            Kind::Op(op, args) => self.operator(*op, args, node, cx)?,
            Kind::TableAsScalar(table) => {
                if let Some(value) = self.quick_single(table, cx)? {
                    return Ok(value);
                }
                let value = self.table(table, cx)?;
                self.single(&value, node.at)?
            }
            Kind::Agg { .. } => self.aggregate(node, cx)?,
            Kind::IsEmpty(table) => Value::Boolean(self.count_rows(table, cx)? == 0),
            Kind::SelectedValue(col, alternate) => {
                let ids = self.visible_ids(*col, cx)?;
                match ids.as_slice() {
                    [id] => self.column(*col)?.dict().value(*id),
                    _ => match alternate {
                        Some(alternate) => self.scalar(alternate, cx)?,
                        None => Value::Blank,
                    },
                }
            }
            Kind::HasOneValue(col) => Value::Boolean(self.visible_ids(*col, cx)?.len() == 1),
            _ => self.scalar_rest(node, cx)?,
        })
    }

    /// The one cell of a one-column table.
    fn single(&self, table: &TableVal, place: Place) -> EvalResult<Value> {
        match table.n {
            0 => Ok(Value::Blank),
            1 => Ok(table.get(0, 0)),
            _ => Err(fail("D0329", "a table of multiple values was supplied where a single value was expected", place)),
        }
    }

    fn operator(&self, op: Op, args: &[N], node: &N, cx: &Ctx) -> EvalResult<Value> {
        let sx = &self.scalars;
        Ok(match op {
            Op::If | Op::IfEager => {
                let test = scalar::to_bool(sx, &self.scalar(&args[0], cx)?)?;
                if op == Op::IfEager {
                    let then = self.scalar(&args[1], cx)?;
                    let other = args.get(2).map_or(Ok(Value::Blank), |a| self.scalar(a, cx))?;
                    return self.unified(if test { then } else { other }, node.ty);
                }
                let branch = if test { Some(&args[1]) } else { args.get(2) };
                let value = branch.map_or(Ok(Value::Blank), |b| self.scalar(b, cx))?;
                self.unified(value, node.ty)?
            }
            Op::Switch => {
                let value = self.scalar(&args[0], cx)?;
                let mut i = 1;
                let mut chosen = None;
                while i + 1 < args.len() {
                    let case = self.scalar(&args[i], cx)?;
                    if compare(CmpOp::Equal, &value, &case)? {
                        chosen = Some(&args[i + 1]);
                        break;
                    }
                    i += 2;
                }
                let chosen = chosen.or_else(|| if args.len().is_multiple_of(2) { args.last() } else { None });
                let value = chosen.map_or(Ok(Value::Blank), |b| self.scalar(b, cx))?;
                self.unified(value, node.ty)?
            }
            Op::IfError => match self.caught(&args[0], cx)? {
                Some(value) => self.unified(value, node.ty)?,
                None => {
                    let value = self.scalar(&args[1], cx)?;
                    self.unified(value, node.ty)?
                }
            },
            Op::IsError => Value::Boolean(self.caught(&args[0], cx)?.is_none()),
            Op::Coalesce => {
                for arg in args {
                    let value = self.scalar(arg, cx)?;
                    if !value.is_blank() {
                        return self.unified(value, node.ty);
                    }
                }
                Value::Blank
            }
            Op::Min2 | Op::Max2 => {
                let (a, b) = (self.scalar(&args[0], cx)?, self.scalar(&args[1], cx)?);
                let order = scalar::compare(&a, &b)?.unwrap_or(std::cmp::Ordering::Equal);
                // BLANK counts as 0 against 0, and wins only when it is strictly better; equal values prefer the non-blank one.
                let first = match order {
                    std::cmp::Ordering::Equal => !a.is_blank(),
                    std::cmp::Ordering::Less => op == Op::Min2,
                    std::cmp::Ordering::Greater => op == Op::Max2,
                };
                self.unified(if first { a } else { b }, node.ty)?
            }
            Op::IsBlank => Value::Boolean(self.scalar(&args[0], cx)?.is_blank()),
            Op::Error => {
                let text = scalar::to_text(sx, &self.scalar(&args[0], cx)?);
                return Err(fail("D0311", text.to_string(), node.at));
            }
            Op::UserCulture => Value::text(self.scalars.culture.clone()),
            Op::SelectedMeasureName => match cx.misc.selected {
                Some((measure, _)) => Value::text(self.catalog.measures[measure as usize].name.to_string()),
                None => return Err(fail("D0312", "SELECTEDMEASURENAME is used outside of a calculation item", node.at)),
            },
            Op::SelectedMeasureFormat => match cx.misc.selected {
                Some((measure, _)) => self.measure_format(measure, cx)?,
                None => return Err(fail("D0312", "SELECTEDMEASUREFORMATSTRING is used outside of a calculation item", node.at)),
            },
            _ => return Err(EvalError::unsupported("this operator is not available")),
        })
    }

    /// The value, or `None` for an error that IFERROR catches; infinities and NaN count as errors.
    fn caught(&self, node: &N, cx: &Ctx) -> EvalResult<Option<Value>> {
        match self.scalar(node, cx) {
            Ok(Value::Double(v)) if !v.is_finite() => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(e) if e.catchable => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Converts a branch's value to the common numeric type of all branches.
    pub(crate) fn unified(&self, value: Value, ty: Ty) -> EvalResult<Value> {
        Ok(match (ty, value) {
            (Ty::Double, Value::Int64(v)) => Value::Double(v as f64),
            (Ty::Double, Value::Currency(v)) => Value::Double(v.to_f64()),
            (Ty::Currency, Value::Int64(v)) => match v.checked_mul(Currency::SCALE) {
                Some(units) => Value::Currency(Currency(units)),
                None => return Err(EvalError::new("D0302", "an overflow: the number does not fit a fixed decimal")),
            },
            (_, value) => value,
        })
    }

    /// Evaluates an expression for each row of a table.
    pub(crate) fn map_rows(&self, table: &Rc<TableVal>, node: &N, cx: &Ctx, keep: bool) -> EvalResult<Vec<Value>> {
        if let Some(values) = self.batch_rows(table, node, cx, keep)? {
            return Ok(values);
        }
        let (inner, frame) = self.enter(cx, table, keep);
        let mut out = Vec::with_capacity(table.n);
        for row in 0..table.n {
            frame.row.set(row);
            out.push(self.scalar(node, &inner).map_err(in_rows)?);
        }
        Ok(out)
    }
}

/// Arithmetic on two values.
pub(crate) fn arith(sx: &ScalarContext, op: ArithOp, a: &Value, b: &Value) -> EvalResult<Value> {
    match op {
        ArithOp::Add => scalar::add(sx, a, b),
        ArithOp::Subtract => scalar::sub(sx, a, b),
        ArithOp::Multiply => scalar::mul(sx, a, b),
        ArithOp::Divide => scalar::div(sx, a, b),
        ArithOp::Power => scalar::pow(sx, a, b),
    }
}

/// The same; BLANK beside a number takes the type that the expression has for every row.
pub(crate) fn arith_typed(sx: &ScalarContext, op: ArithOp, a: &Value, b: &Value, ty: Ty) -> EvalResult<Value> {
    let value = arith(sx, op, a, b)?;
    Ok(if a.is_blank() || b.is_blank() { typed(value, ty) } else { value })
}

/// A number as the wider type that its expression has.
pub(crate) fn typed(value: Value, ty: Ty) -> Value {
    match (ty, value) {
        (Ty::Double, Value::Int64(v)) => Value::Double(v as f64),
        (Ty::Double, Value::Currency(v)) => Value::Double(v.to_f64()),
        (Ty::Currency, Value::Int64(v)) => Value::Currency(Currency(v.wrapping_mul(Currency::SCALE))),
        (Ty::Date, Value::Int64(v)) => Value::DateTime(v as f64),
        (Ty::Date, Value::Currency(v)) => Value::DateTime(v.to_f64()),
        (Ty::Date, Value::Double(v)) => Value::DateTime(v),
        (_, value) => value,
    }
}

/// A comparison of two values.
pub(crate) fn compare(op: CmpOp, a: &Value, b: &Value) -> EvalResult<bool> {
    let comparison = match op {
        CmpOp::Equal => Comparison::Equal,
        CmpOp::StrictEqual => return scalar::equals_strict(a, b),
        CmpOp::NotEqual => Comparison::NotEqual,
        CmpOp::Less => Comparison::Less,
        CmpOp::LessEqual => Comparison::LessOrEqual,
        CmpOp::Greater => Comparison::Greater,
        CmpOp::GreaterEqual => Comparison::GreaterOrEqual,
    };
    scalar::compare_with(comparison, a, b)
}

pub(crate) use table::sort_order as key_order;
