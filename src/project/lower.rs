//! [`RawProject`] → [`Project`]: decoded, names resolved where YAML needs it, ids assigned.

use std::collections::{BTreeMap, HashMap};

use super::lineage::uuid;
use super::load::RawProject;
use super::pages;
use super::raw::*;
use super::yaml::{Context, Decode, Entries, Node, Spanned};
use crate::base::{Diagnostic, FileSet, SourceMap, nearest};
use crate::model::*;
use crate::report::Report;
use crate::table::DataType;

/// A project that can be checked and emitted.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// Every text that was read.
    pub sources: SourceMap,
    /// The semantic model. M of tables with a template and of parameters is not filled in yet: it depends on the source.
    pub model: Model,
    /// Choices of `model.yaml`.
    pub settings: Settings,
    /// Parameters of all sources.
    pub parameters: Vec<Parameter>,
    /// Tables whose M comes from a template.
    pub table_templates: Vec<TableTemplate>,
    /// How measures are proved.
    pub proofs: Vec<Proof>,
    /// The report over the model.
    pub report: Report,
    /// Texts of the report by culture.
    pub texts: Vec<(Spanned<String>, Entries<String>)>,
    /// Handlebars sources, paths below `templates/`.
    pub templates: FileSet,
    /// Images and other files of the report, paths below `resources/`.
    pub resources: FileSet,
}

/// Choices of `model.yaml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where the data comes from when `--source` is not given.
    pub source: SourceKind,
    /// Where the folder of the `folder` source lies.
    pub folder_kind: FolderKind,
    /// Last month and day of the fiscal year; `None` takes the first organisation's.
    pub fiscal_year_end: Option<(u8, u8)>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { source: SourceKind::Sample, folder_kind: FolderKind::Local, fiscal_year_end: None }
    }
}

/// A parameter that Power BI Desktop asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Name.
    pub name: Spanned<String>,
    /// Type of the value.
    pub kind: ParameterType,
    /// Whether loading waits until it is filled in.
    pub required: bool,
    /// Value in the file; `None` asks.
    pub default: Option<Spanned<Scalar>>,
    /// Values to choose from.
    pub values: Vec<Spanned<Scalar>>,
    /// For which sources it exists.
    pub sources: Vec<SourceKind>,
    /// Shown beside the field.
    pub description: String,
    /// Whether it holds a secret.
    pub secret: bool,
}

impl Parameter {
    /// The shared M expression of the parameter, for instance `null meta [IsParameterQuery=true, Type="Text", …]`.
    pub fn expression(&self) -> NamedExpression {
        let literal = |value: &Scalar| m_literal(value, self.kind);
        let value = self.default.as_ref().map_or("null".to_owned(), |v| literal(&v.value));
        let mut meta = String::from("IsParameterQuery=true");
        if !self.values.is_empty() {
            let list: Vec<String> = self.values.iter().map(|v| literal(&v.value)).collect();
            meta.push_str(&format!(", List={{{}}}", list.join(", ")));
            meta.push_str(&format!(", DefaultValue={}", self.default.as_ref().map_or(list[0].clone(), |v| literal(&v.value))));
        }
        let kind = match self.kind {
            ParameterType::Text => "Text",
            ParameterType::Number => "Number",
            ParameterType::Date => "Date",
            ParameterType::DateTime => "DateTime",
            ParameterType::Boolean => "Logical",
        };
        meta.push_str(&format!(", Type=\"{kind}\", IsParameterQueryRequired={}", self.required));
        NamedExpression {
            name: self.name.value.clone(),
            description: self.description.clone(),
            expression: Source::new(format!("{value} meta [{meta}]")),
            query_group: Some("Parameters".to_owned()),
            lineage_tag: Some(uuid(&["expression", &self.name])),
            annotations: vec![("PBI_NavigationStepName".into(), "Navigation".into()), ("PBI_ResultType".into(), kind.into())],
            span: Some(self.name.span),
        }
    }
}

/// A value as an M literal; a date that cannot be read becomes text, which `check` reports.
fn m_literal(value: &Scalar, kind: ParameterType) -> String {
    match value {
        Scalar::Boolean(value) => value.to_string(),
        Scalar::Number(number) => format!("{number}"),
        Scalar::Text(text) => match (kind, parse_date(text)) {
            (ParameterType::Date, Some((year, month, day))) => format!("#date({year}, {month}, {day})"),
            (ParameterType::DateTime, Some((year, month, day))) => format!("#datetime({year}, {month}, {day}, 0, 0, 0)"),
            _ => format!("\"{}\"", text.replace('"', "\"\"").replace("#(", "#(#)(")),
        },
    }
}

