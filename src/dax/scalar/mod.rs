//! The kernels of DAX on single values: arithmetic, comparison, conversion, text forms, rounding, statistics.
//!
//! What goes in and comes out is [`crate::table::Value`]; nothing here knows of contexts or tables. Operators, functions and
//! aggregators share these rules. Sources: "Data types in DAX" and the operator page of Microsoft's reference; where an engine was
//! measured to differ from the page, the measured rule is named at the function.

mod arithmetic;
mod collate;
mod compare;
mod convert;
mod datetext;
mod decimal;
mod parse;
mod statistics;
mod text;

pub use arithmetic::{add, div, mul, neg, pow, pow_f64, sub};
pub use collate::{collation_key, compare_text, fold_ascii};
pub use compare::{Comparison, compare, compare_with, equals_strict, identical, order, type_name};
pub use convert::{cannot_convert, convert, to_bool, to_currency, to_date_time, to_double, to_int, to_number, to_number_or_zero, whole};
pub use datetext::{Moment, date_time_text, format_pattern};
pub use decimal::{Decimal15, Rounding, round_to};
pub use parse::{parse_date_time, parse_number, parse_value};
pub use statistics::{LinearFit, geometric_mean, linear_fit, median, percentile_exc, percentile_inc, variance};
pub use text::{double_text, to_text};
