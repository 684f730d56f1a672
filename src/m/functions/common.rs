//! What the families of the library share: cultures, numbers, comparers, criteria.

use std::cmp::Ordering;

use crate::base::Culture;
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::text_format::Number;
use crate::m::value::{Function, List, Record, Value};

/// The text of an argument that the descriptor declares as text; `None` for null.
pub(super) fn text(value: &Value) -> Option<&str> {
    match value.bare() {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// The culture that an argument names; the engine's own for null.
///
/// # Errors
/// `Expression.Error` for a name that is no culture.
pub(super) fn culture(cx: &Interp, value: &Value) -> Result<&'static Culture> {
    match text(value) {
        None => Ok(default_culture(cx)),
        Some(name) => Culture::find(name).ok_or_else(|| {
            Error::expression(format!("Culture is not supported.\r\nParameter name: name\r\n{name} is an invalid culture identifier."))
                .with_detail(value.clone())
        }),
    }
}

/// The culture of the evaluation.
pub(super) fn default_culture(cx: &Interp) -> &'static Culture {
    Culture::get(cx.culture())
}

/// The number of a number value.
pub(super) fn number(value: &Value) -> Option<Number> {
    match value.bare() {
        Value::Int(n) => Some(Number::Int(*n)),
        Value::Double(n) => Some(Number::Double(*n)),
        Value::Decimal(n) => Some(Number::Decimal(*n)),
        _ => None,
    }
}

/// A number as a value.
pub(super) fn number_value(number: Number) -> Value {
    match number {
        Number::Int(n) => Value::Int(n),
        Number::Double(n) => Value::Double(n),
        Number::Decimal(n) => Value::Decimal(n),
    }
}

/// A double as a value; whole numbers stay whole where that loses nothing.
pub(super) fn double_value(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0 && !(number == 0.0 && number.is_sign_negative()) {
        Value::Int(number as i64)
    } else {
        Value::Double(number)
    }
}

/// A logical argument, `default` for null.
pub(super) fn flag(value: &Value, default: bool) -> bool {
    match value.bare() {
        Value::Logical(b) => *b,
        _ => default,
    }
}

/// `The 'count' argument is out of range.`
#[cold]
pub(super) fn out_of_range(name: &str, value: &Value) -> Error {
    Error::expression(format!("The '{name}' argument is out of range.")).with_detail(value.clone())
}

/// A whole number from 0 up, under the name of its parameter.
pub(super) fn count(name: &str, value: &Value) -> Result<usize> {
    match value.as_i64() {
        Some(n) if n >= 0 => Ok(n as usize),
        _ => Err(out_of_range(name, value)),
    }
}

/// A member of an enumeration by its number, `default` for null.
pub(super) fn choice(value: &Value, default: i64, allowed: std::ops::RangeInclusive<i64>, name: &str) -> Result<i64> {
    if value.is_null() {
        return Ok(default);
    }
    match value.as_i64() {
        Some(n) if allowed.contains(&n) => Ok(n),
        _ => Err(out_of_range(name, value)),
    }
}

/// Texts of a list, or a single text.
pub(super) fn names(cx: &mut Interp, value: &Value) -> Result<Vec<crate::m::value::Text>> {
    match value.bare() {
        Value::List(list) => list.texts(cx),
        Value::Text(text) => Ok(vec![text.clone()]),
        other => Err(Error::cannot_convert(other, "List")),
    }
}

/// The function of an argument.
pub(super) fn function(value: &Value) -> Result<Function> {
    match value.bare() {
        Value::Function(function) => Ok(function.clone()),
        other => Err(Error::cannot_convert(other, "Function")),
    }
}

/// The list of an argument.
pub(super) fn list(value: &Value) -> Result<List> {
    match value.bare() {
        Value::List(list) => Ok(list.clone()),
        other => Err(Error::cannot_convert(other, "List")),
    }
}

/// The record of an argument.
pub(super) fn record(value: &Value) -> Result<Record> {
    match value.bare() {
        Value::Record(record) => Ok(record.clone()),
        other => Err(Error::cannot_convert(other, "Record")),
    }
}

