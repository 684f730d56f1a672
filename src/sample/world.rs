//! The running company: ledger, stock, open credits, and the pages being filled.

use std::io;

use crate::base::Date;

use super::chart::Acc;
use super::document::{self, Amounts, Credit, CreditKind, Discount, Line, Paid, Side, TaxKind, Totals, Words};
use super::json::Json;
use super::ledger::{Ledger, Leg, leg, to_base};
use super::pages::{Endpoint, Pager};
use super::rng::{Id, Rng, guid};
use super::{Company, Sink};

/// What the first pass finds out for the second one: how many records each endpoint has, what each batch pays.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) counts: Vec<usize>,
    pub(super) batches: Vec<i64>,
}

/// Units on hand (1/10 000) and what they cost (cents).
#[derive(Clone, Copy, Default)]
pub(super) struct Stock {
    pub(super) quantity: i64,
    pub(super) value: i64,
}

/// Open amount of a document, in its currency and in the books.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) foreign: i64,
    pub(super) base: i64,
    pub(super) rate: i64,
}

impl Open {
    /// Takes `amount` off and gives its worth in the books; the last part takes what is left, so that nothing remains.
    pub(super) fn relieve(&mut self, amount: i64) -> i64 {
        let base = if amount == self.foreign { self.base } else { to_base(amount, self.rate).min(self.base) };
        self.foreign -= amount;
        self.base -= base;
        base
    }
}

/// A bank transaction as its list shows it.
pub(super) struct BankTransaction {
    pub(super) kind: &'static str,
    pub(super) id: u128,
    pub(super) number: u64,
    pub(super) account: Acc,
    pub(super) contact: Option<usize>,
    pub(super) date: Date,
    pub(super) status: &'static str,
    pub(super) side: Side,
    pub(super) amounts: Amounts,
    pub(super) currency: usize,
    pub(super) rate: i64,
    pub(super) lines: Vec<Line>,
    pub(super) totals: Totals,
    pub(super) link: Option<(CreditKind, u128)>,
}

/// What a payment pays.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub(super) payment: &'static str,
    pub(super) document: &'static str,
    pub(super) side: Side,
    pub(super) id: u128,
    pub(super) number: u64,
    pub(super) contact: usize,
    pub(super) currency: usize,
    /// +1: cash comes in.
    pub(super) direction: i64,
}

pub(super) struct World<'a> {
    pub(super) company: &'a Company,
    pub(super) ledger: Ledger,
    pub(super) rng: Rng,
    pub(super) today: Date,
    pub(super) stock: Vec<Stock>,
    /// An overpayment of each contact that waits for the next document.
    pub(super) waiting: Vec<Option<Credit>>,
    /// Per contact: receivable outstanding and overdue, payable outstanding and overdue.
    pub(super) balances: Vec<[i64; 4]>,
    pub(super) pagers: Vec<Pager>,
    pub(super) batches: Vec<i64>,
    pub(super) switch: Date,
    /// Which fates have happened: sales, bills.
    pub(super) fates: [[bool; 4]; 2],
    /// Which ageing buckets hold an open document: sales, bills.
    pub(super) buckets: [[bool; 8]; 2],
    /// Cost of the goods on the document being written.
    pub(super) pending_cost: i64,
    counters: [u64; 24],
    plan: Option<&'a Plan>,
    sink: Option<&'a mut dyn Sink>,
    pub(super) error: Option<io::Error>,
}

