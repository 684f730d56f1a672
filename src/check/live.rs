//! Calls per refresh of the live sources, against Xero's limits.
//!
//! The service evaluates each table's query by itself, so that Invoices and their lines are read twice there.

use crate::base::Diagnostic;
use crate::project::Project;
use crate::project::raw::SourceKind;

/// Records of a company, as far as they cost calls.
#[derive(Clone, Copy, Debug)]
pub struct Company {
    /// Invoices and bills.
    pub invoices: u32,
    /// Payments.
    pub payments: u32,
    /// Bank transactions.
    pub bank_transactions: u32,
    /// Contacts.
    pub contacts: u32,
    /// Credit notes, over- and prepayments together.
    pub credits: u32,
    /// Month ends loaded.
    pub months: u32,
}

/// Records per page.
const PAGE: u32 = 1000;

/// Calls of one full refresh from a live source.
///
/// Organisation, Accounts, Items, BankTransfers, ExpenseClaims once; lists by pages of 1,000; a trial balance per month end,
/// one for today and one for the month before; documents twice, because Invoices and Invoice Line Items both read them, and bank
/// transactions twice more, which give the rates that documents in foreign currencies lack.
pub fn calls_per_refresh(company: Company) -> u32 {
    let pages = |records: u32| records.div_ceil(PAGE).max(1);
    let documents = pages(company.invoices) + 3 * pages(company.credits.div_ceil(3));
    5 + 2 * documents + 2 * pages(company.contacts) + 3 * pages(company.bank_transactions) + pages(company.payments) + company.months + 2
}

pub(super) fn check(project: &Project, out: &mut Vec<Diagnostic>) {
    if !matches!(project.settings.source, SourceKind::CustomConnection | SourceKind::Connector) {
        return;
    }
    let small = Company { invoices: 2_000, payments: 2_000, bank_transactions: 3_000, contacts: 500, credits: 100, months: 24 };
    let medium = Company { invoices: 20_000, payments: 18_000, bank_transactions: 15_000, contacts: 3_000, credits: 600, months: 36 };
    let large = Company { invoices: 100_000, payments: 80_000, bank_transactions: 60_000, contacts: 10_000, credits: 2_000, months: 60 };
    let [small, medium, large] = [small, medium, large].map(calls_per_refresh);
    let message = format!(
        "a refresh from the live source makes about {small} calls for a small company (2,000 invoices, 24 months), {medium} for a medium one \
         (20,000, 36 months), {large} for a large one (100,000, 60 months)"
    );
    let help = "Xero allows 60 calls a minute and, by plan, 1,000 to 5,000 a day; beyond 1,650 calls a table takes over half an hour: \
                then `xero-pbit pull` and `--source folder`";
    out.push(Diagnostic::note("P0343", message).help(help));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_follow_pages_and_months() {
        let small = Company { invoices: 2_000, payments: 2_000, bank_transactions: 3_000, contacts: 500, credits: 100, months: 24 };
        // 5 single lists, twice 2 pages of invoices and 3 of credits, twice 1 of contacts, three times 3 bank, 2 payments, 24 + 2 balances.
        assert_eq!(calls_per_refresh(small), 5 + 10 + 2 + 9 + 2 + 26);
    }
}
