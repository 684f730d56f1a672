//! What a YAML text consists of, in order, with byte offsets: read by the parser, or from a compact form made when the program is built.
//!
//! The shipped files never change, so that they are parsed once, by `build.rs`, which includes this file; it names nothing else of the crate.

use std::borrow::Cow;

use saphyr_parser::{Parser, ScalarStyle};

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'t> {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it is.
    pub what: What<'t>,
}

/// Kinds of parts.
#[derive(Clone, Debug, PartialEq)]
pub enum What<'t> {
    /// A document begins.
    Document,
    /// A scalar.
    Scalar {
        /// After YAML's own unescaping.
        text: Cow<'t, str>,
        /// How it is written.
        style: ScalarStyle,
        /// 0 for none.
        anchor: usize,
        /// Its tag.
        tag: Tag,
    },
    /// A list begins; its anchor.
    List(usize),
    /// A mapping begins; its anchor.
    Mapping(usize),
    /// The innermost list or mapping ends.
    Close,
    /// The thing with this anchor again.
    Alias(usize),
}

/// The tag of a scalar.
#[derive(Clone, Debug, PartialEq)]
pub enum Tag {
    /// None.
    None,
    /// `!!str`.
    Text,
    /// Another one, as written.
    Other(String),
}

/// Where and why a text is not YAML.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// Byte.
    pub at: usize,
    /// The parser's words.
    pub message: String,
}

/// Byte offset of each character, or nothing for ASCII, where both are the same.
fn char_offsets(text: &str) -> Vec<usize> {
    if text.is_ascii() {
        return Vec::new();
    }
    text.char_indices().map(|(offset, _)| offset).chain([text.len()]).collect()
}

/// Parses a text. Nothing comes after an error.
pub fn read(text: &str) -> impl Iterator<Item = Result<Event<'_>, Broken>> {
    let offsets = char_offsets(text);
    let byte = move |index: usize| {
        if offsets.is_empty() { index.min(text.len()) } else { offsets.get(index).copied().unwrap_or(text.len()) }
    };
    let mut parser = Parser::new_from_str(text);
    let mut broken = false;
    std::iter::from_fn(move || {
        use saphyr_parser::Event as E;
        loop {
            if broken {
                return None;
            }
            let (event, span) = match parser.next_event()? {
                Ok(event) => event,
                Err(error) => {
                    broken = true;
                    return Some(Err(Broken { at: byte(error.marker().index()), message: error.info().to_owned() }));
                }
            };
            let what = match event {
                E::DocumentStart(_) => What::Document,
                E::Scalar(text, style, anchor, tag) => {
                    let tag = match tag {
                        None => Tag::None,
                        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => Tag::Text,
                        Some(tag) => Tag::Other(format!("{}{}", tag.handle, tag.suffix)),
                    };
                    What::Scalar { text, style, anchor, tag }
                }
                E::SequenceStart(anchor, _) => What::List(anchor),
                E::MappingStart(anchor, _) => What::Mapping(anchor),
                E::SequenceEnd | E::MappingEnd => What::Close,
                E::Alias(anchor) => What::Alias(anchor),
                _ => continue,
            };
            return Some(Ok(Event { start: byte(span.start.index()), end: byte(span.end.index()), what }));
        }
    })
}

const STYLES: [ScalarStyle; 5] =
    [ScalarStyle::Plain, ScalarStyle::SingleQuoted, ScalarStyle::DoubleQuoted, ScalarStyle::Literal, ScalarStyle::Folded];

/// Numbers of seven bits a byte, the lowest first.
fn put(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The compact form of a text's events; `None` for a text that has something to complain about. Each event is its kind, its start and its
/// length; a scalar whose value stands in the text as it is has no copy of it.
#[allow(dead_code, reason = "only the build script packs")]
pub fn pack(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for event in read(text) {
        let Event { start, end, what } = event.ok()?;
        let end = end.max(start);
        let (kind, anchor) = match &what {
            What::Document => (0, 0),
            What::List(anchor) => (1, *anchor),
            What::Mapping(anchor) => (2, *anchor),
            What::Close => (3, 0),
            What::Alias(anchor) => (4, *anchor),
            What::Scalar { tag: Tag::Other(_), .. } => return None,
            What::Scalar { text: value, style, anchor, tag } => {
                let style = STYLES.iter().position(|s| s == style)?;
                let copied = text.get(start..end) != Some(value);
                (8 + style + 8 * usize::from(*tag == Tag::Text) + 16 * usize::from(copied), *anchor)
            }
        };
        out.push(kind as u8);
        [start, end - start, anchor].into_iter().for_each(|number| put(&mut out, number));
        if let What::Scalar { text: value, .. } = &what
            && text.get(start..end) != Some(value)
        {
            put(&mut out, value.len());
            out.extend(value.bytes());
        }
    }
    Some(out)
}

/// Events from their compact form; `text` is what they were packed from.
pub fn unpack<'t>(packed: &'t [u8], text: &'t str) -> impl Iterator<Item = Event<'t>> {
    let mut rest = packed;
    fn number(rest: &mut &[u8]) -> Option<usize> {
        let mut number = 0u64;
        // No offset of a file needs more than 32 bits.
        for shift in (0..35).step_by(7) {
            let byte;
            (byte, *rest) = rest.split_first()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return u32::try_from(number).ok().map(|number| number as usize);
            }
        }
        None
    }
    std::iter::from_fn(move || {
        let kind;
        (kind, rest) = rest.split_first()?;
        let (start, length, anchor) = (number(&mut rest)?, number(&mut rest)?, number(&mut rest)?);
        let end = start.checked_add(length)?;
        let what = match kind {
            0 => What::Document,
            1 => What::List(anchor),
            2 => What::Mapping(anchor),
            3 => What::Close,
            4 => What::Alias(anchor),
            _ => {
                let bits = kind.checked_sub(8)?;
                let value = if bits & 16 == 0 {
                    text.get(start..end)?
                } else {
                    let length = number(&mut rest)?;
                    let value;
                    (value, rest) = rest.split_at_checked(length)?;
                    std::str::from_utf8(value).ok()?
                };
                let tag = if bits & 8 == 0 { Tag::None } else { Tag::Text };
                What::Scalar { text: Cow::Borrowed(value), style: *STYLES.get((bits & 7) as usize)?, anchor, tag }
            }
        };
        Some(Event { start, end, what })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_events_are_those_that_were_read() {
        let text = "# é\na: &x 'it''s'\nb: |\n  one\n  two\nc: [1, \"x\\ty\", !!str 2, *x]\nd: >\n  three\n  four\ne:\n- f: {}\n";
        let read: Vec<_> = read(text).map(Result::unwrap).collect();
        let packed = pack(text).unwrap();
        assert_eq!(unpack(&packed, text).collect::<Vec<_>>(), read);
        assert!(read.iter().any(|event| matches!(&event.what, What::Scalar { text, .. } if text == "it's")));
    }

    #[test]
    fn what_is_broken_or_tagged_is_left_to_the_parser() {
        assert_eq!(pack("a: [1\nb: 2\n"), None);
        assert_eq!(pack("a: !date 2024-01-01\n"), None);
        assert_eq!(read("a: [1\nb: 2\n").filter(Result::is_err).count(), 1);
    }

    #[test]
    fn bytes_of_another_text_never_panic() {
        let packed = pack("a: &x 'it''s'\nb: [é, 'it''s']\n").unwrap();
        for cut in 0..packed.len() {
            unpack(&packed[..cut], "é").for_each(drop);
            unpack(&packed[cut..], "é").for_each(drop);
        }
    }
}
