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

/// 100,000 invoices' worth of pages and 60 month ends at 60 calls a minute and 1,000 a day, with tokens of 30 minutes, some of them ending early, and
/// limits tripped by somebody else: nothing lost, nothing twice. By default a tenth of it, in smaller pages: as many calls.
async fn large() -> Result<(), Failed> {
    let documents = if std::env::var_os("XERO_PBIT_FULL").is_some() { 20_000 } else { 2_000 };
    let page_size = documents / 100;
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let options = xero_pbit::sample::Options::new(9, documents, 60, xero_pbit::sample::Country::Uk);
    xero_pbit::sample::generate(&options, &mut files)?;
    let options = Options { page_size, ..Options::default() };
    let roomy = Limits { per_minute: 60, per_day: 100_000, concurrent: 5 };
    let clean = Arc::new(MemoryFolder::default());
    let undisturbed = world(files.clone(), "", roomy).await;
    let started = undisturbed.clock.0.load(Ordering::SeqCst);
    let summary = pull(&undisturbed, &clean, options.clone()).await?;
    let minutes = (undisturbed.clock.0.load(Ordering::SeqCst) - started) as f64 / 60_000.0;
    check(undisturbed.mock.lock().unwrap().log.iter().all(|call| call.status < 400), "a faultless load trips no limit")?;
    println!("{} calls in {minutes:.1} minutes: {:.1} % of 60 a minute", summary.calls, summary.calls as f64 / minutes / 0.6);
    let faulty = world(files, "429%40,expire%90,500%70,429-bare%110", Limits { per_day: 150, ..roomy }).await;
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
    let log = &faulty.mock.lock().unwrap().log;
    let renewed = log.iter().filter(|call| call.path == "/connect/token" && call.status == 200).count();
    let refused = log.iter().filter(|call| call.status == 401).count();
    check(refused <= 6 * renewed, format!("{refused} calls with a token that was known to be refused, {renewed} renewals"))?;
    check(days > 1, "the day's limit must have been reached")?;
    let (got, wanted) = (records(&folder.pages()), records(&clean.pages()));
    check(got.keys().eq(wanted.keys()), "lost or too many")?;
    let ids = |pages: &std::collections::BTreeMap<String, Vec<u8>>| -> usize {
        pages
            .iter()
            .filter(|(path, _)| path.starts_with("Invoices/"))
            .map(|(_, bytes)| String::from_utf8_lossy(bytes).matches("\"InvoiceNumber\"").count())
            .sum()
    };
    check(ids(&folder.pages()) == ids(&clean.pages()), "an invoice came twice")
}
