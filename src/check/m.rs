//! Every query of the chosen source is M.

use crate::base::{Diagnostic, Span};
use crate::m::syntax::{SyntaxError, parse_expression};
use crate::model::{PartitionSource, Source};
use crate::power_query;
use crate::project::Project;

pub(super) fn check(project: &Project, out: &mut Vec<Diagnostic>) {
    for table in &project.model.tables {
        for partition in &table.partitions {
            // Templates are filled in for one source; below.
            if let PartitionSource::M(source) = &partition.source
                && !source.text.is_empty()
                && let Err(error) = parse_expression(&source.text)
            {
                out.push(problem(&error, source));
            }
        }
    }
    let options = power_query::Options { source: project.settings.source, locale: &project.model.culture, sample: &[] };
    match power_query::render(project, &options) {
        Err(problems) => out.extend(problems),
        Ok(queries) => {
            let tables = queries.tables.iter().map(|(name, text)| (format!("the query of table `{name}`"), text));
            let shared = queries.expressions.iter().map(|e| (format!("the query `{}`", e.name), &e.expression.text));
            for (what, text) in tables.chain(shared) {
                if let Err(error) = parse_expression(text) {
                    let line = text.get(..error.at.start as usize).map_or(1, |before| before.matches('\n').count() + 1);
                    let message = format!("{what} is not M: {} (line {line} of the query)", error.message);
                    out.push(Diagnostic::error("M0102", message).help("the template that it is made from is at fault"));
                }
            }
        }
    }
}

fn problem(error: &SyntaxError, source: &Source) -> Diagnostic {
    let diagnostic = Diagnostic::error("M0101", error.message.clone());
    let start = (error.at.start as usize).min(source.text.len());
    let end = (error.at.end as usize).clamp(start, source.text.len());
    match source.locate(start, end) {
        Some(span) => diagnostic.at(Span { end: span.end.max(span.start), ..span }, "here"),
        None => diagnostic,
    }
}
