//! Arithmetic and elementary functions.

use super::support::{arg, double, double_or, finite, given, invalid, too_large, truncated};
use super::{Body, Function, Returns, ScalarContext, optional, scalar};
use crate::base::Currency;
use crate::dax::error::EvalResult;
use crate::dax::scalar::{Rounding, convert, div, pow, round_to, to_double, to_number};
use crate::table::{DataType, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    ABS,
    COMBIN,
    COMBINA,
    DIVIDE,
    EXP,
    FACT,
    GCD,
    LCM,
    LN,
    LOG,
    LOG10,
    MOD,
    PERMUT,
    PI,
    POWER,
    QUOTIENT,
    RAND,
    RANDBETWEEN,
    SIGN,
    SQRT,
    SQRTPI,
];

const ABS: Function = Function {
    name: "ABS",
    params: &[scalar("number")],
    returns: Returns::SameAsFirst,
    about: "Absolute value; keeps whole numbers and fixed decimals.",
    source: "https://learn.microsoft.com/dax/abs-function-dax",
    examples: &[("ABS ( -5 )", "5"), ("ABS ( BLANK () )", "BLANK ()")],
    body: Body::Scalar(abs),
};

const COMBIN: Function = Function {
    name: "COMBIN",
    params: &[scalar("number"), scalar("number_chosen")],
    returns: Returns::Double,
    about: "Combinations of so many items out of a number.",
    source: "https://learn.microsoft.com/dax/combin-function-dax",
    examples: &[("COMBIN ( 8, 2 )", "28.0")],
    body: Body::Scalar(combin),
};

const COMBINA: Function = Function {
    name: "COMBINA",
    params: &[scalar("number"), scalar("number_chosen")],
    returns: Returns::Double,
    about: "Combinations with repetition.",
    source: "https://learn.microsoft.com/dax/combina-function-dax",
    examples: &[("COMBINA ( 4, 3 )", "20.0")],
    body: Body::Scalar(combina),
};

const DIVIDE: Function = Function {
    name: "DIVIDE",
    params: &[scalar("numerator"), scalar("denominator"), optional("alternate_result")],
    returns: Returns::Number,
    about: "Divides; gives the alternate (default blank) when the denominator is zero or blank.",
    source: "https://learn.microsoft.com/dax/divide-function-dax",
    examples: &[("DIVIDE ( 5, 2 )", "2.5"), ("DIVIDE ( 5, 0 )", "BLANK ()"), ("DIVIDE ( 5, 0, 1 )", "1.0")],
    body: Body::Scalar(divide),
};

const EXP: Function = Function {
    name: "EXP",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "e to a power.",
    source: "https://learn.microsoft.com/dax/exp-function-dax",
    examples: &[("EXP ( 0 )", "1.0")],
    body: Body::Scalar(exp),
};

const FACT: Function = Function {
    name: "FACT",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Factorial of a number cut to a whole one.",
    source: "https://learn.microsoft.com/dax/fact-function-dax",
    examples: &[("FACT ( 5 )", "120.0")],
    body: Body::Scalar(fact),
};

const GCD: Function = Function {
    name: "GCD",
    params: &[scalar("number1"), scalar("number2")],
    returns: Returns::Int64,
    about: "Greatest common divisor of whole numbers.",
    source: "https://learn.microsoft.com/dax/gcd-function-dax",
    examples: &[("GCD ( 24, 36 )", "12")],
    body: Body::Scalar(gcd),
};

const LCM: Function = Function {
    name: "LCM",
    params: &[scalar("number1"), scalar("number2")],
    returns: Returns::Int64,
    about: "Least common multiple of whole numbers.",
    source: "https://learn.microsoft.com/dax/lcm-function-dax",
    examples: &[("LCM ( 24, 36 )", "72")],
    body: Body::Scalar(lcm),
};

const LN: Function = Function {
    name: "LN",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Natural logarithm of a positive number.",
    source: "https://learn.microsoft.com/dax/ln-function-dax",
    examples: &[("LN ( EXP ( 2 ) )", "2.0")],
    body: Body::Scalar(ln),
};

