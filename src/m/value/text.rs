//! UTF-16 positions over UTF-8 text, and quoting.

/// Length in UTF-16 code units, as `Text.Length` counts.
pub fn utf16_len(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// The byte offset of a UTF-16 position; `None` past the end. A position inside a surrogate pair gives the start of the pair.
pub fn utf16_index_to_byte(text: &str, index: usize) -> Option<usize> {
    if text.is_ascii() {
        return (index <= text.len()).then_some(index);
    }
    let mut units = 0;
    for (byte, c) in text.char_indices() {
        if units + c.len_utf16() > index {
            return Some(byte);
        }
        units += c.len_utf16();
    }
    (units == index).then_some(text.len())
}

/// At most `count` code units from `start`; what lies past the end is left out. A half of a surrogate pair becomes U+FFFD.
pub fn utf16_slice(text: &str, start: usize, count: usize) -> String {
    if text.is_ascii() {
        let start = start.min(text.len());
        return text[start..start.saturating_add(count).min(text.len())].to_owned();
    }
    let units: Vec<u16> = text.encode_utf16().skip(start).take(count).collect();
    String::from_utf16_lossy(&units)
}

/// The code unit at `index` as text of one code unit; `None` past the end.
pub fn utf16_char_at(text: &str, index: usize) -> Option<String> {
    if text.is_ascii() {
        return text.get(index..index + 1).map(str::to_owned);
    }
    text.encode_utf16().nth(index).map(|unit| String::from_utf16_lossy(&[unit]))
}

/// Text as an M literal with its quotes.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\"\""),
            '\r' => out.push_str("#(cr)"),
            '\n' => out.push_str("#(lf)"),
            '\t' => out.push_str("#(tab)"),
            '#' if chars.peek() == Some(&'(') => out.push_str("#(#)"),
            c if c.is_control() => out.push_str(&format!("#({:04X})", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
