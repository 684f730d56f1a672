//! Proves figures: the template's own M gave the tables, its own DAX gives the figures, and `reference` says what they must be.
//!
//! In: a model, its tables, the reference's figures of each organisation. Out: a [`Report`] with one [`Check`] per measure and slice.
//! Money must be equal to the last digit; ratios to 1e-9 of their size; blank equals blank alone. Measures that carry a proof of their own
//! (`expect`, `equals`, `invariants`, `snapshot`) are checked by it ([`proof`]); tie-outs to Xero's own statements are in [`ties`].

mod compare;
pub mod explain;
pub mod proof;
pub mod ties;
mod views;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::dax::{DaxError, Engine, Options as DaxOptions, ResultTable};
use crate::project::Project;
use crate::reference::{Amount, OrganisationFigures};
use crate::table::Value;

pub use compare::{Verdict, difference, verdict};
pub use views::{Scene, scenes};

/// One figure, computed twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// OrganisationID.
    pub organisation: String,
    /// Measure.
    pub measure: String,
    /// Dimension → key; empty for the grand total.
    pub slice: BTreeMap<String, String>,
    /// What DAX gave; `None` for blank.
    pub dax: Option<String>,
    /// What it must be; `None` for blank.
    pub reference: Option<String>,
    /// The difference, where both are numbers.
    pub difference: Option<String>,
    /// The outcome.
    pub verdict: Verdict,
    /// An error, or a hint.
    pub message: Option<String>,
}

/// All checks of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Checks in order of organisation, measure, slice.
    pub checks: Vec<Check>,
    /// Milliseconds that each measure's DAX took.
    pub millis: BTreeMap<String, f64>,
}

/// How many checks had which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Equal.
    pub equal: usize,
    /// Different.
    pub differs: usize,
    /// Without proof.
    pub unproven: usize,
    /// Failed to compute.
    pub errors: usize,
}

impl Report {
    /// Counts the outcomes.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for check in &self.checks {
            match check.verdict {
                Verdict::Equal => summary.equal += 1,
                Verdict::Differs => summary.differs += 1,
                Verdict::Unproven => summary.unproven += 1,
                Verdict::Error => summary.errors += 1,
            }
        }
        summary
    }
}

/// What to check.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Random filter combinations per organisation.
    pub random: usize,
    /// Seed of the random combinations.
    pub seed: u64,
}

/// A dimension that the reference slices by, and the column that stands for it in the model.
pub(crate) struct Dimension {
    pub(crate) name: &'static str,
    pub(crate) column: &'static str,
    kind: Key,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Date,
    Text,
    /// A blank stands for "no item".
    TextOrNone,
}

pub(crate) const DIMENSIONS: [Dimension; 7] = [
    Dimension { name: "Month", column: "'Date'[Month End]", kind: Key::Date },
    Dimension { name: "Date", column: "'Date'[Date]", kind: Key::Date },
    Dimension { name: "Contact", column: "Contacts[Contact ID]", kind: Key::Text },
    Dimension { name: "Account", column: "'Xero Accounts'[Account ID]", kind: Key::Text },
    Dimension { name: "Item", column: "Items[Item Code]", kind: Key::TextOrNone },
    Dimension { name: "Due Bucket", column: "Invoices[Due Bucket]", kind: Key::Text },
    Dimension { name: "Organisation", column: "Organisation[Organisation ID]", kind: Key::Text },
];

impl Dimension {
    /// The reference's key of a cell; `None` for the blank row.
    fn key(&self, value: &Value) -> Option<String> {
        match (self.kind, value) {
            (Key::TextOrNone, Value::Blank) => Some(String::new()),
            (Key::Date, Value::DateTime(serial)) => Some(crate::base::Date(serial.floor() as i32).to_string()),
            (Key::Text | Key::TextOrNone, Value::String(text)) => Some(text.to_string()),
            _ => None,
        }
    }
}

/// Quotes a measure name.
pub(crate) fn measure_ref(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}

/// Quotes a text as a DAX literal.
pub(crate) fn text_literal(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// The filter that keeps one organisation.
pub(crate) fn organisation_filter(id: &str) -> String {
    format!("TREATAS ( {{ {} }}, Organisation[Organisation ID] )", text_literal(id))
}

/// Runs all checks.
pub fn run(project: &Project, engine: &Engine, figures: &[OrganisationFigures], options: &Options) -> Report {
    run_scenes(project, engine, figures, &scenes(figures, options))
}

/// Runs all checks, with views that were made before: what does not change between two runs need not be computed twice.
pub fn run_scenes(project: &Project, engine: &Engine, figures: &[OrganisationFigures], scenes: &[Scene]) -> Report {
    let asked = Asked { engine, dax: DaxOptions::default(), known: reference_names(project) };
    let jobs = jobs(figures, scenes);
    // Checks read the same data and change nothing: each processor takes the next one that waits.
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut part = Report::default();
            asked.run(job, &mut part);
            done.push((job.place, part));
        }
        done
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    let mut parts = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut parts = work();
        for other in others {
            parts.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        parts
    });
    parts.sort_by_key(|(place, _)| *place);
    let mut report = Report::default();
    for (_, part) in parts {
        report.checks.extend(part.checks);
        for (measure, millis) in part.millis {
            *report.millis.entry(measure).or_default() += millis;
        }
    }
    proof::run(project, engine, &asked.dax, figures, &mut report);
    report
}

