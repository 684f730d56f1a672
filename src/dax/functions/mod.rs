//! The function library is a table: one descriptor per function, from which binder, errors, completion, the reference page
//! and the coverage report are made.
//!
//! Adding `DIVIDE` means one descriptor, one Rust function, one line in the family's list.

mod aggregation;
mod bits;
mod calendar;
mod control;
mod date;
mod daycount;
mod distribution;
mod filter;
mod finance;
mod format;
mod info;
mod information;
mod internal;
mod math;
mod path;
mod relationship;
mod rounding;
mod securities;
mod statistics;
mod support;
mod table;
mod text;
mod time;
mod trigonometry;
mod value;
mod visual;
mod window;

pub use date::working_days;
pub use finance::{internal_rate, net_present_value};
pub use format::format_value;
pub use value::type_named;

use std::sync::LazyLock;

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
    /// One of a list of bare words (`ASC`, `DESC`, `DAY`, `BOTH` …), or an expression. A bare word reaches a scalar function as its
    /// text in upper case.
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

/// Families in the order of the reference: category and functions.
const FAMILIES: &[(&str, &[Function])] = &[
    ("Aggregation functions", aggregation::FUNCTIONS),
    ("Date and time functions", calendar::FUNCTIONS),
    ("Date and time functions", date::FUNCTIONS),
    ("Filter functions", filter::FUNCTIONS),
    ("Filter functions", window::FUNCTIONS),
    ("Financial functions", finance::FUNCTIONS),
    ("Financial functions", securities::FUNCTIONS),
    ("INFO functions", info::FUNCTIONS),
    ("Information functions", information::FUNCTIONS),
    ("Internal functions", internal::FUNCTIONS),
    ("Logical functions", control::FUNCTIONS),
    ("Logical functions", bits::FUNCTIONS),
    ("Information functions", value::FUNCTIONS),
    ("Math and trig functions", math::FUNCTIONS),
    ("Math and trig functions", rounding::FUNCTIONS),
    ("Math and trig functions", trigonometry::FUNCTIONS),
    ("Parent and child functions", path::FUNCTIONS),
    ("Relationship functions", relationship::FUNCTIONS),
    ("Statistical functions", statistics::FUNCTIONS),
    ("Statistical functions", distribution::FUNCTIONS),
    ("Table manipulation functions", table::FUNCTIONS),
    ("Text functions", text::FUNCTIONS),
    ("Text functions", format::FUNCTIONS),
    ("Time intelligence functions", time::FUNCTIONS),
    ("Visual calculation functions", visual::FUNCTIONS),
];

/// Every function with its category, sorted by name.
static SORTED: LazyLock<Vec<(&'static str, &'static Function)>> = LazyLock::new(|| {
    let mut all: Vec<_> = FAMILIES.iter().flat_map(|(category, functions)| functions.iter().map(|f| (*category, f))).collect();
    all.sort_by_key(|(_, function)| function.name);
    all
});

/// All functions, sorted by name.
pub fn all() -> impl Iterator<Item = &'static Function> {
    SORTED.iter().map(|(_, function)| *function)
}

/// All functions with their categories, sorted by name.
pub fn with_categories() -> impl Iterator<Item = (&'static str, &'static Function)> {
    SORTED.iter().copied()
}

/// The function of a name, in any case.
///
/// ```
/// use xero_pbit::dax::functions::find;
/// assert_eq!(find("sumx").map(|f| f.name), Some("SUMX"));
/// assert!(find("PROPER").is_none());
/// ```
pub fn find(name: &str) -> Option<&'static Function> {
    let mut buffer = [0_u8; 64];
    let upper = buffer.get_mut(..name.len())?;
    upper.copy_from_slice(name.as_bytes());
    upper.make_ascii_uppercase();
    let upper = std::str::from_utf8(upper).ok()?;
    SORTED.binary_search_by(|(_, function)| function.name.cmp(upper)).ok().map(|index| SORTED[index].1)
}

impl Function {
    /// Fewest and most arguments; `None` for no upper limit.
    pub fn arity(&self) -> (usize, Option<usize>) {
        let least = self.params.iter().filter(|p| !p.optional).count();
        let most = (!self.params.iter().any(|p| p.repeats)).then_some(self.params.len());
        (least, most)
    }

