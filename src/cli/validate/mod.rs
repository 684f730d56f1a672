//! `xero-pbit validate`: prove every figure.
#![allow(clippy::disallowed_methods, reason = "writes approved snapshots into the model folder")]

mod output;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::ValueEnum;

use super::company::Timings;
use super::{Failure, Global};
use crate::base::{Date, SourceMap};
use crate::dax::{Engine, TableSource};
use crate::host::company::CompanyFolder;
use crate::preview::Preview;
use crate::project::Project;
use crate::reference::{self, OrganisationFigures, Pages};
use crate::sample;
use crate::table::Table;
use crate::validate::{self, Report, Scene, Verdict, ties};

/// Prove every figure: the template's M and DAX against the exact-decimal reference.
///
/// Runs the model's own queries over the raw pages, evaluates every measure in total and by every slice, and compares with figures that
/// the reference computes from the same pages by a route of its own. Exits with 1 when a figure differs.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  xero-pbit validate\n  xero-pbit validate --model my-model --company books --random 50\n  xero-pbit validate --format junit > validate.xml"
)]
pub struct Args {
    /// Model folder; without it the shipped model
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Company folder of raw pages, or a folder of them; without it the built-in company
    #[arg(long, value_name = "DIR")]
    company: Option<PathBuf>,
    /// Take this day as today; the folder needs a trial balance of that day
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// Also check N random combinations of filters
    #[arg(long, value_name = "N", default_value_t = 0)]
    random: usize,
    /// Seed of the random combinations
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How the outcome is printed
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Fail on measures without a proof, too
    #[arg(long)]
    strict: bool,
    /// Approve the present values of measures without another proof: writes `snapshot:` values to approve into the model folder
    #[arg(long, requires = "model")]
    accept: bool,
    /// Also run the query of every visual of every page; without `--company` it is done anyway, unless `--watch` is given
    #[arg(long)]
    pages: bool,
    /// Validate again whenever a file of the model changes
    #[arg(long)]
    watch: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// A table for people.
    Text,
    /// One JSON document.
    Json,
    /// JUnit XML for CI systems.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
}

/// Pages of the built-in company.
struct BuiltIn(BTreeMap<String, Vec<u8>>);

impl Pages for BuiltIn {
    fn files(&self, folder: &str) -> Result<Vec<String>, String> {
        let prefix = format!("{folder}/");
        Ok(self.0.keys().filter_map(|path| path.strip_prefix(&prefix)).map(str::to_owned).collect())
    }

    fn folders(&self) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.get(path).cloned().ok_or_else(|| "no such page".to_owned())
    }

    fn display(&self, path: &str) -> String {
        format!("sample/{path}")
    }
}

fn pages_of(company: Option<&Path>) -> Box<dyn Pages> {
    match company {
        Some(folder) => Box::new(CompanyFolder::new(folder)),
        None => Box::new(BuiltIn(sample::built_in().iter().cloned().collect())),
    }
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    let mut kept = None;
    if !args.watch {
        let ended = once(&args, global, &mut kept);
        if let Err(failure) = &ended {
            // Who reads a form for programs finds there why nothing was compared.
            let _ = std::io::stdout().write_all(output::stopped(failure, args.format).as_bytes());
        }
        return ended;
    }
    let Some(folder) = args.model.clone() else { return Err(Failure::usage("--watch needs --model: the shipped model does not change")) };
    // What is saved during a run is seen after it.
    let (_watcher, changes) = watch(&folder)?;
    loop {
        if let Err(failure) = once(&args, global, &mut kept) {
            failure.print(global);
        }
        global.say("Watching for changes; Ctrl-C stops.");
        let _ = changes.recv();
        // Editors save in several steps.
        while changes.recv_timeout(std::time::Duration::from_millis(60)).is_ok() {}
    }
}

