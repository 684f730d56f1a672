//! `Table.*` that change columns: add, remove, rename, transform, split, combine, expand. Rows stream through.

use std::rc::Rc;

use super::common::{choice, double_value, list, names, need_text};
use super::record::{renames, reordered};
use super::{ANY, Builtin, FUNCTION, LIST, NUMBER, RECORD, TABLE, TEXT, TYPE, arg, opt};
use crate::base::Culture;
use crate::m::error::{Error, Result};
use crate::m::eval::{Interp, Quick, missing_column, select_columns};
use crate::m::value::{
    Field, Kind, List, ListCursor, Name, Pending, Record, Row, RowCursor, RowSource, Shape, Slot, Table, TableType, Thunk, Type, Value,
};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "Table.AddColumn",
        params: &[arg("table", TABLE), arg("newColumnName", TEXT), arg("columnGenerator", FUNCTION), opt("columnType", TYPE)],
        returns: TABLE,
        about: "The table with one more column whose cells a function of the row gives.",
        source: "https://learn.microsoft.com/powerquery-m/table-addcolumn",
        examples: &[("Table.AddColumn(#table({\"A\"}, {{1}}), \"B\", each [A] + 1)", "#table({\"A\", \"B\"}, {{1, 2}})")],
        run: add_column,
    },
    Builtin {
        name: "Table.AddIndexColumn",
        params: &[
            arg("table", TABLE),
            arg("newColumnName", TEXT),
            opt("initialValue", NUMBER),
            opt("increment", NUMBER),
            opt("columnType", TYPE),
        ],
        returns: TABLE,
        about: "The table with a column of consecutive numbers.",
        source: "https://learn.microsoft.com/powerquery-m/table-addindexcolumn",
        examples: &[("Table.AddIndexColumn(#table({\"A\"}, {{5}, {6}}), \"I\", 1)", "#table({\"A\", \"I\"}, {{5, 1}, {6, 2}})")],
        run: add_index_column,
    },
    Builtin {
        name: "Table.CombineColumns",
        params: &[arg("table", TABLE), arg("sourceColumns", LIST), arg("combiner", FUNCTION), arg("column", TEXT)],
        returns: TABLE,
        about: "The table with columns combined into one.",
        source: "https://learn.microsoft.com/powerquery-m/table-combinecolumns",
        examples: &[(
            "Table.CombineColumns(#table({\"A\", \"B\"}, {{\"x\", \"y\"}}), {\"A\", \"B\"}, Combiner.CombineTextByDelimiter(\"-\"), \"C\")",
            "#table({\"C\"}, {{\"x-y\"}})",
        )],
        run: combine_columns,
    },
    Builtin {
        name: "Table.CombineColumnsToRecord",
        params: &[arg("table", TABLE), arg("newColumnName", TEXT), arg("sourceColumns", LIST), opt("options", RECORD)],
        returns: TABLE,
        about: "The table with columns combined into a record.",
        source: "https://learn.microsoft.com/powerquery-m/table-combinecolumnstorecord",
        examples: &[(
            "Table.CombineColumnsToRecord(#table({\"A\", \"B\"}, {{1, 2}}), \"R\", {\"A\", \"B\"})",
            "#table({\"R\"}, {{[A = 1, B = 2]}})",
        )],
        run: combine_columns_to_record,
    },
    Builtin {
        name: "Table.DuplicateColumn",
        params: &[arg("table", TABLE), arg("columnName", TEXT), arg("newColumnName", TEXT), opt("columnType", TYPE)],
        returns: TABLE,
        about: "The table with a column a second time.",
        source: "https://learn.microsoft.com/powerquery-m/table-duplicatecolumn",
        examples: &[("Table.DuplicateColumn(#table({\"A\"}, {{1}}), \"A\", \"B\")", "#table({\"A\", \"B\"}, {{1, 1}})")],
        run: duplicate_column,
    },
    Builtin {
        name: "Table.ExpandListColumn",
        params: &[arg("table", TABLE), arg("column", TEXT)],
        returns: TABLE,
        about: "A row for each item of the lists in a column.",
        source: "https://learn.microsoft.com/powerquery-m/table-expandlistcolumn",
        examples: &[(
            "Table.ExpandListColumn(#table({\"A\", \"B\"}, {{{1, 2}, \"x\"}}), \"A\")",
            "#table({\"A\", \"B\"}, {{1, \"x\"}, {2, \"x\"}})",
        )],
        run: expand_list_column,
    },
    Builtin {
        name: "Table.ExpandRecordColumn",
        params: &[arg("table", TABLE), arg("column", TEXT), arg("fieldNames", LIST), opt("newColumnNames", LIST)],
        returns: TABLE,
        about: "A column for each named field of the records in a column.",
        source: "https://learn.microsoft.com/powerquery-m/table-expandrecordcolumn",
        examples: &[("Table.ExpandRecordColumn(#table({\"A\"}, {{[x = 1]}, {null}}), \"A\", {\"x\"})", "#table({\"x\"}, {{1}, {null}})")],
        run: expand_record_column,
    },
    Builtin {
        name: "Table.ExpandTableColumn",
        params: &[arg("table", TABLE), arg("column", TEXT), arg("columnNames", LIST), opt("newColumnNames", LIST)],
        returns: TABLE,
        about: "A row for each row, and a column for each named column, of the tables in a column.",
        source: "https://learn.microsoft.com/powerquery-m/table-expandtablecolumn",
        examples: &[(
            "Table.ExpandTableColumn(#table({\"A\", \"B\"}, {{#table({\"x\"}, {{1}, {2}}), 5}}), \"A\", {\"x\"})",
            "#table({\"x\", \"B\"}, {{1, 5}, {2, 5}})",
        )],
        run: expand_table_column,
    },
    Builtin {
        name: "Table.PrefixColumns",
        params: &[arg("table", TABLE), arg("prefix", TEXT)],
        returns: TABLE,
        about: "The table with a prefix before its column names.",
        source: "https://learn.microsoft.com/powerquery-m/table-prefixcolumns",
        examples: &[("Table.ColumnNames(Table.PrefixColumns(#table({\"A\"}, {}), \"P\"))", "{\"P.A\"}")],
        run: prefix_columns,
    },
    Builtin {
        name: "Table.RemoveColumns",
        params: &[arg("table", TABLE), arg("columns", ANY), opt("missingField", NUMBER)],
        returns: TABLE,
        about: "The table without some columns.",
        source: "https://learn.microsoft.com/powerquery-m/table-removecolumns",
        examples: &[("Table.RemoveColumns(#table({\"A\", \"B\"}, {{1, 2}}), \"A\")", "#table({\"B\"}, {{2}})")],
        run: remove_columns,
    },
    Builtin {
        name: "Table.RenameColumns",
        params: &[arg("table", TABLE), arg("renames", LIST), opt("missingField", NUMBER)],
        returns: TABLE,
        about: "The table with columns renamed.",
        source: "https://learn.microsoft.com/powerquery-m/table-renamecolumns",
        examples: &[("Table.RenameColumns(#table({\"A\"}, {{1}}), {{\"A\", \"B\"}})", "#table({\"B\"}, {{1}})")],
        run: rename_columns,
    },
    Builtin {
        name: "Table.ReorderColumns",
        params: &[arg("table", TABLE), arg("columnOrder", LIST), opt("missingField", NUMBER)],
        returns: TABLE,
        about: "The table with some columns in another order.",
        source: "https://learn.microsoft.com/powerquery-m/table-reordercolumns",
        examples: &[(
            "Table.ColumnNames(Table.ReorderColumns(#table({\"A\", \"B\", \"C\"}, {}), {\"C\", \"A\"}))",
            "{\"C\", \"B\", \"A\"}",
        )],
        run: reorder_columns,
    },
    Builtin {
        name: "Table.ReplaceErrorValues",
        params: &[arg("table", TABLE), arg("errorReplacement", LIST)],
        returns: TABLE,
        about: "The table with errors in columns replaced by values.",
        source: "https://learn.microsoft.com/powerquery-m/table-replaceerrorvalues",
        examples: &[("Table.ReplaceErrorValues(#table({\"A\"}, {{error \"x\"}}), {\"A\", 0})", "#table({\"A\"}, {{0}})")],
        run: replace_error_values,
    },
    Builtin {
        name: "Table.ReplaceValue",
        params: &[arg("table", TABLE), arg("oldValue", ANY), arg("newValue", ANY), arg("replacer", FUNCTION), arg("columnsToSearch", LIST)],
        returns: TABLE,
        about: "The table with a value replaced in some columns.",
        source: "https://learn.microsoft.com/powerquery-m/table-replacevalue",
        examples: &[(
            "Table.ReplaceValue(#table({\"A\"}, {{\"ab\"}}), \"b\", \"c\", Replacer.ReplaceText, {\"A\"})",
            "#table({\"A\"}, {{\"ac\"}})",
        )],
        run: replace_value,
    },
    Builtin {
        name: "Table.SelectColumns",
        params: &[arg("table", TABLE), arg("columns", ANY), opt("missingField", NUMBER)],
        returns: TABLE,
        about: "The table with only some columns, in the order asked for.",
        source: "https://learn.microsoft.com/powerquery-m/table-selectcolumns",
        examples: &[("Table.SelectColumns(#table({\"A\", \"B\"}, {{1, 2}}), {\"B\"})", "#table({\"B\"}, {{2}})")],
        run: select_columns_by_name,
    },
    Builtin {
        name: "Table.SplitColumn",
        params: &[
            arg("table", TABLE),
            arg("sourceColumn", TEXT),
            arg("splitter", FUNCTION),
            opt("columnNamesOrNumber", ANY),
            opt("default", ANY),
            opt("extraColumns", ANY),
        ],
        returns: TABLE,
        about: "The table with a column split into several.",
        source: "https://learn.microsoft.com/powerquery-m/table-splitcolumn",
        examples: &[(
            "Table.SplitColumn(#table({\"A\"}, {{\"x-y\"}}), \"A\", Splitter.SplitTextByDelimiter(\"-\"), {\"L\", \"R\"})",
            "#table({\"L\", \"R\"}, {{\"x\", \"y\"}})",
        )],
        run: split_column,
    },
    Builtin {
        name: "Table.TransformColumnNames",
        params: &[arg("table", TABLE), arg("nameGenerator", FUNCTION), opt("options", RECORD)],
        returns: TABLE,
        about: "The table with a function applied to its column names.",
        source: "https://learn.microsoft.com/powerquery-m/table-transformcolumnnames",
        examples: &[("Table.ColumnNames(Table.TransformColumnNames(#table({\"a\"}, {}), Text.Upper))", "{\"A\"}")],
        run: transform_column_names,
    },
    Builtin {
        name: "Table.TransformColumnTypes",
        params: &[arg("table", TABLE), arg("typeTransformations", LIST), opt("culture", ANY)],
        returns: TABLE,
        about: "The table with columns converted to types.",
        source: "https://learn.microsoft.com/powerquery-m/table-transformcolumntypes",
        examples: &[
            ("Table.TransformColumnTypes(#table({\"A\"}, {{\"1\"}}), {{\"A\", Int64.Type}})", "#table({\"A\"}, {{1}})"),
            ("Table.TransformColumnTypes(#table({\"A\"}, {{\"1.5.2024\"}}), {\"A\", type date}, \"de-DE\"){0}[A]", "#date(2024, 5, 1)"),
        ],
        run: transform_column_types,
    },
    Builtin {
        name: "Table.TransformColumns",
        params: &[
            arg("table", TABLE),
            arg("transformOperations", LIST),
            opt("defaultTransformation", FUNCTION),
            opt("missingField", NUMBER),
        ],
        returns: TABLE,
        about: "The table with functions applied to columns.",
        source: "https://learn.microsoft.com/powerquery-m/table-transformcolumns",
        examples: &[(
            "Table.TransformColumns(#table({\"A\", \"B\"}, {{1, 2}}), {{\"A\", each _ * 10, type number}})",
            "#table({\"A\", \"B\"}, {{10, 2}})",
        )],
        run: transform_columns,
    },
    Builtin {
        name: "Table.TransformRows",
        params: &[arg("table", TABLE), arg("transform", FUNCTION)],
        returns: LIST,
        about: "The results of a function for each row.",
        source: "https://learn.microsoft.com/powerquery-m/table-transformrows",
        examples: &[("Table.TransformRows(#table({\"A\"}, {{1}, {2}}), each [A] * 10)", "{10, 20}")],
        run: transform_rows,
    },
];

