//! The engine against a reference that joins and filters row by row, on random facts, dimensions and filters.
//!
//! The reference knows one measure at a time, one cell at a time, the filter context as explicit sets of values. Each property
//! asks the engine twice: in one grouped query (its quick way) and cell by cell.

use std::collections::BTreeSet;

use libtest_mimic::Trial;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use xero_pbit::dax::{Engine, Options};
use xero_pbit::model::{Column, Measure, Model, Relationship, Source, Table};
use xero_pbit::table::{self, DataType, Value};

/// A fact row: key (maybe unknown or blank), category, amount.
type Fact = (Option<i64>, Option<i64>, Option<i64>);

#[derive(Clone, Debug)]
struct World {
    /// Group of each key 0, 1, 2 …
    groups: Vec<Option<i64>>,
    facts: Vec<Fact>,
}

fn world() -> impl Strategy<Value = World> {
    let small = |n: i64| prop_oneof![1 => Just(None), 6 => (0..n).prop_map(Some)];
    (
        prop::collection::vec(small(3), 1..6),
        prop::collection::vec((small(8), small(4), prop_oneof![1 => Just(None), 8 => (-20_i64..50).prop_map(Some)]), 0..40),
    )
        .prop_map(|(groups, facts)| World { groups, facts })
}

const MEASURES: [(&str, &str); 6] = [
    ("sum", "SUM ( F[x] )"),
    ("rows", "COUNTROWS ( F )"),
    ("largest", "MAX ( F[x] )"),
    ("kinds", "DISTINCTCOUNT ( F[c] )"),
    ("ungrouped", "CALCULATE ( SUM ( F[x] ), REMOVEFILTERS ( D[g] ) )"),
    ("upto", "CALCULATE ( SUM ( F[x] ), FILTER ( ALL ( F[c] ), F[c] <= MAX ( F[c] ) ) )"),
];

fn engine(world: &World) -> Engine {
    let column = |name: &str, is_key: bool| Column { name: name.into(), data_type: Some(DataType::Int64), is_key, ..Column::default() };
    let mut d = Table { name: "D".into(), ..Table::default() };
    d.columns = vec![column("k", true), column("g", false)];
    let mut f = Table { name: "F".into(), ..Table::default() };
    f.columns = vec![column("k", false), column("c", false), column("x", false)];
    f.measures = MEASURES
        .iter()
        .map(|(name, text)| Measure { name: (*name).into(), expression: Source::new(*text), ..Measure::default() })
        .collect();
    let join = Relationship {
        from_table: "F".into(),
        from_column: "k".into(),
        to_table: "D".into(),
        to_column: "k".into(),
        ..Relationship::default()
    };
    let model = Model { tables: vec![d, f], relationships: vec![join], ..Model::default() };
    let cell = |v: Option<i64>| v.map_or(Value::Blank, Value::Int64);
    let make = |name: &str, values: Vec<Value>| table::Column::from_values(name, DataType::Int64, values).expect("whole numbers");
    let data = vec![
        table::Table {
            name: "D".into(),
            columns: vec![
                make("k", (0..world.groups.len()).map(|k| Value::Int64(k as i64)).collect()),
                make("g", world.groups.iter().map(|g| cell(*g)).collect()),
            ],
        },
        table::Table {
            name: "F".into(),
            columns: vec![
                make("k", world.facts.iter().map(|r| cell(r.0)).collect()),
                make("c", world.facts.iter().map(|r| cell(r.1)).collect()),
                make("x", world.facts.iter().map(|r| cell(r.2)).collect()),
            ],
        },
    ];
    Engine::new(&model, data)
}

/// The filter context: values that pass, per column; `None` = all.
#[derive(Clone, Debug, Default)]
struct Filters {
    g: Option<BTreeSet<Option<i64>>>,
    c: Option<BTreeSet<Option<i64>>>,
}

fn group_of(world: &World, fact: &Fact) -> Option<i64> {
    // An unknown or blank key belongs to the blank row, whose group is blank.
    fact.0.and_then(|k| world.groups.get(k as usize).copied()).flatten()
}

