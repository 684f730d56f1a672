//! A table in slices of one organisation and one year each, so that whoever needs one slice reads no other.

use std::collections::{BTreeMap, HashMap};

use super::{Column, ColumnData, DataType, Table, Value};
use crate::base::Date;

/// The column that says whose a row is.
const ORGANISATION: &str = "Organisation ID";
/// Columns that say when a row was, the first that a table has counting.
const DATES: [&str; 3] = ["Date", "Month End", "Reporting Date"];

/// The year of each row, from the table's own date; `None` for a table without one.
///
/// A table of details has the year of what its rows belong to: see [`years_by_key`].
pub fn years(table: &Table) -> Option<Vec<Option<i32>>> {
    table.column(ORGANISATION)?;
    let column = DATES.iter().find_map(|name| table.column(name).filter(|column| column.data_type() == DataType::DateTime))?;
    Some((0..column.len()).map(|row| year(&column.get(row))).collect())
}

/// Whether rows of a table belong to an organisation and a day: what a document is, and a calendar is not.
pub fn is_dated(table: &Table) -> bool {
    years(table).is_some()
}

/// The year of each row of a table of details: that of the row of `parent` with the same key.
pub fn years_by_key(details: &Column, parent: &Column, parent_years: &[Option<i32>]) -> Vec<Option<i32>> {
    let text = |value: Value| if let Value::String(text) = value { Some(text) } else { None };
    let known: HashMap<_, Option<i32>> =
        parent_years.iter().enumerate().filter_map(|(row, year)| Some((text(parent.get(row))?, *year))).collect();
    (0..details.len()).map(|row| text(details.get(row)).and_then(|key| known.get(&key).copied().flatten())).collect()
}

fn year(value: &Value) -> Option<i32> {
    match value {
        Value::DateTime(days) if days.is_finite() && days.abs() < 3e6 => Some(Date(days.floor() as i32).ymd().0),
        _ => None,
    }
}

/// Slices by organisation and year, in order of their folders: `organisation=<id>/year=<year>`. What a table has no column for, it is not sliced by:
/// its folder is empty then. Rows keep their order.
pub fn slices(table: &Table, years: Option<&[Option<i32>]>) -> Vec<(String, Table)> {
    let organisation = table.column(ORGANISATION);
    let mut rows: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for row in 0..table.rows() {
        let mut folders: Vec<String> = Vec::new();
        if let Some(column) = organisation {
            let id = if let Value::String(id) = column.get(row) { folder_name(&id) } else { String::new() };
            folders.push(format!("organisation={}", if id.is_empty() { NONE } else { &id }));
        }
        if let Some(years) = years {
            let year = years.get(row).copied().flatten().map_or_else(|| NONE.to_owned(), |year| year.to_string());
            folders.push(format!("year={year}"));
        }
        rows.entry(folders.join("/")).or_default().push(row as u32);
    }
    if rows.is_empty() {
        // An empty table still says which columns it has.
        return vec![(String::new(), table.clone())];
    }
    rows.into_iter().map(|(folder, rows)| (folder, take(table, &rows))).collect()
}

/// What Hive, Spark and DuckDB call a partition without value.
const NONE: &str = "__HIVE_DEFAULT_PARTITION__";

fn folder_name(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() || b"-_.".contains(&b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

fn take(table: &Table, rows: &[u32]) -> Table {
    fn pick<T: Clone>(cells: &[T], rows: &[u32]) -> Vec<T> {
        rows.iter().map(|row| cells[*row as usize].clone()).collect()
    }
    let column = |column: &Column| Column {
        name: column.name.clone(),
        data: match &column.data {
            ColumnData::Int64(v) => ColumnData::Int64(pick(v, rows)),
            ColumnData::Double(v) => ColumnData::Double(pick(v, rows)),
            ColumnData::Currency(v) => ColumnData::Currency(pick(v, rows)),
            ColumnData::DateTime(v) => ColumnData::DateTime(pick(v, rows)),
            ColumnData::Boolean(v) => ColumnData::Boolean(pick(v, rows)),
            ColumnData::String { ids, dictionary } => {
                // Only the texts of this slice: another organisation's names must not travel with it.
                let mut places: HashMap<u32, u32> = HashMap::new();
                let mut texts = Vec::new();
                let ids = rows.iter().map(|row| {
                    let id = ids[*row as usize];
                    *places.entry(id).or_insert_with(|| {
                        texts.push(dictionary.get(id as usize).cloned().unwrap_or_default());
                        texts.len() as u32 - 1
                    })
                });
                let ids = ids.collect();
                ColumnData::String { ids, dictionary: texts }
            }
            ColumnData::Binary(v) => ColumnData::Binary(pick(v, rows)),
        },
        blanks: column.blanks.as_ref().map(|blanks| pick(blanks, rows)).filter(|blanks| blanks.contains(&true)),
    };
    Table { name: table.name.clone(), columns: table.columns.iter().map(column).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str, cells: &[&str]) -> Column {
        let cells = cells.iter().map(|t| if t.is_empty() { Value::Blank } else { Value::text(*t) });
        Column::from_values(name, DataType::String, cells).unwrap()
    }

    fn invoices() -> Table {
        let days = ["2025-12-31", "2026-01-01", "2026-05-05"].map(|d| Value::date(d.parse().unwrap()));
        let date = Column::from_values("Date", DataType::DateTime, days).unwrap();
        Table {
            name: "Invoices".into(),
            columns: vec![
                text("Organisation ID", &["a", "a", "b/c"]),
                text("Invoice Key", &["1", "2", "3"]),
                date,
                text("Name", &["x", "", "y"]),
            ],
        }
    }

    #[test]
    fn rows_go_to_the_folder_of_their_organisation_and_year() {
        let table = invoices();
        let years = years(&table);
        let slices = slices(&table, years.as_deref());
        let folders: Vec<&str> = slices.iter().map(|(folder, _)| folder.as_str()).collect();
        assert_eq!(folders, ["organisation=a/year=2025", "organisation=a/year=2026", "organisation=b%2Fc/year=2026"]);
        assert_eq!(slices.iter().map(|(_, t)| t.rows()).sum::<usize>(), 3);
        assert_eq!(slices[1].1.column("Name").unwrap().get(0), Value::Blank);
        let ColumnData::String { dictionary, .. } = &slices[0].1.column("Name").unwrap().data else { panic!("a text") };
        assert_eq!(dictionary.len(), 1, "texts of other slices stay out");
    }

    #[test]
    fn details_have_the_year_of_their_document() {
        let parent = invoices();
        let lines = text("Invoice Key", &["3", "1", "", "9"]);
        let years = years_by_key(&lines, parent.column("Invoice Key").unwrap(), &years(&parent).unwrap());
        assert_eq!(years, [Some(2026), Some(2025), None, None]);
    }

    #[test]
    fn a_table_of_everybody_is_one_slice() {
        let table = Table { name: "Glossary".into(), columns: vec![text("Term", &["a", "b"])] };
        assert_eq!(slices(&table, None), vec![(String::new(), table.clone())]);
    }
}
