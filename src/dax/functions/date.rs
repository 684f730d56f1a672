//! Date and time functions.

use super::daycount::Basis;
use super::support::{arg, given, invalid, text, whole, whole_or};
use super::{Body, Function, ParamKind, Returns, ScalarContext, optional, param, scalar};
use crate::base::Date;
use crate::dax::error::EvalResult;
use crate::dax::scalar::{Moment, cannot_convert, parse_date_time, to_date_time};
use crate::table::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    DATE, DATEDIFF, DATEVALUE, DAY, EDATE, EOMONTH, HOUR, MINUTE, MONTH, NOW, QUARTER, SECOND, TIME, TIMEVALUE, TODAY, UTCNOW, UTCTODAY,
    WEEKDAY, WEEKNUM, YEAR, YEARFRAC,
];

const DATE: Function = Function {
    name: "DATE",
    params: &[scalar("year"), scalar("month"), scalar("day")],
    returns: Returns::DateTime,
    about: "A date from year, month and day; months and days beyond their range roll over.",
    source: "https://learn.microsoft.com/dax/date-function-dax",
    examples: &[("DATE ( 2024, 14, 1 )", "DATE ( 2025, 2, 1 )"), ("YEAR ( DATE ( 24, 1, 1 ) )", "2024")],
    body: Body::Scalar(date),
};

const DATEDIFF: Function = Function {
    name: "DATEDIFF",
    params: &[
        scalar("date1"),
        scalar("date2"),
        param("interval", ParamKind::Keyword(&["SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"])),
    ],
    returns: Returns::Int64,
    about: "Number of boundaries of an interval between two dates.",
    source: "https://learn.microsoft.com/dax/datediff-function-dax",
    examples: &[
        ("DATEDIFF ( DATE ( 2019, 7, 1 ), DATE ( 2021, 12, 31 ), QUARTER )", "9"),
        ("DATEDIFF ( DATE ( 2024, 2, 1 ), DATE ( 2024, 1, 31 ), MONTH )", "-1"),
    ],
    body: Body::Scalar(datediff),
};

const DATEVALUE: Function = Function {
    name: "DATEVALUE",
    params: &[scalar("date_text")],
    returns: Returns::DateTime,
    about: "The date that a text shows.",
    source: "https://learn.microsoft.com/dax/datevalue-function-dax",
    examples: &[("DATEVALUE ( \"2024-03-15\" )", "DATE ( 2024, 3, 15 )")],
    body: Body::Scalar(datevalue),
};

const DAY: Function = Function {
    name: "DAY",
    params: &[scalar("date")],
    returns: Returns::Int64,
    about: "Day of the month.",
    source: "https://learn.microsoft.com/dax/day-function-dax",
    examples: &[("DAY ( DATE ( 2024, 3, 15 ) )", "15")],
    body: Body::Scalar(day),
};

const EDATE: Function = Function {
    name: "EDATE",
    params: &[scalar("start_date"), scalar("months")],
    returns: Returns::DateTime,
    about: "The same day so many months later.",
    source: "https://learn.microsoft.com/dax/edate-function-dax",
    examples: &[("EDATE ( DATE ( 2024, 1, 31 ), 1 )", "DATE ( 2024, 2, 29 )")],
    body: Body::Scalar(edate),
};

const EOMONTH: Function = Function {
    name: "EOMONTH",
    params: &[scalar("start_date"), scalar("months")],
    returns: Returns::DateTime,
    about: "Last day of the month so many months later.",
    source: "https://learn.microsoft.com/dax/eomonth-function-dax",
    examples: &[("EOMONTH ( \"March 3, 2008\", 1.5 )", "DATE ( 2008, 5, 31 )")],
    body: Body::Scalar(eomonth),
};

const HOUR: Function = Function {
    name: "HOUR",
    params: &[scalar("datetime")],
    returns: Returns::Int64,
    about: "Hour of the day.",
    source: "https://learn.microsoft.com/dax/hour-function-dax",
    examples: &[("HOUR ( TIME ( 13, 45, 0 ) )", "13")],
    body: Body::Scalar(hour),
};

