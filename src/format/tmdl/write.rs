//! [`Model`] → TMDL files, laid out as Microsoft's serializer does.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::names::{quoted, text_value};
use crate::base::FileSet;
use crate::model::*;
use crate::table::DataType;

/// The files of a `definition` folder. Lines end with `\n`.
pub fn write(model: &Model) -> FileSet {
    let mut files = FileSet::new();
    let mut text = Text::default();
    files.insert("database.tmdl", format!("database\n\tcompatibilityLevel: {}\n\n", model.compatibility_level));
    files.insert("model.tmdl", model_file(model, &mut text));
    if !model.relationships.is_empty() {
        files.insert("relationships.tmdl", text.file(|out| model.relationships.iter().for_each(|r| relationship(out, r))));
    }
    if !model.expressions.is_empty() {
        files.insert("expressions.tmdl", text.file(|out| model.expressions.iter().for_each(|e| expression(out, e))));
    }
    if !model.functions.is_empty() {
        files.insert("functions.tmdl", text.file(|out| model.functions.iter().for_each(|f| function(out, f))));
    }
    let mut taken = std::collections::BTreeSet::new();
    for object in &model.tables {
        files.insert(file_name(&mut taken, "tables", &object.name), text.file(|out| table(out, object)));
    }
    for object in &model.roles {
        files.insert(file_name(&mut taken, "roles", &object.name), text.file(|out| role(out, object)));
    }
    for object in &model.perspectives {
        files.insert(file_name(&mut taken, "perspectives", &object.name), text.file(|out| perspective(out, object)));
    }
    for object in &model.cultures {
        files.insert(file_name(&mut taken, "cultures", &object.name), text.file(|out| culture(out, object)));
    }
    files
}

/// A file named after its object; characters that Windows refuses become `%XX`, names that differ only by case get a number.
fn file_name(taken: &mut std::collections::BTreeSet<String>, folder: &str, name: &str) -> String {
    let mut safe = String::new();
    for c in name.chars() {
        match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '%' => safe.push_str(&format!("%{:02X}", c as u32)),
            c if c.is_control() => safe.push_str(&format!("%{:02X}", c as u32)),
            c => safe.push(c),
        }
    }
    if safe.starts_with('.') || safe.ends_with(['.', ' ']) {
        safe = format!("_{safe}_");
    }
    let mut path = format!("{folder}/{safe}.tmdl");
    let mut number = 2;
    while !taken.insert(path.to_lowercase()) {
        path = format!("{folder}/{safe} {number}.tmdl");
        number += 1;
    }
    path
}

/// A text of more bytes is handed over, not copied.
const LONG: usize = 1 << 17;

/// Text with a level of indentation.
#[derive(Default)]
struct Text {
    out: String,
    level: usize,
}

impl Text {
    /// The text of one file; the room for it serves all.
    fn file(&mut self, write: impl FnOnce(&mut Text)) -> String {
        self.out.clear();
        write(self);
        // Desktop ends files with an empty line.
        while self.out.ends_with("\n\n") {
            self.out.pop();
        }
        self.out.push('\n');
        if self.out.len() > LONG { std::mem::take(&mut self.out) } else { self.out.clone() }
    }

    fn line(&mut self, line: &str) {
        self.indent();
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// Description lines; a declaration must follow at once.
    fn description(&mut self, text: &str) {
        if !text.is_empty() {
            for line in text.split('\n') {
                self.line(format!("/// {}", line.trim_end()).trim_end_matches(' '));
            }
        }
    }

    fn flag(&mut self, name: &str, value: bool) {
        if value {
            self.line(name);
        }
    }

    fn property(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            let value = if value.contains('\n') { Cow::Owned(value.replace('\n', " ")) } else { Cow::Borrowed(value) };
            self.pair(name, &text_value(&value));
        }
    }

