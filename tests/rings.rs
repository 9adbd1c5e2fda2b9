//! Rings: made, rotated, retired, revoked, deleted; what is published and accepted at each step.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first failure")]

use keystead::{Algorithm, ErrorKind, KeySpec, Keystore, Options, Ring, RingName, RingPlan, RingState};
use serde_json::Value;

fn memory() -> Keystore {
    Keystore::in_memory(Options::default()).unwrap()
}

fn name(text: &str) -> RingName {
    RingName::new(text).unwrap()
}

fn plan(text: &str) -> RingPlan {
    RingPlan::new(name(text), KeySpec::new(Algorithm::Es256, None).unwrap())
}

/// The kids that a ring publishes.
fn published(ring: &Ring) -> Vec<String> {
    let set: Value = serde_json::from_str(&ring.jwks().unwrap()).unwrap();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn kid(key: &keystead::RingKey) -> String {
    key.key().kid().as_str().to_owned()
}

fn live(state: &RingState) -> Vec<String> {
    state.live().map(kid).collect()
}

#[test]
fn a_ring_turns() {
    let store = memory();
    let ring = store.create_ring(&plan("acme")).unwrap();
    let first = ring.state().unwrap();
    assert!(first.previous().is_none());
    assert_eq!(published(&ring), live(&first));
    let signer = ring.signer().unwrap();
    let old = signer.sign(b"message").unwrap();
    assert_eq!(old.kid, *first.current().key().kid());

    let second = ring.rotate().unwrap();
    assert_eq!(kid(second.current()), kid(first.next()));
    assert_eq!(kid(second.previous().unwrap()), kid(first.current()));
    assert_eq!(published(&ring), live(&second));
    assert_eq!(signer.sign(b"message").unwrap().kid, *first.next().key().kid());
    assert!(ring.verify(&old.kid, b"message", old.signature.as_bytes()).unwrap());

    let third = ring.rotate().unwrap();
    assert_eq!(kid(&third.ended()[0]), kid(first.current()));
    assert!(!ring.verify(&old.kid, b"message", old.signature.as_bytes()).unwrap());
    assert_eq!(ring.verifier(&old.kid).unwrap_err().kind(), ErrorKind::Refused);

    let revoked = ring.revoke(third.current().key().kid()).unwrap();
    assert_eq!(kid(revoked.current()), kid(third.next()));
    assert_eq!(store.sign(third.current().key().id(), b"x").unwrap_err().kind(), ErrorKind::Refused);
    let refused = store.delete(revoked.current().key().id()).unwrap_err();
    assert_eq!((refused.kind(), refused.users()), (ErrorKind::InUse, &["ring acme".to_owned()][..]));
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
    store.delete_ring(&name("acme")).unwrap();
    assert!(store.is_empty().unwrap());
    assert_eq!(ring.signer().unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
}
