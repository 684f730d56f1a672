//! The syntax tree: what was written, with its places and nothing resolved.

use std::sync::Arc;

/// A half-open range of UTF-8 bytes of one text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Place {
    /// The range `start..end`.
    pub fn new(start: usize, end: usize) -> Place {
        Place { start: start as u32, end: end as u32 }
    }

    /// The smallest range that covers both.
    pub fn to(self, other: Place) -> Place {
        Place { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A name as written, without its quotes or brackets, and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Where.
    pub at: Place,
    /// Whether it stood in `'…'`.
    pub quoted: bool,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where.
    pub at: Place,
}

/// The forms of expressions. Chains of one precedence level are flat, so that long concatenations do not nest.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `12`.
    Int(i64),
    /// `1.5`, `1E3`, and whole numbers beyond 64 bits.
    Double(f64),
    /// `"text"`.
    Text(Arc<str>),
    /// `dt"2024-02-29"`, as days since 1899-12-30.
    Date(f64),
    /// `@name`.
    Parameter(String),
    /// An identifier alone or a quoted table: table, variable or keyword.
    Name(Name),
    /// `[Name]`, `Table[Name]`, `Table[Name].[Level]`.
    Column {
        /// The table in front, if any.
        table: Option<Name>,
        /// What stood in brackets.
        name: Name,
        /// The level of a variation.
        level: Option<Name>,
    },
    /// `F ( a, , b )`.
    Call {
        /// The function.
        name: Name,
        /// Arguments; `None` where one was left out.
        args: Vec<Option<Expr>>,
    },
    /// `- x`, `+ x`.
    Unary(UnaryOp, Box<Expr>),
    /// `NOT x`.
    Not(Box<Expr>),
    /// `a op b op c …`, all of one level, grouped from the left (`^` always has one pair).
    Chain(Box<Expr>, Vec<(BinaryOp, Expr)>),
    /// `x IN t`.
    In(Box<Expr>, Box<Expr>),
    /// `( x )`.
    Paren(Box<Expr>),
    /// `( a, b )`.
    Row(Vec<Expr>),
    /// `{ … }`.
    Table(Vec<Expr>),
    /// `VAR … RETURN …`.
    Let(Vec<(Name, Expr)>, Box<Expr>),
}

/// A sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`.
    Minus,
    /// `+`.
    Plus,
}

/// An operator between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Power,
    Multiply,
    Divide,
    Add,
    Subtract,
    Concat,
    Equal,
    StrictEqual,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
}

impl BinaryOp {
    /// As written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Power => "^",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Concat => "&",
            BinaryOp::Equal => "=",
            BinaryOp::StrictEqual => "==",
            BinaryOp::NotEqual => "<>",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::And => "&&",
            BinaryOp::Or => "||",
        }
    }
}

/// A query: definitions and the tables to evaluate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// `DEFINE …`.
    pub definitions: Vec<Definition>,
    /// `EVALUATE …`, at least one.
    pub evaluates: Vec<Evaluate>,
}

/// One definition of a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Definition {
    /// `MEASURE T[m] = x`.
    Measure(Name, Name, Expr),
    /// `VAR v = x`.
    Var(Name, Expr),
    /// `TABLE T = x [WITH VISUAL SHAPE …]`.
    Table(Name, Expr, Option<VisualShape>),
    /// `COLUMN T[c] = x`.
    Column(Name, Name, Expr),
    /// `FUNCTION f = ( … ) => x`.
    Function(Name, FunctionDef),
    /// `MPARAMETER p = x`.
    Parameter(Name, Expr),
}

/// The parameters and body of a user-defined function.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionDef {
    /// Parameters in order.
    pub params: Vec<FunctionParam>,
    /// Body.
    pub body: Expr,
}

/// A parameter of a user-defined function.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionParam {
    /// Name.
    pub name: Name,
    /// The words after the colon: type, subtype, mode.
    pub words: Vec<String>,
    /// Default.
    pub default: Option<Expr>,
}

/// How a query's table is laid out for visual calculations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VisualShape {
    /// Axes in order, each with its name.
    pub axes: Vec<VisualAxis>,
    /// Name of the column that says whether a row was added.
    pub densify: Option<String>,
}

/// One axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VisualAxis {
    /// `ROWS` or `COLUMNS`.
    pub name: String,
    /// Levels: their columns and the column that marks their subtotal.
    pub groups: Vec<(Vec<Expr>, Option<Expr>)>,
    /// Order of the members.
    pub order_by: Vec<OrderKey>,
}

/// One `EVALUATE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluate {
    /// The table.
    pub table: Expr,
    /// `ORDER BY` keys.
    pub order_by: Vec<OrderKey>,
    /// `START AT` values.
    pub start_at: Vec<Expr>,
}

/// An `ORDER BY` key.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderKey {
    /// Expression over the result's columns.
    pub expr: Expr,
    /// `DESC`.
    pub descending: bool,
}
