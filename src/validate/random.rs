//! Random filter combinations: a stretch of days and a handful of contacts, computed from the raw books and by DAX.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{Options, Report, measure_ref, organisation_filter, text_literal};
use crate::dax::{Engine, Options as DaxOptions};
use crate::reference::books::{Kind, Ledger};
use crate::reference::calendar::calendar;
use crate::reference::{Amount, Books, OrganisationFigures};

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
}

fn expected(books: &Books, first: Date, last: Date, contacts: &BTreeSet<&str>) -> [(&'static str, Amount); 4] {
    let trade = |ledger: Ledger| {
        let mut sum: Option<Decimal> = None;
        for d in books
            .documents
            .iter()
            .filter(|d| d.ledger == ledger && d.counts() && d.date >= first && d.date <= last && contacts.contains(d.contact.as_str()))
        {
            let (Some(net), sign) = (d.net, if d.kind == Kind::CreditNote { Decimal::NEGATIVE_ONE } else { Decimal::ONE }) else {
                continue;
            };
            if matches!(d.kind, Kind::Invoice | Kind::CreditNote) {
                *sum.get_or_insert(Decimal::ZERO) += sign * net;
            }
        }
        sum.map_or(Amount::Blank, Amount::Money)
    };
    let cash = |sign: i32| {
        let rows: Vec<Decimal> = books
            .bank
            .iter()
            .filter(|row| !row.transfer && row.date >= first && row.date <= last && contacts.contains(row.contact.as_str()))
            .filter(|row| if sign > 0 { row.amount > Decimal::ZERO } else { row.amount < Decimal::ZERO })
            .map(|row| row.amount.abs())
            .collect();
        if rows.is_empty() { Amount::Blank } else { Amount::Money(rows.iter().sum()) }
    };
    [
        ("Invoiced sales", trade(Ledger::Receivable)),
        ("Billed purchases", trade(Ledger::Payable)),
        ("Cash in", cash(1)),
        ("Cash out", cash(-1)),
    ]
}

pub(super) fn check(engine: &Engine, dax: &DaxOptions, one: &OrganisationFigures, options: &Options, report: &mut Report) {
    let books = &one.books;
    let Some(calendar) = calendar(books) else { return };
    let contacts: Vec<&str> = {
        let mut all: Vec<&str> = books.documents.iter().map(|d| d.contact.as_str()).filter(|c| !c.is_empty()).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    if contacts.is_empty() {
        return;
    }
    let days = (calendar.last - calendar.first).get_days() as usize + 1;
    let mut random = Random(options.seed ^ 0x5EED);
    for _ in 0..options.random {
        let (a, b) = (random.below(days), random.below(days));
        let first = calendar.first.saturating_add((a.min(b) as i64).days());
        let last = calendar.first.saturating_add((a.max(b) as i64).days());
        let count = 1 + random.below(contacts.len().min(8));
        let chosen: BTreeSet<&str> = (0..count).map(|_| contacts[random.below(contacts.len())]).collect();
        let list: Vec<String> = chosen.iter().map(|c| text_literal(c)).collect();
        let date = |d: Date| format!("DATE ( {}, {}, {} )", d.year(), d.month(), d.day());
        for (measure, wanted) in expected(books, first, last, &chosen) {
            let query = format!(
                "EVALUATE {{ CALCULATE ( {}, {}, 'Date'[Date] >= {} && 'Date'[Date] <= {}, Contacts[Contact ID] IN {{ {} }} ) }}",
                measure_ref(measure),
                organisation_filter(&books.id),
                date(first),
                date(last),
                list.join(", ")
            );
            let slice = BTreeMap::from([
                ("Date".to_owned(), format!("{first}..{last}")),
                ("Contact".to_owned(), chosen.iter().copied().collect::<Vec<_>>().join(",")),
            ]);
            let outcome = super::single(engine.evaluate(&query, dax));
            report.checks.push(super::check(&books.id, measure, slice, outcome, wanted));
        }
    }
}
