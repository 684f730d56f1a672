//! What happens besides sales and purchases: wages, rent, taxes, transfers, cards, claims, the opening balances.
//!
//! Opening balances, depreciation, accruals, pay runs of the first half and the payment of expense claims are in no
//! list endpoint: only the ledger reports know them.

use crate::base::Date;

use super::chart::Acc;
use super::document::{self, Amounts, Side, TaxKind, Totals, Words};
use super::json::Json;
use super::ledger::{Leg, leg, to_base};
use super::names;
use super::pages::Endpoint;
use super::rng::{Id, guid};
use super::world::{BankTransaction, World};
use super::{Company, rng::Rng};

/// A transfer between own accounts.
struct Transfer {
    number: u64,
    from: Acc,
    to: Acc,
    date: Date,
    /// Cents of the currency of the account that it leaves.
    amount: i64,
    rate: Option<i64>,
    ids: [u128; 2],
    /// Taken back.
    deleted: bool,
}

/// An expense claim with one receipt.
struct Claim {
    number: u64,
    date: Date,
    status: &'static str,
    lines: Vec<document::Line>,
    totals: Totals,
    paid_on: Option<Date>,
    receipt_contact: usize,
}

impl World<'_> {
    fn journal(&mut self, date: Date, what: &str, legs: &[Leg]) {
        let number = self.next(Id::Answer);
        self.ledger.post(date, what, number, legs);
    }

    /// Opening balances on the evening before the first day, with the profit of the running fiscal year as far as it went.
    pub(super) fn open_books(&mut self) {
        let company = self.company;
        let scale = company.monthly;
        let date = company.start.add_days(-1);
        let mut stock = 0;
        let tracked = company.items.iter().filter(|item| item.tracked).count().max(1) as i64;
        for (index, item) in company.items.iter().enumerate().filter(|(_, item)| item.tracked) {
            let units = (scale * 4 / 10 / tracked / item.cost.max(1)).max(2);
            self.stock[index].quantity = units * 10_000;
            self.stock[index].value = units * item.cost;
            stock += units * item.cost;
        }
        let mut legs = vec![
            leg(Acc::Main, scale * 9 / 10),
            leg(Acc::OldBank, scale * 8 / 10),
            leg(Acc::Savings, scale * 12 / 10),
            leg(Acc::Card, -scale / 40),
            leg(Acc::Inventory, stock),
            leg(Acc::Equipment, scale * 3),
            leg(Acc::EquipmentDepreciation, -scale * 8 / 10),
            leg(Acc::Computers, scale * 4 / 10),
            leg(Acc::Bonds, scale * 2 / 10),
            leg(Acc::Loan, -scale * 24 / 10),
            leg(Acc::Directors, -scale * 3 / 10),
            leg(Acc::Capital, -scale),
            leg(Acc::OwnerFunds, -scale * 4 / 10),
        ];
        if company.fiscal_year_start(date) < date.start_of_month() {
            legs.push(leg(Acc::Sales, -scale * 2));
            legs.push(leg(Acc::CostOfGoods, scale * 9 / 10));
            legs.push(leg(Acc::Wages, scale * 5 / 10));
            legs.push(leg(Acc::Rent, scale * 3 / 10));
        }
        let rest: i64 = legs.iter().map(|leg| leg.base).sum();
        // The accountant found the last two cents only later.
        legs.push(leg(Acc::Historical, -2));
        legs.push(leg(Acc::Retained, -rest + 2));
        self.journal(date, "conversion balance", &legs);
    }

    fn spend(&mut self, date: Date, account: Acc, supplier: usize, amount: i64, tax: TaxKind, text: &'static str) {
        let contact = self.company.customers + supplier;
        let amounts = match tax {
            TaxKind::None => Amounts::NoTax,
            _ => Amounts::Inclusive,
        };
        let line = self.line(account, amount, tax, Words::Fixed(text));
        self.cash(Side::Bill, Acc::Main, Some(contact), date, amounts, vec![line]);
    }

    /// Everything regular that falls on `date`; documents of the day are in the books already.
    pub(super) fn routine(&mut self, date: Date) {
        let company = self.company;
        let scale = company.monthly;
        let (_, month, day) = date.ymd();
        let quarter = month % 3 == 1;
        match day {
            1 => {
                self.spend(date, Acc::Rent, 5, scale * 5 / 100, TaxKind::Standard, "Rent of the workshop");
            }
            3 => self.spend(date, Acc::BankFees, 6, 1_500 + scale / 2_000, TaxKind::None, "Account fees"),
            5 => {
                let line = self.line(Acc::InterestIncome, scale * 4 / 1000, TaxKind::None, Words::Fixed("Interest received"));
                self.cash(Side::Sale, Acc::Savings, None, date, Amounts::NoTax, vec![line]);
            }
            // Two accounts that were used only in the first month: one is archived, one deleted since.
            6 if date.start_of_month() == company.start => {
                self.spend(date, Acc::Promotions, 6, scale * 4 / 100, TaxKind::Standard, "Opening party");
                self.spend(date, Acc::Repairs, 4, scale * 3 / 100, TaxKind::Standard, "New shelves");
            }
            8 => {
                let card = -self.ledger.balance_so_far(Acc::Card, date.add_days(-8));
                self.transfer(Acc::Main, Acc::Card, date, card);
                let wallet = self.ledger.balance_so_far(Acc::Wallet, date.add_days(-1));
                if wallet >= 10_000 {
                    self.transfer(Acc::Wallet, Acc::Main, date, wallet * 9 / 10);
                }
            }
            10 => {
                let principal = self.line(Acc::Loan, scale * 3 / 100, TaxKind::None, Words::Fixed("Loan repayment"));
                let interest = self.line(Acc::InterestExpense, scale / 100, TaxKind::None, Words::Fixed("Interest"));
                self.cash(Side::Bill, Acc::Main, Some(company.customers + 6), date, Amounts::NoTax, vec![principal, interest]);
            }
            12 if month == 11 || date.start_of_month() == company.start => {
                self.spend(date, Acc::Prepaid, 7, scale * 18 / 100, TaxKind::None, "Insurance, paid for a year");
            }
            15 => self.rebalance(date),
            18 if quarter => self.spend(date, Acc::Drawings, 8, scale * 12 / 100, TaxKind::None, "Owner's drawings"),
            20 => self.expense_claim(date),
            21 => {
                let due = -self.ledger.balance_so_far(Acc::WithholdingTax, date.start_of_month().add_days(-1));
                self.settle(date, Acc::WithholdingTax, due, "Payroll tax");
            }
            25 => self.pay_run(date),
            28 if quarter => {
                let until = date.start_of_month().add_days(-1);
                let tax = -self.ledger.balance_so_far(Acc::SalesTax, until);
                self.settle(date, Acc::SalesTax, tax, "Sales tax return");
                let pension = -self.ledger.balance_so_far(Acc::PensionPayable, until);
                self.settle(date, Acc::PensionPayable, pension, "Pension contributions");
                let income_tax = -self.ledger.balance_so_far(Acc::IncomeTaxPayable, until);
                self.settle(date, Acc::IncomeTaxPayable, income_tax, "Income tax");
            }
            _ => {}
        }
        if date == self.switch {
            let left = self.ledger.balance_so_far(Acc::OldBank, date);
            self.transfer(Acc::OldBank, Acc::Main, date, left);
        }
        if date == date.end_of_month() {
            self.month_end(date);
        }
        if date == company.fiscal_year_end(date.year()) {
            self.year_end(date);
        }
        self.small_change(date);
    }

    /// Card purchases and counter sales, as many as the size of the company has it.
    fn small_change(&mut self, date: Date) {
        let company = self.company;
        let days = (company.as_of().0 - company.start.0 + 1) as f64;
        let expected = f64::from(company.options.documents) / days * 0.12;
        let times = |rng: &mut Rng| expected as usize + usize::from(rng.unit() < expected - expected.floor());
        for _ in 0..times(&mut self.rng) {
            let amount = (company.average as f64 * 0.04 * self.rng.spread()) as i64;
            let (text, account) = names::OFFICE_TEXTS[self.rng.below(names::OFFICE_TEXTS.len())];
            let line = self.line(account, amount, TaxKind::Standard, Words::Fixed(text));
            let bank = if self.rng.chance(800) { Acc::Card } else { Acc::Main };
            let contact = company.customers + self.rng.below(company.contacts.len() - company.customers);
            self.cash(Side::Bill, bank, Some(contact), date, Amounts::Inclusive, vec![line]);
        }
        for _ in 0..times(&mut self.rng) {
            let amount = (company.average as f64 * 0.12 * self.rng.spread()) as i64;
            let tax = if self.rng.chance(900) { TaxKind::Standard } else { TaxKind::Zero };
            let (account, words) = match self.rng.below(10) {
                0 => (Acc::OtherRevenue, Words::Fixed("Scrap metal")),
                1 => (Acc::Suspense, Words::Fixed("??? ask Grace")),
                2..5 => (Acc::Online, Words::Usual),
                _ => (Acc::Sales, Words::Usual),
            };
            let mut line = self.line(account, amount, tax, words);
            line.tracking = 2;
            let contact = self.rng.skewed(company.customers);
            self.cash(Side::Sale, Acc::Main, Some(contact), date, Amounts::Inclusive, vec![line]);
        }
    }

    /// Pays what is owed, or receives what was paid too much.
    fn settle(&mut self, date: Date, account: Acc, owed: i64, text: &'static str) {
        let side = if owed >= 0 { Side::Bill } else { Side::Sale };
        if owed == 0 {
            return;
        }
        let line = self.line(account, owed.abs(), TaxKind::None, Words::Fixed(text));
        let contact = self.company.customers + 9;
        self.cash(side, Acc::Main, Some(contact), date, Amounts::NoTax, vec![line]);
    }

    fn pay_run(&mut self, date: Date) {
        let company = self.company;
        let years = i64::from((date.0 - company.start.0) / 365);
        let gross = company.monthly * (18 + years) / 100;
        let (withheld, pension) = (gross / 5, gross / 10);
        let net = gross - withheld;
        self.journal(
            date,
            "pay run",
            &[
                leg(Acc::Wages, gross),
                leg(Acc::Pension, pension),
                leg(Acc::WithholdingTax, -withheld),
                leg(Acc::PensionPayable, -pension),
                leg(Acc::WagesPayable, -net),
            ],
        );
        if date < company.start.add_days((company.as_of().0 - company.start.0) / 2) {
            self.journal(date, "pay run payment", &[leg(Acc::WagesPayable, net), leg(Acc::Main, -net)]);
        } else {
            let line = self.line(Acc::WagesPayable, net, TaxKind::None, Words::Fixed("Net pay"));
            self.cash(Side::Bill, Acc::Main, Some(company.customers + 9), date, Amounts::NoTax, vec![line]);
        }
    }

    fn month_end(&mut self, date: Date) {
        let scale = self.company.monthly;
        let depreciation = scale * 2 / 100;
        self.journal(date, "depreciation", &[leg(Acc::Depreciation, depreciation), leg(Acc::EquipmentDepreciation, -depreciation)]);
        let prepaid = self.ledger.balance_so_far(Acc::Prepaid, date);
        let used = (scale * 18 / 1200).min(prepaid);
        if used > 0 {
            self.journal(date, "insurance used up", &[leg(Acc::Insurance, used), leg(Acc::Prepaid, -used)]);
        }
        if date.month().is_multiple_of(6) {
            let unknown = -self.ledger.balance_so_far(Acc::Suspense, date.add_days(-40));
            self.journal(date, "suspense cleared", &[leg(Acc::Suspense, unknown), leg(Acc::OtherRevenue, -unknown)]);
        }
    }

    /// A quarter of the year's profit is owed as income tax.
    fn year_end(&mut self, date: Date) {
        let company = self.company;
        let before = company.fiscal_year_start(date).add_days(-1);
        let profit: i64 = company
            .accounts
            .iter()
            .filter(|account| account.class.is_profit_and_loss())
            .map(|account| self.ledger.balance_so_far(account.acc, before) - self.ledger.balance_so_far(account.acc, date))
            .sum();
        if profit > 0 {
            self.journal(date, "income tax", &[leg(Acc::IncomeTax, profit / 4), leg(Acc::IncomeTaxPayable, -(profit / 4))]);
        }
    }

    /// Moves cash to where it is needed.
    fn rebalance(&mut self, date: Date) {
        let company = self.company;
        let scale = company.monthly;
        let main = self.ledger.balance_so_far(Acc::Main, date);
        let savings = self.ledger.balance_so_far(Acc::Savings, date);
        if main > scale * 2 {
            self.transfer(Acc::Main, Acc::Savings, date, (main - scale * 3 / 2) / 2);
        } else if main < scale / 2 && date < self.switch {
            let old = self.ledger.balance_so_far(Acc::OldBank, date);
            self.transfer(Acc::OldBank, Acc::Main, date, old * 6 / 10);
        } else if main < scale / 2 && savings > 0 {
            self.transfer(Acc::Savings, Acc::Main, date, (scale * 8 / 10).min(savings));
        } else if main < scale / 4 {
            let line = self.line(Acc::Directors, scale, TaxKind::None, Words::Fixed("Loan from the owner"));
            self.cash(Side::Sale, Acc::Main, None, date, Amounts::NoTax, vec![line]);
        }
        if company.foreign() {
            let foreign = self.ledger.foreign_so_far(date);
            if foreign > 0 {
                self.transfer(Acc::Foreign, Acc::Main, date, foreign * 7 / 10 / 100 * 100);
            } else if foreign < 0 {
                let needed = to_base(-foreign, self.ledger.rate(1, date));
                self.transfer(Acc::Main, Acc::Foreign, date, needed + scale / 50);
            }
        }
    }

    /// `amount` is in the currency of the account that it leaves.
    fn transfer(&mut self, from: Acc, to: Acc, date: Date, amount: i64) {
        let company = self.company;
        if amount <= 0 {
            return;
        }
        let number = self.next(Id::BankTransfer);
        let rate = self.ledger.rate(usize::from(from == Acc::Foreign || to == Acc::Foreign), date);
        // The base currency's side is what counts in the books.
        let base = if from == Acc::Foreign { to_base(amount, rate) } else { amount };
        let arrived = if to == Acc::Foreign { super::ledger::divide(i128::from(amount) * i128::from(rate), 1_000_000) } else { base };
        let side = |account: Acc, base: i64, foreign: i64| {
            if account == Acc::Foreign { Leg { account, base, currency: 1, foreign } } else { leg(account, base) }
        };
        self.ledger.post(date, "transfer", number, &[side(from, -base, -amount), side(to, base, arrived)]);
        let crosses = from == Acc::Foreign || to == Acc::Foreign;
        let ids = [number * 2, number * 2 + 1].map(|leg| guid(company.seed, Id::BankTransfer, 1 << 40 | leg));
        // Xero lists the legs among bank transactions only sometimes.
        let listed = match self.rng.below(20) {
            0..9 => [true, true],
            9 => [true, false],
            _ => [false, false],
        };
        for (index, account, total, side) in [(0, from, amount, Side::Bill), (1, to, arrived, Side::Sale)] {
            if !listed[index] || (crosses && to == Acc::Foreign) {
                continue;
            }
            let currency = company.accounts[account as usize].currency;
            let transaction = BankTransaction {
                kind: if index == 0 { "SPEND-TRANSFER" } else { "RECEIVE-TRANSFER" },
                id: ids[index],
                number,
                account,
                contact: None,
                date,
                status: "AUTHORISED",
                side,
                amounts: Amounts::NoTax,
                currency,
                rate: self.ledger.rate(currency, date),
                lines: Vec::new(),
                totals: Totals { net: total, tax: 0, gross: total, discount: 0 },
                link: None,
            };
            self.bank_record(&transaction);
        }
        let record = Transfer { number, from, to, date, amount, rate: if crosses { Some(rate) } else { None }, ids, deleted: false };
        self.record(Endpoint::BankTransfers, |json| transfer(json, company, &record));
        if self.rng.chance(20) {
            let number = self.next(Id::BankTransfer);
            let ids = [number * 2, number * 2 + 1].map(|leg| guid(company.seed, Id::BankTransfer, 1 << 40 | leg));
            let mistake = Transfer { number, ids, deleted: true, ..record };
            self.record(Endpoint::BankTransfers, |json| transfer(json, company, &mistake));
        }
    }

    /// An employee's receipts: owed on the reporting date, paid later from the bank by a route that no list shows.
    fn expense_claim(&mut self, date: Date) {
        let company = self.company;
        if date.month().is_multiple_of(2) {
            return;
        }
        let number = self.next(Id::ExpenseClaim);
        let count = self.rng.range(1, 3);
        let mut lines = Vec::new();
        for _ in 0..count {
            let amount = (company.average as f64 * 0.03 * self.rng.spread()) as i64 + 100;
            let (text, account) = names::OFFICE_TEXTS[self.rng.below(names::OFFICE_TEXTS.len())];
            let mut line = self.line(account, amount, TaxKind::Standard, Words::Fixed(text));
            document::price(company, Side::Bill, Amounts::Inclusive, &mut line);
            lines.push(line);
        }
        let totals = document::totals(Amounts::Inclusive, &lines);
        let status = match number % 7 {
            _ if date >= company.as_of().add_days(-45) => "AUTHORISED",
            3 => "VOIDED",
            5 => "SUBMITTED",
            6 => "AUTHORISED",
            _ => "PAID",
        };
        let mut paid_on = None;
        if matches!(status, "PAID" | "AUTHORISED") {
            let mut legs = vec![leg(Acc::ExpenseClaims, -totals.gross)];
            self.line_legs(Side::Bill.sign(), Amounts::Inclusive, 1_000_000, &lines, &mut legs);
            self.post_rounded(date, "expense claim", number, &mut legs);
        }
        if status == "PAID" {
            let when = date.add_days(self.rng.range(3, 20) as i32);
            self.ledger.post(
                when,
                "expense claim payment",
                number,
                &[leg(Acc::ExpenseClaims, totals.gross), leg(Acc::Main, -totals.gross)],
            );
            paid_on = Some(when);
        }
        let receipt_contact = company.customers + self.rng.below(company.contacts.len() - company.customers);
        let claim = Claim { number, date, status, lines, totals, paid_on, receipt_contact };
        self.record(Endpoint::ExpenseClaims, |json| expense_claim(json, company, &claim));
    }
}

