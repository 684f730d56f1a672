//! `xero-pbit validate`: prove every figure.
#![allow(clippy::disallowed_methods, reason = "writes approved snapshots into the model folder")]

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::ValueEnum;
use serde_json::json;

use super::{Failure, Global};
use crate::base::Date;
use crate::dax::Engine;
use crate::host::company::CompanyFolder;
use crate::reference::{self, OrganisationFigures, Pages};
use crate::sample;
use crate::validate::{self, Check, Report, Verdict, ties};

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
    if !args.watch {
        return once(&args, global);
    }
    let Some(folder) = args.model.clone() else { return Err(Failure::usage("--watch needs --model: the shipped model does not change")) };
    loop {
        if let Err(failure) = once(&args, global) {
            failure.print(global);
        }
        global.say("Watching for changes; Ctrl-C stops.");
        wait_for_change(&folder)?;
    }
}

/// Returns once something below `folder` has changed and a moment has been quiet.
fn wait_for_change(folder: &Path) -> Result<(), Failure> {
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
    let _ = receive.recv();
    while receive.recv_timeout(std::time::Duration::from_millis(80)).is_ok() {}
    Ok(())
}

fn once(args: &Args, global: &Global) -> Result<u8, Failure> {
    let started = Instant::now();
    let pages = pages_of(args.company.as_deref());
    let as_of = args.as_of.and_then(|day| day.to_string().parse().ok());
    // The reference reads the pages while the queries run: they share nothing but the folder.
    let (figures, loaded) = std::thread::scope(|scope| {
        let reference = scope.spawn(|| {
            let pages = pages_of(args.company.as_deref());
            reference::compute(&*pages, as_of)
        });
        let loaded = super::company::load(args.model.as_deref(), args.company.as_deref(), args.as_of, global);
        (reference.join(), loaded)
    });
    let figures = match figures {
        Ok(figures) => figures.map_err(|error| super::reference::malformed("V0101", &error))?,
        Err(panic) => std::panic::resume_unwind(panic),
    };
    let loaded = loaded?;
    let loading = started.elapsed();
    let engine = Engine::new(&loaded.project.model, loaded.tables);
    let options = validate::Options { random: args.random, seed: args.seed };
    let report = validate::run(&loaded.project, &engine, &figures, &options);
    let mut held = Vec::new();
    for one in &figures {
        held.extend(ties::trial_balances(&one.books));
    }
    held.extend(ties::statements(&*pages).map_err(Failure::usage)?);
    if args.accept {
        accept(args, &report, &engine, &figures, global)?;
    }
    let timing = Timing { loading: loading.as_secs_f64(), total: started.elapsed().as_secs_f64() };
    print(args, &report, &held, &figures, &timing, global, &loaded.timings)?;
    let summary = report.summary();
    let broken = held.iter().any(|tie| !tie.holds);
    let failed = summary.differs > 0 || summary.errors > 0 || broken || (args.strict && summary.unproven > 0);
    Ok(u8::from(failed))
}

struct Timing {
    loading: f64,
    total: f64,
}