fn parse_date(text: &str) -> Option<(u16, u8, u8)> {
    let mut parts = text.get(..10)?.split('-');
    let date = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    text.get(..10)?.parse::<crate::base::Date>().ok().map(|_| date)
}

/// A table whose M comes from `templates/tables/<template>.m.hbs`.
#[derive(Clone, Debug, PartialEq)]
pub struct TableTemplate {
    /// The table.
    pub table: String,
    /// The template's name.
    pub template: Spanned<String>,
}

/// How a measure is proved.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    /// The measure.
    pub measure: String,
    /// Figure of the reference that it must equal.
    pub reference: Option<Spanned<String>>,
    /// Values for given filters.
    pub expect: Option<Node>,
    /// DAX that must give the same.
    pub equals: Option<Node>,
    /// Statements that must hold.
    pub invariants: Option<Node>,
    /// Remembered values.
    pub snapshot: Option<Node>,
}

/// Decodes the trees of a project; what is wrong is in `cx`, the rest is usable for further checks.
pub fn lower(raw: RawProject, cx: &mut Context) -> Project {
    let mut project = Project { sources: raw.sources, ..Project::default() };
    project.templates = raw.templates;
    project.resources = raw.resources;
    let decoded = raw.model.as_ref().and_then(|node| RawModel::decode(node, cx));
    if let Some(model) = decoded {
        header(model, &mut project, cx);
    }
    for node in &raw.tables {
        if let Some(table) = RawTable::decode(node, cx) {
            let table = lower_table(table, &mut project, cx);
            project.model.tables.push(table);
        }
    }
    let tables: HashMap<String, usize> = project.model.tables.iter().enumerate().rev().map(|(i, t)| (t.name.to_lowercase(), i)).collect();
    for node in &raw.measures {
        if let Some(measure) = RawMeasure::decode(node, cx) {
            lower_measure(measure, &tables, &mut project, cx);
        }
    }
    for node in &raw.relationships {
        if let Some(relationship) = RawRelationship::decode(node, cx).and_then(|r| lower_relationship(r, &project.model, cx)) {
            project.model.relationships.push(relationship);
        }
    }
    for node in &raw.locales {
        if let Some(locale) = RawLocale::decode(node, cx) {
            lower_locale(locale, &mut project, cx);
        }
    }
    let parts = pages::Parts { pages: &raw.pages, theme: raw.theme.as_ref(), texts: &project.texts, resources: &project.resources };
    project.report = pages::lower(parts, &project.model, cx);
    project
}

fn header(raw: RawModel, project: &mut Project, cx: &mut Context) {
    let model = &mut project.model;
    if raw.name.is_empty() || raw.name.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|']) {
        let message = format!("`{}` cannot be the name of files", raw.name.value);
        let problem = Diagnostic::error("P0212", message).at(raw.name.span, "files are named after it");
        cx.diagnostics.push(problem.help("use letters, digits, blanks, `.`, `-` and `_`"));
    }
    model.name = raw.name.value;
    model.description = raw.description.unwrap_or_default().trim().to_owned();
    model.culture = raw.culture.map_or_else(|| "en-US".to_owned(), |c| c.value);
    model.compatibility_level = raw.compatibility_level.map_or(1601, |level| level.value);
    model.discourage_implicit_measures = true;
    project.settings.source = raw.source.unwrap_or(SourceKind::Sample);
    project.settings.folder_kind = raw.folder_kind.unwrap_or(FolderKind::Local);
    if let Some(end) = raw.fiscal_year_end {
        project.settings.fiscal_year_end = month_day(&end.value);
        if project.settings.fiscal_year_end.is_none() {
            let message = format!("`{}` is not a month and day", end.value);
            let problem = Diagnostic::error("P0213", message).at(end.span, "expected `MM-DD`");
            cx.diagnostics.push(problem.help("write for instance '03-31'"));
        }
    }
    for raw in raw.parameters {
        project.parameters.push(Parameter {
            kind: raw.r#type,
            required: raw.required,
            default: raw.default,
            values: raw.values,
            sources: raw.sources.unwrap_or_else(|| SourceKind::ALL.to_vec()),
            description: raw.description.unwrap_or_default().trim().to_owned(),
            secret: raw.secret,
            name: raw.name,
        });
    }
    for raw in raw.roles {
        let table_permissions = raw.filters.0.into_iter();
        model.roles.push(Role {
            name: raw.name.value,
            description: text(raw.description),
            permission: "read".to_owned(),
            table_permissions: table_permissions
                .map(|(table, filter)| TablePermission { table: table.value, filter: Some(filter), ..TablePermission::default() })
                .collect(),
            annotations: Vec::new(),
        });
    }
    for raw in raw.functions {
        model.functions.push(Function {
            lineage_tag: Some(uuid(&["function", &raw.name])),
            name: raw.name.value,
            description: text(raw.description),
            expression: raw.expression,
            annotations: Vec::new(),
            span: Some(raw.name.span),
        });
    }
}

