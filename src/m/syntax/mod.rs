//! Text → tree → text.
//!
//! [`parse_document`] reads an expression or section documents; [`print`] writes a tree so that it reads back the same;
//! [`format`] lays a text out afresh and keeps its comments.

pub mod ast;
mod lexer;
mod names;
mod parser;
mod printer;
pub mod walk;

pub use ast::Document;
pub use names::{field_name, is_identifier, quoted_identifier};
pub use parser::{Parsed, SyntaxError, number_literal, parse_document, parse_expression};
pub use printer::{format, print, print_expr};
