//! Why an expression has no answer.

use std::fmt;

use super::error::EvalError;
use super::syntax::SyntaxError;
use super::syntax::ast::Place;
use crate::base::Diagnostic;

/// At which stage an expression failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The text is not DAX.
    Parse,
    /// Names or types do not fit.
    Bind,
    /// The data do not fit.
    Eval,
}

impl Stage {
    /// `parse`, `bind`, `eval`.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Parse => "parse",
            Stage::Bind => "bind",
            Stage::Eval => "eval",
        }
    }
}

/// Why an expression has no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct DaxError {
    /// Where it failed.
    pub stage: Stage,
    /// Diagnostic code.
    pub code: &'static str,
    /// The sentence.
    pub message: String,
    /// Place in the text that was given (not in the text of an object that it names).
    pub place: Option<Place>,
    /// The object whose text is wrong, for instance ``measure `Cash in` ``.
    pub object: Option<String>,
    /// Place in the text of that object.
    pub object_place: Option<Place>,
    /// What to do.
    pub help: Option<String>,
    /// The engine lacks something; the text may be right.
    pub unsupported: bool,
}

impl DaxError {
    /// A binder's error.
    pub fn bind(code: &'static str, message: impl Into<String>, at: Place) -> DaxError {
        DaxError {
            stage: Stage::Bind,
            code,
            message: message.into(),
            place: Some(at),
            object: None,
            object_place: None,
            help: None,
            unsupported: false,
        }
    }

    pub(crate) fn with_help(mut self, help: Option<String>) -> DaxError {
        self.help = help;
        self
    }

    pub(crate) fn named(self, _label: &str) -> DaxError {
        self
    }

    pub(crate) fn unsupported(mut self) -> DaxError {
        self.unsupported = true;
        self
    }

    /// The error lies in the text of another object.
    pub(crate) fn inside(mut self, object: &str) -> DaxError {
        if self.object.is_none() {
            self.message = format!("{object}: {}", self.message);
            self.object = Some(object.to_owned());
            self.object_place = self.place.take();
            if self.stage == Stage::Parse {
                self.stage = Stage::Bind;
            }
        }
        self.place = None;
        self
    }

    /// Gives an error of another object the place where that object is named.
    pub(crate) fn at_place(mut self, at: Place) -> DaxError {
        if self.place.is_none() {
            self.place = Some(at);
        }
        self
    }

    pub(crate) fn to_eval(&self) -> EvalError {
        EvalError { unsupported: self.unsupported, ..EvalError::new(self.code, self.message.clone()) }
    }

    /// As a diagnostic; `file` is the text that was given.
    pub fn diagnostic(&self, file: Option<crate::base::FileId>) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.code, self.message.clone());
        if let (Some(file), Some(place)) = (file, self.place) {
            diagnostic = diagnostic.at(crate::base::Span::new(file, place.start as usize, place.end as usize), "");
        }
        if let Some(help) = &self.help {
            diagnostic = diagnostic.help(help.clone());
        }
        diagnostic
    }
}

impl fmt::Display for DaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DaxError {}

impl From<SyntaxError> for DaxError {
    fn from(e: SyntaxError) -> DaxError {
        DaxError { stage: Stage::Parse, ..DaxError::bind(e.code, e.message, e.at) }
    }
}

impl From<EvalError> for DaxError {
    fn from(e: EvalError) -> DaxError {
        let place = e.span.map(|s| Place { start: s.start, end: s.end });
        DaxError { stage: Stage::Eval, place, unsupported: e.unsupported, ..DaxError::bind(e.code, e.message, Place::default()) }
    }
}
