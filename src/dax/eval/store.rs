//! Stored columns with their dictionaries, and the row sets and id sets that filters are made of.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::codes::Codes;
use crate::base::Currency;
use crate::dax::scalar::{collation_key, compare_text, fold_ascii};
use crate::table::{Column, ColumnData, Value};

/// A stored column. Its dictionary is made when first needed.
#[derive(Debug)]
pub struct Stored {
    /// Cells.
    pub column: Column,
    dict: OnceLock<Arc<Dict>>,
}

/// The distinct values of a column in ascending order, numbered from 1; 0 is BLANK.
#[derive(Debug)]
pub struct Dict {
    /// The number of each row's value; one more entry for the virtual blank row.
    pub ids: Codes,
    keys: Keys,
    has_blank: bool,
}

#[derive(Debug)]
enum Keys {
    Int(Vec<i64>),
    Currency(Vec<i64>),
    Double(Vec<f64>),
    Date(Vec<f64>),
    Boolean(Vec<bool>),
    Text(Vec<Arc<str>>, HashMap<String, u32>),
    Binary(Vec<Arc<[u8]>>),
}

/// Cells of a stored column, or of one made for a query.
#[derive(Clone, Debug)]
pub enum Vector {
    /// Of the model.
    Stored(Arc<Stored>),
    /// Of the query.
    Made(Arc<Column>),
}

impl std::ops::Deref for Vector {
    type Target = Column;

    fn deref(&self) -> &Column {
        match self {
            Vector::Stored(stored) => &stored.column,
            Vector::Made(column) => column,
        }
    }
}

impl Stored {
    /// The dictionary if it has been made.
    pub fn known_dict(&self) -> Option<&Arc<Dict>> {
        self.dict.get()
    }

    /// Wraps a column.
    pub fn new(column: Column) -> Stored {
        Stored { column, dict: OnceLock::new() }
    }

    /// Number of real rows.
    pub fn rows(&self) -> usize {
        self.column.len()
    }

    /// The cell of a row; the virtual row after the last one is BLANK.
    pub fn value(&self, row: usize) -> Value {
        if row >= self.column.len() { Value::Blank } else { self.column.get(row) }
    }

    /// The dictionary.
    pub fn dict(&self) -> &Arc<Dict> {
        self.dict.get_or_init(|| Arc::new(Dict::new(&self.column)))
    }
}

impl Dict {
    fn build(ids: Vec<u32>, keys: Keys) -> Dict {
        let has_blank = ids[..ids.len() - 1].contains(&0);
        let mut dict = Dict { ids: Codes::U8(Vec::new()), keys, has_blank };
        dict.ids = Codes::new(dict.len() as u32, ids.into_iter());
        dict
    }

    /// Whether a real row is BLANK.
    pub fn has_blank(&self) -> bool {
        self.has_blank
    }

