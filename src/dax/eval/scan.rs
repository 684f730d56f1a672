//! Tables that are a model table with some rows left out, found without making them; predicates over dictionaries.

use std::rc::Rc;

use super::store::{Dict, IdSet, Mask, Vector};
use super::value::{TCol, TableVal};
use super::{Ctx, Session, arith_typed, compare};
use crate::base::Currency;
use crate::dax::bind::bound::{ArithOp, CmpOp, Kind, N, Ty};
use crate::dax::catalog::{ColId, TableId};
use crate::dax::error::EvalResult;
use crate::table::{Column, ColumnBuilder, ColumnData, DataType, Value};

impl Session<'_> {
    /// A table expression as rows of one model table (never its blank row), where it is nothing more.
    pub(crate) fn scan(&self, node: &N, cx: &Ctx) -> EvalResult<Option<(TableId, Rc<Mask>)>> {
        if self.one_by_one {
            return Ok(None);
        }
        match &node.kind {
            Kind::Table { table, blank } => {
                let mask = self.mask(*table, &cx.fc)?;
                if *blank && mask.has_blank() && self.has_blank_row(*table)? {
                    return Ok(None);
                }
                Ok(Some((*table, mask)))
            }
            Kind::AllTable { table, blank } => {
                if *blank && self.has_blank_row(*table)? {
                    return Ok(None);
                }
                let all = cx.fc.with(Vec::new());
                Ok(Some((*table, self.mask(*table, &all)?)))
            }
            Kind::FilterRows { table, predicate, level } => {
                let Some((base, mask)) = self.scan(table, cx)? else { return Ok(None) };
                let Some(passed) = self.predicate_mask(base, predicate, *level, cx)? else { return Ok(None) };
                let mut both = (*mask).clone();
                both.and(&passed);
                Ok(Some((base, Rc::new(both))))
            }
            Kind::Calculate(body, filters) => {
                let inner = self.calculate_context(filters, cx)?;
                self.scan(body, &inner)
            }
            Kind::Let(vars, body) => self.scan(body, &self.bind_vars(vars, cx)),
            Kind::KeepFilters(inner) => self.scan(inner, cx),
            _ => Ok(None),
        }
    }

    /// A context with an empty row context at the next level, for expressions that do not read it.
    pub(crate) fn dummy(&self, cx: &Ctx) -> Ctx {
        self.enter(cx, &Rc::new(TableVal::default()), false).0
    }

    /// Whether an expression follows relationships that are not those of the model: the vectors kept here are for the model's own.
    fn leaves_default_paths(&self, node: &N, cx: &Ctx) -> bool {
        fn related(node: &N) -> bool {
            let mut found = matches!(node.kind, Kind::Related { .. });
            if !found {
                crate::dax::bind::children(node, &mut |child| found = found || related(child));
            }
            found
        }
        !Rc::ptr_eq(&cx.fc.rels, &self.default_rels) && *cx.fc.rels != *self.default_rels && related(node)
    }

    /// Rows of a model table that pass a predicate over their columns; `None` when it has to be evaluated row by row.
    pub(crate) fn predicate_mask(&self, table: TableId, predicate: &N, level: usize, cx: &Ctx) -> EvalResult<Option<Rc<Mask>>> {
        if predicate.deps.transition || predicate.deps.other || self.leaves_default_paths(predicate, cx) {
            return Ok(None);
        }
        let pure = !predicate.deps.filter && predicate.deps.vars.is_empty() && predicate.deps.frames & !(1 << level.min(63)) == 0;
        let key = (std::sync::Arc::as_ptr(predicate) as usize, table);
        if pure && let Some(known) = self.predicate_masks.borrow().get(&key) {
            return Ok(known.clone());
        }
        // An error here may come from rows that are not visible: leave it to the slow way.
        let result = self.predicate_mask_inner(table, predicate, level, cx).unwrap_or(None);
        if pure {
            self.keep_alive.borrow_mut().push(predicate.clone());
            self.predicate_masks.borrow_mut().insert(key, result.clone());
        }
        Ok(result)
    }

    fn predicate_mask_inner(&self, table: TableId, node: &N, level: usize, cx: &Ctx) -> EvalResult<Option<Rc<Mask>>> {
        let rows = self.rows(table)?;
        match &node.kind {
            Kind::And(items) | Kind::Or(items) => {
                let mut out: Option<Mask> = None;
                for item in items {
                    let Some(mask) = self.predicate_mask_inner(table, item, level, cx)? else { return Ok(None) };
                    match &mut out {
                        None => out = Some((*mask).clone()),
                        Some(out) if matches!(node.kind, Kind::And(_)) => out.and(&mask),
                        Some(out) => *out = Mask::from_fn(rows, |r| out.has(r) || mask.has(r)),
                    }
                }
                return Ok(out.map(Rc::new));
            }
            Kind::Not(inner) => {
                let Some(mask) = self.predicate_mask_inner(table, inner, level, cx)? else { return Ok(None) };
                return Ok(Some(Rc::new(Mask::from_fn(rows, |r| !mask.has(r)))));
            }
            _ => {}
        }
        if !node.deps.reads_row(level) {
            let value = self.scalar(node, &self.dummy(cx))?;
            let pass = crate::dax::scalar::to_bool(&self.scalars, &value)?;
            return Ok(Some(Rc::new(if pass { Mask::all(rows) } else { Mask::none(rows) })));
        }
        let mut columns = Vec::new();
        if !row_columns(node, level, &mut columns) {
            return Ok(None);
        }
        let [only] = columns.as_slice() else { return self.compare_vectors(table, node, level, cx) };
        let (col, related) = match only {
            RowColumn::Own(index) => (self.catalog.tables[table as usize].columns[*index], false),
            RowColumn::Related(col) => (*col, true),
        };
        if !related && let Some(mask) = self.compare_amounts(col, node, level, cx)? {
            return Ok(Some(Rc::new(mask)));
        }
        let dict = self.column(col)?.dict().clone();
        let set = match self.ids_of_predicate(&dict, node, level, cx)? {
            Some(set) => set,
            None if !related => {
                let Some(values) = self.per_id(table, col, &dict, node, level, cx)? else { return Ok(None) };
                let mut ids = Vec::new();
                for (id, value) in values.iter().enumerate() {
                    if crate::dax::scalar::to_bool(&self.scalars, value)? {
                        ids.push(id as u32);
                    }
                }
                IdSet::from_ids(ids)
            }
            None => return Ok(None),
        };
        let pass: Vec<bool> = (0..=dict.len() as u32).map(|id| set.contains(id)).collect();
        if !related {
            return Ok(Some(Rc::new(Mask::from_codes(rows, &dict.ids, &pass))));
        }
        let config = self.config(&cx.fc.rels);
        let map = self.row_map(&config, table, self.catalog.table_of(col))?.expect("the column belongs to the expansion");
        let by_row: Vec<bool> = dict.ids.iter().map(|id| pass[id as usize]).collect();
        Ok(Some(Rc::new(Mask::from_codes(rows, &map, &by_row))))
    }

    /// A fixed decimal, double or whole number without blanks against a constant, where no dictionary of the column is at hand.
    fn compare_amounts(&self, col: ColId, node: &N, level: usize, cx: &Ctx) -> EvalResult<Option<Mask>> {
        let Kind::Cmp(op, a, b) = &node.kind else { return Ok(None) };
        let stored = self.column(col)?;
        if stored.known_dict().is_some() || stored.column.blanks.is_some() || stored.rows() < 4096 {
            return Ok(None);
        }
        let is_row = |x: &N| matches!(&x.kind, Kind::Col { level: l, .. } if *l == level);
        let (op, other) = if is_row(a) && !b.deps.reads_row(level) {
            (*op, b)
        } else if is_row(b) && !a.deps.reads_row(level) {
            (flip(*op), a)
        } else {
            return Ok(None);
        };
        let value = self.scalar(other, &self.dummy(cx))?;
        // Only where both sides are exact in one unit.
        const EXACT: u64 = 1 << 53;
        let mut mask = match (&stored.column.data, &value) {
            (ColumnData::Int64(v), Value::Int64(x)) => Mask::from_values(v, |v| holds(op, v.cmp(x))),
            (ColumnData::Currency(v), Value::Currency(x)) => Mask::from_values(v, |v| holds(op, v.cmp(&x.0))),
            (ColumnData::Currency(v), Value::Int64(x)) if op != CmpOp::StrictEqual && x.unsigned_abs() < EXACT / 10_000 => {
                let x = x * Currency::SCALE;
                Mask::from_values(v, |v| holds(op, v.cmp(&x)))
            }
            (ColumnData::Double(v), Value::Double(x)) if !x.is_nan() && !v.iter().any(|v| v.is_nan()) => {
                Mask::from_values(v, |v| v.partial_cmp(x).is_some_and(|order| holds(op, order)))
            }
            _ => return Ok(None),
        };
        // The blank row is BLANK on the other side of the same comparison.
        if !compare(op, &Value::Blank, &value)? {
            mask.drop_blank();
        }
        Ok(Some(mask))
    }

    /// A comparison of two row expressions of numbers.
    fn compare_vectors(&self, table: TableId, node: &N, level: usize, cx: &Ctx) -> EvalResult<Option<Rc<Mask>>> {
        let Kind::Cmp(op, a, b) = &node.kind else { return Ok(None) };
        if *op == CmpOp::StrictEqual {
            return Ok(None);
        }
        let (Some(a), Some(b)) = (self.vector(table, a, level, cx)?, self.vector(table, b, level, cx)?) else { return Ok(None) };
        let (Some(a), Some(b)) = (doubles(&a), doubles(&b)) else { return Ok(None) };
        let rows = self.rows(table)?;
        let test = |x: f64, y: f64| match op {
            CmpOp::Equal | CmpOp::StrictEqual => x == y,
            CmpOp::NotEqual => x != y,
            CmpOp::Less => x < y,
            CmpOp::LessEqual => x <= y,
            CmpOp::Greater => x > y,
            CmpOp::GreaterEqual => x >= y,
        };
        Ok(Some(Rc::new(Mask::from_fn(rows, |r| r < rows && test(a[r], b[r])))))
    }

    /// An expression of one column of a table, for every id of that column.
    fn per_id(&self, table: TableId, col: ColId, dict: &Dict, node: &N, level: usize, cx: &Ctx) -> EvalResult<Option<Vec<Value>>> {
        if dict.len() > self.rows(table)? / 2 + 64 && dict.len() > 4096 && node.deps.filter {
            return Ok(None);
        }
        let stored = self.column(col)?;
        let width = self.catalog.tables[table as usize].columns.len();
        let index = self.catalog.columns[col as usize].index;
        let n = dict.len() + 1;
        let ids = std::sync::Arc::new((0..n as u32).collect::<Vec<u32>>());
        let filler = TCol::Vals(std::sync::Arc::new(Vec::new()));
        let cols =
            (0..width).map(|i| if i == index { TCol::Ids { col, stored: stored.clone(), ids: ids.clone() } } else { filler.clone() });
        let frame_table = Rc::new(TableVal { n, cols: cols.collect(), bases: Vec::new() });
        let cx = self.level_context(cx, level);
        let (inner, frame) = self.enter(&cx, &frame_table, false);
        let mut out = Vec::with_capacity(n);
        for id in 0..n {
            // An id that no row holds is not evaluated: it could only raise an error that nobody asked for.
            frame.row.set(id);
            if id == 0 && !dict.has_blank() {
                out.push(Value::Blank);
                continue;
            }
            out.push(self.scalar(node, &inner)?);
        }
        Ok(Some(out))
    }

    fn level_context(&self, cx: &Ctx, level: usize) -> Ctx {
        let mut cx = cx.clone();
        while cx.rows.as_ref().map_or(0, |r| r.depth + 1) < level {
            cx = self.dummy(&cx);
        }
        cx
    }

    /// The ids of a column that pass a predicate over it alone, if it is made of comparisons.
    pub(crate) fn predicate_ids(&self, col: ColId, predicate: &N, level: usize, cx: &Ctx) -> EvalResult<Option<IdSet>> {
        if self.one_by_one || predicate.deps.transition || predicate.deps.other {
            return Ok(None);
        }
        let dict = self.column(col)?.dict().clone();
        self.ids_of_predicate(&dict, predicate, level, cx)
    }

    fn ids_of_predicate(&self, dict: &Dict, node: &N, level: usize, cx: &Ctx) -> EvalResult<Option<IdSet>> {
        let n = dict.len() as u32;
        match &node.kind {
            Kind::And(items) => {
                let mut out = IdSet::range(0, n);
                for item in items {
                    let Some(set) = self.ids_of_predicate(dict, item, level, cx)? else { return Ok(None) };
                    out = out.intersect(&set);
                }
                Ok(Some(out))
            }
            Kind::Or(items) => {
                let mut all: Vec<u32> = Vec::new();
                for item in items {
                    let Some(set) = self.ids_of_predicate(dict, item, level, cx)? else { return Ok(None) };
                    all.extend(set.iter());
                }
                Ok(Some(IdSet::from_ids(all)))
            }
            Kind::Not(inner) => {
                let Some(set) = self.ids_of_predicate(dict, inner, level, cx)? else { return Ok(None) };
                Ok(Some(IdSet::from_ids((0..=n).filter(|id| !set.contains(*id)))))
            }
            Kind::Cmp(op, a, b) => {
                let is_row = |x: &N| matches!(&x.kind, Kind::Col { level: l, .. } | Kind::Related { level: l, .. } if *l == level);
                let (op, other) = if is_row(a) && !b.deps.reads_row(level) {
                    (*op, b)
                } else if is_row(b) && !a.deps.reads_row(level) {
                    (flip(*op), a)
                } else {
                    return Ok(None);
                };
                let value = self.scalar(other, &self.dummy(cx))?;
                ids_compared(dict, op, &value)
            }
            Kind::In(items, table) => {
                let [item] = items.as_slice() else { return Ok(None) };
                if !matches!(&item.kind, Kind::Col { level: l, .. } | Kind::Related { level: l, .. } if *l == level)
                    || table.deps.reads_row(level)
                {
                    return Ok(None);
                }
                let value = self.table(table, &self.dummy(cx))?;
                let mut ids = Vec::new();
                for row in 0..value.n {
                    let v = value.get(0, row);
                    if v.is_blank() {
                        ids.push(0);
                    } else if let Some(set) = ids_compared(dict, CmpOp::StrictEqual, &v)? {
                        ids.extend(set.iter());
                    }
                }
                Ok(Some(IdSet::from_ids(ids)))
            }
            Kind::Const(Value::Boolean(b)) => Ok(Some(if *b { IdSet::range(0, n) } else { IdSet::empty() })),
            Kind::Col { level: l, .. } if *l == level => {
                // A bare number or boolean is a condition.
                if dict.is_text() {
                    return Ok(None);
                }
                Ok(ids_compared(dict, CmpOp::Equal, &Value::Boolean(true)).unwrap_or(None))
            }
            _ => Ok(None),
        }
    }

    /// A row expression over every row of a model table, computed at once; `None` when it has to go row by row.
    pub(crate) fn vector(&self, table: TableId, node: &N, level: usize, cx: &Ctx) -> EvalResult<Option<Vector>> {
        if node.deps.transition || node.deps.other || self.leaves_default_paths(node, cx) {
            return Ok(None);
        }
        let pure = !node.deps.filter && node.deps.vars.is_empty() && node.deps.frames & !(1 << level.min(63)) == 0;
        let key = (std::sync::Arc::as_ptr(node) as usize, table);
        if pure && let Some(known) = self.vectors.borrow().get(&key) {
            return Ok(known.clone());
        }
        if let Kind::Col { level: l, index } = &node.kind
            && *l == level
        {
            return Ok(Some(Vector::Stored(self.column(self.catalog.tables[table as usize].columns[*index])?)));
        }
        let result = self.vector_inner(table, node, level, cx).unwrap_or(None).map(|column| Vector::Made(std::sync::Arc::new(column)));
        if pure {
            self.keep_alive.borrow_mut().push(node.clone());
            self.vectors.borrow_mut().insert(key, result.clone());
        }
        Ok(result)
    }

    fn vector_inner(&self, table: TableId, node: &N, level: usize, cx: &Ctx) -> EvalResult<Option<Column>> {
        let rows = self.rows(table)?;
        if !node.deps.reads_row(level) {
            let value = self.scalar(node, &self.dummy(cx))?;
            let Some(ty) = value.data_type() else { return Ok(None) };
            if matches!(ty, DataType::String | DataType::Binary | DataType::Boolean) {
                return Ok(None);
            }
            return Ok(Some(repeat(&value, rows)));
        }
        match &node.kind {
            Kind::Related { column, level: l, base } if *l == level && *base == table => {
                let owner = self.catalog.table_of(*column);
                let config = self.config(&self.default_rels);
                let Some(map) = self.row_map(&config, table, owner)? else { return Ok(None) };
                let stored = self.column(*column)?;
                gather(&stored.column, &map.iter().take(rows).collect::<Vec<u32>>())
            }
            Kind::Arith(op, a, b) if *op != ArithOp::Power => {
                let (Some(a), Some(b)) = (self.vector(table, a, level, cx)?, self.vector(table, b, level, cx)?) else { return Ok(None) };
                self.arith_vectors(*op, &a, &b, node.ty)
            }
            _ => {
                let mut columns = Vec::new();
                if !row_columns(node, level, &mut columns) {
                    return Ok(None);
                }
                let [RowColumn::Own(index)] = columns.as_slice() else { return Ok(None) };
                let col = self.catalog.tables[table as usize].columns[*index];
                let dict = self.column(col)?.dict().clone();
                if dict.len() * 2 > rows + 64 {
                    return Ok(None);
                }
                let Some(values) = self.per_id(table, col, &dict, node, level, cx)? else { return Ok(None) };
                let Some(ty) = values.iter().find_map(Value::data_type) else { return Ok(None) };
                let mut builder = ColumnBuilder::new("", ty);
                for id in dict.ids.iter().take(rows) {
                    if builder.push(values[id as usize].clone()).is_err() {
                        return Ok(None);
                    }
                }
                Ok(Some(builder.finish()))
            }
        }
    }

    fn arith_vectors(&self, op: ArithOp, a: &Column, b: &Column, node_ty: Ty) -> EvalResult<Option<Column>> {
        let n = a.len();
        let plain = a.blanks.is_none() && b.blanks.is_none();
        let data = match (&a.data, &b.data, op) {
            (ColumnData::Int64(x), ColumnData::Int64(y), _) if plain && op != ArithOp::Divide => ColumnData::Int64(
                x.iter()
                    .zip(y)
                    .map(|(x, y)| match op {
                        ArithOp::Add => x.wrapping_add(*y),
                        ArithOp::Subtract => x.wrapping_sub(*y),
                        _ => x.wrapping_mul(*y),
                    })
                    .collect(),
            ),
            (ColumnData::Currency(x), ColumnData::Currency(y), ArithOp::Add | ArithOp::Subtract) if plain => ColumnData::Currency(
                x.iter().zip(y).map(|(x, y)| if op == ArithOp::Add { x.wrapping_add(*y) } else { x.wrapping_sub(*y) }).collect(),
            ),
            (ColumnData::Currency(x), ColumnData::Currency(y), ArithOp::Multiply) if plain => {
                ColumnData::Double(x.iter().zip(y).map(|(x, y)| (*x as f64 / 10_000.0) * (*y as f64 / 10_000.0)).collect())
            }
            (ColumnData::Currency(x), ColumnData::Int64(y), ArithOp::Multiply)
            | (ColumnData::Int64(y), ColumnData::Currency(x), ArithOp::Multiply)
                if plain =>
            {
                ColumnData::Currency(x.iter().zip(y).map(|(x, y)| x.wrapping_mul(*y)).collect())
            }
            (ColumnData::Double(_) | ColumnData::Int64(_), ColumnData::Double(_) | ColumnData::Int64(_), _) if plain => {
                let (Some(x), Some(y)) = (doubles(a), doubles(b)) else { return Ok(None) };
                ColumnData::Double(
                    x.iter()
                        .zip(&y)
                        .map(|(x, y)| match op {
                            ArithOp::Add => x + y,
                            ArithOp::Subtract => x - y,
                            ArithOp::Multiply => x * y,
                            _ => x / y,
                        })
                        .collect(),
                )
            }
            // A product with a blank is blank; a sum of two blanks is, and a blank beside a number counts nothing.
            (ColumnData::Double(_), ColumnData::Double(_) | ColumnData::Int64(_), ArithOp::Add | ArithOp::Subtract | ArithOp::Multiply)
            | (ColumnData::Int64(_), ColumnData::Double(_), ArithOp::Add | ArithOp::Subtract | ArithOp::Multiply)
                if matches!(node_ty, Ty::Double) =>
            {
                let (Some(x), Some(y)) = (doubles(a), doubles(b)) else { return Ok(None) };
                let is_product = op == ArithOp::Multiply;
                let mut values = Vec::with_capacity(n);
                let mut blanks = Vec::with_capacity(n);
                for (row, (x, y)) in x.iter().zip(&y).enumerate() {
                    let (no_x, no_y) = (a.is_blank(row), b.is_blank(row));
                    let is_blank = if is_product { no_x || no_y } else { no_x && no_y };
                    let (x, y) = (if no_x { 0.0 } else { *x }, if no_y { 0.0 } else { *y });
                    values.push(match op {
                        _ if is_blank => 0.0,
                        ArithOp::Add => x + y,
                        ArithOp::Subtract => x - y,
                        _ => x * y,
                    });
                    blanks.push(is_blank);
                }
                if blanks.iter().all(|blank| *blank) {
                    return Ok(None);
                }
                return Ok(Some(Column { name: String::new(), data: ColumnData::Double(values), blanks: Some(blanks) }));
            }
            _ => {
                // Blanks and other types: value by value, still without the interpreter.
                let mut values = Vec::with_capacity(n);
                for row in 0..n {
                    values.push(arith_typed(&self.scalars, op, &a.get(row), &b.get(row), node_ty)?);
                }
                let Some(ty) = values.iter().find_map(Value::data_type) else { return Ok(None) };
                let mut builder = ColumnBuilder::new("", ty);
                for value in values {
                    if builder.push(value).is_err() {
                        return Ok(None);
                    }
                }
                return Ok(Some(builder.finish()));
            }
        };
        Ok(Some(Column { name: String::new(), data, blanks: None }))
    }
}