fn text(text: Option<String>) -> String {
    text.unwrap_or_default().trim().to_owned()
}

/// `MM-DD`; 29 February is allowed and means the last day of February.
fn month_day(text: &str) -> Option<(u8, u8)> {
    let (month, day) = text.split_once('-')?;
    let (month, day): (u8, u8) = (month.parse().ok()?, day.parse().ok()?);
    let days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    (text.len() == 5 && (1..=12).contains(&month) && (1..=days[usize::from(month) - 1]).contains(&day)).then_some((month, day))
}

fn lower_table(raw: RawTable, project: &mut Project, cx: &mut Context) -> Table {
    let name = raw.name.value.clone();
    let mut table = Table {
        description: text(raw.description),
        is_hidden: raw.hidden,
        data_category: raw.data_category,
        lineage_tag: Some(uuid(&["table", &name])),
        span: Some(raw.name.span),
        ..Table::default()
    };
    table.columns = raw.columns.into_iter().map(|column| lower_column(column, &name, cx)).collect();
    for hierarchy in raw.hierarchies {
        let id = hierarchy.name.value.clone();
        table.hierarchies.push(Hierarchy {
            description: text(hierarchy.description),
            is_hidden: hierarchy.hidden,
            display_folder: hierarchy.folder,
            lineage_tag: Some(uuid(&["hierarchy", &name, &id])),
            levels: hierarchy
                .levels
                .into_iter()
                .map(|l| Level { lineage_tag: Some(uuid(&["level", &name, &id, &l.name])), name: l.name.value, column: l.column.value })
                .collect(),
            annotations: Vec::new(),
            span: Some(hierarchy.name.span),
            name: hierarchy.name.value,
        });
    }
    let source = match raw.source {
        Some(TableSource::Template(template)) => {
            project.table_templates.push(TableTemplate { table: name.clone(), template });
            PartitionSource::M(Source::default())
        }
        Some(TableSource::M(text)) => PartitionSource::M(text),
        Some(TableSource::Dax(text)) => PartitionSource::Calculated(text),
        Some(TableSource::CalculationGroup(group)) => {
            calculation_group(&mut table, group, &name);
            PartitionSource::CalculationGroup
        }
        None => {
            measure_home(&mut table, &name);
            PartitionSource::M(Source::new("#table(type table [Placeholder = text], {})"))
        }
    };
    if let (PartitionSource::M(_), Some(policy)) = (&source, raw.refresh_policy) {
        refresh_policy(&mut table, policy, cx);
    }
    let query_group = matches!(source, PartitionSource::M(_)).then(|| raw.query_group.unwrap_or_else(|| "Tables".to_owned()));
    if !matches!(source, PartitionSource::CalculationGroup) {
        table.annotations.push(("PBI_ResultType".to_owned(), "Table".to_owned()));
    }
    // The partition of a calculation group is not written in TMDL; what reads it calls it so.
    let partition = if source == PartitionSource::CalculationGroup { "Partition" } else { &name };
    table.partitions.push(Partition {
        name: partition.to_owned(),
        mode: "import".to_owned(),
        source,
        query_group,
        annotations: Vec::new(),
    });
    table.name = name;
    table
}

