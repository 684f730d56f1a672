//! Pages under filters: every measure in total (and by month, where random views are asked for), with days, contacts, accounts, items and
//! ageing buckets picked.
//!
//! A few views are always tried, as a reader of the report would set its slicers; `--random` adds combinations, the same for the same seed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use jiff::ToSpan;
use jiff::civil::Date;

use super::{DIMENSIONS, Options, Report, check, measure_ref, organisation_filter, single, text_literal};
use crate::dax::{Engine, Options as DaxOptions};
use crate::reference::books::{Books, Class, Group, Ledger, month_end};
use crate::reference::calendar::Period;
use crate::reference::{self, Amount, Figures, OrganisationFigures, View};
use crate::table::Value;

/// A view of one organisation, with the figures that it must show.
#[derive(Clone, Debug)]
pub struct Scene {
    /// OrganisationID.
    pub organisation: String,
    /// The filters.
    pub view: View,
    /// What the reference says.
    pub figures: Figures,
    /// Whether months are compared, too: the long way, for runs that ask for random views.
    pub by_month: bool,
}

/// A small generator: the same seed gives the same filters everywhere. Source: Sebastiano Vigna, "splitmix64".
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// One to `most` of a list.
    fn some(&mut self, list: &[&str], most: usize) -> Option<BTreeSet<String>> {
        if list.is_empty() {
            return None;
        }
        let count = 1 + self.below(most.min(list.len()));
        Some((0..count).map(|_| list[self.below(list.len())].to_owned()).collect())
    }
}

const BUCKETS: [&str; 8] = ["overdue 90+", "61-90", "31-60", "1-30", "due today", "next 7", "8-30", "later"];

/// What can be picked in an organisation's books.
struct Choices<'a> {
    days: Period,
    contacts: Vec<&'a str>,
    accounts: Vec<&'a str>,
    items: Vec<&'a str>,
}

