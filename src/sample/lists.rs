//! The records that describe the company: organisation, accounts, contacts, items.

use super::Company;
use super::chart::{Acc, Account};
use super::json::Json;
use super::pages::Endpoint;
use super::rng::{Id, guid};
use super::world::{Stock, World};

impl World<'_> {
    /// Everything that is known only at the end: contacts with their balances, items with their stock.
    pub(super) fn lists(&mut self) {
        let company = self.company;
        self.record(Endpoint::Organisation, |json| organisation(json, company));
        for account in company.accounts.iter().filter(|account| account.listed) {
            self.record(Endpoint::Accounts, |json| record_account(json, company, account));
        }
        for index in 0..company.contacts.len() {
            let balances = self.balances[index];
            if company.contacts[index].listed {
                self.record(Endpoint::Contacts, |json| contact(json, company, index, balances));
            }
        }
        for index in 0..company.items.len() {
            let stock = self.stock[index];
            if company.items[index].listed {
                self.record(Endpoint::Items, |json| item(json, company, index, stock));
            }
        }
    }
}

fn start_of_records(company: &Company) -> i64 {
    i64::from(company.start.to_unix_days()) * 86_400_000 - 3_000_000
}

fn organisation(json: &mut Json, company: &Company) {
    let facts = company.facts;
    let (month, day) = company.options.year_end;
    json.text("Name", &company.name);
    json.text("LegalName", &company.name);
    json.boolean("PaysTax", true);
    json.text("Version", facts.version);
    json.text("OrganisationType", "COMPANY");
    json.text("BaseCurrency", facts.currency);
    json.text("CountryCode", facts.code);
    json.boolean("IsDemoCompany", false);
    json.text("OrganisationStatus", "ACTIVE");
    json.text("RegistrationNumber", &format!("{:09}", 100_000_000 + company.seed % 899_999_999));
    json.text("TaxNumber", &format!("{:011}", 51_000_000_000 + company.seed % 1_000_000_000));
    json.integer("FinancialYearEndDay", i64::from(day));
    json.integer("FinancialYearEndMonth", i64::from(month));
    json.text("SalesTaxBasis", "ACCRUALS");
    json.text("SalesTaxPeriod", "QUARTERLY");
    json.text("DefaultSalesTax", "Tax Exclusive");
    json.text("DefaultPurchasesTax", "Tax Inclusive");
    let lock = company.fiscal_year_start(company.as_of()).add_days(-1);
    if lock >= company.start {
        json.day("PeriodLockDate", lock);
        json.day("EndOfYearLockDate", lock);
    }
    json.bare_moment("CreatedDateUTC", start_of_records(company));
    json.text("OrganisationEntityType", "COMPANY");
    json.text("Timezone", facts.timezone);
    json.text("ShortCode", &format!("!S{:04}", company.seed % 10_000));
    json.guid("OrganisationID", guid(company.seed, Id::Organisation, 0));
    json.text("Edition", "BUSINESS");
    json.text("Class", "PREMIUM");
    let (city, region, postcode) = facts.cities[0];
    json.list("Addresses");
    for kind in ["STREET", "POBOX", "DELIVERY"] {
        json.open();
        json.text("AddressType", kind);
        if kind != "POBOX" {
            json.text("AddressLine1", if kind == "STREET" { "12 Wheel Street" } else { "Gate 3, rear of 12 Wheel Street" });
            json.text("City", city);
            json.text("Region", region);
            json.text("PostalCode", postcode);
            json.text("Country", facts.country);
            json.text("AttentionTo", "");
        }
        json.close();
    }
    json.end_list();
    json.list("Phones");
    json.open();
    json.text("PhoneType", "OFFICE");
    json.text("PhoneNumber", "5550100");
    json.text("PhoneCountryCode", facts.phone);
    json.close();
    json.end_list();
    json.list("ExternalLinks");
    json.open();
    json.text("LinkType", "Website");
    json.text("Url", "https://example.com");
    json.close();
    json.end_list();
    json.object("PaymentTerms");
    for key in ["Bills", "Sales"] {
        json.object(key);
        json.integer("Day", 20);
        json.text("Type", "OFFOLLOWINGMONTH");
        json.close();
    }
    json.close();
}

fn record_account(json: &mut Json, company: &Company, account: &Account) {
    json.guid("AccountID", account.guid);
    if !account.code.is_empty() {
        json.text("Code", account.code);
    }
    json.text("Name", &account.name);
    json.text("Status", if account.archived { "ARCHIVED" } else { "ACTIVE" });
    json.text("Type", account.kind);
    let tax = match account.class {
        super::chart::Class::Revenue => company.facts.standard.sale,
        super::chart::Class::Expense => company.facts.standard.purchase,
        _ => "NONE",
    };
    json.text("TaxType", tax);
    if account.acc == Acc::Promotions || account.acc == Acc::Workshop {
        json.text("Description", "Anything for the \"workshop\"\nnot elsewhere");
    }
    json.text("Class", account.class.word());
    if !account.system.is_empty() {
        json.text("SystemAccount", account.system);
    }
    json.boolean("EnablePaymentsToAccount", account.payments);
    json.boolean("ShowInExpenseClaims", matches!(account.acc, Acc::Travel | Acc::Motor | Acc::Entertainment));
    if account.kind == "BANK" {
        json.text("BankAccountNumber", &format!("{:016}", 209_087_654_321_000u64 + account.acc as u64));
        json.text(
            "BankAccountType",
            match account.acc {
                Acc::Card => "CREDITCARD",
                Acc::Wallet => "PAYPAL",
                _ => "BANK",
            },
        );
        json.text("CurrencyCode", company.currency_code(account.currency));
    } else {
        json.text("BankAccountType", "");
    }
    json.text("ReportingCode", account.class.word().get(..3).unwrap_or_default());
    json.text("ReportingCodeName", account.class.section());
    json.boolean("HasAttachments", false);
    json.moment("UpdatedDateUTC", start_of_records(company));
    json.boolean("AddToWatchlist", matches!(account.acc, Acc::Sales | Acc::Wages));
}

