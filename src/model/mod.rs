//! The semantic model as plain types: what Analysis Services calls a tabular model, with nothing of any file format.
//!
//! Readers (`project`, `format::tmdl`, `format::tmsl`, `format::pbit`) make it; `dax`, `check` and the writers read it.
//! Every object carries an optional [`Span`] to the text that defined it, so that a message can point there.
//! Lists keep the order of the source; names are unique as Analysis Services demands, which `check` enforces, not the types.

use std::collections::BTreeMap;

use crate::base::{Span, same_name};
use crate::table::DataType;

/// Text with its place; `span` covers exactly the characters of `text` in the file when `exact` (a block scalar or a
/// TMDL block), otherwise the scalar that holds it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source {
    /// DAX or M text, line ends `\n`.
    pub text: String,
    /// Where `text` starts in its file, when known.
    pub origin: Option<Origin>,
}

impl Source {
    /// Text from nowhere.
    pub fn new(text: impl Into<String>) -> Source {
        Source { text: text.into(), origin: None }
    }

    /// The place of a byte range of `text` in the file it came from.
    ///
    /// Line *k* of the text lies on line *k* of the origin, indented by `indent` bytes; for texts that cannot be mapped
    /// (quoted scalars with escapes) the whole scalar is returned.
    pub fn locate(&self, start: usize, end: usize) -> Option<Span> {
        let origin = self.origin.as_ref()?;
        if origin.line_starts.is_empty() {
            return Some(origin.span);
        }
        let at = |offset: usize| {
            let offset = offset.min(self.text.len());
            let line = self.text[..offset].matches('\n').count();
            let line_start = self.text[..offset].rfind('\n').map_or(0, |i| i + 1);
            origin.line_starts.get(line).map(|start| *start as usize + offset - line_start)
        };
        match (at(start), at(end)) {
            (Some(start), Some(end)) => Some(Span::new(origin.span.file, start, end)),
            _ => Some(origin.span),
        }
    }
}

/// Where a [`Source`] came from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// The whole scalar or block.
    pub span: Span,
    /// File offset of the first byte of each line of the text; empty when lines cannot be mapped.
    pub line_starts: Vec<u32>,
}

/// Names and values that tools keep beside an object.
pub type Annotations = Vec<(String, String)>;

/// A semantic model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// Database or project name; files are named after it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Language and formats of the model, for instance `en-US`.
    pub culture: String,
    /// Analysis Services compatibility level, for instance 1601.
    pub compatibility_level: u32,
    /// Whether implicit measures are discouraged (needed by calculation groups).
    pub discourage_implicit_measures: bool,
    /// Tables in display order.
    pub tables: Vec<Table>,
    /// Relationships.
    pub relationships: Vec<Relationship>,
    /// Shared M expressions: parameters and functions.
    pub expressions: Vec<NamedExpression>,
    /// Security roles.
    pub roles: Vec<Role>,
    /// Perspectives.
    pub perspectives: Vec<Perspective>,
    /// Translations by culture name.
    pub cultures: Vec<Culture>,
    /// DAX user-defined functions.
    pub functions: Vec<Function>,
    /// Folders of queries in Power Query's editor.
    pub query_groups: Vec<String>,
    /// Annotations of the model.
    pub annotations: Annotations,
    /// Properties that a foreign file holds and we only carry along, as (name, text) pairs in file order.
    pub other: Vec<(String, String)>,
}

impl Model {
    /// A table by name, case-insensitive.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| same_name(&table.name, name))
    }

    /// A measure by name, case-insensitive, with its home table.
    pub fn measure(&self, name: &str) -> Option<(&Table, &Measure)> {
        self.tables.iter().find_map(|table| table.measures.iter().find(|m| same_name(&m.name, name)).map(|m| (table, m)))
    }
}

