//! Numbers to text: plain form, standard (`C D E F G N P R X`) and custom numeric format strings.

use rust_decimal::Decimal;

use crate::base::Culture;

/// A number in one of the representations that M keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Whole number.
    Int(i64),
    /// IEEE double.
    Double(f64),
    /// Exact decimal.
    Decimal(Decimal),
}

/// Decimal digits with a point: 0.DIGITS × 10^scale, no leading and no trailing zeros.
#[derive(Clone, Debug)]
struct Digits {
    negative: bool,
    digits: Vec<u8>,
    scale: i32,
}

impl Digits {
    fn from_text(negative: bool, whole: &str, fraction: &str) -> Digits {
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0').collect();
        let mut scale = whole.len() as i32;
        let zeros = digits.iter().take_while(|d| **d == 0).count();
        digits.drain(..zeros);
        scale -= zeros as i32;
        let mut out = Digits { negative, digits, scale };
        out.trim();
        out
    }

    /// `significant` correctly rounded digits.
    fn from_double(value: f64, significant: usize) -> Digits {
        let text = format!("{:.*e}", significant - 1, value.abs());
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut out = Digits::from_text(value.is_sign_negative(), whole, fraction);
        if !out.digits.is_empty() {
            out.scale += exponent;
        }
        out
    }

    fn from_number(value: Number, significant: usize) -> Digits {
        match value {
            Number::Int(n) => Digits::from_text(n < 0, &n.unsigned_abs().to_string(), ""),
            Number::Double(x) => Digits::from_double(x, significant),
            Number::Decimal(d) => {
                let text = d.abs().to_string();
                let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
                Digits::from_text(d.is_sign_negative(), whole, fraction)
            }
        }
    }

    fn trim(&mut self) {
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.scale = 0;
            self.negative = false;
        }
    }

    /// Keeps `count` digits, half away from zero.
    fn round_to(&mut self, count: i32) {
        if count < 0 {
            self.digits.clear();
        } else if (count as usize) < self.digits.len() {
            let up = self.digits[count as usize] >= 5;
            self.digits.truncate(count as usize);
            if up {
                let mut at = self.digits.len();
                loop {
                    if at == 0 {
                        self.digits.insert(0, 1);
                        self.scale += 1;
                        break;
                    }
                    at -= 1;
                    if self.digits[at] == 9 {
                        self.digits[at] = 0;
                    } else {
                        self.digits[at] += 1;
                        break;
                    }
                }
            }
        }
        self.trim();
    }

    /// Digit at decimal position `place` (0 = units, −1 = tenths).
    fn at(&self, place: i32) -> u8 {
        let index = self.scale - 1 - place;
        if index < 0 { 0 } else { self.digits.get(index as usize).copied().unwrap_or(0) }
    }

    fn whole_text(&self) -> String {
        if self.scale <= 0 {
            return "0".to_owned();
        }
        (0..self.scale).rev().map(|place| char::from(b'0' + self.at(place))).collect()
    }

    fn fraction_text(&self, decimals: usize) -> String {
        (1..=decimals as i32).map(|place| char::from(b'0' + self.at(-place))).collect()
    }
}

/// The plain text of a double in the culture: `1`, `0.1`, `1E+20`, `0.33333333333333331`.
///
/// ```
/// use xero_pbit::base::Culture;
/// use xero_pbit::m::text_format::double_text;
/// assert_eq!(double_text(0.1 + 0.2, Culture::get("en-US")), "0.30000000000000004");
/// assert_eq!(double_text(1e15, Culture::get("en-US")), "1E+15");
/// assert_eq!(double_text(1.5, Culture::get("de-DE")), "1,5");
/// ```
pub fn double_text(value: f64, culture: &Culture) -> String {
    if let Some(text) = not_finite(value, culture) {
        return text;
    }
    if value == value.trunc() && value.abs() < 1e15 {
        let text = format!("{}", value.abs() as i64);
        return if value < 0.0 { format!("{}{text}", culture.negative_sign) } else { text };
    }
    let short = Digits::from_double(value, 15);
    let reads_back = to_double(&short) == value;
    if reads_back { general(short, 15, 'E', 2, culture) } else { general(Digits::from_double(value, 17), 17, 'E', 2, culture) }
}

