//! The bound tree: names resolved to numbers, row contexts to levels, types known.

use std::sync::Arc;

use crate::dax::catalog::{ColId, MeasureId, RelId, TableId};
use crate::dax::functions::Function;
use crate::dax::syntax::Place;
use crate::table::{DataType, Value};

/// Static type of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Ty {
    Blank,
    Int,
    Currency,
    Double,
    Date,
    Boolean,
    Text,
    Binary,
    /// Known only when evaluated.
    Variant,
}

impl Ty {
    /// The type of a stored column.
    pub fn of(data_type: Option<DataType>) -> Ty {
        match data_type {
            Some(DataType::Int64) => Ty::Int,
            Some(DataType::Double) => Ty::Double,
            Some(DataType::Currency) => Ty::Currency,
            Some(DataType::String) => Ty::Text,
            Some(DataType::Boolean) => Ty::Boolean,
            Some(DataType::DateTime) => Ty::Date,
            Some(DataType::Binary) => Ty::Binary,
            None => Ty::Variant,
        }
    }

    /// The stored type, if there is one.
    pub fn data_type(self) -> Option<DataType> {
        Some(match self {
            Ty::Int => DataType::Int64,
            Ty::Currency => DataType::Currency,
            Ty::Double => DataType::Double,
            Ty::Date => DataType::DateTime,
            Ty::Boolean => DataType::Boolean,
            Ty::Text => DataType::String,
            Ty::Binary => DataType::Binary,
            Ty::Blank | Ty::Variant => return None,
        })
    }

    /// Int, Currency or Double.
    pub fn is_number(self) -> bool {
        matches!(self, Ty::Int | Ty::Currency | Ty::Double)
    }

    /// The type of a value.
    pub fn of_value(value: &Value) -> Ty {
        match value.data_type() {
            None => Ty::Blank,
            some => Ty::of(some),
        }
    }

    /// The common type of several branches.
    pub fn unify(self, other: Ty) -> Ty {
        match (self, other) {
            (a, b) if a == b => a,
            (Ty::Blank, b) => b,
            (a, Ty::Blank) => a,
            (Ty::Double, b) if b.is_number() => Ty::Double,
            (a, Ty::Double) if a.is_number() => Ty::Double,
            (Ty::Currency, Ty::Int) | (Ty::Int, Ty::Currency) => Ty::Currency,
            _ => Ty::Variant,
        }
    }
}

/// A column of a table expression.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemaColumn {
    /// Table part of the name: `Sales` of `Sales[Amount]`.
    pub table: Option<Arc<str>>,
    /// Name inside the brackets.
    pub name: Arc<str>,
    /// The model column whose values it holds.
    pub lineage: Option<ColId>,
    /// Type.
    pub ty: Ty,
}

impl SchemaColumn {
    /// `Sales[Amount]` or `[Name]`.
    pub fn label(&self) -> String {
        match &self.table {
            Some(table) => format!("{table}[{}]", self.name),
            None => format!("[{}]", self.name),
        }
    }
}

/// Columns of a table expression, and the model tables whose whole rows it carries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// Columns.
    pub columns: Vec<SchemaColumn>,
    /// Tables whose rows take part.
    pub bases: Vec<TableId>,
    /// Whether rows may repeat (no key): window functions then need MATCHBY.
    pub may_repeat: bool,
}

/// A shared node.
pub type N = Arc<Node>;

/// A bound expression.
#[derive(Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Static type of a scalar.
    pub ty: Ty,
    /// Columns of a table; `None` for a scalar.
    pub schema: Option<Arc<Schema>>,
    /// Where it was written.
    pub at: Place,
    /// What it depends on.
    pub deps: Deps,
}

/// What an expression depends on beside the data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deps {
    /// Bit *n*: reads the row context at level *n*.
    pub frames: u64,
    /// Reads the filter context (or the state of calculation groups).
    pub filter: bool,
    /// Reads these variables of its surroundings, ascending.
    pub vars: Vec<u32>,
    /// Reads the group of GROUPBY or other state outside these.
    pub other: bool,
    /// Turns the row contexts in force into filters somewhere inside.
    pub transition: bool,
}