    fn reference(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.pair(name, &quoted(value));
        }
    }

    fn indent(&mut self) {
        (0..self.level).for_each(|_| self.out.push('\t'));
    }

    fn pair(&mut self, name: &str, value: &str) {
        self.indent();
        self.out.extend([name, ": ", value, "\n"]);
    }

    /// `head = text`, on one line, as an indented block, or fenced where a block would lose blanks.
    ///
    /// `deeper` is how many levels below the declaration a block stands: two below an object, one below a property.
    fn expression(&mut self, head: &str, text: &str, deeper: usize) {
        if text.is_empty() {
            self.line(head);
            return;
        }
        let edges = text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
        if !text.contains('\n') && !edges && text != "```" {
            self.line(&format!("{head} = {text}"));
            return;
        }
        let fence = edges || may_need_fence(text) && text.lines().any(|line| line.ends_with([' ', '\t', '\r']) || line.contains('\t'));
        self.line(&format!("{head} ={}", if fence { " ```" } else { "" }));
        self.level += deeper;
        for line in text.split('\n') {
            // Lines without text carry no indentation, except in a fence, which keeps them as they are.
            if line.is_empty() && !fence { self.out.push('\n') } else { self.line(line) }
        }
        if fence {
            self.line("```");
        }
        self.level -= deeper;
    }

    fn object(&mut self, head: &str, source: &Source) {
        self.expression(head, &source.text, 2);
    }

    fn annotations(&mut self, annotations: &Annotations) {
        for (name, value) in annotations {
            self.blank();
            self.expression(&format!("annotation {}", quoted(name)), value, 2);
        }
    }

    fn nested(&mut self, write: impl FnOnce(&mut Text)) {
        self.level += 1;
        write(self);
        self.level -= 1;
    }

    /// What a foreign file held: properties as `name: value`, flags, and whole objects.
    fn other(&mut self, other: &[(String, String)], objects: bool) {
        for (name, text) in other {
            match text.strip_prefix('\n') {
                Some(body) if objects => {
                    self.blank();
                    self.line(name);
                    self.nested(|out| body.lines().for_each(|line| if line.is_empty() { out.out.push('\n') } else { out.line(line) }));
                }
                None if !objects && text.is_empty() => self.line(name),
                None if !objects => self.property(name, Some(text)),
                _ => {}
            }
        }
    }
}

/// Whether there is a tab, or a blank before a line end, found without taking lines apart: texts are long and hardly any has one.
fn may_need_fence(text: &str) -> bool {
    let bytes = text.as_bytes();
    let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    bytes.contains(&b'\t') || pairs.fold(false, |any, (a, b)| any | (*b == b'\n') & ((*a == b' ') | (*a == b'\r')))
}

fn model_file(model: &Model, text: &mut Text) -> String {
    text.file(|out| {
        out.description(&model.description);
        out.line("model Model");
        out.nested(|out| {
            out.property("culture", Some(&model.culture));
            out.line("defaultPowerBIDataSourceVersion: powerBI_V3");
            out.flag("discourageImplicitMeasures", model.discourage_implicit_measures);
            out.property("sourceQueryCulture", Some(&model.culture));
            out.other(&model.other, false);
            out.line("dataAccessOptions");
            out.nested(|out| {
                out.line("legacyRedirects");
                out.line("returnErrorValuesAsNull");
            });
        });
        for (order, group) in model.query_groups.iter().enumerate() {
            out.blank();
            out.line(&format!("queryGroup {}", quoted(group)));
            out.nested(|out| {
                out.blank();
                out.line(&format!("annotation PBI_QueryGroupOrder = {order}"));
            });
        }
        out.annotations(&model.annotations);
        out.other(&model.other, true);
        let mut refs = |kind: &str, names: Vec<&str>| {
            if !names.is_empty() {
                out.blank();
                names.iter().for_each(|name| out.line(&format!("ref {kind} {}", quoted(name))));
            }
        };
        refs("table", model.tables.iter().map(|t| t.name.as_str()).collect());
        refs("role", model.roles.iter().map(|r| r.name.as_str()).collect());
        refs("perspective", model.perspectives.iter().map(|p| p.name.as_str()).collect());
        refs("cultureInfo", model.cultures.iter().map(|c| c.name.as_str()).collect());
    })
}

