//! JSON that is about to be written: texts are borrowed, objects are lists of entries in the order written, nothing is looked up by key.
//!
//! Readers work on [`serde_json::Value`]; what a model or report holds as such is written as it is ([`Json::Given`]).

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use super::zip::{Piece, Ready};

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any number; what is not finite is written as `null`.
    Number(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Json<'a>>),
    /// An object.
    Object(Object<'a>),
    /// A value as it was read.
    Given(Cow<'a, Value>),
}

/// The entries of an object in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object<'a> {
    entries: Vec<(Cow<'a, str>, Json<'a>)>,
}

impl<'a> Object<'a> {
    /// Sets a key, in its place when it is there already, else at the end.
    pub fn set(&mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Json<'a>>) {
        let key = key.into();
        match self.entries.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value.into(),
            None => self.entries.push((key, value.into())),
        }
    }

    /// Adds a key that is not there yet.
    pub fn add(&mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Json<'a>>) {
        let key = key.into();
        debug_assert!(!self.entries.iter().any(|(known, _)| *known == key), "the key `{key}` is there already");
        self.entries.push((key, value.into()));
    }

    /// Sets all keys of `map`.
    pub fn extend(&mut self, map: &'a Map<String, Value>) {
        for (key, value) in map {
            self.set(key, value);
        }
    }

    /// The value of a key, made when it is not there.
    pub fn entry(&mut self, key: impl Into<Cow<'a, str>>, make: impl FnOnce() -> Json<'a>) -> &mut Json<'a> {
        let key = key.into();
        let at = self.entries.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
            self.entries.push((key, make()));
            self.entries.len() - 1
        });
        &mut self.entries[at].1
    }

    /// Whether it has no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<'a, K: Into<Cow<'a, str>>, V: Into<Json<'a>>> FromIterator<(K, V)> for Object<'a> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Object<'a> {
        let mut object = Object::default();
        entries.into_iter().for_each(|(key, value)| object.set(key, value));
        object
    }
}

impl<'a> FromIterator<Json<'a>> for Json<'a> {
    fn from_iter<I: IntoIterator<Item = Json<'a>>>(items: I) -> Json<'a> {
        Json::List(items.into_iter().collect())
    }
}

/// Ways to make a value from what writers hold.
macro_rules! from {
    ($($ty:ty => |$value:ident| $made:expr),* $(,)?) => {
        $(impl<'a> From<$ty> for Json<'a> {
            fn from($value: $ty) -> Json<'a> {
                $made
            }
        })*
    };
}

from! {
    bool => |value| Json::Bool(value),
    i32 => |value| Json::Integer(value.into()),
    i64 => |value| Json::Integer(value),
    u8 => |value| Json::Integer(value.into()),
    u32 => |value| Json::Integer(value.into()),
    u64 => |value| Json::Integer(value as i64),
    usize => |value| Json::Integer(value as i64),
    f64 => |value| Json::Number(value),
    String => |value| Json::Text(value.into()),
    &'a str => |value| Json::Text(value.into()),
    &'a String => |value| Json::Text(value.as_str().into()),
    &'a Value => |value| Json::Given(Cow::Borrowed(value)),
    Value => |value| Json::Given(Cow::Owned(value)),
    Vec<Json<'a>> => |value| Json::List(value),
    Object<'a> => |value| Json::Object(value),
    &'a [String] => |value| value.iter().map(Json::from).collect(),
    &'a Map<String, Value> => |value| Json::Object(Object { entries: value.iter().map(|(key, value)| (key.into(), value.into())).collect() }),
}

/// Texts from which indents are cut.
const BLANKS: &str = "\n                                                                                                ";

/// Prints values, with indents or on one line.
struct Printer<'r> {
    out: Vec<u8>,
    /// How many lists and objects are open; `None` for one line.
    depth: Option<usize>,
    /// Texts that are left out where they begin after a quote.
    ready: &'r [Ready<'r>],
    /// What was left out, with how much was printed before it.
    left_out: Vec<(usize, &'r Ready<'r>)>,
}

