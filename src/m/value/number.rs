//! Numbers: one M type, three representations.
//!
//! Operators work in IEEE double; whole numbers stay whole while the result is exact in a double, which gives the same values.

pub use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::Value;

/// Whole numbers up to here are exact as doubles.
const EXACT: i64 = 1 << 53;

impl Value {
    /// The number as a double; `None` for other kinds.
    #[inline]
    pub fn as_f64(&self) -> Option<f64> {
        match self.bare() {
            Value::Int(n) => Some(*n as f64),
            Value::Double(n) => Some(*n),
            Value::Decimal(n) => decimal_to_f64(n),
            _ => None,
        }
    }

    /// The number as a whole number, if it is one that fits.
    #[inline]
    pub fn as_i64(&self) -> Option<i64> {
        match self.bare() {
            Value::Int(n) => Some(*n),
            Value::Double(n) => double_to_i64(*n),
            Value::Decimal(n) if n.fract().is_zero() => n.to_i64(),
            _ => None,
        }
    }

    /// The number as a decimal; `None` for other kinds and for doubles out of range.
    pub fn as_decimal(&self) -> Option<Decimal> {
        match self.bare() {
            Value::Int(n) => Some(Decimal::from(*n)),
            Value::Double(n) => short_decimal(*n).or_else(|| longer_decimal(*n)).or_else(|| {
                Decimal::from_f64_retain(*n).map(|d| {
                    // The shortest text of the double is what people mean; the binary expansion is not.
                    format!("{n}").parse().unwrap_or(d)
                })
            }),
            Value::Decimal(n) => Some(*n),
            _ => None,
        }
    }

    /// The decimal of a whole number or of a double with at most four places.
    #[inline]
    pub(crate) fn short_decimal(&self) -> Option<Decimal> {
        match self {
            Value::Int(n) => Some(Decimal::from(*n)),
            Value::Double(n) => short_decimal(*n),
            _ => None,
        }
    }

    /// A number's text without culture: shortest digits that read back, exponent form from 1E+15 and below 1E-05.
    pub fn number_text(&self) -> String {
        match self.bare() {
            Value::Int(n) => n.to_string(),
            Value::Decimal(n) => n.normalize().to_string(),
            Value::Double(n) => double_text(*n),
            _ => String::new(),
        }
    }
}

/// The decimal of a double that has at most four places, as amounts of money have: the one decimal of fifteen digits that reads back.
#[inline]
fn short_decimal(n: f64) -> Option<Decimal> {
    decimal_of_places(n, &[(2, 1e2), (4, 1e4)])
}

/// As [`short_decimal`] with at most ten places, as rates have.
fn longer_decimal(n: f64) -> Option<Decimal> {
    decimal_of_places(n, &[(6, 1e6), (10, 1e10)])
}

#[inline]
fn decimal_of_places(n: f64, scales: &[(u32, f64)]) -> Option<Decimal> {
    for &(scale, power) in scales {
        let scaled = n * power;
        if scaled.is_nan() || scaled.abs() >= 1e15 {
            return None;
        }
        let mut whole = (scaled + f64::copysign(0.5, scaled)) as i64;
        if whole as f64 / power == n {
            let mut scale = scale;
            while scale > 0 && whole % 10 == 0 {
                whole /= 10;
                scale -= 1;
            }
            return Some(Decimal::new(whole, scale));
        }
    }
    None
}

/// The double nearest to a decimal.
#[inline]
fn decimal_to_f64(n: &Decimal) -> Option<f64> {
    const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    // Digits and power of ten are exact doubles, so their quotient is the nearest one.
    match (i64::try_from(n.mantissa()), POWERS.get(n.scale() as usize)) {
        (Ok(digits), Some(power)) if (-EXACT..=EXACT).contains(&digits) => Some(digits as f64 / power),
        _ => n.to_f64(),
    }
}

/// A double that is a whole number in range.
#[inline]
pub(crate) fn double_to_i64(n: f64) -> Option<i64> {
    (n.fract() == 0.0 && n.abs() < 9.2e18).then_some(n as i64)
}

