//! A slow, obvious interpreter of a part of DAX, and the engine against it on random models, data and expressions.
//!
//! The interpreter evaluates one cell at a time. Its filter context is a list of explicit sets of combinations; a row of a table
//! is visible when every set holds the row's values, on those of its columns that the expanded table has. Nothing is shared with
//! the engine but the text of the expressions. `XERO_PBIT_FULL=1` runs many more cases.

use std::collections::BTreeSet;
use std::fmt;

use libtest_mimic::Trial;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use xero_pbit::dax::{Engine, Options};
use xero_pbit::model::{Column, CrossFilter, Model, Relationship, Table};
use xero_pbit::table::{self, DataType, Value};

/// A number or BLANK.
type Cell = Option<i64>;
/// A column: facts `k c x`, dimension `k g s`, outrigger `s n`.
type Col = usize;
/// A table by position.
type Tab = usize;

const NAMES: [&str; 8] = ["F[k]", "F[c]", "F[x]", "D[k]", "D[g]", "D[s]", "S[s]", "S[n]"];
const TABLES: [&str; 3] = ["F", "D", "S"];
const OWN: [std::ops::Range<usize>; 3] = [0..3, 3..6, 6..8];

fn owner(col: Col) -> Tab {
    OWN.iter().position(|own| own.contains(&col)).expect("a column of a table")
}

/// Columns of a table with those that its many-to-one relationships reach.
fn expansion(table: Tab) -> std::ops::Range<usize> {
    OWN[table].start..8
}

/// Tables and how they are joined: F → D by `k` (or, when asked for, by `c`) → S by `s`.
#[derive(Clone, Debug)]
struct World {
    facts: Vec<[Cell; 3]>,
    dimension: Vec<[Cell; 3]>,
    outrigger: Vec<[Cell; 2]>,
    /// F filters D.
    both: bool,
}

fn world() -> impl Strategy<Value = World> {
    let small = |n: i64| prop_oneof![1 => Just(None), 6 => (0..n).prop_map(Some)];
    (
        prop::collection::vec((small(7), small(5), prop_oneof![1 => Just(None), 8 => (-9_i64..30).prop_map(Some)]), 0..14),
        prop::collection::vec((small(3), small(4)), 1..6),
        prop::collection::vec(small(3), 1..4),
        any::<bool>(),
    )
        .prop_map(|(facts, dimension, outrigger, both)| World {
            facts: facts.into_iter().map(|(k, c, x)| [k, c, x]).collect(),
            dimension: dimension.into_iter().enumerate().map(|(k, (g, s))| [Some(k as i64), g, s]).collect(),
            outrigger: outrigger.into_iter().enumerate().map(|(s, n)| [Some(s as i64), n]).collect(),
            both,
        })
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Equal,
    NotEqual,
    Less,
    AtLeast,
}

impl Op {
    fn text(self) -> &'static str {
        match self {
            Op::Equal => "=",
            Op::NotEqual => "<>",
            Op::Less => "<",
            Op::AtLeast => ">=",
        }
    }

    /// BLANK compares as 0.
    fn holds(self, a: Cell, b: Cell) -> bool {
        let (a, b) = (a.unwrap_or(0), b.unwrap_or(0));
        match self {
            Op::Equal => a == b,
            Op::NotEqual => a != b,
            Op::Less => a < b,
            Op::AtLeast => a >= b,
        }
    }
}

#[derive(Clone, Debug)]
enum Filter {
    Predicate(Col, Op, Cell),
    /// `IN`: strict about BLANK.
    In(Col, Vec<Cell>),
    /// FILTER ( ALL ( column ), column op expression ).
    Compare(Col, Op, Box<Expr>),
    /// FILTER ( table, column op value ).
    Rows(Tab, Col, Op, Cell),
    Values(Col),
    Pair(Col, Col),
    RemoveColumn(Col),
    RemoveTable(Tab),
    RemoveAll,
    AllExcept(Tab, Col),
    Keep(Box<Filter>),
    /// USERELATIONSHIP of the inactive relationship.
    Other,
}

#[derive(Clone, Debug)]
enum Expr {
    Number(i64),
    Sum(Col),
    Largest(Col),
    Distinct(Col),
    Rows(Tab),
    Members(Col),
    Selected(Col),
    Add(Box<Expr>, Box<Expr>),
    Subtract(Box<Expr>, Box<Expr>),
    IfBlank(Box<Expr>, Box<Expr>),
    Calculate(Box<Expr>, Vec<Filter>),
    /// SUMX ( VALUES ( column ), CALCULATE ( expression ) ).
    OverValues(Col, Box<Expr>),
    /// SUMX ( table, CALCULATE ( expression ) ).
    OverRows(Tab, Box<Expr>),
    /// SUMX ( F, F[x] * RELATED ( column ) ).
    Product(Col),
}

