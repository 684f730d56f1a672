//! What every layer shares and nothing more: places in source text, diagnostics, dates, fixed decimals, names.
//!
//! Imports only `std` (and `strsim` for nearest names, `bytes` for files that share their content). No I/O.

mod culture;
mod currency;
mod date;
mod diagnostic;
mod files;
mod hex;
pub mod memory;
mod name;
mod span;

pub use culture::Culture;
pub use currency::Currency;
pub use date::{Date, ParseDateError};
pub use diagnostic::{Diagnostic, Label, Severity};
pub use files::FileSet;
pub use hex::hex;
pub use name::{nearest, same_name};
pub use span::{FileId, Position, SourceFile, SourceMap, Span};
