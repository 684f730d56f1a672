//! Tie-outs: the trial balance in itself, and against Xero's own statements where the folder has them.

use rust_decimal::Decimal;

use crate::reference::books::{Books, Class};
use crate::reference::pages::Pages;
use crate::xero::verify;

/// One statement that must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Tie {
    /// What is compared, in words.
    pub what: String,
    /// One side.
    pub ours: Decimal,
    /// The other side.
    pub theirs: Decimal,
    /// How far they may be apart, and why.
    pub tolerance: Decimal,
    /// Whether they agree.
    pub holds: bool,
}

fn tie(what: String, ours: Decimal, theirs: Decimal, tolerance: Decimal) -> Tie {
    Tie { holds: (ours - theirs).abs() <= tolerance, what, ours, theirs, tolerance }
}

/// Debits equal credits, and assets less liabilities equal equity, at every month end. Xero rounds each account, hence a cent per account.
pub fn trial_balances(books: &Books) -> Vec<Tie> {
    let mut ties = Vec::new();
    for (as_at, rows) in &books.trial_balances {
        let cents = Decimal::new(rows.len() as i64, 2);
        let movement: Decimal = rows.iter().map(|row| row.movement).sum();
        let balance: Decimal = rows.iter().map(|row| row.balance).sum();
        ties.push(tie(format!("trial balance {as_at}: debits = credits of the month"), movement, Decimal::ZERO, cents));
        ties.push(tie(format!("trial balance {as_at}: debits = credits of the balances"), balance, Decimal::ZERO, cents));
        let of = |classes: &[Class]| rows.iter().filter(|row| classes.contains(&row.class)).map(|row| row.balance).sum::<Decimal>();
        let net = of(&[Class::Asset]) + of(&[Class::Liability]);
        let equity = -of(&[Class::Equity, Class::Revenue, Class::Expense]);
        ties.push(tie(format!("accounting equation {as_at}: assets - liabilities = equity"), net, equity, Decimal::new(5, 2)));
    }
    ties
}

/// Xero's own balance sheets, profit and loss and bank summaries, amount by amount.
///
/// # Errors
/// A report that cannot be read.
pub fn statements(pages: &dyn Pages) -> Result<Vec<Tie>, String> {
    let tolerance = Decimal::new(5, 2);
    let mut ties = Vec::new();
    for report in ["BalanceSheet", "ProfitAndLoss", "BankSummary"] {
        let mut files = pages.files(report)?;
        files.sort();
        for file in files {
            let Some(day) =
                file.strip_suffix(".json").and_then(|stem| stem.rsplit('_').next()).and_then(|d| d.parse::<jiff::civil::Date>().ok())
            else {
                continue;
            };
            // A statement of several months has no single trial balance to stand beside.
            let from = file.split_once('_').and_then(|(from, _)| from.parse::<jiff::civil::Date>().ok());
            if report == "ProfitAndLoss" && from.is_some_and(|from| from != day.first_of_month()) {
                continue;
            }
            let Ok(tb) = pages.read(&format!("TrialBalance/{day}.json")) else { continue };
            let body = pages.read(&format!("{report}/{file}"))?;
            let mut tb =
                verify::read_trial_balance(&tb).map_err(|e| format!("{}: {e}", pages.display(&format!("TrialBalance/{day}.json"))))?;
            tb.as_at = Some(day);
            let found =
                verify::tie(&tb, report, &body, tolerance).map_err(|e| format!("{}: {e}", pages.display(&format!("{report}/{file}"))))?;
            ties.extend(found.into_iter().map(|t| Tie { what: t.what, ours: t.ours, theirs: t.theirs, tolerance, holds: t.holds }));
        }
    }
    Ok(ties)
}
