//! Bounds that only an engine without quadratic work keeps, whatever the machine: each statement touches 100,000 facts once or a few
//! times, where the cell-by-cell way touches them thousands of times.

use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use xero_pbit::base::Currency;
use xero_pbit::dax::{Engine, Options};
use xero_pbit::model::{Column, Measure, Model, Relationship, Source, Table};
use xero_pbit::table::{self, DataType, Value};

const FACTS: usize = 100_000;
const DAYS: usize = 4000;

fn engine() -> Engine {
    let column = |name: &str, data_type: DataType, is_key: bool| Column {
        name: name.into(),
        data_type: Some(data_type),
        is_key,
        ..Column::default()
    };
    let measure = |name: &str, text: &str| Measure { name: name.into(), expression: Source::new(text), ..Measure::default() };
    let mut date = Table { name: "Date".into(), data_category: Some("Time".into()), ..Table::default() };
    date.columns = vec![column("Day", DataType::DateTime, true), column("Month", DataType::Int64, false)];
    let mut contact = Table { name: "Contact".into(), ..Table::default() };
    contact.columns = vec![column("Id", DataType::Int64, true), column("Name", DataType::String, false)];
    let mut lines = Table { name: "Lines".into(), ..Table::default() };
    lines.columns = vec![
        column("Day", DataType::DateTime, false),
        column("Contact", DataType::Int64, false),
        column("Amount", DataType::Currency, false),
        column("Kind", DataType::String, false),
    ];
    lines.measures = vec![
        measure("Total", "SUM ( Lines[Amount] )"),
        measure("Running", "CALCULATE ( [Total], FILTER ( ALL ( 'Date'[Day] ), 'Date'[Day] <= MAX ( 'Date'[Day] ) ) )"),
        measure("Year to date", "TOTALYTD ( [Total], 'Date'[Day] )"),
        measure("Last year", "CALCULATE ( [Total], SAMEPERIODLASTYEAR ( 'Date'[Day] ) )"),
        measure("Sales", "CALCULATE ( [Total], Lines[Kind] = \"sale\" )"),
        measure("Share", "DIVIDE ( [Sales], CALCULATE ( [Sales], ALL ( Contact ) ) )"),
    ];
    let join = |from: &str, to_table: &str, to: &str| Relationship {
        from_table: "Lines".into(),
        from_column: from.into(),
        to_table: to_table.into(),
        to_column: to.into(),
        ..Relationship::default()
    };
    let model = Model {
        tables: vec![date, contact, lines],
        relationships: vec![join("Day", "Date", "Day"), join("Contact", "Contact", "Id")],
        ..Model::default()
    };
    let make = |name: &str, data_type: DataType, values: Vec<Value>| table::Column::from_values(name, data_type, values).expect("one type");
    let mut state = 7_u64;
    let mut random = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n
    };
    let rows: Vec<(usize, usize, i64, bool)> =
        (0..FACTS).map(|_| (random(DAYS), random(1000), random(1_000_000) as i64, random(2) == 0)).collect();
    let day = |d: usize| Value::DateTime(40_000.0 + d as f64);
    let data = vec![
        table::Table {
            name: "Date".into(),
            columns: vec![
                make("Day", DataType::DateTime, (0..DAYS).map(day).collect()),
                make("Month", DataType::Int64, (0..DAYS).map(|d| Value::Int64(d as i64 / 30)).collect()),
            ],
        },
        table::Table {
            name: "Contact".into(),
            columns: vec![
                make("Id", DataType::Int64, (0..1000).map(Value::Int64).collect()),
                make("Name", DataType::String, (0..1000).map(|i| Value::text(format!("Contact {i}"))).collect()),
            ],
        },
        table::Table {
            name: "Lines".into(),
            columns: vec![
                make("Day", DataType::DateTime, rows.iter().map(|r| day(r.0)).collect()),
                make("Contact", DataType::Int64, rows.iter().map(|r| Value::Int64(r.1 as i64)).collect()),
                make("Amount", DataType::Currency, rows.iter().map(|r| Value::Currency(Currency(r.2))).collect()),
                make("Kind", DataType::String, rows.iter().map(|r| Value::text(if r.3 { "sale" } else { "bill" })).collect()),
            ],
        },
    ];
    Engine::new(&model, data)
}

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("dax::speed::no_statement_scans_its_facts_once_per_cell", || {
        let engine = engine();
        let options = Options::default();
        let statements = [
            "EVALUATE SUMMARIZECOLUMNS ( 'Date'[Day], \"v\", [Running] )",
            "EVALUATE SUMMARIZECOLUMNS ( 'Date'[Month], \"v\", [Year to date] )",
            "EVALUATE SUMMARIZECOLUMNS ( 'Date'[Month], \"v\", [Last year] )",
            "EVALUATE SUMMARIZECOLUMNS ( Contact[Name], \"v\", [Sales], \"s\", [Share] )",
            "EVALUATE SUMMARIZECOLUMNS ( Contact[Name], 'Date'[Month], \"v\", [Total] )",
            "EVALUATE TOPN ( 10, ADDCOLUMNS ( VALUES ( Contact[Name] ), \"v\", [Total] ), [v] )",
            "EVALUATE ROW ( \"v\", COUNTROWS ( FILTER ( VALUES ( Contact[Name] ), [Total] > 100 ) ) )",
            "EVALUATE ADDCOLUMNS ( VALUES ( Contact[Name] ), \"v\", RANKX ( ALL ( Contact[Name] ), [Total] ) )",
            "EVALUATE ROW ( \"v\", SUMX ( Lines, Lines[Amount] * 2 ) )",
            "EVALUATE SUMMARIZECOLUMNS ( 'Date'[Month], \"v\", DISTINCTCOUNT ( Lines[Contact] ) )",
        ];
        // The first statement also makes dictionaries and relationship indexes.
        let _ = engine.evaluate("EVALUATE SUMMARIZECOLUMNS ( Contact[Name], 'Date'[Month], \"v\", [Sales] )", &options);
        let mut slow = Vec::new();
        for statement in statements {
            let start = Instant::now();
            engine.evaluate(statement, &options).map_err(|e| format!("{statement}: {e}"))?;
            let took = start.elapsed();
            println!("{:8.2} ms  {statement}", took.as_secs_f64() * 1000.0);
            if took > Duration::from_secs(3) {
                slow.push(format!("{took:?} {statement}"));
            }
        }
        if slow.is_empty() { Ok(()) } else { Err(slow.join("\n").into()) }
    })]
}
