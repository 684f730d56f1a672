//! Supporting measures: what users expect beside the 29 tiles. Each is made of the tiles' own building blocks.
//!
//! "Period" measures are given over the days in view and by month; measures of "now" in total, by contact and by ageing bucket.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::books::{Books, Class, Document, Group, Kind, Ledger, month_end};
use super::calendar::Period;
use super::cash::{DailyBalances, DayBalance};
use super::figures::{Amount, Figure, Figures, Maybe, Sums, count, divide, growth, minus, money, plus};
use super::health::last_closed;
use super::statements::{balance, balance_at, balances, in_group, is_profit_and_loss, movement, movements};
use super::trade::{
    by_product, is_overdue, item_key, net_open, open_credits, open_documents, open_figure, open_invoices, same_days_before, sign, traded,
};
use super::view::Seen;

/// Amounts by day, for sums over any stretch of days.
pub(super) struct Days(BTreeMap<Date, Decimal>);

impl Days {
    pub(super) fn new(rows: impl IntoIterator<Item = (Date, Decimal)>) -> Days {
        let mut days = BTreeMap::new();
        for (day, amount) in rows {
            *days.entry(day).or_default() += amount;
        }
        Days(days)
    }

    pub(super) fn sum(&self, period: Period) -> Maybe {
        let mut range = self.0.range(period.first..=period.last).peekable();
        range.peek()?;
        Some(range.map(|(_, amount)| *amount).sum())
    }

    /// The sum over the part of a stretch that the calendar reaches.
    pub(super) fn within(&self, period: Period, seen: Seen<'_>) -> Maybe {
        period.within(seen.books.calendar.days).and_then(|period| self.sum(period))
    }

    /// Everything, or what a filter on days leaves.
    fn shown(&self, seen: Seen<'_>) -> Maybe {
        match seen.view.period {
            Some(period) => self.sum(period),
            None => self.0.values().copied().fold(None, |sum, amount| plus(sum, Some(amount))),
        }
    }

    /// Sums over the days in view and by month. Without a filter on days the total has also what lies beyond the calendar.
    fn figure(&self, seen: Seen<'_>) -> Figure {
        let mut figure = over(seen, |period| money(self.sum(period)));
        figure.total = money(self.shown(seen));
        figure
    }
}

/// A measure over the days in view and by month, from one rule over a stretch of days.
pub(super) fn over(seen: Seen<'_>, rule: impl Fn(Period) -> Amount) -> Figure {
    let months = seen.months().into_iter().map(|month| (month_end(month.last).to_string(), rule(month)));
    Figure::total(rule(seen.period)).by("Month", months)
}

pub(super) fn compute(seen: Seen<'_>, daily: &DailyBalances<'_>, figures: &mut Figures) {
    cash(seen, figures);
    bridge(seen, daily, figures);
    trade(seen, figures);
    products(seen, figures);
    statements(seen, figures);
    health(seen, figures);
}

/// The rules that sales, purchases, cash in and cash out share.
struct Series<'a> {
    seen: Seen<'a>,
    days: Days,
}

impl Series<'_> {
    /// The same stretch whole months before.
    fn before(&self, months: i32) -> Figure {
        over(self.seen, |period| money(self.at_before(period, months)))
    }

    fn at_before(&self, period: Period, months: i32) -> Maybe {
        period.months_before(months, self.seen.books.calendar.days).and_then(|earlier| self.days.sum(earlier))
    }

    /// From the first of the month of Today to Today.
    fn month_to_date(&self) -> Maybe {
        let today = self.seen.books.today?;
        self.days.within(Period { first: today.first_of_month(), last: today }, self.seen)
    }

    /// The same days of the month before, cut to its length.
    fn same_days(&self) -> Maybe {
        self.days.within(same_days_before(self.seen.books.today?), self.seen)
    }

    /// From the start of the fiscal year of the last day to that day. The fiscal year is the calendar's: that of the first organisation.
    fn running_total(&self) -> Figure {
        let books = self.seen.books;
        over(self.seen, |period| {
            if books.today.is_none_or(|today| period.first > today) {
                return Amount::Blank;
            }
            money(self.days.sum(Period { first: books.calendar.year_end.start(period.last), last: period.last }))
        })
    }

    /// Against the same stretch a year before; only for a stretch that is over.
    fn on_year_before(&self) -> Figure {
        over(self.seen, |period| {
            if self.seen.books.today.is_none_or(|today| period.last > today) {
                Amount::Blank
            } else {
                growth(self.days.sum(period), self.at_before(period, 12))
            }
        })
    }
}

