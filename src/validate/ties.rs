//! Tie-outs: the trial balance in itself, and against Xero's own statements where the folder has them.

use rust_decimal::Decimal;

use crate::reference::books::{Books, Class};
use crate::reference::pages::{Below, Malformed, Pages};
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

/// Xero's own balance sheets, profit and loss and bank summaries, amount by amount, of each organisation of a folder.
///
/// # Errors
/// The first report that cannot be read.
pub fn statements(pages: &dyn Pages) -> Result<Vec<Tie>, Malformed> {
    let unreadable = |file: &str, message: String| Malformed {
        file: pages.display(file),
        position: None,
        place: String::new(),
        message,
        help: Some("fetch the report again with `xero-pbit pull`, or remove the file: it is only compared with".to_owned()),
    };
    let names = |folder: &str| pages.files(folder).map_err(|message| unreadable(folder, message));
    if !names("Organisation")?.is_empty() {
        return of_one(pages);
    }
    let mut folders = pages.folders().map_err(|message| unreadable(".", message))?;
    folders.retain(|name| !name.starts_with('.'));
    folders.sort_unstable();
    let mut ties = Vec::new();
    for folder in folders {
        let named = |tie: Tie| Tie { what: format!("{folder}: {}", tie.what), ..tie };
        ties.extend(of_one(&Below { pages, folder: folder.clone() })?.into_iter().map(named));
    }
    Ok(ties)
}

fn of_one(pages: &dyn Pages) -> Result<Vec<Tie>, Malformed> {
    let tolerance = Decimal::new(5, 2);
    let mut ties = Vec::new();
    for report in ["BalanceSheet", "ProfitAndLoss", "BankSummary"] {
        let unreadable = |file: &str, message: String| Malformed {
            file: pages.display(&format!("{report}/{file}")),
            position: None,
            place: String::new(),
            message,
            help: Some("fetch the report again with `xero-pbit pull`, or remove the file: it is only compared with".to_owned()),
        };
        let mut files = pages.files(report).map_err(|message| unreadable("", message))?;
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
            // The reference has read the trial balance already; one without a report has nothing to compare.
            let Ok(mut tb) = pages.read(&format!("TrialBalance/{day}.json")).and_then(|tb| verify::read_trial_balance(&tb)) else {
                continue;
            };
            tb.as_at = Some(day);
            let body = pages.read(&format!("{report}/{file}")).map_err(|message| unreadable(&file, message))?;
            let found = verify::tie(&tb, report, &body, tolerance).map_err(|message| unreadable(&file, message))?;
            ties.extend(found.into_iter().map(|t| Tie { what: t.what, ours: t.ours, theirs: t.theirs, tolerance, holds: t.holds }));
        }
    }
    Ok(ties)
}
