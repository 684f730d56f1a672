//! Parquet ↔ [`Table`]; the types come from the caller, as for CSV.
//!
//! Integers are whole numbers, decimals (of any physical type) fixed decimals, dates and timestamps date-times, strings and
//! dictionaries texts. Only the columns asked for are decoded, each row group and column on a thread of its own; the result does
//! not depend on how many there are.

use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::column::writer::{ColumnCloseResult, ColumnWriter, get_column_writer, get_typed_column_writer_mut};
use parquet::data_type::{self as physical, ByteArray};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite};
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor, ColumnPath, Type};
use rayon::prelude::*;

use super::csv::{Dictionary, settle_blanks};
use super::{Column, ColumnData, DataType, Field, Table};
use crate::base::{Currency, Date, Diagnostic, nearest};

/// Rows decoded at a time.
const BATCH: usize = 16 * 1024;
/// Rows of a written row group.
const ROW_GROUP: usize = 1 << 20;
/// Days from 1899-12-30 to 1970-01-01.
const UNIX_EPOCH: i64 = 25_569;

/// Reads a Parquet file as the columns that `fields` names, in their order.
///
/// The answer has one column per field that is not calculated. Whole numbers also fit double and fixed decimal columns, and
/// numbers without a fraction whole ones. Warnings: a column that the file lacks (`F0104`, all BLANK) and one for a calculated
/// column (`F0105`, ignored).
///
/// # Errors
/// `F0110` not a Parquet file, `F0102` unknown column, `F0111` a type that does not fit the column, `F0112` a value that does not.
pub fn read<R: ChunkReader + 'static>(
    source: R,
    file: &str,
    table: &str,
    fields: &[Field<'_>],
) -> Result<(Table, Vec<Diagnostic>), Vec<Diagnostic>> {
    let broken = |error: parquet::errors::ParquetError| {
        vec![Diagnostic::error("F0110", format!("not a readable Parquet file: {error}")).in_file(file, None)]
    };
    let reader = SerializedFileReader::new(source).map_err(broken)?;
    let metadata = reader.metadata();
    let schema = metadata.file_metadata().schema_descr_ptr();
    let groups: Vec<usize> = metadata.row_groups().iter().map(|group| group.num_rows().max(0) as usize).collect();
    let rows: usize = groups.iter().sum();

    let mut diagnostics = Vec::new();
    let mut places: Vec<Option<usize>> = vec![None; fields.len()];
    for root in schema.root_schema().get_fields() {
        let wanted = root.name().to_lowercase();
        match fields.iter().position(|field| field.name.to_lowercase() == wanted) {
            None => {
                let message = format!("column `{}` is not in table `{table}`", root.name());
                let mut error = Diagnostic::error("F0102", message).in_file(file, None);
                if let Some(near) = nearest(root.name(), fields.iter().map(|field| field.name)) {
                    error = error.help(format!("a column with a similar name exists: `{near}`"));
                }
                diagnostics.push(error);
            }
            Some(index) if fields[index].calculated => {
                let message =
                    format!("column `{}` of table `{table}` is calculated; the values of the file are ignored", fields[index].name);
                diagnostics.push(Diagnostic::warning("F0105", message).in_file(file, None));
            }
            Some(index) if places[index].is_some() => {
                diagnostics.push(Diagnostic::error("F0103", format!("column `{}` is given twice", root.name())).in_file(file, None));
            }
            Some(index) => {
                let leaf = schema.columns().iter().position(|column| column.path().parts()[0] == root.name());
                match leaf.filter(|leaf| schema.column(*leaf).path().parts().len() == 1 && schema.column(*leaf).max_rep_level() == 0) {
                    Some(leaf) => places[index] = Some(leaf),
                    None => {
                        let message = format!("column `{}` holds nested values", root.name());
                        diagnostics.push(Diagnostic::error("F0111", message).in_file(file, None));
                    }
                }
            }
        }
    }
    let mut columns = Vec::new();
    for (field, place) in fields.iter().zip(&places).filter(|(field, _)| !field.calculated) {
        match place {
            Some(leaf) if field.wanted => match read_column(&reader, *leaf, field, &groups, rows) {
                Ok(column) => columns.push(column),
                Err(fault) => diagnostics.push(Diagnostic::error(fault.code, fault.message).in_file(file, None)),
            },
            Some(_) => columns.push(Column::blank(field.name, field.data_type, rows)),
            None => {
                let message = format!("column `{}` of table `{table}` is missing: all rows are BLANK", field.name);
                diagnostics.push(Diagnostic::warning("F0104", message).in_file(file, None));
                columns.push(Column::blank(field.name, field.data_type, rows));
            }
        }
    }
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(diagnostics);
    }
    Ok((Table { name: table.to_owned(), columns }, diagnostics))
}

