//! One organisation's books, cleaned: the latest version of each document, amounts in base currency, one trial balance a month.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};

use super::calendar::{Calendar, YearEnd, calendar};
use super::pages::{Malformed, Pages, for_each_record, list, read, records};
use super::wire::*;

/// Everything the figures are computed from.
#[derive(Clone, Debug)]
pub struct Books {
    /// OrganisationID.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Base currency code.
    pub base_currency: String,
    /// The end of the organisation's own fiscal year, as Xero gives it.
    pub year_end: YearEnd,
    /// The calendar that it shares with the organisations loaded beside it.
    pub calendar: Calendar,
    /// Today: `--as-of`, else the as-at date of the newest trial balance. `None` without any trial balance.
    pub today: Option<Date>,
    /// Whether the trial balances are on cash basis, as `manifest.json` says.
    pub cash_basis: bool,
    /// Accounts by AccountID.
    pub accounts: BTreeMap<String, Account>,
    /// Invoices, bills, credit notes, over- and prepayments dated up to Today.
    pub documents: Vec<Document>,
    /// The same, dated after Today.
    pub future_documents: Vec<Document>,
    /// Cash movements in BANK accounts dated up to Today.
    pub bank: Vec<BankRow>,
    /// The same, dated after Today.
    pub future_bank: Vec<BankRow>,
    /// ContactIDs of the list; documents may name others (merged, erased), which stand under no contact.
    pub contacts: BTreeSet<String>,
    /// Items by code in upper case: lines name them in any case.
    pub items: BTreeMap<String, Item>,
    /// The newest trial balance of each month up to Today, by as-at date.
    pub trial_balances: BTreeMap<Date, Vec<Balance>>,
    /// How many records were read, used and set aside, by endpoint.
    pub counts: BTreeMap<&'static str, Count>,
}

/// What became of the records of an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Records on the pages.
    pub read: u64,
    /// Records that the figures rest on.
    pub used: u64,
    /// Records left out, by reason.
    pub set_aside: BTreeMap<&'static str, u64>,
}

impl Count {
    fn aside(&mut self, reason: &'static str) {
        *self.set_aside.entry(reason).or_default() += 1;
    }
}

/// Where an account stands in the statements. Source: Xero's account types and classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// BANK: cash, cards and overdrafts; counts as current asset.
    Bank,
    /// CURRENT, INVENTORY, PREPAYMENT.
    CurrentAssets,
    /// FIXED.
    FixedAssets,
    /// NONCURRENT and assets of unknown type.
    NonCurrentAssets,
    /// CURRLIAB and payroll liabilities.
    CurrentLiabilities,
    /// LIABILITY.
    Liabilities,
    /// TERMLIAB.
    NonCurrentLiabilities,
    /// EQUITY.
    Equity,
    /// REVENUE and SALES.
    TradingIncome,
    /// OTHERINCOME.
    OtherIncome,
    /// DIRECTCOSTS.
    CostOfSales,
    /// All other expenses, currency gains included.
    OperatingExpenses,
}

/// The five classes of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// What is owned.
    Asset,
    /// What is owed.
    Liability,
    /// What the owners hold.
    Equity,
    /// Income.
    Revenue,
    /// Cost.
    Expense,
}

impl Class {
    fn from_name(name: &str) -> Option<Class> {
        // Report sections come as `Assets`, `Less Expenses`, `Income`; the API's Class as `ASSET`.
        let name = name.to_ascii_uppercase();
        let has = |word: &str| name.contains(word);
        Some(match () {
            () if has("ASSET") || name == "BANK" => Class::Asset,
            () if has("LIABILIT") => Class::Liability,
            () if has("EQUITY") => Class::Equity,
            () if has("EXPENSE") || has("COST") => Class::Expense,
            () if has("REVENUE") || has("INCOME") => Class::Revenue,
            () => return None,
        })
    }
}

impl Group {
    /// By account type; `None` for a type that Xero's table does not list.
    fn of_type(kind: &str) -> Option<Group> {
        Some(match kind {
            "BANK" => Group::Bank,
            "CURRENT" | "INVENTORY" | "PREPAYMENT" => Group::CurrentAssets,
            "FIXED" => Group::FixedAssets,
            "NONCURRENT" => Group::NonCurrentAssets,
            "CURRLIAB" | "PAYG" | "PAYGLIABILITY" | "SUPERANNUATIONLIABILITY" | "WAGESPAYABLELIABILITY" => Group::CurrentLiabilities,
            "LIABILITY" => Group::Liabilities,
            "TERMLIAB" => Group::NonCurrentLiabilities,
            "EQUITY" => Group::Equity,
            "REVENUE" | "SALES" => Group::TradingIncome,
            "OTHERINCOME" => Group::OtherIncome,
            "DIRECTCOSTS" => Group::CostOfSales,
            "EXPENSE" | "OVERHEADS" | "DEPRECIATN" | "WAGESEXPENSE" | "SUPERANNUATIONEXPENSE" => Group::OperatingExpenses,
            _ => return None,
        })
    }

