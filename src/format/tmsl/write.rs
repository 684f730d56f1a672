//! [`Model`] → TMSL: the JSON of the `DataModelSchema` part.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::format::json::{self, Json, json};
use crate::format::tmdl::{data_type_word, summarize_word};
use crate::model::*;

/// The database object of a model; `name` is the database's name, which Power BI writes as a GUID.
///
/// Texts of several lines become lists of lines, as Power BI Desktop writes them.
pub fn write<'a>(model: &'a Model, name: &'a str) -> Json<'a> {
    let mut out = Object::default();
    out.text("description", &model.description);
    out.set("culture", &model.culture);
    out.set("dataAccessOptions", json!({"legacyRedirects": true, "returnErrorValuesAsNull": true}));
    out.set("defaultPowerBIDataSourceVersion", "powerBI_V3");
    out.flag("discourageImplicitMeasures", model.discourage_implicit_measures);
    out.set("sourceQueryCulture", &model.culture);
    out.list("tables", &model.tables, table);
    out.list("relationships", &model.relationships, relationship);
    out.list("roles", &model.roles, role);
    out.list("perspectives", &model.perspectives, perspective);
    out.list("cultures", &model.cultures, culture);
    out.list("expressions", &model.expressions, expression);
    out.list("functions", &model.functions, function);
    let mut order = 0;
    out.list("queryGroups", &model.query_groups, |group| {
        let position = order.to_string();
        order += 1;
        json!({"folder": group, "annotations": [{"name": "PBI_QueryGroupOrder", "value": position}]})
    });
    out.annotations(&model.annotations);
    json!({"name": name, "compatibilityLevel": model.compatibility_level, "model": out.json})
}

/// One line as a string, several as a list.
fn lines(text: &str) -> Json<'_> {
    if text.contains('\n') { text.split('\n').map(Json::from).collect() } else { text.into() }
}

#[derive(Default)]
struct Object<'a> {
    json: json::Object<'a>,
}

impl<'a> Object<'a> {
    fn named(name: &'a str) -> Object<'a> {
        let mut object = Object::default();
        object.set("name", name);
        object
    }

    fn set(&mut self, key: &'a str, value: impl Into<Json<'a>>) {
        self.json.add(key, value);
    }

    fn text(&mut self, key: &'a str, text: &'a str) {
        if !text.is_empty() {
            self.set(key, lines(text));
        }
    }

    fn optional(&mut self, key: &'a str, text: Option<&'a str>) {
        if let Some(text) = text {
            self.set(key, text);
        }
    }

    fn flag(&mut self, key: &'a str, value: bool) {
        if value {
            self.set(key, true);
        }
    }

    fn source(&mut self, key: &'a str, source: Option<&'a Source>) {
        if let Some(source) = source {
            self.set(key, lines(&source.text));
        }
    }

    fn definition(&mut self, key: &'a str, source: Option<&'a Source>) {
        if let Some(source) = source {
            self.set(key, json!({"expression": lines(&source.text)}));
        }
    }

    fn list<T>(&mut self, key: &'a str, items: impl IntoIterator<Item = T>, write: impl FnMut(T) -> Json<'a>) {
        let items: Vec<Json<'a>> = items.into_iter().map(write).collect();
        if !items.is_empty() {
            self.set(key, items);
        }
    }

    fn annotations(&mut self, annotations: &'a Annotations) {
        self.list("annotations", annotations, |(name, value)| json!({"name": name, "value": lines(value)}));
    }

    fn done(self) -> Json<'a> {
        self.json.into()
    }
}

fn table(table: &Table) -> Json<'_> {
    let calculated = table.calculated().is_some();
    let mut out = Object::named(&table.name);
    out.text("description", &table.description);
    out.flag("isHidden", table.is_hidden);
    out.flag("isPrivate", table.is_private);
    out.optional("dataCategory", table.data_category.as_deref());
    out.optional("lineageTag", table.lineage_tag.as_deref());
    if let Some(group) = &table.calculation_group {
        out.set("calculationGroup", calculation_group(group));
    }
    let columns = table.columns.iter().filter(|c| c.kind != ColumnKind::RowNumber);
    out.list("columns", columns, |c| column(c, calculated));
    out.list("measures", &table.measures, measure);
    out.list("hierarchies", &table.hierarchies, hierarchy);
    out.list("partitions", &table.partitions, partition);
    out.list("calendars", &table.calendars, calendar);
    if let Some(policy) = &table.refresh_policy {
        out.set(
            "refreshPolicy",
            json!({
                "policyType": "basic",
                "rollingWindowGranularity": &policy.rolling_window_granularity,
                "rollingWindowPeriods": policy.rolling_window_periods,
                "incrementalGranularity": &policy.incremental_granularity,
                "incrementalPeriods": policy.incremental_periods,
                "sourceExpression": lines(&policy.source_expression.text),
            }),
        );
    }
    out.annotations(&table.annotations);
    out.done()
}

