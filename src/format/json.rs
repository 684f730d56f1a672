//! JSON that is about to be written: texts are borrowed, objects are lists of entries in the order written, nothing is looked up by key.
//!
//! Readers work on [`serde_json::Value`]; what a model or report holds as such is written as it is ([`Json::Given`]).

use std::borrow::Cow;
use std::io;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

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
    &'a Map<String, Value> => |value| Json::Object(value.iter().collect()),
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => out.serialize_unit(),
            Json::Bool(value) => out.serialize_bool(*value),
            Json::Integer(value) => out.serialize_i64(*value),
            Json::Number(value) => out.serialize_f64(*value),
            Json::Text(text) => out.serialize_str(text),
            Json::List(items) => out.collect_seq(items),
            Json::Object(object) => {
                let mut map = out.serialize_map(Some(object.entries.len()))?;
                for (key, value) in &object.entries {
                    map.serialize_entry(key.as_ref(), value)?;
                }
                map.end()
            }
            Json::Given(value) => value.serialize(out),
        }
    }
}

impl std::fmt::Display for Json<'_> {
    /// On one line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| std::fmt::Error)?)
    }
}

/// `json!({"name": name, "items": [1, 2]})`: a [`Json`] as it will look; values are what `Json::from` takes.
macro_rules! json {
    (@object $object:ident) => {};
    (@object $object:ident $key:tt : { $($inner:tt)* } $(, $($rest:tt)*)?) => {
        $object.set($key, $crate::format::json::json!({ $($inner)* }));
        $crate::format::json::json!(@object $object $($($rest)*)?);
    };
    (@object $object:ident $key:tt : [ $($inner:tt)* ] $(, $($rest:tt)*)?) => {
        $object.set($key, $crate::format::json::json!([ $($inner)* ]));
        $crate::format::json::json!(@object $object $($($rest)*)?);
    };
    (@object $object:ident $key:tt : $value:expr $(, $($rest:tt)*)?) => {
        $object.set($key, $value);
        $crate::format::json::json!(@object $object $($($rest)*)?);
    };
    (@list $list:ident) => {};
    (@list $list:ident { $($inner:tt)* } $(, $($rest:tt)*)?) => {
        $list.push($crate::format::json::json!({ $($inner)* }));
        $crate::format::json::json!(@list $list $($($rest)*)?);
    };
    (@list $list:ident $value:expr $(, $($rest:tt)*)?) => {
        $list.push($crate::format::json::Json::from($value));
        $crate::format::json::json!(@list $list $($($rest)*)?);
    };
    ({}) => { $crate::format::json::Json::Object($crate::format::json::Object::default()) };
    ({ $($inner:tt)+ }) => {{
        let mut object = $crate::format::json::Object::default();
        $crate::format::json::json!(@object object $($inner)+);
        $crate::format::json::Json::Object(object)
    }};
    ([]) => { $crate::format::json::Json::List(Vec::new()) };
    ([ $($inner:tt)+ ]) => {{
        let mut list = Vec::new();
        $crate::format::json::json!(@list list $($inner)+);
        $crate::format::json::Json::List(list)
    }};
}
pub(crate) use json;

/// With indents of two blanks and a line end, as Power BI Desktop writes files of a report.
pub(super) fn pretty(json: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4096);
    serde_json::to_writer_pretty(&mut bytes, json).expect("a JSON value always prints");
    bytes.push(b'\n');
    bytes.shrink_to_fit();
    bytes
}

/// On one line, in UTF-16LE, as parts of a `.pbit` are.
pub(super) fn utf16(json: &impl Serialize) -> Vec<u8> {
    let mut wide = Utf16::default();
    serde_json::to_writer(&mut wide, json).expect("a JSON value always prints");
    wide.bytes
}

/// Text as UTF-16LE; each piece written is whole characters.
#[derive(Default)]
struct Utf16 {
    bytes: Vec<u8>,
}

impl io::Write for Utf16 {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.write_all(piece)?;
        Ok(piece.len())
    }

    fn write_all(&mut self, piece: &[u8]) -> io::Result<()> {
        // Nearly all is ASCII, where a byte becomes two.
        if piece.is_ascii() {
            let start = self.bytes.len();
            self.bytes.resize(start + 2 * piece.len(), 0);
            for (unit, byte) in self.bytes[start..].chunks_exact_mut(2).zip(piece) {
                unit[0] = *byte;
            }
        } else {
            let text = std::str::from_utf8(piece).map_err(io::Error::other)?;
            self.bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_prints_as_serde_prints_values() {
        let given = serde_json::json!({"b": [1, 2.5, null], "a": {"x": "é\u{1}\"\n"}});
        let name = "n".to_owned();
        let own = json!({"given": &given, "list": [{"a": 1u8}, "t", 1.0], "name": &name, "none": Json::Null, "deep": {"e": {}, "l": []}});
        let same = serde_json::json!({"given": given, "list": [{"a": 1}, "t", 1.0], "name": "n", "none": null, "deep": {"e": {}, "l": []}});
        assert_eq!(String::from_utf8(pretty(&own)).unwrap(), serde_json::to_string_pretty(&same).unwrap() + "\n");
        let wide: Vec<u8> = serde_json::to_string(&same).unwrap().encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(utf16(&own), wide);
    }

    #[test]
    fn a_key_set_again_keeps_its_place() {
        let mut object = Object::default();
        object.set("a", 1);
        object.set("b", 2);
        object.set("a", 3);
        assert_eq!(serde_json::to_string(&Json::from(object)).unwrap(), r#"{"a":3,"b":2}"#);
    }
}
