//! Aggregation over the rows of a table: typed loops over stored columns, accumulators over values otherwise.

use std::collections::HashSet;
use std::rc::Rc;

use super::pass::{Places, RowExpr, for_rows, run, sum_whole};
use super::store::Mask;
use super::value::Key;
use super::{Ctx, Session, in_rows};
use crate::base::Currency;
use crate::dax::bind::bound::{AggKind, Kind, N};
use crate::dax::catalog::TableId;
use crate::dax::error::{EvalError, EvalResult};
use crate::dax::scalar;
use crate::table::{Column, ColumnData, DataType, Value};

/// A sum of doubles that keeps what rounding drops (Neumaier).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Exact {
    sum: f64,
    rest: f64,
}

impl Exact {
    /// Adds a number.
    #[inline]
    pub fn add(&mut self, x: f64) {
        let t = self.sum + x;
        self.rest += if self.sum.abs() >= x.abs() { (self.sum - t) + x } else { (x - t) + self.sum };
        self.sum = t;
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: Exact) {
        self.add(other.sum);
        self.rest += other.rest;
    }

    /// The sum.
    pub fn value(self) -> f64 {
        if self.sum.is_finite() { self.sum + self.rest } else { self.sum }
    }
}

/// What an aggregation has seen so far.
#[derive(Debug)]
pub(crate) struct Accumulator {
    kind: AggKind,
    count: u64,
    int: i64,
    double: Exact,
    currency: bool,
    is_double: bool,
    date: bool,
    best: Value,
    numbers: Vec<f64>,
    distinct: HashSet<Key>,
    product: f64,
    variant: bool,
}

impl Accumulator {
    pub fn new(kind: AggKind, variant: bool) -> Accumulator {
        Accumulator {
            kind,
            count: 0,
            int: 0,
            double: Exact::default(),
            currency: false,
            is_double: false,
            date: false,
            best: Value::Blank,
            numbers: Vec::new(),
            distinct: HashSet::new(),
            product: 1.0,
            variant,
        }
    }

    fn number(value: &Value) -> Option<f64> {
        Some(match value {
            Value::Int64(v) => *v as f64,
            Value::Double(v) | Value::DateTime(v) => *v,
            Value::Currency(v) => v.to_f64(),
            Value::Boolean(b) => f64::from(u8::from(*b)),
            _ => return None,
        })
    }

    pub fn push(&mut self, value: &Value, sx: &crate::dax::functions::ScalarContext) -> EvalResult<()> {
        use AggKind as A;
        match self.kind {
            A::CountRows => self.count += 1,
            A::Count => self.count += u64::from(!matches!(value, Value::Blank | Value::Boolean(_)) || matches!(value, Value::Boolean(_))),
            A::CountA => self.count += u64::from(!value.is_blank()),
            A::CountBlank => self.count += u64::from(value.is_blank() || matches!(value, Value::String(s) if s.is_empty())),
            A::DistinctCount => {
                self.distinct.insert(Key::of(value));
            }
            A::DistinctCountNoBlank => {
                if !value.is_blank() {
                    self.distinct.insert(Key::of(value));
                }
            }
            A::Sum | A::Average | A::AverageA => self.add(value, sx)?,
            A::Min | A::Max => {
                if value.is_blank() && !self.variant {
                    return Ok(());
                }
                self.pick(value, self.kind == A::Max)?;
            }
            A::MinA | A::MaxA => {
                let value = match value {
                    Value::Blank => return Ok(()),
                    Value::Boolean(b) => Value::Int64(i64::from(*b)),
                    Value::String(_) => Value::Int64(0),
                    other => other.clone(),
                };
                self.pick(&value, self.kind == A::MaxA)?;
            }
            A::Product | A::GeoMean | A::Median | A::StdevS | A::StdevP | A::VarS | A::VarP => {
                if value.is_blank() {
                    return Ok(());
                }
                let number = match Self::number(value) {
                    Some(n) => n,
                    None => scalar::to_number_or_zero(sx, value)?,
                };
                self.count += 1;
                match self.kind {
                    A::Product => {
                        self.is_double |= !matches!(value, Value::Int64(_));
                        self.product *= number;
                    }
                    _ => self.numbers.push(number),
                }
            }
        }
        Ok(())
    }

