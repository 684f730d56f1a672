//! A company's tables through the template's own queries, for the commands that compute figures.

use std::path::{Path, PathBuf};

use super::build::load_checked;
use super::{Failure, Global};
use crate::base::{Date, Diagnostic, SourceMap};
use crate::m;
use crate::power_query::{self, Refresh};
use crate::project::Project;
use crate::project::raw::SourceKind;
use crate::sample;
use crate::table::Table;

/// The model with its queries filled in for a company folder, or for the built-in company.
pub(super) fn project(model: Option<&Path>, company: Option<&Path>, global: &Global) -> Result<(Project, SourceMap), Failure> {
    let kind = if company.is_some() { SourceKind::Folder } else { SourceKind::Sample };
    let (checked, sources) = load_checked(model, Some(kind), global)?;
    let mut project = checked.project().clone();
    let pages = if kind == SourceKind::Sample { sample::built_in_packed() } else { &[] };
    let options = power_query::Options { source: kind, locale: "en", sample: pages };
    power_query::fill(&mut project, &options).map_err(|problems| Failure::found(problems, sources.clone()))?;
    Ok((project, sources))
}

/// The tables of a company folder, or of the built-in company, by the model's own queries.
pub(super) fn load(model: Option<&Path>, company: Option<&Path>, as_of: Option<Date>, global: &Global) -> Result<Vec<Table>, Failure> {
    let (project, sources) = project(model, company, global)?;
    Ok(tables(&project, &sources, company, as_of)?.0)
}

/// Rows and seconds of each table's query.
pub(super) type Timings = Vec<(String, usize, f64)>;

/// The imported tables of a model whose queries are filled in.
pub(super) fn tables(
    project: &Project,
    sources: &SourceMap,
    company: Option<&Path>,
    as_of: Option<Date>,
) -> Result<(Vec<Table>, Timings), Failure> {
    let parameters = parameters(company, as_of)?;
    let refresh = Refresh {
        model: &project.model,
        parameters: &parameters,
        connector: None,
        schema_pass: false,
        options: m::Options { memory_limit: Some(8 << 30), time_limit: None, ..m::Options::default() },
        jobs: 0,
    };
    let results = refresh.run(&crate::host::m::sources);
    let mut problems = Vec::new();
    let mut tables = Vec::new();
    let mut timings = Vec::new();
    for result in results {
        match result.outcome {
            Ok(loaded) => {
                timings.push((result.name.clone(), loaded.table.rows(), result.elapsed.as_secs_f64()));
                for error in &loaded.first_errors {
                    let (row, more) = (error.row + 1, error.more());
                    let message = format!("table `{}`, column `{}`, row {row}: {}{more}", result.name, error.column, error.message);
                    problems.push(
                        Diagnostic::error("M0205", message).help("the query gave an error for this cell; a refresh would leave it blank"),
                    );
                }
                tables.push(loaded.table);
            }
            Err(why) => problems.push(Diagnostic::error("M0203", format!("table `{}`: {why}", result.name))),
        }
    }
    if problems.is_empty() { Ok((tables, timings)) } else { Err(Failure::input(problems, sources.clone())) }
}

/// Parameters for the `folder` source and the day that is taken as today.
pub(super) fn parameters(company: Option<&Path>, as_of: Option<Date>) -> Result<Vec<(String, String)>, Failure> {
    let mut parameters = Vec::new();
    if let Some(company) = company {
        let full = std::fs::canonicalize(company).map_err(|e| Failure::usage(format!("`{}`: {e}", company.display())))?;
        if let Some(day) = as_of {
            need_trial_balance(&full, day)?;
        }
        parameters.push(("Company Folder".to_owned(), m::value::quote(&full.to_string_lossy())));
        if is_cash_basis(&full) {
            parameters.push(("Accounting Basis".to_owned(), m::value::quote("Cash")));
        }
    }
    if let Some(day) = as_of {
        let (y, m, d) = day.ymd();
        parameters.push(("AsOf".to_owned(), format!("#date({y}, {m}, {d})")));
    }
    Ok(parameters)
}

/// Whether every company of the folder was pulled with trial balances on cash basis, as its manifest says.
pub(super) fn is_cash_basis(folder: &Path) -> bool {
    let says = |company: &Path| {
        let text = crate::host::files::read(&company.join("manifest.json")).unwrap_or_default();
        serde_json::from_slice::<serde_json::Value>(&text).is_ok_and(|manifest| manifest["cash_basis"] == true)
    };
    if folder.join("Organisation").is_dir() {
        return says(folder);
    }
    let companies: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_or(Vec::new(), |d| d.filter_map(Result::ok).map(|e| e.path()).filter(|p| p.join("Organisation").is_dir()).collect());
    !companies.is_empty() && companies.iter().all(|company| says(company))
}

/// `--as-of` needs the trial balance of that day in every company of the folder.
fn need_trial_balance(company: &Path, day: Date) -> Result<(), Failure> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(folder).map_or(Vec::new(), |d| d.filter_map(Result::ok).map(|e| e.path()).collect());
        paths.sort();
        paths
    };
    let companies = if company.join("Organisation").is_dir() {
        vec![company.to_owned()]
    } else {
        list(company).into_iter().filter(|p| p.join("Organisation").is_dir()).collect()
    };
    for one in companies {
        let folder = one.join("TrialBalance");
        if !folder.join(format!("{day}.json")).is_file() {
            let dates: Vec<String> = list(&folder).iter().filter_map(|p| p.file_stem().map(|s| s.to_string_lossy().into_owned())).collect();
            let known = if dates.is_empty() { "none".to_owned() } else { dates.join(", ") };
            return Err(Failure::usage(format!("there is no trial balance of {day} in {}; there is: {known}", one.display())));
        }
    }
    Ok(())
}