/// The table of an argument.
pub(super) fn table(value: &Value) -> Result<Table> {
    match value.bare() {
        Value::Table(table) => Ok(table.clone()),
        other => Err(Error::cannot_convert(other, "Table")),
    }
}

fn made(table: Table) -> Result<Value> {
    Ok(Value::Table(table))
}

/// The error of a name that comes twice.
///
/// # Errors
/// `The field '…' already exists in the record.`
pub(super) fn check_distinct<'a>(names: impl Iterator<Item = &'a Name>) -> Result<()> {
    match Shape::distinct(names.cloned().collect()) {
        Ok(_) => Ok(()),
        Err(name) => Err(Error::expression(format!("The field '{name}' already exists in the record."))
            .with_detail(Value::Record(Record::new(vec![("Name", Value::Text(name)), ("Value", Value::Null)])))),
    }
}

/// Where columns stand.
///
/// # Errors
/// `The column '…' of the table wasn't found.`
pub(super) fn places(t: &Table, wanted: &[Name]) -> Result<Vec<usize>> {
    wanted.iter().map(|name| t.shape().position(name).ok_or_else(|| missing_column(name))).collect()
}

/// Names without repetitions: later ones get a number.
pub(super) fn make_unique(names: Vec<Name>, separator: &str) -> Vec<Name> {
    let mut seen = hashbrown::HashSet::new();
    names
        .into_iter()
        .map(|name| {
            let mut fresh = name.clone();
            let mut n = 0;
            while !seen.insert(fresh.clone()) {
                n += 1;
                fresh = Name::from(format!("{name}{separator}{n}"));
            }
            fresh
        })
        .collect()
}

