//! Why a figure is wrong: what to look at first, and the rows that the figure is made of.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, DIMENSIONS, Key, Report, Verdict, organisation_filter, text_literal};
use crate::dax::{Engine, Options as DaxOptions};
use crate::table::Value;

/// Rows behind a figure.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Table.
    pub table: String,
    /// How many there are.
    pub count: usize,
    /// Columns shown.
    pub columns: Vec<String>,
    /// The first rows, as text.
    pub rows: Vec<Vec<String>>,
}

/// The filters of a check as DAX tables, the organisation's first.
pub fn filters(check: &Check) -> Vec<String> {
    let mut filters = vec![organisation_filter(&check.organisation)];
    for (name, value) in &check.slice {
        let Some(dimension) = DIMENSIONS.iter().find(|d| d.name == name) else { continue };
        if let Some((first, last)) = value.split_once("..") {
            let (first, last) = (date(first), date(last));
            filters.push(format!("FILTER ( ALL ( 'Date'[Date] ), 'Date'[Date] >= {first} && 'Date'[Date] <= {last} )"));
            continue;
        }
        let values: Vec<String> = match dimension.kind {
            Key::Date => vec![date(value)],
            Key::TextOrNone if value.is_empty() => vec!["BLANK ()".to_owned()],
            Key::Text | Key::TextOrNone => value.split(',').map(text_literal).collect(),
        };
        filters.push(format!("TREATAS ( {{ {} }}, {} )", values.join(", "), dimension.column));
    }
    filters
}

fn date(text: &str) -> String {
    let mut parts = text.split('-').map(|part| part.trim_start_matches('0'));
    let mut next = || parts.next().filter(|part| !part.is_empty()).unwrap_or("1").to_owned();
    format!("DATE ( {}, {}, {} )", next(), next(), next())
}

/// Everything a measure uses, through other measures too: measures, and columns by table.
pub fn uses(engine: &Engine, measure: &str) -> (BTreeSet<String>, BTreeMap<String, BTreeSet<String>>) {
    let mut measures = BTreeSet::new();
    let mut columns: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut open = vec![measure.to_owned()];
    while let Some(name) = open.pop() {
        let Ok(direct) = engine.dependencies(&name) else { continue };
        for (table, column) in direct.columns {
            columns.entry(table).or_default().insert(column);
        }
        for used in direct.measures {
            if used != measure && measures.insert(used.clone()) {
                open.push(used);
            }
        }
    }
    (measures, columns)
}

/// The first rows of the facts that a measure reads, under the filters of a check.
pub fn rows(engine: &Engine, check: &Check, most: usize) -> Vec<Rows> {
    // What a person knows a row by.
    const FACTS: [(&str, &[&str]); 6] = [
        ("Invoices", &["Invoice Number", "Date"]),
        ("Invoice Line Items", &["Item Code"]),
        ("Bank Statements", &["Date", "Source"]),
        ("Trial Balance", &["Account Name", "Month End"]),
        ("Bank Statement Daily Balance", &["Account Key", "Date"]),
        ("Items", &["Item Code"]),
    ];
    let (_, used) = uses(engine, &check.measure);
    let filters = filters(check).join(", ");
    let mut found = Vec::new();
    for (table, names) in FACTS {
        let Some(columns) = used.get(table) else { continue };
        let mut shown: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        shown.extend(columns.iter().filter(|column| !names.contains(&column.as_str())).take(6).cloned());
        let select: Vec<String> =
            shown.iter().map(|column| format!("{}, '{table}'[{}]", text_literal(column), column.replace(']', "]]"))).collect();
        let query = format!("EVALUATE CALCULATETABLE ( SELECTCOLUMNS ( '{table}', {} ), {filters} )", select.join(", "));
        let Ok(tables) = engine.evaluate(&query, &DaxOptions::default()) else { continue };
        let mut all = tables.into_iter().next().map(|t| t.rows).unwrap_or_default();
        // Rows that say something about the figure come first.
        all.sort_by_key(|row| row.iter().skip(names.len()).all(Value::is_blank));
        found.push(Rows {
            table: table.to_owned(),
            count: all.len(),
            columns: shown,
            rows: all.iter().take(most).map(|row| row.iter().map(cell).collect()).collect(),
        });
    }
    found
}

