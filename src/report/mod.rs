//! Pages and visuals as plain types, with nothing of any file format.
//!
//! Made by `project::pages` (YAML) and `format::pbir::read` (files of a report); read by `check`, `format::pbir::write` and
//! `preview`. Names of pages and visuals are the words of the YAML; the identifiers of files are derived from them by the writer.
//! Formatting is a list of [`FormatObject`]s, as Power BI keeps it, whose values are typed ([`Property`]); what a reader does not
//! understand stays as JSON, so that a foreign report survives a round trip.

pub mod catalog;
mod field;
mod filter;
mod format;
mod translate;
mod visual;

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::base::Span;

pub use field::{Aggregation, Field, Projection};
pub use filter::{Comparison, Condition, DateUnit, Filter, Literal, Relative};
pub use format::{Color, FormatObject, Gradient, Paragraph, Property, Rule, Selector, Stop, TextRun};
pub use translate::{Shown, Words, localise};
pub use visual::{Action, Position, Role, Sort, SyncGroup, Visual, VisualKind};

/// JSON objects that a foreign file holds and we only carry along.
pub type Other = serde_json::Map<String, serde_json::Value>;

/// A report: pages over one semantic model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Display name; folders are named after it.
    pub name: String,
    /// Language of the texts, for instance `fr-FR`; `None` leaves it to the reader's settings.
    pub locale: Option<String>,
    /// Colours, fonts and default formatting, carried in the package.
    pub theme: Theme,
    /// A second theme over the first, as Power BI Desktop writes for an imported theme file; only in foreign reports.
    pub custom_theme: Option<Theme>,
    /// Images that visuals show, by file name.
    pub resources: BTreeMap<String, Vec<u8>>,
    /// Filters on all pages.
    pub filters: Vec<Filter>,
    /// Formatting of the report itself (filter pane).
    pub objects: Vec<FormatObject>,
    /// Keys of `settings` in `report.json`, JSON values.
    pub settings: Other,
    /// Pages in display order.
    pub pages: Vec<Page>,
    /// Name of the page that opens first; the first page when absent.
    pub landing_page: Option<String>,
    /// Saved states, in order.
    pub bookmarks: Vec<Bookmark>,
    /// Translations of the texts: culture (for instance `fr-FR`) → English text → its words there.
    pub translations: BTreeMap<String, BTreeMap<String, String>>,
    /// Carried along from a foreign `report.json`.
    pub other: Other,
    /// Files of a foreign report that we only carry along, by path below the report folder.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Report {
    /// A page by name (exact).
    pub fn page(&self, name: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.name == name)
    }

    /// The page that opens first.
    pub fn first_page(&self) -> Option<&Page> {
        self.landing_page.as_deref().and_then(|name| self.page(name)).or_else(|| self.pages.first())
    }
}

/// A theme file: its name and its JSON (`dataColors`, `textClasses`, `visualStyles` …).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Theme {
    /// Name without extension; the writer adds a hash of the content, because Power BI Desktop caches themes by name.
    pub name: String,
    /// The theme as Power BI reads it.
    pub json: Other,
}

impl Theme {
    /// A colour of the theme by key: `foreground`, `good`, `dataColors` by index as `data1`, `data2` …
    pub fn color(&self, key: &str) -> Option<&str> {
        match key.strip_prefix("data").and_then(|index| index.parse::<usize>().ok()) {
            Some(index) => self.json.get("dataColors")?.as_array()?.get(index.checked_sub(1)?)?.as_str(),
            None => self.json.get(key)?.as_str(),
        }
    }
}

/// A page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Name in the YAML, unique in the report.
    pub name: String,
    /// Identifier in files; derived from the name when absent.
    pub id: Option<String>,
    /// What people read on the tab; translated.
    pub display_name: String,
    /// Ordinary page, tooltip or drill-through.
    pub kind: PageKind,
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
    /// How the page fits the window.
    pub fit: Fit,
    /// Hidden from readers, though links open it.
    pub is_hidden: bool,
    /// Formatting of the page: background, wallpaper, filter pane.
    pub objects: Vec<FormatObject>,
    /// Filters on all visuals of the page.
    pub filters: Vec<Filter>,
    /// Visuals in tab order.
    pub visuals: Vec<Visual>,
    /// What a selection in one visual does to another, where it is not the default.
    pub interactions: Vec<Interaction>,
    /// Carried along from a foreign file.
    pub other: Other,
    /// Where it is defined.
    pub span: Option<Span>,
}

impl Page {
    /// A visual by name (exact).
    pub fn visual(&self, name: &str) -> Option<&Visual> {
        self.visuals.iter().find(|visual| visual.name == name)
    }
}

/// What a page is for.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum PageKind {
    /// A page of the report.
    #[default]
    Report,
    /// Shown beside the pointer.
    Tooltip,
    /// Opened for one value of a field.
    DrillThrough {
        /// Fields whose value comes along.
        fields: Vec<Field>,
        /// Whether all other filters come along too.
        keeps_filters: bool,
    },
}

/// How a page fits the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    /// Whole page visible.
    #[default]
    Page,
    /// Width fits, the rest scrolls.
    Width,
    /// One pixel is one pixel.
    Actual,
}

/// What a selection does to another visual of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Interaction {
    /// Name of the visual selected in.
    pub source: String,
    /// Name of the visual that reacts.
    pub target: String,
    /// Its reaction.
    pub kind: InteractionKind,
}

/// A reaction to a selection elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InteractionKind {
    /// Shows only what is selected.
    Filter,
    /// Marks what is selected.
    Highlight,
    /// Nothing.
    None,
}

/// A saved state of the report; only its name is understood, the state itself is carried along.
#[derive(Clone, Debug, PartialEq)]
pub struct Bookmark {
    /// Identifier in files.
    pub id: String,
    /// What people read.
    pub display_name: String,
    /// The whole bookmark file.
    pub json: Other,
}

/// An ordered map, as formatting properties keep the order of the source.
pub(crate) type Ordered<V> = IndexMap<String, V>;
