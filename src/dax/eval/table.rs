//! Table expressions → tables.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::filter::Fc;
use super::value::{Key as SetKey, TCol, TableVal};
use super::{Ctx, Session, Val, fail, in_rows};
use crate::dax::bind::bound::{Key, Kind, N};
use crate::dax::catalog::{ColId, TableId};
use crate::dax::error::{EvalError, EvalResult};
use crate::dax::scalar;
use crate::table::Value;

impl Session<'_> {
    /// Evaluates a table expression.
    pub(crate) fn table(&self, node: &N, cx: &Ctx) -> EvalResult<Rc<TableVal>> {
        self.traced(node, || stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, || self.table_inner(node, cx)), |t| t.n).map_err(|mut e| {
            if e.span.is_none() {
                e.span = super::at(node.at);
            }
            e
        })
    }

    /// Rows of a model table with all its columns.
    pub(crate) fn base_rows(&self, table: TableId, rows: Vec<u32>) -> EvalResult<TableVal> {
        self.reserve(rows.len() * 4)?;
        let rows = Arc::new(rows);
        let mut cols = Vec::new();
        for col in &self.catalog.tables[table as usize].columns {
            cols.push(match self.open_column(*col)? {
                Some(stored) => TCol::Rows { col: *col, stored, rows: rows.clone() },
                None => TCol::Vals(Arc::new(vec![Value::Blank; rows.len()])),
            });
        }
        Ok(TableVal { n: rows.len(), cols, bases: vec![(table, rows)] })
    }

    /// The same for a calculated column: only the columns that its expression reads.
    pub(crate) fn lazy_rows(&self, table: TableId, rows: &Arc<Vec<u32>>, node: &N) -> EvalResult<TableVal> {
        let mut read = Vec::new();
        columns_read(node, 0, &mut read);
        let filler = TCol::Vals(Arc::new(Vec::new()));
        let mut cols = Vec::new();
        for (index, col) in self.catalog.tables[table as usize].columns.iter().enumerate() {
            cols.push(if read.contains(&index) {
                TCol::Rows { col: *col, stored: self.column(*col)?, rows: rows.clone() }
            } else {
                filler.clone()
            });
        }
        Ok(TableVal { n: rows.len(), cols, bases: Vec::new() })
    }

    /// Ids of a column as a one-column table.
    pub(crate) fn id_table(&self, col: ColId, ids: Vec<u32>) -> EvalResult<TableVal> {
        let stored = self.column(col)?;
        Ok(TableVal { n: ids.len(), cols: vec![TCol::Ids { col, stored, ids: Arc::new(ids) }], bases: Vec::new() })
    }

    /// Distinct combinations of columns of one table, in order of first appearance; ascending for one column.
    pub(crate) fn combinations(&self, columns: &[ColId], fc: &Fc, blank: bool) -> EvalResult<TableVal> {
        let Some(first) = columns.first() else { return Ok(TableVal::default()) };
        if columns.len() == 1 {
            let ids = self.visible_ids_in(*first, fc, blank)?;
            return self.id_table(*first, ids);
        }
        let table = self.catalog.table_of(*first);
        let mask = self.mask(table, fc)?;
        let blank = blank && mask.has_blank() && self.has_blank_row(table)?;
        let stored = columns.iter().map(|c| self.column(*c)).collect::<EvalResult<Vec<_>>>()?;
        let mut seen: std::collections::HashSet<Box<[u32]>> = std::collections::HashSet::new();
        let mut ids: Vec<Vec<u32>> = vec![Vec::new(); columns.len()];
        for row in mask.iter().chain(if blank { Some(mask.rows) } else { None }) {
            let key: Box<[u32]> = stored.iter().map(|s| s.dict().ids.at(row)).collect();
            if seen.contains(&key) {
                continue;
            }
            key.iter().zip(&mut ids).for_each(|(id, list)| list.push(*id));
            seen.insert(key);
        }
        let n = ids[0].len();
        self.reserve(n * columns.len() * 4)?;
        let cols = columns.iter().zip(stored).zip(ids).map(|((col, stored), ids)| TCol::Ids { col: *col, stored, ids: Arc::new(ids) });
        Ok(TableVal { n, cols: cols.collect(), bases: Vec::new() })
    }

    #[allow(clippy::too_many_lines)]
    fn table_inner(&self, node: &N, cx: &Ctx) -> EvalResult<Rc<TableVal>> {
        self.tick()?;
        Ok(Rc::new(match &node.kind {
            Kind::Var(id) => {
                return match self.variable(*id, cx)? {
                    Val::Table(table) => Ok(table),
                    Val::Scalar(_) => Err(fail("D0324", "a table is expected", node.at)),
                };
            }
            Kind::Let(vars, body) => return self.table(body, &self.bind_vars(vars, cx)),
            Kind::Calculate(body, filters) => {
                let inner = self.calculate_context(filters, cx)?;
                return self.table(body, &inner);
            }
            Kind::KeepFilters(inner) | Kind::NonVisual(inner) => return self.table(inner, cx),
            Kind::Table { table, blank } => {
                let mask = self.mask(*table, &cx.fc)?;
                let blank = *blank && mask.has_blank() && self.has_blank_row(*table)?;
                self.base_rows(*table, mask.to_rows(blank))?
            }
            Kind::AllTable { table, blank } => {
                let mask = self.mask(*table, &cx.fc.with(Vec::new()))?;
                let blank = *blank && mask.has_blank() && self.has_blank_row(*table)?;
                self.base_rows(*table, mask.to_rows(blank))?
            }
            Kind::Values { columns, blank } => self.combinations(columns, &cx.fc, *blank)?,
            Kind::AllColumns { columns, blank } => self.combinations(columns, &cx.fc.with(Vec::new()), *blank)?,
            Kind::AllSelectedTable(table) => {
                let cols = self.expanded_columns(&cx.fc, *table);
                let fc = self.selected(&cx.fc, &|c| cols.contains(&c));
                let mask = self.mask(*table, &fc)?;
                let blank = mask.has_blank() && self.has_blank_row(*table)?;
                self.base_rows(*table, mask.to_rows(blank))?
            }
            Kind::AllSelectedColumns(columns) => {
                let fc = self.selected(&cx.fc, &|c| columns.contains(&c));
                // Only selections on the columns themselves count.
                let own = fc.clear(&|c| !columns.contains(&c));
                self.combinations(columns, &own, true)?
            }
            Kind::Filters(col) => {
                let fc = cx.fc.clear(&|c| c != *col);
                let ids = if fc.filters.is_empty() { self.visible_ids_in(*col, &fc, true)? } else { self.filtered_ids(*col, &fc)? };
                self.id_table(*col, ids)?
            }
            Kind::Distinct(inner) => {
                let value = self.table(inner, cx)?;
                value.pick(&distinct_rows(&value))
            }
            Kind::FilterRows { .. } => return self.filter_rows(node, cx),
            Kind::AddColumns { table, exprs, .. } => {
                let keep = matches!(table.kind, Kind::KeepFilters(_));
                let value = self.table(table, cx)?;
                self.reserve(value.n * exprs.len() * 24)?;
                let mut out = (*value).clone();
                for expr in exprs {
                    out.cols.push(TCol::Vals(Arc::new(self.map_rows(&value, expr, cx, keep)?)));
                }
                out
            }
            Kind::SelectColumns { table, exprs, level } => {
                let value = self.table(table, cx)?;
                let mut cols = Vec::with_capacity(exprs.len());
                for expr in exprs {
                    cols.push(match &expr.kind {
                        Kind::Col { level: l, index } if l == level => value.cols[*index].clone(),
                        _ => TCol::Vals(Arc::new(self.map_rows(&value, expr, cx, false)?)),
                    });
                }
                TableVal { n: value.n, cols, bases: Vec::new() }
            }
            Kind::Row(exprs) => {
                let mut cols = Vec::with_capacity(exprs.len());
                for expr in exprs {
                    cols.push(vec![self.scalar(expr, cx)?]);
                }
                TableVal::plain(1, cols)
            }
            Kind::Constructor { rows } => {
                let schema = node.schema.as_ref().expect("a table");
                let width = schema.columns.len();
                let mut cols = vec![Vec::with_capacity(rows.len()); width];
                for row in rows {
                    for (cell, col) in row.iter().zip(&mut cols) {
                        col.push(self.scalar(cell, cx)?);
                    }
                }
                for col in &mut cols {
                    self.unify_values(col)?;
                }
                TableVal::plain(rows.len(), cols)
            }
            Kind::DataTable(rows) => {
                let width = node.schema.as_ref().map_or(0, |s| s.columns.len());
                let cols = (0..width).map(|i| rows.iter().map(|r| r[i].clone()).collect()).collect();
                TableVal::plain(rows.len(), cols)
            }
            Kind::TopN { n, skip, table, keys, .. } => {
                let n = scalar::whole(&self.scalars, &self.scalar(n, cx)?)?.max(0) as usize;
                let skip = match skip {
                    Some(skip) => Some(scalar::whole(&self.scalars, &self.scalar(skip, cx)?)?.max(0) as usize),
                    None => None,
                };
                let value = self.table(table, cx)?;
                self.top(&value, n, skip, keys, cx)?
            }
            Kind::Sample { n, table, keys, .. } => {
                let n = scalar::whole(&self.scalars, &self.scalar(n, cx)?)?.max(0) as usize;
                let value = self.table(table, cx)?;
                let (order, _) = self.sorted(&value, keys, cx)?;
                let total = order.len();
                if n >= total {
                    value.pick(&order)
                } else {
                    let step = if n > 1 { (total - 1) as f64 / (n - 1) as f64 } else { 0.0 };
                    let rows: Vec<u32> = (0..n).map(|i| order[(i as f64 * step + 0.5).floor() as usize]).collect();
                    value.pick(&rows)
                }
            }
            Kind::Generate { left, right, all, .. } => self.generate(left, right, *all, node, cx)?,
            Kind::CrossJoin(tables) => {
                let mut out: Option<TableVal> = None;
                for table in tables {
                    let next = self.table(table, cx)?;
                    out = Some(match out {
                        None => (*next).clone(),
                        Some(left) => self.cross(&left, &next)?,
                    });
                }
                out.unwrap_or_default()
            }
            Kind::Union(tables) => {
                let schema = node.schema.as_ref().expect("a table");
                let values = tables.iter().map(|t| self.table(t, cx)).collect::<EvalResult<Vec<_>>>()?;
                let n = values.iter().map(|v| v.n).sum();
                self.reserve(n * schema.columns.len() * 8)?;
                let mut cols = Vec::new();
                for (index, column) in schema.columns.iter().enumerate() {
                    if let Some(col) = column.lineage {
                        let mut ids = Vec::with_capacity(n);
                        for value in &values {
                            ids.extend(value.cols[index].ids(value.n).expect("columns with lineage have ids"));
                        }
                        cols.push(TCol::Ids { col, stored: self.column(col)?, ids: Arc::new(ids) });
                    } else {
                        let mut cells: Vec<Value> = Vec::with_capacity(n);
                        for value in &values {
                            cells.extend((0..value.n).map(|r| value.get(index, r)));
                        }
                        self.unify_values(&mut cells)?;
                        cols.push(TCol::Vals(Arc::new(cells)));
                    }
                }
                TableVal { n, cols, bases: Vec::new() }
            }
            Kind::Intersect(left, right) | Kind::Except(left, right) => {
                let (left, right) = (self.table(left, cx)?, self.table(right, cx)?);
                let keep = matches!(node.kind, Kind::Intersect(..));
                let set: std::collections::HashSet<Vec<StrictKey>> = (0..right.n).map(|r| strict_row(&right, r)).collect();
                let rows: Vec<u32> = (0..left.n).filter(|r| set.contains(&strict_row(&left, *r)) == keep).map(|r| r as u32).collect();
                left.pick(&rows)
            }
            Kind::NaturalJoin { left, right, pairs, right_rest, outer } => {
                let (left, right) = (self.table(left, cx)?, self.table(right, cx)?);
                self.natural_join(&left, &right, pairs, right_rest, *outer)?
            }
            Kind::TreatAs { table, columns } => {
                let value = self.table(table, cx)?;
                let mut ids: Vec<Vec<u32>> = vec![Vec::new(); columns.len()];
                let stored = columns.iter().map(|c| self.column(*c)).collect::<EvalResult<Vec<_>>>()?;
                let mut seen = std::collections::HashSet::new();
                'rows: for row in 0..value.n {
                    let mut line = Vec::with_capacity(columns.len());
                    for ((cells, stored), col) in value.cols.iter().zip(&stored).zip(columns) {
                        let cell = cells.get(row);
                        let found = if let (Value::Blank, table) = (&cell, self.catalog.table_of(*col)) {
                            let stored_blank = stored.dict().has_blank();
                            (stored_blank || self.has_blank_row(table)?).then_some(0)
                        } else {
                            stored.dict().find(&cell).or_else(|| {
                                let wanted = stored.column.data_type();
                                let converted = scalar::convert(&self.scalars, &cell, wanted).ok()?;
                                stored.dict().find(&converted)
                            })
                        };
                        match found {
                            Some(id) => line.push(id),
                            None => continue 'rows,
                        }
                    }
                    if seen.insert(line.clone()) {
                        line.into_iter().zip(&mut ids).for_each(|(id, list)| list.push(id));
                    }
                }
                let n = ids.first().map_or(0, Vec::len);
                let cols =
                    columns.iter().zip(stored).zip(ids).map(|((col, stored), ids)| TCol::Ids { col: *col, stored, ids: Arc::new(ids) });
                TableVal { n, cols: cols.collect(), bases: Vec::new() }
            }
            Kind::Series { start, end, step } => self.series(start, end, step.as_ref(), node, cx)?,
            Kind::Calendar { start, end } => {
                let sx = &self.scalars;
                let bound = |n: &N| -> EvalResult<f64> {
                    scalar::to_date_time(sx, &self.scalar(n, cx)?)?
                        .ok_or_else(|| fail("D0314", "the dates of CALENDAR must not be BLANK", node.at))
                };
                let (a, b) = (bound(start)?.floor(), bound(end)?.floor());
                if a > b {
                    return Err(fail("D0315", "the start date of CALENDAR must not be later than its end date", node.at));
                }
                let n = (b - a) as usize + 1;
                self.reserve(n * 24)?;
                TableVal::plain(n, vec![(0..n).map(|i| Value::DateTime(a + i as f64)).collect()])
            }
            Kind::CalendarAuto(month) => self.calendar_auto(month.as_ref(), node, cx)?,
            Kind::Summarize { .. } => return self.summarize(node, cx).map(Rc::new),
            Kind::SummarizeColumns(spec) => return self.summarize_columns(spec, cx).map(Rc::new),
            Kind::GroupBy { .. } => return self.group_by(node, cx).map(Rc::new),
            Kind::CurrentGroup => {
                return cx.misc.group.clone().ok_or_else(|| fail("D0316", "CURRENTGROUP is used outside of GROUPBY", node.at));
            }
            Kind::Time { .. } => {
                let (col, set) = self.time_ids(node, cx)?;
                let ids: Vec<u32> = set.iter().collect();
                self.id_table(col, ids)?
            }
            Kind::FirstNonBlank { table, expr, last, .. } => {
                let value = self.table(table, cx)?;
                let order = self.natural_order(&value, 0);
                match self.first_non_blank(&value, &order, expr, *last, cx)? {
                    Some((row, _)) => value.pick(&[row]),
                    None => value.pick(&[]),
                }
            }
            Kind::Window(spec) => return self.window_table(spec, cx).map(Rc::new),
            Kind::Visual(spec) => self.visual_table(spec, cx)?,
            Kind::SubstituteWithIndex { table, index, pairs, keys, .. } => {
                let (value, index_value) = (self.table(table, cx)?, self.table(index, cx)?);
                let (order, _) = self.sorted(&index_value, keys, cx)?;
                let mut position: HashMap<Vec<SetKey>, i64> = HashMap::new();
                for row in order {
                    let key: Vec<SetKey> = pairs.iter().map(|(_, j)| SetKey::of(&index_value.get(*j, row as usize))).collect();
                    let next = position.len() as i64;
                    position.entry(key).or_insert(next);
                }
                let numbers: Vec<Value> = (0..value.n)
                    .map(|row| {
                        let key: Vec<SetKey> = pairs.iter().map(|(i, _)| SetKey::of(&value.get(*i, row))).collect();
                        position.get(&key).map_or(Value::Blank, |n| Value::Int64(*n))
                    })
                    .collect();
                let mut cols: Vec<TCol> =
                    value.cols.iter().enumerate().filter(|(i, _)| !pairs.iter().any(|(p, _)| p == i)).map(|(_, c)| c.clone()).collect();
                cols.push(TCol::Vals(Arc::new(numbers)));
                TableVal { n: value.n, cols, bases: Vec::new() }
            }
            Kind::AddMissing { table, show, flags, filters } => self.add_missing(table, show, flags, filters, node, cx)?,
            Kind::Linest { .. } => self.linest(node, cx)?,
            Kind::Info(name, restrictions) => {
                let pairs = restrictions.chunks_exact(2).map(|p| Ok((self.scalar(&p[0], cx)?, self.scalar(&p[1], cx)?)));
                self.info(name, &pairs.collect::<EvalResult<Vec<_>>>()?)?
            }
            Kind::ColumnStatistics => self.column_statistics()?,
            _ => return Err(EvalError::unsupported("this table expression is not available")),
        }))
    }

    /// Gives the cells of a column one type: numbers the widest, anything beside text becomes text.
    pub(crate) fn unify_values(&self, cells: &mut [Value]) -> EvalResult<()> {
        use crate::dax::bind::bound::Ty;
        let mut ty = Ty::Blank;
        for cell in cells.iter() {
            ty = ty.unify(Ty::of_value(cell));
        }
        if ty == Ty::Variant {
            let numeric = cells
                .iter()
                .all(|c| matches!(c, Value::Blank | Value::Int64(_) | Value::Double(_) | Value::Currency(_) | Value::DateTime(_)));
            if numeric {
                for cell in cells.iter_mut() {
                    let number = match cell {
                        Value::Int64(v) => *v as f64,
                        Value::Double(v) | Value::DateTime(v) => *v,
                        Value::Currency(v) => v.to_f64(),
                        _ => continue,
                    };
                    *cell = Value::DateTime(number);
                }
                return Ok(());
            }
            for cell in cells.iter_mut().filter(|c| !c.is_blank()) {
                *cell = Value::String(scalar::to_text(&self.scalars, cell));
            }
            return Ok(());
        }
        for cell in cells.iter_mut() {
            *cell = self.unified(std::mem::take(cell), ty)?;
        }
        Ok(())
    }

    fn filter_rows(&self, node: &N, cx: &Ctx) -> EvalResult<Rc<TableVal>> {
        let Kind::FilterRows { table, predicate, level } = &node.kind else { unreachable!("only called for FILTER") };
        if let Some((base, mask)) = self.scan(node, cx)? {
            return self.base_rows(base, mask.to_rows(false)).map(Rc::new);
        }
        if let Kind::AllColumns { columns, .. } | Kind::Values { columns, .. } = &table.kind
            && let [col] = columns.as_slice()
            && let Some(set) = self.predicate_ids(*col, predicate, *level, cx)?
        {
            let value = self.table(table, cx)?;
            let ids = value.cols[0].ids(value.n).expect("a model column");
            return self.id_table(*col, ids.into_iter().filter(|id| set.contains(*id)).collect()).map(Rc::new);
        }
        let keep = matches!(table.kind, Kind::KeepFilters(_));
        let value = self.table(table, cx)?;
        if !keep && let Some(rows) = self.narrowed(&value, predicate, *level, cx)? {
            return Ok(Rc::new(value.pick(&rows)));
        }
        let verdicts = self.map_rows(&value, predicate, cx, keep)?;
        let mut rows = Vec::new();
        for (row, verdict) in verdicts.iter().enumerate() {
            if scalar::to_bool(&self.scalars, verdict).map_err(in_rows)? {
                rows.push(row as u32);
            }
        }
        Ok(Rc::new(value.pick(&rows)))
    }

    /// Rows in the order of some keys (stable), and the key values by row.
    pub(crate) fn sorted(&self, value: &Rc<TableVal>, keys: &[Key], cx: &Ctx) -> EvalResult<(Vec<u32>, Vec<Vec<Value>>)> {
        let columns = keys.iter().map(|(key, _)| self.map_rows(value, key, cx, false)).collect::<EvalResult<Vec<_>>>()?;
        let mut order: Vec<u32> = (0..value.n as u32).collect();
        order.sort_by(|a, b| {
            for (column, (_, descending)) in columns.iter().zip(keys) {
                let ordering = full_order(&column[*a as usize], &column[*b as usize]);
                let ordering = if *descending { ordering.reverse() } else { ordering };
                if ordering.is_ne() {
                    return ordering;
                }
            }
            std::cmp::Ordering::Equal
        });
        Ok((order, columns))
    }

    fn top(&self, value: &Rc<TableVal>, n: usize, skip: Option<usize>, keys: &[Key], cx: &Ctx) -> EvalResult<TableVal> {
        let (order, columns) = self.sorted(value, keys, cx)?;
        if let Some(skip) = skip {
            let rows: Vec<u32> = order.into_iter().skip(skip).take(n).collect();
            return Ok(value.pick(&rows));
        }
        if n == 0 {
            return Ok(value.pick(&[]));
        }
        if n >= order.len() {
            return Ok(value.pick(&order));
        }
        let last = order[n - 1] as usize;
        let mut end = n;
        while !keys.is_empty() && end < order.len() && columns.iter().all(|c| sort_order(&c[last], &c[order[end] as usize]).is_eq()) {
            end += 1;
        }
        // Rows keep the order of the table: TOPN does not sort.
        let mut rows = order[..end].to_vec();
        rows.sort_unstable();
        Ok(value.pick(&rows))
    }

    /// Rows in the order of a column's values.
    pub(crate) fn natural_order(&self, value: &TableVal, col: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..value.n as u32).collect();
        if let Some(ids) = value.cols.get(col).and_then(|c| c.ids(value.n)) {
            order.sort_by_key(|r| ids[*r as usize]);
        } else if let Some(column) = value.cols.get(col) {
            order.sort_by(|a, b| scalar::order(&column.get(*a as usize), &column.get(*b as usize)));
        }
        order
    }

    fn generate(&self, left: &N, right: &N, all: bool, node: &N, cx: &Ctx) -> EvalResult<TableVal> {
        let value = self.table(left, cx)?;
        let (inner, frame) = self.enter(cx, &value, false);
        let mut left_rows: Vec<u32> = Vec::new();
        let mut parts: Vec<(Rc<TableVal>, usize)> = Vec::new();
        let width = node.schema.as_ref().map_or(0, |s| s.columns.len()) - value.cols.len();
        for row in 0..value.n {
            frame.row.set(row);
            let part = self.table(right, &inner)?;
            if part.n == 0 {
                if all {
                    left_rows.push(row as u32);
                    parts.push((part, 1));
                }
                continue;
            }
            self.reserve(part.n * (width + value.cols.len()) * 8)?;
            left_rows.extend(std::iter::repeat_n(row as u32, part.n));
            let n = part.n;
            parts.push((part, n));
        }
        let mut out = value.pick(&left_rows);
        let schema = node.schema.as_ref().expect("a table");
        let has_empty = parts.iter().any(|(p, _)| p.n == 0);
        for index in 0..width {
            let lineage = schema.columns[value.cols.len() + index].lineage;
            let model = lineage.filter(|_| parts.iter().all(|(p, _)| p.n == 0 || p.cols[index].lineage().is_some()));
            if let Some(col) = model {
                let mut ids = Vec::with_capacity(out.n);
                for (part, n) in &parts {
                    if part.n == 0 {
                        ids.extend(std::iter::repeat_n(0, *n));
                    } else {
                        ids.extend(part.cols[index].ids(part.n).expect("a model column"));
                    }
                }
                out.cols.push(TCol::Ids { col, stored: self.column(col)?, ids: Arc::new(ids) });
            } else {
                let mut cells = Vec::with_capacity(out.n);
                for (part, n) in &parts {
                    if part.n == 0 {
                        cells.extend(std::iter::repeat_n(Value::Blank, *n));
                    } else {
                        cells.extend((0..part.n).map(|r| part.get(index, r)));
                    }
                }
                out.cols.push(TCol::Vals(Arc::new(cells)));
            }
        }
        if !has_empty {
            let first: Vec<TableId> = parts.first().map_or(Vec::new(), |(p, _)| p.bases.iter().map(|(t, _)| *t).collect());
            for (position, table) in first.into_iter().enumerate() {
                if parts.iter().all(|(p, _)| p.bases.get(position).is_some_and(|(t, _)| *t == table)) {
                    let rows = parts.iter().flat_map(|(p, _)| p.bases[position].1.iter().copied()).collect();
                    out.bases.push((table, Arc::new(rows)));
                }
            }
        }
        Ok(out)
    }

    /// Every row of one table with every row of another.
    pub(crate) fn cross(&self, left: &TableVal, right: &TableVal) -> EvalResult<TableVal> {
        let n = left.n.saturating_mul(right.n);
        self.reserve(n.saturating_mul((left.cols.len() + right.cols.len()) * 4 + 8))?;
        let left_rows: Vec<u32> = (0..left.n as u32).flat_map(|r| std::iter::repeat_n(r, right.n)).collect();
        let right_rows: Vec<u32> = (0..left.n).flat_map(|_| 0..right.n as u32).collect();
        let mut out = left.pick(&left_rows);
        let other = right.pick(&right_rows);
        out.cols.extend(other.cols);
        out.bases.extend(other.bases);
        Ok(out)
    }

    fn natural_join(
        &self,
        left: &TableVal,
        right: &TableVal,
        pairs: &[(usize, usize)],
        rest: &[usize],
        outer: bool,
    ) -> EvalResult<TableVal> {
        let mut index: HashMap<Vec<StrictKey>, Vec<u32>> = HashMap::new();
        for row in 0..right.n {
            let key = pairs.iter().map(|(_, j)| StrictKey::of(&right.get(*j, row))).collect();
            index.entry(key).or_default().push(row as u32);
        }
        let (mut lefts, mut rights): (Vec<u32>, Vec<Option<u32>>) = (Vec::new(), Vec::new());
        for row in 0..left.n {
            let key: Vec<StrictKey> = pairs.iter().map(|(i, _)| StrictKey::of(&left.get(*i, row))).collect();
            match index.get(&key) {
                Some(matches) => {
                    for m in matches {
                        lefts.push(row as u32);
                        rights.push(Some(*m));
                    }
                }
                None if outer => {
                    lefts.push(row as u32);
                    rights.push(None);
                }
                None => {}
            }
        }
        self.reserve(lefts.len() * (left.cols.len() + rest.len()) * 8)?;
        let mut out = left.pick(&lefts);
        if rights.iter().all(Option::is_some) {
            let rows: Vec<u32> = rights.iter().flatten().copied().collect();
            let other = right.pick(&rows);
            out.cols.extend(rest.iter().map(|j| other.cols[*j].clone()));
            if !outer {
                out.bases.extend(other.bases);
            }
        } else {
            for j in rest {
                let cells = rights.iter().map(|r| r.map_or(Value::Blank, |r| right.get(*j, r as usize))).collect();
                match right.cols[*j].lineage() {
                    Some(col) => {
                        let ids = rights.iter().map(|r| r.map_or(0, |r| right.cols[*j].id(r as usize).unwrap_or(0))).collect();
                        out.cols.push(TCol::Ids { col, stored: self.column(col)?, ids: Arc::new(ids) });
                    }
                    None => out.cols.push(TCol::Vals(Arc::new(cells))),
                }
            }
        }
        Ok(out)
    }

    fn series(&self, start: &N, end: &N, step: Option<&N>, node: &N, cx: &Ctx) -> EvalResult<TableVal> {
        let (a, b) = (self.scalar(start, cx)?, self.scalar(end, cx)?);
        let step = step.map_or(Ok(Value::Int64(1)), |s| self.scalar(s, cx))?;
        if a.is_blank() || b.is_blank() || step.is_blank() {
            return Err(fail("D0314", "the arguments of GENERATESERIES must not be BLANK", node.at));
        }
        let sx = &self.scalars;
        let positive = scalar::to_number_or_zero(sx, &step)? > 0.0;
        if !positive {
            return Err(fail("D0317", "the increment of GENERATESERIES must be greater than zero", node.at));
        }
        let ty = node.schema.as_ref().expect("a table").columns[0].ty;
        let (from, to) = (scalar::to_number_or_zero(sx, &a)?, scalar::to_number_or_zero(sx, &b)?);
        let expected = ((to - from) / scalar::to_number_or_zero(sx, &step)?).max(0.0) * 24.0;
        if expected > self.budget.max_bytes as f64 {
            self.reserve(usize::MAX)?;
        }
        let mut cells = Vec::new();
        let mut value = self.unified(a, ty)?;
        if let (Value::Int64(v), crate::dax::bind::bound::Ty::Date) = (&value, ty) {
            value = Value::DateTime(*v as f64);
        }
        while scalar::compare(&value, &b)? != Some(std::cmp::Ordering::Greater) {
            if cells.len() % 4096 == 0 {
                self.reserve(4096 * 24)?;
            }
            cells.push(value.clone());
            let next = scalar::add(sx, &value, &step)?;
            if scalar::compare(&next, &value)? != Some(std::cmp::Ordering::Greater) {
                break;
            }
            value = next;
        }
        Ok(TableVal::plain(cells.len(), vec![cells]))
    }

    fn calendar_auto(&self, month: Option<&N>, node: &N, cx: &Ctx) -> EvalResult<TableVal> {
        use crate::base::Date;
        let month = match month {
            Some(m) => scalar::whole(&self.scalars, &self.scalar(m, cx)?)?,
            None => 12,
        };
        if !(1..=12).contains(&month) {
            return Err(fail("D0318", "the fiscal year end month must be between 1 and 12", node.at));
        }
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for (col, def) in self.catalog.columns.iter().enumerate() {
            let table = &self.catalog.tables[def.table as usize];
            let own = def.calculated.is_none() && def.query_expr.is_none() && table.calculated.is_none() && table.query_expr.is_none();
            if !own || def.data_type != Some(crate::table::DataType::DateTime) {
                continue;
            }
            let stored = self.column(col as ColId)?;
            let dict = stored.dict();
            if !dict.is_empty() {
                low = low.min(dict.number(1).unwrap_or(low));
                high = high.max(dict.number(dict.len() as u32).unwrap_or(high));
            }
        }
        if low > high {
            return Err(fail("D0319", "CALENDARAUTO finds no dates in the model", node.at));
        }
        let year_of = |d: f64| {
            let (y, m, _) = Date(d.floor() as i32).ymd();
            if i64::from(m) > month { y + 1 } else { y }
        };
        let end = |year: i32| Date::from_ymd(year, month as u32, 1).map_or(Date(0), Date::end_of_month);
        let first = end(year_of(low) - 1).0 + 1;
        let last = end(year_of(high)).0;
        let cells: Vec<Value> = (first..=last).map(|d| Value::DateTime(f64::from(d))).collect();
        self.reserve(cells.len() * 24)?;
        Ok(TableVal::plain(cells.len(), vec![cells]))
    }

    /// `x IN t`, `(x, y) IN t`: strict about BLANK.
    pub(crate) fn contains_row(&self, items: &[N], table: &N, cx: &Ctx) -> EvalResult<Value> {
        let values = items.iter().map(|i| self.scalar(i, cx)).collect::<EvalResult<Vec<_>>>()?;
        if let Kind::Constructor { rows } = &table.kind {
            for row in rows {
                let mut same = true;
                for (value, cell) in values.iter().zip(row) {
                    let cell = self.scalar(cell, cx)?;
                    if !scalar::equals_strict(value, &cell)? {
                        same = false;
                        break;
                    }
                }
                if same {
                    return Ok(Value::Boolean(true));
                }
            }
            return Ok(Value::Boolean(false));
        }
        let rows = self.table(table, cx)?;
        if let ([value], Some(TCol::Ids { stored, ids, .. })) = (values.as_slice(), rows.cols.first())
            && !stored.dict().is_text()
        {
            return Ok(Value::Boolean(stored.dict().find(value).is_some_and(|id| ids.contains(&id))));
        }
        for row in 0..rows.n {
            let mut same = true;
            for (value, col) in values.iter().zip(&rows.cols) {
                if !scalar::equals_strict(value, &col.get(row))? {
                    same = false;
                    break;
                }
            }
            if same {
                return Ok(Value::Boolean(true));
            }
        }
        Ok(Value::Boolean(false))
    }

    /// Ids that the filters on a column itself let through, whether they occur or not.
    pub(crate) fn filtered_ids(&self, col: ColId, fc: &Fc) -> EvalResult<Vec<u32>> {
        use super::filter::Body;
        let dict = self.column(col)?.dict().clone();
        let mut out: Option<super::store::IdSet> = None;
        for filter in fc.filters.iter().filter(|f| f.has(col)) {
            let set = match &filter.body {
                Body::Set(set) => (**set).clone(),
                Body::Tuples(tuples) => {
                    let index = filter.cols.iter().position(|c| *c == col).expect("tested");
                    super::store::IdSet::from_ids(tuples.rows.iter().map(|r| r[index]))
                }
                Body::Rows { table, mask, rels, .. } => {
                    let config = self.config(rels);
                    let ids = self.row_ids(&config, *table, col)?;
                    super::store::IdSet::from_ids(mask.iter().chain(mask.has_blank().then_some(mask.rows)).map(|r| ids.at(r)))
                }
            };
            out = Some(match out {
                None => set,
                Some(have) => have.intersect(&set),
            });
        }
        Ok(match out {
            None => (0..=dict.len() as u32).collect(),
            Some(set) => set.iter().filter(|id| *id <= dict.len() as u32).collect(),
        })
    }

    /// A table expression that is a single value, without making the table.
    pub(crate) fn quick_single(&self, table: &N, cx: &Ctx) -> EvalResult<Option<Value>> {
        match &table.kind {
            Kind::Time { .. } => {
                let (col, set) = self.time_ids(table, cx)?;
                if set.len() <= 1 {
                    return Ok(Some(match set.iter().next() {
                        Some(id) => self.column(col)?.dict().value(id),
                        None => Value::Blank,
                    }));
                }
                Ok(None)
            }
            Kind::Values { columns, blank } if columns.len() == 1 => {
                let ids = self.visible_ids_in(columns[0], &cx.fc, *blank)?;
                match ids.as_slice() {
                    [] => Ok(Some(Value::Blank)),
                    [id] => Ok(Some(self.column(columns[0])?.dict().value(*id))),
                    _ => Ok(None),
                }
            }
            _ => Ok(None),
        }
    }
}

