//! The model's files as declared: one record per mapping. The JSON Schemas and `docs/model-reference.md` come from here.

use serde_json::{Value as Json, json};

use super::yaml::{Context, Decode, Entries, Kind, Node, Schemas, Spanned};
use crate::base::Diagnostic;
use crate::model::Source;
use crate::{choice, record};

choice! {
    /// Where the template's data comes from.
    pub enum SourceKind {
        /// A small made-up company inside the template: opens with data, no account needed.
        Sample = "sample",
        /// A company folder of raw pages, or the tables made from them.
        Folder = "folder",
        /// Xero client credentials over HTTPS from plain M.
        CustomConnection = "custom-connection",
        /// The custom connector `Xero.mez`.
        Connector = "connector",
    }
}

choice! {
    /// Where the folder of the `folder` source lies; one data-source function per template.
    pub enum FolderKind {
        /// A disk; the service needs a gateway.
        Local = "local",
        /// A SharePoint or OneDrive library.
        SharePoint = "sharepoint",
        /// Azure Data Lake Storage.
        Adls = "adls",
    }
}

choice! {
    /// Type of a parameter.
    pub enum ParameterType {
        /// Text.
        Text = "text",
        /// A number.
        Number = "number",
        /// A date.
        Date = "date",
        /// A date with time.
        DateTime = "datetime",
        /// True or false.
        Boolean = "boolean",
    }
}

choice! {
    /// Type of a column.
    pub enum ColumnType {
        /// Text.
        Text = "text",
        /// A whole number.
        Integer = "integer",
        /// A fixed decimal number with 4 decimals: money.
        Decimal = "decimal",
        /// A floating-point number.
        Double = "double",
        /// A date without time.
        Date = "date",
        /// A date with time.
        DateTime = "datetime",
        /// True or false.
        Boolean = "boolean",
    }
}

choice! {
    /// Default aggregation of a column.
    pub enum Summarize {
        /// None.
        None = "none",
        /// Sum.
        Sum = "sum",
        /// Smallest.
        Min = "min",
        /// Largest.
        Max = "max",
        /// Count.
        Count = "count",
        /// Mean.
        Average = "average",
        /// Distinct count.
        DistinctCount = "distinct-count",
    }
}

choice! {
    /// Which way filters travel over a relationship.
    pub enum Direction {
        /// From the one side to the many side.
        Single = "single",
        /// Both ways.
        Both = "both",
    }
}

choice! {
    /// How many rows of the `from` column meet how many of the `to` column.
    pub enum CardinalityWord {
        /// The usual one: a fact's key to a dimension's.
        ManyToOne = "many-to-one",
        /// One to one.
        OneToOne = "one-to-one",
        /// One to many.
        OneToMany = "one-to-many",
        /// Many to many.
        ManyToMany = "many-to-many",
    }
}

choice! {
    /// A unit of time of a refresh policy.
    pub enum Granularity {
        /// Day.
        Day = "day",
        /// Month.
        Month = "month",
        /// Quarter.
        Quarter = "quarter",
        /// Year.
        Year = "year",
    }
}

record! {
    /// `model.yaml`: name, culture, source and parameters of the template.
    pub struct RawModel {
        /// What this folder changes: `shipped`, or the path of another model folder. Absent in a model that stands alone.
        pub extends: Option<Spanned<String>>,
        /// Name of the template; the files are named after it.
        pub name: Spanned<String>,
        /// What it is for; shown in the parameter dialog.
        pub description: Option<String>,
        /// Language and formats of the model, for instance `en-US`.
        pub culture: Option<Spanned<String>>,
        /// Analysis Services compatibility level, at least 1601 for dynamic formats.
        pub compatibility_level: Option<Spanned<u32>>,
        /// Where the data comes from when `--source` is not given.
        pub source: Option<SourceKind>,
        /// Where the folder of the `folder` source lies.
        pub folder_kind: Option<FolderKind>,
        /// Last month and day of the fiscal year, `MM-DD`; null takes the first organisation's.
        pub fiscal_year_end: Option<Spanned<String>>,
        /// What the template asks for when it is opened.
        pub parameters: Vec<RawParameter>,
        /// Row-level security roles.
        pub roles: Vec<RawRole>,
        /// DAX user-defined functions; they need compatibility level 1702.
        pub functions: Vec<RawFunction>,
    }
}