impl<'r> Printer<'r> {
    fn new(out: Vec<u8>, depth: Option<usize>) -> Printer<'r> {
        Printer { out, depth, ready: &[], left_out: Vec::new() }
    }

    fn print(&mut self, json: &Json<'_>) {
        match json {
            Json::Null => self.out.extend(b"null"),
            Json::Bool(value) => self.out.extend(if *value { b"true".as_slice() } else { b"false" }),
            Json::Integer(value) => self.number(value),
            Json::Number(value) => self.number(value),
            Json::Text(text) => self.text(text),
            Json::List(items) => self.list(items.iter(), Printer::print),
            Json::Object(object) => self.object(object.entries.iter().map(|(key, value)| (key.as_ref(), value)), Printer::print),
            Json::Given(value) => self.given(value),
        }
    }

    fn given(&mut self, value: &Value) {
        match value {
            Value::Array(items) => self.list(items.iter(), Printer::given),
            Value::Object(map) => self.object(map.iter().map(|(key, value)| (key.as_str(), value)), Printer::given),
            Value::String(text) => self.text(text),
            Value::Number(number) => self.number(number),
            Value::Bool(value) => self.print(&Json::Bool(*value)),
            Value::Null => self.print(&Json::Null),
        }
    }

    fn list<T>(&mut self, items: impl ExactSizeIterator<Item = T>, mut print: impl FnMut(&mut Printer<'r>, T)) {
        self.inside(b"[]", items, |printer, item| print(printer, item));
    }

    fn object<'k, T>(&mut self, entries: impl ExactSizeIterator<Item = (&'k str, T)>, mut print: impl FnMut(&mut Printer<'r>, T)) {
        self.inside(b"{}", entries, |printer, (key, value)| {
            printer.text(key);
            printer.out.extend(if printer.depth.is_some() { b": ".as_slice() } else { b":" });
            print(printer, value);
        });
    }

    /// Items between brackets.
    fn inside<T>(&mut self, brackets: &[u8; 2], items: impl ExactSizeIterator<Item = T>, mut print: impl FnMut(&mut Printer<'r>, T)) {
        self.out.push(brackets[0]);
        let is_empty = items.len() == 0;
        self.depth = self.depth.map(|depth| depth + 1);
        for (at, item) in items.enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            self.line();
            print(self, item);
        }
        self.depth = self.depth.map(|depth| depth - 1);
        if !is_empty {
            self.line();
        }
        self.out.push(brackets[1]);
    }

    /// A new line with its indent.
    fn line(&mut self) {
        let Some(depth) = self.depth else { return };
        match BLANKS.get(..1 + 2 * depth) {
            Some(line) => self.out.extend(line.as_bytes()),
            None => {
                self.out.push(b'\n');
                self.out.resize(self.out.len() + 2 * depth, b' ');
            }
        }
    }

    fn number(&mut self, number: &impl Serialize) {
        serde_json::to_writer(&mut self.out, number).expect("a number always prints");
    }

    fn text(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        self.out.reserve(rest.len() + 2);
        self.out.push(b'"');
        while let Some(at) = special(rest) {
            self.out.extend(&rest[..at]);
            match rest[at] {
                b'"' => {
                    self.out.extend(b"\\\"");
                    rest = self.leave_out(&rest[at + 1..]);
                    continue;
                }
                b'\\' => self.out.extend(b"\\\\"),
                b'\n' => self.out.extend(b"\\n"),
                b'\r' => self.out.extend(b"\\r"),
                b'\t' => self.out.extend(b"\\t"),
                0x08 => self.out.extend(b"\\b"),
                0x0c => self.out.extend(b"\\f"),
                byte => self.out.extend(format!("\\u{byte:04x}").into_bytes()),
            }
            rest = &rest[at + 1..];
        }
        self.out.extend(rest);
        self.out.push(b'"');
    }

    /// What comes after the text that is ready, if it begins with one.
    fn leave_out<'t>(&mut self, text: &'t [u8]) -> &'t [u8] {
        let Some(ready) = self.ready.iter().find(|ready| text.starts_with(ready.text.as_bytes())) else { return text };
        self.left_out.push((self.out.len(), ready));
        &text[ready.text.len()..]
    }
}

impl Json<'_> {
    /// About how many bytes it has in print.
    fn size(&self) -> usize {
        let entry = |(key, value): &(Cow<'_, str>, Json<'_>)| key.len() + value.size() + 4;
        match self {
            Json::Text(text) => text.len() + text.len() / 16 + 3,
            Json::List(items) => items.iter().map(Json::size).sum::<usize>() + 2,
            Json::Object(object) => object.entries.iter().map(entry).sum::<usize>() + 2,
            _ => 8,
        }
    }

    /// The same as a value to be read.
    pub fn to_value(&self) -> Value {
        match self {
            Json::Null => Value::Null,
            Json::Bool(value) => (*value).into(),
            Json::Integer(value) => (*value).into(),
            Json::Number(value) => (*value).into(),
            Json::Text(text) => text.as_ref().into(),
            Json::List(items) => items.iter().map(Json::to_value).collect(),
            Json::Object(object) => object.entries.iter().map(|(key, value)| (key.as_ref(), value.to_value())).collect(),
            Json::Given(value) => value.as_ref().clone(),
        }
    }
}