fn relationship(out: &mut Text, relationship: &Relationship) {
    out.blank();
    out.line(&format!("relationship {}", quoted(&relationship.name)));
    out.nested(|out| {
        if !relationship.is_active {
            out.line("isActive: false");
        }
        match relationship.cross_filter {
            CrossFilter::Single => {}
            CrossFilter::Both => out.line("crossFilteringBehavior: bothDirections"),
            CrossFilter::Automatic => out.line("crossFilteringBehavior: automatic"),
        }
        if relationship.join_on_date_part {
            out.line("joinOnDateBehavior: datePartOnly");
        }
        out.flag("relyOnReferentialIntegrity", relationship.relies_on_integrity);
        if relationship.security_both {
            out.line("securityFilteringBehavior: bothDirections");
        }
        if relationship.from_cardinality == Cardinality::One {
            out.line("fromCardinality: one");
        }
        if relationship.to_cardinality == Cardinality::Many {
            out.line("toCardinality: many");
        }
        out.line(&format!("fromColumn: {}.{}", quoted(&relationship.from_table), quoted(&relationship.from_column)));
        out.line(&format!("toColumn: {}.{}", quoted(&relationship.to_table), quoted(&relationship.to_column)));
        out.annotations(&relationship.annotations);
    });
}

fn expression(out: &mut Text, expression: &NamedExpression) {
    out.blank();
    out.description(&expression.description);
    out.object(&format!("expression {}", quoted(&expression.name)), &expression.expression);
    out.nested(|out| {
        out.property("lineageTag", expression.lineage_tag.as_deref());
        out.reference("queryGroup", expression.query_group.as_deref());
        out.annotations(&expression.annotations);
    });
}

fn function(out: &mut Text, function: &Function) {
    out.blank();
    out.description(&function.description);
    out.object(&format!("function {}", quoted(&function.name)), &function.expression);
    out.nested(|out| {
        out.property("lineageTag", function.lineage_tag.as_deref());
        out.annotations(&function.annotations);
    });
}

fn table(out: &mut Text, table: &Table) {
    let calculated = table.calculated().is_some();
    out.description(&table.description);
    out.line(&format!("table {}", quoted(&table.name)));
    out.nested(|out| {
        out.flag("isHidden", table.is_hidden);
        out.flag("isPrivate", table.is_private);
        out.property("lineageTag", table.lineage_tag.as_deref());
        out.property("dataCategory", table.data_category.as_deref());
        out.other(&table.other, false);
        if let Some(policy) = &table.refresh_policy {
            out.blank();
            refresh_policy(out, policy);
        }
        if let Some(group) = &table.calculation_group {
            out.blank();
            calculation_group(out, group);
        }
        table.measures.iter().for_each(|m| measure(out, m));
        table.columns.iter().filter(|c| c.kind != ColumnKind::RowNumber).for_each(|c| column(out, c, calculated));
        table.hierarchies.iter().for_each(|h| hierarchy(out, h));
        // The serializer implies the partition of a calculation group.
        table.partitions.iter().filter(|p| p.source != PartitionSource::CalculationGroup).for_each(|p| partition(out, p));
        table.calendars.iter().for_each(|c| calendar(out, c));
        out.other(&table.other, true);
        out.annotations(&table.annotations);
    });
}

fn refresh_policy(out: &mut Text, policy: &RefreshPolicy) {
    out.line("refreshPolicy");
    out.nested(|out| {
        out.line("policyType: basic");
        out.property("rollingWindowGranularity", Some(&policy.rolling_window_granularity));
        out.line(&format!("rollingWindowPeriods: {}", policy.rolling_window_periods));
        out.property("incrementalGranularity", Some(&policy.incremental_granularity));
        out.line(&format!("incrementalPeriods: {}", policy.incremental_periods));
        out.expression("sourceExpression", &policy.source_expression.text, 1);
    });
}

fn calculation_group(out: &mut Text, group: &CalculationGroup) {
    out.line("calculationGroup");
    out.nested(|out| {
        if group.precedence != 0 {
            out.line(&format!("precedence: {}", group.precedence));
        }
        let selections =
            [("multipleOrEmptySelectionExpression", &group.multiple_or_empty_selection), ("noSelectionExpression", &group.no_selection)];
        for (name, selection) in selections {
            if let Some(selection) = selection {
                out.blank();
                out.object(name, &selection.expression);
                out.nested(|out| format_definition(out, &selection.format_string_definition));
            }
        }
        for item in &group.items {
            out.blank();
            out.description(&item.description);
            out.object(&format!("calculationItem {}", quoted(&item.name)), &item.expression);
            out.nested(|out| format_definition(out, &item.format_string_definition));
        }
    });
}

