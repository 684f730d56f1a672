//! Rate limits: per minute and per day in fixed windows, and calls at one time.

use std::collections::BTreeMap;

use super::{Answer, problem};

/// What a tenant allows.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Calls a minute.
    pub per_minute: u32,
    /// Calls a day.
    pub per_day: u32,
    /// Calls at one time.
    pub concurrent: u32,
}

impl Default for Limits {
    /// Xero's Core tier: 60 a minute, 5,000 a day, 5 at one time.
    fn default() -> Limits {
        Limits { per_minute: 60, per_day: 5_000, concurrent: 5 }
    }
}

#[derive(Clone, Copy, Default)]
struct Window {
    started_ms: i64,
    used: u32,
}

impl Window {
    fn roll(&mut self, now_ms: i64, length_ms: i64) {
        if self.used == 0 || now_ms - self.started_ms >= length_ms {
            *self = Window { started_ms: now_ms, used: 0 };
        }
    }
}

/// The windows of every tenant.
pub(super) struct Windows {
    limits: Limits,
    tenants: BTreeMap<String, (Window, Window)>,
}

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

impl Windows {
    pub(super) fn new(limits: Limits) -> Windows {
        Windows { limits, tenants: BTreeMap::new() }
    }

    /// Counts a call: the headers to send along, or the 429.
    pub(super) fn take(&mut self, tenant: &str, now_ms: i64, in_flight: u32) -> Result<Vec<(String, String)>, Answer> {
        let limits = self.limits;
        let (minute, day) = self.tenants.entry(tenant.to_owned()).or_default();
        minute.roll(now_ms, MINUTE_MS);
        day.roll(now_ms, DAY_MS);
        if in_flight > limits.concurrent {
            return Err(refuse("concurrent", None));
        }
        if day.used >= limits.per_day {
            return Err(refuse("day", Some(day.started_ms + DAY_MS - now_ms)));
        }
        if minute.used >= limits.per_minute {
            return Err(refuse("minute", Some(minute.started_ms + MINUTE_MS - now_ms)));
        }
        minute.used += 1;
        day.used += 1;
        Ok(vec![
            ("X-DayLimit-Remaining".to_owned(), (limits.per_day - day.used).to_string()),
            ("X-MinLimit-Remaining".to_owned(), (limits.per_minute - minute.used).to_string()),
            ("X-AppMinLimit-Remaining".to_owned(), "9999".to_owned()),
        ])
    }
}

fn refuse(kind: &str, wait_ms: Option<i64>) -> Answer {
    let answer = problem(429, "Too Many Requests", "RateLimitExceeded").with("X-Rate-Limit-Problem", kind);
    match wait_ms {
        Some(ms) => answer.with("Retry-After", (ms + 999) / 1000),
        None => answer,
    }
}
