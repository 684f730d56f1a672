//! Downloads a company into a folder of raw pages, so that a kill at any instant loses nothing and doubles nothing.
//!
//! A run first collects pages under `.state/incoming`, noting each finished page in `.state/progress.jsonl`. Only when everything is there
//! does it write down how the pages move into place (`.state/commit.json`) and carries that out; both steps can be repeated. The next run
//! continues an unfinished one. Readers of the folder see the old pages until then.
//!
//! `run` is split by stage: [`plan`] decides what to ask, [`download`] asks, [`reports`] takes trial balances, [`commit`] moves pages.

pub mod commit;
mod download;
mod peek;
pub mod plan;
mod reports;
pub mod state;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use serde::Serialize;

use super::client::{ApiError, Client};
use super::endpoint::{self, ENDPOINTS, Endpoint};
use super::{scope, words};
pub use state::{Manifest, Missing, Stopped};
use state::{Page, Progress, RunKind};

/// Where pages are kept. Paths are relative, with `/`.
pub trait Folder: Send + Sync {
    /// The file's bytes; `None` when there is none.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String>;
    /// Writes the whole file or nothing, durably, making folders as needed.
    ///
    /// # Errors
    /// Why it cannot be written.
    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), String>;
    /// Writes the whole file or nothing; only a power cut may lose it, which the checksum of a page shows.
    ///
    /// # Errors
    /// Why it cannot be written.
    fn write_draft(&self, path: &str, bytes: &[u8]) -> Result<(), String> {
        self.write(path, bytes)
    }
    /// Makes moves into a folder durable.
    ///
    /// # Errors
    /// Why that fails.
    fn settle(&self, _folder: &str) -> Result<(), String> {
        Ok(())
    }
    /// Appends a line; only a power cut may lose it.
    ///
    /// # Errors
    /// Why it cannot be written.
    fn append(&self, path: &str, line: &str) -> Result<(), String>;
    /// Moves a file over another, its bytes made durable first. Gives `false` when there is nothing to move.
    ///
    /// # Errors
    /// Why it cannot be moved.
    fn rename(&self, from: &str, to: &str) -> Result<bool, String>;
    /// Removes a file; it may be gone already.
    ///
    /// # Errors
    /// Why it cannot be removed.
    fn remove(&self, path: &str) -> Result<(), String>;
    /// Removes a folder and all in it; it may be gone already.
    ///
    /// # Errors
    /// Why it cannot be removed.
    fn remove_all(&self, folder: &str) -> Result<(), String>;
    /// Names of the files in a folder; empty when there is none.
    ///
    /// # Errors
    /// Why it cannot be listed.
    fn list(&self, folder: &str) -> Result<Vec<String>, String>;
}

/// What to download.
#[derive(Clone, Debug)]
pub struct Options {
    /// Nickname, for the manifest.
    pub nickname: String,
    /// Documents dated on or after it plus older open ones; everything without.
    pub since: Option<Date>,
    /// Fetch anew even if an increment would do.
    pub full: bool,
    /// Only these endpoints (names as in [`ENDPOINTS`], `TrialBalance`); all when empty.
    pub endpoints: Vec<String>,
    /// Records asked for per page.
    pub page_size: u32,
    /// Also fetch Xero's own statements, for comparison.
    pub verify: bool,
    /// Cash basis instead of accrual.
    pub cash_basis: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            nickname: String::new(),
            since: None,
            full: false,
            endpoints: Vec::new(),
            page_size: 1_000,
            verify: false,
            cash_basis: false,
        }
    }
}

impl Options {
    fn wants(&self, name: &str) -> bool {
        self.endpoints.is_empty() || name == "Organisation" || self.endpoints.iter().any(|e| e.eq_ignore_ascii_case(name))
    }
}

/// What happens, for progress bars and logs.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A run begins or goes on.
    Started {
        /// `full` or `incremental`.
        kind: &'static str,
        /// Pages that an earlier, unfinished run brought.
        resumed_pages: usize,
    },
    /// A page is on disk.
    Page {
        /// Endpoint or report.
        endpoint: String,
        /// Page number, from 1.
        page: u32,
        /// Pages in all, as far as known.
        pages: u32,
        /// Records on it.
        rows: usize,
        /// Calls so far.
        calls: u64,
        /// Calls left today.
        calls_left_today: Option<i64>,
    },
    /// An endpoint is complete.
    Done {
        /// Endpoint or report.
        endpoint: String,
        /// Records.
        rows: usize,
    },
    /// An endpoint cannot be had; the rest goes on.
    Missing {
        /// Endpoint.
        endpoint: String,
        /// Why, and what to do.
        reason: String,
    },
    /// Something worth knowing.
    Note {
        /// In words.
        message: String,
    },
    /// Everything is in place.
    Finished {
        /// Records on the pages of this run.
        rows: usize,
        /// Calls made.
        calls: u64,
        /// Seconds from start to end.
        seconds: f64,
    },
}

