//! Two builds → a self-contained page that shows them side by side.
//!
//! In: two models with their reports and, where there are data, their engines. Out: [`Change`]s by kind and the HTML that lists them: measures,
//! columns, relationships, visuals, and figures of measures that both have.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::escape;
use crate::dax::{Engine, Options};
use crate::format::pbir;
use crate::model::Model;
use crate::report::Report;
use crate::table::Value;

/// One of the two builds.
pub struct Side<'a> {
    /// The model.
    pub model: &'a Model,
    /// Its report.
    pub report: &'a Report,
    /// The engine, where there are data.
    pub engine: Option<&'a Engine>,
}

/// One difference; a side that has nothing is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What differs.
    pub name: String,
    /// On the old side.
    pub old: Option<String>,
    /// On the new side.
    pub new: Option<String>,
}

/// Differences under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Heading.
    pub title: &'static str,
    /// Differences in order of name.
    pub changes: Vec<Change>,
}

/// All differences.
pub fn compare(old: &Side<'_>, new: &Side<'_>) -> Vec<Section> {
    let section = |title, of: &dyn Fn(&Side<'_>) -> BTreeMap<String, String>| Section { title, changes: changes(&of(old), &of(new)) };
    let mut sections = vec![
        section("Measures", &|side| measures(side.model)),
        section("Columns", &|side| columns(side.model)),
        section("Relationships", &|side| relationships(side.model)),
        section("Pages", &|side| pages(side.report)),
        Section { title: "Visuals", changes: visuals(old.report, new.report) },
    ];
    if let (Some(before), Some(after)) = (old.engine, new.engine) {
        let both: Vec<&str> = old
            .model
            .tables
            .iter()
            .flat_map(|table| &table.measures)
            .map(|measure| measure.name.as_str())
            .filter(|name| new.model.measure(name).is_some())
            .collect();
        let figures = |engine: &Engine| both.iter().map(|name| ((*name).to_owned(), figure(engine, name))).collect();
        sections.insert(0, Section { title: "Figures", changes: changes(&figures(before), &figures(after)) });
    }
    sections
}

fn changes(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<Change> {
    let mut names: Vec<&String> = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))).collect();
    names.sort();
    let change = |name: &String| Change { name: name.clone(), old: old.get(name).cloned(), new: new.get(name).cloned() };
    names.into_iter().map(change).filter(|change| change.old != change.new).collect()
}

fn measures(model: &Model) -> BTreeMap<String, String> {
    let all = model.tables.iter().flat_map(|table| &table.measures);
    all.map(|m| {
        let mut text = m.expression.text.trim().to_owned();
        let format = m.format_string_definition.as_ref().map(|dax| dax.text.trim()).or(m.format_string.as_deref());
        for (word, value) in [("format", format), ("folder", m.display_folder.as_deref()), ("description", Some(m.description.as_str()))] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                text.push_str(&format!("\n{word}: {value}"));
            }
        }
        if m.is_hidden {
            text.push_str("\nhidden");
        }
        (m.name.clone(), text)
    })
    .collect()
}

fn columns(model: &Model) -> BTreeMap<String, String> {
    let all = model.tables.iter().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    all.map(|(table, column)| {
        let mut text = column.data_type.map_or_else(|| "any type".to_owned(), |t| format!("{t:?}"));
        let shown = [("format", column.format_string.as_deref()), ("sorted by", column.sort_by.as_deref())];
        for (word, value) in shown {
            if let Some(value) = value {
                text.push_str(&format!("\n{word}: {value}"));
            }
        }
        if let crate::model::ColumnKind::Calculated(dax) = &column.kind {
            text.push_str(&format!("\n{}", dax.text.trim()));
        }
        if column.is_hidden {
            text.push_str("\nhidden");
        }
        (format!("{}[{}]", table.name, column.name), text)
    })
    .collect()
}