const MINUTE: Function = Function {
    name: "MINUTE",
    params: &[scalar("datetime")],
    returns: Returns::Int64,
    about: "Minute of the hour.",
    source: "https://learn.microsoft.com/dax/minute-function-dax",
    examples: &[("MINUTE ( TIME ( 13, 45, 0 ) )", "45")],
    body: Body::Scalar(minute),
};

const MONTH: Function = Function {
    name: "MONTH",
    params: &[scalar("datetime")],
    returns: Returns::Int64,
    about: "Month of the year.",
    source: "https://learn.microsoft.com/dax/month-function-dax",
    examples: &[("MONTH ( \"March 3, 2008 3:45 PM\" )", "3")],
    body: Body::Scalar(month),
};

const NOW: Function = Function {
    name: "NOW",
    params: &[],
    returns: Returns::DateTime,
    about: "The moment of the query.",
    source: "https://learn.microsoft.com/dax/now-function-dax",
    examples: &[("NOW () >= TODAY ()", "TRUE ()")],
    body: Body::Scalar(now),
};

const QUARTER: Function = Function {
    name: "QUARTER",
    params: &[scalar("date")],
    returns: Returns::Int64,
    about: "Quarter of the year.",
    source: "https://learn.microsoft.com/dax/quarter-function-dax",
    examples: &[("QUARTER ( DATE ( 2018, 12, 31 ) )", "4")],
    body: Body::Scalar(quarter),
};

const SECOND: Function = Function {
    name: "SECOND",
    params: &[scalar("time")],
    returns: Returns::Int64,
    about: "Second of the minute.",
    source: "https://learn.microsoft.com/dax/second-function-dax",
    examples: &[("SECOND ( TIME ( 1, 2, 3 ) )", "3")],
    body: Body::Scalar(second),
};

const TIME: Function = Function {
    name: "TIME",
    params: &[scalar("hour"), scalar("minute"), scalar("second")],
    returns: Returns::DateTime,
    about: "A time of day.",
    source: "https://learn.microsoft.com/dax/time-function-dax",
    examples: &[("TIME ( 12, 0, 0 ) * 1", "0.5"), ("TIME ( 27, 0, 0 ) = TIME ( 3, 0, 0 )", "TRUE ()")],
    body: Body::Scalar(time),
};

const TIMEVALUE: Function = Function {
    name: "TIMEVALUE",
    params: &[scalar("time_text")],
    returns: Returns::DateTime,
    about: "The time that a text shows.",
    source: "https://learn.microsoft.com/dax/timevalue-function-dax",
    examples: &[("TIMEVALUE ( \"6:00 PM\" ) * 1", "0.75")],
    body: Body::Scalar(timevalue),
};

const TODAY: Function = Function {
    name: "TODAY",
    params: &[],
    returns: Returns::DateTime,
    about: "The day of the query.",
    source: "https://learn.microsoft.com/dax/today-function-dax",
    examples: &[("TODAY () = INT ( NOW () )", "TRUE ()")],
    body: Body::Scalar(today),
};

const UTCNOW: Function = Function {
    name: "UTCNOW",
    params: &[],
    returns: Returns::DateTime,
    about: "The moment of the query in UTC.",
    source: "https://learn.microsoft.com/dax/utcnow-function-dax",
    examples: &[("UTCNOW () >= UTCTODAY ()", "TRUE ()")],
    body: Body::Scalar(now),
};

const UTCTODAY: Function = Function {
    name: "UTCTODAY",
    params: &[],
    returns: Returns::DateTime,
    about: "The day of the query in UTC.",
    source: "https://learn.microsoft.com/dax/utctoday-function-dax",
    examples: &[("UTCTODAY () = INT ( UTCNOW () )", "TRUE ()")],
    body: Body::Scalar(today),
};

const WEEKDAY: Function = Function {
    name: "WEEKDAY",
    params: &[scalar("date"), optional("return_type")],
    returns: Returns::Int64,
    about: "Day of the week: 1 = from Sunday 1, 2 = from Monday 1, 3 = from Monday 0.",
    source: "https://learn.microsoft.com/dax/weekday-function-dax",
    examples: &[("WEEKDAY ( DATE ( 2024, 1, 1 ) )", "2"), ("WEEKDAY ( DATE ( 2024, 1, 1 ), 3 )", "0")],
    body: Body::Scalar(weekday),
};

