//! YAML folder + overlays → raw tree → `Model` + pages; JSON Schema of the files.

pub mod yaml;