impl Deps {
    /// Adds those of another expression.
    pub fn add(&mut self, other: &Deps) {
        self.frames |= other.frames;
        self.filter |= other.filter;
        self.other |= other.other;
        self.transition |= other.transition;
        for var in &other.vars {
            if let Err(at) = self.vars.binary_search(var) {
                self.vars.insert(at, *var);
            }
        }
    }

    /// Whether the value is the same wherever it is evaluated.
    pub fn is_constant(&self) -> bool {
        self.frames == 0 && !self.filter && self.vars.is_empty() && !self.other && !self.transition
    }

    /// Whether the value changes with the row at `level`.
    pub fn reads_row(&self, level: usize) -> bool {
        self.transition || self.other || self.frames & (1 << level.min(63)) != 0
    }
}

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ArithOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum CmpOp {
    Equal,
    StrictEqual,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// An aggregation over the rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum AggKind {
    Sum,
    Average,
    AverageA,
    Min,
    Max,
    MinA,
    MaxA,
    Count,
    CountA,
    CountBlank,
    CountRows,
    DistinctCount,
    DistinctCountNoBlank,
    Product,
    GeoMean,
    Median,
    StdevS,
    StdevP,
    VarS,
    VarP,
}

/// What REMOVEFILTERS, ALL and their kin clear.
#[derive(Clone, Debug, PartialEq)]
pub enum Removal {
    /// Everything.
    Everything,
    /// The columns of a table's expansion.
    Table(TableId),
    /// Columns.
    Columns(Vec<ColId>),
    /// A table's expansion but for some columns.
    Except(TableId, Vec<ColId>),
    /// Back to the selection of the query: everything.
    SelectedEverything,
    /// Back to the selection: a table.
    SelectedTable(TableId),
    /// Back to the selection: columns.
    SelectedColumns(Vec<ColId>),
    /// Whatever reaches a table.
    CrossFiltered(TableId),
}

/// Direction given by CROSSFILTER.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Direction {
    None,
    OneWay,
    Both,
    /// One way, but from the many side to the one side.
    Reverse,
}

/// An argument of CALCULATE.
#[derive(Clone, Debug)]
pub enum FilterArg {
    /// A table whose rows become a filter.
    Table {
        /// The table.
        table: N,
        /// KEEPFILTERS.
        keep: bool,
    },
    /// A remover.
    Remove(Removal),
    /// USERELATIONSHIP.
    Use(RelId),
    /// CROSSFILTER.
    Cross(RelId, Direction),
    /// A calendar or other time column set was touched.
    None,
}

/// A sort key: expression in the row context of the table, and whether it descends.
pub type Key = (N, bool);

/// A group of columns of SUMMARIZECOLUMNS with what ROLLUPADDISSUBTOTAL adds.
#[derive(Clone, Debug)]
pub struct GroupLevel {
    /// Columns of this level.
    pub columns: Vec<ColId>,
    /// The ROLLUPADDISSUBTOTAL that adds subtotals over this level, counted from 0.
    pub rollup: Option<usize>,
    /// Position of the flag column in the result, if any.
    pub flag: Option<usize>,
    /// Filters of the rows that this is the last level of.
    pub filters: Vec<N>,
}

/// How the time window of a classic time-intelligence function is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Time {
    DatesYtd,
    DatesQtd,
    DatesMtd,
    DatesWtd,
    DateAdd,
    ParallelPeriod,
    SamePeriodLastYear,
    Previous,
    Next,
    DatesInPeriod,
    DatesBetween,
    FirstDate,
    LastDate,
    StartOf,
    EndOf,
    /// The last day before the period (OPENINGBALANCE…).
    Opening,
}

