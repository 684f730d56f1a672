//! Supporting measures: what users expect beside the 29 tiles. Each is made of the tiles' own building blocks.
//!
//! "Period" measures are given in total (the whole calendar) and by month; measures of "now" in total and by contact.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::books::{Books, Group, Kind, Ledger, month_end};
use super::calendar::{Period, calendar, months};
use super::cash::{DayBalance, daily_balances};
use super::figures::{Amount, Figure, Figures, Sums, ratio};
use super::statements::{balance_at, balances, in_group, movements};
use super::trade::{by_product, item_key, open_figure, open_invoices, traded};

/// An amount that may be blank, with the rules of a ledger: nothing plus something is something.
type Maybe = Option<Decimal>;

fn plus(a: Maybe, b: Maybe) -> Maybe {
    match (a, b) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or_default() + b.unwrap_or_default()),
    }
}

fn minus(a: Maybe, b: Maybe) -> Maybe {
    plus(a, b.map(|b| -b))
}

fn money(amount: Maybe) -> Amount {
    amount.map_or(Amount::Blank, Amount::Money)
}

fn divide(a: Maybe, b: Maybe) -> Amount {
    match (a, b) {
        (Some(a), Some(b)) => ratio(a, b),
        _ => Amount::Blank,
    }
}

/// (this − base) / base; blank unless the base is above zero.
fn growth(this: Maybe, base: Maybe) -> Amount {
    match base {
        Some(base) if base > Decimal::ZERO => ratio(this.unwrap_or_default() - base, base),
        _ => Amount::Blank,
    }
}

/// Amounts by day, for sums over any stretch of days.
struct Days(BTreeMap<Date, Decimal>);

impl Days {
    fn new(rows: impl IntoIterator<Item = (Date, Decimal)>) -> Days {
        let mut days = BTreeMap::new();
        for (day, amount) in rows {
            *days.entry(day).or_default() += amount;
        }
        Days(days)
    }

    fn sum(&self, period: Period) -> Maybe {
        let mut range = self.0.range(period.first..=period.last).peekable();
        range.peek()?;
        Some(range.map(|(_, amount)| *amount).sum())
    }
}

/// A measure in total and by month from one rule over a stretch of days.
fn over(calendar: Period, rule: impl Fn(Period) -> Amount) -> Figure {
    Figure::total(rule(calendar)).by("Month", months(calendar).into_iter().map(|month| (month_end(month.last).to_string(), rule(month))))
}

pub(super) fn compute(books: &Books, figures: &mut Figures) {
    let (Some(calendar), Some(today)) = (calendar(books), books.today) else { return };
    cash(books, calendar, today, figures);
    trade(books, calendar, today, figures);
    products(books, calendar, figures);
    statements(books, calendar, figures);
    health(books, figures);
}

/// The rules that sales, purchases, cash in and cash out share.
struct Series<'a> {
    books: &'a Books,
    calendar: Period,
    today: Date,
    days: Days,
}

impl Series<'_> {
    /// The same stretch whole months before.
    fn before(&self, months: i32) -> Figure {
        over(self.calendar, |period| money(self.at_before(period, months)))
    }

    fn at_before(&self, period: Period, months: i32) -> Maybe {
        period.months_before(months, self.calendar).and_then(|earlier| self.days.sum(earlier))
    }

    /// From the first of the month of Today to Today.
    fn month_to_date(&self) -> Maybe {
        self.days.sum(Period { first: self.today.first_of_month(), last: self.today })
    }

    /// The same days of the month before, cut to its length.
    fn same_days(&self) -> Maybe {
        let first = self.today.first_of_month().saturating_sub(1.month());
        let day = self.today.day().min(first.days_in_month());
        self.days.sum(Period { first, last: first.with().day(day).build().unwrap_or(month_end(first)) })
    }

    /// From the start of the fiscal year of the last day to that day.
    fn running_total(&self) -> Figure {
        over(self.calendar, |period| {
            if period.first > self.today {
                return Amount::Blank;
            }
            money(self.days.sum(Period { first: self.books.fiscal_year_start(period.last), last: period.last }))
        })
    }

    /// Against the same stretch a year before; only for a stretch that is over.
    fn on_year_before(&self) -> Figure {
        over(self.calendar, |period| {
            if period.last > self.today { Amount::Blank } else { growth(self.days.sum(period), self.at_before(period, 12)) }
        })
    }
}