/// A table: imported, calculated, a calculation group, or only a home for measures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Name.
    pub name: String,
    /// Shown in tool tips.
    pub description: String,
    /// Hidden from report authors.
    pub is_hidden: bool,
    /// Hidden from everything but the model itself.
    pub is_private: bool,
    /// `Time` marks a date table.
    pub data_category: Option<String>,
    /// Columns in display order.
    pub columns: Vec<Column>,
    /// Measures.
    pub measures: Vec<Measure>,
    /// Hierarchies.
    pub hierarchies: Vec<Hierarchy>,
    /// Where the rows come from; empty only in foreign models without partitions.
    pub partitions: Vec<Partition>,
    /// Set for a calculation group.
    pub calculation_group: Option<CalculationGroup>,
    /// Calendars (calendar-based time intelligence).
    pub calendars: Vec<Calendar>,
    /// Incremental refresh, on request.
    pub refresh_policy: Option<RefreshPolicy>,
    /// Stable id.
    pub lineage_tag: Option<String>,
    /// Annotations.
    pub annotations: Annotations,
    /// Carried along from a foreign file.
    pub other: Vec<(String, String)>,
    /// Where it is defined.
    pub span: Option<Span>,
}

impl Table {
    /// A column by name, case-insensitive.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| same_name(&column.name, name))
    }

    /// Whether it is a date table: `dataCategory: Time` with a key column of dates.
    pub fn is_date_table(&self) -> bool {
        self.data_category.as_deref().is_some_and(|c| c.eq_ignore_ascii_case("Time"))
            && self.columns.iter().any(|c| c.is_key && c.data_type == Some(DataType::DateTime))
    }

    /// The DAX of a calculated table.
    pub fn calculated(&self) -> Option<&Source> {
        self.partitions.iter().find_map(|p| match &p.source {
            PartitionSource::Calculated(dax) => Some(dax),
            _ => None,
        })
    }
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Shown in tool tips.
    pub description: String,
    /// Type; `None` where a calculated column or table leaves it to the engine.
    pub data_type: Option<DataType>,
    /// Where the values come from.
    pub kind: ColumnKind,
    /// Hidden from report authors.
    pub is_hidden: bool,
    /// Primary key of the table.
    pub is_key: bool,
    /// May not be BLANK.
    pub is_nullable: Option<bool>,
    /// Display format, for instance `#,0.00`.
    pub format_string: Option<String>,
    /// `WebUrl`, `Country`, `City` …
    pub data_category: Option<String>,
    /// Default aggregation; `None` means "none".
    pub summarize_by: Option<SummarizeBy>,
    /// Column of the same table whose order this one takes.
    pub sort_by: Option<String>,
    /// Folder in the field list, levels divided by `\`.
    pub display_folder: Option<String>,
    /// Other words for it, for Copilot and search.
    pub synonyms: Vec<String>,
    /// For field parameters: columns that this one groups by.
    pub group_by_columns: Vec<String>,
    /// Stable id.
    pub lineage_tag: Option<String>,
    /// Annotations.
    pub annotations: Annotations,
    /// Extended properties (name, JSON text), for instance `ParameterMetadata`.
    pub extended_properties: Vec<(String, String)>,
    /// Carried along from a foreign file.
    pub other: Vec<(String, String)>,
    /// Where it is defined.
    pub span: Option<Span>,
}

/// Where a column's values come from.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnKind {
    /// A column of the partition's result, under its name there (for calculated tables `[Name]` without brackets here).
    Data {
        /// Name in the source.
        source_column: String,
    },
    /// A DAX expression in row context.
    Calculated(Source),
    /// The row number column that Analysis Services adds.
    RowNumber,
}

impl Default for ColumnKind {
    fn default() -> ColumnKind {
        ColumnKind::Data { source_column: String::new() }
    }
}

/// Default aggregation of a column dropped on a visual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SummarizeBy {
    /// Sum.
    Sum,
    /// Smallest.
    Min,
    /// Largest.
    Max,
    /// Count.
    Count,
    /// Mean.
    Average,
    /// Distinct count.
    DistinctCount,
    /// What the engine thinks.
    Default,
}

/// A measure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measure {
    /// Name, unique in the model.
    pub name: String,
    /// Shown in tool tips.
    pub description: String,
    /// DAX.
    pub expression: Source,
    /// Static format.
    pub format_string: Option<String>,
    /// Dynamic format: DAX that gives a format string.
    pub format_string_definition: Option<Source>,
    /// Folder in the field list.
    pub display_folder: Option<String>,
    /// Hidden from report authors.
    pub is_hidden: bool,
    /// Other words for it.
    pub synonyms: Vec<String>,
    /// DAX table shown by "see records".
    pub detail_rows: Option<Source>,
    /// Target, status and trend of a KPI.
    pub kpi: Option<Kpi>,
    /// `ImageUrl`, `WebUrl` …
    pub data_category: Option<String>,
    /// Stable id.
    pub lineage_tag: Option<String>,
    /// Annotations.
    pub annotations: Annotations,
    /// Carried along from a foreign file.
    pub other: Vec<(String, String)>,
    /// Where it is defined.
    pub span: Option<Span>,
}

