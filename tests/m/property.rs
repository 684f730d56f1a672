//! Properties over generated texts.

use libtest_mimic::{Failed, Trial};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use xero_pbit::m::syntax::{format, parse_document};
use xero_pbit::m::{self, Interp, Options, Sources, canon};

/// All trials of this topic.
pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("m::property::printing_and_reading_are_inverse", || {
            run(400, any::<u64>(), |seed| super::round_trip(&Text::new(seed).document()))
        }),
        Trial::test("m::property::any_text_is_read_or_refused", || run(400, ".{0,60}", |text| nothing_panics(&text))),
        Trial::test("m::property::mangled_texts_are_read_or_refused", || {
            run(400, (any::<u64>(), any::<prop::sample::Index>(), ".{0,3}"), |(seed, at, insert)| {
                let mut text = Text::new(seed).document();
                let mut place = at.index(text.len() + 1);
                while !text.is_char_boundary(place) {
                    place -= 1;
                }
                text.truncate(place);
                text.push_str(&insert);
                nothing_panics(&text)
            })
        }),
        Trial::test("m::property::evaluation_ends_with_a_value_or_an_error", || {
            m::with_stack(|| run(300, any::<u64>(), |seed| evaluation_ends(&Text::new(seed).document())))
        }),
        Trial::test("m::property::deep_nesting_is_an_error", deep_nesting),
    ]
}

fn run<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value) -> Result<(), String>) -> Result<(), Failed> {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&strategy, |value| test(value).map_err(TestCaseError::fail));
    outcome.map_err(|e| Failed::from(e.to_string()))
}

fn nothing_panics(text: &str) -> Result<(), String> {
    if parse_document(text).is_ok() {
        format(text).map_err(|e| e.message)?;
    }
    Ok(())
}

fn evaluation_ends(text: &str) -> Result<(), String> {
    let Ok(parsed) = parse_document(text) else { return Ok(()) };
    let time_limit = Some(std::time::Duration::from_millis(500));
    let mut cx = Interp::new(Options { time_limit, memory_limit: Some(256 << 20), ..Options::default() }, Sources::default());
    // Whatever comes out, it comes out.
    if let Ok(value) = cx.eval_document(&parsed.document, None) {
        let _ = canon::to_json(&mut cx, &value);
    }
    Ok(())
}

fn deep_nesting() -> Result<(), Failed> {
    for (open, close) in
        [("(", ")"), ("{", "}"), ("[a=", "]"), ("- ", ""), ("each ", ""), ("type {", "}"), ("f(", ")"), ("let a = 1 in ", "")]
    {
        let text = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        if parse_document(&text).is_ok() {
            return Err(format!("{open} nested a hundred thousand times was read").into());
        }
    }
    let chain = vec!["1"; 15_000].join(" + ");
    if super::evaluate(&chain) != "15000" {
        return Err("a long sum".into());
    }
    let nested = super::evaluate("List.Count(List.Accumulate({1..1000000}, {}, (state, item) => {state}))");
    if nested != "1" {
        return Err(nested.into());
    }
    let forever = super::evaluate("let f = (n) => @f(n + 1) + 1 in f(0)");
    if forever != "fatal Expression.Error: Evaluation resulted in a stack overflow and cannot continue." {
        return Err(forever.into());
    }
    Ok(())
}

/// Texts of the grammar, from a seed.
struct Text(u64);

const NAMES: [&str; 12] = ["a", "b", "_x", "Text.From", "#\"a b\"", "table", "record", "optional", "nullable", "text", "catch", "function"];
const FIELDS: [&str; 12] =
    ["a", "a b", "Base Line", "2020 total", "if", "let x", "#\"q \"\"r\"\"\"", "a.b c", "optional", "each", "_", "A  B"];
const KINDS: [&str; 10] = ["any", "number", "text", "null", "type", "table", "list", "function", "nullable date", "nullable record"];
const LITERALS: [&str; 12] =
    ["1", "1.5", ".5", "0xff", "1e3", "\"t\"", "\"a \"\"b\"\" #(lf)#(0041)\"", "null", "true", "#infinity", "...", "#shared"];
const OPERATORS: [&str; 15] = ["+", "-", "*", "/", "&", "=", "<>", "<", "<=", ">", ">=", "and", "or", "??", "meta"];

