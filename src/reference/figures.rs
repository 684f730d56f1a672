//! What the reference gives out: a measure's grand total and its values by each dimension.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use rust_decimal::Decimal;

/// A value of a measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// Base currency, exact.
    Money(Decimal),
    /// A fraction or multiple, exact to the 28 digits of the division.
    Ratio(Decimal),
    /// A number of things.
    Count(i64),
    /// No value: not zero.
    Blank,
}

impl Amount {
    /// The number, if there is one.
    pub fn number(self) -> Option<Decimal> {
        match self {
            Amount::Money(n) | Amount::Ratio(n) => Some(n),
            Amount::Count(n) => Some(n.into()),
            Amount::Blank => None,
        }
    }

    /// Decimal text: money with at least 2 decimals, ratios with up to 28 digits, counts whole; `None` for blank.
    pub fn text(self) -> Option<String> {
        Some(match self {
            Amount::Blank => return None,
            Amount::Count(n) => n.to_string(),
            Amount::Ratio(n) => n.normalize().to_string(),
            Amount::Money(n) => {
                let n = n.normalize();
                if n.scale() < 2 { format!("{n:.2}") } else { n.to_string() }
            }
        })
    }
}

/// A measure: its total and its values by dimension, blank ones left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Without any filter but the as-of date.
    pub total: Amount,
    /// Dimension (`Month`, `Date`, `Contact`, `Account`, `Item`, `Due Bucket`) → key → value.
    pub by: BTreeMap<&'static str, BTreeMap<String, Amount>>,
}

impl Figure {
    /// A figure with a total alone.
    pub fn total(total: Amount) -> Figure {
        Figure { total, by: BTreeMap::new() }
    }

    /// Adds a slice; blanks are left out, an empty slice stays so that a reader sees the dimension.
    #[must_use]
    pub fn by(mut self, dimension: &'static str, values: impl IntoIterator<Item = (String, Amount)>) -> Figure {
        let slice = values.into_iter().filter(|(_, amount)| *amount != Amount::Blank).collect();
        self.by.insert(dimension, slice);
        self
    }
}

/// All figures of an organisation, in order of computation.
pub type Figures = IndexMap<&'static str, Figure>;

/// Sums by key, with "no row" kept apart from zero.
#[derive(Clone, Debug, Default)]
pub struct Sums(BTreeMap<String, Decimal>);

impl Sums {
    /// Adds an amount under a key.
    pub fn add(&mut self, key: impl Into<String>, amount: Decimal) {
        *self.0.entry(key.into()).or_default() += amount;
    }

    /// Key → money.
    pub fn money(&self) -> impl Iterator<Item = (String, Amount)> + '_ {
        self.0.iter().map(|(key, sum)| (key.clone(), Amount::Money(*sum)))
    }

    /// The sums.
    pub fn map(&self) -> &BTreeMap<String, Decimal> {
        &self.0
    }
}

/// An amount that may be missing: nothing plus something is something.
pub type Maybe = Option<Decimal>;

/// Sum; nothing when both are.
pub fn plus(a: Maybe, b: Maybe) -> Maybe {
    match (a, b) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or_default() + b.unwrap_or_default()),
    }
}

/// Difference; nothing when both are.
pub fn minus(a: Maybe, b: Maybe) -> Maybe {
    plus(a, b.map(|b| -b))
}

/// Money, blank for nothing.
pub fn money(amount: Maybe) -> Amount {
    amount.map_or(Amount::Blank, Amount::Money)
}

/// A quotient; blank where either is nothing.
pub fn divide(a: Maybe, b: Maybe) -> Amount {
    match (a, b) {
        (Some(a), Some(b)) => ratio(a, b),
        _ => Amount::Blank,
    }
}

/// (this − base) / base; blank unless the base is above zero.
pub fn growth(this: Maybe, base: Maybe) -> Amount {
    match base {
        Some(base) if base > Decimal::ZERO => ratio(this.unwrap_or_default() - base, base),
        _ => Amount::Blank,
    }
}

/// A number of things; none is blank.
pub fn count(n: usize) -> Amount {
    if n == 0 { Amount::Blank } else { Amount::Count(n as i64) }
}

/// `numerator / denominator` as a ratio; blank when the denominator is zero or the quotient does not fit.
pub fn ratio(numerator: Decimal, denominator: Decimal) -> Amount {
    if denominator.is_zero() {
        return Amount::Blank;
    }
    numerator.checked_div(denominator).map_or(Amount::Blank, Amount::Ratio)
}
