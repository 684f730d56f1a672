//! Trial balances month by month, and Xero's own statements for comparison.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;

use super::download::Organisation;
use super::state::{Manifest, Missing, Page, RunKind, checksum};
use super::{Event, PullError, Run};
use crate::xero::client::ApiError;
use crate::xero::scope;
use crate::xero::verify::{self, TrialBalance};

/// Fetches a report, unless this run has it, and gives its body.
async fn report(
    run: &Arc<Run>,
    name: &str,
    query: &[(&str, String)],
    target: impl Fn(&[u8]) -> Result<String, ApiError>,
    known: Option<&str>,
) -> Result<(String, Vec<u8>), PullError> {
    if let Some(known) = known {
        let found = run.progress.lock().await.find_report(name, known).map(Page::incoming);
        if let Some(path) = found
            && let Some(bytes) = run.folder.read(&path).map_err(PullError::Folder)?
        {
            return Ok((known.to_owned(), bytes));
        }
    }
    let query: Vec<(String, String)> = query.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
    let body = run.client.get(&format!("Reports/{name}"), &query, None).await?;
    let target = target(&body)?;
    let page = Page {
        endpoint: name.to_owned(),
        slice: 0,
        page: 0,
        pages: 1,
        items: None,
        rows: 1,
        earliest: None,
        target: Some(target.clone()),
        bytes: body.len() as u64,
        sha256: checksum(&body),
    };
    run.keep(page, &body).await?;
    run.say(Event::Page {
        endpoint: name.to_owned(),
        page: 1,
        pages: 1,
        rows: 1,
        calls: run.client.calls(),
        calls_left_today: run.client.day_left(),
    });
    Ok((target, body))
}

fn basis(run: &Run) -> Vec<(&'static str, String)> {
    if run.options.cash_basis { vec![("paymentsOnly", "true".to_owned())] } else { Vec::new() }
}

async fn trial_balance_at(run: &Arc<Run>, date: Date) -> Result<TrialBalance, PullError> {
    let target = format!("TrialBalance/{date}.json");
    let mut query = vec![("date", date.to_string())];
    query.extend(basis(run));
    let (_, body) = report(run, "TrialBalance", &query, |_| Ok(target.clone()), Some(&target)).await?;
    Ok(read(&body, date)?)
}

fn read(body: &[u8], date: Date) -> Result<TrialBalance, ApiError> {
    verify::read_trial_balance(body)
        .map(|mut tb| {
            tb.as_at = Some(date);
            tb
        })
        .map_err(|reason| ApiError::BadAnswer { path: "Reports/TrialBalance".to_owned(), reason })
}