    fn pick(&mut self, value: &Value, max: bool) -> EvalResult<()> {
        if self.count == 0 {
            self.best = value.clone();
        } else {
            let order = if self.variant { Some(scalar::order(value, &self.best)) } else { scalar::compare(value, &self.best)? };
            if matches!((order, max), (Some(std::cmp::Ordering::Greater), true) | (Some(std::cmp::Ordering::Less), false)) {
                self.best = value.clone();
            }
        }
        self.count += 1;
        Ok(())
    }

    fn add(&mut self, value: &Value, sx: &crate::dax::functions::ScalarContext) -> EvalResult<()> {
        match value {
            Value::Blank => return Ok(()),
            Value::Int64(v) => {
                self.int = self.int.wrapping_add(if self.currency { v.wrapping_mul(Currency::SCALE) } else { *v });
                self.double.add(*v as f64);
            }
            Value::Currency(v) => {
                if !self.currency {
                    self.currency = true;
                    self.int = self.int.wrapping_mul(Currency::SCALE);
                }
                self.int = self.int.wrapping_add(v.0);
                self.double.add(v.to_f64());
            }
            Value::Double(v) => {
                self.is_double = true;
                self.double.add(*v);
            }
            Value::DateTime(v) => {
                self.date = true;
                self.double.add(*v);
            }
            Value::Boolean(b) if self.kind != AggKind::Average => {
                self.int = self.int.wrapping_add(i64::from(*b));
                self.double.add(f64::from(u8::from(*b)));
            }
            Value::String(_) if self.kind == AggKind::AverageA => {}
            other => {
                if let Value::String(_) = other {
                    let number = scalar::to_number(sx, other)?;
                    self.count += 1;
                    self.is_double = true;
                    self.double.add(Self::number(&number).unwrap_or(0.0));
                    return Ok(());
                }
                return Err(EvalError::new("D0313", "only numbers and dates can be added"));
            }
        }
        self.count += 1;
        Ok(())
    }

    pub fn finish(mut self) -> EvalResult<Value> {
        use AggKind as A;
        let count = |n: u64| if n == 0 { Value::Blank } else { Value::Int64(n as i64) };
        if matches!(self.kind, A::CountRows | A::Count | A::CountA | A::CountBlank) {
            return Ok(count(self.count));
        }
        if matches!(self.kind, A::DistinctCount | A::DistinctCountNoBlank) {
            return Ok(count(self.distinct.len() as u64));
        }
        if self.count == 0 && !matches!(self.kind, A::StdevS | A::StdevP | A::VarS | A::VarP) {
            return Ok(Value::Blank);
        }
        Ok(match self.kind {
            A::Sum => {
                if self.is_double {
                    Value::Double(self.double.value())
                } else if self.date {
                    Value::DateTime(self.double.value())
                } else if self.currency {
                    Value::Currency(Currency(self.int))
                } else {
                    Value::Int64(self.int)
                }
            }
            A::Average | A::AverageA => {
                let mean = self.double.value() / self.count as f64;
                if self.currency && !self.is_double {
                    let exact = self.int as f64 / self.count as f64 / 10_000.0;
                    Currency::from_f64(exact).map_or(Value::Double(exact), Value::Currency)
                } else if self.date && !self.is_double {
                    Value::DateTime(mean)
                } else {
                    Value::Double(mean)
                }
            }
            A::Min | A::Max | A::MinA | A::MaxA => self.best,
            A::Product => {
                if self.is_double || self.product.abs() > 9e15 {
                    Value::Double(self.product)
                } else {
                    Value::Int64(self.product as i64)
                }
            }
            A::GeoMean => scalar::geometric_mean(&self.numbers)?.map_or(Value::Blank, Value::Double),
            A::Median => scalar::median(&mut self.numbers).map_or(Value::Blank, Value::Double),
            A::StdevS | A::StdevP | A::VarS | A::VarP => {
                let sample = matches!(self.kind, A::StdevS | A::VarS);
                match scalar::variance(&self.numbers, sample) {
                    None if sample && self.numbers.len() == 1 => {
                        return Err(EvalError::new("D0331", "a sample of one value has no variance"));
                    }
                    None => Value::Blank,
                    Some(v) => Value::Double(if matches!(self.kind, A::StdevS | A::StdevP) { v.sqrt() } else { v }),
                }
            }
            _ => Value::Blank,
        })
    }
}

