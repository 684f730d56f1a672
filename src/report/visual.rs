//! A visual: what it is, where it stands, what it shows, how it looks and what a click does.

use super::{Field, Filter, FormatObject, Other, Projection, Property, Selector};
use crate::base::Span;

/// A visual on a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Visual {
    /// Name in the YAML, unique on the page.
    pub name: String,
    /// Identifier in files; derived from page and name when absent.
    pub id: Option<String>,
    /// What it is.
    pub kind: VisualKind,
    /// Where it stands.
    pub position: Position,
    /// Identifier of the group it belongs to; only in foreign reports. Positions are then relative to the group.
    pub group: Option<String>,
    /// Place on the phone page, where it has one.
    pub mobile: Option<Position>,
    /// Not shown.
    pub is_hidden: bool,
    /// Roles in order, each with its fields.
    pub roles: Vec<Role>,
    /// Order of the data.
    pub sort: Vec<Sort>,
    /// Filters on this visual alone.
    pub filters: Vec<Filter>,
    /// Formatting of the visual itself.
    pub objects: Vec<FormatObject>,
    /// Formatting of its container: title, background, border, alt text, action, tooltip.
    pub container: Vec<FormatObject>,
    /// Slicers of one group share their selection over pages.
    pub sync: Option<SyncGroup>,
    /// Carried along from a foreign file.
    pub other: Other,
    /// Where it is defined.
    pub span: Option<Span>,
}

/// What a visual is.
#[derive(Clone, Debug, PartialEq)]
pub enum VisualKind {
    /// A visual type: `lineChart`, `slicer`, `textbox` …; also of custom visuals that we do not know.
    Visual(String),
    /// A group of visuals, of foreign reports.
    Group(Other),
    /// A file that is no visual we can read; the whole JSON.
    Raw(Box<serde_json::Value>),
}

impl Default for VisualKind {
    fn default() -> VisualKind {
        VisualKind::Visual(String::new())
    }
}

/// A rectangle on the page in pixels, from the left top corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Position {
    /// Left.
    pub x: f64,
    /// Top.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Higher lies over lower.
    pub z: i64,
    /// Order of the keyboard; negative leaves it out.
    pub tab_order: i64,
}

impl Position {
    /// Whether two rectangles share an area.
    pub fn overlaps(&self, other: &Position) -> bool {
        self.x < other.x + other.width && other.x < self.x + self.width && self.y < other.y + other.height && other.y < self.y + self.height
    }
}

/// A role with its fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Role {
    /// As the visual type calls it: `Category`, `Y`, `Values` …
    pub name: String,
    /// Fields in order.
    pub fields: Vec<Projection>,
}

/// An order.
#[derive(Clone, Debug, PartialEq)]
pub struct Sort {
    /// By what.
    pub field: Field,
    /// Largest first.
    pub descending: bool,
}

/// Slicers that share their selection.
#[derive(Clone, Debug, PartialEq)]
pub struct SyncGroup {
    /// Name.
    pub name: String,
    /// Whether the field is shared.
    pub shares_field: bool,
    /// Whether the selection is shared.
    pub shares_selection: bool,
}

/// What a click does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action<'a> {
    /// Opens a page.
    Page(&'a str),
    /// Opens a drill-through page for the selected value.
    DrillThrough(&'a str),
    /// Goes back.
    Back,
    /// Applies a bookmark.
    Bookmark(&'a str),
    /// Opens a web address.
    Url(&'a str),
    /// Another action of Power BI: its type.
    Other(&'a str),
}

impl Visual {
    /// The visual type; empty for groups and unreadable files.
    pub fn type_name(&self) -> &str {
        match &self.kind {
            VisualKind::Visual(name) => name,
            VisualKind::Group(_) | VisualKind::Raw(_) => "",
        }
    }

    /// The fields of a role.
    pub fn role(&self, name: &str) -> &[Projection] {
        self.roles.iter().find(|role| role.name == name).map_or(&[], |role| &role.fields)
    }

    /// All fields with their roles.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Projection)> {
        self.roles.iter().flat_map(|role| role.fields.iter().map(|field| (role.name.as_str(), field)))
    }

    /// A formatting property of the visual; the entry for the whole visual wins over that of state `default`.
    pub fn object(&self, object: &str, property: &str) -> Option<&Property> {
        find(&self.objects, object, property)
    }

    /// A formatting property of the container.
    pub fn container(&self, object: &str, property: &str) -> Option<&Property> {
        find(&self.container, object, property)
    }

    /// The title that is shown: text or field; `None` where the title is off or not set here.
    pub fn title(&self) -> Option<&Property> {
        (self.container("title", "show") != Some(&Property::Bool(false))).then(|| self.container("title", "text")).flatten()
    }

    /// The subtitle that is shown.
    pub fn subtitle(&self) -> Option<&Property> {
        (self.container("subTitle", "show") != Some(&Property::Bool(false))).then(|| self.container("subTitle", "text")).flatten()
    }

    /// What a screen reader says.
    pub fn alt_text(&self) -> Option<&Property> {
        self.container("general", "altText")
    }

    /// Name of the tooltip page.
    pub fn tooltip_page(&self) -> Option<&str> {
        match self.container("visualTooltip", "section") {
            Some(Property::Page(name)) => Some(name),
            _ => None,
        }
    }

    /// What a click does.
    pub fn action(&self) -> Option<Action<'_>> {
        if self.container("visualLink", "show") == Some(&Property::Bool(false)) {
            return None;
        }
        let Some(Property::Text(kind)) = self.container("visualLink", "type") else { return None };
        let target = |property: &str| match self.container("visualLink", property) {
            Some(Property::Page(text) | Property::Text(text) | Property::Bookmark(text)) => text.as_str(),
            _ => "",
        };
        Some(match kind.as_str() {
            "PageNavigation" => Action::Page(target("navigationSection")),
            "Drillthrough" => Action::DrillThrough(target("drillthroughSection")),
            "Back" => Action::Back,
            "Bookmark" => Action::Bookmark(target("bookmark")),
            "WebUrl" => Action::Url(target("webUrl")),
            other => Action::Other(other),
        })
    }
}

/// The value of a property for the whole visual, or for state `default`.
fn find<'a>(objects: &'a [FormatObject], object: &str, property: &str) -> Option<&'a Property> {
    let of = |wanted: &dyn Fn(&Selector) -> bool| {
        objects.iter().filter(|o| o.name == object && wanted(&o.selector)).find_map(|o| o.properties.get(property))
    };
    of(&|selector| *selector == Selector::All).or_else(|| of(&|selector| *selector == Selector::Id("default".to_owned())))
}
