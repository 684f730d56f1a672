//! Operators on values.

use std::cmp::Ordering;
use std::rc::Rc;

use super::interp::Interp;
use super::node::Binary;
use crate::m::error::{Error, Result};
use crate::m::value::{List, ListCursor, Row, RowCursor, RowSource, Slot, TICKS_PER_DAY, Table, TableType, Type, Value, day_from_civil};
use crate::m::value::{number_add, number_divide, number_multiply, number_subtract, operator_error};

/// Last tick of 9999-12-31.
const MAX_TICKS: i64 = 3_652_059 * TICKS_PER_DAY - 1;

/// A logical or null for `and` and `or`.
///
/// # Errors
/// For other kinds.
#[inline]
pub(super) fn as_logical(value: &Value) -> Result<Option<bool>> {
    match value.bare() {
        Value::Logical(b) => Ok(Some(*b)),
        Value::Null => Ok(None),
        other => Err(Error::cannot_convert(other, "Logical")),
    }
}

/// Operators on numbers at hand, for cells that would otherwise need a thunk.
#[inline]
pub(super) fn cheap(operator: Binary, a: &Value, b: &Value) -> Option<Value> {
    match operator {
        Binary::Add => number_add(a, b),
        Binary::Subtract => number_subtract(a, b),
        Binary::Multiply => number_multiply(a, b),
        Binary::Divide => number_divide(a, b),
        _ => None,
    }
}

impl Interp {
    /// Applies a binary operator to two values.
    ///
    /// # Errors
    /// `We cannot apply operator … to types … and ….`
    pub fn binary(&mut self, operator: Binary, left: &Value, right: &Value) -> Result<Value> {
        binary(self, operator, left, right)
    }
}

/// Any binary operator.
pub(super) fn binary(cx: &mut Interp, operator: Binary, left: &Value, right: &Value) -> Result<Value> {
    let (a, b) = (left.bare(), right.bare());
    match operator {
        Binary::Equal => return cx.equals(a, b).map(Value::Logical),
        Binary::NotEqual => return cx.equals(a, b).map(|equal| Value::Logical(!equal)),
        Binary::Combine => return combine(cx, a, b),
        _ => {}
    }
    let numeric = match operator {
        Binary::Add => number_add(a, b),
        Binary::Subtract => number_subtract(a, b),
        Binary::Multiply => number_multiply(a, b),
        Binary::Divide => number_divide(a, b),
        _ => {
            if let (Value::Int(x), Value::Int(y)) = (a, b) {
                return Ok(Value::Logical(holds(operator, Some(x.cmp(y)))));
            }
            if a.is_null() || b.is_null() {
                return Ok(Value::Null);
            }
            let order = cx.relate(operator.symbol(), a, b)?;
            return Ok(Value::Logical(holds(operator, order)));
        }
    };
    match numeric {
        Some(value) => Ok(value),
        None if a.is_null() || b.is_null() => Ok(Value::Null),
        None => temporal(operator, a, b),
    }
}

fn holds(operator: Binary, order: Option<Ordering>) -> bool {
    match order {
        None => false,
        Some(order) => match operator {
            Binary::Less => order.is_lt(),
            Binary::LessOrEqual => order.is_le(),
            Binary::Greater => order.is_gt(),
            _ => order.is_ge(),
        },
    }
}

