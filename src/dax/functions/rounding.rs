//! Rounding, on the 15 significant decimal digits of a number.

use super::support::{arg, double, given, invalid, too_large, whole};
use super::{Body, Function, Returns, ScalarContext, optional, scalar};
use crate::base::Currency;
use crate::dax::error::EvalResult;
use crate::dax::scalar::{Decimal15, Rounding, convert, round_to, to_double, to_number};
use crate::table::{DataType, Value};

pub(super) const FUNCTIONS: &[Function] = &[CEILING, EVEN, FLOOR, INT, ISO_CEILING, MROUND, ODD, ROUND, ROUNDDOWN, ROUNDUP, TRUNC];

const CEILING: Function = Function {
    name: "CEILING",
    params: &[scalar("number"), scalar("significance")],
    returns: Returns::SameAsFirst,
    about: "Rounds up to a multiple.",
    source: "https://learn.microsoft.com/dax/ceiling-function-dax",
    examples: &[("CEILING ( 4.42, 0.05 )", "4.45"), ("CEILING ( -4.42, 0.05 )", "-4.4")],
    body: Body::Scalar(ceiling),
};

const EVEN: Function = Function {
    name: "EVEN",
    params: &[scalar("number")],
    returns: Returns::Int64,
    about: "Rounds away from zero to an even whole number.",
    source: "https://learn.microsoft.com/dax/even-function-dax",
    examples: &[("EVEN ( 1.5 )", "2"), ("EVEN ( -1 )", "-2")],
    body: Body::Scalar(even),
};

const FLOOR: Function = Function {
    name: "FLOOR",
    params: &[scalar("number"), scalar("significance")],
    returns: Returns::SameAsFirst,
    about: "Rounds down to a multiple.",
    source: "https://learn.microsoft.com/dax/floor-function-dax",
    examples: &[("FLOOR ( 0.234, 0.01 )", "0.23"), ("FLOOR ( 5, 2 )", "4")],
    body: Body::Scalar(floor),
};

const INT: Function = Function {
    name: "INT",
    params: &[scalar("number")],
    returns: Returns::Int64,
    about: "Rounds down to a whole number.",
    source: "https://learn.microsoft.com/dax/int-function-dax",
    examples: &[("INT ( 1.5 )", "1"), ("INT ( -1.5 )", "-2")],
    body: Body::Scalar(int),
};

const ISO_CEILING: Function = Function {
    name: "ISO.CEILING",
    params: &[scalar("number"), optional("significance")],
    returns: Returns::SameAsFirst,
    about: "Rounds up to a multiple, whatever the sign of the significance.",
    source: "https://learn.microsoft.com/dax/iso-ceiling-function-dax",
    examples: &[("ISO.CEILING ( 4.42, 0.05 )", "4.45"), ("ISO.CEILING ( 4.3 )", "5.0")],
    body: Body::Scalar(iso_ceiling),
};

const MROUND: Function = Function {
    name: "MROUND",
    params: &[scalar("number"), scalar("multiple")],
    returns: Returns::SameAsFirst,
    about: "Rounds to the nearest multiple, half away from zero.",
    source: "https://learn.microsoft.com/dax/mround-function-dax",
    examples: &[("MROUND ( 1.3, 0.2 )", "1.4"), ("MROUND ( 10, 3 )", "9")],
    body: Body::Scalar(mround),
};

const ODD: Function = Function {
    name: "ODD",
    params: &[scalar("number")],
    returns: Returns::Int64,
    about: "Rounds away from zero to an odd whole number.",
    source: "https://learn.microsoft.com/dax/odd-function-dax",
    examples: &[("ODD ( 1.5 )", "3"), ("ODD ( -2 )", "-3")],
    body: Body::Scalar(odd),
};

const ROUND: Function = Function {
    name: "ROUND",
    params: &[scalar("number"), scalar("num_digits")],
    returns: Returns::SameAsFirst,
    about: "Rounds to so many decimals, half away from zero.",
    source: "https://learn.microsoft.com/dax/round-function-dax",
    examples: &[("ROUND ( 2.15, 1 )", "2.2"), ("ROUND ( 1.005, 2 )", "1.01"), ("ROUND ( 15, -1 )", "20")],
    body: Body::Scalar(round),
};