/// Joins the sums of two tasks.
fn merge_sums(a: &mut (Exact, u64), b: &(Exact, u64)) {
    a.0.merge(b.0);
    a.1 += b.1;
}

/// The sum of a row expression over some rows.
fn sum_expr(expr: &RowExpr, ty: DataType, mask: &Mask) -> Value {
    if mask.count == 0 {
        return Value::Blank;
    }
    match expr {
        RowExpr::Whole(expr) => {
            let add = |cells: &mut [i64], _: &[u32], rows: &[u32]| {
                let mut values = Vec::with_capacity(rows.len());
                expr.values(rows, &mut values);
                cells[0] = values.iter().fold(cells[0], |s, v| s.wrapping_add(*v));
            };
            let sum = run(mask, None, &Places::one(), 1, &0, add, |a, b| *a = a.wrapping_add(*b))[0];
            if ty == DataType::Currency { Value::Currency(Currency(sum)) } else { Value::Int64(sum) }
        }
        RowExpr::Real(expr) => {
            let add = |cells: &mut [(Exact, u64)], _: &[u32], rows: &[u32]| {
                let mut values = Vec::with_capacity(rows.len());
                expr.values(rows, &mut values);
                values.iter().for_each(|v| cells[0].0.add(*v));
            };
            Value::Double(run(mask, None, &Places::one(), 1, &(Exact::default(), 0), add, merge_sums)[0].0.value())
        }
    }
}

