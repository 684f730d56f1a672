//! Classic time intelligence on the dates of a column.

use super::store::{Dict, IdSet};
use super::{Ctx, Session, fail};
use crate::base::Date;
use crate::dax::bind::bound::{Extension, Kind, N, Period, Shift, Time};
use crate::dax::catalog::ColId;
use crate::dax::error::EvalResult;
use crate::dax::scalar;

/// First and last day of the period around a day.
fn period_of(day: i32, period: Period, year_end: (u32, u32)) -> (i32, i32) {
    let date = Date(day);
    let (y, m, _) = date.ymd();
    match period {
        Period::Day => (day, day),
        Period::Week => {
            let first = day - date.weekday() as i32;
            (first, first + 6)
        }
        Period::Month => (date.start_of_month().0, date.end_of_month().0),
        Period::Quarter => {
            let first = Date::from_ymd(y, (m - 1) / 3 * 3 + 1, 1).map_or(day, |d| d.0);
            (first, Date(first).add_months(2).end_of_month().0)
        }
        Period::Year => {
            let end = end_of_year(y, year_end);
            let end = if day > end { end_of_year(y + 1, year_end) } else { end };
            let year = Date(end).year();
            (end_of_year(year - 1, year_end) + 1, end)
        }
    }
}

/// The last day of a fiscal year; 29 February means the end of February.
fn end_of_year(year: i32, (month, day): (u32, u32)) -> i32 {
    let first = Date::from_ymd(year.clamp(1, 9999), month, 1).unwrap_or_default();
    let last = first.end_of_month();
    if month == 2 && day >= 29 { last.0 } else { (first.0 + day as i32 - 1).min(last.0) }
}

/// A day moved by whole units; the day of the month is kept and clamped.
fn shift(day: i32, count: i64, period: Period) -> i32 {
    let months = |n: i64| Date(day).add_months(i32::try_from(n.clamp(-120_000, 120_000)).unwrap_or(0)).0;
    match period {
        Period::Day => i32::try_from(i64::from(day) + count).unwrap_or(day),
        Period::Week => i32::try_from(i64::from(day) + count * 7).unwrap_or(day),
        Period::Month => months(count),
        Period::Quarter => months(count * 3),
        Period::Year => months(count * 12),
    }
}

/// The ids of the days between two, both included.
fn between(dict: &Dict, low: f64, high: f64) -> IdSet {
    let n = dict.len() as u32;
    let find = |wanted: f64, after: bool| {
        let (mut a, mut b) = (1, n + 1);
        while a < b {
            let mid = a.midpoint(b);
            let value = dict.number(mid).unwrap_or(f64::NEG_INFINITY);
            if value < wanted || (after && value <= wanted) { a = mid + 1 } else { b = mid }
        }
        a
    };
    let (first, last) = (find(low, false), find(high, true) - 1);
    if first > last { IdSet::empty() } else { IdSet::range(first, last) }
}

/// The ids from the start of the period around a day up to that day.
pub(crate) fn period_to_date(dict: &Dict, day: f64, period: Period, year_end: (u32, u32)) -> IdSet {
    let last = day.floor() as i32;
    between(dict, f64::from(period_of(last, period, year_end).0), f64::from(last) + 0.999_999_99)
}

