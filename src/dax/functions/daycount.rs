//! Day-count bases and coupon schedules of the financial functions, as Excel computes them.

use crate::base::Date;

/// How days and years are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    /// US (NASD) 30/360.
    Us30,
    /// Actual days over actual days of the year.
    Actual,
    /// Actual days over 360.
    Actual360,
    /// Actual days over 365.
    Actual365,
    /// European 30/360.
    European30,
}

fn is_february_end(date: Date) -> bool {
    date.month() == 2 && date.end_of_month() == date
}

fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_360(a: (i32, u32, u32), b: (i32, u32, u32)) -> i32 {
    (b.0 - a.0) * 360 + (b.1 as i32 - a.1 as i32) * 30 + b.2 as i32 - a.2 as i32
}

impl Basis {
    /// The basis of Excel's number 0 to 4.
    pub(super) fn new(code: i64) -> Option<Basis> {
        Some(match code {
            0 => Basis::Us30,
            1 => Basis::Actual,
            2 => Basis::Actual360,
            3 => Basis::Actual365,
            4 => Basis::European30,
            _ => return None,
        })
    }

    /// Days from `a` to `b`.
    pub(super) fn days(self, a: Date, b: Date) -> f64 {
        match self {
            Basis::Us30 => f64::from(us_days(a, b)),
            Basis::European30 => {
                let cut = |date: Date| {
                    let (y, m, d) = date.ymd();
                    (y, m, d.min(30))
                };
                f64::from(days_360(cut(a), cut(b)))
            }
            _ => f64::from(b.0 - a.0),
        }
    }

    /// YEARFRAC from `a` to a later or equal `b`.
    pub(super) fn year_fraction(self, a: Date, b: Date) -> f64 {
        if a == b {
            return 0.0;
        }
        match self {
            Basis::Us30 | Basis::European30 => self.days(a, b) / 360.0,
            Basis::Actual360 => f64::from(b.0 - a.0) / 360.0,
            Basis::Actual365 => f64::from(b.0 - a.0) / 365.0,
            Basis::Actual => f64::from(b.0 - a.0) / average_year(a, b),
        }
    }
}

/// US 30/360 with the rules for the end of February.
fn us_days(a: Date, b: Date) -> i32 {
    let ((y1, m1, mut d1), (y2, m2, mut d2)) = (a.ymd(), b.ymd());
    if is_february_end(a) && is_february_end(b) {
        d2 = 30;
    }
    if is_february_end(a) {
        d1 = 30;
    }
    if d2 == 31 && d1 >= 30 {
        d2 = 30;
    }
    d1 = d1.min(30);
    days_360((y1, m1, d1), (y2, m2, d2))
}

/// Days of the year that actual/actual divides by: for at most a year 366 when a 29 February lies between, otherwise the mean of the
/// calendar years touched.
fn average_year(a: Date, b: Date) -> f64 {
    let ((y1, m1, d1), (y2, m2, d2)) = (a.ymd(), b.ymd());
    let within_a_year = y1 == y2 || y2 == y1 + 1 && (m1, d1) >= (m2, d2);
    if !within_a_year {
        let years = y2 - y1 + 1;
        let days: i32 = (y1..=y2).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
        return f64::from(days) / f64::from(years);
    }
    let leap_day = |year: i32| Date::from_ymd(year, 2, 29).is_some_and(|day| a <= day && day <= b);
    if y1 == y2 && is_leap(y1) || leap_day(y1) || leap_day(y2) { 366.0 } else { 365.0 }
}

/// The coupon dates of a bond: every `12 / frequency` months counted back from maturity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coupons {
    pub(super) settlement: Date,
    pub(super) maturity: Date,
    /// 1, 2 or 4 a year.
    pub(super) frequency: i32,
    pub(super) basis: Basis,
}

impl Coupons {
    /// The date `count` coupons before maturity; the end of a month stays the end of a month.
    fn back(&self, count: i32) -> Date {
        step(self.maturity, -count * 12 / self.frequency)
    }

    /// Number of coupons after settlement.
    pub(super) fn count(&self) -> i32 {
        let months = (self.maturity.year() - self.settlement.year()) * 12 + self.maturity.month() as i32 - self.settlement.month() as i32;
        let mut count = (months * self.frequency / 12).max(0);
        while self.back(count) > self.settlement {
            count += 1;
        }
        while count > 0 && self.back(count - 1) <= self.settlement {
            count -= 1;
        }
        count
    }

    /// The coupon date at or before settlement.
    pub(super) fn previous(&self) -> Date {
        self.back(self.count())
    }

    /// The coupon date after settlement.
    pub(super) fn next(&self) -> Date {
        self.back(self.count() - 1)
    }

    /// Days from the previous coupon to settlement.
    pub(super) fn days_before(&self) -> f64 {
        self.basis.days(self.previous(), self.settlement)
    }

    /// Days of the coupon period that holds settlement.
    pub(super) fn period_days(&self) -> f64 {
        match self.basis {
            Basis::Actual => f64::from(self.next().0 - self.previous().0),
            Basis::Actual365 => 365.0 / f64::from(self.frequency),
            _ => 360.0 / f64::from(self.frequency),
        }
    }

    /// Days from settlement to the next coupon.
    pub(super) fn days_after(&self) -> f64 {
        match self.basis {
            // Excel takes the rest of the period, so that the three counts agree.
            Basis::Us30 | Basis::European30 => self.period_days() - self.days_before(),
            _ => f64::from(self.next().0 - self.settlement.0),
        }
    }
}

/// `months` later; from the last day of a month to the last day of a month.
pub(super) fn step(date: Date, months: i32) -> Date {
    let moved = date.add_months(months);
    if date.end_of_month() == date { moved.end_of_month() } else { moved }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn fractions_of_years_by_basis() {
        let (a, b) = (date("2012-01-01"), date("2012-07-30"));
        for (basis, expected) in [(0, 209.0 / 360.0), (1, 211.0 / 366.0), (2, 211.0 / 360.0), (3, 211.0 / 365.0), (4, 209.0 / 360.0)] {
            assert_eq!(Basis::new(basis).unwrap().year_fraction(a, b), expected, "{basis}");
        }
        assert_eq!(Basis::Us30.days(date("2024-01-31"), date("2024-02-29")), 29.0);
        assert_eq!(Basis::Us30.days(date("2023-02-28"), date("2024-02-29")), 360.0);
    }

    #[test]
    fn coupons_count_back_from_maturity() {
        let coupons = Coupons { settlement: date("2011-01-25"), maturity: date("2011-11-15"), frequency: 2, basis: Basis::Actual };
        assert_eq!((coupons.previous(), coupons.next()), (date("2010-11-15"), date("2011-05-15")));
        assert_eq!((coupons.count(), coupons.days_before(), coupons.period_days(), coupons.days_after()), (2, 71.0, 181.0, 110.0));
        let month_end = Coupons { settlement: date("2024-03-01"), maturity: date("2025-08-31"), frequency: 2, basis: Basis::Us30 };
        assert_eq!(month_end.previous(), date("2024-02-29"));
    }
}