/// A period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Period {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// What DATEADD does at the ends of months.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// What becomes of a selection that ends with its month.
    pub extension: Extension,
    /// Days that the other month does not have are left out and not taken as its last day.
    pub blanks: bool,
}

/// What becomes of a selection that ends with its month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extension {
    /// Several days that end with their month end with the other month.
    #[default]
    Extending,
    /// Every day moves by itself.
    Precise,
    /// A single last day becomes the last day of the other month as well.
    EndAligned,
}

/// A window function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum WindowKind {
    Index,
    Offset,
    Window,
    Rank { dense: bool },
    RowNumber,
}

/// The arguments that window functions share.
#[derive(Clone, Debug)]
pub struct WindowSpec {
    /// Which function.
    pub kind: WindowKind,
    /// Position, distance or bounds.
    pub numbers: Vec<N>,
    /// WINDOW: whether the bounds are absolute.
    pub absolute: [bool; 2],
    /// The relation.
    pub relation: N,
    /// Sort keys, the relation's row being the row context at `level`; each with descending and blanks first.
    pub order: Vec<(N, bool, Option<bool>)>,
    /// Columns of the relation that divide it.
    pub partition: Vec<usize>,
    /// Columns of the relation that find the current row.
    pub matching: Vec<usize>,
    /// Level of the row context.
    pub level: usize,
    /// For each column of the relation: the outer row context (level, column) that gives the current row's value.
    pub outer: Vec<Option<(usize, usize)>>,
}

/// A walk over the visual matrix.
#[derive(Debug)]
pub struct VisualSpec {
    /// The laid-out table.
    pub table: TableId,
    /// Axes that are walked, by position.
    pub axes: Vec<usize>,
    /// Where it leads.
    pub step: VisualStep,
    /// Sort keys instead of the axes' own, each with descending and blanks first; the row is a filter over the table.
    pub order: Vec<(N, bool, Option<bool>)>,
    /// Where blanks go in the axes' own order.
    pub blanks: Option<bool>,
    /// Columns of PARTITIONBY.
    pub partition: Vec<ColId>,
    /// Where the walk starts anew: 0 never, 1 within each element of the highest level, −1 within the parent …
    pub reset: i64,
    /// What is evaluated there; a table of rows without it.
    pub value: Option<N>,
}

/// Where a walk over the visual matrix leads.
#[derive(Debug)]
pub enum VisualStep {
    /// As many elements further.
    Offset(N),
    /// An element by position, from the end when negative.
    Index(N),
    /// From one element to another; whether each bound is absolute.
    Window(N, N, [bool; 2]),
    /// Up.
    Collapse(Depth),
    /// Down.
    Expand(Depth),
    /// To the cell with these values; with totals, columns that are not named are totals.
    Lookup(Vec<(ColId, N)>, bool),
    /// RANK.
    Rank {
        /// DENSE.
        dense: bool,
    },
    /// ROWNUMBER.
    RowNumber,
    /// ISATLEVEL.
    IsAtLevel(ColId),
}

/// How far COLLAPSE and EXPAND go.
#[derive(Debug)]
pub enum Depth {
    /// As many levels.
    By(N),
    /// To the end.
    All,
    /// Until none (COLLAPSE) or all (EXPAND) of these columns are there.
    Columns(Vec<ColId>),
}

/// Scalar functions whose rule needs more than the values of their arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Op {
    If,
    IfEager,
    Switch,
    IfError,
    IsError,
    Coalesce,
    Min2,
    Max2,
    Divide,
    IsBlank,
    Error,
    IsEmpty,
    Contains,
    ContainsRow,
    RankEq,
    HasOneValue,
    SelectedMeasureName,
    SelectedMeasureFormat,
    PercentileInc,
    PercentileExc,
    PercentileIncX,
    PercentileExcX,
    ToCsv,
    ToJson,
    Path,
    UserCulture,
    Xirr,
    Xnpv,
    Linest,
    NetworkDays,
}

