//! `xero-pbit man`.

use std::io::Write;
use std::path::PathBuf;

use clap::CommandFactory;

use super::{Cli, Failure, Global};
use crate::base::{FileSet, SourceMap};
use crate::host::files;

/// Print the manual page.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  xero-pbit man | man -l -\n  xero-pbit man build\n  xero-pbit man --out /usr/local/share/man/man1")]
pub struct Args {
    /// A sub-command; without it the page of the whole tool
    command: Option<String>,
    /// Write one page per sub-command into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    let mut cli = Cli::command();
    cli.build();
    let page = |command: clap::Command| -> Vec<u8> {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).expect("writing to memory does not fail");
        page
    };
    if let Some(folder) = &args.out {
        let mut pages = FileSet::new();
        for command in cli.get_subcommands().filter(|c| !c.is_hide_set() && c.get_name() != "help") {
            let name = format!("xero-pbit-{}", command.get_name());
            pages.insert(format!("{name}.1"), page(command.clone()));
        }
        pages.insert("xero-pbit.1", page(cli));
        files::write_tree(folder, &pages).map_err(|problem| Failure::input(vec![problem], SourceMap::default()))?;
        global.say(format!("{} pages in {}", pages.len(), files::shown(folder)));
        return Ok(0);
    }
    let command = match &args.command {
        None => cli,
        Some(name) => match cli.find_subcommand(name) {
            Some(command) => command.clone(),
            None => return Err(Failure::usage(format!("no command `{name}`"))),
        },
    };
    let _ = std::io::stdout().write_all(&page(command));
    Ok(0)
}
