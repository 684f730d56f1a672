//! `xero-pbit dax`: format DAX, list its functions.
#![allow(clippy::disallowed_methods, reason = "reads and writes the files that the user names")]

use std::io::{Read, Write};
use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::{Failure, Global};
use crate::base::{SourceMap, nearest};
use crate::dax::functions::{self, Body};
use crate::dax::{DaxError, syntax};

/// Format DAX, list its functions.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  xero-pbit dax format 'sum(T[a])+1'\n  xero-pbit dax functions TOPN")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Lay an expression or a query out
    #[command(after_help = "Examples:\n  xero-pbit dax format 'sum(T[a])+1'\n  xero-pbit dax format --write query.dax")]
    Format(Format),
    /// List the functions, or show one
    #[command(after_help = "Example:\n  xero-pbit dax functions CALCULATE")]
    Functions(Functions),
}

#[derive(clap::Args, Debug)]
struct Format {
    /// A text; standard input without one
    #[arg(conflicts_with = "files")]
    text: Option<String>,
    /// Write the result back into these files
    #[arg(long = "write", value_name = "FILE", num_args = 1..)]
    files: Vec<PathBuf>,
    /// Change nothing; fail when a file would change
    #[arg(long, requires = "files")]
    check: bool,
}

#[derive(clap::Args, Debug)]
struct Functions {
    /// A function
    name: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// The reference page in Markdown
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    match args.command {
        Command::Format(args) => format(args, global),
        Command::Functions(args) => list(&args),
    }
}

fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    // A closed pipe is the reader's choice.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn broken(name: &str, text: &str, error: syntax::SyntaxError) -> Failure {
    let mut sources = SourceMap::default();
    let file = sources.add(name, text);
    Failure::found(vec![DaxError::from(error).diagnostic(Some(file))], sources)
}

fn format(args: Format, global: &Global) -> Result<u8, Failure> {
    if args.files.is_empty() {
        let text = match args.text {
            Some(text) => text,
            None => {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text).map_err(|e| Failure::usage(format!("cannot read standard input: {e}")))?;
                text
            }
        };
        let laid = syntax::format(&text).map_err(|e| broken("expression", &text, e))?;
        print(&laid);
        return Ok(0);
    }
    let mut code = 0;
    for path in &args.files {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| Failure::usage(format!("cannot read {shown}: {e}")))?;
        let laid = syntax::format(&text).map_err(|e| broken(&shown, &text, e))?;
        if laid == text {
            continue;
        }
        if args.check {
            global.say(format!("{shown} would change"));
            code = 1;
        } else {
            std::fs::write(path, laid).map_err(|e| Failure::usage(format!("cannot write {shown}: {e}")))?;
        }
    }
    Ok(code)
}

fn list(args: &Functions) -> Result<u8, Failure> {
    if args.markdown {
        print(&reference());
        return Ok(0);
    }
    let why = |f: &functions::Function| if let Body::Unsupported(why) = f.body { Some(why) } else { None };
    let line = |category: &str, f: &functions::Function| {
        json!({ "name": f.name, "category": category, "syntax": f.syntax(), "supported": why(f).is_none(), "why": why(f) }).to_string()
            + "\n"
    };
    let Some(name) = &args.name else {
        let mut out = String::new();
        for (category, f) in functions::with_categories() {
            if args.json {
                out.push_str(&line(category, f));
            } else {
                out.push_str(&format!("{:<26} {}\n", f.name, f.about));
            }
        }
        print(&out);
        return Ok(0);
    };
    let Some((category, f)) = functions::with_categories().find(|(_, f)| f.name.eq_ignore_ascii_case(name)) else {
        let near = nearest(name, functions::all().map(|f| f.name)).map(|n| format!("; a similar name exists: {n}")).unwrap_or_default();
        return Err(Failure::usage(format!("`{name}` is not a DAX function{near}")));
    };
    if args.json {
        print(&line(category, f));
        return Ok(0);
    }
    let mut out = format!("{}\n\n{}\n{category}\n", f.syntax(), f.about);
    if let Some(why) = why(f) {
        out.push_str(&format!("Not available: {why}\n"));
    }
    for (expr, result) in f.examples {
        out.push_str(&format!("  {expr}  →  {result}\n"));
    }
    out.push_str(&format!("{}\n", f.source));
    print(&out);
    Ok(0)
}

/// `docs/dax-functions.md`.
fn reference() -> String {
    let mut out = String::from("# DAX functions\n\nMade by `xero-pbit dax functions --markdown` from the engine's own table.\n");
    let mut categories: Vec<&str> = functions::with_categories().map(|(c, _)| c).collect();
    categories.sort_unstable();
    categories.dedup();
    for category in categories {
        out.push_str(&format!("\n## {category}\n\n"));
        for (_, f) in functions::with_categories().filter(|(c, _)| *c == category) {
            out.push_str(&format!("- [`{}`]({}): {}", f.syntax(), f.source, f.about));
            if let Body::Unsupported(why) = f.body {
                out.push_str(&format!(" *Not available: {why}.*"));
            }
            out.push('\n');
        }
    }
    out
}
