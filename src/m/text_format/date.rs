//! Dates and times to text: standard and custom date and time format strings.

use super::{DAYS_TO_OLE, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND};
use crate::base::{Culture, Date};

/// A point in local time with what is known of its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Ticks of 100 ns since 0001-01-01T00:00, local.
    pub ticks: i64,
    /// Minutes east of UTC, when there is a zone.
    pub offset: Option<i32>,
}

impl Moment {
    /// Without zone.
    pub fn local(ticks: i64) -> Moment {
        Moment { ticks, offset: None }
    }

    fn date(self) -> Date {
        Date((self.ticks.div_euclid(TICKS_PER_DAY) - DAYS_TO_OLE) as i32)
    }

    fn time(self) -> i64 {
        self.ticks.rem_euclid(TICKS_PER_DAY)
    }
}

/// The pattern of a one-letter standard format; `None` for a letter that is none.
pub(super) fn standard_pattern(letter: char, culture: &Culture, zoned: bool) -> Option<String> {
    Some(match letter {
        'd' => culture.short_date.to_owned(),
        'D' => culture.long_date.to_owned(),
        'f' => format!("{} {}", culture.long_date, culture.short_time),
        'F' | 'U' => format!("{} {}", culture.long_date, culture.long_time),
        'g' => format!("{} {}", culture.short_date, culture.short_time),
        'G' => format!("{} {}", culture.short_date, culture.long_time),
        'm' | 'M' => culture.month_day.to_owned(),
        'o' | 'O' if zoned => "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffzzz".to_owned(),
        'o' | 'O' => "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffff".to_owned(),
        'r' | 'R' => "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'".to_owned(),
        's' => "yyyy'-'MM'-'dd'T'HH':'mm':'ss".to_owned(),
        't' => culture.short_time.to_owned(),
        'T' => culture.long_time.to_owned(),
        'u' => "yyyy'-'MM'-'dd HH':'mm':'ss'Z'".to_owned(),
        'y' | 'Y' => culture.year_month.to_owned(),
        _ => return None,
    })
}

/// Whether a standard format is the same in every culture.
pub(super) fn is_invariant(letter: char) -> bool {
    matches!(letter, 'o' | 'O' | 'r' | 'R' | 's' | 'u')
}

/// Formats with a standard (one letter) or custom pattern.
///
/// # Errors
/// A message when a one-letter format is none of .NET's.
///
/// ```
/// use xero_pbit::base::Culture;
/// use xero_pbit::m::text_format::{Moment, format_moment};
/// let noon = Moment { ticks: 638_397_072_000_000_000, offset: Some(60) };
/// assert_eq!(format_moment(noon, "yyyy-MM-dd'T'HH:mm:sszzz", Culture::get("")).as_deref(), Ok("2024-01-01T12:00:00+01:00"));
/// assert_eq!(format_moment(noon, "D", Culture::get("de-DE")).as_deref(), Ok("Montag, 1. Januar 2024"));
/// ```
pub fn format_moment(moment: Moment, format: &str, culture: &Culture) -> Result<String, String> {
    let mut chars = format.chars();
    let (first, second) = (chars.next(), chars.next());
    match (first, second) {
        (None, _) => format_moment(moment, "G", culture),
        (Some(letter), None) => {
            let pattern =
                standard_pattern(letter, culture, moment.offset.is_some()).ok_or("Input string was not in a correct format.".to_owned())?;
            let to_utc = matches!(letter, 'r' | 'R' | 'u' | 'U');
            let moment = match moment.offset {
                Some(offset) if to_utc => Moment { ticks: moment.ticks - i64::from(offset) * TICKS_PER_MINUTE, offset: Some(0) },
                _ => moment,
            };
            let culture = if is_invariant(letter) { Culture::get("") } else { culture };
            Ok(custom(moment, &pattern, culture))
        }
        _ => Ok(custom(moment, format, culture)),
    }
}

