//! Two builds → a self-contained page that shows them side by side.
//!
//! In: two models with their reports and, where there are data, their engines. Out: [`Change`]s by kind and the HTML that lists them: figures of
//! measures in total and on pages, measures, columns, relationships, pages, visuals, translations.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{Preview, escape};
use crate::dax::functions::{ScalarContext, format_value};
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

/// All differences; `now` is the moment of TODAY, days since 1899-12-30.
pub fn compare(old: &Side<'_>, new: &Side<'_>, now: f64) -> Vec<Section> {
    let section = |title, of: &dyn Fn(&Side<'_>) -> BTreeMap<String, String>| Section { title, changes: changes(&of(old), &of(new)) };
    let mut sections = vec![
        section("Measures", &|side| measures(side.model)),
        section("Columns", &|side| columns(side.model)),
        section("Relationships", &|side| relationships(side.model)),
        section("Pages", &|side| pages(side.report)),
        Section { title: "Visuals", changes: visuals(old.report, new.report) },
        section("Translations", &|side| translations(side.model, side.report)),
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
        let mut list = Vec::new();
        for name in both {
            let (was, is) = (figure(before, old.model, name, now), figure(after, new.model, name, now));
            if was != is {
                let difference = match (was.1, is.1) {
                    (Some(x), Some(y)) if x != y => format!("\ndifference: {}", amount(y - x)),
                    _ => String::new(),
                };
                list.push(Change { name: name.to_owned(), old: Some(was.0), new: Some(is.0 + &difference) });
            }
        }
        list.sort_by(|a, b| a.name.cmp(&b.name));
        let shown = |side: &Side<'_>, engine| Preview::new(side.report, side.model, engine, now).base();
        let on_pages = cells(old.report, &shown(old, before), new.report, &shown(new, after));
        sections.insert(0, Section { title: "Figures on pages", changes: on_pages });
        sections.insert(0, Section { title: "Figures in total", changes: list });
    }
    sections
}

/// Words of other languages: of the model's objects and of the report's texts.
fn translations(model: &Model, report: &Report) -> BTreeMap<String, String> {
    use crate::model::ObjectPath;
    let mut all = BTreeMap::new();
    for culture in &model.cultures {
        for (path, words) in &culture.translations {
            let object = match path {
                ObjectPath::Model => "model".to_owned(),
                ObjectPath::Table(table) => table.clone(),
                ObjectPath::Column(table, name) => format!("{table}[{name}]"),
                ObjectPath::Measure(_, name) => format!("[{name}]"),
                ObjectPath::Hierarchy(table, name) => format!("{table}[{name}]"),
                ObjectPath::Level(table, hierarchy, name) => format!("{table}[{hierarchy}].[{name}]"),
            };
            let words = [("", &words.caption), ("description: ", &words.description), ("folder: ", &words.display_folder)];
            let lines: Vec<String> = words.iter().filter_map(|(word, text)| Some(format!("{word}{}", text.as_ref()?))).collect();
            all.insert(format!("{} · {object}", culture.name), lines.join("\n"));
        }
    }
    for (culture, words) in &report.translations {
        all.extend(words.iter().map(|(text, word)| (format!("{culture} · “{text}”"), word.clone())));
    }
    all
}

/// Visuals of both reports that show other figures: how many cells, and the first of them.
fn cells(old: &Report, before: &[Json], new: &Report, after: &[Json]) -> Vec<Change> {
    let mut list = Vec::new();
    for (page, answers) in old.pages.iter().zip(before) {
        let Some(other) = new.pages.iter().position(|p| p.name == page.name).and_then(|at| after.get(at)) else { continue };
        for visual in page.visuals.iter().filter(|visual| visual.type_name() != "slicer") {
            let (was, is) = (&answers[visual.name.as_str()], &other[visual.name.as_str()]);
            if was["data"].is_null() || is["data"].is_null() {
                continue;
            }
            let (a, b) = (texts(was), texts(is));
            let names: Vec<&String> =
                a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))).filter(|key| a.get(*key) != b.get(*key)).collect();
            if names.is_empty() {
                continue;
            }
            let side = |cells: &BTreeMap<String, String>| {
                let mut lines: Vec<String> = vec![format!("{} of {} figures differ", names.len(), a.len().max(b.len()))];
                lines.extend(names.iter().take(6).map(|name| {
                    let text = cells.get(*name).map_or("–", String::as_str);
                    if name.is_empty() { text.to_owned() } else { format!("{name}: {text}") }
                }));
                if names.len() > 6 {
                    lines.push("…".to_owned());
                }
                lines.join("\n")
            };
            list.push(Change { name: format!("{} · {}", page.name, visual.name), old: Some(side(&a)), new: Some(side(&b)) });
        }
    }
    list
}

