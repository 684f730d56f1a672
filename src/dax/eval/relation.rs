//! Relationships: expanded tables, row maps, and which rows of a table a filter context lets through.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::Session;
use super::codes::Codes;
use super::filter::{Body, Fc, Filter, RelState};
use super::pass::{NONE, Numbering};
use super::store::{Dict, IdSet, Mask};
use crate::dax::catalog::{ColId, RelId, TableId};
use crate::dax::error::EvalResult;
use crate::table::DataType;

/// A step of a path through relationships; `forward` goes from the many to the one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    rel: RelId,
    forward: bool,
}

/// A table of an expansion with the way there.
pub type Reached = (TableId, Vec<Step>);

/// A filter that travels against or beside the expansion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Relationship.
    pub(crate) rel: RelId,
    /// Filtered table.
    pub(crate) target: TableId,
    /// Filtering table.
    pub(crate) source: TableId,
    /// Along a regular relationship from the many to the one side.
    pub(crate) upward: bool,
}

/// For two tables: the row of the second for each row of the first.
type RowMaps = HashMap<(TableId, TableId), Arc<Codes>>;

/// What follows from the relationships in force.
#[derive(Debug, Default)]
pub struct Config {
    /// For each table: itself first, then the tables of its expansion with the way there.
    pub reach: Vec<Vec<Reached>>,
    /// Limited and both-way filters.
    pub(crate) edges: Vec<Edge>,
    maps: std::cell::RefCell<RowMaps>,
}

impl Config {
    /// The way from a table to one of its expansion.
    fn path(&self, from: TableId, to: TableId) -> Option<&[Step]> {
        self.reach[from as usize].iter().find(|(t, _)| *t == to).map(|(_, p)| p.as_slice())
    }

    /// Whether filters travel otherwise than through expansions.
    pub fn has_edges(&self) -> bool {
        !self.edges.is_empty()
    }

    /// Whether `to` belongs to the expansion of `from`.
    pub fn reaches(&self, from: TableId, to: TableId) -> bool {
        self.path(from, to).is_some()
    }
}