/// The first figure of some measures that is not what it must be; what comes after it is not computed.
///
/// `known` names the measures and the figure of the reference that each must equal.
pub fn first_difference(
    engine: &Engine,
    known: &BTreeMap<String, String>,
    figures: &[OrganisationFigures],
    scenes: &[Scene],
) -> Option<Check> {
    let asked = Asked { engine, dax: DaxOptions::default(), known: known.clone() };
    let mut jobs = jobs(figures, scenes);
    jobs.sort_by_key(|job| job.place);
    jobs.iter().find_map(|job| {
        let mut part = Report::default();
        asked.run(job, &mut part);
        part.checks.into_iter().find(|check| matches!(check.verdict, Verdict::Differs | Verdict::Error))
    })
}

/// What is asked of the engine, and how.
struct Asked<'a> {
    engine: &'a Engine,
    dax: DaxOptions,
    /// Measure → figure of the reference.
    known: BTreeMap<String, String>,
}

/// A part of the checks that can be done by itself.
struct Job<'a> {
    /// Where its checks stand in the report.
    place: usize,
    part: Part<'a>,
}

enum Part<'a> {
    Totals(&'a OrganisationFigures),
    Slices(&'a OrganisationFigures, &'a Dimension),
    View(&'a Scene),
    Everyone(&'a [OrganisationFigures]),
}

/// All jobs, those first that take longest.
fn jobs<'a>(figures: &'a [OrganisationFigures], scenes: &'a [Scene]) -> Vec<Job<'a>> {
    let mut parts = Vec::new();
    for one in figures {
        parts.push(Part::Totals(one));
        parts.extend(DIMENSIONS.iter().map(|dimension| Part::Slices(one, dimension)));
        parts.extend(scenes.iter().filter(|scene| scene.organisation == one.books.id).map(Part::View));
    }
    if figures.len() > 1 {
        parts.push(Part::Everyone(figures));
    }
    let mut jobs: Vec<Job<'a>> = parts.into_iter().enumerate().map(|(place, part)| Job { place, part }).collect();
    jobs.sort_by_key(|job| match job.part {
        Part::Slices(_, dimension) if dimension.kind == Key::Date => 0,
        Part::Totals(_) | Part::Slices(..) => 1,
        Part::View(_) | Part::Everyone(_) => 2,
    });
    jobs
}

impl Asked<'_> {
    fn run(&self, job: &Job<'_>, report: &mut Report) {
        match &job.part {
            Part::Totals(one) => {
                totals(self.engine, &self.dax, one, &organisation_filter(&one.books.id), &self.known, report);
            }
            Part::Slices(one, dimension) => {
                slices(self.engine, &self.dax, one, dimension, &organisation_filter(&one.books.id), &self.known, report);
            }
            Part::View(scene) => scene.check(self.engine, &self.dax, &self.known, report),
            Part::Everyone(figures) => everyone(self.engine, &self.dax, figures, &self.known, report),
        }
    }
}

/// Organisations together, none chosen: money in different base currencies is not added, so that every such figure must be blank.
fn everyone(engine: &Engine, dax: &DaxOptions, figures: &[OrganisationFigures], known: &BTreeMap<String, String>, report: &mut Report) {
    if figures.iter().all(|one| one.books.base_currency == figures[0].books.base_currency) {
        return;
    }
    for (measure, figure) in known {
        let is_money = |one: &OrganisationFigures| one.figures.get(figure.as_str()).is_some_and(|f| matches!(f.total, Amount::Money(_)));
        if figures.iter().any(is_money) {
            let outcome = single(engine.evaluate(&format!("EVALUATE {{ {} }}", measure_ref(measure)), dax));
            let slice = BTreeMap::from([("Organisation".to_owned(), "(all)".to_owned())]);
            report.checks.push(check("", measure, slice, outcome, Amount::Blank));
        }
    }
}

/// Measure → the figure that it must equal.
pub fn reference_names(project: &Project) -> BTreeMap<String, String> {
    project.proofs.iter().filter_map(|proof| Some((proof.measure.clone(), proof.reference.as_ref()?.value.clone()))).collect()
}

/// Grand totals, each measure by itself.
fn totals(
    engine: &Engine,
    dax: &DaxOptions,
    one: &OrganisationFigures,
    filter: &str,
    known: &BTreeMap<String, String>,
    report: &mut Report,
) {
    for (measure, figure) in known {
        let Some(figure) = one.figures.get(figure.as_str()) else {
            report.checks.push(unproven(&one.books.id, measure, figure));
            continue;
        };
        let query = format!("EVALUATE {{ CALCULATE ( {}, {filter} ) }}", measure_ref(measure));
        let started = Instant::now();
        let outcome = single(engine.evaluate(&query, dax));
        *report.millis.entry(measure.clone()).or_default() += started.elapsed().as_secs_f64() * 1_000.0;
        report.checks.push(check(&one.books.id, measure, BTreeMap::new(), outcome, figure.total));
    }
}

fn unproven(organisation: &str, measure: &str, figure: &str) -> Check {
    Check {
        organisation: organisation.to_owned(),
        measure: measure.to_owned(),
        slice: BTreeMap::new(),
        dax: None,
        reference: None,
        difference: None,
        verdict: Verdict::Unproven,
        message: Some(format!("the reference has no figure `{figure}`")),
    }
}

fn single(outcome: Result<Vec<ResultTable>, DaxError>) -> Result<Value, String> {
    let tables = outcome.map_err(|error| error.message)?;
    Ok(tables.first().and_then(|t| t.rows.first()).and_then(|row| row.first()).cloned().unwrap_or(Value::Blank))
}

/// One dimension: all measures that have it in one query, each by itself when that fails.
fn slices(
    engine: &Engine,
    dax: &DaxOptions,
    one: &OrganisationFigures,
    dimension: &Dimension,
    filter: &str,
    known: &BTreeMap<String, String>,
    report: &mut Report,
) {
    let wanted: Vec<(&String, &BTreeMap<String, Amount>)> =
        known.iter().filter_map(|(measure, figure)| Some((measure, one.figures.get(figure.as_str())?.by.get(dimension.name)?))).collect();
    if wanted.is_empty() {
        return;
    }
    let names: Vec<&str> = wanted.iter().map(|(measure, _)| measure.as_str()).collect();
    let mut values = grouped(engine, dax, dimension, filter, &names, report);
    if values.is_err() && names.len() > 1 {
        // Which of them fails is found one by one.
        let each: Vec<Result<BTreeMap<String, Vec<Value>>, String>> =
            names.iter().map(|name| grouped(engine, dax, dimension, filter, std::slice::from_ref(name), report)).collect();
        let mut joined: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (at, outcome) in each.into_iter().enumerate() {
            match outcome {
                Ok(rows) => {
                    for (key, row) in rows {
                        joined.entry(key).or_insert_with(|| vec![Value::Blank; names.len()])[at] = row[0].clone();
                    }
                }
                Err(message) => {
                    let slice = BTreeMap::from([(dimension.name.to_owned(), "(all)".to_owned())]);
                    report.checks.push(check(&one.books.id, names[at], slice, Err(message), Amount::Blank));
                }
            }
        }
        values = Ok(joined);
    }
    let Ok(values) = values else {
        if let Err(message) = values {
            let slice = BTreeMap::from([(dimension.name.to_owned(), "(all)".to_owned())]);
            report.checks.push(check(&one.books.id, names[0], slice, Err(message), Amount::Blank));
        }
        return;
    };
    for (at, (measure, reference)) in wanted.iter().enumerate() {
        let mut keys: Vec<&String> =
            reference.keys().chain(values.iter().filter(|(_, row)| !row[at].is_blank()).map(|(key, _)| key)).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let slice = BTreeMap::from([(dimension.name.to_owned(), key.clone())]);
            let value = values.get(key).map_or(Value::Blank, |row| row[at].clone());
            let expected = reference.get(key).copied().unwrap_or(Amount::Blank);
            report.checks.push(check(&one.books.id, measure, slice, Ok(value), expected));
        }
    }
}