/// Target, status and trend of a measure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kpi {
    /// DAX of the target.
    pub target: Option<Source>,
    /// DAX of the status, −1 to 1.
    pub status: Option<Source>,
    /// DAX of the trend.
    pub trend: Option<Source>,
    /// Graphic of the status.
    pub status_graphic: Option<String>,
    /// Graphic of the trend.
    pub trend_graphic: Option<String>,
    /// Format of the target.
    pub target_format: Option<String>,
}

/// Levels to drill through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hierarchy {
    /// Name, unique in the table.
    pub name: String,
    /// Shown in tool tips.
    pub description: String,
    /// Hidden from report authors.
    pub is_hidden: bool,
    /// Folder in the field list.
    pub display_folder: Option<String>,
    /// Levels from coarse to fine.
    pub levels: Vec<Level>,
    /// Stable id.
    pub lineage_tag: Option<String>,
    /// Annotations.
    pub annotations: Annotations,
    /// Where it is defined.
    pub span: Option<Span>,
}

/// A level of a hierarchy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Level {
    /// Name.
    pub name: String,
    /// Column of the same table.
    pub column: String,
    /// Stable id.
    pub lineage_tag: Option<String>,
}

/// A source of rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Partition {
    /// Name, unique in the table.
    pub name: String,
    /// `import`, `directQuery`, `dual`; empty means import.
    pub mode: String,
    /// Where the rows come from.
    pub source: PartitionSource,
    /// Folder in Power Query's editor.
    pub query_group: Option<String>,
    /// Annotations.
    pub annotations: Annotations,
}

/// What a partition evaluates.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum PartitionSource {
    /// Power Query.
    M(Source),
    /// A DAX table expression.
    Calculated(Source),
    /// The items of a calculation group.
    CalculationGroup,
    /// Rows come from a refresh policy's partitions.
    PolicyRange,
    /// Another entity, a legacy query and the like: (type, text).
    Other(String, String),
    /// Nothing stated.
    #[default]
    None,
}

/// Items that wrap measures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CalculationGroup {
    /// Higher applies outside lower.
    pub precedence: i32,
    /// Items.
    pub items: Vec<CalculationItem>,
    /// Used when several items, or none of them validly, are selected.
    pub multiple_or_empty_selection: Option<CalculationSelection>,
    /// Used when nothing filters the group.
    pub no_selection: Option<CalculationSelection>,
}

/// What a calculation group does without a single selected item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CalculationSelection {
    /// DAX.
    pub expression: Source,
    /// DAX of the format.
    pub format_string_definition: Option<Source>,
}

/// An item of a calculation group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CalculationItem {
    /// Name: the value in the group's column.
    pub name: String,
    /// Shown in tool tips.
    pub description: String,
    /// DAX with `SELECTEDMEASURE ()`.
    pub expression: Source,
    /// DAX of the format.
    pub format_string_definition: Option<Source>,
    /// Position; declaration order when absent.
    pub ordinal: Option<i64>,
    /// Where it is defined.
    pub span: Option<Span>,
}

/// A calendar of calendar-based time intelligence: which columns carry which unit of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calendar {
    /// Name, used as a DAX argument.
    pub name: String,
    /// Time unit (`year`, `quarterOfYear`, `date` …) → primary column and associated columns.
    pub units: Vec<(String, Vec<String>)>,
    /// Columns that only relate to time.
    pub time_related: Vec<String>,
}

/// Incremental refresh.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RefreshPolicy {
    /// `day`, `month`, `quarter`, `year`.
    pub rolling_window_granularity: String,
    /// How many are kept.
    pub rolling_window_periods: u32,
    /// Grain that is refreshed.
    pub incremental_granularity: String,
    /// How many are refreshed.
    pub incremental_periods: u32,
    /// M with `RangeStart` and `RangeEnd`.
    pub source_expression: Source,
}

