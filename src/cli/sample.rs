//! `xero-pbit sample`.

use super::{Failure, Global};

/// Make up a company as raw Xero API pages.
#[derive(clap::Args, Debug)]
pub struct Args {}

pub(super) fn run(_args: Args, _global: &Global) -> Result<u8, Failure> {
    Err(Failure::usage("this command is not part of this build"))
}
