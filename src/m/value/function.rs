//! Functions: closures of M code, built-ins of the library, and functions made by other functions.

use std::rc::Rc;

use super::{Field, FunctionType, Type, Value};
use crate::m::error::Result;
use crate::m::eval::{Frame, Interp, Lambda};
use crate::m::functions::Builtin;

/// A function value.
#[derive(Clone)]
pub struct Function(Rc<Body>);

/// What a function runs.
pub enum Body {
    /// M code in its scope.
    Closure(Rc<Lambda>, Rc<Frame>),
    /// A function of the library.
    Builtin(&'static Builtin),
    /// A function that a library function gave (a splitter, a comparer).
    Native(Native),
}

/// One parameter of a [`Native`] function.
#[derive(Clone)]
pub struct NativeParam {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Whether it may be left out.
    pub optional: bool,
}

/// The code of a [`Native`] function.
pub type NativeRun = Box<dyn Fn(&mut Interp, &[Value]) -> Result<Value>>;

/// Rust code with captured values. Missing optional arguments arrive as null.
pub struct Native {
    /// For messages and `Value.Type`.
    pub params: Vec<NativeParam>,
    /// Result type.
    pub returns: Type,
    /// The code.
    pub run: NativeRun,
}

impl Function {
    /// A function that takes `params` (all required, any type).
    pub fn native(params: &[&'static str], run: impl Fn(&mut Interp, &[Value]) -> Result<Value> + 'static) -> Function {
        let params = params.iter().map(|name| NativeParam { name, ty: Type::any(), optional: false }).collect();
        Function(Rc::new(Body::Native(Native { params, returns: Type::any(), run: Box::new(run) })))
    }

    /// A function with any parameters.
    pub fn from_native(native: Native) -> Function {
        Function(Rc::new(Body::Native(native)))
    }

    /// A function of the library.
    pub fn builtin(builtin: &'static Builtin) -> Function {
        Function(Rc::new(Body::Builtin(builtin)))
    }

    /// M code in its scope.
    pub(crate) fn closure(lambda: Rc<Lambda>, frame: Rc<Frame>) -> Function {
        Function(Rc::new(Body::Closure(lambda, frame)))
    }

    /// What it runs.
    #[inline]
    pub fn body(&self) -> &Body {
        &self.0
    }

    /// The library's function, if it is one.
    pub fn as_builtin(&self) -> Option<&'static Builtin> {
        match &*self.0 {
            Body::Builtin(builtin) => Some(builtin),
            _ => None,
        }
    }

    /// Its type.
    pub fn ty(&self) -> Type {
        let (params, required, returns) = match &*self.0 {
            Body::Closure(lambda, _) => return lambda.ty(),
            Body::Builtin(builtin) => {
                let params: Vec<Field> = builtin.params.iter().map(|p| Field::new(p.name, p.ty.to_type(), p.optional)).collect();
                (params, builtin.min_args(), builtin.returns.to_type())
            }
            Body::Native(native) => {
                let params: Vec<Field> = native.params.iter().map(|p| Field::new(p.name, p.ty.clone(), p.optional)).collect();
                let required = native.params.iter().filter(|p| !p.optional).count();
                (params, required, native.returns.clone())
            }
        };
        Type::function(FunctionType { params, required, returns })
    }

    /// Whether both are the same function.
    pub fn same(&self, other: &Function) -> bool {
        match (&*self.0, &*other.0) {
            (Body::Builtin(a), Body::Builtin(b)) => std::ptr::eq(*a, *b),
            (a, b) => std::ptr::eq(a, b),
        }
    }

    /// A number that tells functions apart while they live.
    pub(crate) fn address(&self) -> usize {
        match &*self.0 {
            Body::Builtin(builtin) => std::ptr::from_ref::<Builtin>(builtin) as usize,
            other => std::ptr::from_ref::<Body>(other) as usize,
        }
    }
}
