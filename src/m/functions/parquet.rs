//! `Parquet.Document`: a Parquet file as a table.

use bytes::Bytes;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field as Cell;

use super::{BINARY, Builtin, RECORD, TABLE, arg, opt};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{Binary, Decimal, Field, Kind, List, Name, Record, Row, Shape, Slot, TICKS_PER_DAY, Table, TableType, Type, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[Builtin {
    name: "Parquet.Document",
    params: &[arg("binary", BINARY), opt("options", RECORD)],
    returns: TABLE,
    about: "The rows of a Parquet file.",
    source: "https://learn.microsoft.com/powerquery-m/parquet-document",
    examples: &[],
    run: document,
}];

/// Days from 0001-01-01 to 1970-01-01.
const UNIX_DAYS: i64 = 719_162;

fn moment(ticks: i64) -> Value {
    Value::DateTime(UNIX_DAYS * TICKS_PER_DAY + ticks)
}

/// A decimal of big-endian bytes.
fn decimal(value: &parquet::data_type::Decimal) -> Value {
    let bytes = value.data();
    let negative = bytes.first().is_some_and(|b| b & 0x80 != 0);
    let unscaled = bytes.iter().fold(if negative { -1i128 } else { 0 }, |n, b| n << 8 | i128::from(*b));
    match u32::try_from(value.scale()).ok().and_then(|scale| Decimal::try_from_i128_with_scale(unscaled, scale).ok()) {
        Some(exact) => Value::Decimal(exact),
        None => Value::Double(unscaled as f64 / 10f64.powi(value.scale())),
    }
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Bool(b) => Value::Logical(*b),
        Cell::Byte(n) => Value::Int(i64::from(*n)),
        Cell::Short(n) => Value::Int(i64::from(*n)),
        Cell::Int(n) => Value::Int(i64::from(*n)),
        Cell::Long(n) => Value::Int(*n),
        Cell::UByte(n) => Value::Int(i64::from(*n)),
        Cell::UShort(n) => Value::Int(i64::from(*n)),
        Cell::UInt(n) => Value::Int(i64::from(*n)),
        Cell::ULong(n) => i64::try_from(*n).map_or(Value::Double(*n as f64), Value::Int),
        Cell::Float16(n) => Value::Double(f64::from(n.to_f32())),
        Cell::Float(n) => Value::Double(f64::from(*n)),
        Cell::Double(n) => Value::Double(*n),
        Cell::Decimal(n) => decimal(n),
        Cell::Str(t) => Value::text(t),
        Cell::Bytes(b) => Value::Binary(Binary::new(b.data().to_vec())),
        Cell::Date(days) => Value::Date(*days + UNIX_DAYS as i32),
        Cell::TimeMillis(ms) => Value::Time(i64::from(*ms) * 10_000),
        Cell::TimeMicros(us) => Value::Time(us * 10),
        Cell::TimestampMillis(ms) => moment(ms.saturating_mul(10_000)),
        Cell::TimestampMicros(us) => moment(us.saturating_mul(10)),
        Cell::Group(row) => {
            let (names, cells): (Vec<Name>, Vec<Slot>) =
                row.get_column_iter().map(|(n, c)| (Name::from(&**n), Slot::Value(value(c)))).unzip();
            Value::Record(Record::from_cells(Shape::new(names), cells))
        }
        Cell::ListInternal(items) => Value::List(List::from_values(items.elements().iter().map(value))),
        Cell::MapInternal(map) => Value::List(List::from_values(
            map.entries().iter().map(|(k, v)| Value::Record(Record::new(vec![("Key", value(k)), ("Value", value(v))]))),
        )),
        // Kinds that a later format version may add.
        #[allow(unreachable_patterns)]
        other => Value::text(other.to_string()),
    }
}

/// The M type of a column.
fn column_type(column: &parquet::schema::types::Type) -> Type {
    use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
    if !column.is_primitive() {
        return Type::any();
    }
    let info = column.get_basic_info();
    let kind = match (info.logical_type_ref(), info.converted_type(), column.get_physical_type()) {
        (Some(LogicalType::String), ..) | (_, ConvertedType::UTF8, _) => Kind::Text,
        (_, ConvertedType::DATE, _) => Kind::Date,
        (_, ConvertedType::TIMESTAMP_MILLIS | ConvertedType::TIMESTAMP_MICROS, _) | (_, _, Physical::INT96) => Kind::DateTime,
        (_, ConvertedType::TIME_MILLIS | ConvertedType::TIME_MICROS, _) => Kind::Time,
        (_, _, Physical::BOOLEAN) => Kind::Logical,
        (_, ConvertedType::DECIMAL, _) | (_, _, Physical::INT32 | Physical::INT64 | Physical::FLOAT | Physical::DOUBLE) => Kind::Number,
        _ => Kind::Any,
    };
    Type::nullable(kind)
}

fn document(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let bytes = super::binary::binary(&args[0])?.bytes(cx)?;
    let broken = |error: parquet::errors::ParquetError| Error::data_format(format!("The file isn't a readable Parquet file: {error}"));
    let reader = SerializedFileReader::new(Bytes::copy_from_slice(&bytes)).map_err(broken)?;
    let schema = reader.metadata().file_metadata().schema().clone();
    let fields: Vec<Field> = schema.get_fields().iter().map(|f| Field::new(f.name(), column_type(f), false)).collect();
    let mut rows: Vec<Row> = Vec::new();
    for row in reader.get_row_iter(None).map_err(broken)? {
        cx.tick()?;
        let row = row.map_err(broken)?;
        rows.push(row.get_column_iter().map(|(_, cell)| Slot::Value(value(cell))).collect());
    }
    Ok(Value::Table(Table::new(TableType::new(fields), rows)))
}
