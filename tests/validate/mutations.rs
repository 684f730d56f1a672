//! Would a wrong measure be noticed? Every shipped measure is broken in many small ways; `validate` must see it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use libtest_mimic::{Failed, Trial};
use xero_pbit::base::Date;
use xero_pbit::dax::Engine;
use xero_pbit::project::Project;
use xero_pbit::reference::OrganisationFigures;
use xero_pbit::sample::{Country, Options};
use xero_pbit::validate::{self, Scene};

use super::perturb::{Dice, Perturb, Wildness};
use super::{Shared, company, figures, full, model, tables, write};

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("validate::mutants_are_caught", mutants_are_caught)]
}

/// Percent of the judged mutants that must be caught; what survives is explained in docs/mutations.md. A sample may hold more of those.
const FLOOR: usize = 95;
const FLOOR_OF_A_SAMPLE: usize = 90;

/// One measure with one thing changed.
struct Mutant {
    measure: String,
    what: String,
    expression: String,
}

/// Bytes of `text` that are code: not in strings, names in brackets or quotes.
fn code(text: &str) -> Vec<bool> {
    let mut until = None;
    text.bytes()
        .map(|byte| match until {
            Some(end) => {
                if byte == end {
                    until = None;
                }
                false
            }
            None => {
                until = match byte {
                    b'"' | b'\'' => Some(byte),
                    b'[' => Some(b']'),
                    _ => None,
                };
                until.is_none()
            }
        })
        .collect()
}

/// Places where `word` stands as a token of its own.
fn places(text: &str, is_code: &[bool], word: &str) -> Vec<usize> {
    let wordy = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let symbol = |byte: Option<&u8>| byte.is_some_and(|b| b"<>=&|".contains(b));
    let bytes = text.as_bytes();
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(|at| is_code[*at])
        .filter(|at| {
            let (before, after) = (at.checked_sub(1).and_then(|i| bytes.get(i)), bytes.get(at + word.len()));
            if wordy(bytes.get(*at)) { !wordy(before) && !wordy(after) } else { !symbol(before) && !symbol(after) }
        })
        .collect()
}

