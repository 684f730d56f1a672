//! Conversions between types: the implicit ones of operators and functions, and CONVERT.

use super::decimal::Decimal15;
use super::parse::{parse_date_time, parse_value};
use super::text::to_text;
use crate::base::Currency;
use crate::dax::error::{EvalError, EvalResult};
use crate::dax::functions::ScalarContext;
use crate::table::{DataType, Value};

/// The error of a value that has no form of the wanted type; type names as Analysis Services spells them.
pub fn cannot_convert(value: &Value, wanted: &str) -> EvalError {
    let shown = match value {
        Value::String(text) => text.chars().take(100).collect(),
        other => to_text(&ScalarContext::default(), other).to_string(),
    };
    EvalError::new("D0301", format!("Cannot convert value '{shown}' of type {} to type {wanted}.", super::type_name(value)))
}

/// The implicit conversion to a number: TRUE is 1, text is read as VALUE reads it; BLANK and numbers stay as they are, dates too.
///
/// # Errors
/// `D0301` for text that is no number.
pub fn to_number(cx: &ScalarContext, value: &Value) -> EvalResult<Value> {
    match value {
        Value::Boolean(b) => Ok(Value::Int64(i64::from(*b))),
        Value::String(text) => parse_value(cx, text).map(Value::Double).ok_or_else(|| cannot_convert(value, "Number")),
        Value::Binary(_) => Err(cannot_convert(value, "Number")),
        _ => Ok(value.clone()),
    }
}

/// As a double; `None` for BLANK.
///
/// # Errors
/// `D0301` for text that is no number.
pub fn to_double(cx: &ScalarContext, value: &Value) -> EvalResult<Option<f64>> {
    Ok(match value {
        Value::Blank => None,
        Value::Int64(n) => Some(*n as f64),
        Value::Double(x) | Value::DateTime(x) => Some(*x),
        Value::Currency(c) => Some(c.to_f64()),
        other => return to_double(cx, &to_number(cx, other)?),
    })
}

/// As a double, BLANK being 0.
///
/// # Errors
/// `D0301` for text that is no number.
pub fn to_number_or_zero(cx: &ScalarContext, value: &Value) -> EvalResult<f64> {
    Ok(to_double(cx, value)?.unwrap_or(0.0))
}

/// A count or position: rounded half away from zero; BLANK is 0.
///
/// # Errors
/// `D0301` for text that is no number, or a number beyond 64 bits.
pub fn whole(cx: &ScalarContext, value: &Value) -> EvalResult<i64> {
    match value {
        Value::Blank => Ok(0),
        Value::Int64(n) => Ok(*n),
        _ => {
            let x = to_number_or_zero(cx, value)?;
            double_to_int(x).ok_or_else(|| cannot_convert(value, "Integer"))
        }
    }
}

fn double_to_int(x: f64) -> Option<i64> {
    // The engine adds a half and cuts: measured with 0.49999999999999994, which becomes 1.
    let rounded = if x.abs() < 4_503_599_627_370_496.0 { (x.abs() + 0.5).floor().copysign(x) } else { x };
    // 2^63 itself does not fit.
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    (-TWO_63..TWO_63).contains(&rounded).then_some(rounded as i64)
}

/// Converts to a whole number: numbers half away from zero, text half to even (measured).
///
/// # Errors
/// `D0301` when it has no such form.
pub fn to_int(cx: &ScalarContext, value: &Value) -> EvalResult<Option<i64>> {
    Ok(Some(match value {
        Value::Blank => return Ok(None),
        Value::Int64(n) => *n,
        Value::Boolean(b) => i64::from(*b),
        Value::Currency(c) => (c.0 / Currency::SCALE) + (c.0 % Currency::SCALE) / (Currency::SCALE / 2),
        Value::String(text) => {
            if let Ok(n) = text.trim().parse::<i64>() {
                return Ok(Some(n));
            }
            let x = to_number_or_zero(cx, value).map_err(|_| cannot_convert(value, "Integer"))?;
            double_to_int(x.round_ties_even()).ok_or_else(|| cannot_convert(value, "Integer"))?
        }
        _ => double_to_int(to_number_or_zero(cx, value)?).ok_or_else(|| cannot_convert(value, "Integer"))?,
    }))
}

