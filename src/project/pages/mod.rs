//! Page files and the theme → [`Report`].
//!
//! A page file is short because defaults do the rest: positions in units of 8 pixels, a preset per visual type, frames that
//! several pages share, links that become transparent buttons over their visual. Overlays have been merged before
//! (see [`super::overlay`]): a page or visual is found by its name.

mod dax_text;
mod field;
mod format;
mod lower;
pub mod raw;
mod theme;

use super::yaml::{Context, Decode, Entries, Node, Schemas, Spanned};
use crate::base::FileSet;
use crate::model::Model;
use crate::report::Report;

pub use dax_text::{constant_texts, dax_texts, localise_dax};
pub use theme::{Styles, theme_schema};

/// What a report is made of.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// `pages/*.yaml`, one mapping each.
    pub pages: &'a [Node],
    /// `theme.yaml`.
    pub theme: Option<&'a Node>,
    /// Texts of the report by culture.
    pub texts: &'a [(Spanned<String>, Entries<String>)],
    /// Files that images show.
    pub resources: &'a FileSet,
}

/// The report over `model`; what is wrong (`R01xx`) is in `cx`, the rest is usable for further checks.
pub fn lower(parts: Parts<'_>, model: &Model, cx: &mut Context) -> Report {
    lower::report(parts, model, cx)
}

/// The JSON Schema of a page file.
pub fn page_schema(schemas: &mut Schemas) -> serde_json::Value {
    let page = raw::RawPage::schema(schemas);
    // A page that has a frame may change one of the frame's visuals without saying its type again.
    if let Some(required) = schemas.definitions.get_mut("RawVisual").and_then(|visual| visual.get_mut("required")?.as_array_mut()) {
        required.retain(|key| key != "type");
    }
    page
}