fn literal(cell: Cell) -> String {
    cell.map_or("BLANK ()".to_owned(), |v| v.to_string())
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Filter::Predicate(c, op, v) => write!(f, "{} {} {}", NAMES[*c], op.text(), literal(*v)),
            Filter::In(c, list) => {
                write!(f, "{} IN {{ {} }}", NAMES[*c], list.iter().map(|v| literal(*v)).collect::<Vec<_>>().join(", "))
            }
            Filter::Compare(c, op, e) => write!(f, "FILTER ( ALL ( {0} ), {0} {1} {2} )", NAMES[*c], op.text(), e),
            Filter::Rows(t, c, op, v) => {
                let name = if owner(*c) == *t { NAMES[*c].to_owned() } else { format!("RELATED ( {} )", NAMES[*c]) };
                write!(f, "FILTER ( {}, {name} {} {} )", TABLES[*t], op.text(), literal(*v))
            }
            Filter::Values(c) => write!(f, "VALUES ( {} )", NAMES[*c]),
            Filter::Pair(a, b) => write!(f, "SUMMARIZE ( F, {}, {} )", NAMES[*a], NAMES[*b]),
            Filter::RemoveColumn(c) => write!(f, "REMOVEFILTERS ( {} )", NAMES[*c]),
            Filter::RemoveTable(t) => write!(f, "ALL ( {} )", TABLES[*t]),
            Filter::RemoveAll => write!(f, "ALL ()"),
            Filter::AllExcept(t, c) => write!(f, "ALLEXCEPT ( {}, {} )", TABLES[*t], NAMES[*c]),
            Filter::Keep(inner) => write!(f, "KEEPFILTERS ( {inner} )"),
            Filter::Other => write!(f, "USERELATIONSHIP ( F[c], D[k] )"),
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Number(n) if *n < 0 => write!(f, "( {n} )"),
            Expr::Number(n) => write!(f, "{n}"),
            Expr::Sum(c) => write!(f, "SUM ( {} )", NAMES[*c]),
            Expr::Largest(c) => write!(f, "MAX ( {} )", NAMES[*c]),
            Expr::Distinct(c) => write!(f, "DISTINCTCOUNT ( {} )", NAMES[*c]),
            Expr::Rows(t) => write!(f, "COUNTROWS ( {} )", TABLES[*t]),
            Expr::Members(c) => write!(f, "COUNTROWS ( VALUES ( {} ) )", NAMES[*c]),
            Expr::Selected(c) => write!(f, "SELECTEDVALUE ( {} )", NAMES[*c]),
            Expr::Add(a, b) => write!(f, "( {a} + {b} )"),
            Expr::Subtract(a, b) => write!(f, "( {a} - {b} )"),
            Expr::IfBlank(a, b) => write!(f, "IF ( ISBLANK ( {a} ), {b}, {a} )"),
            Expr::Calculate(e, filters) => {
                write!(f, "CALCULATE ( {e}")?;
                filters.iter().try_for_each(|x| write!(f, ", {x}"))?;
                write!(f, " )")
            }
            Expr::OverValues(c, e) => write!(f, "SUMX ( VALUES ( {} ), CALCULATE ( {e} ) )", NAMES[*c]),
            Expr::OverRows(t, e) => write!(f, "SUMX ( {}, CALCULATE ( {e} ) )", TABLES[*t]),
            Expr::Product(c) => write!(f, "SUMX ( F, F[x] * RELATED ( {} ) )", NAMES[*c]),
        }
    }
}

