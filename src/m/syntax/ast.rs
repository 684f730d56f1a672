//! The tree of an M document. Spans are byte ranges of the text it was read from.

use std::rc::Rc;

pub use crate::m::eval::{Binary, Unary};
use crate::m::value::{Kind, Name, Text};

/// A range of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// An expression with its place.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Where it stands.
    pub at: Range,
    /// What it is.
    pub kind: ExprKind,
}

/// The forms of expressions.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Logical(bool),
    /// A number as written.
    Number(Text),
    /// Text, escapes resolved.
    Text(Text),
    /// `#!"…"`.
    Verbatim(Text),
    /// A name, `@name` when inclusive; `#date`, `#shared` and the like are names too.
    Identifier { name: Name, inclusive: bool },
    /// `Section!Name`.
    SectionMember { section: Name, name: Name },
    /// `...`.
    NotImplemented,
    /// `(e)`.
    Paren(Box<Expr>),
    /// `{a, b..c}`.
    List(Vec<Item>),
    /// `[a = 1]`.
    Record(Vec<Binding>),
    /// `f(a)`.
    Call(Box<Expr>, Vec<Expr>),
    /// `x[a]`; without a target `_` is meant.
    Field { target: Option<Box<Expr>>, name: Name, optional: bool },
    /// `x[[a], [b]]`.
    Projection { target: Option<Box<Expr>>, names: Vec<Name>, optional: bool },
    /// `x{0}`.
    Item { target: Box<Expr>, index: Box<Expr>, optional: bool },
    /// `-x`.
    Unary(Unary, Box<Expr>),
    /// `a + b`.
    Binary(Binary, Box<Expr>, Box<Expr>),
    /// `a and b`, `a or b`, `a ?? b`, `a meta b`.
    Logic(Logic, Box<Expr>, Box<Expr>),
    /// `e as T`.
    As(Box<Expr>, Primitive),
    /// `e is T`.
    Is(Box<Expr>, Primitive),
    /// `each e`.
    Each(Box<Expr>),
    /// `(a) => e`.
    Function(Box<FunctionExpr>),
    /// `let a = 1 in a`.
    Let(Vec<Binding>, Box<Expr>),
    /// `if a then b else c`.
    If(Box<(Expr, Expr, Expr)>),
    /// `try e`.
    Try(Box<Expr>),
    /// `try e otherwise f`.
    TryOtherwise(Box<Expr>, Box<Expr>),
    /// `try e catch (x) => f`.
    TryCatch(Box<Expr>, Box<FunctionExpr>),
    /// `error e`.
    Error(Box<Expr>),
    /// `type T`.
    Type(Box<TypeExpr>),
}

/// Operators with their own evaluation of the right side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logic {
    /// `and`.
    And,
    /// `or`.
    Or,
    /// `??`.
    Coalesce,
    /// `meta`.
    Meta,
}

/// An item of a list.
#[derive(Clone, Debug)]
pub enum Item {
    /// `e`.
    One(Expr),
    /// `a..b`.
    Range(Expr, Expr),
}

/// `name = value`.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The name.
    pub name: Name,
    /// Where the name stands.
    pub at: Range,
    /// The value.
    pub value: Expr,
}

/// `(a as T, optional b) as T => e`.
#[derive(Clone, Debug)]
pub struct FunctionExpr {
    /// Parameters.
    pub params: Vec<Parameter>,
    /// Result type.
    pub returns: Option<Primitive>,
    /// Body.
    pub body: Expr,
}

/// A parameter of a function expression.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Option<Primitive>,
    /// Whether it is optional.
    pub optional: bool,
}

/// `nullable number`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Primitive {
    /// The type.
    pub kind: Kind,
    /// Whether it is nullable.
    pub nullable: bool,
}

/// A type expression with its place.
#[derive(Clone, Debug)]
pub struct TypeExpr {
    /// Where it stands.
    pub at: Range,
    /// What it is.
    pub kind: TypeKind,
}

/// The forms of type expressions.
#[derive(Clone, Debug)]
pub enum TypeKind {
    /// `number`.
    Primitive(Kind),
    /// `nullable T`.
    Nullable(Box<TypeExpr>),
    /// `{T}`.
    List(Box<TypeExpr>),
    /// `[a = T, ...]`.
    Record(Vec<TypeField>, bool),
    /// `table [a = T]`.
    Table(Vec<TypeField>),
    /// `table R`.
    TableOf(Box<Expr>),
    /// `function (a as T) as R`.
    Function(Vec<TypeField>, Box<TypeExpr>),
    /// An expression that gives a type.
    Expr(Box<Expr>),
}

/// A field, column or parameter of a type.
#[derive(Clone, Debug)]
pub struct TypeField {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Option<TypeExpr>,
    /// Whether it is optional.
    pub optional: bool,
}

/// A document.
#[derive(Clone, Debug)]
pub enum Document {
    /// One expression.
    Expression(Expr),
    /// One or more sections.
    Sections(Vec<Section>),
}

/// `section Name; shared a = 1;`.
#[derive(Clone, Debug)]
pub struct Section {
    /// Attributes before `section`.
    pub attributes: Option<Vec<Binding>>,
    /// Its name; may be left out.
    pub name: Option<Name>,
    /// Members.
    pub members: Vec<SectionMember>,
}

/// A member of a section.
#[derive(Clone, Debug)]
pub struct SectionMember {
    /// Attributes.
    pub attributes: Option<Vec<Binding>>,
    /// Whether `shared` is there.
    pub shared: bool,
    /// Name and value.
    pub binding: Binding,
}

impl SectionMember {
    /// The kind in `[DataSource.Kind = "…"]`.
    pub fn data_source_kind(&self) -> Option<Rc<str>> {
        let attribute = self.attributes.as_ref()?.iter().find(|b| &*b.name == "DataSource.Kind")?;
        match &attribute.value.kind {
            ExprKind::Text(kind) => Some(kind.clone()),
            _ => None,
        }
    }
}

/// A comment with its place; the formatter puts it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Where it stands.
    pub at: Range,
    /// With its marks.
    pub text: Rc<str>,
    /// Whether it stands on a line of its own.
    pub own_line: bool,
}