    /// For an account of unknown type: the group that its class falls into.
    fn of_class(class: Class) -> Group {
        match class {
            Class::Asset => Group::NonCurrentAssets,
            Class::Liability => Group::Liabilities,
            Class::Equity => Group::Equity,
            Class::Revenue => Group::TradingIncome,
            Class::Expense => Group::OperatingExpenses,
        }
    }

    /// The class of the group.
    pub fn class(self) -> Class {
        match self {
            Group::Bank | Group::CurrentAssets | Group::FixedAssets | Group::NonCurrentAssets => Class::Asset,
            Group::CurrentLiabilities | Group::Liabilities | Group::NonCurrentLiabilities => Class::Liability,
            Group::Equity => Class::Equity,
            Group::TradingIncome | Group::OtherIncome => Class::Revenue,
            Group::CostOfSales | Group::OperatingExpenses => Class::Expense,
        }
    }
}

/// An account of the chart.
#[derive(Clone, Debug)]
pub struct Account {
    /// Xero's type.
    pub kind: String,
    /// Where it stands.
    pub group: Group,
    /// Class: the API's own, else that of the type.
    pub class: Class,
    /// `DEBTORS`, `CREDITORS` … or empty.
    pub system: String,
    /// Currency of a bank account; empty means base.
    pub currency: String,
}

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Invoice or bill.
    Invoice,
    /// Credit note.
    CreditNote,
    /// Overpayment.
    Overpayment,
    /// Prepayment.
    Prepayment,
}

/// Which side it stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ledger {
    /// Customers.
    Receivable,
    /// Suppliers.
    Payable,
}

/// An invoice, bill, credit note, overpayment or prepayment that is not voided or deleted.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it is.
    pub kind: Kind,
    /// Which side.
    pub ledger: Ledger,
    /// DRAFT, SUBMITTED, AUTHORISED, PAID.
    pub status: String,
    /// ContactID.
    pub contact: String,
    /// Document date.
    pub date: Date,
    /// Due date; the document date where Xero gives none.
    pub due: Date,
    /// The due date that Xero gives, if it does.
    pub due_stated: Option<Date>,
    /// Expected (sales) or planned (bills) payment date, where the user set one.
    pub expected: Option<Date>,
    /// When the last of it was paid.
    pub paid: Option<Date>,
    /// Whether its currency is not the base currency.
    pub foreign: bool,
    /// Net of tax, base currency, always positive for an ordinary document; `None` without a usable rate.
    pub net: Option<Decimal>,
    /// What is still open (AmountDue or RemainingCredit), base currency.
    pub open: Option<Decimal>,
    /// The amount due in the document's own currency (to know whether it is open at all).
    pub open_original: Decimal,
    /// Tax included, base currency; `None` without a usable rate and for over- and prepayments.
    pub gross: Option<Decimal>,
    /// Lines of invoices and credit notes; their amounts add up to `net`.
    pub lines: Vec<Line>,
}

/// An item of the list.
#[derive(Clone, Debug)]
pub struct Item {
    /// Code as the list spells it.
    pub code: String,
    /// Value in stock at the time of the load, where Xero tracks it.
    pub value: Option<Decimal>,
    /// Quantity in stock at the time of the load, where Xero tracks it.
    pub quantity: Option<Decimal>,
}

/// A line of a document.
#[derive(Clone, Debug)]
pub struct Line {
    /// Item code; empty without an item.
    pub item: Arc<str>,
    /// AccountID; empty without an account.
    pub account: Arc<str>,
    /// Net amount in base currency, unsigned.
    pub amount: Decimal,
    /// Quantity, unsigned.
    pub quantity: Option<Decimal>,
}

impl Document {
    /// Whether it counts in sales and purchases: AUTHORISED or PAID.
    pub fn counts(&self) -> bool {
        matches!(self.status.as_str(), "AUTHORISED" | "PAID")
    }

    /// Whether it waits for payment or use: AUTHORISED.
    pub fn is_authorised(&self) -> bool {
        self.status == "AUTHORISED"
    }
}

/// A cash movement in a BANK account.
#[derive(Clone, Debug)]
pub struct BankRow {
    /// AccountID.
    pub account: String,
    /// Date.
    pub date: Date,
    /// Base currency; positive is money in.
    pub amount: Decimal,
    /// Between own accounts.
    pub transfer: bool,
    /// ContactID; empty for transfers.
    pub contact: String,
    /// Whether it was matched with the bank's statement.
    pub reconciled: bool,
}

