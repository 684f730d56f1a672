//! Conversions between kinds: `Number.From`, `Int64.From`, `Date.From`, `Logical.From`, their `FromText` and `ToText`
//! siblings, and the conversion to a type that `Table.TransformColumnTypes` uses.

use rust_decimal::{Decimal, RoundingStrategy};

use super::common::{choice, culture, default_culture, number, number_value, text};
use super::{
    ANY, Builtin, NULLABLE_DATE, NULLABLE_DATETIME, NULLABLE_DATETIMEZONE, NULLABLE_DURATION, NULLABLE_LOGICAL, NULLABLE_NUMBER,
    NULLABLE_TEXT, NULLABLE_TIME, NUMBER, TEXT, arg, opt,
};
use crate::base::Culture;
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::text_format::number::number_text;
use crate::m::text_format::number_parse::parse_decimal;
use crate::m::text_format::{
    Moment, ParsedMoment, duration_text, format_moment, format_number, parse_duration, parse_exact, parse_moment, parse_number, parse_time,
};
use crate::m::value::{Kind, Record, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, Type, TypeForm, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "Byte.From",
        params: &[arg("value", ANY), opt("culture", TEXT), opt("roundingMode", NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "A whole number from 0 to 255.",
        source: "https://learn.microsoft.com/powerquery-m/byte-from",
        examples: &[("Byte.From(\"4\")", "4"), ("Byte.From(\"4.5\", null, RoundingMode.AwayFromZero)", "5")],
        run: byte_from,
    },
    Builtin {
        name: "Currency.From",
        params: &[arg("value", ANY), opt("culture", TEXT), opt("roundingMode", NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "A number with four decimals.",
        source: "https://learn.microsoft.com/powerquery-m/currency-from",
        examples: &[("Currency.From(\"1.23455\")", "1.2346"), ("Currency.From(2)", "2")],
        run: currency_from,
    },
    Builtin {
        name: "Date.From",
        params: &[arg("value", ANY), opt("culture", TEXT)],
        returns: NULLABLE_DATE,
        about: "The date of a value.",
        source: "https://learn.microsoft.com/powerquery-m/date-from",
        examples: &[
            ("Date.From(\"2024-01-31\")", "#date(2024, 1, 31)"),
            ("Date.From(#datetime(2024, 1, 31, 5, 0, 0))", "#date(2024, 1, 31)"),
            ("Date.From(45322)", "#date(2024, 1, 31)"),
        ],
        run: date_from_value,
    },
    Builtin {
        name: "Date.FromText",
        params: &[arg("text", NULLABLE_TEXT), opt("options", ANY)],
        returns: NULLABLE_DATE,
        about: "Reads a date from text, in any usual form or after a pattern.",
        source: "https://learn.microsoft.com/powerquery-m/date-fromtext",
        examples: &[
            ("Date.FromText(\"31.1.2024\", \"de-DE\")", "#date(2024, 1, 31)"),
            ("Date.FromText(\"31Jan24\", [Format = \"ddMMMyy\", Culture = \"en-US\"])", "#date(2024, 1, 31)"),
        ],
        run: date_from_text,
    },
    Builtin {
        name: "Date.ToText",
        params: &[arg("date", NULLABLE_DATE), opt("options", ANY), opt("culture", TEXT)],
        returns: NULLABLE_TEXT,
        about: "The text of a date in a culture or after a pattern.",
        source: "https://learn.microsoft.com/powerquery-m/date-totext",
        examples: &[
            ("Date.ToText(#date(2024, 1, 31), [Format = \"dd MMM yyyy\", Culture = \"en-US\"])", "\"31 Jan 2024\""),
            ("Date.ToText(#date(2024, 1, 31), \"yyyyMM\")", "\"202401\""),
        ],
        run: date_to_text,
    },
    Builtin {
        name: "DateTime.From",
        params: &[arg("value", ANY), opt("culture", TEXT)],
        returns: NULLABLE_DATETIME,
        about: "The date and time of a value.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-from",
        examples: &[
            ("DateTime.From(\"2024-01-31T10:20:30\")", "#datetime(2024, 1, 31, 10, 20, 30)"),
            ("DateTime.From(#date(2024, 1, 31))", "#datetime(2024, 1, 31, 0, 0, 0)"),
        ],
        run: datetime_from_value,
    },
    Builtin {
        name: "DateTime.FromText",
        params: &[arg("text", NULLABLE_TEXT), opt("options", ANY)],
        returns: NULLABLE_DATETIME,
        about: "Reads a date and time from text, in any usual form or after a pattern.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-fromtext",
        examples: &[("DateTime.FromText(\"2024-01-31T10:20\")", "#datetime(2024, 1, 31, 10, 20, 0)")],
        run: datetime_from_text,
    },
    Builtin {
        name: "DateTime.ToText",
        params: &[arg("dateTime", NULLABLE_DATETIME), opt("options", ANY), opt("culture", TEXT)],
        returns: NULLABLE_TEXT,
        about: "The text of a date and time in a culture or after a pattern.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-totext",
        examples: &[(
            "DateTime.ToText(#datetime(2024, 1, 31, 10, 20, 30), [Format = \"yyyy-MM-dd'T'HH:mm:ss\", Culture = \"\"])",
            "\"2024-01-31T10:20:30\"",
        )],
        run: datetime_to_text,
    },
    Builtin {
        name: "DateTimeZone.From",
        params: &[arg("value", ANY), opt("culture", TEXT)],
        returns: NULLABLE_DATETIMEZONE,
        about: "The date, time and zone of a value.",
        source: "https://learn.microsoft.com/powerquery-m/datetimezone-from",
        examples: &[("DateTimeZone.From(\"2024-01-31T10:20:30+13:00\")", "#datetimezone(2024, 1, 31, 10, 20, 30, 13, 0)")],
        run: datetimezone_from_value,
    },
    Builtin {
        name: "DateTimeZone.FromText",
        params: &[arg("text", NULLABLE_TEXT), opt("options", ANY)],
        returns: NULLABLE_DATETIMEZONE,
        about: "Reads a date, time and zone from text, in any usual form or after a pattern.",
        source: "https://learn.microsoft.com/powerquery-m/datetimezone-fromtext",
        examples: &[("DateTimeZone.FromText(\"2024-01-31T10:20:30Z\")", "#datetimezone(2024, 1, 31, 10, 20, 30, 0, 0)")],
        run: datetimezone_from_text,
    },
    Builtin {
        name: "DateTimeZone.ToText",
        params: &[arg("dateTimeZone", NULLABLE_DATETIMEZONE), opt("options", ANY), opt("culture", TEXT)],
        returns: NULLABLE_TEXT,
        about: "The text of a date, time and zone in a culture or after a pattern.",
        source: "https://learn.microsoft.com/powerquery-m/datetimezone-totext",
        examples: &[(
            "DateTimeZone.ToText(#datetimezone(2024, 1, 31, 10, 20, 30, 13, 0), [Format = \"yyyy-MM-ddTHH:mm:sszzz\", Culture = \"en-US\"])",
            "\"2024-01-31T10:20:30+13:00\"",
        )],
        run: datetimezone_to_text,
    },
    Builtin {
        name: "Decimal.From",
        params: &[arg("value", ANY), opt("culture", TEXT)],
        returns: NULLABLE_NUMBER,
        about: "A number held as a decimal.",
        source: "https://learn.microsoft.com/powerquery-m/decimal-from",
        examples: &[("Decimal.From(\"4.5\")", "4.5")],
        run: decimal_from,
    },
    Builtin {
        name: "Double.From",
        params: &[arg("value", ANY), opt("culture", TEXT)],
        returns: NULLABLE_NUMBER,
        about: "A number held as a double.",
        source: "https://learn.microsoft.com/powerquery-m/double-from",
        examples: &[("Double.From(\"4\")", "4")],
        run: double_from,
    },
    Builtin {
        name: "Duration.From",
        params: &[arg("value", ANY)],
        returns: NULLABLE_DURATION,
        about: "The duration of a value; a number counts days.",
        source: "https://learn.microsoft.com/powerquery-m/duration-from",
        examples: &[("Duration.From(1.5)", "#duration(1, 12, 0, 0)"), ("Duration.From(\"1.02:03:04\")", "#duration(1, 2, 3, 4)")],
        run: duration_from_value,
    },
    Builtin {
        name: "Duration.FromText",
        params: &[arg("text", NULLABLE_TEXT)],
        returns: NULLABLE_DURATION,
        about: "Reads a duration written as days.hours:minutes:seconds.",
        source: "https://learn.microsoft.com/powerquery-m/duration-fromtext",
        examples: &[("Duration.FromText(\"05:55:20\")", "#duration(0, 5, 55, 20)")],
        run: duration_from_text,
    },
    Builtin {
        name: "Duration.ToText",
        params: &[arg("duration", NULLABLE_DURATION), opt("format", TEXT)],
        returns: NULLABLE_TEXT,
        about: "The text of a duration as days.hours:minutes:seconds.",
        source: "https://learn.microsoft.com/powerquery-m/duration-totext",
        examples: &[("Duration.ToText(#duration(1, 2, 3, 4))", "\"1.02:03:04\"")],
        run: duration_to_text,
    },
    Builtin {
        name: "Guid.From",
        params: &[arg("value", NULLABLE_TEXT)],
        returns: NULLABLE_TEXT,
        about: "A GUID in its usual form.",
        source: "https://learn.microsoft.com/powerquery-m/guid-from",
        examples: &[("Guid.From(\"{05FE1DADC8C24F3BA4C2D194116B4967}\")", "\"05fe1dad-c8c2-4f3b-a4c2-d194116b4967\"")],
        run: guid_from,
    },
    Builtin {
        name: "Int16.From",
        params: &[arg("value", ANY), opt("culture", TEXT), opt("roundingMode", NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "A whole number of 16 bits.",
        source: "https://learn.microsoft.com/powerquery-m/int16-from",
        examples: &[("Int16.From(\"4.5\")", "4")],
        run: int16_from,
    },
    Builtin {
        name: "Int32.From",
        params: &[arg("value", ANY), opt("culture", TEXT), opt("roundingMode", NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "A whole number of 32 bits.",
        source: "https://learn.microsoft.com/powerquery-m/int32-from",
        examples: &[("Int32.From(\"5.5\")", "6")],
        run: int32_from,
    },
    Builtin {
        name: "Int64.From",
        params: &[arg("value", ANY), opt("culture", TEXT), opt("roundingMode", NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "A whole number of 64 bits.",
        source: "https://learn.microsoft.com/powerquery-m/int64-from",
        examples: &[("Int64.From(\"4.5\")", "4"), ("Int64.From(2.5, null, RoundingMode.Up)", "3")],
        run: int64_from,
    },
    Builtin {
        name: "Int8.From",
        params: &[arg("value", ANY), opt("culture", TEXT), opt("roundingMode", NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "A whole number of 8 bits.",
        source: "https://learn.microsoft.com/powerquery-m/int8-from",
        examples: &[("Int8.From(\"-4\")", "-4")],
        run: int8_from,
    },
    Builtin {
        name: "Logical.From",
        params: &[arg("value", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "The truth of a value; 0 is false, other numbers are true.",
        source: "https://learn.microsoft.com/powerquery-m/logical-from",
        examples: &[("Logical.From(2)", "true"), ("Logical.From(\"false\")", "false")],
        run: logical_from,
    },
    Builtin {
        name: "Logical.FromText",
        params: &[arg("text", NULLABLE_TEXT)],
        returns: NULLABLE_LOGICAL,
        about: "Reads true or false.",
        source: "https://learn.microsoft.com/powerquery-m/logical-fromtext",
        examples: &[("Logical.FromText(\"True\")", "true")],
        run: logical_from_text,
    },
    Builtin {
        name: "Logical.ToText",
        params: &[arg("logicalValue", NULLABLE_LOGICAL)],
        returns: NULLABLE_TEXT,
        about: "The text true or false.",
        source: "https://learn.microsoft.com/powerquery-m/logical-totext",
        examples: &[("Logical.ToText(false)", "\"false\"")],
        run: logical_to_text,
    },
    Builtin {
        name: "Number.From",
        params: &[arg("value", ANY), opt("culture", TEXT)],
        returns: NULLABLE_NUMBER,
        about: "The number of a value: texts are read, dates count days, durations days.",
        source: "https://learn.microsoft.com/powerquery-m/number-from",
        examples: &[("Number.From(\"12.3%\")", "0.123"), ("Number.From(#date(2024, 1, 31))", "45322"), ("Number.From(true)", "1")],
        run: number_from,
    },
    Builtin {
        name: "Number.FromText",
        params: &[arg("text", NULLABLE_TEXT), opt("culture", TEXT)],
        returns: NULLABLE_NUMBER,
        about: "Reads a number in a culture.",
        source: "https://learn.microsoft.com/powerquery-m/number-fromtext",
        examples: &[("Number.FromText(\"5.0e-10\")", "5.0e-10"), ("Number.FromText(\"1.234,5\", \"de-DE\")", "1234.5")],
        run: number_from_text,
    },
    Builtin {
        name: "Number.ToText",
        params: &[arg("number", NULLABLE_NUMBER), opt("format", TEXT), opt("culture", TEXT)],
        returns: NULLABLE_TEXT,
        about: "The text of a number, plain or after a format.",
        source: "https://learn.microsoft.com/powerquery-m/number-totext",
        examples: &[
            ("Number.ToText(1234.5, \"N1\")", "\"1,234.5\""),
            ("Number.ToText(0.25, \"0%\")", "\"25%\""),
            ("Number.ToText(255, \"X\")", "\"FF\""),
        ],
        run: number_to_text,
    },
    Builtin {
        name: "Percentage.From",
        params: &[arg("value", ANY), opt("culture", TEXT)],
        returns: NULLABLE_NUMBER,
        about: "A number; a text may end in a percent sign.",
        source: "https://learn.microsoft.com/powerquery-m/percentage-from",
        examples: &[("Percentage.From(\"12.3%\")", "0.123")],
        run: percentage_from,
    },
    Builtin {
        name: "Single.From",
        params: &[arg("value", ANY), opt("culture", TEXT)],
        returns: NULLABLE_NUMBER,
        about: "A number with the precision of 32-bit floating point.",
        source: "https://learn.microsoft.com/powerquery-m/single-from",
        examples: &[("Single.From(\"1.5\")", "1.5")],
        run: single_from,
    },
    Builtin {
        name: "Time.From",
        params: &[arg("value", ANY), opt("culture", TEXT)],
        returns: NULLABLE_TIME,
        about: "The time of a value; a number counts fractions of a day.",
        source: "https://learn.microsoft.com/powerquery-m/time-from",
        examples: &[("Time.From(0.75)", "#time(18, 0, 0)"), ("Time.From(\"10:12:31\")", "#time(10, 12, 31)")],
        run: time_from_value,
    },
    Builtin {
        name: "Time.FromText",
        params: &[arg("text", NULLABLE_TEXT), opt("options", ANY)],
        returns: NULLABLE_TIME,
        about: "Reads a time of day from text, in any usual form or after a pattern.",
        source: "https://learn.microsoft.com/powerquery-m/time-fromtext",
        examples: &[("Time.FromText(\"10:12 PM\")", "#time(22, 12, 0)")],
        run: time_from_text,
    },
    Builtin {
        name: "Time.ToText",
        params: &[arg("time", NULLABLE_TIME), opt("options", ANY), opt("culture", TEXT)],
        returns: NULLABLE_TEXT,
        about: "The text of a time in a culture or after a pattern.",
        source: "https://learn.microsoft.com/powerquery-m/time-totext",
        examples: &[("Time.ToText(#time(11, 56, 2), [Format = \"HH:mm\"])", "\"11:56\"")],
        run: time_to_text,
    },
];

/// Days from 0001-01-01 to 1899-12-30, the zero of serial numbers.
const OLE_DAYS: i64 = 693_593;
const MS_PER_DAY: i64 = 86_400_000;

/// Text of a scalar in a culture (`Text.From`); null stays null.
pub(super) fn text_from(cx: &mut Interp, value: &Value, culture: &'static Culture) -> Result<Value> {
    Ok(match value.bare() {
        Value::Null | Value::Text(_) => value.bare().clone(),
        Value::Logical(b) => Value::text(if *b { "true" } else { "false" }),
        number_like @ (Value::Int(_) | Value::Double(_) | Value::Decimal(_)) => match number(number_like) {
            Some(n) => Value::from(number_text(n, culture)),
            None => Value::Null,
        },
        Value::Date(day) => shown(Moment::local(i64::from(*day) * TICKS_PER_DAY), "d", culture)?,
        Value::Time(ticks) => shown(Moment::local(*ticks), "t", culture)?,
        Value::DateTime(ticks) => shown(Moment::local(*ticks), "G", culture)?,
        Value::DateTimeZone { local, offset } => {
            let moment = Moment { ticks: *local, offset: Some(i32::from(*offset)) };
            shown(moment, &format!("{} {} zzz", culture.short_date, culture.long_time), culture)?
        }
        Value::Duration(ticks) => Value::from(duration_text(*ticks)),
        Value::Binary(binary) => Value::from(super::binary::base64(&binary.bytes(cx)?)),
        other => return Err(Error::cannot_convert(other, "Text")),
    })
}

fn shown(moment: Moment, format: &str, culture: &Culture) -> Result<Value> {
    format_moment(moment, format, culture).map(Value::from).map_err(Error::expression)
}

#[cold]
fn not_a(kind: &str, value: &Value) -> Error {
    let message = match kind {
        "Number" | "Logical" | "Binary" => format!("We couldn't convert to {kind}."),
        _ => format!("We couldn't parse the input provided as a {kind} value."),
    };
    Error::data_format(message).with_detail(value.clone())
}

fn current_year(cx: &mut Interp) -> i32 {
    let day = (cx.fixed_now_utc() / TICKS_PER_DAY) as i32;
    crate::m::value::civil_from_day(day).0
}

/// Number of a value in a culture (`Number.From`).
pub(super) fn to_number(value: &Value, culture: &Culture) -> Result<Value> {
    Ok(match value.bare() {
        Value::Null | Value::Int(_) | Value::Double(_) | Value::Decimal(_) => value.bare().clone(),
        Value::Text(t) if is_short_whole(t) => Value::Int(t.bytes().fold(0, |n, digit| n * 10 + i64::from(digit - b'0'))),
        Value::Text(t) => number_value(parse_number(t, culture).ok_or_else(|| not_a("Number", value))?),
        Value::Logical(b) => Value::Int(i64::from(*b)),
        Value::Date(day) => Value::Int(i64::from(*day) - OLE_DAYS),
        Value::DateTime(ticks) => super::common::double_value(ole_from_ticks(*ticks)),
        Value::DateTimeZone { local, .. } => super::common::double_value(ole_from_ticks(*local)),
        Value::Time(ticks) | Value::Duration(ticks) => super::common::double_value(*ticks as f64 / TICKS_PER_DAY as f64),
        other => return Err(Error::cannot_convert(other, "Number")),
    })
}

/// Whether a text is nothing but few digits, a whole number in every culture.
fn is_short_whole(text: &str) -> bool {
    !text.is_empty() && text.len() <= 15 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Serial number of a date and time, to the millisecond; before the zero day the fraction counts away from the whole part.
fn ole_from_ticks(ticks: i64) -> f64 {
    let mut ms = (ticks - OLE_DAYS * TICKS_PER_DAY) / 10_000;
    if ms < 0 {
        let fraction = ms % MS_PER_DAY;
        if fraction != 0 {
            ms -= (MS_PER_DAY + fraction) * 2;
        }
    }
    ms as f64 / MS_PER_DAY as f64
}

/// Ticks of a serial number; `None` outside the calendar.
fn ticks_from_ole(days: f64) -> Option<i64> {
    if !(days.is_finite() && days.abs() < 3_000_000.0) {
        return None;
    }
    let mut ms = (days * MS_PER_DAY as f64 + if days >= 0.0 { 0.5 } else { -0.5 }) as i64;
    if ms < 0 {
        ms -= (ms % MS_PER_DAY) * 2;
    }
    let ticks = ms.checked_mul(10_000)?.checked_add(OLE_DAYS * TICKS_PER_DAY)?;
    (0..=3_155_378_975_999_999_999).contains(&ticks).then_some(ticks)
}

fn number_from(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    to_number(&args[0], culture(cx, &args[1])?)
}

fn number_from_text(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    to_number(&args[0], culture(cx, &args[1])?)
}

fn percentage_from(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    to_number(&args[0], culture(cx, &args[1])?)
}

fn double_from(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let n = to_number(&args[0], culture(cx, &args[1])?)?;
    Ok(n.as_f64().map_or(Value::Null, Value::Double))
}

fn single_from(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let n = to_number(&args[0], culture(cx, &args[1])?)?;
    Ok(n.as_f64().map_or(Value::Null, |n| Value::Double(f64::from(n as f32))))
}

fn to_decimal(value: &Value, culture: &Culture) -> Result<Option<Decimal>> {
    if let Value::Text(t) = value.bare()
        && let Some(exact) = parse_decimal(t, culture)
    {
        return Ok(Some(exact));
    }
    let n = to_number(value, culture)?;
    if n.is_null() {
        return Ok(None);
    }
    n.as_decimal().map(Some).ok_or_else(|| Error::expression("The number is out of range of a decimal value.").with_detail(value.clone()))
}

fn decimal_from(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let culture = culture(cx, &args[1])?;
    Ok(to_decimal(&args[0], culture)?.map_or(Value::Null, Value::Decimal))
}

/// How `RoundingMode` rounds a decimal.
fn strategy(mode: i64, n: Decimal) -> RoundingStrategy {
    match mode {
        0 if n.is_sign_negative() => RoundingStrategy::MidpointTowardZero,
        0 => RoundingStrategy::MidpointAwayFromZero,
        1 if n.is_sign_negative() => RoundingStrategy::MidpointAwayFromZero,
        1 => RoundingStrategy::MidpointTowardZero,
        2 => RoundingStrategy::MidpointAwayFromZero,
        3 => RoundingStrategy::MidpointTowardZero,
        _ => RoundingStrategy::MidpointNearestEven,
    }
}

fn currency_from(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let culture = culture(cx, &args[1])?;
    let mode = choice(&args[2], 4, 0..=4, "roundingMode")?;
    to_currency(&args[0], culture, mode)
}

pub(super) fn to_currency(value: &Value, culture: &Culture, mode: i64) -> Result<Value> {
    // Nearly all amounts have four places or fewer already.
    if let number @ (Value::Int(_) | Value::Double(_)) = value
        && number.as_f64().is_some_and(|n| n.abs() < 9e13)
        && let Some(short) = number.short_decimal()
    {
        return Ok(Value::Decimal(short));
    }
    let Some(n) = to_decimal(value, culture)? else { return Ok(Value::Null) };
    let rounded = n.round_dp_with_strategy(4, strategy(mode, n));
    let limit = Decimal::new(i64::MAX, 4);
    if rounded.abs() > limit {
        return Err(Error::expression("The number is out of range of a currency value.").with_detail(value.clone()));
    }
    Ok(Value::Decimal(rounded.normalize()))
}

/// Rounds halves as `RoundingMode` says: 0 up, 1 down, 2 away from zero, 3 toward zero, 4 to even.
pub(super) fn round_half(x: f64, mode: i64) -> f64 {
    let floor = x.floor();
    let fraction = x - floor;
    if fraction != 0.5 {
        return if fraction < 0.5 { floor } else { floor + 1.0 };
    }
    match mode {
        0 => floor + 1.0,
        1 => floor,
        2 => {
            if x < 0.0 {
                floor
            } else {
                floor + 1.0
            }
        }
        3 => {
            if x < 0.0 {
                floor + 1.0
            } else {
                floor
            }
        }
        _ => {
            if floor % 2.0 == 0.0 {
                floor
            } else {
                floor + 1.0
            }
        }
    }
}

fn to_whole(value: &Value, culture: &Culture, mode: i64, bits: u32, least: i64, most: i64) -> Result<Value> {
    let n = to_number(value, culture)?;
    let whole = match n {
        Value::Null => return Ok(Value::Null),
        Value::Int(n) => Some(n),
        Value::Decimal(n) => n.round_dp_with_strategy(0, strategy(mode, n)).try_into().ok(),
        ref other => other.as_f64().map(|x| round_half(x, mode)).filter(|x| x.abs() < 9.223_372_036_854_775e18).map(|x| x as i64),
    };
    match whole {
        Some(n) if (least..=most).contains(&n) => Ok(Value::Int(n)),
        _ => Err(Error::expression(format!("The number is out of range of a {bits} bit integer value.")).with_detail(n)),
    }
}

fn whole_from(cx: &mut Interp, args: &[Value], bits: u32, least: i64, most: i64) -> Result<Value> {
    let culture = culture(cx, &args[1])?;
    let mode = choice(&args[2], 4, 0..=4, "roundingMode")?;
    to_whole(&args[0], culture, mode, bits, least, most)
}

fn byte_from(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    whole_from(cx, args, 8, 0, 255)
}

fn int8_from(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    whole_from(cx, args, 8, -128, 127)
}

fn int16_from(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    whole_from(cx, args, 16, i64::from(i16::MIN), i64::from(i16::MAX))
}

fn int32_from(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    whole_from(cx, args, 32, i64::from(i32::MIN), i64::from(i32::MAX))
}

fn int64_from(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    whole_from(cx, args, 64, i64::MIN, i64::MAX)
}

fn number_to_text(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let culture = culture(cx, &args[2])?;
    let Some(n) = number(&args[0]) else { return Ok(Value::Null) };
    match text(&args[1]) {
        None => Ok(Value::from(number_text(n, culture))),
        Some(format) => {
            format_number(n, format, culture).map(Value::from).map_err(|message| Error::expression(message).with_detail(args[1].clone()))
        }
    }
}

fn logical_from(_: &mut Interp, args: &[Value]) -> Result<Value> {
    to_logical(&args[0])
}

fn to_logical(value: &Value) -> Result<Value> {
    Ok(match value.bare() {
        Value::Null | Value::Logical(_) => value.bare().clone(),
        Value::Text(t) if t.trim().eq_ignore_ascii_case("true") => Value::Logical(true),
        Value::Text(t) if t.trim().eq_ignore_ascii_case("false") => Value::Logical(false),
        Value::Text(_) => return Err(not_a("Logical", value)),
        other => match other.as_f64() {
            Some(n) => Value::Logical(n != 0.0),
            None => return Err(Error::cannot_convert(other, "Logical")),
        },
    })
}

fn logical_from_text(_: &mut Interp, args: &[Value]) -> Result<Value> {
    to_logical(&args[0])
}

fn logical_to_text(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(match args[0] {
        Value::Logical(b) => Value::text(if b { "true" } else { "false" }),
        _ => Value::Null,
    })
}

fn guid_from(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let bad = || Error::data_format("The Guid value could not be parsed.").with_detail(args[0].clone());
    let trimmed = t.trim();
    let inner = trimmed
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .or_else(|| trimmed.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')))
        .unwrap_or(trimmed);
    let hex: String = inner.chars().filter(|c| *c != '-').collect();
    let dashes_fit = !inner.contains('-')
        || (inner.len() == 36
            && [8, 13, 18, 23].iter().all(|at| inner.as_bytes().get(*at) == Some(&b'-'))
            && inner.matches('-').count() == 4);
    if hex.len() != 32 || !dashes_fit || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(bad());
    }
    let hex = hex.to_ascii_lowercase();
    Ok(Value::from(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])))
}

/// Format and culture of an options argument: a culture name, or a record with `Format` and `Culture`. With `legacy`, the
/// argument may be a format and the culture a further argument.
struct TextOptions {
    format: Option<String>,
    culture: &'static Culture,
}

fn options(cx: &mut Interp, value: &Value, legacy_culture: Option<&Value>) -> Result<TextOptions> {
    match (value.bare(), legacy_culture) {
        (Value::Null, None) => Ok(TextOptions { format: None, culture: default_culture(cx) }),
        (Value::Null, Some(name)) => Ok(TextOptions { format: None, culture: culture(cx, name)? }),
        (Value::Text(_), None) => Ok(TextOptions { format: None, culture: culture(cx, value)? }),
        (Value::Text(format), Some(name)) => Ok(TextOptions { format: Some(format.to_string()), culture: culture(cx, name)? }),
        (Value::Record(record), _) => {
            super::common::check_options(record, "text", &["Format", "Culture"])?;
            let part = |cx: &mut Interp, name: &str| record.optional_field(cx, name).map(Option::unwrap_or_default);
            let format = part(cx, "Format")?;
            let format = match format.bare() {
                Value::Null => None,
                Value::Text(t) => Some(t.to_string()),
                other => return Err(Error::cannot_convert(other, "Text")),
            };
            let name = part(cx, "Culture")?;
            if !name.is_null() && text(&name).is_none() {
                return Err(Error::cannot_convert(&name, "Text"));
            }
            Ok(TextOptions { format, culture: culture(cx, &name)? })
        }
        (other, _) => Err(Error::cannot_convert(other, "Record")),
    }
}

fn read_moment(cx: &mut Interp, value: &Value, t: &str, options: &TextOptions, kind: &str) -> Result<ParsedMoment> {
    let year = current_year(cx);
    let parsed = match &options.format {
        Some(format) => parse_exact(t, format, options.culture, year),
        None => parse_moment(t, options.culture, year),
    };
    parsed.ok_or_else(|| not_a(kind, value))
}

/// The calendar day of ticks.
fn day_of(ticks: i64) -> i32 {
    ticks.div_euclid(TICKS_PER_DAY) as i32
}

/// Local ticks of a datetimezone in the engine's own zone.
fn local_ticks(cx: &Interp, local: i64, offset: i16) -> i64 {
    local + (i64::from(cx.local_offset()) - i64::from(offset)) * TICKS_PER_MINUTE
}

fn date_text(cx: &mut Interp, value: &Value, t: &str, options: &TextOptions) -> Result<Value> {
    let parsed = read_moment(cx, value, t, options, "Date")?;
    let Some(ticks) = parsed.ticks() else { return Err(not_a("Date", value)) };
    // A time of day is refused rather than lost; a pattern may name one.
    if options.format.is_none() && parsed.time.is_some_and(|time| time != 0) {
        return Err(not_a("Date", value));
    }
    Ok(Value::Date(day_of(ticks)))
}

fn to_date(cx: &mut Interp, value: &Value, culture: &'static Culture) -> Result<Value> {
    Ok(match value.bare() {
        Value::Null | Value::Date(_) => value.bare().clone(),
        Value::DateTime(ticks) => Value::Date(day_of(*ticks)),
        Value::DateTimeZone { local, offset } => Value::Date(day_of(local_ticks(cx, *local, *offset))),
        Value::Text(t) => {
            let t = t.clone();
            date_text(cx, value, &t, &TextOptions { format: None, culture })?
        }
        other => match other.as_f64() {
            Some(days) => Value::Date(day_of(ticks_from_ole(days).ok_or_else(|| not_a("Date", value))?)),
            None => return Err(Error::cannot_convert(other, "Date")),
        },
    })
}

fn date_from_value(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let culture = culture(cx, &args[1])?;
    to_date(cx, &args[0], culture)
}

fn date_from_text(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let options = options(cx, &args[1], None)?;
    date_text(cx, &args[0], t, &options)
}

fn date_to_text(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::Date(day) = args[0] else { return Ok(Value::Null) };
    let options = options(cx, &args[1], Some(&args[2]))?;
    shown(Moment::local(i64::from(day) * TICKS_PER_DAY), options.format.as_deref().unwrap_or("d"), options.culture)
}

fn datetime_text(cx: &mut Interp, value: &Value, t: &str, options: &TextOptions) -> Result<Value> {
    let parsed = read_moment(cx, value, t, options, "DateTime")?;
    let ticks = match parsed.ticks() {
        Some(ticks) => ticks,
        None => return Err(not_a("DateTime", value)),
    };
    Ok(Value::DateTime(match parsed.offset {
        Some(offset) => local_ticks(cx, ticks, offset as i16),
        None => ticks,
    }))
}

fn to_datetime(cx: &mut Interp, value: &Value, culture: &'static Culture) -> Result<Value> {
    Ok(match value.bare() {
        Value::Null | Value::DateTime(_) => value.bare().clone(),
        Value::Date(day) => Value::DateTime(i64::from(*day) * TICKS_PER_DAY),
        Value::Time(ticks) => Value::DateTime(OLE_DAYS * TICKS_PER_DAY + ticks),
        Value::DateTimeZone { local, offset } => Value::DateTime(local_ticks(cx, *local, *offset)),
        Value::Text(t) => {
            let t = t.clone();
            datetime_text(cx, value, &t, &TextOptions { format: None, culture })?
        }
        other => match other.as_f64() {
            Some(days) => Value::DateTime(ticks_from_ole(days).ok_or_else(|| not_a("DateTime", value))?),
            None => return Err(Error::cannot_convert(other, "DateTime")),
        },
    })
}

fn datetime_from_value(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let culture = culture(cx, &args[1])?;
    to_datetime(cx, &args[0], culture)
}

fn datetime_from_text(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let options = options(cx, &args[1], None)?;
    datetime_text(cx, &args[0], t, &options)
}

fn datetime_to_text(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::DateTime(ticks) = args[0] else { return Ok(Value::Null) };
    let options = options(cx, &args[1], Some(&args[2]))?;
    shown(Moment::local(ticks), options.format.as_deref().unwrap_or("G"), options.culture)
}

fn datetimezone_text(cx: &mut Interp, value: &Value, t: &str, options: &TextOptions) -> Result<Value> {
    let parsed = read_moment(cx, value, t, options, "DateTimeZone")?;
    let local = parsed.ticks().ok_or_else(|| not_a("DateTimeZone", value))?;
    let offset = parsed.offset.map_or(cx.local_offset(), |offset| offset as i16);
    Ok(Value::DateTimeZone { local, offset })
}

fn to_datetimezone(cx: &mut Interp, value: &Value, culture: &'static Culture) -> Result<Value> {
    Ok(match value.bare() {
        Value::Null | Value::DateTimeZone { .. } => value.bare().clone(),
        Value::Text(t) => {
            let t = t.clone();
            datetimezone_text(cx, value, &t, &TextOptions { format: None, culture })?
        }
        Value::Date(_) | Value::Time(_) | Value::DateTime(_) | Value::Int(_) | Value::Double(_) | Value::Decimal(_) => {
            match to_datetime(cx, value, culture)? {
                Value::DateTime(local) => Value::DateTimeZone { local, offset: cx.local_offset() },
                other => other,
            }
        }
        other => return Err(Error::cannot_convert(other, "DateTimeZone")),
    })
}

fn datetimezone_from_value(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let culture = culture(cx, &args[1])?;
    to_datetimezone(cx, &args[0], culture)
}

fn datetimezone_from_text(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let options = options(cx, &args[1], None)?;
    datetimezone_text(cx, &args[0], t, &options)
}

fn datetimezone_to_text(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::DateTimeZone { local, offset } = args[0] else { return Ok(Value::Null) };
    let options = options(cx, &args[1], Some(&args[2]))?;
    match &options.format {
        Some(format) => shown(Moment { ticks: local, offset: Some(i32::from(offset)) }, format, options.culture),
        None => text_from(cx, &args[0], options.culture),
    }
}

fn time_text(value: &Value, t: &str, options: &TextOptions) -> Result<Value> {
    let ticks = match &options.format {
        Some(format) => parse_exact(t, format, options.culture, 2000).and_then(|parsed| parsed.time),
        None => parse_time(t, options.culture),
    };
    ticks.map(Value::Time).ok_or_else(|| not_a("Time", value))
}

fn to_time(cx: &mut Interp, value: &Value, culture: &'static Culture) -> Result<Value> {
    Ok(match value.bare() {
        Value::Null | Value::Time(_) => value.bare().clone(),
        Value::DateTime(ticks) => Value::Time(ticks.rem_euclid(TICKS_PER_DAY)),
        Value::DateTimeZone { local, offset } => Value::Time(local_ticks(cx, *local, *offset).rem_euclid(TICKS_PER_DAY)),
        Value::Text(t) => time_text(value, t, &TextOptions { format: None, culture })?,
        other => match other.as_f64() {
            Some(days) if (0.0..1.0).contains(&days) => {
                let ms = (days * MS_PER_DAY as f64 + 0.5).floor() as i64;
                Value::Time(ms * 10_000)
            }
            Some(_) => return Err(not_a("Time", value)),
            None => return Err(Error::cannot_convert(other, "Time")),
        },
    })
}

fn time_from_value(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let culture = culture(cx, &args[1])?;
    to_time(cx, &args[0], culture)
}

fn time_from_text(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let options = options(cx, &args[1], None)?;
    time_text(&args[0], t, &options)
}

fn time_to_text(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::Time(ticks) = args[0] else { return Ok(Value::Null) };
    let options = options(cx, &args[1], Some(&args[2]))?;
    shown(Moment::local(ticks), options.format.as_deref().unwrap_or("t"), options.culture)
}

fn to_duration(value: &Value) -> Result<Value> {
    Ok(match value.bare() {
        Value::Null | Value::Duration(_) => value.bare().clone(),
        Value::Text(t) => Value::Duration(
            parse_duration(t).ok_or_else(|| Error::data_format("We couldn't parse the Duration literal.").with_detail(value.clone()))?,
        ),
        other => match other.as_f64() {
            // To the millisecond, as .NET's TimeSpan.FromDays.
            Some(days) if days.is_finite() && days.abs() < 10_675_199.0 => {
                Value::Duration((days * MS_PER_DAY as f64 + if days >= 0.0 { 0.5 } else { -0.5 }) as i64 * 10_000)
            }
            Some(_) => return Err(Error::expression("The Duration value is out of range.").with_detail(value.clone())),
            None => return Err(Error::cannot_convert(other, "Duration")),
        },
    })
}

fn duration_from_value(_: &mut Interp, args: &[Value]) -> Result<Value> {
    to_duration(&args[0])
}

fn duration_from_text(_: &mut Interp, args: &[Value]) -> Result<Value> {
    to_duration(&args[0])
}

fn duration_to_text(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::Duration(ticks) = args[0] else { return Ok(Value::Null) };
    match text(&args[1]) {
        None | Some("c" | "t" | "T" | "") => Ok(Value::from(duration_text(ticks))),
        Some(short_or_long @ ("g" | "G")) => Ok(Value::from(general_duration(ticks, short_or_long == "G", Culture::get("")))),
        Some(format) => custom_duration(ticks, format)
            .map(Value::from)
            .ok_or_else(|| Error::expression("Input string was not in a correct format.").with_detail(args[1].clone())),
    }
}

/// `[-][d:]h:mm:ss[.FFFFFFF]`, or with all parts for the long form.
fn general_duration(ticks: i64, long: bool, culture: &Culture) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let total = ticks.unsigned_abs() as i64;
    let (day, hour, minute) = (total / TICKS_PER_DAY, total / TICKS_PER_HOUR % 24, total / TICKS_PER_MINUTE % 60);
    let second = total / 10_000_000 % 60;
    let fraction = format!("{:07}", total % 10_000_000);
    if long {
        return format!("{sign}{day}:{hour:02}:{minute:02}:{second:02}{}{fraction}", culture.decimal);
    }
    let days = if day > 0 { format!("{day}:") } else { String::new() };
    let trimmed = fraction.trim_end_matches('0');
    let fraction = if trimmed.is_empty() { String::new() } else { format!("{}{trimmed}", culture.decimal) };
    format!("{sign}{days}{hour}:{minute:02}:{second:02}{fraction}")
}

/// .NET's custom duration formats: `d h m s f F`, quotes and backslashes for anything else.
fn custom_duration(ticks: i64, format: &str) -> Option<String> {
    let total = ticks.unsigned_abs() as i64;
    let chars: Vec<char> = format.chars().collect();
    let mut out = String::new();
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        let run = chars[i..].iter().take_while(|x| **x == c).count();
        let mut used = run;
        match c {
            'd' => out.push_str(&format!("{:0run$}", total / TICKS_PER_DAY)),
            'h' => out.push_str(&format!("{:0run$}", total / TICKS_PER_HOUR % 24)),
            'm' => out.push_str(&format!("{:0run$}", total / TICKS_PER_MINUTE % 60)),
            's' => out.push_str(&format!("{:0run$}", total / 10_000_000 % 60)),
            'f' => out.push_str(&format!("{:07}", total % 10_000_000)[..run.min(7)]),
            'F' => out.push_str(format!("{:07}", total % 10_000_000)[..run.min(7)].trim_end_matches('0')),
            '\'' | '"' => {
                let end = chars[i + 1..].iter().position(|x| *x == c).map(|p| i + 1 + p)?;
                out.extend(&chars[i + 1..end]);
                used = end + 1 - i;
            }
            '\\' => {
                out.push(*chars.get(i + 1)?);
                used = 2;
            }
            '%' => used = 1,
            _ => return None,
        }
        i += used;
    }
    Some(out)
}

/// Converts a value to a type as `Table.TransformColumnTypes` does, by the `From` function of the type.
pub(super) fn convert(cx: &mut Interp, value: &Value, ty: &Type, culture: &'static Culture) -> Result<Value> {
    let TypeForm::Primitive(kind) = ty.form() else {
        return check_kind(value, ty);
    };
    Ok(match (kind, ty.claim_name()) {
        (Kind::Text, _) => match value {
            Value::Text(_) => value.clone(),
            _ => text_from(cx, value, culture)?,
        },
        (Kind::Number, None | Some("Percentage.Type")) => to_number(value, culture)?,
        (Kind::Number, Some(claim)) => match claim {
            "Int64.Type" => to_whole(value, culture, 4, 64, i64::MIN, i64::MAX)?,
            "Int32.Type" => to_whole(value, culture, 4, 32, i64::from(i32::MIN), i64::from(i32::MAX))?,
            "Int16.Type" => to_whole(value, culture, 4, 16, i64::from(i16::MIN), i64::from(i16::MAX))?,
            "Int8.Type" => to_whole(value, culture, 4, 8, -128, 127)?,
            "Byte.Type" => to_whole(value, culture, 4, 8, 0, 255)?,
            "Currency.Type" => to_currency(value, culture, 4)?,
            "Decimal.Type" => to_decimal(value, culture)?.map_or(Value::Null, Value::Decimal),
            "Single.Type" => to_number(value, culture)?.as_f64().map_or(Value::Null, |n| Value::Double(f64::from(n as f32))),
            "Double.Type" => to_number(value, culture)?.as_f64().map_or(Value::Null, Value::Double),
            _ => to_number(value, culture)?,
        },
        (Kind::Logical, _) => to_logical(value)?,
        (Kind::Date, _) => to_date(cx, value, culture)?,
        (Kind::DateTime, _) => to_datetime(cx, value, culture)?,
        (Kind::DateTimeZone, _) => to_datetimezone(cx, value, culture)?,
        (Kind::Time, _) => to_time(cx, value, culture)?,
        (Kind::Duration, _) => to_duration(value)?,
        (Kind::Binary, _) => super::binary::from_value(cx, value, 0)?,
        _ => return check_kind(value, ty),
    })
}

fn check_kind(value: &Value, ty: &Type) -> Result<Value> {
    match ty.kind() {
        Kind::Any => Ok(value.clone()),
        _ if value.is_null() => Ok(Value::Null),
        Kind::AnyNonNull => Ok(value.clone()),
        kind if value.kind() == kind => Ok(value.clone()),
        kind => Err(Error::cannot_convert(value, kind.title())),
    }
}

/// `Value.FromText`: a number, logical, date or time if the text reads as one, else the text.
pub(super) fn guess(cx: &mut Interp, value: &Value, culture: &'static Culture) -> Result<Value> {
    let Some(t) = text(value) else { return Ok(value.clone()) };
    if let Some(n) = parse_number(t, culture) {
        return Ok(number_value(n));
    }
    let trimmed = t.trim();
    if trimmed.eq_ignore_ascii_case("null") {
        return Ok(Value::Null);
    }
    if let Ok(logical @ Value::Logical(_)) = to_logical(value) {
        return Ok(logical);
    }
    let year = current_year(cx);
    if let Some(parsed) = parse_moment(t, culture, year) {
        return Ok(match (parsed.ticks(), parsed.time, parsed.offset) {
            (Some(local), _, Some(offset)) => Value::DateTimeZone { local, offset: offset as i16 },
            (Some(ticks), Some(_), None) => Value::DateTime(ticks),
            (Some(ticks), None, None) => Value::Date(day_of(ticks)),
            (None, Some(time), _) => Value::Time(time),
            (None, None, _) => value.clone(),
        });
    }
    if let Some(ticks) = parse_duration(t) {
        return Ok(Value::Duration(ticks));
    }
    Ok(value.clone())
}

/// A record with `Culture` and `MissingField`, or a culture name: the last argument of `Table.TransformColumnTypes`.
pub(super) fn culture_and_missing(cx: &mut Interp, value: &Value) -> Result<(&'static Culture, Value)> {
    let Value::Record(record) = value.bare() else { return Ok((culture(cx, value)?, Value::Null)) };
    let record: Record = record.clone();
    super::common::check_options(&record, "Table.TransformColumnTypes", &["Culture", "MissingField"])?;
    let name = record.optional_field(cx, "Culture")?.unwrap_or_default();
    let missing = record.optional_field(cx, "MissingField")?.unwrap_or_default();
    Ok((culture(cx, &name)?, missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_run_both_ways() {
        for days in [0.0, 1.5, 45_322.25, -1.25, -10.0] {
            assert_eq!(ticks_from_ole(days).map(ole_from_ticks), Some(days), "{days}");
        }
        assert_eq!(ticks_from_ole(f64::NAN), None);
        assert_eq!(ticks_from_ole(1e9), None);
    }

    #[test]
    fn halves_round_as_asked() {
        let all = |x: f64| [0, 1, 2, 3, 4].map(|mode| round_half(x, mode));
        assert_eq!(all(2.5), [3.0, 2.0, 3.0, 2.0, 2.0]);
        assert_eq!(all(-2.5), [-2.0, -3.0, -3.0, -2.0, -2.0]);
        assert_eq!(all(2.4), [2.0; 5]);
    }
}