/// A table without rows of its own needs one hidden column: a table of hidden columns and measures is shown as a measure group.
fn measure_home(table: &mut Table, name: &str) {
    if table.columns.is_empty() {
        table.columns.push(Column {
            name: "Placeholder".to_owned(),
            description: "Holds nothing; the table is a home for measures.".to_owned(),
            data_type: Some(DataType::String),
            kind: ColumnKind::Data { source_column: "Placeholder".to_owned() },
            is_hidden: true,
            lineage_tag: Some(uuid(&["column", name, "Placeholder"])),
            annotations: vec![("SummarizationSetBy".to_owned(), "User".to_owned())],
            ..Column::default()
        });
    }
}

fn calculation_group(table: &mut Table, raw: RawCalculationGroup, name: &str) {
    let items = raw.items.into_iter().enumerate().map(|(index, item)| CalculationItem {
        description: text(item.description),
        expression: item.expression,
        format_string_definition: item.format_expression,
        ordinal: Some(index as i64),
        span: Some(item.name.span),
        name: item.name.value,
    });
    table.calculation_group =
        Some(CalculationGroup { precedence: raw.precedence.unwrap_or(0), items: items.collect(), ..CalculationGroup::default() });
    let column = |column_name: &str, source: &str, data_type: DataType| Column {
        name: column_name.to_owned(),
        data_type: Some(data_type),
        kind: ColumnKind::Data { source_column: source.to_owned() },
        lineage_tag: Some(uuid(&["column", name, column_name])),
        ..Column::default()
    };
    let numbered = table.columns.iter().find(|c| c.data_type == Some(DataType::Int64));
    let ordinal_name = numbered.map_or_else(|| "Ordinal".to_owned(), |c| c.name.clone());
    if table.columns.is_empty() {
        let mut label = column(name, "Name", DataType::String);
        label.sort_by = Some("Ordinal".to_owned());
        label.description = table.description.clone();
        table.columns.push(label);
    } else {
        for declared in &mut table.columns {
            declared.kind =
                ColumnKind::Data { source_column: if declared.data_type == Some(DataType::Int64) { "Ordinal" } else { "Name" }.to_owned() };
            if declared.data_type != Some(DataType::Int64) && declared.sort_by.is_none() {
                declared.sort_by = Some(ordinal_name.clone());
            }
        }
    }
    if !table.columns.iter().any(|c| matches!(&c.kind, ColumnKind::Data { source_column } if source_column == "Ordinal")) {
        let mut ordinal = column("Ordinal", "Ordinal", DataType::Int64);
        ordinal.is_hidden = true;
        ordinal.format_string = Some("0".to_owned());
        table.columns.push(ordinal);
    }
}

fn refresh_policy(table: &mut Table, raw: RawRefreshPolicy, cx: &mut Context) {
    let column = table.columns.iter().find(|c| c.name.eq_ignore_ascii_case(&raw.column));
    let Some(column) = column else {
        let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
        cx.diagnostics.push(unknown("column", &raw.column, names.iter().copied(), "P0205"));
        return;
    };
    let is_date = column.annotations.iter().any(|(name, _)| name == "UnderlyingDateTimeDataType");
    let bound = |name: &str| if is_date { format!("DateTime.Date({name})") } else { name.to_owned() };
    let field = m_field(&column.name);
    table.refresh_policy = Some(RefreshPolicy {
        rolling_window_granularity: raw.keep_unit.as_str().to_owned(),
        rolling_window_periods: raw.keep,
        incremental_granularity: raw.refresh_unit.as_str().to_owned(),
        incremental_periods: raw.refresh,
        // `{rows}` stands for the table's own query, which is known when the source is chosen.
        source_expression: Source::new(format!(
            "Table.SelectRows({{rows}}, each {field} >= {} and {field} < {})",
            bound("RangeStart"),
            bound("RangeEnd")
        )),
    });
}

/// `[Due Date]`, or `[#"Odd ""name"""]` where M's grammar wants quotes.
fn m_field(name: &str) -> String {
    let simple = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '.')) && name.trim() == name;
    if simple && !name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("[{name}]")
    } else {
        format!("[#\"{}\"]", name.replace('"', "\"\""))
    }
}

