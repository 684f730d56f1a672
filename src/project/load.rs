//! Files of one or more layers → [`RawProject`]: YAML trees, merged, not yet decoded.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::overlay::{self, GROUPS, is_grouped};
use super::shipped;
use super::yaml::{self, Context, Entry, Kind, Node};
use crate::base::{Diagnostic, FileId, FileSet, SourceMap};

/// What files said when they were read: by name, with their place in the source map and their text.
#[derive(Debug, Default)]
pub struct Trees(Mutex<HashMap<String, (FileId, String, Node)>>);

impl Trees {
    fn files(&self) -> MutexGuard<'_, HashMap<String, (FileId, String, Node)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, name: &str, file: FileId, text: &str) -> Option<Node> {
        self.files().get(name).filter(|(place, before, _)| *place == file && before == text).map(|(_, _, node)| node.clone())
    }

    fn keep(&self, name: &str, file: FileId, text: String, node: &Node) {
        self.files().insert(name.to_owned(), (file, text, node.clone()));
    }
}

/// A project folder in memory.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// What messages put before the paths of its files, for instance `my-model`; may be empty.
    pub name: String,
    /// Its files, paths relative to the folder.
    pub files: FileSet,
}

impl Layer {
    /// The shipped model.
    pub fn shipped() -> Layer {
        Layer { name: "shipped".to_owned(), files: shipped::files() }
    }

    /// What the `extends:` key of its `model.yaml` says, if it can be read.
    pub fn extends(&self) -> Option<String> {
        let text = std::str::from_utf8(self.files.get("model.yaml")?).ok()?;
        let node = yaml::parse(&yaml::normalize(text), crate::base::FileId(0), &mut Context::default())?;
        node.get("extends").filter(|value| !value.is_null()).and_then(Node::as_text).map(str::to_owned)
    }
}

/// All trees of a project after overlays, and the files that are not YAML.
#[derive(Clone, Debug, Default)]
pub struct RawProject {
    /// Every text that was read.
    pub sources: SourceMap,
    /// `model.yaml`.
    pub model: Option<Node>,
    /// `tables/*.yaml`, one mapping each.
    pub tables: Vec<Node>,
    /// The entries of `relationships.yaml`.
    pub relationships: Vec<Node>,
    /// Measures, each with its file's `table` and `folder` filled in.
    pub measures: Vec<Node>,
    /// `pages/*.yaml`, one mapping each.
    pub pages: Vec<Node>,
    /// `locales/*.yaml`, one mapping each.
    pub locales: Vec<Node>,
    /// `theme.yaml`.
    pub theme: Option<Node>,
    /// Handlebars sources, paths below `templates/`.
    pub templates: FileSet,
    /// Other files, paths below `resources/`.
    pub resources: FileSet,
}

/// Reads layers, the changed one first, the changing ones after it.
///
/// What is wrong is in `cx`; the result holds everything that could be read.
pub fn load(layers: &[Layer], cx: &mut Context) -> RawProject {
    let mut project = RawProject::default();
    // A model that stands alone still has the shipped functions and the connector, unless it brings its own.
    if layers.first().is_some_and(|layer| layer.files.under("templates").is_empty()) {
        project.templates = shipped::files().under("templates");
    }
    for (index, layer) in layers.iter().enumerate() {
        cx.inherited = project.sources.files().len();
        let mut reader = Reader { project: &mut project, cx, overlay: index > 0 };
        reader.layer(layer);
    }
    if project.model.is_none() {
        let place = layers.last().map_or(String::new(), |layer| display(layer, "model.yaml"));
        let problem = Diagnostic::error("P0210", "a model folder has a file `model.yaml`").in_file(place, None);
        cx.diagnostics.push(problem.help("`xero-pbit init DIR` starts a folder that extends the shipped model"));
    }
    project
}

fn display(layer: &Layer, path: &str) -> String {
    if layer.name.is_empty() { path.to_owned() } else { format!("{}/{path}", layer.name) }
}

struct Reader<'a> {
    project: &'a mut RawProject,
    cx: &'a mut Context,
    overlay: bool,
}

