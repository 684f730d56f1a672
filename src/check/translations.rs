//! Every visible object has words in every language, and captions do not collide.

use std::collections::HashMap;

use super::placed;
use crate::base::{Diagnostic, Span};
use crate::model::{Culture, Model, ObjectPath, Translation};
use crate::project::Project;

/// How many missing words are listed one by one.
const LISTED: usize = 20;

pub(super) fn check(project: &Project, out: &mut Vec<Diagnostic>) {
    let model = &project.model;
    let objects = visible(model);
    for culture in model.cultures.iter().filter(|c| !c.name.eq_ignore_ascii_case(&model.culture)) {
        let place = project.texts.iter().find(|(name, _)| name.value == culture.name).map(|(name, _)| name.span);
        let mut missing = Vec::new();
        for Visible { path, what, span, wants_description, wants_folder } in &objects {
            let found = culture.translations.get(path);
            let lacks: Vec<&str> = [
                (found.and_then(|t| t.caption.as_ref()).is_none(), "caption"),
                (*wants_description && found.and_then(|t| t.description.as_ref()).is_none(), "description"),
                (*wants_folder && found.and_then(|t| t.display_folder.as_ref()).is_none(), "folder"),
            ]
            .into_iter()
            .filter_map(|(lacking, word)| lacking.then_some(word))
            .collect();
            if !lacks.is_empty() {
                missing.push((what, lacks.join(" and "), *span));
            }
        }
        let count = missing.len();
        for (what, lacks, span) in missing.into_iter().take(LISTED) {
            let message = format!("{what} has no {lacks} in `{}`", culture.name);
            let problem = placed(Diagnostic::warning("P0401", message), span, "not translated");
            out.push(placed(problem, place, "this language"));
        }
        if count > LISTED {
            let message = format!("{} more objects have no words in `{}`", count - LISTED, culture.name);
            out.push(placed(Diagnostic::warning("P0401", message), place, "this language"));
        }
        captions(culture, place, out);
    }
}

/// A visible object.
struct Visible {
    path: ObjectPath,
    /// Words for messages.
    what: String,
    span: Option<Span>,
    /// Whether it has a description to translate.
    wants_description: bool,
    /// Whether it is in a folder.
    wants_folder: bool,
}

fn visible(model: &Model) -> Vec<Visible> {
    let mut out = Vec::new();
    let mut add = |path, what, span, description: &str, folder: &Option<String>| {
        out.push(Visible { path, what, span, wants_description: !description.is_empty(), wants_folder: folder.is_some() });
    };
    for table in model.tables.iter().filter(|t| !t.is_hidden && !t.is_private) {
        let name = || table.name.clone();
        add(ObjectPath::Table(name()), format!("table `{}`", table.name), table.span, &table.description, &None);
        for column in table.columns.iter().filter(|c| !c.is_hidden) {
            let path = ObjectPath::Column(name(), column.name.clone());
            let what = format!("column `{}[{}]`", table.name, column.name);
            add(path, what, column.span, &column.description, &column.display_folder);
        }
        for hierarchy in table.hierarchies.iter().filter(|h| !h.is_hidden) {
            let path = ObjectPath::Hierarchy(name(), hierarchy.name.clone());
            let what = format!("hierarchy `{}` of table `{}`", hierarchy.name, table.name);
            // The words of a hierarchy are its name.
            add(path, what, hierarchy.span, "", &hierarchy.display_folder);
        }
    }
    for table in &model.tables {
        for measure in table.measures.iter().filter(|m| !m.is_hidden) {
            let path = ObjectPath::Measure(table.name.clone(), measure.name.clone());
            add(path, format!("measure `{}`", measure.name), measure.span, &measure.description, &measure.display_folder);
        }
    }
    out
}

/// Captions are unique among tables, among a table's columns and hierarchies, and among all measures.
fn captions(culture: &Culture, place: Option<Span>, out: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<(String, String), String> = HashMap::new();
    for (path, Translation { caption, .. }) in &culture.translations {
        let Some(caption) = caption else { continue };
        let (space, name) = match path {
            ObjectPath::Table(name) => ("tables".to_owned(), name),
            ObjectPath::Column(table, name) | ObjectPath::Hierarchy(table, name) => (format!("table `{table}`"), name),
            ObjectPath::Measure(_, name) => ("measures".to_owned(), name),
            ObjectPath::Level(table, hierarchy, name) => (format!("hierarchy `{hierarchy}` of `{table}`"), name),
            ObjectPath::Model => continue,
        };
        if let Some(other) = seen.insert((space.clone(), caption.to_lowercase()), name.clone()) {
            let message = format!("`{other}` and `{name}` ({space}) have the same caption `{caption}` in `{}`", culture.name);
            out.push(placed(Diagnostic::error("P0402", message), place, "this language"));
        }
    }
}