/// A column that an expression reads from a row.
#[derive(Clone, Copy, Debug, PartialEq)]
enum RowColumn {
    Own(usize),
    Related(ColId),
}

/// Collects what an expression reads from the row at a level; `false` when it holds something that hides this.
fn row_columns(node: &N, level: usize, out: &mut Vec<RowColumn>) -> bool {
    let mut add = |c: RowColumn| {
        if !out.contains(&c) {
            out.push(c);
        }
        true
    };
    if !node.deps.reads_row(level) {
        return true;
    }
    match &node.kind {
        Kind::Col { level: l, index } => *l != level || add(RowColumn::Own(*index)),
        Kind::Related { column, level: l, .. } => *l != level || add(RowColumn::Related(*column)),
        Kind::Neg(a) | Kind::Not(a) => row_columns(a, level, out),
        Kind::Arith(_, a, b) | Kind::Cmp(_, a, b) => row_columns(a, level, out) && row_columns(b, level, out),
        Kind::Concat(items) | Kind::And(items) | Kind::Or(items) | Kind::Scalar(_, items) | Kind::Op(_, items) => {
            items.iter().all(|i| row_columns(i, level, out))
        }
        Kind::In(items, table) => items.iter().all(|i| row_columns(i, level, out)) && !table.deps.reads_row(level),
        Kind::Let(vars, body) => vars.iter().all(|(_, v)| row_columns(v, level, out)) && row_columns(body, level, out),
        _ => false,
    }
}