fn cash(books: &Books, calendar: Period, today: Date, figures: &mut Figures) {
    let rows = |transfers: Option<bool>, sign: i8| {
        Days::new(
            books
                .bank
                .iter()
                .filter(|row| transfers.is_none_or(|t| row.transfer == t))
                .filter(|row| match sign {
                    1 => row.amount > Decimal::ZERO,
                    -1 => row.amount < Decimal::ZERO,
                    _ => true,
                })
                .map(|row| (row.date, if sign < 0 { -row.amount } else { row.amount })),
        )
    };
    let sum = |days: Days| over(calendar, move |period| money(days.sum(period)));
    figures.insert("Cash in incl. transfers", sum(rows(None, 1)));
    figures.insert("Cash out incl. transfers", sum(rows(None, -1)));
    figures.insert("Net transfers", sum(rows(Some(true), 0)));
    for (sign, year_before, to_date, same_days) in [
        (1, "Cash in year before", "Cash in month to date", "Cash in same days of previous month"),
        (-1, "Cash out year before", "Cash out month to date", "Cash out same days of previous month"),
    ] {
        let series = Series { books, calendar, today, days: rows(Some(false), sign) };
        figures.insert(year_before, series.before(12));
        figures.insert(to_date, Figure::total(money(series.month_to_date())));
        figures.insert(same_days, Figure::total(money(series.same_days())));
    }
    let flow = Series { books, calendar, today, days: rows(Some(false), 0) };
    figures.insert("Daily cash flow running total", flow.running_total());
    let future: Vec<Decimal> = books.future_bank.iter().filter(|row| !row.transfer).map(|row| row.amount).collect();
    figures.insert(
        "Future-dated bank movements",
        Figure::total(if future.is_empty() { Amount::Blank } else { Amount::Money(future.iter().sum()) }),
    );
    figures.insert(
        "Unreconciled items",
        over(calendar, |period| count(books.bank.iter().filter(|row| !row.reconciled && period.holds(row.date)).count())),
    );
    bridge(books, calendar, figures);

    let outstanding = |ledger: Ledger| -> Maybe { net_open(books, ledger) };
    figures.insert("Short-term cash forecast", Figure::total(money(minus(outstanding(Ledger::Receivable), outstanding(Ledger::Payable)))));
    let closing: Decimal = books
        .trial_balances
        .values()
        .next_back()
        .map(|rows| rows.iter().filter(|row| row.group == Group::Bank).map(|row| row.balance).sum())
        .unwrap_or_default();
    let due_by =
        |ledger: Ledger, day: Date| -> Decimal { open_invoices(books, ledger).filter(|(d, _)| d.due <= day).map(|(_, open)| open).sum() };
    figures.insert(
        "Cash forecast",
        over(calendar, |period| {
            if period.last < today {
                return Amount::Blank;
            }
            Amount::Money(closing + due_by(Ledger::Receivable, period.last) - due_by(Ledger::Payable, period.last))
        }),
    );
}

/// A number of things; none is blank.
fn count(n: usize) -> Amount {
    if n == 0 { Amount::Blank } else { Amount::Count(n as i64) }
}

fn net_open(books: &Books, ledger: Ledger) -> Maybe {
    let credits = books
        .documents
        .iter()
        .filter(|d| {
            d.ledger == ledger && matches!(d.kind, Kind::CreditNote | Kind::Overpayment) && d.is_authorised() && !d.open_original.is_zero()
        })
        .filter_map(|d| d.open.map(|open| -open));
    open_invoices(books, ledger).map(|(_, open)| open).chain(credits).fold(None, |sum, amount| plus(sum, Some(amount)))
}

