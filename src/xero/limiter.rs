//! Keeps calls inside Xero's limits: 60 a minute, 5 at one time, so many a day.

use std::sync::Arc;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

use super::Clock;

/// Calls at one time: one below Xero's limit of 5, so that another program can work beside us.
const IN_FLIGHT: usize = 4;

/// A bucket of calls that fills evenly, and a gate of four.
pub struct Limiter {
    gate: Semaphore,
    bucket: Mutex<Bucket>,
    clock: Arc<dyn Clock>,
}

struct Bucket {
    /// Calls a minute.
    rate: f64,
    /// Calls that may start at once.
    tokens: f64,
    /// Largest burst.
    capacity: f64,
    /// When `tokens` was right.
    at_ms: i64,
    /// No call before this moment.
    not_before_ms: i64,
}

impl Limiter {
    /// `per_minute` calls a minute. Xero counts fixed windows: the burst and one minute's refill together stay below 60.
    pub fn new(clock: Arc<dyn Clock>, per_minute: u32) -> Limiter {
        let capacity = 2.0;
        let now = clock.now_ms();
        Limiter {
            gate: Semaphore::new(IN_FLIGHT),
            bucket: Mutex::new(Bucket { rate: f64::from(per_minute), tokens: capacity, capacity, at_ms: now, not_before_ms: now }),
            clock,
        }
    }

    /// Waits for a place and a call; the call counts once this returns.
    pub async fn acquire(&self) -> SemaphorePermit<'_> {
        let permit = self.gate.acquire().await.expect("the gate is never closed");
        loop {
            let wait = {
                let mut bucket = self.bucket.lock().await;
                let now = self.clock.now_ms();
                // A clock that was set back must not freeze the bucket.
                if now < bucket.at_ms || now + 3_600_000 < bucket.not_before_ms {
                    bucket.not_before_ms = now;
                }
                let filled = bucket.tokens + (now - bucket.at_ms).max(0) as f64 * bucket.rate / 60_000.0;
                bucket.tokens = filled.min(bucket.capacity);
                bucket.at_ms = now;
                if now < bucket.not_before_ms {
                    (bucket.not_before_ms - now) as u64
                } else if bucket.tokens >= 1.0 {
                    bucket.tokens -= 1.0;
                    return permit;
                } else {
                    ((1.0 - bucket.tokens) * 60_000.0 / bucket.rate).ceil() as u64
                }
            };
            self.clock.sleep(wait.max(1)).await;
        }
    }

    /// Lets no call start for `ms`: Xero said so.
    pub async fn pause(&self, ms: u64) {
        let mut bucket = self.bucket.lock().await;
        let until = self.clock.now_ms() + ms as i64;
        bucket.not_before_ms = bucket.not_before_ms.max(until);
        bucket.tokens = bucket.tokens.min(1.0);
    }
}
