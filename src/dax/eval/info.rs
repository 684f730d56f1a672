//! INFO functions: the model as tables.

use super::Session;
use super::value::TableVal;
use crate::dax::bind::bound::Ty;
use crate::dax::catalog::ColId;
use crate::dax::error::{EvalError, EvalResult};
use crate::dax::scalar;
use crate::table::Value;

/// Columns of an INFO function; `None` for one that this engine does not have.
pub fn columns(name: &str) -> Option<&'static [(&'static str, Ty)]> {
    use Ty::{Boolean, Int, Text};
    Some(match name {
        "INFO.VIEW.TABLES" | "INFO.TABLES" => &[
            ("ID", Int),
            ("Name", Text),
            ("Model", Text),
            ("DataCategory", Text),
            ("Description", Text),
            ("IsHidden", Boolean),
            ("CalculationGroupPrecedence", Int),
            ("Expression", Text),
        ],
        "INFO.VIEW.COLUMNS" | "INFO.COLUMNS" => &[
            ("ID", Int),
            ("Name", Text),
            ("Table", Text),
            ("DataType", Text),
            ("IsKey", Boolean),
            ("SortByColumn", Text),
            ("Expression", Text),
        ],
        "INFO.VIEW.MEASURES" | "INFO.MEASURES" => {
            &[("ID", Int), ("Name", Text), ("Table", Text), ("Expression", Text), ("FormatString", Text), ("FormatStringDefinition", Text)]
        }
        "INFO.VIEW.RELATIONSHIPS" | "INFO.RELATIONSHIPS" => &[
            ("ID", Int),
            ("Relationship", Text),
            ("IsActive", Boolean),
            ("CrossFilteringBehavior", Text),
            ("FromTable", Text),
            ("FromColumn", Text),
            ("FromCardinality", Text),
            ("ToTable", Text),
            ("ToColumn", Text),
            ("ToCardinality", Text),
        ],
        "INFO.CALCULATIONGROUPS" => &[("ID", Int), ("Table", Text), ("Precedence", Int)],
        "INFO.CALCULATIONITEMS" => &[("ID", Int), ("CalculationGroup", Text), ("Name", Text), ("Expression", Text), ("Ordinal", Int)],
        "INFO.USERDEFINEDFUNCTIONS" | "INFO.FUNCTIONS" => &[("Name", Text), ("Expression", Text)],
        _ => return None,
    })
}

