//! TMDL files → [`Model`]: our own and those that Power BI Desktop and other tools write.

use std::collections::HashMap;

use super::lexer::{self, Item, Value};
use super::names;
use crate::base::{Diagnostic, FileSet, SourceMap, nearest};
use crate::model::*;
use crate::table::DataType;

/// Reads the `.tmdl` files of a `definition` folder. `folder` is put before their names in messages, `name` becomes the
/// model's name when the files do not tell one.
///
/// Unknown properties and objects of tables, columns and measures are carried along in `other`; other unknown ones are ignored.
///
/// # Errors
/// `F0301`–`F0309`, with places.
pub fn read(files: &FileSet, folder: &str, name: &str, sources: &mut SourceMap) -> Result<Model, Vec<Diagnostic>> {
    let mut reader = Reader { diagnostics: Vec::new(), model: Model { name: name.to_owned(), ..Model::default() }, order: HashMap::new() };
    reader.model.compatibility_level = 1601;
    let mut found = false;
    // The model's own file first: its `ref` lines order the rest.
    let mut paths: Vec<(&str, &[u8])> = files.iter().filter(|(path, _)| path.ends_with(".tmdl")).collect();
    paths.sort_by_key(|(path, _)| (*path != "database.tmdl", *path != "model.tmdl", path.to_string()));
    for (path, bytes) in paths {
        found = true;
        let shown = if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
        let Ok(text) = std::str::from_utf8(bytes) else {
            reader.diagnostics.push(Diagnostic::error("F0305", "this file is not UTF-8 text").in_file(shown, None));
            continue;
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
        let file = sources.add(shown, text.as_str());
        for item in lexer::parse(&text, file, &mut reader.diagnostics) {
            reader.top(&item);
        }
    }
    if !found {
        let problem = Diagnostic::error("F0306", "no `.tmdl` file in this folder").in_file(folder, None);
        reader.diagnostics.push(problem);
    }
    let Reader { diagnostics, mut model, order } = reader;
    let place = |kind: &str, name: &str| order.get(&(kind.to_owned(), name.to_lowercase())).copied().unwrap_or(usize::MAX);
    model.tables.sort_by_key(|t| place("table", &t.name));
    model.roles.sort_by_key(|r| place("role", &r.name));
    model.perspectives.sort_by_key(|p| place("perspective", &p.name));
    model.cultures.sort_by_key(|c| place("cultureinfo", &c.name));
    if model.culture.is_empty() {
        model.culture = "en-US".to_owned();
    }
    if diagnostics.iter().any(Diagnostic::is_error) { Err(diagnostics) } else { Ok(model) }
}

struct Reader {
    diagnostics: Vec<Diagnostic>,
    model: Model,
    /// Position of `ref kind name`.
    order: HashMap<(String, String), usize>,
}

impl Reader {
    fn error(&mut self, code: &'static str, item: &Item, message: String, label: &str) {
        self.diagnostics.push(Diagnostic::error(code, message).at(item.span, label));
    }

    fn name(&mut self, item: &Item) -> String {
        match &item.name {
            Some(name) => name.clone(),
            None => {
                self.error("F0307", item, format!("`{}` has no name", item.written), "a name is missing here");
                String::new()
            }
        }
    }

    fn flag(&mut self, item: &Item) -> bool {
        match item.text().map(str::to_lowercase).as_deref() {
            None | Some("true") => true,
            Some("false") => false,
            Some(_) => {
                self.error("F0308", item, format!("`{}` is true or false", item.written), "expected `true` or `false`");
                false
            }
        }
    }

    fn number(&mut self, item: &Item) -> i64 {
        match item.text().and_then(|text| text.trim().parse().ok()) {
            Some(number) => number,
            None => {
                self.error("F0308", item, format!("`{}` is a whole number", item.written), "expected a number");
                0
            }
        }
    }

    fn top(&mut self, item: &Item) {
        match item.keyword.as_str() {
            "database" => {
                if let Some(name) = &item.name {
                    self.model.name = name.clone();
                }
                if let Some(level) = item.child("compatibilitylevel") {
                    self.model.compatibility_level = self.number(level).clamp(0, i64::from(u32::MAX)) as u32;
                }
                for child in item.children.iter().filter(|c| c.keyword == "model") {
                    self.top(child);
                }
            }
            "model" => {
                self.model.description = item.description.clone();
                for child in &item.children {
                    match child.keyword.as_str() {
                        "culture" => self.model.culture = child.text().unwrap_or_default().to_owned(),
                        "description" => self.model.description = child.text().unwrap_or_default().to_owned(),
                        "discourageimplicitmeasures" => self.model.discourage_implicit_measures = self.flag(child),
                        "defaultpowerbidatasourceversion" | "sourcequeryculture" | "dataaccessoptions" => {}
                        _ if matches!(child.value, Value::Text(_)) || (child.children.is_empty() && child.name.is_none()) => {
                            self.model.other.push(carried(child));
                        }
                        _ => self.top(child),
                    }
                }
            }
            "ref" => {
                let next = self.order.len();
                if let (Some(kind), Some(name)) = (&item.name, item.text()) {
                    // Older files say `ref culture`.
                    let kind = if kind == "culture" { "cultureinfo".to_owned() } else { kind.to_lowercase() };
                    self.order.insert((kind, name.to_lowercase()), next);
                }
            }
            "annotation" => {
                let annotation = self.annotation(item);
                self.model.annotations.push(annotation);
            }
            "querygroup" => {
                let name = self.name(item);
                self.model.query_groups.push(name);
            }
            "table" => {
                let table = self.table(item);
                if self.model.table(&table.name).is_some() {
                    self.error("F0309", item, format!("table `{}` is declared twice", table.name), "again here");
                }
                self.model.tables.push(table);
            }
            "relationship" => {
                if let Some(relationship) = self.relationship(item) {
                    self.model.relationships.push(relationship);
                }
            }
            "expression" => {
                let mut expression = NamedExpression {
                    name: self.name(item),
                    description: item.description.clone(),
                    expression: item.source().unwrap_or_default(),
                    span: Some(item.span),
                    ..NamedExpression::default()
                };
                for child in &item.children {
                    match child.keyword.as_str() {
                        "querygroup" => expression.query_group = child.text().map(names::whole),
                        "lineagetag" => expression.lineage_tag = child.text().map(str::to_owned),
                        "annotation" => expression.annotations.push(self.annotation(child)),
                        _ => {}
                    }
                }
                self.model.expressions.push(expression);
            }
            "function" => {
                let mut function = Function {
                    name: self.name(item),
                    description: item.description.clone(),
                    expression: item.source().unwrap_or_default(),
                    span: Some(item.span),
                    ..Function::default()
                };
                for child in &item.children {
                    match child.keyword.as_str() {
                        "lineagetag" => function.lineage_tag = child.text().map(str::to_owned),
                        "annotation" => function.annotations.push(self.annotation(child)),
                        _ => {}
                    }
                }
                self.model.functions.push(function);
            }
            "role" => {
                let role = self.role(item);
                self.model.roles.push(role);
            }
            "perspective" => {
                let perspective = self.perspective(item);
                self.model.perspectives.push(perspective);
            }
            "cultureinfo" | "culture" => {
                let culture = self.culture(item);
                self.model.cultures.push(culture);
            }
            "datasource" | "extendedproperty" | "bindinginfo" | "excludedartifact" | "queryinterpretation" => {}
            other => {
                let known = ["database", "model", "table", "relationship", "expression", "function", "role", "perspective", "cultureInfo"];
                let problem =
                    Diagnostic::error("F0302", format!("`{}` is not an object of a model", item.written)).at(item.span, "unknown object");
                let near = nearest(other, known).map(|near| format!("did you mean `{near}`?"));
                self.diagnostics.push(Diagnostic { help: near, ..problem });
            }
        }
    }

    fn annotation(&mut self, item: &Item) -> (String, String) {
        (self.name(item), item.text().unwrap_or_default().to_owned())
    }

    fn table(&mut self, item: &Item) -> Table {
        let mut table = Table { name: self.name(item), description: item.description.clone(), span: Some(item.span), ..Table::default() };
        let calculated = item.children.iter().any(|c| c.keyword == "partition" && c.text() == Some("calculated"));
        for child in &item.children {
            match child.keyword.as_str() {
                "ishidden" => table.is_hidden = self.flag(child),
                "isprivate" => table.is_private = self.flag(child),
                "lineagetag" => table.lineage_tag = child.text().map(str::to_owned),
                "datacategory" => table.data_category = child.text().map(str::to_owned),
                "description" => table.description = child.text().unwrap_or_default().to_owned(),
                "column" => {
                    let column = self.column(child, calculated);
                    table.columns.push(column);
                }
                "measure" => {
                    let measure = self.measure(child);
                    table.measures.push(measure);
                }
                "hierarchy" => {
                    let hierarchy = self.hierarchy(child);
                    table.hierarchies.push(hierarchy);
                }
                "partition" => {
                    let partition = self.partition(child);
                    table.partitions.push(partition);
                }
                "calculationgroup" => table.calculation_group = Some(self.calculation_group(child)),
                "calendar" => {
                    let calendar = self.calendar(child);
                    table.calendars.push(calendar);
                }
                "refreshpolicy" => table.refresh_policy = Some(self.refresh_policy(child)),
                "annotation" => table.annotations.push(self.annotation(child)),
                _ => table.other.push(carried(child)),
            }
        }
        if table.calculation_group.is_some() && table.partitions.is_empty() {
            let source = PartitionSource::CalculationGroup;
            table.partitions.push(Partition { name: "Partition".to_owned(), mode: "import".to_owned(), source, ..Partition::default() });
        }
        table
    }

    fn data_type(&mut self, item: &Item) -> Option<DataType> {
        let word = item.text().unwrap_or_default();
        match word.to_lowercase().as_str() {
            "int64" => Some(DataType::Int64),
            "double" => Some(DataType::Double),
            "decimal" | "currency" => Some(DataType::Currency),
            "string" => Some(DataType::String),
            "boolean" => Some(DataType::Boolean),
            "datetime" | "date" => Some(DataType::DateTime),
            "binary" => Some(DataType::Binary),
            "automatic" | "unknown" | "variant" => None,
            _ => {
                let words = ["int64", "double", "decimal", "string", "boolean", "dateTime", "binary"];
                let problem = Diagnostic::error("F0308", format!("`{word}` is not a data type")).at(item.span, "unknown data type");
                self.diagnostics.push(problem.help(format!("data types: {}", words.join(", "))));
                None
            }
        }
    }

    fn column(&mut self, item: &Item, calculated_table: bool) -> Column {
        let mut column = Column {
            name: self.name(item),
            description: item.description.clone(),
            summarize_by: Some(SummarizeBy::Default),
            span: Some(item.span),
            ..Column::default()
        };
        let is_calculated = matches!(item.value, Value::Expression(_));
        if let Value::Expression(source) = &item.value {
            column.kind = ColumnKind::Calculated(source.clone());
        }
        let mut inferred = false;
        for child in &item.children {
            let text = || child.text().map(str::to_owned);
            match child.keyword.as_str() {
                "datatype" => column.data_type = self.data_type(child),
                "ishidden" => column.is_hidden = self.flag(child),
                "iskey" => column.is_key = self.flag(child),
                "isnullable" => column.is_nullable = Some(self.flag(child)),
                "formatstring" => column.format_string = text(),
                "displayfolder" => column.display_folder = text(),
                "lineagetag" => column.lineage_tag = text(),
                "datacategory" => column.data_category = text(),
                "description" => column.description = text().unwrap_or_default(),
                "isdatatypeinferred" => inferred = self.flag(child),
                "type" if child.text() == Some("rowNumber") => column.kind = ColumnKind::RowNumber,
                "type" => {}
                "sortbycolumn" => column.sort_by = child.text().map(names::whole),
                "sourcecolumn" => {
                    let source = text().unwrap_or_default();
                    let bare = match source.rsplit_once('[') {
                        Some((_, inner)) if calculated_table => inner.trim_end_matches(']').to_owned(),
                        _ => source,
                    };
                    if !is_calculated {
                        column.kind = ColumnKind::Data { source_column: bare };
                    }
                }
                "summarizeby" => {
                    column.summarize_by = match child.text().unwrap_or_default().to_lowercase().as_str() {
                        "none" => None,
                        "sum" => Some(SummarizeBy::Sum),
                        "min" => Some(SummarizeBy::Min),
                        "max" => Some(SummarizeBy::Max),
                        "count" => Some(SummarizeBy::Count),
                        "average" => Some(SummarizeBy::Average),
                        "distinctcount" => Some(SummarizeBy::DistinctCount),
                        _ => Some(SummarizeBy::Default),
                    }
                }
                "relatedcolumndetails" => {
                    let columns = child.children.iter().filter(|c| c.keyword == "groupbycolumn");
                    column.group_by_columns = columns.filter_map(|c| c.text().map(names::whole)).collect();
                }
                "extendedproperty" => {
                    let (name, text) = self.annotation(child);
                    // Kept as one line, so that layout does not matter.
                    let json = serde_json::from_str::<serde_json::Value>(&text).map_or(text, |json| json.to_string());
                    column.extended_properties.push((name, json));
                }
                "annotation" => column.annotations.push(self.annotation(child)),
                _ => column.other.push(carried(child)),
            }
        }
        if inferred && (is_calculated || calculated_table) {
            column.data_type = None;
        }
        column
    }

    fn measure(&mut self, item: &Item) -> Measure {
        let mut measure = Measure {
            name: self.name(item),
            description: item.description.clone(),
            expression: item.source().unwrap_or_default(),
            span: Some(item.span),
            ..Measure::default()
        };
        for child in &item.children {
            let text = || child.text().map(str::to_owned);
            match child.keyword.as_str() {
                "formatstring" => measure.format_string = text(),
                "formatstringdefinition" => measure.format_string_definition = definition(child),
                "detailrowsdefinition" => measure.detail_rows = definition(child),
                "ishidden" => measure.is_hidden = self.flag(child),
                "displayfolder" => measure.display_folder = text(),
                "lineagetag" => measure.lineage_tag = text(),
                "datacategory" => measure.data_category = text(),
                "description" => measure.description = text().unwrap_or_default(),
                "expression" => measure.expression = child.source().unwrap_or_default(),
                "kpi" => {
                    let source = |name: &str| child.child(name).and_then(Item::source);
                    let text = |name: &str| child.child(name).and_then(Item::text).map(str::to_owned);
                    measure.kpi = Some(Kpi {
                        target: source("targetexpression"),
                        status: source("statusexpression"),
                        trend: source("trendexpression"),
                        status_graphic: text("statusgraphic"),
                        trend_graphic: text("trendgraphic"),
                        target_format: text("targetformatstring"),
                    });
                }
                "annotation" => measure.annotations.push(self.annotation(child)),
                _ => measure.other.push(carried(child)),
            }
        }
        measure
    }

    fn hierarchy(&mut self, item: &Item) -> Hierarchy {
        let mut hierarchy =
            Hierarchy { name: self.name(item), description: item.description.clone(), span: Some(item.span), ..Hierarchy::default() };
        for child in &item.children {
            match child.keyword.as_str() {
                "ishidden" => hierarchy.is_hidden = self.flag(child),
                "displayfolder" => hierarchy.display_folder = child.text().map(str::to_owned),
                "lineagetag" => hierarchy.lineage_tag = child.text().map(str::to_owned),
                "level" => {
                    let name = self.name(child);
                    hierarchy.levels.push(Level {
                        column: child.child("column").and_then(Item::text).map_or_else(|| name.clone(), names::whole),
                        lineage_tag: child.child("lineagetag").and_then(Item::text).map(str::to_owned),
                        name,
                    });
                }
                "annotation" => hierarchy.annotations.push(self.annotation(child)),
                _ => {}
            }
        }
        hierarchy
    }

    fn partition(&mut self, item: &Item) -> Partition {
        let mut partition = Partition { name: self.name(item), ..Partition::default() };
        let kind = item.text().unwrap_or_default().to_owned();
        let source = item.child("source");
        let expression = || {
            let inner = source.and_then(|s| s.child("expression")).and_then(Item::source);
            source.and_then(Item::source).or(inner).or_else(|| item.child("expression").and_then(Item::source)).unwrap_or_default()
        };
        partition.source = match kind.to_lowercase().as_str() {
            "m" => PartitionSource::M(expression()),
            "calculated" => PartitionSource::Calculated(expression()),
            "calculationgroup" => PartitionSource::CalculationGroup,
            "policyrange" => PartitionSource::PolicyRange,
            "" | "none" => PartitionSource::None,
            _ => {
                let entity = source.and_then(|s| s.child("entityname")).and_then(Item::text).map(str::to_owned);
                PartitionSource::Other(kind, entity.unwrap_or_else(|| expression().text))
            }
        };
        for child in &item.children {
            match child.keyword.as_str() {
                "mode" => partition.mode = child.text().unwrap_or_default().to_owned(),
                "querygroup" => partition.query_group = child.text().map(names::whole),
                "annotation" => partition.annotations.push(self.annotation(child)),
                _ => {}
            }
        }
        partition
    }

    fn calculation_group(&mut self, item: &Item) -> CalculationGroup {
        let mut group = CalculationGroup::default();
        for child in &item.children {
            let selection = || CalculationSelection {
                expression: definition(child).unwrap_or_default(),
                format_string_definition: child.child("formatstringdefinition").and_then(definition),
            };
            match child.keyword.as_str() {
                "precedence" => group.precedence = self.number(child) as i32,
                "multipleoremptyselectionexpression" => group.multiple_or_empty_selection = Some(selection()),
                "noselectionexpression" => group.no_selection = Some(selection()),
                "calculationitem" => {
                    let ordinal = child.child("ordinal").map(|o| self.number(o)).unwrap_or(group.items.len() as i64);
                    group.items.push(CalculationItem {
                        name: self.name(child),
                        description: child.description.clone(),
                        expression: child.source().unwrap_or_default(),
                        format_string_definition: child.child("formatstringdefinition").and_then(definition),
                        ordinal: Some(ordinal),
                        span: Some(child.span),
                    });
                }
                _ => {}
            }
        }
        group
    }

    fn calendar(&mut self, item: &Item) -> Calendar {
        let mut calendar = Calendar { name: self.name(item), ..Calendar::default() };
        for group in item.children.iter().filter(|c| c.keyword == "calendarcolumngroup") {
            let columns = |keyword: &str| -> Vec<String> {
                group.children.iter().filter(|c| c.keyword == keyword).filter_map(|c| c.text().map(names::whole)).collect()
            };
            match group.text() {
                Some(unit) => {
                    let mut all = columns("primarycolumn");
                    all.extend(columns("associatedcolumn"));
                    calendar.units.push((unit.to_owned(), all));
                }
                None => calendar.time_related.extend(columns("column")),
            }
        }
        calendar
    }

    fn refresh_policy(&mut self, item: &Item) -> RefreshPolicy {
        let mut policy = RefreshPolicy::default();
        for child in &item.children {
            let text = || child.text().unwrap_or_default().to_owned();
            match child.keyword.as_str() {
                "rollingwindowgranularity" => policy.rolling_window_granularity = text(),
                "rollingwindowperiods" => policy.rolling_window_periods = self.number(child).max(0) as u32,
                "incrementalgranularity" => policy.incremental_granularity = text(),
                "incrementalperiods" => policy.incremental_periods = self.number(child).max(0) as u32,
                "sourceexpression" => policy.source_expression = child.source().unwrap_or_default(),
                _ => {}
            }
        }
        policy
    }

    fn relationship(&mut self, item: &Item) -> Option<Relationship> {
        let mut relationship = Relationship { name: self.name(item), span: Some(item.span), ..Relationship::default() };
        for child in &item.children {
            let word = child.text().unwrap_or_default().to_lowercase();
            match child.keyword.as_str() {
                "isactive" => relationship.is_active = self.flag(child),
                "crossfilteringbehavior" => {
                    relationship.cross_filter = match word.as_str() {
                        "bothdirections" => CrossFilter::Both,
                        "automatic" => CrossFilter::Automatic,
                        _ => CrossFilter::Single,
                    }
                }
                "fromcardinality" if word == "one" => relationship.from_cardinality = Cardinality::One,
                "tocardinality" if word == "many" => relationship.to_cardinality = Cardinality::Many,
                "securityfilteringbehavior" => relationship.security_both = word == "bothdirections",
                "joinondatebehavior" => relationship.join_on_date_part = word == "datepartonly",
                "relyonreferentialintegrity" => relationship.relies_on_integrity = self.flag(child),
                "fromcolumn" | "tocolumn" => match child.text().and_then(names::path) {
                    Some((table, column)) if child.keyword == "fromcolumn" => {
                        (relationship.from_table, relationship.from_column) = (table, column);
                    }
                    Some((table, column)) => (relationship.to_table, relationship.to_column) = (table, column),
                    None => self.error("F0308", child, format!("`{}` is a column", child.written), "expected `Table.Column`"),
                },
                "annotation" => relationship.annotations.push(self.annotation(child)),
                _ => {}
            }
        }
        if relationship.from_table.is_empty() || relationship.to_table.is_empty() {
            self.error("F0307", item, "a relationship has `fromColumn` and `toColumn`".to_owned(), "one of them is missing");
            return None;
        }
        Some(relationship)
    }

    fn role(&mut self, item: &Item) -> Role {
        let mut role =
            Role { name: self.name(item), description: item.description.clone(), permission: "none".to_owned(), ..Role::default() };
        for child in &item.children {
            match child.keyword.as_str() {
                "modelpermission" => role.permission = child.text().unwrap_or_default().to_owned(),
                "tablepermission" => {
                    let mut permission = TablePermission { table: self.name(child), ..TablePermission::default() };
                    permission.filter = child.source().filter(|f| !f.text.trim().is_empty());
                    permission.metadata_permission = child.child("metadatapermission").and_then(Item::text).map(str::to_owned);
                    for column in child.children.iter().filter(|c| c.keyword == "columnpermission") {
                        permission.columns.push((self.name(column), column.text().unwrap_or_default().to_owned()));
                    }
                    role.table_permissions.push(permission);
                }
                "annotation" => role.annotations.push(self.annotation(child)),
                _ => {}
            }
        }
        role
    }

    fn perspective(&mut self, item: &Item) -> Perspective {
        let mut perspective = Perspective { name: self.name(item), description: item.description.clone(), tables: Vec::new() };
        for child in item.children.iter().filter(|c| c.keyword == "perspectivetable") {
            let names = |keyword: &str| -> Vec<String> {
                child.children.iter().filter(|c| c.keyword == keyword).map(|c| c.name.clone().unwrap_or_default()).collect()
            };
            perspective.tables.push(PerspectiveTable {
                columns: names("perspectivecolumn"),
                measures: names("perspectivemeasure"),
                hierarchies: names("perspectivehierarchy"),
                include_all: child.child("includeall").is_some_and(|flag| flag.text() != Some("false")),
                table: child.name.clone().unwrap_or_default(),
            });
        }
        perspective
    }

    fn culture(&mut self, item: &Item) -> Culture {
        let mut culture = Culture { name: self.name(item), ..Culture::default() };
        for child in &item.children {
            match child.keyword.as_str() {
                "translations" => {
                    for model in child.children.iter().filter(|c| c.keyword == "model") {
                        put(&mut culture, ObjectPath::Model, model);
                        for table in model.children.iter().filter(|c| c.keyword == "table") {
                            self.table_words(&mut culture, table);
                        }
                    }
                }
                "linguisticmetadata" => {
                    let text = child.text().unwrap_or_default();
                    let json = serde_json::from_str::<serde_json::Value>(text).map_or_else(|_| text.to_owned(), |json| json.to_string());
                    culture.linguistic_metadata = Some(json);
                }
                _ => {}
            }
        }
        culture
    }

    fn table_words(&mut self, culture: &mut Culture, table: &Item) {
        let name = self.name(table);
        put(culture, ObjectPath::Table(name.clone()), table);
        for object in &table.children {
            match object.keyword.as_str() {
                "column" => put(culture, ObjectPath::Column(name.clone(), self.name(object)), object),
                "measure" => put(culture, ObjectPath::Measure(name.clone(), self.name(object)), object),
                "hierarchy" => {
                    let hierarchy = self.name(object);
                    put(culture, ObjectPath::Hierarchy(name.clone(), hierarchy.clone()), object);
                    for level in object.children.iter().filter(|c| c.keyword == "level") {
                        put(culture, ObjectPath::Level(name.clone(), hierarchy.clone(), self.name(level)), level);
                    }
                }
                _ => {}
            }
        }
    }
}

/// `name = text`, or an object whose child `expression` holds the text.
fn definition(item: &Item) -> Option<Source> {
    item.source().or_else(|| item.child("expression").and_then(Item::source))
}

fn put(culture: &mut Culture, path: ObjectPath, item: &Item) {
    let text = |keyword: &str| item.child(keyword).and_then(Item::text).map(str::to_owned);
    let translation = Translation { caption: text("caption"), description: text("description"), display_folder: text("displayfolder") };
    if translation != Translation::default() {
        culture.translations.insert(path, translation);
    }
}

/// An unknown property as (name, text), an unknown object as (declaration, "\n" + body).
fn carried(item: &Item) -> (String, String) {
    if item.children.is_empty() && item.name.is_none() {
        return (item.written.clone(), item.text().unwrap_or_default().to_owned());
    }
    let mut head = item.written.clone();
    if let Some(name) = &item.name {
        head.push(' ');
        head.push_str(&names::quoted(name));
    }
    if let Value::Expression(source) = &item.value
        && !source.text.contains('\n')
    {
        head.push_str(&format!(" = {}", source.text));
    }
    (head, format!("\n{}", item.body))
}
