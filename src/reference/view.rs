//! What a report page keeps in view: the filters of its slicers, and the parts of the books that they leave.
//!
//! A filter reaches what it is about and nothing else. A stretch of days reaches what is dated (documents by document date, cash by its own,
//! a trial balance by its month end), and not what is said to be "now". A customer reaches documents and cash; an account reaches cash,
//! trial balance and lines; an item reaches lines and stock; an ageing bucket reaches documents and their lines.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::books::{Balance, BankRow, Books, Document, Item, Kind, Line, month_end};
use super::calendar::{Period, months};
use super::trade::due_bucket;

/// The filters; `None` means "all".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// Days.
    pub period: Option<Period>,
    /// ContactIDs.
    pub contacts: Option<BTreeSet<String>>,
    /// AccountIDs.
    pub accounts: Option<BTreeSet<String>>,
    /// Item codes as the list spells them.
    pub items: Option<BTreeSet<String>>,
    /// Ageing buckets.
    pub buckets: Option<BTreeSet<String>>,
}

/// The books of one organisation under filters.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) books: &'a Books,
    pub(super) view: &'a View,
    /// The days in view: those of the filter, else of the whole calendar.
    pub(super) period: Period,
    /// Figures are wanted in total, not by month.
    pub(super) in_total: bool,
}

impl<'a> Seen<'a> {
    pub(super) fn new(books: &'a Books, view: &'a View) -> Seen<'a> {
        Seen { books, view, period: view.period.unwrap_or(books.calendar.days), in_total: false }
    }

    /// Whether a dated thing is in view. Without a filter everything is, also what the calendar does not reach.
    pub(super) fn shows(self, day: Date) -> bool {
        self.view.period.is_none_or(|period| period.holds(day))
    }

    /// The months in view that figures are wanted for, the first and the last cut to the days in view.
    pub(super) fn months(self) -> Vec<Period> {
        if self.in_total { Vec::new() } else { months(self.period) }
    }

    /// Whether a filter on accounts is set: then an account without a balance has none, rather than zero.
    pub(super) fn by_account(self) -> bool {
        self.view.accounts.is_some()
    }

    fn has_contact(self, id: &str) -> bool {
        self.view.contacts.as_ref().is_none_or(|set| set.contains(id))
    }

    pub(super) fn has_account(self, id: &str) -> bool {
        self.view.accounts.as_ref().is_none_or(|set| set.contains(id))
    }

    fn keeps(self, document: &Document) -> bool {
        self.has_contact(&document.contact)
            && self.view.buckets.as_ref().is_none_or(|set| bucket(document, self.books.today).is_some_and(|name| set.contains(name)))
    }

    /// Documents dated up to Today, whatever the days in view.
    pub(super) fn documents(self) -> impl Iterator<Item = &'a Document> {
        self.books.documents.iter().filter(move |d| self.keeps(d))
    }

    /// Documents dated after Today; they are in no bucket.
    pub(super) fn future_documents(self) -> impl Iterator<Item = &'a Document> {
        self.books.future_documents.iter().filter(move |d| self.view.buckets.is_none() && self.has_contact(&d.contact))
    }

    /// Cash movements up to Today, whatever the days in view.
    pub(super) fn cash(self) -> impl Iterator<Item = &'a BankRow> {
        self.books.bank.iter().filter(move |row| self.has_contact(&row.contact) && self.has_account(&row.account))
    }

    /// Cash movements dated after Today.
    pub(super) fn future_cash(self) -> impl Iterator<Item = &'a BankRow> {
        self.books.future_bank.iter().filter(move |row| self.has_contact(&row.contact) && self.has_account(&row.account))
    }

    /// The lines of a document; `any_item` looks past the filter on items.
    pub(super) fn lines(self, document: &'a Document, any_item: bool) -> impl Iterator<Item = &'a Line> {
        document.lines.iter().filter(move |line| {
            self.has_account(&line.account)
                && (any_item
                    || self
                        .view
                        .items
                        .as_ref()
                        .is_none_or(|set| self.books.items.get(&line.item.to_uppercase()).is_some_and(|item| set.contains(&item.code))))
        })
    }

    /// Items of the list.
    pub(super) fn items(self) -> impl Iterator<Item = &'a Item> {
        self.books.items.values().filter(move |item| self.view.items.as_ref().is_none_or(|set| set.contains(&item.code)))
    }

    /// The rows of a trial balance.
    pub(super) fn rows(self, as_at: Date) -> impl Iterator<Item = &'a Balance> {
        self.books.trial_balances.get(&as_at).into_iter().flatten().filter(move |row| self.has_account(&row.account))
    }

    /// As-at dates of the trial balances whose month end lies in a stretch of days.
    pub(super) fn as_ats(self, period: Period) -> impl Iterator<Item = Date> {
        self.books.trial_balances.keys().copied().filter(move |as_at| period.holds(month_end(*as_at)))
    }
}

/// The ageing bucket of an open document: invoices and bills by due date, credits by their own date.
fn bucket(document: &Document, today: Option<Date>) -> Option<&'static str> {
    let day = if document.kind == Kind::Invoice { document.due } else { document.date };
    (document.is_authorised() && !document.open_original.is_zero()).then(|| today.map_or("later", |today| due_bucket(day, today)))
}