const WEEKNUM: Function = Function {
    name: "WEEKNUM",
    params: &[scalar("date"), optional("return_type")],
    returns: Returns::Int64,
    about: "Week of the year: 1 = weeks from Sunday, 2 = from Monday, 11-17 = from a weekday, 21 = ISO.",
    source: "https://learn.microsoft.com/dax/weeknum-function-dax",
    examples: &[("WEEKNUM ( DATE ( 2024, 1, 7 ) )", "2"), ("WEEKNUM ( DATE ( 2021, 1, 1 ), 21 )", "53")],
    body: Body::Scalar(weeknum),
};

const YEAR: Function = Function {
    name: "YEAR",
    params: &[scalar("date")],
    returns: Returns::Int64,
    about: "The year.",
    source: "https://learn.microsoft.com/dax/year-function-dax",
    examples: &[("YEAR ( \"2024-03-15\" )", "2024")],
    body: Body::Scalar(year),
};

const YEARFRAC: Function = Function {
    name: "YEARFRAC",
    params: &[scalar("start_date"), scalar("end_date"), optional("basis")],
    returns: Returns::Double,
    about: "Years between two dates by a day-count basis.",
    source: "https://learn.microsoft.com/dax/yearfrac-function-dax",
    examples: &[("YEARFRAC ( DATE ( 2012, 1, 1 ), DATE ( 2012, 7, 30 ) )", "209 / 360")],
    body: Body::Scalar(yearfrac),
};

/// The argument as a moment; BLANK is the zero of dates.
fn moment(name: &str, cx: &ScalarContext, args: &[Value], index: usize) -> EvalResult<Moment> {
    let serial = to_date_time(cx, arg(args, index))?.unwrap_or(0.0);
    // Years 100 to 9999, as OLE dates have them.
    if !(-657_434.0..2_958_466.0).contains(&serial) {
        return Err(invalid(name));
    }
    Ok(Moment::new(serial))
}

fn of_moment(name: &str, cx: &ScalarContext, args: &[Value], part: impl Fn(Moment) -> i64) -> EvalResult<Value> {
    moment(name, cx, args, 0).map(|moment| Value::Int64(part(moment)))
}

fn year(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_moment("YEAR", cx, args, |m| i64::from(m.date.year()))
}

fn quarter(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_moment("QUARTER", cx, args, |m| i64::from(m.date.month()).div_euclid(3) + i64::from(m.date.month() % 3 != 0))
}

fn month(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_moment("MONTH", cx, args, |m| i64::from(m.date.month()))
}

fn day(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_moment("DAY", cx, args, |m| i64::from(m.date.day()))
}

fn hour(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    if given(args, 0) { of_moment("HOUR", cx, args, Moment::hour) } else { Ok(Value::Blank) }
}

fn minute(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    if given(args, 0) { of_moment("MINUTE", cx, args, Moment::minute) } else { Ok(Value::Blank) }
}

fn second(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    if given(args, 0) { of_moment("SECOND", cx, args, Moment::second) } else { Ok(Value::Blank) }
}

fn date(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (year, month, day) = (whole(cx, args, 0)?, whole(cx, args, 1)?, whole(cx, args, 2)?);
    let year = match year {
        0..=49 => year + 2000,
        50..=99 => year + 1900,
        _ => year,
    };
    let too_far = || invalid("DATE");
    if !(0..=9999).contains(&year) || month.unsigned_abs() > 200_000 || day.unsigned_abs() > 4_000_000 {
        return Err(too_far());
    }
    let months = year * 12 + month - 1;
    let first = Date::from_ymd(months.div_euclid(12) as i32, months.rem_euclid(12) as u32 + 1, 1).ok_or_else(too_far)?;
    let serial = f64::from(first.0) + (day - 1) as f64;
    if (-657_434.0..2_958_466.0).contains(&serial) { Ok(Value::DateTime(serial)) } else { Err(too_far()) }
}

