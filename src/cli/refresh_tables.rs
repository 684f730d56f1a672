//! `xero-pbit refresh-tables`: the template's own queries, executed; one file per table.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use clap::ValueEnum;

use super::arrivals::Arrivals;
use super::build::{Source, load_checked};
use super::live::{self, Credentials};
use super::{Failure, Global};
use crate::base::{Date, Diagnostic, SourceMap, memory};
use crate::dax;
use crate::host::company::CompanyFolder;
use crate::host::pages;
use crate::host::tables::{FolderSink, SLICE, TableSink};
use crate::m::{self, Privacy};
use crate::model::Model;
use crate::power_query::{self, Refresh, Refreshed};
use crate::project::raw::SourceKind;
use crate::reference;
use crate::sample;
use crate::table::{Table, csv, parquet, partition};

/// Run the template's queries and write one file per table.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  xero-pbit refresh-tables --company books --out tables\n  xero-pbit refresh-tables --out tables --format csv --locale fr\n  \
                  xero-pbit refresh-tables --company companies --out lake --partition\n  \
                  XERO_PBIT_CLIENT_ID=… xero-pbit refresh-tables --source connector --organisation acme --out tables\n  \
                  XERO_PBIT_CLIENT_ID=… XERO_PBIT_CLIENT_SECRET=… xero-pbit refresh-tables --source custom-connection --out tables"
)]
pub struct Args {
    /// Company folder of raw pages; without it the source's own data
    #[arg(long, value_name = "DIR")]
    company: Option<PathBuf>,
    /// Model folder; without it the shipped model
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Where the queries read from; without it the model's `source:`, or `folder` with --company
    #[arg(long, value_name = "SOURCE")]
    source: Option<Source>,
    /// Take this day as today
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// Where to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// File format
    #[arg(long, value_name = "FORMAT", default_value = "parquet")]
    format: Format,
    /// A folder per table, organisation and year (`<table>/organisation=<id>/year=<year>/part.parquet`), as Spark, Fabric and DuckDB read slices
    #[arg(long)]
    partition: bool,
    /// Value of a parameter as M text, for instance `'Start Date=#date(2024, 1, 1)'`
    #[arg(long = "parameter", value_name = "NAME=M")]
    parameters: Vec<String>,
    /// Language of the glossary; without it the model's own
    #[arg(long, value_name = "LANGUAGE")]
    locale: Option<String>,
    /// For `connector`: nickname of an organisation; twice for two
    #[arg(long, value_name = "NICKNAME")]
    organisation: Vec<String>,
    /// For `connector`: how it signs in
    #[arg(long, value_enum, value_name = "KIND", default_value = "oauth")]
    credentials: Credentials,
    /// Evaluate each query twice, for its columns and for its rows, as Power BI Desktop does
    #[arg(long)]
    schema_pass: bool,
    /// Privacy level of the data sources whose address begins so (private, organizational, public); switches the formula firewall on
    #[arg(long, value_name = "ADDRESS=LEVEL")]
    privacy: Vec<String>,
    /// Tables at a time; without it one per processor
    #[arg(long, value_name = "N", default_value_t = 0)]
    jobs: usize,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// Apache Parquet
    Parquet,
    /// Comma-separated text
    Csv,
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    pages::small_pages();
    memory::keep_freed();
    let source = match (args.source, &args.company) {
        (Some(source), _) => Some(source.kind()),
        (None, Some(_)) => Some(SourceKind::Folder),
        (None, None) => None,
    };
    let (checked, sources) = load_checked(args.model.as_deref(), source, global)?;
    let mut project = checked.project().clone();
    let kind = source.unwrap_or(project.settings.source);
    if args.organisation.len() > 2 {
        return Err(Failure::usage("the template has room for two organisations: give --organisation at most twice"));
    }
    let locale = match &args.locale {
        Some(wanted) => super::build::culture(&checked, wanted)?,
        None => project.model.culture.clone(),
    };
    let pages = if kind == SourceKind::Sample { sample::built_in_packed() } else { &[] };
    let options = power_query::Options { source: kind, locale: &locale, sample: pages };
    power_query::fill(&mut project, &options).map_err(|problems| Failure::found(problems, sources))?;
    let mut parameters = parameters(&args)?;
    if let Some(company) = &args.company {
        reference::check_pages(&CompanyFolder::new(company)).map_err(|error| super::reference::malformed("X0601", &error))?;
    }
    std::fs::create_dir_all(&args.out).map_err(|e| Failure::usage(format!("{}: {e}", args.out.display())))?;
    let live = live::open(kind, &args.organisation, args.credentials, &project.templates, &mut parameters, global)?;
    let refresh = Refresh {
        model: &project.model,
        parameters: &parameters,
        connector: live.signed_in.as_ref().map(|(connector, _)| connector.document()),
        options: m::Options { memory_limit: Some(4 << 30), privacy: privacy(&args.privacy)?, ..m::Options::default() },
        schema_pass: args.schema_pass,
        jobs: args.jobs,
    };
    let sink = FolderSink::new(&args.out).map_err(|problem| Failure::input(vec![problem], SourceMap::default()))?;
    let found = Mutex::new(Found::default());
    let (finished, unwritten) = mpsc::channel::<Arc<Table>>();
    let arrivals = Arrivals::new(&refresh.tables());
    let mut found = std::thread::scope(|scope| {
        // Tables are written while the next ones are evaluated; the calculated ones are computed as soon as what they need is there.
        let writer = scope
            .spawn(|| -> Vec<Diagnostic> { unwritten.into_iter().filter_map(|table| write(&sink, &table, args.format).err()).collect() });
        let calculated = {
            let (arrivals, finished, sink, model, args) = (arrivals.clone(), finished.clone(), &sink, &project.model, &args);
            let work = move || calculate(&arrivals, model, args, sink, &finished, global);
            std::thread::Builder::new().stack_size(CALCULATION_STACK).spawn_scoped(scope, work).expect("a thread can be started")
        };
        let all = arrivals.until_all_came();
        refresh.run_each(&|| live.sources(), &|table| {
            report(&table, global);
            let Ok(mut found) = found.lock() else { return };
            found.requests += table.requests;
            found.tables += 1;
            match table.outcome {
                Ok(loaded) => {
                    let table = Arc::new(loaded.table);
                    found.rows += table.rows();
                    found.has_failed_cells |= loaded.errors > 0;
                    found.loaded.push(table.clone());
                    arrivals.add(table.clone());
                    if !args.partition {
                        // The writer listens until the end of this scope.
                        let _ = finished.send(table);
                    }
                }
                Err(why) => {
                    arrivals.fail();
                    found.problems.push(Diagnostic::error("M0203", format!("table `{}`: {why}", table.name)));
                }
            }
        });
        drop(all);
        let mut found = found.into_inner().unwrap_or_default();
        if args.partition && found.problems.is_empty() {
            let write = |table: &Arc<Table>| write_slices(&sink, table, &found.loaded, &project.model, args.format).err();
            found.problems = found.loaded.iter().filter_map(write).collect();
        }
        drop(finished);
        let calculated = calculated.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        found.tables += calculated.tables;
        found.rows += calculated.rows;
        found.problems.extend(calculated.problems);
        found.problems.extend(writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        found
    });
    found.problems.sort_by(|a, b| a.message.cmp(&b.message));
    let Found { problems, tables, rows, requests, has_failed_cells, loaded } = found;
    // The process is about to end: giving back piece by piece what it holds would only take time.
    std::mem::forget(loaded);
    global.say(format!("{tables} tables, {rows} rows, {requests} requests, written to {}", args.out.display()));
    // The queries say what they stumbled over; the reference knows in which file and where in it.
    if let (Some(company), true) = (&args.company, has_failed_cells || !problems.is_empty()) {
        reference::compute(&CompanyFolder::new(company), None).map_err(|error| super::reference::malformed("X0601", &error))?;
    }
    if problems.is_empty() {
        return Ok(0);
    }
    Err(Failure::found(problems, SourceMap::default()))
}

/// Stack of the thread that computes calculated tables, as much as the first thread of a process has.
const CALCULATION_STACK: usize = 8 << 20;

/// What a refresh has found out so far.
#[derive(Default)]
struct Found {
    problems: Vec<Diagnostic>,
    tables: usize,
    rows: usize,
    requests: u64,
    has_failed_cells: bool,
    loaded: Vec<Arc<Table>>,
}

/// Computes the calculated tables and hands them to the writer; says nothing of those that lack a table whose query failed.
fn calculate(
    arrivals: &Arrivals,
    model: &Model,
    args: &Args,
    sink: &dyn TableSink,
    finished: &mpsc::Sender<Arc<Table>>,
    global: &Global,
) -> Found {
    let mut found = Found::default();
    let calculated = power_query::calculated(model);
    if calculated.is_empty() {
        return found;
    }
    let engine = dax::Engine::new(model, arrivals.clone());
    for name in calculated {
        let (start, waited) = (std::time::Instant::now(), arrivals.waited());
        let outcome = engine.table(name, &dax::Options::default());
        if arrivals.is_broken() {
            break;
        }
        found.tables += 1;
        match outcome {
            Ok(table) => {
                found.rows += table.rows();
                let millis = start.elapsed().saturating_sub(arrivals.waited() - waited).as_millis();
                global.say(format!("{name:<24} {:>9} rows {millis:>7} ms", table.rows()));
                if args.partition {
                    found.problems.extend(write_slices(sink, &table, &[], model, args.format).err());
                } else {
                    // The writer listens until nobody speaks any more.
                    let _ = finished.send(Arc::new(table));
                }
            }
            Err(error) => found.problems.push(error.diagnostic(None)),
        }
    }
    // The process is about to end: giving back piece by piece what it holds would only take time.
    std::mem::forget(engine);
    found
}

fn privacy(levels: &[String]) -> Result<Option<Vec<(String, Privacy)>>, Failure> {
    let read = |text: &String| {
        let (address, level) = text.rsplit_once('=')?;
        let level = match level.to_ascii_lowercase().as_str() {
            "private" => Privacy::Private,
            "organizational" | "organisational" => Privacy::Organizational,
            "public" => Privacy::Public,
            _ => return None,
        };
        Some((address.to_owned(), level))
    };
    let mut out = Vec::new();
    for text in levels {
        out.push(read(text).ok_or_else(|| Failure::usage(format!("expected ADDRESS=private|organizational|public, found `{text}`")))?);
    }
    Ok((!out.is_empty()).then_some(out))
}

fn parameters(args: &Args) -> Result<Vec<(String, String)>, Failure> {
    let mut parameters = super::company::parameters(args.company.as_deref(), args.as_of)?;
    for parameter in &args.parameters {
        match parameter.split_once('=') {
            Some((name, text)) => parameters.push((name.trim().to_owned(), text.trim().to_owned())),
            None => return Err(Failure::usage(format!("expected NAME=M, found `{parameter}`"))),
        }
    }
    Ok(parameters)
}

fn report(table: &Refreshed, global: &Global) {
    let millis = |d: Duration| d.as_millis();
    match &table.outcome {
        Ok(loaded) => {
            global.say(format!(
                "{:<24} {:>9} rows {:>7} ms{}",
                table.name,
                loaded.table.rows(),
                millis(table.elapsed),
                if table.requests > 0 { format!(" {:>5} requests", table.requests) } else { String::new() }
            ));
            if loaded.errors > 0 {
                global.say(format!("  {} cells failed and are blank", loaded.errors));
                for error in &loaded.first_errors {
                    global.say(format!("    row {}, `{}`: {}{}", error.row + 1, error.column, error.message, error.more()));
                }
            }
        }
        Err(_) => global.say(format!("{:<24} failed after {} ms", table.name, millis(table.elapsed))),
    }
}

/// Writes one table under its name; slices of an earlier run go, for a reader must not find two states.
fn write(sink: &dyn TableSink, table: &Table, format: Format) -> Result<(), Diagnostic> {
    let (extension, bytes) = encode(table, format)?;
    let name = csv::file_stem(&table.name);
    sink.put(&format!("{name}.{extension}"), &bytes)?;
    sink.keep_only(&name, &BTreeSet::new())
}

/// Writes one table in slices by organisation and year; slices that are no more go, and so does the whole table of an earlier run.
fn write_slices(sink: &dyn TableSink, table: &Table, all: &[Arc<Table>], model: &Model, format: Format) -> Result<(), Diagnostic> {
    let years = partition::years(table).or_else(|| {
        // Lines have the year of their document.
        model.relationships.iter().filter(|r| r.is_active && r.from_table == table.name).find_map(|r| {
            let parent = all.iter().find(|t| t.name == r.to_table && partition::is_dated(t))?;
            Some(partition::years_by_key(table.column(&r.from_column)?, parent.column(&r.to_column)?, &partition::years(parent)?))
        })
    });
    let folder = csv::file_stem(&table.name);
    let mut written = BTreeSet::new();
    for (slice, part) in partition::slices(table, years.as_deref()) {
        let (extension, bytes) = encode(&part, format)?;
        let place = if slice.is_empty() { folder.clone() } else { format!("{folder}/{slice}") };
        let path = format!("{place}/{SLICE}.{extension}");
        sink.put(&path, &bytes)?;
        written.insert(path);
    }
    sink.keep_only(&folder, &written)?;
    sink.remove(&format!("{folder}.csv"))?;
    sink.remove(&format!("{folder}.parquet"))
}

fn encode(table: &Table, format: Format) -> Result<(&'static str, Vec<u8>), Diagnostic> {
    match format {
        Format::Csv => Ok(("csv", csv::write(table))),
        Format::Parquet => {
            let mut bytes = Vec::new();
            parquet::write(table, &mut bytes).map_err(|e| Diagnostic::error("M0204", format!("table `{}`: {e}", table.name)))?;
            Ok(("parquet", bytes))
        }
    }
}
