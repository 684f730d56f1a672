//! The command line: one file per sub-command; prints, turns errors into exit codes.
//!
//! Machine-readable output goes to standard output, everything for people to standard error. Exit codes: 0 fine; 1 the
//! thing checked fell short; 2 wrong usage, unreadable or malformed input; 3 stopped by a rate limit; 130 interrupted.

mod company;
mod live;
mod render;
mod session;

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

#[derive(Subcommand, Debug)]
enum Command {
    /// Write the template: .pbit, PBIP and the connector
    Build(build::Args),
    /// Start a folder that extends the shipped model
    Init(init::Args),
    /// Check model and report without writing anything
    Check(check::Args),
    /// Print the JSON Schemas of the YAML files
    Schema(schema::Args),
    /// Print shell completions
    Completions(completions::Args),
    /// Print the manual page
    Man(man::Args),
    /// Run DAX against any model and data
    Query(query::Args),
    /// Format DAX, list its functions
    Dax(dax::Args),
    /// Make up a company as raw Xero API pages
    Sample(sample::Args),
    /// Compute every figure in exact decimals from raw pages
    Reference(reference::Args),
    /// Prove every figure: M and DAX against the reference
    Validate(validate::Args),
    /// Evaluate, parse, format Power Query M
    M(m::Args),
    /// Run the template's M and write one file per table
    RefreshTables(refresh_tables::Args),
    /// Serve a Xero look-alike on loopback
    Mock(mock::Args),
    /// Sign in to Xero
    Login(login::Args),
    /// Forget a sign-in
    Logout(logout::Args),
    /// List the organisations that your sign-ins reach
    Organisations(organisations::Args),
    /// Set or remove the nickname of an organisation
    Nickname(nickname::Args),
    /// Say what needs attention
    Status(status::Args),
    /// Download a company as raw pages
    Pull(pull::Args),
    /// Print a schedule for the daily refresh
    Schedule(schedule::Args),
    /// See the report without Power BI
    Preview(preview::Args),
    /// Compare two builds side by side
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