fn column(column: &Column, calculated_table: bool) -> Json<'_> {
    let mut out = Object::default();
    match &column.kind {
        ColumnKind::Calculated(_) => out.set("type", "calculated"),
        _ if calculated_table => out.set("type", "calculatedTableColumn"),
        _ => {}
    }
    out.set("name", &column.name);
    out.text("description", &column.description);
    match column.data_type {
        Some(data_type) => out.set("dataType", data_type_word(data_type)),
        None if calculated_table || matches!(column.kind, ColumnKind::Calculated(_)) => out.set("isDataTypeInferred", true),
        None => {}
    }
    if let Some(nullable) = column.is_nullable {
        out.set("isNullable", nullable);
    }
    out.flag("isHidden", column.is_hidden);
    out.flag("isKey", column.is_key);
    match &column.kind {
        ColumnKind::Calculated(source) => out.source("expression", Some(source)),
        ColumnKind::Data { source_column } if calculated_table => out.set("sourceColumn", format!("[{source_column}]")),
        ColumnKind::Data { source_column } => out.set("sourceColumn", source_column),
        ColumnKind::RowNumber => {}
    }
    out.optional("formatString", column.format_string.as_deref());
    out.optional("dataCategory", column.data_category.as_deref());
    out.optional("lineageTag", column.lineage_tag.as_deref());
    out.optional("summarizeBy", summarize_word(column.summarize_by));
    out.optional("sortByColumn", column.sort_by.as_deref());
    out.optional("displayFolder", column.display_folder.as_deref());
    if !column.group_by_columns.is_empty() {
        let columns: Vec<Json> = column.group_by_columns.iter().map(|c| json!({"groupingColumn": c})).collect();
        out.set("relatedColumnDetails", json!({"groupByColumns": columns}));
    }
    out.list("extendedProperties", &column.extended_properties, |(name, text)| match serde_json::from_str::<Value>(text) {
        Ok(value) => json!({"type": "json", "name": name, "value": value}),
        Err(_) => json!({"type": "string", "name": name, "value": text}),
    });
    out.annotations(&column.annotations);
    out.done()
}

fn measure(measure: &Measure) -> Json<'_> {
    let mut out = Object::named(&measure.name);
    out.text("description", &measure.description);
    out.source("expression", Some(&measure.expression));
    out.optional("formatString", measure.format_string.as_deref());
    out.flag("isHidden", measure.is_hidden);
    out.optional("displayFolder", measure.display_folder.as_deref());
    out.optional("dataCategory", measure.data_category.as_deref());
    out.optional("lineageTag", measure.lineage_tag.as_deref());
    out.definition("formatStringDefinition", measure.format_string_definition.as_ref());
    out.definition("detailRowsDefinition", measure.detail_rows.as_ref());
    if let Some(kpi) = &measure.kpi {
        let mut inner = Object::default();
        inner.source("targetExpression", kpi.target.as_ref());
        inner.optional("targetFormatString", kpi.target_format.as_deref());
        inner.source("statusExpression", kpi.status.as_ref());
        inner.optional("statusGraphic", kpi.status_graphic.as_deref());
        inner.source("trendExpression", kpi.trend.as_ref());
        inner.optional("trendGraphic", kpi.trend_graphic.as_deref());
        out.set("kpi", inner.done());
    }
    out.annotations(&measure.annotations);
    out.done()
}

fn hierarchy(hierarchy: &Hierarchy) -> Json<'_> {
    let mut out = Object::named(&hierarchy.name);
    out.text("description", &hierarchy.description);
    out.flag("isHidden", hierarchy.is_hidden);
    out.optional("displayFolder", hierarchy.display_folder.as_deref());
    out.optional("lineageTag", hierarchy.lineage_tag.as_deref());
    let levels = hierarchy.levels.iter().enumerate().map(|(ordinal, level)| {
        let mut out = Object::default();
        out.set("ordinal", ordinal);
        out.set("name", &level.name);
        out.set("column", &level.column);
        out.optional("lineageTag", level.lineage_tag.as_deref());
        out.done()
    });
    out.set("levels", levels.collect::<Json<'_>>());
    out.annotations(&hierarchy.annotations);
    out.done()
}

