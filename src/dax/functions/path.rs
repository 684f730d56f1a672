//! Items of parent-child paths.

use super::support::{arg, given, text, whole};
use super::{Body, Function, ParamKind, Returns, ScalarContext, param, scalar};
use crate::dax::error::EvalResult;
use crate::dax::scalar::{compare_text, convert};
use crate::table::{DataType, Value};

pub(super) const FUNCTIONS: &[Function] = &[PATHCONTAINS, PATHITEM, PATHITEMREVERSE, PATHLENGTH];

const PATHCONTAINS: Function = Function {
    name: "PATHCONTAINS",
    params: &[scalar("path"), scalar("item")],
    returns: Returns::Boolean,
    about: "Whether a path has an item.",
    source: "https://learn.microsoft.com/dax/pathcontains-function-dax",
    examples: &[("PATHCONTAINS ( \"1|3|7\", \"3\" )", "TRUE ()"), ("PATHCONTAINS ( \"11|3\", 1 )", "FALSE ()")],
    body: Body::Scalar(path_contains),
};

const PATHITEM: Function = Function {
    name: "PATHITEM",
    params: &[scalar("path"), scalar("position"), param("type", ParamKind::Keyword(&["TEXT", "INTEGER"])).opt()],
    returns: Returns::Variant,
    about: "The item of a path at a position from the left.",
    source: "https://learn.microsoft.com/dax/pathitem-function-dax",
    examples: &[
        ("PATHITEM ( \"1|3|7\", 2 )", "\"3\""),
        ("PATHITEM ( \"1|3|7\", 2, INTEGER )", "3"),
        ("PATHITEM ( \"1|3|7\", 4 )", "BLANK ()"),
    ],
    body: Body::Scalar(path_item),
};

const PATHITEMREVERSE: Function = Function {
    name: "PATHITEMREVERSE",
    params: &[scalar("path"), scalar("position"), param("type", ParamKind::Keyword(&["TEXT", "INTEGER"])).opt()],
    returns: Returns::Variant,
    about: "The item of a path at a position from the right.",
    source: "https://learn.microsoft.com/dax/pathitemreverse-function-dax",
    examples: &[("PATHITEMREVERSE ( \"1|3|7\", 1 )", "\"7\"")],
    body: Body::Scalar(path_item_reverse),
};

const PATHLENGTH: Function = Function {
    name: "PATHLENGTH",
    params: &[scalar("path")],
    returns: Returns::Int64,
    about: "Number of items of a path.",
    source: "https://learn.microsoft.com/dax/pathlength-function-dax",
    examples: &[("PATHLENGTH ( \"1|3|7\" )", "3")],
    body: Body::Scalar(path_length),
};

fn path_contains(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (path, item) = (text(cx, args, 0), text(cx, args, 1));
    Ok(Value::Boolean(!path.is_empty() && path.split('|').any(|found| compare_text(found, &item).is_eq())))
}

fn path_length(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let path = text(cx, args, 0);
    if !given(args, 0) {
        return Ok(Value::Blank);
    }
    Ok(Value::Int64(if path.is_empty() { 0 } else { path.split('|').count() as i64 }))
}

fn item(cx: &ScalarContext, args: &[Value], reverse: bool) -> EvalResult<Value> {
    let (path, position) = (text(cx, args, 0), whole(cx, args, 1)?);
    let integer = match arg(args, 2) {
        Value::Blank => false,
        Value::String(word) => word.eq_ignore_ascii_case("INTEGER"),
        _ => whole(cx, args, 2)? == 1,
    };
    if position < 1 || path.is_empty() {
        return Ok(Value::Blank);
    }
    let index = position as usize - 1;
    let found = if reverse { path.rsplit('|').nth(index) } else { path.split('|').nth(index) };
    match found {
        None => Ok(Value::Blank),
        Some(item) if integer => convert(cx, &Value::text(item), DataType::Int64),
        Some(item) => Ok(Value::text(item)),
    }
}

fn path_item(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    item(cx, args, false)
}

fn path_item_reverse(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    item(cx, args, true)
}