/// The text of a value that must be text.
pub(super) fn need_text(value: &Value) -> Result<crate::m::value::Text> {
    match value.bare() {
        Value::Text(text) => Ok(text.clone()),
        other => Err(Error::cannot_convert(other, "Text")),
    }
}

/// The result of a comparer as an order.
pub(super) fn ordering(value: &Value) -> Result<Ordering> {
    match value.as_f64() {
        Some(n) if n < 0.0 => Ok(Ordering::Less),
        Some(n) if n > 0.0 => Ok(Ordering::Greater),
        Some(_) => Ok(Ordering::Equal),
        None => Err(Error::cannot_convert(value, "Number")),
    }
}

/// How values are told apart: `optional equationCriteria` of the list and table functions.
pub(super) enum Equation {
    /// By value.
    Plain,
    /// By the value of a function of them.
    By(Value),
    /// By a comparer that gives 0 or true for equal values.
    Comparer(Value),
    /// First a function of them, then a comparer.
    ByComparer(Value, Value),
}

impl Equation {
    /// Reads the criteria: null, a key function, a comparer of two arguments, or a list of both.
    pub(super) fn read(cx: &mut Interp, value: &Value) -> Result<Equation> {
        Ok(match value.bare() {
            Value::Null => Equation::Plain,
            Value::Function(f) if required_args(f) >= 2 => Equation::Comparer(value.clone()),
            Value::Function(_) => Equation::By(value.clone()),
            Value::List(list) => {
                let parts = list.values(cx)?;
                match parts.as_slice() {
                    [] => Equation::Plain,
                    [one] => return Equation::read(cx, one),
                    [key, comparer] => Equation::ByComparer(key.clone(), comparer.clone()),
                    _ => return Err(Error::expression("The equation criteria are not valid.").with_detail(value.clone())),
                }
            }
            _ => return Err(Error::expression("The equation criteria are not valid.").with_detail(value.clone())),
        })
    }

    /// What is compared in place of a value.
    pub(super) fn project(&self, cx: &mut Interp, value: &Value) -> Result<Value> {
        match self {
            Equation::By(key) | Equation::ByComparer(key, _) => cx.call(key, std::slice::from_ref(value)),
            _ => Ok(value.clone()),
        }
    }

    /// Whether two projected values are equal.
    pub(super) fn same(&self, cx: &mut Interp, a: &Value, b: &Value) -> Result<bool> {
        match self {
            Equation::Comparer(comparer) | Equation::ByComparer(_, comparer) => comparer_says_equal(cx, comparer, a, b),
            _ => cx.equals(a, b),
        }
    }

    /// Whether projected values can be put into a hash table as they are.
    pub(super) fn hashes(&self) -> bool {
        matches!(self, Equation::Plain | Equation::By(_))
    }
}

/// Asks a comparer: a number means order, a logical equality.
pub(super) fn comparer_says_equal(cx: &mut Interp, comparer: &Value, a: &Value, b: &Value) -> Result<bool> {
    let result = cx.call(comparer, &[a.clone(), b.clone()])?;
    match result.bare() {
        Value::Logical(equal) => Ok(*equal),
        other => Ok(ordering(other)?.is_eq()),
    }
}

/// How many arguments a function needs; comparers need two.
pub(super) fn required_args(function: &Function) -> usize {
    match function.ty().form() {
        crate::m::value::TypeForm::Function(ty) => ty.required,
        _ => 1,
    }
}

/// One level of a sort order.
struct Level {
    key: Option<Value>,
    comparer: Option<Value>,
    descending: bool,
}

/// How values are ordered: `comparisonCriteria` of the list and table functions.
pub(super) struct Criteria(Vec<Level>);

impl Criteria {
    /// Reads the criteria of a list: null, an order, a key function, a comparer, a pair of both, or a list of pairs.
    pub(super) fn read(cx: &mut Interp, value: &Value) -> Result<Criteria> {
        Criteria::read_with(cx, value, &|_, _| Ok(None))
    }