impl Reader<'_> {
    fn layer(&mut self, layer: &Layer) {
        self.project.templates.extend_under("", layer.files.under("templates"));
        self.project.resources.extend_under("", layer.files.under("resources"));
        for (path, bytes) in layer.files.iter() {
            let (folder, _) = path.split_once('/').unwrap_or(("", path));
            match folder {
                "templates" | "resources" => {}
                _ if path.ends_with(".yaml") || path.ends_with(".yml") => self.yaml(layer, folder, path, bytes),
                _ => {}
            }
        }
    }

    fn yaml(&mut self, layer: &Layer, folder: &str, path: &str, bytes: &[u8]) {
        let name = display(layer, path);
        let Ok(text) = std::str::from_utf8(bytes) else {
            let problem = Diagnostic::error("P0101", "this file is not UTF-8 text").in_file(name, None);
            self.cx.diagnostics.push(problem.help("save it as UTF-8"));
            return;
        };
        let text = yaml::normalize(text);
        let file = self.project.sources.add(name.clone(), &*text);
        let Some(node) = self.tree(&name, path, file, &text) else { return };
        let Kind::Mapping(_) = node.kind else {
            self.cx.wrong_kind::<()>(&node, "a mapping at the top of the file");
            return;
        };
        match (folder, path) {
            ("", "model.yaml") => match &mut self.project.model {
                Some(base) => overlay::merge(base, &node, self.cx),
                none => *none = Some(node),
            },
            ("", "theme.yaml") => match &mut self.project.theme {
                Some(base) => overlay::merge(base, &node, self.cx),
                none => *none = Some(node),
            },
            ("", "relationships.yaml") => self.list(node, "relationships"),
            ("measures", _) => self.list(node, "measures"),
            ("tables", _) => self.things(node, "tables"),
            ("pages", _) => self.things(node, "pages"),
            ("locales", _) => self.locale(node),
            _ => {
                let known = "`model.yaml`, `relationships.yaml`, `theme.yaml`, `tables/`, `measures/`, `pages/`, `locales/`";
                let problem = Diagnostic::warning("P0211", format!("`{path}` is not a file of a model folder and was not read"));
                self.cx.diagnostics.push(problem.in_file(name, None).help(format!("files and folders of a model: {known}")));
            }
        }
    }

    /// What a file says; one that was read before as it is now is not parsed again, and one of the shipped model was when the program was built.
    fn tree(&mut self, name: &str, path: &str, file: FileId, text: &str) -> Option<Node> {
        let trees = self.cx.trees.clone();
        if let Some(node) = trees.as_ref().and_then(|trees| trees.get(name, file, text)) {
            return Some(node);
        }
        let problems = self.cx.diagnostics.len();
        let node = match shipped::events(path, text.as_bytes()) {
            Some(packed) => yaml::parse_packed(packed, text, file, self.cx),
            None => yaml::parse(text, file, self.cx),
        }?;
        // A problem is reported each time.
        if let Some(trees) = trees.filter(|_| self.cx.diagnostics.len() == problems) {
            trees.keep(name, file, text.to_owned(), &node);
        }
        Some(node)
    }

    /// A file that holds one thing, or in an overlay groups of things.
    fn things(&mut self, node: Node, kind: &'static str) {
        let list = if kind == "tables" { &mut self.project.tables } else { &mut self.project.pages };
        if !self.overlay {
            list.push(node);
            return;
        }
        let groups = if is_grouped(&node) { node } else { added(vec![node]) };
        overlay::apply(list, &groups, kind, self.cx);
    }

    /// A file with a list under `kind` (or groups beside its defaults) and defaults for each entry.
    fn list(&mut self, node: Node, kind: &'static str) {
        let span = node.span;
        let Kind::Mapping(entries) = node.kind else { return };
        let mut defaults: Vec<Entry> = Vec::new();
        let mut groups: Vec<Entry> = Vec::new();
        for entry in entries {
            if entry.key == kind {
                let grouped = self.overlay && is_grouped(&entry.value);
                match entry.value.kind {
                    Kind::Sequence(items) => groups.push(add_group(items)),
                    Kind::Mapping(inner) if grouped => groups.extend(inner),
                    _ if entry.value.is_null() => {}
                    _ => {
                        self.cx.wrong_kind::<()>(&entry.value, &format!("a list of {kind}"));
                    }
                }
            } else if self.overlay && GROUPS.contains(&entry.key.as_str()) {
                groups.push(entry);
            } else if kind == "measures" && matches!(entry.key.as_str(), "table" | "folder") {
                defaults.push(entry);
            } else {
                let mut known = vec![kind];
                if kind == "measures" {
                    known.extend(["table", "folder"]);
                }
                if self.overlay {
                    known.extend(GROUPS);
                }
                self.cx.unknown_keys(std::slice::from_ref(&entry), &known, &format!("a file of {kind}"));
            }
        }
        // A change keeps the measure's own folder and table unless it names others itself.
        for group in groups.iter_mut().filter(|group| matches!(group.key.as_str(), "add" | "replace")) {
            if let Kind::Sequence(items) = &mut group.value.kind {
                for item in items.iter_mut() {
                    for default in &defaults {
                        if item.get(&default.key).is_none() {
                            item.set(&default.key, default.value.clone());
                        }
                    }
                }
            }
        }
        let list = if kind == "measures" { &mut self.project.measures } else { &mut self.project.relationships };
        if self.overlay {
            let groups = Node { span, kind: Kind::Mapping(groups) };
            overlay::apply(list, &groups, kind, self.cx);
        } else {
            for group in groups {
                if let Kind::Sequence(items) = group.value.kind {
                    list.extend(items);
                }
            }
        }
    }

    fn locale(&mut self, node: Node) {
        let culture = node.get("culture").and_then(Node::as_text).map(str::to_owned);
        let existing =
            self.project.locales.iter_mut().find(|l| culture.is_some() && l.get("culture").and_then(Node::as_text) == culture.as_deref());
        match existing {
            Some(base) => overlay::merge(base, &node, self.cx),
            None => self.project.locales.push(node),
        }
    }
}

/// `{add: items}`.
fn added(items: Vec<Node>) -> Node {
    let entry = add_group(items);
    Node { span: entry.key_span, kind: Kind::Mapping(vec![entry]) }
}

/// `add: items`.
fn add_group(items: Vec<Node>) -> Entry {
    let span = items.first().map_or_else(Default::default, |item| item.span);
    Entry { key: "add".to_owned(), key_span: span, value: Node { span, kind: Kind::Sequence(items) } }
}
