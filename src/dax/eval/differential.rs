//! The quick way against the slow one: the same query with batches and scans, and one context and one row at a time.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::base::Currency;
use crate::dax::{Engine, Options};
use crate::model::{Cardinality, Column, CrossFilter, Measure, Model, Relationship, Source, Table};
use crate::table::{self, DataType, Value};

const MEASURES: &[&str] = &[
    "SUM ( F[x] )",
    "SUMX ( F, F[x] * F[y] )",
    "SUMX ( F, F[x] * 2 - F[n] )",
    "AVERAGE ( F[x] )",
    "MIN ( F[x] )",
    "MAX ( F[y] )",
    "COUNTROWS ( F )",
    "COUNT ( F[x] )",
    "DISTINCTCOUNT ( F[c] )",
    "DISTINCTCOUNTNOBLANK ( F[k] )",
    "COUNTROWS ( FILTER ( F, F[x] > 3 ) )",
    "SUMX ( FILTER ( F, F[x] > 3 && F[c] <> 1 ), F[y] )",
    "CALCULATE ( SUM ( F[x] ), F[c] = 1 )",
    "CALCULATE ( SUM ( F[x] ), F[c] IN { 0, 2 }, KEEPFILTERS ( D[g] = \"a\" ) )",
    "CALCULATE ( SUM ( F[x] ), D[g] = \"b\" )",
    "CALCULATE ( SUM ( F[x] ), REMOVEFILTERS ( D ) )",
    "CALCULATE ( SUM ( F[x] ), ALL ( F ) )",
    "CALCULATE ( SUM ( F[x] ), ALLEXCEPT ( F, D[g] ) )",
    "CALCULATE ( SUM ( F[x] ), FILTER ( F, F[x] > 2 ) )",
    "CALCULATE ( SUM ( F[x] ), USERELATIONSHIP ( F[other], T[day] ) )",
    "CALCULATE ( SUM ( F[x] ), CROSSFILTER ( F[k], D[k], BOTH ) )",
    "CALCULATE ( COUNTROWS ( D ), CROSSFILTER ( F[k], D[k], BOTH ) )",
    "CALCULATE ( SUM ( F[x] ), TREATAS ( VALUES ( D[h] ), F[c] ) )",
    "TOTALYTD ( SUM ( F[x] ), T[day] )",
    "CALCULATE ( SUM ( F[x] ), SAMEPERIODLASTYEAR ( T[day] ) )",
    "CALCULATE ( SUM ( F[x] ), DATEADD ( T[day], -1, MONTH ) )",
    "CALCULATE ( SUM ( F[x] ), FILTER ( ALL ( T[day] ), T[day] <= MAX ( T[day] ) ) )",
    "CALCULATE ( SUM ( F[x] ), FILTER ( ALL ( T ), T[day] <= MAX ( T[day] ) ) )",
    "CALCULATE ( SUM ( F[x] ), FILTER ( ALL ( T ), T[month] = MAX ( T[month] ) - 1 ) )",
    "CALCULATE ( SUM ( F[x] ), FILTER ( ALL ( T ), T[day] <= MAX ( T[day] ) ), VALUES ( T[month] ) )",
    "CALCULATE ( [m0], FILTER ( ALL ( D ), D[k] <= MAX ( D[k] ) ), REMOVEFILTERS ( T ) )",
    "DIVIDE ( [m0], CALCULATE ( [m0], ALL ( D[g] ) ) )",
    "VAR a = [m0] VAR b = CALCULATE ( [m0], ALL ( D ) ) RETURN IF ( a > b / 3, a, - b )",
    "SUMX ( VALUES ( D[g] ), [m0] )",
    "MAXX ( VALUES ( F[c] ), [m6] )",
    "SUMX ( D, [m0] * 2 )",
    "AVERAGEX ( VALUES ( T[month] ), [m0] )",
    "RANKX ( ALL ( D[g] ), [m0] )",
    "COUNTROWS ( FILTER ( VALUES ( D[h] ), [m0] > 5 ) )",
    "SUMX ( TOPN ( 2, VALUES ( D[h] ), [m0] ), [m0] )",
    "SWITCH ( TRUE (), [m0] > 20, \"many\", ISBLANK ( [m0] ), \"none\", \"few\" )",
    "CALCULATE ( [m0], ALLSELECTED () )",
    "SUM ( G[z] )",
    "CALCULATE ( SUM ( G[z] ), D[g] = \"a\" )",
    "[m0] + [m42]",
    "COUNTROWS ( E )",
    "COUNTROWS ( D )",
    "SUMX ( VALUES ( W[w] ), VAR most = CALCULATE ( MAX ( F[x] ), F[c] <= 1 ) RETURN most * W[w] )",
    "SUMX ( DISTINCT ( E[e] ), VAR seen = [m6] RETURN CALCULATE ( [m0], T[month] <= seen ) + E[e] )",
    "IF ( ISINSCOPE ( D[g] ) || ISFILTERED ( T ), SELECTEDVALUE ( D[h], -1 ), COUNTROWS ( DISTINCT ( W[t] ) ) )",
    "SWITCH ( SELECTEDVALUE ( D[h] ), 0, [m0], 1, SUMX ( DISTINCT ( W[w] ), [m0] * W[w] ), COUNTROWS ( VALUES ( T[month] ) ) )",
    "MAXX ( VALUES ( E[e] ), CALCULATE ( [m0], USERELATIONSHIP ( F[other], T[day] ) ) + COUNTROWS ( VALUES ( D[g] ) ) )",
    "VAR low = MIN ( T[month] ) RETURN SUMX ( ALL ( D[g] ), CALCULATE ( [m0], T[month] >= low ) )",
];

