//! Makers of values that belong to the language: `#date`, `#table` and their siblings.

use std::rc::Rc;

use super::{ANY, Builtin, Constant, ConstantValue, DATE, DATETIME, DATETIMEZONE, DURATION, NUMBER, TIME, arg};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{
    List, ListCursor, Name, Row, RowCursor, RowSource, Slot, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, Table,
    TableType, TypeForm, Value, day_from_civil,
};

pub(super) const CONSTANTS: &[Constant] = &[
    Constant { name: "#infinity", value: ConstantValue::Number(f64::INFINITY) },
    Constant { name: "#nan", value: ConstantValue::Number(f64::NAN) },
];

pub(super) const FUNCTIONS: &[Builtin] = &[DATE_MAKER, DATETIME_MAKER, DATETIMEZONE_MAKER, DURATION_MAKER, TABLE_MAKER, TIME_MAKER];

const DATE_MAKER: Builtin = Builtin {
    name: "#date",
    params: &[arg("year", NUMBER), arg("month", NUMBER), arg("day", NUMBER)],
    returns: DATE,
    about: "The date of a year, month and day.",
    source: "https://learn.microsoft.com/powerquery-m/sharpdate",
    examples: &[("#date(2024, 2, 29)", "#date(2024, 2, 29)")],
    run: |_, args| date(args).map(Value::Date),
};

const TIME_MAKER: Builtin = Builtin {
    name: "#time",
    params: &[arg("hour", NUMBER), arg("minute", NUMBER), arg("second", NUMBER)],
    returns: TIME,
    about: "The time of an hour, minute and second.",
    source: "https://learn.microsoft.com/powerquery-m/sharptime",
    examples: &[("#time(24, 0, 0) - #time(0, 0, 0)", "#duration(1, 0, 0, 0)")],
    run: |_, args| time(args).map(Value::Time),
};

const DATETIME_MAKER: Builtin = Builtin {
    name: "#datetime",
    params: &[
        arg("year", NUMBER),
        arg("month", NUMBER),
        arg("day", NUMBER),
        arg("hour", NUMBER),
        arg("minute", NUMBER),
        arg("second", NUMBER),
    ],
    returns: DATETIME,
    about: "The moment of a date and a time.",
    source: "https://learn.microsoft.com/powerquery-m/sharpdatetime",
    examples: &[("#datetime(2024, 1, 1, 0, 0, 0)", "#date(2024, 1, 1) & #time(0, 0, 0)")],
    run: |_, args| moment(args).map(Value::DateTime),
};

const DATETIMEZONE_MAKER: Builtin = Builtin {
    name: "#datetimezone",
    params: &[
        arg("year", NUMBER),
        arg("month", NUMBER),
        arg("day", NUMBER),
        arg("hour", NUMBER),
        arg("minute", NUMBER),
        arg("second", NUMBER),
        arg("offsetHours", NUMBER),
        arg("offsetMinutes", NUMBER),
    ],
    returns: DATETIMEZONE,
    about: "The moment of a date and a time in a zone.",
    source: "https://learn.microsoft.com/powerquery-m/sharpdatetimezone",
    examples: &[("#datetimezone(2024, 1, 1, 2, 0, 0, 2, 0) = #datetimezone(2024, 1, 1, 0, 0, 0, 0, 0)", "true")],
    run: |_, args| {
        let local = moment(args)?;
        let offset = whole(&args[6])?.checked_mul(60).and_then(|h| whole(&args[7]).ok()?.checked_add(h)).unwrap_or(i64::MAX);
        if offset.abs() > 14 * 60 {
            return Err(out_of_range("DateTimeZone"));
        }
        Ok(Value::DateTimeZone { local, offset: offset as i16 })
    },
};

const DURATION_MAKER: Builtin = Builtin {
    name: "#duration",
    params: &[arg("days", NUMBER), arg("hours", NUMBER), arg("minutes", NUMBER), arg("seconds", NUMBER)],
    returns: DURATION,
    about: "The duration of so many days, hours, minutes and seconds; each may be negative or too big for its place.",
    source: "https://learn.microsoft.com/powerquery-m/sharpduration",
    examples: &[("#duration(0, 0, 0, 90)", "#duration(0, 0, 1, 30)")],
    run: |_, args| {
        let part = |at: usize, unit: i64| -> f64 { args[at].as_f64().unwrap_or(f64::NAN) * unit as f64 };
        let coarse = part(0, TICKS_PER_DAY) + part(1, TICKS_PER_HOUR) + part(2, TICKS_PER_MINUTE);
        let exact = args[..3]
            .iter()
            .zip([TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE])
            .try_fold(0i64, |sum, (value, unit)| value.as_i64().and_then(|n| n.checked_mul(unit)).and_then(|n| n.checked_add(sum)));
        let seconds = part(3, TICKS_PER_SECOND).round();
        let total = match exact {
            Some(exact) if seconds.abs() < 9.2e18 => exact.checked_add(seconds as i64),
            _ if (coarse + seconds).abs() < 9.2e18 => Some((coarse + seconds).round() as i64),
            _ => None,
        };
        total.map(Value::Duration).ok_or_else(|| out_of_range("Duration"))
    },
};

fn out_of_range(kind: &str) -> Error {
    Error::expression(format!("The {kind} operation failed because the resulting value falls outside the range of allowed values."))
}

