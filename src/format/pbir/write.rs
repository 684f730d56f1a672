//! A [`Report`] → its files.

use sha2::{Digest, Sha256};

use super::expression::field;
use super::property::{number, objects};
use super::{filter, schema};
use crate::base::hex;
use crate::format::FileSet;
use crate::format::json::{Json, Object, json, pretty, pretty_into};
use crate::report::{Field, Filter, Fit, InteractionKind, Page, PageKind, Position, Projection, Report, Theme, Visual, VisualKind};

/// What the annotation is called that keeps the name of a page or visual in the YAML.
pub(super) const ANNOTATION: &str = "xero-pbit";

/// The files of a report below its folder (`definition/…`, `StaticResources/…`), the same for `.pbit` and PBIP.
///
/// Identifiers are derived from names, so that the same report gives the same bytes and a changed text changes one file.
/// `definition.pbir` belongs to PBIP alone: see [`definition_pbir`].
pub fn write(report: &Report) -> FileSet {
    Writer { report, files: FileSet::new(), text: Vec::new() }.report()
}

/// `definition.pbir` of a PBIP report: where its model lies, relative to the report folder.
pub fn definition_pbir(model_folder: &str) -> Vec<u8> {
    let path = format!("../{model_folder}");
    pretty(&json!({"$schema": schema::url(schema::PBIR), "version": "4.0", "datasetReference": {"byPath": {"path": path}}}))
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
    hex(&hash.finalize()[..10])
}

struct Writer<'a> {
    report: &'a Report,
    files: FileSet,
    /// Room for the text of one file.
    text: Vec<u8>,
}

impl<'a> Writer<'a> {
    fn put(&mut self, path: impl Into<String>, json: impl Into<Json<'a>>) {
        self.text.clear();
        pretty_into(&json.into(), &mut self.text);
        self.files.insert(path, self.text.as_slice());
    }

    /// Identifier of a page by name; a name that no page has is written as it is, for `check` has refused it.
    fn page_of(&self, name: &str) -> String {
        self.report.page(name).map_or_else(|| name.to_owned(), page_id)
    }

