//! FORMAT: the format language of Visual Basic with the conventions of a culture.
//!
//! Sources: the pages of FORMAT and its predefined and custom formats; where Power BI was measured to differ, the measured rule holds:
//! rounding on 15 significant digits half away from zero, `0.##` of 2 is `2.`, `#.##` of 0.5 is `.5`.

use super::date::day_of_year;
use super::support::{arg, given, text};
use super::{Body, Function, Returns, ScalarContext, optional, scalar};
use crate::base::{Culture, Date};
use crate::dax::error::EvalResult;
use crate::dax::scalar::{
    Decimal15, Moment, Rounding, date_time_text, double_text, format_pattern, parse_date_time, parse_number, to_text,
};
use crate::table::Value;

pub(super) const FUNCTIONS: &[Function] = &[FORMAT];

const FORMAT: Function = Function {
    name: "FORMAT",
    params: &[scalar("value"), scalar("format_string"), optional("locale_name")],
    returns: Returns::String,
    about: "A number or date as text by a format; BLANK gives an empty text.",
    source: "https://learn.microsoft.com/dax/format-function-dax",
    examples: &[
        ("FORMAT ( 12345.67, \"#,##0.0\" )", "\"12,345.7\""),
        ("FORMAT ( 0.256, \"0.0%\" )", "\"25.6%\""),
        ("FORMAT ( DATE ( 2020, 6, 25 ), \"mmm yyyy\" )", "\"Jun 2020\""),
        ("FORMAT ( 1234.5, \"Currency\" )", "\"$1,234.50\""),
        ("FORMAT ( BLANK (), \"0\" )", "\"\""),
    ],
    body: Body::Scalar(format),
};

fn format(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let named = text(cx, args, 2);
    let culture = if given(args, 2) { Culture::find(&named).unwrap_or_else(|| cx.conventions()) } else { cx.conventions() };
    Ok(Value::text(format_value(cx, arg(args, 0), &text(cx, args, 1), culture)))
}

/// The text of any value by a format string, as FORMAT and the format strings of measures make it.
pub fn format_value(cx: &ScalarContext, value: &Value, pattern: &str, culture: &Culture) -> String {
    match value {
        Value::Blank => String::new(),
        Value::Boolean(b) => format_boolean(*b, pattern),
        Value::String(written) => {
            if pattern.is_empty() {
                return written.to_string();
            }
            match (parse_number(written, culture), parse_date_time(cx, written)) {
                (Some(x), _) => format_value(cx, &Value::Double(x), pattern, culture),
                (None, Some(x)) => format_value(cx, &Value::DateTime(x), pattern, culture),
                _ => format_text(written, pattern),
            }
        }
        Value::DateTime(serial) => match kind_of(pattern) {
            Kind::Number => format_number(*serial, pattern, culture),
            _ => format_date(*serial, pattern, culture),
        },
        Value::Double(x) if !x.is_finite() => (if x.is_nan() {
            culture.nan
        } else if *x > 0.0 {
            culture.infinity
        } else {
            culture.negative_infinity
        })
        .to_owned(),
        Value::Double(x) => match Decimal15::new(*x) {
            Some(decimal) => format_decimal(decimal, *x, pattern, culture),
            None => String::new(),
        },
        Value::Int64(n) => {
            let decimal = Decimal15 { negative: *n < 0, digits: n.unsigned_abs(), exponent: 0 };
            format_decimal(decimal, *n as f64, pattern, culture)
        }
        Value::Currency(c) => {
            let decimal = Decimal15 { negative: c.0 < 0, digits: c.0.unsigned_abs(), exponent: -4 };
            format_decimal(decimal, c.to_f64(), pattern, culture)
        }
        Value::Binary(_) => to_text(cx, value).to_string(),
    }
}

/// A double by a numeric format.
pub(super) fn format_number(x: f64, pattern: &str, culture: &Culture) -> String {
    match Decimal15::new(x) {
        Some(decimal) => format_decimal(decimal, x, pattern, culture),
        None => double_text(x, culture.decimal),
    }
}

