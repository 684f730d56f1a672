//! Calendar days, counted as Power BI counts them.

use std::fmt;
use std::str::FromStr;

/// A calendar day: days since 1899-12-30, the zero of DAX and OLE automation dates. No time, no zone.
///
/// ```
/// use xero_pbit::base::Date;
/// let day: Date = "2024-02-29".parse().unwrap();
/// assert_eq!(day, Date(45351));
/// assert_eq!(day.add_months(12).to_string(), "2025-02-28");
/// assert_eq!(day.end_of_month(), day);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date(pub i32);

/// Days from 1899-12-30 to 1970-01-01.
const UNIX_EPOCH: i32 = 25_569;

impl Date {
    /// The day, if the calendar has it (proleptic Gregorian, years 1 to 9999).
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Date> {
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        Some(Date(days_from_civil(year, month, day) + UNIX_EPOCH))
    }

    /// Days since 1970-01-01 turned into a date.
    pub fn from_unix_days(days: i32) -> Date {
        Date(days + UNIX_EPOCH)
    }

    /// Days since 1970-01-01.
    pub fn to_unix_days(self) -> i32 {
        self.0 - UNIX_EPOCH
    }

    /// Year, month 1–12, day 1–31.
    pub fn ymd(self) -> (i32, u32, u32) {
        civil_from_days(self.0 - UNIX_EPOCH)
    }

    /// The calendar year.
    pub fn year(self) -> i32 {
        self.ymd().0
    }

    /// The month, 1–12.
    pub fn month(self) -> u32 {
        self.ymd().1
    }

    /// The day of the month, 1–31.
    pub fn day(self) -> u32 {
        self.ymd().2
    }

    /// 0 = Sunday … 6 = Saturday.
    pub fn weekday(self) -> u32 {
        (self.0 - 1).rem_euclid(7) as u32
    }

    /// The first day of the month.
    pub fn start_of_month(self) -> Date {
        Date(self.0 - self.day() as i32 + 1)
    }

    /// The last day of the month.
    pub fn end_of_month(self) -> Date {
        let (year, month, day) = self.ymd();
        Date(self.0 + (days_in_month(year, month) - day) as i32)
    }

    /// The same day `months` later (earlier when negative); days that the month lacks become its last.
    pub fn add_months(self, months: i32) -> Date {
        let (year, month, day) = self.ymd();
        let index = year * 12 + month as i32 - 1 + months;
        let (year, month) = (index.div_euclid(12), index.rem_euclid(12) as u32 + 1);
        Date(days_from_civil(year, month, day.min(days_in_month(year, month))) + UNIX_EPOCH)
    }

    /// Days later (earlier when negative).
    pub fn add_days(self, days: i32) -> Date {
        Date(self.0 + days)
    }
}

/// 28 to 31; `month` is 1–12.
pub(crate) fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01. Source: Howard Hinnant, "chrono-compatible low-level date algorithms".
fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * ((month as i32 + 9) % 12) + 2) / 5 + day as i32 - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    (yoe + era * 400 + i32::from(month <= 2), month, day)
}

impl fmt::Display for Date {
    /// ISO 8601, `2024-02-29`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// A text that is not `YYYY-MM-DD`, or a day that the calendar lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseDateError(pub String);

impl fmt::Display for ParseDateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected a date such as 2024-06-30, found `{}`", self.0)
    }
}

impl std::error::Error for ParseDateError {}

impl FromStr for Date {
    type Err = ParseDateError;

    fn from_str(text: &str) -> Result<Date, ParseDateError> {
        let bad = || ParseDateError(text.to_owned());
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(bad());
        }
        let number = |range: std::ops::Range<usize>| -> Result<u32, ParseDateError> {
            bytes[range].iter().try_fold(0, |n, b| if b.is_ascii_digit() { Ok(n * 10 + u32::from(b - b'0')) } else { Err(bad()) })
        };
        Date::from_ymd(number(0..4)? as i32, number(5..7)?, number(8..10)?).ok_or_else(bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_agree_with_excel() {
        assert_eq!(Date::from_ymd(1899, 12, 30), Some(Date(0)));
        assert_eq!(Date::from_ymd(2024, 1, 1), Some(Date(45292)));
        assert_eq!(Date::from_ymd(2023, 2, 29), None);
        assert_eq!(Date(45292).weekday(), 1);
    }

    #[test]
    fn every_day_round_trips() {
        for serial in -693_593..=2_958_465 {
            let (y, m, d) = Date(serial).ymd();
            assert_eq!(Date::from_ymd(y, m, d), Some(Date(serial)));
        }
    }

    #[test]
    fn months_clamp_to_the_last_day() {
        let day: Date = "2024-03-31".parse().unwrap();
        assert_eq!(day.add_months(-1).to_string(), "2024-02-29");
        assert_eq!(day.add_months(-13).to_string(), "2023-02-28");
        assert!("2024-2-01".parse::<Date>().is_err());
    }
}
