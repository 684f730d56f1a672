//! What is fixed about a company before anything happens: its calendar, contacts, items, rates.

use crate::base::Date;

use super::Options;
use super::chart::{self, Acc, Account};
use super::country::Facts;
use super::names::{self, SupplierKind};
use super::rng::{Id, Rng, guid};

pub(super) struct Contact {
    pub(super) guid: u128,
    pub(super) name: String,
    /// 0 = base currency.
    pub(super) currency: usize,
    pub(super) archived: bool,
    /// Whether `GET /Contacts` returns it.
    pub(super) listed: bool,
    /// Position of the contact that this one was merged into.
    pub(super) merged: Option<usize>,
    pub(super) terms: i32,
    /// Days after the due date that this customer pays, on average; we ourselves pay bills by the same number.
    pub(super) delay: i32,
    pub(super) kind: SupplierKind,
    pub(super) account: Acc,
    pub(super) inclusive: bool,
}

pub(super) struct Item {
    pub(super) guid: u128,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) description: String,
    /// Cents of the base currency.
    pub(super) price: i64,
    pub(super) cost: i64,
    pub(super) tracked: bool,
    pub(super) listed: bool,
    pub(super) account: Acc,
}

/// Everything that does not change while the years pass.
pub(super) struct Company {
    pub(super) options: Options,
    pub(super) seed: u64,
    pub(super) facts: &'static Facts,
    pub(super) name: String,
    pub(super) start: Date,
    pub(super) accounts: Vec<Account>,
    /// Customers, then suppliers.
    pub(super) contacts: Vec<Contact>,
    pub(super) customers: usize,
    pub(super) items: Vec<Item>,
    /// Positions of the suppliers of each kind.
    pub(super) suppliers: [Vec<usize>; 3],
    /// Net sales of an average month, in cents: the yardstick of everything regular.
    pub(super) monthly: i64,
    /// Net amount of an average sale, in cents.
    pub(super) average: i64,
}

fn square_root(n: u32) -> usize {
    n.isqrt() as usize
}

impl Company {
    pub(super) fn new(options: &Options) -> Company {
        let facts = options.country.facts();
        let seed = options.seed;
        let mut rng = Rng::new(seed, 1);
        let name = format!("{} {}", facts.companies[(seed % facts.companies.len() as u64) as usize], facts.suffix);
        let start = options.as_of.start_of_month().add_months(1 - options.months.max(1) as i32);
        let size = options.documents;
        let customers = 10 + square_root(size) * 9 / 10 + size as usize / 250;
        let suppliers = 10 + square_root(size) / 2 + size as usize / 400;
        let mut contacts: Vec<Contact> = (0..customers).map(|index| customer(seed, index, &mut rng, options.foreign)).collect();
        contacts.extend((0..suppliers).map(|index| supplier(seed, index, customers + index, &mut rng, options.foreign)));
        // Two customers share a name, one was merged into the first, one is no longer given out.
        contacts[customers - 1].name = contacts[1].name.clone();
        contacts[customers - 2].merged = Some(0);
        contacts[customers - 2].archived = true;
        contacts[customers - 3].listed = false;
        contacts[customers - 4].archived = true;
        contacts[customers + suppliers - 1].archived = true;
        let mut by_kind: [Vec<usize>; 3] = Default::default();
        for (index, contact) in contacts.iter().enumerate().skip(customers) {
            by_kind[contact.kind as usize].push(index);
        }
        let items = items(seed, size, &mut rng);
        let average = 400_000 + rng.range(0, 250_000);
        let sales = f64::from(size) * 0.52 * 0.9;
        let monthly = (sales * average as f64 / f64::from(options.months.max(1))) as i64;
        Company {
            options: options.clone(),
            seed,
            facts,
            name,
            start,
            accounts: chart::accounts(seed, facts, options.foreign),
            contacts,
            customers,
            items,
            suppliers: by_kind,
            monthly,
            average,
        }
    }

    pub(super) fn foreign(&self) -> bool {
        self.options.foreign
    }

    pub(super) fn as_of(&self) -> Date {
        self.options.as_of
    }

    /// When the pages were asked for: the as-at day, in milliseconds since 1970.
    pub(super) fn now(&self) -> i64 {
        i64::from(self.options.as_of.to_unix_days()) * 86_400_000 + 8 * 3_600_000 + 754_321
    }

