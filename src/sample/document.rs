//! Invoices, bills and credit notes: lines, totals, and their JSON.

use crate::base::Date;

use super::Company;
use super::chart::Acc;
use super::json::Json;
use super::ledger::divide;
use super::names;
use super::rng::{Id, Rng, guid};

/// Receivable or payable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Sale,
    Bill,
}

impl Side {
    pub(super) fn sign(self) -> i64 {
        if self == Side::Sale { 1 } else { -1 }
    }

    pub(super) fn control(self) -> Acc {
        if self == Side::Sale { Acc::Debtors } else { Acc::Creditors }
    }

    pub(super) fn invoice_type(self) -> &'static str {
        if self == Side::Sale { "ACCREC" } else { "ACCPAY" }
    }

    pub(super) fn credit_type(self) -> &'static str {
        if self == Side::Sale { "ACCRECCREDIT" } else { "ACCPAYCREDIT" }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amounts {
    Exclusive,
    Inclusive,
    NoTax,
}

impl Amounts {
    pub(super) fn word(self) -> &'static str {
        match self {
            Amounts::Exclusive => "Exclusive",
            Amounts::Inclusive => "Inclusive",
            Amounts::NoTax => "NoTax",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TaxKind {
    Standard,
    Reduced,
    Zero,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Discount {
    None,
    /// Hundredths of a percent.
    Rate(i64),
    /// Cents.
    Amount(i64),
}

/// How a line's description comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// The item's own, or a text that the line's number chooses.
    Usual,
    /// Nothing but a description: no account, no amount.
    Note,
    Fixed(&'static str),
}

#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) item: Option<usize>,
    pub(super) account: Acc,
    /// 1/10 000.
    pub(super) quantity: i64,
    /// 1/10 000 of the document's currency.
    pub(super) unit: i64,
    pub(super) discount: Discount,
    /// Cents after discount, as `LineAmount` has it.
    pub(super) amount: i64,
    pub(super) tax: TaxKind,
    pub(super) tax_amount: i64,
    pub(super) words: Words,
    /// Bit 0: a region, bit 1: a channel; the line's number says which.
    pub(super) tracking: u8,
}

impl Line {
    pub(super) fn net(&self, amounts: Amounts) -> i64 {
        if amounts == Amounts::Inclusive { self.amount - self.tax_amount } else { self.amount }
    }

    pub(super) fn discounted(&self) -> i64 {
        divide(i128::from(self.quantity) * i128::from(self.unit), 1_000_000) - self.amount
    }
}

/// Hundredths of a percent.
pub(super) fn tax_rate(company: &Company, side: Side, tax: TaxKind) -> i64 {
    let tax = match tax {
        TaxKind::Standard => &company.facts.standard,
        TaxKind::Reduced => &company.facts.reduced,
        TaxKind::Zero => &company.facts.zero,
        TaxKind::None => return 0,
    };
    if side == Side::Sale { tax.sale_rate } else { tax.purchase_rate }
}

fn tax_type(company: &Company, side: Side, tax: TaxKind) -> &'static str {
    let tax = match tax {
        TaxKind::Standard => &company.facts.standard,
        TaxKind::Reduced => &company.facts.reduced,
        TaxKind::Zero => &company.facts.zero,
        TaxKind::None => return "NONE",
    };
    if side == Side::Sale { tax.sale } else { tax.purchase }
}

/// Computes `LineAmount` and `TaxAmount` as Xero does: tax per line, rounded to the cent.
pub(super) fn price(company: &Company, side: Side, amounts: Amounts, line: &mut Line) {
    let gross = divide(i128::from(line.quantity) * i128::from(line.unit), 1_000_000);
    line.amount = match line.discount {
        Discount::None => gross,
        Discount::Rate(rate) => divide(i128::from(line.quantity) * i128::from(line.unit) * i128::from(10_000 - rate), 10_000_000_000),
        Discount::Amount(off) => gross - off,
    };
    if amounts == Amounts::NoTax {
        line.tax = TaxKind::None;
    }
    let rate = tax_rate(company, side, line.tax);
    line.tax_amount = match amounts {
        Amounts::Exclusive => divide(i128::from(line.amount) * i128::from(rate), 10_000),
        Amounts::Inclusive => divide(i128::from(line.amount) * i128::from(rate), i128::from(10_000 + rate)),
        Amounts::NoTax => 0,
    };
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) net: i64,
    pub(super) tax: i64,
    pub(super) gross: i64,
    pub(super) discount: i64,
}

