//! Answers of list endpoints: envelope, pagination object, pages of up to 1000 records.

use std::io;

use super::json::Json;
use super::rng::{Id, guid};
use super::{Company, Sink};

/// Records a page, the most that Xero gives.
pub(super) const PAGE_SIZE: usize = 1000;

/// The list endpoints of a company folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Endpoint {
    Organisation,
    Accounts,
    Contacts,
    Items,
    Invoices,
    CreditNotes,
    Payments,
    Overpayments,
    Prepayments,
    BankTransactions,
    BankTransfers,
    ExpenseClaims,
}

impl Endpoint {
    pub(super) const ALL: [Endpoint; 12] = [
        Endpoint::Organisation,
        Endpoint::Accounts,
        Endpoint::Contacts,
        Endpoint::Items,
        Endpoint::Invoices,
        Endpoint::CreditNotes,
        Endpoint::Payments,
        Endpoint::Overpayments,
        Endpoint::Prepayments,
        Endpoint::BankTransactions,
        Endpoint::BankTransfers,
        Endpoint::ExpenseClaims,
    ];

    fn folder(self) -> &'static str {
        match self {
            Endpoint::Organisation => "Organisation",
            Endpoint::Accounts => "Accounts",
            Endpoint::Contacts => "Contacts",
            Endpoint::Items => "Items",
            Endpoint::Invoices => "Invoices",
            Endpoint::CreditNotes => "CreditNotes",
            Endpoint::Payments => "Payments",
            Endpoint::Overpayments => "Overpayments",
            Endpoint::Prepayments => "Prepayments",
            Endpoint::BankTransactions => "BankTransactions",
            Endpoint::BankTransfers => "BankTransfers",
            Endpoint::ExpenseClaims => "ExpenseClaims",
        }
    }

    fn key(self) -> &'static str {
        if self == Endpoint::Organisation { "Organisations" } else { self.folder() }
    }

    fn paged(self) -> bool {
        matches!(
            self,
            Endpoint::Contacts
                | Endpoint::Invoices
                | Endpoint::CreditNotes
                | Endpoint::Payments
                | Endpoint::Overpayments
                | Endpoint::Prepayments
                | Endpoint::BankTransactions
        )
    }
}

/// Opens the answer's object and writes what every answer begins with.
pub(super) fn envelope(json: &mut Json, company: &Company, number: u64) {
    json.open();
    json.guid("Id", guid(company.seed, Id::Answer, number));
    json.text("Status", "OK");
    json.text("ProviderName", "xero-pbit sample");
    json.bare_moment("DateTimeUTC", company.now());
}

/// One endpoint's page in the making.
#[derive(Default)]
pub(super) struct Pager {
    pub(super) count: usize,
    page: usize,
    in_page: usize,
    json: Json,
}

impl Pager {
    /// Adds a record; a full page goes to the sink. `total` is how many records there will be in all.
    pub(super) fn record(
        &mut self,
        endpoint: Endpoint,
        company: &Company,
        total: usize,
        sink: &mut dyn Sink,
        write: impl FnOnce(&mut Json),
    ) -> io::Result<()> {
        if self.in_page == 0 {
            self.begin(endpoint, company, total);
        }
        self.json.open();
        write(&mut self.json);
        self.json.close();
        self.in_page += 1;
        if endpoint.paged() && self.in_page == PAGE_SIZE { self.flush(endpoint, sink) } else { Ok(()) }
    }

    fn begin(&mut self, endpoint: Endpoint, company: &Company, total: usize) {
        self.page += 1;
        let json = &mut self.json;
        envelope(json, company, ((endpoint as u64) << 32) | self.page as u64);
        if endpoint.paged() {
            json.object("pagination");
            json.integer("page", self.page as i64);
            json.integer("pageSize", PAGE_SIZE as i64);
            json.integer("pageCount", total.div_ceil(PAGE_SIZE).max(1) as i64);
            json.integer("itemCount", total as i64);
            json.close();
        }
        json.list(endpoint.key());
    }

    fn flush(&mut self, endpoint: Endpoint, sink: &mut dyn Sink) -> io::Result<()> {
        self.json.end_list();
        self.json.close();
        sink.page(&format!("{}/{}.json", endpoint.folder(), self.page), &self.json.0)?;
        self.json.0.clear();
        self.in_page = 0;
        Ok(())
    }

    /// Writes the last page; an empty list is a page too.
    pub(super) fn finish(&mut self, endpoint: Endpoint, company: &Company, sink: &mut dyn Sink) -> io::Result<()> {
        if self.in_page == 0 {
            if self.page > 0 {
                return Ok(());
            }
            self.begin(endpoint, company, 0);
        }
        self.flush(endpoint, sink)
    }
}
