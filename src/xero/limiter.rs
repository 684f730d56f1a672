//! Keeps calls inside Xero's limits: 60 a minute, 5 at one time, so many a day.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

use super::Clock;

/// Calls at one time: one below Xero's limit of 5, so that another program can work beside us.
const IN_FLIGHT: usize = 4;
const MINUTE_MS: i64 = 60_000;
/// What a call may need to arrive: keeps calls sent at the end of a window from arriving in the next one's company.
const SLACK_MS: i64 = 250;

/// At most so many calls in any sixty seconds, and a gate of four.
///
/// Xero counts in fixed windows whose start we do not know; a sliding window of the same length can never overrun a fixed one. Small
/// companies load in one burst, large ones at the allowance.
pub struct Limiter {
    gate: Semaphore,
    window: Mutex<Window>,
    clock: Arc<dyn Clock>,
    per_minute: usize,
}

struct Window {
    /// When the latest calls began, oldest first.
    calls: VecDeque<i64>,
    /// No call before this moment.
    not_before_ms: i64,
}

impl Limiter {
    /// `per_minute` calls in any minute.
    pub fn new(clock: Arc<dyn Clock>, per_minute: u32) -> Limiter {
        let window = Window { calls: VecDeque::new(), not_before_ms: i64::MIN };
        Limiter { gate: Semaphore::new(IN_FLIGHT), window: Mutex::new(window), clock, per_minute: per_minute.max(1) as usize }
    }

    /// Waits for a place and a call; the call counts once this returns.
    pub async fn acquire(&self) -> SemaphorePermit<'_> {
        let permit = self.gate.acquire().await.expect("the gate is never closed");
        loop {
            let wait = {
                let mut window = self.window.lock().await;
                let now = self.clock.now_ms();
                // A clock that was set back or far ahead must not freeze the window.
                if window.calls.back().is_some_and(|last| *last > now) || window.not_before_ms > now + 25 * 60 * MINUTE_MS {
                    window.calls.clear();
                    window.not_before_ms = i64::MIN;
                }
                while window.calls.front().is_some_and(|first| now - first >= MINUTE_MS + SLACK_MS) {
                    window.calls.pop_front();
                }
                if now < window.not_before_ms {
                    window.not_before_ms - now
                } else if window.calls.len() < self.per_minute {
                    window.calls.push_back(now);
                    return permit;
                } else {
                    window.calls.front().map_or(1, |first| first + MINUTE_MS + SLACK_MS - now)
                }
            };
            self.clock.sleep(wait.max(1) as u64).await;
        }
    }

    /// Lets no call start for `ms`: Xero said so.
    pub async fn pause(&self, ms: u64) {
        let mut window = self.window.lock().await;
        window.not_before_ms = window.not_before_ms.max(self.clock.now_ms() + ms as i64);
    }
}