impl Session<'_> {
    /// Number of rows of a table expression.
    pub(crate) fn count_rows(&self, table: &N, cx: &Ctx) -> EvalResult<usize> {
        if let Some((_, mask)) = self.scan(table, cx)? {
            return Ok(mask.count);
        }
        if let Kind::Values { columns, blank } = &table.kind
            && let [col] = columns.as_slice()
        {
            return Ok(self.visible_ids_in(*col, &cx.fc, *blank)?.len());
        }
        Ok(self.table(table, cx)?.n)
    }

    /// SUM, MAXX, COUNTROWS and their kin.
    pub(crate) fn aggregate(&self, node: &N, cx: &Ctx) -> EvalResult<Value> {
        let Kind::Agg { kind, table, expr, level, variant } = &node.kind else { unreachable!("only called for aggregations") };
        let Some(expr) = expr else {
            let n = self.count_rows(table, cx)?;
            return Ok(if n == 0 { Value::Blank } else { Value::Int64(n as i64) });
        };
        if !variant
            && let Some((base, mask)) = self.scan(table, cx)?
            && let Some(value) = self.aggregate_scan(*kind, base, &mask, expr, *level, cx)?
        {
            return self.unified(value, node.ty);
        }
        let keep = matches!(table.kind, Kind::KeepFilters(_));
        let mut acc = Accumulator::new(*kind, *variant);
        // Cells of some rows of a variable: without a table of those rows.
        if let Kind::FilterRows { table: whole, predicate, level: inner } = &table.kind
            && matches!(whole.kind, Kind::Var(_))
            && let Kind::Col { level: l, index } = &expr.kind
            && l == level
        {
            let whole = self.table(whole, cx)?;
            if let Some(rows) = self.narrowed(&whole, predicate, *inner, cx)? {
                for row in rows {
                    acc.push(&whole.get(*index, row as usize), &self.scalars)?;
                }
                return self.unified(acc.finish()?, node.ty);
            }
        }
        let rows = self.table(table, cx)?;
        if let Some(values) = self.batch_rows(&rows, expr, cx, keep)? {
            for value in &values {
                acc.push(value, &self.scalars)?;
            }
            return self.unified(acc.finish()?, node.ty);
        }
        let (inner, frame) = self.enter(cx, &rows, keep);
        for row in 0..rows.n {
            frame.row.set(row);
            let value = self.scalar(expr, &inner).map_err(in_rows)?;
            acc.push(&value, &self.scalars)?;
        }
        self.unified(acc.finish()?, node.ty)
    }

    fn aggregate_scan(&self, kind: AggKind, base: TableId, mask: &Rc<Mask>, expr: &N, level: usize, cx: &Ctx) -> EvalResult<Option<Value>> {
        if let Kind::Col { level: l, index } = &expr.kind
            && *l == level
        {
            let col = self.catalog.tables[base as usize].columns[*index];
            let stored = self.column(col)?;
            if matches!(kind, AggKind::DistinctCount | AggKind::DistinctCountNoBlank) {
                let dict = stored.dict();
                let mut seen = vec![false; dict.len() + 1];
                super::codes::with_codes!(&dict.ids, v => for_rows(mask, |r| seen[v[r] as usize] = true));
                if kind == AggKind::DistinctCountNoBlank {
                    seen[0] = false;
                }
                let n = seen.iter().filter(|s| **s).count();
                return Ok(Some(if n == 0 { Value::Blank } else { Value::Int64(n as i64) }));
            }
            if matches!(kind, AggKind::Min | AggKind::Max)
                && matches!(stored.column.data, ColumnData::String { .. } | ColumnData::Boolean(_))
            {
                let dict = stored.dict();
                let ids = mask.iter().map(|r| dict.ids.at(r)).filter(|id| *id != 0);
                let best = if kind == AggKind::Min { ids.min() } else { ids.max() };
                return Ok(Some(best.map_or(Value::Blank, |id| dict.value(id))));
            }
            return self.aggregate_column(kind, &stored.column, mask).map(Some);
        }
        if kind == AggKind::Sum
            && let Some((row, ty)) = self.row_expr(base, expr, level, cx)?
        {
            return Ok(Some(sum_expr(&row, ty, mask)));
        }
        match self.vector(base, expr, level, cx)? {
            Some(column) => self.aggregate_column(kind, &column, mask).map(Some),
            None => Ok(None),
        }
    }

    /// Aggregates the cells of some rows.
    pub(crate) fn aggregate_column(&self, kind: AggKind, column: &Column, mask: &Mask) -> EvalResult<Value> {
        let blanks = column.blanks.as_deref();
        let present = |r: &usize| blanks.is_none_or(|b| !b[*r]);
        let count = || mask.iter().filter(present).count() as i64;
        match (kind, &column.data) {
            (AggKind::Count | AggKind::CountA, _) => {
                let n = if blanks.is_none() { mask.count as i64 } else { count() };
                return Ok(if n == 0 { Value::Blank } else { Value::Int64(n) });
            }
            (AggKind::Sum, ColumnData::Int64(v) | ColumnData::Currency(v)) => {
                let (sum, n) = sum_whole(v, blanks, mask);
                return Ok(match column.data {
                    _ if n == 0 => Value::Blank,
                    ColumnData::Int64(_) => Value::Int64(sum),
                    _ => Value::Currency(Currency(sum)),
                });
            }
            (AggKind::Sum, ColumnData::Double(v)) => {
                let add = |cells: &mut [(Exact, u64)], _: &[u32], rows: &[u32]| {
                    rows.iter().for_each(|r| cells[0].0.add(v[*r as usize]));
                    cells[0].1 += rows.len() as u64;
                };
                let (sum, n) = run(mask, blanks, &Places::one(), 1, &(Exact::default(), 0), add, merge_sums)[0];
                return Ok(if n > 0 { Value::Double(sum.value()) } else { Value::Blank });
            }
            (AggKind::Min | AggKind::Max, ColumnData::Int64(v) | ColumnData::Currency(v)) => {
                let values = mask.iter().filter(present).map(|r| v[r]);
                let best = if kind == AggKind::Min { values.min() } else { values.max() };
                let wrap = |x| if matches!(column.data, ColumnData::Int64(_)) { Value::Int64(x) } else { Value::Currency(Currency(x)) };
                return Ok(best.map_or(Value::Blank, wrap));
            }
            (AggKind::Min | AggKind::Max, ColumnData::Double(v) | ColumnData::DateTime(v)) => {
                let mut best: Option<f64> = None;
                for r in mask.iter().filter(present) {
                    let x = v[r];
                    let better = match best {
                        None => true,
                        Some(b) if b.is_nan() => !x.is_nan(),
                        Some(b) => {
                            if kind == AggKind::Min {
                                x < b
                            } else {
                                x > b
                            }
                        }
                    };
                    if better {
                        best = Some(x);
                    }
                }
                let wrap = |x| if matches!(column.data, ColumnData::Double(_)) { Value::Double(x) } else { Value::DateTime(x) };
                return Ok(best.map_or(Value::Blank, wrap));
            }
            _ => {}
        }
        let mut acc = Accumulator::new(kind, false);
        for r in mask.iter() {
            acc.push(&column.get(r), &self.scalars)?;
        }
        acc.finish()
    }
}
