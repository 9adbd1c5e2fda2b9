//! PKCS#12 and encrypted PKCS#8 under the password that the seeds have: read, or refused in bounded time.
#![no_main]

use keystead::SecretBytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let password = SecretBytes::from("fuzz");
    keystead_fuzz::read(data, Some(&password));
});
