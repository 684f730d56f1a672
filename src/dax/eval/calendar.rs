//! Time intelligence over a calendar: periods are runs of equal values of its columns, in the order of its dates.

use super::store::{Dict, IdSet};
use super::{Ctx, Session, fail};
use crate::dax::bind::bound::{Extension, Kind, N, Period, Shift, Time};
use crate::dax::error::EvalResult;
use crate::dax::scalar;

/// Where the periods of a calendar begin, as ids of its dates.
struct Axis {
    starts: Vec<u32>,
    /// Number of dates.
    n: u32,
}

impl Axis {
    /// Number of the period that holds a date.
    fn of(&self, id: u32) -> i64 {
        self.starts.partition_point(|s| *s <= id) as i64 - 1
    }

    /// First and last date of a period.
    fn range(&self, index: i64) -> Option<(u32, u32)> {
        let index = usize::try_from(index).ok()?;
        let low = *self.starts.get(index)?;
        Some((low, self.starts.get(index + 1).map_or(self.n, |s| s - 1)))
    }

    fn set(&self, index: i64) -> IdSet {
        self.range(index).map_or_else(IdSet::empty, |(low, high)| IdSet::range(low, high))
    }
}

/// A period and, where the calendar has one, the shorter period whose place in it is kept by a shift.
struct Axes {
    whole: Axis,
    part: Option<Axis>,
}

impl Axes {
    /// A date moved by whole periods, and whether the place that it had exists there.
    fn moved(&self, id: u32, count: i64) -> Option<(u32, bool)> {
        let from = self.whole.of(id);
        let target = from.checked_add(count)?;
        let (start, _) = self.whole.range(from)?;
        let (low, high) = self.whole.range(target)?;
        let Some(part) = &self.part else {
            let wanted = low + (id - start);
            return Some((wanted.min(high), wanted <= high));
        };
        let place = part.of(id) - part.of(start);
        let wanted = part.of(low) + place;
        if wanted > part.of(high) {
            return Some((high, false));
        }
        let (part_start, _) = part.range(part.of(id))?;
        let (part_low, part_high) = part.range(wanted)?;
        let day = part_low + (id - part_start);
        Some((day.min(part_high), day <= part_high))
    }

    /// The shortest period that a shift keeps together.
    fn shortest(&self) -> &Axis {
        self.part.as_ref().unwrap_or(&self.whole)
    }

    /// Every run of consecutive dates moved by whole periods.
    fn shifted(&self, selected: &IdSet, count: i64, mode: Shift) -> IdSet {
        let ids: Vec<u32> = selected.iter().collect();
        let mut out = Vec::new();
        for (i, &id) in ids.iter().enumerate() {
            let run_ends = ids.get(i + 1).is_none_or(|next| *next != id + 1);
            let single = run_ends && (i == 0 || ids[i - 1] + 1 != id);
            let Some((moved, exact)) = self.moved(id, count) else { continue };
            let axis = self.shortest();
            let last = axis.range(axis.of(id)).is_some_and(|(_, high)| high == id);
            let end = axis.range(axis.of(moved)).map_or(moved, |(_, high)| high);
            let extends = run_ends
                && last
                && match mode.extension {
                    Extension::Extending => !single,
                    Extension::Precise => false,
                    Extension::EndAligned => true,
                };
            if extends {
                out.extend(if single { end..=end } else { moved..=end });
            } else if exact || !mode.blanks {
                out.push(moved);
            }
        }
        IdSet::from_ids(out)
    }
}

