//! A third opinion: hledger adds up the journals, and its figures are those of the trial balances.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Failed;
use xero_pbit::base::Date;
use xero_pbit::sample::{self, Country, JournalFormat, Options, Sink};

use super::books::{Books, cents};
use super::companies;

#[derive(Default)]
struct Both {
    pages: BTreeMap<String, Vec<u8>>,
    journal: Vec<u8>,
}

impl Sink for Both {
    fn page(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.pages.insert(path.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn journal(&mut self, text: &[u8]) -> io::Result<()> {
        self.journal.extend_from_slice(text);
        Ok(())
    }
}

fn run(journal: &Path, arguments: &[&str]) -> Result<Vec<Vec<String>>, Failed> {
    let output = Command::new("hledger").arg("-f").arg(journal).args(["balance", "--flat", "-N", "-O", "csv"]).args(arguments).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let text = String::from_utf8(output.stdout)?;
    Ok(text.lines().map(|line| line.trim_matches('"').split("\",\"").map(str::to_owned).collect()).collect())
}

fn amount(cell: &str) -> i64 {
    cents(&serde_json::Value::String(cell.split(' ').next().unwrap_or("0").to_owned()))
}

/// Balance of each account over a period, in cents, by hledger.
fn hledger(journal: &Path, from: Option<Date>, until: Date) -> Result<BTreeMap<String, i64>, Failed> {
    let until = until.add_days(1).to_string();
    let from = from.map(|date| date.to_string());
    let mut arguments = vec!["-e", &until];
    arguments.extend(from.iter().flat_map(|date| ["-b", date.as_str()]));
    Ok(run(journal, &arguments)?.into_iter().skip(1).map(|cells| (cells[0].clone(), amount(&cells[1]))).collect())
}

/// Movements of whole months by month end.
fn monthly(journal: &Path, from: Date, until: Date) -> Result<BTreeMap<Date, BTreeMap<String, i64>>, Failed> {
    let rows = run(journal, &["-M", "-E", "-b", &from.start_of_month().to_string(), "-e", &until.end_of_month().add_days(1).to_string()])?;
    let mut months: BTreeMap<Date, BTreeMap<String, i64>> = BTreeMap::new();
    for (column, head) in rows[0].iter().enumerate().skip(1) {
        let month: Date = format!("{head}-01").parse()?;
        let movements = rows[1..].iter().map(|cells| (cells[0].clone(), amount(&cells[column])));
        months.insert(month.end_of_month(), movements.collect());
    }
    Ok(months)
}

/// The name that the journal has for an account of a trial balance.
fn journal_name(section: &str, name: &str) -> String {
    let (name, code) = match name.rsplit_once(" (") {
        Some((name, code)) if code.trim_end_matches(')').chars().all(|c| c.is_ascii_digit()) => {
            (name, format!("{}-", code.trim_end_matches(')')))
        }
        _ => (name, String::new()),
    };
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    format!("{section}:{code}{}", words.join("-"))
}

pub fn agrees_with_the_trial_balances() -> Result<(), Failed> {
    if Command::new("hledger").arg("--version").output().is_err() {
        eprintln!("skipped: hledger is not installed (Debian package `hledger`)");
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let mut companies = companies();
    companies.push(Options::new(8, 60, 3, Country::Uk));
    for (number, options) in companies.into_iter().enumerate() {
        // Unrealised gains are in Xero's reports and in no journal; the other company of each pair has none.
        for revaluation in if options.foreign { vec![false, true] } else { vec![false] } {
            let options = Options { revaluation, journal: Some(JournalFormat::Hledger), ..options.clone() };
            let mut both = Both::default();
            sample::generate(&options, &mut both)?;
            let path = folder.path().join(format!("{number}.journal"));
            std::fs::write(&path, &both.journal)?;
            compare(&options, &Books::read(&both.pages), &path)
                .map_err(|error| format!("{options:?}: {}", error.message().unwrap_or_default()))?;
        }
    }
    Ok(())
}

fn compare(options: &Options, books: &Books, journal: &Path) -> Result<(), Failed> {
    let year_end = |year: i32| (1..=options.year_end.1).rev().find_map(|day| Date::from_ymd(year, options.year_end.0, day)).expect("a day");
    let dates: Vec<Date> = books.balances.keys().copied().collect();
    let months = monthly(journal, dates[0], options.as_of)?;
    // Movements of every month; balances of some, as each takes two runs of hledger.
    let step = (dates.len() / if options.revaluation { 2 } else { 7 }).max(1);
    let mut compared = 0;
    for (index, &date) in dates.iter().rev().enumerate() {
        let rows = &books.balances[&date];
        let with_balances = index % step == 0;
        if !with_balances {
            for row in rows.iter().filter(|row| !options.revaluation && row.movement() != 0) {
                let name = journal_name(&row.section, &row.name);
                let movement = months.get(&date).and_then(|month| month.get(&name)).copied().unwrap_or(0);
                if movement != row.movement() {
                    return Err(format!("{name} in the month of {date}: trial balance {}, hledger {movement}", row.movement()).into());
                }
                compared += 1;
            }
            continue;
        }
        let this = year_end(date.year());
        let year_start = if this < date { this } else { year_end(date.year() - 1) }.add_days(1);
        let movement = hledger(journal, Some(date.start_of_month()), date)?;
        let year = hledger(journal, Some(year_start), date)?;
        let ever = hledger(journal, None, date)?;
        let earlier: i64 = hledger(journal, None, year_start.add_days(-1))?
            .iter()
            .filter(|(account, _)| account.starts_with("Revenue:") || account.starts_with("Expenses:"))
            .map(|(_, amount)| amount)
            .sum();
        let mut seen = Vec::new();
        for row in rows {
            let name = journal_name(&row.section, &row.name);
            let blurred =
                ["Accounts-Receivable", "Accounts-Payable", "Bank-Revaluations", "Foreign-Currency-Gains-and-Losses", "Retained-Earnings"];
            let blurred = options.revaluation
                && (blurred.iter().any(|part| name.contains(part)) || name.starts_with("Assets:") && name.ends_with("-Account"));
            let of = |balances: &BTreeMap<String, i64>| balances.get(&name).copied().unwrap_or(0);
            let balance = match row.section.as_str() {
                "Revenue" | "Expenses" => of(&year),
                _ if name.contains("Retained-Earnings") => of(&ever) + earlier,
                _ => of(&ever),
            };
            if !blurred && (row.movement(), row.balance()) != (of(&movement), balance) {
                return Err(format!(
                    "{name} on {date}: trial balance {:?}, hledger {:?}",
                    (row.movement(), row.balance()),
                    (of(&movement), balance)
                )
                .into());
            }
            compared += 1;
            seen.push(name);
        }
        // What hledger knows and the trial balance leaves out is zero.
        for (name, amount) in ever.iter().chain(&movement) {
            let profit = name.starts_with("Revenue:") || name.starts_with("Expenses:");
            let amount = if profit { year.get(name).copied().unwrap_or(0) } else { *amount };
            if amount != 0 && !seen.contains(name) {
                return Err(format!("{name} on {date} is missing from the trial balance: {amount}").into());
            }
        }
    }
    assert!(compared > 60, "only {compared} comparisons");
    Ok(())
}
