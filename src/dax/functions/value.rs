//! Constants, conversions and questions about single values.

use super::support::{arg, flag, invalid, text, truncated};
use super::{Body, Function, ParamKind, Returns, ScalarContext, param, scalar};
use crate::dax::error::EvalResult;
use crate::dax::scalar::convert;
use crate::table::{DataType, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    BLANK,
    CONVERT,
    CURRENCY,
    CUSTOMDATA,
    FALSE,
    ISBLANK,
    ISBOOLEAN,
    ISCURRENCY,
    ISDATETIME,
    ISDECIMAL,
    ISDOUBLE,
    ISEVEN,
    ISINT64,
    ISINTEGER,
    ISLOGICAL,
    ISNONTEXT,
    ISNUMBER,
    ISNUMERIC,
    ISODD,
    ISSTRING,
    ISTEXT,
    NOT,
    TRUE,
    USERCULTURE,
    USERNAME,
    USEROBJECTID,
    USERPRINCIPALNAME,
];

const BLANK: Function = Function {
    name: "BLANK",
    params: &[],
    returns: Returns::Variant,
    about: "No value.",
    source: "https://learn.microsoft.com/dax/blank-function-dax",
    examples: &[("ISBLANK ( BLANK () )", "TRUE ()")],
    body: Body::Scalar(blank),
};

const CONVERT: Function = Function {
    name: "CONVERT",
    params: &[
        scalar("expression"),
        param("datatype", ParamKind::Keyword(&["INTEGER", "INT64", "DOUBLE", "STRING", "BOOLEAN", "CURRENCY", "DECIMAL", "DATETIME"])),
    ],
    returns: Returns::Variant,
    about: "Converts to INTEGER, DOUBLE, STRING, BOOLEAN, CURRENCY or DATETIME.",
    source: "https://learn.microsoft.com/dax/convert-function-dax",
    examples: &[("CONVERT ( 2.5, INTEGER )", "3"), ("CONVERT ( 5, STRING )", "\"5\"")],
    body: Body::Scalar(convert_to),
};

const CURRENCY: Function = Function {
    name: "CURRENCY",
    params: &[scalar("value")],
    returns: Returns::Currency,
    about: "Converts to a fixed decimal.",
    source: "https://learn.microsoft.com/dax/currency-function-dax",
    examples: &[("CURRENCY ( 1234.56 )", "CURRENCY ( \"1234.56\" )")],
    body: Body::Scalar(currency),
};

const CUSTOMDATA: Function = Function {
    name: "CUSTOMDATA",
    params: &[],
    returns: Returns::String,
    about: "The custom data of the connection, which there is none of here.",
    source: "https://learn.microsoft.com/dax/customdata-function-dax",
    examples: &[("ISBLANK ( CUSTOMDATA () )", "TRUE ()")],
    body: Body::Scalar(custom_data),
};

const FALSE: Function = Function {
    name: "FALSE",
    params: &[],
    returns: Returns::Boolean,
    about: "The truth value FALSE.",
    source: "https://learn.microsoft.com/dax/false-function-dax",
    examples: &[("FALSE ()", "FALSE ()")],
    body: Body::Scalar(false_),
};

const ISBLANK: Function = Function {
    name: "ISBLANK",
    params: &[scalar("value")],
    returns: Returns::Boolean,
    about: "Whether a value is BLANK; an empty text is not.",
    source: "https://learn.microsoft.com/dax/isblank-function-dax",
    examples: &[("ISBLANK ( BLANK () )", "TRUE ()"), ("ISBLANK ( \"\" )", "FALSE ()")],
    body: Body::Scalar(is_blank),
};

const ISBOOLEAN: Function = Function {
    name: "ISBOOLEAN",
    params: &[scalar("value")],
    returns: Returns::Boolean,
    about: "Whether a value is a boolean.",
    source: "https://learn.microsoft.com/dax/isboolean-function-dax",
    examples: &[("ISBOOLEAN ( TRUE () )", "TRUE ()")],
    body: Body::Scalar(is_boolean),
};

const ISCURRENCY: Function = Function {
    name: "ISCURRENCY",
    params: &[scalar("value")],
    returns: Returns::Boolean,
    about: "Whether a value is a fixed decimal.",
    source: "https://learn.microsoft.com/dax/iscurrency-function-dax",
    examples: &[("ISCURRENCY ( CURRENCY ( 1.5 ) )", "TRUE ()")],
    body: Body::Scalar(is_currency),
};

const ISDATETIME: Function = Function {
    name: "ISDATETIME",
    params: &[scalar("value")],
    returns: Returns::Boolean,
    about: "Whether a value is a date.",
    source: "https://learn.microsoft.com/dax/isdatetime-function-dax",
    examples: &[("ISDATETIME ( DATE ( 2024, 1, 1 ) )", "TRUE ()")],
    body: Body::Scalar(is_date_time),
};

