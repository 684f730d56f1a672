//! Customers, suppliers and products: what was invoiced and billed, what is open, what is overdue.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::books::{Books, Document, Kind, Ledger, month_end};
use super::figures::{Amount, Figure, Figures, Sums, ratio};

pub(super) fn compute(books: &Books, figures: &mut Figures) {
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
        let [net, by_contact, growth, due, outstanding, overdue] = names;
        figures.insert(net, invoiced(books, ledger));
        figures.insert(by_contact, invoiced(books, ledger));
        figures.insert(growth, growth_trend(books, ledger));
        figures.insert(due, not_yet_due(books, ledger));
        figures.insert(outstanding, outstanding_net(books, ledger));
        figures.insert(overdue, overdue_gross(books, ledger));
    }
    figures.insert("Monthly sales amount by product", by_product(books, Ledger::Receivable));
}

/// The documents that make sales (or purchases): invoices and credit notes that are authorised or paid, with their sign.
pub(super) fn traded(books: &Books, ledger: Ledger) -> impl Iterator<Item = (&Document, Decimal)> {
    books.documents.iter().filter(move |d| d.ledger == ledger && d.counts()).filter_map(|d| {
        let sign = match d.kind {
            Kind::Invoice => Decimal::ONE,
            Kind::CreditNote => Decimal::NEGATIVE_ONE,
            Kind::Overpayment | Kind::Prepayment => return None,
        };
        d.net.map(|net| (d, sign * net))
    })
}

/// Net sales or purchases: SubTotal in base currency by document date; credit notes reduce them by their own date. No tax.
fn invoiced(books: &Books, ledger: Ledger) -> Figure {
    let mut total = None;
    let (mut months, mut days, mut contacts) = (Sums::default(), Sums::default(), Sums::default());
    for (document, amount) in traded(books, ledger) {
        *total.get_or_insert(Decimal::ZERO) += amount;
        months.add(month_end(document.date).to_string(), amount);
        days.add(document.date.to_string(), amount);
        if books.contacts.contains(&document.contact) {
            contacts.add(&document.contact, amount);
        }
    }
    Figure::total(total.map_or(Amount::Blank, Amount::Money))
        .by("Month", months.money())
        .by("Date", days.money())
        .by("Contact", contacts.money())
}

/// Growth on the month before: (this − previous) / previous. By month: blank for the running month and where the previous month is not above
/// zero. In total: the month of Today up to Today against the same days of the month before.
fn growth_trend(books: &Books, ledger: Ledger) -> Figure {
    let Some(today) = books.today else { return Figure::total(Amount::Blank).by("Month", []) };
    let mut by_month: BTreeMap<Date, Decimal> = BTreeMap::new();
    for (document, amount) in traded(books, ledger) {
        *by_month.entry(month_end(document.date)).or_default() += amount;
    }
    let growth = |this: Decimal, previous: Decimal| if previous > Decimal::ZERO { ratio(this - previous, previous) } else { Amount::Blank };
    let mut months = Vec::new();
    for (previous_end, previous) in &by_month {
        let end = month_end(previous_end.saturating_add(1.day()));
        if end <= today {
            let this = by_month.get(&end).copied().unwrap_or_default();
            months.push((end.to_string(), growth(this, *previous)));
        }
    }
    let (this, previous) = same_days(books, ledger, today);
    Figure::total(growth(this, previous)).by("Month", months)
}

/// Sales of Today's month up to Today, and of the same days of the month before (all of it when Today is a month's last day).
pub(super) fn same_days(books: &Books, ledger: Ledger, today: Date) -> (Decimal, Decimal) {
    let first = today.first_of_month();
    let previous_first = first.saturating_sub(1.month());
    let previous_last = if today == month_end(today) {
        month_end(previous_first)
    } else {
        previous_first.with().day(today.day().min(previous_first.days_in_month())).build().unwrap_or(month_end(previous_first))
    };
    let sum = |from: Date, to: Date| traded(books, ledger).filter(|(d, _)| d.date >= from && d.date <= to).map(|(_, amount)| amount).sum();
    (sum(first, today), sum(previous_first, previous_last))
}