const ROUNDDOWN: Function = Function {
    name: "ROUNDDOWN",
    params: &[scalar("number"), scalar("num_digits")],
    returns: Returns::SameAsFirst,
    about: "Rounds to so many decimals towards zero.",
    source: "https://learn.microsoft.com/dax/rounddown-function-dax",
    examples: &[("ROUNDDOWN ( -3.14159, 1 )", "-3.1")],
    body: Body::Scalar(rounddown),
};

const ROUNDUP: Function = Function {
    name: "ROUNDUP",
    params: &[scalar("number"), scalar("num_digits")],
    returns: Returns::SameAsFirst,
    about: "Rounds to so many decimals away from zero.",
    source: "https://learn.microsoft.com/dax/roundup-function-dax",
    examples: &[("ROUNDUP ( -3.14159, 1 )", "-3.2")],
    body: Body::Scalar(roundup),
};

const TRUNC: Function = Function {
    name: "TRUNC",
    params: &[scalar("number"), optional("num_digits")],
    returns: Returns::SameAsFirst,
    about: "Cuts decimals off.",
    source: "https://learn.microsoft.com/dax/trunc-function-dax",
    examples: &[("TRUNC ( -8.9 )", "-8.0"), ("TRUNC ( 0.29, 2 )", "0.29")],
    body: Body::Scalar(trunc),
};

/// 2^63.
const TWO_63: f64 = 9_223_372_036_854_775_808.0;

/// Rounds to decimals and keeps the type of the number.
fn to_places(cx: &ScalarContext, args: &[Value], rounding: Rounding) -> EvalResult<Value> {
    let places = whole(cx, args, 1)?.clamp(-400, 400) as i32;
    let exact = |n: i64, scale: i32| -> i64 {
        let decimal = Decimal15 { negative: n < 0, digits: n.unsigned_abs(), exponent: scale };
        let rounded = decimal.round(places, rounding);
        let power = 10_i128.checked_pow((rounded.exponent - scale).clamp(0, 30) as u32).unwrap_or(0);
        let magnitude = i128::from(rounded.digits) * power;
        (if rounded.negative { -magnitude } else { magnitude }) as i64
    };
    Ok(match to_number(cx, arg(args, 0))? {
        Value::Int64(n) => Value::Int64(exact(n, 0)),
        Value::Currency(c) => Value::Currency(Currency(exact(c.0, -4))),
        Value::Double(x) | Value::DateTime(x) => Value::Double(round_to(x, places, rounding)),
        _ => Value::Blank,
    })
}

fn round(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    to_places(cx, args, Rounding::HalfAway)
}

fn rounddown(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    to_places(cx, args, Rounding::Zero)
}

fn roundup(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    to_places(cx, args, Rounding::Away)
}

fn trunc(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    to_places(cx, args, Rounding::Zero)
}

fn int(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    Ok(match to_number(cx, arg(args, 0))? {
        Value::Int64(n) => Value::Int64(n),
        Value::Currency(c) => Value::Int64(c.0.div_euclid(Currency::SCALE)),
        Value::Double(x) | Value::DateTime(x) => {
            let floor = x.floor();
            // 2^63 itself does not fit.
            if !(-TWO_63..TWO_63).contains(&floor) {
                return Err(too_large("INT"));
            }
            Value::Int64(floor as i64)
        }
        _ => Value::Blank,
    })
}

fn parity(cx: &ScalarContext, args: &[Value], odd: bool) -> EvalResult<Value> {
    let Some(x) = to_double(cx, arg(args, 0))? else {
        return Ok(if odd { Value::Int64(1) } else { Value::Blank });
    };
    let up = round_to(x.abs(), 0, Rounding::Ceiling);
    if up >= 9e18 {
        return Err(too_large(if odd { "ODD" } else { "EVEN" }));
    }
    let mut n = up as i64;
    if (n % 2 == 1) != odd {
        n += 1;
    }
    Ok(Value::Int64(if x < 0.0 { -n } else { n }))
}

fn even(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    parity(cx, args, false)
}

fn odd(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    parity(cx, args, true)
}

