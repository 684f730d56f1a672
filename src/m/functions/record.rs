//! `Record.*`: ordered fields with unique names.

use super::common::{choice, flag, list, names, need_text, record};
use super::{ANY, Builtin, LIST, LOGICAL, NULLABLE_RECORD, NUMBER, RECORD, TABLE, TEXT, arg, opt};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{Field, Kind, List, Name, Record, Row, Shape, Slot, Table, TableType, Type, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "Record.AddField",
        params: &[arg("record", RECORD), arg("fieldName", TEXT), arg("value", ANY), opt("delayed", LOGICAL)],
        returns: RECORD,
        about: "The record with one more field.",
        source: "https://learn.microsoft.com/powerquery-m/record-addfield",
        examples: &[("Record.AddField([a = 1], \"b\", 2)", "[a = 1, b = 2]")],
        run: add_field,
    },
    Builtin {
        name: "Record.Combine",
        params: &[arg("records", LIST)],
        returns: RECORD,
        about: "The fields of several records; later ones win.",
        source: "https://learn.microsoft.com/powerquery-m/record-combine",
        examples: &[("Record.Combine({[a = 1], [b = 2, a = 3]})", "[a = 3, b = 2]")],
        run: combine,
    },
    Builtin {
        name: "Record.Field",
        params: &[arg("record", RECORD), arg("field", TEXT)],
        returns: ANY,
        about: "The value of a field.",
        source: "https://learn.microsoft.com/powerquery-m/record-field",
        examples: &[("Record.Field([a = 1], \"a\")", "1")],
        run: field,
    },
    Builtin {
        name: "Record.FieldCount",
        params: &[arg("record", RECORD)],
        returns: NUMBER,
        about: "How many fields there are.",
        source: "https://learn.microsoft.com/powerquery-m/record-fieldcount",
        examples: &[("Record.FieldCount([a = 1, b = 2])", "2")],
        run: field_count,
    },
    Builtin {
        name: "Record.FieldNames",
        params: &[arg("record", RECORD)],
        returns: LIST,
        about: "The names of the fields.",
        source: "https://learn.microsoft.com/powerquery-m/record-fieldnames",
        examples: &[("Record.FieldNames([a = 1, b = 2])", "{\"a\", \"b\"}")],
        run: field_names,
    },
    Builtin {
        name: "Record.FieldOrDefault",
        params: &[arg("record", NULLABLE_RECORD), arg("field", TEXT), opt("defaultValue", ANY)],
        returns: ANY,
        about: "The value of a field, or a default where it is missing.",
        source: "https://learn.microsoft.com/powerquery-m/record-fieldordefault",
        examples: &[("Record.FieldOrDefault([a = 1], \"b\", 0)", "0")],
        run: field_or_default,
    },
    Builtin {
        name: "Record.FieldValues",
        params: &[arg("record", RECORD)],
        returns: LIST,
        about: "The values of the fields.",
        source: "https://learn.microsoft.com/powerquery-m/record-fieldvalues",
        examples: &[("Record.FieldValues([a = 1, b = 2])", "{1, 2}")],
        run: field_values,
    },
    Builtin {
        name: "Record.FromList",
        params: &[arg("list", LIST), arg("fields", ANY)],
        returns: RECORD,
        about: "A record from values and names or a record type.",
        source: "https://learn.microsoft.com/powerquery-m/record-fromlist",
        examples: &[("Record.FromList({1, 2}, {\"a\", \"b\"})", "[a = 1, b = 2]")],
        run: from_list,
    },
    Builtin {
        name: "Record.FromTable",
        params: &[arg("table", TABLE)],
        returns: RECORD,
        about: "A record from a table with the columns Name and Value.",
        source: "https://learn.microsoft.com/powerquery-m/record-fromtable",
        examples: &[("Record.FromTable(#table({\"Name\", \"Value\"}, {{\"a\", 1}}))", "[a = 1]")],
        run: from_table,
    },
    Builtin {
        name: "Record.HasFields",
        params: &[arg("record", RECORD), arg("fields", ANY)],
        returns: LOGICAL,
        about: "Whether the record has all of the named fields.",
        source: "https://learn.microsoft.com/powerquery-m/record-hasfields",
        examples: &[("Record.HasFields([a = 1], {\"a\", \"b\"})", "false")],
        run: has_fields,
    },
    Builtin {
        name: "Record.RemoveFields",
        params: &[arg("record", RECORD), arg("fields", ANY), opt("missingField", NUMBER)],
        returns: RECORD,
        about: "The record without some fields.",
        source: "https://learn.microsoft.com/powerquery-m/record-removefields",
        examples: &[("Record.RemoveFields([a = 1, b = 2], \"b\")", "[a = 1]")],
        run: remove_fields,
    },
    Builtin {
        name: "Record.RenameFields",
        params: &[arg("record", RECORD), arg("renames", LIST), opt("missingField", NUMBER)],
        returns: RECORD,
        about: "The record with fields renamed.",
        source: "https://learn.microsoft.com/powerquery-m/record-renamefields",
        examples: &[("Record.RenameFields([a = 1, b = 2], {{\"a\", \"c\"}})", "[c = 1, b = 2]")],
        run: rename_fields,
    },
    Builtin {
        name: "Record.ReorderFields",
        params: &[arg("record", RECORD), arg("fieldOrder", LIST), opt("missingField", NUMBER)],
        returns: RECORD,
        about: "The record with some fields in another order.",
        source: "https://learn.microsoft.com/powerquery-m/record-reorderfields",
        examples: &[("Record.FieldNames(Record.ReorderFields([a = 1, b = 2, c = 3], {\"c\", \"a\"}))", "{\"c\", \"b\", \"a\"}")],
        run: reorder_fields,
    },
    Builtin {
        name: "Record.SelectFields",
        params: &[arg("record", RECORD), arg("fields", ANY), opt("missingField", NUMBER)],
        returns: RECORD,
        about: "The record with only some fields, in the order asked for.",
        source: "https://learn.microsoft.com/powerquery-m/record-selectfields",
        examples: &[("Record.SelectFields([a = 1, b = 2], {\"b\"})", "[b = 2]")],
        run: select_fields,
    },
    Builtin {
        name: "Record.ToList",
        params: &[arg("record", RECORD)],
        returns: LIST,
        about: "The values of the fields.",
        source: "https://learn.microsoft.com/powerquery-m/record-tolist",
        examples: &[("Record.ToList([a = 1, b = 2])", "{1, 2}")],
        run: field_values,
    },
    Builtin {
        name: "Record.ToTable",
        params: &[arg("record", RECORD)],
        returns: TABLE,
        about: "A table with the columns Name and Value.",
        source: "https://learn.microsoft.com/powerquery-m/record-totable",
        examples: &[("Record.ToTable([a = 1])", "#table({\"Name\", \"Value\"}, {{\"a\", 1}})")],
        run: to_table,
    },
    Builtin {
        name: "Record.TransformFields",
        params: &[arg("record", RECORD), arg("transformOperations", LIST), opt("missingField", NUMBER)],
        returns: RECORD,
        about: "The record with functions applied to fields.",
        source: "https://learn.microsoft.com/powerquery-m/record-transformfields",
        examples: &[("Record.TransformFields([a = \"1\", b = 2], {\"a\", Number.From})", "[a = 1, b = 2]")],
        run: transform_fields,
    },
];

