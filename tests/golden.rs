//! Stores written by each released format open for ever: `tests/data/golden`.
#![allow(clippy::unwrap_used, reason = "a test stops at the first failure")]

use std::path::{Path, PathBuf};

use keystead::{Algorithm, GenerateKey, Issuer, KeyName, KeySpec, KeyType, Keystore, Options, Unlock, UserLabel};

const PASSPHRASE: &str = "golden";

fn golden(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/golden/format-{version}.db"))
}

/// Wrote format 1. To be run only for a new format: what is written lies in the repository.
#[test]
#[ignore = "writes a golden file"]
fn write() {
    let path = golden(1);
    let cost = Options::default().kdf_cost(keystead::KdfCost::FLOOR);
    let store = Keystore::create(path, &Unlock::passphrase(PASSPHRASE), cost).unwrap();
    for algorithm in Algorithm::ALL {
        let bits = (algorithm.key_type() == KeyType::Rsa).then_some(2048);
        let spec = KeySpec::new(algorithm, bits).unwrap();
        let name = KeyName::new(format!("golden {algorithm}")).unwrap();
        store.generate(GenerateKey::new(name, spec).issuer(Issuer::new("golden.example").unwrap())).unwrap();
    }
    let used = store.key(KeyName::new("golden ES256").unwrap()).unwrap();
    store.mark_in_use(used.id(), &UserLabel::new("the golden test").unwrap()).unwrap();
}

#[test]
fn format_1_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    std::fs::copy(golden(1), &path).unwrap();
    let store = Keystore::open(&path, &Unlock::passphrase(PASSPHRASE), Options::default()).unwrap();
    let integrity = store.verify_integrity().unwrap();
    assert!(integrity.is_ok(), "{:?}", integrity.problems());
    assert_eq!(integrity.keys(), 12);
    for algorithm in Algorithm::ALL {
        let key = store.key(KeyName::new(format!("golden {algorithm}")).unwrap()).unwrap();
        assert_eq!(key.algorithm(), Some(algorithm));
        assert_eq!(key.certificate_der().is_some(), key.key_type() != KeyType::Hmac);
        let signature = store.sign(key.id(), b"message").unwrap();
        assert!(store.verify(key.id(), b"message", signature.as_bytes()).unwrap());
    }
    let used = store.key(KeyName::new("golden ES256").unwrap()).unwrap();
    assert_eq!(store.users(used.id()).unwrap(), ["the golden test"]);
}
