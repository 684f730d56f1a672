//! Tables from other values and other values from tables: `#table`, `Table.From*`, `Table.To*`, `Table.View`, keys and types.

use std::rc::Rc;

use super::common::{choice, function, list, names, need_text, record};
use super::table_columns::{check_distinct, table};
use super::{ANY, Builtin, FUNCTION, LIST, LOGICAL, NULLABLE_LIST, NUMBER, RECORD, TABLE, TEXT, TYPE, arg, opt};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{
    Field, Function, Kind, List, Name, Record, Row, RowCursor, RowSource, Shape, Slot, Table, TableType, Type, TypeForm, Value,
};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "Table.AddKey",
        params: &[arg("table", TABLE), arg("columns", LIST), arg("isPrimary", LOGICAL)],
        returns: TABLE,
        about: "The table with a key.",
        source: "https://learn.microsoft.com/powerquery-m/table-addkey",
        examples: &[("Table.Keys(Table.AddKey(#table({\"A\"}, {{1}}), {\"A\"}, true))", "{[Columns = {\"A\"}, Primary = true]}")],
        run: add_key,
    },
    Builtin {
        name: "Table.ApproximateRowCount",
        params: &[arg("table", TABLE)],
        returns: NUMBER,
        about: "About how many rows there are.",
        source: "https://learn.microsoft.com/powerquery-m/table-approximaterowcount",
        examples: &[("Table.ApproximateRowCount(#table({\"A\"}, {{1}, {2}}))", "2")],
        run: row_count,
    },
    Builtin {
        name: "Table.Buffer",
        params: &[arg("table", TABLE), opt("options", RECORD)],
        returns: TABLE,
        about: "The table, its rows fetched once and kept; cells stay as they are.",
        source: "https://learn.microsoft.com/powerquery-m/table-buffer",
        examples: &[("Table.Buffer(#table({\"A\"}, {{1}}))", "#table({\"A\"}, {{1}})")],
        run: buffer,
    },
    Builtin {
        name: "Table.Column",
        params: &[arg("table", TABLE), arg("column", TEXT)],
        returns: LIST,
        about: "The values of a column.",
        source: "https://learn.microsoft.com/powerquery-m/table-column",
        examples: &[("Table.Column(#table({\"A\"}, {{1}, {2}}), \"A\")", "{1, 2}")],
        run: column,
    },
    Builtin {
        name: "Table.ColumnCount",
        params: &[arg("table", TABLE)],
        returns: NUMBER,
        about: "How many columns there are.",
        source: "https://learn.microsoft.com/powerquery-m/table-columncount",
        examples: &[("Table.ColumnCount(#table({\"A\", \"B\"}, {}))", "2")],
        run: column_count,
    },
    Builtin {
        name: "Table.ColumnNames",
        params: &[arg("table", TABLE)],
        returns: LIST,
        about: "The names of the columns.",
        source: "https://learn.microsoft.com/powerquery-m/table-columnnames",
        examples: &[("Table.ColumnNames(#table({\"A\", \"B\"}, {}))", "{\"A\", \"B\"}")],
        run: column_names,
    },
    Builtin {
        name: "Table.ColumnsOfType",
        params: &[arg("table", TABLE), arg("listOfTypes", LIST)],
        returns: LIST,
        about: "The names of the columns whose type is one of some types.",
        source: "https://learn.microsoft.com/powerquery-m/table-columnsoftype",
        examples: &[("Table.ColumnsOfType(#table(type table [A = number, B = text], {}), {type text})", "{\"B\"}")],
        run: columns_of_type,
    },
    Builtin {
        name: "Table.DemoteHeaders",
        params: &[arg("table", TABLE)],
        returns: TABLE,
        about: "The column names as the first row.",
        source: "https://learn.microsoft.com/powerquery-m/table-demoteheaders",
        examples: &[("Table.DemoteHeaders(#table({\"A\"}, {{1}}))", "#table({\"Column1\"}, {{\"A\"}, {1}})")],
        run: demote_headers,
    },
    Builtin {
        name: "Table.FromColumns",
        params: &[arg("lists", LIST), opt("columns", ANY)],
        returns: TABLE,
        about: "A table from lists of the values of its columns; shorter ones are filled with null.",
        source: "https://learn.microsoft.com/powerquery-m/table-fromcolumns",
        examples: &[("Table.FromColumns({{1, 2}, {3}}, {\"A\", \"B\"})", "#table({\"A\", \"B\"}, {{1, 3}, {2, null}})")],
        run: from_columns,
    },
    Builtin {
        name: "Table.FromList",
        params: &[arg("list", LIST), opt("splitter", FUNCTION), opt("columns", ANY), opt("default", ANY), opt("extraValues", NUMBER)],
        returns: TABLE,
        about: "A table from a list whose items a splitter turns into rows.",
        source: "https://learn.microsoft.com/powerquery-m/table-fromlist",
        examples: &[
            ("Table.FromList({\"a,1\", \"b,2\"}, null, {\"L\", \"N\"})", "#table({\"L\", \"N\"}, {{\"a\", \"1\"}, {\"b\", \"2\"}})"),
            ("Table.FromList({1, 2}, Splitter.SplitByNothing())", "#table({\"Column1\"}, {{1}, {2}})"),
        ],
        run: from_list,
    },
    Builtin {
        name: "Table.FromPartitions",
        params: &[arg("partitionColumn", TEXT), arg("partitions", LIST), opt("partitionColumnType", TYPE)],
        returns: TABLE,
        about: "The rows of several tables with a column that tells them apart.",
        source: "https://learn.microsoft.com/powerquery-m/table-frompartitions",
        examples: &[(
            "Table.FromPartitions(\"Y\", {{1, #table({\"A\"}, {{5}})}, {2, #table({\"A\"}, {{6}})}})",
            "#table({\"A\", \"Y\"}, {{5, 1}, {6, 2}})",
        )],
        run: from_partitions,
    },
    Builtin {
        name: "Table.FromRecords",
        params: &[arg("records", LIST), opt("columns", ANY), opt("missingField", NUMBER)],
        returns: TABLE,
        about: "A table from a list of records.",
        source: "https://learn.microsoft.com/powerquery-m/table-fromrecords",
        examples: &[
            ("Table.FromRecords({[A = 1], [A = 2]})", "#table({\"A\"}, {{1}, {2}})"),
            (
                "Table.FromRecords({[A = 1], [B = 2]}, {\"A\", \"B\"}, MissingField.UseNull)",
                "#table({\"A\", \"B\"}, {{1, null}, {null, 2}})",
            ),
        ],
        run: from_records,
    },
    Builtin {
        name: "Table.FromRows",
        params: &[arg("rows", LIST), opt("columns", ANY)],
        returns: TABLE,
        about: "A table from lists of the values of its rows.",
        source: "https://learn.microsoft.com/powerquery-m/table-fromrows",
        examples: &[("Table.FromRows({{1, 2}}, {\"A\", \"B\"})", "#table({\"A\", \"B\"}, {{1, 2}})")],
        run: from_rows,
    },
    Builtin {
        name: "Table.FromValue",
        params: &[arg("value", ANY), opt("options", RECORD)],
        returns: TABLE,
        about: "A table with a column that holds a value or the items of a list.",
        source: "https://learn.microsoft.com/powerquery-m/table-fromvalue",
        examples: &[("Table.FromValue({1, 2})", "#table({\"Value\"}, {{1}, {2}})")],
        run: from_value,
    },
    Builtin {
        name: "Table.HasColumns",
        params: &[arg("table", TABLE), arg("columns", ANY)],
        returns: LOGICAL,
        about: "Whether the table has all of the named columns.",
        source: "https://learn.microsoft.com/powerquery-m/table-hascolumns",
        examples: &[("Table.HasColumns(#table({\"A\"}, {}), {\"A\", \"B\"})", "false")],
        run: has_columns,
    },
    Builtin {
        name: "Table.IsEmpty",
        params: &[arg("table", TABLE)],
        returns: LOGICAL,
        about: "Whether there is no row.",
        source: "https://learn.microsoft.com/powerquery-m/table-isempty",
        examples: &[("Table.IsEmpty(#table({\"A\"}, {}))", "true")],
        run: is_empty,
    },
    Builtin {
        name: "Table.Keys",
        params: &[arg("table", TABLE)],
        returns: LIST,
        about: "The keys of the table.",
        source: "https://learn.microsoft.com/powerquery-m/table-keys",
        examples: &[("Table.Keys(#table({\"A\"}, {}))", "{}")],
        run: keys,
    },
    Builtin {
        name: "Table.PartitionKey",
        params: &[arg("table", TABLE)],
        returns: NULLABLE_LIST,
        about: "The partition key of the table, if any.",
        source: "https://learn.microsoft.com/powerquery-m/table-partitionkey",
        examples: &[("Table.PartitionKey(#table({\"A\"}, {}))", "null")],
        run: partition_key,
    },
    Builtin {
        name: "Table.PromoteHeaders",
        params: &[arg("table", TABLE), opt("options", RECORD)],
        returns: TABLE,
        about: "The first row as column names.",
        source: "https://learn.microsoft.com/powerquery-m/table-promoteheaders",
        examples: &[("Table.PromoteHeaders(#table({\"Column1\"}, {{\"A\"}, {1}}))", "#table({\"A\"}, {{1}})")],
        run: promote_headers,
    },
    Builtin {
        name: "Table.ReplaceKeys",
        params: &[arg("table", TABLE), arg("keys", LIST)],
        returns: TABLE,
        about: "The table with other keys.",
        source: "https://learn.microsoft.com/powerquery-m/table-replacekeys",
        examples: &[(
            "Table.Keys(Table.ReplaceKeys(#table({\"A\"}, {}), {[Columns = {\"A\"}, Primary = true]}))",
            "{[Columns = {\"A\"}, Primary = true]}",
        )],
        run: replace_keys,
    },
    Builtin {
        name: "Table.ReplacePartitionKey",
        params: &[arg("table", TABLE), arg("partitionKey", NULLABLE_LIST)],
        returns: TABLE,
        about: "The table with another partition key.",
        source: "https://learn.microsoft.com/powerquery-m/table-replacepartitionkey",
        examples: &[("Table.RowCount(Table.ReplacePartitionKey(#table({\"A\"}, {{1}}), null))", "1")],
        run: same,
    },
    Builtin {
        name: "Table.ReplaceRelationshipIdentity",
        params: &[arg("value", ANY), arg("identity", TEXT)],
        returns: ANY,
        about: "The value under another identity in relationship detection.",
        source: "https://learn.microsoft.com/powerquery-m/table-replacerelationshipidentity",
        examples: &[("Table.RowCount(Table.ReplaceRelationshipIdentity(#table({\"A\"}, {{1}}), \"x\"))", "1")],
        run: same,
    },
    Builtin {
        name: "Table.RowCount",
        params: &[arg("table", TABLE)],
        returns: NUMBER,
        about: "How many rows there are.",
        source: "https://learn.microsoft.com/powerquery-m/table-rowcount",
        examples: &[("Table.RowCount(#table({\"A\"}, {{1}, {2}}))", "2")],
        run: row_count,
    },
    Builtin {
        name: "Table.Schema",
        params: &[arg("table", TABLE)],
        returns: TABLE,
        about: "A table that describes the columns.",
        source: "https://learn.microsoft.com/powerquery-m/table-schema",
        examples: &[("Table.Schema(#table(type table [A = Int64.Type], {})){0}[TypeName]", "\"Int64.Type\"")],
        run: schema,
    },
    Builtin {
        name: "Table.StopFolding",
        params: &[arg("table", TABLE)],
        returns: TABLE,
        about: "The table, whose further steps run here.",
        source: "https://learn.microsoft.com/powerquery-m/table-stopfolding",
        examples: &[("Table.StopFolding(#table({\"A\"}, {{1}}))", "#table({\"A\"}, {{1}})")],
        run: same,
    },
    Builtin {
        name: "Table.ToColumns",
        params: &[arg("table", TABLE)],
        returns: LIST,
        about: "The values of each column as lists.",
        source: "https://learn.microsoft.com/powerquery-m/table-tocolumns",
        examples: &[("Table.ToColumns(#table({\"A\", \"B\"}, {{1, 2}, {3, 4}}))", "{{1, 3}, {2, 4}}")],
        run: to_columns,
    },
    Builtin {
        name: "Table.ToList",
        params: &[arg("table", TABLE), opt("combiner", FUNCTION)],
        returns: LIST,
        about: "Each row as one value that a combiner makes.",
        source: "https://learn.microsoft.com/powerquery-m/table-tolist",
        examples: &[("Table.ToList(#table({\"A\", \"B\"}, {{\"a\", \"b\"}}), Combiner.CombineTextByDelimiter(\"-\"))", "{\"a-b\"}")],
        run: to_list,
    },
    Builtin {
        name: "Table.ToRecords",
        params: &[arg("table", TABLE)],
        returns: LIST,
        about: "The rows as records.",
        source: "https://learn.microsoft.com/powerquery-m/table-torecords",
        examples: &[("Table.ToRecords(#table({\"A\"}, {{1}}))", "{[A = 1]}")],
        run: to_records,
    },
    Builtin {
        name: "Table.ToRows",
        params: &[arg("table", TABLE)],
        returns: LIST,
        about: "The values of each row as lists.",
        source: "https://learn.microsoft.com/powerquery-m/table-torows",
        examples: &[("Table.ToRows(#table({\"A\", \"B\"}, {{1, 2}}))", "{{1, 2}}")],
        run: to_rows,
    },
    Builtin {
        name: "Table.Transpose",
        params: &[arg("table", TABLE), opt("columns", ANY)],
        returns: TABLE,
        about: "Rows become columns.",
        source: "https://learn.microsoft.com/powerquery-m/table-transpose",
        examples: &[("Table.Transpose(#table({\"A\", \"B\"}, {{1, 2}, {3, 4}}))", "#table({\"Column1\", \"Column2\"}, {{1, 3}, {2, 4}})")],
        run: transpose,
    },
    Builtin {
        name: "Table.WithErrorContext",
        params: &[arg("value", ANY), arg("context", TEXT)],
        returns: ANY,
        about: "The value; errors in it carry a context for diagnosis.",
        source: "https://learn.microsoft.com/powerquery-m/table-witherrorcontext",
        examples: &[("Table.WithErrorContext(1, \"x\")", "1")],
        run: same,
    },
];

