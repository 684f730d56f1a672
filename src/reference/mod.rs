//! Every measure again in plain Rust, exact decimals, from raw pages. Imports none of our own layers.
