//! A [`Report`] → its files.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::expression::field;
use super::property::{number, objects};
use super::{filter, schema};
use crate::format::FileSet;
use crate::report::{Field, Filter, Fit, InteractionKind, Page, PageKind, Position, Projection, Report, Theme, Visual, VisualKind};

/// What the annotation is called that keeps the name of a page or visual in the YAML.
pub(super) const ANNOTATION: &str = "xero-pbit";

/// The files of a report below its folder (`definition/…`, `StaticResources/…`), the same for `.pbit` and PBIP.
///
/// Identifiers are derived from names, so that the same report gives the same bytes and a changed text changes one file.
/// `definition.pbir` belongs to PBIP alone: see [`definition_pbir`].
pub fn write(report: &Report) -> FileSet {
    Writer { report, files: FileSet::new() }.report()
}

/// `definition.pbir` of a PBIP report: where its model lies, relative to the report folder.
pub fn definition_pbir(model_folder: &str) -> Vec<u8> {
    pretty(
        &json!({"$schema": schema::url(schema::PBIR), "version": "4.0", "datasetReference": {"byPath": {"path": format!("../{model_folder}")}}}),
    )
}

/// The identifier of a page in files.
pub fn page_id(page: &Page) -> String {
    page.id.clone().unwrap_or_else(|| identifier(&["page", &page.name]))
}

/// The identifier of a visual in files, unique in the report.
pub fn visual_id(page: &Page, visual: &Visual) -> String {
    visual.id.clone().unwrap_or_else(|| visual_identifier(&page.name, &visual.name))
}

/// The identifier of a visual that has none of its own.
pub(super) fn visual_identifier(page: &str, visual: &str) -> String {
    identifier(&["visual", page, visual])
}

/// Twenty lower-case hexadecimal digits from the parts of a name.
fn identifier(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(10).map(|byte| format!("{byte:02x}")).collect()
}

fn pretty(json: &Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(json).expect("JSON values are writable");
    bytes.push(b'\n');
    bytes
}

struct Writer<'a> {
    report: &'a Report,
    files: FileSet,
}

