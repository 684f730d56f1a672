//! Data sources as the service sees them: it reads the queries without running them, binds a credential to each source that it finds, and
//! refuses scheduled refresh where it cannot tell what the source is.
//!
//! Source: <https://learn.microsoft.com/power-bi/connect-data/refresh-data#refresh-and-dynamic-data-sources>,
//! <https://learn.microsoft.com/power-query/data-privacy-firewall>.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use super::queries::Queries;
use crate::base::Diagnostic;
use crate::m::syntax::ast::{Binary, Expr, ExprKind, Logic};
use crate::m::syntax::walk;

/// Functions that read a data source, with how many of their first arguments say which one.
const READERS: [(&str, usize); 18] = [
    ("AzureStorage.Blobs", 1),
    ("AzureStorage.DataLake", 1),
    ("AzureStorage.DataLakeContents", 1),
    ("Excel.CurrentWorkbook", 0),
    ("File.Contents", 1),
    ("Folder.Contents", 1),
    ("Folder.Files", 1),
    ("MySQL.Database", 2),
    ("OData.Feed", 1),
    ("Odbc.DataSource", 1),
    ("PostgreSQL.Database", 2),
    ("SharePoint.Contents", 1),
    ("SharePoint.Files", 1),
    ("Sql.Database", 2),
    ("Sql.Databases", 1),
    ("Web.BrowserContents", 1),
    ("Web.Contents", 1),
    ("Web.Headers", 1),
];

/// How many expressions are looked at to find out whether one is constant.
const FUEL: u32 = 200;

pub(super) fn check(queries: &Queries<'_>, out: &mut Vec<Diagnostic>) {
    // Queries that cannot be made or read are reported by the rule `m`.
    let readable = || queries.all.iter().filter_map(|(name, query)| Some((name.as_str(), &*query.text, query.tree.as_ref().ok()?)));
    Trees {
        trees: readable().map(|(name, _, tree)| (name, tree)).collect(),
        texts: readable().map(|(name, text, _)| (name, text)).collect(),
    }
    .report(out);
}

/// The queries that can be read, by name.
struct Trees<'q> {
    trees: BTreeMap<&'q str, &'q Expr>,
    texts: BTreeMap<&'q str, &'q str>,
}

/// A name that is visible at some place of a query.
#[derive(Clone, Copy)]
enum Named<'a> {
    Value(&'a Expr),
    /// A parameter of a function, or a field of a record: only known when it runs.
    Unknown,
}

