//! When two figures are the same.

use std::str::FromStr;

use rust_decimal::Decimal;

use crate::reference::Amount;
use crate::table::Value;

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Computed twice, the same.
    Equal,
    /// Computed twice, not the same.
    Differs,
    /// Nothing to compare with.
    Unproven,
    /// Could not be computed.
    Error,
}

impl Verdict {
    /// `equal`, `differs`, `unproven`, `error`.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Equal => "equal",
            Verdict::Differs => "differs",
            Verdict::Unproven => "unproven",
            Verdict::Error => "error",
        }
    }
}

/// A value as text; blank is `None`. Exact for fixed decimals; the shortest text that reads back for doubles.
pub(super) fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Blank => return None,
        Value::Int64(n) => n.to_string(),
        Value::Currency(c) => c.to_string(),
        Value::Double(x) => format!("{x}"),
        Value::String(s) => s.to_string(),
        Value::Boolean(b) => b.to_string(),
        Value::DateTime(serial) => crate::base::Date(serial.floor() as i32).to_string(),
        Value::Binary(_) => "(bytes)".to_owned(),
    })
}

/// A number as an exact decimal, and whether its type is exact.
fn number(value: &Value) -> Option<(Decimal, bool)> {
    Some(match value {
        Value::Int64(n) => ((*n).into(), true),
        Value::Currency(c) => (Decimal::new(c.0, 4), true),
        Value::Double(x) => (Decimal::from_str(&format!("{x}")).or_else(|_| Decimal::from_scientific(&format!("{x:e}"))).ok()?, false),
        _ => return None,
    })
}

/// Difference of a figure and what it must be, where both are numbers.
pub fn difference(value: &Value, expected: Amount) -> Option<String> {
    let (got, _) = number(value)?;
    Some((got - expected.number()?).normalize().to_string())
}

/// Whether a figure is what it must be: money and counts to the last digit (a double within 1e-9 of its size), ratios within 1e-9 of their size;
/// blank equals blank alone.
pub fn verdict(value: &Value, expected: Amount) -> Verdict {
    let Some(wanted) = expected.number() else {
        return if value.is_blank() { Verdict::Equal } else { Verdict::Differs };
    };
    let Some((got, exact)) = number(value) else { return Verdict::Differs };
    let strict = exact && matches!(expected, Amount::Money(_) | Amount::Count(_));
    let tolerance = if strict { Decimal::ZERO } else { wanted.abs().max(Decimal::new(1, 6)) * Decimal::new(1, 9) };
    if (got - wanted).abs() <= tolerance { Verdict::Equal } else { Verdict::Differs }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Currency;

    #[test]
    fn blank_is_not_zero_and_a_cent_is_a_difference() {
        let money = |text: &str| Amount::Money(text.parse().unwrap());
        assert_eq!(verdict(&Value::Blank, Amount::Blank), Verdict::Equal);
        assert_eq!(verdict(&Value::Currency(Currency(0)), Amount::Blank), Verdict::Differs);
        assert_eq!(verdict(&Value::Blank, money("0")), Verdict::Differs);
        assert_eq!(verdict(&Value::Currency(Currency(100_100)), money("10.01")), Verdict::Equal);
        assert_eq!(verdict(&Value::Currency(Currency(100_101)), money("10.01")), Verdict::Differs);
        assert_eq!(verdict(&Value::Double(0.1 + 0.2), Amount::Ratio("0.3".parse().unwrap())), Verdict::Equal);
    }
}
