//! DAX: fixtures over a small shop, and properties on random companies.
//!
//! A fixture file holds sections: `--- title`, an optional `source:` line, a query or expression, `----`, the expected answer
//! (`[Column]: type | …`, then a row a line) or `error CODE`. Every section is evaluated on the shop of `shop.rs`, those of
//! `calculation_groups.txt` on the shop with calculation groups, those of `bridge.txt` on customers who share accounts; a `role:` line names
//! a security role.

mod codes;
mod hostile;
mod kept;
mod random;
mod reference;
mod shop;
mod speed;

use libtest_mimic::Trial;
use xero_pbit::dax::syntax::{self, Parsed};
use xero_pbit::dax::{DaxError, Engine, Options, ResultColumn, ResultTable};
use xero_pbit::table::Value;

const FIXTURES: &[(&str, &str)] = &[
    ("bridge", include_str!("bridge.txt")),
    ("calculation_groups", include_str!("calculation_groups.txt")),
    ("blank", include_str!("blank.txt")),
    ("context", include_str!("context.txt")),
    ("errors", include_str!("errors.txt")),
    ("group", include_str!("group.txt")),
    ("info", include_str!("info.txt")),
    ("query", include_str!("query.txt")),
    ("time", include_str!("time.txt")),
    ("visual", include_str!("visual.txt")),
];

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (file, text) in FIXTURES {
        for section in sections(text) {
            let name = format!("dax::{file}::{}", section.title.replace(' ', "_"));
            let make = match *file {
                "bridge" => shop::bridge,
                "calculation_groups" => shop::engine_with_groups,
                _ => shop::engine,
            };
            trials.push(Trial::test(name, move || check(&section, &make())));
        }
    }
    trials.extend(codes::trials());
    trials.extend(hostile::trials());
    trials.extend(kept::trials());
    trials.extend(random::trials());
    trials.extend(reference::trials());
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
    trials.push(Trial::test("dax::long_chains_have_values_and_deep_nesting_is_refused", || {
        let engine = shop::engine();
        let value = |text: &str| engine.evaluate_expr(text, &Options::default());
        for (text, expected) in [
            (format!("1{}", " + 1".repeat(20_000)), Value::Int64(20_001)),
            (format!("1{}", " - 1 * 2".repeat(10_000)), Value::Int64(-19_999)),
            (format!("TRUE (){}", " && TRUE ()".repeat(20_000)), Value::Boolean(true)),
            (format!("LEN ( \"a\"{} )", " & \"a\"".repeat(20_000)), Value::Int64(20_001)),
            (format!("{}1{}", "(".repeat(1_000), ")".repeat(1_000)), Value::Int64(1)),
            (format!("SUMX ( Product, 0{} )", " + 1".repeat(1_000)), Value::Int64(3_000)),
        ] {
            let found = value(&text);
            if found.as_ref() != Ok(&expected) {
                return Err(format!("{}…: {found:?}", &text[..20]).into());
            }
        }
        for text in [
            format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000)),
            format!("{}1", "- ".repeat(100_000)),
            format!("1{}", " IN { TRUE () }".repeat(20_000)),
            format!("1{}", " = 1".repeat(20_000)),
        ] {
            match value(&text) {
                Err(e) if e.code == "D0108" => {}
                other => return Err(format!("{}…: {other:?}", &text[..20]).into()),
            }
        }
        Ok(())
    }));
    trials.push(Trial::test("dax::object_level_security_hides_columns_and_tables", || {
        let engine = shop::engine();
        let with = |roles: &[&str]| Options { roles: roles.iter().map(|r| (*r).to_owned()).collect(), ..Options::default() };
        let code = |text: &str, roles: &[&str]| evaluate(&engine, text, &with(roles)).map_err(|e| e.code);
        let columns = code("EVALUATE Product", &["No prices"]).map_err(|c| c.to_owned())?[0].columns.len();
        let checks = [
            (columns == 2, "the column is left out of its table"),
            (code("MAX ( Product[Price] )", &["No prices"]).is_err_and(|c| c == "D0203"), "the column has no name"),
            (code("[Revenue]", &["No prices"]).is_err(), "measures cannot use it"),
            (code("[Units]", &["No prices"]).is_ok(), "other measures work"),
            (code("COUNTROWS ( Product )", &["No products"]).is_err_and(|c| c == "D0201"), "the table has no name"),
            (code("MAX ( Product[Price] )", &["No prices", "No products"]).is_err(), "both hide it"),
            (code("MAX ( Product[Code] )", &["No prices", "No products"]).is_ok(), "what one role sees is seen"),
            (code("1", &["Nobody"]).is_err_and(|c| c == "D0214"), "an unknown role is refused"),
            (code("MAX ( Product[Price] )", &[]).is_ok(), "without roles everything is there"),
        ];
        let broken: Vec<&str> = checks.iter().filter(|(ok, _)| !ok).map(|(_, what)| *what).collect();
        if broken.is_empty() { Ok(()) } else { Err(broken.join("; ").into()) }
    }));
    trials
}

struct Section {
    title: String,
    roles: Vec<String>,
    text: String,
    expected: String,
}

fn sections(text: &str) -> Vec<Section> {
    let mut out = Vec::new();
    for part in format!("\n{text}").split("\n--- ").skip(1) {
        let (title, rest) = part.split_once('\n').expect("a title line");
        let (body, expected) = rest.split_once("\n----\n").unwrap_or_else(|| panic!("no expectation in `{title}`"));
        let roles = body.lines().filter_map(|l| l.strip_prefix("role: ")).map(str::to_owned).collect();
        let body: Vec<&str> = body.lines().filter(|l| !l.starts_with("source:") && !l.starts_with("role:")).collect();
        out.push(Section { roles, title: title.trim().to_owned(), text: body.join("\n"), expected: expected.trim().to_owned() });
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

fn check(section: &Section, engine: &Engine) -> Result<(), libtest_mimic::Failed> {
    let options = Options { roles: section.roles.clone(), ..Options::default() };
    let answer = match evaluate(engine, &section.text, &options) {
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
