//! The preview's page and answers on a loopback port.

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::{get, post};
use serde_json::{Value as Json, json};
use tokio::sync::watch;

use crate::preview;
use crate::preview::query::Selection;

/// What the thread with the engine is asked.
pub enum Ask {
    /// Answers of a page under selections.
    Page(usize, Vec<Selection>, tokio::sync::oneshot::Sender<Json>),
    /// A file of the model changed.
    Rebuild,
}

/// What the browser gets: the page, its version, and why the last rebuild failed.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// Name of the report.
    pub name: String,
    /// Its language.
    pub locale: Option<String>,
    /// What the page knows of the report, as JSON; a page that is open takes it over after a rebuild.
    pub outline: String,
    /// Counts rebuilds from the start of the server, which no earlier server shares.
    pub version: u64,
    /// Why the last rebuild gave no page.
    pub problem: Option<String>,
    /// Counts changes of all of this.
    pub changes: u64,
}

impl Shown {
    /// Sets the problem; whether it is another one.
    pub fn tell(&mut self, problem: Option<String>) -> bool {
        let is_other = self.problem != problem;
        self.problem = problem;
        self.changes += u64::from(is_other);
        is_other
    }
}

/// How long a page waits for news before it asks again.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone)]
struct Shared {
    shown: Arc<watch::Sender<Shown>>,
    asks: mpsc::Sender<Ask>,
    port: u16,
}

/// Binds `127.0.0.1:port` (0 picks a free one).
///
/// # Errors
/// When the port is taken.
pub async fn bind(port: u16) -> std::io::Result<(tokio::net::TcpListener, u16)> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

/// Serves until the process is interrupted.
///
/// # Errors
/// When the socket fails.
pub async fn serve(
    listener: tokio::net::TcpListener,
    port: u16,
    shown: Arc<watch::Sender<Shown>>,
    asks: mpsc::Sender<Ask>,
) -> std::io::Result<()> {
    let shared = Shared { shown, asks, port };
    let app = axum::Router::new()
        .route("/", get(page))
        .route("/api/query", post(query))
        .route("/api/outline", get(outline))
        .route("/api/version", get(version))
        .with_state(shared);
    let interrupted = async {
        // Without a signal handler the server runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        result = async { axum::serve(listener, app).await } => result,
        () = interrupted => Ok(()),
    }
}

/// Whether a request comes from this very page: names of other hosts that resolve here, and pages of other origins, are refused.
fn is_own(headers: &HeaderMap, port: u16) -> bool {
    let of = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let host_fits = of("host").is_some_and(|host| hosts.iter().any(|known| known == host));
    let origin_fits = of("origin").is_none_or(|origin| hosts.iter().any(|known| format!("http://{known}") == origin));
    host_fits && origin_fits
}

fn answer(status: StatusCode, kind: &str, body: String) -> Response<Body> {
    Response::builder()
        .status(status)
        .header("content-type", kind)
        .header("cache-control", "no-store")
        .header("x-content-type-options", "nosniff")
        .header("referrer-policy", "no-referrer")
        .header("cross-origin-resource-policy", "same-origin")
        .header("content-security-policy", "frame-ancestors 'none'")
        .body(Body::from(body))
        .unwrap_or_else(|_| Response::new(Body::empty()))
}

fn refused() -> Response<Body> {
    answer(StatusCode::FORBIDDEN, "text/plain; charset=utf-8", "only this computer's own page may ask\n".to_owned())
}

async fn page(State(shared): State<Shared>, headers: HeaderMap) -> Response<Body> {
    if !is_own(&headers, shared.port) {
        return refused();
    }
    let shown = shared.shown.borrow().clone();
    let html = preview::served(&shown.name, shown.locale.as_deref(), &shown.outline, shown.version);
    answer(StatusCode::OK, "text/html; charset=utf-8", html)
}

async fn outline(State(shared): State<Shared>, headers: HeaderMap) -> Response<Body> {
    if !is_own(&headers, shared.port) {
        return refused();
    }
    let (version, outline) = {
        let shown = shared.shown.borrow();
        (shown.version, shown.outline.clone())
    };
    answer(StatusCode::OK, "application/json", format!("{{\"version\":{version},\"outline\":{outline}}}"))
}

/// What is shown now; `?seen=N` waits for something else than the N-th change.
async fn version(State(shared): State<Shared>, RawQuery(asked): RawQuery, headers: HeaderMap) -> Response<Body> {
    if !is_own(&headers, shared.port) {
        return refused();
    }
    let seen = asked.and_then(|text| text.strip_prefix("seen=")?.parse::<u64>().ok());
    let mut news = shared.shown.subscribe();
    if let Some(seen) = seen {
        // Nothing new is an answer too.
        let _ = tokio::time::timeout(PATIENCE, news.wait_for(|shown| shown.changes != seen)).await;
    }
    let shown = news.borrow().clone();
    let said = json!({"version": shown.version, "problem": shown.problem, "changes": shown.changes});
    answer(StatusCode::OK, "application/json", said.to_string())
}

