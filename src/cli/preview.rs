//! `xero-pbit preview`.

use super::{Failure, Global};

/// See the report without Power BI.
#[derive(clap::Args, Debug)]
pub struct Args {}

pub(super) fn run(_args: Args, _global: &Global) -> Result<u8, Failure> {
    Err(Failure::usage("this command is not part of this build"))
}