impl<'a> World<'a> {
    pub(super) fn new(company: &'a Company, plan: Option<&'a Plan>, sink: Option<&'a mut dyn Sink>) -> World<'a> {
        let first = company.start.add_days(-40);
        let last = company.as_of().add_days(150);
        let ledger = Ledger::new(first, last, company.rates(first, last), company.options.revaluation);
        World {
            company,
            ledger,
            rng: Rng::new(company.seed, 7),
            today: company.start,
            stock: vec![Stock::default(); company.items.len()],
            waiting: vec![None; company.contacts.len()],
            balances: vec![[0; 4]; company.contacts.len()],
            pagers: Endpoint::ALL.iter().map(|_| Pager::default()).collect(),
            batches: vec![0; (last.0 - first.0 + 1) as usize],
            switch: company.start.add_days((company.as_of().0 - company.start.0) / 3),
            fates: [[false; 4]; 2],
            buckets: [[false; 8]; 2],
            pending_cost: 0,
            counters: [0; 24],
            plan,
            sink,
            error: None,
        }
    }

    /// The next number of a kind, from 1.
    pub(super) fn next(&mut self, id: Id) -> u64 {
        self.counters[id as usize] += 1;
        self.counters[id as usize]
    }

    pub(super) fn fresh(&mut self, id: Id) -> u128 {
        let number = self.next(id);
        guid(self.company.seed, id, number)
    }

    pub(super) fn emitting(&self) -> bool {
        self.sink.is_some()
    }

    /// Adds a record to an endpoint's pages, or only counts it in the first pass.
    pub(super) fn record(&mut self, endpoint: Endpoint, write: impl FnOnce(&mut Json)) {
        let pager = &mut self.pagers[endpoint as usize];
        pager.count += 1;
        if let (Some(sink), Some(plan), None) = (&mut self.sink, self.plan, &self.error) {
            let total = plan.counts[endpoint as usize];
            if let Err(error) = pager.record(endpoint, self.company, total, &mut **sink, write) {
                self.error = Some(error);
            }
        }
    }

    /// Hands finished text and last pages to the sink.
    pub(super) fn finish_pages(&mut self) -> io::Result<()> {
        let Some(sink) = &mut self.sink else { return Ok(()) };
        for endpoint in Endpoint::ALL {
            self.pagers[endpoint as usize].finish(endpoint, self.company, &mut **sink)?;
        }
        Ok(())
    }

    pub(super) fn send_journal(&mut self, at_least: usize) {
        if let Some(sink) = &mut self.sink
            && let Some(text) = self.ledger.take_text(at_least)
            && let Err(error) = sink.journal(&text)
        {
            self.error = Some(error);
        }
    }

    /// Hands a page to the sink, whose trouble ends the run.
    pub(super) fn send(&mut self, path: &str, json: &Json) -> io::Result<()> {
        match &mut self.sink {
            Some(sink) => sink.page(path, &json.0),
            None => Ok(()),
        }
    }

    /// A line that is not of an item.
    pub(super) fn line(&mut self, account: Acc, amount_in_units: i64, tax: TaxKind, words: Words) -> Line {
        Line {
            number: self.next(Id::Line),
            item: None,
            account,
            quantity: 10_000,
            unit: amount_in_units * 100,
            discount: Discount::None,
            amount: 0,
            tax,
            tax_amount: 0,
            words,
            tracking: 0,
        }
    }

    /// The legs of lines and tax: `sign` +1 credits income (a sale), -1 debits cost (a bill).
    pub(super) fn line_legs(&self, sign: i64, amounts: Amounts, rate: i64, lines: &[Line], legs: &mut Vec<Leg>) {
        let mut tax = 0;
        for line in lines.iter().filter(|line| line.words != Words::Note) {
            legs.push(leg(line.account, -sign * to_base(line.net(amounts), rate)));
            tax += line.tax_amount;
        }
        legs.push(leg(Acc::SalesTax, -sign * to_base(tax, rate)));
    }

    /// What does not balance by rounding foreign amounts goes to the rounding account.
    pub(super) fn post_rounded(&mut self, date: Date, what: &str, number: u64, legs: &mut Vec<Leg>) {
        self.post_with(date, what, number, legs, Acc::Rounding);
    }

    /// Posts with the difference on `difference`, for instance a realised currency gain.
    pub(super) fn post_with(&mut self, date: Date, what: &str, number: u64, legs: &mut Vec<Leg>, difference: Acc) {
        let sum: i64 = legs.iter().map(|leg| leg.base).sum();
        if sum != 0 {
            legs.push(leg(difference, -sum));
        }
        self.ledger.post(date, what, number, legs);
    }

    pub(super) fn control(&self, side: Side, base: i64, currency: usize, foreign: i64) -> Leg {
        Leg { account: side.control(), base, currency, foreign }
    }

    fn bank_leg(account: Acc, base: i64, currency: usize, foreign: i64) -> Leg {
        if account == Acc::Foreign { Leg { account, base, currency, foreign } } else { leg(account, base) }
    }

    /// The account through which cash of a document moves.
    pub(super) fn choose_bank(&mut self, side: Side, currency: usize, date: Date) -> Acc {
        if currency == 1 && self.rng.chance(600) {
            return Acc::Foreign;
        }
        // The old account is closed on the day of the switch; nothing dated before may still come then.
        if date < self.switch && self.today < self.switch.add_days(-10) && self.rng.chance(300) {
            return Acc::OldBank;
        }
        match self.rng.below(100) {
            0 if side == Side::Sale => Acc::Drawings,
            1..=7 if side == Side::Sale && currency == 0 => Acc::Wallet,
            1..=4 if side == Side::Bill && currency == 0 => Acc::Card,
            _ => Acc::Main,
        }
    }

    /// Records and posts a payment: cash against `against`, the difference to realised currency gains.
    pub(super) fn pay(&mut self, target: Target, date: Date, amount: i64, against: &[Leg]) -> Paid {
        let company = self.company;
        let number = self.next(Id::Payment);
        let id = guid(company.seed, Id::Payment, number);
        let account = self.choose_bank(target.side, target.currency, date);
        let rate = self.ledger.rate(target.currency, date);
        let base = to_base(amount, rate);
        let bank_amount = if account == Acc::Foreign { amount } else { base };
        let mut legs = vec![Self::bank_leg(account, target.direction * base, target.currency, target.direction * amount)];
        legs.extend_from_slice(against);
        self.post_with(date, "payment", number, &mut legs, Acc::Realised);
        let batch = if target.payment == "ACCPAYPAYMENT" && account == Acc::Main && date.weekday() == 5 && target.currency == 0 {
            let day = (date.0 - company.start.0 + 40) as usize;
            self.batches[day] += bank_amount;
            Some((guid(company.seed, Id::Batch, day as u64), self.plan.map_or(0, |plan| plan.batches[day])))
        } else {
            None
        };
        let reconciled = self.rng.chance(if date < company.as_of().add_days(-20) { 985 } else { 600 });
        let record =
            PaymentRecord { target, id, number, account, rate, amount, bank_amount, date, batch, reconciled, status: "AUTHORISED" };
        self.record(Endpoint::Payments, |json| payment(json, company, &record));
        if self.rng.chance(6) {
            // A payment entered by mistake and taken back.
            let number = self.next(Id::Payment);
            let mistake = PaymentRecord {
                id: guid(company.seed, Id::Payment, number),
                number,
                batch: None,
                reconciled: false,
                status: "DELETED",
                ..record
            };
            self.record(Endpoint::Payments, |json| payment(json, company, &mistake));
        }
        Paid { id, date, amount, rate }
    }

    /// Records a bank transaction; posting is the caller's.
    pub(super) fn bank_record(&mut self, transaction: &BankTransaction) {
        let company = self.company;
        let reconciled = self.rng.chance(if transaction.date < company.as_of().add_days(-20) { 980 } else { 550 });
        self.record(Endpoint::BankTransactions, |json| bank_transaction(json, company, transaction, reconciled));
    }

    /// Spend or receive money outright: records, and posts unless it was deleted.
    pub(super) fn cash(&mut self, side: Side, account: Acc, contact: Option<usize>, date: Date, amounts: Amounts, mut lines: Vec<Line>) {
        let company = self.company;
        let currency = company.accounts[account as usize].currency;
        let rate = self.ledger.rate(currency, date);
        for line in &mut lines {
            document::price(company, side, amounts, line);
        }
        let totals = document::totals(amounts, &lines);
        let number = self.next(Id::BankTransaction);
        let status = match self.rng.below(1000) {
            0..10 => "DELETED",
            10..14 => "VOIDED",
            _ => "AUTHORISED",
        };
        if status == "AUTHORISED" {
            let base = to_base(totals.gross, rate);
            let mut legs = vec![Self::bank_leg(account, side.sign() * base, currency, side.sign() * totals.gross)];
            self.line_legs(side.sign(), amounts, rate, &lines, &mut legs);
            self.post_rounded(date, if side == Side::Sale { "receive" } else { "spend" }, number, &mut legs);
        }
        let transaction = BankTransaction {
            kind: if side == Side::Sale { "RECEIVE" } else { "SPEND" },
            id: guid(company.seed, Id::BankTransaction, number),
            number,
            account,
            contact,
            date,
            status,
            side,
            amounts,
            currency,
            rate,
            lines,
            totals,
            link: None,
        };
        self.bank_record(&transaction);
    }

    /// Cash that arrives or leaves as an over- or prepayment; gives its worth in the books.
    pub(super) fn advance(&mut self, credit: &Credit, against: impl FnOnce(i64) -> Vec<Leg>) -> i64 {
        let account = self.choose_bank(credit.side, credit.currency, credit.date);
        let account = if account == Acc::Drawings { Acc::Main } else { account };
        let base = to_base(credit.totals.gross, credit.rate);
        let sign = credit.side.sign();
        let mut legs = vec![Self::bank_leg(account, sign * base, credit.currency, sign * credit.totals.gross)];
        legs.extend(against(base));
        let number = self.next(Id::BankTransaction);
        self.post_with(credit.date, "advance", number, &mut legs, Acc::Rounding);
        let kind = match (credit.kind, credit.side) {
            (CreditKind::Prepayment, Side::Sale) => "RECEIVE-PREPAYMENT",
            (CreditKind::Prepayment, Side::Bill) => "SPEND-PREPAYMENT",
            (_, Side::Sale) => "RECEIVE-OVERPAYMENT",
            (_, Side::Bill) => "SPEND-OVERPAYMENT",
        };
        let transaction = BankTransaction {
            kind,
            id: guid(self.company.seed, Id::BankTransaction, number),
            number,
            account,
            contact: Some(credit.contact),
            date: credit.date,
            status: "AUTHORISED",
            side: credit.side,
            amounts: credit.amounts,
            currency: credit.currency,
            rate: credit.rate,
            lines: credit.lines.clone(),
            totals: credit.totals,
            link: Some((credit.kind, credit.id)),
        };
        self.bank_record(&transaction);
        base
    }

    /// Ends a credit's life: its record, and what it leaves on the contact's balance.
    pub(super) fn close_credit(&mut self, mut credit: Credit) {
        let company = self.company;
        if credit.status == "AUTHORISED" && credit.remaining == 0 {
            credit.status = "PAID";
        }
        if credit.status == "AUTHORISED" && credit.kind != CreditKind::Prepayment {
            let column = if credit.side == Side::Sale { 0 } else { 2 };
            self.balances[credit.contact][column] -= to_base(credit.remaining, credit.rate);
        }
        let endpoint = match credit.kind {
            CreditKind::CreditNote => Endpoint::CreditNotes,
            CreditKind::Overpayment => Endpoint::Overpayments,
            CreditKind::Prepayment => Endpoint::Prepayments,
        };
        self.record(endpoint, |json| document::credit(json, company, &credit));
    }
}

#[derive(Clone, Copy)]
struct PaymentRecord {
    target: Target,
    id: u128,
    number: u64,
    account: Acc,
    rate: i64,
    amount: i64,
    bank_amount: i64,
    date: Date,
    batch: Option<(u128, i64)>,
    reconciled: bool,
    status: &'static str,
}

fn payment(json: &mut Json, company: &Company, record: &PaymentRecord) {
    let target = &record.target;
    let account = &company.accounts[record.account as usize];
    json.guid("PaymentID", record.id);
    if let Some((batch, total)) = record.batch {
        json.guid("BatchPaymentID", batch);
        json.object("BatchPayment");
        json.object("Account");
        json.guid("AccountID", account.guid);
        json.close();
        json.guid("BatchPaymentID", batch);
        json.day("Date", record.date);
        json.text("Type", "PAYBATCH");
        json.text("Status", "AUTHORISED");
        json.text("TotalAmount", &super::json::decimal(total));
        json.moment("UpdatedDateUTC", document::updated(company, record.date, record.number));
        json.text("IsReconciled", if record.reconciled { "true" } else { "false" });
        json.close();
    }
    json.day("Date", record.date);
    json.money("BankAmount", record.bank_amount);
    json.money("Amount", record.amount);
    json.text("Reference", if record.number.is_multiple_of(4) { "Thank you" } else { "" });
    json.rate("CurrencyRate", record.rate);
    json.text("PaymentType", target.payment);
    json.text("Status", record.status);
    document::updated_pair(json, company, record.date, record.number);
    json.boolean("HasAccount", true);
    json.boolean("IsReconciled", record.reconciled);
    json.object("Account");
    json.guid("AccountID", account.guid);
    if !account.code.is_empty() {
        json.text("Code", account.code);
    }
    json.close();
    json.object("Invoice");
    json.text("Type", target.document);
    json.guid("InvoiceID", target.id);
    let number = if target.payment == "ACCRECPAYMENT" || target.payment == "ACCPAYPAYMENT" {
        document::invoice_number(target.side, target.number)
    } else {
        document::credit_number(target.side, target.number)
    };
    json.text("InvoiceNumber", &number);
    for key in ["Payments", "CreditNotes", "Prepayments", "Overpayments"] {
        json.empty_list(key);
    }
    json.boolean("HasErrors", false);
    json.boolean("IsDiscounted", false);
    document::contact(json, company, target.contact);
    json.empty_list("LineItems");
    json.text("CurrencyCode", company.currency_code(target.currency));
    json.close();
    json.boolean("HasValidationErrors", false);
}

fn bank_transaction(json: &mut Json, company: &Company, transaction: &BankTransaction, reconciled: bool) {
    let account = &company.accounts[transaction.account as usize];
    json.guid("BankTransactionID", transaction.id);
    json.object("BankAccount");
    json.guid("AccountID", account.guid);
    if !account.code.is_empty() {
        json.text("Code", account.code);
    }
    json.text("Name", &account.name);
    json.close();
    json.text("Type", transaction.kind);
    json.boolean("IsReconciled", reconciled);
    match transaction.link {
        Some((CreditKind::Overpayment, id)) => json.guid("OverpaymentID", id),
        Some((CreditKind::Prepayment, id)) => json.guid("PrepaymentID", id),
        _ => {}
    }
    json.boolean("HasAttachments", false);
    if transaction.number.is_multiple_of(5) {
        json.text("Reference", "Card 4*** 1881 \u{2014} \"tap\"");
    }
    if let Some(contact) = transaction.contact {
        document::contact(json, company, contact);
    }
    json.both("Date", transaction.date);
    json.text("Status", transaction.status);
    json.text("LineAmountTypes", transaction.amounts.word());
    document::lines(json, company, transaction.side, transaction.amounts, &transaction.lines);
    json.money("SubTotal", transaction.totals.net);
    json.money("TotalTax", transaction.totals.tax);
    json.money("Total", transaction.totals.gross);
    json.moment("UpdatedDateUTC", document::updated(company, transaction.date, transaction.number));
    json.text("CurrencyCode", company.currency_code(transaction.currency));
    if transaction.currency > 0 {
        json.rate("CurrencyRate", transaction.rate);
    }
}
