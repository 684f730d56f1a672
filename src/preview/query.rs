//! The DAX that a visual stands for: SUMMARIZECOLUMNS over its grouping fields with the filters of report, page, visual and selection.

use serde_json::Value as Json;

use crate::model::{Column, Model, Table};
use crate::report::{
    Aggregation, Color, Comparison, Condition, DateUnit, Field, Filter, InteractionKind, Literal, Page, Property, Relative, Report,
    Selector, Visual,
};

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
    /// Totals: of a table in one row; of a matrix `columns` (each depth without the column fields), `rows` (by the column fields) and `all`.
    pub totals: Vec<(String, String)>,
    /// Conditional formats of the values; those with `at` have their colour in a column of their own behind the texts.
    pub styles: Vec<Json>,
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

fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
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
            format!("{of} {} {}", sign(*comparison), literal(value))
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

/// A filter on a column as a table argument; filters on measures are applied to the result. `others` are the filters that rank with a Top N.
fn filter(model: &Model, one: &Filter, others: &[String]) -> Option<String> {
    let column = notation(model, &one.field)?;
    match &one.condition {
        Condition::In { values, excludes: false } => {
            let list: Vec<String> = values.iter().map(literal).collect();
            Some(format!("KEEPFILTERS ( TREATAS ( {{ {} }}, {column} ) )", list.join(", ")))
        }
        Condition::Top { count, is_bottom, by } => {
            let by = value(by)?;
            let top = format!("TOPN ( {count}, VALUES ( {column} ), CALCULATE ( {by} ), {} )", if *is_bottom { "ASC" } else { "DESC" });
            let ranked = if others.is_empty() { top } else { format!("CALCULATETABLE ( {top}, {} )", others.join(", ")) };
            Some(format!("KEEPFILTERS ( {ranked} )"))
        }
        Condition::Relative(relative) => {
            let (from, to) = days(*relative);
            Some(format!("KEEPFILTERS ( FILTER ( ALL ( {column} ), {column} >= {from} && {column} < {to} ) )"))
        }
        other => Some(format!("KEEPFILTERS ( FILTER ( ALL ( {column} ), {} ) )", condition(&column, other)?)),
    }
}

/// First day of a relative period and the day after its last.
fn days(relative: Relative) -> (String, String) {
    let n = relative.amount.abs();
    let moved = |amount: i64| match relative.unit {
        DateUnit::Day => format!("TODAY () + {amount}"),
        DateUnit::Week => format!("TODAY () + {}", amount * 7),
        DateUnit::Month => format!("EDATE ( TODAY (), {amount} )"),
        DateUnit::Year => format!("EDATE ( TODAY (), {} )", amount * 12),
    };
    let after = |day: String, is_later: bool| if is_later { format!("{day} + 1") } else { day };
    match relative.amount {
        0 => match relative.unit {
            DateUnit::Day => ("TODAY ()".to_owned(), "TODAY () + 1".to_owned()),
            DateUnit::Week => ("TODAY () - WEEKDAY ( TODAY (), 2 ) + 1".to_owned(), "TODAY () - WEEKDAY ( TODAY (), 2 ) + 8".to_owned()),
            DateUnit::Month => ("EOMONTH ( TODAY (), -1 ) + 1".to_owned(), "EOMONTH ( TODAY (), 0 ) + 1".to_owned()),
            DateUnit::Year => ("DATE ( YEAR ( TODAY () ), 1, 1 )".to_owned(), "DATE ( YEAR ( TODAY () ) + 1, 1, 1 )".to_owned()),
        },
        amount if amount < 0 => (after(moved(-n), relative.includes_today), after("TODAY ()".to_owned(), relative.includes_today)),
        _ => (after("TODAY ()".to_owned(), !relative.includes_today), after(moved(n), !relative.includes_today)),
    }
}

fn constant(value: &Json) -> String {
    match value {
        Json::String(s) if s.len() == 10 && s.parse::<crate::base::Date>().is_ok() => date(s),
        Json::String(s) => text(s),
        Json::Bool(b) => if *b { "TRUE ()" } else { "FALSE ()" }.to_owned(),
        Json::Number(n) => n.to_string(),
        _ => "BLANK ()".to_owned(),
    }
}

/// A selection as a table argument; `{"from": …, "to": …}` is a range with both ends.
fn selected(selection: &Selection) -> String {
    let column = &selection.column;
    if let [Json::Object(range)] = selection.values.as_slice() {
        let bounds = [("from", ">="), ("to", "<=")];
        let tests: Vec<String> = bounds
            .iter()
            .filter_map(|(key, sign)| Some(format!("{column} {sign} {}", constant(range.get(*key).filter(|v| !v.is_null())?))))
            .collect();
        let test = if tests.is_empty() { "TRUE ()".to_owned() } else { tests.join(" && ") };
        return format!("KEEPFILTERS ( FILTER ( ALL ( {column} ), {test} ) )");
    }
    let list: Vec<String> = selection.values.iter().map(constant).collect();
    format!("KEEPFILTERS ( TREATAS ( {{ {} }}, {column} ) )", list.join(", "))
}

