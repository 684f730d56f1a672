//! Emitted report + data → HTML pages.
