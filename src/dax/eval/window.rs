//! Window functions: partitions of a relation in an order, and the current row in them.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::rc::Rc;

use super::value::{Key as SetKey, TableVal};
use super::{Ctx, Session};
use crate::dax::bind::bound::{N, WindowKind, WindowSpec};
use crate::dax::error::EvalResult;
use crate::dax::scalar;
use crate::table::Value;

/// The relation divided and sorted.
struct Layout {
    relation: Rc<TableVal>,
    /// Rows of each partition in order.
    partitions: Vec<Vec<u32>>,
    /// Where a row stands: partition and position.
    place: Vec<(usize, usize)>,
    /// Order keys by row.
    keys: Vec<Vec<Value>>,
}

impl Session<'_> {
    fn layout(&self, spec: &WindowSpec, cx: &Ctx) -> EvalResult<Layout> {
        let relation = self.table(&spec.relation, cx)?;
        let mut keys = Vec::new();
        for (key, _, _) in &spec.order {
            keys.push(self.map_rows(&relation, key, cx, false)?);
        }
        let mut index: HashMap<Vec<SetKey>, usize> = HashMap::new();
        let mut partitions: Vec<Vec<u32>> = Vec::new();
        for row in 0..relation.n {
            let key = spec.partition.iter().map(|c| SetKey::of(&relation.get(*c, row))).collect();
            let part = *index.entry(key).or_insert_with(|| {
                partitions.push(Vec::new());
                partitions.len() - 1
            });
            partitions[part].push(row as u32);
        }
        let compare = |a: u32, b: u32| -> Ordering {
            for (column, (_, descending, blanks_first)) in keys.iter().zip(&spec.order) {
                let (x, y) = (&column[a as usize], &column[b as usize]);
                let order = match (x.is_blank(), y.is_blank(), blanks_first) {
                    (true, false, Some(first)) => {
                        if *first {
                            Ordering::Less
                        } else {
                            Ordering::Greater
                        }
                    }
                    (false, true, Some(first)) => {
                        if *first {
                            Ordering::Greater
                        } else {
                            Ordering::Less
                        }
                    }
                    _ => {
                        let order = super::table::full_order(x, y);
                        if *descending { order.reverse() } else { order }
                    }
                };
                if order.is_ne() {
                    return order;
                }
            }
            Ordering::Equal
        };
        let mut place = vec![(0, 0); relation.n];
        for (part, rows) in partitions.iter_mut().enumerate() {
            rows.sort_by(|a, b| {
                compare(*a, *b).then_with(|| {
                    // Ties: the relation's own columns, ascending.
                    for col in &relation.cols {
                        let order = match (col.id(*a as usize), col.id(*b as usize)) {
                            (Some(x), Some(y)) => x.cmp(&y),
                            _ => scalar::order(&col.get(*a as usize), &col.get(*b as usize)),
                        };
                        if order.is_ne() {
                            return order;
                        }
                    }
                    Ordering::Equal
                })
            });
            for (position, row) in rows.iter().enumerate() {
                place[*row as usize] = (part, position);
            }
        }
        Ok(Layout { relation, partitions, place, keys })
    }

    /// Rows of the relation that match the row contexts or filters around.
    fn current_rows(&self, spec: &WindowSpec, layout: &Layout, cx: &Ctx) -> EvalResult<Vec<u32>> {
        let relation = &layout.relation;
        let used: Vec<usize> = if spec.matching.is_empty() {
            (0..relation.cols.len()).collect()
        } else {
            spec.matching.iter().chain(&spec.partition).copied().collect()
        };
        let mut rows: Vec<u32> = (0..relation.n as u32).collect();
        let mut any = false;
        for index in used {
            if let Some((level, column)) = spec.outer[index] {
                let frame = self.frame(cx, level);
                let cells = &frame.table.cols[column];
                let at = frame.row.get();
                let col = &relation.cols[index];
                any = true;
                match (cells.id(at), col.lineage() == cells.lineage() && col.lineage().is_some()) {
                    (Some(id), true) => rows.retain(|r| col.id(*r as usize) == Some(id)),
                    _ => {
                        let value = cells.get(at);
                        rows.retain(|r| scalar::identical(&col.get(*r as usize), &value));
                    }
                }
            } else if let Some(lineage) = relation.cols[index].lineage() {
                let own = cx.fc.clear(&|c| c != lineage);
                if own.filters.is_empty() {
                    continue;
                }
                any = true;
                let allowed: std::collections::HashSet<u32> = self.filtered_ids(lineage, &own)?.into_iter().collect();
                rows.retain(|r| relation.cols[index].id(*r as usize).is_some_and(|id| allowed.contains(&id)));
            }
        }
        let _ = any;
        Ok(rows)
    }

    fn number(&self, node: &N, cx: &Ctx) -> EvalResult<i64> {
        scalar::whole(&self.scalars, &self.scalar(node, cx)?)
    }

    /// INDEX, OFFSET, WINDOW.
    pub(crate) fn window_table(&self, spec: &WindowSpec, cx: &Ctx) -> EvalResult<TableVal> {
        let layout = self.layout(spec, cx)?;
        let numbers = spec.numbers.iter().map(|n| self.number(n, cx)).collect::<EvalResult<Vec<_>>>()?;
        let mut out: Vec<u32> = Vec::new();
        let push = |row: u32, out: &mut Vec<u32>| {
            if !out.contains(&row) {
                out.push(row);
            }
        };
        match spec.kind {
            WindowKind::Index => {
                let current = self.current_rows(spec, &layout, cx)?;
                let mut parts: Vec<usize> = current.iter().map(|r| layout.place[*r as usize].0).collect();
                parts.sort_unstable();
                parts.dedup();
                if spec.partition.is_empty() {
                    parts = (0..layout.partitions.len()).collect();
                }
                for part in parts {
                    let rows = &layout.partitions[part];
                    let at = match numbers[0] {
                        0 => None,
                        n if n > 0 => usize::try_from(n - 1).ok(),
                        n => rows.len().checked_sub(n.unsigned_abs() as usize),
                    };
                    if let Some(row) = at.and_then(|a| rows.get(a)) {
                        push(*row, &mut out);
                    }
                }
            }
            WindowKind::Offset => {
                for row in self.current_rows(spec, &layout, cx)? {
                    let (part, position) = layout.place[row as usize];
                    let at = position as i64 + numbers[0];
                    if let Some(row) = usize::try_from(at).ok().and_then(|a| layout.partitions[part].get(a)) {
                        push(*row, &mut out);
                    }
                }
            }
            _ => {
                let current = self.current_rows(spec, &layout, cx)?;
                let mut chosen = vec![false; layout.relation.n];
                let mut ordered = Vec::new();
                for row in current {
                    let (part, position) = layout.place[row as usize];
                    let rows = &layout.partitions[part];
                    let len = rows.len() as i64;
                    let bound = |n: i64, absolute: bool, from: bool| -> i64 {
                        if !absolute {
                            return position as i64 + n;
                        }
                        match n {
                            0 => {
                                if from {
                                    0
                                } else {
                                    -1
                                }
                            }
                            n if n > 0 => n - 1,
                            n => len + n,
                        }
                    };
                    let low = bound(numbers[0], spec.absolute[0], true).max(0);
                    let high = bound(numbers[1], spec.absolute[1], false).min(len - 1);
                    let mut at = low;
                    while at <= high {
                        let row = rows[at as usize];
                        if !chosen[row as usize] {
                            chosen[row as usize] = true;
                            ordered.push(row);
                        }
                        at += 1;
                    }
                }
                out = ordered;
            }
        }
        Ok(layout.relation.pick(&out))
    }

    /// ROWNUMBER and RANK.
    pub(crate) fn window_scalar(&self, spec: &WindowSpec, node: &N, cx: &Ctx) -> EvalResult<Value> {
        let _ = node;
        let layout = self.layout(spec, cx)?;
        let current = self.current_rows(spec, &layout, cx)?;
        let Some(row) = current.first().copied() else { return Ok(Value::Blank) };
        let (part, position) = layout.place[row as usize];
        let rows = &layout.partitions[part];
        let same = |a: u32, b: u32| layout.keys.iter().all(|k| super::table::full_order(&k[a as usize], &k[b as usize]).is_eq());
        if current.len() > 1
            && !(matches!(spec.kind, WindowKind::Rank { .. })
                && current.iter().all(|r| layout.place[*r as usize].0 == part && same(*r, row)))
        {
            return Ok(Value::Blank);
        }
        Ok(Value::Int64(match spec.kind {
            WindowKind::Rank { dense } => {
                let mut rank = 1;
                let mut distinct = 1;
                for i in 1..=position {
                    if !same(rows[i], rows[i - 1]) {
                        distinct += 1;
                        rank = i as i64 + 1;
                    }
                }
                if dense { distinct } else { rank }
            }
            _ => position as i64 + 1,
        }))
    }
}
