//! Rules over a report and the model it shows: fields, layout, links, accessibility, tiles, translations.
//!
//! Works on [`Report`]s from YAML and on those read from files; places are given where the YAML is known.

mod contrast;
mod fields;
mod layout;
mod texts;
mod tiles;

use crate::base::{Diagnostic, Span};
use crate::model::Model;
use crate::project::Project;
use crate::report::{Page, Report, Visual};

pub use contrast::ratio;
pub use tiles::{TILES, Tile};

/// Everything that is wrong with `report` over `model`, in page order.
pub fn check(report: &Report, model: &Model) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    fields::check(report, model, &mut found);
    layout::check(report, &mut found);
    contrast::check(report, &mut found);
    tiles::check(report, model, &mut found);
    texts::check(report, model, &mut found);
    // What is wrong with a frame is wrong on each of its pages, and said once.
    let mut said = std::collections::HashSet::new();
    found.retain(|problem| said.insert(format!("{problem:?}")));
    found
}

/// The report of a project.
pub(super) fn check_project(project: &Project, out: &mut Vec<Diagnostic>) {
    out.extend(check(&project.report, &project.model));
}

/// A diagnostic at a visual, or naming it where its place is not known.
fn at(diagnostic: Diagnostic, page: &Page, visual: &Visual, span: Option<Span>, label: &str) -> Diagnostic {
    match span.or(visual.span) {
        Some(span) => diagnostic.at(span, label),
        None => diagnostic.in_file(format!("page `{}`, visual `{}`", page.display_name, visual.name), None),
    }
}

/// A diagnostic at a page.
fn at_page(diagnostic: Diagnostic, page: &Page, label: &str) -> Diagnostic {
    match page.span {
        Some(span) => diagnostic.at(span, label),
        None => diagnostic.in_file(format!("page `{}`", page.display_name), None),
    }
}