fn made(table: Table) -> Result<Value> {
    Ok(Value::Table(table))
}

fn same(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(args[0].clone())
}

/// What a column costs, at least.
pub(super) const COLUMN_BYTES: usize = 96;

/// `Column1`, `Column2` …
pub(super) fn numbered(count: usize) -> Vec<Name> {
    (1..=count).map(|n| Name::from(format!("Column{n}"))).collect()
}

/// The row type that a `columns` argument names: a number of columns, names, or a table or record type. Null gives `None`.
pub(super) fn columns(cx: &mut Interp, value: &Value) -> Result<Option<TableType>> {
    let ty = match value.bare() {
        Value::Null => return Ok(None),
        Value::Type(ty) => match ty.form() {
            TypeForm::Table(table) => table.clone(),
            TypeForm::Record(record) => TableType { fields: record.fields.clone(), keys: Vec::new() },
            TypeForm::Primitive(Kind::Table) => return Ok(None),
            _ => return Err(Error::cannot_convert(value, "Table")),
        },
        Value::List(items) => {
            let mut fields = Vec::new();
            for item in items.values(cx)? {
                fields.push(Field { name: need_text(&item)?, ty: Type::any(), optional: false });
            }
            TableType::new(fields)
        }
        Value::Text(name) => TableType::untyped(std::slice::from_ref(name)),
        number if number.is_number() => {
            let width = super::common::count("columns", number)?;
            cx.charge(width.saturating_mul(COLUMN_BYTES))?;
            TableType::untyped(&numbered(width))
        }
        other => return Err(Error::cannot_convert(other, "List")),
    };
    check_distinct(ty.fields.iter().map(|f| &f.name))?;
    Ok(Some(ty))
}