impl Trees<'_> {
    fn report(&self, out: &mut Vec<Diagnostic>) {
        for (name, tree) in &self.trees {
            let mut found = Vec::new();
            self.dynamic(tree, &mut Vec::new(), &mut found);
            for (reader, at) in found {
                let before = self.texts.get(*name).and_then(|text| text.get(..at as usize)).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                let message = format!(
                    "query `{name}` puts together while it runs what `{reader}` reads (line {line} of the query): scheduled refresh refuses \
                     such a dynamic data source"
                );
                let help = match reader {
                    "Web.Contents" => {
                        "give `Web.Contents` the constant start of the address; what varies goes into the options `RelativePath` and `Query`"
                    }
                    _ => "use a text, or a parameter of the model",
                };
                out.push(Diagnostic::warning("M0103", message).help(help));
            }
            if is_function(tree) || !self.reads(tree, &mut BTreeSet::new()) {
                continue;
            }
            for other in self.references(tree) {
                let is_source =
                    self.trees.get(other).is_some_and(|tree| !is_function(tree) && self.reads_at_all(other, &mut BTreeSet::new()));
                if is_source && other != *name {
                    let message = format!(
                        "query `{name}` reads a data source and refers to query `{other}`, which reads one too: the service answers with \
                         `Formula.Firewall`"
                    );
                    out.push(Diagnostic::warning("M0104", message).help(format!("make `{other}` a function, or read both in one query")));
                }
            }
        }
    }

    /// Calls whose source is no constant.
    fn dynamic<'a>(&'a self, expr: &'a Expr, scope: &mut Vec<(&'a str, Named<'a>)>, found: &mut Vec<(&'static str, u32)>) {
        stacker::maybe_grow(128 << 10, 4 << 20, || self.dynamic_inner(expr, scope, found));
    }

    fn dynamic_inner<'a>(&'a self, expr: &'a Expr, scope: &mut Vec<(&'a str, Named<'a>)>, found: &mut Vec<(&'static str, u32)>) {
        let depth = scope.len();
        match &expr.kind {
            ExprKind::Call(callee, arguments) => {
                if let Some((reader, count)) = reader(callee, scope) {
                    if arguments.iter().take(count).any(|argument| !self.constant(argument, scope, &Cell::new(FUEL))) {
                        found.push((reader, expr.at.start));
                    }
                }
                self.dynamic(callee, scope, found);
                arguments.iter().for_each(|argument| self.dynamic(argument, scope, found));
            }
            ExprKind::Let(bindings, body) => {
                scope.extend(bindings.iter().map(|b| (&*b.name, Named::Value(&b.value))));
                bindings.iter().for_each(|b| self.dynamic(&b.value, scope, found));
                self.dynamic(body, scope, found);
            }
            ExprKind::Record(fields) => {
                scope.extend(fields.iter().map(|b| (&*b.name, Named::Value(&b.value))));
                fields.iter().for_each(|b| self.dynamic(&b.value, scope, found));
            }
            ExprKind::Function(function) => {
                scope.extend(function.params.iter().map(|p| (&*p.name, Named::Unknown)));
                self.dynamic(&function.body, scope, found);
            }
            ExprKind::TryCatch(operand, function) => {
                self.dynamic(operand, scope, found);
                scope.extend(function.params.iter().map(|p| (&*p.name, Named::Unknown)));
                self.dynamic(&function.body, scope, found);
            }
            _ => walk::children(expr, &mut |child| self.dynamic(child, scope, found)),
        }
        scope.truncate(depth);
    }

    /// Whether an expression is the same whenever it is evaluated, as far as can be told without evaluating it. `fuel` bounds the search.
    fn constant<'a>(&'a self, expr: &'a Expr, scope: &[(&'a str, Named<'a>)], fuel: &Cell<u32>) -> bool {
        let Some(left) = fuel.get().checked_sub(1) else { return false };
        fuel.set(left);
        match &expr.kind {
            ExprKind::Text(_) | ExprKind::Number(_) | ExprKind::Null | ExprKind::Logical(_) => true,
            ExprKind::Paren(inner) | ExprKind::As(inner, _) => self.constant(inner, scope, fuel),
            // A parameter: its value with what describes it.
            ExprKind::Logic(Logic::Meta, value, _) => self.constant(value, scope, fuel),
            ExprKind::Binary(Binary::Combine, a, b) => self.constant(a, scope, fuel) && self.constant(b, scope, fuel),
            ExprKind::Identifier { name, .. } => {
                match scope
                    .iter()
                    .rposition(|(known, value)| *known == &**name && !matches!(value, Named::Value(e) if std::ptr::eq(*e, expr)))
                {
                    Some(at) => match scope[at].1 {
                        Named::Value(value) => self.constant(value, scope, fuel),
                        Named::Unknown => false,
                    },
                    None => self.trees.get(&**name).is_some_and(|tree| self.constant(tree, &[], fuel)),
                }
            }
            _ => false,
        }
    }

    /// Other queries that an expression names; a name that a `let`, a record or a function gives a meaning of its own is none.
    fn references<'a>(&'a self, tree: &'a Expr) -> BTreeSet<&'a str> {
        let mut names = BTreeSet::new();
        self.free_names(tree, &mut Vec::new(), &mut names);
        names
    }

    fn free_names<'a>(&'a self, expr: &'a Expr, scope: &mut Vec<&'a str>, names: &mut BTreeSet<&'a str>) {
        stacker::maybe_grow(128 << 10, 4 << 20, || {
            let depth = scope.len();
            match &expr.kind {
                ExprKind::Identifier { name, .. } => {
                    if let Some((name, _)) = self.trees.get_key_value(&**name).filter(|_| !scope.contains(&&**name)) {
                        names.insert(*name);
                    }
                }
                ExprKind::Let(bindings, body) => {
                    scope.extend(bindings.iter().map(|b| &*b.name));
                    bindings.iter().for_each(|b| self.free_names(&b.value, scope, names));
                    self.free_names(body, scope, names);
                }
                ExprKind::Record(fields) => {
                    scope.extend(fields.iter().map(|b| &*b.name));
                    fields.iter().for_each(|b| self.free_names(&b.value, scope, names));
                }
                ExprKind::Function(function) => {
                    scope.extend(function.params.iter().map(|p| &*p.name));
                    self.free_names(&function.body, scope, names);
                }
                ExprKind::TryCatch(operand, function) => {
                    self.free_names(operand, scope, names);
                    scope.extend(function.params.iter().map(|p| &*p.name));
                    self.free_names(&function.body, scope, names);
                }
                _ => walk::children(expr, &mut |child| self.free_names(child, scope, names)),
            }
            scope.truncate(depth);
        });
    }

    /// Whether an expression reads a source itself or through functions; those are part of it for the firewall.
    fn reads<'a>(&'a self, tree: &'a Expr, seen: &mut BTreeSet<&'a str>) -> bool {
        if walk::any(tree, &|expr| matches!(&expr.kind, ExprKind::Call(callee, _) if reader(callee, &[]).is_some())) {
            return true;
        }
        let functions: Vec<&str> = self.references(tree).into_iter().filter(|name| seen.insert(name)).collect();
        functions.iter().any(|name| self.trees.get(*name).is_some_and(|tree| is_function(tree) && self.reads(tree, seen)))
    }

    /// Whether a query reads a source, through whatever it names.
    fn reads_at_all<'a>(&'a self, name: &'a str, seen: &mut BTreeSet<&'a str>) -> bool {
        if !seen.insert(name) {
            return false;
        }
        let Some(tree) = self.trees.get(name) else { return false };
        self.reads(tree, &mut BTreeSet::new()) || self.references(tree).into_iter().any(|other| self.reads_at_all(other, seen))
    }
}

