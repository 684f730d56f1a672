//! `xero-pbit pull`: download a company as raw pages.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use rust_decimal::Decimal;
use serde_json::json;

use super::session::{Session, local_time, pull_failure, runtime};
use super::{Failure, Global};
use crate::base::{Diagnostic, SourceMap};
use crate::host::config::{Config, Organisation};
use crate::host::page_folder::{OpenError, PageFolder};
use crate::xero::client::ApiError;
use crate::xero::endpoint::{self, ENDPOINTS};
use crate::xero::pull::{self, Event, Folder, Options, PullError, Summary};
use crate::xero::verify;

/// Download a company as raw pages.
///
/// Fetches everything the template needs into a folder: all of it the first time, later only what changed. Kill it whenever you like: the next run
/// continues. A day's limit stops it with exit code 3 and the time when to go on.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  xero-pbit pull --organisation acme --out company\n  xero-pbit pull --all --out companies --since 2024-07-01\n  xero-pbit pull --organisation acme --out company --every 6h"
)]
pub struct Args {
    /// Nickname of the organisation
    #[arg(long, value_name = "NICKNAME", conflicts_with = "all")]
    organisation: Option<String>,
    /// All organisations, each into DIR/<nickname>
    #[arg(long)]
    all: bool,
    /// Folder for the pages
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Documents dated on or after DATE, plus older ones that are still open
    #[arg(long, value_name = "DATE", value_parser = super::reference::parse_date)]
    since: Option<jiff::civil::Date>,
    /// Fetch everything anew
    #[arg(long)]
    full: bool,
    /// Only these endpoints, for instance Invoices,Contacts,TrialBalance
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    endpoints: Vec<String>,
    /// How many organisations to fetch side by side
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=8))]
    jobs: u32,
    /// Also fetch Xero's own statements and compare totals
    #[arg(long)]
    verify: bool,
    /// Trial balances on cash basis
    #[arg(long)]
    cash_basis: bool,
    /// Repeat for ever, waiting this long between runs (30m, 6h, 1d)
    #[arg(long, value_name = "TIME", value_parser = parse_wait)]
    every: Option<Duration>,
    /// One line of JSON per event on standard output: docs/pull.md lists them
    #[arg(long)]
    json: bool,
}

fn parse_wait(text: &str) -> Result<Duration, String> {
    let bad = || format!("expected a time such as 30m, 6h or 1d, found `{text}`");
    let unit = text.chars().next_back().ok_or_else(bad)?;
    let number: u64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| bad())?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(bad()),
    };
    if number == 0 { Err(bad()) } else { number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(bad) }
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    for name in &args.endpoints {
        if endpoint::find(name).is_none() && !name.eq_ignore_ascii_case("TrialBalance") {
            let known: Vec<&str> = ENDPOINTS.iter().map(|e| e.name).chain(["TrialBalance"]).collect();
            let hint =
                crate::base::nearest(name, known.iter().copied()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(Failure::usage(format!("there is no endpoint `{name}`{hint}\n  there are: {}", known.join(", "))));
        }
    }
    let session = Session::open()?;
    let chosen: Vec<(String, Organisation, PathBuf)> = if args.all {
        session.config.organisations.iter().map(|(name, o)| (name.clone(), o.clone(), args.out.join(safe_name(name)))).collect()
    } else {
        let (name, organisation) = session.pick(args.organisation.as_deref())?;
        vec![(name, organisation, args.out.clone())]
    };
    if chosen.is_empty() {
        return Err(Failure::usage("no organisation is signed in yet\n  sign in with: xero-pbit login NICKNAME"));
    }
    let runtime = runtime()?;
    runtime.block_on(async {
        let work = async {
            loop {
                let outcome = everything(&session, &chosen, &args, global).await;
                let Some(wait) = args.every else { return outcome };
                if let Err(failure) = &outcome {
                    failure.print(global);
                }
                global.say(format!("Next run at {}.", local_time(session.clock.now_ms() + wait.as_millis() as i64)));
                tokio::time::sleep(wait).await;
            }
        };
        tokio::select! {
            outcome = work => outcome,
            _ = tokio::signal::ctrl_c() => {
                global.say("\nStopped. What was downloaded is kept; run the same command again to continue.");
                Ok(130)
            }
        }
    })
}

/// A nickname as a folder name on every system.
fn safe_name(nickname: &str) -> String {
    nickname.chars().map(|c| if c.is_control() || "<>:\"/\\|?*".contains(c) { '_' } else { c }).collect()
}

