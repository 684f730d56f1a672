//! Made-up companies: journals first, documents as their cause → raw API pages.
//!
//! In: [`Options`]. Out: the files of a company folder, handed to a [`Sink`] one by one, each a raw answer in Xero's own
//! shape. Every event posts a balanced journal in base currency; reports are derived from the journals, lists from the
//! documents. The same options give the same bytes in every run and on every platform: an own generator of random
//! numbers, no clock, no hash order, and only basic IEEE arithmetic.
//!
//! A company is simulated twice: the first pass counts the records (each page says how many there are in all), the
//! second one writes. Memory is that of the contacts and of one number per account and day, whatever the size.
//!
//! No I/O: what becomes of the bytes is the sink's business.

mod chart;
mod company;
mod country;
mod document;
mod json;
mod ledger;
mod lists;
mod names;
mod pages;
mod report;
mod rng;
mod routine;
mod trade;
mod world;

use std::borrow::Cow;
use std::io::{self, Read};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::DeflateDecoder;
use libdeflater::{CompressionLvl, Compressor};

use crate::base::Date;

pub use country::Country;

use company::Company;
use document::Side;
use report::Books;
use world::{Plan, World};

/// What company to make up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Another seed is another company.
    pub seed: u64,
    /// Sales invoices and bills together.
    pub documents: u32,
    /// Calendar months, the running one included.
    pub months: u32,
    /// Where it is.
    pub country: Country,
    /// Month and day of the fiscal year end; a day that the month lacks means its last one.
    pub year_end: (u32, u32),
    /// The day on which the pages are asked for.
    pub as_of: Date,
    /// Whether it trades in foreign currencies too.
    pub foreign: bool,
    /// Whether ledger reports revalue what is open in foreign currency.
    pub revaluation: bool,
    /// Also hand the journals to the sink as text.
    pub journal: Option<JournalFormat>,
}

/// A plain-text journal format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalFormat {
    /// <https://hledger.org>
    Hledger,
    /// <https://beancount.github.io>
    Beancount,
}

/// The as-at day of sample companies unless another is asked for.
pub fn default_as_of() -> Date {
    Date::from_ymd(2026, 11, 12).expect("a day of the calendar")
}

impl Options {
    /// The company that the `sample` source holds: 300 documents in 26 months.
    pub fn built_in() -> Options {
        Options::new(1, 300, 26, Country::Au)
    }

    /// A company of `documents` invoices and bills, with everything else as is usual in its country.
    pub fn new(seed: u64, documents: u32, months: u32, country: Country) -> Options {
        Options {
            seed,
            documents,
            months,
            country,
            year_end: country.year_end(),
            as_of: default_as_of(),
            foreign: true,
            revaluation: true,
            journal: None,
        }
    }
}

/// A file of a company as the `sample` source carries it.
#[derive(Clone, Debug, PartialEq)]
pub struct Packed {
    /// Its path below the company folder.
    pub path: Cow<'static, str>,
    /// Base64 of its bytes as raw deflate.
    pub text: Cow<'static, str>,
    /// This text in UTF-16LE as deflate blocks for [`crate::format::pbit::Ready`]; empty when nobody has made them.
    pub wide: &'static [u8],
}

/// The files of a company as small as they get, in their order.
pub fn pack<'a>(pages: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<Packed> {
    let mut compressor = Compressor::new(CompressionLvl::best());
    let mut pack = |bytes: &[u8]| {
        let mut packed = vec![0; compressor.deflate_compress_bound(bytes.len())];
        let length = compressor.deflate_compress(bytes, &mut packed).expect("the bound is enough");
        STANDARD.encode(&packed[..length])
    };
    pages.into_iter().map(|(path, bytes)| Packed { path: path.to_owned().into(), text: pack(bytes).into(), wide: &[] }).collect()
}

/// The built-in company's files packed, sorted by path: `model/sample/company.json`, read when the program was built.
pub fn built_in_packed() -> &'static [Packed] {
    static PACKED: &[Packed] = include!(concat!(env!("OUT_DIR"), "/sample.rs"));
    PACKED
}

/// The built-in company's files, sorted by path, byte for byte as `generate` writes them for [`Options::built_in`].
pub fn built_in() -> &'static [(String, Vec<u8>)] {
    static PAGES: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    PAGES.get_or_init(|| {
        let page = |text: &str| {
            let packed = STANDARD.decode(text).expect("the built-in company is tested");
            let mut page = Vec::new();
            DeflateDecoder::new(packed.as_slice()).read_to_end(&mut page).expect("the built-in company is tested");
            page
        };
        built_in_packed().iter().map(|packed| (packed.path.to_string(), page(&packed.text))).collect()
    })
}

/// Where the files of a company go.
pub trait Sink {
    /// Takes one file of the company folder: its path with `/`, and its bytes.
    ///
    /// # Errors
    /// Whatever goes wrong while storing it; the run ends.
    fn page(&mut self, path: &str, bytes: &[u8]) -> io::Result<()>;

    /// Takes the next piece of the journal's text.
    ///
    /// # Errors
    /// As `page`.
    fn journal(&mut self, text: &[u8]) -> io::Result<()> {
        let _ = text;
        Ok(())
    }
}

