//! Books changed at random: whatever the pages say, both routes say the same, or both refuse them.

use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use xero_pbit::sample::{Country, Options};

use super::perturb::{Dice, Perturb, Wildness};
use super::{company, complaints, figures, full, model, prove, tables};

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("validate::changed_books_agree", changed_books_agree)]
}

/// `XERO_PBIT_FUZZ=N` tries N companies, `XERO_PBIT_FUZZ=N+` those from N on until something differs.
fn wanted() -> (u64, u64) {
    let Ok(text) = std::env::var("XERO_PBIT_FUZZ") else { return (0, if full() { 60 } else { 3 }) };
    match text.split_once('+') {
        Some((from, count)) => (from.parse().unwrap_or(0), count.parse().unwrap_or(1)),
        None => (0, text.parse().unwrap_or(1)),
    }
}

/// The company of a seed, and what was changed in it.
pub fn changed(seed: u64) -> (Options, tempfile::TempDir) {
    let mut dice = Dice(seed.wrapping_mul(0x1234_5678_9ABC_DEF1) ^ 77);
    let days = ["2024-02-29", "2025-03-01", "2025-04-06", "2026-01-01", "2025-12-31", "2026-06-30", "2026-11-12", "2026-03-31"];
    let ends = [(6, 30), (4, 5), (2, 29), (12, 31), (3, 31), (6, 15)];
    let options = Options {
        as_of: dice.of(&days).parse().expect("a day"),
        year_end: *dice.of(&ends),
        foreign: dice.below(3) > 0,
        ..Options::new(seed, [3, 30, 60, 110][dice.below(4)], [1, 3, 14, 16][dice.below(4)], *dice.of(&Country::ALL))
    };
    let folder = company(&options);
    let wildness = if seed.is_multiple_of(2) { Wildness::Anything } else { Wildness::Lifelike };
    let share = [8, 25, 60][dice.below(3)];
    Perturb { dice: &mut dice, today: options.as_of, wildness, share }.folder(folder.path());
    (options, folder)
}

fn changed_books_agree() -> Result<(), Failed> {
    let project = model(None)?;
    let (from, count) = wanted();
    let mut problems = Vec::new();
    let (mut compared, mut refused) = (0, 0);
    for seed in from..from + count {
        let (options, folder) = changed(seed);
        match (tables(&project, folder.path(), None), figures(folder.path(), None)) {
            (Ok(tables), Ok(figures)) => {
                let report = prove(&project, &Arc::new(tables), &figures, 4);
                compared += report.checks.len();
                problems.extend(complaints(&report).map(|text| format!("seed {seed}, {options:?}: {text}")));
            }
            (Err(m), Err(reference)) => {
                refused += 1;
                println!("seed {seed}: both refuse: {m} | {reference}");
            }
            (Ok(_), Err(reference)) => problems.push(format!("seed {seed}: the queries read it, the reference does not: {reference}")),
            (Err(m), Ok(_)) => problems.push(format!("seed {seed}: the reference reads it, the queries do not: {m}")),
        }
        if let Ok(keep) = std::env::var("XERO_PBIT_KEEP") {
            println!("{} is kept in {}", keep, folder.keep().display());
        }
    }
    println!("{count} companies, {compared} figures compared, {refused} refused by both");
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}