/// The forms of bound expressions.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Kind {
    Const(Value),
    Var(u32),
    Col {
        level: usize,
        index: usize,
    },
    Measure(MeasureId),
    SelectedMeasure,
    IsSelectedMeasure(Vec<MeasureId>),
    Neg(N),
    Arith(ArithOp, N, N),
    /// A long chain of arithmetic, grouped from the left.
    ArithChain(N, Vec<(ArithOp, N)>),
    Concat(Vec<N>),
    Cmp(CmpOp, N, N),
    And(Vec<N>),
    Or(Vec<N>),
    Not(N),
    In(Vec<N>, N),
    Let(Vec<(u32, N)>, N),
    Calculate(N, Vec<FilterArg>),
    Scalar(&'static Function, Vec<N>),
    Op(Op, Vec<N>),
    TableAsScalar(N),
    /// Aggregation of `expr` (row context at `level`) over a table.
    Agg {
        kind: AggKind,
        table: N,
        expr: Option<N>,
        level: usize,
        variant: bool,
    },
    Percentile {
        table: N,
        expr: N,
        k: N,
        level: usize,
        exclusive: bool,
    },
    ConcatX {
        table: N,
        expr: N,
        delimiter: Option<N>,
        keys: Vec<Key>,
        level: usize,
    },
    RankX {
        table: N,
        expr: N,
        value: Option<N>,
        descending: bool,
        dense: bool,
        level: usize,
    },
    RankEq {
        value: N,
        column: N,
        descending: bool,
    },
    Lookup {
        result: ColId,
        search: Vec<(ColId, N)>,
        alternate: Option<N>,
    },
    ContainsTable {
        table: N,
        search: Vec<(usize, N)>,
    },
    Related {
        column: ColId,
        level: usize,
        base: TableId,
    },
    SelectedValue(ColId, Option<N>),
    HasOneValue(ColId),
    HasOneFilter(ColId),
    IsFiltered(Vec<ColId>, Option<TableId>),
    IsCrossFiltered(Vec<ColId>, TableId),
    IsInScope(ColId),
    IsEmpty(N),
    IsAfter {
        keys: Vec<(N, N, bool)>,
        or_on: bool,
    },
    FirstNonBlankValue {
        table: N,
        expr: N,
        level: usize,
        last: bool,
    },
    Window(Box<WindowSpec>),
    /// A walk over the visual matrix; a table of its rows, or a value in the context it leads to.
    Visual(Box<VisualSpec>),
    Linest {
        table: N,
        y: N,
        xs: Vec<N>,
        constant: Option<N>,
        level: usize,
    },
    Xirr {
        table: N,
        values: N,
        dates: N,
        guess: Option<N>,
        alternate: Option<N>,
        level: usize,
    },
    Xnpv {
        table: N,
        values: N,
        dates: N,
        rate: N,
        level: usize,
    },
    NetworkDays {
        start: N,
        end: N,
        weekend: Option<N>,
        holidays: Option<N>,
    },
    Path {
        id: ColId,
        parent: ColId,
        level: usize,
        id_index: usize,
    },
    ToText {
        table: N,
        json: bool,
        args: Vec<N>,
    },
    NameOf(String),

    // Tables.
    /// A model table; `blank` = with the blank row.
    Table {
        table: TableId,
        blank: bool,
    },
    /// ALL and ALLNOBLANKROW of a table.
    AllTable {
        table: TableId,
        blank: bool,
    },
    /// Distinct visible combinations of columns; one column for VALUES and DISTINCT.
    Values {
        columns: Vec<ColId>,
        blank: bool,
    },
    /// Distinct combinations without filters.
    AllColumns {
        columns: Vec<ColId>,
        blank: bool,
    },
    AllSelectedTable(TableId),
    AllSelectedColumns(Vec<ColId>),
    Filters(ColId),
    Distinct(N),
    FilterRows {
        table: N,
        predicate: N,
        level: usize,
    },
    AddColumns {
        table: N,
        exprs: Vec<N>,
        level: usize,
    },
    SelectColumns {
        table: N,
        exprs: Vec<N>,
        level: usize,
    },
    Row(Vec<N>),
    Constructor {
        rows: Vec<Vec<N>>,
    },
    DataTable(Vec<Vec<Value>>),
    TopN {
        n: N,
        skip: Option<N>,
        table: N,
        keys: Vec<Key>,
        level: usize,
    },
    Sample {
        n: N,
        table: N,
        keys: Vec<Key>,
        level: usize,
    },
    Generate {
        left: N,
        right: N,
        all: bool,
        level: usize,
    },
    CrossJoin(Vec<N>),
    Union(Vec<N>),
    Intersect(N, N),
    Except(N, N),
    NaturalJoin {
        left: N,
        right: N,
        pairs: Vec<(usize, usize)>,
        right_rest: Vec<usize>,
        outer: bool,
    },
    TreatAs {
        table: N,
        columns: Vec<ColId>,
    },
    Series {
        start: N,
        end: N,
        step: Option<N>,
    },
    Calendar {
        start: N,
        end: N,
    },
    CalendarAuto(Option<N>),
    KeepFilters(N),
    NonVisual(N),
    Summarize {
        table: N,
        groups: Vec<SummarizeGroup>,
        exprs: Vec<N>,
        level: usize,
    },
    SummarizeColumns(Box<SummarizeColumns>),
    GroupBy {
        table: N,
        keys: Vec<GroupKey>,
        exprs: Vec<N>,
        level: usize,
    },
    CurrentGroup,
    IsSubtotal(Vec<usize>),
    Time {
        time: Time,
        period: Period,
        dates: N,
        column: ColId,
        numbers: Vec<N>,
        year_end: Option<(u32, u32)>,
        shift: Shift,
        calendar: Option<usize>,
    },
    FirstNonBlank {
        table: N,
        expr: N,
        level: usize,
        last: bool,
    },
    SubstituteWithIndex {
        table: N,
        index: N,
        pairs: Vec<(usize, usize)>,
        keys: Vec<Key>,
        level: usize,
    },
    AddMissing {
        table: N,
        /// The columns whose items without data are wanted.
        show: Vec<usize>,
        /// The columns that mark subtotals.
        flags: Vec<usize>,
        /// What keeps combinations from being added.
        filters: Vec<N>,
    },
    DetailRows(MeasureId),
    /// An INFO function, and its restrictions: column, value, column, value …
    Info(String, Vec<N>),
    ColumnStatistics,
    ExternalTable,
}

