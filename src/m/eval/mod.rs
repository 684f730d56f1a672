//! Evaluation: lazy, each thing at most once.

mod eval;
mod interp;
mod node;
mod operators;
pub(crate) mod program;

pub use interp::{Frame, Interp, Options};
pub use node::{Binary, Check, FieldAccess, Handler, Lambda, LambdaParam, ListItem, Node, TypeField, Unary};
pub(crate) use operators::as_logical;
