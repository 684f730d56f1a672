#![no_main]
//! Whatever is read has a value or an error, within its budget.

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use xero_pbit::m::syntax::parse_document;
use xero_pbit::m::{self, Interp, Options, Sources, canon};

fuzz_target!(|text: &str| {
    let Ok(_) = parse_document(text) else { return };
    m::with_stack(|| {
        let Ok(parsed) = parse_document(text) else { return };
        let time_limit = Some(Duration::from_secs(1));
        let options = Options { time_limit, memory_limit: Some(256 << 20), ..Options::default() };
        let mut cx = Interp::new(options, Sources::default());
        if let Ok(value) = cx.eval_document(&parsed.document, None) {
            let _ = canon::to_json(&mut cx, &value);
        }
    });
});
