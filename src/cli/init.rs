//! `xero-pbit init`.

use std::path::PathBuf;

use super::schema::schema_files;
use super::{Failure, Global};
use crate::base::{Diagnostic, FileSet, SourceMap};
use crate::host::files;
use crate::project::shipped;

/// Start a folder that extends the shipped model.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  xero-pbit init my-model\n  xero-pbit init my-model --name Acme\n  xero-pbit init everything --full")]
pub struct Args {
    /// The folder; it must be empty or absent
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Copy the whole shipped model instead of extending it
    #[arg(long)]
    full: bool,
    /// Name of the template
    #[arg(long, default_value = "My company")]
    name: String,
    /// Write into a folder that already holds files
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    let folder = &args.folder;
    if folder.is_file() || (files::is_occupied(folder) && !args.force) {
        let shown = files::shown(folder);
        let what = if folder.is_file() { "is a file" } else { "already holds files" };
        let problem = Diagnostic::error("F0003", format!("`{shown}` {what}")).in_file(shown, None);
        return Err(Failure::input(vec![problem.help("name a new folder, or add `--force`")], SourceMap::default()));
    }
    let mut set = if args.full { shipped::files() } else { starter(&args.name) };
    set.extend_under("schema", schema_files());
    files::write_tree(folder, &set).map_err(|problem| Failure::input(vec![problem], SourceMap::default()))?;
    let shown = files::shown(folder);
    global.say(format!("wrote {} files to {shown}", set.len()));
    global.say(
        format!("next: edit {shown}/measures/my-measures.yaml, then `xero-pbit build --model {shown}`")
            .replace("measures/my-measures.yaml", if args.full { "measures/" } else { "measures/my-measures.yaml" }),
    );
    Ok(0)
}

/// A small overlay that builds as it is and shows each kind of change in comments.
fn starter(name: &str) -> FileSet {
    let quoted = format!("'{}'", name.replace('\'', "''"));
    let mut files = FileSet::new();
    files.insert(
        "model.yaml",
        format!(
            "# yaml-language-server: $schema=schema/model.json
# This folder extends the model that comes with xero-pbit: it holds only what differs.
# Build it with `xero-pbit build --model .`, check it with `xero-pbit check --model .`.
extends: shipped
name: {quoted}
# Where the data comes from when --source is not given: sample, folder, custom-connection, connector.
# source: folder
# Last day of the fiscal year, when it is not the one of the organisation in Xero.
# fiscal-year-end: '03-31'
"
        ),
    );
    files.insert(
        "measures/my-measures.yaml",
        "# yaml-language-server: $schema=../schema/measures.json
# Entries under `add` are new, under `change` alter some keys, under `replace` take the place of a measure, under `remove` go.
folder: My measures
add:
  - name: Cash in per day
    description: Cash in divided by the days of the period.
    expression: |
      DIVIDE ( [Cash in], COUNTROWS ( 'Date' ) )
    format: '#,0.00'
# change:
#   - name: Cash in
#     format: '#,0'
# remove:
#   - Daily cash flow
",
    );
    files.insert(
        "theme.yaml",
        "# yaml-language-server: $schema=schema/theme.json
# Keys given here replace those of the shipped theme.
# palette:
#   brand: '#134E6E'
",
    );
    files
}
