//! The client against the look-alike, in one process, under a virtual clock: faults, kills, limits, increments.

mod clock;
mod command;
mod contract;
mod desk;
mod listener;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use libtest_mimic::{Failed, Trial};
use xero_pbit::mock::{Company, Limits, Mock, Request, parse_faults, parse_form};
use xero_pbit::sample;
use xero_pbit::xero::client::{ApiError, Client};
use xero_pbit::xero::limiter::Limiter;
use xero_pbit::xero::pull::{self, Event, Folder, Options, PullError};
use xero_pbit::xero::sign_in::{SignInError, Xero, event_of};
use xero_pbit::xero::token::{Grant, Token, TokenStore, Tokens};
use xero_pbit::xero::{Addresses, BoxFuture, Clock, HttpRequest, HttpResponse, Secret, Transport, TransportError, scope};

/// A clock that jumps to the end of every wait; and how far it is off, which no wait notices.
struct VirtualClock(AtomicI64, AtomicI64);

impl Clock for VirtualClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst) + self.1.load(Ordering::SeqCst)
    }

    fn sleep(&self, ms: u64) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let until = self.0.load(Ordering::SeqCst) + ms as i64;
            // Let everybody else who is ready run first; then time passes.
            for _ in 0..64 {
                tokio::task::yield_now().await;
            }
            self.0.fetch_max(until, Ordering::SeqCst);
        })
    }
}

/// The look-alike without sockets. Each call takes a while of virtual time.
struct Wire {
    mock: Arc<Mutex<Mock>>,
    clock: Arc<VirtualClock>,
    in_flight: AtomicU64,
    call_ms: Arc<AtomicU64>,
}

/// A call under way; it ends when it is answered or given up.
struct UnderWay<'a>(&'a AtomicU64);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Transport for Wire {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async move {
            let rest = request.url.strip_prefix("http://localhost:1").expect("addresses of the test");
            let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
            let headers: BTreeMap<String, String> = request.headers.iter().map(|(k, v)| (k.to_lowercase(), v.clone())).collect();
            let ours = Request {
                method: request.method.to_owned(),
                path: path.to_owned(),
                query: parse_form(query).into_iter().collect(),
                headers,
                body: request.body,
            };
            let in_flight = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
            let under_way = UnderWay(&self.in_flight);
            // Xero's clock is right, whatever ours says.
            let there = self.clock.0.load(Ordering::SeqCst);
            let mut answer = self.mock.lock().unwrap().answer(&ours, there, in_flight as u32);
            let date = jiff::Timestamp::from_millisecond(there).expect("a moment").strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            answer.headers.push(("date".to_owned(), date));
            self.clock.sleep(self.call_ms.load(Ordering::SeqCst)).await;
            drop(under_way);
            if answer.drop {
                return Err(TransportError("the connection was closed".to_owned()));
            }
            if answer.cut_at.is_some() {
                return Err(TransportError("the connection broke in the middle of the answer".to_owned()));
            }
            Ok(HttpResponse { status: answer.status, headers: answer.headers, body: answer.body })
        })
    }
}

/// Pages in memory; stops everything after so many operations, as a kill does.
#[derive(Default)]
struct MemoryFolder {
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    left: Mutex<Option<u64>>,
}

impl MemoryFolder {
    fn step(&self) -> Result<(), String> {
        match &mut *self.left.lock().unwrap() {
            Some(0) => Err("killed".to_owned()),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Everything that readers see.
    fn pages(&self) -> BTreeMap<String, Vec<u8>> {
        self.files
            .lock()
            .unwrap()
            .iter()
            .filter(|(path, _)| !path.starts_with(".state") && *path != "manifest.json")
            .map(|(p, b)| (p.clone(), b.clone()))
            .collect()
    }
}

impl Folder for MemoryFolder {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.files.lock().unwrap().get(path).cloned())
    }
    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), String> {
        self.step()?;
        self.files.lock().unwrap().insert(path.to_owned(), bytes.to_vec());
        Ok(())
    }
    fn append(&self, path: &str, line: &str) -> Result<(), String> {
        let killed = self.step();
        let mut files = self.files.lock().unwrap();
        let file = files.entry(path.to_owned()).or_default();
        if killed.is_err() {
            // A kill in the middle of an append leaves a cut line.
            file.extend_from_slice(&line.as_bytes()[..line.len() / 2]);
            return killed;
        }
        file.extend_from_slice(line.as_bytes());
        file.push(b'\n');
        Ok(())
    }
    fn rename(&self, from: &str, to: &str) -> Result<bool, String> {
        self.step()?;
        let mut files = self.files.lock().unwrap();
        Ok(files.remove(from).map(|bytes| files.insert(to.to_owned(), bytes)).is_some())
    }
    fn remove(&self, path: &str) -> Result<(), String> {
        self.step()?;
        self.files.lock().unwrap().remove(path);
        Ok(())
    }
    fn remove_all(&self, folder: &str) -> Result<(), String> {
        self.step()?;
        let prefix = format!("{folder}/");
        self.files.lock().unwrap().retain(|path, _| !path.starts_with(&prefix));
        Ok(())
    }
    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        let prefix = format!("{folder}/");
        Ok(self
            .files
            .lock()
            .unwrap()
            .keys()
            .filter_map(|path| path.strip_prefix(&prefix))
            .filter(|rest| !rest.contains('/'))
            .map(str::to_owned)
            .collect())
    }
}

