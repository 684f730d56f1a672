//! `build`, `check`, `init`, `schema`, `man`, `completions` as commands: exit codes, what they refuse, what they print.

use std::path::Path;
use std::process::{Command, Output};

use libtest_mimic::{Failed, Trial};

fn run(arguments: &[&str]) -> Output {
    let binary = env!("CARGO_BIN_EXE_xero-pbit");
    Command::new(binary).args(arguments).env("NO_COLOR", "1").output().expect("the binary runs")
}

/// The exit code and a phrase of standard error.
fn expect(output: &Output, code: i32, phrase: &str) -> Result<(), Failed> {
    let stderr = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(code) && stderr.contains(phrase) {
        return Ok(());
    }
    Err(Failed::from(format!("expected {code} and `{phrase}`, got {:?}:\n{stderr}", output.status.code())))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of plain characters")
}

const TINY: &str = "tests/model/valid/tiny";

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("emit/command/refuses_what_it_did_not_make", || {
            let folder = tempfile::tempdir()?;
            let out = text(folder.path());
            expect(&run(&["build", "--model", TINY, "--out", out]), 0, "Tiny.pbit")?;
            // Its own files are replaced without asking.
            expect(&run(&["build", "--model", TINY, "--out", out]), 0, "Tiny.pbit")?;
            std::fs::write(folder.path().join("Tiny.SemanticModel/.platform"), "{}")?;
            expect(&run(&["build", "--model", TINY, "--out", out]), 2, "was not made by `build`")?;
            expect(&run(&["build", "--model", TINY, "--out", out, "--force"]), 0, "Tiny.pbit")?;
            std::fs::write(folder.path().join("Tiny.pbit"), "mine")?;
            expect(&run(&["build", "--model", TINY, "--out", out]), 2, "was not made by `build`")?;
            if std::fs::read(folder.path().join("Tiny.pbit"))? == b"mine" { Ok(()) } else { Err("it was replaced".into()) }
        }),
        Trial::test("emit/command/the_shipped_model_has_no_warnings", || {
            for source in ["sample", "folder", "custom-connection", "connector"] {
                let output = run(&["check", "--source", source]);
                expect(&output, 0, "")?;
                let said = String::from_utf8_lossy(&output.stderr);
                if said.contains("warning[") {
                    return Err(format!("check --source {source} warns:\n{said}").into());
                }
            }
            Ok(())
        }),
        Trial::test("emit/command/old_files_go", || {
            let folder = tempfile::tempdir()?;
            let out = text(folder.path());
            expect(&run(&["build", "--model", TINY, "--out", out]), 0, "Tiny.pbit")?;
            let stale = folder.path().join("Tiny.SemanticModel/definition/tables/Old.tmdl");
            std::fs::write(&stale, "table Old")?;
            let loaded = folder.path().join("Tiny.SemanticModel/.pbi/cache.abf");
            std::fs::create_dir_all(loaded.parent().ok_or("no parent")?)?;
            std::fs::write(&loaded, "data that Desktop loaded")?;
            let page = folder.path().join("Tiny.Report/definition/pages/gone/page.json");
            std::fs::create_dir_all(page.parent().ok_or("no parent")?)?;
            std::fs::write(&page, "{}")?;
            let changed = folder.path().join("Tiny.SemanticModel/definition/model.tmdl");
            std::fs::write(&changed, "model Other")?;
            expect(&run(&["build", "--model", TINY, "--out", out]), 0, "Tiny.pbit")?;
            if stale.exists() || page.parent().is_some_and(Path::exists) {
                return Err("a stale table or page is left".into());
            }
            if std::fs::read_to_string(&changed)?.contains("Other") {
                return Err("a changed file is left".into());
            }
            if loaded.exists() { Ok(()) } else { Err("what Desktop loaded is gone".into()) }
        }),
        Trial::test("emit/command/output_that_cannot_be_written", || {
            let folder = tempfile::tempdir()?;
            let file = folder.path().join("file");
            std::fs::write(&file, "")?;
            expect(&run(&["build", "--model", TINY, "--out", text(&file)]), 2, "a file is in its place")?;
            expect(&run(&["build", "--model", TINY, "--out", text(&file.join("below"))]), 2, "cannot")
        }),
        Trial::test("emit/command/model_that_is_a_file", || {
            expect(&run(&["build", "--model", "Cargo.toml"]), 2, "it is a file, not a folder")?;
            expect(&run(&["check", "--model", "no-such-folder"]), 2, "it does not exist")
        }),
        Trial::test("emit/command/languages_and_sources", || {
            let folder = tempfile::tempdir()?;
            let out = text(folder.path());
            expect(&run(&["build", "--model", TINY, "--out", out, "--locale", "fr"]), 0, "Tiny.pbit")?;
            expect(&run(&["build", "--model", TINY, "--out", out, "--locale", "de"]), 2, "no language `de`")?;
            expect(&run(&["build", "--source", "folders"]), 2, "folder")
        }),
        Trial::test("emit/command/json", || {
            let folder = tempfile::tempdir()?;
            let output = run(&["build", "--model", TINY, "--out", text(folder.path()), "--format", "pbit", "--json", "--quiet"]);
            let json: serde_json::Value = serde_json::from_slice(&output.stdout)?;
            if json["files"][0]["path"] == "Tiny.pbit" && output.stderr.is_empty() { Ok(()) } else { Err(Failed::from(json.to_string())) }
        }),
        Trial::test("emit/command/check_formats", || {
            let folder = tempfile::tempdir()?;
            std::fs::write(folder.path().join("model.yaml"), "name: A\nculture: en-US\nsorce: sample\n")?;
            let model = text(folder.path());
            let json: serde_json::Value = serde_json::from_slice(&run(&["check", "--model", model, "--format", "json"]).stdout)?;
            if json["diagnostics"][0]["labels"][0]["line"] != 3 {
                return Err(Failed::from(json.to_string()));
            }
            let github = run(&["check", "--model", model, "--format", "github"]);
            let line = String::from_utf8_lossy(&github.stdout).into_owned();
            if line.contains("::error file=") && line.contains("line=3") && github.status.code() == Some(1) {
                Ok(())
            } else {
                Err(line.into())
            }
        }),
        Trial::test("emit/command/init_builds", || {
            let folder = tempfile::tempdir()?;
            let model = folder.path().join("mine");
            expect(&run(&["init", text(&model), "--name", "It's mine"]), 0, "next:")?;
            expect(&run(&["init", text(&model)]), 2, "already holds files")?;
            let out = folder.path().join("dist");
            expect(&run(&["build", "--model", text(&model), "--out", text(&out)]), 0, "It's mine.pbit")?;
            let full = folder.path().join("full");
            expect(&run(&["init", text(&full), "--full"]), 0, "wrote")?;
            expect(&run(&["build", "--model", text(&full), "--out", text(&out)]), 0, "Xero.pbit")?;
            let shipped = folder.path().join("shipped");
            expect(&run(&["build", "--out", text(&shipped)]), 0, "Xero.pbit")?;
            let same = std::fs::read(out.join("Xero.pbit"))? == std::fs::read(shipped.join("Xero.pbit"))?;
            if same { Ok(()) } else { Err("`init --full` builds something else".into()) }
        }),
        Trial::test("emit/command/schemas_manual_completions", || {
            let schema: serde_json::Value = serde_json::from_slice(&run(&["schema", "table"]).stdout)?;
            if schema["$defs"]["RawTable"].is_null() {
                return Err(Failed::from(schema.to_string()));
            }
            expect(&run(&["schema", "tabel"]), 2, "did you mean `table`?")?;
            let manual = run(&["man", "build"]).stdout;
            let completions = run(&["completions", "bash"]).stdout;
            if manual.starts_with(b".ie") && completions.len() > 1000 { Ok(()) } else { Err("manual or completions are empty".into()) }
        }),
        Trial::test("emit/command/every_help_has_an_example", || {
            let mut lacking = Vec::new();
            for command in ["build", "init", "check", "schema", "completions", "man"] {
                let help = run(&[command, "--help"]).stdout;
                if !String::from_utf8_lossy(&help).contains("Examples:") {
                    lacking.push(command);
                }
            }
            if lacking.is_empty() { Ok(()) } else { Err(Failed::from(lacking.join(", "))) }
        }),
        Trial::test("emit/command/shipped_files_fit_their_schemas", || {
            let files = xero_pbit::project::shipped::files();
            let mut wrong = Vec::new();
            let mut validators = std::collections::BTreeMap::new();
            for (kind, ..) in xero_pbit::project::schema::kinds() {
                let schema = xero_pbit::project::schema::schema(kind).ok_or("no schema")?;
                validators.insert(kind, jsonschema::validator_for(&schema)?);
            }
            for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with(".yaml")) {
                let kind = match path.split_once('/').map(|(folder, _)| folder) {
                    Some("tables") => "table",
                    Some("measures") => "measures",
                    Some("pages") => "page",
                    Some("locales") => "locale",
                    Some(_) => continue,
                    None => path.trim_end_matches(".yaml"),
                };
                let text = xero_pbit::project::yaml::normalize(std::str::from_utf8(bytes)?);
                let mut cx = xero_pbit::project::yaml::Context::default();
                let node = xero_pbit::project::yaml::parse(&text, xero_pbit::base::FileId(0), &mut cx).ok_or("not YAML")?;
                let first = validators.get(kind).and_then(|v| v.iter_errors(&node.to_json()).next().map(|e| e.to_string()));
                wrong.extend(first.map(|error| format!("{path}: {}", error.chars().take(300).collect::<String>())));
            }
            if wrong.is_empty() { Ok(()) } else { Err(Failed::from(wrong.join("\n"))) }
        }),
    ]
}