fn expression() -> impl Strategy<Value = Expr> {
    let col = 0_usize..8;
    let cell = prop_oneof![1 => Just(None), 5 => (0_i64..5).prop_map(Some)];
    let op = prop_oneof![Just(Op::Equal), Just(Op::NotEqual), Just(Op::Less), Just(Op::AtLeast)];
    let leaf = prop_oneof![
        1 => (-3_i64..9).prop_map(Expr::Number),
        4 => Just(Expr::Sum(2)),
        1 => col.clone().prop_map(Expr::Sum),
        2 => col.clone().prop_map(Expr::Largest),
        2 => col.clone().prop_map(Expr::Distinct),
        2 => (0_usize..3).prop_map(Expr::Rows),
        2 => col.clone().prop_map(Expr::Members),
        1 => col.clone().prop_map(Expr::Selected),
        1 => (3_usize..8).prop_map(Expr::Product),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let simple = prop_oneof![
            4 => (col.clone(), op.clone(), cell.clone()).prop_map(|(c, o, v)| Filter::Predicate(c, o, v)),
            2 => (col.clone(), prop::collection::vec(cell.clone(), 1..4)).prop_map(|(c, v)| Filter::In(c, v)),
            2 => (col.clone(), op.clone(), inner.clone()).prop_map(|(c, o, e)| Filter::Compare(c, o, Box::new(e))),
            2 => (0_usize..3, 0_usize..8, op.clone(), cell.clone())
                .prop_map(|(t, c, o, v)| Filter::Rows(t, c.max(OWN[t].start), o, v)),
            2 => col.clone().prop_map(Filter::Values),
            1 => (col.clone(), 1_usize..8).prop_map(|(a, d)| Filter::Pair(a, (a + d) % 8)),
        ];
        let filter = prop_oneof![
            6 => simple.clone(),
            2 => simple.prop_map(|f| Filter::Keep(Box::new(f))),
            2 => col.clone().prop_map(Filter::RemoveColumn),
            1 => (0_usize..3).prop_map(Filter::RemoveTable),
            1 => Just(Filter::RemoveAll),
            1 => (0_usize..3, 0_usize..8).prop_map(|(t, c)| Filter::AllExcept(t, c.max(OWN[t].start))),
        ];
        prop_oneof![
            5 => (inner.clone(), prop::collection::vec(filter, 0..3)).prop_map(|(e, f)| Expr::Calculate(Box::new(e), f)),
            2 => (col.clone(), inner.clone()).prop_map(|(c, e)| Expr::OverValues(c, Box::new(e))),
            1 => (0_usize..3, inner.clone()).prop_map(|(t, e)| Expr::OverRows(t, Box::new(e))),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| Expr::Add(Box::new(a), Box::new(b))),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| Expr::Subtract(Box::new(a), Box::new(b))),
            1 => (inner.clone(), inner).prop_map(|(a, b)| Expr::IfBlank(Box::new(a), Box::new(b))),
        ]
    })
}

/// Combinations of values that a filter lets through.
#[derive(Clone, Debug)]
struct Set {
    cols: Vec<Col>,
    rows: BTreeSet<Vec<Cell>>,
}

impl Set {
    fn without(&self, gone: &dyn Fn(Col) -> bool) -> Option<Set> {
        let kept: Vec<usize> = (0..self.cols.len()).filter(|i| !gone(self.cols[*i])).collect();
        (!kept.is_empty()).then(|| Set {
            cols: kept.iter().map(|i| self.cols[*i]).collect(),
            rows: self.rows.iter().map(|r| kept.iter().map(|i| r[*i]).collect()).collect(),
        })
    }
}

/// A filter context, and which relationship joins F and D.
#[derive(Clone, Debug, Default)]
struct Context {
    sets: Vec<Set>,
    other: bool,
}

/// A row of an expanded table; cells before the table's own columns mean nothing.
#[derive(Clone, Debug)]
struct Row {
    cells: [Cell; 8],
    /// The row that stands for what has no partner.
    blank: bool,
}

impl World {
    fn outrigger_of(&self, s: Cell) -> [Cell; 2] {
        self.outrigger.iter().find(|row| s.is_some() && row[0] == s).copied().unwrap_or_default()
    }

    /// A dimension row and its outrigger; blanks when there is none.
    fn dimension_of(&self, key: Cell) -> [Cell; 5] {
        let found = self.dimension.iter().find(|row| key.is_some() && row[0] == key).copied().unwrap_or_default();
        let [s, n] = self.outrigger_of(found[2]);
        [found[0], found[1], found[2], s, n]
    }

    fn has_blank_row(&self, table: Tab) -> bool {
        let orphan = |key: Cell| self.dimension_of(key)[0].is_none();
        let dimension = self.facts.iter().any(|f| orphan(f[0]) || orphan(f[1]));
        match table {
            0 => false,
            1 => dimension,
            _ => dimension || self.dimension.iter().any(|d| self.outrigger_of(d[2])[0].is_none()),
        }
    }