/// Rows on demand from a list whose items `split` turns into cells.
struct ListRows<F> {
    items: List,
    split: Rc<F>,
}

struct ListRowsCursor<F> {
    items: Box<dyn crate::m::value::ListCursor>,
    split: Rc<F>,
}

impl<F: Fn(&mut Interp, Value) -> Result<Row> + 'static> RowSource for ListRows<F> {
    fn open(&self, cx: &mut Interp) -> Result<Box<dyn RowCursor>> {
        Ok(Box::new(ListRowsCursor { items: self.items.open(cx)?, split: self.split.clone() }))
    }

    fn count(&self, cx: &mut Interp) -> Result<Option<usize>> {
        self.items.count(cx).map(Some)
    }
}

impl<F: Fn(&mut Interp, Value) -> Result<Row>> RowCursor for ListRowsCursor<F> {
    fn next(&mut self, cx: &mut Interp) -> Result<Option<Row>> {
        match self.items.next_value(cx)? {
            Some(item) => (self.split)(cx, item).map(Some),
            None => Ok(None),
        }
    }
}

fn from_items(ty: TableType, items: List, split: impl Fn(&mut Interp, Value) -> Result<Row> + 'static) -> Table {
    Table::lazy(ty, ListRows { items, split: Rc::new(split) })
}

