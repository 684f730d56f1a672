//! Tables of the same columns put one below the other.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Column, ColumnData, Table};

/// The rows of all tables, in order. All must have the columns of the first, in the same order and of the same types: they were read for one table of
/// the model. `None` without a table.
///
/// # Panics
/// When columns differ in type.
pub fn concat(tables: Vec<Table>) -> Option<Table> {
    let mut tables = tables.into_iter();
    let mut first = tables.next()?;
    let rest: Vec<Table> = tables.collect();
    if rest.is_empty() {
        return Some(first);
    }
    let mut others: Vec<std::vec::IntoIter<Column>> = rest.into_iter().map(|table| table.columns.into_iter()).collect();
    for column in &mut first.columns {
        append(column, others.iter_mut().filter_map(Iterator::next).collect());
    }
    Some(first)
}

fn append(column: &mut Column, others: Vec<Column>) {
    let mut rows = column.len();
    let total = rows + others.iter().map(Column::len).sum::<usize>();
    if column.blanks.is_some() || others.iter().any(|other| other.blanks.is_some()) {
        let blanks = column.blanks.get_or_insert_with(|| vec![false; rows]);
        for other in &others {
            rows += other.len();
            match &other.blanks {
                Some(more) => blanks.extend_from_slice(more),
                None => blanks.resize(rows, false),
            }
        }
    }
    match &mut column.data {
        ColumnData::String { ids, dictionary } => {
            let mut known: HashMap<Arc<str>, u32> = dictionary.iter().enumerate().map(|(id, text)| (text.clone(), id as u32)).collect();
            ids.reserve(total - ids.len());
            for other in others {
                let blanks = other.blanks;
                let ColumnData::String { ids: more, dictionary: texts } = other.data else { unreachable!("columns of one type") };
                let places: Vec<u32> = texts
                    .into_iter()
                    .map(|text| {
                        *known.entry(text.clone()).or_insert_with(|| {
                            dictionary.push(text);
                            dictionary.len() as u32 - 1
                        })
                    })
                    .collect();
                // Blank rows have the first text's id, whatever text that is.
                let is_blank = |row: usize| blanks.as_ref().is_some_and(|blanks| blanks[row]);
                ids.extend(more.into_iter().enumerate().map(|(row, id)| if is_blank(row) { 0 } else { places[id as usize] }));
            }
        }
        data => {
            for other in others {
                match (&mut *data, other.data) {
                    (ColumnData::Int64(all), ColumnData::Int64(more)) | (ColumnData::Currency(all), ColumnData::Currency(more)) => {
                        all.extend(more);
                    }
                    (ColumnData::Double(all), ColumnData::Double(more)) | (ColumnData::DateTime(all), ColumnData::DateTime(more)) => {
                        all.extend(more);
                    }
                    (ColumnData::Boolean(all), ColumnData::Boolean(more)) => all.extend(more),
                    (ColumnData::Binary(all), ColumnData::Binary(more)) => all.extend(more),
                    _ => unreachable!("columns of one type"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Currency;
    use crate::table::{DataType, Value};

    fn table(cells: &[(Value, Value)]) -> Table {
        let column = |name: &str, data_type: DataType, cells: Vec<Value>| Column::from_values(name, data_type, cells).unwrap();
        Table {
            name: "T".into(),
            columns: vec![
                column("Text", DataType::String, cells.iter().map(|c| c.0.clone()).collect()),
                column("Amount", DataType::Currency, cells.iter().map(|c| c.1.clone()).collect()),
            ],
        }
    }

    #[test]
    fn rows_keep_their_order_blanks_and_texts() {
        let money = |n: i64| Value::Currency(Currency(n));
        let parts = [
            vec![],
            vec![(Value::text("a"), money(1)), (Value::text("b"), money(2))],
            vec![(Value::Blank, money(3)), (Value::text("b"), Value::Blank), (Value::text(""), money(4))],
            vec![(Value::text("c"), money(5)), (Value::text("a"), money(6))],
            vec![],
        ];
        let all: Vec<(Value, Value)> = parts.iter().flatten().cloned().collect();
        let joined = concat(parts.iter().map(|rows| table(rows)).collect()).unwrap();
        let cells: Vec<(Value, Value)> = (0..joined.rows()).map(|row| (joined.columns[0].get(row), joined.columns[1].get(row))).collect();
        assert_eq!(cells, all);
        let ColumnData::String { dictionary, .. } = &joined.columns[0].data else { panic!("a text") };
        assert_eq!(dictionary.len(), 4, "each text once: {dictionary:?}");
        assert_eq!(concat(Vec::new()), None);
    }
}
