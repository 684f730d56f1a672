//! Faults on request: what goes wrong, where, and how often.

use std::fmt;

use super::{Answer, problem};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// 429 of the minute window with `Retry-After: 1`.
    TooMany,
    /// 429 without `Retry-After`.
    TooManyBare,
    /// 429 of the day window, hours away.
    DayLimit,
    /// A plain HTTP error: 500, 502, 503, 504.
    Status(u16),
    /// The token has expired before its time.
    Expire,
    /// The body ends in the middle, with a matching length.
    Truncate,
    /// The connection breaks in the middle of the body.
    Cut,
    /// The body comes after two seconds.
    Slow,
    /// The connection closes without an answer.
    Drop,
    /// 200 with HTML.
    Html,
    /// A record of this endpoint changes while it is being paged.
    Change,
    /// The user's role does not allow it.
    Role,
    /// The scope was not granted.
    Scope,
    /// 400: the question touches more than 100,000 records.
    HighVolume,
}

/// A fault, where it strikes and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// Last segment of the path, or `token`; `None` strikes every API call.
    pub endpoint: Option<String>,
    /// When.
    pub when: When,
}

/// Which of the matching calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Only the nth.
    Nth(u32),
    /// Every nth.
    Every(u32),
}

const NAMES: [(&str, FaultKind); 17] = [
    ("429", FaultKind::TooMany),
    ("429-bare", FaultKind::TooManyBare),
    ("day-limit", FaultKind::DayLimit),
    ("500", FaultKind::Status(500)),
    ("502", FaultKind::Status(502)),
    ("503", FaultKind::Status(503)),
    ("504", FaultKind::Status(504)),
    ("expire", FaultKind::Expire),
    ("truncate", FaultKind::Truncate),
    ("cut", FaultKind::Cut),
    ("slow", FaultKind::Slow),
    ("drop", FaultKind::Drop),
    ("html", FaultKind::Html),
    ("change", FaultKind::Change),
    ("role", FaultKind::Role),
    ("scope", FaultKind::Scope),
    ("high-volume", FaultKind::HighVolume),
];

/// A text that is not a list of faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultSpecError(pub String);

impl fmt::Display for FaultSpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        write!(
            f,
            "expected KIND[@ENDPOINT][#N|%N] with KIND one of {}, found `{}`; #N strikes the Nth call only, %N every Nth",
            names.join(", "),
            self.0
        )
    }
}

impl std::error::Error for FaultSpecError {}

/// Reads `429@Invoices%7,expire#20`: kind, endpoint, and which calls (`#N` only the Nth, `%N` every Nth; without, the first).
///
/// ```
/// use xero_pbit::mock::{FaultKind, parse_faults};
/// let faults = parse_faults("429@Invoices%7,expire#20").unwrap();
/// assert_eq!(faults[0].kind, FaultKind::TooMany);
/// assert!(parse_faults("teapot").is_err());
/// ```
///
/// # Errors
/// The first item that is not a fault.
pub fn parse_faults(text: &str) -> Result<Vec<Fault>, FaultSpecError> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(|item| {
            let bad = || FaultSpecError(item.to_owned());
            let (rest, when) = match item.find(['#', '%']) {
                Some(at) => {
                    let n: u32 = item[at + 1..].parse().ok().filter(|n| *n > 0).ok_or_else(bad)?;
                    (&item[..at], if item.as_bytes()[at] == b'#' { When::Nth(n) } else { When::Every(n) })
                }
                None => (item, When::Nth(1)),
            };
            let (name, endpoint) = rest.split_once('@').map_or((rest, None), |(name, endpoint)| (name, Some(endpoint.to_owned())));
            let (_, kind) = NAMES.iter().find(|(known, _)| *known == name).ok_or_else(bad)?;
            Ok(Fault { kind: *kind, endpoint, when })
        })
        .collect()
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, kind)| *kind == self.kind).map_or("", |(name, _)| name);
        f.write_str(name)?;
        if let Some(endpoint) = &self.endpoint {
            write!(f, "@{endpoint}")?;
        }
        match self.when {
            When::Nth(n) => write!(f, "#{n}"),
            When::Every(n) => write!(f, "%{n}"),
        }
    }
}

impl Fault {
    /// The answer that replaces the real one; `None` for faults that spoil it instead.
    pub(super) fn instead(&self) -> Option<Answer> {
        Some(match self.kind {
            FaultKind::TooMany => {
                problem(429, "Too Many Requests", "RateLimitExceeded").with("X-Rate-Limit-Problem", "minute").with("Retry-After", 1)
            }
            FaultKind::TooManyBare => problem(429, "Too Many Requests", "RateLimitExceeded").with("X-Rate-Limit-Problem", "concurrent"),
            FaultKind::DayLimit => {
                problem(429, "Too Many Requests", "RateLimitExceeded").with("X-Rate-Limit-Problem", "day").with("Retry-After", 20_000)
            }
            FaultKind::Status(status) => Answer { status, body: b"The service is unavailable".to_vec(), ..Answer::default() },
            FaultKind::Expire => problem(401, "Unauthorized", "TokenExpired: token expired"),
            FaultKind::Role => problem(403, "Forbidden", "AuthorizationUnsuccessful"),
            FaultKind::Scope => problem(401, "Unauthorized", "AuthorizationUnsuccessful").with("www-authenticate", "insufficient_scope"),
            FaultKind::HighVolume => Answer::json(
                400,
                &serde_json::json!({"ErrorNumber": 10, "Type": "HighVolumeException",
                    "Message": "Your request is not filtering efficiently, given the extremely high volume for this organisation"}),
            ),
            FaultKind::Html => {
                Answer { status: 200, body: b"<html><body>Scheduled maintenance</body></html>".to_vec(), ..Answer::default() }
                    .with("content-type", "text/html")
            }
            FaultKind::Drop => Answer { drop: true, ..Answer::default() },
            FaultKind::Truncate | FaultKind::Cut | FaultKind::Slow | FaultKind::Change => return None,
        })
    }

    /// The real answer, spoilt.
    pub(super) fn answer(&self, mut answer: Answer) -> Answer {
        if let Some(instead) = self.instead() {
            return instead;
        }
        match self.kind {
            FaultKind::Truncate => {
                let half = answer.body.len() / 2;
                answer.body.truncate(half);
            }
            FaultKind::Cut => answer.cut_at = Some(answer.body.len() / 2),
            FaultKind::Slow => answer.delay_ms = 2_000,
            _ => {}
        }
        answer
    }
}

/// Counts calls and says when a fault strikes.
pub(super) struct Schedule {
    faults: Vec<(Fault, u32)>,
}

impl Schedule {
    pub(super) fn new(faults: Vec<Fault>) -> Schedule {
        Schedule { faults: faults.into_iter().map(|fault| (fault, 0)).collect() }
    }

    /// The fault of this call; all matching ones count it.
    pub(super) fn next(&mut self, endpoint: &str) -> Option<Fault> {
        let mut struck = None;
        for (fault, seen) in &mut self.faults {
            let matches = match &fault.endpoint {
                Some(wanted) => wanted.eq_ignore_ascii_case(endpoint),
                None => endpoint != "token",
            };
            if !matches {
                continue;
            }
            *seen += 1;
            let strikes = match fault.when {
                When::Nth(n) => *seen == n,
                When::Every(n) => *seen % n == 0,
            };
            if strikes && struck.is_none() {
                struck = Some(fault.clone());
            }
        }
        struck
    }
}
