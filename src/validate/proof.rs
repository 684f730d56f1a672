//! Proofs that a measure carries in YAML: expected values, another expression, invariants, a snapshot.
//!
//! ```yaml
//! expect:
//!   - {filters: {"'Date'[Month End]": 2026-06-30}, value: 1250.40}
//!   - {value: null}
//! equals: "[Invoiced sales] - [Cost of sales]"
//! invariants: [never negative, "additive over Contacts[Contact Name]", "total equals sum of [Cash in], [Net transfers]"]
//! snapshot: {total: "1250.4"}
//! ```

use std::collections::BTreeMap;

use super::{Check, Report, Verdict, measure_ref, organisation_filter, single, text_literal};
use crate::dax::{Engine, Options as DaxOptions};
use crate::project::Project;
use crate::project::Proof;
use crate::project::yaml::Node;
use crate::reference::OrganisationFigures;
use crate::table::Value;

/// Checks the proofs of all measures; measures without any proof are reported as unproven, unless their reference is null by decision.
pub(super) fn run(project: &Project, engine: &Engine, dax: &DaxOptions, figures: &[OrganisationFigures], report: &mut Report) {
    for proof in &project.proofs {
        let mut proven = proof.reference.is_some();
        for one in figures {
            let cx =
                Context { engine, dax, organisation: &one.books.id, filter: organisation_filter(&one.books.id), measure: &proof.measure };
            proven |= cx.expect(proof, report) | cx.equals(proof, report) | cx.invariants(proof, report) | cx.snapshot(proof, report);
        }
        if !proven && !declared_unproven(project, proof) {
            report.checks.push(Check {
                organisation: String::new(),
                measure: proof.measure.clone(),
                slice: BTreeMap::new(),
                dax: None,
                reference: None,
                difference: None,
                verdict: Verdict::Unproven,
                message: Some("give it `reference`, `expect`, `equals`, `invariants` or a `snapshot`".to_owned()),
            });
        }
    }
}

/// Hidden helpers and texts of the shipped model have no figure to prove; whoever changes one answers for it.
fn declared_unproven(project: &Project, proof: &Proof) -> bool {
    let Some((_, measure)) = project.model.measure(&proof.measure) else { return true };
    let file = measure.expression.origin.as_ref().and_then(|origin| project.sources.get(origin.span.file));
    let as_shipped = file.is_none_or(|file| file.name.starts_with("shipped/"));
    as_shipped && SHIPPED_WITHOUT_FIGURE.contains(&proof.measure.as_str())
}

/// Titles, notes, formats and the statement's switch: their parts are proved, they themselves are no figures.
const SHIPPED_WITHOUT_FIGURE: [&str; 21] = [
    "Alerts count",
    "As at date",
    "As at title",
    "Balance at month end",
    "Balance today",
    "Basis title",
    "Cash out (negative)",
    "Currency note",
    "Empty note",
    "Is Single Currency",
    "Load title",
    "Money Format",
    "Organisation title",
    "Period title",
    "Statement amount",
    "Statement line background",
    "Statement line colour",
    "Statement title",
    "Today",
    "Today title",
    "Current organisation",
];

struct Context<'a> {
    engine: &'a Engine,
    dax: &'a DaxOptions,
    organisation: &'a str,
    filter: String,
    measure: &'a str,
}

