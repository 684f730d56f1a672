//! Every page against the schemas of Xero's OpenAPI file.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeSet;

use libtest_mimic::Failed;
use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value, json};

use super::{companies, pages};

/// What real answers hold and the file leaves out: both date forms, the ids of credits, what creation dates look like.
const BEYOND: &[&str] = &[
    "DateString",
    "DueDateString",
    "ID",
    "CreatedDateUTCString",
    "Id",
    "Status",
    "ProviderName",
    "DateTimeUTC",
    "ReceiptID",
    "ReceiptNumber",
];

/// Just enough YAML for the OpenAPI file: no anchors, no tags.
fn read_yaml(text: &str) -> Result<Value, Failed> {
    enum Open {
        List(Vec<Value>),
        Map(Map<String, Value>, Option<String>),
    }
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, _) = event?;
        let done = match event {
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(Map::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(items)) => Value::Array(items),
                Some(Open::Map(map, _)) => Value::Object(map),
                None => return Err("unbalanced YAML".into()),
            },
            Event::Scalar(text, style, ..) => match (&*text, style) {
                (text, ScalarStyle::Plain) => match (text, text.parse::<i64>(), text.parse::<f64>()) {
                    ("true", ..) => Value::Bool(true),
                    ("false", ..) => Value::Bool(false),
                    ("" | "null" | "~", ..) => Value::Null,
                    (_, Ok(number), _) => Value::from(number),
                    (_, _, Ok(number)) => Value::from(number),
                    _ => Value::String(text.to_owned()),
                },
                (text, _) => Value::String(text.to_owned()),
            },
            _ => continue,
        };
        match open.last_mut() {
            None => return Ok(done),
            Some(Open::List(items)) => items.push(done),
            Some(Open::Map(map, key)) => match key.take() {
                Some(key) => drop(map.insert(key, done)),
                None => *key = Some(done.as_str().map_or_else(|| done.to_string(), str::to_owned)),
            },
        }
    }
    Err("no YAML document".into())
}

fn keys<'v>(value: &'v Value, into: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                into.insert(key);
                keys(value, into);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| keys(item, into)),
        _ => {}
    }
}

fn properties<'v>(value: &'v Value, into: &mut BTreeSet<&'v str>) {
    if let Some(map) = value["properties"].as_object() {
        into.extend(map.keys().map(String::as_str));
    }
    match value {
        Value::Object(map) => map.values().for_each(|value| properties(value, into)),
        Value::Array(items) => items.iter().for_each(|item| properties(item, into)),
        _ => {}
    }
}

pub fn pages_are_valid_by_xeros_openapi_files() -> Result<(), Failed> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/xero/openapi/xero_accounting.yaml");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: Xero's OpenAPI file is not at {path}");
        return Ok(());
    };
    let mut components = read_yaml(&text)?["components"].take();
    // The payroll types of Australian charts are missing from the file's list.
    if let Some(types) = components["schemas"]["AccountType"]["enum"].as_array_mut() {
        types.extend(["WAGESEXPENSE", "SUPERANNUATIONEXPENSE", "SUPERANNUATIONLIABILITY", "PAYGLIABILITY"].map(Value::from));
    }
    // Xero's own examples of batches within payments have texts where the file says number and boolean.
    for key in ["TotalAmount", "IsReconciled"] {
        components["schemas"]["BatchPayment"]["properties"][key] = json!({"type": "string"});
    }
    let mut known: BTreeSet<&str> = BEYOND.iter().copied().collect();
    properties(&components, &mut known);
    let validator = |schema: &str| {
        jsonschema::options()
            .with_draft(jsonschema::Draft::Draft4)
            .build(&json!({"$ref": format!("#/components/schemas/{schema}"), "components": components}))
            .map_err(|error| Failed::from(error.to_string()))
    };
    let endpoints = [
        ("Organisation", "Organisations"),
        ("Accounts", "Accounts"),
        ("Contacts", "Contacts"),
        ("Items", "Items"),
        ("Invoices", "Invoices"),
        ("CreditNotes", "CreditNotes"),
        ("Payments", "Payments"),
        ("Overpayments", "Overpayments"),
        ("Prepayments", "Prepayments"),
        ("BankTransactions", "BankTransactions"),
        ("BankTransfers", "BankTransfers"),
        ("ExpenseClaims", "ExpenseClaims"),
        ("TrialBalance", "ReportWithRows"),
        ("BalanceSheet", "ReportWithRows"),
        ("ProfitAndLoss", "ReportWithRows"),
        ("BankSummary", "ReportWithRows"),
    ];
    let mut validators = Vec::new();
    for (endpoint, schema) in endpoints {
        validators.push((endpoint, validator(schema)?));
    }
    let mut wrong = Vec::new();
    for options in companies() {
        for (path, bytes) in pages(&options) {
            let page: Value = serde_json::from_slice(&bytes)?;
            let (_, validator) =
                validators.iter().find(|(endpoint, _)| path.starts_with(&format!("{endpoint}/"))).expect("a known endpoint");
            wrong.extend(validator.iter_errors(&page).take(3).map(|error| format!("{path} at {}: {error:.200}", error.instance_path())));
            let mut used = BTreeSet::new();
            keys(&page, &mut used);
            wrong.extend(used.difference(&known).map(|key| format!("{path}: Xero has no `{key}`")));
        }
    }
    wrong.sort();
    wrong.dedup();
    if wrong.is_empty() { Ok(()) } else { Err(wrong[..wrong.len().min(12)].join("\n").into()) }
}