fn format_definition(out: &mut Text, definition: &Option<Source>) {
    if let Some(definition) = definition {
        out.blank();
        out.object("formatStringDefinition", definition);
    }
}

fn measure(out: &mut Text, measure: &Measure) {
    out.blank();
    out.description(&measure.description);
    out.object(&format!("measure {}", quoted(&measure.name)), &measure.expression);
    out.nested(|out| {
        out.property("formatString", measure.format_string.as_deref());
        out.flag("isHidden", measure.is_hidden);
        out.property("displayFolder", measure.display_folder.as_deref());
        out.property("lineageTag", measure.lineage_tag.as_deref());
        out.property("dataCategory", measure.data_category.as_deref());
        out.other(&measure.other, false);
        if let Some(kpi) = &measure.kpi {
            out.blank();
            out.line("kpi");
            out.nested(|out| {
                let text = |source: &Option<Source>| source.as_ref().map(|s| s.text.clone()).unwrap_or_default();
                let expression = |out: &mut Text, name: &str, source: &Option<Source>| {
                    if source.is_some() {
                        out.expression(name, &text(source), 1);
                    }
                };
                expression(out, "targetExpression", &kpi.target);
                out.property("targetFormatString", kpi.target_format.as_deref());
                out.property("statusGraphic", kpi.status_graphic.as_deref());
                expression(out, "statusExpression", &kpi.status);
                out.property("trendGraphic", kpi.trend_graphic.as_deref());
                expression(out, "trendExpression", &kpi.trend);
            });
        }
        if let Some(rows) = &measure.detail_rows {
            out.blank();
            out.object("detailRowsDefinition", rows);
        }
        format_definition(out, &measure.format_string_definition);
        out.other(&measure.other, true);
        out.annotations(&measure.annotations);
    });
}

/// The word of a data type in TMDL and TMSL.
pub(in crate::format) fn data_type_word(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Int64 => "int64",
        DataType::Double => "double",
        DataType::Currency => "decimal",
        DataType::String => "string",
        DataType::Boolean => "boolean",
        DataType::DateTime => "dateTime",
        DataType::Binary => "binary",
    }
}

/// The word of a default aggregation; nothing for what the engine decides.
pub(in crate::format) fn summarize_word(summarize: Option<SummarizeBy>) -> Option<&'static str> {
    match summarize {
        None => Some("none"),
        Some(SummarizeBy::Sum) => Some("sum"),
        Some(SummarizeBy::Min) => Some("min"),
        Some(SummarizeBy::Max) => Some("max"),
        Some(SummarizeBy::Count) => Some("count"),
        Some(SummarizeBy::Average) => Some("average"),
        Some(SummarizeBy::DistinctCount) => Some("distinctCount"),
        Some(SummarizeBy::Default) => None,
    }
}

fn column(out: &mut Text, column: &Column, calculated_table: bool) {
    out.blank();
    out.description(&column.description);
    let head = format!("column {}", quoted(&column.name));
    let is_calculated = matches!(column.kind, ColumnKind::Calculated(_));
    match &column.kind {
        ColumnKind::Calculated(source) => out.object(&head, source),
        _ => out.line(&head),
    }
    out.nested(|out| {
        out.property("dataType", column.data_type.map(data_type_word));
        if column.is_nullable == Some(false) {
            out.line("isNullable: false");
        }
        out.flag("isHidden", column.is_hidden);
        out.flag("isKey", column.is_key);
        out.property("formatString", column.format_string.as_deref());
        out.property("displayFolder", column.display_folder.as_deref());
        out.property("lineageTag", column.lineage_tag.as_deref());
        out.property("dataCategory", column.data_category.as_deref());
        out.property("summarizeBy", summarize_word(column.summarize_by));
        out.other(&column.other, false);
        if column.data_type.is_none() && (calculated_table || is_calculated) {
            out.line("isDataTypeInferred");
        }
        if let ColumnKind::Data { source_column } = &column.kind {
            let bound = if calculated_table { format!("[{source_column}]") } else { source_column.clone() };
            out.property("sourceColumn", Some(&bound));
        }
        out.reference("sortByColumn", column.sort_by.as_deref());
        if !column.group_by_columns.is_empty() {
            out.blank();
            out.line("relatedColumnDetails");
            out.nested(|out| column.group_by_columns.iter().for_each(|c| out.reference("groupByColumn", Some(c))));
        }
        out.other(&column.other, true);
        for (name, json) in &column.extended_properties {
            out.blank();
            out.expression(&format!("extendedProperty {}", quoted(name)), &pretty(json), 2);
        }
        out.annotations(&column.annotations);
    });
}

