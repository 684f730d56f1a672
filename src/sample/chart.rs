//! The chart of accounts: every account type and every system account that the books need.

use super::country::Facts;
use super::rng::{Id, guid};

/// The class of an account, in the order of a trial balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Revenue,
    Expense,
    Asset,
    Liability,
    Equity,
}

impl Class {
    pub(super) fn word(self) -> &'static str {
        match self {
            Class::Revenue => "REVENUE",
            Class::Expense => "EXPENSE",
            Class::Asset => "ASSET",
            Class::Liability => "LIABILITY",
            Class::Equity => "EQUITY",
        }
    }

    pub(super) fn section(self) -> &'static str {
        match self {
            Class::Revenue => "Revenue",
            Class::Expense => "Expenses",
            Class::Asset => "Assets",
            Class::Liability => "Liabilities",
            Class::Equity => "Equity",
        }
    }

    pub(super) fn is_profit_and_loss(self) -> bool {
        matches!(self, Class::Revenue | Class::Expense)
    }
}

fn class_of(kind: &str) -> Class {
    match kind {
        "REVENUE" | "SALES" | "OTHERINCOME" => Class::Revenue,
        "BANK" | "CURRENT" | "INVENTORY" | "PREPAYMENT" | "FIXED" | "NONCURRENT" => Class::Asset,
        "CURRLIAB" | "LIABILITY" | "TERMLIAB" | "PAYG" | "PAYGLIABILITY" | "SUPERANNUATIONLIABILITY" => Class::Liability,
        "EQUITY" => Class::Equity,
        _ => Class::Expense,
    }
}

macro_rules! chart {
    ($($name:ident $code:literal $title:literal $kind:literal $system:literal;)*) => {
        /// Position of an account in the chart.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Acc { $($name),* }
        const SPECS: &[(Acc, &str, &str, &str, &str)] = &[$((Acc::$name, $code, $title, $kind, $system)),*];
    };
}

chart! {
    Main "090" "Business Bank Account" "BANK" "";
    Savings "" "Business Savings" "BANK" "";
    Card "095" "Company Credit Card" "BANK" "";
    Foreign "" "Foreign Currency Account" "BANK" "";
    Wallet "096" "PayPal" "BANK" "";
    OldBank "092" "Old Cheque Account" "BANK" "";
    Sales "200" "Sales" "REVENUE" "";
    Services "202" "Service Revenue" "REVENUE" "";
    Online "205" "Online Sales" "SALES" "";
    OtherRevenue "260" "Other Revenue" "OTHERINCOME" "";
    InterestIncome "270" "Interest Income" "OTHERINCOME" "";
    Purchases "300" "Purchases" "DIRECTCOSTS" "";
    CostOfGoods "310" "Cost of Goods Sold" "DIRECTCOSTS" "";
    FreightIn "315" "Freight Inwards" "DIRECTCOSTS" "";
    Advertising "400" "Advertising" "EXPENSE" "";
    BankFees "404" "Bank Fees" "EXPENSE" "";
    BadDebts "407" "Bad Debts" "EXPENSE" "";
    Cleaning "408" "Cleaning" "EXPENSE" "";
    Consulting "412" "Consulting & Accounting" "EXPENSE" "";
    Depreciation "416" "Depreciation" "DEPRECIATN" "";
    Entertainment "420" "Entertainment" "EXPENSE" "";
    FreightOut "425" "Freight & Courier" "EXPENSE" "";
    General "429" "General Expenses" "EXPENSE" "";
    Promotions "430" "Promotions (do not use)" "EXPENSE" "";
    Insurance "433" "Insurance" "EXPENSE" "";
    InterestExpense "437" "Interest Expense" "EXPENSE" "";
    Legal "441" "Legal Expenses" "EXPENSE" "";
    Power "445" "Light, Power, Heating" "EXPENSE" "";
    Motor "449" "Motor Vehicle Expenses" "EXPENSE" "";
    Office "453" "Office Expenses" "EXPENSE" "";
    Printing "461" "Printing & Stationery" "EXPENSE" "";
    Rent "469" "Rent" "EXPENSE" "";
    Repairs "473" "Repairs and Maintenance" "EXPENSE" "";
    Wages "477" "Wages and Salaries" "EXPENSE" "";
    Pension "478" "Pension Contributions" "EXPENSE" "";
    Workshop "480" "Workshop Overheads" "OVERHEADS" "";
    Subscriptions "485" "Subscriptions" "EXPENSE" "";
    Telephone "489" "Telephone & Internet" "EXPENSE" "";
    Travel "493" "Travel" "EXPENSE" "";
    BankRevaluation "497" "Bank Revaluations" "EXPENSE" "BANKCURRENCYGAIN";
    Unrealised "498" "Unrealised Currency Gains" "EXPENSE" "UNREALISEDCURRENCYGAIN";
    Realised "499" "Realised Currency Gains" "EXPENSE" "REALISEDCURRENCYGAIN";
    IncomeTax "505" "Income Tax Expense" "EXPENSE" "";
    Debtors "610" "Accounts Receivable" "CURRENT" "DEBTORS";
    SupplierDeposits "615" "Deposits Paid" "CURRENT" "";
    Prepaid "620" "Prepaid Expenses" "PREPAYMENT" "";
    Inventory "630" "Inventory" "INVENTORY" "";
    Equipment "710" "Office Equipment" "FIXED" "";
    EquipmentDepreciation "711" "Less Accumulated Depreciation on Office Equipment" "FIXED" "";
    Computers "720" "Computer Equipment" "FIXED" "";
    Bonds "740" "Security Bonds" "NONCURRENT" "";
    Creditors "800" "Accounts Payable" "CURRLIAB" "CREDITORS";
    ExpenseClaims "801" "Unpaid Expense Claims" "CURRLIAB" "UNPAIDEXPCLM";
    WagesPayable "803" "Wages Payable" "CURRLIAB" "WAGEPAYABLES";
    SalesTax "820" "GST" "CURRLIAB" "GST";
    WithholdingTax "825" "Employee Tax Payable" "PAYG" "";
    PensionPayable "826" "Pension Payable" "CURRLIAB" "";
    IncomeTaxPayable "830" "Income Tax Payable" "CURRLIAB" "";
    CustomerDeposits "835" "Customer Deposits" "CURRLIAB" "";
    Historical "840" "Historical Adjustment" "CURRLIAB" "HISTORICAL";
    Suspense "850" "Suspense" "LIABILITY" "";
    Rounding "860" "Rounding" "CURRLIAB" "ROUNDING";
    Tracking "877" "Tracking Transfers" "CURRLIAB" "TRACKINGTRANSFERS";
    Directors "881" "Loan from Directors" "LIABILITY" "";
    Loan "900" "Bank Loan" "TERMLIAB" "";
    Capital "950" "Share Capital" "EQUITY" "";
    Retained "960" "Retained Earnings" "EQUITY" "RETAINEDEARNINGS";
    OwnerFunds "970" "Owner A Funds Introduced" "EQUITY" "";
    Drawings "980" "Owner A Drawings" "EQUITY" "";
    CurrencyGroup "" "Foreign Currency Gains and Losses" "EXPENSE" "";
}

