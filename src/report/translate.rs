//! Texts of a report in another language. English text is the key; identifiers never change, so all languages have the same files.

use std::collections::BTreeMap;

use super::{Field, FormatObject, Property, Report, Visual, catalog};
use crate::base::Span;

/// English text → its words in one language.
pub type Words = BTreeMap<String, String>;

/// A text without translation, or any text with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing {
    /// The English text.
    pub text: String,
    /// The visual or page that shows it.
    pub span: Option<Span>,
}

/// Puts the report's texts into another language and says which had no translation (they stay English).
///
/// `captions` gives the translated name of a field of the model: the heading where a visual sets none of its own, and the
/// words of a text that repeats the name of a field which the report shows.
pub fn localise(report: &mut Report, locale: &str, words: &Words, captions: &dyn Fn(&Field) -> Option<String>) -> Vec<Missing> {
    let mut missing = Vec::new();
    let names = field_names(report, captions);
    visit(report, &mut |text, span| match words.get(text.as_str()).or_else(|| names.get(text.as_str())) {
        Some(translated) => *text = translated.clone(),
        None => missing.push(Missing { text: text.clone(), span }),
    });
    for projection in report.pages.iter_mut().flat_map(|p| &mut p.visuals).flat_map(|v| &mut v.roles).flat_map(|r| &mut r.fields) {
        if projection.display_name.is_none() {
            projection.display_name = captions(&projection.field).filter(|caption| caption != projection.field.name());
        }
    }
    report.locale = Some(locale.to_owned());
    missing
}

/// Name → caption of the fields that the report shows; measures win over columns of the same name.
fn field_names(report: &Report, captions: &dyn Fn(&Field) -> Option<String>) -> Words {
    let fields = || report.pages.iter().flat_map(|p| &p.visuals).flat_map(|v| v.fields().map(|(_, projection)| &projection.field));
    let mut names = Words::new();
    for is_measure in [false, true] {
        for field in fields().filter(|field| matches!(field, Field::Measure { .. }) == is_measure) {
            names.extend(captions(field).map(|caption| (field.name().to_owned(), caption)));
        }
    }
    names
}

impl Report {
    /// Every text that people read, with the place that shows it, in page order; a text that is shown twice comes twice.
    pub fn texts(&self) -> Vec<Missing> {
        let mut texts = Vec::new();
        // The visitor wants mutable texts because `localise` replaces them; reading works on a copy.
        visit(&mut self.clone(), &mut |text, span| texts.push(Missing { text: text.clone(), span }));
        texts
    }
}

/// Calls `each` with every non-empty text that people read, and its place.
fn visit(report: &mut Report, each: &mut dyn FnMut(&mut String, Option<Span>)) {
    let mut each = |text: &mut String, span: Option<Span>| {
        if text.chars().any(char::is_alphabetic) {
            each(text, span);
        }
    };
    for filter in &mut report.filters {
        filter.display_name.iter_mut().for_each(|text| each(text, filter.span));
    }
    for page in &mut report.pages {
        each(&mut page.display_name, page.span);
        for filter in &mut page.filters {
            filter.display_name.iter_mut().for_each(|text| each(text, filter.span));
        }
        for visual in &mut page.visuals {
            visit_visual(visual, &mut each);
        }
    }
    for bookmark in &mut report.bookmarks {
        each(&mut bookmark.display_name, None);
    }
}

fn visit_visual(visual: &mut Visual, each: &mut dyn FnMut(&mut String, Option<Span>)) {
    let span = visual.span;
    for projection in visual.roles.iter_mut().flat_map(|role| &mut role.fields) {
        projection.display_name.iter_mut().for_each(|text| each(text, projection.span.or(span)));
    }
    for filter in &mut visual.filters {
        filter.display_name.iter_mut().for_each(|text| each(text, filter.span.or(span)));
    }
    for object in visual.objects.iter_mut().chain(&mut visual.container) {
        let FormatObject { name, properties, .. } = object;
        for (property, value) in properties {
            match value {
                Property::Text(text) if catalog::is_words(name, property) => each(text, span),
                Property::Paragraphs(paragraphs) => {
                    paragraphs.iter_mut().flat_map(|p| &mut p.runs).for_each(|run| each(&mut run.text, span));
                }
                _ => {}
            }
        }
    }
}