fn time(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let seconds = whole(cx, args, 0)?
        .checked_mul(3600)
        .and_then(|s| s.checked_add(whole(cx, args, 1).ok()?.checked_mul(60)?))
        .and_then(|s| s.checked_add(whole(cx, args, 2).ok()?));
    match seconds {
        Some(seconds) if seconds >= 0 => Ok(Value::DateTime((seconds % 86_400) as f64 / 86_400.0)),
        _ => Err(invalid("TIME")),
    }
}

fn now(cx: &ScalarContext, _: &[Value]) -> EvalResult<Value> {
    Ok(Value::DateTime(cx.now))
}

fn today(cx: &ScalarContext, _: &[Value]) -> EvalResult<Value> {
    Ok(Value::DateTime(cx.now.floor()))
}

fn datevalue(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    match arg(args, 0) {
        Value::Blank => Ok(Value::Blank),
        text @ Value::String(written) => {
            parse_date_time(cx, written).map(|x| Value::DateTime(x.floor())).ok_or_else(|| cannot_convert(text, "Date"))
        }
        other => Ok(to_date_time(cx, other)?.map_or(Value::Blank, |x| Value::DateTime(x.floor()))),
    }
}

fn timevalue(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    match arg(args, 0) {
        Value::Blank => Ok(Value::Blank),
        text @ Value::String(written) => {
            parse_date_time(cx, written).map(|x| Value::DateTime(x - x.floor())).ok_or_else(|| cannot_convert(text, "Date"))
        }
        other => Ok(to_date_time(cx, other)?.map_or(Value::Blank, |x| Value::DateTime(x - x.floor()))),
    }
}

fn months_later(name: &str, cx: &ScalarContext, args: &[Value]) -> EvalResult<Date> {
    let start = moment(name, cx, args, 0)?.date;
    let months = whole(cx, args, 1)?;
    if months.unsigned_abs() > 120_000 {
        return Err(invalid(name));
    }
    let result = start.add_months(months as i32);
    if (100..=9999).contains(&result.year()) { Ok(result) } else { Err(invalid(name)) }
}

fn edate(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    months_later("EDATE", cx, args).map(Value::date)
}

fn eomonth(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    months_later("EOMONTH", cx, args).map(|date| Value::date(date.end_of_month()))
}

/// The weekday with which a week begins (0 = Sunday) by Excel's types 1, 2 and 11 to 17.
fn first_day(kind: i64) -> Option<i64> {
    Some(match kind {
        1 | 17 => 0,
        2 | 11 => 1,
        12..=16 => kind - 10,
        _ => return None,
    })
}

fn weekday(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let kind = whole_or(cx, args, 1, 1)?;
    let day = i64::from(moment("WEEKDAY", cx, args, 0)?.date.weekday());
    match kind {
        3 => Ok(Value::Int64((day - 1).rem_euclid(7))),
        _ => first_day(kind).map(|first| Value::Int64((day - first).rem_euclid(7) + 1)).ok_or_else(|| invalid("WEEKDAY")),
    }
}

fn weeknum(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let kind = whole_or(cx, args, 1, 1)?;
    let date = moment("WEEKNUM", cx, args, 0)?.date;
    if kind == 21 {
        // The ISO week is that of its Thursday.
        let thursday = date.add_days(3 - (date.weekday() as i32 + 6) % 7);
        return Ok(Value::Int64(i64::from(day_of_year(thursday) - 1) / 7 + 1));
    }
    let first = first_day(kind).ok_or_else(|| invalid("WEEKNUM"))?;
    let january = date.add_days(1 - day_of_year(date));
    let offset = (i64::from(january.weekday()) - first).rem_euclid(7);
    Ok(Value::Int64((i64::from(day_of_year(date)) - 1 + offset) / 7 + 1))
}

/// 1 to 366.
pub(super) fn day_of_year(date: Date) -> i32 {
    Date::from_ymd(date.year(), 1, 1).map_or(1, |january| date.0 - january.0 + 1)
}

