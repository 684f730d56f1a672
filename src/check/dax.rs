//! All DAX of the model parses, and every name in it exists with the right type and place.

use std::collections::HashSet;

use super::placed;
use crate::base::{Diagnostic, Span};
use crate::dax::{DaxError, Engine};
use crate::model::{ColumnKind, Model, Source};
use crate::project::Project;
use crate::table::Table;

pub(super) fn check(project: &Project, out: &mut Vec<Diagnostic>) {
    let model = &project.model;
    let engine = Engine::new(model, Vec::<Table>::new());
    let mut seen = HashSet::new();
    // A measure that is wrong is reported by every measure that names it.
    for error in engine.check_model() {
        let object = error.object.clone().unwrap_or_default();
        if seen.insert((object.clone(), error.message.clone(), error.object_place)) {
            let source = text_of(model, &object);
            let place = error.object_place.or(error.place);
            let span = source.and_then(|text| place.and_then(|p| text.locate(p.start as usize, p.end as usize)));
            report(error, &object, span, out);
        }
    }
    for measure in model.tables.iter().flat_map(|t| &t.measures) {
        for text in measure.format_string_definition.iter().chain(&measure.detail_rows) {
            if let Err(error) = engine.check(&text.text)
                && error.object.is_none()
            {
                let span = error.place.and_then(|p| text.locate(p.start as usize, p.end as usize));
                report(error, &format!("measure `{}`", measure.name), span, out);
            }
        }
    }
}

fn report(error: DaxError, object: &str, span: Option<Span>, out: &mut Vec<Diagnostic>) {
    let problem = match error.unsupported {
        // Power BI may well know what this engine does not.
        true => Diagnostic::note(error.code, format!("{object}: {}; it cannot be checked here", error.message)),
        false if span.is_some() || object.is_empty() => Diagnostic::error(error.code, error.message),
        false => Diagnostic::error(error.code, format!("{object}: {}", error.message)),
    };
    let problem = placed(problem, span, "here");
    out.push(match error.help {
        Some(help) => problem.help(help),
        None => problem,
    });
}

/// The text of an object as the binder names it: ``measure `A` ``, ``column `T[C]` ``, ``table `T` ``, ``calculation item `I` ``.
fn text_of<'m>(model: &'m Model, object: &str) -> Option<&'m Source> {
    let (kind, name) = object.split_once(" `")?;
    let name = name.split('`').next().unwrap_or(name);
    match kind {
        "measure" => model.measure(name).map(|(_, measure)| &measure.expression),
        "table" => model.table(name).and_then(|table| table.calculated()),
        "column" => {
            let (table, column) = name.split_once('[')?;
            match &model.table(table.trim_matches('\''))?.column(column.trim_end_matches(']'))?.kind {
                ColumnKind::Calculated(text) => Some(text),
                _ => None,
            }
        }
        "calculation item" => {
            let mut items = model.tables.iter().filter_map(|t| t.calculation_group.as_ref()).flat_map(|group| &group.items);
            items.find(|item| item.name.eq_ignore_ascii_case(name)).map(|item| &item.expression)
        }
        _ => None,
    }
}