#[derive(Default)]
struct MemoryStore(Mutex<Option<Token>>);

impl TokenStore for MemoryStore {
    fn load(&self) -> Result<Option<Token>, String> {
        Ok(self.0.lock().unwrap().clone())
    }
    fn save(&self, token: &Token) -> Result<(), String> {
        *self.0.lock().unwrap() = Some(token.clone());
        Ok(())
    }
    fn lock(&self) -> Result<Box<dyn std::any::Any + Send>, String> {
        Ok(Box::new(()))
    }
}

/// The moment that sample companies are of: 2026-11-12.
const NOW: i64 = 1_794_441_600_000;

fn addresses() -> Addresses {
    let base = "http://localhost:1".to_owned();
    Addresses { api: format!("{base}/api.xro/2.0"), connections: format!("{base}/connections"), identity: base.clone(), login: base }
}

fn company_files(documents: u32) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let options = sample::Options::new(7, documents, 14, sample::Country::Nz);
    sample::generate(&options, &mut files).expect("memory takes everything");
    files
}

/// A signed-in world around one company.
struct World {
    mock: Arc<Mutex<Mock>>,
    clock: Arc<VirtualClock>,
    client: Arc<Client>,
    store: Arc<MemoryStore>,
    xero: Xero,
    /// How long a call takes, in milliseconds of the virtual clock.
    call_ms: Arc<AtomicU64>,
}

async fn sign_in(xero: &Xero, mock: &Mutex<Mock>, now_ms: i64) -> Result<Token, SignInError> {
    let scopes: Vec<String> = scope::GRANULAR.iter().chain(&scope::VERIFY).map(|s| (*s).to_owned()).collect();
    let pending = xero.start("app", None, "http://localhost:8400/callback", &scopes)?;
    let query = pending.url.split_once('?').expect("an address with a query").1;
    let request = Request {
        method: "GET".to_owned(),
        path: "/identity/connect/authorize".to_owned(),
        query: parse_form(query).into_iter().collect(),
        ..Request::default()
    };
    let answer = mock.lock().unwrap().answer(&request, now_ms, 1);
    let back = parse_form(answer.header("location").expect("the consent redirects").split_once('?').expect("a query").1);
    xero.finish(&pending, &back["code"], &back["state"]).await
}

async fn world(files: Vec<(String, Vec<u8>)>, faults: &str, limits: Limits) -> World {
    let company = Company::from_files(files).expect("a company folder");
    let tenant = company.tenant_id.clone();
    let mock = Arc::new(Mutex::new(Mock::new(vec![company], limits, parse_faults(faults).expect("faults of the test"))));
    let clock = Arc::new(VirtualClock(AtomicI64::new(NOW), AtomicI64::new(0)));
    let call_ms = Arc::new(AtomicU64::new(200));
    let wire = Arc::new(Wire { mock: mock.clone(), clock: clock.clone(), in_flight: AtomicU64::new(0), call_ms: call_ms.clone() });
    let xero = Xero::new(wire.clone(), clock.clone(), addresses());
    let token = sign_in(&xero, &mock, NOW).await.expect("the look-alike signs in");
    let store = Arc::new(MemoryStore(Mutex::new(Some(token))));
    let grant = Grant::Refresh { client_id: "app".to_owned(), secret: None };
    let tokens = Arc::new(Tokens::new(xero.clone(), grant, store.clone(), clock.clone()));
    let limiter = Arc::new(Limiter::new(clock.clone(), 58));
    let client = Arc::new(Client::new(wire, clock.clone(), tokens, limiter, addresses().api, tenant));
    World { mock, clock, client, store, xero, call_ms }
}