/// Why a run stopped. What it has is kept; the next run goes on.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PullError {
    /// The API.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The folder.
    #[error("{0}")]
    Folder(String),
    /// The folder holds another organisation.
    #[error("the folder holds the organisation `{found}`, not `{wanted}`; choose another folder")]
    OtherOrganisation {
        /// Name in the manifest.
        found: String,
        /// Name of the tenant.
        wanted: String,
    },
}

/// The outcome of a run.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Records on the pages of this run, by endpoint.
    pub rows: BTreeMap<String, usize>,
    /// What could not be had.
    pub missing: Vec<Missing>,
    /// Calls made.
    pub calls: u64,
    /// The manifest as written.
    pub manifest: Manifest,
}

/// What all stages share.
struct Run {
    client: Arc<Client>,
    folder: Arc<dyn Folder>,
    options: Options,
    /// Notes finished pages; shared by the endpoints that download side by side.
    progress: Arc<tokio::sync::Mutex<Progress>>,
    events: Arc<dyn Fn(Event) + Send + Sync>,
}

impl Run {
    fn say(&self, event: Event) {
        (self.events)(event);
    }

    /// Puts a page on disk, then notes it. Pages are written side by side; only the note waits for its turn.
    async fn keep(&self, page: Page, bytes: &[u8]) -> Result<(), PullError> {
        self.folder.write_draft(&page.incoming(), bytes).map_err(PullError::Folder)?;
        self.progress.lock().await.add(&*self.folder, page).map_err(PullError::Folder)
    }
}

const DAY_MS: i64 = 86_400_000;
/// A full load at least this often: incremental answers do not show everything (contact balances, part-paid due dates).
const FULL_EVERY_MS: i64 = 31 * DAY_MS;
/// An unfinished run older than this is begun anew.
const RESUME_WITHIN_MS: i64 = 3 * DAY_MS;

/// Runs a download to its end, or to the error that stops it.
///
/// # Errors
/// See [`PullError`]; what was downloaded stays, and calling again continues.
pub async fn run(
    client: Arc<Client>,
    folder: Arc<dyn Folder>,
    options: Options,
    events: Arc<dyn Fn(Event) + Send + Sync>,
) -> Result<Summary, PullError> {
    let nickname = options.nickname.clone();
    client.tell_waits({
        let events = events.clone();
        Arc::new(move |message| events(Event::Note { message }))
    });
    let outcome = run_to_end(client.clone(), folder.clone(), options, events).await;
    if let Err(PullError::Api(error)) = &outcome {
        note_stop(&*folder, &nickname, error, client.clock().now_ms());
    }
    // The error of one endpoint ends the others, perhaps in the middle of a renewal.
    client.settle().await;
    outcome
}