struct Fault {
    code: &'static str,
    message: String,
}

/// What the file says its values are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Whole,
    Unsigned,
    Decimal(u32),
    Days,
    /// A moment, in so many ticks a day.
    Moment(i64),
    /// A time of day, in so many ticks a day.
    TimeOfDay(i64),
    Float,
    Half,
    Boolean,
    Text,
    Bytes,
    Uuid,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Kind::Whole | Kind::Unsigned => "whole numbers",
            Kind::Decimal(_) => "decimals",
            Kind::Days => "dates",
            Kind::Moment(_) => "timestamps",
            Kind::TimeOfDay(_) => "times",
            Kind::Float | Kind::Half => "doubles",
            Kind::Boolean => "booleans",
            Kind::Text | Kind::Uuid => "texts",
            Kind::Bytes => "bytes",
        }
    }
}

fn ticks_a_day(unit: &TimeUnit) -> i64 {
    86_400
        * match unit {
            TimeUnit::MILLIS => 1_000,
            TimeUnit::MICROS => 1_000_000,
            TimeUnit::NANOS => 1_000_000_000,
        }
}

fn kind_of(column: &ColumnDescriptor) -> Kind {
    if let Some(logical) = column.logical_type_ref() {
        match logical {
            LogicalType::String | LogicalType::Enum | LogicalType::Json => return Kind::Text,
            LogicalType::Decimal(decimal) => return Kind::Decimal(decimal.scale.max(0) as u32),
            LogicalType::Date => return Kind::Days,
            LogicalType::Time(time) => return Kind::TimeOfDay(ticks_a_day(&time.unit)),
            LogicalType::Timestamp(timestamp) => return Kind::Moment(ticks_a_day(&timestamp.unit)),
            LogicalType::Integer(integer) => return if integer.is_signed { Kind::Whole } else { Kind::Unsigned },
            LogicalType::Uuid => return Kind::Uuid,
            LogicalType::Float16 => return Kind::Half,
            _ => {}
        }
    }
    match column.converted_type() {
        ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON => return Kind::Text,
        ConvertedType::DECIMAL => return Kind::Decimal(column.type_scale().max(0) as u32),
        ConvertedType::DATE => return Kind::Days,
        ConvertedType::TIME_MILLIS => return Kind::TimeOfDay(86_400_000),
        ConvertedType::TIME_MICROS => return Kind::TimeOfDay(86_400_000_000),
        ConvertedType::TIMESTAMP_MILLIS => return Kind::Moment(86_400_000),
        ConvertedType::TIMESTAMP_MICROS => return Kind::Moment(86_400_000_000),
        ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64 => return Kind::Unsigned,
        _ => {}
    }
    match column.physical_type() {
        Physical::BOOLEAN => Kind::Boolean,
        Physical::INT32 | Physical::INT64 => Kind::Whole,
        Physical::INT96 => Kind::Moment(86_400_000_000_000),
        Physical::FLOAT | Physical::DOUBLE => Kind::Float,
        Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY => Kind::Bytes,
    }
}

