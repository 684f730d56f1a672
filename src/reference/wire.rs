//! Xero's answers as they come over the wire, read for the reference alone.
//!
//! Numbers are kept exact: a JSON number, or a string that holds one, becomes a [`Decimal`] digit by digit. Missing keys,
//! `null`, `""` and `{}` all occur and mean "nothing". Source: Xero's OpenAPI files 16.1.0 and the notes on real answers
//! in `docs/xero.md`.

use std::borrow::Cow;
use std::str::FromStr;

use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::value::RawValue;

/// An exact number that may be absent. Accepts `12.5`, `"12.50"`, `1e3`, `""`, `null`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Num(pub Option<Decimal>);

impl Num {
    /// The number, or zero.
    pub fn or_zero(self) -> Decimal {
        self.0.unwrap_or_default()
    }

    /// The number as an amount, or zero: four decimals, which is what Xero gives at most and what a fixed decimal number holds.
    pub fn money(self) -> Decimal {
        self.or_zero().round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero)
    }
}

impl<'de> Deserialize<'de> for Num {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Num, D::Error> {
        let raw: &RawValue = Deserialize::deserialize(deserializer)?;
        let text = raw.get().trim();
        if text == "null" {
            return Ok(Num(None));
        }
        let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
        let number = parse_number(inner).ok_or_else(|| D::Error::custom(format!("expected a number, found `{}`", shorten(text))))?;
        // What a fixed decimal number cannot hold is no amount of any books.
        if number.is_some_and(|n| n.abs() > Decimal::new(i64::MAX, 4)) {
            return Err(D::Error::custom(format!("expected a number of at most 922337203685477.5807, found `{}`", shorten(text))));
        }
        Ok(Num(number))
    }
}

/// Reads a report cell or a number; `""` is nothing. Group commas are dropped.
pub fn parse_number(text: &str) -> Option<Option<Decimal>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(None);
    }
    let plain: Cow<str> = if text.contains(',') { text.replace(',', "").into() } else { text.into() };
    let number = if plain.contains(['e', 'E']) {
        Decimal::from_scientific(&plain).ok()
    } else {
        // Long fractions (`4.0729764675459012154124644427…`) may exceed 28 digits: the rest is rounded.
        Decimal::from_str_exact(&plain).or_else(|_| Decimal::from_str(&plain)).ok()
    };
    number.map(Some)
}

/// A text that may come as `null` or as another scalar.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        let raw: &RawValue = Deserialize::deserialize(deserializer)?;
        let text = raw.get().trim();
        if text.starts_with('"') {
            return serde_json::from_str(text).map(Text).map_err(D::Error::custom);
        }
        match text {
            "null" => Ok(Text::default()),
            _ if text.starts_with(['{', '[']) => Err(D::Error::custom(format!("expected a text, found `{}`", shorten(text)))),
            other => Ok(Text(other.to_owned())),
        }
    }
}

impl Text {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A calendar day in either of Xero's forms: `/Date(1539993600000+0000)/` or `2009-05-27T00:00:00` (also with a blank).
///
/// Document dates are the organisation's day stored as midnight UTC. A real offset is added, which gives the wall date.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Day(pub Option<Date>);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        let Text(text) = Text::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Day(None));
        }
        // `0001-01-01` is how Xero's answers say "no date"; nothing before 1900 is a date of a document.
        parse_day(&text)
            .map(|day| Day(Some(day).filter(|day| day.year() >= 1900)))
            .ok_or_else(|| D::Error::custom(format!("expected a date, found `{}`", shorten(&text))))
    }
}

/// The calendar day of a wire date.
pub fn parse_day(text: &str) -> Option<Date> {
    if let Some(body) = text.strip_prefix("/Date(").and_then(|t| t.strip_suffix(")/")) {
        let split = body.char_indices().skip(1).find(|(_, c)| *c == '+' || *c == '-').map(|(i, _)| i);
        let (millis, offset) = split.map_or((body, ""), |i| body.split_at(i));
        let mut seconds = millis.parse::<i64>().ok()?.div_euclid(1000);
        if offset.len() == 5 {
            let minutes = offset[1..3].parse::<i64>().ok()? * 60 + offset[3..5].parse::<i64>().ok()?;
            seconds += if offset.starts_with('-') { -minutes * 60 } else { minutes * 60 };
        }
        let epoch = jiff::civil::date(1970, 1, 1);
        return epoch.checked_add(jiff::Span::new().try_days(seconds.div_euclid(86_400)).ok()?).ok();
    }
    text.get(..10)?.parse().ok()
}

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// `true`, `"true"` or anything else, which is false.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Flag(pub bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Flag, D::Error> {
        Text::deserialize(deserializer).map(|text| Flag(text.0.eq_ignore_ascii_case("true")))
    }
}