    /// All rows of a table, expanded, the blank row last.
    fn rows(&self, table: Tab, other: bool) -> Vec<Row> {
        let mut out = Vec::new();
        let mut push = |own: &[Cell], rest: &[Cell]| {
            let mut cells = [None; 8];
            let start = OWN[table].start;
            for (i, cell) in own.iter().chain(rest).enumerate() {
                cells[start + i] = *cell;
            }
            out.push(Row { cells, blank: false });
        };
        match table {
            0 => self.facts.iter().for_each(|f| push(f, &self.dimension_of(f[usize::from(other)]))),
            1 => self.dimension.iter().for_each(|d| push(d, &self.outrigger_of(d[2]))),
            _ => self.outrigger.iter().for_each(|s| push(s, &[])),
        }
        if self.has_blank_row(table) {
            out.push(Row { cells: [None; 8], blank: true });
        }
        out
    }

    fn passes(table: Tab, row: &Row, sets: &[Set]) -> bool {
        let inside = expansion(table);
        sets.iter().all(|set| {
            let places: Vec<usize> = (0..set.cols.len()).filter(|i| inside.contains(&set.cols[*i])).collect();
            places.is_empty() || set.rows.iter().any(|r| places.iter().all(|i| r[*i] == row.cells[set.cols[*i]]))
        })
    }

    fn visible(&self, table: Tab, cx: &Context) -> Vec<Row> {
        let mut rows: Vec<Row> = self.rows(table, cx.other).into_iter().filter(|r| World::passes(table, r, &cx.sets)).collect();
        if self.both && !cx.other && table == 1 {
            // Facts that are filtered by themselves take dimension rows without facts away.
            let own: Vec<Set> = cx.sets.iter().filter(|s| s.cols.iter().any(|c| owner(*c) == 0)).cloned().collect();
            let all = self.rows(0, false);
            let left: Vec<&Row> = all.iter().filter(|r| World::passes(0, r, &own)).collect();
            if !own.is_empty() {
                let keys: BTreeSet<Cell> = left.iter().map(|r| r.cells[3]).collect();
                rows.retain(|r| keys.contains(&r.cells[3]));
            }
        }
        rows
    }

    fn values(&self, col: Col, cx: &Context) -> BTreeSet<Cell> {
        self.visible(owner(col), cx).iter().map(|r| r.cells[col]).collect()
    }

    /// Every value of a column, the blank row's included.
    fn all(&self, col: Col) -> BTreeSet<Cell> {
        self.rows(owner(col), false).iter().map(|r| r.cells[col]).collect()
    }

    fn set(&self, filter: &Filter, cx: &Context, rows: &[Set]) -> Option<Set> {
        let one = |col: Col, values: Vec<Cell>| Some(Set { cols: vec![col], rows: values.into_iter().map(|v| vec![v]).collect() });
        match filter {
            Filter::Predicate(c, op, v) => one(*c, self.all(*c).into_iter().filter(|x| op.holds(*x, *v)).collect()),
            Filter::In(c, list) => one(*c, self.all(*c).into_iter().filter(|x| list.contains(x)).collect()),
            Filter::Compare(c, op, e) => {
                // The row of ALL ( column ) is no filter until a CALCULATE inside makes it one.
                let passes = |x: &Cell| {
                    let own = Set { cols: vec![*c], rows: BTreeSet::from([vec![*x]]) };
                    let rows: Vec<Set> = rows.iter().cloned().chain([own]).collect();
                    op.holds(*x, self.eval(e, cx, &rows))
                };
                one(*c, self.all(*c).into_iter().filter(passes).collect())
            }
            Filter::Rows(t, c, op, v) => {
                let inside: Vec<Col> = expansion(*t).collect();
                let rows = self.visible(*t, cx).into_iter().filter(|r| !r.blank && op.holds(r.cells[*c], *v));
                Some(Set { rows: rows.map(|r| inside.iter().map(|c| r.cells[*c]).collect()).collect(), cols: inside })
            }
            Filter::Values(c) => one(*c, self.values(*c, cx).into_iter().collect()),
            Filter::Pair(a, b) => {
                let rows = self.visible(0, cx);
                Some(Set { cols: vec![*a, *b], rows: rows.iter().map(|r| vec![r.cells[*a], r.cells[*b]]).collect() })
            }
            Filter::Keep(inner) => self.set(inner, cx, rows),
            _ => None,
        }
    }