/// Whether a text is a column of the model as [`notation`] writes it; a selection that is not one is no filter.
pub fn is_column(model: &Model, notation: &str) -> bool {
    column_of(model, notation).is_some()
}

/// Whether a selection reaches a visual: not a slicer by its own column, and not where the page says that the slicer has no effect.
fn reaches(model: &Model, page: &Page, visual: &Visual, selection: &Selection) -> bool {
    let of = |visual: &Visual| visual.fields().next().and_then(|(_, f)| notation(model, &f.field));
    if visual.type_name() == "slicer" && of(visual).as_deref() == Some(selection.column.as_str()) {
        return false;
    }
    !page.visuals.iter().filter(|v| v.type_name() == "slicer" && of(v).as_deref() == Some(selection.column.as_str())).any(|slicer| {
        page.interactions.iter().any(|i| i.source == slicer.name && i.target == visual.name && i.kind == InteractionKind::None)
    })
}

/// The filters that apply to a visual.
fn filters(model: &Model, report: &Report, page: &Page, visual: &Visual, selections: &[Selection]) -> Vec<String> {
    let fixed = || report.filters.iter().chain(&page.filters).chain(&visual.filters);
    let is_top = |one: &&Filter| matches!(one.condition, Condition::Top { .. });
    let chosen = selections.iter().filter(|s| reaches(model, page, visual, s)).map(selected);
    let mut all: Vec<String> = fixed().filter(|one| !is_top(one)).filter_map(|one| filter(model, one, &[])).chain(chosen).collect();
    let tops: Vec<String> = fixed().filter(is_top).filter_map(|one| filter(model, one, &all)).collect();
    all.extend(tops);
    all
}

