//! The outcome of a validation as people, CI systems and other programs read it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;

use serde_json::json;

use super::{Format, Global, Outcome, Shown};
use crate::base::Diagnostic;
use crate::cli::Failure;
use crate::cli::check::as_json;
use crate::cli::render::{github, render};
use crate::reference::books::Books;
use crate::validate::explain::{self, hint, uses};
use crate::validate::{Check, Verdict, ties};

/// Failing measures that are explained at length; the rest is named.
const EXPLAINED: usize = 8;

fn slice_text(check: &Check) -> String {
    if check.slice.is_empty() {
        "total".to_owned()
    } else {
        check.slice.iter().map(|(k, v)| format!("{k} = {v}")).collect::<Vec<_>>().join(", ")
    }
}

fn blank(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or("(blank)")
}

fn describe(check: &Check) -> String {
    match check.verdict {
        Verdict::Error => check.message.clone().unwrap_or_default(),
        _ => {
            let difference = check.difference.as_ref().map_or_else(String::new, |d| format!(", difference {d}"));
            let message = check.message.as_ref().map_or_else(String::new, |m| format!(" ({m})"));
            format!("DAX {}, reference {}{difference}{message}", blank(&check.dax), blank(&check.reference))
        }
    }
}

fn is_bad(check: &Check) -> bool {
    matches!(check.verdict, Verdict::Differs | Verdict::Error)
}

fn xml(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || *c == '\n')
        .collect::<String>()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Why nothing could be compared, in the form that was asked for; people read it on standard error.
pub(super) fn stopped(failure: &Failure, format: Format) -> String {
    let errors = failure.diagnostics.iter().filter(|d| d.is_error());
    let count = errors.clone().count() + usize::from(failure.message.is_some());
    match format {
        Format::Text => String::new(),
        // Pages that cannot be read end without a document, as everywhere.
        Format::Json if failure.code != 1 => String::new(),
        Format::Json => {
            let listed: Vec<_> = errors.map(|d| as_json(d, &failure.sources)).collect();
            let summary = json!({"equal": 0, "differs": 0, "unproven": 0, "errors": count});
            format!("{}\n", json!({"measures": [], "summary": summary, "message": failure.message, "diagnostics": listed}))
        }
        Format::Junit => {
            let mut text = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"xero-pbit validate\" tests=\"{count}\" failures=\"0\" errors=\"{count}\" skipped=\"0\">\n"
            );
            let mut case = |name: &str, message: &str, body: &str| {
                text.push_str(&format!(
                    "  <testcase classname=\"model\" name=\"{}\"><error message=\"{}\">{}</error></testcase>\n",
                    xml(name),
                    xml(message),
                    xml(body)
                ));
            };
            for error in errors {
                case(error.code, &error.message, &render(error, &failure.sources, false));
            }
            if let Some(message) = &failure.message {
                case("validate", message, "");
            }
            text + "</testsuite>\n"
        }
        Format::Github => {
            let mut lines: Vec<String> = errors.map(|d| github(d, &failure.sources)).collect();
            lines.extend(failure.message.iter().map(|message| format!("::error title=validate::{}", message.replace('\n', "%0A"))));
            lines.into_iter().map(|line| line + "\n").collect()
        }
    }
}

/// Records read, used and set aside, by endpoint.
fn counts_text(books: &Books) -> String {
    let mut text = String::new();
    for (endpoint, count) in &books.counts {
        let aside: Vec<String> = count.set_aside.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
        let aside = if aside.is_empty() { String::new() } else { format!("; set aside: {}", aside.join(", ")) };
        text.push_str(&format!("  {endpoint:<18} {:>8} read {:>8} used{aside}\n", count.read, count.used));
    }
    text
}

struct Paint(bool);

