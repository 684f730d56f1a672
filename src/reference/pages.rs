//! A company folder as the reference sees it: named pages, read one at a time.

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// Where raw pages come from; `host` implements it over a folder, tests over a map.
pub trait Pages {
    /// File names (not folders) directly in `folder` (`Invoices`), in any order; empty when there is no such folder.
    ///
    /// # Errors
    /// What kept the folder from being listed.
    fn files(&self, folder: &str) -> Result<Vec<String>, String>;

    /// Names of the sub-folders at the top.
    ///
    /// # Errors
    /// What kept the folder from being listed.
    fn folders(&self) -> Result<Vec<String>, String>;

    /// The bytes of `folder/file`.
    ///
    /// # Errors
    /// What kept the file from being read.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;

    /// The first bytes of `folder/file`, `most` of them or more.
    ///
    /// # Errors
    /// What kept the file from being read.
    fn start(&self, path: &str, most: u64) -> Result<Vec<u8>, String> {
        let _ = most;
        self.read(path)
    }

    /// How the path is shown in messages.
    fn display(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// Pages below a sub-folder: one organisation of several.
pub struct Below<'a> {
    /// The whole folder.
    pub pages: &'a dyn Pages,
    /// The sub-folder's name.
    pub folder: String,
}

impl Pages for Below<'_> {
    fn files(&self, folder: &str) -> Result<Vec<String>, String> {
        self.pages.files(&format!("{}/{folder}", self.folder))
    }

    fn folders(&self) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.pages.read(&format!("{}/{path}", self.folder))
    }

    fn start(&self, path: &str, most: u64) -> Result<Vec<u8>, String> {
        self.pages.start(&format!("{}/{path}", self.folder), most)
    }

    fn display(&self, path: &str) -> String {
        self.pages.display(&format!("{}/{path}", self.folder))
    }
}

/// Why the figures cannot be computed: a file that is missing, unreadable or malformed.
#[derive(Clone, Debug, PartialEq)]
pub struct Malformed {
    /// The file, as shown to people.
    pub file: String,
    /// Line and column, where known.
    pub position: Option<(usize, usize)>,
    /// Path inside the JSON, such as `Invoices[17]`; may be empty.
    pub place: String,
    /// What was expected and what was found.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some((line, column)) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        if !self.place.is_empty() {
            write!(f, ": {}", self.place)?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for Malformed {}

/// Reads all pages of an endpoint in numeric order and hands each record on. Returns how many records there were.
pub(super) fn for_each_record<T: DeserializeOwned>(pages: &dyn Pages, endpoint: &str, mut each: impl FnMut(T)) -> Result<u64, Malformed> {
    let mut count = 0;
    for number in numbered(pages, endpoint)? {
        let path = format!("{endpoint}/{number}.json");
        let bytes = read(pages, &path)?;
        for record in records::<T>(pages, &path, endpoint, &bytes)? {
            count += 1;
            each(record);
        }
    }
    Ok(count)
}

/// The page numbers of an endpoint, ascending.
fn numbered(pages: &dyn Pages, endpoint: &str) -> Result<Vec<u64>, Malformed> {
    let names = list(pages, endpoint)?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| name.strip_suffix(".json")?.parse().ok()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// File names in a folder, sorted.
pub(super) fn list(pages: &dyn Pages, folder: &str) -> Result<Vec<String>, Malformed> {
    let mut names = pages.files(folder).map_err(|message| plain(pages, folder, message))?;
    names.sort_unstable();
    Ok(names)
}

pub(super) fn read(pages: &dyn Pages, path: &str) -> Result<Vec<u8>, Malformed> {
    pages.read(path).map_err(|message| plain(pages, path, message))
}

fn plain(pages: &dyn Pages, path: &str, message: String) -> Malformed {
    Malformed { file: pages.display(path), position: None, place: String::new(), message, help: None }
}

/// The records of one page. The page is either Xero's envelope with the array under `key`, or that array alone.
pub(super) fn records<T: DeserializeOwned>(pages: &dyn Pages, path: &str, key: &str, bytes: &[u8]) -> Result<Vec<T>, Malformed> {
    let at = |error: &serde_json::Error, place: String| Malformed {
        file: pages.display(path),
        position: (error.line() > 0).then(|| (error.line(), error.column())),
        place,
        message: error.to_string(),
        help: None,
    };
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| Malformed {
        help: Some("Xero's answers are UTF-8: fetch the page again with `xero-pbit pull`, or save it as UTF-8".to_owned()),
        ..plain(pages, path, format!("not UTF-8 at byte {}", error.valid_up_to()))
    })?;
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Envelope<'a> {
        #[serde(borrow)]
        fields: indexmap::IndexMap<String, &'a RawValue>,
    }
    let envelope: Envelope = serde_json::from_str(text).map_err(|error| {
        let mut malformed = at(&error, String::new());
        if text.trim_start().starts_with('[') && !error.is_eof() {
            malformed.message = format!("expected a record with a list `{key}`, found a list");
        } else if text.trim_start().starts_with('<') {
            malformed.message = "expected JSON, found HTML or XML".to_owned();
        } else if error.is_eof() {
            malformed.message = format!("the file ends in the middle of the JSON text ({error})");
        }
        malformed.help = Some("fetch the page again with `xero-pbit pull`, or remove the file".to_owned());
        malformed
    })?;
    let Some(raw) = envelope.fields.get(key) else {
        let found: Vec<&str> = envelope.fields.keys().map(String::as_str).take(6).collect();
        return Err(Malformed {
            help: Some("is this the page of another endpoint, or an error answer?".to_owned()),
            ..plain(pages, path, format!("expected a list `{key}`, found the keys `{}`", found.join("`, `")))
        });
    };
    // Xero writes an empty list as `[]`; other tools have been seen to save `null`.
    if raw.get() == "null" {
        return Ok(Vec::new());
    }
    serde_json::from_str::<Vec<T>>(raw.get()).map_err(|error| {
        explain::<T>(raw.get(), key).map_or_else(
            || at(&error, key.to_owned()),
            |(place, message)| Malformed { file: pages.display(path), position: None, place, message, help: None },
        )
    })
}

