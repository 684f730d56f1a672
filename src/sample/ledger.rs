//! The general ledger: balanced journals summed per account and day, and the text of a plain-text journal.
//!
//! Amounts are cents of the base currency, debit positive. Revaluation of what is open in foreign currency is never
//! posted: it is computed for the date of a report (`revaluation`), as Xero does.

use crate::base::Date;

use super::JournalFormat;
use super::chart::{Acc, Account, BANKS, COUNT, Class};
use super::json::push_decimal;

/// One side of a journal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leg {
    pub(super) account: Acc,
    /// Cents of the base currency, debit positive.
    pub(super) base: i64,
    /// 0 = base currency, else the foreign currency's index plus 1.
    pub(super) currency: usize,
    /// Cents of that currency.
    pub(super) foreign: i64,
}

/// A leg in base currency.
pub(super) fn leg(account: Acc, base: i64) -> Leg {
    Leg { account, base, currency: 0, foreign: 0 }
}

/// `amount` in foreign cents at `rate` (millionths of foreign per base), to the cent, half away from zero.
pub(super) fn to_base(amount: i64, rate: i64) -> i64 {
    divide(i128::from(amount) * 1_000_000, i128::from(rate))
}

/// Half away from zero; `by` > 0.
pub(super) fn divide(value: i128, by: i128) -> i64 {
    let half = if value < 0 { -by / 2 } else { by / 2 };
    ((value + half) / by) as i64
}

/// Amounts of foreign currency that change in value: receivables, payables, the foreign bank account.
#[derive(Default, Clone)]
struct Position {
    foreign: Vec<i64>,
    base: Vec<i64>,
}

pub(super) struct Ledger {
    first: Date,
    days: usize,
    /// Account × day.
    cells: Vec<i64>,
    /// Bank account × day: what came in (the rest of the movement went out).
    received: Vec<i64>,
    /// (Debtors, Creditors, Foreign) × currency.
    positions: Vec<Position>,
    currencies: usize,
    /// Per currency, millionths of foreign per base, one per day.
    rates: Vec<Vec<i64>>,
    revalue: bool,
    summed: bool,
    journals: usize,
    text: Option<Text>,
}

struct Text {
    format: JournalFormat,
    accounts: Vec<String>,
    currency: &'static str,
    out: Vec<u8>,
}

const POSITIONS: [Acc; 3] = [Acc::Debtors, Acc::Creditors, Acc::Foreign];

impl Ledger {
    pub(super) fn new(first: Date, last: Date, rates: Vec<Vec<i64>>, revalue: bool) -> Ledger {
        let days = (last.0 - first.0 + 1) as usize;
        let currencies = rates.len();
        Ledger {
            first,
            days,
            cells: vec![0; COUNT * days],
            received: vec![0; BANKS.len() * days],
            positions: vec![Position { foreign: vec![0; days], base: vec![0; days] }; POSITIONS.len() * currencies],
            currencies,
            rates,
            revalue,
            summed: false,
            journals: 0,
            text: None,
        }
    }

    /// Also writes each journal as text, from now on.
    pub(super) fn write_text(&mut self, format: JournalFormat, accounts: &[Account], currency: &'static str) {
        let names: Vec<String> = accounts.iter().map(|account| plain_name(account, format)).collect();
        let mut out = Vec::new();
        match format {
            JournalFormat::Hledger => {
                out.extend_from_slice(format!("commodity 1000.00 {currency}\ndecimal-mark .\n\n").as_bytes());
                for name in &names {
                    out.extend_from_slice(format!("account {name}\n").as_bytes());
                }
            }
            JournalFormat::Beancount => {
                out.extend_from_slice(format!("option \"operating_currency\" \"{currency}\"\n\n").as_bytes());
                for name in &names {
                    out.extend_from_slice(format!("{} open {name} {currency}\n", self.first).as_bytes());
                }
            }
        }
        out.push(b'\n');
        self.text = Some(Text { format, accounts: names, currency, out });
    }

    /// The journal text written since the last call.
    pub(super) fn take_text(&mut self, at_least: usize) -> Option<Vec<u8>> {
        let text = self.text.as_mut()?;
        if text.out.len() < at_least.max(1) { None } else { Some(std::mem::take(&mut text.out)) }
    }

    fn day(&self, date: Date) -> usize {
        (date.0 - self.first.0).clamp(0, self.days as i32 - 1) as usize
    }

    /// The rate of a day, millionths of foreign per base; 1 for the base currency.
    pub(super) fn rate(&self, currency: usize, date: Date) -> i64 {
        if currency == 0 { 1_000_000 } else { self.rates[currency - 1][self.day(date)] }
    }

    pub(super) fn journals(&self) -> usize {
        self.journals
    }

    /// Posts a balanced journal; zero legs are dropped.
    pub(super) fn post(&mut self, date: Date, what: &str, number: u64, legs: &[Leg]) {
        let total: i64 = legs.iter().map(|leg| leg.base).sum();
        assert!(total == 0, "journal `{what} {number}` of {date} does not balance: {legs:?}");
        if legs.iter().all(|leg| leg.base == 0 && leg.foreign == 0) {
            return;
        }
        let day = self.day(date);
        assert!(date >= self.first && ((date.0 - self.first.0) as usize) < self.days, "journal `{what}` of {date} lies outside the books");
        self.journals += 1;
        for leg in legs {
            self.cells[leg.account as usize * self.days + day] += leg.base;
            if let Some(bank) = BANKS.iter().position(|&bank| bank == leg.account)
                && leg.base > 0
            {
                self.received[bank * self.days + day] += leg.base;
            }
            if leg.currency > 0
                && let Some(kind) = POSITIONS.iter().position(|&account| account == leg.account)
            {
                let position = &mut self.positions[kind * self.currencies + leg.currency - 1];
                position.foreign[day] += leg.foreign;
                position.base[day] += leg.base;
            }
        }
        if let Some(text) = &mut self.text {
            text.journal(date, what, number, legs);
        }
    }