/// Conditional formats of a value: what the page needs and the DAX of those that a measure gives.
fn styles(visual: &Visual, values: &[(&Field, Option<&str>, &str, String, String)]) -> (Vec<Json>, Vec<String>) {
    let (mut found, mut measures) = (Vec::new(), Vec::new());
    for (index, (field, _, _, _, reference)) in values.iter().enumerate() {
        let of = |selector: &Selector| match selector {
            Selector::Field(name) | Selector::Each { field: Some(name), .. } => name == reference,
            _ => false,
        };
        for object in visual.objects.iter().filter(|o| of(&o.selector)) {
            for (property, kind) in [("fontColor", "font"), ("backColor", "back")] {
                let Some(Property::Color(color)) = object.properties.get(property) else { continue };
                let mut style = serde_json::json!({"value": index, "kind": kind});
                match color {
                    Color::Hex(hex) => style["color"] = hex.as_str().into(),
                    Color::Field(by) => {
                        let (Some(by), Some(shown)) = (value(by), value(field)) else { continue };
                        style["at"] = measures.len().into();
                        measures.push(format!("IF ( NOT ISBLANK ( {shown} ), {by} )"));
                    }
                    Color::Rules(rules) => {
                        let rules = rules.iter().filter(|rule| rule.field == **field).map(|rule| {
                            let sign = sign(rule.comparison);
                            let bound = match &rule.value {
                                Literal::Integer(n) => Json::from(*n),
                                Literal::Number(x) => Json::from(*x),
                                Literal::Decimal(text) => text.parse::<f64>().map_or(Json::Null, Json::from),
                                Literal::Text(text) => text.as_str().into(),
                                _ => Json::Null,
                            };
                            serde_json::json!([sign, bound, rule.color])
                        });
                        style["rules"] = rules.collect();
                    }
                    Color::Gradient(gradient) if gradient.by == **field => {
                        let stop = |stop: &crate::report::Stop| serde_json::json!([stop.value, stop.color]);
                        style["scale"] =
                            std::iter::once(&gradient.min).chain(&gradient.mid).chain(std::iter::once(&gradient.max)).map(stop).collect();
                    }
                    _ => continue,
                }
                found.push(style);
            }
            if let Some(Property::Raw(bars)) = object.properties.get("dataBars") {
                let color = |key: &str| {
                    let text = bars[key]["solid"]["color"]["expr"]["Literal"]["Value"].as_str().unwrap_or_default();
                    Json::from(text.trim_matches('\''))
                };
                found.push(serde_json::json!({"value": index, "kind": "bar", "positive": color("positiveColor"), "negative": color("negativeColor")}));
            }
        }
    }
    (found, measures)
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
    let arguments = filters(model, report, page, visual, selections);
    let mut added = Vec::new();
    for (i, (field, own, ..)) in values.iter().enumerate() {
        added.push(format!("\"v{i}\", {}", value(field)?));
        added.push(format!("\"f{i}\", {}", formatted(model, field, *own)));
    }
    let (styles, colors) = styles(visual, &values);
    for (i, dax) in colors.iter().enumerate() {
        added.push(format!("\"s{i}\", {dax}"));
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
    let one_row = || {
        let row = format!("ROW ( {} )", added.join(", "));
        if arguments.is_empty() {
            format!("EVALUATE {row}")
        } else {
            format!("EVALUATE CALCULATETABLE ( {row}, {} )", arguments.join(", "))
        }
    };
    let grouped = |shown: &[&str]| -> String {
        // A column that is sorted by another one is grouped with it, as Power BI does.
        let hidden: Vec<String> =
            shown.iter().filter_map(|column| sort_column(model, column)).filter(|c| !shown.contains(&c.as_str())).collect();
        let mut all: Vec<String> = shown.iter().map(|c| (*c).to_owned()).collect();
        all.extend(hidden.iter().cloned());
        all.extend(arguments.iter().cloned());
        all.extend(added.iter().cloned());
        let mut body = wrap(format!("SUMMARIZECOLUMNS ( {} )", all.join(", ")));
        let mut by = order(shown);
        for column in shown {
            if let Some(sorter) = sort_column(model, column) {
                by = by.replace(&format!("{column} "), &format!("{sorter} "));
            }
        }
        if !hidden.is_empty() {
            // The sorting columns come last, so that the page can ignore them.
            let texts = (0..values.len()).flat_map(|i| [format!("\"v{i}\", [v{i}]"), format!("\"f{i}\", [f{i}]")]);
            let colors = (0..colors.len()).map(|i| format!("\"s{i}\", [s{i}]"));
            let keep: Vec<String> =
                shown.iter().map(|c| (*c).to_owned()).chain(texts).chain(colors).chain(hidden.iter().cloned()).collect();
            body = format!("SELECTCOLUMNS ( {body}, {} )", keep.join(", "));
        }
        format!("EVALUATE {body}{by}")
    };
    let mut levels = Vec::new();
    let mut totals = Vec::new();
    let is_on = |object: &str, property: &str| visual.object(object, property) != Some(&Property::Bool(false));
    if groups.is_empty() {
        levels.push(one_row());
    } else {
        let rows: Vec<&str> = groups.iter().filter(|(_, role, ..)| *role == "Rows").map(|(column, ..)| column.as_str()).collect();
        let across: Vec<&str> = groups.iter().filter(|(_, role, ..)| *role == "Columns").map(|(column, ..)| column.as_str()).collect();
        if is_matrix && !rows.is_empty() {
            for depth in 1..=rows.len() {
                let shown: Vec<&str> = rows[..depth].iter().chain(&across).copied().collect();
                levels.push(grouped(&shown));
                if !across.is_empty() && is_on("subTotals", "columnSubtotals") {
                    totals.push(("columns".to_owned(), grouped(&rows[..depth])));
                }
            }
            let outer = groups.iter().find(|(_, role, ..)| *role == "Rows").map(|(.., reference)| reference.as_str());
            let off = visual.objects.iter().any(|o| {
                o.name == "subTotals"
                    && matches!(&o.selector, Selector::Field(name) if Some(name.as_str()) == outer)
                    && o.properties.get("levelSubtotalEnabled") == Some(&Property::Bool(false))
            });
            let has_total = is_on("subTotals", "rowSubtotals") && !off;
            if !across.is_empty() {
                // Its rows also say in which order the columns stand.
                totals.push((if has_total { "rows" } else { "order" }.to_owned(), grouped(&across)));
            }
            if has_total {
                if across.is_empty() || is_on("subTotals", "columnSubtotals") {
                    totals.push(("all".to_owned(), one_row()));
                }
            }
        } else {
            let shown: Vec<&str> = groups.iter().map(|(column, ..)| column.as_str()).collect();
            levels.push(grouped(&shown));
            if visual.type_name() == "tableEx" && !values.is_empty() && is_on("total", "totals") {
                totals.push(("all".to_owned(), one_row()));
            }
        }
    }
    let mut columns: Vec<Json> =
        groups.iter().map(|(column, role, heading, reference)| serde_json::json!({"name": heading, "role": role, "ref": reference, "column": column, "format": column_format(model, column)})).collect();
    for (_, _, role, heading, reference) in &values {
        columns.push(serde_json::json!({"name": heading, "role": role, "ref": reference}));
    }
    Some(VisualQuery {
        levels,
        columns,
        groups: groups.len(),
        totals,
        styles,
        limit: if visual.type_name() == "tableEx" { 500 } else { 3_000 },
    })
}

fn column_of<'a>(model: &'a Model, notation: &str) -> Option<(&'a Table, &'a Column)> {
    model.tables.iter().find_map(|table| {
        let name = notation.strip_prefix(&quote(&table.name))?;
        Some((table, table.columns.iter().find(|c| bracket(&c.name) == name)?))
    })
}

/// The column that a column is sorted by.
fn sort_column(model: &Model, notation: &str) -> Option<String> {
    let (table, column) = column_of(model, notation)?;
    column.sort_by.as_ref().map(|by| format!("{}{}", quote(&table.name), bracket(by)))
}

fn column_format(model: &Model, notation: &str) -> Option<String> {
    column_of(model, notation)?.1.format_string.clone()
}
