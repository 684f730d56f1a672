//! What a visual shows: columns, measures, aggregations, levels of hierarchies.

use crate::base::Span;

/// A field of the model, or an expression that only Power BI understands.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// A column.
    Column {
        /// Table.
        table: String,
        /// Column.
        column: String,
    },
    /// A measure.
    Measure {
        /// Its home table.
        table: String,
        /// Measure.
        measure: String,
    },
    /// An aggregation of a column.
    Aggregation {
        /// Table.
        table: String,
        /// Column.
        column: String,
        /// How its values become one.
        function: Aggregation,
    },
    /// A level of a hierarchy.
    Level {
        /// Table.
        table: String,
        /// Hierarchy.
        hierarchy: String,
        /// Level.
        level: String,
    },
    /// An expression of a foreign report.
    Raw(serde_json::Value),
}

/// How the values of a column become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregation {
    /// Sum.
    Sum,
    /// Mean.
    Average,
    /// Number of different values.
    DistinctCount,
    /// Smallest.
    Min,
    /// Largest.
    Max,
    /// Number of values that are not blank.
    Count,
    /// Median.
    Median,
    /// Standard deviation of a population.
    StandardDeviation,
    /// Variance of a population.
    Variance,
}

impl Aggregation {
    /// All of them in the order of their codes in files (0, 1, 2 …).
    pub const ALL: [Aggregation; 9] = [
        Aggregation::Sum,
        Aggregation::Average,
        Aggregation::DistinctCount,
        Aggregation::Min,
        Aggregation::Max,
        Aggregation::Count,
        Aggregation::Median,
        Aggregation::StandardDeviation,
        Aggregation::Variance,
    ];

    /// The word in the YAML.
    pub fn name(self) -> &'static str {
        match self {
            Aggregation::Sum => "sum",
            Aggregation::Average => "average",
            Aggregation::DistinctCount => "distinct-count",
            Aggregation::Min => "min",
            Aggregation::Max => "max",
            Aggregation::Count => "count",
            Aggregation::Median => "median",
            Aggregation::StandardDeviation => "standard-deviation",
            Aggregation::Variance => "variance",
        }
    }

    /// Its code in files.
    pub fn code(self) -> u64 {
        Aggregation::ALL.iter().position(|a| *a == self).expect("listed") as u64
    }

    /// From its code in files.
    pub fn from_code(code: u64) -> Option<Aggregation> {
        Aggregation::ALL.get(usize::try_from(code).ok()?).copied()
    }

    /// The word in `queryRef`s.
    pub fn query_name(self) -> &'static str {
        match self {
            Aggregation::Sum => "Sum",
            Aggregation::Average => "Avg",
            Aggregation::DistinctCount => "Count",
            Aggregation::Min => "Min",
            Aggregation::Max => "Max",
            Aggregation::Count => "CountNonNull",
            Aggregation::Median => "Median",
            Aggregation::StandardDeviation => "StandardDeviation",
            Aggregation::Variance => "Variance",
        }
    }
}

impl Field {
    /// A column.
    pub fn column(table: impl Into<String>, column: impl Into<String>) -> Field {
        Field::Column { table: table.into(), column: column.into() }
    }

    /// A measure with its home table.
    pub fn measure(table: impl Into<String>, measure: impl Into<String>) -> Field {
        Field::Measure { table: table.into(), measure: measure.into() }
    }

    /// The table, when it is known.
    pub fn table(&self) -> Option<&str> {
        match self {
            Field::Column { table, .. } | Field::Measure { table, .. } | Field::Aggregation { table, .. } | Field::Level { table, .. } => {
                Some(table)
            }
            Field::Raw(_) => None,
        }
    }

    /// The last part of its name: column, measure or level.
    pub fn name(&self) -> &str {
        match self {
            Field::Column { column, .. } | Field::Aggregation { column, .. } => column,
            Field::Measure { measure, .. } => measure,
            Field::Level { level, .. } => level,
            Field::Raw(_) => "",
        }
    }

    /// Whether it gives one value per group (a measure or an aggregation) and does not group itself.
    pub fn is_value(&self) -> bool {
        matches!(self, Field::Measure { .. } | Field::Aggregation { .. })
    }

    /// The `queryRef` by which other parts of a visual name it.
    pub fn query_ref(&self) -> String {
        match self {
            Field::Column { table, column } => format!("{table}.{column}"),
            Field::Measure { table, measure } => format!("{table}.{measure}"),
            Field::Aggregation { table, column, function } => format!("{}({table}.{column})", function.query_name()),
            Field::Level { table, hierarchy, level } => format!("{table}.{hierarchy}.{level}"),
            Field::Raw(_) => "expression".to_owned(),
        }
    }

    /// As the YAML and messages write it: `Table[Column]`, `[Measure]`, `sum(Table[Column])`, `Table[Hierarchy].[Level]`.
    pub fn notation(&self) -> String {
        match self {
            Field::Column { table, column } => format!("{table}[{column}]"),
            Field::Measure { measure, .. } => format!("[{measure}]"),
            Field::Aggregation { table, column, function } => format!("{}({table}[{column}])", function.name()),
            Field::Level { table, hierarchy, level } => format!("{table}[{hierarchy}].[{level}]"),
            Field::Raw(_) => "expression".to_owned(),
        }
    }
}

/// A field in a role of a visual.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// What is shown.
    pub field: Field,
    /// Heading in this visual, translated; the field's own name when absent.
    pub display_name: Option<String>,
    /// Number format in this visual instead of the model's.
    pub format: Option<String>,
    /// The level of a chart or matrix that is shown first.
    pub is_active: bool,
    /// `queryRef` of a foreign file where it is not the derived one.
    pub query_ref: Option<String>,
    /// `nativeQueryRef` of a foreign file where it is not the derived one.
    pub native_query_ref: Option<String>,
    /// Where it is defined.
    pub span: Option<Span>,
}

impl Projection {
    /// Shows `field` under its own name.
    pub fn new(field: Field) -> Projection {
        Projection { field, display_name: None, format: None, is_active: false, query_ref: None, native_query_ref: None, span: None }
    }

    /// The `queryRef` by which other parts of the visual name it.
    pub fn query_ref(&self) -> String {
        self.query_ref.clone().unwrap_or_else(|| self.field.query_ref())
    }

    /// What people read as its heading.
    pub fn heading(&self) -> &str {
        self.display_name.as_deref().unwrap_or_else(|| self.field.name())
    }
}
