//! The queries of a project for the source that it names, rendered and read once for all rules.

use std::collections::BTreeMap;

use crate::base::Diagnostic;
use crate::m::syntax::ast::Expr;
use crate::m::syntax::{SyntaxError, parse_expression};
use crate::model::{PartitionSource, Source};
use crate::power_query;
use crate::project::Project;

/// The queries of a project.
pub(super) struct Queries<'a> {
    /// What the templates give, with an empty sample company.
    pub(super) rendered: Result<power_query::Queries, Vec<Diagnostic>>,
    /// Every query by name.
    pub(super) all: BTreeMap<String, Query<'a>>,
}

/// A query.
pub(super) struct Query<'a> {
    pub(super) text: String,
    pub(super) tree: Result<Expr, SyntaxError>,
    /// Where it is written, when it is not made from a template.
    pub(super) source: Option<&'a Source>,
    /// What it is called in messages: `the query of table …`.
    pub(super) what: String,
}

impl<'a> Queries<'a> {
    pub(super) fn of(project: &'a Project) -> Queries<'a> {
        let options = power_query::Options { source: project.settings.source, locale: &project.model.culture, sample: &[] };
        let rendered = power_query::render(project, &options);
        let mut all = BTreeMap::new();
        let mut add = |name: &str, what: String, text: &str, source| {
            let query = Query { text: text.to_owned(), tree: parse_expression(text), source, what };
            all.insert(name.to_owned(), query);
        };
        if let Ok(rendered) = &rendered {
            for (name, text) in &rendered.tables {
                add(name, format!("the query of table `{name}`"), text, None);
            }
            for expression in &rendered.expressions {
                add(&expression.name, format!("the query `{}`", expression.name), &expression.expression.text, None);
            }
        }
        for table in &project.model.tables {
            for partition in &table.partitions {
                if let PartitionSource::M(source) = &partition.source
                    && !source.text.is_empty()
                {
                    add(&table.name, format!("the query of table `{}`", table.name), &source.text, Some(source));
                }
            }
        }
        Queries { rendered, all }
    }
}
