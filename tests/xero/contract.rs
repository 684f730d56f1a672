//! What others wrote as the judge: an emulator of a third party, and Xero's OpenAPI file in a checking proxy.
//!
//! `pip install localstack-xero` (its program `xero-local` in the path, or named by `XERO_PBIT_LOCALSTACK`) and
//! `npm install @stoplight/prism-cli` (its program `prism` in the path, or named by `XERO_PBIT_PRISM`; the OpenAPI file named by `XERO_PBIT_OPENAPI` or
//! found in `../shared/xero`). What is not there is skipped, and said.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use xero_pbit::host::http::Http;
use xero_pbit::sample::Country;
use xero_pbit::xero::{HttpRequest, HttpResponse, Transport};

use super::desk::{Desk, FAST, RUNTIME, company, pages};
use super::{check, records};

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("xero::contract::third_party_emulator", third_party_emulator),
        Trial::test("xero::contract::openapi_proxy", openapi_proxy),
    ]
}

/// A server that ends with the test, or when its time is up: whoever talks to it then gets an error instead of waiting for ever.
struct Server {
    child: Arc<Mutex<Child>>,
    /// Closed when the test ends.
    _alive: mpsc::Sender<()>,
}

impl Server {
    fn start(command: &mut Command, limit: Duration) -> Result<Server, Failed> {
        let child = Arc::new(Mutex::new(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?));
        let (alive, ended) = mpsc::channel();
        let watched = child.clone();
        std::thread::spawn(move || {
            if ended.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
                eprintln!("the server has run for {limit:?}, the longest that this test may take: ending it");
                stop(&watched);
            }
        });
        Ok(Server { child, _alive: alive })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        stop(&self.child);
    }
}