/// The order of sort keys: BLANK as 0 among numbers, first among texts.
pub(crate) fn sort_order(a: &Value, b: &Value) -> std::cmp::Ordering {
    match scalar::compare(a, b) {
        Ok(Some(std::cmp::Ordering::Equal)) => std::cmp::Ordering::Equal,
        Ok(Some(order)) => order,
        _ => scalar::order(a, b),
    }
}

/// The same, telling BLANK from the zero after which it would rank the same: it goes first.
pub(crate) fn full_order(a: &Value, b: &Value) -> std::cmp::Ordering {
    sort_order(a, b).then_with(|| b.is_blank().cmp(&a.is_blank()))
}

/// First rows of each distinct row.
pub(crate) fn distinct_rows(value: &TableVal) -> Vec<u32> {
    let mut out = Vec::new();
    if value.cols.iter().all(|c| c.lineage().is_some()) {
        let ids: Vec<Vec<u32>> = value.cols.iter().map(|c| c.ids(value.n).expect("model columns have ids")).collect();
        let mut seen: std::collections::HashSet<Box<[u32]>> = std::collections::HashSet::new();
        for row in 0..value.n {
            if seen.insert(ids.iter().map(|c| c[row]).collect()) {
                out.push(row as u32);
            }
        }
        return out;
    }
    let mut seen = std::collections::HashSet::new();
    for row in 0..value.n {
        if seen.insert(strict_row(value, row)) {
            out.push(row as u32);
        }
    }
    out
}

