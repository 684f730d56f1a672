//! Which questions make up an endpoint.

use jiff::civil::Date;

use crate::xero::endpoint::{Endpoint, Since};

/// One question: an optional `where`, or a moment since when records changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Number, stable within a run.
    pub number: u32,
    /// `where` filter.
    pub filter: Option<String>,
    /// `If-Modified-Since`.
    pub modified_since: Option<String>,
}

/// Slice numbers below are years; these stand for other questions.
const OPEN: u32 = 900_000;
/// Slice number of the catch-up pass.
pub const CATCH_UP: u32 = 990_000;

/// Xero's form of a moment for `If-Modified-Since`: UTC to the second, with `Z`.
pub fn http_moment(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms - ms.rem_euclid(1_000)).map(|t| t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default()
}

fn date_time(day: Date) -> String {
    format!("DateTime({},{:02},{:02})", day.year(), day.month(), day.day())
}

/// What a question can be split into when Xero finds it too broad: a name for the progress file.
pub fn split(endpoint: &Endpoint, slice: &Slice) -> Option<String> {
    let can = endpoint.paged && endpoint.since != Since::Never && slice.modified_since.is_none();
    match slice.number {
        0 if can => Some(endpoint.name.to_owned()),
        year @ 1_000..10_000 if can => Some(format!("{}/{year}", endpoint.name)),
        _ => None,
    }
}

/// The questions of a full load. Unsliced it is one, plus one for older open documents when there is a start date; sliced by year it is one for everything
/// before `first_year` (or the open ones of it), one per year, and one for what lies ahead. A year that is itself too much is sliced by month.
///
/// `is_split` says which names of [`split`] have been split.
pub fn full(endpoint: &Endpoint, since: Option<Date>, is_split: impl Fn(&str) -> bool, this_year: i16) -> Vec<Slice> {
    let sliced = is_split(endpoint.name);
    let since = since.filter(|_| endpoint.since != Since::Never);
    let ask = |number: u32, filter: Option<String>| Slice { number, filter, modified_since: None };
    let mut slices = Vec::new();
    if sliced && endpoint.paged && endpoint.since != Since::Never {
        let first_year = since.map_or(this_year - 10, Date::year);
        if since.is_none() {
            slices.push(ask(1, Some(format!("Date<{}", date_time(jiff::civil::date(first_year, 1, 1))))));
        }
        for year in first_year..=this_year {
            let from = since.filter(|day| day.year() == year).unwrap_or(jiff::civil::date(year, 1, 1));
            let between = |from: Date, to: Date| Some(format!("Date>={} AND Date<{}", date_time(from), date_time(to)));
            if is_split(&format!("{}/{year}", endpoint.name)) {
                for month in from.month()..=12 {
                    let first = jiff::civil::date(year, month, 1);
                    let next = if month == 12 { jiff::civil::date(year + 1, 1, 1) } else { jiff::civil::date(year, month + 1, 1) };
                    slices.push(ask(year as u32 * 100 + month as u32, between(first.max(from), next)));
                }
            } else {
                slices.push(ask(year as u32, between(from, jiff::civil::date(year + 1, 1, 1))));
            }
        }
        slices.push(ask(this_year as u32 + 1, Some(format!("Date>={}", date_time(jiff::civil::date(this_year + 1, 1, 1))))));
    } else {
        slices.push(ask(0, since.map(|day| format!("Date>={}", date_time(day)))));
    }
    if let Some(day) = since.filter(|_| endpoint.since == Since::DateOrOpen) {
        slices.push(ask(OPEN, Some(format!("Date<{} AND Status==\"AUTHORISED\"", date_time(day)))));
    }
    slices
}

/// The question of an increment: what changed, of any status, since voids and deletes come with theirs.
pub fn changed(number: u32, since_ms: i64) -> Slice {
    Slice { number, filter: None, modified_since: Some(http_moment(since_ms)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xero::endpoint;

    #[test]
    fn a_start_date_asks_for_older_open_documents_too() {
        let invoices = endpoint::find("Invoices").unwrap();
        let slices = full(invoices, Some("2024-07-01".parse().unwrap()), |_| false, 2026);
        let filters: Vec<_> = slices.iter().map(|s| s.filter.as_deref().unwrap()).collect();
        assert_eq!(filters, ["Date>=DateTime(2024,07,01)", "Date<DateTime(2024,07,01) AND Status==\"AUTHORISED\""]);
        let payments = endpoint::find("Payments").unwrap();
        assert_eq!(full(payments, Some("2024-07-01".parse().unwrap()), |_| false, 2026).len(), 1);
    }

    #[test]
    fn year_slices_leave_no_gap() {
        let invoices = endpoint::find("Invoices").unwrap();
        let slices = full(invoices, Some("2025-03-01".parse().unwrap()), |name| name == "Invoices", 2026);
        let filters: Vec<_> = slices.iter().map(|s| s.filter.as_deref().unwrap()).collect();
        assert_eq!(
            filters,
            [
                "Date>=DateTime(2025,03,01) AND Date<DateTime(2026,01,01)",
                "Date>=DateTime(2026,01,01) AND Date<DateTime(2027,01,01)",
                "Date>=DateTime(2027,01,01)",
                "Date<DateTime(2025,03,01) AND Status==\"AUTHORISED\""
            ]
        );
    }

    #[test]
    fn a_year_that_is_too_much_is_asked_month_by_month() {
        let invoices = endpoint::find("Invoices").unwrap();
        let is_split = |name: &str| matches!(name, "Invoices" | "Invoices/2025");
        let slices = full(invoices, Some("2025-10-15".parse().unwrap()), is_split, 2026);
        let filters: Vec<_> = slices.iter().map(|s| s.filter.as_deref().unwrap()).collect();
        assert_eq!(filters[0], "Date>=DateTime(2025,10,15) AND Date<DateTime(2025,11,01)");
        assert_eq!(filters[2], "Date>=DateTime(2025,12,01) AND Date<DateTime(2026,01,01)");
        assert_eq!(filters[3], "Date>=DateTime(2026,01,01) AND Date<DateTime(2027,01,01)");
        assert_eq!(split(invoices, &slices[3]).as_deref(), Some("Invoices/2026"));
        assert_eq!(split(invoices, &slices[0]), None);
        let mut numbers: Vec<u32> = slices.iter().map(|s| s.number).collect();
        numbers.dedup();
        assert_eq!(numbers.len(), slices.len());
    }

    #[test]
    fn moments_are_whole_seconds_in_utc() {
        assert_eq!(http_moment(1_700_000_000_999), "2023-11-14T22:13:20Z");
    }
}
