//! Pages: the shipped ones, small ones, and what is said about bad ones.

use libtest_mimic::{Failed, Trial};
use xero_pbit::format::pbir;
use xero_pbit::project::{self};
use xero_pbit::report::Report;

fn shipped() -> (Report, String) {
    let (project, problems) = project::shipped();
    let text: Vec<String> = problems.iter().map(|d| xero_pbit::cli::render(d, &project.sources, false)).collect();
    (project.report, text.join("\n"))
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
