//! One grouped pass over a table for all rows of a batch.

use std::rc::Rc;

use super::Session;
use super::agg::Exact;
use super::batch::{Batch, KeyKind};
use super::pass::{NONE, Numbering, Part, Places, Real, RowExpr, Shared, Whole, run};
use super::store::{IdSet, Mask};
use super::travel::Travel;
use crate::base::Currency;
use crate::dax::bind::bound::{AggKind, ArithOp, Kind, N};
use crate::dax::catalog::{ColId, TableId};
use crate::dax::error::EvalResult;
use crate::table::{Column, ColumnData, DataType, Value};

/// Most accumulators of one pass.
const MAX_CELLS: usize = 1 << 24;

/// Where each row of a table adds to.
struct Layout {
    places: Places,
    /// Number of groups, the one of rows that nobody wants included.
    groups: usize,
    /// Group per batch row.
    group_of: Vec<u32>,
    /// Ids on the axis of sets (1 without one).
    axis: usize,
    sets: Option<Rc<Vec<Rc<IdSet>>>>,
}

/// What a pass collects per cell, with the number of rows.
enum Cells {
    Int(Vec<(i64, u32)>),
    Double(Vec<(Exact, u32)>),
    Count(Vec<u32>),
    BestInt(Vec<(i64, u32)>),
    BestDouble(Vec<(f64, u32)>),
}

