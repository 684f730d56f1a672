//! Text → number or date, as OLE's `VarR8FromStr` and `VarDateFromStr` read it, which VALUE and the implicit conversions use.

use crate::base::{Culture, Date};
use crate::dax::functions::ScalarContext;

/// A number, or else the serial number of a date or time.
pub fn parse_value(cx: &ScalarContext, text: &str) -> Option<f64> {
    parse_number(text, cx.conventions()).or_else(|| parse_date_time(cx, text))
}

/// A number with optional sign before or after, parentheses for negative ones, currency sign, group separators, exponent;
/// `&H10` is hexadecimal and `&O17` octal. A percent sign is refused.
///
/// ```
/// use xero_pbit::base::Culture;
/// use xero_pbit::dax::scalar::parse_number;
/// let en = Culture::get("en-US");
/// assert_eq!(parse_number(" (1,234.5) ", en), Some(-1234.5));
/// assert_eq!(parse_number("$3", en), Some(3.0));
/// assert_eq!(parse_number("&H10", en), Some(16.0));
/// assert_eq!(parse_number("5%", en), None);
/// assert_eq!(parse_number("1.234,5", Culture::get("de-DE")), Some(1234.5));
/// ```
pub fn parse_number(text: &str, culture: &Culture) -> Option<f64> {
    let mut rest = text.trim_matches(is_space);
    if let Some(code) = rest.strip_prefix('&') {
        let (radix, digits) = match code.chars().next()? {
            'h' | 'H' => (16, &code[1..]),
            'o' | 'O' => (8, &code[1..]),
            _ => (8, code),
        };
        if digits.is_empty() || digits.starts_with(['+', '-']) {
            return None;
        }
        return u64::from_str_radix(digits, radix).ok().map(|n| n as f64);
    }
    let (mut parenthesis, mut sign, mut symbol) = (false, None, false);
    loop {
        rest = rest.trim_start_matches(is_space);
        if let Some(after) = rest.strip_prefix('(').filter(|_| !parenthesis && sign.is_none()) {
            (parenthesis, rest) = (true, after);
        } else if let Some(after) = rest.strip_prefix(['-', '+']).filter(|_| sign.is_none() && !parenthesis) {
            (sign, rest) = (Some(rest.starts_with('-')), after);
        } else if let Some(after) = strip_symbol(rest, culture).filter(|_| !symbol) {
            (symbol, rest) = (true, after);
        } else {
            break;
        }
    }
    let mut digits = String::new();
    let mut whole = 0;
    let mut seen_point = false;
    let group_is_space = culture.group.chars().all(is_space);
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_digit() {
            digits.push(c);
            whole += 1;
            rest = &rest[1..];
        } else if let Some(after) = rest.strip_prefix(culture.decimal).filter(|_| !seen_point) {
            digits.push('.');
            (seen_point, rest) = (true, after);
        } else if whole > 0 && !seen_point && !culture.group.is_empty() && rest.starts_with(culture.group) {
            rest = &rest[culture.group.len()..];
        } else if whole > 0
            && !seen_point
            && group_is_space
            && is_space(c)
            && rest[c.len_utf8()..].starts_with(|d: char| d.is_ascii_digit())
        {
            rest = &rest[c.len_utf8()..];
        } else {
            break;
        }
    }
    if whole == 0 {
        return None;
    }
    if let Some(after) = rest.strip_prefix(['e', 'E']) {
        let length = after.find(|c: char| !(c.is_ascii_digit() || c == '+' || c == '-')).unwrap_or(after.len());
        let exponent: i32 = after[..length].parse().ok()?;
        digits.push_str(&format!("e{exponent}"));
        rest = &after[length..];
    }
    loop {
        rest = rest.trim_start_matches(is_space);
        if let Some(after) = rest.strip_prefix(')').filter(|_| parenthesis && sign.is_none()) {
            (sign, rest) = (Some(true), after);
        } else if let Some(after) = rest.strip_prefix(['-', '+']).filter(|_| sign.is_none() && !parenthesis) {
            (sign, rest) = (Some(rest.starts_with('-')), after);
        } else if let Some(after) = strip_symbol(rest, culture).filter(|_| !symbol) {
            (symbol, rest) = (true, after);
        } else {
            break;
        }
    }
    if !rest.is_empty() || parenthesis && sign.is_none() {
        return None;
    }
    let value: f64 = digits.parse().ok().filter(|x: &f64| x.is_finite())?;
    Some(if sign == Some(true) { -value } else { value })
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{A0}' | '\u{202F}')
}