fn custom(moment: Moment, pattern: &str, culture: &Culture) -> String {
    let (year, month, day) = moment.date().ymd();
    let weekday = moment.date().weekday() as usize;
    let time = moment.time();
    let hour = time / TICKS_PER_HOUR;
    let minute = time / TICKS_PER_MINUTE % 60;
    let second = time / TICKS_PER_SECOND % 60;
    let fraction = time % TICKS_PER_SECOND;
    let chars: Vec<char> = pattern.chars().collect();
    let genitive = has_day_number(&chars);
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        let run = chars[i..].iter().take_while(|x| **x == c).count();
        let mut used = run;
        match c {
            'd' => match run {
                1 => out.push_str(&day.to_string()),
                2 => out.push_str(&format!("{day:02}")),
                3 => out.push_str(culture.days_short[weekday]),
                _ => out.push_str(culture.days[weekday]),
            },
            'M' => match run {
                1 => out.push_str(&month.to_string()),
                2 => out.push_str(&format!("{month:02}")),
                3 => out.push_str(culture.months_short[month as usize - 1]),
                _ if genitive => out.push_str(culture.months_genitive[month as usize - 1]),
                _ => out.push_str(culture.months[month as usize - 1]),
            },
            'y' => match run {
                1 => out.push_str(&(year % 100).to_string()),
                2 => out.push_str(&format!("{:02}", year % 100)),
                n => out.push_str(&super::zero_padded(u32::try_from(year).unwrap_or(0), n)),
            },
            'h' => {
                let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
                out.push_str(&if run == 1 { hour.to_string() } else { format!("{hour:02}") });
            }
            'H' => out.push_str(&if run == 1 { hour.to_string() } else { format!("{hour:02}") }),
            'm' => out.push_str(&if run == 1 { minute.to_string() } else { format!("{minute:02}") }),
            's' => out.push_str(&if run == 1 { second.to_string() } else { format!("{second:02}") }),
            'f' => out.push_str(&format!("{fraction:07}")[..run.min(7)]),
            'F' => {
                let digits = format!("{fraction:07}");
                let digits = digits[..run.min(7)].trim_end_matches('0');
                if digits.is_empty() && out.ends_with('.') {
                    out.pop();
                }
                out.push_str(digits);
            }
            't' => {
                let name = if hour < 12 { culture.am } else { culture.pm };
                match run {
                    1 => out.extend(name.chars().next()),
                    _ => out.push_str(name),
                }
            }
            'z' => {
                let offset = moment.offset.unwrap_or(0);
                let sign = if offset < 0 { '-' } else { '+' };
                let (h, m) = (offset.abs() / 60, offset.abs() % 60);
                match run {
                    1 => out.push_str(&format!("{sign}{h}")),
                    2 => out.push_str(&format!("{sign}{h:02}")),
                    _ => out.push_str(&format!("{sign}{h:02}:{m:02}")),
                }
            }
            'K' => {
                used = 1;
                if let Some(offset) = moment.offset {
                    let sign = if offset < 0 { '-' } else { '+' };
                    out.push_str(&format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60));
                }
            }
            'g' => out.push_str("A.D."),
            ':' => {
                used = 1;
                out.push_str(culture.time_separator);
            }
            '/' => {
                used = 1;
                out.push_str(culture.date_separator);
            }
            '\'' | '"' => {
                let end = chars[i + 1..].iter().position(|x| *x == c).map_or(chars.len(), |p| i + 1 + p);
                out.extend(&chars[i + 1..end]);
                used = end + 1 - i;
            }
            '\\' => {
                out.extend(chars.get(i + 1));
                used = 2;
            }
            '%' => used = 1,
            c => {
                used = 1;
                out.push(c);
            }
        }
        i += used;
    }
    out
}