async fn run_to_end(
    client: Arc<Client>,
    folder: Arc<dyn Folder>,
    options: Options,
    events: Arc<dyn Fn(Event) + Send + Sync>,
) -> Result<Summary, PullError> {
    let started = client.clock().now_ms();
    commit::finish_pending(&*folder).map_err(PullError::Folder)?;
    let manifest = Manifest::read(&*folder).map_err(PullError::Folder)?;
    let overdue = manifest
        .as_ref()
        .is_none_or(|m| (started - m.last_full_ms).abs() > FULL_EVERY_MS || m.since != options.since || m.cash_basis != options.cash_basis);
    let kind = if options.full || overdue { RunKind::Full } else { RunKind::Incremental };
    let progress = Progress::open(&*folder, kind, options.since, started, RESUME_WITHIN_MS).map_err(PullError::Folder)?;
    let kind = progress.kind;
    events(Event::Started { kind: kind.name(), resumed_pages: progress.pages() });
    let run = Arc::new(Run {
        client: client.clone(),
        folder: folder.clone(),
        options: options.clone(),
        progress: Arc::new(tokio::sync::Mutex::new(progress)),
        events: events.clone(),
    });

    let organisation = download::organisation(&run).await?;
    // The answer came after the question, and dates in headers are whole seconds: a little earlier is safe, a little later would lose changes.
    let began = {
        let mut progress = run.progress.lock().await;
        progress.begin(&*folder, client.server_now_ms() - (client.clock().now_ms() - started).max(0) - 1_000).map_err(PullError::Folder)?;
        progress.began_ms()
    };
    if let Some(manifest) = manifest.as_ref().filter(|m| m.organisation_id != organisation.id) {
        return Err(PullError::OtherOrganisation { found: manifest.organisation_name.clone(), wanted: organisation.name });
    }

    let granted = client.scopes().await.map_err(ApiError::from)?;
    let mut missing = Vec::new();
    let mut tasks = tokio::task::JoinSet::new();
    for endpoint in ENDPOINTS.iter().filter(|e| e.name != "Organisation" && run.options.wants(e.name)) {
        // One ungranted scope is known beforehand: asking would only cost a call.
        if !scope::covers(&granted, endpoint.name) {
            missing.push(not_granted(&run, endpoint.name));
            continue;
        }
        let high_water = manifest.as_ref().filter(|_| kind == RunKind::Incremental).and_then(|m| m.high_water.get(endpoint.name).copied());
        let run = run.clone();
        tasks.spawn(async move { (endpoint, download::endpoint(&run, endpoint, kind, high_water).await) });
    }
    let mut multi_page: Vec<&'static Endpoint> = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let (endpoint, outcome) = done.map_err(|error| PullError::Folder(format!("a download task failed: {error}")))?;
        match outcome {
            Ok(pages) if pages > 1 => multi_page.push(endpoint),
            Ok(_) => {}
            Err(PullError::Api(error)) => missing.push(optional(&run, endpoint.name, error)?),
            Err(error) => return Err(error),
        }
    }
    if kind == RunKind::Full {
        // Records may have changed while their endpoint was paged; single pages are of one moment.
        multi_page.sort_by_key(|e| e.name);
        for endpoint in multi_page.into_iter().filter(|e| e.incremental) {
            download::catch_up(&run, endpoint, began).await?;
        }
    }
    if run.options.wants("TrialBalance") {
        if scope::covers(&granted, "Reports/TrialBalance") {
            if let Err(error) = reports::trial_balances(&run, &organisation, manifest.as_ref(), kind).await {
                match error {
                    PullError::Api(error) => missing.push(optional(&run, "TrialBalance", error)?),
                    other => return Err(other),
                }
            }
        } else {
            missing.push(not_granted(&run, "TrialBalance"));
        }
    }
    if run.options.verify {
        reports::statements(&run, &granted, &mut missing).await?;
    }
    for one in &missing {
        run.say(Event::Missing { endpoint: one.endpoint.clone(), reason: one.reason.clone() });
    }

    let progress = run.progress.lock().await;
    let manifest = commit::commit(&run, &progress, manifest, &organisation, kind, &missing).map_err(PullError::Folder)?;
    let rows = progress.rows();
    let calls = client.calls();
    let seconds = (client.clock().now_ms() - started) as f64 / 1_000.0;
    run.say(Event::Finished { rows: rows.values().sum(), calls, seconds });
    Ok(Summary { rows, missing, calls, manifest })
}

/// Writes down why a run stopped, for `status` and the report's Alerts. The error itself is what matters: when the note cannot be written, that is no
/// second one.
fn note_stop(folder: &dyn Folder, nickname: &str, error: &ApiError, now_ms: i64) {
    let moment = |ms: i64| jiff::Timestamp::from_millisecond(ms).map(|t| t.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default();
    let help = words::api(nickname, error, &moment).help;
    let _ = Stopped { at: moment(now_ms), reason: error.to_string(), help }.write(folder);
}

/// An endpoint whose scope is known to be missing before it is asked for.
fn not_granted(run: &Run, name: &str) -> Missing {
    let path = if endpoint::find(name).is_some() { name.to_owned() } else { format!("Reports/{name}") };
    Missing { endpoint: name.to_owned(), reason: words::not_granted(&run.options.nickname, &path) }
}

/// Errors that leave one endpoint out; all others stop the run.
fn optional(run: &Run, name: &str, error: ApiError) -> Result<Missing, PullError> {
    match error {
        ApiError::Scope { .. } | ApiError::Role { .. } | ApiError::NotFound { .. } => {
            Ok(Missing { endpoint: name.to_owned(), reason: words::missing(&run.options.nickname, &error) })
        }
        other => Err(other.into()),
    }
}
