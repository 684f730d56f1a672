//! Text to dates, times, zones and durations: ISO 8601, the culture's own order of day and month, names of months, and exact
//! patterns.

use super::date::{is_invariant, standard_pattern};
use super::{DAYS_TO_OLE, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND};
use crate::base::{Culture, Date};

/// What a text says: each part only if the text names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ParsedMoment {
    /// The day.
    pub date: Option<Date>,
    /// Ticks of 100 ns since midnight.
    pub time: Option<i64>,
    /// Minutes east of UTC.
    pub offset: Option<i32>,
}

impl ParsedMoment {
    /// Local ticks since 0001-01-01T00:00, if there is a date; midnight if there is no time.
    pub fn ticks(&self) -> Option<i64> {
        self.date.map(|date| (i64::from(date.0) + DAYS_TO_OLE) * TICKS_PER_DAY + self.time.unwrap_or(0))
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// Value and number of digits.
    Number(i64, usize),
    Word(String),
    Punct(char),
    Space,
}

/// Reads a date, a time or both in any usual form; numeric dates follow the culture's order.
///
/// A missing year is `current_year`; a missing day the first. `None` when the text is anything else.
///
/// ```
/// use xero_pbit::base::Culture;
/// use xero_pbit::m::text_format::parse_moment;
/// let date = |text: &str, culture: &str| parse_moment(text, Culture::get(culture), 2024).and_then(|m| m.date).map(|d| d.to_string());
/// assert_eq!(date("2/3/2024", "en-US").as_deref(), Some("2024-02-03"));
/// assert_eq!(date("2/3/2024", "en-NZ").as_deref(), Some("2024-03-02"));
/// assert_eq!(date("20 Januar 2023", "de-DE").as_deref(), Some("2023-01-20"));
/// ```
pub fn parse_moment(text: &str, culture: &Culture, current_year: i32) -> Option<ParsedMoment> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if let Some(parsed) = parse_iso(text) {
        return Some(parsed);
    }
    let tokens = tokenize(text)?;
    let mut out = ParsedMoment::default();
    let mut numbers: Vec<(i64, usize)> = Vec::new();
    let mut month_name: Option<(u32, usize)> = None;
    let mut i = 0;
    while i < tokens.len() {
        match &tokens[i] {
            Token::Number(value, digits) => {
                if let Some((time, used)) = time_at(&tokens[i..], culture) {
                    if out.time.is_some() {
                        return None;
                    }
                    out.time = Some(time);
                    i += used;
                    if let Some((offset, used)) = zone_at(&tokens[i..]) {
                        out.offset = Some(offset);
                        i += used;
                    }
                    continue;
                }
                numbers.push((*value, *digits));
            }
            Token::Word(word) => {
                if let Some(month) = month_of(word, culture) {
                    if month_name.is_some() {
                        return None;
                    }
                    month_name = Some((month, numbers.len()));
                    if matches!(tokens.get(i + 1), Some(Token::Punct('.'))) {
                        i += 1;
                    }
                } else if day_of(word, culture) {
                    if matches!(tokens.get(i + 1), Some(Token::Punct('.'))) {
                        i += 1;
                    }
                } else if out.time.is_some()
                    && (word.eq_ignore_ascii_case("z") || word.eq_ignore_ascii_case("gmt") || word.eq_ignore_ascii_case("utc"))
                {
                    out.offset = Some(0);
                } else if !is_noise(word, culture) {
                    return None;
                }
            }
            Token::Punct('/' | '-' | '.' | ',') | Token::Space => {}
            Token::Punct('+') if out.time.is_some() && out.offset.is_none() => {
                let (offset, used) = zone_at(&tokens[i..])?;
                out.offset = Some(offset);
                i += used;
                continue;
            }
            Token::Punct(_) => return None,
        }
        i += 1;
    }
    out.date = match (month_name, numbers.as_slice()) {
        (None, []) => None,
        (Some((month, at)), numbers) => Some(named_date(month, at, numbers, current_year)?),
        (None, [single]) => {
            // A lone number: a year, or a compact date.
            match single.1 {
                4 => Date::from_ymd(single.0 as i32, 1, 1),
                6 => Date::from_ymd((single.0 / 100) as i32, (single.0 % 100) as u32, 1),
                8 => Date::from_ymd((single.0 / 10_000) as i32, (single.0 / 100 % 100) as u32, (single.0 % 100) as u32),
                _ => None,
            }
            .map(Some)?
        }
        (None, [a, b]) => Some(two_numbers(*a, *b, culture, current_year)?),
        (None, [a, b, c]) => Some(three_numbers(*a, *b, *c, culture)?),
        _ => return None,
    };
    (out.date.is_some() || out.time.is_some()).then_some(out)
}