/// Every figure of a visual as it is written, by its groups and its heading.
fn texts(answer: &Json) -> BTreeMap<String, String> {
    let data = &answer["data"];
    let mut all = BTreeMap::new();
    if let Some(error) = data["error"].as_str() {
        all.insert("error".to_owned(), error.to_owned());
        return all;
    }
    let columns = data["columns"].as_array().map(Vec::as_slice).unwrap_or_default();
    let values: Vec<&str> = columns.iter().filter(|c| c["column"].is_null()).filter_map(|c| c["name"].as_str()).collect();
    let parts = data["levels"].as_array().into_iter().flatten();
    for row in parts.flat_map(|rows| rows.as_array().into_iter().flatten()).filter_map(Json::as_array) {
        // Behind the groups stand a value and its text for each value, then colours.
        let styles = data["styles"].as_array().map_or(0, |styles| styles.iter().filter(|style| !style["at"].is_null()).count());
        let Some(depth) = row.len().checked_sub(2 * values.len() + styles) else { continue };
        let group: Vec<String> = row[..depth].iter().map(|cell| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned)).collect();
        if values.is_empty() {
            all.insert(group.join(", "), "shown".to_owned());
        }
        for (index, name) in values.iter().enumerate() {
            let heading = if values.len() > 1 { vec![(*name).to_owned()] } else { Vec::new() };
            let key: Vec<String> = group.iter().cloned().chain(heading).collect();
            all.insert(key.join(", "), row[depth + 2 * index + 1].as_str().unwrap_or("(blank)").to_owned());
        }
    }
    all
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
                    let mut lines: Vec<String> =
                        leaves.iter().take(12).map(|leaf| format!("{}: {}", spoken(&leaf.0), pick(leaf))).collect();
                    if leaves.len() > 12 {
                        lines.push(format!("and {} more", leaves.len() - 12));
                    }
                    lines.join("\n")
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
        // The fields of a role are read as a list.
        (Json::Object(a), Json::Object(b)) if a.contains_key("projections") || b.contains_key("projections") => {
            out.push((path.to_owned(), plain(old), plain(new)));
        }
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
            out.push((path.to_owned(), plain(old), plain(new)));
        }
    }
}