fn temporal(operator: Binary, a: &Value, b: &Value) -> Result<Value> {
    let unfit = || operator_error(operator.symbol(), a, b);
    let overflow = || Error::expression("The result of the operation is out of range.");
    let duration = |ticks: Option<i64>| ticks.map(Value::Duration).ok_or_else(overflow);
    let day_plus = |day: i32, ticks: i64| -> Result<Value> {
        let total = (i64::from(day) * TICKS_PER_DAY).checked_add(ticks).filter(|t| (0..=MAX_TICKS).contains(t)).ok_or_else(overflow)?;
        Ok(if ticks % TICKS_PER_DAY == 0 { Value::Date((total / TICKS_PER_DAY) as i32) } else { Value::DateTime(total) })
    };
    let moment_plus = |moment: i64, ticks: i64| moment.checked_add(ticks).filter(|t| (0..=MAX_TICKS).contains(t)).ok_or_else(overflow);
    match operator {
        Binary::Add => match (a, b) {
            (Value::Duration(x), Value::Duration(y)) => duration(x.checked_add(*y)),
            (Value::Date(d), Value::Duration(t)) | (Value::Duration(t), Value::Date(d)) => day_plus(*d, *t),
            (Value::DateTime(m), Value::Duration(t)) | (Value::Duration(t), Value::DateTime(m)) => moment_plus(*m, *t).map(Value::DateTime),
            (Value::DateTimeZone { local, offset }, Value::Duration(t)) | (Value::Duration(t), Value::DateTimeZone { local, offset }) => {
                Ok(Value::DateTimeZone { local: moment_plus(*local, *t)?, offset: *offset })
            }
            (Value::Time(m), Value::Duration(t)) | (Value::Duration(t), Value::Time(m)) => {
                Ok(Value::Time((m + t % TICKS_PER_DAY).rem_euclid(TICKS_PER_DAY)))
            }
            _ => Err(unfit()),
        },
        Binary::Subtract => match (a, b) {
            (Value::Duration(x), Value::Duration(y)) => duration(x.checked_sub(*y)),
            (Value::Date(d), Value::Duration(t)) => day_plus(*d, t.checked_neg().ok_or_else(overflow)?),
            (Value::DateTime(m), Value::Duration(t)) => moment_plus(*m, t.checked_neg().ok_or_else(overflow)?).map(Value::DateTime),
            (Value::DateTimeZone { local, offset }, Value::Duration(t)) => {
                Ok(Value::DateTimeZone { local: moment_plus(*local, t.checked_neg().ok_or_else(overflow)?)?, offset: *offset })
            }
            (Value::Time(m), Value::Duration(t)) => Ok(Value::Time((m - t % TICKS_PER_DAY).rem_euclid(TICKS_PER_DAY))),
            (Value::Date(x), Value::Date(y)) => Ok(Value::Duration((i64::from(*x) - i64::from(*y)) * TICKS_PER_DAY)),
            (Value::DateTime(x), Value::DateTime(y)) | (Value::Time(x), Value::Time(y)) => Ok(Value::Duration(x - y)),
            (Value::DateTimeZone { local: x, offset: p }, Value::DateTimeZone { local: y, offset: q }) => {
                Ok(Value::Duration(x - y - i64::from(p - q) * crate::m::value::TICKS_PER_MINUTE))
            }
            _ => Err(unfit()),
        },
        Binary::Multiply => match (a, b) {
            (Value::Duration(t), n) | (n, Value::Duration(t)) => match n.as_f64() {
                Some(n) => scaled(*t as f64 * n),
                None => Err(unfit()),
            },
            _ => Err(unfit()),
        },
        Binary::Divide => match (a, b) {
            (Value::Duration(x), Value::Duration(y)) => Ok(Value::Double(*x as f64 / *y as f64)),
            (Value::Duration(x), n) => match n.as_f64() {
                Some(n) => scaled(*x as f64 / n),
                None => Err(unfit()),
            },
            _ => Err(unfit()),
        },
        _ => Err(unfit()),
    }
}

fn scaled(ticks: f64) -> Result<Value> {
    let rounded = ticks.round();
    if rounded.abs() < 9.2e18 {
        Ok(Value::Duration(rounded as i64))
    } else {
        Err(Error::expression("The result of the operation is out of range."))
    }
}

/// `a & b`.
fn combine(cx: &mut Interp, a: &Value, b: &Value) -> Result<Value> {
    Ok(match (a, b) {
        (Value::Text(x), Value::Text(y)) => {
            cx.charge(x.len() + y.len())?;
            let mut out = String::with_capacity(x.len() + y.len());
            out.push_str(x);
            out.push_str(y);
            Value::from(out)
        }
        (Value::List(x), Value::List(y)) => Value::List(concat(x, y)),
        (Value::Record(x), Value::Record(y)) => Value::Record(x.merge(y)),
        (Value::Table(x), Value::Table(y)) => Value::Table(combine_tables(&[x.clone(), y.clone()], None)),
        (Value::Date(d), Value::Time(t)) => Value::DateTime(i64::from(*d) * TICKS_PER_DAY + t),
        (Value::Binary(x), Value::Binary(y)) => {
            let (x, y) = (x.bytes(cx)?, y.bytes(cx)?);
            cx.charge(x.len() + y.len())?;
            Value::Binary(crate::m::value::Binary::new([&x[..], &y[..]].concat()))
        }
        (Value::Null, Value::Null | Value::Text(_) | Value::Date(_) | Value::Time(_)) => Value::Null,
        (Value::Text(_) | Value::Date(_) | Value::Time(_), Value::Null) => Value::Null,
        _ => return Err(operator_error("&", a, b)),
    })
}

/// Two lists after one another.
fn concat(x: &List, y: &List) -> List {
    if let (Some(a), Some(b)) = (x.items(), y.items()) {
        return List::from_slots(a.iter().chain(b).cloned().collect());
    }
    struct Concat {
        now: Box<dyn ListCursor>,
        then: Option<List>,
    }
    impl ListCursor for Concat {
        fn next(&mut self, cx: &mut Interp) -> Result<Option<Slot>> {
            loop {
                if let Some(slot) = self.now.next(cx)? {
                    return Ok(Some(slot));
                }
                match self.then.take() {
                    Some(list) => self.now = list.open(cx)?,
                    None => return Ok(None),
                }
            }
        }
        fn next_value(&mut self, cx: &mut Interp) -> Result<Option<Value>> {
            loop {
                if let Some(value) = self.now.next_value(cx)? {
                    return Ok(Some(value));
                }
                match self.then.take() {
                    Some(list) => self.now = list.open(cx)?,
                    None => return Ok(None),
                }
            }
        }
    }
    let (x, y) = (x.clone(), y.clone());
    List::lazy_with(move |cx| Ok(Box::new(Concat { now: x.open(cx)?, then: Some(y.clone()) })))
}