const LOG: Function = Function {
    name: "LOG",
    params: &[scalar("number"), optional("base")],
    returns: Returns::Double,
    about: "Logarithm to a base, 10 by default.",
    source: "https://learn.microsoft.com/dax/log-function-dax",
    examples: &[("LOG ( 100, 10 )", "2.0"), ("LOG ( 8, 2 )", "3.0")],
    body: Body::Scalar(log),
};

const LOG10: Function = Function {
    name: "LOG10",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Logarithm to base 10.",
    source: "https://learn.microsoft.com/dax/log10-function-dax",
    examples: &[("LOG10 ( 1000 )", "3.0")],
    body: Body::Scalar(log10),
};

const MOD: Function = Function {
    name: "MOD",
    params: &[scalar("number"), scalar("divisor")],
    returns: Returns::Number,
    about: "Remainder with the sign of the divisor.",
    source: "https://learn.microsoft.com/dax/mod-function-dax",
    examples: &[("MOD ( 3, 2 )", "1"), ("MOD ( -3, 2 )", "1"), ("MOD ( -3, -2 )", "-1")],
    body: Body::Scalar(modulo),
};

const PERMUT: Function = Function {
    name: "PERMUT",
    params: &[scalar("number"), scalar("number_chosen")],
    returns: Returns::Double,
    about: "Arrangements of so many items out of a number.",
    source: "https://learn.microsoft.com/dax/permut-function-dax",
    examples: &[("PERMUT ( 3, 2 )", "6.0")],
    body: Body::Scalar(permut),
};

const PI: Function = Function {
    name: "PI",
    params: &[],
    returns: Returns::Double,
    about: "The circle constant.",
    source: "https://learn.microsoft.com/dax/pi-function-dax",
    examples: &[("PI ()", "3.14159265358979")],
    body: Body::Scalar(pi),
};

const POWER: Function = Function {
    name: "POWER",
    params: &[scalar("number"), scalar("power")],
    returns: Returns::Double,
    about: "A number to a power.",
    source: "https://learn.microsoft.com/dax/power-function-dax",
    examples: &[("POWER ( 5, 2 )", "25.0")],
    body: Body::Scalar(power),
};

const QUOTIENT: Function = Function {
    name: "QUOTIENT",
    params: &[scalar("numerator"), scalar("denominator")],
    returns: Returns::Int64,
    about: "Whole part of a quotient.",
    source: "https://learn.microsoft.com/dax/quotient-function-dax",
    examples: &[("QUOTIENT ( 5, 2 )", "2"), ("QUOTIENT ( -5, 2 )", "-2")],
    body: Body::Scalar(quotient),
};

const RAND: Function = Function {
    name: "RAND",
    params: &[],
    returns: Returns::Double,
    about: "A random number from 0 (included) to 1 (excluded).",
    source: "https://learn.microsoft.com/dax/rand-function-dax",
    examples: &[("RAND () < 1", "TRUE ()")],
    body: Body::Scalar(rand),
};

const RANDBETWEEN: Function = Function {
    name: "RANDBETWEEN",
    params: &[scalar("bottom"), scalar("top")],
    returns: Returns::Int64,
    about: "A random whole number between two numbers, both included.",
    source: "https://learn.microsoft.com/dax/randbetween-function-dax",
    examples: &[("RANDBETWEEN ( 4, 4 )", "4")],
    body: Body::Scalar(randbetween),
};

const SIGN: Function = Function {
    name: "SIGN",
    params: &[scalar("number")],
    returns: Returns::Int64,
    about: "1, 0 or -1 by the sign of a number.",
    source: "https://learn.microsoft.com/dax/sign-function-dax",
    examples: &[("SIGN ( -2.5 )", "-1")],
    body: Body::Scalar(sign),
};

const SQRT: Function = Function {
    name: "SQRT",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Square root of a number that is not negative.",
    source: "https://learn.microsoft.com/dax/sqrt-function-dax",
    examples: &[("SQRT ( 25 )", "5.0")],
    body: Body::Scalar(sqrt),
};

