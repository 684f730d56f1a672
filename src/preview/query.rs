//! The DAX that a visual stands for: SUMMARIZECOLUMNS over its grouping fields with the filters of report, page, visual and selection.

use serde_json::Value as Json;

use crate::model::Model;
use crate::report::{Aggregation, Comparison, Condition, Field, Filter, Literal, Page, Report, Visual};

/// What somebody selected: values of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// As DAX writes it: `'Date'[Month]`.
    pub column: String,
    /// Values as the page shows them.
    pub values: Vec<Json>,
}

/// A key for pre-computed answers; the page makes the same one.
pub fn key(selections: &[Selection]) -> String {
    let mut parts: Vec<String> = selections.iter().map(|s| format!("{}={}", s.column, Json::from(s.values.clone()))).collect();
    parts.sort();
    parts.join("&")
}

/// The queries of a visual.
#[derive(Clone, Debug, PartialEq)]
pub struct VisualQuery {
    /// One query, or for a matrix one per depth of its rows.
    pub levels: Vec<String>,
    /// Heading, role and reference of each column of the deepest level; formatted texts follow the values.
    pub columns: Vec<Json>,
    /// How many columns group.
    pub groups: usize,
    /// Most rows that are shown.
    pub limit: usize,
}

fn quote(name: &str) -> String {
    format!("'{}'", name.replace('\'', "''"))
}

fn bracket(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}

fn text(value: &str) -> String {
    format!("\"{}\"", value.replace('"', "\"\""))
}

/// A grouping field as DAX; `None` for measures and expressions that only Power BI understands.
pub fn notation(model: &Model, field: &Field) -> Option<String> {
    match field {
        Field::Column { table, column } => Some(format!("{}{}", quote(table), bracket(column))),
        Field::Level { table, hierarchy, level } => {
            let found = model.table(table)?.hierarchies.iter().find(|h| h.name == *hierarchy)?.levels.iter().find(|l| l.name == *level)?;
            Some(format!("{}{}", quote(table), bracket(&found.column)))
        }
        _ => None,
    }
}

/// A value field as DAX.
fn value(field: &Field) -> Option<String> {
    match field {
        Field::Measure { measure, .. } => Some(bracket(measure)),
        Field::Aggregation { table, column, function } => {
            let column = format!("{}{}", quote(table), bracket(column));
            let name = match function {
                Aggregation::Sum => "SUM",
                Aggregation::Average => "AVERAGE",
                Aggregation::DistinctCount => "DISTINCTCOUNT",
                Aggregation::Min => "MIN",
                Aggregation::Max => "MAX",
                Aggregation::Count => "COUNTA",
                Aggregation::Median => "MEDIAN",
                Aggregation::StandardDeviation => "STDEV.P",
                Aggregation::Variance => "VAR.P",
            };
            Some(format!("{name} ( {column} )"))
        }
        _ => None,
    }
}

/// DAX of the text that a value shows: the visual's own format, the measure's dynamic or static one, the column's.
fn formatted(model: &Model, field: &Field, own: Option<&str>) -> String {
    let value = value(field).unwrap_or_default();
    let format = match own {
        Some(format) => text(format),
        None => match field {
            Field::Measure { measure, .. } => match model.measure(measure) {
                Some((_, m)) => match (&m.format_string_definition, &m.format_string) {
                    (Some(dax), _) => format!("( {} )", dax.text.trim()),
                    (None, Some(format)) => text(format),
                    (None, None) => text("General Number"),
                },
                None => text("General Number"),
            },
            Field::Aggregation { table, column, .. } => {
                let format = model.table(table).and_then(|t| t.column(column)).and_then(|c| c.format_string.clone());
                text(format.as_deref().unwrap_or("#,0.##"))
            }
            _ => text("General Number"),
        },
    };
    // A text that is no number keeps itself; a blank stays blank, so that it does not keep its row alive.
    format!("VAR shown = {value} RETURN IF ( NOT ISBLANK ( shown ), IF ( ISTEXT ( shown ), shown & \"\", FORMAT ( shown, {format} ) ) )")
}

fn literal(value: &Literal) -> String {
    match value {
        Literal::Text(s) => text(s),
        Literal::Integer(n) => n.to_string(),
        Literal::Number(x) => format!("{x}"),
        Literal::Decimal(s) => s.clone(),
        Literal::Bool(b) => if *b { "TRUE ()" } else { "FALSE ()" }.to_owned(),
        Literal::Date(iso) => date(iso),
        Literal::Null => "BLANK ()".to_owned(),
    }
}

fn date(iso: &str) -> String {
    match iso.get(..10).and_then(|d| d.parse::<crate::base::Date>().ok()) {
        Some(day) => {
            let (y, m, d) = day.ymd();
            format!("DATE ( {y}, {m}, {d} )")
        }
        None => text(iso),
    }
}

