//! Books that no generator would think of: records of a made-up company changed at random, as bookkeepers, imports and old data change them.
//!
//! Dates move to days on which something turns (Today, the ends of months and years), statuses, types and signs change, fields go missing or
//! come as texts, currencies lose their rates, rows of trial balances change or vanish. Such books no longer balance; but both routes
//! read the same pages, so that they must agree all the same.

use std::path::Path;

use serde_json::{Value, json};
use xero_pbit::base::Date;

/// A small generator: the same seed gives the same changes. Source: Sebastiano Vigna, "splitmix64".
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// Whether something of this many in a hundred happens.
    fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    pub fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// What may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wildness {
    /// What a bookkeeper can really do: days, statuses, amounts, rates, credits, lines.
    Lifelike,
    /// Also fields that are missing, in another form, of unknown kind; records twice; odd accounts and trial balances.
    Anything,
}

pub struct Perturb<'a> {
    pub dice: &'a mut Dice,
    pub today: Date,
    pub wildness: Wildness,
    /// Changed records of a hundred.
    pub share: usize,
}

fn wire(day: Date) -> Value {
    format!("/Date({}+0000)/", i64::from(day.to_unix_days()) * 86_400_000).into()
}

/// Days on which something turns.
fn turning_days(today: Date) -> Vec<Date> {
    let month = today.start_of_month();
    let before = month.add_months(-1);
    let year = Date::from_ymd(today.year(), 1, 1).expect("a day");
    let mut days = vec![
        today,
        today.add_days(-1),
        today.add_days(1),
        month,
        month.add_days(-1),
        month.end_of_month(),
        month.end_of_month().add_days(1),
        before,
        before.add_days(-1),
        before.add_days(today.0 - month.0),
        before.add_days(today.0 - month.0 + 1),
        month.add_months(-12),
        month.add_months(-11).add_days(-1),
        year,
        year.add_days(-1),
        today.add_days(7),
        today.add_days(8),
        today.add_days(30),
        today.add_days(31),
        today.add_days(-30),
        today.add_days(-31),
        today.add_days(-60),
        today.add_days(-61),
        today.add_days(-90),
        today.add_days(-91),
        today.add_months(14),
    ];
    for month_and_day in [(6, 30), (7, 1), (3, 31), (4, 1), (4, 5), (4, 6), (2, 28), (3, 1), (12, 31)] {
        days.extend(Date::from_ymd(today.year(), month_and_day.0, month_and_day.1));
        days.extend(Date::from_ymd(today.year() - 1, month_and_day.0, month_and_day.1));
    }
    days
}