fn contact(json: &mut Json, company: &Company, index: usize, balances: [i64; 4]) {
    let contact = &company.contacts[index];
    let facts = company.facts;
    let supplier = index >= company.customers;
    json.guid("ContactID", contact.guid);
    if index.is_multiple_of(4) {
        json.text("ContactNumber", &format!("C{index:05}"));
        json.text("AccountNumber", &format!("{}", 40_000 + index));
    }
    json.text("ContactStatus", if contact.archived { "ARCHIVED" } else { "ACTIVE" });
    if let Some(target) = contact.merged {
        json.guid("MergedToContactID", company.contacts[target].guid);
    }
    json.text("Name", &contact.name);
    let (first, last) = facts.people[index % facts.people.len()];
    if !index.is_multiple_of(3) {
        json.text("FirstName", first);
        json.text("LastName", last);
    }
    json.text("EmailAddress", &if index.is_multiple_of(5) { String::new() } else { format!("accounts{index}@example.com") });
    json.text("BankAccountDetails", "");
    json.text(
        "TaxNumber",
        &if index.is_multiple_of(2) { format!("{:011}", 83_000_000_000u64 + index as u64 * 7_919) } else { String::new() },
    );
    json.list("Addresses");
    let (city, region, postcode) = facts.cities[index % facts.cities.len()];
    for kind in ["STREET", "POBOX"] {
        json.open();
        json.text("AddressType", kind);
        let filled = if kind == "STREET" { index.is_multiple_of(3) } else { index % 4 != 1 };
        if filled {
            json.text(
                "AddressLine1",
                &format!("{} {} Street", index * 7 % 240 + 1, super::names::FIRST[index % super::names::FIRST.len()]),
            );
            if index.is_multiple_of(6) {
                json.text("AddressLine2", "Level 2, \"The Mill\"");
            }
        }
        let text = |value: &'static str| if filled { value } else { "" };
        json.text("City", text(city));
        json.text("Region", text(region));
        json.text("PostalCode", text(postcode));
        json.text("Country", if filled && contact.currency == 0 { facts.country } else { "" });
        if filled && index % 5 == 2 {
            json.text("AttentionTo", first);
        }
        json.close();
    }
    json.end_list();
    json.list("Phones");
    for kind in ["DDI", "DEFAULT", "FAX", "MOBILE"] {
        json.open();
        json.text("PhoneType", kind);
        let filled = kind == "DEFAULT" && index.is_multiple_of(2);
        json.text("PhoneNumber", &if filled { format!("555{:04}", index % 10_000) } else { String::new() });
        json.text("PhoneAreaCode", if filled { "03" } else { "" });
        json.text("PhoneCountryCode", if filled { facts.phone } else { "" });
        json.close();
    }
    json.end_list();
    json.moment("UpdatedDateUTC", start_of_records(company) + index as i64 * 3_600_000 % 86_400_000);
    json.empty_list("ContactGroups");
    json.boolean("IsSupplier", supplier);
    json.boolean("IsCustomer", !supplier || index == company.customers);
    if contact.currency > 0 {
        json.text("DefaultCurrency", company.currency_code(contact.currency));
    }
    if index % 10 == 1 {
        json.money("Discount", 500);
    }
    if balances != [0; 4] {
        json.object("Balances");
        for (key, pair) in [("AccountsReceivable", &balances[..2]), ("AccountsPayable", &balances[2..])] {
            json.object(key);
            json.money("Outstanding", pair[0]);
            json.money("Overdue", pair[1]);
            json.close();
        }
        json.close();
    }
    if index % 7 == 3 {
        json.object("PaymentTerms");
        let key = if supplier { "Bills" } else { "Sales" };
        json.object(key);
        json.integer("Day", i64::from(contact.terms));
        json.text("Type", "DAYSAFTERBILLDATE");
        json.close();
        json.close();
    }
    json.empty_list("ContactPersons");
    json.boolean("HasAttachments", false);
    json.boolean("HasValidationErrors", false);
}

fn item(json: &mut Json, company: &Company, index: usize, stock: Stock) {
    let item = &company.items[index];
    let code = |acc: Acc| company.accounts[acc as usize].code;
    json.guid("ItemID", item.guid);
    json.text("Code", &item.code);
    json.text("Description", &item.description);
    if item.tracked {
        json.text("PurchaseDescription", &item.description);
    }
    json.moment("UpdatedDateUTC", start_of_records(company));
    json.object("PurchaseDetails");
    if item.cost > 0 {
        json.fine("UnitPrice", item.cost * 100);
        if item.tracked {
            json.text("COGSAccountCode", code(Acc::CostOfGoods));
        } else {
            json.text("AccountCode", code(Acc::Purchases));
        }
        json.text("TaxType", company.facts.standard.purchase);
    }
    json.close();
    json.object("SalesDetails");
    json.fine("UnitPrice", item.price * 100);
    json.text("AccountCode", code(item.account));
    json.text("TaxType", company.facts.standard.sale);
    json.close();
    json.text("Name", &item.name);
    json.boolean("IsTrackedAsInventory", item.tracked);
    if item.tracked {
        json.text("InventoryAssetAccountCode", code(Acc::Inventory));
        json.money("TotalCostPool", stock.value);
        json.fine("QuantityOnHand", stock.quantity);
    }
    json.boolean("IsSold", true);
    json.boolean("IsPurchased", item.cost > 0);
}
