//! `xero-pbit build`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Failure, Global};
use crate::base::{Diagnostic, FileSet, Severity, SourceMap, hex, memory, nearest};
use crate::check::{self, CheckedModel};
use crate::emit::{self, Options};
use crate::format::pbit;
use crate::host::{files, pages};
use crate::project::raw::SourceKind;
use crate::project::{self, Layer, Trees};
use crate::sample;

/// Write the template: .pbit, PBIP and the connector.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  xero-pbit build\n  xero-pbit build --source folder --locale fr\n  xero-pbit build --model my-model --out dist --format pbip"
)]
pub struct Args {
    /// Model folder; without it the shipped model
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Where to write
    #[arg(long, value_name = "DIR", default_value = "dist")]
    out: PathBuf,
    /// Where the data comes from; without it the model's `source:`
    #[arg(long, value_name = "SOURCE")]
    source: Option<Source>,
    /// Language of the report's texts; without it the model's own
    #[arg(long, value_name = "LANGUAGE")]
    locale: Option<String>,
    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "all")]
    format: Format,
    /// Replace folders and files that this tool did not make
    #[arg(long)]
    force: bool,
    /// Print what was written as JSON
    #[arg(long)]
    json: bool,
}

/// A source on the command line.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A small made-up company inside the template
    Sample,
    /// A company folder of raw pages or tables
    Folder,
    /// Xero client credentials from plain M
    CustomConnection,
    /// The custom connector Xero.mez
    Connector,
}

impl Source {
    pub(super) fn kind(self) -> SourceKind {
        match self {
            Source::Sample => SourceKind::Sample,
            Source::Folder => SourceKind::Folder,
            Source::CustomConnection => SourceKind::CustomConnection,
            Source::Connector => SourceKind::Connector,
        }
    }
}

/// A format on the command line.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// Everything
    All,
    /// The project: TMDL and PBIR
    Pbip,
    /// The template
    Pbit,
    /// The connector
    Mez,
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    pages::small_pages();
    memory::keep_freed();
    let (checked, sources) = load_checked(args.model.as_deref(), args.source.map(Source::kind), global)?;
    let mut options = Options::all(&checked);
    options.pbip = matches!(args.format, Format::All | Format::Pbip);
    options.pbit = matches!(args.format, Format::All | Format::Pbit);
    options.mez = matches!(args.format, Format::All | Format::Mez);
    options.locale = match &args.locale {
        Some(wanted) => Some(culture(&checked, wanted)?),
        None => None,
    };
    if options.source == SourceKind::Sample {
        options.sample = sample::built_in_packed();
    }
    let files = emit::files(&checked, &options).map_err(|problems| Failure::found(problems, sources.clone()))?;
    let name = &checked.project().model.name;
    write(&args.out, name, &files, args.force).map_err(|problem| Failure::input(vec![problem], SourceMap::default()))?;
    if args.json {
        let listed = files.iter().map(|(path, bytes)| {
            let digest = hex(&Sha256::digest(bytes));
            json!({"path": path, "bytes": bytes.len(), "sha256": digest})
        });
        let out = json!({
            "name": name,
            "source": options.source.as_str(),
            "locale": options.locale.as_deref().unwrap_or(&checked.project().model.culture),
            "out": files::shown(&args.out),
            "files": listed.collect::<Vec<_>>(),
            "warnings": checked.warnings().len(),
        });
        let _ = writeln!(std::io::stdout(), "{out}");
    } else {
        for (path, what) in top_level(&files) {
            global.say(format!("{}  {what}", files::shown(&args.out.join(path))));
        }
        if options.mez && options.source == SourceKind::Connector {
            global.say("copy Xero.mez to Documents/Power BI Desktop/Custom Connectors before opening the template");
        }
    }
    // The program ends here; taking the trees apart would cost more than writing some of the files.
    std::mem::forget((checked, files));
    Ok(0)
}

/// Reads and checks a project; warnings are drawn, errors end the command with 1.
pub(super) fn load_checked(
    model: Option<&Path>,
    source: Option<SourceKind>,
    global: &Global,
) -> Result<(CheckedModel, SourceMap), Failure> {
    load_checked_after(None, None, model, source, global)
}

