//! `xero-pbit schema`.

use std::io::Write;
use std::path::PathBuf;

use super::{Failure, Global};
use crate::base::{FileSet, SourceMap, nearest};
use crate::host::files;
use crate::project::schema;

/// Print the JSON Schemas of the YAML files.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  xero-pbit schema table\n  xero-pbit schema --out my-model/schema")]
pub struct Args {
    /// Kind of file: model, table, relationships, measures, page, locale, theme; without it all of them by kind
    kind: Option<String>,
    /// Write one file per kind into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "kind")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    if let Some(folder) = &args.out {
        let set = schema_files();
        files::write_tree(folder, &set).map_err(|problem| Failure::input(vec![problem], SourceMap::default()))?;
        global.say(format!("{} schemas in {}", set.len(), files::shown(folder)));
        return Ok(0);
    }
    let out = match &args.kind {
        Some(kind) => schema::schema(kind).ok_or_else(|| {
            let names: Vec<&str> = schema::kinds().into_iter().map(|(name, ..)| name).collect();
            let near = nearest(kind, names.iter().copied()).map(|n| format!("did you mean `{n}`? ")).unwrap_or_default();
            Failure::usage(format!("no kind of file `{kind}`; {near}kinds: {}", names.join(", ")))
        })?,
        None => schema::kinds().into_iter().filter_map(|(name, ..)| Some((name.to_owned(), schema::schema(name)?))).collect(),
    };
    let text = serde_json::to_string_pretty(&out).expect("a JSON value always prints");
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(0)
}

/// `model.json`, `table.json` …, as the shipped files name them for editors.
pub(super) fn schema_files() -> FileSet {
    let file = |name: &str| {
        let text = serde_json::to_string_pretty(&schema::schema(name)?).expect("a JSON value always prints");
        Some((format!("{name}.json"), format!("{text}\n").into_bytes()))
    };
    schema::kinds().into_iter().filter_map(|(name, ..)| file(name)).collect()
}