async fn everything(session: &Session, chosen: &[(String, Organisation, PathBuf)], args: &Args, global: &Global) -> Result<u8, Failure> {
    let bars = MultiProgress::new();
    if !global.interactive() || args.json {
        bars.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    let mut worst = 0;
    let mut failures: Vec<Failure> = Vec::new();
    for group in chosen.chunks(args.jobs as usize) {
        let mut running = Vec::new();
        for (nickname, organisation, folder) in group {
            running.push(one(session, nickname, organisation, folder, args, global, &bars));
        }
        // All of a group advance together: each is a future of this task.
        for outcome in join_all(running).await {
            match outcome {
                Ok(code) => worst = worst.max(code),
                Err(failure) => failures.push(failure),
            }
        }
    }
    // A limit is the news that a script must not miss; then whatever came first.
    failures.sort_by_key(|f| if f.code == 3 { 0 } else { 1 });
    let mut failures = failures.into_iter();
    match failures.next() {
        None => Ok(worst),
        Some(first) => {
            for other in failures {
                other.print(global);
            }
            Err(first)
        }
    }
}

/// Awaits all futures side by side, outcomes in order.
async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut outcomes: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        let mut waiting = false;
        for (future, outcome) in futures.iter_mut().zip(&mut outcomes) {
            if outcome.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *outcome = Some(value),
                    std::task::Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { std::task::Poll::Pending } else { std::task::Poll::Ready(outcomes.iter_mut().filter_map(Option::take).collect()) }
    })
    .await
}

async fn one(
    session: &Session,
    nickname: &str,
    organisation: &Organisation,
    out: &Path,
    args: &Args,
    global: &Global,
    bars: &MultiProgress,
) -> Result<u8, Failure> {
    let mut resume_ms = None;
    let outcome = fetch(session, nickname, organisation, out, args, global, bars, &mut resume_ms).await;
    if let Err(failure) = &outcome
        && args.json
    {
        let first = failure.diagnostics.first();
        let resume =
            resume_ms.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()).map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        let event = json!({"event": "stopped", "organisation": nickname, "exit": failure.code, "code": first.map(|d| d.code),
            "message": first.map_or_else(|| failure.message.clone().unwrap_or_default(), |d| d.message.clone()),
            "help": first.and_then(|d| d.help.clone()), "resume": resume});
        let _ = writeln!(std::io::stdout(), "{event}");
    }
    outcome
}

#[allow(clippy::too_many_arguments, reason = "what one organisation needs; called once")]
async fn fetch(
    session: &Session,
    nickname: &str,
    organisation: &Organisation,
    out: &Path,
    args: &Args,
    global: &Global,
    bars: &MultiProgress,
    resume_ms: &mut Option<i64>,
) -> Result<u8, Failure> {
    let folder: Arc<dyn Folder> = match PageFolder::open(out) {
        Ok(folder) => Arc::new(folder),
        Err(OpenError::Unusable(reason)) => {
            return Err(Failure::input(vec![Diagnostic::error("X0301", format!("{nickname}: {reason}"))], SourceMap::default()));
        }
        Err(OpenError::Busy(holder)) => {
            let who = if holder.is_empty() { "another pull".to_owned() } else { format!("another pull ({holder})") };
            let busy = Diagnostic::error("X0303", format!("{nickname}: {who} works in `{}`", out.display()))
                .help("wait until it has ended, or choose another folder with --out");
            return Err(Failure::input(vec![busy], SourceMap::default()));
        }
    };
    let client = session.client(nickname, organisation)?;
    let options = Options {
        nickname: nickname.to_owned(),
        since: args.since,
        full: args.full,
        endpoints: args.endpoints.clone(),
        verify: args.verify,
        cash_basis: args.cash_basis,
        ..Options::default()
    };
    let show =
        Arc::new(Show { bars: bars.clone(), known: Mutex::default(), json: args.json, quiet: global.quiet, nickname: nickname.to_owned() });
    let events = {
        let show = show.clone();
        Arc::new(move |event: Event| show.event(&event))
    };
    let outcome = pull::run(client.clone(), folder.clone(), options, events).await;
    show.clear();
    let name = outcome.as_ref().ok().map(|summary| summary.manifest.organisation_name.clone());
    remember(nickname, out, name, client.day_left(), session.clock.now_ms());
    let summary = outcome.map_err(|error| {
        if let PullError::Api(ApiError::DayLimit { resume_ms: ms }) = &error {
            *resume_ms = Some(*ms);
        }
        pull_failure(nickname, &error)
    })?;
    report(nickname, out, &summary, global);
    // Expense claims need a scope that new apps do not get; Xero's statements are missed only by who asked for them.
    let essential = summary.missing.iter().any(|m| m.endpoint != "ExpenseClaims");
    let ties_hold = !args.verify || compare(nickname, &*folder, organisation, global).map_err(Failure::usage)?;
    Ok(u8::from(essential || !ties_hold))
}