/// A row of a trial balance.
#[derive(Clone, Debug)]
pub struct Balance {
    /// AccountID (or Xero's marker such as `FXGROUPID`).
    pub account: String,
    /// Where it stands.
    pub group: Group,
    /// Its class.
    pub class: Class,
    /// Debit − Credit of the month up to the as-at date.
    pub movement: Decimal,
    /// YTD debit − YTD credit.
    pub balance: Decimal,
}

/// Rounds to cents, half away from zero, as every base amount is.
pub fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// `amount / rate`, rounded to cents: `CurrencyRate` is foreign units per unit of base currency.
fn to_base(amount: Decimal, rate: Option<Decimal>) -> Option<Decimal> {
    rate.filter(|rate| !rate.is_zero()).and_then(|rate| amount.checked_div(rate)).map(cents)
}

/// The last day of the month.
pub fn month_end(day: Date) -> Date {
    day.last_of_month()
}

/// Reads one organisation.
///
/// # Errors
/// The first file that is missing (`Organisation/1.json`), unreadable or malformed; an `as_of` without a trial balance of that date.
pub fn read_books(pages: &dyn Pages, as_of: Option<Date>) -> Result<Books, Malformed> {
    let organisation = read_organisation(pages)?;
    let base_currency = organisation.base_currency.0.clone();
    let mut counts: BTreeMap<&'static str, Count> = BTreeMap::new();

    let mut accounts = BTreeMap::new();
    let mut names = Names::default();
    counts.entry("Accounts").or_default().read = for_each_record(pages, "Accounts", |a: AccountRecord| {
        let class = Class::from_name(&a.class.0);
        let group = Group::of_type(&a.kind.0).or(class.map(Group::of_class)).unwrap_or(Group::NonCurrentAssets);
        if !a.code.is_empty() {
            // Older answers name a line's account by its code alone; where several share one, the first of the list has it.
            names.account_of_code.entry(a.code.0).or_insert_with(|| a.id.0.clone());
        }
        let account = Account { kind: a.kind.0, group, class: class.unwrap_or(group.class()), system: a.system.0, currency: a.currency.0 };
        accounts.insert(a.id.0, account);
    })?;

    let mut contacts = BTreeSet::new();
    counts.entry("Contacts").or_default().read = for_each_record(pages, "Contacts", |contact: ContactRecord| {
        contacts.insert(contact.id.0);
    })?;
    let listed: Vec<ItemRecord> = latest(pages, "Items", |item: &ItemRecord| item.id.0.clone(), &mut counts)?;
    let items = unique_items(listed, counts.entry("Items").or_default());
    counts.entry("Accounts").or_default().used = accounts.len() as u64;
    counts.entry("Contacts").or_default().used = contacts.len() as u64;
    for list in ["Accounts", "Contacts"] {
        let count = counts.entry(list).or_default();
        if count.read > count.used {
            count.set_aside.insert("replaced by a later version", count.read - count.used);
        }
    }

    let (trial_balances, today) = read_trial_balances(pages, &accounts, as_of, &mut counts)?;

    let bank_transactions = latest(pages, "BankTransactions", |t: &BankTransactionRecord| t.id.0.clone(), &mut counts)?;
    // A document without a rate takes that of the bank transaction that made it.
    let mut rates: HashMap<&str, Decimal> = HashMap::new();
    for t in bank_transactions.iter().filter(|t| !matches!(t.status.0.as_str(), "VOIDED" | "DELETED")) {
        if let Some(rate) = t.rate.0 {
            for id in [&t.id.0, &t.overpayment.0, &t.prepayment.0] {
                if !id.is_empty() {
                    rates.entry(id).or_insert(rate);
                }
            }
        }
    }
    let rate_of = |id: &str, currency: &str, rate: Num| -> Option<Decimal> {
        rate.0.or_else(|| (currency.is_empty() || currency == base_currency).then_some(Decimal::ONE)).or_else(|| rates.get(id).copied())
    };

    let mut documents = read_documents(pages, &base_currency, &rate_of, &mut names, &mut counts)?;
    let bank = read_bank(pages, &base_currency, &accounts, &bank_transactions, &rate_of, &mut counts)?;

    let cut = today.unwrap_or(Date::MAX);
    let future_documents = documents.iter().filter(|d| d.date > cut).cloned().collect();
    documents.retain(|d| d.date <= cut);
    let (bank, future_bank) = bank.into_iter().partition(|row| row.date <= cut);
    let number = |n: Num, default: i8| n.0.and_then(|d| i8::try_from(d.trunc().mantissa()).ok()).unwrap_or(default);
    let year_end = YearEnd { month: number(organisation.year_end_month, 12).clamp(1, 12), day: number(organisation.year_end_day, 31) };
    let mut books = Books {
        id: organisation.id.0,
        name: organisation.name.0,
        year_end,
        // Until it is known what is loaded beside it.
        calendar: calendar(&[]),
        base_currency,
        today,
        cash_basis: is_cash_basis(pages),
        accounts,
        documents,
        future_documents,
        bank,
        future_bank,
        items,
        contacts,
        trial_balances,
        counts,
    };
    books.calendar = calendar(std::slice::from_ref(&books));
    Ok(books)
}