fn cash(seen: Seen<'_>, figures: &mut Figures) {
    let rows = |transfers: Option<bool>, sign: i8| {
        Days::new(
            seen.cash()
                .filter(|row| transfers.is_none_or(|t| row.transfer == t))
                .filter(|row| match sign {
                    1 => row.amount > Decimal::ZERO,
                    -1 => row.amount < Decimal::ZERO,
                    _ => true,
                })
                .map(|row| (row.date, if sign < 0 { -row.amount } else { row.amount })),
        )
    };
    figures.insert("Cash in incl. transfers", rows(None, 1).figure(seen));
    figures.insert("Cash out incl. transfers", rows(None, -1).figure(seen));
    figures.insert("Net transfers", rows(Some(true), 0).figure(seen));
    for (sign, year_before, to_date, same_days) in [
        (1, "Cash in year before", "Cash in month to date", "Cash in same days of previous month"),
        (-1, "Cash out year before", "Cash out month to date", "Cash out same days of previous month"),
    ] {
        let series = Series { seen, days: rows(Some(false), sign) };
        figures.insert(year_before, series.before(12));
        figures.insert(to_date, Figure::total(money(series.month_to_date())));
        figures.insert(same_days, Figure::total(money(series.same_days())));
    }
    let flow = Series { seen, days: rows(Some(false), 0) };
    figures.insert("Daily cash flow running total", flow.running_total());
    let future = seen.future_cash().filter(|row| !row.transfer).fold(None, |sum, row| plus(sum, Some(row.amount)));
    figures.insert("Future-dated bank movements", Figure::total(money(future)));
    let unreconciled: Vec<Date> = seen.cash().filter(|row| !row.reconciled).map(|row| row.date).collect();
    figures.insert("Unreconciled items", counted(seen, &unreconciled));

    let outstanding = |ledger: Ledger| -> Maybe { net_open(seen, ledger) };
    figures.insert("Short-term cash forecast", Figure::total(money(minus(outstanding(Ledger::Receivable), outstanding(Ledger::Payable)))));
    let closing = seen.books.trial_balances.keys().next_back().and_then(|last| balance_at(seen, *last, 1, in_group(&[Group::Bank])));
    let due = |ledger: Ledger| Days::new(open_invoices(seen, ledger).map(|(d, open)| (d.due, open)));
    let (receipts, payments) = (due(Ledger::Receivable), due(Ledger::Payable));
    figures.insert(
        "Cash forecast",
        over(seen, |period| {
            if seen.books.today.is_some_and(|today| period.last < today) {
                return Amount::Blank;
            }
            let until = Period { first: Date::MIN, last: period.last };
            money(minus(plus(closing, receipts.sum(until)), payments.sum(until)))
        }),
    );
}

/// How many of the days lie in view, and in each month.
fn counted(seen: Seen<'_>, days: &[Date]) -> Figure {
    let number = |period: Period| days.iter().filter(|day| period.holds(**day)).count();
    let mut figure = over(seen, |period| count(number(period)));
    figure.total = count(days.iter().filter(|day| seen.shows(**day)).count());
    figure
}

fn some(amount: Decimal) -> Maybe {
    Some(amount).filter(|a| !a.is_zero())
}

