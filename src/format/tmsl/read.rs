//! TMSL JSON → [`Model`].
//!
//! Accepts a database (`{"name", "compatibilityLevel", "model": {…}}`), a script that creates one
//! (`{"create": {"database": …}}`, `{"createOrReplace": …}`) and a bare model (`{"tables": […]}`). What is absent takes the default
//! that Analysis Services gives it; unknown properties are ignored. Texts may be strings or lists of lines.
//!
//! Source: <https://learn.microsoft.com/analysis-services/tmsl/tabular-model-scripting-language-tmsl-reference>

use serde_json::{Map, Value as Json};

use crate::base::{Diagnostic, FileId, Span};
use crate::model::*;
use crate::table::DataType;

/// Reads a model. The second part of the answer are warnings.
///
/// # Errors
/// `F0201` text that is not JSON, with its place; `F0202` JSON that is no model; `F0203` a property of the wrong kind, with its
/// path.
pub fn read(text: &str, file: FileId) -> Result<(Model, Vec<Diagnostic>), Vec<Diagnostic>> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let json: Json = serde_json::from_str(text).map_err(|error| {
        let offset = offset_of(text, error.line(), error.column());
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        vec![
            Diagnostic::error("F0201", format!("not valid JSON: {message}"))
                .at(Span::new(file, offset, (offset + 1).min(text.len())), "here"),
        ]
    })?;
    let mut reader = Reader { diagnostics: Vec::new(), start: Span::new(file, 0, 0) };
    let Some(model) = reader.root(&json) else {
        let message = "expected a model: an object with `model` or `tables`";
        return Err(vec![Diagnostic::error("F0202", message).at(reader.start, "")]);
    };
    if reader.diagnostics.iter().any(Diagnostic::is_error) { Err(reader.diagnostics) } else { Ok((model, reader.diagnostics)) }
}

/// Byte offset of a one-based line and a one-based column in bytes, as serde_json counts them.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut offset = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

struct Reader {
    diagnostics: Vec<Diagnostic>,
    start: Span,
}

/// An object with its path for messages.
#[derive(Clone, Copy)]
struct Object<'a> {
    map: &'a Map<String, Json>,
    path: &'a Path<'a>,
}

/// Where an object is, written out only for a message.
enum Path<'a> {
    Root(&'static str),
    Item(&'a Path<'a>, &'static str, usize),
    Key(&'a Path<'a>, &'static str),
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Path::Root(name) => f.write_str(name),
            Path::Item(parent, name, index) => write!(f, "{parent}.{name}[{index}]"),
            Path::Key(parent, name) => write!(f, "{parent}.{name}"),
        }
    }
}

impl Reader {
    fn wrong(&mut self, path: &dyn std::fmt::Display, expected: &str, found: &Json) {
        let found = match found {
            Json::Null => "null".to_owned(),
            Json::Bool(_) => "a boolean".to_owned(),
            Json::Number(_) => "a number".to_owned(),
            Json::String(text) => format!("`{}`", text.chars().take(40).collect::<String>()),
            Json::Array(_) => "a list".to_owned(),
            Json::Object(_) => "an object".to_owned(),
        };
        self.diagnostics.push(Diagnostic::error("F0203", format!("`{path}`: expected {expected}, found {found}")).at(self.start, ""));
    }

    fn root(&mut self, json: &Json) -> Option<Model> {
        let mut map = json.as_object()?;
        for script in ["create", "createOrReplace", "alter"] {
            if let Some(inner) = map.get(script).and_then(Json::as_object) {
                map = inner;
            }
        }
        if let Some(inner) = map.get("database").and_then(Json::as_object) {
            map = inner;
        }
        let path = Path::Root("database");
        let database = Object { map, path: &path };
        let (inner, path) = match map.get("model") {
            Some(Json::Object(inner)) => (inner, Path::Root("model")),
            Some(_) => return None,
            None if map.contains_key("tables") || map.contains_key("name") => (map, Path::Root("model")),
            None => return None,
        };
        let mut model = self.model(Object { map: inner, path: &path });
        if !std::ptr::eq(inner, map) {
            model.name = self.text(database, "name");
            if model.description.is_empty() {
                model.description = self.lines(database, "description").unwrap_or_default();
            }
        }
        if let Some(level) = map.get("compatibilityLevel").and_then(Json::as_u64) {
            model.compatibility_level = level as u32;
        }
        Some(model)
    }