const SQRTPI: Function = Function {
    name: "SQRTPI",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Square root of a number times pi.",
    source: "https://learn.microsoft.com/dax/sqrtpi-function-dax",
    examples: &[("SQRTPI ( 1 )", "SQRT ( PI () )")],
    body: Body::Scalar(sqrtpi),
};

fn abs(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    Ok(match to_number(cx, arg(args, 0))? {
        Value::Int64(n) => Value::Int64(n.wrapping_abs()),
        Value::Currency(c) => Value::Currency(Currency(c.0.wrapping_abs())),
        Value::Double(x) | Value::DateTime(x) => Value::Double(x.abs()),
        _ => Value::Blank,
    })
}

/// A function of one double. BLANK stays BLANK where the function of zero is zero, otherwise it counts as zero.
fn of_double(name: &str, cx: &ScalarContext, args: &[Value], f: impl Fn(f64) -> f64) -> EvalResult<Value> {
    match to_double(cx, arg(args, 0))? {
        None if f(0.0) == 0.0 => Ok(Value::Blank),
        x => finite(name, f(x.unwrap_or(0.0))),
    }
}

fn exp(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("EXP", cx, args, f64::exp)
}

fn ln(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("LN", cx, args, f64::ln)
}

fn log10(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("LOG10", cx, args, f64::log10)
}

fn log(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (x, base) = (double(cx, args, 0)?, double_or(cx, args, 1, 10.0)?);
    if x <= 0.0 || base <= 0.0 || base == 1.0 {
        return Err(too_large("LOG"));
    }
    // The functions of a fixed base are exact where a quotient of logarithms is not.
    finite(
        "LOG",
        if base == 10.0 {
            x.log10()
        } else if base == 2.0 {
            x.log2()
        } else {
            x.ln() / base.ln()
        },
    )
}

fn sqrt(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("SQRT", cx, args, f64::sqrt)
}

fn sqrtpi(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("SQRTPI", cx, args, |x| (x * std::f64::consts::PI).sqrt())
}

fn pi(_: &ScalarContext, _: &[Value]) -> EvalResult<Value> {
    Ok(Value::Double(std::f64::consts::PI))
}

fn power(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    pow(cx, arg(args, 0), arg(args, 1))
}

fn sign(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    Ok(match to_double(cx, arg(args, 0))? {
        None => Value::Blank,
        Some(x) => Value::Int64(i64::from(x > 0.0) - i64::from(x < 0.0)),
    })
}

fn divide(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (numerator, denominator) = (to_number(cx, arg(args, 0))?, to_number(cx, arg(args, 1))?);
    if to_double(cx, &denominator)?.unwrap_or(0.0) != 0.0 {
        return div(cx, &numerator, &denominator);
    }
    // A numeric alternate takes the type of the quotient.
    Ok(match arg(args, 2) {
        alternate @ Value::Int64(_) if matches!(numerator, Value::Currency(_)) => convert(cx, alternate, DataType::Currency)?,
        Value::Currency(c) if matches!(numerator, Value::Currency(_)) => Value::Currency(*c),
        alternate @ (Value::Int64(_) | Value::Currency(_)) => convert(cx, alternate, DataType::Double)?,
        other => other.clone(),
    })
}

fn modulo(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (n, d) = (to_number(cx, arg(args, 0))?, to_number(cx, arg(args, 1))?);
    let divisor = to_double(cx, &d)?.unwrap_or(0.0);
    if divisor == 0.0 {
        return Err(invalid("MOD"));
    }
    let floored = |n: i128, d: i128| n - d * (n.div_euclid(d) - i128::from(d < 0 && n.rem_euclid(d) != 0));
    let units = |value: &Value| match value {
        Value::Int64(n) => i128::from(*n) * i128::from(Currency::SCALE),
        Value::Currency(c) => i128::from(c.0),
        _ => 0,
    };
    Ok(match (&n, &d) {
        (Value::Blank, _) => Value::Blank,
        (Value::Int64(n), Value::Int64(d)) => Value::Int64(floored(i128::from(*n), i128::from(*d)) as i64),
        (Value::Int64(_) | Value::Currency(_), Value::Int64(_) | Value::Currency(_)) => {
            Value::Currency(Currency(floored(units(&n), units(&d)) as i64))
        }
        _ => {
            let n = to_double(cx, &n)?.unwrap_or(0.0);
            // On 15 digits, so that 5.5 mod 0.5 is 0 and not almost 0.5.
            let times = round_to(n / divisor, 0, Rounding::Floor);
            Value::Double(n - divisor * times)
        }
    })
}

