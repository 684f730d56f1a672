//! One pass over the rows of a table that adds each selected row to its cell, in blocks and on all threads.
//!
//! Rows are cut into tasks whose number depends on the table and the cells only, and their cells are merged in order, so that sums
//! of doubles do not depend on the number of threads.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use rayon::prelude::*;

use super::codes::{Codes, PARALLEL_ROWS, with_codes};
use super::store::{Dict, Mask, Vector};
use crate::dax::bind::bound::ArithOp;
use crate::table::ColumnData;

/// Words of a mask per block: 2048 rows, whose buffers fit the first-level cache.
const BLOCK_WORDS: usize = 32;
/// Rows per block.
pub(crate) const BLOCK: usize = BLOCK_WORDS * 64;
/// Rows of a task at least.
const TASK_ROWS: usize = 1 << 18;

/// A hasher for keys that are already well mixed numbers.
#[derive(Clone, Copy, Default)]
pub(crate) struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.write_u64(u64::from(*b)));
    }

    fn write_u32(&mut self, x: u32) {
        self.write_u64(u64::from(x));
    }

    fn write_u64(&mut self, x: u64) {
        let mixed = (self.0.rotate_left(23) ^ x).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 29);
    }
}

/// A map with whole numbers as keys.
pub(crate) type NumberMap = HashMap<u64, u32, BuildHasherDefault<Mix>>;

/// A number for each distinct key, in order of first appearance.
pub(crate) enum Numbering {
    /// By key.
    Dense(Vec<u32>),
    /// For keys far apart.
    Sparse(NumberMap),
}

/// No number.
pub(crate) const NONE: u32 = u32::MAX;

impl Numbering {
    /// For keys below `slots`.
    pub fn new(slots: u64) -> Numbering {
        if slots <= 1 << 22 { Numbering::Dense(vec![NONE; slots as usize]) } else { Numbering::Sparse(NumberMap::default()) }
    }

    /// The number of a key, `next` when it is new.
    #[inline]
    pub fn number(&mut self, key: u64, next: u32) -> u32 {
        match self {
            Numbering::Dense(slots) => {
                let slot = &mut slots[key as usize];
                if *slot == NONE {
                    *slot = next;
                }
                *slot
            }
            Numbering::Sparse(map) => *map.entry(key).or_insert(next),
        }
    }

    /// The number of a key that may not have one.
    #[inline]
    pub fn find(&self, key: u64) -> u32 {
        match self {
            Numbering::Dense(slots) => slots[key as usize],
            Numbering::Sparse(map) => map.get(&key).copied().unwrap_or(NONE),
        }
    }
}

/// Codes that belong to a dictionary or to a relationship.
pub(crate) enum Shared {
    Ids(Arc<Dict>),
    Rows(Arc<Codes>),
}

impl Shared {
    fn codes(&self) -> &Codes {
        match self {
            Shared::Ids(dict) => &dict.ids,
            Shared::Rows(codes) => codes,
        }
    }
}

/// What one code column says of the cell of a row.
pub(crate) struct Part {
    /// The codes of the table's rows.
    pub codes: Shared,
    /// By code.
    pub table: Vec<u32>,
    /// Numbers in `table` are below this.
    pub size: usize,
}

/// The cell of every row of a table.
pub(crate) struct Places {
    /// Parts of the group's number.
    pub parts: Vec<Part>,
    /// From the parts together to the group, where there are several.
    pub groups: Option<Numbering>,
    /// The group of rows that nobody wants.
    pub rest: u32,
    /// Position on an axis inside the group.
    pub axis: Option<Part>,
}

impl Places {
    /// One cell for all rows.
    pub fn one() -> Places {
        Places { parts: Vec::new(), groups: None, rest: 1, axis: None }
    }

    /// The cells of some rows.
    pub(crate) fn cells(&self, rows: &[u32], wide: &mut Vec<u64>, out: &mut Vec<u32>) {
        out.clear();
        match (self.parts.as_slice(), &self.groups) {
            ([], _) => out.resize(rows.len(), 0),
            ([part], None) => with_codes!(part.codes.codes(), v => out.extend(rows.iter().map(|r| part.table[v[*r as usize] as usize]))),
            (parts, groups) => {
                wide.clear();
                wide.resize(rows.len(), 0);
                for part in parts {
                    let size = part.size as u64;
                    with_codes!(part.codes.codes(), v => {
                        for (slot, r) in wide.iter_mut().zip(rows) {
                            *slot = *slot * size + u64::from(part.table[v[*r as usize] as usize]);
                        }
                    });
                }
                let groups = groups.as_ref().expect("several parts are numbered together");
                out.extend(wide.iter().map(|slot| groups.find(*slot).min(self.rest)));
            }
        }
        if let Some(axis) = &self.axis {
            let size = axis.size as u32;
            with_codes!(axis.codes.codes(), v => {
                for (cell, r) in out.iter_mut().zip(rows) {
                    *cell = *cell * size + axis.table[v[*r as usize] as usize];
                }
            });
        }
    }
}

