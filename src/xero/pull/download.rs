//! Asks the questions of an endpoint and puts the pages on disk.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::civil::Date;

use super::peek::{peek, wire_day};
use super::plan::{self, Slice};
use super::state::{Page, RunKind, checksum};
use super::{Event, PullError, Run};
use crate::xero::client::ApiError;
use crate::xero::endpoint::{self, Endpoint};

/// Ask year by year, or month by month, above this many records: Xero refuses more than 100,000.
const SLICE_ABOVE: u64 = 90_000;
/// How often a slice whose records shifted between pages is fetched again.
const PASSES: u32 = 3;

/// What the rest of a run needs to know of the organisation.
#[derive(Clone, Debug)]
pub(super) struct Organisation {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) lock_date: Option<Date>,
}

/// The organisation; always fetched, for it says who this is.
pub(super) async fn organisation(run: &Arc<Run>) -> Result<Organisation, PullError> {
    let endpoint = endpoint::find("Organisation").expect("the table lists Organisation");
    let body = match run.client.get(endpoint.name, &[], None).await {
        // Whoever asks for a few endpoints by name may ask a server that has only those.
        Err(ApiError::NotFound { .. }) if !run.options.endpoints.is_empty() => {
            return Ok(Organisation { id: run.client.tenant().to_owned(), name: run.options.nickname.clone(), lock_date: None });
        }
        other => other?,
    };
    let value: serde_json::Value = serde_json::from_slice(&body)
        .map_err(|error| ApiError::BadAnswer { path: "Organisation".to_owned(), reason: error.to_string() })?;
    let record = &value[endpoint.list][0];
    let Some(id) = record["OrganisationID"].as_str() else {
        return Err(ApiError::BadAnswer { path: "Organisation".to_owned(), reason: "no organisation".to_owned() }.into());
    };
    let day = |key: &str| record[key].as_str().and_then(wire_day);
    let organisation = Organisation {
        id: id.to_owned(),
        name: record["Name"].as_str().unwrap_or_default().to_owned(),
        lock_date: day("PeriodLockDate").max(day("EndOfYearLockDate")),
    };
    let page = Page {
        endpoint: endpoint.name.to_owned(),
        slice: 0,
        page: 1,
        pages: 1,
        items: None,
        rows: 1,
        earliest: None,
        target: None,
        bytes: body.len() as u64,
        sha256: checksum(&body),
    };
    run.keep(page, &body).await?;
    Ok(organisation)
}

/// Downloads an endpoint; gives the number of pages of its largest question.
pub(super) async fn endpoint(
    run: &Arc<Run>,
    endpoint: &'static Endpoint,
    kind: RunKind,
    high_water: Option<i64>,
) -> Result<u32, PullError> {
    let now = run.client.clock().now_ms();
    let this_year = jiff::Timestamp::from_millisecond(now).map_or(2000, |t| t.to_zoned(jiff::tz::TimeZone::UTC).year());
    let mut most = 0;
    let increment = high_water.filter(|_| kind == RunKind::Incremental && endpoint.incremental);
    'plan: loop {
        let slices = match increment {
            // Two minutes of overlap for clocks that differ; a record that comes twice replaces itself.
            Some(ms) => vec![plan::changed(0, ms - 120_000)],
            None => {
                let progress = run.progress.lock().await;
                plan::full(endpoint, run.options.since, |name| progress.is_split(name), this_year)
            }
        };
        for one in &slices {
            match slice(run, endpoint, one).await {
                Ok(pages) => most = most.max(pages),
                Err(PullError::Api(ApiError::HighVolume { path })) => {
                    let Some(name) = plan::split(endpoint, one) else { return Err(ApiError::HighVolume { path }.into()) };
                    run.progress.lock().await.split(&*run.folder, endpoint.name, one.number, &name).map_err(PullError::Folder)?;
                    continue 'plan;
                }
                Err(error) => return Err(error),
            }
        }
        break;
    }
    let rows = run.progress.lock().await.of(endpoint.name).map(|page| page.rows).sum();
    run.say(Event::Done { endpoint: endpoint.name.to_owned(), rows });
    Ok(most)
}

/// One more question after a full load: what changed since it began.
pub(super) async fn catch_up(run: &Arc<Run>, endpoint: &'static Endpoint, since_ms: i64) -> Result<(), PullError> {
    slice(run, endpoint, &plan::changed(plan::CATCH_UP, since_ms)).await.map(|_| ())
}

