//! INFO functions: the model as tables.
//!
//! Every object has a number of its own, counted through the model from its tables to its smallest parts, so that the rows of one
//! function point at those of another.

pub mod schema;
mod tables;
mod usage;

use std::collections::HashMap;

use super::Session;
use super::value::TableVal;
use crate::dax::catalog::fold;
use crate::dax::error::{EvalError, EvalResult};
use crate::dax::scalar;
use crate::model::{self, Cardinality, CrossFilter, Model, ObjectPath, Source};
use crate::table::{DataType, Value};
use schema::columns;

/// Kinds of objects, as schema rowsets number them.
mod kind {
    pub const MODEL: i64 = 1;
    pub const TABLE: i64 = 3;
    pub const COLUMN: i64 = 4;
    pub const MEASURE: i64 = 8;
    pub const HIERARCHY: i64 = 9;
    pub const LEVEL: i64 = 10;
    pub const ITEM: i64 = 47;
}

/// Numbers of the model's objects: by kind and by the names that lead to them.
#[derive(Default)]
struct Ids {
    known: HashMap<(&'static str, String), i64>,
}

impl Ids {
    fn of(&mut self, kind: &'static str, path: &[&str]) -> i64 {
        let next = self.known.len() as i64 + 2;
        let path: Vec<String> = path.iter().map(|p| fold(p)).collect();
        *self.known.entry((kind, path.join("\u{1}"))).or_insert(next)
    }

