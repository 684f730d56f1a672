//! Values: 24 bytes each, reference counted, confined to one thread.
//!
//! Containers are lazy: their cells are [`Slot`]s, either values or [`Thunk`]s. Metadata and types ascribed to anything but a table
//! sit in a [`Value::Tagged`] wrapper around the plain value; [`Value::bare`] looks through it.

mod binary;
mod compare;
mod function;
mod list;
mod number;
mod record;
mod release;
mod table;
mod temporal;
mod text;
mod thunk;
mod types;

use std::fmt;
use std::rc::Rc;

pub use binary::{Binary, BinarySource, Bytes};
pub use compare::Key;
pub(crate) use compare::operator_error;
pub use function::{Body, Function, Native, NativeParam};
pub use list::{List, ListCursor, ListSource, SlotCursor};
pub use number::Decimal;
pub(crate) use number::{
    add as number_add, divide as number_divide, double_to_i64, multiply as number_multiply, subtract as number_subtract,
};
pub(crate) use record::taken;
pub use record::{CellRef, Name, Record, Shape};
pub use table::{Row, RowCursor, RowSource, Table};
pub(crate) use temporal::DAYS_TO_OLE;
pub use temporal::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, civil_from_day, day_from_civil};
pub use text::{quote, utf16_char_at, utf16_index_to_byte, utf16_len, utf16_slice};
pub(crate) use thunk::Unread;
pub use thunk::{JsonText, Pending, Slot, Thunk};
pub use types::{Field, FunctionType, Kind, RecordType, TableType, Type, TypeData, TypeForm};

/// Immutable text. M counts UTF-16 code units: see [`utf16_len`] and its siblings.
pub type Text = Rc<str>;

/// Any M value. Its tag takes a whole word, so that values are copied by words: in pieces of a byte or two every copy waits for the last.
#[derive(Clone, Default)]
#[repr(u64)]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Logical(bool),
    /// A number held as a whole number. Equal to the [`Value::Double`] of the same size.
    Int(i64),
    /// A number held as a double.
    Double(f64),
    /// A number held as a decimal (`Decimal.From`, `Currency.From`, decimal precision).
    Decimal(Decimal),
    /// Text.
    Text(Text),
    /// A date: days since 0001-01-01.
    Date(i32),
    /// A time: ticks of 100 ns since midnight, at most one day.
    Time(i64),
    /// A date and time: ticks of 100 ns since 0001-01-01T00:00.
    DateTime(i64),
    /// A date, time and zone.
    DateTimeZone {
        /// Local ticks of 100 ns since 0001-01-01T00:00.
        local: i64,
        /// Minutes east of UTC.
        offset: i16,
    },
    /// A duration in ticks of 100 ns.
    Duration(i64),
    /// Bytes.
    Binary(Binary),
    /// A list.
    List(List),
    /// A record.
    Record(Record),
    /// A table; its ascribed type is part of it.
    Table(Table),
    /// A function.
    Function(Function),
    /// A type.
    Type(Type),
    /// A plain value with metadata or an ascribed type; never nested.
    Tagged(Rc<Tagged>),
}

/// What [`Value::Tagged`] holds.
#[derive(Clone)]
pub struct Tagged {
    /// The plain value.
    pub value: Value,
    /// Metadata, if any.
    pub meta: Option<Record>,
    /// Ascribed type, if any.
    pub ty: Option<Type>,
}

impl Value {
    /// A text value.
    pub fn text(text: impl AsRef<str>) -> Value {
        Value::Text(Rc::from(text.as_ref()))
    }

    /// A whole number from a length or position.
    pub fn count(n: usize) -> Value {
        Value::Int(n as i64)
    }

    /// The value without metadata and ascribed type.
    #[inline]
    pub fn bare(&self) -> &Value {
        match self {
            Value::Tagged(tagged) => &tagged.value,
            plain => plain,
        }
    }

    /// As [`Value::bare`], owned.
    #[inline]
    pub fn into_bare(self) -> Value {
        match self {
            Value::Tagged(tagged) => match Rc::try_unwrap(tagged) {
                Ok(tagged) => tagged.value,
                Err(tagged) => tagged.value.clone(),
            },
            plain => plain,
        }
    }

    /// Its metadata; the empty record when it has none.
    pub fn meta(&self) -> Record {
        match self {
            Value::Tagged(tagged) => tagged.meta.clone().unwrap_or_else(Record::empty),
            Value::Type(ty) => ty.meta().cloned().unwrap_or_else(Record::empty),
            _ => Record::empty(),
        }
    }