fn small() -> Options {
    Options { page_size: 50, ..Options::default() }
}

async fn pull(world: &World, folder: &Arc<MemoryFolder>, options: Options) -> Result<pull::Summary, PullError> {
    pull::run(world.client.clone(), folder.clone(), options, Arc::new(|_: Event| {})).await
}

/// Ids → record text, the later page winning: what a reader makes of the folder.
fn records(pages: &BTreeMap<String, Vec<u8>>) -> BTreeMap<(String, String), String> {
    let mut all = BTreeMap::new();
    let mut names: Vec<(&str, u64, &Vec<u8>)> = Vec::new();
    for (path, bytes) in pages {
        let (folder, file) = path.split_once('/').expect("pages lie in folders");
        match file.trim_end_matches(".json").parse() {
            Ok(number) => names.push((folder, number, bytes)),
            Err(_) => {
                all.insert((folder.to_owned(), file.to_owned()), String::from_utf8_lossy(bytes).into_owned());
            }
        }
    }
    names.sort();
    for (folder, _, bytes) in names {
        let value: serde_json::Value = serde_json::from_slice(bytes).expect("pages are JSON");
        let list = value.as_object().expect("an envelope").values().find_map(|v| v.as_array()).expect("a list");
        for record in list {
            let id_key = xero_pbit::xero::endpoint::find(folder).expect("a known endpoint").id;
            all.insert((folder.to_owned(), record[id_key].as_str().unwrap_or_default().to_owned()), record.to_string());
        }
    }
    all
}

fn block<F: Future<Output = Result<(), Failed>>>(future: F) -> Result<(), Failed> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

fn check(holds: bool, message: impl Into<String>) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(message.into().into()) }
}

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("xero::a_full_pull_brings_every_record", || block(full_pull())),
        Trial::test("xero::an_increment_brings_what_changed", || block(increment())),
        Trial::test("xero::a_kill_at_any_step_loses_nothing", || block(kills())),
        Trial::test("xero::a_day_limit_stops_and_the_next_day_continues", || block(day_limit())),
        Trial::test("xero::the_minute_limit_is_used_and_never_tripped", || block(minute_limit())),
        Trial::test("xero::a_long_load_outlives_its_tokens", || block(long_load())),
        Trial::test("xero::a_foreign_state_and_a_used_code_are_refused", || block(bad_sign_ins())),
        Trial::test("xero::a_start_date_keeps_older_open_documents", || block(start_date())),
        Trial::test("xero::two_organisations_never_share_a_folder", || block(other_organisation())),
    ];
    trials.extend(clock::trials());
    trials.extend(command::trials());
    trials.extend(contract::trials());
    trials.extend(listener::trials());
    for endpoint in [
        "Contacts",
        "Invoices",
        "CreditNotes",
        "Payments",
        "BankTransactions",
        "BankTransfers",
        "Accounts",
        "Items",
        "Overpayments",
        "TrialBalance",
    ] {
        trials.push(Trial::test(format!("xero::faults_at_{endpoint}"), move || block(faults(endpoint))));
    }
    trials
}

async fn full_pull() -> Result<(), Failed> {
    let files = company_files(120);
    let world = world(files.clone(), "", Limits::default()).await;
    let folder = Arc::new(MemoryFolder::default());
    let summary = pull(&world, &folder, small()).await?;
    let pulled = folder.pages();
    let (got, wanted) = (
        records(&pulled),
        records(
            &files
                .into_iter()
                .filter(|(path, _)| xero_pbit::xero::endpoint::find(path.split('/').next().unwrap_or_default()).is_some())
                .collect(),
        ),
    );
    for key in wanted.keys().filter(|key| key.0 != "ExpenseClaims") {
        check(got.contains_key(key), format!("{key:?} was not pulled"))?;
    }
    check(pulled.contains_key("TrialBalance/2026-11-12.json"), "the trial balance of Xero's today is missing")?;
    check(summary.missing.iter().all(|m| m.endpoint == "ExpenseClaims"), format!("missing: {:?}", summary.missing))?;
    let log = &world.mock.lock().unwrap().log;
    check(log.iter().all(|call| call.status < 400), "a faultless pull makes no failing call")
}