impl<'a> Choices<'a> {
    fn new(books: &'a Books) -> Choices<'a> {
        let used: BTreeSet<&str> = books.documents.iter().map(|d| d.contact.as_str()).collect();
        let posted: BTreeSet<&str> = books.trial_balances.values().flatten().map(|row| row.account.as_str()).collect();
        Choices {
            days: books.calendar.days,
            contacts: books.contacts.iter().map(String::as_str).filter(|id| used.contains(id)).collect(),
            accounts: books.accounts.keys().map(String::as_str).filter(|id| posted.contains(id)).collect(),
            items: books.items.values().map(|item| item.code.as_str()).collect(),
        }
    }

    /// Whole months mostly, as slicers of the report give them; sometimes any stretch of days.
    fn period(&self, random: &mut Random) -> Period {
        let count = (self.days.last - self.days.first).get_days() as usize + 1;
        let (a, b) = (random.below(count), random.below(count));
        let day = |n: usize| self.days.first.saturating_add((n as i64).days());
        let (first, last) = (day(a.min(b)), day(a.max(b)));
        match random.below(3) {
            0 => Period { first, last },
            1 => Period { first: first.first_of_month().max(self.days.first), last: month_end(first).min(self.days.last) },
            _ => Period { first: first.first_of_month().max(self.days.first), last: month_end(last).min(self.days.last) },
        }
    }
}

/// Views that a reader would set: a month gone by, the running fiscal year, the busiest customer and supplier, a bank account, the control
/// accounts, an income account, an item, an ageing bucket.
fn usual(books: &Books) -> Vec<View> {
    let mut views = Vec::new();
    let set = |id: &str| Some(BTreeSet::from([id.to_owned()]));
    if let Some(today) = books.today {
        let before = today.first_of_month().saturating_sub(1.day());
        for period in [
            Period { first: before.first_of_month(), last: before },
            books.calendar.year_end.year(today),
            Period { first: today, last: books.calendar.days.last },
            Period { first: books.calendar.days.first, last: before.first_of_month().max(books.calendar.days.first) },
        ] {
            views.extend(period.within(books.calendar.days).map(|period| View { period: Some(period), ..View::default() }));
        }
    }
    for ledger in [Ledger::Receivable, Ledger::Payable] {
        let mut documents: BTreeMap<&str, usize> = BTreeMap::new();
        for document in books.documents.iter().filter(|d| d.ledger == ledger && books.contacts.contains(&d.contact)) {
            *documents.entry(&document.contact).or_default() += 1;
        }
        views.extend(documents.into_iter().max_by_key(|(_, n)| *n).map(|(id, _)| View { contacts: set(id), ..View::default() }));
    }
    if let Some((_, rows)) = books.trial_balances.last_key_value() {
        let listed = || rows.iter().filter(|row| books.accounts.contains_key(&row.account));
        for group in [Group::Bank, Group::TradingIncome, Group::OperatingExpenses, Group::CurrentLiabilities] {
            views.extend(listed().find(|row| row.group == group).map(|row| View { accounts: set(&row.account), ..View::default() }));
        }
        let control: BTreeSet<String> =
            books.accounts.iter().filter(|(_, a)| matches!(a.system.as_str(), "DEBTORS" | "CREDITORS")).map(|(id, _)| id.clone()).collect();
        if !control.is_empty() {
            views.push(View { accounts: Some(control), ..View::default() });
        }
        // An account that has gone quiet: what is shown of it must not be taken for the last balance of the books.
        let newest: BTreeSet<&str> = rows.iter().map(|row| row.account.as_str()).collect();
        let quiet = books.trial_balances.values().rev().flatten().find(|row| {
            matches!(row.class, Class::Asset | Class::Liability)
                && !newest.contains(row.account.as_str())
                && books.accounts.contains_key(&row.account)
        });
        views.extend(quiet.map(|row| View { accounts: set(&row.account), ..View::default() }));
    }
    let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
    for line in books.documents.iter().flat_map(|d| &d.lines) {
        if let Some(item) = books.items.get(&line.item.to_uppercase()) {
            *lines.entry(&item.code).or_default() += 1;
        }
    }
    views.extend(lines.into_iter().max_by_key(|(_, n)| *n).map(|(code, _)| View { items: set(code), ..View::default() }));
    for bucket in ["1-30", "8-30", "later"] {
        views.push(View { buckets: set(bucket), ..View::default() });
    }
    views
}

/// The views to try, and what they must show. Big books are seen in full and only under the random filters that are asked for.
pub fn scenes(all: &[OrganisationFigures], options: &Options) -> Vec<Scene> {
    const SMALL: usize = 20_000;
    let mut scenes = Vec::new();
    for one in all {
        let books = &one.books;
        let mut views = if books.documents.len() <= SMALL { usual(books) } else { Vec::new() };
        let choices = Choices::new(books);
        let mut random = Random(options.seed ^ 0x5EED);
        for _ in 0..options.random {
            let mut view = View::default();
            // At least one filter, seldom more than three.
            while view == View::default() {
                let wanted = random.next();
                let picked = |bits: u64| wanted & bits == bits;
                view.period = picked(0b1).then(|| choices.period(&mut random));
                view.contacts = if picked(0b110) { random.some(&choices.contacts, 8) } else { None };
                view.accounts = if picked(0b11000) { random.some(&choices.accounts, 6) } else { None };
                view.items = if picked(0b110_0000) { random.some(&choices.items, 4) } else { None };
                view.buckets = if picked(0b1_1000_0000) { random.some(&BUCKETS, 4) } else { None };
            }
            views.push(view);
        }
        scenes.extend(views.into_iter().map(|view| Scene {
            organisation: books.id.clone(),
            figures: if options.random > 0 { reference::figures(books, &view) } else { reference::figures_in_total(books, &view) },
            view,
            by_month: options.random > 0,
        }));
    }
    scenes
}

fn date(day: Date) -> String {
    format!("DATE ( {}, {}, {} )", day.year(), day.month(), day.day())
}

impl Scene {
    /// The filters as DAX tables.
    fn filters(&self) -> Vec<String> {
        let mut filters = vec![organisation_filter(&self.organisation)];
        if let Some(Period { first, last }) = self.view.period {
            filters.push(format!("FILTER ( ALL ( 'Date'[Date] ), 'Date'[Date] >= {} && 'Date'[Date] <= {} )", date(first), date(last)));
        }
        for (column, list) in [
            ("Contacts[Contact ID]", &self.view.contacts),
            ("'Xero Accounts'[Account ID]", &self.view.accounts),
            ("Items[Item Code]", &self.view.items),
            ("Invoices[Due Bucket]", &self.view.buckets),
        ] {
            if let Some(list) = list {
                let values: Vec<String> = list.iter().map(|value| text_literal(value)).collect();
                filters.push(format!("TREATAS ( {{ {} }}, {column} )", values.join(", ")));
            }
        }
        filters
    }