/// A value of a visual's file as people read it: a literal without its wrapping, fields by their names.
fn plain(json: &Json) -> String {
    let literal = &json["expr"]["Literal"]["Value"];
    match json {
        Json::Null => "–".to_owned(),
        Json::String(text) => text.clone(),
        _ if literal.is_string() => plain(literal),
        Json::Object(object) if object.get("projections").is_some_and(Json::is_array) => {
            let fields = object["projections"].as_array().into_iter().flatten();
            fields.map(|field| field["queryRef"].as_str().unwrap_or("?").to_owned()).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string().chars().take(300).collect(),
    }
}

/// A path of a visual's file without what every path has.
fn spoken(path: &str) -> String {
    let path = path.strip_prefix("visual.").unwrap_or(path);
    let path = path.strip_suffix(".expr.Literal.Value").unwrap_or(path);
    path.replace("query.queryState.", "fields.").replace("visualContainerObjects.", "container.").replace(".properties.", ".")
}

/// A difference of two figures with its sign.
fn amount(x: f64) -> String {
    let text = format!("{:.6}", x.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let part = part.trim_end_matches('0');
    let sign = if x < 0.0 { "−" } else { "+" };
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// The figure of a measure without any filter: as its format writes it, and as a number.
fn figure(engine: &Engine, model: &Model, measure: &str, now: f64) -> (String, Option<f64>) {
    let name = format!("[{}]", measure.replace(']', "]]"));
    let options = Options { now, ..Options::default() };
    let value = match engine.evaluate_expr(&name, &options) {
        Ok(value) => value,
        Err(error) => return (format!("error: {}", error.message), None),
    };
    let number = match &value {
        Value::Int64(n) => Some(*n as f64),
        Value::Double(x) => Some(*x),
        Value::Currency(c) => Some(c.to_f64()),
        _ => None,
    };
    let format = model.measure(measure).map(|(_, m)| match &m.format_string_definition {
        Some(dax) => match engine.evaluate_expr(&dax.text, &options) {
            Ok(Value::String(format)) => format.to_string(),
            _ => String::new(),
        },
        None => m.format_string.clone().unwrap_or_default(),
    });
    let cx = ScalarContext { culture: model.culture.clone(), now, ..ScalarContext::default() };
    let text = match &value {
        Value::Blank => "(blank)".to_owned(),
        Value::String(text) => text.to_string(),
        other => format_value(&cx, other, &format.unwrap_or_default(), cx.conventions()),
    };
    (text, number)
}

const STYLE: &str = "body{font:14px/1.45 'Segoe UI','Open Sans','Liberation Sans',system-ui,sans-serif;margin:0 auto;max-width:1280px;padding:16px;color:#1b2733;background:#fff}\
h1{font-size:20px}h2{font-size:16px;margin-top:28px}table{border-collapse:collapse;width:100%;table-layout:fixed}th,td{border:1px solid #d9dfe4;padding:6px 8px;text-align:left;vertical-align:top}\
th[scope=row]{width:22%;font-weight:600;overflow-wrap:anywhere}thead th{background:#eaf0f5}pre{margin:0;font:12px/1.45 ui-monospace,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}\
td.old pre b{color:#7a2e0b}td.new pre b{color:#0b5a55}pre b{font-weight:600}.none{color:#55636f}\
@media(prefers-color-scheme:dark){body{color:#e8edf2;background:#12181f}th,td{border-color:#3a4652}thead th{background:#26313c}td.old pre b{color:#f0b08f}td.new pre b{color:#8fdad4}.none{color:#aeb9c4}}";

/// A text whose lines that the other side does not have are marked, in order: by a sign as well as by weight.
fn marked(text: &str, other: &str, mark: &str) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (text.lines().collect(), other.lines().collect());
    if a.len() < 2 && b.len() < 2 || a.len() * b.len() > 1_000_000 {
        return format!("<pre>{}</pre>", escape(text));
    }
    // Longest common lines from each pair of places to the ends.
    let mut longest = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i][j] = if a[i] == b[j] { longest[i + 1][j + 1] + 1 } else { longest[i + 1][j].max(longest[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = String::from("<pre>");
    while i < a.len() {
        if j < b.len() && a[i] == b[j] {
            out.push_str(&format!("  {}\n", escape(a[i])));
            (i, j) = (i + 1, j + 1);
        } else if j < b.len() && longest[i][j + 1] >= longest[i + 1][j] {
            j += 1;
        } else {
            out.push_str(&format!("<b>{mark} {}</b>\n", escape(a[i])));
            i += 1;
        }
    }
    out + "</pre>"
}

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
            let side = |text: &Option<String>, other: &Option<String>, mark: &str, word: &str| match (text, other) {
                (Some(text), Some(other)) => marked(text, other, mark),
                (Some(text), None) => format!("<pre>{}</pre>", escape(text)),
                (None, _) => format!("<span class=\"none\">{word}</span>"),
            };
            body.push_str(&format!(
                "<tr><th scope=\"row\">{}</th><td class=\"old\">{}</td><td class=\"new\">{}</td></tr>\n",
                escape(&change.name),
                side(&change.old, &change.new, "−", "not there: added"),
                side(&change.new, &change.old, "+", "not there: removed")
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
    fn lines_of_one_side_are_marked() {
        assert_eq!(marked("a\nb\nc", "a\nx\nc", "−"), "<pre>  a\n<b>− b</b>\n  c\n</pre>");
        assert_eq!(marked("a\nx\nc", "a\nb\nc", "+"), "<pre>  a\n<b>+ x</b>\n  c\n</pre>");
        assert_eq!(marked("<1>", "2", "+"), "<pre>&lt;1&gt;</pre>");
        assert_eq!(amount(-5.0), "−5");
        assert_eq!(amount(0.25), "+0.25");
    }

    #[test]
    fn paths_and_values_are_spoken() {
        assert_eq!(spoken("visual.objects.legend.0.properties.show.expr.Literal.Value"), "objects.legend.0.show");
        let fields = serde_json::json!({"projections": [{"queryRef": "Sales.Amount"}, {"queryRef": "Sales.Cost"}]});
        assert_eq!(plain(&fields), "Sales.Amount, Sales.Cost");
        assert_eq!(plain(&serde_json::json!({"expr": {"Literal": {"Value": "'Right'"}}})), "'Right'");
    }

    #[test]
    fn added_removed_and_changed_measures_are_told() {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<BTreeMap<_, _>>();
        let found = changes(&map(&[("A", "1"), ("B", "1"), ("C", "1")]), &map(&[("B", "1"), ("C", "2"), ("D", "1")]));
        let names: Vec<(&str, bool, bool)> = found.iter().map(|c| (c.name.as_str(), c.old.is_some(), c.new.is_some())).collect();
        assert_eq!(names, [("A", true, false), ("C", true, true), ("D", false, true)]);
    }
}