async fn increment() -> Result<(), Failed> {
    let files = company_files(60);
    let world = world(files, "", Limits::default()).await;
    let folder = Arc::new(MemoryFolder::default());
    pull(&world, &folder, small()).await?;
    let before = folder.pages();
    world.clock.0.fetch_add(3_600_000, Ordering::SeqCst);
    let calls = world.client.calls();
    let summary = pull(&world, &folder, small()).await?;
    check(summary.calls - calls < 40, format!("an increment needs few calls, made {}", summary.calls - calls))?;
    check(records(&folder.pages()) == records(&before), "an increment without changes changes nothing")?;
    let asked = world.mock.lock().unwrap().log.iter().filter(|c| c.path.ends_with("/Invoices") && c.if_modified_since.is_some()).count();
    check(asked >= 1, "an increment asks with If-Modified-Since")
}

/// Everything that a reader sees after a run that was killed and continued must be what an undisturbed run gives.
async fn kills() -> Result<(), Failed> {
    let files = company_files(40);
    let options = Options { page_size: 20, ..Options::default() };
    let undisturbed = Arc::new(MemoryFolder::default());
    pull(&world(files.clone(), "", Limits::default()).await, &undisturbed, options.clone()).await?;
    let wanted = records(&undisturbed.pages());
    let mut at = 1;
    loop {
        let folder = Arc::new(MemoryFolder { left: Mutex::new(Some(at)), ..MemoryFolder::default() });
        let first = world(files.clone(), "", Limits::default()).await;
        let killed = pull(&first, &folder, options.clone()).await.is_err();
        *folder.left.lock().unwrap() = None;
        let second = world(files.clone(), "", Limits::default()).await;
        pull(&second, &folder, options.clone()).await.map_err(|error| format!("killed at step {at}: the next run failed: {error}"))?;
        check(records(&folder.pages()) == wanted, format!("killed at step {at}: another result"))?;
        check(
            !folder.files.lock().unwrap().keys().any(|path| path.starts_with(".state/incoming")),
            format!("killed at step {at}: leftovers"),
        )?;
        if !killed {
            return Ok(());
        }
        // Every step early on, where most kinds of step occur; then a sample.
        at += if at < 40 { 1 } else { 7 };
    }
}

async fn faults(endpoint: &str) -> Result<(), Failed> {
    let files = company_files(60);
    let clean = Arc::new(MemoryFolder::default());
    pull(&world(files.clone(), "", Limits::default()).await, &clean, small()).await?;
    let wanted = records(&clean.pages());
    for fault in ["429", "429-bare", "500", "502", "503", "504", "expire", "truncate", "cut", "slow", "drop", "html", "change"] {
        let spec = format!("{fault}@{endpoint}");
        let world = world(files.clone(), &spec, Limits::default()).await;
        let folder = Arc::new(MemoryFolder::default());
        pull(&world, &folder, small()).await.map_err(|error| format!("{spec}: {error}"))?;
        let got = records(&folder.pages());
        let same = if fault == "change" { got.keys().eq(wanted.keys()) } else { got == wanted };
        check(same, format!("{spec}: another result"))?;
    }
    for (fault, word) in [("role", "role"), ("scope", "scope")] {
        let spec = format!("{fault}@{endpoint}");
        let world = world(files.clone(), &spec, Limits::default()).await;
        let folder = Arc::new(MemoryFolder::default());
        let summary = pull(&world, &folder, small()).await.map_err(|error| format!("{spec}: {error}"))?;
        let named = summary.missing.iter().any(|m| m.endpoint == endpoint && m.reason.contains(word));
        check(named, format!("{spec}: not named in {:?}", summary.missing))?;
    }
    Ok(())
}

async fn day_limit() -> Result<(), Failed> {
    let files = company_files(120);
    let limits = Limits { per_day: 15, ..Limits::default() };
    let world = world(files, "", limits).await;
    let folder = Arc::new(MemoryFolder::default());
    let mut runs = 0;
    loop {
        runs += 1;
        check(runs < 20, "the pull never ends")?;
        match pull(&world, &folder, small()).await {
            Ok(_) => break,
            Err(PullError::Api(ApiError::DayLimit { resume_ms })) => {
                check(resume_ms > world.clock.now_ms(), "the time to go on lies ahead")?;
                world.clock.0.store(resume_ms + 1_000, Ordering::SeqCst);
            }
            Err(other) => return Err(other.to_string().into()),
        }
    }
    check(runs > 1, "the limit must have been reached")?;
    check(records(&folder.pages()).len() > 200, "everything is there in the end")
}

