//! Customers, suppliers and products: what was invoiced and billed, what is open, what is overdue.

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::books::{Books, Document, Kind, Ledger, month_end};
use super::calendar::Period;
use super::figures::{Amount, Figure, Figures, Maybe, Sums, growth, money};
use super::support::{Days, over};
use super::view::Seen;

pub(super) fn compute(seen: Seen<'_>, figures: &mut Figures) {
    for (ledger, names) in [
        (
            Ledger::Receivable,
            [
                "Invoiced sales",
                "Invoiced sales by customer",
                "Invoiced sales growth trend",
                "Invoices due",
                "Outstanding receivables",
                "Overdue receivables",
            ],
        ),
        (
            Ledger::Payable,
            [
                "Billed purchases",
                "Billed purchases by supplier",
                "Billed purchases growth trend",
                "Bills due",
                "Outstanding payables",
                "Overdue payables",
            ],
        ),
    ] {
        let [net, by_contact, trend, due, outstanding, overdue] = names;
        let sums = invoiced(seen, ledger);
        figures.insert(net, sums.clone());
        figures.insert(by_contact, sums);
        figures.insert(trend, growth_trend(seen, ledger));
        figures.insert(due, not_yet_due(seen, ledger));
        figures.insert(outstanding, outstanding_net(seen, ledger));
        figures.insert(overdue, overdue_gross(seen, ledger));
    }
    figures.insert("Monthly sales amount by product", by_product(seen, Ledger::Receivable));
}

/// −1 for credit notes.
pub(super) fn sign(document: &Document) -> Decimal {
    if document.kind == Kind::CreditNote { Decimal::NEGATIVE_ONE } else { Decimal::ONE }
}

/// The documents that make sales (or purchases): invoices and credit notes that are authorised or paid, with their signed net amount; those
/// without a currency rate have none.
pub(super) fn traded(seen: Seen<'_>, ledger: Ledger) -> impl Iterator<Item = (&Document, Decimal)> {
    seen.documents().filter(move |d| d.ledger == ledger && d.counts()).filter_map(|d| match d.kind {
        Kind::Invoice | Kind::CreditNote => d.net.map(|net| (d, sign(d) * net)),
        Kind::Overpayment | Kind::Prepayment => None,
    })
}

/// Net sales or purchases: SubTotal in base currency by document date; credit notes reduce them by their own date. No tax.
fn invoiced(seen: Seen<'_>, ledger: Ledger) -> Figure {
    let mut total = None;
    let (mut months, mut days, mut contacts) = (Sums::default(), Sums::default(), Sums::default());
    for (document, amount) in traded(seen, ledger).filter(|(d, _)| seen.shows(d.date)) {
        *total.get_or_insert(Decimal::ZERO) += amount;
        if seen.period.holds(document.date) {
            months.add(month_end(document.date).to_string(), amount);
            days.add(document.date.to_string(), amount);
        }
        if seen.books.contacts.contains(&document.contact) {
            contacts.add(&document.contact, amount);
        }
    }
    Figure::total(money(total)).by("Month", months.money()).by("Date", days.money()).by("Contact", contacts.money())
}

/// Growth on the month before: (this − previous) / previous, of the last month in view that is not after that of Today. Blank where only the
/// running month is in view and where the previous month is not above zero; when more months are in view the running month up to Today stands
/// against the same days of the month before.
fn growth_trend(seen: Seen<'_>, ledger: Ledger) -> Figure {
    let days = Days::new(traded(seen, ledger).map(|(d, amount)| (d.date, amount)));
    over(seen, |period| {
        let Some(today) = seen.books.today else { return Amount::Blank };
        let last = month_end(period.last).min(month_end(today));
        let running = last > today;
        if month_end(period.first) > last || (running && month_end(period.first) == month_end(period.last)) {
            return Amount::Blank;
        }
        let this = days.within(Period { first: last.first_of_month(), last }, seen);
        let base = if running { same_days_before(today) } else { month_before(last) };
        growth(this, days.within(base, seen))
    })
}

/// The whole month before.
fn month_before(day: Date) -> Period {
    let first = day.first_of_month().saturating_sub(1.month());
    Period { first, last: month_end(first) }
}

/// The same days of the month before, from its first on, cut to its length.
pub(super) fn same_days_before(today: Date) -> Period {
    let Period { first, last } = month_before(today);
    Period { first, last: first.saturating_add(i64::from(today.day() - 1).days()).min(last) }
}

/// Open invoices (or bills): AUTHORISED with something due.
pub(super) fn open_documents(seen: Seen<'_>, ledger: Ledger) -> impl Iterator<Item = &Document> {
    seen.documents().filter(move |d| d.ledger == ledger && d.kind == Kind::Invoice && d.is_authorised() && !d.open_original.is_zero())
}

/// Open invoices with what is due in base currency; those without a currency rate have no such amount.
pub(super) fn open_invoices(seen: Seen<'_>, ledger: Ledger) -> impl Iterator<Item = (&Document, Decimal)> {
    open_documents(seen, ledger).filter_map(|d| d.open.map(|open| (d, open)))
}