impl Writer<'_> {
    fn put(&mut self, path: impl Into<String>, json: &Value) {
        self.files.insert(path, pretty(json));
    }

    /// Identifier of a page by name; a name that no page has is written as it is, for `check` has refused it.
    fn page_of(&self, name: &str) -> String {
        self.report.page(name).map_or_else(|| name.to_owned(), page_id)
    }

    fn objects(&self, list: &[crate::report::FormatObject]) -> Map<String, Value> {
        objects(list, &|name| self.page_of(name))
    }

    fn report(mut self) -> FileSet {
        let report = self.report;
        self.put("definition/version.json", &json!({"$schema": schema::url(schema::VERSION), "version": "2.0.0"}));
        self.report_json();
        let order: Vec<String> = report.pages.iter().map(page_id).collect();
        let mut pages = json!({"$schema": schema::url(schema::PAGES), "pageOrder": order});
        if let Some(first) = report.first_page() {
            pages["activePageName"] = json!(page_id(first));
        }
        if let Some(landing) = &report.landing_page {
            pages["landingPageName"] = json!(self.page_of(landing));
        }
        self.put("definition/pages/pages.json", &pages);
        for page in &report.pages {
            self.page(page);
        }
        if !report.bookmarks.is_empty() {
            let items: Vec<Value> = report.bookmarks.iter().map(|bookmark| json!({"name": bookmark.id})).collect();
            self.put("definition/bookmarks/bookmarks.json", &json!({"$schema": schema::url(schema::BOOKMARKS), "items": items}));
            for bookmark in &report.bookmarks {
                let mut json = bookmark.json.clone();
                json.insert("displayName".into(), json!(bookmark.display_name));
                self.put(format!("definition/bookmarks/{}.bookmark.json", bookmark.id), &Value::Object(json));
            }
        }
        for (path, bytes) in &report.files {
            self.files.insert(path.clone(), bytes.clone());
        }
        self.files
    }

    fn report_json(&mut self) {
        let report = self.report;
        let mut json = Map::new();
        json.insert("$schema".into(), json!(schema::url(schema::REPORT)));
        let version = json!({"visual": "2.9.0", "report": "3.3.0", "page": "2.1.0"});
        let base = theme_name(&report.theme);
        let mut themes = json!({"baseTheme": {"name": base, "reportVersionAtImport": version, "type": "SharedResources"}});
        let mut packages = vec![json!({"name": "SharedResources", "type": "SharedResources",
            "items": [{"name": base, "path": format!("BaseThemes/{base}.json"), "type": "BaseTheme"}]})];
        self.theme(&format!("StaticResources/SharedResources/BaseThemes/{base}.json"), &report.theme, &base);
        let mut items = Vec::new();
        if let Some(theme) = &report.custom_theme {
            let file = format!("{}.json", theme_name(theme));
            themes["customTheme"] = json!({"name": file, "reportVersionAtImport": version, "type": "RegisteredResources"});
            items.push(json!({"name": file, "path": file, "type": "CustomTheme"}));
            self.theme(&format!("StaticResources/RegisteredResources/{file}"), theme, &file);
        }
        for (name, bytes) in &report.resources {
            items.push(json!({"name": name, "path": name, "type": "Image"}));
            self.files.insert(format!("StaticResources/RegisteredResources/{name}"), bytes.clone());
        }
        if !items.is_empty() {
            packages.push(json!({"name": "RegisteredResources", "type": "RegisteredResources", "items": items}));
        }
        json.insert("themeCollection".into(), themes);
        json.insert("filterConfig".into(), self.filters(&report.filters, "report", Vec::new()));
        let formatting = self.objects(&report.objects);
        if !formatting.is_empty() {
            json.insert("objects".into(), Value::Object(formatting));
        }
        json.insert("resourcePackages".into(), Value::Array(packages));
        let mut settings = report.settings.clone();
        if let Some(locale) = &report.locale {
            settings.insert("locale".into(), json!(locale));
        }
        if !settings.is_empty() {
            json.insert("settings".into(), Value::Object(settings));
        }
        json.insert("annotations".into(), json!([{"name": ANNOTATION, "value": report.name}]));
        json.extend(report.other.clone());
        self.put("definition/report.json", &Value::Object(json));
    }

    fn theme(&mut self, path: &str, theme: &Theme, name: &str) {
        let mut json = Map::new();
        json.insert("name".into(), json!(name));
        json.extend(theme.json.iter().filter(|(key, _)| *key != "name").map(|(key, value)| (key.clone(), value.clone())));
        self.put(path, &Value::Object(json));
    }

    /// A `filterConfig`; `place` makes the derived names of filters unique, `first` comes before.
    fn filters(&self, filters: &[Filter], place: &str, first: Vec<Value>) -> Value {
        let mut list = first;
        for (index, card) in filters.iter().enumerate() {
            let id = card.id.clone().unwrap_or_else(|| identifier(&["filter", place, &index.to_string(), &card.field.query_ref()]));
            list.push(filter::write(card, &id));
        }
        json!({"filters": list})
    }

    fn page(&mut self, page: &Page) {
        let id = page_id(page);
        let mut json = Map::new();
        json.insert("$schema".into(), json!(schema::url(schema::PAGE)));
        json.insert("name".into(), json!(id));
        json.insert("displayName".into(), json!(page.display_name));
        let fit = match page.fit {
            Fit::Page => "FitToPage",
            Fit::Width => "FitToWidth",
            Fit::Actual => "ActualSize",
        };
        json.insert("displayOption".into(), json!(fit));
        json.insert("height".into(), number(page.height));
        json.insert("width".into(), number(page.width));
        if page.is_hidden {
            json.insert("visibility".into(), json!("HiddenInViewMode"));
        }
        let mut first = Vec::new();
        match &page.kind {
            PageKind::Report => {}
            PageKind::Tooltip => {
                json.insert("type".into(), json!("Tooltip"));
            }
            PageKind::DrillThrough { fields, keeps_filters } => {
                json.insert("type".into(), json!("Drillthrough"));
                let mut parameters = Vec::new();
                for of in fields {
                    let name = identifier(&["drill-through", &page.name, &of.query_ref()]);
                    let expression = field(of);
                    first.push(json!({"name": name, "field": expression, "type": "Categorical", "howCreated": "Drillthrough"}));
                    parameters.push(json!({"name": format!("Param_{name}"), "boundFilter": name, "fieldExpr": expression}));
                }
                let mut binding = json!({"name": identifier(&["binding", &page.name]), "type": "Drillthrough", "referenceScope": "Default",
                    "parameters": parameters});
                if !keeps_filters {
                    binding["acceptsFilterContext"] = json!("None");
                }
                json.insert("pageBinding".into(), binding);
            }
        }
        if !page.filters.is_empty() || !first.is_empty() {
            json.insert("filterConfig".into(), self.filters(&page.filters, &format!("page/{}", page.name), first));
        }
        let formatting = self.objects(&page.objects);
        if !formatting.is_empty() {
            json.insert("objects".into(), Value::Object(formatting));
        }
        if !page.interactions.is_empty() {
            let name = |name: &str| page.visual(name).map_or_else(|| name.to_owned(), |visual| visual_id(page, visual));
            let list = page.interactions.iter().map(|interaction| {
                let kind = match interaction.kind {
                    InteractionKind::Filter => "DataFilter",
                    InteractionKind::Highlight => "HighlightFilter",
                    InteractionKind::None => "NoFilter",
                };
                json!({"source": name(&interaction.source), "target": name(&interaction.target), "type": kind})
            });
            json.insert("visualInteractions".into(), list.collect());
        }
        if page.id.is_none() {
            json.insert("annotations".into(), json!([{"name": ANNOTATION, "value": page.name}]));
        }
        json.extend(page.other.clone());
        self.put(format!("definition/pages/{id}/page.json"), &Value::Object(json));
        for visual in &page.visuals {
            self.visual(page, visual, &format!("definition/pages/{id}/visuals"));
        }
    }

    fn visual(&mut self, page: &Page, visual: &Visual, folder: &str) {
        let id = visual_id(page, visual);
        let path = format!("{folder}/{id}/visual.json");
        let mut json = Map::new();
        json.insert("$schema".into(), json!(schema::url(schema::VISUAL)));
        json.insert("name".into(), json!(id));
        json.insert("position".into(), position(&visual.position));
        match &visual.kind {
            VisualKind::Raw(whole) => {
                self.put(path, whole);
                return;
            }
            VisualKind::Group(group) => {
                json.insert("visualGroup".into(), Value::Object(group.clone()));
            }
            VisualKind::Visual(kind) => {
                json.insert("visual".into(), self.body(kind, visual));
            }
        }
        if let Some(group) = &visual.group {
            json.insert("parentGroupName".into(), json!(group));
        }
        if !visual.filters.is_empty() {
            json.insert("filterConfig".into(), self.filters(&visual.filters, &format!("visual/{}/{}", page.name, visual.name), Vec::new()));
        }
        if visual.is_hidden {
            json.insert("isHidden".into(), json!(true));
        }
        if visual.id.is_none() {
            json.insert("annotations".into(), json!([{"name": ANNOTATION, "value": visual.name}]));
        }
        json.extend(visual.other.clone());
        self.put(path, &Value::Object(json));
        if let Some(mobile) = &visual.mobile {
            let json = json!({"$schema": schema::url(schema::MOBILE), "position": position(mobile)});
            self.put(format!("{folder}/{id}/mobile.json"), &json);
        }
    }

    fn body(&self, kind: &str, visual: &Visual) -> Value {
        let mut json = Map::new();
        json.insert("visualType".into(), json!(kind));
        if !visual.roles.is_empty() || !visual.sort.is_empty() {
            json.insert("query".into(), query(visual));
        }
        let formatting = self.objects(&visual.objects);
        if !formatting.is_empty() {
            json.insert("objects".into(), Value::Object(formatting));
        }
        let container = self.objects(&visual.container);
        if !container.is_empty() {
            json.insert("visualContainerObjects".into(), Value::Object(container));
        }
        if let Some(sync) = &visual.sync {
            json.insert(
                "syncGroup".into(),
                json!({"groupName": sync.name, "fieldChanges": sync.shares_field, "filterChanges": sync.shares_selection}),
            );
        }
        json.insert("drillFilterOtherVisuals".into(), json!(true));
        Value::Object(json)
    }
}