/// A condition over an expression; `None` where only Power BI can tell.
fn condition(of: &str, condition: &Condition) -> Option<String> {
    Some(match condition {
        Condition::All => return None,
        Condition::In { values, excludes } => {
            let list: Vec<String> = values.iter().map(literal).collect();
            let holds = format!("{of} IN {{ {} }}", list.join(", "));
            if *excludes { format!("NOT ( {holds} )") } else { holds }
        }
        Condition::Compare(comparison, value) => {
            let sign = match comparison {
                Comparison::Equal => "=",
                Comparison::NotEqual => "<>",
                Comparison::Greater => ">",
                Comparison::GreaterOrEqual => ">=",
                Comparison::Less => "<",
                Comparison::LessOrEqual => "<=",
            };
            format!("{of} {sign} {}", literal(value))
        }
        Condition::Between(low, high) => format!("{of} >= {} && {of} <= {}", literal(low), literal(high)),
        Condition::Contains(part) => format!("SEARCH ( {}, {of}, 1, 0 ) > 0", text(part)),
        Condition::StartsWith(part) => format!("SEARCH ( {}, {of}, 1, 0 ) = 1", text(part)),
        Condition::IsBlank => format!("ISBLANK ( {of} )"),
        Condition::IsNotBlank => format!("NOT ISBLANK ( {of} )"),
        Condition::And(a, b) => format!("( {} ) && ( {} )", self::condition(of, a)?, self::condition(of, b)?),
        Condition::Or(a, b) => format!("( {} ) || ( {} )", self::condition(of, a)?, self::condition(of, b)?),
        Condition::Not(a) => format!("NOT ( {} )", self::condition(of, a)?),
        Condition::Top { .. } | Condition::Relative(_) | Condition::Raw(..) => return None,
    })
}

/// A filter on a column as a table argument; filters on measures are applied to the result.
fn filter(model: &Model, one: &Filter) -> Option<String> {
    let column = notation(model, &one.field)?;
    match &one.condition {
        Condition::In { values, excludes: false } => {
            let list: Vec<String> = values.iter().map(literal).collect();
            Some(format!("KEEPFILTERS ( TREATAS ( {{ {} }}, {column} ) )", list.join(", ")))
        }
        Condition::Top { count, is_bottom, by } => {
            let by = value(by)?;
            Some(format!("KEEPFILTERS ( TOPN ( {count}, ALLSELECTED ( {column} ), CALCULATE ( {by} ), {} ) )", if *is_bottom { "ASC" } else { "DESC" }))
        }
        other => Some(format!("KEEPFILTERS ( FILTER ( ALL ( {column} ), {} ) )", condition(&column, other)?)),
    }
}

fn selected(selection: &Selection) -> String {
    let list: Vec<String> = selection
        .values
        .iter()
        .map(|value| match value {
            Json::String(s) if s.len() == 10 && s.parse::<crate::base::Date>().is_ok() => date(s),
            Json::String(s) => text(s),
            Json::Bool(b) => if *b { "TRUE ()" } else { "FALSE ()" }.to_owned(),
            Json::Number(n) => n.to_string(),
            _ => "BLANK ()".to_owned(),
        })
        .collect();
    format!("KEEPFILTERS ( TREATAS ( {{ {} }}, {} ) )", list.join(", "), selection.column)
}

/// The filters that apply to a visual. A slicer is not filtered by its own selection.
fn filters(model: &Model, report: &Report, page: &Page, visual: &Visual, selections: &[Selection]) -> Vec<String> {
    let own = visual.fields().next().and_then(|(_, f)| notation(model, &f.field)).filter(|_| visual.type_name() == "slicer");
    let fixed = report.filters.iter().chain(&page.filters).chain(&visual.filters).filter_map(|one| filter(model, one));
    let chosen = selections.iter().filter(|s| own.as_deref() != Some(s.column.as_str())).map(selected);
    fixed.chain(chosen).collect()
}

/// A field as one value under the visual's filters, for dynamic titles.
pub fn scalar(model: &Model, report: &Report, page: &Page, visual: &Visual, field: &Field, selections: &[Selection]) -> Option<String> {
    let value = value(field)?;
    let filters = filters(model, report, page, visual, selections);
    Some(if filters.is_empty() { value } else { format!("CALCULATE ( {value}, {} )", filters.join(", ")) })
}