impl Session<'_> {
    /// Expansions under a set of relationship states.
    pub(crate) fn config(&self, rels: &Rc<Vec<RelState>>) -> Rc<Config> {
        if let Some((last, config)) = &*self.last_config.borrow()
            && Rc::ptr_eq(last, rels)
        {
            return config.clone();
        }
        if let Some(config) = self.configs.borrow().get(rels) {
            *self.last_config.borrow_mut() = Some((rels.clone(), config.clone()));
            return config.clone();
        }
        let catalog = self.catalog;
        let mut config = Config::default();
        for table in 0..catalog.tables.len() as TableId {
            let mut reach: Vec<Reached> = vec![(table, Vec::new())];
            let mut i = 0;
            while i < reach.len() {
                let (at, path) = reach[i].clone();
                i += 1;
                for (index, rel) in catalog.rels.iter().enumerate() {
                    if !rels[index].on || !rel.regular || rels[index].reverse {
                        continue;
                    }
                    let (many, one) = (catalog.table_of(rel.from), catalog.table_of(rel.to));
                    let mut go = |to: TableId, forward: bool| {
                        if !reach.iter().any(|(t, _)| *t == to) {
                            let mut longer = path.clone();
                            longer.push(Step { rel: index as RelId, forward });
                            reach.push((to, longer));
                        }
                    };
                    if many == at {
                        go(one, true);
                    }
                    if rel.one_to_one && one == at {
                        go(many, false);
                    }
                }
            }
            config.reach.push(reach);
        }
        for (index, rel) in catalog.rels.iter().enumerate() {
            let state = rels[index];
            if !state.on {
                continue;
            }
            let (many, one) = (catalog.table_of(rel.from), catalog.table_of(rel.to));
            let rel_id = index as RelId;
            if rel.regular {
                if (state.both || state.reverse) && !rel.one_to_one {
                    config.edges.push(Edge { rel: rel_id, target: one, source: many, upward: true });
                }
            } else {
                if !state.reverse {
                    config.edges.push(Edge { rel: rel_id, target: many, source: one, upward: false });
                }
                if state.both || state.reverse {
                    config.edges.push(Edge { rel: rel_id, target: one, source: many, upward: false });
                }
            }
        }
        let config = Rc::new(config);
        self.configs.borrow_mut().insert(rels.clone(), config.clone());
        config
    }

    /// For each row of the many side (and its blank row): the row of the one side, or its blank row.
    pub(crate) fn relationship_rows(&self, rel: RelId) -> EvalResult<Arc<Codes>> {
        if let Some(rows) = self.store.relationship(rel) {
            return Ok(rows);
        }
        let def = &self.catalog.rels[rel as usize];
        let (from, to) = (self.column(def.from)?, self.column(def.to)?);
        let (many, one) = (from.dict(), to.dict());
        let blank = to.rows() as u32;
        let mut row_of = vec![blank; one.len() + 1];
        for (row, id) in one.ids.iter().take(to.rows()).enumerate() {
            if id != 0 {
                if def.regular && row_of[id as usize] != blank {
                    return Err(self.duplicate_key(def.to, &one.value(id)));
                }
                row_of[id as usize] = row as u32;
            }
        }
        let mut target = vec![blank; many.len() + 1];
        let days: HashMap<i64, u32> = if def.date_part {
            (1..=one.len() as u32).filter_map(|id| one.number(id).map(|d| (d.floor() as i64, row_of[id as usize]))).collect()
        } else {
            HashMap::new()
        };
        for id in 1..=many.len() as u32 {
            target[id as usize] = if def.date_part {
                many.number(id).and_then(|d| days.get(&(d.floor() as i64)).copied()).unwrap_or(blank)
            } else {
                one.find(&many.value(id)).map_or(blank, |one_id| if one_id == 0 { blank } else { row_of[one_id as usize] })
            };
        }
        let rows = Arc::new(many.ids.map(blank, &target));
        self.store.keep_relationship(rel, &rows);
        Ok(rows)
    }

    /// The one side of a relationship holds a value twice.
    fn duplicate_key(&self, col: ColId, value: &crate::table::Value) -> crate::dax::error::EvalError {
        let def = &self.catalog.columns[col as usize];
        let message = format!(
            "column `{}` in table `{}` contains a duplicate value '{}', and this is not allowed for columns on the one side of a many-to-one relationship",
            def.name,
            self.catalog.tables[def.table as usize].name,
            crate::dax::scalar::to_text(&self.scalars, value)
        );
        crate::dax::error::EvalError { catchable: false, ..crate::dax::error::EvalError::new("D0335", message) }
    }

    /// For each row of `from` (and its blank row): the row of `to` in its expansion.
    pub(crate) fn row_map(&self, config: &Config, from: TableId, to: TableId) -> EvalResult<Option<Arc<Codes>>> {
        if let Some(map) = config.maps.borrow().get(&(from, to)) {
            return Ok(Some(map.clone()));
        }
        let Some(path) = config.path(from, to) else { return Ok(None) };
        let mut map: Option<Arc<Codes>> = None;
        for step in path {
            let next: Arc<Codes> = if step.forward {
                self.relationship_rows(step.rel)?
            } else {
                let def = &self.catalog.rels[step.rel as usize];
                let there = self.relationship_rows(step.rel)?;
                let (many, one) = (self.rows(self.catalog.table_of(def.from))?, self.rows(self.catalog.table_of(def.to))?);
                let mut back = vec![many as u32; one + 1];
                for (row, target) in there.iter().take(many).enumerate() {
                    if (target as usize) < one {
                        back[target as usize] = row as u32;
                    }
                }
                Arc::new(Codes::new(many as u32, back.into_iter()))
            };
            map = Some(match map {
                None => next,
                Some(first) => {
                    let table: Vec<u32> = next.iter().collect();
                    Arc::new(first.map(table.iter().copied().max().unwrap_or(0), &table))
                }
            });
        }
        let map = match map {
            Some(map) => map,
            None => {
                let last = self.rows(from)? as u32;
                Arc::new(Codes::new(last, 0..=last))
            }
        };
        config.maps.borrow_mut().insert((from, to), map.clone());
        Ok(Some(map))
    }

    /// Whether some row of another table finds no partner in this one: it then has a blank row.
    pub(crate) fn has_blank_row(&self, table: TableId) -> EvalResult<bool> {
        if let Some(known) = self.store.blank_row(table) {
            return Ok(known);
        }
        let mut found = false;
        for (index, rel) in self.catalog.rels.iter().enumerate() {
            if !rel.regular || self.catalog.table_of(rel.to) != table {
                continue;
            }
            let many = self.catalog.table_of(rel.from);
            if many == table {
                continue;
            }
            let rows = self.rows(many)?;
            let blank = self.rows(table)? as u32;
            let map = self.relationship_rows(index as RelId)?;
            if map.contains(rows, blank) || self.has_blank_row(many)? {
                found = true;
                break;
            }
            if rel.one_to_one {
                continue;
            }
        }
        if !found {
            // The other side of a one-to-one relationship counts as well.
            for (index, rel) in self.catalog.rels.iter().enumerate().filter(|(_, r)| r.one_to_one && self.catalog.table_of(r.from) == table)
            {
                let one = self.catalog.table_of(rel.to);
                let map = self.relationship_rows(index as RelId)?;
                let rows = self.rows(table)?;
                let mut hit = vec![false; self.rows(one)? + 1];
                map.iter().take(rows).for_each(|r| hit[r as usize] = true);
                hit.pop();
                if hit.contains(&false) {
                    found = true;
                }
            }
        }
        self.store.keep_blank_row(table, found);
        Ok(found)
    }

    /// Rows of a table that a filter context lets through; the last bit is its blank row.
    pub(crate) fn mask(&self, table: TableId, fc: &Fc) -> EvalResult<Rc<Mask>> {
        let config = self.config(&fc.rels);
        let key = (table, self.relevant_hash(table, fc, &config));
        if let Some(mask) = self.masks.borrow().get(&key) {
            return Ok(mask.clone());
        }
        self.tick()?;
        let mask = Rc::new(self.visible(table, fc, &config, &mut Vec::new(), None)?);
        let bytes = mask.bits.len() * 8;
        if self.mask_bytes.get() + bytes > 256 << 20 {
            self.masks.borrow_mut().clear();
            self.mask_bytes.set(0);
        }
        self.mask_bytes.set(self.mask_bytes.get() + bytes);
        self.masks.borrow_mut().insert(key, mask.clone());
        Ok(mask)
    }

    /// A hash of the filters that can reach a table.
    fn relevant_hash(&self, table: TableId, fc: &Fc, config: &Config) -> u128 {
        let mut sum = fc.rels_hash;
        let everything = !config.edges.is_empty();
        for filter in &fc.filters {
            let relevant = everything || filter.cols.iter().any(|c| config.reaches(table, self.catalog.table_of(*c)));
            if relevant {
                sum = sum.wrapping_add(filter.hash.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835));
            }
        }
        sum
    }

    /// `skip`: columns in the expansion of this table do not count.
    pub(crate) fn visible(
        &self,
        table: TableId,
        fc: &Fc,
        config: &Config,
        used: &mut Vec<RelId>,
        skip: Option<TableId>,
    ) -> EvalResult<Mask> {
        let mut mask = match self.security.borrow().get(&table) {
            Some(mask) => (**mask).clone(),
            None => Mask::all(self.rows(table)?),
        };
        // Security filters of tables that this one reaches.
        let reach = config.reach[table as usize].clone();
        let secured: Vec<(TableId, Arc<Mask>)> = self.security.borrow().iter().map(|(t, m)| (*t, m.clone())).collect();
        for (other, allowed) in secured {
            if other != table && reach.iter().any(|(t, _)| *t == other) {
                let map = self.row_map(config, table, other)?.expect("reachable");
                mask.and(&Mask::from_codes(mask.rows, &map, &allowed.members()));
            }
        }
        for filter in &fc.filters {
            // What a filter says about the table that is being filtered does not come back to it.
            let filter = match skip {
                None => Some(filter.clone()),
                Some(skip) => filter.without(&|c| config.reaches(skip, self.catalog.table_of(c))),
            };
            let Some(filter) = filter else { continue };
            if let Some(passed) = self.filter_mask(table, &filter, config)? {
                mask.and(&passed);
            }
        }
        for (at, _) in &reach {
            for edge in &config.edges.iter().filter(|e| e.target == *at && !used.contains(&e.rel)).copied().collect::<Vec<_>>() {
                let skipped = if edge.upward { Some(edge.target) } else { None };
                used.push(edge.rel);
                let filtered = self.is_filtered(edge, fc, config, used);
                let source = if filtered { Some(self.visible(edge.source, fc, config, used, skipped)?) } else { None };
                used.pop();
                let Some(source) = source else { continue };
                let allowed = self.travel(edge, &source)?;
                if *at == table {
                    mask.and(&allowed);
                } else {
                    let map = self.row_map(config, table, *at)?.expect("reachable");
                    mask.and(&Mask::from_codes(mask.rows, &map, &allowed.members()));
                }
            }
        }
        Ok(mask)
    }

    /// Whether anything filters the source of an edge, whatever it leaves visible: only then does the edge carry its rows on.
    /// Row-level security travels in the relationship's own direction only; where it is to travel both ways, it has done so before.
    pub(crate) fn is_filtered(&self, edge: &Edge, fc: &Fc, config: &Config, used: &mut Vec<RelId>) -> bool {
        self.is_filtered_as(edge, fc, config, used, true)
    }

    fn is_filtered_as(&self, edge: &Edge, fc: &Fc, config: &Config, used: &mut Vec<RelId>, security: bool) -> bool {
        let table = edge.source;
        let skip = edge.upward.then_some(edge.target);
        let security = security && !edge.upward && self.catalog.table_of(self.catalog.rels[edge.rel as usize].to) == table;
        let counts = |c: &ColId| {
            let owner = self.catalog.table_of(*c);
            config.reaches(table, owner) && !skip.is_some_and(|s| config.reaches(s, owner))
        };
        if fc.filters.iter().any(|f| f.cols.iter().any(counts)) {
            return true;
        }
        let reach = &config.reach[table as usize];
        if security && self.security.borrow().iter().any(|(t, m)| m.count < m.rows && reach.iter().any(|(r, _)| r == t)) {
            return true;
        }
        reach.iter().any(|(at, _)| {
            config.edges.iter().filter(|e| e.target == *at).any(|edge| {
                if used.contains(&edge.rel) {
                    return false;
                }
                used.push(edge.rel);
                let found = self.is_filtered_as(edge, fc, config, used, security);
                used.pop();
                found
            })
        })
    }

    /// Rows of the one side that rows of the many side point to.
    pub(crate) fn referenced(&self, rel: RelId, many: &Mask) -> EvalResult<Mask> {
        let one = self.catalog.table_of(self.catalog.rels[rel as usize].to);
        let map = self.relationship_rows(rel)?;
        Ok(Mask::from_rows(self.rows(one)?, many.iter().map(|r| map.at(r))))
    }

    /// Rows of the edge's target that belong to visible rows of its source.
    fn travel(&self, edge: &Edge, source: &Mask) -> EvalResult<Mask> {
        let target_rows = self.rows(edge.target)?;
        if edge.upward {
            let map = self.relationship_rows(edge.rel)?;
            return Ok(Mask::from_rows(target_rows, source.iter().map(|r| map.at(r))));
        }
        let (source_col, target_col) = self.ends(edge);
        let pass = self.shared_ids(source_col, target_col, source)?;
        let to = self.column(target_col)?;
        let to_dict = to.dict();
        let mut mask = Mask::from_codes(target_rows, &to_dict.ids, &pass);
        mask.drop_blank();
        Ok(mask)
    }

    /// The columns at both ends of a limited edge, the filtering one first.
    pub(crate) fn ends(&self, edge: &Edge) -> (ColId, ColId) {
        let def = &self.catalog.rels[edge.rel as usize];
        if self.catalog.table_of(def.to) == edge.source { (def.to, def.from) } else { (def.from, def.to) }
    }

    /// The ids of a column whose values some rows of another column's table hold.
    pub(crate) fn shared_ids(&self, from: ColId, to: ColId, rows: &Mask) -> EvalResult<Vec<bool>> {
        let (from, to) = (self.column(from)?, self.column(to)?);
        let (from_dict, to_dict) = (from.dict(), to.dict());
        let mut seen = vec![false; from_dict.len() + 1];
        rows.iter().for_each(|r| seen[from_dict.ids.at(r) as usize] = true);
        let mut pass = vec![false; to_dict.len() + 1];
        for id in (0..=from_dict.len() as u32).filter(|id| seen[*id as usize]) {
            if let Some(other) = to_dict.find(&from_dict.value(id)) {
                pass[other as usize] = true;
            }
        }
        Ok(pass)
    }

    /// Keeps the rows that a filter lets through, as long as all that are kept stay small.
    fn keep_mask(&self, key: (TableId, u128, u64), rows: usize, mask: &Rc<Mask>) {
        let mut cache = self.filter_masks.borrow_mut();
        if cache.len() * (rows / 8 + 64) > 128 << 20 {
            cache.clear();
        }
        cache.insert(key, mask.clone());
    }

    /// Rows of a table that one filter lets through; `None` when it does not reach the table.
    pub(crate) fn filter_mask(&self, table: TableId, filter: &Filter, config: &Config) -> EvalResult<Option<Rc<Mask>>> {
        let catalog = self.catalog;
        let rows = self.rows(table)?;
        if let Body::Set(set) = &filter.body {
            let owner = catalog.table_of(filter.cols[0]);
            if !config.reaches(table, owner) {
                return Ok(None);
            }
            let config_id = std::ptr::from_ref(config) as u64;
            let key = (table, filter.hash, if owner == table { 0 } else { config_id });
            if let Some(mask) = self.filter_masks.borrow().get(&key) {
                return Ok(Some(mask.clone()));
            }
            let stored = self.column(filter.cols[0])?;
            let ids = &stored.dict().ids;
            let pass = id_table(set, stored.dict());
            let mask = if owner == table {
                Mask::from_codes(rows, ids, &pass)
            } else {
                let map = self.row_map(config, table, owner)?.expect("reachable");
                let by_row: Vec<bool> = ids.iter().map(|id| pass[id as usize]).collect();
                Mask::from_codes(rows, &map, &by_row)
            };
            let mask = Rc::new(mask);
            self.keep_mask(key, rows, &mask);
            return Ok(Some(mask));
        }
        let common: Vec<usize> = (0..filter.cols.len()).filter(|i| config.reaches(table, catalog.table_of(filter.cols[*i]))).collect();
        if common.is_empty() {
            return Ok(None);
        }
        match &filter.body {
            Body::Set(_) => unreachable!("handled above"),
            Body::Tuples(tuples) => {
                let wanted: std::collections::HashSet<Box<[u32]>>;
                let set = if common.len() == filter.cols.len() {
                    &tuples.set
                } else {
                    wanted = tuples.rows.iter().map(|r| common.iter().map(|i| r[*i]).collect()).collect();
                    &wanted
                };
                let config_id = std::ptr::from_ref(config) as u64;
                let key = (table, filter.hash, config_id);
                if let Some(mask) = self.filter_masks.borrow().get(&key) {
                    return Ok(Some(mask.clone()));
                }
                // Columns of one table are looked up for its rows, and not again for each row that refers to one of them.
                let owner = catalog.table_of(filter.cols[common[0]]);
                let is_one = common.iter().all(|i| catalog.table_of(filter.cols[*i]) == owner);
                let map = if is_one && owner != table { self.row_map(config, table, owner)? } else { None };
                let looked_at = if map.is_some() { owner } else { table };
                let columns = common.iter().map(|i| self.row_ids(config, looked_at, filter.cols[*i])).collect::<EvalResult<Vec<_>>>()?;
                let mut buffer = vec![0_u32; columns.len()].into_boxed_slice();
                let mut pass = vec![false; self.rows(looked_at)? + 1];
                for (row, pass) in pass.iter_mut().enumerate() {
                    for (slot, ids) in buffer.iter_mut().zip(&columns) {
                        *slot = ids.at(row);
                    }
                    *pass = set.contains(&buffer);
                }
                let mask = Rc::new(match map {
                    Some(map) => Mask::from_codes(rows, &map, &pass),
                    None => Mask::from_fn(rows, |r| pass[r]),
                });
                self.keep_mask(key, rows, &mask);
                Ok(Some(mask))
            }
            Body::Rows { table: base, mask, full, rels } => {
                // A filter made under other relationships says what the rows belonged to then.
                let made = self.config(rels);
                let as_made = std::ptr::eq(&raw const *made, config) || made.reach[*base as usize] == config.reach[*base as usize];
                let full = *full && as_made;
                if full && *base == table {
                    return Ok(Some(mask.clone()));
                }
                if full && let Some(map) = self.row_map(config, table, *base)? {
                    return Ok(Some(Rc::new(Mask::from_codes(rows, &map, &mask.members()))));
                }
                if full && let Some(map) = self.row_map(config, *base, table)? {
                    let mut members: Vec<u32> = mask.iter().map(|r| map.at(r)).collect();
                    if mask.has_blank() {
                        members.push(map.at(mask.rows));
                    }
                    return Ok(Some(Rc::new(Mask::from_rows(rows, members))));
                }
                // Shared columns of both expansions; tables that both reach whole are compared by row.
                let mut owners: Vec<TableId> = common.iter().map(|i| catalog.table_of(filter.cols[*i])).collect();
                owners.sort_unstable();
                owners.dedup();
                let mut here: Vec<Arc<Codes>> = Vec::new();
                let mut there: Vec<Arc<Codes>> = Vec::new();
                for owner in owners {
                    let whole = catalog.tables[owner as usize].columns.iter().all(|c| filter.has(*c));
                    if whole && self.row_classes(owner)?.is_none() {
                        let (Some(a), Some(b)) = (self.row_map(config, table, owner)?, self.row_map(&made, *base, owner)?) else {
                            continue;
                        };
                        here.push(a);
                        there.push(b);
                    } else {
                        for i in common.iter().filter(|i| catalog.table_of(filter.cols[**i]) == owner) {
                            here.push(Arc::new(self.row_ids(config, table, filter.cols[*i])?));
                            there.push(Arc::new(self.row_ids(&made, *base, filter.cols[*i])?));
                        }
                    }
                }
                let tuple = |ids: &[Arc<Codes>], row: usize| -> Box<[u32]> { ids.iter().map(|c| c.at(row)).collect() };
                let mut set: std::collections::HashSet<Box<[u32]>> = mask.iter().map(|r| tuple(&there, r)).collect();
                if mask.has_blank() {
                    set.insert(tuple(&there, mask.rows));
                }
                let pass: Vec<bool> = (0..=rows).map(|r| set.contains(&tuple(&here, r))).collect();
                Ok(Some(Rc::new(Mask::from_fn(rows, |r| pass[r]))))
            }
        }
    }

    /// For each row of a table (and its blank row): the id of a column of its expansion.
    pub(crate) fn row_ids(&self, config: &Config, table: TableId, col: ColId) -> EvalResult<Codes> {
        let stored = self.column(col)?;
        let ids = &stored.dict().ids;
        let owner = self.catalog.table_of(col);
        if owner == table {
            return Ok(ids.clone());
        }
        let map = self.row_map(config, table, owner)?.expect("the column belongs to the expansion");
        {
            let table: Vec<u32> = ids.iter().collect();
            Ok(map.map(stored.dict().len() as u32, &table))
        }
    }

    /// Rows that are equal in every stored column form a class; `None` when every row is its own.
    pub(crate) fn row_classes(&self, table: TableId) -> EvalResult<Option<Arc<Vec<u32>>>> {
        let kept = self.store.row_classes(table);
        if let Some(known) = kept.and_then(|k| k.get()) {
            return Ok(known.clone());
        }
        let result = self.find_classes(table)?.map(Arc::new);
        if let Some(kept) = kept {
            // Another thread may have been first; both found the same.
            let _ = kept.set(result.clone());
        }
        Ok(result)
    }

    fn find_classes(&self, table: TableId) -> EvalResult<Option<Vec<u32>>> {
        let def = &self.catalog.tables[table as usize];
        let rows = self.rows(table)?;
        let keyed = def.visual.is_some()
            || def.columns.iter().any(|c| self.catalog.columns[*c as usize].is_key)
            || self.catalog.rels.iter().any(|r| r.regular && self.catalog.table_of(r.to) == table);
        if keyed || rows == 0 {
            return Ok(None);
        }
        let mut columns: Vec<ColId> =
            def.columns.iter().copied().filter(|c| self.catalog.columns[*c as usize].calculated.is_none()).collect();
        // Numbers and texts of documents tell rows apart soonest; amounts have the largest dictionaries.
        let rank = |col: &ColId| match self.catalog.columns[*col as usize].data_type {
            Some(DataType::Int64) => 0,
            Some(DataType::String) => 1,
            Some(DataType::DateTime | DataType::Boolean) => 2,
            _ => 3,
        };
        columns.sort_by_key(rank);
        let mut class = vec![0_u32; rows];
        let mut size = 1;
        for col in columns {
            let dict = self.column(col)?.dict().clone();
            if dict.len() == rows {
                return Ok(None);
            }
            let width = dict.len() as u64 + 1;
            let mut numbering = Numbering::new(u64::from(size) * width);
            let mut next = 0;
            for (class, id) in class.iter_mut().zip(dict.ids.iter()) {
                *class = numbering.number(u64::from(*class) * width + u64::from(id), next);
                next = next.max(*class + 1);
            }
            size = next;
            if size as usize == rows {
                return Ok(None);
            }
        }
        // A class is named by its first row.
        let mut first = vec![NONE; size as usize];
        for (row, class) in class.iter().enumerate() {
            let slot = &mut first[*class as usize];
            *slot = (*slot).min(row as u32);
        }
        Ok(Some(class.into_iter().map(|c| first[c as usize]).chain([rows as u32]).collect()))
    }

    /// Columns of a table's expansion.
    pub(crate) fn expanded_columns(&self, fc: &Fc, table: TableId) -> Vec<ColId> {
        let config = self.config(&fc.rels);
        config.reach[table as usize].iter().flat_map(|(t, _)| self.catalog.tables[*t as usize].columns.iter().copied()).collect()
    }

    /// Visible ids of a column, ascending, BLANK and the blank row included (as VALUES shows them).
    pub(crate) fn visible_ids(&self, col: ColId, cx: &super::Ctx) -> EvalResult<Vec<u32>> {
        self.visible_ids_in(col, &cx.fc, true)
    }

    /// The same for any filter context, with or without the blank row.
    pub(crate) fn visible_ids_in(&self, col: ColId, fc: &Fc, blank_row: bool) -> EvalResult<Vec<u32>> {
        let table = self.catalog.table_of(col);
        let stored = self.column(col)?;
        let dict = stored.dict();
        let mask = self.mask(table, fc)?;
        if mask.count == mask.rows && mask.rows > 0 {
            // Every value that is stored is visible.
            let blank_stored = dict.has_blank();
            let blank = blank_stored || (blank_row && mask.has_blank() && self.has_blank_row(table)?);
            return Ok((u32::from(!blank)..=dict.len() as u32).collect());
        }
        let mut seen = vec![false; dict.len() + 1];
        if mask.count <= 4 {
            let mut ids: Vec<u32> = mask.iter().map(|r| dict.ids.at(r)).collect();
            if blank_row && mask.has_blank() && self.has_blank_row(table)? {
                ids.push(0);
            }
            ids.sort_unstable();
            ids.dedup();
            return Ok(ids);
        }
        mask.iter().for_each(|r| seen[dict.ids.at(r) as usize] = true);
        if blank_row && !seen[0] && mask.has_blank() && self.has_blank_row(table)? {
            seen[0] = true;
        }
        Ok((0..seen.len() as u32).filter(|id| seen[*id as usize]).collect())
    }
}

/// Membership of every id.
fn id_table(set: &IdSet, dict: &Dict) -> Vec<bool> {
    (0..=dict.len() as u32).map(|id| set.contains(id)).collect()
}
