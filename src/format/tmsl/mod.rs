//! TMSL: the JSON form of a tabular model (`.bim`, `model.json`, the `DataModelSchema` part of a `.pbit`).

mod read;

pub use read::read;
