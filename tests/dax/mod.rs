//! DAX: fixtures over a small shop, and properties on random companies.
//!
//! A fixture file holds sections: `--- title`, an optional `source:` line, a query or expression, `----`, the expected answer
//! (`[Column]: type | …`, then a row a line) or `error CODE`. Every section is evaluated on the shop of `shop.rs`.

mod random;
mod shop;
mod speed;

use libtest_mimic::Trial;
use xero_pbit::dax::syntax::{self, Parsed};
use xero_pbit::dax::{DaxError, Engine, Options, ResultColumn, ResultTable};
use xero_pbit::table::Value;

const FIXTURES: &[(&str, &str)] = &[
    ("blank", include_str!("blank.txt")),
    ("context", include_str!("context.txt")),
    ("errors", include_str!("errors.txt")),
    ("group", include_str!("group.txt")),
    ("query", include_str!("query.txt")),
    ("time", include_str!("time.txt")),
];

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (file, text) in FIXTURES {
        for section in sections(text) {
            let name = format!("dax::{file}::{}", section.title.replace(' ', "_"));
            trials.push(Trial::test(name, move || check(&section)));
        }
    }
    trials.extend(random::trials());
    trials.extend(speed::trials());
    trials.push(Trial::test("dax::examples_of_the_function_table_bind", || {
        let engine = shop::engine();
        let mut broken = Vec::new();
        for function in xero_pbit::dax::functions::all() {
            for (expr, result) in function.examples {
                for text in [expr, result] {
                    if syntax::parse_any(text).is_err() {
                        broken.push(format!("{}: {text}", function.name));
                    }
                }
            }
        }
        drop(engine);
        if broken.is_empty() { Ok(()) } else { Err(broken.join("\n").into()) }
    }));
    trials
}

struct Section {
    title: String,
    text: String,
    expected: String,
}

fn sections(text: &str) -> Vec<Section> {
    let mut out = Vec::new();
    for part in format!("\n{text}").split("\n--- ").skip(1) {
        let (title, rest) = part.split_once('\n').expect("a title line");
        let (body, expected) = rest.split_once("\n----\n").unwrap_or_else(|| panic!("no expectation in `{title}`"));
        let body: Vec<&str> = body.lines().filter(|l| !l.starts_with("source:")).collect();
        out.push(Section { title: title.trim().to_owned(), text: body.join("\n"), expected: expected.trim().to_owned() });
    }
    out
}

fn evaluate(engine: &Engine, text: &str, options: &Options) -> Result<Vec<ResultTable>, DaxError> {
    match syntax::parse_any(text)? {
        Parsed::Query(query) => engine.evaluate_query(&query, options),
        Parsed::Expression(_) => {
            let (value, data_type) = engine.evaluate_typed(text, options)?;
            Ok(vec![ResultTable { columns: vec![ResultColumn { name: "[Value]".to_owned(), data_type }], rows: vec![vec![value]] }])
        }
    }
}

/// A cell as fixtures write it.
fn cell(value: &Value) -> String {
    match value {
        Value::Blank => "BLANK".to_owned(),
        Value::Int64(v) => v.to_string(),
        Value::Double(v) => v.to_string(),
        Value::Currency(v) => v.to_string(),
        Value::String(v) => format!("\"{v}\""),
        Value::Boolean(v) => v.to_string().to_uppercase(),
        Value::DateTime(v) => xero_pbit::table::csv::iso_date_time(*v),
        Value::Binary(_) => "binary".to_owned(),
    }
}

fn check(section: &Section) -> Result<(), libtest_mimic::Failed> {
    let engine = shop::engine();
    let answer = match evaluate(&engine, &section.text, &Options::default()) {
        Err(e) => format!("error {}", e.code),
        Ok(tables) => tables
            .iter()
            .map(|table| {
                let head = table.columns.iter().enumerate().map(|(i, c)| format!("{}: {}", c.name, table.type_name(i)));
                let mut lines = vec![head.collect::<Vec<_>>().join(" | ")];
                lines.extend(table.rows.iter().map(|r| r.iter().map(cell).collect::<Vec<_>>().join(" | ")));
                lines.join("\n")
            })
            .collect::<Vec<_>>()
            .join("\n\n"),
    };
    if answer == section.expected { Ok(()) } else { Err(format!("expected\n{}\n\nfound\n{answer}", section.expected).into()) }
}