    fn new(column: &Column) -> Dict {
        let blank = |row: usize| column.is_blank(row);
        let n = column.len();
        match &column.data {
            ColumnData::Int64(v) => {
                let (keys, ids) = number_ints(v, column.blanks.as_deref());
                Dict::build(ids, Keys::Int(keys))
            }
            ColumnData::Currency(v) => {
                let (keys, ids) = number_ints(v, column.blanks.as_deref());
                Dict::build(ids, Keys::Currency(keys))
            }
            ColumnData::Double(v) => {
                let (keys, ids) = number_doubles(v, column.blanks.as_deref());
                Dict::build(ids, Keys::Double(keys))
            }
            ColumnData::DateTime(v) => {
                let (keys, ids) = number_doubles(v, column.blanks.as_deref());
                Dict::build(ids, Keys::Date(keys))
            }
            ColumnData::Boolean(v) => {
                let has = |b: bool| v.iter().enumerate().any(|(i, x)| *x == b && !blank(i));
                let keys: Vec<bool> = [false, true].into_iter().filter(|b| has(*b)).collect();
                let id = |b: bool| keys.iter().position(|k| *k == b).map_or(0, |p| p as u32 + 1);
                let (no, yes) = (id(false), id(true));
                let mut ids: Vec<u32> = v
                    .iter()
                    .enumerate()
                    .map(|(i, x)| {
                        if blank(i) {
                            0
                        } else if *x {
                            yes
                        } else {
                            no
                        }
                    })
                    .collect();
                ids.push(0);
                Dict::build(ids, Keys::Boolean(keys))
            }
            ColumnData::String { ids: raw, dictionary } => {
                // Spellings that differ only in the case of A–Z are one value: the first spelling stays.
                let mut used = vec![false; dictionary.len()];
                for (row, id) in raw.iter().enumerate() {
                    if !blank(row) {
                        used[*id as usize] = true;
                    }
                }
                let mut groups: HashMap<String, usize> = HashMap::new();
                let mut members: Vec<Arc<str>> = Vec::new();
                let mut group_of = vec![usize::MAX; dictionary.len()];
                for (index, text) in dictionary.iter().enumerate().filter(|(i, _)| used[*i]) {
                    let next = members.len();
                    let group = *groups.entry(fold_ascii(text).into_owned()).or_insert(next);
                    if group == next {
                        members.push(text.clone());
                    }
                    group_of[index] = group;
                }
                let keys: Vec<Vec<u32>> = members.iter().map(|m| collation_key(m)).collect();
                let mut order: Vec<usize> = (0..members.len()).collect();
                order.sort_by(|a, b| keys[*a].cmp(&keys[*b]).then_with(|| members[*a].cmp(&members[*b])));
                let mut rank = vec![0_u32; members.len()];
                for (position, group) in order.iter().enumerate() {
                    rank[*group] = position as u32 + 1;
                }
                let of: Vec<u32> = group_of.iter().map(|g| if *g == usize::MAX { 0 } else { rank[*g] }).collect();
                let mut ids: Vec<u32> = raw.iter().map(|id| of[*id as usize]).collect();
                if let Some(blanks) = &column.blanks {
                    ids.iter_mut().zip(blanks).filter(|(_, b)| **b).for_each(|(id, _)| *id = 0);
                }
                ids.push(0);
                let lookup = groups.into_iter().map(|(text, group)| (text, rank[group])).collect();
                let sorted = order.iter().map(|g| members[*g].clone()).collect();
                Dict::build(ids, Keys::Text(sorted, lookup))
            }
            ColumnData::Binary(v) => {
                let mut keys: Vec<Arc<[u8]>> = v.iter().enumerate().filter(|(i, _)| !blank(*i)).map(|(_, b)| b.clone()).collect();
                keys.sort();
                keys.dedup();
                let mut ids: Vec<u32> =
                    (0..n).map(|i| if blank(i) { 0 } else { keys.binary_search(&v[i]).map_or(0, |p| p as u32 + 1) }).collect();
                ids.push(0);
                Dict::build(ids, Keys::Binary(keys))
            }
        }
    }

    /// Number of distinct non-blank values.
    pub fn len(&self) -> usize {
        match &self.keys {
            Keys::Int(k) | Keys::Currency(k) => k.len(),
            Keys::Double(k) | Keys::Date(k) => k.len(),
            Keys::Boolean(k) => k.len(),
            Keys::Text(k, _) => k.len(),
            Keys::Binary(k) => k.len(),
        }
    }

    /// Whether every value is BLANK.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of an id.
    pub fn value(&self, id: u32) -> Value {
        if id == 0 {
            return Value::Blank;
        }
        let i = id as usize - 1;
        match &self.keys {
            Keys::Int(k) => Value::Int64(k[i]),
            Keys::Currency(k) => Value::Currency(Currency(k[i])),
            Keys::Double(k) => Value::Double(k[i]),
            Keys::Date(k) => Value::DateTime(k[i]),
            Keys::Boolean(k) => Value::Boolean(k[i]),
            Keys::Text(k, _) => Value::String(k[i].clone()),
            Keys::Binary(k) => Value::Binary(k[i].clone()),
        }
    }

    /// The serial number of a date id.
    pub fn number(&self, id: u32) -> Option<f64> {
        let i = (id as usize).checked_sub(1)?;
        match &self.keys {
            Keys::Int(k) => Some(k[i] as f64),
            Keys::Currency(k) => Some(k[i] as f64 / 10_000.0),
            Keys::Double(k) | Keys::Date(k) => Some(k[i]),
            _ => None,
        }
    }

