//! `Xml.Document` and `Xml.Tables`.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::{ANY, Builtin, NUMBER, RECORD, TABLE, arg, opt};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{Name, Row, Slot, Table, TableType, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "Xml.Document",
        params: &[arg("contents", ANY), opt("encoding", NUMBER)],
        returns: TABLE,
        about: "An XML document as nested tables of names, namespaces, values and attributes.",
        source: "https://learn.microsoft.com/powerquery-m/xml-document",
        examples: &[("Xml.Document(\"<a><b>1</b></a>\"){0}[Value]{0}[Value]", "\"1\"")],
        run: document,
    },
    Builtin {
        name: "Xml.Tables",
        params: &[arg("contents", ANY), opt("options", RECORD), opt("encoding", NUMBER)],
        returns: TABLE,
        about: "An XML document as nested tables of its repeated elements.",
        source: "https://learn.microsoft.com/powerquery-m/xml-tables",
        examples: &[("Xml.Tables(\"<r><i><a>1</a></i><i><a>2</a></i></r>\"){0}[Table]{1}[a]", "\"2\"")],
        run: tables,
    },
];

/// An element with everything inside.
struct Element {
    name: String,
    namespace: String,
    attributes: Vec<(String, String, String)>,
    children: Vec<Element>,
    text: String,
}

/// Deeper documents are refused.
const DEEPEST: usize = 1000;

fn malformed(what: impl std::fmt::Display) -> Error {
    Error::data_format(format!("The XML document is not well-formed: {what}."))
}

/// The namespace that a prefix stands for.
fn namespace(scopes: &[Vec<(String, String)>], prefix: &str) -> String {
    scopes.iter().rev().flat_map(|scope| scope.iter().rev()).find(|(p, _)| p == prefix).map(|(_, uri)| uri.clone()).unwrap_or_default()
}

fn split_name(qualified: &str) -> (&str, &str) {
    qualified.split_once(':').unwrap_or(("", qualified))
}

fn parse(text: &str) -> Result<Element> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut scopes: Vec<Vec<(String, String)>> = Vec::new();
    let mut root = None;
    let close = |open: &mut Vec<Element>, scopes: &mut Vec<Vec<(String, String)>>, root: &mut Option<Element>| {
        scopes.pop();
        if let Some(done) = open.pop() {
            match open.last_mut() {
                Some(parent) => parent.children.push(done),
                None => *root = Some(done),
            }
        }
    };
    loop {
        let event = reader.read_event().map_err(malformed)?;
        let empty = matches!(event, Event::Empty(_));
        match event {
            Event::Start(start) | Event::Empty(start) => {
                if open.len() >= DEEPEST {
                    return Err(malformed("elements are nested too deeply"));
                }
                let qualified = start.name().as_ref().to_owned();
                let mut plain = Vec::new();
                let mut scope = Vec::new();
                for attribute in start.attributes() {
                    let attribute = attribute.map_err(malformed)?;
                    let key = attribute.key.as_ref().to_owned();
                    let raw = attribute.value.clone().into_owned();
                    let value = quick_xml::escape::unescape(&raw).map_err(malformed)?.into_owned();
                    if key == "xmlns" {
                        scope.push((String::new(), value));
                    } else if let Some(prefix) = key.strip_prefix("xmlns:") {
                        scope.push((prefix.to_owned(), value));
                    } else {
                        plain.push((key, value));
                    }
                }
                scopes.push(scope);
                let (prefix, local) = split_name(&qualified);
                let attributes = plain
                    .into_iter()
                    .map(|(key, value)| {
                        let (prefix, local) = split_name(&key);
                        let uri = if prefix.is_empty() { String::new() } else { namespace(&scopes, prefix) };
                        (local.to_owned(), uri, value)
                    })
                    .collect();
                open.push(Element {
                    name: local.to_owned(),
                    namespace: namespace(&scopes, prefix),
                    attributes,
                    children: Vec::new(),
                    text: String::new(),
                });
                if empty {
                    close(&mut open, &mut scopes, &mut root);
                }
            }
            Event::End(_) => close(&mut open, &mut scopes, &mut root),
            Event::Text(content) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&content);
                }
            }
            Event::CData(content) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&content);
                }
            }
            Event::GeneralRef(reference) => {
                let name: &str = &reference;
                let shown = quick_xml::escape::unescape(&format!("&{name};")).map_err(malformed)?.into_owned();
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&shown);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if !open.is_empty() {
        return Err(malformed("an element is not closed"));
    }
    root.ok_or_else(|| malformed("there is no element"))
}

