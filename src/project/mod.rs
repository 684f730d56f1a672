//! A folder of YAML files (with overlays on the shipped model) → raw tree → [`crate::model::Model`] and [`crate::report::Report`].
