//! Evaluating an expression for many rows or groups at once.
//!
//! A batch is one filter context for all rows plus key columns that hold, for each row, the value (or set of values) that is
//! filtered besides. Scalars become vectors; an aggregation becomes one grouped pass over its table (`group`). What has no rule
//! here is evaluated row by row in the context that the row stands for, so the result is always that of the slow way.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::filter::{Body, Fc, Filter, Origin, Wide};
use super::scan::{flip, ids_compared};
use super::store::{IdSet, Mask};
use super::value::{TCol, TableVal};
use super::{Ctx, Session, Val, VarLink, arith, arith_typed, compare, in_rows, typed};
use crate::dax::bind::bound::{CmpOp, FilterArg, Kind, N, Op, Period, Removal, Time};
use crate::dax::catalog::{ColId, MeasureId, TableId};
use crate::dax::error::EvalResult;
use crate::dax::functions::Body as FnBody;
use crate::dax::scalar;
use crate::table::Value;

/// What a key column filters.
#[derive(Clone, Debug)]
pub(crate) enum KeyKind {
    /// One id of a column per row.
    Ids(Rc<Vec<u32>>),
    /// A set of ids of a column per row.
    Sets(Rc<Vec<Rc<IdSet>>>),
}

/// A key of a batch.
#[derive(Clone, Debug)]
pub(crate) struct BatchKey {
    pub col: ColId,
    pub kind: KeyKind,
    pub origin: Origin,
    /// The sets stand for whole rows of the column's table.
    whole: bool,
    /// The key stands for whole rows of its table, these ones.
    pub rows: Option<Rc<Vec<u32>>>,
}

/// Measures that a query has evaluated, by measure, filter context and keys.
pub(crate) type Memo = HashMap<(MeasureId, u128, u128), Remembered>;

/// Fewer rows than these are computed one by one.
const FEW_STRAIGHT: usize = 8;

/// Rows that a straight expression is computed for together: their values stay in the processor's cache.
const PIECE: usize = 4_096;

/// Most bytes of values that a query remembers.
const MEMO_BYTES: usize = 64 << 20;

/// The values of a measure for the rows of a batch.
pub(crate) struct Remembered {
    values: Vec<Value>,
    // What the hashes name by address stays alive with them.
    _keys: Vec<BatchKey>,
    _fc: Rc<Fc>,
}

/// A hash of what each row of a batch filters.
fn keys_hash(n: usize, keys: &[BatchKey]) -> u128 {
    let mut h = Wide::new();
    h.word(n as u64);
    let ids = |h: &mut Wide, ids: &[u32]| {
        h.word(ids.len() as u64);
        ids.chunks(2).for_each(|pair| h.word(u64::from(pair[0]) << 32 | u64::from(pair.get(1).copied().unwrap_or(0))));
    };
    for key in keys {
        h.word(u64::from(key.col));
        h.word(match &key.origin {
            Origin::Explicit => 1,
            Origin::Group => 2,
            Origin::Row(rows) => Rc::as_ptr(rows) as usize as u64,
        });
        match &key.kind {
            KeyKind::Ids(list) => ids(&mut h, list),
            KeyKind::Sets(sets) => {
                h.word(u64::MAX - u64::from(key.whole));
                for set in sets.iter() {
                    h.word(u64::from(set.low) << 32 | u64::from(set.high));
                    set.bits.iter().flatten().for_each(|w| h.word(*w));
                }
            }
        }
        if let Some(rows) = &key.rows {
            ids(&mut h, rows);
        }
    }
    h.finish128()
}

/// A column with the ids that each row of a batch lets through.
struct RowSets {
    col: ColId,
    list: Vec<Rc<IdSet>>,
    /// The column is the key of its table, and whole rows are filtered.
    whole: bool,
}

/// Columns that a row stands for: ids, and the rows themselves where the row is a whole one.
type RowColumns = Vec<(ColId, Rc<Vec<u32>>, Option<Rc<Vec<u32>>>)>;

/// Rows to evaluate together.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub n: usize,
    /// Context of all rows.
    pub cx: Ctx,
    /// What each row filters besides.
    pub keys: Vec<BatchKey>,
    /// The row context that moves with the rows, and its level.
    frame: Option<(Rc<TableVal>, usize)>,
    /// Variables with a value per row.
    vars: Vec<(u32, N, Rc<Vec<Value>>)>,
}

impl Batch {
    pub(super) fn pick(&self, at: &[u32]) -> Batch {
        let ids = |v: &Rc<Vec<u32>>| Rc::new(at.iter().map(|i| v[*i as usize]).collect::<Vec<u32>>());
        Batch {
            n: at.len(),
            cx: self.cx.clone(),
            keys: self
                .keys
                .iter()
                .map(|k| BatchKey {
                    rows: k.rows.as_ref().map(ids),
                    kind: match &k.kind {
                        KeyKind::Ids(v) => KeyKind::Ids(ids(v)),
                        KeyKind::Sets(v) => KeyKind::Sets(Rc::new(at.iter().map(|i| v[*i as usize].clone()).collect())),
                    },
                    ..k.clone()
                })
                .collect(),
            frame: self.frame.as_ref().map(|(t, l)| (Rc::new(t.pick(at)), *l)),
            vars: self
                .vars
                .iter()
                .map(|(id, n, v)| (*id, n.clone(), Rc::new(at.iter().map(|i| v[*i as usize].clone()).collect())))
                .collect(),
        }
    }