fn print(
    args: &Args,
    report: &Report,
    held: &[ties::Tie],
    figures: &[OrganisationFigures],
    timing: &Timing,
    global: &Global,
    tables: &[(String, usize, f64)],
) -> Result<(), Failure> {
    let text = match args.format {
        Format::Json => to_json(report, held, figures).to_string() + "\n",
        Format::Junit => to_junit(report, held),
        Format::Github => to_github(report, held),
        Format::Text => to_text(report, held, figures, timing, global, tables),
    };
    // A closed pipe (`| head`) ends the output, not the outcome.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

fn to_json(report: &Report, held: &[ties::Tie], figures: &[OrganisationFigures]) -> serde_json::Value {
    let of = |organisation: &str| -> serde_json::Value {
        let measures: Vec<_> = report
            .checks
            .iter()
            .filter(|c| c.organisation == organisation || c.organisation.is_empty())
            .map(|c| {
                json!({"name": c.measure, "slice": c.slice, "dax": c.dax, "reference": c.reference, "difference": c.difference,
                    "verdict": c.verdict.name(), "message": c.message})
            })
            .collect();
        measures.into()
    };
    let summary = report.summary();
    let summary = json!({"equal": summary.equal, "differs": summary.differs, "unproven": summary.unproven, "errors": summary.errors});
    let ties: Vec<_> = held
        .iter()
        .map(|t| json!({"what": t.what, "ours": t.ours.to_string(), "theirs": t.theirs.to_string(), "tolerance": t.tolerance.to_string(), "holds": t.holds}))
        .collect();
    let mut objects: Vec<_> = figures
        .iter()
        .map(|one| json!({"as_of": one.books.today.map(|d| d.to_string()), "organisation": one.books.id, "name": one.books.name, "measures": of(&one.books.id)}))
        .collect();
    let mut whole = if objects.len() == 1 { objects.swap_remove(0) } else { json!({"organisations": objects}) };
    whole["summary"] = summary;
    whole["ties"] = ties.into();
    whole
}

fn slice_text(check: &Check) -> String {
    if check.slice.is_empty() {
        "total".to_owned()
    } else {
        check.slice.iter().map(|(k, v)| format!("{k} = {v}")).collect::<Vec<_>>().join(", ")
    }
}

fn blank(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or("(blank)")
}

fn describe(check: &Check) -> String {
    match check.verdict {
        Verdict::Error => check.message.clone().unwrap_or_default(),
        _ => {
            let difference = check.difference.as_ref().map_or_else(String::new, |d| format!(", difference {d}"));
            let message = check.message.as_ref().map_or_else(String::new, |m| format!(" ({m})"));
            format!("DAX {}, reference {}{difference}{message}", blank(&check.dax), blank(&check.reference))
        }
    }
}

fn xml(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || *c == '\n')
        .collect::<String>()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn to_junit(report: &Report, held: &[ties::Tie]) -> String {
    let summary = report.summary();
    let broken = held.iter().filter(|t| !t.holds).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"xero-pbit validate\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
        report.checks.len() + held.len(),
        summary.differs + broken,
        summary.errors,
        summary.unproven
    );
    for check in &report.checks {
        text.push_str(&format!("  <testcase classname=\"{}\" name=\"{}\"", xml(&check.measure), xml(&slice_text(check))));
        match check.verdict {
            Verdict::Equal => text.push_str("/>\n"),
            Verdict::Differs => text.push_str(&format!("><failure message=\"{}\"/></testcase>\n", xml(&describe(check)))),
            Verdict::Error => text.push_str(&format!("><error message=\"{}\"/></testcase>\n", xml(&describe(check)))),
            Verdict::Unproven => text.push_str("><skipped message=\"unproven\"/></testcase>\n"),
        }
    }
    for tie in held {
        text.push_str(&format!("  <testcase classname=\"tie-out\" name=\"{}\"", xml(&tie.what)));
        text.push_str(&if tie.holds {
            "/>\n".to_owned()
        } else {
            format!("><failure message=\"{} against {}\"/></testcase>\n", tie.ours, tie.theirs)
        });
    }
    text.push_str("</testsuite>\n");
    text
}

fn to_github(report: &Report, held: &[ties::Tie]) -> String {
    let escape = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let mut text = String::new();
    for check in report.checks.iter().filter(|c| matches!(c.verdict, Verdict::Differs | Verdict::Error)) {
        text.push_str(&format!(
            "::error title={}::{}\n",
            escape(&check.measure).replace([':', ','], " "),
            escape(&format!("{}: {}", slice_text(check), describe(check)))
        ));
    }
    for tie in held.iter().filter(|t| !t.holds) {
        text.push_str(&format!("::error title=tie-out::{}\n", escape(&format!("{}: {} against {}", tie.what, tie.ours, tie.theirs))));
    }
    let unproven: Vec<&str> = report.checks.iter().filter(|c| c.verdict == Verdict::Unproven).map(|c| c.measure.as_str()).collect();
    if !unproven.is_empty() {
        text.push_str(&format!("::warning title=unproven::{}\n", escape(&unproven.join(", "))));
    }
    let summary = report.summary();
    text.push_str(&format!(
        "::notice title=xero-pbit validate::{} equal, {} differ, {} unproven, {} errors\n",
        summary.equal, summary.differs, summary.unproven, summary.errors
    ));
    text
}

