//! Type values.

use std::fmt::Write;
use std::rc::Rc;

use super::{Name, Record, Value, text};

/// The primitive types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `any`: everything.
    Any,
    /// `anynonnull`: everything but null.
    AnyNonNull,
    /// `none`: nothing.
    None,
    /// `null`.
    Null,
    /// `logical`.
    Logical,
    /// `number`.
    Number,
    /// `time`.
    Time,
    /// `date`.
    Date,
    /// `datetime`.
    DateTime,
    /// `datetimezone`.
    DateTimeZone,
    /// `duration`.
    Duration,
    /// `text`.
    Text,
    /// `binary`.
    Binary,
    /// `type`.
    Type,
    /// `list`.
    List,
    /// `record`.
    Record,
    /// `table`.
    Table,
    /// `function`.
    Function,
    /// `action`.
    Action,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 19] = [
        Kind::Any,
        Kind::AnyNonNull,
        Kind::None,
        Kind::Null,
        Kind::Logical,
        Kind::Number,
        Kind::Time,
        Kind::Date,
        Kind::DateTime,
        Kind::DateTimeZone,
        Kind::Duration,
        Kind::Text,
        Kind::Binary,
        Kind::Type,
        Kind::List,
        Kind::Record,
        Kind::Table,
        Kind::Function,
        Kind::Action,
    ];

    /// As written in M: `datetimezone`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Any => "any",
            Kind::AnyNonNull => "anynonnull",
            Kind::None => "none",
            Kind::Null => "null",
            Kind::Logical => "logical",
            Kind::Number => "number",
            Kind::Time => "time",
            Kind::Date => "date",
            Kind::DateTime => "datetime",
            Kind::DateTimeZone => "datetimezone",
            Kind::Duration => "duration",
            Kind::Text => "text",
            Kind::Binary => "binary",
            Kind::Type => "type",
            Kind::List => "list",
            Kind::Record => "record",
            Kind::Table => "table",
            Kind::Function => "function",
            Kind::Action => "action",
        }
    }

    /// As messages spell it: `DateTimeZone`.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Any => "Any",
            Kind::AnyNonNull => "AnyNonNull",
            Kind::None => "None",
            Kind::Null => "Null",
            Kind::Logical => "Logical",
            Kind::Number => "Number",
            Kind::Time => "Time",
            Kind::Date => "Date",
            Kind::DateTime => "DateTime",
            Kind::DateTimeZone => "DateTimeZone",
            Kind::Duration => "Duration",
            Kind::Text => "Text",
            Kind::Binary => "Binary",
            Kind::Type => "Type",
            Kind::List => "List",
            Kind::Record => "Record",
            Kind::Table => "Table",
            Kind::Function => "Function",
            Kind::Action => "Action",
        }
    }

    /// The primitive type of that name.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A type value.
#[derive(Clone)]
pub struct Type(Rc<TypeData>);

/// The parts of a [`Type`].
#[derive(Clone)]
pub struct TypeData {
    /// What it is made of.
    pub form: TypeForm,
    /// Whether null belongs to it (beside types that hold null anyway).
    pub nullable: bool,
    /// The library's name of a claim on a primitive type: `Int64.Type`, `Currency.Type`.
    pub claim: Option<&'static str>,
    /// Facets, if set.
    pub facets: Option<Record>,
    /// Metadata of the type value.
    pub meta: Option<Record>,
}

/// The forms of types.
#[derive(Clone)]
pub enum TypeForm {
    /// `text`, `number`, `table` without columns …
    Primitive(Kind),
    /// `{T}`.
    List(Type),
    /// `[A = T, optional B = T, ...]`.
    Record(RecordType),
    /// `table [A = T]`.
    Table(TableType),
    /// `function (a as T) as T`.
    Function(FunctionType),
}

/// A field of a record type, a column of a table type, a parameter of a function type.
#[derive(Clone)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// Whether it may be missing.
    pub optional: bool,
}