fn made(record: Record) -> Result<Value> {
    Ok(Value::Record(record))
}

fn names_list(record: &Record) -> Value {
    Value::List(List::from_values(record.shape().names().iter().map(|n| Value::Text(n.clone()))))
}

fn field(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    record(&args[0])?.field(cx, &need_text(&args[1])?)
}

fn field_or_default(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    match &args[0] {
        Value::Record(r) => Ok(r.optional_field(cx, &need_text(&args[1])?)?.unwrap_or_else(|| args[2].clone())),
        _ => Ok(args[2].clone()),
    }
}

fn field_count(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(Value::count(record(&args[0])?.shape().len()))
}

fn field_names(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(names_list(&record(&args[0])?))
}

fn field_values(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(Value::List(List::from_slots(record(&args[0])?.cells().to_vec())))
}

fn has_fields(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let r = record(&args[0])?;
    Ok(Value::Logical(names(cx, &args[1])?.iter().all(|name| r.get(name).is_some())))
}

fn add_field(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let r = record(&args[0])?;
    let name = need_text(&args[1])?;
    let cell = if flag(&args[3], false) {
        let make = args[2].clone();
        Slot::lazy(move |cx| cx.call(&make, &[]))
    } else {
        Slot::Value(args[2].clone())
    };
    let mut pairs: Vec<(Name, Slot)> = r.fields().map(|(n, s)| (n.clone(), s.clone())).collect();
    pairs.push((name, cell));
    Record::from_pairs(pairs).and_then(made)
}

