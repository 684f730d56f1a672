//! Stable ids: version 5 UUIDs (SHA-1 of a namespace and a name) of object paths, so that a rebuild gives the same ids.
//!
//! Source: RFC 9562, section 5.5.

use sha1::{Digest, Sha1};

use crate::base::hex;

/// The namespace of all ids of this tool.
const NAMESPACE: [u8; 16] = [0x6b, 0x5d, 0x1f, 0x0e, 0x2c, 0x41, 0x4e, 0x8a, 0x9d, 0x07, 0x58, 0x65, 0x72, 0x6f, 0x50, 0x42];

/// The UUID of an object path such as `["column", "Invoices", "Due Date"]`.
///
/// ```
/// use xero_pbit::project::lineage::uuid;
/// assert_eq!(uuid(&["table", "Invoices"]), uuid(&["table", "Invoices"]));
/// assert_ne!(uuid(&["column", "A", "B"]), uuid(&["column", "A/B"]));
/// ```
pub fn uuid(path: &[&str]) -> String {
    let b = digest(path);
    [&b[..4], &b[4..6], &b[6..8], &b[8..10], &b[10..]].map(hex).join("-")
}

/// The first 20 hexadecimal digits of an object path's hash: the form of names inside reports.
pub fn short_id(path: &[&str]) -> String {
    let mut hash = Sha1::new();
    feed(&mut hash, path);
    hex(&hash.finalize()[..10])
}

fn feed(hash: &mut Sha1, path: &[&str]) {
    hash.update(NAMESPACE);
    for (index, part) in path.iter().enumerate() {
        if index > 0 {
            hash.update([0x1f]);
        }
        hash.update(part.as_bytes());
    }
}

fn digest(path: &[&str]) -> [u8; 16] {
    let mut hash = Sha1::new();
    feed(&mut hash, path);
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x50;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_have_version_and_variant() {
        let id = uuid(&["table", "Invoices"]);
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "5");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"));
        assert_eq!(short_id(&["page", "Dashboard"]).len(), 20);
    }
}