/// Opening + in − out + transfers + unattributed = closing, from the daily balances.
fn bridge(seen: Seen<'_>, daily: &DailyBalances<'_>, figures: &mut Figures) {
    let mut all: BTreeMap<Date, Vec<DayBalance>> = BTreeMap::new();
    for days in daily.values() {
        for (day, balance) in days {
            all.entry(*day).or_default().push(*balance);
        }
    }
    let opening = |period: Period| -> Maybe {
        all.range(period.first..=period.last).next().map(|(_, rows)| rows.iter().map(|row| row.opening).sum())
    };
    let closing = |period: Period| -> Maybe {
        all.range(period.first..=period.last).next_back().map(|(_, rows)| rows.iter().map(|row| row.closing).sum())
    };
    // A stretch without any movement of a kind has no amount of that kind; transfers to and fro have one, which may be zero.
    let part = |pick: fn(&DayBalance) -> Maybe, period: Period| -> Maybe {
        all.range(period.first..=period.last).flat_map(|(_, rows)| rows).filter_map(pick).fold(None, |sum, a| plus(sum, Some(a)))
    };
    figures.insert("Opening balance", over(seen, |p| money(opening(p))));
    figures.insert("Bridge cash in", over(seen, |p| money(part(|d| some(d.cash_in), p))));
    figures.insert("Bridge cash out", over(seen, |p| money(part(|d| some(d.cash_out), p))));
    figures.insert("Bridge net transfers", over(seen, |p| money(part(|d| d.transfers, p))));
    let as_at_in = |p: Period| seen.books.trial_balances.keys().any(|day| p.holds(*day) && all.contains_key(day));
    figures.insert(
        "Unattributed",
        over(seen, |p| if as_at_in(p) { money(Some(part(|d| some(d.unattributed), p).unwrap_or_default())) } else { Amount::Blank }),
    );
    figures.insert("Bank bridge check", over(seen, |p| if closing(p).is_some() { Amount::Money(Decimal::ZERO) } else { Amount::Blank }));
    figures.insert(
        "Overdrafts and cards",
        over(seen, |p| {
            let last = all.range(p.first..=p.last).next_back().map(|(day, _)| *day);
            let negative: Vec<Decimal> = last
                .iter()
                .flat_map(|day| daily.values().filter_map(|days| days.get(day)))
                .map(|d| d.closing)
                .filter(|c| *c < Decimal::ZERO)
                .collect();
            if negative.is_empty() { Amount::Blank } else { Amount::Money(negative.iter().sum()) }
        }),
    );
}

