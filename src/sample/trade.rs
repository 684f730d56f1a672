//! Sales and purchases: a document and everything that ever happens to it, up to the as-at day.

use crate::base::Date;

use super::chart::Acc;
use super::document::{self, Allocation, Amounts, Applied, Credit, CreditKind, Discount, Document, Line, Side, TaxKind, Totals, Words};
use super::ledger::{Leg, divide, leg, to_base};
use super::names::SupplierKind;
use super::pages::Endpoint;
use super::rng::{Id, guid};
use super::world::{Open, Target, World};

/// What lies before a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Draft,
    Submitted,
    Deleted,
    Voided,
    Live,
}

impl World<'_> {
    /// One document dated `date`, with its payments and credits.
    pub(super) fn trade(&mut self, side: Side, date: Date) {
        let company = self.company;
        let future = date > company.as_of();
        let recent = date > company.as_of().add_days(-60);
        let fate = match self.rng.below(1000) {
            0..12 => Fate::Draft,
            12..18 => Fate::Submitted,
            18..22 => Fate::Deleted,
            22..42 => Fate::Voided,
            42..80 if recent => Fate::Draft,
            _ => Fate::Live,
        };
        let fate = if future { Fate::Live } else { self.missing_fate(side, date).unwrap_or(fate) };
        let mut document = self.new_document(side, date, fate == Fate::Live && !future);
        match fate {
            Fate::Live => {
                let open = self.post_document(&document);
                document.due_amount = document.totals.gross;
                if future {
                    document.status = "AUTHORISED";
                } else {
                    self.live(&mut document, open);
                }
            }
            Fate::Voided => {
                self.post_document(&document);
                self.reverse_document(&document);
                document.status = "VOIDED";
            }
            Fate::Deleted => document.status = "DELETED",
            Fate::Draft | Fate::Submitted => {
                document.status = if fate == Fate::Draft { "DRAFT" } else { "SUBMITTED" };
                document.due_amount = document.totals.gross;
            }
        }
        self.finish_document(&document);
    }

    /// Every company has each fate at least once on either side, drafts lately.
    fn missing_fate(&mut self, side: Side, date: Date) -> Option<Fate> {
        let company = self.company;
        if company.options.documents < 100 {
            return None;
        }
        let since = |days: i32| date > company.as_of().add_days(-days);
        let passed = |share: i32| date.0 > company.start.0 + (company.as_of().0 - company.start.0) * share / 100;
        let wanted = [(since(25), Fate::Draft), (since(45), Fate::Submitted), (passed(30), Fate::Deleted), (passed(15), Fate::Voided)];
        let column = usize::from(side == Side::Bill);
        for (index, (ripe, fate)) in wanted.into_iter().enumerate() {
            if ripe && !self.fates[column][index] {
                self.fates[column][index] = true;
                return Some(fate);
            }
        }
        None
    }

    /// Whether the document must stay open, so that each ageing bucket holds one at least. A due date may move for it.
    fn fills_bucket(&mut self, document: &mut Document) -> bool {
        let company = self.company;
        if company.options.documents < 100 || document.totals.gross <= 0 {
            return false;
        }
        let column = usize::from(document.side == Side::Bill);
        let Some(due) = document.due else { return false };
        let late = company.as_of().0 - due.0;
        let bucket = match late {
            91..=170 => 0,
            61..=90 => 1,
            31..=60 => 2,
            1..=30 => 3,
            0 => 4,
            -7..=-1 => 5,
            -30..=-8 => 6,
            ..-30 => 7,
            _ => return false,
        };
        if !self.buckets[column][bucket] {
            self.buckets[column][bucket] = true;
            return true;
        }
        for (bucket, days, youngest) in [(7, 45, 30), (4, 0, 40), (6, 20, 25), (5, 4, 35)] {
            if !self.buckets[column][bucket] && document.date >= company.as_of().add_days(-youngest) {
                self.buckets[column][bucket] = true;
                document.due = Some(company.as_of().add_days(days));
                return true;
            }
        }
        false
    }

    fn finish_document(&mut self, document: &Document) {
        let company = self.company;
        if document.status == "AUTHORISED" {
            let column = if document.side == Side::Sale { 0 } else { 2 };
            let base = to_base(document.due_amount, document.rate);
            self.balances[document.contact][column] += base;
            if document.due.unwrap_or(document.date) < company.as_of() {
                self.balances[document.contact][column + 1] += base;
            }
        }
        self.record(Endpoint::Invoices, |json| document::invoice(json, company, document));
    }

    fn new_document(&mut self, side: Side, date: Date, stock: bool) -> Document {
        let company = self.company;
        let counter = if side == Side::Sale { Id::Invoice } else { Id::Repeating };
        let number = self.next(counter);
        let kind = match self.rng.below(100) {
            0..35 => SupplierKind::Goods,
            35..55 => SupplierKind::Direct,
            _ => SupplierKind::Overhead,
        };
        let contact = match side {
            // One supplier buys as well.
            Side::Sale if self.rng.chance(15) => company.customers,
            Side::Sale => self.rng.skewed(company.customers),
            Side::Bill => {
                let list = &company.suppliers[kind as usize];
                list[self.rng.skewed(list.len())]
            }
        };
        let late = date.0 > company.start.0 + (company.as_of().0 - company.start.0) * 2 / 3;
        let contact = if company.contacts[contact].archived && late {
            if side == Side::Sale { 0 } else { company.suppliers[kind as usize][0] }
        } else {
            contact
        };
        let partner = &company.contacts[contact];
        let currency = partner.currency;
        let rate = self.ledger.rate(currency, date);
        let amounts = match self.rng.below(100) {
            0..3 => Amounts::NoTax,
            3..15 if partner.inclusive => Amounts::Exclusive,
            3..8 => Amounts::Inclusive,
            _ if partner.inclusive => Amounts::Inclusive,
            _ => Amounts::Exclusive,
        };
        let mut lines = match side {
            Side::Sale => self.sale_lines(contact, rate, amounts, stock),
            Side::Bill => self.bill_lines(contact, kind, rate, amounts, stock),
        };
        for line in &mut lines {
            document::price(company, side, amounts, line);
        }
        let mut totals = document::totals(amounts, &lines);
        if totals.gross < 0 {
            lines.retain(|line| line.unit >= 0);
            totals = document::totals(amounts, &lines);
        }
        if side == Side::Sale && currency == 0 && amounts == Amounts::Exclusive && self.rng.chance(15) {
            // Rounded to the nearest five cents, as for cash.
            let target = divide(i128::from(totals.gross), 5) * 5;
            if target != totals.gross {
                let mut line = self.line(Acc::Rounding, target - totals.gross, TaxKind::None, Words::Fixed("Rounding"));
                document::price(company, side, amounts, &mut line);
                lines.push(line);
                totals = document::totals(amounts, &lines);
            }
        }
        let due = match self.rng.below(1000) {
            0..15 => None,
            // Typed in the wrong century.
            15 if company.options.documents >= 1000 => Some(date.add_months(1200)),
            _ => Some(date.add_days(partner.terms)),
        };
        let id = guid(company.seed, Id::Invoice, number * 2 + u64::from(side == Side::Bill));
        Document {
            side,
            number,
            id,
            contact,
            date,
            due,
            status: "AUTHORISED",
            amounts,
            currency,
            rate,
            lines,
            totals,
            due_amount: 0,
            paid: 0,
            credited: 0,
            fully_paid: None,
            payments: Vec::new(),
            applied: Vec::new(),
        }
    }

    fn tax_kind(&mut self, export: bool) -> TaxKind {
        if export {
            return TaxKind::Zero;
        }
        match self.rng.below(100) {
            0..87 => TaxKind::Standard,
            87..93 => TaxKind::Reduced,
            93..97 => TaxKind::Zero,
            _ => TaxKind::None,
        }
    }

    /// A unit price in 1/10 000 of the document's currency, from cents of the base currency.
    fn unit_price(&mut self, side: Side, base: i64, rate: i64, amounts: Amounts, tax: TaxKind) -> i64 {
        let gross_up = if amounts == Amounts::Inclusive { 10_000 + document::tax_rate(self.company, side, tax) } else { 10_000 };
        let fine = divide(i128::from(base) * 100 * i128::from(rate) * i128::from(gross_up), 10_000_000_000);
        if self.rng.chance(80) { fine } else { divide(i128::from(fine), 100) * 100 }
    }

    fn line_count(&mut self) -> usize {
        1 + self.rng.below(7)
    }

    fn sale_lines(&mut self, contact: usize, rate: i64, amounts: Amounts, stock: bool) -> Vec<Line> {
        let company = self.company;
        let partner = &company.contacts[contact];
        let count = self.line_count();
        let target = (company.average as f64 * self.rng.spread() / count as f64) as i64;
        let income = if contact < company.customers { partner.account } else { Acc::Sales };
        let mut lines = Vec::with_capacity(count + 1);
        for _ in 0..count {
            let tax = self.tax_kind(partner.currency > 0);
            let wanted = ((target as f64) * (0.5 + self.rng.unit())) as i64;
            let item = match self.rng.below(100) {
                0..45 => self.item_in_stock(wanted, stock),
                45..70 => self.untracked_item(),
                _ => None,
            };
            let number = self.next(Id::Line);
            let (account, quantity, price) = match item {
                Some(index) => {
                    let item = &company.items[index];
                    let whole = (wanted / item.price.max(1)).max(1);
                    let quantity = if item.tracked {
                        (whole * 10_000).min(self.stock[index].quantity.max(10_000))
                    } else if item.price == 9_600 {
                        // Hours, by the quarter.
                        whole * 10_000 + 2_500 * self.rng.range(0, 3)
                    } else {
                        whole * 10_000
                    };
                    let account = if income == Acc::Online && item.tracked { Acc::Online } else { item.account };
                    (account, quantity, item.price * self.rng.range(95, 104) / 100)
                }
                None => {
                    let quantity = [10_000, 10_000, 20_000, 5_000, 15_000, 33_333, 30_000][self.rng.below(7)];
                    let price = divide(i128::from(wanted) * 10_000, i128::from(quantity));
                    (if self.rng.chance(300) { Acc::Services } else { income }, quantity, price)
                }
            };
            let discount = match self.rng.below(100) {
                0..4 => Discount::Rate([500, 1000, 1250, 333][self.rng.below(4)]),
                4 => Discount::Amount(self.rng.range(50, 900)),
                _ => Discount::None,
            };
            let unit = self.unit_price(Side::Sale, price, rate, amounts, tax);
            let tracking = self.tracking();
            let mut line =
                Line { number, item, account, quantity, unit, discount, amount: 0, tax, tax_amount: 0, words: Words::Usual, tracking };
            document::price(company, Side::Sale, amounts, &mut line);
            if line.amount < 0 {
                line.discount = Discount::None;
            }
            if stock
                && let Some(index) = item
                && company.items[index].tracked
            {
                self.sell(index, quantity);
            }
            lines.push(line);
        }
        self.spice(&mut lines, Side::Sale, target);
        lines
    }

    /// A line now and then that is free, only a text, or a deduction.
    fn spice(&mut self, lines: &mut Vec<Line>, side: Side, target: i64) {
        match self.rng.below(100) {
            0..4 => {
                let line = self.line(Acc::Sales, 0, TaxKind::None, Words::Note);
                lines.push(Line { quantity: 0, ..line });
            }
            4..6 => {
                let line = self.line(
                    if side == Side::Sale { Acc::Sales } else { Acc::General },
                    0,
                    TaxKind::Standard,
                    Words::Fixed("Free of charge"),
                );
                lines.push(line);
            }
            6..8 if lines.len() > 1 => {
                let account = if side == Side::Sale { Acc::Sales } else { Acc::General };
                let line = self.line(account, -(target / 10).max(1), TaxKind::Standard, Words::Fixed("Loyalty discount"));
                lines.push(line);
            }
            _ => {}
        }
    }

    fn tracking(&mut self) -> u8 {
        match self.rng.below(10) {
            0..5 => 0,
            5..7 => 1,
            7..9 => 3,
            _ => 2,
        }
    }

    fn untracked_item(&mut self) -> Option<usize> {
        let company = self.company;
        (0..4).map(|_| self.rng.below(company.items.len())).find(|&index| !company.items[index].tracked)
    }

    fn item_in_stock(&mut self, wanted: i64, stock: bool) -> Option<usize> {
        let company = self.company;
        let found = (0..5).map(|_| self.rng.below(company.items.len())).find(|&index| {
            company.items[index].tracked && company.items[index].price <= wanted * 3 && self.stock[index].quantity >= 10_000
        });
        if stock { found } else { None }
    }

    /// Takes units from stock; the cost is posted with the document.
    fn sell(&mut self, index: usize, quantity: i64) {
        let cost = self.cost_of(index, quantity);
        let stock = &mut self.stock[index];
        stock.quantity -= quantity;
        stock.value -= cost;
        self.pending_cost += cost;
    }

    fn cost_of(&self, index: usize, quantity: i64) -> i64 {
        let stock = self.stock[index];
        if quantity >= stock.quantity {
            stock.value
        } else {
            divide(i128::from(stock.value) * i128::from(quantity), i128::from(stock.quantity))
        }
    }

    fn bill_lines(&mut self, contact: usize, kind: SupplierKind, rate: i64, amounts: Amounts, stock: bool) -> Vec<Line> {
        let company = self.company;
        let partner = &company.contacts[contact];
        let average = company.average as f64;
        let mean = match kind {
            SupplierKind::Goods => 0.52 * average * self.restock_factor(),
            SupplierKind::Direct => 0.55 * average,
            SupplierKind::Overhead => 0.30 * average,
        };
        let count = self.line_count();
        let target = ((mean * self.rng.spread() / count as f64) as i64).max(100);
        let mut lines = Vec::with_capacity(count + 1);
        for _ in 0..count {
            let tax = self.tax_kind(partner.currency > 0);
            let number = self.next(Id::Line);
            let tracking = self.tracking();
            let wanted = ((target as f64 * (0.5 + self.rng.unit())) as i64).max(100);
            let item = if kind == SupplierKind::Goods && stock { self.item_to_buy() } else { None };
            let (account, quantity, price) = match item {
                Some(index) => {
                    let item = &company.items[index];
                    let quantity = (wanted / item.cost.max(1)).max(1) * 10_000;
                    (Acc::Inventory, quantity, item.cost * self.rng.range(94, 107) / 100)
                }
                None => {
                    let quantity = [10_000, 10_000, 10_000, 20_000, 120_000][self.rng.below(5)];
                    let asset = kind == SupplierKind::Overhead && self.rng.chance(12);
                    let account = if asset {
                        if self.rng.chance(500) { Acc::Equipment } else { Acc::Computers }
                    } else {
                        self.expense_account(partner.account)
                    };
                    (account, quantity, divide(i128::from(wanted) * 10_000, i128::from(quantity)))
                }
            };
            let unit = self.unit_price(Side::Bill, price, rate, amounts, tax);
            let discount = if self.rng.chance(15) { Discount::Rate(200) } else { Discount::None };
            let mut line =
                Line { number, item, account, quantity, unit, discount, amount: 0, tax, tax_amount: 0, words: Words::Usual, tracking };
            document::price(company, Side::Bill, amounts, &mut line);
            if let Some(index) = item {
                let stock = &mut self.stock[index];
                stock.quantity += quantity;
                stock.value += to_base(line.net(amounts), rate);
            }
            lines.push(line);
        }
        self.spice(&mut lines, Side::Bill, target);
        lines
    }

    /// The account of a supplier, now and then another; two were used only in the first months.
    fn expense_account(&mut self, usual: Acc) -> Acc {
        let early = self.today < self.company.start.add_days(100);
        match self.rng.below(100) {
            0..8 if early => Acc::Promotions,
            8..20 if early => Acc::Repairs,
            20..24 => Acc::FreightIn,
            24..28 => Acc::General,
            _ => usual,
        }
    }

    /// Buys more when stock is low and less when it is high.
    fn restock_factor(&self) -> f64 {
        let target = self.company.monthly as f64 * 0.4;
        let value: i64 = self.stock.iter().map(|stock| stock.value).sum();
        (1.0 + (target - value as f64) / target).clamp(0.2, 2.2)
    }

    fn item_to_buy(&mut self) -> Option<usize> {
        let company = self.company;
        (0..4)
            .map(|_| self.rng.below(company.items.len()))
            .filter(|&index| company.items[index].tracked)
            .min_by_key(|&index| (self.stock[index].value, index))
    }

    /// Dr receivable, Cr income and tax (the reverse for a bill); cost of goods sold with it.
    fn post_document(&mut self, document: &Document) -> Open {
        let base = to_base(document.totals.gross, document.rate);
        let sign = document.side.sign();
        let mut legs = vec![self.control(document.side, sign * base, document.currency, sign * document.totals.gross)];
        self.line_legs(sign, document.amounts, document.rate, &document.lines, &mut legs);
        if self.pending_cost != 0 {
            legs.push(leg(Acc::CostOfGoods, self.pending_cost));
            legs.push(leg(Acc::Inventory, -self.pending_cost));
            self.pending_cost = 0;
        }
        self.post_rounded(document.date, if sign > 0 { "sale" } else { "bill" }, document.number, &mut legs);
        Open { foreign: document.totals.gross, base, rate: document.rate }
    }

    /// A void is a mirror at the original date.
    fn reverse_document(&mut self, document: &Document) {
        let sign = -document.side.sign();
        let base = to_base(document.totals.gross, document.rate);
        let mut legs = vec![self.control(document.side, sign * base, document.currency, sign * document.totals.gross)];
        self.line_legs(sign, document.amounts, document.rate, &document.lines, &mut legs);
        self.post_rounded(document.date, "void", document.number, &mut legs);
    }

    /// Credits, payments, refunds, as habits have it.
    fn live(&mut self, document: &mut Document, mut open: Open) {
        let as_of = self.company.as_of();
        let partner = &self.company.contacts[document.contact];
        let due = document.due.unwrap_or(document.date);
        let plan = self.rng.below(1000);
        if plan < 22 {
            self.prepaid(document, &mut open);
        }
        self.use_waiting(document, &mut open);
        let credit_date = document.date.add_days(self.rng.range(1, 25) as i32);
        match plan {
            22..62 => {
                let share = self.rng.range(10, 60);
                self.credit_note(document, &mut open, credit_date, share, true);
            }
            62..76 => self.credit_note(document, &mut open, credit_date, 100, true),
            76..90 => self.credit_note(document, &mut open, credit_date, 20, false),
            _ => {}
        }
        let kept_open = self.fills_bucket(document);
        let never = kept_open || ((90..102).contains(&plan) && partner.delay > 5);
        let mut late = partner.delay + self.rng.range(-3, 9) as i32;
        if self.rng.chance(60) {
            late += self.rng.range(20, 130) as i32;
        }
        if self.rng.chance(25) {
            // Paid before the document's own date.
            late = (document.date.0 - due.0) - self.rng.range(1, 5) as i32;
        }
        let mut date = due.add_days(late).max(document.date.add_days(-5)).max(self.company.start);
        date = match (document.side, date.weekday()) {
            // Bills are paid on Fridays.
            (Side::Bill, day) => date.add_days((5 - day as i32).rem_euclid(7)),
            (Side::Sale, 0) => date.add_days(1),
            (Side::Sale, 6) => date.add_days(2),
            _ => date,
        };
        if never {
            if kept_open {
                // Some of them were paid in part.
                let amount = open.foreign / 3;
                if amount > 0 && self.rng.chance(300) && date < as_of {
                    self.pay_document(document, &mut open, date, amount);
                }
            } else if self.rng.chance(400) {
                let written_off = due.add_days(190);
                self.write_off(document, &mut open, written_off);
            }
        } else if open.foreign > 0 {
            let parts = match plan {
                102..150 => 2,
                150..165 => 3,
                _ => 1,
            };
            for part in 0..parts {
                let amount =
                    if part + 1 == parts { open.foreign } else { (open.foreign * self.rng.range(20, 60) / 100).max(1).min(open.foreign) };
                if date > as_of || amount <= 0 {
                    break;
                }
                self.pay_document(document, &mut open, date, amount);
                date = date.add_days(self.rng.range(6, 30) as i32);
            }
            if (165..187).contains(&plan)
                && open.foreign == 0
                && let Some(last) = document.payments.last().copied()
            {
                self.overpay(document, last.date);
            }
            if (187..197).contains(&plan) && open.foreign == 0 {
                let date = credit_date.max(document.payments.last().map_or(credit_date, |paid| paid.date.add_days(3)));
                self.credit_note(document, &mut open, date, 30, false);
            }
        }
        document.due_amount = open.foreign;
        if open.foreign == 0 {
            document.status = "PAID";
            let last = document.payments.iter().map(|paid| paid.date).chain(document.applied.iter().map(|applied| applied.date)).max();
            document.fully_paid = Some(last.unwrap_or(document.date));
        }
    }

    fn pay_document(&mut self, document: &mut Document, open: &mut Open, date: Date, amount: i64) {
        let sign = document.side.sign();
        let relief = open.relieve(amount);
        let against = self.control(document.side, -sign * relief, document.currency, -sign * amount);
        let target = Target {
            payment: if sign > 0 { "ACCRECPAYMENT" } else { "ACCPAYPAYMENT" },
            document: document.side.invoice_type(),
            side: document.side,
            id: document.id,
            number: document.number,
            contact: document.contact,
            currency: document.currency,
            direction: sign,
        };
        let paid = self.pay(target, date, amount, &[against]);
        document.paid += amount;
        document.payments.push(paid);
    }

    /// Applies part of a credit to the document: both sides leave the control account, the rest is a realised difference.
    fn apply(
        &mut self,
        document: &mut Document,
        open: &mut Open,
        credit: &mut Credit,
        date: Date,
        amount: i64,
        release: impl FnOnce(i64) -> Vec<Leg>,
    ) {
        let relief =
            if amount == credit.remaining { credit.remaining_base } else { to_base(amount, credit.rate).min(credit.remaining_base) };
        credit.remaining -= amount;
        credit.remaining_base -= relief;
        let taken = open.relieve(amount);
        let sign = document.side.sign();
        let mut legs = release(relief);
        legs.push(self.control(document.side, -sign * taken, document.currency, -sign * amount));
        // In one currency and on one account nothing moves.
        let moves = credit.kind == CreditKind::Prepayment || relief != taken;
        if moves {
            self.post_with(date, "allocation", credit.number, &mut legs, Acc::Realised);
        }
        let id = self.fresh(Id::Allocation);
        credit.allocations.push(Allocation { id, invoice: document.id, number: document.number, side: document.side, date, amount });
        document.credited += amount;
        document.applied.push(Applied {
            kind: credit.kind,
            id: credit.id,
            number: credit.number,
            date,
            amount,
            total: credit.totals.gross,
            rate: credit.rate,
        });
    }

    fn new_credit(&mut self, document: &Document, kind: CreditKind, date: Date, amounts: Amounts, lines: Vec<Line>) -> Credit {
        let id = match kind {
            CreditKind::CreditNote => Id::CreditNote,
            CreditKind::Overpayment => Id::Overpayment,
            CreditKind::Prepayment => Id::Prepayment,
        };
        let number = self.next(id);
        let totals: Totals = document::totals(amounts, &lines);
        let rate = self.ledger.rate(document.currency, date);
        Credit {
            kind,
            side: document.side,
            number,
            id: guid(self.company.seed, id, number),
            contact: document.contact,
            date,
            status: "AUTHORISED",
            amounts,
            currency: document.currency,
            rate,
            lines,
            totals,
            remaining: totals.gross,
            remaining_base: to_base(totals.gross, rate),
            allocations: Vec::new(),
            payments: Vec::new(),
        }
    }

    /// A credit note over about `percent` of the document, applied to it or left open, paid back, voided.
    fn credit_note(&mut self, document: &mut Document, open: &mut Open, date: Date, percent: i64, apply: bool) {
        let company = self.company;
        if date > company.as_of() || document.totals.gross <= 0 {
            return;
        }
        let tracked = document.lines.iter().any(|line| line.item.is_some_and(|index| company.items[index].tracked));
        let side = document.side;
        let lines = if percent == 100 && !tracked {
            let mut lines = document.lines.clone();
            for line in &mut lines {
                line.number = self.next(Id::Line);
            }
            lines
        } else {
            let source = document.lines.iter().find(|line| line.item.is_none() && line.words == Words::Usual);
            let account = source.map_or(if side == Side::Sale { Acc::Sales } else { Acc::Purchases }, |line| line.account);
            let tax = source.or(document.lines.first()).map_or(TaxKind::None, |line| line.tax);
            let amount = (document.totals.net * percent.min(60) / 100).max(1);
            let mut line = self.line(account, amount, tax, Words::Fixed("Credit for goods returned"));
            line.tracking = document.lines.first().map_or(0, |line| line.tracking);
            document::price(company, side, document.amounts, &mut line);
            vec![line]
        };
        let mut credit = self.new_credit(document, CreditKind::CreditNote, date, document.amounts, lines);
        let fate = self.rng.below(100);
        if fate < 4 {
            credit.status = "DRAFT";
            self.close_credit(credit);
            return;
        }
        self.post_credit(&credit, 1);
        if fate < 8 {
            self.post_credit(&credit, -1);
            credit.status = "VOIDED";
            credit.remaining = 0;
            self.close_credit(credit);
            return;
        }
        let sign = side.sign();
        if apply {
            let when = date.add_days(self.rng.range(0, 6) as i32);
            let amount = credit.remaining.min(open.foreign);
            if amount > 0 && when <= company.as_of() {
                let currency = document.currency;
                self.apply(document, open, &mut credit, when, amount, |relief| {
                    vec![Leg { account: side.control(), base: sign * relief, currency, foreign: sign * amount }]
                });
            }
        } else if fate < 60 {
            let when = date.add_days(self.rng.range(2, 20) as i32);
            self.refund(&mut credit, when);
        }
        self.close_credit(credit);
    }

    fn post_credit(&mut self, credit: &Credit, direction: i64) {
        let sign = -credit.side.sign() * direction;
        let base = to_base(credit.totals.gross, credit.rate);
        let mut legs = vec![self.control(credit.side, sign * base, credit.currency, sign * credit.totals.gross)];
        self.line_legs(sign, credit.amounts, credit.rate, &credit.lines, &mut legs);
        self.post_rounded(credit.date, if direction > 0 { "credit" } else { "void-credit" }, credit.number, &mut legs);
    }

    /// Pays back what is left of a credit note or an overpayment.
    fn refund(&mut self, credit: &mut Credit, date: Date) {
        if date > self.company.as_of() || credit.remaining <= 0 {
            return;
        }
        let sign = credit.side.sign();
        let (payment, document) = match (credit.kind, credit.side) {
            (CreditKind::CreditNote, Side::Sale) => ("ARCREDITPAYMENT", "ACCRECCREDIT"),
            (CreditKind::CreditNote, Side::Bill) => ("APCREDITPAYMENT", "ACCPAYCREDIT"),
            (CreditKind::Overpayment, Side::Sale) => ("AROVERPAYMENTPAYMENT", "AROVERPAYMENT"),
            (CreditKind::Overpayment, Side::Bill) => ("APOVERPAYMENTPAYMENT", "APOVERPAYMENT"),
            (CreditKind::Prepayment, Side::Sale) => ("ARPREPAYMENTPAYMENT", "ARPREPAYMENT"),
            (CreditKind::Prepayment, Side::Bill) => ("APPREPAYMENTPAYMENT", "APPREPAYMENT"),
        };
        let target = Target {
            payment,
            document,
            side: credit.side,
            id: credit.id,
            number: credit.number,
            contact: credit.contact,
            currency: credit.currency,
            direction: -sign,
        };
        let amount = credit.remaining;
        let against = if credit.kind == CreditKind::Prepayment {
            prepayment_release(credit, credit.remaining_base)
        } else {
            vec![self.control(credit.side, sign * credit.remaining_base, credit.currency, sign * amount)]
        };
        let paid = self.pay(target, date, amount, &against);
        credit.payments.push(paid);
        credit.remaining = 0;
        credit.remaining_base = 0;
    }

    /// The contact paid too much: the rest is a credit of its own.
    fn overpay(&mut self, document: &Document, date: Date) {
        let side = document.side;
        let extra = (document.totals.gross * self.rng.range(2, 15) / 100).max(100);
        let mut line = self.line(side.control(), extra, TaxKind::None, Words::Fixed("Overpayment"));
        document::price(self.company, side, Amounts::NoTax, &mut line);
        let mut credit = self.new_credit(document, CreditKind::Overpayment, date, Amounts::NoTax, vec![line]);
        let sign = side.sign();
        let (currency, foreign) = (credit.currency, credit.totals.gross);
        self.advance(&credit, |base| vec![Leg { account: side.control(), base: -sign * base, currency, foreign: -sign * foreign }]);
        match self.rng.below(10) {
            0..3 => {
                let when = date.add_days(self.rng.range(5, 40) as i32);
                self.refund(&mut credit, when);
                self.close_credit(credit);
            }
            3..8 if self.waiting[document.contact].is_none() => self.waiting[document.contact] = Some(credit),
            _ => self.close_credit(credit),
        }
    }

    /// Applies an overpayment that waits.
    fn use_waiting(&mut self, document: &mut Document, open: &mut Open) {
        let Some(mut credit) = self.waiting[document.contact].take_if(|credit| {
            credit.currency == document.currency && credit.side == document.side && credit.date <= document.date && open.foreign > 0
        }) else {
            return;
        };
        let when = document.date.add_days(self.rng.range(0, 4) as i32);
        if when > self.company.as_of() {
            self.waiting[document.contact] = Some(credit);
            return;
        }
        let amount = credit.remaining.min(open.foreign);
        let (side, sign, currency) = (document.side, document.side.sign(), document.currency);
        self.apply(document, open, &mut credit, when, amount, |relief| {
            vec![Leg { account: side.control(), base: sign * relief, currency, foreign: sign * amount }]
        });
        if credit.remaining == 0 {
            self.close_credit(credit);
        } else {
            self.waiting[document.contact] = Some(credit);
        }
    }

    /// Part of the document was paid in advance.
    fn prepaid(&mut self, document: &mut Document, open: &mut Open) {
        let company = self.company;
        let date = document.date.add_days(-(self.rng.range(3, 20) as i32));
        if date < company.start || document.totals.gross <= 0 {
            return;
        }
        let side = document.side;
        let amounts = if self.rng.chance(500) { document.amounts } else { Amounts::NoTax };
        let account = if side == Side::Sale { Acc::CustomerDeposits } else { Acc::SupplierDeposits };
        let percent = [20, 30, 50, 60, 110][self.rng.below(5)];
        let amount = (document.totals.net * percent / 100 / 1000 * 1000).max(500);
        let tax = if document.currency > 0 { TaxKind::Zero } else { TaxKind::Standard };
        let mut line = self.line(account, amount, tax, Words::Fixed("Deposit"));
        document::price(company, side, amounts, &mut line);
        let mut credit = self.new_credit(document, CreditKind::Prepayment, date, amounts, vec![line]);
        let released = prepayment_release(&credit, credit.remaining_base);
        self.advance(&credit, |_| released.iter().map(|leg| Leg { base: -leg.base, ..*leg }).collect());
        let when = document.date.add_days(self.rng.range(0, 3) as i32);
        let amount = credit.remaining.min(open.foreign);
        if when <= company.as_of() {
            let snapshot = credit.clone();
            let whole = amount == credit.remaining;
            self.apply(document, open, &mut credit, when, amount, |relief| {
                prepayment_release(&snapshot, if whole { snapshot.remaining_base } else { relief })
            });
            if credit.remaining > 0 && self.rng.chance(400) {
                let when = when.add_days(12);
                self.refund_rest(&mut credit, &snapshot, when);
            }
        }
        self.close_credit(credit);
    }

    /// Pays back the rest of a prepayment of which a part was applied.
    fn refund_rest(&mut self, credit: &mut Credit, whole: &Credit, date: Date) {
        if date > self.company.as_of() {
            return;
        }
        let applied = prepayment_release(whole, whole.remaining_base - credit.remaining_base);
        let all = prepayment_release(whole, whole.remaining_base);
        let rest: Vec<Leg> = all.iter().zip(&applied).map(|(all, applied)| Leg { base: all.base - applied.base, ..*all }).collect();
        let sign = credit.side.sign();
        let target = Target {
            payment: if sign > 0 { "ARPREPAYMENTPAYMENT" } else { "APPREPAYMENTPAYMENT" },
            document: if sign > 0 { "ARPREPAYMENT" } else { "APPREPAYMENT" },
            side: credit.side,
            id: credit.id,
            number: credit.number,
            contact: credit.contact,
            currency: credit.currency,
            direction: -sign,
        };
        let amount = credit.remaining;
        let paid = self.pay(target, date, amount, &rest);
        credit.payments.push(paid);
        credit.remaining = 0;
        credit.remaining_base = 0;
    }

    /// A debt given up: a credit note to bad debts (to other revenue for a bill).
    fn write_off(&mut self, document: &mut Document, open: &mut Open, date: Date) {
        if date > self.company.as_of() || open.foreign <= 0 {
            return;
        }
        let side = document.side;
        let account = if side == Side::Sale { Acc::BadDebts } else { Acc::OtherRevenue };
        let mut line = self.line(account, open.foreign, TaxKind::None, Words::Fixed("Written off"));
        document::price(self.company, side, Amounts::NoTax, &mut line);
        let mut credit = self.new_credit(document, CreditKind::CreditNote, date, Amounts::NoTax, vec![line]);
        self.post_credit(&credit, 1);
        let amount = credit.remaining.min(open.foreign);
        let (sign, currency) = (side.sign(), document.currency);
        self.apply(document, open, &mut credit, date, amount, |relief| {
            vec![Leg { account: side.control(), base: sign * relief, currency, foreign: sign * amount }]
        });
        self.close_credit(credit);
    }
}

/// The legs that take `base` of a prepayment out of its account and out of tax.
fn prepayment_release(credit: &Credit, base: i64) -> Vec<Leg> {
    let sign = credit.side.sign();
    let account = if credit.side == Side::Sale { Acc::CustomerDeposits } else { Acc::SupplierDeposits };
    let tax = if credit.totals.gross == 0 {
        0
    } else {
        divide(i128::from(base) * i128::from(credit.totals.tax), i128::from(credit.totals.gross))
    };
    vec![leg(account, sign * (base - tax)), leg(Acc::SalesTax, sign * tax)]
}
