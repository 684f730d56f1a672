//! `xero-pbit sample`: writes made-up companies to disk.
#![allow(clippy::disallowed_methods)]

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::base::Date;
use crate::sample::{self, Country, JournalFormat, Options, Sink};

use super::{Failure, Global};

/// Make up a company as raw Xero API pages.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  xero-pbit sample --seed 7 --size small --country uk --fiscal-year-end 04-05 --out uk-company")]
pub struct Args {
    /// Another seed is another company
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// tiny (300), small (2,000), medium (20,000), large (250,000), or how many invoices and bills
    #[arg(long, value_name = "SIZE", default_value = "tiny", value_parser = parse_size)]
    size: u32,
    /// Years of history; by size 26 months to 5 years
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=30))]
    years: Option<u32>,
    /// Where the company is
    #[arg(long, value_name = "COUNTRY", default_value = "au", value_parser = parse_country)]
    country: Country,
    /// Last day of the fiscal year; by country
    #[arg(long, value_name = "MM-DD", value_parser = parse_year_end)]
    fiscal_year_end: Option<(u32, u32)>,
    /// The day on which the pages are asked for
    #[arg(long, value_name = "DATE", default_value_t = sample::default_as_of(), value_parser = parse_as_of)]
    as_of: Date,
    /// The folder to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Also write the journals beside the folder
    #[arg(long, value_name = "FORMAT")]
    journal: Option<Journal>,
    /// More than one: a folder of company folders
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=50))]
    organisations: u32,
    /// No foreign currencies
    #[arg(long)]
    single_currency: bool,
    /// Leave unrealised currency gains out of the reports
    #[arg(long)]
    no_revaluation: bool,
}

#[derive(ValueEnum, Debug, Clone, Copy)]
enum Journal {
    Hledger,
    Beancount,
}

fn parse_size(text: &str) -> Result<u32, String> {
    match text {
        "tiny" => Ok(300),
        "small" => Ok(2_000),
        "medium" => Ok(20_000),
        "large" => Ok(250_000),
        number => match number.replace(['_', ','], "").parse() {
            Ok(number @ 1..=5_000_000) => Ok(number),
            _ => Err("expected tiny, small, medium, large or a number from 1 to 5,000,000".to_owned()),
        },
    }
}

fn parse_country(text: &str) -> Result<Country, String> {
    let word = text.to_ascii_lowercase();
    Country::ALL.into_iter().find(|country| country.word() == word).ok_or_else(|| {
        let words: Vec<&str> = Country::ALL.iter().map(|country| country.word()).collect();
        format!("expected one of {}", words.join(", "))
    })
}

fn parse_year_end(text: &str) -> Result<(u32, u32), String> {
    let bad = || "expected a month and a day, for instance 06-30".to_owned();
    let (month, day) = text.split_once('-').ok_or_else(bad)?;
    if month.len() != 2 || day.len() != 2 {
        return Err(bad());
    }
    let (month, day) = (month.parse().map_err(|_| bad())?, day.parse().map_err(|_| bad())?);
    // 2024 has a 29 February.
    Date::from_ymd(2024, month, day).map(|_| (month, day)).ok_or_else(bad)
}

fn parse_as_of(text: &str) -> Result<Date, String> {
    let date: Date = text.parse().map_err(|error: crate::base::ParseDateError| error.to_string())?;
    if (1990..=2100).contains(&date.year()) { Ok(date) } else { Err("expected a day between 1990 and 2100".to_owned()) }
}

