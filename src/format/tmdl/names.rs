//! Names and texts as TMDL writes them.

use std::borrow::Cow;

/// A name for a declaration or a reference: quoted unless it is plain.
///
/// Source: format reference, "quote when it contains `.`, `=`, `:`, `'` or whitespace".
pub(super) fn quoted(name: &str) -> Cow<'_, str> {
    let is_special = |byte: u8| matches!(byte, b'.' | b'=' | b':' | b'\'' | b'"' | b'`' | b' ' | b'\t'..=b'\r');
    let plain = !name.is_empty() && !name.bytes().any(is_special) && (name.is_ascii() || !name.contains(char::is_whitespace));
    if plain { name.into() } else { format!("'{}'", name.replace('\'', "''")).into() }
}

/// Reads a name at the start of `text`; gives the name and the rest. `None` when there is none or a quote stays open.
pub(super) fn name(text: &str) -> Option<(String, &str)> {
    if let Some(mut rest) = text.strip_prefix('\'') {
        let mut out = String::new();
        loop {
            let end = rest.find('\'')?;
            out.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            match rest.strip_prefix('\'') {
                Some(more) => {
                    out.push('\'');
                    rest = more;
                }
                None => return Some((out, rest)),
            }
        }
    }
    let end = text.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(text.len());
    (end > 0).then(|| (text[..end].to_owned(), &text[end..]))
}

/// Reads `Table.Column`, either part quoted.
pub(super) fn path(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    let (table, rest) = if text.starts_with('\'') {
        name(text)?
    } else {
        let dot = text.find('.')?;
        (text[..dot].to_owned(), &text[dot..])
    };
    let rest = rest.strip_prefix('.')?;
    let column = if rest.starts_with('\'') { name(rest)?.0 } else { rest.to_owned() };
    (!table.is_empty() && !column.is_empty()).then_some((table, column))
}

/// A whole value that is a name, quoted or not.
pub(super) fn whole(text: &str) -> String {
    match name(text) {
        Some((name, rest)) if text.starts_with('\'') && rest.trim().is_empty() => name,
        _ => text.to_owned(),
    }
}

/// A text value after `:`; in double quotes where the ends would be lost or misread.
pub(super) fn text_value(text: &str) -> Cow<'_, str> {
    let ends = text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
    let looks_quoted = text.len() >= 2 && text.starts_with('"') && text.ends_with('"');
    if ends || looks_quoted || text.is_empty() { format!("\"{}\"", text.replace('"', "\"\"")).into() } else { text.into() }
}

/// The inverse of [`text_value`].
pub(super) fn read_text(text: &str) -> String {
    let text = text.trim();
    match text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
        Some(inner) if !inner.replace("\"\"", "").contains('"') => inner.replace("\"\"", "\""),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_quote_and_read_back() {
        for text in ["Invoices", "Due Date", "it's", "a=b", "YOY%", "A.B", "x:y"] {
            let written = quoted(text);
            assert_eq!(name(&written), Some((text.to_owned(), "")), "{written}");
            assert_eq!(path(&format!("{written}.{}", quoted("O'C"))), Some((text.to_owned(), "O'C".to_owned())));
        }
        assert_eq!(quoted("YOY%"), "YOY%");
        assert_eq!(name("'open"), None);
    }

    #[test]
    fn text_values_keep_quotes_and_blanks() {
        for text in ["\"£\"#,0.00", "\"TRUE\";\"TRUE\";\"FALSE\"", " lead", "#,0;(#,0)", "", "\"", "a\"b"] {
            assert_eq!(read_text(&text_value(text)), text, "{}", text_value(text));
        }
        assert_eq!(text_value("\"£\"#,0.00"), "\"£\"#,0.00");
    }
}
