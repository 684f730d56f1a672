//! Equality, order and hash keys.

use std::cmp::Ordering;

use super::{Bytes, Record, Table, Text, Value};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;

/// A value as a hash key: equal values have equal keys. Made by [`Interp::key`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// `null`.
    Null,
    /// A logical.
    Logical(bool),
    /// A whole number, whatever its representation.
    Int(i64),
    /// Another number, by its bits.
    Double(u64),
    /// Text.
    Text(Text),
    /// A date, time, datetime, duration or the UTC instant of a datetimezone, by kind.
    Ticks(u8, i64),
    /// Bytes.
    Bytes(Bytes),
    /// A list, or several values together.
    Many(Vec<Key>),
    /// A record, sorted by name.
    Record(Vec<(Text, Key)>),
    /// A function or type, by identity.
    Identity(String),
}

/// A text ordered by UTF-16 code units, as .NET's ordinal comparison does.
fn compare_text(a: &str, b: &str) -> Ordering {
    // UTF-8 order is code point order; it differs from UTF-16 order only when a surrogate pair meets U+E000 and above.
    let common = a.bytes().zip(b.bytes()).position(|(x, y)| x != y);
    match common {
        None => a.len().cmp(&b.len()),
        Some(at) => {
            let (x, y) = (a.as_bytes()[at], b.as_bytes()[at]);
            if x < 0xEE || y < 0xEE || (x >= 0xF0) == (y >= 0xF0) { x.cmp(&y) } else { a.encode_utf16().cmp(b.encode_utf16()) }
        }
    }
}

/// The ticks of a scalar that has any.
fn ticks(value: &Value) -> Option<(u8, i64)> {
    Some(match value {
        Value::Date(d) => (1, i64::from(*d)),
        Value::Time(t) => (2, *t),
        Value::DateTime(t) => (3, *t),
        Value::DateTimeZone { local, offset } => (4, local - i64::from(*offset) * super::TICKS_PER_MINUTE),
        Value::Duration(t) => (5, *t),
        _ => return None,
    })
}

impl Interp {
    /// `a = b`: numbers by value, text by code units, records whatever the order of their fields, lists and tables item by item.
    pub fn equals(&mut self, a: &Value, b: &Value) -> Result<bool> {
        let (a, b) = (a.bare(), b.bare());
        Ok(match (a, b) {
            (Value::Null, Value::Null) => true,
            (Value::Logical(x), Value::Logical(y)) => x == y,
            (Value::Int(x), Value::Int(y)) => x == y,
            (Value::Text(x), Value::Text(y)) => x == y,
            (Value::Decimal(x), Value::Decimal(y)) => x == y,
            (Value::Decimal(_), Value::Int(_)) | (Value::Int(_), Value::Decimal(_)) => a.as_decimal() == b.as_decimal(),
            _ if a.is_number() && b.is_number() => a.as_f64() == b.as_f64(),
            (Value::Binary(x), Value::Binary(y)) => x.bytes(self)? == y.bytes(self)?,
            (Value::List(x), Value::List(y)) => {
                if x.ptr_eq(y) && x.items().is_some_and(|items| items.is_empty()) {
                    return Ok(true);
                }
                let (mut p, mut q) = (x.open(self)?, y.open(self)?);
                loop {
                    self.tick()?;
                    match (p.next_value(self)?, q.next_value(self)?) {
                        (None, None) => break true,
                        (Some(x), Some(y)) => {
                            if !self.nested(|cx| cx.equals(&x, &y))? {
                                break false;
                            }
                        }
                        _ => break false,
                    }
                }
            }
            (Value::Record(x), Value::Record(y)) => self.records_equal(x, y)?,
            (Value::Table(x), Value::Table(y)) => self.tables_equal(x, y)?,
            (Value::Function(x), Value::Function(y)) => x.same(y),
            (Value::Type(x), Value::Type(y)) => x.same(y),
            _ => match (ticks(a), ticks(b)) {
                (Some(x), Some(y)) => x == y,
                _ => false,
            },
        })
    }

