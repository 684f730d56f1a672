//! How many calls of Xero's API a refresh costs.

use crate::project::raw::SourceKind;

/// What a table asks of Xero in one refresh of a live source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Table.
    pub table: &'static str,
    /// Endpoints that are asked page by page (1,000 records a call, at least one call).
    pub paged: &'static [&'static str],
    /// Calls that do not depend on the size of the books.
    pub fixed: u32,
    /// Whether each month end costs a call.
    pub monthly: bool,
}

/// The calls of each table in one refresh. The service evaluates each table by itself, so nothing is shared between tables.
///
/// Empty for `sample` and `folder`, which call nothing.
pub fn calls_per_refresh(source: SourceKind) -> &'static [Call] {
    // Bank transactions are asked only where a document in a foreign currency has no rate of its own.
    const DOCUMENTS: &[&str] = &["Invoices", "CreditNotes", "Overpayments", "Prepayments", "BankTransactions"];
    const LIVE: &[Call] = &[
        Call { table: "Organisation", paged: &[], fixed: 1, monthly: false },
        Call { table: "Xero Accounts", paged: &[], fixed: 2, monthly: false },
        Call { table: "Contacts", paged: &["Contacts"], fixed: 1, monthly: false },
        Call { table: "Addresses", paged: &["Contacts"], fixed: 1, monthly: false },
        Call { table: "Items", paged: &[], fixed: 2, monthly: false },
        Call { table: "Invoices", paged: DOCUMENTS, fixed: 1, monthly: false },
        Call { table: "Invoice Line Items", paged: DOCUMENTS, fixed: 2, monthly: false },
        Call { table: "Bank Statements", paged: &["BankTransactions", "Payments"], fixed: 3, monthly: false },
        Call { table: "Trial Balance", paged: &[], fixed: 3, monthly: true },
        Call { table: "Expense Claims", paged: &[], fixed: 1, monthly: false },
    ];
    match source {
        SourceKind::CustomConnection | SourceKind::Connector => LIVE,
        SourceKind::Sample | SourceKind::Folder => &[],
    }
}

impl Call {
    /// Calls for books with `records` of an endpoint and `months` month ends.
    pub fn count(&self, records: impl Fn(&str) -> u32, months: u32) -> u32 {
        let pages: u32 = self.paged.iter().map(|endpoint| records(endpoint).div_ceil(1000).max(1)).sum();
        self.fixed + pages + if self.monthly { months } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_company_costs_few_calls() {
        let records = |endpoint: &str| match endpoint {
            "Invoices" => 2_000,
            "Payments" => 2_000,
            "BankTransactions" => 3_000,
            "Contacts" => 500,
            _ => 0,
        };
        let total: u32 = calls_per_refresh(SourceKind::Connector).iter().map(|call| call.count(records, 24)).sum();
        assert_eq!(total, 1 + 2 + 2 + 2 + 2 + 9 + 10 + 8 + 27 + 1);
        assert!(calls_per_refresh(SourceKind::Folder).is_empty());
    }
}
