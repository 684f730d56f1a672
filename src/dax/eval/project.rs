//! Which keys of a batch an expression can see. Rows that differ in the others only are evaluated once, and an iterator over rows that
//! no key changes is evaluated for all contexts at once.

use std::collections::HashMap;
use std::rc::Rc;

use super::Session;
use super::agg::Accumulator;
use super::batch::{Batch, KeyKind};
use super::value::Key as SetKey;
use crate::dax::bind::bound::{FilterArg, Kind, N, Removal};
use crate::dax::bind::children;
use crate::dax::catalog::{MeasureId, TableId};
use crate::dax::error::EvalResult;
use crate::table::Value;

/// Below so many rows nothing is gained.
const FEW_ROWS: usize = if cfg!(test) { 2 } else { 16 };

/// Most rows of an iterator in all contexts together.
const MOST_ROWS: usize = 1 << 20;

/// What an expression asks of the filter context.
#[derive(Default)]
struct Asked {
    tables: Vec<TableId>,
    /// It switches relationships on or off.
    switches: bool,
    /// Measures already looked into.
    measures: Vec<MeasureId>,
}

impl Session<'_> {
    /// The tables of whose filters an expression can see something; `false` where that cannot be told.
    fn ask(&self, node: &N, asked: &mut Asked) -> EvalResult<bool> {
        if !node.deps.filter {
            return Ok(true);
        }
        let table_of = |col| self.catalog.table_of(col);
        match &node.kind {
            Kind::Measure(id) => {
                if !self.catalog.groups.is_empty() {
                    return Ok(false);
                }
                if asked.measures.contains(id) {
                    return Ok(true);
                }
                asked.measures.push(*id);
                let body = self.binder.bind_measure(*id).map_err(|e| e.to_eval())?;
                return self.ask(&body, asked);
            }
            Kind::Calculate(_, filters) => {
                for filter in filters {
                    match filter {
                        FilterArg::Remove(
                            Removal::SelectedEverything
                            | Removal::SelectedTable(_)
                            | Removal::SelectedColumns(_)
                            | Removal::CrossFiltered(_),
                        ) => return Ok(false),
                        FilterArg::Use(_) | FilterArg::Cross(..) => asked.switches = true,
                        _ => {}
                    }
                }
            }
            Kind::Table { table, .. } => asked.tables.push(*table),
            Kind::Values { columns, .. } => asked.tables.extend(columns.iter().map(|c| table_of(*c))),
            Kind::SelectedValue(col, _) | Kind::HasOneValue(col) | Kind::HasOneFilter(col) | Kind::IsInScope(col) | Kind::Filters(col) => {
                asked.tables.push(table_of(*col));
            }
            Kind::IsFiltered(columns, table) => asked.tables.extend(columns.iter().map(|c| table_of(*c)).chain(*table)),
            Kind::Time { column, calendar: None, .. } => asked.tables.push(table_of(*column)),
            Kind::Neg(_)
            | Kind::Not(_)
            | Kind::Arith(..)
            | Kind::ArithChain(..)
            | Kind::Concat(_)
            | Kind::Cmp(..)
            | Kind::And(_)
            | Kind::Or(_)
            | Kind::In(..)
            | Kind::Let(..)
            | Kind::Scalar(..)
            | Kind::Op(..)
            | Kind::TableAsScalar(_)
            | Kind::Agg { .. }
            | Kind::ConcatX { .. }
            | Kind::RankX { .. }
            | Kind::IsEmpty(_)
            | Kind::Distinct(_)
            | Kind::FilterRows { .. }
            | Kind::AddColumns { .. }
            | Kind::SelectColumns { .. }
            | Kind::Row(_)
            | Kind::Constructor { .. }
            | Kind::TopN { .. }
            | Kind::CrossJoin(_)
            | Kind::TreatAs { .. } => {}
            _ => return Ok(false),
        }
        let mut known = Ok(true);
        children(node, &mut |child| {
            if matches!(known, Ok(true)) {
                known = self.ask(child, asked);
            }
        });
        known
    }

    /// For each key of a batch whether it can change the value of an expression; `None` where that cannot be told.
    fn seen_keys(&self, node: &N, batch: &Batch) -> EvalResult<Option<Vec<bool>>> {
        if batch.has_frame() || node.deps.other {
            return Ok(None);
        }
        let mut asked = Asked::default();
        if !self.ask(node, &mut asked)? {
            return Ok(None);
        }
        asked.tables.sort_unstable();
        asked.tables.dedup();
        let config = self.config(&batch.cx.fc.rels);
        let sees = |key: TableId| {
            asked
                .tables
                .iter()
                .any(|t| if asked.switches { self.is_joined(*t, key) } else { config.affects(*t, key, None, &mut Vec::new()) })
        };
        Ok(Some(batch.keys.iter().map(|key| sees(self.catalog.table_of(key.col))).collect()))
    }

    /// Whether any relationships lead from one table to another, in whatever direction and whether in use or not.
    fn is_joined(&self, from: TableId, to: TableId) -> bool {
        let mut reached = vec![from];
        let mut next = 0;
        while let Some(at) = reached.get(next).copied() {
            next += 1;
            for rel in &self.catalog.rels {
                let (a, b) = (self.catalog.table_of(rel.from), self.catalog.table_of(rel.to));
                for (a, b) in [(a, b), (b, a)] {
                    if a == at && !reached.contains(&b) {
                        reached.push(b);
                    }
                }
            }
        }
        reached.contains(&to)
    }

    /// The rows of a batch that differ for an expression, and for each row of the batch which of them it is like; `None` when
    /// nothing is gained.
    pub(super) fn projected(&self, node: &N, batch: &Batch) -> EvalResult<Option<(Batch, Vec<u32>)>> {
        if batch.n < FEW_ROWS {
            return Ok(None);
        }
        let Some(seen) = self.seen_keys(node, batch)? else { return Ok(None) };
        if seen.iter().all(|s| *s) {
            return Ok(None);
        }
        let mut ids: Vec<&[u32]> = Vec::new();
        for (key, _) in batch.keys.iter().zip(&seen).filter(|(_, seen)| **seen) {
            match (&key.kind, &key.rows) {
                (KeyKind::Ids(list), None) => ids.push(list),
                _ => return Ok(None),
            }
        }
        let vars = batch.values_of(&node.deps.vars);
        let mut known: HashMap<(Vec<u32>, Vec<SetKey>), u32> = HashMap::new();
        let mut first: Vec<u32> = Vec::new();
        let mut place: Vec<u32> = Vec::with_capacity(batch.n);
        for row in 0..batch.n {
            let key = (ids.iter().map(|list| list[row]).collect(), vars.iter().map(|list| SetKey::of(&list[row])).collect());
            place.push(*known.entry(key).or_insert_with(|| {
                first.push(row as u32);
                first.len() as u32 - 1
            }));
        }
        if first.len() * 2 > batch.n {
            return Ok(None);
        }
        let mut small = batch.pick(&first);
        let mut seen = seen.iter();
        small.keys.retain(|_| *seen.next().expect("one for each key"));
        Ok(Some((small, place)))
    }

    /// An iterator over a table that is the same in every context of a batch: its expression for all rows in all contexts at once.
    pub(super) fn nested(&self, node: &N, batch: &Batch) -> EvalResult<Option<Vec<Value>>> {
        let Kind::Agg { kind, table, expr: Some(expr), level, variant } = &node.kind else { return Ok(None) };
        if *level != batch.cx.rows.as_ref().map_or(0, |r| r.depth + 1)
            || matches!(table.kind, Kind::Table { .. } | Kind::KeepFilters(_))
            || expr.deps.other
            || !batch.values_of(&table.deps.vars).is_empty()
            || !self.seen_keys(table, batch)?.is_some_and(|seen| !seen.contains(&true))
        {
            return Ok(None);
        }
        let rows = self.table(table, &batch.cx)?;
        if !rows.bases.is_empty() || rows.n == 0 || rows.n.saturating_mul(batch.n) > MOST_ROWS {
            return Ok(None);
        }
        self.reserve(rows.n * batch.n * 16)?;
        let context: Vec<u32> = (0..batch.n as u32).flat_map(|row| std::iter::repeat_n(row, rows.n)).collect();
        let member: Vec<u32> = (0..batch.n).flat_map(|_| 0..rows.n as u32).collect();
        let inner = batch.pick(&context).with_frame(Rc::new(rows.pick(&member)), *level);
        // Whatever goes wrong is for the slow way to say.
        let Ok(values) = self.evaluate_batch(expr, &inner) else { return Ok(None) };
        let mut out = Vec::with_capacity(batch.n);
        for values in values.chunks(rows.n) {
            let mut sum = Accumulator::new(*kind, *variant);
            for value in values {
                sum.push(value, &self.scalars)?;
            }
            out.push(self.unified(sum.finish()?, node.ty)?);
        }
        Ok(Some(out))
    }
}
