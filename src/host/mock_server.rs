//! The Xero look-alike on a loopback port.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode, Uri};

use crate::mock::{Mock, Request, percent_decode};

/// A running server; it stops when dropped.
pub struct MockServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// The server's state, for tests that look at the log or change things.
    pub mock: Arc<Mutex<Mock>>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
}

impl MockServer {
    /// `http://127.0.0.1:PORT`.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

#[derive(Clone)]
struct Shared {
    mock: Arc<Mutex<Mock>>,
    in_flight: Arc<AtomicU32>,
    log: Option<Arc<Mutex<std::fs::File>>>,
}

/// Binds `127.0.0.1:port` (0 picks a free one) and serves until the handle is dropped.
///
/// # Errors
/// When the port is taken.
pub async fn serve(mock: Mock, port: u16, log: Option<std::fs::File>) -> std::io::Result<MockServer> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    let mock = Arc::new(Mutex::new(mock));
    let shared = Shared { mock: mock.clone(), in_flight: Arc::default(), log: log.map(|file| Arc::new(Mutex::new(file))) };
    let app = axum::Router::new().fallback(handle).with_state(shared);
    let (stop, stopped) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let server = axum::serve(listener, app).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        // The server only ends by the signal; an accept error is retried inside.
        let _ = server.await;
    });
    Ok(MockServer { address, mock, stop: Some(stop) })
}

async fn handle(State(shared): State<Shared>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let in_flight = shared.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
    let request = Request {
        method: method.to_string(),
        path: percent_decode(uri.path()),
        query: uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(key, value)| (percent_decode(key), percent_decode(value)))
            .collect(),
        headers: headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect::<BTreeMap<_, _>>(),
        body: body.to_vec(),
    };
    let now_ms = super::clock::now_ms();
    let (answer, entry) = {
        let mut mock = shared.mock.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let answer = mock.answer(&request, now_ms, in_flight);
        (answer, mock.log.last().cloned())
    };
    if let (Some(log), Some(entry)) = (&shared.log, entry)
        && let Ok(mut file) = log.lock()
        && let Ok(line) = serde_json::to_string(&entry)
    {
        use std::io::Write;
        // A log that cannot be written does not stop the server.
        let _ = writeln!(file, "{line}");
    }
    if answer.delay_ms > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(answer.delay_ms)).await;
    }
    shared.in_flight.fetch_sub(1, Ordering::SeqCst);
    let mut response = Response::builder().status(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK));
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response = response.header(name, value);
        }
    }
    let broken = || Err::<Bytes, _>(std::io::Error::other("connection broken on request"));
    let body = if answer.drop {
        // A body stream that fails at once makes the server close the connection.
        Body::from_stream(Chunks(vec![broken()]))
    } else if let Some(at) = answer.cut_at {
        response = response.header("content-length", answer.body.len());
        Body::from_stream(Chunks(vec![broken(), Ok(Bytes::copy_from_slice(&answer.body[..at]))]))
    } else {
        Body::from(answer.body)
    };
    response.body(body).unwrap_or_else(|_| Response::new(Body::empty()))
}

/// Chunks given out from the back.
struct Chunks(Vec<Result<Bytes, std::io::Error>>);

impl futures_core::Stream for Chunks {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(mut self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.pop())
    }
}
