//! `Web.Contents` and connectors against a web in memory with a clock that costs no time.

use std::cell::RefCell;
use std::rc::Rc;

use libtest_mimic::{Failed, Trial};
use xero_pbit::m::sources::{Clock, Credential, Credentials, Http, HttpRequest, HttpResponse, Secret};
use xero_pbit::m::syntax::{parse_document, parse_expression};
use xero_pbit::m::{self, Interp, Options, Sources, canon};

/// All trials of this topic.
pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("m::web::address_is_put_together_from_base_path_and_query", address),
        Trial::test("m::web::equal_requests_are_sent_once", || {
            let text = "let f = () => Text.FromBinary(Web.Contents(\"https://x.test\", [RelativePath = \"ok\"])) in f() & f()";
            expect(text, "\"okok\"", &["GET https://x.test/ok"])
        }),
        Trial::test("m::web::nothing_is_sent_for_a_binary_that_nobody_reads", || {
            expect("let r = Web.Contents(\"https://x.test/ok\") in 1", "1", &[])
        }),
        Trial::test("m::web::statuses_that_pass_are_tried_again_after_a_while", || {
            let text = "Text.FromBinary(Web.Contents(\"https://x.test/busy\"))";
            let world = World::run(text, None);
            same(&world.shown, "\"ok\"")?;
            same(&world.log.join(" "), "GET https://x.test/busy GET https://x.test/busy GET https://x.test/busy")?;
            same(&format!("{}", world.slept / 10_000_000), "14")
        }),
        Trial::test("m::web::four_failures_are_an_error", || {
            let text = "Text.FromBinary(Web.Contents(\"https://x.test/down\"))";
            let world = World::run(text, None);
            same(
                &world.shown,
                "error DataSource.Error: Web.Contents failed to get contents from 'https://x.test/down' (503): Service Unavailable",
            )?;
            same(&world.log.len().to_string(), "4")
        }),
        Trial::test("m::web::manual_statuses_come_back_with_metadata", || {
            let text = "let r = Web.Contents(\"https://x.test/gone\", [ManualStatusHandling = {404}]) in {Value.Metadata(r)[Response.Status], Text.FromBinary(r)}";
            expect(text, "{404, \"no\"}", &["GET https://x.test/gone"])
        }),
        Trial::test("m::web::refusals_are_not_manual_in_queries", || {
            let text = "Text.FromBinary(Web.Contents(\"https://x.test/secret\", [ManualStatusHandling = {401}]))";
            let wanted = "error DataSource.Error: The credentials provided for the Web source are invalid.";
            expect(text, wanted, &["GET https://x.test/secret"])
        }),
        Trial::test("m::web::numbers_are_no_query_values", || {
            let text = "Text.FromBinary(Web.Contents(\"https://x.test\", [Query = [page = 1]]))";
            expect(text, "error Expression.Error: We cannot convert the value 1 to type Text.", &[])
        }),
        Trial::test("m::web::unknown_options_are_refused", || {
            let world = World::run("Web.Contents(\"https://x.test\", [Method = \"GET\"])", None);
            if world.shown.starts_with("error Expression.Error: 'Method' isn't a valid Web.Contents option.") {
                Ok(())
            } else {
                Err(world.shown.into())
            }
        }),
        Trial::test("m::connector::each_source_has_its_own_token_though_cells_are_read_later", connector),
        Trial::test("m::connector::a_stale_token_is_renewed_once", stale_token),
        Trial::test("m::connector::its_functions_are_unknown_to_queries", || {
            let world = World::run("Extension.CurrentCredential()", None);
            same(
                &world.shown,
                "error Expression.Error: The name 'Extension.CurrentCredential' wasn't recognized.  Make sure it's spelled correctly.",
            )
        }),
    ]
}

fn same(found: &str, wanted: &str) -> Result<(), Failed> {
    if found == wanted { Ok(()) } else { Err(format!("expected {wanted}, found {found}").into()) }
}

fn expect(text: &str, wanted: &str, log: &[&str]) -> Result<(), Failed> {
    let world = World::run(text, None);
    same(&world.shown, wanted)?;
    same(&world.log.join(" "), &log.join(" "))
}

fn address() -> Result<(), Failed> {
    for (base, path, query, wanted) in [
        ("https://x.test", "a/b", "[q = \"1 2\"]", "https://x.test/a/b?q=1%202"),
        ("https://x.test/", "/a", "[]", "https://x.test/a"),
        ("https://x.test/v2", "a", "[q = {\"1\", \"2\"}]", "https://x.test/v2/a?q=1&q=2"),
        ("https://x.test/?k=v", "", "[q = \"é&\"]", "https://x.test/?k=v&q=%C3%A9%26"),
    ] {
        let text = format!("Text.FromBinary(Web.Contents(\"{base}\", [RelativePath = \"{path}\", Query = {query}]))");
        let world = World::run(&text, None);
        same(&world.log.join(" "), &format!("GET {wanted}"))?;
    }
    Ok(())
}

