//! The function table against the engine: every example gives what it says, over the small model beside this file.

use std::path::Path;

use libtest_mimic::{Failed, Trial};
use xero_pbit::base::FileId;
use xero_pbit::dax::functions::{self, Body};
use xero_pbit::dax::{Engine, Options};
use xero_pbit::format::tmsl;
use xero_pbit::table::{Field, Table, Value, csv};

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("dax_functions::examples_give_what_they_say", examples),
        Trial::test("dax_functions::every_offline_function_has_an_example", every_function_has_an_example),
        Trial::test("dax_functions::unsupported_functions_say_why", unsupported),
    ]
}

fn engine() -> Result<Engine, Failed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dax_functions");
    let text = std::fs::read_to_string(folder.join("model.json"))?;
    let (model, _) = tmsl::read(&text, FileId::default()).map_err(|d| format!("{d:?}"))?;
    let mut tables: Vec<Table> = Vec::new();
    for table in model.tables.iter().filter(|table| table.calculated().is_none()) {
        let fields: Vec<Field> =
            table.columns.iter().filter_map(|column| column.data_type.map(|data_type| Field::new(&column.name, data_type))).collect();
        let bytes = std::fs::read(folder.join(format!("{}.csv", table.name)))?;
        tables.push(csv::read(&bytes, &table.name, &table.name, &fields).map_err(|d| format!("{d:?}"))?.0);
    }
    Ok(Engine::new(&model, tables))
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int64(n) => Some(*n as f64),
        Value::Double(x) => Some(*x),
        Value::Currency(c) => Some(c.to_f64()),
        _ => None,
    }
}

/// Equal, doubles within the last digits that two ways of computing may differ by.
fn alike(a: &Value, b: &Value) -> bool {
    match (number(a), number(b)) {
        (Some(x), Some(y)) => a.data_type() == b.data_type() && (x - y).abs() <= 1e-12 * y.abs().max(1.0),
        _ => a == b,
    }
}

fn examples() -> Result<(), Failed> {
    let engine = engine()?;
    let options = Options::default();
    let mut wrong = Vec::new();
    for function in functions::all() {
        for (expression, expected) in function.examples {
            let expected = engine.evaluate_expr(expected, &options).map_err(|e| format!("{expected}: {e}"))?;
            match engine.evaluate_expr(expression, &options) {
                Ok(found) if alike(&found, &expected) => {}
                Ok(found) => wrong.push(format!("{expression} gives {found:?}, expected {expected:?}")),
                Err(error) => wrong.push(format!("{expression}: {error}")),
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// Functions that need what an expression cannot set up: a calculation item, a visual's shape, a calendar, or a table that the small
/// model has no object of.
fn needs_more(name: &str) -> bool {
    name.starts_with("SELECTEDMEASURE")
        || name == "ISSELECTEDMEASURE"
        || name.contains("WEEK") && name != "WEEKDAY" && name != "WEEKNUM"
        || name.ends_with("WTD")
        || name.starts_with("INFO.")
        || name == "ROLLUPISSUBTOTAL"
        || functions::with_categories().any(|(category, f)| f.name == name && category == "Visual calculation functions")
}

fn every_function_has_an_example() -> Result<(), Failed> {
    let without: Vec<&str> = functions::all()
        .filter(|f| f.examples.is_empty() && !matches!(f.body, Body::Unsupported(_)) && !needs_more(f.name))
        .map(|f| f.name)
        .collect();
    if without.is_empty() { Ok(()) } else { Err(format!("no example: {}", without.join(", ")).into()) }
}

fn unsupported() -> Result<(), Failed> {
    let engine = engine()?;
    for function in functions::all() {
        let Body::Unsupported(why) = function.body else { continue };
        let arguments = function.params.iter().filter(|p| !p.optional).map(|_| "Sales").collect::<Vec<_>>().join(", ");
        let call = format!("{} ( {arguments} )", function.name);
        match engine.evaluate_expr(&call, &Options::default()) {
            Err(error) if error.unsupported && error.message.contains(why) => {}
            other => return Err(format!("{call}: expected the reason, found {other:?}").into()),
        }
    }
    Ok(())
}
