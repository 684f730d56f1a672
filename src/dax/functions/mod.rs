//! The function library is a table: one descriptor per function, from which binder, errors, completion, the reference page
//! and the coverage report are made.
//!
//! Adding `DIVIDE` means one descriptor, one Rust function, one line in the family's list.

use crate::base::{Culture, Date};
use crate::dax::error::EvalResult;
use crate::table::Value;

/// One DAX function.
#[derive(Debug)]
pub struct Function {
    /// Upper case, dots included.
    pub name: &'static str,
    /// Parameters in order.
    pub params: &'static [Param],
    /// Static type of the result.
    pub returns: Returns,
    /// One sentence.
    pub about: &'static str,
    /// Documentation page.
    pub source: &'static str,
    /// Expression and its expected result as DAX literal text; they run as tests.
    pub examples: &'static [(&'static str, &'static str)],
    /// How it is evaluated.
    pub body: Body,
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// As the documentation names it.
    pub name: &'static str,
    /// What may stand there.
    pub kind: ParamKind,
    /// Whether it may be left out (or empty).
    pub optional: bool,
    /// Whether it, with all following repeating ones as a group, may come again.
    pub repeats: bool,
}

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// Any scalar expression.
    Scalar,
    /// A table expression.
    Table,
    /// A column reference.
    Column,
    /// A table or a column reference.
    TableOrColumn,
    /// A measure reference.
    Measure,
    /// A scalar evaluated per row of an earlier table argument.
    RowExpression,
    /// A CALCULATE filter argument: predicate, table or modifier.
    Filter,
    /// One of a list of bare words (`ASC`, `DESC`, `DAY`, `BOTH` …).
    Keyword(&'static [&'static str]),
    /// Anything; the function's own binder decides.
    Any,
}

/// The static type of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// A number whose type follows the arguments.
    Number,
    /// Whole number.
    Int64,
    /// Double.
    Double,
    /// Fixed decimal.
    Currency,
    /// Text.
    String,
    /// Boolean.
    Boolean,
    /// Date and time.
    DateTime,
    /// The type of the first argument.
    SameAsFirst,
    /// Any type.
    Variant,
    /// A table.
    Table,
}

/// How a function is evaluated.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    /// From the values of its arguments alone. Omitted optional arguments in the middle arrive as [`Value::Blank`]; trailing
    /// ones are absent from the slice.
    Scalar(fn(&ScalarContext, &[Value]) -> EvalResult<Value>),
    /// By a rule of its own in `bind` and `eval`, found by name.
    Special,
    /// Exists in DAX but has no meaning offline; the text says why.
    Unsupported(&'static str),
}

/// What a scalar function may know beside its arguments.
#[derive(Clone, Debug)]
pub struct ScalarContext {
    /// Culture of the model, for instance `en-US`.
    pub culture: String,
    /// The moment of the query in UTC as days since 1899-12-30; given from outside, there is no clock here.
    pub now: f64,
    /// Seed of RAND and RANDBETWEEN, so that a query can be repeated.
    pub seed: std::cell::Cell<u64>,
    /// What USERNAME and USERPRINCIPALNAME answer.
    pub user: String,
}

impl ScalarContext {
    /// The conventions of [`ScalarContext::culture`]; an unknown name means those of `en-US`.
    pub fn conventions(&self) -> &'static Culture {
        static ENGLISH: std::sync::LazyLock<&'static Culture> = std::sync::LazyLock::new(|| Culture::get("en-US"));
        if self.culture.is_empty() || self.culture == "en-US" { *ENGLISH } else { Culture::find(&self.culture).unwrap_or(*ENGLISH) }
    }
}

impl Default for ScalarContext {
    fn default() -> ScalarContext {
        ScalarContext { culture: "en-US".to_owned(), now: f64::from(Date(45292).0), seed: std::cell::Cell::new(1), user: String::new() }
    }
}

/// A required scalar.
pub const fn scalar(name: &'static str) -> Param {
    Param { name, kind: ParamKind::Scalar, optional: false, repeats: false }
}

/// An optional scalar.
pub const fn optional(name: &'static str) -> Param {
    Param { optional: true, ..scalar(name) }
}

/// A parameter of another kind.
pub const fn param(name: &'static str, kind: ParamKind) -> Param {
    Param { name, kind, optional: false, repeats: false }
}

impl Param {
    /// The same, optional.
    pub const fn opt(self) -> Param {
        Param { optional: true, ..self }
    }

    /// The same, repeating.
    pub const fn many(self) -> Param {
        Param { repeats: true, ..self }
    }
}