/// Whether the folder was pulled with trial balances on cash basis; a folder without a manifest holds accrual ones.
fn is_cash_basis(pages: &dyn Pages) -> bool {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Manifest {
        cash_basis: bool,
    }
    pages.read("manifest.json").ok().and_then(|bytes| serde_json::from_slice::<Manifest>(&bytes).ok()).is_some_and(|m| m.cash_basis)
}

/// The items by code in upper case: where several share a code, the first of the list has it.
fn unique_items(listed: Vec<ItemRecord>, count: &mut Count) -> BTreeMap<String, Item> {
    let mut items = BTreeMap::new();
    for item in listed {
        if item.code.is_empty() {
            count.aside("no code");
            continue;
        }
        let key = item.code.0.to_uppercase();
        if items.contains_key(&key) {
            count.aside("the code of another item");
            continue;
        }
        count.used += 1;
        items.insert(key, Item { code: item.code.0, value: item.stock_value.0, quantity: item.stock_quantity.0 });
    }
    items
}

fn read_organisation(pages: &dyn Pages) -> Result<OrganisationRecord, Malformed> {
    let path = "Organisation/1.json";
    let bytes = read(pages, path)?;
    let found = records::<OrganisationRecord>(pages, path, "Organisations", &bytes).or_else(|error| {
        // The endpoint is called Organisation, its list Organisations; some tools save the former.
        records::<OrganisationRecord>(pages, path, "Organisation", &bytes).map_err(|_| error)
    })?;
    let missing = |place: &str, message: &str| Malformed {
        file: pages.display(path),
        position: None,
        place: place.to_owned(),
        message: message.to_owned(),
        help: None,
    };
    let organisation = found.into_iter().next_back().ok_or_else(|| missing("Organisations", "expected one organisation, found none"))?;
    if organisation.id.is_empty() {
        return Err(missing("Organisations[0]", "expected an `OrganisationID`, found none"));
    }
    Ok(organisation)
}

/// All records of an endpoint: of each id the one that comes last, at the place where it came first.
fn latest<T: serde::de::DeserializeOwned>(
    pages: &dyn Pages,
    endpoint: &'static str,
    id: impl Fn(&T) -> String,
    counts: &mut BTreeMap<&'static str, Count>,
) -> Result<Vec<T>, Malformed> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<T> = Vec::new();
    let mut replaced = 0;
    let read = for_each_record(pages, endpoint, |record: T| {
        let key = id(&record);
        match places.get(&key) {
            Some(place) if !key.is_empty() => {
                kept[*place] = record;
                replaced += 1;
            }
            _ => {
                places.insert(key, kept.len());
                kept.push(record);
            }
        }
    })?;
    let count = counts.entry(endpoint).or_default();
    count.read = read;
    if replaced > 0 {
        count.set_aside.insert("replaced by a later version", replaced);
    }
    Ok(kept)
}

/// Texts that many lines have in common, kept once.
#[derive(Default)]
struct Names {
    known: HashSet<Arc<str>>,
    account_of_code: HashMap<String, String>,
}

impl Names {
    fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.known.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.known.insert(Arc::clone(&new));
        new
    }

    /// The account that has a code; empty when there is none.
    fn account(&mut self, code: &str) -> Arc<str> {
        let id = self.account_of_code.get(code).cloned().unwrap_or_default();
        self.shared(&id)
    }
}

type RateOf<'a> = dyn Fn(&str, &str, Num) -> Option<Decimal> + 'a;