    /// As [`Criteria::read`]; `name` may turn a text into a key function (a column name into a field selection).
    pub(super) fn read_with(cx: &mut Interp, value: &Value, name: &dyn Fn(&mut Interp, &str) -> Result<Option<Value>>) -> Result<Criteria> {
        if let Value::List(list) = value.bare() {
            let parts = list.values(cx)?;
            let nested = parts.iter().any(|part| matches!(part.bare(), Value::List(_)));
            let several_names = parts.len() > 1 && parts.iter().all(|part| matches!(part.bare(), Value::Text(_)));
            if nested || several_names {
                let mut levels = Vec::with_capacity(parts.len());
                for part in &parts {
                    levels.push(level(cx, part, name)?);
                }
                return Ok(Criteria(levels));
            }
            if parts.is_empty() {
                return Ok(Criteria(Vec::new()));
            }
        }
        Ok(Criteria(vec![level(cx, value, name)?]))
    }

    /// The keys of a value, one per level.
    pub(super) fn keys(&self, cx: &mut Interp, value: &Value) -> Result<Vec<Value>> {
        if self.0.is_empty() {
            return Ok(vec![value.clone()]);
        }
        self.0
            .iter()
            .map(|level| match &level.key {
                Some(key) => cx.call(key, std::slice::from_ref(value)),
                None => Ok(value.clone()),
            })
            .collect()
    }

    /// The order of two values by their keys.
    pub(super) fn compare(&self, cx: &mut Interp, a: &[Value], b: &[Value]) -> Result<Ordering> {
        if self.0.is_empty() {
            return cx.compare(&a[0], &b[0]);
        }
        for (level, (a, b)) in self.0.iter().zip(a.iter().zip(b)) {
            let order = match &level.comparer {
                Some(comparer) => {
                    let result = cx.call(comparer, &[a.clone(), b.clone()])?;
                    ordering(&result)?
                }
                None => cx.compare(a, b)?,
            };
            let order = if level.descending { order.reverse() } else { order };
            if order.is_ne() {
                return Ok(order);
            }
        }
        Ok(Ordering::Equal)
    }

    /// Sorts items by their keys, keeping the order of equal ones; the first error stops it.
    pub(super) fn sort<T>(&self, cx: &mut Interp, mut items: Vec<(Vec<Value>, T)>) -> Result<Vec<(Vec<Value>, T)>> {
        let mut failed = None;
        items.sort_by(|a, b| {
            if failed.is_some() {
                return Ordering::Equal;
            }
            self.compare(cx, &a.0, &b.0).unwrap_or_else(|error| {
                failed = Some(error);
                Ordering::Equal
            })
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(items),
        }
    }
}

fn level(cx: &mut Interp, value: &Value, name: &dyn Fn(&mut Interp, &str) -> Result<Option<Value>>) -> Result<Level> {
    let mut level = Level { key: None, comparer: None, descending: false };
    let invalid = |value: &Value| Error::expression("The comparison criteria are not valid.").with_detail(value.clone());
    let parts = match value.bare() {
        Value::List(list) => list.values(cx)?,
        other => vec![other.clone()],
    };
    for part in &parts {
        match part.bare() {
            Value::Null => {}
            Value::Function(f) if required_args(f) >= 2 && level.comparer.is_none() => level.comparer = Some(part.clone()),
            Value::Function(_) if level.key.is_none() => level.key = Some(part.clone()),
            Value::Text(text) if level.key.is_none() => level.key = Some(name(cx, text)?.ok_or_else(|| invalid(value))?),
            number if number.is_number() => level.descending = choice(number, 0, 0..=1, "order")? == 1,
            _ => return Err(invalid(value)),
        }
    }
    Ok(level)
}

/// Fields of an options record that are not known.
///
/// # Errors
/// `'x' isn't a valid … option.`
pub(super) fn check_options(record: &Record, function: &str, known: &[&str]) -> Result<()> {
    for name in record.shape().names() {
        if !known.contains(&&**name) {
            let valid = known.join(", ");
            return Err(Error::expression(format!("'{name}' isn't a valid {function} option. Valid options are:\r\n{valid}"))
                .with_detail(Value::text(name)));
        }
    }
    Ok(())
}
