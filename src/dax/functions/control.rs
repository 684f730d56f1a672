//! Functions that decide which of their arguments are evaluated; the core evaluates them.

use super::{Body, Function, ParamKind, Returns, optional, param, scalar};

pub(super) const FUNCTIONS: &[Function] = &[AND, COALESCE, ERROR, EVALUATEANDLOG, IF, IF_EAGER, IFERROR, OR, SWITCH, TOCSV, TOJSON];

const AND: Function = Function {
    name: "AND",
    params: &[scalar("logical1"), scalar("logical2")],
    returns: Returns::Boolean,
    about: "TRUE when both arguments are.",
    source: "https://learn.microsoft.com/dax/and-function-dax",
    examples: &[("AND ( TRUE (), FALSE () )", "FALSE ()")],
    body: Body::Special,
};

const COALESCE: Function = Function {
    name: "COALESCE",
    params: &[scalar("expression"), scalar("alternative").many()],
    returns: Returns::Variant,
    about: "The first argument that is not blank.",
    source: "https://learn.microsoft.com/dax/coalesce-function-dax",
    examples: &[("COALESCE ( BLANK (), 5, 7 )", "5")],
    body: Body::Special,
};

const ERROR: Function = Function {
    name: "ERROR",
    params: &[scalar("text")],
    returns: Returns::Variant,
    about: "Fails with a message.",
    source: "https://learn.microsoft.com/dax/error-function-dax",
    examples: &[("IFERROR ( ERROR ( \"no\" ), 1 )", "1")],
    body: Body::Special,
};

const EVALUATEANDLOG: Function = Function {
    name: "EVALUATEANDLOG",
    params: &[param("value", ParamKind::Any), optional("label"), optional("max_rows")],
    returns: Returns::Variant,
    about: "Its first argument; the log is left out.",
    source: "https://learn.microsoft.com/dax/evaluateandlog-function-dax",
    examples: &[("EVALUATEANDLOG ( 5 )", "5")],
    body: Body::Special,
};

const IF: Function = Function {
    name: "IF",
    params: &[scalar("logical_test"), scalar("value_if_true"), optional("value_if_false")],
    returns: Returns::Variant,
    about: "One of two values by a condition.",
    source: "https://learn.microsoft.com/dax/if-function-dax",
    examples: &[("IF ( 1 < 2, \"yes\", \"no\" )", "\"yes\""), ("IF ( 1 > 2, \"yes\" )", "BLANK ()")],
    body: Body::Special,
};

const IF_EAGER: Function = Function {
    name: "IF.EAGER",
    params: &[scalar("logical_test"), scalar("value_if_true"), optional("value_if_false")],
    returns: Returns::Variant,
    about: "As IF, where both values may be evaluated.",
    source: "https://learn.microsoft.com/dax/if-eager-function-dax",
    examples: &[("IF.EAGER ( TRUE (), 1, 2 )", "1")],
    body: Body::Special,
};

const IFERROR: Function = Function {
    name: "IFERROR",
    params: &[scalar("value"), scalar("value_if_error")],
    returns: Returns::Variant,
    about: "A value, or another one when it is an error.",
    source: "https://learn.microsoft.com/dax/iferror-function-dax",
    examples: &[("IFERROR ( 25 / 0, 9 )", "9.0"), ("IFERROR ( BLANK (), 5 )", "BLANK ()")],
    body: Body::Special,
};

const OR: Function = Function {
    name: "OR",
    params: &[scalar("logical1"), scalar("logical2")],
    returns: Returns::Boolean,
    about: "TRUE when one of the arguments is.",
    source: "https://learn.microsoft.com/dax/or-function-dax",
    examples: &[("OR ( TRUE (), FALSE () )", "TRUE ()")],
    body: Body::Special,
};

const SWITCH: Function = Function {
    name: "SWITCH",
    params: &[scalar("expression"), scalar("value").many(), scalar("result").many(), optional("else")],
    returns: Returns::Variant,
    about: "The result beside the first value that equals the expression.",
    source: "https://learn.microsoft.com/dax/switch-function-dax",
    examples: &[("SWITCH ( 2, 1, \"one\", 2, \"two\" )", "\"two\""), ("SWITCH ( TRUE (), 1 > 2, \"a\", \"b\" )", "\"b\"")],
    body: Body::Special,
};

const TOCSV: Function = Function {
    name: "TOCSV",
    params: &[param("table", ParamKind::Table), optional("max_rows"), optional("delimiter"), optional("include_headers")],
    returns: Returns::String,
    about: "The rows of a table as CSV text.",
    source: "https://learn.microsoft.com/dax/tocsv-function-dax",
    examples: &[("TOCSV ( { 1 } )", "\"[Value]\" & UNICHAR ( 10 ) & \"1\" & UNICHAR ( 10 )")],
    body: Body::Special,
};

const TOJSON: Function = Function {
    name: "TOJSON",
    params: &[param("table", ParamKind::Table), optional("max_rows")],
    returns: Returns::String,
    about: "The rows of a table as JSON text.",
    source: "https://learn.microsoft.com/dax/tojson-function-dax",
    examples: &[("LEN ( TOJSON ( { 1 } ) ) > 0", "TRUE ()")],
    body: Body::Special,
};
