//! Moves downloaded pages into place, in steps that can be repeated after a kill.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::download::Organisation;
use super::state::{self, Manifest, Missing, Page, PageFile, Progress, RunKind};
use super::{Folder, Run};
use crate::xero::endpoint::ENDPOINTS;

/// What is to be done, written down before it is done.
#[derive(Serialize, Deserialize)]
struct Commit {
    moves: Vec<(String, String)>,
    removes: Vec<String>,
    manifest: Manifest,
}

const COMMIT: &str = ".state/commit.json";

/// Carries out a commit that an earlier run wrote down but did not finish.
///
/// # Errors
/// When the folder cannot be read or written.
pub fn finish_pending(folder: &dyn Folder) -> Result<(), String> {
    let Some(bytes) = folder.read(COMMIT)? else { return Ok(()) };
    let commit: Commit =
        serde_json::from_slice(&bytes).map_err(|error| format!("{COMMIT} is damaged ({error}); remove `.state` and run `pull --full`"))?;
    carry_out(folder, &commit)
}

fn carry_out(folder: &dyn Folder, commit: &Commit) -> Result<(), String> {
    for (from, to) in &commit.moves {
        // Nothing to move means that an earlier attempt has moved it.
        folder.rename(from, to)?;
    }
    let folders: BTreeSet<&str> = commit.moves.iter().filter_map(|(_, to)| to.split_once('/')).map(|(name, _)| name).collect();
    for name in folders {
        folder.settle(name)?;
    }
    for path in &commit.removes {
        folder.remove(path)?;
    }
    commit.manifest.write(folder)?;
    folder.remove(COMMIT)?;
    state::clear(folder)
}

pub(super) fn commit(
    run: &Run,
    progress: &Progress,
    old: Option<Manifest>,
    organisation: &Organisation,
    kind: RunKind,
    missing: &[Missing],
) -> Result<Manifest, String> {
    let folder = &*run.folder;
    let mut manifest = old.unwrap_or_default();
    let (mut moves, mut removes) = (Vec::new(), Vec::new());
    let mut files: BTreeMap<String, PageFile> = std::mem::take(&mut manifest.files);
    let left_out = |name: &str| missing.iter().any(|m| m.endpoint == name);

    for endpoint in ENDPOINTS.iter().filter(|e| run.options.wants(e.name) && !left_out(e.name)) {
        let pages: Vec<&Page> = progress.of(endpoint.name).collect();
        // A server without the organisation says nothing about the one that is there.
        if pages.is_empty() && endpoint.name == "Organisation" {
            continue;
        }
        // Only endpoints that know increments were asked for changes; the others came whole.
        let whole = kind == RunKind::Full || !endpoint.incremental || !manifest.high_water.contains_key(endpoint.name);
        let prefix = format!("{}/", endpoint.name);
        let existing: Vec<u64> = folder.list(endpoint.name)?.iter().filter_map(|name| name.strip_suffix(".json")?.parse().ok()).collect();
        let mut next = if whole { 0 } else { existing.iter().copied().max().unwrap_or(0) };
        if whole {
            files.retain(|path, _| !path.starts_with(&prefix));
        }
        for page in pages {
            // An endpoint keeps one page even if empty, so that "nothing there" differs from "not fetched".
            if page.rows == 0 && (next > 0 || !whole) {
                continue;
            }
            next += 1;
            place(page, format!("{prefix}{next}.json"), &mut moves, &mut files);
        }
        if whole {
            removes.extend(existing.into_iter().filter(|n| *n > next).map(|n| format!("{prefix}{n}.json")));
        }
        manifest.high_water.insert(endpoint.name.to_owned(), progress.began_ms());
    }
    for name in ["TrialBalance", "BalanceSheet", "ProfitAndLoss", "BankSummary"] {
        let mut arrived = Vec::new();
        for page in progress.of(name) {
            if let Some(target) = &page.target {
                place(page, target.clone(), &mut moves, &mut files);
                arrived.push(target.clone());
            }
        }
        if name == "TrialBalance" && !arrived.is_empty() {
            removes.extend(superseded(folder, &arrived)?);
        }
    }
    for path in &removes {
        files.remove(path);
    }
    manifest.version = 1;
    manifest.organisation_id = organisation.id.clone();
    manifest.organisation_name = organisation.name.clone();
    manifest.nickname = run.options.nickname.clone();
    manifest.since = run.options.since;
    manifest.cash_basis = run.options.cash_basis;
    if kind == RunKind::Full {
        manifest.last_full_ms = progress.started_ms;
    }
    manifest.last_pull_ms = progress.started_ms;
    manifest.lock_date = organisation.lock_date;
    manifest.earliest = progress.all().filter_map(|page| page.earliest).chain(manifest.earliest).min();
    // What was not asked for this time is missing as before.
    manifest.missing.retain(|m| !run.options.wants(&m.endpoint));
    manifest.missing.extend_from_slice(missing);
    manifest.stopped = None;
    manifest.files = files;
    let commit = Commit { moves, removes, manifest };
    folder.write(COMMIT, serde_json::to_string(&commit).map_err(|error| error.to_string())?.as_bytes())?;
    carry_out(folder, &commit)?;
    Ok(commit.manifest)
}

fn place(page: &Page, target: String, moves: &mut Vec<(String, String)>, files: &mut BTreeMap<String, PageFile>) {
    moves.push((page.incoming(), target.clone()));
    files.insert(target, PageFile { bytes: page.bytes, rows: page.rows, sha256: page.sha256.clone() });
}

/// Trial balances of a month that a newer one of the same month replaces.
fn superseded(folder: &dyn Folder, arrived: &[String]) -> Result<Vec<String>, String> {
    let day = |path: &str| path.trim_start_matches("TrialBalance/").trim_end_matches(".json").parse::<jiff::civil::Date>().ok();
    let mut all: BTreeMap<(i16, i8), Vec<jiff::civil::Date>> = BTreeMap::new();
    let present = folder.list("TrialBalance")?;
    for date in arrived.iter().chain(&present).filter_map(|path| day(path)) {
        all.entry((date.year(), date.month())).or_default().push(date);
    }
    let mut old = Vec::new();
    for dates in all.values() {
        let newest = dates.iter().max().copied();
        old.extend(dates.iter().filter(|date| Some(**date) != newest).map(|date| format!("TrialBalance/{date}.json")));
    }
    old.sort();
    old.dedup();
    Ok(old)
}
