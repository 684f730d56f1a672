//! `xero-pbit diff`.
#![allow(clippy::disallowed_methods)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::preview::{Opened, Wanted, now};
use super::{Failure, Global};
use crate::base::Date;
use crate::dax::Engine;
use crate::preview::diff::{Side, compare, html};

/// Compare two builds side by side.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  xero-pbit diff shipped my-model\n  xero-pbit diff before/Xero.pbip dist/Xero.pbip --company acme --out diff.html"
)]
pub struct Args {
    /// Model folder, .pbip or .pbit; `shipped` for the shipped model
    old: PathBuf,
    /// The build to compare with it
    new: PathBuf,
    /// Company folder of raw pages for the figures; without it the built-in company
    #[arg(long, value_name = "DIR")]
    company: Option<PathBuf>,
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "diff.html")]
    out: PathBuf,
    /// The day that is taken as today
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
}

/// A build, and its figures where its queries run.
struct Read {
    name: String,
    opened: Opened,
    engine: Option<Arc<Engine>>,
}

fn side(read: &Read) -> Side<'_> {
    Side { model: &read.opened.model, report: &read.opened.report, engine: read.engine.as_deref() }
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    let mut notes = Vec::new();
    let mut read = |path: &Path| -> Result<Read, Failure> {
        let is_shipped = path == Path::new("shipped") && !path.exists();
        if !is_shipped && !path.exists() {
            return Err(Failure::usage(format!("`{}` does not exist", path.display())));
        }
        let wanted =
            Wanted { model: (!is_shipped).then(|| path.to_owned()), company: args.company.clone(), as_of: args.as_of, ..Wanted::default() };
        let name = path.display().to_string();
        match wanted.open(None, global) {
            Ok((opened, engine)) => Ok(Read { name, opened, engine: Some(engine) }),
            Err(failure) => {
                // The definitions can still be compared when the data cannot be loaded.
                let (model, report) = wanted.read(&Global { quiet: true, ..global.clone() })?;
                let why = failure.diagnostics.first().map(|d| d.message.clone()).or(failure.message).unwrap_or_default();
                notes.push(format!("{name}: no figures, because its data cannot be loaded: {why}"));
                Ok(Read { name, opened: Opened::bare(model, report), engine: None })
            }
        }
    };
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let sections = compare(&side(&old), &side(&new), now());
    let page = html(&old.name, &new.name, &sections, &notes);
    let written = std::fs::write(&args.out, page);
    written.map_err(|error| Failure::usage(format!("`{}` cannot be written: {error}", args.out.display())))?;
    for note in &notes {
        global.say(note);
    }
    let counts: Vec<String> = sections.iter().map(|s| format!("{} {}", s.changes.len(), s.title.to_lowercase())).collect();
    global.say(format!("{}  differences: {}", args.out.display(), counts.join(", ")));
    Ok(0)
}