const GROUPS: &[&[&str]] = &[
    &["D[g]"],
    &["D[h]"],
    &["D[g]", "D[h]"],
    &["F[c]"],
    &["D[g]", "F[c]"],
    &["T[month]"],
    &["T[day]"],
    &["T[month]", "D[g]"],
    &["E[n]"],
    &["E[n]", "F[c]"],
    &["W[t]"],
    &["W[t]", "D[g]"],
    &["G[z]"],
];

const SLICES: &[&str] = &[
    "",
    "TREATAS ( { \"a\", \"c\" }, D[g] ),",
    "FILTER ( ALL ( F[c] ), F[c] >= 1 ),",
    "TREATAS ( { \"x\" }, E[n] ),",
    "FILTER ( ALL ( T[day] ), T[day] >= DATE ( 2024, 3, 1 ) ),",
    "TREATAS ( { 1, 2 }, G[z] ),",
];

/// Rows of the tables; small numbers, `None` = BLANK.
#[derive(Clone, Debug)]
struct World {
    d: Vec<(u8, Option<u8>)>,
    f: Vec<(Option<u8>, Option<u8>, Option<i8>, i8, u16, u16)>,
    g: Vec<(u8, u8, u8)>,
    bridge: Vec<(u8, u8)>,
    both: bool,
    blanks: bool,
}

fn world() -> impl Strategy<Value = World> {
    let maybe = |n: u8| prop_oneof![1 => Just(None), 7 => (0..n).prop_map(Some)];
    (
        prop::collection::vec((0..3_u8, maybe(3)), 1..7),
        prop::collection::vec(
            (maybe(8), maybe(4), prop_oneof![1 => Just(None), 6 => (-3..12_i8).prop_map(Some)], -2..9_i8, 0..500_u16, 0..500_u16),
            0..40,
        ),
        prop::collection::vec((0..8_u8, 0..4_u8, 0..4_u8), 0..10),
        prop::collection::vec((0..8_u8, 0..3_u8), 0..12),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(d, f, g, bridge, both, blanks)| World { d, f, g, bridge, both, blanks })
}