fn query(visual: &Visual) -> Value {
    let mut taken: Vec<String> = Vec::new();
    let mut state = Map::new();
    for role in &visual.roles {
        let list: Vec<Value> = role.fields.iter().map(|projection| self::projection(projection, &mut taken)).collect();
        state.insert(role.name.clone(), json!({"projections": list}));
    }
    let mut query = json!({"queryState": state});
    if !visual.sort.is_empty() {
        let list: Vec<Value> = visual
            .sort
            .iter()
            .map(|sort| json!({"field": field(&sort.field), "direction": if sort.descending { "Descending" } else { "Ascending" }}))
            .collect();
        query["sortDefinition"] = json!({"sort": list, "isDefaultSort": false});
    }
    query
}

/// The `nativeQueryRef` of a field: its name, or "Sum of …"; numbered by the caller when taken.
pub(super) fn native_name(of: &Field) -> String {
    match of {
        Field::Aggregation { column, function, .. } => format!("{} of {column}", function.query_name()),
        of => of.name().to_owned(),
    }
}

fn projection(projection: &Projection, taken: &mut Vec<String>) -> Value {
    let native = projection.native_query_ref.clone().unwrap_or_else(|| {
        let name = native_name(&projection.field);
        (0..).map(|n| if n == 0 { name.clone() } else { format!("{name}{n}") }).find(|n| !taken.contains(n)).expect("endless")
    });
    let mut json = json!({"field": field(&projection.field), "queryRef": projection.query_ref(), "nativeQueryRef": native});
    taken.push(native);
    if projection.is_active {
        json["active"] = json!(true);
    }
    if let Some(name) = &projection.display_name {
        json["displayName"] = json!(name);
    }
    if let Some(format) = &projection.format {
        json["format"] = json!(format);
    }
    json
}

fn position(position: &Position) -> Value {
    json!({"x": number(position.x), "y": number(position.y), "z": position.z, "height": number(position.height),
        "width": number(position.width), "tabOrder": position.tab_order})
}

/// The theme's name in files: with a hash of its content, because Power BI Desktop caches themes by name.
fn theme_name(theme: &Theme) -> String {
    let json: Map<String, Value> = theme.json.iter().filter(|(key, _)| *key != "name").map(|(k, v)| (k.clone(), v.clone())).collect();
    let hash = Sha256::digest(serde_json::to_vec(&json).expect("JSON values are writable"));
    let suffix: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    if theme.name.ends_with(&format!("-{suffix}")) { theme.name.clone() } else { format!("{}-{suffix}", theme.name) }
}