fn to_double(digits: &Digits) -> f64 {
    let text: String = digits.digits.iter().map(|d| char::from(b'0' + d)).collect();
    let value = format!("0.{text}e{}", digits.scale).parse::<f64>().unwrap_or(0.0);
    if digits.negative { -value } else { value }
}

/// The plain text of any number.
pub fn number_text(value: Number, culture: &Culture) -> String {
    match value {
        Number::Int(n) if n < 0 => format!("{}{}", culture.negative_sign, n.unsigned_abs()),
        Number::Int(n) => n.to_string(),
        Number::Double(x) => double_text(x, culture),
        Number::Decimal(d) => {
            let digits = Digits::from_number(value, 29);
            let decimals = d.normalize().scale() as usize;
            fixed(&digits, decimals, culture)
        }
    }
}

fn not_finite(value: f64, culture: &Culture) -> Option<String> {
    let text = match value {
        x if x.is_nan() => culture.nan,
        f64::INFINITY => culture.infinity,
        f64::NEG_INFINITY => culture.negative_infinity,
        _ => return None,
    };
    Some(text.to_owned())
}

fn signed(negative: bool, body: String, culture: &Culture) -> String {
    if negative { format!("{}{body}", culture.negative_sign) } else { body }
}

fn fixed(digits: &Digits, decimals: usize, culture: &Culture) -> String {
    let mut rounded = digits.clone();
    rounded.round_to(digits.scale + decimals as i32);
    signed(rounded.negative, fixed_body(&rounded, decimals, culture.decimal), culture)
}

fn fixed_body(digits: &Digits, decimals: usize, point: &str) -> String {
    let mut text = digits.whole_text();
    if decimals > 0 {
        text.push_str(point);
        text.push_str(&digits.fraction_text(decimals));
    }
    text
}

/// Inserts group separators into a run of digits.
pub(crate) fn group_digits(whole: &str, sizes: &[u8], separator: &str) -> String {
    let bytes = whole.as_bytes();
    let mut cuts = Vec::new();
    let mut end = bytes.len();
    let mut index = 0;
    while let Some(size) = sizes.get(index).or(sizes.last()).map(|s| usize::from(*s)) {
        if size == 0 || end <= size {
            break;
        }
        end -= size;
        cuts.push(end);
        index += 1;
    }
    let mut out = String::with_capacity(whole.len() + cuts.len() * separator.len());
    for (i, c) in whole.chars().enumerate() {
        if cuts.contains(&i) {
            out.push_str(separator);
        }
        out.push(c);
    }
    out
}

fn grouped_body(digits: &Digits, decimals: usize, point: &str, sizes: &[u8], separator: &str) -> String {
    let mut text = group_digits(&digits.whole_text(), sizes, separator);
    if decimals > 0 {
        text.push_str(point);
        text.push_str(&digits.fraction_text(decimals));
    }
    text
}

fn general(digits: Digits, precision: usize, exponent_letter: char, exponent_digits: usize, culture: &Culture) -> String {
    if digits.digits.is_empty() {
        return "0".to_owned();
    }
    let exponent = digits.scale - 1;
    if exponent >= precision as i32 || exponent < -4 {
        let mut text = char::from(b'0' + digits.digits[0]).to_string();
        if digits.digits.len() > 1 {
            text.push_str(culture.decimal);
            text.extend(digits.digits[1..].iter().map(|d| char::from(b'0' + d)));
        }
        let sign = if exponent < 0 { culture.negative_sign } else { culture.positive_sign };
        text.push_str(&format!("{exponent_letter}{sign}{}", super::zero_padded(exponent.unsigned_abs(), exponent_digits)));
        return signed(digits.negative, text, culture);
    }
    let decimals = (digits.digits.len() as i32 - digits.scale).max(0) as usize;
    signed(digits.negative, fixed_body(&digits, decimals, culture.decimal), culture)
}