    fn calculate(&self, filters: &[Filter], cx: &Context, rows: &[Set]) -> Context {
        let added: Vec<(Set, bool)> = filters.iter().filter_map(|f| Some((self.set(f, cx, rows)?, matches!(f, Filter::Keep(_))))).collect();
        let mut inner = World::transition(rows, cx);
        for filter in filters {
            let gone: Box<dyn Fn(Col) -> bool> = match filter {
                Filter::RemoveColumn(c) => Box::new(move |x| x == *c),
                Filter::RemoveTable(t) => Box::new(move |x| expansion(*t).contains(&x)),
                Filter::RemoveAll => Box::new(|_| true),
                Filter::AllExcept(t, c) => Box::new(move |x| expansion(*t).contains(&x) && x != *c),
                Filter::Other => {
                    inner.other = true;
                    continue;
                }
                _ => continue,
            };
            inner.sets = inner.sets.iter().filter_map(|s| s.without(&gone)).collect();
        }
        for (set, keep) in &added {
            if !keep {
                inner.sets = inner.sets.iter().filter_map(|s| s.without(&|c| set.cols.contains(&c))).collect();
            }
        }
        inner.sets.extend(added.into_iter().map(|(s, _)| s));
        inner
    }

    /// The context in which a set of values replaces what was said about its columns.
    fn replaced(set: Set, cx: &Context) -> Context {
        let mut sets: Vec<Set> = cx.sets.iter().filter_map(|s| s.without(&|c| set.cols.contains(&c))).collect();
        sets.push(set);
        Context { sets, other: cx.other }
    }

    /// Row contexts become filters, from the outside in.
    fn transition(rows: &[Set], cx: &Context) -> Context {
        rows.iter().fold(cx.clone(), |cx, row| World::replaced(row.clone(), &cx))
    }

    /// One cell; `rows` are the row contexts in force.
    fn eval(&self, expr: &Expr, cx: &Context, rows: &[Set]) -> Cell {
        let stored =
            |col: Col| self.visible(owner(col), cx).into_iter().filter(|r| !r.blank).map(move |r| r.cells[col]).collect::<Vec<Cell>>();
        let sum = |cells: Vec<Cell>| cells.into_iter().flatten().reduce(|a, b| a + b);
        let count = |n: usize| (n > 0).then_some(n as i64);
        match expr {
            Expr::Number(n) => Some(*n),
            Expr::Sum(c) => sum(stored(*c)),
            Expr::Largest(c) => stored(*c).into_iter().flatten().max(),
            Expr::Distinct(c) => count(stored(*c).into_iter().collect::<BTreeSet<_>>().len()),
            Expr::Rows(t) => count(self.visible(*t, cx).iter().filter(|r| !r.blank).count()),
            Expr::Members(c) => count(self.values(*c, cx).len()),
            Expr::Selected(c) => {
                let values = self.values(*c, cx);
                if values.len() == 1 { values.into_iter().next().flatten() } else { None }
            }
            Expr::Add(a, b) => match (self.eval(a, cx, rows), self.eval(b, cx, rows)) {
                (None, None) => None,
                (a, b) => Some(a.unwrap_or(0) + b.unwrap_or(0)),
            },
            Expr::Subtract(a, b) => match (self.eval(a, cx, rows), self.eval(b, cx, rows)) {
                (None, None) => None,
                (a, b) => Some(a.unwrap_or(0) - b.unwrap_or(0)),
            },
            Expr::IfBlank(a, b) => self.eval(a, cx, rows).or_else(|| self.eval(b, cx, rows)),
            Expr::Calculate(e, filters) => self.eval(e, &self.calculate(filters, cx, rows), &[]),
            Expr::OverValues(c, e) => {
                let cells = self.values(*c, cx).into_iter().map(|v| {
                    let set = Set { cols: vec![*c], rows: BTreeSet::from([vec![v]]) };
                    self.eval(e, &World::replaced(set, &World::transition(rows, cx)), &[])
                });
                sum(cells.collect())
            }
            Expr::OverRows(t, e) => {
                let inside: Vec<Col> = expansion(*t).collect();
                let cells = self.visible(*t, cx).into_iter().filter(|r| !r.blank).map(|r| {
                    let row: Vec<Cell> = inside.iter().map(|c| r.cells[*c]).collect();
                    {
                        let set = Set { cols: inside.clone(), rows: BTreeSet::from([row]) };
                        self.eval(e, &World::replaced(set, &World::transition(rows, cx)), &[])
                    }
                });
                sum(cells.collect())
            }
            Expr::Product(c) => {
                let facts = self.visible(0, cx);
                sum(facts.iter().map(|r| Some(r.cells[2]? * r.cells[*c]?)).collect())
            }
        }
    }

