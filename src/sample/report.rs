//! Xero's ledger reports, derived from the journals: trial balance, balance sheet, profit and loss, bank summary.

use crate::base::Date;

use super::Company;
use super::chart::{Acc, Account, BANKS, Class};
use super::json::{Json, decimal};
use super::ledger::Ledger;

/// What a report needs to know about the company.
pub(super) struct Books<'a> {
    pub(super) company: &'a Company,
    pub(super) ledger: &'a Ledger,
}

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

fn long(date: Date) -> String {
    format!("{} {} {}", date.day(), MONTHS[date.month() as usize - 1], date.year())
}

fn short(date: Date) -> String {
    format!("{} {} {}", date.day(), &MONTHS[date.month() as usize - 1][..3], date.year())
}

fn american(date: Date) -> String {
    format!("{}/{}/{}", date.month(), date.day(), date.year())
}

/// The cells of a row: text and attributes.
type Cells<'a> = &'a [(&'a str, &'a [(&'a str, &'a str)])];

fn row(json: &mut Json, kind: &str, cells: Cells) {
    json.open();
    json.text("RowType", kind);
    json.list("Cells");
    for (value, attributes) in cells {
        json.open();
        json.text("Value", value);
        if !attributes.is_empty() {
            json.list("Attributes");
            for (id, value) in *attributes {
                json.open();
                json.text("Value", value);
                json.text("Id", id);
                json.close();
            }
            json.end_list();
        }
        json.close();
    }
    json.end_list();
    json.close();
}

fn section(json: &mut Json, title: &str) {
    json.open();
    json.text("RowType", "Section");
    json.text("Title", title);
    json.list("Rows");
}

fn end_section(json: &mut Json) {
    json.end_list();
    json.close();
}

