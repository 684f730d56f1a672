//! INFO functions: the model as tables.
//!
//! Every object has a number of its own, counted through the model from its tables to its smallest parts, so that the rows of one
//! function point at those of another.

use std::collections::HashMap;

use super::Session;
use super::info_schema::columns;
use super::value::TableVal;
use crate::dax::bind::{BindCache, Binder};
use crate::dax::catalog::{ColId, fold};
use crate::dax::error::{EvalError, EvalResult};
use crate::dax::scalar;
use crate::model::{self, Cardinality, CrossFilter, Model, ObjectPath, PartitionSource, Source};
use crate::table::{DataType, Value};

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

    /// Rows about one table and what it holds.
    #[allow(clippy::too_many_lines)]
    fn table_rows(
        &self,
        name: &str,
        table: &model::Table,
        guess: &dyn Fn(&str, &model::Column) -> Option<DataType>,
        ids: &mut Ids,
        rows: &mut Vec<Row>,
    ) {
        let own = ids.of("table", &[&table.name]);
        let group = table.calculation_group.as_ref();
        let group_id = group.map(|_| ids.of("calculation group", &[&table.name]));
        match name {
            "INFO.TABLES" => rows.push(vec![
                ("ID", int(own)),
                ("ModelID", int(1)),
                ("Name", text(&table.name)),
                ("DataCategory", maybe(table.data_category.as_deref())),
                ("Description", text(&table.description)),
                ("IsHidden", yes(table.is_hidden)),
                ("ShowAsVariationsOnly", yes(false)),
                ("IsPrivate", yes(table.is_private)),
                ("CalculationGroupID", group_id.map_or(Value::Blank, int)),
                ("ExcludeFromModelRefresh", yes(false)),
                ("LineageTag", maybe(table.lineage_tag.as_deref())),
                ("SystemManaged", yes(false)),
            ]),
            "INFO.VIEW.TABLES" => rows.push(vec![
                ("ID", int(own)),
                ("Name", text(&table.name)),
                ("Model", text("Model")),
                ("DataCategory", maybe(table.data_category.as_deref())),
                ("Description", text(&table.description)),
                ("IsHidden", yes(table.is_hidden)),
                ("StorageMode", text(mode(table).0)),
                ("TableStorage", text(&format!("{} ({own})", table.name))),
                ("Expression", dax(table.calculated())),
                ("ShowAsVariationOnly", yes(false)),
                ("IsPrivate", yes(table.is_private)),
                ("CalculationGroupPrecedence", group.map_or(Value::Blank, |g| int(i64::from(g.precedence)))),
                ("LineageTag", maybe(table.lineage_tag.as_deref())),
            ]),
            "INFO.COLUMNS" | "INFO.VIEW.COLUMNS" | "INFO.EXTENDEDPROPERTIES" | "INFO.GROUPBYCOLUMNS" | "INFO.RELATEDCOLUMNDETAILS" => {
                for (ordinal, column) in table.columns.iter().enumerate() {
                    self.column_rows(name, table, ordinal, column, guess, ids, rows);
                }
            }
            "INFO.MEASURES" | "INFO.VIEW.MEASURES" | "INFO.KPIS" | "INFO.DETAILROWSDEFINITIONS" => {
                for measure in &table.measures {
                    self.measure_rows(name, table, measure, ids, rows);
                }
            }
            "INFO.FORMATSTRINGDEFINITIONS" => {
                let mut add = |object: i64, number: i64, key: &[&str], source: &Source, ids: &mut Ids| {
                    rows.push(vec![
                        ("ID", int(ids.of("format", key))),
                        ("ObjectID", int(number)),
                        ("ObjectType", int(object)),
                        ("Expression", text(&source.text)),
                        ("State", int(1)),
                    ]);
                };
                for measure in &table.measures {
                    if let Some(source) = &measure.format_string_definition {
                        let number = ids.of("measure", &[&table.name, &measure.name]);
                        add(kind::MEASURE, number, &[&table.name, &measure.name], source, ids);
                    }
                }
                for item in group.iter().flat_map(|g| &g.items) {
                    if let Some(source) = &item.format_string_definition {
                        let number = ids.of("item", &[&table.name, &item.name]);
                        add(kind::ITEM, number, &[&table.name, &item.name], source, ids);
                    }
                }
            }
            "INFO.CALCULATIONGROUPS" => {
                if let (Some(group), Some(id)) = (group, group_id) {
                    rows.push(vec![
                        ("ID", int(id)),
                        ("TableID", int(own)),
                        ("Description", text(&table.description)),
                        ("Precedence", int(i64::from(group.precedence))),
                    ]);
                }
            }
            "INFO.CALCULATIONITEMS" => {
                for (position, item) in group.iter().flat_map(|g| g.items.iter().enumerate()) {
                    let format = item.format_string_definition.as_ref().map(|_| ids.of("format", &[&table.name, &item.name]));
                    rows.push(vec![
                        ("ID", int(ids.of("item", &[&table.name, &item.name]))),
                        ("CalculationGroupID", group_id.map_or(Value::Blank, int)),
                        ("FormatStringDefinitionID", format.map_or(Value::Blank, int)),
                        ("Name", text(&item.name)),
                        ("Description", text(&item.description)),
                        ("State", int(1)),
                        ("Expression", text(&item.expression.text)),
                        ("Ordinal", int(item.ordinal.unwrap_or(position as i64))),
                    ]);
                }
            }
            "INFO.HIERARCHIES" => {
                for hierarchy in &table.hierarchies {
                    rows.push(vec![
                        ("ID", int(ids.of("hierarchy", &[&table.name, &hierarchy.name]))),
                        ("TableID", int(own)),
                        ("Name", text(&hierarchy.name)),
                        ("Description", text(&hierarchy.description)),
                        ("IsHidden", yes(hierarchy.is_hidden)),
                        ("State", int(1)),
                        ("DisplayFolder", maybe(hierarchy.display_folder.as_deref())),
                        ("HideMembers", int(0)),
                        ("LineageTag", maybe(hierarchy.lineage_tag.as_deref())),
                    ]);
                }
            }
            "INFO.LEVELS" => {
                for hierarchy in &table.hierarchies {
                    for (ordinal, level) in hierarchy.levels.iter().enumerate() {
                        rows.push(vec![
                            ("ID", int(ids.of("level", &[&table.name, &hierarchy.name, &level.name]))),
                            ("HierarchyID", int(ids.of("hierarchy", &[&table.name, &hierarchy.name]))),
                            ("Ordinal", int(ordinal as i64)),
                            ("Name", text(&level.name)),
                            ("ColumnID", int(ids.of("column", &[&table.name, &level.column]))),
                            ("LineageTag", maybe(level.lineage_tag.as_deref())),
                        ]);
                    }
                }
            }
            "INFO.PARTITIONS" => {
                for partition in &table.partitions {
                    let (ty, definition) = match &partition.source {
                        PartitionSource::M(m) => (4, dax(Some(m))),
                        PartitionSource::Calculated(source) => (2, dax(Some(source))),
                        PartitionSource::CalculationGroup => (7, Value::Blank),
                        PartitionSource::PolicyRange => (6, Value::Blank),
                        PartitionSource::Other(..) => (1, Value::Blank),
                        PartitionSource::None => (3, Value::Blank),
                    };
                    let group = partition.query_group.as_deref().map(|g| ids.of("group", &[g]));
                    rows.push(vec![
                        ("ID", int(ids.of("partition", &[&table.name, &partition.name]))),
                        ("TableID", int(own)),
                        ("Name", text(&partition.name)),
                        ("QueryDefinition", definition),
                        ("State", int(1)),
                        ("Type", int(ty)),
                        ("Mode", int(mode(table).1)),
                        ("QueryGroupID", group.map_or(Value::Blank, int)),
                    ]);
                }
            }
            "INFO.REFRESHPOLICIES" => {
                if let Some(policy) = &table.refresh_policy {
                    let grain = |word: &str| {
                        int(match word.to_ascii_lowercase().as_str() {
                            "day" => 0,
                            "month" => 1,
                            "quarter" => 2,
                            "year" => 3,
                            _ => -1,
                        })
                    };
                    rows.push(vec![
                        ("ID", int(ids.of("policy", &[&table.name]))),
                        ("TableID", int(own)),
                        ("PolicyType", int(0)),
                        ("RollingWindowGranularity", grain(&policy.rolling_window_granularity)),
                        ("RollingWindowPeriods", int(i64::from(policy.rolling_window_periods))),
                        ("IncrementalGranularity", grain(&policy.incremental_granularity)),
                        ("IncrementalPeriods", int(i64::from(policy.incremental_periods))),
                        ("SourceExpression", text(&policy.source_expression.text)),
                    ]);
                }
            }
            "INFO.CALENDARS" | "INFO.CALENDARCOLUMNGROUPS" | "INFO.CALENDARCOLUMNREFERENCES" => {
                for calendar in &table.calendars {
                    let id = ids.of("calendar", &[&table.name, &calendar.name]);
                    if name == "INFO.CALENDARS" {
                        rows.push(vec![("ID", int(id)), ("TableID", int(own)), ("Name", text(&calendar.name))]);
                        continue;
                    }
                    let related = ("timeRelated".to_owned(), calendar.time_related.clone());
                    let groups = calendar.units.iter().chain((!calendar.time_related.is_empty()).then_some(&related));
                    for (position, (unit, columns)) in groups.enumerate() {
                        let group = ids.of("column group", &[&table.name, &calendar.name, unit]);
                        if name == "INFO.CALENDARCOLUMNGROUPS" {
                            rows.push(vec![("ID", int(group)), ("CalendarID", int(id)), ("TimeUnit", int(position as i64))]);
                            continue;
                        }
                        for (place, column) in columns.iter().enumerate() {
                            rows.push(vec![
                                ("ID", int(ids.of("column reference", &[&table.name, &calendar.name, unit, column]))),
                                ("CalendarColumnGroupID", int(group)),
                                ("ColumnID", int(ids.of("column", &[&table.name, column]))),
                                ("IsPrimaryColumn", yes(place == 0 && unit != "timeRelated")),
                            ]);
                        }
                    }
                }
            }
            // Of the rest a model holds nothing: variations, data sources, role members …
            _ => {}
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn column_rows(
        &self,
        name: &str,
        table: &model::Table,
        ordinal: usize,
        column: &model::Column,
        guess: &dyn Fn(&str, &model::Column) -> Option<DataType>,
        ids: &mut Ids,
        rows: &mut Vec<Row>,
    ) {
        let id = ids.of("column", &[&table.name, &column.name]);
        let (ty, word, source, expression) = match &column.kind {
            _ if table.calculated().is_some() && !matches!(column.kind, model::ColumnKind::Calculated(_)) => {
                (4, "CalculatedTableColumn", Value::Blank, Value::Blank)
            }
            model::ColumnKind::Data { source_column } => (1, "Data", text(source_column), Value::Blank),
            model::ColumnKind::Calculated(source) => (2, "Calculated", Value::Blank, dax(Some(source))),
            model::ColumnKind::RowNumber => (3, "RowNumber", Value::Blank, Value::Blank),
        };
        let related = (!column.group_by_columns.is_empty()).then(|| ids.of("related", &[&table.name, &column.name]));
        let summary = [(Some(model::SummarizeBy::Sum), 3, "Sum"), (Some(model::SummarizeBy::Min), 4, "Min")];
        let (number, by) = match &column.summarize_by {
            Some(model::SummarizeBy::Max) => (5, "Max"),
            Some(model::SummarizeBy::Count) => (6, "Count"),
            Some(model::SummarizeBy::Average) => (7, "Average"),
            Some(model::SummarizeBy::DistinctCount) => (8, "DistinctCount"),
            Some(model::SummarizeBy::Default) => (1, "Default"),
            other => summary.iter().find(|(s, _, _)| s == other).map_or((2, "None"), |(_, n, w)| (*n, *w)),
        };
        match name {
            "INFO.EXTENDEDPROPERTIES" => {
                for (key, value) in &column.extended_properties {
                    rows.push(vec![
                        ("ID", int(ids.of("property", &[&table.name, &column.name, key]))),
                        ("ObjectID", int(id)),
                        ("ObjectType", int(kind::COLUMN)),
                        ("Name", text(key)),
                        ("Type", int(1)),
                        ("Value", text(value)),
                    ]);
                }
            }
            "INFO.RELATEDCOLUMNDETAILS" => {
                if let Some(related) = related {
                    rows.push(vec![("ID", int(related)), ("ColumnID", int(id))]);
                }
            }
            "INFO.GROUPBYCOLUMNS" => {
                for other in &column.group_by_columns {
                    rows.push(vec![
                        ("ID", int(ids.of("group by", &[&table.name, &column.name, other]))),
                        ("RelatedColumnDetailsID", related.map_or(Value::Blank, int)),
                        ("GroupingColumnID", int(ids.of("column", &[&table.name, other]))),
                    ]);
                }
            }
            "INFO.COLUMNS" => rows.push(vec![
                ("ID", int(id)),
                ("TableID", int(ids.of("table", &[&table.name]))),
                ("ExplicitName", text(&column.name)),
                ("InferredName", text(&column.name)),
                ("ExplicitDataType", int(type_number(guess(&table.name, column)))),
                ("InferredDataType", int(type_number(guess(&table.name, column)))),
                ("DataCategory", maybe(column.data_category.as_deref())),
                ("Description", text(&column.description)),
                ("IsHidden", yes(column.is_hidden)),
                ("State", int(1)),
                ("IsUnique", yes(column.is_key)),
                ("IsKey", yes(column.is_key)),
                ("IsNullable", yes(column.is_nullable.unwrap_or(!column.is_key))),
                ("Alignment", int(1)),
                ("TableDetailPosition", int(-1)),
                ("SummarizeBy", int(number)),
                ("Type", int(ty)),
                ("SourceColumn", source),
                ("Expression", expression),
                ("FormatString", maybe(column.format_string.as_deref())),
                ("IsAvailableInMDX", yes(true)),
                ("SortByColumnID", column.sort_by.as_deref().map_or(Value::Blank, |s| int(ids.of("column", &[&table.name, s])))),
                ("DisplayOrdinal", int(ordinal as i64)),
                ("DisplayFolder", maybe(column.display_folder.as_deref())),
                ("RelatedColumnDetailsID", related.map_or(Value::Blank, int)),
                ("LineageTag", maybe(column.lineage_tag.as_deref())),
            ]),
            _ => rows.push(vec![
                ("ID", int(id)),
                ("Name", text(&column.name)),
                ("Table", text(&table.name)),
                ("DataType", guess(&table.name, column).map_or(Value::Blank, |t| text(type_label(t)))),
                ("DataCategory", maybe(column.data_category.as_deref())),
                ("Description", text(&column.description)),
                ("IsHidden", yes(column.is_hidden)),
                ("IsUnique", yes(column.is_key)),
                ("IsKey", yes(column.is_key)),
                ("IsNullable", yes(column.is_nullable.unwrap_or(!column.is_key))),
                ("Alignment", text("Default")),
                ("SummarizeBy", text(by)),
                ("ColumnStorage", text(&format!("{} ({id})", column.name))),
                ("Type", text(word)),
                ("SourceColumn", source),
                ("Expression", expression),
                ("FormatString", maybe(column.format_string.as_deref())),
                ("IsAvailableInMDX", yes(true)),
                ("SortByColumn", maybe(column.sort_by.as_deref())),
                ("GroupingBehavior", text("GroupOnValue")),
                ("DisplayFolder", maybe(column.display_folder.as_deref())),
                ("LineageTag", maybe(column.lineage_tag.as_deref())),
            ]),
        }
    }

    fn measure_rows(&self, name: &str, table: &model::Table, measure: &model::Measure, ids: &mut Ids, rows: &mut Vec<Row>) {
        let path = [table.name.as_str(), measure.name.as_str()];
        let id = ids.of("measure", &path);
        let kpi = measure.kpi.as_ref().map(|_| ids.of("kpi", &path));
        let details = measure.detail_rows.as_ref().map(|_| ids.of("details", &path));
        let format = measure.format_string_definition.as_ref().map(|_| ids.of("format", &path));
        let bound = self.catalog.measure(&measure.name).map(|m| self.binder.bind_measure(m).map(|n| n.ty.data_type()));
        let (ty, state) = match &bound {
            Some(Ok(ty)) => (*ty, ("Ready", 1)),
            _ => (None, ("SemanticError", 6)),
        };
        match name {
            "INFO.KPIS" => {
                if let (Some(kpi), Some(number)) = (&measure.kpi, kpi) {
                    rows.push(vec![
                        ("ID", int(number)),
                        ("MeasureID", int(id)),
                        ("TargetExpression", dax(kpi.target.as_ref())),
                        ("TargetFormatString", maybe(kpi.target_format.as_deref())),
                        ("StatusGraphic", maybe(kpi.status_graphic.as_deref())),
                        ("StatusExpression", dax(kpi.status.as_ref())),
                        ("TrendGraphic", maybe(kpi.trend_graphic.as_deref())),
                        ("TrendExpression", dax(kpi.trend.as_ref())),
                    ]);
                }
            }
            "INFO.DETAILROWSDEFINITIONS" => {
                if let (Some(source), Some(number)) = (&measure.detail_rows, details) {
                    rows.push(vec![
                        ("ID", int(number)),
                        ("ObjectID", int(id)),
                        ("ObjectType", int(kind::MEASURE)),
                        ("Expression", text(&source.text)),
                        ("State", int(1)),
                    ]);
                }
            }
            "INFO.MEASURES" => rows.push(vec![
                ("ID", int(id)),
                ("TableID", int(ids.of("table", &[&table.name]))),
                ("Name", text(&measure.name)),
                ("Description", text(&measure.description)),
                ("DataType", int(ty.map_or(20, |t| type_number(Some(t))))),
                ("Expression", text(&measure.expression.text)),
                ("FormatString", maybe(measure.format_string.as_deref())),
                ("IsHidden", yes(measure.is_hidden)),
                ("State", int(state.1)),
                ("KPIID", kpi.map_or(Value::Blank, int)),
                ("IsSimpleMeasure", yes(false)),
                ("ErrorMessage", bound.and_then(Result::err).map_or(Value::Blank, |e| text(&e.message))),
                ("DisplayFolder", maybe(measure.display_folder.as_deref())),
                ("DetailRowsDefinitionID", details.map_or(Value::Blank, int)),
                ("DataCategory", maybe(measure.data_category.as_deref())),
                ("FormatStringDefinitionID", format.map_or(Value::Blank, int)),
                ("LineageTag", maybe(measure.lineage_tag.as_deref())),
            ]),
            _ => rows.push(vec![
                ("ID", int(id)),
                ("Name", text(&measure.name)),
                ("Table", text(&table.name)),
                ("Description", text(&measure.description)),
                ("DataType", text(ty.map_or("Variant", type_label))),
                ("Expression", text(&measure.expression.text)),
                ("FormatString", maybe(measure.format_string.as_deref())),
                ("IsHidden", yes(measure.is_hidden)),
                ("State", text(state.0)),
                ("KPIID", kpi.map_or(Value::Blank, int)),
                ("IsSimpleMeasure", yes(false)),
                ("DisplayFolder", maybe(measure.display_folder.as_deref())),
                ("DetailRowsDefinition", dax(measure.detail_rows.as_ref())),
                ("DataCategory", maybe(measure.data_category.as_deref())),
                ("FormatStringDefinition", dax(measure.format_string_definition.as_ref())),
                ("LineageTag", maybe(measure.lineage_tag.as_deref())),
            ]),
        }
    }

    /// What each measure and calculated column of the model names, or what a query names.
    fn dependency_rows(&self, model: &Model, query: Option<&str>) -> EvalResult<Vec<Row>> {
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

fn type_label(data_type: DataType) -> &'static str {
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
