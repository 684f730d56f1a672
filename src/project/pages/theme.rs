//! `theme.yaml` → the theme that Power BI reads, a palette of named colours, styles of texts.
//!
//! Keys other than `name`, `palette` and `text-styles` are those of Power BI's theme files, in its spelling. `$name` stands for a
//! colour of the palette everywhere.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::yaml::{Context, Entries, Kind, Node, Spanned};
use crate::base::{Diagnostic, Span, nearest};
use crate::report::{TextRun, Theme};

/// Keys of Power BI's theme files that we pass on.
const KEYS: [&str; 24] = [
    "name",
    "palette",
    "text-styles",
    "dataColors",
    "good",
    "neutral",
    "bad",
    "maximum",
    "center",
    "minimum",
    "null",
    "foreground",
    "foregroundNeutralSecondary",
    "foregroundNeutralTertiary",
    "background",
    "backgroundLight",
    "backgroundNeutral",
    "tableAccent",
    "hyperlink",
    "visitedHyperlink",
    "textClasses",
    "visualStyles",
    "icons",
    "$schema",
];

/// Colours and text styles by name.
#[derive(Clone, Debug, Default)]
pub struct Styles {
    /// Name → `#RRGGBB`: the palette and the theme's own keys (`good`, `data1` …).
    pub colors: BTreeMap<String, String>,
    /// Style of text → CSS-like properties.
    pub texts: BTreeMap<String, TextRun>,
}

/// Whether a text is `#RRGGBB`.
pub fn is_hex(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|b| b.is_ascii_hexdigit())
}

impl Styles {
    /// A colour by name or as `#RRGGBB`; `R0111` when it is neither.
    pub fn color(&self, text: &str, span: Span, cx: &mut Context) -> Option<String> {
        if is_hex(text) {
            return Some(text.to_owned());
        }
        let name = text.trim_start_matches('$');
        if let Some(color) = self.colors.get(name) {
            return Some(color.clone());
        }
        let help = match nearest(name, self.colors.keys().map(String::as_str)) {
            Some(near) => format!("a colour with a similar name exists: `{near}`"),
            None => "write `#RRGGBB` or a name of the theme's palette".to_owned(),
        };
        cx.fail(Diagnostic::error("R0111", format!("`{text}` is not a colour")).at(span, "unknown colour").help(help))
    }
}

/// The theme and its styles; without a file, a plain one.
pub fn lower(node: Option<&Node>, cx: &mut Context) -> (Theme, Styles) {
    let mut styles = Styles::default();
    let Some(node) = node else {
        let json = json!({"dataColors": ["#1F6FB2"], "foreground": "#252423", "background": "#FFFFFF"});
        return (Theme { name: "Plain".to_owned(), json: json.as_object().cloned().unwrap_or_default() }, styles);
    };
    let Some(entries) = cx.mapping(node, "the theme") else { return (Theme::default(), styles) };
    let entries = entries.to_vec();
    cx.unknown_keys(&entries, &KEYS, "the theme");
    let palette: Entries<Spanned<String>> = cx.field(node, &entries, "palette", "theme").unwrap_or_default();
    for (name, color) in palette.iter() {
        if let Some(color) = styles.color(&color.value, color.span, cx) {
            styles.colors.insert(name.value.clone(), color);
        }
    }
    let name: Spanned<String> = cx.field(node, &entries, "name", "theme").unwrap_or_default();
    let name: String = name.value.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect();
    let mut json = Map::new();
    for entry in entries.iter().filter(|e| !matches!(e.key.as_str(), "name" | "palette" | "text-styles")) {
        json.insert(entry.key.clone(), substitute(&entry.value, &styles, cx));
    }
    for (key, value) in &json {
        if let Some(color) = value.as_str().filter(|text| is_hex(text)) {
            styles.colors.entry(key.clone()).or_insert_with(|| color.to_owned());
        }
    }
    for (index, color) in json.get("dataColors").and_then(Value::as_array).into_iter().flatten().enumerate() {
        if let Some(color) = color.as_str() {
            styles.colors.insert(format!("data{}", index + 1), color.to_owned());
        }
    }
    let texts: Entries<Entries<Node>> = cx.field(node, &entries, "text-styles", "theme").unwrap_or_default();
    for (name, properties) in texts.iter() {
        let mut run = TextRun::default();
        for (key, value) in properties.iter() {
            let known = ["fontFamily", "fontSize", "fontWeight", "fontStyle", "textDecoration", "color"];
            if !known.contains(&key.value.as_str()) {
                let help = nearest(&key.value, known)
                    .map_or(format!("keys of a text style: {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
                let message = format!("unknown key `{}` in a text style", key.value);
                cx.diagnostics.push(Diagnostic::error("P0102", message).at(key.span, "unknown key").help(help));
                continue;
            }
            if let Some(text) = value.as_text() {
                let text = if key.value == "color" { styles.color(text, value.span, cx).unwrap_or_default() } else { text.to_owned() };
                run.style.insert(key.value.clone(), text);
            }
        }
        styles.texts.insert(name.value.clone(), run);
    }
    (Theme { name: if name.is_empty() { "Theme".to_owned() } else { name }, json }, styles)
}

/// YAML → JSON with `$name` replaced by colours.
fn substitute(node: &Node, styles: &Styles, cx: &mut Context) -> Value {
    match &node.kind {
        Kind::Mapping(entries) => Value::Object(entries.iter().map(|e| (e.key.clone(), substitute(&e.value, styles, cx))).collect()),
        Kind::Sequence(items) => Value::Array(items.iter().map(|item| substitute(item, styles, cx)).collect()),
        Kind::Scalar(scalar) if scalar.text.starts_with('$') => json!(styles.color(&scalar.text, node.span, cx).unwrap_or_default()),
        Kind::Scalar(_) => node.to_json(),
    }
}

/// The JSON Schema of `theme.yaml`.
pub fn theme_schema() -> Value {
    let color = json!({"type": "string", "pattern": "^(#[0-9A-Fa-f]{6}|\\$.+)$"});
    let mut properties = Map::new();
    for key in KEYS {
        let schema = match key {
            "name" | "$schema" => json!({"type": "string"}),
            "palette" => {
                json!({"type": "object", "additionalProperties": {"type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"}, "description": "Colours by name; `$name` stands for them everywhere."})
            }
            "text-styles" => {
                json!({"type": "object", "description": "Styles of texts on pages.", "additionalProperties": {"type": "object"}})
            }
            "dataColors" => json!({"type": "array", "items": color}),
            "textClasses" | "visualStyles" | "icons" => json!({"type": "object"}),
            _ => color.clone(),
        };
        properties.insert(key.to_owned(), schema);
    }
    json!({"type": "object", "description": "Colours, fonts and default formatting of all pages.", "properties": properties, "additionalProperties": false})
}