/// Appends the selected rows among some words of a mask.
#[inline]
fn select(words: &[u64], first: usize, out: &mut Vec<u32>) {
    out.clear();
    for (index, word) in words.iter().enumerate() {
        let start = (first + index * 64) as u32;
        if *word == u64::MAX {
            out.extend(start..start + 64);
            continue;
        }
        let mut w = *word;
        while w != 0 {
            out.push(start + w.trailing_zeros());
            w &= w - 1;
        }
    }
}

/// Cuts the words of a mask into tasks: word ranges.
fn tasks(rows: usize, cell_bytes: usize) -> Vec<std::ops::Range<usize>> {
    let words = rows.div_ceil(64);
    // Cells of all tasks together stay well below the rows that are read.
    let most = (rows * 2 / cell_bytes.max(1)).clamp(1, 64);
    let wanted = if rows < PARALLEL_ROWS { 1 } else { rows.div_ceil(TASK_ROWS).min(most) };
    let step = words.div_ceil(wanted).max(1).next_multiple_of(BLOCK_WORDS);
    (0..words).step_by(step).map(|start| start..(start + step).min(words)).collect()
}

/// Runs `add` for every block of selected rows with their cells, on cells that begin as `start`, and merges the tasks in order.
pub(crate) fn run<A: Clone + Send + Sync>(
    mask: &Mask,
    blanks: Option<&[bool]>,
    places: &Places,
    cells: usize,
    start: &A,
    add: impl Fn(&mut [A], &[u32], &[u32]) + Sync,
    merge: impl Fn(&mut A, &A),
) -> Vec<A> {
    let one = |range: std::ops::Range<usize>| {
        let mut out = vec![start.clone(); cells];
        let (mut rows, mut wide, mut at) = (Vec::with_capacity(BLOCK), Vec::new(), Vec::with_capacity(BLOCK));
        let mut word = range.start;
        while word < range.end {
            let end = (word + BLOCK_WORDS).min(range.end);
            select(&mask.bits[word..end], word * 64, &mut rows);
            while rows.last().is_some_and(|r| *r as usize >= mask.rows) {
                rows.pop();
            }
            if let Some(blanks) = blanks {
                rows.retain(|r| !blanks[*r as usize]);
            }
            places.cells(&rows, &mut wide, &mut at);
            add(&mut out, &at, &rows);
            word = end;
        }
        out
    };
    let tasks = tasks(mask.rows, cells * size_of::<A>());
    if tasks.len() <= 1 {
        return tasks.into_iter().next().map_or_else(|| vec![start.clone(); cells], one);
    }
    let mut parts: Vec<Vec<A>> = tasks.into_par_iter().map(one).collect();
    let mut out = parts.remove(0);
    for part in &parts {
        out.iter_mut().zip(part).for_each(|(a, b)| merge(a, b));
    }
    out
}

/// A numeric expression of the rows of a table, without blanks.
pub(crate) enum RowExpr {
    /// Whole numbers, or fixed decimals in units of 1/10 000.
    Whole(Whole),
    /// Doubles.
    Real(Real),
}

/// Whole-number arithmetic; it wraps.
pub(crate) enum Whole {
    Cells(Vector),
    Const(i64),
    Op(ArithOp, Box<Whole>, Box<Whole>),
}

/// Arithmetic of doubles.
pub(crate) enum Real {
    Cells(Vector),
    Const(f64),
    /// Whole numbers as doubles.
    Whole(Whole),
    /// Fixed decimals as doubles.
    Decimal(Whole),
    Op(ArithOp, Box<Real>, Box<Real>),
}

impl Whole {
    /// The values of some rows.
    pub fn values(&self, rows: &[u32], out: &mut Vec<i64>) {
        out.clear();
        match self {
            Whole::Const(v) => out.resize(rows.len(), *v),
            Whole::Cells(column) => match &column.data {
                ColumnData::Int64(v) | ColumnData::Currency(v) => out.extend(rows.iter().map(|r| v[*r as usize])),
                _ => unreachable!("whole cells are of a whole type"),
            },
            Whole::Op(op, a, b) => {
                a.values(rows, out);
                let mut other = Vec::with_capacity(rows.len());
                b.values(rows, &mut other);
                let pairs = out.iter_mut().zip(&other);
                match op {
                    ArithOp::Add => pairs.for_each(|(a, b)| *a = a.wrapping_add(*b)),
                    ArithOp::Subtract => pairs.for_each(|(a, b)| *a = a.wrapping_sub(*b)),
                    ArithOp::Multiply => pairs.for_each(|(a, b)| *a = a.wrapping_mul(*b)),
                    ArithOp::Divide | ArithOp::Power => unreachable!("the result is a double"),
                }
            }
        }
    }
}