fn whole(value: &Value) -> Result<i64> {
    value.as_i64().ok_or_else(|| Error::expression("The value must be a whole number.").with_detail(value.clone()))
}

fn date(args: &[Value]) -> Result<i32> {
    let (y, m, d) = (whole(&args[0])?, whole(&args[1])?, whole(&args[2])?);
    let part = |n: i64| u32::try_from(n).unwrap_or(0);
    day_from_civil(i32::try_from(y).unwrap_or(0), part(m), part(d)).ok_or_else(|| out_of_range("Date"))
}

fn time(args: &[Value]) -> Result<i64> {
    let (h, m) = (whole(&args[0])?, whole(&args[1])?);
    let s = args[2].as_f64().unwrap_or(f64::NAN);
    let in_day = (0..24).contains(&h) && (0..60).contains(&m) && (0.0..60.0).contains(&s);
    if !in_day && !(h == 24 && m == 0 && s == 0.0) {
        return Err(out_of_range("Time"));
    }
    Ok(h * TICKS_PER_HOUR + m * TICKS_PER_MINUTE + (s * TICKS_PER_SECOND as f64).round() as i64)
}

fn moment(args: &[Value]) -> Result<i64> {
    let time = time(&args[3..6])?;
    Ok(i64::from(date(&args[..3])?) * TICKS_PER_DAY + time)
}

const TABLE_MAKER: Builtin = Builtin {
    name: "#table",
    params: &[arg("columns", ANY), arg("rows", ANY)],
    returns: ANY,
    about: "A table of columns (their number, names or a table type) and rows, each a list with a cell for every column.",
    source: "https://learn.microsoft.com/powerquery-m/sharptable",
    examples: &[("#table({\"A\"}, {{1}, {2}})[A]", "{1, 2}")],
    run: table,
};

fn table(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let rows = match args[1].bare() {
        Value::List(rows) => rows.clone(),
        other => return Err(Error::cannot_convert(other, "List")),
    };
    let ty = match args[0].bare() {
        Value::Type(ty) => match ty.form() {
            TypeForm::Table(table) => {
                let table = rows_under(table.clone(), rows);
                return Ok(Value::Table(table.with_type(ty)));
            }
            _ => return Err(Error::cannot_convert(&args[0], "Table")),
        },
        Value::List(names) => named_columns(names.texts(cx)?)?,
        Value::Null => {
            let width = match rows.get(cx, 0)? {
                Some(slot) => match slot.force(cx)?.bare() {
                    Value::List(cells) => cells.count(cx)?,
                    other => return Err(Error::cannot_convert(other, "List")),
                },
                None => 0,
            };
            numbered_columns(width)
        }
        other => {
            let width = cx.index(other)?;
            cx.charge(width.saturating_mul(super::table_make::COLUMN_BYTES))?;
            numbered_columns(width)
        }
    };
    Ok(Value::Table(rows_under(ty, rows)))
}

/// Columns of type any; names must differ.
pub(super) fn named_columns(names: Vec<Name>) -> Result<TableType> {
    let ty = TableType::untyped(&names);
    match crate::m::value::Shape::distinct(names) {
        Ok(_) => Ok(ty),
        Err(name) => Err(Error::expression(format!("The field '{name}' already exists in the record."))),
    }
}

/// `Column1`, `Column2` …
pub(super) fn numbered_columns(width: usize) -> TableType {
    let names: Vec<Name> = (1..=width).map(|n| Name::from(format!("Column{n}"))).collect();
    TableType::untyped(&names)
}

/// A table from a list of rows, each a list of cells; a row of another length is an error in each of its cells.
pub(super) fn rows_under(ty: TableType, rows: List) -> Table {
    struct Rows {
        list: List,
        width: usize,
    }
    struct Cursor {
        items: Box<dyn ListCursor>,
        width: usize,
    }
    impl RowSource for Rows {
        fn open(&self, cx: &mut Interp) -> Result<Box<dyn RowCursor>> {
            Ok(Box::new(Cursor { items: self.list.open(cx)?, width: self.width }))
        }
        fn count(&self, cx: &mut Interp) -> Result<Option<usize>> {
            self.list.count(cx).map(Some)
        }
    }
    impl RowCursor for Cursor {
        fn next(&mut self, cx: &mut Interp) -> Result<Option<Row>> {
            match self.items.next_value(cx)? {
                Some(item) => row(cx, &item, self.width).map(Some),
                None => Ok(None),
            }
        }
    }
    let width = ty.fields.len();
    if let Some(items) = rows.items() {
        let ready: Option<Vec<Row>> = items
            .iter()
            .map(|slot| {
                let Value::List(cells) = slot.ready()?.into_bare() else { return None };
                cells.items().filter(|cells| cells.len() == width).map(|cells| Rc::from(cells.to_vec()))
            })
            .collect();
        if let Some(rows) = ready {
            return Table::new(ty, rows);
        }
    }
    Table::lazy(ty, Rows { list: rows, width })
}

fn row(cx: &mut Interp, item: &Value, width: usize) -> Result<Row> {
    let cells = match item.bare() {
        Value::List(cells) => cells.slots(cx)?,
        other => return Err(Error::cannot_convert(other, "List")),
    };
    if cells.len() == width {
        return Ok(Rc::from(cells));
    }
    let error =
        Error::expression(format!("{width} keys were specified, but {} values were provided.", cells.len())).with_detail(item.clone());
    Ok((0..width).map(|_| Slot::failed(error.clone())).collect())
}