async fn minute_limit() -> Result<(), Failed> {
    let world = world(company_files(600), "", Limits::default()).await;
    let folder = Arc::new(MemoryFolder::default());
    let started = world.clock.now_ms();
    let summary = pull(&world, &folder, Options { page_size: 4, ..Options::default() }).await?;
    let minutes = (world.clock.now_ms() - started) as f64 / 60_000.0;
    let log = &world.mock.lock().unwrap().log;
    check(log.iter().all(|call| call.status != 429), "the client must never trip the limit by itself")?;
    let used = summary.calls as f64 / (minutes * 60.0);
    check(used >= 0.95, format!("{} calls in {minutes:.1} minutes use {:.0} % of the allowance", summary.calls, used * 100.0))
}

async fn long_load() -> Result<(), Failed> {
    let files = company_files(600);
    let clean = Arc::new(MemoryFolder::default());
    let options = Options { page_size: 1, endpoints: vec!["Invoices".to_owned(), "Payments".to_owned()], ..Options::default() };
    let limits = Limits { per_minute: 60, per_day: 100_000, concurrent: 5 };
    let undisturbed = world(files.clone(), "", limits).await;
    pull(&undisturbed, &clean, options.clone()).await?;
    let world = world(files, "429%50,expire#200", limits).await;
    let folder = Arc::new(MemoryFolder::default());
    let started = world.clock.now_ms();
    pull(&world, &folder, options).await?;
    check(world.clock.now_ms() - started > 15 * 60_000, "the load must last long enough to matter")?;
    check(records(&folder.pages()) == records(&clean.pages()), "another result")?;
    let renewed = world.store.load()?.expect("a token").made_ms;
    check(renewed > NOW, "the token was renewed on the way")
}

async fn bad_sign_ins() -> Result<(), Failed> {
    let world = world(company_files(10), "", Limits::default()).await;
    let scopes = vec!["offline_access".to_owned()];
    let pending = world.xero.start("app", None, "http://localhost:8400/callback", &scopes)?;
    let foreign = world.xero.finish(&pending, "code", "another-state").await;
    check(matches!(foreign, Err(SignInError::State)), "a foreign state is refused")?;
    let token = sign_in(&world.xero, &world.mock, NOW).await?;
    check(event_of(&token.access).is_some(), "the token names its consent")?;
    check(format!("{token:?}").contains("[secret]") && !format!("{token:?}").contains(token.access.reveal()), "a token never shows")?;
    let spent = world.xero.refresh("app", None, &Secret::new("no such token")).await;
    check(matches!(spent, Err(SignInError::Ended)), "an unknown refresh token ends the sign-in")
}

async fn start_date() -> Result<(), Failed> {
    let files = company_files(200);
    let world = world(files, "", Limits::default()).await;
    let folder = Arc::new(MemoryFolder::default());
    let since = "2026-06-01".parse().expect("a date");
    pull(&world, &folder, Options { since: Some(since), ..small() }).await?;
    let pages = folder.pages();
    let mut older_open = 0;
    for ((folder, _), record) in records(&pages) {
        if folder != "Invoices" {
            continue;
        }
        let value: serde_json::Value = serde_json::from_str(&record)?;
        let ms: i64 =
            value["Date"].as_str().unwrap_or_default().trim_start_matches("/Date(").split('+').next().unwrap_or_default().parse()?;
        if ms < 1_780_272_000_000 {
            check(value["Status"] == "AUTHORISED", "only open documents are older than the start date")?;
            older_open += 1;
        }
    }
    check(older_open > 0, "older open documents are there")?;
    check(
        pages.contains_key("TrialBalance/2026-05-31.json") && !pages.contains_key("TrialBalance/2026-04-30.json"),
        "the trial balance of the month before, and no older one",
    )
}

async fn other_organisation() -> Result<(), Failed> {
    let folder = Arc::new(MemoryFolder::default());
    pull(&world(company_files(20), "", Limits::default()).await, &folder, small()).await?;
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    sample::generate(&sample::Options::new(8, 20, 3, sample::Country::Uk), &mut files)?;
    let other = world(files, "", Limits::default()).await;
    let outcome = pull(&other, &folder, small()).await;
    check(matches!(outcome, Err(PullError::OtherOrganisation { .. })), "the folder belongs to another organisation")
}