pub(super) fn totals(amounts: Amounts, lines: &[Line]) -> Totals {
    let net = lines.iter().map(|line| line.net(amounts)).sum();
    let tax = lines.iter().map(|line| line.tax_amount).sum();
    let discount = lines.iter().filter(|line| line.discount != Discount::None).map(Line::discounted).sum();
    Totals { net, tax, gross: net + tax, discount }
}

/// A payment as its document lists it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paid {
    pub(super) id: u128,
    pub(super) date: Date,
    pub(super) amount: i64,
    pub(super) rate: i64,
}

/// A credit as the invoice that it was applied to lists it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Applied {
    pub(super) kind: CreditKind,
    pub(super) id: u128,
    pub(super) number: u64,
    pub(super) date: Date,
    pub(super) amount: i64,
    pub(super) total: i64,
    pub(super) rate: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CreditKind {
    CreditNote,
    Overpayment,
    Prepayment,
}

/// An allocation as its credit lists it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allocation {
    pub(super) id: u128,
    pub(super) invoice: u128,
    pub(super) number: u64,
    pub(super) side: Side,
    pub(super) date: Date,
    pub(super) amount: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) side: Side,
    pub(super) number: u64,
    pub(super) id: u128,
    pub(super) contact: usize,
    pub(super) date: Date,
    pub(super) due: Option<Date>,
    pub(super) status: &'static str,
    pub(super) amounts: Amounts,
    pub(super) currency: usize,
    pub(super) rate: i64,
    pub(super) lines: Vec<Line>,
    pub(super) totals: Totals,
    pub(super) due_amount: i64,
    pub(super) paid: i64,
    pub(super) credited: i64,
    pub(super) fully_paid: Option<Date>,
    pub(super) payments: Vec<Paid>,
    pub(super) applied: Vec<Applied>,
}

#[derive(Clone, Debug)]
pub(super) struct Credit {
    pub(super) kind: CreditKind,
    pub(super) side: Side,
    pub(super) number: u64,
    pub(super) id: u128,
    pub(super) contact: usize,
    pub(super) date: Date,
    pub(super) status: &'static str,
    pub(super) amounts: Amounts,
    pub(super) currency: usize,
    pub(super) rate: i64,
    pub(super) lines: Vec<Line>,
    pub(super) totals: Totals,
    pub(super) remaining: i64,
    /// What the remaining credit is worth in the books, cents of the base currency.
    pub(super) remaining_base: i64,
    pub(super) allocations: Vec<Allocation>,
    pub(super) payments: Vec<Paid>,
}

pub(super) fn invoice_number(side: Side, number: u64) -> String {
    match side {
        Side::Sale => format!("INV-{number:04}"),
        // Suppliers number their bills as they like; some not at all.
        Side::Bill => match number % 7 {
            0 => String::new(),
            1 | 2 => format!("{}", 100_000 + number * 37 % 900_000),
            3 => format!("R{}/{:02}", number * 13, number % 97),
            _ => format!("BILL-{number}"),
        },
    }
}

pub(super) fn credit_number(side: Side, number: u64) -> String {
    if side == Side::Sale {
        format!("CN-{number:04}")
    } else if number.is_multiple_of(3) {
        String::new()
    } else {
        format!("SCN{number}")
    }
}

