//! `Type.*`: looking at types and making them.

use std::rc::Rc;

use super::{Builtin, LIST, LOGICAL, NULLABLE_LIST, NUMBER, RECORD, TABLE, TEXT, TYPE, arg};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{
    Field, FunctionType, Kind, List, Name, Record, RecordType, Shape, Slot, Table, TableType, Type, TypeData, TypeForm, Value,
};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "Type.AddTableKey",
        params: &[arg("table", TYPE), arg("columns", LIST), arg("isPrimary", LOGICAL)],
        returns: TYPE,
        about: "The table type with a further key.",
        source: "https://learn.microsoft.com/powerquery-m/type-addtablekey",
        examples: &[("Type.TableKeys(Type.AddTableKey(type table [A = text], {\"A\"}, true))", "{[Columns = {\"A\"}, Primary = true]}")],
        run: add_table_key,
    },
    Builtin {
        name: "Type.ClosedRecord",
        params: &[arg("type", TYPE)],
        returns: TYPE,
        about: "The record type without further fields.",
        source: "https://learn.microsoft.com/powerquery-m/type-closedrecord",
        examples: &[("Type.IsOpenRecord(Type.ClosedRecord(type [A = any, ...]))", "false")],
        run: |_, args| record_open(&args[0], false),
    },
    Builtin {
        name: "Type.Facets",
        params: &[arg("type", TYPE)],
        returns: RECORD,
        about: "The facets of a type.",
        source: "https://learn.microsoft.com/powerquery-m/type-facets",
        examples: &[("Type.Facets(type text)[MaxLength]", "null")],
        run: facets,
    },
    Builtin {
        name: "Type.ForFunction",
        params: &[arg("signature", RECORD), arg("min", NUMBER)],
        returns: TYPE,
        about: "A function type from its parts.",
        source: "https://learn.microsoft.com/powerquery-m/type-forfunction",
        examples: &[("Type.FunctionRequiredParameters(Type.ForFunction([ReturnType = type any, Parameters = [X = type any]], 1))", "1")],
        run: for_function,
    },
    Builtin {
        name: "Type.ForRecord",
        params: &[arg("fields", RECORD), arg("open", LOGICAL)],
        returns: TYPE,
        about: "A record type from its fields.",
        source: "https://learn.microsoft.com/powerquery-m/type-forrecord",
        examples: &[("Type.IsOpenRecord(Type.ForRecord([A = [Type = type text, Optional = false]], true))", "true")],
        run: for_record,
    },
    Builtin {
        name: "Type.FunctionParameters",
        params: &[arg("type", TYPE)],
        returns: RECORD,
        about: "The parameters of a function type with their types.",
        source: "https://learn.microsoft.com/powerquery-m/type-functionparameters",
        examples: &[("Record.FieldNames(Type.FunctionParameters(type function (x as text) as any))", "{\"x\"}")],
        run: function_parameters,
    },
    Builtin {
        name: "Type.FunctionRequiredParameters",
        params: &[arg("type", TYPE)],
        returns: NUMBER,
        about: "How many arguments a function type needs.",
        source: "https://learn.microsoft.com/powerquery-m/type-functionrequiredparameters",
        examples: &[("Type.FunctionRequiredParameters(type function (x as any, optional y as any) as any)", "1")],
        run: |_, args| Ok(Value::count(function_type(&args[0])?.required)),
    },
    Builtin {
        name: "Type.FunctionReturn",
        params: &[arg("type", TYPE)],
        returns: TYPE,
        about: "What functions of a type return.",
        source: "https://learn.microsoft.com/powerquery-m/type-functionreturn",
        examples: &[("Type.Is(Type.FunctionReturn(type function () as text), type text)", "true")],
        run: |_, args| Ok(Value::Type(function_type(&args[0])?.returns)),
    },
    Builtin {
        name: "Type.Is",
        params: &[arg("type1", TYPE), arg("type2", TYPE)],
        returns: LOGICAL,
        about: "Whether every value of the first type is one of the second.",
        source: "https://learn.microsoft.com/powerquery-m/type-is",
        examples: &[("Type.Is(Int64.Type, type number)", "true")],
        run: |_, args| Ok(Value::Logical(ty(&args[0])?.is(ty(&args[1])?))),
    },
    Builtin {
        name: "Type.IsNullable",
        params: &[arg("type", TYPE)],
        returns: LOGICAL,
        about: "Whether null belongs to the type.",
        source: "https://learn.microsoft.com/powerquery-m/type-isnullable",
        examples: &[("Type.IsNullable(type nullable text)", "true")],
        run: |_, args| Ok(Value::Logical(ty(&args[0])?.is_nullable())),
    },
    Builtin {
        name: "Type.IsOpenRecord",
        params: &[arg("type", TYPE)],
        returns: LOGICAL,
        about: "Whether records of the type may have further fields.",
        source: "https://learn.microsoft.com/powerquery-m/type-isopenrecord",
        examples: &[("Type.IsOpenRecord(type [A = any])", "false")],
        run: |_, args| Ok(Value::Logical(record_type(&args[0])?.open)),
    },
    Builtin {
        name: "Type.ListItem",
        params: &[arg("type", TYPE)],
        returns: TYPE,
        about: "The type of the items of a list type.",
        source: "https://learn.microsoft.com/powerquery-m/type-listitem",
        examples: &[("Type.Is(Type.ListItem(type {text}), type text)", "true")],
        run: list_item,
    },
    Builtin {
        name: "Type.NonNullable",
        params: &[arg("type", TYPE)],
        returns: TYPE,
        about: "The type without null.",
        source: "https://learn.microsoft.com/powerquery-m/type-nonnullable",
        examples: &[("Type.IsNullable(Type.NonNullable(type nullable text))", "false")],
        run: |_, args| Ok(Value::Type(ty(&args[0])?.to_non_nullable())),
    },
    Builtin {
        name: "Type.OpenRecord",
        params: &[arg("type", TYPE)],
        returns: TYPE,
        about: "The record type with further fields allowed.",
        source: "https://learn.microsoft.com/powerquery-m/type-openrecord",
        examples: &[("Type.IsOpenRecord(Type.OpenRecord(type [A = any]))", "true")],
        run: |_, args| record_open(&args[0], true),
    },
    Builtin {
        name: "Type.RecordFields",
        params: &[arg("type", TYPE)],
        returns: RECORD,
        about: "The fields of a record type.",
        source: "https://learn.microsoft.com/powerquery-m/type-recordfields",
        examples: &[("Type.RecordFields(type [optional A = text])[A][Optional]", "true")],
        run: record_fields,
    },
    Builtin {
        name: "Type.ReplaceFacets",
        params: &[arg("type", TYPE), arg("facets", RECORD)],
        returns: TYPE,
        about: "The type with other facets.",
        source: "https://learn.microsoft.com/powerquery-m/type-replacefacets",
        examples: &[("Type.Facets(Type.ReplaceFacets(type text, [MaxLength = 10]))[MaxLength]", "10")],
        run: replace_facets,
    },
    Builtin {
        name: "Type.ReplaceTableKeys",
        params: &[arg("tableType", TYPE), arg("keys", LIST)],
        returns: TYPE,
        about: "The table type with these keys in place of its own.",
        source: "https://learn.microsoft.com/powerquery-m/type-replacetablekeys",
        examples: &[("Type.TableKeys(Type.ReplaceTableKeys(type table [A = text], {}))", "{}")],
        run: replace_table_keys,
    },
    Builtin {
        name: "Type.ReplaceTablePartitionKey",
        params: &[arg("tableType", TYPE), arg("partitionKey", NULLABLE_LIST)],
        returns: TYPE,
        about: "The table type; partition keys have no effect here.",
        source: "https://learn.microsoft.com/powerquery-m/type-replacetablepartitionkey",
        examples: &[("Type.Is(Type.ReplaceTablePartitionKey(type table [A = text], null), type table)", "true")],
        run: |_, args| table_type(&args[0]).map(|_| args[0].clone()),
    },
    Builtin {
        name: "Type.TableColumn",
        params: &[arg("tableType", TYPE), arg("column", TEXT)],
        returns: TYPE,
        about: "The type of a column of a table type.",
        source: "https://learn.microsoft.com/powerquery-m/type-tablecolumn",
        examples: &[("Type.Is(Type.TableColumn(type table [A = text], \"A\"), type text)", "true")],
        run: table_column,
    },
    Builtin {
        name: "Type.TableKeys",
        params: &[arg("tableType", TYPE)],
        returns: LIST,
        about: "The keys of a table type.",
        source: "https://learn.microsoft.com/powerquery-m/type-tablekeys",
        examples: &[("Type.TableKeys(type table [A = text])", "{}")],
        run: table_keys,
    },
    Builtin {
        name: "Type.TablePartitionKey",
        params: &[arg("tableType", TYPE)],
        returns: NULLABLE_LIST,
        about: "The partition key of a table type: none here.",
        source: "https://learn.microsoft.com/powerquery-m/type-tablepartitionkey",
        examples: &[("Type.TablePartitionKey(type table [A = text])", "null")],
        run: |_, args| table_type(&args[0]).map(|_| Value::Null),
    },
    Builtin {
        name: "Type.TableRow",
        params: &[arg("table", TYPE)],
        returns: TYPE,
        about: "The row type of a table type.",
        source: "https://learn.microsoft.com/powerquery-m/type-tablerow",
        examples: &[("Record.FieldNames(Type.RecordFields(Type.TableRow(type table [A = text])))", "{\"A\"}")],
        run: table_row,
    },
    Builtin {
        name: "Type.TableSchema",
        params: &[arg("tableType", TYPE)],
        returns: TABLE,
        about: "A description of the columns of a table type.",
        source: "https://learn.microsoft.com/powerquery-m/type-tableschema",
        examples: &[("Type.TableSchema(type table [A = Int64.Type]){0}[TypeName]", "\"Int64.Type\"")],
        run: |_, args| Ok(Value::Table(schema(&table_type(&args[0])?))),
    },
    Builtin {
        name: "Type.Union",
        params: &[arg("types", LIST)],
        returns: TYPE,
        about: "The smallest type that has the values of all the types.",
        source: "https://learn.microsoft.com/powerquery-m/type-union",
        examples: &[("Type.Is(type text, Type.Union({type text, type number}))", "true")],
        run: union,
    },
];