/// Tells whenever something below `folder` changes.
fn watch(folder: &Path) -> Result<(notify::RecommendedWatcher, std::sync::mpsc::Receiver<()>), Failure> {
    use notify::{RecursiveMode, Watcher};
    let (send, receive) = std::sync::mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|e| !e.kind.is_access()) {
            // The receiver is gone only when the program ends.
            let _ = send.send(());
        }
    })
    .map_err(|error| Failure::usage(format!("cannot watch `{}`: {error}", folder.display())))?;
    watcher
        .watch(folder, RecursiveMode::Recursive)
        .map_err(|error| Failure::usage(format!("cannot watch `{}`: {error}", folder.display())))?;
    Ok((watcher, receive))
}

/// What does not change while only measures are edited.
struct Kept {
    /// The M text that gave the tables.
    queries: Vec<String>,
    tables: Arc<Vec<Table>>,
    /// Over the tables: what is calculated from them stays with it.
    engine: Engine,
    timings: Timings,
    figures: Vec<OrganisationFigures>,
    scenes: Vec<Scene>,
    held: Vec<ties::Tie>,
}

/// Tables that outlive an engine.
struct Shared(Arc<Vec<Table>>);

impl TableSource for Shared {
    fn load(&self, table: &str) -> Result<Option<Table>, String> {
        self.0.as_ref().load(table)
    }
}

/// A visual of a page, and what its query gave.
struct Shown {
    page: String,
    visual: String,
    rows: usize,
    millis: f64,
    error: Option<String>,
    empty: bool,
}

/// Everything that a run found out.
struct Outcome<'a> {
    project: &'a Project,
    sources: &'a SourceMap,
    engine: &'a Engine,
    report: &'a Report,
    kept: &'a Kept,
    shown: &'a [Shown],
    loading: f64,
    total: f64,
}

fn queries(project: &Project) -> Vec<String> {
    let tables = project.model.tables.iter().flat_map(|table| &table.partitions).map(|partition| format!("{:?}", partition.source));
    tables.chain(project.model.expressions.iter().map(|expression| format!("{expression:?}"))).collect()
}

fn once(args: &Args, global: &Global, kept: &mut Option<Kept>) -> Result<u8, Failure> {
    let started = Instant::now();
    let (project, sources) = super::company::project(args.model.as_deref(), args.company.as_deref(), global)?;
    let wanted = queries(&project);
    if kept.as_ref().is_none_or(|kept| kept.queries != wanted) {
        *kept = Some(load(args, &project, &sources, wanted)?);
    }
    let kept = kept.as_ref().expect("it was just loaded");
    let loading = started.elapsed().as_secs_f64();
    // Where only measures were edited, what was loaded and calculated stays.
    let engine = match kept.engine.renewed(&project.model) {
        Some(engine) => engine,
        None => Engine::new(&project.model, Shared(Arc::clone(&kept.tables))),
    };
    let report = validate::run_scenes(&project, &engine, &kept.figures, &kept.scenes);
    if args.accept {
        accept(args, &report, &engine, &kept.figures, global)?;
    }
    // Big matrices take much longer than all figures together.
    let pages = args.pages || (args.company.is_none() && !args.watch);
    let shown = if pages { visuals(&project, &engine) } else { Vec::new() };
    let outcome = Outcome {
        project: &project,
        sources: &sources,
        engine: &engine,
        report: &report,
        kept,
        shown: &shown,
        loading,
        total: started.elapsed().as_secs_f64(),
    };
    let text = match args.format {
        Format::Json => outcome.json().to_string() + "\n",
        Format::Junit => outcome.junit(),
        Format::Github => outcome.github(),
        Format::Text => outcome.text(global),
    };
    // A closed pipe (`| head`) ends the output, not the outcome.
    let _ = std::io::stdout().write_all(text.as_bytes());
    let summary = report.summary();
    let broken = kept.held.iter().any(|tie| !tie.holds) || shown.iter().any(|visual| visual.error.is_some());
    let failed = summary.differs > 0 || summary.errors > 0 || broken || (args.strict && summary.unproven > 0);
    Ok(u8::from(failed))
}