/// `Contact` as documents carry it: id and name, empty lists.
pub(super) fn contact(json: &mut Json, company: &Company, index: usize) {
    let contact = &company.contacts[index];
    json.object("Contact");
    json.guid("ContactID", contact.guid);
    json.text("Name", &contact.name);
    json.empty_list("Addresses");
    json.empty_list("Phones");
    json.empty_list("ContactGroups");
    json.empty_list("ContactPersons");
    json.boolean("HasValidationErrors", false);
    json.close();
}

/// `UpdatedDateUTC` of something that last changed on `date`: some hours later, never after the pages were asked for.
pub(super) fn updated(company: &Company, date: Date, number: u64) -> i64 {
    let millis = i64::from(date.to_unix_days()) * 86_400_000 + (6 * 3600 + (number * 7919 % 36_000) as i64) * 1000 + (number % 1000) as i64;
    millis.min(company.now() - 60_000)
}

pub(super) fn updated_pair(json: &mut Json, company: &Company, date: Date, number: u64) {
    let millis = updated(company, date, number);
    json.moment("UpdatedDateUTC", millis);
    json.moment_text("UpdatedDateUTCString", millis, true);
}

/// `CurrencyRate` where Xero gives it: always for foreign documents, 1 or nothing otherwise.
pub(super) fn currency(json: &mut Json, company: &Company, currency: usize, rate: i64, number: u64) {
    if currency > 0 || !number.is_multiple_of(3) {
        json.rate("CurrencyRate", rate);
    }
    json.text("CurrencyCode", company.currency_code(currency));
}

const REGIONS: [&str; 4] = ["North", "South", "East", "West"];
const CHANNELS: [&str; 3] = ["Retail", "Wholesale", "Online \u{1f6d2}"];

fn tracking(json: &mut Json, company: &Company, line: &Line) {
    if line.tracking == 0 {
        json.empty_list("Tracking");
        return;
    }
    json.list("Tracking");
    for (bit, name, options) in [(1u8, "Region", &REGIONS[..]), (2, "Channel", &CHANNELS[..])] {
        if line.tracking & bit != 0 {
            let option = (line.number as usize * usize::from(bit + 2)) % options.len();
            json.open();
            json.text("Name", name);
            json.text("Option", options[option]);
            json.guid("TrackingCategoryID", guid(company.seed, Id::Tracking, u64::from(bit)));
            json.guid("TrackingOptionID", guid(company.seed, Id::Tracking, u64::from(bit) * 100 + option as u64));
            json.close();
        }
    }
    json.end_list();
}

/// `LineItems`.
pub(super) fn lines(json: &mut Json, company: &Company, side: Side, amounts: Amounts, lines: &[Line]) {
    json.list("LineItems");
    for line in lines {
        json.open();
        let mut rng = Rng::new(company.seed, 0x11_0000_0000 + line.number);
        if line.words == Words::Note {
            json.text("Description", rng.pick(names::NOTE_TEXTS));
            json.guid("LineItemID", guid(company.seed, Id::Line, line.number));
            if rng.chance(500) {
                json.money("TaxAmount", 0);
                json.money("LineAmount", 0);
            }
            json.empty_list("Tracking");
            json.close();
            continue;
        }
        if let Some(index) = line.item {
            let item = &company.items[index];
            // Codes match in any case.
            let code = if rng.chance(30) { item.code.to_lowercase() } else { item.code.clone() };
            json.text("ItemCode", &code);
            json.text("Description", &item.description);
            if item.listed && rng.chance(400) {
                json.object("Item");
                json.guid("ItemID", item.guid);
                json.text("Name", &item.name);
                json.text("Code", &item.code);
                json.close();
            }
        } else {
            let text = match line.words {
                Words::Fixed(text) => text,
                _ if side == Side::Sale => rng.pick(names::SALE_TEXTS),
                _ => rng.pick(names::BILL_TEXTS),
            };
            json.text("Description", text);
        }
        json.fine("UnitAmount", line.unit);
        json.text("TaxType", if amounts == Amounts::NoTax { "NONE" } else { tax_type(company, side, line.tax) });
        json.money("TaxAmount", line.tax_amount);
        json.money("LineAmount", line.amount);
        let account = &company.accounts[line.account as usize];
        if !account.code.is_empty() {
            json.text("AccountCode", account.code);
        }
        json.guid("AccountID", account.guid);
        tracking(json, company, line);
        json.fine("Quantity", line.quantity);
        match line.discount {
            Discount::None => {}
            Discount::Rate(rate) => json.money("DiscountRate", rate),
            Discount::Amount(amount) => json.money("DiscountAmount", amount),
        }
        json.guid("LineItemID", guid(company.seed, Id::Line, line.number));
        json.close();
    }
    json.end_list();
}