    /// Whether a row context moves with the rows.
    pub(super) fn has_frame(&self) -> bool {
        self.frame.is_some()
    }

    /// The batch with a row context that moves with its rows.
    pub(super) fn with_frame(self, table: Rc<TableVal>, level: usize) -> Batch {
        Batch { frame: Some((table, level)), ..self }
    }

    /// The values per row of those of some variables that have one.
    pub(super) fn values_of(&self, vars: &[u32]) -> Vec<&[Value]> {
        self.vars.iter().filter(|(id, _, _)| vars.contains(id)).map(|(_, _, values)| values.as_slice()).collect()
    }

    /// Whether an expression has the same value for every row.
    fn is_same(&self, node: &N) -> bool {
        let vars = !self.vars.iter().any(|(id, _, _)| node.deps.vars.binary_search(id).is_ok());
        let filter = !node.deps.filter || self.keys.is_empty();
        let row = self.frame.as_ref().is_none_or(|(_, level)| !node.deps.reads_row(*level));
        vars && filter && row && !node.deps.other
    }
}

/// Whether an expression does nothing but compute with cells of the row at `level`, in forms that a batch knows.
fn straight(node: &N, level: usize) -> bool {
    if !node.deps.reads_row(level) && node.deps.vars.is_empty() {
        return node.schema.is_none();
    }
    let all = |items: &[N]| items.iter().all(|item| straight(item, level));
    match &node.kind {
        Kind::Const(_) | Kind::Var(_) => true,
        Kind::Col { level: l, .. } | Kind::Related { level: l, .. } => *l == level,
        Kind::Neg(a) | Kind::Not(a) => straight(a, level),
        Kind::Arith(_, a, b) | Kind::Cmp(_, a, b) => straight(a, level) && straight(b, level),
        Kind::ArithChain(first, rest) => straight(first, level) && rest.iter().all(|(_, item)| straight(item, level)),
        Kind::Concat(items) | Kind::And(items) | Kind::Or(items) | Kind::Scalar(_, items) => all(items),
        Kind::Op(Op::If | Op::Switch | Op::IsBlank | Op::Coalesce, items) => all(items),
        Kind::Let(vars, body) => straight(body, level) && vars.iter().all(|(_, value)| straight(value, level)),
        _ => false,
    }
}

/// An operand of all rows: one value, or a value for each.
enum Operand {
    Same(Value),
    Each(Vec<Value>),
}

impl Operand {
    fn at(&self, row: usize) -> &Value {
        match self {
            Operand::Same(value) => value,
            Operand::Each(values) => &values[row],
        }
    }
}