fn format_boolean(b: bool, pattern: &str) -> String {
    let (yes, no) = match pattern.to_ascii_lowercase().as_str() {
        "yes/no" => ("Yes", "No"),
        "on/off" => ("On", "Off"),
        _ => ("True", "False"),
    };
    (if b { yes } else { no }).to_owned()
}

/// Text that is no number: `<` and `>` change its case, anything else leaves it.
fn format_text(written: &str, pattern: &str) -> String {
    match pattern.trim() {
        "<" => written.to_lowercase(),
        ">" => written.to_uppercase(),
        _ => written.to_owned(),
    }
}

/// What a format string is for.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Number,
    Date,
    Literal,
}

/// Splits a pattern into characters with a mark for those that are literal (quoted or escaped).
fn marked(pattern: &str) -> Vec<(char, bool)> {
    let mut out = Vec::new();
    let mut chars = pattern.chars();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => out.push((c, true)),
            '\\' => out.extend(chars.next().map(|next| (next, true))),
            _ => out.push((c, false)),
        }
    }
    out
}

fn kind_of(pattern: &str) -> Kind {
    match pattern.to_ascii_lowercase().as_str() {
        "" => return Kind::Literal,
        "general number" | "currency" | "fixed" | "standard" | "percent" | "scientific" | "yes/no" | "true/false" | "on/off" => {
            return Kind::Number;
        }
        "general date" | "long date" | "medium date" | "short date" | "long time" | "medium time" | "short time" => return Kind::Date,
        _ => {}
    }
    let chars = marked(pattern);
    let live = |wanted: &dyn Fn(char) -> bool| chars.iter().any(|(c, literal)| !literal && wanted(*c));
    let scientific =
        chars.windows(3).any(|w| !w[0].1 && matches!(w[0].0, 'e' | 'E') && matches!(w[1].0, '+' | '-') && matches!(w[2].0, '0' | '#'));
    let dated = live(&|c| matches!(c.to_ascii_lowercase(), 'd' | 'm' | 'y' | 'h' | 'n' | 's' | 'w' | 'q' | 'c'))
        || pattern.to_ascii_lowercase().contains("ttttt");
    if live(&|c| matches!(c, '0' | '#')) && (scientific || !dated) {
        Kind::Number
    } else if dated {
        Kind::Date
    } else if live(&|c| matches!(c, '0' | '#' | '%')) {
        Kind::Number
    } else {
        Kind::Literal
    }
}

fn format_decimal(decimal: Decimal15, x: f64, pattern: &str, culture: &Culture) -> String {
    match pattern.to_ascii_lowercase().as_str() {
        "" | "general number" => return plain(decimal, x, culture),
        "currency" => return currency(decimal, culture),
        "fixed" => return sections(decimal, "0.00", culture),
        "standard" => return sections(decimal, "#,##0.00", culture),
        "percent" => return sections(decimal, "0.00%", culture),
        "scientific" => return sections(decimal, "0.00E+00", culture),
        "yes/no" | "true/false" | "on/off" => return format_boolean(decimal.digits != 0, pattern),
        _ => {}
    }
    // A number with a date format is a serial number, unless there are digit placeholders.
    let chars = marked(pattern);
    let digits = chars.iter().any(|(c, literal)| !literal && matches!(c, '0' | '#'));
    match kind_of(pattern) {
        Kind::Date if !digits => format_date(x, pattern, culture),
        _ => sections(decimal, pattern, culture),
    }
}

fn plain(decimal: Decimal15, x: f64, culture: &Culture) -> String {
    if decimal.digits < 1_000_000_000_000_000 {
        return double_text(x, culture.decimal);
    }
    // Whole numbers and fixed decimals have more digits than a double shows.
    let sign = if decimal.negative { culture.negative_sign } else { "" };
    let (whole, fraction) = digit_texts(decimal, 0, 19);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}{}{fraction}", culture.decimal) }
}

