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
    /// No call between these moments: when Xero said so, and until when.
    pause: Option<(i64, i64)>,
}

impl Limiter {
    /// `per_minute` calls in any minute.
    pub fn new(clock: Arc<dyn Clock>, per_minute: u32) -> Limiter {
        let window = Window { calls: VecDeque::new(), pause: None };
        Limiter { gate: Semaphore::new(IN_FLIGHT), window: Mutex::new(window), clock, per_minute: per_minute.max(1) as usize }
    }

    /// Waits for a place and a call; the call counts once this returns.
    pub async fn acquire(&self) -> SemaphorePermit<'_> {
        let permit = self.gate.acquire().await.expect("the gate is never closed");
        loop {
            let wait = {
                let mut window = self.window.lock().await;
                let now = self.clock.now_ms();
                // A clock that was set back must not freeze the window.
                if window.calls.back().is_some_and(|last| *last > now) {
                    window.calls.clear();
                }
                window.pause = window.pause.filter(|(from, until)| (*from..*until).contains(&now));
                while window.calls.front().is_some_and(|first| now - first >= MINUTE_MS + SLACK_MS) {
                    window.calls.pop_front();
                }
                if let Some((_, until)) = window.pause {
                    until - now
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
        let now = self.clock.now_ms();
        let until = window.pause.map_or(now, |(_, until)| until).max(now + ms as i64);
        // Clocks that jump ahead end a pause early: Xero says no again, then.
        window.pause = Some((now, until.min(now + 120_000)));
    }
}
