//! `--explain`: the bound tree of a query, each node with how often it was evaluated, over how many rows, and how long it took.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::bind::bound::{Kind, N};
use super::engine::DaxError;
use super::eval::Session;

/// What a node of the tree has cost so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// How often it was evaluated; a pass over many rows at once counts once.
    pub calls: u64,
    /// Rows of the tables it gave, or cells it was evaluated for.
    pub rows: u64,
    /// Time, children included.
    pub time: Duration,
}

/// Deeper nodes are not printed.
const DEEPEST: usize = 60;

/// Evaluates a node and writes its tree, a line per node.
///
/// # Errors
/// As evaluating it.
pub(super) fn explain(session: &Session<'_>, node: &N, text: &str) -> Result<String, DaxError> {
    session.start_trace();
    let cx = session.root();
    let rows = match &node.schema {
        Some(_) => session.table(node, &cx)?.n,
        None => {
            session.scalar(node, &cx)?;
            1
        }
    };
    let mut out = String::new();
    let mut printer = Printer { session, shown: HashSet::new(), out: &mut out };
    printer.node(node, text, 0);
    let total = session.cost_of(node).map_or(Duration::ZERO, |c| c.time);
    let _ = writeln!(out, "rows {rows} in {}", milliseconds(total));
    Ok(out)
}

fn milliseconds(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1000.0)
}

struct Printer<'a, 's> {
    session: &'a Session<'s>,
    /// Measures whose bodies are printed already.
    shown: HashSet<u32>,
    out: &'a mut String,
}

impl Printer<'_, '_> {
    fn node(&mut self, node: &N, text: &str, depth: usize) {
        let name = format!("{:?}", node.kind);
        let name: String = name.chars().take_while(|c| c.is_alphanumeric()).collect();
        let piece = text.get(node.at.start as usize..node.at.end as usize).unwrap_or("");
        let piece = piece.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut short: String = piece.chars().take(60).collect();
        if short.len() < piece.len() {
            short.push('…');
        }
        let mut notes = Vec::new();
        if node.deps.filter {
            notes.push("filter context".to_owned());
        }
        if node.deps.transition {
            notes.push("transition".to_owned());
        }
        match self.session.cost_of(node) {
            Some(cost) => notes.push(format!("{} × {} rows, {}", cost.calls, cost.rows, milliseconds(cost.time))),
            None if matches!(node.kind, Kind::Const(_) | Kind::Col { .. }) => {}
            // Done within the scan of a node above it.
            None => notes.push("within its parent".to_owned()),
        }
        let notes = if notes.is_empty() { String::new() } else { format!("  [{}]", notes.join("; ")) };
        let _ = writeln!(self.out, "{}{name} {short}{notes}", "  ".repeat(depth));
        if depth >= DEEPEST {
            return;
        }
        if let Kind::Measure(id) = node.kind {
            if self.shown.insert(id)
                && let Ok(body) = self.session.binder.bind_measure(id)
            {
                let def = &self.session.catalog.measures[id as usize];
                // A measure of the query stands in the query's own text.
                let source = if def.query_expr.is_some() { text.to_owned() } else { def.source.text.clone() };
                self.node(&body, &source, depth + 1);
            }
            return;
        }
        let mut children: Vec<N> = Vec::new();
        super::bind::children(node, &mut |child| children.push(Arc::clone(child)));
        for child in children {
            self.node(&child, text, depth + 1);
        }
    }
}
