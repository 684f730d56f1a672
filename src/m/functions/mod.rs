//! The library: one descriptor per function, in families.
//!
//! # Adding a family
//! A family is `functions/<family>.rs` with `pub(super) const FUNCTIONS: &[Builtin]` and, if there are any, `pub(super) const CONSTANTS:
//! &[Constant]`; name it in [`FAMILIES`] and [`CONSTANT_FAMILIES`]. A descriptor and its function:
//!
//! ```ignore
//! const REPEAT: Builtin = Builtin {
//!     name: "Text.Repeat",
//!     params: &[arg("text", NULLABLE_TEXT), arg("count", NUMBER)],
//!     returns: NULLABLE_TEXT,
//!     about: "The text, several times over.",
//!     source: "https://learn.microsoft.com/powerquery-m/text-repeat",
//!     examples: &[("Text.Repeat(\"ab\", 2)", "\"abab\"")],
//!     run: repeat,
//! };
//!
//! fn repeat(cx: &mut Interp, args: &[Value]) -> Result<Value> {
//!     let Value::Text(text) = &args[0] else { return Ok(Value::Null) };   // null was allowed by the descriptor
//!     let count = cx.index(&args[1])?;                                    // a whole number >= 0, with the engine's message
//!     cx.charge(text.len() * count)?;                                     // before big allocations
//!     Ok(Value::from(text.repeat(count)))
//! }
//! ```
//!
//! - Before `run`, the caller checks the number of arguments, fills missing optional ones with null and checks each against its
//!   declared type (`We cannot convert the value … to type ….`). Arguments arrive *bare* (without metadata and ascribed type) unless
//!   the parameter is declared with [`tagged`]. Items of lists and cells of rows may still be [`Value::Tagged`]: match on `value.bare()`.
//! - Call an M function with `cx.call(&function, &[a, b])`; a cell that calls it later is `Slot::call(&function, argument)`.
//! - Force a cell with `slot.force(cx)`; walk a list with `list.each(cx, |cx, value| …)`, `list.values(cx)`, `list.slots(cx)` or, to
//!   stream, `list.open(cx)` and a [`ListCursor`](super::value::ListCursor); lists on demand are `List::lazy(source)`. Tables likewise:
//!   `table.open(cx)`, `table.record(row)`, `Table::lazy(type, source)`.
//! - Compare with `cx.equals`, `cx.compare`; group and join with `cx.key(&value)` as a hash key.
//! - Loops call `cx.tick()?` now and then (the budget of time).

mod binary;
mod binary_format;
mod common;
mod constants;
mod convert;
mod core;
mod csv;
mod extension;
mod host;
pub(crate) mod json;
pub(crate) mod json_hint;
pub(crate) mod json_outline;
pub(crate) mod json_scan;
pub(crate) mod json_write;
mod list;
mod list_math;
mod list_sets;
mod number;
mod outside;
mod parquet;
mod record;
mod reference;
pub(crate) mod shortcut;
mod splitter;
mod table_columns;
mod table_group;
mod table_make;
mod table_rows;
mod temporal;
mod text;
mod types;
mod uri;
mod value;
pub(crate) mod web;
mod xml;

use std::collections::HashMap;
use std::sync::OnceLock;

pub use reference::{Entry, page, reference};

use super::error::Result;
use super::eval::Interp;
use super::value::{Kind, Type, Value};

/// The code of a built-in.
pub type Run = fn(&mut Interp, &[Value]) -> Result<Value>;

/// A function of the library.
pub struct Builtin {
    /// `Text.Repeat`.
    pub name: &'static str,
    /// Parameters, optional ones last.
    pub params: &'static [Param],
    /// Result type.
    pub returns: Ty,
    /// One sentence.
    pub about: &'static str,
    /// Where the behaviour is described.
    pub source: &'static str,
    /// Expressions and what they give, as M text.
    pub examples: &'static [(&'static str, &'static str)],
    /// The code.
    pub run: Run,
}