/// Calendar months by size, the running one included.
fn months(size: u32, years: Option<u32>) -> u32 {
    match (years, size) {
        (Some(years), _) => years * 12 + 1,
        (None, 0..=1_000) => 26,
        (None, 1_001..=10_000) => 37,
        (None, 10_001..=100_000) => 49,
        _ => 61,
    }
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    if args.out.is_file() {
        return Err(Failure::usage(format!("`{}` is a file; --out names a folder", args.out.display())));
    }
    let here = args.out.join("Organisation").is_dir();
    let below = args.out.read_dir().is_ok_and(|entries| entries.flatten().any(|entry| entry.path().join("Organisation").is_dir()));
    if args.organisations > 1 && here {
        return Err(Failure::usage(format!("`{}` holds a company already; several need a folder of their own", args.out.display())));
    }
    if args.organisations == 1 && below {
        return Err(Failure::usage(format!("`{}` holds companies in sub-folders; name one of them or another folder", args.out.display())));
    }
    for index in 0..args.organisations {
        // The second organisation is of the same country, further ones are not.
        let country = if index < 2 {
            args.country
        } else {
            let start = Country::ALL.iter().position(|&country| country == args.country).unwrap_or(0);
            Country::ALL[(start + index as usize - 1) % Country::ALL.len()]
        };
        let options = Options {
            year_end: args.fiscal_year_end.filter(|_| index < 2).unwrap_or(country.year_end()),
            as_of: args.as_of,
            foreign: !args.single_currency,
            revaluation: !args.no_revaluation,
            journal: args.journal.map(|format| match format {
                Journal::Hledger => JournalFormat::Hledger,
                Journal::Beancount => JournalFormat::Beancount,
            }),
            ..Options::new(args.seed.wrapping_add(u64::from(index) * 1013), args.size, months(args.size, args.years), country)
        };
        let folder = if args.organisations == 1 { args.out.clone() } else { args.out.join(format!("{}-{}", country.word(), index + 1)) };
        write(&options, &folder, global).map_err(|error| Failure::usage(format!("cannot write `{}`: {error}", folder.display())))?;
    }
    Ok(0)
}

fn write(options: &Options, folder: &Path, global: &Global) -> io::Result<()> {
    let journal = match options.journal {
        Some(format) => {
            let extension = if format == JournalFormat::Hledger { "journal" } else { "beancount" };
            let mut name = folder.as_os_str().to_owned();
            name.push(format!(".{extension}"));
            if let Some(parent) = folder.parent() {
                fs::create_dir_all(parent)?;
            }
            Some(BufWriter::new(fs::File::create(PathBuf::from(name))?))
        }
        None => None,
    };
    let mut sink = Folder { root: folder.to_owned(), made: Vec::new(), journal, bytes: 0 };
    let summary = sample::generate(options, &mut sink)?;
    if let Some(journal) = &mut sink.journal {
        journal.flush()?;
    }
    let count = |name: &str| summary.records.iter().find(|(endpoint, _)| endpoint == name).map_or(0, |(_, count)| *count);
    global.say(format!(
        "{}: {} invoices and bills, {} payments, {} bank transactions, {} journals, {} to {} in {}, {:.1} MB in {}",
        summary.name,
        count("Invoices"),
        count("Payments"),
        count("BankTransactions"),
        summary.journals,
        summary.start,
        options.as_of,
        summary.currency,
        sink.bytes as f64 / 1e6,
        folder.display(),
    ));
    Ok(())
}

/// Files below a folder; an endpoint's old pages go before its first new one comes.
struct Folder {
    root: PathBuf,
    made: Vec<PathBuf>,
    journal: Option<BufWriter<fs::File>>,
    bytes: usize,
}

impl Sink for Folder {
    fn page(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let file = self.root.join(path);
        let parent = file.parent().unwrap_or(&self.root).to_owned();
        if !self.made.contains(&parent) {
            if parent.is_dir() {
                for entry in fs::read_dir(&parent)? {
                    let old = entry?.path();
                    if old.extension().is_some_and(|extension| extension == "json") {
                        fs::remove_file(old)?;
                    }
                }
            }
            fs::create_dir_all(&parent)?;
            self.made.push(parent);
        }
        self.bytes += bytes.len();
        fs::write(file, bytes)
    }

    fn journal(&mut self, text: &[u8]) -> io::Result<()> {
        match &mut self.journal {
            Some(file) => file.write_all(text),
            None => Ok(()),
        }
    }
}
