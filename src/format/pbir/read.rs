//! Files of a report → [`Report`].
//!
//! Reports of other programs are read as far as they are understood; the rest is kept as JSON. A file that is no JSON is
//! reported and left out, never a reason to stop.

use serde_json::{Map, Value};

use super::expression::read_field;
use super::filter;
use super::property::read_objects;
use super::write::{ANNOTATION, native_name};
use crate::base::Diagnostic;
use crate::format::FileSet;
use crate::report::{
    Bookmark, Field, Filter, Fit, Interaction, InteractionKind, Page, PageKind, Position, Projection, Report, Role, Sort, SyncGroup, Theme,
    Visual, VisualKind,
};

/// A report and what was wrong with its files.
#[derive(Debug)]
pub struct ReadReport {
    /// The report.
    pub report: Report,
    /// Unreadable files (`F0601`), pages named but missing (`F0602`).
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the files below a report's folder (or below `Report/` of a `.pbit`).
pub fn read(files: &FileSet, name: &str) -> ReadReport {
    let mut reader = Reader { files, diagnostics: Vec::new(), page_names: Vec::new() };
    let report = reader.report(name);
    ReadReport { report, diagnostics: reader.diagnostics }
}

struct Reader<'a> {
    files: &'a FileSet,
    diagnostics: Vec<Diagnostic>,
    /// (identifier, name) of every page.
    page_names: Vec<(String, String)>,
}

fn text(json: &Value, key: &str) -> Option<String> {
    json.get(key)?.as_str().map(str::to_owned)
}

/// The entries of an object that are not among `known`.
fn rest(json: &Value, known: &[&str]) -> Map<String, Value> {
    let entries = json.as_object().into_iter().flatten();
    entries.filter(|(key, _)| !known.contains(&key.as_str())).map(|(key, value)| (key.clone(), value.clone())).collect()
}

