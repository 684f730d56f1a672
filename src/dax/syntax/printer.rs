//! Syntax tree → text in the field's usual style, comments kept.

use super::SyntaxError;
use super::ast::{BinaryOp, Definition, Evaluate, Expr, ExprKind, FunctionDef, Name, OrderKey, Place, Query, UnaryOp, VisualShape};
use super::lexer::{Comment, lex};
use super::parser::{Parsed, parse_any};

/// Lines are broken when they would be longer.
const WIDTH: usize = 100;
const INDENT: usize = 4;

/// Formats an expression or a query: one blank inside parentheses, a line per argument when a call does not fit, operators at the
/// start of a line. Formatting twice gives the same text; a comment stands on its own line before what followed it.
///
/// # Errors
/// When the text is not DAX.
///
/// ```
/// use xero_pbit::dax::syntax::format;
/// assert_eq!(format("calculate(sum(T[a]),T[b]=1)").unwrap(), "CALCULATE ( SUM ( T[a] ), T[b] = 1 )\n");
/// ```
pub fn format(text: &str) -> Result<String, SyntaxError> {
    let parsed = parse_any(text)?;
    let (_, comments) = lex(text)?;
    let mut printer = Printer { text, comments, next: 0, out: String::new() };
    match &parsed {
        Parsed::Expression(expr) => {
            printer.comments_before(expr.at.start, 0);
            printer.block(expr, 0);
        }
        Parsed::Query(query) => printer.query(query),
    }
    printer.comments_before(u32::MAX, 0);
    let lines: Vec<&str> = printer.out.lines().map(str::trim_end).collect();
    Ok(lines.join("\n").trim_end().to_owned() + "\n")
}

struct Printer<'t> {
    text: &'t str,
    comments: Vec<Comment>,
    next: usize,
    out: String,
}