impl Session<'_> {
    fn axis(&self, calendar: usize, period: Period, dict: &Dict) -> EvalResult<Option<Axis>> {
        let def = &self.catalog.calendars[calendar];
        let n = dict.len() as u32;
        if period == Period::Day {
            return Ok(Some(Axis { starts: (1..=n).collect(), n }));
        }
        let Some(columns) = def.period(period) else { return Ok(None) };
        let mut row_of = vec![u32::MAX; dict.len() + 1];
        let rows = self.rows(def.table)?;
        for (row, id) in dict.ids.iter().take(rows).enumerate() {
            row_of[id as usize] = row as u32;
        }
        let columns: Vec<_> = columns.iter().map(|c| self.column(*c)).collect::<EvalResult<_>>()?;
        let mut starts = Vec::new();
        let mut last: Option<Vec<u32>> = None;
        for id in 1..=n {
            let row = row_of[id as usize];
            if row == u32::MAX {
                continue;
            }
            let key: Vec<u32> = columns.iter().map(|c| c.dict().ids.at(row as usize)).collect();
            if last.as_ref() != Some(&key) {
                starts.push(id);
                last = Some(key);
            }
        }
        Ok(Some(Axis { starts, n }))
    }

    fn axes(&self, calendar: usize, period: Period, dict: &Dict) -> EvalResult<Option<Axes>> {
        let Some(whole) = self.axis(calendar, period, dict)? else { return Ok(None) };
        let part = match period {
            Period::Year | Period::Quarter => match self.axis(calendar, Period::Month, dict)? {
                Some(months) => Some(months),
                None => self.axis(calendar, Period::Week, dict)?,
            },
            _ => None,
        };
        Ok(Some(Axes { whole, part }))
    }

    /// The dates of a time-intelligence function over a calendar.
    pub(super) fn calendar_ids(&self, calendar: usize, dict: &Dict, node: &N, cx: &Ctx) -> EvalResult<IdSet> {
        let Kind::Time { time, period, dates, column, numbers, shift, .. } = &node.kind else {
            unreachable!("only called for time functions")
        };
        let Some(axes) = self.axes(calendar, *period, dict)? else {
            return Err(fail("D0330", "the calendar does not have this period", node.at));
        };
        let n = dict.len() as u32;
        let number = |i: usize| -> EvalResult<i64> { scalar::whole(&self.scalars, &self.scalar(&numbers[i], cx)?) };
        if *time == Time::DatesInPeriod {
            let Some(start) = scalar::to_date_time(&self.scalars, &self.scalar(&numbers[0], cx)?)? else { return Ok(IdSet::empty()) };
            let count = number(1)?;
            let at = (1..=n).collect::<Vec<u32>>().partition_point(|id| dict.number(*id).is_some_and(|d| d < start.floor())) as u32 + 1;
            if at > n || count == 0 {
                return Ok(IdSet::empty());
            }
            let moved = axes.shifted(&IdSet::one(at), count, Shift { extension: Extension::EndAligned, blanks: false });
            return Ok(match (count > 0, moved.is_empty()) {
                (true, true) => IdSet::range(at, n),
                (true, false) if moved.low > at => IdSet::range(at, moved.low - 1),
                (false, true) => IdSet::range(1, at),
                (false, false) if moved.high < at => IdSet::range(moved.high + 1, at),
                _ => IdSet::empty(),
            });
        }
        let selected = self.selected_dates(dates, *column, cx)?.intersect(&IdSet::range(1, u32::MAX - 1));
        if selected.is_empty() {
            return Ok(selected);
        }
        let (first, last) = (selected.low, selected.high);
        let axis = &axes.whole;
        Ok(match time {
            Time::DatesYtd | Time::DatesQtd | Time::DatesMtd | Time::DatesWtd => {
                axis.range(axis.of(last)).map_or_else(IdSet::empty, |(low, _)| IdSet::range(low, last))
            }
            Time::FirstDate => IdSet::one(first),
            Time::LastDate => IdSet::one(last),
            Time::StartOf => axis.range(axis.of(first)).map_or_else(IdSet::empty, |(low, _)| IdSet::one(low)),
            Time::EndOf => axis.range(axis.of(last)).map_or_else(IdSet::empty, |(_, high)| IdSet::one(high)),
            Time::Opening => match axis.range(axis.of(first)) {
                Some((low, _)) if low > 1 => IdSet::one(low - 1),
                _ => IdSet::empty(),
            },
            Time::Previous => axis.set(axis.of(first) - 1),
            Time::Next => axis.set(axis.of(last) + 1),
            Time::ParallelPeriod => {
                let count = number(0)?;
                let (a, b) = (axis.of(first).saturating_add(count), axis.of(last).saturating_add(count));
                let periods = axis.starts.len() as i64;
                let (a, b) = (a.max(0), b.min(periods - 1));
                match (axis.range(a), axis.range(b)) {
                    (Some((low, _)), Some((_, high))) if a <= b => IdSet::range(low, high),
                    _ => IdSet::empty(),
                }
            }
            Time::SamePeriodLastYear => axes.shifted(&selected, -1, *shift),
            Time::DateAdd => axes.shifted(&selected, number(0)?, *shift),
            Time::DatesBetween | Time::DatesInPeriod => return Err(fail("D0330", "this date function has no dates", node.at)),
        })
    }
}
