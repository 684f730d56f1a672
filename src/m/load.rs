//! The load step: an M table becomes columns of a model. Nothing is converted that the model would not convert; what does not fit is an
//! error of that cell, loaded as blank and counted, as a refresh does.

use std::sync::Arc;

use super::error::{Error, Result};
use super::eval::Interp;
use super::value::{Kind, Slot, TICKS_PER_DAY, Text, Type, Value};
use crate::base::Currency;
use crate::table::{self, ColumnBuilder, DataType};

/// A column of the model.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its name in the M table.
    pub source: String,
    /// Its name in the model.
    pub name: String,
    /// Its type in the model.
    pub data_type: DataType,
}

/// The first cell of a column that could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellError {
    /// Column of the model.
    pub column: String,
    /// Zero-based row.
    pub row: usize,
    /// Reason and message.
    pub message: String,
    /// How many cells of the column failed.
    pub count: usize,
}

/// A loaded table.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The columns; failed cells are blank.
    pub table: table::Table,
    /// How many cells failed.
    pub errors: usize,
    /// The first of each column.
    pub first_errors: Vec<CellError>,
}

impl CellError {
    /// ` (and 41 more cells of the column)`, if there are more.
    pub fn more(&self) -> String {
        match self.count {
            0 | 1 => String::new(),
            2 => " (and one more cell of the column)".to_owned(),
            count => format!(" (and {} more cells of the column)", count - 1),
        }
    }
}

/// Ticks from 0001-01-01 to 1899-12-30.
const OLE_ZERO: i64 = super::value::DAYS_TO_OLE as i64 * TICKS_PER_DAY;

/// The model's type for a column of an ascribed M type: whole numbers, fixed decimals, doubles, dates and times, logicals, bytes; text for
/// the rest.
pub fn data_type(ty: &Type) -> DataType {
    match (ty.claim_name(), ty.kind()) {
        (Some("Int64.Type" | "Int32.Type" | "Int16.Type" | "Int8.Type" | "Byte.Type"), _) => DataType::Int64,
        (Some("Currency.Type"), _) => DataType::Currency,
        (_, Kind::Number | Kind::Duration) => DataType::Double,
        (_, Kind::Date | Kind::DateTime | Kind::DateTimeZone | Kind::Time) => DataType::DateTime,
        (_, Kind::Logical) => DataType::Boolean,
        (_, Kind::Binary) => DataType::Binary,
        _ => DataType::String,
    }
}

/// Evaluates every cell of a table and puts them into columns: those of the model if given, else those of the table by ascribed type.
///
/// # Errors
/// When the value is no table, lacks a column of the model, or its rows cannot be produced.
pub fn load(cx: &mut Interp, name: &str, value: &Value, wanted: Option<&[Wanted]>) -> Result<Loaded> {
    let Value::Table(source) = value.bare() else { return Err(Error::cannot_convert(value, "Table")) };
    let own: Vec<Wanted>;
    let wanted = match wanted {
        Some(wanted) => wanted,
        None => {
            let columns = source.table_type().fields.iter();
            own = columns.map(|f| Wanted { source: f.name.to_string(), name: f.name.to_string(), data_type: data_type(&f.ty) }).collect();
            &own
        }
    };
    let mut places = Vec::with_capacity(wanted.len());
    for column in wanted {
        match source.shape().position(&column.source) {
            Some(place) => places.push(place),
            None => return Err(Error::expression(format!("The column '{}' of the table wasn't found.", column.source))),
        }
    }
    let mut builders: Vec<ColumnBuilder> = wanted.iter().map(|c| ColumnBuilder::new(c.name.as_str(), c.data_type)).collect();
    let mut recent: Vec<Recent> = wanted.iter().map(|_| Recent::default()).collect();
    let mut loaded = Loaded { table: table::Table::default(), errors: 0, first_errors: Vec::new() };
    let mut row_number = 0;
    source.each(cx, |cx, row| {
        for (((place, column), builder), recent) in places.iter().zip(wanted).zip(&mut builders).zip(&mut recent) {
            let outcome = match &row[*place] {
                Slot::Value(Value::Text(text)) if column.data_type == DataType::String => recent.push(builder, text),
                Slot::Value(value) => push(cx, builder, column.data_type, value),
                lazy => lazy.force(cx).and_then(|value| push(cx, builder, column.data_type, &value)),
            };
            match outcome {
                Ok(()) => {}
                Err(error) if error.is_catchable() => {
                    builder.push_blank();
                    loaded.errors += 1;
                    match loaded.first_errors.iter_mut().find(|first| first.column == column.name) {
                        Some(first) => first.count += 1,
                        None => {
                            let column = column.name.clone();
                            loaded.first_errors.push(CellError { column, row: row_number, message: error.to_string(), count: 1 });
                        }
                    }
                }
                Err(error) => return Err(error),
            }
        }
        row_number += 1;
        Ok(true)
    })?;
    loaded.table = table::Table { name: name.to_owned(), columns: builders.into_iter().map(ColumnBuilder::finish).collect() };
    Ok(loaded)
}

