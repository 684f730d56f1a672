//! The `.pbit` container: a package of model, report and a few small parts.
//!
//! Source: parts, order and encodings of templates saved by Power BI Desktop 2026.03 (Version 1.32, PBIR inside).

use super::json::{Json, Object, Wide, json, utf16};
use super::zip::Piece;
pub use super::zip::Ready;
use super::{tmsl, zip};
use crate::base::{Diagnostic, FileSet, SourceMap};
use crate::model::Model;

/// A package in memory: the model and, below `Report/`, the files of the report.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// The semantic model.
    pub model: Model,
    /// Files below `Report/`: `definition/…`, `StaticResources/…`.
    pub report: FileSet,
}

/// The bytes of a template. `id` is the database's GUID; `ready` are texts that may stand in the model and are packed already.
///
/// Parts: `Version`, `[Content_Types].xml`, `DataModelSchema`, `DiagramLayout`, `Settings`, `Metadata`, then the report.
pub fn write(model: &Model, report: &FileSet, id: &str, ready: &[Ready<'_>]) -> Vec<u8> {
    let schema = Wide::of(&tmsl::write(model, id), ready);
    let mut files: Vec<(&str, &[u8])> = report.iter().collect();
    // Desktop writes the resources before the definition.
    files.sort_by_key(|(path, _)| (!path.starts_with("StaticResources/"), *path));
    let mut archive = zip::Writer::new(1 << 20);
    let mut add = |name: &str, bytes: &[u8]| archive.add(name, &[Piece::Plain(bytes)]);
    add("Version", b"1\0.\x003\x002\0");
    add("[Content_Types].xml", content_types(report).as_bytes());
    archive.add("DataModelSchema", &schema.pieces());
    let mut add = |name: &str, bytes: &[u8]| archive.add(name, &[Piece::Plain(bytes)]);
    add("DiagramLayout", &utf16(&diagram_layout(model)));
    add("Settings", &utf16(&settings()));
    add("Metadata", &utf16(&metadata(model)));
    let mut name = String::new();
    for (path, bytes) in files {
        name.clear();
        name.push_str("Report/");
        push_part_name(path, &mut name);
        add(&name, bytes);
    }
    archive.finish()
}

/// Appends a path as an OPC part name: what is not plain is percent-encoded.
fn push_part_name(path: &str, out: &mut String) {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.');
    let mut rest = path;
    while let Some(at) = rest.bytes().position(|byte| !is_plain(byte)) {
        out.push_str(&rest[..at]);
        let end = at + rest[at..].chars().next().map_or(1, char::len_utf8);
        rest[at..end].bytes().for_each(|byte| out.push_str(&format!("%{byte:02X}")));
        rest = &rest[end..];
    }
    out.push_str(rest);
}

fn content_types(report: &FileSet) -> String {
    let mut extensions: Vec<String> = vec!["json".to_owned(), "svg".to_owned(), "png".to_owned()];
    for (path, _) in report.iter() {
        if let Some((_, extension)) = path.rsplit('/').next().and_then(|name| name.rsplit_once('.'))
            && !extensions.iter().any(|known| known == extension)
        {
            extensions.push(extension.to_owned());
        }
    }
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">",
    );
    for extension in extensions {
        out.push_str(&format!("<Default Extension=\"{extension}\" ContentType=\"\" />"));
    }
    for (part, kind) in [
        ("Version", ""),
        ("DataModelSchema", ""),
        ("DiagramLayout", ""),
        ("Settings", "application/json"),
        ("Metadata", "application/json"),
    ] {
        out.push_str(&format!("<Override PartName=\"/{part}\" ContentType=\"{kind}\" />"));
    }
    out.push_str("</Types>");
    out
}

fn settings<'a>() -> Json<'a> {
    json!({
        "Version": 4,
        "ReportSettings": {"IsRelationshipAutodetectionEnabled": false},
        "QueriesSettings": {"TypeDetectionEnabled": true, "RelationshipImportEnabled": false, "Version": "2.139.2051.0"},
    })
}

fn metadata(model: &Model) -> Json<'_> {
    json!({
        "Version": 5,
        "AutoCreatedRelationships": [],
        "FileDescription": &model.description,
        "CreatedFrom": "Cloud",
        "CreatedFromRelease": "2026.06",
    })
}

