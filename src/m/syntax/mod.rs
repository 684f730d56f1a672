//! Text → tree → text.

mod names;

pub use names::{field_name, is_identifier, quoted_identifier};
