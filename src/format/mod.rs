//! Foreign formats, each with its reader and its writer side by side: TMDL, TMSL, PBIR, `.pbit`, `.mez`.

mod files;
pub mod pbir;

pub use files::FileSet;
