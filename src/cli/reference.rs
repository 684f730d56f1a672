//! `xero-pbit reference`: the exact-decimal reference alone.

use std::io::Write;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::{Failure, Global};
use crate::base::{Diagnostic, SourceMap};
use crate::host::company::CompanyFolder;
use crate::reference::{self, Figures, Malformed, OrganisationFigures};

/// Compute every figure in exact decimals from raw pages.
///
/// Reads a company folder (or a folder of them) without Power Query and without DAX, and prints each measure's total and its values
/// by month, day, contact, account, item and due bucket.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  xero-pbit sample --out company\n  xero-pbit reference --company company --format json")]
pub struct Args {
    /// Company folder with raw pages, or a folder of company folders
    #[arg(long, value_name = "DIR")]
    company: PathBuf,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Today of the figures; the folder needs a trial balance of that date
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    as_of: Option<jiff::civil::Date>,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// A table for people.
    Text,
    /// One JSON document.
    Json,
}

/// A date as all commands take it.
pub(super) fn parse_date(text: &str) -> Result<jiff::civil::Date, String> {
    text.parse().map_err(|_| format!("expected a date such as 2024-06-30, found `{text}`"))
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    let pages = CompanyFolder::new(&args.company);
    let all = reference::compute(&pages, args.as_of).map_err(|error| malformed("X0601", &error))?;
    for one in &all {
        describe_counts(one, global);
    }
    let mut out = std::io::stdout().lock();
    // A closed pipe (`| head`) ends the output, not the program's success.
    let _ = match args.format {
        Format::Json => writeln!(out, "{}", to_json(&all)),
        Format::Text => write!(out, "{}", to_text(&all)),
    };
    Ok(0)
}

/// A file that cannot be used, as a diagnostic with exit code 2.
pub(super) fn malformed(code: &'static str, error: &Malformed) -> Failure {
    let message = if error.place.is_empty() { error.message.clone() } else { format!("{}: {}", error.place, error.message) };
    let mut diagnostic = Diagnostic::error(code, message).in_file(error.file.clone(), error.position);
    if let Some(help) = &error.help {
        diagnostic = diagnostic.help(help.clone());
    }
    Failure::input(vec![diagnostic], SourceMap::default())
}

fn describe_counts(one: &OrganisationFigures, global: &Global) {
    for (endpoint, count) in &one.books.counts {
        if count.set_aside.is_empty() {
            continue;
        }
        let reasons: Vec<String> = count.set_aside.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
        global.say(format!("{}: {endpoint}: {} read; set aside: {}", one.books.name, count.read, reasons.join(", ")));
    }
}

fn to_json(all: &[OrganisationFigures]) -> Value {
    let mut objects: Vec<Value> = all
        .iter()
        .map(|one| {
            json!({
                "as_of": one.books.today.map(|day| day.to_string()),
                "organisation": one.books.id,
                "name": one.books.name,
                "base_currency": one.books.base_currency,
                "measures": measures(&one.figures),
            })
        })
        .collect();
    if objects.len() == 1 { objects.swap_remove(0) } else { json!({ "organisations": objects }) }
}

fn measures(figures: &Figures) -> Map<String, Value> {
    let mut measures = Map::new();
    for (name, figure) in figures {
        let mut by = Map::new();
        for (dimension, values) in &figure.by {
            let values: Map<String, Value> = values.iter().map(|(key, amount)| (key.clone(), amount.text().into())).collect();
            by.insert((*dimension).to_owned(), Value::Object(values));
        }
        measures.insert((*name).to_owned(), json!({ "total": figure.total.text(), "by": by }));
    }
    measures
}

fn to_text(all: &[OrganisationFigures]) -> String {
    let mut text = String::new();
    for one in all {
        let today = one.books.today.map_or("no trial balance".to_owned(), |day| day.to_string());
        text.push_str(&format!("{} · {} · as of {today}\n", one.books.name, one.books.base_currency));
        let width = one.figures.keys().map(|name| name.len()).max().unwrap_or(0);
        for (name, figure) in &one.figures {
            let slices: Vec<String> = figure.by.iter().map(|(dimension, values)| format!("{} × {dimension}", values.len())).collect();
            let total = match figure.total {
                reference::Amount::Ratio(ratio) => format!("{:.4}", ratio),
                other => other.text().unwrap_or_else(|| "(blank)".to_owned()),
            };
            text.push_str(&format!("  {name:<width$}  {total:>16}  {}\n", slices.join(", ")));
        }
    }
    text
}