fn lower_column(raw: RawColumn, table: &str, cx: &mut Context) -> Column {
    let mut annotations = vec![("SummarizationSetBy".to_owned(), "User".to_owned())];
    if raw.r#type == Some(ColumnType::Date) {
        annotations.push(("UnderlyingDateTimeDataType".to_owned(), "Date".to_owned()));
    }
    if raw.r#type.is_none() && raw.expression.is_none() {
        let message = format!("column `{}` has no `type`", raw.name.value);
        let words: Vec<&str> = ColumnType::ALL.iter().map(|t| t.as_str()).collect();
        cx.diagnostics.push(
            Diagnostic::error("P0105", message)
                .at(raw.name.span, "`type` is missing here")
                .help(format!("types: {}; only a column with `expression` may leave it out", words.join(", "))),
        );
    }
    let format_string = raw.format.or_else(|| match raw.r#type? {
        ColumnType::Integer => Some("0".to_owned()),
        ColumnType::Decimal => Some("#,0.00".to_owned()),
        ColumnType::Date => Some("Short Date".to_owned()),
        ColumnType::DateTime => Some("General Date".to_owned()),
        _ => None,
    });
    let kind = match raw.expression {
        Some(expression) => ColumnKind::Calculated(expression),
        None => ColumnKind::Data { source_column: raw.source_column.unwrap_or_else(|| raw.name.value.clone()) },
    };
    Column {
        description: text(raw.description),
        data_type: raw.r#type.map(data_type),
        kind,
        is_hidden: raw.hidden,
        is_key: raw.key,
        is_nullable: None,
        format_string,
        data_category: raw.data_category,
        summarize_by: raw.summarize_by.and_then(summarize),
        sort_by: raw.sort_by.map(|s| s.value),
        display_folder: raw.folder,
        synonyms: raw.synonyms,
        group_by_columns: Vec::new(),
        lineage_tag: Some(uuid(&["column", table, &raw.name])),
        annotations,
        extended_properties: Vec::new(),
        other: Vec::new(),
        span: Some(raw.name.span),
        name: raw.name.value,
    }
}

fn data_type(kind: ColumnType) -> DataType {
    match kind {
        ColumnType::Text => DataType::String,
        ColumnType::Integer => DataType::Int64,
        ColumnType::Decimal => DataType::Currency,
        ColumnType::Double => DataType::Double,
        ColumnType::Date | ColumnType::DateTime => DataType::DateTime,
        ColumnType::Boolean => DataType::Boolean,
    }
}

fn summarize(word: Summarize) -> Option<SummarizeBy> {
    match word {
        Summarize::None => None,
        Summarize::Sum => Some(SummarizeBy::Sum),
        Summarize::Min => Some(SummarizeBy::Min),
        Summarize::Max => Some(SummarizeBy::Max),
        Summarize::Count => Some(SummarizeBy::Count),
        Summarize::Average => Some(SummarizeBy::Average),
        Summarize::DistinctCount => Some(SummarizeBy::DistinctCount),
    }
}

fn lower_measure(raw: RawMeasure, tables: &HashMap<String, usize>, project: &mut Project, cx: &mut Context) {
    let home = raw.table.as_ref().map_or("Measures", |t| t.value.as_str());
    let Some(index) = tables.get(&home.to_lowercase()).copied() else {
        let span = raw.table.as_ref().map_or(raw.name.span, |t| t.span);
        let home = Spanned { value: home.to_owned(), span };
        let names: Vec<&str> = project.model.tables.iter().map(|t| t.name.as_str()).collect();
        cx.diagnostics.push(unknown("table", &home, names.iter().copied(), "P0204"));
        return;
    };
    project.proofs.push(Proof {
        measure: raw.name.value.clone(),
        reference: raw.reference,
        expect: raw.expect,
        equals: raw.equals,
        invariants: raw.invariants,
        snapshot: raw.snapshot,
    });
    project.model.tables[index].measures.push(Measure {
        description: text(raw.description),
        expression: raw.expression,
        format_string: raw.format,
        format_string_definition: raw.format_expression,
        display_folder: raw.folder,
        is_hidden: raw.hidden,
        synonyms: raw.synonyms,
        detail_rows: raw.detail_rows,
        kpi: None,
        data_category: raw.data_category,
        lineage_tag: Some(uuid(&["measure", &raw.name])),
        annotations: Vec::new(),
        other: Vec::new(),
        span: Some(raw.name.span),
        name: raw.name.value,
    });
}

/// Splits `Table[Column]`; the table may be quoted.
pub(super) fn split_reference(text: &str) -> Option<(String, String)> {
    let (table, column) = text.trim().split_once('[')?;
    let column = column.strip_suffix(']')?;
    let table = table.trim();
    let table = match table.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')) {
        Some(quoted) => quoted.replace("''", "'"),
        None => table.to_owned(),
    };
    (!table.is_empty() && !column.is_empty()).then(|| (table, column.to_owned()))
}