/// Reads a time of day: any form of [`parse_moment`], or the digits `hh`, `hhmm`, `hhmmss`.
pub fn parse_time(text: &str, culture: &Culture) -> Option<i64> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        let n: i64 = text.parse().ok()?;
        let (hour, minute, second) = match text.len() {
            1 | 2 => (n, 0, 0),
            4 => (n / 100, n % 100, 0),
            6 => (n / 10_000, n / 100 % 100, n % 100),
            _ => return None,
        };
        return clock(hour, minute, second, 0);
    }
    let text = text.strip_prefix(['T', 't']).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(text);
    if let Some((time, rest)) = iso_time(text)
        && (rest.is_empty() || iso_zone(rest).is_some())
    {
        return Some(time);
    }
    parse_moment(text, culture, 2000)?.time
}

fn named_date(month: u32, at: usize, numbers: &[(i64, usize)], current_year: i32) -> Option<Date> {
    match numbers {
        [] => Date::from_ymd(current_year, month, 1),
        [one] => {
            let no_such_day = at == 0 && one.1 == 2 && Date::from_ymd(current_year, month, one.0 as u32).is_none();
            if one.1 > 2 || one.0 > 31 || no_such_day {
                Date::from_ymd(full_year(*one), month, 1)
            } else {
                Date::from_ymd(current_year, month, one.0 as u32)
            }
        }
        [a, b] => {
            // A year is written with more than two digits or comes last.
            let (day, year) = if a.1 > 2 { (b, a) } else { (a, b) };
            Date::from_ymd(full_year(*year), month, u32::try_from(day.0).ok()?)
        }
        _ => None,
    }
}