/// The end of the parenthesis that opens at or after `from`.
fn closing(text: &str, is_code: &[bool], from: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            b'(' if is_code[at] => depth += 1,
            b')' if is_code[at] => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Every mutant of one measure.
fn mutants(measure: &str, text: &str) -> Vec<Mutant> {
    const SWAPS: [(&str, &str); 18] = [
        ("-", "+"),
        ("+", "-"),
        ("*", "/"),
        (">", ">="),
        (">=", ">"),
        ("<", "<="),
        ("<=", "<"),
        ("&&", "||"),
        ("SUM", "- SUM"),
        ("TRUE", "FALSE"),
        ("FALSE", "TRUE"),
        ("MAX", "MIN"),
        ("MIN", "MAX"),
        ("YEAR", "MONTH"),
        ("MONTH", "YEAR"),
        ("COUNTROWS", "- COUNTROWS"),
        ("DIVIDE", "- DIVIDE"),
        ("NOT", ""),
    ];
    const FILTERS: [&str; 7] = ["KEEPFILTERS", "USERELATIONSHIP", "REMOVEFILTERS", "ALL", "DATEADD", "CROSSFILTER", "DATESYTD"];
    const COLUMNS: [(&str, &str); 8] = [
        ("Invoices[Due Date]", "Invoices[Date]"),
        ("Invoices[Fully Paid Date]", "Invoices[Due Date]"),
        ("Invoices[Expected Payment Date]", "Invoices[Due Date]"),
        ("Invoices[Planned Payment Date]", "Invoices[Due Date]"),
        ("'Trial Balance'[Balance]", "'Trial Balance'[Net Movement]"),
        ("'Trial Balance'[Net Movement]", "'Trial Balance'[Balance]"),
        ("[Opening Balance]", "[Closing Balance]"),
        ("[Closing Balance]", "[Opening Balance]"),
    ];
    let is_code = code(text);
    let mut found: Vec<Mutant> = Vec::new();
    // A place is named by the text of its line, which stays what it is when lines before it change.
    let line_of = |at: usize| -> String {
        let start = text[..at].rfind('\n').map_or(0, |i| i + 1);
        let end = text[at..].find('\n').map_or(text.len(), |i| at + i);
        text[start..end].trim().to_owned()
    };
    let mut add = |what: String, start: usize, end: usize, new: &str| {
        let expression = format!("{}{new}{}", &text[..start], &text[end..]);
        let what = format!("{what} in `{}`", line_of(start));
        let same = found.iter().filter(|m| m.what == what || m.what.starts_with(&format!("{what}, place "))).count();
        let what = if same == 0 { what } else { format!("{what}, place {}", same + 1) };
        found.push(Mutant { measure: measure.to_owned(), what, expression });
    };
    for (old, new) in SWAPS {
        for at in places(text, &is_code, old) {
            add(format!("`{old}` → `{new}`"), at, at + old.len(), new);
        }
    }
    for function in FILTERS {
        for at in places(text, &is_code, function) {
            // Only an argument that is a filter can go, with the comma before it.
            let before = text[..at].trim_end();
            let Some(end) = closing(text, &is_code, at).filter(|_| before.ends_with(',')) else { continue };
            let dropped: String = text[at..end].split_whitespace().collect::<Vec<_>>().join(" ");
            // Both clear the dates: a filter on days reaches `Month End` through its relationship, so that its removal takes the days along.
            let pair = "REMOVEFILTERS ( 'Date' )";
            let partner = "REMOVEFILTERS ( 'Month End' )";
            if dropped == partner && text[..before.len() - 1].trim_end().ends_with(pair) {
                continue;
            }
            let (mut dropped, mut end) = (dropped, end);
            let rest = &text[end..];
            if dropped == pair && rest.trim_start_matches([',', ' ', '\n']).starts_with(partner) {
                end += rest.find(partner).expect("it was just found") + partner.len();
                dropped = format!("{pair}, {partner}");
            }
            add(format!("dropped `{dropped}`"), before.len() - 1, end, "");
        }
    }
    for (old, new) in COLUMNS {
        for (at, _) in text.match_indices(old) {
            add(format!("`{old}` → `{new}`"), at, at + old.len(), new);
        }
    }
    // Numbers that stand alone.
    for (at, digits) in numbers(text, &is_code) {
        let next = digits.parse::<u64>().map_or(0, |n| n + 1).to_string();
        add(format!("`{digits}` → `{next}`"), at, at + digits.len(), &next);
    }
    // A filter on another word.
    for (at, literal) in strings(text, &is_code) {
        add(format!("`{literal}` → another word"), at, at + literal.len(), "\"?\"");
    }
    found
}

fn numbers<'a>(text: &'a str, is_code: &[bool]) -> Vec<(usize, &'a str)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let end = at + bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        let alone = |b: Option<&u8>| b.is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'.');
        if end > at && is_code[at] && alone(at.checked_sub(1).and_then(|i| bytes.get(i))) && alone(bytes.get(end)) {
            found.push((at, &text[at..end]));
        }
        at = end.max(at + 1);
    }
    found
}

fn strings<'a>(text: &'a str, is_code: &[bool]) -> Vec<(usize, &'a str)> {
    let mut found = Vec::new();
    let mut open = None;
    for (at, byte) in text.bytes().enumerate() {
        match open {
            None if byte == b'"' && (at == 0 || is_code[at - 1] || text.as_bytes()[at - 1] == b'"') => open = Some(at),
            Some(start) if byte == b'"' => {
                let literal = &text[start..=at];
                // Names of added columns begin with `@`: another name is another place's mistake.
                if literal.len() > 2 && !literal.starts_with("\"@") {
                    found.push((start, literal));
                }
                open = None;
            }
            _ => {}
        }
    }
    found
}

