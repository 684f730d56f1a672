//! JSON Schemas of the YAML files, for editors: completion and checking while typing.

use serde_json::{Value as Json, json};

use super::pages::{page_schema, theme_schema};
use super::raw::{RawLocale, RawMeasures, RawModel, RawRelationships, RawTable};
use super::yaml::{Decode, Schemas};

/// A kind of file: its name, where such files lie, and what makes its schema.
pub type Kind = (&'static str, &'static str, fn(&mut Schemas) -> Json);

/// The kinds of files with the schema of each: `model`, `table`, `relationships`, `measures`, `page`, `locale`, `theme`.
pub fn kinds() -> Vec<Kind> {
    vec![
        ("model", "model.yaml", RawModel::schema),
        ("table", "tables/*.yaml", RawTable::schema),
        ("relationships", "relationships.yaml", RawRelationships::schema),
        ("measures", "measures/*.yaml", RawMeasures::schema),
        ("page", "pages/*.yaml", page_schema),
        ("locale", "locales/*.yaml", RawLocale::schema),
        ("theme", "theme.yaml", |_| theme_schema()),
    ]
}

/// The complete schema of one kind, `None` for an unknown one.
///
/// It accepts both a file that stands alone and one of an overlay: there keys are optional, and lists take the groups
/// `add`, `change`, `replace`, `remove`.
pub fn schema(kind: &str) -> Option<Json> {
    let (name, files, make) = kinds().into_iter().find(|(name, ..)| *name == kind)?;
    let mut schemas = Schemas::default();
    let root = make(&mut schemas);
    let mut definitions = serde_json::Map::new();
    for (name, definition) in &schemas.definitions {
        definitions.insert(name.clone(), definition.clone());
        definitions.insert(format!("{name}.change"), partial(definition));
    }
    let mut forms = vec![root.clone(), partial(&root)];
    // A file of one thing may hold groups of them, a file of a list groups beside its defaults.
    let item = match name {
        "relationships" => json!({"$ref": "#/$defs/RawRelationship"}),
        "measures" => json!({"$ref": "#/$defs/RawMeasure"}),
        _ => root,
    };
    if matches!(name, "table" | "relationships" | "measures" | "page") {
        let mut form = groups(&item);
        if name == "measures" {
            form["properties"]["table"] = json!({"type": "string"});
            form["properties"]["folder"] = json!({"type": "string"});
        }
        forms.push(form);
    }
    Some(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("xero-pbit {files}"),
        "anyOf": forms,
        "$defs": definitions,
    }))
}

/// The schema of an entry under `change:`: nothing is required, references go to changes, lists of records take groups.
fn partial(schema: &Json) -> Json {
    match schema {
        Json::Object(object) => {
            if let (Some(items), Some("array")) =
                (object.get("items").filter(|items| items.get("$ref").is_some()), object.get("type").and_then(Json::as_str))
            {
                // A page may name a visual of its frame and only alter it, so that items need not be whole either.
                let mut plain = object.clone();
                plain.insert("items".to_owned(), partial(items));
                let description = plain.remove("description");
                let mut either = json!({"anyOf": [plain, groups(items)]});
                if let Some(description) = description {
                    either["description"] = description;
                }
                return either;
            }
            let mut out = serde_json::Map::new();
            for (key, value) in object.iter().filter(|(key, _)| *key != "required") {
                let value = match (key.as_str(), value) {
                    ("$ref", Json::String(target)) => Json::String(format!("{target}.change")),
                    ("description" | "enum", value) => value.clone(),
                    (_, value) => partial(value),
                };
                out.insert(key.clone(), value);
            }
            Json::Object(out)
        }
        Json::Array(items) => Json::Array(items.iter().map(partial).collect()),
        other => other.clone(),
    }
}

/// The schema of a mapping of groups of `item`.
fn groups(item: &Json) -> Json {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "add": {"type": "array", "items": item, "description": "New ones; they must not exist."},
            "change": {"type": "array", "items": partial(item), "description": "Existing ones, by name; keys given here replace theirs."},
            "replace": {"type": "array", "items": item, "description": "Existing ones, by name, taken whole."},
            "remove": {"type": "array", "items": {"type": "string"}, "description": "Names."},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_gives_a_schema_that_compiles() {
        for (name, ..) in kinds() {
            let schema = schema(name).unwrap();
            let validator = jsonschema::validator_for(&schema).unwrap();
            let good = match name {
                "model" => json!({"extends": "shipped", "name": "Acme"}),
                "table" => json!({"change": [{"name": "Invoices", "columns": {"add": [{"name": "X", "type": "text"}]}}]}),
                "relationships" => json!({"relationships": [{"from": "A[x]", "to": "B[y]"}]}),
                "measures" => json!({"folder": "Cash", "add": [{"name": "A", "expression": "1"}]}),
                "page" => json!({"change": [{"name": "Dashboard", "visuals": {"remove": ["Margin"]}}]}),
                "theme" => json!({"name": "Acme"}),
                _ => json!({"culture": "fr-FR", "measures": {"A": {"caption": "B"}}}),
            };
            assert!(validator.is_valid(&good), "{name}");
            assert!(!validator.is_valid(&json!({"nonsense": 1})), "{name}");
        }
    }
}
