//! Whole-model rules, one file each: `Project` → [`CheckedModel`].
//!
//! A rule reads the project and reports; it never stops another one. Errors make a project unfit to be emitted, warnings and
//! notes say what is probably not meant so. Codes: `P03xx` the model itself, `P04xx` translations, `P05xx` best practice.

mod circular;
mod dax;
mod live;
mod m;
mod names;
mod parameters;
mod practice;
mod queries;
mod references;
mod refresh;
mod relationships;
pub mod report;
mod sources;
mod translations;

pub use live::{Company, calls_per_refresh};

use crate::base::Diagnostic;
use crate::power_query;
use crate::project::Project;
use queries::Queries;

/// A project that every rule has passed.
#[derive(Clone, Debug)]
pub struct CheckedModel {
    project: Project,
    queries: Option<power_query::Queries>,
    warnings: Vec<Diagnostic>,
    /// What each rule found.
    by_rule: Vec<Vec<Diagnostic>>,
}

impl CheckedModel {
    /// The project.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// Its queries for the source that it names, with an empty sample company, where a rule wanted them.
    pub fn queries(&self) -> Option<&power_query::Queries> {
        self.queries.as_ref()
    }

    /// Warnings and notes, in the order of the rules.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Whether `other` differs in its pages at most.
    pub fn has_model_of(&self, other: &Project) -> bool {
        let own = &self.project;
        own.model == other.model
            && own.settings == other.settings
            && own.parameters == other.parameters
            && own.table_templates == other.table_templates
            && own.templates == other.templates
            && own.texts == other.texts
    }
}

/// A rule over a whole project.
pub struct Rule {
    /// Short name.
    pub name: &'static str,
    /// What it demands, in one sentence.
    pub about: &'static str,
    run: Run,
}

/// What a rule looks at.
enum Run {
    /// The project without its pages.
    Project(fn(&Project, &mut Vec<Diagnostic>)),
    /// Where its data comes from: the only thing about the shipped model that a command may choose.
    Source(fn(&Project, &mut Vec<Diagnostic>)),
    /// Its queries.
    Queries(fn(&Queries<'_>, &mut Vec<Diagnostic>)),
    /// Its pages, over its model.
    Pages(fn(&Project, &mut Vec<Diagnostic>)),
}

/// All rules, in the order in which they report.
pub const RULES: &[Rule] = &[
    Rule { name: "names", about: "Names are unique and usable.", run: Run::Project(names::check) },
    Rule { name: "references", about: "Sort orders, hierarchies, keys, roles name what exists.", run: Run::Project(references::check) },
    Rule {
        name: "relationships",
        about: "Every filter path is unambiguous, ends have the same type.",
        run: Run::Project(relationships::check),
    },
    Rule { name: "circular", about: "Calculated tables and columns do not depend on themselves.", run: Run::Project(circular::check) },
    Rule { name: "dax", about: "All DAX parses, every name in it exists.", run: Run::Project(dax::check) },
    Rule { name: "m", about: "Every query is M.", run: Run::Queries(m::check) },
    Rule { name: "sources", about: "The service can tell what every query reads, and may combine it.", run: Run::Queries(sources::check) },
    Rule { name: "parameters", about: "Defaults fit their type, no secret is stored.", run: Run::Project(parameters::check) },
    Rule { name: "refresh", about: "Refresh policies do not freeze documents that change.", run: Run::Project(refresh::check) },
    Rule { name: "live", about: "Live sources stay within Xero's limits.", run: Run::Source(live::check) },
    Rule { name: "translations", about: "Every visible object has words in every language.", run: Run::Project(translations::check) },
    Rule {
        name: "report",
        about: "Pages show what exists, are laid out, linked, readable and translated.",
        run: Run::Pages(report::check_project),
    },
    Rule {
        name: "practice",
        about: "Best practice for Analysis Services models, as far as it applies.",
        run: Run::Project(practice::check),
    },
];

/// Runs all rules; `loading` is what reading the files reported.
///
/// # Errors
/// All diagnostics, when one of them is an error.
pub fn check(project: Project, loading: Vec<Diagnostic>) -> Result<CheckedModel, Vec<Diagnostic>> {
    check_after(None, project, loading)
}

/// The same for a project that may be `before` with a change: while only pages differ, what rules found on the model stays true.
///
/// # Errors
/// As [`check`].
pub fn check_after(before: Option<&CheckedModel>, project: Project, loading: Vec<Diagnostic>) -> Result<CheckedModel, Vec<Diagnostic>> {
    let before = before.filter(|checked| checked.has_model_of(&project));
    let (by_rule, queries) = run(before, &project);
    let warnings: Vec<Diagnostic> = loading.into_iter().chain(by_rule.iter().flatten().cloned()).collect();
    match queries {
        Ok(queries) if !warnings.iter().any(Diagnostic::is_error) => Ok(CheckedModel { project, queries, warnings, by_rule }),
        _ => Err(warnings),
    }
}

/// The shipped model, for any source. It is a part of the program as the rules are, and none of them but those on sources has a word to say on
/// it (the test `model/shipped_passes_every_rule` holds that for every source), so that commands which only use it need not run them.
/// `check` itself always does.
///
/// # Errors
/// As [`check`].
pub fn shipped(project: Project, loading: Vec<Diagnostic>) -> Result<CheckedModel, Vec<Diagnostic>> {
    if !loading.is_empty() {
        return check(project, loading);
    }
    let found = |rule: &Rule| {
        let mut found = Vec::new();
        if let Run::Source(check) = rule.run {
            check(&project, &mut found);
        }
        found
    };
    let by_rule: Vec<Vec<Diagnostic>> = RULES.iter().map(found).collect();
    Ok(CheckedModel { warnings: by_rule.concat(), by_rule, project, queries: None })
}

/// What all rules report, after what reading the files reported.
pub fn diagnostics(project: &Project, loading: Vec<Diagnostic>) -> Vec<Diagnostic> {
    loading.into_iter().chain(run(None, project).0.into_iter().flatten()).collect()
}

/// Runs all rules, or those on pages where `before` has the same model; also gives the queries, which come as errors when they cannot be
/// rendered.
fn run(before: Option<&CheckedModel>, project: &Project) -> (Vec<Vec<Diagnostic>>, Result<Option<power_query::Queries>, Vec<Diagnostic>>) {
    let queries = before.is_none().then(|| Queries::of(project));
    let found = RULES.iter().enumerate().map(|(at, rule)| {
        let mut found = Vec::new();
        match (&rule.run, before, &queries) {
            (Run::Pages(check), ..) => check(project, &mut found),
            (_, Some(before), _) => found.clone_from(&before.by_rule[at]),
            (Run::Project(check) | Run::Source(check), ..) => check(project, &mut found),
            (Run::Queries(check), _, Some(queries)) => check(queries, &mut found),
            (Run::Queries(_), None, None) => {}
        }
        found
    });
    let found = found.collect();
    match (queries, before) {
        (Some(queries), _) => (found, queries.rendered.map(Some)),
        (None, before) => (found, Ok(before.and_then(|checked| checked.queries.clone()))),
    }
}

/// Adds the place of an object, when its file is known.
fn placed(diagnostic: Diagnostic, span: Option<crate::base::Span>, label: &str) -> Diagnostic {
    match span {
        Some(span) => diagnostic.at(span, label),
        None => diagnostic,
    }
}

/// Adds "a … with a similar name exists".
fn suggest<'a>(diagnostic: Diagnostic, what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    match crate::base::nearest(name, known) {
        Some(near) => diagnostic.help(format!("a {what} with a similar name exists: `{near}`")),
        None => diagnostic,
    }
}