/// What is left of credit notes and overpayments, as a positive amount. Prepayments stand in an account of their own.
pub(super) fn open_credits(seen: Seen<'_>, ledger: Ledger) -> impl Iterator<Item = (&Document, Decimal)> {
    seen.documents()
        .filter(move |d| {
            d.ledger == ledger && matches!(d.kind, Kind::CreditNote | Kind::Overpayment) && d.is_authorised() && !d.open_original.is_zero()
        })
        .filter_map(|d| d.open.map(|open| (d, open)))
}

/// Whether a document is past its due date: due today is not overdue; without a trial balance there is no Today and nothing is overdue.
pub(super) fn is_overdue(document: &Document, today: Option<Date>) -> bool {
    today.is_some_and(|today| document.due < today)
}

/// The ageing bucket of a due date.
pub fn due_bucket(due: Date, today: Date) -> &'static str {
    match (due - today).get_days() {
        ..=-91 => "overdue 90+",
        -90..=-61 => "61-90",
        -60..=-31 => "31-60",
        -30..=-1 => "1-30",
        0 => "due today",
        1..=7 => "next 7",
        8..=30 => "8-30",
        _ => "later",
    }
}

/// Sums open documents in total, by contact and by ageing bucket. They are as of now: the days in view do not matter.
pub(super) fn open_figure<'a>(seen: Seen<'_>, rows: impl Iterator<Item = (&'a Document, Decimal)>) -> Figure {
    let mut total = None;
    let (mut contacts, mut buckets) = (Sums::default(), Sums::default());
    for (document, amount) in rows {
        *total.get_or_insert(Decimal::ZERO) += amount;
        if seen.books.contacts.contains(&document.contact) {
            contacts.add(&document.contact, amount);
        }
        buckets.add(seen.books.today.map_or("later", |today| due_bucket(document.due, today)), amount);
    }
    Figure::total(money(total)).by("Contact", contacts.money()).by("Due Bucket", buckets.money())
}

/// What falls due today or later: gross open amounts of invoices. Outstanding (gross) = due + overdue.
fn not_yet_due(seen: Seen<'_>, ledger: Ledger) -> Figure {
    open_figure(seen, open_invoices(seen, ledger).filter(|(d, _)| !is_overdue(d, seen.books.today)))
}

/// What is past its due date: gross open amounts; without a due date the document date counts; credits are not netted.
fn overdue_gross(seen: Seen<'_>, ledger: Ledger) -> Figure {
    open_figure(seen, open_invoices(seen, ledger).filter(|(d, _)| is_overdue(d, seen.books.today)))
}

/// Open invoices less what is left of credit notes and overpayments: what customers owe, or what is owed to suppliers (positive). Prepayments
/// stand in an account of their own and are not netted. Ties to the DEBTORS (CREDITORS) account when no open document is foreign.
fn outstanding_net(seen: Seen<'_>, ledger: Ledger) -> Figure {
    open_figure(seen, open_invoices(seen, ledger).chain(open_credits(seen, ledger).map(|(d, open)| (d, -open))))
}

/// What customers owe in all, or what is owed to suppliers.
pub(super) fn net_open(seen: Seen<'_>, ledger: Ledger) -> Maybe {
    outstanding_net(seen, ledger).total.number()
}

/// The item's code as the item list spells it; lines without an item, or with a code that the list lacks, stand under `""`.
pub(super) fn item_key(books: &Books, code: &str) -> String {
    books.items.get(&code.to_uppercase()).map_or_else(String::new, |item| item.code.clone())
}

/// Net sales by product: lines of invoices less lines of credit notes; `""` for lines without an item. The total equals invoiced sales.
pub(super) fn by_product(seen: Seen<'_>, ledger: Ledger) -> Figure {
    let mut total = None;
    let (mut items, mut months) = (Sums::default(), Sums::default());
    for (document, _) in traded(seen, ledger).filter(|(d, _)| seen.shows(d.date)) {
        for line in seen.lines(document, false) {
            let amount = sign(document) * line.amount;
            *total.get_or_insert(Decimal::ZERO) += amount;
            items.add(item_key(seen.books, &line.item), amount);
            if seen.period.holds(document.date) {
                months.add(month_end(document.date).to_string(), amount);
            }
        }
    }
    Figure::total(money(total)).by("Item", items.money()).by("Month", months.money())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_meet_at_their_edges() {
        let today = jiff::civil::date(2024, 6, 30);
        for (days, bucket) in [
            (-91, "overdue 90+"),
            (-90, "61-90"),
            (-61, "61-90"),
            (-60, "31-60"),
            (-31, "31-60"),
            (-30, "1-30"),
            (-1, "1-30"),
            (0, "due today"),
            (1, "next 7"),
            (7, "next 7"),
            (8, "8-30"),
            (30, "8-30"),
            (31, "later"),
        ] {
            assert_eq!(due_bucket(today.saturating_add(days.days()), today), bucket, "{days}");
        }
    }
}
