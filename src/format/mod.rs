//! Foreign formats, each with its reader and its writer side by side: TMDL, TMSL, PBIR, `.pbit`, `.mez`.

pub mod tmsl;

pub use crate::base::FileSet;
