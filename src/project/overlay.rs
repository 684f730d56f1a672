//! Overlays: a folder that changes another one, merged as YAML trees before anything is decoded, so that places survive.
//!
//! In an overlay, a list of named things takes groups:
//!
//! ```yaml
//! measures:
//!   add:     [{name: Gross margin, expression: …}]   # must not exist
//!   change:  [{name: Cash in, format: '#,0'}]         # merged key by key; lists inside take groups again
//!   replace: [{name: Cash out, expression: …}]        # taken whole
//!   remove:  [Daily cash flow]
//! ```
//!
//! A mapping is merged key by key, `null` removes a key, anything else is replaced.

use std::collections::HashMap;

use super::yaml::{Context, Entry, Kind, Node};
use crate::base::{Diagnostic, Span, nearest};

/// The words of a group.
pub const GROUPS: [&str; 4] = ["add", "change", "replace", "remove"];

/// Whether a mapping consists of groups only.
pub fn is_grouped(node: &Node) -> bool {
    node.entries().is_some_and(|entries| !entries.is_empty() && entries.iter().all(|e| GROUPS.contains(&e.key.as_str())))
}

/// What identifies an item of a list: `name`, else `id`, `culture`, or both ends of a relationship.
pub fn identity(node: &Node) -> Option<String> {
    if let (Some(from), Some(to)) = (node.get("from").and_then(Node::as_text), node.get("to").and_then(Node::as_text)) {
        return Some(format!("{} -> {}", reference(from), reference(to)));
    }
    ["name", "id", "culture"].iter().find_map(|key| node.get(key).and_then(Node::as_text)).map(str::to_owned)
}

/// `'Table' [Column]` → `Table[Column]`, for comparison.
fn reference(text: &str) -> String {
    match text.split_once('[') {
        Some((table, column)) => format!("{}[{}", table.trim().trim_matches('\''), column.trim()),
        None => text.trim().to_owned(),
    }
}

/// What a list of `kind` calls one item: `measures` → `measure`.
pub fn singular(kind: &str) -> &str {
    match kind {
        "hierarchies" => "hierarchy",
        _ => kind.strip_suffix('s').unwrap_or(kind),
    }
}

/// Applies a mapping of an overlay to the mapping that it changes.
pub fn merge(base: &mut Node, change: &Node, cx: &mut Context) {
    let (Kind::Mapping(base_entries), Kind::Mapping(changes)) = (&mut base.kind, &change.kind) else {
        *base = change.clone();
        return;
    };
    for entry in changes {
        let position = base_entries.iter().position(|b| b.key == entry.key);
        match position {
            Some(index) if entry.value.is_null() && !matches!(base_entries[index].value.kind, Kind::Scalar(_)) => {
                base_entries.remove(index);
            }
            Some(index) => merge_value(&mut base_entries[index], entry, cx),
            None if is_grouped(&entry.value) => {
                let mut list = Vec::new();
                apply(&mut list, &entry.value, &entry.key, cx);
                let value = Node { span: entry.value.span, kind: Kind::Sequence(list) };
                base_entries.push(Entry { key: entry.key.clone(), key_span: entry.key_span, value });
            }
            None => base_entries.push(entry.clone()),
        }
    }
}

fn merge_value(base: &mut Entry, change: &Entry, cx: &mut Context) {
    base.key_span = change.key_span;
    let was_null = base.value.is_null();
    match (&mut base.value.kind, &change.value.kind) {
        (Kind::Sequence(list), Kind::Mapping(_)) if is_grouped(&change.value) => apply(list, &change.value, &change.key, cx),
        (Kind::Scalar(_), Kind::Mapping(_)) if was_null && is_grouped(&change.value) => {
            let mut list = Vec::new();
            apply(&mut list, &change.value, &change.key, cx);
            base.value = Node { span: change.value.span, kind: Kind::Sequence(list) };
        }
        (Kind::Mapping(_), Kind::Mapping(_)) => merge(&mut base.value, &change.value, cx),
        _ => base.value = change.value.clone(),
    }
}