impl Text {
    fn new(seed: u64) -> Text {
        Text(seed | 1)
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn many(&mut self, most: usize, mut one: impl FnMut(&mut Text) -> String) -> String {
        let count = self.below(most + 1);
        (0..count).map(|_| one(self)).collect::<Vec<_>>().join(", ")
    }

    fn document(&mut self) -> String {
        if self.below(10) > 0 {
            let depth = 1 + self.below(3);
            return self.expr(depth);
        }
        let mut out = "section S; ".to_owned();
        for _ in 0..self.below(4) {
            let (shared, name, value) = (self.pick(&["", "shared "]), self.pick(&NAMES[..5]), self.expr(2));
            out.push_str(&format!("{shared}{name} = {value}; // end\n"));
        }
        out
    }

    fn expr(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.primary(0);
        }
        match self.below(14) {
            0 => format!("each {}", self.expr(depth - 1)),
            1 => {
                let bindings: Vec<String> = (0..=self.below(3)).map(|at| format!("{} = {}", NAMES[at], self.expr(depth - 1))).collect();
                format!("let {} in {}", bindings.join(", /* next */ "), self.expr(depth - 1))
            }
            2 => format!("if {} then {} else {}", self.expr(depth - 1), self.expr(depth - 1), self.expr(depth - 1)),
            3 => format!("error {}", self.expr(depth - 1)),
            4 => format!("try {} otherwise {}", self.expr(depth - 1), self.expr(depth - 1)),
            5 => format!("try {} catch (e) => {}", self.expr(depth - 1), self.expr(depth - 1)),
            6 => format!("try {}", self.expr(depth - 1)),
            7 => {
                let kind = self.pick(&KINDS);
                format!("(p, q as {kind}, optional r) as {} => {}", self.pick(&KINDS), self.expr(depth - 1))
            }
            8 => format!("{} {} {}", self.unary(depth), self.pick(&["is", "as"]), self.pick(&KINDS)),
            _ => {
                let mut out = self.unary(depth);
                for _ in 0..self.below(4) {
                    out = format!("{out} {} {}", self.pick(&OPERATORS), self.unary(depth));
                }
                out
            }
        }
    }

    fn unary(&mut self, depth: usize) -> String {
        match self.below(8) {
            0 if depth > 0 => format!("{}{}", self.pick(&["-", "+", "not "]), self.unary(depth - 1)),
            1 if depth > 0 => format!("type {}", self.ty(depth - 1)),
            _ => self.primary(depth),
        }
    }

    fn ty(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.pick(&KINDS).to_owned();
        }
        match self.below(7) {
            0 => format!("{{{}}}", self.ty(depth - 1)),
            1 => {
                let fields = self.many(3, |t| format!("{}{} = {}", t.pick(&["", "optional "]), t.pick(&FIELDS[..8]), t.ty(depth - 1)));
                format!("[{fields}]")
            }
            2 => format!("table [{}]", self.many(3, |t| format!("{} = {}", t.pick(&FIELDS[..8]), t.ty(depth - 1)))),
            3 => format!("function (x as {}, optional y as {}) as {}", self.ty(depth - 1), self.ty(depth - 1), self.ty(depth - 1)),
            4 => format!("nullable {}", self.ty(depth - 1)),
            5 => "Int64.Type".to_owned(),
            _ => self.pick(&KINDS).to_owned(),
        }
    }

    fn primary(&mut self, depth: usize) -> String {
        if depth == 0 {
            return if self.below(2) == 0 { self.pick(&LITERALS) } else { self.pick(&NAMES) }.to_owned();
        }
        let mut out = match self.below(8) {
            0 => format!("({})", self.expr(depth - 1)),
            1 => format!("{{{}}}", self.many(3, |t| t.expr(depth - 1))),
            2 => format!("{{{} .. {}}}", self.expr(depth - 1), self.expr(depth - 1)),
            3 | 4 => format!("[{}]", self.many(3, |t| format!("{} = {}", t.pick(&FIELDS), t.expr(depth - 1)))),
            5 => format!("[{}]{}", self.pick(&FIELDS), self.pick(&["", "?"])),
            6 => format!("@{}", self.pick(&NAMES)),
            _ => self.pick(&LITERALS).to_owned(),
        };
        for _ in 0..self.below(3) {
            match self.below(4) {
                0 => out = format!("{out}({})", self.many(2, |t| t.expr(depth - 1))),
                1 => out = format!("{out}{{{}}}{}", self.expr(depth - 1), self.pick(&["", "?"])),
                2 => out = format!("{out}[{}]{}", self.pick(&FIELDS), self.pick(&["", "?"])),
                _ => out = format!("{out}[[{}], [{}]]", self.pick(&FIELDS), self.pick(&FIELDS)),
            }
        }
        out
    }
}