/// A cell as INTERSECT, EXCEPT and the natural joins compare it: without conversion, 1 and 1.0 differ.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StrictKey(u8, SetKey);

impl StrictKey {
    pub fn of(value: &Value) -> StrictKey {
        let family = match value {
            Value::Double(_) => 1,
            Value::Currency(_) => 2,
            Value::DateTime(_) => 3,
            _ => 0,
        };
        StrictKey(family, SetKey::of(value))
    }
}

fn strict_row(value: &TableVal, row: usize) -> Vec<StrictKey> {
    value.cols.iter().map(|c| StrictKey::of(&c.get(row))).collect()
}

/// Column positions that an expression reads from the row at a level.
fn columns_read(node: &N, level: usize, out: &mut Vec<usize>) {
    let mut text = Vec::new();
    collect(node, level, &mut text);
    out.extend(text);
}

fn collect(node: &N, level: usize, out: &mut Vec<usize>) {
    if let Kind::Col { level: l, index } = &node.kind
        && *l == level
    {
        out.push(*index);
    }
    if let Kind::Path { level: l, id_index, .. } = &node.kind
        && *l == level
    {
        out.push(*id_index);
    }
    if let Kind::Window(spec) = &node.kind {
        out.extend(spec.outer.iter().flatten().filter(|(l, _)| *l == level).map(|(_, i)| *i));
    }
    crate::dax::bind::children(node, &mut |child| collect(child, level, out));
}
