//! Cash: movements in bank accounts, and balances day by day that tie to the trial balance.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::books::{BankRow, month_end};
use super::figures::{Amount, Figure, Figures, Sums};
use super::view::Seen;

/// Account → day → balance.
pub(super) type DailyBalances<'a> = BTreeMap<&'a str, BTreeMap<Date, DayBalance>>;

/// A day of a bank account in base currency.
///
/// `opening + cash_in − cash_out + transfers + unattributed = closing`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct DayBalance {
    /// Closing balance of the day before.
    pub opening: Decimal,
    /// Money received, without transfers between own accounts.
    pub cash_in: Decimal,
    /// Money spent, positive, without transfers.
    pub cash_out: Decimal,
    /// Transfers, net; `None` without any.
    pub transfers: Option<Decimal>,
    /// What the trial balance says beyond the rows that Xero lets us see.
    pub unattributed: Decimal,
    /// Balance in Xero at the end of the day.
    pub closing: Decimal,
}

/// Balances of every bank account in view for every day from the day after the first trial balance to Today, whatever the days in view.
///
/// The first loaded trial balance is the anchor; where movements of its own month are loaded, its days are shown too, opened with the balance
/// less the month's movement. Movements roll it forward; at each trial balance (the newest of its
/// month; at Today in the running month) the residual is booked as unattributed, so that the balance ties to the ledger.
/// An account that a trial balance does not list has the balance 0 there. Source: `MODEL` §3, Xero facts §4.9.
pub(super) fn daily_balances(seen: Seen<'_>) -> DailyBalances<'_> {
    let books = seen.books;
    let mut result = BTreeMap::new();
    let (Some(first), Some(today)) = (books.trial_balances.keys().next().copied(), books.today) else { return result };
    let balance_at = |as_at: Date, account: &str| -> Decimal {
        books.trial_balances[&as_at].iter().filter(|row| row.account == account).map(|row| row.balance).sum()
    };
    let movement_at = |as_at: Date, account: &str| -> Decimal {
        books.trial_balances[&as_at].iter().filter(|row| row.account == account).map(|row| row.movement).sum()
    };
    let opens_with_month = books.bank.iter().any(|row| row.date >= first.first_of_month() && row.date <= first);
    let mut by_account: BTreeMap<&str, Vec<&BankRow>> = BTreeMap::new();
    for row in &books.bank {
        by_account.entry(&row.account).or_default().push(row);
    }
    for (account, _) in books.accounts.iter().filter(|(id, a)| a.kind == "BANK" && seen.has_account(id)) {
        let mut movements: BTreeMap<Date, DayBalance> = BTreeMap::new();
        for row in by_account.get(account.as_str()).into_iter().flatten() {
            let day = movements.entry(row.date).or_default();
            if row.transfer {
                *day.transfers.get_or_insert(Decimal::ZERO) += row.amount;
            } else if row.amount.is_sign_negative() {
                day.cash_out -= row.amount;
            } else {
                day.cash_in += row.amount;
            }
        }
        let mut days = BTreeMap::new();
        let mut closing = balance_at(first, account);
        let mut day = first.saturating_add(1.day());
        if opens_with_month {
            closing -= movement_at(first, account);
            day = first.first_of_month();
        }
        while day <= today {
            let mut balance = movements.get(&day).copied().unwrap_or_default();
            balance.opening = closing;
            let rolled = closing + balance.cash_in - balance.cash_out + balance.transfers.unwrap_or_default();
            if books.trial_balances.contains_key(&day) {
                balance.unattributed = balance_at(day, account) - rolled;
            }
            balance.closing = rolled + balance.unattributed;
            closing = balance.closing;
            days.insert(day, balance);
            day = day.saturating_add(1.day());
        }
        result.insert(account.as_str(), days);
    }
    result
}

pub(super) fn compute(seen: Seen<'_>, daily: &DailyBalances<'_>, figures: &mut Figures) {
    let ordinary = |keep: fn(Decimal) -> bool| seen.cash().filter(move |row| !row.transfer && keep(row.amount));
    let all = |_: Decimal| true;
    figures.insert("Daily cash flow", movement(seen, ordinary(all).map(|row| (row, row.amount))));
    figures.insert("Cash in", movement(seen, ordinary(|a| a > Decimal::ZERO).map(|row| (row, row.amount))));
    figures.insert("Cash out", movement(seen, ordinary(|a| a < Decimal::ZERO).map(|row| (row, -row.amount))));

    figures.insert("Closing balance by account", closing_balance_by_account(seen, daily));
    figures.insert("Closing balance today", closing_balance_today(seen));
}

/// Sums bank rows of the days in view in total, by month, by day, by account and by contact.
fn movement<'a>(seen: Seen<'_>, rows: impl Iterator<Item = (&'a BankRow, Decimal)>) -> Figure {
    let mut total = None;
    let (mut months, mut days, mut accounts, mut contacts) = (Sums::default(), Sums::default(), Sums::default(), Sums::default());
    for (row, amount) in rows.filter(|(row, _)| seen.shows(row.date)) {
        *total.get_or_insert(Decimal::ZERO) += amount;
        if seen.period.holds(row.date) {
            months.add(month_end(row.date).to_string(), amount);
            days.add(row.date.to_string(), amount);
        }
        if seen.books.accounts.contains_key(&row.account) {
            accounts.add(&row.account, amount);
        }
        if seen.books.contacts.contains(&row.contact) {
            contacts.add(&row.contact, amount);
        }
    }
    Figure::total(total.map_or(Amount::Blank, Amount::Money))
        .by("Month", months.money())
        .by("Date", days.money())
        .by("Account", accounts.money())
        .by("Contact", contacts.money())
}

/// The balance of bank accounts at the last day in view that is not after Today. Credit cards and overdrafts are negative.
fn closing_balance_by_account(seen: Seen<'_>, daily: &DailyBalances<'_>) -> Figure {
    let mut days: BTreeMap<Date, Decimal> = BTreeMap::new();
    let mut accounts = Sums::default();
    for (account, balances) in daily {
        let in_view = balances.range(seen.period.first..=seen.period.last);
        for (day, balance) in in_view.clone() {
            *days.entry(*day).or_default() += balance.closing;
        }
        if let Some((_, last)) = in_view.last() {
            accounts.add(*account, last.closing);
        }
    }
    // The last day of each month that has one: the month end, or Today in the running month.
    let months: BTreeMap<String, Amount> = days.iter().map(|(day, sum)| (month_end(*day).to_string(), Amount::Money(*sum))).collect();
    Figure::total(days.values().next_back().map_or(Amount::Blank, |sum| Amount::Money(*sum)))
        .by("Month", months)
        .by("Date", days.iter().map(|(day, sum)| (day.to_string(), Amount::Money(*sum))))
        .by("Account", accounts.money())
}

/// The balance of all bank accounts at Today: equals "Total Bank" of Xero's balance sheet. Ignores the days in view.
fn closing_balance_today(seen: Seen<'_>) -> Figure {
    let Some(last) = seen.books.trial_balances.keys().next_back() else { return Figure::total(Amount::Blank).by("Account", []) };
    let mut accounts = Sums::default();
    for row in seen.rows(*last).filter(|row| seen.books.accounts.get(&row.account).is_some_and(|a| a.kind == "BANK")) {
        accounts.add(&row.account, row.balance);
    }
    let nothing = seen.by_account() && accounts.map().is_empty();
    let total = if nothing { Amount::Blank } else { Amount::Money(accounts.map().values().sum()) };
    Figure::total(total).by("Account", accounts.money())
}
