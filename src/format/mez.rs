//! `.mez`: a custom connector, a flat ZIP of a section document, texts and icons.
//!
//! Source: <https://learn.microsoft.com/power-query/handling-packaging>, <https://learn.microsoft.com/power-query/handling-icons>.

use super::{png, zip};
use crate::base::{Diagnostic, FileSet};

/// Sizes of the icons, named `<Name><size>.png`.
pub const ICON_SIZES: [u32; 7] = [16, 20, 24, 32, 40, 48, 64];

/// The bytes of a connector: its documents and texts (`<name>.pq`, `resources.resx`), and icons drawn by code.
pub fn write(name: &str, documents: &FileSet) -> Vec<u8> {
    let mut files = documents.clone();
    for (size, icon) in png::icons(&ICON_SIZES) {
        files.insert(format!("{name}{size}.png"), icon);
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
