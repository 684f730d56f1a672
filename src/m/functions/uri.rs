//! `Uri.*`: parts, queries and resolution of addresses.

use super::common::{need_text, record};
use super::{Builtin, RECORD, TEXT, arg};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{List, Record, Slot, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "Uri.BuildQueryString",
        params: &[arg("query", RECORD)],
        returns: TEXT,
        about: "A record as the query of an address.",
        source: "https://learn.microsoft.com/powerquery-m/uri-buildquerystring",
        examples: &[("Uri.BuildQueryString([a = \"1 2\", b = \"x\"])", "\"a=1%202&b=x\"")],
        run: build_query_string,
    },
    Builtin {
        name: "Uri.Combine",
        params: &[arg("baseUri", TEXT), arg("relativeUri", TEXT)],
        returns: TEXT,
        about: "An address relative to another.",
        source: "https://learn.microsoft.com/powerquery-m/uri-combine",
        examples: &[("Uri.Combine(\"https://example.com/a/b\", \"c\")", "\"https://example.com/a/c\"")],
        run: combine,
    },
    Builtin {
        name: "Uri.EscapeDataString",
        params: &[arg("data", TEXT)],
        returns: TEXT,
        about: "The text with everything but unreserved characters escaped.",
        source: "https://learn.microsoft.com/powerquery-m/uri-escapedatastring",
        examples: &[("Uri.EscapeDataString(\"+a b\")", "\"%2Ba%20b\"")],
        run: escape_data_string,
    },
    Builtin {
        name: "Uri.Parts",
        params: &[arg("absoluteUri", TEXT)],
        returns: RECORD,
        about: "The parts of an address.",
        source: "https://learn.microsoft.com/powerquery-m/uri-parts",
        examples: &[("Uri.Parts(\"https://example.com/a?x=1\")[Query]", "[x = \"1\"]")],
        run: parts,
    },
];

/// Escapes all but the unreserved characters of RFC 3986.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = bytes.get(i + 1..i + 3).and_then(|h| std::str::from_utf8(h).ok()).and_then(|h| u8::from_str_radix(h, 16).ok());
        match (bytes[i], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                i += 3;
            }
            (b'+', _) => {
                out.push(b' ');
                i += 1;
            }
            (byte, _) => {
                out.push(byte);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn escape_data_string(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(Value::from(escape(&need_text(&args[0])?)))
}

fn build_query_string(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut pairs = Vec::new();
    for (name, cell) in record(&args[0])?.fields() {
        let value = cell.force(cx)?;
        let values = match value.bare() {
            Value::List(items) => items.texts(cx)?,
            other => vec![need_text(other)?],
        };
        pairs.extend(values.iter().map(|v| format!("{}={}", escape(name), escape(v))));
    }
    Ok(Value::from(pairs.join("&")))
}

/// An address taken apart; what is absent is `None`.
#[derive(Default)]
struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

fn take_apart(text: &str) -> Parts<'_> {
    let mut out = Parts::default();
    let mut rest = text;
    if let Some((before, fragment)) = rest.split_once('#') {
        (rest, out.fragment) = (before, Some(fragment));
    }
    if let Some((before, query)) = rest.split_once('?') {
        (rest, out.query) = (before, Some(query));
    }
    if let Some((scheme, after)) = rest.split_once(':')
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        && (after.starts_with('/') || !after.starts_with(|c: char| c.is_ascii_digit()))
    {
        (rest, out.scheme) = (after, Some(scheme));
    }
    if let Some(after) = rest.strip_prefix("//") {
        let end = after.find('/').unwrap_or(after.len());
        (rest, out.authority) = (&after[end..], Some(&after[..end]));
    }
    out.path = rest;
    out
}

fn remove_dots(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let absolute = path.starts_with('/');
    let segments: Vec<&str> = path.split('/').skip(usize::from(absolute)).collect();
    for (i, segment) in segments.iter().enumerate() {
        let last = i + 1 == segments.len();
        match *segment {
            "." => {
                if last {
                    out.push("");
                }
            }
            ".." => {
                out.pop();
                if last {
                    out.push("");
                }
            }
            other => out.push(other),
        }
    }
    format!("{}{}", if absolute { "/" } else { "" }, out.join("/"))
}

