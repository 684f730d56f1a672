//! `Json.FromValue`: values as JSON text.

use crate::m::canon::{date_text, datetime_text, offset_text, time_text};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{Binary, Record, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, Value};

/// `Json.FromValue`.
pub(super) fn from_value(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut out = String::new();
    write(cx, &args[0], &mut out)?;
    if !matches!(args[1].as_i64(), None | Some(65001)) {
        if let Some(super::Global::Function(encode)) = super::lookup("Text.ToBinary") {
            return cx.call_builtin(encode, &[Value::from(out), args[1].clone()]);
        }
    }
    Ok(Value::Binary(Binary::new(out.into_bytes())))
}

/// A value as JSON text.
pub(crate) fn to_text(cx: &mut Interp, value: &Value) -> Result<String> {
    let mut out = String::new();
    write(cx, value, &mut out)?;
    Ok(out)
}

fn write(cx: &mut Interp, value: &Value, out: &mut String) -> Result<()> {
    cx.tick()?;
    match value.bare() {
        Value::Null => out.push_str("null"),
        Value::Logical(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Double(n) if !n.is_finite() => out.push_str("null"),
        number @ (Value::Int(_) | Value::Double(_) | Value::Decimal(_)) => out.push_str(&number.number_text()),
        Value::Text(text) => crate::m::canon::json_string(text, out),
        Value::Date(day) => quoted(&date_text(*day), out),
        Value::Time(ticks) => quoted(&time_text(*ticks), out),
        Value::DateTime(ticks) => quoted(&datetime_text(*ticks), out),
        Value::DateTimeZone { local, offset } => quoted(&format!("{}{}", datetime_text(*local), offset_text(*offset)), out),
        Value::Duration(ticks) => quoted(&duration_text(*ticks), out),
        Value::Binary(binary) => {
            use base64::Engine;
            let bytes = binary.bytes(cx)?;
            quoted(&base64::engine::general_purpose::STANDARD.encode(&*bytes), out);
        }
        Value::List(list) => {
            out.push('[');
            let mut first = true;
            let list = list.clone();
            list.each(cx, |cx, item| {
                if !std::mem::take(&mut first) {
                    out.push(',');
                }
                cx.nested(|cx| write(cx, &item, out))?;
                Ok(true)
            })?;
            out.push(']');
        }
        Value::Record(record) => write_record(cx, record, out)?,
        Value::Table(table) => {
            out.push('[');
            let mut first = true;
            table.each(cx, |cx, row| {
                if !std::mem::take(&mut first) {
                    out.push(',');
                }
                write_record(cx, &table.record(row), out)?;
                Ok(true)
            })?;
            out.push(']');
        }
        other => {
            return Err(Error::expression(format!("We cannot convert a value of type {} to JSON.", other.kind().title()))
                .with_detail(other.clone()));
        }
    }
    Ok(())
}

fn write_record(cx: &mut Interp, record: &Record, out: &mut String) -> Result<()> {
    out.push('{');
    for (at, (name, cell)) in record.fields().enumerate() {
        if at > 0 {
            out.push(',');
        }
        crate::m::canon::json_string(name, out);
        out.push(':');
        let value = cell.force(cx)?;
        cx.nested(|cx| write(cx, &value, out))?;
    }
    out.push('}');
    Ok(())
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    out.push_str(text);
    out.push('"');
}

/// ISO 8601: `P1DT2H3M4.5S`.
fn duration_text(ticks: i64) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let ticks = ticks.unsigned_abs();
    let unit = |size: i64| size as u64;
    let days = ticks / unit(TICKS_PER_DAY);
    let (h, m) = (ticks % unit(TICKS_PER_DAY) / unit(TICKS_PER_HOUR), ticks % unit(TICKS_PER_HOUR) / unit(TICKS_PER_MINUTE));
    let rest = ticks % unit(TICKS_PER_MINUTE);
    let mut out = format!("{sign}P");
    if days > 0 {
        out.push_str(&format!("{days}D"));
    }
    if h + m + rest > 0 || days == 0 {
        out.push('T');
        if h > 0 {
            out.push_str(&format!("{h}H"));
        }
        if m > 0 {
            out.push_str(&format!("{m}M"));
        }
        let (s, fraction) = (rest / unit(TICKS_PER_SECOND), rest % unit(TICKS_PER_SECOND));
        if fraction > 0 {
            out.push_str(&format!("{s}.{}S", format!("{fraction:07}").trim_end_matches('0')));
        } else if s > 0 || h + m == 0 {
            out.push_str(&format!("{s}S"));
        }
    }
    out
}
