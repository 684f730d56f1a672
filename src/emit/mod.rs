//! `CheckedModel` → files in memory.

pub use crate::base::FileSet;
