//! A company folder read back: lists, trial balances, reports, and the checks between them.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use xero_pbit::base::Date;
use xero_pbit::sample::Options;

/// JSON in which no object has a key twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Strict, D::Error> {
        deserializer.deserialize_any(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Strict;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Strict, E> {
        Ok(Strict(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Strict, E> {
        Ok(Strict(Value::from(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Strict, E> {
        Ok(Strict(Value::from(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Strict, E> {
        Ok(Strict(Value::from(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Strict, E> {
        Ok(Strict(Value::from(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Strict, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Strict(Value::Array(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Strict, A::Error> {
        let mut map = serde_json::Map::new();
        while let Some((key, Strict(value))) = entries.next_entry::<String, Strict>()? {
            if map.insert(key.clone(), value).is_some() {
                return Err(A::Error::custom(format!("`{key}` comes twice")));
            }
        }
        Ok(Strict(Value::Object(map)))
    }
}

/// A row of a trial balance, in cents.
pub struct Row {
    pub section: String,
    pub name: String,
    pub id: String,
    pub debit: i64,
    pub credit: i64,
    pub year_debit: i64,
    pub year_credit: i64,
}

impl Row {
    pub fn movement(&self) -> i64 {
        self.debit - self.credit
    }

    pub fn balance(&self) -> i64 {
        self.year_debit - self.year_credit
    }

    pub fn is_profit_and_loss(&self) -> bool {
        self.section == "Revenue" || self.section == "Expenses"
    }
}

pub struct Books {
    pages: BTreeMap<String, Value>,
    pub balances: BTreeMap<Date, Vec<Row>>,
    totals: BTreeMap<Date, [i64; 4]>,
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

/// Cents of a number or a text; absent is 0.
pub fn cents(value: &Value) -> i64 {
    let text = match value {
        Value::Number(number) => format!("{:.2}", number.as_f64().unwrap()),
        Value::String(text) if !text.is_empty() => text.clone(),
        _ => return 0,
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
    assert!(fraction.len() <= 2, "{text}");
    let magnitude = whole.trim_start_matches('-').parse::<i64>().unwrap() * 100 + format!("{fraction:0<2}").parse::<i64>().unwrap();
    if text.starts_with('-') { -magnitude } else { magnitude }
}

pub fn day(value: &Value) -> Date {
    text(value)[..10].parse().unwrap()
}

/// The day of `/Date(ms+0000)/`.
pub fn ms_day(value: &Value) -> Date {
    let text = text(value);
    let ms: i64 = text.strip_prefix("/Date(").unwrap().trim_end_matches(")/").trim_end_matches("+0000").parse().unwrap();
    Date::from_unix_days(ms.div_euclid(86_400_000) as i32)
}

fn same<T: PartialEq + std::fmt::Debug>(what: impl Fn() -> String, left: T, right: T) -> Result<(), String> {
    if left == right { Ok(()) } else { Err(format!("{}: {left:?} is not {right:?}", what())) }
}

impl Books {
    pub fn read(files: &BTreeMap<String, Vec<u8>>) -> Books {
        let pages: BTreeMap<String, Value> =
            files.iter().map(|(path, bytes)| (path.clone(), serde_json::from_slice::<Strict>(bytes).expect("valid JSON").0)).collect();
        let mut books = Books { pages, balances: BTreeMap::new(), totals: BTreeMap::new() };
        for (path, page) in &books.pages {
            let Some(date) = path.strip_prefix("TrialBalance/") else { continue };
            let date: Date = date.trim_end_matches(".json").parse().unwrap();
            let mut rows = Vec::new();
            for section in page["Reports"][0]["Rows"].as_array().unwrap().iter().filter(|row| row["RowType"] == "Section") {
                for row in section["Rows"].as_array().unwrap() {
                    let cells = row["Cells"].as_array().unwrap();
                    let amounts: Vec<i64> = cells[1..].iter().map(|cell| cents(&cell["Value"])).collect();
                    if row["RowType"] == "SummaryRow" {
                        books.totals.insert(date, [amounts[0], amounts[1], amounts[2], amounts[3]]);
                        continue;
                    }
                    rows.push(Row {
                        section: text(&section["Title"]).to_owned(),
                        name: text(&cells[0]["Value"]).to_owned(),
                        id: text(&cells[0]["Attributes"][0]["Value"]).to_owned(),
                        debit: amounts[0],
                        credit: amounts[1],
                        year_debit: amounts[2],
                        year_credit: amounts[3],
                    });
                }
            }
            books.balances.insert(date, rows);
        }
        books
    }

    /// All records of an endpoint, page after page.
    pub fn list(&self, endpoint: &str) -> Vec<&Value> {
        let mut records = Vec::new();
        for page in 1.. {
            let Some(value) = self.pages.get(&format!("{endpoint}/{page}.json")) else { break };
            let key = if endpoint == "Organisation" { "Organisations" } else { endpoint };
            records.extend(value[key].as_array().unwrap());
        }
        records
    }

    /// The identifier of a system account.
    fn system(&self, name: &str) -> String {
        self.list("Accounts")
            .into_iter()
            .find(|account| account["SystemAccount"] == name)
            .map(|account| text(&account["AccountID"]).to_owned())
            .unwrap()
    }

    fn balance(&self, date: Date, id: &str) -> i64 {
        self.balances[&date].iter().filter(|row| row.id == id).map(Row::balance).sum()
    }

    /// Amounts of a report's rows by account id, and of its other rows by name.
    fn report(&self, path: &str) -> (BTreeMap<String, i64>, BTreeMap<String, i64>) {
        let (mut by_id, mut by_name) = (BTreeMap::new(), BTreeMap::new());
        let report = &self.pages.get(path).unwrap_or_else(|| panic!("no {path}"))["Reports"][0];
        for section in report["Rows"].as_array().unwrap().iter().filter(|row| row["RowType"] == "Section") {
            for row in section["Rows"].as_array().unwrap() {
                let cells = row["Cells"].as_array().unwrap();
                let amount = cents(&cells[1]["Value"]);
                by_name.insert(text(&cells[0]["Value"]).to_owned(), amount);
                if let Some(id) = cells[0]["Attributes"][0]["Value"].as_str() {
                    by_id.insert(id.to_owned(), amount);
                }
            }
        }
        (by_id, by_name)
    }

    fn fiscal_year_end(options: &Options, year: i32) -> Date {
        let (month, day) = options.year_end;
        (1..=day).rev().find_map(|day| Date::from_ymd(year, month, day)).unwrap()
    }

    fn fiscal_year_start(options: &Options, date: Date) -> Date {
        let this = Self::fiscal_year_end(options, date.year());
        let before = if this < date { this } else { Self::fiscal_year_end(options, date.year() - 1) };
        before.add_days(1)
    }

    /// Every relation that must hold.
    pub fn check(&self, options: &Options) -> Result<(), String> {
        self.check_trial_balances(options)?;
        self.check_balance_sheets()?;
        self.check_profit_and_loss(options)?;
        self.check_bank_summaries()?;
        self.check_documents(options)?;
        self.check_cash(options)?;
        self.check_control_accounts(options)
    }

    fn check_trial_balances(&self, options: &Options) -> Result<(), String> {
        let start = options.as_of.start_of_month().add_months(1 - options.months as i32);
        let mut wanted = vec![start.add_days(-1)];
        while *wanted.last().unwrap() < options.as_of {
            let next = wanted.last().unwrap().add_days(1).end_of_month().min(options.as_of);
            wanted.push(next);
        }
        same(|| "dates of trial balances".to_owned(), self.balances.keys().copied().collect::<Vec<_>>(), wanted)?;
        let retained = self.system("RETAINEDEARNINGS");
        let mut before: BTreeMap<String, i64> = BTreeMap::new();
        let mut last: Option<Date> = None;
        for (&date, rows) in &self.balances {
            let sums = rows
                .iter()
                .fold([0; 4], |sums, row| [sums[0] + row.debit, sums[1] + row.credit, sums[2] + row.year_debit, sums[3] + row.year_credit]);
            same(|| format!("totals of {date}"), sums, self.totals[&date])?;
            same(|| format!("debit and credit of {date}"), sums[0], sums[1])?;
            same(|| format!("year to date of {date}"), sums[2], sums[3])?;
            for row in rows {
                if row.debit * row.credit != 0 || row.year_debit * row.year_credit != 0 {
                    return Err(format!("{} has both sides on {date}", row.name));
                }
                if row.movement() == 0 && row.balance() == 0 {
                    return Err(format!("{} of {date} is a zero account", row.name));
                }
            }
            // Balances continue; those of profit and loss begin anew in a fiscal year, and retained earnings take them up.
            if let Some(last) = last {
                let year_start = Self::fiscal_year_start(options, date);
                let new_year = year_start > last;
                let mid_month = new_year && year_start != date.start_of_month();
                if !mid_month {
                    let now: BTreeMap<&str, (i64, i64, bool)> =
                        rows.iter().map(|row| (row.id.as_str(), (row.balance(), row.movement(), row.is_profit_and_loss()))).collect();
                    for id in before.keys().map(String::as_str).chain(now.keys().copied()) {
                        if id == retained {
                            continue;
                        }
                        let (balance, movement, profit) = now.get(id).copied().unwrap_or((0, 0, new_year));
                        let opening = if profit && new_year { 0 } else { before.get(id).copied().unwrap_or(0) };
                        same(|| format!("{id} continues on {date}"), balance, opening + movement)?;
                    }
                    if new_year {
                        let earned: i64 = self.balances[&last].iter().filter(|row| row.is_profit_and_loss()).map(Row::balance).sum();
                        let previous = before.get(&retained).copied().unwrap_or(0);
                        same(|| format!("retained earnings of {date}"), self.balance(date, &retained), previous + earned)?;
                    }
                }
            }
            before = rows.iter().map(|row| (row.id.clone(), row.balance())).collect();
            last = Some(date);
        }
        Ok(())
    }

    fn check_balance_sheets(&self) -> Result<(), String> {
        for (&date, rows) in &self.balances {
            let (by_id, by_name) = self.report(&format!("BalanceSheet/{date}.json"));
            let named = |name: &str| by_name.get(name).copied().unwrap_or(0);
            let of = |section: &str| -> i64 { rows.iter().filter(|row| row.section == section).map(Row::balance).sum() };
            let profit: i64 = -rows.iter().filter(|row| row.is_profit_and_loss()).map(Row::balance).sum::<i64>();
            same(|| format!("total assets of {date}"), named("Total Assets"), of("Assets"))?;
            same(|| format!("total liabilities of {date}"), named("Total Liabilities"), -of("Liabilities"))?;
            same(|| format!("equity of {date}"), named("Total Equity"), -of("Equity") + profit)?;
            same(|| format!("current year earnings of {date}"), named("Current Year Earnings"), profit)?;
            same(|| format!("the equation of {date}"), named("Total Assets") - named("Total Liabilities"), named("Total Equity"))?;
            for row in rows.iter().filter(|row| !row.is_profit_and_loss()) {
                let sign = if row.section == "Assets" { 1 } else { -1 };
                same(
                    || format!("{} on the balance sheet of {date}", row.name),
                    by_id.get(&row.id).copied().unwrap_or(0),
                    sign * row.balance(),
                )?;
            }
        }
        Ok(())
    }

    fn check_profit_and_loss(&self, options: &Options) -> Result<(), String> {
        for (&date, rows) in self.balances.iter().skip(1) {
            let (by_id, by_name) = self.report(&format!("ProfitAndLoss/{}_{date}.json", date.start_of_month()));
            let profit: i64 = -rows.iter().filter(|row| row.is_profit_and_loss()).map(Row::movement).sum::<i64>();
            same(|| format!("net profit of {date}"), by_name["Net Profit"], profit)?;
            for row in rows.iter().filter(|row| row.is_profit_and_loss()) {
                let sign = if row.section == "Revenue" { -1 } else { 1 };
                same(|| format!("{} in the month of {date}", row.name), by_id.get(&row.id).copied().unwrap_or(0), sign * row.movement())?;
            }
        }
        // The months of a whole fiscal year add up to its year-to-date figures.
        let (month, day) = options.year_end;
        if Date::from_ymd(2023, month, day).is_none_or(|date| date.end_of_month() != date) && (month, day) != (2, 29) {
            return Ok(());
        }
        for year in 0..60 {
            let Some((&end, rows)) = self.balances.iter().nth(year) else { break };
            if end != Self::fiscal_year_end(options, end.year()) {
                continue;
            }
            let start = Self::fiscal_year_start(options, end);
            if self.balances.keys().next().is_none_or(|first| *first >= start) {
                continue;
            }
            for row in rows.iter().filter(|row| row.is_profit_and_loss()) {
                let months: i64 =
                    self.balances.range(start..=end).flat_map(|(_, rows)| rows).filter(|other| other.id == row.id).map(Row::movement).sum();
                same(|| format!("{} of the year to {end}", row.name), months, row.balance())?;
            }
        }
        Ok(())
    }

    fn check_bank_summaries(&self) -> Result<(), String> {
        let banks: Vec<&str> = self
            .list("Accounts")
            .into_iter()
            .filter(|account| account["Type"] == "BANK")
            .map(|account| text(&account["AccountID"]))
            .collect();
        for (&date, rows) in self.balances.iter().skip(1) {
            let path = format!("BankSummary/{}_{date}.json", date.start_of_month());
            let report = &self.pages[&path]["Reports"][0];
            let header: Vec<&str> = report["Rows"][0]["Cells"].as_array().unwrap().iter().map(|cell| text(&cell["Value"])).collect();
            let mut found = BTreeMap::new();
            for row in report["Rows"][1]["Rows"].as_array().unwrap() {
                let cells = row["Cells"].as_array().unwrap();
                let of = |name: &str| header.iter().position(|text| *text == name).map_or(0, |at| cents(&cells[at]["Value"]));
                let expected = of("Opening Balance") + of("Cash Received") - of("Cash Spent") + of("FX Gain");
                same(|| format!("{} of {path}", text(&cells[0]["Value"])), of("Closing Balance"), expected)?;
                if of("Cash Received") < 0 || of("Cash Spent") < 0 {
                    return Err(format!("negative cash in {path}"));
                }
                if let Some(id) = cells[0]["Attributes"][0]["Value"].as_str() {
                    found.insert(id.to_owned(), of("Closing Balance"));
                }
            }
            for id in &banks {
                let balance: i64 = rows.iter().filter(|row| row.id == *id).map(Row::balance).sum();
                same(|| format!("closing balance of {id} in {path}"), found.get(*id).copied().unwrap_or(0), balance)?;
            }
        }
        Ok(())
    }

    fn check_documents(&self, options: &Options) -> Result<(), String> {
        let mut paid: BTreeMap<&str, i64> = BTreeMap::new();
        for payment in self.list("Payments").into_iter().filter(|payment| payment["Status"] == "AUTHORISED") {
            *paid.entry(text(&payment["Invoice"]["InvoiceID"])).or_default() += cents(&payment["Amount"]);
            if ms_day(&payment["Date"]) > options.as_of {
                return Err("a payment of tomorrow".to_owned());
            }
        }
        let mut allocated: BTreeMap<&str, i64> = BTreeMap::new();
        for endpoint in ["CreditNotes", "Overpayments", "Prepayments"] {
            for credit in self.list(endpoint) {
                let applied: i64 = credit["Allocations"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|allocation| {
                        *allocated.entry(text(&allocation["Invoice"]["InvoiceID"])).or_default() += cents(&allocation["Amount"]);
                        cents(&allocation["Amount"])
                    })
                    .sum();
                let refunded = paid.get(text(&credit["ID"])).copied().unwrap_or(0);
                if credit["Status"] == "AUTHORISED" || credit["Status"] == "PAID" {
                    let remaining = cents(&credit["RemainingCredit"]);
                    same(|| format!("credit {}", credit["ID"]), remaining, cents(&credit["Total"]) - applied - refunded)?;
                    same(|| format!("status of credit {}", credit["ID"]), credit["Status"] == "PAID", remaining == 0)?;
                }
                check_lines(credit)?;
            }
        }
        let invoices = self.list("Invoices");
        same(|| "documents".to_owned(), invoices.len(), options.documents as usize)?;
        for invoice in invoices {
            let id = text(&invoice["InvoiceID"]);
            check_lines(invoice)?;
            same(|| format!("both dates of {id}"), day(&invoice["DateString"]), ms_day(&invoice["Date"]))?;
            same(|| format!("paid {id}"), cents(&invoice["AmountPaid"]), paid.get(id).copied().unwrap_or(0))?;
            same(|| format!("credited {id}"), cents(&invoice["AmountCredited"]), allocated.get(id).copied().unwrap_or(0))?;
            let open = cents(&invoice["Total"]) - cents(&invoice["AmountPaid"]) - cents(&invoice["AmountCredited"]);
            match text(&invoice["Status"]) {
                "VOIDED" | "DELETED" => same(|| format!("due {id}"), cents(&invoice["AmountDue"]), 0)?,
                status => {
                    same(|| format!("due {id}"), cents(&invoice["AmountDue"]), open)?;
                    if matches!(status, "AUTHORISED" | "PAID") && day(&invoice["DateString"]) <= options.as_of {
                        same(|| format!("status {id}"), status == "PAID", open == 0)?;
                        same(|| format!("paid on {id}"), invoice.get("FullyPaidOnDate").is_some(), open == 0)?;
                    }
                }
            }
        }
        for transaction in self.list("BankTransactions") {
            check_lines(transaction)?;
        }
        Ok(())
    }

    /// Cash as the lists have it against the ledger: only opening balances, pay runs of the first half, paid expense claims
    /// and revaluation are in no list.
    fn check_cash(&self, options: &Options) -> Result<(), String> {
        let accounts = self.list("Accounts");
        let banks: BTreeMap<&str, &Value> = accounts
            .into_iter()
            .filter(|account| account["Type"] == "BANK")
            .map(|account| (text(&account["AccountID"]), account))
            .collect();
        let base_currency = text(&self.list("Organisation")[0]["BaseCurrency"]).to_owned();
        let to_base = |amount: i64, rate: &Value| -> i64 { (amount as f64 / rate.as_f64().unwrap_or(1.0)).round() as i64 };
        let mut cash: BTreeMap<(&str, Date), i64> = BTreeMap::new();
        let mut add = |account: &Value, date: Date, amount: i64| {
            if let Some((id, _)) = banks.get_key_value(text(account)) {
                *cash.entry((*id, date.end_of_month())).or_default() += amount;
            }
        };
        let mut legs: Vec<&str> = Vec::new();
        for transaction in self.list("BankTransactions") {
            let kind = text(&transaction["Type"]);
            if kind.ends_with("-TRANSFER") {
                legs.push(text(&transaction["BankTransactionID"]));
            }
            if transaction["Status"] == "AUTHORISED" {
                let sign = if kind.starts_with("RECEIVE") { 1 } else { -1 };
                let base = to_base(cents(&transaction["Total"]), &transaction["CurrencyRate"]);
                add(&transaction["BankAccount"]["AccountID"], day(&transaction["DateString"]), sign * base);
            }
        }
        for payment in self.list("Payments").into_iter().filter(|payment| payment["Status"] == "AUTHORISED") {
            let sign = match text(&payment["PaymentType"]) {
                "ACCRECPAYMENT" | "APCREDITPAYMENT" | "APOVERPAYMENTPAYMENT" | "APPREPAYMENTPAYMENT" => 1,
                _ => -1,
            };
            let account = &payment["Account"]["AccountID"];
            let foreign = banks.get(text(account)).is_some_and(|bank| text(&bank["CurrencyCode"]) != base_currency);
            let base = if foreign { to_base(cents(&payment["Amount"]), &payment["CurrencyRate"]) } else { cents(&payment["BankAmount"]) };
            add(account, ms_day(&payment["Date"]), sign * base);
        }
        for transfer in self.list("BankTransfers") {
            if transfer.get("Status").is_some_and(|status| status != "AUTHORISED") {
                continue;
            }
            let from = &transfer["FromBankAccount"]["AccountID"];
            let foreign = banks.get(text(from)).is_some_and(|bank| text(&bank["CurrencyCode"]) != base_currency);
            let amount = cents(&transfer["Amount"]);
            let base = if foreign { to_base(amount, &transfer["CurrencyRate"]) } else { amount };
            let date = ms_day(&transfer["Date"]);
            for (account, leg, sign) in [
                (from, &transfer["FromBankTransactionID"], -1),
                (&transfer["ToBankAccount"]["AccountID"], &transfer["ToBankTransactionID"], 1),
            ] {
                if !legs.contains(&text(leg)) {
                    add(account, date, sign * base);
                }
            }
        }
        let mut claims: BTreeMap<Date, i64> = BTreeMap::new();
        for claim in self.list("ExpenseClaims") {
            for payment in claim["Payments"].as_array().into_iter().flatten() {
                *claims.entry(ms_day(&payment["Date"]).end_of_month()).or_default() -= cents(&payment["Amount"]);
            }
        }
        let start = options.as_of.start_of_month().add_months(1 - options.months as i32);
        let half = start.add_days((options.as_of.0 - start.0) / 2).end_of_month();
        for (&date, rows) in self.balances.iter().skip(1) {
            for (id, bank) in &banks {
                let moved: i64 = rows.iter().filter(|row| row.id == *id).map(Row::movement).sum();
                // Cash of the running month that is dated ahead does not exist: nothing is paid tomorrow.
                let rest = moved - cash.get(&(*id, date.end_of_month())).copied().unwrap_or(0);
                let name = || format!("cash of {} in the month of {date}", bank["Name"]);
                let foreign = text(&bank["CurrencyCode"]) != base_currency;
                if bank["Code"] == "090" {
                    let rest = rest - claims.get(&date.end_of_month()).copied().unwrap_or(0);
                    if date.end_of_month() > half {
                        same(name, rest, 0)?;
                    } else if rest > 0 {
                        return Err(format!("{}: {rest} cents came from nowhere", name()));
                    }
                } else if !foreign || !options.revaluation {
                    same(name, rest, 0)?;
                }
            }
        }
        Ok(())
    }

    /// Receivables, payables and stock of the lists against the ledger, where no foreign currency blurs them.
    fn check_control_accounts(&self, options: &Options) -> Result<(), String> {
        let stock: i64 = self.list("Items").into_iter().map(|item| cents(&item["TotalCostPool"])).sum();
        let inventory = self.list("Accounts").into_iter().find(|account| account["Type"] == "INVENTORY").unwrap();
        same(|| "stock".to_owned(), stock, self.balance(options.as_of, text(&inventory["AccountID"])))?;
        if options.foreign {
            return Ok(());
        }
        for (system, invoice, credit, overpayment, sign) in [
            ("DEBTORS", "ACCREC", "ACCRECCREDIT", "RECEIVE-OVERPAYMENT", 1),
            ("CREDITORS", "ACCPAY", "ACCPAYCREDIT", "SPEND-OVERPAYMENT", -1),
        ] {
            let open = |endpoint: &str, kind: &str, amount: &str| -> i64 {
                self.list(endpoint)
                    .into_iter()
                    .filter(|record| {
                        record["Type"] == kind && record["Status"] == "AUTHORISED" && day(&record["DateString"]) <= options.as_of
                    })
                    .map(|record| cents(&record[amount]))
                    .sum()
            };
            let lists = open("Invoices", invoice, "AmountDue")
                - open("CreditNotes", credit, "RemainingCredit")
                - open("Overpayments", overpayment, "RemainingCredit");
            same(|| system.to_owned(), sign * lists, self.balance(options.as_of, &self.system(system)))?;
        }
        Ok(())
    }
}

/// `SubTotal + TotalTax = Total`, and what the lines add up to.
fn check_lines(document: &Value) -> Result<(), String> {
    let lines = document["LineItems"].as_array().unwrap();
    let (net, tax, total) = (cents(&document["SubTotal"]), cents(&document["TotalTax"]), cents(&document["Total"]));
    let name = || format!("{} {}", document["Type"], document["UpdatedDateUTC"]);
    same(|| format!("total of {}", name()), net + tax, total)?;
    if text(&document["Type"]).ends_with("-TRANSFER") {
        return Ok(());
    }
    let amounts: i64 = lines.iter().map(|line| cents(&line["LineAmount"])).sum();
    let taxes: i64 = lines.iter().map(|line| cents(&line["TaxAmount"])).sum();
    same(|| format!("tax of {}", name()), taxes, tax)?;
    let expected = match text(&document["LineAmountTypes"]) {
        "Inclusive" => amounts - taxes,
        _ => amounts,
    };
    same(|| format!("net of {}", name()), net, expected)
}
