//! CALCULATE: context transition, modifiers, filters; measures and calculation groups.

use std::rc::Rc;

use super::filter::{Body, Fc, Filter, Origin, Tuples};
use super::store::{IdSet, Mask};
use super::value::TableVal;
use super::{Ctx, Misc, Session, fail};
use crate::dax::bind::Scope;
use crate::dax::bind::bound::{Direction, FilterArg, Kind, N, Removal};
use crate::dax::catalog::{ColId, MeasureId, TableId};
use crate::dax::engine::DaxError;
use crate::dax::error::EvalResult;
use crate::dax::syntax::Place;
use crate::table::Value;

/// Rows of a filter argument whose condition failed.
struct FailedRows {
    /// The filter of the rows that passed.
    passed: Rc<Filter>,
    /// The failed rows as filters.
    filters: Vec<Rc<Filter>>,
    error: crate::dax::error::EvalError,
}

impl Session<'_> {
    /// The context in which the body of CALCULATE is evaluated.
    pub(crate) fn calculate_context(&self, filters: &[FilterArg], cx: &Ctx) -> EvalResult<Ctx> {
        // Filter arguments see the context around, row contexts included.
        let mut added: Vec<(Rc<Filter>, bool)> = Vec::new();
        let mut failed: Vec<FailedRows> = Vec::new();
        for arg in filters {
            if let FilterArg::Table { table, keep } = arg {
                let mut keep = *keep;
                let mut node = table;
                if let Kind::KeepFilters(inner) = &node.kind {
                    keep = true;
                    node = inner;
                }
                for filter in self.table_filter_failing(node, cx, &mut failed)? {
                    added.push((filter, keep));
                }
            }
        }
        let mut inner = self.transition(cx)?;
        if filters.is_empty() {
            return Ok(inner);
        }
        let mut fc = (*inner.fc).clone();
        for arg in filters {
            match arg {
                FilterArg::Use(rel) => {
                    let def = &self.catalog.rels[*rel as usize];
                    let ends = |r: u32| {
                        let d = &self.catalog.rels[r as usize];
                        let (a, b) = (self.catalog.table_of(d.from), self.catalog.table_of(d.to));
                        (a.min(b), a.max(b))
                    };
                    let pair = ends(*rel);
                    let mut rels = (*fc.rels).clone();
                    for other in 0..rels.len() as u32 {
                        if other != *rel && ends(other) == pair {
                            rels[other as usize].on = false;
                        }
                    }
                    let state = &mut rels[*rel as usize];
                    state.on = true;
                    state.both |= def.both;
                    fc = Fc::new(fc.filters, Rc::new(rels));
                }
                FilterArg::Cross(rel, direction) => {
                    let mut rels = (*fc.rels).clone();
                    let state = &mut rels[*rel as usize];
                    match direction {
                        Direction::None => state.on = false,
                        Direction::OneWay => (state.both, state.reverse) = (false, false),
                        Direction::Both => (state.both, state.reverse) = (true, false),
                        Direction::Reverse => (state.both, state.reverse) = (false, true),
                    }
                    fc = Fc::new(fc.filters, Rc::new(rels));
                }
                _ => {}
            }
        }
        for arg in filters {
            if let FilterArg::Remove(removal) = arg {
                fc = self.remove(&fc, removal);
            }
        }
        let replaced: Vec<ColId> = added.iter().filter(|(_, keep)| !keep).flat_map(|(f, _)| f.cols.iter().copied()).collect();
        let dates = self.date_tables(added.iter().flat_map(|(f, _)| f.cols.iter().copied()));
        fc = fc.clear(&|c| {
            replaced.contains(&c) || dates.contains(&self.catalog.table_of(c)) && !added.iter().any(|(f, keep)| *keep && f.has(c))
        });
        let mut all = fc.filters.clone();
        all.extend(added.into_iter().map(|(f, _)| f));
        // A row whose condition failed counts only if the other filters let it through.
        for rows in failed {
            let others = all.iter().filter(|f| !Rc::ptr_eq(f, &rows.passed)).cloned().chain(rows.filters.iter().cloned()).collect();
            let table = self.catalog.table_of(rows.filters[0].cols[0]);
            if self.mask(table, &Fc::new(others, fc.rels.clone()))?.count > 0 {
                return Err(rows.error);
            }
        }
        inner.fc = Rc::new(Fc::new(all, fc.rels));
        Ok(inner)
    }

    /// Tables whose other columns lose their filters because a filter lands on their dates: marked date tables, and tables whose
    /// date column takes part in a relationship.
    pub(crate) fn date_tables(&self, columns: impl Iterator<Item = ColId>) -> Vec<TableId> {
        let mut tables = Vec::new();
        for col in columns {
            let table = self.catalog.table_of(col);
            let marked = self.catalog.tables[table as usize].date_column == Some(col);
            let joined = self.catalog.columns[col as usize].data_type == Some(crate::table::DataType::DateTime)
                && self.catalog.rels.iter().any(|r| r.to == col);
            let calendar = self.catalog.calendars.iter().any(|c| c.column("date") == Some(col));
            if (marked || joined || calendar) && !tables.contains(&table) {
                tables.push(table);
            }
        }
        tables
    }

    /// Turns every row context into filters.
    pub(crate) fn transition(&self, cx: &Ctx) -> EvalResult<Ctx> {
        let Some(innermost) = &cx.rows else { return Ok(cx.clone()) };
        let mut frames = Vec::new();
        let mut frame = Some(innermost);
        while let Some(f) = frame {
            frames.push(f.clone());
            frame = f.parent.as_ref();
        }
        let mut fc = (*cx.fc).clone();
        for frame in frames.iter().rev() {
            let added = self.row_filters(&frame.table, frame.row.get(), &fc)?;
            if added.is_empty() {
                continue;
            }
            if !frame.keep {
                let replaced: Vec<ColId> = added.iter().flat_map(|f| f.cols.iter().copied()).collect();
                let dates = self.date_tables(replaced.iter().copied());
                fc = fc.clear(&|c| replaced.contains(&c) || dates.contains(&self.catalog.table_of(c)));
            }
            let mut all = fc.filters.clone();
            all.extend(added);
            fc = fc.with(all);
        }
        Ok(Ctx { fc: Rc::new(fc), rows: None, env: cx.env.clone(), misc: cx.misc.clone() })
    }

    /// The filters that one row of a table stands for.
    pub(crate) fn row_filters(&self, table: &Rc<TableVal>, row: usize, fc: &Fc) -> EvalResult<Vec<Rc<Filter>>> {
        let origin = Origin::Row(table.clone());
        let mut out: Vec<Rc<Filter>> = Vec::new();
        let mut covered: Vec<ColId> = Vec::new();
        for (base, rows) in &table.bases {
            let n = self.rows(*base)?;
            let at = rows[row];
            let mask = match self.row_classes(*base)? {
                Some(classes) => {
                    let class = classes[at as usize];
                    Mask::from_rows(n, (0..=n as u32).filter(|r| classes[*r as usize] == class))
                }
                None => Mask::from_rows(n, [at]),
            };
            let cols = self.expanded_columns(fc, *base);
            covered.extend(&cols);
            let body = Body::Rows { table: *base, mask: Rc::new(mask), full: true, rels: fc.rels.clone() };
            out.push(Rc::new(Filter::new(cols, body, origin.clone())));
        }
        for col in &table.cols {
            let Some(lineage) = col.lineage() else { continue };
            if covered.contains(&lineage) {
                continue;
            }
            covered.push(lineage);
            let id = col.id(row).expect("columns with lineage have ids");
            out.push(Rc::new(Filter::set(lineage, IdSet::one(id), origin.clone())));
        }
        Ok(out)
    }

    /// The filters that a table value stands for.
    pub(crate) fn value_filter(&self, table: &TableVal, fc: &Fc, origin: &Origin) -> EvalResult<Vec<Rc<Filter>>> {
        let mut seen: Vec<ColId> = Vec::new();
        let mut columns = Vec::new();
        for col in &table.cols {
            if let Some(lineage) = col.lineage()
                && !seen.contains(&lineage)
            {
                seen.push(lineage);
                columns.push(col);
            }
        }
        if let [(base, rows)] = table.bases.as_slice() {
            let inside = self.expanded_columns(fc, *base);
            if seen.iter().all(|c| inside.contains(c)) {
                let n = self.rows(*base)?;
                let mut mask = Mask::from_rows(n, rows.iter().copied());
                if let Some(classes) = self.row_classes(*base)? {
                    let mut hit = vec![false; n + 1];
                    rows.iter().for_each(|r| hit[classes[*r as usize] as usize] = true);
                    mask = Mask::from_fn(n, |r| hit[classes[r] as usize]);
                }
                return Ok(vec![Rc::new(Filter::new(
                    inside,
                    Body::Rows { table: *base, mask: Rc::new(mask), full: true, rels: fc.rels.clone() },
                    origin.clone(),
                ))]);
            }
        }
        match columns.as_slice() {
            [] => Ok(Vec::new()),
            [one] => {
                let ids = one.ids(table.n).expect("columns with lineage have ids");
                Ok(vec![Rc::new(Filter::set(seen[0], IdSet::from_ids(ids), origin.clone()))])
            }
            many => {
                self.reserve(table.n * many.len() * 4)?;
                let ids: Vec<Vec<u32>> = many.iter().map(|c| c.ids(table.n).expect("columns with lineage have ids")).collect();
                let rows = (0..table.n).map(|r| ids.iter().map(|c| c[r]).collect::<Vec<u32>>().into_boxed_slice());
                let tuples = Tuples::new(rows);
                Ok(vec![Rc::new(Filter::new(seen, Body::Tuples(Rc::new(tuples)), origin.clone()))])
            }
        }
    }

    /// A table expression as filters, without making the table where that can be avoided.
    pub(crate) fn table_filter(&self, node: &N, cx: &Ctx) -> EvalResult<Vec<Rc<Filter>>> {
        let mut failed = Vec::new();
        let filters = self.table_filter_failing(node, cx, &mut failed)?;
        match failed.pop() {
            Some(rows) => Err(rows.error),
            None => Ok(filters),
        }
    }

    /// FILTER row by row, where rows whose condition fails are set aside.
    fn filter_with_failures(
        &self,
        table: &N,
        predicate: &N,
        cx: &Ctx,
        failed: &mut Vec<FailedRows>,
    ) -> EvalResult<Option<Vec<Rc<Filter>>>> {
        let value = self.table(table, cx)?;
        if value.cols.iter().all(|c| c.lineage().is_none()) {
            return Ok(None);
        }
        let (inner, frame) = self.enter(cx, &value, false);
        let (mut passed, mut broken, mut first) = (Vec::new(), Vec::new(), None);
        for row in 0..value.n {
            frame.row.set(row);
            let verdict = self.scalar(predicate, &inner).and_then(|v| crate::dax::scalar::to_bool(&self.scalars, &v));
            match verdict {
                Ok(true) => passed.push(row as u32),
                Ok(false) => {}
                Err(e) if e.catchable && !e.unsupported => {
                    broken.push(row as u32);
                    first = first.or(Some(e));
                }
                Err(e) => return Err(e),
            }
        }
        let filters = self.value_filter(&value.pick(&passed), &cx.fc, &Origin::Explicit)?;
        if let (Some(error), Some(filter)) = (first, filters.first()) {
            let rows = self.value_filter(&value.pick(&broken), &cx.fc, &Origin::Explicit)?;
            failed.push(FailedRows { passed: filter.clone(), filters: rows, error: super::in_rows(error) });
        }
        Ok(Some(filters))
    }

    fn table_filter_failing(&self, node: &N, cx: &Ctx, failed: &mut Vec<FailedRows>) -> EvalResult<Vec<Rc<Filter>>> {
        match &node.kind {
            Kind::FilterRows { table, predicate, level } => {
                if let Kind::AllColumns { columns, .. } | Kind::Values { columns, .. } = &table.kind
                    && let [col] = columns.as_slice()
                {
                    let all = matches!(table.kind, Kind::AllColumns { .. });
                    let blank = matches!(&table.kind, Kind::AllColumns { blank: true, .. } | Kind::Values { blank: true, .. });
                    if let Some(set) = self.predicate_ids(*col, predicate, *level, cx)? {
                        let set = if all {
                            if blank { set } else { set.intersect(&IdSet::range(1, u32::MAX - 1)) }
                        } else {
                            IdSet::from_ids(self.visible_ids_in(*col, &cx.fc, blank)?.into_iter().filter(|id| set.contains(*id)))
                        };
                        return Ok(vec![Rc::new(Filter::set(*col, set, Origin::Explicit))]);
                    }
                }
                if let Some((base, mask)) = self.scan(node, cx)? {
                    // A scan never holds the blank row.
                    let mask = if mask.has_blank() { Rc::new(Mask::from_fn(mask.rows, |r| r < mask.rows && mask.has(r))) } else { mask };
                    let cols = self.expanded_columns(&cx.fc, base);
                    let mask = self.close_classes(base, mask)?;
                    let body = Body::Rows { table: base, mask, full: true, rels: cx.fc.rels.clone() };
                    return Ok(vec![Rc::new(Filter::new(cols, body, Origin::Explicit))]);
                }
                if !predicate.deps.transition
                    && let Some(filters) = self.filter_with_failures(table, predicate, cx, failed)?
                {
                    return Ok(filters);
                }
            }
            Kind::Table { table, blank } => {
                let mask = self.mask(*table, &cx.fc)?;
                let mask =
                    if *blank || !mask.has_blank() { mask } else { Rc::new(Mask::from_fn(mask.rows, |r| r < mask.rows && mask.has(r))) };
                let cols = self.expanded_columns(&cx.fc, *table);
                let mask = self.close_classes(*table, mask)?;
                let body = Body::Rows { table: *table, mask, full: true, rels: cx.fc.rels.clone() };
                return Ok(vec![Rc::new(Filter::new(cols, body, Origin::Explicit))]);
            }
            Kind::Values { columns, blank } if columns.len() == 1 => {
                let ids = self.visible_ids_in(columns[0], &cx.fc, *blank)?;
                return Ok(vec![Rc::new(Filter::set(columns[0], IdSet::from_ids(ids), Origin::Explicit))]);
            }
            Kind::Time { .. } => {
                let (col, set) = self.time_ids(node, cx)?;
                return Ok(vec![Rc::new(Filter::set(col, set, Origin::Explicit))]);
            }
            Kind::Calculate(body, filters) => {
                let inner = self.calculate_context(filters, cx)?;
                return self.table_filter(body, &inner);
            }
            Kind::Let(vars, body) => return self.table_filter(body, &self.bind_vars(vars, cx)),
            Kind::TreatAs { .. } | Kind::Constructor { .. } => {}
            _ => {}
        }
        let value = self.table(node, cx)?;
        self.value_filter(&value, &cx.fc, &Origin::Explicit)
    }

    fn close_classes(&self, table: TableId, mask: Rc<Mask>) -> EvalResult<Rc<Mask>> {
        let Some(classes) = self.row_classes(table)? else { return Ok(mask) };
        let mut hit = vec![false; mask.rows + 1];
        mask.iter().for_each(|r| hit[classes[r] as usize] = true);
        hit[mask.rows] = mask.has_blank();
        Ok(Rc::new(Mask::from_fn(mask.rows, |r| hit[classes[r] as usize])))
    }

    /// Applies a remover.
    pub(crate) fn remove(&self, fc: &Fc, removal: &Removal) -> Fc {
        match removal {
            Removal::Everything => fc.with(Vec::new()),
            Removal::Table(table) => {
                let cols = self.expanded_columns(fc, *table);
                fc.clear(&|c| cols.contains(&c))
            }
            Removal::Columns(cols) => fc.clear(&|c| cols.contains(&c)),
            Removal::Except(table, keep) => {
                let cols = self.expanded_columns(fc, *table);
                fc.clear(&|c| cols.contains(&c) && !keep.contains(&c))
            }
            Removal::SelectedEverything => self.selected(fc, &|_| true),
            Removal::SelectedTable(table) => {
                let cols = self.expanded_columns(fc, *table);
                self.selected(fc, &|c| cols.contains(&c))
            }
            Removal::SelectedColumns(cols) => self.selected(fc, &|c| cols.contains(&c)),
            Removal::CrossFiltered(table) => {
                let config = self.config(&fc.rels);
                let cols = self.expanded_columns(fc, *table);
                let reaching: Vec<TableId> = (0..self.catalog.tables.len() as TableId)
                    .filter(|t| {
                        config.reaches(*table, *t)
                            || self.catalog.rels.iter().enumerate().any(|(i, r)| {
                                fc.rels[i].on
                                    && (!r.regular || fc.rels[i].both)
                                    && (self.catalog.table_of(r.from) == *t || self.catalog.table_of(r.to) == *t)
                            })
                    })
                    .collect();
                fc.clear(&|c| cols.contains(&c) || reaching.contains(&self.catalog.table_of(c)))
            }
        }
    }

    /// Back to the selection around the visual: groups vanish, rows of an iteration become all its rows, other filters stay.
    pub(crate) fn selected(&self, fc: &Fc, wanted: &dyn Fn(ColId) -> bool) -> Fc {
        let mut out: Vec<Rc<Filter>> = Vec::new();
        for filter in &fc.filters {
            match &filter.origin {
                Origin::Explicit => out.push(filter.clone()),
                Origin::Group => {
                    if let Some(rest) = filter.without(wanted) {
                        out.push(rest);
                    }
                }
                Origin::Row(rows) => {
                    let touched: Vec<ColId> = filter.cols.iter().copied().filter(|c| wanted(*c)).collect();
                    if touched.is_empty() {
                        out.push(filter.clone());
                        continue;
                    }
                    if let Some(rest) = filter.without(wanted) {
                        out.push(rest);
                    }
                    // The rows that were iterated over, on the columns asked for.
                    if let Ok(filters) = self.value_filter(rows, fc, &Origin::Explicit) {
                        for shadow in filters {
                            if let Some(kept) = shadow.without(&|c| !touched.contains(&c))
                                && !out.iter().any(|f| f.hash == kept.hash)
                            {
                                out.push(kept);
                            }
                        }
                    }
                }
            }
        }
        fc.with(out)
    }

    /// A measure in a context: transition, calculation items, then its body.
    pub(crate) fn measure(&self, id: MeasureId, cx: &Ctx) -> EvalResult<Value> {
        let cx = self.transition(cx)?;
        self.measure_in(id, &cx, cx.misc.applied)
    }

    fn measure_in(&self, id: MeasureId, cx: &Ctx, applied: usize) -> EvalResult<Value> {
        if !self.catalog.groups.is_empty()
            && let Some((expr, item)) = self.pending_item(&cx.fc, applied)?
        {
            let done = self.with_item(applied, item);
            let misc = Misc { selected: Some((id, done)), applied: done, ..Misc::default() };
            let inner = Ctx { fc: cx.fc.clone(), rows: None, env: None, misc: Rc::new(misc) };
            return match expr {
                Some(expr) => self.scalar(&expr, &inner),
                None => Ok(Value::Blank),
            };
        }
        let key = (id, cx.fc.hash, applied);
        if let Some(value) = self.memo.borrow().get(&key) {
            return Ok(value.clone());
        }
        let node = self.binder.bind_measure(id).map_err(|e| e.to_eval())?;
        let misc = Misc { applied, ..Misc::default() };
        let inner = Ctx { fc: cx.fc.clone(), rows: None, env: None, misc: Rc::new(misc) };
        let value = self.scalar(&node, &inner).map_err(|mut e| {
            // The place is in another text.
            e.span = None;
            e
        })?;
        let mut memo = self.memo.borrow_mut();
        if memo.len() > 1_000_000 {
            memo.clear();
        }
        memo.insert(key, value.clone());
        Ok(value)
    }

    /// A set of applied items and one more.
    fn with_item(&self, applied: usize, item: (usize, usize)) -> usize {
        let mut known = self.applied.borrow_mut();
        let mut set = known[applied].clone();
        set.push(item);
        set.sort_unstable();
        known.iter().position(|s| *s == set).unwrap_or_else(|| {
            known.push(set);
            known.len() - 1
        })
    }

    /// The calculation item to apply next, highest precedence first. An item applies to a measure once; one that names another item of
    /// its group in CALCULATE hands the measure over to that one.
    fn pending_item(&self, fc: &Fc, applied: usize) -> EvalResult<Option<(Option<N>, (usize, usize))>> {
        for (index, group) in self.catalog.groups.iter().enumerate() {
            let Some((item, text)) = self.item_in(index, fc)? else { continue };
            // What a group has for no or several selections is for measures to which nothing of it has been applied.
            let is_done = |(g, i): &(usize, usize)| *g == index && (*i == item || item >= group.items.len());
            if self.applied.borrow()[applied].iter().any(is_done) {
                continue;
            }
            return Ok(Some((Some(self.item_node(index, item, text)?.0), (index, item))));
        }
        Ok(None)
    }

    /// The item of a group that a filter context selects, or what the group has for no or several selections, and its text.
    fn item_in(&self, group: usize, fc: &Fc) -> EvalResult<Option<(usize, &str)>> {
        let def = &self.catalog.groups[group];
        if !fc.filters.iter().any(|f| f.cols.iter().any(|c| self.catalog.table_of(*c) == def.table)) {
            return Ok(def.none.as_ref().map(|selection| (usize::MAX, selection.expression.text.as_str())));
        }
        Ok(match self.visible_ids_in(def.column, fc, false)?.as_slice() {
            [id] => {
                let name = self.column(def.column)?.dict().value(*id);
                let item = def.items.iter().position(|i| Value::text(i.name.clone()) == name);
                item.map(|item| (item, def.items[item].expression.text.as_str()))
            }
            _ => def.multiple.as_ref().map(|selection| (usize::MAX - 1, selection.expression.text.as_str())),
        })
    }

    fn item_node(&self, group: usize, item: usize, text: &str) -> EvalResult<(N, Option<N>)> {
        if let Some(done) = self.items.borrow().get(&(group, item)) {
            return done.clone().map_err(|e| e.to_eval());
        }
        let def = &self.catalog.groups[group];
        let what = match def.items.get(item) {
            Some(i) => format!("calculation item `{}`", i.name),
            None => format!("calculation group `{}`", self.catalog.tables[def.table as usize].name),
        };
        let scope = Scope::item(def.table);
        let bind = |text: &str| -> Result<N, DaxError> {
            let expr = crate::dax::syntax::parse_expression(text).map_err(DaxError::from)?;
            self.binder.scalar(&expr, &scope)
        };
        let result = bind(text).and_then(|expr| {
            let format = def.items.get(item).and_then(|i| i.format_string_definition.as_ref()).map(|f| bind(&f.text)).transpose()?;
            Ok((expr, format))
        });
        let result = result.map_err(|e| e.inside(&what));
        self.items.borrow_mut().insert((group, item), result.clone());
        result.map_err(|e| e.to_eval())
    }

    /// SELECTEDMEASURE: the measure around, in the current context, without the item that asks.
    pub(crate) fn selected_measure(&self, cx: &Ctx, at: Place) -> EvalResult<Value> {
        let Some((id, done)) = cx.misc.selected else {
            return Err(fail("D0312", "SELECTEDMEASURE is used outside of a calculation item", at));
        };
        let cx = self.transition(cx)?;
        self.measure_in(id, &cx, done)
    }

    /// The format string of a measure in a context, calculation items included.
    pub(crate) fn measure_format(&self, id: MeasureId, cx: &Ctx) -> EvalResult<Value> {
        let cx = self.transition(cx)?;
        for (index, group) in self.catalog.groups.iter().enumerate() {
            let Some((item, text)) = self.item_in(index, &cx.fc)? else { continue };
            if item >= group.items.len() || self.applied.borrow()[cx.misc.applied].contains(&(index, item)) {
                continue;
            }
            if let (_, Some(format)) = self.item_node(index, item, text)? {
                let done = self.with_item(cx.misc.applied, (index, item));
                let misc = Misc { selected: Some((id, done)), applied: done, ..Misc::default() };
                let inner = Ctx { fc: cx.fc.clone(), rows: None, env: None, misc: Rc::new(misc) };
                return self.scalar(&format, &inner);
            }
        }
        let def = &self.catalog.measures[id as usize];
        if let Some(source) = &def.format_expr {
            let expr = crate::dax::syntax::parse_expression(&source.text).map_err(|e| DaxError::from(e).to_eval())?;
            let node = self.binder.scalar(&expr, &Scope::home(Some(def.table))).map_err(|e| e.to_eval())?;
            return self.scalar(&node, &Ctx { rows: None, env: None, ..cx });
        }
        Ok(def.format.clone().map_or(Value::Blank, Value::text))
    }
}