/// Open invoices (or bills): AUTHORISED with something due.
pub(super) fn open_invoices(books: &Books, ledger: Ledger) -> impl Iterator<Item = (&Document, Decimal)> {
    books
        .documents
        .iter()
        .filter(move |d| d.ledger == ledger && d.kind == Kind::Invoice && d.is_authorised() && !d.open_original.is_zero())
        .filter_map(|d| d.open.map(|open| (d, open)))
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

/// Sums open documents in total, by contact and by ageing bucket.
pub(super) fn open_figure<'a>(books: &Books, rows: impl Iterator<Item = (&'a Document, Decimal)>, today: Option<Date>) -> Figure {
    let mut total = None;
    let (mut contacts, mut buckets) = (Sums::default(), Sums::default());
    for (document, amount) in rows {
        *total.get_or_insert(Decimal::ZERO) += amount;
        if books.contacts.contains(&document.contact) {
            contacts.add(&document.contact, amount);
        }
        if let Some(today) = today {
            buckets.add(due_bucket(document.due, today), amount);
        }
    }
    Figure::total(total.map_or(Amount::Blank, Amount::Money)).by("Contact", contacts.money()).by("Due Bucket", buckets.money())
}

/// What falls due today or later: gross open amounts of invoices. Outstanding (gross) = due + overdue.
fn not_yet_due(books: &Books, ledger: Ledger) -> Figure {
    let today = books.today;
    open_figure(books, open_invoices(books, ledger).filter(|(d, _)| today.is_some_and(|t| d.due >= t)), today)
}

/// What is past its due date: gross open amounts; due today is not overdue; without a due date the document date counts; credits are not netted.
fn overdue_gross(books: &Books, ledger: Ledger) -> Figure {
    let today = books.today;
    open_figure(books, open_invoices(books, ledger).filter(|(d, _)| today.is_some_and(|t| d.due < t)), today)
}

/// Open invoices less what is left of credit notes and overpayments: what customers owe, or what is owed to suppliers (positive). Prepayments
/// stand in an account of their own and are not netted. Ties to the DEBTORS (CREDITORS) account when no open document is foreign.
fn outstanding_net(books: &Books, ledger: Ledger) -> Figure {
    let credits = books
        .documents
        .iter()
        .filter(|d| {
            d.ledger == ledger && matches!(d.kind, Kind::CreditNote | Kind::Overpayment) && d.is_authorised() && !d.open_original.is_zero()
        })
        .filter_map(|d| d.open.map(|open| (d, -open)));
    open_figure(books, open_invoices(books, ledger).chain(credits), books.today)
}

/// The item's code as the item list spells it; lines without an item, or with a code that the list lacks, stand under `""`.
pub(super) fn item_key(books: &Books, code: &str) -> String {
    books.items.get(&code.to_uppercase()).map_or_else(String::new, |item| item.code.clone())
}

/// Net sales by product: lines of invoices less lines of credit notes; `""` for lines without an item. The total equals invoiced sales.
pub(super) fn by_product(books: &Books, ledger: Ledger) -> Figure {
    let mut total = None;
    let (mut items, mut months) = (Sums::default(), Sums::default());
    for (document, _) in traded(books, ledger) {
        let sign = if document.kind == Kind::CreditNote { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
        for line in &document.lines {
            *total.get_or_insert(Decimal::ZERO) += sign * line.amount;
            items.add(item_key(books, &line.item), sign * line.amount);
            months.add(month_end(document.date).to_string(), sign * line.amount);
        }
    }
    Figure::total(total.map_or(Amount::Blank, Amount::Money)).by("Item", items.money()).by("Month", months.money())
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