    /// The call as documentation writes it: `DIVIDE ( <numerator>, <denominator> [, <alternate>] )`.
    pub fn syntax(&self) -> String {
        if self.params.is_empty() {
            return format!("{} ()", self.name);
        }
        let mut out = format!("{} ( ", self.name);
        for (index, param) in self.params.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            let dots = if param.repeats && self.params.get(index + 1).is_none_or(|next| !next.repeats) { " …" } else { "" };
            match (param.optional, index) {
                (true, 0) => out.push_str(&format!("[<{}>{dots}]", param.name)),
                (true, _) => out.push_str(&format!(" [{comma}<{}>{dots}]", param.name)),
                (false, _) => out.push_str(&format!("{comma}<{}>{dots}", param.name)),
            }
        }
        out.push_str(" )");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_complete() {
        for (category, family) in FAMILIES {
            assert!(family.is_sorted_by(|a, b| a.name < b.name), "{category} is not in alphabetical order");
        }
        let names: Vec<&str> = all().map(|f| f.name).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "a name appears twice");
        for function in all() {
            assert_eq!(function.name, function.name.to_uppercase());
            assert!(function.source.starts_with("https://learn.microsoft.com/dax/"), "{}", function.name);
            assert!(function.about.ends_with('.'), "{}", function.name);
            let optional = function.params.iter().position(|p| p.optional).unwrap_or(function.params.len());
            let required_after = function.params[optional..].iter().any(|p| !p.optional);
            assert!(
                !required_after || matches!(function.name, "WINDOW" | "RANK"),
                "{}: a required parameter follows an optional one",
                function.name
            );
        }
    }

    #[test]
    fn syntax_shows_what_may_be_left_out() {
        assert_eq!(find("topn").map(Function::syntax).as_deref(), Some("TOPN ( <n>, <table> [, <order_by>] [, <order> …] )"));
        assert_eq!(find("CURRENTGROUP").map(Function::syntax).as_deref(), Some("CURRENTGROUP ()"));
        assert_eq!(find("SUMX").map(Function::arity), Some((2, Some(2))));
    }

    /// Values at the edges of every type.
    fn edges() -> Vec<Value> {
        let mut all = vec![Value::Blank, Value::Boolean(true), Value::Boolean(false)];
        all.extend([0, 1, -1, 2, 7, 25, 1900, 45_292, i64::MAX, i64::MIN].map(Value::Int64));
        let doubles = [0.0, -0.0, 0.5, -1.5, 1e-320, 1e15, 1e19, -1e300, f64::MAX, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        all.extend(doubles.map(Value::Double));
        all.extend([0, 1, -25_000, i64::MAX, i64::MIN].map(|n| Value::Currency(crate::base::Currency(n))));
        all.extend([0.0, 45_292.75, -657_434.0, 2_958_465.999_999_99, 1e12, -1e12, f64::NAN].map(Value::DateTime));
        let texts =
            ["", "a", "1", "é\u{1F600}", "2024-02-29", "1|2|3", "~*?", "INTEGER", "MONTH", "yyyy", "#,##0.00;;", "\"", "0000011", "-1E400"];
        all.extend(texts.map(Value::text));
        all.push(Value::Binary(vec![0, 255].into()));
        all
    }

    /// Whatever comes in, a scalar function answers or errs.
    #[test]
    fn scalar_functions_survive_any_arguments() {
        let cx = ScalarContext::default();
        let edges = edges();
        let mut state = 1_u64;
        let mut pick = |n: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % n
        };
        for function in all() {
            let Body::Scalar(body) = function.body else { continue };
            let least = function.params.iter().filter(|p| !p.optional).count();
            for _ in 0..200 {
                let count = least + pick(function.params.len() - least + 1);
                let args: Vec<Value> = (0..count).map(|_| edges[pick(edges.len())].clone()).collect();
                let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| body(&cx, &args)));
                assert!(outcome.is_ok(), "{} ( {args:?} ) panics", function.name);
            }
        }
    }
}