/// Cells of a row given as a list; a list of the wrong length makes a row of errors.
fn exact_row(cx: &mut Interp, item: &Value, width: usize) -> Result<Row> {
    let items = list(item)?;
    let cells = items.slots(cx)?;
    if cells.len() == width {
        return Ok(cells.into());
    }
    let error = if cells.len() > width {
        Error::data_format(format!("There were more columns in the result than expected. Count={width}"))
    } else {
        Error::data_format(format!("There were fewer columns in the result than expected. Count={width}"))
    };
    Ok((0..width).map(|_| Slot::failed(error.clone())).collect())
}

fn first_width(cx: &mut Interp, rows: &List) -> Result<usize> {
    match rows.open(cx)?.next_value(cx)? {
        Some(first) => list(&first)?.count(cx),
        None => Ok(0),
    }
}

fn table_of_rows(cx: &mut Interp, rows: &List, ty: Option<TableType>) -> Result<Table> {
    let ty = match ty {
        Some(ty) => ty,
        None => TableType::untyped(&numbered(first_width(cx, rows)?)),
    };
    let width = ty.fields.len();
    // Literal rows are at hand: no need to read them anew each time.
    if let Some(items) = rows.items() {
        let mut held = Vec::with_capacity(items.len());
        for item in items {
            match item.ready() {
                Some(row) if matches!(row.bare(), Value::List(_)) => held.push(exact_row(cx, &row, width)?),
                _ => return Ok(from_items(ty, rows.clone(), move |cx, item| exact_row(cx, &item, width))),
            }
        }
        return Ok(Table::new(ty, held));
    }
    Ok(from_items(ty, rows.clone(), move |cx, item| exact_row(cx, &item, width)))
}