fn to_text(
    report: &Report,
    held: &[ties::Tie],
    figures: &[OrganisationFigures],
    timing: &Timing,
    global: &Global,
    tables: &[(String, usize, f64)],
) -> String {
    let colored = global.colored() && std::io::stdout().is_terminal();
    let paint = |code: &str, text: &str| if colored { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() };
    let mut text = String::new();
    for one in figures {
        let today = one.books.today.map_or_else(|| "no trial balance".to_owned(), |d| d.to_string());
        text.push_str(&format!("{} · {} · as of {today}\n", one.books.name, one.books.base_currency));
        for (endpoint, count) in &one.books.counts {
            let aside: Vec<String> = count.set_aside.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
            if !aside.is_empty() {
                text.push_str(&format!("  {endpoint}: {} read, {} used; {}\n", count.read, count.used, aside.join(", ")));
            }
        }
    }
    let mut measures: Vec<&str> = report.checks.iter().map(|c| c.measure.as_str()).collect();
    measures.dedup();
    let mut seen = std::collections::BTreeSet::new();
    let width = measures.iter().map(|m| m.chars().count()).max().unwrap_or(0);
    for measure in measures {
        if !seen.insert(measure) {
            continue;
        }
        let checks: Vec<&Check> = report.checks.iter().filter(|c| c.measure == measure).collect();
        let bad: Vec<&&Check> = checks.iter().filter(|c| matches!(c.verdict, Verdict::Differs | Verdict::Error)).collect();
        let unproven = checks.iter().all(|c| c.verdict == Verdict::Unproven);
        let mark = if !bad.is_empty() {
            paint("31", "✗")
        } else if unproven {
            paint("33", "?")
        } else {
            paint("32", "✓")
        };
        let total = checks.iter().find(|c| c.slice.is_empty()).map_or("", |c| blank(&c.dax));
        let millis = report.millis.get(measure).copied().unwrap_or_default();
        let pad = " ".repeat(width - measure.chars().count());
        text.push_str(&format!("  {mark} {measure}{pad} {total:>16} {:>5} figures {millis:>7.1} ms\n", checks.len()));
        for check in bad.iter().take(5) {
            text.push_str(&format!("      {}: {}\n", slice_text(check), describe(check)));
        }
        if bad.len() > 5 {
            text.push_str(&format!("      … and {} more\n", bad.len() - 5));
        }
        if unproven {
            text.push_str(&format!("      {}\n", checks.first().and_then(|c| c.message.as_deref()).unwrap_or("no proof")));
        }
    }
    let broken: Vec<&ties::Tie> = held.iter().filter(|t| !t.holds).collect();
    for tie in broken.iter().take(20) {
        text.push_str(&format!("  {} {}: {} against {} (tolerance {})\n", paint("31", "✗"), tie.what, tie.ours, tie.theirs, tie.tolerance));
    }
    let summary = report.summary();
    let rows: usize = tables.iter().map(|(_, rows, _)| rows).sum();
    text.push_str(&format!(
        "{} figures equal, {} differ, {} measures unproven, {} errors; {} tie-outs hold, {} do not\n{rows} rows by the template's own queries in {:.2} s, {:.2} s in all\n",
        summary.equal,
        summary.differs,
        summary.unproven,
        summary.errors,
        held.len() - broken.len(),
        broken.len(),
        timing.loading,
        timing.total
    ));
    text
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
