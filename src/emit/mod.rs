//! [`CheckedModel`] → files in memory: the template, the project, the connector.
//!
//! The same project and options give the same bytes: identifiers come from names, archives carry one fixed time, lists keep
//! the order of the source. The report's files are byte for byte the same in the `.pbit` and in PBIP.

mod prepare;

pub use crate::base::FileSet;
pub use prepare::Queries;

use crate::base::Diagnostic;
use crate::check::CheckedModel;
use crate::format::{pbip, pbit};
use crate::model::Model;
use crate::project::lineage::uuid;
use crate::project::raw::{FolderKind, SourceKind};

/// What to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Where the data comes from.
    pub source: SourceKind,
    /// Where the folder of the `folder` source lies.
    pub folder_kind: FolderKind,
    /// Language of the report's texts, a culture of the project such as `fr-FR`; `None` is the model's own.
    pub locale: Option<String>,
    /// Whether to write PBIP.
    pub pbip: bool,
    /// Whether to write the `.pbit`.
    pub pbit: bool,
    /// Whether to write the connector.
    pub mez: bool,
}

impl Options {
    /// Everything, for the source that the project names.
    pub fn all(checked: &CheckedModel) -> Options {
        let settings = &checked.project().settings;
        Options { source: settings.source, folder_kind: settings.folder_kind, locale: None, pbip: true, pbit: true, mez: true }
    }
}

/// The model as it goes into files, for one source.
pub fn model(checked: &CheckedModel, source: SourceKind, queries: &Queries) -> Model {
    prepare::prepare(checked.project(), source, queries)
}

/// The stable id of an item of a project: `SemanticModel`, `Report` or `Database`.
///
/// `build` recognises its own folders by it.
pub fn item_id(name: &str, item: &str) -> String {
    uuid(&["item", name, item])
}

/// The files of a template, paths relative to the output folder.
///
/// # Errors
/// What the templates of the queries report.
pub fn files(checked: &CheckedModel, options: &Options) -> Result<FileSet, Vec<Diagnostic>> {
    let queries = &Queries::default();
    let model = model(checked, options.source, queries);
    let name = &checked.project().model.name;
    let mut files = FileSet::new();
    let report = FileSet::new();
    if options.pbit {
        files.insert(format!("{name}.pbit"), pbit::write(&model, &report, &item_id(name, "Database")));
    }
    if options.pbip {
        files.extend_under("", pbip::write(&model, name, &report, |item| item_id(name, item)));
    }
    Ok(files)
}
