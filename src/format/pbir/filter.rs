//! Filters as JSON (`filterConfig`, a slicer's `general.filter`), and back.

use serde_json::{Map, Value};

use super::expression::{Aliases, aliased, field, literal, read_field, read_literal, text_literal};
use crate::format::json::{Json, Object, json};
use crate::report::{Comparison, Condition, DateUnit, Field, Filter, Literal, Relative};

/// A filter card; `id` is its name in files.
pub(super) fn write(filter: &Filter, id: String) -> Json<'_> {
    let mut json = Object::default();
    json.set("name", id);
    if let Some(name) = &filter.display_name {
        json.set("displayName", name);
    }
    json.set("field", field(&filter.field));
    json.set("type", kind(&filter.condition));
    if let Some(body) = body(&filter.field, &filter.condition) {
        json.set("filter", body);
    }
    json.set("howCreated", "User");
    if filter.is_hidden {
        json.set("isHiddenInViewMode", true);
    }
    if filter.is_locked {
        json.set("isLockedInViewMode", true);
    }
    json.extend(&filter.other);
    json.into()
}

fn kind(condition: &Condition) -> &str {
    match condition {
        Condition::All | Condition::In { .. } => "Categorical",
        Condition::Top { .. } => "TopN",
        Condition::Relative(_) => "RelativeDate",
        Condition::Raw(kind, _) => kind,
        _ => "Advanced",
    }
}

/// The `filter` of a card or of a slicer's selection; `None` keeps everything.
pub(super) fn body<'a>(subject: &'a Field, condition: &'a Condition) -> Option<Json<'a>> {
    let mut aliases = Aliases::default();
    match condition {
        Condition::All => None,
        Condition::Raw(_, value) => Some(value.into()),
        Condition::Top { count, is_bottom, by } => {
            let wanted = aliased(subject, &mut aliases);
            let outer = aliases.from();
            let order = json!({"Direction": if *is_bottom { 1 } else { 2 }, "Expression": aliased(by, &mut aliases)});
            let select = named(wanted.clone(), "field");
            let query = json!({"Version": 2, "From": aliases.from(), "Select": [select], "OrderBy": [order], "Top": *count});
            let mut from: Vec<Json<'a>> = vec![json!({"Name": "subquery", "Expression": {"Subquery": {"Query": query}}, "Type": 2})];
            from.extend(outer);
            let condition = json!({"In": {"Expressions": [wanted], "Table": {"SourceRef": {"Source": "subquery"}}}});
            Some(json!({"Version": 2, "From": from, "Where": [{"Condition": condition}]}))
        }
        _ => {
            let subject = aliased(subject, &mut aliases);
            let condition = predicate(&subject, condition);
            Some(json!({"Version": 2, "From": aliases.from(), "Where": [{"Condition": condition}]}))
        }
    }
}

/// An expression with a name.
fn named<'a>(expression: Json<'a>, name: &'a str) -> Json<'a> {
    match expression {
        Json::Object(mut object) => {
            object.set("Name", name);
            object.into()
        }
        Json::Given(mut value) => {
            value.to_mut()["Name"] = name.into();
            Json::Given(value)
        }
        other => other,
    }
}

fn compare<'a>(kind: u8, left: &Json<'a>, right: Json<'a>) -> Json<'a> {
    json!({"Comparison": {"ComparisonKind": kind, "Left": left.clone(), "Right": right}})
}

