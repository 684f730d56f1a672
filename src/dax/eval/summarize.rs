//! Grouping: SUMMARIZECOLUMNS, SUMMARIZE, GROUPBY, ADDMISSINGITEMS.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::filter::{Body, Fc, Filter, Origin};
use super::store::IdSet;
use super::value::{Key as SetKey, TCol, TableVal};
use super::{Ctx, Misc, Session};
use crate::dax::bind::bound::{AggKind, GroupKey, Kind, N, SummarizeColumns};
use crate::dax::catalog::{ColId, TableId};
use crate::dax::error::EvalResult;
use crate::table::Value;

/// So many combinations are tried one and all; tests try the other way with few as well.
const FEW_CANDIDATES: usize = if cfg!(test) { 1 } else { 4096 };

impl Session<'_> {
    /// Existing combinations of the group columns, tables crossed with each other: ids by column. Where many, those only that the
    /// rows of the `drivers` hold: in the others every expression is blank.
    fn candidates(&self, columns: &[ColId], fc: &Fc, drivers: Option<&[TableId]>) -> EvalResult<TableVal> {
        let mut tables: Vec<TableId> = Vec::new();
        for col in columns {
            let table = self.catalog.table_of(*col);
            if !tables.contains(&table) {
                tables.push(table);
            }
        }
        let mut parts: Vec<TableVal> = Vec::new();
        let mut order: Vec<ColId> = Vec::new();
        for table in tables {
            let own: Vec<ColId> = columns.iter().copied().filter(|c| self.catalog.table_of(*c) == table).collect();
            parts.push(self.combinations(&own, fc, true)?);
            order.extend(&own);
        }
        let size = parts.iter().fold(1_usize, |size, part| size.saturating_mul(part.n));
        let met = match drivers {
            Some(drivers) if parts.len() > 1 && size > FEW_CANDIDATES && !self.one_by_one => {
                self.met_combinations(&parts, &order, drivers, fc)?
            }
            _ => None,
        };
        let crossed = match met {
            Some(met) => Some(met),
            None => {
                let mut out: Option<TableVal> = None;
                for part in parts {
                    out = Some(match out {
                        None => part,
                        Some(left) => self.cross(&left, &part)?,
                    });
                }
                out
            }
        };
        let Some(mut value) = crossed else { return Ok(TableVal { n: 1, ..TableVal::default() }) };
        // Filters that tie columns of several tables together restrict the combinations as such.
        for filter in &fc.filters {
            let Body::Tuples(tuples) = &filter.body else { continue };
            let places: Vec<Option<usize>> = filter.cols.iter().map(|c| order.iter().position(|o| o == c)).collect();
            let known: Vec<usize> = (0..places.len()).filter(|i| places[*i].is_some()).collect();
            if known.len() < 2 {
                continue;
            }
            let wanted: std::collections::HashSet<Vec<u32>> = tuples.rows.iter().map(|r| known.iter().map(|i| r[*i]).collect()).collect();
            let ids: Vec<Vec<u32>> =
                known.iter().map(|i| value.cols[places[*i].expect("known")].ids(value.n).expect("model columns have ids")).collect();
            let rows: Vec<u32> =
                (0..value.n).filter(|r| wanted.contains(&ids.iter().map(|c| c[*r]).collect::<Vec<u32>>())).map(|r| r as u32).collect();
            value = value.pick(&rows);
        }
        let cols =
            columns.iter().map(|c| value.cols[order.iter().position(|o| o == c).expect("every column has its table")].clone()).collect();
        Ok(TableVal { n: value.n, cols, bases: Vec::new() })
    }

    /// The combinations of the parts' rows that rows of the drivers hold, in the order that the cross join would give; `None` where a
    /// column is out of reach of a driver.
    fn met_combinations(&self, parts: &[TableVal], order: &[ColId], drivers: &[TableId], fc: &Fc) -> EvalResult<Option<TableVal>> {
        let config = self.config(&fc.rels);
        let reached = |driver: &TableId| order.iter().all(|col| config.reaches(*driver, self.catalog.table_of(*col)));
        if config.has_edges() || !drivers.iter().all(reached) {
            return Ok(None);
        }
        // A combination is a number: the row of the first part counts most, as in the order of a cross join.
        let mut strides = vec![1_usize; parts.len()];
        for index in (0..parts.len() - 1).rev() {
            let Some(stride) = strides[index + 1].checked_mul(parts[index + 1].n.max(1)) else { return Ok(None) };
            strides[index] = stride;
        }
        let Some(size) = strides[0].checked_mul(parts[0].n.max(1)) else { return Ok(None) };
        let places = parts.iter().map(|part| self.part_places(part)).collect::<EvalResult<Vec<_>>>()?;
        let mut bits = if size <= 1 << 28 { vec![0_u64; size.div_ceil(64)] } else { Vec::new() };
        let mut many: std::collections::HashSet<usize> = std::collections::HashSet::new();
        for driver in drivers {
            let maps = parts
                .iter()
                .map(|part| {
                    let owner = self.catalog.table_of(part.cols[0].lineage().expect("a model column"));
                    Ok(self.row_map(&config, *driver, owner)?.expect("reached"))
                })
                .collect::<EvalResult<Vec<_>>>()?;
            for row in self.mask(*driver, fc)?.iter() {
                let mut key = 0;
                let met = maps.iter().zip(&places).zip(&strides).all(|((map, places), stride)| {
                    let place = places[map.at(row) as usize];
                    key += if place == u32::MAX { 0 } else { place as usize * stride };
                    place != u32::MAX
                });
                if !met {
                    continue;
                }
                match bits.get_mut(key / 64) {
                    Some(word) => *word |= 1 << (key % 64),
                    None => {
                        many.insert(key);
                    }
                }
            }
            self.reserve(many.len() * 16 + bits.len() * 8)?;
        }
        let mut met: Vec<usize> = many.into_iter().collect();
        met.sort_unstable();
        for (index, word) in bits.iter().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                met.push(index * 64 + rest.trailing_zeros() as usize);
                rest &= rest - 1;
            }
        }
        let mut out = TableVal { n: met.len(), ..TableVal::default() };
        for (part, stride) in parts.iter().zip(&strides) {
            let rows: Vec<u32> = met.iter().map(|key| (key / stride % part.n) as u32).collect();
            out.cols.extend(part.pick(&rows).cols);
        }
        Ok(Some(out))
    }

    /// For every row of the table of a part's columns, its blank row included: the row of the part with the same values.
    fn part_places(&self, part: &TableVal) -> EvalResult<Vec<u32>> {
        let stored = part.cols.iter().map(|c| self.column(c.lineage().expect("a model column"))).collect::<EvalResult<Vec<_>>>()?;
        let ids: Vec<Vec<u32>> = part.cols.iter().map(|c| c.ids(part.n).expect("model columns have ids")).collect();
        if let ([stored], [ids]) = (stored.as_slice(), ids.as_slice()) {
            let dict = stored.dict();
            let mut by_id = vec![u32::MAX; dict.len() + 1];
            ids.iter().enumerate().for_each(|(row, id)| by_id[*id as usize] = row as u32);
            return Ok(dict.ids.iter().map(|id| by_id[id as usize]).collect());
        }
        let rows: HashMap<Vec<u32>, u32> = (0..part.n).map(|row| (ids.iter().map(|c| c[row]).collect(), row as u32)).collect();
        let mut key = Vec::with_capacity(stored.len());
        Ok((0..stored.first().map_or(0, |s| s.dict().ids.len()))
            .map(|row| {
                key.clear();
                key.extend(stored.iter().map(|s| s.dict().ids.at(row)));
                rows.get(&key).copied().unwrap_or(u32::MAX)
            })
            .collect())
    }

    /// The tables without whose rows in context an expression is blank; `None` where that cannot be told.
    fn drivers(&self, expr: &N, found: &mut Vec<TableId>) -> EvalResult<bool> {
        match &expr.kind {
            Kind::Agg { kind, table, .. } => {
                use AggKind as A;
                let is_blank_without_rows = matches!(
                    kind,
                    A::Sum
                        | A::Average
                        | A::Min
                        | A::Max
                        | A::Count
                        | A::CountA
                        | A::CountRows
                        | A::DistinctCount
                        | A::DistinctCountNoBlank
                );
                let mut rows = table;
                while let Kind::FilterRows { table: inner, .. } = &rows.kind {
                    rows = inner;
                }
                match &rows.kind {
                    Kind::Table { table, .. } if is_blank_without_rows => {
                        if !found.contains(table) {
                            found.push(*table);
                        }
                        Ok(true)
                    }
                    _ => Ok(false),
                }
            }
            Kind::Measure(id) if self.catalog.groups.is_empty() => {
                let body = self.binder.bind_measure(*id).map_err(|e| e.to_eval())?;
                self.drivers(&body, found)
            }
            _ => Ok(false),
        }
    }

    pub(crate) fn summarize_columns(&self, spec: &SummarizeColumns, cx: &Ctx) -> EvalResult<TableVal> {
        let outer = self.transition(cx)?;
        let mut filters: Vec<Rc<Filter>> = Vec::new();
        for node in &spec.filters {
            filters.extend(self.table_filter(node, cx)?);
        }
        let filters = self.auto_exist(filters)?;
        let mut base = (*outer.fc).clone();
        // The filters of the query around still hold: they intersect with those given here.
        let mut all = base.filters.clone();
        all.extend(filters);
        base = base.with(all);
        let mut group_fc = base.clone();
        for node in &spec.non_visual {
            let mut all = group_fc.filters.clone();
            all.extend(self.table_filter(node, cx)?);
            group_fc = group_fc.with(all);
        }
        // Groups without a value are left out, so that they need not be made where it is known which they are.
        let mut drivers: Option<Vec<TableId>> = spec.exprs.iter().any(|(_, counts)| *counts).then(Vec::new);
        for (expr, _) in spec.exprs.iter().filter(|(_, counts)| *counts) {
            let Some(found) = &mut drivers else { break };
            if !self.drivers(expr, found)? {
                drivers = None;
            }
        }
        let passes = passes(spec);
        let schema_width = spec.lead + spec.exprs.len();
        let mut cells: Vec<Vec<Value>> = vec![Vec::new(); schema_width];
        let mut group_ids: Vec<Vec<u32>> = vec![Vec::new(); spec.columns.len()];
        let mut flags: Vec<(usize, Vec<Value>)> = spec.levels.iter().filter_map(|l| l.flag.map(|f| (f, Vec::new()))).collect();
        for summed in &passes {
            let columns: Vec<ColId> =
                spec.levels.iter().zip(summed).filter(|(_, s)| !**s).flat_map(|(l, _)| l.columns.iter().copied()).collect();
            let mut pass_base = base.clone();
            let mut pass_groups = group_fc.clone();
            for node in level_filters(spec, summed) {
                for filter in self.table_filter(node, cx)? {
                    for fc in [&mut pass_base, &mut pass_groups] {
                        let mut all = fc.filters.clone();
                        all.push(filter.clone());
                        *fc = fc.with(all);
                    }
                }
            }
            let mut groups = Rc::new(self.candidates(&columns, &pass_groups, drivers.as_deref())?);
            let pass_cx = Ctx { fc: Rc::new(pass_base), rows: None, env: cx.env.clone(), misc: cx.misc.clone() };
            let mut values: Vec<Vec<Value>> = vec![Vec::new(); spec.exprs.len()];
            for (index, (expr, counts)) in spec.exprs.iter().enumerate() {
                if *counts {
                    values[index] = self.group_values(&groups, &columns, expr, &pass_cx)?;
                }
            }
            // What does not count is needed for the groups that stay only.
            if spec.exprs.iter().any(|(_, counts)| *counts) && !(columns.is_empty() && spec.columns.is_empty()) {
                let kept: Vec<u32> = (0..groups.n)
                    .filter(|row| spec.exprs.iter().zip(&values).any(|((_, counts), v)| *counts && !v[*row].is_blank()))
                    .map(|row| row as u32)
                    .collect();
                if kept.len() < groups.n {
                    groups = Rc::new(groups.pick(&kept));
                    for column in values.iter_mut().filter(|column| !column.is_empty()) {
                        *column = kept.iter().map(|row| column[*row as usize].clone()).collect();
                    }
                }
            }
            for (index, (expr, counts)) in spec.exprs.iter().enumerate() {
                if !counts {
                    values[index] = self.group_values(&groups, &columns, expr, &pass_cx)?;
                }
            }
            let kept: Vec<usize> = (0..groups.n).collect();
            // Without expressions a subtotal row stands for existing detail rows.
            let ids: Vec<Vec<u32>> = groups.cols.iter().map(|c| c.ids(groups.n).expect("model columns have ids")).collect();
            for (position, col) in spec.columns.iter().enumerate() {
                let place = columns.iter().position(|c| c == col);
                group_ids[position].extend(kept.iter().map(|r| place.map_or(0, |p| ids[p][*r])));
            }
            let mut flag = 0;
            for (level, summed) in spec.levels.iter().zip(summed) {
                if level.flag.is_some() {
                    flags[flag].1.extend(kept.iter().map(|_| Value::Boolean(*summed)));
                    flag += 1;
                }
            }
            for (index, column) in values.iter().enumerate() {
                cells[spec.lead + index].extend(kept.iter().map(|r| column[*r].clone()));
            }
        }
        let n = group_ids.first().map_or_else(|| cells.last().map_or(0, Vec::len), Vec::len);
        if spec.columns.is_empty() && spec.exprs.iter().zip(&cells[spec.lead..]).all(|((_, _), c)| c.iter().all(Value::is_blank)) {
            // Without groups there is one row, unless nothing in it has a value.
            let cols = (0..schema_width).map(|_| TCol::Vals(Arc::new(Vec::new()))).collect();
            return Ok(TableVal { n: 0, cols, bases: Vec::new() });
        }
        let mut cols: Vec<Option<TCol>> = vec![None; schema_width];
        for (place, values) in flags {
            cols[place] = Some(TCol::Vals(Arc::new(values)));
        }
        let mut next_group = group_ids.into_iter().zip(&spec.columns);
        for slot in cols.iter_mut().take(spec.lead).filter(|s| s.is_none()) {
            let (ids, col) = next_group.next().expect("a group column for every open place");
            *slot = Some(TCol::Ids { col: *col, stored: self.column(*col)?, ids: Arc::new(ids) });
        }
        for (index, column) in cells.into_iter().enumerate().skip(spec.lead) {
            cols[index] = Some(TCol::Vals(Arc::new(column)));
        }
        Ok(TableVal { n, cols: cols.into_iter().map(|c| c.expect("every place is filled")).collect(), bases: Vec::new() })
    }

    /// Filters on columns of one table become one filter over their existing combinations.
    fn auto_exist(&self, filters: Vec<Rc<Filter>>) -> EvalResult<Vec<Rc<Filter>>> {
        let mut out: Vec<Rc<Filter>> = Vec::new();
        let mut by_table: Vec<(TableId, Vec<Rc<Filter>>)> = Vec::new();
        for filter in filters {
            let table = self.catalog.table_of(filter.cols[0]);
            let one = filter.cols.iter().all(|c| self.catalog.table_of(*c) == table) && !matches!(filter.body, Body::Rows { .. });
            if !one {
                out.push(filter);
                continue;
            }
            match by_table.iter_mut().find(|(t, _)| *t == table) {
                Some((_, list)) => list.push(filter),
                None => by_table.push((table, vec![filter])),
            }
        }
        for (_, list) in by_table {
            let columns: Vec<ColId> =
                list.iter().flat_map(|f| f.cols.iter().copied()).collect::<std::collections::BTreeSet<_>>().into_iter().collect();
            if columns.len() < 2 || list.len() < 2 {
                out.extend(list);
                continue;
            }
            let fc = Fc::new(list, self.default_rels.clone());
            let value = self.combinations(&columns, &fc, true)?;
            out.extend(self.value_filter(&value, &fc, &Origin::Explicit)?);
        }
        Ok(out)
    }

    /// An expression for each group: group values intersect with the filters in force.
    pub(crate) fn group_values(&self, groups: &Rc<TableVal>, columns: &[ColId], expr: &N, cx: &Ctx) -> EvalResult<Vec<Value>> {
        if let Some(values) = self.batch_groups(groups, columns, expr, cx)? {
            return Ok(values);
        }
        let ids: Vec<Vec<u32>> = groups.cols.iter().map(|c| c.ids(groups.n).expect("model columns have ids")).collect();
        let mut out = Vec::with_capacity(groups.n);
        for row in 0..groups.n {
            let inner = self.group_context(columns, ids.iter().map(|c| c[row]), cx);
            out.push(self.scalar(expr, &inner)?);
        }
        Ok(out)
    }

    /// The context of one group.
    pub(crate) fn group_context(&self, columns: &[ColId], ids: impl Iterator<Item = u32>, cx: &Ctx) -> Ctx {
        let mut filters = cx.fc.filters.clone();
        for (col, id) in columns.iter().zip(ids) {
            filters.push(Rc::new(Filter::set(*col, IdSet::one(id), Origin::Group)));
        }
        Ctx { fc: Rc::new(cx.fc.with(filters)), ..cx.clone() }
    }

    /// The values of a grouping key for each row of its table: id when it has lineage, and the cells.
    fn key_column(&self, value: &TableVal, key: &GroupKey, fc: &Fc) -> EvalResult<TCol> {
        match key {
            GroupKey::Index(index) => Ok(value.cols[*index].clone()),
            GroupKey::Related(base, col) => {
                let rows = value.bases.iter().find(|(t, _)| t == base).map(|(_, r)| r.clone());
                let owner = self.catalog.table_of(*col);
                let config = self.config(&fc.rels);
                let config = if config.reaches(*base, owner) { config } else { self.config(&self.default_rels) };
                let map = self.row_map(&config, *base, owner)?;
                let (Some(rows), Some(map)) = (rows, map) else {
                    return Err(crate::dax::error::EvalError::new("D0332", "a grouping column is not reached by the table"));
                };
                let stored = self.column(*col)?;
                let ids = rows.iter().map(|r| stored.dict().ids.at(map.at(*r as usize) as usize)).collect();
                Ok(TCol::Ids { col: *col, stored: stored.clone(), ids: Arc::new(ids) })
            }
        }
    }

    /// Splits rows into groups of equal keys, in order of first appearance.
    fn split(&self, n: usize, keys: &[TCol]) -> (Vec<u32>, Vec<Vec<u32>>) {
        let mut firsts = Vec::new();
        let mut members: Vec<Vec<u32>> = Vec::new();
        if keys.iter().all(|k| k.lineage().is_some()) {
            let ids: Vec<Vec<u32>> = keys.iter().map(|k| k.ids(n).expect("model columns have ids")).collect();
            let mut index: HashMap<Box<[u32]>, usize> = HashMap::new();
            for row in 0..n {
                let group = *index.entry(ids.iter().map(|c| c[row]).collect()).or_insert_with(|| {
                    firsts.push(row as u32);
                    members.push(Vec::new());
                    members.len() - 1
                });
                members[group].push(row as u32);
            }
        } else {
            let mut index: HashMap<Vec<SetKey>, usize> = HashMap::new();
            for row in 0..n {
                let key = keys.iter().map(|k| SetKey::of(&k.get(row))).collect();
                let group = *index.entry(key).or_insert_with(|| {
                    firsts.push(row as u32);
                    members.push(Vec::new());
                    members.len() - 1
                });
                members[group].push(row as u32);
            }
        }
        (firsts, members)
    }

    pub(crate) fn summarize(&self, node: &N, cx: &Ctx) -> EvalResult<TableVal> {
        let Kind::Summarize { table, groups, exprs, .. } = &node.kind else { unreachable!("only called for SUMMARIZE") };
        let value = self.table(table, cx)?;
        let keys = groups.iter().map(|g| self.key_column(&value, &g.source, &cx.fc)).collect::<EvalResult<Vec<_>>>()?;
        let levels = groups.iter().map(|g| g.rollup).max().unwrap_or(0);
        let mut group_cells: Vec<TCol> = Vec::new();
        let mut value_cells: Vec<Vec<Value>> = vec![Vec::new(); exprs.len()];
        let mut picked: Vec<Vec<Option<u32>>> = vec![Vec::new(); groups.len()];
        for cut in (0..=levels).rev() {
            // Levels above the cut are rolled up.
            let summed: Vec<bool> = groups.iter().map(|g| g.rollup > cut).collect();
            let active: Vec<TCol> = keys.iter().zip(&summed).filter(|(_, s)| !**s).map(|(k, _)| k.clone()).collect();
            let (firsts, members) = if active.is_empty() && (value.n > 0 || groups.is_empty()) {
                (vec![0], vec![(0..value.n as u32).collect()])
            } else {
                self.split(value.n, &active)
            };
            for (position, summed) in summed.iter().enumerate() {
                picked[position].extend(firsts.iter().map(|f| if *summed { None } else { Some(*f) }));
            }
            if exprs.is_empty() {
                continue;
            }
            let flags = Rc::new(summed.clone());
            for (first, rows) in firsts.iter().zip(&members) {
                // The cluster: filters on the group's values and on its source rows.
                let cluster = Rc::new(value.pick(rows));
                let mut fc = (*cx.fc).clone();
                let mut added: Vec<Rc<Filter>> = Vec::new();
                for ((key, group), summed) in keys.iter().zip(groups).zip(&summed) {
                    if let (Some(col), false) = (group.column, *summed) {
                        let id = key.id(*first as usize).expect("model columns have ids");
                        added.push(Rc::new(Filter::set(col, IdSet::one(id), Origin::Group)));
                    }
                }
                // ALLSELECTED goes back from the cluster to all rows of the source.
                added.extend(self.value_filter(&cluster, &fc, &Origin::Row(value.clone()))?);
                let mut all = fc.filters.clone();
                all.extend(added);
                fc = fc.with(all);
                let misc = Misc { subtotals: Some(flags.clone()), ..(*cx.misc).clone() };
                let inner = Ctx { fc: Rc::new(fc), rows: cx.rows.clone(), env: cx.env.clone(), misc: Rc::new(misc) };
                let (inner, frame) = self.enter(&inner, &Rc::new(value.pick(&[*first])), false);
                frame.row.set(0);
                for (cells, expr) in value_cells.iter_mut().zip(exprs) {
                    // A measure is not transitioned again by the first row: the cluster is the context.
                    let result = if expr.deps.transition {
                        let flat = Ctx { rows: cx.rows.clone(), ..inner.clone() };
                        let dummy = self.dummy(&flat);
                        self.scalar(expr, &dummy)?
                    } else {
                        self.scalar(expr, &inner)?
                    };
                    cells.push(result);
                }
            }
        }
        let n = picked.first().map_or_else(|| value_cells.first().map_or(usize::from(!value_cells.is_empty()), Vec::len), Vec::len);
        for (key, rows) in keys.iter().zip(&picked) {
            group_cells.push(match key {
                TCol::Vals(values) => {
                    TCol::Vals(Arc::new(rows.iter().map(|r| r.map_or(Value::Blank, |r| values[r as usize].clone())).collect()))
                }
                other => {
                    let col = other.lineage().expect("a model column");
                    let ids = rows.iter().map(|r| r.map_or(0, |r| other.id(r as usize).unwrap_or(0))).collect();
                    TCol::Ids { col, stored: self.column(col)?, ids: Arc::new(ids) }
                }
            });
        }
        group_cells.extend(value_cells.into_iter().map(|c| TCol::Vals(Arc::new(c))));
        Ok(TableVal { n, cols: group_cells, bases: Vec::new() })
    }

    pub(crate) fn group_by(&self, node: &N, cx: &Ctx) -> EvalResult<TableVal> {
        let Kind::GroupBy { table, keys, exprs, .. } = &node.kind else { unreachable!("only called for GROUPBY") };
        let value = self.table(table, cx)?;
        let columns = keys.iter().map(|k| self.key_column(&value, k, &cx.fc)).collect::<EvalResult<Vec<_>>>()?;
        let (firsts, members) =
            if columns.is_empty() { (vec![0], vec![(0..value.n as u32).collect()]) } else { self.split(value.n, &columns) };
        let key_table = TableVal { n: value.n, cols: columns, bases: Vec::new() };
        let picked = Rc::new(if key_table.cols.is_empty() { TableVal { n: 1, ..TableVal::default() } } else { key_table.pick(&firsts) });
        let mut out = (*picked).clone();
        let (inner, frame) = self.enter(cx, &picked, false);
        let mut cells: Vec<Vec<Value>> = vec![Vec::with_capacity(picked.n); exprs.len()];
        for (row, rows) in members.iter().enumerate() {
            frame.row.set(row);
            let misc = Misc { group: Some(Rc::new(value.pick(rows))), ..(*cx.misc).clone() };
            let inner = Ctx { misc: Rc::new(misc), ..inner.clone() };
            for (column, expr) in cells.iter_mut().zip(exprs) {
                column.push(self.scalar(expr, &inner)?);
            }
        }
        out.cols.extend(cells.into_iter().map(|c| TCol::Vals(Arc::new(c))));
        Ok(out)
    }

    pub(crate) fn add_missing(
        &self,
        table: &N,
        show: &[usize],
        flags: &[usize],
        filters: &[N],
        node: &N,
        cx: &Ctx,
    ) -> EvalResult<TableVal> {
        let value = self.table(table, cx)?;
        let schema = node.schema.as_ref().expect("a table");
        let columns: Vec<ColId> = show.iter().filter_map(|i| schema.columns[*i].lineage).collect();
        let mut limits = cx.fc.filters.clone();
        for filter in filters {
            limits.extend(self.table_filter(filter, cx)?);
        }
        let all = self.candidates(&columns, &cx.fc.with(limits), None)?;
        let ids: Vec<Vec<u32>> = show.iter().map(|i| value.cols[*i].ids(value.n).unwrap_or_default()).collect();
        let have: std::collections::HashSet<Vec<u32>> = (0..value.n).map(|r| ids.iter().map(|c| c[r]).collect()).collect();
        let every: Vec<Vec<u32>> = all.cols.iter().map(|c| c.ids(all.n).unwrap_or_default()).collect();
        let missing: Vec<Vec<u32>> =
            (0..all.n).map(|r| every.iter().map(|c| c[r]).collect::<Vec<u32>>()).filter(|k| !have.contains(k)).collect();
        let n = value.n + missing.len();
        let mut cols = Vec::new();
        for (index, col) in value.cols.iter().enumerate() {
            cols.push(match (col.lineage(), show.iter().position(|s| *s == index)) {
                (Some(lineage), place) => {
                    let mut list = col.ids(value.n).expect("a model column");
                    list.extend(missing.iter().map(|k| place.map_or(0, |p| k[p])));
                    TCol::Ids { col: lineage, stored: self.column(lineage)?, ids: Arc::new(list) }
                }
                (None, _) => {
                    let mut cells: Vec<Value> = (0..value.n).map(|r| col.get(r)).collect();
                    let fresh = if flags.contains(&index) { Value::Boolean(false) } else { Value::Blank };
                    cells.extend(missing.iter().map(|_| fresh.clone()));
                    TCol::Vals(Arc::new(cells))
                }
            });
        }
        Ok(TableVal { n, cols, bases: Vec::new() })
    }
}

