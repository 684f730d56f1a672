//! Calculated tables and columns do not depend on themselves, not even through a blank row or a relationship.
//!
//! Analysis Services counts three kinds of dependency: on a table or column that an expression names; on a table's blank row
//! (VALUES and ALL show it), which exists because of the tables on the many side; on a relationship, where CALCULATE or a
//! measure lets filters travel over it. Inside calculated tables use DISTINCT and ALLNOBLANKROW, and no measures.
//!
//! Source: <https://www.sqlbi.com/articles/avoiding-circular-dependency-errors-in-dax/>.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::placed;
use crate::base::Diagnostic;
use crate::model::{ColumnKind, Model, Source};
use crate::project::Project;

/// A calculated table, or a calculated column (table, column).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    Table(usize),
    Column(usize, usize),
}

pub(super) fn check(project: &Project, out: &mut Vec<Diagnostic>) {
    let model = &project.model;
    let graph = Graph::new(model);
    let mut state: BTreeMap<Node, bool> = BTreeMap::new();
    for start in graph.edges.keys() {
        let mut path = Vec::new();
        graph.visit(*start, &mut state, &mut path, model, out);
    }
}

struct Graph {
    /// What each node needs, with the reason.
    edges: BTreeMap<Node, BTreeMap<Node, String>>,
}

impl Graph {
    fn new(model: &Model) -> Graph {
        let names = Names::new(model);
        let mut edges = BTreeMap::new();
        for (t, table) in model.tables.iter().enumerate() {
            if let Some(source) = table.calculated() {
                edges.insert(Node::Table(t), names.needs(t, source, true));
            }
            for (c, column) in table.columns.iter().enumerate() {
                if let ColumnKind::Calculated(source) = &column.kind {
                    let mut needs = names.needs(t, source, false);
                    if table.calculated().is_some() {
                        needs.entry(Node::Table(t)).or_insert_with(|| "is a column of it".to_owned());
                    }
                    edges.insert(Node::Column(t, c), needs);
                }
            }
        }
        Graph { edges }
    }

    /// Depth first; `state` is false while a node is on the path and true once all it needs is known to be fine.
    fn visit(&self, node: Node, state: &mut BTreeMap<Node, bool>, path: &mut Vec<Node>, model: &Model, out: &mut Vec<Diagnostic>) {
        match state.get(&node) {
            Some(true) => return,
            Some(false) => {
                let from = path.iter().position(|n| *n == node).unwrap_or(0);
                out.push(self.report(&path[from..], model));
                return;
            }
            None => {}
        }
        let Some(needs) = self.edges.get(&node) else { return };
        state.insert(node, false);
        path.push(node);
        for next in needs.keys() {
            self.visit(*next, state, path, model, out);
        }
        path.pop();
        state.insert(node, true);
    }

    fn report(&self, circle: &[Node], model: &Model) -> Diagnostic {
        let name = |node: &Node| match node {
            Node::Table(t) => format!("`{}`", model.tables[*t].name),
            Node::Column(t, c) => format!("`{}[{}]`", model.tables[*t].name, model.tables[*t].columns[*c].name),
        };
        let span = |node: &Node| match node {
            Node::Table(t) => model.tables[*t].span,
            Node::Column(t, c) => model.tables[*t].columns[*c].span,
        };
        let names: Vec<String> = circle.iter().chain(circle.first()).map(name).collect();
        let mut problem = Diagnostic::error("P0321", format!("calculations depend on themselves: {}", names.join(" → ")));
        let mut reasons = Vec::new();
        for (index, node) in circle.iter().enumerate() {
            let next = circle[(index + 1) % circle.len()];
            problem = placed(problem, span(node), "part of the circle");
            if let Some(reason) = self.edges.get(node).and_then(|needs| needs.get(&next)) {
                reasons.push(format!("{} {reason}", name(node)));
            }
        }
        problem.help(reasons.join("; "))
    }
}

struct Names<'m> {
    model: &'m Model,
    tables: HashMap<String, usize>,
    measures: HashMap<String, &'m Source>,
}

