//! Every query of the chosen source is M.

use super::queries::Queries;
use crate::base::{Diagnostic, Span};
use crate::m::syntax::SyntaxError;
use crate::model::Source;

pub(super) fn check(queries: &Queries<'_>, out: &mut Vec<Diagnostic>) {
    if let Err(problems) = &queries.rendered {
        out.extend(problems.iter().cloned());
    }
    for query in queries.all.values() {
        match (&query.tree, query.source) {
            (Ok(_), _) => {}
            (Err(error), Some(source)) => out.push(problem(error, source)),
            (Err(error), None) => {
                let line = query.text.get(..error.at.start as usize).map_or(1, |before| before.matches('\n').count() + 1);
                let message = format!("{} is not M: {} (line {line} of the query)", query.what, error.message);
                out.push(Diagnostic::error("M0102", message).help("the template that it is made from is at fault"));
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