impl Reader<'_> {
    fn json(&mut self, path: &str) -> Option<Value> {
        let bytes = self.files.get(path)?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match serde_json::from_slice(bytes) {
            Ok(json) => Some(json),
            Err(error) => {
                let place = (error.line() > 0).then(|| (error.line(), error.column().max(1)));
                self.diagnostics
                    .push(Diagnostic::error("F0601", format!("this file of the report is not valid JSON: {error}")).in_file(path, place));
                None
            }
        }
    }

    fn page_name(&self, id: &str) -> Option<String> {
        self.page_names.iter().find(|(page, _)| page == id).map(|(_, name)| name.clone())
    }

    fn report(&mut self, name: &str) -> Report {
        let json = self.json("definition/report.json").unwrap_or_default();
        let pages = self.json("definition/pages/pages.json").unwrap_or_default();
        let order: Vec<String> = match pages.get("pageOrder").and_then(Value::as_array) {
            Some(order) => order.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            None => self.folders("definition/pages/", "/page.json"),
        };
        let mut page_files = Vec::new();
        for id in order {
            match self.json(&format!("definition/pages/{id}/page.json")) {
                Some(page) => {
                    let name = own_name(&page).or_else(|| text(&page, "displayName")).unwrap_or_else(|| id.clone());
                    let taken = self.page_names.iter().any(|(_, other)| *other == name);
                    self.page_names.push((id.clone(), if taken { format!("{name} {id}") } else { name }));
                    page_files.push((id, page));
                }
                None if self.files.get(&format!("definition/pages/{id}/page.json")).is_none() => {
                    let message = format!("page `{id}` is listed but has no file");
                    self.diagnostics.push(Diagnostic::warning("F0602", message).in_file("definition/pages/pages.json", None));
                }
                None => {}
            }
        }
        let themes = &json["themeCollection"];
        let theme =
            self.theme(themes.get("baseTheme"), &["StaticResources/SharedResources/BaseThemes/", "StaticResources/SharedResources/"]);
        let custom_theme = themes.get("customTheme").map(|theme| self.theme(Some(theme), &["StaticResources/RegisteredResources/"]));
        let mut settings = json.get("settings").and_then(Value::as_object).cloned().unwrap_or_default();
        let locale = settings.shift_remove("locale").and_then(|locale| locale.as_str().map(str::to_owned));
        let mut other = rest(&json, &["$schema", "themeCollection", "filterConfig", "objects", "resourcePackages", "settings"]);
        if own_name(&json).is_some() {
            other.shift_remove("annotations");
        }
        Report {
            name: own_name(&json).unwrap_or_else(|| name.to_owned()),
            locale,
            theme: theme.unwrap_or_default(),
            custom_theme: custom_theme.flatten(),
            resources: self.resources(&json),
            filters: filters(&json),
            objects: self.objects(json.get("objects"), &[]),
            settings,
            pages: page_files.into_iter().map(|(id, page)| self.page(&id, &page)).collect(),
            landing_page: text(&pages, "landingPageName").and_then(|id| self.page_name(&id)),
            bookmarks: self.bookmarks(),
            translations: Default::default(),
            other,
            files: self.carried(),
        }
    }

    /// Names of the folders below `prefix` that hold a file `suffix`, in order.
    fn folders(&self, prefix: &str, suffix: &str) -> Vec<String> {
        let names = self.files.iter().filter_map(|(path, _)| path.strip_prefix(prefix)?.strip_suffix(suffix));
        names.filter(|name| !name.contains('/')).map(str::to_owned).collect()
    }

    fn theme(&mut self, reference: Option<&Value>, folders: &[&str]) -> Option<Theme> {
        let name = text(reference?, "name")?;
        let file = if name.ends_with(".json") { name.clone() } else { format!("{name}.json") };
        let json = folders.iter().find_map(|folder| self.json(&format!("{folder}{file}")));
        let mut json = json.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
        json.shift_remove("name");
        Some(Theme { name: file.trim_end_matches(".json").to_owned(), json })
    }

    fn resources(&self, report: &Value) -> std::collections::BTreeMap<String, Vec<u8>> {
        let packages = report.get("resourcePackages").and_then(Value::as_array).into_iter().flatten();
        let items = packages.filter_map(|package| package.get("items")?.as_array()).flatten();
        let images = items.filter(|item| item["type"] == "Image").filter_map(|item| text(item, "path"));
        images
            .filter_map(|path| {
                let bytes = self.files.get(&format!("StaticResources/RegisteredResources/{path}"))?;
                Some((path, bytes.to_vec()))
            })
            .collect()
    }

    fn bookmarks(&mut self) -> Vec<Bookmark> {
        let list = self.json("definition/bookmarks/bookmarks.json").unwrap_or_default();
        let mut ids = Vec::new();
        for item in list.get("items").and_then(Value::as_array).into_iter().flatten() {
            match item.get("children").and_then(Value::as_array) {
                Some(children) => ids.extend(children.iter().filter_map(Value::as_str).map(str::to_owned)),
                None => ids.extend(text(item, "name")),
            }
        }
        ids.into_iter()
            .filter_map(|id| {
                let json = self.json(&format!("definition/bookmarks/{id}.bookmark.json"))?;
                let display_name = text(&json, "displayName").unwrap_or_default();
                Some(Bookmark { id, display_name, json: json.as_object()?.clone() })
            })
            .collect()
    }

    /// Files that belong to nothing read here.
    fn carried(&self) -> std::collections::BTreeMap<String, Vec<u8>> {
        let is_carried = |path: &str| path.starts_with("CustomVisuals/") || path == "definition/reportExtensions.json";
        self.files.iter().filter(|(path, _)| is_carried(path)).map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect()
    }

    fn objects(&self, json: Option<&Value>, roles: &[Role]) -> Vec<crate::report::FormatObject> {
        let field_of = |reference: &str| {
            roles
                .iter()
                .flat_map(|role| &role.fields)
                .find(|projection| projection.query_ref() == reference)
                .map(|projection| projection.field.clone())
        };
        read_objects(json, &|id| self.page_name(id), &field_of)
    }

    fn page(&mut self, id: &str, json: &Value) -> Page {
        let size = |key: &str, default: f64| json.get(key).and_then(Value::as_f64).unwrap_or(default);
        let mut page_filters = filters(json);
        let kind = match json["type"].as_str() {
            Some("Tooltip") => PageKind::Tooltip,
            Some("Drillthrough") => {
                let binding = &json["pageBinding"];
                let parameters = binding.get("parameters").and_then(Value::as_array).into_iter().flatten();
                let bound: Vec<String> = parameters.filter_map(|parameter| text(parameter, "boundFilter")).collect();
                let is_bound = |card: &Filter| card.id.as_ref().is_some_and(|id| bound.contains(id)) || created_by_drill(card);
                let fields = page_filters.iter().filter(|card| is_bound(card)).map(|card| card.field.clone()).collect();
                page_filters.retain(|card| !is_bound(card));
                PageKind::DrillThrough { fields, keeps_filters: binding["acceptsFilterContext"] != "None" }
            }
            _ => PageKind::Report,
        };
        let folder = format!("definition/pages/{id}/visuals/");
        let mut visuals: Vec<Visual> = Vec::new();
        for visual_id in self.folders(&folder, "/visual.json") {
            if let Some(json) = self.json(&format!("{folder}{visual_id}/visual.json")) {
                let mobile = self.json(&format!("{folder}{visual_id}/mobile.json"));
                visuals.push(self.visual(&visual_id, json, mobile));
            }
        }
        visuals.sort_by_key(|visual| (visual.position.tab_order, visual.position.z));
        let name = self.page_name(id).unwrap_or_else(|| id.to_owned());
        let visual_name = |id: &str| {
            let is = |visual: &&Visual| match &visual.id {
                Some(own) => own == id,
                None => super::write::visual_identifier(&name, &visual.name) == id,
            };
            visuals.iter().find(is).map_or_else(|| id.to_owned(), |visual| visual.name.clone())
        };
        let interactions = json.get("visualInteractions").and_then(Value::as_array).into_iter().flatten();
        let interactions = interactions
            .filter_map(|interaction| {
                let kind = match interaction["type"].as_str()? {
                    "DataFilter" => InteractionKind::Filter,
                    "HighlightFilter" => InteractionKind::Highlight,
                    "NoFilter" => InteractionKind::None,
                    _ => return None,
                };
                Some(Interaction {
                    source: visual_name(interaction["source"].as_str()?),
                    target: visual_name(interaction["target"].as_str()?),
                    kind,
                })
            })
            .collect();
        let known = [
            "$schema",
            "name",
            "displayName",
            "displayOption",
            "height",
            "width",
            "filterConfig",
            "pageBinding",
            "objects",
            "type",
            "visibility",
            "visualInteractions",
            "annotations",
        ];
        let mut other = rest(json, &known);
        let id = if own_name(json).is_some() { None } else { Some(id.to_owned()) };
        if id.is_some() {
            json.get("annotations").map(|list| other.insert("annotations".into(), list.clone()));
        }
        if !matches!(kind, PageKind::DrillThrough { .. }) {
            json.get("pageBinding").map(|binding| other.insert("pageBinding".into(), binding.clone()));
        }
        Page {
            name: name.clone(),
            id,
            display_name: text(json, "displayName").unwrap_or_default(),
            kind,
            width: size("width", 1280.0),
            height: size("height", 720.0),
            fit: match json["displayOption"].as_str() {
                Some("FitToWidth") => Fit::Width,
                Some("ActualSize" | "ActualSizeTopLeft") => Fit::Actual,
                _ => Fit::Page,
            },
            is_hidden: json["visibility"] == "HiddenInViewMode",
            objects: self.objects(json.get("objects"), &[]),
            filters: page_filters,
            interactions,
            visuals,
            other,
            span: None,
        }
    }

    fn visual(&self, id: &str, json: Value, mobile: Option<Value>) -> Visual {
        let own = own_name(&json);
        let mut visual = Visual {
            name: own.clone().unwrap_or_else(|| id.to_owned()),
            id: if own.is_some() { None } else { Some(id.to_owned()) },
            position: position(&json),
            mobile: mobile.as_ref().map(position),
            ..Visual::default()
        };
        let Some(body) = json.get("visual") else {
            visual.kind = match json.get("visualGroup").and_then(Value::as_object) {
                Some(group) => VisualKind::Group(group.clone()),
                None => VisualKind::Raw(Box::new(json.clone())),
            };
            visual.group = text(&json, "parentGroupName");
            return visual;
        };
        visual.kind = VisualKind::Visual(text(body, "visualType").unwrap_or_default());
        visual.group = text(&json, "parentGroupName");
        visual.is_hidden = json["isHidden"] == true;
        visual.filters = filters(&json);
        visual.roles = roles(&body["query"]);
        let sort = body["query"]["sortDefinition"].get("sort").and_then(Value::as_array).into_iter().flatten();
        visual.sort = sort
            .filter_map(|sort| {
                Some(Sort { field: read_field(sort.get("field")?, &|_| None), descending: sort["direction"] == "Descending" })
            })
            .collect();
        visual.objects = self.objects(body.get("objects"), &visual.roles);
        visual.container = self.objects(body.get("visualContainerObjects"), &visual.roles);
        visual.sync = body.get("syncGroup").and_then(|group| {
            Some(SyncGroup {
                name: text(group, "groupName")?,
                shares_field: group["fieldChanges"] == true,
                shares_selection: group["filterChanges"] == true,
            })
        });
        visual.other =
            rest(&json, &["$schema", "name", "position", "visual", "parentGroupName", "filterConfig", "isHidden", "annotations"]);
        visual
    }
}

