//! Fields and constants as the YAML writes them, resolved against the model.

use std::collections::HashMap;

use super::super::yaml::{Context, Node, Spanned};
use crate::base::{Diagnostic, Span, nearest};
use crate::model::{Model, Table};
use crate::report::{Aggregation, Field, Literal};
use crate::table::DataType;

/// A model with its measures by lower-case name, because pages name many of them.
pub struct Names<'a> {
    /// The model.
    pub model: &'a Model,
    measures: HashMap<String, (&'a str, &'a str)>,
}

impl<'a> Names<'a> {
    /// Of `model`.
    pub fn new(model: &'a Model) -> Names<'a> {
        let mut measures = HashMap::new();
        for table in &model.tables {
            for measure in &table.measures {
                measures.entry(measure.name.to_lowercase()).or_insert((table.name.as_str(), measure.name.as_str()));
            }
        }
        Names { model, measures }
    }
}

/// A field from its notation: a measure's name, `Table[Column]`, `sum(Table[Column])`, `Table[Hierarchy].[Level]`.
///
/// Reports `R0103` unknown table, `R0104` unknown column, hierarchy or level, `R0105` unknown measure, `R0112` bad notation.
pub fn resolve(text: &Spanned<String>, names: &Names<'_>, cx: &mut Context) -> Option<Field> {
    let model = names.model;
    let notation = text.value.trim();
    let bracketed = notation.strip_prefix('[').and_then(|n| n.strip_suffix(']')).filter(|n| !n.contains(']'));
    if bracketed.is_some() || !notation.contains('[') {
        return measure(bracketed.unwrap_or(notation), text.span, names, cx);
    }
    if let Some((word, inner)) = notation.strip_suffix(')').and_then(|n| n.split_once('(')).filter(|(word, _)| !word.contains('[')) {
        let word = word.trim();
        let Some(function) = Aggregation::ALL.into_iter().find(|a| a.name() == word) else {
            let words = Aggregation::ALL.map(Aggregation::name);
            let help = nearest(word, words).map_or(format!("aggregations: {}", words.join(", ")), |near| format!("did you mean `{near}`?"));
            return cx.fail(
                Diagnostic::error("R0112", format!("`{word}` is not an aggregation")).at(text.span, "unknown aggregation").help(help),
            );
        };
        let (table, column) = split(inner.trim(), text.span, cx)?;
        let table = self::table(table, text.span, model, cx)?;
        let column = self::column(table, column, text.span, cx)?;
        return Some(Field::Aggregation { table: table.name.clone(), column, function });
    }
    if let Some((hierarchy, level)) = notation.split_once("].[") {
        let owner = format!("{hierarchy}]");
        let (table, hierarchy) = split(&owner, text.span, cx)?;
        let level = level.strip_suffix(']').unwrap_or(level);
        let table = self::table(table, text.span, model, cx)?;
        let names = table.hierarchies.iter().map(|h| h.name.as_str());
        let found = find(names, hierarchy, "hierarchy", &table.name, text.span, cx)?;
        let levels = &table.hierarchies.iter().find(|h| h.name == found).expect("found above").levels;
        let level = find(levels.iter().map(|l| l.name.as_str()), level, "level", &found, text.span, cx)?;
        return Some(Field::Level { table: table.name.clone(), hierarchy: found, level });
    }
    let (table, column) = split(notation, text.span, cx)?;
    let table = self::table(table, text.span, model, cx)?;
    let column = self::column(table, column, text.span, cx)?;
    Some(Field::Column { table: table.name.clone(), column })
}

fn measure(name: &str, span: Span, names: &Names<'_>, cx: &mut Context) -> Option<Field> {
    if let Some((table, measure)) = names.measures.get(&name.to_lowercase()) {
        return Some(Field::measure(*table, *measure));
    }
    let names = names.model.tables.iter().flat_map(|t| &t.measures).map(|m| m.name.as_str());
    let mut diagnostic = Diagnostic::error("R0105", format!("measure `{name}` not found")).at(span, "unknown measure");
    diagnostic = match nearest(name, names) {
        Some(near) => diagnostic.help(format!("a measure with a similar name exists: `{near}`")),
        None => diagnostic.help("write columns as `Table[Column]`"),
    };
    cx.fail(diagnostic)
}

/// `Table[Column]` → both names.
fn split<'t>(notation: &'t str, span: Span, cx: &mut Context) -> Option<(&'t str, &'t str)> {
    let parts =
        notation.strip_suffix(']').and_then(|n| n.split_once('[')).filter(|(table, name)| !table.trim().is_empty() && !name.is_empty());
    match parts {
        Some((table, name)) => Some((table.trim().trim_matches('\''), name)),
        None => cx.fail(
            Diagnostic::error("R0112", format!("`{notation}` is not a field"))
                .at(span, "not a field")
                .help("write a measure's name, `Table[Column]`, `sum(Table[Column])` or `Table[Hierarchy].[Level]`"),
        ),
    }
}