/// All pages of one question. When records shifted between pages so that one was missed, the question is asked again.
async fn slice(run: &Arc<Run>, endpoint: &'static Endpoint, slice: &Slice) -> Result<u32, PullError> {
    for pass in 1..=PASSES {
        let (pages, ids, promised) = all_pages(run, endpoint, slice).await?;
        let complete = promised.is_none_or(|promised| ids.len() as u64 >= promised);
        if complete || pass == PASSES || pages <= 1 {
            return Ok(pages);
        }
        run.say(Event::Note { message: format!("{}: records changed while they were read; reading them again", endpoint.name) });
        run.progress.lock().await.discard(&*run.folder, endpoint.name, slice.number).map_err(PullError::Folder)?;
    }
    Ok(0)
}

/// Pages, distinct ids, and how many records the last answer promised (known only for pages fetched in this process).
async fn all_pages(run: &Arc<Run>, endpoint: &'static Endpoint, slice: &Slice) -> Result<(u32, HashSet<u64>, Option<u64>), PullError> {
    let (first, mut ids) = page(run, endpoint, slice, 1).await?;
    let mut promised = first.items;
    let mut resumed = ids.is_none();
    if !endpoint.paged {
        return Ok((1, HashSet::new(), None));
    }
    if first.items.is_some_and(|items| items > SLICE_ABOVE) && plan::split(endpoint, slice).is_some() {
        return Err(ApiError::HighVolume { path: endpoint.name.to_owned() }.into());
    }
    let mut seen: HashSet<u64> = ids.take().unwrap_or_default().into_iter().collect();
    let mut pages = first.pages;
    if pages == 0 {
        // No pagination in the answer: ask on until a page is empty or does not fill what was asked for.
        let mut number = 1;
        let mut rows = first.rows;
        let full_page = first.rows;
        while rows > 0 && rows == full_page {
            number += 1;
            let (next, more) = page(run, endpoint, slice, number).await?;
            rows = next.rows;
            resumed |= more.is_none();
            seen.extend(more.unwrap_or_default());
        }
        pages = number;
    } else {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 2..=pages {
            let (run, slice) = (run.clone(), slice.clone());
            tasks.spawn(async move { page(&run, endpoint, &slice, number).await });
        }
        let mut last = pages;
        while let Some(done) = tasks.join_next().await {
            let (next, more) = done.map_err(|error| PullError::Folder(format!("a download task failed: {error}")))??;
            last = last.max(next.pages);
            promised = promised.max(next.items);
            resumed |= more.is_none();
            seen.extend(more.unwrap_or_default());
        }
        // The list grew while it was read.
        for number in pages + 1..=last {
            let (_, more) = page(run, endpoint, slice, number).await?;
            seen.extend(more.unwrap_or_default());
        }
        pages = last;
    }
    // Ids of pages from an earlier process are not at hand: the catch-up pass covers those.
    Ok((pages, seen, promised.filter(|_| !resumed)))
}

/// One page: from disk when an earlier run has it, else from Xero. Ids only when fetched now.
async fn page(run: &Arc<Run>, endpoint: &'static Endpoint, slice: &Slice, number: u32) -> Result<(Page, Option<Vec<u64>>), PullError> {
    if let Some(page) = run.progress.lock().await.find(endpoint.name, slice.number, number) {
        return Ok((page.clone(), None));
    }
    let mut query: Vec<(String, String)> = endpoint.query.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    if let Some(filter) = &slice.filter {
        query.push(("where".to_owned(), filter.clone()));
    }
    if endpoint.paged {
        query.push(("page".to_owned(), number.to_string()));
        query.push(("pageSize".to_owned(), run.options.page_size.to_string()));
        // Ordered by a key that never changes, a record that is edited keeps its place.
        query.push(("order".to_owned(), format!("{} ASC", endpoint.id)));
    }
    let mut body = run.client.get(endpoint.name, &query, slice.modified_since.as_deref()).await?;
    if body.is_empty() {
        body = format!("{{\"{}\":[]}}", endpoint.list).into_bytes();
    }
    let peek = peek(endpoint, &body)?;
    let page = Page {
        endpoint: endpoint.name.to_owned(),
        slice: slice.number,
        page: number,
        pages: if endpoint.paged { peek.pages.unwrap_or(0) } else { 1 },
        items: peek.items,
        rows: peek.ids.len(),
        earliest: peek.earliest,
        target: None,
        bytes: body.len() as u64,
        sha256: checksum(&body),
    };
    run.keep(page.clone(), &body).await?;
    run.say(Event::Page {
        endpoint: endpoint.name.to_owned(),
        page: number,
        pages: page.pages.max(number),
        rows: page.rows,
        calls: run.client.calls(),
        calls_left_today: run.client.day_left(),
    });
    Ok((page, Some(peek.ids)))
}
