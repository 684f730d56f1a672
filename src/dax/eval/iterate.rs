//! Scalars that walk over tables: ranks, concatenation, look-ups, percentiles, paths, and the questions about filters.

use std::collections::HashMap;
use std::rc::Rc;

use super::filter::{Body, Origin};
use super::value::TableVal;
use super::{Ctx, Session, fail, in_rows};
use crate::base::Date;
use crate::dax::bind::bound::{CmpOp, Kind, N};
use crate::dax::catalog::{ColId, TableId};
use crate::dax::error::{EvalError, EvalResult};
use crate::dax::scalar;
use crate::table::Value;

impl Session<'_> {
    #[allow(clippy::too_many_lines)]
    pub(crate) fn scalar_rest(&self, node: &N, cx: &Ctx) -> EvalResult<Value> {
        let sx = &self.scalars;
        Ok(match &node.kind {
            Kind::Percentile { table, expr, k, exclusive, .. } => {
                let k = scalar::to_number_or_zero(sx, &self.scalar(k, cx)?)?;
                let rows = self.table(table, cx)?;
                let mut numbers = self.numbers(&rows, expr, cx)?;
                let result = if *exclusive { scalar::percentile_exc(&mut numbers, k)? } else { scalar::percentile_inc(&mut numbers, k)? };
                result.map_or(Value::Blank, Value::Double)
            }
            Kind::ConcatX { table, expr, delimiter, keys, .. } => {
                let rows = self.table(table, cx)?;
                if rows.n == 0 {
                    return Ok(Value::Blank);
                }
                let delimiter = match delimiter {
                    Some(d) => scalar::to_text(sx, &self.scalar(d, cx)?),
                    None => "".into(),
                };
                let values = self.map_rows(&rows, expr, cx, false)?;
                let order = if keys.is_empty() { (0..rows.n as u32).collect() } else { self.sorted(&rows, keys, cx)?.0 };
                let mut out = String::new();
                for (position, row) in order.iter().enumerate() {
                    if position > 0 {
                        out.push_str(&delimiter);
                    }
                    out.push_str(&scalar::to_text(sx, &values[*row as usize]));
                }
                self.reserve(out.len())?;
                self.release(out.len());
                Value::text(out)
            }
            Kind::RankX { table, expr, value, descending, dense, level } => {
                let wanted = self.scalar(value.as_ref().expect("the binder gives a value"), cx)?;
                let sorted = self.rank_values(table, expr, *level, cx)?;
                self.rank_of(&wanted, &sorted, *descending, *dense)?
            }
            Kind::Lookup { result, search, alternate } => self.lookup(*result, search, alternate.as_ref(), node, cx)?,
            Kind::ContainsTable { table, search } => {
                let wanted = search.iter().map(|(i, v)| Ok((*i, self.scalar(v, cx)?))).collect::<EvalResult<Vec<_>>>()?;
                let rows = self.table(table, cx)?;
                for row in 0..rows.n {
                    let mut same = true;
                    for (index, value) in &wanted {
                        if !super::compare(CmpOp::Equal, &rows.get(*index, row), value)? {
                            same = false;
                            break;
                        }
                    }
                    if same {
                        return Ok(Value::Boolean(true));
                    }
                }
                Value::Boolean(false)
            }
            Kind::Related { column, level, base } => {
                let frame = self.frame(cx, *level);
                let row = frame.table.bases.iter().find(|(t, _)| t == base).map(|(_, rows)| rows[frame.row.get()]);
                let Some(row) = row else { return Err(fail("D0325", "RELATED finds no row of its table here", node.at)) };
                let owner = self.catalog.table_of(*column);
                let config = self.config(&cx.fc.rels);
                let config = if config.reaches(*base, owner) { config } else { self.config(&self.default_rels) };
                let Some(map) = self.row_map(&config, *base, owner)? else {
                    return Err(fail("D0212", "RELATED finds no relationship to its column here", node.at));
                };
                self.column(*column)?.value(map.at(row as usize) as usize)
            }
            Kind::HasOneFilter(col) => {
                let filtered = cx.fc.filters.iter().any(|f| f.has(*col));
                Value::Boolean(filtered && self.filtered_ids(*col, &cx.fc.clear(&|c| c != *col))?.len() == 1)
            }
            Kind::IsFiltered(cols, table) => {
                let of_table = |c: ColId| table.is_some_and(|t| self.catalog.table_of(c) == t);
                Value::Boolean(cx.fc.filters.iter().any(|f| f.cols.iter().any(|c| cols.contains(c) || of_table(*c))))
            }
            Kind::IsCrossFiltered(_, table) => Value::Boolean(self.cross_filtered(*table, cx)),
            Kind::IsInScope(col) => {
                let scoped = cx.fc.filters.iter().any(|f| f.has(*col) && !matches!(f.origin, Origin::Explicit));
                Value::Boolean(scoped)
            }
            Kind::IsAfter { keys, or_on } => {
                for (a, b, descending) in keys {
                    let (a, b) = (self.scalar(a, cx)?, self.scalar(b, cx)?);
                    let order = scalar::compare(&a, &b)?.unwrap_or(std::cmp::Ordering::Equal);
                    let order = if *descending { order.reverse() } else { order };
                    match order {
                        std::cmp::Ordering::Greater => return Ok(Value::Boolean(true)),
                        std::cmp::Ordering::Less => return Ok(Value::Boolean(false)),
                        std::cmp::Ordering::Equal => {}
                    }
                }
                Value::Boolean(*or_on)
            }
            Kind::IsSubtotal(positions) => {
                let flags = cx.misc.subtotals.as_ref();
                Value::Boolean(positions.iter().any(|p| flags.is_some_and(|f| f[*p])))
            }
            Kind::FirstNonBlankValue { table, expr, last, .. } => {
                let rows = self.table(table, cx)?;
                let order = self.natural_order(&rows, 0);
                self.first_non_blank(&rows, &order, expr, *last, cx)?.map_or(Value::Blank, |(_, v)| v)
            }
            Kind::Window(spec) => self.window_scalar(spec, node, cx)?,
            Kind::Visual(spec) => self.visual_scalar(spec, node, cx)?,
            Kind::Xirr { table, values, dates, guess, alternate, .. } => {
                let guess = match guess {
                    Some(g) => scalar::to_double(sx, &self.scalar(g, cx)?)?.unwrap_or(0.1),
                    None => 0.1,
                };
                let flows = self.flows(table, values, dates, cx)?;
                match internal_rate(&flows, guess) {
                    Some(rate) => Value::Double(rate),
                    None => match alternate {
                        Some(a) => self.scalar(a, cx)?,
                        None => return Err(fail("D0326", "XIRR finds no rate for these flows", node.at)),
                    },
                }
            }
            Kind::Xnpv { table, values, dates, rate, .. } => {
                let rate = scalar::to_number_or_zero(sx, &self.scalar(rate, cx)?)?;
                let flows = self.flows(table, values, dates, cx)?;
                let Some((_, first)) = flows.first() else { return Ok(Value::Blank) };
                Value::Double(flows.iter().map(|(v, d)| v / (1.0 + rate).powf((d - first) / 365.0)).sum())
            }
            Kind::NetworkDays { start, end, weekend, holidays } => {
                self.network_days(start, end, weekend.as_ref(), holidays.as_ref(), node, cx)?
            }
            Kind::Path { id, parent, level, id_index } => {
                let frame = self.frame(cx, *level);
                let mut at = frame.table.get(*id_index, frame.row.get());
                let (ids, parents) = (self.column(*id)?, self.column(*parent)?);
                let mut row_of: HashMap<u32, usize> = HashMap::new();
                for row in 0..ids.rows() {
                    row_of.entry(ids.dict().ids.at(row)).or_insert(row);
                }
                let mut parts = Vec::new();
                while !at.is_blank() {
                    let row = ids.dict().find(&at).and_then(|i| row_of.get(&i).copied());
                    let Some(row) = row else {
                        let message =
                            format!("the value '{}' of the parent column does not exist in the id column", scalar::to_text(sx, &at));
                        return Err(fail("D0327", message, node.at));
                    };
                    parts.push(scalar::to_text(sx, &at).to_string());
                    if parts.len() > ids.rows() {
                        return Err(fail("D0327", "PATH finds a circle among the parents", node.at));
                    }
                    at = parents.value(row);
                }
                parts.reverse();
                if parts.is_empty() { Value::Blank } else { Value::text(parts.join("|")) }
            }
            Kind::ToText { table, json, args } => self.to_text_table(table, *json, args, cx)?,
            Kind::NameOf(name) => Value::text(name.clone()),
            _ => return Err(EvalError::unsupported("this expression is not available")),
        })
    }

    /// The non-blank numbers of an expression over rows.
    pub(crate) fn numbers(&self, rows: &Rc<TableVal>, expr: &N, cx: &Ctx) -> EvalResult<Vec<f64>> {
        let values = self.map_rows(rows, expr, cx, false)?;
        let mut out = Vec::with_capacity(values.len());
        for value in &values {
            if !value.is_blank() {
                out.push(scalar::to_number_or_zero(&self.scalars, value)?);
            }
        }
        Ok(out)
    }

    fn flows(&self, table: &N, values: &N, dates: &N, cx: &Ctx) -> EvalResult<Vec<(f64, f64)>> {
        let rows = self.table(table, cx)?;
        let (values, dates) = (self.map_rows(&rows, values, cx, false)?, self.map_rows(&rows, dates, cx, false)?);
        let mut out = Vec::new();
        for (value, date) in values.iter().zip(&dates) {
            out.push((scalar::to_number_or_zero(&self.scalars, value)?, scalar::to_number_or_zero(&self.scalars, date)?.floor()));
        }
        Ok(out)
    }

    fn network_days(&self, start: &N, end: &N, weekend: Option<&N>, holidays: Option<&N>, node: &N, cx: &Ctx) -> EvalResult<Value> {
        let sx = &self.scalars;
        let day = |n: &N| -> EvalResult<Option<i32>> { Ok(scalar::to_date_time(sx, &self.scalar(n, cx)?)?.map(|d| d.floor() as i32)) };
        let (Some(a), Some(b)) = (day(start)?, day(end)?) else { return Ok(Value::Blank) };
        let code = match weekend {
            Some(w) => scalar::whole(sx, &self.scalar(w, cx)?)?,
            None => 1,
        };
        // Days off as bits, Sunday first.
        let off: u8 = match code {
            0 | 1 => 0b100_0001,
            2..=7 => {
                let first = (code - 2) as u32;
                (1 << first) | (1 << ((first + 1) % 7))
            }
            11..=17 => 1 << (code - 11),
            _ => return Err(fail("D0318", "the weekend of NETWORKDAYS must be 1 to 7 or 11 to 17", node.at)),
        };
        let mut free = std::collections::HashSet::new();
        if let Some(table) = holidays {
            let rows = self.table(table, cx)?;
            for row in 0..rows.n {
                if let Some(d) = scalar::to_date_time(sx, &rows.get(0, row))? {
                    free.insert(d.floor() as i32);
                }
            }
        }
        let (low, high) = (a.min(b), a.max(b));
        let count = (low..=high).filter(|d| off & (1 << Date(*d).weekday()) == 0 && !free.contains(d)).count() as i64;
        Ok(Value::Int64(if a <= b { count } else { -count }))
    }

    /// The values that RANKX compares with, ascending. Where they do not depend on the row around, they are found once.
    pub(crate) fn rank_values(&self, table: &N, expr: &N, level: usize, cx: &Ctx) -> EvalResult<Rc<Vec<Value>>> {
        let fixed = !table.deps.filter && table.deps.frames == 0 && table.deps.vars.is_empty() && !table.deps.transition;
        let replaced = matches!(expr.kind, Kind::Measure(_) | Kind::Calculate(..))
            && expr.deps.vars.is_empty()
            && expr.deps.frames & !(1 << level.min(63)) == 0;
        let mut key = None;
        if fixed
            && replaced
            && let Some(schema) = &table.schema
        {
            // The row of the table replaces these columns, so the filters on them do not matter.
            let outer = self.transition(cx)?;
            let mut columns: Vec<ColId> = schema.columns.iter().filter_map(|c| c.lineage).collect();
            for base in &schema.bases {
                columns.extend(self.expanded_columns(&outer.fc, *base));
            }
            let dates = self.date_tables(columns.iter().copied());
            let rest = outer.fc.clear(&|c| columns.contains(&c) || dates.contains(&self.catalog.table_of(c)));
            key = Some((std::sync::Arc::as_ptr(expr) as usize, rest.hash));
        }
        if let Some(known) = key.and_then(|k| self.ranks.borrow().get(&k).cloned()) {
            return Ok(known);
        }
        let rows = self.table(table, cx)?;
        let mut values = self.map_rows(&rows, expr, cx, false)?;
        values.sort_by(super::table::sort_order);
        let values = Rc::new(values);
        if let Some(key) = key {
            self.keep_alive.borrow_mut().push(expr.clone());
            self.ranks.borrow_mut().insert(key, values.clone());
        }
        Ok(values)
    }

    pub(crate) fn rank_of(&self, wanted: &Value, sorted: &[Value], descending: bool, dense: bool) -> EvalResult<Value> {
        let order = |v: &Value| super::table::sort_order(v, wanted);
        let below = sorted.partition_point(|v| order(v).is_lt());
        let upto = sorted.partition_point(|v| order(v).is_le());
        let better = if descending { &sorted[upto..] } else { &sorted[..below] };
        let rank = if dense {
            let mut distinct = 0;
            for (i, value) in better.iter().enumerate() {
                if i == 0 || super::table::sort_order(value, &better[i - 1]).is_ne() {
                    distinct += 1;
                }
            }
            distinct + 1
        } else {
            better.len() + 1
        };
        Ok(Value::Int64(rank as i64))
    }

    fn lookup(&self, result: ColId, search: &[(ColId, N)], alternate: Option<&N>, node: &N, cx: &Ctx) -> EvalResult<Value> {
        let table = self.catalog.table_of(result);
        let all = cx.fc.with(Vec::new());
        let mut mask = (*self.mask(table, &all)?).clone();
        let config = self.config(&cx.fc.rels);
        for (col, value) in search {
            let value = self.scalar(value, cx)?;
            let stored = self.column(*col)?;
            let dict = stored.dict();
            if !dict.is_empty() {
                // Mixed types are an error as in `=`.
                super::compare(CmpOp::Equal, &dict.value(1), &value)?;
            }
            let owner = self.catalog.table_of(*col);
            let ids = if owner == table || config.reaches(table, owner) {
                self.row_ids(&config, table, *col)?
            } else {
                return Err(fail("D0328", "a search column of LOOKUPVALUE does not belong to the table of the result", node.at));
            };
            let pass: Vec<bool> = match dict.find(&value) {
                Some(id) => (0..=dict.len() as u32).map(|i| i == id).collect(),
                None => {
                    let mut pass = Vec::with_capacity(dict.len() + 1);
                    for id in 0..=dict.len() as u32 {
                        pass.push(dict.is_text() && super::compare(CmpOp::Equal, &dict.value(id), &value)?);
                    }
                    pass
                }
            };
            mask.and(&super::store::Mask::from_fn(mask.rows, |r| r < mask.rows && pass[ids.at(r) as usize]));
        }
        let stored = self.column(result)?;
        let mut found: Option<u32> = None;
        for row in mask.iter() {
            let id = stored.dict().ids.at(row);
            match found {
                None => found = Some(id),
                Some(have) if have != id => {
                    return match alternate {
                        Some(a) => self.scalar(a, cx),
                        None => Err(fail("D0329", "a table of multiple values was supplied where a single value was expected", node.at)),
                    };
                }
                Some(_) => {}
            }
        }
        match found {
            Some(id) => Ok(stored.dict().value(id)),
            None => alternate.map_or(Ok(Value::Blank), |a| self.scalar(a, cx)),
        }
    }

    /// Whether any filter reaches a table.
    fn cross_filtered(&self, table: TableId, cx: &Ctx) -> bool {
        let config = self.config(&cx.fc.rels);
        cx.fc.filters.iter().any(|filter| {
            let direct = filter.cols.iter().any(|c| config.reaches(table, self.catalog.table_of(*c)));
            if direct {
                return true;
            }
            let through_rows = match &filter.body {
                Body::Rows { table: base, .. } => config.reaches(*base, table),
                _ => false,
            };
            through_rows || filter.cols.iter().any(|c| self.travels(self.catalog.table_of(*c), table, cx))
        })
    }

    /// Whether a filter on one table reaches another along the relationships in force.
    fn travels(&self, from: TableId, to: TableId, cx: &Ctx) -> bool {
        let mut seen = vec![from];
        let mut i = 0;
        while i < seen.len() {
            let at = seen[i];
            i += 1;
            if at == to {
                return true;
            }
            for (index, rel) in self.catalog.rels.iter().enumerate() {
                let state = cx.fc.rels[index];
                if !state.on {
                    continue;
                }
                let (many, one) = (self.catalog.table_of(rel.from), self.catalog.table_of(rel.to));
                let down = one == at && !state.reverse;
                let up = many == at && (state.both || state.reverse || rel.one_to_one);
                for next in [(down, many), (up, one)] {
                    if next.0 && !seen.contains(&next.1) {
                        seen.push(next.1);
                    }
                }
            }
        }
        false
    }

    /// The first (or last) row in an order where an expression is not blank.
    pub(crate) fn first_non_blank(
        &self,
        rows: &Rc<TableVal>,
        order: &[u32],
        expr: &N,
        last: bool,
        cx: &Ctx,
    ) -> EvalResult<Option<(u32, Value)>> {
        let ordered: Vec<u32> = if last { order.iter().rev().copied().collect() } else { order.to_vec() };
        let (inner, frame) = self.enter(cx, rows, false);
        for row in ordered {
            frame.row.set(row as usize);
            let value = self.scalar(expr, &inner).map_err(in_rows)?;
            if !value.is_blank() {
                return Ok(Some((row, value)));
            }
        }
        Ok(None)
    }

    fn to_text_table(&self, table: &N, json: bool, args: &[N], cx: &Ctx) -> EvalResult<Value> {
        let sx = &self.scalars;
        let rows = self.table(table, cx)?;
        let schema = table.schema.as_ref().expect("a table");
        let limit = match args.first() {
            Some(n) => match self.scalar(n, cx)? {
                Value::Blank => 10,
                v => scalar::whole(sx, &v)?,
            },
            None => 10,
        };
        let n = if limit < 0 { rows.n } else { rows.n.min(limit as usize) };
        let names: Vec<String> = schema
            .columns
            .iter()
            .map(|c| match &c.table {
                Some(t) => format!("'{t}'[{}]", c.name),
                None => format!("[{}]", c.name),
            })
            .collect();
        if json {
            let cell = |v: Value| match v {
                Value::Blank => serde_json::Value::Null,
                Value::Int64(v) => v.into(),
                Value::Double(v) => v.into(),
                Value::Currency(v) => v.to_f64().into(),
                Value::Boolean(b) => b.into(),
                other => scalar::to_text(sx, &other).to_string().into(),
            };
            let data: Vec<serde_json::Value> = (0..n).map(|r| rows.row(r).into_iter().map(cell).collect()).collect();
            let out = serde_json::json!({"header": names, "rowCount": rows.n, "data": data});
            return Ok(Value::text(out.to_string()));
        }
        let delimiter = match args.get(1).map(|d| self.scalar(d, cx)).transpose()? {
            None | Some(Value::Blank) => ",".into(),
            Some(v) => scalar::to_text(sx, &v),
        };
        let header = match args.get(2).map(|d| self.scalar(d, cx)).transpose()? {
            None | Some(Value::Blank) => true,
            Some(v) => scalar::to_bool(sx, &v)?,
        };
        let quote = |text: &str| {
            if text.contains([',', '"', '\n', '\r']) || text.contains(&*delimiter) {
                format!("\"{}\"", text.replace('"', "\"\""))
            } else {
                text.to_owned()
            }
        };
        let mut lines = Vec::new();
        if header {
            lines.push(names.join(&delimiter));
        }
        for row in 0..n {
            let cells: Vec<String> = rows.row(row).iter().map(|v| quote(&scalar::to_text(sx, v))).collect();
            lines.push(cells.join(&delimiter));
        }
        Ok(Value::text(lines.join("\n") + "\n"))
    }

    /// LINEST and LINESTX.
    pub(crate) fn linest(&self, node: &N, cx: &Ctx) -> EvalResult<TableVal> {
        let Kind::Linest { table, y, xs, constant, .. } = &node.kind else { unreachable!("only called for LINEST") };
        let rows = self.table(table, cx)?;
        let zeros = |expr: &N| -> EvalResult<Vec<f64>> {
            self.map_rows(&rows, expr, cx, false)?.iter().map(|v| scalar::to_number_or_zero(&self.scalars, v)).collect()
        };
        let ys = zeros(y)?;
        let columns = xs.iter().map(zeros).collect::<EvalResult<Vec<_>>>()?;
        let constant = match constant {
            Some(c) => scalar::to_bool(&self.scalars, &self.scalar(c, cx)?)?,
            None => true,
        };
        let fit = scalar::linear_fit(&ys, &columns, constant)?;
        let mut cells: Vec<f64> = fit.slopes.clone();
        cells.push(fit.intercept);
        cells.extend(&fit.slope_errors);
        cells.extend([
            fit.intercept_error.unwrap_or(f64::NAN),
            fit.determination,
            fit.standard_error,
            fit.f_statistic,
            fit.degrees_of_freedom,
            fit.regression_squares,
            fit.residual_squares,
        ]);
        Ok(TableVal::plain(1, cells.into_iter().map(|v| vec![Value::Double(v)]).collect()))
    }
}