/// Tables below one another: the union of their columns (or the given columns), null where a table lacks one.
pub(crate) fn combine_tables(tables: &[Table], ty: Option<TableType>) -> Table {
    let ty = ty.unwrap_or_else(|| {
        let mut fields: Vec<crate::m::value::Field> = Vec::new();
        for table in tables {
            for field in table.table_type().fields.iter() {
                match fields.iter_mut().find(|f| f.name == field.name) {
                    Some(have) if have.ty.same(&field.ty) => {}
                    Some(have) => {
                        let plain = |t: &Type| matches!(t.form(), crate::m::value::TypeForm::Primitive(k) if *k == have.ty.kind());
                        have.ty = if plain(&field.ty) && plain(&have.ty) && !matches!(have.ty.kind(), crate::m::value::Kind::Any) {
                            if have.ty.is_nullable() || field.ty.is_nullable() {
                                Type::nullable(have.ty.kind())
                            } else {
                                Type::primitive(have.ty.kind())
                            }
                        } else {
                            Type::any()
                        };
                    }
                    None => fields.push(field.clone()),
                }
            }
        }
        TableType::new(fields)
    });
    /// A table, where its columns are, whether they are the result's own.
    type Part = (Table, Rc<[Option<usize>]>, bool);
    let parts: Vec<Part> = tables
        .iter()
        .map(|table| {
            let places: Rc<[Option<usize>]> = ty.fields.iter().map(|f| table.shape().position(&f.name)).collect();
            let same = places.len() == table.shape().len() && places.iter().enumerate().all(|(i, p)| *p == Some(i));
            (table.clone(), places, same)
        })
        .collect();
    struct Combined {
        parts: Rc<Vec<Part>>,
        at: usize,
        now: Option<Box<dyn RowCursor>>,
    }
    impl RowCursor for Combined {
        fn next(&mut self, cx: &mut Interp) -> Result<Option<Row>> {
            loop {
                let Some((table, places, same)) = self.parts.get(self.at) else { return Ok(None) };
                if self.now.is_none() {
                    self.now = Some(table.open(cx)?);
                }
                let row = match &mut self.now {
                    Some(cursor) => cursor.next(cx)?,
                    None => None,
                };
                match row {
                    Some(row) if *same => return Ok(Some(row)),
                    Some(row) => {
                        return Ok(Some(places.iter().map(|p| p.map_or(Slot::Value(Value::Null), |p| row[p].clone())).collect()));
                    }
                    None => {
                        self.now = None;
                        self.at += 1;
                    }
                }
            }
        }
    }
    struct Source(Rc<Vec<Part>>);
    impl RowSource for Source {
        fn open(&self, _cx: &mut Interp) -> Result<Box<dyn RowCursor>> {
            Ok(Box::new(Combined { parts: self.0.clone(), at: 0, now: None }))
        }
        fn count(&self, cx: &mut Interp) -> Result<Option<usize>> {
            let mut total = 0;
            for (table, ..) in self.0.iter() {
                total += table.count(cx)?;
            }
            Ok(Some(total))
        }
    }
    Table::lazy(ty, Source(Rc::new(parts)))
}

/// `{from..to}`: whole numbers, single characters or dates.
pub(super) fn range(from: &Value, to: &Value) -> Result<List> {
    match (from.bare(), to.bare()) {
        (a, b) if a.is_number() && b.is_number() => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) if b < a => Ok(List::empty()),
            (Some(a), Some(b)) if b.checked_sub(a).is_some_and(|n| n < i64::from(i32::MAX)) => Ok(List::range(a, (b - a) as usize + 1)),
            (Some(_), Some(_)) => Err(Error::expression("The number of items in the list is too large.")),
            _ => Err(Error::expression("The range operator requires whole numbers.")),
        },
        (Value::Text(a), Value::Text(b)) => {
            let single = |text: &str, value: &Value| {
                let mut chars = text.chars();
                match (chars.next(), chars.next()) {
                    (Some(c), None) => Ok(c),
                    _ => Err(Error::expression("The range operator requires single characters.").with_detail(value.clone())),
                }
            };
            let (a, b) = (single(a, from)?, single(b, to)?);
            Ok(List::from_values((a..=b).map(|c| Value::from(c.to_string()))))
        }
        (Value::Date(a), Value::Date(b)) => {
            debug_assert!(day_from_civil(1, 1, 1) == Some(0));
            Ok(List::from_values((*a..=*b).map(Value::Date)))
        }
        (a, b) => Err(operator_error("..", a, b)),
    }
}
