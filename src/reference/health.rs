//! Ratios.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::books::{Balance, Books, Class, Group, month_end};
use super::figures::{Amount, Figure, Figures, ratio};
use super::statements::{balance_at, in_group};

pub(super) fn compute(books: &Books, figures: &mut Figures) {
    figures.insert("Current ratio", at_month_ends(books, current_ratio));
    figures.insert("Gross profit percentage", gross_profit_percentage(books));
    figures.insert("Return on total assets", return_on_total_assets(books));
    figures.insert("Total liabilities to equity ratio", at_month_ends(books, liabilities_to_equity));
}

/// A ratio at each month end; in total at the last one.
fn at_month_ends(books: &Books, at: fn(&Books, Date) -> Amount) -> Figure {
    let months = books.trial_balances.keys().map(|as_at| (month_end(*as_at).to_string(), at(books, *as_at)));
    let total = books.trial_balances.keys().next_back().map_or(Amount::Blank, |as_at| at(books, *as_at));
    Figure::total(total).by("Month", months)
}

/// (Bank + current assets) / current liabilities; blank without current liabilities. Source: Xero's Executive Summary, "Current assets to
/// liabilities".
fn current_ratio(books: &Books, as_at: Date) -> Amount {
    let assets = balance_at(books, as_at, 1, in_group(&[Group::Bank, Group::CurrentAssets]));
    let liabilities = balance_at(books, as_at, -1, in_group(&[Group::CurrentLiabilities]));
    ratio(assets, liabilities)
}

/// Total liabilities / equity, current year's earnings included; blank when equity is 0, negative when equity is.
fn liabilities_to_equity(books: &Books, as_at: Date) -> Amount {
    let liabilities = balance_at(books, as_at, -1, |row| row.class == Class::Liability);
    let equity = balance_at(books, as_at, -1, |row| matches!(row.class, Class::Equity | Class::Revenue | Class::Expense));
    ratio(liabilities, equity)
}

/// (Trading income − cost of sales) / trading income over the months in view: the sums are divided, not the percentages averaged. Other income
/// is left out; blank without income. Source: Xero's Executive Summary, "Gross profit margin".
fn gross_profit_percentage(books: &Books) -> Figure {
    let of = |rows: &[Balance], group: Group, sign: i64| -> Decimal {
        rows.iter().filter(|row| row.group == group).map(|row| row.movement).sum::<Decimal>() * Decimal::from(sign)
    };
    let (mut income_total, mut cost_total) = (Decimal::ZERO, Decimal::ZERO);
    let mut months = BTreeMap::new();
    for (as_at, rows) in &books.trial_balances {
        let (income, cost) = (of(rows, Group::TradingIncome, -1), of(rows, Group::CostOfSales, 1));
        income_total += income;
        cost_total += cost;
        months.insert(month_end(*as_at).to_string(), ratio(income - cost, income));
    }
    Figure::total(ratio(income_total - cost_total, income_total)).by("Month", months)
}

/// Net profit of 12 consecutive loaded, closed months / total assets at the last of them; blank with fewer months or without assets above 0.
fn return_on_total_assets(books: &Books) -> Figure {
    let closed: Vec<Date> = books.trial_balances.keys().copied().filter(|as_at| !Books::is_running(*as_at)).collect();
    let at = |end: Date| -> Amount {
        let mut profit = Decimal::ZERO;
        let mut month = end;
        for _ in 0..12 {
            if !closed.contains(&month) {
                return Amount::Blank;
            }
            profit -= books.trial_balances[&month]
                .iter()
                .filter(|row| matches!(row.class, Class::Revenue | Class::Expense))
                .map(|row| row.movement)
                .sum::<Decimal>();
            month = month.first_of_month().saturating_sub(1.day());
        }
        let assets = balance_at(books, end, 1, |row| row.class == Class::Asset);
        if assets > Decimal::ZERO { ratio(profit, assets) } else { Amount::Blank }
    };
    let total = closed.last().map_or(Amount::Blank, |end| at(*end));
    Figure::total(total).by("Month", closed.iter().map(|end| (end.to_string(), at(*end))))
}