/// Resolution after RFC 3986, section 5.2.
fn resolve(base: &str, relative: &str) -> Option<String> {
    let (b, r) = (take_apart(base), take_apart(relative));
    let scheme = b.scheme?;
    let join = |scheme: &str, authority: Option<&str>, path: &str, query: Option<&str>, fragment: Option<&str>| {
        let mut out = format!("{scheme}:");
        if let Some(authority) = authority {
            out.push_str("//");
            out.push_str(authority);
        }
        out.push_str(if path.is_empty() && authority.is_some() { "/" } else { path });
        for (mark, part) in [('?', query), ('#', fragment)] {
            if let Some(part) = part {
                out.push(mark);
                out.push_str(part);
            }
        }
        out
    };
    Some(if let Some(own) = r.scheme {
        join(own, r.authority, &remove_dots(r.path), r.query, r.fragment)
    } else if r.authority.is_some() {
        join(scheme, r.authority, &remove_dots(r.path), r.query, r.fragment)
    } else if r.path.is_empty() {
        join(scheme, b.authority, b.path, r.query.or(b.query), r.fragment)
    } else if r.path.starts_with('/') {
        join(scheme, b.authority, &remove_dots(r.path), r.query, r.fragment)
    } else {
        let merged = match b.path.rfind('/') {
            Some(at) => format!("{}{}", &b.path[..=at], r.path),
            None => format!("/{}", r.path),
        };
        join(scheme, b.authority, &remove_dots(&merged), r.query, r.fragment)
    })
}

fn invalid(value: &Value) -> Error {
    Error::expression("The URI is not valid.").with_detail(value.clone())
}

fn combine(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let (base, relative) = (need_text(&args[0])?, need_text(&args[1])?);
    resolve(&base, &relative).map(Value::from).ok_or_else(|| invalid(&args[0]))
}

fn parts(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let text = need_text(&args[0])?;
    let full = if text.contains("://") { text.to_string() } else { format!("http://{text}") };
    let p = take_apart(&full);
    let scheme = p.scheme.unwrap_or("http").to_ascii_lowercase();
    let authority = p.authority.ok_or_else(|| invalid(&args[0]))?;
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let default_port = match scheme.as_str() {
        "http" | "ws" => 80,
        "https" | "wss" => 443,
        "ftp" => 21,
        _ => -1,
    };
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !port.is_empty() => {
            (host, port.parse().map_err(|_| invalid(&args[0]))?)
        }
        _ => (host, default_port),
    };
    if host.is_empty() && scheme.starts_with("http") {
        return Err(invalid(&args[0]));
    }
    let mut query: Vec<(crate::m::value::Name, Slot)> = Vec::new();
    for pair in p.query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (crate::m::value::Name::from(unescape(key)), Value::from(unescape(value)));
        match query.iter_mut().find(|(name, _)| *name == key) {
            // A repeated name holds a list.
            Some((_, slot)) => {
                let before = slot.ready().unwrap_or_default();
                let mut all = match before.bare() {
                    Value::List(items) => items.items().map(<[Slot]>::to_vec).unwrap_or_default(),
                    other => vec![Slot::Value(other.clone())],
                };
                all.push(Slot::Value(value));
                *slot = Slot::Value(Value::List(List::from_slots(all)));
            }
            None => query.push((key, Slot::Value(value))),
        }
    }
    let path = if p.path.is_empty() { "/" } else { p.path };
    let fragment = p.fragment.map(|f| format!("#{f}")).unwrap_or_default();
    Ok(Value::Record(Record::new(vec![
        ("Scheme", Value::from(scheme)),
        ("Host", Value::text(host.to_ascii_lowercase())),
        ("Port", Value::Int(port)),
        ("Path", Value::text(path)),
        ("Query", Value::Record(Record::from_pairs(query)?)),
        ("Fragment", Value::from(fragment)),
        ("UserName", Value::from(unescape(name))),
        ("Password", Value::from(unescape(password))),
    ])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_resolve_as_rfc_3986_says() {
        for (relative, expected) in [
            ("g", "http://a/b/c/g"),
            ("./g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//h", "http://h/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("../../g", "http://a/g"),
            ("https://x/y", "https://x/y"),
        ] {
            assert_eq!(resolve("http://a/b/c/d;p?q", relative).as_deref(), Some(expected), "{relative}");
        }
    }
}