fn strip_symbol<'a>(text: &'a str, culture: &Culture) -> Option<&'a str> {
    let symbol = if culture.currency_symbol.is_empty() || culture.currency_symbol == "¤" { "$" } else { culture.currency_symbol };
    text.strip_prefix(symbol)
}

enum Token {
    Number { value: i64, digits: usize },
    Word(String),
    Mark(char),
    Space,
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut out = Vec::new();
    let mut rest = text.trim_matches(is_space);
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_digit() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            out.push(Token::Number { value: rest[..digits].parse().ok()?, digits });
            rest = &rest[digits..];
        } else if c.is_alphabetic() {
            let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
            out.push(Token::Word(rest[..end].to_lowercase()));
            rest = &rest[end..];
        } else if is_space(c) {
            rest = rest.trim_start_matches(is_space);
            out.push(Token::Space);
        } else if matches!(c, '/' | '-' | '.' | ',' | ':') {
            out.push(Token::Mark(c));
            rest = &rest[1..];
        } else {
            return None;
        }
    }
    Some(out)
}

enum Part {
    Number { value: i64, digits: usize },
    Month(u32),
}

/// A date, a time or both in the order of the culture: `3/4/2024 3:30 PM`, `2024-03-04`, `4 March 2024`, `10:30`. A date without
/// year is of the current year; years 0–49 are 2000–2049, 50–99 are 1950–1999.
pub fn parse_date_time(cx: &ScalarContext, text: &str) -> Option<f64> {
    let culture = cx.conventions();
    let tokens = tokens(text)?;
    let mut parts: Vec<Part> = Vec::new();
    let mut marks: Vec<char> = Vec::new();
    let mut time: Option<(i64, i64, f64)> = None;
    let mut half: Option<bool> = None;
    let mut i = 0;
    // Whether a date part may follow: at the start and after a separator.
    let mut open = true;
    while i < tokens.len() {
        match &tokens[i] {
            Token::Space => open = true,
            Token::Mark(mark @ ('/' | '-' | '.' | ',')) => {
                let foreign = *mark == '.' && culture.date_separator != ".";
                if parts.is_empty() || foreign || i + 1 == tokens.len() || matches!(tokens[i - 1], Token::Mark(_)) {
                    return None;
                }
                marks.push(*mark);
                open = true;
            }
            Token::Mark(_) => return None,
            Token::Number { value, .. } if is_mark(&tokens, i + 1, ':') => {
                if time.is_some() || !open {
                    return None;
                }
                let (minute, _) = number_at(&tokens, i + 2)?;
                let mut next = i + 3;
                let mut second = 0.0;
                if is_mark(&tokens, next, ':') {
                    second = number_at(&tokens, next + 1)?.0 as f64;
                    next += 2;
                    if is_mark(&tokens, next, '.')
                        && let Some((fraction, digits)) = number_at(&tokens, next + 1)
                    {
                        second += fraction as f64 / 10_f64.powi(digits as i32);
                        next += 2;
                    }
                }
                time = Some((*value, minute, second));
                open = false;
                i = next;
                continue;
            }
            Token::Number { value, digits } => {
                if !open {
                    return None;
                }
                let after = if matches!(tokens.get(i + 1), Some(Token::Space)) { i + 2 } else { i + 1 };
                if time.is_none() && matches!(tokens.get(after), Some(Token::Word(word)) if half_of_day(word, culture).is_some()) {
                    time = Some((*value, 0, 0.0));
                } else {
                    parts.push(Part::Number { value: *value, digits: *digits });
                }
                open = false;
            }
            Token::Word(word) => {
                if let Some(mark) = half_of_day(word, culture).filter(|_| time.is_some() && half.is_none()) {
                    half = Some(mark);
                } else {
                    parts.push(Part::Month(month_of(word, culture)?));
                    // An abbreviation may end with a point.
                    if is_mark(&tokens, i + 1, '.') && marks.is_empty() {
                        i += 1;
                    }
                    open = true;
                    i += 1;
                    continue;
                }
                open = false;
            }
        }
        i += 1;
    }
    let clock = match time {
        None => 0.0,
        Some((hour, minute, second)) => {
            let hour = match half {
                None if hour <= 23 => hour,
                Some(after_noon) if (1..=12).contains(&hour) => hour % 12 + if after_noon { 12 } else { 0 },
                Some(false) if hour == 0 => 0,
                _ => return None,
            };
            if minute > 59 || second >= 60.0 {
                return None;
            }
            ((hour * 3600 + minute * 60) as f64 + second) / 86_400.0
        }
    };
    if parts.is_empty() {
        return time.map(|_| clock);
    }
    let date = date_of(cx, &parts, culture)?;
    Some(f64::from(date.0) + clock)
}