fn ty(value: &Value) -> Result<&Type> {
    match value.bare() {
        Value::Type(ty) => Ok(ty),
        other => Err(Error::cannot_convert(other, "Type")),
    }
}

fn not_a(value: &Value, what: &str) -> Error {
    Error::expression(format!("The type isn't a {what} type.")).with_detail(value.clone())
}

fn record_type(value: &Value) -> Result<RecordType> {
    match ty(value)?.form() {
        TypeForm::Record(record) => Ok(record.clone()),
        TypeForm::Primitive(Kind::Record) => Ok(RecordType { fields: Rc::default(), open: true }),
        _ => Err(not_a(value, "record")),
    }
}

fn table_type(value: &Value) -> Result<TableType> {
    match ty(value)?.form() {
        TypeForm::Table(table) => Ok(table.clone()),
        TypeForm::Primitive(Kind::Table) => Ok(TableType::new(Vec::new())),
        _ => Err(not_a(value, "table")),
    }
}

fn function_type(value: &Value) -> Result<FunctionType> {
    match ty(value)?.form() {
        TypeForm::Function(function) => Ok(function.clone()),
        TypeForm::Primitive(Kind::Function) => Ok(FunctionType { params: Vec::new(), required: 0, returns: Type::any() }),
        _ => Err(not_a(value, "function")),
    }
}