fn stop(child: &Mutex<Child>) {
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

/// The program named by a variable, or found in the path.
fn program(variable: &str, name: &str) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(variable) {
        return Some(named.into());
    }
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn send(request: HttpRequest) -> Result<HttpResponse, Failed> {
    let http = Http::new()?;
    RUNTIME.block_on(http.send(request)).map_err(|error| error.to_string().into())
}

fn wait_for(address: &str, limit: Duration) -> Result<(), Failed> {
    let until = Instant::now() + limit;
    while Instant::now() < until {
        if std::net::TcpStream::connect(address).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err(format!("nothing answers at {address}").into())
}

/// Its pages are of 100 whatever is asked for, it gives scopes to write, and it knows four lists only.
fn third_party_emulator() -> Result<(), Failed> {
    let Some(emulator) = program("XERO_PBIT_LOCALSTACK", "xero-local") else {
        println!("skipped: xero-local is not installed (pip install localstack-xero, or XERO_PBIT_LOCALSTACK=/path/to/xero-local)");
        return Ok(());
    };
    let port = free_port()?;
    let mut command = Command::new(emulator);
    let _server = Server::start(command.env("XERO_HOST", "127.0.0.1").env("XERO_PORT", port.to_string()), Duration::from_secs(300))?;
    wait_for(&format!("127.0.0.1:{port}"), Duration::from_secs(60))?;
    let base = format!("http://127.0.0.1:{port}");
    let get = |path: &str| HttpRequest::get(format!("{base}{path}")).header("authorization", "Bearer x");
    let connections: Value = serde_json::from_slice(&send(get("/connections"))?.body)?;
    let tenant = connections[0]["tenantId"].as_str().unwrap_or_default().to_owned();
    let post = |path: &str, body: Value| -> Result<Value, Failed> {
        let mut request = get(path).header("content-type", "application/json").header("xero-tenant-id", tenant.clone());
        request.method = "POST";
        request.body = body.to_string().into_bytes();
        let answer = send(request)?;
        check(answer.status == 200, format!("POST {path}: status {}", answer.status))?;
        Ok(serde_json::from_slice(&answer.body)?)
    };
    let contacts: Vec<Value> = (0..230).map(|n| json!({"Name": format!("Contact {n}")})).collect();
    let made = post("/api.xro/2.0/Contacts", json!({ "Contacts": contacts }))?;
    let first = made["Contacts"][0]["ContactID"].clone();
    let invoices: Vec<Value> = (0..250)
        .map(|n| {
            json!({"Type": "ACCREC", "InvoiceNumber": format!("INV-{n:04}"), "Contact": {"ContactID": first}, "Date": "2026-05-01", "DueDate": "2026-06-01",
                "Status": "AUTHORISED", "LineItems": [{"Description": "work", "Quantity": 1, "UnitAmount": 10, "AccountCode": "200"}]})
        })
        .collect();
    post("/api.xro/2.0/Invoices", json!({ "Invoices": invoices }))?;
    let desk = Desk::new(vec![company(61, 5, Country::Nz)], "", FAST);
    let run = |arguments: &[&str]| {
        let mut command = desk.command(arguments);
        command
            .env("XERO_PBIT_API_URL", format!("{base}/api.xro/2.0"))
            .env("XERO_PBIT_CONNECTIONS_URL", format!("{base}/connections"))
            .env("XERO_PBIT_IDENTITY_URL", &base)
            .env("XERO_PBIT_LOGIN_URL", &base);
        command
    };
    desk.login_with(run(&["login", "them", "--no-browser"])).is(0, &["as `them`"])?;
    let pull = ["pull", "--organisation", "them", "--out", "books", "--endpoints", "Contacts,Invoices,Payments,CreditNotes"];
    for _ in 0..2 {
        // A full load, then an increment: the emulator knows no changes and gives everything again.
        super::desk::Said::of(run(&pull).output()?).is(0, &["records with"])?;
        let all = records(&pages(&desk.path("books")));
        let count = |list: &str| all.keys().filter(|(folder, _)| folder == list).count();
        // It has a contact and an invoice or more of its own.
        check(
            count("Contacts") >= 230 && count("Invoices") >= 250,
            format!("{} contacts, {} invoices", count("Contacts"), count("Invoices")),
        )?;
    }
    let manifest: Value = serde_json::from_slice(&std::fs::read(desk.path("books/manifest.json"))?)?;
    check(manifest["missing"].as_array().is_some_and(Vec::is_empty), format!("nothing is missing: {}", manifest["missing"]))
}

/// Every request of a pull, and every answer of our look-alike, judged by Xero's own OpenAPI file.
fn openapi_proxy() -> Result<(), Failed> {
    let Some(prism) = program("XERO_PBIT_PRISM", "prism") else {
        println!("skipped: prism is not installed (npm install @stoplight/prism-cli, or XERO_PBIT_PRISM=/path/to/prism)");
        return Ok(());
    };
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/xero/openapi/xero_accounting.yaml");
    let Some(file) = std::env::var_os("XERO_PBIT_OPENAPI").map(PathBuf::from).or_else(|| Some(found).filter(|path| path.is_file())) else {
        println!("skipped: no OpenAPI file of Xero (XERO_PBIT_OPENAPI=/path/to/xero_accounting.yaml)");
        return Ok(());
    };
    let desk = Desk::new(vec![company(62, 10, Country::Uk)], "", FAST);
    let port = free_port()?;
    let upstream = format!("{}/api.xro/2.0", desk.server.base());
    let mut command = Command::new(prism);
    command.args(["proxy", "--errors", "-h", "127.0.0.1", "-p", &port.to_string()]).arg(file).arg(&upstream);
    let _server = Server::start(&mut command, Duration::from_secs(1_200))?;
    wait_for(&format!("127.0.0.1:{port}"), Duration::from_secs(300))?;
    // The judge judges: a request that Xero's file does not allow.
    let wrong = HttpRequest::get(format!("http://127.0.0.1:{port}/Contacts?page=abc"))
        .header("authorization", "Bearer x")
        .header("xero-tenant-id", "00000000-0000-0000-0000-000000000000")
        .header("accept", "application/json");
    check(send(wrong)?.status == 422, "a page that is no number is refused")?;
    desk.login("acme", &["--verify"]).is(0, &[])?;
    let pull = |extra: &[&str]| -> Result<super::desk::Said, Failed> {
        let mut arguments = vec!["pull", "--organisation", "acme", "--out", "books"];
        arguments.extend(extra);
        let output = desk.command(&arguments).env("XERO_PBIT_API_URL", format!("http://127.0.0.1:{port}")).output()?;
        Ok(super::desk::Said::of(output))
    };
    let calls = |desk: &Desk| desk.server.mock.lock().expect("nobody panicked").log.iter().filter(|c| c.path.contains("/api.xro/")).count();
    // What the proxy refuses never gets to the look-alike, or comes back as an error that the pull names.
    pull(&["--since", "2026-10-01"])?.is(0, &["records with"])?;
    pull(&["--since", "2026-10-01", "--verify"])?.is(0, &["amounts tie"])?;
    check(calls(&desk) > 20, "the calls went through the proxy")
}
