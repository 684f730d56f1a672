//! Months, and the stretch of days that the template's calendar covers.

use jiff::ToSpan;
use jiff::civil::Date;

use super::books::{Books, month_end};

/// A stretch of days, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
}

impl Period {
    /// Whether a day lies in it.
    pub fn holds(self, day: Date) -> bool {
        day >= self.first && day <= self.last
    }

    /// The same stretch whole months earlier, as far as `calendar` reaches. A stretch that ends with its month ends with the
    /// earlier month, too.
    pub fn months_before(self, months: i32, calendar: Period) -> Option<Period> {
        let first = self.first.saturating_sub(months.months());
        let last = if self.last == month_end(self.last) {
            month_end(self.last.first_of_month().saturating_sub(months.months()))
        } else {
            self.last.saturating_sub(months.months())
        };
        let cut = Period { first: first.max(calendar.first), last: last.min(calendar.last) };
        (cut.first <= cut.last).then_some(cut)
    }
}

/// From the start of the fiscal year of the first document, bank row or trial balance to the month end of the fiscal year after that of Today.
///
/// Dates more than 30 years before Today are slips of the keyboard and do not count.
pub fn calendar(books: &Books) -> Option<Period> {
    let today = books.today?;
    let oldest = today.saturating_sub(360.months());
    let dates = books.documents.iter().map(|d| d.date).chain(books.bank.iter().map(|row| row.date));
    let first_month = books.trial_balances.keys().next().map(|day| day.first_of_month());
    let first = dates.filter(|day| *day >= oldest).chain(first_month).chain([today]).min()?;
    let next_year = books.fiscal_year_end(books.fiscal_year_end(today).saturating_add(1.day()));
    Some(Period { first: books.fiscal_year_start(first), last: month_end(next_year) })
}

/// The calendar months of a stretch, each cut to it.
pub fn months(calendar: Period) -> Vec<Period> {
    let mut all = Vec::new();
    let mut first = calendar.first;
    while first <= calendar.last {
        let last = month_end(first).min(calendar.last);
        all.push(Period { first, last });
        first = month_end(first).saturating_add(1.day());
    }
    all
}