/// Opening + in − out + transfers + unattributed = closing, from the daily balances.
fn bridge(books: &Books, calendar: Period, figures: &mut Figures) {
    let daily = daily_balances(books);
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
    // A stretch without any movement of a kind has no amount of that kind.
    let part = |pick: fn(&DayBalance) -> Decimal, period: Period| -> Maybe {
        let amounts: Vec<Decimal> =
            all.range(period.first..=period.last).flat_map(|(_, rows)| rows).map(pick).filter(|a| !a.is_zero()).collect();
        if amounts.is_empty() { None } else { Some(amounts.iter().sum()) }
    };
    figures.insert("Opening balance", over(calendar, |p| money(opening(p))));
    figures.insert("Bridge cash in", over(calendar, |p| money(part(|d| d.cash_in, p))));
    figures.insert("Bridge cash out", over(calendar, |p| money(part(|d| d.cash_out, p))));
    figures.insert("Bridge net transfers", over(calendar, |p| money(part(|d| d.transfers, p))));
    let as_at_in = |p: Period| books.trial_balances.keys().any(|day| p.holds(*day) && all.contains_key(day));
    figures.insert(
        "Unattributed",
        over(calendar, |p| if as_at_in(p) { money(Some(part(|d| d.unattributed, p).unwrap_or_default())) } else { Amount::Blank }),
    );
    figures
        .insert("Bank bridge check", over(calendar, |p| if closing(p).is_some() { Amount::Money(Decimal::ZERO) } else { Amount::Blank }));
    figures.insert(
        "Overdrafts and cards",
        over(calendar, |p| {
            let last = all.range(p.first..=p.last).next_back().map(|(day, _)| *day);
            let negative: Vec<Decimal> = last
                .iter()
                .flat_map(|day| daily.values().filter_map(|days| days.get(day)))
                .map(|d| d.closing)
                .filter(|c| c.is_sign_negative() && !c.is_zero())
                .collect();
            if negative.is_empty() { Amount::Blank } else { Amount::Money(negative.iter().sum()) }
        }),
    );
}