/// How rows of two tables belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Relationship {
    /// Name, often a GUID.
    pub name: String,
    /// Table of the `from` end (the many side of a regular relationship).
    pub from_table: String,
    /// Column of the `from` end.
    pub from_column: String,
    /// Table of the `to` end (the one side).
    pub to_table: String,
    /// Column of the `to` end.
    pub to_column: String,
    /// Cardinality of the `from` end.
    pub from_cardinality: Cardinality,
    /// Cardinality of the `to` end.
    pub to_cardinality: Cardinality,
    /// Inactive ones wait for USERELATIONSHIP.
    pub is_active: bool,
    /// Which way filters travel.
    pub cross_filter: CrossFilter,
    /// Whether row-level security travels both ways.
    pub security_both: bool,
    /// Compare only the date part of date-times.
    pub join_on_date_part: bool,
    /// Every many-side key is promised to exist on the one side.
    pub relies_on_integrity: bool,
    /// Annotations.
    pub annotations: Annotations,
    /// Where it is defined.
    pub span: Option<Span>,
}

impl Default for Relationship {
    fn default() -> Relationship {
        Relationship {
            name: String::new(),
            from_table: String::new(),
            from_column: String::new(),
            to_table: String::new(),
            to_column: String::new(),
            from_cardinality: Cardinality::Many,
            to_cardinality: Cardinality::One,
            is_active: true,
            cross_filter: CrossFilter::Single,
            security_both: false,
            join_on_date_part: false,
            relies_on_integrity: false,
            annotations: Vec::new(),
            span: None,
        }
    }
}

/// One end of a relationship.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    /// Values are unique.
    One,
    /// Values repeat.
    Many,
}

/// Which way filters travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrossFilter {
    /// From the `to` end to the `from` end.
    Single,
    /// Both ways.
    Both,
    /// As the engine decides (treated as single).
    Automatic,
}

/// A shared M expression.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NamedExpression {
    /// Name.
    pub name: String,
    /// For a parameter, the prompt's help text.
    pub description: String,
    /// M, including `meta [IsParameterQuery = true, …]` for parameters.
    pub expression: Source,
    /// Folder in Power Query's editor.
    pub query_group: Option<String>,
    /// Stable id.
    pub lineage_tag: Option<String>,
    /// Annotations, for instance `PBI_ResultType`.
    pub annotations: Annotations,
    /// Where it is defined.
    pub span: Option<Span>,
}

/// A security role.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Role {
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// `read`, `readRefresh`, `refresh`, `administrator`, `none`.
    pub permission: String,
    /// Row filters: table name → DAX predicate.
    pub table_permissions: Vec<TablePermission>,
    /// Annotations.
    pub annotations: Annotations,
}

/// What a role may see of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TablePermission {
    /// Table.
    pub table: String,
    /// DAX predicate in row context; all rows when absent.
    pub filter: Option<Source>,
    /// Object-level security: `none` hides the table.
    pub metadata_permission: Option<String>,
    /// Column → `none` or `read`.
    pub columns: Vec<(String, String)>,
}

/// A subset of the model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Perspective {
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Tables with what they show.
    pub tables: Vec<PerspectiveTable>,
}

/// A table of a perspective.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PerspectiveTable {
    /// Table.
    pub table: String,
    /// All of it.
    pub include_all: bool,
    /// Columns.
    pub columns: Vec<String>,
    /// Measures.
    pub measures: Vec<String>,
    /// Hierarchies.
    pub hierarchies: Vec<String>,
}

/// Translations into one language.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Culture {
    /// For instance `fr-FR`.
    pub name: String,
    /// Object → words. Ordered so that files do not change with hash seeds.
    pub translations: BTreeMap<ObjectPath, Translation>,
    /// Linguistic schema as JSON text.
    pub linguistic_metadata: Option<String>,
}

/// What a translation speaks of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectPath {
    /// The model.
    Model,
    /// A table.
    Table(String),
    /// Table, column.
    Column(String, String),
    /// Table, measure.
    Measure(String, String),
    /// Table, hierarchy.
    Hierarchy(String, String),
    /// Table, hierarchy, level.
    Level(String, String, String),
}

/// Words of one object in one language.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Translation {
    /// Name.
    pub caption: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// Folder.
    pub display_folder: Option<String>,
}

/// A DAX user-defined function.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Function {
    /// Name, dots allowed.
    pub name: String,
    /// What it does.
    pub description: String,
    /// `( parameters ) => body`.
    pub expression: Source,
    /// Stable id.
    pub lineage_tag: Option<String>,
    /// Annotations.
    pub annotations: Annotations,
    /// Where it is defined.
    pub span: Option<Span>,
}
