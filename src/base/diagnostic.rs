//! What a user can cause, as plain data; drawn only in `cli/`.

use super::Span;

/// How bad it is; only errors make a command fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The thing cannot be used.
    Error,
    /// The thing works but something is probably not meant so.
    Warning,
    /// Worth knowing.
    Note,
}

/// A place with a few words, drawn under the source line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there; may be empty.
    pub message: String,
}

/// One message: what was expected, what was found, what to do. Lower case, no full stop, names in back-ticks.
///
/// Codes: `P` project and YAML, `D` DAX, `M` Power Query, `F` formats, `R` report, `X` Xero, `V` validate, followed by four
/// digits; a number is never used twice. `docs/errors.md` shows each with an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// For instance `D0203`.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// The sentence after `error[D0203]: `.
    pub message: String,
    /// The first label is the main place; empty when no source text is at hand.
    pub labels: Vec<Label>,
    /// What to do, if that is known.
    pub help: Option<String>,
    /// Path of a file for which no text is loaded (a data file, a folder), with line and column when known.
    pub file: Option<(String, Option<(usize, usize)>)>,
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn error(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { code, severity: Severity::Error, message: message.into(), labels: Vec::new(), help: None, file: None }
    }

    /// A warning without a place yet.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, message) }
    }

    /// A note without a place yet.
    pub fn note(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Note, ..Diagnostic::error(code, message) }
    }

    /// Adds a place; the first one added is the main place.
    #[must_use]
    pub fn at(mut self, span: Span, message: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    /// Names a file whose text is not in the source map.
    #[must_use]
    pub fn in_file(mut self, path: impl Into<String>, position: Option<(usize, usize)>) -> Diagnostic {
        self.file = Some((path.into(), position));
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// The main place.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }

    /// Whether it makes a command fail.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