/// Whether values of `kind` can become cells of `target`.
fn fits(kind: Kind, target: DataType) -> bool {
    match target {
        DataType::Int64 | DataType::Double | DataType::Currency => {
            matches!(kind, Kind::Whole | Kind::Unsigned | Kind::Decimal(_) | Kind::Float | Kind::Half)
        }
        DataType::DateTime => matches!(kind, Kind::Days | Kind::Moment(_) | Kind::TimeOfDay(_)),
        DataType::Boolean => kind == Kind::Boolean,
        // Writers of older files leave the annotation of texts out.
        DataType::String => matches!(kind, Kind::Text | Kind::Uuid | Kind::Bytes),
        DataType::Binary => matches!(kind, Kind::Bytes | Kind::Text | Kind::Uuid),
    }
}

/// One row group's share of a column under construction.
enum Slot<'a> {
    Whole(&'a mut [i64]),
    Float(&'a mut [f64]),
    Boolean(&'a mut [bool]),
    Text(&'a mut [u32], Dictionary),
    Binary(&'a mut [Arc<[u8]>]),
}

/// Cuts a vector into one slice per row group.
fn split<'a, T>(mut rest: &'a mut [T], groups: &[usize]) -> Vec<&'a mut [T]> {
    groups
        .iter()
        .map(|rows| {
            let (head, tail) = std::mem::take(&mut rest).split_at_mut(*rows);
            rest = tail;
            head
        })
        .collect()
}

fn read_column<R: ChunkReader + 'static>(
    reader: &SerializedFileReader<R>,
    leaf: usize,
    field: &Field<'_>,
    groups: &[usize],
    rows: usize,
) -> Result<Column, Fault> {
    let descriptor = reader.metadata().file_metadata().schema_descr().column(leaf);
    let kind = kind_of(&descriptor);
    if !fits(kind, field.data_type) {
        let message = format!("column `{}` is {} in the model and holds {} in the file", field.name, field.data_type, kind.words());
        return Err(Fault { code: "F0111", message });
    }
    let has_blanks = descriptor.max_def_level() > 0
        && reader
            .metadata()
            .row_groups()
            .iter()
            .any(|group| group.column(leaf).statistics().and_then(parquet::file::statistics::Statistics::null_count_opt) != Some(0));
    let mut blanks = if has_blanks { vec![false; rows] } else { Vec::new() };
    let blank_groups = if has_blanks { groups.to_vec() } else { vec![0; groups.len()] };
    let (mut whole, mut float, mut boolean, mut ids, mut binary) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let slots: Vec<Slot> = match field.data_type {
        DataType::Int64 | DataType::Currency => {
            whole.resize(rows, 0_i64);
            split(&mut whole, groups).into_iter().map(Slot::Whole).collect()
        }
        DataType::Double | DataType::DateTime => {
            float.resize(rows, 0_f64);
            split(&mut float, groups).into_iter().map(Slot::Float).collect()
        }
        DataType::Boolean => {
            boolean.resize(rows, false);
            split(&mut boolean, groups).into_iter().map(Slot::Boolean).collect()
        }
        DataType::String => {
            ids.resize(rows, 0_u32);
            split(&mut ids, groups).into_iter().map(|slice| Slot::Text(slice, Dictionary::default())).collect()
        }
        DataType::Binary => {
            binary.resize(rows, Arc::from(&[][..]));
            split(&mut binary, groups).into_iter().map(Slot::Binary).collect()
        }
    };
    let jobs: Vec<_> = slots.into_iter().zip(split(&mut blanks, &blank_groups)).enumerate().collect();
    let decoded: Result<Vec<Slot>, Fault> = jobs
        .into_par_iter()
        .map(|(group, (mut slot, blanks))| {
            let decoded = reader
                .get_row_group(group)
                .and_then(|row_group| row_group.get_column_reader(leaf))
                .map_err(|error| Fault { code: "F0110", message: format!("column `{}`: {error}", field.name) })
                .and_then(|pages| decode(pages, kind, field, descriptor.max_def_level(), groups[group], &mut slot, blanks));
            decoded.map(|()| slot).map_err(|fault| match (fault.code, group) {
                ("F0112", group) if group > 0 => Fault { message: format!("{} (row group {})", fault.message, group + 1), ..fault },
                _ => fault,
            })
        })
        .collect();
    let mut dictionary = Dictionary::default();
    for slot in decoded? {
        if let Slot::Text(slice, local) = slot {
            let map: Vec<u32> = local.texts.iter().map(|text| dictionary.share(text)).collect();
            if map.iter().enumerate().any(|(old, new)| old as u32 != *new) {
                for id in slice {
                    *id = map.get(*id as usize).copied().unwrap_or(0);
                }
            }
        }
    }
    let blanks = blanks.contains(&true).then_some(blanks);
    settle_blanks(&mut ids, blanks.as_deref(), &mut dictionary);
    let data = match field.data_type {
        DataType::Int64 => ColumnData::Int64(whole),
        DataType::Currency => ColumnData::Currency(whole),
        DataType::Double => ColumnData::Double(float),
        DataType::DateTime => ColumnData::DateTime(float),
        DataType::Boolean => ColumnData::Boolean(boolean),
        DataType::String => ColumnData::String { ids, dictionary: dictionary.texts },
        DataType::Binary => ColumnData::Binary(binary),
    };
    Ok(Column { name: field.name.to_owned(), data, blanks })
}

fn decode(
    pages: ColumnReader,
    kind: Kind,
    field: &Field<'_>,
    levels: i16,
    rows: usize,
    slot: &mut Slot<'_>,
    blanks: &mut [bool],
) -> Result<(), Fault> {
    let target = field.data_type;
    match pages {
        ColumnReader::Int32ColumnReader(reader) => each(reader, field, levels, rows, blanks, |row, value| {
            let raw = if kind == Kind::Unsigned { i64::from(*value as u32) } else { i64::from(*value) };
            put_whole(slot, target, kind, row, raw)
        }),
        ColumnReader::Int64ColumnReader(reader) => each(reader, field, levels, rows, blanks, |row, value| {
            if kind == Kind::Unsigned && *value < 0 {
                return None;
            }
            put_whole(slot, target, kind, row, *value)
        }),
        ColumnReader::Int96ColumnReader(reader) => {
            each(reader, field, levels, rows, blanks, |row, value| {
                // The last word is the Julian day, the first two the nanoseconds of the day.
                let words = value.data();
                let nanoseconds = (u64::from(words[1]) << 32 | u64::from(words[0])) as f64;
                put_float(slot, target, row, i64::from(words[2]) as f64 - 2_415_019.0 + nanoseconds / 86_400e9)
            })
        }
        ColumnReader::FloatColumnReader(reader) => {
            each(reader, field, levels, rows, blanks, |row, value| put_float(slot, target, row, f64::from(*value)))
        }
        ColumnReader::DoubleColumnReader(reader) => {
            each(reader, field, levels, rows, blanks, |row, value| put_float(slot, target, row, *value))
        }
        ColumnReader::BoolColumnReader(reader) => each(reader, field, levels, rows, blanks, |row, value| match slot {
            Slot::Boolean(cells) => {
                cells[row] = *value;
                Some(())
            }
            _ => None,
        }),
        ColumnReader::ByteArrayColumnReader(reader) => {
            each(reader, field, levels, rows, blanks, |row, value| put_bytes(slot, target, kind, row, value.data()))
        }
        ColumnReader::FixedLenByteArrayColumnReader(reader) => {
            each(reader, field, levels, rows, blanks, |row, value| put_bytes(slot, target, kind, row, value.data()))
        }
    }
}

/// Calls `put` with row and value of every value present, and marks the other rows as BLANK.
fn each<T: physical::DataType>(
    mut reader: ColumnReaderImpl<T>,
    field: &Field<'_>,
    levels: i16,
    rows: usize,
    blanks: &mut [bool],
    mut put: impl FnMut(usize, &T::T) -> Option<()>,
) -> Result<(), Fault>
where
    T::T: physical::AsBytes,
{
    let mut values: Vec<T::T> = Vec::with_capacity(BATCH);
    let mut definitions: Vec<i16> = Vec::new();
    let mut row = 0;
    while row < rows {
        values.clear();
        definitions.clear();
        let (records, present, _) = reader
            .read_records(BATCH.min(rows - row), (levels > 0).then_some(&mut definitions), None, &mut values)
            .map_err(|error| Fault { code: "F0110", message: format!("column `{}`: {error}", field.name) })?;
        if records == 0 {
            return Err(Fault { code: "F0110", message: format!("column `{}` has fewer rows than the row group", field.name) });
        }
        let misfit = |row: usize| Fault {
            code: "F0112",
            message: format!("row {} of column `{}` does not fit {}", row + 1, field.name, field.data_type),
        };
        if present == records {
            for (index, value) in values.iter().enumerate() {
                put(row + index, value).ok_or_else(|| misfit(row + index))?;
            }
        } else {
            let mut next = values.iter();
            for (index, level) in definitions.iter().enumerate() {
                match (*level == levels).then(|| next.next()).flatten() {
                    Some(value) => put(row + index, value).ok_or_else(|| misfit(row + index))?,
                    None => {
                        if let Some(blank) = blanks.get_mut(row + index) {
                            *blank = true;
                        }
                    }
                }
            }
        }
        row += records;
    }
    Ok(())
}

fn put_whole(slot: &mut Slot<'_>, target: DataType, kind: Kind, row: usize, raw: i64) -> Option<()> {
    match slot {
        Slot::Whole(cells) => {
            cells[row] = match (target, kind) {
                (DataType::Int64, Kind::Decimal(scale)) => whole_of_decimal(i128::from(raw), scale)?,
                (DataType::Int64, _) => raw,
                (_, Kind::Decimal(4)) => raw,
                (_, Kind::Decimal(scale)) => units_of_decimal(i128::from(raw), scale)?,
                _ => raw.checked_mul(Currency::SCALE)?,
            }
        }
        Slot::Float(cells) => {
            cells[row] = match kind {
                Kind::Days => (raw + UNIX_EPOCH) as f64,
                Kind::Moment(day) => (raw.div_euclid(day) + UNIX_EPOCH) as f64 + raw.rem_euclid(day) as f64 / day as f64,
                Kind::TimeOfDay(day) => raw as f64 / day as f64,
                Kind::Decimal(scale) => raw as f64 / 10_f64.powi(scale as i32),
                _ => raw as f64,
            }
        }
        _ => return None,
    }
    Some(())
}

fn put_float(slot: &mut Slot<'_>, target: DataType, row: usize, value: f64) -> Option<()> {
    match slot {
        Slot::Float(cells) => cells[row] = value,
        Slot::Whole(cells) if target == DataType::Currency => cells[row] = Currency::from_f64(value)?.0,
        Slot::Whole(cells) if value.fract() == 0.0 && value.abs() < 9.007_199_254_740_992e15 => cells[row] = value as i64,
        _ => return None,
    }
    Some(())
}

fn put_bytes(slot: &mut Slot<'_>, target: DataType, kind: Kind, row: usize, bytes: &[u8]) -> Option<()> {
    match (slot, kind) {
        (Slot::Text(ids, dictionary), Kind::Uuid) => ids[row] = dictionary.id(&uuid_text(bytes)),
        (Slot::Text(ids, dictionary), _) => ids[row] = dictionary.id(std::str::from_utf8(bytes).ok()?),
        (Slot::Binary(cells), _) => cells[row] = Arc::from(bytes),
        (slot, Kind::Decimal(scale)) => {
            let raw = big_endian(bytes)?;
            match slot {
                Slot::Float(cells) => cells[row] = raw as f64 / 10_f64.powi(scale as i32),
                Slot::Whole(cells) if target == DataType::Int64 => cells[row] = whole_of_decimal(raw, scale)?,
                Slot::Whole(cells) => cells[row] = units_of_decimal(raw, scale)?,
                _ => return None,
            }
        }
        (slot, Kind::Half) => return put_float(slot, target, row, half(u16::from_le_bytes(bytes.try_into().ok()?))),
        _ => return None,
    }
    Some(())
}

fn whole_of_decimal(raw: i128, scale: u32) -> Option<i64> {
    let unit = 10_i128.checked_pow(scale)?;
    (raw % unit == 0).then(|| i64::try_from(raw / unit).ok()).flatten()
}

/// In units of 1/10 000, rounding half away from zero.
fn units_of_decimal(raw: i128, scale: u32) -> Option<i64> {
    if scale <= 4 {
        return i64::try_from(raw.checked_mul(10_i128.pow(4 - scale))?).ok();
    }
    let unit = 10_i128.checked_pow(scale - 4)?;
    let half = unit / 2;
    i64::try_from(if raw < 0 { (raw - half) / unit } else { (raw + half) / unit }).ok()
}

fn big_endian(bytes: &[u8]) -> Option<i128> {
    let negative = bytes.first().is_some_and(|b| *b >= 0x80);
    let mut all = [if negative { 0xFF } else { 0 }; 16];
    let extra = bytes.len().saturating_sub(16);
    if bytes[..extra].iter().any(|b| *b != all[0]) {
        return None;
    }
    let tail = &bytes[extra..];
    all[16 - tail.len()..].copy_from_slice(tail);
    Some(i128::from_be_bytes(all))
}

/// IEEE half precision.
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, mantissa) = (i32::from(bits >> 10 & 0x1F), f64::from(bits & 0x3FF));
    match exponent {
        0 => sign * mantissa * 2_f64.powi(-24),
        31 if mantissa == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        _ => sign * (1.0 + mantissa / 1024.0) * 2_f64.powi(exponent - 15),
    }
}