impl std::fmt::Display for Json<'_> {
    /// On one line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&line(self)))
    }
}

/// `json!({"name": name, "items": [1, 2]})`: a [`Json`] as it will look; values are what `Json::from` takes, a list is of such values or of one object.
macro_rules! json {
    (@object $object:ident) => {};
    (@object $object:ident $key:tt : { $($inner:tt)* } $(, $($rest:tt)*)?) => {
        $object.add($key, $crate::format::json::json!({ $($inner)* }));
        $crate::format::json::json!(@object $object $($($rest)*)?);
    };
    (@object $object:ident $key:tt : [ $($inner:tt)* ] $(, $($rest:tt)*)?) => {
        $object.add($key, $crate::format::json::json!([ $($inner)* ]));
        $crate::format::json::json!(@object $object $($($rest)*)?);
    };
    (@object $object:ident $key:tt : $value:expr $(, $($rest:tt)*)?) => {
        $object.add($key, $value);
        $crate::format::json::json!(@object $object $($($rest)*)?);
    };
    ({}) => { $crate::format::json::Json::Object($crate::format::json::Object::default()) };
    ({ $($inner:tt)+ }) => {{
        let mut object = $crate::format::json::Object::default();
        $crate::format::json::json!(@object object $($inner)+);
        $crate::format::json::Json::Object(object)
    }};
    ([]) => { $crate::format::json::Json::List(Vec::new()) };
    ([ { $($inner:tt)* } ]) => { $crate::format::json::Json::List(vec![$crate::format::json::json!({ $($inner)* })]) };
    ([ $($value:expr),+ ]) => { $crate::format::json::Json::List(vec![$($crate::format::json::Json::from($value)),+]) };
}
pub(crate) use json;

/// With indents of two blanks and a line end, as Power BI Desktop writes files of a report.
pub(super) fn pretty(json: &Json<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    pretty_into(json, &mut out);
    out
}

/// The same at the end of `out`.
pub(super) fn pretty_into(json: &Json<'_>, out: &mut Vec<u8>) {
    let mut printer = Printer::new(std::mem::take(out), Some(0));
    printer.print(json);
    printer.out.push(b'\n');
    *out = printer.out;
}

/// On one line.
pub(super) fn line(json: &Json<'_>) -> Vec<u8> {
    let mut printer = Printer::new(Vec::with_capacity(json.size()), None);
    printer.print(json);
    printer.out
}

/// On one line, in UTF-16LE, as parts of a `.pbit` are.
pub(super) fn utf16(json: &Json<'_>) -> Vec<u8> {
    let line = line(json);
    let mut out = Vec::with_capacity(2 * line.len());
    widen(&line, &mut out);
    out
}

/// The same without texts that are packed already. These are plain ASCII without quotes, backslashes and control characters, so that they print as they are.
pub(super) struct Wide<'r> {
    bytes: Vec<u8>,
    left_out: Vec<(usize, &'r Ready<'r>)>,
}

