//! M (Power Query) text → values and tables. What it needs from outside it asks for with the traits of [`sources`].
//!
//! ```text
//! text ─lex, parse→ ast ─resolve→ eval::Node ─force→ Value ─load→ table::Table
//! ```
//!
//! [`value`] holds the values, [`eval`] the evaluator, [`functions`] the library (and how to add to it). One evaluation lives on one
//! thread; only tables and errors as text leave it.

pub mod canon;
pub mod error;
pub mod eval;
pub mod functions;
pub mod load;
pub mod sources;
pub mod syntax;
pub mod text_format;
pub mod value;

pub use error::{Error, ErrorKind, Result};
pub use eval::{Interp, Options, Privacy};
pub use sources::Sources;
pub use value::Value;

/// Runs `work` on a thread with the stack that [`Options::stack_bytes`] asks for by default.
///
/// # Panics
/// When `work` panics, or the system has no memory for a thread.
pub fn with_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let stack = Options::default().stack_bytes + (1 << 20);
    std::thread::scope(|scope| {
        let handle = std::thread::Builder::new().name("m".to_owned()).stack_size(stack).spawn_scoped(scope, work);
        match handle.expect("a thread can be started").join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
