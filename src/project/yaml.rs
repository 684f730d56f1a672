//! YAML text → [`Node`] tree with places → Rust values.
//!
//! Every scalar, mapping and sequence knows its [`Span`]; a literal block knows where each of its lines starts, so that a
//! DAX offset maps back to the file. Decoding never stops at the first error: problems are collected in [`Context`], a
//! value that could not be had is `None`.
//!
//! A mapping with known keys is declared once with [`record!`](crate::record); the struct, the decoder and the JSON Schema
//! come from that one declaration. Keys are the field names in kebab-case, help texts are the doc comments. A field is
//! required unless its type has a natural absence (`Option`, `Vec`, `bool`, [`Entries`]). A closed list of words is declared
//! with [`choice!`](crate::choice). Unions (text *or* mapping) implement [`Decode`] by hand.
//!
//! ```
//! use xero_pbit::base::SourceMap;
//! use xero_pbit::project::yaml::{self, Context, Decode};
//!
//! xero_pbit::record! {
//!     /// A level of a hierarchy.
//!     pub struct Level {
//!         /// Shown name.
//!         pub name: String,
//!         /// Column of the table.
//!         pub sort_by: Option<String>,
//!     }
//! }
//!
//! let mut sources = SourceMap::default();
//! let text = "name: Year\nsort-bye: Order\n";
//! let file = sources.add("a.yaml", text);
//! let mut cx = Context::default();
//! let node = yaml::parse(text, file, &mut cx).unwrap();
//! let _ = Level::decode(&node, &mut cx);
//! assert_eq!(cx.diagnostics[0].code, "P0102");
//! assert_eq!(cx.diagnostics[0].help.as_deref(), Some("a key with a similar name exists: `sort-by`"));
//! ```

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::ScalarStyle;
use serde_json::{Value as Json, json};
use smallvec::{SmallVec, smallvec};

use super::events::{self, Broken, Event, Tag, What};
use crate::base::{Diagnostic, FileId, Span, nearest};
use crate::model::{Origin, Source};

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 100;
/// Most nodes that aliases may add to one file.
const MAX_ALIASED: usize = 100_000;

/// A piece of YAML with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// From the first to one past the last character; a block scalar includes its header.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// The three kinds of YAML.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Text, a number, a boolean or null: the reader of the key decides.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in file order, keys unique.
    Mapping(Vec<Entry>),
}

/// A scalar before anybody asked for a type.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    /// The text after YAML's own unescaping.
    pub text: String,
    /// Written without quotes and not as a block: only then can it be null, a number or a boolean.
    pub plain: bool,
    /// File offset of each line of `text`; empty when it cannot be mapped.
    pub line_starts: SmallVec<[u32; 2]>,
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key is.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// A plain scalar made by code; it borrows the place of what caused it.
    pub fn text(text: impl Into<String>, span: Span) -> Node {
        Node { span, kind: Kind::Scalar(Scalar { text: text.into(), plain: false, line_starts: SmallVec::new() }) }
    }

    /// Whether it is `null`, `~` or nothing at all.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(s) if s.plain && matches!(s.text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The entries of a mapping.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.kind {
            Kind::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The text of a scalar.
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    /// The value of a key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()?.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// Sets a key of a mapping, adding it at the end when absent; does nothing to other kinds.
    pub fn set(&mut self, key: &str, value: Node) {
        let span = value.span;
        if let Kind::Mapping(entries) = &mut self.kind {
            match entries.iter_mut().find(|entry| entry.key == key) {
                Some(entry) => entry.value = value,
                None => entries.push(Entry { key: key.to_owned(), key_span: span, value }),
            }
        }
    }

    /// Words for messages: "a list", "a mapping", "text", "nothing".
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
            Kind::Scalar(_) if self.is_null() => "nothing",
            Kind::Scalar(scalar) if scalar.plain && matches!(scalar.text.as_str(), "true" | "false") => "true or false",
            Kind::Scalar(scalar) if scalar.plain && scalar.text.parse::<f64>().is_ok() => "a number",
            Kind::Scalar(_) => "text",
        }
    }

    /// As JSON: plain scalars become null, booleans and numbers as YAML 1.2's core schema reads them.
    pub fn to_json(&self) -> Json {
        match &self.kind {
            Kind::Sequence(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Kind::Mapping(entries) => Json::Object(entries.iter().map(|e| (e.key.clone(), e.value.to_json())).collect()),
            Kind::Scalar(_) if self.is_null() => Json::Null,
            Kind::Scalar(scalar) if scalar.plain => match scalar.text.as_str() {
                "true" => Json::Bool(true),
                "false" => Json::Bool(false),
                text => match (text.parse::<i64>(), text.parse::<f64>()) {
                    (Ok(integer), _) => json!(integer),
                    (_, Ok(number)) if number.is_finite() => json!(number),
                    _ => Json::String(text.to_owned()),
                },
            },
            Kind::Scalar(scalar) => Json::String(scalar.text.clone()),
        }
    }
}

