//! What is read of a page beside keeping it, in one pass: how many pages there are, which records, from when.

use std::borrow::Cow;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::civil::Date;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::xero::client::ApiError;
use crate::xero::endpoint::Endpoint;

/// A page at a glance.
#[derive(Debug, Default)]
pub(super) struct Peek {
    /// Numbers made of the ids: enough to count distinct ones, and small however large the company.
    pub(super) ids: Vec<u64>,
    /// Date of the earliest record.
    pub(super) earliest: Option<Date>,
    /// Pages in all, as the answer says.
    pub(super) pages: Option<u32>,
    /// Records in all, as the answer says.
    pub(super) items: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Pagination {
    #[serde(rename = "pageCount")]
    page_count: Option<u32>,
    #[serde(rename = "itemCount")]
    item_count: Option<u64>,
}

/// Days that no ledger reaches back to are slips of the keyboard and do not make us ask for centuries of trial balances.
const OLDEST: Date = jiff::civil::date(1995, 1, 1);

/// Reads a page of an endpoint.
pub(super) fn peek(endpoint: &Endpoint, body: &[u8]) -> Result<Peek, ApiError> {
    let bad = |reason: String| ApiError::BadAnswer { path: endpoint.name.to_owned(), reason };
    let mut json = serde_json::Deserializer::from_slice(body);
    let found = json.deserialize_map(Envelope(endpoint)).map_err(|error| bad(format!("records that cannot be read ({error})")))?;
    found.ok_or_else(|| bad(format!("no list `{}`", endpoint.list)))
}

/// The envelope; `None` when it holds no list.
struct Envelope<'e>(&'e Endpoint);

impl<'de> Visitor<'de> for Envelope<'_> {
    type Value = Option<Peek>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a list of records")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<Peek>, A::Error> {
        let mut peek = None;
        let mut pagination: Option<Pagination> = None;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == self.0.list {
                peek = Some(map.next_value_seed(Records(self.0))?);
            } else if key == "pagination" {
                pagination = map.next_value()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if let (Some(peek), Some(pagination)) = (&mut peek, pagination) {
            peek.pages = pagination.page_count;
            peek.items = pagination.item_count;
        }
        Ok(peek)
    }
}

/// The list of records.
struct Records<'e>(&'e Endpoint);

impl<'de> DeserializeSeed<'de> for Records<'_> {
    type Value = Peek;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Peek, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Records<'_> {
    type Value = Peek;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Peek, A::Error> {
        let mut peek = Peek::default();
        while let Some((id, day)) = list.next_element_seed(Record(self.0))? {
            peek.ids.push(id);
            peek.earliest = day.filter(|day| *day >= OLDEST).into_iter().chain(peek.earliest).min();
        }
        Ok(peek)
    }
}

/// One record: a number made of its id, and its date.
struct Record<'e>(&'e Endpoint);

impl<'de> DeserializeSeed<'de> for Record<'_> {
    type Value = (u64, Option<Date>);

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Record<'_> {
    type Value = (u64, Option<Date>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut id, mut day) = (0, None);
        while let Some(key) = map.next_key_seed(KeyOf(self.0))? {
            match key {
                Key::Id => id = map.next_value::<Option<String>>()?.map_or(0, |text| number_of(&text)),
                Key::Date => day = map.next_value::<Option<String>>()?.and_then(|text| wire_day(&text)),
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok((id, day))
    }
}

enum Key {
    Id,
    Date,
    Other,
}

struct KeyOf<'e>(&'e Endpoint);

impl<'de> DeserializeSeed<'de> for KeyOf<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Key, D::Error> {
        json.deserialize_identifier(self)
    }
}

impl Visitor<'_> for KeyOf<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Key, E> {
        Ok(match key {
            "Date" => Key::Date,
            key if key == self.0.id => Key::Id,
            _ => Key::Other,
        })
    }
}

fn number_of(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

/// The UTC day of `/Date(ms+0000)/`.
pub(super) fn wire_day(text: &str) -> Option<Date> {
    let body = text.strip_prefix("/Date(")?;
    let digits = body.char_indices().skip(1).find(|(_, c)| !c.is_ascii_digit()).map_or(body, |(i, _)| &body[..i]);
    let ms: i64 = digits.parse().ok()?;
    jiff::Timestamp::from_millisecond(ms).ok().map(|t| t.to_zoned(jiff::tz::TimeZone::UTC).date())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xero::endpoint;

    #[test]
    fn a_page_is_read_whatever_the_order_of_its_keys() {
        let invoices = endpoint::find("Invoices").unwrap();
        let body = br#"{"Invoices":[{"Date":"\/Date(1539993600000+0000)\/","Payments":[{"Date":"\/Date(0)\/","InvoiceID":"x"}],"InvoiceID":"a"},
            {"InvoiceID":"b","Date":null},{"InvoiceID":"c","Date":"\/Date(0)\/"}],"pagination":{"page":1,"pageCount":3,"itemCount":2412},"Status":"OK"}"#;
        let peek = peek(invoices, body).unwrap();
        assert_eq!((peek.ids.len(), peek.pages, peek.items), (3, Some(3), Some(2_412)));
        assert_eq!(peek.earliest, Some("2018-10-20".parse().unwrap()));
        assert!(peek.ids[0] == number_of("a") && peek.ids[1] == number_of("b"));
    }

    #[test]
    fn what_is_no_page_is_said() {
        let invoices = endpoint::find("Invoices").unwrap();
        let reason = |body: &[u8]| peek(invoices, body).unwrap_err().to_string();
        assert_eq!(reason(b"{\"Contacts\":[]}"), "`Invoices` answered with no list `Invoices`");
        assert!(reason(b"[]").contains("records that cannot be read"), "{}", reason(b"[]"));
        assert!(reason(b"{\"Invoices\":[7]}").contains("records that cannot be read"));
    }
}