fn read_documents(
    pages: &dyn Pages,
    base_currency: &str,
    rate_of: &RateOf<'_>,
    names: &mut Names,
    counts: &mut BTreeMap<&'static str, Count>,
) -> Result<Vec<Document>, Malformed> {
    let mut documents = Vec::new();
    let foreign = |currency: &str| !currency.is_empty() && currency != base_currency;

    for r in latest(pages, "Invoices", |r: &InvoiceRecord| r.id.0.clone(), counts)? {
        let count = counts.entry("Invoices").or_default();
        let ledger = match r.kind.0.as_str() {
            "ACCREC" => Ledger::Receivable,
            "ACCPAY" => Ledger::Payable,
            _ => {
                count.aside("neither ACCREC nor ACCPAY");
                continue;
            }
        };
        if r.id.is_empty() {
            count.aside("no id");
            continue;
        }
        let Some(date) = usable(&r.status.0, r.date, r.date_text, count) else { continue };
        unknown_status(&r.status.0, count);
        let rate = rate_of(&r.id.0, &r.currency.0, r.rate);
        let net = to_base(r.sub_total.money(), rate);
        if net.is_none() {
            count.aside("no currency rate (counted with its status, not with an amount)");
        } else {
            count.used += 1;
        }
        documents.push(Document {
            kind: Kind::Invoice,
            ledger,
            contact: r.contact.unwrap_or_default().id.0,
            date,
            due: r.due.0.or(r.due_text.0).unwrap_or(date),
            due_stated: r.due.0.or(r.due_text.0),
            expected: if ledger == Ledger::Receivable { r.expected.0 } else { r.planned.0 },
            paid: r.paid.0,
            foreign: foreign(&r.currency.0),
            open: to_base(r.amount_due.money(), rate),
            open_original: r.amount_due.money(),
            gross: to_base(r.total.money(), rate),
            lines: lines(r.lines.unwrap_or_default(), &r.line_amounts.0, rate, net, names),
            net,
            status: r.status.0,
        });
    }
    for r in latest(pages, "CreditNotes", |r: &CreditNoteRecord| r.id.0.clone(), counts)? {
        let count = counts.entry("CreditNotes").or_default();
        let ledger = match r.kind.0.as_str() {
            "ACCRECCREDIT" => Ledger::Receivable,
            "ACCPAYCREDIT" => Ledger::Payable,
            _ => {
                count.aside("neither ACCRECCREDIT nor ACCPAYCREDIT");
                continue;
            }
        };
        if r.id.is_empty() {
            count.aside("no id");
            continue;
        }
        let Some(date) = usable(&r.status.0, r.date, r.date_text, count) else { continue };
        unknown_status(&r.status.0, count);
        let rate = rate_of(&r.id.0, &r.currency.0, r.rate);
        let net = to_base(r.sub_total.money(), rate);
        if net.is_none() {
            count.aside("no currency rate (counted with its status, not with an amount)");
        } else {
            count.used += 1;
        }
        documents.push(Document {
            kind: Kind::CreditNote,
            ledger,
            contact: r.contact.unwrap_or_default().id.0,
            date,
            due: date,
            due_stated: None,
            expected: None,
            paid: None,
            foreign: foreign(&r.currency.0),
            open: to_base(r.remaining.money(), rate),
            open_original: r.remaining.money(),
            gross: to_base(r.total.money(), rate),
            lines: lines(r.lines.unwrap_or_default(), &r.line_amounts.0, rate, net, names),
            net,
            status: r.status.0,
        });
    }
    let overpayments = latest(pages, "Overpayments", |r: &OverpaymentRecord| r.id.0.clone(), counts)?;
    let prepayments = latest(pages, "Prepayments", |r: &PrepaymentRecord| r.id.0.clone(), counts)?;
    let over = overpayments.into_iter().map(|r| {
        (Kind::Overpayment, "Overpayments", r.id, r.kind, r.status, r.contact, r.date, r.date_text, r.currency, r.rate, r.remaining)
    });
    let pre = prepayments.into_iter().map(|r| {
        (Kind::Prepayment, "Prepayments", r.id, r.kind, r.status, r.contact, r.date, r.date_text, r.currency, r.rate, r.remaining)
    });
    for (kind, endpoint, id, wire_kind, status, contact, date, date_text, currency, rate, remaining) in over.chain(pre) {
        let count = counts.entry(endpoint).or_default();
        let ledger = match wire_kind.0.as_bytes() {
            [b'R', b'E', b'C', ..] | [b'A', b'R', ..] => Ledger::Receivable,
            [b'S', b'P', b'E', ..] | [b'A', b'P', ..] => Ledger::Payable,
            _ => {
                count.aside("unknown type");
                continue;
            }
        };
        if id.is_empty() {
            count.aside("no id");
            continue;
        }
        let Some(date) = usable(&status.0, date, date_text, count) else { continue };
        unknown_status(&status.0, count);
        let open = to_base(remaining.money(), rate_of(&id.0, &currency.0, rate));
        if open.is_none() {
            count.aside("no currency rate (counted with its status, not with an amount)");
        } else {
            count.used += 1;
        }
        documents.push(Document {
            kind,
            ledger,
            status: status.0,
            contact: contact.unwrap_or_default().id.0,
            date,
            due: date,
            due_stated: None,
            expected: None,
            paid: None,
            foreign: foreign(&currency.0),
            net: None,
            gross: None,
            open,
            open_original: remaining.money(),
            lines: Vec::new(),
        });
    }
    Ok(documents)
}

/// Tells of a document in a state that nobody has heard of: it is in no figure.
fn unknown_status(status: &str, count: &mut Count) {
    if !matches!(status, "DRAFT" | "SUBMITTED" | "AUTHORISED" | "PAID") {
        count.aside("unknown status (in no figure)");
    }
}

