//! Formatting properties and selectors as JSON, and back.

use serde_json::Value;

use super::expression::{field, literal, read_field, read_literal, text_literal};
use super::filter;
use crate::format::json::{Json, Object, json};
use crate::report::{Color, Condition, Field, FormatObject, Gradient, Literal, Paragraph, Property, Rule, Selector, Stop, TextRun};

/// Names of pages in files.
pub(super) type PageIds<'a> = &'a dyn Fn(&str) -> String;

/// `objects` or `visualContainerObjects`: entries grouped by object, in order of first use.
pub(super) fn objects<'a>(list: &'a [FormatObject], pages: PageIds) -> Object<'a> {
    let mut map = Object::default();
    for object in list {
        let properties: Object<'a> = object.properties.iter().map(|(name, value)| (name, property(value, pages))).collect();
        let mut entry = Object::default();
        entry.set("properties", properties);
        if let Some(selector) = selector(&object.selector) {
            entry.set("selector", selector);
        }
        if let Json::List(entries) = map.entry(&object.name, || json!([])) {
            entries.push(entry.into());
        }
    }
    map
}

fn selector(selector: &Selector) -> Option<Json<'_>> {
    match selector {
        Selector::All => None,
        Selector::Id(id) => Some(json!({"id": id})),
        Selector::Field(name) => Some(json!({"metadata": name})),
        Selector::Each { matching, field } => {
            let mut json = Object::default();
            json.set("data", json!([{"dataViewWildcard": {"matchingOption": *matching}}]));
            if let Some(field) = field {
                json.set("metadata", field);
            }
            Some(json.into())
        }
        Selector::Raw(value) => Some(value.into()),
    }
}

fn expr(value: Json<'_>) -> Json<'_> {
    json!({"expr": value})
}

fn text<'a>(text: &str) -> Json<'a> {
    expr(text_literal(text))
}

fn property<'a>(value: &'a Property, pages: PageIds) -> Json<'a> {
    match value {
        Property::Bool(flag) => expr(literal(&Literal::Bool(*flag))),
        Property::Integer(number) => expr(literal(&Literal::Integer(*number))),
        Property::Number(number) => expr(literal(&Literal::Number(*number))),
        Property::Text(words) => text(words),
        Property::Field(of) => expr(field(of)),
        Property::Color(shade) => json!({"solid": {"color": expr(color(shade))}}),
        Property::Page(name) => text(&pages(name)),
        Property::Bookmark(id) => text(id),
        Property::Resource(name) => {
            let item = json!({"ResourcePackageItem": {"PackageName": "RegisteredResources", "PackageType": 1, "ItemName": name}});
            json!({"image": {"name": text(name), "url": expr(item), "scaling": text("Fit")}})
        }
        Property::Paragraphs(paragraphs) => paragraphs.iter().map(paragraph).collect(),
        Property::Selection(subject, condition) => match filter::body(subject, condition) {
            Some(body) => json!({"filter": body}),
            None => json!({}),
        },
        Property::Raw(value) => value.into(),
    }
}

fn color(color: &Color) -> Json<'_> {
    match color {
        Color::Hex(code) => text_literal(code),
        Color::Theme { id, percent } => json!({"ThemeDataColor": {"ColorId": *id, "Percent": number(*percent)}}),
        Color::Field(of) => field(of),
        Color::Gradient(gradient) => {
            let stop = |stop: &Stop| {
                let mut json = Object::default();
                json.set("color", text_literal(&stop.color));
                if let Some(value) = stop.value {
                    json.set("value", literal(&Literal::Number(value)));
                }
                json
            };
            let mut stops = Object::default();
            stops.set("min", stop(&gradient.min));
            if let Some(mid) = &gradient.mid {
                stops.set("mid", stop(mid));
            }
            stops.set("max", stop(&gradient.max));
            stops.set("nullColoringStrategy", json!({"strategy": text_literal("noColor")}));
            let kind = if gradient.mid.is_some() { "linearGradient3" } else { "linearGradient2" };
            json!({"FillRule": {"Input": field(&gradient.by), "FillRule": {kind: stops}}})
        }
        Color::Rules(rules) => {
            let cases: Json<'_> = rules.iter().map(rule).collect();
            json!({"Conditional": {"Cases": cases}})
        }
    }
}

fn rule(rule: &Rule) -> Json<'_> {
    let compare = json!({"Comparison": {
        "ComparisonKind": filter::comparison_code(rule.comparison),
        "Left": {"SelectRef": {"ExpressionName": rule.field.query_ref()}},
        "Right": literal(&rule.value),
    }});
    let condition = if rule.comparison == crate::report::Comparison::NotEqual { json!({"Not": {"Expression": compare}}) } else { compare };
    json!({"Condition": condition, "Value": text_literal(&rule.color)})
}

