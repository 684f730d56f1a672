//! One grouped pass over a table for all rows of a batch.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::Session;
use super::agg::Exact;
use super::batch::{Batch, KeyKind};
use super::store::{IdSet, Mask};
use crate::base::Currency;
use crate::dax::bind::bound::{AggKind, Kind, N};
use crate::dax::catalog::{ColId, TableId};
use crate::dax::error::EvalResult;
use crate::table::{Column, ColumnData, Value};

/// Most accumulators of one pass.
const MAX_CELLS: usize = 1 << 24;
const NONE: u32 = u32::MAX;

/// Where each row of a table adds to.
struct Layout {
    /// Cell per row of the table, `NONE` for rows that no batch row wants.
    cells: Vec<u32>,
    /// Number of groups.
    groups: usize,
    /// Group per batch row.
    group_of: Vec<u32>,
    /// Ids on the axis of sets (1 without one).
    axis: usize,
    sets: Option<Rc<Vec<Rc<IdSet>>>>,
}

/// What a pass collects per cell.
enum Cells {
    Int(Vec<i64>, Vec<u32>),
    Double(Vec<Exact>, Vec<u32>),
    Count(Vec<u32>),
    BestInt(Vec<i64>, Vec<u32>),
    BestDouble(Vec<f64>, Vec<u32>),
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
            None => self.grouped_pass(*kind, base, &mask, None, None, batch)?,
            Some(expr) => {
                if let Kind::Col { level: l, index } = &expr.kind
                    && l == level
                {
                    let col = self.catalog.tables[base as usize].columns[*index];
                    let stored = self.column(col)?;
                    return self.finish_types(self.grouped_pass(*kind, base, &mask, Some(&stored.column), Some(col), batch)?, node);
                }
                if expr.deps.filter
                    || expr.deps.transition
                    || !expr.deps.vars.is_empty()
                    || expr.deps.frames & !(1 << (*level).min(63)) != 0
                {
                    return Ok(None);
                }
                let Some(column) = self.vector(base, expr, *level, &batch.cx)? else { return Ok(None) };
                self.grouped_pass(*kind, base, &mask, Some(&column), None, batch)?
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
        self.grouped_pass(kind, table, &mask, Some(&stored.column), Some(col), batch)
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
        if config.has_edges() {
            return Ok(None);
        }
        let rows = self.rows(table)?;
        let mut keys: Vec<(ColId, Rc<Vec<u32>>)> = Vec::new();
        let mut sets: Option<(ColId, Rc<Vec<Rc<IdSet>>>)> = None;
        for key in &batch.keys {
            if !config.reaches(table, self.catalog.table_of(key.col)) {
                continue;
            }
            match &key.kind {
                KeyKind::Ids(ids) => keys.push((key.col, ids.clone())),
                KeyKind::Sets(list) if sets.is_none() => sets = Some((key.col, list.clone())),
                KeyKind::Sets(_) => return Ok(None),
            }
        }
        // Numbers of the groups: distinct combinations of the batch's key values.
        let sizes = keys.iter().map(|(c, _)| Ok(self.column(*c)?.dict().len() + 1)).collect::<EvalResult<Vec<usize>>>()?;
        let slots = sizes.iter().try_fold(1_usize, |p, s| p.checked_mul(*s)).unwrap_or(usize::MAX);
        if slots > 1 << 23 {
            return Ok(None);
        }
        let mut number = vec![NONE; slots];
        let mut groups = 0_u32;
        let mut group_of = Vec::with_capacity(batch.n);
        for row in 0..batch.n {
            let slot = keys.iter().zip(&sizes).fold(0, |s, ((_, ids), size)| s * size + ids[row] as usize);
            if number[slot] == NONE {
                number[slot] = groups;
                groups += 1;
            }
            group_of.push(number[slot]);
        }
        let axis = match &sets {
            Some((col, _)) => self.column(*col)?.dict().len() + 1,
            None => 1,
        };
        if (groups as usize).saturating_mul(axis) > MAX_CELLS {
            return Ok(None);
        }
        // The slot of a row is a sum over the tables that hold the keys; each part is found once per row of its table.
        let mut owners: Vec<(TableId, Vec<u32>)> = Vec::new();
        let mut weight = 1_u32;
        for ((col, _), size) in keys.iter().zip(&sizes).rev() {
            let owner = self.catalog.table_of(*col);
            let ids = self.column(*col)?.dict().clone();
            match owners.iter_mut().find(|(t, _)| *t == owner) {
                Some((_, part)) => part.iter_mut().zip(&ids.ids).for_each(|(p, id)| *p += id * weight),
                None => owners.push((owner, ids.ids.iter().map(|id| id * weight).collect())),
            }
            weight = weight.wrapping_mul(*size as u32);
        }
        let through = |session: &Self, owner: TableId| -> EvalResult<Option<Arc<Vec<u32>>>> {
            if owner == table { Ok(None) } else { session.row_map(&config, table, owner) }
        };
        let mut cells: Vec<u32> = match owners.as_slice() {
            [] => vec![number.first().copied().unwrap_or(0); rows],
            [(owner, part)] => {
                let numbered: Vec<u32> = part.iter().map(|s| number[*s as usize]).collect();
                match through(self, *owner)? {
                    None => numbered[..rows].to_vec(),
                    Some(map) => map[..rows].iter().map(|r| numbered[*r as usize]).collect(),
                }
            }
            many => {
                let mut slot = vec![0_u32; rows];
                for (owner, part) in many {
                    match through(self, *owner)? {
                        None => slot.iter_mut().zip(part).for_each(|(s, p)| *s += p),
                        Some(map) => slot.iter_mut().zip(&map[..rows]).for_each(|(s, r)| *s += part[*r as usize]),
                    }
                }
                slot.into_iter().map(|s| number[s as usize]).collect()
            }
        };
        if let Some((col, _)) = &sets {
            let owner = self.catalog.table_of(*col);
            let ids = self.column(*col)?.dict().clone();
            let width = axis as u32;
            let map = through(self, owner)?;
            for (row, cell) in cells.iter_mut().enumerate() {
                if *cell != NONE {
                    let at = map.as_ref().map_or(row, |m| m[row] as usize);
                    *cell = *cell * width + ids.ids[at];
                }
            }
        }
        Ok(Some(Layout { cells, groups: groups as usize, group_of, axis, sets: sets.map(|(_, list)| list) }))
    }