    /// The balance of an account on the evening of `date`, from what has been posted so far. Only before `sum`.
    pub(super) fn balance_so_far(&self, account: Acc, date: Date) -> i64 {
        let start = account as usize * self.days;
        self.cells[start..=start + self.day(date)].iter().sum()
    }

    /// Foreign cents in the foreign bank account so far. Only before `sum`.
    pub(super) fn foreign_so_far(&self, date: Date) -> i64 {
        if self.currencies == 0 { 0 } else { self.positions[2 * self.currencies].foreign[..=self.day(date)].iter().sum() }
    }

    /// Turns movements into running balances; reports come after this.
    pub(super) fn sum(&mut self) {
        let days = self.days;
        let series = |cells: &mut [i64]| {
            for row in cells.chunks_mut(days) {
                for day in 1..row.len() {
                    row[day] += row[day - 1];
                }
            }
        };
        series(&mut self.cells);
        series(&mut self.received);
        for position in &mut self.positions {
            series(&mut position.foreign);
            series(&mut position.base);
        }
        self.summed = true;
    }

    /// What the revaluation of open foreign amounts adds to `account` on `date`.
    pub(super) fn revaluation(&self, account: Acc, date: Date) -> i64 {
        if !self.revalue || self.currencies == 0 || date < self.first {
            return 0;
        }
        let of = |kind: usize| -> i64 {
            let day = self.day(date);
            (0..self.currencies)
                .map(|currency| {
                    let position = &self.positions[kind * self.currencies + currency];
                    to_base(position.foreign[day], self.rates[currency][day]) - position.base[day]
                })
                .sum()
        };
        match account {
            Acc::Debtors => of(0),
            Acc::Creditors => of(1),
            Acc::Foreign => of(2),
            Acc::CurrencyGroup => -of(0) - of(1),
            Acc::BankRevaluation => -of(2),
            _ => 0,
        }
    }

    /// The running balance since the books began, revaluation included.
    pub(super) fn cumulative(&self, account: Acc, date: Date) -> i64 {
        debug_assert!(self.summed);
        if date < self.first {
            return 0;
        }
        self.cells[account as usize * self.days + self.day(date)] + self.revaluation(account, date)
    }

    /// Cash received by a bank account up to and including `date`.
    pub(super) fn received(&self, account: Acc, date: Date) -> i64 {
        if date < self.first {
            return 0;
        }
        let bank = BANKS.iter().position(|&bank| bank == account).expect("a bank account");
        self.received[bank * self.days + self.day(date)]
    }
}

/// `Assets:610-Accounts-Receivable`: valid for hledger and beancount alike.
fn plain_name(account: &Account, format: JournalFormat) -> String {
    let class = match account.class {
        Class::Revenue => {
            if format == JournalFormat::Beancount {
                "Income"
            } else {
                "Revenue"
            }
        }
        Class::Expense => "Expenses",
        Class::Asset => "Assets",
        Class::Liability => "Liabilities",
        Class::Equity => "Equity",
    };
    let words: String = account.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = words.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    let code = if account.code.is_empty() { String::new() } else { format!("{}-", account.code) };
    format!("{class}:{code}{name}")
}

impl Text {
    fn journal(&mut self, date: Date, what: &str, number: u64, legs: &[Leg]) {
        let head = match self.format {
            JournalFormat::Hledger => format!("{date} * {what} {number}\n"),
            JournalFormat::Beancount => format!("{date} * \"{what} {number}\"\n"),
        };
        self.out.extend_from_slice(head.as_bytes());
        for leg in legs.iter().filter(|leg| leg.base != 0) {
            self.out.extend_from_slice(b"    ");
            self.out.extend_from_slice(self.accounts[leg.account as usize].as_bytes());
            self.out.extend_from_slice(b"  ");
            push_decimal(&mut self.out, leg.base, 2);
            self.out.push(b' ');
            self.out.extend_from_slice(self.currency.as_bytes());
            self.out.push(b'\n');
        }
        self.out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_rounds_half_away_from_zero() {
        assert_eq!(divide(5, 2), 3);
        assert_eq!(divide(-5, 2), -3);
        assert_eq!(divide(4, 3), 1);
        assert_eq!(to_base(10_000, 655_000), 15_267);
    }

    #[test]
    #[should_panic(expected = "does not balance")]
    fn an_unbalanced_journal_is_refused() {
        let day = Date(45_000);
        Ledger::new(day, day, Vec::new(), true).post(day, "test", 1, &[leg(Acc::Main, 5)]);
    }

    #[test]
    fn revaluation_follows_the_rate_and_balances() {
        let day = Date(45_000);
        let rates = vec![vec![1_000_000, 500_000]];
        let mut ledger = Ledger::new(day, day.add_days(1), rates, true);
        ledger.post(day, "test", 1, &[Leg { account: Acc::Debtors, base: 100, currency: 1, foreign: 100 }, leg(Acc::Sales, -100)]);
        ledger.sum();
        assert_eq!(ledger.cumulative(Acc::Debtors, day), 100);
        assert_eq!(ledger.cumulative(Acc::Debtors, day.add_days(1)), 200);
        assert_eq!(ledger.cumulative(Acc::CurrencyGroup, day.add_days(1)), -100);
    }
}
