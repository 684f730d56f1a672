//! Evaluation: lazy, each thing at most once.

mod direct;
mod expr;
mod interp;
mod node;
mod operators;
mod program;
mod quick;
mod resolve;

pub use direct::{Ahead, Direct};
pub(crate) use expr::{column, fill_places, missing_column, select_columns};
pub use interp::{Extension, Frame, Interp, Options, Privacy};
pub use node::{Binary, Check, FieldAccess, Handler, Lambda, LambdaParam, ListItem, Lookup, Node, TypeField, Unary};
pub(crate) use operators::combine_tables;
pub(crate) use quick::{Caller, Quick};
pub(crate) use resolve::Env;