fn visible<'w>(world: &'w World, filters: &'w Filters) -> impl Iterator<Item = &'w Fact> {
    world.facts.iter().filter(move |fact| {
        filters.g.as_ref().is_none_or(|s| s.contains(&group_of(world, fact))) && filters.c.as_ref().is_none_or(|s| s.contains(&fact.1))
    })
}

fn reference(world: &World, measure: &str, filters: &Filters) -> Option<i64> {
    let sum = |filters: &Filters| {
        let values: Vec<i64> = visible(world, filters).filter_map(|f| f.2).collect();
        if values.is_empty() { None } else { Some(values.iter().sum()) }
    };
    match measure {
        "sum" => sum(filters),
        "rows" => Some(visible(world, filters).count() as i64).filter(|n| *n > 0),
        "largest" => visible(world, filters).filter_map(|f| f.2).max(),
        "kinds" => Some(visible(world, filters).map(|f| f.1).collect::<BTreeSet<_>>().len() as i64).filter(|n| *n > 0),
        "ungrouped" => sum(&Filters { g: None, ..filters.clone() }),
        _ => {
            // BLANK compares as 0.
            let top = visible(world, filters).filter_map(|f| f.1).max().unwrap_or(0);
            let all: BTreeSet<Option<i64>> = world.facts.iter().map(|f| f.1).filter(|c| c.unwrap_or(0) <= top).collect();
            sum(&Filters { c: Some(all), ..filters.clone() })
        }
    }
}

fn literal(v: Option<i64>) -> String {
    v.map_or_else(|| "BLANK ()".to_owned(), |v| v.to_string())
}

fn as_option(value: &Value) -> Option<i64> {
    match value {
        Value::Int64(v) => Some(*v),
        Value::Blank => None,
        other => panic!("a whole number is expected, found {other:?}"),
    }
}

fn check(world: &World, slicer: &Option<BTreeSet<Option<i64>>>) {
    let engine = engine(world);
    let options = Options::default();
    let groups: BTreeSet<Option<i64>> = world.groups.iter().copied().chain(world.facts.iter().map(|f| group_of(world, f))).collect();
    for (measure, _) in MEASURES {
        let condition =
            |set: &BTreeSet<Option<i64>>| set.iter().map(|v| format!("F[c] == {}", literal(*v))).collect::<Vec<_>>().join(" || ");
        let slice = slicer.as_ref().map_or_else(String::new, |s| format!(", FILTER ( ALL ( F[c] ), {} )", condition(s)));
        let query = format!("EVALUATE CALCULATETABLE ( SUMMARIZECOLUMNS ( D[g], \"v\", [{measure}] ){slice} )");
        let answer = engine.evaluate(&query, &options).unwrap_or_else(|e| panic!("{query}: {e}"));
        let found: Vec<(Option<i64>, Option<i64>)> = answer[0].rows.iter().map(|r| (as_option(&r[0]), as_option(&r[1]))).collect();
        let mut wanted = Vec::new();
        for group in &groups {
            let filters = Filters { g: Some(BTreeSet::from([*group])), c: slicer.clone() };
            let value = reference(world, measure, &filters);
            let cell = format!("CALCULATE ( [{measure}], FILTER ( ALL ( D[g] ), D[g] == {} ){slice} )", literal(*group));
            let alone = engine.evaluate_expr(&cell, &options).unwrap_or_else(|e| panic!("{cell}: {e}"));
            assert_eq!(as_option(&alone), value, "{cell}");
            if value.is_some() {
                wanted.push((*group, value));
            }
        }
        let sorted = |mut rows: Vec<(Option<i64>, Option<i64>)>| {
            rows.sort();
            rows
        };
        assert_eq!(sorted(found), sorted(wanted), "{query}");
    }
}

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("dax::random::engine_agrees_with_the_reference", || {
        let mut runner = TestRunner::new(Config { cases: 96, failure_persistence: None, ..Config::default() });
        let slicer = prop_oneof![
            Just(None),
            prop::collection::btree_set(prop_oneof![1 => Just(None), 5 => (0_i64..4).prop_map(Some)], 1..4).prop_map(Some)
        ];
        runner
            .run(&(world(), slicer), |(world, slicer)| {
                check(&world, &slicer);
                Ok(())
            })
            .map_err(|e| e.to_string().into())
    })]
}