/// Formats with a standard or custom numeric format string.
///
/// # Errors
/// A message when the format is not one of .NET's, or asks for whole digits of a fraction (`D`, `X`).
pub fn format_number(value: Number, format: &str, culture: &Culture) -> Result<String, String> {
    let mut chars = format.chars();
    let Some(letter) = chars.next() else { return Ok(number_text(value, culture)) };
    let rest = chars.as_str();
    let standard = letter.is_ascii_alphabetic() && rest.len() <= 3 && rest.bytes().all(|b| b.is_ascii_digit());
    if let Number::Double(x) = value
        && let Some(text) = not_finite(x, culture)
    {
        return Ok(text);
    }
    if !standard {
        return Ok(custom(value, format, culture));
    }
    let precision: Option<usize> = rest.parse().ok();
    let invalid = || "Format specifier was invalid.".to_owned();
    let digits = Digits::from_number(value, 15);
    Ok(match letter.to_ascii_uppercase() {
        'C' => {
            let decimals = precision.unwrap_or(usize::from(culture.currency_digits));
            let mut rounded = digits.clone();
            rounded.round_to(digits.scale + decimals as i32);
            let body = grouped_body(&rounded, decimals, culture.currency_decimal, culture.group_sizes, culture.currency_group);
            currency(rounded.negative, &body, culture)
        }
        'D' => {
            let n = whole(value).ok_or_else(invalid)?;
            let width = precision.unwrap_or(1);
            signed(n < 0, super::zero_padded(n.unsigned_abs(), width), culture)
        }
        'E' => {
            let decimals = precision.unwrap_or(6);
            let mut digits = if decimals > 14 { Digits::from_number(value, 17) } else { digits };
            digits.round_to(decimals as i32 + 1);
            let exponent = if digits.digits.is_empty() { 0 } else { digits.scale - 1 };
            let mut text = char::from(b'0' + digits.digits.first().copied().unwrap_or(0)).to_string();
            if decimals > 0 {
                text.push_str(culture.decimal);
                text.extend((1..=decimals).map(|i| char::from(b'0' + digits.digits.get(i).copied().unwrap_or(0))));
            }
            let sign = if exponent < 0 { culture.negative_sign } else { culture.positive_sign };
            signed(digits.negative, format!("{text}{letter}{sign}{:03}", exponent.abs()), culture)
        }
        'F' => fixed(&digits, precision.unwrap_or(2), culture),
        'G' => {
            let precision = precision.filter(|p| *p > 0);
            match (value, precision) {
                (_, None) => match value {
                    Number::Double(_) => general(digits, 15, if letter == 'g' { 'e' } else { 'E' }, 2, culture),
                    _ => number_text(value, culture),
                },
                (_, Some(p)) => {
                    let mut digits = if p > 15 { Digits::from_number(value, 17) } else { digits };
                    digits.round_to(p as i32);
                    general(digits, p, if letter == 'g' { 'e' } else { 'E' }, 2, culture)
                }
            }
        }
        'N' => {
            let decimals = precision.unwrap_or(2);
            let mut rounded = digits.clone();
            rounded.round_to(digits.scale + decimals as i32);
            let body = grouped_body(&rounded, decimals, culture.decimal, culture.group_sizes, culture.group);
            signed(rounded.negative, body, culture)
        }
        'P' => {
            let decimals = precision.unwrap_or(2);
            let mut scaled = digits;
            if !scaled.digits.is_empty() {
                scaled.scale += 2;
            }
            let places = scaled.scale + decimals as i32;
            scaled.round_to(places);
            let body = grouped_body(&scaled, decimals, culture.decimal, culture.group_sizes, culture.group);
            percent(scaled.negative, &body, culture)
        }
        'R' => number_text(value, culture),
        'X' => {
            let n = whole(value).ok_or_else(invalid)?;
            let width = precision.unwrap_or(1);
            // Power Query passes 32-bit numbers on as such, so that a negative one has 8 digits.
            let bits = if let Ok(small) = i32::try_from(n) { u64::from(small as u32) } else { n as u64 };
            if letter == 'X' { format!("{bits:0width$X}") } else { format!("{bits:0width$x}") }
        }
        _ => return Err(invalid()),
    })
}

fn whole(value: Number) -> Option<i64> {
    match value {
        Number::Int(n) => Some(n),
        Number::Double(x) if x == x.trunc() && x.abs() < 9.2e18 => Some(x as i64),
        Number::Double(_) => None,
        Number::Decimal(d) if d.fract().is_zero() => i64::try_from(d).ok(),
        Number::Decimal(_) => None,
    }
}