fn quotient(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (n, d) = (double(cx, args, 0)?, double(cx, args, 1)?);
    if d == 0.0 {
        return Err(invalid("QUOTIENT"));
    }
    if !given(args, 0) {
        return Ok(Value::Blank);
    }
    Ok(Value::Int64(round_to(n / d, 0, Rounding::Zero) as i64))
}

fn fact(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let n = truncated(cx, args, 0)?;
    if !(0.0..=170.0).contains(&n) {
        return Err(too_large("FACT"));
    }
    Ok(Value::Double((1..=n as u32).map(f64::from).product()))
}

/// Two whole numbers that are not negative, the fraction cut off.
fn pair(name: &str, cx: &ScalarContext, args: &[Value]) -> EvalResult<(u64, u64)> {
    let (a, b) = (truncated(cx, args, 0)?, truncated(cx, args, 1)?);
    if a < 0.0 || b < 0.0 || a > 9.007_199_254_740_992e15 || b > 9.007_199_254_740_992e15 {
        return Err(invalid(name));
    }
    Ok((a as u64, b as u64))
}

fn greatest(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn gcd(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (a, b) = pair("GCD", cx, args)?;
    Ok(Value::Int64(greatest(a, b) as i64))
}

fn lcm(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (a, b) = pair("LCM", cx, args)?;
    if a == 0 || b == 0 {
        return Ok(Value::Int64(0));
    }
    let multiple = u128::from(a / greatest(a, b)) * u128::from(b);
    i64::try_from(multiple).map(Value::Int64).map_err(|_| too_large("LCM"))
}

/// n over k; a falling product so that no factorial overflows on the way.
fn choose(name: &str, n: u64, k: u64) -> EvalResult<Value> {
    let k = k.min(n - k);
    let mut result = 1.0_f64;
    for i in 1..=k {
        result = result * (n - k + i) as f64 / i as f64;
        if result.is_infinite() {
            return Err(too_large(name));
        }
    }
    Ok(Value::Double(if result < 9e15 { result.round() } else { result }))
}

fn combin(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (n, k) = pair("COMBIN", cx, args)?;
    if k > n { Err(invalid("COMBIN")) } else { choose("COMBIN", n, k) }
}

fn combina(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (n, k) = pair("COMBINA", cx, args)?;
    if n == 0 {
        return if k == 0 { Ok(Value::Double(1.0)) } else { Err(invalid("COMBINA")) };
    }
    choose("COMBINA", n + k - 1, k)
}

fn permut(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (n, k) = pair("PERMUT", cx, args)?;
    if k > n {
        return Err(invalid("PERMUT"));
    }
    let mut result = 1.0_f64;
    for i in 0..k {
        result *= (n - i) as f64;
        if result.is_infinite() {
            return Err(too_large("PERMUT"));
        }
    }
    Ok(Value::Double(result))
}

/// The next number of a splitmix64 sequence, from 0 to 1 (excluded). The seed comes from outside, so that a query can be repeated.
fn random(cx: &ScalarContext) -> f64 {
    let state = cx.seed.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
    cx.seed.set(state);
    let mut z = state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn rand(cx: &ScalarContext, _: &[Value]) -> EvalResult<Value> {
    Ok(Value::Double(random(cx)))
}

fn randbetween(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (low, high) = (double(cx, args, 0)?.ceil(), double(cx, args, 1)?.floor());
    if low > high {
        return Err(invalid("RANDBETWEEN"));
    }
    Ok(Value::Int64((low + (random(cx) * (high - low + 1.0)).floor()) as i64))
}