/// Converts to a fixed decimal: doubles half away from zero, text half to even; whole numbers wrap around (measured).
///
/// # Errors
/// `D0301` for text that is no number, `D0302` outside the range.
pub fn to_currency(cx: &ScalarContext, value: &Value) -> EvalResult<Option<Currency>> {
    Ok(Some(match value {
        Value::Blank => return Ok(None),
        Value::Currency(c) => *c,
        // Whole numbers wrap around, as sums of fixed decimals do (measured).
        Value::Int64(n) => Currency(n.wrapping_mul(Currency::SCALE)),
        Value::Boolean(b) => Currency(i64::from(*b) * Currency::SCALE),
        Value::String(text) => {
            let plain = text.trim();
            let fraction = plain.split_once('.').map_or("", |(_, fraction)| fraction);
            match plain.parse::<Currency>() {
                Ok(amount) if fraction.len() <= 4 => amount,
                _ => {
                    let x = to_number_or_zero(cx, value).map_err(|_| cannot_convert(value, "Currency"))?;
                    // On 15 digits: 0.00015 is one and a half units, although no double is.
                    let scaled = x * Currency::SCALE as f64;
                    let scaled = Decimal15::new(scaled).map_or(scaled, Decimal15::to_f64).round_ties_even();
                    if scaled.abs() >= 9.223_372_036_854_775e18 || scaled.is_nan() {
                        return Err(super::arithmetic::currency_overflow());
                    }
                    Currency(scaled as i64)
                }
            }
        }
        _ => {
            let units = (to_number_or_zero(cx, value)? * Currency::SCALE as f64).round();
            if units.is_nan() || units.abs() >= 9.223_372_036_854_775e18 {
                return Err(super::arithmetic::currency_overflow());
            }
            Currency(units as i64)
        }
    }))
}

/// The implicit conversion to a date: text as DATEVALUE reads it (with the time), numbers are serial numbers.
///
/// # Errors
/// `D0301` for text that is no date.
pub fn to_date_time(cx: &ScalarContext, value: &Value) -> EvalResult<Option<f64>> {
    match value {
        Value::String(text) => {
            parse_date_time(cx, text).or_else(|| parse_value(cx, text)).map(Some).ok_or_else(|| cannot_convert(value, "Date"))
        }
        _ => to_double(cx, value),
    }
}

/// The implicit conversion to a boolean: numbers other than zero are TRUE, BLANK is FALSE.
///
/// # Errors
/// `D0301` for text other than `true` and `false`.
pub fn to_bool(cx: &ScalarContext, value: &Value) -> EvalResult<bool> {
    match value {
        Value::Boolean(b) => Ok(*b),
        Value::String(text) => match text.trim() {
            t if t.eq_ignore_ascii_case("true") => Ok(true),
            t if t.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(cannot_convert(value, "True/False")),
        },
        Value::Binary(_) => Err(cannot_convert(value, "True/False")),
        other => Ok(to_number_or_zero(cx, other)? != 0.0),
    }
}

/// CONVERT, and the conversion of a value to the type of a column; BLANK stays BLANK.
///
/// # Errors
/// `D0301` when the value has no such form, `D0302` outside the range of a fixed decimal.
pub fn convert(cx: &ScalarContext, value: &Value, to: DataType) -> EvalResult<Value> {
    if value.is_blank() || value.data_type() == Some(to) {
        return Ok(value.clone());
    }
    Ok(match to {
        DataType::Int64 => to_int(cx, value)?.map_or(Value::Blank, Value::Int64),
        DataType::Double => to_double(cx, value)?.map_or(Value::Blank, Value::Double),
        DataType::Currency => to_currency(cx, value)?.map_or(Value::Blank, Value::Currency),
        DataType::DateTime => to_date_time(cx, value)?.map_or(Value::Blank, Value::DateTime),
        DataType::Boolean => Value::Boolean(to_bool(cx, value)?),
        DataType::String => Value::String(to_text(cx, value)),
        DataType::Binary => return Err(cannot_convert(value, "Binary")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_away_and_texts_to_even() {
        let cx = ScalarContext::default();
        let int = |v: Value| convert(&cx, &v, DataType::Int64).unwrap();
        assert_eq!(int(Value::Double(2.5)), Value::Int64(3));
        assert_eq!(int(Value::Double(-2.5)), Value::Int64(-3));
        assert_eq!(int(Value::text("2.5")), Value::Int64(2));
        assert_eq!(int(Value::text("9007199254740993")), Value::Int64(9_007_199_254_740_993));
        assert_eq!(int(Value::Currency(Currency(-25_000))), Value::Int64(-3));
        assert_eq!(int(Value::Currency(Currency(24_999))), Value::Int64(2));
        assert_eq!(int(Value::DateTime(2.0)), Value::Int64(2));
        assert!(convert(&cx, &Value::Double(1e300), DataType::Int64).is_err());
        assert_eq!(convert(&cx, &Value::Int64(5), DataType::String), Ok(Value::text("5")));
        assert_eq!(convert(&cx, &Value::text("2024-03-15"), DataType::DateTime), Ok(Value::DateTime(45_366.0)));
        assert_eq!(convert(&cx, &Value::Double(1e18), DataType::Currency).unwrap_err().code, "D0302");
    }

    #[test]
    fn truth_is_any_number_but_zero() {
        let cx = ScalarContext::default();
        assert_eq!(to_bool(&cx, &Value::Blank), Ok(false));
        assert_eq!(to_bool(&cx, &Value::Double(0.1)), Ok(true));
        assert_eq!(to_bool(&cx, &Value::text("True")), Ok(true));
        assert_eq!(to_bool(&cx, &Value::text("x")).unwrap_err().message, "Cannot convert value 'x' of type Text to type True/False.");
    }
}
