//! Keys of a batch that reach the aggregated table through a both-way or limited relationship, as a set of rows per batch row.

use std::collections::HashMap;
use std::rc::Rc;

use super::Session;
use super::batch::{Batch, BatchKey, KeyKind};
use super::pass::{Part, Shared};
use super::relation::{Config, Edge};
use super::store::IdSet;
use crate::dax::catalog::{RelId, TableId};
use crate::dax::error::EvalResult;

/// How keys restrict a table beside its expansion.
pub(crate) enum Travel {
    /// Not at all.
    Nothing,
    /// Each batch row lets through a set of positions on an axis.
    Sets(Part, Rc<Vec<Rc<IdSet>>>),
    /// In several ways at once.
    Many,
}

impl Config {
    /// Whether a filter on a table changes what `visible` finds for another.
    pub(super) fn affects(&self, table: TableId, filtered: TableId, skip: Option<TableId>, used: &mut Vec<RelId>) -> bool {
        if self.reaches(table, filtered) && !skip.is_some_and(|s| self.reaches(s, filtered)) {
            return true;
        }
        self.edges.iter().filter(|e| self.reaches(table, e.target)).any(|edge| {
            if used.contains(&edge.rel) {
                return false;
            }
            used.push(edge.rel);
            let found = self.affects(edge.source, filtered, edge.upward.then_some(edge.target), used);
            used.pop();
            found
        })
    }

    /// Edges that bring a filter on a table to another one. One from the table itself to a table of its own expansion brings
    /// nothing new: the rows of the table are a part of those that it is computed from.
    fn carriers(&self, table: TableId, filtered: TableId) -> Vec<Edge> {
        let carries = |e: &&Edge| {
            self.reaches(table, e.target)
                && !(e.upward && e.source == table)
                && self.affects(e.source, filtered, e.upward.then_some(e.target), &mut vec![e.rel])
        };
        self.edges.iter().filter(carries).copied().collect()
    }
}

impl Session<'_> {
    /// What the keys of a batch do to a table beside its expansion.
    pub(crate) fn travelling(&self, table: TableId, batch: &Batch, config: &Config) -> EvalResult<Travel> {
        let mut edges: Vec<Edge> = Vec::new();
        let mut keys: Vec<&BatchKey> = Vec::new();
        for key in &batch.keys {
            let found = config.carriers(table, self.catalog.table_of(key.col));
            if !found.is_empty() {
                keys.push(key);
            }
            for edge in found {
                if !edges.contains(&edge) {
                    edges.push(edge);
                }
            }
        }
        let edge = match edges.as_slice() {
            [] => return Ok(Travel::Nothing),
            [edge] => *edge,
            _ => return Ok(Travel::Many),
        };
        let part = self.edge_axis(table, &edge, config)?;
        // Rows with the same travelling keys share their set.
        let mut known: HashMap<Vec<u32>, Rc<IdSet>> = HashMap::new();
        let mut sets = Vec::with_capacity(batch.n);
        for row in 0..batch.n {
            let ids: Option<Vec<u32>> = keys
                .iter()
                .map(|k| match (&k.kind, &k.rows) {
                    (_, Some(rows)) => Some(rows[row]),
                    (KeyKind::Ids(ids), None) => Some(ids[row]),
                    (KeyKind::Sets(_), None) => None,
                })
                .collect();
            if let Some(set) = ids.as_ref().and_then(|ids| known.get(ids)) {
                sets.push(set.clone());
                continue;
            }
            self.tick()?;
            let context = self.row_context(batch, row);
            let skip = edge.upward.then_some(edge.target);
            let used = &mut vec![edge.rel];
            let filtered = self.is_filtered(&edge, &context.fc, config, used);
            let source = if filtered { Some(self.visible(edge.source, &context.fc, config, used, skip)?) } else { None };
            let set = match &source {
                None => IdSet::range(0, part.size as u32 - 1),
                Some(source) if edge.upward => {
                    let map = self.relationship_rows(edge.rel)?;
                    IdSet::from_ids(source.iter().map(|r| map.at(r)))
                }
                Some(source) => {
                    let (from, to) = self.ends(&edge);
                    let pass = self.shared_ids(from, to, source)?;
                    IdSet::from_ids((0..pass.len() as u32).filter(|id| pass[*id as usize]))
                }
            };
            let set = Rc::new(set);
            if let Some(ids) = ids {
                known.insert(ids, set.clone());
            }
            sets.push(set);
        }
        Ok(Travel::Sets(part, Rc::new(sets)))
    }

    /// The axis on which an edge restricts a table: rows of its target, or ids of the target's column.
    fn edge_axis(&self, table: TableId, edge: &Edge, config: &Config) -> EvalResult<Part> {
        let rows = self.rows(edge.target)?;
        if edge.upward {
            let map = self.row_map(config, table, edge.target)?.expect("reachable");
            return Ok(Part { codes: Shared::Rows(map), table: (0..=rows as u32).collect(), size: rows + 1 });
        }
        let (_, to) = self.ends(edge);
        let dict = self.column(to)?.dict().clone();
        if edge.target == table {
            return Ok(Part { table: (0..=dict.len() as u32).collect(), size: dict.len() + 1, codes: Shared::Ids(dict) });
        }
        let map = self.row_map(config, table, edge.target)?.expect("reachable");
        // The blank row of the target is in no set but that of everything.
        let outside = dict.len() as u32 + 1;
        let ids = dict.ids.iter().take(rows).chain([outside]).collect();
        Ok(Part { codes: Shared::Rows(map), table: ids, size: dict.len() + 2 })
    }
}
