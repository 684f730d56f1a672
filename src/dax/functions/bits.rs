//! Bitwise operations on whole numbers.

use super::support::whole;
use super::{Body, Function, Returns, ScalarContext, scalar};
use crate::dax::error::EvalResult;
use crate::table::Value;

pub(super) const FUNCTIONS: &[Function] = &[BITAND, BITLSHIFT, BITOR, BITRSHIFT, BITXOR];

const BITAND: Function = Function {
    name: "BITAND",
    params: &[scalar("number1"), scalar("number2")],
    returns: Returns::Int64,
    about: "Bits set in both numbers.",
    source: "https://learn.microsoft.com/dax/bitand-function-dax",
    examples: &[("BITAND ( 13, 11 )", "9")],
    body: Body::Scalar(bitand),
};

const BITLSHIFT: Function = Function {
    name: "BITLSHIFT",
    params: &[scalar("number"), scalar("shift_amount")],
    returns: Returns::Int64,
    about: "Bits moved to the left; a negative amount moves right.",
    source: "https://learn.microsoft.com/dax/bitlshift-function-dax",
    examples: &[("BITLSHIFT ( 2, 3 )", "16"), ("BITLSHIFT ( 128, -1 )", "64")],
    body: Body::Scalar(bitlshift),
};

const BITOR: Function = Function {
    name: "BITOR",
    params: &[scalar("number1"), scalar("number2")],
    returns: Returns::Int64,
    about: "Bits set in either number.",
    source: "https://learn.microsoft.com/dax/bitor-function-dax",
    examples: &[("BITOR ( 9, 10 )", "11")],
    body: Body::Scalar(bitor),
};

const BITRSHIFT: Function = Function {
    name: "BITRSHIFT",
    params: &[scalar("number"), scalar("shift_amount")],
    returns: Returns::Int64,
    about: "Bits moved to the right; a negative amount moves left.",
    source: "https://learn.microsoft.com/dax/bitrshift-function-dax",
    examples: &[("BITRSHIFT ( 13, 2 )", "3")],
    body: Body::Scalar(bitrshift),
};

const BITXOR: Function = Function {
    name: "BITXOR",
    params: &[scalar("number1"), scalar("number2")],
    returns: Returns::Int64,
    about: "Bits set in exactly one number.",
    source: "https://learn.microsoft.com/dax/bitxor-function-dax",
    examples: &[("BITXOR ( 10, 9 )", "3")],
    body: Body::Scalar(bitxor),
};

fn pair(cx: &ScalarContext, args: &[Value]) -> EvalResult<(i64, i64)> {
    Ok((whole(cx, args, 0)?, whole(cx, args, 1)?))
}

fn bitand(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    pair(cx, args).map(|(a, b)| Value::Int64(a & b))
}

fn bitor(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    pair(cx, args).map(|(a, b)| Value::Int64(a | b))
}

fn bitxor(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    pair(cx, args).map(|(a, b)| Value::Int64(a ^ b))
}

/// A positive amount moves left. Bits that leave are lost; to the right the sign is kept.
fn shift(number: i64, amount: i64) -> Value {
    Value::Int64(match amount {
        64.. => 0,
        0..=63 => number << amount,
        -63..=-1 => number >> -amount,
        _ => number >> 63,
    })
}

fn bitlshift(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    pair(cx, args).map(|(number, amount)| shift(number, amount))
}

fn bitrshift(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    pair(cx, args).map(|(number, amount)| shift(number, amount.saturating_neg()))
}
