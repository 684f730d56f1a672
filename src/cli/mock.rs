//! `xero-pbit mock`.

use super::{Failure, Global};

/// Serve a Xero look-alike on loopback.
#[derive(clap::Args, Debug)]
pub struct Args {}

pub(super) fn run(_args: Args, _global: &Global) -> Result<u8, Failure> {
    Err(Failure::usage("this command is not part of this build"))
}