/// The digits before and after the point; at least `least` after it and at most `most`, which must not need rounding.
fn digit_texts(decimal: Decimal15, least: usize, most: usize) -> (String, String) {
    let digits = if decimal.digits == 0 { String::new() } else { decimal.digits.to_string() };
    let (whole, mut fraction) = if decimal.exponent >= 0 {
        (format!("{digits}{}", if digits.is_empty() { String::new() } else { "0".repeat(decimal.exponent as usize) }), String::new())
    } else {
        let decimals = (-decimal.exponent) as usize;
        if digits.len() > decimals {
            (digits[..digits.len() - decimals].to_owned(), digits[digits.len() - decimals..].to_owned())
        } else {
            (String::new(), format!("{}{digits}", "0".repeat(decimals - digits.len())))
        }
    };
    while fraction.len() < least {
        fraction.push('0');
    }
    fraction.truncate(most.max(least));
    (if whole.is_empty() { "0".to_owned() } else { whole }, fraction)
}

/// Puts separators between the groups of a run of digits.
fn grouped(digits: &str, separator: &str, sizes: &[u8]) -> String {
    let mut parts = Vec::new();
    let mut rest = digits;
    let mut sizes = sizes.iter().map(|size| usize::from(*size));
    let mut size = sizes.next().unwrap_or(3);
    while size > 0 && rest.len() > size {
        let (head, tail) = rest.split_at(rest.len() - size);
        parts.push(tail);
        rest = head;
        size = sizes.next().unwrap_or(size);
    }
    parts.push(rest);
    parts.reverse();
    parts.join(separator)
}

/// The named format `Currency`, by the numbered patterns of the culture.
fn currency(decimal: Decimal15, culture: &Culture) -> String {
    let rounded = decimal.round(i32::from(culture.currency_digits), Rounding::HalfAway);
    let (whole, fraction) = digit_texts(rounded, usize::from(culture.currency_digits), usize::from(culture.currency_digits));
    let mut n = grouped(&whole, culture.currency_group, culture.group_sizes);
    if !fraction.is_empty() {
        n = format!("{n}{}{fraction}", culture.currency_decimal);
    }
    let pattern = if rounded.negative {
        const NEGATIVE: [&str; 16] =
            ["($n)", "-$n", "$-n", "$n-", "(n$)", "-n$", "n-$", "n$-", "-n $", "-$ n", "n $-", "$ n-", "$ -n", "n- $", "($ n)", "(n $)"];
        NEGATIVE[usize::from(culture.currency_negative).min(15)]
    } else {
        ["$n", "n$", "$ n", "n $"][usize::from(culture.currency_positive).min(3)]
    };
    let mut out = String::new();
    for c in pattern.chars() {
        match c {
            '$' => out.push_str(culture.currency_symbol),
            'n' => out.push_str(&n),
            '-' => out.push_str(culture.negative_sign),
            // Cultures that divide symbol and amount do so without a line break.
            ' ' => out.push('\u{A0}'),
            other => out.push(other),
        }
    }
    out
}