fn trade(books: &Books, calendar: Period, today: Date, figures: &mut Figures) {
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
        let series = Series { books, calendar, today, days: Days::new(traded(books, ledger).map(|(d, amount)| (d.date, amount))) };
        figures.insert(names.previous_month, series.before(1));
        figures.insert(names.year_before, series.before(12));
        figures.insert(names.growth_on_year, series.on_year_before());
        figures.insert(names.running_total, series.running_total());
        figures.insert(names.to_date, Figure::total(money(series.month_to_date())));
        figures.insert(names.same_days, Figure::total(money(series.same_days())));
        figures.insert(names.to_date_growth, Figure::total(growth(series.month_to_date(), series.same_days())));

        let gross = open_figure(books, open_invoices(books, ledger), Some(today));
        let overdue: Maybe = open_invoices(books, ledger).filter(|(d, _)| d.due < today).fold(None, |sum, (_, open)| plus(sum, Some(open)));
        figures.insert(names.overdue_share, Figure::total(divide(overdue, gross.total.number())));
        figures.insert(names.gross, gross);
        let credits = books
            .documents
            .iter()
            .filter(|d| {
                d.ledger == ledger
                    && matches!(d.kind, Kind::CreditNote | Kind::Overpayment)
                    && d.is_authorised()
                    && !d.open_original.is_zero()
            })
            .filter_map(|d| d.open.map(|open| (d, open)));
        let mut credits = open_figure(books, credits, Some(today));
        // Credits are never due: only the contact slices them.
        credits.by.remove("Due Bucket");
        figures.insert(names.credits, credits);
        let open: Vec<Date> = books
            .documents
            .iter()
            .filter(|d| d.ledger == ledger && d.kind == Kind::Invoice && d.is_authorised() && !d.open_original.is_zero())
            .map(|d| d.due)
            .collect();
        figures.insert(names.due_count, Figure::total(count(open.iter().filter(|due| **due >= today).count())));
        figures.insert(names.overdue_count, Figure::total(count(open.iter().filter(|due| **due < today).count())));
        let by_due = Days::new(open_invoices(books, ledger).map(|(d, open)| (d.due, open)));
        let all = by_due.0.values().copied().fold(None, |sum, amount| plus(sum, Some(amount)));
        let mut figure = over(calendar, |period| money(by_due.sum(period)));
        // Without a date filter every open document counts, also one that falls due beyond the calendar.
        figure.total = money(all);
        figures.insert(names.by_due_date, figure);
        let expected = Days::new(open_invoices(books, ledger).filter_map(|(d, open)| Some((d.expected?, open))));
        let mut figure = over(calendar, |period| money(expected.sum(period)));
        figure.total = money(all);
        figures.insert(names.by_expected_date, figure);
        let invoices = books.documents.iter().filter(|d| d.ledger == ledger && d.kind == Kind::Invoice && d.counts());
        let settled: Vec<(Date, Decimal)> = invoices.filter_map(|d| Some((d.paid?, d.gross?))).collect();
        let total = settled.iter().fold(None, |sum, (_, gross)| plus(sum, Some(*gross)));
        let settled = Days::new(settled);
        let mut figure = over(calendar, |period| money(settled.sum(period)));
        figure.total = money(total);
        figures.insert(names.settled, figure);

        let side = if ledger == Ledger::Receivable { 1 } else { -1 };
        let control = control_account(books, names.system);
        let at = |as_at: Date| -> Maybe {
            let rows: Vec<Decimal> = books.trial_balances[&as_at]
                .iter()
                .filter(|row| control.contains(&row.account))
                .map(|row| row.balance * Decimal::from(side))
                .collect();
            if rows.is_empty() { None } else { Some(rows.iter().sum()) }
        };
        let last = books.trial_balances.keys().next_back().copied();
        let month_ends = books.trial_balances.keys().map(|as_at| (month_end(*as_at).to_string(), money(at(*as_at))));
        figures.insert(names.at_month_end, Figure::total(last.map_or(Amount::Blank, |d| money(at(d)))).by("Month", month_ends));
        figures.insert(names.unrealised, Figure::total(money(minus(last.and_then(at), net_open(books, ledger)))));
        let turnover = |as_at: Date| -> Maybe {
            let (groups, sign): (&[Group], i64) = if ledger == Ledger::Receivable {
                (&[Group::TradingIncome], -1)
            } else {
                (&[Group::CostOfSales, Group::OperatingExpenses], 1)
            };
            let rows: Vec<Decimal> = books.trial_balances[&as_at]
                .iter()
                .filter(|row| groups.contains(&row.group))
                .map(|row| row.movement * Decimal::from(sign))
                .collect();
            if rows.is_empty() { None } else { Some(rows.iter().sum()) }
        };
        let in_days = |balance: Maybe, turnover: Maybe, days: i64| match divide(balance, turnover) {
            Amount::Ratio(r) => r.checked_mul(days.into()).map_or(Amount::Blank, Amount::Ratio),
            _ => Amount::Blank,
        };
        let all_turnover = books.trial_balances.keys().fold(None, |sum, d| plus(sum, turnover(*d)));
        let all_days: i64 = books.trial_balances.keys().map(|d| i64::from(d.day())).sum();
        let by_month = books.trial_balances.keys().map(|d| (month_end(*d).to_string(), in_days(at(*d), turnover(*d), d.day().into())));
        figures.insert(names.days, Figure::total(in_days(last.and_then(at), all_turnover, all_days)).by("Month", by_month));

        let future: Maybe = books
            .future_documents
            .iter()
            .filter(|d| d.ledger == ledger && d.counts())
            .filter_map(|d| d.net.map(|net| if d.kind == Kind::CreditNote { -net } else { net }))
            .fold(None, |sum, net| plus(sum, Some(net)));
        figures.insert(names.future, Figure::total(money(future)));
        let invoices: Vec<Date> =
            books.documents.iter().filter(|d| d.ledger == ledger && d.kind == Kind::Invoice && d.counts()).map(|d| d.date).collect();
        let number = |period: Period| invoices.iter().filter(|day| period.holds(**day)).count();
        figures.insert(names.count, over(calendar, |period| count(number(period))));
        figures.insert(
            names.average,
            over(calendar, |period| {
                let n = number(period);
                divide(series.days.sum(period), (n > 0).then(|| Decimal::from(n as i64)))
            }),
        );
        let tax = Days::new(books.documents.iter().filter(|d| d.ledger == ledger && d.counts()).filter_map(|d| {
            let sign = if d.kind == Kind::CreditNote { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
            Some((d.date, sign * (d.gross? - d.net?)))
        }));
        figures.insert(names.tax, over(calendar, |period| money(tax.sum(period))));
    }
}

