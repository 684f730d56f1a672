//! Errors as M knows them: reason, message, detail.

use std::fmt;
use std::rc::Rc;

use super::value::{Record, Text, Value};

/// What an evaluation step gives.
pub type Result<T> = std::result::Result<T, Error>;

/// An M error. Cheap to clone: a failed cell raises the identical error each time it is looked at.
#[derive(Clone)]
pub struct Error(Rc<ErrorData>);

/// Whether `try` sees an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// An ordinary error.
    Raised,
    /// Something that this engine does not implement: `try` does not catch it, so that it never turns into a wrong value.
    Unsupported,
    /// Time, memory or depth ran out: not catchable, as in the real engine.
    Resource,
}

/// The parts of an [`Error`].
#[derive(Clone)]
pub struct ErrorData {
    /// Whether `try` sees it.
    pub kind: ErrorKind,
    /// `Expression.Error`, `DataFormat.Error`, `DataSource.Error` …
    pub reason: Text,
    /// The sentence.
    pub message: Text,
    /// What it is about; null when nothing is known.
    pub detail: Value,
    /// The message with `#{0}` places, or null.
    pub format: Value,
    /// What goes into the places, or null.
    pub parameters: Value,
    /// The error code, or null.
    pub code: Value,
}

impl Error {
    /// An error with any reason.
    pub fn new(reason: &str, message: impl AsRef<str>) -> Error {
        Error(Rc::new(ErrorData {
            kind: ErrorKind::Raised,
            reason: Rc::from(reason),
            message: Rc::from(message.as_ref()),
            detail: Value::Null,
            format: Value::Null,
            parameters: Value::Null,
            code: Value::Null,
        }))
    }

    /// From its parts.
    pub fn from_data(data: ErrorData) -> Error {
        Error(Rc::new(data))
    }

    /// `Expression.Error`: wrong types, unknown fields, wrong arguments.
    #[cold]
    pub fn expression(message: impl AsRef<str>) -> Error {
        Error::new("Expression.Error", message)
    }

    /// `DataFormat.Error`: text that cannot be read as what was asked for.
    #[cold]
    pub fn data_format(message: impl AsRef<str>) -> Error {
        Error::new("DataFormat.Error", message)
    }

    /// `DataSource.Error`: files and services.
    #[cold]
    pub fn data_source(message: impl AsRef<str>) -> Error {
        Error::new("DataSource.Error", message)
    }

    /// What this engine does not implement; `what` names it.
    #[cold]
    pub fn unsupported(what: impl fmt::Display) -> Error {
        Error::new("Expression.Error", format!("{what} is not supported by xero-pbit")).with_kind(ErrorKind::Unsupported)
    }

    /// Time, memory or depth used up.
    #[cold]
    pub fn resource(message: impl AsRef<str>) -> Error {
        Error::new("Expression.Error", message).with_kind(ErrorKind::Resource)
    }

    /// `We cannot convert the value … to type ….` with the detail that the real engine gives.
    #[cold]
    pub fn cannot_convert(value: &Value, to: &str) -> Error {
        let message = match value.describe_scalar() {
            Some(text) => format!("We cannot convert the value {text} to type {to}."),
            None => format!("We cannot convert a value of type {} to type {to}.", value.kind().title()),
        };
        let to = match super::value::Type::by_title(to) {
            Some(ty) => Value::Type(ty),
            None => Value::text(to),
        };
        Error::expression(message).with_detail(Value::Record(Record::new(vec![("Value", value.clone()), ("Type", to)])))
    }

    /// The same error with `Detail`.
    #[must_use]
    pub fn with_detail(self, detail: Value) -> Error {
        let mut data = self.data().clone();
        data.detail = detail;
        Error(Rc::new(data))
    }

    /// The same error, another kind.
    #[must_use]
    pub fn with_kind(self, kind: ErrorKind) -> Error {
        let mut data = self.data().clone();
        data.kind = kind;
        Error(Rc::new(data))
    }

    /// Its parts.
    pub fn data(&self) -> &ErrorData {
        &self.0
    }

    /// The sentence.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The reason.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Whether `try` catches it.
    pub fn is_catchable(&self) -> bool {
        self.0.kind == ErrorKind::Raised
    }

    /// Whether it marks something that is not implemented.
    pub fn is_unsupported(&self) -> bool {
        self.0.kind == ErrorKind::Unsupported
    }

    /// The record that `try … catch (e)` and `(try …)[Error]` show.
    pub fn to_record(&self) -> Record {
        let d = &*self.0;
        Record::new(vec![
            ("Reason", Value::Text(d.reason.clone())),
            ("Message", Value::Text(d.message.clone())),
            ("Detail", d.detail.clone()),
            ("Message.Format", d.format.clone()),
            ("Message.Parameters", d.parameters.clone()),
            ("ErrorCode", d.code.clone()),
        ])
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.reason, self.0.message)
    }
}