impl Builtin {
    /// How many arguments it needs.
    pub fn min_args(&self) -> usize {
        self.params.iter().filter(|p| !p.optional).count()
    }

    /// What comes before the dot: `Text`.
    pub fn category(&self) -> &'static str {
        self.name.split_once('.').map_or("#", |(category, _)| category)
    }

    /// `Text.Repeat(text as nullable text, count as number) as nullable text`.
    pub fn syntax(&self) -> String {
        let params: Vec<String> =
            self.params.iter().map(|p| format!("{}{} as {}", if p.optional { "optional " } else { "" }, p.name, p.ty.name())).collect();
        format!("{}({}) as {}", self.name, params.join(", "), self.returns.name())
    }
}

/// A parameter of a built-in.
#[derive(Clone, Copy)]
pub struct Param {
    /// Its name as the reference spells it.
    pub name: &'static str,
    /// What is accepted.
    pub ty: Ty,
    /// Whether it may be left out (null is then passed).
    pub optional: bool,
    /// Whether metadata and ascribed type are kept on the argument.
    pub tagged: bool,
}

/// A required parameter.
pub const fn arg(name: &'static str, ty: Ty) -> Param {
    Param { name, ty, optional: false, tagged: false }
}

/// An optional parameter; null is always accepted.
pub const fn opt(name: &'static str, ty: Ty) -> Param {
    Param { name, ty: Ty { nullable: true, ..ty }, optional: true, tagged: false }
}

/// A required parameter that keeps metadata and ascribed type.
pub const fn tagged(name: &'static str, ty: Ty) -> Param {
    Param { name, ty, optional: false, tagged: true }
}

/// A static type: a kind, perhaps nullable, perhaps with the name of an enumeration or claim.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ty {
    /// What kind of value.
    pub kind: Kind,
    /// Whether null is accepted.
    pub nullable: bool,
}

impl Ty {
    const fn new(kind: Kind, nullable: bool) -> Ty {
        Ty { kind, nullable }
    }

    /// As a type value.
    pub fn to_type(self) -> Type {
        if self.nullable { Type::nullable(self.kind) } else { Type::primitive(self.kind) }
    }

    /// As written in M.
    pub fn name(self) -> String {
        if self.nullable && self.kind != Kind::Any { format!("nullable {}", self.kind.name()) } else { self.kind.name().to_owned() }
    }

    /// Whether a value is accepted.
    #[inline]
    pub fn accepts(self, value: &Value) -> bool {
        match self.kind {
            Kind::Any => true,
            _ if value.is_null() => self.nullable,
            Kind::AnyNonNull => true,
            kind => value.kind() == kind,
        }
    }
}

macro_rules! types {
    ($($plain:ident $nullable:ident $kind:ident;)*) => {
        $(
            #[doc = concat!("`", stringify!($kind), "`.")]
            pub const $plain: Ty = Ty::new(Kind::$kind, false);
            #[doc = concat!("`nullable ", stringify!($kind), "`.")]
            pub const $nullable: Ty = Ty::new(Kind::$kind, true);
        )*
    };
}

types! {
    LOGICAL NULLABLE_LOGICAL Logical;
    NUMBER NULLABLE_NUMBER Number;
    TIME NULLABLE_TIME Time;
    DATE NULLABLE_DATE Date;
    DATETIME NULLABLE_DATETIME DateTime;
    DATETIMEZONE NULLABLE_DATETIMEZONE DateTimeZone;
    DURATION NULLABLE_DURATION Duration;
    TEXT NULLABLE_TEXT Text;
    BINARY NULLABLE_BINARY Binary;
    TYPE NULLABLE_TYPE Type;
    LIST NULLABLE_LIST List;
    RECORD NULLABLE_RECORD Record;
    TABLE NULLABLE_TABLE Table;
    FUNCTION NULLABLE_FUNCTION Function;
}

