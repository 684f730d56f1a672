//! Every text of the report is translated into every language that the report has (`R0219`); no translation is left over (`R0220`).

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Diagnostic, Span};
use crate::model::{Model, ObjectPath};
use crate::report::Report;

/// Words of measures and columns in a culture, by their own name: a title that repeats a measure's name needs no words of its own.
pub fn captions(model: &Model, culture: &str) -> BTreeMap<String, String> {
    let Some(culture) = model.cultures.iter().find(|c| c.name == culture) else { return BTreeMap::new() };
    let mut words = BTreeMap::new();
    for (path, translation) in &culture.translations {
        let (ObjectPath::Measure(_, name) | ObjectPath::Column(_, name)) = path else { continue };
        let Some(caption) = &translation.caption else { continue };
        // Measures are unique in the model and win; a column's name may stand for several columns.
        if matches!(path, ObjectPath::Measure(..)) || !words.contains_key(name) {
            words.insert(name.clone(), caption.clone());
        }
    }
    words
}

pub(super) fn check(report: &Report, model: &Model, found: &mut Vec<Diagnostic>) {
    let texts = report.texts();
    for (culture, words) in &report.translations {
        if culture.split('-').next() == model.culture.split('-').next() {
            continue;
        }
        let captions = captions(model, culture);
        let mut told: BTreeSet<&str> = BTreeSet::new();
        for text in &texts {
            if words.contains_key(&text.text) || captions.contains_key(&text.text) || !told.insert(&text.text) {
                continue;
            }
            let problem = Diagnostic::warning("R0219", format!("`{}` has no translation into {culture}", text.text));
            let problem = match text.span {
                Some(span) => problem.at(span, "shown here"),
                None => problem,
            };
            found.push(problem.help(format!("add it under `report:` in the file of `locales` with `culture: {culture}`")));
        }
        let shown: BTreeSet<&str> = texts.iter().map(|text| text.text.as_str()).chain(report.dax_texts.iter().map(String::as_str)).collect();
        for text in words.keys().filter(|text| !shown.contains(text.as_str())) {
            let problem = Diagnostic::warning("R0220", format!("translation of `{text}` into {culture}, which the report does not show"));
            found.push(match unused_place(report, text) {
                Some(span) => problem.at(span, "never used"),
                None => problem,
            });
        }
    }
}

/// Translations carry no places of their own.
fn unused_place(_: &Report, _: &str) -> Option<Span> {
    None
}