record! {
    /// A parameter that Power BI Desktop asks for.
    pub struct RawParameter {
        /// Name, used in M as `#"Name"`.
        pub name: Spanned<String>,
        /// Type of the value.
        pub r#type: ParameterType,
        /// Whether loading waits until it is filled in.
        pub required: bool,
        /// Value in the file; null asks.
        pub default: Option<Spanned<Scalar>>,
        /// Values to choose from.
        pub values: Vec<Spanned<Scalar>>,
        /// For which sources it exists; absent: all.
        pub sources: Option<Vec<SourceKind>>,
        /// Shown beside the field.
        pub description: Option<String>,
        /// Whether it holds a secret, which the saved file would carry in clear text.
        pub secret: bool,
    }
}

record! {
    /// A role with row filters.
    pub struct RawRole {
        /// Name.
        pub name: Spanned<String>,
        /// What it is for.
        pub description: Option<String>,
        /// Table → DAX that is true for visible rows.
        pub filters: Entries<Source>,
    }
}

record! {
    /// A DAX user-defined function.
    pub struct RawFunction {
        /// Name, dots allowed.
        pub name: Spanned<String>,
        /// `( parameters ) => body`.
        pub expression: Source,
        /// What it does.
        pub description: Option<String>,
    }
}

record! {
    /// A file of `tables/`: one table.
    pub struct RawTable {
        /// Name.
        pub name: Spanned<String>,
        /// What a row is; shown in tool tips.
        pub description: Option<String>,
        /// Where the rows come from; absent for a table that only holds measures.
        pub source: Option<TableSource>,
        /// Hidden from report authors.
        pub hidden: bool,
        /// `Time` marks the date table.
        pub data_category: Option<String>,
        /// Columns in display order.
        pub columns: Vec<RawColumn>,
        /// Levels to drill through.
        pub hierarchies: Vec<RawHierarchy>,
        /// Incremental refresh.
        pub refresh_policy: Option<RawRefreshPolicy>,
        /// Folder of its query in Power Query's editor.
        pub query_group: Option<String>,
    }
}

record! {
    /// A column.
    pub struct RawColumn {
        /// Name.
        pub name: Spanned<String>,
        /// Type; may be left out for a calculated column.
        pub r#type: Option<ColumnType>,
        /// What it holds; shown in tool tips.
        pub description: Option<String>,
        /// Primary key of the table.
        pub key: bool,
        /// Hidden from report authors.
        pub hidden: bool,
        /// Display format, for instance `#,0.00`.
        pub format: Option<String>,
        /// Column of the same table whose order this one takes.
        pub sort_by: Option<Spanned<String>>,
        /// Default aggregation, `none` when absent.
        pub summarize_by: Option<Summarize>,
        /// `WebUrl`, `Country`, `City` …
        pub data_category: Option<String>,
        /// Folder in the field list.
        pub folder: Option<String>,
        /// Other words for it.
        pub synonyms: Vec<String>,
        /// Name in the query's result, where it differs.
        pub source_column: Option<String>,
        /// DAX of a calculated column.
        pub expression: Option<Source>,
    }
}

record! {
    /// A hierarchy.
    pub struct RawHierarchy {
        /// Name.
        pub name: Spanned<String>,
        /// What it is for.
        pub description: Option<String>,
        /// Hidden from report authors.
        pub hidden: bool,
        /// Folder in the field list.
        pub folder: Option<String>,
        /// Levels from coarse to fine.
        pub levels: Vec<RawLevel>,
    }
}