fn relationships(model: &Model) -> BTreeMap<String, String> {
    let all = model.relationships.iter();
    all.map(|r| {
        let name = format!("{}[{}] → {}[{}]", r.from_table, r.from_column, r.to_table, r.to_column);
        (name, if r.is_active { "active" } else { "inactive" }.to_owned())
    })
    .collect()
}

fn pages(report: &Report) -> BTreeMap<String, String> {
    let text =
        |page: &crate::report::Page| format!("{}, {} × {}, {} visuals", page.display_name, page.width, page.height, page.visuals.len());
    report.pages.iter().map(|page| (page.name.clone(), text(page))).collect()
}

/// Differences of the visuals as the files of the report say them.
fn visuals(old: &Report, new: &Report) -> Vec<Change> {
    let read = |report: &Report| -> BTreeMap<String, Json> {
        let files = pbir::write(report);
        let all = report.pages.iter().flat_map(|page| page.visuals.iter().map(move |visual| (page, visual)));
        all.filter_map(|(page, visual)| {
            let path = format!("definition/pages/{}/visuals/{}/visual.json", pbir::page_id(page), pbir::visual_id(page, visual));
            let mut json: Json = serde_json::from_slice(files.get(&path)?).ok()?;
            // The identifier is no difference that anybody sees.
            json.as_object_mut()?.remove("name");
            Some((format!("{} · {}", page.name, visual.name), json))
        })
        .collect()
    };
    let (before, after) = (read(old), read(new));
    let mut list = Vec::new();
    let mut names: Vec<&String> = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name))).collect();
    names.sort();
    for name in names {
        let kind = |json: &Json| json["visual"]["visualType"].as_str().unwrap_or("visual").to_owned();
        match (before.get(name), after.get(name)) {
            (Some(a), Some(b)) if a != b => {
                let mut leaves = Vec::new();
                differing(a, b, "", &mut leaves);
                let side = |pick: fn(&(String, String, String)) -> &String| {
                    leaves.iter().take(12).map(|leaf| format!("{}: {}", leaf.0, pick(leaf))).collect::<Vec<_>>().join("\n")
                };
                list.push(Change { name: name.clone(), old: Some(side(|leaf| &leaf.1)), new: Some(side(|leaf| &leaf.2)) });
            }
            (Some(_), Some(_)) | (None, None) => {}
            (a, b) => list.push(Change { name: name.clone(), old: a.map(kind), new: b.map(kind) }),
        }
    }
    list
}

/// The leaves in which two JSON values differ: path, old, new.
fn differing(old: &Json, new: &Json, path: &str, out: &mut Vec<(String, String, String)>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (old, new) {
        (Json::Object(a), Json::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                let null = Json::Null;
                let (x, y) = (a.get(key).unwrap_or(&null), b.get(key).unwrap_or(&null));
                if x != y {
                    differing(x, y, &below(key), out);
                }
            }
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            for (index, (x, y)) in a.iter().zip(b).enumerate().filter(|(_, (x, y))| x != y) {
                differing(x, y, &below(&index.to_string()), out);
            }
        }
        _ => {
            let text = |json: &Json| match json {
                Json::Null => "–".to_owned(),
                Json::String(text) => text.clone(),
                other => other.to_string().chars().take(300).collect(),
            };
            out.push((path.to_owned(), text(old), text(new)));
        }
    }
}

/// The figure of a measure without any filter.
fn figure(engine: &Engine, measure: &str) -> String {
    match engine.evaluate_expr(&format!("[{}]", measure.replace(']', "]]")), &Options::default()) {
        Ok(Value::Blank) => "(blank)".to_owned(),
        Ok(Value::String(text)) => text.to_string(),
        Ok(Value::Double(x)) => format!("{x:.6}").trim_end_matches('0').trim_end_matches('.').to_owned(),
        Ok(other) => super::cell(&other).to_string().trim_matches('"').to_owned(),
        Err(error) => format!("error: {}", error.message),
    }
}