/// The endpoints that the template reads, and the list that a page of each holds.
const LISTS: [(&str, &str); 13] = [
    ("Organisation", "Organisations"),
    ("Accounts", "Accounts"),
    ("Items", "Items"),
    ("Contacts", "Contacts"),
    ("Invoices", "Invoices"),
    ("CreditNotes", "CreditNotes"),
    ("Overpayments", "Overpayments"),
    ("Prepayments", "Prepayments"),
    ("BankTransactions", "BankTransactions"),
    ("BankTransfers", "BankTransfers"),
    ("Payments", "Payments"),
    ("ExpenseClaims", "ExpenseClaims"),
    ("TrialBalance", "Reports"),
];

/// The list of a page begins within so many bytes, mostly.
const START: u64 = 16 << 10;

/// Whether every page of a company folder holds the list of its endpoint; no more of a page is read than that takes.
///
/// # Errors
/// The first page that does not: another endpoint's, an error answer, not JSON.
pub fn check(pages: &dyn Pages) -> Result<(), Malformed> {
    for (endpoint, key) in LISTS {
        for name in list(pages, endpoint)? {
            let stem = name.strip_suffix(".json").unwrap_or_default();
            if stem.parse::<u64>().is_err() && stem.parse::<jiff::civil::Date>().is_err() {
                continue;
            }
            let path = format!("{endpoint}/{name}");
            let holds = |bytes: &[u8]| has_key(bytes, key) || endpoint == "Organisation" && has_key(bytes, endpoint);
            let start = pages.start(&path, START).map_err(|message| plain(pages, &path, message))?;
            if !holds(&start) {
                // The whole page says what is wrong with it.
                let bytes = read(pages, &path)?;
                if holds(&bytes) {
                    continue;
                }
                records::<serde::de::IgnoredAny>(pages, &path, key, &bytes)?;
            }
        }
    }
    Ok(())
}

/// Whether the top of a JSON document is a record with a field; stops at the field.
fn has_key(bytes: &[u8], wanted: &str) -> bool {
    struct Search<'a>(&'a str, &'a std::cell::Cell<bool>);
    impl<'de> serde::de::Visitor<'de> for Search<'_> {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a record")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                if key == self.0 {
                    self.1.set(true);
                    return Ok(());
                }
                map.next_value::<serde::de::IgnoredAny>()?;
            }
            Ok(())
        }
    }
    let found = std::cell::Cell::new(false);
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    // Stopping early is an error to the parser; what counts is whether the field came.
    let _ = serde::Deserializer::deserialize_map(&mut serde_json::Deserializer::from_slice(bytes), Search(wanted, &found));
    found.get()
}