fn trade(seen: Seen<'_>, figures: &mut Figures) {
    struct Names {
        previous_month: &'static str,
        year_before: &'static str,
        growth_on_year: &'static str,
        running_total: &'static str,
        to_date: &'static str,
        same_days: &'static str,
        to_date_growth: &'static str,
        gross: &'static str,
        credits: &'static str,
        due_count: &'static str,
        overdue_count: &'static str,
        overdue_share: &'static str,
        by_due_date: &'static str,
        by_expected_date: &'static str,
        settled: &'static str,
        at_month_end: &'static str,
        unrealised: &'static str,
        days: &'static str,
        future: &'static str,
        count: &'static str,
        average: &'static str,
        tax: &'static str,
        system: &'static str,
    }
    let sales = Names {
        previous_month: "Invoiced sales previous month",
        year_before: "Invoiced sales year before",
        growth_on_year: "Invoiced sales growth on year before",
        running_total: "Invoiced sales running total",
        to_date: "Invoiced sales month to date",
        same_days: "Invoiced sales same days of previous month",
        to_date_growth: "Invoiced sales month to date growth",
        gross: "Open invoices (gross)",
        credits: "Receivable credits",
        due_count: "Invoices due count",
        overdue_count: "Overdue receivables count",
        overdue_share: "Overdue receivables share",
        by_due_date: "Receivables by due date",
        by_expected_date: "Receivables by expected payment date",
        settled: "Sales invoices settled",
        at_month_end: "Receivables at month end",
        unrealised: "Receivables unrealised currency",
        days: "Debtor days",
        future: "Future-dated sales",
        count: "Sales invoice count",
        average: "Average sales invoice",
        tax: "Sales tax invoiced",
        system: "DEBTORS",
    };
    let purchases = Names {
        previous_month: "Billed purchases previous month",
        year_before: "Billed purchases year before",
        growth_on_year: "Billed purchases growth on year before",
        running_total: "Billed purchases running total",
        to_date: "Billed purchases month to date",
        same_days: "Billed purchases same days of previous month",
        to_date_growth: "Billed purchases month to date growth",
        gross: "Open bills (gross)",
        credits: "Payable credits",
        due_count: "Bills due count",
        overdue_count: "Overdue payables count",
        overdue_share: "Overdue payables share",
        by_due_date: "Payables by due date",
        by_expected_date: "Payables by planned payment date",
        settled: "Bills settled",
        at_month_end: "Payables at month end",
        unrealised: "Payables unrealised currency",
        days: "Creditor days",
        future: "Future-dated purchases",
        count: "Bill count",
        average: "Average bill",
        tax: "Sales tax billed",
        system: "CREDITORS",
    };
    for (ledger, names) in [(Ledger::Receivable, sales), (Ledger::Payable, purchases)] {
        let today = seen.books.today;
        let series = Series { seen, days: Days::new(traded(seen, ledger).map(|(d, amount)| (d.date, amount))) };
        figures.insert(names.previous_month, series.before(1));
        figures.insert(names.year_before, series.before(12));
        figures.insert(names.growth_on_year, series.on_year_before());
        figures.insert(names.running_total, series.running_total());
        figures.insert(names.to_date, Figure::total(money(series.month_to_date())));
        figures.insert(names.same_days, Figure::total(money(series.same_days())));
        figures.insert(names.to_date_growth, Figure::total(growth(series.month_to_date(), series.same_days())));

        let gross = open_figure(seen, open_invoices(seen, ledger));
        let overdue = open_figure(seen, open_invoices(seen, ledger).filter(|(d, _)| is_overdue(d, today)));
        figures.insert(names.overdue_share, share(&overdue, &gross));
        figures.insert(names.gross, gross);
        figures.insert(names.credits, open_figure(seen, open_credits(seen, ledger)));
        figures.insert(names.due_count, number_open(seen, open_documents(seen, ledger).filter(|d| !is_overdue(d, today))));
        figures.insert(names.overdue_count, number_open(seen, open_documents(seen, ledger).filter(|d| is_overdue(d, today))));
        // What has no such date stands in no month; without a filter on days every open document counts.
        for (name, date) in [
            (names.by_due_date, (|d: &Document| d.due_stated) as fn(&Document) -> Option<Date>),
            (names.by_expected_date, |d: &Document| d.expected),
        ] {
            let mut figure = Days::new(open_invoices(seen, ledger).filter_map(|(d, open)| Some((date(d)?, open)))).figure(seen);
            if seen.view.period.is_none() {
                figure.total = net_of(open_invoices(seen, ledger));
            }
            figures.insert(name, figure);
        }
        let invoices = || seen.documents().filter(|d| d.ledger == ledger && d.kind == Kind::Invoice && d.counts());
        figures.insert(names.settled, Days::new(invoices().filter_map(|d| Some((d.paid?, d.gross?)))).figure(seen));

        let side = if ledger == Ledger::Receivable { 1 } else { -1 };
        let control = control_account(seen.books, names.system);
        // An account without a row in the trial balance has no balance.
        let at = |as_at: Date| -> Maybe {
            let rows: Vec<Decimal> =
                seen.rows(as_at).filter(|row| control.contains(&row.account)).map(|row| row.balance * Decimal::from(side)).collect();
            if rows.is_empty() { None } else { Some(rows.iter().sum()) }
        };
        let shown = |period: Period| super::statements::shown(seen, period).and_then(at);
        figures.insert(names.at_month_end, over(seen, |period| money(shown(period))));
        let last = seen.books.trial_balances.keys().next_back().copied();
        // On cash basis the ledger has no receivables and payables to compare with.
        let accrual = !seen.books.cash_basis;
        let unrealised = if accrual { money(minus(last.and_then(at), net_open(seen, ledger))) } else { Amount::Blank };
        figures.insert(names.unrealised, Figure::total(unrealised));
        let turnover = |period: Period| -> Maybe {
            if ledger == Ledger::Receivable {
                movement(seen, period, -1, in_group(&[Group::TradingIncome]))
            } else {
                movement(seen, period, 1, in_group(&[Group::CostOfSales, Group::OperatingExpenses]))
            }
        };
        figures.insert(
            names.days,
            over(seen, |period| match divide(shown(period), turnover(period)) {
                Amount::Ratio(r) if accrual => r.checked_mul(days_loaded(seen, period).into()).map_or(Amount::Blank, Amount::Ratio),
                _ => Amount::Blank,
            }),
        );

        let future = seen
            .future_documents()
            .filter(|d| d.ledger == ledger && d.counts())
            .filter_map(|d| d.net.map(|net| sign(d) * net))
            .fold(None, |sum, net| plus(sum, Some(net)));
        figures.insert(names.future, Figure::total(money(future)));
        let dates: Vec<Date> = invoices().map(|d| d.date).collect();
        let number = counted(seen, &dates);
        let mut average = quotient(&series.days.figure(seen), &number);
        average.by.retain(|dimension, _| *dimension == "Month");
        figures.insert(names.count, number);
        figures.insert(names.average, average);
        let tax = seen.documents().filter(|d| d.ledger == ledger && d.counts());
        figures.insert(names.tax, Days::new(tax.filter_map(|d| Some((d.date, sign(d) * (d.gross? - d.net?))))).figure(seen));
    }
}

