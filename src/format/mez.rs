//! `.mez`: a custom connector, a flat ZIP of one section document, texts and icons.
//!
//! Source: <https://learn.microsoft.com/power-query/handling-packaging>, <https://learn.microsoft.com/power-query/handling-icons>.

use super::{png, zip};
use crate::base::{Diagnostic, FileSet};

/// Sizes of the icons, named `<Name><size>.png`.
pub const ICON_SIZES: [u32; 7] = [16, 20, 24, 32, 40, 48, 64];

/// The bytes of a connector.
///
/// `name` names the document (`<name>.pq`) and the icons; `texts` are the strings that `Extension.LoadString` finds.
pub fn write(name: &str, section: &str, texts: &[(String, String)]) -> Vec<u8> {
    let mut files: Vec<(String, Vec<u8>)> = vec![(format!("{name}.pq"), section.as_bytes().to_vec())];
    files.extend(ICON_SIZES.iter().map(|size| (format!("{name}{size}.png"), png::icon(*size))));
    files.push(("resources.resx".to_owned(), resources(texts).into_bytes()));
    zip::write(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())))
}

/// The members of a connector.
///
/// # Errors
/// `F0101` when it is no archive, `F0103` when it holds no section document.
pub fn read(bytes: &[u8], name: &str) -> Result<FileSet, Diagnostic> {
    let files = zip::read(bytes).map_err(|reason| Diagnostic::error("F0101", reason).in_file(name, None))?;
    if !files.iter().any(|(path, _)| path.ends_with(".pq") || path.ends_with(".m")) {
        return Err(Diagnostic::error("F0103", "the connector holds no section document").in_file(name, None));
    }
    Ok(files)
}

/// Strings in the XML form of .NET resources.
fn resources(texts: &[(String, String)]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<root>\n");
    for (header, value) in [
        ("resmimetype", "text/microsoft-resx"),
        ("version", "2.0"),
        (
            "reader",
            "System.Resources.ResXResourceReader, System.Windows.Forms, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089",
        ),
        (
            "writer",
            "System.Resources.ResXResourceWriter, System.Windows.Forms, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089",
        ),
    ] {
        out.push_str(&format!("  <resheader name=\"{header}\">\n    <value>{value}</value>\n  </resheader>\n"));
    }
    for (name, text) in texts {
        let (name, text) = (escape(name), escape(text));
        out.push_str(&format!("  <data name=\"{name}\" xml:space=\"preserve\">\n    <value>{text}</value>\n  </data>\n"));
    }
    out.push_str("</root>\n");
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connectors_read_back() {
        let bytes = write("Xero", "section Xero;", &[("ButtonTitle".to_owned(), "Xero & <co>".to_owned())]);
        let files = read(&bytes, "Xero.mez").unwrap();
        assert_eq!(files.get("Xero.pq"), Some(b"section Xero;".as_slice()));
        assert_eq!(files.len(), 9);
        let texts = std::str::from_utf8(files.get("resources.resx").unwrap()).unwrap();
        assert!(texts.contains("<value>Xero &amp; &lt;co&gt;</value>"));
        assert_eq!(read(b"PK", "a.mez").unwrap_err().code, "F0101");
    }
}