/// One trial balance per month end from the month before the first document to the last month, and one as of Xero's today.
///
/// An increment keeps those of locked months while the lock date stands and the first fresh month continues them.
pub(super) async fn trial_balances(
    run: &Arc<Run>,
    organisation: &Organisation,
    manifest: Option<&Manifest>,
    kind: RunKind,
) -> Result<(), PullError> {
    // Without a date Xero answers as of its own today; the report says which day that is. A run that goes on asks anew: its day may be another.
    let now_target = |body: &[u8]| {
        let tb =
            verify::read_trial_balance(body).map_err(|reason| ApiError::BadAnswer { path: "Reports/TrialBalance".to_owned(), reason })?;
        let day = tb.as_at.ok_or_else(|| ApiError::BadAnswer {
            path: "Reports/TrialBalance".to_owned(),
            reason: "a report that does not name its date".to_owned(),
        })?;
        Ok(format!("TrialBalance/{day}.json"))
    };
    let (target, _) = report(run, "TrialBalance", &basis(run), now_target, None).await?;
    let today: Date = target
        .trim_start_matches("TrialBalance/")
        .trim_end_matches(".json")
        .parse()
        .map_err(|_| ApiError::BadAnswer { path: "Reports/TrialBalance".to_owned(), reason: "a date that does not exist".to_owned() })?;

    let kept: BTreeMap<Date, ()> = match manifest.filter(|_| kind == RunKind::Incremental) {
        Some(m) => m
            .files
            .keys()
            .filter_map(|path| path.strip_prefix("TrialBalance/")?.strip_suffix(".json")?.parse().ok())
            .map(|day: Date| (day, ()))
            .collect(),
        None => BTreeMap::new(),
    };
    // A document may be dated before what the earlier loads reached; a role may have come after them.
    let seen = run.progress.lock().await.all().filter_map(|page| page.earliest).min();
    let first = run.options.since.unwrap_or_else(|| {
        let reached = kept.keys().next().map(|oldest| oldest.saturating_add(1.day()));
        seen.into_iter().chain(reached).chain(manifest.and_then(|m| m.earliest)).min().unwrap_or(today)
    });
    let mut months = Vec::new();
    let mut end = first.min(today).first_of_month().saturating_sub(1.day());
    while end < today {
        months.push(end);
        end = end.saturating_add(1.day()).last_of_month();
    }
    // Locked months cannot change; all others are asked for anew.
    let lock = organisation.lock_date.filter(|lock| manifest.is_some_and(|m| m.lock_date == Some(*lock)));
    let is_cached = |day: &Date| lock.is_some_and(|lock| *day <= lock) && kept.contains_key(day);
    let (cached, fresh): (Vec<Date>, Vec<Date>) = months.iter().partition(|day| is_cached(day));
    let mut tasks = tokio::task::JoinSet::new();
    for day in &fresh {
        let (run, day) = (run.clone(), *day);
        tasks.spawn(async move { trial_balance_at(&run, day).await });
    }
    let mut found: BTreeMap<Date, TrialBalance> = BTreeMap::new();
    while let Some(done) = tasks.join_next().await {
        let tb = done.map_err(|error| PullError::Folder(format!("a download task failed: {error}")))??;
        found.insert(tb.as_at.unwrap_or(today), tb);
    }
    if let (Some(last), Some(next)) = (cached.last(), fresh.first())
        && let Some(bytes) = run.folder.read(&format!("TrialBalance/{last}.json")).map_err(PullError::Folder)?
        && let Ok(before) = verify::read_trial_balance(&bytes)
        && let Some(after) = found.get(next)
        && !verify::continues(&before, after)
    {
        run.say(Event::Note { message: "locked months have changed all the same: fetching all trial balances again".to_owned() });
        for day in cached {
            trial_balance_at(run, day).await?;
        }
    }
    run.say(Event::Done { endpoint: "TrialBalance".to_owned(), rows: months.len() + 1 });
    Ok(())
}

/// Xero's own balance sheets, profit and loss of each month and bank summaries, for the months that this run has trial balances of.
pub(super) async fn statements(run: &Arc<Run>, granted: &str, missing: &mut Vec<Missing>) -> Result<(), PullError> {
    let days: Vec<Date> = run
        .progress
        .lock()
        .await
        .of("TrialBalance")
        .filter_map(|page| page.target.as_deref()?.strip_prefix("TrialBalance/")?.strip_suffix(".json")?.parse().ok())
        .collect();
    for name in ["BalanceSheet", "ProfitAndLoss", "BankSummary"] {
        if !scope::covers(granted, &format!("Reports/{name}")) {
            missing.push(super::not_granted(run, name));
            continue;
        }
        for day in days.iter().skip(1) {
            let from = day.first_of_month();
            let (target, mut query) = match name {
                "BalanceSheet" => {
                    (format!("BalanceSheet/{day}.json"), vec![("date", day.to_string()), ("standardLayout", "true".to_owned())])
                }
                _ => (format!("{name}/{from}_{day}.json"), vec![("fromDate", from.to_string()), ("toDate", day.to_string())]),
            };
            if name != "BankSummary" {
                query.extend(basis(run));
            }
            if name == "ProfitAndLoss" {
                query.push(("standardLayout", "true".to_owned()));
            }
            report(run, name, &query, |_| Ok(target.clone()), Some(&target)).await?;
        }
        run.say(Event::Done { endpoint: name.to_owned(), rows: days.len() });
    }
    Ok(())
}