fn cell(value: &Value) -> String {
    super::compare::text(value).unwrap_or_default()
}

fn number(text: Option<&String>) -> Option<f64> {
    text?.parse().ok()
}

/// What to look at first for a measure whose checks fail; `None` where nothing can be told.
pub fn hint(engine: &Engine, report: &Report, measure: &str) -> Option<String> {
    let of = |wanted: &str| report.checks.iter().filter(|c| c.measure == wanted).cloned().collect::<Vec<Check>>();
    let wrong = |c: &&Check| c.verdict == Verdict::Differs && c.reference.is_some() | c.dax.is_some();
    let checks = of(measure);
    let failing: Vec<&Check> = checks.iter().filter(wrong).collect();
    let first = *failing.first()?;
    // A wrong figure that it is made of explains it better than its own text.
    let (used, _) = uses(engine, measure);
    let roots: Vec<String> = used
        .into_iter()
        .filter(|name| report.checks.iter().any(|c| c.measure == *name && matches!(c.verdict, Verdict::Differs | Verdict::Error)))
        .map(|name| format!("[{name}]"))
        .collect();
    if !roots.is_empty() {
        return Some(format!("it uses {}, which is wrong itself: look there first", roots.join(", ")));
    }
    let pairs: Vec<(f64, f64)> = failing.iter().filter_map(|c| Some((number(c.dax.as_ref())?, number(c.reference.as_ref())?))).collect();
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1e-6);
    if !pairs.is_empty() && pairs.iter().all(|(ours, theirs)| near(*ours, -theirs)) {
        return Some("every figure has the other sign".to_owned());
    }
    if let Some((ours, theirs)) = pairs.first().copied()
        && theirs != 0.0
        && pairs.len() > 1
        && pairs.iter().all(|(a, b)| near(a / ours * theirs, *b))
    {
        return Some(format!("every figure is {} times what it must be", (ours / theirs * 1e6).round() / 1e6));
    }
    let total = checks.iter().find(|c| c.slice.is_empty());
    let sliced: Vec<&&Check> = failing.iter().filter(|c| !c.slice.is_empty()).collect();
    if let Some(total) = total
        && total.verdict == Verdict::Equal
        && sliced.len() > 1
        && sliced.iter().all(|c| c.dax == total.dax)
    {
        let names: BTreeSet<&String> = sliced.iter().flat_map(|c| c.slice.keys()).collect();
        let names = names.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        return Some(format!("the figure is the same under every filter on {names}: does the DAX remove that filter?"));
    }
    if failing.iter().all(|c| c.dax.is_none()) {
        return Some("DAX finds nothing: a filter keeps too little, or compares with a value that does not occur".to_owned());
    }
    if failing.iter().all(|c| c.reference.is_none()) {
        return Some("DAX gives a figure where there must be none: is a condition missing?".to_owned());
    }
    let alike = |c: &Check, n: f64| {
        c.measure != measure
            && c.slice == first.slice
            && c.organisation == first.organisation
            && number(c.reference.as_ref()).is_some_and(|r| r != 0.0 && near(r.abs(), n.abs()))
    };
    if let Some(ours) = number(first.dax.as_ref())
        && let Some(same) = report.checks.iter().find(|c| alike(c, ours))
    {
        return Some(format!("the figure is that of [{}]", same.measure));
    }
    if let (Some(difference), true) = (number(first.difference.as_ref()), first.difference.is_some())
        && difference != 0.0
    {
        let same = report.checks.iter().find(|c| alike(c, difference));
        if let Some(same) = same {
            return Some(format!("the difference is exactly [{}]", same.measure));
        }
    }
    if total.is_some_and(|c| c.verdict == Verdict::Equal) {
        return Some("the total is right and the parts are not: a date, or a relationship, other than the one meant?".to_owned());
    }
    None
}
