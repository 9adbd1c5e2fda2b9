//! JSON for keys and sets of keys: what is read is what another reader of JSON sees there.
#![no_main]

use keystead::{KeyType, Structure};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let found = keystead_fuzz::read(text.as_bytes(), None);
    let jose = [Structure::Jwk, Structure::PrivateJwk, Structure::Jwks];
    if !found.iter().any(|found| jose.contains(&found.form().structure)) {
        return;
    }
    let value: serde_json::Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).expect("it is JSON");
    let keys = match value.get("keys") {
        Some(keys) => keys.as_array().expect("a set is an array").clone(),
        None => vec![value],
    };
    for found in &found {
        let kty = match found.key_type() {
            KeyType::Rsa => "RSA",
            KeyType::Ec => "EC",
            KeyType::Hmac => "oct",
        };
        assert!(keys.iter().any(|key| key["kty"] == kty), "{found:?}");
        if let Some(kid) = found.kid() {
            assert!(keys.iter().any(|key| key["kid"] == kid), "{found:?}");
        }
    }
});
