//! Measures of one's own and what proves them.

use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use tempfile::TempDir;
use xero_pbit::base::FileSet;
use xero_pbit::dax::Engine;
use xero_pbit::project::Layer;
use xero_pbit::reference::OrganisationFigures;
use xero_pbit::sample::{Country, Options};
use xero_pbit::table::Table;
use xero_pbit::validate::{Check, Verdict, proof};

use super::{Shared, company, figures, model, prove, tables};

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("validate::proofs_hold_and_fail", proofs_hold_and_fail),
        Trial::test("validate::a_changed_figure_differs", a_changed_figure_differs),
        Trial::test("validate::a_measure_without_proof_is_unproven", a_measure_without_proof_is_unproven),
    ]
}

/// An overlay with one file of measures.
pub fn overlay(measures: &str) -> Layer {
    let mut files = FileSet::new();
    files.insert("model.yaml", "extends: shipped\n");
    files.insert("measures/mine.yaml", measures);
    Layer { name: "mine".to_owned(), files }
}

struct Company {
    _folder: TempDir,
    tables: Arc<Vec<Table>>,
    figures: Vec<OrganisationFigures>,
}

fn small() -> Result<Company, String> {
    let folder = company(&Options { as_of: "2025-08-20".parse().expect("a day"), ..Options::new(41, 60, 6, Country::Uk) });
    let tables = Arc::new(tables(&model(None)?, folder.path(), None)?);
    let figures = figures(folder.path(), None)?;
    Ok(Company { _folder: folder, tables, figures })
}

impl Company {
    /// The checks of one overlay.
    fn checks(&self, measures: &str) -> Result<Vec<Check>, String> {
        Ok(prove(&model(Some(overlay(measures)))?, &self.tables, &self.figures, 0).checks)
    }
}

/// The worst verdict about a measure; `None` when nothing was said.
fn worst(checks: &[Check], measure: &str) -> Option<Verdict> {
    let of: Vec<Verdict> = checks.iter().filter(|c| c.measure == measure).map(|c| c.verdict).collect();
    [Verdict::Error, Verdict::Differs, Verdict::Unproven, Verdict::Equal].into_iter().find(|v| of.contains(v))
}