fn partition(partition: &Partition) -> Json<'_> {
    let mut out = Object::named(&partition.name);
    out.optional("mode", Some(partition.mode.as_str()).filter(|mode| !mode.is_empty()));
    out.optional("queryGroup", partition.query_group.as_deref());
    let source = match &partition.source {
        PartitionSource::M(text) => json!({"type": "m", "expression": lines(&text.text)}),
        PartitionSource::Calculated(text) => json!({"type": "calculated", "expression": lines(&text.text)}),
        PartitionSource::CalculationGroup => json!({"type": "calculationGroup"}),
        PartitionSource::PolicyRange => json!({"type": "policyRange"}),
        PartitionSource::Other(kind, text) if kind == "entity" => json!({"type": kind, "entityName": text}),
        PartitionSource::Other(kind, text) => json!({"type": kind, "query": text}),
        PartitionSource::None => Json::Null,
    };
    if !matches!(source, Json::Null) {
        out.set("source", source);
    }
    out.annotations(&partition.annotations);
    out.done()
}

fn calculation_group(group: &CalculationGroup) -> Json<'_> {
    let mut out = Object::default();
    if group.precedence != 0 {
        out.set("precedence", group.precedence);
    }
    if let Some(both) = &group.multiple_or_empty_selection {
        out.set("multipleOrEmptySelectionExpression", selection(both));
    }
    if let Some(none) = &group.no_selection {
        out.set("noSelectionExpression", selection(none));
    }
    out.list("calculationItems", &group.items, |item| {
        let mut out = Object::named(&item.name);
        out.text("description", &item.description);
        if let Some(ordinal) = item.ordinal {
            out.set("ordinal", ordinal);
        }
        out.source("expression", Some(&item.expression));
        out.definition("formatStringDefinition", item.format_string_definition.as_ref());
        out.done()
    });
    out.done()
}

fn selection(selection: &CalculationSelection) -> Json<'_> {
    let mut out = Object::default();
    out.source("expression", Some(&selection.expression));
    out.definition("formatStringDefinition", selection.format_string_definition.as_ref());
    out.done()
}

fn calendar(calendar: &Calendar) -> Json<'_> {
    let names = |columns: &'_ [String]| columns.iter().map(|name| name.clone().into()).collect::<Json<'_>>();
    let mut groups: Vec<Json> = calendar
        .units
        .iter()
        .map(|(unit, columns)| {
            let mut group = json::Object::default();
            group.set("timeUnit", unit);
            group.set("primaryColumn", columns.first().map_or(Json::Null, Json::from));
            if columns.len() > 1 {
                group.set("associatedColumns", names(&columns[1..]));
            }
            group.into()
        })
        .collect();
    if !calendar.time_related.is_empty() {
        groups.push(json!({"columns": names(&calendar.time_related)}));
    }
    json!({"name": &calendar.name, "calendarColumnGroups": groups})
}

fn relationship(relationship: &Relationship) -> Json<'_> {
    let mut out = Object::named(&relationship.name);
    if !relationship.is_active {
        out.set("isActive", false);
    }
    match relationship.cross_filter {
        CrossFilter::Single => {}
        CrossFilter::Both => out.set("crossFilteringBehavior", "bothDirections"),
        CrossFilter::Automatic => out.set("crossFilteringBehavior", "automatic"),
    }
    if relationship.join_on_date_part {
        out.set("joinOnDateBehavior", "datePartOnly");
    }
    out.flag("relyOnReferentialIntegrity", relationship.relies_on_integrity);
    if relationship.security_both {
        out.set("securityFilteringBehavior", "bothDirections");
    }
    if relationship.from_cardinality == Cardinality::One {
        out.set("fromCardinality", "one");
    }
    if relationship.to_cardinality == Cardinality::Many {
        out.set("toCardinality", "many");
    }
    out.set("fromTable", &relationship.from_table);
    out.set("fromColumn", &relationship.from_column);
    out.set("toTable", &relationship.to_table);
    out.set("toColumn", &relationship.to_column);
    out.annotations(&relationship.annotations);
    out.done()
}

fn expression(expression: &NamedExpression) -> Json<'_> {
    let mut out = Object::named(&expression.name);
    out.text("description", &expression.description);
    out.set("kind", "m");
    out.source("expression", Some(&expression.expression));
    out.optional("queryGroup", expression.query_group.as_deref());
    out.optional("lineageTag", expression.lineage_tag.as_deref());
    out.annotations(&expression.annotations);
    out.done()
}

fn function(function: &Function) -> Json<'_> {
    let mut out = Object::named(&function.name);
    out.text("description", &function.description);
    out.source("expression", Some(&function.expression));
    out.optional("lineageTag", function.lineage_tag.as_deref());
    out.annotations(&function.annotations);
    out.done()
}

