//! Tables on their way: who asks for one waits until it is there.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::dax::TableSource;
use crate::table::Table;

/// The tables of a refresh, while it runs.
#[derive(Clone)]
pub(super) struct Arrivals(Arc<(Mutex<State>, Condvar)>);

struct State {
    /// Names of the tables that have not come yet.
    expected: Vec<String>,
    tables: Vec<Arc<Table>>,
    /// Whether one will never come.
    is_broken: bool,
    /// How long somebody waited.
    waited: Duration,
}

impl Arrivals {
    /// None of the tables is there.
    pub(super) fn new(expected: &[&str]) -> Arrivals {
        let expected = expected.iter().map(|name| (*name).to_owned()).collect();
        Arrivals(Arc::new((Mutex::new(State { expected, tables: Vec::new(), is_broken: false, waited: Duration::ZERO }), Condvar::new())))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A table has come.
    pub(super) fn add(&self, table: Arc<Table>) {
        let mut state = self.state();
        state.expected.retain(|name| *name != table.name);
        state.tables.push(table);
        drop(state);
        self.0.1.notify_all();
    }

    /// A table will never come: who waits gets an error.
    pub(super) fn fail(&self) {
        self.state().is_broken = true;
        self.0.1.notify_all();
    }

    /// Whether a table will never come.
    pub(super) fn is_broken(&self) -> bool {
        self.state().is_broken
    }

    /// How long those who asked have waited so far.
    pub(super) fn waited(&self) -> Duration {
        self.state().waited
    }

    /// Fails when what is given back goes and not all tables are there, be it that whoever makes them panicked.
    pub(super) fn until_all_came(&self) -> impl Drop + '_ {
        struct End<'a>(&'a Arrivals);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                if !self.0.state().expected.is_empty() {
                    self.0.fail();
                }
            }
        }
        End(self)
    }
}

impl TableSource for Arrivals {
    fn load(&self, table: &str) -> Result<Option<Table>, String> {
        Ok(self.share(table)?.map(|found| found.as_ref().clone()))
    }

    fn share(&self, table: &str) -> Result<Option<Arc<Table>>, String> {
        let wanted = table.to_lowercase();
        let start = Instant::now();
        let mut state = self.state();
        loop {
            if state.is_broken {
                return Err("a query of the refresh failed".to_owned());
            }
            let found = state.tables.iter().find(|table| table.name.to_lowercase() == wanted).cloned();
            if found.is_some() || !state.expected.iter().any(|name| name.to_lowercase() == wanted) {
                state.waited += start.elapsed();
                return Ok(found);
            }
            state = self.0.1.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> Arc<Table> {
        Arc::new(Table { name: name.to_owned(), columns: Vec::new() })
    }

    #[test]
    fn who_asks_waits_until_the_table_is_there() {
        let arrivals = Arrivals::new(&["First", "Second"]);
        arrivals.add(table("First"));
        assert_eq!(arrivals.share("first").unwrap().map(|t| t.name.clone()).as_deref(), Some("First"));
        assert_eq!(arrivals.share("Third"), Ok(None));
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| arrivals.share("Second"));
            arrivals.add(table("Second"));
            assert_eq!(asked.join().unwrap().unwrap().map(|t| t.name.clone()).as_deref(), Some("Second"));
        });
    }

    #[test]
    fn nobody_waits_for_a_table_that_never_comes() {
        let arrivals = Arrivals::new(&["First"]);
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| arrivals.share("First"));
            drop(arrivals.until_all_came());
            assert!(asked.join().unwrap().is_err());
        });
        assert!(arrivals.is_broken());
    }
}