/// How many accounts there are, the synthetic currency line included.
pub(super) const COUNT: usize = SPECS.len();

/// The five kinds of account that hold cash, in chart order.
pub(super) const BANKS: [Acc; 6] = [Acc::Main, Acc::Savings, Acc::Card, Acc::Foreign, Acc::Wallet, Acc::OldBank];

pub(super) struct Account {
    pub(super) acc: Acc,
    pub(super) code: &'static str,
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) class: Class,
    pub(super) system: &'static str,
    pub(super) guid: u128,
    pub(super) archived: bool,
    /// Whether `GET /Accounts` returns it: deleted accounts and the currency line are not in it.
    pub(super) listed: bool,
    pub(super) payments: bool,
    /// 0 = base currency, else an index into the foreign ones plus 1.
    pub(super) currency: usize,
}

impl Account {
    /// The identifier as reports write it.
    pub(super) fn report_id(&self) -> String {
        if self.acc == Acc::CurrencyGroup { "FXGROUPID".to_owned() } else { super::json::guid_text(self.guid) }
    }

    /// `Name (Code)`, as a trial balance writes it.
    pub(super) fn report_name(&self) -> String {
        if self.code.is_empty() { self.name.clone() } else { format!("{} ({})", self.name, self.code) }
    }
}

pub(super) fn accounts(seed: u64, facts: &Facts, foreign: bool) -> Vec<Account> {
    SPECS
        .iter()
        .map(|&(acc, code, title, kind, system)| {
            let payroll = facts.code == "AU";
            let kind = match acc {
                Acc::Wages if payroll => "WAGESEXPENSE",
                Acc::Pension if payroll => "SUPERANNUATIONEXPENSE",
                Acc::PensionPayable if payroll => "SUPERANNUATIONLIABILITY",
                Acc::WithholdingTax if payroll => "PAYGLIABILITY",
                _ => kind,
            };
            let name = match acc {
                Acc::Foreign => format!("{} Account", facts.foreign[0].0),
                Acc::SalesTax => facts.tax_name.to_owned(),
                Acc::Pension if payroll => "Superannuation".to_owned(),
                Acc::PensionPayable if payroll => "Superannuation Payable".to_owned(),
                Acc::WithholdingTax if payroll => "PAYG Withholdings Payable".to_owned(),
                _ => title.to_owned(),
            };
            Account {
                acc,
                code,
                name,
                kind,
                class: class_of(kind),
                system,
                guid: guid(seed, Id::Account, acc as u64),
                archived: matches!(acc, Acc::OldBank | Acc::Repairs),
                listed: !matches!(acc, Acc::Promotions | Acc::CurrencyGroup) && (foreign || acc != Acc::Foreign),
                payments: matches!(acc, Acc::OwnerFunds | Acc::Drawings),
                currency: usize::from(acc == Acc::Foreign && foreign),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chart_holds_every_type_and_its_order_is_the_enumeration() {
        for (index, spec) in SPECS.iter().enumerate() {
            assert_eq!(spec.0 as usize, index);
        }
        for kind in [
            "BANK",
            "CURRENT",
            "CURRLIAB",
            "DEPRECIATN",
            "DIRECTCOSTS",
            "EQUITY",
            "EXPENSE",
            "FIXED",
            "INVENTORY",
            "LIABILITY",
            "NONCURRENT",
            "OTHERINCOME",
            "OVERHEADS",
            "PREPAYMENT",
            "REVENUE",
            "SALES",
            "TERMLIAB",
            "PAYG",
        ] {
            assert!(SPECS.iter().any(|spec| spec.3 == kind), "{kind}");
        }
    }
}