impl Session<'_> {
    /// The rows of an INFO function.
    pub(crate) fn info(&self, name: &str) -> EvalResult<TableVal> {
        let width = columns(name).map_or(0, <[_]>::len);
        let catalog = self.catalog;
        let mut rows: Vec<Vec<Value>> = Vec::new();
        let text = |s: &str| Value::text(s.to_owned());
        let table_name = |t: u32| text(&catalog.tables[t as usize].name);
        let optional = |s: Option<&String>| s.map_or(Value::Blank, |s| text(s));
        match name {
            "INFO.VIEW.TABLES" | "INFO.TABLES" => {
                for (id, table) in catalog.tables.iter().enumerate() {
                    let precedence = table.group.map_or(Value::Blank, |g| Value::Int64(i64::from(catalog.groups[g].precedence)));
                    rows.push(vec![
                        Value::Int64(id as i64 + 1),
                        text(&table.name),
                        text("Model"),
                        if table.date_column.is_some() { text("Time") } else { Value::Blank },
                        Value::Blank,
                        Value::Boolean(false),
                        precedence,
                        table.calculated.as_ref().map_or(Value::Blank, |s| text(&s.text)),
                    ]);
                }
            }
            "INFO.VIEW.COLUMNS" | "INFO.COLUMNS" => {
                for (id, column) in catalog.columns.iter().enumerate() {
                    rows.push(vec![
                        Value::Int64(id as i64 + 1),
                        text(&column.name),
                        table_name(column.table),
                        column.data_type.map_or(Value::Blank, |t| text(type_label(t))),
                        Value::Boolean(column.is_key),
                        optional(column.sort_by.as_ref()),
                        column.calculated.as_ref().map_or(Value::Blank, |s| text(&s.text)),
                    ]);
                }
            }
            "INFO.VIEW.MEASURES" | "INFO.MEASURES" => {
                for (id, measure) in catalog.measures.iter().enumerate() {
                    rows.push(vec![
                        Value::Int64(id as i64 + 1),
                        text(&measure.name),
                        table_name(measure.table),
                        text(&measure.source.text),
                        optional(measure.format.as_ref()),
                        measure.format_expr.as_ref().map_or(Value::Blank, |s| text(&s.text)),
                    ]);
                }
            }
            "INFO.VIEW.RELATIONSHIPS" | "INFO.RELATIONSHIPS" => {
                for (id, rel) in catalog.rels.iter().enumerate() {
                    let column = |c: ColId| text(&catalog.columns[c as usize].name);
                    let label = format!("{} → {}", catalog.column_label(rel.from), catalog.column_label(rel.to));
                    rows.push(vec![
                        Value::Int64(id as i64 + 1),
                        text(&label),
                        Value::Boolean(rel.active),
                        text(if rel.both { "BothDirections" } else { "OneDirection" }),
                        table_name(catalog.table_of(rel.from)),
                        column(rel.from),
                        text(if rel.one_to_one { "One" } else { "Many" }),
                        table_name(catalog.table_of(rel.to)),
                        column(rel.to),
                        text(if rel.regular { "One" } else { "Many" }),
                    ]);
                }
            }
            "INFO.CALCULATIONGROUPS" => {
                for (id, group) in catalog.groups.iter().enumerate() {
                    rows.push(vec![Value::Int64(id as i64 + 1), table_name(group.table), Value::Int64(i64::from(group.precedence))]);
                }
            }
            "INFO.CALCULATIONITEMS" => {
                for group in &catalog.groups {
                    for (ordinal, item) in group.items.iter().enumerate() {
                        rows.push(vec![
                            Value::Int64(rows.len() as i64 + 1),
                            table_name(group.table),
                            text(&item.name),
                            text(&item.expression.text),
                            Value::Int64(ordinal as i64),
                        ]);
                    }
                }
            }
            "INFO.USERDEFINEDFUNCTIONS" | "INFO.FUNCTIONS" => {
                for function in &catalog.functions {
                    rows.push(vec![text(&function.name), text(&function.source.text)]);
                }
            }
            _ => return Err(EvalError::unsupported(format!("`{name}` is not available"))),
        }
        Ok(transpose(rows, width))
    }

    /// COLUMNSTATISTICS: smallest, largest, number of values and longest text of every column.
    pub(crate) fn column_statistics(&self) -> EvalResult<TableVal> {
        let mut rows = Vec::new();
        for (id, column) in self.catalog.columns.iter().enumerate() {
            let stored = self.column(id as ColId)?;
            let dict = stored.dict();
            let n = dict.len() as u32;
            let as_text = |v: Value| match v {
                Value::Blank => Value::Blank,
                v => Value::String(scalar::to_text(&self.scalars, &v)),
            };
            let blank = dict.has_blank();
            let longest = if dict.is_text() {
                let length = |i: u32| match dict.value(i) {
                    Value::String(s) => s.encode_utf16().count() as i64,
                    _ => 0,
                };
                (1..=n).map(length).max().map_or(Value::Blank, Value::Int64)
            } else {
                Value::Blank
            };
            rows.push(vec![
                Value::text(self.catalog.tables[column.table as usize].name.to_string()),
                Value::text(column.name.to_string()),
                as_text(dict.value(n.min(1))),
                as_text(dict.value(n)),
                Value::Int64(i64::from(n) + i64::from(blank)),
                longest,
            ]);
        }
        Ok(transpose(rows, 6))
    }
}

fn type_label(data_type: crate::table::DataType) -> &'static str {
    use crate::table::DataType;
    match data_type {
        DataType::Int64 => "Integer",
        DataType::Double => "Number",
        DataType::Currency => "Currency",
        DataType::String => "Text",
        DataType::Boolean => "Boolean",
        DataType::DateTime => "DateTime",
        DataType::Binary => "Binary",
    }
}

fn transpose(rows: Vec<Vec<Value>>, width: usize) -> TableVal {
    let n = rows.len();
    let mut cols: Vec<Vec<Value>> = vec![Vec::with_capacity(n); width];
    for row in rows {
        for (cell, col) in row.into_iter().zip(&mut cols) {
            col.push(cell);
        }
    }
    TableVal::plain(n, cols)
}
