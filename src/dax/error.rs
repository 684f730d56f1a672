//! What goes wrong while evaluating DAX.

use std::fmt;

use crate::base::Span;

/// An error while evaluating: it fails the query unless IFERROR or ISERROR catches it.
#[derive(Clone, Debug, PartialEq)]
pub struct EvalError {
    /// Diagnostic code, `D03xx`.
    pub code: &'static str,
    /// The sentence, in the words a DAX author knows.
    pub message: String,
    /// Where; filled in by the evaluator when a function leaves it open.
    pub span: Option<Span>,
    /// Whether the engine lacks something rather than the text being wrong.
    pub unsupported: bool,
    /// Budgets (time, memory, depth) are not caught by IFERROR.
    pub catchable: bool,
}

/// A result of evaluation.
pub type EvalResult<T> = Result<T, EvalError>;

impl EvalError {
    /// A run-time error that IFERROR catches.
    pub fn new(code: &'static str, message: impl Into<String>) -> EvalError {
        EvalError { code, message: message.into(), span: None, unsupported: false, catchable: true }
    }

    /// Something that this engine cannot do offline or does not do yet.
    pub fn unsupported(message: impl Into<String>) -> EvalError {
        EvalError { unsupported: true, catchable: false, ..EvalError::new("D0390", message) }
    }
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EvalError {}
