//! `= == <> < <= > >=` and the order of values.

use std::cmp::Ordering;

use super::collate::compare_text;
use crate::base::Currency;
use crate::dax::error::{EvalError, EvalResult};
use crate::table::Value;

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`.
    Equal,
    /// `==`.
    StrictEqual,
    /// `<>`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
}

/// The name of a value's type in messages of Analysis Services.
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Blank => "Blank",
        Value::Int64(_) => "Integer",
        Value::Double(_) => "Number",
        Value::Currency(_) => "Currency",
        Value::String(_) => "Text",
        Value::Boolean(_) => "True/False",
        Value::DateTime(_) => "Date",
        Value::Binary(_) => "Binary",
    }
}

fn is_numeric(value: &Value) -> bool {
    matches!(value, Value::Int64(_) | Value::Double(_) | Value::Currency(_) | Value::DateTime(_))
}

fn double(value: &Value) -> f64 {
    match value {
        Value::Int64(n) => *n as f64,
        Value::Double(x) | Value::DateTime(x) => *x,
        Value::Currency(c) => c.to_f64(),
        _ => 0.0,
    }
}

/// Numbers of any type; `None` with NaN. Whole numbers and fixed decimals compare exactly, with doubles as doubles.
fn compare_numbers(a: &Value, b: &Value) -> Option<Ordering> {
    let scaled = |n: &i64| i128::from(*n) * i128::from(Currency::SCALE);
    match (a, b) {
        (Value::Int64(a), Value::Int64(b)) => Some(a.cmp(b)),
        (Value::Currency(a), Value::Currency(b)) => Some(a.cmp(b)),
        (Value::Int64(a), Value::Currency(b)) => Some(scaled(a).cmp(&i128::from(b.0))),
        (Value::Currency(a), Value::Int64(b)) => Some(i128::from(a.0).cmp(&scaled(b))),
        _ => double(a).partial_cmp(&double(b)),
    }
}

/// The order of two values of one family (numbers with dates, texts, booleans), where BLANK stands for the other side's zero,
/// empty text or FALSE. `None` when a NaN takes part.
///
/// # Errors
/// `D0306` when the families differ.
///
/// Source: <https://learn.microsoft.com/dax/dax-operator-reference>
pub fn compare(a: &Value, b: &Value) -> EvalResult<Option<Ordering>> {
    Ok(match (a, b) {
        (Value::Blank, Value::Blank) => Some(Ordering::Equal),
        (Value::String(a), Value::String(b)) => Some(compare_text(a, b)),
        (Value::String(a), Value::Blank) => Some(if a.is_empty() { Ordering::Equal } else { Ordering::Greater }),
        (Value::Blank, Value::String(b)) => Some(if b.is_empty() { Ordering::Equal } else { Ordering::Less }),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        (Value::Boolean(a), Value::Blank) => Some(a.cmp(&false)),
        (Value::Blank, Value::Boolean(b)) => Some(false.cmp(b)),
        (Value::Binary(a), Value::Binary(b)) => Some(a.cmp(b)),
        (Value::Blank, b) if is_numeric(b) => compare_numbers(&Value::Int64(0), b),
        (a, Value::Blank) if is_numeric(a) => compare_numbers(a, &Value::Int64(0)),
        (a, b) if is_numeric(a) && is_numeric(b) => compare_numbers(a, b),
        (a, b) => {
            let message = format!(
                "DAX comparison operations do not support comparing values of type {} with values of type {}. Consider using the VALUE \
                 or FORMAT function to convert one of the values.",
                type_name(a),
                type_name(b)
            );
            return Err(EvalError::new("D0306", message));
        }
    })
}

/// The result of a comparison operator; comparisons with NaN are FALSE, except `<>`.
///
/// # Errors
/// `D0306` when the families differ.
pub fn compare_with(operator: Comparison, a: &Value, b: &Value) -> EvalResult<bool> {
    if operator == Comparison::StrictEqual {
        return equals_strict(a, b);
    }
    let order = compare(a, b)?;
    Ok(match operator {
        Comparison::Equal | Comparison::StrictEqual => order == Some(Ordering::Equal),
        Comparison::NotEqual => order != Some(Ordering::Equal),
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    })
}

/// `==`, by which BLANK equals only BLANK; `IN` and the set functions compare so too.
///
/// # Errors
/// `D0306` when the families differ.
pub fn equals_strict(a: &Value, b: &Value) -> EvalResult<bool> {
    match (a.is_blank(), b.is_blank()) {
        (true, true) => Ok(true),
        (false, false) => Ok(compare(a, b)? == Some(Ordering::Equal)),
        _ => Ok(false),
    }
}

/// Whether two cells are one member of a set: as `==`, but values of different families are simply different and NaN is one value.
pub fn identical(a: &Value, b: &Value) -> bool {
    order(a, b) == Ordering::Equal
}

/// A total order for sorting: BLANK, then numbers (NaN last), texts, booleans, bytes. Equal exactly for [`identical`] values.
pub fn order(a: &Value, b: &Value) -> Ordering {
    let family = |value: &Value| match value {
        Value::Blank => 0,
        Value::String(_) => 2,
        Value::Boolean(_) => 3,
        Value::Binary(_) => 4,
        _ => 1,
    };
    family(a).cmp(&family(b)).then_with(|| match compare(a, b) {
        Ok(Some(order)) => order,
        _ => double(a).is_nan().cmp(&double(b).is_nan()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_is_the_other_sides_zero_except_for_strict_equality() {
        let yes = |operator, a: Value, b: Value| compare_with(operator, &a, &b).unwrap();
        use Comparison::{Equal, Greater, Less, StrictEqual};
        assert!(yes(Equal, Value::Blank, Value::Int64(0)));
        assert!(yes(Equal, Value::Blank, Value::text("")));
        assert!(yes(Equal, Value::Boolean(false), Value::Blank));
        assert!(yes(Equal, Value::DateTime(0.0), Value::Blank));
        assert!(!yes(StrictEqual, Value::Blank, Value::Int64(0)));
        assert!(yes(StrictEqual, Value::Blank, Value::Blank));
        assert!(yes(Less, Value::Blank, Value::Int64(1)));
        assert!(yes(Greater, Value::Blank, Value::Int64(-1)));
    }

    #[test]
    fn families_do_not_mix_and_numbers_compare_exactly() {
        assert_eq!(
            compare(&Value::text("1"), &Value::Int64(0)).unwrap_err().message,
            "DAX comparison operations do not support comparing values of type Text with values of type Integer. Consider using the VALUE \
             or FORMAT function to convert one of the values."
        );
        assert!(compare(&Value::Boolean(true), &Value::Int64(1)).is_err());
        let big = 9_007_199_254_740_993;
        assert_eq!(compare(&Value::Int64(big), &Value::Int64(big - 1)), Ok(Some(Ordering::Greater)));
        assert_eq!(compare(&Value::Int64(1), &Value::Currency(Currency(10_001))), Ok(Some(Ordering::Less)));
        assert_eq!(compare(&Value::Double(f64::NAN), &Value::Int64(1)), Ok(None));
        assert!(identical(&Value::Double(f64::NAN), &Value::Double(f64::NAN)));
        assert!(!identical(&Value::Blank, &Value::Int64(0)));
    }
}