fn is_mark(tokens: &[Token], index: usize, mark: char) -> bool {
    matches!(tokens.get(index), Some(Token::Mark(c)) if *c == mark)
}

fn number_at(tokens: &[Token], index: usize) -> Option<(i64, usize)> {
    match tokens.get(index) {
        Some(Token::Number { value, digits }) => Some((*value, *digits)),
        _ => None,
    }
}

fn half_of_day(word: &str, culture: &Culture) -> Option<bool> {
    match word {
        "am" | "a" => Some(false),
        "pm" | "p" => Some(true),
        _ if !culture.am.is_empty() && culture.am.to_lowercase() == word => Some(false),
        _ if !culture.pm.is_empty() && culture.pm.to_lowercase() == word => Some(true),
        _ => None,
    }
}

fn month_of(word: &str, culture: &Culture) -> Option<u32> {
    let english = Culture::get("en-US");
    for culture in [culture, english] {
        for names in [&culture.months, &culture.months_genitive, &culture.months_short] {
            if let Some(index) = names.iter().position(|name| name.trim_end_matches('.').to_lowercase() == word) {
                return Some(index as u32 + 1);
            }
        }
    }
    // "Sept" and other beginnings of at least three letters are accepted when only one month begins so.
    if word.chars().count() < 3 {
        return None;
    }
    let mut fitting = culture.months.iter().enumerate().filter(|(_, name)| name.to_lowercase().starts_with(word));
    match (fitting.next(), fitting.next()) {
        (Some((index, _)), None) => Some(index as u32 + 1),
        _ => None,
    }
}

fn year_of(value: i64, digits: usize) -> Option<i32> {
    match (value, digits) {
        (0..=49, 1..=2) => Some(value as i32 + 2000),
        (50..=99, 1..=2) => Some(value as i32 + 1900),
        (100..=9999, _) => Some(value as i32),
        _ => None,
    }
}

