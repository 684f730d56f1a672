//! `Value.*`, `Expression.*`, `Function.*`, `Error.Record`, `Diagnostics.*` and views.

use super::common::{list, need_text};
use super::{
    ANY, ANY_NON_NULL, BINARY, Builtin, DURATION, FUNCTION, LIST, LOGICAL, NULLABLE_BINARY, NULLABLE_LIST, NULLABLE_LOGICAL,
    NULLABLE_NUMBER, NULLABLE_RECORD, NULLABLE_TABLE, NULLABLE_TEXT, NUMBER, RECORD, TABLE, TEXT, TYPE, arg, opt, tagged,
};
use crate::m::error::{Error, Result};
use crate::m::eval::{Binary, Env, Frame, Interp};
use crate::m::value::{
    self, BinarySource, Bytes, Decimal, Function, Native, NativeParam, Record, Row, RowCursor, RowSource, Shape, Slot, Table, TableType,
    Type, TypeForm, Value,
};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "Diagnostics.ActivityId",
        params: &[],
        returns: NULLABLE_TEXT,
        about: "An identifier of the running evaluation.",
        source: "https://learn.microsoft.com/powerquery-m/diagnostics-activityid",
        examples: &[("Diagnostics.ActivityId() is text", "true")],
        run: |_, _| Ok(Value::text("00000000-0000-0000-0000-000000000000")),
    },
    Builtin {
        name: "Diagnostics.CorrelationId",
        params: &[],
        returns: NULLABLE_TEXT,
        about: "An identifier for support: none here.",
        source: "https://learn.microsoft.com/powerquery-m/diagnostics-correlationid",
        examples: &[("Diagnostics.CorrelationId()", "null")],
        run: |_, _| Ok(Value::Null),
    },
    Builtin {
        name: "Diagnostics.Trace",
        params: &[arg("traceLevel", NUMBER), arg("message", ANY_NON_NULL), tagged("value", ANY), opt("delayed", NULLABLE_LOGICAL)],
        returns: ANY,
        about: "Writes a message to the trace and gives the value (the result of the function when delayed).",
        source: "https://learn.microsoft.com/powerquery-m/diagnostics-trace",
        examples: &[("Diagnostics.Trace(TraceLevel.Information, \"here\", () => 5, true)", "5")],
        run: trace,
    },
    Builtin {
        name: "Embedded.Value",
        params: &[arg("value", ANY), arg("path", TEXT)],
        returns: ANY,
        about: "The value.",
        source: "https://learn.microsoft.com/powerquery-m/embedded-value",
        examples: &[("Embedded.Value(5, \"x\")", "5")],
        run: |_, args| Ok(args[0].clone()),
    },
    Builtin {
        name: "Error.Record",
        params: &[
            arg("reason", TEXT),
            opt("message", NULLABLE_TEXT),
            opt("detail", ANY),
            opt("parameters", NULLABLE_LIST),
            opt("errorCode", NULLABLE_TEXT),
        ],
        returns: RECORD,
        about: "A record for `error`.",
        source: "https://learn.microsoft.com/powerquery-m/error-record",
        examples: &[("Error.Record(\"A\", \"b #{0}\", null, {1})[Message]", "\"b 1\"")],
        run: error_record,
    },
    Builtin {
        name: "Expression.Constant",
        params: &[arg("value", ANY)],
        returns: TEXT,
        about: "M source text of a value.",
        source: "https://learn.microsoft.com/powerquery-m/expression-constant",
        examples: &[("Expression.Constant(#date(2024, 1, 2))", "\"#date(2024, 1, 2)\"")],
        run: constant,
    },
    Builtin {
        name: "Expression.Evaluate",
        params: &[arg("document", TEXT), opt("environment", NULLABLE_RECORD)],
        returns: ANY,
        about: "The value of an M expression that sees the fields of the record.",
        source: "https://learn.microsoft.com/powerquery-m/expression-evaluate",
        examples: &[("Expression.Evaluate(\"a + 1\", [a = 2])", "3")],
        run: evaluate,
    },
    Builtin {
        name: "Expression.Identifier",
        params: &[arg("name", TEXT)],
        returns: TEXT,
        about: "A name as an M identifier, quoted if need be.",
        source: "https://learn.microsoft.com/powerquery-m/expression-identifier",
        examples: &[("Expression.Identifier(\"a b\")", "\"#\"\"a b\"\"\"")],
        run: |_, args| Ok(Value::from(crate::m::syntax::quoted_identifier(need_text(&args[0])?.as_ref()))),
    },
    Builtin {
        name: "Function.From",
        params: &[arg("functionType", TYPE), arg("function", FUNCTION)],
        returns: FUNCTION,
        about: "A function of a type whose arguments arrive as a list.",
        source: "https://learn.microsoft.com/powerquery-m/function-from",
        examples: &[("Function.From(type function (a as number, b as number) as number, List.Sum)(2, 1)", "3")],
        run: function_from,
    },
    Builtin {
        name: "Function.Invoke",
        params: &[arg("function", FUNCTION), arg("args", LIST)],
        returns: ANY,
        about: "Calls a function with the items of a list.",
        source: "https://learn.microsoft.com/powerquery-m/function-invoke",
        examples: &[("Function.Invoke(Text.Upper, {\"a\"})", "\"A\"")],
        run: |cx, args| {
            let list = list(&args[1])?.values(cx)?;
            cx.call(&args[0], &list)
        },
    },
    Builtin {
        name: "Function.InvokeAfter",
        params: &[arg("function", FUNCTION), arg("delay", DURATION)],
        returns: ANY,
        about: "Waits, then calls a function.",
        source: "https://learn.microsoft.com/powerquery-m/function-invokeafter",
        examples: &[("Function.InvokeAfter(() => 1, #duration(0, 0, 0, 0))", "1")],
        run: invoke_after,
    },
    Builtin {
        name: "Function.InvokeWithErrorContext",
        params: &[arg("function", FUNCTION), arg("context", TEXT)],
        returns: ANY,
        about: "Calls a function.",
        source: "https://learn.microsoft.com/powerquery-m/function-invokewitherrorcontext",
        examples: &[("Function.InvokeWithErrorContext(() => 1, \"x\")", "1")],
        run: |cx, args| cx.call(&args[0], &[]),
    },
    Builtin {
        name: "Function.IsDataSource",
        params: &[arg("function", FUNCTION)],
        returns: LOGICAL,
        about: "Whether a function reads a data source.",
        source: "https://learn.microsoft.com/powerquery-m/function-isdatasource",
        examples: &[("Function.IsDataSource(Web.Contents)", "true")],
        run: is_data_source,
    },
    Builtin {
        name: "Function.ScalarVector",
        params: &[arg("scalarFunctionType", TYPE), arg("vectorFunction", FUNCTION)],
        returns: FUNCTION,
        about: "A function of single values made from one of a table of arguments.",
        source: "https://learn.microsoft.com/powerquery-m/function-scalarvector",
        examples: &[("Function.ScalarVector(type function (a as number) as number, (t) => List.Transform(t[a], each _ + 1))(1)", "2")],
        run: scalar_vector,
    },
    Builtin {
        name: "Module.Versions",
        params: &[],
        returns: RECORD,
        about: "The versions of the modules.",
        source: "https://learn.microsoft.com/powerquery-m/module-versions",
        examples: &[("Module.Versions()[Core] is text", "true")],
        run: |cx, _| Ok(cx.record(vec![("Core", Value::text("2.0.0"))])),
    },
    Builtin {
        name: "Value.Add",
        params: &[arg("value1", ANY), arg("value2", ANY), opt("precision", NULLABLE_NUMBER)],
        returns: ANY,
        about: "Adds, in double or decimal precision.",
        source: "https://learn.microsoft.com/powerquery-m/value-add",
        examples: &[("Value.Add(0.1, 0.2, Precision.Decimal)", "0.3")],
        run: |cx, args| arithmetic(cx, Binary::Add, args),
    },
    Builtin {
        name: "Value.As",
        params: &[tagged("value", ANY), arg("type", TYPE)],
        returns: ANY,
        about: "The value if it belongs to the type.",
        source: "https://learn.microsoft.com/powerquery-m/value-as",
        examples: &[("Value.As(1, type number)", "1")],
        run: value_as,
    },
    Builtin {
        name: "Value.Compare",
        params: &[arg("value1", ANY), arg("value2", ANY), opt("precision", NULLABLE_NUMBER)],
        returns: NUMBER,
        about: "-1, 0 or 1 as the first value comes before, with or after the second.",
        source: "https://learn.microsoft.com/powerquery-m/value-compare",
        examples: &[("Value.Compare(1, 2)", "-1")],
        run: |cx, args| Ok(Value::Int(cx.compare(&args[0], &args[1])? as i64)),
    },
    Builtin {
        name: "Value.Divide",
        params: &[arg("value1", ANY), arg("value2", ANY), opt("precision", NULLABLE_NUMBER)],
        returns: ANY,
        about: "Divides, in double or decimal precision.",
        source: "https://learn.microsoft.com/powerquery-m/value-divide",
        examples: &[("Value.Divide(1, 8)", "0.125")],
        run: |cx, args| arithmetic(cx, Binary::Divide, args),
    },
    Builtin {
        name: "Value.Equals",
        params: &[arg("value1", ANY), arg("value2", ANY), opt("precision", NULLABLE_NUMBER)],
        returns: LOGICAL,
        about: "Whether the values are equal.",
        source: "https://learn.microsoft.com/powerquery-m/value-equals",
        examples: &[("Value.Equals({1}, {1.0})", "true")],
        run: |cx, args| cx.equals(&args[0], &args[1]).map(Value::Logical),
    },
    Builtin {
        name: "Value.Expression",
        params: &[arg("value", ANY)],
        returns: NULLABLE_RECORD,
        about: "The expression that a value stands for: unknown here.",
        source: "https://learn.microsoft.com/powerquery-m/value-expression",
        examples: &[("Value.Expression(1)", "null")],
        run: |_, _| Ok(Value::Null),
    },
    Builtin {
        name: "Value.FromText",
        params: &[arg("text", ANY), opt("culture", NULLABLE_TEXT)],
        returns: ANY,
        about: "The logical, number, date or time that a text spells; otherwise the text.",
        source: "https://learn.microsoft.com/powerquery-m/value-fromtext",
        examples: &[("Value.FromText(\"25.4%\")", "0.254"), ("Value.FromText(\"abc\")", "\"abc\"")],
        run: from_text,
    },
    Builtin {
        name: "Value.Is",
        params: &[tagged("value", ANY), arg("type", TYPE)],
        returns: LOGICAL,
        about: "Whether the value belongs to the type.",
        source: "https://learn.microsoft.com/powerquery-m/value-is",
        examples: &[("Value.Is(1, type number)", "true")],
        run: |_, args| match &args[1] {
            Value::Type(ty) => Ok(Value::Logical(ty.contains(&args[0]))),
            other => Err(Error::cannot_convert(other, "Type")),
        },
    },
    Builtin {
        name: "Value.Metadata",
        params: &[tagged("value", ANY)],
        returns: ANY,
        about: "The metadata of a value.",
        source: "https://learn.microsoft.com/powerquery-m/value-metadata",
        examples: &[("Value.Metadata(1 meta [a = 2])", "[a = 2]")],
        run: |_, args| Ok(Value::Record(args[0].meta())),
    },
    Builtin {
        name: "Value.Multiply",
        params: &[arg("value1", ANY), arg("value2", ANY), opt("precision", NULLABLE_NUMBER)],
        returns: ANY,
        about: "Multiplies, in double or decimal precision.",
        source: "https://learn.microsoft.com/powerquery-m/value-multiply",
        examples: &[("Value.Multiply(2, 3)", "6")],
        run: |cx, args| arithmetic(cx, Binary::Multiply, args),
    },
    Builtin {
        name: "Value.NullableEquals",
        params: &[arg("value1", ANY), arg("value2", ANY), opt("precision", NULLABLE_NUMBER)],
        returns: NULLABLE_LOGICAL,
        about: "Whether the values are equal; null when one is null.",
        source: "https://learn.microsoft.com/powerquery-m/value-nullableequals",
        examples: &[("Value.NullableEquals(1, null)", "null")],
        run: |cx, args| {
            if args[0].is_null() || args[1].is_null() { Ok(Value::Null) } else { cx.equals(&args[0], &args[1]).map(Value::Logical) }
        },
    },
    Builtin {
        name: "Value.Optimize",
        params: &[tagged("value", ANY)],
        returns: ANY,
        about: "The value.",
        source: "https://learn.microsoft.com/powerquery-m/value-optimize",
        examples: &[("Value.Optimize(1)", "1")],
        run: |_, args| Ok(args[0].clone()),
    },
    Builtin {
        name: "Value.RemoveMetadata",
        params: &[tagged("value", ANY), opt("metaValue", ANY)],
        returns: ANY,
        about: "The value without metadata, or without the named part of it.",
        source: "https://learn.microsoft.com/powerquery-m/value-removemetadata",
        examples: &[("Value.Metadata(Value.RemoveMetadata(1 meta [a = 2]))", "[]")],
        run: remove_metadata,
    },
    Builtin {
        name: "Value.ReplaceMetadata",
        params: &[tagged("value", ANY), arg("metaValue", ANY)],
        returns: ANY,
        about: "The value with other metadata.",
        source: "https://learn.microsoft.com/powerquery-m/value-replacemetadata",
        examples: &[("Value.Metadata(Value.ReplaceMetadata(1, [a = 2]))", "[a = 2]")],
        run: replace_metadata,
    },
    Builtin {
        name: "Value.ReplaceType",
        params: &[tagged("value", ANY), arg("type", TYPE)],
        returns: ANY,
        about: "The value with an ascribed type; nothing is converted.",
        source: "https://learn.microsoft.com/powerquery-m/value-replacetype",
        examples: &[("Type.Is(Value.Type(Value.ReplaceType({1}, type {text})), type {text})", "true")],
        run: replace_type,
    },
    Builtin {
        name: "Value.Subtract",
        params: &[arg("value1", ANY), arg("value2", ANY), opt("precision", NULLABLE_NUMBER)],
        returns: ANY,
        about: "Subtracts, in double or decimal precision.",
        source: "https://learn.microsoft.com/powerquery-m/value-subtract",
        examples: &[("Value.Subtract(3, 1)", "2")],
        run: |cx, args| arithmetic(cx, Binary::Subtract, args),
    },
    Builtin {
        name: "Value.Type",
        params: &[tagged("value", ANY)],
        returns: TYPE,
        about: "The type of a value.",
        source: "https://learn.microsoft.com/powerquery-m/value-type",
        examples: &[("Type.Is(Value.Type(1), type number)", "true")],
        run: |_, args| Ok(Value::Type(args[0].ty())),
    },
    Builtin {
        name: "Value.ViewError",
        params: &[arg("errorRecord", RECORD)],
        returns: RECORD,
        about: "Marks an error record as meant by a view.",
        source: "https://learn.microsoft.com/powerquery-m/value-viewerror",
        examples: &[("Value.ViewError([Reason = \"x\"])[Reason]", "\"x\"")],
        run: view_error,
    },
    Builtin {
        name: "Value.ViewFunction",
        params: &[arg("function", FUNCTION)],
        returns: FUNCTION,
        about: "Marks a function as one that a view may take over.",
        source: "https://learn.microsoft.com/powerquery-m/value-viewfunction",
        examples: &[("Value.ViewFunction(() => 1)()", "1")],
        run: |_, args| Ok(args[0].clone()),
    },
    Builtin {
        name: "Binary.View",
        params: &[arg("binary", NULLABLE_BINARY), arg("handlers", RECORD)],
        returns: BINARY,
        about: "Bytes whose reading a record of handlers takes over.",
        source: "https://learn.microsoft.com/powerquery-m/binary-view",
        examples: &[("Text.FromBinary(Binary.View(null, [GetStream = () => Text.ToBinary(\"a\")]))", "\"a\"")],
        run: binary_view,
    },
    Builtin {
        name: "Binary.ViewError",
        params: &[arg("errorRecord", RECORD)],
        returns: RECORD,
        about: "Marks an error record as meant by a view.",
        source: "https://learn.microsoft.com/powerquery-m/binary-viewerror",
        examples: &[("Binary.ViewError([Reason = \"x\"])[Reason]", "\"x\"")],
        run: view_error,
    },
    Builtin {
        name: "Binary.ViewFunction",
        params: &[arg("function", FUNCTION)],
        returns: FUNCTION,
        about: "Marks a function as one that a view may take over.",
        source: "https://learn.microsoft.com/powerquery-m/binary-viewfunction",
        examples: &[("Binary.ViewFunction(() => 1)()", "1")],
        run: |_, args| Ok(args[0].clone()),
    },
    Builtin {
        name: "Table.View",
        params: &[arg("table", NULLABLE_TABLE), arg("handlers", RECORD)],
        returns: TABLE,
        about: "A table whose type and rows a record of handlers provides.",
        source: "https://learn.microsoft.com/powerquery-m/table-view",
        examples: &[("Table.View(null, [GetType = () => type table [A = number], GetRows = () => #table({\"A\"}, {{1}})])[A]", "{1}")],
        run: table_view,
    },
    Builtin {
        name: "Table.ViewError",
        params: &[arg("errorRecord", RECORD)],
        returns: RECORD,
        about: "Marks an error record as meant by a view.",
        source: "https://learn.microsoft.com/powerquery-m/table-viewerror",
        examples: &[("Table.ViewError([Reason = \"x\"])[Reason]", "\"x\"")],
        run: view_error,
    },
    Builtin {
        name: "Table.ViewFunction",
        params: &[arg("function", FUNCTION)],
        returns: FUNCTION,
        about: "Marks a function as one that a view may take over.",
        source: "https://learn.microsoft.com/powerquery-m/table-viewfunction",
        examples: &[("Table.ViewFunction(() => 1)()", "1")],
        run: |_, args| Ok(args[0].clone()),
    },
];

