//! Every measure again in plain Rust: exact decimals, from raw pages, by a route of its own.
//!
//! The reference imports none of our other layers: an oracle shares no code with what it judges. It reads Xero's wire format
//! itself ([`wire`]), cleans it into [`books::Books`] of one organisation and computes each figure by the accounting rule that its
//! function's doc comment states. `validate` compares the template's own M and DAX with it, to the cent.
//!
//! One file per area: [`cash`], [`trade`] (customers, suppliers, products), [`statements`] (profit and loss, balance sheet),
//! [`health`] (ratios), [`support`] (what stands beside the tiles).

pub mod books;
pub mod calendar;
pub mod cash;
pub mod figures;
pub mod health;
pub mod pages;
pub mod statements;
pub mod support;
pub mod trade;
pub mod view;
pub mod wire;

use jiff::civil::Date;

pub use books::{Books, read_books};
pub use figures::{Amount, Figure, Figures};
pub use pages::{Below, Malformed, Pages};
pub use view::View;

/// All figures of one organisation.
#[derive(Clone, Debug)]
pub struct OrganisationFigures {
    /// The books they come from.
    pub books: Books,
    /// Measures in a fixed order: the 29 tiles, then supporting measures.
    pub figures: Figures,
}

/// Computes all figures of a company folder: one entry per organisation, in order of folder names.
///
/// # Errors
/// The first file that is missing, unreadable or malformed; an `as_of` without a trial balance of that date.
pub fn compute(pages: &dyn Pages, as_of: Option<Date>) -> Result<Vec<OrganisationFigures>, Malformed> {
    if !pages::list(pages, "Organisation")?.is_empty() {
        return Ok(vec![OrganisationFigures::of(read_books(pages, as_of)?)]);
    }
    let mut names = pages.folders().map_err(|message| Malformed {
        file: pages.display("."),
        position: None,
        place: String::new(),
        message,
        help: None,
    })?;
    // Folders with a leading dot hold a program's own files, never a company.
    names.retain(|name| !name.starts_with('.'));
    names.sort_unstable();
    let mut all = Vec::new();
    for folder in names {
        let below = Below { pages, folder };
        if !pages::list(&below, "Organisation")?.is_empty() {
            all.push(read_books(&below, as_of)?);
        }
    }
    if all.is_empty() {
        return Err(Malformed {
            file: pages.display("."),
            position: None,
            place: String::new(),
            message: "expected a company folder with `Organisation/1.json`, or sub-folders that are company folders".to_owned(),
            help: Some("make one with `xero-pbit pull` or `xero-pbit sample --out DIR`; tables made by `refresh-tables` are for `query --data` and `preview --data`".to_owned()),
        });
    }
    let shared = calendar::calendar(&all);
    // A load has one basis.
    let cash_basis = all.iter().all(|books| books.cash_basis);
    Ok(all.into_iter().map(|books| OrganisationFigures::of(Books { calendar: shared, cash_basis, ..books })).collect())
}

/// Whether the pages of a folder are what their places say, as far as a look at the top of each page tells.
///
/// # Errors
/// The first page that is not.
pub fn check_pages(pages: &dyn Pages) -> Result<(), Malformed> {
    if !pages::list(pages, "Organisation")?.is_empty() {
        return pages::check(pages);
    }
    let mut names = pages.folders().unwrap_or_default();
    names.retain(|name| !name.starts_with('.'));
    names.sort_unstable();
    names.into_iter().try_for_each(|folder| pages::check(&Below { pages, folder }))
}

impl OrganisationFigures {
    fn of(books: Books) -> OrganisationFigures {
        let figures = figures(&books, &View::default());
        OrganisationFigures { books, figures }
    }
}

/// All figures of an organisation under filters.
pub fn figures(books: &Books, view: &View) -> Figures {
    figures_of(view::Seen::new(books, view))
}

/// The same without figures by month.
pub fn figures_in_total(books: &Books, view: &View) -> Figures {
    figures_of(view::Seen { in_total: true, ..view::Seen::new(books, view) })
}

fn figures_of(seen: view::Seen<'_>) -> Figures {
    let books = seen.books;
    let mut figures = Figures::default();
    let daily = cash::daily_balances(seen);
    cash::compute(seen, &daily, &mut figures);
    trade::compute(seen, &mut figures);
    statements::compute(seen, &mut figures);
    health::compute(seen, &mut figures);
    support::compute(seen, &daily, &mut figures);
    for figure in figures.values_mut() {
        let organisation = (books.id.clone(), figure.total);
        *figure = std::mem::replace(figure, Figure::total(Amount::Blank)).by("Organisation", [organisation]);
    }
    figures
}