/// Measure → every measure that uses it, directly or not, itself included.
fn users(engine: &Engine, project: &Project) -> BTreeMap<String, BTreeSet<String>> {
    let names: Vec<String> = project.model.tables.iter().flat_map(|t| &t.measures).map(|m| m.name.clone()).collect();
    let direct: BTreeMap<&String, BTreeSet<String>> =
        names.iter().map(|name| (name, engine.dependencies(name).expect("shipped measures bind").measures)).collect();
    let mut all = BTreeMap::new();
    for name in &names {
        let mut reached = BTreeSet::from([name.clone()]);
        loop {
            let more: Vec<String> = direct
                .iter()
                .filter(|(user, uses)| !reached.contains(**user) && uses.iter().any(|used| reached.contains(used)))
                .map(|(user, _)| (*user).clone())
                .collect();
            if more.is_empty() {
                break;
            }
            reached.extend(more);
        }
        all.insert(name.clone(), reached);
    }
    all
}

/// A company, loaded once, with its figures.
struct Bench {
    name: String,
    engine: Engine,
    figures: Vec<OrganisationFigures>,
    scenes: Vec<Scene>,
}

impl Bench {
    fn new(name: &str, project: &Project, folder: &Path, as_of: Option<Date>, random: usize) -> Result<Bench, Failed> {
        let tables = Arc::new(tables(project, folder, as_of).map_err(|e| format!("{name}: {e}"))?);
        let figures = figures(folder, as_of).map_err(|e| format!("{name}: {e}"))?;
        let mut scenes = validate::scenes(&figures, &validate::Options { random, seed: 3 });
        scenes.iter_mut().for_each(|scene| scene.by_month = false);
        Ok(Bench { name: name.to_owned(), engine: Engine::new(&project.model, Shared(tables)), figures, scenes })
    }
}

struct Court {
    project: Project,
    benches: Vec<Bench>,
    users: BTreeMap<String, BTreeSet<String>>,
    /// Measure → figure that it must equal.
    known: BTreeMap<String, String>,
}

impl Court {
    /// Where `validate` sees that the mutant, or what depends on it, is wrong.
    fn caught(&self, mutant: &Mutant) -> Option<String> {
        let mut model = self.project.model.clone();
        for measure in model.tables.iter_mut().flat_map(|t| &mut t.measures).filter(|m| m.name == mutant.measure) {
            measure.expression.text.clone_from(&mutant.expression);
        }
        let affected = &self.users[&mutant.measure];
        let pick = |itself: bool| -> BTreeMap<String, String> {
            let chosen = |name: &String| affected.contains(name) && (*name == mutant.measure) == itself;
            self.known.iter().filter(|(name, _)| chosen(name)).map(|(a, b)| (a.clone(), b.clone())).collect()
        };
        // First itself: most mistakes show there.
        for known in [pick(true), pick(false)].iter().filter(|known| !known.is_empty()) {
            for bench in &self.benches {
                let engine = bench.engine.renewed(&model).expect("only a measure differs");
                if let Some(check) = validate::first_difference(&engine, known, &bench.figures, &bench.scenes) {
                    return Some(format!("{} in {}", check.measure, bench.name));
                }
            }
        }
        None
    }
}