fn combine(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut out = Record::empty();
    list(&args[0])?.each(cx, |_, item| {
        out = out.merge(&record(&item)?);
        Ok(true)
    })?;
    made(out)
}

/// Fields of a record type, or names with type any.
fn fields_of(cx: &mut Interp, value: &Value) -> Result<Vec<Name>> {
    match value.bare() {
        Value::Type(ty) => match ty.fields() {
            Some(fields) => Ok(fields.iter().map(|f| f.name.clone()).collect()),
            None => Err(Error::expression("A record type was expected.").with_detail(value.clone())),
        },
        _ => names(cx, value),
    }
}

fn from_list(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let cells = list(&args[0])?.slots(cx)?;
    let names = fields_of(cx, &args[1])?;
    if cells.len() != names.len() {
        return Err(Error::expression(format!(
            "The number of values ({}) and the number of fields ({}) do not match.",
            cells.len(),
            names.len()
        )));
    }
    let value = Value::Record(Record::from_pairs(names.into_iter().zip(cells).collect())?);
    Ok(match args[1].bare() {
        Value::Type(ty) => value.with_type(ty.clone()),
        _ => value,
    })
}

fn from_table(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let table = super::table_columns::table(&args[0])?;
    let place = |name: &str| table.shape().position(name).ok_or_else(|| crate::m::eval::missing_column(name));
    let (name_at, value_at) = (place("Name")?, place("Value")?);
    let mut pairs = Vec::new();
    table.each(cx, |cx, row| {
        let name = need_text(&row[name_at].force(cx)?)?;
        pairs.push((name, row[value_at].clone()));
        Ok(true)
    })?;
    Record::from_pairs(pairs).and_then(made)
}

fn to_table(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let r = record(&args[0])?;
    let ty = TableType::new(vec![Field::new("Name", Type::primitive(Kind::Text), false), Field::new("Value", Type::any(), false)]);
    let rows = r.fields().map(|(name, cell)| -> Row { vec![Slot::Value(Value::Text(name.clone())), cell.clone()].into() }).collect();
    Ok(Value::Table(Table::new(ty, rows)))
}

/// What to do with a field that is not there: 0 error, 1 leave out, 2 null.
fn missing_kind(value: &Value) -> Result<i64> {
    choice(value, 0, 0..=2, "missingField")
}

fn select_fields(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let r = record(&args[0])?;
    let missing = missing_kind(&args[2])?;
    let mut pairs = Vec::new();
    for name in names(cx, &args[1])? {
        match r.get(&name) {
            Some(cell) => pairs.push((name, cell.to_slot())),
            None if missing == 0 => return Err(r.missing(&name)),
            None if missing == 2 => pairs.push((name, Slot::Value(Value::Null))),
            None => {}
        }
    }
    Record::from_pairs(pairs).and_then(made)
}

fn remove_fields(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let r = record(&args[0])?;
    let missing = missing_kind(&args[2])?;
    let drop = names(cx, &args[1])?;
    if missing == 0
        && let Some(name) = drop.iter().find(|name| r.get(name).is_none())
    {
        return Err(r.missing(name));
    }
    let (names, cells): (Vec<Name>, Vec<Slot>) =
        r.fields().filter(|(name, _)| !drop.contains(name)).map(|(n, c)| (n.clone(), c.clone())).unzip();
    made(Record::from_cells(Shape::new(names), cells))
}

