//! Text → tokens. Comments are kept aside, so that the formatter can put them back.

use std::sync::Arc;

use super::SyntaxError;
use super::ast::Place;
use crate::base::Date;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where.
    pub at: Place,
}

/// Kinds of tokens.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Whole number.
    Int(i64),
    /// Number with a point or an exponent.
    Double(f64),
    /// Text, unescaped.
    Text(Arc<str>),
    /// Date literal as days since 1899-12-30.
    Date(f64),
    /// `@name`.
    Parameter(String),
    /// Identifier, dots included.
    Ident(String),
    /// `'…'`.
    Quoted(String),
    /// `[…]`.
    Bracket(String),
    /// Operator or punctuation.
    Symbol(&'static str),
    /// End of the text.
    End,
}

/// A comment: its place and whether it runs to the end of the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comment {
    /// Where, markers included.
    pub at: Place,
    /// `--` or `//`.
    pub line: bool,
}

const SYMBOLS: [&str; 25] =
    ["=>", "==", "<>", "<=", ">=", "&&", "||", "(", ")", "{", "}", ",", "+", "-", "*", "/", "^", "&", "=", "<", ">", ":", ".", ";", "!"];

/// Whether a character may be blank space: also the no-break, zero-width and byte-order marks that pasted measures hold.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}')
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Splits a text into tokens, the last one being [`Kind::End`], and comments.
///
/// # Errors
/// An unclosed text, name or comment, a character that DAX does not know, a date literal that is no date.
pub fn lex(text: &str) -> Result<(Vec<Token>, Vec<Comment>), SyntaxError> {
    if text.len() >= u32::MAX as usize {
        return Err(SyntaxError::new("D0104", "the text is too long", Place::default()));
    }
    let bytes = text.as_bytes();
    let (mut tokens, mut comments) = (Vec::with_capacity(text.len() / 4 + 1), Vec::new());
    let mut i = 0;
    while i < bytes.len() {
        let start = i;
        let byte = bytes[i];
        let kind = match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {
                i += 1;
                continue;
            }
            b'/' if bytes.get(i + 1) == Some(&b'*') => {
                let Some(end) = text[i + 2..].find("*/") else {
                    return Err(SyntaxError::new("D0101", "a comment that starts with `/*` is never closed", Place::new(i, i + 2)));
                };
                i += end + 4;
                comments.push(Comment { at: Place::new(start, i), line: false });
                continue;
            }
            b'/' | b'-' if bytes.get(i + 1) == Some(&byte) => {
                i = text[i..].find('\n').map_or(text.len(), |n| i + n);
                comments.push(Comment { at: Place::new(start, start + text[start..i].trim_end().len()), line: true });
                continue;
            }
            b'"' => Kind::Text(Arc::from(delimited(text, &mut i, b'"', "text")?)),
            b'\'' => Kind::Quoted(delimited(text, &mut i, b'\'', "table name")?),
            b'[' => Kind::Bracket(delimited(text, &mut i, b']', "name in brackets")?),
            b'0'..=b'9' => number(text, &mut i)?,
            b'.' if bytes.get(i + 1).is_some_and(u8::is_ascii_digit) => number(text, &mut i)?,
            b'@' => {
                i += 1;
                let name = identifier(text, &mut i);
                if name.is_empty() {
                    return Err(SyntaxError::new("D0102", "expected the name of a parameter after `@`", Place::new(start, i)));
                }
                Kind::Parameter(name)
            }
            _ => {
                let c = text[i..].chars().next().expect("i is on a character boundary");
                if is_blank(c) {
                    i += c.len_utf8();
                    continue;
                }
                if is_name_start(c) {
                    let name = identifier(text, &mut i);
                    if name.eq_ignore_ascii_case("dt") && bytes.get(i) == Some(&b'"') {
                        let literal = delimited(text, &mut i, b'"', "date")?;
                        let Some(date) = date_literal(&literal) else {
                            let message =
                                format!("expected a date such as dt\"2024-02-29\" or dt\"2024-02-29T10:30:00\", found `{literal}`");
                            return Err(SyntaxError::new("D0103", message, Place::new(start, i)));
                        };
                        Kind::Date(date)
                    } else {
                        Kind::Ident(name)
                    }
                } else if let Some(symbol) = SYMBOLS.iter().find(|s| text[i..].starts_with(**s)) {
                    i += symbol.len();
                    Kind::Symbol(symbol)
                } else {
                    let at = Place::new(i, i + c.len_utf8());
                    return Err(SyntaxError::new("D0102", format!("the character `{c}` has no meaning here"), at));
                }
            }
        };
        tokens.push(Token { kind, at: Place::new(start, i) });
    }
    tokens.push(Token { kind: Kind::End, at: Place::new(text.len(), text.len()) });
    Ok((tokens, comments))
}