impl Sink for Vec<(String, Vec<u8>)> {
    fn page(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.push((path.to_owned(), bytes.to_vec()));
        Ok(())
    }
}

/// What a company came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The organisation's name.
    pub name: String,
    /// Base currency.
    pub currency: &'static str,
    /// The first day with documents.
    pub start: Date,
    /// Records per endpoint.
    pub records: Vec<(String, usize)>,
    /// Balanced journals posted.
    pub journals: usize,
}

/// Makes up a company and hands its files to `sink`.
///
/// # Errors
/// Those of the sink.
pub fn generate(options: &Options, sink: &mut dyn Sink) -> io::Result<Summary> {
    let company = Company::new(options);
    let plan = {
        let mut world = World::new(&company, None, None);
        run(&mut world);
        Plan { counts: world.pagers.iter().map(|pager| pager.count).collect(), batches: world.batches }
    };
    let mut world = World::new(&company, Some(&plan), Some(sink));
    if let Some(format) = options.journal {
        world.ledger.write_text(format, &company.accounts, company.facts.currency);
    }
    run(&mut world);
    world.send_journal(0);
    if let Some(error) = world.error.take() {
        return Err(error);
    }
    world.finish_pages()?;
    world.ledger.sum();
    reports(&mut world)?;
    let records = pages::Endpoint::ALL.iter().map(|endpoint| (format!("{endpoint:?}"), plan.counts[*endpoint as usize])).collect();
    Ok(Summary {
        name: company.name.clone(),
        currency: company.facts.currency,
        start: company.start,
        records,
        journals: world.ledger.journals(),
    })
}

/// The years of the company, day by day.
fn run(world: &mut World<'_>) {
    let company = world.company;
    world.open_books();
    let per_day = documents_per_day(company);
    let mut date = company.start;
    let as_of = company.as_of();
    let mut ahead = 0;
    for count in per_day {
        world.today = date;
        for _ in 0..count {
            let side = match world.rng.chance(520) {
                // What is dated ahead: sales and bills in turn.
                _ if date > as_of => {
                    ahead += 1;
                    if ahead % 2 == 1 { Side::Sale } else { Side::Bill }
                }
                true => Side::Sale,
                false => Side::Bill,
            };
            world.trade(side, date);
        }
        if date <= as_of {
            world.routine(date);
        }
        if world.error.is_some() {
            return;
        }
        if world.emitting() {
            world.send_journal(1 << 16);
        }
        date = date.add_days(1);
    }
    for index in 0..world.waiting.len() {
        if let Some(credit) = world.waiting[index].take() {
            world.close_credit(credit);
        }
    }
    world.lists();
}

/// How many documents each day has, from the first day to some weeks after the as-at day: seasons, weekdays, growth.
fn documents_per_day(company: &Company) -> Vec<usize> {
    const SEASON: [f64; 12] = [0.72, 0.8, 0.95, 1.0, 1.05, 1.0, 0.88, 0.85, 1.05, 1.15, 1.3, 1.25];
    const AHEAD: i32 = 60;
    let total = company.options.documents as usize;
    let future = if total < 20 { 0 } else { (total / 120).max(2) };
    let days = company.as_of().0 - company.start.0 + 1;
    let weight = |offset: i32| {
        let date = company.start.add_days(offset);
        let weekday = [0.08, 1.0, 1.1, 1.1, 1.0, 0.9, 0.25][date.weekday() as usize];
        SEASON[date.month() as usize - 1] * weekday * (0.85 + 0.3 * f64::from(offset) / f64::from(days))
    };
    let mut counts = Vec::with_capacity((days + AHEAD) as usize);
    for (from, length, quota) in [(0, days, total - future), (days, AHEAD, future)] {
        let sum: f64 = (from..from + length).map(weight).sum();
        let (mut passed, mut given) = (0.0, 0);
        for offset in from..from + length {
            passed += weight(offset);
            let until = if offset + 1 == from + length { quota } else { ((passed / sum * quota as f64) as usize).min(quota) };
            counts.push(until - given);
            given = until;
        }
    }
    counts
}

/// Trial balance and balance sheet of every month end, profit and loss and bank summary of every month.
fn reports(world: &mut World<'_>) -> io::Result<()> {
    let company = world.company;
    let as_of = company.as_of();
    let mut date = company.start.add_days(-1);
    let mut number = 1 << 50;
    loop {
        let books = Books { company, ledger: &world.ledger };
        let mut files = vec![
            (format!("TrialBalance/{date}.json"), books.trial_balance(date, number)),
            (format!("BalanceSheet/{date}.json"), books.balance_sheet(date, number + 1)),
        ];
        if date >= company.start {
            let from = date.start_of_month();
            files.push((format!("ProfitAndLoss/{from}_{date}.json"), books.profit_and_loss(from, date, number + 2)));
            files.push((format!("BankSummary/{from}_{date}.json"), books.bank_summary(from, date, number + 3)));
        }
        number += 4;
        for (path, json) in files {
            world.send(&path, &json)?;
        }
        if date == as_of {
            return Ok(());
        }
        date = date.add_days(1).end_of_month().min(as_of);
    }
}
