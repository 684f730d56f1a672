//! The look-alike of Xero without sockets, under a clock that costs no time, and the queries of a source run against it.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use xero_pbit::base::FileSet;
use xero_pbit::format::mez;
use xero_pbit::m::sources::{Clock, Credential, Http, HttpRequest, HttpResponse, Secret};
use xero_pbit::m::{self, Sources};
use xero_pbit::mock::{Company, Limits, LogEntry, Mock, Request, parse_faults, percent_decode};
use xero_pbit::power_query::{self, Connector, LoginPage, Refresh, Refreshed, SignedIn};
use xero_pbit::project::raw::SourceKind;
use xero_pbit::project::{self, Project};
use xero_pbit::sample::{self, Country, Options};
use xero_pbit::table::Table;

/// Files of a company folder.
pub type Pages = Vec<(String, Vec<u8>)>;

/// A small made-up company whose documents all lie after its first trial balance.
pub fn company(seed: u64, documents: u32, months: u32, country: Country) -> Pages {
    let mut pages: Pages = Vec::new();
    sample::generate(&Options::new(seed, documents, months, country), &mut pages).expect("memory takes every page");
    pages
}

/// The day after the first trial balance, as M.
pub fn start_date(pages: &Pages) -> String {
    let first = pages.iter().filter_map(|(path, _)| path.strip_prefix("TrialBalance/")?.strip_suffix(".json")).min();
    let mut parts = first.expect("a company has trial balances").split('-').map(|part| part.parse::<i32>().expect("a date"));
    let mut next = || parts.next().expect("three parts");
    let (year, month) = (next(), next());
    format!("#date({}, {}, 1)", if month == 12 { year + 1 } else { year }, month % 12 + 1)
}

/// The name of the organisation.
pub fn name_of(pages: &Pages) -> String {
    let (_, page) = pages.iter().find(|(path, _)| path == "Organisation/1.json").expect("an organisation");
    let page: serde_json::Value = serde_json::from_slice(page).expect("JSON");
    page["Organisations"][0]["Name"].as_str().expect("a name").to_owned()
}

/// Writes the files of a company.
pub fn write(folder: &Path, pages: &Pages) {
    for (path, bytes) in pages {
        let file = folder.join(path);
        std::fs::create_dir_all(file.parent().expect("a page lies in a folder")).expect("a folder can be made");
        std::fs::write(file, bytes).expect("a page can be written");
    }
}

