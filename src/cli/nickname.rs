//! `xero-pbit nickname`.

use super::{Failure, Global};

/// Set or remove the nickname of an organisation.
#[derive(clap::Args, Debug)]
pub struct Args {}

pub(super) fn run(_args: Args, _global: &Global) -> Result<u8, Failure> {
    Err(Failure::usage("this command is not part of this build"))
}