    pub(super) fn currency_code(&self, currency: usize) -> &'static str {
        if currency == 0 { self.facts.currency } else { self.facts.foreign[currency - 1].0 }
    }

    /// The last day of the fiscal year that ends in `year`: 29 February becomes the 28th in common years.
    pub(super) fn fiscal_year_end(&self, year: i32) -> Date {
        let (month, day) = self.options.year_end;
        let first = Date::from_ymd(year, month, 1).expect("a month of the options");
        first.add_days(day as i32 - 1).min(first.end_of_month())
    }

    /// The first day of the fiscal year that holds `date`.
    pub(super) fn fiscal_year_start(&self, date: Date) -> Date {
        let this = self.fiscal_year_end(date.year());
        let end_before = if date > this { this } else { self.fiscal_year_end(date.year() - 1) };
        end_before.add_days(1)
    }

    /// One rate a day for each foreign currency, from `first` to `last`.
    pub(super) fn rates(&self, first: Date, last: Date) -> Vec<Vec<i64>> {
        if !self.options.foreign {
            return Vec::new();
        }
        self.facts
            .foreign
            .iter()
            .enumerate()
            .map(|(index, &(_, mean))| {
                let mut rng = Rng::new(self.seed, 40 + index as u64);
                let mean = mean as f64;
                let mut rate = mean * (0.96 + 0.08 * rng.unit());
                (first.0..=last.0)
                    .map(|day| {
                        if !matches!(Date(day).weekday(), 0 | 6) {
                            rate += rate * (rng.unit() - 0.5) * 0.012 + (mean - rate) * 0.01;
                        }
                        rate as i64
                    })
                    .collect()
            })
            .collect()
    }
}

fn place_name(rng: &mut Rng, index: usize) -> String {
    let first = names::FIRST[(index + rng.below(3)) % names::FIRST.len()];
    let second = names::SECOND[(index * 5 + rng.below(names::SECOND.len())) % names::SECOND.len()];
    let round = index / (names::FIRST.len() * 4);
    if round == 0 { format!("{first} {second}") } else { format!("{first} {second} {}", round + 1) }
}

fn customer(seed: u64, index: usize, rng: &mut Rng, foreign: bool) -> Contact {
    let odd = index % 3 == 2 && index / 3 < names::ODD_CUSTOMERS.len();
    let name = if odd { names::ODD_CUSTOMERS[index / 3].to_owned() } else { place_name(rng, index) };
    let currency = match index % 9 {
        4 => 1,
        7 => 2,
        _ => 0,
    };
    Contact {
        guid: guid(seed, Id::Contact, index as u64),
        name,
        currency: if foreign { currency } else { 0 },
        archived: false,
        listed: true,
        merged: None,
        terms: [30, 14, 20, 7, 30, 45, 60, 0][rng.below(8)],
        delay: [-6, -2, 0, 3, 7, 14, 28, 65][rng.below(8)],
        kind: SupplierKind::Overhead,
        account: if index % 4 == 3 { Acc::Online } else { Acc::Sales },
        inclusive: index % 5 == 1,
    }
}

fn supplier(seed: u64, index: usize, number: usize, rng: &mut Rng, foreign: bool) -> Contact {
    let (name, kind) = match names::SUPPLIERS.get(index) {
        Some(&(name, kind)) => (name.to_owned(), kind),
        None => {
            let kind = [SupplierKind::Goods, SupplierKind::Direct, SupplierKind::Overhead, SupplierKind::Overhead][index % 4];
            (format!("{} Supplies", place_name(rng, index)), kind)
        }
    };
    let currency = match index % 8 {
        1 => 1,
        5 => 2,
        _ => 0,
    };
    Contact {
        guid: guid(seed, Id::Contact, number as u64),
        name,
        currency: if foreign { currency } else { 0 },
        archived: false,
        listed: true,
        merged: None,
        terms: [30, 20, 14, 30, 7, 45][rng.below(6)],
        delay: [-3, 0, 0, 2, 5, 20, 40][rng.below(7)],
        kind,
        account: match kind {
            SupplierKind::Goods => Acc::Purchases,
            SupplierKind::Direct => Acc::Purchases,
            SupplierKind::Overhead => names::OVERHEADS[index % names::OVERHEADS.len()],
        },
        inclusive: index % 4 == 2,
    }
}

fn items(seed: u64, size: u32, rng: &mut Rng) -> Vec<Item> {
    let count = names::GOODS.len() + square_root(size) / 3;
    (0..count)
        .map(|index| {
            let (name, description, price, percent, tracked) = names::GOODS[index % names::GOODS.len()];
            let round = index / names::GOODS.len();
            let price = if round == 0 { price } else { price * rng.range(70, 140) / 100 };
            Item {
                guid: guid(seed, Id::Item, index as u64),
                code: match index {
                    4 => "chain-11".to_owned(),
                    9 => "TOUR/é".to_owned(),
                    _ => format!("{}-{:03}", if tracked { "BK" } else { "SV" }, index + 1),
                },
                name: if round == 0 { name.to_owned() } else { format!("{name} {}", round + 1) },
                description: description.to_owned(),
                price,
                cost: price * percent / 100,
                tracked,
                // The gift card is sold no longer and has been deleted.
                listed: index != 11,
                account: if tracked { Acc::Sales } else { Acc::Services },
            }
        })
        .collect()
}
