//! Values as text for others: canonical JSON for tools, M source for people.

use std::fmt::Write;

use base64::Engine;

use super::error::{Error, Result};
use super::eval::Interp;
use super::value::{Slot, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, Value, civil_from_day, quote};

/// The canonical JSON of a value, everything inside evaluated: numbers `{"n":"1.5"}`, dates `{"date":"2024-01-31"}`, records
/// `{"record":[["a",v]]}`, tables `{"table":{"columns":[…],"rows":[[…]]}}`, failing cells `{"error":{"reason","message"}}`.
///
/// # Errors
/// What lies outside any cell: a table whose rows cannot be produced; time or memory used up; something not implemented.
pub fn to_json(cx: &mut Interp, value: &Value) -> Result<String> {
    let mut out = String::new();
    json(cx, value, &mut out)?;
    Ok(out)
}

/// A JSON string.
pub fn json_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// `{"reason":…,"message":…}`.
pub fn error_json(error: &Error, out: &mut String) {
    out.push_str("{\"reason\":");
    json_string(error.reason(), out);
    out.push_str(",\"message\":");
    json_string(error.message(), out);
    out.push('}');
}

fn cell(cx: &mut Interp, slot: &Slot, out: &mut String) -> Result<()> {
    let start = out.len();
    let outcome = slot.force(cx).and_then(|value| cx.nested(|cx| json(cx, &value, out)));
    match outcome {
        Err(error) if error.is_catchable() => {
            out.truncate(start);
            out.push_str("{\"error\":");
            error_json(&error, out);
            out.push('}');
            Ok(())
        }
        other => other,
    }
}

fn json(cx: &mut Interp, value: &Value, out: &mut String) -> Result<()> {
    cx.tick()?;
    match value.bare() {
        Value::Null => out.push_str("null"),
        Value::Logical(b) => out.push_str(if *b { "true" } else { "false" }),
        number @ (Value::Int(_) | Value::Double(_) | Value::Decimal(_)) => {
            let _ = write!(out, "{{\"n\":\"{}\"}}", number.number_text());
        }
        Value::Text(text) => json_string(text, out),
        Value::Date(day) => {
            let _ = write!(out, "{{\"date\":\"{}\"}}", date_text(*day));
        }
        Value::Time(ticks) => {
            let _ = write!(out, "{{\"time\":\"{}\"}}", time_text(*ticks));
        }
        Value::DateTime(ticks) => {
            let _ = write!(out, "{{\"datetime\":\"{}\"}}", datetime_text(*ticks));
        }
        Value::DateTimeZone { local, offset } => {
            let _ = write!(out, "{{\"datetimezone\":\"{}{}\"}}", datetime_text(*local), offset_text(*offset));
        }
        Value::Duration(ticks) => {
            let _ = write!(out, "{{\"duration\":\"{ticks}\"}}");
        }
        Value::Binary(binary) => {
            let bytes = binary.bytes(cx)?;
            let _ = write!(out, "{{\"binary\":\"{}\"}}", base64::engine::general_purpose::STANDARD.encode(&*bytes));
        }
        Value::List(list) => {
            out.push('[');
            let mut cursor = list.open(cx)?;
            let mut first = true;
            while let Some(slot) = cursor.next(cx)? {
                if !std::mem::take(&mut first) {
                    out.push(',');
                }
                cell(cx, &slot, out)?;
            }
            out.push(']');
        }
        Value::Record(record) => {
            out.push_str("{\"record\":[");
            for (at, (name, slot)) in record.fields().enumerate() {
                out.push_str(if at > 0 { ",[" } else { "[" });
                json_string(name, out);
                out.push(',');
                cell(cx, slot, out)?;
                out.push(']');
            }
            out.push_str("]}");
        }
        Value::Table(table) => {
            out.push_str("{\"table\":{\"columns\":[");
            for (at, name) in table.column_names().iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                json_string(name, out);
            }
            out.push_str("],\"rows\":[");
            let mut cursor = table.open(cx)?;
            let mut first = true;
            while let Some(row) = cursor.next(cx)? {
                cx.tick()?;
                out.push_str(if std::mem::take(&mut first) { "[" } else { ",[" });
                for (at, slot) in row.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    cell(cx, slot, out)?;
                }
                out.push(']');
            }
            out.push_str("]}}");
        }
        Value::Function(function) => {
            out.push_str("{\"function\":");
            let name = match function.as_builtin() {
                Some(builtin) => builtin.name.to_owned(),
                None => function.ty().to_source(),
            };
            json_string(&name, out);
            out.push('}');
        }
        Value::Type(ty) => {
            out.push_str("{\"type\":");
            json_string(&ty.to_source(), out);
            out.push('}');
        }
        Value::Tagged(_) => unreachable!("`bare` removes the wrapper"),
    }
    Ok(())
}

