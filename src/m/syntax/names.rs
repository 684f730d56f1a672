//! How names are written.

use crate::m::value::quote;

/// Reserved words.
pub(super) const KEYWORDS: [&str; 32] = [
    "and",
    "as",
    "each",
    "else",
    "error",
    "false",
    "if",
    "in",
    "is",
    "let",
    "meta",
    "not",
    "null",
    "or",
    "otherwise",
    "section",
    "shared",
    "then",
    "true",
    "try",
    "type",
    "#binary",
    "#date",
    "#datetime",
    "#datetimezone",
    "#duration",
    "#infinity",
    "#nan",
    "#sections",
    "#shared",
    "#table",
    "#time",
];

/// Whether a character may start an identifier.
#[inline]
pub(super) fn starts_identifier(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic() || (!c.is_ascii() && c.is_alphabetic())
}

/// Whether a character may follow within an identifier: letters, digits, marks, connectors, format characters.
#[inline]
pub(super) fn continues_identifier(c: char) -> bool {
    c == '_'
        || c.is_ascii_alphanumeric()
        || (!c.is_ascii()
            && (c.is_alphanumeric()
                || is_mark_or_format(c)
                || matches!(c, '\u{203F}' | '\u{2040}' | '\u{2054}' | '\u{FE33}' | '\u{FE34}' | '\u{FE4D}'..='\u{FE4F}' | '\u{FF3F}')))
}

fn is_mark_or_format(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
        || matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
}

/// Whether `name` can be written without quotes where an identifier is expected: dotted segments, no reserved word.
pub fn is_identifier(name: &str) -> bool {
    !KEYWORDS.contains(&name)
        && !name.is_empty()
        && name.split('.').all(|segment| {
            let mut chars = segment.chars();
            chars.next().is_some_and(starts_identifier) && chars.all(continues_identifier)
        })
}

/// A name as an identifier: `a`, `#"a b"`.
pub fn quoted_identifier(name: &str) -> String {
    if is_identifier(name) { name.to_owned() } else { format!("#{}", quote(name)) }
}

/// A name as a field name in brackets: words separated by single blanks need no quotes.
pub fn field_name(name: &str) -> String {
    let plain = !name.is_empty()
        && name.split(' ').all(|word| {
            !word.is_empty()
                && word.split('.').all(|part| !part.is_empty() && part.chars().all(continues_identifier))
                && word.chars().next().is_some_and(|c| starts_identifier(c) || c.is_ascii_digit())
        });
    if plain { name.to_owned() } else { format!("#{}", quote(name)) }
}