fn date_of(cx: &ScalarContext, parts: &[Part], culture: &Culture) -> Option<Date> {
    let this_year = Date(cx.now.floor() as i32).year();
    let months: Vec<u32> = parts.iter().filter_map(|part| if let Part::Month(month) = part { Some(*month) } else { None }).collect();
    let numbers: Vec<(i64, usize)> =
        parts.iter().filter_map(|part| if let Part::Number { value, digits } = part { Some((*value, *digits)) } else { None }).collect();
    let make = |year: Option<i32>, month: i64, day: i64| Date::from_ymd(year?, u32::try_from(month).ok()?, u32::try_from(day).ok()?);
    let is_year = |(value, digits): (i64, usize)| digits > 2 || value > 31;
    match (months.as_slice(), numbers.as_slice()) {
        ([month], [a, b]) => {
            let month = i64::from(*month);
            if is_year(*a) { make(year_of(a.0, a.1), month, b.0) } else { make(year_of(b.0, b.1), month, a.0) }
        }
        ([month], [a]) => {
            let month = i64::from(*month);
            if is_year(*a) { make(year_of(a.0, a.1), month, 1) } else { make(Some(this_year), month, a.0) }
        }
        ([], [a, b, c]) => {
            if is_year(*a) {
                return make(year_of(a.0, a.1), b.0, c.0).or_else(|| make(year_of(a.0, a.1), c.0, b.0));
            }
            match order_of(culture) {
                Order::DayMonth => make(year_of(c.0, c.1), b.0, a.0).or_else(|| make(year_of(c.0, c.1), a.0, b.0)),
                Order::MonthDay => make(year_of(c.0, c.1), a.0, b.0).or_else(|| make(year_of(c.0, c.1), b.0, a.0)),
                Order::YearMonth => {
                    if is_year(*c) {
                        return make(year_of(c.0, c.1), a.0, b.0).or_else(|| make(year_of(c.0, c.1), b.0, a.0));
                    }
                    make(year_of(a.0, a.1), b.0, c.0)
                }
            }
        }
        ([], [a, b]) => {
            if is_year(*b) {
                return make(year_of(b.0, b.1), a.0, 1);
            }
            if is_year(*a) {
                return make(year_of(a.0, a.1), b.0, 1);
            }
            let (month, day) = if order_of(culture) == Order::DayMonth { (b.0, a.0) } else { (a.0, b.0) };
            make(Some(this_year), month, day).or_else(|| make(Some(this_year), day, month))
        }
        _ => None,
    }
}

#[derive(PartialEq)]
enum Order {
    DayMonth,
    MonthDay,
    YearMonth,
}

fn order_of(culture: &Culture) -> Order {
    match culture.short_date.chars().find(|c| matches!(c, 'd' | 'M' | 'y')) {
        Some('y') => Order::YearMonth,
        Some('d') => Order::DayMonth,
        _ => Order::MonthDay,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_ole_reads_them() {
        let en = Culture::get("en-US");
        for (text, value) in [("(5)", -5.0), ("1e3", 1000.0), ("5-", -5.0), ("-$3.50", -3.5), ("1,2,3", 123.0), (".5", 0.5), (" 6 ", 6.0)] {
            assert_eq!(parse_number(text, en), Some(value), "{text}");
        }
        for text in ["", "-&H10", "(5)-", "1 5.5", "５", "12%", "TRUE", "--5", "1e", "abc", "(5"] {
            assert_eq!(parse_number(text, en), None, "{text}");
        }
        assert_eq!(parse_number("1 234,5", Culture::get("fr-FR")), Some(1234.5));
    }

    #[test]
    fn dates_read_in_the_order_of_the_culture() {
        let cx = ScalarContext::default();
        let date = |text: &str| parse_date_time(&cx, text);
        let day = |y, m, d| f64::from(Date::from_ymd(y, m, d).unwrap().0);
        for (text, value) in [
            ("1/8/2009", day(2009, 1, 8)),
            ("15/1/2024", day(2024, 1, 15)),
            ("2024-03-15", day(2024, 3, 15)),
            ("March 3, 2008", day(2008, 3, 3)),
            ("March 3, 2008 3:45 PM", day(2008, 3, 3) + 0.656_25),
            ("3-Mar-08", day(2008, 3, 3)),
            ("Mar 2008", day(2008, 3, 1)),
            ("2/29/2024 12:00", day(2024, 2, 29) + 0.5),
            ("18:00", 0.75),
            ("6 PM", 0.75),
            ("12/31/49", day(2049, 12, 31)),
            ("12/31/50", day(1950, 12, 31)),
            ("3/4", day(2024, 3, 4)),
        ] {
            assert_eq!(date(text), Some(value), "{text}");
        }
        for text in ["2024-01-02T12:00:00", "1:00:60", "1:30 P.M.", "2/30/2024", "13", "", "25:00", "1//2", "x 3, 2008"] {
            assert_eq!(date(text), None, "{text}");
        }
        let british = ScalarContext { culture: "en-GB".into(), ..ScalarContext::default() };
        assert_eq!(parse_date_time(&british, "1/8/2009"), Some(day(2009, 8, 1)));
    }
}