/// The table with the exact type value, so that its metadata stays.
fn ascribed(table: Table, columns: &Value) -> Value {
    match columns.bare() {
        Value::Type(ty) => Value::Table(table.with_type(ty)),
        _ => Value::Table(table),
    }
}

fn from_rows(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let ty = columns(cx, &args[1])?;
    let rows = list(&args[0])?;
    Ok(ascribed(table_of_rows(cx, &rows, ty)?, &args[1]))
}

fn from_records(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let records = list(&args[0])?;
    let missing = choice(&args[2], 0, 0..=2, "missingField")?;
    let ty = match columns(cx, &args[1])? {
        Some(ty) => ty,
        None => match records.open(cx)?.next_value(cx)? {
            Some(first) => {
                let first_record = record(&first)?;
                match first.ty().form() {
                    TypeForm::Record(ty) => TableType { fields: ty.fields.clone(), keys: Vec::new() },
                    _ => TableType::untyped(first_record.shape().names()),
                }
            }
            None => TableType::new(Vec::new()),
        },
    };
    let shape = Shape::new(ty.fields.iter().map(|f| f.name.clone()).collect());
    // Records of one making have one shape: it is compared once.
    let fits = std::cell::RefCell::new(shape.clone());
    // Where the columns are in the records that were seen last.
    let seen: std::cell::RefCell<(Shape, Vec<Option<usize>>)> =
        std::cell::RefCell::new((shape.clone(), (0..shape.len()).map(Some).collect()));
    let table = from_items(ty, records, move |_, item| {
        let r = record(&item)?;
        if r.shape().ptr_eq(&fits.borrow()) {
            return Ok(r.cells().clone());
        }
        if r.shape().names() == shape.names() {
            *fits.borrow_mut() = r.shape().clone();
            return Ok(r.cells().clone());
        }
        if !r.shape().ptr_eq(&seen.borrow().0) {
            *seen.borrow_mut() = (r.shape().clone(), shape.names().iter().map(|name| r.shape().position(name)).collect());
        }
        let (_, places) = &*seen.borrow();
        Ok(shape
            .names()
            .iter()
            .zip(places)
            .map(|(name, place)| match place {
                Some(place) => r.cell(*place).map_or(Slot::Value(Value::Null), |cell| cell.to_slot()),
                None if missing == 0 => Slot::failed(r.missing(name)),
                None => Slot::Value(Value::Null),
            })
            .collect())
    });
    Ok(ascribed(table, &args[1]))
}

fn from_columns(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let lists = list(&args[0])?.values(cx)?;
    let columns_given = columns(cx, &args[1])?;
    let mut data = lists.iter().map(|l| list(l)?.slots(cx)).collect::<Result<Vec<_>>>()?;
    let ty = columns_given.unwrap_or_else(|| TableType::untyped(&numbered(data.len())));
    if data.len() > ty.fields.len() {
        return Err(Error::expression(format!(
            "The number of columns ({}) is smaller than the number of lists ({}).",
            ty.fields.len(),
            data.len()
        )));
    }
    data.resize(ty.fields.len(), Vec::new());
    let length = data.iter().map(Vec::len).max().unwrap_or(0);
    let rows = (0..length).map(|i| data.iter().map(|c| c.get(i).cloned().unwrap_or(Slot::Value(Value::Null))).collect()).collect();
    Ok(ascribed(Table::new(ty, rows), &args[1]))
}

