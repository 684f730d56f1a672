//! Trigonometric and hyperbolic functions.

use super::support::{arg, finite};
use super::{Body, Function, Returns, ScalarContext, scalar};
use crate::dax::error::EvalResult;
use crate::dax::scalar::to_double;
use crate::table::Value;

pub(super) const FUNCTIONS: &[Function] =
    &[ACOS, ACOSH, ACOT, ACOTH, ASIN, ASINH, ATAN, ATANH, COS, COSH, COT, COTH, DEGREES, RADIANS, SIN, SINH, TAN, TANH];

const ACOS: Function = Function {
    name: "ACOS",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Arccosine in radians.",
    source: "https://learn.microsoft.com/dax/acos-function-dax",
    examples: &[("ACOS ( 1 )", "0.0")],
    body: Body::Scalar(acos),
};

const ACOSH: Function = Function {
    name: "ACOSH",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Inverse hyperbolic cosine.",
    source: "https://learn.microsoft.com/dax/acosh-function-dax",
    examples: &[("ACOSH ( 1 )", "0.0")],
    body: Body::Scalar(acosh),
};

const ACOT: Function = Function {
    name: "ACOT",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Arccotangent in radians, from 0 to pi.",
    source: "https://learn.microsoft.com/dax/acot-function-dax",
    examples: &[("ACOT ( 1 )", "PI () / 4")],
    body: Body::Scalar(acot),
};

const ACOTH: Function = Function {
    name: "ACOTH",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Inverse hyperbolic cotangent.",
    source: "https://learn.microsoft.com/dax/acoth-function-dax",
    examples: &[("ACOTH ( 2 )", "LN ( 3 ) / 2")],
    body: Body::Scalar(acoth),
};

const ASIN: Function = Function {
    name: "ASIN",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Arcsine in radians.",
    source: "https://learn.microsoft.com/dax/asin-function-dax",
    examples: &[("ASIN ( 1 )", "PI () / 2")],
    body: Body::Scalar(asin),
};

const ASINH: Function = Function {
    name: "ASINH",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Inverse hyperbolic sine.",
    source: "https://learn.microsoft.com/dax/asinh-function-dax",
    examples: &[("ASINH ( 0 )", "0.0")],
    body: Body::Scalar(asinh),
};

const ATAN: Function = Function {
    name: "ATAN",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Arctangent in radians.",
    source: "https://learn.microsoft.com/dax/atan-function-dax",
    examples: &[("ATAN ( 1 )", "PI () / 4")],
    body: Body::Scalar(atan),
};

const ATANH: Function = Function {
    name: "ATANH",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Inverse hyperbolic tangent.",
    source: "https://learn.microsoft.com/dax/atanh-function-dax",
    examples: &[("ATANH ( 0 )", "0.0")],
    body: Body::Scalar(atanh),
};

const COS: Function = Function {
    name: "COS",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Cosine of an angle in radians.",
    source: "https://learn.microsoft.com/dax/cos-function-dax",
    examples: &[("COS ( 0 )", "1.0")],
    body: Body::Scalar(cos),
};

const COSH: Function = Function {
    name: "COSH",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Hyperbolic cosine.",
    source: "https://learn.microsoft.com/dax/cosh-function-dax",
    examples: &[("COSH ( 0 )", "1.0")],
    body: Body::Scalar(cosh),
};

const COT: Function = Function {
    name: "COT",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Cotangent of an angle in radians.",
    source: "https://learn.microsoft.com/dax/cot-function-dax",
    examples: &[("COT ( PI () / 4 )", "1.0")],
    body: Body::Scalar(cot),
};

const COTH: Function = Function {
    name: "COTH",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Hyperbolic cotangent.",
    source: "https://learn.microsoft.com/dax/coth-function-dax",
    examples: &[("COTH ( 2 )", "1 / TANH ( 2 )")],
    body: Body::Scalar(coth),
};

const DEGREES: Function = Function {
    name: "DEGREES",
    params: &[scalar("angle")],
    returns: Returns::Double,
    about: "Radians as degrees.",
    source: "https://learn.microsoft.com/dax/degrees-function-dax",
    examples: &[("DEGREES ( PI () )", "180.0")],
    body: Body::Scalar(degrees),
};

const RADIANS: Function = Function {
    name: "RADIANS",
    params: &[scalar("angle")],
    returns: Returns::Double,
    about: "Degrees as radians.",
    source: "https://learn.microsoft.com/dax/radians-function-dax",
    examples: &[("RADIANS ( 180 )", "PI ()")],
    body: Body::Scalar(radians),
};

const SIN: Function = Function {
    name: "SIN",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Sine of an angle in radians.",
    source: "https://learn.microsoft.com/dax/sin-function-dax",
    examples: &[("SIN ( 0 )", "0.0")],
    body: Body::Scalar(sin),
};

const SINH: Function = Function {
    name: "SINH",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Hyperbolic sine.",
    source: "https://learn.microsoft.com/dax/sinh-function-dax",
    examples: &[("SINH ( 0 )", "0.0")],
    body: Body::Scalar(sinh),
};

const TAN: Function = Function {
    name: "TAN",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Tangent of an angle in radians.",
    source: "https://learn.microsoft.com/dax/tan-function-dax",
    examples: &[("TAN ( 0 )", "0.0")],
    body: Body::Scalar(tan),
};

const TANH: Function = Function {
    name: "TANH",
    params: &[scalar("number")],
    returns: Returns::Double,
    about: "Hyperbolic tangent.",
    source: "https://learn.microsoft.com/dax/tanh-function-dax",
    examples: &[("TANH ( 0 )", "0.0")],
    body: Body::Scalar(tanh),
};

/// A function of one double. BLANK stays BLANK where the function of zero is zero, otherwise it counts as zero.
fn of_double(name: &str, cx: &ScalarContext, args: &[Value], f: impl Fn(f64) -> f64) -> EvalResult<Value> {
    match to_double(cx, arg(args, 0))? {
        None if f(0.0) == 0.0 => Ok(Value::Blank),
        x => finite(name, f(x.unwrap_or(0.0))),
    }
}

fn acos(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("ACOS", cx, args, f64::acos)
}

fn acosh(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("ACOSH", cx, args, f64::acosh)
}

fn acot(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("ACOT", cx, args, |x| std::f64::consts::FRAC_PI_2 - x.atan())
}

fn acoth(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("ACOTH", cx, args, |x| if x.abs() > 1.0 { 0.5 * ((x + 1.0) / (x - 1.0)).ln() } else { f64::NAN })
}

fn asin(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("ASIN", cx, args, f64::asin)
}

fn asinh(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("ASINH", cx, args, f64::asinh)
}

fn atan(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("ATAN", cx, args, f64::atan)
}

fn atanh(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("ATANH", cx, args, f64::atanh)
}

fn cos(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("COS", cx, args, f64::cos)
}

fn cosh(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("COSH", cx, args, f64::cosh)
}

fn cot(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("COT", cx, args, |x| 1.0 / x.tan())
}

fn coth(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("COTH", cx, args, |x| 1.0 / x.tanh())
}

fn degrees(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("DEGREES", cx, args, f64::to_degrees)
}

fn radians(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("RADIANS", cx, args, f64::to_radians)
}

fn sin(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("SIN", cx, args, f64::sin)
}

fn sinh(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("SINH", cx, args, f64::sinh)
}

fn tan(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("TAN", cx, args, f64::tan)
}

fn tanh(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    of_double("TANH", cx, args, f64::tanh)
}
