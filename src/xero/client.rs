//! One call to the API: token, limits, retries, and errors in words.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::limiter::Limiter;
use super::scope;
use super::sign_in::SignInError;
use super::token::Tokens;
use super::{Clock, HttpRequest, HttpResponse, Transport};

/// Why a call did not bring an answer that can be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ApiError {
    /// The day's calls are used up.
    #[error("the day's limit of calls is reached")]
    DayLimit {
        /// When calls are allowed again, milliseconds since 1970.
        resume_ms: i64,
    },
    /// The sign-in lacks a scope.
    #[error("`{path}` needs the scope `{scope}`, which this sign-in does not have")]
    Scope {
        /// Path.
        path: String,
        /// Granular scope.
        scope: &'static str,
    },
    /// The Xero user may not read it.
    #[error("your Xero user may not read `{path}`: it needs the role Standard + all reports, or Adviser")]
    Role {
        /// Path.
        path: String,
    },
    /// The organisation was disconnected from the app.
    #[error("this organisation is no longer connected to the app")]
    Disconnected,
    /// Xero wants a narrower question.
    #[error("Xero asks for a narrower question about `{path}` (more than 100,000 records)")]
    HighVolume {
        /// Path.
        path: String,
    },
    /// The endpoint does not exist for this organisation.
    #[error("`{path}` does not exist here")]
    NotFound {
        /// Path.
        path: String,
    },
    /// The sign-in.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// It failed again and again.
    #[error("`{path}` failed {tries} times: {reason}")]
    Failed {
        /// Path.
        path: String,
        /// How often it was tried.
        tries: u32,
        /// What happened last.
        reason: String,
    },
    /// The answer cannot be used.
    #[error("`{path}` answered with {reason}")]
    BadAnswer {
        /// Path.
        path: String,
        /// What it was.
        reason: String,
    },
}

/// Calls the API for one organisation.
pub struct Client {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    tokens: Arc<Tokens>,
    limiter: Arc<Limiter>,
    api: String,
    /// Empty for a custom connection.
    tenant: String,
    calls: AtomicU64,
    day_left: AtomicI64,
    /// Xero's clock minus ours, milliseconds; `i64::MIN` until an answer said.
    clock_offset: AtomicI64,
    /// Who wants to know of long waits, and until when the last one told lasts.
    waits: Mutex<Option<Told>>,
    told_until: AtomicI64,
}

type Told = Arc<dyn Fn(String) + Send + Sync>;

/// A wait that is worth a word.
const LONG_WAIT_MS: u64 = 3_000;
const TRIES: u32 = 5;
const DAY_MS: i64 = 86_400_000;

impl Client {
    /// A client for `tenant` at the API address.
    pub fn new(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        tokens: Arc<Tokens>,
        limiter: Arc<Limiter>,
        api: impl Into<String>,
        tenant: impl Into<String>,
    ) -> Client {
        Client {
            transport,
            clock,
            tokens,
            limiter,
            api: api.into(),
            tenant: tenant.into(),
            calls: AtomicU64::new(0),
            day_left: AtomicI64::new(-1),
            clock_offset: AtomicI64::new(i64::MIN),
            waits: Mutex::new(None),
            told_until: AtomicI64::new(i64::MIN),
        }
    }

    /// Tells of waits that a person would wonder about.
    pub fn tell_waits(&self, told: Told) {
        *self.waits.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
    }

    /// Waits. Calls that run side by side wait together; that is told once.
    async fn wait(&self, ms: u64, why: &str) {
        let until = self.clock.now_ms().saturating_add(ms as i64);
        if ms >= LONG_WAIT_MS && self.told_until.fetch_max(until, Ordering::Relaxed) < until - LONG_WAIT_MS as i64 {
            let told = self.waits.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(tell) = told {
                tell(format!("{why}; waiting {} s", ms.div_ceil(1_000)));
            }
        }
        self.clock.sleep(ms).await;
    }

    /// The tenant that is asked; empty for a custom connection.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Calls made so far, retries included.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Calls left today, as Xero said last.
    pub fn day_left(&self) -> Option<i64> {
        Some(self.day_left.load(Ordering::Relaxed)).filter(|left| *left >= 0)
    }

