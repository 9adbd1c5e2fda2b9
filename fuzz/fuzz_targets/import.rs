//! Any bytes: read or refused, and what is read is the same key in every form.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    keystead_fuzz::read(data, None);
});