/// The companies to try: one as the generator gives it, the others with days, statuses, amounts and rates changed so that something happens
/// on every day on which something turns, several organisations with different currencies, and an earlier day as Today.
fn benches(project: &Project) -> Result<Vec<Bench>, Failed> {
    let mut benches = Vec::new();
    let day = |text: &str| -> Date { text.parse().expect("a day") };
    let options = Options { as_of: day("2026-03-12"), ..Options::new(31, if full() { 300 } else { 150 }, 26, Country::Au) };
    let plain = company(&options);
    benches.push(Bench::new("a company as made", project, plain.path(), None, 12)?);
    let changed: &[(u64, &str, (u32, u32))] = &[
        (41, "2026-03-31", (6, 30)),
        (42, "2025-03-30", (3, 31)),
        (43, "2026-11-12", (12, 31)),
        (44, "2024-02-29", (2, 29)),
        (45, "2026-07-01", (6, 15)),
        (46, "2025-01-31", (4, 5)),
    ];
    for (seed, as_of, year_end) in changed.iter().take(if full() { 6 } else { 3 }) {
        let options = Options { as_of: day(as_of), year_end: *year_end, ..Options::new(*seed, 110, 16, Country::Nz) };
        let folder = company(&options);
        let mut dice = Dice(*seed);
        let mut perturb = Perturb { dice: &mut dice, today: options.as_of, wildness: Wildness::Lifelike, share: 40 };
        perturb.corners(folder.path());
        perturb.folder(folder.path());
        if *seed == 42 {
            std::fs::write(folder.path().join("manifest.json"), r#"{"cash_basis": true}"#)?;
        }
        benches.push(Bench::new(&format!("changed books {seed}"), project, folder.path(), None, 12)?);
    }
    let two = tempfile::tempdir()?;
    for (name, seed, country, as_of) in [("east", 51, Country::Nl, "2026-01-01"), ("north", 52, Country::Uk, "2025-11-17")] {
        write(&two.path().join(name), &Options { as_of: day(as_of), ..Options::new(seed, 40, 14, country) });
    }
    benches.push(Bench::new("two currencies", project, two.path(), None, 2)?);
    Ok(benches)
}

fn mutants_are_caught() -> Result<(), Failed> {
    let project = model(None)?;
    let benches = benches(&project)?;
    let users = users(&benches[0].engine, &project);
    let known = validate::reference_names(&project);
    for bench in &benches {
        if let Some(check) = validate::first_difference(&bench.engine, &known, &bench.figures, &bench.scenes) {
            return Err(format!("{}: before anything is broken: {check:?}", bench.name).into());
        }
    }
    let mut all: Vec<Mutant> = Vec::new();
    for measure in project.model.tables.iter().flat_map(|t| &t.measures) {
        // Texts, colours and formats have no figure behind them.
        if users[&measure.name].iter().any(|user| known.contains_key(user)) {
            all.extend(mutants(&measure.name, &measure.expression.text));
        }
    }
    let made = all.len();
    assert!(made > 500, "only {made} mutants");
    if let Ok(wanted) = std::env::var("XERO_PBIT_MUTANTS") {
        all.retain(|mutant| mutant.measure.contains(&wanted));
    } else if !full() {
        // A stride that shares no factor with the count spreads over all measures.
        let wanted = 120;
        let mut index = 0;
        all.retain(|_| {
            index += 1;
            (index * 7_919) % made < wanted
        });
    }
    let court = Court { project, benches, users, known };
    let started = std::time::Instant::now();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(mutant) = all.get(at) else { return done };
            done.push((at, court.caught(mutant)));
        }
    };
    let mut verdicts = std::thread::scope(|scope| {
        let other = scope.spawn(work);
        let mut verdicts = work();
        verdicts.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        verdicts
    });
    verdicts.sort();
    let mut survivors: Vec<String> = Vec::new();
    let mut known = 0;
    let listed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/mutations.md"))?;
    let mut where_caught: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, caught) in &verdicts {
        let mutant = &all[*at];
        if let Some(place) = caught {
            *where_caught.entry(place.split_once(" in ").map_or("", |(_, bench)| bench)).or_default() += 1;
            continue;
        }
        let line = format!("{}: {}", mutant.measure, mutant.what);
        let is_listed = |entry: &str| entry == line || entry.strip_prefix("every measure: ").is_some_and(|what| mutant.what == what);
        if listed.lines().filter_map(|l| l.strip_prefix("- ")).any(is_listed) {
            known += 1;
        } else {
            survivors.push(line);
        }
    }
    let caught = all.len() - known - survivors.len();
    println!(
        "{caught} of {} mutants caught ({made} made) in {:.1} s; {known} listed in docs/mutations.md, {} not:",
        all.len(),
        started.elapsed().as_secs_f64(),
        survivors.len()
    );
    for line in &survivors {
        println!("- {line}");
    }
    println!("caught by: {where_caught:?}");
    // Listed survivors give the same figure as the original for every company; they count for neither side.
    let judged = all.len() - known;
    let floor = if full() { FLOOR } else { FLOOR_OF_A_SAMPLE };
    if caught * 100 < judged * floor {
        return Err(format!("only {caught} of {judged} mutants are caught; survivors:\n- {}", survivors.join("\n- ")).into());
    }
    Ok(())
}
