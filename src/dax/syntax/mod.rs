//! DAX text → tokens → syntax tree, and back to text.

pub mod ast;
pub mod lexer;
mod parser;
mod printer;

pub use ast::{Expr, ExprKind, Place, Query};
pub use parser::{Parsed, parse_any, parse_expression, parse_function, parse_query};
pub use printer::format;

/// What is wrong with a text as text.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntaxError {
    /// Diagnostic code, `D01xx`.
    pub code: &'static str,
    /// The sentence.
    pub message: String,
    /// Where.
    pub at: Place,
}

impl SyntaxError {
    /// An error at a place.
    pub fn new(code: &'static str, message: impl Into<String>, at: Place) -> SyntaxError {
        SyntaxError { code, message: message.into(), at }
    }
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}