fn uuid_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// Writes a table: zstd, row groups of 1,048,576 rows, fixed decimals as `DECIMAL(18, 4)`, date-times as dates when no row has a
/// time and as timestamps in microseconds without zone otherwise. The same table gives the same bytes.
///
/// # Errors
/// When writing to `sink` fails.
pub fn write<W: Write + Send>(table: &Table, sink: W) -> Result<(), parquet::errors::ParquetError> {
    let dates: Vec<bool> = table
        .columns
        .iter()
        .map(|column| matches!(&column.data, ColumnData::DateTime(v) if v.iter().all(|x| x.fract() == 0.0 && x.abs() < 4e6)))
        .collect();
    let mut fields = Vec::new();
    for (column, whole_days) in table.columns.iter().zip(&dates) {
        let (kind, logical) = match column.data_type() {
            DataType::Int64 => (Physical::INT64, None),
            DataType::Double => (Physical::DOUBLE, None),
            DataType::Currency => (Physical::INT64, Some(LogicalType::decimal(4, 18))),
            DataType::DateTime if *whole_days => (Physical::INT32, Some(LogicalType::Date)),
            DataType::DateTime => (Physical::INT64, Some(LogicalType::timestamp(false, TimeUnit::MICROS))),
            DataType::Boolean => (Physical::BOOLEAN, None),
            DataType::String => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            DataType::Binary => (Physical::BYTE_ARRAY, None),
        };
        let mut builder = Type::primitive_type_builder(&column.name, kind).with_repetition(Repetition::OPTIONAL);
        if column.data_type() == DataType::Currency {
            builder = builder.with_precision(18).with_scale(4);
        }
        fields.push(Arc::new(builder.with_logical_type(logical).build()?));
    }
    let schema = Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?);
    let rows = table.rows();
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by("xero-pbit".to_owned());
    for column in &table.columns {
        if let ColumnData::String { dictionary, .. } = &column.data {
            // The least and the greatest of unsorted texts tell a reader nothing.
            properties = properties.set_column_statistics_enabled(ColumnPath::from(vec![column.name.clone()]), EnabledStatistics::None);
            // Keys hardly repeat: a dictionary of them would be looked through for nothing.
            if dictionary.len() > 1000 && dictionary.len() > rows / 2 {
                properties = properties.set_column_dictionary_enabled(ColumnPath::from(vec![column.name.clone()]), false);
            }
        }
    }
    let properties = Arc::new(properties.build());
    let mut writer = SerializedFileWriter::new(sink, schema, properties.clone())?;
    let descriptor = writer.schema_descr().clone();
    let mut start = 0;
    while start < rows || start == 0 {
        let end = (start + ROW_GROUP).min(rows);
        // Each column on a thread of its own; they are put together in their order.
        let encode = |at: usize| encode(&table.columns[at], start..end, dates[at], descriptor.column(at), properties.clone());
        let chunks: Vec<_> = (0..table.columns.len()).into_par_iter().map(encode).collect();
        let mut group = writer.next_row_group()?;
        for chunk in chunks {
            let (bytes, outcome) = chunk?;
            group.append_column(&bytes, outcome)?;
        }
        group.close()?;
        start = end.max(start + 1);
    }
    writer.close()?;
    Ok(())
}

