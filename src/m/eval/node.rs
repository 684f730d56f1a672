//! The resolved tree: every name is a place, every literal a value.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::direct::{Ahead, Direct};
use crate::m::functions::Builtin;
use crate::m::value::{CellRef, Field, FunctionType, Kind, Name, Record, Shape, Slot, Type, Value};

/// A resolved expression.
pub enum Node {
    /// A literal, or anything that was folded to a value.
    Const(Value),
    /// A cell from elsewhere: a name of the environment of `Expression.Evaluate`.
    Cell(Slot),
    /// A variable of the scope `depth` frames out.
    Variable { depth: u32, slot: u32 },
    /// A member of a section.
    Global { section: u32, slot: u32 },
    /// An expression that only fails: unknown names, `...`.
    Fail(crate::m::error::Error),
    /// `-x`, `+x`, `not x`.
    Unary(Unary, Box<Node>),
    /// Arithmetic, comparison, combination.
    Binary(Binary, Box<(Node, Node)>),
    /// `a and b`.
    And(Box<(Node, Node)>),
    /// `a or b`.
    Or(Box<(Node, Node)>),
    /// `a ?? b`.
    Coalesce(Box<(Node, Node)>),
    /// `a meta b`.
    Meta(Box<(Node, Node)>),
    /// `if a then b else c`.
    If(Box<(Node, Node, Node)>),
    /// New variables, each evaluated when it is first used.
    Let(Rc<[Rc<Node>]>, Box<Node>),
    /// A record whose fields do not see one another.
    Record(Shape, Box<[Rc<Node>]>, Ahead),
    /// A record whose fields are variables of a scope of their own.
    ScopedRecord(Shape, Rc<[Rc<Node>]>, Ahead),
    /// `{a, b}`.
    List(Box<[Rc<Node>]>, Ahead),
    /// `{a, b..c}`.
    ListWithRanges(Box<[ListItem]>),
    /// `x[name]`, with `?` when optional.
    Field(Box<FieldAccess>),
    /// `x[[a], [b]]`.
    Projection { target: Box<Node>, names: Box<[Name]>, optional: bool },
    /// `x{y}`.
    Item { target: Box<(Node, Node)>, optional: bool },
    /// A call of whatever the first node gives.
    Call(Box<Node>, Box<[Node]>),
    /// A call of a library function.
    CallBuiltin(&'static Builtin, Box<[Node]>),
    /// A function.
    Lambda(Rc<Lambda>),
    /// `try e` and its two continuations.
    Try(Box<Node>, Handler),
    /// `error e`.
    Error(Box<Node>),
    /// `e as T`; the type node gives a type.
    As(Box<Node>, Check),
    /// `e is T`.
    Is(Box<Node>, Check),
    /// `type nullable T`.
    TypeNullable(Box<Node>),
    /// `type {T}`.
    TypeList(Box<Node>),
    /// `type [a = T]`.
    TypeRecord(Box<[TypeField]>, bool),
    /// `type table [a = T]`.
    TypeTable(Box<[TypeField]>),
    /// `type table R`, R being a row type.
    TypeTableOf(Box<Node>),
    /// `type function (a as T) as R`.
    TypeFunction { params: Box<[TypeField]>, required: usize, returns: Box<Node> },
    /// Checks that an expression in a type context gives a type.
    TypeOf(Box<Node>),
    /// A function of a connector that reads a data source of the kind.
    DataSource(Name, Rc<Node>),
    /// `#shared`.
    Shared,
    /// `#sections`.
    Sections,
}

/// An item of a list with ranges.
pub enum ListItem {
    /// One item.
    One(Rc<Node>),
    /// `a..b`.
    Range(Node, Node),
}

/// A field of a type expression.
pub struct TypeField {
    /// Its name.
    pub name: Name,
    /// Its type; any when absent.
    pub ty: Option<Node>,
    /// Whether it is optional.
    pub optional: bool,
}

/// `x[name]`.
pub struct FieldAccess {
    /// What is accessed.
    pub target: Node,
    /// The field.
    pub lookup: Lookup,
}

/// The name of a field with a memory of where it was found.
pub struct Lookup {
    /// The field.
    pub name: Name,
    /// Whether `?` follows.
    pub optional: bool,
    /// Where the field stands in the shapes seen, by their numbers.
    places: RefCell<Vec<u16>>,
    /// The same for shapes of high numbers, a few that were seen last.
    late: [Cell<(usize, u16)>; 4],
}

/// What [`Lookup`] knows of a shape: nothing, that it lacks the field, or where it stands, from here on.
const UNKNOWN: u16 = 0;
const ABSENT: u16 = 1;
const FIRST: u16 = 2;
/// Shapes of higher numbers are remembered for a while only.
const MOST_SHAPES: usize = 4096;

impl Lookup {
    /// A lookup that has seen nothing.
    pub fn new(name: Name, optional: bool) -> Lookup {
        Lookup { name, optional, places: RefCell::default(), late: Default::default() }
    }