/// Finds the record that does not fit, for a message that names its place; only on the way to an error.
fn explain<T: DeserializeOwned>(list: &str, key: &str) -> Option<(String, String)> {
    let records: Vec<&RawValue> = serde_json::from_str(list).ok()?;
    records.iter().enumerate().find_map(|(index, record)| {
        let error = serde_json::from_str::<T>(record.get()).err()?;
        let fields: indexmap::IndexMap<String, &RawValue> = serde_json::from_str(record.get()).unwrap_or_default();
        // Try each field on its own to name the one at fault.
        let field = fields.iter().find(|(name, value)| {
            let single = format!("{{{}:{}}}", serde_json::Value::from(name.as_str()), value.get());
            serde_json::from_str::<T>(&single).is_err()
        });
        let place = field.map_or_else(|| format!("{key}[{index}]"), |(name, _)| format!("{key}[{index}].{name}"));
        Some((place, in_words(&error.to_string())))
    })
}

/// What the parser says, in words of JSON instead of ours.
fn in_words(message: &str) -> String {
    let message = message.split(" at line ").next().unwrap_or(message);
    let Some((found, wanted)) = message.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected ")) else {
        return message.to_owned();
    };
    let wanted = match wanted {
        "a sequence" => "a list",
        other if other.starts_with("struct ") => "a record",
        other => other,
    };
    let found = match found {
        "map" => "a record",
        "sequence" => "a list",
        other => other,
    };
    format!("expected {wanted}, found {found}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::wire::InvoiceRecord;

    struct One(&'static str);

    impl Pages for One {
        fn files(&self, folder: &str) -> Result<Vec<String>, String> {
            Ok(if folder == "Invoices" { vec!["1.json".to_owned(), "manifest.json".to_owned()] } else { Vec::new() })
        }
        fn folders(&self) -> Result<Vec<String>, String> {
            Ok(vec!["Invoices".to_owned()])
        }
        fn read(&self, _: &str) -> Result<Vec<u8>, String> {
            Ok(self.0.as_bytes().to_vec())
        }
    }

    fn message(text: &'static str) -> String {
        for_each_record::<InvoiceRecord>(&One(text), "Invoices", |_| ()).unwrap_err().to_string()
    }

    #[test]
    fn a_page_of_another_endpoint_is_found_without_reading_it_all() {
        assert_eq!(check(&One(r#"{"Id":"x","pagination":{"page":1},"Invoices":[{"Total":"#)), Ok(()));
        let said = |text| check(&One(text)).unwrap_err().to_string();
        assert_eq!(said(r#"{"Contacts":[]}"#), "Invoices/1.json: expected a list `Invoices`, found the keys `Contacts`");
        assert!(said("<html>").contains("HTML"));
        assert!(said("[]").contains("expected a record with a list `Invoices`, found a list"));
    }

    #[test]
    fn a_bad_page_names_file_and_place() {
        assert_eq!(
            message(r#"{"Invoices":[{"Total":1},{"Total":"abc"}]}"#),
            "Invoices/1.json: Invoices[1].Total: expected a number, found `\"abc\"`"
        );
        assert_eq!(message(r#"{"Contacts":[]}"#), "Invoices/1.json: expected a list `Invoices`, found the keys `Contacts`");
        assert!(message(r#"{"Invoices":[{"Total":1}"#).contains("the file ends in the middle of the JSON text"));
        assert!(message("<html>").contains("expected JSON, found HTML or XML"));
    }

    #[test]
    fn a_field_of_another_shape_is_told_in_words_of_json() {
        for (text, said) in [
            (r#"{"Contact":"Bob"}"#, "Invoices[0].Contact: expected a record, found string \"Bob\""),
            (r#"{"LineItems":{}}"#, "Invoices[0].LineItems: expected a list, found a record"),
            (r#"{"LineItems":["x"]}"#, "Invoices[0].LineItems: expected a record, found string \"x\""),
            (r#"{"Total":1e20}"#, "Invoices[0].Total: expected a number of at most 922337203685477.5807, found `1e20`"),
        ] {
            let page: &'static str = Box::leak(format!("{{\"Invoices\":[{text}]}}").into_boxed_str());
            assert_eq!(message(page), format!("Invoices/1.json: {said}"));
        }
    }
}
