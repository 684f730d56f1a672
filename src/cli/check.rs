//! `xero-pbit check`.

use super::{Failure, Global};

/// Check model and report without writing anything.
#[derive(clap::Args, Debug)]
pub struct Args {}

pub(super) fn run(_args: Args, _global: &Global) -> Result<u8, Failure> {
    Err(Failure::usage("this command is not part of this build"))
}
