//! The endpoints that a company is made of. Source: Xero's OpenAPI file 16.1.0.

/// A list endpoint.
#[derive(Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Path segment; also the folder of its pages.
    pub name: &'static str,
    /// Key of the list in an answer.
    pub list: &'static str,
    /// Key of a record's id; full loads are ordered by it.
    pub id: &'static str,
    /// Whether `page` and `pageSize` work.
    pub paged: bool,
    /// Whether `If-Modified-Since` works.
    pub incremental: bool,
    /// Fixed query parameters.
    pub query: &'static [(&'static str, &'static str)],
    /// How a start date narrows it.
    pub since: Since,
}

/// How a start date narrows an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Not at all.
    Never,
    /// By its date.
    Date,
    /// By its date, plus older ones that are still open (AUTHORISED).
    DateOrOpen,
}

const UNITDP: (&str, &str) = ("unitdp", "4");
const ARCHIVED: (&str, &str) = ("includeArchived", "true");

/// All list endpoints in the order of download: small ones first, so that a missing scope shows early.
pub const ENDPOINTS: [Endpoint; 12] = [
    Endpoint {
        name: "Organisation",
        list: "Organisations",
        id: "OrganisationID",
        paged: false,
        incremental: false,
        query: &[],
        since: Since::Never,
    },
    Endpoint { name: "Accounts", list: "Accounts", id: "AccountID", paged: false, incremental: false, query: &[], since: Since::Never },
    Endpoint { name: "Items", list: "Items", id: "ItemID", paged: false, incremental: false, query: &[UNITDP], since: Since::Never },
    Endpoint {
        name: "BankTransfers",
        list: "BankTransfers",
        id: "BankTransferID",
        paged: false,
        incremental: true,
        query: &[],
        since: Since::Date,
    },
    Endpoint {
        name: "ExpenseClaims",
        list: "ExpenseClaims",
        id: "ExpenseClaimID",
        paged: false,
        incremental: true,
        query: &[],
        since: Since::Never,
    },
    Endpoint {
        name: "Contacts",
        list: "Contacts",
        id: "ContactID",
        paged: true,
        incremental: true,
        query: &[ARCHIVED],
        since: Since::Never,
    },
    Endpoint {
        name: "Overpayments",
        list: "Overpayments",
        id: "OverpaymentID",
        paged: true,
        incremental: true,
        query: &[UNITDP],
        since: Since::DateOrOpen,
    },
    Endpoint {
        name: "Prepayments",
        list: "Prepayments",
        id: "PrepaymentID",
        paged: true,
        incremental: true,
        query: &[UNITDP],
        since: Since::DateOrOpen,
    },
    Endpoint {
        name: "CreditNotes",
        list: "CreditNotes",
        id: "CreditNoteID",
        paged: true,
        incremental: true,
        query: &[UNITDP],
        since: Since::DateOrOpen,
    },
    Endpoint { name: "Payments", list: "Payments", id: "PaymentID", paged: true, incremental: true, query: &[], since: Since::Date },
    Endpoint {
        name: "BankTransactions",
        list: "BankTransactions",
        id: "BankTransactionID",
        paged: true,
        incremental: true,
        query: &[UNITDP],
        since: Since::Date,
    },
    Endpoint {
        name: "Invoices",
        list: "Invoices",
        id: "InvoiceID",
        paged: true,
        incremental: true,
        query: &[UNITDP, ARCHIVED],
        since: Since::DateOrOpen,
    },
];

/// An endpoint by name, any case.
pub fn find(name: &str) -> Option<&'static Endpoint> {
    ENDPOINTS.iter().find(|e| e.name.eq_ignore_ascii_case(name))
}
