//! The part of Xero's `where` language that clients use on list endpoints: comparisons joined by AND (or `&&`).

use serde_json::Value;

/// `field operator value`.
#[derive(Debug)]
pub(super) struct Condition {
    path: Vec<String>,
    operator: Operator,
    value: Operand,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug)]
enum Operand {
    Text(String),
    Number(f64),
    /// Milliseconds since 1970.
    Date(i64),
    Bool(bool),
    Null,
}

/// Milliseconds in `/Date(…)/`.
pub(super) fn wire_ms(text: &str) -> Option<i64> {
    let body = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let end = body.char_indices().skip(1).find(|(_, c)| *c == '+' || *c == '-').map_or(body.len(), |(i, _)| i);
    body[..end].parse().ok()
}

/// A key that sorts wire dates by time and other texts by their letters.
pub(super) fn sort_key(text: &str) -> (i64, String) {
    wire_ms(text).map_or_else(|| (0, text.to_lowercase()), |ms| (ms, String::new()))
}

/// Reads a filter.
///
/// # Errors
/// A text as Xero's QueryParseException gives it.
pub(super) fn parse_where(text: &str) -> Result<Vec<Condition>, String> {
    let mut conditions = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let field_end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '.' || c == '_'))
            .ok_or_else(|| format!("expected an operator after '{rest}'"))?;
        let (field, after) = rest.split_at(field_end);
        if field.is_empty() {
            return Err(format!("expected a field at '{rest}'"));
        }
        let after = after.trim_start();
        let (operator, after) = [
            ("==", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("<>", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
            ("=", Operator::Equal),
        ]
        .into_iter()
        .find_map(|(sign, operator)| after.strip_prefix(sign).map(|rest| (operator, rest)))
        .ok_or_else(|| format!("expected an operator at '{after}'"))?;
        let (value, after) = operand(after.trim_start())?;
        conditions.push(Condition { path: field.split('.').map(str::to_owned).collect(), operator, value });
        let after = after.trim_start();
        rest = if after.is_empty() {
            ""
        } else {
            let joined = after.strip_prefix("AND").or_else(|| after.strip_prefix("and")).or_else(|| after.strip_prefix("&&"));
            joined.ok_or_else(|| format!("only AND is supported here, found '{after}'"))?.trim_start()
        };
    }
    Ok(conditions)
}

fn operand(text: &str) -> Result<(Operand, &str), String> {
    if let Some(body) = text.strip_prefix('"') {
        let end = body.find('"').ok_or("unterminated text")?;
        return Ok((Operand::Text(body[..end].to_owned()), &body[end + 1..]));
    }
    for (call, guid) in [("DateTime(", false), ("GUID(", true), ("Guid(", true)] {
        if let Some(body) = text.strip_prefix(call) {
            let end = body.find(')').ok_or("expected )")?;
            let inner = body[..end].trim();
            let rest = &body[end + 1..];
            if guid {
                return Ok((Operand::Text(inner.trim_matches('"').to_owned()), rest));
            }
            let parts: Vec<i64> =
                inner.split(',').map(|p| p.trim().parse().map_err(|_| format!("not a date: {inner}"))).collect::<Result<_, _>>()?;
            let [year, month, day, ..] = parts[..] else { return Err(format!("not a date: {inner}")) };
            let date = jiff::civil::Date::new(year as i16, month as i8, day as i8).map_err(|error| error.to_string())?;
            let ms = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|error| error.to_string())?.timestamp().as_millisecond();
            return Ok((Operand::Date(ms), rest));
        }
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let value = match word {
        "true" => Operand::Bool(true),
        "false" => Operand::Bool(false),
        "null" => Operand::Null,
        number => Operand::Number(number.parse().map_err(|_| format!("unexpected '{number}'"))?),
    };
    Ok((value, rest))
}

impl Condition {
    pub(super) fn holds(&self, record: &Value) -> bool {
        use std::cmp::Ordering;
        let mut found = record;
        for key in &self.path {
            found = &found[key.as_str()];
        }
        let number = |v: &Value| v.as_f64().or_else(|| v.as_str().and_then(|s| s.parse().ok()));
        let ordering = match &self.value {
            Operand::Text(text) => found.as_str().map(|s| if s.eq_ignore_ascii_case(text) { Ordering::Equal } else { s.cmp(text) }),
            Operand::Number(n) => number(found).and_then(|v| v.partial_cmp(n)),
            Operand::Date(ms) => found.as_str().and_then(wire_ms).map(|v| v.cmp(ms)),
            Operand::Bool(b) => found.as_bool().map(|v| v.cmp(b)),
            Operand::Null => Some(if found.is_null() { Ordering::Equal } else { Ordering::Greater }),
        };
        match (self.operator, ordering) {
            (Operator::NotEqual, None) => true,
            (_, None) => false,
            (Operator::Equal, Some(o)) => o == Ordering::Equal,
            (Operator::NotEqual, Some(o)) => o != Ordering::Equal,
            (Operator::Less, Some(o)) => o == Ordering::Less,
            (Operator::LessOrEqual, Some(o)) => o != Ordering::Greater,
            (Operator::Greater, Some(o)) => o == Ordering::Greater,
            (Operator::GreaterOrEqual, Some(o)) => o != Ordering::Less,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn comparisons_are_joined_by_and() {
        let record = json!({"Date": "/Date(1719705600000+0000)/", "Status": "AUTHORISED", "AmountDue": 5.5, "Contact": {"ContactID": "x"}});
        let holds = |text: &str| parse_where(text).unwrap().iter().all(|c| c.holds(&record));
        assert!(holds("Date>=DateTime(2024,06,30) AND Date<DateTime(2024,07,01)"));
        assert!(holds(r#"Status=="AUTHORISED" && AmountDue > 5"#));
        assert!(holds(r#"Contact.ContactID==GUID("X")"#));
        assert!(!holds("Date<DateTime(2024,06,30)"));
        assert!(parse_where("Date OR 1").is_err());
    }
}