/// Rows made one by one from the rows of a table.
struct Mapped<F> {
    table: Table,
    make: Rc<F>,
}

struct MappedCursor<F> {
    rows: Box<dyn RowCursor>,
    make: Rc<F>,
}

impl<F: Fn(&mut Interp, Row) -> Result<Row> + 'static> RowSource for Mapped<F> {
    fn open(&self, cx: &mut Interp) -> Result<Box<dyn RowCursor>> {
        Ok(Box::new(MappedCursor { rows: self.table.open(cx)?, make: self.make.clone() }))
    }

    fn count(&self, cx: &mut Interp) -> Result<Option<usize>> {
        self.table.count(cx).map(Some)
    }
}

impl<F: Fn(&mut Interp, Row) -> Result<Row>> RowCursor for MappedCursor<F> {
    fn next(&mut self, cx: &mut Interp) -> Result<Option<Row>> {
        match self.rows.next(cx)? {
            Some(row) => (self.make)(cx, row).map(Some),
            None => Ok(None),
        }
    }
}

/// A table of another type whose rows are made one by one.
pub(super) fn map_rows(t: &Table, ty: TableType, make: impl Fn(&mut Interp, Row) -> Result<Row> + 'static) -> Table {
    Table::lazy(ty, Mapped { table: t.clone(), make: Rc::new(make) })
}

/// The table's type with one more column.
fn appended_type(t: &Table, name: &Name, ty: Type) -> Result<TableType> {
    if t.shape().position(name).is_some() {
        check_distinct([name, name].into_iter())?;
    }
    let mut full = t.table_type().clone();
    let mut fields = full.fields.to_vec();
    fields.push(Field { name: name.clone(), ty, optional: false });
    full.fields = Rc::new(fields);
    Ok(full)
}

/// The row with one more cell.
fn appended(row: &Row, cell: Slot) -> Row {
    row.iter().cloned().chain(std::iter::once(cell)).collect()
}

/// The table with one more column.
pub(super) fn append_column(t: &Table, name: &Name, ty: Type, cell: impl Fn(&mut Interp, &Row) -> Result<Slot> + 'static) -> Result<Table> {
    let full = appended_type(t, name, ty)?;
    Ok(map_rows(t, full, move |cx, row| {
        let cell = cell(cx, &row)?;
        Ok(appended(&row, cell))
    }))
}

/// The type of an optional type argument; what the function's own type says, else any.
fn column_type(value: &Value, generator: Option<&Value>) -> Type {
    match value.bare() {
        Value::Type(ty) => ty.clone(),
        _ => match generator.map(Value::bare) {
            Some(Value::Function(f)) => match f.ty().form() {
                crate::m::value::TypeForm::Function(ty) => ty.returns.clone(),
                _ => Type::any(),
            },
            _ => Type::any(),
        },
    }
}