impl<'m> Names<'m> {
    fn new(model: &'m Model) -> Names<'m> {
        let tables = model.tables.iter().enumerate().map(|(i, t)| (t.name.to_lowercase(), i)).collect();
        let measures = model.tables.iter().flat_map(|t| t.measures.iter().map(|m| (m.name.to_lowercase(), &m.expression))).collect();
        Names { model, tables, measures }
    }

    /// What the expression of table `home` (the table itself, or one of its columns) needs.
    fn needs(&self, home: usize, source: &Source, is_table: bool) -> BTreeMap<Node, String> {
        let mut needs = BTreeMap::new();
        let mut seen = BTreeSet::new();
        self.collect(home, &source.text, is_table, &mut seen, &mut needs);
        needs
    }

    fn collect(&self, home: usize, text: &str, is_table: bool, seen: &mut BTreeSet<String>, needs: &mut BTreeMap<Node, String>) {
        let tokens = scan(text);
        let mut tables: BTreeSet<usize> = BTreeSet::new();
        let mut travels: Option<String> = None;
        let mut calls: Vec<String> = Vec::new();
        for (index, token) in tokens.iter().enumerate() {
            let next = tokens.get(index + 1);
            match token {
                Token::Word(word) if next == Some(&Token::Open) => {
                    let word = word.to_uppercase();
                    if matches!(word.as_str(), "CALCULATE" | "CALCULATETABLE") {
                        travels = Some(format!("lets filters travel with {word}"));
                    }
                    calls.push(word);
                }
                Token::Open => {
                    if index == 0 || !matches!(tokens[index - 1], Token::Word(_)) {
                        calls.push(String::new());
                    }
                }
                Token::Close => {
                    calls.pop();
                }
                Token::Word(name) | Token::Quoted(name) => {
                    let Some(table) = self.tables.get(&name.to_lowercase()).copied() else { continue };
                    tables.insert(table);
                    let call = calls.last().map_or("", String::as_str);
                    if matches!(call, "VALUES" | "ALL") && (is_table || table != home) {
                        self.blank_row(table, call, needs);
                    }
                    match next {
                        Some(Token::Column(column)) => self.column(table, column, home, needs),
                        _ => self.table(table, needs),
                    }
                }
                Token::Column(name) => {
                    let qualified = index > 0
                        && matches!(&tokens[index - 1], Token::Word(t) | Token::Quoted(t) if self.tables.contains_key(&t.to_lowercase()));
                    if qualified {
                        continue;
                    }
                    if let Some(measure) = self.measures.get(&name.to_lowercase()) {
                        travels = Some(format!("lets filters travel with the measure [{name}]"));
                        if seen.insert(name.to_lowercase()) {
                            let text = measure.text.clone();
                            self.collect(home, &text, is_table, seen, needs);
                        }
                    } else if !is_table {
                        self.column(home, name, home, needs);
                    }
                }
                Token::Other => {}
            }
        }
        if let Some(reason) = travels.filter(|_| is_table) {
            for relationship in self.model.relationships.iter().filter(|r| r.is_active) {
                let index = |name: &str| self.tables.get(&name.to_lowercase()).copied();
                let (Some(from), Some(to)) = (index(&relationship.from_table), index(&relationship.to_table)) else { continue };
                let other = if from == home {
                    to
                } else if to == home {
                    from
                } else {
                    continue;
                };
                if tables.contains(&other) {
                    let words = format!("{reason} over its own relationship with `{}`", self.model.tables[other].name);
                    needs.entry(Node::Table(home)).or_insert(words);
                }
            }
        }
    }

    fn table(&self, table: usize, needs: &mut BTreeMap<Node, String>) {
        if self.model.tables[table].calculated().is_some() {
            needs.entry(Node::Table(table)).or_insert_with(|| format!("names `{}`", self.model.tables[table].name));
        }
    }

    fn column(&self, table: usize, column: &str, home: usize, needs: &mut BTreeMap<Node, String>) {
        let columns = &self.model.tables[table].columns;
        let found = columns.iter().position(|c| c.name.eq_ignore_ascii_case(column));
        match found.filter(|c| matches!(columns[*c].kind, ColumnKind::Calculated(_))) {
            Some(c) => {
                needs.entry(Node::Column(table, c)).or_insert_with(|| format!("names [{column}]"));
            }
            None if table != home || found.is_some() => self.table(table, needs),
            None => {}
        }
    }

    /// The blank row of a table comes from the tables on the many side of its relationships.
    fn blank_row(&self, table: usize, call: &str, needs: &mut BTreeMap<Node, String>) {
        for relationship in self.model.relationships.iter().filter(|r| r.is_active) {
            let to = self.tables.get(&relationship.to_table.to_lowercase());
            let from = self.tables.get(&relationship.from_table.to_lowercase()).copied();
            if let (Some(to), Some(from)) = (to, from)
                && *to == table
                && self.model.tables[from].calculated().is_some()
            {
                let (one, many) = (&self.model.tables[table].name, &self.model.tables[from].name);
                let other = if call == "VALUES" { "DISTINCT" } else { "ALLNOBLANKROW" };
                let words = format!("shows with {call} the blank row of `{one}`, which depends on `{many}` (use {other})");
                needs.entry(Node::Table(from)).or_insert(words);
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// An identifier: function, table or variable.
    Word(String),
    /// `'table'`.
    Quoted(String),
    /// `[column or measure]`.
    Column(String),
    Open,
    Close,
    Other,
}

/// The names in a DAX text; texts, numbers and comments are passed over.
fn scan(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    // A name up to its closing quote, where the doubled quote stands for itself.
    fn until(rest: &str, quote: char) -> (String, &str) {
        let mut out = String::new();
        let mut rest = rest;
        loop {
            match rest.find(quote) {
                None => return (out + rest, ""),
                Some(at) => {
                    out.push_str(&rest[..at]);
                    rest = &rest[at + quote.len_utf8()..];
                    match rest.strip_prefix(quote) {
                        Some(more) => {
                            out.push(quote);
                            rest = more;
                        }
                        None => return (out, rest),
                    }
                }
            }
        }
    }
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '"' => until(after, '"').1,
            '\'' => {
                let (name, after) = until(after, '\'');
                tokens.push(Token::Quoted(name));
                after
            }
            '[' => {
                let (name, after) = until(after, ']');
                tokens.push(Token::Column(name));
                after
            }
            '(' => {
                tokens.push(Token::Open);
                after
            }
            ')' => {
                tokens.push(Token::Close);
                after
            }
            '/' | '-' if after.starts_with(c) => after.find('\n').map_or("", |at| &after[at..]),
            '/' if after.starts_with('*') => after.find("*/").map_or("", |at| &after[at + 2..]),
            c if c.is_alphabetic() || c == '_' => {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_owned()));
                &rest[end..]
            }
            c if c.is_whitespace() => after,
            _ => {
                tokens.push(Token::Other);
                after
            }
        };
    }
    tokens
}