/// The date of a record that is neither voided nor deleted.
fn usable(status: &str, date: Day, date_text: Day, count: &mut Count) -> Option<Date> {
    if matches!(status, "VOIDED" | "DELETED") {
        count.aside("voided or deleted");
        return None;
    }
    let day = date.0.or(date_text.0);
    if day.is_none() {
        count.aside("no date");
    }
    day
}

/// Net amounts of the lines in base currency. Each line is rounded to cents; what then lacks to the document's own net amount
/// goes on the line with the largest amount (the first of them), so that sales by product add up to sales.
fn lines(records: Vec<LineRecord>, line_amounts: &str, rate: Option<Decimal>, net: Option<Decimal>, names: &mut Names) -> Vec<Line> {
    let (Some(rate), Some(net)) = (rate, net) else { return Vec::new() };
    let inclusive = line_amounts.eq_ignore_ascii_case("Inclusive");
    let mut lines: Vec<Line> = records
        .into_iter()
        .map(|line| {
            let amount = line.net_or_gross.money() - if inclusive { line.tax.money() } else { Decimal::ZERO };
            let account = if line.account.is_empty() { names.account(&line.account_code.0) } else { names.shared(&line.account.0) };
            Line {
                item: names.shared(&line.item.0),
                account,
                amount: to_base(amount, Some(rate)).unwrap_or_default(),
                quantity: line.quantity.0,
            }
        })
        .collect();
    let missing = net - lines.iter().map(|line| line.amount).sum::<Decimal>();
    let mut largest: Option<&mut Line> = None;
    for line in &mut lines {
        if largest.as_ref().is_none_or(|top| line.amount.abs() > top.amount.abs()) {
            largest = Some(line);
        }
    }
    match largest {
        Some(line) => line.amount += missing,
        None if !net.is_zero() => lines.push(Line { item: names.shared(""), account: names.shared(""), amount: net, quantity: None }),
        None => {}
    }
    lines
}

/// Cash movements in BANK accounts: bank transactions, payments into and out of bank accounts, and those legs of transfers that
/// do not come as bank transactions themselves.
fn read_bank(
    pages: &dyn Pages,
    base_currency: &str,
    accounts: &BTreeMap<String, Account>,
    transactions: &[BankTransactionRecord],
    rate_of: &RateOf<'_>,
    counts: &mut BTreeMap<&'static str, Count>,
) -> Result<Vec<BankRow>, Malformed> {
    let is_bank = |id: &str| accounts.get(id).is_some_and(|a| a.kind == "BANK");
    let in_base = |id: &str| accounts.get(id).is_none_or(|a| a.currency.is_empty() || a.currency == base_currency);
    let mut rows = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();

    let count = counts.entry("BankTransactions").or_default();
    for t in transactions {
        let sign = match t.kind.0.as_str() {
            kind if kind.starts_with("RECEIVE") => Decimal::ONE,
            kind if kind.starts_with("SPEND") => Decimal::NEGATIVE_ONE,
            _ => {
                count.aside("unknown type");
                continue;
            }
        };
        let Some(date) = usable(&t.status.0, t.date, t.date_text, count) else { continue };
        if t.status.0 != "AUTHORISED" {
            count.aside("not authorised");
            continue;
        }
        seen.insert(&t.id.0);
        let Some(amount) = to_base(t.total.money(), rate_of(&t.id.0, &t.currency.0, t.rate)) else {
            count.aside("no currency rate");
            continue;
        };
        count.used += 1;
        rows.push(BankRow {
            account: t.account.clone().unwrap_or_default().id.0,
            date,
            amount: sign * amount,
            transfer: t.kind.0.ends_with("-TRANSFER"),
            contact: t.contact.clone().unwrap_or_default().id.0,
            reconciled: t.reconciled.0,
        });
    }

    for p in latest(pages, "Payments", |p: &PaymentRecord| p.id.0.clone(), counts)? {
        let count = counts.entry("Payments").or_default();
        let sign = match p.kind.0.as_str() {
            "ACCRECPAYMENT" | "APCREDITPAYMENT" | "APOVERPAYMENTPAYMENT" | "APPREPAYMENTPAYMENT" => Decimal::ONE,
            "ACCPAYPAYMENT" | "ARCREDITPAYMENT" | "AROVERPAYMENTPAYMENT" | "ARPREPAYMENTPAYMENT" => Decimal::NEGATIVE_ONE,
            _ => {
                count.aside("unknown type");
                continue;
            }
        };
        let Some(date) = usable(&p.status.0, p.date, p.date_text, count) else { continue };
        if p.status.0 != "AUTHORISED" {
            count.aside("not authorised");
            continue;
        }
        let account = p.account.unwrap_or_default().id.0;
        if !is_bank(&account) {
            count.aside("not into or out of a bank account");
            continue;
        }
        let document = p.invoice.or(p.credit_note).or(p.overpayment).or(p.prepayment).unwrap_or_default();
        let converted = || to_base(p.amount.money(), rate_of("", &document.currency.0, p.rate));
        // Where the bank account is in base currency, BankAmount is what the bank saw.
        let amount = if in_base(&account) { p.bank_amount.0.map(|_| cents(p.bank_amount.money())).or_else(converted) } else { converted() };
        let Some(amount) = amount else {
            count.aside("no currency rate");
            continue;
        };
        count.used += 1;
        rows.push(BankRow {
            account,
            date,
            amount: sign * amount,
            transfer: false,
            contact: document.contact.unwrap_or_default().id.0,
            reconciled: p.reconciled.0,
        });
    }

    for t in latest(pages, "BankTransfers", |t: &BankTransferRecord| t.id.0.clone(), counts)? {
        let count = counts.entry("BankTransfers").or_default();
        let Some(date) = usable(&t.status.0, t.date, t.date_text, count) else { continue };
        if !t.status.is_empty() && t.status.0 != "AUTHORISED" {
            count.aside("not authorised");
            continue;
        }
        let (from, to) = (t.from.unwrap_or_default().id.0, t.to.unwrap_or_default().id.0);
        // Both legs weigh what the base-currency side weighs. `Amount` is in the currency of the account it leaves.
        let amount = if in_base(&from) { Some(cents(t.amount.money())) } else { to_base(t.amount.money(), t.rate.0) };
        let Some(amount) = amount else {
            count.aside("no currency rate");
            continue;
        };
        let mut used = false;
        let legs = [(from, &t.from_transaction.0, -amount, t.from_reconciled.0), (to, &t.to_transaction.0, amount, t.to_reconciled.0)];
        for (account, transaction, amount, reconciled) in legs {
            if transaction.is_empty() || !seen.contains(transaction.as_str()) {
                rows.push(BankRow { account, date, amount, transfer: true, contact: String::new(), reconciled });
                used = true;
            }
        }
        if used {
            count.used += 1;
        } else {
            count.aside("both legs come as bank transactions");
        }
    }
    Ok(rows)
}

