//! The filter context: filters over columns, and which relationships are in force.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use super::store::{IdSet, Mask};
use super::value::TableVal;
use crate::dax::catalog::{ColId, TableId};

/// Where a filter comes from; ALLSELECTED and ISINSCOPE tell them apart.
#[derive(Clone, Debug)]
pub enum Origin {
    /// An argument of CALCULATE, or the query.
    Explicit,
    /// A group of SUMMARIZECOLUMNS.
    Group,
    /// The transition of a row; the rows that are iterated over.
    Row(Rc<TableVal>),
}

/// What a filter lets through.
#[derive(Clone, Debug)]
pub enum Body {
    /// Values of one column.
    Set(Rc<IdSet>),
    /// Combinations of values, `cols.len()` ids each.
    Tuples(Rc<Tuples>),
    /// Rows of a table, standing for the values of its expanded columns (those that `cols` still names).
    Rows {
        /// The table.
        table: TableId,
        /// Its rows.
        mask: Rc<Mask>,
        /// Whether every column of the expansion is still filtered.
        full: bool,
        /// The relationships that made the expansion; they stay those of the filter when CALCULATE switches to others.
        rels: Rc<Vec<RelState>>,
    },
}

/// Distinct combinations of ids.
#[derive(Clone, Debug, Default)]
pub struct Tuples {
    /// In order of first appearance.
    pub rows: Vec<Box<[u32]>>,
    /// For look-up.
    pub set: HashSet<Box<[u32]>>,
}

impl Tuples {
    /// Collects combinations, each once.
    pub fn new(rows: impl IntoIterator<Item = Box<[u32]>>) -> Tuples {
        let mut tuples = Tuples::default();
        for row in rows {
            if tuples.set.insert(row.clone()) {
                tuples.rows.push(row);
            }
        }
        tuples
    }
}

/// One filter.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Columns, ascending (for tuples: in tuple order).
    pub cols: Rc<[ColId]>,
    /// What passes.
    pub body: Body,
    /// Content hash.
    pub hash: u128,
    /// Where it comes from.
    pub origin: Origin,
}

/// Two 64-bit hashes of different seeds side by side.
#[derive(Clone, Copy)]
pub struct Wide {
    a: u64,
    b: u64,
}

impl Wide {
    /// A fresh state.
    pub fn new() -> Wide {
        Wide { a: 0x9E37_79B9_7F4A_7C15, b: 0xC2B2_AE3D_27D4_EB4F }
    }

    /// Mixes in a word.
    #[inline]
    pub fn word(&mut self, w: u64) {
        self.a = (self.a ^ w).wrapping_mul(0xFF51_AFD7_ED55_8CCD).rotate_left(31);
        self.b = (self.b.wrapping_add(w)).wrapping_mul(0x9FB2_1C65_1E98_DF25).rotate_left(27) ^ (w >> 3);
    }

    /// Both halves.
    pub fn finish128(self) -> u128 {
        let mix = |mut x: u64| {
            x ^= x >> 33;
            x = x.wrapping_mul(0xC4CE_B9FE_1A85_EC53);
            x ^ (x >> 29)
        };
        (u128::from(mix(self.a)) << 64) | u128::from(mix(self.b))
    }
}

impl Default for Wide {
    fn default() -> Wide {
        Wide::new()
    }
}

impl Hasher for Wide {
    fn finish(&self) -> u64 {
        self.finish128() as u64
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }
}

impl Filter {
    /// A filter with its hash.
    pub fn new(cols: impl Into<Rc<[ColId]>>, body: Body, origin: Origin) -> Filter {
        let cols = cols.into();
        let mut h = Wide::new();
        cols.hash(&mut h);
        match &body {
            Body::Set(set) => {
                h.word(1);
                h.word(u64::from(set.low) << 32 | u64::from(set.high));
                if let Some(bits) = &set.bits {
                    bits.iter().for_each(|w| h.word(*w));
                }
            }
            Body::Tuples(tuples) => {
                h.word(2);
                // Order does not matter: add the hashes of the rows.
                let mut sum = 0_u128;
                for row in &tuples.rows {
                    let mut inner = Wide::new();
                    row.iter().for_each(|id| inner.word(u64::from(*id) + 1));
                    sum = sum.wrapping_add(inner.finish128());
                }
                h.word(sum as u64);
                h.word((sum >> 64) as u64);
            }
            Body::Rows { table, mask, full, rels } => {
                h.word(3);
                h.word(u64::from(*table) << 1 | u64::from(*full));
                rels.chunks(16).for_each(|some| h.word(some.iter().fold(0, |word, rel| word << 3 | rel.bits())));
                mask.bits.iter().for_each(|w| h.word(*w));
            }
        }
        Filter { cols, body, hash: h.finish128(), origin }
    }

