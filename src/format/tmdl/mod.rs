//! TMDL: the text form of a tabular model, one folder of `.tmdl` files.
//!
//! Source: <https://learn.microsoft.com/analysis-services/tmdl/tmdl-overview>, and what Microsoft's own serializer writes.

mod lexer;
mod names;
mod read;
mod write;

pub use read::read;
pub use write::write;
pub(in crate::format) use write::{data_type_word, summarize_word};

#[cfg(test)]
mod tests;