impl Session<'_> {
    /// An expression for every row of a table, the row being its innermost row context; `None` when rows go one by one.
    pub(crate) fn batch_rows(&self, table: &Rc<TableVal>, node: &N, cx: &Ctx, keep: bool) -> EvalResult<Option<Vec<Value>>> {
        if self.one_by_one || keep || table.n < 2 || node.deps.other {
            return Ok(None);
        }
        let level = cx.rows.as_ref().map_or(0, |r| r.depth + 1);
        if !node.deps.transition {
            return Ok(if table.n >= FEW_STRAIGHT && straight(node, level) { self.straight_rows(table, node, cx, level) } else { None });
        }
        let batch = Batch { n: table.n, cx: cx.clone(), keys: Vec::new(), frame: Some((table.clone(), level)), vars: Vec::new() };
        self.evaluate_batch(node, &batch).map_err(in_rows).map(Some)
    }

    /// An expression that only computes with cells, some thousand rows at a time; `None` when something goes wrong, which is for the slow
    /// way to say.
    fn straight_rows(&self, table: &Rc<TableVal>, node: &N, cx: &Ctx, level: usize) -> Option<Vec<Value>> {
        let piece = |rows: Rc<TableVal>| {
            let batch = Batch { n: rows.n, cx: cx.clone(), keys: Vec::new(), frame: Some((rows, level)), vars: Vec::new() };
            self.evaluate_batch(node, &batch).ok()
        };
        if table.n <= PIECE {
            return piece(table.clone());
        }
        let mut out = Vec::with_capacity(table.n);
        for first in (0..table.n).step_by(PIECE) {
            let rows: Vec<u32> = (first..(first + PIECE).min(table.n)).map(|row| row as u32).collect();
            out.extend(piece(Rc::new(table.pick(&rows)))?);
        }
        Some(out)
    }

    /// An expression for every group; `None` when groups go one by one.
    pub(crate) fn batch_groups(&self, groups: &Rc<TableVal>, columns: &[ColId], node: &N, cx: &Ctx) -> EvalResult<Option<Vec<Value>>> {
        if self.one_by_one || groups.n < 2 {
            return Ok(None);
        }
        let keys = columns
            .iter()
            .zip(&groups.cols)
            .map(|(col, cells)| BatchKey {
                col: *col,
                kind: KeyKind::Ids(Rc::new(cells.ids(groups.n).expect("model columns have ids"))),
                origin: Origin::Group,
                whole: false,
                rows: None,
            })
            .collect();
        let batch = Batch { n: groups.n, cx: cx.clone(), keys, frame: None, vars: Vec::new() };
        self.evaluate_batch(node, &batch).map(Some)
    }

    /// The context of one row of a batch.
    pub(crate) fn row_context(&self, batch: &Batch, row: usize) -> Ctx {
        let mut cx = batch.cx.clone();
        if !batch.keys.is_empty() {
            let mut filters = cx.fc.filters.clone();
            for key in &batch.keys {
                if let Some(rows) = &key.rows {
                    let base = self.catalog.table_of(key.col);
                    let mask = Mask::from_rows(self.rows(base).unwrap_or_default(), [rows[row]]);
                    let cols = self.catalog.tables[base as usize].columns.clone();
                    filters.push(Rc::new(Filter::new(
                        cols,
                        Body::Rows { table: base, mask: Rc::new(mask), full: true, rels: cx.fc.rels.clone() },
                        key.origin.clone(),
                    )));
                    continue;
                }
                if key.whole
                    && let KeyKind::Sets(sets) = &key.kind
                {
                    filters.push(Rc::new(self.whole_rows(key.col, &sets[row], key.origin.clone(), &cx.fc)));
                    continue;
                }
                let set = match &key.kind {
                    KeyKind::Ids(ids) => IdSet::one(ids[row]),
                    KeyKind::Sets(sets) => (*sets[row]).clone(),
                };
                filters.push(Rc::new(Filter::set(key.col, set, key.origin.clone())));
            }
            cx.fc = Rc::new(cx.fc.with(filters));
        }
        for (id, node, values) in &batch.vars {
            let value = OnceCell::from(Ok(Val::Scalar(values[row].clone())));
            let link = VarLink { id: *id, node: node.clone(), cx: cx.clone(), value, parent: cx.env.clone() };
            cx.env = Some(Rc::new(link));
        }
        cx
    }

    /// The rows of a keyed table by their keys, as a filter on all its columns.
    fn whole_rows(&self, key: ColId, set: &IdSet, origin: Origin, fc: &Fc) -> Filter {
        let table = self.catalog.table_of(key);
        let stored = self.column(key).expect("the key was read before");
        let dict = stored.dict();
        let members: Vec<bool> = (0..=dict.len() as u32).map(|id| set.contains(id)).collect();
        let mask = Mask::from_codes(stored.rows(), &dict.ids, &members);
        let cols = self.catalog.tables[table as usize].columns.clone();
        Filter::new(cols, Body::Rows { table, mask: Rc::new(mask), full: true, rels: fc.rels.clone() }, origin)
    }

    /// Row by row, each in its own context.
    fn one_by_one(&self, node: &N, batch: &Batch) -> EvalResult<Vec<Value>> {
        let mut out = Vec::with_capacity(batch.n);
        for row in 0..batch.n {
            let cx = self.row_context(batch, row);
            out.push(match &batch.frame {
                Some((table, _)) => {
                    let (inner, frame) = self.enter(&cx, table, false);
                    frame.row.set(row);
                    self.scalar(node, &inner)?
                }
                None => self.scalar(node, &cx)?,
            });
        }
        Ok(out)
    }

    /// Evaluates an expression for all rows; whatever goes wrong on the quick way is decided by the slow one.
    pub(super) fn evaluate_batch(&self, node: &N, batch: &Batch) -> EvalResult<Vec<Value>> {
        if batch.n == 0 {
            return Ok(Vec::new());
        }
        let run = || {
            if let Some(values) = self.quick_batch(node, batch)? {
                return Ok(values);
            }
            if let Some((few, place)) = self.projected(node, batch)? {
                let values = self.one_by_one(node, &few)?;
                return Ok(place.into_iter().map(|at| values[at as usize].clone()).collect());
            }
            self.one_by_one(node, batch)
        };
        self.traced(node, || stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, run), Vec::len)
    }

    fn quick_batch(&self, node: &N, batch: &Batch) -> EvalResult<Option<Vec<Value>>> {
        self.tick()?;
        let sx = &self.scalars;
        if let Kind::Const(value) = &node.kind {
            return Ok(Some(vec![value.clone(); batch.n]));
        }
        if batch.is_same(node) {
            let cx = if batch.frame.is_some() { self.dummy(&batch.cx) } else { batch.cx.clone() };
            return Ok(Some(vec![self.scalar(node, &cx)?; batch.n]));
        }
        // Elementwise operations; an error is left to the slow way, which knows which operands count.
        let each = |items: &[N]| -> Option<Vec<Vec<Value>>> { items.iter().map(|i| self.evaluate_batch(i, batch).ok()).collect() };
        Ok(match &node.kind {
            Kind::Var(id) => batch.vars.iter().rev().find(|(v, _, _)| v == id).map(|(_, _, values)| values.to_vec()),
            Kind::Col { level, index } => match &batch.frame {
                Some((table, at)) if at == level => Some(table.cols[*index].values(table.n)),
                _ => None,
            },
            Kind::Related { column, level, base } => match &batch.frame {
                Some((table, at)) if at == level => self.batch_related(*column, *base, table, batch)?,
                _ => None,
            },
            Kind::Measure(id) => {
                if !self.catalog.groups.is_empty() {
                    return Ok(None);
                }
                let Some(inner) = self.batch_transition(batch)? else { return Ok(None) };
                let body = self.binder.bind_measure(*id).map_err(|e| e.to_eval())?;
                let cx = Ctx { rows: None, env: None, ..inner.cx.clone() };
                let inner = Batch { cx, vars: Vec::new(), ..inner };
                let key = (*id, inner.cx.fc.hash, keys_hash(inner.n, &inner.keys));
                if let Some(known) = self.batch_memo.borrow().get(&key) {
                    return Ok(Some(known.values.clone()));
                }
                let values = self.evaluate_batch(&body, &inner).map_err(|mut e| {
                    e.span = None;
                    e
                })?;
                let mut memo = self.batch_memo.borrow_mut();
                let bytes = values.len() * size_of::<Value>();
                if bytes < MEMO_BYTES {
                    if memo.values().map(|m| m.values.len() * size_of::<Value>()).sum::<usize>() + bytes > MEMO_BYTES {
                        memo.clear();
                    }
                    memo.insert(key, Remembered { values: values.clone(), _keys: inner.keys, _fc: inner.cx.fc });
                }
                Some(values)
            }
            Kind::Neg(a) => {
                let values = self.evaluate_batch(a, batch)?;
                Some(values.iter().map(|v| scalar::neg(sx, v)).collect::<EvalResult<_>>()?)
            }
            Kind::Arith(op, a, b) => {
                let (a, b) = (self.operand(a, batch)?, self.operand(b, batch)?);
                Some((0..batch.n).map(|row| arith_typed(sx, *op, a.at(row), b.at(row), node.ty)).collect::<EvalResult<_>>()?)
            }
            Kind::ArithChain(first, rest) => {
                let mut values = self.evaluate_batch(first, batch)?;
                for (op, item) in rest {
                    let items = self.evaluate_batch(item, batch)?;
                    values = values.iter().zip(&items).map(|(a, b)| arith(sx, *op, a, b)).collect::<EvalResult<_>>()?;
                }
                Some(values.into_iter().map(|value| typed(value, node.ty)).collect())
            }
            Kind::Cmp(op, a, b) => match self.cells_compared(*op, a, b, batch)? {
                Some(values) => Some(values),
                None => {
                    let (a, b) = (self.operand(a, batch)?, self.operand(b, batch)?);
                    Some((0..batch.n).map(|row| compare(*op, a.at(row), b.at(row)).map(Value::Boolean)).collect::<EvalResult<_>>()?)
                }
            },
            Kind::Not(a) => {
                let values = self.evaluate_batch(a, batch)?;
                Some(values.iter().map(|v| scalar::to_bool(sx, v).map(|b| Value::Boolean(!b))).collect::<EvalResult<_>>()?)
            }
            Kind::And(items) | Kind::Or(items) => {
                let Some(columns) = each(items) else { return Ok(None) };
                let wanted = matches!(node.kind, Kind::Or(_));
                let mut out = Vec::with_capacity(batch.n);
                for row in 0..batch.n {
                    let mut verdict = !wanted;
                    for column in &columns {
                        let Ok(value) = scalar::to_bool(sx, &column[row]) else { return Ok(None) };
                        if value == wanted {
                            verdict = wanted;
                            break;
                        }
                    }
                    out.push(Value::Boolean(verdict));
                }
                Some(out)
            }
            Kind::Concat(items) => {
                let Some(columns) = each(items) else { return Ok(None) };
                let join = |row: usize| {
                    Value::text(columns.iter().map(|c| scalar::to_text(sx, &c[row])).fold(String::new(), |mut s, t| {
                        s.push_str(&t);
                        s
                    }))
                };
                Some((0..batch.n).map(join).collect())
            }
            Kind::Scalar(function, args) => {
                let FnBody::Scalar(run) = function.body else { return Ok(None) };
                let Some(columns) = each(args) else { return Ok(None) };
                let mut out = Vec::with_capacity(batch.n);
                let mut values: Vec<Value> = Vec::with_capacity(columns.len());
                for row in 0..batch.n {
                    values.clear();
                    values.extend(columns.iter().map(|c| c[row].clone()));
                    let Ok(value) = run(sx, &values) else { return Ok(None) };
                    out.push(value);
                }
                Some(out)
            }
            Kind::RankX { table, expr, value: Some(value), descending, dense, level } => {
                let wanted = self.evaluate_batch(value, batch)?;
                let mut out = Vec::with_capacity(batch.n);
                for (row, wanted) in wanted.iter().enumerate() {
                    let mut cx = self.row_context(batch, row);
                    if let Some((frame_table, _)) = &batch.frame {
                        let (inner, frame) = self.enter(&cx, frame_table, false);
                        frame.row.set(row);
                        cx = inner;
                    }
                    let sorted = self.rank_values(table, expr, *level, &cx)?;
                    out.push(self.rank_of(wanted, &sorted, *descending, *dense)?);
                }
                Some(out)
            }
            Kind::Op(op, args) => self.batch_operator(*op, args, node, batch)?,
            Kind::Let(vars, body) => self.batch_let(vars, body, batch)?,
            Kind::Calculate(body, filters) => match self.batch_calculate(filters, batch)? {
                Some(inner) if body.schema.is_none() => Some(self.evaluate_batch(body, &inner)?),
                _ => None,
            },
            Kind::Agg { .. } if batch.frame.is_none() => match self.grouped(node, batch)? {
                Some(values) => Some(values),
                None => self.nested(node, batch)?,
            },
            _ => None,
        })
    }

    /// An operand, once where it is the same for all rows.
    fn operand(&self, node: &N, batch: &Batch) -> EvalResult<Operand> {
        if batch.is_same(node) {
            let cx = if batch.frame.is_some() { self.dummy(&batch.cx) } else { batch.cx.clone() };
            return self.scalar(node, &cx).map(Operand::Same);
        }
        self.evaluate_batch(node, batch).map(Operand::Each)
    }

    /// Texts of a model column compared with one value: by their places in the dictionary.
    fn cells_compared(&self, op: CmpOp, a: &N, b: &N, batch: &Batch) -> EvalResult<Option<Vec<Value>>> {
        let Some((table, at)) = &batch.frame else { return Ok(None) };
        let cells = |node: &N| match &node.kind {
            Kind::Col { level, index } if level == at => Some(*index),
            _ => None,
        };
        let (index, other, op) = match (cells(a), cells(b)) {
            (Some(index), None) => (index, b, op),
            (None, Some(index)) => (index, a, flip(op)),
            _ => return Ok(None),
        };
        let column = &table.cols[index];
        let (TCol::Rows { stored, .. } | TCol::Ids { stored, .. }) = column else { return Ok(None) };
        if !stored.dict().is_text() || !batch.is_same(other) {
            return Ok(None);
        }
        let value = self.scalar(other, &self.dummy(&batch.cx))?;
        let Some(set) = ids_compared(stored.dict(), op, &value)? else { return Ok(None) };
        let Some(ids) = column.ids(table.n) else { return Ok(None) };
        Ok(Some(ids.into_iter().map(|id| Value::Boolean(set.contains(id))).collect()))
    }

    /// RELATED for all rows of a batch.
    fn batch_related(&self, column: ColId, base: TableId, table: &TableVal, batch: &Batch) -> EvalResult<Option<Vec<Value>>> {
        let Some((_, rows)) = table.bases.iter().find(|(t, _)| *t == base) else { return Ok(None) };
        let owner = self.catalog.table_of(column);
        let config = self.config(&batch.cx.fc.rels);
        let config = if config.reaches(base, owner) { config } else { self.config(&self.default_rels) };
        let Some(map) = self.row_map(&config, base, owner)? else { return Ok(None) };
        let stored = self.column(column)?;
        Ok(Some(rows.iter().map(|row| stored.value(map.at(*row as usize) as usize)).collect()))
    }

    fn batch_operator(&self, op: Op, args: &[N], node: &N, batch: &Batch) -> EvalResult<Option<Vec<Value>>> {
        let sx = &self.scalars;
        match op {
            Op::If => {
                let tests = self.evaluate_batch(&args[0], batch)?;
                let mut sides: [Vec<u32>; 2] = [Vec::new(), Vec::new()];
                for (row, test) in tests.iter().enumerate() {
                    sides[usize::from(!scalar::to_bool(sx, test)?)].push(row as u32);
                }
                let mut out = vec![Value::Blank; batch.n];
                for (rows, branch) in sides.iter().zip([Some(&args[1]), args.get(2)]) {
                    let Some(branch) = branch.filter(|_| !rows.is_empty()) else { continue };
                    self.scatter(branch, rows, node, batch, &mut out)?;
                }
                Ok(Some(out))
            }
            Op::Switch => {
                let values = self.evaluate_batch(&args[0], batch)?;
                let mut open: Vec<u32> = (0..batch.n as u32).collect();
                let mut out = vec![Value::Blank; batch.n];
                let mut i = 1;
                while i + 1 < args.len() && !open.is_empty() {
                    let cases = if open.len() == batch.n {
                        self.evaluate_batch(&args[i], batch)?
                    } else {
                        self.evaluate_batch(&args[i], &batch.pick(&open))?
                    };
                    let (mut hit, mut rest) = (Vec::new(), Vec::new());
                    for (row, case) in open.iter().zip(&cases) {
                        if compare(CmpOp::Equal, &values[*row as usize], case)? { hit.push(*row) } else { rest.push(*row) }
                    }
                    if !hit.is_empty() {
                        self.scatter(&args[i + 1], &hit, node, batch, &mut out)?;
                    }
                    open = rest;
                    i += 2;
                }
                if args.len().is_multiple_of(2) && !open.is_empty() {
                    self.scatter(&args[args.len() - 1], &open, node, batch, &mut out)?;
                }
                Ok(Some(out))
            }
            Op::IsBlank => {
                let values = self.evaluate_batch(&args[0], batch)?;
                Ok(Some(values.iter().map(|v| Value::Boolean(v.is_blank())).collect()))
            }
            Op::Coalesce => {
                let mut open: Vec<u32> = (0..batch.n as u32).collect();
                let mut out = vec![Value::Blank; batch.n];
                for arg in args {
                    if open.is_empty() {
                        break;
                    }
                    self.scatter(arg, &open.clone(), node, batch, &mut out)?;
                    open.retain(|r| out[*r as usize].is_blank());
                }
                Ok(Some(out))
            }
            _ => Ok(None),
        }
    }

    /// Evaluates a branch for some rows and puts the values in their places.
    fn scatter(&self, branch: &N, rows: &[u32], node: &N, batch: &Batch, out: &mut [Value]) -> EvalResult<()> {
        let values =
            if rows.len() == batch.n { self.evaluate_batch(branch, batch)? } else { self.evaluate_batch(branch, &batch.pick(rows))? };
        for (row, value) in rows.iter().zip(values) {
            out[*row as usize] = self.unified(value, node.ty)?;
        }
        Ok(())
    }

    fn batch_let(&self, vars: &[(u32, N)], body: &N, batch: &Batch) -> EvalResult<Option<Vec<Value>>> {
        let mut inner = batch.clone();
        for (position, (id, node)) in vars.iter().enumerate() {
            let used =
                body.deps.vars.binary_search(id).is_ok() || vars[position + 1..].iter().any(|(_, n)| n.deps.vars.binary_search(id).is_ok());
            if !used {
                continue;
            }
            if inner.is_same(node) {
                // One value (or table) for all rows, found when first used.
                let cx = if inner.frame.is_some() { self.dummy(&inner.cx) } else { inner.cx.clone() };
                let link = VarLink { id: *id, node: node.clone(), cx, value: OnceCell::new(), parent: inner.cx.env.clone() };
                inner.cx.env = Some(Rc::new(link));
            } else if node.schema.is_some() {
                return Ok(None);
            } else {
                // A variable that fails may never be used: the slow way knows.
                let Ok(values) = self.evaluate_batch(node, &inner) else { return Ok(None) };
                inner.vars.push((*id, node.clone(), Rc::new(values)));
            }
        }
        self.evaluate_batch(body, &inner).map(Some)
    }

    /// The batch after the transition of its row contexts; `None` when a row is more than values of single columns.
    fn batch_transition(&self, batch: &Batch) -> EvalResult<Option<Batch>> {
        let Some((table, _)) = &batch.frame else { return Ok(Some(batch.clone())) };
        let outer = self.transition(&batch.cx)?;
        let mut inner = Batch { cx: outer, frame: None, ..batch.clone() };
        let mut columns: RowColumns = Vec::new();
        if let [(base, rows)] = table.bases.as_slice() {
            // A row of a keyed table stands for its key, as long as nothing else of the row is asked for: all its columns and
            // those of its expansion lose their filters.
            let Some(key) = self.key_column_of(*base)? else { return Ok(None) };
            let dict = self.column(key)?.dict().clone();
            let ids: Vec<u32> = rows.iter().map(|r| dict.ids.at(*r as usize)).collect();
            if ids.contains(&0) {
                return Ok(None);
            }
            let cleared = self.expanded_columns(&inner.cx.fc, *base);
            if table.cols.iter().filter_map(super::value::TCol::lineage).any(|c| !cleared.contains(&c)) {
                return Ok(None);
            }
            inner.cx.fc = Rc::new(inner.cx.fc.clear(&|c| cleared.contains(&c)));
            if !self.drop_keys(&mut inner.keys, &|c| cleared.contains(&c)) {
                return Ok(None);
            }
            // Other facts see the row through the dimensions that it points to; they need the slow way.
            if self.config(&inner.cx.fc.rels).reach[*base as usize].len() > 1 {
                return Ok(None);
            }
            columns.push((key, Rc::new(ids), Some(Rc::new(rows.to_vec()))));
        } else if table.bases.is_empty() {
            for col in &table.cols {
                let Some(lineage) = col.lineage() else { continue };
                if columns.iter().all(|(c, _, _)| *c != lineage) {
                    columns.push((lineage, Rc::new(col.ids(table.n).expect("model columns have ids")), None));
                }
            }
            let dates = self.date_tables(columns.iter().map(|(c, _, _)| *c));
            let gone = |c: ColId| columns.iter().any(|(k, _, _)| *k == c) || dates.contains(&self.catalog.table_of(c));
            inner.cx.fc = Rc::new(inner.cx.fc.clear(&gone));
            if !self.drop_keys(&mut inner.keys, &gone) {
                return Ok(None);
            }
        } else {
            return Ok(None);
        }
        let origin = Origin::Row(table.clone());
        inner.keys.extend(columns.into_iter().map(|(col, ids, rows)| BatchKey {
            col,
            kind: KeyKind::Ids(ids),
            origin: origin.clone(),
            whole: false,
            rows,
        }));
        Ok(Some(inner))
    }

    /// Drops the keys of cleared columns; `false` when a key that stands for whole rows would lose only some of its columns.
    fn drop_keys(&self, keys: &mut Vec<BatchKey>, gone: &dyn Fn(ColId) -> bool) -> bool {
        for key in keys.iter().filter(|k| k.whole || k.rows.is_some()) {
            let columns = &self.catalog.tables[self.catalog.table_of(key.col) as usize].columns;
            let cleared = columns.iter().filter(|c| gone(**c)).count();
            if cleared > 0 && cleared < columns.len() {
                return false;
            }
        }
        keys.retain(|k| !gone(k.col));
        true
    }

    /// The key of a table whose expansion is the table itself, so that its rows filter nothing but its own columns.
    fn lone_key(&self, table: TableId, batch: &Batch) -> EvalResult<Option<ColId>> {
        if self.config(&batch.cx.fc.rels).reach[table as usize].len() > 1 {
            return Ok(None);
        }
        let Some(key) = self.key_column_of(table)? else { return Ok(None) };
        Ok(if self.column(key)?.dict().has_blank() { None } else { Some(key) })
    }

    /// A column whose values tell the rows of a table apart.
    fn key_column_of(&self, table: TableId) -> EvalResult<Option<ColId>> {
        let rows = self.rows(table)?;
        for col in &self.catalog.tables[table as usize].columns {
            let def = &self.catalog.columns[*col as usize];
            let one = self.catalog.rels.iter().any(|r| r.regular && r.to == *col);
            if (def.is_key || one) && self.column(*col)?.dict().len() == rows {
                return Ok(Some(*col));
            }
        }
        Ok(None)
    }

    /// The batch inside CALCULATE; `None` when an argument needs the slow way.
    fn batch_calculate(&self, filters: &[FilterArg], batch: &Batch) -> EvalResult<Option<Batch>> {
        // What an argument filters: the same for all rows, or a set of ids per row.
        let mut same: Vec<(Rc<Filter>, bool)> = Vec::new();
        let mut sets: Vec<(RowSets, bool)> = Vec::new();
        for arg in filters {
            match arg {
                FilterArg::Table { table, keep } => {
                    let (node, keep) = match &table.kind {
                        Kind::KeepFilters(inner) => (inner, true),
                        _ => (table, *keep),
                    };
                    if batch.is_same(node) {
                        let cx = if batch.frame.is_some() { self.dummy(&batch.cx) } else { batch.cx.clone() };
                        same.extend(self.table_filter(node, &cx)?.into_iter().map(|f| (f, keep)));
                    } else {
                        let Some(found) = self.batch_sets(node, batch)? else { return Ok(None) };
                        match found.list.split_first() {
                            Some((first, rest)) if !found.whole && rest.iter().all(|set| Rc::ptr_eq(set, first) || set == first) => {
                                same.push((Rc::new(Filter::set(found.col, (**first).clone(), Origin::Explicit)), keep));
                            }
                            _ => sets.push((found, keep)),
                        }
                    }
                }
                FilterArg::Remove(
                    Removal::SelectedEverything | Removal::SelectedTable(_) | Removal::SelectedColumns(_) | Removal::CrossFiltered(_),
                ) => {
                    return Ok(None);
                }
                _ => {}
            }
        }
        let Some(mut inner) = self.batch_transition(batch)? else { return Ok(None) };
        let modifiers: Vec<FilterArg> = filters.iter().filter(|f| matches!(f, FilterArg::Use(_) | FilterArg::Cross(..))).cloned().collect();
        if !modifiers.is_empty() {
            inner.cx = self.calculate_context(&modifiers, &inner.cx)?;
        }
        for arg in filters {
            let FilterArg::Remove(removal) = arg else { continue };
            let gone: Box<dyn Fn(ColId) -> bool> = match removal {
                Removal::Everything => Box::new(|_| true),
                Removal::Table(table) => {
                    let cols = self.expanded_columns(&inner.cx.fc, *table);
                    Box::new(move |c| cols.contains(&c))
                }
                Removal::Columns(cols) => {
                    let cols = cols.clone();
                    Box::new(move |c| cols.contains(&c))
                }
                Removal::Except(table, stay) => {
                    let (cols, stay) = (self.expanded_columns(&inner.cx.fc, *table), stay.clone());
                    Box::new(move |c| cols.contains(&c) && !stay.contains(&c))
                }
                _ => return Ok(None),
            };
            inner.cx.fc = Rc::new(inner.cx.fc.clear(&*gone));
            if !self.drop_keys(&mut inner.keys, &*gone) {
                return Ok(None);
            }
        }
        let of_sets: Vec<(ColId, bool)> = sets
            .iter()
            .flat_map(|(found, keep)| {
                let table = &self.catalog.tables[self.catalog.table_of(found.col) as usize];
                let cols = if found.whole { table.columns.clone() } else { vec![found.col] };
                cols.into_iter().map(|c| (c, *keep))
            })
            .collect();
        let columns = || same.iter().flat_map(|(f, keep)| f.cols.iter().map(move |c| (*c, *keep))).chain(of_sets.iter().copied());
        let dates = self.date_tables(columns().map(|(c, _)| c));
        let replaced: Vec<ColId> = columns().filter(|(_, keep)| !keep).map(|(c, _)| c).collect();
        let kept: Vec<ColId> = columns().filter(|(_, keep)| *keep).map(|(c, _)| c).collect();
        let gone = |c: ColId| replaced.contains(&c) || dates.contains(&self.catalog.table_of(c)) && !kept.contains(&c);
        let mut fc: Fc = inner.cx.fc.clear(&gone);
        if !self.drop_keys(&mut inner.keys, &gone) {
            return Ok(None);
        }
        let mut all = fc.filters.clone();
        all.extend(same.into_iter().map(|(f, _)| f));
        fc = fc.with(all);
        inner.cx.fc = Rc::new(fc);
        inner.keys.extend(sets.into_iter().map(|(found, _)| BatchKey {
            col: found.col,
            kind: KeyKind::Sets(Rc::new(found.list)),
            origin: Origin::Explicit,
            whole: found.whole,
            rows: None,
        }));
        Ok(Some(inner))
    }

    /// For each row the ids that a filter argument over one column lets through.
    fn batch_sets(&self, node: &N, batch: &Batch) -> EvalResult<Option<RowSets>> {
        match &node.kind {
            Kind::FilterRows { table, predicate, level } if batch.frame.is_none() => {
                // ALL of a keyed table is the same as ALL of its key, but that the other columns lose their filters as well.
                let (col, whole) = match &table.kind {
                    Kind::AllColumns { columns, blank: true } => {
                        let [col] = columns.as_slice() else { return Ok(None) };
                        (*col, false)
                    }
                    Kind::AllTable { table, blank: true } => match self.lone_key(*table, batch)? {
                        Some(key) => (key, true),
                        None => return self.sets_one_by_one(node, batch),
                    },
                    _ => return self.sets_one_by_one(node, batch),
                };
                let is_row = |x: &N| match &x.kind {
                    Kind::Col { level: l, index } => l == level && (!whole || self.catalog.columns[col as usize].index == *index),
                    _ => false,
                };
                if predicate.deps.transition || predicate.deps.other {
                    return self.sets_one_by_one(node, batch);
                }
                let items: Vec<&N> = match &predicate.kind {
                    Kind::And(items) => items.iter().collect(),
                    _ => vec![predicate],
                };
                let dict = self.column(col)?.dict().clone();
                let mut out: Vec<IdSet> = vec![IdSet::range(0, dict.len() as u32); batch.n];
                for item in items {
                    let Kind::Cmp(op, a, b) = &item.kind else { return self.sets_one_by_one(node, batch) };
                    let (op, other) = if is_row(a) && !b.deps.reads_row(*level) {
                        (*op, b)
                    } else if is_row(b) && !a.deps.reads_row(*level) {
                        (super::scan::flip(*op), a)
                    } else {
                        return self.sets_one_by_one(node, batch);
                    };
                    // The other side was bound one level further in; without row contexts inside it that does not matter.
                    if *level != 0 || has_levels(other) {
                        return self.sets_one_by_one(node, batch);
                    }
                    let values = self.evaluate_batch(other, batch)?;
                    for (set, value) in out.iter_mut().zip(&values) {
                        let Some(ids) = super::scan::ids_compared(&dict, op, value)? else { return self.sets_one_by_one(node, batch) };
                        *set = set.intersect(&ids);
                    }
                }
                Ok(Some(RowSets { col, list: out.into_iter().map(Rc::new).collect(), whole }))
            }
            Kind::Time {
                time: Time::DatesYtd | Time::DatesQtd | Time::DatesMtd, period, dates, column, year_end, calendar: None, ..
            } if batch.frame.is_none() => {
                let plain = match &dates.kind {
                    Kind::Calculate(body, filters) => {
                        filters.is_empty() && matches!(&body.kind, Kind::Values { columns, .. } if columns.as_slice() == [*column])
                    }
                    _ => false,
                };
                if !plain {
                    return self.sets_one_by_one(node, batch);
                }
                let Some(last) = self.grouped_column(crate::dax::bind::bound::AggKind::Max, *column, batch)? else {
                    return self.sets_one_by_one(node, batch);
                };
                let dict = self.column(*column)?.dict().clone();
                let period: Period = *period;
                let sets = last.iter().map(|v| {
                    Rc::new(match v {
                        Value::DateTime(day) => super::time::period_to_date(&dict, *day, period, year_end.unwrap_or((12, 31))),
                        _ => IdSet::empty(),
                    })
                });
                Ok(Some(RowSets { col: *column, list: sets.collect(), whole: false }))
            }
            Kind::FilterRows { .. } | Kind::Time { .. } | Kind::Values { .. } => self.sets_one_by_one(node, batch),
            _ => Ok(None),
        }
    }

    fn sets_one_by_one(&self, node: &N, batch: &Batch) -> EvalResult<Option<RowSets>> {
        let mut column = None;
        let mut out = Vec::with_capacity(batch.n);
        for row in 0..batch.n {
            let cx = self.row_context(batch, row);
            let filters = match &batch.frame {
                Some((table, _)) => {
                    let (inner, frame) = self.enter(&cx, table, false);
                    frame.row.set(row);
                    self.table_filter(node, &inner)?
                }
                None => self.table_filter(node, &cx)?,
            };
            let [filter] = filters.as_slice() else { return Ok(None) };
            let (at, set) = match &filter.body {
                Body::Set(set) => ((filter.cols[0], false), set.clone()),
                Body::Rows { table, mask, full: true, .. } => {
                    let Some(key) = self.lone_key(*table, batch)? else { return Ok(None) };
                    let stored = self.column(key)?;
                    let ids = &stored.dict().ids;
                    let blank = mask.has_blank().then_some(mask.rows);
                    ((key, true), Rc::new(IdSet::from_ids(mask.iter().chain(blank).map(|r| ids.at(r)))))
                }
                _ => return Ok(None),
            };
            if column.is_some_and(|c| c != at) {
                return Ok(None);
            }
            column = Some(at);
            out.push(set);
        }
        Ok(column.map(|(col, whole)| RowSets { col, list: out, whole }))
    }
}