    fn engine(&self) -> Engine {
        let column = |name: &str, is_key: bool| Column { name: name.into(), data_type: Some(DataType::Int64), is_key, ..Column::default() };
        let join = |from: &str, table: &str, to: &str, many: &str| Relationship {
            from_table: many.into(),
            from_column: from.into(),
            to_table: table.into(),
            to_column: to.into(),
            ..Relationship::default()
        };
        let tables = vec![
            Table { name: "F".into(), columns: vec![column("k", false), column("c", false), column("x", false)], ..Table::default() },
            Table { name: "D".into(), columns: vec![column("k", true), column("g", false), column("s", false)], ..Table::default() },
            Table { name: "S".into(), columns: vec![column("s", true), column("n", false)], ..Table::default() },
        ];
        let relationships = vec![
            Relationship { cross_filter: if self.both { CrossFilter::Both } else { CrossFilter::Single }, ..join("k", "D", "k", "F") },
            Relationship { is_active: false, ..join("c", "D", "k", "F") },
            join("s", "S", "s", "D"),
        ];
        let stored = |name: &str, cells: Vec<Cell>| {
            let cells: Vec<Value> = cells.into_iter().map(|c| c.map_or(Value::Blank, Value::Int64)).collect();
            table::Column::from_values(name, DataType::Int64, cells).expect("whole numbers")
        };
        let pick = |rows: Vec<Vec<Cell>>, names: &[&str]| -> Vec<table::Column> {
            names.iter().enumerate().map(|(i, n)| stored(n, rows.iter().map(|r| r[i]).collect())).collect()
        };
        let data = vec![
            table::Table { name: "F".into(), columns: pick(self.facts.iter().map(|r| r.to_vec()).collect(), &["k", "c", "x"]) },
            table::Table { name: "D".into(), columns: pick(self.dimension.iter().map(|r| r.to_vec()).collect(), &["k", "g", "s"]) },
            table::Table { name: "S".into(), columns: pick(self.outrigger.iter().map(|r| r.to_vec()).collect(), &["s", "n"]) },
        ];
        Engine::new(&Model { tables, relationships, ..Model::default() }, data)
    }
}

fn cell_of(value: &Value) -> Result<Cell, String> {
    match value {
        Value::Blank => Ok(None),
        Value::Int64(v) => Ok(Some(*v)),
        other => Err(format!("{other:?} is no whole number")),
    }
}

/// One cell, and the same expression in every group of a column.
fn agree(world: &World, expr: &Expr, group: Col) -> Result<(), TestCaseError> {
    let engine = world.engine();
    let text = expr.to_string();
    let options = Options::default();
    let found = engine.evaluate_expr(&text, &options).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
    let found = cell_of(&found).map_err(TestCaseError::fail)?;
    let expected = world.eval(expr, &Context::default(), &[]);
    prop_assert_eq!(found, expected, "{}", text);
    let query = format!("EVALUATE ADDCOLUMNS ( VALUES ( {} ), \"v\", CALCULATE ( {text} ) )", NAMES[group]);
    let tables = engine.evaluate(&query, &options).map_err(|e| TestCaseError::fail(format!("{query}: {e}")))?;
    let mut found: Vec<(Cell, Cell)> = Vec::new();
    for row in &tables[0].rows {
        found.push((cell_of(&row[0]).map_err(TestCaseError::fail)?, cell_of(&row[1]).map_err(TestCaseError::fail)?));
    }
    found.sort_unstable();
    let expected: Vec<(Cell, Cell)> = world
        .values(group, &Context::default())
        .into_iter()
        .map(|v| {
            let set = Set { cols: vec![group], rows: BTreeSet::from([vec![v]]) };
            (v, world.eval(expr, &World::replaced(set, &Context::default()), &[]))
        })
        .collect();
    prop_assert_eq!(found, expected, "{}", query);
    Ok(())
}

pub fn trials() -> Vec<Trial> {
    let full = std::env::var_os("XERO_PBIT_FULL").is_some();
    vec![Trial::test("dax::engine_agrees_with_the_reference_interpreter", move || {
        let cases = if full { 20_000 } else { 250 };
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() });
        runner
            .run(&(world(), expression(), 0_usize..8, prop::bool::weighted(0.2)), |(world, expr, group, other)| {
                // The other relationship is chosen around everything, so that no filter is older than the choice.
                let expr = if other { Expr::Calculate(Box::new(expr), vec![Filter::Other]) } else { expr };
                agree(&world, &expr, group)
            })
            .map_err(|e| e.to_string().into())
    })]
}
