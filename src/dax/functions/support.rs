//! What the scalar families share: arguments by position and the error sentences of Analysis Services.

use std::sync::Arc;

use super::ScalarContext;
use crate::dax::error::{EvalError, EvalResult};
use crate::dax::scalar;
use crate::table::Value;

/// The argument at `index`; BLANK when it was left out.
pub(super) fn arg(args: &[Value], index: usize) -> &Value {
    args.get(index).unwrap_or(&Value::Blank)
}

/// Whether the argument at `index` is there and not BLANK.
pub(super) fn given(args: &[Value], index: usize) -> bool {
    args.get(index).is_some_and(|value| !value.is_blank())
}

/// The argument as a double, BLANK being 0.
pub(super) fn double(cx: &ScalarContext, args: &[Value], index: usize) -> EvalResult<f64> {
    scalar::to_number_or_zero(cx, arg(args, index))
}

/// The argument as a double, or a default when it is absent or BLANK.
pub(super) fn double_or(cx: &ScalarContext, args: &[Value], index: usize, default: f64) -> EvalResult<f64> {
    if given(args, index) { double(cx, args, index) } else { Ok(default) }
}

/// The argument as a whole number, rounded half away from zero, BLANK being 0.
pub(super) fn whole(cx: &ScalarContext, args: &[Value], index: usize) -> EvalResult<i64> {
    scalar::whole(cx, arg(args, index))
}

/// The argument as a whole number, or a default when it is absent or BLANK.
pub(super) fn whole_or(cx: &ScalarContext, args: &[Value], index: usize, default: i64) -> EvalResult<i64> {
    if given(args, index) { whole(cx, args, index) } else { Ok(default) }
}

/// The argument as a number cut towards zero, as the functions taken from Excel do.
pub(super) fn truncated(cx: &ScalarContext, args: &[Value], index: usize) -> EvalResult<f64> {
    Ok(double(cx, args, index)?.trunc())
}

/// The argument as text, BLANK being empty.
pub(super) fn text(cx: &ScalarContext, args: &[Value], index: usize) -> Arc<str> {
    scalar::to_text(cx, arg(args, index))
}

/// The argument as a boolean, BLANK being FALSE.
pub(super) fn flag(cx: &ScalarContext, args: &[Value], index: usize) -> EvalResult<bool> {
    scalar::to_bool(cx, arg(args, index))
}

/// An argument outside the domain of a function.
pub(super) fn invalid(function: &str) -> EvalError {
    EvalError::new("D0308", format!("An argument of function '{function}' has the wrong data type or has an invalid value."))
}

/// A result outside the range of doubles, or an argument that leads to one.
pub(super) fn too_large(function: &str) -> EvalError {
    EvalError::new(
        "D0304",
        format!("An argument of function '{function}' has the wrong data type or the result is too large or too small."),
    )
}

/// A double result, which must be finite.
pub(super) fn finite(function: &str, x: f64) -> EvalResult<Value> {
    if x.is_finite() { Ok(Value::Double(x)) } else { Err(too_large(function)) }
}
