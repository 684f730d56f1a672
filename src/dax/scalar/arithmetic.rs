//! `+ - * / ^` and unary minus.

use super::convert::{cannot_convert, to_number};
use crate::base::Currency;
use crate::dax::error::{EvalError, EvalResult};
use crate::dax::functions::ScalarContext;
use crate::table::Value;

/// A number after conversion; BLANK stays apart because each operator treats it its own way.
enum Number {
    Blank,
    Int(i64),
    Currency(i64),
    Double(f64),
    Date(f64),
}

fn number(cx: &ScalarContext, value: &Value) -> EvalResult<Number> {
    Ok(match value {
        Value::Blank => Number::Blank,
        Value::Int64(n) => Number::Int(*n),
        Value::Double(x) => Number::Double(*x),
        Value::Currency(c) => Number::Currency(c.0),
        Value::DateTime(d) => Number::Date(*d),
        Value::Boolean(b) => Number::Int(i64::from(*b)),
        Value::String(_) => return number(cx, &to_number(cx, value)?),
        Value::Binary(_) => return Err(cannot_convert(value, "Number")),
    })
}

impl Number {
    fn to_f64(&self) -> f64 {
        match self {
            Number::Blank => 0.0,
            Number::Int(n) => *n as f64,
            Number::Currency(c) => Currency(*c).to_f64(),
            Number::Double(x) | Number::Date(x) => *x,
        }
    }
}

fn currency(units: i64) -> Value {
    Value::Currency(Currency(units))
}

pub(super) fn currency_overflow() -> EvalError {
    EvalError::new("D0302", "the result is outside the range of a fixed decimal number (Currency)")
}

/// Currency units from a double count, half away from zero.
fn units(count: f64) -> EvalResult<Value> {
    let rounded = count.round();
    if rounded.abs() < 9.223_372_036_854_775e18 { Ok(currency(rounded as i64)) } else { Err(currency_overflow()) }
}

/// `a + b`: BLANK only when both are; whole numbers and fixed decimals wrap around; a date when either side is one.
///
/// # Errors
/// `D0301` for text that is no number.
///
/// Source: <https://learn.microsoft.com/dax/dax-operator-reference>
pub fn add(cx: &ScalarContext, a: &Value, b: &Value) -> EvalResult<Value> {
    use Number::{Blank, Date, Double, Int};
    Ok(match (number(cx, a)?, number(cx, b)?) {
        (Blank, Blank) => Value::Blank,
        (Blank, Int(n)) | (Int(n), Blank) => Value::Int64(n),
        (Blank, Double(x)) | (Double(x), Blank) => Value::Double(x),
        (Blank, Number::Currency(c)) | (Number::Currency(c), Blank) => currency(c),
        (Blank, Date(x)) | (Date(x), Blank) => Value::DateTime(x),
        (a @ Date(_), b) | (a, b @ Date(_)) => Value::DateTime(a.to_f64() + b.to_f64()),
        (Int(a), Int(b)) => Value::Int64(a.wrapping_add(b)),
        (a @ Double(_), b) | (a, b @ Double(_)) => Value::Double(a.to_f64() + b.to_f64()),
        (a, b) => currency(units_of(&a).wrapping_add(units_of(&b))),
    })
}

/// `a - b`: as [`add`], but only a date on the left makes a date.
///
/// # Errors
/// `D0301` for text that is no number.
pub fn sub(cx: &ScalarContext, a: &Value, b: &Value) -> EvalResult<Value> {
    use Number::{Blank, Date, Double, Int};
    Ok(match (number(cx, a)?, number(cx, b)?) {
        (Blank, Blank) => Value::Blank,
        (Blank, Int(n)) => Value::Int64(n.wrapping_neg()),
        (Blank, Number::Currency(c)) => currency(c.wrapping_neg()),
        (Blank, b) => Value::Double(-b.to_f64()),
        (Int(n), Blank) => Value::Int64(n),
        (Number::Currency(c), Blank) => currency(c),
        (a @ Date(_), b) => Value::DateTime(a.to_f64() - b.to_f64()),
        (Int(a), Int(b)) => Value::Int64(a.wrapping_sub(b)),
        (a @ Double(_), b) | (a, b @ (Double(_) | Date(_))) => Value::Double(a.to_f64() - b.to_f64()),
        (a, b) => currency(units_of(&a).wrapping_sub(units_of(&b))),
    })
}

