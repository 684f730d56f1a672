//! What a company folder remembers: the manifest of what is there, the progress of a run that is not finished.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Folder;

/// `manifest.json`: what the folder holds and how it came there. Holds no secret.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Manifest {
    /// Version of this file's form.
    pub version: u32,
    /// OrganisationID.
    pub organisation_id: String,
    /// Name.
    pub organisation_name: String,
    /// Nickname it was pulled under.
    pub nickname: String,
    /// Start date.
    pub since: Option<Date>,
    /// Whether reports are on cash basis.
    #[serde(default)]
    pub cash_basis: bool,
    /// When the last full load began, milliseconds since 1970.
    pub last_full_ms: i64,
    /// When the last load of any kind began.
    pub last_pull_ms: i64,
    /// Endpoint → when its last load began: the next increment asks from there.
    pub high_water: BTreeMap<String, i64>,
    /// The newer of Xero's two lock dates at the last load.
    pub lock_date: Option<Date>,
    /// Date of the earliest document seen: where the trial balances begin when there is no start date.
    #[serde(default)]
    pub earliest: Option<Date>,
    /// What could not be had.
    #[serde(default)]
    pub missing: Vec<Missing>,
    /// Why the last run stopped before its end; `None` when it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// Every page: bytes, rows, checksum.
    pub files: BTreeMap<String, PageFile>,
}

/// An endpoint that could not be had.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Missing {
    /// Endpoint.
    pub endpoint: String,
    /// Why, and what to do.
    pub reason: String,
}

/// A run that stopped: what the folder holds is of an earlier one.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Stopped {
    /// When, in UTC, as people write it.
    pub at: String,
    /// Why.
    pub reason: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// Where a stop is noted as long as there is no manifest.
pub const STOPPED: &str = ".state/stopped.json";

impl Stopped {
    /// Notes it in the manifest; before the first manifest in a file of its own.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn write(self, folder: &dyn Folder) -> Result<(), String> {
        match Manifest::read(folder)? {
            Some(mut manifest) => {
                manifest.stopped = Some(self);
                manifest.write(folder)
            }
            None => folder.write(STOPPED, serde_json::to_string(&self).map_err(|error| error.to_string())?.as_bytes()),
        }
    }
}

/// A page on disk.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct PageFile {
    /// Size.
    pub bytes: u64,
    /// Records.
    pub rows: usize,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// The checksum of a page.
pub fn checksum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

impl Manifest {
    /// Reads it; `None` for a folder without one.
    ///
    /// # Errors
    /// When it cannot be read or is not a manifest.
    pub fn read(folder: &dyn Folder) -> Result<Option<Manifest>, String> {
        let Some(bytes) = folder.read("manifest.json")? else { return Ok(None) };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| format!("manifest.json is damaged ({error}); remove it and run `pull --full`"))
    }

    /// Writes it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, folder: &dyn Folder) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        folder.write("manifest.json", text.as_bytes())
    }
}

/// Whether everything is fetched, or what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunKind {
    /// Everything anew.
    Full,
    /// What changed since the last run.
    Incremental,
}

impl RunKind {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            RunKind::Full => "full",
            RunKind::Incremental => "incremental",
        }
    }
}

/// A page that has been downloaded and waits under `.state/incoming`.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Page {
    /// Endpoint or report.
    pub endpoint: String,
    /// Which question it answers: year slice, open older documents, catch-up.
    pub slice: u32,
    /// Page number, from 1; 0 for reports.
    pub page: u32,
    /// Pages of the slice, as the answer said.
    pub pages: u32,
    /// Records of the slice, as the answer said.
    pub items: Option<u64>,
    /// Records on the page.
    pub rows: usize,
    /// Date of the earliest document on it.
    pub earliest: Option<Date>,
    /// For reports: the file it becomes.
    pub target: Option<String>,
    /// Size.
    pub bytes: u64,
    /// Checksum.
    pub sha256: String,
}