    /// The id of a value, numbers compared across types; `None` when the column does not hold it.
    pub fn find(&self, value: &Value) -> Option<u32> {
        let at = match value {
            Value::Blank => return Some(0),
            Value::String(text) => {
                let Keys::Text(_, lookup) = &self.keys else { return None };
                return lookup.get(&*fold_ascii(text)).copied();
            }
            _ => self.position(value)?.ok()?,
        };
        Some(at as u32 + 1)
    }

    /// Where a value stands among the sorted keys (`Ok`) or would stand (`Err`); `None` when types cannot be compared.
    pub fn position(&self, value: &Value) -> Option<Result<usize, usize>> {
        Some(match (&self.keys, value) {
            (Keys::Int(k), Value::Int64(v)) => k.binary_search(v),
            (Keys::Currency(k), Value::Currency(v)) => k.binary_search(&v.0),
            (Keys::Boolean(k), Value::Boolean(v)) => k.binary_search(v),
            (Keys::Binary(k), Value::Binary(v)) => k.binary_search(v),
            (Keys::Text(k, _), Value::String(v)) => k.binary_search_by(|probe| compare_text(probe, v)),
            (keys, other) => {
                let wanted = match other {
                    Value::Int64(v) => *v as f64,
                    Value::Double(v) | Value::DateTime(v) => *v,
                    Value::Currency(v) => v.to_f64(),
                    _ => return None,
                };
                match keys {
                    Keys::Int(k) => k.binary_search_by(|p| order_f64(*p as f64, wanted)),
                    Keys::Currency(k) => k.binary_search_by(|p| order_f64(*p as f64 / 10_000.0, wanted)),
                    Keys::Double(k) | Keys::Date(k) => k.binary_search_by(|p| order_f64(*p, wanted)),
                    _ => return None,
                }
            }
        })
    }

    /// Whether keys are texts.
    pub fn is_text(&self) -> bool {
        matches!(self.keys, Keys::Text(..))
    }

    /// Whether a date dictionary holds times of day.
    pub fn keys_are_dates(&self) -> bool {
        matches!(self.keys, Keys::Date(_))
    }
}