    /// The filters as a slice.
    fn slice(&self) -> BTreeMap<String, String> {
        let mut slice = BTreeMap::from([("Organisation".to_owned(), self.organisation.clone())]);
        if let Some(Period { first, last }) = self.view.period {
            slice.insert("Date".to_owned(), format!("{first}..{last}"));
        }
        for (name, list) in [
            ("Contact", &self.view.contacts),
            ("Account", &self.view.accounts),
            ("Item", &self.view.items),
            ("Due Bucket", &self.view.buckets),
        ] {
            if let Some(list) = list {
                slice.insert(name.to_owned(), list.iter().cloned().collect::<Vec<_>>().join(","));
            }
        }
        slice
    }

    /// Compares all measures, in total and, the long way, by month.
    pub(super) fn check(&self, engine: &Engine, dax: &DaxOptions, known: &BTreeMap<String, String>, report: &mut Report) {
        let filters = self.filters().join(", ");
        let slice = self.slice();
        let wanted: Vec<(&str, &reference::Figure)> =
            known.iter().filter_map(|(measure, figure)| Some((measure.as_str(), self.figures.get(figure.as_str())?))).collect();
        let names: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
        let totals = self.totals(engine, dax, &filters, &names, report);
        for ((name, figure), outcome) in wanted.iter().zip(totals) {
            report.checks.push(check(&self.organisation, name, slice.clone(), outcome, figure.total));
        }
        if !self.by_month {
            return;
        }
        let monthly: Vec<(&str, &BTreeMap<String, Amount>)> =
            wanted.iter().filter_map(|(name, figure)| Some((*name, figure.by.get("Month")?))).collect();
        let names: Vec<&str> = monthly.iter().map(|(name, _)| *name).collect();
        // Where it fails as a whole, the total has told which measure it is.
        let Ok(values) = super::grouped(engine, dax, &DIMENSIONS[0], &filters, &names, report) else { return };
        for (at, (name, months)) in monthly.iter().enumerate() {
            let mut keys: BTreeSet<&String> = months.keys().collect();
            keys.extend(values.iter().filter(|(_, row)| !row[at].is_blank()).map(|(key, _)| key));
            for key in keys {
                let mut slice = slice.clone();
                slice.insert("Month".to_owned(), key.clone());
                let value = values.get(key).map_or(Value::Blank, |row| row[at].clone());
                let expected = months.get(key).copied().unwrap_or(Amount::Blank);
                report.checks.push(check(&self.organisation, name, slice, Ok(value), expected));
            }
        }
    }

    /// One query for all measures; each by itself when that fails.
    fn totals(&self, engine: &Engine, dax: &DaxOptions, filters: &str, names: &[&str], report: &mut Report) -> Vec<Result<Value, String>> {
        let columns: Vec<String> = names.iter().enumerate().map(|(i, name)| format!("\"m{i}\", {}", measure_ref(name))).collect();
        let started = Instant::now();
        let all = engine.evaluate(&format!("EVALUATE CALCULATETABLE ( ROW ( {} ), {filters} )", columns.join(", ")), dax);
        let millis = started.elapsed().as_secs_f64() * 1_000.0 / names.len().max(1) as f64;
        for name in names {
            *report.millis.entry((*name).to_owned()).or_default() += millis;
        }
        if let Ok(tables) = all
            && let Some(row) = tables.into_iter().next().and_then(|table| table.rows.into_iter().next())
        {
            return row.into_iter().map(Ok).collect();
        }
        let one = |name: &&str| single(engine.evaluate(&format!("EVALUATE {{ CALCULATE ( {}, {filters} ) }}", measure_ref(name)), dax));
        names.iter().map(one).collect()
    }
}
