//! What a sign-in asks for. Source: Xero's scope list after the change of 2 March 2026 to granular scopes.

/// Scopes for downloading everything the template needs; apps made since 2 March 2026 have only such.
pub const GRANULAR: [&str; 8] = [
    "offline_access",
    "accounting.settings.read",
    "accounting.contacts.read",
    "accounting.invoices.read",
    "accounting.payments.read",
    "accounting.banktransactions.read",
    "accounting.reports.trialbalance.read",
    "accounting.reports.banksummary.read",
];

/// What `pull --verify` needs beside them.
pub const VERIFY: [&str; 2] = ["accounting.reports.balancesheet.read", "accounting.reports.profitandloss.read"];

/// Scopes of older apps; Xero ends them on 13 September 2027.
pub const BROAD: [&str; 5] =
    ["offline_access", "accounting.settings.read", "accounting.contacts.read", "accounting.transactions.read", "accounting.reports.read"];

/// The granular scope that an endpoint needs, and the broad one that covers it.
pub fn needed(path: &str) -> (&'static str, &'static str) {
    match path {
        "Invoices" | "CreditNotes" => ("accounting.invoices.read", "accounting.transactions.read"),
        "Payments" | "Overpayments" | "Prepayments" => ("accounting.payments.read", "accounting.transactions.read"),
        "BankTransactions" | "BankTransfers" => ("accounting.banktransactions.read", "accounting.transactions.read"),
        "ExpenseClaims" => ("accounting.classicexpenses.read", "accounting.transactions.read"),
        "Contacts" => ("accounting.contacts.read", "accounting.contacts.read"),
        "Reports/TrialBalance" => ("accounting.reports.trialbalance.read", "accounting.reports.read"),
        "Reports/BankSummary" => ("accounting.reports.banksummary.read", "accounting.reports.read"),
        "Reports/BalanceSheet" => ("accounting.reports.balancesheet.read", "accounting.reports.read"),
        "Reports/ProfitAndLoss" => ("accounting.reports.profitandloss.read", "accounting.reports.read"),
        _ => ("accounting.settings.read", "accounting.settings.read"),
    }
}

/// Whether granted scopes cover an endpoint; nothing known counts as covered. A scope to write includes reading.
///
/// ```
/// use xero_pbit::xero::scope::covers;
/// assert!(covers("offline_access accounting.invoices.read", "Invoices"));
/// assert!(covers("accounting.transactions", "Invoices"));
/// assert!(!covers("accounting.contacts.read", "Invoices"));
/// ```
pub fn covers(granted: &str, path: &str) -> bool {
    let (granular, broad) = needed(path);
    let is_it = |scope: &str, wanted: &str| scope == wanted || wanted.strip_suffix(".read") == Some(scope);
    granted.is_empty() || granted.split_whitespace().any(|scope| is_it(scope, granular) || is_it(scope, broad))
}
