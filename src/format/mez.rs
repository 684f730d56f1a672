//! `.mez`: a custom connector, a flat ZIP of a section document, texts and icons.
//!
//! Source: <https://learn.microsoft.com/power-query/handling-packaging>, <https://learn.microsoft.com/power-query/handling-icons>.

use super::zip;
use crate::base::{Diagnostic, FileSet};

/// The icons by size, named `<Name><size>.png`: as the test `icons_are_as_drawn` draws them.
pub const ICONS: &[(u32, &[u8])] = &[
    (16, include_bytes!("icons/16.png")),
    (20, include_bytes!("icons/20.png")),
    (24, include_bytes!("icons/24.png")),
    (32, include_bytes!("icons/32.png")),
    (40, include_bytes!("icons/40.png")),
    (48, include_bytes!("icons/48.png")),
    (64, include_bytes!("icons/64.png")),
];

/// The bytes of a connector: its documents and texts (`<name>.pq`, `resources.resx`), and icons.
pub fn write(name: &str, documents: &FileSet) -> Vec<u8> {
    let mut files = documents.clone();
    for (size, icon) in ICONS {
        files.insert(format!("{name}{size}.png"), *icon);
    }
    zip::write(files.iter())
}

/// The members of a connector.
///
/// # Errors
/// `F0101` when it is no archive, `F0103` when it holds no section document.
pub fn read(bytes: &[u8], name: &str) -> Result<FileSet, Diagnostic> {
    let files = zip::read(bytes).map_err(|reason| Diagnostic::error("F0401", reason).in_file(name, None))?;
    if !files.iter().any(|(path, _)| path.ends_with(".pq") || path.ends_with(".m")) {
        return Err(Diagnostic::error("F0403", "the connector holds no section document").in_file(name, None));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connectors_read_back() {
        let mut documents = FileSet::new();
        documents.insert("Xero.pq", "section Xero;");
        documents.insert("resources.resx", "<root/>");
        let files = read(&write("Xero", &documents), "Xero.mez").unwrap();
        assert_eq!(files.get("Xero.pq"), Some(b"section Xero;".as_slice()));
        assert_eq!(files.len(), 9);
        assert_eq!(read(b"PK", "a.mez").unwrap_err().code, "F0401");
    }
}