record! {
    /// A level of a hierarchy.
    pub struct RawLevel {
        /// Name.
        pub name: Spanned<String>,
        /// Column of the table.
        pub column: Spanned<String>,
    }
}

record! {
    /// Incremental refresh of a table.
    pub struct RawRefreshPolicy {
        /// Date column that partitions the rows.
        pub column: Spanned<String>,
        /// How many periods are kept.
        pub keep: u32,
        /// Unit of `keep`.
        pub keep_unit: Granularity,
        /// How many periods are loaded again by each refresh.
        pub refresh: u32,
        /// Unit of `refresh`.
        pub refresh_unit: Granularity,
    }
}

record! {
    /// A calculation group.
    pub struct RawCalculationGroup {
        /// Higher applies outside lower.
        pub precedence: Option<i32>,
        /// Items in order.
        pub items: Vec<RawCalculationItem>,
    }
}

record! {
    /// An item of a calculation group.
    pub struct RawCalculationItem {
        /// Name: the value in the group's column.
        pub name: Spanned<String>,
        /// DAX with `SELECTEDMEASURE ()`.
        pub expression: Source,
        /// DAX of the format.
        pub format_expression: Option<Source>,
        /// What it does.
        pub description: Option<String>,
    }
}

record! {
    /// `relationships.yaml`.
    pub struct RawRelationships {
        /// The relationships.
        pub relationships: Vec<RawRelationship>,
    }
}

record! {
    /// A relationship.
    pub struct RawRelationship {
        /// Column of the many side, `Table[Column]`.
        pub from: Spanned<String>,
        /// Column of the one side, `Table[Column]`.
        pub to: Spanned<String>,
        /// Inactive ones wait for USERELATIONSHIP; active when absent.
        pub active: Option<bool>,
        /// Which way filters travel; `single` when absent.
        pub direction: Option<Direction>,
        /// `many-to-one` when absent.
        pub cardinality: Option<CardinalityWord>,
    }
}

record! {
    /// A file of `measures/`.
    pub struct RawMeasures {
        /// Home table.
        pub table: Option<Spanned<String>>,
        /// Folder of all measures of the file.
        pub folder: Option<String>,
        /// The measures.
        pub measures: Vec<RawMeasure>,
    }
}

record! {
    /// A measure.
    pub struct RawMeasure {
        /// Name, unique in the model.
        pub name: Spanned<String>,
        /// DAX.
        pub expression: Source,
        /// Home table, where it differs from the file's; `Measures` when neither is given.
        pub table: Option<Spanned<String>>,
        /// Folder, where it differs from the file's; levels divided by `\`.
        pub folder: Option<String>,
        /// Display format, for instance `#,0.00`.
        pub format: Option<String>,
        /// DAX that gives a format.
        pub format_expression: Option<Source>,
        /// What it says and how it is computed.
        pub description: Option<String>,
        /// Other words for it.
        pub synonyms: Vec<String>,
        /// Hidden from report authors.
        pub hidden: bool,
        /// `ImageUrl`, `WebUrl` …
        pub data_category: Option<String>,
        /// DAX table shown by "see records".
        pub detail_rows: Option<Source>,
        /// Figure of the reference that it must equal; null for none.
        pub reference: Option<Spanned<String>>,
        /// Proof: values it must have for given filters.
        pub expect: Option<Node>,
        /// Proof: DAX that must give the same.
        pub equals: Option<Node>,
        /// Proof: statements that must hold.
        pub invariants: Option<Node>,
        /// Proof: remembered values.
        pub snapshot: Option<Node>,
    }
}

record! {
    /// A file of `locales/`: one language.
    pub struct RawLocale {
        /// Language tag, for instance `fr-FR`.
        pub culture: Spanned<String>,
        /// Words of tables.
        pub tables: Entries<RawTableWords>,
        /// Words of measures.
        pub measures: Entries<Words>,
        /// Folder → its translation.
        pub folders: Entries<String>,
        /// Text of the report → its translation.
        pub report: Entries<String>,
    }
}