/// One figure as a part of another, in total and by contact.
fn share(part: &Figure, whole: &Figure) -> Figure {
    let empty = BTreeMap::new();
    let (parts, wholes) = (part.by.get("Contact").unwrap_or(&empty), whole.by.get("Contact").unwrap_or(&empty));
    let contacts =
        parts.iter().map(|(key, amount)| (key.clone(), divide(amount.number(), wholes.get(key).and_then(|whole| whole.number()))));
    Figure::total(divide(part.total.number(), whole.total.number())).by("Contact", contacts)
}

/// The sum of open amounts.
fn net_of<'a>(rows: impl Iterator<Item = (&'a Document, Decimal)>) -> Amount {
    money(rows.fold(None, |sum, (_, open)| plus(sum, Some(open))))
}

/// How many documents, by contact and by ageing bucket.
fn number_open<'a>(seen: Seen<'_>, documents: impl Iterator<Item = &'a Document>) -> Figure {
    let ones = open_figure(seen, documents.map(|d| (d, Decimal::ONE)));
    let number = |amount: Amount| match amount.number() {
        Some(n) => count(usize::try_from(n.trunc().mantissa()).unwrap_or_default()),
        None => Amount::Blank,
    };
    let mut figure = Figure::total(number(ones.total));
    for (dimension, values) in ones.by {
        figure = figure.by(dimension, values.into_iter().map(|(key, amount)| (key, number(amount))));
    }
    figure
}

/// Days of the months that are loaded, the running month up to its as-at date.
fn days_loaded(seen: Seen<'_>, period: Period) -> i64 {
    seen.as_ats(period).map(|as_at| i64::from(as_at.day())).sum()
}

/// AccountIDs of a system account.
fn control_account(books: &Books, system: &str) -> Vec<String> {
    books.accounts.iter().filter(|(_, a)| a.system.eq_ignore_ascii_case(system)).map(|(id, _)| id.clone()).collect()
}

