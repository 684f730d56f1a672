//! Profit and loss and balance sheet, from the trial balances alone: one of each month, the newest.
//!
//! A trial balance gives the month's movement (Debit − Credit) and the balance (YTD debit − YTD credit), debit positive.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::books::{Balance, Books, Class, Group, month_end};
use super::figures::{Amount, Figure, Figures, Sums};

/// Whether an account belongs to the profit and loss.
fn is_profit_and_loss(row: &Balance) -> bool {
    matches!(row.class, Class::Revenue | Class::Expense)
}

/// Sums `sign × movement` of the rows that `keep` lets through, by month and account.
pub(super) fn movements(books: &Books, sign: i64, keep: impl Fn(&Balance) -> bool) -> Figure {
    let sign = Decimal::from(sign);
    let mut total = None;
    let (mut months, mut accounts) = (Sums::default(), Sums::default());
    for (as_at, rows) in &books.trial_balances {
        for row in rows.iter().filter(|row| keep(row)) {
            let amount = sign * row.movement;
            *total.get_or_insert(Decimal::ZERO) += amount;
            months.add(month_end(*as_at).to_string(), amount);
            // A row of an account that the chart lacks counts in totals and stands on the blank row of a list.
            if books.accounts.contains_key(&row.account) {
                accounts.add(&row.account, amount);
            }
        }
    }
    Figure::total(total.map_or(Amount::Blank, Amount::Money)).by("Month", months.money()).by("Account", accounts.money())
}

/// Sums `sign × balance` of one trial balance; a group without any row is 0, as a balance sheet shows it.
pub(super) fn balance_at(books: &Books, as_at: Date, sign: i64, keep: impl Fn(&Balance) -> bool) -> Decimal {
    books.trial_balances.get(&as_at).into_iter().flatten().filter(|row| keep(row)).map(|row| row.balance).sum::<Decimal>()
        * Decimal::from(sign)
}

/// Balances at each month end (at Today in the running month); the total is the last one.
pub(super) fn balances(books: &Books, sign: i64, keep: impl Fn(&Balance) -> bool + Copy) -> Figure {
    let by_month: BTreeMap<String, Amount> = books
        .trial_balances
        .keys()
        .map(|as_at| (month_end(*as_at).to_string(), Amount::Money(balance_at(books, *as_at, sign, keep))))
        .collect();
    let last = books.trial_balances.keys().next_back().map_or(Amount::Blank, |as_at| Amount::Money(balance_at(books, *as_at, sign, keep)));
    let mut accounts = Sums::default();
    for row in
        books.trial_balances.values().next_back().into_iter().flatten().filter(|row| keep(row) && books.accounts.contains_key(&row.account))
    {
        accounts.add(&row.account, row.balance * Decimal::from(sign));
    }
    Figure::total(last).by("Month", by_month).by("Account", accounts.money())
}

pub(super) fn compute(books: &Books, figures: &mut Figures) {
    figures.insert("Monthly profit and loss", net_profit(books));
    figures.insert("Net profit this fiscal year", net_profit_this_fiscal_year(books));
    figures.insert("Net profit this month", net_profit_this_month(books));
    figures.insert("Top expense accounts", movements(books, 1, |row| row.class == Class::Expense));
    figures.insert("Total assets", balances(books, 1, |row| row.class == Class::Asset));
    figures.insert("Total liabilities", balances(books, -1, |row| row.class == Class::Liability));
    figures.insert("Equity", balances(books, -1, |row| row.class == Class::Equity || is_profit_and_loss(row)));
}

/// Net profit = −Σ movement of all profit and loss accounts: income is credit, cost is debit. Ties to Xero's profit and loss of the month.
pub(super) fn net_profit(books: &Books) -> Figure {
    movements(books, -1, is_profit_and_loss)
}

/// −Σ balance of the profit and loss accounts at Today: the balance sheet's current year earnings.
fn net_profit_this_fiscal_year(books: &Books) -> Figure {
    let total = books
        .trial_balances
        .keys()
        .next_back()
        .map_or(Amount::Blank, |as_at| Amount::Money(balance_at(books, *as_at, -1, is_profit_and_loss)));
    Figure::total(total)
}

/// −Σ movement of the profit and loss accounts in the month of Today.
fn net_profit_this_month(books: &Books) -> Figure {
    let rows = books.trial_balances.values().next_back();
    let total = rows.map_or(Amount::Blank, |rows| {
        Amount::Money(-rows.iter().filter(|row| is_profit_and_loss(row)).map(|row| row.movement).sum::<Decimal>())
    });
    Figure::total(total)
}

/// The rows of a statement group.
pub(super) fn in_group(groups: &'static [Group]) -> impl Fn(&Balance) -> bool + Copy {
    move |row| groups.contains(&row.group)
}
