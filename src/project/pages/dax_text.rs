//! Words that readers see but DAX makes: titles built by measures, lines of constant helper tables.
//!
//! They are translated like the report's own texts, with the same dictionary, when a template is built in one language. Only
//! measures of the folder `Support` and constant calculated tables (`DATATABLE`) are touched; other literals are data.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::model::{Model, PartitionSource, Source};

/// The folder of measures that make texts.
const FOLDER: &str = "Support";

/// All literals that readers see: those with a letter that are no colours, format strings or currency codes.
pub fn dax_texts(model: &Model) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    for measure in model.tables.iter().flat_map(|table| &table.measures) {
        if makes_text(measure.display_folder.as_deref(), &measure.expression) {
            texts.extend(literals(&measure.expression.text).into_iter().map(|(_, text)| text).filter(|text| is_words(text)));
        }
    }
    texts
}

/// Literals of constant helper tables; those among them that have a translation are translated too.
pub fn constant_texts(model: &Model) -> BTreeSet<String> {
    let sources = model.tables.iter().filter_map(|table| table.calculated()).filter(|source| is_constant(source));
    sources.flat_map(|source| literals(&source.text)).map(|(_, text)| text).collect()
}

fn is_constant(source: &Source) -> bool {
    source.text.trim_start().to_ascii_uppercase().starts_with("DATATABLE")
}

/// Puts those literals into another language; dates are formatted in `culture`.
pub fn localise_dax(model: &mut Model, words: &BTreeMap<String, String>, culture: &str) {
    for table in &mut model.tables {
        for partition in &mut table.partitions {
            if let PartitionSource::Calculated(source) = &mut partition.source
                && is_constant(source)
            {
                replace(source, words, None);
            }
        }
        for measure in &mut table.measures {
            if makes_text(measure.display_folder.as_deref(), &measure.expression) {
                replace(&mut measure.expression, words, Some(culture));
            }
        }
    }
}

/// A measure of the folder of texts that has words.
fn makes_text(folder: Option<&str>, source: &Source) -> bool {
    folder == Some(FOLDER) && literals(&source.text).iter().any(|(_, text)| is_words(text))
}

/// Words, not a date pattern, a colour, a currency code or symbol.
fn is_words(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let is_code = text.trim().chars().all(|c| c.is_ascii_uppercase());
    letters > 1 && !is_date_pattern(text) && !text.starts_with('#') && !is_code
}

fn is_date_pattern(text: &str) -> bool {
    text.contains("MMM") && text.chars().all(|c| "dMyHhms :/.-".contains(c))
}

fn replace(source: &mut Source, words: &BTreeMap<String, String>, culture: Option<&str>) {
    let mut out = String::with_capacity(source.text.len());
    let mut done = 0;
    for (range, text) in literals(&source.text) {
        let new = match words.get(&text) {
            Some(word) => format!("\"{}\"", word.replace('"', "\"\"")),
            None => match culture.filter(|_| is_date_pattern(&text) && ends_call(&source.text[range.end..])) {
                Some(culture) => format!("\"{text}\", \"{culture}\""),
                None => continue,
            },
        };
        out.push_str(&source.text[done..range.start]);
        out.push_str(&new);
        done = range.end;
    }
    if done > 0 {
        out.push_str(&source.text[done..]);
        // The text is no longer that of the file, so places in it cannot be mapped.
        *source = Source::new(out);
    }
}

/// Whether the argument before is the last of its call.
fn ends_call(rest: &str) -> bool {
    rest.trim_start().starts_with(')')
}

/// Text literals of a DAX expression: range with the quotes, and value. Comments and quoted names are skipped.
fn literals(dax: &str) -> Vec<(Range<usize>, String)> {
    let bytes = dax.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    // The end of what is quoted with `quote` from `from` on; the quote doubled stands for itself.
    let close = |from: usize, quote: u8| {
        let mut i = from + 1;
        while i < bytes.len() {
            if bytes[i] == quote {
                if bytes.get(i + 1) == Some(&quote) {
                    i += 1;
                } else {
                    return i + 1;
                }
            }
            i += 1;
        }
        bytes.len()
    };
    while at < bytes.len() {
        at = match bytes[at] {
            b'"' => {
                let end = close(at, b'"');
                let inner = dax.get(at + 1..end.saturating_sub(1)).unwrap_or_default();
                found.push((at..end, inner.replace("\"\"", "\"")));
                end
            }
            b'\'' => close(at, b'\''),
            b'[' => close(at, b']'),
            b'/' | b'-' if bytes.get(at + 1) == Some(&bytes[at]) => dax[at..].find('\n').map_or(bytes.len(), |i| at + i),
            b'/' if bytes.get(at + 1) == Some(&b'*') => dax[at..].find("*/").map_or(bytes.len(), |i| at + i + 2),
            _ => at + 1,
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Measure, Table};

    #[test]
    fn literals_are_found_outside_names_and_comments() {
        let dax = "// \"no\"\n'A \"b' [x\"y] -- \"no\"\n/* \"no\" */ \"say \"\"hi\"\"\" & \"two\"";
        let texts: Vec<String> = literals(dax).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["say \"hi\"", "two"]);
    }

    #[test]
    fn titles_are_translated_and_dates_follow_the_culture() {
        let expression = Source::new("IF ( x, \"As at \" & FORMAT ( d, \"d MMMM yyyy\" ), \"EUR\" )");
        let measure = Measure { name: "As at title".into(), expression, display_folder: Some("Support".into()), ..Measure::default() };
        let other = Measure { expression: Source::new("\"As at \""), display_folder: Some("Cash".into()), ..Measure::default() };
        let mut model = Model { tables: vec![Table { measures: vec![measure, other], ..Table::default() }], ..Model::default() };
        assert_eq!(dax_texts(&model).into_iter().collect::<Vec<_>>(), ["As at "]);
        localise_dax(&mut model, &BTreeMap::from([("As at ".to_owned(), "Au ".to_owned())]), "fr-FR");
        assert_eq!(model.tables[0].measures[0].expression.text, "IF ( x, \"Au \" & FORMAT ( d, \"d MMMM yyyy\", \"fr-FR\" ), \"EUR\" )");
        assert_eq!(model.tables[0].measures[1].expression.text, "\"As at \"", "other folders hold data, not words");
    }
}