/// `any`.
pub const ANY: Ty = Ty::new(Kind::Any, true);
/// `anynonnull`.
pub const ANY_NON_NULL: Ty = Ty::new(Kind::AnyNonNull, false);
/// `none`: the function never returns.
pub const NONE: Ty = Ty::new(Kind::None, false);

/// A named value: `JoinKind.Inner`, `Number.PI`, `Int64.Type`.
pub struct Constant {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: ConstantValue,
}

/// What a constant holds.
#[derive(Clone, Copy)]
pub enum ConstantValue {
    /// A member of an enumeration: the number, and the enumeration's type name (`JoinKind.Type`).
    Enum(i64, &'static str),
    /// A number.
    Number(f64),
    /// Text.
    Text(&'static str),
    /// A claim on a primitive type, `Int64.Type` on number.
    Claim(Kind),
    /// A plain type.
    Type(Ty),
    /// Anything else.
    Make(fn(&mut Interp) -> Value),
}

impl Constant {
    /// The value.
    pub fn make(&self, cx: &mut Interp) -> Value {
        match self.value {
            ConstantValue::Enum(n, _) => Value::Int(n),
            ConstantValue::Number(n) => Value::Double(n),
            ConstantValue::Text(text) => Value::text(text),
            ConstantValue::Claim(kind) => Value::Type(Type::claim(kind, self.name)),
            ConstantValue::Type(ty) => Value::Type(ty.to_type()),
            ConstantValue::Make(make) => make(cx),
        }
    }
}

/// Every family of functions.
const FAMILIES: &[&[Builtin]] = &[
    binary::FUNCTIONS,
    xml::FUNCTIONS,
    uri::FUNCTIONS,
    parquet::FUNCTIONS,
    outside::FUNCTIONS,
    host::FUNCTIONS,
    csv::FUNCTIONS,
    binary_format::FUNCTIONS,
    convert::FUNCTIONS,
    core::FUNCTIONS,
    extension::FUNCTIONS,
    json::FUNCTIONS,
    list::FUNCTIONS,
    list_math::FUNCTIONS,
    list_sets::FUNCTIONS,
    number::FUNCTIONS,
    record::FUNCTIONS,
    splitter::FUNCTIONS,
    table_columns::FUNCTIONS,
    table_group::FUNCTIONS,
    table_make::FUNCTIONS,
    table_rows::FUNCTIONS,
    temporal::FUNCTIONS,
    text::FUNCTIONS,
    types::FUNCTIONS,
    value::FUNCTIONS,
    web::FUNCTIONS,
];

/// Every family of constants.
const CONSTANT_FAMILIES: &[&[Constant]] = &[constants::CONSTANTS, core::CONSTANTS, extension::CONSTANTS];

/// A name of the library.
#[derive(Clone, Copy)]
pub enum Global {
    /// A function.
    Function(&'static Builtin),
    /// A constant.
    Constant(&'static Constant),
}

fn index() -> &'static HashMap<&'static str, Global> {
    static INDEX: OnceLock<HashMap<&'static str, Global>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut index = HashMap::with_capacity(1024);
        for family in CONSTANT_FAMILIES {
            index.extend(family.iter().map(|c| (c.name, Global::Constant(c))));
        }
        for family in FAMILIES {
            index.extend(family.iter().map(|f| (f.name, Global::Function(f))));
        }
        index
    })
}

/// What the library has under a name.
pub fn lookup(name: &str) -> Option<Global> {
    index().get(name).copied()
}

/// All names of the library, sorted.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = index().keys().copied().collect();
    names.sort_unstable();
    names
}

/// All functions of the library, sorted by name.
pub fn all() -> Vec<&'static Builtin> {
    let mut all: Vec<&'static Builtin> = FAMILIES.iter().flat_map(|family| family.iter()).collect();
    all.sort_unstable_by_key(|f| f.name);
    all
}

/// Whether a name is visible: some belong to connectors alone.
pub fn is_visible(name: &str, connector: bool) -> bool {
    connector || !["Extension.", "Crypto", "Credential.", "Web.SignFor"].iter().any(|prefix| name.starts_with(prefix))
}