/// A grouping column of SUMMARIZE.
#[derive(Clone, Debug)]
pub struct SummarizeGroup {
    /// Where its values come from: a column of the source or a related column.
    pub source: GroupKey,
    /// Lineage.
    pub column: Option<ColId>,
    /// Rollup level; 0 = always grouped.
    pub rollup: usize,
}

/// Where a grouping column comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GroupKey {
    /// Column of the source table.
    Index(usize),
    /// A column of a table that a carried base table reaches: (base, column).
    Related(TableId, ColId),
}

/// SUMMARIZECOLUMNS.
#[derive(Debug)]
pub struct SummarizeColumns {
    /// Grouping columns by level, in order.
    pub levels: Vec<GroupLevel>,
    /// For each group column in result order: the column.
    pub columns: Vec<ColId>,
    /// Filters that apply to groups and values.
    pub filters: Vec<N>,
    /// Filters that only restrict groups.
    pub non_visual: Vec<N>,
    /// Expressions: node, and whether a non-blank value keeps a row.
    pub exprs: Vec<(N, bool)>,
    /// Number of columns of the result before the expressions.
    pub lead: usize,
    /// Filters of the rows in which a whole ROLLUPADDISSUBTOTAL is summed up.
    pub total_filters: Vec<N>,
    /// The ROLLUPADDISSUBTOTAL of each of these.
    pub total_rollups: Vec<usize>,
    /// How many ROLLUPADDISSUBTOTAL there are.
    pub rollups: usize,
}