    /// The value with this metadata in place of its own; an empty record removes it.
    #[must_use]
    pub fn with_meta(self, meta: Record) -> Value {
        let meta = (!meta.shape().is_empty()).then_some(meta);
        match self {
            Value::Type(ty) => Value::Type(ty.with_meta(meta)),
            Value::Tagged(tagged) if meta.is_some() || tagged.ty.is_some() => {
                Value::Tagged(Rc::new(Tagged { value: tagged.value.clone(), meta, ty: tagged.ty.clone() }))
            }
            Value::Tagged(tagged) => tagged.value.clone(),
            plain if meta.is_none() => plain,
            plain => Value::Tagged(Rc::new(Tagged { value: plain, meta, ty: None })),
        }
    }

    /// The value with an ascribed type (`Value.ReplaceType`); nothing is converted or checked.
    #[must_use]
    pub fn with_type(self, ty: Type) -> Value {
        match self {
            Value::Tagged(tagged) => match (&tagged.value, &tagged.meta) {
                (Value::Table(_), meta) => {
                    let typed = tagged.value.clone().with_type(ty);
                    match meta {
                        Some(meta) => typed.with_meta(meta.clone()),
                        None => typed,
                    }
                }
                (value, meta) => Value::Tagged(Rc::new(Tagged { value: value.clone(), meta: meta.clone(), ty: Some(ty) })),
            },
            Value::Table(table) => Value::Table(table.with_type(&ty)),
            plain => Value::Tagged(Rc::new(Tagged { value: plain, meta: None, ty: Some(ty) })),
        }
    }

    /// Its type: ascribed if there is one, else the type of its kind.
    pub fn ty(&self) -> Type {
        match self {
            Value::Tagged(tagged) => match &tagged.ty {
                Some(ty) => ty.clone(),
                None => tagged.value.ty(),
            },
            Value::Table(table) => table.ty(),
            Value::Function(function) => function.ty(),
            other => Type::primitive(other.kind()),
        }
    }

    /// Its kind.
    #[inline]
    pub fn kind(&self) -> Kind {
        match self.bare() {
            Value::Null => Kind::Null,
            Value::Logical(_) => Kind::Logical,
            Value::Int(_) | Value::Double(_) | Value::Decimal(_) => Kind::Number,
            Value::Text(_) => Kind::Text,
            Value::Date(_) => Kind::Date,
            Value::Time(_) => Kind::Time,
            Value::DateTime(_) => Kind::DateTime,
            Value::DateTimeZone { .. } => Kind::DateTimeZone,
            Value::Duration(_) => Kind::Duration,
            Value::Binary(_) => Kind::Binary,
            Value::List(_) => Kind::List,
            Value::Record(_) => Kind::Record,
            Value::Table(_) => Kind::Table,
            Value::Function(_) => Kind::Function,
            Value::Type(_) => Kind::Type,
            Value::Tagged(_) => unreachable!("`bare` removes the wrapper and wrappers do not nest"),
        }
    }

    /// Whether it is `null`.
    #[inline]
    pub fn is_null(&self) -> bool {
        matches!(self.bare(), Value::Null)
    }

    /// Whether it is a number.
    #[inline]
    pub fn is_number(&self) -> bool {
        matches!(self.bare(), Value::Int(_) | Value::Double(_) | Value::Decimal(_))
    }

    /// M source text of a scalar, as error messages show it; `None` for lists, records, tables, functions and types.
    pub fn describe_scalar(&self) -> Option<String> {
        Some(match self.bare() {
            Value::Null => "null".to_owned(),
            Value::Logical(b) => b.to_string(),
            Value::Int(_) | Value::Double(_) | Value::Decimal(_) => self.number_text(),
            Value::Text(text) => text::quote(text),
            Value::Date(day) => {
                let (y, m, d) = civil_from_day(*day);
                format!("#date({y}, {m}, {d})")
            }
            Value::Time(ticks) => format!("#time({})", temporal::time_arguments(*ticks)),
            Value::DateTime(ticks) => format!("#datetime({})", temporal::datetime_arguments(*ticks)),
            Value::DateTimeZone { local, offset } => {
                format!("#datetimezone({}, {}, {})", temporal::datetime_arguments(*local), offset / 60, offset % 60)
            }
            Value::Duration(ticks) => format!("#duration({})", temporal::duration_arguments(*ticks)),
            _ => return None,
        })
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.describe_scalar() {
            Some(text) => f.write_str(&text),
            None => write!(f, "<{}>", self.kind().title()),
        }
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Value {
        Value::Logical(b)
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Value {
        Value::Int(n)
    }
}

impl From<f64> for Value {
    fn from(n: f64) -> Value {
        Value::Double(n)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(Rc::from(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_slots_are_small() {
        assert!(std::mem::size_of::<Value>() <= 24);
        assert!(std::mem::size_of::<Slot>() <= 24);
    }
}
