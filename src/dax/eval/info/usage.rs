//! What names what, and figures of the columns.

use super::{Row, text, transpose};
use crate::dax::bind::{BindCache, Binder};
use crate::dax::catalog::ColId;
use crate::dax::error::EvalResult;
use crate::dax::eval::Session;
use crate::dax::eval::value::TableVal;
use crate::dax::scalar;
use crate::model::{self, Model};
use crate::table::Value;

impl Session<'_> {
    /// What each measure and calculated column of the model names, or what a query names.
    pub(super) fn dependency_rows(&self, model: &Model, query: Option<&str>) -> EvalResult<Vec<Row>> {
        let mut rows: Vec<Row> = Vec::new();
        let mut add = |lead: &Row, named: &crate::dax::Dependencies| {
            let mut push = |ty: &str, table: &str, object: &str, expression: Value| {
                let mut row = lead.clone();
                row.extend([
                    ("DATABASE_NAME", text(&model.name)),
                    ("REFERENCED_OBJECT_TYPE", text(ty)),
                    ("REFERENCED_TABLE", text(table)),
                    ("REFERENCED_OBJECT", text(object)),
                    ("REFERENCED_EXPRESSION", expression),
                ]);
                rows.push(row);
            };
            for measure in &named.measures {
                if let Some((table, def)) = model.measure(measure) {
                    push("MEASURE", &table.name, &def.name, text(&def.expression.text));
                }
            }
            for (table, column) in &named.columns {
                let def = model.table(table).and_then(|t| t.column(column));
                match def.map(|c| &c.kind) {
                    Some(model::ColumnKind::Calculated(source)) => push("CALC_COLUMN", table, column, text(&source.text)),
                    _ => push("COLUMN", table, column, Value::Blank),
                }
            }
            for table in &named.tables {
                match model.table(table).and_then(model::Table::calculated) {
                    Some(source) => push("CALC_TABLE", table, table, text(&source.text)),
                    None => push("TABLE", table, table, Value::Blank),
                }
            }
        };
        if let Some(query) = query {
            let named = crate::dax::prepare::query_names(self.catalog, query).map_err(|e| e.to_eval())?;
            add(&vec![("OBJECT_TYPE", text("QUERY")), ("EXPRESSION", text(query)), ("QUERY", text(query))], &named);
            return Ok(rows);
        }
        for table in &model.tables {
            for measure in &table.measures {
                let cache = BindCache::default();
                let binder = Binder::new(self.catalog, &cache, &[]);
                let Some(id) = self.catalog.measure(&measure.name) else { continue };
                if binder.bind_measure(id).is_ok() {
                    let lead = vec![
                        ("OBJECT_TYPE", text("MEASURE")),
                        ("TABLE", text(&table.name)),
                        ("OBJECT", text(&measure.name)),
                        ("EXPRESSION", text(&measure.expression.text)),
                    ];
                    add(&lead, &binder.named());
                }
            }
            for column in &table.columns {
                let model::ColumnKind::Calculated(source) = &column.kind else { continue };
                let cache = BindCache::default();
                let binder = Binder::new(self.catalog, &cache, &[]);
                let found = self.catalog.table(&table.name).and_then(|t| self.catalog.column(t, &column.name));
                if found.is_some_and(|id| binder.bind_column(id).is_ok()) {
                    let lead = vec![
                        ("OBJECT_TYPE", text("CALC_COLUMN")),
                        ("TABLE", text(&table.name)),
                        ("OBJECT", text(&column.name)),
                        ("EXPRESSION", text(&source.text)),
                    ];
                    add(&lead, &binder.named());
                }
            }
        }
        for r in &model.relationships {
            let lead = vec![("OBJECT_TYPE", text("ACTIVE_RELATIONSHIP")), ("TABLE", text(&r.from_table)), ("OBJECT", text(&r.name))];
            let mut named = crate::dax::Dependencies::default();
            named.columns.insert((r.from_table.clone(), r.from_column.clone()));
            named.columns.insert((r.to_table.clone(), r.to_column.clone()));
            if r.is_active {
                add(&lead, &named);
            }
        }
        Ok(rows)
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
