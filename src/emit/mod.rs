//! [`CheckedModel`] → files in memory: the template, the project, the connector.
//!
//! The same project and options give the same bytes: identifiers come from names, archives carry one fixed time, lists keep
//! the order of the source. The report's files are byte for byte the same in the `.pbit` and in PBIP.

mod prepare;

use std::borrow::Cow;

use crate::base::Diagnostic;
pub use crate::base::FileSet;
use crate::check::CheckedModel;
use crate::format::{mez, pbip, pbir, pbit};
use crate::model::{Culture, Model, ObjectPath};
use crate::power_query;
use crate::project::lineage::uuid;
use crate::project::pages::localise_dax;
use crate::project::raw::SourceKind;
use crate::report::{Field, Page, Report, Words, localise};
use crate::sample::Packed;

/// Name of the custom connector; its file is `Xero.mez`.
pub const CONNECTOR: &str = "Xero";

/// What to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Options<'a> {
    /// Where the data comes from.
    pub source: SourceKind,
    /// Files of the company inside the template, for the `sample` source.
    pub sample: &'a [Packed],
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
    let wanted = power_query::Options { source: options.source, locale, sample: options.sample };
    let queries = match checked.queries().filter(|_| options.source == project.settings.source) {
        Some(known) => power_query::render_again(project, &wanted, known.clone())?,
        None => power_query::render(project, &wanted)?,
    };
    let mut model = prepare::prepare(project, queries);
    if let Some(words) = project.report.translations.get(locale).filter(|_| !locale.eq_ignore_ascii_case(&project.model.culture)) {
        localise_dax(&mut model, words, locale);
    }
    Ok(model)
}

/// The report as it goes into files, in one language.
pub fn report<'a>(checked: &'a CheckedModel, locale: Option<&str>) -> Cow<'a, Report> {
    let project = checked.project();
    let mut report = Cow::Borrowed(&project.report);
    if report.pages.is_empty() {
        // A template opens on a page, be it an empty one.
        let name = "Page 1".to_owned();
        report.to_mut().pages.push(Page { display_name: name.clone(), name, width: 1280.0, height: 720.0, ..Page::default() });
    }
    let locale = locale.unwrap_or(&project.model.culture);
    let own = locale.eq_ignore_ascii_case(&project.model.culture);
    let none = Words::new();
    let words = project.report.translations.get(locale).unwrap_or(&none);
    if !own || !words.is_empty() {
        let culture = project.model.cultures.iter().find(|c| c.name == locale && !own);
        // Texts without words stay as they are; `check` has said so.
        localise(report.to_mut(), locale, words, &|field| caption(culture?, field));
    }
    report
}

/// The translated name of a field.
fn caption(culture: &Culture, field: &Field) -> Option<String> {
    let path = match field {
        Field::Measure { table, measure } => ObjectPath::Measure(table.clone(), measure.clone()),
        Field::Column { table, column } => ObjectPath::Column(table.clone(), column.clone()),
        _ => return None,
    };
    culture.translations.get(&path)?.caption.clone()
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
        let mut report = pbir::write(&report(checked, options.locale.as_deref()));
        if options.pbit {
            let packed = options.sample.iter().filter(|file| !file.wide.is_empty());
            let ready: Vec<pbit::Ready<'_>> = packed.map(|file| pbit::Ready { text: &file.text, packed: file.wide }).collect();
            files.insert(format!("{name}.pbit"), pbit::write(&model, &report, &item_id(name, "Database"), &ready));
        }
        if options.pbip {
            report.insert("definition.pbir", pbir::definition_pbir(&format!("{name}.SemanticModel")));
            files.extend_under("", pbip::write(&model, name, &report, |item| item_id(name, item)));
        }
    }
    if options.mez {
        let documents = power_query::connector_files(&checked.project().templates)?;
        files.insert(format!("{CONNECTOR}.mez"), mez::write(CONNECTOR, &documents));
    }
    Ok(files)
}