type TrialBalances = (BTreeMap<Date, Vec<Balance>>, Option<Date>);

/// The newest trial balance of each month up to Today, and Today.
fn read_trial_balances(
    pages: &dyn Pages,
    accounts: &BTreeMap<String, Account>,
    as_of: Option<Date>,
    counts: &mut BTreeMap<&'static str, Count>,
) -> Result<TrialBalances, Malformed> {
    let count = counts.entry("TrialBalance").or_default();
    let mut found: BTreeMap<Date, Vec<Balance>> = BTreeMap::new();
    for file in list(pages, "TrialBalance")? {
        let Some(named) = file.strip_suffix(".json").and_then(|stem| stem.parse::<Date>().ok()) else { continue };
        let path = format!("TrialBalance/{file}");
        let bytes = read(pages, &path)?;
        let reports: Vec<ReportRecord> = records(pages, &path, "Reports", &bytes)?;
        count.read += 1;
        // Before the organisation's first entry there is nothing in it; the month counts as loaded.
        let report = reports.into_iter().next().unwrap_or_default();
        let as_at = report.titles.iter().find_map(|title| as_at_date(&title.0)).unwrap_or(named);
        let rows = balances(&report, accounts).map_err(|message| Malformed {
            file: pages.display(&path),
            position: None,
            place: "Reports[0]".to_owned(),
            message,
            help: Some("a trial balance has the columns Account, Debit, Credit, YTD Debit, YTD Credit".to_owned()),
        })?;
        found.insert(as_at, rows);
    }
    if let Some(day) = as_of
        && !found.contains_key(&day)
    {
        let dates: Vec<String> = found.keys().map(Date::to_string).collect();
        return Err(Malformed {
            file: pages.display("TrialBalance"),
            position: None,
            place: String::new(),
            message: format!("there is no trial balance as at {day}"),
            help: Some(if dates.is_empty() {
                "the folder has no trial balance".to_owned()
            } else {
                format!("there are: {}", dates.join(", "))
            }),
        });
    }
    let today = as_of.or_else(|| found.keys().next_back().copied());
    let mut newest: BTreeMap<Date, (Date, Vec<Balance>)> = BTreeMap::new();
    for (as_at, rows) in found {
        if today.is_some_and(|today| as_at > today) {
            count.aside("after the as-of date");
        } else if newest.insert(month_end(as_at), (as_at, rows)).is_some() {
            count.aside("a later one of the same month counts");
        }
    }
    count.used = newest.len() as u64;
    Ok((newest.into_values().collect(), today))
}

