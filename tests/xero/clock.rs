//! Clocks that jump or are wrong, large companies under a virtual clock, and how many calls are made.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use libtest_mimic::{Failed, Trial};
use xero_pbit::mock::{Company, Limits};
use xero_pbit::xero::client::ApiError;
use xero_pbit::xero::pull::{Event, Options, PullError, run};

use super::desk::later;
use super::{MemoryFolder, NOW, block, check, company_files, pull, records, small, world};

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("xero::clock::a_clock_that_jumps_in_the_middle", || block(jumps())),
        Trial::test("xero::clock::a_clock_that_is_ahead_misses_no_change", || block(ahead())),
        Trial::test("xero::clock::a_renewal_without_answer_is_tried_again", || block(renewal())),
        Trial::test("xero::clock::too_broad_questions_are_asked_in_pieces", || block(too_broad())),
        Trial::test("xero::clock::calls_stay_near_the_minimum", || block(calls())),
        Trial::test("xero::clock::a_large_company_within_its_limits", || block(large())),
    ]
}

const HOUR: i64 = 3_600_000;

/// Set back or ahead by hours or years in the middle of a load: it ends, with the same result.
async fn jumps() -> Result<(), Failed> {
    let files = company_files(60);
    let clean = Arc::new(MemoryFolder::default());
    pull(&world(files.clone(), "", Limits::default()).await, &clean, small()).await?;
    let wanted = records(&clean.pages());
    for jump in [-26 * HOUR, -HOUR, HOUR, 26 * HOUR, 20 * 365 * 24 * HOUR] {
        let world = world(files.clone(), "", Limits::default()).await;
        let folder = Arc::new(MemoryFolder::default());
        let (clock, mock) = (world.clock.clone(), world.mock.clone());
        let jumped = std::sync::atomic::AtomicBool::new(false);
        let events = Arc::new(move |event: Event| {
            if matches!(event, Event::Page { .. }) && mock.lock().unwrap().log.len() > 10 && !jumped.swap(true, Ordering::SeqCst) {
                clock.1.fetch_add(jump, Ordering::SeqCst);
            }
        });
        run(world.client.clone(), folder.clone(), small(), events).await.map_err(|error| format!("jump of {jump}: {error}"))?;
        check(records(&folder.pages()) == wanted, format!("jump of {jump}: another result"))?;
        check(world.clock.0.load(Ordering::SeqCst) - NOW < HOUR, format!("jump of {jump}: it waited for hours"))?;
        // And the next day's increment, by the clock that now is, is an increment that works.
        world.clock.0.fetch_add(24 * HOUR, Ordering::SeqCst);
        pull(&world, &folder, small()).await.map_err(|error| format!("after a jump of {jump}: {error}"))?;
        check(records(&folder.pages()) == wanted, format!("after a jump of {jump}: another result"))?;
    }
    Ok(())
}

/// Our clock an hour ahead of Xero's: what changes in that hour is still asked for.
async fn ahead() -> Result<(), Failed> {
    let files = company_files(60);
    let world = world(files.clone(), "", Limits::default()).await;
    world.clock.1.store(HOUR, Ordering::SeqCst);
    let folder = Arc::new(MemoryFolder::default());
    pull(&world, &folder, small()).await?;
    // Ten minutes later by any clock something changes, stamped with Xero's time.
    world.clock.0.fetch_add(10 * 60_000, Ordering::SeqCst);
    let changed = later(&files, world.clock.0.load(Ordering::SeqCst));
    world.mock.lock().unwrap().replace(Company::from_files(changed)?);
    world.clock.0.fetch_add(60_000, Ordering::SeqCst);
    pull(&world, &folder, small()).await?;
    let all = records(&folder.pages());
    let void = all.iter().filter(|((list, _), text)| list == "Invoices" && text.contains("\"Status\":\"VOIDED\"")).count();
    check(void >= 8, format!("the changes of the hour are there: {void} void invoices"))
}

/// The token endpoint fails for a while in the middle of a load: the renewal is tried again with the old refresh token.
async fn renewal() -> Result<(), Failed> {
    let files = company_files(60);
    let faults = "expire#8,drop@token#1,500@token#2,html@token#3,503@token#4";
    let world = world(files, "", Limits::default()).await;
    world.mock.lock().unwrap().set_faults(xero_pbit::mock::parse_faults(faults)?);
    let folder = Arc::new(MemoryFolder::default());
    let outcome = pull(&world, &folder, small()).await;
    // HTML with status 200 is no answer to wait for; everything before it was.
    check(matches!(&outcome, Err(PullError::Api(ApiError::SignIn(_)))), format!("{:?}", outcome.as_ref().err()))?;
    pull(&world, &folder, small()).await?;
    check(records(&folder.pages()).len() > 200, "everything is there in the end")
}