/// A number without `.0` where it is whole, as Power BI Desktop writes positions.
pub(super) fn number<'a>(number: f64) -> Json<'a> {
    if number.fract() == 0.0 && number.abs() < 9e15 { (number as i64).into() } else { number.into() }
}

fn paragraph(paragraph: &Paragraph) -> Json<'_> {
    let runs = paragraph.runs.iter().map(|run| {
        let mut json = Object::default();
        json.set("value", &run.text);
        if let Some(url) = &run.url {
            json.set("url", url);
        }
        if !run.style.is_empty() {
            json.set("textStyle", run.style.iter().collect::<Object<'_>>());
        }
        Json::from(json)
    });
    let mut json = Object::default();
    json.set("textRuns", runs.collect::<Json<'_>>());
    if let Some(alignment) = &paragraph.alignment {
        json.set("horizontalTextAlignment", alignment);
    }
    json.into()
}

/// Formatting objects from JSON. `page` gives a page's name for its identifier, `fields` a visual's field for its `queryRef`.
pub(super) fn read_objects(
    json: Option<&Value>,
    page: &dyn Fn(&str) -> Option<String>,
    fields: &dyn Fn(&str) -> Option<Field>,
) -> Vec<FormatObject> {
    let Some(map) = json.and_then(Value::as_object) else { return Vec::new() };
    let mut list = Vec::new();
    for (name, entries) in map {
        for entry in entries.as_array().map_or(&[] as &[Value], Vec::as_slice) {
            let properties = entry.get("properties").and_then(Value::as_object);
            let properties =
                properties.into_iter().flatten().map(|(key, value)| (key.clone(), read_property(key, value, page, fields))).collect();
            list.push(FormatObject { name: name.clone(), selector: read_selector(entry.get("selector")), properties });
        }
    }
    list
}

fn read_selector(json: Option<&Value>) -> Selector {
    let Some(json) = json else { return Selector::All };
    let understood = || {
        let map = json.as_object()?;
        let field = map.get("metadata").and_then(Value::as_str).map(str::to_owned);
        match (map.get("id"), map.get("data"), map.len()) {
            (Some(id), None, 1) => Some(Selector::Id(id.as_str()?.to_owned())),
            (None, None, 1) => field.map(Selector::Field),
            (None, Some(data), count) if count == 1 + usize::from(field.is_some()) => {
                let [one] = data.as_array()?.as_slice() else { return None };
                let matching = one.get("dataViewWildcard")?.get("matchingOption")?.as_u64()?;
                Some(Selector::Each { matching: u8::try_from(matching).ok()?, field })
            }
            _ => None,
        }
    };
    understood().unwrap_or_else(|| Selector::Raw(json.clone()))
}

fn read_property(name: &str, json: &Value, page: &dyn Fn(&str) -> Option<String>, fields: &dyn Fn(&str) -> Option<Field>) -> Property {
    let understood = || {
        if let Some(paragraphs) = json.as_array() {
            return paragraphs.iter().map(read_paragraph).collect::<Option<Vec<_>>>().map(Property::Paragraphs);
        }
        if let Some(expr) = json.get("expr") {
            if let Some(constant) = read_literal(expr) {
                return match constant {
                    Literal::Bool(flag) => Some(Property::Bool(flag)),
                    Literal::Integer(number) => Some(Property::Integer(number)),
                    Literal::Number(number) => Some(Property::Number(number)),
                    Literal::Text(text) => Some(match name {
                        "navigationSection" | "drillthroughSection" | "section" => Property::Page(page(&text).unwrap_or(text)),
                        "bookmark" => Property::Bookmark(text),
                        _ => Property::Text(text),
                    }),
                    Literal::Decimal(_) | Literal::Date(_) | Literal::Null => None,
                };
            }
            return match read_field(expr, &|_| None) {
                Field::Raw(_) => None,
                field => Some(Property::Field(field)),
            };
        }
        if let Some(color) = json.get("solid").and_then(|solid| solid.get("color")?.get("expr")) {
            return read_color(color, fields).map(Property::Color);
        }
        if let Some(item) =
            json.get("image").and_then(|image| image.get("url")?.get("expr")?.get("ResourcePackageItem")?.get("ItemName")?.as_str())
        {
            return Some(Property::Resource(item.to_owned()));
        }
        if let Some(filter) = json.get("filter") {
            let subject = first_field(filter)?;
            let condition = filter::read_body(filter, "").unwrap_or_else(|| Condition::Raw(String::new(), filter.clone()));
            return Some(Property::Selection(subject, condition));
        }
        None
    };
    understood().unwrap_or_else(|| Property::Raw(json.clone()))
}

/// The field that a slicer's filter speaks of: the first of its conditions.
fn first_field(filter: &Value) -> Option<Field> {
    let from = filter.get("From")?.as_array()?;
    let table = |alias: &str| from.iter().find(|f| f["Name"] == alias).and_then(|f| f.get("Entity")?.as_str().map(str::to_owned));
    fn find(value: &Value, table: &dyn Fn(&str) -> Option<String>) -> Option<Field> {
        match read_field(value, table) {
            Field::Raw(Value::Object(map)) => map.values().find_map(|inner| find(inner, table)),
            Field::Raw(Value::Array(items)) => items.iter().find_map(|inner| find(inner, table)),
            Field::Raw(_) => None,
            field => Some(field),
        }
    }
    find(filter.get("Where")?, &table)
}

fn read_color(json: &Value, fields: &dyn Fn(&str) -> Option<Field>) -> Option<Color> {
    if let Some(Literal::Text(code)) = read_literal(json) {
        return Some(Color::Hex(code));
    }
    if let Some(theme) = json.get("ThemeDataColor") {
        return Some(Color::Theme {
            id: theme.get("ColorId")?.as_i64()?,
            percent: theme.get("Percent").and_then(Value::as_f64).unwrap_or(0.0),
        });
    }
    if let Some(rule) = json.get("FillRule") {
        let by = match rule.get("Input")? {
            input if input.get("SelectRef").is_some() => fields(input["SelectRef"]["ExpressionName"].as_str()?)?,
            input => read_field(input, &|_| None),
        };
        let stops = rule.get("FillRule")?;
        let stop = |json: &Value| {
            let Some(Literal::Text(color)) = read_literal(json.get("color")?) else { return None };
            let value = match json.get("value").and_then(read_literal) {
                Some(Literal::Number(number)) => Some(number),
                Some(Literal::Integer(number)) => Some(number as f64),
                _ => None,
            };
            Some(Stop { color, value })
        };
        let (stops, mid) = match (stops.get("linearGradient2"), stops.get("linearGradient3")) {
            (Some(two), _) => (two, None),
            (None, Some(three)) => (three, Some(stop(three.get("mid")?)?)),
            _ => return None,
        };
        return Some(Color::Gradient(Box::new(Gradient { by, min: stop(stops.get("min")?)?, mid, max: stop(stops.get("max")?)? })));
    }
    if let Some(cases) = json.get("Conditional").and_then(|c| c.get("Cases")?.as_array()) {
        return cases.iter().map(|case| read_rule(case, fields)).collect::<Option<Vec<_>>>().map(Color::Rules);
    }
    match read_field(json, &|_| None) {
        Field::Raw(_) => None,
        field => Some(Color::Field(field)),
    }
}

fn read_rule(case: &Value, fields: &dyn Fn(&str) -> Option<Field>) -> Option<Rule> {
    let condition = case.get("Condition")?;
    let (negated, compare) = match condition.get("Not") {
        Some(not) => (true, not.get("Expression")?.get("Comparison")?),
        None => (false, condition.get("Comparison")?),
    };
    let comparison = match (filter::comparison_of(compare.get("ComparisonKind")?.as_u64()?)?, negated) {
        (crate::report::Comparison::Equal, true) => crate::report::Comparison::NotEqual,
        (comparison, false) => comparison,
        _ => return None,
    };
    let left = compare.get("Left")?;
    let field = match left.get("SelectRef") {
        Some(reference) => fields(reference.get("ExpressionName")?.as_str()?)?,
        None => read_field(left, &|_| None),
    };
    let Some(Literal::Text(color)) = read_literal(case.get("Value")?) else { return None };
    Some(Rule { field, comparison, value: read_literal(compare.get("Right")?)?, color })
}

fn read_paragraph(json: &Value) -> Option<Paragraph> {
    let runs = json.get("textRuns")?.as_array()?.iter().map(|run| {
        let style = run.get("textStyle").and_then(Value::as_object).into_iter().flatten();
        Some(TextRun {
            text: run.get("value")?.as_str()?.to_owned(),
            url: run.get("url").and_then(Value::as_str).map(str::to_owned),
            style: style.map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect::<Option<_>>()?,
        })
    });
    Some(Paragraph {
        runs: runs.collect::<Option<_>>()?,
        alignment: json.get("horizontalTextAlignment").and_then(Value::as_str).map(str::to_owned),
    })
}