const STYLE: &str = "body{font:14px/1.45 'Segoe UI','Open Sans','Liberation Sans',system-ui,sans-serif;margin:0 auto;max-width:1280px;padding:16px;color:#1b2733;background:#fff}\
h1{font-size:20px}h2{font-size:16px;margin-top:28px}table{border-collapse:collapse;width:100%;table-layout:fixed}th,td{border:1px solid #d9dfe4;padding:6px 8px;text-align:left;vertical-align:top}\
th[scope=row]{width:22%;font-weight:600;overflow-wrap:anywhere}thead th{background:#eaf0f5}pre{margin:0;font:12px/1.45 ui-monospace,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}\
td.old pre{color:#7a2e0b}td.new pre{color:#0b5a55}.none{color:#55636f}\
@media(prefers-color-scheme:dark){body{color:#e8edf2;background:#12181f}th,td{border-color:#3a4652}thead th{background:#26313c}td.old pre{color:#f0b08f}td.new pre{color:#8fdad4}.none{color:#aeb9c4}}";

/// The page. `notes` say what could not be compared.
pub fn html(old: &str, new: &str, sections: &[Section], notes: &[String]) -> String {
    let mut body = format!("<h1>{} → {}</h1>\n", escape(old), escape(new));
    for note in notes {
        body.push_str(&format!("<p class=\"none\">{}</p>\n", escape(note)));
    }
    let counts: Vec<String> = sections.iter().map(|s| format!("{} {}", s.changes.len(), s.title.to_lowercase())).collect();
    body.push_str(&format!("<p>Differences: {}</p>\n", escape(&counts.join(", "))));
    for section in sections {
        body.push_str(&format!("<h2>{}</h2>\n", escape(section.title)));
        if section.changes.is_empty() {
            body.push_str("<p class=\"none\">No differences</p>\n");
            continue;
        }
        body.push_str(&format!(
            "<table><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead><tbody>\n",
            escape(old),
            escape(new)
        ));
        for change in &section.changes {
            let side = |text: &Option<String>, word: &str| match text {
                Some(text) => format!("<pre>{}</pre>", escape(text)),
                None => format!("<span class=\"none\">{word}</span>"),
            };
            body.push_str(&format!(
                "<tr><th scope=\"row\">{}</th><td class=\"old\">{}</td><td class=\"new\">{}</td></tr>\n",
                escape(&change.name),
                side(&change.old, "not there: added"),
                side(&change.new, "not there: removed")
            ));
        }
        body.push_str("</tbody></table>\n");
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {}\">\n<title>{} → {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
        super::source(STYLE),
        escape(old),
        escape(new)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_leaves_and_names_are_escaped() {
        let mut leaves = Vec::new();
        let old = serde_json::json!({"a": {"b": 1, "c": [1, 2]}, "d": "x"});
        let new = serde_json::json!({"a": {"b": 2, "c": [1, 3]}, "e": true, "d": "x"});
        differing(&old, &new, "", &mut leaves);
        let leaf = |path: &str, old: &str, new: &str| (path.to_owned(), old.to_owned(), new.to_owned());
        assert_eq!(leaves, [leaf("a.b", "1", "2"), leaf("a.c.1", "2", "3"), leaf("e", "–", "true")]);
        let hostile = Change { name: "<img src=x>".to_owned(), old: None, new: Some("</pre><script>".to_owned()) };
        let page = html("a", "b", &[Section { title: "Measures", changes: vec![hostile] }], &[]);
        assert!(!page.contains("<img") && !page.contains("<script"), "{page}");
        assert!(page.contains("&lt;img src=x&gt;"));
    }

    #[test]
    fn added_removed_and_changed_measures_are_told() {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<BTreeMap<_, _>>();
        let found = changes(&map(&[("A", "1"), ("B", "1"), ("C", "1")]), &map(&[("B", "1"), ("C", "2"), ("D", "1")]));
        let names: Vec<(&str, bool, bool)> = found.iter().map(|c| (c.name.as_str(), c.old.is_some(), c.new.is_some())).collect();
        assert_eq!(names, [("A", true, false), ("C", true, true), ("D", false, true)]);
    }
}
