//! The text form of values: what `&`, CONCATENATE and CONVERT make.

use std::sync::Arc;

use super::datetext::date_time_text;
use super::decimal::Decimal15;
use crate::dax::functions::ScalarContext;
use crate::table::Value;

/// The text of a value; BLANK is the empty text. Doubles on 15 significant digits, fixed decimals exactly, booleans `TRUE` and
/// `FALSE`, dates in the short pattern of the culture with the time when there is one.
pub fn to_text(cx: &ScalarContext, value: &Value) -> Arc<str> {
    match value {
        Value::Blank => Arc::from(""),
        Value::Int64(n) => Arc::from(n.to_string()),
        Value::Double(x) => Arc::from(double_text(*x, cx.conventions().decimal)),
        Value::Currency(c) => {
            let text = c.to_string();
            let point = cx.conventions().decimal;
            Arc::from(if point == "." { text } else { text.replace('.', point) })
        }
        Value::String(text) => text.clone(),
        Value::Boolean(b) => Arc::from(if *b { "TRUE" } else { "FALSE" }),
        Value::DateTime(x) => Arc::from(date_time_text(*x, cx.conventions())),
        Value::Binary(bytes) => Arc::from(bytes.iter().map(|b| format!("{b:02X}")).collect::<String>()),
    }
}

/// A double on 15 significant digits: fixed notation up to 15 digits before and 15 after the point, otherwise `1.5E+22`.
///
/// ```
/// use xero_pbit::dax::scalar::double_text;
/// assert_eq!(double_text(1.0 / 3.0, "."), "0.333333333333333");
/// assert_eq!(double_text(1.5e22, "."), "1.5E+22");
/// assert_eq!(double_text(1.0 / 30.0, "."), "3.33333333333333E-02");
/// assert_eq!(double_text(-0.5, ","), "-0,5");
/// ```
pub fn double_text(x: f64, point: &str) -> String {
    let Some(decimal) = Decimal15::new(x) else {
        return if x.is_nan() {
            "-nan(ind)".to_owned()
        } else if x > 0.0 {
            "inf".to_owned()
        } else {
            "-inf".to_owned()
        };
    };
    if decimal.digits == 0 {
        return "0".to_owned();
    }
    let sign = if decimal.negative { "-" } else { "" };
    let digits = decimal.digits.to_string();
    let count = digits.len() as i32;
    let whole = count + decimal.exponent;
    if decimal.exponent >= 0 && whole <= 15 {
        return format!("{sign}{digits}{}", "0".repeat(decimal.exponent as usize));
    }
    if decimal.exponent < 0 && decimal.exponent >= -15 {
        let decimals = -decimal.exponent as usize;
        return if whole > 0 {
            format!("{sign}{}{point}{}", &digits[..whole as usize], &digits[whole as usize..])
        } else {
            format!("{sign}0{point}{digits:0>decimals$}")
        };
    }
    let power = whole - 1;
    let (head, tail) = digits.split_at(1);
    let separator = if tail.is_empty() { "" } else { point };
    format!("{sign}{head}{separator}{tail}E{}{:02}", if power < 0 { '-' } else { '+' }, power.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_its_text() {
        let cx = ScalarContext::default();
        for (value, text) in [
            (Value::Blank, ""),
            (Value::Double(12.0), "12"),
            (Value::Double(1e15), "1E+15"),
            (Value::Double(1e14), "100000000000000"),
            (Value::Double(0.1 + 0.2), "0.3"),
            (Value::Double(f64::NAN), "-nan(ind)"),
            (Value::Currency(crate::base::Currency(12_500)), "1.25"),
            (Value::Boolean(false), "FALSE"),
            (Value::DateTime(45_355.0), "3/4/2024"),
            (Value::DateTime(45_355.645_833_333_336), "3/4/2024 3:30:00 PM"),
            (Value::DateTime(0.5), "12:00:00 PM"),
        ] {
            assert_eq!(&*to_text(&cx, &value), text, "{value:?}");
        }
    }
}
