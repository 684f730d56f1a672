//! `Number.*`: arithmetic on one or two numbers; null gives null.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use super::common::{choice, count, double_value, out_of_range};
use super::convert::round_half;
use super::{ANY, Builtin, LIST, LOGICAL, NULLABLE_NUMBER, NUMBER, arg, opt};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{List, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "List.Random",
        params: &[arg("count", NUMBER), opt("seed", NUMBER)],
        returns: LIST,
        about: "Random numbers from 0 to 1, repeatable with a seed.",
        source: "https://learn.microsoft.com/powerquery-m/list-random",
        examples: &[("List.Count(List.Random(3, 1))", "3")],
        run: list_random,
    },
    Builtin {
        name: "Number.Abs",
        params: &[arg("number", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The number without its sign.",
        source: "https://learn.microsoft.com/powerquery-m/number-abs",
        examples: &[("Number.Abs(-3)", "3")],
        run: abs,
    },
    Builtin {
        name: "Number.Acos",
        params: &[arg("number", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The arc cosine.",
        source: "https://learn.microsoft.com/powerquery-m/number-acos",
        examples: &[("Number.Acos(1)", "0")],
        run: acos,
    },
    Builtin {
        name: "Number.Asin",
        params: &[arg("number", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The arc sine.",
        source: "https://learn.microsoft.com/powerquery-m/number-asin",
        examples: &[("Number.Asin(0)", "0")],
        run: asin,
    },
    Builtin {
        name: "Number.Atan",
        params: &[arg("number", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The arc tangent.",
        source: "https://learn.microsoft.com/powerquery-m/number-atan",
        examples: &[("Number.Atan(0)", "0")],
        run: atan,
    },
    Builtin {
        name: "Number.Atan2",
        params: &[arg("y", NULLABLE_NUMBER), arg("x", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The angle of a point given by y and x.",
        source: "https://learn.microsoft.com/powerquery-m/number-atan2",
        examples: &[("Number.Atan2(0, 1)", "0")],
        run: atan2,
    },
    Builtin {
        name: "Number.BitwiseAnd",
        params: &[arg("number1", NULLABLE_NUMBER), arg("number2", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The bits that both numbers have.",
        source: "https://learn.microsoft.com/powerquery-m/number-bitwiseand",
        examples: &[("Number.BitwiseAnd(12, 10)", "8")],
        run: bitwise_and,
    },
    Builtin {
        name: "Number.BitwiseNot",
        params: &[arg("number", ANY)],
        returns: ANY,
        about: "All bits turned round.",
        source: "https://learn.microsoft.com/powerquery-m/number-bitwisenot",
        examples: &[("Number.BitwiseNot(5)", "-6")],
        run: bitwise_not,
    },
    Builtin {
        name: "Number.BitwiseOr",
        params: &[arg("number1", NULLABLE_NUMBER), arg("number2", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The bits that either number has.",
        source: "https://learn.microsoft.com/powerquery-m/number-bitwiseor",
        examples: &[("Number.BitwiseOr(12, 10)", "14")],
        run: bitwise_or,
    },
    Builtin {
        name: "Number.BitwiseShiftLeft",
        params: &[arg("number1", NULLABLE_NUMBER), arg("number2", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The bits moved to the left.",
        source: "https://learn.microsoft.com/powerquery-m/number-bitwiseshiftleft",
        examples: &[("Number.BitwiseShiftLeft(1, 4)", "16")],
        run: shift_left,
    },
    Builtin {
        name: "Number.BitwiseShiftRight",
        params: &[arg("number1", NULLABLE_NUMBER), arg("number2", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The bits moved to the right.",
        source: "https://learn.microsoft.com/powerquery-m/number-bitwiseshiftright",
        examples: &[("Number.BitwiseShiftRight(16, 3)", "2")],
        run: shift_right,
    },
    Builtin {
        name: "Number.BitwiseXor",
        params: &[arg("number1", NULLABLE_NUMBER), arg("number2", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The bits that one of the numbers has.",
        source: "https://learn.microsoft.com/powerquery-m/number-bitwisexor",
        examples: &[("Number.BitwiseXor(12, 10)", "6")],
        run: bitwise_xor,
    },
    Builtin {
        name: "Number.Combinations",
        params: &[arg("setSize", NULLABLE_NUMBER), arg("combinationSize", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "How many ways there are to choose from a set regardless of order.",
        source: "https://learn.microsoft.com/powerquery-m/number-combinations",
        examples: &[("Number.Combinations(5, 2)", "10")],
        run: combinations,
    },
    Builtin {
        name: "Number.Cos",
        params: &[arg("number", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The cosine.",
        source: "https://learn.microsoft.com/powerquery-m/number-cos",
        examples: &[("Number.Cos(0)", "1")],
        run: cos,
    },
    Builtin {
        name: "Number.Cosh",
        params: &[arg("number", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The hyperbolic cosine.",
        source: "https://learn.microsoft.com/powerquery-m/number-cosh",
        examples: &[("Number.Cosh(0)", "1")],
        run: cosh,
    },
    Builtin {
        name: "Number.Exp",
        params: &[arg("number", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "e to the power of a number.",
        source: "https://learn.microsoft.com/powerquery-m/number-exp",
        examples: &[("Number.Exp(0)", "1")],
        run: exp,
    },
    Builtin {
        name: "Number.Factorial",
        params: &[arg("number", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The product of the whole numbers up to a number.",
        source: "https://learn.microsoft.com/powerquery-m/number-factorial",
        examples: &[("Number.Factorial(5)", "120")],
        run: factorial,
    },
    Builtin {
        name: "Number.IntegerDivide",
        params: &[arg("number1", NULLABLE_NUMBER), arg("number2", NULLABLE_NUMBER), opt("precision", NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The whole part of a division.",
        source: "https://learn.microsoft.com/powerquery-m/number-integerdivide",
        examples: &[("Number.IntegerDivide(7, 2)", "3"), ("Number.IntegerDivide(-7, 2)", "-3")],
        run: integer_divide,
    },
    Builtin {
        name: "Number.IsEven",
        params: &[arg("number", NUMBER)],
        returns: LOGICAL,
        about: "Whether a number is even.",
        source: "https://learn.microsoft.com/powerquery-m/number-iseven",
        examples: &[("Number.IsEven(4)", "true")],
        run: is_even,
    },
    Builtin {
        name: "Number.IsNaN",
        params: &[arg("number", NUMBER)],
        returns: LOGICAL,
        about: "Whether a number is not a number.",
        source: "https://learn.microsoft.com/powerquery-m/number-isnan",
        examples: &[("Number.IsNaN(0/0)", "true")],
        run: is_nan,
    },
    Builtin {
        name: "Number.IsOdd",
        params: &[arg("number", NUMBER)],
        returns: LOGICAL,
        about: "Whether a number is odd.",
        source: "https://learn.microsoft.com/powerquery-m/number-isodd",
        examples: &[("Number.IsOdd(4)", "false")],
        run: is_odd,
    },
    Builtin {
        name: "Number.Ln",
        params: &[arg("number", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The natural logarithm.",
        source: "https://learn.microsoft.com/powerquery-m/number-ln",
        examples: &[("Number.Ln(1)", "0")],
        run: ln,
    },
    Builtin {
        name: "Number.Log",
        params: &[arg("number", NULLABLE_NUMBER), opt("base", NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The logarithm to a base; e without one.",
        source: "https://learn.microsoft.com/powerquery-m/number-log",
        examples: &[("Number.Log(8, 2)", "3")],
        run: log,
    },
    Builtin {
        name: "Number.Log10",
        params: &[arg("number", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The logarithm to base 10.",
        source: "https://learn.microsoft.com/powerquery-m/number-log10",
        examples: &[("Number.Log10(1000)", "3")],
        run: log10,
    },
    Builtin {
        name: "Number.Mod",
        params: &[arg("number", NULLABLE_NUMBER), arg("divisor", NULLABLE_NUMBER), opt("precision", NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "What is left of a division; it has the sign of the first number.",
        source: "https://learn.microsoft.com/powerquery-m/number-mod",
        examples: &[("Number.Mod(7, 3)", "1"), ("Number.Mod(-7, 3)", "-1")],
        run: modulo,
    },
    Builtin {
        name: "Number.Permutations",
        params: &[arg("setSize", NULLABLE_NUMBER), arg("permutationSize", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "How many ways there are to choose from a set in order.",
        source: "https://learn.microsoft.com/powerquery-m/number-permutations",
        examples: &[("Number.Permutations(5, 2)", "20")],
        run: permutations,
    },
    Builtin {
        name: "Number.Power",
        params: &[arg("number", NULLABLE_NUMBER), arg("power", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "A number to a power.",
        source: "https://learn.microsoft.com/powerquery-m/number-power",
        examples: &[("Number.Power(2, 10)", "1024")],
        run: power,
    },
    Builtin {
        name: "Number.Random",
        params: &[],
        returns: NUMBER,
        about: "A random number from 0 to 1.",
        source: "https://learn.microsoft.com/powerquery-m/number-random",
        examples: &[("Number.Random() < 1", "true")],
        run: random,
    },
    Builtin {
        name: "Number.RandomBetween",
        params: &[arg("bottom", NUMBER), arg("top", NUMBER)],
        returns: NUMBER,
        about: "A random number between two numbers.",
        source: "https://learn.microsoft.com/powerquery-m/number-randombetween",
        examples: &[("Number.RandomBetween(5, 6) >= 5", "true")],
        run: random_between,
    },
    Builtin {
        name: "Number.Round",
        params: &[arg("number", NULLABLE_NUMBER), opt("digits", NUMBER), opt("roundingMode", NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "Rounds to digits; halves go to the even neighbour unless a mode says otherwise.",
        source: "https://learn.microsoft.com/powerquery-m/number-round",
        examples: &[
            ("Number.Round(2.5)", "2"),
            ("Number.Round(1.2345, 2)", "1.23"),
            ("Number.Round(2.5, 0, RoundingMode.AwayFromZero)", "3"),
        ],
        run: round,
    },
    Builtin {
        name: "Number.RoundAwayFromZero",
        params: &[arg("number", NULLABLE_NUMBER), opt("digits", NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "Rounds away from zero.",
        source: "https://learn.microsoft.com/powerquery-m/number-roundawayfromzero",
        examples: &[("Number.RoundAwayFromZero(-1.2)", "-2")],
        run: round_away,
    },
    Builtin {
        name: "Number.RoundDown",
        params: &[arg("number", NULLABLE_NUMBER), opt("digits", NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "Rounds down.",
        source: "https://learn.microsoft.com/powerquery-m/number-rounddown",
        examples: &[("Number.RoundDown(-1.2)", "-2"), ("Number.RoundDown(1.999, 2)", "1.99")],
        run: round_down,
    },
    Builtin {
        name: "Number.RoundTowardZero",
        params: &[arg("number", NULLABLE_NUMBER), opt("digits", NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "Rounds toward zero.",
        source: "https://learn.microsoft.com/powerquery-m/number-roundtowardzero",
        examples: &[("Number.RoundTowardZero(-1.8)", "-1")],
        run: round_toward,
    },
    Builtin {
        name: "Number.RoundUp",
        params: &[arg("number", NULLABLE_NUMBER), opt("digits", NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "Rounds up.",
        source: "https://learn.microsoft.com/powerquery-m/number-roundup",
        examples: &[("Number.RoundUp(1.234, 2)", "1.24")],
        run: round_up,
    },
    Builtin {
        name: "Number.Sign",
        params: &[arg("number", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "1, 0 or -1 by the sign.",
        source: "https://learn.microsoft.com/powerquery-m/number-sign",
        examples: &[("Number.Sign(-5)", "-1")],
        run: sign,
    },
    Builtin {
        name: "Number.Sin",
        params: &[arg("number", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The sine.",
        source: "https://learn.microsoft.com/powerquery-m/number-sin",
        examples: &[("Number.Sin(0)", "0")],
        run: sin,
    },
    Builtin {
        name: "Number.Sinh",
        params: &[arg("number", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The hyperbolic sine.",
        source: "https://learn.microsoft.com/powerquery-m/number-sinh",
        examples: &[("Number.Sinh(0)", "0")],
        run: sinh,
    },
    Builtin {
        name: "Number.Sqrt",
        params: &[arg("number", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The square root.",
        source: "https://learn.microsoft.com/powerquery-m/number-sqrt",
        examples: &[("Number.Sqrt(25)", "5")],
        run: sqrt,
    },
    Builtin {
        name: "Number.Tan",
        params: &[arg("number", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The tangent.",
        source: "https://learn.microsoft.com/powerquery-m/number-tan",
        examples: &[("Number.Tan(0)", "0")],
        run: tan,
    },
    Builtin {
        name: "Number.Tanh",
        params: &[arg("number", NULLABLE_NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The hyperbolic tangent.",
        source: "https://learn.microsoft.com/powerquery-m/number-tanh",
        examples: &[("Number.Tanh(0)", "0")],
        run: tanh,
    },
];

/// A function of one double; null stays null.
fn of_one(args: &[Value], f: impl Fn(f64) -> f64) -> Result<Value> {
    Ok(args[0].as_f64().map_or(Value::Null, |x| double_value(f(x))))
}

/// A function of two doubles; null stays null.
fn of_two(args: &[Value], f: impl Fn(f64, f64) -> f64) -> Result<Value> {
    Ok(match (args[0].as_f64(), args[1].as_f64()) {
        (Some(x), Some(y)) => double_value(f(x, y)),
        _ => Value::Null,
    })
}

macro_rules! of_one {
    ($($name:ident $f:expr;)*) => {
        $(fn $name(_: &mut Interp, args: &[Value]) -> Result<Value> {
            of_one(args, $f)
        })*
    };
}

of_one! {
    acos f64::acos;
    asin f64::asin;
    atan f64::atan;
    cos f64::cos;
    cosh f64::cosh;
    exp f64::exp;
    ln f64::ln;
    log10 f64::log10;
    sin f64::sin;
    sinh f64::sinh;
    sqrt f64::sqrt;
    tan f64::tan;
    tanh f64::tanh;
}

fn abs(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(match &args[0] {
        Value::Int(n) => n.checked_abs().map_or(Value::Double((*n as f64).abs()), Value::Int),
        Value::Decimal(n) => Value::Decimal(n.abs()),
        Value::Double(n) => Value::Double(n.abs()),
        _ => Value::Null,
    })
}

fn atan2(_: &mut Interp, args: &[Value]) -> Result<Value> {
    of_two(args, f64::atan2)
}

fn power(_: &mut Interp, args: &[Value]) -> Result<Value> {
    of_two(args, f64::powf)
}

fn log(_: &mut Interp, args: &[Value]) -> Result<Value> {
    match args[1].as_f64() {
        None => of_one(args, f64::ln),
        Some(10.0) => of_one(args, f64::log10),
        Some(2.0) => of_one(args, f64::log2),
        Some(base) => of_one(args, |x| x.ln() / base.ln()),
    }
}

fn sign(_: &mut Interp, args: &[Value]) -> Result<Value> {
    of_one(args, |x| {
        if x > 0.0 {
            1.0
        } else if x < 0.0 {
            -1.0
        } else {
            0.0
        }
    })
}

fn bits(value: &Value, name: &str) -> Result<Option<i64>> {
    if value.is_null() {
        return Ok(None);
    }
    if !value.is_number() {
        return Err(Error::cannot_convert(value, "Number"));
    }
    value.as_i64().map(Some).ok_or_else(|| out_of_range(name, value))
}

fn of_bits(args: &[Value], f: impl Fn(i64, i64) -> i64) -> Result<Value> {
    Ok(match (bits(&args[0], "number1")?, bits(&args[1], "number2")?) {
        (Some(x), Some(y)) => Value::Int(f(x, y)),
        _ => Value::Null,
    })
}

fn bitwise_and(_: &mut Interp, args: &[Value]) -> Result<Value> {
    of_bits(args, |x, y| x & y)
}

fn bitwise_or(_: &mut Interp, args: &[Value]) -> Result<Value> {
    of_bits(args, |x, y| x | y)
}

fn bitwise_xor(_: &mut Interp, args: &[Value]) -> Result<Value> {
    of_bits(args, |x, y| x ^ y)
}

fn bitwise_not(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(bits(&args[0], "number")?.map_or(Value::Null, |x| Value::Int(!x)))
}

fn shift_left(_: &mut Interp, args: &[Value]) -> Result<Value> {
    of_bits(args, |x, y| if (0..64).contains(&y) { x << y } else { 0 })
}

fn shift_right(_: &mut Interp, args: &[Value]) -> Result<Value> {
    of_bits(args, |x, y| {
        if (0..64).contains(&y) {
            x >> y
        } else if x < 0 {
            -1
        } else {
            0
        }
    })
}

fn product(from: f64, to: f64) -> f64 {
    let mut out = 1.0;
    let mut x = from;
    while x <= to && f64::is_finite(out) {
        out *= x;
        x += 1.0;
    }
    out
}

fn factorial(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(n) = args[0].as_f64() else { return Ok(Value::Null) };
    if n < 0.0 {
        return Err(out_of_range("number", &args[0]));
    }
    Ok(double_value(product(1.0, n.trunc())))
}

fn chosen(args: &[Value]) -> Result<Option<(f64, f64)>> {
    let (Some(n), Some(k)) = (args[0].as_f64(), args[1].as_f64()) else { return Ok(None) };
    if n < 0.0 {
        return Err(out_of_range("setSize", &args[0]));
    }
    if k < 0.0 {
        return Err(out_of_range("combinationSize", &args[1]));
    }
    Ok(Some((n.trunc(), k.trunc())))
}

fn combinations(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(match chosen(args)? {
        None => Value::Null,
        Some((n, k)) if k > n => Value::Int(0),
        Some((n, k)) => {
            let k = k.min(n - k);
            let mut out = 1.0;
            let mut i = 1.0;
            while i <= k {
                out = (out * (n - k + i) / i).round();
                i += 1.0;
            }
            double_value(out)
        }
    })
}

fn permutations(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(match chosen(args)? {
        None => Value::Null,
        Some((n, k)) if k > n => Value::Int(0),
        Some((n, k)) => double_value(product(n - k + 1.0, n)),
    })
}

/// Whether decimal arithmetic was asked for.
fn decimal_precision(value: &Value) -> Result<bool> {
    Ok(choice(value, 0, 0..=1, "precision")? == 1)
}

fn integer_divide(_: &mut Interp, args: &[Value]) -> Result<Value> {
    if decimal_precision(&args[2])?
        && let (Some(x), Some(y)) = (args[0].as_decimal(), args[1].as_decimal())
        && let Some(q) = x.checked_div(y)
    {
        return Ok(Value::Decimal(q.trunc()));
    }
    if let (Value::Int(x), Value::Int(y)) = (&args[0], &args[1])
        && let Some(q) = x.checked_div(*y)
    {
        return Ok(Value::Int(q));
    }
    of_two(args, |x, y| (x / y).trunc())
}

fn modulo(_: &mut Interp, args: &[Value]) -> Result<Value> {
    if decimal_precision(&args[2])?
        && let (Some(x), Some(y)) = (args[0].as_decimal(), args[1].as_decimal())
        && let Some(r) = x.checked_rem(y)
    {
        return Ok(Value::Decimal(r));
    }
    if let (Value::Int(x), Value::Int(y)) = (&args[0], &args[1])
        && let Some(r) = x.checked_rem(*y)
    {
        return Ok(Value::Int(r));
    }
    of_two(args, |x, y| x % y)
}

fn is_even(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(Value::Logical(args[0].as_f64().is_some_and(|x| x % 2.0 == 0.0)))
}

fn is_odd(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(Value::Logical(args[0].as_f64().is_some_and(|x| (x % 2.0).abs() == 1.0)))
}

fn is_nan(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(Value::Logical(args[0].as_f64().is_some_and(f64::is_nan)))
}

fn uniform(cx: &mut Interp) -> f64 {
    (cx.random_u64() >> 11) as f64 / (1u64 << 53) as f64
}

fn random(cx: &mut Interp, _: &[Value]) -> Result<Value> {
    Ok(Value::Double(uniform(cx)))
}

fn random_between(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let unit = uniform(cx);
    of_two(args, |low, high| low + (high - low) * unit)
}

fn list_random(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let n = count("count", &args[0])?;
    cx.charge(n.saturating_mul(24))?;
    let mut out = Vec::with_capacity(n);
    match args[1].as_i64() {
        Some(seed) => {
            let mut source = Subtractive::new(seed as i32);
            out.extend((0..n).map(|_| Value::Double(source.next())));
        }
        None => {
            for _ in 0..n {
                let x = uniform(cx);
                out.push(Value::Double(x));
            }
        }
    }
    Ok(Value::List(List::from_values(out)))
}

/// .NET's seeded generator (Knuth's subtractive method), so that a seed gives the numbers of the real engine.
struct Subtractive {
    seeds: [i32; 56],
    at: (usize, usize),
}

impl Subtractive {
    fn new(seed: i32) -> Subtractive {
        let mut seeds = [0i32; 56];
        let mut mj = 161_803_398 - seed.checked_abs().unwrap_or(i32::MAX);
        seeds[55] = mj;
        let mut mk = 1;
        for i in 1..55 {
            let ii = (21 * i) % 55;
            seeds[ii] = mk;
            mk = mj.wrapping_sub(mk);
            if mk < 0 {
                mk = mk.wrapping_add(i32::MAX);
            }
            mj = seeds[ii];
        }
        for _ in 1..5 {
            for i in 1..56 {
                seeds[i] = seeds[i].wrapping_sub(seeds[1 + (i + 30) % 55]);
                if seeds[i] < 0 {
                    seeds[i] = seeds[i].wrapping_add(i32::MAX);
                }
            }
        }
        Subtractive { seeds, at: (0, 21) }
    }

    fn next(&mut self) -> f64 {
        let step = |n: usize| if n + 1 >= 56 { 1 } else { n + 1 };
        self.at = (step(self.at.0), step(self.at.1));
        let mut n = self.seeds[self.at.0].wrapping_sub(self.seeds[self.at.1]);
        if n == i32::MAX {
            n -= 1;
        }
        if n < 0 {
            n = n.wrapping_add(i32::MAX);
        }
        self.seeds[self.at.0] = n;
        f64::from(n) * (1.0 / f64::from(i32::MAX))
    }
}

/// The five ways to leave digits out.
#[derive(Clone, Copy)]
pub(crate) enum Rounding {
    Half(i64),
    Down,
    Up,
    Away,
    Toward,
}

impl Rounding {
    /// The same as decimals round, where they can.
    fn strategy(&self) -> Option<RoundingStrategy> {
        Some(match self {
            Rounding::Down => RoundingStrategy::ToNegativeInfinity,
            Rounding::Up => RoundingStrategy::ToPositiveInfinity,
            Rounding::Toward => RoundingStrategy::ToZero,
            Rounding::Away => RoundingStrategy::AwayFromZero,
            Rounding::Half(2) => RoundingStrategy::MidpointAwayFromZero,
            Rounding::Half(3) => RoundingStrategy::MidpointTowardZero,
            Rounding::Half(4) => RoundingStrategy::MidpointNearestEven,
            Rounding::Half(_) => return None,
        })
    }
}

pub(super) fn rounded(number: &Value, digits: &Value, rounding: Rounding) -> Result<Value> {
    // Amounts of money: decimals to a few places.
    if let (Value::Decimal(exact), Value::Int(places @ 0..=12)) = (number, digits)
        && let Some(strategy) = rounding.strategy()
    {
        return Ok(Value::Decimal(exact.round_dp_with_strategy(*places as u32, strategy)));
    }
    let Some(x) = number.as_f64() else { return Ok(Value::Null) };
    let digits = match digits.as_f64() {
        None => 0,
        Some(d) if d.fract() == 0.0 && d.abs() < 300.0 => d as i32,
        Some(_) => return Err(out_of_range("digits", digits)),
    };
    if digits >= 0 && matches!(number, Value::Int(_)) {
        return Ok(number.clone());
    }
    if !x.is_finite() {
        return Ok(number.clone());
    }
    if digits == 0 && matches!(number, Value::Double(_)) {
        // Whole numbers and halves are exact doubles: nothing to learn from the decimal digits.
        let whole = match rounding {
            Rounding::Down => x.floor(),
            Rounding::Up => x.ceil(),
            Rounding::Toward => x.trunc(),
            Rounding::Away if x < 0.0 => x.floor(),
            Rounding::Away => x.ceil(),
            Rounding::Half(mode) => round_half(x, mode),
        };
        // No negative zero.
        return Ok(double_value(whole + 0.0));
    }
    // On the decimal digits that the number is written with, so that 2.675 has its half where people see it.
    if let (Value::Decimal(exact), 0..=12) = (number, digits)
        && let Some(strategy) = rounding.strategy()
    {
        return Ok(Value::Decimal(exact.round_dp_with_strategy(digits.unsigned_abs(), strategy)));
    }
    if x.abs() < 1e15
        && (-12..=12).contains(&digits)
        && let Some(exact) = number.as_decimal()
    {
        let scale = Decimal::from_i128_with_scale(10_i128.pow(digits.unsigned_abs()), 0);
        let scaled = if digits >= 0 { exact.checked_mul(scale) } else { exact.checked_div(scale) };
        if let Some(scaled) = scaled {
            let whole = match rounding {
                Rounding::Down => scaled.floor(),
                Rounding::Up => scaled.ceil(),
                Rounding::Toward => scaled.trunc(),
                Rounding::Away => scaled.round_dp_with_strategy(0, RoundingStrategy::AwayFromZero),
                Rounding::Half(mode) => match mode {
                    0 => (scaled + Decimal::new(5, 1)).floor(),
                    1 => (scaled - Decimal::new(5, 1)).ceil(),
                    2 => scaled.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero),
                    3 => scaled.round_dp_with_strategy(0, RoundingStrategy::MidpointTowardZero),
                    _ => scaled.round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven),
                },
            };
            let result = if digits >= 0 { whole.checked_div(scale) } else { whole.checked_mul(scale) };
            if let Some(result) = result {
                if matches!(number, Value::Decimal(_)) {
                    return Ok(Value::Decimal(result));
                }
                if let Some(x) = result.to_f64() {
                    return Ok(double_value(x));
                }
            }
        }
    }
    let scale = 10f64.powi(digits);
    let scaled = x * scale;
    if !scaled.is_finite() {
        return Ok(number.clone());
    }
    let whole = match rounding {
        Rounding::Down => scaled.floor(),
        Rounding::Up => scaled.ceil(),
        Rounding::Toward => scaled.trunc(),
        Rounding::Away => {
            if scaled < 0.0 {
                scaled.floor()
            } else {
                scaled.ceil()
            }
        }
        Rounding::Half(mode) => round_half(scaled, mode),
    };
    Ok(double_value(whole / scale))
}

fn round(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let mode = choice(&args[2], 4, 0..=4, "roundingMode")?;
    rounded(&args[0], &args[1], Rounding::Half(mode))
}

fn round_down(_: &mut Interp, args: &[Value]) -> Result<Value> {
    rounded(&args[0], &args[1], Rounding::Down)
}

fn round_up(_: &mut Interp, args: &[Value]) -> Result<Value> {
    rounded(&args[0], &args[1], Rounding::Up)
}

fn round_away(_: &mut Interp, args: &[Value]) -> Result<Value> {
    rounded(&args[0], &args[1], Rounding::Away)
}

fn round_toward(_: &mut Interp, args: &[Value]) -> Result<Value> {
    rounded(&args[0], &args[1], Rounding::Toward)
}
