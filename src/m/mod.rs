//! M (Power Query) text → values and tables. What it needs from outside it asks for with small traits.

pub mod text_format;
