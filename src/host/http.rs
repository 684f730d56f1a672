//! HTTPS through reqwest with rustls; plain HTTP only to this machine.

use std::time::Duration;

use crate::xero::{BoxFuture, HttpRequest, HttpResponse, Transport, TransportError};

/// Answers larger than this are refused: a page of 1,000 records is a few megabytes.
const MAX_BODY: usize = 512 << 20;

/// A connection pool.
pub struct Http {
    client: reqwest::Client,
}

impl Http {
    /// A pool with the system's root certificates. Redirects are not followed: Xero's API sends none, and a token must not
    /// travel to another host.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new() -> Result<Http, String> {
        // Another caller in this process may have chosen a provider already; ours is then that one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(120))
            .connect_timeout(Duration::from_secs(20))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| format!("cannot set up HTTPS: {error}"))?;
        Ok(Http { client })
    }
}

/// Whether an address is this machine. Addresses that cannot be read are not.
pub fn is_loopback(url: &str) -> bool {
    // Read as the HTTP client reads it: `http://127.0.0.1:80@elsewhere.example` names another host.
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default();
    host == "localhost" || host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether a request may go there: over TLS anywhere, in the clear only to this machine.
pub fn is_safe(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|parsed| parsed.scheme() == "https" || (parsed.scheme() == "http" && is_loopback(url)))
}

impl Transport for Http {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async move {
            if !is_safe(&request.url) {
                return Err(TransportError("only https addresses are used, except on this machine".to_owned()));
            }
            let method = match request.method {
                "POST" => reqwest::Method::POST,
                "DELETE" => reqwest::Method::DELETE,
                _ => reqwest::Method::GET,
            };
            let mut builder = self.client.request(method, &request.url);
            for (name, value) in &request.headers {
                builder = builder.header(name, value);
            }
            if !request.body.is_empty() {
                builder = builder.body(request.body);
            }
            let mut answer = builder.send().await.map_err(|error| describe(&error))?;
            let status = answer.status().as_u16();
            let headers =
                answer.headers().iter().filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned()))).collect();
            let mut body = Vec::new();
            while let Some(chunk) = answer.chunk().await.map_err(|error| describe(&error))? {
                if body.len() + chunk.len() > MAX_BODY {
                    return Err(TransportError("the answer is larger than 512 MB".to_owned()));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(HttpResponse { status, headers, body })
        })
    }
}

/// What went wrong, without the address: its query may hold a code.
fn describe(error: &reqwest::Error) -> TransportError {
    let kind = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "cannot connect"
    } else if error.is_body() || error.is_decode() {
        "the connection broke in the middle of the answer"
    } else {
        "the request failed"
    };
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    let mut last = String::new();
    while let Some(inner) = cause {
        last = inner.to_string();
        cause = inner.source();
    }
    TransportError(if last.is_empty() { kind.to_owned() } else { format!("{kind} ({last})") })
}

#[cfg(test)]
mod tests {
    use super::{is_loopback, is_safe};

    #[test]
    fn only_this_machine_is_loopback() {
        for url in ["http://127.0.0.1:80/x", "http://localhost:8400/cb", "http://[::1]:9/", "http://LOCALHOST/"] {
            assert!(is_loopback(url) && is_safe(url), "{url}");
        }
        for url in [
            "http://localhost.evil.example/",
            "http://10.0.0.1/",
            "http://127.0.0.1.example/",
            "http://127.0.0.1:80@evil.example/",
            "http://localhost:1@evil.example/",
            "http://evil.example/#localhost",
            "ftp://127.0.0.1/",
            "localhost",
        ] {
            assert!(!is_safe(url), "{url}");
        }
        assert!(is_safe("https://api.xero.com/connections"));
    }
}
