//! A whole store against a model: `tests/support/store_model`, as `tests/store_model.rs` plays it. With STORE_MODEL_SAYS set,
//! each step is told; with STORE_MODEL_TALLY set to a path, how often each verb came and what came of it is written there.
#![no_main]

use std::sync::atomic::{AtomicU64, Ordering};

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/support/store_model/mod.rs"]
mod store_model;

fuzz_target!(|data: &[u8]| {
    store_model::play(data);
    static PLAYED: AtomicU64 = AtomicU64::new(0);
    if PLAYED.fetch_add(1, Ordering::Relaxed).is_multiple_of(1024)
        && let Some(path) = std::env::var_os("STORE_MODEL_TALLY")
    {
        std::fs::write(path, store_model::tally_in_words()).expect("a file for the tally");
    }
});