/// The name in the YAML, kept in an annotation.
fn own_name(json: &Value) -> Option<String> {
    let list = json.get("annotations")?.as_array()?;
    list.iter().find(|annotation| annotation["name"] == ANNOTATION).and_then(|annotation| text(annotation, "value"))
}

fn created_by_drill(card: &Filter) -> bool {
    card.other.get("howCreated").is_some_and(|created| created == "Drillthrough")
}

fn filters(json: &Value) -> Vec<Filter> {
    let is_ours = own_name(json).is_some();
    let list = json["filterConfig"].get("filters").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(filter::read)
        .map(|mut card| {
            if is_ours && !created_by_drill(&card) {
                card.id = None;
            }
            card
        })
        .collect()
}

fn position(json: &Value) -> Position {
    let position = &json["position"];
    let float = |key: &str| position.get(key).and_then(Value::as_f64).unwrap_or(0.0);
    Position {
        x: float("x"),
        y: float("y"),
        width: float("width"),
        height: float("height"),
        z: float("z") as i64,
        tab_order: float("tabOrder") as i64,
    }
}

fn roles(query: &Value) -> Vec<Role> {
    let mut taken: Vec<String> = Vec::new();
    let state = query.get("queryState").and_then(Value::as_object).into_iter().flatten();
    state
        .map(|(name, role)| {
            let list = role.get("projections").and_then(Value::as_array).into_iter().flatten();
            Role { name: name.clone(), fields: list.map(|json| projection(json, &mut taken)).collect() }
        })
        .collect()
}

fn projection(json: &Value, taken: &mut Vec<String>) -> Projection {
    let field = json.get("field").map_or(Field::Raw(Value::Null), |field| read_field(field, &|_| None));
    let native = text(json, "nativeQueryRef");
    let derived = native_name(&field);
    let expected =
        (0..).map(|n| if n == 0 { derived.clone() } else { format!("{derived}{n}") }).find(|n| !taken.contains(n)).expect("endless");
    taken.extend(native.clone());
    Projection {
        query_ref: text(json, "queryRef").filter(|reference| *reference != field.query_ref()),
        native_query_ref: native.filter(|native| *native != expected),
        field,
        display_name: text(json, "displayName"),
        format: text(json, "format"),
        is_active: json["active"] == true,
        span: None,
    }
}
