//! Best practice for Analysis Services models, as far as it applies and can be seen without data.
//!
//! After the rule set that Microsoft publishes for tabular models
//! (<https://github.com/microsoft/Analysis-Services/tree/master/BestPracticeRules>), in our own words and code.

use std::collections::{HashMap, HashSet};

use super::placed;
use crate::base::Diagnostic;
use crate::model::{Cardinality, Column, CrossFilter, Measure, Model, Table};
use crate::project::Project;
use crate::table::DataType;

pub(super) fn check(project: &Project, out: &mut Vec<Diagnostic>) {
    let model = &project.model;
    let foreign: HashSet<(&str, &str)> = model.relationships.iter().map(|r| (r.from_table.as_str(), r.from_column.as_str())).collect();
    for table in &model.tables {
        let visible = !table.is_hidden && !table.is_private;
        if visible && table.description.is_empty() {
            warn(out, "P0501", format!("table `{}` has no description", table.name), table.span);
        }
        for column in &table.columns {
            if visible && !column.is_hidden {
                visible_column(table, column, out);
            }
            if !column.is_hidden
                && foreign.contains(&(table.name.as_str(), column.name.as_str()))
                && !table.is_hidden
                && column.data_type == Some(DataType::String)
            {
                let message = format!("column `{}[{}]` is a foreign key and visible", table.name, column.name);
                let problem = placed(Diagnostic::warning("P0504", message), column.span, "this column");
                out.push(problem.help("hide it: people should filter by the other table's columns"));
            }
        }
        for measure in table.measures.iter().filter(|m| !m.is_hidden) {
            visible_measure(measure, out);
        }
    }
    relationships(model, out);
    same_expressions(model, out);
    if !model.tables.iter().any(Table::is_date_table)
        && model.tables.iter().any(|t| t.columns.iter().any(|c| c.data_type == Some(DataType::DateTime)))
    {
        let message = "the model has dates but no date table";
        out.push(Diagnostic::warning("P0509", message).help("mark one with `data-category: Time` and `key: true` on its date column"));
    }
}

fn warn(out: &mut Vec<Diagnostic>, code: &'static str, message: String, span: Option<crate::base::Span>) {
    out.push(placed(Diagnostic::warning(code, message), span, "here"));
}

fn visible_column(table: &Table, column: &Column, out: &mut Vec<Diagnostic>) {
    if column.description.is_empty() {
        warn(out, "P0501", format!("column `{}[{}]` has no description", table.name, column.name), column.span);
    }
    let month = column.name.eq_ignore_ascii_case("month") || column.name.to_lowercase().ends_with("month name");
    if month && column.data_type == Some(DataType::String) && column.sort_by.is_none() {
        let message = format!("column `{}[{}]` holds names of months without `sort-by`", table.name, column.name);
        warn(out, "P0505", message, column.span);
    }
}

fn visible_measure(measure: &Measure, out: &mut Vec<Diagnostic>) {
    let lacks: Vec<&str> =
        [(measure.description.is_empty(), "description"), (measure.display_folder.as_deref().is_none_or(str::is_empty), "folder")]
            .into_iter()
            .filter_map(|(lacking, word)| lacking.then_some(word))
            .collect();
    if !lacks.is_empty() {
        warn(out, "P0502", format!("measure `{}` has no {}", measure.name, lacks.join(" and ")), measure.span);
    }
}

fn relationships(model: &Model, out: &mut Vec<Diagnostic>) {
    let texts: String =
        model.tables.iter().flat_map(|t| &t.measures).map(|m| m.expression.text.to_lowercase()).collect::<Vec<_>>().join("\n");
    for relationship in &model.relationships {
        let words = format!("`{}[{}]` → `{}`", relationship.from_table, relationship.from_column, relationship.to_table);
        if relationship.cross_filter == CrossFilter::Both {
            let problem = Diagnostic::warning("P0506", format!("the relationship {words} filters both ways"));
            out.push(
                placed(problem, relationship.span, "here").help("filter both ways inside the measure that needs it, with CROSSFILTER"),
            );
        }
        if relationship.from_cardinality == Cardinality::Many && relationship.to_cardinality == Cardinality::Many {
            let problem = Diagnostic::warning("P0507", format!("the relationship {words} is many-to-many"));
            out.push(placed(problem, relationship.span, "here").help("put a table with unique keys between the two"));
        }
        // A relationship that is off and never switched on costs memory for nothing.
        let column = format!("[{}]", relationship.from_column.to_lowercase());
        let used = texts.match_indices("userelationship").any(|(at, _)| {
            let end = (at + 200).min(texts.len());
            texts.get(at..end).or_else(|| texts.get(at..)).is_some_and(|near| near.contains(&column))
        });
        if !relationship.is_active && !used {
            let problem = Diagnostic::note("P0508", format!("the inactive relationship {words} is used by no measure"));
            out.push(placed(problem, relationship.span, "here").help("a measure uses it through USERELATIONSHIP"));
        }
    }
}

/// Two measures with the same text are probably one measure.
fn same_expressions(model: &Model, out: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<String, &Measure> = HashMap::new();
    for measure in model.tables.iter().flat_map(|t| &t.measures) {
        let text: String = measure.expression.text.split_whitespace().collect();
        // Constants repeat with good reason.
        if text.len() < 8 {
            continue;
        }
        match seen.get(&text) {
            Some(first) => {
                let message = format!("measures `{}` and `{}` have the same expression", first.name, measure.name);
                let problem = placed(Diagnostic::warning("P0510", message), measure.span, "this measure");
                out.push(placed(problem, first.span, "and this one"));
            }
            None => {
                seen.insert(text, measure);
            }
        }
    }
}
