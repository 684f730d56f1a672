//! Model folders: one that is fine, many that are not, with what is said about each.

use libtest_mimic::{Failed, Trial};
use xero_pbit::base::{FileSet, Severity};
use xero_pbit::check;
use xero_pbit::cli::render;
use xero_pbit::project::raw::SourceKind;
use xero_pbit::project::{self, Layer};

/// The tiny model, which every invalid case lies over.
pub fn tiny() -> Layer {
    valid("tiny")
}

/// A model that is fine, by the name of its folder.
pub fn valid(name: &str) -> Layer {
    layer(name, &std::path::Path::new("tests/model/valid").join(name))
}

fn layer(name: &str, folder: &std::path::Path) -> Layer {
    let layers = xero_pbit::host::files::read_project(folder).expect("a readable folder");
    let files = layers.into_iter().next_back().expect("one layer").files;
    Layer { name: name.to_owned(), files }
}

/// Everything that is said about some layers, as people read it.
fn said(layers: &[Layer]) -> String {
    let (project, loading) = project::read(layers);
    let found = check::diagnostics(&project, loading);
    found.iter().map(|d| render(d, &project.sources, false)).collect::<Vec<_>>().join("\n\n")
}

/// The cases of a fixture: name and files.
fn cases(text: &str) -> Vec<(String, FileSet)> {
    let mut cases = Vec::new();
    for case in text.split("\n=== ").skip(1) {
        let (name, body) = case.split_once('\n').unwrap_or((case, ""));
        let mut files = FileSet::new();
        for file in format!("\n{body}").split("\n--- ").skip(1) {
            let (path, text) = file.split_once('\n').unwrap_or((file, ""));
            files.insert(path.trim(), format!("{}\n", text.trim_end()));
        }
        cases.push((name.trim().to_owned(), files));
    }
    cases
}

/// All trials of this topic.
pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("model/tiny_is_fine", || {
            let said = said(&[tiny()]);
            if said.is_empty() { Ok(()) } else { Err(Failed::from(said)) }
        }),
        Trial::test("model/shipped_passes_every_rule", || {
            for source in SourceKind::ALL {
                let (mut project, loading) = project::shipped();
                project.settings.source = *source;
                let found = check::diagnostics(&project, loading.clone());
                let sources = project.sources.clone();
                // Commands rely on that: they only run the rules on sources over it.
                let known = check::shipped(project, loading).map_err(|problems| Failed::from(format!("{problems:?}")))?;
                if found != known.warnings() || found.iter().any(|d| d.severity != Severity::Note) {
                    let said: Vec<String> = found.iter().map(|d| render(d, &sources, false)).collect();
                    return Err(Failed::from(format!("{}:\n{}", source.as_str(), said.join("\n"))));
                }
            }
            Ok(())
        }),
        Trial::test("model/what_goes_takes_its_words_along", || {
            let mut files = FileSet::new();
            files.insert("measures/less.yaml", "remove: [Sales text]\n");
            files.insert("tables/less.yaml", "remove: [Region]\n");
            files.insert("locales/fr.yaml", "culture: fr-FR\nmeasures:\n  Sales total: {caption: Ventes}\n");
            // The role of the tiny model filters the table that goes; its own words name a measure that there is not.
            files.insert("model.yaml", "extends: tiny\nroles: {remove: [North]}\n");
            let said = said(&[tiny(), Layer { name: "my-model".to_owned(), files }]);
            let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error")).collect();
            if errors == ["error[P0208]: measure `Sales total` not found"] { Ok(()) } else { Err(Failed::from(said)) }
        }),
        Trial::test("model/ten_thousand_measures", || {
            let mut text = String::from("folder: Many\nadd:\n");
            for number in 0..10_000 {
                text.push_str(&format!("- {{name: M{number}, expression: '{number} + [Total sales]', description: d}}\n"));
            }
            let mut files = FileSet::new();
            files.insert("measures/many.yaml", text);
            let start = std::time::Instant::now();
            let (project, loading) = project::read(&[tiny(), Layer { name: "many".to_owned(), files }]);
            let errors = check::diagnostics(&project, loading).iter().filter(|d| d.is_error()).count();
            let measures: usize = project.model.tables.iter().map(|t| t.measures.len()).sum();
            if (errors, measures) != (0, 10_002) {
                return Err(Failed::from(format!("{errors} errors, {measures} measures")));
            }
            // Linear work takes well under a second; this bound only catches work that grows with the square.
            let elapsed = start.elapsed().as_secs();
            if elapsed < 30 { Ok(()) } else { Err(Failed::from(format!("{elapsed} s"))) }
        }),
    ];
    for (name, files) in cases(include_str!("invalid/cases.txt")) {
        let snapshot = name.replace(' ', "_");
        trials.push(Trial::test(format!("model/invalid/{snapshot}"), move || {
            let said = said(&[tiny(), Layer { name: "my-model".to_owned(), files }]);
            if !["[P0", "[M0", "[D0"].iter().any(|code| said.contains(code)) {
                return Err(Failed::from("nothing was said"));
            }
            crate::snapshot("tests/model/invalid", &snapshot, &said)
        }));
    }
    trials
}