const ISDECIMAL: Function = Function {
    name: "ISDECIMAL",
    params: &[scalar("value")],
    returns: Returns::Boolean,
    about: "Whether a value is a fixed decimal.",
    source: "https://learn.microsoft.com/dax/isdecimal-function-dax",
    examples: &[("ISDECIMAL ( CURRENCY ( 1.5 ) )", "TRUE ()")],
    body: Body::Scalar(is_currency),
};

const ISDOUBLE: Function = Function {
    name: "ISDOUBLE",
    params: &[scalar("value")],
    returns: Returns::Boolean,
    about: "Whether a value is a double.",
    source: "https://learn.microsoft.com/dax/isdouble-function-dax",
    examples: &[("ISDOUBLE ( 1.5 )", "TRUE ()")],
    body: Body::Scalar(is_double),
};

const ISEVEN: Function = Function {
    name: "ISEVEN",
    params: &[scalar("number")],
    returns: Returns::Boolean,
    about: "Whether a number, cut to a whole one, is even.",
    source: "https://learn.microsoft.com/dax/iseven-function-dax",
    examples: &[("ISEVEN ( 2.5 )", "TRUE ()")],
    body: Body::Scalar(is_even),
};

const ISINT64: Function = Function {
    name: "ISINT64",
    params: &[scalar("value")],
    returns: Returns::Boolean,
    about: "Whether a value is a whole number.",
    source: "https://learn.microsoft.com/dax/isint64-function-dax",
    examples: &[("ISINT64 ( 1 )", "TRUE ()")],
    body: Body::Scalar(is_int),
};

const ISINTEGER: Function = Function {
    name: "ISINTEGER",
    params: &[scalar("value")],
    returns: Returns::Boolean,
    about: "Whether a value is a whole number.",
    source: "https://learn.microsoft.com/dax/isinteger-function-dax",
    examples: &[("ISINTEGER ( 1 )", "TRUE ()")],
    body: Body::Scalar(is_int),
};

const ISLOGICAL: Function = Function {
    name: "ISLOGICAL",
    params: &[scalar("value")],
    returns: Returns::Boolean,
    about: "Whether a value is a boolean.",
    source: "https://learn.microsoft.com/dax/islogical-function-dax",
    examples: &[("ISLOGICAL ( TRUE () )", "TRUE ()")],
    body: Body::Scalar(is_boolean),
};

const ISNONTEXT: Function = Function {
    name: "ISNONTEXT",
    params: &[scalar("value")],
    returns: Returns::Boolean,
    about: "Whether a value is anything but a text; BLANK is.",
    source: "https://learn.microsoft.com/dax/isnontext-function-dax",
    examples: &[("ISNONTEXT ( 1 )", "TRUE ()")],
    body: Body::Scalar(is_non_text),
};

const ISNUMBER: Function = Function {
    name: "ISNUMBER",
    params: &[scalar("value")],
    returns: Returns::Boolean,
    about: "Whether a value is a number or a date.",
    source: "https://learn.microsoft.com/dax/isnumber-function-dax",
    examples: &[("ISNUMBER ( 0 )", "TRUE ()")],
    body: Body::Scalar(is_number),
};

const ISNUMERIC: Function = Function {
    name: "ISNUMERIC",
    params: &[scalar("value")],
    returns: Returns::Boolean,
    about: "Whether a value is a number or a date.",
    source: "https://learn.microsoft.com/dax/isnumeric-function-dax",
    examples: &[("ISNUMERIC ( 0 )", "TRUE ()")],
    body: Body::Scalar(is_number),
};

const ISODD: Function = Function {
    name: "ISODD",
    params: &[scalar("number")],
    returns: Returns::Boolean,
    about: "Whether a number, cut to a whole one, is odd.",
    source: "https://learn.microsoft.com/dax/isodd-function-dax",
    examples: &[("ISODD ( 3 )", "TRUE ()")],
    body: Body::Scalar(is_odd),
};

const ISSTRING: Function = Function {
    name: "ISSTRING",
    params: &[scalar("value")],
    returns: Returns::Boolean,
    about: "Whether a value is a text.",
    source: "https://learn.microsoft.com/dax/isstring-function-dax",
    examples: &[("ISSTRING ( \"a\" )", "TRUE ()")],
    body: Body::Scalar(is_text),
};

const ISTEXT: Function = Function {
    name: "ISTEXT",
    params: &[scalar("value")],
    returns: Returns::Boolean,
    about: "Whether a value is a text.",
    source: "https://learn.microsoft.com/dax/istext-function-dax",
    examples: &[("ISTEXT ( \"a\" )", "TRUE ()")],
    body: Body::Scalar(is_text),
};

const NOT: Function = Function {
    name: "NOT",
    params: &[scalar("logical")],
    returns: Returns::Boolean,
    about: "TRUE for FALSE and FALSE for TRUE.",
    source: "https://learn.microsoft.com/dax/not-function-dax",
    examples: &[("NOT ( TRUE () )", "FALSE ()")],
    body: Body::Scalar(not),
};