/// JSON over several lines, as the serializer lays it out.
fn pretty(json: &str) -> String {
    serde_json::from_str::<serde_json::Value>(json)
        .ok()
        .and_then(|v| serde_json::to_string_pretty(&v).ok())
        .unwrap_or_else(|| json.to_owned())
}

fn hierarchy(out: &mut Text, hierarchy: &Hierarchy) {
    out.blank();
    out.description(&hierarchy.description);
    out.line(&format!("hierarchy {}", quoted(&hierarchy.name)));
    out.nested(|out| {
        out.flag("isHidden", hierarchy.is_hidden);
        out.property("displayFolder", hierarchy.display_folder.as_deref());
        out.property("lineageTag", hierarchy.lineage_tag.as_deref());
        for level in &hierarchy.levels {
            out.blank();
            out.line(&format!("level {}", quoted(&level.name)));
            out.nested(|out| {
                out.property("lineageTag", level.lineage_tag.as_deref());
                out.reference("column", Some(&level.column));
            });
        }
        out.annotations(&hierarchy.annotations);
    });
}

fn partition(out: &mut Text, partition: &Partition) {
    out.blank();
    let kind = match &partition.source {
        PartitionSource::M(_) => "m",
        PartitionSource::Calculated(_) => "calculated",
        PartitionSource::CalculationGroup => "calculationGroup",
        PartitionSource::PolicyRange => "policyRange",
        PartitionSource::Other(kind, _) => kind,
        PartitionSource::None => "none",
    };
    out.line(&format!("partition {} = {kind}", quoted(&partition.name)));
    out.nested(|out| {
        out.property("mode", Some(partition.mode.as_str()).filter(|mode| !mode.is_empty()));
        out.reference("queryGroup", partition.query_group.as_deref());
        match &partition.source {
            PartitionSource::M(text) | PartitionSource::Calculated(text) => out.expression("source", &text.text, 2),
            PartitionSource::Other(kind, text) if kind == "entity" => {
                out.line("source");
                out.nested(|out| out.property("entityName", Some(text)));
            }
            PartitionSource::Other(_, text) => out.expression("source", text, 2),
            _ => {}
        }
        out.annotations(&partition.annotations);
    });
}

fn calendar(out: &mut Text, calendar: &Calendar) {
    out.blank();
    out.line(&format!("calendar {}", quoted(&calendar.name)));
    out.nested(|out| {
        for (unit, columns) in &calendar.units {
            out.blank();
            out.line(&format!("calendarColumnGroup = {unit}"));
            out.nested(|out| {
                for (index, column) in columns.iter().enumerate() {
                    out.reference(if index == 0 { "primaryColumn" } else { "associatedColumn" }, Some(column));
                }
            });
        }
        if !calendar.time_related.is_empty() {
            out.blank();
            out.line("calendarColumnGroup");
            out.nested(|out| calendar.time_related.iter().for_each(|c| out.reference("column", Some(c))));
        }
    });
}

fn role(out: &mut Text, role: &Role) {
    out.description(&role.description);
    out.line(&format!("role {}", quoted(&role.name)));
    out.nested(|out| {
        out.property("modelPermission", Some(&role.permission));
        for permission in &role.table_permissions {
            out.blank();
            let head = format!("tablePermission {}", quoted(&permission.table));
            match &permission.filter {
                Some(filter) => out.object(&head, filter),
                None => out.line(&head),
            }
            out.nested(|out| {
                out.property("metadataPermission", permission.metadata_permission.as_deref());
                for (column, word) in &permission.columns {
                    out.blank();
                    out.line(&format!("columnPermission {} = {word}", quoted(column)));
                }
            });
        }
        out.annotations(&role.annotations);
    });
}

