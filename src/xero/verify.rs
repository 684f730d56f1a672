//! Xero's reports read just far enough to tie them to each other: the trial balance against the balance sheet, profit and loss and bank summary.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

/// A trial balance: movement and balance (debit positive) by account id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrialBalance {
    /// The day that its titles name.
    pub as_at: Option<Date>,
    /// Account id → (month's movement, balance, section title).
    pub rows: BTreeMap<String, (Decimal, Decimal, String)>,
}

/// Reads a trial balance.
///
/// # Errors
/// What is wrong with it, in words.
pub fn read_trial_balance(body: &[u8]) -> Result<TrialBalance, String> {
    let value: Value = serde_json::from_slice(body).map_err(|error| format!("something that is not JSON ({error})"))?;
    let report = value["Reports"].get(0).ok_or("no report")?;
    let titles = report["ReportTitles"].as_array().map(Vec::as_slice).unwrap_or_default();
    let as_at = titles.iter().filter_map(Value::as_str).find_map(title_date);
    let rows = report["Rows"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut result = TrialBalance { as_at, rows: BTreeMap::new() };
    let Some(header) = rows.iter().find(|row| row["RowType"] == "Header") else { return Ok(result) };
    let names: Vec<&str> = cells(header).iter().map(|cell| cell["Value"].as_str().unwrap_or_default()).collect();
    let find = |name: &str| names.iter().position(|n| n.eq_ignore_ascii_case(name)).ok_or(format!("no column `{name}`"));
    let (debit, credit, ytd_debit, ytd_credit) = (find("Debit")?, find("Credit")?, find("YTD Debit")?, find("YTD Credit")?);
    for section in rows.iter().filter(|row| row["RowType"] == "Section") {
        for row in section["Rows"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let row_cells = cells(row);
            let Some(id) = account_of(row_cells).filter(|_| row["RowType"] == "Row") else { continue };
            let amount = |index: usize| number(row_cells.get(index));
            let entry = result
                .rows
                .entry(id.to_owned())
                .or_insert_with(|| (Decimal::ZERO, Decimal::ZERO, section["Title"].as_str().unwrap_or_default().to_owned()));
            entry.0 += amount(debit)? - amount(credit)?;
            entry.1 += amount(ytd_debit)? - amount(ytd_credit)?;
        }
    }
    Ok(result)
}

fn cells(row: &Value) -> &[Value] {
    row["Cells"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn account_of(cells: &[Value]) -> Option<&str> {
    let attributes = cells.first()?["Attributes"].as_array()?;
    attributes.iter().find(|a| a["Id"] == "account" || a["Id"] == "accountID")?["Value"].as_str()
}

fn number(cell: Option<&Value>) -> Result<Decimal, String> {
    let value = cell.map_or(&Value::Null, |cell| &cell["Value"]);
    let text = match value {
        Value::String(text) => text.replace(',', ""),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    if text.trim().is_empty() {
        Ok(Decimal::ZERO)
    } else {
        Decimal::from_str(text.trim()).map_err(|_| format!("`{text}` where an amount should be"))
    }
}

/// The date in `As at 24 April 2019`.
fn title_date(title: &str) -> Option<Date> {
    let rest = title.get(..6).filter(|head| head.eq_ignore_ascii_case("as at ")).map(|_| &title[6..])?;
    ["%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y"].iter().find_map(|form| Date::strptime(form, rest.trim()).ok())
}

/// Whether the balances of `after`, less its month's movement, are those of `before`, for equity and fixed accounts. Receivables, payables, bank and
/// currency accounts are revalued outside the ledger and therefore not compared; profit and loss resets with the fiscal year.
pub fn continues(before: &TrialBalance, after: &TrialBalance) -> bool {
    after.rows.iter().filter(|(_, row)| row.2.to_ascii_uppercase().contains("EQUITY")).all(|(id, (movement, balance, _))| {
        let previous = before.rows.get(id).map_or(Decimal::ZERO, |row| row.1);
        // Retained earnings roll once a year; a difference there is not a change of locked months.
        (*balance - *movement - previous).abs() <= Decimal::new(5, 2) || previous.is_zero() || movement.is_zero()
    })
}

/// One comparison of `--verify`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tie {
    /// What is compared.
    pub what: String,
    /// From the trial balance.
    pub ours: Decimal,
    /// From Xero's own report.
    pub theirs: Decimal,
    /// Whether they agree within the tolerance.
    pub holds: bool,
}

/// Compares a month's trial balance with Xero's own statements of the same day.
///
/// `tolerance` covers Xero's own rounding cents; currency revaluation can be larger where the organisation has foreign balances.
pub fn tie(tb: &TrialBalance, report: &str, body: &[u8], tolerance: Decimal) -> Result<Vec<Tie>, String> {
    let value: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let rows = value["Reports"][0]["Rows"].as_array().cloned().unwrap_or_default();
    let day = tb.as_at.map(|d| d.to_string()).unwrap_or_default();
    let mut ties = Vec::new();
    let mut add =
        |what: String, ours: Decimal, theirs: Decimal| ties.push(Tie { holds: (ours - theirs).abs() <= tolerance, what, ours, theirs });
    let section_is = |row: &str, words: &[&str]| words.iter().any(|word| row.to_ascii_uppercase().contains(word));
    match report {
        "ProfitAndLoss" | "BalanceSheet" => {
            for section in &rows {
                for row in section["Rows"].as_array().into_iter().flatten().filter(|row| row["RowType"] == "Row") {
                    let row_cells = cells(row);
                    let (Some(id), theirs) = (account_of(row_cells), number(row_cells.get(1))?) else { continue };
                    let Some((movement, balance, title)) = tb.rows.get(id) else { continue };
                    let credit = section_is(title, &["REVENUE", "INCOME", "LIABILIT", "EQUITY"]);
                    let amount = if report == "ProfitAndLoss" { *movement } else { *balance };
                    add(format!("{report} {day}: account {id}"), if credit { -amount } else { amount }, theirs);
                }
            }
        }
        "BankSummary" => {
            let header = rows.iter().find(|row| row["RowType"] == "Header");
            let closing = header.and_then(|h| {
                cells(h).iter().position(|c| c["Value"].as_str().is_some_and(|v| v.to_ascii_uppercase().contains("CLOSING")))
            });
            let Some(closing) = closing else { return Ok(ties) };
            for section in &rows {
                for row in section["Rows"].as_array().into_iter().flatten().filter(|row| row["RowType"] == "Row") {
                    let row_cells = cells(row);
                    let Some(id) = account_of(row_cells) else { continue };
                    let ours = tb.rows.get(id).map_or(Decimal::ZERO, |row| row.1);
                    add(format!("BankSummary {day}: account {id}"), ours, number(row_cells.get(closing))?);
                }
            }
        }
        _ => {}
    }
    Ok(ties)
}
