//! The one integration-test binary: fixtures and plain cases, each a named test of libtest-mimic.
//!
//! A topic adds a module with `pub fn trials() -> Vec<libtest_mimic::Trial>` and one line in `main`.

mod dax;
mod dax_functions;
mod m;
mod m_functions;
mod report;
mod sample;
mod xero;

fn main() {
    let arguments = libtest_mimic::Arguments::from_args();
    let mut trials: Vec<libtest_mimic::Trial> = Vec::new();
    trials.extend(dax::trials());
    trials.extend(dax_functions::trials());
    trials.extend(m::trials());
    trials.extend(m_functions::trials());
    trials.extend(report::trials());
    trials.extend(sample::trials());
    trials.extend(xero::trials());
    libtest_mimic::run(&arguments, trials).exit();
}