impl Context<'_> {
    fn value(&self, expression: &str, filters: &[String]) -> Result<Value, String> {
        let all: Vec<&str> = std::iter::once(self.filter.as_str()).chain(filters.iter().map(String::as_str)).collect();
        single(self.engine.evaluate(&format!("EVALUATE {{ CALCULATE ( {expression}, {} ) }}", all.join(", ")), self.dax))
    }

    fn push(
        &self,
        report: &mut Report,
        slice: BTreeMap<String, String>,
        outcome: Result<(Value, Option<String>, bool), String>,
        message: Option<String>,
    ) {
        let base = Check {
            organisation: self.organisation.to_owned(),
            measure: self.measure.to_owned(),
            slice,
            dax: None,
            reference: None,
            difference: None,
            verdict: Verdict::Error,
            message: None,
        };
        report.checks.push(match outcome {
            Err(error) => Check { message: Some(error), ..base },
            Ok((value, wanted, holds)) => Check {
                dax: super::compare::text(&value),
                reference: wanted,
                verdict: if holds { Verdict::Equal } else { Verdict::Differs },
                message: if holds { None } else { message },
                ..base
            },
        });
    }

    fn expect(&self, proof: &Proof, report: &mut Report) -> bool {
        let Some(cases) = proof.expect.as_ref().and_then(Node::items) else { return false };
        for case in cases {
            let mut slice = BTreeMap::new();
            let mut filters = Vec::new();
            for entry in case.get("filters").and_then(Node::entries).unwrap_or_default() {
                let text = entry.value.as_text().unwrap_or_default();
                slice.insert(entry.key.clone(), text.to_owned());
                filters.push(format!("TREATAS ( {{ {} }}, {} )", literal(&entry.value), entry.key));
            }
            let wanted = case.get("value").filter(|node| !node.is_null()).and_then(Node::as_text).map(str::to_owned);
            let outcome = self.value(&measure_ref(self.measure), &filters).map(|value| {
                let holds = same(&value, wanted.as_deref());
                (value, wanted.clone(), holds)
            });
            self.push(report, slice, outcome, Some("`expect` says otherwise".to_owned()));
        }
        !cases.is_empty()
    }

    fn equals(&self, proof: &Proof, report: &mut Report) -> bool {
        let Some(expression) = proof.equals.as_ref().filter(|n| !n.is_null()).and_then(Node::as_text) else { return false };
        let outcome = self.value(&measure_ref(self.measure), &[]).and_then(|ours| {
            let theirs = self.value(expression, &[])?;
            let wanted = super::compare::text(&theirs);
            let holds = same(&ours, wanted.as_deref());
            Ok((ours, wanted, holds))
        });
        self.push(report, BTreeMap::new(), outcome, Some(format!("it must equal `{expression}`")));
        for dimension in &super::DIMENSIONS {
            let query = format!(
                "EVALUATE FILTER ( SUMMARIZECOLUMNS ( {}, {}, \"a\", {}, \"b\", {expression} ), NOT ( [a] == [b] ) && NOT ( ABS ( [a] - [b] ) <= 1E-9 * ABS ( [b] ) ) )",
                dimension.column,
                self.filter,
                measure_ref(self.measure)
            );
            let outcome = self.engine.evaluate(&query, self.dax).map_err(|error| error.message).map(|tables| {
                let rows = tables.first().map_or(0, |t| t.rows.len());
                (Value::Int64(rows as i64), Some("0".to_owned()), rows == 0)
            });
            let slice = BTreeMap::from([(dimension.name.to_owned(), "(rows that differ)".to_owned())]);
            self.push(report, slice, outcome, Some(format!("it must equal `{expression}` in every {}", dimension.name.to_lowercase())));
        }
        true
    }

    fn invariants(&self, proof: &Proof, report: &mut Report) -> bool {
        let Some(list) = proof.invariants.as_ref().and_then(Node::items) else { return false };
        for node in list {
            let text = node.as_text().unwrap_or_default().trim();
            let measure = measure_ref(self.measure);
            let slice = BTreeMap::from([("invariant".to_owned(), text.to_owned())]);
            let outcome = if text.eq_ignore_ascii_case("never negative") {
                let query =
                    format!("EVALUATE {{ MINX ( SUMMARIZECOLUMNS ( 'Date'[Month End], {}, \"v\", {measure} ), [v] ) }}", self.filter);
                single(self.engine.evaluate(&query, self.dax)).map(|least| {
                    let holds = !matches!(number(&least), Some(n) if n < 0.0);
                    (least, Some("≥ 0".to_owned()), holds)
                })
            } else if let Some(column) = text.strip_prefix("additive over ") {
                let sum = format!("SUMX ( VALUES ( {column} ), CALCULATE ( {measure} ) )");
                self.value(&measure, &[]).and_then(|total| {
                    let parts = self.value(&sum, &[])?;
                    let wanted = super::compare::text(&parts);
                    let holds = same(&total, wanted.as_deref());
                    Ok((total, wanted, holds))
                })
            } else if let Some(parts) = text.strip_prefix("total equals sum of ") {
                let sum = parts.split(',').map(str::trim).collect::<Vec<_>>().join(" + ");
                self.value(&measure, &[]).and_then(|total| {
                    let parts = self.value(&sum, &[])?;
                    let wanted = super::compare::text(&parts);
                    let holds = same(&total, wanted.as_deref());
                    Ok((total, wanted, holds))
                })
            } else {
                Err(format!(
                    "unknown invariant `{text}`; expected `never negative`, `additive over Table[Column]` or `total equals sum of [A], [B]`"
                ))
            };
            self.push(report, slice, outcome, Some(format!("the invariant `{text}` does not hold")));
        }
        !list.is_empty()
    }

    fn snapshot(&self, proof: &Proof, report: &mut Report) -> bool {
        let Some(entries) = proof.snapshot.as_ref().and_then(Node::entries) else { return false };
        for entry in entries {
            let wanted = Some(&entry.value).filter(|n| !n.is_null()).and_then(|n| n.as_text()).map(str::to_owned);
            let filters = if entry.key == "total" {
                Vec::new()
            } else {
                vec![format!("TREATAS ( {{ {} }}, 'Date'[Month End] )", date_or_text(&entry.key))]
            };
            let outcome = self.value(&measure_ref(self.measure), &filters).map(|value| {
                let holds = same(&value, wanted.as_deref());
                (value, wanted.clone(), holds)
            });
            let slice = if entry.key == "total" { BTreeMap::new() } else { BTreeMap::from([("Month".to_owned(), entry.key.clone())]) };
            self.push(
                report,
                slice,
                outcome,
                Some("the approved snapshot says otherwise; `validate --accept` approves the new value".to_owned()),
            );
        }
        !entries.is_empty()
    }
}