/// Cells fitted to a width: filled with a default; what is too much is an error, ignored, or gathered in the last column.
fn fitted(mut cells: Vec<Slot>, width: usize, default: &Value, extra: i64) -> Result<Row> {
    // With lists asked for, the last column holds one even where nothing is left over.
    if extra == 0 && width > 0 && cells.len() >= width {
        let rest = cells.split_off(width - 1);
        cells.push(Slot::Value(Value::List(List::from_slots(rest))));
    } else if cells.len() > width {
        if extra == 1 {
            let error = Error::data_format(format!("There were more columns in the result than expected. Count={width}"));
            return Ok((0..width).map(|_| Slot::failed(error.clone())).collect());
        }
        cells.truncate(width);
    }
    while cells.len() < width {
        cells.push(Slot::Value(default.clone()));
    }
    Ok(cells.into())
}

fn from_list(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let items = list(&args[0])?;
    let splitter =
        if args[1].is_null() { Value::Function(super::splitter::by_delimiter(",", true)) } else { Value::Function(function(&args[1])?) };
    let default = args[3].clone();
    let extra = choice(&args[4], 1, 0..=2, "extraValues")?;
    let ty = match columns(cx, &args[2])? {
        Some(ty) => ty,
        None => {
            let width = match items.open(cx)?.next_value(cx)? {
                Some(first) => list(&cx.call(&splitter, &[first])?)?.count(cx)?,
                None => 1,
            };
            TableType::untyped(&numbered(width))
        }
    };
    let width = ty.fields.len();
    let table = from_items(ty, items, move |cx, item| {
        let parts = cx.call(&splitter, &[item])?;
        fitted(list(&parts)?.slots(cx)?, width, &default, extra)
    });
    Ok(ascribed(table, &args[2]))
}

fn from_value(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut name = Name::from("Value");
    if let Value::Record(options) = args[1].bare() {
        super::common::check_options(options, "Table.FromValue", &["DefaultColumnName"])?;
        if let Some(given) = options.optional_field(cx, "DefaultColumnName")? {
            name = need_text(&given)?;
        }
    }
    match args[0].bare() {
        Value::Table(_) => Ok(args[0].clone()),
        Value::List(items) => {
            let rows = items.slots(cx)?.into_iter().map(|slot| -> Row { vec![slot].into() }).collect();
            made(Table::new(TableType::untyped(&[name]), rows))
        }
        Value::Record(r) => {
            let ty = TableType::untyped(&[Name::from("Name"), Name::from("Value")]);
            let rows = r.fields().map(|(n, c)| -> Row { vec![Slot::Value(Value::Text(n.clone())), c.clone()].into() }).collect();
            made(Table::new(ty, rows))
        }
        other => made(Table::new(TableType::untyped(&[name]), vec![vec![Slot::Value(other.clone())].into()])),
    }
}

fn from_partitions(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let name = need_text(&args[0])?;
    let ty = match args[2].bare() {
        Value::Type(ty) => ty.clone(),
        _ => Type::any(),
    };
    let mut parts = Vec::new();
    for partition in list(&args[1])?.values(cx)? {
        let pair = list(&partition)?.values(cx)?;
        let [value, rows] = pair.as_slice() else {
            return Err(Error::expression("A partition must be a list of a value and a table.").with_detail(partition.clone()));
        };
        let value = value.clone();
        let part = table(rows)?;
        parts.push(super::table_columns::append_column(&part, &name, ty.clone(), move |_, _| Ok(Slot::Value(value.clone())))?);
    }
    made(crate::m::eval::combine_tables(&parts, None))
}

fn row_count(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    table(&args[0])?.count(cx).map(Value::count)
}

fn column_count(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(Value::count(table(&args[0])?.shape().len()))
}

fn column_names(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(Value::List(List::from_values(table(&args[0])?.column_names().iter().map(|n| Value::Text(n.clone())))))
}

fn is_empty(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    Ok(Value::Logical(t.open(cx)?.next(cx)?.is_none()))
}

fn has_columns(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    Ok(Value::Logical(names(cx, &args[1])?.iter().all(|name| t.shape().position(name).is_some())))
}

fn column(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let name = need_text(&args[1])?;
    match t.shape().position(&name) {
        Some(at) => Ok(Value::List(crate::m::eval::column(&t, at))),
        None => Err(crate::m::eval::missing_column(&name)),
    }
}

fn columns_of_type(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let mut wanted = Vec::new();
    for item in list(&args[1])?.values(cx)? {
        match item.bare() {
            Value::Type(ty) => wanted.push(ty.clone()),
            other => return Err(Error::cannot_convert(other, "Type")),
        }
    }
    let found = t.table_type().fields.iter().filter(|f| wanted.iter().any(|ty| f.ty.is(ty))).map(|f| Value::Text(f.name.clone()));
    Ok(Value::List(List::from_values(found)))
}