impl Page {
    /// Where it waits.
    pub fn incoming(&self) -> String {
        match &self.target {
            Some(target) => format!(".state/incoming/{target}"),
            None => format!(".state/incoming/{}/{}-{}.json", self.endpoint, self.slice, self.page),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct RunFile {
    kind: RunKind,
    since: Option<Date>,
    started_ms: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Page(Page),
    /// The question must be split: an endpoint by year, a year of it by month.
    Split(String),
    /// When the run began by Xero's clock.
    Began(i64),
    /// Pages of a slice that turned out incomplete are fetched again.
    Discard {
        endpoint: String,
        slice: u32,
    },
}

/// What an unfinished run has.
#[derive(Debug)]
pub struct Progress {
    /// Full or incremental.
    pub kind: RunKind,
    /// When the run began (the first time), by our clock.
    pub started_ms: i64,
    /// The same by Xero's clock: what changes are asked from the next time. Ours may be wrong.
    began_ms: Option<i64>,
    pages: BTreeMap<(String, u32, u32, Option<String>), Page>,
    split: Vec<String>,
}

const RUN: &str = ".state/run.json";
const LINES: &str = ".state/progress.jsonl";

impl Progress {
    /// Goes on with an unfinished run of the same kind and start date, or begins a new one.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn open(folder: &dyn Folder, kind: RunKind, since: Option<Date>, now_ms: i64, within_ms: i64) -> Result<Progress, String> {
        let unfinished = folder.read(RUN)?.and_then(|bytes| serde_json::from_slice::<RunFile>(&bytes).ok());
        if let Some(run) = unfinished
            && run.since == since
            && (0..=within_ms).contains(&(now_ms - run.started_ms))
            // A full run that was begun serves whoever wants an increment, too.
            && (run.kind == kind || run.kind == RunKind::Full)
        {
            let mut progress =
                Progress { kind: run.kind, started_ms: run.started_ms, began_ms: None, pages: BTreeMap::new(), split: Vec::new() };
            let text = folder.read(LINES)?.unwrap_or_default();
            for line in String::from_utf8_lossy(&text).lines() {
                // The last line may be cut short by a kill; its page is fetched again.
                match serde_json::from_str(line) {
                    Ok(Line::Page(page)) => {
                        let intact = folder.read(&page.incoming())?.is_some_and(|bytes| checksum(&bytes) == page.sha256);
                        if intact {
                            progress.insert(page);
                        }
                    }
                    Ok(Line::Began(ms)) => progress.began_ms = Some(ms),
                    Ok(Line::Split(name)) => progress.split.push(name),
                    Ok(Line::Discard { endpoint, slice }) => progress.forget(&endpoint, slice),
                    Err(_) => {}
                }
            }
            // A cut line must not be glued to the next one.
            if !text.is_empty() && !text.ends_with(b"\n") {
                folder.append(LINES, "")?;
            }
            return Ok(progress);
        }
        folder.remove_all(".state/incoming")?;
        folder.remove(LINES)?;
        let run = RunFile { kind, since, started_ms: now_ms };
        folder.write(RUN, serde_json::to_string(&run).map_err(|error| error.to_string())?.as_bytes())?;
        Ok(Progress { kind, started_ms: now_ms, began_ms: None, pages: BTreeMap::new(), split: Vec::new() })
    }

    /// When the run began by Xero's clock; our own as long as Xero has not said.
    pub fn began_ms(&self) -> i64 {
        self.began_ms.unwrap_or(self.started_ms)
    }

    /// Notes when the run began by Xero's clock, the first time.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn begin(&mut self, folder: &dyn Folder, ms: i64) -> Result<(), String> {
        if self.began_ms.is_none() {
            self.note(folder, &Line::Began(ms))?;
            self.began_ms = Some(ms);
        }
        Ok(())
    }

    fn insert(&mut self, page: Page) {
        self.pages.insert((page.endpoint.clone(), page.slice, page.page, page.target.clone()), page);
    }

    fn forget(&mut self, endpoint: &str, slice: u32) {
        self.pages.retain(|(e, s, _, _), _| e != endpoint || *s != slice);
    }

    /// Number of pages.
    pub fn pages(&self) -> usize {
        self.pages.len()
    }

    /// A page that is already there.
    pub fn find(&self, endpoint: &str, slice: u32, page: u32) -> Option<&Page> {
        self.pages.get(&(endpoint.to_owned(), slice, page, None))
    }

    /// A report that is already there.
    pub fn find_report(&self, endpoint: &str, target: &str) -> Option<&Page> {
        self.pages.get(&(endpoint.to_owned(), 0, 0, Some(target.to_owned())))
    }

    /// All pages of an endpoint by slice and number.
    pub fn of<'a>(&'a self, endpoint: &'a str) -> impl Iterator<Item = &'a Page> + 'a {
        self.pages.values().filter(move |page| page.endpoint == endpoint)
    }

    /// All pages.
    pub fn all(&self) -> impl Iterator<Item = &Page> {
        self.pages.values()
    }

    /// Records by endpoint.
    pub fn rows(&self) -> BTreeMap<String, usize> {
        let mut rows: BTreeMap<String, usize> = BTreeMap::new();
        for page in self.pages.values() {
            *rows.entry(page.endpoint.clone()).or_default() += page.rows;
        }
        rows
    }

    /// Whether a question (`Invoices`, `Invoices/2025`) is split into smaller ones.
    pub fn is_split(&self, name: &str) -> bool {
        self.split.iter().any(|e| e == name)
    }

    /// Notes a page that is on disk.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn add(&mut self, folder: &dyn Folder, page: Page) -> Result<(), String> {
        self.note(folder, &Line::Page(page.clone()))?;
        self.insert(page);
        Ok(())
    }

    /// Notes that a question is split into smaller ones from now on; its pages got so far are dropped.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn split(&mut self, folder: &dyn Folder, endpoint: &str, slice: u32, name: &str) -> Result<(), String> {
        self.discard(folder, endpoint, slice)?;
        self.note(folder, &Line::Split(name.to_owned()))?;
        self.split.push(name.to_owned());
        Ok(())
    }

    /// Drops the pages of a slice.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn discard(&mut self, folder: &dyn Folder, endpoint: &str, slice: u32) -> Result<(), String> {
        self.note(folder, &Line::Discard { endpoint: endpoint.to_owned(), slice })?;
        self.forget(endpoint, slice);
        Ok(())
    }

    fn note(&self, folder: &dyn Folder, line: &Line) -> Result<(), String> {
        folder.append(LINES, &serde_json::to_string(line).map_err(|error| error.to_string())?)
    }
}

/// Forgets the run: everything is in place.
///
/// # Errors
/// When the folder cannot be written.
pub fn clear(folder: &dyn Folder) -> Result<(), String> {
    folder.remove(RUN)?;
    folder.remove(LINES)?;
    folder.remove(STOPPED)?;
    folder.remove_all(".state/incoming")
}
