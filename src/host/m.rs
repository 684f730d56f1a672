//! What M asks for, from the machine: clock, randomness, files, HTTP.
#![allow(clippy::disallowed_methods, reason = "this is where M's I/O lives")]

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};
use std::path::Path;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::config::Config;
use crate::m::sources::{Clock, Credential, Credentials, FileEntry, Files, Http, HttpRequest, HttpResponse, Rng, Sources, Trace};
use crate::m::value::Bytes;
use crate::xero::Addresses;

/// Ticks of 100 ns from 0001-01-01 to 1970-01-01.
const UNIX_TICKS: i64 = 719_162 * 864_000_000_000;

/// Clock, randomness and traces, but neither files nor network.
pub fn offline() -> Sources {
    Sources { clock: Some(Box::new(SystemClock)), rng: Some(Box::new(SystemRng)), trace: Some(Box::new(ErrorTrace)), ..Sources::default() }
}

/// Everything the machine has; web addresses are used anonymously, those of Xero where the environment or the configuration says.
pub fn sources() -> Sources {
    sources_at(&Config::load().unwrap_or_default().addresses())
}

/// As [`sources`], with Xero at `addresses`.
pub fn sources_at(addresses: &Addresses) -> Sources {
    let web = Web { addresses: addresses.clone(), client: None };
    Sources { files: Some(Box::new(Disk)), http: Some(Box::new(web)), credentials: Some(Box::new(Anonymous)), ..offline() }
}

/// An address of Xero as `addresses` has it; others as they are.
fn placed(addresses: &Addresses, url: &str) -> String {
    let own = Addresses::default();
    let pairs = [
        (&own.api, &addresses.api),
        (&own.connections, &addresses.connections),
        (&own.identity, &addresses.identity),
        (&own.login, &addresses.login),
    ];
    for (from, to) in pairs {
        if let Some(rest) = url.strip_prefix(from.as_str()) {
            if rest.is_empty() || rest.starts_with(['/', '?', '#']) {
                return format!("{to}{rest}");
            }
        }
    }
    url.to_owned()
}

/// Opens a sign-in page without a browser: the address that it sends on to, when it consents at once as the look-alike does.
///
/// # Errors
/// A sentence when the page cannot be reached.
pub fn consent_at_once(addresses: &Addresses, login_uri: &str) -> Result<Option<String>, String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().map_err(|e| e.to_string())?;
    runtime.block_on(async {
        let response = client.get(placed(addresses, login_uri)).send().await.map_err(|e| e.without_url().to_string())?;
        let location = response.headers().get("location").filter(|_| response.status().is_redirection());
        Ok(location.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()))
    })
}

/// The machine's clock.
pub struct SystemClock;

fn ticks(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => UNIX_TICKS + (since.as_nanos() / 100) as i64,
        Err(before) => UNIX_TICKS - (before.duration().as_nanos() / 100) as i64,
    }
}

impl Clock for SystemClock {
    fn now_ticks(&mut self) -> i64 {
        ticks(SystemTime::now())
    }

    fn sleep_ticks(&mut self, ticks: i64) {
        std::thread::sleep(Duration::from_nanos(ticks.max(0) as u64 * 100));
    }
}

/// Randomness from the system by way of the standard library's hash keys.
pub struct SystemRng;

impl Rng for SystemRng {
    fn next_u64(&mut self) -> u64 {
        std::hash::RandomState::new().build_hasher().finish()
    }
}

/// Traces to standard error.
pub struct ErrorTrace;

impl Trace for ErrorTrace {
    fn message(&mut self, level: i64, text: &str) {
        tracing::debug!(target: "m", level, "{text}");
    }
}

/// The file system. What one evaluation still holds of a file, another one that reads it gets as well.
pub struct Disk;

/// A file that was read: its size and time then, and the bytes while somebody holds them.
type Held = (u64, Option<SystemTime>, Weak<Vec<u8>>);

static HELD: Mutex<BTreeMap<String, Held>> = Mutex::new(BTreeMap::new());
/// Above so many files those that nobody holds are forgotten.
const MOST_HELD: usize = 4096;