fn add_column(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let generator = args[2].clone();
    let ty = column_type(&args[3], Some(&args[2]));
    let shape = t.shape().clone();
    let quick = Quick::of(&generator, Some(&shape));
    // How many rows in a row had to be left for later.
    let missed = std::cell::Cell::new(0_u32);
    made(append_column(&t, &need_text(&args[1])?, ty, move |cx, row| {
        if let Some(value) = quick.as_ref().and_then(|quick| quick.row(cx, row)) {
            return Ok(Slot::Value(value));
        }
        let record = Record::from_row(shape.clone(), row.clone());
        if missed.get() < 64 {
            if let Some(value) = cx.call_ahead(&generator, Value::Record(record.clone())) {
                missed.set(0);
                return Ok(Slot::Value(value));
            }
            missed.set(missed.get() + 1);
        }
        Ok(Slot::Lazy(Thunk::new(Pending::CallRow(generator.clone(), record))))
    })?)
}

fn add_index_column(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let start = if args[2].is_null() { 0.0 } else { args[2].as_f64().unwrap_or(0.0) };
    let step = if args[3].is_null() { 1.0 } else { args[3].as_f64().unwrap_or(1.0) };
    let name = need_text(&args[1])?;
    let ty = appended_type(&t, &name, column_type(&args[4], None))?;
    struct Indexed {
        rows: Box<dyn RowCursor>,
        n: f64,
        start: f64,
        step: f64,
    }
    impl RowCursor for Indexed {
        fn next(&mut self, cx: &mut Interp) -> Result<Option<Row>> {
            let Some(row) = self.rows.next(cx)? else { return Ok(None) };
            let value = double_value(self.start + self.n * self.step);
            self.n += 1.0;
            Ok(Some(appended(&row, Slot::Value(value))))
        }
    }
    struct Source {
        table: Table,
        start: f64,
        step: f64,
    }
    impl RowSource for Source {
        fn open(&self, cx: &mut Interp) -> Result<Box<dyn RowCursor>> {
            Ok(Box::new(Indexed { rows: self.table.open(cx)?, n: 0.0, start: self.start, step: self.step }))
        }
        fn count(&self, cx: &mut Interp) -> Result<Option<usize>> {
            self.table.count(cx).map(Some)
        }
    }
    made(Table::lazy(ty, Source { table: t, start, step }))
}

fn duplicate_column(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let at = places(&t, &[need_text(&args[1])?])?[0];
    let ty = match args[3].bare() {
        Value::Type(ty) => ty.clone(),
        _ => t.table_type().fields[at].ty.clone(),
    };
    made(append_column(&t, &need_text(&args[2])?, ty, move |_, row| Ok(row[at].clone()))?)
}

/// Columns by place under a type that keeps the keys whose columns all remain.
fn projected(t: &Table, wanted: Vec<(Name, Option<usize>)>) -> Table {
    let old = t.table_type();
    let fields: Vec<Field> = wanted
        .iter()
        .map(|(name, at)| Field { name: name.clone(), ty: at.map_or_else(Type::any, |at| old.fields[at].ty.clone()), optional: false })
        .collect();
    let keys = old.keys.iter().filter(|(columns, _)| columns.iter().all(|c| wanted.iter().any(|(n, _)| n == c))).cloned().collect();
    let ty = TableType { fields: Rc::new(fields), keys };
    select_columns(t, ty, wanted.into_iter().map(|(_, at)| at).collect())
}

fn missing_kind(value: &Value) -> Result<i64> {
    choice(value, 0, 0..=2, "missingField")
}

fn select_columns_by_name(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let missing = missing_kind(&args[2])?;
    let mut wanted = Vec::new();
    for name in names(cx, &args[1])? {
        match t.shape().position(&name) {
            Some(at) => wanted.push((name, Some(at))),
            None if missing == 0 => return Err(missing_column(&name)),
            None if missing == 2 => wanted.push((name, None)),
            None => {}
        }
    }
    check_distinct(wanted.iter().map(|(n, _)| n))?;
    made(projected(&t, wanted))
}

fn remove_columns(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let drop = names(cx, &args[1])?;
    if missing_kind(&args[2])? == 0 {
        places(&t, &drop)?;
    }
    let wanted = t.column_names().iter().enumerate().filter(|(_, n)| !drop.contains(n)).map(|(at, n)| (n.clone(), Some(at))).collect();
    made(projected(&t, wanted))
}

fn rename_columns(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let missing = missing_kind(&args[2])?;
    let mut fresh: Vec<Name> = t.column_names().to_vec();
    let mut added: Vec<Name> = Vec::new();
    let pairs = if matches!(args[1].bare(), Value::List(l) if l.is_empty(cx)?) { Vec::new() } else { renames(cx, &args[1])? };
    for (old, new) in &pairs {
        match t.shape().position(old) {
            Some(at) => fresh[at] = new.clone(),
            None if missing == 0 => return Err(missing_column(old)),
            None if missing == 2 => added.push(new.clone()),
            None => {}
        }
    }
    check_distinct(fresh.iter().chain(&added))?;
    let renamed = with_names(&t, &fresh);
    if added.is_empty() {
        return made(renamed);
    }
    let wanted = fresh.into_iter().enumerate().map(|(at, n)| (n, Some(at))).chain(added.into_iter().map(|n| (n, None))).collect();
    made(projected(&renamed, wanted))
}

/// The table under other column names; keys follow.
fn with_names(t: &Table, fresh: &[Name]) -> Table {
    let old = t.table_type();
    let fields =
        old.fields.iter().zip(fresh).map(|(f, name)| Field { name: name.clone(), ty: f.ty.clone(), optional: f.optional }).collect();
    let follow = |name: &Name| t.shape().position(name).map_or_else(|| name.clone(), |at| fresh[at].clone());
    let keys = old.keys.iter().map(|(columns, primary)| (columns.iter().map(follow).collect(), *primary)).collect();
    t.retyped(TableType { fields: Rc::new(fields), keys })
}