/// Whether a comparison holds for values in this order.
fn holds(op: CmpOp, order: std::cmp::Ordering) -> bool {
    match op {
        CmpOp::Equal | CmpOp::StrictEqual => order.is_eq(),
        CmpOp::NotEqual => order.is_ne(),
        CmpOp::Less => order.is_lt(),
        CmpOp::LessEqual => order.is_le(),
        CmpOp::Greater => order.is_gt(),
        CmpOp::GreaterEqual => order.is_ge(),
    }
}

pub(crate) fn flip(op: CmpOp) -> CmpOp {
    match op {
        CmpOp::Less => CmpOp::Greater,
        CmpOp::LessEqual => CmpOp::GreaterEqual,
        CmpOp::Greater => CmpOp::Less,
        CmpOp::GreaterEqual => CmpOp::LessEqual,
        other => other,
    }
}

/// Ids whose value compares with a constant as wanted; `None` when each has to be looked at.
pub(crate) fn ids_compared(dict: &Dict, op: CmpOp, value: &Value) -> EvalResult<Option<IdSet>> {
    let n = dict.len() as u32;
    if let Value::Double(v) | Value::DateTime(v) = value
        && v.is_nan()
    {
        return Ok(None);
    }
    if n > 0 && matches!(dict.value(n), Value::Double(v) if v.is_nan()) {
        return Ok(None);
    }
    // An error of mixed types shows itself on any value.
    if n > 0 {
        compare(op, &dict.value(1), value)?;
    }
    let blank = compare(op, &Value::Blank, value)?;
    let probe = if value.is_blank() {
        if n == 0 {
            return Ok(Some(if blank { IdSet::one(0) } else { IdSet::empty() }));
        }
        match dict.value(1) {
            Value::String(_) => Value::text(""),
            Value::Boolean(_) => Value::Boolean(false),
            _ => Value::Int64(0),
        }
    } else {
        value.clone()
    };
    let (below, upto) = match dict.position(&probe) {
        Some(Ok(at)) => {
            // Several texts may compare as equal.
            let (mut low, mut high) = (at, at + 1);
            if dict.is_text() {
                while low > 0 && compare(CmpOp::Equal, &dict.value(low as u32), &probe)? {
                    low -= 1;
                }
                while high < n as usize && compare(CmpOp::Equal, &dict.value(high as u32 + 1), &probe)? {
                    high += 1;
                }
            }
            (low as u32, high as u32)
        }
        Some(Err(at)) => (at as u32, at as u32),
        None => return Ok(None),
    };
    let range = match op {
        CmpOp::Equal => (below + 1, upto),
        CmpOp::StrictEqual => {
            if value.is_blank() {
                (1, 0)
            } else {
                (below + 1, upto)
            }
        }
        CmpOp::NotEqual => {
            let ids = (0..=n).filter(|id| if *id == 0 { blank } else { *id <= below || *id > upto });
            return Ok(Some(IdSet::from_ids(ids)));
        }
        CmpOp::Less => (1, below),
        CmpOp::LessEqual => (1, upto),
        CmpOp::Greater => (upto + 1, n),
        CmpOp::GreaterEqual => (below + 1, n),
    };
    Ok(Some(match (blank, range) {
        (false, (low, high)) if low > high => IdSet::empty(),
        (false, (low, high)) => IdSet::range(low, high),
        (true, (low, high)) if low > high => IdSet::one(0),
        (true, (1, high)) => IdSet::range(0, high),
        (true, (low, high)) => IdSet::from_ids(std::iter::once(0).chain(low..=high)),
    }))
}