impl Field {
    /// A field.
    pub fn new(name: impl AsRef<str>, ty: Type, optional: bool) -> Field {
        Field { name: Rc::from(name.as_ref()), ty, optional }
    }
}

/// Fields of a record type.
#[derive(Clone)]
pub struct RecordType {
    /// In order.
    pub fields: Rc<Vec<Field>>,
    /// Whether other fields may be there as well.
    pub open: bool,
}

/// Columns of a table type.
#[derive(Clone)]
pub struct TableType {
    /// In order.
    pub fields: Rc<Vec<Field>>,
    /// Keys: column names, and whether it is the primary key.
    pub keys: Vec<(Vec<Name>, bool)>,
}

impl TableType {
    /// Columns with types.
    pub fn new(fields: Vec<Field>) -> TableType {
        TableType { fields: Rc::new(fields), keys: Vec::new() }
    }

    /// Columns of type any.
    pub fn untyped(names: &[Name]) -> TableType {
        TableType::new(names.iter().map(|name| Field { name: name.clone(), ty: Type::any(), optional: false }).collect())
    }
}

/// A function type.
#[derive(Clone)]
pub struct FunctionType {
    /// Parameters in order, optional ones last.
    pub params: Vec<Field>,
    /// How many are required.
    pub required: usize,
    /// Result type.
    pub returns: Type,
}

thread_local! {
    static PRIMITIVES: Vec<Type> = Kind::ALL.into_iter().flat_map(|kind| {
        [false, true].map(|nullable| Type::from_data(TypeData {
            form: TypeForm::Primitive(kind),
            nullable: nullable || matches!(kind, Kind::Any | Kind::Null),
            claim: None,
            facets: None,
            meta: None,
        }))
    }).collect();
}

impl Type {
    /// From its parts.
    pub fn from_data(data: TypeData) -> Type {
        Type(Rc::new(data))
    }

    fn from_form(form: TypeForm) -> Type {
        Type::from_data(TypeData { form, nullable: false, claim: None, facets: None, meta: None })
    }

    /// `any`.
    pub fn any() -> Type {
        Type::primitive(Kind::Any)
    }

    /// A primitive type.
    pub fn primitive(kind: Kind) -> Type {
        PRIMITIVES.with(|all| all[kind as usize * 2].clone())
    }

    /// `nullable` primitive type.
    pub fn nullable(kind: Kind) -> Type {
        PRIMITIVES.with(|all| all[kind as usize * 2 + 1].clone())
    }

    /// A claim on a primitive type, such as `Int64.Type`.
    pub fn claim(kind: Kind, name: &'static str) -> Type {
        Type::from_data(TypeData { form: TypeForm::Primitive(kind), nullable: false, claim: Some(name), facets: None, meta: None })
    }

    /// `{item}`.
    pub fn list(item: Type) -> Type {
        Type::from_form(TypeForm::List(item))
    }

    /// A record type.
    pub fn record(fields: Vec<Field>, open: bool) -> Type {
        Type::from_form(TypeForm::Record(RecordType { fields: Rc::new(fields), open }))
    }

    /// A table type.
    pub fn table(ty: TableType) -> Type {
        Type::from_form(TypeForm::Table(ty))
    }

    /// A function type.
    pub fn function(ty: FunctionType) -> Type {
        Type::from_form(TypeForm::Function(ty))
    }

    /// The primitive type that messages spell so (`DateTime`).
    pub fn by_title(title: &str) -> Option<Type> {
        Kind::ALL.into_iter().find(|kind| kind.title() == title).map(Type::primitive)
    }

    /// Its parts.
    pub fn data(&self) -> &TypeData {
        &self.0
    }

    /// What it is made of.
    pub fn form(&self) -> &TypeForm {
        &self.0.form
    }

    /// The kind of its values, nullable or not.
    pub fn kind(&self) -> Kind {
        match &self.0.form {
            TypeForm::Primitive(kind) => *kind,
            TypeForm::List(_) => Kind::List,
            TypeForm::Record(_) => Kind::Record,
            TypeForm::Table(_) => Kind::Table,
            TypeForm::Function(_) => Kind::Function,
        }
    }