/// NaN sorts last and equals itself; −0 equals 0.
fn order_f64(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn number_ints(values: &[i64], blanks: Option<&[bool]>) -> (Vec<i64>, Vec<u32>) {
    let present = |i: usize| blanks.is_none_or(|b| !b[i]);
    let (mut low, mut high) = (i64::MAX, i64::MIN);
    for (i, v) in values.iter().enumerate() {
        if present(i) {
            low = low.min(*v);
            high = high.max(*v);
        }
    }
    if low > high {
        return (Vec::new(), vec![0; values.len() + 1]);
    }
    let mut ids = Vec::with_capacity(values.len() + 1);
    let width = high.checked_sub(low).and_then(|w| usize::try_from(w).ok()).unwrap_or(usize::MAX);
    if width < values.len() * 4 + 65_536 {
        let mut slots = vec![0_u32; width + 1];
        for (i, v) in values.iter().enumerate() {
            if present(i) {
                slots[(*v - low) as usize] = 1;
            }
        }
        let mut keys = Vec::new();
        for (offset, slot) in slots.iter_mut().enumerate() {
            if *slot == 1 {
                keys.push(low + offset as i64);
                *slot = keys.len() as u32;
            }
        }
        ids.extend(values.iter().enumerate().map(|(i, v)| if present(i) { slots[(*v - low) as usize] } else { 0 }));
        ids.push(0);
        return (keys, ids);
    }
    let mut keys: Vec<i64> = values.iter().enumerate().filter(|(i, _)| present(*i)).map(|(_, v)| *v).collect();
    keys.sort_unstable();
    keys.dedup();
    ids.extend(values.iter().enumerate().map(|(i, v)| if present(i) { keys.binary_search(v).map_or(0, |p| p as u32 + 1) } else { 0 }));
    ids.push(0);
    (keys, ids)
}

fn number_doubles(values: &[f64], blanks: Option<&[bool]>) -> (Vec<f64>, Vec<u32>) {
    let present = |i: usize| blanks.is_none_or(|b| !b[i]);
    // Whole numbers (dates above all) take the quick way.
    if values.iter().all(|v| v.fract() == 0.0 && v.abs() < 9e15) {
        let ints: Vec<i64> = values.iter().map(|v| *v as i64).collect();
        let (keys, ids) = number_ints(&ints, blanks);
        return (keys.into_iter().map(|k| k as f64).collect(), ids);
    }
    let mut keys: Vec<f64> = values.iter().enumerate().filter(|(i, _)| present(*i)).map(|(_, v)| *v + 0.0).collect();
    keys.sort_by(|a, b| order_f64(*a, *b));
    keys.dedup_by(|a, b| order_f64(*a, *b) == Ordering::Equal);
    let mut ids: Vec<u32> = values
        .iter()
        .enumerate()
        .map(|(i, v)| if present(i) { keys.binary_search_by(|p| order_f64(*p, *v)).map_or(0, |p| p as u32 + 1) } else { 0 })
        .collect();
    ids.push(0);
    (keys, ids)
}

/// A set of ids of one column.
#[derive(Clone, Debug, PartialEq)]
pub struct IdSet {
    /// Smallest member; above `high` when empty.
    pub low: u32,
    /// Largest member.
    pub high: u32,
    /// Members as bits from id 0; `None` for the whole range.
    pub bits: Option<Vec<u64>>,
}

impl IdSet {
    /// One id.
    pub fn one(id: u32) -> IdSet {
        IdSet { low: id, high: id, bits: None }
    }

    /// `low..=high`, empty when `low > high`.
    pub fn range(low: u32, high: u32) -> IdSet {
        IdSet { low, high, bits: None }
    }

    /// No id.
    pub fn empty() -> IdSet {
        IdSet { low: 1, high: 0, bits: None }
    }

    /// Some ids, in any order.
    pub fn from_ids(ids: impl IntoIterator<Item = u32>) -> IdSet {
        let mut ids: Vec<u32> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        let (Some(low), Some(high)) = (ids.first().copied(), ids.last().copied()) else { return IdSet::empty() };
        if (high - low) as usize + 1 == ids.len() {
            return IdSet::range(low, high);
        }
        let mut bits = vec![0_u64; high as usize / 64 + 1];
        for id in ids {
            bits[id as usize / 64] |= 1 << (id % 64);
        }
        IdSet { low, high, bits: Some(bits) }
    }

    /// Whether an id is a member.
    #[inline]
    pub fn contains(&self, id: u32) -> bool {
        id >= self.low && id <= self.high && self.bits.as_ref().is_none_or(|b| b[id as usize / 64] & (1 << (id % 64)) != 0)
    }

    /// Members in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let range = if self.low > self.high { 1..1 } else { self.low..self.high + 1 };
        range.filter(|id| self.contains(*id))
    }

    /// Number of members.
    pub fn len(&self) -> usize {
        if self.low > self.high {
            return 0;
        }
        self.bits.as_ref().map_or((self.high - self.low) as usize + 1, |b| b.iter().map(|w| w.count_ones() as usize).sum())
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.low > self.high
    }

    /// Members of both.
    pub fn intersect(&self, other: &IdSet) -> IdSet {
        if self.bits.is_none() && other.bits.is_none() {
            let (low, high) = (self.low.max(other.low), self.high.min(other.high));
            return if low > high { IdSet::empty() } else { IdSet::range(low, high) };
        }
        let (small, large) = if self.len() < other.len() { (self, other) } else { (other, self) };
        IdSet::from_ids(small.iter().filter(|id| large.contains(*id)))
    }
}

/// A set of rows of a table, the virtual blank row being the last bit.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask {
    /// Bits.
    pub bits: Vec<u64>,
    /// Real rows of the table.
    pub rows: usize,
    /// Real rows in the set.
    pub count: usize,
}

impl Mask {
    /// All rows, and the blank one.
    pub fn all(rows: usize) -> Mask {
        let mut bits = vec![u64::MAX; (rows + 1).div_ceil(64)];
        let spare = bits.len() * 64 - (rows + 1);
        if spare > 0 {
            let last = bits.len() - 1;
            bits[last] >>= spare;
        }
        Mask { bits, rows, count: rows }
    }

    /// No row.
    pub fn none(rows: usize) -> Mask {
        Mask { bits: vec![0; (rows + 1).div_ceil(64)], rows, count: 0 }
    }

    /// Rows that pass a test; the blank row is tested too.
    pub fn from_fn(rows: usize, test: impl Fn(usize) -> bool) -> Mask {
        let mut mask = Mask::none(rows);
        for (index, word) in mask.bits.iter_mut().enumerate() {
            let start = index * 64;
            let end = (start + 64).min(rows + 1);
            let mut w = 0_u64;
            for row in start..end {
                w |= u64::from(test(row)) << (row - start);
            }
            *word = w;
        }
        mask.recount();
        mask
    }