    fn text(&mut self, object: Object<'_>, name: &'static str) -> String {
        self.lines(object, name).unwrap_or_default()
    }

    /// A string or a list of lines.
    fn lines(&mut self, object: Object<'_>, name: &'static str) -> Option<String> {
        match object.map.get(name)? {
            Json::Null => None,
            Json::String(text) => Some(text.replace("\r\n", "\n")),
            Json::Array(items) => {
                let mut lines = Vec::with_capacity(items.len());
                for item in items {
                    match item {
                        Json::String(line) => lines.push(line.replace("\r\n", "\n")),
                        other => self.wrong(&Path::Key(object.path, name), "a text or a list of lines", other),
                    }
                }
                Some(lines.join("\n"))
            }
            // Values of annotations and restrictions are sometimes written bare.
            Json::Number(number) => Some(number.to_string()),
            Json::Bool(value) => Some(value.to_string()),
            other => {
                self.wrong(&Path::Key(object.path, name), "a text or a list of lines", other);
                None
            }
        }
    }

    fn source(&mut self, object: Object<'_>, name: &'static str) -> Option<Source> {
        self.lines(object, name).map(Source::new)
    }

    fn flag(&mut self, object: Object<'_>, name: &'static str) -> Option<bool> {
        match object.map.get(name)? {
            Json::Bool(value) => Some(*value),
            Json::Null => None,
            other => {
                self.wrong(&Path::Key(object.path, name), "true or false", other);
                None
            }
        }
    }

    fn number(&mut self, object: Object<'_>, name: &'static str) -> Option<i64> {
        match object.map.get(name)? {
            Json::Number(number) if number.as_i64().is_some() => number.as_i64(),
            Json::Null => None,
            other => {
                self.wrong(&Path::Key(object.path, name), "a whole number", other);
                None
            }
        }
    }

    /// Applies `make` to each object of a list.
    fn list<T>(&mut self, object: Object<'_>, name: &'static str, mut make: impl FnMut(&mut Reader, Object<'_>) -> T) -> Vec<T> {
        match object.map.get(name) {
            None | Some(Json::Null) => Vec::new(),
            Some(Json::Array(items)) => {
                let mut out = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    let path = Path::Item(object.path, name, index);
                    match item {
                        Json::Object(map) => out.push(make(self, Object { map, path: &path })),
                        other => self.wrong(&path, "an object", other),
                    }
                }
                out
            }
            Some(other) => {
                self.wrong(&Path::Key(object.path, name), "a list", other);
                Vec::new()
            }
        }
    }