/// A year that is too much for Xero, and in it a month: the same records by another way.
async fn too_broad() -> Result<(), Failed> {
    let files = company_files(120);
    let clean = Arc::new(MemoryFolder::default());
    pull(&world(files.clone(), "", Limits::default()).await, &clean, small()).await?;
    let wanted = records(&clean.pages());
    // The first question, then that of the second slice: 2017's or so; then that of a later year with records.
    for faults in ["high-volume@Invoices", "high-volume@Invoices#1,high-volume@Invoices#11", "high-volume@Payments,high-volume@CreditNotes"]
    {
        let world = world(files.clone(), faults, Limits::default()).await;
        let folder = Arc::new(MemoryFolder::default());
        pull(&world, &folder, small()).await.map_err(|error| format!("{faults}: {error}"))?;
        check(records(&folder.pages()) == wanted, format!("{faults}: another result"))?;
        let asked = world.mock.lock().unwrap().log.iter().filter(|c| c.query.iter().any(|q| q.starts_with("where=Date"))).count();
        check(asked > 10, format!("{faults}: asked in pieces, {asked} times"))?;
    }
    Ok(())
}

/// Calls of a full load: at most 1.02 × the minimum. The minimum asks each page once, each month end once and three unpaged lists.
async fn calls() -> Result<(), Failed> {
    for (documents, page_size) in [(3_000, 20), (1_200, 1_000)] {
        let files = company_files(documents);
        let world = world(files.clone(), "", Limits { per_minute: 100_000, per_day: 100_000, concurrent: 5 }).await;
        let folder = Arc::new(MemoryFolder::default());
        let summary = pull(&world, &folder, Options { page_size, ..Options::default() }).await?;
        let count = |list: &str| summary.rows.get(list).copied().unwrap_or(0);
        let paged: usize = ["Contacts", "Invoices", "CreditNotes", "BankTransactions", "Payments", "Overpayments", "Prepayments"]
            .iter()
            .map(|list| count(list).div_ceil(page_size as usize).max(1))
            .sum();
        let months = folder.pages().keys().filter(|path| path.starts_with("TrialBalance/")).count();
        // Organisation, accounts, items, transfers, expense claims, lists, trial balances, and a bank summary a year, which is not asked for any more.
        let minimum = 5 + paged + months + months.div_ceil(12);
        let used = summary.calls as usize;
        println!("{documents} documents in pages of {page_size}: {used} calls, minimum {minimum}");
        check(used as f64 <= 1.02 * minimum as f64, format!("{used} calls where {minimum} are the minimum"))?;
    }
    Ok(())
}