fn products(seen: Seen<'_>, figures: &mut Figures) {
    figures.insert("Purchases by product", by_product(seen, Ledger::Payable));
    let mut sold = Sums::default();
    let (mut quantities, mut amounts, mut all_items): (Vec<(Date, Decimal)>, Vec<_>, Vec<_>) = Default::default();
    for (document, _) in traded(seen, Ledger::Receivable) {
        let sign = sign(document);
        for line in seen.lines(document, false) {
            amounts.push((document.date, sign * line.amount));
            if let Some(quantity) = line.quantity {
                if seen.shows(document.date) {
                    sold.add(item_key(seen.books, &line.item), sign * quantity);
                }
                quantities.push((document.date, sign * quantity));
            }
        }
        all_items.extend(seen.lines(document, true).map(|line| (document.date, sign * line.amount)));
    }
    let (quantity, amount, all_items) = (Days::new(quantities), Days::new(amounts), Days::new(all_items));
    let number = |n: Maybe| n.map_or(Amount::Blank, Amount::Ratio);
    let mut figure =
        over(seen, |period| number(quantity.sum(period))).by("Item", sold.map().iter().map(|(item, n)| (item.clone(), Amount::Ratio(*n))));
    figure.total = number(quantity.shown(seen));
    figures.insert("Quantity sold", figure);
    figures.insert("Average sales price", quotient(&amount.figure(seen), &quantity.figure(seen)));
    let calendar = seen.books.calendar.days;
    figures.insert(
        "Sales by product year before",
        over(seen, |period| money(period.months_before(12, calendar).and_then(|earlier| amount.sum(earlier)))),
    );
    // The part of the items in view in the sales of all items.
    let whole = all_items.shown(seen);
    let sales = &figures["Monthly sales amount by product"];
    let shares: Vec<_> =
        sales.by.get("Item").into_iter().flatten().map(|(item, part)| (item.clone(), divide(part.number(), whole))).collect();
    let mut figure = over(seen, |period| divide(amount.sum(period), all_items.sum(period)));
    figure.total = divide(sales.total.number(), whole);
    figures.insert("Sales share by product", figure.by("Item", shares));
    let stock = |pick: fn(&super::books::Item) -> Maybe| seen.items().map(pick).fold(None, |sum, x| x.map_or(sum, |x| plus(sum, Some(x))));
    let by_item = |pick: fn(&super::books::Item) -> Maybe| seen.items().filter_map(move |item| Some((item.code.clone(), pick(item)?)));
    figures.insert(
        "Stock value",
        Figure::total(money(stock(|item| item.value)))
            .by("Item", by_item(|item| item.value).map(|(code, value)| (code, Amount::Money(value)))),
    );
    figures.insert(
        "Stock quantity",
        Figure::total(number(stock(|item| item.quantity)))
            .by("Item", by_item(|item| item.quantity).map(|(code, n)| (code, Amount::Ratio(n)))),
    );
}

fn statements(seen: Seen<'_>, figures: &mut Figures) {
    for (name, group, sign) in [
        ("Trading income", &[Group::TradingIncome], -1),
        ("Cost of sales", &[Group::CostOfSales], 1),
        ("Other income", &[Group::OtherIncome], -1),
        ("Operating expenses", &[Group::OperatingExpenses], 1),
        ("Top operating expense accounts", &[Group::OperatingExpenses], 1),
    ] {
        figures.insert(name, movements(seen, sign, in_group(group)));
    }
    for (name, group, sign) in [
        ("Bank", &[Group::Bank], 1),
        ("Current assets", &[Group::CurrentAssets], 1),
        ("Fixed assets", &[Group::FixedAssets], 1),
        ("Non-current assets", &[Group::NonCurrentAssets], 1),
        ("Current liabilities", &[Group::CurrentLiabilities], -1),
        ("Other liabilities", &[Group::Liabilities], -1),
        ("Non-current liabilities", &[Group::NonCurrentLiabilities], -1),
        ("Equity accounts", &[Group::Equity], -1),
    ] {
        figures.insert(name, balances(seen, sign, in_group(group)));
    }
    figures.insert("Current year earnings", balances(seen, -1, is_profit_and_loss));
    let (assets, liabilities, equity) = (figures["Total assets"].clone(), figures["Total liabilities"].clone(), figures["Equity"].clone());
    figures.insert("Net assets", combine(&assets, &liabilities, minus));
    figures.insert("Accounting equation check", combine(&combine(&assets, &liabilities, minus), &equity, minus));
    figures.insert("Gross profit", combine(&figures["Trading income"].clone(), &figures["Cost of sales"].clone(), minus));

    let calendar = seen.books.calendar.days;
    let year_before =
        |rule: &dyn Fn(Period) -> Maybe, months: i32| over(seen, |period| money(period.months_before(months, calendar).and_then(rule)));
    let assets = |period: Period| balance(seen, period, 1, |row| row.class == Class::Asset);
    let equity = |period: Period| balance(seen, period, -1, |row| row.class == Class::Equity || is_profit_and_loss(row));
    figures.insert("Total assets year before", year_before(&assets, 12));
    figures.insert("Equity year before", year_before(&equity, 12));
    let revaluation = control_account(seen.books, "UNREALISEDCURRENCYGAIN");
    figures
        .insert("Unrealised currency gains", movements(seen, -1, |row| row.account == "FXGROUPID" || revaluation.contains(&row.account)));

    // A month's figures count in a stretch of days that has the last day of the month.
    let profit = |period: Period| movement(seen, period, -1, is_profit_and_loss);
    let income = |period: Period| movement(seen, period, -1, in_group(&[Group::TradingIncome]));
    let gross = |period: Period| minus(income(period), movement(seen, period, 1, in_group(&[Group::CostOfSales])));
    figures.insert("Gross profit previous month", year_before(&gross, 1));
    figures.insert("Net profit previous month", year_before(&profit, 1));
    figures.insert("Net profit year before", year_before(&profit, 12));
    figures.insert("Trading income year before", year_before(&income, 12));
    let today = seen.books.today;
    figures.insert(
        "Net profit growth on year before",
        over(seen, |period| {
            if today.is_none_or(|today| period.last > today) {
                return Amount::Blank;
            }
            growth(profit(period), period.months_before(12, calendar).and_then(profit))
        }),
    );
    let ends = seen.books.calendar.year_end;
    figures.insert(
        "Net profit running total",
        over(seen, |period| {
            if today.is_none_or(|today| period.first > today) {
                return Amount::Blank;
            }
            money(profit(Period { first: ends.start(period.last), last: period.last }))
        }),
    );
    // The fiscal year is the calendar's: that of the first organisation.
    let previous = ends.year(ends.start(seen.books.calendar.now).saturating_sub(1.day()));
    figures.insert("Net profit of previous fiscal year", Figure::total(money(previous.within(calendar).and_then(profit))));
    figures.insert("Net profit percentage", over(seen, |period| divide(profit(period), income(period))));
    figures.insert("Days in period", over(seen, |period| count(usize::try_from(days_loaded(seen, period)).unwrap_or_default())));
}