    fn child<T>(&mut self, object: Object<'_>, name: &'static str, make: impl FnOnce(&mut Reader, Object<'_>) -> T) -> Option<T> {
        let path = Path::Key(object.path, name);
        match object.map.get(name)? {
            Json::Object(map) => Some(make(self, Object { map, path: &path })),
            Json::Null => None,
            other => {
                self.wrong(&path, "an object", other);
                None
            }
        }
    }

    fn name(&mut self, object: Object<'_>) -> String {
        match object.map.get("name") {
            Some(Json::String(name)) => name.clone(),
            Some(other) => {
                self.wrong(&Path::Key(object.path, "name"), "a text", other);
                String::new()
            }
            None => {
                self.diagnostics.push(Diagnostic::error("F0203", format!("`{}`: expected a `name`", object.path)).at(self.start, ""));
                String::new()
            }
        }
    }

    fn annotations(&mut self, object: Object<'_>) -> Annotations {
        self.list(object, "annotations", |r, o| (r.name(o), r.text(o, "value")))
    }

    fn model(&mut self, object: Object<'_>) -> Model {
        let culture = self.lines(object, "culture").filter(|culture| !culture.is_empty()).unwrap_or_else(|| "en-US".to_owned());
        Model {
            name: self.text(object, "name"),
            description: self.text(object, "description"),
            culture,
            compatibility_level: 1601,
            discourage_implicit_measures: self.flag(object, "discourageImplicitMeasures").unwrap_or(false),
            tables: self.list(object, "tables", Reader::table),
            relationships: self.list(object, "relationships", Reader::relationship),
            expressions: self.list(object, "expressions", |r, o| NamedExpression {
                name: r.name(o),
                description: r.text(o, "description"),
                expression: r.source(o, "expression").unwrap_or_default(),
                query_group: r.lines(o, "queryGroup"),
                lineage_tag: r.lines(o, "lineageTag"),
                annotations: r.annotations(o),
                span: None,
            }),
            roles: self.list(object, "roles", Reader::role),
            perspectives: self.list(object, "perspectives", |r, o| Perspective {
                name: r.name(o),
                description: r.text(o, "description"),
                tables: r.list(o, "tables", |r, o| PerspectiveTable {
                    table: r.name(o),
                    include_all: r.flag(o, "includeAll").unwrap_or(false),
                    columns: r.list(o, "columns", Reader::name),
                    measures: r.list(o, "measures", Reader::name),
                    hierarchies: r.list(o, "hierarchies", Reader::name),
                }),
            }),
            cultures: self.list(object, "cultures", Reader::culture),
            functions: self.list(object, "functions", |r, o| Function {
                name: r.name(o),
                description: r.text(o, "description"),
                expression: r.source(o, "expression").unwrap_or_default(),
                lineage_tag: r.lines(o, "lineageTag"),
                annotations: r.annotations(o),
                span: None,
            }),
            query_groups: self.list(object, "queryGroups", |r, o| r.text(o, "folder")),
            annotations: self.annotations(object),
            other: Vec::new(),
        }
    }

    fn table(&mut self, object: Object<'_>) -> Table {
        let partitions = self.list(object, "partitions", Reader::partition);
        let calculated = partitions.iter().any(|partition| matches!(partition.source, PartitionSource::Calculated(_)));
        Table {
            name: self.name(object),
            description: self.text(object, "description"),
            is_hidden: self.flag(object, "isHidden").unwrap_or(false),
            is_private: self.flag(object, "isPrivate").unwrap_or(false),
            data_category: self.lines(object, "dataCategory"),
            columns: self.list(object, "columns", |r, o| r.column(o, calculated)),
            measures: self.list(object, "measures", Reader::measure),
            hierarchies: self.list(object, "hierarchies", Reader::hierarchy),
            partitions,
            calculation_group: self.child(object, "calculationGroup", Reader::calculation_group),
            calendars: self.list(object, "calendars", Reader::calendar),
            refresh_policy: self.child(object, "refreshPolicy", |r, o| RefreshPolicy {
                rolling_window_granularity: r.text(o, "rollingWindowGranularity"),
                rolling_window_periods: r.number(o, "rollingWindowPeriods").unwrap_or(0).max(0) as u32,
                incremental_granularity: r.text(o, "incrementalGranularity"),
                incremental_periods: r.number(o, "incrementalPeriods").unwrap_or(0).max(0) as u32,
                source_expression: r.source(o, "sourceExpression").unwrap_or_default(),
            }),
            lineage_tag: self.lines(object, "lineageTag"),
            annotations: self.annotations(object),
            other: Vec::new(),
            span: None,
        }
    }

    fn data_type(&mut self, object: Object<'_>) -> Option<DataType> {
        let text = self.lines(object, "dataType")?;
        let known = match text.to_ascii_lowercase().as_str() {
            "int64" => DataType::Int64,
            "double" => DataType::Double,
            "decimal" | "currency" => DataType::Currency,
            "string" | "text" => DataType::String,
            "boolean" => DataType::Boolean,
            "datetime" | "date" => DataType::DateTime,
            "binary" => DataType::Binary,
            // The engine finds the type of a calculated column by itself.
            "automatic" | "unknown" | "variant" => return None,
            _ => {
                let expected = "a data type (int64, double, decimal, string, boolean, dateTime, binary)";
                self.wrong(&Path::Key(object.path, "dataType"), expected, &Json::String(text));
                return None;
            }
        };
        Some(known)
    }

    fn column(&mut self, object: Object<'_>, calculated_table: bool) -> Column {
        let kind = self.text(object, "type");
        let data_type = self.data_type(object);
        let expression = self.source(object, "expression");
        let kind = match (kind.as_str(), expression) {
            ("rowNumber", _) => ColumnKind::RowNumber,
            ("calculated", expression) => ColumnKind::Calculated(expression.unwrap_or_default()),
            ("" | "data", Some(expression)) => ColumnKind::Calculated(expression),
            _ => {
                let source = self.text(object, "sourceColumn");
                let bare = if calculated_table || kind == "calculatedTableColumn" {
                    source.rsplit_once('[').map_or(source.as_str(), |(_, rest)| rest.trim_end_matches(']')).to_owned()
                } else {
                    source
                };
                ColumnKind::Data { source_column: bare }
            }
        };
        let inferred = self.flag(object, "isDataTypeInferred").unwrap_or(false);
        let computed = matches!(kind, ColumnKind::Calculated(_)) || calculated_table;
        Column {
            name: self.name(object),
            description: self.text(object, "description"),
            data_type: data_type.filter(|_| !(inferred && computed)),
            kind,
            is_hidden: self.flag(object, "isHidden").unwrap_or(false),
            is_key: self.flag(object, "isKey").unwrap_or(false),
            is_nullable: self.flag(object, "isNullable"),
            format_string: self.lines(object, "formatString"),
            data_category: self.lines(object, "dataCategory"),
            summarize_by: match self.text(object, "summarizeBy").to_ascii_lowercase().as_str() {
                "none" => None,
                "sum" => Some(SummarizeBy::Sum),
                "min" => Some(SummarizeBy::Min),
                "max" => Some(SummarizeBy::Max),
                "count" => Some(SummarizeBy::Count),
                "average" => Some(SummarizeBy::Average),
                "distinctcount" => Some(SummarizeBy::DistinctCount),
                _ => Some(SummarizeBy::Default),
            },
            sort_by: self.lines(object, "sortByColumn"),
            display_folder: self.lines(object, "displayFolder"),
            synonyms: self.list(object, "synonyms", |r, o| r.text(o, "name")),
            group_by_columns: self
                .child(object, "relatedColumnDetails", |r, o| r.list(o, "groupByColumns", |r, o| r.text(o, "groupingColumn")))
                .unwrap_or_default(),
            lineage_tag: self.lines(object, "lineageTag"),
            annotations: self.annotations(object),
            extended_properties: self.list(object, "extendedProperties", |r, o| {
                let value = match o.map.get("value") {
                    Some(Json::String(text)) => text.clone(),
                    Some(other) => other.to_string(),
                    None => String::new(),
                };
                (r.name(o), value)
            }),
            other: Vec::new(),
            span: None,
        }
    }

    fn measure(&mut self, object: Object<'_>) -> Measure {
        Measure {
            name: self.name(object),
            description: self.text(object, "description"),
            expression: self.source(object, "expression").unwrap_or_default(),
            format_string: self.lines(object, "formatString"),
            format_string_definition: self.definition(object, "formatStringDefinition"),
            display_folder: self.lines(object, "displayFolder"),
            is_hidden: self.flag(object, "isHidden").unwrap_or(false),
            synonyms: Vec::new(),
            detail_rows: self.definition(object, "detailRowsDefinition"),
            kpi: self.child(object, "kpi", |r, o| Kpi {
                target: r.source(o, "targetExpression"),
                status: r.source(o, "statusExpression"),
                trend: r.source(o, "trendExpression"),
                status_graphic: r.lines(o, "statusGraphic"),
                trend_graphic: r.lines(o, "trendGraphic"),
                target_format: r.lines(o, "targetFormatString"),
            }),
            data_category: self.lines(object, "dataCategory"),
            lineage_tag: self.lines(object, "lineageTag"),
            annotations: self.annotations(object),
            other: Vec::new(),
            span: None,
        }
    }

    /// An object whose `expression` is DAX; older files hold the text itself.
    fn definition(&mut self, object: Object<'_>, name: &'static str) -> Option<Source> {
        match object.map.get(name)? {
            Json::Object(_) => self.child(object, name, |r, o| r.source(o, "expression")).flatten(),
            _ => self.source(object, name),
        }
    }

    fn hierarchy(&mut self, object: Object<'_>) -> Hierarchy {
        let mut levels: Vec<(i64, Level)> = self.list(object, "levels", |r, o| {
            let level = Level { name: r.name(o), column: r.text(o, "column"), lineage_tag: r.lines(o, "lineageTag") };
            (r.number(o, "ordinal").unwrap_or(i64::MAX), level)
        });
        levels.sort_by_key(|(ordinal, _)| *ordinal);
        Hierarchy {
            name: self.name(object),
            description: self.text(object, "description"),
            is_hidden: self.flag(object, "isHidden").unwrap_or(false),
            display_folder: self.lines(object, "displayFolder"),
            levels: levels.into_iter().map(|(_, level)| level).collect(),
            lineage_tag: self.lines(object, "lineageTag"),
            annotations: self.annotations(object),
            span: None,
        }
    }

    fn partition(&mut self, object: Object<'_>) -> Partition {
        let source = self.child(object, "source", |r, o| {
            let kind = r.text(o, "type");
            match kind.as_str() {
                "m" => PartitionSource::M(r.source(o, "expression").unwrap_or_default()),
                "calculated" => PartitionSource::Calculated(r.source(o, "expression").unwrap_or_default()),
                "calculationGroup" => PartitionSource::CalculationGroup,
                "policyRange" => PartitionSource::PolicyRange,
                // The default of TMSL is a query against a data source.
                "" | "query" => PartitionSource::Other("query".to_owned(), r.text(o, "query")),
                other => {
                    let text = ["expression", "query", "entityName"].iter().find_map(|name| r.lines(o, name)).unwrap_or_default();
                    PartitionSource::Other(other.to_owned(), text)
                }
            }
        });
        Partition {
            name: self.text(object, "name"),
            mode: self.text(object, "mode"),
            source: source.unwrap_or_default(),
            query_group: self.lines(object, "queryGroup"),
            annotations: self.annotations(object),
        }
    }

    fn calculation_group(&mut self, object: Object<'_>) -> CalculationGroup {
        let selection = |r: &mut Reader, o: Object<'_>| CalculationSelection {
            expression: r.source(o, "expression").unwrap_or_default(),
            format_string_definition: r.definition(o, "formatStringDefinition"),
        };
        CalculationGroup {
            precedence: self.number(object, "precedence").unwrap_or(0) as i32,
            items: self.list(object, "calculationItems", |r, o| CalculationItem {
                name: r.name(o),
                description: r.text(o, "description"),
                expression: r.source(o, "expression").unwrap_or_default(),
                format_string_definition: r.definition(o, "formatStringDefinition"),
                ordinal: r.number(o, "ordinal").filter(|ordinal| *ordinal >= 0),
                span: None,
            }),
            multiple_or_empty_selection: self.child(object, "multipleOrEmptySelectionExpression", selection),
            no_selection: self.child(object, "noSelectionExpression", selection),
        }
    }

