//! .NET-style formatting and parsing of numbers, dates, times and durations as the M library needs it.
//!
//! Pure functions over plain numbers and text: no M values, no clock. Formatting follows .NET Framework, on which Power Query
//! runs: doubles have 15 significant digits before a format string rounds them half away from zero, and their plain text is
//! the 15-digit form when that reads back, else the 17-digit one.
//!
//! Source: <https://learn.microsoft.com/powerquery-m/standard-numeric-format-strings>,
//! <https://learn.microsoft.com/powerquery-m/custom-numeric-format-strings>,
//! <https://learn.microsoft.com/powerquery-m/standard-date-and-time-format-strings>,
//! <https://learn.microsoft.com/powerquery-m/custom-date-and-time-format-strings>.

pub mod date;
pub mod date_parse;
pub mod number;
pub mod number_parse;

pub use date::{Moment, duration_text, format_moment};
pub use date_parse::{ParsedMoment, parse_duration, parse_exact, parse_moment, parse_time};
pub use number::{Number, double_text, format_number};
pub use number_parse::parse_number;

/// A number with at least `width` digits, zeros in front.
fn zero_padded(n: impl Into<u128>, width: usize) -> String {
    let digits = n.into().to_string();
    let mut out = "0".repeat(width.saturating_sub(digits.len()));
    out.push_str(&digits);
    out
}

/// 100-nanosecond units in a second.
pub const TICKS_PER_SECOND: i64 = 10_000_000;
/// 100-nanosecond units in a minute.
pub const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
/// 100-nanosecond units in an hour.
pub const TICKS_PER_HOUR: i64 = 60 * TICKS_PER_MINUTE;
/// 100-nanosecond units in a day.
pub const TICKS_PER_DAY: i64 = 24 * TICKS_PER_HOUR;
/// Days from 0001-01-01, where ticks begin, to 1899-12-30, where [`crate::base::Date`] begins.
pub const DAYS_TO_OLE: i64 = 693_593;