fn payments(json: &mut Json, payments: &[Paid]) {
    json.list("Payments");
    for paid in payments {
        json.open();
        json.guid("PaymentID", paid.id);
        json.day("Date", paid.date);
        json.money("Amount", paid.amount);
        json.rate("CurrencyRate", paid.rate);
        json.boolean("HasAccount", false);
        json.boolean("HasValidationErrors", false);
        json.close();
    }
    json.end_list();
}

/// A record of `GET /Invoices`.
pub(super) fn invoice(json: &mut Json, company: &Company, document: &Document) {
    let mut rng = Rng::new(company.seed, 0x12_0000_0000 + document.number * 2 + u64::from(document.side == Side::Bill));
    json.text("Type", document.side.invoice_type());
    json.guid("InvoiceID", document.id);
    json.text("InvoiceNumber", &invoice_number(document.side, document.number));
    json.text("Reference", rng.pick(names::REFERENCES));
    payments(json, &document.payments);
    for (key, kind) in
        [("CreditNotes", CreditKind::CreditNote), ("Prepayments", CreditKind::Prepayment), ("Overpayments", CreditKind::Overpayment)]
    {
        json.list(key);
        for applied in document.applied.iter().filter(|applied| applied.kind == kind) {
            json.open();
            match kind {
                CreditKind::CreditNote => {
                    json.guid("CreditNoteID", applied.id);
                    json.text("CreditNoteNumber", &credit_number(document.side, applied.number));
                }
                CreditKind::Overpayment => json.guid("OverpaymentID", applied.id),
                CreditKind::Prepayment => json.guid("PrepaymentID", applied.id),
            }
            json.guid("ID", applied.id);
            json.money("AppliedAmount", applied.amount);
            json.both("Date", applied.date);
            json.empty_list("LineItems");
            json.money("Total", applied.total);
            json.rate("CurrencyRate", applied.rate);
            json.close();
        }
        json.end_list();
    }
    json.money("AmountDue", document.due_amount);
    json.money("AmountPaid", document.paid);
    json.money("AmountCredited", document.credited);
    json.boolean("SentToContact", document.side == Side::Sale && rng.chance(800));
    json.boolean("HasErrors", false);
    json.boolean("IsDiscounted", document.totals.discount != 0);
    if document.totals.discount != 0 {
        json.money("TotalDiscount", document.totals.discount);
    }
    json.boolean("HasAttachments", rng.chance(100));
    if rng.chance(60) {
        json.guid("RepeatingInvoiceID", guid(company.seed, Id::Repeating, document.contact as u64));
    }
    if document.side == Side::Sale {
        json.guid("BrandingThemeID", guid(company.seed, Id::Branding, 1));
    }
    contact(json, company, document.contact);
    json.both("Date", document.date);
    if let Some(due) = document.due {
        json.both("DueDate", due);
        if document.due_amount != 0 && rng.chance(150) {
            let key = if document.side == Side::Sale { "ExpectedPaymentDate" } else { "PlannedPaymentDate" };
            json.day(key, due.add_days(rng.range(3, 30) as i32));
        }
    }
    json.text("Status", document.status);
    json.text("LineAmountTypes", document.amounts.word());
    lines(json, company, document.side, document.amounts, &document.lines);
    json.money("SubTotal", document.totals.net);
    json.money("TotalTax", document.totals.tax);
    json.money("Total", document.totals.gross);
    let changed = document.payments.iter().map(|paid| paid.date).chain(document.applied.iter().map(|applied| applied.date)).max();
    updated_pair(json, company, changed.unwrap_or(document.date).max(document.date), document.number);
    currency(json, company, document.currency, document.rate, document.number);
    if let Some(date) = document.fully_paid {
        json.day("FullyPaidOnDate", date);
    }
}

