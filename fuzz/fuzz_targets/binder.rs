#![no_main]
//! Names and types are resolved or refused.

mod model;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use xero_pbit::dax::Engine;

static ENGINE: LazyLock<Engine> = LazyLock::new(model::engine);

fuzz_target!(|text: &str| {
    let _ = ENGINE.check(text);
});