fn load(args: &Args, project: &Project, sources: &SourceMap, queries: Vec<String>) -> Result<Kept, Failure> {
    let as_of = args.as_of.and_then(|day| day.to_string().parse().ok());
    let options = validate::Options { random: args.random, seed: args.seed };
    // The reference reads the pages while the queries run: they share nothing but the folder.
    let (judged, tables) = std::thread::scope(|scope| {
        let reference = scope.spawn(|| {
            let pages = pages_of(args.company.as_deref());
            let figures = reference::compute(&*pages, as_of)?;
            let scenes = validate::scenes(&figures, &options);
            let mut held: Vec<ties::Tie> = figures.iter().flat_map(|one| ties::trial_balances(&one.books)).collect();
            held.extend(ties::statements(&*pages)?);
            Ok((figures, scenes, held))
        });
        let tables = super::company::tables(project, sources, args.company.as_deref(), args.as_of);
        (reference.join(), tables)
    });
    let (figures, scenes, held) = match judged {
        Ok(judged) => judged.map_err(|error| super::reference::malformed("V0101", &error))?,
        Err(panic) => std::panic::resume_unwind(panic),
    };
    let (tables, timings) = tables?;
    let tables = Arc::new(tables);
    let engine = Engine::new(&project.model, Shared(Arc::clone(&tables)));
    Ok(Kept { queries, tables, engine, timings, figures, scenes, held })
}

/// Runs the query of every visual of every page, every other page on a second thread.
fn visuals(project: &Project, engine: &Engine) -> Vec<Shown> {
    let now = crate::dax::Options::default().now;
    let half = |first: usize| {
        let preview = Preview::new(&project.report, &project.model, engine, now);
        (first..project.report.pages.len()).step_by(2).map(|page| preview.page(page, &[])).collect::<Vec<_>>()
    };
    let (even, odd) = std::thread::scope(|scope| {
        let odd = scope.spawn(|| half(1));
        (half(0), odd.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let (mut even, mut odd) = (even.into_iter(), odd.into_iter());
    let mut shown = Vec::new();
    for (index, page) in project.report.pages.iter().enumerate() {
        let Some(answers) = (if index % 2 == 0 { even.next() } else { odd.next() }) else { continue };
        for (visual, answer) in answers.as_object().into_iter().flatten() {
            let data = &answer["data"];
            if data.is_null() {
                continue;
            }
            let filled = data["levels"].as_array().into_iter().flatten().any(|level| {
                level.as_array().into_iter().flatten().any(|row| row.as_array().into_iter().flatten().any(|cell| !cell.is_null()))
            });
            shown.push(Shown {
                page: page.display_name.clone(),
                visual: visual.clone(),
                rows: data["rows"].as_u64().unwrap_or_default() as usize,
                millis: data["ms"].as_f64().unwrap_or_default(),
                error: data["error"].as_str().map(str::to_owned),
                empty: !filled,
            });
        }
    }
    shown
}

/// Writes the present values of unproven measures and of snapshots that differ, for a person to review and keep.
fn accept(args: &Args, report: &Report, engine: &Engine, figures: &[OrganisationFigures], global: &Global) -> Result<(), Failure> {
    let (Some(folder), [one]) = (&args.model, figures) else {
        return Err(Failure::usage("--accept works with one organisation"));
    };
    let mut names: Vec<&str> = report
        .checks
        .iter()
        .filter(|c| c.verdict == Verdict::Unproven || c.message.as_deref().is_some_and(|m| m.contains("--accept")))
        .map(|c| c.measure.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        global.say("Nothing to approve.");
        return Ok(());
    }
    let mut text = String::from(
        "# Values to approve, written by `xero-pbit validate --accept`.\n# Review them, then move each `snapshot:` to its measure.\n",
    );
    for name in &names {
        let values =
            validate::proof::snapshot_of(engine, &one.books.id, name).map_err(|error| Failure::usage(format!("`{name}`: {error}")))?;
        text.push_str(&format!("{}:\n  snapshot:\n", serde_json::Value::from(*name)));
        for (key, value) in values {
            text.push_str(&format!("    {key}: {}\n", value.map_or_else(|| "null".to_owned(), |v| serde_json::Value::from(v).to_string())));
        }
    }
    let path = folder.join("snapshots-to-approve.yaml");
    std::fs::write(&path, text).map_err(|error| Failure::usage(format!("cannot write `{}`: {error}", path.display())))?;
    global.say(format!("{} measures written to {}", names.len(), path.display()));
    Ok(())
}
