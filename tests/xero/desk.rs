//! The program itself, as a user starts it, against the look-alike over real sockets.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;

use libtest_mimic::Failed;
use serde_json::Value;
use xero_pbit::host::http::Http;
use xero_pbit::host::mock_server::{self, MockServer};
use xero_pbit::mock::{Company, Limits, Mock, parse_faults};
use xero_pbit::sample;
use xero_pbit::xero::{HttpRequest, Transport};

pub static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime"));

pub type Files = Vec<(String, Vec<u8>)>;

/// No limits: what is tested is not the waiting.
pub const FAST: Limits = Limits { per_minute: 100_000, per_day: 1_000_000, concurrent: 5 };

/// A folder of its own, and a look-alike that serves one or more companies.
pub struct Desk {
    pub dir: tempfile::TempDir,
    pub server: MockServer,
}

impl Desk {
    pub fn new(companies: Vec<Files>, faults: &str, limits: Limits) -> Desk {
        let companies = companies.into_iter().map(|files| Company::from_files(files).expect("a company folder")).collect();
        let mock = Mock::new(companies, limits, parse_faults(faults).expect("faults of the test"));
        let server = RUNTIME.block_on(mock_server::serve(mock, 0, None)).expect("a free port");
        Desk { dir: tempfile::tempdir().expect("a temporary folder"), server }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let base = self.server.base();
        let mut command = Command::new(env!("CARGO_BIN_EXE_xero-pbit"));
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .env("XERO_PBIT_HOME", self.path("home"))
            .env("XERO_PBIT_CLIENT_ID", "app-id")
            .env_remove("XERO_PBIT_CLIENT_SECRET")
            .env("XERO_PBIT_CALLS_A_MINUTE", "100000")
            .env("XERO_PBIT_API_URL", format!("{base}/api.xro/2.0"))
            .env("XERO_PBIT_CONNECTIONS_URL", format!("{base}/connections"))
            .env("XERO_PBIT_IDENTITY_URL", &base)
            .env("XERO_PBIT_LOGIN_URL", &base)
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        Said::of(self.command(arguments).output().expect("the program starts"))
    }

    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
    }

    /// Signs in, the test being the browser: opens the printed address and pastes where it ended.
    pub fn login(&self, nickname: &str, more: &[&str]) -> Said {
        let mut arguments = vec!["login", nickname, "--no-browser"];
        arguments.extend(more);
        self.login_with(self.command(&arguments))
    }

    /// The same with a command of one's own.
    pub fn login_with(&self, mut command: Command) -> Said {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            if stderr.read_line(&mut line).expect("text") == 0 {
                break None;
            }
            said.push_str(&line);
            if line.starts_with("http") {
                break Some(line.trim().to_owned());
            }
        };
        if let Some(address) = address {
            let back = browse(&address);
            child.stdin.take().expect("piped").write_all(format!("{back}\n").as_bytes()).expect("the program reads");
        }
        stderr.read_to_string(&mut said).expect("text");
        let output = child.wait_with_output().expect("it ends");
        Said { code: output.status.code(), out: String::from_utf8_lossy(&output.stdout).into_owned(), err: said }
    }
}

/// Where the browser ends up: the address that the consent page redirects to.
pub fn browse(address: &str) -> String {
    let http = Http::new().expect("a client");
    let answer = RUNTIME.block_on(http.send(HttpRequest::get(address))).expect("the consent page answers");
    answer.header("location").unwrap_or_default().to_owned()
}

/// What a run of the program printed, and its exit code.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn of(output: Output) -> Said {
        Said {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The exit code, and words that the messages hold.
    pub fn is(&self, code: i32, words: &[&str]) -> Result<(), Failed> {
        let missing: Vec<&&str> = words.iter().filter(|word| !self.err.contains(**word) && !self.out.contains(**word)).collect();
        if self.code == Some(code) && missing.is_empty() {
            return Ok(());
        }
        Err(format!("expected exit code {code} and {words:?}, found {:?}\nstdout: {}\nstderr: {}", self.code, self.out, self.err).into())
    }
}

/// A small company.
pub fn company(seed: u64, documents: u32, country: sample::Country) -> Files {
    let mut files: Files = Vec::new();
    sample::generate(&sample::Options::new(seed, documents, 3, country), &mut files).expect("memory takes everything");
    files
}

/// The company a while later: every seventh invoice is void, every ninth payment deleted, every fifth contact renamed, all at `now_ms`.
pub fn later(files: &Files, now_ms: i64) -> Files {
    let mut files = files.clone();
    for (path, bytes) in &mut files {
        let (list, step, key, text) = match path.split('/').next() {
            Some("Invoices") => ("Invoices", 7, "Status", "VOIDED"),
            Some("Payments") => ("Payments", 9, "Status", "DELETED"),
            Some("Contacts") => ("Contacts", 5, "Name", "Renamed Limited"),
            _ => continue,
        };
        let mut page: Value = serde_json::from_slice(bytes).expect("pages are JSON");
        for record in page[list].as_array_mut().expect("a list").iter_mut().step_by(step) {
            record[key] = text.into();
            record["UpdatedDateUTC"] = format!("/Date({now_ms}+0000)/").into();
        }
        *bytes = page.to_string().into_bytes();
    }
    files
}

/// All files below a folder that readers look at: path → bytes.
pub fn pages(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().into_string().expect("plain names");
        if entry.path().is_dir() && !name.starts_with('.') {
            for file in std::fs::read_dir(entry.path()).into_iter().flatten().flatten() {
                let path = format!("{name}/{}", file.file_name().to_string_lossy());
                found.insert(path, std::fs::read(file.path()).expect("a readable file"));
            }
        }
    }
    found
}

/// Files that a killed process left behind and no reader or later run has use for.
pub fn leftovers(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for place in [folder.to_owned(), folder.join(".state")] {
        for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let known = entry.path().is_dir() || name == "manifest.json" || name == "lock";
            if !known || name == "incoming" {
                found.push(name);
            }
        }
    }
    found
}