fn proofs_hold_and_fail() -> Result<(), Failed> {
    let company = small()?;
    let cash = &company.figures[0].figures["Cash in"];
    let total = cash.total.text().expect("money came in");
    let (month, of_month) = cash.by["Month"].iter().next().expect("a month");
    let of_month = of_month.text().expect("money came in that month");
    let base = model(None)?;
    let engine = Engine::new(&base.model, Shared(Arc::clone(&company.tables)));
    let mut snapshot = String::new();
    let values = proof::snapshot_of(&engine, &company.figures[0].books.id, "Cash in")?;
    assert!(values.len() > 3, "{values:?}");
    for (key, value) in values {
        snapshot.push_str(&format!("\n      \"{key}\": {}", value.map_or("null".to_owned(), |v| format!("\"{v}\""))));
    }
    // Name, expression, proof, what must come of it.
    let cases: Vec<(&str, &str, String, Verdict)> = vec![
        ("Expect total", "[Cash in]", format!("expect: [{{value: \"{total}\"}}]"), Verdict::Equal),
        (
            "Expect month",
            "[Cash in]",
            format!("expect: [{{filters: {{\"'Date'[Month End]\": {month}}}, value: \"{of_month}\"}}]"),
            Verdict::Equal,
        ),
        ("Expect text", "[Cash in]", "expect: [{filters: {\"Contacts[Contact ID]\": nobody}, value: null}]".to_owned(), Verdict::Equal),
        ("Expect wrong", "[Cash in] + 0.01", format!("expect: [{{value: \"{total}\"}}]"), Verdict::Differs),
        (
            "Expect wrong month",
            "[Cash in]",
            format!("expect: [{{filters: {{\"'Date'[Month End]\": {month}}}, value: \"0.01\"}}]"),
            Verdict::Differs,
        ),
        ("Expect blank", "[Cash in]", "expect: [{value: null}]".to_owned(), Verdict::Differs),
        ("Blank is not zero", "BLANK ()", "expect: [{value: 0}]".to_owned(), Verdict::Differs),
        ("Equals", "[Cash in] - [Cash out]", "equals: \"[Daily cash flow]\"".to_owned(), Verdict::Equal),
        ("Equals wrong", "[Cash in] - [Cash out]", "equals: \"[Daily cash flow] + 1\"".to_owned(), Verdict::Differs),
        ("Equals in total only", "[Cash in]", "equals: \"CALCULATE ( [Cash in], REMOVEFILTERS ( 'Date' ) )\"".to_owned(), Verdict::Differs),
        ("Equals nonsense", "[Cash in]", "equals: \"[Cash in\"".to_owned(), Verdict::Error),
        ("Never negative", "[Cash in]", "invariants: [never negative]".to_owned(), Verdict::Equal),
        ("Sometimes negative", "- [Cash in]", "invariants: [never negative]".to_owned(), Verdict::Differs),
        ("Additive", "[Cash in]", "invariants: [\"additive over 'Date'[Month End]\"]".to_owned(), Verdict::Equal),
        ("Not additive", "1.5", "invariants: [\"additive over 'Date'[Month End]\"]".to_owned(), Verdict::Differs),
        (
            "Sum of parts",
            "[Daily cash flow]",
            "invariants: [\"total equals sum of [Cash in], [Cash out (negative)]\"]".to_owned(),
            Verdict::Equal,
        ),
        ("Not the sum", "[Daily cash flow]", "invariants: [\"total equals sum of [Cash in], [Cash out]\"]".to_owned(), Verdict::Differs),
        ("Unknown invariant", "[Cash in]", "invariants: [always lucky]".to_owned(), Verdict::Error),
        ("Snapshot", "[Cash in]", format!("snapshot:{snapshot}"), Verdict::Equal),
        ("Snapshot of old", "[Cash in] * 1.001", format!("snapshot:{snapshot}"), Verdict::Differs),
        ("Reference", "[Cash in] * 1", "reference: Cash in".to_owned(), Verdict::Equal),
        ("Reference wrong", "[Cash in] + [Cash out]", "reference: Cash in".to_owned(), Verdict::Differs),
    ];
    let mut text = String::from("folder: Mine\nadd:\n");
    for (name, expression, proof, _) in &cases {
        text.push_str(&format!(
            "  - name: {name}\n    description: {name} of the test.\n    expression: |\n      {expression}\n    {proof}\n"
        ));
    }
    let checks = company.checks(&text)?;
    let mut problems = Vec::new();
    for (name, _, _, wanted) in &cases {
        let found = worst(&checks, name);
        if found != Some(*wanted) {
            let of: Vec<&Check> = checks.iter().filter(|c| c.measure == *name && c.verdict != Verdict::Equal).take(3).collect();
            problems.push(format!("{name}: expected {}, found {found:?}: {of:?}", wanted.name()));
        }
    }
    if let Some(check) = checks.iter().find(|c| c.measure == "Unknown invariant") {
        assert!(check.message.as_deref().is_some_and(|m| m.contains("always lucky") && m.contains("never negative")), "{check:?}");
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

fn a_changed_figure_differs() -> Result<(), Failed> {
    let company = small()?;
    let checks = company.checks("change:\n  - name: Cash in\n    expression: |\n      SUM ( 'Bank Statements'[Cash In Amount] )\n  - name: Cash out\n    format: '0'\n")?;
    let figure = &company.figures[0].figures;
    assert_ne!(figure["Cash in"].total, figure["Cash in incl. transfers"].total, "the company has transfers");
    assert_eq!(worst(&checks, "Cash in"), Some(Verdict::Differs));
    // What is built on it is wrong too; what only looks different is not.
    assert_eq!(worst(&checks, "Cash out"), Some(Verdict::Equal));
    Ok(())
}

fn a_measure_without_proof_is_unproven() -> Result<(), Failed> {
    let company = small()?;
    let text = "folder: Mine\nadd:\n  - name: Half\n    description: Half of it.\n    expression: '[Cash in] / 2'\n\
                change:\n  - name: Cash out (negative)\n    expression: '[Cash out] * 2'\n";
    let checks = company.checks(text)?;
    assert_eq!(worst(&checks, "Half"), Some(Verdict::Unproven));
    assert_eq!(worst(&checks, "Cash out (negative)"), Some(Verdict::Unproven), "the shipped one needs no proof, a changed one does");
    // As shipped nothing is unproven.
    let report = prove(&model(None)?, &company.tables, &company.figures, 0);
    let unproven: Vec<&str> = report.checks.iter().filter(|c| c.verdict == Verdict::Unproven).map(|c| c.measure.as_str()).collect();
    assert!(unproven.is_empty(), "{unproven:?}");
    Ok(())
}
