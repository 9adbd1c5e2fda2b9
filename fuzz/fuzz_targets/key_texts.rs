//! The texts that name keys: what is accepted obeys its rule and reads back as itself.
#![no_main]

use keystead::{Algorithm, Fingerprint, Issuer, KeyId, KeyName, Kid};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(name) = KeyName::new(text) {
        assert_eq!(name.as_str(), text);
        assert!((1..=4096).contains(&text.chars().count()) && !text.contains(['\n', '\r']) && !text.trim().is_empty());
    }
    if let Ok(kid) = Kid::new(text) {
        assert!((1..=255).contains(&kid.as_str().chars().count()));
    }
    if let Ok(issuer) = Issuer::new(text) {
        assert!((1..=64).contains(&issuer.as_str().chars().count()));
    }
    if let Ok(id) = text.parse::<KeyId>() {
        assert_eq!(id.to_string(), text.to_lowercase());
    }
    if let Ok(algorithm) = text.parse::<Algorithm>() {
        assert_eq!(algorithm.name(), text);
    }
    if let Ok(digest) = text.parse::<Fingerprint>() {
        let colons = digest.to_colon_hex();
        let same = [colons.replace(':', ""), colons, digest.to_base64url(), digest.to_openssh()];
        assert!(same.iter().any(|form| form == text || form.to_lowercase() == text.to_lowercase()));
    }
});
