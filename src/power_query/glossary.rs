//! The rows of the glossary: every visible measure with its description, then notes.

use super::text::{field, literal};
use crate::model::{Culture, Measure, ObjectPath};
use crate::project::Project;

/// One M record per entry, in the order shown: measures by folder, then the notes of `templates/glossary/<language>.txt`.
pub(super) fn rows(project: &Project, locale: &str) -> Vec<String> {
    let language = locale.split('-').next().unwrap_or("en");
    let culture = project.model.cultures.iter().find(|culture| culture.name.split('-').next() == Some(language));
    let mut areas: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for table in &project.model.tables {
        for measure in table.measures.iter().filter(|measure| !measure.is_hidden) {
            let words = Words::of(culture, &table.name, measure);
            let kind = if measure.description.starts_with("Tile ") { "Tile" } else { "Measure" };
            let order = area_order(&mut areas, &words.folder);
            rows.push(row(rows.len() + 1, &words.folder, order, &words.caption, kind, &words.description));
        }
    }
    let notes = [format!("glossary/{language}.txt"), "glossary/en.txt".to_owned()];
    let notes = notes.iter().find_map(|path| project.templates.get(path)).unwrap_or_default();
    let notes = String::from_utf8_lossy(notes);
    let title = match language {
        "fr" => "Notes",
        "nl" => "Notities",
        _ => "Notes",
    };
    for line in notes.lines().filter(|line| !line.starts_with('#')) {
        if let Some((term, definition)) = line.split_once(" | ") {
            let order = area_order(&mut areas, title);
            rows.push(row(rows.len() + 1, title, order, term.trim(), "Note", definition.trim()));
        }
    }
    rows
}

/// What a measure is called in a language.
struct Words {
    folder: String,
    caption: String,
    description: String,
}

impl Words {
    fn of(culture: Option<&Culture>, table: &str, measure: &Measure) -> Words {
        let translated = culture.and_then(|c| c.translations.get(&ObjectPath::Measure(table.to_owned(), measure.name.clone())));
        let or = |translated: Option<&String>, own: &str| translated.cloned().unwrap_or_else(|| own.to_owned());
        Words {
            folder: or(translated.and_then(|t| t.display_folder.as_ref()), measure.display_folder.as_deref().unwrap_or("Measures")),
            caption: or(translated.and_then(|t| t.caption.as_ref()), &measure.name),
            description: or(translated.and_then(|t| t.description.as_ref()), &measure.description),
        }
    }
}

/// The position of an area, from 1, in order of first use.
fn area_order(areas: &mut Vec<String>, area: &str) -> usize {
    areas.iter().position(|known| known == area).unwrap_or_else(|| {
        areas.push(area.to_owned());
        areas.len() - 1
    }) + 1
}

fn row(entry: usize, area: &str, order: usize, term: &str, kind: &str, definition: &str) -> String {
    let fields = [
        ("Entry", entry.to_string()),
        ("Area", literal(area)),
        ("Area Order", order.to_string()),
        ("Term", literal(term)),
        ("Kind", literal(kind)),
        ("Definition", literal(definition)),
    ];
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{} = {value}", field(name))).collect();
    format!("[{}]", fields.join(", "))
}
