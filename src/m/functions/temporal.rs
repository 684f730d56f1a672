//! `Date.*`, `DateTime.*`, `DateTimeZone.*`, `Time.*`, `Duration.*`: parts and arithmetic. What takes a date takes a datetime and
//! a datetimezone as well and gives the same kind back.

use super::common::{choice, culture, default_culture, double_value, out_of_range};
use super::{
    ANY, Builtin, DATE, DATETIME, DATETIMEZONE, DURATION, NULLABLE_DATE, NULLABLE_DATETIME, NULLABLE_DATETIMEZONE, NULLABLE_DURATION,
    NULLABLE_LOGICAL, NULLABLE_NUMBER, NULLABLE_TEXT, NULLABLE_TIME, NUMBER, RECORD, TEXT, TIME, arg, opt,
};
use crate::base::Date;
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{Record, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, Value, civil_from_day, day_from_civil};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "Date.AddDays",
        params: &[arg("dateTime", ANY), arg("numberOfDays", NUMBER)],
        returns: ANY,
        about: "Days later.",
        source: "https://learn.microsoft.com/powerquery-m/date-adddays",
        examples: &[("Date.AddDays(#date(2024, 2, 28), 2)", "#date(2024, 3, 1)")],
        run: add_days,
    },
    Builtin {
        name: "Date.AddMonths",
        params: &[arg("dateTime", ANY), arg("numberOfMonths", NUMBER)],
        returns: ANY,
        about: "Months later; a day that the month lacks becomes its last.",
        source: "https://learn.microsoft.com/powerquery-m/date-addmonths",
        examples: &[("Date.AddMonths(#date(2024, 1, 31), 1)", "#date(2024, 2, 29)")],
        run: add_months,
    },
    Builtin {
        name: "Date.AddQuarters",
        params: &[arg("dateTime", ANY), arg("numberOfQuarters", NUMBER)],
        returns: ANY,
        about: "Quarters later.",
        source: "https://learn.microsoft.com/powerquery-m/date-addquarters",
        examples: &[("Date.AddQuarters(#date(2024, 1, 31), 1)", "#date(2024, 4, 30)")],
        run: add_quarters,
    },
    Builtin {
        name: "Date.AddWeeks",
        params: &[arg("dateTime", ANY), arg("numberOfWeeks", NUMBER)],
        returns: ANY,
        about: "Weeks later.",
        source: "https://learn.microsoft.com/powerquery-m/date-addweeks",
        examples: &[("Date.AddWeeks(#date(2024, 1, 1), 2)", "#date(2024, 1, 15)")],
        run: add_weeks,
    },
    Builtin {
        name: "Date.AddYears",
        params: &[arg("dateTime", ANY), arg("numberOfYears", NUMBER)],
        returns: ANY,
        about: "Years later.",
        source: "https://learn.microsoft.com/powerquery-m/date-addyears",
        examples: &[("Date.AddYears(#date(2024, 2, 29), 1)", "#date(2025, 2, 28)")],
        run: add_years,
    },
    Builtin {
        name: "Date.Day",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_NUMBER,
        about: "The day of the month.",
        source: "https://learn.microsoft.com/powerquery-m/date-day",
        examples: &[("Date.Day(#date(2024, 1, 31))", "31")],
        run: day,
    },
    Builtin {
        name: "Date.DayOfWeek",
        params: &[arg("dateTime", ANY), opt("firstDayOfWeek", NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "Days since the first day of the week.",
        source: "https://learn.microsoft.com/powerquery-m/date-dayofweek",
        examples: &[("Date.DayOfWeek(#date(2024, 1, 31), Day.Monday)", "2")],
        run: day_of_week,
    },
    Builtin {
        name: "Date.DayOfWeekName",
        params: &[arg("date", ANY), opt("culture", TEXT)],
        returns: NULLABLE_TEXT,
        about: "The name of the day.",
        source: "https://learn.microsoft.com/powerquery-m/date-dayofweekname",
        examples: &[("Date.DayOfWeekName(#date(2024, 1, 31), \"en-US\")", "\"Wednesday\"")],
        run: day_of_week_name,
    },
    Builtin {
        name: "Date.DayOfYear",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_NUMBER,
        about: "The day of the year, from 1.",
        source: "https://learn.microsoft.com/powerquery-m/date-dayofyear",
        examples: &[("Date.DayOfYear(#date(2024, 3, 1))", "61")],
        run: day_of_year,
    },
    Builtin {
        name: "Date.DaysInMonth",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_NUMBER,
        about: "How many days the month has.",
        source: "https://learn.microsoft.com/powerquery-m/date-daysinmonth",
        examples: &[("Date.DaysInMonth(#date(2024, 2, 1))", "29")],
        run: days_in_month,
    },
    Builtin {
        name: "Date.EndOfDay",
        params: &[arg("dateTime", ANY)],
        returns: ANY,
        about: "The last moment of the day.",
        source: "https://learn.microsoft.com/powerquery-m/date-endofday",
        examples: &[("Date.EndOfDay(#datetime(2024, 1, 31, 5, 0, 0))", "#datetime(2024, 1, 31, 23, 59, 59.9999999)")],
        run: end_of_day,
    },
    Builtin {
        name: "Date.EndOfMonth",
        params: &[arg("dateTime", ANY)],
        returns: ANY,
        about: "The last day or moment of the month.",
        source: "https://learn.microsoft.com/powerquery-m/date-endofmonth",
        examples: &[("Date.EndOfMonth(#date(2024, 2, 5))", "#date(2024, 2, 29)")],
        run: end_of_month,
    },
    Builtin {
        name: "Date.EndOfQuarter",
        params: &[arg("dateTime", ANY)],
        returns: ANY,
        about: "The last day or moment of the quarter.",
        source: "https://learn.microsoft.com/powerquery-m/date-endofquarter",
        examples: &[("Date.EndOfQuarter(#date(2024, 2, 5))", "#date(2024, 3, 31)")],
        run: end_of_quarter,
    },
    Builtin {
        name: "Date.EndOfWeek",
        params: &[arg("dateTime", ANY), opt("firstDayOfWeek", NUMBER)],
        returns: ANY,
        about: "The last day or moment of the week.",
        source: "https://learn.microsoft.com/powerquery-m/date-endofweek",
        examples: &[("Date.EndOfWeek(#date(2024, 1, 31), Day.Monday)", "#date(2024, 2, 4)")],
        run: end_of_week,
    },
    Builtin {
        name: "Date.EndOfYear",
        params: &[arg("dateTime", ANY)],
        returns: ANY,
        about: "The last day or moment of the year.",
        source: "https://learn.microsoft.com/powerquery-m/date-endofyear",
        examples: &[("Date.EndOfYear(#date(2024, 2, 5))", "#date(2024, 12, 31)")],
        run: end_of_year,
    },
    Builtin {
        name: "Date.IsInCurrentDay",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date is today.",
        source: "https://learn.microsoft.com/powerquery-m/date-isincurrentday",
        examples: &[("Date.IsInCurrentDay(DateTime.FixedLocalNow())", "true")],
        run: is_in_current_day,
    },
    Builtin {
        name: "Date.IsInCurrentMonth",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in this month.",
        source: "https://learn.microsoft.com/powerquery-m/date-isincurrentmonth",
        examples: &[("Date.IsInCurrentMonth(DateTime.FixedLocalNow())", "true")],
        run: is_in_current_month,
    },
    Builtin {
        name: "Date.IsInCurrentQuarter",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in this quarter.",
        source: "https://learn.microsoft.com/powerquery-m/date-isincurrentquarter",
        examples: &[("Date.IsInCurrentQuarter(DateTime.FixedLocalNow())", "true")],
        run: is_in_current_quarter,
    },
    Builtin {
        name: "Date.IsInCurrentWeek",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in this week.",
        source: "https://learn.microsoft.com/powerquery-m/date-isincurrentweek",
        examples: &[("Date.IsInCurrentWeek(DateTime.FixedLocalNow())", "true")],
        run: is_in_current_week,
    },
    Builtin {
        name: "Date.IsInCurrentYear",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in this year.",
        source: "https://learn.microsoft.com/powerquery-m/date-isincurrentyear",
        examples: &[("Date.IsInCurrentYear(DateTime.FixedLocalNow())", "true")],
        run: is_in_current_year,
    },
    Builtin {
        name: "Date.IsInNextDay",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date is tomorrow.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinnextday",
        examples: &[("Date.IsInNextDay(Date.AddDays(DateTime.FixedLocalNow(), 1))", "true")],
        run: is_in_next_day,
    },
    Builtin {
        name: "Date.IsInNextMonth",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in the next month.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinnextmonth",
        examples: &[("Date.IsInNextMonth(Date.AddMonths(DateTime.FixedLocalNow(), 1))", "true")],
        run: is_in_next_month,
    },
    Builtin {
        name: "Date.IsInNextNDays",
        params: &[arg("dateTime", ANY), arg("days", NUMBER)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in the next days, today left out.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinnextndays",
        examples: &[("Date.IsInNextNDays(DateTime.FixedLocalNow(), 2)", "false")],
        run: is_in_next_n_days,
    },
    Builtin {
        name: "Date.IsInNextNMonths",
        params: &[arg("dateTime", ANY), arg("months", NUMBER)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in the next months, this one left out.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinnextnmonths",
        examples: &[("Date.IsInNextNMonths(Date.AddMonths(DateTime.FixedLocalNow(), 2), 2)", "true")],
        run: is_in_next_n_months,
    },
    Builtin {
        name: "Date.IsInNextNQuarters",
        params: &[arg("dateTime", ANY), arg("quarters", NUMBER)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in the next quarters, this one left out.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinnextnquarters",
        examples: &[("Date.IsInNextNQuarters(Date.AddQuarters(DateTime.FixedLocalNow(), 1), 2)", "true")],
        run: is_in_next_n_quarters,
    },
    Builtin {
        name: "Date.IsInNextNWeeks",
        params: &[arg("dateTime", ANY), arg("weeks", NUMBER)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in the next weeks, this one left out.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinnextnweeks",
        examples: &[("Date.IsInNextNWeeks(Date.AddDays(DateTime.FixedLocalNow(), 7), 2)", "true")],
        run: is_in_next_n_weeks,
    },
    Builtin {
        name: "Date.IsInNextNYears",
        params: &[arg("dateTime", ANY), arg("years", NUMBER)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in the next years, this one left out.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinnextnyears",
        examples: &[("Date.IsInNextNYears(Date.AddYears(DateTime.FixedLocalNow(), 1), 2)", "true")],
        run: is_in_next_n_years,
    },
    Builtin {
        name: "Date.IsInNextQuarter",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in the next quarter.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinnextquarter",
        examples: &[("Date.IsInNextQuarter(Date.AddQuarters(DateTime.FixedLocalNow(), 1))", "true")],
        run: is_in_next_quarter,
    },
    Builtin {
        name: "Date.IsInNextWeek",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in the next week.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinnextweek",
        examples: &[("Date.IsInNextWeek(Date.AddDays(DateTime.FixedLocalNow(), 7))", "true")],
        run: is_in_next_week,
    },
    Builtin {
        name: "Date.IsInNextYear",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in the next year.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinnextyear",
        examples: &[("Date.IsInNextYear(Date.AddYears(DateTime.FixedLocalNow(), 1))", "true")],
        run: is_in_next_year,
    },
    Builtin {
        name: "Date.IsInPreviousDay",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date is yesterday.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinpreviousday",
        examples: &[("Date.IsInPreviousDay(Date.AddDays(DateTime.FixedLocalNow(), -1))", "true")],
        run: is_in_previous_day,
    },
    Builtin {
        name: "Date.IsInPreviousMonth",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in the previous month.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinpreviousmonth",
        examples: &[("Date.IsInPreviousMonth(Date.AddMonths(DateTime.FixedLocalNow(), -1))", "true")],
        run: is_in_previous_month,
    },
    Builtin {
        name: "Date.IsInPreviousNDays",
        params: &[arg("dateTime", ANY), arg("days", NUMBER)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in the previous days, today left out.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinpreviousndays",
        examples: &[("Date.IsInPreviousNDays(Date.AddDays(DateTime.FixedLocalNow(), -1), 2)", "true")],
        run: is_in_previous_n_days,
    },
    Builtin {
        name: "Date.IsInPreviousNMonths",
        params: &[arg("dateTime", ANY), arg("months", NUMBER)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in the previous months, this one left out.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinpreviousnmonths",
        examples: &[("Date.IsInPreviousNMonths(Date.AddMonths(DateTime.FixedLocalNow(), -1), 2)", "true")],
        run: is_in_previous_n_months,
    },
    Builtin {
        name: "Date.IsInPreviousNQuarters",
        params: &[arg("dateTime", ANY), arg("quarters", NUMBER)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in the previous quarters, this one left out.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinpreviousnquarters",
        examples: &[("Date.IsInPreviousNQuarters(Date.AddQuarters(DateTime.FixedLocalNow(), -1), 2)", "true")],
        run: is_in_previous_n_quarters,
    },
    Builtin {
        name: "Date.IsInPreviousNWeeks",
        params: &[arg("dateTime", ANY), arg("weeks", NUMBER)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in the previous weeks, this one left out.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinpreviousnweeks",
        examples: &[("Date.IsInPreviousNWeeks(Date.AddDays(DateTime.FixedLocalNow(), -7), 2)", "true")],
        run: is_in_previous_n_weeks,
    },
    Builtin {
        name: "Date.IsInPreviousNYears",
        params: &[arg("dateTime", ANY), arg("years", NUMBER)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in the previous years, this one left out.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinpreviousnyears",
        examples: &[("Date.IsInPreviousNYears(Date.AddYears(DateTime.FixedLocalNow(), -1), 2)", "true")],
        run: is_in_previous_n_years,
    },
    Builtin {
        name: "Date.IsInPreviousQuarter",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in the previous quarter.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinpreviousquarter",
        examples: &[("Date.IsInPreviousQuarter(Date.AddQuarters(DateTime.FixedLocalNow(), -1))", "true")],
        run: is_in_previous_quarter,
    },
    Builtin {
        name: "Date.IsInPreviousWeek",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in the previous week.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinpreviousweek",
        examples: &[("Date.IsInPreviousWeek(Date.AddDays(DateTime.FixedLocalNow(), -7))", "true")],
        run: is_in_previous_week,
    },
    Builtin {
        name: "Date.IsInPreviousYear",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in the previous year.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinpreviousyear",
        examples: &[("Date.IsInPreviousYear(Date.AddYears(DateTime.FixedLocalNow(), -1))", "true")],
        run: is_in_previous_year,
    },
    Builtin {
        name: "Date.IsInYearToDate",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a date lies in this year and not after today.",
        source: "https://learn.microsoft.com/powerquery-m/date-isinyeartodate",
        examples: &[("Date.IsInYearToDate(DateTime.FixedLocalNow())", "true")],
        run: is_in_year_to_date,
    },
    Builtin {
        name: "Date.IsLeapYear",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether the year has 366 days.",
        source: "https://learn.microsoft.com/powerquery-m/date-isleapyear",
        examples: &[("Date.IsLeapYear(#date(2024, 1, 1))", "true")],
        run: is_leap_year,
    },
    Builtin {
        name: "Date.Month",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_NUMBER,
        about: "The month, from 1.",
        source: "https://learn.microsoft.com/powerquery-m/date-month",
        examples: &[("Date.Month(#date(2024, 1, 31))", "1")],
        run: month,
    },
    Builtin {
        name: "Date.MonthName",
        params: &[arg("date", ANY), opt("culture", TEXT)],
        returns: NULLABLE_TEXT,
        about: "The name of the month.",
        source: "https://learn.microsoft.com/powerquery-m/date-monthname",
        examples: &[("Date.MonthName(#date(2024, 1, 31), \"de-DE\")", "\"Januar\"")],
        run: month_name,
    },
    Builtin {
        name: "Date.QuarterOfYear",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_NUMBER,
        about: "The quarter, from 1 to 4.",
        source: "https://learn.microsoft.com/powerquery-m/date-quarterofyear",
        examples: &[("Date.QuarterOfYear(#date(2024, 5, 1))", "2")],
        run: quarter_of_year,
    },
    Builtin {
        name: "Date.StartOfDay",
        params: &[arg("dateTime", ANY)],
        returns: ANY,
        about: "Midnight of the day.",
        source: "https://learn.microsoft.com/powerquery-m/date-startofday",
        examples: &[("Date.StartOfDay(#datetime(2024, 1, 31, 5, 0, 0))", "#datetime(2024, 1, 31, 0, 0, 0)")],
        run: start_of_day,
    },
    Builtin {
        name: "Date.StartOfMonth",
        params: &[arg("dateTime", ANY)],
        returns: ANY,
        about: "The first day of the month.",
        source: "https://learn.microsoft.com/powerquery-m/date-startofmonth",
        examples: &[("Date.StartOfMonth(#date(2024, 1, 31))", "#date(2024, 1, 1)")],
        run: start_of_month,
    },
    Builtin {
        name: "Date.StartOfQuarter",
        params: &[arg("dateTime", ANY)],
        returns: ANY,
        about: "The first day of the quarter.",
        source: "https://learn.microsoft.com/powerquery-m/date-startofquarter",
        examples: &[("Date.StartOfQuarter(#date(2024, 5, 31))", "#date(2024, 4, 1)")],
        run: start_of_quarter,
    },
    Builtin {
        name: "Date.StartOfWeek",
        params: &[arg("dateTime", ANY), opt("firstDayOfWeek", NUMBER)],
        returns: ANY,
        about: "The first day of the week.",
        source: "https://learn.microsoft.com/powerquery-m/date-startofweek",
        examples: &[("Date.StartOfWeek(#date(2024, 1, 31), Day.Monday)", "#date(2024, 1, 29)")],
        run: start_of_week,
    },
    Builtin {
        name: "Date.StartOfYear",
        params: &[arg("dateTime", ANY)],
        returns: ANY,
        about: "The first day of the year.",
        source: "https://learn.microsoft.com/powerquery-m/date-startofyear",
        examples: &[("Date.StartOfYear(#date(2024, 5, 31))", "#date(2024, 1, 1)")],
        run: start_of_year,
    },
    Builtin {
        name: "Date.ToRecord",
        params: &[arg("date", DATE)],
        returns: RECORD,
        about: "Year, month and day.",
        source: "https://learn.microsoft.com/powerquery-m/date-torecord",
        examples: &[("Date.ToRecord(#date(2024, 1, 31))", "[Year = 2024, Month = 1, Day = 31]")],
        run: date_to_record,
    },
    Builtin {
        name: "Date.WeekOfMonth",
        params: &[arg("dateTime", ANY), opt("firstDayOfWeek", NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The week of the month, from 1.",
        source: "https://learn.microsoft.com/powerquery-m/date-weekofmonth",
        examples: &[("Date.WeekOfMonth(#date(2024, 1, 31), Day.Monday)", "5")],
        run: week_of_month,
    },
    Builtin {
        name: "Date.WeekOfYear",
        params: &[arg("dateTime", ANY), opt("firstDayOfWeek", NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The week of the year, from 1; the first one begins on 1 January.",
        source: "https://learn.microsoft.com/powerquery-m/date-weekofyear",
        examples: &[("Date.WeekOfYear(#date(2024, 1, 31), Day.Monday)", "5")],
        run: week_of_year,
    },
    Builtin {
        name: "Date.Year",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_NUMBER,
        about: "The year.",
        source: "https://learn.microsoft.com/powerquery-m/date-year",
        examples: &[("Date.Year(#date(2024, 1, 31))", "2024")],
        run: year,
    },
    Builtin {
        name: "DateTime.AddZone",
        params: &[arg("dateTime", NULLABLE_DATETIME), arg("timezoneHours", NUMBER), opt("timezoneMinutes", NUMBER)],
        returns: NULLABLE_DATETIMEZONE,
        about: "The date and time in a zone.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-addzone",
        examples: &[("DateTime.AddZone(#datetime(2024, 1, 31, 5, 0, 0), 13)", "#datetimezone(2024, 1, 31, 5, 0, 0, 13, 0)")],
        run: add_zone,
    },
    Builtin {
        name: "DateTime.Date",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_DATE,
        about: "The date part.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-date",
        examples: &[("DateTime.Date(#datetime(2024, 1, 31, 5, 0, 0))", "#date(2024, 1, 31)")],
        run: date_part,
    },
    Builtin {
        name: "DateTime.FixedLocalNow",
        params: &[],
        returns: DATETIME,
        about: "Now in local time, the same throughout an evaluation.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-fixedlocalnow",
        examples: &[("DateTime.FixedLocalNow() = DateTime.FixedLocalNow()", "true")],
        run: fixed_local_now,
    },
    Builtin {
        name: "DateTime.FromFileTime",
        params: &[arg("fileTime", NULLABLE_NUMBER)],
        returns: NULLABLE_DATETIME,
        about: "The local date and time of a Windows file time (100 ns since 1601).",
        source: "https://learn.microsoft.com/powerquery-m/datetime-fromfiletime",
        examples: &[("DateTime.FromFileTime(133511328000000000)", "#datetime(2024, 1, 31, 0, 0, 0)")],
        run: datetime_from_file_time,
    },
    Builtin {
        name: "DateTime.IsInCurrentHour",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a moment lies in this hour.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-isincurrenthour",
        examples: &[("DateTime.IsInCurrentHour(DateTime.FixedLocalNow())", "true")],
        run: is_in_current_hour,
    },
    Builtin {
        name: "DateTime.IsInCurrentMinute",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a moment lies in this minute.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-isincurrentminute",
        examples: &[("DateTime.IsInCurrentMinute(DateTime.FixedLocalNow())", "true")],
        run: is_in_current_minute,
    },
    Builtin {
        name: "DateTime.IsInCurrentSecond",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a moment lies in this second.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-isincurrentsecond",
        examples: &[("DateTime.IsInCurrentSecond(DateTime.FixedLocalNow())", "true")],
        run: is_in_current_second,
    },
    Builtin {
        name: "DateTime.IsInNextHour",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a moment lies in the next hour.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-isinnexthour",
        examples: &[("DateTime.IsInNextHour(DateTime.FixedLocalNow() + #duration(0, 1, 0, 0))", "true")],
        run: is_in_next_hour,
    },
    Builtin {
        name: "DateTime.IsInNextMinute",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a moment lies in the next minute.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-isinnextminute",
        examples: &[("DateTime.IsInNextMinute(DateTime.FixedLocalNow() + #duration(0, 0, 1, 0))", "true")],
        run: is_in_next_minute,
    },
    Builtin {
        name: "DateTime.IsInNextNHours",
        params: &[arg("dateTime", ANY), arg("hours", NUMBER)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a moment lies in the next hours, this one left out.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-isinnextnhours",
        examples: &[("DateTime.IsInNextNHours(DateTime.FixedLocalNow() + #duration(0, 2, 0, 0), 2)", "true")],
        run: is_in_next_n_hours,
    },
    Builtin {
        name: "DateTime.IsInNextNMinutes",
        params: &[arg("dateTime", ANY), arg("minutes", NUMBER)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a moment lies in the next minutes, this one left out.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-isinnextnminutes",
        examples: &[("DateTime.IsInNextNMinutes(DateTime.FixedLocalNow() + #duration(0, 0, 2, 0), 2)", "true")],
        run: is_in_next_n_minutes,
    },
    Builtin {
        name: "DateTime.IsInNextNSeconds",
        params: &[arg("dateTime", ANY), arg("seconds", NUMBER)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a moment lies in the next seconds, this one left out.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-isinnextnseconds",
        examples: &[("DateTime.IsInNextNSeconds(DateTime.FixedLocalNow() + #duration(0, 0, 0, 2), 2)", "true")],
        run: is_in_next_n_seconds,
    },
    Builtin {
        name: "DateTime.IsInNextSecond",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a moment lies in the next second.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-isinnextsecond",
        examples: &[("DateTime.IsInNextSecond(DateTime.FixedLocalNow() + #duration(0, 0, 0, 1))", "true")],
        run: is_in_next_second,
    },
    Builtin {
        name: "DateTime.IsInPreviousHour",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a moment lies in the previous hour.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-isinprevioushour",
        examples: &[("DateTime.IsInPreviousHour(DateTime.FixedLocalNow() - #duration(0, 1, 0, 0))", "true")],
        run: is_in_previous_hour,
    },
    Builtin {
        name: "DateTime.IsInPreviousMinute",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a moment lies in the previous minute.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-isinpreviousminute",
        examples: &[("DateTime.IsInPreviousMinute(DateTime.FixedLocalNow() - #duration(0, 0, 1, 0))", "true")],
        run: is_in_previous_minute,
    },
    Builtin {
        name: "DateTime.IsInPreviousNHours",
        params: &[arg("dateTime", ANY), arg("hours", NUMBER)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a moment lies in the previous hours, this one left out.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-isinpreviousnhours",
        examples: &[("DateTime.IsInPreviousNHours(DateTime.FixedLocalNow() - #duration(0, 2, 0, 0), 2)", "true")],
        run: is_in_previous_n_hours,
    },
    Builtin {
        name: "DateTime.IsInPreviousNMinutes",
        params: &[arg("dateTime", ANY), arg("minutes", NUMBER)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a moment lies in the previous minutes, this one left out.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-isinpreviousnminutes",
        examples: &[("DateTime.IsInPreviousNMinutes(DateTime.FixedLocalNow() - #duration(0, 0, 2, 0), 2)", "true")],
        run: is_in_previous_n_minutes,
    },
    Builtin {
        name: "DateTime.IsInPreviousNSeconds",
        params: &[arg("dateTime", ANY), arg("seconds", NUMBER)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a moment lies in the previous seconds, this one left out.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-isinpreviousnseconds",
        examples: &[("DateTime.IsInPreviousNSeconds(DateTime.FixedLocalNow() - #duration(0, 0, 0, 2), 2)", "true")],
        run: is_in_previous_n_seconds,
    },
    Builtin {
        name: "DateTime.IsInPreviousSecond",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_LOGICAL,
        about: "Whether a moment lies in the previous second.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-isinprevioussecond",
        examples: &[("DateTime.IsInPreviousSecond(DateTime.FixedLocalNow() - #duration(0, 0, 0, 1))", "true")],
        run: is_in_previous_second,
    },
    Builtin {
        name: "DateTime.LocalNow",
        params: &[],
        returns: DATETIME,
        about: "Now in local time.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-localnow",
        examples: &[("DateTime.LocalNow() > #datetime(1969, 1, 1, 0, 0, 0)", "true")],
        run: local_now,
    },
    Builtin {
        name: "DateTime.Time",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_TIME,
        about: "The time part.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-time",
        examples: &[("DateTime.Time(#datetime(2024, 1, 31, 5, 6, 7))", "#time(5, 6, 7)")],
        run: time_part,
    },
    Builtin {
        name: "DateTime.ToRecord",
        params: &[arg("dateTime", DATETIME)],
        returns: RECORD,
        about: "The parts of a date and time.",
        source: "https://learn.microsoft.com/powerquery-m/datetime-torecord",
        examples: &[(
            "DateTime.ToRecord(#datetime(2024, 1, 31, 5, 6, 7))",
            "[Year = 2024, Month = 1, Day = 31, Hour = 5, Minute = 6, Second = 7]",
        )],
        run: datetime_to_record,
    },
    Builtin {
        name: "DateTimeZone.FixedLocalNow",
        params: &[],
        returns: DATETIMEZONE,
        about: "Now in the local zone, the same throughout an evaluation.",
        source: "https://learn.microsoft.com/powerquery-m/datetimezone-fixedlocalnow",
        examples: &[("DateTimeZone.FixedLocalNow() = DateTimeZone.FixedLocalNow()", "true")],
        run: fixed_local_now_zone,
    },
    Builtin {
        name: "DateTimeZone.FixedUtcNow",
        params: &[],
        returns: DATETIMEZONE,
        about: "Now in UTC, the same throughout an evaluation.",
        source: "https://learn.microsoft.com/powerquery-m/datetimezone-fixedutcnow",
        examples: &[("DateTimeZone.ZoneHours(DateTimeZone.FixedUtcNow())", "0")],
        run: fixed_utc_now,
    },
    Builtin {
        name: "DateTimeZone.FromFileTime",
        params: &[arg("fileTime", NULLABLE_NUMBER)],
        returns: NULLABLE_DATETIMEZONE,
        about: "The moment of a Windows file time (100 ns since 1601), in the local zone.",
        source: "https://learn.microsoft.com/powerquery-m/datetimezone-fromfiletime",
        examples: &[("DateTimeZone.FromFileTime(133511328000000000)", "#datetimezone(2024, 1, 31, 0, 0, 0, 0, 0)")],
        run: datetimezone_from_file_time,
    },
    Builtin {
        name: "DateTimeZone.LocalNow",
        params: &[],
        returns: DATETIMEZONE,
        about: "Now in the local zone.",
        source: "https://learn.microsoft.com/powerquery-m/datetimezone-localnow",
        examples: &[("DateTimeZone.LocalNow() > #datetimezone(1969, 1, 1, 0, 0, 0, 0, 0)", "true")],
        run: local_now_zone,
    },
    Builtin {
        name: "DateTimeZone.RemoveZone",
        params: &[arg("dateTimeZone", NULLABLE_DATETIMEZONE)],
        returns: NULLABLE_DATETIME,
        about: "The date and time without their zone.",
        source: "https://learn.microsoft.com/powerquery-m/datetimezone-removezone",
        examples: &[("DateTimeZone.RemoveZone(#datetimezone(2024, 1, 31, 5, 0, 0, 13, 0))", "#datetime(2024, 1, 31, 5, 0, 0)")],
        run: remove_zone,
    },
    Builtin {
        name: "DateTimeZone.SwitchZone",
        params: &[arg("dateTimeZone", NULLABLE_DATETIMEZONE), arg("timezoneHours", NUMBER), opt("timezoneMinutes", NUMBER)],
        returns: NULLABLE_DATETIMEZONE,
        about: "The same moment in another zone.",
        source: "https://learn.microsoft.com/powerquery-m/datetimezone-switchzone",
        examples: &[(
            "DateTimeZone.SwitchZone(#datetimezone(2024, 1, 31, 5, 0, 0, 0, 0), 13)",
            "#datetimezone(2024, 1, 31, 18, 0, 0, 13, 0)",
        )],
        run: switch_zone,
    },
    Builtin {
        name: "DateTimeZone.ToLocal",
        params: &[arg("dateTimeZone", NULLABLE_DATETIMEZONE)],
        returns: NULLABLE_DATETIMEZONE,
        about: "The same moment in the local zone.",
        source: "https://learn.microsoft.com/powerquery-m/datetimezone-tolocal",
        examples: &[(
            "DateTimeZone.ToLocal(#datetimezone(2024, 1, 31, 5, 0, 0, 1, 0)) = #datetimezone(2024, 1, 31, 4, 0, 0, 0, 0)",
            "true",
        )],
        run: to_local,
    },
    Builtin {
        name: "DateTimeZone.ToRecord",
        params: &[arg("dateTimeZone", DATETIMEZONE)],
        returns: RECORD,
        about: "The parts of a date, time and zone.",
        source: "https://learn.microsoft.com/powerquery-m/datetimezone-torecord",
        examples: &[("DateTimeZone.ToRecord(#datetimezone(2024, 1, 31, 5, 6, 7, 13, 30))[ZoneMinutes]", "30")],
        run: datetimezone_to_record,
    },
    Builtin {
        name: "DateTimeZone.ToUtc",
        params: &[arg("dateTimeZone", NULLABLE_DATETIMEZONE)],
        returns: NULLABLE_DATETIMEZONE,
        about: "The same moment in UTC.",
        source: "https://learn.microsoft.com/powerquery-m/datetimezone-toutc",
        examples: &[("DateTimeZone.ToUtc(#datetimezone(2024, 1, 31, 5, 0, 0, 1, 0))", "#datetimezone(2024, 1, 31, 4, 0, 0, 0, 0)")],
        run: to_utc,
    },
    Builtin {
        name: "DateTimeZone.UtcNow",
        params: &[],
        returns: DATETIMEZONE,
        about: "Now in UTC.",
        source: "https://learn.microsoft.com/powerquery-m/datetimezone-utcnow",
        examples: &[("DateTimeZone.ZoneHours(DateTimeZone.UtcNow())", "0")],
        run: utc_now,
    },
    Builtin {
        name: "DateTimeZone.ZoneHours",
        params: &[arg("dateTimeZone", NULLABLE_DATETIMEZONE)],
        returns: NULLABLE_NUMBER,
        about: "The hours of the zone.",
        source: "https://learn.microsoft.com/powerquery-m/datetimezone-zonehours",
        examples: &[("DateTimeZone.ZoneHours(#datetimezone(2024, 1, 31, 5, 0, 0, -9, -30))", "-9")],
        run: zone_hours,
    },
    Builtin {
        name: "DateTimeZone.ZoneMinutes",
        params: &[arg("dateTimeZone", NULLABLE_DATETIMEZONE)],
        returns: NULLABLE_NUMBER,
        about: "The minutes of the zone beside its hours.",
        source: "https://learn.microsoft.com/powerquery-m/datetimezone-zoneminutes",
        examples: &[("DateTimeZone.ZoneMinutes(#datetimezone(2024, 1, 31, 5, 0, 0, -9, -30))", "-30")],
        run: zone_minutes,
    },
    Builtin {
        name: "Duration.Days",
        params: &[arg("duration", NULLABLE_DURATION)],
        returns: NULLABLE_NUMBER,
        about: "The days of a duration.",
        source: "https://learn.microsoft.com/powerquery-m/duration-days",
        examples: &[("Duration.Days(#duration(5, 4, 3, 2))", "5")],
        run: duration_days,
    },
    Builtin {
        name: "Duration.Hours",
        params: &[arg("duration", NULLABLE_DURATION)],
        returns: NULLABLE_NUMBER,
        about: "The hours of a duration beside its days.",
        source: "https://learn.microsoft.com/powerquery-m/duration-hours",
        examples: &[("Duration.Hours(#duration(5, 4, 3, 2))", "4")],
        run: duration_hours,
    },
    Builtin {
        name: "Duration.Minutes",
        params: &[arg("duration", NULLABLE_DURATION)],
        returns: NULLABLE_NUMBER,
        about: "The minutes of a duration beside its hours.",
        source: "https://learn.microsoft.com/powerquery-m/duration-minutes",
        examples: &[("Duration.Minutes(#duration(5, 4, 3, 2))", "3")],
        run: duration_minutes,
    },
    Builtin {
        name: "Duration.Seconds",
        params: &[arg("duration", NULLABLE_DURATION)],
        returns: NULLABLE_NUMBER,
        about: "The seconds of a duration beside its minutes.",
        source: "https://learn.microsoft.com/powerquery-m/duration-seconds",
        examples: &[("Duration.Seconds(#duration(5, 4, 3, 2.5))", "2.5")],
        run: duration_seconds,
    },
    Builtin {
        name: "Duration.ToRecord",
        params: &[arg("duration", DURATION)],
        returns: RECORD,
        about: "The parts of a duration.",
        source: "https://learn.microsoft.com/powerquery-m/duration-torecord",
        examples: &[("Duration.ToRecord(#duration(2, 5, 55, 20))", "[Days = 2, Hours = 5, Minutes = 55, Seconds = 20]")],
        run: duration_to_record,
    },
    Builtin {
        name: "Duration.TotalDays",
        params: &[arg("duration", NULLABLE_DURATION)],
        returns: NULLABLE_NUMBER,
        about: "The duration in days.",
        source: "https://learn.microsoft.com/powerquery-m/duration-totaldays",
        examples: &[("Duration.TotalDays(#duration(1, 12, 0, 0))", "1.5")],
        run: total_days,
    },
    Builtin {
        name: "Duration.TotalHours",
        params: &[arg("duration", NULLABLE_DURATION)],
        returns: NULLABLE_NUMBER,
        about: "The duration in hours.",
        source: "https://learn.microsoft.com/powerquery-m/duration-totalhours",
        examples: &[("Duration.TotalHours(#duration(1, 12, 0, 0))", "36")],
        run: total_hours,
    },
    Builtin {
        name: "Duration.TotalMinutes",
        params: &[arg("duration", NULLABLE_DURATION)],
        returns: NULLABLE_NUMBER,
        about: "The duration in minutes.",
        source: "https://learn.microsoft.com/powerquery-m/duration-totalminutes",
        examples: &[("Duration.TotalMinutes(#duration(0, 1, 30, 0))", "90")],
        run: total_minutes,
    },
    Builtin {
        name: "Duration.TotalSeconds",
        params: &[arg("duration", NULLABLE_DURATION)],
        returns: NULLABLE_NUMBER,
        about: "The duration in seconds.",
        source: "https://learn.microsoft.com/powerquery-m/duration-totalseconds",
        examples: &[("Duration.TotalSeconds(#duration(0, 0, 1, 30))", "90")],
        run: total_seconds,
    },
    Builtin {
        name: "Time.EndOfHour",
        params: &[arg("dateTime", ANY)],
        returns: ANY,
        about: "The last moment of the hour.",
        source: "https://learn.microsoft.com/powerquery-m/time-endofhour",
        examples: &[("Time.EndOfHour(#time(5, 6, 7))", "#time(5, 59, 59.9999999)")],
        run: end_of_hour,
    },
    Builtin {
        name: "Time.Hour",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_NUMBER,
        about: "The hour.",
        source: "https://learn.microsoft.com/powerquery-m/time-hour",
        examples: &[("Time.Hour(#time(5, 6, 7))", "5")],
        run: hour,
    },
    Builtin {
        name: "Time.Minute",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_NUMBER,
        about: "The minute.",
        source: "https://learn.microsoft.com/powerquery-m/time-minute",
        examples: &[("Time.Minute(#time(5, 6, 7))", "6")],
        run: minute,
    },
    Builtin {
        name: "Time.Second",
        params: &[arg("dateTime", ANY)],
        returns: NULLABLE_NUMBER,
        about: "The second with its fraction.",
        source: "https://learn.microsoft.com/powerquery-m/time-second",
        examples: &[("Time.Second(#time(5, 6, 7.5))", "7.5")],
        run: second,
    },
    Builtin {
        name: "Time.StartOfHour",
        params: &[arg("dateTime", ANY)],
        returns: ANY,
        about: "The first moment of the hour.",
        source: "https://learn.microsoft.com/powerquery-m/time-startofhour",
        examples: &[("Time.StartOfHour(#time(5, 6, 7))", "#time(5, 0, 0)")],
        run: start_of_hour,
    },
    Builtin {
        name: "Time.ToRecord",
        params: &[arg("time", TIME)],
        returns: RECORD,
        about: "Hour, minute and second.",
        source: "https://learn.microsoft.com/powerquery-m/time-torecord",
        examples: &[("Time.ToRecord(#time(5, 6, 7))", "[Hour = 5, Minute = 6, Second = 7]")],
        run: time_to_record,
    },
];

/// Local ticks of a value that has a date; `None` for null.
fn ticks(value: &Value) -> Result<Option<i64>> {
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::Date(day) => i64::from(*day) * TICKS_PER_DAY,
        Value::DateTime(ticks) => *ticks,
        Value::DateTimeZone { local, .. } => *local,
        other => return Err(Error::cannot_convert(other, "Date")),
    }))
}

/// The day of a value that has a date; `None` for null.
fn date(value: &Value) -> Result<Option<Date>> {
    Ok(ticks(value)?.map(|ticks| to_date(ticks.div_euclid(TICKS_PER_DAY))))
}

fn to_date(day: i64) -> Date {
    Date(day as i32 - day_zero())
}

/// Days from 0001-01-01 to the zero of [`Date`].
fn day_zero() -> i32 {
    693_593
}

fn out_of_calendar() -> Error {
    Error::expression("The Date operation failed because the resulting value falls outside the range of allowed values.")
}

/// The same kind of value at other ticks.
fn at(like: &Value, ticks: i64) -> Result<Value> {
    if !(0..=3_155_378_975_999_999_999).contains(&ticks) {
        return Err(out_of_calendar());
    }
    Ok(match like {
        Value::Date(_) => Value::Date(ticks.div_euclid(TICKS_PER_DAY) as i32),
        Value::DateTimeZone { offset, .. } => Value::DateTimeZone { local: ticks, offset: *offset },
        _ => Value::DateTime(ticks),
    })
}

/// The same kind of value on another day at the same time.
fn on(like: &Value, old: i64, day: Date) -> Result<Value> {
    at(like, (i64::from(day.0) + i64::from(day_zero())) * TICKS_PER_DAY + old.rem_euclid(TICKS_PER_DAY))
}

fn start(like: &Value, day: Date) -> Result<Value> {
    on(like, 0, day)
}

fn end(like: &Value, day: Date) -> Result<Value> {
    on(like, TICKS_PER_DAY - 1, day)
}

fn number_of_date(args: &[Value], f: impl Fn(Date) -> i64) -> Result<Value> {
    Ok(date(&args[0])?.map_or(Value::Null, |d| Value::Int(f(d))))
}

fn day(_: &mut Interp, args: &[Value]) -> Result<Value> {
    number_of_date(args, |d| i64::from(d.day()))
}

fn month(_: &mut Interp, args: &[Value]) -> Result<Value> {
    number_of_date(args, |d| i64::from(d.month()))
}

fn year(_: &mut Interp, args: &[Value]) -> Result<Value> {
    number_of_date(args, |d| i64::from(d.year()))
}

fn quarter_of_year(_: &mut Interp, args: &[Value]) -> Result<Value> {
    number_of_date(args, |d| i64::from(d.month().div_ceil(3)))
}

fn start_of_year_of(d: Date) -> Date {
    Date::from_ymd(d.year(), 1, 1).unwrap_or(d)
}

fn day_of_year(_: &mut Interp, args: &[Value]) -> Result<Value> {
    number_of_date(args, |d| i64::from(d.0 - start_of_year_of(d).0 + 1))
}

fn days_in_month(_: &mut Interp, args: &[Value]) -> Result<Value> {
    number_of_date(args, |d| i64::from(d.end_of_month().day()))
}

fn is_leap_year(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(date(&args[0])?.map_or(Value::Null, |d| {
        let y = d.year();
        Value::Logical(y % 4 == 0 && (y % 100 != 0 || y % 400 == 0))
    }))
}

/// The first day of the week that an argument names; the culture's for null.
fn first_day(cx: &Interp, value: &Value) -> Result<u32> {
    let default = i64::from(default_culture(cx).first_day_of_week);
    Ok(choice(value, default, 0..=6, "firstDayOfWeek")? as u32)
}

/// Days since the first day of the week.
fn weekday(d: Date, first: u32) -> i32 {
    ((d.weekday() + 7 - first) % 7) as i32
}

fn day_of_week(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let first = first_day(cx, &args[1])?;
    number_of_date(args, |d| i64::from(weekday(d, first)))
}

fn day_of_week_name(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let culture = culture(cx, &args[1])?;
    Ok(date(&args[0])?.map_or(Value::Null, |d| Value::text(culture.days[d.weekday() as usize])))
}

fn month_name(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let culture = culture(cx, &args[1])?;
    Ok(date(&args[0])?.map_or(Value::Null, |d| Value::text(culture.months[d.month() as usize - 1])))
}

fn week_of_year(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let first = first_day(cx, &args[1])?;
    number_of_date(args, |d| {
        let january = start_of_year_of(d);
        i64::from((d.0 - january.0 + weekday(january, first)) / 7 + 1)
    })
}

fn week_of_month(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let first = first_day(cx, &args[1])?;
    number_of_date(args, |d| {
        let begin = d.start_of_month();
        i64::from((d.0 - begin.0 + weekday(begin, first)) / 7 + 1)
    })
}

/// Days, weeks … as a whole number.
fn amount(value: &Value, name: &str) -> Result<i64> {
    let n = value.as_f64().unwrap_or(f64::NAN);
    if n.is_finite() && n.abs() < 1e9 { Ok(n.trunc() as i64) } else { Err(out_of_range(name, value)) }
}

fn add_days(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(old) = ticks(&args[0])? else { return Ok(Value::Null) };
    at(&args[0], old + amount(&args[1], "numberOfDays")?.saturating_mul(TICKS_PER_DAY).clamp(-(i64::MAX / 4), i64::MAX / 4))
}

fn add_weeks(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(old) = ticks(&args[0])? else { return Ok(Value::Null) };
    let days = amount(&args[1], "numberOfWeeks")?.saturating_mul(7);
    at(&args[0], old + days.saturating_mul(TICKS_PER_DAY).clamp(-(i64::MAX / 4), i64::MAX / 4))
}

fn plus_months(args: &[Value], months: i64) -> Result<Value> {
    let Some(old) = ticks(&args[0])? else { return Ok(Value::Null) };
    let d = to_date(old.div_euclid(TICKS_PER_DAY));
    let index = i64::from(d.year()) * 12 + i64::from(d.month()) - 1 + months;
    if !(12..120_000).contains(&index) {
        return Err(out_of_calendar());
    }
    on(&args[0], old, d.add_months(months as i32))
}

fn add_months(_: &mut Interp, args: &[Value]) -> Result<Value> {
    plus_months(args, amount(&args[1], "numberOfMonths")?)
}

fn add_quarters(_: &mut Interp, args: &[Value]) -> Result<Value> {
    plus_months(args, amount(&args[1], "numberOfQuarters")? * 3)
}

fn add_years(_: &mut Interp, args: &[Value]) -> Result<Value> {
    plus_months(args, amount(&args[1], "numberOfYears")? * 12)
}

/// First and last day of the period around a day.
fn month_of(d: Date) -> (Date, Date) {
    (d.start_of_month(), d.end_of_month())
}

fn quarter_of(d: Date) -> (Date, Date) {
    let first = d.start_of_month().add_months(-((d.month() as i32 - 1) % 3));
    (first, first.add_months(2).end_of_month())
}

fn year_of(d: Date) -> (Date, Date) {
    let first = start_of_year_of(d);
    (first, first.add_months(11).end_of_month())
}

fn week_of(d: Date, first: u32) -> (Date, Date) {
    let begin = d.add_days(-weekday(d, first));
    (begin, begin.add_days(6))
}

fn start_of(args: &[Value], period: impl Fn(Date) -> (Date, Date)) -> Result<Value> {
    date(&args[0])?.map_or(Ok(Value::Null), |d| start(&args[0], period(d).0))
}

fn end_of(args: &[Value], period: impl Fn(Date) -> (Date, Date)) -> Result<Value> {
    date(&args[0])?.map_or(Ok(Value::Null), |d| end(&args[0], period(d).1))
}

fn start_of_day(_: &mut Interp, args: &[Value]) -> Result<Value> {
    start_of(args, |d| (d, d))
}

fn end_of_day(_: &mut Interp, args: &[Value]) -> Result<Value> {
    end_of(args, |d| (d, d))
}

fn start_of_month(_: &mut Interp, args: &[Value]) -> Result<Value> {
    start_of(args, month_of)
}

fn end_of_month(_: &mut Interp, args: &[Value]) -> Result<Value> {
    end_of(args, month_of)
}

fn start_of_quarter(_: &mut Interp, args: &[Value]) -> Result<Value> {
    start_of(args, quarter_of)
}

fn end_of_quarter(_: &mut Interp, args: &[Value]) -> Result<Value> {
    end_of(args, quarter_of)
}

fn start_of_year(_: &mut Interp, args: &[Value]) -> Result<Value> {
    start_of(args, year_of)
}

fn end_of_year(_: &mut Interp, args: &[Value]) -> Result<Value> {
    end_of(args, year_of)
}

fn start_of_week(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let first = first_day(cx, &args[1])?;
    start_of(args, |d| week_of(d, first))
}

fn end_of_week(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let first = first_day(cx, &args[1])?;
    end_of(args, |d| week_of(d, first))
}

/// Periods that dates are counted in.
#[derive(Clone, Copy)]
enum Period {
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Hour,
    Minute,
    Second,
}

/// The number of the period that ticks lie in.
fn period_index(cx: &Interp, period: Period, ticks: i64) -> i64 {
    let day = ticks.div_euclid(TICKS_PER_DAY);
    let (y, m, _) = civil_from_day(day as i32);
    match period {
        Period::Day => day,
        Period::Week => {
            let d = to_date(day);
            let (begin, _) = week_of(d, u32::from(default_culture(cx).first_day_of_week));
            i64::from(begin.0).div_euclid(7)
        }
        Period::Month => i64::from(y) * 12 + i64::from(m),
        Period::Quarter => i64::from(y) * 4 + i64::from(m.div_ceil(3)),
        Period::Year => i64::from(y),
        Period::Hour => ticks.div_euclid(TICKS_PER_HOUR),
        Period::Minute => ticks.div_euclid(TICKS_PER_MINUTE),
        Period::Second => ticks.div_euclid(TICKS_PER_SECOND),
    }
}

/// Now in local ticks, the same throughout an evaluation.
fn now(cx: &mut Interp) -> i64 {
    cx.fixed_now_utc() + i64::from(cx.local_offset()) * TICKS_PER_MINUTE
}

/// How many periods a value lies ahead of now; `None` for null.
fn ahead(cx: &mut Interp, value: &Value, period: Period) -> Result<Option<i64>> {
    let local = match value {
        Value::DateTimeZone { local, offset } => Some(local + (i64::from(cx.local_offset()) - i64::from(*offset)) * TICKS_PER_MINUTE),
        other => ticks(other)?,
    };
    let now = now(cx);
    Ok(local.map(|ticks| period_index(cx, period, ticks) - period_index(cx, period, now)))
}

fn is_ahead(cx: &mut Interp, args: &[Value], period: Period, from: i64, to: i64) -> Result<Value> {
    Ok(ahead(cx, &args[0], period)?.map_or(Value::Null, |n| Value::Logical((from..=to).contains(&n))))
}

macro_rules! relative {
    ($($current:ident $next:ident $previous:ident $next_n:ident $previous_n:ident $period:ident $name:literal;)*) => {
        $(
            fn $current(cx: &mut Interp, args: &[Value]) -> Result<Value> {
                is_ahead(cx, args, Period::$period, 0, 0)
            }
            fn $next(cx: &mut Interp, args: &[Value]) -> Result<Value> {
                is_ahead(cx, args, Period::$period, 1, 1)
            }
            fn $previous(cx: &mut Interp, args: &[Value]) -> Result<Value> {
                is_ahead(cx, args, Period::$period, -1, -1)
            }
            fn $next_n(cx: &mut Interp, args: &[Value]) -> Result<Value> {
                is_ahead(cx, args, Period::$period, 1, amount(&args[1], $name)?)
            }
            fn $previous_n(cx: &mut Interp, args: &[Value]) -> Result<Value> {
                is_ahead(cx, args, Period::$period, -amount(&args[1], $name)?, -1)
            }
        )*
    };
}

relative! {
    is_in_current_day is_in_next_day is_in_previous_day is_in_next_n_days is_in_previous_n_days Day "days";
    is_in_current_week is_in_next_week is_in_previous_week is_in_next_n_weeks is_in_previous_n_weeks Week "weeks";
    is_in_current_month is_in_next_month is_in_previous_month is_in_next_n_months is_in_previous_n_months Month "months";
    is_in_current_quarter is_in_next_quarter is_in_previous_quarter is_in_next_n_quarters is_in_previous_n_quarters Quarter "quarters";
    is_in_current_year is_in_next_year is_in_previous_year is_in_next_n_years is_in_previous_n_years Year "years";
    is_in_current_hour is_in_next_hour is_in_previous_hour is_in_next_n_hours is_in_previous_n_hours Hour "hours";
    is_in_current_minute is_in_next_minute is_in_previous_minute is_in_next_n_minutes is_in_previous_n_minutes Minute "minutes";
    is_in_current_second is_in_next_second is_in_previous_second is_in_next_n_seconds is_in_previous_n_seconds Second "seconds";
}

fn is_in_year_to_date(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let (Some(years), Some(days)) = (ahead(cx, &args[0], Period::Year)?, ahead(cx, &args[0], Period::Day)?) else { return Ok(Value::Null) };
    Ok(Value::Logical(years == 0 && days <= 0))
}

fn parts(mut fields: Vec<(&'static str, Value)>, time: Option<i64>) -> Value {
    if let Some(time) = time {
        fields.push(("Hour", Value::Int(time / TICKS_PER_HOUR)));
        fields.push(("Minute", Value::Int(time / TICKS_PER_MINUTE % 60)));
        fields.push(("Second", seconds_of(time)));
    }
    Value::Record(Record::new(fields))
}

fn seconds_of(ticks: i64) -> Value {
    double_value((ticks % TICKS_PER_MINUTE) as f64 / TICKS_PER_SECOND as f64)
}

fn date_fields(ticks: i64) -> Vec<(&'static str, Value)> {
    let (y, m, d) = civil_from_day(ticks.div_euclid(TICKS_PER_DAY) as i32);
    vec![("Year", Value::Int(i64::from(y))), ("Month", Value::Int(i64::from(m))), ("Day", Value::Int(i64::from(d)))]
}

fn date_to_record(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(ticks(&args[0])?.map_or(Value::Null, |t| parts(date_fields(t), None)))
}

fn datetime_to_record(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(ticks(&args[0])?.map_or(Value::Null, |t| parts(date_fields(t), Some(t.rem_euclid(TICKS_PER_DAY)))))
}

fn datetimezone_to_record(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::Record(record) = datetime_to_record(cx, args)? else { return Ok(Value::Null) };
    let zone = Record::new(vec![("ZoneHours", zone_hours(cx, args)?), ("ZoneMinutes", zone_minutes(cx, args)?)]);
    Ok(Value::Record(record.merge(&zone)))
}

fn time_to_record(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(clock(&args[0])?.map_or(Value::Null, |t| parts(Vec::new(), Some(t))))
}

fn date_part(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(ticks(&args[0])?.map_or(Value::Null, |t| Value::Date(t.div_euclid(TICKS_PER_DAY) as i32)))
}

fn time_part(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(clock(&args[0])?.map_or(Value::Null, Value::Time))
}

/// Ticks since midnight of a value that has a time; `None` for null.
fn clock(value: &Value) -> Result<Option<i64>> {
    match value {
        Value::Time(ticks) => Ok(Some(*ticks)),
        Value::Null => Ok(None),
        Value::DateTime(_) | Value::DateTimeZone { .. } => Ok(ticks(value)?.map(|t| t.rem_euclid(TICKS_PER_DAY))),
        other => Err(Error::cannot_convert(other, "Time")),
    }
}

fn hour(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(clock(&args[0])?.map_or(Value::Null, |t| Value::Int(t / TICKS_PER_HOUR)))
}

fn minute(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(clock(&args[0])?.map_or(Value::Null, |t| Value::Int(t / TICKS_PER_MINUTE % 60)))
}

fn second(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(clock(&args[0])?.map_or(Value::Null, seconds_of))
}

fn within_hour(value: &Value, offset: i64) -> Result<Value> {
    Ok(match value {
        Value::Time(t) => Value::Time(t / TICKS_PER_HOUR * TICKS_PER_HOUR + offset),
        Value::Null => Value::Null,
        Value::DateTime(_) | Value::DateTimeZone { .. } => {
            let t = ticks(value)?.unwrap_or(0);
            return at(value, t.div_euclid(TICKS_PER_HOUR) * TICKS_PER_HOUR + offset);
        }
        other => return Err(Error::cannot_convert(other, "Time")),
    })
}

fn start_of_hour(_: &mut Interp, args: &[Value]) -> Result<Value> {
    within_hour(&args[0], 0)
}

fn end_of_hour(_: &mut Interp, args: &[Value]) -> Result<Value> {
    within_hour(&args[0], TICKS_PER_HOUR - 1)
}

fn fixed_local_now(cx: &mut Interp, _: &[Value]) -> Result<Value> {
    Ok(Value::DateTime(now(cx)))
}

fn local_now(cx: &mut Interp, _: &[Value]) -> Result<Value> {
    Ok(Value::DateTime(cx.now_utc() + i64::from(cx.local_offset()) * TICKS_PER_MINUTE))
}

fn fixed_local_now_zone(cx: &mut Interp, _: &[Value]) -> Result<Value> {
    Ok(Value::DateTimeZone { local: now(cx), offset: cx.local_offset() })
}

fn local_now_zone(cx: &mut Interp, _: &[Value]) -> Result<Value> {
    let offset = cx.local_offset();
    Ok(Value::DateTimeZone { local: cx.now_utc() + i64::from(offset) * TICKS_PER_MINUTE, offset })
}

fn fixed_utc_now(cx: &mut Interp, _: &[Value]) -> Result<Value> {
    Ok(Value::DateTimeZone { local: cx.fixed_now_utc(), offset: 0 })
}

fn utc_now(cx: &mut Interp, _: &[Value]) -> Result<Value> {
    Ok(Value::DateTimeZone { local: cx.now_utc(), offset: 0 })
}

/// Local ticks of a Windows file time.
fn file_time(cx: &Interp, value: &Value) -> Result<Option<i64>> {
    if value.is_null() {
        return Ok(None);
    }
    let start = day_from_civil(1601, 1, 1).map_or(0, i64::from) * TICKS_PER_DAY;
    let n = value.as_i64().filter(|n| (0..=2_650_467_743_999_999_999).contains(n)).ok_or_else(|| out_of_range("fileTime", value))?;
    Ok(Some(start + n + i64::from(cx.local_offset()) * TICKS_PER_MINUTE))
}

fn datetime_from_file_time(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(file_time(cx, &args[0])?.map_or(Value::Null, Value::DateTime))
}

fn datetimezone_from_file_time(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let offset = cx.local_offset();
    Ok(file_time(cx, &args[0])?.map_or(Value::Null, |local| Value::DateTimeZone { local, offset }))
}

/// Minutes of a zone given in hours and minutes.
fn zone(hours: &Value, minutes: &Value) -> Result<i16> {
    let h = hours.as_i64().ok_or_else(|| out_of_range("timezoneHours", hours))?;
    let m = if minutes.is_null() { 0 } else { minutes.as_i64().ok_or_else(|| out_of_range("timezoneMinutes", minutes))? };
    // Minutes count in the direction of the hours unless they have a sign of their own.
    let total = h.saturating_mul(60).saturating_add(m);
    if total.abs() > 14 * 60 {
        return Err(Error::expression(
            "The DateTimeZone operation failed because the resulting value falls outside the range of allowed values.",
        ));
    }
    Ok(total as i16)
}

fn add_zone(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::DateTime(local) = args[0] else { return Ok(Value::Null) };
    Ok(Value::DateTimeZone { local, offset: zone(&args[1], &args[2])? })
}

fn moved(value: &Value, to: i16) -> Result<Value> {
    match value {
        Value::DateTimeZone { local, offset } => {
            let local = local + (i64::from(to) - i64::from(*offset)) * TICKS_PER_MINUTE;
            at(&Value::DateTimeZone { local, offset: to }, local)
        }
        _ => Ok(Value::Null),
    }
}

fn switch_zone(_: &mut Interp, args: &[Value]) -> Result<Value> {
    moved(&args[0], zone(&args[1], &args[2])?)
}

fn to_utc(_: &mut Interp, args: &[Value]) -> Result<Value> {
    moved(&args[0], 0)
}

fn to_local(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    moved(&args[0], cx.local_offset())
}

fn remove_zone(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(match args[0] {
        Value::DateTimeZone { local, .. } => Value::DateTime(local),
        _ => Value::Null,
    })
}

fn zone_hours(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(match args[0] {
        Value::DateTimeZone { offset, .. } => Value::Int(i64::from(offset / 60)),
        _ => Value::Null,
    })
}

fn zone_minutes(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(match args[0] {
        Value::DateTimeZone { offset, .. } => Value::Int(i64::from(offset % 60)),
        _ => Value::Null,
    })
}

fn of_duration(args: &[Value], f: impl Fn(i64) -> Value) -> Result<Value> {
    Ok(match args[0] {
        Value::Duration(ticks) => f(ticks),
        _ => Value::Null,
    })
}

fn duration_days(_: &mut Interp, args: &[Value]) -> Result<Value> {
    of_duration(args, |t| Value::Int(t / TICKS_PER_DAY))
}

fn duration_hours(_: &mut Interp, args: &[Value]) -> Result<Value> {
    of_duration(args, |t| Value::Int(t / TICKS_PER_HOUR % 24))
}

fn duration_minutes(_: &mut Interp, args: &[Value]) -> Result<Value> {
    of_duration(args, |t| Value::Int(t / TICKS_PER_MINUTE % 60))
}

fn duration_seconds(_: &mut Interp, args: &[Value]) -> Result<Value> {
    of_duration(args, seconds_of)
}

fn total_days(_: &mut Interp, args: &[Value]) -> Result<Value> {
    of_duration(args, |t| double_value(t as f64 / TICKS_PER_DAY as f64))
}

fn total_hours(_: &mut Interp, args: &[Value]) -> Result<Value> {
    of_duration(args, |t| double_value(t as f64 / TICKS_PER_HOUR as f64))
}

fn total_minutes(_: &mut Interp, args: &[Value]) -> Result<Value> {
    of_duration(args, |t| double_value(t as f64 / TICKS_PER_MINUTE as f64))
}

fn total_seconds(_: &mut Interp, args: &[Value]) -> Result<Value> {
    of_duration(args, |t| double_value(t as f64 / TICKS_PER_SECOND as f64))
}

fn duration_to_record(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(Value::Record(Record::new(vec![
        ("Days", duration_days(cx, args)?),
        ("Hours", duration_hours(cx, args)?),
        ("Minutes", duration_minutes(cx, args)?),
        ("Seconds", duration_seconds(cx, args)?),
    ])))
}
