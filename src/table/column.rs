//! Columns as typed vectors, and tables of equally long columns.

use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::{DataType, Value};
use crate::base::Currency;

/// The cells of a column. Blank rows hold a default (0, id 0, `false`) and are marked in [`Column::blanks`].
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnData {
    /// Whole numbers.
    Int64(Vec<i64>),
    /// Doubles.
    Double(Vec<f64>),
    /// Fixed decimals in units of 1/10 000.
    Currency(Vec<i64>),
    /// Days since 1899-12-30.
    DateTime(Vec<f64>),
    /// Booleans.
    Boolean(Vec<bool>),
    /// Texts: each row's index into a list of distinct texts in order of first appearance.
    String {
        /// Index into `dictionary` per row.
        ids: Vec<u32>,
        /// Distinct texts, compared by code points.
        dictionary: Vec<Arc<str>>,
    },
    /// Bytes.
    Binary(Vec<Arc<[u8]>>),
}

/// A named column of one type.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The name as the model spells it.
    pub name: String,
    /// Cells.
    pub data: ColumnData,
    /// Which rows are BLANK; `None` when none is. As long as the column.
    pub blanks: Option<Vec<bool>>,
}

impl Column {
    /// The column's type.
    pub fn data_type(&self) -> DataType {
        match &self.data {
            ColumnData::Int64(_) => DataType::Int64,
            ColumnData::Double(_) => DataType::Double,
            ColumnData::Currency(_) => DataType::Currency,
            ColumnData::DateTime(_) => DataType::DateTime,
            ColumnData::Boolean(_) => DataType::Boolean,
            ColumnData::String { .. } => DataType::String,
            ColumnData::Binary(_) => DataType::Binary,
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        match &self.data {
            ColumnData::Int64(v) | ColumnData::Currency(v) => v.len(),
            ColumnData::Double(v) | ColumnData::DateTime(v) => v.len(),
            ColumnData::Boolean(v) => v.len(),
            ColumnData::String { ids, .. } => ids.len(),
            ColumnData::Binary(v) => v.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether `row` is BLANK.
    pub fn is_blank(&self, row: usize) -> bool {
        self.blanks.as_ref().is_some_and(|blanks| blanks[row])
    }

    /// The cell of `row`, which must be below [`Column::len`].
    pub fn get(&self, row: usize) -> Value {
        if self.is_blank(row) {
            return Value::Blank;
        }
        match &self.data {
            ColumnData::Int64(v) => Value::Int64(v[row]),
            ColumnData::Double(v) => Value::Double(v[row]),
            ColumnData::Currency(v) => Value::Currency(Currency(v[row])),
            ColumnData::DateTime(v) => Value::DateTime(v[row]),
            ColumnData::Boolean(v) => Value::Boolean(v[row]),
            ColumnData::String { ids, dictionary } => Value::String(dictionary[ids[row] as usize].clone()),
            ColumnData::Binary(v) => Value::Binary(v[row].clone()),
        }
    }

    /// A column of `rows` BLANKs.
    pub fn blank(name: impl Into<String>, data_type: DataType, rows: usize) -> Column {
        let mut builder = ColumnBuilder::new(name, data_type);
        for _ in 0..rows {
            builder.push_blank();
        }
        builder.finish()
    }

    /// A column from cells that all have `data_type` or are BLANK.
    ///
    /// # Errors
    /// The first cell of another type.
    pub fn from_values(
        name: impl Into<String>,
        data_type: DataType,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Column, TypeMismatch> {
        let mut builder = ColumnBuilder::new(name, data_type);
        for value in values {
            builder.push(value)?;
        }
        Ok(builder.finish())
    }
}

/// A cell that does not fit the type of its column; nothing is converted silently.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeMismatch {
    /// Column name.
    pub column: String,
    /// Zero-based row.
    pub row: usize,
    /// The column's type.
    pub expected: DataType,
    /// The cell.
    pub found: Value,
}

impl fmt::Display for TypeMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column `{}`, row {}: expected {}, found {:?}", self.column, self.row + 1, self.expected, self.found)
    }
}

impl std::error::Error for TypeMismatch {}

/// Builds a column cell by cell.
#[derive(Debug)]
pub struct ColumnBuilder {
    column: Column,
    /// Short hashes and ids of the dictionary's texts.
    seen: HashTable<(u32, u32)>,
    hasher: DefaultHashBuilder,
}

impl ColumnBuilder {
    /// An empty column.
    pub fn new(name: impl Into<String>, data_type: DataType) -> ColumnBuilder {
        let data = match data_type {
            DataType::Int64 => ColumnData::Int64(Vec::new()),
            DataType::Double => ColumnData::Double(Vec::new()),
            DataType::Currency => ColumnData::Currency(Vec::new()),
            DataType::DateTime => ColumnData::DateTime(Vec::new()),
            DataType::Boolean => ColumnData::Boolean(Vec::new()),
            DataType::String => ColumnData::String { ids: Vec::new(), dictionary: Vec::new() },
            DataType::Binary => ColumnData::Binary(Vec::new()),
        };
        ColumnBuilder {
            column: Column { name: name.into(), data, blanks: None },
            seen: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }

    /// Appends BLANK.
    pub fn push_blank(&mut self) {
        let rows = self.column.len();
        self.column.blanks.get_or_insert_with(|| vec![false; rows]).push(true);
        match &mut self.column.data {
            ColumnData::Int64(v) | ColumnData::Currency(v) => v.push(0),
            ColumnData::Double(v) | ColumnData::DateTime(v) => v.push(0.0),
            ColumnData::Boolean(v) => v.push(false),
            ColumnData::String { ids, dictionary } => {
                if dictionary.is_empty() {
                    // Id 0 must exist for blank rows; it is the empty text, which real rows may share.
                    dictionary.push(Arc::from(""));
                    let hash = self.hasher.hash_one("") as u32;
                    self.seen.insert_unique(spread(hash), (hash, 0), |(hash, _)| spread(*hash));
                }
                ids.push(0);
            }
            ColumnData::Binary(v) => v.push(Arc::from(&[][..])),
        }
    }

    /// Appends a text to a text column.
    pub fn push_str(&mut self, text: &str) -> Result<(), TypeMismatch> {
        let ColumnData::String { ids, dictionary } = &mut self.column.data else {
            return Err(self.mismatch(Value::text(text)));
        };
        // Often it is the text of the row before.
        let before = ids.last().copied().filter(|id| &*dictionary[*id as usize] == text);
        let id = match before {
            Some(id) => id,
            None => {
                let hash = self.hasher.hash_one(text) as u32;
                let is_it = |(other, id): &(u32, u32)| *other == hash && &*dictionary[*id as usize] == text;
                match self.seen.entry(spread(hash), is_it, |(hash, _)| spread(*hash)) {
                    Entry::Occupied(entry) => entry.get().1,
                    Entry::Vacant(entry) => {
                        let id = dictionary.len() as u32;
                        entry.insert((hash, id));
                        dictionary.push(Arc::from(text));
                        id
                    }
                }
            }
        };
        ids.push(id);
        self.mark_present();
        Ok(())
    }

    /// Appends the text of a row before, by what [`ColumnBuilder::last_text`] gave after that row; whether there is such a text.
    #[inline]
    pub(crate) fn push_text_again(&mut self, id: u32) -> bool {
        match &mut self.column.data {
            ColumnData::String { ids, dictionary } if (id as usize) < dictionary.len() => ids.push(id),
            _ => return false,
        }
        self.mark_present();
        true
    }

    /// Which text the last row of a text column holds.
    #[inline]
    pub(crate) fn last_text(&self) -> Option<u32> {
        match &self.column.data {
            ColumnData::String { ids, .. } => ids.last().copied(),
            _ => None,
        }
    }

    /// Appends a cell.
    ///
    /// # Errors
    /// When the value is of another type; the column is left as it was.
    pub fn push(&mut self, value: Value) -> Result<(), TypeMismatch> {
        match (&mut self.column.data, value) {
            (_, Value::Blank) => {
                self.push_blank();
                return Ok(());
            }
            (ColumnData::String { .. }, Value::String(text)) => return self.push_str(&text),
            (ColumnData::Int64(v), Value::Int64(x)) => v.push(x),
            (ColumnData::Double(v), Value::Double(x)) => v.push(x),
            (ColumnData::Currency(v), Value::Currency(x)) => v.push(x.0),
            (ColumnData::DateTime(v), Value::DateTime(x)) => v.push(x),
            (ColumnData::Boolean(v), Value::Boolean(x)) => v.push(x),
            (ColumnData::Binary(v), Value::Binary(x)) => v.push(x),
            (_, other) => return Err(self.mismatch(other)),
        }
        self.mark_present();
        Ok(())
    }

    /// Number of cells so far.
    pub fn len(&self) -> usize {
        self.column.len()
    }

    /// Whether nothing was appended yet.
    pub fn is_empty(&self) -> bool {
        self.column.is_empty()
    }

    /// The finished column.
    pub fn finish(self) -> Column {
        let mut column = self.column;
        match &mut column.data {
            ColumnData::Int64(v) | ColumnData::Currency(v) => v.shrink_to_fit(),
            ColumnData::Double(v) | ColumnData::DateTime(v) => v.shrink_to_fit(),
            ColumnData::Boolean(v) => v.shrink_to_fit(),
            ColumnData::String { ids, dictionary } => {
                ids.shrink_to_fit();
                dictionary.shrink_to_fit();
            }
            ColumnData::Binary(v) => v.shrink_to_fit(),
        }
        column
    }

    fn mark_present(&mut self) {
        if let Some(blanks) = &mut self.column.blanks {
            blanks.push(false);
        }
    }

    fn mismatch(&self, found: Value) -> TypeMismatch {
        TypeMismatch { column: self.column.name.clone(), row: self.column.len(), expected: self.column.data_type(), found }
    }
}

/// A short hash as long as a table wants it.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// What a reader of data files needs to know of a column of the model.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// The name as the model spells it.
    pub name: &'a str,
    /// The type that the values must fit.
    pub data_type: DataType,
    /// Computed by DAX: values in a file are ignored and no column is made.
    pub calculated: bool,
    /// Whether its values are needed; the others are not decoded and read as BLANK.
    pub wanted: bool,
}

impl<'a> Field<'a> {
    /// A column whose values come from the file.
    pub fn new(name: &'a str, data_type: DataType) -> Field<'a> {
        Field { name, data_type, calculated: false, wanted: true }
    }
}

/// Equally long columns under one name. Row order is the order of loading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The table's name in the model.
    pub name: String,
    /// Columns in model order.
    pub columns: Vec<Column>,
}

impl Table {
    /// Number of rows; 0 without columns.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }

    /// A column by name, case-insensitive as DAX names are.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name) || column.name.to_lowercase() == name.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_and_empty_text_differ() {
        let column = Column::from_values("c", DataType::String, [Value::Blank, Value::text(""), Value::text("a"), Value::Blank]).unwrap();
        assert_eq!((0..4).map(|i| column.get(i)).collect::<Vec<_>>(), [Value::Blank, Value::text(""), Value::text("a"), Value::Blank]);
        assert_eq!(column.len(), 4);
    }

    #[test]
    fn a_value_of_another_type_is_refused_with_its_row() {
        let error = Column::from_values("c", DataType::Int64, [Value::Int64(1), Value::text("x")]).unwrap_err();
        assert_eq!(error.to_string(), "column `c`, row 2: expected int64, found String(\"x\")");
    }
}