/// Two figures joined total by total and month by month.
fn combine(a: &Figure, b: &Figure, with: fn(Maybe, Maybe) -> Maybe) -> Figure {
    let empty = BTreeMap::new();
    let (left, right) = (a.by.get("Month").unwrap_or(&empty), b.by.get("Month").unwrap_or(&empty));
    let keys: std::collections::BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let at = |side: &BTreeMap<String, Amount>, key: &String| side.get(key).and_then(|amount| amount.number());
    Figure::total(money(with(a.total.number(), b.total.number())))
        .by("Month", keys.into_iter().map(|key| (key.clone(), money(with(at(left, key), at(right, key))))))
}

fn health(seen: Seen<'_>, figures: &mut Figures) {
    // Month's profit × 12 / net assets. Source: Xero's Executive Summary, "Return on investment (p.a.)".
    let roi = |period: Period| -> Amount {
        let Some(as_at) = last_closed(seen, period) else { return Amount::Blank };
        let profit = movement(seen, Period { first: as_at, last: as_at }, -1, is_profit_and_loss);
        let of = |class: Class| balance_at(seen, as_at, 1, move |row| row.class == class);
        divide(profit.map(|profit| profit * Decimal::from(12)), plus(of(Class::Asset), of(Class::Liability)))
    };
    figures.insert("Return on investment", over(seen, roi));
    let current = combine(&figures["Bank"].clone(), &figures["Current assets"].clone(), plus);
    figures.insert("Working capital", combine(&current, &figures["Current liabilities"].clone(), minus));
    let liquid = combine(&figures["Bank"].clone(), &figures["Receivables at month end"].clone(), plus);
    figures.insert("Quick ratio", quotient(&liquid, &figures["Current liabilities"]));
    figures.insert("Operating expenses to income", quotient(&figures["Operating expenses"], &figures["Trading income"]));
    let documents = seen.future_documents().filter(|d| d.counts()).count() + seen.future_cash().count();
    figures.insert("Future-dated documents", Figure::total(count(documents)));
}

/// One figure divided by another, total by total and month by month.
fn quotient(a: &Figure, b: &Figure) -> Figure {
    let empty = BTreeMap::new();
    let right = b.by.get("Month").unwrap_or(&empty);
    let months =
        a.by.get("Month")
            .into_iter()
            .flatten()
            .map(|(key, amount)| (key.clone(), divide(amount.number(), right.get(key).and_then(|x| x.number()))));
    Figure::total(divide(a.total.number(), b.total.number())).by("Month", months)
}
