//! Typed columns and tables: what M loads, what DAX reads, what CSV and Parquet hold.
//!
//! A column has one type and may be blank in any row. BLANK and `""` are different in storage too.

mod column;
mod concat;
pub mod csv;
pub mod parquet;
pub mod partition;
mod value;

pub use column::{Column, ColumnBuilder, ColumnData, Field, Table, TypeMismatch};
pub use concat::concat;
pub use value::{DataType, Value};