fn transfer(json: &mut Json, company: &Company, transfer: &Transfer) {
    let account = |json: &mut Json, key: &str, account: Acc| {
        let account = &company.accounts[account as usize];
        json.object(key);
        json.guid("AccountID", account.guid);
        if !account.code.is_empty() {
            json.text("Code", account.code);
        }
        json.text("Name", &account.name);
        json.close();
    };
    let millis = i64::from(transfer.date.to_unix_days()) * 86_400_000;
    // Transfers carry a time of day.
    let time = millis + (transfer.number as i64 * 7_123_000) % 80_000_000;
    let created = document::updated(company, transfer.date, transfer.number);
    json.guid("BankTransferID", guid(company.seed, Id::BankTransfer, transfer.number));
    json.moment_text("CreatedDateUTCString", created, false);
    json.moment("CreatedDateUTC", created);
    json.moment_text("DateString", time, false);
    json.moment("Date", time);
    // Older answers have no status.
    if transfer.deleted {
        json.text("Status", "DELETED");
    } else if !transfer.number.is_multiple_of(4) {
        json.text("Status", "AUTHORISED");
    }
    account(json, "FromBankAccount", transfer.from);
    account(json, "ToBankAccount", transfer.to);
    json.money("Amount", transfer.amount);
    if let Some(rate) = transfer.rate {
        json.rate("CurrencyRate", rate);
    }
    json.guid("FromBankTransactionID", transfer.ids[0]);
    json.guid("ToBankTransactionID", transfer.ids[1]);
    json.boolean("FromIsReconciled", true);
    json.boolean("ToIsReconciled", !transfer.number.is_multiple_of(5));
    json.text("Reference", if transfer.number.is_multiple_of(3) { "Monthly" } else { "" });
    json.boolean("HasAttachments", false);
    json.empty_list("FromTracking");
    json.empty_list("ToTracking");
}