/// `2024-01-31`.
pub fn date_text(day: i32) -> String {
    let (y, m, d) = civil_from_day(day);
    format!("{y:04}-{m:02}-{d:02}")
}

/// `12:23:00`, with up to 7 digits of a second.
pub fn time_text(ticks: i64) -> String {
    let (h, m, s) = (ticks / TICKS_PER_HOUR, ticks / TICKS_PER_MINUTE % 60, ticks / TICKS_PER_SECOND % 60);
    let fraction = ticks % TICKS_PER_SECOND;
    let mut out = format!("{h:02}:{m:02}:{s:02}");
    if fraction != 0 {
        out.push('.');
        out.push_str(format!("{fraction:07}").trim_end_matches('0'));
    }
    out
}

/// `2024-01-31T12:23:00`.
pub fn datetime_text(ticks: i64) -> String {
    format!("{}T{}", date_text(ticks.div_euclid(TICKS_PER_DAY) as i32), time_text(ticks.rem_euclid(TICKS_PER_DAY)))
}

/// `+01:00`.
pub fn offset_text(minutes: i16) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

/// M source of a value as far as there is one; lists and tables longer than `most` items are cut short with `…`.
///
/// # Errors
/// As [`to_json`]; a failing cell is shown as `error "…"`.
pub fn to_source(cx: &mut Interp, value: &Value, most: usize) -> Result<String> {
    let mut out = String::new();
    source(cx, value, most, &mut out)?;
    Ok(out)
}

fn source_cell(cx: &mut Interp, slot: &Slot, most: usize, out: &mut String) -> Result<()> {
    match slot.force(cx) {
        Ok(value) => cx.nested(|cx| source(cx, &value, most, out)),
        Err(error) if error.is_catchable() => {
            let _ = write!(out, "error {}", quote(error.message()));
            Ok(())
        }
        Err(error) => Err(error),
    }
}

fn source(cx: &mut Interp, value: &Value, most: usize, out: &mut String) -> Result<()> {
    if let Some(text) = value.describe_scalar() {
        out.push_str(&text);
        return Ok(());
    }
    match value.bare() {
        Value::Binary(binary) => {
            let bytes = binary.bytes(cx)?;
            let _ = write!(out, "#binary(\"{}\")", base64::engine::general_purpose::STANDARD.encode(&*bytes));
        }
        Value::List(list) => {
            out.push('{');
            let mut cursor = list.open(cx)?;
            let mut count = 0;
            while let Some(slot) = cursor.next(cx)? {
                if count > 0 {
                    out.push_str(", ");
                }
                if count == most {
                    out.push('…');
                    break;
                }
                count += 1;
                source_cell(cx, &slot, most, out)?;
            }
            out.push('}');
        }
        Value::Record(record) => {
            out.push('[');
            for (at, (name, slot)) in record.fields().enumerate() {
                let _ = write!(out, "{}{} = ", if at > 0 { ", " } else { "" }, super::syntax::field_name(name));
                source_cell(cx, slot, most, out)?;
            }
            out.push(']');
        }
        Value::Table(table) => {
            let _ = write!(out, "#table({}, {{", table.ty().to_source());
            let mut cursor = table.open(cx)?;
            let mut count = 0;
            while let Some(row) = cursor.next(cx)? {
                if count > 0 {
                    out.push_str(", ");
                }
                if count == most {
                    out.push('…');
                    break;
                }
                count += 1;
                out.push('{');
                for (at, slot) in row.iter().enumerate() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    source_cell(cx, slot, most, out)?;
                }
                out.push('}');
            }
            out.push_str("})");
        }
        Value::Function(function) => match function.as_builtin() {
            Some(builtin) => out.push_str(builtin.name),
            None => {
                let _ = write!(out, "<{}>", function.ty().to_source());
            }
        },
        Value::Type(ty) => out.push_str(&ty.to_source()),
        _ => {}
    }
    Ok(())
}