/// A value with its place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it is written.
    pub span: Span,
}

impl<T> std::ops::Deref for Spanned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// A mapping with free keys, in file order.
#[derive(Clone, Debug, PartialEq)]
pub struct Entries<T>(pub Vec<(Spanned<String>, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Entries<T> {
        Entries(Vec::new())
    }
}

impl<T> Entries<T> {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.0.iter().find(|(name, _)| name.value == key).map(|(_, value)| value)
    }

    /// Keys with values.
    pub fn iter(&self) -> impl Iterator<Item = &(Spanned<String>, T)> {
        self.0.iter()
    }
}

/// Collects what goes wrong while reading.
#[derive(Debug, Default)]
pub struct Context {
    /// Problems so far.
    pub diagnostics: Vec<Diagnostic>,
    /// How many of the files belong to the folders that the last one changes.
    pub inherited: usize,
    /// What files said when they were read before.
    pub trees: Option<std::sync::Arc<super::Trees>>,
}

impl Context {
    /// Whether a place lies in a folder that another one changes: what that folder removes is not missed there.
    pub fn is_inherited(&self, span: Span) -> bool {
        (span.file.0 as usize) < self.inherited
    }

    /// Reports a problem; gives `None` so that decoders can `return cx.fail(…)`.
    pub fn fail<T>(&mut self, diagnostic: Diagnostic) -> Option<T> {
        self.diagnostics.push(diagnostic);
        None
    }

    /// Reports that `node` is not what its key takes.
    pub fn wrong_kind<T>(&mut self, node: &Node, expected: &str) -> Option<T> {
        let found = match node.as_text() {
            Some(text) if !node.is_null() && !text.contains('\n') && text.chars().count() <= 40 => format!("`{text}`"),
            _ => node.describe().to_owned(),
        };
        self.fail(Diagnostic::error("P0104", format!("expected {expected}, found {found}")).at(node.span, format!("not {expected}")))
    }

    /// The entries of a mapping, or a report that it is none. `what` names the thing, for instance `measure`.
    pub fn mapping<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Entry]> {
        match &node.kind {
            Kind::Mapping(entries) => Some(entries),
            _ => self.wrong_kind(node, &format!("a mapping for {what}")),
        }
    }

    /// Reads a known key of a mapping.
    pub fn field<T: Decode>(&mut self, node: &Node, entries: &[Entry], key: &str, what: &str) -> Option<T> {
        match entries.iter().find(|entry| entry.key == key) {
            Some(entry) => T::decode(&entry.value, self),
            None => match T::missing() {
                Some(value) => Some(value),
                None => {
                    let first = entries.first().map_or(node.span, |entry| entry.key_span.to(entry.value.span));
                    let place = Span { end: first.end.min(node.span.end.max(first.start)), ..first };
                    self.fail(
                        Diagnostic::error("P0105", format!("{what} has no key `{key}`")).at(place, format!("`{key}` is missing here")),
                    )
                }
            },
        }
    }

    /// Reports keys that are not among `known`.
    pub fn unknown_keys(&mut self, entries: &[Entry], known: &[impl AsRef<str>], what: &str) {
        let known = || known.iter().map(AsRef::as_ref);
        for entry in entries.iter().filter(|entry| !known().any(|key| key == entry.key)) {
            let help = match nearest(&entry.key, known()) {
                Some(near) => format!("a key with a similar name exists: `{near}`"),
                None => format!("keys of {what}: {}", known().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")),
            };
            let message = format!("unknown key `{}` in {what}", entry.key);
            self.diagnostics.push(Diagnostic::error("P0102", message).at(entry.key_span, "unknown key").help(help));
        }
    }
}

/// What can be read from YAML and described by a JSON Schema.
pub trait Decode: Sized {
    /// Reads a value; what is wrong is reported and gives `None`.
    fn decode(node: &Node, cx: &mut Context) -> Option<Self>;

    /// The value of an absent key; `None` makes the key required.
    fn missing() -> Option<Self> {
        None
    }

    /// The JSON Schema of the value; records put their definitions into `schemas` and give a reference.
    fn schema(schemas: &mut Schemas) -> Json;
}