    fn grouped_pass(
        &self,
        kind: AggKind,
        table: TableId,
        mask: &Mask,
        column: Option<&Column>,
        stored: Option<ColId>,
        batch: &Batch,
    ) -> EvalResult<Option<Vec<Value>>> {
        use AggKind as A;
        let supported = matches!(
            (kind, column.map(|c| &c.data)),
            (A::CountRows, None)
                | (A::Count | A::CountA, Some(_))
                | (
                    A::Sum | A::Average | A::Min | A::Max,
                    Some(ColumnData::Int64(_) | ColumnData::Currency(_) | ColumnData::Double(_) | ColumnData::DateTime(_))
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
        let blanks = column.and_then(|c| c.blanks.as_deref());
        let cells = &layout.cells;
        let each = |add: &mut dyn FnMut(usize, usize)| {
            let full = mask.count == mask.rows && blanks.is_none();
            if full {
                for (row, cell) in cells.iter().enumerate() {
                    if *cell != NONE {
                        add(row, *cell as usize);
                    }
                }
            } else {
                for row in mask.iter() {
                    let cell = cells[row];
                    if cell != NONE && blanks.is_none_or(|b| !b[row]) {
                        add(row, cell as usize);
                    }
                }
            }
        };
        let collected = match (kind, column.map(|c| &c.data)) {
            (A::Sum | A::Average, Some(ColumnData::Int64(v) | ColumnData::Currency(v))) => {
                let (mut sums, mut counts) = (vec![0_i64; n], vec![0_u32; n]);
                each(&mut |row, cell| {
                    sums[cell] = sums[cell].wrapping_add(v[row]);
                    counts[cell] += 1;
                });
                Cells::Int(sums, counts)
            }
            (A::Sum | A::Average, Some(ColumnData::Double(v) | ColumnData::DateTime(v))) => {
                let (mut sums, mut counts) = (vec![Exact::default(); n], vec![0_u32; n]);
                each(&mut |row, cell| {
                    sums[cell].add(v[row]);
                    counts[cell] += 1;
                });
                Cells::Double(sums, counts)
            }
            (A::Min | A::Max, Some(ColumnData::Int64(v) | ColumnData::Currency(v))) => {
                let start = if kind == A::Min { i64::MAX } else { i64::MIN };
                let (mut best, mut counts) = (vec![start; n], vec![0_u32; n]);
                each(&mut |row, cell| {
                    let x = v[row];
                    best[cell] = if kind == A::Min { best[cell].min(x) } else { best[cell].max(x) };
                    counts[cell] += 1;
                });
                Cells::BestInt(best, counts)
            }
            (A::Min | A::Max, Some(ColumnData::Double(v) | ColumnData::DateTime(v))) => {
                let (mut best, mut counts) = (vec![f64::NAN; n], vec![0_u32; n]);
                each(&mut |row, cell| {
                    let x = v[row];
                    let better = best[cell].is_nan() || if kind == A::Min { x < best[cell] } else { x > best[cell] };
                    if better {
                        best[cell] = x;
                    }
                    counts[cell] += 1;
                });
                Cells::BestDouble(best, counts)
            }
            _ => {
                let mut counts = vec![0_u32; n];
                each(&mut |_, cell| counts[cell] += 1);
                Cells::Count(counts)
            }
        };
        let result = collect(kind, &collected, column, &layout);
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
        let mut counts = vec![0_i64; layout.groups];
        if bits <= 1 << 28 {
            let mut seen = vec![0_u64; bits / 64 + 1];
            for row in mask.iter() {
                let cell = layout.cells[row];
                if cell == NONE {
                    continue;
                }
                let id = dict.ids[row] as usize;
                if id == 0 && kind == AggKind::DistinctCountNoBlank {
                    continue;
                }
                let at = cell as usize * width + id;
                let bit = 1 << (at % 64);
                if seen[at / 64] & bit == 0 {
                    seen[at / 64] |= bit;
                    counts[cell as usize] += 1;
                }
            }
        } else {
            let mut seen: HashMap<(u32, u32), ()> = HashMap::new();
            for row in mask.iter() {
                let (cell, id) = (layout.cells[row], dict.ids[row]);
                if cell != NONE && (id != 0 || kind == AggKind::DistinctCount) && seen.insert((cell, id), ()).is_none() {
                    counts[cell as usize] += 1;
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

/// Turns cells into the value of each batch row, adding up the sets where there is an axis.
fn collect(kind: AggKind, cells: &Cells, column: Option<&Column>, layout: &Layout) -> Option<Vec<Value>> {
    let data = column.map(|c| &c.data);
    let int = |sum: i64, count: u64| -> Value {
        if count == 0 {
            return Value::Blank;
        }
        match (kind, data) {
            (AggKind::Average, Some(ColumnData::Currency(_))) => {
                let exact = sum as f64 / count as f64 / 10_000.0;
                Currency::from_f64(exact).map_or(Value::Double(exact), Value::Currency)
            }
            (AggKind::Average, _) => Value::Double(sum as f64 / count as f64),
            (_, Some(ColumnData::Currency(_))) => Value::Currency(Currency(sum)),
            _ => Value::Int64(sum),
        }
    };
    let double = |sum: f64, count: u64| -> Value {
        if count == 0 {
            return Value::Blank;
        }
        let value = if kind == AggKind::Average { sum / count as f64 } else { sum };
        if matches!(data, Some(ColumnData::DateTime(_))) { Value::DateTime(value) } else { Value::Double(value) }
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
                        Cells::Int(sums, counts) | Cells::BestInt(sums, counts) => int(sums[g], u64::from(counts[g])),
                        Cells::Double(sums, counts) => double(sums[g].value(), u64::from(counts[g])),
                        Cells::BestDouble(best, counts) => double(best[g], u64::from(counts[g])),
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
    let counts = match cells {
        Cells::Int(_, c) | Cells::Double(_, c) | Cells::Count(c) | Cells::BestInt(_, c) | Cells::BestDouble(_, c) => c,
    };
    let running_counts = prefix(&|i| i128::from(counts[i]));
    Some(match cells {
        Cells::Count(_) => rows().map(|(g, s)| count(range_sum(&running_counts, g, s) as u64)).collect(),
        Cells::Int(sums, _) => {
            let running = prefix(&|i| i128::from(sums[i]));
            rows().map(|(g, s)| int(range_sum(&running, g, s) as i64, range_sum(&running_counts, g, s) as u64)).collect()
        }
        Cells::Double(sums, _) => {
            // Long ranges restart from the nearest block, so that differences do not lose digits: sums are added up in order.
            let mut out = Vec::with_capacity(layout.group_of.len());
            let mut last: Option<(usize, u32, u32, Exact)> = None;
            for (g, s) in rows() {
                let n = range_sum(&running_counts, g, s) as u64;
                let total = match (&last, s.bits.is_none() && !s.is_empty()) {
                    (Some((lg, low, high, sum)), true) if *lg == g && *low == s.low && s.high >= *high => {
                        let mut sum = *sum;
                        for id in *high + 1..=s.high.min(axis as u32 - 1) {
                            sum.merge(sums[g * axis + id as usize]);
                        }
                        sum
                    }
                    _ => {
                        let mut sum = Exact::default();
                        s.iter().filter(|id| (*id as usize) < axis).for_each(|id| sum.merge(sums[g * axis + id as usize]));
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
        Cells::BestInt(best, c) => rows()
            .map(|(g, s)| {
                let members =
                    s.iter().filter(|id| (*id as usize) < axis).map(|id| g * axis + id as usize).filter(|i| c[*i] > 0).map(|i| best[i]);
                let found = if kind == AggKind::Min { members.min() } else { members.max() };
                found.map_or(Value::Blank, |v| int(v, 1))
            })
            .collect(),
        Cells::BestDouble(best, c) => rows()
            .map(|(g, s)| {
                let members =
                    s.iter().filter(|id| (*id as usize) < axis).map(|id| g * axis + id as usize).filter(|i| c[*i] > 0).map(|i| best[i]);
                let found = if kind == AggKind::Min { members.reduce(f64::min) } else { members.reduce(f64::max) };
                found.map_or(Value::Blank, |v| double(v, 1))
            })
            .collect(),
    })
}