/// The queries of a visual; `None` for one that shows no data.
pub fn of(model: &Model, report: &Report, page: &Page, visual: &Visual, selections: &[Selection]) -> Option<VisualQuery> {
    let is_matrix = visual.type_name() == "pivotTable";
    let mut groups: Vec<(String, &str, String, String)> = Vec::new();
    let mut values: Vec<(&Field, Option<&str>, &str, String, String)> = Vec::new();
    for (role, projection) in visual.fields() {
        // A field in a tooltip does not change what the visual shows.
        if role == "Tooltips" {
            continue;
        }
        if let Some(column) = notation(model, &projection.field) {
            if !groups.iter().any(|(c, ..)| *c == column) {
                groups.push((column, role, projection.heading().to_owned(), projection.query_ref()));
            }
        } else if value(&projection.field).is_some() {
            values.push((&projection.field, projection.format.as_deref(), role, projection.heading().to_owned(), projection.query_ref()));
        }
    }
    if groups.is_empty() && values.is_empty() {
        return None;
    }
    let mut arguments = filters(model, report, page, visual, selections);
    let mut added = Vec::new();
    for (i, (field, own, ..)) in values.iter().enumerate() {
        added.push(format!("\"v{i}\", {}", value(field)?));
        added.push(format!("\"f{i}\", {}", formatted(model, field, *own)));
    }
    // Conditions on measures keep or drop whole groups.
    let having: Vec<String> = visual
        .filters
        .iter()
        .filter_map(|one| {
            let at = values.iter().position(|(field, ..)| **field == one.field)?;
            condition(&format!("[v{at}]"), &one.condition)
        })
        .collect();
    let wrap = |table: String| if having.is_empty() { table } else { format!("FILTER ( {table}, {} )", having.join(" && ")) };
    let order = |available: &[&str]| -> String {
        let mut keys: Vec<String> = visual
            .sort
            .iter()
            .filter_map(|sort| {
                let key = match notation(model, &sort.field) {
                    Some(column) => available.contains(&column.as_str()).then_some(column)?,
                    None => format!("[v{}]", values.iter().position(|(field, ..)| **field == sort.field)?),
                };
                Some(format!("{key} {}", if sort.descending { "DESC" } else { "ASC" }))
            })
            .collect();
        if keys.is_empty() {
            keys = available.iter().map(|column| format!("{column} ASC")).collect();
        }
        if keys.is_empty() { String::new() } else { format!("\nORDER BY {}", keys.join(", ")) }
    };
    let mut levels = Vec::new();
    if groups.is_empty() {
        let row = format!("ROW ( {} )", added.join(", "));
        levels.push(if arguments.is_empty() { format!("EVALUATE {row}") } else { format!("EVALUATE CALCULATETABLE ( {row}, {} )", arguments.join(", ")) });
    } else {
        // A column that is sorted by another one is grouped with it, as Power BI does.
        let rows: Vec<&(String, &str, String, String)> = groups.iter().filter(|(_, role, ..)| is_matrix && *role == "Rows").collect();
        let depths = if is_matrix && rows.len() > 1 { rows.len() } else { 1 };
        for depth in 1..=depths {
            let mut shown: Vec<&str> = Vec::new();
            let mut taken = 0;
            for (column, role, ..) in &groups {
                if is_matrix && *role == "Rows" {
                    taken += 1;
                    if depths > 1 && taken > depth {
                        continue;
                    }
                }
                shown.push(column);
            }
            let hidden: Vec<String> = shown.iter().filter_map(|column| sort_column(model, column)).filter(|c| !shown.contains(&c.as_str())).collect();
            let mut all: Vec<String> = shown.iter().map(|c| (*c).to_owned()).collect();
            all.extend(hidden.iter().cloned());
            all.append(&mut arguments.clone());
            all.extend(added.iter().cloned());
            let mut body = wrap(format!("SUMMARIZECOLUMNS ( {} )", all.join(", ")));
            let mut by = order(&shown);
            for column in &shown {
                if let Some(sorter) = sort_column(model, column) {
                    by = by.replace(&format!("{column} "), &format!("{sorter} "));
                }
            }
            if !hidden.is_empty() {
                // The sorting columns come last, so that the page can ignore them.
                let keep: Vec<String> = shown.iter().map(|c| (*c).to_owned()).chain((0..values.len()).flat_map(|i| [format!("\"v{i}\", [v{i}]"), format!("\"f{i}\", [f{i}]")])).chain(hidden.iter().cloned()).collect();
                body = format!("SELECTCOLUMNS ( {body}, {} )", keep.join(", "));
            }
            levels.push(format!("EVALUATE {body}{by}"));
        }
    }
    arguments.clear();
    let mut columns: Vec<Json> =
        groups.iter().map(|(column, role, heading, reference)| serde_json::json!({"name": heading, "role": role, "ref": reference, "column": column})).collect();
    for (_, _, role, heading, reference) in &values {
        columns.push(serde_json::json!({"name": heading, "role": role, "ref": reference}));
    }
    Some(VisualQuery { levels, columns, groups: groups.len(), limit: if visual.type_name() == "tableEx" { 500 } else { 3_000 } })
}

/// The column that a column is sorted by.
fn sort_column(model: &Model, notation: &str) -> Option<String> {
    model.tables.iter().find_map(|table| {
        let prefix = quote(&table.name);
        let name = notation.strip_prefix(&prefix)?;
        let column = table.columns.iter().find(|c| bracket(&c.name) == name)?;
        column.sort_by.as_ref().map(|by| format!("{prefix}{}", bracket(by)))
    })
}
