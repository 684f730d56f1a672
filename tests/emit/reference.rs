//! `docs/model-reference.md` is made from the schemas, `docs/errors.md` names every code of the project and its rules.

use libtest_mimic::{Failed, Trial};
use serde_json::Value as Json;
use xero_pbit::project::schema;

/// Words for the type of a schema.
fn kind(schema: &Json) -> String {
    if let Some(target) = schema["$ref"].as_str() {
        let name = target.trim_start_matches("#/$defs/");
        return format!("[{}](#{})", title(name), title(name).replace(' ', "-"));
    }
    for key in ["allOf", "anyOf"] {
        if let Some(all) = schema[key].as_array() {
            let words: Vec<String> = all.iter().filter(|s| s["type"] != "null").map(kind).collect();
            return words.join(" or ");
        }
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().filter_map(Json::as_str).map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ");
    }
    let types: Vec<&str> = match &schema["type"] {
        Json::Array(types) => types.iter().filter_map(Json::as_str).filter(|t| *t != "null").collect(),
        Json::String(one) => vec![one],
        _ => vec!["any"],
    };
    match types.as_slice() {
        ["array", ..] => format!("list of {}", kind(&schema["items"])),
        ["object", ..] => match schema["additionalProperties"].is_object() {
            true => format!("mapping to {}", kind(&schema["additionalProperties"])),
            false => "mapping".to_owned(),
        },
        ["boolean"] => "true or false".to_owned(),
        ["integer"] => "whole number".to_owned(),
        ["number"] => "number".to_owned(),
        ["string", ..] => "text".to_owned(),
        _ => "any value".to_owned(),
    }
}

fn title(name: &str) -> String {
    xero_pbit::project::yaml::thing(name)
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn reference() -> Result<String, Failed> {
    let mut out = String::from(
        "# Model reference\n\nEvery key of every file of a model folder. Made from the same declarations that read the files: \
         `xero-pbit schema` prints them as JSON Schemas for editors.\n",
    );
    let mut seen = std::collections::BTreeSet::new();
    for (name, files, _) in schema::kinds() {
        let schema = schema::schema(name).ok_or("no schema")?;
        out.push_str(&format!("\n# `{files}`\n"));
        let Some(definitions) = schema["$defs"].as_object().filter(|d| !d.is_empty()) else {
            out.push_str("\nKeys of a Power BI report theme, with `palette` and `text-styles` added; see the shipped `theme.yaml`.\n");
            continue;
        };
        for (name, definition) in definitions.iter().filter(|(name, _)| !name.ends_with(".change")) {
            if !seen.insert(name.clone()) {
                continue;
            }
            out.push_str(&format!(
                "\n## {}\n\n{}\n\n| Key | Type | Needed | Meaning |\n|---|---|---|---|\n",
                title(name),
                definition["description"].as_str().unwrap_or("")
            ));
            let required: Vec<&str> = definition["required"].as_array().map_or(Vec::new(), |r| r.iter().filter_map(Json::as_str).collect());
            for (key, property) in definition["properties"].as_object().into_iter().flatten() {
                let needed = if required.contains(&key.as_str()) { "yes" } else { "" };
                let about = property["description"].as_str().unwrap_or("");
                out.push_str(&format!("| `{key}` | {} | {needed} | {} |\n", cell(&kind(property)), cell(about)));
            }
        }
    }
    Ok(out)
}

/// Compares a file of the repository with a text; `UPDATE_DOCS=1` writes it.
fn same_as_file(path: &str, text: &str) -> Result<(), Failed> {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, text)?;
    }
    let found = std::fs::read_to_string(path)?;
    if found == text {
        Ok(())
    } else {
        Err(Failed::from(format!("{path} is out of date: UPDATE_DOCS=1 cargo test --test main -- reference")))
    }
}

/// Every `P` and `F` code that the sources use has a line in `docs/errors.md`.
fn errors_are_listed() -> Result<(), Failed> {
    let listed = std::fs::read_to_string("docs/errors.md")?;
    let mut missing = std::collections::BTreeSet::new();
    let mut folders = vec![
        std::path::PathBuf::from("src/project"),
        "src/check".into(),
        "src/format".into(),
        "src/host/files.rs".into(),
        "src/cli".into(),
    ];
    while let Some(path) = folders.pop() {
        if path.is_dir() {
            folders.extend(std::fs::read_dir(path)?.flatten().map(|entry| entry.path()));
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        for piece in text.split('"').filter(|p| p.len() == 5 && p.starts_with(['P', 'F']) && p[1..].bytes().all(|b| b.is_ascii_digit())) {
            if !listed.contains(piece) {
                missing.insert(piece.to_owned());
            }
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(Failed::from(format!("docs/errors.md lacks {missing:?}"))) }
}

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("emit/reference/model_reference_is_current", || same_as_file("docs/model-reference.md", &reference()?)),
        Trial::test("emit/reference/errors_are_listed", errors_are_listed),
    ]
}
