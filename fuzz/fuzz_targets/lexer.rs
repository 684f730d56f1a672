#![no_main]
//! Any text has tokens or an error.

use libfuzzer_sys::fuzz_target;
use xero_pbit::dax::syntax;

fuzz_target!(|text: &str| {
    let _ = syntax::parse_expression(text);
});
