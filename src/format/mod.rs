//! Foreign formats, each with its reader and its writer side by side: TMDL, TMSL, PBIR, `.pbit`, `.mez`.

mod deflate;
pub mod json;
pub mod mez;
pub mod pbip;
pub mod pbir;
pub mod pbit;
pub mod png;
pub mod tmdl;
pub mod tmsl;
mod zip;

pub use crate::base::FileSet;
