//! M: fixtures of the language, properties of parser and printer, the library's own examples, requests against a made-up web.

mod property;
mod web;

use libtest_mimic::{Failed, Trial};
use xero_pbit::m::syntax::{format, parse_document, parse_expression, print};
use xero_pbit::m::{self, Interp, Options, Sources, canon, functions};

/// All trials of this topic.
pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (file, text) in [
        ("language", include_str!("language.txt")),
        ("errors", include_str!("errors.txt")),
        ("straight", include_str!("straight.txt")),
        ("types", include_str!("types.txt")),
        ("syntax", include_str!("syntax.txt")),
        ("layout", include_str!("layout.txt")),
    ] {
        for case in cases(text) {
            let layout = file == "layout";
            trials.push(Trial::test(format!("m::{file}::{}", case.name), move || check(&case, layout)));
        }
    }
    trials.push(Trial::test("m::library::every_example_gives_what_it_says", examples_hold));
    trials.push(Trial::test("m::library::names_are_unique_and_described", descriptors_are_complete));
    trials.extend(property::trials());
    trials.extend(web::trials());
    trials
}

struct Case {
    name: String,
    input: String,
    expected: String,
}

/// Sections `--- name`, an optional `source:` line, the text, `----`, what is expected.
fn cases(text: &str) -> Vec<Case> {
    let sections = text.split("\n--- ").map(|s| s.strip_prefix("--- ").unwrap_or(s));
    sections
        .filter(|s| !s.trim().is_empty())
        .map(|section| {
            let (name, rest) = section.split_once('\n').expect("a section has a name");
            let rest = if rest.starts_with("source:") { rest.split_once('\n').expect("a line").1 } else { rest };
            let (input, expected) = rest.split_once("\n----\n").expect("a section has an expectation");
            Case { name: name.trim().replace(' ', "_"), input: input.to_owned(), expected: expected.trim_end().to_owned() }
        })
        .collect()
}

fn check(case: &Case, layout: bool) -> Result<(), Failed> {
    let found = if layout {
        match format(&case.input) {
            Ok(text) => {
                if format(&text).as_ref() != Ok(&text) {
                    return Err("laying out twice differs from once".into());
                }
                text.trim_end().to_owned()
            }
            Err(error) => format!("syntax error at {}: {}", error.at.start, error.message),
        }
    } else {
        evaluate(&case.input)
    };
    if found == case.expected { Ok(()) } else { Err(format!("expected:\n{}\nfound:\n{found}", case.expected).into()) }
}

/// What the command line would print: M text, or the error on one line.
fn evaluate(text: &str) -> String {
    m::with_stack(|| {
        let parsed = match parse_document(text) {
            Ok(parsed) => parsed,
            Err(error) => return format!("syntax error at {}: {}", error.at.start, error.message),
        };
        let limit = Some(std::time::Duration::from_secs(20));
        let mut cx = Interp::new(Options { time_limit: limit, memory_limit: Some(1 << 30), ..Options::default() }, Sources::default());
        let entry = match &parsed.document {
            m::syntax::Document::Sections(_) => Some(parse_expression("Main").expect("a name")),
            m::syntax::Document::Expression(_) => None,
        };
        let shown = cx.eval_document(&parsed.document, entry.as_ref()).and_then(|value| canon::to_source(&mut cx, &value, 100));
        match shown {
            Ok(text) => text,
            Err(error) if error.is_catchable() => format!("error {error}"),
            Err(error) => format!("fatal {error}"),
        }
    })
}

fn examples_hold() -> Result<(), Failed> {
    let mut wrong = Vec::new();
    let mut count = 0;
    for function in functions::all() {
        for (code, result) in function.examples {
            count += 1;
            let check = format!("Value.Equals({code}, {result})");
            let outcome = evaluate(&check);
            if outcome != "true" && evaluate(code) != evaluate(result) {
                wrong.push(format!("{}: {code} gives {} where {result} is said", function.name, evaluate(code)));
            }
        }
    }
    if count < 300 {
        return Err(format!("only {count} examples").into());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn descriptors_are_complete() -> Result<(), Failed> {
    let all = functions::all();
    for pair in all.windows(2) {
        if pair[0].name == pair[1].name {
            return Err(format!("{} is there twice", pair[0].name).into());
        }
    }
    for function in all {
        if function.about.is_empty() || !function.source.starts_with("https://") {
            return Err(format!("{} is not described", function.name).into());
        }
        let first_optional = function.params.iter().position(|p| p.optional).unwrap_or(function.params.len());
        if function.params[first_optional..].iter().any(|p| !p.optional) {
            return Err(format!("{} has a required parameter behind an optional one", function.name).into());
        }
    }
    Ok(())
}

/// The text printed again and read again stays the same, and so does its layout.
fn round_trip(text: &str) -> Result<(), String> {
    let Ok(parsed) = parse_document(text) else { return Ok(()) };
    let printed = print(&parsed.document);
    let again = parse_document(&printed).map_err(|e| format!("{text:?} printed as {printed:?}: {} at {}", e.message, e.at.start))?;
    let twice = print(&again.document);
    if twice != printed {
        return Err(format!("{text:?} printed as {printed:?}, then as {twice:?}"));
    }
    let laid_out = format(text).map_err(|e| e.message)?;
    let reread = parse_document(&laid_out).map_err(|e| format!("{text:?} laid out as {laid_out:?}: {} at {}", e.message, e.at.start))?;
    let reprinted = print(&reread.document);
    if reprinted != printed {
        return Err(format!("{text:?} laid out as {laid_out:?} means {reprinted:?}, not {printed:?}"));
    }
    Ok(())
}
