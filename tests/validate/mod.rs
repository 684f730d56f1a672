//! Proof of every figure: made-up companies, mutated measures, proofs of one's own, the forms that other tools read.
#![allow(clippy::disallowed_methods)]

mod command;
mod companies;
mod fuzz;
mod mutations;
mod perturb;
mod proofs;
mod wire;

use std::path::Path;
use std::sync::Arc;

use libtest_mimic::Trial;
use tempfile::TempDir;
use xero_pbit::base::Date;
use xero_pbit::check;
use xero_pbit::dax::Engine;
use xero_pbit::host::company::CompanyFolder;
use xero_pbit::m;
use xero_pbit::power_query::{self, Refresh};
use xero_pbit::project::raw::SourceKind;
use xero_pbit::project::{self, Layer, Project};
use xero_pbit::reference::{self, OrganisationFigures};
use xero_pbit::sample;
use xero_pbit::table::Table;
use xero_pbit::validate::{self, Report, Verdict};

/// All trials of this topic.
pub fn trials() -> Vec<Trial> {
    let mut trials = companies::trials();
    trials.extend(mutations::trials());
    trials.extend(proofs::trials());
    trials.extend(command::trials());
    trials.extend(wire::trials());
    trials.extend(fuzz::trials());
    trials
}

/// Whether everything is asked for (`.ci/run --full`), or a sample of it.
fn full() -> bool {
    std::env::var_os("XERO_PBIT_FULL").is_some_and(|value| value != "0")
}

/// Writes a made-up company below `folder`.
fn write(folder: &Path, options: &sample::Options) {
    let mut pages: Vec<(String, Vec<u8>)> = Vec::new();
    sample::generate(options, &mut pages).expect("memory takes every page");
    for (path, bytes) in pages {
        let file = folder.join(path);
        std::fs::create_dir_all(file.parent().expect("a page lies in a folder")).expect("a folder can be made");
        std::fs::write(file, bytes).expect("a page can be written");
    }
}

/// A company in a folder of its own.
fn company(options: &sample::Options) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), options);
    folder
}

/// The shipped model under overlays of ours, its queries filled in for the `folder` source.
fn model(overlay: Option<Layer>) -> Result<Project, String> {
    let layers: Vec<Layer> = [Layer::shipped()].into_iter().chain(overlay).collect();
    let (project, loading) = project::read(&layers);
    let said = |problems: &[xero_pbit::base::Diagnostic]| {
        problems.iter().map(|d| format!("{}: {}", d.code, d.message)).collect::<Vec<_>>().join("\n")
    };
    let checked = check::check(project, loading).map_err(|problems| said(&problems))?;
    let mut project = checked.project().clone();
    let options = power_query::Options { source: SourceKind::Folder, locale: "en", sample: &[] };
    power_query::fill(&mut project, &options).map_err(|problems| said(&problems))?;
    Ok(project)
}

/// The tables of a company folder as the model's own queries give them.
fn tables(project: &Project, folder: &Path, as_of: Option<Date>) -> Result<Vec<Table>, String> {
    let mut parameters = vec![("Company Folder".to_owned(), m::value::quote(&folder.to_string_lossy()))];
    if folder.join("manifest.json").is_file() {
        // The only manifest that these tests write.
        parameters.push(("Accounting Basis".to_owned(), m::value::quote("Cash")));
    }
    if let Some(day) = as_of {
        let (y, m, d) = day.ymd();
        parameters.push(("AsOf".to_owned(), format!("#date({y}, {m}, {d})")));
    }
    let refresh = Refresh {
        model: &project.model,
        parameters: &parameters,
        connector: None,
        schema_pass: false,
        options: m::Options::default(),
        jobs: 0,
    };
    let mut tables = Vec::new();
    for result in refresh.run(&xero_pbit::host::m::sources) {
        let loaded = result.outcome.map_err(|why| format!("table `{}`: {why}", result.name))?;
        if let Some(error) = loaded.first_errors.first() {
            return Err(format!("table `{}`, column `{}`, row {}: {}", result.name, error.column, error.row + 1, error.message));
        }
        tables.push(loaded.table);
    }
    Ok(tables)
}

/// The reference's figures of a company folder.
fn figures(folder: &Path, as_of: Option<Date>) -> Result<Vec<OrganisationFigures>, String> {
    let as_of = as_of.map(|day| day.to_string().parse().expect("both know the calendar"));
    reference::compute(&CompanyFolder::new(folder), as_of).map_err(|e| format!("{}: {} {}", e.file, e.place, e.message))
}

/// Tables that many engines read.
struct Shared(Arc<Vec<Table>>);

impl xero_pbit::dax::TableSource for Shared {
    fn load(&self, table: &str) -> Result<Option<Table>, String> {
        self.0.as_ref().load(table)
    }
}

fn prove(project: &Project, tables: &Arc<Vec<Table>>, figures: &[OrganisationFigures], random: usize) -> Report {
    let engine = Engine::new(&project.model, Shared(Arc::clone(tables)));
    validate::run(project, &engine, figures, &validate::Options { random, seed: 7 })
}

/// The checks that do not hold, a few of them in words.
fn complaints(report: &Report) -> Option<String> {
    let bad: Vec<String> = report
        .checks
        .iter()
        .filter(|c| c.verdict != Verdict::Equal)
        .map(|c| {
            format!(
                "{} {:?} {}: DAX {:?}, reference {:?} {}",
                c.measure,
                c.slice,
                c.verdict.name(),
                c.dax,
                c.reference,
                c.message.as_deref().unwrap_or("")
            )
        })
        .collect();
    let shown = bad.iter().take(12).cloned().collect::<Vec<_>>().join("\n  ");
    (!bad.is_empty()).then(|| format!("{} of {} checks:\n  {shown}", bad.len(), report.checks.len()))
}