/// The picture of the model: facts in the middle column, what filters them around; written as `diagramLayout.json` in PBIP.
pub(super) fn diagram_layout(model: &Model) -> Json<'_> {
    let many: Vec<&str> = model.relationships.iter().filter(|r| r.is_active).map(|r| r.from_table.as_str()).collect();
    let one: Vec<&str> = model.relationships.iter().filter(|r| r.is_active).map(|r| r.to_table.as_str()).collect();
    let mut heights = [0i64; 4];
    let nodes = model.tables.iter().enumerate().map(|(index, table)| {
        let name = table.name.as_str();
        let column = match (one.contains(&name), many.contains(&name)) {
            (true, false) => 0,
            (true, true) => 1,
            (false, true) => 2,
            (false, false) => 3,
        };
        let rows = table.columns.iter().filter(|c| !c.is_hidden).count() + table.measures.len();
        let height = (60 + 24 * rows.min(12)) as i64;
        let y = heights[column];
        heights[column] += height + 40;
        let mut node = Object::default();
        node.set("location", json!({"x": column * 320, "y": y}));
        node.set("nodeIndex", name);
        node.set("size", json!({"height": height, "width": 240}));
        node.set("zIndex", index);
        if let Some(tag) = &table.lineage_tag {
            node.set("nodeLineageTag", tag);
        }
        Json::from(node)
    });
    json!({
        "version": "1.1.0",
        "diagrams": [{
            "ordinal": 0,
            "scrollPosition": {"x": 0, "y": 0},
            "nodes": nodes.collect::<Json<'_>>(),
            "name": "All tables",
            "zoomValue": 75,
            "pinKeyFieldsToTop": false,
            "showExtraHeaderInfo": false,
            "hideKeyFieldsWhenCollapsed": false,
            "tablesLocked": false,
        }],
        "selectedDiagram": "All tables",
        "defaultDiagram": "All tables",
    })
}

/// How many bytes [`is_ours`] wants to see.
pub const START: usize = zip::START;

/// Whether a file was written by [`write`] or by the connector's writer, as its first bytes show.
pub fn is_ours(bytes: &[u8]) -> bool {
    zip::is_ours(bytes)
}

/// Reads a `.pbit`, ours or Power BI Desktop's. `name` names the file in messages.
///
/// # Errors
/// `F0101` when it is no package, `F0102` when it holds no model as text, `F02xx` when the model cannot be read.
pub fn read(bytes: &[u8], name: &str, sources: &mut SourceMap) -> Result<Package, Vec<Diagnostic>> {
    let fail = |code, message: String| vec![Diagnostic::error(code, message).in_file(name, None)];
    let parts = zip::read(bytes).map_err(|reason| fail("F0401", reason))?;
    let Some(schema) = parts.get("DataModelSchema") else {
        let message = match parts.get("DataModel") {
            Some(_) => "this is a .pbix (its model is binary), not a template",
            None => "the package has no part `DataModelSchema`",
        };
        return Err(fail("F0402", message.to_owned()));
    };
    let text = text_of(schema).ok_or_else(|| fail("F0402", "`DataModelSchema` is not UTF-16 text".to_owned()))?;
    let text = text.replace("\r\n", "\n");
    let file = sources.add(format!("{name}/DataModelSchema"), text.as_str());
    let (mut model, _) = tmsl::read(&text, file)?;
    let stem = name.rsplit(['/', '\\']).next().unwrap_or(name);
    model.name = stem.strip_suffix(".pbit").unwrap_or(stem).to_owned();
    let decoded = parts.under("Report");
    let report = decoded.iter().map(|(path, bytes)| (percent_decoded(path), bytes.to_vec())).collect();
    Ok(Package { model, report })
}

/// UTF-16LE with or without a mark, or UTF-8: what packers have been seen to write.
fn text_of(bytes: &[u8]) -> Option<String> {
    let wide = |bytes: &[u8]| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        [_, 0, ..] if bytes.len().is_multiple_of(2) => wide(bytes),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

fn percent_decoded(path: &str) -> String {
    let mut out = Vec::new();
    let bytes = path.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let hex = path.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_read_back() {
        let text = include_str!("../../tests/format/everything.bim");
        let model = tmsl::read(text, Default::default()).unwrap().0;
        let mut report = FileSet::new();
        report.insert("definition/report.json", "{}");
        report.insert("StaticResources/RegisteredResources/my logo.jpg", [1u8, 2]);
        let bytes = write(&model, &report, "id", &[]);
        assert_eq!(bytes, write(&model, &report, "id", &[]));
        let package = read(&bytes, "dist/Xero.pbit", &mut SourceMap::default()).unwrap();
        assert_eq!(package.model.tables, model.tables);
        assert_eq!(package.model.name, "Xero");
        assert_eq!(package.report, report);
        let parts = zip::read(&bytes).unwrap();
        assert_eq!(parts.get("Version"), Some(b"1\0.\x003\x002\0".as_slice()));
        assert!(std::str::from_utf8(parts.get("[Content_Types].xml").unwrap()).unwrap().contains("Extension=\"jpg\""));
    }

    #[test]
    fn what_is_no_template_is_named() {
        let message = |bytes: &[u8]| read(bytes, "a.pbit", &mut SourceMap::default()).unwrap_err()[0].message.clone();
        assert_eq!(message(b""), "the file is empty");
        let pbix = zip::write([("DataModel", b"x".as_slice())]);
        assert_eq!(message(&pbix), "this is a .pbix (its model is binary), not a template");
        let empty = zip::write([("DataModelSchema", b"".as_slice())]);
        assert!(message(&empty).starts_with("not valid JSON"));
    }
}