fn lower_relationship(raw: RawRelationship, model: &Model, cx: &mut Context) -> Option<Relationship> {
    // The relationships of a table go with it.
    let is_gone = |end: &Spanned<String>| split_reference(&end.value).is_some_and(|(table, _)| model.table(&table).is_none());
    if [&raw.from, &raw.to].into_iter().any(|end| cx.is_inherited(end.span) && is_gone(end)) {
        return None;
    }
    let from = column_of(&raw.from, model, cx);
    let to = column_of(&raw.to, model, cx);
    let ((from_table, from_column), (to_table, to_column)) = (from?, to?);
    let (from_cardinality, to_cardinality) = match raw.cardinality.unwrap_or(CardinalityWord::ManyToOne) {
        CardinalityWord::ManyToOne => (Cardinality::Many, Cardinality::One),
        CardinalityWord::OneToOne => (Cardinality::One, Cardinality::One),
        CardinalityWord::OneToMany => (Cardinality::One, Cardinality::Many),
        CardinalityWord::ManyToMany => (Cardinality::Many, Cardinality::Many),
    };
    Some(Relationship {
        name: uuid(&["relationship", &from_table, &from_column, &to_table, &to_column]),
        from_table,
        from_column,
        to_table,
        to_column,
        from_cardinality,
        to_cardinality,
        is_active: raw.active.unwrap_or(true),
        cross_filter: if raw.direction == Some(Direction::Both) { CrossFilter::Both } else { CrossFilter::Single },
        span: Some(raw.span),
        ..Relationship::default()
    })
}

/// The column that a relationship names, in the spelling of its table.
fn column_of(reference: &Spanned<String>, model: &Model, cx: &mut Context) -> Option<(String, String)> {
    let Some((table_name, column_name)) = split_reference(&reference.value) else {
        let message = format!("`{}` is not a column", reference.value);
        return cx.fail(Diagnostic::error("P0206", message).at(reference.span, "expected `Table[Column]`"));
    };
    let Some(table) = model.table(&table_name) else {
        let name = Spanned { value: table_name, span: reference.span };
        return cx.fail(unknown("table", &name, model.tables.iter().map(|t| t.name.as_str()), "P0204"));
    };
    let Some(column) = table.column(&column_name) else {
        let name = Spanned { value: column_name, span: reference.span };
        let mut problem = unknown("column", &name, table.columns.iter().map(|c| c.name.as_str()), "P0205");
        problem.message = format!("column `{}` not found in table `{}`", name.value, table.name);
        return cx.fail(problem);
    };
    Some((table.name.clone(), column.name.clone()))
}

/// "… not found" with the nearest name.
fn unknown<'a>(what: &str, name: &Spanned<String>, known: impl Iterator<Item = &'a str>, code: &'static str) -> Diagnostic {
    let problem = Diagnostic::error(code, format!("{what} `{}` not found", name.value)).at(name.span, format!("unknown {what}"));
    match nearest(&name.value, known) {
        Some(near) => problem.help(format!("a {what} with a similar name exists: `{near}`")),
        None => problem,
    }
}

