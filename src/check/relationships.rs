//! Every active filter path is enumerated; a second one between two tables, a circle, ends of different types are refused.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::placed;
use crate::base::Diagnostic;
use crate::model::{Cardinality, CrossFilter, Model, Relationship};
use crate::project::Project;

/// Most steps of the enumeration; a model that needs more has far too many relationships to be unambiguous.
const MAX_STEPS: usize = 200_000;

pub(super) fn check(project: &Project, out: &mut Vec<Diagnostic>) {
    let model = &project.model;
    let mut pairs: HashMap<(String, String), usize> = HashMap::new();
    for (index, relationship) in model.relationships.iter().enumerate() {
        ends(model, relationship, out);
        let end = |table: &str, column: &str| format!("{}[{}", table.to_lowercase(), column.to_lowercase());
        let from = end(&relationship.from_table, &relationship.from_column);
        let to = end(&relationship.to_table, &relationship.to_column);
        let pair = if from < to { (from, to) } else { (to, from) };
        if let Some(first) = pairs.insert(pair, index) {
            let message = format!("the relationship {} is declared twice", words(relationship));
            let problem = placed(Diagnostic::error("P0313", message), relationship.span, "again here");
            out.push(placed(problem, model.relationships[first].span, "first here"));
        }
    }
    paths(model, out);
}

fn words(relationship: &Relationship) -> String {
    let Relationship { from_table, from_column, to_table, to_column, .. } = relationship;
    format!("`{from_table}[{from_column}]` → `{to_table}[{to_column}]`")
}

fn ends(model: &Model, relationship: &Relationship, out: &mut Vec<Diagnostic>) {
    if relationship.from_table.eq_ignore_ascii_case(&relationship.to_table) {
        let message = format!("the relationship {} joins a table with itself", words(relationship));
        out.push(placed(Diagnostic::error("P0312", message), relationship.span, "this relationship"));
        return;
    }
    let column = |table: &str, column: &str| model.table(table).and_then(|t| t.column(column));
    let from = column(&relationship.from_table, &relationship.from_column);
    let to = column(&relationship.to_table, &relationship.to_column);
    let (Some(from), Some(to)) = (from, to) else { return };
    if let (Some(a), Some(b)) = (from.data_type, to.data_type)
        && a != b
    {
        let message = format!("the relationship {} joins columns of different types: {a:?} and {b:?}", words(relationship));
        out.push(placed(Diagnostic::error("P0311", message), relationship.span, "this relationship"));
    }
    if relationship.to_cardinality == Cardinality::One && !to.is_key {
        let message = format!(
            "`{}[{}]` is the one side of a relationship but not the key of its table",
            relationship.to_table, relationship.to_column
        );
        let problem = placed(Diagnostic::warning("P0315", message), relationship.span, "this relationship");
        out.push(problem.help("set `key: true` on it: a value that comes twice makes the refresh fail"));
    }
}

/// Filter paths: from the one side to the many side, both ways where the relationship says so.
fn paths(model: &Model, out: &mut Vec<Diagnostic>) {
    let index: HashMap<String, usize> = model.tables.iter().enumerate().map(|(i, t)| (t.name.to_lowercase(), i)).collect();
    let mut edges: Vec<Vec<(usize, usize)>> = vec![Vec::new(); model.tables.len()];
    for (position, relationship) in model.relationships.iter().enumerate().filter(|(_, r)| r.is_active) {
        let from = index.get(&relationship.from_table.to_lowercase());
        let to = index.get(&relationship.to_table.to_lowercase());
        let (Some(from), Some(to)) = (from, to) else { continue };
        if from != to {
            edges[*to].push((*from, position));
            if relationship.cross_filter == CrossFilter::Both {
                edges[*from].push((*to, position));
            }
        }
    }
    let mut steps = 0;
    let mut reported: HashSet<(usize, usize)> = HashSet::new();
    let mut circles: HashSet<Vec<usize>> = HashSet::new();
    for start in 0..model.tables.len() {
        let mut first: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
        let mut stack: Vec<Vec<(usize, usize)>> = edges[start].iter().map(|edge| vec![*edge]).collect();
        while let Some(path) = stack.pop() {
            steps += 1;
            if steps > MAX_STEPS {
                let message = "there are too many filter paths between the tables to check them all";
                out.push(Diagnostic::error("P0314", message).help("make relationships inactive, or filter one way only"));
                return;
            }
            let (here, last) = path[path.len() - 1];
            if here == start {
                // A both-ways relationship leads back at once; that is no circle.
                if path.len() > 2 || (path.len() == 2 && path[0].1 != path[1].1) {
                    let mut members: Vec<usize> = path.iter().map(|(_, relationship)| *relationship).collect();
                    members.sort_unstable();
                    if circles.insert(members) {
                        report_circle(model, start, &path, out);
                    }
                }
                continue;
            }
            match first.get(&here) {
                Some(other) => {
                    let inner = |path: &[(usize, usize)]| path[..path.len() - 1].iter().map(|(table, _)| *table).collect::<HashSet<_>>();
                    // Paths that share a table in between are reported for the shorter stretch.
                    if inner(other).is_disjoint(&inner(&path)) && reported.insert((start.min(here), start.max(here))) {
                        report_paths(model, start, other, &path, out);
                    }
                }
                None => {
                    first.insert(here, path.clone());
                }
            }
            for edge in edges[here].iter().rev() {
                let goes_back = edge.1 == last;
                let visited = path[..path.len() - 1].iter().any(|(table, _)| *table == edge.0) && edge.0 != start;
                if !goes_back && !visited {
                    let mut longer = path.clone();
                    longer.push(*edge);
                    stack.push(longer);
                }
            }
        }
    }
}

fn route(model: &Model, start: usize, path: &[(usize, usize)]) -> String {
    let mut out = format!("`{}`", model.tables[start].name);
    for (table, _) in path {
        out.push_str(&format!(" → `{}`", model.tables[*table].name));
    }
    out
}

fn report_circle(model: &Model, start: usize, path: &[(usize, usize)], out: &mut Vec<Diagnostic>) {
    let message = format!("active relationships go in a circle: {}", route(model, start, path));
    let mut problem = Diagnostic::error("P0316", message);
    for (_, relationship) in path.iter().rev() {
        problem = placed(problem, model.relationships[*relationship].span, "part of the circle");
    }
    out.push(problem.help("make one of them inactive with `active: false`"));
}

fn report_paths(model: &Model, start: usize, first: &[(usize, usize)], second: &[(usize, usize)], out: &mut Vec<Diagnostic>) {
    let end = &model.tables[second[second.len() - 1].0].name;
    let message = format!("filters reach `{end}` from `{}` by two active paths", model.tables[start].name);
    let mut problem = Diagnostic::error("P0314", message);
    for (_, relationship) in second.iter().rev() {
        problem = placed(problem, model.relationships[*relationship].span, "part of the second path");
    }
    let both = format!(
        "paths: {}; {}; make one relationship inactive with `active: false`",
        route(model, start, first),
        route(model, start, second)
    );
    out.push(problem.help(both));
}
