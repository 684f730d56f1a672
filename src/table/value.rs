//! One cell.

use std::fmt;
use std::sync::Arc;

use crate::base::{Currency, Date};

/// The types that a column of a semantic model can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DataType {
    /// Whole number, 64 bits.
    Int64,
    /// IEEE double.
    Double,
    /// Fixed decimal number with 4 decimals.
    Currency,
    /// Unicode text.
    String,
    /// TRUE or FALSE.
    Boolean,
    /// Days since 1899-12-30 as a double, the fraction being the time of day.
    DateTime,
    /// Bytes.
    Binary,
}

impl DataType {
    /// The name used in query answers: `int64`, `double`, `currency`, `string`, `boolean`, `datetime`, `binary`.
    pub fn name(self) -> &'static str {
        match self {
            DataType::Int64 => "int64",
            DataType::Double => "double",
            DataType::Currency => "currency",
            DataType::String => "string",
            DataType::Boolean => "boolean",
            DataType::DateTime => "datetime",
            DataType::Binary => "binary",
        }
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One cell or scalar. Equality is exact and structural (text by code points, NaN unequal to itself); DAX's own
/// comparison rules live in `dax`.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// No value.
    #[default]
    Blank,
    /// Whole number.
    Int64(i64),
    /// Double.
    Double(f64),
    /// Fixed decimal.
    Currency(Currency),
    /// Text.
    String(Arc<str>),
    /// Boolean.
    Boolean(bool),
    /// Days since 1899-12-30 with the time as fraction.
    DateTime(f64),
    /// Bytes.
    Binary(Arc<[u8]>),
}

impl Value {
    /// A text value.
    pub fn text(text: impl Into<Arc<str>>) -> Value {
        Value::String(text.into())
    }

    /// A date at midnight.
    pub fn date(date: Date) -> Value {
        Value::DateTime(f64::from(date.0))
    }

    /// Whether it is BLANK.
    pub fn is_blank(&self) -> bool {
        matches!(self, Value::Blank)
    }

    /// The type; `None` for BLANK.
    pub fn data_type(&self) -> Option<DataType> {
        Some(match self {
            Value::Blank => return None,
            Value::Int64(_) => DataType::Int64,
            Value::Double(_) => DataType::Double,
            Value::Currency(_) => DataType::Currency,
            Value::String(_) => DataType::String,
            Value::Boolean(_) => DataType::Boolean,
            Value::DateTime(_) => DataType::DateTime,
            Value::Binary(_) => DataType::Binary,
        })
    }
}
