//! The one integration-test binary: fixtures and plain cases, each a named test of libtest-mimic.
//!
//! A topic adds a module with `pub fn trials() -> Vec<libtest_mimic::Trial>` and one line in `main`.

#![allow(clippy::disallowed_methods, reason = "tests read fixtures and write temporary folders")]

mod dax;
mod dax_functions;
mod emit;
mod m;
mod m_functions;
mod model;
mod preview;
mod refresh;
mod report;
mod sample;
mod validate;
mod xero;

fn main() {
    let arguments = libtest_mimic::Arguments::from_args();
    let mut trials: Vec<libtest_mimic::Trial> = Vec::new();
    trials.extend(emit::trials());
    trials.extend(model::trials());
    trials.extend(dax::trials());
    trials.extend(dax_functions::trials());
    trials.extend(m::trials());
    trials.extend(m_functions::trials());
    trials.extend(preview::trials());
    trials.extend(refresh::trials());
    trials.extend(report::trials());
    trials.extend(sample::trials());
    trials.extend(validate::trials());
    trials.extend(xero::trials());
    libtest_mimic::run(&arguments, trials).exit();
}

/// Compares with the snapshot `<folder>/snapshots/<name>.snap`; `INSTA_UPDATE=always` accepts.
fn snapshot(folder: &str, name: &str, text: &str) -> Result<(), libtest_mimic::Failed> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("snapshots");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(path);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let compare = || settings.bind(|| insta::assert_snapshot!(name.to_owned(), text));
    let compared = std::panic::catch_unwind(std::panic::AssertUnwindSafe(compare));
    compared.map_err(|_| libtest_mimic::Failed::from(format!("differs from the snapshot {folder}/snapshots/{name}.snap")))
}