impl Files for Disk {
    fn read(&mut self, path: &str) -> Result<Bytes, String> {
        let meta = std::fs::metadata(path).map_err(|e| e.to_string())?;
        let (size, time) = (meta.len(), meta.modified().ok());
        if let Ok(held) = HELD.lock() {
            if let Some((have, at, bytes)) = held.get(path) {
                if let (true, Some(bytes)) = ((*have, *at) == (size, time), bytes.upgrade()) {
                    return Ok(bytes);
                }
            }
        }
        let bytes = Arc::new(std::fs::read(path).map_err(|e| e.to_string())?);
        if let Ok(mut held) = HELD.lock() {
            if held.len() > MOST_HELD {
                held.retain(|_, (_, _, bytes)| bytes.strong_count() > 0);
            }
            held.insert(path.to_owned(), (size, time, Arc::downgrade(&bytes)));
        }
        Ok(bytes)
    }

    fn list(&mut self, path: &str, deep: bool) -> Result<Vec<FileEntry>, String> {
        let mut out = Vec::new();
        list_folder(Path::new(path), deep, &mut out).map_err(|e| e.to_string())?;
        Ok(out)
    }
}

fn list_folder(folder: &Path, deep: bool, out: &mut Vec<FileEntry>) -> std::io::Result<()> {
    let mut entries: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let meta = entry.metadata()?;
        if deep && meta.is_dir() {
            list_folder(&entry.path(), deep, out)?;
            continue;
        }
        let time = |t: std::io::Result<SystemTime>| t.map_or(UNIX_TICKS, ticks);
        let mut name = folder.to_string_lossy().into_owned();
        if !name.ends_with(std::path::MAIN_SEPARATOR) {
            name.push(std::path::MAIN_SEPARATOR);
        }
        out.push(FileEntry {
            name: entry.file_name().to_string_lossy().into_owned(),
            folder: name,
            size: meta.is_file().then_some(meta.len()),
            times: [time(meta.accessed()), time(meta.modified()), time(meta.created())],
        });
    }
    Ok(())
}

/// Every web address without a credential.
pub struct Anonymous;

impl Credentials for Anonymous {
    fn find(&mut self, kind: &str, _path: &str) -> Option<Credential> {
        (kind == "Web").then(|| Credential { kind: "Anonymous".to_owned(), fields: Vec::new() })
    }
}

/// HTTP over the network.
pub struct Web {
    addresses: Addresses,
    client: Option<(tokio::runtime::Runtime, reqwest::Client)>,
}

impl Web {
    fn client(&mut self) -> Result<&(tokio::runtime::Runtime, reqwest::Client), String> {
        if self.client.is_none() {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
            let client = reqwest::Client::builder()
                .user_agent(concat!("xero-pbit/", env!("CARGO_PKG_VERSION")))
                .build()
                .map_err(|e| e.to_string())?;
            self.client = Some((runtime, client));
        }
        self.client.as_ref().ok_or_else(|| "no client".to_owned())
    }
}

impl Http for Web {
    fn send(&mut self, request: &HttpRequest) -> Result<HttpResponse, String> {
        let address = placed(&self.addresses, &request.url);
        let (runtime, client) = self.client()?;
        let method = if request.method == "POST" { reqwest::Method::POST } else { reqwest::Method::GET };
        let mut builder = client.request(method, address).timeout(Duration::from_nanos(request.timeout_ticks.max(1) as u64 * 100));
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(content) = &request.content {
            builder = builder.body(content.clone());
        }
        runtime.block_on(async {
            let response = builder.send().await.map_err(|e| e.without_url().to_string())?;
            let status = response.status();
            let headers = response
                .headers()
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect();
            let body = response.bytes().await.map_err(|e| e.without_url().to_string())?;
            Ok(HttpResponse {
                status: status.as_u16(),
                reason: status.canonical_reason().unwrap_or("").to_owned(),
                headers,
                body: body.to_vec(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_xero_are_placed_and_others_are_not() {
        let addresses = Addresses {
            api: "http://a/api.xro/2.0".to_owned(),
            connections: "http://a/connections".to_owned(),
            identity: "http://a".to_owned(),
            login: "http://b".to_owned(),
        };
        for (url, wanted) in [
            ("https://api.xero.com/api.xro/2.0/Invoices?page=1", "http://a/api.xro/2.0/Invoices?page=1"),
            ("https://api.xero.com/connections?authEventId=1", "http://a/connections?authEventId=1"),
            ("https://identity.xero.com/connect/token", "http://a/connect/token"),
            ("https://login.xero.com/identity/connect/authorize?x", "http://b/identity/connect/authorize?x"),
            ("https://api.xero.com/api.xro/2.01", "https://api.xero.com/api.xro/2.01"),
            ("https://example.com/", "https://example.com/"),
        ] {
            assert_eq!(placed(&addresses, url), wanted);
        }
    }
}