/// The date in `As at 24 April 2019`.
fn as_at_date(title: &str) -> Option<Date> {
    const MONTHS: [&str; 12] =
        ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
    let lower = title.to_lowercase();
    let rest = lower.strip_prefix("as at ").or_else(|| lower.strip_prefix("as of "))?;
    let words: Vec<&str> = rest.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let [a, b, year] = words[..] else { return None };
    // Xero writes `24 April 2019`, for the US `April 24, 2019`.
    let (day, month) = if a.starts_with(|c: char| c.is_ascii_digit()) { (a, b) } else { (b, a) };
    let month = MONTHS.iter().position(|name| month.len() >= 3 && name.starts_with(month))?;
    Date::new(year.parse().ok()?, month as i8 + 1, day.parse().ok()?).ok()
}

/// The rows of a trial balance, columns found by their headings.
fn balances(report: &ReportRecord, accounts: &BTreeMap<String, Account>) -> Result<Vec<Balance>, String> {
    let Some(header) = report.rows.iter().find(|row| row.kind.0 == "Header") else {
        return if report.rows.is_empty() { Ok(Vec::new()) } else { Err("expected a header row, found none".to_owned()) };
    };
    let column = |name: &str| {
        header
            .cells
            .iter()
            .position(|cell| cell.value.0.trim().eq_ignore_ascii_case(name))
            .ok_or_else(|| format!("expected a column `{name}`, found none"))
    };
    let columns = [column("Debit")?, column("Credit")?, column("YTD Debit")?, column("YTD Credit")?];
    let mut merged: BTreeMap<String, Balance> = BTreeMap::new();
    for section in &report.rows {
        if section.kind.0 != "Section" {
            continue;
        }
        for row in section.rows.iter().filter(|row| row.kind.0 == "Row") {
            let Some(id) = row.cells.iter().flat_map(|cell| &cell.attributes).find(|a| a.id.0.eq_ignore_ascii_case("account")) else {
                continue;
            };
            let cell = |index: usize| -> Result<Decimal, String> {
                let text = row.cells.get(index).map_or("", |cell| cell.value.0.as_str());
                parse_number(text).map(Option::unwrap_or_default).ok_or_else(|| format!("expected an amount, found `{text}`"))
            };
            let [debit, credit, ytd_debit, ytd_credit] = [cell(columns[0])?, cell(columns[1])?, cell(columns[2])?, cell(columns[3])?];
            let known = accounts.get(&id.value.0);
            // Unrealised currency gains come under a marker instead of an account; MODEL: they stand under operating expenses.
            let marker = (id.value.0 == "FXGROUPID").then_some(Class::Expense);
            let class = marker.or(known.map(|a| a.class)).or_else(|| Class::from_name(&section.title.0)).unwrap_or(Class::Asset);
            let group = known.map_or_else(|| Group::of_class(class), |a| a.group);
            let entry = merged.entry(id.value.0.clone()).or_insert_with(|| Balance {
                account: id.value.0.clone(),
                group,
                class,
                movement: Decimal::ZERO,
                balance: Decimal::ZERO,
            });
            entry.movement += debit - credit;
            entry.balance += ytd_debit - ytd_credit;
        }
    }
    Ok(merged.into_values().collect())
}

impl Books {
    /// Whether the month of `as_at` is still running there: the as-at date is before its last day.
    pub fn is_running(as_at: Date) -> bool {
        as_at < month_end(as_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_name_the_as_at_date() {
        for title in ["As at 24 April 2019", "As at April 24, 2019", "As of 24 Apr 2019"] {
            assert_eq!(as_at_date(title).map(|d| d.to_string()).as_deref(), Some("2019-04-24"), "{title}");
        }
        assert_eq!(as_at_date("Trial Balance"), None);
    }

    #[test]
    fn the_rounding_cent_goes_on_the_largest_line() {
        let line = |item: &str, amount: &str| LineRecord {
            account: Text::default(),
            account_code: Text::default(),
            item: Text(item.to_owned()),
            quantity: Num(None),
            net_or_gross: Num(amount.parse().ok()),
            tax: Num(None),
        };
        let rate = Some("3".parse().unwrap());
        let got = lines(
            vec![line("A", "10"), line("B", "20"), line("C", "20")],
            "Exclusive",
            rate,
            to_base("50".parse().unwrap(), rate),
            &mut Names::default(),
        );
        let texts: Vec<String> = got.iter().map(|line| format!("{} {}", line.item, line.amount)).collect();
        assert_eq!(texts, ["A 3.33", "B 6.67", "C 6.67"]);
        let got = lines(
            vec![line("A", "10"), line("B", "10"), line("C", "10")],
            "Exclusive",
            rate,
            to_base("30".parse().unwrap(), rate),
            &mut Names::default(),
        );
        assert_eq!(got[0].amount, "3.34".parse().unwrap());
    }
}
