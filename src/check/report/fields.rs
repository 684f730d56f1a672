//! Fields exist, fit their roles, can be filtered and aggregated so.

use super::{at, at_page};
use crate::base::{Diagnostic, Span, nearest};
use crate::model::Model;
use crate::report::catalog::{Takes, VisualType};
use crate::report::{Aggregation, Color, Condition, Field, Filter, Page, Property, Report, Visual};
use crate::table::DataType;

pub(super) fn check(report: &Report, model: &Model, found: &mut Vec<Diagnostic>) {
    for filter in &report.filters {
        broad_filter(filter, "the report", model, found);
    }
    for page in &report.pages {
        for filter in &page.filters {
            broad_filter(filter, "a page", model, found);
        }
        if let crate::report::PageKind::DrillThrough { fields, .. } = &page.kind {
            for problem in fields.iter().filter_map(|field| missing(field, model)) {
                found.push(at_page(problem, page, "of this page"));
            }
        }
        for visual in &page.visuals {
            roles(page, visual, found);
            existence(page, visual, model, found);
            filters(page, visual, found);
            sorts(page, visual, found);
        }
    }
}

/// What each role takes, needs and bears (`R0202`–`R0204`).
fn roles(page: &Page, visual: &Visual, found: &mut Vec<Diagnostic>) {
    let Some(kind) = VisualType::by_name(visual.type_name()) else { return };
    for role in &visual.roles {
        let Some(known) = kind.role(&role.name) else {
            let message = format!("visual type `{}` has no role `{}`", kind.yaml, role.name);
            found.push(at(Diagnostic::error("R0208", message), page, visual, None, "of this visual"));
            continue;
        };
        for projection in &role.fields {
            let is_raw = matches!(projection.field, Field::Raw(_));
            let problem = match known.takes {
                Takes::Groups if projection.field.is_value() => Some((
                    format!("role `{}` of `{}` takes columns, `{}` is a value", known.yaml, kind.yaml, projection.field.notation()),
                    "a measure or an aggregation belongs into a role of values".to_owned(),
                )),
                Takes::Values if !projection.field.is_value() && !is_raw => Some((
                    format!("role `{}` of `{}` takes measures, `{}` is a column", known.yaml, kind.yaml, projection.field.notation()),
                    format!("aggregate it, for instance `sum({})`, or name a measure", projection.field.notation()),
                )),
                _ => None,
            };
            if let Some((message, help)) = problem {
                found.push(at(Diagnostic::error("R0202", message).help(help), page, visual, projection.span, "wrong kind of field"));
            }
        }
        if role.fields.len() > known.max {
            let message = format!(
                "role `{}` of `{}` takes {} field{}, {} are given",
                known.yaml,
                kind.yaml,
                known.max,
                if known.max == 1 { "" } else { "s" },
                role.fields.len()
            );
            found.push(at(Diagnostic::error("R0203", message), page, visual, role.fields[known.max].span, "one too many"));
        }
    }
    for role in kind.roles.iter().filter(|role| role.is_required && visual.role(role.name).is_empty()) {
        let message = format!("a visual of type `{}` needs a field for its role `{}`", kind.yaml, role.yaml);
        let help = format!("add it under `data:`, for instance `data: {{{}: …}}`", role.yaml);
        found.push(at(Diagnostic::error("R0204", message).help(help), page, visual, None, "shows nothing"));
    }
}

/// Fields that the model does not have (`R0201`), aggregations that make no sense (`R0205`).
fn existence(page: &Page, visual: &Visual, model: &Model, found: &mut Vec<Diagnostic>) {
    let mut seen: Vec<(&Field, Option<Span>)> = Vec::new();
    seen.extend(visual.fields().map(|(_, projection)| (&projection.field, projection.span)));
    seen.extend(visual.sort.iter().map(|sort| (&sort.field, None)));
    seen.extend(visual.filters.iter().map(|filter| (&filter.field, filter.span)));
    for object in visual.objects.iter().chain(&visual.container) {
        seen.extend(object.properties.values().filter_map(|property| match property {
            Property::Field(field) | Property::Color(Color::Field(field)) | Property::Selection(field, _) => Some((field, None)),
            Property::Color(Color::Gradient(gradient)) => Some((&gradient.by, None)),
            _ => None,
        }));
    }
    for (field, span) in seen {
        if let Some(problem) = missing(field, model) {
            found.push(at(problem, page, visual, span, "of this visual"));
        } else if let Some(problem) = senseless(field, model) {
            found.push(at(problem, page, visual, span, "of this visual"));
        }
    }
}

