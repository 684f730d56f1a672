//! Pages: the shipped ones, small ones, and what is said about bad ones.

use libtest_mimic::{Failed, Trial};
use xero_pbit::format::pbir;
use xero_pbit::project::pages::{self, Parts};
use xero_pbit::project::yaml::Context;
use xero_pbit::project::{self};
use xero_pbit::report::Report;

fn shipped() -> (Report, String) {
    let (project, mut problems) = project::shipped();
    let mut cx = Context::default();
    let parts = Parts { pages: &project.pages, theme: project.theme.as_ref(), texts: &project.texts, resources: &project.resources };
    let report = pages::lower(parts, &project.model, &mut cx);
    problems.extend(cx.diagnostics);
    problems.extend(xero_pbit::check::report::check(&report, &project.model));
    let text: Vec<String> = problems.iter().map(|d| xero_pbit::cli::render(d, &project.sources, false)).collect();
    (report, text.join("\n"))
}

/// All trials of this topic.
pub fn trials() -> Vec<Trial> {
    vec![Trial::test("report/shipped_pages_load", || {
        let (report, problems) = shipped();
        if let Ok(folder) = std::env::var("REPORT_OUT") {
            for (path, bytes) in pbir::write(&report).iter() {
                let path = std::path::Path::new(&folder).join(path);
                std::fs::create_dir_all(path.parent().unwrap())?;
                std::fs::write(path, bytes)?;
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Failed::from(problems)) }
    })]
}