fn lower_locale(raw: RawLocale, project: &mut Project, cx: &mut Context) {
    let mut translations: BTreeMap<ObjectPath, Translation> = BTreeMap::new();
    let model = &project.model;
    let words = |caption: Option<String>, description: Option<String>| Translation { caption, description, display_folder: None };
    for (name, table_words) in raw.tables.0 {
        let Some(table) = model.table(&name) else {
            missing(cx, &name, unknown("table", &name, model.tables.iter().map(|t| t.name.as_str()), "P0204"));
            continue;
        };
        let table_name = || table.name.clone();
        translations.insert(ObjectPath::Table(table_name()), words(table_words.caption, table_words.description));
        for (name, column_words) in table_words.columns.0 {
            match table.column(&name) {
                Some(column) => {
                    let path = ObjectPath::Column(table_name(), column.name.clone());
                    translations.insert(path, words(column_words.0.caption, column_words.0.description));
                }
                None => missing(cx, &name, unknown("column", &name, table.columns.iter().map(|c| c.name.as_str()), "P0205")),
            }
        }
        for (name, hierarchy_words) in table_words.hierarchies.0 {
            let Some(hierarchy) = table.hierarchies.iter().find(|h| h.name.eq_ignore_ascii_case(&name)) else {
                missing(cx, &name, unknown("hierarchy", &name, table.hierarchies.iter().map(|h| h.name.as_str()), "P0207"));
                continue;
            };
            let path = ObjectPath::Hierarchy(table_name(), hierarchy.name.clone());
            translations.insert(path, words(hierarchy_words.caption, hierarchy_words.description));
            for (name, level_words) in hierarchy_words.levels.0 {
                match hierarchy.levels.iter().find(|l| l.name.eq_ignore_ascii_case(&name)) {
                    Some(level) => {
                        let path = ObjectPath::Level(table_name(), hierarchy.name.clone(), level.name.clone());
                        translations.insert(path, words(level_words.0.caption, level_words.0.description));
                    }
                    None => missing(cx, &name, unknown("level", &name, hierarchy.levels.iter().map(|l| l.name.as_str()), "P0207")),
                }
            }
        }
    }
    let measures: HashMap<String, (&str, &str)> =
        model.tables.iter().flat_map(|t| t.measures.iter().map(|m| (m.name.to_lowercase(), (t.name.as_str(), m.name.as_str())))).collect();
    for (name, measure_words) in raw.measures.0 {
        match measures.get(&name.to_lowercase()) {
            Some((table, measure)) => {
                let path = ObjectPath::Measure((*table).to_owned(), (*measure).to_owned());
                translations.insert(path, words(measure_words.0.caption, measure_words.0.description));
            }
            None => {
                let names = model.tables.iter().flat_map(|t| t.measures.iter().map(|m| m.name.as_str()));
                missing(cx, &name, unknown("measure", &name, names, "P0208"));
            }
        }
    }
    translate_folders(model, &raw.folders, &mut translations, cx);
    translations.retain(|_, t| *t != Translation::default());
    project.texts.push((raw.culture.clone(), raw.report));
    project.model.cultures.push(Culture { name: raw.culture.value, translations, linguistic_metadata: None });
}

/// Reports words of something that does not exist, unless a folder on top has removed it.
fn missing(cx: &mut Context, name: &Spanned<String>, problem: Diagnostic) {
    if !cx.is_inherited(name.span) {
        cx.diagnostics.push(problem);
    }
}

/// Puts the translation of each display folder on the objects in it; each level of a path may have its own words.
fn translate_folders(model: &Model, folders: &Entries<String>, translations: &mut BTreeMap<ObjectPath, Translation>, cx: &mut Context) {
    if folders.0.is_empty() {
        return;
    }
    let mut used: std::collections::BTreeSet<&str> = std::collections::BTreeSet::new();
    let by_name: HashMap<&str, &str> = folders.iter().map(|(name, word)| (name.value.as_str(), word.as_str())).collect();
    let mut translate = |folder: &str| -> Option<String> {
        if let Some((name, word)) = by_name.get_key_value(folder) {
            used.insert(name);
            return Some((*word).to_owned());
        }
        let mut changed = false;
        let levels: Vec<&str> = folder
            .split('\\')
            .map(|level| match by_name.get_key_value(level) {
                Some((name, word)) => {
                    used.insert(name);
                    changed = true;
                    *word
                }
                None => level,
            })
            .collect();
        changed.then(|| levels.join("\\"))
    };
    for table in &model.tables {
        let columns = table.columns.iter().map(|c| (ObjectPath::Column(table.name.clone(), c.name.clone()), &c.display_folder));
        let measures = table.measures.iter().map(|m| (ObjectPath::Measure(table.name.clone(), m.name.clone()), &m.display_folder));
        let hierarchies = table.hierarchies.iter().map(|h| (ObjectPath::Hierarchy(table.name.clone(), h.name.clone()), &h.display_folder));
        for (path, folder) in columns.chain(measures).chain(hierarchies) {
            if let Some(word) = folder.as_deref().and_then(&mut translate) {
                translations.entry(path).or_default().display_folder = Some(word);
            }
        }
    }
    for (name, _) in folders.iter().filter(|(name, _)| !used.contains(name.value.as_str())) {
        let problem = Diagnostic::warning("P0214", format!("no measure or column is in a folder `{}`", name.value));
        missing(cx, name, problem.at(name.span, "unused translation"));
    }
}