fn datediff(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    if !given(args, 0) || !given(args, 1) {
        return Ok(Value::Blank);
    }
    let (a, b) = (moment("DATEDIFF", cx, args, 0)?, moment("DATEDIFF", cx, args, 1)?);
    let interval = text(cx, args, 2);
    let index = |m: Moment| -> Option<i64> {
        let (year, month, _) = m.date.ymd();
        let (days, months) = (i64::from(m.date.0), i64::from(year) * 12 + i64::from(month) - 1);
        Some(match &*interval.to_ascii_uppercase() {
            "SECOND" => days * 86_400 + m.milliseconds / 1000,
            "MINUTE" => days * 1440 + m.milliseconds / 60_000,
            "HOUR" => days * 24 + m.milliseconds / 3_600_000,
            "DAY" => days,
            // Serial number 1 is a Sunday.
            "WEEK" => (days - 1).div_euclid(7),
            "MONTH" => months,
            "QUARTER" => months.div_euclid(3),
            "YEAR" => i64::from(year),
            _ => return None,
        })
    };
    match (index(a), index(b)) {
        (Some(a), Some(b)) => Ok(Value::Int64(b - a)),
        _ => Err(invalid("DATEDIFF")),
    }
}

fn yearfrac(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let basis = Basis::new(whole_or(cx, args, 2, 0)?).ok_or_else(|| invalid("YEARFRAC"))?;
    let (a, b) = (moment("YEARFRAC", cx, args, 0)?.date, moment("YEARFRAC", cx, args, 1)?.date);
    Ok(Value::Double(basis.year_fraction(a.min(b), a.max(b))))
}

/// The working days from `start` to `end`, both included, negative when reversed. `weekend` is Excel's number (1 = Saturday and Sunday,
/// 11 = Sunday only …) or seven digits from Monday, where 1 is free.
pub fn working_days(start: f64, end: f64, weekend: Option<&Value>, holidays: &[f64]) -> Option<i64> {
    let mut free = [false; 7];
    match weekend {
        None | Some(Value::Blank) => (free[0], free[6]) = (true, true),
        Some(Value::String(mask)) if mask.len() == 7 && mask.bytes().all(|b| b == b'0' || b == b'1') => {
            for (index, byte) in mask.bytes().enumerate() {
                free[(index + 1) % 7] = byte == b'1';
            }
        }
        Some(other) => {
            let kind = crate::dax::scalar::whole(&ScalarContext::default(), other).ok()?;
            match kind {
                1..=7 => {
                    free[(kind as usize + 5) % 7] = true;
                    free[(kind as usize + 6) % 7] = true;
                }
                11..=17 => free[kind as usize - 11] = true,
                _ => return None,
            }
        }
    }
    if free.iter().all(|day| *day) {
        return Some(0);
    }
    let (first, last) = (start.min(end).floor() as i64, start.max(end).floor() as i64);
    let weekday = |serial: i64| (serial - 1).rem_euclid(7) as usize;
    let length = last - first + 1;
    let free_per_week = free.iter().filter(|day| **day).count() as i64;
    let mut count = length / 7 * (7 - free_per_week);
    count += (last - length % 7 + 1..=last).filter(|serial| !free[weekday(*serial)]).count() as i64;
    let mut days: Vec<i64> = holidays.iter().map(|day| day.floor() as i64).collect();
    days.sort_unstable();
    days.dedup();
    count -= days.iter().filter(|day| (first..=last).contains(*day) && !free[weekday(**day)]).count() as i64;
    Some(if start > end { -count } else { count })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn working_days_leave_weekends_and_holidays_out() {
        let day = |y, m, d| f64::from(Date::from_ymd(y, m, d).unwrap().0);
        assert_eq!(working_days(day(2022, 5, 28), day(2022, 5, 30), None, &[]), Some(1));
        assert_eq!(working_days(day(2024, 1, 1), day(2024, 1, 31), None, &[]), Some(23));
        assert_eq!(working_days(day(2024, 1, 31), day(2024, 1, 1), None, &[]), Some(-23));
        assert_eq!(working_days(day(2024, 1, 1), day(2024, 1, 7), Some(&Value::Int64(11)), &[]), Some(6));
        assert_eq!(working_days(day(2024, 1, 1), day(2024, 1, 7), Some(&Value::text("0000011")), &[]), Some(5));
        assert_eq!(working_days(day(2024, 1, 1), day(2024, 1, 7), Some(&Value::Int64(2)), &[day(2024, 1, 2)]), Some(4));
    }
}