/// `NumberFormatInfo.CurrencyPositivePattern` and `CurrencyNegativePattern`.
pub(crate) fn currency(negative: bool, body: &str, culture: &Culture) -> String {
    const POSITIVE: [&str; 4] = ["$n", "n$", "$ n", "n $"];
    const NEGATIVE: [&str; 16] =
        ["($n)", "-$n", "$-n", "$n-", "(n$)", "-n$", "n-$", "n$-", "-n $", "-$ n", "n $-", "$ n-", "$ -n", "n- $", "($ n)", "(n $)"];
    let pattern =
        if negative { NEGATIVE[usize::from(culture.currency_negative)] } else { POSITIVE[usize::from(culture.currency_positive)] };
    fill_pattern(pattern, body, culture.currency_symbol, culture)
}

/// `NumberFormatInfo.PercentPositivePattern` and `PercentNegativePattern`.
pub(crate) fn percent(negative: bool, body: &str, culture: &Culture) -> String {
    const POSITIVE: [&str; 4] = ["n $", "n$", "$n", "$ n"];
    const NEGATIVE: [&str; 12] = ["-n $", "-n$", "-$n", "$-n", "$n-", "n-$", "n$-", "-$ n", "n $-", "$ n-", "$ -n", "n- $"];
    let pattern = if negative { NEGATIVE[usize::from(culture.percent_negative)] } else { POSITIVE[usize::from(culture.percent_positive)] };
    fill_pattern(pattern, body, culture.percent_symbol, culture)
}

fn fill_pattern(pattern: &str, body: &str, symbol: &str, culture: &Culture) -> String {
    let mut out = String::new();
    for c in pattern.chars() {
        match c {
            'n' => out.push_str(body),
            '$' => out.push_str(symbol),
            '-' => out.push_str(culture.negative_sign),
            c => out.push(c),
        }
    }
    out
}

#[derive(Debug, PartialEq)]
enum Piece {
    Zero,
    Hash,
    Point,
    Percent,
    PerMille,
    Exponent { letter: char, plus: bool, digits: usize },
    Literal(String),
}

struct Section {
    pieces: Vec<Piece>,
    grouped: bool,
    /// Thousands cut off by commas before the point.
    thousands: u32,
}

/// Splits a custom format at its semicolons outside quotes.
fn sections(format: &str) -> Vec<Section> {
    let chars: Vec<char> = format.chars().collect();
    let mut out = Vec::new();
    let mut pieces = Vec::new();
    let mut i = 0;
    let (mut grouped, mut thousands, mut pending_commas, mut seen_digit, mut seen_point) = (false, 0, 0, false, false);
    let finish = |pieces: &mut Vec<Piece>, grouped: bool, thousands: u32, out: &mut Vec<Section>| {
        out.push(Section { pieces: std::mem::take(pieces), grouped, thousands });
    };
    let literal = |pieces: &mut Vec<Piece>, text: &str| match pieces.last_mut() {
        Some(Piece::Literal(last)) => last.push_str(text),
        _ => pieces.push(Piece::Literal(text.to_owned())),
    };
    while i < chars.len() {
        let c = chars[i];
        i += 1;
        match c {
            '0' | '#' => {
                if pending_commas > 0 && !seen_point {
                    grouped = true;
                    pending_commas = 0;
                }
                seen_digit = true;
                pieces.push(if c == '0' { Piece::Zero } else { Piece::Hash });
            }
            '.' => {
                if !seen_point {
                    seen_point = true;
                    thousands += pending_commas;
                    pending_commas = 0;
                    pieces.push(Piece::Point);
                }
            }
            ',' => {
                if seen_digit && !seen_point {
                    pending_commas += 1;
                }
            }
            '%' => pieces.push(Piece::Percent),
            '‰' => pieces.push(Piece::PerMille),
            '\\' => {
                if let Some(next) = chars.get(i) {
                    literal(&mut pieces, &next.to_string());
                    i += 1;
                }
            }
            '\'' | '"' => {
                let end = chars[i..].iter().position(|x| *x == c).map_or(chars.len(), |p| i + p);
                let text: String = chars[i..end].iter().collect();
                literal(&mut pieces, &text);
                i = end + 1;
            }
            ';' => {
                thousands += pending_commas;
                finish(&mut pieces, grouped, thousands, &mut out);
                (grouped, thousands, pending_commas, seen_digit, seen_point) = (false, 0, 0, false, false);
            }
            'E' | 'e' => {
                let mut at = i;
                let plus = chars.get(at) == Some(&'+');
                if plus || chars.get(at) == Some(&'-') {
                    at += 1;
                }
                let zeros = chars[at.min(chars.len())..].iter().take_while(|x| **x == '0').count();
                if zeros > 0 {
                    pieces.push(Piece::Exponent { letter: c, plus, digits: zeros.min(10) });
                    i = at + zeros;
                } else {
                    literal(&mut pieces, &c.to_string());
                }
            }
            c => literal(&mut pieces, &c.to_string()),
        }
    }
    thousands += pending_commas;
    finish(&mut pieces, grouped, thousands, &mut out);
    out
}