    /// Whether null belongs to it.
    pub fn is_nullable(&self) -> bool {
        self.0.nullable || matches!(self.0.form, TypeForm::Primitive(Kind::Any | Kind::Null))
    }

    /// `Int64.Type` and the like.
    pub fn claim_name(&self) -> Option<&'static str> {
        self.0.claim
    }

    /// Metadata, if any.
    pub fn meta(&self) -> Option<&Record> {
        self.0.meta.as_ref()
    }

    /// The same type with null.
    #[must_use]
    pub fn to_nullable(&self) -> Type {
        self.with_nullable(true)
    }

    /// The same type without null. `any` becomes `anynonnull`.
    #[must_use]
    pub fn to_non_nullable(&self) -> Type {
        match self.0.form {
            TypeForm::Primitive(Kind::Any) => Type::primitive(Kind::AnyNonNull),
            TypeForm::Primitive(Kind::Null) => Type::primitive(Kind::None),
            _ => self.with_nullable(false),
        }
    }

    fn with_nullable(&self, nullable: bool) -> Type {
        if self.0.nullable == nullable {
            return self.clone();
        }
        match (&self.0.form, nullable) {
            (TypeForm::Primitive(Kind::AnyNonNull), true) => Type::any(),
            (TypeForm::Primitive(Kind::None), true) => Type::primitive(Kind::Null),
            _ => Type::from_data(TypeData { nullable, ..(*self.0).clone() }),
        }
    }

    /// The same type with metadata.
    #[must_use]
    pub fn with_meta(&self, meta: Option<Record>) -> Type {
        Type::from_data(TypeData { meta, ..(*self.0).clone() })
    }

    /// The same type with facets.
    #[must_use]
    pub fn with_facets(&self, facets: Option<Record>) -> Type {
        Type::from_data(TypeData { facets, ..(*self.0).clone() })
    }

    /// Columns of a table type (the row type's fields for a record type).
    pub fn fields(&self) -> Option<&[Field]> {
        match &self.0.form {
            TypeForm::Table(table) => Some(&table.fields),
            TypeForm::Record(record) => Some(&record.fields),
            _ => None,
        }
    }

    /// Whether every value of this type also belongs to `other` (`Type.Is`). Structured types compare by structure.
    pub fn is(&self, other: &Type) -> bool {
        use TypeForm as F;
        if self.is_nullable() && !other.is_nullable() {
            return false;
        }
        match (&self.0.form, &other.0.form) {
            (_, F::Primitive(Kind::Any)) => true,
            (F::Primitive(Kind::Any), _) => false,
            (_, F::Primitive(Kind::AnyNonNull)) => !self.is_nullable(),
            (F::Primitive(Kind::None), _) => true,
            (F::Primitive(Kind::Null), _) => other.is_nullable(),
            (F::Primitive(a), F::Primitive(b)) => a == b && (other.0.claim.is_none() || self.0.claim == other.0.claim),
            (_, F::Primitive(b)) => self.kind() == *b,
            (F::List(a), F::List(b)) => a.is(b),
            (F::Record(a), F::Record(b)) => {
                fields_fit(&a.fields, &b.fields)
                    && (b.open || (!a.open && a.fields.iter().all(|f| b.fields.iter().any(|g| g.name == f.name))))
            }
            (F::Table(a), F::Table(b)) => a.fields.len() == b.fields.len() && fields_fit(&a.fields, &b.fields),
            (F::Function(a), F::Function(b)) => {
                a.required == b.required
                    && a.params.len() == b.params.len()
                    && a.params.iter().zip(&b.params).all(|(p, q)| q.ty.is(&p.ty))
                    && a.returns.is(&b.returns)
            }
            _ => false,
        }
    }

    /// Structural equality, claims included, metadata not.
    pub fn same(&self, other: &Type) -> bool {
        if Rc::ptr_eq(&self.0, &other.0) {
            return true;
        }
        let fields = |a: &[Field], b: &[Field]| {
            a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.name == y.name && x.optional == y.optional && x.ty.same(&y.ty))
        };
        self.is_nullable() == other.is_nullable()
            && self.0.claim == other.0.claim
            && match (&self.0.form, &other.0.form) {
                (TypeForm::Primitive(a), TypeForm::Primitive(b)) => a == b,
                (TypeForm::List(a), TypeForm::List(b)) => a.same(b),
                (TypeForm::Record(a), TypeForm::Record(b)) => a.open == b.open && fields(&a.fields, &b.fields),
                (TypeForm::Table(a), TypeForm::Table(b)) => fields(&a.fields, &b.fields) && a.keys == b.keys,
                (TypeForm::Function(a), TypeForm::Function(b)) => {
                    a.required == b.required && fields(&a.params, &b.params) && a.returns.same(&b.returns)
                }
                _ => false,
            }
    }

    /// Whether `value` belongs to it: by kind for primitive types, by the ascribed type for others.
    pub fn contains(&self, value: &Value) -> bool {
        match &self.0.form {
            TypeForm::Primitive(Kind::Any) => true,
            _ if value.is_null() => self.is_nullable(),
            TypeForm::Primitive(Kind::AnyNonNull) => true,
            TypeForm::Primitive(kind) if self.0.claim.is_none() => value.kind() == *kind,
            TypeForm::Primitive(kind) => value.kind() == *kind && value.ty().is(self),
            _ => value.ty().is(self),
        }
    }

    /// M source text: `type nullable number`, `type table [A = text]`, `Int64.Type`.
    pub fn to_source(&self) -> String {
        match self.0.claim {
            Some(claim) if !self.0.nullable => claim.to_owned(),
            _ => {
                let mut out = "type ".to_owned();
                self.write(&mut out);
                out
            }
        }
    }

    fn write(&self, out: &mut String) {
        if self.0.nullable && !matches!(self.0.form, TypeForm::Primitive(Kind::Any | Kind::Null)) {
            out.push_str("nullable ");
        }
        if let Some(claim) = self.0.claim {
            out.push_str(claim);
            return;
        }
        match &self.0.form {
            TypeForm::Primitive(kind) => out.push_str(kind.name()),
            TypeForm::List(item) => {
                out.push('{');
                item.write(out);
                out.push('}');
            }
            TypeForm::Record(record) => write_fields(out, &record.fields, record.open),
            TypeForm::Table(table) => {
                out.push_str("table ");
                write_fields(out, &table.fields, false);
            }
            TypeForm::Function(function) => {
                out.push_str("function (");
                for (at, param) in function.params.iter().enumerate() {
                    let comma = if at > 0 { ", " } else { "" };
                    let optional = if at >= function.required { "optional " } else { "" };
                    let _ = write!(out, "{comma}{optional}{} as ", identifier(&param.name));
                    param.ty.write(out);
                }
                out.push_str(") as ");
                function.returns.write(out);
            }
        }
    }
}

fn fields_fit(a: &[Field], b: &[Field]) -> bool {
    b.iter().all(|want| match a.iter().find(|have| have.name == want.name) {
        Some(have) => (want.optional || !have.optional) && have.ty.is(&want.ty),
        None => want.optional,
    })
}

fn write_fields(out: &mut String, fields: &[Field], open: bool) {
    out.push('[');
    for (at, field) in fields.iter().enumerate() {
        let comma = if at > 0 { ", " } else { "" };
        let optional = if field.optional { "optional " } else { "" };
        let _ = write!(out, "{comma}{optional}{} = ", crate::m::syntax::field_name(&field.name));
        field.ty.write(out);
    }
    if open {
        out.push_str(if fields.is_empty() { "..." } else { ", ..." });
    }
    out.push(']');
}

fn identifier(name: &str) -> String {
    if crate::m::syntax::is_identifier(name) { name.to_owned() } else { format!("#{}", text::quote(name)) }
}
