//! Profit and loss and balance sheet, from the trial balances alone: one of each month, the newest.
//!
//! A trial balance gives the month's movement (Debit − Credit) and the balance (YTD debit − YTD credit), debit positive.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::books::{Balance, Class, Group, month_end};
use super::calendar::Period;
use super::figures::{Amount, Figure, Figures, Maybe, Sums, money};
use super::view::Seen;

/// Whether an account belongs to the profit and loss.
pub(super) fn is_profit_and_loss(row: &Balance) -> bool {
    matches!(row.class, Class::Revenue | Class::Expense)
}

/// The rows of a statement group.
pub(super) fn in_group(groups: &'static [Group]) -> impl Fn(&Balance) -> bool + Copy {
    move |row| groups.contains(&row.group)
}

/// `sign × movement` of the rows that `keep` lets through, over the months that end in a stretch of days. No row, no amount.
pub(super) fn movement(seen: Seen<'_>, period: Period, sign: i64, keep: impl Fn(&Balance) -> bool) -> Maybe {
    let mut rows = seen.as_ats(period).flat_map(|as_at| seen.rows(as_at)).filter(|row| keep(row)).map(|row| row.movement).peekable();
    rows.peek()?;
    Some(rows.sum::<Decimal>() * Decimal::from(sign))
}

/// A movement in total, by month and by account.
pub(super) fn movements(seen: Seen<'_>, sign: i64, keep: impl Fn(&Balance) -> bool) -> Figure {
    let sign = Decimal::from(sign);
    let mut total = None;
    let (mut months, mut accounts) = (Sums::default(), Sums::default());
    for as_at in seen.as_ats(seen.period) {
        for row in seen.rows(as_at).filter(|row| keep(row)) {
            let amount = sign * row.movement;
            *total.get_or_insert(Decimal::ZERO) += amount;
            months.add(month_end(as_at).to_string(), amount);
            // A row of an account that the chart lacks counts in totals and stands on the blank row of a list.
            if seen.books.accounts.contains_key(&row.account) {
                accounts.add(&row.account, amount);
            }
        }
    }
    Figure::total(money(total)).by("Month", months.money()).by("Account", accounts.money())
}

/// The trial balance that a balance sheet of a stretch of days shows: that of the month of its last day, or the last one loaded where that month
/// lies beyond the load; none where the whole stretch does.
pub(super) fn shown(seen: Seen<'_>, period: Period) -> Option<Date> {
    let last = month_end(period.last);
    let as_at = seen.books.trial_balances.keys().copied().rfind(|as_at| month_end(*as_at) <= last)?;
    (period.first <= month_end(as_at)).then_some(as_at)
}

/// `sign × balance` of the rows that `keep` lets through in one trial balance. A group without any row is 0, as a balance sheet shows it; only
/// where accounts are picked an account without a row has no balance.
pub(super) fn balance_at(seen: Seen<'_>, as_at: Date, sign: i64, keep: impl Fn(&Balance) -> bool) -> Maybe {
    let mut rows = seen.rows(as_at).filter(|row| keep(row)).map(|row| row.balance).peekable();
    if seen.by_account() {
        rows.peek()?;
    }
    Some(rows.sum::<Decimal>() * Decimal::from(sign))
}

/// The balance that a stretch of days shows.
pub(super) fn balance(seen: Seen<'_>, period: Period, sign: i64, keep: impl Fn(&Balance) -> bool) -> Maybe {
    shown(seen, period).and_then(|as_at| balance_at(seen, as_at, sign, keep))
}

/// Balances in total, at each month end (at Today in the running month) and by account.
pub(super) fn balances(seen: Seen<'_>, sign: i64, keep: impl Fn(&Balance) -> bool + Copy) -> Figure {
    let months = seen.months().into_iter().map(|month| (month_end(month.last).to_string(), money(balance(seen, month, sign, keep))));
    let mut accounts = Sums::default();
    if let Some(as_at) = shown(seen, seen.period) {
        for row in seen.rows(as_at).filter(|row| keep(row) && seen.books.accounts.contains_key(&row.account)) {
            accounts.add(&row.account, row.balance * Decimal::from(sign));
        }
    }
    Figure::total(money(balance(seen, seen.period, sign, keep))).by("Month", months).by("Account", accounts.money())
}

pub(super) fn compute(seen: Seen<'_>, figures: &mut Figures) {
    figures.insert("Monthly profit and loss", net_profit(seen));
    figures.insert("Net profit this fiscal year", net_profit_this_fiscal_year(seen));
    figures.insert("Net profit this month", net_profit_this_month(seen));
    figures.insert("Top expense accounts", movements(seen, 1, |row| row.class == Class::Expense));
    figures.insert("Total assets", balances(seen, 1, |row| row.class == Class::Asset));
    figures.insert("Total liabilities", balances(seen, -1, |row| row.class == Class::Liability));
    figures.insert("Equity", balances(seen, -1, |row| row.class == Class::Equity || is_profit_and_loss(row)));
}

/// Net profit = −Σ movement of all profit and loss accounts: income is credit, cost is debit. Ties to Xero's profit and loss of the month.
fn net_profit(seen: Seen<'_>) -> Figure {
    movements(seen, -1, is_profit_and_loss)
}

/// A figure of the newest trial balance, in total and by account; ignores the days in view.
fn newest(seen: Seen<'_>, pick: fn(&Balance) -> Decimal) -> Figure {
    let Some(last) = seen.books.trial_balances.keys().next_back() else { return Figure::total(Amount::Blank).by("Account", []) };
    let mut accounts = Sums::default();
    let mut total = if seen.by_account() { None } else { Some(Decimal::ZERO) };
    for row in seen.rows(*last).filter(|row| is_profit_and_loss(row)) {
        *total.get_or_insert(Decimal::ZERO) -= pick(row);
        if seen.books.accounts.contains_key(&row.account) {
            accounts.add(&row.account, -pick(row));
        }
    }
    Figure::total(money(total)).by("Account", accounts.money())
}

/// −Σ balance of the profit and loss accounts at Today: the balance sheet's current year earnings.
fn net_profit_this_fiscal_year(seen: Seen<'_>) -> Figure {
    newest(seen, |row| row.balance)
}

/// −Σ movement of the profit and loss accounts in the month of Today.
fn net_profit_this_month(seen: Seen<'_>) -> Figure {
    newest(seen, |row| row.movement)
}
