//! Rows about tables, columns and measures.

use super::{Ids, Row, dax, int, kind, maybe, mode, text, type_number, yes};
use crate::dax::eval::Session;
use crate::model::{self, PartitionSource, Source};
use crate::table::{DataType, Value};

impl Session<'_> {
    /// Rows about one table and what it holds.
    #[allow(clippy::too_many_lines)]
    pub(super) fn table_rows(
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
