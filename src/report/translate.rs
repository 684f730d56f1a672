//! Texts of a report in another language. English text is the key; identifiers never change, so all languages have the same files.

use std::collections::BTreeMap;

use super::{Field, FormatObject, Property, Report, Visual, catalog};
use crate::base::Span;

/// English text → its words in one language.
pub type Words = BTreeMap<String, String>;

/// A text with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown<'a> {
    /// The English text.
    pub text: &'a str,
    /// The visual or page that shows it.
    pub span: Option<Span>,
}

/// Puts the report's texts into another language; those without a translation stay as they are.
///
/// `captions` gives the translated name of a field of the model: the heading where a visual sets none of its own, and the
/// words of a text that repeats the name of a field which the report shows.
pub fn localise(report: &mut Report, locale: &str, words: &Words, captions: &dyn Fn(&Field) -> Option<String>) {
    let names = field_names(report, captions);
    visit_mut(report, &mut |text, _| {
        if let Some(translated) = words.get(text.as_str()).or_else(|| names.get(text.as_str())) {
            text.clone_from(translated);
        }
    });
    for projection in report.pages.iter_mut().flat_map(|p| &mut p.visuals).flat_map(|v| &mut v.roles).flat_map(|r| &mut r.fields) {
        if projection.display_name.is_none() {
            projection.display_name = captions(&projection.field).filter(|caption| caption != projection.field.name());
        }
    }
    report.locale = Some(locale.to_owned());
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
    pub fn texts(&self) -> Vec<Shown<'_>> {
        let mut texts = Vec::new();
        visit(self, &mut |text, span| texts.push(Shown { text, span }));
        texts
    }

    /// Those of them that [`localise`] has no words for.
    pub fn untranslated(&self, words: &Words, captions: &dyn Fn(&Field) -> Option<String>) -> Vec<Shown<'_>> {
        let names = field_names(self, captions);
        let mut texts = self.texts();
        texts.retain(|shown| !words.contains_key(shown.text) && !names.contains_key(shown.text));
        texts
    }
}

/// Functions that call `each` with every text of a report that people read (one without a letter is none), and its place; for reading and for writing.
macro_rules! visitors {
    ($visit:ident, $visit_visual:ident, $text:ty, $iter:ident $(, $mutable:tt)?) => {
        fn $visit<'a>(report: &'a $($mutable)? Report, each: &mut dyn FnMut(&'a $($mutable)? $text, Option<Span>)) {
            let mut each = |text: &'a $($mutable)? String, span: Option<Span>| {
                if text.chars().any(char::is_alphabetic) {
                    each(text, span);
                }
            };
            for filter in &$($mutable)? report.filters {
                filter.display_name.$iter().for_each(|text| each(text, filter.span));
            }
            for page in &$($mutable)? report.pages {
                each(&$($mutable)? page.display_name, page.span);
                for filter in &$($mutable)? page.filters {
                    filter.display_name.$iter().for_each(|text| each(text, filter.span));
                }
                for visual in &$($mutable)? page.visuals {
                    $visit_visual(visual, &mut each);
                }
            }
            for bookmark in &$($mutable)? report.bookmarks {
                each(&$($mutable)? bookmark.display_name, None);
            }
        }

        fn $visit_visual<'a>(visual: &'a $($mutable)? Visual, each: &mut dyn FnMut(&'a $($mutable)? String, Option<Span>)) {
            let span = visual.span;
            for projection in visual.roles.$iter().flat_map(|role| &$($mutable)? role.fields) {
                let place = projection.span.or(span);
                projection.display_name.$iter().for_each(|text| each(text, place));
            }
            for filter in &$($mutable)? visual.filters {
                let place = filter.span.or(span);
                filter.display_name.$iter().for_each(|text| each(text, place));
            }
            for object in visual.objects.$iter().chain(&$($mutable)? visual.container) {
                let FormatObject { name, properties, .. } = object;
                for (property, value) in properties {
                    match value {
                        Property::Text(text) if catalog::is_words(name, property) => each(text, span),
                        Property::Paragraphs(paragraphs) => {
                            paragraphs.$iter().flat_map(|p| &$($mutable)? p.runs).for_each(|run| each(&$($mutable)? run.text, span));
                        }
                        _ => {}
                    }
                }
            }
        }
    };
}
visitors!(visit, visit_visual, str, iter);
visitors!(visit_mut, visit_visual_mut, String, iter_mut, mut);