fn with_form(value: &Value, form: TypeForm) -> Result<Value> {
    Ok(Value::Type(Type::from_data(TypeData { form, ..ty(value)?.data().clone() })))
}

fn record_open(value: &Value, open: bool) -> Result<Value> {
    let record = record_type(value)?;
    with_form(value, TypeForm::Record(RecordType { open, ..record }))
}

fn names(cx: &mut Interp, value: &Value) -> Result<Vec<Name>> {
    match value.bare() {
        Value::List(list) => list.texts(cx),
        Value::Text(text) => Ok(vec![text.clone()]),
        other => Err(Error::cannot_convert(other, "List")),
    }
}

fn need_columns(table: &TableType, columns: &[Name]) -> Result<()> {
    match columns.iter().find(|c| !table.fields.iter().any(|f| f.name == **c)) {
        Some(missing) => Err(crate::m::eval::missing_column(missing)),
        None => Ok(()),
    }
}

fn add_table_key(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut table = table_type(&args[0])?;
    let columns = names(cx, &args[1])?;
    need_columns(&table, &columns)?;
    let primary = matches!(args[2], Value::Logical(true));
    if primary && table.keys.iter().any(|(_, primary)| *primary) {
        return Err(Error::expression("The table type already has a primary key."));
    }
    table.keys.push((columns, primary));
    with_form(&args[0], TypeForm::Table(table))
}

fn key_list(table: &TableType) -> Value {
    Value::List(List::from_values(table.keys.iter().map(|(columns, primary)| {
        let columns = Value::List(List::from_values(columns.iter().cloned().map(Value::Text)));
        Value::Record(Record::new(vec![("Columns", columns), ("Primary", Value::Logical(*primary))]))
    })))
}

fn table_keys(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(key_list(&table_type(&args[0])?))
}

