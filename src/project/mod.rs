//! YAML folder + overlays → raw trees → [`Model`](crate::model::Model) and pages; JSON Schema of the files.
//!
//! ```text
//! Layer… ─load→ RawProject (merged YAML trees) ─lower→ Project (Model, settings, parameters, trees of the pages)
//! ```

mod events;
pub mod lineage;
pub mod overlay;
pub mod pages;
pub mod raw;
pub mod schema;
pub mod shipped;
pub mod yaml;

mod load;
mod lower;

pub use load::{Layer, RawProject, Trees, load};
pub use lower::{Parameter, Project, Proof, Settings, TableTemplate, lower};

use crate::base::Diagnostic;

/// Reads the layers of a project, the changed one first.
///
/// The project holds everything that could be read; it is only meant for use when no diagnostic is an error.
pub fn read(layers: &[Layer]) -> (Project, Vec<Diagnostic>) {
    let mut cx = yaml::Context::default();
    let raw = load(layers, &mut cx);
    let project = lower(raw, &mut cx);
    (project, cx.diagnostics)
}

/// The same for files of which some were read before: `trees` keeps what each of them says.
pub fn read_again(layers: &[Layer], trees: &std::sync::Arc<Trees>) -> (Project, Vec<Diagnostic>) {
    let mut cx = yaml::Context { trees: Some(trees.clone()), ..yaml::Context::default() };
    let raw = load(layers, &mut cx);
    let project = lower(raw, &mut cx);
    (project, cx.diagnostics)
}

/// The shipped model.
pub fn shipped() -> (Project, Vec<Diagnostic>) {
    read(&[Layer::shipped()])
}