/// What is aggregated.
enum Source<'a> {
    /// Rows.
    Rows,
    /// A column.
    Column(&'a Column),
    /// An expression and its type.
    Expr(&'a RowExpr, DataType),
}

/// Keys of one table: the group of each batch row, the group by code, and how many groups there are.
struct Numbered {
    of_batch: Vec<u32>,
    part: Part,
}

impl Session<'_> {
    /// An aggregation for every row of a batch; `None` when the slow way has to do it.
    pub(crate) fn grouped(&self, node: &N, batch: &Batch) -> EvalResult<Option<Vec<Value>>> {
        let Kind::Agg { kind, table, expr, level, variant } = &node.kind else { return Ok(None) };
        if *variant {
            return Ok(None);
        }
        let Some((base, mask)) = self.batch_scan(table, batch)? else { return Ok(None) };
        let values = match expr {
            None => self.grouped_pass(*kind, base, &mask, &Source::Rows, None, batch)?,
            Some(expr) => {
                if let Kind::Col { level: l, index } = &expr.kind
                    && l == level
                {
                    let col = self.catalog.tables[base as usize].columns[*index];
                    let stored = self.column(col)?;
                    return self
                        .finish_types(self.grouped_pass(*kind, base, &mask, &Source::Column(&stored.column), Some(col), batch)?, node);
                }
                if expr.deps.filter
                    || expr.deps.transition
                    || !expr.deps.vars.is_empty()
                    || expr.deps.frames & !(1 << (*level).min(63)) != 0
                {
                    return Ok(None);
                }
                match self.row_expr(base, expr, *level, &batch.cx)? {
                    Some((row, ty)) => self.grouped_pass(*kind, base, &mask, &Source::Expr(&row, ty), None, batch)?,
                    None => {
                        let Some(column) = self.vector(base, expr, *level, &batch.cx)? else { return Ok(None) };
                        self.grouped_pass(*kind, base, &mask, &Source::Column(&column), None, batch)?
                    }
                }
            }
        };
        self.finish_types(values, node)
    }

    fn finish_types(&self, values: Option<Vec<Value>>, node: &N) -> EvalResult<Option<Vec<Value>>> {
        values.map(|v| v.into_iter().map(|x| self.unified(x, node.ty)).collect()).transpose()
    }

    /// MIN or MAX of a model column for every row of a batch.
    pub(crate) fn grouped_column(&self, kind: AggKind, col: ColId, batch: &Batch) -> EvalResult<Option<Vec<Value>>> {
        let table = self.catalog.table_of(col);
        let mask = self.mask(table, &batch.cx.fc)?;
        let stored = self.column(col)?;
        self.grouped_pass(kind, table, &mask, &Source::Column(&stored.column), Some(col), batch)
    }

    /// The rows of an aggregated table before the keys of the batch filter it: a model table with fixed conditions.
    fn batch_scan(&self, table: &N, batch: &Batch) -> EvalResult<Option<(TableId, Rc<Mask>)>> {
        match &table.kind {
            Kind::Table { .. } => self.scan(table, &batch.cx),
            Kind::FilterRows { table: inner, predicate, level } => {
                let fixed = !predicate.deps.filter
                    && !predicate.deps.transition
                    && predicate.deps.vars.is_empty()
                    && predicate.deps.frames & !(1 << (*level).min(63)) == 0;
                if !fixed {
                    return Ok(None);
                }
                let Some((base, mask)) = self.batch_scan(inner, batch)? else { return Ok(None) };
                let Some(passed) = self.predicate_mask(base, predicate, *level, &batch.cx)? else { return Ok(None) };
                let mut both = (*mask).clone();
                both.and(&passed);
                Ok(Some((base, Rc::new(both))))
            }
            _ => Ok(None),
        }
    }

    /// Assigns every row of a table to the group of the batch that it belongs to.
    fn group_layout(&self, table: TableId, batch: &Batch) -> EvalResult<Option<Layout>> {
        let config = self.config(&batch.cx.fc.rels);
        let mut sets: Option<(Part, Rc<Vec<Rc<IdSet>>>)> = None;
        if config.has_edges() {
            match self.travelling(table, batch, &config)? {
                Travel::Nothing => {}
                Travel::Sets(part, list) => sets = Some((part, list)),
                Travel::Many => return Ok(None),
            }
        }
        let mut keys: Vec<(ColId, Rc<Vec<u32>>)> = Vec::new();
        for key in &batch.keys {
            let owner = self.catalog.table_of(key.col);
            if !config.reaches(table, owner) {
                continue;
            }
            match &key.kind {
                KeyKind::Ids(ids) => keys.push((key.col, ids.clone())),
                KeyKind::Sets(_) if sets.is_some() => return Ok(None),
                KeyKind::Sets(list) => {
                    let dict = self.column(key.col)?.dict().clone();
                    let size = dict.len() + 1;
                    let part = if owner == table {
                        Part { table: (0..size as u32).collect(), codes: Shared::Ids(dict), size }
                    } else {
                        let map = self.row_map(&config, table, owner)?.expect("reachable");
                        Part { table: dict.ids.iter().collect(), codes: Shared::Rows(map), size }
                    };
                    sets = Some((part, list.clone()));
                }
            }
        }
        let (group_of, parts, numbering, wanted) = self.number_keys(table, &keys, batch.n, &config)?;
        let groups = wanted + 1;
        let (axis_part, sets) = sets.map_or((None, None), |(part, list)| (Some(part), Some(list)));
        let axis = axis_part.as_ref().map_or(1, |p| p.size);
        if groups.saturating_mul(axis) > MAX_CELLS {
            return Ok(None);
        }
        let places = Places { parts, groups: numbering, rest: wanted as u32, axis: axis_part };
        Ok(Some(Layout { places, groups, group_of, axis, sets }))
    }

    /// Numbers the distinct combinations of key values of a batch: the number of each batch row, how to find it for a row of the
    /// table, and how many there are. Rows that no batch row wants get the number after the last.
    #[allow(clippy::type_complexity)]
    fn number_keys(
        &self,
        table: TableId,
        keys: &[(ColId, Rc<Vec<u32>>)],
        n: usize,
        config: &super::relation::Config,
    ) -> EvalResult<(Vec<u32>, Vec<Part>, Option<Numbering>, usize)> {
        // Keys of one other table are one number per row of that table; keys of the table itself are each a part.
        let mut owners: Vec<(TableId, Vec<usize>)> = Vec::new();
        for (index, (col, _)) in keys.iter().enumerate() {
            let owner = self.catalog.table_of(*col);
            match owners.iter_mut().find(|(t, _)| *t == owner && owner != table) {
                Some((_, list)) => list.push(index),
                None => owners.push((owner, vec![index])),
            }
        }
        let mut numbered: Vec<Numbered> = Vec::with_capacity(owners.len());
        for (owner, list) in &owners {
            let mut of_batch = vec![0_u32; n];
            let mut of_code: Vec<u32> = Vec::new();
            let mut size = 1_usize;
            let mut codes = None;
            for (position, index) in list.iter().enumerate() {
                let (col, ids) = &keys[*index];
                let dict = self.column(*col)?.dict().clone();
                let width = dict.len() as u64 + 1;
                let mut numbering = Numbering::new(size as u64 * width);
                let mut next = 0;
                for (group, id) in of_batch.iter_mut().zip(ids.iter()) {
                    *group = numbering.number(u64::from(*group) * width + u64::from(*id), next);
                    next = next.max(*group + 1);
                }
                let number =
                    |group: u32, id: u32| if group == NONE { NONE } else { numbering.find(u64::from(group) * width + u64::from(id)) };
                of_code = if *owner == table {
                    (0..=dict.len() as u32).map(|id| number(0, id)).collect()
                } else if position == 0 {
                    dict.ids.iter().map(|id| number(0, id)).collect()
                } else {
                    of_code.iter().zip(dict.ids.iter()).map(|(group, id)| number(*group, id)).collect()
                };
                size = next as usize;
                codes = Some(if *owner == table {
                    Shared::Ids(dict)
                } else {
                    Shared::Rows(self.row_map(config, table, *owner)?.expect("reachable"))
                });
            }
            let rest = size as u32;
            of_code.iter_mut().for_each(|g| *g = (*g).min(rest));
            let part = Part { codes: codes.expect("an owner has keys"), table: of_code, size: size + 1 };
            numbered.push(Numbered { of_batch, part });
        }
        if numbered.len() <= 1 {
            let Some(only) = numbered.pop() else { return Ok((vec![0; n], Vec::new(), None, 1)) };
            let wanted = only.part.size - 1;
            return Ok((only.of_batch, vec![only.part], None, wanted));
        }
        let slots = numbered.iter().try_fold(1_u64, |p, o| p.checked_mul(o.part.size as u64)).unwrap_or(u64::MAX);
        let mut numbering = Numbering::new(slots);
        let mut next = 0;
        let mut group_of = Vec::with_capacity(n);
        for row in 0..n {
            let slot = numbered.iter().fold(0, |s: u64, o| s.wrapping_mul(o.part.size as u64) + u64::from(o.of_batch[row]));
            let group = numbering.number(slot, next);
            next = next.max(group + 1);
            group_of.push(group);
        }
        Ok((group_of, numbered.into_iter().map(|o| o.part).collect(), Some(numbering), next as usize))
    }

    /// Arithmetic over numeric columns of a table as one that is computed block by block; `None` where something may be blank or
    /// is of another kind.
    pub(crate) fn row_expr(&self, table: TableId, node: &N, level: usize, cx: &super::Ctx) -> EvalResult<Option<(RowExpr, DataType)>> {
        if !node.deps.reads_row(level) {
            let value = match self.scalar(node, &self.dummy(cx)) {
                Ok(value) => value,
                Err(_) => return Ok(None),
            };
            return Ok(match value {
                Value::Int64(v) => Some((RowExpr::Whole(Whole::Const(v)), DataType::Int64)),
                Value::Currency(v) => Some((RowExpr::Whole(Whole::Const(v.0)), DataType::Currency)),
                Value::Double(v) => Some((RowExpr::Real(Real::Const(v)), DataType::Double)),
                _ => None,
            });
        }
        let Kind::Arith(op, a, b) = &node.kind else {
            let Some(column) = self.vector(table, node, level, cx)? else { return Ok(None) };
            if column.blanks.is_some() {
                return Ok(None);
            }
            let ty = column.data_type();
            return Ok(match ty {
                DataType::Int64 | DataType::Currency => Some((RowExpr::Whole(Whole::Cells(column)), ty)),
                DataType::Double => Some((RowExpr::Real(Real::Cells(column)), ty)),
                _ => None,
            });
        };
        if *op == ArithOp::Power {
            return Ok(None);
        }
        let (Some(a), Some(b)) = (self.row_expr(table, a, level, cx)?, self.row_expr(table, b, level, cx)?) else { return Ok(None) };
        let real = |(expr, ty): (RowExpr, DataType)| match expr {
            RowExpr::Real(real) => real,
            RowExpr::Whole(whole) if ty == DataType::Currency => Real::Decimal(whole),
            RowExpr::Whole(whole) => Real::Whole(whole),
        };
        use DataType::{Currency as C, Double as D, Int64 as I};
        let additive = matches!(op, ArithOp::Add | ArithOp::Subtract);
        let ty = match (a.1, b.1) {
            (I, I) if *op != ArithOp::Divide => I,
            (C, C) if additive => C,
            (C, I) | (I, C) if *op == ArithOp::Multiply => C,
            (C, C) if *op == ArithOp::Multiply => D,
            (D | I, D | I) => D,
            _ => return Ok(None),
        };
        Ok(Some(match (a, b) {
            ((RowExpr::Whole(x), _), (RowExpr::Whole(y), _)) if ty != D => (RowExpr::Whole(Whole::Op(*op, Box::new(x), Box::new(y))), ty),
            (a, b) => (RowExpr::Real(Real::Op(*op, Box::new(real(a)), Box::new(real(b)))), ty),
        }))
    }

    fn grouped_pass(
        &self,
        kind: AggKind,
        table: TableId,
        mask: &Mask,
        source: &Source<'_>,
        stored: Option<ColId>,
        batch: &Batch,
    ) -> EvalResult<Option<Vec<Value>>> {
        use AggKind as A;
        let ty = match source {
            Source::Rows => None,
            Source::Column(column) => Some(column.data_type()),
            Source::Expr(_, ty) => Some(*ty),
        };
        let supported = matches!(
            (kind, ty),
            (A::CountRows, None)
                | (A::Count | A::CountA, Some(_))
                | (
                    A::Sum | A::Average | A::Min | A::Max,
                    Some(DataType::Int64 | DataType::Currency | DataType::Double | DataType::DateTime)
                )
        ) || (matches!(kind, A::DistinctCount | A::DistinctCountNoBlank) && stored.is_some());
        if !supported {
            return Ok(None);
        }
        let Some(layout) = self.group_layout(table, batch)? else { return Ok(None) };
        if matches!(kind, A::DistinctCount | A::DistinctCountNoBlank) {
            return self.distinct_pass(kind, mask, stored.expect("tested above"), &layout);
        }
        let n = layout.groups * layout.axis;
        self.reserve(n * 16)?;
        let blanks = match source {
            Source::Column(column) => column.blanks.as_deref(),
            _ => None,
        };
        let places = &layout.places;
        let whole = |start: i64, add: fn(&mut i64, i64)| -> Option<Vec<(i64, u32)>> {
            let merge = |a: &mut (i64, u32), b: &(i64, u32)| {
                add(&mut a.0, b.0);
                a.1 += b.1;
            };
            let put = |cells: &mut [(i64, u32)], cell: u32, v: i64| {
                let cell = &mut cells[cell as usize];
                add(&mut cell.0, v);
                cell.1 += 1;
            };
            match source {
                Source::Column(Column { data: ColumnData::Int64(v) | ColumnData::Currency(v), .. }) => {
                    let add = |cells: &mut [(i64, u32)], at: &[u32], rows: &[u32]| {
                        at.iter().zip(rows).for_each(|(cell, row)| put(cells, *cell, v[*row as usize]));
                    };
                    Some(run(mask, blanks, places, n, &(start, 0), add, merge))
                }
                Source::Expr(RowExpr::Whole(expr), _) => {
                    let add = |cells: &mut [(i64, u32)], at: &[u32], rows: &[u32]| {
                        let mut values = Vec::with_capacity(rows.len());
                        expr.values(rows, &mut values);
                        at.iter().zip(&values).for_each(|(cell, v)| put(cells, *cell, *v));
                    };
                    Some(run(mask, blanks, places, n, &(start, 0), add, merge))
                }
                _ => None,
            }
        };
        let collected = match (kind, ty) {
            (A::Sum | A::Average, Some(DataType::Int64 | DataType::Currency)) => {
                whole(0, |sum, v| *sum = sum.wrapping_add(v)).map(Cells::Int)
            }
            (A::Min, Some(DataType::Int64 | DataType::Currency)) => whole(i64::MAX, |best, v| *best = (*best).min(v)).map(Cells::BestInt),
            (A::Max, Some(DataType::Int64 | DataType::Currency)) => whole(i64::MIN, |best, v| *best = (*best).max(v)).map(Cells::BestInt),
            (A::Sum | A::Average, Some(_)) => {
                let merge = |a: &mut (Exact, u32), b: &(Exact, u32)| {
                    a.0.merge(b.0);
                    a.1 += b.1;
                };
                let add = |cells: &mut [(Exact, u32)], at: &[u32], values: &[f64]| {
                    at.iter().zip(values).for_each(|(cell, v)| {
                        let cell = &mut cells[*cell as usize];
                        cell.0.add(*v);
                        cell.1 += 1;
                    });
                };
                reals(source, mask, blanks, places, n, &(Exact::default(), 0), add, merge).map(Cells::Double)
            }
            (A::Min | A::Max, Some(_)) => {
                let better = |x: f64, best: f64| best.is_nan() || if kind == A::Min { x < best } else { x > best };
                let merge = |a: &mut (f64, u32), b: &(f64, u32)| {
                    if b.1 > 0 && better(b.0, a.0) {
                        a.0 = b.0;
                    }
                    a.1 += b.1;
                };
                let add = |cells: &mut [(f64, u32)], at: &[u32], values: &[f64]| {
                    at.iter().zip(values).for_each(|(cell, v)| {
                        let cell = &mut cells[*cell as usize];
                        if better(*v, cell.0) {
                            cell.0 = *v;
                        }
                        cell.1 += 1;
                    });
                };
                reals(source, mask, blanks, places, n, &(f64::NAN, 0), add, merge).map(Cells::BestDouble)
            }
            _ => {
                let add = |cells: &mut [u32], at: &[u32], _: &[u32]| at.iter().for_each(|cell| cells[*cell as usize] += 1);
                Some(Cells::Count(run(mask, blanks, places, n, &0_u32, add, |a, b| *a += b)))
            }
        };
        let result = collected.and_then(|cells| collect(kind, &cells, ty, &layout));
        self.release(n * 16);
        Ok(result)
    }

    fn distinct_pass(&self, kind: AggKind, mask: &Mask, col: ColId, layout: &Layout) -> EvalResult<Option<Vec<Value>>> {
        if layout.sets.is_some() {
            return Ok(None);
        }
        let dict = self.column(col)?.dict().clone();
        let width = dict.len() + 1;
        let bits = layout.groups.saturating_mul(width);
        let skip = kind == AggKind::DistinctCountNoBlank;
        let mut counts = vec![0_i64; layout.groups];
        if bits <= 1 << 28 {
            let add = |words: &mut [u64], at: &[u32], rows: &[u32]| {
                super::codes::with_codes!(&dict.ids, v => {
                    for (cell, row) in at.iter().zip(rows) {
                        let bit = *cell as usize * width + v[*row as usize] as usize;
                        words[bit / 64] |= 1 << (bit % 64);
                    }
                });
            };
            self.reserve(bits / 8)?;
            let seen = run(mask, None, &layout.places, bits / 64 + 1, &0_u64, add, |a, b| *a |= b);
            self.release(bits / 8);
            for (index, word) in seen.iter().enumerate() {
                let mut w = *word;
                while w != 0 {
                    let bit = index * 64 + w.trailing_zeros() as usize;
                    w &= w - 1;
                    if !skip || bit % width != 0 {
                        counts[bit / width] += 1;
                    }
                }
            }
        } else {
            // Far more places than rows: only what occurs is kept.
            let mut seen: std::collections::HashSet<u64, std::hash::BuildHasherDefault<super::pass::Mix>> = Default::default();
            let (mut rows, mut wide, mut at) = (Vec::new(), Vec::new(), Vec::new());
            for word in 0..mask.bits.len() {
                rows.clear();
                let mut w = mask.bits[word];
                while w != 0 {
                    let row = word * 64 + w.trailing_zeros() as usize;
                    w &= w - 1;
                    if row < mask.rows {
                        rows.push(row as u32);
                    }
                }
                layout.places.cells(&rows, &mut wide, &mut at);
                for (cell, row) in at.iter().zip(&rows) {
                    let id = dict.ids.at(*row as usize);
                    if (id != 0 || !skip) && seen.insert(u64::from(*cell) << 32 | u64::from(id)) {
                        counts[*cell as usize] += 1;
                    }
                }
            }
        }
        Ok(Some(
            layout
                .group_of
                .iter()
                .map(|g| match counts[*g as usize] {
                    0 => Value::Blank,
                    n => Value::Int64(n),
                })
                .collect(),
        ))
    }
}