fn not(condition: Json<'_>) -> Json<'_> {
    json!({"Not": {"Expression": condition}})
}

/// The number of a comparison in files; `<>` is the opposite of `=`.
pub(super) fn comparison_code(comparison: Comparison) -> u8 {
    match comparison {
        Comparison::Equal | Comparison::NotEqual => 0,
        Comparison::Greater => 1,
        Comparison::GreaterOrEqual => 2,
        Comparison::Less => 3,
        Comparison::LessOrEqual => 4,
    }
}

/// The comparison of a number in files.
pub(super) fn comparison_of(code: u64) -> Option<Comparison> {
    Some(match code {
        0 => Comparison::Equal,
        1 => Comparison::Greater,
        2 => Comparison::GreaterOrEqual,
        3 => Comparison::Less,
        4 => Comparison::LessOrEqual,
        _ => return None,
    })
}

fn predicate<'a>(subject: &Json<'a>, condition: &'a Condition) -> Json<'a> {
    match condition {
        Condition::All => not(compare(0, subject, json!({"Literal": {"Value": "null"}}))),
        Condition::In { values, excludes } => {
            let rows: Vec<Json<'a>> = values.iter().map(|value| json!([literal(value)])).collect();
            let list = json!({"In": {"Expressions": [subject.clone()], "Values": rows}});
            if *excludes { not(list) } else { list }
        }
        Condition::Compare(Comparison::NotEqual, value) => not(compare(0, subject, literal(value))),
        Condition::Compare(comparison, value) => compare(comparison_code(*comparison), subject, literal(value)),
        Condition::Between(from, to) => {
            json!({"And": {"Left": compare(2, subject, literal(from)), "Right": compare(4, subject, literal(to))}})
        }
        Condition::Contains(text) => json!({"Contains": {"Left": subject.clone(), "Right": text_literal(text)}}),
        Condition::StartsWith(text) => json!({"StartsWith": {"Left": subject.clone(), "Right": text_literal(text)}}),
        Condition::IsBlank => compare(0, subject, literal(&Literal::Null)),
        Condition::IsNotBlank => not(compare(0, subject, literal(&Literal::Null))),
        Condition::And(left, right) => json!({"And": {"Left": predicate(subject, left), "Right": predicate(subject, right)}}),
        Condition::Or(left, right) => json!({"Or": {"Left": predicate(subject, left), "Right": predicate(subject, right)}}),
        Condition::Not(inner) => not(predicate(subject, inner)),
        Condition::Relative(relative) => between_dates(subject, *relative),
        Condition::Top { .. } => json!({}),
        Condition::Raw(_, value) => value.into(),
    }
}

fn unit_code(unit: DateUnit) -> u8 {
    match unit {
        DateUnit::Day => 0,
        DateUnit::Week => 1,
        DateUnit::Month => 2,
        DateUnit::Year => 3,
    }
}

/// Days around the viewer's today, as Power BI Desktop writes "in the last n months" and "in the next n months".
fn between_dates<'a>(subject: &Json<'a>, relative: Relative) -> Json<'a> {
    let now: Json<'a> = json!({"Now": {}});
    let add = |to: Json<'a>, amount: i64, unit: u8| json!({"DateAdd": {"Expression": to, "Amount": amount, "TimeUnit": unit}});
    let span = |expression: Json<'a>, unit: u8| json!({"DateSpan": {"Expression": expression, "TimeUnit": unit}});
    let unit = unit_code(relative.unit);
    let shift = if relative.includes_today { 0 } else { relative.amount.signum() };
    let near = if shift == 0 { now.clone() } else { add(now.clone(), shift, 0) };
    let (low, high) = match relative.amount {
        0 => (span(now.clone(), unit), span(now, unit)),
        amount if amount < 0 => {
            let start = if relative.includes_today { add(now, 1, 0) } else { now };
            (span(add(start, amount, unit), 0), span(near, 0))
        }
        amount => {
            let end = if relative.includes_today { add(now, -1, 0) } else { now };
            (span(near, 0), span(add(end, amount, unit), 0))
        }
    };
    json!({"Between": {"Expression": subject.clone(), "LowerBound": low, "UpperBound": high}})
}

