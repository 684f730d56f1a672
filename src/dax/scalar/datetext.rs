//! Dates and times as text, by .NET patterns of a culture.

use crate::base::{Culture, Date};

/// A serial number taken apart, rounded to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The day.
    pub date: Date,
    /// Milliseconds since midnight.
    pub milliseconds: i64,
}

impl Moment {
    /// Takes days since 1899-12-30 apart; serial numbers outside the years 1 to 9999 are held at the ends.
    pub fn new(serial: f64) -> Moment {
        let total = (serial.clamp(-693_593.0, 2_958_466.0) * 86_400_000.0).round() as i64;
        Moment { date: Date(total.div_euclid(86_400_000) as i32), milliseconds: total.rem_euclid(86_400_000) }
    }

    /// The same, rounded to whole seconds.
    pub fn seconds(serial: f64) -> Moment {
        let total = (serial.clamp(-693_593.0, 2_958_466.0) * 86_400.0).round() as i64;
        Moment { date: Date(total.div_euclid(86_400) as i32), milliseconds: total.rem_euclid(86_400) * 1000 }
    }

    /// 0–23.
    pub fn hour(self) -> i64 {
        self.milliseconds / 3_600_000
    }

    /// 0–59.
    pub fn minute(self) -> i64 {
        self.milliseconds / 60_000 % 60
    }

    /// 0–59.
    pub fn second(self) -> i64 {
        self.milliseconds / 1000 % 60
    }
}

/// The text that `&` makes: the date, the time, or both, whichever parts are there.
pub fn date_time_text(serial: f64, culture: &Culture) -> String {
    let moment = Moment::seconds(serial);
    let time = || format_pattern(moment, culture.long_time, culture);
    if moment.date.0 == 0 {
        return time();
    }
    let date = format_pattern(moment, culture.short_date, culture);
    if moment.milliseconds == 0 { date } else { format!("{date} {}", time()) }
}

/// Writes a moment by a .NET pattern such as `d/MM/yyyy` or `h:mm:ss tt`.
pub fn format_pattern(moment: Moment, pattern: &str, culture: &Culture) -> String {
    let (year, month, day) = moment.date.ymd();
    let mut out = String::new();
    let chars: Vec<char> = pattern.chars().collect();
    let has_day = {
        let mut quoted = false;
        let mut run = 0;
        let mut found = false;
        for (i, c) in chars.iter().enumerate() {
            match c {
                '\'' => quoted = !quoted,
                'd' if !quoted => {
                    run += 1;
                    if chars.get(i + 1) != Some(&'d') {
                        found |= run <= 2;
                        run = 0;
                    }
                }
                _ => {}
            }
        }
        found
    };
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        let run = chars[i..].iter().take_while(|x| **x == c).count();
        let mut used = run;
        match c {
            'd' => match run {
                1 => out.push_str(&day.to_string()),
                2 => out.push_str(&format!("{day:02}")),
                3 => out.push_str(culture.days_short[moment.date.weekday() as usize]),
                _ => out.push_str(culture.days[moment.date.weekday() as usize]),
            },
            'M' => match run {
                1 => out.push_str(&month.to_string()),
                2 => out.push_str(&format!("{month:02}")),
                3 => out.push_str(culture.months_short[month as usize - 1]),
                _ if has_day => out.push_str(culture.months_genitive[month as usize - 1]),
                _ => out.push_str(culture.months[month as usize - 1]),
            },
            'y' => match run {
                1 => out.push_str(&(year % 100).to_string()),
                2 => out.push_str(&format!("{:02}", year % 100)),
                _ => out.push_str(&format!("{year:0run$}")),
            },
            'H' => out.push_str(&format!("{:0width$}", moment.hour(), width = run.min(2))),
            'h' => out.push_str(&format!("{:0width$}", (moment.hour() + 11) % 12 + 1, width = run.min(2))),
            'm' => out.push_str(&format!("{:0width$}", moment.minute(), width = run.min(2))),
            's' => out.push_str(&format!("{:0width$}", moment.second(), width = run.min(2))),
            'f' => {
                let digits = format!("{:03}0000", moment.milliseconds % 1000);
                out.push_str(&digits[..run.min(7)]);
            }
            't' => {
                let mark = if moment.hour() < 12 { culture.am } else { culture.pm };
                if run == 1 { out.extend(mark.chars().take(1)) } else { out.push_str(mark) }
            }
            '/' => {
                out.push_str(culture.date_separator);
                used = 1;
            }
            ':' => {
                out.push_str(culture.time_separator);
                used = 1;
            }
            '\'' | '"' => {
                let end = chars[i + 1..].iter().position(|x| *x == c).map_or(chars.len(), |n| i + 1 + n);
                out.extend(&chars[i + 1..end]);
                used = end + 1 - i;
            }
            '\\' => {
                out.extend(chars.get(i + 1));
                used = 2;
            }
            '%' => used = 1,
            other => {
                out.push(other);
                used = 1;
            }
        }
        i += used;
    }
    out
}
