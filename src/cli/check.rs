//! `xero-pbit check`.

use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::json;

use super::build::Source;
use super::{Failure, Global, render};
use crate::base::{Diagnostic, Severity, SourceMap, memory};
use crate::check;
use crate::host::{files, pages};
use crate::project::{self, Layer};

/// Check model and report without writing anything.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  xero-pbit check --model my-model\n  xero-pbit check --model my-model --format github\n  xero-pbit check --rules"
)]
pub struct Args {
    /// Model folder; without it the shipped model
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Where the data comes from; without it the model's `source:`
    #[arg(long, value_name = "SOURCE")]
    source: Option<Source>,
    /// How to print what was found
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Fail on warnings too
    #[arg(long)]
    strict: bool,
    /// List the rules and end
    #[arg(long)]
    rules: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// For people, on standard error
    Text,
    /// One JSON object on standard output
    Json,
    /// Annotations for GitHub Actions on standard output
    Github,
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    pages::small_pages();
    memory::keep_freed();
    let mut stdout = std::io::stdout().lock();
    if args.rules {
        for rule in check::RULES {
            let _ = writeln!(stdout, "{:<14} {}", rule.name, rule.about);
        }
        return Ok(0);
    }
    let layers = match &args.model {
        Some(folder) => files::read_project(folder).map_err(|problem| Failure::input(vec![problem], SourceMap::default()))?,
        None => vec![Layer::shipped()],
    };
    let (mut project, loading) = project::read(&layers);
    if let Some(source) = args.source {
        project.settings.source = source.kind();
    }
    let diagnostics = check::diagnostics(&project, loading);
    let count = |severity: Severity| diagnostics.iter().filter(|d| d.severity == severity).count();
    let (errors, warnings, notes) = (count(Severity::Error), count(Severity::Warning), count(Severity::Note));
    match args.format {
        Format::Text => {
            global.draw(&diagnostics, &project.sources);
            let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
            let all = [counted(errors, "error"), counted(warnings, "warning"), counted(notes, "note")];
            global.say(all.join(", "));
        }
        Format::Json => {
            let listed: Vec<_> = diagnostics.iter().map(|d| as_json(d, &project.sources)).collect();
            let out = json!({"errors": errors, "warnings": warnings, "notes": notes, "diagnostics": listed});
            let _ = writeln!(stdout, "{out}");
        }
        Format::Github => {
            for diagnostic in &diagnostics {
                let _ = writeln!(stdout, "{}", render::github(diagnostic, &project.sources));
            }
        }
    }
    Ok(u8::from(errors > 0 || (args.strict && warnings > 0)))
}

/// A diagnostic with its places as lines and columns.
pub(super) fn as_json(diagnostic: &Diagnostic, sources: &SourceMap) -> serde_json::Value {
    let labels = diagnostic.labels.iter().filter_map(|label| {
        let file = sources.get(label.span.file)?;
        let start = file.position(label.span.start as usize);
        let end = file.position(label.span.end as usize);
        Some(json!({
            "file": file.name, "line": start.line, "column": start.column, "endLine": end.line, "endColumn": end.column,
            "message": label.message,
        }))
    });
    let mut labels: Vec<_> = labels.collect();
    if let Some((file, position)) = &diagnostic.file {
        let (line, column) = position.unwrap_or((1, 1));
        labels.push(json!({"file": file, "line": line, "column": column, "message": ""}));
    }
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    json!({"code": diagnostic.code, "severity": severity, "message": diagnostic.message, "help": diagnostic.help, "labels": labels})
}