    /// Now by Xero's clock, as far as its answers told; milliseconds since 1970.
    pub fn server_now_ms(&self) -> i64 {
        let offset = self.clock_offset.load(Ordering::Relaxed);
        self.clock.now_ms() + if offset == i64::MIN { 0 } else { offset }
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Waits until no renewal of the token is under way: whoever stops in the middle of a load does so before the program ends.
    pub async fn settle(&self) {
        self.tokens.settle().await;
    }

    /// Scopes of the sign-in.
    ///
    /// # Errors
    /// When there is no valid sign-in.
    pub async fn scopes(&self) -> Result<String, SignInError> {
        Ok(self.tokens.access().await?.scope)
    }

    /// GETs `path` with `query`; the body is complete JSON text of status 200 (or 304: empty).
    ///
    /// # Errors
    /// See [`ApiError`]; transient failures have been retried.
    pub async fn get(&self, path: &str, query: &[(String, String)], modified_since: Option<&str>) -> Result<Vec<u8>, ApiError> {
        let mut url = format!("{}/{path}", self.api);
        for (i, (name, value)) in query.iter().enumerate() {
            url.push(if i == 0 { '?' } else { '&' });
            url.push_str(&format!("{}={}", encode(name), encode(value)));
        }
        let mut was_refused = false;
        let mut reason = String::new();
        for attempt in 0..TRIES {
            // The wait for a place may be longer than a token's life: the token comes after it.
            let permit = self.limiter.acquire().await;
            let token = self.tokens.access().await?;
            let mut request = HttpRequest::get(url.clone())
                .header("authorization", format!("Bearer {}", token.access.reveal()))
                .header("accept", "application/json")
                .header("user-agent", concat!("xero-pbit/", env!("CARGO_PKG_VERSION")));
            if !self.tenant.is_empty() {
                request = request.header("xero-tenant-id", self.tenant.clone());
            }
            if let Some(since) = modified_since {
                request = request.header("if-modified-since", since);
            }
            self.calls.fetch_add(1, Ordering::Relaxed);
            let answer = self.transport.send(request).await;
            drop(permit);
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) => {
                    reason = error.to_string();
                    self.back_off(attempt, path, &reason).await;
                    continue;
                }
            };
            self.note_limits(&answer).await;
            if answer.status != 401 {
                was_refused = false;
            }
            match answer.status {
                200 => match complete_json(&answer.body) {
                    Ok(()) => return Ok(answer.body),
                    Err(problem) => {
                        reason = problem;
                        self.back_off(attempt, path, &reason).await;
                    }
                },
                304 => return Ok(Vec::new()),
                401 => {
                    let detail = String::from_utf8_lossy(&answer.body);
                    if detail.contains("AuthorizationUnsuccessful")
                        || answer.header("www-authenticate").is_some_and(|h| h.contains("insufficient_scope"))
                    {
                        return Err(ApiError::Scope { path: path.to_owned(), scope: scope::needed(path).0 });
                    }
                    // Once is a token that ended early; twice in a row is a sign-in that Xero does not take.
                    if std::mem::replace(&mut was_refused, true) {
                        return Err(SignInError::Ended.into());
                    }
                    self.tokens.refuse(&token.access).await;
                    reason = "the token was refused".to_owned();
                    continue;
                }
                403 => {
                    let detail = String::from_utf8_lossy(&answer.body);
                    // Xero refuses a tenant with AuthenticationUnsuccessful, a role with anything else.
                    return Err(if detail.contains("AuthenticationUnsuccessful") {
                        if self.tenant.is_empty() { SignInError::CustomConnection.into() } else { ApiError::Disconnected }
                    } else {
                        ApiError::Role { path: path.to_owned() }
                    });
                }
                400 if contains(&answer.body, "HighVolumeException") => return Err(ApiError::HighVolume { path: path.to_owned() }),
                404 => return Err(ApiError::NotFound { path: path.to_owned() }),
                429 => {
                    reason = "too many calls".to_owned();
                    self.wait_for_limit(&answer, attempt, path).await?;
                }
                status @ (408 | 500 | 502 | 503 | 504 | 509) => {
                    reason = format!("status {status}{}", message_of(&answer.body));
                    match retry_after_ms(&answer, self.clock.now_ms()) {
                        Some(ms) => self.wait(ms.min(120_000), &format!("`{path}`: {reason}")).await,
                        None => self.back_off(attempt, path, &reason).await,
                    }
                }
                status => {
                    return Err(ApiError::BadAnswer {
                        path: path.to_owned(),
                        reason: format!("status {status}{}", message_of(&answer.body)),
                    });
                }
            }
        }
        Err(ApiError::Failed { path: path.to_owned(), tries: TRIES, reason })
    }

    async fn note_limits(&self, answer: &HttpResponse) {
        if let Some(there) = answer.header("date").and_then(http_date_ms) {
            self.clock_offset.store(there - self.clock.now_ms(), Ordering::Relaxed);
        }
        if let Some(left) = answer.header("x-daylimit-remaining").and_then(|v| v.parse().ok()) {
            self.day_left.store(left, Ordering::Relaxed);
        }
        // Somebody else uses the same minute: go slower before Xero says no.
        if answer.header("x-minlimit-remaining").and_then(|v| v.parse::<u32>().ok()).is_some_and(|left| left == 0) {
            self.limiter.pause(1_000).await;
        }
    }

    async fn wait_for_limit(&self, answer: &HttpResponse, attempt: u32, path: &str) -> Result<(), ApiError> {
        let now = self.clock.now_ms();
        let wait = retry_after_ms(answer, now);
        let day = answer.header("x-rate-limit-problem").is_some_and(|p| p.to_ascii_lowercase().starts_with('d'));
        match wait {
            Some(ms) if day || ms > 90_000 => Err(ApiError::DayLimit { resume_ms: now + ms as i64 }),
            None if day => Err(ApiError::DayLimit { resume_ms: now + DAY_MS }),
            Some(ms) => {
                self.limiter.pause(ms).await;
                self.wait(ms, "Xero's limit of calls a minute is reached (somebody else uses it, too)").await;
                Ok(())
            }
            None => {
                self.back_off(attempt, path, "too many calls").await;
                Ok(())
            }
        }
    }

    /// 1, 2, 4, 8 seconds, spread a little by the call count so that workers do not march in step.
    async fn back_off(&self, attempt: u32, path: &str, reason: &str) {
        let jitter = self.calls().wrapping_mul(2_654_435_761) % 250;
        self.wait((1_000 << attempt.min(3)) + jitter, &format!("`{path}`: {reason}, try {} of {TRIES}", attempt + 1)).await;
    }
}

