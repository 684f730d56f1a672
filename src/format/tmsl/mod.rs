//! TMSL: the JSON form of a tabular model (`.bim`, `model.json`, the `DataModelSchema` part of a `.pbit`).

mod read;
mod write;

pub use read::read;
pub use write::write;