fn expense_claim(json: &mut Json, company: &Company, claim: &Claim) {
    let (first, last) = company.facts.people[claim.number as usize % company.facts.people.len()];
    let user = |json: &mut Json| {
        json.object("User");
        json.guid("UserID", guid(company.seed, Id::User, claim.number % company.facts.people.len() as u64));
        json.text("EmailAddress", "staff@example.com");
        json.text("FirstName", first);
        json.text("LastName", last);
        json.moment("UpdatedDateUTC", i64::from(company.start.to_unix_days()) * 86_400_000);
        json.boolean("IsSubscriber", false);
        json.text("OrganisationRole", "STANDARD");
        json.close();
    };
    let paid = if claim.paid_on.is_some() { claim.totals.gross } else { 0 };
    let due = if claim.status == "VOIDED" { 0 } else { claim.totals.gross - paid };
    json.guid("ExpenseClaimID", guid(company.seed, Id::ExpenseClaim, claim.number));
    json.text("Status", claim.status);
    json.moment("UpdatedDateUTC", document::updated(company, claim.paid_on.unwrap_or(claim.date), claim.number));
    user(json);
    json.list("Receipts");
    json.open();
    json.guid("ReceiptID", guid(company.seed, Id::ExpenseClaim, 1 << 40 | claim.number));
    json.text("ReceiptNumber", &claim.number.to_string());
    json.text("Status", if claim.status == "VOIDED" { "VOIDED" } else { "AUTHORISED" });
    user(json);
    document::contact(json, company, claim.receipt_contact);
    json.day("Date", claim.date.add_days(-2));
    json.text("LineAmountTypes", "Inclusive");
    document::lines(json, company, Side::Bill, Amounts::Inclusive, &claim.lines);
    json.money("SubTotal", claim.totals.net);
    json.money("TotalTax", claim.totals.tax);
    json.money("Total", claim.totals.gross);
    json.close();
    json.end_list();
    json.list("Payments");
    if let Some(date) = claim.paid_on {
        json.open();
        json.guid("PaymentID", guid(company.seed, Id::ExpenseClaim, 2 << 40 | claim.number));
        json.day("Date", date);
        json.money("Amount", paid);
        json.rate("CurrencyRate", 1_000_000);
        json.boolean("HasAccount", false);
        json.close();
    }
    json.end_list();
    json.money("Total", claim.totals.gross);
    json.money("AmountDue", due);
    json.money("AmountPaid", paid);
    json.day("ReportingDate", claim.date);
    if !claim.number.is_multiple_of(3) {
        json.day("PaymentDueDate", claim.date.add_days(14));
    }
}
