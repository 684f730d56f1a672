//! Fixtures of the M library: `tests/m/functions/<family>.txt`, sections of a name, a source, an expression and what it gives.
//!
//! After `----` stands an M expression of the expected value, or `error` with the reason and message.

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};
use xero_pbit::m::syntax::parse_document;
use xero_pbit::m::{Interp, Options, Sources, Value};

struct Case {
    name: String,
    code: String,
    expected: String,
}

fn cases(text: &str) -> Vec<Case> {
    text.split("\n--- ")
        .skip(1)
        .map(|section| {
            let (name, body) = section.split_once('\n').expect("a section has a body");
            let body = body.strip_prefix("source:").map_or(body, |rest| rest.split_once('\n').map_or("", |(_, body)| body));
            let (code, expected) = body.split_once("\n----\n").unwrap_or_else(|| panic!("`{name}` lacks its expectation"));
            Case { name: name.trim().to_owned(), code: code.trim().to_owned(), expected: expected.trim().to_owned() }
        })
        .collect()
}

fn eval(cx: &mut Interp, code: &str) -> Result<Value, String> {
    let parsed = parse_document(code).map_err(|error| format!("syntax: {}", error.message))?;
    cx.eval_document(&parsed.document, None).map_err(|error| format!("error {}: {}", error.reason(), error.message()))
}

fn check(case: &Case) -> Result<(), Failed> {
    xero_pbit::m::with_stack(|| {
        let mut cx = Interp::new(Options::default(), Sources::default());
        // Lazy values fail when they are looked at, not when they are made.
        let shown = eval(&mut cx, &case.code).and_then(|value| {
            let text = xero_pbit::m::canon::to_json(&mut cx, &value);
            text.map_err(|error| format!("error {}: {}", error.reason(), error.message()))
        });
        if case.expected.starts_with("error ") {
            return match shown {
                Err(found) if found == case.expected => Ok(()),
                Err(found) => Err(format!("{found}\nexpected {}", case.expected).into()),
                Ok(text) => Err(format!("gives {text}\nexpected {}", case.expected).into()),
            };
        }
        let expected = eval(&mut cx, &case.expected).and_then(|value| {
            let text = xero_pbit::m::canon::to_json(&mut cx, &value);
            text.map_err(|error| error.message().to_owned())
        });
        match (shown, expected) {
            (Ok(found), Ok(wanted)) if found == wanted => Ok(()),
            (found, wanted) => Err(format!("gives {found:?}\nexpected {wanted:?}").into()),
        }
    })
}

fn page_is_current() -> Result<(), Failed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/m-functions.md");
    let page = xero_pbit::m::functions::page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page)?;
    }
    if fs::read_to_string(&path)? == page {
        Ok(())
    } else {
        Err("docs/m-functions.md is out of date: run the tests with UPDATE_DOCS=1".into())
    }
}

/// One trial for each section of each fixture file.
pub fn trials() -> Vec<Trial> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/m/functions");
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder).expect("the fixtures are there").map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    let mut trials = vec![Trial::test("m_functions::reference_page", page_is_current)];
    for file in files {
        let family = file.file_stem().expect("a file").to_string_lossy().into_owned();
        let text = format!("\n{}", fs::read_to_string(&file).expect("a fixture is readable"));
        trials.extend(
            cases(&text).into_iter().map(|case| Trial::test(format!("m_functions::{family}::{}", case.name), move || check(&case))),
        );
    }
    trials
}
