//! All shipped measures × all slices × many companies: DAX over the template's own M equals the reference.

use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use xero_pbit::base::Date;
use xero_pbit::sample::{Country, Options};
use xero_pbit::validate::ties;

use super::{company, complaints, figures, full, model, prove, tables, write};

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("validate::companies_agree", companies_agree),
        Trial::test("validate::an_earlier_day_agrees", an_earlier_day_agrees),
        Trial::test("validate::several_organisations_agree", several_organisations_agree),
    ]
}

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

fn made(seed: u64, documents: u32, months: u32, country: Country, year_end: (u32, u32), as_of: &str, foreign: bool) -> Options {
    Options { year_end, as_of: day(as_of), foreign, ..Options::new(seed, documents, months, country) }
}

fn companies() -> Vec<Options> {
    let mut all = vec![
        made(11, 70, 26, Country::Au, (6, 30), "2026-11-12", true),
        made(12, 60, 15, Country::Uk, (4, 5), "2025-04-06", true),
        made(13, 60, 14, Country::Us, (2, 29), "2024-02-29", false),
    ];
    if full() {
        const YEAR_ENDS: [(u32, u32); 8] = [(6, 30), (4, 5), (2, 29), (12, 31), (3, 31), (2, 28), (1, 31), (6, 15)];
        // The last day of February, the first day of a fiscal year or of a month, the turn of a year, a day in a month.
        const DAYS: [&str; 7] = ["2024-02-29", "2025-03-01", "2025-04-06", "2026-01-01", "2025-12-31", "2026-06-16", "2026-11-12"];
        const SIZES: [(u32, u32); 6] = [(1, 1), (40, 3), (80, 13), (150, 14), (300, 26), (900, 38)];
        for seed in 0..28_u64 {
            let at = seed as usize;
            let (documents, months) = SIZES[at % SIZES.len()];
            let country = Country::ALL[at % Country::ALL.len()];
            all.push(made(
                100 + seed,
                documents,
                months,
                country,
                YEAR_ENDS[at % YEAR_ENDS.len()],
                DAYS[(at * 3) % DAYS.len()],
                seed % 3 != 0,
            ));
        }
    }
    all
}

fn companies_agree() -> Result<(), Failed> {
    let project = model(None)?;
    let mut problems = Vec::new();
    for options in companies() {
        let folder = company(&options);
        let tables = Arc::new(tables(&project, folder.path(), None).map_err(|e| format!("{options:?}: {e}"))?);
        let figures = figures(folder.path(), None).map_err(|e| format!("{options:?}: {e}"))?;
        let report = prove(&project, &tables, &figures, 12);
        problems.extend(complaints(&report).map(|text| format!("{options:?}: {text}")));
        assert!(report.checks.len() > 200, "{options:?}: hardly anything was compared: {}", report.checks.len());
        for tie in figures.iter().flat_map(|one| ties::trial_balances(&one.books)).filter(|tie| !tie.holds) {
            problems.push(format!("{options:?}: {}: {} against {}", tie.what, tie.ours, tie.theirs));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

/// Another day as today than the one on which the pages were asked for.
fn an_earlier_day_agrees() -> Result<(), Failed> {
    let project = model(None)?;
    let options = made(14, 80, 16, Country::Fr, (12, 31), "2025-02-14", true);
    let folder = company(&options);
    let days: &[&str] = if full() { &["2025-01-31", "2024-12-31", "2024-02-29", "2023-12-31"] } else { &["2024-02-29"] };
    let mut problems = Vec::new();
    for as_of in days {
        let as_of = Some(day(as_of));
        let tables = Arc::new(tables(&project, folder.path(), as_of)?);
        let report = prove(&project, &tables, &figures(folder.path(), as_of)?, 5);
        problems.extend(complaints(&report).map(|text| format!("{as_of:?}: {text}")));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

/// Organisations side by side: the calendar follows the first one, everything else is each one's own.
fn several_organisations_agree() -> Result<(), Failed> {
    type Named = (&'static str, Options);
    let (documents, months) = if full() { (150, 26) } else { (30, 14) };
    let mut sets: Vec<Vec<Named>> = vec![vec![
        ("east", made(21, documents, months, Country::Nl, (12, 31), "2026-01-01", true)),
        ("north", made(22, documents, months, Country::Uk, (4, 5), "2025-11-17", false)),
        ("south", made(23, documents, 3, Country::Fr, (6, 30), "2025-12-31", false)),
    ]];
    if full() {
        sets.push(vec![
            ("a", made(24, documents, months, Country::Au, (6, 30), "2026-11-12", true)),
            ("b", made(25, documents, months, Country::Au, (2, 29), "2026-11-12", true)),
        ]);
        sets.push(vec![
            ("a", made(26, documents, 14, Country::Us, (2, 29), "2024-02-29", true)),
            ("b", made(27, documents, months, Country::Us, (12, 31), "2025-03-01", false)),
            ("c", made(28, 1, 1, Country::Ca, (6, 15), "2024-06-16", true)),
        ]);
    }
    let project = model(None)?;
    let mut problems = Vec::new();
    for set in sets {
        let folder = tempfile::tempdir()?;
        for (name, options) in &set {
            write(&folder.path().join(name), options);
        }
        let tables = Arc::new(tables(&project, folder.path(), None)?);
        let figures = figures(folder.path(), None)?;
        assert_eq!(figures.len(), set.len());
        let report = prove(&project, &tables, &figures, 8);
        problems.extend(complaints(&report).map(|text| format!("{set:?}: {text}")));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}