/// Values of a measure to approve: the total and each month, for one organisation.
///
/// # Errors
/// The engine's message.
pub fn snapshot_of(engine: &Engine, organisation: &str, measure: &str) -> Result<Vec<(String, Option<String>)>, String> {
    let dax = DaxOptions::default();
    let filter = organisation_filter(organisation);
    let total = single(engine.evaluate(&format!("EVALUATE {{ CALCULATE ( {}, {filter} ) }}", measure_ref(measure)), &dax))?;
    let mut values = vec![("total".to_owned(), super::compare::text(&total))];
    let query =
        format!("EVALUATE SUMMARIZECOLUMNS ( 'Date'[Month End], {filter}, \"v\", {} ) ORDER BY 'Date'[Month End]", measure_ref(measure));
    for row in engine.evaluate(&query, &dax).map_err(|error| error.message)?.into_iter().flat_map(|t| t.rows) {
        if let Value::DateTime(serial) = row[0] {
            values.push((crate::base::Date(serial.floor() as i32).to_string(), super::compare::text(&row[1])));
        }
    }
    Ok(values)
}

/// A YAML scalar as a DAX literal: dates and numbers as such, everything else as text.
fn literal(node: &Node) -> String {
    let text = node.as_text().unwrap_or_default();
    if text.parse::<f64>().is_ok() { text.to_owned() } else { date_or_text(text) }
}

fn date_or_text(text: &str) -> String {
    match text.parse::<crate::base::Date>() {
        Ok(day) => {
            let (y, m, d) = day.ymd();
            format!("DATE ( {y}, {m}, {d} )")
        }
        Err(_) => text_literal(text),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int64(n) => Some(*n as f64),
        Value::Double(x) => Some(*x),
        Value::Currency(c) => Some(c.to_f64()),
        _ => None,
    }
}

/// Whether a value is the one that a text states: numbers within 1e-9 of their size, texts to the letter, blank for nothing.
fn same(value: &Value, wanted: Option<&str>) -> bool {
    match (super::compare::text(value), wanted) {
        (None, None) => true,
        (Some(got), Some(wanted)) => match (number(value), wanted.parse::<f64>()) {
            (Some(a), Ok(b)) => (a - b).abs() <= 1e-9 * b.abs().max(1e-6),
            _ => got == wanted,
        },
        _ => false,
    }
}
