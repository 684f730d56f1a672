//! Diagnostics drawn for people, and the way a command fails.

use std::io::{IsTerminal, Write};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use clap::{Args, ValueEnum};

use crate::base::{Diagnostic, Severity, SourceMap};

/// Options that every command takes.
#[derive(Args, Debug, Clone, Default)]
pub struct Global {
    /// Print nothing but results and errors
    #[arg(long, short, global = true, display_order = 900)]
    pub quiet: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", display_order = 901)]
    pub color: Color,
}

/// When to use colours.
#[derive(ValueEnum, Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Global {
    /// Whether messages on standard error are coloured.
    pub fn colored(&self) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        }
    }

    /// Whether progress may be drawn: standard error is a terminal and `--quiet` was not given.
    pub fn interactive(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// Prints a line for people to standard error, unless `--quiet`.
    pub fn say(&self, line: impl AsRef<str>) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr(), "{}", line.as_ref());
        }
    }

    /// Draws diagnostics on standard error; warnings and notes only without `--quiet`.
    pub fn draw(&self, diagnostics: &[Diagnostic], sources: &SourceMap) {
        let mut stderr = std::io::stderr().lock();
        for diagnostic in diagnostics {
            if !self.quiet || diagnostic.is_error() {
                let _ = writeln!(stderr, "{}", render(diagnostic, sources, self.colored()));
            }
        }
    }
}

/// Why a command stops: what to print and the exit code.
#[derive(Debug, Default)]
pub struct Failure {
    /// Exit code as `docs/architecture.md` lists them.
    pub code: u8,
    /// What happened.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics point into.
    pub sources: SourceMap,
    /// A plain sentence, for what has no code.
    pub message: Option<String>,
}

impl Failure {
    /// The thing checked fell short (exit code 1).
    pub fn found(diagnostics: Vec<Diagnostic>, sources: SourceMap) -> Failure {
        Failure { code: 1, diagnostics, sources, message: None }
    }

    /// Unreadable or malformed input (exit code 2).
    pub fn input(diagnostics: Vec<Diagnostic>, sources: SourceMap) -> Failure {
        Failure { code: 2, diagnostics, sources, message: None }
    }

    /// Wrong usage, or something that has no diagnostic code (exit code 2).
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure { code: 2, message: Some(message.into()), ..Failure::default() }
    }

    /// Its errors as plain text with their source lines, the first few of them.
    pub fn text(&self) -> String {
        let mut parts: Vec<String> = self.message.iter().cloned().collect();
        parts.extend(self.diagnostics.iter().filter(|d| d.is_error()).take(5).map(|d| render(d, &self.sources, false)));
        parts.join("\n\n")
    }

    /// Prints everything to standard error.
    pub fn print(&self, global: &Global) {
        global.draw(&self.diagnostics, &self.sources);
        if let Some(message) = &self.message {
            let _ = writeln!(std::io::stderr(), "error: {message}");
        }
    }
}

/// A diagnostic as people read it: code, message, source lines with marks, help.
pub fn render(diagnostic: &Diagnostic, sources: &SourceMap, colored: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let mut group = Group::with_title(title);
    let mut drawn: Vec<crate::base::FileId> = Vec::new();
    for label in &diagnostic.labels {
        let Some(file) = sources.get(label.span.file) else { continue };
        if drawn.contains(&label.span.file) {
            continue;
        }
        drawn.push(label.span.file);
        let mut snippet = Snippet::source(&*file.text).path(file.name.as_str());
        for (index, label) in diagnostic.labels.iter().enumerate().filter(|(_, l)| l.span.file == label.span.file) {
            let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            snippet = snippet.annotation(kind.span(file.range(label.span)).label(label.message.as_str()));
        }
        group = group.element(snippet);
    }
    let place = diagnostic.file.as_ref().map(|(path, position)| match position {
        Some((line, column)) => format!("{path}:{line}:{column}"),
        None => path.clone(),
    });
    if let Some(place) = &place {
        group = group.element(annotate_snippets::Origin::path(place.as_str()));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if colored { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group]).to_string()
}

/// A diagnostic as a workflow command of GitHub Actions, which draws it beside the line.
///
/// Source: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.
pub fn github(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let value = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| value(text).replace(':', "%3A").replace(',', "%2C");
    let place = diagnostic.span().and_then(|span| {
        let file = sources.get(span.file)?;
        let (start, end) = (file.position(span.start as usize), file.position(span.end as usize));
        let range = if start.line == end.line { format!(",endColumn={}", end.column) } else { String::new() };
        Some(format!("file={},line={},endLine={},col={}{range},", property(&file.name), start.line, end.line, start.column))
    });
    let place = place.or_else(|| {
        let (file, position) = diagnostic.file.as_ref()?;
        let (line, column) = position.unwrap_or((1, 1));
        Some(format!("file={},line={line},col={column},", property(file)))
    });
    let help = diagnostic.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    format!("::{level} {}title={}::{}", place.unwrap_or_default(), diagnostic.code, value(&format!("{}{help}", diagnostic.message)))
}
