//! Calendar arithmetic on days and ticks of 100 ns since 0001-01-01.

use crate::base::Date;

/// Ticks of 100 ns in a second.
pub const TICKS_PER_SECOND: i64 = 10_000_000;
/// Ticks of 100 ns in a minute.
pub const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
/// Ticks of 100 ns in an hour.
pub const TICKS_PER_HOUR: i64 = 60 * TICKS_PER_MINUTE;
/// Ticks of 100 ns in a day.
pub const TICKS_PER_DAY: i64 = 24 * TICKS_PER_HOUR;

/// Days from 0001-01-01 to 1899-12-30, the zero of [`Date`].
pub(crate) const DAYS_TO_OLE: i32 = 693_593;

/// Days since 0001-01-01; `None` when the calendar (years 1 to 9999) lacks the day.
pub fn day_from_civil(year: i32, month: u32, day: u32) -> Option<i32> {
    Date::from_ymd(year, month, day).map(|date| date.0 + DAYS_TO_OLE)
}

/// Year, month, day of a day number.
pub fn civil_from_day(day: i32) -> (i32, u32, u32) {
    Date(day - DAYS_TO_OLE).ymd()
}

/// Arguments of `#time`.
pub(super) fn time_arguments(ticks: i64) -> String {
    let (h, m) = (ticks / TICKS_PER_HOUR, ticks / TICKS_PER_MINUTE % 60);
    format!("{h}, {m}, {}", seconds(ticks % TICKS_PER_MINUTE))
}

/// Arguments of `#datetime`.
pub(super) fn datetime_arguments(ticks: i64) -> String {
    let (y, m, d) = civil_from_day(ticks.div_euclid(TICKS_PER_DAY) as i32);
    format!("{y}, {m}, {d}, {}", time_arguments(ticks.rem_euclid(TICKS_PER_DAY)))
}

/// Arguments of `#duration`.
pub(super) fn duration_arguments(ticks: i64) -> String {
    let rest = ticks % TICKS_PER_DAY;
    format!("{}, {}, {}, {}", ticks / TICKS_PER_DAY, rest / TICKS_PER_HOUR, rest / TICKS_PER_MINUTE % 60, seconds(rest % TICKS_PER_MINUTE))
}

fn seconds(ticks: i64) -> String {
    let whole = ticks / TICKS_PER_SECOND;
    let fraction = (ticks % TICKS_PER_SECOND).abs();
    if fraction == 0 {
        return whole.to_string();
    }
    let sign = if ticks < 0 && whole == 0 { "-" } else { "" };
    format!("{sign}{whole}.{}", format!("{fraction:07}").trim_end_matches('0'))
}