/// The shipped model with the queries of a source.
pub fn project(source: SourceKind, sample: &Pages) -> Project {
    let (mut project, problems) = project::shipped();
    assert!(problems.is_empty(), "{problems:?}");
    let packed = sample::pack(sample.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
    let options = power_query::Options { source, locale: "en", sample: &packed };
    power_query::fill(&mut project, &options).expect("the shipped templates render");
    project
}

/// The connector as it lies in its package.
pub fn connector() -> Connector {
    let (project, _) = project::shipped();
    let files = power_query::connector_files(&project.templates).expect("the shipped templates render");
    let files: FileSet = mez::read(&mez::write("Xero", &files), "Xero.mez").expect("our own package");
    Connector::read(&files).expect("our own connector")
}

/// A look-alike and its clock.
#[derive(Clone)]
pub struct World {
    pub mock: Arc<Mutex<Mock>>,
    now_ms: Arc<AtomicI64>,
}

impl World {
    /// Serves companies under Xero's own limits, with faults.
    pub fn new(companies: &[&Pages], faults: &str) -> World {
        let companies = companies.iter().map(|pages| Company::from_files((*pages).clone()).expect("a company")).collect();
        let limits = Limits { per_day: 100_000, ..Limits::default() };
        let mock = Mock::new(companies, limits, parse_faults(faults).expect("faults"));
        World { mock: Arc::new(Mutex::new(mock)), now_ms: Arc::new(AtomicI64::new(1_800_000_000_000)) }
    }

    pub fn sources(&self) -> Sources {
        Sources { http: Some(Box::new(self.clone())), clock: Some(Box::new(self.clone())), ..xero_pbit::host::m::sources() }
    }

    /// Calls of the API so far.
    pub fn log(&self) -> Vec<LogEntry> {
        let mock = self.mock.lock().unwrap_or_else(PoisonError::into_inner);
        mock.log.iter().filter(|entry| entry.path.starts_with("/api.xro")).cloned().collect()
    }

    pub fn now_ms(&self) -> i64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    pub fn pass_ms(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Credentials of the connector for some nicknames, each signed in by itself.
    pub fn sign_in(&self, nicknames: &[&str]) -> Result<Arc<SignedIn>, String> {
        let world = self.clone();
        let signed_in = SignedIn::new(connector(), Box::new(move || world.sources()));
        for nickname in nicknames {
            let path = path(nickname);
            let credential = connector().sign_in(&|| self.sources(), &path, "state-1", &mut |page| self.consent(page))?;
            signed_in.insert(path, credential);
        }
        Ok(signed_in)
    }

    /// The consent page, which consents at once: where it sends the browser.
    pub fn consent(&self, page: &LoginPage) -> Result<String, String> {
        let answer = self.answer("GET", &page.login_uri, &[], Vec::new());
        let location = answer.headers.iter().find(|(name, _)| name == "location").map(|(_, value)| value.clone());
        location.ok_or_else(|| format!("no consent: {}", answer.status))
    }

    fn answer(&self, method: &str, url: &str, headers: &[(String, String)], body: Vec<u8>) -> HttpResponse {
        let rest = url.strip_prefix("https://").expect("Xero speaks https");
        let (_, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let pairs = query.split('&').filter(|p| !p.is_empty()).map(|p| p.split_once('=').unwrap_or((p, "")));
        let request = Request {
            method: method.to_owned(),
            path: percent_decode(&format!("/{path}")),
            query: pairs.map(|(k, v)| (percent_decode(k), percent_decode(v))).collect(),
            headers: headers.iter().map(|(n, v)| (n.to_ascii_lowercase(), v.clone())).collect(),
            body,
        };
        let answer = self.mock.lock().unwrap_or_else(PoisonError::into_inner).answer(&request, self.now_ms(), 1);
        // A call takes half a second.
        self.pass_ms(500);
        HttpResponse { status: answer.status, reason: String::new(), headers: answer.headers, body: answer.body }
    }
}

/// The data source path of a nickname.
pub fn path(nickname: &str) -> String {
    Connector::path(&[("clientId", "app"), ("organisation", nickname)])
}

impl Http for World {
    fn send(&mut self, request: &HttpRequest) -> Result<HttpResponse, String> {
        Ok(self.answer(request.method, &request.url, &request.headers, request.content.clone().unwrap_or_default()))
    }
}

impl Clock for World {
    fn now_ticks(&mut self) -> i64 {
        719_162 * 864_000_000_000 + self.now_ms() * 10_000
    }

    fn sleep_ticks(&mut self, ticks: i64) {
        self.pass_ms(ticks / 10_000);
    }
}

/// A credential of the client-credentials kind.
pub fn machine() -> Credential {
    let fields = vec![("Username".to_owned(), Secret("app".to_owned())), ("Password".to_owned(), Secret("secret".to_owned()))];
    Credential { kind: "UsernamePassword".to_owned(), fields }
}

/// Runs all queries of a project.
pub fn refresh(
    project: &Project,
    parameters: &[(&str, String)],
    connector: Option<&Connector>,
    sources: &(dyn Fn() -> Sources + Sync),
) -> Vec<Refreshed> {
    let parameters: Vec<(String, String)> = parameters.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect();
    let refresh = Refresh {
        model: &project.model,
        parameters: &parameters,
        connector: connector.map(Connector::document),
        options: m::Options::default(),
        schema_pass: false,
        jobs: 1,
    };
    refresh.run(sources)
}

/// The tables, all of whose cells must be good.
pub fn tables(results: Vec<Refreshed>) -> Result<Vec<Table>, String> {
    let mut tables = Vec::new();
    for result in results {
        let loaded = result.outcome.map_err(|why| format!("table `{}`: {why}", result.name))?;
        if let Some(error) = loaded.first_errors.first() {
            return Err(format!("table `{}`, column `{}`, row {}: {}", result.name, error.column, error.row + 1, error.message));
        }
        tables.push(loaded.table);
    }
    Ok(tables)
}