/// The same for a project that may be `before` with a change: files and rules whose answer is known are not read and run again.
pub(super) fn load_checked_after(
    before: Option<&CheckedModel>,
    trees: Option<&Arc<Trees>>,
    model: Option<&Path>,
    source: Option<SourceKind>,
    global: &Global,
) -> Result<(CheckedModel, SourceMap), Failure> {
    let layers = match model {
        Some(folder) => files::read_project(folder).map_err(|problem| Failure::input(vec![problem], SourceMap::default()))?,
        None => vec![Layer::shipped()],
    };
    let (mut project, loading) = match trees {
        Some(trees) => project::read_again(&layers, trees),
        None => project::read(&layers),
    };
    if let Some(source) = source {
        project.settings.source = source;
    }
    let sources = project.sources.clone();
    let checked = match model {
        Some(_) => check::check_after(before, project, loading),
        None => check::shipped(project, loading),
    };
    match checked {
        Ok(checked) => {
            // Notes belong to `check`; what a refresh from a live source costs is said here too.
            let told = |d: &&Diagnostic| d.severity != Severity::Note || d.code == "P0343";
            let told: Vec<Diagnostic> = checked.warnings().iter().filter(told).cloned().collect();
            global.draw(&told, &sources);
            Ok((checked, sources))
        }
        Err(problems) => Err(Failure::found(problems, sources)),
    }
}

/// The culture of the project that `fr` or `fr-FR` means.
pub(super) fn culture(checked: &CheckedModel, wanted: &str) -> Result<String, Failure> {
    let model = &checked.project().model;
    let known: Vec<&str> = std::iter::once(model.culture.as_str()).chain(model.cultures.iter().map(|c| c.name.as_str())).collect();
    let found = known
        .iter()
        .find(|c| c.eq_ignore_ascii_case(wanted))
        .or_else(|| known.iter().find(|c| c.split('-').next().is_some_and(|language| language.eq_ignore_ascii_case(wanted))));
    match found {
        Some(culture) => Ok((*culture).to_owned()),
        None => {
            let mut languages: Vec<&str> = known.iter().filter_map(|c| c.split('-').next()).collect();
            languages.sort_unstable();
            languages.dedup();
            let near = nearest(wanted, languages.iter().copied()).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
            Err(Failure::usage(format!("the model has no language `{wanted}`, it has {}{near}", languages.join(", "))))
        }
    }
}

/// Files and folders at the top of the output with a word on each.
fn top_level(files: &FileSet) -> Vec<(&str, &'static str)> {
    let mut out: Vec<(&str, &'static str)> = Vec::new();
    for (path, _) in files.iter() {
        let top = path.split('/').next().unwrap_or(path);
        let what = match top.rsplit('.').next().unwrap_or("") {
            "pbit" => "template: double-click to open in Power BI Desktop",
            "pbip" => "project: opens in Power BI Desktop",
            "SemanticModel" => "model of the project",
            "Report" => "report of the project",
            "mez" => "connector",
            _ => continue,
        };
        if out.last().is_none_or(|(last, _)| *last != top) {
            out.push((top, what));
        }
    }
    out
}

/// Replaces what an earlier build wrote under this name and writes the files.
fn write(out: &Path, name: &str, set: &FileSet, force: bool) -> Result<(), Diagnostic> {
    let mut tops: Vec<&str> = set.iter().map(|(path, _)| path.split('/').next().unwrap_or(path)).collect();
    tops.dedup();
    let replaced: Vec<&str> = tops.into_iter().filter(|top| *top != ".gitignore").collect();
    if !force {
        for top in &replaced {
            refuse_foreign(&out.join(top), top, name)?;
        }
    }
    let keeps_ignore = out.join(".gitignore").exists();
    let written = set.iter().filter(|(path, _)| *path != ".gitignore" || !keeps_ignore);
    files::replace_tree(out, &replaced, written)
}

/// An error when something at `path` was not made by this tool.
fn refuse_foreign(path: &Path, top: &str, name: &str) -> Result<(), Diagnostic> {
    if !files::is_occupied(path) {
        return Ok(());
    }
    let ours = if path.is_dir() {
        let item = top.rsplit('.').next().unwrap_or(top);
        let platform = files::read(&path.join(".platform")).unwrap_or_default();
        String::from_utf8_lossy(&platform).contains(&emit::item_id(name, item))
    } else if top.ends_with(".pbip") {
        let bytes = files::read(path).unwrap_or_default();
        String::from_utf8_lossy(&bytes).contains(&format!("{name}.Report"))
    } else {
        pbit::is_ours(&files::read_start(path, pbit::START).unwrap_or_default())
    };
    if ours {
        return Ok(());
    }
    let shown = files::shown(path);
    let problem = Diagnostic::error("F0003", format!("`{shown}` was not made by `build` and would be replaced")).in_file(shown, None);
    Err(problem.help("choose another `--out`, or replace it with `--force`"))
}
