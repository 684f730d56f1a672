//! The files of the shipped model and its templates, embedded at build time.

use crate::base::FileSet;

/// Paths below the repository (`model/…`, `templates/…`) with their bytes and, for YAML, its packed events; sorted by folder and path.
static FILES: &[(&str, &[u8], &[u8])] = include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// The shipped project folder: what `init --full` writes. The files of `model/` are at the top, templates under `templates/`.
pub fn files() -> FileSet {
    FILES.iter().map(|(path, bytes, _)| (path.strip_prefix("model/").unwrap_or(path).to_owned(), *bytes)).collect()
}

/// The packed events of a shipped YAML file, if `text` is what it says; `path` is relative to the folder.
pub fn events(path: &str, text: &[u8]) -> Option<&'static [u8]> {
    let model = &FILES[..FILES.partition_point(|(known, _, _)| known.starts_with("model/"))];
    let at = model.binary_search_by(|(known, _, _)| known["model/".len()..].cmp(path)).ok()?;
    let (_, bytes, events) = model[at];
    (bytes == text && !events.is_empty()).then_some(events)
}