/// Definitions shared by JSON Schemas, by type name.
#[derive(Debug, Default)]
pub struct Schemas {
    /// Name → schema, in order of first use.
    pub definitions: serde_json::Map<String, Json>,
}

impl Schemas {
    /// The schema of a record, defined once; `fields` gives key, schema, help, required.
    pub fn record(&mut self, name: &str, about: &str, fields: impl FnOnce(&mut Schemas) -> Vec<(String, Json, String, bool)>) -> Json {
        if !self.definitions.contains_key(name) {
            self.definitions.insert(name.to_owned(), Json::Null);
            let mut properties = serde_json::Map::new();
            let mut required = Vec::new();
            for (key, schema, help, is_required) in fields(self) {
                if is_required {
                    required.push(Json::String(key.clone()));
                }
                properties.insert(key, described(schema, &help));
            }
            let mut schema = json!({"type": "object", "description": tidy(about), "properties": properties, "additionalProperties": false});
            if !required.is_empty() {
                schema["required"] = Json::Array(required);
            }
            self.definitions.insert(name.to_owned(), schema);
        }
        json!({"$ref": format!("#/$defs/{name}")})
    }
}

/// Adds a help text; a reference is wrapped, because older readers ignore what stands beside `$ref`.
fn described(schema: Json, help: &str) -> Json {
    let help = tidy(help);
    if help.is_empty() {
        return schema;
    }
    let mut schema = if schema.get("$ref").is_some() { json!({"allOf": [schema]}) } else { schema };
    if let Some(object) = schema.as_object_mut() {
        object.insert("description".to_owned(), Json::String(help));
    }
    schema
}

