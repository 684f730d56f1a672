//! The `xero-pbit` command; everything is in the library.

fn main() -> std::process::ExitCode {
    xero_pbit::cli::run()
}