impl Real {
    /// The values of some rows.
    pub fn values(&self, rows: &[u32], out: &mut Vec<f64>) {
        out.clear();
        match self {
            Real::Const(v) => out.resize(rows.len(), *v),
            Real::Cells(column) => match &column.data {
                ColumnData::Double(v) | ColumnData::DateTime(v) => out.extend(rows.iter().map(|r| v[*r as usize])),
                _ => unreachable!("double cells are doubles"),
            },
            Real::Whole(inner) | Real::Decimal(inner) => {
                let decimal = matches!(self, Real::Decimal(_));
                let convert = |v: i64| if decimal { v as f64 / 10_000.0 } else { v as f64 };
                if let Whole::Cells(column) = inner
                    && let ColumnData::Int64(v) | ColumnData::Currency(v) = &column.data
                {
                    out.extend(rows.iter().map(|r| convert(v[*r as usize])));
                    return;
                }
                let mut whole = Vec::with_capacity(rows.len());
                inner.values(rows, &mut whole);
                out.extend(whole.into_iter().map(convert));
            }
            Real::Op(op, a, b) => {
                a.values(rows, out);
                let mut other = Vec::with_capacity(rows.len());
                b.values(rows, &mut other);
                let pairs = out.iter_mut().zip(&other);
                match op {
                    ArithOp::Add => pairs.for_each(|(a, b)| *a += b),
                    ArithOp::Subtract => pairs.for_each(|(a, b)| *a -= b),
                    ArithOp::Multiply => pairs.for_each(|(a, b)| *a *= b),
                    ArithOp::Divide => pairs.for_each(|(a, b)| *a /= b),
                    ArithOp::Power => unreachable!("not built"),
                }
            }
        }
    }
}

/// Calls `each` with every selected row, in order.
#[inline]
pub(crate) fn for_rows(mask: &Mask, mut each: impl FnMut(usize)) {
    for (index, word) in mask.bits.iter().enumerate() {
        let start = index * 64;
        if *word == u64::MAX && start + 64 <= mask.rows {
            (start..start + 64).for_each(&mut each);
            continue;
        }
        let mut w = *word;
        while w != 0 {
            let row = start + w.trailing_zeros() as usize;
            if row < mask.rows {
                each(row);
            }
            w &= w - 1;
        }
    }
}

/// The sum of whole numbers over the selected rows that are not blank, and how many there are.
pub(crate) fn sum_whole(values: &[i64], blanks: Option<&[bool]>, mask: &Mask) -> (i64, usize) {
    let part = |range: std::ops::Range<usize>| {
        let (mut sum, mut count) = (0_i64, 0_usize);
        for index in range {
            let (word, start) = (mask.bits[index], index * 64);
            if word == u64::MAX && blanks.is_none() && start + 64 <= values.len() {
                sum = values[start..start + 64].iter().fold(sum, |s, v| s.wrapping_add(*v));
                count += 64;
                continue;
            }
            if word.count_ones() > 12 && blanks.is_none() && start + 64 <= values.len() {
                // Without branches: a row that is not selected adds nothing.
                let bit = |i: usize| 0_i64.wrapping_sub((word >> i & 1) as i64);
                sum = values[start..start + 64].iter().enumerate().fold(sum, |s, (i, v)| s.wrapping_add(*v & bit(i)));
                count += word.count_ones() as usize;
                continue;
            }
            let mut w = word;
            while w != 0 {
                let row = start + w.trailing_zeros() as usize;
                w &= w - 1;
                if row < mask.rows && blanks.is_none_or(|b| !b[row]) {
                    sum = sum.wrapping_add(values[row]);
                    count += 1;
                }
            }
        }
        (sum, count)
    };
    let add = |a: (i64, usize), b: (i64, usize)| (a.0.wrapping_add(b.0), a.1 + b.1);
    let tasks = tasks(mask.rows, 1);
    if tasks.len() <= 1 {
        return tasks.into_iter().map(part).fold((0, 0), add);
    }
    tasks.into_par_iter().map(part).reduce(|| (0, 0), add)
}