fn units_of(value: &Number) -> i64 {
    match value {
        Number::Int(n) => n.wrapping_mul(Currency::SCALE),
        Number::Currency(c) => *c,
        Number::Blank | Number::Double(_) | Number::Date(_) => 0,
    }
}

/// `a * b`: BLANK when either side is; Currency × Currency is a double, Currency × a number a Currency.
///
/// # Errors
/// `D0301` for text that is no number, `D0302` when a Currency leaves its range.
pub fn mul(cx: &ScalarContext, a: &Value, b: &Value) -> EvalResult<Value> {
    use Number::{Blank, Date, Double, Int};
    Ok(match (number(cx, a)?, number(cx, b)?) {
        (Blank, _) | (_, Blank) => Value::Blank,
        (Int(a), Int(b)) => Value::Int64(a.wrapping_mul(b)),
        (Int(n), Number::Currency(c)) | (Number::Currency(c), Int(n)) => currency(c.wrapping_mul(n)),
        (Number::Currency(c), Double(x) | Date(x)) | (Double(x) | Date(x), Number::Currency(c)) => units(c as f64 * x)?,
        (a, b) => Value::Double(a.to_f64() * b.to_f64()),
    })
}

/// `a / b`: an IEEE quotient, so that a zero divisor gives ∞ or NaN, which IFERROR treats as errors. BLANK over anything but
/// BLANK-as-zero stays BLANK only when both are BLANK or the divisor is not zero.
///
/// # Errors
/// `D0301` for text that is no number, `D0303` when a Currency is divided by zero.
pub fn div(cx: &ScalarContext, a: &Value, b: &Value) -> EvalResult<Value> {
    use Number::{Blank, Date, Double, Int};
    Ok(match (number(cx, a)?, number(cx, b)?) {
        (Blank, _) => Value::Blank,
        (Number::Currency(_), Blank | Int(0)) => return Err(division_by_zero()),
        (Number::Currency(_), Double(x) | Date(x)) if x == 0.0 => return Err(division_by_zero()),
        (Number::Currency(c), Int(n)) => {
            let (c, n) = (i128::from(c), i128::from(n));
            let (quotient, rest) = (c / n, c % n);
            let away = if (c < 0) == (n < 0) { 1 } else { -1 };
            let rounded = if rest.abs() * 2 >= n.abs() { quotient + away } else { quotient };
            currency(i64::try_from(rounded).map_err(|_| currency_overflow())?)
        }
        (Number::Currency(c), Double(x) | Date(x)) => units(c as f64 / x)?,
        (a, b) => Value::Double(a.to_f64() / b.to_f64()),
    })
}

pub(super) fn division_by_zero() -> EvalError {
    EvalError::new("D0303", "Division by zero.")
}

/// `a ^ b`: a double; a BLANK base is BLANK, a BLANK exponent 0.
///
/// # Errors
/// `D0301` for text that is no number, `D0304` outside the domain or range.
pub fn pow(cx: &ScalarContext, a: &Value, b: &Value) -> EvalResult<Value> {
    let (base, exponent) = (number(cx, a)?, number(cx, b)?);
    if matches!(base, Number::Blank) {
        return Ok(Value::Blank);
    }
    pow_f64(base.to_f64(), exponent.to_f64()).map(Value::Double)
}

/// The power of doubles, where a negative base has odd roots: (−8)^(1/3) = −2.
///
/// # Errors
/// `D0304` for 0^0, 0 to a negative power, an even root of a negative base, and overflow.
pub fn pow_f64(base: f64, exponent: f64) -> EvalResult<f64> {
    let bad =
        || EvalError::new("D0304", "An argument of function 'POWER' has the wrong data type or the result is too large or too small.");
    if base == 0.0 && exponent <= 0.0 {
        return Err(bad());
    }
    let mut result = base.powf(exponent);
    if base < 0.0 && exponent.fract() != 0.0 {
        let root = 1.0 / exponent;
        let nearest = root.round();
        if (root - nearest).abs() > 1e-9 * nearest.abs() || nearest.rem_euclid(2.0) != 1.0 {
            return Err(bad());
        }
        result = -base.abs().powf(exponent);
    }
    if result.is_finite() { Ok(result) } else { Err(bad()) }
}