impl Printer<'_> {
    fn source(&self, at: Place) -> &str {
        &self.text[at.start as usize..at.end as usize]
    }

    fn at_line_start(&self) -> bool {
        self.out.is_empty() || self.out.ends_with('\n') || self.out.rsplit('\n').next().is_some_and(|l| l.trim().is_empty())
    }

    fn line(&mut self, indent: usize) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.out.push_str(&" ".repeat(indent));
    }

    /// Writes the comments that stand before a place, each on its own line, and starts a new line.
    fn comments_before(&mut self, place: u32, indent: usize) {
        while let Some(comment) = self.comments.get(self.next).copied().filter(|c| c.at.start < place) {
            self.next += 1;
            if !self.at_line_start() {
                self.line(indent);
            } else if !self.out.ends_with('\n') && !self.out.is_empty() {
                let keep = self.out.trim_end_matches(' ').len();
                self.out.truncate(keep);
                self.out.push_str(&" ".repeat(indent));
            } else {
                self.out.push_str(&" ".repeat(indent));
            }
            let text = self.source(comment.at).trim_end().to_owned();
            self.out.push_str(&text);
            self.out.push('\n');
            self.out.push_str(&" ".repeat(indent));
        }
    }

    fn has_comment(&self, at: Place) -> bool {
        self.comments[self.next..].iter().any(|c| c.at.start >= at.start && c.at.start < at.end)
    }

    fn name(name: &Name) -> String {
        if name.quoted { format!("'{}'", name.text.replace('\'', "''")) } else { name.text.clone() }
    }

    /// An expression on one line.
    fn flat(&self, expr: &Expr) -> String {
        let list = |items: &[Expr]| items.iter().map(|e| self.flat(e)).collect::<Vec<_>>().join(", ");
        match &expr.kind {
            ExprKind::Int(_) | ExprKind::Double(_) | ExprKind::Date(_) => self.source(expr.at).to_owned(),
            ExprKind::Text(text) => format!("\"{}\"", text.replace('"', "\"\"")),
            ExprKind::Parameter(name) => format!("@{name}"),
            ExprKind::Name(name) => Self::name(name),
            ExprKind::Column { table, name, level } => {
                let bracket = |n: &Name| format!("[{}]", n.text.replace(']', "]]"));
                let mut out = table.as_ref().map(Self::name).unwrap_or_default() + &bracket(name);
                if let Some(level) = level {
                    out.push('.');
                    out.push_str(&bracket(level));
                }
                out
            }
            ExprKind::Call { name, args } => {
                let function = call_name(name);
                if args.is_empty() {
                    return format!("{function} ()");
                }
                let args: Vec<String> = args.iter().map(|a| a.as_ref().map(|e| self.flat(e)).unwrap_or_default()).collect();
                format!("{function} ( {} )", args.join(", "))
            }
            ExprKind::Unary(op, inner) => format!("{}{}", sign(*op, inner), self.flat(inner)),
            ExprKind::Not(inner) => format!("NOT {}", self.flat(inner)),
            ExprKind::Chain(first, rest) => {
                let mut out = self.flat(first);
                for (op, item) in rest {
                    let blank = if *op == BinaryOp::Power { "" } else { " " };
                    out.push_str(&format!("{blank}{}{blank}{}", op.text(), self.flat(item)));
                }
                out
            }
            ExprKind::In(left, right) => format!("{} IN {}", self.flat(left), self.flat(right)),
            ExprKind::Paren(inner) => format!("( {} )", self.flat(inner)),
            ExprKind::Row(items) => format!("( {} )", list(items)),
            ExprKind::Table(items) => format!("{{ {} }}", list(items)),
            ExprKind::Let(vars, body) => {
                let mut out = String::new();
                for (name, value) in vars {
                    out.push_str(&format!("VAR {} = {} ", name.text, self.flat(value)));
                }
                out + "RETURN " + &self.flat(body)
            }
        }
    }

    /// An expression at the current place, over several lines if it must.
    fn block(&mut self, expr: &Expr, indent: usize) {
        let column = self.out.rsplit('\n').next().map_or(0, |l| l.chars().count());
        let breaks = matches!(expr.kind, ExprKind::Let(..)) || self.has_comment(expr.at) || has_let(expr);
        if !breaks {
            let flat = self.flat(expr);
            let leaf = !matches!(
                expr.kind,
                ExprKind::Call { .. }
                    | ExprKind::Chain(..)
                    | ExprKind::Table(_)
                    | ExprKind::Row(_)
                    | ExprKind::Paren(_)
                    | ExprKind::In(..)
                    | ExprKind::Not(_)
                    | ExprKind::Unary(..)
            );
            if leaf || column + flat.chars().count() <= WIDTH && !flat.contains('\n') {
                self.out.push_str(&flat);
                return;
            }
        }
        match &expr.kind {
            ExprKind::Call { name, args } => {
                self.out.push_str(&call_name(name));
                self.out.push_str(" (");
                self.items(args.iter().map(Option::as_ref), expr.at.end, indent);
                self.out.push(')');
            }
            ExprKind::Table(items) => {
                self.out.push('{');
                self.items(items.iter().map(Some), expr.at.end, indent);
                self.out.push('}');
            }
            ExprKind::Row(items) => {
                self.out.push('(');
                self.items(items.iter().map(Some), expr.at.end, indent);
                self.out.push(')');
            }
            ExprKind::Paren(inner) => {
                self.out.push('(');
                self.items(std::iter::once(Some(&**inner)), expr.at.end, indent);
                self.out.push(')');
            }
            ExprKind::Unary(op, inner) => {
                self.out.push_str(sign(*op, inner));
                self.block(inner, indent);
            }
            ExprKind::Not(inner) => {
                self.out.push_str("NOT ");
                self.block(inner, indent);
            }
            ExprKind::In(left, right) => {
                self.block(left, indent);
                self.out.push_str(" IN ");
                self.block(right, indent);
            }
            ExprKind::Chain(first, rest) => {
                self.block(first, indent);
                for (op, item) in rest {
                    if *op == BinaryOp::Power {
                        self.out.push('^');
                        self.block(item, indent);
                        continue;
                    }
                    self.line(indent + INDENT);
                    self.comments_before(item.at.start, indent + INDENT);
                    self.out.push_str(op.text());
                    self.out.push(' ');
                    self.block(item, indent + INDENT);
                }
            }
            ExprKind::Let(vars, body) => {
                for (index, (name, value)) in vars.iter().enumerate() {
                    if index > 0 || !self.at_line_start() {
                        self.line(indent);
                    }
                    self.comments_before(name.at.start, indent);
                    self.out.push_str(&format!("VAR {} =", name.text));
                    self.value(value, indent);
                }
                self.line(indent);
                self.out.push_str("RETURN");
                self.line(indent + INDENT);
                self.comments_before(body.at.start, indent + INDENT);
                self.block(body, indent + INDENT);
            }
            _ => {
                let flat = self.flat(expr);
                self.out.push_str(&flat);
            }
        }
    }

    /// What follows a `=`: on the same line if it fits, else indented on the next.
    fn value(&mut self, value: &Expr, indent: usize) {
        let column = self.out.rsplit('\n').next().map_or(0, |l| l.chars().count());
        let early = self.comments.get(self.next).is_some_and(|c| c.at.start < value.at.end);
        if !early && !has_let(value) {
            let flat = self.flat(value);
            if column + 1 + flat.chars().count() <= WIDTH && !flat.contains('\n') {
                self.out.push(' ');
                self.out.push_str(&flat);
                return;
            }
        }
        self.line(indent + INDENT);
        self.comments_before(value.at.start, indent + INDENT);
        self.block(value, indent + INDENT);
    }

    fn items<'e>(&mut self, items: impl Iterator<Item = Option<&'e Expr>>, end: u32, indent: usize) {
        let inner = indent + INDENT;
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.line(inner);
            if let Some(item) = item {
                self.comments_before(item.at.start, inner);
                self.block(item, inner);
            }
        }
        if self.comments.get(self.next).is_some_and(|c| c.at.start < end) {
            self.line(inner);
            self.comments_before(end, inner);
            let keep = self.out.trim_end_matches(' ').len();
            self.out.truncate(keep);
        }
        self.line(indent);
    }

    fn query(&mut self, query: &Query) {
        if !query.definitions.is_empty() {
            self.comments_before(definition_start(&query.definitions[0]), 0);
            self.out.push_str("DEFINE");
            for definition in &query.definitions {
                self.line(INDENT);
                self.comments_before(definition_start(definition), INDENT);
                self.definition(definition);
            }
            self.out.push_str("\n\n");
        }
        for (index, evaluate) in query.evaluates.iter().enumerate() {
            if index > 0 {
                self.out.push_str("\n\n");
            }
            self.evaluate(evaluate);
        }
    }

    fn definition(&mut self, definition: &Definition) {
        let column = |table: &Name, name: &Name| format!("{}[{}]", Self::name(table), name.text.replace(']', "]]"));
        let (head, body) = match definition {
            Definition::Measure(table, name, body) => (format!("MEASURE {} =", column(table, name)), body),
            Definition::Column(table, name, body) => (format!("COLUMN {} =", column(table, name)), body),
            Definition::Var(name, body) => (format!("VAR {} =", name.text), body),
            Definition::Parameter(name, body) => (format!("MPARAMETER {} =", Self::name(name)), body),
            Definition::Table(name, body, _) => (format!("TABLE {} =", Self::name(name)), body),
            Definition::Function(name, def) => (format!("FUNCTION {} = {}", Self::name(name), self.signature(def)), &def.body),
        };
        self.out.push_str(&head);
        self.value(body, INDENT);
        if let Definition::Table(_, _, Some(shape)) = definition {
            self.shape(shape);
        }
    }

    fn signature(&self, def: &FunctionDef) -> String {
        let params: Vec<String> = def
            .params
            .iter()
            .map(|p| {
                let mut out = p.name.text.clone();
                if !p.words.is_empty() {
                    out.push_str(&format!(" : {}", p.words.join(" ")));
                }
                if let Some(default) = &p.default {
                    out.push_str(&format!(" = {}", self.flat(default)));
                }
                out
            })
            .collect();
        if params.is_empty() { "() =>".to_owned() } else { format!("( {} ) =>", params.join(", ")) }
    }

    fn shape(&mut self, shape: &VisualShape) {
        self.line(INDENT * 2);
        self.out.push_str("WITH VISUAL SHAPE");
        for axis in &shape.axes {
            self.line(INDENT * 2);
            self.out.push_str(&format!("AXIS {}", axis.name));
            for (columns, total) in &axis.groups {
                self.line(INDENT * 3);
                let list: Vec<String> = columns.iter().map(|c| self.flat(c)).collect();
                self.out.push_str(&format!("GROUP {}", list.join(", ")));
                if let Some(total) = total {
                    let total = self.flat(total);
                    self.out.push_str(&format!(" TOTAL {total}"));
                }
            }
            if !axis.order_by.is_empty() {
                self.line(INDENT * 3);
                let keys = self.keys(&axis.order_by);
                self.out.push_str(&format!("ORDER BY {keys}"));
            }
        }
        if let Some(name) = &shape.densify {
            self.line(INDENT * 2);
            self.out.push_str(&format!("DENSIFY \"{}\"", name.replace('"', "\"\"")));
        }
    }

    fn keys(&self, keys: &[OrderKey]) -> String {
        let key = |k: &OrderKey| self.flat(&k.expr) + if k.descending { " DESC" } else { "" };
        keys.iter().map(key).collect::<Vec<_>>().join(", ")
    }

    fn evaluate(&mut self, evaluate: &Evaluate) {
        if !self.at_line_start() {
            self.line(0);
        }
        self.out.push_str("EVALUATE");
        self.line(0);
        self.comments_before(evaluate.table.at.start, 0);
        self.block(&evaluate.table, 0);
        if !evaluate.order_by.is_empty() {
            self.line(0);
            let keys = self.keys(&evaluate.order_by);
            self.out.push_str(&format!("ORDER BY {keys}"));
        }
        if !evaluate.start_at.is_empty() {
            self.line(0);
            let values: Vec<String> = evaluate.start_at.iter().map(|e| self.flat(e)).collect();
            self.out.push_str(&format!("START AT {}", values.join(", ")));
        }
    }
}