fn reorder_columns(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let missing = missing_kind(&args[2])?;
    let order = names(cx, &args[1])?;
    let absent: Vec<Name> = order.iter().filter(|n| t.shape().position(n).is_none()).cloned().collect();
    match (missing, absent.first()) {
        (0, Some(name)) => return Err(missing_column(name)),
        (2, Some(_)) => {
            let all =
                t.column_names().iter().enumerate().map(|(at, n)| (n.clone(), Some(at))).chain(absent.iter().map(|n| (n.clone(), None)));
            let wide = projected(&t, all.collect());
            let wanted = reordered(wide.shape(), &order).into_iter().map(|at| (wide.column_names()[at].clone(), Some(at))).collect();
            return made(projected(&wide, wanted));
        }
        _ => {}
    }
    let wanted = reordered(t.shape(), &order).into_iter().map(|at| (t.column_names()[at].clone(), Some(at))).collect();
    made(projected(&t, wanted))
}

fn prefix_columns(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let prefix = need_text(&args[1])?;
    let fresh: Vec<Name> = t.column_names().iter().map(|n| Name::from(format!("{prefix}.{n}"))).collect();
    made(with_names(&t, &fresh))
}

fn transform_column_names(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let (mut longest, mut comparer) = (usize::MAX, Value::Null);
    if let Value::Record(options) = args[2].bare() {
        super::common::check_options(options, "Table.TransformColumnNames", &["MaxLength", "Comparer"])?;
        if let Some(n) = options.optional_field(cx, "MaxLength")?.filter(|v| !v.is_null()) {
            longest = super::common::count("MaxLength", &n)?;
        }
        comparer = options.optional_field(cx, "Comparer")?.unwrap_or_default();
    }
    let mut fresh: Vec<Name> = Vec::new();
    for name in t.column_names() {
        let result = cx.call(&args[1], &[Value::Text(name.clone())])?;
        let wanted = need_text(&result)?;
        let mut candidate: String = wanted.chars().take(longest).collect();
        let mut n = 0;
        while is_taken(cx, &fresh, &candidate, &comparer)? {
            n += 1;
            let suffix = n.to_string();
            candidate = wanted.chars().take(longest.saturating_sub(suffix.len())).collect::<String>() + &suffix;
        }
        fresh.push(Name::from(candidate));
    }
    made(with_names(&t, &fresh))
}

