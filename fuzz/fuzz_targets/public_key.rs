//! Public keys in DER from anywhere: read for each algorithm, with no panic, and a signature of zeros never verifies.
#![no_main]

use keystead::{Algorithm, Verifier};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|der: &[u8]| {
    for algorithm in Algorithm::ALL {
        if let Ok(verifier) = Verifier::from_public_key_der(algorithm, der) {
            assert_eq!(verifier.algorithm(), algorithm);
            for len in [0, 64, 96, 132, 256] {
                assert!(!verifier.verify(b"message", &vec![0; len]));
            }
        }
    }
});