/// Key → values of the measures.
fn grouped(
    engine: &Engine,
    dax: &DaxOptions,
    dimension: &Dimension,
    filter: &str,
    measures: &[&str],
    report: &mut Report,
) -> Result<BTreeMap<String, Vec<Value>>, String> {
    let columns: Vec<String> = measures.iter().enumerate().map(|(i, m)| format!("\"m{i}\", {}", measure_ref(m))).collect();
    let query = format!("EVALUATE SUMMARIZECOLUMNS ( {}, {filter}, {} )", dimension.column, columns.join(", "));
    let started = Instant::now();
    let tables = engine.evaluate(&query, dax).map_err(|error| error.message)?;
    let millis = started.elapsed().as_secs_f64() * 1_000.0 / measures.len() as f64;
    for measure in measures {
        *report.millis.entry((*measure).to_owned()).or_default() += millis;
    }
    let mut values = BTreeMap::new();
    for row in tables.into_iter().next().map(|t| t.rows).unwrap_or_default() {
        if let Some(key) = dimension.key(&row[0]) {
            values.insert(key, row[1..].to_vec());
        }
    }
    Ok(values)
}

/// Compares one figure.
pub(crate) fn check(
    organisation: &str,
    measure: &str,
    slice: BTreeMap<String, String>,
    outcome: Result<Value, String>,
    expected: Amount,
) -> Check {
    let base = Check {
        organisation: organisation.to_owned(),
        measure: measure.to_owned(),
        slice,
        dax: None,
        reference: expected.text(),
        difference: None,
        verdict: Verdict::Error,
        message: None,
    };
    match outcome {
        Err(message) => Check { message: Some(message), ..base },
        Ok(value) => {
            Check { dax: compare::text(&value), difference: difference(&value, expected), verdict: verdict(&value, expected), ..base }
        }
    }
}