fn role(role: &Role) -> Json<'_> {
    let mut out = Object::named(&role.name);
    out.text("description", &role.description);
    out.set("modelPermission", &role.permission);
    out.list("tablePermissions", &role.table_permissions, |permission| {
        let mut out = Object::named(&permission.table);
        out.source("filterExpression", permission.filter.as_ref());
        out.optional("metadataPermission", permission.metadata_permission.as_deref());
        out.list("columnPermissions", &permission.columns, |(column, word)| json!({"name": column, "metadataPermission": word}));
        out.done()
    });
    out.annotations(&role.annotations);
    out.done()
}

fn perspective<'a>(perspective: &'a Perspective) -> Json<'a> {
    let mut out = Object::named(&perspective.name);
    out.text("description", &perspective.description);
    out.list("tables", &perspective.tables, |table| {
        let mut out = Object::named(&table.table);
        out.flag("includeAll", table.include_all);
        let name = |name: &'a String| json!({"name": name});
        out.list("columns", &table.columns, name);
        out.list("measures", &table.measures, name);
        out.list("hierarchies", &table.hierarchies, name);
        out.done()
    });
    out.done()
}

fn words<'a>(name: &'a str, translation: Option<&'a Translation>) -> Object<'a> {
    let mut out = Object::named(name);
    if let Some(translation) = translation {
        out.optional("translatedCaption", translation.caption.as_deref());
        if let Some(description) = &translation.description {
            out.set("translatedDescription", lines(description));
        }
        out.optional("translatedDisplayFolder", translation.display_folder.as_deref());
    }
    out
}

fn culture(culture: &Culture) -> Json<'_> {
    let mut out = Object::named(&culture.name);
    if !culture.translations.is_empty() {
        let mut model = words("Model", culture.translations.get(&ObjectPath::Model));
        let mut tables: BTreeMap<&str, TableWords> = BTreeMap::new();
        for (path, translation) in &culture.translations {
            match path {
                ObjectPath::Model => {}
                ObjectPath::Table(table) => tables.entry(table).or_default().own = Some(translation),
                ObjectPath::Column(table, name) => tables.entry(table).or_default().columns.push((name, translation)),
                ObjectPath::Measure(table, name) => tables.entry(table).or_default().measures.push((name, translation)),
                ObjectPath::Hierarchy(table, name) => {
                    tables.entry(table).or_default().hierarchies.entry(name).or_default().0 = Some(translation)
                }
                ObjectPath::Level(table, name, level) => {
                    tables.entry(table).or_default().hierarchies.entry(name).or_default().1.push((level, translation));
                }
            }
        }
        model.set("tables", tables.into_iter().map(|(name, table)| table_words(name, table)).collect::<Json<'_>>());
        out.set("translations", json!({"model": model.json}));
    }
    if let Some(text) = &culture.linguistic_metadata {
        let content = serde_json::from_str::<Value>(text).map_or_else(|_| text.into(), Json::from);
        out.set("linguisticMetadata", json!({"content": content, "contentType": "json"}));
    }
    out.done()
}

type HierarchyWords<'a> = (Option<&'a Translation>, Vec<(&'a str, &'a Translation)>);

#[derive(Default)]
struct TableWords<'a> {
    own: Option<&'a Translation>,
    columns: Vec<(&'a str, &'a Translation)>,
    measures: Vec<(&'a str, &'a Translation)>,
    hierarchies: BTreeMap<&'a str, HierarchyWords<'a>>,
}

fn table_words<'a>(name: &'a str, table: TableWords<'a>) -> Json<'a> {
    let mut out = words(name, table.own);
    let named = |(name, translation): (&'a str, &'a Translation)| words(name, Some(translation)).done();
    out.list("columns", table.columns, named);
    out.list("measures", table.measures, named);
    out.list("hierarchies", table.hierarchies, |(name, (own, levels))| {
        let mut out = words(name, own);
        out.list("levels", levels, named);
        out.done()
    });
    out.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_survives_writing_and_reading() {
        let text = include_str!("../../../tests/format/everything.bim");
        let model = crate::format::tmsl::read(text, Default::default()).unwrap().0;
        let written = write(&model, "K").to_string();
        let again = crate::format::tmsl::read(&written, Default::default()).unwrap().0;
        for (a, b) in model.tables.iter().zip(&again.tables) {
            assert_eq!(a, b);
        }
        assert_eq!(model.relationships, again.relationships);
        assert_eq!(Model { name: String::new(), ..model }, Model { name: String::new(), ..again });
    }
}
