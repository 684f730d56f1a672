//! Doubles as the 15 significant decimal digits that DAX shows and rounds.

/// A finite double on 15 significant digits: `digits × 10^exponent`, without trailing zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal15 {
    /// Below zero (also for −0).
    pub negative: bool,
    /// At most 15 digits.
    pub digits: u64,
    /// Power of ten of the last digit.
    pub exponent: i32,
}

/// Which way digits are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest, half away from zero.
    HalfAway,
    /// Away from zero.
    Away,
    /// Towards zero.
    Zero,
    /// Towards minus infinity.
    Floor,
    /// Towards plus infinity.
    Ceiling,
}

impl Decimal15 {
    /// The nearest decimal; `None` for NaN and infinities.
    pub fn new(x: f64) -> Option<Decimal15> {
        if !x.is_finite() {
            return None;
        }
        let magnitude = x.abs();
        let (mut digits, mut exponent) = if magnitude < 1e15 && magnitude.fract() == 0.0 {
            (magnitude as u64, 0)
        } else {
            let text = format!("{magnitude:.14e}");
            let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
            let digits = mantissa.bytes().filter(u8::is_ascii_digit).fold(0, |n, b| n * 10 + u64::from(b - b'0'));
            (digits, power.parse::<i32>().unwrap_or(0) - 14)
        };
        while digits != 0 && digits % 10 == 0 {
            digits /= 10;
            exponent += 1;
        }
        if digits == 0 {
            exponent = 0;
        }
        Some(Decimal15 { negative: x.is_sign_negative(), digits, exponent })
    }

    /// Keeps `places` decimals (negative: tens, hundreds …).
    #[must_use]
    pub fn round(self, places: i32, rounding: Rounding) -> Decimal15 {
        let drop = -(i64::from(places)) - i64::from(self.exponent);
        if drop <= 0 || self.digits == 0 {
            return self;
        }
        let (quotient, rest, half) = if drop > 18 {
            (0, self.digits, u64::MAX)
        } else {
            let unit = 10_u64.pow(drop as u32);
            (self.digits / unit, self.digits % unit, unit / 2)
        };
        let up = rest != 0
            && match rounding {
                Rounding::HalfAway => rest >= half,
                Rounding::Away => true,
                Rounding::Zero => false,
                Rounding::Floor => self.negative,
                Rounding::Ceiling => !self.negative,
            };
        let mut digits = quotient + u64::from(up);
        let mut exponent = if digits == 0 { 0 } else { -places };
        while digits != 0 && digits % 10 == 0 {
            digits /= 10;
            exponent += 1;
        }
        Decimal15 { negative: self.negative && digits != 0, digits, exponent }
    }

    /// The nearest double; the exponent may make it infinite.
    pub fn to_f64(self) -> f64 {
        let magnitude = if self.exponent == 0 {
            self.digits as f64
        } else {
            format!("{}e{}", self.digits, self.exponent).parse::<f64>().unwrap_or(f64::INFINITY)
        };
        if self.negative { -magnitude } else { magnitude }
    }
}

/// Rounds a double on its 15 significant digits; NaN and infinities stay.
///
/// ```
/// use xero_pbit::dax::scalar::{Rounding, round_to};
/// assert_eq!(round_to(1.005, 2, Rounding::HalfAway), 1.01);
/// assert_eq!(round_to(0.29, 2, Rounding::Zero), 0.29);
/// assert_eq!(round_to(-2.5, 0, Rounding::HalfAway), -3.0);
/// assert_eq!(round_to(15.0, -1, Rounding::HalfAway), 20.0);
/// ```
pub fn round_to(x: f64, places: i32, rounding: Rounding) -> f64 {
    match Decimal15::new(x) {
        Some(decimal) => {
            let rounded = decimal.round(places, rounding);
            // What needs no rounding keeps all its bits.
            if rounded == decimal { x } else { rounded.to_f64() }
        }
        None => x,
    }
}