/// Applies groups to a list of named things of a kind such as `measures`.
pub fn apply(list: &mut Vec<Node>, groups: &Node, kind: &str, cx: &mut Context) {
    let Some(entries) = groups.entries() else { return };
    let thing = singular(kind);
    let mut index: HashMap<String, usize> = list.iter().enumerate().filter_map(|(i, n)| Some((identity(n)?, i))).collect();
    let mut removed: Vec<usize> = Vec::new();
    for group in entries {
        let Kind::Sequence(items) = &group.value.kind else {
            if !group.value.is_null() {
                cx.wrong_kind::<()>(&group.value, &format!("a list under `{}`", group.key));
            }
            continue;
        };
        for item in items {
            let name = match &item.kind {
                Kind::Scalar(scalar) if group.key == "remove" => Some(relationship_words(&scalar.text)),
                Kind::Mapping(_) => identity(item),
                _ => None,
            };
            let Some(name) = name else {
                let message = format!("an entry under `{}` does not name its {thing}", group.key);
                cx.diagnostics.push(Diagnostic::error("P0201", message).at(item.span, "no name here"));
                continue;
            };
            let found = index.get(&name).copied().filter(|i| !removed.contains(i));
            match (group.key.as_str(), found) {
                ("add", None) => {
                    index.insert(name, list.len());
                    list.push(item.clone());
                }
                ("add", Some(existing)) => {
                    let place = name_span(item);
                    let message = format!("{thing} `{name}` exists already");
                    let other = name_span(&list[existing]);
                    cx.diagnostics.push(
                        Diagnostic::error("P0202", message)
                            .at(place, "added here")
                            .at(other, "exists here")
                            .help("put it under `change:` to alter it or under `replace:` to take its place"),
                    );
                }
                ("change", Some(existing)) => merge(&mut list[existing], item, cx),
                ("replace", Some(existing)) => list[existing] = item.clone(),
                ("remove", Some(existing)) => removed.push(existing),
                (verb, _) => {
                    let message = format!("there is no {thing} `{name}` to {verb}");
                    let mut problem = Diagnostic::error("P0203", message).at(name_span(item), format!("unknown {thing}"));
                    problem.help = nearest(&name, index.keys().map(String::as_str).collect::<std::collections::BTreeSet<_>>())
                        .map(|near| format!("a {thing} with a similar name exists: `{near}`"));
                    cx.diagnostics.push(problem);
                }
            }
        }
    }
    removed.sort_unstable();
    for position in removed.into_iter().rev() {
        list.remove(position);
    }
}

/// `Invoices[Due Date] -> Date[Date]` in the form of [`identity`]; other names unchanged.
fn relationship_words(text: &str) -> String {
    match text.split_once("->") {
        Some((from, to)) => format!("{} -> {}", reference(from.trim()), reference(to.trim())),
        None => text.to_owned(),
    }
}

fn name_span(node: &Node) -> Span {
    ["name", "id", "culture", "from"].iter().find_map(|key| node.get(key)).map_or(node.span, |name| name.span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::FileId;
    use crate::project::yaml::parse;

    fn merged(base: &str, change: &str) -> (serde_json::Value, Vec<String>) {
        let mut cx = Context::default();
        let mut base = parse(base, FileId(0), &mut cx).unwrap();
        let change = parse(change, FileId(1), &mut cx).unwrap();
        merge(&mut base, &change, &mut cx);
        (base.to_json(), cx.diagnostics.iter().map(|d| format!("{} {}", d.message, d.help.clone().unwrap_or_default())).collect())
    }

    #[test]
    fn groups_add_change_replace_remove() {
        let base = "columns:\n- {name: A, type: text, format: x}\n- {name: B}\n- {name: C}\n";
        let change =
            "columns:\n  change: [{name: A, format: y, folder: F}]\n  remove: [B]\n  add: [{name: D}]\n  replace: [{name: C, key: true}]\n";
        let (json, problems) = merged(base, change);
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(
            json.to_string(),
            r#"{"columns":[{"name":"A","type":"text","format":"y","folder":"F"},{"name":"C","key":true},{"name":"D"}]}"#
        );
    }

    #[test]
    fn missing_and_existing_names_are_reported() {
        let (_, problems) = merged("measures: [{name: Cash in}]", "measures:\n  add: [{name: Cash in}]\n  remove: [Cash inn]\n");
        assert_eq!(problems.len(), 2);
        assert!(problems[0].starts_with("measure `Cash in` exists already"));
        assert_eq!(problems[1], "there is no measure `Cash inn` to remove a measure with a similar name exists: `Cash in`");
    }

    #[test]
    fn mappings_merge_and_null_removes() {
        let (json, _) = merged("a: {x: 1, y: {z: 1}}\nb: 2", "a: {x: 3, y: null}\nc: 4");
        assert_eq!(json.to_string(), r#"{"a":{"x":3},"b":2,"c":4}"#);
    }

    #[test]
    fn relationships_are_named_by_their_ends() {
        let base = "relationships: [{from: \"'A'[x]\", to: 'B[y]'}, {from: 'A[z]', to: 'B[y]'}]";
        let (json, problems) = merged(base, "relationships: {remove: ['A[x] -> B[y]']}");
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(json["relationships"].as_array().unwrap().len(), 1);
    }
}