/// Invariant text of a double: `0.1`, `1E+20`, `1.5E-07`, `NaN`, `Infinity` with the signs that .NET gives them.
fn double_text(n: f64) -> String {
    if n.is_nan() {
        return "NaN".to_owned();
    }
    if n.is_infinite() {
        return if n > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if n == 0.0 {
        return if n.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    let scientific = format!("{n:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-5..15).contains(&exponent) {
        return format!("{n}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}E{sign}{:02}", exponent.abs())
}

/// `a + b` for numbers.
#[inline]
pub(crate) fn add(a: &Value, b: &Value) -> Option<Value> {
    if let (Value::Int(x), Value::Int(y)) = (a, b) {
        return Some(whole(x.checked_add(*y)).unwrap_or(Value::Double(*x as f64 + *y as f64)));
    }
    Some(Value::Double(a.as_f64()? + b.as_f64()?))
}

/// `a - b` for numbers.
#[inline]
pub(crate) fn subtract(a: &Value, b: &Value) -> Option<Value> {
    if let (Value::Int(x), Value::Int(y)) = (a, b) {
        return Some(whole(x.checked_sub(*y)).unwrap_or(Value::Double(*x as f64 - *y as f64)));
    }
    Some(Value::Double(a.as_f64()? - b.as_f64()?))
}

/// `a * b` for numbers.
#[inline]
pub(crate) fn multiply(a: &Value, b: &Value) -> Option<Value> {
    if let (Value::Int(x), Value::Int(y)) = (a, b) {
        return Some(whole(x.checked_mul(*y)).unwrap_or(Value::Double(*x as f64 * *y as f64)));
    }
    Some(Value::Double(a.as_f64()? * b.as_f64()?))
}

/// `a / b` for numbers; by zero gives infinities or NaN.
#[inline]
pub(crate) fn divide(a: &Value, b: &Value) -> Option<Value> {
    if let (Value::Int(x), Value::Int(y)) = (a, b) {
        if *y != 0 && *y != -1 && x % y == 0 && x.abs() <= EXACT {
            return Some(Value::Int(x / y));
        }
    }
    Some(Value::Double(a.as_f64()? / b.as_f64()?))
}

#[inline]
fn whole(n: Option<i64>) -> Option<Value> {
    n.filter(|n| (-EXACT..=EXACT).contains(n)).map(Value::Int)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_doubles_is_the_shortest_that_reads_back() {
        for (n, text) in
            [(0.1, "0.1"), (1e20, "1E+20"), (1.5e-7, "1.5E-07"), (1e15, "1E+15"), (123456.789, "123456.789"), (-0.00001, "-0.00001")]
        {
            assert_eq!(double_text(n), text);
        }
        assert_eq!(Value::Double(0.1 + 0.2).number_text(), "0.30000000000000004");
    }

    #[test]
    fn decimals_of_doubles_are_their_shortest_texts() {
        for n in [0.0, -0.0, 0.1, 42.94, -1.005, 2212.4, 0.12345, 1e-9, 123_456_789_012.34, 1e14, 1e16, 1e28, 0.1 + 0.2, 99.995] {
            let text: Decimal = format!("{n}").parse().unwrap();
            assert_eq!(Value::Double(n).as_decimal(), Some(text), "{n}");
        }
        assert_eq!(Value::Double(f64::NAN).as_decimal(), None);
    }

    #[test]
    fn sums_leave_whole_numbers_only_when_they_must() {
        assert!(matches!(add(&Value::Int(1), &Value::Int(2)), Some(Value::Int(3))));
        assert!(matches!(add(&Value::Int(i64::MAX), &Value::Int(1)), Some(Value::Double(_))));
        assert!(matches!(divide(&Value::Int(1), &Value::Int(2)), Some(Value::Double(x)) if x == 0.5));
        assert!(matches!(divide(&Value::Int(1), &Value::Int(0)), Some(Value::Double(x)) if x.is_infinite()));
    }
}