/// A filter card from JSON.
pub(super) fn read(json: &Value) -> Option<Filter> {
    let map = json.as_object()?;
    let text = |key: &str| map.get(key).and_then(Value::as_str).map(str::to_owned);
    let flag = |key: &str| map.get(key).and_then(Value::as_bool).unwrap_or(false);
    let kind = text("type").unwrap_or_default();
    let condition = match map.get("filter") {
        None => Condition::All,
        Some(filter) => read_body(filter, &kind).unwrap_or_else(|| Condition::Raw(kind.clone(), filter.clone())),
    };
    let known = ["name", "displayName", "field", "type", "filter", "howCreated", "isHiddenInViewMode", "isLockedInViewMode"];
    let mut other: Map<String, Value> =
        map.iter().filter(|(key, _)| !known.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect();
    if let Some(created) = text("howCreated").filter(|created| created != "User") {
        other.insert("howCreated".into(), created.into());
    }
    Some(Filter {
        id: text("name"),
        field: map.get("field").map_or(Field::Raw(Value::Null), |value| read_field(value, &|_| None)),
        condition,
        is_hidden: flag("isHiddenInViewMode"),
        is_locked: flag("isLockedInViewMode"),
        display_name: text("displayName"),
        other,
        span: None,
    })
}

/// A condition from the `filter` of a card of that type.
pub(super) fn read_body(filter: &Value, kind: &str) -> Option<Condition> {
    let from = filter.get("From")?.as_array()?;
    let table = |alias: &str| from.iter().find(|f| f["Name"] == alias).and_then(|f| f.get("Entity")?.as_str().map(str::to_owned));
    if kind == "TopN" {
        let query = from.iter().find_map(|f| f.get("Expression")?.get("Subquery")?.get("Query"))?;
        let inner = query.get("From")?.as_array()?;
        let table = |alias: &str| inner.iter().find(|f| f["Name"] == alias).and_then(|f| f.get("Entity")?.as_str().map(str::to_owned));
        let order = query.get("OrderBy")?.get(0)?;
        return Some(Condition::Top {
            count: u32::try_from(query.get("Top")?.as_u64()?).ok()?,
            is_bottom: order.get("Direction")?.as_u64()? == 1,
            by: read_field(order.get("Expression")?, &table),
        });
    }
    let mut conditions = filter.get("Where")?.as_array()?.iter().map(|clause| read_predicate(clause.get("Condition")?));
    let first = conditions.next()??;
    conditions
        .try_fold(first, |all, next| Some(Condition::And(Box::new(all), Box::new(next?))))
        .filter(|_| is_about_one_field(filter, &table))
}

/// Whether a filter's conditions all speak of the same field, as our conditions do.
fn is_about_one_field(filter: &Value, table: &dyn Fn(&str) -> Option<String>) -> bool {
    fn collect(value: &Value, found: &mut Vec<Value>) {
        match value {
            Value::Object(map) => {
                for (key, inner) in map {
                    if matches!(key.as_str(), "Column" | "Measure" | "Aggregation" | "HierarchyLevel") {
                        found.push(Map::from_iter([(key.clone(), inner.clone())]).into());
                    } else {
                        collect(inner, found);
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(&filter["Where"], &mut found);
    let fields: Vec<Field> = found.iter().map(|value| read_field(value, table)).collect();
    fields.windows(2).all(|pair| pair[0] == pair[1])
}

fn read_predicate(json: &Value) -> Option<Condition> {
    let (operator, body) = json.as_object()?.iter().next()?;
    let both = || Some((Box::new(read_predicate(body.get("Left")?)?), Box::new(read_predicate(body.get("Right")?)?)));
    Some(match operator.as_str() {
        "In" => {
            let rows = body.get("Values")?.as_array()?;
            let values =
                rows.iter().map(|row| read_literal(row.as_array().filter(|r| r.len() == 1)?.first()?)).collect::<Option<Vec<_>>>()?;
            Condition::In { values, excludes: false }
        }
        "Not" => match read_predicate(body.get("Expression")?)? {
            Condition::In { values, excludes: false } => Condition::In { values, excludes: true },
            Condition::IsBlank => Condition::IsNotBlank,
            Condition::Compare(Comparison::Equal, value) => Condition::Compare(Comparison::NotEqual, value),
            inner => Condition::Not(Box::new(inner)),
        },
        "Comparison" => {
            let comparison = comparison_of(body.get("ComparisonKind")?.as_u64()?)?;
            match (comparison, read_literal(body.get("Right")?)?) {
                (Comparison::Equal, Literal::Null) => Condition::IsBlank,
                (comparison, value) => Condition::Compare(comparison, value),
            }
        }
        "And" => {
            let (left, right) = both()?;
            match (*left, *right) {
                (Condition::Compare(Comparison::GreaterOrEqual, from), Condition::Compare(Comparison::LessOrEqual, to)) => {
                    Condition::Between(from, to)
                }
                (left, right) => Condition::And(Box::new(left), Box::new(right)),
            }
        }
        "Or" => {
            let (left, right) = both()?;
            Condition::Or(left, right)
        }
        "Contains" | "StartsWith" => {
            let Literal::Text(text) = read_literal(body.get("Right")?)? else { return None };
            if operator == "Contains" { Condition::Contains(text) } else { Condition::StartsWith(text) }
        }
        "Between" => match (read_literal(body.get("LowerBound")?), read_literal(body.get("UpperBound")?)) {
            (Some(from), Some(to)) => Condition::Between(from, to),
            _ => Condition::Relative(read_relative(body)?),
        },
        _ => return None,
    })
}

/// The relative dates that [`between_dates`] writes: found by writing every candidate that fits the amount and unit there.
fn read_relative(body: &Value) -> Option<Relative> {
    fn amounts(value: &Value, found: &mut Vec<(i64, u64)>) {
        match value {
            Value::Object(map) => {
                if let (Some(amount), Some(unit)) = (map.get("Amount").and_then(Value::as_i64), map.get("TimeUnit").and_then(Value::as_u64))
                {
                    found.push((amount, unit));
                }
                map.values().for_each(|inner| amounts(inner, found));
            }
            Value::Array(items) => items.iter().for_each(|item| amounts(item, found)),
            _ => {}
        }
    }
    let mut found = vec![(0, body["LowerBound"]["DateSpan"]["TimeUnit"].as_u64()?)];
    amounts(body, &mut found);
    let subject = body.get("Expression")?;
    for (amount, unit) in found {
        let unit =
            [DateUnit::Day, DateUnit::Week, DateUnit::Month, DateUnit::Year].into_iter().find(|u| u64::from(unit_code(*u)) == unit)?;
        for includes_today in [true, false] {
            let relative = Relative { amount, unit, includes_today };
            if between_dates(&subject.into(), relative).to_value()["Between"] == *body {
                return Some(relative);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survives(condition: Condition) {
        let filter = Filter::new(Field::column("Contacts", "Name"), condition);
        let back = read(&write(&filter, "f1".to_owned()).to_value()).expect("a filter");
        assert_eq!(back.condition, filter.condition);
        assert_eq!(back.field, filter.field);
        assert_eq!(back.id.as_deref(), Some("f1"));
    }

    #[test]
    fn conditions_survive() {
        let text = |t: &str| Literal::Text(t.into());
        survives(Condition::All);
        survives(Condition::In { values: vec![text("a"), text("O'B")], excludes: false });
        survives(Condition::In { values: vec![Literal::Integer(1)], excludes: true });
        survives(Condition::IsBlank);
        survives(Condition::IsNotBlank);
        survives(Condition::Contains("x".into()));
        survives(Condition::StartsWith("x".into()));
        survives(Condition::Between(Literal::Integer(1), Literal::Integer(3)));
        for comparison in [
            Comparison::Equal,
            Comparison::NotEqual,
            Comparison::Greater,
            Comparison::GreaterOrEqual,
            Comparison::Less,
            Comparison::LessOrEqual,
        ] {
            survives(Condition::Compare(comparison, Literal::Number(0.5)));
        }
        survives(Condition::Or(Box::new(Condition::IsBlank), Box::new(Condition::Compare(Comparison::Greater, Literal::Integer(4)))));
        let by = Field::Aggregation { table: "Invoices".into(), column: "Amount".into(), function: crate::report::Aggregation::Sum };
        survives(Condition::Top { count: 10, is_bottom: false, by: by.clone() });
        survives(Condition::Top { count: 3, is_bottom: true, by });
        for unit in [DateUnit::Day, DateUnit::Week, DateUnit::Month, DateUnit::Year] {
            for (amount, includes_today) in [(-12, true), (-1, false), (3, true), (2, false), (0, true)] {
                survives(Condition::Relative(Relative { amount, unit, includes_today }));
            }
        }
    }

    #[test]
    fn what_is_not_understood_stays_as_it_is() {
        let json = serde_json::json!({"name": "f", "field": {"Column": {"Expression": {"SourceRef": {"Entity": "T"}}, "Property": "C"}}, "type": "Tuple",
            "filter": {"Version": 2, "From": [{"Name": "t", "Entity": "T", "Type": 0}], "Where": [{"Condition": {"Exists": {}}}]}, "howCreated": "User"});
        let filter = read(&json).expect("a filter");
        assert!(matches!(&filter.condition, Condition::Raw(kind, _) if kind == "Tuple"));
        assert_eq!(write(&filter, "f".to_owned()).to_value(), json);
    }
}