/// AccountIDs of a system account.
fn control_account(books: &Books, system: &str) -> Vec<String> {
    books.accounts.iter().filter(|(_, a)| a.system.eq_ignore_ascii_case(system)).map(|(id, _)| id.clone()).collect()
}

fn products(books: &Books, calendar: Period, figures: &mut Figures) {
    let sales = by_product(books, Ledger::Receivable);
    figures.insert("Purchases by product", by_product(books, Ledger::Payable));
    let mut sold = Sums::default();
    let mut by_day: Vec<(Date, Decimal)> = Vec::new();
    let mut amounts: Vec<(Date, Decimal)> = Vec::new();
    for (document, _) in traded(books, Ledger::Receivable) {
        let sign = if document.kind == Kind::CreditNote { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
        for line in &document.lines {
            amounts.push((document.date, sign * line.amount));
            if let Some(quantity) = line.quantity {
                sold.add(item_key(books, &line.item), sign * quantity);
                by_day.push((document.date, sign * quantity));
            }
        }
    }
    let (quantity, amount) = (Days::new(by_day), Days::new(amounts));
    let number = |n: Maybe| n.map_or(Amount::Blank, Amount::Ratio);
    figures.insert(
        "Quantity sold",
        over(calendar, |period| number(quantity.sum(period)))
            .by("Item", sold.map().iter().map(|(item, n)| (item.clone(), Amount::Ratio(*n)))),
    );
    figures.insert("Average sales price", over(calendar, |period| divide(amount.sum(period), quantity.sum(period))));
    figures.insert(
        "Sales by product year before",
        over(calendar, |period| money(period.months_before(12, calendar).and_then(|earlier| amount.sum(earlier)))),
    );
    let all = sales.total.number();
    let shares = sales.by.get("Item").into_iter().flatten().map(|(item, part)| (item.clone(), divide(part.number(), all)));
    figures.insert("Sales share by product", Figure::total(divide(all, all)).by("Item", shares));
    let stock =
        |pick: fn(&super::books::Item) -> Maybe| books.items.values().map(pick).fold(None, |sum, x| x.map_or(sum, |x| plus(sum, Some(x))));
    let by_item =
        |pick: fn(&super::books::Item) -> Maybe| books.items.values().filter_map(move |item| Some((item.code.clone(), pick(item)?)));
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

fn statements(books: &Books, calendar: Period, figures: &mut Figures) {
    for (name, group, sign) in [
        ("Trading income", &[Group::TradingIncome], -1),
        ("Cost of sales", &[Group::CostOfSales], 1),
        ("Other income", &[Group::OtherIncome], -1),
        ("Operating expenses", &[Group::OperatingExpenses], 1),
        ("Top operating expense accounts", &[Group::OperatingExpenses], 1),
    ] {
        figures.insert(name, movements(books, sign, in_group(group)));
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
        figures.insert(name, balances(books, sign, in_group(group)));
    }
    figures.insert(
        "Current year earnings",
        balances(books, -1, in_group(&[Group::TradingIncome, Group::OtherIncome, Group::CostOfSales, Group::OperatingExpenses])),
    );
    let (assets, liabilities, equity) = (figures["Total assets"].clone(), figures["Total liabilities"].clone(), figures["Equity"].clone());
    figures.insert("Net assets", combine(&assets, &liabilities, minus));
    figures.insert("Accounting equation check", combine(&combine(&assets, &liabilities, minus), &equity, minus));
    figures.insert("Gross profit", combine(&figures["Trading income"].clone(), &figures["Cost of sales"].clone(), minus));

    let by_month = |name: &str, figures: &Figures| -> Days {
        let values = figures[name].by.get("Month").cloned().unwrap_or_default();
        Days::new(values.into_iter().filter_map(|(month, amount)| Some((month.parse().ok()?, amount.number()?))))
    };
    for (name, of) in [("Total assets year before", "Total assets"), ("Equity year before", "Equity")] {
        let values = by_month(of, figures);
        let last = figures[of].total;
        // In total the stretch moved back a year still reaches past the load: its last balance is the last loaded one.
        let mut figure = over(calendar, |period| {
            period
                .months_before(12, calendar)
                .map_or(Amount::Blank, |p| values.0.get(&month_end(p.last)).map_or(Amount::Blank, |v| Amount::Money(*v)))
        });
        figure.total = last;
        figures.insert(name, figure);
    }
    let revaluation = control_account(books, "UNREALISEDCURRENCYGAIN");
    let mut gains = movements(books, -1, |row| row.account == "FXGROUPID" || revaluation.contains(&row.account));
    gains.by.remove("Account");
    figures.insert("Unrealised currency gains", gains);

    // Monthly figures stand on the last day of their month, where the trial balance is.
    for (name, of, months) in [
        ("Gross profit previous month", "Gross profit", 1),
        ("Net profit previous month", "Monthly profit and loss", 1),
        ("Net profit year before", "Monthly profit and loss", 12),
        ("Trading income year before", "Trading income", 12),
    ] {
        let values = by_month(of, figures);
        figures.insert(name, over(calendar, |period| money(period.months_before(months, calendar).and_then(|p| values.sum(p)))));
    }
    let profit = by_month("Monthly profit and loss", figures);
    let income = by_month("Trading income", figures);
    let today = books.today.unwrap_or(calendar.last);
    figures.insert(
        "Net profit growth on year before",
        over(calendar, |period| {
            if period.last > today {
                return Amount::Blank;
            }
            growth(profit.sum(period), period.months_before(12, calendar).and_then(|p| profit.sum(p)))
        }),
    );
    figures.insert(
        "Net profit running total",
        over(calendar, |period| {
            if period.first > today {
                return Amount::Blank;
            }
            money(profit.sum(Period { first: books.fiscal_year_start(period.last), last: period.last }))
        }),
    );
    let this_year = books.fiscal_year_start(today);
    let previous = Period { first: books.fiscal_year_start(this_year.saturating_sub(1.day())), last: this_year.saturating_sub(1.day()) };
    figures.insert("Net profit of previous fiscal year", Figure::total(money(profit.sum(previous))));
    figures.insert("Net profit percentage", over(calendar, |period| divide(profit.sum(period), income.sum(period))));
    let days = books.trial_balances.keys().map(|as_at| (month_end(*as_at).to_string(), Amount::Count(as_at.day().into())));
    let total: i64 = books.trial_balances.keys().map(|as_at| i64::from(as_at.day())).sum();
    figures.insert("Days in period", Figure::total(Amount::Count(total)).by("Month", days));
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

fn health(books: &Books, figures: &mut Figures) {
    let closed: Vec<Date> = books.trial_balances.keys().copied().filter(|as_at| !Books::is_running(*as_at)).collect();
    // Month's profit × 12 / net assets. Source: Xero's Executive Summary, "Return on investment (p.a.)".
    let roi = |as_at: Date| -> Amount {
        let profit: Decimal = books.trial_balances[&as_at]
            .iter()
            .filter(|row| matches!(row.class, super::books::Class::Revenue | super::books::Class::Expense))
            .map(|row| -row.movement)
            .sum();
        let net_assets =
            balance_at(books, as_at, 1, |row| matches!(row.class, super::books::Class::Asset | super::books::Class::Liability));
        ratio(profit * Decimal::from(12), net_assets)
    };
    let by_month = closed.iter().map(|d| (d.to_string(), roi(*d)));
    figures.insert("Return on investment", Figure::total(closed.last().map_or(Amount::Blank, |d| roi(*d))).by("Month", by_month));
    let current = combine(&figures["Bank"].clone(), &figures["Current assets"].clone(), plus);
    figures.insert("Working capital", combine(&current, &figures["Current liabilities"].clone(), minus));
    let liquid = combine(&figures["Bank"].clone(), &figures["Receivables at month end"].clone(), plus);
    figures.insert("Quick ratio", quotient(&liquid, &figures["Current liabilities"]));
    figures.insert("Operating expenses to income", quotient(&figures["Operating expenses"], &figures["Trading income"]));
    let documents = books.future_documents.iter().filter(|d| d.counts()).count() + books.future_bank.len();
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
