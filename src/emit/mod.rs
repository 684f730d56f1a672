//! [`CheckedModel`] → files in memory: the template, the project, the connector.
//!
//! The same project and options give the same bytes: identifiers come from names, archives carry one fixed time, lists keep
//! the order of the source. The report's files are byte for byte the same in the `.pbit` and in PBIP.

mod prepare;

use crate::base::Diagnostic;
pub use crate::base::FileSet;
use crate::check::CheckedModel;
use crate::format::{mez, pbip, pbit};
use crate::model::Model;
use crate::power_query;
use crate::project::lineage::uuid;
use crate::project::raw::SourceKind;

/// Name of the custom connector; its file is `Xero.mez`.
pub const CONNECTOR: &str = "Xero";

/// What to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Options<'a> {
    /// Where the data comes from.
    pub source: SourceKind,
    /// Raw pages of the company inside the template, for the `sample` source: path below a company folder and bytes.
    pub sample: &'a [(String, Vec<u8>)],
    /// Language of the report's texts, a culture of the project such as `fr-FR`; `None` is the model's own.
    pub locale: Option<String>,
    /// Whether to write PBIP.
    pub pbip: bool,
    /// Whether to write the `.pbit`.
    pub pbit: bool,
    /// Whether to write the connector.
    pub mez: bool,
}

impl Options<'_> {
    /// Everything, for the source that the project names, with an empty sample company.
    pub fn all(checked: &CheckedModel) -> Options<'static> {
        Options { source: checked.project().settings.source, sample: &[], locale: None, pbip: true, pbit: true, mez: true }
    }
}

/// The model as it goes into files, for one source.
///
/// # Errors
/// Templates of queries that do not exist or do not render.
pub fn model(checked: &CheckedModel, options: &Options<'_>) -> Result<Model, Vec<Diagnostic>> {
    let project = checked.project();
    let locale = options.locale.as_deref().unwrap_or(&project.model.culture);
    let queries = power_query::render(project, &power_query::Options { source: options.source, locale, sample: options.sample })?;
    Ok(prepare::prepare(project, &queries))
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
/// As [`model`].
pub fn files(checked: &CheckedModel, options: &Options<'_>) -> Result<FileSet, Vec<Diagnostic>> {
    let name = &checked.project().model.name;
    let mut files = FileSet::new();
    if options.pbit || options.pbip {
        let model = model(checked, options)?;
        let report = FileSet::new();
        if options.pbit {
            files.insert(format!("{name}.pbit"), pbit::write(&model, &report, &item_id(name, "Database")));
        }
        if options.pbip {
            files.extend_under("", pbip::write(&model, name, &report, |item| item_id(name, item)));
        }
    }
    if options.mez {
        let documents = power_query::connector(&checked.project().templates)?;
        files.insert(format!("{CONNECTOR}.mez"), mez::write(CONNECTOR, &documents));
    }
    Ok(files)
}
