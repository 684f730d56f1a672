//! Filters on reports, pages and visuals, and pre-selections of slicers.

use super::{Field, Other};
use crate::base::Span;

/// A filter card.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// Name in files; derived when absent.
    pub id: Option<String>,
    /// What it filters; a measure only on a visual.
    pub field: Field,
    /// Which rows stay.
    pub condition: Condition,
    /// Hidden from readers.
    pub is_hidden: bool,
    /// Readers see it and cannot change it.
    pub is_locked: bool,
    /// Heading of the card, translated.
    pub display_name: Option<String>,
    /// Carried along from a foreign file.
    pub other: Other,
    /// Where it is defined.
    pub span: Option<Span>,
}

impl Filter {
    /// A filter on `field`, hidden from readers as the shipped pages' filters are.
    pub fn new(field: Field, condition: Condition) -> Filter {
        Filter { id: None, field, condition, is_hidden: true, is_locked: false, display_name: None, other: Other::new(), span: None }
    }
}

/// Which values a filter keeps.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Everything (an empty card).
    All,
    /// The listed values, or all but them.
    In {
        /// Values.
        values: Vec<Literal>,
        /// Keeps the others instead.
        excludes: bool,
    },
    /// A comparison with a value.
    Compare(Comparison, Literal),
    /// From one value to another, both included.
    Between(Literal, Literal),
    /// Text that contains another.
    Contains(String),
    /// Text that starts with another.
    StartsWith(String),
    /// No value.
    IsBlank,
    /// Some value.
    IsNotBlank,
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// Either.
    Or(Box<Condition>, Box<Condition>),
    /// The opposite.
    Not(Box<Condition>),
    /// The groups with the largest or smallest value.
    Top {
        /// How many.
        count: u32,
        /// Smallest instead of largest.
        is_bottom: bool,
        /// What they are ordered by; an aggregation of a column.
        by: Field,
    },
    /// Days, weeks, months or years around the viewer's today.
    Relative(Relative),
    /// A condition that only Power BI understands: filter type and its JSON.
    Raw(String, serde_json::Value),
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A fixed decimal number as written.
    Decimal(String),
    /// True or false.
    Bool(bool),
    /// A date or a time, ISO 8601 without zone.
    Date(String),
    /// Blank.
    Null,
}

/// A unit of a relative date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateUnit {
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Months.
    Month,
    /// Years.
    Year,
}

/// Days, weeks, months or years around the viewer's today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relative {
    /// How many; negative in the past, positive in the future, 0 the running one.
    pub amount: i64,
    /// Of what.
    pub unit: DateUnit,
    /// Whether today counts.
    pub includes_today: bool,
}