impl<'r> Wide<'r> {
    pub(super) fn of(json: &Json<'_>, ready: &'r [Ready<'r>]) -> Wide<'r> {
        let mut printer = Printer { ready, ..Printer::new(Vec::with_capacity(json.size()), None) };
        printer.print(json);
        let mut bytes = Vec::with_capacity(2 * printer.out.len());
        let mut done = 0;
        for (at, _) in &mut printer.left_out {
            widen(&printer.out[done..*at], &mut bytes);
            (done, *at) = (*at, bytes.len());
        }
        widen(&printer.out[done..], &mut bytes);
        Wide { bytes, left_out: printer.left_out }
    }

    /// All of it in order.
    pub(super) fn pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces = Vec::new();
        let mut done = 0;
        for (at, ready) in &self.left_out {
            pieces.extend([Piece::Plain(&self.bytes[done..*at]), Piece::Ready(ready)]);
            done = *at;
        }
        pieces.push(Piece::Plain(&self.bytes[done..]));
        pieces
    }
}

/// Appends UTF-8 as UTF-16LE.
fn widen(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while !rest.is_empty() {
        // Nearly all is ASCII, where a byte becomes two.
        let (plain, other) = rest.split_at(first(rest, |byte| !byte.is_ascii()).unwrap_or(rest.len()));
        let start = out.len();
        out.resize(start + 2 * plain.len(), 0);
        for (unit, byte) in out[start..].as_chunks_mut().0.iter_mut().zip(plain) {
            *unit = [*byte, 0];
        }
        let wide;
        (wide, rest) = other.split_at(other.iter().position(u8::is_ascii).unwrap_or(other.len()));
        out.extend(String::from_utf8_lossy(wide).encode_utf16().flat_map(u16::to_le_bytes));
    }
}

/// The first byte that stands escaped in a text.
fn special(bytes: &[u8]) -> Option<usize> {
    let is_special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    if bytes.len() >= 64 {
        return first(bytes, is_special);
    }
    // Most texts are short: eight bytes at a time. In each byte of a sum the high bit tells; a wrong one only lies above a right one.
    const ONES: u64 = u64::MAX / 255;
    let mut at = 0;
    while let Some(eight) = bytes[at..].first_chunk::<8>() {
        let word = u64::from_le_bytes(*eight);
        let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
        let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
        let found = (below(word, b' ') | equal(b'"') | equal(b'\\')) & (ONES << 7);
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    bytes[at..].iter().position(|byte| is_special(*byte)).map(|found| at + found)
}

/// The first byte that is wanted; a block without any is passed over at once.
fn first(bytes: &[u8], is_wanted: impl Fn(u8) -> bool) -> Option<usize> {
    const BLOCK: usize = 32;
    let blocks = bytes.chunks_exact(BLOCK);
    let without = blocks.take_while(|block| !block.iter().fold(false, |any, byte| any | is_wanted(*byte))).count();
    let start = without * BLOCK;
    bytes[start..].iter().position(|byte| is_wanted(*byte)).map(|at| start + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_prints_as_serde_prints_values() {
        let given = serde_json::json!({"b": [1, 2.5, null], "a": {"x": "é\u{1}\"\n"}});
        let name = "n".to_owned();
        let odd = "\u{0}\u{8}\u{c}\r\t/\u{7f}\u{2028}\u{1f600}\\";
        let own = json!({"given": &given, "list": [json!({"a": 1u8}), odd, 1.0], "name": &name, "none": Json::Null, "deep": {"e": {}, "l": []}, "f": f64::NAN});
        let same = serde_json::json!({"given": given, "list": [{"a": 1}, odd, 1.0], "name": "n", "none": null, "deep": {"e": {}, "l": []}, "f": null});
        assert_eq!(String::from_utf8(pretty(&own)).unwrap(), serde_json::to_string_pretty(&same).unwrap() + "\n");
        let wide: Vec<u8> = serde_json::to_string(&same).unwrap().encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(utf16(&own), wide);
    }

    #[test]
    fn what_stands_escaped_is_found_wherever_it_is() {
        for byte in 0..=255u8 {
            for length in [1, 7, 8, 9, 17, 63, 64, 100] {
                for at in 0..length {
                    for rest in [b'a', 0xc3, b' ', b'#', b']'] {
                        let mut bytes = vec![rest; length];
                        bytes[at] = byte;
                        let wanted = byte < b' ' || byte == b'"' || byte == b'\\';
                        assert_eq!(special(&bytes), wanted.then_some(at), "{byte} at {at} of {length} beside {rest}");
                    }
                }
            }
        }
    }

    #[test]
    fn wide_texts_are_utf_16() {
        for text in ["", "é", "a\u{1f600}b", &"x".repeat(31), &"x".repeat(33), &format!("{}é{}", "x".repeat(40), "y".repeat(70))] {
            let mut out = Vec::new();
            widen(text.as_bytes(), &mut out);
            assert_eq!(out, text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
        }
    }

    #[test]
    fn a_key_set_again_keeps_its_place() {
        let mut object = Object::default();
        object.set("a", 1);
        object.set("b", 2);
        object.set("a", 3);
        assert_eq!(Json::from(object).to_string(), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn indents_grow_with_the_depth() {
        let deep = (0..60).fold(Json::from(1), |inner, _| json!([inner]));
        let same: Value = serde_json::from_str(&deep.to_string()).unwrap();
        assert_eq!(String::from_utf8(pretty(&deep)).unwrap(), serde_json::to_string_pretty(&same).unwrap() + "\n");
    }
}
