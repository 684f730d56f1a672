//! The template's queries, run here: the same tables from every source, what they cost in calls, the connector from sign-in to the end of
//! its session.
#![allow(clippy::disallowed_methods)]

mod calls;
mod command;
mod connector;
mod sources;
mod world;

use libtest_mimic::Trial;

/// All trials of this topic.
pub fn trials() -> Vec<Trial> {
    let mut trials = sources::trials();
    trials.extend(calls::trials());
    trials.extend(connector::trials());
    trials.extend(command::trials());
    trials
}
