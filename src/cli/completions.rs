//! `xero-pbit completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, Failure, Global};

/// Print shell completions.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  xero-pbit completions bash > ~/.local/share/bash-completion/completions/xero-pbit\n  xero-pbit completions powershell >> $PROFILE"
)]
pub struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: Args, _global: &Global) -> Result<u8, Failure> {
    clap_complete::generate(args.shell, &mut Cli::command(), "xero-pbit", &mut std::io::stdout());
    Ok(0)
}
