//! Text to numbers: culture-aware, with currency, parentheses, percent, exponents and hexadecimal digits.

use rust_decimal::Decimal;

use super::number::Number;
use crate::base::Culture;

/// Reads a number as `Number.FromText` does: white space around, a sign before or after, parentheses for negative ones,
/// currency symbol, group separators among the whole digits, exponent, `%`, hexadecimal `0x…`, the culture's words for
/// infinity and not-a-number.
///
/// Whole numbers that fit come back as [`Number::Int`], everything else as [`Number::Double`].
///
/// ```
/// use xero_pbit::base::Culture;
/// use xero_pbit::m::text_format::{Number, parse_number};
/// assert_eq!(parse_number("(1,234.5)", Culture::get("en-US")), Some(Number::Double(-1234.5)));
/// assert_eq!(parse_number("12,5 %", Culture::get("de-DE")), Some(Number::Double(0.125)));
/// assert_eq!(parse_number("5.0e-1x", Culture::get("en-US")), None);
/// ```
pub fn parse_number(text: &str, culture: &Culture) -> Option<Number> {
    let (negative, plain, percent) = plain_number(text, culture)?;
    match plain {
        Plain::Special(value) => Some(Number::Double(if negative { -value } else { value })),
        Plain::Hex(n) => Some(if negative { Number::Int(n.checked_neg()?) } else { Number::Int(n) }),
        Plain::Digits(digits) => {
            if !percent
                && digits.bytes().all(|b| b.is_ascii_digit())
                && let Ok(n) = digits.parse::<i64>()
            {
                return Some(Number::Int(if negative { -n } else { n }));
            }
            let mut value: f64 = digits.parse().ok()?;
            if percent {
                value = scale_percent(&digits).unwrap_or(value / 100.0);
            }
            Some(Number::Double(if negative { -value } else { value }))
        }
    }
}

/// As [`parse_number`], exactly; `None` also when the number has more than 28 digits.
pub fn parse_decimal(text: &str, culture: &Culture) -> Option<Decimal> {
    let (negative, plain, percent) = plain_number(text, culture)?;
    let value = match plain {
        Plain::Special(_) => return None,
        Plain::Hex(n) => Decimal::from(n),
        Plain::Digits(digits) if digits.contains('e') => Decimal::from_scientific(&digits).ok()?,
        Plain::Digits(digits) => digits.parse::<Decimal>().ok()?,
    };
    let value = if percent { value.checked_div(Decimal::ONE_HUNDRED)? } else { value };
    Some(if negative { -value } else { value })
}

/// Moves the point instead of dividing, so that `12.3%` is 0.123 to the last digit.
fn scale_percent(digits: &str) -> Option<f64> {
    if let Some((mantissa, exponent)) = digits.split_once('e') {
        let exponent: i32 = exponent.parse().ok()?;
        return format!("{mantissa}e{}", exponent - 2).parse().ok();
    }
    format!("{digits}e-2").parse().ok()
}

enum Plain {
    Special(f64),
    Hex(i64),
    /// Digits, at most one `.`, an optional `e±n`.
    Digits(String),
}

