//! The small files of a PBIP project: `.pbip`, `.platform`, `definition.pbism`, `.gitignore`.

use super::json::{json, pretty};
use super::{pbit, tmdl};
use crate::base::FileSet;
use crate::model::Model;

const SCHEMAS: &str = "https://developer.microsoft.com/json-schemas/fabric";

/// The files of a project named `name`: `<name>.pbip`, `.gitignore`, `<name>.SemanticModel/…`, `<name>.Report/…`.
///
/// `report` holds the files of the report item (`definition.pbir`, `definition/…`, `StaticResources/…`); without any the
/// project is only a semantic model. `id` gives the stable id of an item: `SemanticModel` or `Report`.
pub fn write(model: &Model, name: &str, report: &FileSet, id: impl Fn(&str) -> String) -> FileSet {
    let mut files = FileSet::new();
    let mut item = FileSet::new();
    item.insert(".platform", platform("SemanticModel", name, &id("SemanticModel")));
    let settings = json!({
        "$schema": format!("{SCHEMAS}/item/semanticModel/definitionProperties/1.0.0/schema.json"),
        "version": "4.2",
        "settings": {"qnaEnabled": true},
    });
    item.insert("definition.pbism", pretty(&settings));
    item.insert("diagramLayout.json", pretty(&pbit::diagram_layout(model)));
    item.extend_under("definition", tmdl::write(model));
    files.extend_under(&format!("{name}.SemanticModel"), item);
    files.insert(".gitignore", "**/.pbi/localSettings.json\n**/.pbi/cache.abf\n");
    if !report.is_empty() {
        let folder = format!("{name}.Report");
        files.extend_under(&folder, report.clone());
        files.insert(format!("{folder}/.platform"), platform("Report", name, &id("Report")));
        let project = json!({
            "$schema": format!("{SCHEMAS}/pbip/pbipProperties/1.0.0/schema.json"),
            "version": "1.0",
            "artifacts": [{"report": {"path": folder.clone()}}],
            "settings": {"enableAutoRecovery": true},
        });
        files.insert(format!("{name}.pbip"), pretty(&project));
    }
    files
}

fn platform(kind: &str, name: &str, id: &str) -> Vec<u8> {
    pretty(&json!({
        "$schema": format!("{SCHEMAS}/gitIntegration/platformProperties/2.1.0/schema.json"),
        "metadata": {"type": kind, "displayName": name},
        "config": {"version": "2.0", "logicalId": id},
    }))
}