impl Paint {
    fn with(&self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn mark(&self, bad: bool, unproven: bool) -> String {
        if bad {
            self.with("31", "✗")
        } else if unproven {
            self.with("33", "?")
        } else {
            self.with("32", "✓")
        }
    }
}

impl Outcome<'_> {
    /// Area → measures in order of the model. The area is the display folder.
    fn areas(&self) -> Vec<(String, Vec<&str>)> {
        let checked: BTreeSet<&str> = self.report.checks.iter().map(|c| c.measure.as_str()).collect();
        let mut areas: Vec<(String, Vec<&str>)> = Vec::new();
        for measure in self.project.model.tables.iter().flat_map(|t| &t.measures).filter(|m| checked.contains(m.name.as_str())) {
            let area = measure.display_folder.clone().unwrap_or_else(|| "Other".to_owned());
            match areas.iter_mut().find(|(name, _)| *name == area) {
                Some((_, measures)) => measures.push(&measure.name),
                None => areas.push((area, vec![&measure.name])),
            }
        }
        areas
    }

    /// The place of a measure's DAX: file and line.
    fn place(&self, measure: &str) -> Option<(String, usize)> {
        let found = self.project.model.tables.iter().flat_map(|t| &t.measures).find(|m| m.name == measure)?;
        let span = found.expression.locate(0, found.expression.text.len())?;
        let position = self.sources.position(span)?;
        Some((self.sources.get(span.file)?.name.to_string(), position.line))
    }

    pub(super) fn json(&self) -> serde_json::Value {
        let report = self.report;
        let of = |organisation: &str| -> serde_json::Value {
            let measures: Vec<_> = report
                .checks
                .iter()
                .filter(|c| c.organisation == organisation || c.organisation.is_empty())
                .map(|c| {
                    json!({"name": c.measure, "slice": c.slice, "dax": c.dax, "reference": c.reference, "difference": c.difference,
                        "verdict": c.verdict.name(), "message": c.message})
                })
                .collect();
            measures.into()
        };
        let summary = report.summary();
        let summary = json!({"equal": summary.equal, "differs": summary.differs, "unproven": summary.unproven, "errors": summary.errors});
        let ties: Vec<_> = self
            .kept
            .held
            .iter()
            .map(|t| json!({"what": t.what, "ours": t.ours.to_string(), "theirs": t.theirs.to_string(), "tolerance": t.tolerance.to_string(), "holds": t.holds}))
            .collect();
        let visuals: Vec<_> = self
            .shown
            .iter()
            .map(|v| json!({"page": v.page, "visual": v.visual, "rows": v.rows, "empty": v.empty, "error": v.error, "ms": v.millis}))
            .collect();
        let mut objects: Vec<_> = self
            .kept
            .figures
            .iter()
            .map(|one| {
                let counts: serde_json::Map<_, _> = one
                    .books
                    .counts
                    .iter()
                    .map(|(endpoint, c)| ((*endpoint).to_owned(), json!({"read": c.read, "used": c.used, "set_aside": c.set_aside})))
                    .collect();
                json!({"as_of": one.books.today.map(|d| d.to_string()), "organisation": one.books.id, "name": one.books.name,
                    "records": counts, "measures": of(&one.books.id)})
            })
            .collect();
        let mut whole = if objects.len() == 1 { objects.swap_remove(0) } else { json!({"organisations": objects}) };
        whole["summary"] = summary;
        whole["ties"] = ties.into();
        whole["visuals"] = visuals.into();
        whole
    }