fn table<'m>(name: &str, span: Span, model: &'m Model, cx: &mut Context) -> Option<&'m Table> {
    if let Some(table) = model.table(name) {
        return Some(table);
    }
    let mut diagnostic = Diagnostic::error("R0103", format!("table `{name}` not found")).at(span, "unknown table");
    if let Some(near) = nearest(name, model.tables.iter().map(|t| t.name.as_str())) {
        diagnostic = diagnostic.help(format!("a table with a similar name exists: `{near}`"));
    }
    cx.fail(diagnostic)
}

fn column(table: &Table, name: &str, span: Span, cx: &mut Context) -> Option<String> {
    find(table.columns.iter().map(|c| c.name.as_str()), name, "column", &table.name, span, cx)
}

fn find<'a>(
    names: impl Iterator<Item = &'a str> + Clone,
    name: &str,
    what: &str,
    owner: &str,
    span: Span,
    cx: &mut Context,
) -> Option<String> {
    let folded = || {
        let lower = name.to_lowercase();
        names.clone().find(|n| n.to_lowercase() == lower)
    };
    if let Some(found) = names.clone().find(|n| *n == name).or_else(folded) {
        return Some(found.to_owned());
    }
    let mut diagnostic = Diagnostic::error("R0104", format!("{what} `{name}` not found in `{owner}`")).at(span, format!("unknown {what}"));
    if let Some(near) = nearest(name, names) {
        diagnostic = diagnostic.help(format!("a {what} with a similar name exists: `{near}`"));
    }
    cx.fail(diagnostic)
}

/// The type of a field's values, when the model states it.
pub fn data_type(field: &Field, model: &Model) -> Option<DataType> {
    match field {
        Field::Column { table, column } | Field::Aggregation { table, column, .. } => model.table(table)?.column(column)?.data_type,
        Field::Level { table, hierarchy, level } => {
            let table = model.table(table)?;
            let hierarchy = table.hierarchies.iter().find(|h| h.name == *hierarchy)?;
            table.column(&hierarchy.levels.iter().find(|l| l.name == *level)?.column)?.data_type
        }
        Field::Measure { .. } | Field::Raw(_) => None,
    }
}

/// A constant for comparison with `field`; `R0118` when it cannot be of the field's type.
pub fn literal(node: &Node, field: &Field, model: &Model, cx: &mut Context) -> Option<Literal> {
    let Some(text) = node.as_text() else { return cx.wrong_kind(node, "a value") };
    if node.is_null() {
        return Some(Literal::Null);
    }
    let mut wrong = |expected: &str| {
        let message = format!("`{text}` cannot be compared with `{}`, which holds {expected}", field.notation());
        cx.fail(Diagnostic::error("R0118", message).at(node.span, format!("expected {expected}")))
    };
    match data_type(field, model) {
        Some(DataType::String) => Some(Literal::Text(text.to_owned())),
        Some(DataType::Int64) => text.parse().ok().map(Literal::Integer).or_else(|| wrong("whole numbers")),
        Some(DataType::Double) => text.parse().ok().map(Literal::Number).or_else(|| wrong("numbers")),
        Some(DataType::Currency) => match text.parse::<f64>() {
            Ok(_) => Some(Literal::Decimal(text.to_owned())),
            Err(_) => wrong("numbers"),
        },
        Some(DataType::Boolean) => match text {
            "true" => Some(Literal::Bool(true)),
            "false" => Some(Literal::Bool(false)),
            _ => wrong("true or false"),
        },
        Some(DataType::DateTime) => match text.parse::<crate::base::Date>() {
            Ok(_) => Some(Literal::Date(format!("{text}T00:00:00"))),
            Err(_) => wrong("dates such as 2026-01-31"),
        },
        _ => Some(match node.to_json() {
            serde_json::Value::Bool(flag) => Literal::Bool(flag),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(integer) => Literal::Integer(integer),
                None => Literal::Number(number.as_f64().unwrap_or_default()),
            },
            _ => Literal::Text(text.to_owned()),
        }),
    }
}