async fn query(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    if !is_own(&headers, shared.port) {
        return refused();
    }
    // A plain form of another site cannot send this type without asking first.
    if headers.get("content-type").and_then(|v| v.to_str().ok()).is_none_or(|kind| !kind.starts_with("application/json")) {
        return answer(StatusCode::UNSUPPORTED_MEDIA_TYPE, "application/json", json!({"error": "send application/json"}).to_string());
    }
    let Some((page, selections)) = serde_json::from_slice(&body).ok().as_ref().and_then(request) else {
        return answer(StatusCode::BAD_REQUEST, "application/json", json!({"error": "send page and selections"}).to_string());
    };
    let (reply, answered) = tokio::sync::oneshot::channel();
    let sent = shared.asks.send(Ask::Page(page, selections, reply));
    match (sent, answered.await) {
        (Ok(()), Ok(json)) => answer(StatusCode::OK, "application/json", json.to_string()),
        _ => answer(StatusCode::SERVICE_UNAVAILABLE, "application/json", json!({"error": "the model has errors"}).to_string()),
    }
}

/// `{"page": 0, "selections": [{"column": …, "values": […]}]}`.
fn request(json: &Json) -> Option<(usize, Vec<Selection>)> {
    let page = usize::try_from(json.get("page")?.as_u64()?).ok()?;
    let mut selections = Vec::new();
    for one in json.get("selections")?.as_array()? {
        selections.push(Selection { column: one.get("column")?.as_str()?.to_owned(), values: one.get("values")?.as_array()?.clone() });
    }
    Some((page, selections))
}

/// Asks for a rebuild when a file of `paths` changes: a folder counts with all below it. Lasts as long as the watcher that it gives.
///
/// # Errors
/// When the system cannot watch one of them.
pub fn watch(paths: &[PathBuf], asks: mpsc::Sender<Ask>) -> notify::Result<notify::RecommendedWatcher> {
    use notify::{RecursiveMode, Watcher as _};
    let files: Vec<PathBuf> = paths.iter().filter(|path| path.is_file()).cloned().collect();
    let folders: Vec<PathBuf> = paths.iter().filter(|path| path.is_dir()).cloned().collect();
    let is_meant = {
        let folders = folders.clone();
        move |path: &PathBuf| files.contains(path) || folders.iter().any(|folder| path.starts_with(folder))
    };
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|e| !matches!(e.kind, notify::EventKind::Access(_)) && e.paths.iter().any(&is_meant)) {
            // When nobody listens any more the server has ended.
            let _ = asks.send(Ask::Rebuild);
        }
    })?;
    for folder in &folders {
        watcher.watch(folder, RecursiveMode::Recursive)?;
    }
    // A program that saves puts a new file in the place of the old one: its folder is watched.
    for file in paths.iter().filter(|path| path.is_file()) {
        watcher.watch(file.parent().unwrap_or(Path::new(".")), RecursiveMode::NonRecursive)?;
    }
    Ok(watcher)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_hosts_and_origins_are_refused() {
        let headers = |pairs: &[(&'static str, &str)]| -> HeaderMap {
            pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
        };
        assert!(is_own(&headers(&[("host", "127.0.0.1:8000")]), 8000));
        assert!(is_own(&headers(&[("host", "localhost:8000"), ("origin", "http://localhost:8000")]), 8000));
        assert!(!is_own(&headers(&[("host", "evil.example:8000")]), 8000));
        assert!(!is_own(&headers(&[("host", "127.0.0.1:8000"), ("origin", "http://evil.example")]), 8000));
        assert!(!is_own(&headers(&[("host", "127.0.0.1:8000"), ("origin", "null")]), 8000));
        assert!(!is_own(&headers(&[]), 8000));
    }

    #[test]
    fn requests_name_a_page_and_columns() {
        let good = json!({"page": 1, "selections": [{"column": "'Date'[Month]", "values": ["2024-01-01"]}]});
        assert_eq!(request(&good), Some((1, vec![Selection { column: "'Date'[Month]".to_owned(), values: vec!["2024-01-01".into()] }])));
        for bad in [json!({}), json!({"page": -1, "selections": []}), json!({"page": 0, "selections": [{"column": 1, "values": []}]})] {
            assert_eq!(request(&bad), None, "{bad}");
        }
    }
}
