#![no_main]
//! What the formatter writes parses again, and is written the same the second time.

use libfuzzer_sys::fuzz_target;
use xero_pbit::dax::syntax;

fuzz_target!(|text: &str| {
    if let Ok(once) = syntax::format(text) {
        assert_eq!(syntax::format(&once).ok().as_deref(), Some(once.as_str()));
    }
});