/// `-a`: keeps the type; text, booleans and dates become numbers.
///
/// # Errors
/// `D0301` for text that is no number.
pub fn neg(cx: &ScalarContext, a: &Value) -> EvalResult<Value> {
    Ok(match number(cx, a)? {
        Number::Blank => Value::Blank,
        Number::Int(n) => Value::Int64(n.wrapping_neg()),
        Number::Currency(c) => currency(c.wrapping_neg()),
        Number::Double(x) | Number::Date(x) => Value::Double(-x),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const B: Value = Value::Blank;
    fn i(n: i64) -> Value {
        Value::Int64(n)
    }
    fn d(x: f64) -> Value {
        Value::Double(x)
    }
    fn c(text: &str) -> Value {
        Value::Currency(text.parse().unwrap())
    }
    fn day(x: f64) -> Value {
        Value::DateTime(x)
    }

    #[test]
    fn result_types_follow_the_operator_table() {
        let cx = ScalarContext::default();
        for (a, b, sum, difference, product) in [
            (i(2), i(3), i(5), i(-1), i(6)),
            (i(2), c("1.5"), c("3.5"), c("0.5"), c("3")),
            (c("1.5"), c("0.5"), c("2"), c("1"), d(0.75)),
            (c("1.5"), d(0.5), d(2.0), d(1.0), c("0.75")),
            (d(0.5), c("1.5"), d(2.0), d(-1.0), c("0.75")),
            (day(10.0), i(3), day(13.0), day(7.0), d(30.0)),
            (i(3), day(10.0), day(13.0), d(-7.0), d(30.0)),
            (B, i(5), i(5), i(-5), B),
            (i(5), B, i(5), i(5), B),
            (B, B, B, B, B),
            (Value::Boolean(true), i(1), i(2), i(0), i(1)),
            (Value::text("22"), i(22), d(44.0), d(0.0), d(484.0)),
            (i(i64::MAX), i(1), i(i64::MIN), i(i64::MAX - 1), i(i64::MAX)),
        ] {
            assert_eq!(add(&cx, &a, &b), Ok(sum), "{a:?} + {b:?}");
            assert_eq!(sub(&cx, &a, &b), Ok(difference), "{a:?} - {b:?}");
            assert_eq!(mul(&cx, &a, &b), Ok(product), "{a:?} * {b:?}");
        }
        assert_eq!(add(&cx, &c("500000000000000"), &c("500000000000000")), Ok(c("-844674407370955.1616")));
        assert_eq!(add(&cx, &Value::text("abc"), &i(1)).unwrap_err().message, "Cannot convert value 'abc' of type Text to type Number.");
    }

    #[test]
    fn division_by_zero_is_infinite_except_for_currency() {
        let cx = ScalarContext::default();
        assert_eq!(div(&cx, &i(5), &B), Ok(d(f64::INFINITY)));
        assert!(matches!(div(&cx, &i(0), &i(0)), Ok(Value::Double(x)) if x.is_nan()));
        assert_eq!(div(&cx, &B, &B), Ok(B));
        assert_eq!(div(&cx, &c("1"), &i(3)), Ok(c("0.3333")));
        assert_eq!(div(&cx, &c("-1"), &i(6)), Ok(c("-0.1667")));
        assert_eq!(div(&cx, &c("1"), &c("4")), Ok(d(0.25)));
        assert_eq!(div(&cx, &c("1"), &i(0)).unwrap_err().message, "Division by zero.");
    }

    #[test]
    fn powers_have_odd_roots_and_refuse_the_rest() {
        let cx = ScalarContext::default();
        assert_eq!(pow(&cx, &i(-8), &d(1.0 / 3.0)), Ok(d(-2.0)));
        assert_eq!(pow(&cx, &B, &i(2)), Ok(B));
        assert_eq!(pow(&cx, &i(2), &B), Ok(d(1.0)));
        for (a, b) in [(i(0), i(0)), (i(0), i(-1)), (i(-8), d(0.5)), (i(10), i(400))] {
            assert!(pow(&cx, &a, &b).is_err(), "{a:?} ^ {b:?}");
        }
        assert_eq!(neg(&cx, &day(45_292.0)), Ok(d(-45_292.0)));
    }
}