/// The multiple of `significance` near `x` that `pick` chooses from quotient and remainder (`x = quotient × significance + rest`,
/// `0 ≤ rest < |significance|`), computed on decimal digits.
fn multiple(x: f64, significance: f64, pick: impl Fn(i128, i128, i128) -> i128) -> f64 {
    let (Some(a), Some(b)) = (Decimal15::new(x), Decimal15::new(significance)) else { return x };
    let exponent = a.exponent.min(b.exponent);
    let scaled = |d: Decimal15| {
        let shift = u32::try_from(d.exponent - exponent).ok().filter(|shift| *shift <= 20)?;
        let magnitude = i128::from(d.digits) * 10_i128.pow(shift);
        Some(if d.negative { -magnitude } else { magnitude })
    };
    match (scaled(a), scaled(b)) {
        (Some(n), Some(unit)) if unit != 0 => {
            let result = pick(n.div_euclid(unit), n.rem_euclid(unit), unit) * unit;
            format!("{result}e{exponent}").parse().unwrap_or(x)
        }
        // So far apart that the smaller one has no say.
        _ if x.abs() > significance.abs() => x,
        _ => {
            let quotient = (x / significance).floor();
            let rest = if quotient * significance == x { 0 } else { 1 };
            pick(quotient as i128, rest, i128::MAX) as f64 * significance
        }
    }
}

/// Gives a multiple the type that the arguments call for: whole numbers when both are, Currency when the number is one.
fn typed(cx: &ScalarContext, args: &[Value], x: f64) -> EvalResult<Value> {
    Ok(match (to_number(cx, arg(args, 0))?, to_number(cx, arg(args, 1))?) {
        (Value::Int64(_), Value::Int64(_) | Value::Blank) => Value::Int64(x as i64),
        (Value::Currency(_), _) | (Value::Int64(_), Value::Currency(_)) => convert(cx, &Value::Double(x), DataType::Currency)?,
        _ => Value::Double(x),
    })
}

fn ceiling(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (x, significance) = (double(cx, args, 0)?, double(cx, args, 1)?);
    if !given(args, 0) {
        return Ok(Value::Blank);
    }
    if significance == 0.0 || x == 0.0 {
        return typed(cx, args, 0.0);
    }
    if x > 0.0 && significance < 0.0 {
        return Err(invalid("CEILING"));
    }
    // With both below zero the multiple lies further from zero.
    let up = |quotient: i128, rest: i128, _: i128| quotient + i128::from(rest != 0);
    let result = if significance < 0.0 { -multiple(-x, -significance, up) } else { multiple(x, significance, up) };
    typed(cx, args, result)
}

fn iso_ceiling(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let x = double(cx, args, 0)?;
    if !given(args, 0) {
        return Ok(Value::Blank);
    }
    let significance = if args.len() > 1 { double(cx, args, 1)?.abs() } else { 1.0 };
    if significance == 0.0 {
        return typed(cx, args, 0.0);
    }
    typed(cx, args, multiple(x, significance, |quotient, rest, _| quotient + i128::from(rest != 0)))
}

fn floor(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (x, significance) = (double(cx, args, 0)?, double(cx, args, 1)?);
    if !given(args, 0) {
        return Ok(Value::Blank);
    }
    if x == 0.0 {
        return typed(cx, args, 0.0);
    }
    if significance == 0.0 || x > 0.0 && significance < 0.0 {
        return Err(invalid("FLOOR"));
    }
    let down = |quotient: i128, _: i128, _: i128| quotient;
    let result = if significance < 0.0 { -multiple(-x, -significance, down) } else { multiple(x, significance, down) };
    typed(cx, args, result)
}

fn mround(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (x, unit) = (double(cx, args, 0)?, double(cx, args, 1)?);
    if !given(args, 0) {
        return Ok(Value::Blank);
    }
    if unit == 0.0 || x == 0.0 {
        return typed(cx, args, 0.0);
    }
    if (x < 0.0) != (unit < 0.0) {
        return Err(invalid("MROUND"));
    }
    let near = |quotient: i128, rest: i128, unit: i128| quotient + i128::from(rest >= unit - rest);
    let magnitude = multiple(x.abs(), unit.abs(), near);
    typed(cx, args, if x < 0.0 { -magnitude } else { magnitude })
}