fn is_taken(cx: &mut Interp, names: &[Name], candidate: &str, comparer: &Value) -> Result<bool> {
    for name in names {
        let equal = if comparer.is_null() {
            **name == *candidate
        } else {
            super::common::comparer_says_equal(cx, comparer, &Value::Text(name.clone()), &Value::text(candidate))?
        };
        if equal {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A cell that a function makes from another cell.
fn applied(function: &Value, cell: &Slot) -> Slot {
    match cell {
        Slot::Value(value) => Slot::call(function, value.clone()),
        lazy => {
            let (function, lazy) = (function.clone(), lazy.clone());
            Slot::lazy(move |cx| {
                let value = lazy.force(cx)?;
                cx.call(&function, &[value])
            })
        }
    }
}

/// Operations as lists: one operation or a list of them.
fn operations(cx: &mut Interp, value: &Value) -> Result<Vec<Vec<Value>>> {
    let parts = list(value)?.values(cx)?;
    match parts.first().map(Value::bare) {
        None => Ok(Vec::new()),
        Some(Value::Text(_)) => Ok(vec![parts]),
        _ => parts.iter().map(|part| list(part)?.values(cx)).collect(),
    }
}

fn bad_operation(value: &Value) -> Error {
    Error::expression("Expected a list of a column name and what to do with the column.").with_detail(value.clone())
}

fn transform_columns(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let missing = missing_kind(&args[3])?;
    let mut ty = t.table_type().clone();
    let mut fields = ty.fields.to_vec();
    let mut functions: Vec<Option<Value>> = vec![None; fields.len()];
    let mut added: Vec<Value> = Vec::new();
    for operation in operations(cx, &args[1])? {
        let [name, function, rest @ ..] = operation.as_slice() else { return Err(bad_operation(&args[1])) };
        let name = need_text(name)?;
        let new_type = column_type(rest.first().unwrap_or(&Value::Null), Some(function));
        match t.shape().position(&name) {
            Some(at) => {
                fields[at].ty = new_type;
                functions[at] = Some(function.clone());
            }
            None if missing == 0 => return Err(missing_column(&name)),
            None if missing == 2 => {
                fields.push(Field { name, ty: new_type, optional: false });
                added.push(function.clone());
            }
            None => {}
        }
    }
    if !args[2].is_null() {
        for (at, function) in functions.iter_mut().enumerate() {
            if function.is_none() {
                *function = Some(args[2].clone());
                fields[at].ty = Type::any();
            }
        }
    }
    check_distinct(fields.iter().map(|f| &f.name))?;
    ty.fields = Rc::new(fields);
    made(map_rows(&t, ty, move |_, row| {
        let cells = row.iter().zip(&functions).map(|(cell, function)| match function {
            Some(function) => applied(function, cell),
            None => cell.clone(),
        });
        Ok(cells.chain(added.iter().map(|function| Slot::call(function, Value::Null))).collect())
    }))
}

/// A converted cell: at once where the value is at hand, an error in the cell where it does not convert.
fn converted(cx: &mut Interp, cell: &Slot, ty: &Type, culture: &'static Culture) -> Result<Slot> {
    match cell {
        Slot::Value(value) => match super::convert::convert(cx, value, ty, culture) {
            Ok(value) => Ok(Slot::Value(value)),
            Err(error) if error.is_catchable() => Ok(Slot::failed(error)),
            Err(error) => Err(error),
        },
        lazy => {
            let (lazy, ty) = (lazy.clone(), ty.clone());
            Ok(Slot::lazy(move |cx| {
                let value = lazy.force(cx)?;
                super::convert::convert(cx, &value, &ty, culture)
            }))
        }
    }
}

fn transform_column_types(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let (culture, missing) = super::convert::culture_and_missing(cx, &args[2])?;
    let missing = missing_kind(&missing)?;
    let mut ty = t.table_type().clone();
    let mut fields = ty.fields.to_vec();
    let mut targets: Vec<Option<Type>> = vec![None; fields.len()];
    let width = fields.len();
    for operation in operations(cx, &args[1])? {
        let [name, target] = operation.as_slice() else { return Err(bad_operation(&args[1])) };
        let name = need_text(name)?;
        let Value::Type(target) = target.bare() else { return Err(Error::cannot_convert(target, "Type")) };
        match t.shape().position(&name) {
            Some(at) => {
                fields[at].ty = target.clone();
                targets[at] = Some(target.clone()).filter(|ty| ty.kind() != Kind::Any);
            }
            None if missing == 0 => return Err(missing_column(&name)),
            None if missing == 2 => fields.push(Field { name, ty: target.clone(), optional: false }),
            None => {}
        }
    }
    let added = fields.len() - width;
    ty.fields = Rc::new(fields);
    made(map_rows(&t, ty, move |cx, row| {
        let mut cells = Vec::with_capacity(width + added);
        for (cell, target) in row.iter().zip(&targets) {
            cells.push(match target {
                Some(target) => converted(cx, cell, target, culture)?,
                None => cell.clone(),
            });
        }
        cells.extend((0..added).map(|_| Slot::Value(Value::Null)));
        Ok(cells.into())
    }))
}

fn transform_rows(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let function = args[1].clone();
    struct Rows {
        rows: Box<dyn RowCursor>,
        shape: Shape,
        function: Value,
    }
    impl ListCursor for Rows {
        fn next(&mut self, cx: &mut Interp) -> Result<Option<Slot>> {
            Ok(self.rows.next(cx)?.map(|row| {
                let record = Record::from_row(self.shape.clone(), row);
                Slot::Lazy(Thunk::new(Pending::CallRow(self.function.clone(), record)))
            }))
        }
        fn next_value(&mut self, cx: &mut Interp) -> Result<Option<Value>> {
            let Some(row) = self.rows.next(cx)? else { return Ok(None) };
            let record = Value::Record(Record::from_row(self.shape.clone(), row));
            cx.call(&self.function, &[record]).map(Some)
        }
    }
    Ok(Value::List(List::lazy_with(move |cx| {
        Ok(Box::new(Rows { rows: t.open(cx)?, shape: t.shape().clone(), function: function.clone() }))
    })))
}

fn replace_error_values(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let mut defaults: Vec<Option<Value>> = vec![None; t.shape().len()];
    for operation in operations(cx, &args[1])? {
        let [name, value] = operation.as_slice() else { return Err(bad_operation(&args[1])) };
        let at = places(&t, &[need_text(name)?])?[0];
        defaults[at] = Some(value.clone());
    }
    made(map_rows(&t, t.table_type().clone(), move |_, row| {
        Ok(row
            .iter()
            .zip(&defaults)
            .map(|(cell, default)| match (cell, default) {
                (Slot::Lazy(_), Some(default)) => {
                    let (cell, default) = (cell.clone(), default.clone());
                    Slot::lazy(move |cx| match cell.force(cx) {
                        Err(error) if error.is_catchable() => Ok(default),
                        other => other,
                    })
                }
                _ => cell.clone(),
            })
            .collect())
    }))
}

fn replace_value(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let at = places(&t, &names(cx, &args[4])?)?;
    let (old, new, replacer) = (args[1].clone(), args[2].clone(), args[3].clone());
    let shape = t.shape().clone();
    // A function in place of a value is asked for each row.
    let of_row = |value: &Value| matches!(value.bare(), Value::Function(_));
    let (old_is_function, new_is_function) = (of_row(&old), of_row(&new));
    made(map_rows(&t, t.table_type().clone(), move |_, row| {
        let mut cells = row.to_vec();
        for at in &at {
            let cell = row[*at].clone();
            let (old, new, replacer) = (old.clone(), new.clone(), replacer.clone());
            let record = (old_is_function || new_is_function).then(|| Value::Record(Record::from_row(shape.clone(), row.clone())));
            cells[*at] = Slot::lazy(move |cx| {
                let value = cell.force(cx)?;
                let (mut old, mut new) = (old, new);
                if let Some(record) = record {
                    if old_is_function {
                        old = cx.call(&old, std::slice::from_ref(&record))?;
                    }
                    if new_is_function {
                        new = cx.call(&new, &[record])?;
                    }
                }
                cx.call(&replacer, &[value, old, new])
            });
        }
        Ok(cells.into())
    }))
}

/// The places of the columns that stay when some are replaced by new ones at the place of the first.
fn around(t: &Table, replaced: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let first = replaced.iter().min().copied().unwrap_or(0);
    let stays = |at: &usize| !replaced.contains(at);
    ((0..first).filter(stays).collect(), (first..t.shape().len()).filter(stays).collect())
}

/// The type of a table whose columns around a place stay.
fn spliced(t: &Table, before: &[usize], new: Vec<Field>, after: &[usize]) -> Result<TableType> {
    let old = &t.table_type().fields;
    let fields: Vec<Field> = before.iter().map(|at| old[*at].clone()).chain(new).chain(after.iter().map(|at| old[*at].clone())).collect();
    check_distinct(fields.iter().map(|f| &f.name))?;
    Ok(TableType::new(fields))
}

fn combine_columns(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let sources = places(&t, &names(cx, &args[1])?)?;
    let (combiner, name) = (args[2].clone(), need_text(&args[3])?);
    let (before, after) = around(&t, &sources);
    let ty = spliced(&t, &before, vec![Field { name, ty: Type::any(), optional: false }], &after)?;
    made(map_rows(&t, ty, move |_, row| {
        let parts = Value::List(List::from_slots(sources.iter().map(|at| row[*at].clone()).collect()));
        let cell = Slot::call(&combiner, parts);
        Ok(before.iter().map(|at| row[*at].clone()).chain(std::iter::once(cell)).chain(after.iter().map(|at| row[*at].clone())).collect())
    }))
}

fn combine_columns_to_record(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let wanted = names(cx, &args[2])?;
    let sources = places(&t, &wanted)?;
    if let Value::Record(options) = args[3].bare() {
        super::common::check_options(options, "Table.CombineColumnsToRecord", &["DisplayNameColumn", "TypeName"])?;
    }
    let (before, after) = around(&t, &sources);
    let fields = sources.iter().map(|at| t.table_type().fields[*at].clone()).collect();
    let field = Field { name: need_text(&args[1])?, ty: Type::record(fields, false), optional: false };
    let ty = spliced(&t, &before, vec![field], &after)?;
    let shape = Shape::new(wanted);
    made(map_rows(&t, ty, move |_, row| {
        let cell = Slot::Value(Value::Record(Record::from_cells(shape.clone(), sources.iter().map(|at| row[*at].clone()).collect())));
        Ok(before.iter().map(|at| row[*at].clone()).chain(std::iter::once(cell)).chain(after.iter().map(|at| row[*at].clone())).collect())
    }))
}

fn split_column(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let source = need_text(&args[1])?;
    let at = places(&t, std::slice::from_ref(&source))?[0];
    let splitter = args[2].clone();
    let new: Vec<Name> = match args[3].bare() {
        Value::List(_) => names(cx, &args[3])?,
        Value::Null => {
            // As many columns as the widest row needs.
            let mut most = 1;
            let splitter = splitter.clone();
            t.each(cx, |cx, row| {
                let value = row[at].force(cx)?;
                if !value.is_null() {
                    let parts = cx.call(&splitter, &[value])?;
                    most = most.max(list(&parts)?.count(cx)?);
                }
                Ok(true)
            })?;
            (1..=most).map(|n| Name::from(format!("{source}.{n}"))).collect()
        }
        Value::Type(_) => match super::table_make::columns(cx, &args[3])? {
            Some(ty) => ty.fields.iter().map(|f| f.name.clone()).collect(),
            None => Vec::new(),
        },
        number => {
            let n = super::common::count("columnNamesOrNumber", number)?;
            cx.charge(n.saturating_mul(super::table_make::COLUMN_BYTES))?;
            (1..=n).map(|n| Name::from(format!("{source}.{n}"))).collect()
        }
    };
    let width = new.len();
    let default = args[4].clone();
    let extra = choice(&args[5], 2, 0..=2, "extraColumns")?;
    let (before, after) = around(&t, &[at]);
    let fields = new.into_iter().map(|name| Field { name, ty: Type::any(), optional: false }).collect();
    let ty = spliced(&t, &before, fields, &after)?;
    made(map_rows(&t, ty, move |_, row| {
        // One split serves all new cells of the row, when the first of them is looked at.
        let (cell, splitter, default) = (row[at].clone(), splitter.clone(), default.clone());
        let parts = Thunk::new(Pending::Native(Box::new(move |cx| {
            let value = cell.force(cx)?;
            let mut cells = if value.is_null() && width > 0 {
                vec![Slot::Value(Value::Null)]
            } else {
                let parts = cx.call(&splitter, &[value])?;
                list(&parts)?.slots(cx)?
            };
            // With lists asked for, the last column holds one even where nothing is left over.
            if extra == 0 && width > 0 && cells.len() >= width {
                let rest = cells.split_off(width - 1);
                cells.push(Slot::Value(Value::List(List::from_slots(rest))));
            } else if cells.len() > width {
                if extra == 1 {
                    return Err(Error::data_format(format!("There were more columns in the result than expected. Count={width}")));
                }
                cells.truncate(width);
            }
            while cells.len() < width {
                cells.push(Slot::Value(default.clone()));
            }
            Ok(Value::List(List::from_slots(cells)))
        })));
        let fresh = (0..width).map(|i| {
            let parts = parts.clone();
            Slot::lazy(move |cx| {
                let all = parts.force(cx)?;
                match list(&all)?.get(cx, i)? {
                    Some(slot) => slot.force(cx),
                    None => Ok(Value::Null),
                }
            })
        });
        Ok(before.iter().map(|at| row[*at].clone()).chain(fresh).chain(after.iter().map(|at| row[*at].clone())).collect())
    }))
}

fn replaced_row(row: &Row, at: usize, cells: impl Iterator<Item = Slot>) -> Row {
    row[..at].iter().cloned().chain(cells).chain(row[at + 1..].iter().cloned()).collect()
}

/// A list column opened: one row for each item, one with null where there is none.
struct ExpandedList {
    rows: Box<dyn RowCursor>,
    at: usize,
    now: Option<(Row, Box<dyn ListCursor>, bool)>,
}

impl RowCursor for ExpandedList {
    fn next(&mut self, cx: &mut Interp) -> Result<Option<Row>> {
        loop {
            cx.tick()?;
            if let Some((row, items, emitted)) = &mut self.now {
                if let Some(slot) = items.next(cx)? {
                    *emitted = true;
                    return Ok(Some(replaced_row(row, self.at, std::iter::once(slot))));
                }
                let lonely = (!*emitted).then(|| replaced_row(row, self.at, std::iter::once(Slot::Value(Value::Null))));
                self.now = None;
                if lonely.is_some() {
                    return Ok(lonely);
                }
            }
            let Some(row) = self.rows.next(cx)? else { return Ok(None) };
            let items = match row[self.at].force(cx) {
                Ok(value) => match value.bare() {
                    Value::Null => return Ok(Some(row)),
                    Value::List(items) => items.clone(),
                    Value::Table(inner) => List::from_values(super::table_rows::records(cx, inner)?),
                    other => {
                        let error = Error::cannot_convert(other, "List");
                        return Ok(Some(replaced_row(&row, self.at, std::iter::once(Slot::failed(error)))));
                    }
                },
                Err(error) if error.is_catchable() => return Ok(Some(row)),
                Err(error) => return Err(error),
            };
            self.now = Some((row, items.open(cx)?, false));
        }
    }
}

fn expand_list_column(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let at = places(&t, &[need_text(&args[1])?])?[0];
    let mut fields = t.table_type().fields.to_vec();
    fields[at].ty = match fields[at].ty.form() {
        crate::m::value::TypeForm::List(item) => item.clone(),
        _ => Type::any(),
    };
    made(Table::lazy_with(TableType::new(fields), move |cx| Ok(Box::new(ExpandedList { rows: t.open(cx)?, at, now: None }))))
}

/// The names that an expansion takes and the columns that it makes of them.
fn expansion(cx: &mut Interp, t: &Table, args: &[Value]) -> Result<(usize, Vec<Name>, TableType)> {
    let at = places(t, &[need_text(&args[1])?])?[0];
    let wanted = names(cx, &args[2])?;
    let fresh = if args[3].is_null() { wanted.clone() } else { names(cx, &args[3])? };
    if fresh.len() != wanted.len() {
        return Err(Error::expression("The number of new column names doesn't match the number of columns.").with_detail(args[3].clone()));
    }
    let inner = t.table_type().fields[at].ty.clone();
    let fields = wanted
        .iter()
        .zip(fresh)
        .map(|(old, name)| {
            let ty = inner.fields().and_then(|fields| fields.iter().find(|f| f.name == *old)).map_or_else(Type::any, |f| f.ty.clone());
            Field { name, ty, optional: false }
        })
        .collect();
    let before: Vec<usize> = (0..at).collect();
    let after: Vec<usize> = (at + 1..t.shape().len()).collect();
    let ty = spliced(t, &before, fields, &after)?;
    Ok((at, wanted, ty))
}

fn expand_record_column(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let (at, wanted, ty) = expansion(cx, &t, args)?;
    made(map_rows(&t, ty, move |cx, row| {
        let cells: Vec<Slot> = match &row[at] {
            Slot::Value(value) => record_cells(value, &wanted),
            lazy => match lazy.ready() {
                Some(value) => record_cells(&value, &wanted),
                // Unevaluated records stay so until one of the new cells is looked at.
                None => wanted
                    .iter()
                    .map(|name| {
                        let (lazy, name) = (lazy.clone(), name.clone());
                        Slot::lazy(move |cx| {
                            let value = lazy.force(cx)?;
                            match value.bare() {
                                Value::Null => Ok(Value::Null),
                                Value::Record(r) => Ok(r.optional_field(cx, &name)?.unwrap_or_default()),
                                other => Err(Error::cannot_convert(other, "Record")),
                            }
                        })
                    })
                    .collect(),
            },
        };
        cx.tick()?;
        Ok(replaced_row(&row, at, cells.into_iter()))
    }))
}

fn record_cells(value: &Value, wanted: &[Name]) -> Vec<Slot> {
    match value.bare() {
        Value::Record(r) => wanted.iter().map(|name| r.get(name).map_or(Slot::Value(Value::Null), |cell| cell.to_slot())).collect(),
        Value::Null => vec![Slot::Value(Value::Null); wanted.len()],
        other => {
            let error = Error::cannot_convert(other, "Record");
            wanted.iter().map(|_| Slot::failed(error.clone())).collect()
        }
    }
}

/// A table column opened: one row for each inner row, one with nulls where there is none.
struct ExpandedTable {
    rows: Box<dyn RowCursor>,
    at: usize,
    wanted: Rc<[Name]>,
    now: Option<Inner>,
}

/// The tables of one row: the row, inner rows, the places of the wanted columns, whether a row came out.
struct Inner {
    row: Row,
    rows: Box<dyn RowCursor>,
    places: Vec<Option<usize>>,
    emitted: bool,
}

impl RowCursor for ExpandedTable {
    fn next(&mut self, cx: &mut Interp) -> Result<Option<Row>> {
        let nulls = || (0..self.wanted.len()).map(|_| Slot::Value(Value::Null));
        loop {
            cx.tick()?;
            if let Some(inner) = &mut self.now {
                if let Some(cells) = inner.rows.next(cx)? {
                    inner.emitted = true;
                    let fresh = inner.places.iter().map(|p| p.map_or(Slot::Value(Value::Null), |p| cells[p].clone()));
                    return Ok(Some(replaced_row(&inner.row, self.at, fresh)));
                }
                let lonely = (!inner.emitted).then(|| replaced_row(&inner.row, self.at, nulls()));
                self.now = None;
                if lonely.is_some() {
                    return Ok(lonely);
                }
            }
            let Some(row) = self.rows.next(cx)? else { return Ok(None) };
            let failed = |error: Error| (0..self.wanted.len()).map(move |_| Slot::failed(error.clone()));
            let inner = match row[self.at].force(cx) {
                Ok(value) => match value.bare() {
                    Value::Null => return Ok(Some(replaced_row(&row, self.at, nulls()))),
                    Value::Table(inner) => inner.clone(),
                    other => return Ok(Some(replaced_row(&row, self.at, failed(Error::cannot_convert(other, "Table"))))),
                },
                Err(error) if error.is_catchable() => return Ok(Some(replaced_row(&row, self.at, failed(error)))),
                Err(error) => return Err(error),
            };
            let places = self.wanted.iter().map(|name| inner.shape().position(name)).collect();
            self.now = Some(Inner { row, rows: inner.open(cx)?, places, emitted: false });
        }
    }
}

fn expand_table_column(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let (at, wanted, ty) = expansion(cx, &t, args)?;
    let wanted: Rc<[Name]> = wanted.into();
    made(Table::lazy_with(ty, move |cx| Ok(Box::new(ExpandedTable { rows: t.open(cx)?, at, wanted: wanted.clone(), now: None }))))
}
