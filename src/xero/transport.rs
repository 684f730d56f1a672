//! The seam to the network and the clock.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// A boxed future, so that the traits stay object-safe.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A text that must never be shown: token, secret, authorisation code.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text, for the one place that sends or stores it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Where Xero is. All four can be pointed at a look-alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// `https://api.xero.com/api.xro/2.0`.
    pub api: String,
    /// `https://api.xero.com/connections`.
    pub connections: String,
    /// `https://identity.xero.com`.
    pub identity: String,
    /// `https://login.xero.com`.
    pub login: String,
}

impl Default for Addresses {
    fn default() -> Addresses {
        Addresses {
            api: "https://api.xero.com/api.xro/2.0".to_owned(),
            connections: "https://api.xero.com/connections".to_owned(),
            identity: "https://identity.xero.com".to_owned(),
            login: "https://login.xero.com".to_owned(),
        }
    }
}

/// A request. Headers may hold secrets; `Debug` shows only method and address.
#[derive(Clone)]
pub struct HttpRequest {
    /// `GET`, `POST`, `DELETE`.
    pub method: &'static str,
    /// Address with its query.
    pub url: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Body of a POST.
    pub body: Vec<u8>,
}

impl HttpRequest {
    /// A GET.
    pub fn get(url: impl Into<String>) -> HttpRequest {
        HttpRequest { method: "GET", url: url.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> HttpRequest {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url.split('?').next().unwrap_or_default())
    }
}

/// An answer, body complete.
#[derive(Clone, Debug, Default)]
pub struct HttpResponse {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The first header of a name, case-insensitive.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// No complete answer came back: refused, reset, timed out, cut short.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TransportError(pub String);

/// Sends a request.
pub trait Transport: Send + Sync {
    /// Sends `request` and reads the whole answer.
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>>;
}

/// Tells the time and waits.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970, UTC.
    fn now_ms(&self) -> i64;

    /// Waits.
    fn sleep(&self, ms: u64) -> BoxFuture<'_, ()>;
}