impl Perturb<'_> {
    /// Changes the pages of a company folder.
    pub fn folder(&mut self, company: &Path) {
        let mut files: Vec<std::path::PathBuf> = Vec::new();
        for endpoint in std::fs::read_dir(company).expect("a company").filter_map(Result::ok).map(|e| e.path()).filter(|p| p.is_dir()) {
            files.extend(std::fs::read_dir(endpoint).expect("a folder").filter_map(Result::ok).map(|e| e.path()));
        }
        files.sort();
        for file in files {
            let endpoint = file.parent().and_then(Path::file_name).and_then(|n| n.to_str()).unwrap_or_default().to_owned();
            let mut page: Value = serde_json::from_slice(&std::fs::read(&file).expect("a page")).expect("JSON");
            match endpoint.as_str() {
                "TrialBalance" => {
                    if self.wildness == Wildness::Anything && self.dice.percent(4) && !file.ends_with(format!("{}.json", self.today)) {
                        std::fs::remove_file(&file).expect("it was there");
                        continue;
                    }
                    self.trial_balance(&mut page["Reports"][0]);
                }
                // What ties to the books no longer does.
                "BalanceSheet" | "ProfitAndLoss" | "BankSummary" => {
                    std::fs::remove_file(&file).expect("it was there");
                    continue;
                }
                "Organisation" => {
                    if self.wildness == Wildness::Anything && self.dice.percent(30) {
                        let choices = [
                            ("FinancialYearEndDay", json!(29)),
                            ("FinancialYearEndDay", json!("31")),
                            ("FinancialYearEndDay", Value::Null),
                            ("FinancialYearEndMonth", json!(2)),
                            ("FinancialYearEndMonth", Value::Null),
                        ];
                        let (key, value) = self.dice.of(&choices);
                        page["Organisations"][0][*key] = value.clone();
                    }
                }
                list => {
                    if let Some(records) = page[list].as_array_mut() {
                        self.records(list, records);
                    }
                }
            }
            std::fs::write(&file, page.to_string()).expect("a page can be written");
        }
    }

    /// Adds pages with something on every day on which something turns: invoices, bills and credits in every state, cash that is and is not
    /// reconciled, with and without a rate, transfers whose legs are and are not listed.
    pub fn corners(&mut self, company: &Path) {
        let list = |endpoint: &str| -> Vec<Value> {
            let text = std::fs::read(company.join(endpoint).join("1.json")).expect("the first page");
            serde_json::from_slice::<Value>(&text).expect("JSON")[endpoint].as_array().cloned().unwrap_or_default()
        };
        let (accounts, contacts, items) = (list("Accounts"), list("Contacts"), list("Items"));
        let of_type =
            |kind: &str| -> Vec<Value> { accounts.iter().filter(|a| a["Type"] == kind).map(|a| a["AccountID"].clone()).collect() };
        let (banks, income, costs) = (of_type("BANK"), of_type("SALES"), of_type("EXPENSE"));
        let income = if income.is_empty() { of_type("REVENUE") } else { income };
        let (mut invoices, mut credits, mut advances, mut transactions, mut payments, mut transfers) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut number = 0;
        // No two amounts are equal, so that none can stand for another.
        let mut amount = || {
            number += 1;
            (100.0 + 17.0 * f64::from(number) + 0.01 * f64::from(number % 97)).mul_add(100.0, 0.0).round() / 100.0
        };
        let mut days = turning_days(self.today);
        days.sort();
        days.dedup();
        for (at, day) in days.iter().enumerate() {
            for receivable in [true, false] {
                let side = if receivable { "AR" } else { "AP" };
                let contact = json!({"ContactID": self.dice.of(&contacts)["ContactID"], "Name": "x"});
                let account = self.dice.of(if receivable { &income } else { &costs }).clone();
                let line = |net: f64, item: &Value| {
                    json!([{"LineItemID": "x", "Quantity": 3, "UnitAmount": net / 3.0, "LineAmount": net, "TaxAmount": 1.5,
                        "ItemCode": item, "AccountID": account, "Description": "corner"}])
                };
                for (status, due) in [("AUTHORISED", self.day()), ("PAID", *day), ("DRAFT", *day), ("AUTHORISED", *day)] {
                    let net = amount();
                    // Every seventh is foreign and has no rate.
                    let unrated = at % 7 == 3 && status == "PAID";
                    let mut record = json!({"InvoiceID": format!("corner-{side}-{at}-{net}"), "Type": if receivable { "ACCREC" } else { "ACCPAY" },
                        "Status": status, "Date": wire(if status == "AUTHORISED" && due == *day { self.day() } else { *day }), "DueDate": wire(due),
                        "LineAmountTypes": "Exclusive", "SubTotal": net, "TotalTax": 1.5, "Total": net + 1.5,
                        "AmountDue": if status == "PAID" { json!(0) } else { json!(net + 1.5) }, "AmountPaid": 0, "AmountCredited": 0,
                        "CurrencyCode": if unrated { json!("JPY") } else { Value::Null }, "Contact": contact,
                        "LineItems": line(net, if self.dice.percent(70) { &self.dice.of(&items)["Code"] } else { &Value::Null })});
                    if status == "PAID" {
                        record["FullyPaidOnDate"] = wire(*day);
                    } else if self.dice.percent(50) {
                        record[if receivable { "ExpectedPaymentDate" } else { "PlannedPaymentDate" }] = wire(*day);
                    }
                    invoices.push(record);
                }
                let net = amount();
                let state = self.dice.of(&["AUTHORISED", "PAID", "DRAFT"]);
                credits.push(json!({"CreditNoteID": format!("corner-{side}-{at}"), "Type": if receivable { "ACCRECCREDIT" } else { "ACCPAYCREDIT" },
                    "Status": state, "Date": wire(*day), "LineAmountTypes": "Exclusive", "SubTotal": net, "TotalTax": 1.5, "Total": net + 1.5,
                    "RemainingCredit": if *state == "PAID" { json!(0) } else { json!(net + 1.5) }, "Contact": contact,
                    "LineItems": line(net, &self.dice.of(&items)["Code"])}));
                for kind in ["OVERPAYMENT", "PREPAYMENT"] {
                    if self.dice.percent(40) {
                        let open = amount();
                        let name = if kind == "OVERPAYMENT" { "OverpaymentID" } else { "PrepaymentID" };
                        advances.push((kind, json!({name: format!("corner-{side}-{at}"), "Type": format!("{}-{kind}", if receivable { "RECEIVE" } else { "SPEND" }),
                            "Status": "AUTHORISED", "Date": wire(*day), "Total": open, "SubTotal": open, "RemainingCredit": open, "Contact": contact})));
                    }
                }
                let bank = json!({"AccountID": self.dice.of(&banks)});
                let unrated = at % 5 == 2;
                transactions.push(json!({"BankTransactionID": format!("corner-{side}-{at}"), "Type": if receivable { "RECEIVE" } else { "SPEND" },
                    "Status": "AUTHORISED", "Date": wire(*day), "Total": amount(), "BankAccount": bank, "Contact": contact, "IsReconciled": at % 2 == 0,
                    "CurrencyCode": if unrated { json!("JPY") } else { Value::Null }}));
                payments.push(json!({"PaymentID": format!("corner-{side}-{at}"), "PaymentType": if receivable { "ACCRECPAYMENT" } else { "ACCPAYPAYMENT" },
                    "Status": "AUTHORISED", "Date": wire(*day), "Amount": amount(), "Account": bank, "IsReconciled": at % 3 == 0,
                    "Invoice": {"InvoiceID": "x", "Contact": contact}}));
            }
            transfers.push(json!({"BankTransferID": format!("corner-{at}"), "Date": wire(*day), "Amount": amount(),
                "FromBankAccount": {"AccountID": self.dice.of(&banks)}, "ToBankAccount": {"AccountID": self.dice.of(&banks)},
                "FromIsReconciled": at % 2 == 0, "ToIsReconciled": at % 3 == 0}));
        }
        let of_kind =
            |kind: &str| -> Vec<Value> { advances.iter().filter(|(k, _)| *k == kind).map(|(_, record)| record.clone()).collect() };
        for (endpoint, records) in [
            ("Invoices", invoices),
            ("CreditNotes", credits),
            ("Overpayments", of_kind("OVERPAYMENT")),
            ("Prepayments", of_kind("PREPAYMENT")),
            ("BankTransactions", transactions),
            ("Payments", payments),
            ("BankTransfers", transfers),
        ] {
            let folder = company.join(endpoint);
            std::fs::create_dir_all(&folder).expect("a folder can be made");
            std::fs::write(folder.join("900.json"), json!({endpoint: records}).to_string()).expect("a page can be written");
        }
    }

    fn records(&mut self, list: &str, records: &mut Vec<Value>) {
        let mut copies = Vec::new();
        for record in records.iter_mut() {
            if !self.dice.percent(self.share) {
                continue;
            }
            if self.wildness == Wildness::Anything && self.dice.percent(5) {
                copies.push(record.clone());
            }
            for _ in 0..=self.dice.below(2) {
                match list {
                    "Accounts" | "Contacts" | "Items" => self.list_record(list, record),
                    _ => self.document(list, record),
                }
            }
        }
        records.extend(copies);
        if self.wildness == Wildness::Anything
            && matches!(list, "Accounts" | "Contacts" | "Items")
            && self.dice.percent(20)
            && records.len() > 3
        {
            let gone = self.dice.below(records.len());
            records.remove(gone);
        }
    }

    /// Accounts, contacts, items.
    fn list_record(&mut self, list: &str, record: &mut Value) {
        if self.wildness == Wildness::Lifelike {
            match list {
                "Items" => record["QuantityOnHand"] = json!(self.dice.below(500) as f64 / 4.0),
                "Contacts" => record["ContactStatus"] = json!("ARCHIVED"),
                _ => record["Status"] = json!("ARCHIVED"),
            }
            return;
        }
        match list {
            "Items" => match self.dice.below(6) {
                0 => record["Code"] = record["Code"].as_str().unwrap_or_default().to_lowercase().into(),
                1 => record["TotalCostPool"] = Value::Null,
                2 => remove(record, "QuantityOnHand"),
                3 => record["QuantityOnHand"] = json!("12.5"),
                4 => record["TotalCostPool"] = json!(-10.5),
                _ => remove(record, "Name"),
            },
            "Contacts" => match self.dice.below(3) {
                0 => record["ContactStatus"] = json!("GDPRREQUEST"),
                1 => record["Name"] = json!("=1+1"),
                _ => remove(record, "Addresses"),
            },
            _ => match self.dice.below(8) {
                0 => record["Type"] = json!("SOMETHINGNEW"),
                1 => remove(record, "Class"),
                2 => record["Class"] = json!("LIABILITY"),
                3 => remove(record, "Code"),
                4 => remove(record, "SystemAccount"),
                5 => record["CurrencyCode"] = json!(["USD", "AUD", "EUR", ""][self.dice.below(4)]),
                6 => record["Status"] = json!("DELETED"),
                _ => record["Type"] = json!(["EXPENSE", "BANK", "EQUITY", "LIABILITY", "TERMLIAB", "OTHERINCOME"][self.dice.below(6)]),
            },
        }
    }

    fn day(&mut self) -> Date {
        let days = turning_days(self.today);
        if self.dice.percent(70) { *self.dice.of(&days) } else { self.today.add_days(60 - self.dice.below(700) as i32) }
    }

    fn set_day(&mut self, record: &mut Value, key: &str) {
        let day = self.day();
        let text = format!("{key}String");
        match self.dice.below(if self.wildness == Wildness::Anything { 4 } else { 1 }) {
            1 => {
                record[key] = format!("{day}T00:00:00").into();
                remove(record, &text);
            }
            2 => {
                remove(record, key);
                record[&text] = format!("{day} 00:00:00").into();
            }
            _ => {
                record[key] = wire(day);
                if record.get(&text).is_some() {
                    record[&text] = format!("{day}T00:00:00").into();
                }
            }
        }
    }

    fn amount(&mut self, now: &Value) -> Value {
        let number = now.as_f64().or_else(|| now.as_str()?.parse().ok()).unwrap_or(100.0);
        let cents = |x: f64| json!((x * 100.0).round() / 100.0);
        if self.wildness == Wildness::Lifelike {
            return match self.dice.below(4) {
                0 => json!(0),
                1 => cents(-number),
                2 => cents(number * 1.37),
                _ => cents(number + 0.01),
            };
        }
        match self.dice.below(11) {
            0 => json!(0),
            1 => cents(-number),
            2 => cents(number * 1.37),
            3 => cents(number + 0.01),
            4 => json!(format!("{:.2}", number)),
            5 => json!(format!("{:.4}", number + 0.0049)),
            6 => json!(number + 0.005),
            7 => Value::Null,
            8 => json!(""),
            9 => json!(123_456_789_012.34),
            _ => json!(1e-4),
        }
    }

    /// Anything with a date and an amount.
    fn document(&mut self, list: &str, record: &mut Value) {
        const STATUSES: [&str; 6] = ["DRAFT", "SUBMITTED", "AUTHORISED", "PAID", "VOIDED", "DELETED"];
        let anything = self.wildness == Wildness::Anything;
        let roll = self.dice.below(if anything { 20 } else { 13 });
        match roll {
            0..=2 => self.set_day(record, "Date"),
            3 => {
                let key = *self.dice.of(&["DueDate", "DueDate", "FullyPaidOnDate", "ExpectedPaymentDate", "PlannedPaymentDate"]);
                self.set_day(record, key);
            }
            4 => record["Status"] = json!(self.dice.of(&STATUSES)),
            5 | 6 => {
                let key = amounts(list)[self.dice.below(amounts(list).len())];
                record[key] = self.amount(&record[key].clone());
            }
            7 => {
                record["CurrencyCode"] = json!(self.dice.of(&["USD", "EUR", "JPY", "AUD"]));
                match self.dice.below(3) {
                    0 => remove(record, "CurrencyRate"),
                    1 => record["CurrencyRate"] = json!(0.731_942),
                    _ => record["CurrencyRate"] = json!(1.5),
                }
            }
            8 => {
                if let Some(lines) = record["LineItems"].as_array_mut().filter(|lines| !lines.is_empty()) {
                    let index = self.dice.below(lines.len());
                    let mut line = lines[index].clone();
                    self.line(&mut line);
                    record["LineItems"][index] = line;
                } else {
                    record["IsReconciled"] = json!(false);
                }
            }
            9 => {
                record["IsReconciled"] =
                    if anything { self.dice.of(&[json!("false"), json!(false), Value::Null]).clone() } else { json!(false) }
            }
            10 => match list {
                "Invoices" => record["Type"] = json!(self.dice.of(&["ACCREC", "ACCPAY"])),
                "CreditNotes" => record["Type"] = json!(self.dice.of(&["ACCRECCREDIT", "ACCPAYCREDIT"])),
                "BankTransactions" => {
                    record["Type"] =
                        json!(self.dice.of(&["RECEIVE", "SPEND", "SPEND-TRANSFER", "RECEIVE-TRANSFER", "RECEIVE-OVERPAYMENT"]));
                }
                "Payments" => {
                    record["PaymentType"] =
                        json!(self.dice.of(&["ACCRECPAYMENT", "ACCPAYPAYMENT", "ARCREDITPAYMENT", "APOVERPAYMENTPAYMENT"]));
                }
                _ => self.set_day(record, "Date"),
            },
            11 => match self.dice.below(3) {
                0 => record["LineAmountTypes"] = json!(self.dice.of(&["Inclusive", "Exclusive", "NoTax"])),
                1 => record["Contact"] = Value::Null,
                _ => record["Contact"] = json!({"ContactID": "not-in-the-list", "Name": "Gone"}),
            },
            12 => {
                remove(record, "CurrencyRate");
                remove(record, "DueDate");
                remove(record, "DueDateString");
            }
            13 => record["Status"] = json!(self.dice.of(&["", "SOMETHINGNEW", "authorised"])),
            14 => {
                record["CurrencyRate"] =
                    self.dice.of(&[json!(0), json!("1.25"), json!(-2), json!(3.000_001), Value::Null, json!("")]).clone();
            }
            15 => {
                let keys: Vec<String> = record.as_object().map(|o| o.keys().cloned().collect()).unwrap_or_default();
                // Without an id a record is no record.
                let removable: Vec<&String> = keys.iter().filter(|key| !key.ends_with("ID")).collect();
                if !removable.is_empty() {
                    remove(record, removable[self.dice.below(removable.len())]);
                }
            }
            16 => {
                let key = *self.dice.of(&["BankAccount", "Account", "FromBankAccount", "ToBankAccount"]);
                if record.get(key).is_some() {
                    record[key] = self.dice.of(&[Value::Null, json!({}), json!({"AccountID": "not-in-the-list"})]).clone();
                }
            }
            17 => record["LineItems"] = self.dice.of(&[Value::Null, json!([])]).clone(),
            18 => record["LineAmountTypes"] = self.dice.of(&[json!("inclusive"), json!("NOTAX"), Value::Null, json!("")]).clone(),
            _ => {
                let keys: Vec<String> = record.as_object().map(|o| o.keys().cloned().collect()).unwrap_or_default();
                let plain: Vec<&String> = keys.iter().filter(|key| record[key.as_str()].is_number()).collect();
                if !plain.is_empty() {
                    let key = plain[self.dice.below(plain.len())].clone();
                    record[&key] = record[&key].to_string().into();
                }
            }
        }
    }

    fn line(&mut self, line: &mut Value) {
        match self.dice.below(if self.wildness == Wildness::Anything { 12 } else { 5 }) {
            0 => line["Quantity"] = json!(2.5),
            1 => line["LineAmount"] = self.amount(&line["LineAmount"].clone()),
            2 => remove(line, "ItemCode"),
            3 => line["TaxAmount"] = json!(0),
            4 => line["ItemCode"] = line["ItemCode"].as_str().unwrap_or("nobody-knows").to_lowercase().into(),
            5 => remove(line, "AccountID"),
            6 => {
                remove(line, "AccountID");
                remove(line, "AccountCode");
            }
            7 => line["Quantity"] = Value::Null,
            8 => line["LineAmount"] = Value::Null,
            9 => line["Quantity"] = json!("1.3333"),
            10 => line["ItemCode"] = json!("NO SUCH ITEM"),
            _ => line["TaxAmount"] = json!("0.005"),
        }
    }

    fn trial_balance(&mut self, report: &mut Value) {
        let anything = self.wildness == Wildness::Anything;
        let share = self.share / 3;
        let Some(sections) = report["Rows"].as_array_mut() else { return };
        for section in sections.iter_mut().filter(|s| s["RowType"] == "Section") {
            if anything && self.dice.percent(1) {
                section["Title"] = json!("");
            }
            let Some(rows) = section["Rows"].as_array_mut() else { continue };
            let mut kept = Vec::new();
            for mut row in std::mem::take(rows) {
                if row["RowType"] == "Row" && self.dice.percent(share) {
                    match self.dice.below(if anything { 8 } else { 4 }) {
                        0 => continue,
                        1 => row["Cells"][1]["Value"] = json!("1,234.56"),
                        2 => row["Cells"][4]["Value"] = json!("987.65"),
                        3 => row["Cells"][3]["Value"] = json!("12.34"),
                        4 => row["Cells"][0]["Attributes"] = json!([{"Id": "account", "Value": "FXGROUPID"}]),
                        5 => row["Cells"][0]["Attributes"] = json!([{"Id": "account", "Value": "not-in-the-list"}]),
                        6 => kept.push(row.clone()),
                        _ => row["Cells"][2]["Value"] = json!("-0.5"),
                    }
                }
                kept.push(row);
            }
            section["Rows"] = kept.into();
        }
    }
}

fn remove(record: &mut Value, key: &str) {
    if let Some(fields) = record.as_object_mut() {
        fields.remove(key);
    }
}

/// The amounts of a list's records.
fn amounts(list: &str) -> &'static [&'static str] {
    match list {
        "Invoices" => &["SubTotal", "TotalTax", "Total", "AmountDue", "AmountPaid"],
        "CreditNotes" => &["SubTotal", "Total", "RemainingCredit"],
        "Overpayments" | "Prepayments" => &["RemainingCredit", "Total", "SubTotal"],
        "Payments" => &["Amount", "BankAmount"],
        "BankTransfers" => &["Amount"],
        _ => &["Total"],
    }
}