/// Whether the pattern shows the day of the month, beside which month names may take another form.
fn has_day_number(chars: &[char]) -> bool {
    let mut i = 0;
    while i < chars.len() {
        match chars[i] {
            '\'' | '"' => {
                let quote = chars[i];
                i = chars[i + 1..].iter().position(|x| *x == quote).map_or(chars.len(), |p| i + 2 + p);
            }
            '\\' => i += 2,
            'd' => {
                let run = chars[i..].iter().take_while(|x| **x == 'd').count();
                if run <= 2 {
                    return true;
                }
                i += run;
            }
            _ => i += 1,
        }
    }
    false
}

/// `[-][d.]hh:mm:ss[.fffffff]`, .NET's constant form of a duration.
///
/// ```
/// assert_eq!(xero_pbit::m::text_format::duration_text(1_781_203_456_700), "2.01:28:40.3456700");
/// ```
pub fn duration_text(ticks: i64) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let total = ticks.unsigned_abs();
    let (day, hour) = (total / TICKS_PER_DAY as u64, total / TICKS_PER_HOUR as u64 % 24);
    let (minute, second) = (total / TICKS_PER_MINUTE as u64 % 60, total / TICKS_PER_SECOND as u64 % 60);
    let fraction = total % TICKS_PER_SECOND as u64;
    let mut out = sign.to_owned();
    if day > 0 {
        out.push_str(&format!("{day}."));
    }
    out.push_str(&format!("{hour:02}:{minute:02}:{second:02}"));
    if fraction > 0 {
        out.push_str(&format!(".{fraction:07}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        let date: Date = text[..10].parse().expect("an ISO date");
        let part = |from: usize, to: usize| text.get(from..to).and_then(|t| t.parse::<i64>().ok()).unwrap_or(0);
        let time = part(11, 13) * TICKS_PER_HOUR + part(14, 16) * TICKS_PER_MINUTE + part(17, 19) * TICKS_PER_SECOND;
        Moment::local((i64::from(date.0) + DAYS_TO_OLE) * TICKS_PER_DAY + time)
    }

    #[test]
    fn patterns() {
        let moment = at("2010-12-31T01:30:25");
        for (culture, format, expected) in [
            ("en-US", "", "12/31/2010 1:30:25 AM"),
            ("en-US", "d", "12/31/2010"),
            ("en-US", "D", "Friday, December 31, 2010"),
            ("en-US", "g", "12/31/2010 1:30 AM"),
            ("en-GB", "G", "31/12/2010 01:30:25"),
            ("de-DE", "dd MMM yyyy", "31 Dez 2010"),
            ("de-DE", "d", "31.12.2010"),
            ("pl-PL", "d MMMM", "31 grudnia"),
            ("pl-PL", "MMMM yyyy", "grudzień 2010"),
            ("fr-FR", "D", "vendredi 31 décembre 2010"),
            ("", "s", "2010-12-31T01:30:25"),
            ("de-DE", "r", "Fri, 31 Dec 2010 01:30:25 GMT"),
            ("", "o", "2010-12-31T01:30:25.0000000"),
            ("en-US", "%d", "31"),
            ("en-US", "ddd dd-MMM-yy HH:mm", "Fri 31-Dec-10 01:30"),
            ("en-US", "yyyy/MM/dd \\h hh'h'mm t", "2010/12/31 h 01h30 A"),
            ("de-DE", "dd/MM/yyyy", "31.12.2010"),
            ("en-US", "ss.FFF", "25"),
            ("en-US", "ss.fff", "25.000"),
        ] {
            assert_eq!(format_moment(moment, format, Culture::get(culture)).as_deref(), Ok(expected), "{culture} {format}");
        }
        assert!(format_moment(moment, "q", Culture::get("")).is_err());
    }

    #[test]
    fn durations() {
        assert_eq!(duration_text(0), "00:00:00");
        assert_eq!(duration_text(-(TICKS_PER_DAY + TICKS_PER_SECOND)), "-1.00:00:01");
        assert_eq!(duration_text(5_000_000), "00:00:00.5000000");
    }
}
