//! M (Power Query) text → values and tables. What it needs from outside it asks for with the traits of [`sources`].
//!
//! ```text
//! text ─lex, parse→ ast ─resolve→ eval::Node ─force→ Value ─load→ table::Table
//! ```
//!
//! [`value`] holds the values, [`eval`] the evaluator, [`functions`] the library (and how to add to it). One evaluation lives on one
//! thread; only tables and errors as text leave it.

pub mod error;
pub mod eval;
pub mod functions;
pub mod sources;
pub mod syntax;
pub mod text_format;
pub mod value;

pub use error::{Error, ErrorKind, Result};
pub use eval::{Interp, Options};
pub use sources::Sources;
pub use value::Value;