    /// Values of one column.
    pub fn set(column: ColId, set: IdSet, origin: Origin) -> Filter {
        Filter::new(vec![column], Body::Set(Rc::new(set)), origin)
    }

    /// Whether it names a column.
    pub fn has(&self, column: ColId) -> bool {
        self.cols.contains(&column)
    }

    /// What remains when some columns are cleared: `None` when nothing does.
    pub fn without(self: &Rc<Filter>, cleared: &dyn Fn(ColId) -> bool) -> Option<Rc<Filter>> {
        let keep: Vec<usize> = (0..self.cols.len()).filter(|i| !cleared(self.cols[*i])).collect();
        if keep.len() == self.cols.len() {
            return Some(self.clone());
        }
        if keep.is_empty() {
            return None;
        }
        let cols: Vec<ColId> = keep.iter().map(|i| self.cols[*i]).collect();
        let body = match &self.body {
            Body::Set(_) => unreachable!("a set filters one column"),
            Body::Tuples(tuples) if keep.len() == 1 => Body::Set(Rc::new(IdSet::from_ids(tuples.rows.iter().map(|r| r[keep[0]])))),
            Body::Tuples(tuples) => {
                let rows = tuples.rows.iter().map(|r| keep.iter().map(|i| r[*i]).collect::<Vec<u32>>().into_boxed_slice());
                Body::Tuples(Rc::new(Tuples::new(rows)))
            }
            Body::Rows { table, mask, rels, .. } => Body::Rows { table: *table, mask: mask.clone(), full: false, rels: rels.clone() },
        };
        Some(Rc::new(Filter::new(cols, body, self.origin.clone())))
    }
}

/// How a relationship is used in a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RelState {
    /// Used at all.
    pub on: bool,
    /// Filters also travel from the many to the one side.
    pub both: bool,
    /// Filters travel only from the many to the one side.
    pub reverse: bool,
}

impl RelState {
    fn bits(self) -> u64 {
        u64::from(self.on) | u64::from(self.both) << 1 | u64::from(self.reverse) << 2
    }
}

/// The filter context.
#[derive(Clone, Debug)]
pub struct Fc {
    /// Filters, all of which hold.
    pub filters: Vec<Rc<Filter>>,
    /// Relationships in force.
    pub rels: Rc<Vec<RelState>>,
    /// Hash of everything.
    pub hash: u128,
    /// Hash of the relationships.
    pub rels_hash: u128,
}

impl Fc {
    /// A context.
    pub fn new(filters: Vec<Rc<Filter>>, rels: Rc<Vec<RelState>>) -> Fc {
        let mut h = Wide::new();
        rels.iter().for_each(|r| h.word(r.bits()));
        Fc::hashed(filters, rels, h.finish128())
    }

    fn hashed(filters: Vec<Rc<Filter>>, rels: Rc<Vec<RelState>>, rels_hash: u128) -> Fc {
        let mut sum = 0_u128;
        for filter in &filters {
            sum = sum.wrapping_add(filter.hash.rotate_left(7).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835));
        }
        let origins = filters.iter().filter(|f| !matches!(f.origin, Origin::Explicit)).fold(0_u128, |s, f| {
            s.wrapping_add(f.hash.wrapping_mul(match &f.origin {
                Origin::Row(rows) => 0x5851_F42D_4C95_7F2D_u128.wrapping_add(Rc::as_ptr(rows) as usize as u128),
                _ => 0x1405_7B7E_F767_814F,
            }))
        });
        Fc { filters, hash: sum ^ rels_hash ^ origins.rotate_left(13), rels, rels_hash }
    }

    /// The same with other filters.
    pub fn with(&self, filters: Vec<Rc<Filter>>) -> Fc {
        Fc::hashed(filters, self.rels.clone(), self.rels_hash)
    }

    /// Clears columns.
    pub fn clear(&self, cleared: &dyn Fn(ColId) -> bool) -> Fc {
        self.with(self.filters.iter().filter_map(|f| f.without(cleared)).collect())
    }
}