/// The texts that a column took last, and where they are in its dictionary: codes, names and keys of other tables are the same objects
/// again and again, which are found without looking at their bytes.
#[derive(Default)]
struct Recent {
    tried: u32,
    found: u32,
    places: Vec<Option<(Text, u32)>>,
}

impl Recent {
    /// How many texts are kept; a new one takes the place of an old one.
    const PLACES: usize = 256;
    /// After so many texts a column of which less than a quarter was found is not looked up any more.
    const TRIAL: u32 = 1024;

    #[inline]
    fn push(&mut self, builder: &mut ColumnBuilder, text: &Text) -> Result<()> {
        let put = |builder: &mut ColumnBuilder| builder.push_str(text).map_err(|e| Error::data_format(e.to_string()));
        if self.tried >= Recent::TRIAL && self.found < self.tried / 4 {
            return put(builder);
        }
        if self.places.is_empty() {
            self.places.resize(Recent::PLACES, None);
        }
        if self.tried >= 1 << 16 {
            (self.tried, self.found) = (self.tried / 2, self.found / 2);
        }
        self.tried += 1;
        let address = std::rc::Rc::as_ptr(text).cast::<u8>().addr() as u64;
        let place = &mut self.places[(address.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize % Recent::PLACES];
        if let Some((have, id)) = place {
            if std::rc::Rc::ptr_eq(have, text) && builder.push_text_again(*id) {
                self.found += 1;
                return Ok(());
            }
        }
        put(builder)?;
        *place = builder.last_text().map(|id| (text.clone(), id));
        Ok(())
    }
}

fn push(cx: &mut Interp, builder: &mut ColumnBuilder, data_type: DataType, value: &Value) -> Result<()> {
    let value = value.bare();
    let unfit = || {
        Error::data_format(format!(
            "{} doesn't fit a column of type {data_type}",
            value.describe_scalar().unwrap_or_else(|| format!("a value of type {}", value.kind().title()))
        ))
        .with_detail(value.clone())
    };
    let cell = match (data_type, value) {
        (_, Value::Null) => {
            builder.push_blank();
            return Ok(());
        }
        (DataType::String, Value::Text(text)) => return builder.push_str(text).map_err(|e| Error::data_format(e.to_string())),
        (DataType::Int64, number) if number.is_number() => table::Value::Int64(number.as_i64().ok_or_else(unfit)?),
        (DataType::Double, Value::Duration(ticks)) => table::Value::Double(*ticks as f64 / TICKS_PER_DAY as f64),
        (DataType::Double, number) if number.is_number() => table::Value::Double(number.as_f64().ok_or_else(unfit)?),
        (DataType::Currency, number) if number.is_number() => table::Value::Currency(currency(number).ok_or_else(unfit)?),
        (DataType::Boolean, Value::Logical(b)) => table::Value::Boolean(*b),
        (DataType::DateTime, Value::Date(day)) => table::Value::DateTime(f64::from(*day - super::value::DAYS_TO_OLE)),
        // A zone is dropped, the local time kept.
        (DataType::DateTime, Value::DateTime(ticks) | Value::DateTimeZone { local: ticks, .. }) => table::Value::DateTime(serial(*ticks)),
        (DataType::DateTime, Value::Time(ticks)) => table::Value::DateTime(*ticks as f64 / TICKS_PER_DAY as f64),
        (DataType::Binary, Value::Binary(binary)) => table::Value::Binary(Arc::from(&binary.bytes(cx)?[..])),
        _ => return Err(unfit()),
    };
    builder.push(cell).map_err(|e| Error::data_format(e.to_string()))
}

/// Days since 1899-12-30 with the time as fraction, rounded to the nearest double of the exact quotient.
fn serial(ticks: i64) -> f64 {
    let since = ticks - OLE_ZERO;
    let (days, rest) = (since.div_euclid(TICKS_PER_DAY), since.rem_euclid(TICKS_PER_DAY));
    days as f64 + rest as f64 / TICKS_PER_DAY as f64
}

fn currency(number: &Value) -> Option<Currency> {
    use rust_decimal::prelude::ToPrimitive;
    match number {
        Value::Int(n) => n.checked_mul(10_000).map(Currency),
        Value::Decimal(n) if n.scale() <= 4 => {
            const POWERS: [i64; 5] = [10_000, 1000, 100, 10, 1];
            i64::try_from(n.mantissa()).ok()?.checked_mul(POWERS[n.scale() as usize]).map(Currency)
        }
        Value::Decimal(n) => {
            let scaled = n.checked_mul(rust_decimal::Decimal::from(10_000))?;
            scaled.round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero).to_i64().map(Currency)
        }
        Value::Double(n) => Currency::from_f64(*n),
        _ => None,
    }
}