fn plain_number(text: &str, culture: &Culture) -> Option<(bool, Plain, bool)> {
    let is_space = |c: char| c.is_whitespace() || c == '\u{0}';
    let mut rest = text.trim_matches(is_space);
    if rest.is_empty() {
        return None;
    }
    for (word, value) in [
        (culture.nan, f64::NAN),
        ("NaN", f64::NAN),
        (culture.infinity, f64::INFINITY),
        ("Infinity", f64::INFINITY),
        ("∞", f64::INFINITY),
        (culture.negative_infinity, f64::NEG_INFINITY),
        ("-Infinity", f64::NEG_INFINITY),
        ("-∞", f64::NEG_INFINITY),
    ] {
        if rest.eq_ignore_ascii_case(word) {
            return Some((false, Plain::Special(value), false));
        }
    }
    let mut negative = false;
    let (mut signed, mut parenthesis, mut currency, mut percent) = (false, false, false, false);
    // Before the digits.
    loop {
        rest = rest.trim_start_matches(is_space);
        if let Some(after) = strip(rest, culture.negative_sign).or_else(|| strip(rest, "-")).or_else(|| strip(rest, "\u{2212}"))
            && !signed
        {
            (signed, negative, rest) = (true, true, after);
        } else if let Some(after) = strip(rest, culture.positive_sign)
            && !signed
        {
            (signed, rest) = (true, after);
        } else if let Some(after) = strip(rest, "(")
            && !signed
            && !parenthesis
        {
            (parenthesis, negative, rest) = (true, true, after);
        } else if let Some(after) = strip(rest, culture.currency_symbol).or_else(|| strip(rest, "¤"))
            && !currency
        {
            (currency, rest) = (true, after);
        } else if let Some(after) = strip(rest, culture.percent_symbol)
            && !percent
        {
            (percent, rest) = (true, after);
        } else {
            break;
        }
    }
    if let Some(hex) = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
        let value = u64::from_str_radix(hex, 16).ok()? as i64;
        return Some((negative, Plain::Hex(value), false));
    }
    // The digits.
    let mut digits = String::new();
    let (mut seen_point, mut seen_digit) = (false, false);
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_digit() {
            digits.push(c);
            seen_digit = true;
            rest = &rest[1..];
        } else if !seen_point
            && let Some(after) = strip(rest, culture.decimal).or_else(|| currency.then(|| strip(rest, culture.currency_decimal)).flatten())
        {
            seen_point = true;
            digits.push('.');
            rest = after;
        } else if !seen_point
            && seen_digit
            && let Some(after) = strip_group(rest, culture.group).or_else(|| strip_group(rest, culture.currency_group))
            && after.chars().next().is_some_and(|c| c.is_ascii_digit() || after.starts_with(culture.decimal))
        {
            rest = after;
        } else {
            break;
        }
    }
    if !seen_digit {
        return None;
    }
    if rest.starts_with(['e', 'E']) {
        let tail = &rest[1..];
        let (sign, tail) = match tail.chars().next() {
            Some('-') => ("-", &tail[1..]),
            Some('+') => ("", &tail[1..]),
            _ => ("", tail),
        };
        let count = tail.bytes().take_while(u8::is_ascii_digit).count();
        if count > 0 {
            digits.push('e');
            digits.push_str(sign);
            digits.push_str(&tail[..count.min(6)]);
            rest = &tail[count..];
        }
    }
    // After the digits.
    loop {
        rest = rest.trim_start_matches(is_space);
        if rest.is_empty() {
            break;
        }
        if let Some(after) = strip(rest, culture.negative_sign).or_else(|| strip(rest, "-"))
            && !signed
            && !parenthesis
        {
            (signed, negative, rest) = (true, true, after);
        } else if let Some(after) = strip(rest, ")")
            && parenthesis
        {
            (parenthesis, rest) = (false, after);
        } else if let Some(after) = strip(rest, culture.currency_symbol)
            && !currency
        {
            (currency, rest) = (true, after);
        } else if let Some(after) = strip(rest, culture.percent_symbol)
            && !percent
        {
            (percent, rest) = (true, after);
        } else {
            return None;
        }
    }
    if parenthesis {
        return None;
    }
    if digits.starts_with('.') {
        digits.insert(0, '0');
    }
    if digits.ends_with('.') {
        digits.pop();
    }
    Some((negative, Plain::Digits(digits.replace(".e", "e")), percent))
}

fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    if prefix.is_empty() { None } else { text.strip_prefix(prefix) }
}

/// A no-break space as separator stands for every kind of space.
fn strip_group<'a>(text: &'a str, group: &str) -> Option<&'a str> {
    if group == "\u{a0}" {
        return text.strip_prefix(['\u{a0}', '\u{202f}', ' ']);
    }
    if group == "’" {
        return text.strip_prefix(['’', '\'']);
    }
    strip(text, group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_numbers() {
        let us = Culture::get("en-US");
        for (text, expected) in [
            ("1", Number::Int(1)),
            (" -1,234 ", Number::Int(-1234)),
            ("12%", Number::Double(0.12)),
            ("$1.50", Number::Double(1.5)),
            ("-$1.50", Number::Double(-1.5)),
            ("($1.50)", Number::Double(-1.5)),
            ("5-", Number::Int(-5)),
            (".5", Number::Double(0.5)),
            ("5.", Number::Int(5)),
            ("1e3", Number::Double(1000.0)),
            ("5.0e-10", Number::Double(5.0e-10)),
            ("0xff", Number::Int(255)),
            ("-Infinity", Number::Double(f64::NEG_INFINITY)),
            ("12345678901234567890", Number::Double(12_345_678_901_234_567_890.0)),
        ] {
            assert_eq!(parse_number(text, us), Some(expected), "{text}");
        }
        for text in ["", "  ", "abc", "1.2.3", "1 2", "(5", "--5", "e5", "$", "1e", "0xg"] {
            assert_eq!(parse_number(text, us), None, "{text}");
        }
    }

    #[test]
    fn separators_follow_the_culture() {
        assert_eq!(parse_number("1.234,5", Culture::get("de-DE")), Some(Number::Double(1234.5)));
        assert_eq!(parse_number("1 234,5", Culture::get("fr-FR")), Some(Number::Double(1234.5)));
        assert_eq!(parse_number("1,5", Culture::get("en-US")), Some(Number::Int(15)));
        assert_eq!(parse_decimal("0.1", Culture::get("en-US")), "0.1".parse().ok());
    }
}