impl Session<'_> {
    /// The dates of a time-intelligence expression as ids of its column.
    #[allow(clippy::too_many_lines)]
    pub(crate) fn time_ids(&self, node: &N, cx: &Ctx) -> EvalResult<(ColId, IdSet)> {
        let Kind::Time { time, period, dates, column, numbers, year_end, shift: mode, calendar } = &node.kind else {
            unreachable!("only called for time functions")
        };
        let stored = self.column(*column)?;
        let dict = stored.dict().clone();
        if dict.is_empty() {
            return Ok((*column, IdSet::empty()));
        }
        if *time == Time::DatesBetween {
            let bound = |n: &N| -> EvalResult<Option<f64>> { scalar::to_date_time(&self.scalars, &self.scalar(n, cx)?) };
            let low = bound(&numbers[0])?.unwrap_or(f64::NEG_INFINITY);
            let high = bound(&numbers[1])?.unwrap_or(f64::INFINITY);
            return Ok((*column, between(&dict, low, high)));
        }
        if let Some(calendar) = calendar {
            let set = self.calendar_ids(*calendar, &dict, node, cx)?;
            return Ok((*column, set));
        }
        if *time == Time::DatesInPeriod {
            let Some(start) = scalar::to_date_time(&self.scalars, &self.scalar(&numbers[0], cx)?)? else {
                return Ok((*column, IdSet::empty()));
            };
            let count = scalar::whole(&self.scalars, &self.scalar(&numbers[1], cx)?)?;
            let start_day = start.floor() as i32;
            let mut moved = shift(start_day, count, *period);
            // From the end of a month to the end of a month: the month before 30 April begins on 1 April.
            if !matches!(period, Period::Day | Period::Week) && Date(start_day).end_of_month().0 == start_day {
                moved = Date(moved).end_of_month().0;
            }
            let set = match count.signum() {
                -1 => between(&dict, f64::from(moved + 1), start),
                1 => between(&dict, start, f64::from(moved - 1) + 0.999_999_99),
                _ => IdSet::empty(),
            };
            return Ok((*column, set));
        }
        let selected = self.selected_dates(dates, *column, cx)?;
        let selected = selected.intersect(&IdSet::range(1, u32::MAX - 1));
        if selected.is_empty() {
            return Ok((*column, IdSet::empty()));
        }
        let day = |id: u32| dict.number(id).unwrap_or(0.0).floor() as i32;
        let (first, last) = (day(selected.low), day(selected.high));
        let end = year_end.unwrap_or((12, 31));
        let days = |low: i32, high: i32| between(&dict, f64::from(low), f64::from(high) + 0.999_999_99);
        let set = match time {
            Time::DatesYtd | Time::DatesQtd | Time::DatesMtd | Time::DatesWtd => days(period_of(last, *period, end).0, last),
            Time::FirstDate => IdSet::one(selected.low),
            Time::LastDate => IdSet::one(selected.high),
            Time::StartOf => {
                let (a, b) = period_of(first, *period, end);
                let inside = days(a, b);
                if inside.is_empty() { inside } else { IdSet::one(inside.low) }
            }
            Time::EndOf => {
                let (a, b) = period_of(last, *period, end);
                let inside = days(a, b);
                if inside.is_empty() { inside } else { IdSet::one(inside.high) }
            }
            Time::Opening => {
                let start = period_of(first, *period, end).0;
                let before = between(&dict, f64::NEG_INFINITY, f64::from(start) - 1e-9);
                if before.is_empty() { before } else { IdSet::one(before.high) }
            }
            Time::Previous => {
                let start = period_of(first, *period, end).0;
                let (a, b) = period_of(start - 1, *period, end);
                days(a, b)
            }
            Time::Next => {
                let stop = period_of(last, *period, end).1;
                let (a, b) = period_of(stop + 1, *period, end);
                days(a, b)
            }
            Time::ParallelPeriod => {
                let count = scalar::whole(&self.scalars, &self.scalar(&numbers[0], cx)?)?;
                let a = period_of(shift(period_of(first, *period, end).0, count, *period), *period, end).0;
                let b = period_of(shift(period_of(last, *period, end).0, count, *period), *period, end).1;
                days(a, b)
            }
            Time::DateAdd | Time::SamePeriodLastYear => {
                let count = match numbers.first() {
                    Some(n) => scalar::whole(&self.scalars, &self.scalar(n, cx)?)?,
                    None => -1,
                };
                shifted(&dict, &selected, count, *period, *mode)
            }
            Time::DatesBetween | Time::DatesInPeriod => return Err(fail("D0330", "this date function has no dates", node.at)),
        };
        Ok((*column, set))
    }

    /// Ids of the dates that the first argument gives.
    pub(super) fn selected_dates(&self, dates: &N, column: ColId, cx: &Ctx) -> EvalResult<IdSet> {
        match &dates.kind {
            Kind::Calculate(body, filters) => {
                let inner = self.calculate_context(filters, cx)?;
                self.selected_dates(body, column, &inner)
            }
            Kind::Values { columns, blank } if columns.as_slice() == [column] => {
                Ok(IdSet::from_ids(self.visible_ids_in(column, &cx.fc, *blank)?))
            }
            Kind::Time { .. } => Ok(self.time_ids(dates, cx)?.1),
            _ => {
                let value = self.table(dates, cx)?;
                Ok(IdSet::from_ids(value.cols[0].ids(value.n).unwrap_or_default()))
            }
        }
    }
}

/// DATEADD: every run of consecutive days moves as a whole.
fn shifted(dict: &Dict, selected: &IdSet, count: i64, period: Period, mode: Shift) -> IdSet {
    let ids: Vec<u32> = selected.iter().collect();
    let day = |id: u32| dict.number(id).unwrap_or(0.0).floor() as i32;
    let ends_month = |day: i32| Date(day).end_of_month().0 == day;
    let by_month = !matches!(period, Period::Day | Period::Week);
    let days = |low: i32, high: i32| between(dict, f64::from(low), f64::from(high) + 0.999_999_99);
    let mut out: Vec<u32> = Vec::new();
    let mut i = 0;
    while i < ids.len() {
        let mut j = i;
        while j + 1 < ids.len() && day(ids[j + 1]) - day(ids[j]) <= 1 {
            j += 1;
        }
        let (a, b) = (day(ids[i]), day(ids[j]));
        let (low, mut high) = (shift(a, count, period), shift(b, count, period));
        // A run that ends with its month ends with the month it moves to.
        let extends = match mode.extension {
            Extension::Extending => b > a,
            Extension::Precise => false,
            Extension::EndAligned => true,
        };
        let extends = by_month && extends && ends_month(b);
        if extends {
            high = Date(high).end_of_month().0;
        }
        if mode.blanks && by_month {
            for one in a..=b {
                let moved = shift(one, count, period);
                if Date(moved).day() == Date(one).day() {
                    out.extend(days(moved, moved).iter());
                }
            }
            if extends {
                out.extend(days(shift(b, count, period), high).iter());
            }
        } else {
            let low = if extends && a == b { high } else { low };
            out.extend(days(low, high).iter());
        }
        i = j + 1;
    }
    IdSet::from_ids(out)
}
