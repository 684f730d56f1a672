#![no_main]
//! Any text is tokens and a tree, or refused; what is read is laid out and read again.

use libfuzzer_sys::fuzz_target;
use xero_pbit::m::syntax::{format, parse_document};

fuzz_target!(|text: &str| {
    if parse_document(text).is_ok() {
        let laid_out = format(text).expect("what is read can be laid out");
        assert!(parse_document(&laid_out).is_ok(), "{laid_out}");
    }
});