fn buffer(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    // Cells are evaluated row by row; one that fails keeps its error.
    let mut rows = Vec::new();
    t.each(cx, |cx, row| {
        for cell in row.iter() {
            if let Err(error) = cell.force(cx)
                && !error.is_catchable()
            {
                return Err(error);
            }
        }
        rows.push(row);
        Ok(true)
    })?;
    let held = Table::new(t.table_type().clone(), rows);
    made(held.with_type(&t.ty()))
}

fn demote_headers(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let header: Row = t.column_names().iter().map(|n| Slot::Value(Value::Text(n.clone()))).collect();
    let ty = TableType::untyped(&numbered(t.shape().len()));
    struct Demoted {
        header: Option<Row>,
        rows: Option<Box<dyn RowCursor>>,
        table: Table,
    }
    impl RowCursor for Demoted {
        fn next(&mut self, cx: &mut Interp) -> Result<Option<Row>> {
            if let Some(header) = self.header.take() {
                return Ok(Some(header));
            }
            match &mut self.rows {
                Some(rows) => rows.next(cx),
                None => {
                    let mut rows = self.table.open(cx)?;
                    let first = rows.next(cx)?;
                    self.rows = Some(rows);
                    Ok(first)
                }
            }
        }
    }
    made(Table::lazy_with(ty, move |_| Ok(Box::new(Demoted { header: Some(header.clone()), rows: None, table: t.clone() }))))
}

fn promote_headers(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let (mut all_scalars, mut culture) = (false, super::common::default_culture(cx));
    if let Value::Record(options) = args[1].bare() {
        super::common::check_options(options, "Table.PromoteHeaders", &["PromoteAllScalars", "Culture"])?;
        all_scalars = options.optional_field(cx, "PromoteAllScalars")?.is_some_and(|v| super::common::flag(&v, false));
        let name = options.optional_field(cx, "Culture")?.unwrap_or_default();
        culture = super::common::culture(cx, &name)?;
    }
    let Some(first) = t.get(cx, 0)? else { return Ok(args[0].clone()) };
    let mut fresh: Vec<Name> = Vec::new();
    for (at, cell) in first.iter().enumerate() {
        let value = cell.force(cx)?;
        let name = match value.bare() {
            Value::Text(name) if !name.is_empty() => Some(name.clone()),
            scalar @ (Value::Int(_) | Value::Double(_) | Value::Decimal(_)) => match super::convert::text_from(cx, scalar, culture)? {
                Value::Text(name) => Some(name),
                _ => None,
            },
            Value::Null | Value::List(_) | Value::Record(_) | Value::Table(_) | Value::Function(_) | Value::Type(_) | Value::Binary(_) => {
                None
            }
            scalar if all_scalars => match super::convert::text_from(cx, scalar, culture)? {
                Value::Text(name) => Some(name),
                _ => None,
            },
            _ => None,
        };
        fresh.push(name.unwrap_or_else(|| Name::from(format!("Column{}", at + 1))));
    }
    let unique = super::table_columns::make_unique(fresh, "_");
    let fields = unique.into_iter().map(|name| Field { name, ty: Type::any(), optional: false }).collect();
    let rest = super::table_rows::window(&t, 1, usize::MAX);
    made(rest.retyped(TableType::new(fields)))
}

fn to_columns(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    Ok(Value::List(List::from_values((0..t.shape().len()).map(|at| Value::List(crate::m::eval::column(&t, at))))))
}

fn to_rows(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let rows = table(&args[0])?.rows(cx)?;
    Ok(Value::List(List::from_values(rows.into_iter().map(|row| Value::List(List::from_slots(row.to_vec()))))))
}

fn to_records(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    Ok(Value::List(List::from_values(super::table_rows::records(cx, &t)?)))
}

fn to_list(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let combiner = if args[1].is_null() { Value::Function(super::splitter::combine_by_delimiter(",", true)) } else { args[1].clone() };
    let rows = table(&args[0])?.rows(cx)?;
    let items = rows.into_iter().map(|row| Slot::call(&combiner, Value::List(List::from_slots(row.to_vec())))).collect();
    Ok(Value::List(List::from_slots(items)))
}

fn transpose(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let rows = t.rows(cx)?;
    let ty = columns(cx, &args[1])?.unwrap_or_else(|| TableType::untyped(&numbered(rows.len())));
    let width = ty.fields.len();
    let turned = (0..t.shape().len())
        .map(|at| (0..width).map(|i| rows.get(i).map_or(Slot::Value(Value::Null), |row| row[at].clone())).collect())
        .collect();
    Ok(ascribed(Table::new(ty, turned), &args[1]))
}