/// A record of `GET /CreditNotes`, `/Overpayments` or `/Prepayments`.
pub(super) fn credit(json: &mut Json, company: &Company, credit: &Credit) {
    let mut rng =
        Rng::new(company.seed, 0x13_0000_0000 + credit.number * 8 + credit.kind as u64 * 2 + u64::from(credit.side == Side::Bill));
    let kind = match (credit.kind, credit.side) {
        (CreditKind::CreditNote, side) => {
            json.guid("CreditNoteID", credit.id);
            json.text("CreditNoteNumber", &credit_number(side, credit.number));
            side.credit_type()
        }
        (CreditKind::Overpayment, side) => {
            json.guid("OverpaymentID", credit.id);
            if side == Side::Sale { "RECEIVE-OVERPAYMENT" } else { "SPEND-OVERPAYMENT" }
        }
        (CreditKind::Prepayment, side) => {
            json.guid("PrepaymentID", credit.id);
            if side == Side::Sale { "RECEIVE-PREPAYMENT" } else { "SPEND-PREPAYMENT" }
        }
    };
    payments(json, &credit.payments);
    json.guid("ID", credit.id);
    json.text("Type", kind);
    json.text("Reference", rng.pick(names::REFERENCES));
    json.money("RemainingCredit", credit.remaining);
    json.list("Allocations");
    for allocation in &credit.allocations {
        json.open();
        json.guid("AllocationID", allocation.id);
        json.money("Amount", allocation.amount);
        json.day("Date", allocation.date);
        json.object("Invoice");
        json.guid("InvoiceID", allocation.invoice);
        json.text("InvoiceNumber", &invoice_number(allocation.side, allocation.number));
        json.empty_list("Payments");
        json.empty_list("LineItems");
        json.close();
        json.boolean("IsDeleted", false);
        json.close();
    }
    json.end_list();
    json.boolean("HasAttachments", false);
    contact(json, company, credit.contact);
    json.both("Date", credit.date);
    if credit.kind == CreditKind::CreditNote && rng.chance(300) {
        json.both("DueDate", credit.date.add_days(14));
    }
    json.text("Status", credit.status);
    json.text("LineAmountTypes", credit.amounts.word());
    lines(json, company, credit.side, credit.amounts, &credit.lines);
    json.money("SubTotal", credit.totals.net);
    json.money("TotalTax", credit.totals.tax);
    json.money("Total", credit.totals.gross);
    let changed = credit.payments.iter().map(|paid| paid.date).chain(credit.allocations.iter().map(|allocation| allocation.date)).max();
    updated_pair(json, company, changed.unwrap_or(credit.date), credit.number);
    // Some over- and prepayments come without a rate: it is on their bank transaction.
    if credit.kind == CreditKind::CreditNote || credit.number.is_multiple_of(2) {
        currency(json, company, credit.currency, credit.rate, credit.number);
    } else {
        json.text("CurrencyCode", company.currency_code(credit.currency));
    }
    if credit.status == "PAID"
        && let Some(date) = changed
    {
        json.day("FullyPaidOnDate", date);
    }
}
