//! PBIR, the folder form of a report: [`write`] makes its files, [`read`] takes them back, also those of other programs.
//!
//! ```text
//! definition.pbir, definition/{version,report}.json, definition/pages/pages.json,
//! definition/pages/<page>/page.json, definition/pages/<page>/visuals/<visual>/{visual,mobile}.json,
//! definition/bookmarks/…, StaticResources/…
//! ```
//!
//! Source: <https://github.com/microsoft/json-schemas/tree/main/fabric/item/report/definition>, and reports saved by Power BI Desktop.

mod expression;
mod filter;
mod property;
mod read;
mod write;

pub use read::{ReadReport, read};
pub use write::{definition_pbir, page_id, visual_id, write};

/// What schema files of a kind are called, newest published versions.
pub(crate) mod schema {
    const BASE: &str = "https://developer.microsoft.com/json-schemas/fabric/item/report/";

    pub const REPORT: &str = "definition/report/3.3.0";
    pub const PAGES: &str = "definition/pagesMetadata/1.1.0";
    pub const PAGE: &str = "definition/page/2.1.0";
    pub const VISUAL: &str = "definition/visualContainer/2.9.0";
    pub const MOBILE: &str = "definition/visualContainerMobileState/2.4.0";
    pub const VERSION: &str = "definition/versionMetadata/1.0.0";
    pub const BOOKMARKS: &str = "definition/bookmarksMetadata/1.0.0";
    pub const PBIR: &str = "definitionProperties/2.0.0";

    /// The `$schema` of a kind of file.
    pub fn url(kind: &str) -> String {
        format!("{BASE}{kind}/schema.json")
    }
}
