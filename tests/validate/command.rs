//! `validate` and `reference` as other programs run them.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use libtest_mimic::{Failed, Trial};
use quick_xml::events::Event;
use serde_json::Value;
use xero_pbit::sample::{Country, Options};

use super::{company, write};

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("validate::the_json_forms_are_the_contract", the_json_forms_are_the_contract),
        Trial::test("validate::a_failure_is_told_in_every_form", a_failure_is_told_in_every_form),
        Trial::test("validate::a_model_that_cannot_be_read_is_told_in_every_form", a_model_that_cannot_be_read_is_told_in_every_form),
        Trial::test("validate::a_day_without_trial_balance_is_refused", a_day_without_trial_balance_is_refused),
        Trial::test("validate::several_organisations_are_a_list", several_organisations_are_a_list),
    ]
}

fn run(arguments: &[&str]) -> std::io::Result<Output> {
    Command::new(env!("CARGO_BIN_EXE_xero-pbit")).args(arguments).output()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

fn options(seed: u64) -> Options {
    Options { as_of: "2025-05-31".parse().expect("a day"), ..Options::new(seed, 40, 4, Country::Nz) }
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().map(|o| o.keys().map(String::as_str).collect()).unwrap_or_default()
}

fn parsed(output: &Output, code: i32) -> Result<Value, Failed> {
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.code() != Some(code) {
        return Err(format!("expected exit code {code}, found {:?}: {said}", output.status.code()).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Money: a decimal text with at least two decimals, or a whole count, or a ratio; blank is null.
fn is_amount(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|t| t.parse::<rust_decimal::Decimal>().is_ok() && !t.contains(['e', 'E', ',']))
}

fn the_json_forms_are_the_contract() -> Result<(), Failed> {
    let folder = company(&options(51));
    let figures = parsed(&run(&["reference", "--company", text(folder.path()), "--format", "json"])?, 0)?;
    assert!(keys(&figures).is_superset(&["as_of", "organisation", "measures"].into()), "{:?}", keys(&figures));
    assert_eq!(figures["as_of"], "2025-05-31");
    let measures = figures["measures"].as_object().expect("a mapping of measures");
    for name in [
        "Cash in",
        "Closing balance today",
        "Net profit this month",
        "Net profit this fiscal year",
        "Top expense accounts",
        "Monthly profit and loss",
    ] {
        assert!(measures.contains_key(name), "no `{name}`");
    }
    assert!(measures.len() >= 29);
    let dimensions: BTreeSet<&str> = ["Month", "Date", "Contact", "Account", "Item", "Due Bucket", "Organisation"].into();
    for (name, figure) in measures {
        assert_eq!(keys(figure), ["by", "total"].into(), "{name}");
        assert!(is_amount(&figure["total"]), "{name}: {}", figure["total"]);
        for (dimension, values) in figure["by"].as_object().expect("a mapping of dimensions") {
            assert!(dimensions.contains(dimension.as_str()), "{name}: {dimension}");
            for (key, value) in values.as_object().expect("a mapping of values") {
                assert!(is_amount(value) && !value.is_null(), "{name} {dimension} {key}: {value}");
            }
        }
    }
    assert!(measures["Cash in"]["total"].as_str().is_some_and(|t| t.split_once('.').is_some_and(|(_, d)| d.len() >= 2)));

    let report = parsed(&run(&["validate", "--company", text(folder.path()), "--format", "json", "--random", "3"])?, 0)?;
    assert!(keys(&report).is_superset(&["as_of", "organisation", "measures", "summary"].into()), "{:?}", keys(&report));
    assert_eq!(report["organisation"], figures["organisation"]);
    assert_eq!(keys(&report["summary"]), ["differs", "equal", "errors", "unproven"].into());
    let checks = report["measures"].as_array().expect("a list of checks");
    assert_eq!(report["summary"]["equal"].as_u64(), Some(checks.len() as u64));
    let mut sliced = false;
    for check in checks {
        assert_eq!(keys(check), ["dax", "difference", "message", "name", "reference", "slice", "verdict"].into());
        assert_eq!(check["verdict"], "equal");
        let Some(slice) = check["slice"].as_object() else { return Err(format!("{check}").into()) };
        if slice.len() == 1
            && let Some((dimension, key)) = slice.iter().next()
        {
            sliced = true;
            assert_eq!(
                check["reference"],
                measures[check["name"].as_str().unwrap_or_default()]["by"][dimension][key.as_str().unwrap_or_default()],
                "{check}"
            );
        }
    }
    assert!(sliced);
    Ok(())
}

/// An overlay that breaks one measure whose name needs care in XML and in annotations.
fn broken(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder.join("measures"))?;
    std::fs::write(folder.join("model.yaml"), "extends: shipped\n")?;
    std::fs::write(
        folder.join("measures/mine.yaml"),
        "folder: Mine\nadd:\n  - {name: 'In & out < \"all\", 100%', description: Wrong., expression: '[Cash in]', equals: '[Cash out] + 1'}\n  - {name: Loose, description: Unproven., expression: '[Cash in] / 2'}\n",
    )
}

fn a_model_that_cannot_be_read_is_told_in_every_form() -> Result<(), Failed> {
    let model = tempfile::tempdir()?;
    std::fs::create_dir(model.path().join("measures"))?;
    std::fs::write(model.path().join("model.yaml"), "extends: shipped\n")?;
    std::fs::write(model.path().join("measures/mine.yaml"), "change:\n  - name: Cash in\n    expression: SUM ( Contacts[Amout] )\n")?;
    let of = |format: &str| run(&["validate", "--model", text(model.path()), "--format", format]);
    let report = parsed(&of("json")?, 1)?;
    assert_eq!((&report["summary"]["errors"], &report["diagnostics"][0]["code"]), (&1.into(), &"D0203".into()), "{report}");
    let junit = String::from_utf8(of("junit")?.stdout)?;
    let mut reader = quick_xml::Reader::from_str(&junit);
    reader.config_mut().check_end_names = true;
    while !matches!(reader.read_event()?, quick_xml::events::Event::Eof) {}
    assert!(junit.contains("errors=\"1\"") && junit.contains("<error message=\"measure `Cash in`: column `Amout`"), "{junit}");
    let github = String::from_utf8(of("github")?.stdout)?;
    assert!(github.starts_with("::error file=") && github.contains("mine.yaml,line=3,"), "{github}");
    Ok(())
}

fn a_failure_is_told_in_every_form() -> Result<(), Failed> {
    let folder = company(&options(52));
    let model = tempfile::tempdir()?;
    broken(model.path())?;
    let of = |format: &str| run(&["validate", "--model", text(model.path()), "--company", text(folder.path()), "--format", format]);
    let report = parsed(&of("json")?, 1)?;
    let summary = &report["summary"];
    assert!(summary["differs"].as_u64() > Some(0) && summary["unproven"] == 1 && summary["errors"] == 0, "{summary}");

    let junit = of("junit")?;
    assert_eq!(junit.status.code(), Some(1));
    let junit = String::from_utf8(junit.stdout)?;
    let mut reader = quick_xml::Reader::from_str(&junit);
    reader.config_mut().check_end_names = true;
    let (mut cases, mut failures, mut skipped, mut depth) = (0, 0, 0, 0);
    let mut stated = None;
    loop {
        let event = reader.read_event()?;
        if let Event::Start(tag) | Event::Empty(tag) = &event {
            for attribute in tag.attributes() {
                let attribute = attribute?;
                let value = attribute.value.into_owned();
                assert!(!value.contains('<'), "{value}");
                if tag.name().as_ref() == "testsuite" && attribute.key.as_ref() == "tests" {
                    stated = value.parse::<usize>().ok();
                }
            }
            match tag.name().as_ref() {
                "testcase" => cases += 1,
                "failure" => failures += 1,
                "skipped" => skipped += 1,
                _ => {}
            }
        }
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!((depth, stated, skipped), (0, Some(cases), 1));
    assert_eq!(Some(failures), summary["differs"].as_u64());

    let github = of("github")?;
    assert_eq!(github.status.code(), Some(1));
    let github = String::from_utf8(github.stdout)?;
    let levels = ["::error title=", "::warning title=", "::notice title="];
    for line in github.lines() {
        let rest = levels.iter().find_map(|level| line.strip_prefix(level));
        let (properties, text) = rest.and_then(|r| r.split_once("::")).ok_or("no text")?;
        let mut properties = properties.split(',');
        assert!(properties.next().is_some_and(|title| !title.contains('=')) && !text.is_empty(), "{line}");
        assert!(properties.all(|p| p.starts_with("file=") || p.starts_with("line=")), "{line}");
    }
    assert_eq!(github.lines().filter(|l| l.starts_with("::error ")).count() as u64, failures);
    assert!(
        github.contains("100%25,file=") && github.contains("mine.yaml,line=3::") && github.contains("::warning title=unproven::Loose"),
        "{github}"
    );

    // Without a proof is a warning, with --strict a failure.
    std::fs::write(
        model.path().join("measures/mine.yaml"),
        "folder: Mine\nadd:\n  - {name: Loose, description: Unproven., expression: '[Cash in] / 2'}\n",
    )?;
    let loose = ["validate", "--model", text(model.path()), "--company", text(folder.path())];
    assert_eq!(run(&loose)?.status.code(), Some(0));
    assert_eq!(run(&[&loose[..], &["--strict"]].concat())?.status.code(), Some(1));
    Ok(())
}

fn a_day_without_trial_balance_is_refused() -> Result<(), Failed> {
    let folder = company(&options(53));
    for command in ["reference", "validate"] {
        let output = run(&[command, "--company", text(folder.path()), "--as-of", "2025-05-15", "--format", "json"])?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{command}: {said}");
        assert!(output.stdout.is_empty() && said.contains("2025-04-30") && said.contains("2025-05-31"), "{command}: {said}");
        let output = run(&[command, "--company", text(folder.path()), "--as-of", "2025-04-30", "--format", "json"])?;
        assert_eq!(parsed(&output, 0)?["as_of"], "2025-04-30", "{command}");
        let output = run(&[command, "--company", text(&folder.path().join("nowhere")), "--format", "json"])?;
        assert_eq!(output.status.code(), Some(2), "{command}");
    }
    Ok(())
}

fn several_organisations_are_a_list() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    write(&folder.path().join("one"), &options(54));
    write(&folder.path().join("two"), &options(55));
    for command in ["reference", "validate"] {
        let all = parsed(&run(&[command, "--company", text(folder.path()), "--format", "json"])?, 0)?;
        let list = all["organisations"].as_array().expect("a list");
        assert_eq!(list.len(), 2);
        assert!(list.iter().all(|one| keys(one).is_superset(&["as_of", "organisation", "measures"].into())));
        assert_eq!(list[1]["as_of"], "2025-05-31");
    }
    Ok(())
}