/// Numbers as doubles, blanks as 0.
fn doubles(column: &Column) -> Option<Vec<f64>> {
    Some(match &column.data {
        ColumnData::Int64(v) => v.iter().map(|x| *x as f64).collect(),
        ColumnData::Double(v) | ColumnData::DateTime(v) => v.clone(),
        ColumnData::Currency(v) => v.iter().map(|x| *x as f64 / 10_000.0).collect(),
        _ => return None,
    })
}

fn repeat(value: &Value, rows: usize) -> Column {
    let data = match value {
        Value::Int64(v) => ColumnData::Int64(vec![*v; rows]),
        Value::Double(v) => ColumnData::Double(vec![*v; rows]),
        Value::Currency(Currency(v)) => ColumnData::Currency(vec![*v; rows]),
        Value::DateTime(v) => ColumnData::DateTime(vec![*v; rows]),
        Value::Boolean(v) => ColumnData::Boolean(vec![*v; rows]),
        _ => ColumnData::Int64(vec![0; rows]),
    };
    Column { name: String::new(), data, blanks: None }
}

/// Cells by row; the row after the last is BLANK.
fn gather(column: &Column, rows: &[u32]) -> EvalResult<Option<Column>> {
    let n = column.len();
    let pick = |i: u32| if (i as usize) < n { Some(i as usize) } else { None };
    let data = match &column.data {
        ColumnData::Int64(v) => ColumnData::Int64(rows.iter().map(|r| pick(*r).map_or(0, |i| v[i])).collect()),
        ColumnData::Currency(v) => ColumnData::Currency(rows.iter().map(|r| pick(*r).map_or(0, |i| v[i])).collect()),
        ColumnData::Double(v) => ColumnData::Double(rows.iter().map(|r| pick(*r).map_or(0.0, |i| v[i])).collect()),
        ColumnData::DateTime(v) => ColumnData::DateTime(rows.iter().map(|r| pick(*r).map_or(0.0, |i| v[i])).collect()),
        _ => return Ok(None),
    };
    let blanks: Vec<bool> = rows.iter().map(|r| pick(*r).is_none_or(|i| column.is_blank(i))).collect();
    let blanks = if blanks.contains(&true) { Some(blanks) } else { None };
    Ok(Some(Column { name: String::new(), data, blanks }))
}