const TRUE: Function = Function {
    name: "TRUE",
    params: &[],
    returns: Returns::Boolean,
    about: "The truth value TRUE.",
    source: "https://learn.microsoft.com/dax/true-function-dax",
    examples: &[("TRUE ()", "TRUE ()")],
    body: Body::Scalar(true_),
};

const USERCULTURE: Function = Function {
    name: "USERCULTURE",
    params: &[],
    returns: Returns::String,
    about: "The culture of the user; here of the model.",
    source: "https://learn.microsoft.com/dax/userculture-function-dax",
    examples: &[("USERCULTURE ()", "\"en-US\"")],
    body: Body::Scalar(user_culture),
};

const USERNAME: Function = Function {
    name: "USERNAME",
    params: &[],
    returns: Returns::String,
    about: "The name of the user, as given to the engine.",
    source: "https://learn.microsoft.com/dax/username-function-dax",
    examples: &[("USERNAME () = USERPRINCIPALNAME ()", "TRUE ()")],
    body: Body::Scalar(user),
};

const USEROBJECTID: Function = Function {
    name: "USEROBJECTID",
    params: &[],
    returns: Returns::String,
    about: "The id of the user, as given to the engine.",
    source: "https://learn.microsoft.com/dax/userobjectid-function-dax",
    examples: &[("USEROBJECTID () = USERNAME ()", "TRUE ()")],
    body: Body::Scalar(user),
};

const USERPRINCIPALNAME: Function = Function {
    name: "USERPRINCIPALNAME",
    params: &[],
    returns: Returns::String,
    about: "The principal name of the user, as given to the engine.",
    source: "https://learn.microsoft.com/dax/userprincipalname-function-dax",
    examples: &[("USERPRINCIPALNAME () = USERNAME ()", "TRUE ()")],
    body: Body::Scalar(user),
};

fn blank(_: &ScalarContext, _: &[Value]) -> EvalResult<Value> {
    Ok(Value::Blank)
}

fn true_(_: &ScalarContext, _: &[Value]) -> EvalResult<Value> {
    Ok(Value::Boolean(true))
}

fn false_(_: &ScalarContext, _: &[Value]) -> EvalResult<Value> {
    Ok(Value::Boolean(false))
}

fn not(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    flag(cx, args, 0).map(|b| Value::Boolean(!b))
}

fn custom_data(_: &ScalarContext, _: &[Value]) -> EvalResult<Value> {
    Ok(Value::Blank)
}

fn user(cx: &ScalarContext, _: &[Value]) -> EvalResult<Value> {
    Ok(Value::text(cx.user.as_str()))
}

fn user_culture(cx: &ScalarContext, _: &[Value]) -> EvalResult<Value> {
    Ok(Value::text(cx.culture.as_str()))
}

/// The type that a bare word of CONVERT and DATATABLE names.
pub fn type_named(word: &str) -> Option<DataType> {
    Some(match word.to_ascii_uppercase().as_str() {
        "INTEGER" | "INT64" => DataType::Int64,
        "DOUBLE" => DataType::Double,
        "STRING" => DataType::String,
        "BOOLEAN" => DataType::Boolean,
        "CURRENCY" | "DECIMAL" => DataType::Currency,
        "DATETIME" => DataType::DateTime,
        _ => return None,
    })
}

fn convert_to(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let to = type_named(&text(cx, args, 1)).ok_or_else(|| invalid("CONVERT"))?;
    convert(cx, arg(args, 0), to)
}

fn currency(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    convert(cx, arg(args, 0), DataType::Currency)
}

fn is_blank(_: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    Ok(Value::Boolean(arg(args, 0).is_blank()))
}

fn has_type(args: &[Value], types: &[DataType]) -> EvalResult<Value> {
    Ok(Value::Boolean(arg(args, 0).data_type().is_some_and(|found| types.contains(&found))))
}

fn is_boolean(_: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    has_type(args, &[DataType::Boolean])
}

fn is_currency(_: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    has_type(args, &[DataType::Currency])
}

fn is_date_time(_: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    has_type(args, &[DataType::DateTime])
}

fn is_double(_: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    has_type(args, &[DataType::Double])
}

fn is_int(_: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    has_type(args, &[DataType::Int64])
}

fn is_number(_: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    has_type(args, &[DataType::Int64, DataType::Double, DataType::Currency, DataType::DateTime])
}

fn is_text(_: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    has_type(args, &[DataType::String])
}

fn is_non_text(_: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    Ok(Value::Boolean(!matches!(arg(args, 0), Value::String(_))))
}

fn is_even(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    Ok(Value::Boolean(truncated(cx, args, 0)? % 2.0 == 0.0))
}

fn is_odd(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    Ok(Value::Boolean(truncated(cx, args, 0)? % 2.0 != 0.0))
}