record! {
    /// Words of a table in one language.
    pub struct RawTableWords {
        /// Name.
        pub caption: Option<String>,
        /// Description.
        pub description: Option<String>,
        /// Words of columns.
        pub columns: Entries<Words>,
        /// Words of hierarchies.
        pub hierarchies: Entries<RawHierarchyWords>,
    }
}

record! {
    /// Words of a hierarchy in one language.
    pub struct RawHierarchyWords {
        /// Name.
        pub caption: Option<String>,
        /// Description.
        pub description: Option<String>,
        /// Words of levels.
        pub levels: Entries<Words>,
    }
}

record! {
    /// Words of an object in one language.
    pub struct RawWords {
        /// Name.
        pub caption: Option<String>,
        /// Description.
        pub description: Option<String>,
    }
}

/// Words of an object: a mapping, or only the caption.
#[derive(Clone, Debug, PartialEq)]
pub struct Words(pub RawWords);

impl Decode for Words {
    fn decode(node: &Node, cx: &mut Context) -> Option<Words> {
        match &node.kind {
            Kind::Scalar(_) => String::decode(node, cx).map(|c| Words(RawWords { caption: Some(c), description: None, span: node.span })),
            _ => RawWords::decode(node, cx).map(Words),
        }
    }
    fn schema(schemas: &mut Schemas) -> Json {
        json!({"anyOf": [{"type": "string"}, RawWords::schema(schemas)]})
    }
}

/// A value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// Text or a date.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Boolean(bool),
}

impl Decode for Scalar {
    fn decode(node: &Node, cx: &mut Context) -> Option<Scalar> {
        match node.to_json() {
            Json::Bool(value) => Some(Scalar::Boolean(value)),
            Json::Number(number) => number.as_f64().map(Scalar::Number),
            Json::String(text) => Some(Scalar::Text(text)),
            _ => cx.wrong_kind(node, "a value"),
        }
    }
    fn schema(_: &mut Schemas) -> Json {
        json!({"type": ["string", "number", "boolean"]})
    }
}

/// Where the rows of a table come from.
#[derive(Clone, Debug, PartialEq)]
pub enum TableSource {
    /// A template `templates/tables/<name>.m.hbs`.
    Template(Spanned<String>),
    /// M.
    M(Source),
    /// A DAX table expression.
    Dax(Source),
    /// A calculation group.
    CalculationGroup(RawCalculationGroup),
}

record! {
    /// Where the rows of a table come from: exactly one of these.
    pub struct RawTableSource {
        /// A template `templates/tables/<name>.m.hbs`.
        pub m: Option<Spanned<String>>,
        /// M text.
        pub m_text: Option<Source>,
        /// A DAX table expression: the table is calculated.
        pub dax: Option<Source>,
        /// Calculation items.
        pub calculation_group: Option<RawCalculationGroup>,
    }
}

impl Decode for TableSource {
    fn decode(node: &Node, cx: &mut Context) -> Option<TableSource> {
        let raw = RawTableSource::decode(node, cx)?;
        let mut given = Vec::new();
        given.extend(raw.m.map(TableSource::Template));
        given.extend(raw.m_text.map(TableSource::M));
        given.extend(raw.dax.map(TableSource::Dax));
        given.extend(raw.calculation_group.map(TableSource::CalculationGroup));
        match (given.pop(), given.is_empty()) {
            (Some(source), true) => Some(source),
            (None, _) => cx.fail(
                Diagnostic::error("P0109", "a table source names none of `m`, `m-text`, `dax`, `calculation-group`")
                    .at(node.span, "no source")
                    .help("leave out `source` for a table that only holds measures"),
            ),
            _ => cx.fail(Diagnostic::error("P0109", "a table has one source, here are several").at(node.span, "keep one of these")),
        }
    }
    fn schema(schemas: &mut Schemas) -> Json {
        RawTableSource::schema(schemas)
    }
}