/// Splits at `;` outside quotes.
fn split_sections(pattern: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (index, c) in pattern.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if !quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => {
                out.push(&pattern[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    out.push(&pattern[start..]);
    out
}

fn sections(decimal: Decimal15, pattern: &str, culture: &Culture) -> String {
    let parts = split_sections(pattern);
    let first = parts[0];
    // A section left empty is that of positive values.
    let own = |index: usize| parts.get(index).copied().filter(|section| !section.is_empty());
    let zero = own(2).unwrap_or(first);
    if decimal.digits == 0 {
        return Section::new(zero).write(decimal, culture).0;
    }
    let magnitude = Decimal15 { negative: false, ..decimal };
    if !decimal.negative {
        let (out, vanished) = Section::new(first).write(magnitude, culture);
        return if vanished && own(2).is_some() { Section::new(zero).write(ZERO, culture).0 } else { out };
    }
    match own(1) {
        Some(negative) => {
            let (out, vanished) = Section::new(negative).write(magnitude, culture);
            if vanished { Section::new(zero).write(ZERO, culture).0 } else { out }
        }
        None => {
            let (out, vanished) = Section::new(first).write(magnitude, culture);
            if vanished { Section::new(zero).write(ZERO, culture).0 } else { format!("{}{out}", culture.negative_sign) }
        }
    }
}

const ZERO: Decimal15 = Decimal15 { negative: false, digits: 0, exponent: 0 };

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// `0` (true) or `#`.
    Digit(bool),
    Point,
    Literal(char),
    Percent,
    /// `E+` or `E-` with its least number of digits; whether a plus is shown and the letter.
    Exponent {
        plus: bool,
        letter: char,
        digits: usize,
    },
}

/// One section of a custom numeric format.
struct Section {
    tokens: Vec<Token>,
    grouping: bool,
    /// Power of ten by which the value is multiplied: percent signs and scaling commas.
    shift: i32,
}

impl Section {
    fn new(pattern: &str) -> Section {
        let chars = marked(pattern);
        let is_digit = |index: usize| matches!(chars.get(index), Some(('0' | '#', false)));
        let (mut tokens, mut grouping, mut shift) = (Vec::new(), false, 0);
        let mut point = false;
        let mut digits_seen = false;
        let mut in_exponent = false;
        let mut i = 0;
        while i < chars.len() {
            let (c, literal) = chars[i];
            i += 1;
            if literal {
                tokens.push(Token::Literal(c));
                continue;
            }
            match c {
                '0' | '#' => {
                    digits_seen = true;
                    tokens.push(Token::Digit(c == '0'));
                }
                '.' if !point && !in_exponent => {
                    point = true;
                    tokens.push(Token::Point);
                }
                ',' => {
                    // With digits after it a comma groups; without, each one divides by a thousand.
                    let mut next = i;
                    while matches!(chars.get(next), Some((',', false))) {
                        next += 1;
                    }
                    let more = (next..chars.len()).take_while(|k| !matches!(chars[*k], ('.', false))).any(is_digit);
                    if digits_seen && !more {
                        shift -= 3;
                    } else if !point && more {
                        grouping |= digits_seen;
                    }
                }
                '%' => {
                    shift += 2;
                    tokens.push(Token::Percent);
                }
                'e' | 'E' if digits_seen && matches!(chars.get(i), Some(('+' | '-', false))) && is_digit(i + 1) => {
                    let plus = chars[i].0 == '+';
                    i += 1;
                    let start = i;
                    while is_digit(i) {
                        i += 1;
                    }
                    in_exponent = true;
                    let digits = chars[start..i].iter().filter(|(c, _)| *c == '0').count();
                    tokens.push(Token::Exponent { plus, letter: c, digits });
                }
                other => tokens.push(Token::Literal(other)),
            }
        }
        Section { tokens, grouping, shift }
    }

    /// Writes a magnitude; the flag says that it was rounded to nothing.
    fn write(&self, magnitude: Decimal15, culture: &Culture) -> (String, bool) {
        let point = self.tokens.iter().position(|t| *t == Token::Point);
        let exponent = self.tokens.iter().position(|t| matches!(t, Token::Exponent { .. }));
        let end = exponent.unwrap_or(self.tokens.len());
        let is_digit = |t: &&Token| matches!(t, Token::Digit(_));
        let whole_slots = self.tokens[..point.unwrap_or(end)].iter().filter(is_digit).count();
        let decimals: Vec<bool> = self.tokens[point.unwrap_or(end)..]
            .iter()
            .filter_map(|t| if let Token::Digit(zero) = t { Some(*zero) } else { None })
            .collect();
        let mut value = Decimal15 { exponent: magnitude.exponent + self.shift, ..magnitude };
        let mut power = 0;
        if exponent.is_some() && value.digits != 0 {
            let lead = whole_slots.max(1) as i32;
            let length = value.digits.to_string().len() as i32;
            power = length + value.exponent - lead;
            value.exponent -= power;
            let rounded = value.round(decimals.len() as i32, Rounding::HalfAway);
            // 9.99 may have become 10.0.
            if rounded.digits.to_string().len() as i32 + rounded.exponent > lead {
                power += 1;
                value.exponent -= 1;
            }
        }
        let rounded = value.round(decimals.len() as i32, Rounding::HalfAway);
        let has_slots = whole_slots > 0 || !decimals.is_empty();
        let vanished = has_slots && rounded.digits == 0 && magnitude.digits != 0;
        let needed = decimals.iter().rposition(|zero| *zero).map_or(0, |i| i + 1);
        let (whole, mut fraction) = digit_texts(rounded, needed, decimals.len());
        while fraction.len() > needed && fraction.ends_with('0') {
            fraction.pop();
        }
        let least_whole =
            self.tokens[..point.unwrap_or(end)].iter().skip_while(|t| !matches!(t, Token::Digit(true))).filter(is_digit).count();
        let mut digits = if whole == "0" { String::new() } else { whole };
        while digits.len() < least_whole {
            digits.insert(0, '0');
        }
        let out = self.lay_out(&digits, &fraction, whole_slots, power, culture);
        (out, vanished)
    }

    /// Puts the digits into their places: surplus ones before the first placeholder.
    fn lay_out(&self, digits: &str, fraction: &str, whole_slots: usize, power: i32, culture: &Culture) -> String {
        let mut out = String::new();
        let mut fraction = fraction.chars();
        let mut slot = 0;
        let mut after_point = false;
        // How many digits are still to the right of a position, which decides where separators go.
        let separators = |right: usize| -> bool {
            if !self.grouping || right == 0 {
                return false;
            }
            let mut sizes = culture.group_sizes.iter().map(|s| usize::from(*s));
            let mut size = sizes.next().unwrap_or(3);
            let mut edge = 0;
            while size > 0 && edge < right {
                edge += size;
                size = sizes.next().unwrap_or(size);
            }
            edge == right
        };
        let bytes = digits.as_bytes();
        let emit = |out: &mut String, index: usize| {
            out.push(char::from(bytes[index]));
            if separators(bytes.len() - index - 1) {
                out.push_str(culture.group);
            }
        };
        for token in &self.tokens {
            match token {
                Token::Digit(_) if after_point => out.extend(fraction.next()),
                Token::Digit(_) => {
                    let remaining = whole_slots - slot;
                    if slot == 0 {
                        for index in 0..bytes.len().saturating_sub(remaining) {
                            emit(&mut out, index);
                        }
                    }
                    if bytes.len() >= remaining {
                        emit(&mut out, bytes.len() - remaining);
                    }
                    slot += 1;
                }
                Token::Point => {
                    if whole_slots == 0 {
                        out.push_str(if bytes.iter().all(|b| *b == b'0') { "" } else { digits });
                    }
                    after_point = true;
                    out.push_str(culture.decimal);
                }
                Token::Literal(c) => out.push(*c),
                Token::Percent => out.push_str(culture.percent_symbol),
                Token::Exponent { plus, letter, digits } => {
                    out.push(*letter);
                    if power < 0 {
                        out.push_str(culture.negative_sign);
                    } else if *plus {
                        out.push_str(culture.positive_sign);
                    }
                    out.push_str(&format!("{:0width$}", power.abs(), width = (*digits).max(1)));
                }
            }
        }
        out
    }
}

fn format_date(serial: f64, pattern: &str, culture: &Culture) -> String {
    let moment = Moment::new(serial);
    match pattern.to_ascii_lowercase().as_str() {
        "" | "general date" => return date_time_text(serial, culture),
        "long date" => return format_pattern(moment, culture.long_date, culture),
        "medium date" => return custom_date(moment, "dd-mmm-yy", culture),
        "short date" => return format_pattern(moment, culture.short_date, culture),
        "long time" => return format_pattern(moment, culture.long_time, culture),
        "medium time" => return custom_date(moment, "hh:nn AM/PM", culture),
        "short time" => return custom_date(moment, "hh:nn", culture),
        _ => {}
    }
    // Dates use the first section; the others are for numbers.
    custom_date(moment, split_sections(pattern)[0], culture)
}

fn custom_date(moment: Moment, pattern: &str, culture: &Culture) -> String {
    let chars = marked(pattern);
    let lower: Vec<char> = chars.iter().map(|(c, literal)| if *literal { '\0' } else { c.to_ascii_lowercase() }).collect();
    let starts = |at: usize, word: &str| word.chars().enumerate().all(|(k, c)| lower.get(at + k) == Some(&c));
    let half = (0..chars.len()).any(|at| ["am/pm", "a/p", "ampm", "tt"].iter().any(|word| starts(at, word)) && !starts(at, "ttttt"));
    let has_day = lower
        .iter()
        .enumerate()
        .any(|(at, c)| *c == 'd' && (at == 0 || lower[at - 1] != 'd') && lower[at..].iter().take_while(|c| **c == 'd').count() <= 2);
    let (year, month, day) = moment.date.ymd();
    let weekday = moment.date.weekday() as usize;
    let mut out = String::new();
    let mut after_hour = false;
    let mut i = 0;
    while i < chars.len() {
        let (c, literal) = chars[i];
        if literal {
            out.push(c);
            i += 1;
            continue;
        }
        let run = lower[i..].iter().take_while(|x| **x == lower[i]).count();
        let mut used = run;
        let two = |n: i64| if run == 1 { n.to_string() } else { format!("{n:02}") };
        let was_hour = std::mem::take(&mut after_hour);
        match lower[i] {
            'd' => match run {
                1 | 2 => out.push_str(&two(i64::from(day))),
                3 => out.push_str(culture.days_short[weekday]),
                4 => out.push_str(culture.days[weekday]),
                5 => out.push_str(&format_pattern(moment, culture.short_date, culture)),
                _ => out.push_str(&format_pattern(moment, culture.long_date, culture)),
            },
            'm' if was_hour && run <= 2 => out.push_str(&two(moment.minute())),
            'm' => match run {
                1 | 2 => out.push_str(&two(i64::from(month))),
                3 => out.push_str(culture.months_short[month as usize - 1]),
                4 if has_day => out.push_str(culture.months_genitive[month as usize - 1]),
                4 => out.push_str(culture.months[month as usize - 1]),
                _ => out.extend(culture.months[month as usize - 1].chars().take(1)),
            },
            'y' => match run {
                1 => out.push_str(&day_of_year(moment.date).to_string()),
                2 => out.push_str(&format!("{:02}", year % 100)),
                _ => out.push_str(&format!("{year:04}")),
            },
            'h' => {
                let hour = if half { (moment.hour() + 11) % 12 + 1 } else { moment.hour() };
                out.push_str(&two(hour));
                after_hour = true;
            }
            'n' => out.push_str(&two(moment.minute())),
            's' => out.push_str(&two(moment.second())),
            'w' if run == 1 => out.push_str(&(weekday + 1).to_string()),
            'w' => out.push_str(&week_of_year(moment.date).to_string()),
            'q' => {
                used = 1;
                out.push_str(&month.div_ceil(3).to_string());
            }
            'c' => {
                used = 1;
                let serial = f64::from(moment.date.0) + moment.milliseconds as f64 / 86_400_000.0;
                out.push_str(&date_time_text(serial, culture));
            }
            't' if run >= 5 => {
                used = 5;
                out.push_str(&format_pattern(moment, culture.long_time, culture));
            }
            't' if run == 2 => out.push_str(if moment.hour() < 12 { culture.am } else { culture.pm }),
            'a' if starts(i, "am/pm") => {
                used = 5;
                let mark = if moment.hour() < 12 { "AM" } else { "PM" };
                out.push_str(&if c == 'a' { mark.to_lowercase() } else { mark.to_owned() });
            }
            'a' if starts(i, "ampm") => {
                used = 4;
                out.push_str(if moment.hour() < 12 { culture.am } else { culture.pm });
            }
            'a' if starts(i, "a/p") => {
                used = 3;
                let mark = if moment.hour() < 12 { 'A' } else { 'P' };
                out.push(if c == 'a' { mark.to_ascii_lowercase() } else { mark });
            }
            '/' => {
                used = 1;
                out.push_str(culture.date_separator);
            }
            ':' => {
                used = 1;
                after_hour = was_hour;
                out.push_str(culture.time_separator);
            }
            _ => {
                used = 1;
                after_hour = was_hour && c == ' ';
                out.push(c);
            }
        }
        i += used;
    }
    out
}

/// Weeks begin on Sunday; the first one holds 1 January.
fn week_of_year(date: Date) -> i32 {
    let day = day_of_year(date);
    let january = date.add_days(1 - day).weekday() as i32;
    (day - 1 + january) / 7 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: Value, cases: &[(&str, &str)]) {
        let cx = ScalarContext::default();
        for (pattern, expected) in cases {
            assert_eq!(format_value(&cx, &value, pattern, Culture::get("en-US")), *expected, "{value:?} as {pattern}");
        }
    }

    #[test]
    fn numbers_by_custom_formats() {
        check(Value::Double(2_297_200.9), &[("$#,##0,.0", "$2,297.2"), ("$#,##0", "$2,297,201"), ("#,0.0,,\"M\"", "2.3M"), ("0,,", "2")]);
        check(Value::Double(2.0), &[("0.##", "2."), ("#.##", "2."), ("0.0#", "2.0"), ("000", "002"), ("0 \\d", "2 d")]);
        check(Value::Double(0.5), &[("#.##", ".5"), ("0%", "50%"), ("#,#", "1"), ("0;;\\z", "1")]);
        check(Value::Double(-5.0), &[("$0", "-$5"), ("0;(0)", "(5)"), ("0;;\\z", "-5"), ("\"a;0\"0", "-a;05")]);
        check(Value::Double(-0.001), &[("0.00", "0.00"), ("0.0;-0.0;zero", "zero")]);
        check(Value::Double(1e19), &[("0.0", "10000000000000000000.0")]);
        check(Value::Double(12345.67), &[("Scientific", "1.23E+04"), ("0.0e-0", "1.2e4"), ("Standard", "12,345.67")]);
        check(Value::Double(9.999), &[("0.0E+0", "1.0E+1")]);
        check(Value::Int64(1_234_567), &[("000-0000", "123-4567"), ("#,##0", "1,234,567"), ("General Number", "1234567")]);
        check(Value::Double(-1234.5), &[("Currency", "($1,234.50)"), ("Fixed", "-1234.50")]);
        check(Value::Double(1.0), &[("Yes/No", "Yes"), ("On/Off", "On"), ("True/False", "True"), ("", "1")]);
        check(Value::Double(0.0), &[("0.0;(0.0);zero", "zero"), ("#", ""), ("#,##0", "0")]);
        check(Value::Double(f64::INFINITY), &[("0", "∞")]);
        check(Value::Currency(crate::base::Currency(9_223_372_036_854_775_807)), &[("0.0000", "922337203685477.5807")]);
        check(Value::text("12.345"), &[("0.0", "12.3")]);
        check(Value::text("abc"), &[("0.0", "abc")]);
    }

    #[test]
    fn dates_by_custom_formats() {
        let at = |text: &str| {
            crate::table::csv::read(text.as_bytes(), "", "", &[crate::table::Field::new("c", crate::table::DataType::DateTime)])
                .unwrap()
                .0
                .columns[0]
                .get(0)
        };
        check(
            at("c\n2020-06-25T13:23:45\n"),
            &[
                ("w", "5"),
                ("mm", "06"),
                ("mmm yyyy", "Jun 2020"),
                ("dd/mm/yyyy", "25/06/2020"),
                ("h:nn:ss AMPM", "1:23:45 PM"),
                ("hh:mm:ss", "13:23:45"),
                ("yyyy \\Qq", "2020 Q2"),
                ("\"Q\"q yy", "Q2 20"),
                ("y", "177"),
                ("ww", "26"),
                ("General Date", "6/25/2020 1:23:45 PM"),
                ("Long Date", "Thursday, June 25, 2020"),
                ("Medium Date", "25-Jun-20"),
                ("Short Time", "13:23"),
                ("Medium Time", "01:23 PM"),
                ("dddd, mmmm d", "Thursday, June 25"),
                ("0", "44008"),
            ],
        );
        let cx = ScalarContext::default();
        let day = at("c\n2020-12-15T12:30:59\n");
        assert_eq!(format_value(&cx, &day, "", Culture::get("en-GB")), "15/12/2020 12:30:59");
        assert_eq!(format_value(&cx, &day, "d mmmm yyyy", Culture::get("fr-FR")), "15 décembre 2020");
        assert_eq!(format_value(&cx, &Value::Double(1234.5), "#,##0.00", Culture::get("de-DE")), "1.234,50");
        assert_eq!(format_value(&cx, &Value::Double(0.5), "hh:nn", Culture::get("en-US")), "12:00");
    }
}
