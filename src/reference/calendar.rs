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

    /// The days that both have.
    pub fn within(self, other: Period) -> Option<Period> {
        let both = Period { first: self.first.max(other.first), last: self.last.min(other.last) };
        (both.first <= both.last).then_some(both)
    }

    /// The same stretch whole months earlier, as far as `calendar` reaches. A stretch of several days that ends with its month ends with the
    /// earlier month, too; a single day is that day of the earlier month, or its last. Source: <https://dax.guide/dateadd/>.
    pub fn months_before(self, months: i32, calendar: Period) -> Option<Period> {
        let first = self.first.saturating_sub(months.months());
        let last = if self.first < self.last && self.last == month_end(self.last) {
            month_end(self.last.first_of_month().saturating_sub(months.months()))
        } else {
            self.last.saturating_sub(months.months())
        };
        Period { first, last }.within(calendar)
    }
}

/// The day and month on which fiscal years end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearEnd {
    /// 1 to 12.
    pub month: i8,
    /// As Xero gives it; may exceed the month.
    pub day: i8,
}

impl YearEnd {
    fn in_year(self, year: i16) -> Date {
        let first = jiff::civil::date(year, self.month, 1);
        first.with().day(self.day.clamp(1, first.days_in_month())).build().unwrap_or(first.last_of_month())
    }

    /// The last day of the fiscal year that `day` lies in.
    ///
    /// A year end on 29 February is 28 February in common years; other days that a month lacks are its last.
    pub fn end(self, day: Date) -> Date {
        let end = self.in_year(day.year());
        if day > end { self.in_year(day.year() + 1) } else { end }
    }

    /// The first day of the fiscal year that `day` lies in.
    pub fn start(self, day: Date) -> Date {
        let end = self.end(day);
        self.in_year(end.year() - 1).saturating_add(1.day())
    }

    /// The fiscal year that `day` lies in.
    pub fn year(self, day: Date) -> Period {
        Period { first: self.start(day), last: self.end(day) }
    }
}

/// The calendar that all organisations of a folder share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Its days: from the start of the fiscal year of the oldest document, cash movement or trial balance to the end of the fiscal year after
    /// that of the newest Today.
    pub days: Period,
    /// The fiscal year of its columns: the first organisation's.
    pub year_end: YearEnd,
    /// The newest Today of all organisations; without any trial balance the newest document or cash movement.
    pub now: Date,
}

/// The calendar of organisations that are loaded together. Source: `MODEL` §1 and §4: fiscal columns follow the first organisation.
///
/// Dates more than 30 years before Today are slips of the keyboard and do not count.
pub fn calendar(all: &[Books]) -> Calendar {
    let year_end = all.first().map_or(YearEnd { month: 12, day: 31 }, |books| books.year_end);
    let dates = || {
        all.iter().flat_map(|books| {
            let documents = books.documents.iter().chain(&books.future_documents).map(|d| d.date);
            documents.chain(books.bank.iter().chain(&books.future_bank).map(|row| row.date))
        })
    };
    let now = all.iter().filter_map(|books| books.today).max().or_else(|| dates().max()).unwrap_or(jiff::civil::date(2000, 12, 31));
    // As many months back; a day that the month lacks is its last.
    let oldest = now.saturating_sub(360.months());
    let months = all.iter().filter_map(|books| books.trial_balances.keys().next()).map(|day| day.first_of_month());
    let first = dates().filter(|day| *day >= oldest && *day <= now).chain(months).chain([now]).min().unwrap_or(now);
    let next_year = year_end.end(year_end.end(now).saturating_add(1.day()));
    Calendar { days: Period { first: year_end.start(first), last: month_end(next_year) }, year_end, now }
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

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn fiscal_years_meet_without_gap() {
        for (month, day) in [(2, 29), (6, 30), (4, 5), (12, 31), (2, 31), (1, 1), (12, 30)] {
            let ends = YearEnd { month, day };
            let mut at = date(2019, 1, 1);
            while at < date(2025, 1, 1) {
                let year = ends.year(at);
                assert!(year.holds(at) && ends.end(year.last) == year.last && ends.start(year.first) == year.first, "{month}-{day} {at}");
                assert_eq!(ends.start(year.last.saturating_add(1.day())), year.last.saturating_add(1.day()), "{month}-{day} {at}");
                at = at.saturating_add(1.day());
            }
        }
    }

    #[test]
    fn a_stretch_to_a_month_end_stays_one() {
        let calendar = Period { first: date(2020, 1, 1), last: date(2026, 12, 31) };
        let moved = |a, b, months| Period { first: a, last: b }.months_before(months, calendar);
        assert_eq!(moved(date(2024, 2, 1), date(2024, 2, 29), 12), Some(Period { first: date(2023, 2, 1), last: date(2023, 2, 28) }));
        assert_eq!(moved(date(2024, 2, 1), date(2024, 2, 29), 1), Some(Period { first: date(2024, 1, 1), last: date(2024, 1, 31) }));
        assert_eq!(moved(date(2024, 3, 5), date(2024, 3, 30), 1), Some(Period { first: date(2024, 2, 5), last: date(2024, 2, 29) }));
        assert_eq!(moved(date(2024, 2, 29), date(2024, 2, 29), 1), Some(Period { first: date(2024, 1, 29), last: date(2024, 1, 29) }));
        assert_eq!(moved(date(2024, 3, 31), date(2024, 3, 31), 1), Some(Period { first: date(2024, 2, 29), last: date(2024, 2, 29) }));
        assert_eq!(moved(date(2020, 2, 1), date(2020, 2, 29), 12), None);
    }
}