/// Keys from records with `Columns` and `Primary`.
pub(super) fn read_keys(cx: &mut Interp, keys: &List) -> Result<Vec<(Vec<Name>, bool)>> {
    let mut out = Vec::new();
    for key in keys.values(cx)? {
        let Value::Record(record) = key.bare() else { return Err(Error::cannot_convert(&key, "Record")) };
        let columns = record.field(cx, "Columns")?;
        let columns = names(cx, &columns)?;
        let primary = record.optional_field(cx, "Primary")?.unwrap_or_default();
        out.push((columns, matches!(primary.bare(), Value::Logical(true))));
    }
    Ok(out)
}

fn replace_table_keys(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut table = table_type(&args[0])?;
    let Value::List(keys) = &args[1] else { return Err(Error::cannot_convert(&args[1], "List")) };
    table.keys = read_keys(cx, keys)?;
    for (columns, _) in &table.keys {
        need_columns(&table, columns)?;
    }
    with_form(&args[0], TypeForm::Table(table))
}

fn table_column(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let table = table_type(&args[0])?;
    let Value::Text(name) = &args[1] else { return Err(Error::cannot_convert(&args[1], "Text")) };
    match table.fields.iter().find(|f| f.name == *name) {
        Some(field) => Ok(Value::Type(field.ty.clone())),
        None => Err(crate::m::eval::missing_column(name)),
    }
}

fn table_row(_: &mut Interp, args: &[Value]) -> Result<Value> {
    match ty(&args[0])?.form() {
        TypeForm::Primitive(Kind::Table) => Ok(Value::Type(Type::primitive(Kind::Record))),
        _ => Ok(Value::Type(Type::record(table_type(&args[0])?.fields.to_vec(), false))),
    }
}

fn list_item(_: &mut Interp, args: &[Value]) -> Result<Value> {
    match ty(&args[0])?.form() {
        TypeForm::List(item) => Ok(Value::Type(item.clone())),
        TypeForm::Primitive(Kind::List) => Ok(Value::Type(Type::any())),
        _ => Err(not_a(&args[0], "list")),
    }
}

fn record_fields(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let record = record_type(&args[0])?;
    let shape = Shape::new(record.fields.iter().map(|f| f.name.clone()).collect());
    let cells = record
        .fields
        .iter()
        .map(|f| {
            Slot::Value(Value::Record(Record::new(vec![("Type", Value::Type(f.ty.clone())), ("Optional", Value::Logical(f.optional))])))
        })
        .collect();
    Ok(Value::Record(Record::from_cells(shape, cells)))
}

fn for_record(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::Record(record) = &args[0] else { return Err(Error::cannot_convert(&args[0], "Record")) };
    let mut fields = Vec::new();
    for (name, cell) in record.fields() {
        let value = cell.force(cx)?;
        let Value::Record(field) = value.bare() else { return Err(Error::cannot_convert(&value, "Record")) };
        let field_type = field.field(cx, "Type")?;
        let optional = field.optional_field(cx, "Optional")?.unwrap_or_default();
        fields.push(Field { name: name.clone(), ty: ty(&field_type)?.clone(), optional: matches!(optional.bare(), Value::Logical(true)) });
    }
    Ok(Value::Type(Type::record(fields, matches!(args[1], Value::Logical(true)))))
}

fn for_function(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::Record(signature) = &args[0] else { return Err(Error::cannot_convert(&args[0], "Record")) };
    let required = cx.index(&args[1])?;
    let returns = signature.field(cx, "ReturnType")?;
    let parameters = signature.field(cx, "Parameters")?;
    let Value::Record(parameters) = parameters.bare() else { return Err(Error::cannot_convert(&parameters, "Record")) };
    let mut params = Vec::new();
    for (at, (name, cell)) in parameters.fields().enumerate() {
        let value = cell.force(cx)?;
        params.push(Field { name: name.clone(), ty: ty(&value)?.clone(), optional: at >= required });
    }
    if required > params.len() {
        return Err(Error::expression("The number of required parameters is larger than the number of parameters."));
    }
    Ok(Value::Type(Type::function(FunctionType { params, required, returns: ty(&returns)?.clone() })))
}

fn function_parameters(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let function = function_type(&args[0])?;
    let shape = Shape::new(function.params.iter().map(|p| p.name.clone()).collect());
    let cells = function.params.iter().map(|p| Slot::Value(Value::Type(p.ty.clone()))).collect();
    Ok(Value::Record(Record::from_cells(shape, cells)))
}

const FACETS: [&str; 9] = [
    "NumericPrecisionBase",
    "NumericPrecision",
    "NumericScale",
    "DateTimePrecision",
    "MaxLength",
    "IsVariableLength",
    "NativeTypeName",
    "NativeDefaultExpression",
    "NativeExpression",
];