impl Books<'_> {
    fn begin(&self, json: &mut Json, name: &str, kind: &str, subtitle: &str, number: u64) {
        let company = self.company;
        super::pages::envelope(json, company, number);
        json.list("Reports");
        json.open();
        json.text("ReportID", kind);
        json.text("ReportName", name);
        json.text("ReportType", kind);
        json.list("ReportTitles");
        json.element(name);
        json.element(&company.name);
        json.element(subtitle);
        json.end_list();
        json.text("ReportDate", &long(company.options.as_of));
        json.bare_moment("UpdatedDateUTC", company.now());
        json.empty_list("Fields");
        json.list("Rows");
    }

    fn end(json: &mut Json) {
        json.end_list();
        json.close();
        json.end_list();
        json.close();
    }

    fn cumulative(&self, account: &Account, date: Date) -> i64 {
        self.ledger.cumulative(account.acc, date)
    }

    /// Profit (credit positive) from the beginning of the books to `date`.
    fn profit_to(&self, date: Date) -> i64 {
        self.company
            .accounts
            .iter()
            .filter(|account| account.class.is_profit_and_loss())
            .map(|account| -self.cumulative(account, date))
            .sum()
    }

    /// The balance that a trial balance shows as year to date, debit positive.
    fn year_to_date(&self, account: &Account, date: Date) -> i64 {
        let year_start = self.company.fiscal_year_start(date);
        if account.class.is_profit_and_loss() {
            self.cumulative(account, date) - self.cumulative(account, year_start.add_days(-1))
        } else if account.acc == Acc::Retained {
            self.cumulative(account, date) - self.profit_to(year_start.add_days(-1))
        } else {
            self.cumulative(account, date)
        }
    }

    fn movement(&self, account: &Account, from: Date, to: Date) -> i64 {
        self.cumulative(account, to) - self.cumulative(account, from.add_days(-1))
    }

    /// `Reports/TrialBalance?date=<date>`: movement of the month up to `date`, and the year-to-date pair.
    pub(super) fn trial_balance(&self, date: Date, number: u64) -> Json {
        let mut json = Json::default();
        self.begin(&mut json, "Trial Balance", "TrialBalance", &format!("As at {}", long(date)), number);
        row(&mut json, "Header", &[("Account", &[]), ("Debit", &[]), ("Credit", &[]), ("YTD Debit", &[]), ("YTD Credit", &[])]);
        let prior_year_end = american(self.company.fiscal_year_start(date).add_days(-1));
        let mut totals = [0i64; 4];
        for class in [Class::Revenue, Class::Expense, Class::Asset, Class::Liability, Class::Equity] {
            section(&mut json, class.section());
            let mut accounts: Vec<&Account> = self.company.accounts.iter().filter(|account| account.class == class).collect();
            accounts.sort_by(|a, b| a.name.cmp(&b.name));
            for account in accounts {
                let movement = self.movement(account, date.start_of_month(), date);
                let balance = self.year_to_date(account, date);
                if movement == 0 && balance == 0 {
                    continue;
                }
                let debit_side = matches!(class, Class::Expense | Class::Asset);
                let pair = |value: i64| -> [String; 2] {
                    if value > 0 || (value == 0 && debit_side) { [decimal(value), String::new()] } else { [String::new(), decimal(-value)] }
                };
                for (index, value) in [movement, balance].into_iter().enumerate() {
                    totals[index * 2 + usize::from(value < 0)] += value.abs();
                }
                let ([debit, credit], [year_debit, year_credit]) = (pair(movement), pair(balance));
                let id = account.report_id();
                let plain = [("account", id.as_str())];
                let dated = [("account", id.as_str()), ("fromDate", ""), ("toDate", prior_year_end.as_str())];
                let on_amounts: &[(&str, &str)] = if account.acc == Acc::Retained { &dated } else { &plain };
                row(
                    &mut json,
                    "Row",
                    &[
                        (&account.report_name(), &plain),
                        (&debit, on_amounts),
                        (&credit, on_amounts),
                        (&year_debit, on_amounts),
                        (&year_credit, on_amounts),
                    ],
                );
            }
            end_section(&mut json);
        }
        section(&mut json, "");
        let totals = totals.map(decimal);
        row(&mut json, "SummaryRow", &[("Total", &[]), (&totals[0], &[]), (&totals[1], &[]), (&totals[2], &[]), (&totals[3], &[])]);
        end_section(&mut json);
        Self::end(&mut json);
        json
    }

    /// Rows of the accounts that `belongs` to a group, in natural sign, then their total; nothing without rows.
    fn group(
        &self,
        json: &mut Json,
        title: &str,
        total: &str,
        sign: i64,
        value: impl Fn(&Account) -> i64,
        belongs: impl Fn(&Account) -> bool,
    ) -> i64 {
        let mut accounts: Vec<(&Account, i64)> = self
            .company
            .accounts
            .iter()
            .filter(|account| belongs(account))
            .map(|account| (account, sign * value(account)))
            .filter(|(_, amount)| *amount != 0)
            .collect();
        accounts.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        let sum = accounts.iter().map(|(_, amount)| amount).sum();
        if accounts.is_empty() {
            return 0;
        }
        section(json, title);
        for (account, amount) in accounts {
            let id = account.report_id();
            let attributes = [("account", id.as_str())];
            row(json, "Row", &[(&account.name, &attributes), (&decimal(amount), &attributes)]);
        }
        row(json, "SummaryRow", &[(total, &[]), (&decimal(sum), &[])]);
        end_section(json);
        sum
    }

    fn single(json: &mut Json, kind: &str, title: &str, amount: i64) {
        section(json, "");
        row(json, kind, &[(title, &[]), (&decimal(amount), &[])]);
        end_section(json);
    }

    /// `Reports/BalanceSheet?date=<date>&standardLayout=true`.
    pub(super) fn balance_sheet(&self, date: Date, number: u64) -> Json {
        let mut json = Json::default();
        self.begin(&mut json, "Balance Sheet", "BalanceSheet", &format!("As at {}", long(date)), number);
        row(&mut json, "Header", &[("", &[]), (&short(date), &[])]);
        let value = |account: &Account| self.year_to_date(account, date);
        section(&mut json, "Assets");
        end_section(&mut json);
        let mut assets = 0;
        for (title, kinds) in [
            ("Bank", &["BANK"][..]),
            ("Current Assets", &["CURRENT", "INVENTORY", "PREPAYMENT"]),
            ("Fixed Assets", &["FIXED"]),
            ("Non-current Assets", &["NONCURRENT"]),
        ] {
            assets += self.group(&mut json, title, &format!("Total {title}"), 1, value, |account| {
                account.class == Class::Asset && kinds.contains(&account.kind)
            });
        }
        Self::single(&mut json, "SummaryRow", "Total Assets", assets);
        section(&mut json, "Liabilities");
        end_section(&mut json);
        let mut liabilities = 0;
        for (title, kinds) in [
            ("Current Liabilities", &["CURRLIAB", "PAYG", "PAYGLIABILITY", "SUPERANNUATIONLIABILITY"][..]),
            ("Liabilities", &["LIABILITY"]),
            ("Non-current Liabilities", &["TERMLIAB"]),
        ] {
            liabilities += self.group(&mut json, title, &format!("Total {title}"), -1, value, |account| {
                account.class == Class::Liability && kinds.contains(&account.kind)
            });
        }
        Self::single(&mut json, "SummaryRow", "Total Liabilities", liabilities);
        Self::single(&mut json, "Row", "Net Assets", assets - liabilities);
        section(&mut json, "Equity");
        let year_start = self.company.fiscal_year_start(date);
        let earnings = self.profit_to(date) - self.profit_to(year_start.add_days(-1));
        let (from, to) = (american(year_start), american(date));
        let computed = [("account", "00000000-0000-0000-0000-000000000000")];
        let dated = [computed[0], ("fromDate", from.as_str()), ("toDate", to.as_str())];
        let mut equity = earnings;
        if earnings != 0 {
            row(&mut json, "Row", &[("Current Year Earnings", &computed), (&decimal(earnings), &dated)]);
        }
        for account in self.company.accounts.iter().filter(|account| account.class == Class::Equity) {
            let amount = -value(account);
            equity += amount;
            if amount != 0 {
                let id = account.report_id();
                let attributes = [("account", id.as_str()), ("fromDate", ""), ("toDate", to.as_str())];
                let shown = if account.acc == Acc::Retained { &attributes[..] } else { &attributes[..1] };
                row(&mut json, "Row", &[(&account.name, &attributes[..1]), (&decimal(amount), shown)]);
            }
        }
        row(&mut json, "SummaryRow", &[("Total Equity", &[]), (&decimal(equity), &[])]);
        end_section(&mut json);
        Self::end(&mut json);
        json
    }

    /// `Reports/ProfitAndLoss?fromDate=<from>&toDate=<to>&standardLayout=true`.
    pub(super) fn profit_and_loss(&self, from: Date, to: Date, number: u64) -> Json {
        let mut json = Json::default();
        self.begin(&mut json, "Profit and Loss", "ProfitAndLoss", &format!("{} to {}", long(from), long(to)), number);
        row(&mut json, "Header", &[("", &[]), (&short(to), &[])]);
        let value = |account: &Account| self.movement(account, from, to);
        let income = self.group(&mut json, "Income", "Total Income", -1, value, |a| matches!(a.kind, "REVENUE" | "SALES"));
        let costs = self.group(&mut json, "Less Cost of Sales", "Total Cost of Sales", 1, value, |a| a.kind == "DIRECTCOSTS");
        Self::single(&mut json, "Row", "Gross Profit", income - costs);
        let other = self.group(&mut json, "Plus Other Income", "Total Other Income", -1, value, |a| a.kind == "OTHERINCOME");
        let expenses = self.group(&mut json, "Less Operating Expenses", "Total Operating Expenses", 1, value, |a| {
            a.class == Class::Expense && a.kind != "DIRECTCOSTS"
        });
        Self::single(&mut json, "Row", "Net Profit", income - costs + other - expenses);
        Self::end(&mut json);
        json
    }

    /// `Reports/BankSummary?fromDate=<from>&toDate=<to>`; a column `FX Gain` where there is a foreign account.
    pub(super) fn bank_summary(&self, from: Date, to: Date, number: u64) -> Json {
        let mut json = Json::default();
        self.begin(&mut json, "Bank Summary", "BankSummary", &format!("From {} to {}", long(from), long(to)), number);
        let foreign = self.company.foreign();
        let mut header: Vec<(&str, &[(&str, &str)])> =
            vec![("Bank Accounts", &[]), ("Opening Balance", &[]), ("Cash Received", &[]), ("Cash Spent", &[])];
        if foreign {
            header.push(("FX Gain", &[]));
        }
        header.push(("Closing Balance", &[]));
        row(&mut json, "Header", &header);
        section(&mut json, "");
        let mut totals = [0i64; 5];
        for bank in BANKS {
            let account = &self.company.accounts[bank as usize];
            let before = from.add_days(-1);
            let (opening, closing) = (self.cumulative(account, before), self.cumulative(account, to));
            let received = self.ledger.received(bank, to) - self.ledger.received(bank, before);
            let gain = self.ledger.revaluation(bank, to) - self.ledger.revaluation(bank, before);
            let spent = opening + received + gain - closing;
            if [opening, closing, received, spent] == [0; 4] {
                continue;
            }
            let values = [opening, received, spent, gain, closing];
            for (total, value) in totals.iter_mut().zip(values) {
                *total += value;
            }
            let id = account.report_id();
            let (name_id, amount_id) = ([("accountID", id.as_str())], [("account", id.as_str())]);
            let texts = values.map(decimal);
            let mut cells: Vec<(&str, &[(&str, &str)])> =
                vec![(&account.name, &name_id), (&texts[0], &[]), (&texts[1], &amount_id), (&texts[2], &amount_id)];
            if foreign {
                cells.push((&texts[3], &[]));
            }
            cells.push((&texts[4], &[]));
            row(&mut json, "Row", &cells);
        }
        let texts = totals.map(decimal);
        let mut cells: Vec<(&str, &[(&str, &str)])> = vec![("Total", &[]), (&texts[0], &[]), (&texts[1], &[]), (&texts[2], &[])];
        if foreign {
            cells.push((&texts[3], &[]));
        }
        cells.push((&texts[4], &[]));
        row(&mut json, "SummaryRow", &cells);
        end_section(&mut json);
        Self::end(&mut json);
        json
    }
}
