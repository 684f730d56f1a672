//! Random soups of words and signs: the lexer, parser, binder and evaluator answer or refuse, and never panic.
//!
//! The same inputs feed the cargo-fuzz targets of `fuzz/`; this is the part that runs everywhere. `XERO_PBIT_FULL=1` runs more.

use std::time::Duration;

use libtest_mimic::Trial;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use xero_pbit::dax::{Options, functions, syntax};

use super::shop;

const WORDS: [&str; 40] = [
    "(",
    ")",
    ",",
    "{",
    "}",
    "+",
    "-",
    "*",
    "/",
    "^",
    "&",
    "=",
    "<>",
    "<",
    ">=",
    "==",
    "&&",
    "||",
    "IN",
    "NOT",
    "VAR x =",
    "RETURN x",
    "x",
    "1",
    "2.5",
    "\"a\"",
    "dt\"2024-02-29\"",
    "TRUE ()",
    "BLANK ()",
    "Sales",
    "Product",
    "'Date'",
    "Sales[Quantity]",
    "Product[Colour]",
    "'Date'[Day]",
    "[Units]",
    "[Revenue]",
    "ASC",
    "DEFINE MEASURE Sales[m] =",
    "EVALUATE",
];

/// A call of a function of the table with arguments that may or may not fit.
fn call() -> impl Strategy<Value = String> {
    let all: Vec<&'static str> = functions::all().map(|f| f.name).collect();
    let argument = prop_oneof![
        Just("1"),
        Just("\"a\""),
        Just("Sales"),
        Just("Sales[Quantity]"),
        Just("Product[Code]"),
        Just("'Date'[Day]"),
        Just("[Units]"),
        Just("BLANK ()"),
        Just("{ 1, 2 }"),
        Just("ALL ( Product )"),
        Just("DESC"),
        Just("MONTH"),
        Just("VALUES ( 'Date'[Year] )"),
        Just(""),
        Just("-1"),
        Just("0.5"),
        Just("DATE ( 2024, 2, 29 )"),
        Just("Civil"),
        Just("Product[Colour] = \"red\""),
        Just("TRUE ()"),
    ];
    (prop::sample::select(all), prop::collection::vec(argument, 0..6)).prop_map(|(name, args)| format!("{name} ( {} )", args.join(", ")))
}

pub fn trials() -> Vec<Trial> {
    let full = std::env::var_os("XERO_PBIT_FULL").is_some();
    let config = move |cases| Config { cases: if full { cases * 50 } else { cases }, failure_persistence: None, ..Config::default() };
    // Nothing here may take long or much.
    let options = || Options { timeout: Some(Duration::from_secs(5)), max_memory: 64 << 20, ..Options::default() };
    vec![
        Trial::test("dax::soups_of_words_never_panic", move || {
            let engine = shop::engine();
            let word = prop_oneof![6 => prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned), 1 => call(), 1 => "\\PC{0,3}"];
            TestRunner::new(config(400))
                .run(&prop::collection::vec(word, 0..14), |words| {
                    let text = words.join(" ");
                    if let Ok(formatted) = syntax::format(&text) {
                        prop_assert!(syntax::parse_any(&formatted).is_ok(), "{} became {}", text, formatted);
                    }
                    let _ = engine.check(&text);
                    let _ = engine.evaluate(&text, &options());
                    let _ = engine.evaluate_expr(&text, &options());
                    Ok(())
                })
                .map_err(|e| e.to_string().into())
        }),
        Trial::test("dax::calls_with_any_arguments_never_panic", move || {
            let engine = shop::engine();
            TestRunner::new(config(1_500))
                .run(&call(), |text| {
                    let _ = engine.evaluate_expr(&text, &options());
                    let _ = engine.evaluate(&format!("EVALUATE {text}"), &options());
                    let _ = engine.evaluate(&format!("EVALUATE ADDCOLUMNS ( Product, \"v\", {text} )"), &options());
                    let _ = engine.evaluate_expr(&format!("CALCULATE ( [Units], {text} )"), &options());
                    Ok(())
                })
                .map_err(|e| e.to_string().into())
        }),
    ]
}
