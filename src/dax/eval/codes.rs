//! Ids and row numbers stored as narrowly as the largest allows, and the row sets that are found from them.

use rayon::prelude::*;

use super::store::Mask;

/// Rows from which on work is shared among threads.
pub(crate) const PARALLEL_ROWS: usize = 1 << 19;

/// Small whole numbers, one per row.
#[derive(Clone, Debug, PartialEq)]
pub enum Codes {
    /// All below 2^8.
    U8(Vec<u8>),
    /// All below 2^16.
    U16(Vec<u16>),
    /// Any.
    U32(Vec<u32>),
}

/// Runs an expression with the codes as a slice of their own type.
macro_rules! with_codes {
    ($codes:expr, $slice:ident => $body:expr) => {
        match $codes {
            $crate::dax::eval::codes::Codes::U8($slice) => $body,
            $crate::dax::eval::codes::Codes::U16($slice) => $body,
            $crate::dax::eval::codes::Codes::U32($slice) => $body,
        }
    };
}
pub(crate) use with_codes;

impl Codes {
    /// Stores numbers of which `max` is at least the largest.
    pub fn new(max: u32, codes: impl Iterator<Item = u32>) -> Codes {
        match max {
            0..=0xFF => Codes::U8(codes.map(|c| c as u8).collect()),
            0x100..=0xFFFF => Codes::U16(codes.map(|c| c as u16).collect()),
            _ => Codes::U32(codes.collect()),
        }
    }

    /// The number of a row.
    #[inline]
    pub fn at(&self, row: usize) -> u32 {
        match self {
            Codes::U8(v) => u32::from(v[row]),
            Codes::U16(v) => u32::from(v[row]),
            Codes::U32(v) => v[row],
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        with_codes!(self, v => v.len())
    }

    /// All in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len()).map(|row| self.at(row))
    }

    /// Whether one of the first `rows` has this number.
    pub fn contains(&self, rows: usize, code: u32) -> bool {
        with_codes!(self, v => v[..rows].iter().any(|c| widen(*c) == code))
    }

    /// Another number for each, from a table of them; `max` is at least the largest.
    pub fn map(&self, max: u32, table: &[u32]) -> Codes {
        with_codes!(self, v => Codes::new(max, v.iter().map(|c| table[*c as usize])))
    }
}

/// A code of any width.
pub(crate) trait Code: Copy + Send + Sync + PartialOrd {
    fn wide(self) -> u32;
    fn narrow(code: u32) -> Self;
}

macro_rules! code {
    ($($t:ty),*) => {$(
        impl Code for $t {
            #[inline]
            fn wide(self) -> u32 {
                u32::from(self)
            }
            #[inline]
            fn narrow(code: u32) -> $t {
                code as $t
            }
        }
    )*};
}
code!(u8, u16, u32);

#[inline]
fn widen<T: Code>(code: T) -> u32 {
    code.wide()
}

/// Eight bytes of 0 or 1 at a time become bits.
#[inline]
pub(crate) fn pack(bytes: &[u8; 64]) -> u64 {
    let mut word = 0;
    for (i, eight) in bytes.chunks_exact(8).enumerate() {
        let x = u64::from_le_bytes(eight.try_into().expect("eight bytes"));
        word |= (x.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i);
    }
    word
}

/// Fills words of 64 rows each; rows after the last count as not passing.
fn fill<T: Code>(words: &mut [u64], codes: &[T], test: impl Fn(&[T], &mut [u8; 64]) + Sync) {
    let one = |index: usize, words: &mut [u64]| {
        let mut bytes = [0_u8; 64];
        for (word, codes) in words.iter_mut().zip(codes[index..].chunks(64)) {
            if codes.len() < 64 {
                bytes = [0; 64];
            }
            test(codes, &mut bytes);
            *word = pack(&bytes);
        }
    };
    const WORDS: usize = 2048;
    if codes.len() < PARALLEL_ROWS {
        one(0, words);
    } else {
        words.par_chunks_mut(WORDS).enumerate().for_each(|(i, words)| one(i * WORDS * 64, words));
    }
}

impl Mask {
    /// Rows whose code is a member of a set; `codes` has an entry for the blank row as well.
    pub(crate) fn from_codes(rows: usize, codes: &Codes, members: &[bool]) -> Mask {
        let mut mask = Mask::none(rows);
        debug_assert_eq!(codes.len(), rows + 1);
        // Most sets are a few stretches of neighbouring codes: comparisons are quicker than a look-up then.
        let mut runs: Vec<(u32, u32)> = Vec::new();
        let mut code = 0;
        while code < members.len() && runs.len() <= 3 {
            if members[code] {
                let end = members[code..].iter().position(|m| !m).map_or(members.len(), |n| code + n);
                runs.push((code as u32, end as u32 - 1));
                code = end;
            } else {
                code = members[code..].iter().position(|m| *m).map_or(members.len(), |n| code + n);
            }
        }
        let whole = matches!(runs.as_slice(), [(0, high)] if *high as usize + 1 == members.len());
        if whole {
            return Mask::all(rows);
        }
        with_codes!(codes, v => from_runs(&mut mask.bits, v, &runs, members));
        mask.recount();
        mask
    }
}

fn from_runs<T: Code>(words: &mut [u64], codes: &[T], runs: &[(u32, u32)], members: &[bool]) {
    let bounds: Vec<(T, T)> = runs.iter().map(|(a, b)| (T::narrow(*a), T::narrow(*b))).collect();
    match bounds.as_slice() {
        [] => {}
        [(a, b)] if a.wide() == b.wide() => {
            let a = *a;
            fill(words, codes, |codes, out| codes.iter().zip(out).for_each(|(c, o)| *o = u8::from(*c == a)));
        }
        [(a, b)] => {
            let (a, b) = (*a, *b);
            fill(words, codes, |codes, out| codes.iter().zip(out).for_each(|(c, o)| *o = u8::from(*c >= a) & u8::from(*c <= b)));
        }
        [(a, b), (c, d)] => {
            let (a, b, c, d) = (*a, *b, *c, *d);
            fill(words, codes, |codes, out| {
                codes.iter().zip(out).for_each(|(x, o)| {
                    *o = (u8::from(*x >= a) & u8::from(*x <= b)) | (u8::from(*x >= c) & u8::from(*x <= d));
                });
            });
        }
        _ => fill(words, codes, |codes, out| codes.iter().zip(out).for_each(|(c, o)| *o = u8::from(members[c.wide() as usize]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_sets_from_codes_hold_the_members_and_nothing_else() {
        for (rows, width) in [(0_usize, 3_u32), (1, 3), (63, 5), (64, 5), (65, 300), (1000, 300), (700, 70_000), (600_001, 9)] {
            let codes: Vec<u32> = (0..=rows as u32).map(|r| r.wrapping_mul(2_654_435_761) % width).collect();
            let narrow = Codes::new(width, codes.iter().copied());
            for step in [1, 2, 3, 50, 100_000] {
                for sparse in [false, true] {
                    let members: Vec<bool> = (0..width).map(|c| if sparse { c % 7 == 3 } else { c / step == 0 || c / step == 2 }).collect();
                    let mask = Mask::from_codes(rows, &narrow, &members);
                    assert!((0..=rows).all(|r| mask.has(r) == members[codes[r] as usize]), "{rows} rows, {width} codes, step {step}");
                    assert_eq!(mask.count, (0..rows).filter(|r| members[codes[*r] as usize]).count());
                }
            }
        }
    }
}