fn custom(value: Number, format: &str, culture: &Culture) -> String {
    let all = sections(format);
    let mut digits = Digits::from_number(value, 15);
    let choose = |digits: &Digits| -> (usize, bool) {
        if digits.digits.is_empty() {
            (if all.len() > 2 && !all[2].pieces.is_empty() { 2 } else { 0 }, false)
        } else if digits.negative {
            if all.len() > 1 && !all[1].pieces.is_empty() { (1, false) } else { (0, true) }
        } else {
            (0, false)
        }
    };
    let (mut index, mut show_sign) = choose(&digits);
    let original = digits.clone();
    loop {
        let section = &all[index];
        digits = original.clone();
        let rendered = render(section, &mut digits, culture);
        // A value that rounds to nothing takes the zero section.
        if digits.digits.is_empty() && !original.digits.is_empty() {
            let (zero_index, _) = choose(&digits);
            if zero_index != index {
                index = zero_index;
                show_sign = false;
                continue;
            }
            show_sign = false;
        }
        return if show_sign { format!("{}{rendered}", culture.negative_sign) } else { rendered };
    }
}

fn render(section: &Section, digits: &mut Digits, culture: &Culture) -> String {
    let point = section.pieces.iter().position(|p| *p == Piece::Point).unwrap_or(section.pieces.len());
    let is_digit = |p: &&Piece| matches!(p, Piece::Zero | Piece::Hash);
    let whole_slots = section.pieces[..point].iter().filter(is_digit).count() as i32;
    let fraction: Vec<bool> = section.pieces[point..].iter().filter(is_digit).map(|p| *p == Piece::Zero).collect();
    let scientific = section.pieces.iter().any(|p| matches!(p, Piece::Exponent { .. }));
    let percents = section.pieces.iter().filter(|p| **p == Piece::Percent).count() as i32;
    let per_milles = section.pieces.iter().filter(|p| **p == Piece::PerMille).count() as i32;
    if !digits.digits.is_empty() {
        digits.scale += percents * 2 + per_milles * 3 - section.thousands as i32 * 3;
    }
    let mut exponent = 0;
    if scientific {
        digits.round_to(whole_slots + fraction.len() as i32);
        if !digits.digits.is_empty() {
            exponent = digits.scale - whole_slots;
            digits.scale = whole_slots;
        }
    } else {
        let places = digits.scale + fraction.len() as i32;
        digits.round_to(places);
    }
    // The least number of whole digits is set by the leftmost `0`.
    let first_zero = section.pieces[..point].iter().filter(is_digit).position(|p| *p == Piece::Zero);
    let least_whole = first_zero.map_or(0, |at| whole_slots - at as i32);
    let last_zero = fraction.iter().rposition(|zero| *zero).map_or(0, |at| at + 1);
    let have_fraction = (digits.digits.len() as i32 - digits.scale).max(0) as usize;
    let fraction_shown = fraction.len().min(have_fraction.max(last_zero));
    let whole_count = digits.scale.max(0).max(least_whole);
    let is_cut = |place: i32| -> bool {
        // Whether a group separator stands to the right of the digit at `place`.
        let mut total = 0;
        for index in 0.. {
            let size = i32::from(*culture.group_sizes.get(index).or(culture.group_sizes.last()).unwrap_or(&0));
            if size == 0 || total > place {
                return false;
            }
            total += size;
            if total == place {
                return true;
            }
        }
        false
    };
    let mut out = String::new();
    let mut slot = 0;
    let mut fraction_slot = 0;
    let emit = |out: &mut String, digits: &Digits, place: i32| {
        out.push(char::from(b'0' + digits.at(place)));
        if section.grouped && place > 0 && is_cut(place) {
            out.push_str(culture.group);
        }
    };
    for (i, piece) in section.pieces.iter().enumerate() {
        match piece {
            Piece::Zero | Piece::Hash if i < point => {
                let place = whole_slots - 1 - slot;
                if slot == 0 {
                    for extra in ((place + 1)..whole_count).rev() {
                        emit(&mut out, digits, extra);
                    }
                }
                if place < whole_count {
                    emit(&mut out, digits, place);
                }
                slot += 1;
            }
            Piece::Zero | Piece::Hash => {
                if fraction_slot < fraction_shown {
                    out.push(char::from(b'0' + digits.at(-(fraction_slot as i32) - 1)));
                }
                fraction_slot += 1;
            }
            Piece::Point => {
                if whole_slots == 0 {
                    for place in (0..digits.scale).rev() {
                        emit(&mut out, digits, place);
                    }
                }
                if fraction_shown > 0 {
                    out.push_str(culture.decimal);
                }
            }
            Piece::Percent => out.push_str(culture.percent_symbol),
            Piece::PerMille => out.push_str(culture.per_mille_symbol),
            Piece::Exponent { letter, plus, digits: width } => {
                out.push(*letter);
                if exponent < 0 {
                    out.push_str(culture.negative_sign);
                } else if *plus {
                    out.push_str(culture.positive_sign);
                }
                out.push_str(&super::zero_padded(exponent.unsigned_abs(), *width));
            }
            Piece::Literal(text) => out.push_str(text),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: f64, cases: &[(&str, &str)]) {
        for (format, expected) in cases {
            assert_eq!(format_number(Number::Double(value), format, Culture::get("en-US")).as_deref(), Ok(*expected), "{value} {format}");
        }
    }

    #[test]
    fn plain_text_has_fifteen_digits_or_seventeen() {
        let us = Culture::get("en-US");
        for (value, expected) in [
            (1.0 / 3.0, "0.33333333333333331"),
            (123_456_789_012_345.0, "123456789012345"),
            (1_234_567_890_123_456.0, "1234567890123456"),
            (1e16, "1E+16"),
            (1.5e-7, "1.5E-07"),
            (0.0001, "0.0001"),
            (0.00001, "1E-05"),
            (-0.0, "0"),
            (f64::INFINITY, "∞"),
        ] {
            assert_eq!(double_text(value, us), expected);
        }
    }

    #[test]
    fn standard_formats() {
        check(1234.5, &[("N", "1,234.50"), ("n0", "1,235"), ("F1", "1234.5"), ("C", "$1,234.50"), ("E2", "1.23E+003"), ("G3", "1.23E+03")]);
        check(-0.1234, &[("P1", "-12.3 %"), ("C0", "$0"), ("F2", "-0.12")]);
        check(255.0, &[("X", "FF"), ("x4", "00ff"), ("D5", "00255")]);
        check(2.675, &[("F2", "2.68")]);
        assert_eq!(format_number(Number::Double(-5.5), "C", Culture::get("en-US")).as_deref(), Ok("($5.50)"));
        assert_eq!(format_number(Number::Double(-1234.5), "C", Culture::get("de-DE")).as_deref(), Ok("-1.234,50 €"));
        assert_eq!(format_number(Number::Int(12_345_678), "N0", Culture::get("en-IN")).as_deref(), Ok("1,23,45,678"));
        assert!(format_number(Number::Double(1.5), "D", Culture::get("en-US")).is_err());
        assert!(format_number(Number::Double(1.5), "Q", Culture::get("en-US")).is_err());
    }

    #[test]
    fn custom_formats() {
        check(
            1234567.891,
            &[
                ("#,##0.00", "1,234,567.89"),
                ("0,,.0", "1.2"),
                ("#,#", "1,234,568"),
                ("00000000000", "00001234568"),
                ("0.0000#", "1234567.8910"),
                ("0.00E+00", "1.23E+06"),
            ],
        );
        check(0.0, &[("#", ""), ("0.##", "0"), ("#,##0;(#,##0);zero", "zero"), ("'n' 0", "n 0")]);
        check(-12.0, &[("0;(0)", "(12)"), ("0.0", "-12.0"), ("000", "-012")]);
        check(0.256, &[("0.0%", "25.6%"), ("0‰", "256‰"), (".00", ".26")]);
        check(5.0, &[("(###) ###-####", "() -5"), ("\\#0", "#5"), ("0.00 \"kg\"", "5.00 kg")]);
        check(4_255_551_234.0, &[("(###) ###-####", "(425) 555-1234")]);
        check(-0.001, &[("0.00;(0.00);-", "-")]);
    }
}
