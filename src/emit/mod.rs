//! `CheckedModel` → files in memory.

pub use crate::format::FileSet;
