//! A checked model and report → files in memory.