/// Why a field is not in the model.
fn missing(field: &Field, model: &Model) -> Option<Diagnostic> {
    let table_name = field.table()?;
    let Some(table) = model.table(table_name) else {
        let near = nearest(table_name, model.tables.iter().map(|t| t.name.as_str()));
        return Some(with_near(Diagnostic::error("R0201", format!("table `{table_name}` not found in the model")), "table", near));
    };
    let is_there = match field {
        Field::Measure { measure, .. } => table.measures.iter().any(|m| m.name == *measure),
        Field::Column { column, .. } | Field::Aggregation { column, .. } => table.columns.iter().any(|c| c.name == *column),
        Field::Level { .. } | Field::Raw(_) => false,
    };
    if is_there {
        return None;
    }
    let (what, name, names): (&str, &str, Vec<&str>) = match field {
        Field::Measure { measure, .. } => ("measure", measure, table.measures.iter().map(|m| m.name.as_str()).collect()),
        Field::Column { column, .. } | Field::Aggregation { column, .. } => {
            ("column", column, table.columns.iter().map(|c| c.name.as_str()).collect())
        }
        Field::Level { hierarchy, level, .. } => match table.hierarchies.iter().find(|h| h.name.eq_ignore_ascii_case(hierarchy)) {
            None => ("hierarchy", hierarchy, table.hierarchies.iter().map(|h| h.name.as_str()).collect()),
            Some(found) => ("level", level, found.levels.iter().map(|l| l.name.as_str()).collect()),
        },
        Field::Raw(_) => return None,
    };
    let lower = name.to_lowercase();
    if names.iter().any(|n| n.to_lowercase() == lower) {
        return None;
    }
    let diagnostic = Diagnostic::error("R0201", format!("{what} `{name}` not found in table `{}`", table.name));
    Some(with_near(diagnostic, what, nearest(name, names)))
}

fn with_near(diagnostic: Diagnostic, what: &str, near: Option<&str>) -> Diagnostic {
    match near {
        Some(near) => diagnostic.help(format!("a {what} with a similar name exists: `{near}`")),
        None => diagnostic,
    }
}

/// A sum of texts and the like.
fn senseless(field: &Field, model: &Model) -> Option<Diagnostic> {
    let Field::Aggregation { table, column, function } = field else { return None };
    let data_type = model.table(table)?.column(column)?.data_type?;
    let needs_numbers = !matches!(function, Aggregation::Min | Aggregation::Max | Aggregation::Count | Aggregation::DistinctCount);
    let is_number = matches!(data_type, DataType::Int64 | DataType::Double | DataType::Currency);
    (needs_numbers && !is_number).then(|| {
        let message = format!("`{}` adds up a column that holds no numbers", field.notation());
        Diagnostic::error("R0205", message).help("texts and dates can be counted, or their first and last taken (`min`, `max`)")
    })
}

/// Filters of pages and reports: no measures, no Top N (`R0206`).
fn broad_filter(filter: &Filter, owner: &str, model: &Model, found: &mut Vec<Diagnostic>) {
    let place = |diagnostic: Diagnostic| match filter.span {
        Some(span) => diagnostic.at(span, "in this filter"),
        None => diagnostic,
    };
    if filter.field.is_value() {
        let message = format!("a filter on {owner} cannot compare `{}`", filter.field.notation());
        found.push(place(Diagnostic::error("R0206", message).help("only the filters of a visual can compare measures")));
    } else if matches!(filter.condition, Condition::Top { .. }) {
        found.push(place(
            Diagnostic::error("R0206", format!("a filter on {owner} cannot take the largest or smallest")).help("put it on the visual"),
        ));
    }
    found.extend(missing(&filter.field, model).map(place));
}

/// Filters of visuals: Top N is ordered by an aggregation (`R0207`), one filter per field and kind.
fn filters(page: &Page, visual: &Visual, found: &mut Vec<Diagnostic>) {
    for filter in &visual.filters {
        if let Condition::Top { by, .. } = &filter.condition
            && !matches!(by, Field::Aggregation { .. } | Field::Raw(_))
        {
            let message = format!("Top N cannot be ordered by `{}`: Power BI wants an aggregated column there", by.notation());
            let help = "write for instance `by: sum(Table[Column])`, or filter on a measure that ranks";
            found.push(at(Diagnostic::error("R0207", message).help(help), page, visual, filter.span, "in this filter"));
        }
    }
}

/// A visual is ordered by what it shows (`R0209`).
fn sorts(page: &Page, visual: &Visual, found: &mut Vec<Diagnostic>) {
    for sort in &visual.sort {
        if !visual.fields().any(|(_, projection)| projection.field == sort.field) {
            let message = format!("ordered by `{}`, which the visual does not show", sort.field.notation());
            found.push(at(Diagnostic::warning("R0209", message), page, visual, None, "in this visual"));
        }
    }
}