/// Doc comment lines as one paragraph.
pub fn tidy(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `sort_by` → `sort-by`, `r#type` → `type`.
pub fn kebab(field: &str) -> String {
    field.trim_start_matches("r#").replace('_', "-")
}

/// Declares a mapping with known keys: the struct (with a field `span` added), its decoder and its JSON Schema.
///
/// See the [module](crate::project::yaml) for an example.
#[macro_export]
macro_rules! record {
    ($(#[doc = $about:literal])* pub struct $name:ident { $( $(#[doc = $help:literal])* pub $field:ident : $ty:ty ),* $(,)? }) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $( $(#[doc = $help])* pub $field: $ty, )*
            /// Where it is written.
            pub span: $crate::base::Span,
        }

        impl $crate::project::yaml::Decode for $name {
            fn decode(node: &$crate::project::yaml::Node, cx: &mut $crate::project::yaml::Context) -> Option<Self> {
                static NAMES: ::std::sync::LazyLock<(String, Vec<String>)> = ::std::sync::LazyLock::new(|| {
                    ($crate::project::yaml::thing(stringify!($name)), vec![$($crate::project::yaml::kebab(stringify!($field))),*])
                });
                let (what, keys) = &*NAMES;
                let entries = cx.mapping(node, what)?;
                cx.unknown_keys(entries, keys, what);
                let mut keys = keys.iter();
                $( let $field: Option<$ty> = cx.field(node, entries, keys.next().map_or("", |key| key), what); )*
                Some($name { $( $field: $field?, )* span: node.span })
            }

            fn schema(schemas: &mut $crate::project::yaml::Schemas) -> ::serde_json::Value {
                schemas.record(stringify!($name), concat!($($about, "\n"),*), |schemas| {
                    let _ = &schemas;
                    vec![$((
                        $crate::project::yaml::kebab(stringify!($field)),
                        <$ty as $crate::project::yaml::Decode>::schema(schemas),
                        concat!("", $($help, "\n"),*).to_owned(),
                        <$ty as $crate::project::yaml::Decode>::missing().is_none(),
                    )),*]
                })
            }
        }
    };
}

/// Declares a closed list of words as an enum with its decoder and JSON Schema.
///
/// ```
/// xero_pbit::choice! {
///     /// Which way.
///     pub enum Direction {
///         /// One way.
///         Single = "single",
///         /// Both ways.
///         Both = "both",
///     }
/// }
/// assert_eq!(Direction::Both.as_str(), "both");
/// ```
#[macro_export]
macro_rules! choice {
    ($(#[doc = $about:literal])* pub enum $name:ident { $( $(#[doc = $help:literal])* $variant:ident = $text:literal ),* $(,)? }) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $( $(#[doc = $help])* $variant ),* }

        impl $name {
            /// Every word in order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word in YAML.
            pub fn as_str(self) -> &'static str {
                match self { $( $name::$variant => $text ),* }
            }
        }

        impl $crate::project::yaml::Decode for $name {
            fn decode(node: &$crate::project::yaml::Node, cx: &mut $crate::project::yaml::Context) -> Option<Self> {
                $crate::project::yaml::decode_choice(node, cx, $name::ALL, $name::as_str)
            }

            fn schema(_: &mut $crate::project::yaml::Schemas) -> ::serde_json::Value {
                let words: Vec<&str> = $name::ALL.iter().map(|word| word.as_str()).collect();
                ::serde_json::json!({"type": "string", "enum": words})
            }
        }
    };
}

/// `RefreshPolicy` → `refresh policy`, as messages name things; a leading `Raw` is dropped.
pub fn thing(type_name: &str) -> String {
    let mut words = String::new();
    for c in type_name.trim_start_matches("Raw").chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}

/// Reads one word of a closed list; used by [`choice!`](crate::choice).
pub fn decode_choice<T: Copy>(node: &Node, cx: &mut Context, all: &[T], word: fn(T) -> &'static str) -> Option<T> {
    let words = || all.iter().map(|choice| word(*choice));
    let Some(text) = node.as_text().filter(|_| !node.is_null()) else {
        return cx.wrong_kind(node, &format!("one of {}", words().collect::<Vec<_>>().join(", ")));
    };
    if let Some(found) = all.iter().find(|choice| word(**choice) == text) {
        return Some(*found);
    }
    let listed = words().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ");
    let help = nearest(text, words())
        .map_or(format!("possible values: {listed}"), |near| format!("did you mean `{near}`? possible values: {listed}"));
    cx.fail(Diagnostic::error("P0106", format!("`{text}` is not a possible value")).at(node.span, "not a possible value").help(help))
}

impl Decode for String {
    fn decode(node: &Node, cx: &mut Context) -> Option<String> {
        match &node.kind {
            Kind::Scalar(scalar) if !node.is_null() => Some(scalar.text.clone()),
            _ => cx.wrong_kind(node, "text"),
        }
    }
    fn schema(_: &mut Schemas) -> Json {
        json!({"type": ["string", "number", "boolean"]})
    }
}

impl Decode for Source {
    fn decode(node: &Node, cx: &mut Context) -> Option<Source> {
        match &node.kind {
            Kind::Scalar(scalar) if !node.is_null() => {
                let text = scalar.text.trim_end().to_owned();
                let lines = text.matches('\n').count() + 1;
                let line_starts = if scalar.line_starts.len() >= lines { scalar.line_starts[..lines].to_vec() } else { Vec::new() };
                Some(Source { text, origin: Some(Origin { span: node.span, line_starts }) })
            }
            _ => cx.wrong_kind(node, "an expression"),
        }
    }
    fn schema(_: &mut Schemas) -> Json {
        json!({"type": ["string", "number", "boolean"]})
    }
}

impl Decode for bool {
    fn decode(node: &Node, cx: &mut Context) -> Option<bool> {
        match &node.kind {
            Kind::Scalar(s) if s.plain && s.text == "true" => Some(true),
            Kind::Scalar(s) if s.plain && s.text == "false" => Some(false),
            _ => cx.wrong_kind(node, "true or false"),
        }
    }
    fn missing() -> Option<bool> {
        Some(false)
    }
    fn schema(_: &mut Schemas) -> Json {
        json!({"type": "boolean"})
    }
}

macro_rules! whole_numbers {
    ($($ty:ty),*) => {$(
        impl Decode for $ty {
            fn decode(node: &Node, cx: &mut Context) -> Option<$ty> {
                match &node.kind {
                    Kind::Scalar(s) if s.plain && s.text.parse::<$ty>().is_ok() => s.text.parse().ok(),
                    _ => cx.wrong_kind(node, "a whole number"),
                }
            }
            fn schema(_: &mut Schemas) -> Json {
                json!({"type": "integer"})
            }
        }
    )*};
}
whole_numbers!(i32, i64, u8, u16, u32, u64, usize);

impl Decode for f64 {
    fn decode(node: &Node, cx: &mut Context) -> Option<f64> {
        match &node.kind {
            Kind::Scalar(s) if s.plain => match s.text.parse::<f64>() {
                Ok(number) if number.is_finite() => Some(number),
                _ => cx.wrong_kind(node, "a number"),
            },
            _ => cx.wrong_kind(node, "a number"),
        }
    }
    fn schema(_: &mut Schemas) -> Json {
        json!({"type": "number"})
    }
}

impl<T: Decode> Decode for Spanned<T> {
    fn decode(node: &Node, cx: &mut Context) -> Option<Spanned<T>> {
        T::decode(node, cx).map(|value| Spanned { value, span: node.span })
    }
    fn missing() -> Option<Spanned<T>> {
        T::missing().map(|value| Spanned { value, span: Span::default() })
    }
    fn schema(schemas: &mut Schemas) -> Json {
        T::schema(schemas)
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(node: &Node, cx: &mut Context) -> Option<Option<T>> {
        if node.is_null() { Some(None) } else { T::decode(node, cx).map(Some) }
    }
    fn missing() -> Option<Option<T>> {
        Some(None)
    }
    fn schema(schemas: &mut Schemas) -> Json {
        match T::schema(schemas) {
            Json::Object(mut schema) if schema.contains_key("type") && !schema.contains_key("enum") => {
                let mut types = match schema.remove("type") {
                    Some(Json::Array(types)) => types,
                    Some(single) => vec![single],
                    None => Vec::new(),
                };
                types.push(json!("null"));
                schema.insert("type".to_owned(), Json::Array(types));
                Json::Object(schema)
            }
            other => json!({"anyOf": [other, {"type": "null"}]}),
        }
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(node: &Node, cx: &mut Context) -> Option<Box<T>> {
        T::decode(node, cx).map(Box::new)
    }
    fn missing() -> Option<Box<T>> {
        T::missing().map(Box::new)
    }
    fn schema(schemas: &mut Schemas) -> Json {
        T::schema(schemas)
    }
}

impl<T: Decode> Decode for Vec<T> {
    /// Items that could not be read are reported and left out.
    fn decode(node: &Node, cx: &mut Context) -> Option<Vec<T>> {
        match &node.kind {
            Kind::Sequence(items) => Some(items.iter().filter_map(|item| T::decode(item, cx)).collect()),
            _ if node.is_null() => Some(Vec::new()),
            _ => cx.wrong_kind(node, "a list"),
        }
    }
    fn missing() -> Option<Vec<T>> {
        Some(Vec::new())
    }
    fn schema(schemas: &mut Schemas) -> Json {
        json!({"type": "array", "items": T::schema(schemas)})
    }
}

impl<T: Decode> Decode for Entries<T> {
    /// Values that could not be read are reported and left out.
    fn decode(node: &Node, cx: &mut Context) -> Option<Entries<T>> {
        match &node.kind {
            Kind::Mapping(entries) => Some(Entries(
                entries
                    .iter()
                    .filter_map(|e| T::decode(&e.value, cx).map(|v| (Spanned { value: e.key.clone(), span: e.key_span }, v)))
                    .collect(),
            )),
            _ if node.is_null() => Some(Entries::default()),
            _ => cx.wrong_kind(node, "a mapping"),
        }
    }
    fn missing() -> Option<Entries<T>> {
        Some(Entries::default())
    }
    fn schema(schemas: &mut Schemas) -> Json {
        json!({"type": "object", "additionalProperties": T::schema(schemas)})
    }
}

impl Decode for Node {
    fn decode(node: &Node, _: &mut Context) -> Option<Node> {
        Some(node.clone())
    }
    fn schema(_: &mut Schemas) -> Json {
        json!({})
    }
}

/// Reads one YAML document. An empty file is an empty mapping; a broken one is reported (`P0101`) and gives `None`.
///
/// `text` must be the text registered under `file`, with `\n` line ends (see [`normalize`]).
pub fn parse(text: &str, file: FileId, cx: &mut Context) -> Option<Node> {
    Builder { text, file, anchors: HashMap::new(), aliased: 0, cx }.document(events::read(text))
}

/// The same for a text whose events were packed when the program was built.
pub fn parse_packed(packed: &[u8], text: &str, file: FileId, cx: &mut Context) -> Option<Node> {
    Builder { text, file, anchors: HashMap::new(), aliased: 0, cx }.document(events::unpack(packed, text).map(Ok))
}

/// Removes a byte order mark and makes line ends `\n`; lines and columns stay the same.
pub fn normalize(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text.into() }
}

struct Builder<'t, 'c> {
    text: &'t str,
    file: FileId,
    anchors: HashMap<usize, Node>,
    aliased: usize,
    cx: &'c mut Context,
}

/// A collection that is still open.
struct Open {
    start: usize,
    anchor: usize,
    items: Vec<Node>,
    is_mapping: bool,
}

impl Builder<'_, '_> {
    fn document<'e>(mut self, events: impl Iterator<Item = Result<Event<'e>, Broken>>) -> Option<Node> {
        let mut open: Vec<Open> = Vec::new();
        let mut root: Option<Node> = None;
        let mut documents = 0;
        for event in events {
            let Event { start, end, what } = match event {
                Ok(event) => event,
                Err(Broken { at: start, message }) => {
                    let end = self.text[start..].chars().next().filter(|c| *c != '\n').map_or(start, |c| start + c.len_utf8());
                    let message = format!("this is not valid YAML: {message}");
                    return self.cx.fail(Diagnostic::error("P0101", message).at(Span::new(self.file, start, end), "here"));
                }
            };
            let done = match what {
                What::Document => {
                    documents += 1;
                    if documents > 1 {
                        let message = "a file holds one YAML document, this one has several";
                        let place = Span::new(self.file, start, end.max(start));
                        return self.cx.fail(Diagnostic::error("P0107", message).at(place, "a second document starts here"));
                    }
                    continue;
                }
                What::Scalar { tag: Tag::Other(tag), .. } => {
                    let place = Span::new(self.file, start, end);
                    let message = format!("YAML tags such as `{tag}` are not read");
                    return self.cx.fail(Diagnostic::error("P0107", message).at(place, "tagged value"));
                }
                What::Scalar { text, style, anchor, tag } => {
                    let node = self.scalar(text, style, tag == Tag::Text, start, end);
                    self.keep(anchor, node)
                }
                What::List(anchor) | What::Mapping(anchor) => {
                    if open.len() >= MAX_DEPTH {
                        let place = Span::new(self.file, start, end);
                        return self.cx.fail(Diagnostic::error("P0107", "nested too deeply").at(place, "more than 100 levels"));
                    }
                    let is_mapping = matches!(what, What::Mapping(_));
                    open.push(Open { start, anchor, items: Vec::new(), is_mapping });
                    continue;
                }
                What::Close => {
                    let Some(collection) = open.pop() else { continue };
                    let anchor = collection.anchor;
                    let node = self.close(collection, end);
                    self.keep(anchor, node)
                }
                What::Alias(anchor) => {
                    let mut node = self.anchors.get(&anchor).cloned().unwrap_or_else(|| Node::text("", Span::default()));
                    self.aliased += count(&node);
                    if self.aliased > MAX_ALIASED {
                        let place = Span::new(self.file, start, end);
                        return self.cx.fail(Diagnostic::error("P0107", "aliases expand to too much").at(place, "this alias"));
                    }
                    node.span = Span::new(self.file, start, end);
                    node
                }
            };
            match open.last_mut() {
                Some(collection) => collection.items.push(done),
                None => root = Some(done),
            }
        }
        let empty = Node { span: Span::new(self.file, 0, 0), kind: Kind::Mapping(Vec::new()) };
        match root {
            Some(node) if !node.is_null() => Some(node),
            _ => Some(empty),
        }
    }

    fn keep(&mut self, anchor: usize, node: Node) -> Node {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        node
    }

    /// Ends a list or mapping; its span ends with its last child, because the parser ends block collections late.
    fn close(&mut self, collection: Open, end: usize) -> Node {
        let inner_end = collection.items.last().map_or(end, |node| node.span.end as usize);
        let flow = matches!(self.text.as_bytes().get(collection.start), Some(b'[' | b'{'));
        let start = collection.items.first().filter(|_| !flow).map_or(collection.start, |n| collection.start.min(n.span.start as usize));
        let span = Span::new(self.file, start, if flow { end.max(inner_end) } else { inner_end.max(start) });
        if !collection.is_mapping {
            return Node { span, kind: Kind::Sequence(collection.items) };
        }
        let mut entries: Vec<Entry> = Vec::with_capacity(collection.items.len() / 2);
        // Few keys are looked for one by one, many by hash.
        let mut seen: HashMap<String, Span> = HashMap::new();
        let is_large = collection.items.len() > 2 * 32;
        let mut items = collection.items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            let key_span = key.span;
            let Kind::Scalar(Scalar { text: key, .. }) = key.kind else {
                let found = if matches!(key.kind, Kind::Sequence(_)) { "a list" } else { "a mapping" };
                self.cx.diagnostics.push(
                    Diagnostic::error("P0104", format!("expected a key, found {found}"))
                        .at(key_span, "not a key")
                        .help("put quotes around text that starts with `[` or `{`"),
                );
                continue;
            };
            let first = if is_large {
                seen.get(&key).copied()
            } else {
                entries.iter().find(|entry: &&Entry| entry.key == key).map(|entry| entry.key_span)
            };
            if let Some(first) = first {
                self.cx.diagnostics.push(
                    Diagnostic::error("P0103", format!("key `{key}` is given twice")).at(key_span, "again here").at(first, "first here"),
                );
                continue;
            }
            if is_large {
                seen.insert(key.clone(), key_span);
            }
            entries.push(Entry { key, key_span, value });
        }
        Node { span, kind: Kind::Mapping(entries) }
    }

    fn scalar(&self, value: Cow<'_, str>, style: ScalarStyle, tagged: bool, start: usize, end: usize) -> Node {
        let plain = style == ScalarStyle::Plain && !tagged;
        let (span_start, mut span_end, line_starts) = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => self.block(&value, style == ScalarStyle::Literal, start),
            _ => {
                let raw = &self.text[start..end.max(start)];
                let inner = if plain || tagged && style == ScalarStyle::Plain {
                    raw
                } else {
                    raw.get(1..raw.len().saturating_sub(1)).unwrap_or("")
                };
                let offset = if style == ScalarStyle::Plain { 0 } else { 1 };
                // Line ends are folded here: a value with one is not what is written.
                let mapped = *inner == *value || inner.trim_end() == value.trim_end() && !value.contains('\n');
                (start, end, if mapped { smallvec![(start + offset) as u32] } else { SmallVec::new() })
            }
        };
        // Plain scalars may end after the blanks that follow them.
        while span_end > span_start && matches!(self.text.as_bytes()[span_end - 1], b' ' | b'\n' | b'\t') {
            span_end -= 1;
        }
        let span = Span::new(self.file, span_start, span_end.max(span_start));
        Node { span, kind: Kind::Scalar(Scalar { text: value.into_owned(), plain, line_starts }) }
    }

    /// Finds the lines of a block scalar in the file; checks each against the value, so a wrong guess maps nothing.
    fn block(&self, value: &str, literal: bool, start: usize) -> (usize, usize, SmallVec<[u32; 2]>) {
        let line_end = |from: usize| self.text[from..].find('\n').map_or(self.text.len(), |i| from + i);
        // The parser's marker is at the header `|`, or at the content on a later line.
        let header = if matches!(self.text.as_bytes().get(start), Some(b'|' | b'>')) {
            start
        } else {
            let line_start = self.text[..start].rfind('\n').unwrap_or(0);
            self.text[..line_start].rfind(['|', '>']).unwrap_or(start)
        };
        let mut lines = Vec::new();
        let mut at = line_end(header) + 1;
        let mut indent: Option<usize> = None;
        let key_indent = {
            let line_start = self.text[..header].rfind('\n').map_or(0, |i| i + 1);
            self.text[line_start..].bytes().take_while(|b| *b == b' ').count()
        };
        while at <= self.text.len() && at > header {
            let end = line_end(at);
            let line = &self.text[at..end];
            let blanks = line.bytes().take_while(|b| *b == b' ').count();
            if line.trim().is_empty() {
                lines.push((at, end));
            } else {
                let wanted = *indent.get_or_insert(blanks);
                if blanks < wanted || (lines.is_empty() && blanks == 0 && key_indent > 0) {
                    break;
                }
                lines.push((at, end));
            }
            if end >= self.text.len() {
                break;
            }
            at = end + 1;
        }
        let indent = indent.unwrap_or(0);
        let last = lines.iter().rev().find(|(from, to)| !self.text[*from..*to].trim().is_empty()).map_or(line_end(header), |(_, to)| *to);
        if !literal {
            return (header, last, SmallVec::new());
        }
        let mut starts = SmallVec::new();
        for (index, wanted) in value.trim_end_matches('\n').split('\n').enumerate() {
            let Some((from, to)) = lines.get(index) else { return (header, last, SmallVec::new()) };
            let begin = (from + indent).min(*to);
            if &self.text[begin..*to] != wanted {
                return (header, last, SmallVec::new());
            }
            starts.push(begin as u32);
        }
        (header, last, starts)
    }
}