const CONNECTOR: &str = r#"section Demo;
[DataSource.Kind = "Demo"]
shared Demo.Contents = Value.ReplaceType(Navigation, type function (organisation as text) as table);
Navigation = (organisation as text) as table => #table({"Name", "Data"}, {{"a", Get("a")}, {"b", Get("b")}});
Get = (path as text) => Text.FromBinary(Web.Contents("https://x.test", [RelativePath = path]));
Demo = [Authentication = [OAuth = []]];
"#;

fn connector() -> Result<(), Failed> {
    let world =
        World::run("let one = Demo.Contents(\"one\"), two = Demo.Contents(\"two\") in {two{0}[Data], one{1}[Data]}", Some(CONNECTOR));
    same(&world.shown, "{\"ok\", \"ok\"}")?;
    same(
        &world.log.join(" "),
        "GET https://x.test/a Bearer {\"organisation\":\"two\"} GET https://x.test/b Bearer {\"organisation\":\"one\"}",
    )
}

fn stale_token() -> Result<(), Failed> {
    let text = "let one = Demo.Contents(\"stale\") in one{0}[Data]";
    let world = World::run(text, Some(CONNECTOR));
    same(&world.shown, "\"ok\"")?;
    same(&world.log.join(" "), "GET https://x.test/a Bearer stale GET https://x.test/a Bearer fresh")
}

#[derive(Default)]
struct World {
    shown: String,
    log: Vec<String>,
    slept: i64,
}

#[derive(Clone, Default)]
struct Shared(Rc<RefCell<World>>);

impl Http for Shared {
    fn send(&mut self, request: &HttpRequest) -> Result<HttpResponse, String> {
        let authorization =
            request.headers.iter().find(|(name, _)| name == "Authorization").map_or(String::new(), |(_, v)| format!(" {v}"));
        let mut world = self.0.borrow_mut();
        world.log.push(format!("{} {}{authorization}", request.method, request.url));
        let answer = |status: u16, headers: &[(&str, &str)], body: &str| HttpResponse {
            status,
            reason: String::new(),
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: body.as_bytes().to_vec(),
        };
        Ok(match request.url.as_str() {
            "https://x.test/busy" if request.attempt < 2 => answer(429, &[("retry-after", "7")], "wait"),
            "https://x.test/down" => answer(503, &[], "down"),
            "https://x.test/gone" => answer(404, &[], "no"),
            "https://x.test/secret" => answer(401, &[], "who"),
            _ if authorization == " Bearer stale" => answer(401, &[], "who"),
            _ => answer(200, &[("content-type", "text/plain")], "ok"),
        })
    }
}

impl Clock for Shared {
    fn now_ticks(&mut self) -> i64 {
        0
    }

    fn sleep_ticks(&mut self, ticks: i64) {
        self.0.borrow_mut().slept += ticks;
    }
}

struct Tokens;

fn token(text: &str) -> Option<Credential> {
    Some(Credential { kind: "OAuth2".to_owned(), fields: vec![("access_token".to_owned(), Secret(text.to_owned()))] })
}

impl Credentials for Tokens {
    fn find(&mut self, kind: &str, path: &str) -> Option<Credential> {
        match kind {
            "Demo" if path.contains("stale") => token("stale"),
            "Demo" => token(path),
            _ => Some(Credential { kind: "Anonymous".to_owned(), fields: Vec::new() }),
        }
    }

    fn refresh(&mut self, _kind: &str, _path: &str) -> Option<Credential> {
        token("fresh")
    }
}

impl World {
    fn run(text: &str, connector: Option<&str>) -> World {
        let (text, connector) = (text.to_owned(), connector.map(str::to_owned));
        m::with_stack(move || {
            let shared = Shared::default();
            let sources = Sources {
                http: Some(Box::new(shared.clone())),
                clock: Some(Box::new(shared.clone())),
                credentials: Some(Box::new(Tokens)),
                ..Sources::default()
            };
            let mut cx = Interp::new(Options::default(), sources);
            let mut run = || -> m::Result<String> {
                if let Some(connector) = &connector {
                    let parsed = parse_document(connector).expect("the connector is M");
                    let m::syntax::Document::Sections(sections) = &parsed.document else { panic!("a section document") };
                    cx.load_sections(sections, true)?;
                }
                let expr = parse_expression(&text).expect("the query is M");
                let value = cx.eval_document(&m::syntax::Document::Expression(expr), None)?;
                canon::to_source(&mut cx, &value, 100)
            };
            let shown = match run() {
                Ok(shown) => shown,
                Err(error) => format!("error {error}"),
            };
            drop(cx);
            let world = shared.0.take();
            World { shown, ..world }
        })
    }
}
