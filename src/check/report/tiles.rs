//! The 29 tiles: each has its measure, stands on the page `Dashboard` and opens its report page.

use super::at_page;
use crate::base::Diagnostic;
use crate::model::Model;
use crate::report::{Action, Page, Report, Visual};

/// A tile of the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Its name, which is its measure's.
    pub name: &'static str,
    /// The page that it opens.
    pub page: &'static str,
    /// Whether it shows Today's figure whatever period is chosen.
    pub is_now: bool,
}

const fn period(name: &'static str, page: &'static str) -> Tile {
    Tile { name, page, is_now: false }
}

const fn now(name: &'static str, page: &'static str) -> Tile {
    Tile { name, page, is_now: true }
}

/// All tiles in the order of the list that Xero's withdrawn content pack had.
pub const TILES: [Tile; 29] = [
    period("Daily cash flow", "Bank Accounts"),
    period("Cash in", "Bank Accounts"),
    period("Cash out", "Bank Accounts"),
    period("Closing balance by account", "Bank Accounts"),
    now("Closing balance today", "Bank Accounts"),
    period("Invoiced sales", "Customer"),
    period("Invoiced sales by customer", "Customer"),
    period("Invoiced sales growth trend", "Customer"),
    now("Invoices due", "Customer"),
    now("Outstanding receivables", "Customer"),
    now("Overdue receivables", "Customer"),
    period("Billed purchases", "Suppliers"),
    period("Billed purchases by supplier", "Suppliers"),
    period("Billed purchases growth trend", "Suppliers"),
    now("Bills due", "Suppliers"),
    now("Outstanding payables", "Suppliers"),
    now("Overdue payables", "Suppliers"),
    period("Monthly sales amount by product", "Inventory"),
    period("Monthly profit and loss", "Profit and Loss"),
    now("Net profit this fiscal year", "Profit and Loss"),
    now("Net profit this month", "Profit and Loss"),
    period("Top expense accounts", "Profit and Loss"),
    period("Total assets", "Balance Sheet"),
    period("Total liabilities", "Balance Sheet"),
    period("Equity", "Balance Sheet"),
    period("Current ratio", "Health"),
    period("Gross profit percentage", "Health"),
    period("Return on total assets", "Health"),
    period("Total liabilities to equity ratio", "Health"),
];

impl Tile {
    /// The visual of the tile.
    pub fn visual(self, dashboard: &Page) -> Option<&Visual> {
        dashboard.visual(self.name)
    }

    /// The page that a click on the tile opens: its own link, or that of the button over it.
    pub fn opens(self, dashboard: &Page) -> Option<&str> {
        let tile = self.visual(dashboard)?;
        let over =
            dashboard.visuals.iter().filter(|visual| visual.position.z > tile.position.z && visual.position.overlaps(&tile.position));
        std::iter::once(tile).chain(over).find_map(|visual| match visual.action() {
            Some(Action::Page(page)) => Some(page),
            _ => None,
        })
    }
}

/// Tiles whose measure exists but whose visual or link does not (`R0216`, `R0217`); a model without the measure drops the tile.
pub(super) fn check(report: &Report, model: &Model, found: &mut Vec<Diagnostic>) {
    let Some(dashboard) = report.page("Dashboard") else { return };
    for tile in TILES.iter().filter(|tile| model.measure(tile.name).is_some()) {
        let Some(visual) = tile.visual(dashboard) else {
            let problem = Diagnostic::warning("R0216", format!("the dashboard has no tile `{}`", tile.name));
            found.push(at_page(problem.help("a tile is a visual with the name of its measure"), dashboard, "this page"));
            continue;
        };
        if !visual.fields().any(|(_, projection)| projection.field.name() == tile.name) {
            let problem = Diagnostic::warning("R0216", format!("tile `{}` does not show its measure", tile.name));
            found.push(super::at(problem, dashboard, visual, None, "this tile"));
        }
        if tile.opens(dashboard).is_none() {
            let problem = Diagnostic::warning("R0217", format!("a click on tile `{}` opens nothing", tile.name));
            found.push(super::at(problem.help(format!("add `opens: {}`", tile.page)), dashboard, visual, None, "this tile"));
        }
    }
}