    fn calendar(&mut self, object: Object<'_>) -> Calendar {
        let mut calendar = Calendar { name: self.name(object), ..Calendar::default() };
        let strings = |r: &mut Reader, o: Object<'_>, name: &'static str| -> Vec<String> {
            match o.map.get(name) {
                Some(Json::Array(items)) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
                Some(other) => {
                    r.wrong(&Path::Key(o.path, name), "a list of column names", other);
                    Vec::new()
                }
                None => Vec::new(),
            }
        };
        let groups = self.list(object, "calendarColumnGroups", |r, o| {
            let unit = r.lines(o, "timeUnit").filter(|unit| !unit.is_empty() && unit != "unknown");
            match unit {
                Some(unit) => {
                    let mut columns: Vec<String> = r.lines(o, "primaryColumn").into_iter().collect();
                    columns.extend(strings(r, o, "associatedColumns"));
                    (Some(unit), columns)
                }
                None => (None, strings(r, o, "columns")),
            }
        });
        for (unit, columns) in groups {
            match unit {
                Some(unit) => calendar.units.push((unit, columns)),
                None => calendar.time_related.extend(columns),
            }
        }
        calendar
    }

    fn relationship(&mut self, object: Object<'_>) -> Relationship {
        let end = |r: &mut Reader, name: &'static str, default: Cardinality| match r.text(object, name).to_ascii_lowercase().as_str() {
            "" => default,
            "one" => Cardinality::One,
            "many" => Cardinality::Many,
            other => {
                r.wrong(&Path::Key(object.path, name), "one or many", &Json::String(other.to_owned()));
                default
            }
        };
        let needed = |r: &mut Reader, name: &'static str| {
            if !object.map.contains_key(name) {
                let message = format!("`{}`: expected `{name}`", object.path);
                r.diagnostics.push(Diagnostic::error("F0203", message).at(r.start, ""));
            }
            r.text(object, name)
        };
        Relationship {
            name: self.text(object, "name"),
            from_table: needed(self, "fromTable"),
            from_column: needed(self, "fromColumn"),
            to_table: needed(self, "toTable"),
            to_column: needed(self, "toColumn"),
            from_cardinality: end(self, "fromCardinality", Cardinality::Many),
            to_cardinality: end(self, "toCardinality", Cardinality::One),
            is_active: self.flag(object, "isActive").unwrap_or(true),
            cross_filter: match self.text(object, "crossFilteringBehavior").to_ascii_lowercase().as_str() {
                "bothdirections" => CrossFilter::Both,
                "automatic" => CrossFilter::Automatic,
                _ => CrossFilter::Single,
            },
            security_both: self.text(object, "securityFilteringBehavior").eq_ignore_ascii_case("bothDirections"),
            join_on_date_part: self.text(object, "joinOnDateBehavior").eq_ignore_ascii_case("datePartOnly"),
            relies_on_integrity: self.flag(object, "relyOnReferentialIntegrity").unwrap_or(false),
            annotations: self.annotations(object),
            span: None,
        }
    }

    fn role(&mut self, object: Object<'_>) -> Role {
        Role {
            name: self.name(object),
            description: self.text(object, "description"),
            permission: self.lines(object, "modelPermission").unwrap_or_else(|| "none".to_owned()),
            table_permissions: self.list(object, "tablePermissions", |r, o| TablePermission {
                table: r.name(o),
                filter: r.source(o, "filterExpression").filter(|filter| !filter.text.trim().is_empty()),
                metadata_permission: r.lines(o, "metadataPermission"),
                columns: r.list(o, "columnPermissions", |r, o| (r.name(o), r.text(o, "metadataPermission"))),
            }),
            annotations: self.annotations(object),
        }
    }

    fn culture(&mut self, object: Object<'_>) -> Culture {
        let mut culture = Culture { name: self.name(object), ..Culture::default() };
        culture.linguistic_metadata = self
            .child(object, "linguisticMetadata", |_, o| match o.map.get("content") {
                Some(Json::String(text)) => Some(text.clone()),
                Some(other) => Some(other.to_string()),
                None => None,
            })
            .flatten();
        let translations = &mut culture.translations;
        self.child(object, "translations", |r, o| {
            r.child(o, "model", |r, o| {
                let mut put = |r: &mut Reader, o: Object<'_>, path: ObjectPath| {
                    let translation = Translation {
                        caption: r.lines(o, "translatedCaption"),
                        description: r.lines(o, "translatedDescription"),
                        display_folder: r.lines(o, "translatedDisplayFolder"),
                    };
                    if translation != Translation::default() {
                        translations.insert(path, translation);
                    }
                };
                put(r, o, ObjectPath::Model);
                r.list(o, "tables", |r, o| {
                    let table = r.name(o);
                    put(r, o, ObjectPath::Table(table.clone()));
                    r.list(o, "columns", |r, o| {
                        let name = r.name(o);
                        put(r, o, ObjectPath::Column(table.clone(), name));
                    });
                    r.list(o, "measures", |r, o| {
                        let name = r.name(o);
                        put(r, o, ObjectPath::Measure(table.clone(), name));
                    });
                    r.list(o, "hierarchies", |r, o| {
                        let hierarchy = r.name(o);
                        put(r, o, ObjectPath::Hierarchy(table.clone(), hierarchy.clone()));
                        r.list(o, "levels", |r, o| {
                            let level = r.name(o);
                            put(r, o, ObjectPath::Level(table.clone(), hierarchy.clone(), level));
                        });
                    });
                });
            });
        });
        culture
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Model {
        read(text, FileId(0)).unwrap().0
    }

    #[test]
    fn a_database_and_a_bare_model_give_the_same_tables() {
        let tables = r#""tables": [{"name": "T", "columns": [{"name": "c", "dataType": "decimal"}]}]"#;
        let database = load(&format!(r#"{{"name": "db", "compatibilityLevel": 1702, "model": {{{tables}}}}}"#));
        let bare = load(&format!("{{{tables}}}"));
        assert_eq!((database.name.as_str(), database.compatibility_level, database.culture.as_str()), ("db", 1702, "en-US"));
        assert_eq!(database.tables, bare.tables);
        assert_eq!(bare.tables[0].columns[0].data_type, Some(DataType::Currency));
        assert!(load(r#"{"tables": []}"#).tables.is_empty());
        assert_eq!(load(r#"{"createOrReplace": {"database": {"name": "x", "model": {}}}}"#).name, "x");
    }

    #[test]
    fn expressions_may_be_lists_of_lines() {
        let model = load(
            r#"{"model": {"tables": [{"name": "T",
                "columns": [{"type": "calculated", "name": "k", "dataType": "int64", "isDataTypeInferred": true, "expression": ["1", "+ 2"]}],
                "measures": [{"name": "m", "expression": " SUM ( T[k] )", "formatStringDefinition": {"expression": ["\"0\""]},
                  "detailRowsDefinition": {"expression": "T"}, "kpi": {"statusExpression": "1"}, "unknown": [1]}],
                "partitions": [{"name": "p", "source": {"type": "calculated", "expression": "{ 1 }"}}]}]}}"#,
        );
        let table = &model.tables[0];
        assert_eq!(table.columns[0].kind, ColumnKind::Calculated(Source::new("1\n+ 2")));
        assert_eq!(table.columns[0].data_type, None);
        assert_eq!(table.calculated().unwrap().text, "{ 1 }");
        assert_eq!(table.measures[0].format_string_definition, Some(Source::new("\"0\"")));
        assert_eq!(table.measures[0].detail_rows, Some(Source::new("T")));
        assert_eq!(table.measures[0].kpi.as_ref().unwrap().status, Some(Source::new("1")));
    }

    #[test]
    fn relationships_roles_groups_and_words_are_read() {
        let model = load(
            r#"{"model": {"relationships": [{"fromTable": "F", "fromColumn": "k", "toTable": "D", "toColumn": "k", "isActive": false,
                   "crossFilteringBehavior": "bothDirections", "toCardinality": "many"}],
                "roles": [{"name": "r", "modelPermission": "read", "tablePermissions": [{"name": "D", "filterExpression": "D[k] = 1"}]}],
                "functions": [{"name": "f", "expression": "() => 1"}],
                "cultures": [{"name": "fr-FR", "translations": {"model": {"name": "Model", "tables": [{"name": "D", "translatedCaption": "Dé",
                   "columns": [{"name": "k", "translatedDescription": "clé"}]}]}}}],
                "tables": [{"name": "G", "calculationGroup": {"precedence": 5, "calculationItems": [{"name": "i", "expression": "SELECTEDMEASURE ()"}]},
                   "hierarchies": [{"name": "h", "levels": [{"name": "b", "column": "b", "ordinal": 1}, {"name": "a", "column": "a", "ordinal": 0}]}]}]}}"#,
        );
        let relationship = &model.relationships[0];
        assert_eq!(
            (relationship.is_active, relationship.cross_filter, relationship.to_cardinality),
            (false, CrossFilter::Both, Cardinality::Many)
        );
        assert_eq!(model.roles[0].table_permissions[0].filter, Some(Source::new("D[k] = 1")));
        assert_eq!(model.functions[0].expression.text, "() => 1");
        assert_eq!(model.cultures[0].translations[&ObjectPath::Table("D".into())].caption.as_deref(), Some("Dé"));
        assert_eq!(model.cultures[0].translations.len(), 2);
        let group = model.tables[0].calculation_group.as_ref().unwrap();
        assert_eq!((group.precedence, group.items[0].expression.text.as_str()), (5, "SELECTEDMEASURE ()"));
        assert_eq!(model.tables[0].hierarchies[0].levels.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn errors_have_a_place_or_a_path() {
        let error = |text: &str| read(text, FileId(0)).unwrap_err();
        let bad = error("{\n \"model\": {,}\n}");
        assert_eq!((bad[0].code, bad[0].span().unwrap().start), ("F0201", 13));
        assert_eq!(error("[1]")[0].code, "F0202");
        let wrong = error(r#"{"model": {"tables": [{"name": "T", "columns": [{"name": "c", "dataType": "money"}, 3]}]}}"#);
        assert_eq!(
            wrong.iter().map(|d| d.message.as_str()).collect::<Vec<_>>(),
            [
                "`model.tables[0].columns[0].dataType`: expected a data type (int64, double, decimal, string, boolean, dateTime, binary), found `money`",
                "`model.tables[0].columns[1]`: expected an object, found a number",
            ]
        );
    }
}
