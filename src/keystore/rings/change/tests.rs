//! What a change of a ring leaves in memory.

use crate::keystore::{Keystore, Options, RingPlan};
use crate::model::{Algorithm, KeySpec, RingName};

#[test]
fn what_is_gone_is_not_kept_in_memory() {
    let store = Keystore::in_memory(Options::default()).unwrap();
    let plan = RingPlan::new(RingName::parse("acme").unwrap(), KeySpec::parse(Algorithm::Es256, None).unwrap());
    let ring = store.create_ring(&plan.keep(1)).unwrap();
    let cached = || format!("{:?}", store.0.cache);
    for key in ring.state().unwrap().live() {
        store.signer(key.key().id()).unwrap();
        store.verifier(key.key().id()).unwrap();
    }
    assert_eq!(cached(), "Cache(2 signers, 2 verifiers)");
    // Retired, a key may still be asked for.
    ring.rotate().unwrap();
    ring.rotate().unwrap();
    assert_eq!(cached(), "Cache(2 signers, 2 verifiers)");
    // The first is deleted, the second retired.
    ring.rotate().unwrap();
    assert_eq!(cached(), "Cache(1 signers, 1 verifiers)");
    let retired = ring.state().unwrap().ended().iter().map(|key| key.key().kid().clone()).next().unwrap();
    ring.revoke(&retired).unwrap();
    assert_eq!(cached(), "Cache(0 signers, 0 verifiers)");
}