    fn records_equal(&mut self, x: &Record, y: &Record) -> Result<bool> {
        if x.shape().len() != y.shape().len() {
            return Ok(false);
        }
        if !x.shape().ptr_eq(y.shape()) && x.shape().names().iter().any(|name| y.get(name).is_none()) {
            return Ok(false);
        }
        for (name, cell) in x.fields() {
            let Some(other) = y.get(name) else { return Ok(false) };
            let (p, q) = (cell.force(self)?, other.force(self)?);
            if !self.nested(|cx| cx.equals(&p, &q))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn tables_equal(&mut self, x: &Table, y: &Table) -> Result<bool> {
        if x.shape().len() != y.shape().len() {
            return Ok(false);
        }
        let mut places = Vec::with_capacity(x.shape().len());
        for name in x.column_names() {
            match y.shape().position(name) {
                Some(at) => places.push(at),
                None => return Ok(false),
            }
        }
        let (mut p, mut q) = (x.open(self)?, y.open(self)?);
        loop {
            self.tick()?;
            match (p.next(self)?, q.next(self)?) {
                (None, None) => return Ok(true),
                (Some(a), Some(b)) => {
                    for (cell, at) in a.iter().zip(&places) {
                        let (v, w) = (cell.force(self)?, b[*at].force(self)?);
                        if !self.nested(|cx| cx.equals(&v, &w))? {
                            return Ok(false);
                        }
                    }
                }
                _ => return Ok(false),
            }
        }
    }

    /// Order of two values of one kind for `<` and its siblings; `None` when a NaN is among them.
    ///
    /// # Errors
    /// `We cannot apply operator < to types … and ….` for kinds that have no common order.
    pub fn relate(&mut self, operator: &str, a: &Value, b: &Value) -> Result<Option<Ordering>> {
        let (a, b) = (a.bare(), b.bare());
        Ok(match (a, b) {
            (Value::Int(x), Value::Int(y)) => Some(x.cmp(y)),
            (Value::Text(x), Value::Text(y)) => Some(compare_text(x, y)),
            (Value::Logical(x), Value::Logical(y)) => Some(x.cmp(y)),
            (Value::Decimal(x), Value::Decimal(y)) => Some(x.cmp(y)),
            _ if a.is_number() && b.is_number() => a.as_f64().partial_cmp(&b.as_f64()),
            (Value::Binary(x), Value::Binary(y)) => Some(x.bytes(self)?.cmp(&y.bytes(self)?)),
            _ => match (ticks(a), ticks(b)) {
                (Some((p, x)), Some((q, y))) if p == q => Some(x.cmp(&y)),
                _ => return Err(operator_error(operator, a, b)),
            },
        })
    }

    /// Total order for sorting (`Value.Compare`, `List.Sort`): null first, then by value; NaN before other numbers.
    ///
    /// # Errors
    /// `We cannot apply operator < to types … and ….` for kinds without a common order.
    pub fn compare(&mut self, a: &Value, b: &Value) -> Result<Ordering> {
        match (a.is_null(), b.is_null()) {
            (true, true) => return Ok(Ordering::Equal),
            (true, false) => return Ok(Ordering::Less),
            (false, true) => return Ok(Ordering::Greater),
            _ => {}
        }
        match self.relate("<", a, b)? {
            Some(order) => Ok(order),
            None => {
                let nan = |v: &Value| v.as_f64().is_some_and(f64::is_nan);
                Ok(nan(b).cmp(&nan(a)))
            }
        }
    }

    /// The hash key of a value; evaluates everything inside.
    pub fn key(&mut self, value: &Value) -> Result<Key> {
        Ok(match value.bare() {
            Value::Null => Key::Null,
            Value::Logical(b) => Key::Logical(*b),
            Value::Int(n) => Key::Int(*n),
            Value::Text(text) => Key::Text(text.clone()),
            number @ (Value::Double(_) | Value::Decimal(_)) => match number.as_i64() {
                Some(n) => Key::Int(n),
                None => Key::Double(number.as_f64().unwrap_or(f64::NAN).to_bits()),
            },
            Value::Binary(binary) => Key::Bytes(binary.bytes(self)?),
            Value::List(list) => {
                let mut keys = Vec::new();
                list.each(self, |cx, item| {
                    keys.push(cx.nested(|cx| cx.key(&item))?);
                    Ok(true)
                })?;
                Key::Many(keys)
            }
            Value::Record(record) => self.record_key(record)?,
            Value::Table(table) => {
                let mut keys = vec![Key::Int(-1)];
                table.each(self, |cx, row| {
                    let record = table.record(row);
                    keys.push(cx.nested(|cx| cx.record_key(&record))?);
                    Ok(true)
                })?;
                Key::Many(keys)
            }
            Value::Function(function) => Key::Identity(format!("f{}", function.address())),
            Value::Type(ty) => Key::Identity(ty.to_source()),
            other => match ticks(other) {
                Some((kind, ticks)) => Key::Ticks(kind, ticks),
                None => Key::Null,
            },
        })
    }

    fn record_key(&mut self, record: &Record) -> Result<Key> {
        let mut fields = Vec::with_capacity(record.shape().len());
        for (name, cell) in record.fields() {
            let value = cell.force(self)?;
            fields.push((name.clone(), self.nested(|cx| cx.key(&value))?));
        }
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Key::Record(fields))
    }
}

/// `We cannot apply operator + to types Number and Text.` with both operands as detail.
#[cold]
pub(crate) fn operator_error(operator: &str, a: &Value, b: &Value) -> Error {
    Error::expression(format!("We cannot apply operator {operator} to types {} and {}.", a.kind().title(), b.kind().title()))
        .with_detail(Value::Record(Record::new(vec![("Operator", Value::text(operator)), ("Left", a.clone()), ("Right", b.clone())])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_orders_by_utf16_code_units() {
        assert_eq!(compare_text("a", "B"), Ordering::Greater);
        assert_eq!(compare_text("\u{FFFD}", "😀"), Ordering::Greater);
        assert_eq!(compare_text("ab", "abc"), Ordering::Less);
    }
}