/// `Retry-After` in milliseconds: seconds or an HTTP date, at most a day.
fn retry_after_ms(answer: &HttpResponse, now_ms: i64) -> Option<u64> {
    let text = answer.header("retry-after")?.trim();
    let ms = match text.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() => (seconds.max(0.0) * 1_000.0) as i64,
        _ => http_date_ms(text)? - now_ms,
    };
    Some(ms.clamp(0, DAY_MS) as u64)
}

/// `Sat, 21 Nov 2026 10:00:00 GMT`.
fn http_date_ms(text: &str) -> Option<i64> {
    let date = jiff::civil::DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", text).ok()?;
    Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// Whether a body is one whole JSON value; anything else is a failure on the way.
fn complete_json(body: &[u8]) -> Result<(), String> {
    match serde_json::from_slice::<serde::de::IgnoredAny>(body) {
        Ok(_) => Ok(()),
        Err(error) if error.is_eof() => Err("a body that ends in the middle".to_owned()),
        Err(_) if body.trim_ascii_start().starts_with(b"<") => Err("HTML instead of JSON".to_owned()),
        Err(error) => Err(format!("a body that is not JSON ({error})")),
    }
}

fn contains(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Xero's own sentence in an error body; never a payload.
fn message_of(body: &[u8]) -> String {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(body) else { return String::new() };
    value["Message"]
        .as_str()
        .or_else(|| value["Detail"].as_str())
        .map(|m| format!(": {}", m.chars().take(200).collect::<String>()))
        .unwrap_or_default()
}

/// Percent-encodes all but RFC 3986's unreserved characters.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