    fn objects(&self, list: &'a [crate::report::FormatObject]) -> Object<'a> {
        objects(list, &|name| self.page_of(name))
    }

    fn report(mut self) -> FileSet {
        let report = self.report;
        self.put("definition/version.json", json!({"$schema": schema::url(schema::VERSION), "version": "2.0.0"}));
        self.report_json();
        let mut pages = Object::default();
        pages.set("$schema", schema::url(schema::PAGES));
        pages.set("pageOrder", report.pages.iter().map(|page| page_id(page).into()).collect::<Json<'_>>());
        if let Some(first) = report.first_page() {
            pages.set("activePageName", page_id(first));
        }
        if let Some(landing) = &report.landing_page {
            pages.set("landingPageName", self.page_of(landing));
        }
        self.put("definition/pages/pages.json", pages);
        for page in &report.pages {
            self.page(page);
        }
        if !report.bookmarks.is_empty() {
            let items: Json<'_> = report.bookmarks.iter().map(|bookmark| json!({"name": &bookmark.id})).collect();
            self.put("definition/bookmarks/bookmarks.json", json!({"$schema": schema::url(schema::BOOKMARKS), "items": items}));
            for bookmark in &report.bookmarks {
                let mut json: Object<'_> = bookmark.json.iter().collect();
                json.set("displayName", &bookmark.display_name);
                self.put(format!("definition/bookmarks/{}.bookmark.json", bookmark.id), json);
            }
        }
        for (path, bytes) in &report.files {
            self.files.insert(path.clone(), bytes.clone());
        }
        self.files
    }

    fn report_json(&mut self) {
        let report = self.report;
        let mut json = Object::default();
        json.set("$schema", schema::url(schema::REPORT));
        let version = json!({"visual": "2.9.0", "report": "3.3.0", "page": "2.1.0"});
        let base = theme_name(&report.theme);
        let mut themes = Object::default();
        themes.set("baseTheme", json!({"name": base.clone(), "reportVersionAtImport": version.clone(), "type": "SharedResources"}));
        let shared = json!([{"name": base.clone(), "path": format!("BaseThemes/{base}.json"), "type": "BaseTheme"}]);
        let mut packages = vec![json!({"name": "SharedResources", "type": "SharedResources", "items": shared})];
        self.theme(&format!("StaticResources/SharedResources/BaseThemes/{base}.json"), &report.theme, &base);
        let mut items = Vec::new();
        if let Some(theme) = &report.custom_theme {
            let file = format!("{}.json", theme_name(theme));
            themes.set("customTheme", json!({"name": file.clone(), "reportVersionAtImport": version, "type": "RegisteredResources"}));
            items.push(json!({"name": file.clone(), "path": file.clone(), "type": "CustomTheme"}));
            self.theme(&format!("StaticResources/RegisteredResources/{file}"), theme, &file);
        }
        for (name, bytes) in &report.resources {
            items.push(json!({"name": name, "path": name, "type": "Image"}));
            self.files.insert(format!("StaticResources/RegisteredResources/{name}"), bytes.clone());
        }
        if !items.is_empty() {
            packages.push(json!({"name": "RegisteredResources", "type": "RegisteredResources", "items": items}));
        }
        json.set("themeCollection", themes);
        json.set("filterConfig", self.filters(&report.filters, "report", Vec::new()));
        let formatting = self.objects(&report.objects);
        if !formatting.is_empty() {
            json.set("objects", formatting);
        }
        json.set("resourcePackages", packages);
        let mut settings: Object<'_> = report.settings.iter().collect();
        if let Some(locale) = &report.locale {
            settings.set("locale", locale);
        }
        if !settings.is_empty() {
            json.set("settings", settings);
        }
        json.set("annotations", json!([{"name": ANNOTATION, "value": &report.name}]));
        json.extend(&report.other);
        self.put("definition/report.json", json);
    }

    fn theme(&mut self, path: &str, theme: &'a Theme, name: &str) {
        let mut json = Object::default();
        json.set("name", name.to_owned());
        for (key, value) in theme.json.iter().filter(|(key, _)| *key != "name") {
            json.set(key, value);
        }
        self.put(path, json);
    }

    /// A `filterConfig`; `place` makes the derived names of filters unique, `first` comes before.
    fn filters(&self, filters: &'a [Filter], place: &str, first: Vec<Json<'a>>) -> Json<'a> {
        let mut list = first;
        for (index, card) in filters.iter().enumerate() {
            let id = card.id.clone().unwrap_or_else(|| identifier(&["filter", place, &index.to_string(), &card.field.query_ref()]));
            list.push(filter::write(card, id));
        }
        json!({"filters": list})
    }

    fn page(&mut self, page: &'a Page) {
        let id = page_id(page);
        let mut json = Object::default();
        json.set("$schema", schema::url(schema::PAGE));
        json.set("name", id.clone());
        json.set("displayName", &page.display_name);
        let fit = match page.fit {
            Fit::Page => "FitToPage",
            Fit::Width => "FitToWidth",
            Fit::Actual => "ActualSize",
        };
        json.set("displayOption", fit);
        json.set("height", number(page.height));
        json.set("width", number(page.width));
        if page.is_hidden {
            json.set("visibility", "HiddenInViewMode");
        }
        let mut first = Vec::new();
        match &page.kind {
            PageKind::Report => {}
            PageKind::Tooltip => {
                json.set("type", "Tooltip");
            }
            PageKind::DrillThrough { fields, keeps_filters } => {
                json.set("type", "Drillthrough");
                let mut parameters: Vec<Json<'a>> = Vec::new();
                for of in fields {
                    let name = identifier(&["drill-through", &page.name, &of.query_ref()]);
                    let expression = field(of);
                    first.push(
                        json!({"name": name.clone(), "field": expression.clone(), "type": "Categorical", "howCreated": "Drillthrough"}),
                    );
                    parameters.push(json!({"name": format!("Param_{name}"), "boundFilter": name, "fieldExpr": expression}));
                }
                let mut binding = Object::default();
                binding.set("name", identifier(&["binding", &page.name]));
                binding.set("type", "Drillthrough");
                binding.set("referenceScope", "Default");
                binding.set("parameters", parameters);
                if !keeps_filters {
                    binding.set("acceptsFilterContext", "None");
                }
                json.set("pageBinding", binding);
            }
        }
        if !page.filters.is_empty() || !first.is_empty() {
            json.set("filterConfig", self.filters(&page.filters, &format!("page/{}", page.name), first));
        }
        let formatting = self.objects(&page.objects);
        if !formatting.is_empty() {
            json.set("objects", formatting);
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
            json.set("visualInteractions", list.collect::<Json<'_>>());
        }
        if page.id.is_none() {
            json.set("annotations", json!([{"name": ANNOTATION, "value": &page.name}]));
        }
        json.extend(&page.other);
        self.put(format!("definition/pages/{id}/page.json"), json);
        for visual in &page.visuals {
            self.visual(page, visual, &format!("definition/pages/{id}/visuals"));
        }
    }

    fn visual(&mut self, page: &Page, visual: &'a Visual, folder: &str) {
        let id = visual_id(page, visual);
        let path = format!("{folder}/{id}/visual.json");
        let mut json = Object::default();
        json.set("$schema", schema::url(schema::VISUAL));
        json.set("name", id.clone());
        json.set("position", position(&visual.position));
        match &visual.kind {
            VisualKind::Raw(whole) => {
                self.put(path, whole.as_ref());
                return;
            }
            VisualKind::Group(group) => {
                json.set("visualGroup", group);
            }
            VisualKind::Visual(kind) => {
                json.set("visual", self.body(kind, visual));
            }
        }
        if let Some(group) = &visual.group {
            json.set("parentGroupName", group);
        }
        if !visual.filters.is_empty() {
            json.set("filterConfig", self.filters(&visual.filters, &format!("visual/{}/{}", page.name, visual.name), Vec::new()));
        }
        if visual.is_hidden {
            json.set("isHidden", true);
        }
        if visual.id.is_none() {
            json.set("annotations", json!([{"name": ANNOTATION, "value": &visual.name}]));
        }
        json.extend(&visual.other);
        self.put(path, json);
        if let Some(mobile) = &visual.mobile {
            let json = json!({"$schema": schema::url(schema::MOBILE), "position": position(mobile)});
            self.put(format!("{folder}/{id}/mobile.json"), json);
        }
    }

    fn body(&self, kind: &'a str, visual: &'a Visual) -> Json<'a> {
        let mut json = Object::default();
        json.set("visualType", kind);
        if !visual.roles.is_empty() || !visual.sort.is_empty() {
            json.set("query", query(visual));
        }
        let formatting = self.objects(&visual.objects);
        if !formatting.is_empty() {
            json.set("objects", formatting);
        }
        let container = self.objects(&visual.container);
        if !container.is_empty() {
            json.set("visualContainerObjects", container);
        }
        if let Some(sync) = &visual.sync {
            let (field, selection) = (sync.shares_field, sync.shares_selection);
            json.set("syncGroup", json!({"groupName": &sync.name, "fieldChanges": field, "filterChanges": selection}));
        }
        json.set("drillFilterOtherVisuals", true);
        json.into()
    }
}

fn query(visual: &Visual) -> Json<'_> {
    let mut taken: Vec<String> = Vec::new();
    let mut state = Object::default();
    for role in &visual.roles {
        let list: Json<'_> = role.fields.iter().map(|projection| self::projection(projection, &mut taken)).collect();
        state.set(&role.name, json!({"projections": list}));
    }
    let mut query = Object::default();
    query.set("queryState", state);
    if !visual.sort.is_empty() {
        let direction = |descending| if descending { "Descending" } else { "Ascending" };
        let list = visual.sort.iter().map(|sort| json!({"field": field(&sort.field), "direction": direction(sort.descending)}));
        query.set("sortDefinition", json!({"sort": list.collect::<Json<'_>>(), "isDefaultSort": false}));
    }
    query.into()
}

/// The `nativeQueryRef` of a field: its name, or "Sum of …"; numbered by the caller when taken.
pub(super) fn native_name(of: &Field) -> String {
    match of {
        Field::Aggregation { column, function, .. } => format!("{} of {column}", function.query_name()),
        of => of.name().to_owned(),
    }
}

fn projection<'a>(projection: &'a Projection, taken: &mut Vec<String>) -> Json<'a> {
    let native = projection.native_query_ref.clone().unwrap_or_else(|| {
        let name = native_name(&projection.field);
        (0..).map(|n| if n == 0 { name.clone() } else { format!("{name}{n}") }).find(|n| !taken.contains(n)).expect("endless")
    });
    let mut json = Object::default();
    json.set("field", field(&projection.field));
    json.set("queryRef", projection.query_ref());
    json.set("nativeQueryRef", native.clone());
    taken.push(native);
    if projection.is_active {
        json.set("active", true);
    }
    if let Some(name) = &projection.display_name {
        json.set("displayName", name);
    }
    if let Some(format) = &projection.format {
        json.set("format", format);
    }
    json.into()
}

fn position<'a>(position: &Position) -> Json<'a> {
    json!({"x": number(position.x), "y": number(position.y), "z": position.z, "height": number(position.height),
        "width": number(position.width), "tabOrder": position.tab_order})
}

/// The theme's name in files: with a hash of its content, because Power BI Desktop caches themes by name.
fn theme_name(theme: &Theme) -> String {
    let json: Json<'_> = theme.json.iter().filter(|(key, _)| *key != "name").collect::<Object<'_>>().into();
    let hash = Sha256::digest(json.to_string());
    let suffix = hex(&hash[..4]);
    if theme.name.ends_with(&format!("-{suffix}")) { theme.name.clone() } else { format!("{}-{suffix}", theme.name) }
}