/// The rate at which dated flows have no value, by Newton's method and bisection.
fn internal_rate(flows: &[(f64, f64)], guess: f64) -> Option<f64> {
    let first = flows.first()?.1;
    if !flows.iter().any(|(v, _)| *v > 0.0) || !flows.iter().any(|(v, _)| *v < 0.0) {
        return None;
    }
    let value = |rate: f64| flows.iter().map(|(v, d)| v / (1.0 + rate).powf((d - first) / 365.0)).sum::<f64>();
    let slope =
        |rate: f64| flows.iter().map(|(v, d)| -((d - first) / 365.0) * v / (1.0 + rate).powf((d - first) / 365.0 + 1.0)).sum::<f64>();
    let mut rate = guess;
    for _ in 0..100 {
        let (f, df) = (value(rate), slope(rate));
        if !f.is_finite() || df == 0.0 {
            break;
        }
        let next = rate - f / df;
        if next <= -1.0 || !next.is_finite() {
            break;
        }
        if (next - rate).abs() < 1e-14 * (1.0 + next.abs()) {
            return Some(next);
        }
        rate = next;
    }
    let (mut low, mut high) = (-0.999_999_9, 10.0);
    while value(low) * value(high) > 0.0 {
        high *= 10.0;
        if high > 1e9 {
            return None;
        }
    }
    for _ in 0..300 {
        let mid = f64::midpoint(low, high);
        if value(low) * value(mid) <= 0.0 { high = mid } else { low = mid }
    }
    Some(f64::midpoint(low, high))
}