fn ty(value: &Value) -> Result<&Type> {
    match value.bare() {
        Value::Type(ty) => Ok(ty),
        other => Err(Error::cannot_convert(other, "Type")),
    }
}

fn trace(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let level = args[0].as_i64().unwrap_or(0);
    let text = match args[1].bare() {
        Value::Text(text) => text.to_string(),
        other => crate::m::canon::to_source(cx, other, 20)?,
    };
    if let Some(trace) = &mut cx.sources.trace {
        trace.message(level, &text);
    }
    if matches!(args[3], Value::Logical(true)) { cx.call(&args[2], &[]) } else { Ok(args[2].clone()) }
}

fn error_record(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let (message, format) = match (&args[1], &args[3]) {
        (Value::Text(format), Value::List(parameters)) => {
            let values = parameters.values(cx)?;
            (Value::from(crate::m::eval::fill_places(format, &values)), args[1].clone())
        }
        _ => (args[1].clone(), Value::Null),
    };
    Ok(cx.record(vec![
        ("Reason", args[0].clone()),
        ("Message", message),
        ("Detail", args[2].clone()),
        ("Message.Format", format),
        ("Message.Parameters", args[3].clone()),
        ("ErrorCode", args[4].clone()),
    ]))
}

fn constant(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    if matches!(args[0].kind(), value::Kind::Function) {
        return Err(Error::cannot_convert(&args[0], "Text"));
    }
    crate::m::canon::to_source(cx, &args[0], usize::MAX).map(Value::from)
}

