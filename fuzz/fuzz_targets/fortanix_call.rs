//! Any body for Fortanix's call, and any body as its response: an answer with one of the known statuses, a text that says
//! why, and never a valid statement but the store's own.
#![no_main]

use std::sync::OnceLock;

use jiff::Timestamp;
use keystead::api::fortanix::{self, KeyAttestationResponse};
use keystead::attestation::{Policy, Profile, Verifier};
use keystead::{Algorithm, AuthorityPlan, GenerateKey, KeyName, KeySpec, Keystore, Options};
use libfuzzer_sys::fuzz_target;

struct World {
    store: Keystore,
    /// One for each profile, with the store's root.
    verifiers: [Verifier; 2],
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let store = Keystore::in_memory(Options::default()).expect("a store in memory");
        for (name, algorithm) in [("a", Algorithm::Es256), ("b", Algorithm::Hs256)] {
            let spec = KeySpec::new(algorithm, None).expect("a spec");
            store.generate(GenerateKey::new(KeyName::new(name).expect("a name"), spec)).expect("a key");
        }
        let authority = store.create_authority(&AuthorityPlan::new()).expect("an authority");
        let verifiers = [Profile::Keystead, Profile::Fortanix]
            .map(|profile| Verifier::new(profile, [authority.trust_anchor()]).expect("a verifier"));
        World { store, verifiers }
    })
}

fuzz_target!(|body: &[u8]| {
    let World { store, verifiers } = world();
    let answer = fortanix::call(store, "POST", "/crypto/v1/keys/key_attestation", body).expect("the vendor's call");
    assert!(matches!(answer.status, 200 | 400 | 404 | 422), "{answer:?}");
    assert!(!answer.body.is_empty() && (answer.status == 200 || answer.body.len() < 1000));
    if answer.status == 200 {
        let response = KeyAttestationResponse::from_json(answer.body.as_bytes()).expect("what is written is read");
        assert!(response.verify(&verifiers[0], &Policy::new(), Timestamp::now()).expect("base64").is_valid());
    }
    match KeyAttestationResponse::from_json(body) {
        Ok(response) => {
            for verifier in verifiers {
                // The root of this run is new: nothing that comes in can be signed below it.
                if let Ok(report) = response.verify(verifier, &Policy::new(), Timestamp::now()) {
                    assert!(!report.is_valid() && report.failures().count() > 0, "{report}");
                }
            }
        }
        Err(failure) => assert!(failure.status() == 400 && failure.message().len() < 1000),
    }
});
