//! DAX text → value. Knows nothing of Xero, files or YAML.

pub mod error;
pub mod functions;
pub mod scalar;
