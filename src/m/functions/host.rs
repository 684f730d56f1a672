//! What the host of the real engine keeps beside values: variables and versions. There is none of it here.

use super::{ANY, Builtin, TEXT, arg, opt};
use crate::m::error::Result;
use crate::m::eval::Interp;
use crate::m::value::Value;

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "Value.VersionIdentity",
        params: &[arg("value", ANY)],
        returns: ANY,
        about: "The version of a value; null, for values here have none.",
        source: "https://learn.microsoft.com/powerquery-m/value-versionidentity",
        examples: &[("Value.VersionIdentity(1)", "null")],
        run: version_identity,
    },
    Builtin {
        name: "Variable.ValueOrDefault",
        params: &[arg("identifier", TEXT), opt("defaultValue", ANY)],
        returns: ANY,
        about: "The value of a variable of the host; the default, for there is none here.",
        source: "https://learn.microsoft.com/powerquery-m/variable-valueordefault",
        examples: &[("Variable.ValueOrDefault(\"x\", 5)", "5")],
        run: value_or_default,
    },
];

fn version_identity(_: &mut Interp, _: &[Value]) -> Result<Value> {
    Ok(Value::Null)
}

fn value_or_default(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(args[1].clone())
}
