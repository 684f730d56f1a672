//! DAX text → value. Knows nothing of Xero, files or YAML.
//!
//! [`Engine`] takes a [`crate::model::Model`] and its data and answers queries; [`syntax`] reads and formats text without a model.

pub mod bind;
pub mod catalog;
pub mod engine;
pub mod error;
pub mod eval;
mod explain;
pub mod functions;
mod outcome;
mod prepare;
pub mod scalar;
pub mod syntax;

pub use engine::{DaxError, Dependencies, Engine, Options, ResultColumn, ResultTable, Stage, TableSource};
