//! Pseudo-random numbers and identifiers that never change: only integer and basic IEEE arithmetic.

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, the same on every platform.
#[derive(Clone, Debug)]
pub(super) struct Rng(u64);

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Rng {
    /// An independent stream of numbers for each pair of `seed` and `stream`.
    pub(super) fn new(seed: u64, stream: u64) -> Rng {
        Rng(mix(seed.wrapping_add(STEP)) ^ mix(stream.wrapping_mul(STEP).wrapping_add(0x5851_F42D_4C95_7F2D)))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// 0 ≤ result < `n`; `n` > 0.
    pub(super) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// Both ends included.
    pub(super) fn range(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as usize) as i64
    }

    /// True in `permille` of 1000 cases.
    pub(super) fn chance(&mut self, permille: usize) -> bool {
        self.below(1000) < permille
    }

    /// 0 ≤ result < 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A multiplier around 1 with a long right tail, 0.4 to about 5.
    pub(super) fn spread(&mut self) -> f64 {
        let u = self.unit();
        let tail = if self.chance(60) { 2.6 * self.unit() } else { 0.0 };
        0.4 + 1.55 * u * u + tail
    }

    /// An index below `n` that favours small ones.
    pub(super) fn skewed(&mut self, n: usize) -> usize {
        let u = self.unit();
        ((u * u * n as f64) as usize).min(n - 1)
    }

    pub(super) fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }
}

/// What an identifier is for; part of its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Id {
    Organisation = 1,
    Account,
    Contact,
    Item,
    Invoice,
    Line,
    CreditNote,
    Payment,
    BankTransaction,
    BankTransfer,
    Overpayment,
    Prepayment,
    Allocation,
    ExpenseClaim,
    User,
    Tracking,
    Batch,
    Repeating,
    Answer,
    Branding,
}

/// A GUID of version 4 in form, made from its arguments alone.
///
/// Those of lines share their first half with their neighbours: there are so many of them that they would fill the
/// template that carries a company.
pub(super) fn guid(seed: u64, id: Id, number: u64) -> u128 {
    let half = |number: u64| Rng::new(seed ^ 0xA5A5_0000_C3C3_0000, ((id as u64) << 56) ^ number).next();
    let high = half(if id == Id::Line { number >> 10 | 1 << 48 } else { number | 1 << 48 });
    let bits = (u128::from(high) << 64) | u128::from(half(number));
    (bits & !(0xF << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_fixed_for_ever() {
        let mut rng = Rng::new(1, 2);
        let first = rng.next();
        assert_eq!(Rng::new(1, 2).next(), first);
        assert_ne!(Rng::new(1, 3).next(), first);
        let mut seen = [false; 6];
        for _ in 0..200 {
            seen[rng.range(2, 7) as usize - 2] = true;
        }
        assert_eq!(seen, [true; 6]);
    }

    #[test]
    fn identifiers_carry_version_and_variant() {
        for number in 0..100 {
            let text = format!("{:032x}", guid(9, Id::Line, number));
            assert_eq!(&text[12..13], "4");
            assert!("89ab".contains(&text[16..17]));
        }
        assert_ne!(guid(9, Id::Line, 1), guid(9, Id::Item, 1));
    }
}