/// Rows of a column as the chunk of a row group.
fn encode(
    column: &Column,
    rows: Range<usize>,
    whole_days: bool,
    descriptor: ColumnDescPtr,
    properties: WriterPropertiesPtr,
) -> Result<(bytes::Bytes, ColumnCloseResult), parquet::errors::ParquetError> {
    let mut out = TrackedWrite::new(Vec::new());
    let outcome = {
        let mut chunk = get_column_writer(descriptor, properties, Box::new(SerializedPageWriter::new(&mut out)));
        let mut start = rows.start;
        while start < rows.end {
            let end = (start + BATCH).min(rows.end);
            encode_batch(column, start..end, whole_days, &mut chunk)?;
            start = end;
        }
        chunk.close()?
    };
    Ok((bytes::Bytes::from(out.into_inner()?), outcome))
}

fn encode_batch(
    column: &Column,
    rows: Range<usize>,
    whole_days: bool,
    chunk: &mut ColumnWriter<'_>,
) -> Result<(), parquet::errors::ParquetError> {
    fn put<T: physical::DataType>(
        chunk: &mut ColumnWriter<'_>,
        values: impl Iterator<Item = T::T>,
        levels: &[i16],
    ) -> Result<(), parquet::errors::ParquetError> {
        let values: Vec<T::T> = values.collect();
        get_typed_column_writer_mut::<T>(chunk).write_batch(&values, Some(levels), None).map(|_| ())
    }
    let levels: Vec<i16> = rows.clone().map(|row| i16::from(!column.is_blank(row))).collect();
    let present = rows.filter(|row| !column.is_blank(*row));
    match &column.data {
        ColumnData::Int64(v) | ColumnData::Currency(v) => put::<physical::Int64Type>(chunk, present.map(|row| v[row]), &levels),
        ColumnData::Double(v) => put::<physical::DoubleType>(chunk, present.map(|row| v[row]), &levels),
        ColumnData::DateTime(v) if whole_days => {
            put::<physical::Int32Type>(chunk, present.map(|row| Date(v[row] as i32).to_unix_days()), &levels)
        }
        ColumnData::DateTime(v) => {
            let micros = |row: usize| ((v[row] - UNIX_EPOCH as f64) * 86_400e6).round() as i64;
            put::<physical::Int64Type>(chunk, present.map(micros), &levels)
        }
        ColumnData::Boolean(v) => put::<physical::BoolType>(chunk, present.map(|row| v[row]), &levels),
        ColumnData::String { ids, dictionary } => {
            // The texts lie behind one another in one piece of memory, of which each is a slice.
            let mut all = Vec::with_capacity(present.clone().map(|row| dictionary[ids[row] as usize].len()).sum());
            let mut ends = Vec::with_capacity(levels.len() + 1);
            ends.push(0);
            for row in present {
                all.extend_from_slice(dictionary[ids[row] as usize].as_bytes());
                ends.push(all.len());
            }
            let all = bytes::Bytes::from(all);
            put::<physical::ByteArrayType>(chunk, ends.windows(2).map(|ends| ByteArray::from(all.slice(ends[0]..ends[1]))), &levels)
        }
        ColumnData::Binary(v) => put::<physical::ByteArrayType>(chunk, present.map(|row| ByteArray::from(v[row].to_vec())), &levels),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Value;

    fn sample() -> Table {
        let columns = vec![
            Column::from_values("Key", DataType::Int64, [Value::Int64(1), Value::Blank, Value::Int64(-7)]).unwrap(),
            Column::from_values("Amount", DataType::Currency, [1, 2, 3].map(|n| Value::Currency(Currency(n)))).unwrap(),
            Column::from_values("Name", DataType::String, [Value::Blank, Value::text(""), Value::text("é")]).unwrap(),
            Column::from_values("Day", DataType::DateTime, [Value::DateTime(45_322.0), Value::Blank, Value::DateTime(1.0)]).unwrap(),
            Column::from_values("At", DataType::DateTime, [Value::DateTime(45_322.75), Value::Blank, Value::DateTime(0.5)]).unwrap(),
            Column::from_values("Rate", DataType::Double, [Value::Double(0.1), Value::Blank, Value::Double(f64::INFINITY)]).unwrap(),
            Column::from_values("Paid", DataType::Boolean, [Value::Boolean(true), Value::Blank, Value::Boolean(false)]).unwrap(),
        ];
        Table { name: "T".into(), columns }
    }

    fn bytes(table: &Table) -> bytes::Bytes {
        let mut out = Vec::new();
        write(table, &mut out).unwrap();
        out.into()
    }

    #[test]
    fn what_is_written_reads_back() {
        let table = sample();
        let fields: Vec<Field> = table.columns.iter().map(|c| Field::new(&c.name, c.data_type())).collect();
        let (again, warnings) = read(bytes(&table), "T.parquet", "T", &fields).unwrap();
        for row in 0..3 {
            for (a, b) in table.columns.iter().zip(&again.columns) {
                assert_eq!(a.get(row), b.get(row), "{} {row}", a.name);
            }
        }
        assert!(warnings.is_empty());
    }

    #[test]
    fn numbers_widen_and_other_types_are_refused() {
        let table = sample();
        let all = |changed: &str, to: DataType| -> Result<Vec<Value>, Vec<String>> {
            let fields: Vec<Field> =
                table.columns.iter().map(|c| Field::new(&c.name, if c.name == changed { to } else { c.data_type() })).collect();
            let (again, _) =
                read(bytes(&table), "T.parquet", "T", &fields).map_err(|e| e.into_iter().map(|d| d.message).collect::<Vec<_>>())?;
            Ok((0..3).map(|row| again.column(changed).unwrap().get(row)).collect())
        };
        assert_eq!(all("Key", DataType::Double).unwrap(), [Value::Double(1.0), Value::Blank, Value::Double(-7.0)]);
        assert_eq!(all("Key", DataType::Currency).unwrap()[2], Value::Currency(Currency(-70_000)));
        assert_eq!(all("Amount", DataType::Double).unwrap()[2], Value::Double(0.0003));
        assert_eq!(all("Name", DataType::Int64).unwrap_err(), ["column `Name` is int64 in the model and holds texts in the file"]);
        assert_eq!(all("Amount", DataType::Int64).unwrap_err(), ["row 1 of column `Amount` does not fit int64"]);
    }

    #[test]
    fn unwanted_columns_are_not_decoded_and_unknown_ones_are_errors() {
        let table = sample();
        let mut fields: Vec<Field> = table.columns.iter().map(|c| Field::new(&c.name, c.data_type())).collect();
        fields[1].wanted = false;
        let (again, _) = read(bytes(&table), "T.parquet", "T", &fields).unwrap();
        assert!(again.columns[1].is_blank(0));
        let errors = read(bytes(&table), "T.parquet", "T", &fields[1..]).unwrap_err();
        assert_eq!(errors[0].message, "column `Key` is not in table `T`");
        assert!(read(bytes::Bytes::from_static(b"no"), "T.parquet", "T", &fields).is_err());
    }

    #[test]
    fn decimals_rescale_and_round_half_away() {
        assert_eq!(units_of_decimal(-125, 5), Some(-13));
        assert_eq!(units_of_decimal(12, 0), Some(120_000));
        assert_eq!(big_endian(&[0xFF, 0x85]), Some(-123));
        assert_eq!(half(0x3C00), 1.0);
        assert_eq!(half(0xC000), -2.0);
    }
}