fn perspective(out: &mut Text, perspective: &Perspective) {
    out.description(&perspective.description);
    out.line(&format!("perspective {}", quoted(&perspective.name)));
    out.nested(|out| {
        for table in &perspective.tables {
            out.blank();
            out.line(&format!("perspectiveTable {}", quoted(&table.table)));
            out.nested(|out| {
                out.flag("includeAll", table.include_all);
                let lists = [
                    ("perspectiveMeasure", &table.measures),
                    ("perspectiveColumn", &table.columns),
                    ("perspectiveHierarchy", &table.hierarchies),
                ];
                for (keyword, names) in lists {
                    for name in names {
                        out.blank();
                        out.line(&format!("{keyword} {}", quoted(name)));
                    }
                }
            });
        }
    });
}

fn culture(out: &mut Text, culture: &Culture) {
    out.line(&format!("cultureInfo {}", quoted(&culture.name)));
    out.nested(|out| {
        if !culture.translations.is_empty() {
            out.blank();
            out.line("translations");
            out.nested(|out| {
                out.line("model Model");
                out.nested(|out| translations(out, &culture.translations));
            });
        }
        if let Some(json) = &culture.linguistic_metadata {
            out.blank();
            out.expression("linguisticMetadata", &pretty(json), 2);
            out.nested(|out| out.line("contentType: json"));
        }
    });
}

fn words(out: &mut Text, translation: &Translation) {
    out.property("caption", translation.caption.as_deref());
    if let Some(description) = &translation.description {
        match description.contains('\n') {
            true => out.expression("description", description, 1),
            false => out.property("description", Some(description)),
        }
    }
    out.property("displayFolder", translation.display_folder.as_deref());
}

/// Words of a hierarchy and of its levels.
type HierarchyWords<'a> = (Option<&'a Translation>, Vec<(&'a str, &'a Translation)>);

/// Translations grouped by table, in order of path.
fn translations(out: &mut Text, translations: &BTreeMap<ObjectPath, Translation>) {
    if let Some(model) = translations.get(&ObjectPath::Model) {
        words(out, model);
    }
    let mut tables: BTreeMap<&str, Vec<(&ObjectPath, &Translation)>> = BTreeMap::new();
    for (path, translation) in translations {
        if let Some(table) = table_of(path) {
            tables.entry(table).or_default().push((path, translation));
        }
    }
    for (name, objects) in tables {
        out.line(&format!("table {}", quoted(name)));
        out.nested(|out| {
            let mut hierarchies: BTreeMap<&str, HierarchyWords<'_>> = BTreeMap::new();
            for (path, translation) in &objects {
                match path {
                    ObjectPath::Table(_) => words(out, translation),
                    ObjectPath::Hierarchy(_, name) => hierarchies.entry(name).or_default().0 = Some(translation),
                    ObjectPath::Level(_, name, level) => hierarchies.entry(name).or_default().1.push((level, translation)),
                    _ => {}
                }
            }
            let mut named = |keyword: &str, name: &str, translation: &Translation| {
                out.line(&format!("{keyword} {}", quoted(name)));
                out.nested(|out| words(out, translation));
            };
            for (path, translation) in &objects {
                match path {
                    ObjectPath::Column(_, name) => named("column", name, translation),
                    ObjectPath::Measure(_, name) => named("measure", name, translation),
                    _ => {}
                }
            }
            for (name, (translation, levels)) in hierarchies {
                out.line(&format!("hierarchy {}", quoted(name)));
                out.nested(|out| {
                    if let Some(translation) = translation {
                        words(out, translation);
                    }
                    for (level, translation) in levels {
                        out.line(&format!("level {}", quoted(level)));
                        out.nested(|out| words(out, translation));
                    }
                });
            }
        });
    }
}

fn table_of(path: &ObjectPath) -> Option<&str> {
    match path {
        ObjectPath::Model => None,
        ObjectPath::Table(table)
        | ObjectPath::Column(table, _)
        | ObjectPath::Measure(table, _)
        | ObjectPath::Hierarchy(table, _)
        | ObjectPath::Level(table, ..) => Some(table),
    }
}