macro_rules! records {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident : $kind:ty = $key:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(default)]
        pub struct $name { $($(#[$field_doc])* #[serde(rename = $key)] pub $field: $kind,)* }
    )*};
}

records! {
    /// `Organisation`.
    OrganisationRecord {
        id: Text = "OrganisationID", name: Text = "Name", base_currency: Text = "BaseCurrency",
        year_end_day: Num = "FinancialYearEndDay", year_end_month: Num = "FinancialYearEndMonth",
    }
    /// `Accounts[]`.
    AccountRecord {
        id: Text = "AccountID", code: Text = "Code", name: Text = "Name", kind: Text = "Type", class: Text = "Class",
        status: Text = "Status", system: Text = "SystemAccount", currency: Text = "CurrencyCode",
    }
    /// `Items[]`.
    ItemRecord { id: Text = "ItemID", code: Text = "Code", stock_value: Num = "TotalCostPool", stock_quantity: Num = "QuantityOnHand" }
    /// `Contacts[]`.
    ContactRecord { id: Text = "ContactID" }
    /// A reference to a contact.
    ContactLink { id: Text = "ContactID" }
    /// A reference to an account.
    AccountLink { id: Text = "AccountID" }
    /// `LineItems[]`.
    LineRecord {
        item: Text = "ItemCode", account: Text = "AccountID", account_code: Text = "AccountCode", quantity: Num = "Quantity", net_or_gross: Num = "LineAmount", tax: Num = "TaxAmount",
    }
    /// `Invoices[]`.
    InvoiceRecord {
        id: Text = "InvoiceID", kind: Text = "Type", status: Text = "Status", contact: Option<ContactLink> = "Contact",
        date: Day = "Date", date_text: Day = "DateString", due: Day = "DueDate", due_text: Day = "DueDateString",
        line_amounts: Text = "LineAmountTypes", currency: Text = "CurrencyCode", rate: Num = "CurrencyRate",
        sub_total: Num = "SubTotal", total: Num = "Total", amount_due: Num = "AmountDue",
        expected: Day = "ExpectedPaymentDate", planned: Day = "PlannedPaymentDate", paid: Day = "FullyPaidOnDate",
        lines: Option<Vec<LineRecord>> = "LineItems",
    }
    /// `CreditNotes[]`.
    CreditNoteRecord {
        id: Text = "CreditNoteID", kind: Text = "Type", status: Text = "Status", contact: Option<ContactLink> = "Contact",
        date: Day = "Date", date_text: Day = "DateString", line_amounts: Text = "LineAmountTypes", currency: Text = "CurrencyCode",
        rate: Num = "CurrencyRate", sub_total: Num = "SubTotal", total: Num = "Total", remaining: Num = "RemainingCredit",
        lines: Option<Vec<LineRecord>> = "LineItems",
    }
    /// `Overpayments[]`.
    OverpaymentRecord {
        id: Text = "OverpaymentID", kind: Text = "Type", status: Text = "Status", contact: Option<ContactLink> = "Contact",
        date: Day = "Date", date_text: Day = "DateString", currency: Text = "CurrencyCode", rate: Num = "CurrencyRate",
        remaining: Num = "RemainingCredit",
    }
    /// `Prepayments[]`.
    PrepaymentRecord {
        id: Text = "PrepaymentID", kind: Text = "Type", status: Text = "Status", contact: Option<ContactLink> = "Contact",
        date: Day = "Date", date_text: Day = "DateString", currency: Text = "CurrencyCode", rate: Num = "CurrencyRate",
        remaining: Num = "RemainingCredit",
    }
    /// `BankTransactions[]`.
    BankTransactionRecord {
        id: Text = "BankTransactionID", kind: Text = "Type", status: Text = "Status", contact: Option<ContactLink> = "Contact",
        account: Option<AccountLink> = "BankAccount", date: Day = "Date", date_text: Day = "DateString", currency: Text = "CurrencyCode",
        rate: Num = "CurrencyRate", total: Num = "Total", overpayment: Text = "OverpaymentID", prepayment: Text = "PrepaymentID",
        reconciled: Flag = "IsReconciled",
    }
    /// The document that a payment settles.
    PaidDocument { currency: Text = "CurrencyCode", contact: Option<ContactLink> = "Contact" }
    /// `Payments[]`.
    PaymentRecord {
        id: Text = "PaymentID", kind: Text = "PaymentType", status: Text = "Status", account: Option<AccountLink> = "Account",
        date: Day = "Date", date_text: Day = "DateString", amount: Num = "Amount", bank_amount: Num = "BankAmount", rate: Num = "CurrencyRate",
        invoice: Option<PaidDocument> = "Invoice", credit_note: Option<PaidDocument> = "CreditNote",
        overpayment: Option<PaidDocument> = "Overpayment", prepayment: Option<PaidDocument> = "Prepayment",
        reconciled: Flag = "IsReconciled",
    }
    /// `BankTransfers[]`.
    BankTransferRecord {
        id: Text = "BankTransferID", status: Text = "Status", from: Option<AccountLink> = "FromBankAccount", to: Option<AccountLink> = "ToBankAccount",
        date: Day = "Date", date_text: Day = "DateString", amount: Num = "Amount", rate: Num = "CurrencyRate",
        from_transaction: Text = "FromBankTransactionID", to_transaction: Text = "ToBankTransactionID",
        from_reconciled: Flag = "FromIsReconciled", to_reconciled: Flag = "ToIsReconciled",
    }
    /// `Reports[]`.
    ReportRecord { titles: Vec<Text> = "ReportTitles", rows: Vec<ReportRow> = "Rows" }
    /// A row or section of a report.
    ReportRow { kind: Text = "RowType", title: Text = "Title", cells: Vec<ReportCell> = "Cells", rows: Vec<ReportRow> = "Rows" }
    /// A cell.
    ReportCell { value: Text = "Value", attributes: Vec<ReportAttribute> = "Attributes" }
    /// What a cell stands for.
    ReportAttribute { id: Text = "Id", value: Text = "Value" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_date_forms_give_the_organisation_s_day() {
        for (text, day) in [
            ("/Date(1539993600000+0000)/", "2018-10-20"),
            ("/Date(1539993600000)/", "2018-10-20"),
            ("/Date(-62135596800000+0000)/", "0001-01-01"),
            ("/Date(1539950400000+1300)/", "2018-10-20"),
            ("2009-05-27T00:00:00", "2009-05-27"),
            ("2016-11-12 21:10:00", "2016-11-12"),
        ] {
            assert_eq!(parse_day(text).map(|d| d.to_string()).as_deref(), Some(day), "{text}");
        }
        assert_eq!(parse_day("12/11/2016"), None);
        assert_eq!(parse_day("é"), None);
    }

    #[test]
    fn the_first_day_of_all_is_no_date() {
        for (text, day) in [
            ("\"/Date(-62135596800000+0000)/\"", None),
            ("\"0001-01-01T00:00:00\"", None),
            ("\"\"", None),
            ("\"1999-12-31T00:00:00\"", Some("1999-12-31")),
        ] {
            let read: Day = serde_json::from_str(text).unwrap();
            assert_eq!(read.0.map(|d| d.to_string()).as_deref(), day, "{text}");
        }
    }

    #[test]
    fn numbers_come_as_numbers_and_as_texts() {
        #[derive(Deserialize)]
        struct Probe {
            a: Num,
            b: Num,
            c: Num,
            d: Num,
        }
        let probe: Probe = serde_json::from_str(r#"{"a": 0.1, "b": "1,190.00", "c": "", "d": null}"#).unwrap();
        assert_eq!(probe.a.0, Decimal::from_str("0.1").ok());
        assert_eq!(probe.b.0, Decimal::from_str("1190.00").ok());
        assert_eq!((probe.c.0, probe.d.0), (None, None));
        assert!(serde_json::from_str::<Num>("true").is_err());
    }
}
