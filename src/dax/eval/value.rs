//! Tables as values: columns that point into the model where they can.

use std::sync::Arc;

use super::store::Stored;
use crate::dax::catalog::{ColId, TableId};
use crate::table::Value;

/// A column of a table value.
#[derive(Clone, Debug)]
pub enum TCol {
    /// Cells of a model column, picked by row.
    Rows {
        /// The column.
        col: ColId,
        /// Its storage.
        stored: Arc<Stored>,
        /// Row per row.
        rows: Arc<Vec<u32>>,
    },
    /// Values of a model column, picked by id.
    Ids {
        /// The column.
        col: ColId,
        /// Its storage.
        stored: Arc<Stored>,
        /// Id per row.
        ids: Arc<Vec<u32>>,
    },
    /// Plain values.
    Vals(Arc<Vec<Value>>),
}

impl TCol {
    /// A cell.
    pub fn get(&self, row: usize) -> Value {
        match self {
            TCol::Rows { stored, rows, .. } => stored.value(rows[row] as usize),
            TCol::Ids { stored, ids, .. } => stored.dict().value(ids[row]),
            TCol::Vals(values) => values[row].clone(),
        }
    }

    /// All cells of a table of `n` rows.
    pub fn values(&self, n: usize) -> Vec<Value> {
        match self {
            TCol::Rows { stored, rows, .. } => rows.iter().map(|row| stored.value(*row as usize)).collect(),
            TCol::Ids { .. } => (0..n).map(|row| self.get(row)).collect(),
            TCol::Vals(values) => values.to_vec(),
        }
    }

    /// The id of a cell in the dictionary of its own model column.
    pub fn id(&self, row: usize) -> Option<u32> {
        match self {
            TCol::Rows { stored, rows, .. } => Some(stored.dict().ids.at(rows[row] as usize)),
            TCol::Ids { ids, .. } => Some(ids[row]),
            TCol::Vals(_) => None,
        }
    }

    /// The ids of all cells.
    pub fn ids(&self, n: usize) -> Option<Vec<u32>> {
        match self {
            TCol::Rows { stored, rows, .. } => {
                let ids = &stored.dict().ids;
                Some(rows.iter().map(|r| ids.at(*r as usize)).collect())
            }
            TCol::Ids { ids, .. } => Some(ids.to_vec()),
            TCol::Vals(_) => {
                let _ = n;
                None
            }
        }
    }

    /// The model column it holds.
    pub fn lineage(&self) -> Option<ColId> {
        match self {
            TCol::Rows { col, .. } | TCol::Ids { col, .. } => Some(*col),
            TCol::Vals(_) => None,
        }
    }

    /// The cells at some positions.
    pub fn pick(&self, at: &[u32], shared: &mut Vec<(*const Vec<u32>, Arc<Vec<u32>>)>) -> TCol {
        match self {
            TCol::Rows { col, stored, rows } => {
                let key = Arc::as_ptr(rows);
                let picked = match shared.iter().find(|(k, _)| *k == key) {
                    Some((_, picked)) => picked.clone(),
                    None => {
                        let picked: Arc<Vec<u32>> = Arc::new(at.iter().map(|i| rows[*i as usize]).collect());
                        shared.push((key, picked.clone()));
                        picked
                    }
                };
                TCol::Rows { col: *col, stored: stored.clone(), rows: picked }
            }
            TCol::Ids { col, stored, ids } => {
                TCol::Ids { col: *col, stored: stored.clone(), ids: Arc::new(at.iter().map(|i| ids[*i as usize]).collect()) }
            }
            // A column that nobody reads has no cells (`Session::lazy_rows`).
            TCol::Vals(values) if values.is_empty() => self.clone(),
            TCol::Vals(values) => TCol::Vals(Arc::new(at.iter().map(|i| values[*i as usize].clone()).collect())),
        }
    }
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct TableVal {
    /// Number of rows.
    pub n: usize,
    /// Columns.
    pub cols: Vec<TCol>,
    /// Model tables whose whole rows take part, with the row of each row.
    pub bases: Vec<(TableId, Arc<Vec<u32>>)>,
}

impl TableVal {
    /// A table of plain columns.
    pub fn plain(n: usize, cols: Vec<Vec<Value>>) -> TableVal {
        TableVal { n, cols: cols.into_iter().map(|c| TCol::Vals(Arc::new(c))).collect(), bases: Vec::new() }
    }

    /// A cell.
    pub fn get(&self, col: usize, row: usize) -> Value {
        self.cols[col].get(row)
    }

    /// Some of its rows, in the given order.
    pub fn pick(&self, at: &[u32]) -> TableVal {
        let mut shared = Vec::new();
        let cols = self.cols.iter().map(|c| c.pick(at, &mut shared)).collect();
        let bases = self
            .bases
            .iter()
            .map(|(table, rows)| {
                let key = Arc::as_ptr(rows);
                let picked = match shared.iter().find(|(k, _)| *k == key) {
                    Some((_, picked)) => picked.clone(),
                    None => Arc::new(at.iter().map(|i| rows[*i as usize]).collect::<Vec<u32>>()),
                };
                (*table, picked)
            })
            .collect();
        TableVal { n: at.len(), cols, bases }
    }

    /// A row's values.
    pub fn row(&self, row: usize) -> Vec<Value> {
        self.cols.iter().map(|c| c.get(row)).collect()
    }
}

/// A value as a key of sets: equal keys are one member.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// BLANK.
    Blank,
    /// A number of any kind (bits of the double; whole numbers that a double cannot hold keep their own form).
    Number(u64),
    /// A whole number beyond 2^53.
    Int(i64),
    /// Text by its collation key.
    Text(Vec<u32>),
    /// Boolean.
    Boolean(bool),
    /// Bytes.
    Binary(Arc<[u8]>),
}

impl Key {
    /// The key of a value.
    pub fn of(value: &Value) -> Key {
        let number = |v: f64| {
            Key::Number(if v == 0.0 {
                0
            } else if v.is_nan() {
                f64::NAN.to_bits()
            } else {
                v.to_bits()
            })
        };
        match value {
            Value::Blank => Key::Blank,
            Value::Int64(v) if v.unsigned_abs() > 1 << 53 => Key::Int(*v),
            Value::Int64(v) => number(*v as f64),
            Value::Double(v) | Value::DateTime(v) => number(*v),
            Value::Currency(v) => number(v.to_f64()),
            Value::String(text) => Key::Text(crate::dax::scalar::collation_key(text)),
            Value::Boolean(v) => Key::Boolean(*v),
            Value::Binary(v) => Key::Binary(v.clone()),
        }
    }
}
