//! DAX's fixed decimal.

use std::fmt;
use std::str::FromStr;

/// An amount in units of 1/10 000, as Analysis Services stores "fixed decimal number" (`Currency`).
///
/// Range ±922 337 203 685 477.5807. Rounding is half away from zero.
///
/// ```
/// use xero_pbit::base::Currency;
/// let price: Currency = "12.5".parse().unwrap();
/// assert_eq!(price, Currency(125_000));
/// assert_eq!(price.to_string(), "12.5");
/// assert_eq!(Currency::from_f64(0.00005), Some(Currency(1)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(pub i64);

impl Currency {
    /// How many units make 1.
    pub const SCALE: i64 = 10_000;

    /// The nearest amount, half away from zero; `None` when out of range or not finite.
    ///
    /// The product is rounded on its 15 significant digits, so that 1.00005 becomes 1.0001 as Power BI shows it.
    pub fn from_f64(value: f64) -> Option<Currency> {
        let scaled = value * Self::SCALE as f64;
        if !scaled.is_finite() || scaled.abs() >= 9.223_372_036_854_775e18 {
            return None;
        }
        let rounded = if scaled.abs() < 1e15 { format!("{scaled:.14e}").parse::<f64>().unwrap_or(scaled).round() } else { scaled.round() };
        Some(Currency(rounded as i64))
    }

    /// As a double; exact to 15 digits.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / Self::SCALE as f64
    }
}

impl fmt::Display for Currency {
    /// The shortest exact text: up to 4 decimals, no trailing zeros, no group separators.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let (whole, fraction) = (magnitude / Self::SCALE as u64, magnitude % Self::SCALE as u64);
        let sign = if self.0 < 0 { "-" } else { "" };
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = format!("{fraction:04}");
        write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl FromStr for Currency {
    type Err = &'static str;

    /// Reads an optional sign, digits, at most 4 decimals that count (further ones round half away) and an exponent.
    fn from_str(text: &str) -> Result<Currency, Self::Err> {
        const BAD: &str = "expected a decimal number with at most 4 decimals";
        if text.contains(['e', 'E']) {
            return text.parse::<f64>().ok().and_then(Currency::from_f64).ok_or(BAD);
        }
        let (negative, body) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
        if (whole.is_empty() && fraction.is_empty()) || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
            return Err(BAD);
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| BAD)? };
        let mut units = whole.checked_mul(10_000).ok_or(BAD)?;
        for (i, digit) in fraction.bytes().take(4).enumerate() {
            units += i128::from(digit - b'0') * 10_i128.pow(3 - i as u32);
        }
        if fraction.as_bytes().get(4).is_some_and(|digit| *digit >= b'5') {
            units += 1;
        }
        i64::try_from(if negative { -units } else { units }).map(Currency).map_err(|_| BAD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_and_rounds_half_away_from_zero() {
        for (text, units) in [("0", 0), ("-0.0001", -1), (".5", 5000), ("1.23455", 12346), ("-1.23455", -12346), ("1e2", 1_000_000)] {
            assert_eq!(text.parse(), Ok(Currency(units)), "{text}");
        }
        assert!("1,5".parse::<Currency>().is_err());
        assert!("999999999999999999".parse::<Currency>().is_err());
        assert_eq!(Currency(-10_050).to_string(), "-1.005");
    }

    #[test]
    fn doubles_round_on_fifteen_digits() {
        assert_eq!(Currency::from_f64(1.00005), Some(Currency(10_001)));
        assert_eq!(Currency::from_f64(-2.5), Some(Currency(-25_000)));
        assert_eq!(Currency::from_f64(f64::NAN), None);
        assert_eq!(Currency::from_f64(1e18), None);
    }
}