/// A company of 100,000 invoices and 60 month ends in pages of 1,000, at 60 calls a minute and 150 a day, with tokens of 30 minutes, some of them ending
/// early, limits tripped by somebody else, and answers that take a minute, so that tokens also end by themselves: nothing lost, nothing twice. By
/// default a fiftieth of it in smaller pages, as many calls; all of it with `XERO_PBIT_FULL` (`cargo test --release --test main -- a_large_company`).
async fn large() -> Result<(), Failed> {
    let documents = if std::env::var_os("XERO_PBIT_FULL").is_some() { 100_000 } else { 2_000 };
    let page_size = documents / 100;
    let began = std::time::Instant::now();
    let files = || -> Result<Vec<(String, Vec<u8>)>, Failed> {
        let mut files = Vec::new();
        let options = xero_pbit::sample::Options::new(9, documents, 60, xero_pbit::sample::Country::Uk);
        xero_pbit::sample::generate(&options, &mut files)?;
        Ok(files)
    };
    let options = Options { page_size, ..Options::default() };
    let roomy = Limits { per_minute: 60, per_day: 100_000, concurrent: 5 };
    let wanted = {
        let clean = Arc::new(MemoryFolder::default());
        let undisturbed = world(files()?, "", roomy).await;
        let started = undisturbed.clock.0.load(Ordering::SeqCst);
        let summary = pull(&undisturbed, &clean, options.clone()).await?;
        let minutes = (undisturbed.clock.0.load(Ordering::SeqCst) - started) as f64 / 60_000.0;
        check(undisturbed.mock.lock().unwrap().log.iter().all(|call| call.status < 400), "a faultless load trips no limit")?;
        let share = summary.calls as f64 / minutes / 0.6;
        println!("{} calls in {minutes:.1} minutes: {share:.1} % of 60 a minute", summary.calls);
        check(share >= 95.0, format!("{share:.1} % of the allowance"))?;
        contents(clean.pages())?
    };
    let count = |all: &Contents, list: &str| all.keys().filter(|(folder, _)| folder == list).count();
    check(count(&wanted, "Invoices") == documents as usize, format!("{} invoices of {documents}", count(&wanted, "Invoices")))?;
    check(count(&wanted, "TrialBalance") >= 60, format!("{} month ends", count(&wanted, "TrialBalance")))?;

    let faulty = world(files()?, "429%40,expire%170,500%70,429-bare%110", Limits { per_day: 150, ..roomy }).await;
    faulty.call_ms.store(60_000, Ordering::SeqCst);
    let folder = Arc::new(MemoryFolder::default());
    let mut days = 1;
    loop {
        match pull(&faulty, &folder, options.clone()).await {
            Ok(_) => break,
            Err(PullError::Api(ApiError::DayLimit { resume_ms })) => {
                days += 1;
                faulty.clock.0.fetch_max(resume_ms, Ordering::SeqCst);
                check(days < 10, "it never ends")?;
            }
            Err(other) => {
                let log = &faulty.mock.lock().unwrap().log;
                let last: Vec<String> = log
                    .iter()
                    .rev()
                    .filter(|c| c.status != 200 || c.path.contains("token"))
                    .take(40)
                    .map(|c| format!("{} {} {} {:?} {:?}", c.at_ms - NOW, c.path, c.status, c.fault, c.query))
                    .collect();
                return Err(format!("{other}; the last calls, newest first:\n{}", last.join("\n")).into());
            }
        }
    }
    {
        let log = &faulty.mock.lock().unwrap().log;
        let renewed: Vec<i64> =
            log.iter().filter(|call| call.path == "/connect/token" && call.status == 200).map(|call| call.at_ms).collect();
        let refused = log.iter().filter(|call| call.status == 401).count();
        println!("over {days} days: {} calls, {} renewals, {refused} tokens refused", log.len(), renewed.len());
        check(
            refused <= 6 * renewed.len(),
            format!("{refused} calls with a token that was known to be refused, {} renewals", renewed.len()),
        )?;
        check(days > 1, "the day's limit must have been reached")?;
        // Two renewals of one day, half an hour apart: a token that ended by itself.
        let aged = renewed.windows(2).any(|pair| (27 * 60_000..60 * 60_000).contains(&(pair[1] - pair[0])));
        check(aged, "a token must have ended by itself in the middle of the load")?;
    }
    let got = contents(folder.pages())?;
    check(got.keys().eq(wanted.keys()), "lost or too many")?;
    check(got == wanted, "a record differs, or is there more often")?;
    println!("{documents} invoices, {} records in all: {:.0} s", got.len(), began.elapsed().as_secs_f64());
    Ok(())
}

/// Endpoint and id → checksum of the record and how often it is there: small enough for companies of any size.
type Contents = std::collections::BTreeMap<(String, String), (u64, u32)>;

fn contents(pages: std::collections::BTreeMap<String, Vec<u8>>) -> Result<Contents, Failed> {
    use std::hash::{Hash, Hasher};
    let hash = |text: &str| {
        let mut hasher = std::hash::DefaultHasher::new();
        text.hash(&mut hasher);
        hasher.finish()
    };
    let mut all = Contents::new();
    for (path, bytes) in pages {
        let (folder, file) = path.split_once('/').ok_or("pages lie in folders")?;
        let Some(endpoint) = xero_pbit::xero::endpoint::find(folder) else {
            all.insert((folder.to_owned(), file.to_owned()), (hash(&String::from_utf8_lossy(&bytes)), 1));
            continue;
        };
        let page: std::collections::BTreeMap<&str, &serde_json::value::RawValue> = serde_json::from_slice(&bytes)?;
        let list: Vec<&serde_json::value::RawValue> = serde_json::from_str(page.get(endpoint.list).ok_or("a list")?.get())?;
        for raw in list {
            let record: serde_json::Value = serde_json::from_str(raw.get())?;
            let id = record[endpoint.id].as_str().unwrap_or_default().to_owned();
            let known = all.entry((folder.to_owned(), id)).or_default();
            *known = (hash(raw.get()), known.1 + 1);
        }
    }
    Ok(all)
}