    pub(super) fn junit(&self) -> String {
        let (report, held) = (self.report, &self.kept.held);
        let summary = report.summary();
        let broken = held.iter().filter(|t| !t.holds).count();
        let failed = self.shown.iter().filter(|v| v.error.is_some()).count();
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"xero-pbit validate\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\">\n",
            report.checks.len() + held.len() + self.shown.len(),
            summary.differs + broken,
            summary.errors + failed,
            summary.unproven,
            self.total
        );
        let mut explained: BTreeSet<&str> = BTreeSet::new();
        for check in &report.checks {
            text.push_str(&format!("  <testcase classname=\"{}\" name=\"{}\"", xml(&check.measure), xml(&slice_text(check))));
            // The first failure of a measure says all there is to say.
            let body = if is_bad(check) && explained.insert(&check.measure) && explained.len() <= EXPLAINED {
                self.explain(&check.measure, false)
            } else {
                String::new()
            };
            let tag = if check.verdict == Verdict::Error { "error" } else { "failure" };
            match check.verdict {
                Verdict::Equal => text.push_str("/>\n"),
                Verdict::Unproven => text.push_str("><skipped message=\"unproven\"/></testcase>\n"),
                Verdict::Differs | Verdict::Error => {
                    text.push_str(&format!("><{tag} message=\"{}\">{}</{tag}></testcase>\n", xml(&describe(check)), xml(&body)));
                }
            }
        }
        for tie in held {
            text.push_str(&format!("  <testcase classname=\"tie-out\" name=\"{}\"", xml(&tie.what)));
            text.push_str(&if tie.holds {
                "/>\n".to_owned()
            } else {
                format!("><failure message=\"{} against {}\"/></testcase>\n", tie.ours, tie.theirs)
            });
        }
        for visual in self.shown {
            let (page, name) = (xml(&visual.page), xml(&visual.visual));
            text.push_str(&format!("  <testcase classname=\"page: {page}\" name=\"{name}\" time=\"{:.4}\"", visual.millis / 1_000.0));
            text.push_str(&match &visual.error {
                Some(error) => format!("><error message=\"{}\"/></testcase>\n", xml(error)),
                None => "/>\n".to_owned(),
            });
        }
        text.push_str("</testsuite>\n");
        text
    }

    pub(super) fn github(&self) -> String {
        let escape = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        let property = |text: &str| escape(text).replace(':', "%3A").replace(',', "%2C");
        let mut text = String::new();
        let mut hinted: BTreeSet<&str> = BTreeSet::new();
        for check in self.report.checks.iter().filter(|c| is_bad(c)) {
            let place =
                self.place(&check.measure).map_or_else(String::new, |(file, line)| format!(",file={},line={line}", property(&file)));
            let hint = if hinted.insert(&check.measure) { hint(self.engine, self.report, &check.measure) } else { None };
            let hint = hint.map_or_else(String::new, |hint| format!("\nHint: {hint}"));
            text.push_str(&format!(
                "::error title={}{place}::{}\n",
                property(&check.measure),
                escape(&format!("{}: {}{hint}", slice_text(check), describe(check)))
            ));
        }
        for tie in self.kept.held.iter().filter(|t| !t.holds) {
            text.push_str(&format!("::error title=tie-out::{}\n", escape(&format!("{}: {} against {}", tie.what, tie.ours, tie.theirs))));
        }
        for visual in self.shown {
            if let Some(error) = &visual.error {
                let what = format!("{}: {}", visual.page, visual.visual);
                text.push_str(&format!("::error title=visual::{}\n", escape(&format!("{what}: {error}"))));
            }
        }
        let unproven: Vec<&str> =
            self.report.checks.iter().filter(|c| c.verdict == Verdict::Unproven).map(|c| c.measure.as_str()).collect();
        if !unproven.is_empty() {
            text.push_str(&format!("::warning title=unproven::{}\n", escape(&unproven.join(", "))));
        }
        let summary = self.report.summary();
        text.push_str(&format!(
            "::notice title=xero-pbit validate::{} equal, {} differ, {} unproven, {} errors\n",
            summary.equal, summary.differs, summary.unproven, summary.errors
        ));
        text
    }

    /// A failing measure at length: its DAX where it stands, what to look at, the rows behind the first wrong figure.
    fn explain(&self, measure: &str, colored: bool) -> String {
        let Some(first) = self.report.checks.iter().find(|c| c.measure == measure && is_bad(c)) else { return String::new() };
        let mut text = String::new();
        let hint = hint(self.engine, self.report, measure);
        let found = self.project.model.tables.iter().flat_map(|t| &t.measures).find(|m| m.name == measure);
        if let Some(found) = found {
            let message = format!("`{measure}` ({}): {}", slice_text(first), describe(first));
            let mut diagnostic = Diagnostic::error("V0201", message);
            if let Some(span) = found.expression.locate(0, found.expression.text.trim_end().len()) {
                diagnostic = diagnostic.at(span, "this DAX gives it");
            }
            if let Some(hint) = &hint {
                diagnostic = diagnostic.help(hint.clone());
            }
            text.push_str(&render(&diagnostic, self.sources, colored));
            text.push('\n');
        }
        // A figure that is wrong because of another one has no rows of its own to look at.
        let roots = uses(self.engine, measure).0;
        if self.report.checks.iter().any(|c| is_bad(c) && roots.contains(&c.measure)) {
            return text;
        }
        for rows in explain::rows(self.engine, first, 5) {
            text.push_str(&format!("      {} of {} rows of `{}` under these filters:\n", rows.rows.len(), rows.count, rows.table));
            let mut widths: Vec<usize> = rows.columns.iter().map(|c| c.chars().count()).collect();
            for row in &rows.rows {
                for (width, cell) in widths.iter_mut().zip(row) {
                    *width = (*width).max(cell.chars().count()).min(28);
                }
            }
            for row in std::iter::once(&rows.columns).chain(&rows.rows) {
                let cells: Vec<String> = row
                    .iter()
                    .zip(&widths)
                    .map(|(cell, width)| {
                        let short: String = cell.chars().take(*width).collect();
                        format!("{short:<width$}")
                    })
                    .collect();
                text.push_str(&format!("        {}\n", cells.join("  ").trim_end()));
            }
        }
        text
    }

    pub(super) fn text(&self, global: &Global) -> String {
        let report = self.report;
        let paint = Paint(match global.color {
            crate::cli::render::Color::Always => true,
            crate::cli::render::Color::Never => false,
            crate::cli::render::Color::Auto => global.colored() && std::io::stdout().is_terminal(),
        });
        let mut text = String::new();
        for one in &self.kept.figures {
            let today = one.books.today.map_or_else(|| "no trial balance".to_owned(), |d| d.to_string());
            text.push_str(&format!("{} · {} · as of {today}\n", one.books.name, one.books.base_currency));
            text.push_str(&counts_text(&one.books));
        }
        let mut by_measure: BTreeMap<&str, Vec<&Check>> = BTreeMap::new();
        for check in &report.checks {
            by_measure.entry(&check.measure).or_default().push(check);
        }
        let width = by_measure.keys().map(|m| m.chars().count()).max().unwrap_or(0);
        let mut explained = 0;
        for (area, measures) in self.areas() {
            let all = || measures.iter().filter_map(|m| by_measure.get(m)).flatten();
            let bad = all().filter(|c| is_bad(c)).count();
            let millis: f64 = measures.iter().filter_map(|m| report.millis.get(*m)).sum();
            let wrong = if bad == 0 { String::new() } else { format!(", {bad} wrong") };
            text.push_str(&format!(
                "\n{} {} · {} measures, {} figures{wrong}, {millis:.0} ms\n",
                paint.mark(bad > 0, false),
                paint.with("1", &area),
                measures.len(),
                all().count()
            ));
            for measure in measures {
                let Some(checks) = by_measure.get(measure) else { continue };
                let bad: Vec<&&Check> = checks.iter().filter(|c| is_bad(c)).collect();
                let unproven = checks.iter().all(|c| c.verdict == Verdict::Unproven);
                let total = checks.iter().find(|c| c.slice.is_empty() && !unproven).map_or("", |c| blank(&c.dax));
                let millis = report.millis.get(measure).copied().unwrap_or_default();
                let pad = " ".repeat(width - measure.chars().count());
                let mark = paint.mark(!bad.is_empty(), unproven);
                text.push_str(&format!("  {mark} {measure}{pad} {:>18} {:>5} figures {millis:>7.1} ms\n", short(total), checks.len()));
                if unproven {
                    text.push_str(&format!("      {}\n", checks.first().and_then(|c| c.message.as_deref()).unwrap_or("no proof")));
                }
                if bad.is_empty() {
                    continue;
                }
                for check in bad.iter().take(5) {
                    text.push_str(&format!("      {}: {}\n", slice_text(check), describe(check)));
                }
                if bad.len() > 5 {
                    text.push_str(&format!("      … and {} more\n", bad.len() - 5));
                }
                explained += 1;
                if explained <= EXPLAINED {
                    for line in self.explain(measure, paint.0).lines() {
                        text.push_str(&format!("      {line}\n"));
                    }
                }
            }
        }
        self.pages_text(&paint, &mut text);
        let broken: Vec<&ties::Tie> = self.kept.held.iter().filter(|t| !t.holds).collect();
        text.push_str(&format!(
            "\n{} {} · {} hold, {} do not\n",
            paint.mark(!broken.is_empty(), false),
            paint.with("1", "Tie-outs"),
            self.kept.held.len() - broken.len(),
            broken.len()
        ));
        for tie in broken.iter().take(20) {
            text.push_str(&format!(
                "  {} {}: {} against {} (tolerance {})\n",
                paint.with("31", "✗"),
                tie.what,
                tie.ours,
                tie.theirs,
                tie.tolerance
            ));
        }
        let summary = report.summary();
        let rows: usize = self.kept.timings.iter().map(|(_, rows, _)| rows).sum();
        text.push_str(&format!(
            "\n{} figures equal, {} differ, {} measures unproven, {} errors; {} tie-outs hold, {} do not\n{rows} rows by the template's own queries in {:.2} s, {:.2} s in all\n",
            summary.equal,
            summary.differs,
            summary.unproven,
            summary.errors,
            self.kept.held.len() - broken.len(),
            broken.len(),
            self.loading,
            self.total
        ));
        text
    }

    /// What the visuals of each page give.
    fn pages_text(&self, paint: &Paint, text: &mut String) {
        if self.shown.is_empty() {
            return;
        }
        let mut pages: Vec<&str> = self.shown.iter().map(|v| v.page.as_str()).collect();
        pages.dedup();
        let failed = self.shown.iter().filter(|v| v.error.is_some()).count();
        let millis: f64 = self.shown.iter().map(|v| v.millis).sum();
        text.push_str(&format!(
            "\n{} {} · {} pages, {} visuals, {failed} fail, {millis:.0} ms\n",
            paint.mark(failed > 0, false),
            paint.with("1", "Pages"),
            pages.len(),
            self.shown.len()
        ));
        for page in pages {
            let of: Vec<&Shown> = self.shown.iter().filter(|v| v.page == page).collect();
            let bad = of.iter().any(|v| v.error.is_some());
            let empty: Vec<&str> = of.iter().filter(|v| v.error.is_none() && v.empty).map(|v| v.visual.as_str()).collect();
            let empty = if empty.is_empty() { String::new() } else { format!("; nothing to show in {}", empty.join(", ")) };
            let rows: usize = of.iter().map(|v| v.rows).sum();
            text.push_str(&format!("  {} {page}: {} visuals, {rows} rows{empty}\n", paint.mark(bad, false), of.len()));
            for visual in of {
                if let Some(error) = &visual.error {
                    text.push_str(&format!("      {}: {error}\n", visual.visual));
                }
            }
        }
    }
}

/// A ratio has more digits than a column of a table.
fn short(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, fraction)) if fraction.len() > 6 => format!("{whole}.{}…", &fraction[..5]),
        _ => text.to_owned(),
    }
}