/// Which levels are summed up: every ROLLUPADDISSUBTOTAL cuts its own levels from the last one on, whatever the others do; detail first.
fn passes(spec: &SummarizeColumns) -> Vec<Vec<bool>> {
    let mut passes = vec![vec![false; spec.levels.len()]];
    for rollup in 0..spec.rollups {
        let own: Vec<usize> = (0..spec.levels.len()).filter(|i| spec.levels[*i].rollup == Some(rollup)).collect();
        let mut next = Vec::with_capacity(passes.len() * (own.len() + 1));
        for cut in (0..=own.len()).rev() {
            for pass in &passes {
                let mut pass = pass.clone();
                own[cut..].iter().for_each(|i| pass[*i] = true);
                next.push(pass);
            }
        }
        passes = next;
    }
    passes
}

/// The filters of a pass: those of the last level that each ROLLUPADDISSUBTOTAL keeps, or of its total.
fn level_filters<'s>(spec: &'s SummarizeColumns, summed: &[bool]) -> Vec<&'s N> {
    let mut filters = Vec::new();
    for rollup in 0..spec.rollups {
        let kept = (0..spec.levels.len()).rev().find(|i| spec.levels[*i].rollup == Some(rollup) && !summed[*i]);
        match kept {
            Some(level) => filters.extend(&spec.levels[level].filters),
            None => filters.extend(spec.total_filters.iter().zip(&spec.total_rollups).filter(|(_, r)| **r == rollup).map(|(n, _)| n)),
        }
    }
    filters
}
