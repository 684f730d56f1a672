//! The command line: one file per sub-command; prints, turns errors into exit codes.
//!
//! Machine-readable output goes to standard output, everything for people to standard error. Exit codes: 0 fine; 1 the
//! thing checked fell short; 2 wrong usage, unreadable or malformed input; 3 stopped by a rate limit; 130 interrupted.

mod company;
mod live;
mod render;
mod session;

mod arrivals;
mod build;
mod check;
mod completions;
mod dax;
mod diff;
mod init;
mod login;
mod logout;
mod m;
mod man;
mod mock;
mod nickname;
mod organisations;
mod preview;
mod pull;
mod query;
mod reference;
mod refresh_tables;
mod sample;
mod schedule;
mod schema;
mod status;
mod validate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use render::{Failure, Global, render};

/// Xero books in Power BI, as code.
#[derive(Parser, Debug)]
#[command(name = "xero-pbit", version, about, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What they are about stands at their arguments: a text here would hide the long one there.
#[derive(Subcommand, Debug)]
enum Command {
    Build(build::Args),
    Init(init::Args),
    Check(check::Args),
    Schema(schema::Args),
    Completions(completions::Args),
    Man(man::Args),
    Query(query::Args),
    Dax(dax::Args),
    Sample(sample::Args),
    Reference(reference::Args),
    Validate(validate::Args),
    M(m::Args),
    RefreshTables(refresh_tables::Args),
    Mock(mock::Args),
    Login(login::Args),
    Logout(logout::Args),
    Organisations(organisations::Args),
    Nickname(nickname::Args),
    Status(status::Args),
    Pull(pull::Args),
    Schedule(schedule::Args),
    Preview(preview::Args),
    Diff(diff::Args),
}

/// Parses the arguments of this process and runs the command.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            // A closed pipe while printing help is not worth a message.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let outcome = match cli.command {
        Command::Build(args) => build::run(args, &cli.global),
        Command::Init(args) => init::run(args, &cli.global),
        Command::Check(args) => check::run(args, &cli.global),
        Command::Schema(args) => schema::run(args, &cli.global),
        Command::Completions(args) => completions::run(args, &cli.global),
        Command::Man(args) => man::run(args, &cli.global),
        Command::Query(args) => query::run(args, &cli.global),
        Command::Dax(args) => dax::run(args, &cli.global),
        Command::Sample(args) => sample::run(args, &cli.global),
        Command::Reference(args) => reference::run(args, &cli.global),
        Command::Validate(args) => validate::run(args, &cli.global),
        Command::M(args) => m::run(args, &cli.global),
        Command::RefreshTables(args) => refresh_tables::run(args, &cli.global),
        Command::Mock(args) => mock::run(args, &cli.global),
        Command::Login(args) => login::run(args, &cli.global),
        Command::Logout(args) => logout::run(args, &cli.global),
        Command::Organisations(args) => organisations::run(args, &cli.global),
        Command::Nickname(args) => nickname::run(args, &cli.global),
        Command::Status(args) => status::run(args, &cli.global),
        Command::Pull(args) => pull::run(args, &cli.global),
        Command::Schedule(args) => schedule::run(args, &cli.global),
        Command::Preview(args) => preview::run(args, &cli.global),
        Command::Diff(args) => diff::run(args, &cli.global),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            failure.print(&cli.global);
            ExitCode::from(failure.code)
        }
    }
}