    /// The cell of the field, found at once when the shape was seen before.
    #[inline]
    pub fn find<'a>(&self, record: &'a Record) -> Option<CellRef<'a>> {
        let shape = record.shape();
        let number = shape.number();
        let known = match self.places.borrow().get(number) {
            Some(known) => *known,
            None => match self.late[number % self.late.len()].get() {
                (late, known) if late == number => known,
                _ => UNKNOWN,
            },
        };
        match known {
            ABSENT => None,
            place @ FIRST.. => record.cell(usize::from(place - FIRST)),
            UNKNOWN => self.learn(shape).and_then(|place| record.cell(place)),
        }
    }

    #[inline(never)]
    fn learn(&self, shape: &Shape) -> Option<usize> {
        let place = shape.position(&self.name);
        let number = shape.number();
        let known = place.map_or(Some(ABSENT), |place| u16::try_from(place).ok()?.checked_add(FIRST)).unwrap_or(UNKNOWN);
        if number < MOST_SHAPES {
            let mut places = self.places.borrow_mut();
            if places.len() <= number {
                places.resize(number + 1, UNKNOWN);
            }
            places[number] = known;
        } else {
            self.late[number % self.late.len()].set((number, known));
        }
        place
    }
}

/// What follows `try`.
pub enum Handler {
    /// Nothing: the outcome as a record.
    Record,
    /// `otherwise e`.
    Otherwise(Box<Node>),
    /// `catch (e) => …`, a function of no or one parameter.
    Catch(Rc<Lambda>),
}

/// Unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    /// `-`.
    Minus,
    /// `+`.
    Plus,
    /// `not`.
    Not,
}

/// Binary operators that evaluate both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `/`.
    Divide,
    /// `&`.
    Combine,
    /// `=`.
    Equal,
    /// `<>`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
}

impl Binary {
    /// As written.
    pub fn symbol(self) -> &'static str {
        match self {
            Binary::Add => "+",
            Binary::Subtract => "-",
            Binary::Multiply => "*",
            Binary::Divide => "/",
            Binary::Combine => "&",
            Binary::Equal => "=",
            Binary::NotEqual => "<>",
            Binary::Less => "<",
            Binary::LessOrEqual => "<=",
            Binary::Greater => ">",
            Binary::GreaterOrEqual => ">=",
        }
    }
}

/// A nullable primitive type, as `as` and `is` take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// The primitive type.
    pub kind: Kind,
    /// Whether null passes.
    pub nullable: bool,
}

impl Check {
    /// Whether a value passes.
    #[inline]
    pub fn accepts(self, value: &Value) -> bool {
        self.kind == Kind::Any || self.accepts_kind(value.kind())
    }

    /// Whether the values of a primitive type pass.
    #[inline]
    pub(super) fn accepts_kind(self, of: Kind) -> bool {
        match self.kind {
            Kind::Any => true,
            _ if of == Kind::Null => self.nullable || self.kind == Kind::Null,
            Kind::AnyNonNull => true,
            kind => of == kind,
        }
    }

    /// As a type value.
    pub fn to_type(self) -> Type {
        if self.nullable { Type::nullable(self.kind) } else { Type::primitive(self.kind) }
    }
}

/// One parameter of M code.
pub struct LambdaParam {
    /// Its name.
    pub name: Name,
    /// Its type, if declared.
    pub check: Option<Check>,
    /// Whether it may be left out.
    pub optional: bool,
}

/// A function in M code. Its frame holds the parameters, then the variables of a `let` that is its body.
pub struct Lambda {
    /// Parameters.
    pub params: Box<[LambdaParam]>,
    /// How many are required.
    pub required: usize,
    /// Declared result type.
    pub returns: Option<Check>,
    /// Whether no parameter has a declared type that refuses anything.
    pub unchecked: bool,
    /// Variables after the parameters.
    pub variables: Option<Rc<[Rc<Node>]>>,
    /// The body.
    pub body: Node,
    /// The same as straight code, where it can be had.
    pub direct: Direct,
}

impl Lambda {
    /// Its function type.
    pub fn ty(&self) -> Type {
        let params = self
            .params
            .iter()
            .map(|p| {
                let ty = p.check.map_or_else(Type::any, Check::to_type);
                Field { name: p.name.clone(), ty: if p.optional { ty.to_nullable() } else { ty }, optional: p.optional }
            })
            .collect();
        Type::function(FunctionType { params, required: self.required, returns: self.returns.map_or_else(Type::any, Check::to_type) })
    }
}