/// Notes where the pages went and how many calls are left, for `status`.
fn remember(nickname: &str, out: &Path, name: Option<String>, left: Option<i64>, now_ms: i64) {
    let folder = std::path::absolute(out).unwrap_or_else(|_| out.to_owned());
    // Status is a courtesy: a configuration that cannot be written now does not undo the pull.
    if let Ok(mut config) = Config::load()
        && let Some(entry) = config.organisations.get_mut(nickname)
    {
        entry.folder = Some(folder.to_string_lossy().into_owned());
        // Names change, and a custom connection tells its own only now.
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            entry.name = name;
        }
        if let Some(left) = left {
            entry.calls_left = Some((local_time(now_ms)[..10].to_owned(), left));
        }
        let _ = config.save();
    }
}

fn report(nickname: &str, out: &Path, summary: &Summary, global: &Global) {
    let rows: usize = summary.rows.values().sum();
    global.say(format!("{nickname}: {rows} records with {} calls, in {}", summary.calls, out.display()));
    for missing in &summary.missing {
        global.say(format!("  ! {} is left out: {}", missing.endpoint, missing.reason));
    }
}

/// Ties the trial balances to Xero's own statements; says what differs.
fn compare(nickname: &str, folder: &dyn Folder, _organisation: &Organisation, global: &Global) -> Result<bool, String> {
    let tolerance = Decimal::new(5, 2);
    let (mut held, mut broken) = (0_usize, Vec::new());
    for report in ["BalanceSheet", "ProfitAndLoss", "BankSummary"] {
        for file in folder.list(report)? {
            let Some(day) = file
                .strip_suffix(".json")
                .map(|stem| stem.rsplit('_').next().unwrap_or(stem))
                .and_then(|d| d.parse::<jiff::civil::Date>().ok())
            else {
                continue;
            };
            let Some(tb) = folder.read(&format!("TrialBalance/{day}.json"))? else { continue };
            let Some(body) = folder.read(&format!("{report}/{file}"))? else { continue };
            let mut tb = verify::read_trial_balance(&tb).map_err(|error| format!("TrialBalance/{day}.json: {error}"))?;
            tb.as_at = Some(day);
            for tie in verify::tie(&tb, report, &body, tolerance).map_err(|error| format!("{report}/{file}: {error}"))? {
                if tie.holds { held += 1 } else { broken.push(tie) }
            }
        }
    }
    for tie in broken.iter().take(20) {
        eprintln!(
            "{nickname}: {}: trial balance {}, Xero's report {}, difference {}",
            tie.what,
            tie.ours,
            tie.theirs,
            tie.ours - tie.theirs
        );
    }
    global.say(format!("{nickname}: {held} amounts tie to Xero's own statements, {} differ", broken.len()));
    Ok(broken.is_empty())
}

/// Progress bars for people, lines of JSON for machines.
struct Show {
    bars: MultiProgress,
    known: Mutex<BTreeMap<String, ProgressBar>>,
    json: bool,
    quiet: bool,
    nickname: String,
}

impl Show {
    fn event(&self, event: &Event) {
        if self.json
            && let Ok(mut value) = serde_json::to_value(event)
        {
            value["organisation"] = self.nickname.clone().into();
            // The reader may have gone; the download goes on.
            let _ = writeln!(std::io::stdout(), "{value}");
        }
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match event {
            Event::Page { endpoint, pages, rows, calls, calls_left_today, .. } => {
                let bar = known.entry(endpoint.clone()).or_insert_with(|| {
                    let style = ProgressStyle::with_template("{prefix:>18} {bar:24} {pos}/{len} {msg} {eta}")
                        .unwrap_or_else(|_| ProgressStyle::default_bar());
                    self.bars.add(ProgressBar::new(0).with_style(style).with_prefix(endpoint.clone()))
                });
                bar.set_length(u64::from(*pages).max(bar.position() + 1));
                bar.inc(1);
                let left = calls_left_today.map_or_else(String::new, |n| format!(", {n} left today"));
                bar.set_message(format!("+{rows} · {calls} calls{left}"));
            }
            Event::Done { endpoint, rows } => {
                if let Some(bar) = known.get(endpoint) {
                    bar.finish_with_message(format!("{rows} records"));
                }
            }
            Event::Started { resumed_pages, .. } if *resumed_pages > 0 && !self.quiet => {
                self.say(&format!("continuing, {resumed_pages} pages are there already"));
            }
            Event::Note { message } if !self.quiet => {
                self.say(message);
            }
            _ => {}
        }
    }

    /// Above the bars; where there are none, as it is.
    fn say(&self, message: &str) {
        let line = format!("{}: {message}", self.nickname);
        if self.bars.is_hidden() {
            eprintln!("{line}");
        } else {
            let _ = self.bars.println(line);
        }
    }

    fn clear(&self) {
        for bar in self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner).values() {
            bar.finish_and_clear();
        }
    }
}
