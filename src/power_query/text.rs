//! M text: literals, quoted names, words.

/// A text literal: quotes doubled, `#(` and line ends escaped.
pub fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    // Pages are long: a block is looked at as a whole.
    let is_special = |block: &[u8]| block.iter().fold(false, |any, byte| any | matches!(byte, b'"' | b'#' | b'\n' | b'\r' | b'\t'));
    if !text.as_bytes().chunks(64).any(is_special) {
        out.push_str(text);
        out.push('"');
        return out;
    }
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\"\""),
            '#' if chars.peek() == Some(&'(') => out.push_str("#(#)"),
            '\n' => out.push_str("#(lf)"),
            '\r' => out.push_str("#(cr)"),
            '\t' => out.push_str("#(tab)"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A quoted name: `#"Invoice Key"`.
pub fn field(name: &str) -> String {
    format!("#{}", literal(name))
}

/// The plain identifiers of an M text, outside text literals and comments; `Table.AddColumn` is one word.
pub fn identifiers(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut words = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            b'"' => {
                // A quote that is doubled begins the rest of the same text.
                let end = |from: usize| text.get(from..).and_then(|rest| rest.find('"')).map_or(bytes.len(), |at| from + at);
                i = end(i + 1) + 1;
                while bytes.get(i) == Some(&b'"') {
                    i = end(i + 1) + 1;
                }
            }
            b'/' if bytes.get(i + 1) == Some(&b'/') => {
                while i < bytes.len() && bytes[i] != b'\n' {
                    i += 1;
                }
            }
            b'/' if bytes.get(i + 1) == Some(&b'*') => i = text[i + 2..].find("*/").map_or(bytes.len(), |end| i + 2 + end + 2),
            c if c.is_ascii_alphabetic() || c == b'_' => {
                let start = i;
                while i < bytes.len() && (bytes[i].is_ascii_alphanumeric() || matches!(bytes[i], b'_' | b'.')) {
                    i += 1;
                }
                words.push(&text[start..i]);
            }
            _ => i += 1,
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_escape_what_m_reads_as_code() {
        assert_eq!(literal("a \"b\" #(lf) c"), "\"a \"\"b\"\" #(#)(lf) c\"");
        assert_eq!(literal("x\ny"), "\"x#(lf)y\"");
        assert_eq!(field("Net Amount (base)"), "#\"Net Amount (base)\"");
    }

    #[test]
    fn identifiers_leave_out_texts_and_comments() {
        let text = "let a = Table.AddColumn(b, \"Not \"\"This\"\" one\"), // nor this\n #\"c d\" = /* e */ F(1) in a";
        assert_eq!(identifiers(text), ["let", "a", "Table.AddColumn", "b", "F", "in", "a"]);
    }
}
