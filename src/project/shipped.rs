//! The files of the shipped model and its templates, embedded at build time.

use crate::base::FileSet;

/// Paths below the repository (`model/…`, `templates/…`) with their bytes, sorted by folder and path.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// The shipped project folder: what `init --full` writes. The files of `model/` are at the top, templates under `templates/`.
pub fn files() -> FileSet {
    FILES.iter().map(|(path, bytes)| (path.strip_prefix("model/").unwrap_or(path).to_owned(), bytes.to_vec())).collect()
}