/// Pairs of old and new name: one pair or a list of pairs.
pub(super) fn renames(cx: &mut Interp, value: &Value) -> Result<Vec<(Name, Name)>> {
    let parts = list(value)?.values(cx)?;
    let pair = |cx: &mut Interp, value: &Value| -> Result<(Name, Name)> {
        match list(value)?.texts(cx)?.as_slice() {
            [old, new] => Ok((old.clone(), new.clone())),
            _ => Err(Error::expression("Expected a list of an old and a new name.").with_detail(value.clone())),
        }
    };
    match parts.first().map(Value::bare) {
        Some(Value::Text(_)) => Ok(vec![pair(cx, value)?]),
        _ => parts.iter().map(|part| pair(cx, part)).collect(),
    }
}

fn rename_fields(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let r = record(&args[0])?;
    let missing = missing_kind(&args[2])?;
    let mut pairs: Vec<(Name, Slot)> = r.fields().map(|(n, c)| (n.clone(), c.clone())).collect();
    for (old, new) in renames(cx, &args[1])? {
        match r.shape().position(&old) {
            Some(at) => pairs[at].0 = new,
            None if missing == 0 => return Err(r.missing(&old)),
            None if missing == 2 => pairs.push((new, Slot::Value(Value::Null))),
            None => {}
        }
    }
    Record::from_pairs(pairs).and_then(made)
}

/// The places of names in the order that results when some names take one another's places.
pub(super) fn reordered(shape: &Shape, order: &[Name]) -> Vec<usize> {
    let mut wanted: Vec<usize> = Vec::new();
    for name in order {
        if let Some(at) = shape.position(name)
            && !wanted.contains(&at)
        {
            wanted.push(at);
        }
    }
    let mut next = wanted.iter();
    (0..shape.len()).map(|at| if wanted.contains(&at) { next.next().copied().unwrap_or(at) } else { at }).collect()
}

fn reorder_fields(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let r = record(&args[0])?;
    let missing = missing_kind(&args[2])?;
    let order = names(cx, &args[1])?;
    if missing == 0
        && let Some(name) = order.iter().find(|name| r.get(name).is_none())
    {
        return Err(r.missing(name));
    }
    let mut all: Vec<(Name, Slot)> = r.fields().map(|(n, c)| (n.clone(), c.clone())).collect();
    if missing == 2 {
        all.extend(order.iter().filter(|n| r.get(n).is_none()).map(|n| (n.clone(), Slot::Value(Value::Null))));
    }
    let shape = Shape::new(all.iter().map(|(n, _)| n.clone()).collect());
    Record::from_pairs(reordered(&shape, &order).into_iter().map(|at| all[at].clone()).collect()).and_then(made)
}

fn transform_fields(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let r = record(&args[0])?;
    let missing = missing_kind(&args[2])?;
    let operations = list(&args[1])?.values(cx)?;
    let operations = match operations.first().map(Value::bare) {
        Some(Value::Text(_)) => vec![args[1].clone()],
        _ => operations,
    };
    let mut pairs: Vec<(Name, Slot)> = r.fields().map(|(n, c)| (n.clone(), c.clone())).collect();
    for operation in operations {
        let parts = list(&operation)?.values(cx)?;
        let [name, function, ..] = parts.as_slice() else {
            return Err(Error::expression("Expected a list of a field name and a function.").with_detail(operation.clone()));
        };
        let name = need_text(name)?;
        let function = function.clone();
        match r.shape().position(&name) {
            Some(at) => {
                let cell = pairs[at].1.clone();
                pairs[at].1 = Slot::lazy(move |cx| {
                    let value = cell.force(cx)?;
                    cx.call(&function, &[value])
                });
            }
            None if missing == 0 => return Err(r.missing(&name)),
            None if missing == 2 => pairs.push((name, Slot::call(&function, Value::Null))),
            None => {}
        }
    }
    Record::from_pairs(pairs).and_then(made)
}