fn facet_record(ty: &Type) -> Record {
    let own = ty.data().facets.clone().unwrap_or_else(Record::empty);
    let fields = FACETS.iter().map(|name| (*name, own.get(name).and_then(|cell| cell.ready()).unwrap_or_default())).collect();
    Record::new(fields)
}

fn facets(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(Value::Record(facet_record(ty(&args[0])?)))
}

fn replace_facets(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::Record(facets) = &args[1] else { return Err(Error::cannot_convert(&args[1], "Record")) };
    let mut fields = Vec::new();
    for (name, cell) in facets.fields() {
        if !FACETS.contains(&&**name) {
            return Err(Error::expression(format!("'{name}' isn't a facet.")));
        }
        fields.push((name.clone(), cell.force(cx)?));
    }
    let facets = (!fields.is_empty()).then(|| Record::new(fields));
    Ok(Value::Type(ty(&args[0])?.with_facets(facets)))
}

fn union(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::List(types) = &args[0] else { return Err(Error::cannot_convert(&args[0], "List")) };
    let mut result: Option<Type> = None;
    for value in types.values(cx)? {
        let next = ty(&value)?.clone();
        result = Some(match result {
            None => next,
            Some(have) => join(&have, &next),
        });
    }
    Ok(Value::Type(result.unwrap_or_else(|| Type::primitive(Kind::None))))
}

/// The smallest type that both belong to.
fn join(a: &Type, b: &Type) -> Type {
    if a.is(b) {
        return b.clone();
    }
    if b.is(a) {
        return a.clone();
    }
    let nullable = a.is_nullable() || b.is_nullable();
    let plain = match (a.form(), b.form()) {
        (TypeForm::List(x), TypeForm::List(y)) => Type::list(join(x, y)),
        (TypeForm::Primitive(Kind::Null), _) => b.to_nullable(),
        (_, TypeForm::Primitive(Kind::Null)) => a.to_nullable(),
        _ if a.to_non_nullable().is(&b.to_non_nullable()) => b.clone(),
        _ if b.to_non_nullable().is(&a.to_non_nullable()) => a.clone(),
        _ if a.kind() == b.kind() => Type::primitive(a.kind()),
        _ => return if nullable { Type::any() } else { Type::primitive(Kind::AnyNonNull) },
    };
    if nullable { plain.to_nullable() } else { plain }
}

/// The name that a schema gives a type: `Int64.Type`, `Text.Type`.
fn type_name(ty: &Type) -> String {
    ty.claim_name().map_or_else(|| format!("{}.Type", ty.kind().title()), str::to_owned)
}

/// One row per column: name, position, type, nullability, facets (`Table.Schema`, `Type.TableSchema`).
pub(super) fn schema(table: &TableType) -> Table {
    let mut columns: Vec<(&str, Type)> = vec![
        ("Name", Type::primitive(Kind::Text)),
        ("Position", Type::primitive(Kind::Number)),
        ("TypeName", Type::primitive(Kind::Text)),
        ("Kind", Type::primitive(Kind::Text)),
        ("IsNullable", Type::primitive(Kind::Logical)),
    ];
    for facet in FACETS {
        let kind = match facet {
            "IsVariableLength" => Kind::Logical,
            "NativeTypeName" | "NativeDefaultExpression" | "NativeExpression" => Kind::Text,
            _ => Kind::Number,
        };
        columns.push((facet, Type::nullable(kind)));
    }
    columns.push(("Description", Type::nullable(Kind::Text)));
    columns.push(("IsWritable", Type::nullable(Kind::Logical)));
    columns.push(("FieldCaption", Type::nullable(Kind::Text)));
    let rows = table
        .fields
        .iter()
        .enumerate()
        .map(|(at, field)| {
            let meta = |name: &str| field.ty.meta().and_then(|m| m.get(name)).and_then(|cell| cell.ready()).unwrap_or_default();
            let mut cells = vec![
                Value::Text(field.name.clone()),
                Value::count(at),
                Value::from(type_name(&field.ty)),
                Value::text(field.ty.kind().name()),
                Value::Logical(field.ty.is_nullable()),
            ];
            let facets = facet_record(&field.ty);
            cells.extend(facets.cells().iter().map(|cell| cell.ready().unwrap_or_default()));
            cells.extend([meta("Documentation.FieldDescription"), Value::Null, meta("Documentation.FieldCaption")]);
            cells.into_iter().map(Slot::Value).collect()
        })
        .collect();
    let fields = columns.into_iter().map(|(name, ty)| Field::new(name, ty, false)).collect();
    Table::new(TableType::new(fields), rows)
}
