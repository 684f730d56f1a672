//! `xero-pbit refresh-tables`.

use super::{Failure, Global};

/// Run the template's M and write one file per table.
#[derive(clap::Args, Debug)]
pub struct Args {}

pub(super) fn run(_args: Args, _global: &Global) -> Result<u8, Failure> {
    Err(Failure::usage("this command is not part of this build"))
}
