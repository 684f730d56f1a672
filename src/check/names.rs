//! Names are unique as Analysis Services demands (case does not count), and usable.

use std::collections::HashMap;

use super::placed;
use crate::base::{Diagnostic, Span};
use crate::project::Project;

pub(super) fn check(project: &Project, out: &mut Vec<Diagnostic>) {
    let model = &project.model;
    let mut tables = Names::new("table");
    let mut measures = Names::new("measure");
    for table in &model.tables {
        tables.add(&table.name, table.span, out);
        let mut columns = Names::new("column");
        for column in &table.columns {
            columns.add(&column.name, column.span, out);
        }
        for measure in &table.measures {
            measures.add(&measure.name, measure.span, out);
            if let Some(column) = columns.seen.get(&measure.name.to_lowercase()) {
                let message = format!("measure `{}` has the name of a column of its table `{}`", measure.name, table.name);
                let problem = placed(Diagnostic::error("P0301", message), measure.span, "this measure");
                out.push(placed(problem, *column, "this column"));
            }
        }
        let mut hierarchies = Names::new("hierarchy");
        for hierarchy in &table.hierarchies {
            hierarchies.add(&hierarchy.name, hierarchy.span, out);
            if columns.seen.contains_key(&hierarchy.name.to_lowercase()) {
                let message = format!("hierarchy `{}` has the name of a column of its table `{}`", hierarchy.name, table.name);
                out.push(placed(Diagnostic::error("P0301", message), hierarchy.span, "this hierarchy"));
            }
        }
        if let Some(group) = &table.calculation_group {
            let mut items = Names::new("calculation item");
            group.items.iter().for_each(|item| items.add(&item.name, item.span, out));
        }
    }
    // Queries of tables and parameters share one space of names in Power Query.
    let mut queries = Names::new("query");
    queries.seen = tables.seen;
    for parameter in &project.parameters {
        queries.add(&parameter.name, Some(parameter.name.span), out);
    }
    let mut cultures = Names::new("culture");
    for (culture, _) in &project.texts {
        cultures.add(culture, Some(culture.span), out);
    }
    let mut roles = Names::new("role");
    model.roles.iter().for_each(|role| roles.add(&role.name, None, out));
}

struct Names {
    what: &'static str,
    seen: HashMap<String, Option<Span>>,
}

impl Names {
    fn new(what: &'static str) -> Names {
        Names { what, seen: HashMap::new() }
    }

    fn add(&mut self, name: &str, span: Option<Span>, out: &mut Vec<Diagnostic>) {
        let what = self.what;
        if name.is_empty() || name.trim() != name || name.chars().any(char::is_control) {
            let message = format!("`{}` is not a usable name of a {what}", name.escape_debug());
            let problem = placed(Diagnostic::error("P0302", message), span, "this name");
            out.push(problem.help("names are not empty, have no blanks at the ends and no control characters"));
        }
        match self.seen.get(&name.to_lowercase()) {
            Some(first) => {
                let message = format!("{what} `{name}` is declared twice");
                let problem = placed(Diagnostic::error("P0301", message), span, "again here");
                let problem = placed(problem, *first, "first here");
                out.push(problem.help(match what {
                    "measure" => "names of measures are unique in the whole model; upper and lower case do not differ",
                    _ => "upper and lower case do not differ",
                }));
            }
            None => {
                self.seen.insert(name.to_lowercase(), span);
            }
        }
    }
}