/// A pass over doubles; `None` when the source is of another type.
#[allow(clippy::too_many_arguments)]
fn reals<A: Clone + Send + Sync>(
    source: &Source<'_>,
    mask: &Mask,
    blanks: Option<&[bool]>,
    places: &Places,
    n: usize,
    start: &A,
    add: impl Fn(&mut [A], &[u32], &[f64]) + Sync,
    merge: impl Fn(&mut A, &A),
) -> Option<Vec<A>> {
    match source {
        Source::Column(Column { data: ColumnData::Double(v) | ColumnData::DateTime(v), .. }) => {
            let add = |cells: &mut [A], at: &[u32], rows: &[u32]| {
                let values: Vec<f64> = rows.iter().map(|r| v[*r as usize]).collect();
                add(cells, at, &values);
            };
            Some(run(mask, blanks, places, n, start, add, merge))
        }
        Source::Expr(RowExpr::Real(expr), _) => {
            let add = |cells: &mut [A], at: &[u32], rows: &[u32]| {
                let mut values = Vec::with_capacity(rows.len());
                expr.values(rows, &mut values);
                add(cells, at, &values);
            };
            Some(run(mask, blanks, places, n, start, add, merge))
        }
        _ => None,
    }
}

/// Turns cells into the value of each batch row, adding up the sets where there is an axis.
fn collect(kind: AggKind, cells: &Cells, ty: Option<DataType>, layout: &Layout) -> Option<Vec<Value>> {
    let int = |sum: i64, count: u64| -> Value {
        if count == 0 {
            return Value::Blank;
        }
        match (kind, ty) {
            (AggKind::Average, Some(DataType::Currency)) => {
                let exact = sum as f64 / count as f64 / 10_000.0;
                Currency::from_f64(exact).map_or(Value::Double(exact), Value::Currency)
            }
            (AggKind::Average, _) => Value::Double(sum as f64 / count as f64),
            (_, Some(DataType::Currency)) => Value::Currency(Currency(sum)),
            _ => Value::Int64(sum),
        }
    };
    let double = |sum: f64, count: u64| -> Value {
        if count == 0 {
            return Value::Blank;
        }
        let value = if kind == AggKind::Average { sum / count as f64 } else { sum };
        if ty == Some(DataType::DateTime) { Value::DateTime(value) } else { Value::Double(value) }
    };
    let count = |n: u64| if n == 0 { Value::Blank } else { Value::Int64(n as i64) };
    let Some(sets) = &layout.sets else {
        return Some(
            layout
                .group_of
                .iter()
                .map(|g| {
                    let g = *g as usize;
                    match cells {
                        Cells::Int(cells) | Cells::BestInt(cells) => int(cells[g].0, u64::from(cells[g].1)),
                        Cells::Double(cells) => double(cells[g].0.value(), u64::from(cells[g].1)),
                        Cells::BestDouble(cells) => double(cells[g].0, u64::from(cells[g].1)),
                        Cells::Count(counts) => count(u64::from(counts[g])),
                    }
                })
                .collect(),
        );
    };
    let axis = layout.axis;
    // Running totals along the axis make every range one subtraction.
    let prefix = |values: &dyn Fn(usize) -> i128| -> Vec<i128> {
        let mut out = Vec::with_capacity(layout.groups * (axis + 1));
        for group in 0..layout.groups {
            let mut sum = 0_i128;
            out.push(0);
            for at in 0..axis {
                sum += values(group * axis + at);
                out.push(sum);
            }
        }
        out
    };
    let range_sum = |running: &[i128], group: usize, set: &IdSet| -> i128 {
        let start = group * (axis + 1);
        if set.is_empty() {
            return 0;
        }
        if set.bits.is_none() {
            let high = (set.high as usize).min(axis - 1);
            if set.low as usize > high {
                return 0;
            }
            return running[start + high + 1] - running[start + set.low as usize];
        }
        set.iter().filter(|id| (*id as usize) < axis).map(|id| running[start + id as usize + 1] - running[start + id as usize]).sum()
    };
    let rows = || layout.group_of.iter().zip(sets.iter()).map(|(g, s)| (*g as usize, s));
    let running_counts = prefix(&|i| {
        i128::from(match cells {
            Cells::Int(c) | Cells::BestInt(c) => c[i].1,
            Cells::Double(c) => c[i].1,
            Cells::BestDouble(c) => c[i].1,
            Cells::Count(c) => c[i],
        })
    });
    Some(match cells {
        Cells::Count(_) => rows().map(|(g, s)| count(range_sum(&running_counts, g, s) as u64)).collect(),
        Cells::Int(sums) => {
            let running = prefix(&|i| i128::from(sums[i].0));
            rows().map(|(g, s)| int(range_sum(&running, g, s) as i64, range_sum(&running_counts, g, s) as u64)).collect()
        }
        Cells::Double(sums) => {
            // Long ranges restart from the nearest block, so that differences do not lose digits: sums are added up in order.
            let mut out = Vec::with_capacity(layout.group_of.len());
            let mut last: Option<(usize, u32, u32, Exact)> = None;
            for (g, s) in rows() {
                let n = range_sum(&running_counts, g, s) as u64;
                let total = match (&last, s.bits.is_none() && !s.is_empty()) {
                    (Some((lg, low, high, sum)), true) if *lg == g && *low == s.low && s.high >= *high => {
                        let mut sum = *sum;
                        for id in *high + 1..=s.high.min(axis as u32 - 1) {
                            sum.merge(sums[g * axis + id as usize].0);
                        }
                        sum
                    }
                    _ => {
                        let mut sum = Exact::default();
                        s.iter().filter(|id| (*id as usize) < axis).for_each(|id| sum.merge(sums[g * axis + id as usize].0));
                        sum
                    }
                };
                if s.bits.is_none() && !s.is_empty() {
                    last = Some((g, s.low, s.high, total));
                }
                out.push(double(total.value(), n));
            }
            out
        }
        Cells::BestInt(best) => rows()
            .map(|(g, s)| {
                let members = s
                    .iter()
                    .filter(|id| (*id as usize) < axis)
                    .map(|id| g * axis + id as usize)
                    .filter(|i| best[*i].1 > 0)
                    .map(|i| best[i].0);
                let found = if kind == AggKind::Min { members.min() } else { members.max() };
                found.map_or(Value::Blank, |v| int(v, 1))
            })
            .collect(),
        Cells::BestDouble(best) => rows()
            .map(|(g, s)| {
                let members = s
                    .iter()
                    .filter(|id| (*id as usize) < axis)
                    .map(|id| g * axis + id as usize)
                    .filter(|i| best[*i].1 > 0)
                    .map(|i| best[i].0);
                let found = if kind == AggKind::Min { members.reduce(f64::min) } else { members.reduce(f64::max) };
                found.map_or(Value::Blank, |v| double(v, 1))
            })
            .collect(),
    })
}