/// Built-in functions are written in capitals; the user's keep their spelling.
fn call_name(name: &Name) -> String {
    let upper = name.text.to_ascii_uppercase();
    if crate::dax::functions::find(&upper).is_some() { upper } else { name.text.clone() }
}

/// Two signs in a row would be a comment.
fn sign(op: UnaryOp, inner: &Expr) -> &'static str {
    match (op, matches!(inner.kind, ExprKind::Unary(..))) {
        (UnaryOp::Minus, false) => "-",
        (UnaryOp::Minus, true) => "- ",
        (UnaryOp::Plus, false) => "+",
        (UnaryOp::Plus, true) => "+ ",
    }
}

fn has_let(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Let(..) => true,
        ExprKind::Call { args, .. } => args.iter().flatten().any(has_let),
        ExprKind::Unary(_, inner) | ExprKind::Not(inner) | ExprKind::Paren(inner) => has_let(inner),
        ExprKind::Chain(first, rest) => has_let(first) || rest.iter().any(|(_, e)| has_let(e)),
        ExprKind::In(a, b) => has_let(a) || has_let(b),
        ExprKind::Row(items) | ExprKind::Table(items) => items.iter().any(has_let),
        _ => false,
    }
}

fn definition_start(definition: &Definition) -> u32 {
    match definition {
        Definition::Measure(name, ..)
        | Definition::Column(name, ..)
        | Definition::Var(name, _)
        | Definition::Parameter(name, _)
        | Definition::Table(name, ..)
        | Definition::Function(name, _) => name.at.start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let once = format(text).unwrap();
        assert_eq!(once, expected);
        assert_eq!(format(&once).unwrap(), once, "formatting twice changes nothing");
    }

    #[test]
    fn short_calls_stay_on_one_line() {
        check("sumx(T,T[a]*-T[b])", "SUMX ( T, T[a] * -T[b] )\n");
        check("'My table'[a]]b] in {1,2}", "'My table'[a]]b] IN { 1, 2 }\n");
        check("- -2^2", "- -2^2\n");
    }

    #[test]
    fn variables_stand_on_their_own_lines() {
        check("var x=1 var y = x+1 return x*y", "VAR x = 1\nVAR y = x + 1\nRETURN\n    x * y\n");
    }

    #[test]
    fn comments_are_kept() {
        check(
            "-- head\ncalculate( sum(T[a]) -- amount\n, /* only b */ T[b]=1)",
            "-- head\nCALCULATE (\n    SUM ( T[a] ),\n    -- amount\n    /* only b */\n    T[b] = 1\n)\n",
        );
    }

    #[test]
    fn queries_have_their_parts_on_lines() {
        check(
            "define measure T[m]=sum(T[a]) evaluate T order by T[a] desc start at 5",
            "DEFINE\n    MEASURE T[m] = SUM ( T[a] )\n\nEVALUATE\nT\nORDER BY T[a] DESC\nSTART AT 5\n",
        );
    }
}
