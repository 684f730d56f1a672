//! Pages and visuals as plain types, with nothing of any file format.
