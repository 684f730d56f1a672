//! Rules over the whole model and report, one file each.
