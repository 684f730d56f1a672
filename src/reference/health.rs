//! Ratios.

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::books::{Books, Class, Group, month_end};
use super::calendar::Period;
use super::figures::{Amount, Figures, divide, minus, plus};
use super::statements::{balance, balance_at, in_group, is_profit_and_loss, movement};
use super::support::over;
use super::view::Seen;

pub(super) fn compute(seen: Seen<'_>, figures: &mut Figures) {
    figures.insert("Current ratio", over(seen, |period| current_ratio(seen, period)));
    figures.insert("Gross profit percentage", over(seen, |period| gross_profit_percentage(seen, period)));
    figures.insert("Return on total assets", over(seen, |period| return_on_total_assets(seen, period)));
    figures.insert("Total liabilities to equity ratio", over(seen, |period| liabilities_to_equity(seen, period)));
}

/// (Bank + current assets) / current liabilities at the month end that is shown; blank without current liabilities. Source: Xero's Executive
/// Summary, "Current assets to liabilities".
fn current_ratio(seen: Seen<'_>, period: Period) -> Amount {
    let at = |groups: &'static [Group], sign| balance(seen, period, sign, in_group(groups));
    divide(plus(at(&[Group::Bank], 1), at(&[Group::CurrentAssets], 1)), at(&[Group::CurrentLiabilities], -1))
}

/// Total liabilities / equity, current year's earnings included; blank when equity is 0, negative when equity is.
fn liabilities_to_equity(seen: Seen<'_>, period: Period) -> Amount {
    let liabilities = balance(seen, period, -1, |row| row.class == Class::Liability);
    divide(liabilities, balance(seen, period, -1, |row| row.class == Class::Equity || is_profit_and_loss(row)))
}

/// (Trading income − cost of sales) / trading income over the months in view: the sums are divided, not the percentages averaged. Other income
/// is left out; blank without income. Source: Xero's Executive Summary, "Gross profit margin".
fn gross_profit_percentage(seen: Seen<'_>, period: Period) -> Amount {
    let income = movement(seen, period, -1, in_group(&[Group::TradingIncome]));
    divide(minus(income, movement(seen, period, 1, in_group(&[Group::CostOfSales]))), income)
}

/// The last closed month end that a stretch of days shows.
pub(super) fn last_closed(seen: Seen<'_>, period: Period) -> Option<Date> {
    let last = month_end(period.last);
    let closed = seen.books.trial_balances.keys().copied().rfind(|as_at| !Books::is_running(*as_at) && *as_at <= last)?;
    (closed >= period.first).then_some(closed)
}

/// Net profit of 12 consecutive loaded, closed months / total assets at the last of them; blank with fewer months or without assets above 0.
fn return_on_total_assets(seen: Seen<'_>, period: Period) -> Amount {
    let Some(end) = last_closed(seen, period) else { return Amount::Blank };
    let mut profit = None;
    let mut month = end;
    for _ in 0..12 {
        if !seen.books.trial_balances.contains_key(&month) {
            return Amount::Blank;
        }
        profit = plus(profit, movement(seen, Period { first: month, last: month }, -1, is_profit_and_loss));
        month = month.first_of_month().saturating_sub(1.day());
    }
    let assets = balance_at(seen, end, 1, |row| row.class == Class::Asset);
    if assets.is_some_and(|assets| assets > Decimal::ZERO) { divide(profit, assets) } else { Amount::Blank }
}