fn count(node: &Node) -> usize {
    1 + match &node.kind {
        Kind::Scalar(_) => 0,
        Kind::Sequence(items) => items.iter().map(count).sum(),
        Kind::Mapping(entries) => entries.iter().map(|entry| count(&entry.value)).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SourceMap;

    fn read(text: &str) -> (Option<Node>, Context, SourceMap) {
        let mut sources = SourceMap::default();
        let file = sources.add("a.yaml", text);
        let mut cx = Context::default();
        let node = parse(text, file, &mut cx);
        (node, cx, sources)
    }

    record! {
        /// A measure.
        pub struct RawThing {
            /// Name.
            pub name: Spanned<String>,
            /// DAX.
            pub expression: Source,
            /// Order.
            pub sort_by: Option<i64>,
            /// Hidden.
            pub hidden: bool,
        }
    }

    #[test]
    fn literal_blocks_map_offsets_back_to_the_file() {
        let text = "- name: é\n  expression: |\n    SUM (\n      Invoices[Amout] )\n\n    + 1\n- name: b\n  expression: \"x + [y]\"\n";
        let (node, mut cx, _) = read(text);
        let list = Vec::<RawThing>::decode(&node.unwrap(), &mut cx).unwrap();
        assert_eq!(cx.diagnostics, []);
        let at = list[0].expression.text.find("Amout").unwrap();
        let span = list[0].expression.locate(at, at + 5).unwrap();
        assert_eq!(&text[span.range()], "Amout");
        let at = list[0].expression.text.find("+ 1").unwrap();
        assert_eq!(&text[list[0].expression.locate(at, at + 3).unwrap().range()], "+ 1");
        let at = list[1].expression.text.find("y").unwrap();
        assert_eq!(&text[list[1].expression.locate(at, at + 1).unwrap().range()], "y");
        assert_eq!(&text[list[0].name.span.range()], "é");
        assert_eq!(&text[list[1].span.range()], "name: b\n  expression: \"x + [y]\"");
    }

    #[test]
    fn folded_and_escaped_scalars_map_to_the_whole_scalar() {
        let text = "name: a\nexpression: >\n  one\n  two\nsort-by: 3";
        let (node, mut cx, _) = read(text);
        let thing = RawThing::decode(&node.unwrap(), &mut cx).unwrap();
        assert_eq!(thing.expression.text, "one two");
        assert_eq!(&text[thing.expression.locate(0, 3).unwrap().range()], ">\n  one\n  two");
        assert_eq!(thing.sort_by, Some(3));
    }

    #[test]
    fn several_errors_are_reported_at_once() {
        let (node, mut cx, _) = read("name: a\nexpresion: 1\nhidden: yes\nname: b\nsort-by: [1]\n");
        assert_eq!(RawThing::decode(&node.unwrap(), &mut cx), None);
        let codes: Vec<_> = cx.diagnostics.iter().map(|d| d.code).collect();
        assert_eq!(codes, ["P0103", "P0102", "P0105", "P0104", "P0104"]);
        assert_eq!(cx.diagnostics[1].help.as_deref(), Some("a key with a similar name exists: `expression`"));
        assert_eq!(cx.diagnostics[4].message, "expected true or false, found `yes`");
    }

    #[test]
    fn broken_yaml_names_its_place() {
        let (node, cx, sources) = read("a: [1, 2\nb: 3\n");
        assert_eq!(node, None);
        assert_eq!(cx.diagnostics[0].code, "P0101");
        assert!(sources.position(cx.diagnostics[0].span().unwrap()).is_some());
    }

    #[test]
    fn empty_files_aliases_and_limits() {
        assert_eq!(read("# nothing\n").0.unwrap().entries().unwrap().len(), 0);
        let (node, cx, _) = read("a: &x [1]\nb: *x\n");
        assert_eq!(cx.diagnostics, []);
        assert_eq!(node.unwrap().get("b").unwrap().to_json(), json!([1]));
        assert_eq!(read("--- a\n--- b\n").1.diagnostics[0].code, "P0107");
        assert_eq!(read(&"- ".repeat(150)).1.diagnostics[0].code, "P0107");
        let mut bomb = String::from("a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n");
        for level in 1..9 {
            let list = vec![format!("*a{}", level - 1); 10].join(",");
            bomb.push_str(&format!("a{level}: &a{level} [{list}]\n"));
        }
        assert_eq!(read(&bomb).1.diagnostics[0].code, "P0107");
    }

    #[test]
    fn the_schema_comes_from_the_declaration() {
        let mut schemas = Schemas::default();
        assert_eq!(RawThing::schema(&mut schemas), json!({"$ref": "#/$defs/RawThing"}));
        let schema = &schemas.definitions["RawThing"];
        assert_eq!(schema["required"], json!(["name", "expression"]));
        assert_eq!(schema["properties"]["sort-by"], json!({"type": ["integer", "null"], "description": "Order."}));
        assert_eq!(schema["additionalProperties"], json!(false));
    }
}
