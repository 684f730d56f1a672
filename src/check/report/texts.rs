//! Every text of the report is translated into every language that the report has (`R0219`); no translation is left over (`R0220`).

use std::collections::BTreeSet;

use crate::base::Diagnostic;
use crate::model::{Culture, Model, ObjectPath};
use crate::project::pages::{constant_texts, dax_texts};
use crate::report::{Field, Report, Shown};

/// How many missing translations are listed one by one.
const LISTED: usize = 20;

pub(super) fn check(report: &Report, model: &Model, found: &mut Vec<Diagnostic>) {
    let in_model = dax_texts(model);
    let constants = constant_texts(model);
    let shown = report.texts().into_iter().map(|shown| shown.text);
    let shown: BTreeSet<&str> = shown.chain(in_model.iter().chain(&constants).map(String::as_str)).collect();
    for (culture, words) in &report.translations {
        for text in words.keys().filter(|text| !shown.contains(text.as_str())) {
            found.push(Diagnostic::warning(
                "R0220",
                format!("translation of `{text}` into {culture}, a text that the report does not show"),
            ));
        }
        if culture.split('-').next() == model.culture.split('-').next() {
            continue;
        }
        let own = model.cultures.iter().find(|c| c.name == *culture);
        // The same as a build in that language does.
        let mut missing = report.untranslated(words, &|field| caption(own?, field));
        missing.extend(in_model.iter().filter(|text| !words.contains_key(*text)).map(|text| Shown { text, span: None }));
        let mut told: BTreeSet<&str> = BTreeSet::new();
        missing.retain(|shown| told.insert(shown.text));
        let more = missing.len().saturating_sub(LISTED);
        for text in missing.into_iter().take(LISTED) {
            let problem = Diagnostic::warning("R0219", format!("`{}` has no translation into {culture}", text.text));
            let problem = match text.span {
                Some(span) => problem.at(span, "shown here"),
                None => problem,
            };
            found.push(problem.help(format!("add it under `report:` in the file of `locales` with `culture: {culture}`")));
        }
        if more > 0 {
            found.push(Diagnostic::warning("R0219", format!("{more} more texts have no translation into {culture}")));
        }
    }
}

/// The translated name of a field.
fn caption(culture: &Culture, field: &Field) -> Option<String> {
    let path = match field {
        Field::Measure { table, measure } => ObjectPath::Measure(table.clone(), measure.clone()),
        Field::Column { table, column } => ObjectPath::Column(table.clone(), column.clone()),
        _ => return None,
    };
    culture.translations.get(&path)?.caption.clone()
}
