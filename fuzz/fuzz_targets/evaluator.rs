#![no_main]
//! Whatever binds has a value or an error, within its budget.

mod model;

use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use xero_pbit::dax::{Engine, Options};

static ENGINE: LazyLock<Engine> = LazyLock::new(model::engine);

fuzz_target!(|text: &str| {
    let options = Options { timeout: Some(Duration::from_secs(1)), max_memory: 32 << 20, ..Options::default() };
    let _ = ENGINE.evaluate(text, &options);
    let _ = ENGINE.evaluate_expr(text, &options);
});