/// Keys as records with the fields `Columns` and `Primary`.
pub(super) fn key_records(keys: &[(Vec<Name>, bool)]) -> Value {
    Value::List(List::from_values(keys.iter().map(|(columns, primary)| {
        let columns = Value::List(List::from_values(columns.iter().map(|n| Value::Text(n.clone()))));
        Value::Record(Record::new(vec![("Columns", columns), ("Primary", Value::Logical(*primary))]))
    })))
}

/// Keys from such records.
pub(super) fn read_keys(cx: &mut Interp, value: &Value) -> Result<Vec<(Vec<Name>, bool)>> {
    let mut out = Vec::new();
    for item in list(value)?.values(cx)? {
        let r = record(&item)?;
        let columns = r.field(cx, "Columns")?;
        let primary = r.optional_field(cx, "Primary")?.is_some_and(|v| super::common::flag(&v, false));
        out.push((names(cx, &columns)?, primary));
    }
    Ok(out)
}

fn with_keys(t: &Table, keys: Vec<(Vec<Name>, bool)>) -> Result<Value> {
    let mut ty = t.table_type().clone();
    ty.keys = keys;
    made(t.retyped(ty))
}

fn add_key(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let columns = names(cx, &args[1])?;
    super::table_columns::places(&t, &columns)?;
    let mut keys = t.table_type().keys.clone();
    keys.push((columns, super::common::flag(&args[2], false)));
    with_keys(&t, keys)
}

fn keys(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(key_records(&table(&args[0])?.table_type().keys))
}

fn replace_keys(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let keys = read_keys(cx, &args[1])?;
    with_keys(&table(&args[0])?, keys)
}

fn partition_key(_: &mut Interp, args: &[Value]) -> Result<Value> {
    table(&args[0])?;
    Ok(Value::Null)
}

/// The table that `Table.Schema` and `Type.TableSchema` give.
pub(super) fn schema_of(ty: &TableType) -> Table {
    const NAMES: [&str; 17] = [
        "Name",
        "Position",
        "TypeName",
        "Kind",
        "IsNullable",
        "NumericPrecisionBase",
        "NumericPrecision",
        "NumericScale",
        "DateTimePrecision",
        "MaxLength",
        "IsVariableLength",
        "NativeTypeName",
        "NativeDefaultExpression",
        "NativeExpression",
        "Description",
        "IsWritable",
        "FieldCaption",
    ];
    let kind_of = |name: &str| match name {
        "Name"
        | "TypeName"
        | "Kind"
        | "NativeTypeName"
        | "NativeDefaultExpression"
        | "NativeExpression"
        | "Description"
        | "FieldCaption" => Type::nullable(Kind::Text),
        "IsNullable" | "IsVariableLength" | "IsWritable" => Type::nullable(Kind::Logical),
        _ => Type::nullable(Kind::Number),
    };
    let fields = NAMES.iter().map(|name| Field::new(name, kind_of(name), false)).collect();
    let rows = ty
        .fields
        .iter()
        .enumerate()
        .map(|(at, field)| {
            let kind = field.ty.kind();
            let name = field.ty.claim_name().map_or_else(|| format!("{}.Type", kind.title()), str::to_owned);
            let facet =
                |name: &str| field.ty.data().facets.as_ref().and_then(|f| f.get(name)).and_then(|cell| cell.ready()).unwrap_or_default();
            NAMES
                .iter()
                .map(|column| {
                    Slot::Value(match *column {
                        "Name" => Value::Text(field.name.clone()),
                        "Position" => Value::count(at),
                        "TypeName" => Value::text(&name),
                        "Kind" => Value::text(kind.name()),
                        "IsNullable" => Value::Logical(field.ty.is_nullable()),
                        "Description" | "IsWritable" | "FieldCaption" => Value::Null,
                        other => facet(other),
                    })
                })
                .collect()
        })
        .collect();
    Table::new(TableType::new(fields), rows)
}

fn schema(_: &mut Interp, args: &[Value]) -> Result<Value> {
    made(schema_of(table(&args[0])?.table_type()))
}

/// A function of one argument that selects a field of a record.
pub(super) fn field_selector(name: &str) -> Value {
    let name = name.to_owned();
    Value::Function(Function::native(&["row"], move |cx, args| match args[0].bare() {
        Value::Record(r) => r.field(cx, &name),
        other => Err(Error::cannot_convert(other, "Record")),
    }))
}