    /// Rows whose value passes a test, and the blank row.
    pub(crate) fn from_values<T: Copy>(values: &[T], test: impl Fn(&T) -> bool) -> Mask {
        let mut mask = Mask::none(values.len());
        for (word, values) in mask.bits.iter_mut().zip(values.chunks(64)) {
            let mut bytes = [0_u8; 64];
            values.iter().zip(&mut bytes).for_each(|(v, byte)| *byte = u8::from(test(v)));
            *word = super::codes::pack(&bytes);
        }
        mask.bits[values.len() / 64] |= 1 << (values.len() % 64);
        mask.recount();
        mask
    }

    /// Some rows.
    pub fn from_rows(rows: usize, members: impl IntoIterator<Item = u32>) -> Mask {
        let mut mask = Mask::none(rows);
        for row in members {
            mask.bits[row as usize / 64] |= 1 << (row % 64);
        }
        mask.recount();
        mask
    }

    pub(crate) fn recount(&mut self) {
        let all: usize = self.bits.iter().map(|w| w.count_ones() as usize).sum();
        self.count = all - usize::from(self.has(self.rows));
    }

    /// Whether a row is a member.
    #[inline]
    pub fn has(&self, row: usize) -> bool {
        self.bits[row / 64] & (1 << (row % 64)) != 0
    }

    /// Whether the blank row is a member.
    pub fn has_blank(&self) -> bool {
        self.has(self.rows)
    }

    /// Membership of every row, the blank row last.
    pub(crate) fn members(&self) -> Vec<bool> {
        (0..=self.rows).map(|row| self.has(row)).collect()
    }

    /// Leaves the blank row out.
    pub(crate) fn drop_blank(&mut self) {
        let row = self.rows;
        self.bits[row / 64] &= !(1 << (row % 64));
    }

    /// Whether every real row and the blank row are members.
    pub fn is_all(&self) -> bool {
        self.count == self.rows && self.has_blank()
    }

    /// Keeps the members of both.
    pub fn and(&mut self, other: &Mask) {
        for (a, b) in self.bits.iter_mut().zip(&other.bits) {
            *a &= b;
        }
        self.recount();
    }

    /// Real rows in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let rows = self.rows;
        self.bits
            .iter()
            .enumerate()
            .flat_map(|(index, word)| {
                let mut w = *word;
                std::iter::from_fn(move || {
                    if w == 0 {
                        return None;
                    }
                    let bit = w.trailing_zeros() as usize;
                    w &= w - 1;
                    Some(index * 64 + bit)
                })
            })
            .take_while(move |row| *row < rows)
    }

    /// Rows as a list; with the blank row at the end if wanted and a member.
    pub fn to_rows(&self, blank: bool) -> Vec<u32> {
        let mut rows: Vec<u32> = Vec::with_capacity(self.count + 1);
        rows.extend(self.iter().map(|r| r as u32));
        if blank && self.has_blank() {
            rows.push(self.rows as u32);
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::DataType;

    #[test]
    fn ids_follow_the_order_of_values() {
        let column = Column::from_values("c", DataType::String, ["b", "A", "a", "c"].map(Value::text)).unwrap();
        let stored = Stored::new(column);
        assert_eq!(stored.dict().ids.iter().collect::<Vec<_>>(), [2, 1, 1, 3, 0]);
        assert_eq!(stored.dict().value(1), Value::text("A"));
        assert_eq!(stored.dict().find(&Value::text("B")), Some(2));
    }

    #[test]
    fn masks_count_real_rows() {
        let mask = Mask::all(70);
        assert_eq!((mask.count, mask.is_all(), mask.iter().count()), (70, true, 70));
        let odd = Mask::from_fn(70, |r| r % 2 == 1);
        assert_eq!((odd.count, odd.has_blank()), (35, false));
    }

    #[test]
    fn id_sets_intersect() {
        let a = IdSet::from_ids([1, 5, 9]);
        assert_eq!(a.intersect(&IdSet::range(2, 9)).iter().collect::<Vec<_>>(), [5, 9]);
        assert!(IdSet::empty().iter().next().is_none());
    }
}