fn text_type(names: &[&str]) -> TableType {
    TableType::untyped(&names.iter().map(|n| Name::from(*n)).collect::<Vec<_>>())
}

fn row(cells: Vec<Value>) -> Row {
    cells.into_iter().map(Slot::Value).collect()
}

fn node_table(elements: &[Element]) -> Value {
    let rows = elements
        .iter()
        .map(|e| {
            let attributes = e.attributes.iter().map(|(n, uri, v)| row(vec![Value::text(n), Value::text(uri), Value::text(v)])).collect();
            let attributes = Value::Table(Table::new(text_type(&["Name", "Namespace", "Value"]), attributes));
            let value = if e.children.is_empty() { Value::text(&e.text) } else { node_table(&e.children) };
            row(vec![Value::text(&e.name), Value::text(&e.namespace), value, attributes])
        })
        .collect();
    Value::Table(Table::new(text_type(&["Name", "Namespace", "Value", "Attributes"]), rows))
}

fn document(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let text = super::csv::source_text(cx, &args[0], &args[1])?;
    Ok(node_table(&[parse(&text)?]))
}

/// Elements of one name as rows: a column for each name of a child and each attribute.
fn flat(elements: &[&Element]) -> Value {
    let mut names: Vec<Name> = Vec::new();
    let mut add = |name: Name| {
        if !names.contains(&name) {
            names.push(name);
        }
    };
    for e in elements {
        e.children.iter().for_each(|c| add(Name::from(&*c.name)));
        e.attributes.iter().for_each(|(n, ..)| add(Name::from(format!("Attribute:{n}"))));
        if e.children.is_empty() && !e.text.trim().is_empty() {
            add(Name::from("Element:Text"));
        }
    }
    let rows = elements
        .iter()
        .map(|e| {
            names
                .iter()
                .map(|name| {
                    Slot::Value(if let Some(attribute) = name.strip_prefix("Attribute:") {
                        e.attributes.iter().find(|(n, ..)| n == attribute).map_or(Value::Null, |(_, _, v)| Value::text(v))
                    } else if &**name == "Element:Text" {
                        Value::text(&e.text)
                    } else {
                        let same: Vec<&Element> = e.children.iter().filter(|c| c.name == **name).collect();
                        match same.as_slice() {
                            [] => Value::Null,
                            [one] if one.children.is_empty() && one.attributes.is_empty() => Value::text(&one.text),
                            many => flat(many),
                        }
                    })
                })
                .collect()
        })
        .collect();
    Value::Table(Table::new(TableType::untyped(&names), rows))
}

fn tables(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let text = super::csv::source_text(cx, &args[0], &args[2])?;
    let root = parse(&text)?;
    let is_leaf = |e: &Element| e.children.is_empty() && e.attributes.is_empty();
    let repeats = root.children.iter().any(|a| root.children.iter().filter(|b| a.name == b.name).count() > 1);
    if root.children.is_empty() || (root.children.iter().all(is_leaf) && !repeats) {
        return Ok(flat(&[&root]));
    }
    let mut names: Vec<&str> = Vec::new();
    for child in &root.children {
        if !names.contains(&&*child.name) {
            names.push(&child.name);
        }
    }
    let rows = names
        .iter()
        .map(|name| row(vec![Value::text(name), flat(&root.children.iter().filter(|c| c.name == **name).collect::<Vec<_>>())]))
        .collect();
    Ok(Value::Table(Table::new(text_type(&["Name", "Table"]), rows)))
}