/// The inside of `"…"`, `'…'` or `[…]`, the closing mark being escaped by doubling.
fn delimited(text: &str, i: &mut usize, close: u8, what: &str) -> Result<String, SyntaxError> {
    let start = *i;
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut from = start + 1;
    let mut at = from;
    loop {
        match bytes.get(at) {
            None => return Err(SyntaxError::new("D0101", format!("a {what} is never closed"), Place::new(start, start + 1))),
            Some(byte) if *byte == close => {
                out.push_str(&text[from..at]);
                if bytes.get(at + 1) != Some(&close) {
                    *i = at + 1;
                    return Ok(out);
                }
                out.push(close as char);
                at += 2;
                from = at;
            }
            Some(_) => at += 1,
        }
    }
}

fn identifier(text: &str, i: &mut usize) -> String {
    let start = *i;
    let mut chars = text[start..].char_indices().peekable();
    let mut end = start;
    while let Some((offset, c)) = chars.next() {
        let dot = c == '.' && offset > 0 && chars.peek().is_some_and(|(_, next)| is_name(*next));
        if !is_name(c) && !dot {
            break;
        }
        end = start + offset + c.len_utf8();
    }
    *i = end;
    text[start..end].to_owned()
}

fn number(text: &str, i: &mut usize) -> Result<Kind, SyntaxError> {
    let bytes = text.as_bytes();
    let start = *i;
    let digits = |at: &mut usize| {
        let from = *at;
        while bytes.get(*at).is_some_and(u8::is_ascii_digit) {
            *at += 1;
        }
        *at > from
    };
    digits(i);
    let mut whole = true;
    if bytes.get(*i) == Some(&b'.') {
        whole = false;
        *i += 1;
        digits(i);
    }
    if matches!(bytes.get(*i), Some(b'e' | b'E')) {
        let mut at = *i + 1;
        if matches!(bytes.get(at), Some(b'+' | b'-')) {
            at += 1;
        }
        if digits(&mut at) {
            whole = false;
            *i = at;
        }
    }
    let literal = &text[start..*i];
    if text[*i..].chars().next().is_some_and(is_name_start) {
        return Err(SyntaxError::new("D0102", "a name must not start with a digit; quote a table name", Place::new(start, *i + 1)));
    }
    if whole && let Ok(value) = literal.parse::<i64>() {
        return Ok(Kind::Int(value));
    }
    literal.parse().map(Kind::Double).map_err(|_| SyntaxError::new("D0102", "expected a number", Place::new(start, *i)))
}

/// `2024-2-9`, `2024-02-09T10:30:00[.fff]`, also with a blank instead of `T`; as days since 1899-12-30.
pub fn date_literal(text: &str) -> Option<f64> {
    let text = text.trim();
    let (day, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(text[at + 1..].trim())),
        None => (text, None),
    };
    let mut parts = day.split('-').map(|p| p.parse::<u32>().ok());
    let (Some(Some(year)), Some(Some(month)), Some(Some(date)), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let day = f64::from(Date::from_ymd(year as i32, month, date)?.0);
    let Some(time) = time else { return Some(day) };
    let mut seconds = 0.0;
    let mut count = 0;
    for (part, unit) in time.split(':').zip([3600.0, 60.0, 1.0]) {
        let value: f64 = part.parse().ok()?;
        if value < 0.0 || value >= if unit == 3600.0 { 24.0 } else { 60.0 } {
            return None;
        }
        seconds += value * unit;
        count += 1;
    }
    (count >= 2 && time.split(':').count() == count).then(|| day + seconds / 86_400.0)
}