fn engine(world: &World) -> Engine {
    let table = |name: &str, columns: &[(&str, DataType)], key: Option<&str>| Table {
        name: name.into(),
        columns: columns
            .iter()
            .map(|(n, ty)| Column { name: (*n).into(), data_type: Some(*ty), is_key: key == Some(*n), ..Column::default() })
            .collect(),
        ..Table::default()
    };
    use DataType::{Currency as Money, DateTime, Int64, String as Text};
    let mut facts =
        table("F", &[("k", Int64), ("c", Int64), ("x", Money), ("y", Money), ("n", Int64), ("day", DateTime), ("other", DateTime)], None);
    facts.measures = MEASURES
        .iter()
        .enumerate()
        .map(|(i, text)| Measure { name: format!("m{i}"), expression: Source::new(*text), ..Measure::default() })
        .collect();
    let mut dates = table("T", &[("day", DateTime), ("month", Int64)], Some("day"));
    dates.data_category = Some("Time".into());
    let tables = vec![
        table("D", &[("k", Int64), ("g", Text), ("h", Int64)], Some("k")),
        facts,
        table("G", &[("k", Int64), ("z", Int64), ("w", Int64)], None),
        dates,
        table("B", &[("k", Int64), ("e", Int64)], None),
        table("E", &[("e", Int64), ("n", Text)], Some("e")),
        table("W", &[("w", Int64), ("t", Text)], None),
    ];
    let join = |from: (&str, &str), to: (&str, &str)| Relationship {
        from_table: from.0.into(),
        from_column: from.1.into(),
        to_table: to.0.into(),
        to_column: to.1.into(),
        ..Relationship::default()
    };
    let mut bridge = join(("B", "k"), ("D", "k"));
    if world.both {
        bridge.cross_filter = CrossFilter::Both;
    }
    let mut many = join(("G", "w"), ("W", "w"));
    many.to_cardinality = Cardinality::Many;
    let mut inactive = join(("F", "other"), ("T", "day"));
    inactive.is_active = false;
    let relationships = vec![
        join(("F", "k"), ("D", "k")),
        join(("G", "k"), ("D", "k")),
        join(("F", "day"), ("T", "day")),
        inactive,
        bridge,
        join(("B", "e"), ("E", "e")),
        many,
    ];
    let model = Model { tables, relationships, ..Model::default() };

    let int = |v: Option<u8>| v.map_or(Value::Blank, |v| Value::Int64(i64::from(v)));
    let money = |v: i8| Value::Currency(Currency(i64::from(v) * 12_500));
    let day = |v: u16| Value::DateTime(45_292.0 + f64::from(v));
    let text = |v: u8| Value::text(["a", "b", "c", "x", "y", "z"][v as usize]);
    let make = |name: &str, ty: DataType, values: Vec<Value>| table::Column::from_values(name, ty, values).expect("one type");
    let rows = |name: &str, columns: Vec<table::Column>| table::Table { name: name.into(), columns };
    let f = &world.f;
    let amount = |v: Option<i8>| match v {
        None if world.blanks => Value::Blank,
        v => money(v.unwrap_or(1)),
    };
    let data = vec![
        rows(
            "D",
            vec![
                make("k", Int64, (0..world.d.len()).map(|k| Value::Int64(k as i64)).collect()),
                make("g", Text, world.d.iter().map(|r| text(r.0)).collect()),
                make("h", Int64, world.d.iter().map(|r| int(r.1)).collect()),
            ],
        ),
        rows(
            "F",
            vec![
                make("k", Int64, f.iter().map(|r| int(r.0)).collect()),
                make("c", Int64, f.iter().map(|r| int(r.1)).collect()),
                make("x", Money, f.iter().map(|r| amount(r.2)).collect()),
                make("y", Money, f.iter().map(|r| money(r.3)).collect()),
                make("n", Int64, f.iter().map(|r| Value::Int64(i64::from(r.3))).collect()),
                make("day", DateTime, f.iter().map(|r| day(r.4)).collect()),
                make("other", DateTime, f.iter().map(|r| day(r.5)).collect()),
            ],
        ),
        rows(
            "G",
            vec![
                make("k", Int64, world.g.iter().map(|r| int(Some(r.0))).collect()),
                make("z", Int64, world.g.iter().map(|r| int(Some(r.1))).collect()),
                make("w", Int64, world.g.iter().map(|r| int(Some(r.2))).collect()),
            ],
        ),
        rows(
            "T",
            vec![
                make("day", DateTime, (0..460).map(day).collect()),
                make("month", Int64, (0..460).map(|d| Value::Int64(d / 31)).collect()),
            ],
        ),
        rows(
            "B",
            vec![
                make("k", Int64, world.bridge.iter().map(|r| int(Some(r.0))).collect()),
                make("e", Int64, world.bridge.iter().map(|r| int(Some(r.1))).collect()),
            ],
        ),
        rows("E", vec![make("e", Int64, (0..3).map(Value::Int64).collect()), make("n", Text, [3, 4, 3].map(text).to_vec())]),
        rows("W", vec![make("w", Int64, [0, 1, 1, 2].map(Value::Int64).to_vec()), make("t", Text, [3, 3, 4, 5].map(text).to_vec())]),
    ];
    Engine::new(&model, data)
}

/// The rows of an answer in a fixed order, doubles to twelve digits; `None` for an error.
fn answer(engine: &Engine, query: &str, one_by_one: bool) -> Option<Vec<Vec<String>>> {
    let options = Options { one_by_one, ..Options::default() };
    let tables = engine.evaluate(query, &options).ok()?;
    let cell = |v: &Value| match v {
        Value::Double(v) => format!("{v:.12e}"),
        v => format!("{v:?}"),
    };
    let mut rows: Vec<Vec<String>> = tables[0].rows.iter().map(|r| r.iter().map(cell).collect()).collect();
    rows.sort();
    Some(rows)
}

#[test]
fn batches_agree_with_one_context_at_a_time() {
    #[allow(clippy::disallowed_methods, reason = "the longer run is asked for by a variable")]
    let cases = if std::env::var_os("XERO_PBIT_FULL").is_some() { 4000 } else { 64 };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let choice = (0..MEASURES.len(), 0..MEASURES.len(), 0..GROUPS.len(), 0..SLICES.len(), 0..4_usize);
    runner
        .run(&(world(), prop::collection::vec(choice, 6)), |(world, choices)| {
            let engine = engine(&world);
            for (first, second, group, slice, form) in choices {
                let columns = GROUPS[group].join(", ");
                let slice = SLICES[slice];
                let query = match form {
                    0 | 1 => format!("EVALUATE SUMMARIZECOLUMNS ( {columns}, {slice} \"v\", [m{first}], \"w\", [m{second}] )"),
                    2 => format!("EVALUATE ADDCOLUMNS ( VALUES ( {} ), \"v\", [m{first}], \"w\", [m{second}] )", GROUPS[group][0]),
                    _ => format!(
                        "EVALUATE ROW ( \"v\", SUMX ( D, [m{first}] ), \"w\", CONCATENATEX ( D, [m{second}] & \"\", \"|\", D[k] ) )"
                    ),
                };
                let (quick, slow) = (answer(&engine, &query, false), answer(&engine, &query, true));
                prop_assert_eq!(quick, slow, "{}\n{}\n{}", query, MEASURES[first], MEASURES[second]);
            }
            Ok(())
        })
        .expect("both ways agree");
}