fn is_function(tree: &Expr) -> bool {
    match &tree.kind {
        ExprKind::Function(_) | ExprKind::Each(_) => true,
        ExprKind::Paren(inner) => is_function(inner),
        ExprKind::Logic(Logic::Meta, value, _) => is_function(value),
        _ => false,
    }
}

/// The function that reads a source, if the callee is one.
fn reader(callee: &Expr, scope: &[(&str, Named<'_>)]) -> Option<(&'static str, usize)> {
    let ExprKind::Identifier { name, .. } = &callee.kind else { return None };
    let found = READERS.iter().find(|(reader, _)| *reader == &**name)?;
    (!scope.iter().any(|(known, _)| *known == &**name)).then_some(*found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::m::syntax::parse_expression;

    fn found(queries: &[(&str, &str)]) -> Vec<&'static str> {
        let trees: Vec<(&str, Expr)> = queries.iter().map(|(name, text)| (*name, parse_expression(text).expect("M"))).collect();
        let mut out = Vec::new();
        Trees { trees: trees.iter().map(|(name, tree)| (*name, tree)).collect(), texts: queries.iter().copied().collect() }
            .report(&mut out);
        out.iter().map(|d| d.code).collect()
    }

    #[test]
    fn addresses_that_are_put_together_are_reported() {
        for (text, wanted) in [
            ("Web.Contents(\"https://a\", [RelativePath = Text.From(1)])", &[][..]),
            ("let base = \"https://\" & \"a\" in Web.Contents(base)", &[]),
            ("Web.Contents(Base)", &[]),
            ("(page) => Web.Contents(\"https://a/\" & page)", &["M0103"]),
            ("let f = (x) => Web.Contents(x) in f(\"https://a\")", &["M0103"]),
            ("Web.Contents(\"https://a/\" & Text.From(1))", &["M0103"]),
            ("Web.Contents(Other)", &["M0103"]),
            ("each Web.Contents([Url])", &["M0103"]),
            ("let Web.Contents = (x) => x in Web.Contents(Text.From(1))", &[]),
            ("Folder.Files(Base & \"/x\")", &[]),
        ] {
            let queries =
                [("Q", text), ("Base", "\"https://a\" meta [IsParameterQuery = true, Type = \"Text\"]"), ("Other", "Text.From(1)")];
            assert_eq!(found(&queries), wanted, "{text}");
        }
    }

    #[test]
    fn queries_that_mix_sources_and_other_queries_are_reported() {
        let list = ("List", "Json.Document(Web.Contents(\"https://a\"))");
        assert_eq!(found(&[list, ("Q", "Web.Contents(\"https://b\", [RelativePath = List{0}])")]), ["M0104"]);
        assert_eq!(found(&[list, ("Q", "List{0}")]), [""; 0]);
        let get = ("Get", "() => Json.Document(Web.Contents(\"https://a\"))");
        assert_eq!(found(&[get, ("Q", "Web.Contents(\"https://b\", [RelativePath = Get(){0}])")]), [""; 0]);
        assert_eq!(found(&[get, list, ("Q", "{Get(), List}")]), ["M0104"]);
        // A name that means something else here.
        for text in ["let List = {1} in Get(){List{0}}", "[List = Get(), Other = List]", "List.Transform(Get(), (List) => List)"] {
            assert_eq!(found(&[get, list, ("Q", text)]), [""; 0], "{text}");
        }
        assert_eq!(found(&[get, list, ("Q", "{Get(), let List = 1 in List, List}")]), ["M0104"]);
    }
}
