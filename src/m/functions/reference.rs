//! The whole reference: what the library has, and what it leaves out with the reason.

use super::all;

/// One function of the reference.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What comes before the dot.
    pub category: String,
    /// How it is called.
    pub syntax: String,
    /// Whether it runs here.
    pub supported: bool,
    /// Why it does not.
    pub why: Option<&'static str>,
}

/// Every function of the reference, sorted by name.
pub fn reference() -> Vec<Entry> {
    let outside = |name: &str| super::outside::FUNCTIONS.iter().find(|f| f.name == name).map(|f| f.about);
    let mut entries: Vec<Entry> = all()
        .into_iter()
        .map(|f| {
            let why = outside(f.name);
            Entry { name: f.name, category: f.category().to_owned(), syntax: f.syntax(), supported: why.is_none(), why }
        })
        .collect();
    entries.sort_by_key(|e| e.name);
    entries
}