fn evaluate(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let text = need_text(&args[0])?;
    let expr = crate::m::syntax::parse_expression(&text).map_err(|e| {
        let before = &text[..(e.at.start as usize).min(text.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        Error::expression(format!("[{line},{column}-{line},{}] {}", column + (e.at.end - e.at.start) as usize, e.message))
    })?;
    let env = match &args[1] {
        Value::Record(record) => record.clone(),
        _ => Record::empty(),
    };
    let node = cx.resolve(&expr, Env::Record(env))?;
    cx.eval(&node, &Frame::root())
}

fn function_from(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let TypeForm::Function(ty) = ty(&args[0])?.form().clone() else {
        return Err(Error::expression("The type isn't a function type.").with_detail(args[0].clone()));
    };
    let params = params_of(&ty);
    let inner = args[1].clone();
    let run = move |cx: &mut Interp, args: &[Value]| cx.call(&inner, &[Value::List(value::List::from_values(args.iter().cloned()))]);
    Ok(Value::Function(Function::from_native(Native { params, returns: ty.returns, run: Box::new(run) }))
        .with_type(self::ty(&args[0])?.clone()))
}

fn params_of(ty: &value::FunctionType) -> Vec<NativeParam> {
    let one = |(at, field): (usize, &value::Field)| NativeParam { name: "argument", ty: field.ty.clone(), optional: at >= ty.required };
    ty.params.iter().enumerate().map(one).collect()
}

fn invoke_after(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    if let (Value::Duration(ticks), Some(clock)) = (&args[1], &mut cx.sources.clock) {
        clock.sleep_ticks((*ticks).max(0));
    }
    cx.call(&args[0], &[])
}

fn is_data_source(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::Function(function) = args[0].bare() else { return Err(Error::cannot_convert(&args[0], "Function")) };
    let source = function
        .as_builtin()
        .is_some_and(|f| matches!(f.name, "Web.Contents" | "File.Contents" | "Folder.Files" | "Folder.Contents" | "Web.Headers"));
    Ok(Value::Logical(source))
}

fn scalar_vector(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let TypeForm::Function(ty) = ty(&args[0])?.form().clone() else {
        return Err(Error::expression("The type isn't a function type.").with_detail(args[0].clone()));
    };
    let vector = args[1].clone();
    let shape = Shape::new(ty.params.iter().map(|p| p.name.clone()).collect());
    let columns = TableType::new(ty.params.clone());
    let params = params_of(&ty);
    let run = move |cx: &mut Interp, args: &[Value]| {
        debug_assert_eq!(shape.len(), args.len());
        let row: Row = args.iter().cloned().map(Slot::Value).collect();
        let result = cx.call(&vector, &[Value::Table(Table::new(columns.clone(), vec![row]))])?;
        match result.bare() {
            Value::List(list) => match list.get(cx, 0)? {
                Some(slot) => slot.force(cx),
                None => Err(Error::expression("The vector function gave no result.")),
            },
            other => Err(Error::cannot_convert(other, "List")),
        }
    };
    Ok(Value::Function(Function::from_native(Native { params, returns: ty.returns, run: Box::new(run) }))
        .with_type(self::ty(&args[0])?.clone()))
}

fn arithmetic(cx: &mut Interp, operator: Binary, args: &[Value]) -> Result<Value> {
    if args[2].as_i64() == Some(1)
        && let Some(result) = exactly(operator, &args[0], &args[1])
    {
        return result;
    }
    cx.binary(operator, &args[0], &args[1])
}

/// Arithmetic in decimal precision; `None` where one side is no number that is a decimal.
pub(super) fn exactly(operator: Binary, a: &Value, b: &Value) -> Option<Result<Value>> {
    // Most amounts are in the base currency, and nothing is left out of them.
    let (neutral, is_right) = match operator {
        Binary::Add | Binary::Subtract => (0, true),
        Binary::Divide => (1, true),
        _ => (0, false),
    };
    let a = a.as_decimal()?;
    if is_right && matches!(b, Value::Int(n) if *n == neutral) {
        return Some(Ok(Value::Decimal(a)));
    }
    let b = b.as_decimal()?;
    let result = match operator {
        Binary::Add | Binary::Subtract if b.is_zero() => Some(a),
        Binary::Add => a.checked_add(b),
        Binary::Subtract => a.checked_sub(b),
        Binary::Multiply => a.checked_mul(b),
        _ if b == Decimal::ONE => Some(a),
        _ => a.checked_div(b),
    };
    Some(result.map(Value::Decimal).ok_or_else(|| Error::expression("The result of the operation is out of range.")))
}

fn value_as(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let ty = ty(&args[1])?;
    if ty.contains(&args[0]) { Ok(args[0].clone()) } else { Err(Error::cannot_convert(&args[0], ty.kind().title())) }
}

fn from_text(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let culture = super::common::culture(cx, &args[1])?;
    super::convert::guess(cx, &args[0], culture)
}

fn replace_metadata(_: &mut Interp, args: &[Value]) -> Result<Value> {
    match args[1].bare() {
        Value::Record(meta) => Ok(args[0].clone().with_meta(meta.clone())),
        other => Err(Error::cannot_convert(other, "Record")),
    }
}

fn remove_metadata(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let names = match args[1].bare() {
        Value::Null => return Ok(args[0].clone().with_meta(Record::empty())),
        Value::Text(name) => vec![name.clone()],
        Value::List(names) => names.texts(cx)?,
        other => return Err(Error::cannot_convert(other, "Text")),
    };
    let kept = args[0].meta().fields().filter(|(name, _)| !names.contains(name)).map(|(n, c)| (n.clone(), c.clone())).collect();
    Ok(args[0].clone().with_meta(Record::from_pairs(kept)?))
}

fn replace_type(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let ty = ty(&args[1])?;
    let (kind, have) = (ty.kind(), args[0].kind());
    let fits = match kind {
        value::Kind::Any | value::Kind::AnyNonNull => true,
        _ if have == value::Kind::Null => ty.is_nullable(),
        _ => kind == have,
    };
    if !fits {
        return Err(Error::cannot_convert(&args[0], kind.title()));
    }
    let width = match (args[0].bare(), ty.form()) {
        (Value::Table(table), TypeForm::Table(wanted)) => Some((table.shape().len(), wanted.fields.len())),
        (Value::Record(record), TypeForm::Record(wanted)) if !wanted.open && wanted.fields.iter().all(|f| !f.optional) => {
            Some((record.shape().len(), wanted.fields.len()))
        }
        _ => None,
    };
    match width {
        Some((have, want)) if have != want => {
            Err(Error::expression("The type of the current value is incompatible with the new type.").with_detail(Value::Type(ty.clone())))
        }
        _ => Ok(args[0].clone().with_type(ty.clone())),
    }
}

fn view_error(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(args[0].clone())
}

fn handler(cx: &mut Interp, handlers: &Record, name: &str) -> Result<Option<Value>> {
    handlers.optional_field(cx, name)
}

struct BinaryView {
    inner: Option<value::Binary>,
    handlers: Record,
}

impl BinarySource for BinaryView {
    fn read(&self, cx: &mut Interp) -> Result<Bytes> {
        let bytes = match handler(cx, &self.handlers, "GetStream")? {
            Some(get) => cx.call(&get, &[])?,
            None => match &self.inner {
                Some(inner) => return inner.bytes(cx),
                None => return Err(Error::expression("The handler 'GetStream' is required.")),
            },
        };
        match bytes.bare() {
            Value::Binary(binary) => binary.bytes(cx),
            other => Err(Error::cannot_convert(other, "Binary")),
        }
    }

    fn length(&self, cx: &mut Interp) -> Result<Option<i64>> {
        match handler(cx, &self.handlers, "GetLength")? {
            Some(get) => Ok(cx.call(&get, &[])?.as_i64()),
            None => Ok(None),
        }
    }
}

fn binary_view(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::Record(handlers) = &args[1] else { return Err(Error::cannot_convert(&args[1], "Record")) };
    let inner = match &args[0] {
        Value::Binary(binary) => Some(binary.clone()),
        _ => None,
    };
    Ok(Value::Binary(value::Binary::lazy(BinaryView { inner, handlers: handlers.clone() })))
}

struct TableView {
    inner: Option<Table>,
    handlers: Record,
    width: usize,
}

impl TableView {
    fn rows(&self, cx: &mut Interp) -> Result<Table> {
        let result = match handler(cx, &self.handlers, "GetRows")? {
            Some(get) => cx.call(&get, &[])?,
            None => match &self.inner {
                Some(table) => Value::Table(table.clone()),
                None => return Err(Error::expression("The handler 'GetRows' is required.")),
            },
        };
        match result.bare() {
            Value::Table(table) => Ok(table.clone()),
            other => Err(Error::cannot_convert(other, "Table")),
        }
    }
}

impl RowSource for TableView {
    fn open(&self, cx: &mut Interp) -> Result<Box<dyn RowCursor>> {
        let table = self.rows(cx)?;
        if table.shape().len() != self.width {
            return Err(Error::expression("The rows of the view don't have the columns of its type."));
        }
        table.open(cx)
    }

    fn count(&self, cx: &mut Interp) -> Result<Option<usize>> {
        match handler(cx, &self.handlers, "GetRowCount")? {
            Some(get) => Ok(cx.call(&get, &[])?.as_i64().map(|n| n.max(0) as usize)),
            None => Ok(None),
        }
    }

    fn view(&self) -> Option<&Record> {
        Some(&self.handlers)
    }
}

fn table_view(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::Record(handlers) = &args[1] else { return Err(Error::cannot_convert(&args[1], "Record")) };
    let inner = match &args[0] {
        Value::Table(table) => Some(table.clone()),
        _ => None,
    };
    let ty = match handler(cx, handlers, "GetType")? {
        Some(get) => {
            let value = cx.call(&get, &[])?;
            match ty(&value)?.form() {
                TypeForm::Table(table) => table.clone(),
                _ => return Err(Error::cannot_convert(&value, "Table")),
            }
        }
        None => {
            let view = TableView { inner: inner.clone(), handlers: handlers.clone(), width: 0 };
            view.rows(cx)?.table_type().clone()
        }
    };
    let width = ty.fields.len();
    Ok(Value::Table(Table::lazy(ty, TableView { inner, handlers: handlers.clone(), width })))
}