fn full_year((value, digits): (i64, usize)) -> i32 {
    let value = value as i32;
    match digits {
        1 | 2 if value < 50 => 2000 + value,
        1 | 2 => 1900 + value,
        _ => value,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    Day,
    Month,
    Year,
}

fn order(culture: &Culture) -> First {
    let at = |c: char| culture.short_date.find(c).unwrap_or(usize::MAX);
    if at('y') < at('M') && at('y') < at('d') {
        First::Year
    } else if at('d') < at('M') {
        First::Day
    } else {
        First::Month
    }
}

fn two_numbers(a: (i64, usize), b: (i64, usize), culture: &Culture, current_year: i32) -> Option<Date> {
    if a.1 > 2 {
        return Date::from_ymd(full_year(a), u32::try_from(b.0).ok()?, 1);
    }
    if b.1 > 2 {
        return Date::from_ymd(full_year(b), u32::try_from(a.0).ok()?, 1);
    }
    let (month, day) = if order(culture) == First::Day { (b.0, a.0) } else { (a.0, b.0) };
    Date::from_ymd(current_year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

fn three_numbers(a: (i64, usize), b: (i64, usize), c: (i64, usize), culture: &Culture) -> Option<Date> {
    let (year, month, day) = if a.1 > 2 {
        (a, b, c)
    } else {
        match order(culture) {
            First::Month => (c, a, b),
            First::Day => (c, b, a),
            First::Year if c.1 > 2 => (c, a, b),
            First::Year => (a, b, c),
        }
    };
    if month.1 > 2 || day.1 > 2 {
        return None;
    }
    Date::from_ymd(full_year(year), u32::try_from(month.0).ok()?, u32::try_from(day.0).ok()?)
}

fn month_of(word: &str, culture: &Culture) -> Option<u32> {
    let lower = word.to_lowercase();
    let find = |culture: &Culture| {
        (0..12).find(|&i| {
            let same = |name: &str| name.trim_end_matches('.').to_lowercase() == lower;
            same(culture.months[i]) || same(culture.months_genitive[i]) || same(culture.months_short[i])
        })
    };
    let by_name = find(culture).or_else(|| find(Culture::get("")));
    by_name.map(|i| i as u32 + 1)
}

fn day_of(word: &str, culture: &Culture) -> bool {
    let lower = word.to_lowercase();
    let has =
        |culture: &Culture| culture.days.iter().chain(&culture.days_short).any(|name| name.trim_end_matches('.').to_lowercase() == lower);
    has(culture) || has(Culture::get(""))
}

/// Words of a long date pattern that carry no meaning (`de`, `den`).
fn is_noise(word: &str, culture: &Culture) -> bool {
    let lower = word.to_lowercase();
    lower == "t" && culture.name.is_empty()
        || culture.long_date.split('\'').skip(1).step_by(2).any(|quoted| quoted.trim().trim_end_matches('.').to_lowercase() == lower)
}

/// A run of `h:mm[:ss[.f]] [AM|PM]` or `h AM` at the start; ticks and tokens used.
fn time_at(tokens: &[Token], culture: &Culture) -> Option<(i64, usize)> {
    let Token::Number(hour, digits) = tokens.first()? else { return None };
    if *digits > 2 {
        return None;
    }
    let separator = |at: usize| {
        matches!(tokens.get(at), Some(Token::Punct(':')))
            || (culture.time_separator == "." && matches!(tokens.get(at), Some(Token::Punct('.'))))
    };
    let mut used = 1;
    let (mut minute, mut second, mut fraction) = (None, 0, 0);
    let number = |at: usize| match tokens.get(at) {
        Some(Token::Number(n, digits)) => Some((*n, *digits)),
        _ => None,
    };
    if separator(1)
        && let Some((m, m_digits)) = number(2)
        && m_digits <= 2
    {
        // With a dot as separator `1.2.2024` is a date.
        let dotted = matches!(tokens.get(1), Some(Token::Punct('.')));
        if dotted && (m_digits != 2 || number(4).is_some_and(|(_, digits)| digits > 2)) {
            return None;
        }
        minute = Some(m);
        used = 3;
        if separator(3)
            && let Some((s, _)) = number(4)
        {
            second = s;
            used = 5;
            if matches!(tokens.get(5), Some(Token::Punct('.' | ',')))
                && let Some((f, f_digits)) = number(6)
            {
                fraction = scale_fraction(f, f_digits)?;
                used = 7;
            }
        }
    }
    let skip = usize::from(matches!(tokens.get(used), Some(Token::Space)));
    let mut hour = *hour;
    if let Some(Token::Word(word)) = tokens.get(used + skip)
        && let Some(afternoon) = designator(word, culture)
    {
        if !(1..=12).contains(&hour) && (hour != 0 || afternoon) {
            return None;
        }
        hour = hour % 12 + if afternoon { 12 } else { 0 };
        used += skip + 1;
        minute = minute.or(Some(0));
    }
    clock(hour, minute?, second, fraction).map(|time| (time, used))
}

fn designator(word: &str, culture: &Culture) -> Option<bool> {
    let plain = |text: &str| text.replace(['.', ' ', '\u{a0}'], "").to_lowercase();
    let word = plain(word);
    let is = |name: &str| !name.is_empty() && plain(name) == word;
    if word == "am" || word == "a" || is(culture.am) {
        Some(false)
    } else if word == "pm" || word == "p" || is(culture.pm) {
        Some(true)
    } else {
        None
    }
}

fn scale_fraction(value: i64, digits: usize) -> Option<i64> {
    if digits > 18 {
        return None;
    }
    Some(if digits <= 7 {
        value * 10_i64.pow(7 - digits as u32)
    } else {
        let unit = 10_i64.pow(digits as u32 - 7);
        (value + unit / 2) / unit
    })
}

fn clock(hour: i64, minute: i64, second: i64, fraction: i64) -> Option<i64> {
    if hour == 24 && minute == 0 && second == 0 && fraction == 0 {
        return Some(TICKS_PER_DAY);
    }
    ((0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second))
        .then(|| hour * TICKS_PER_HOUR + minute * TICKS_PER_MINUTE + second * TICKS_PER_SECOND + fraction)
}

/// ` +hh:mm`, `-hhmm`, `Z` after a time; minutes and tokens used.
fn zone_at(tokens: &[Token]) -> Option<(i32, usize)> {
    let skip = usize::from(matches!(tokens.first(), Some(Token::Space)));
    let sign = match tokens.get(skip)? {
        Token::Word(word) if word.eq_ignore_ascii_case("z") => return Some((0, skip + 1)),
        Token::Punct('+') => 1,
        Token::Punct('-') => -1,
        _ => return None,
    };
    let Token::Number(value, digits) = *tokens.get(skip + 1)? else { return None };
    let (hours, mut minutes) = if digits <= 2 { (value, 0) } else { (value / 100, value % 100) };
    let mut used = skip + 2;
    if digits <= 2
        && matches!(tokens.get(used), Some(Token::Punct(':')))
        && let Some(Token::Number(m, _)) = tokens.get(used + 1)
    {
        minutes = *m;
        used += 2;
    }
    offset(sign, hours, minutes).map(|offset| (offset, used))
}

fn offset(sign: i32, hours: i64, minutes: i64) -> Option<i32> {
    (hours <= 14 && minutes < 60).then(|| sign * (hours * 60 + minutes) as i32)
}

fn tokenize(text: &str) -> Option<Vec<Token>> {
    let mut out = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if c.is_ascii_digit() {
            let mut end = start + 1;
            while let Some((at, d)) = chars.peek().copied() {
                if !d.is_ascii_digit() {
                    break;
                }
                end = at + 1;
                chars.next();
            }
            if end - start > 18 {
                return None;
            }
            out.push(Token::Number(text[start..end].parse().ok()?, end - start));
        } else if c.is_alphabetic() {
            let mut end = start + c.len_utf8();
            while let Some((at, d)) = chars.peek().copied() {
                let dotted = d == '.' && text[at + 1..].chars().next().is_some_and(char::is_alphabetic);
                if !d.is_alphabetic() && !dotted {
                    break;
                }
                end = at + d.len_utf8();
                chars.next();
            }
            push_words(&text[start..end], &mut out);
        } else if c.is_whitespace() {
            if out.last() != Some(&Token::Space) {
                out.push(Token::Space);
            }
        } else if matches!(c, '/' | '-' | '.' | ',' | ':' | '+') {
            out.push(Token::Punct(c));
        } else if c == '\u{2212}' {
            out.push(Token::Punct('-'));
        } else {
            return None;
        }
    }
    Some(out)
}

/// Signs of Chinese, Japanese and Korean dates separate like punctuation.
fn push_words(word: &str, out: &mut Vec<Token>) {
    if word.chars().all(|c| matches!(c, '年' | '月' | '日' | '년' | '월' | '일')) {
        out.push(Token::Space);
    } else {
        out.push(Token::Word(word.to_owned()));
    }
}

fn digits(text: &str, count: usize) -> Option<(i64, &str)> {
    let head = text.get(..count)?;
    head.bytes().all(|b| b.is_ascii_digit()).then(|| (head.parse().unwrap_or(0), &text[count..]))
}

/// `yyyy-MM-dd`, `yyyyMMdd`, each with `T` or blank and a time and zone.
fn parse_iso(text: &str) -> Option<ParsedMoment> {
    let (year, rest) = digits(text, 4)?;
    let (month, day, rest) = if let Some(rest) = rest.strip_prefix('-') {
        let (month, rest) = digits(rest, 2)?;
        let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
        (month, day, rest)
    } else {
        let (month, rest) = digits(rest, 2)?;
        let (day, rest) = digits(rest, 2)?;
        (month, day, rest)
    };
    let date = Date::from_ymd(year as i32, month as u32, day as u32)?;
    if rest.is_empty() {
        return Some(ParsedMoment { date: Some(date), ..ParsedMoment::default() });
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (time, rest) = iso_time(rest)?;
    let offset = if rest.is_empty() { None } else { Some(iso_zone(rest)?) };
    if time == TICKS_PER_DAY {
        return Some(ParsedMoment { date: Some(date.add_days(1)), time: Some(0), offset });
    }
    Some(ParsedMoment { date: Some(date), time: Some(time), offset })
}

fn iso_time(text: &str) -> Option<(i64, &str)> {
    let (hour, rest) = digits(text, 2)?;
    let (minute, second, rest) = if let Some(rest) = rest.strip_prefix(':') {
        let (minute, rest) = digits(rest, 2)?;
        match rest.strip_prefix(':') {
            Some(rest) => {
                let (second, rest) = digits(rest, 2)?;
                (minute, second, rest)
            }
            None => (minute, 0, rest),
        }
    } else if rest.starts_with(|c: char| c.is_ascii_digit()) {
        let (minute, rest) = digits(rest, 2)?;
        match digits(rest, 2) {
            Some((second, rest)) => (minute, second, rest),
            None => (minute, 0, rest),
        }
    } else {
        (0, 0, rest)
    };
    let (fraction, rest) = match rest.strip_prefix(['.', ',']) {
        Some(tail) => {
            let count = tail.bytes().take_while(u8::is_ascii_digit).count();
            if count == 0 || count > 18 {
                return None;
            }
            (scale_fraction(tail[..count].parse().ok()?, count)?, &tail[count..])
        }
        None => (0, rest),
    };
    clock(hour, minute, second, fraction).map(|time| (time, rest))
}

fn iso_zone(text: &str) -> Option<i32> {
    let text = text.trim_start();
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = match text.bytes().next()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let rest = &text[1..];
    let (hours, rest) = digits(rest, 2)?;
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let minutes = if rest.is_empty() {
        0
    } else {
        let (minutes, rest) = digits(rest, 2)?;
        if !rest.is_empty() {
            return None;
        }
        minutes
    };
    offset(sign, hours, minutes)
}

/// Reads `[-][d.]hh:mm[:ss[.fffffff]]` or `[-]d`; ticks of 100 ns.
pub fn parse_duration(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, body) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let number = |text: &str| -> Option<i64> {
        if text.is_empty() || text.len() > 8 || !text.bytes().all(|b| b.is_ascii_digit()) { None } else { text.parse().ok() }
    };
    let parts: Vec<&str> = body.split(':').collect();
    let ticks = match parts.as_slice() {
        [days] => number(days)?.checked_mul(TICKS_PER_DAY)?,
        [first, rest @ ..] if rest.len() <= 3 => {
            let (days, hours, rest) = match first.split_once('.') {
                Some((days, hours)) if rest.len() <= 2 => (number(days)?, number(hours)?, rest),
                None if rest.len() == 3 => (number(first)?, number(rest[0])?, &rest[1..]),
                None => (0, number(first)?, rest),
                Some(_) => return None,
            };
            let minutes = number(rest.first()?)?;
            let (seconds, fraction) = match rest.get(1) {
                None => (0, 0),
                Some(seconds) => match seconds.split_once('.') {
                    None => (number(seconds)?, 0),
                    Some((seconds, fraction)) => {
                        if fraction.is_empty() || fraction.len() > 7 {
                            return None;
                        }
                        (number(seconds)?, scale_fraction(number(fraction)?, fraction.len())?)
                    }
                },
            };
            if hours > 23 || minutes > 59 || seconds > 59 {
                return None;
            }
            days.checked_mul(TICKS_PER_DAY)?
                .checked_add(hours * TICKS_PER_HOUR + minutes * TICKS_PER_MINUTE + seconds * TICKS_PER_SECOND + fraction)?
        }
        _ => return None,
    };
    Some(sign * ticks)
}

/// Reads a text that follows a pattern exactly (`DateTime.ParseExact`).
///
/// Parts that the pattern lacks are absent, except that a date with any of its parts in the pattern is completed with January,
/// the first day and `current_year`.
pub fn parse_exact(text: &str, format: &str, culture: &Culture, current_year: i32) -> Option<ParsedMoment> {
    let mut letters = format.chars();
    let (pattern, culture) = match (letters.next()?, letters.next()) {
        (letter, None) => {
            let zoned = text.contains(['+', 'Z']) || text.rfind('-').is_some_and(|at| at > 10);
            (standard_pattern(letter, culture, zoned)?, if is_invariant(letter) { Culture::get("") } else { culture })
        }
        _ => (format.to_owned(), culture),
    };
    let chars: Vec<char> = pattern.chars().collect();
    let mut rest = text.trim();
    let (mut year, mut month, mut day) = (None::<i32>, None::<u32>, None::<u32>);
    let (mut hour, mut hour12, mut minute, mut second, mut fraction) = (None::<i64>, None::<i64>, None::<i64>, None::<i64>, None::<i64>);
    let (mut afternoon, mut zone) = (None::<bool>, None::<i32>);
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        let run = chars[i..].iter().take_while(|x| **x == c).count();
        let mut used = run;
        match c {
            'd' if run <= 2 => day = Some(take(&mut rest, run.max(1), 2)? as u32),
            'd' => {
                let names = if run == 3 { &culture.days_short } else { &culture.days };
                take_name(&mut rest, &[&names[..], &culture.days[..]])?;
            }
            'M' if run <= 2 => month = Some(take(&mut rest, run, 2)? as u32),
            'M' => {
                let index = if run == 3 {
                    take_name(&mut rest, &[&culture.months_short[..], &culture.months[..]])?
                } else {
                    take_name(&mut rest, &[&culture.months[..], &culture.months_genitive[..]])?
                };
                month = Some(index as u32 + 1);
            }
            'y' => {
                let (value, count) = match run {
                    1 | 2 => (take(&mut rest, run, 2)?, 2),
                    n => (take(&mut rest, n.min(4), n.max(4))?, 4),
                };
                year = Some(full_year((value, count)));
            }
            'h' => hour12 = Some(take(&mut rest, run.min(2), 2)?),
            'H' => hour = Some(take(&mut rest, run.min(2), 2)?),
            'm' => minute = Some(take(&mut rest, run.min(2), 2)?),
            's' => second = Some(take(&mut rest, run.min(2), 2)?),
            'f' => {
                let (value, tail) = digits(rest, run)?;
                fraction = Some(scale_fraction(value, run)?);
                rest = tail;
            }
            'F' => {
                let count = rest.bytes().take(run).take_while(u8::is_ascii_digit).count();
                let (value, tail) = if count == 0 { (0, rest) } else { digits(rest, count)? };
                fraction = Some(scale_fraction(value, count)?);
                rest = tail;
            }
            't' => {
                let (am, pm) =
                    (if culture.am.is_empty() { "AM" } else { culture.am }, if culture.pm.is_empty() { "PM" } else { culture.pm });
                let cut = |name: &str| if run == 1 { name.chars().take(1).collect::<String>() } else { name.to_owned() };
                afternoon = Some(if take_word(&mut rest, &cut(pm)) {
                    true
                } else if take_word(&mut rest, &cut(am)) {
                    false
                } else {
                    return None;
                });
            }
            'z' | 'K' => {
                if c == 'K' {
                    used = 1;
                }
                if rest.starts_with(['Z', 'z']) {
                    rest = &rest[1..];
                    zone = Some(0);
                } else if rest.starts_with(['+', '-']) {
                    let sign = if rest.starts_with('-') { -1 } else { 1 };
                    rest = &rest[1..];
                    let hours = take(&mut rest, 1, 2)?;
                    let minutes = if c == 'K' || run >= 3 {
                        rest = rest.strip_prefix(':').unwrap_or(rest);
                        take(&mut rest, 2, 2)?
                    } else {
                        0
                    };
                    zone = Some(offset(sign, hours, minutes)?);
                } else if c == 'z' {
                    return None;
                }
            }
            'g' => {
                take_word(&mut rest, "A.D.");
            }
            ':' => {
                used = 1;
                rest = rest.strip_prefix(culture.time_separator).or_else(|| rest.strip_prefix(':'))?;
            }
            '/' => {
                used = 1;
                rest = rest.strip_prefix(culture.date_separator).or_else(|| rest.strip_prefix('/'))?;
            }
            '\'' | '"' => {
                let end = chars[i + 1..].iter().position(|x| *x == c).map_or(chars.len(), |p| i + 1 + p);
                let literal: String = chars[i + 1..end].iter().collect();
                rest = rest.strip_prefix(literal.as_str())?;
                used = end + 1 - i;
            }
            '\\' => {
                rest = rest.strip_prefix(*chars.get(i + 1)?)?;
                used = 2;
            }
            '%' => used = 1,
            c if c.is_whitespace() => {
                used = 1;
                rest = rest.strip_prefix(char::is_whitespace)?;
            }
            // A point before optional fraction digits is optional as well.
            '.' if chars.get(i + 1) == Some(&'F') => {
                used = 1;
                rest = rest.strip_prefix('.').unwrap_or(rest);
            }
            c => {
                used = 1;
                rest = rest.strip_prefix(c)?;
            }
        }
        i += used;
    }
    if !rest.is_empty() {
        return None;
    }
    let date = if year.is_some() || month.is_some() || day.is_some() {
        Some(Date::from_ymd(year.unwrap_or(current_year), month.unwrap_or(1), day.unwrap_or(1))?)
    } else {
        None
    };
    let hour = match (hour, hour12) {
        (Some(hour), _) => Some(hour),
        (None, Some(h)) if (1..=12).contains(&h) => Some(match afternoon {
            Some(true) => h % 12 + 12,
            Some(false) => h % 12,
            None => h,
        }),
        (None, Some(_)) => return None,
        (None, None) => None,
    };
    let time = if hour.is_some() || minute.is_some() || second.is_some() || fraction.is_some() {
        Some(clock(hour.unwrap_or(0), minute.unwrap_or(0), second.unwrap_or(0), fraction.unwrap_or(0)).filter(|t| *t < TICKS_PER_DAY)?)
    } else {
        None
    };
    Some(ParsedMoment { date, time, offset: zone })
}

/// `least` to `most` digits.
fn take(rest: &mut &str, least: usize, most: usize) -> Option<i64> {
    let count = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if count < least {
        return None;
    }
    let value = rest[..count].parse().ok()?;
    *rest = &rest[count..];
    Some(value)
}

fn take_word(rest: &mut &str, word: &str) -> bool {
    match strip_ignoring_case(rest, word) {
        Some(tail) => {
            *rest = tail;
            true
        }
        None => false,
    }
}

/// The longest name that fits, from any of the lists of names in the same order.
fn take_name(rest: &mut &str, lists: &[&[&str]]) -> Option<usize> {
    let mut best: Option<(usize, usize, &str)> = None;
    for list in lists {
        for (index, name) in list.iter().enumerate() {
            for candidate in [*name, name.trim_end_matches('.')] {
                if let Some(tail) = strip_ignoring_case(rest, candidate)
                    && best.is_none_or(|(_, length, _)| candidate.len() > length)
                {
                    best = Some((index, candidate.len(), tail));
                }
            }
        }
    }
    let (index, _, tail) = best?;
    *rest = tail;
    Some(index)
}

fn strip_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let mut left = text.char_indices();
    for want in prefix.chars() {
        let (_, have) = left.next()?;
        if have != want && !have.to_lowercase().eq(want.to_lowercase()) {
            return None;
        }
    }
    Some(left.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(parsed: Option<ParsedMoment>) -> String {
        let Some(parsed) = parsed else { return "none".to_owned() };
        let mut out = parsed.date.map(|d| d.to_string()).unwrap_or_default();
        if let Some(time) = parsed.time {
            out.push_str(&format!("T{}", super::super::duration_text(time)));
        }
        if let Some(offset) = parsed.offset {
            out.push_str(&format!("{offset:+}"));
        }
        out
    }

    #[test]
    fn usual_forms() {
        for (text, culture, expected) in [
            ("2024-01-31", "en-US", "2024-01-31"),
            ("20240131", "en-US", "2024-01-31"),
            ("2024-01-31T10:20:30.5Z", "en-US", "2024-01-31T10:20:30.5000000+0"),
            ("20101231T013000", "en-US", "2010-12-31T01:30:00"),
            ("2024-01-31 10:20", "en-US", "2024-01-31T10:20:00"),
            ("2020-10-30T01:30:00-08:00", "en-US", "2020-10-30T01:30:00-480"),
            ("2010, 12", "en-US", "2010-12-01"),
            ("2010", "en-US", "2010-01-01"),
            ("1/2/24", "en-GB", "2024-02-01"),
            ("1/2/24", "en-US", "2024-01-02"),
            ("1.2.2024 13:05", "de-DE", "2024-02-01T13:05:00"),
            ("12/31/2010 1:30:25 PM", "en-US", "2010-12-31T13:30:25"),
            ("12/31/2010 1:30:25 AM +02:00", "en-US", "2010-12-31T01:30:25+120"),
            ("31 Dezember, 2010", "de-DE", "2010-12-31"),
            ("Friday, December 31, 2010", "en-US", "2010-12-31"),
            ("Dec 2010", "en-US", "2010-12-01"),
            ("5 Mar", "en-US", "2024-03-05"),
            ("10:12 pm", "en-US", "T22:12:00"),
            ("3 PM", "en-US", "T15:00:00"),
            ("5 de enero de 2020", "es-ES", "2020-01-05"),
            ("1.2.2024", "fi-FI", "2024-02-01"),
            ("2024年3月5日", "ja-JP", "2024-03-05"),
            ("31/12/2010", "en-US", "none"),
            ("2024-02-30", "en-US", "none"),
            ("hello", "en-US", "none"),
            ("25:00", "en-US", "none"),
            ("", "en-US", "none"),
        ] {
            assert_eq!(shown(parse_moment(text, Culture::get(culture), 2024)), expected, "{text} {culture}");
        }
    }

    #[test]
    fn exact_patterns() {
        for (text, format, culture, expected) in [
            ("30 Dez 2010", "dd MMM yyyy", "de-DE", "2010-12-30"),
            ("2000-02-08T03:45:12Z", "yyyy-MM-dd'T'HH:mm:ss'Z'", "en-US", "2000-02-08T03:45:12"),
            ("20101231T013000", "yyyyMMdd'T'HHmmss", "en-US", "2010-12-31T01:30:00"),
            ("30 Dez 2010 02:04:50.369730 +02:00", "dd MMM yyyy HH:mm:ss.ffffff zzz", "de-DE", "2010-12-30T02:04:50.3697300+120"),
            ("3/5/2010 1:05 PM", "M/d/yyyy h:mm tt", "en-US", "2010-03-05T13:05:00"),
            ("2010-12-31", "dd MMM yyyy", "en-US", "none"),
            ("Dezember", "MMMM", "de-DE", "2024-12-01"),
        ] {
            assert_eq!(shown(parse_exact(text, format, Culture::get(culture), 2024)), expected, "{text} {format}");
        }
    }

    #[test]
    fn times_and_durations() {
        let us = Culture::get("en-US");
        assert_eq!(parse_time("1012", us), Some(10 * TICKS_PER_HOUR + 12 * TICKS_PER_MINUTE));
        assert_eq!(parse_time("10:12:31am", us), Some(10 * TICKS_PER_HOUR + 12 * TICKS_PER_MINUTE + 31 * TICKS_PER_SECOND));
        assert_eq!(parse_time("later", us), None);
        for (text, expected) in [
            ("2.05:55:20.34567", Some(2 * TICKS_PER_DAY + 5 * TICKS_PER_HOUR + 55 * TICKS_PER_MINUTE + 203_456_700)),
            ("-1", Some(-TICKS_PER_DAY)),
            ("05:55", Some(5 * TICKS_PER_HOUR + 55 * TICKS_PER_MINUTE)),
            ("25:00", None),
            ("x", None),
        ] {
            assert_eq!(parse_duration(text), expected, "{text}");
        }
    }
}