    /// The model is 1; what it holds follows in its order.
    fn new(model: &Model) -> Ids {
        let mut ids = Ids::default();
        for table in &model.tables {
            ids.of("table", &[&table.name]);
        }
        for table in &model.tables {
            table.columns.iter().for_each(|c| {
                let _ = ids.of("column", &[&table.name, &c.name]);
            });
            table.measures.iter().for_each(|m| {
                let _ = ids.of("measure", &[&table.name, &m.name]);
            });
            table.hierarchies.iter().for_each(|h| {
                let _ = ids.of("hierarchy", &[&table.name, &h.name]);
            });
            table.partitions.iter().for_each(|p| {
                let _ = ids.of("partition", &[&table.name, &p.name]);
            });
        }
        model.relationships.iter().for_each(|r| {
            let _ = ids.of("relationship", &relationship_path(r));
        });
        ids
    }
}

fn relationship_path(r: &model::Relationship) -> [&str; 4] {
    [&r.from_table, &r.from_column, &r.to_table, &r.to_column]
}

type Row = Vec<(&'static str, Value)>;

fn int(v: i64) -> Value {
    Value::Int64(v)
}

/// Text; nothing is BLANK.
fn text(s: &str) -> Value {
    if s.is_empty() { Value::Blank } else { Value::text(s.to_owned()) }
}

fn maybe(s: Option<&str>) -> Value {
    s.map_or(Value::Blank, text)
}

fn dax(s: Option<&Source>) -> Value {
    s.map_or(Value::Blank, |s| text(&s.text))
}

fn yes(b: bool) -> Value {
    Value::Boolean(b)
}

fn type_number(ty: Option<DataType>) -> i64 {
    match ty {
        Some(DataType::String) => 2,
        Some(DataType::Int64) => 6,
        Some(DataType::Double) => 8,
        Some(DataType::DateTime) => 9,
        Some(DataType::Currency) => 10,
        Some(DataType::Boolean) => 11,
        Some(DataType::Binary) => 17,
        None => 19,
    }
}

fn mode(table: &model::Table) -> (&str, i64) {
    let word = table.partitions.first().map_or("import", |p| p.mode.as_str());
    match word.to_ascii_lowercase().as_str() {
        "directquery" => ("DirectQuery", 1),
        "dual" => ("Dual", 4),
        "directlake" => ("DirectLake", 5),
        _ => ("Import", 0),
    }
}

impl Session<'_> {
    /// The rows of an INFO function that agree with its restrictions.
    pub(crate) fn info(&self, name: &str, restrictions: &[(Value, Value)]) -> EvalResult<TableVal> {
        let columns = columns(name).ok_or_else(|| EvalError::unsupported(format!("`{name}` is not available")))?;
        let model = self.catalog.model.clone();
        let mut restrictions = restrictions.to_vec();
        let mut query = None;
        restrictions.retain(|(column, value)| match (column, value) {
            (Value::String(c), Value::String(q)) if name.ends_with("DEPENDENCY") || name.ends_with("DEPENDENCIES") => {
                let is_query = c.eq_ignore_ascii_case("QUERY");
                if is_query {
                    query = Some(q.to_string());
                }
                !is_query
            }
            _ => true,
        });
        let rows = match name {
            "INFO.CALCDEPENDENCY" | "INFO.DEPENDENCIES" => self.dependency_rows(&model, query.as_deref())?,
            _ => self.info_rows(name, &model),
        };
        let mut cells: Vec<Vec<Value>> = Vec::with_capacity(rows.len());
        for row in rows {
            cells.push(columns.iter().map(|(c, _)| row.iter().find(|(n, _)| n == c).map_or(Value::Blank, |(_, v)| v.clone())).collect());
        }
        for (column, value) in &restrictions {
            let wanted = scalar::to_text(&self.scalars, column);
            let Some(index) = columns.iter().position(|(c, _)| c.eq_ignore_ascii_case(&wanted)) else {
                return Err(EvalError::new("D0334", format!("`{name}` has no column `{wanted}` to restrict")));
            };
            cells.retain(|row| scalar::identical(&row[index], value));
        }
        Ok(transpose(cells, columns.len()))
    }

    #[allow(clippy::too_many_lines)]
    fn info_rows(&self, name: &str, model: &Model) -> Vec<Row> {
        let mut ids = Ids::new(model);
        let mut rows: Vec<Row> = Vec::new();
        let guess = |table: &str, column: &model::Column| {
            let found = self.catalog.table(table).and_then(|t| self.catalog.column(t, &column.name));
            column.data_type.or_else(|| found.and_then(|c| self.catalog.columns[c as usize].data_type))
        };
        match name {
            "INFO.MODEL" => rows.push(vec![
                ("ID", int(1)),
                ("Name", text("Model")),
                ("Description", text(&model.description)),
                ("Culture", text(&model.culture)),
                ("DefaultMode", int(0)),
                ("DiscourageImplicitMeasures", yes(model.discourage_implicit_measures)),
            ]),
            "INFO.CATALOGS" => rows.push(vec![
                ("CATALOG_NAME", text(&model.name)),
                ("DESCRIPTION", text(&model.description)),
                ("COMPATIBILITY_LEVEL", int(i64::from(model.compatibility_level))),
                ("CURRENTLY_USED", yes(true)),
            ]),
            "INFO.FUNCTIONS" => {
                for function in crate::dax::functions::all() {
                    rows.push(vec![
                        ("FUNCTION_NAME", text(function.name)),
                        ("DESCRIPTION", text(function.about)),
                        ("PARAMETER_LIST", text(&function.syntax())),
                        ("CAPTION", text(function.name)),
                    ]);
                }
            }
            "INFO.USERDEFINEDFUNCTIONS" => {
                for function in &model.functions {
                    rows.push(vec![
                        ("ID", int(ids.of("function", &[&function.name]))),
                        ("ModelID", int(1)),
                        ("Name", text(&function.name)),
                        ("Description", text(&function.description)),
                        ("Expression", text(&function.expression.text)),
                        ("IsHidden", yes(false)),
                        ("State", int(1)),
                        ("LineageTag", maybe(function.lineage_tag.as_deref())),
                    ]);
                }
            }
            "INFO.EXPRESSIONS" => {
                for expression in &model.expressions {
                    rows.push(vec![
                        ("ID", int(ids.of("expression", &[&expression.name]))),
                        ("ModelID", int(1)),
                        ("Name", text(&expression.name)),
                        ("Description", text(&expression.description)),
                        ("Kind", int(0)),
                        ("Expression", text(&expression.expression.text)),
                        ("LineageTag", maybe(expression.lineage_tag.as_deref())),
                    ]);
                }
            }
            "INFO.QUERYGROUPS" => {
                for group in &model.query_groups {
                    rows.push(vec![("ID", int(ids.of("group", &[group]))), ("ModelID", int(1)), ("Folder", text(group))]);
                }
            }
            "INFO.RELATIONSHIPS" | "INFO.VIEW.RELATIONSHIPS" => {
                for r in &model.relationships {
                    let one = |c: Cardinality| c == Cardinality::One;
                    let word = |c: Cardinality| text(if one(c) { "One" } else { "Many" });
                    let number = |c: Cardinality| int(if one(c) { 1 } else { 2 });
                    let sign = |c: Cardinality| if one(c) { "1" } else { "*" };
                    let mut row = vec![
                        ("ID", int(ids.of("relationship", &relationship_path(r)))),
                        ("Name", text(&r.name)),
                        ("IsActive", yes(r.is_active)),
                    ];
                    if name == "INFO.RELATIONSHIPS" {
                        row.extend([
                            ("ModelID", int(1)),
                            ("Type", int(1)),
                            (
                                "CrossFilteringBehavior",
                                int(match r.cross_filter {
                                    CrossFilter::Single => 1,
                                    CrossFilter::Both => 2,
                                    CrossFilter::Automatic => 3,
                                }),
                            ),
                            ("JoinOnDateBehavior", int(if r.join_on_date_part { 2 } else { 1 })),
                            ("RelyOnReferentialIntegrity", yes(r.relies_on_integrity)),
                            ("FromTableID", int(ids.of("table", &[&r.from_table]))),
                            ("FromColumnID", int(ids.of("column", &[&r.from_table, &r.from_column]))),
                            ("FromCardinality", number(r.from_cardinality)),
                            ("ToTableID", int(ids.of("table", &[&r.to_table]))),
                            ("ToColumnID", int(ids.of("column", &[&r.to_table, &r.to_column]))),
                            ("ToCardinality", number(r.to_cardinality)),
                            ("State", int(1)),
                            ("SecurityFilteringBehavior", int(if r.security_both { 2 } else { 1 })),
                        ]);
                    } else {
                        let arrow = if r.cross_filter == CrossFilter::Both { "<->" } else { "<-" };
                        let label = format!(
                            "'{}'[{}] {}{arrow}{} '{}'[{}]",
                            r.from_table,
                            r.from_column,
                            sign(r.from_cardinality),
                            sign(r.to_cardinality),
                            r.to_table,
                            r.to_column
                        );
                        row.extend([
                            ("Relationship", text(&label)),
                            ("Model", text(&model.name)),
                            (
                                "CrossFilteringBehavior",
                                text(match r.cross_filter {
                                    CrossFilter::Single => "OneDirection",
                                    CrossFilter::Both => "BothDirections",
                                    CrossFilter::Automatic => "Automatic",
                                }),
                            ),
                            ("RelyOnReferentialIntegrity", yes(r.relies_on_integrity)),
                            ("FromTable", text(&r.from_table)),
                            ("FromColumn", text(&r.from_column)),
                            ("FromCardinality", word(r.from_cardinality)),
                            ("ToTable", text(&r.to_table)),
                            ("ToColumn", text(&r.to_column)),
                            ("ToCardinality", word(r.to_cardinality)),
                            ("State", text("Ready")),
                            ("SecurityFilteringBehavior", text(if r.security_both { "BothDirections" } else { "OneDirection" })),
                        ]);
                    }
                    rows.push(row);
                }
            }
            "INFO.ROLES" | "INFO.TABLEPERMISSIONS" | "INFO.COLUMNPERMISSIONS" => {
                for role in &model.roles {
                    let id = ids.of("role", &[&role.name]);
                    if name == "INFO.ROLES" {
                        let permission = match role.permission.to_ascii_lowercase().as_str() {
                            "none" => 1,
                            "readrefresh" => 3,
                            "refresh" => 4,
                            "administrator" => 5,
                            _ => 2,
                        };
                        rows.push(vec![
                            ("ID", int(id)),
                            ("ModelID", int(1)),
                            ("Name", text(&role.name)),
                            ("Description", text(&role.description)),
                            ("ModelPermission", int(permission)),
                        ]);
                        continue;
                    }
                    let level = |word: Option<&str>| {
                        int(match word.map(str::to_ascii_lowercase).as_deref() {
                            Some("none") => 1,
                            Some("read") => 2,
                            _ => 0,
                        })
                    };
                    for permission in &role.table_permissions {
                        let own = ids.of("permission", &[&role.name, &permission.table]);
                        if name == "INFO.TABLEPERMISSIONS" {
                            rows.push(vec![
                                ("ID", int(own)),
                                ("RoleID", int(id)),
                                ("TableID", int(ids.of("table", &[&permission.table]))),
                                ("FilterExpression", dax(permission.filter.as_ref())),
                                ("State", int(1)),
                                ("MetadataPermission", level(permission.metadata_permission.as_deref())),
                            ]);
                            continue;
                        }
                        for (column, word) in &permission.columns {
                            rows.push(vec![
                                ("ID", int(ids.of("column permission", &[&role.name, &permission.table, column]))),
                                ("TablePermissionID", int(own)),
                                ("ColumnID", int(ids.of("column", &[&permission.table, column]))),
                                ("MetadataPermission", level(Some(word))),
                            ]);
                        }
                    }
                }
            }
            "INFO.CULTURES" | "INFO.LINGUISTICMETADATA" | "INFO.OBJECTTRANSLATIONS" => {
                for culture in &model.cultures {
                    let id = ids.of("culture", &[&culture.name]);
                    let words = culture.linguistic_metadata.as_deref();
                    let linguistic = words.map(|_| ids.of("linguistic", &[&culture.name]));
                    match name {
                        "INFO.CULTURES" => rows.push(vec![
                            ("ID", int(id)),
                            ("ModelID", int(1)),
                            ("Name", text(&culture.name)),
                            ("LinguisticMetadataID", linguistic.map_or(Value::Blank, int)),
                        ]),
                        "INFO.LINGUISTICMETADATA" => {
                            if let Some(linguistic) = linguistic {
                                rows.push(vec![("ID", int(linguistic)), ("CultureID", int(id)), ("Content", maybe(words))]);
                            }
                        }
                        _ => {
                            for (path, translation) in &culture.translations {
                                let (object, number) = match path {
                                    ObjectPath::Model => (kind::MODEL, 1),
                                    ObjectPath::Table(t) => (kind::TABLE, ids.of("table", &[t])),
                                    ObjectPath::Column(t, c) => (kind::COLUMN, ids.of("column", &[t, c])),
                                    ObjectPath::Measure(t, m) => (kind::MEASURE, ids.of("measure", &[t, m])),
                                    ObjectPath::Hierarchy(t, h) => (kind::HIERARCHY, ids.of("hierarchy", &[t, h])),
                                    ObjectPath::Level(t, h, l) => (kind::LEVEL, ids.of("level", &[t, h, l])),
                                };
                                let parts = [(1, &translation.caption), (2, &translation.description), (3, &translation.display_folder)];
                                for (property, value) in parts {
                                    let Some(value) = value else { continue };
                                    let key = [culture.name.clone(), object.to_string(), number.to_string(), property.to_string()];
                                    let key: Vec<&str> = key.iter().map(String::as_str).collect();
                                    rows.push(vec![
                                        ("ID", int(ids.of("translation", &key))),
                                        ("CultureID", int(id)),
                                        ("ObjectID", int(number)),
                                        ("ObjectType", int(object)),
                                        ("Property", int(property)),
                                        ("Value", text(value)),
                                    ]);
                                }
                            }
                        }
                    }
                }
            }
            name if name.starts_with("INFO.PERSPECTIVE") => {
                for perspective in &model.perspectives {
                    let id = ids.of("perspective", &[&perspective.name]);
                    if name == "INFO.PERSPECTIVES" {
                        let description = text(&perspective.description);
                        rows.push(vec![
                            ("ID", int(id)),
                            ("ModelID", int(1)),
                            ("Name", text(&perspective.name)),
                            ("Description", description),
                        ]);
                        continue;
                    }
                    for part in &perspective.tables {
                        let own = ids.of("perspective table", &[&perspective.name, &part.table]);
                        let (kind, label, list) = match name {
                            "INFO.PERSPECTIVECOLUMNS" => ("column", "ColumnID", &part.columns),
                            "INFO.PERSPECTIVEHIERARCHIES" => ("hierarchy", "HierarchyID", &part.hierarchies),
                            "INFO.PERSPECTIVEMEASURES" => ("measure", "MeasureID", &part.measures),
                            _ => {
                                rows.push(vec![
                                    ("ID", int(own)),
                                    ("PerspectiveID", int(id)),
                                    ("TableID", int(ids.of("table", &[&part.table]))),
                                    ("IncludeAll", yes(part.include_all)),
                                ]);
                                continue;
                            }
                        };
                        for object in list {
                            rows.push(vec![
                                ("ID", int(ids.of(label, &[&perspective.name, &part.table, object]))),
                                ("PerspectiveTableID", int(own)),
                                (label, int(ids.of(kind, &[&part.table, object]))),
                            ]);
                        }
                    }
                }
            }
            "INFO.ANNOTATIONS" => {
                let mut add = |object: i64, number: i64, list: &model::Annotations, ids: &mut Ids| {
                    for (key, value) in list {
                        rows.push(vec![
                            ("ID", int(ids.of("annotation", &[&object.to_string(), &number.to_string(), key]))),
                            ("ObjectID", int(number)),
                            ("ObjectType", int(object)),
                            ("Name", text(key)),
                            ("Value", text(value)),
                        ]);
                    }
                };
                add(kind::MODEL, 1, &model.annotations, &mut ids);
                for table in &model.tables {
                    let number = ids.of("table", &[&table.name]);
                    add(kind::TABLE, number, &table.annotations, &mut ids);
                    for column in &table.columns {
                        let number = ids.of("column", &[&table.name, &column.name]);
                        add(kind::COLUMN, number, &column.annotations, &mut ids);
                    }
                    for measure in &table.measures {
                        let number = ids.of("measure", &[&table.name, &measure.name]);
                        add(kind::MEASURE, number, &measure.annotations, &mut ids);
                    }
                }
            }
            _ => {
                for table in &model.tables {
                    self.table_rows(name, table, &guess, &mut ids, &mut rows);
                }
            }
        }
        rows
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