/// Whether an expression opens row contexts of its own, whose levels depend on where it stands.
fn has_levels(node: &N) -> bool {
    let opens = match &node.kind {
        // An aggregator over a model column is found by a scan, which does not care for levels.
        Kind::Agg { table, expr, .. } => {
            !matches!(table.kind, Kind::Table { .. }) || expr.as_ref().is_some_and(|e| !matches!(e.kind, Kind::Col { .. }))
        }
        Kind::Percentile { .. }
        | Kind::ConcatX { .. }
        | Kind::RankX { .. }
        | Kind::FilterRows { .. }
        | Kind::AddColumns { .. }
        | Kind::SelectColumns { .. }
        | Kind::TopN { .. }
        | Kind::Sample { .. }
        | Kind::Generate { .. }
        | Kind::Summarize { .. }
        | Kind::GroupBy { .. }
        | Kind::Window(_)
        | Kind::Visual(_)
        | Kind::FirstNonBlank { .. }
        | Kind::FirstNonBlankValue { .. }
        | Kind::SubstituteWithIndex { .. }
        | Kind::Linest { .. }
        | Kind::Xirr { .. }
        | Kind::Xnpv { .. } => true,
        _ => false,
    };
    let mut found = opens;
    crate::dax::bind::children(node, &mut |child| found = found || has_levels(child));
    found
}
