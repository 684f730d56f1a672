//! FILTER over a table at hand, where each row is judged by its cells and values that are the same for all rows.
//!
//! `FILTER ( Movements, [Date] < Current && NOT [Is Transfer] )` inside another iterator is asked thousands of times: it must cost a
//! comparison of numbers per row and nothing else. What has no rule here is left to the general way.

use super::scan::{flip, ids_compared};
use super::store::{IdSet, Stored};
use super::value::{TCol, TableVal};
use super::{Ctx, Session};
use crate::dax::bind::bound::{CmpOp, Kind, N};
use crate::dax::error::EvalResult;
use crate::table::{ColumnData, Value};

/// What a cell must be.
enum Test {
    /// True, or not.
    Flag(bool),
    /// In this order to a number; BLANK counts as 0, except for `==`.
    Number(CmpOp, f64),
    /// One of these entries of the dictionary.
    Member(IdSet),
}

impl Session<'_> {
    /// The rows that a predicate keeps, ascending; `None` when it takes the general way.
    pub(crate) fn narrowed(&self, table: &TableVal, predicate: &N, level: usize, cx: &Ctx) -> EvalResult<Option<Vec<u32>>> {
        if self.one_by_one || table.n == 0 {
            return Ok(None);
        }
        self.tick()?;
        let items = match &predicate.kind {
            Kind::And(items) => items.as_slice(),
            _ => std::slice::from_ref(predicate),
        };
        let mut kept: Vec<u32> = (0..table.n as u32).collect();
        for item in items {
            let Some((column, test)) = self.cell_test(table, item, level, cx) else { return Ok(None) };
            let TCol::Rows { stored, rows, .. } = column else { return Ok(None) };
            if !retain(&mut kept, stored, rows, &test) {
                return Ok(None);
            }
        }
        Ok(Some(kept))
    }

    fn cell_test<'t>(&self, table: &'t TableVal, item: &N, level: usize, cx: &Ctx) -> Option<(&'t TCol, Test)> {
        let column = |node: &N| match &node.kind {
            Kind::Col { level: l, index } if *l == level => table.cols.get(*index),
            _ => None,
        };
        let (found, other, op) = match &item.kind {
            Kind::Col { .. } => return Some((column(item)?, Test::Flag(true))),
            Kind::Not(inner) => return Some((column(inner)?, Test::Flag(false))),
            Kind::Cmp(op, a, b) => match (column(a), column(b)) {
                (Some(column), None) => (column, b, *op),
                (None, Some(column)) => (column, a, flip(*op)),
                _ => return None,
            },
            _ => return None,
        };
        let TCol::Rows { stored, .. } = found else { return None };
        if other.deps.reads_row(level) || other.deps.other {
            return None;
        }
        // An error may never be met, when no row gets as far as this comparison: the general way knows.
        let value = self.scalar(other, &self.dummy(cx)).ok()?;
        let test = match (&stored.column.data, &value) {
            (ColumnData::DateTime(_) | ColumnData::Double(_), Value::DateTime(v) | Value::Double(v)) if !v.is_nan() => Test::Number(op, *v),
            (ColumnData::String { .. }, Value::String(_)) => Test::Member(ids_compared(stored.dict(), op, &value).ok()??),
            _ => return None,
        };
        Some((found, test))
    }
}

/// Keeps the rows whose cell passes; `false` when the column is of a kind that the test does not know.
fn retain(kept: &mut Vec<u32>, stored: &Stored, rows: &[u32], test: &Test) -> bool {
    let column = &stored.column;
    let n = column.len();
    // The row after the last is BLANK.
    let blank = |row: usize| row >= n || column.is_blank(row);
    match (test, &column.data) {
        (Test::Flag(wanted), ColumnData::Boolean(flags)) => kept.retain(|r| {
            let row = rows[*r as usize] as usize;
            (!blank(row) && flags[row]) == *wanted
        }),
        (Test::Number(op, wanted), ColumnData::DateTime(cells) | ColumnData::Double(cells)) => {
            let cell = |r: &u32| {
                let row = rows[*r as usize] as usize;
                if blank(row) { None } else { Some(cells[row]) }
            };
            let number = |r: &u32| cell(r).unwrap_or(0.0);
            match op {
                CmpOp::Less => kept.retain(|r| number(r) < *wanted),
                CmpOp::LessEqual => kept.retain(|r| number(r) <= *wanted),
                CmpOp::Greater => kept.retain(|r| number(r) > *wanted),
                CmpOp::GreaterEqual => kept.retain(|r| number(r) >= *wanted),
                CmpOp::Equal => kept.retain(|r| number(r) == *wanted),
                CmpOp::NotEqual => kept.retain(|r| number(r) != *wanted),
                CmpOp::StrictEqual => kept.retain(|r| cell(r) == Some(*wanted)),
            }
        }
        (Test::Member(set), ColumnData::String { .. }) => {
            let ids = &stored.dict().ids;
            kept.retain(|r| set.contains(ids.at(rows[*r as usize] as usize)));
        }
        _ => return false,
    }
    true
}
