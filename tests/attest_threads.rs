//! Many threads, over two handles of one file, have statements made while somebody exports, renames and deletes. Each
//! statement is true of a moment between its question and its answer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first failure"
)]

#[path = "support/attested.rs"]
mod attested;
#[path = "support/judges.rs"]
mod judges;

use std::collections::HashSet;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;

use attested::{Said, name, plan, request};
use keystead::{Algorithm, AttestationRequest, ErrorKind, KdfCost, Keystore, Options, SecretFormat, Unlock};
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{DerSignature, VerifyingKey};
use p256::pkcs8::DecodePublicKey;

const THREADS: usize = 8;
const ROUNDS: usize = 200;

/// How far a change has come: an answer to a question that was asked in `AFTER` must know it, one that came in `BEFORE`
/// cannot.
const BEFORE: u8 = 0;
const DURING: u8 = 1;
const AFTER: u8 = 2;

/// A change in its time.
fn change<T>(state: &AtomicU8, what: impl FnOnce() -> T) -> T {
    state.store(DURING, Ordering::SeqCst);
    let outcome = what();
    state.store(AFTER, Ordering::SeqCst);
    outcome
}

/// Runs something at the end of a thread, also when it panics: nobody waits for it for ever.
struct AtEnd<F: FnMut()>(F);

impl<F: FnMut()> Drop for AtEnd<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn statements_are_true_while_keys_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let unlock = Unlock::raw_key([0x5a; 32]);
    let options = || Options::default().kdf_cost(KdfCost::FLOOR).busy_timeout(Duration::from_secs(60));
    let store = Keystore::create(&path, &unlock, options()).unwrap();
    let authority = store.create_authority(&plan()).unwrap();
    let spki = attested::spki_of(authority.chain().next().unwrap());
    let verifying = VerifyingKey::from_public_key_der(&spki).unwrap();
    let other = Keystore::open(&path, &unlock, options()).unwrap();

    let [exported, deleted, renamed] = ["exported", "deleted", "renamed"].map(|text| {
        let exportable = text == "exported";
        store.generate(request(text, Algorithm::Es256).exportable(exportable)).unwrap()
    });
    let (export, delete) = (AtomicU8::new(BEFORE), AtomicU8::new(BEFORE));
    let (asked, start) = (AtomicUsize::new(0), Barrier::new(THREADS + 1));
    let serials = Mutex::new(HashSet::new());
    // Of the exported key without and with that fact, of the deleted one there and gone.
    let seen: [AtomicUsize; 4] = std::array::from_fn(|_| AtomicUsize::new(0));

    let worker = |worker: usize| {
        let store = if worker.is_multiple_of(2) { &store } else { &other };
        start.wait();
        let _end = AtEnd(|| {
            asked.fetch_add(ROUNDS, Ordering::SeqCst);
        });
        for round in 0..ROUNDS {
            // The last quarter of the questions comes after all changes, however slow the disk is.
            while round == ROUNDS * 3 / 4 && delete.load(Ordering::SeqCst) != AFTER {
                thread::sleep(Duration::from_micros(100));
            }
            asked.fetch_add(1, Ordering::SeqCst);
            let (key, state) = match (worker + round) % 4 {
                0 | 1 => (&exported, &export),
                2 => (&deleted, &delete),
                _ => (&renamed, &delete),
            };
            let first = state.load(Ordering::SeqCst);
            let answer = store.attest(key.id(), &AttestationRequest::new());
            let last = state.load(Ordering::SeqCst);
            let attestation = match answer {
                Ok(attestation) => attestation,
                Err(error) => {
                    assert_eq!((error.kind(), key.id()), (ErrorKind::NotFound, deleted.id()), "{error}");
                    assert_ne!(last, BEFORE, "gone before it was deleted");
                    seen[3].fetch_add(1, Ordering::SeqCst);
                    continue;
                }
            };
            let said = Said::by(attestation.statement_der());
            assert_eq!(said.id, key.id().to_string());
            assert_eq!(said.spki, key.public_key_der().unwrap());
            assert!(said.generated);
            assert_eq!(said.never_exportable, !key.is_exportable());
            let signature = DerSignature::try_from(said.signature.as_slice()).unwrap();
            verifying.verify(&said.signed, &signature).unwrap();
            assert!(serials.lock().unwrap().insert(said.serial.clone()), "a serial number twice");
            if key.id() == exported.id() {
                let knows = said.facts.contains("[1]");
                assert!(knows || first != AFTER, "an export that was over is not stated: {said:?}");
                assert!(!knows || last != BEFORE, "an export is stated that had not begun: {said:?}");
                seen[usize::from(knows)].fetch_add(1, Ordering::SeqCst);
            } else if key.id() == deleted.id() {
                assert_ne!(first, AFTER, "a statement about a key that was deleted before");
                seen[2].fetch_add(1, Ordering::SeqCst);
            }
        }
    };
    // Until so many questions have been asked in all.
    let wait = |share: usize| {
        while asked.load(Ordering::SeqCst) < THREADS * ROUNDS * share / 12 {
            thread::sleep(Duration::from_micros(100));
        }
    };
    thread::scope(|scope| {
        (0..THREADS).for_each(|number| drop(scope.spawn(move || worker(number))));
        scope.spawn(|| {
            start.wait();
            let _end = AtEnd(|| delete.store(AFTER, Ordering::SeqCst));
            for share in 1..9 {
                wait(share);
                store.rename(renamed.id(), name(&format!("renamed {share}"))).unwrap();
                match share {
                    3 => drop(change(&export, || other.export_secret(exported.id(), &SecretFormat::Pkcs8Der).unwrap())),
                    6 => change(&delete, || store.delete(deleted.id()).unwrap()),
                    _ => {}
                }
            }
        });
    });
    let seen = seen.map(AtomicUsize::into_inner);
    assert!(seen.iter().all(|seen| *seen > 0), "both sides of each change were seen: {seen:?}");
    assert_eq!(seen[0] + seen[1], THREADS * ROUNDS / 2);
    assert_eq!(seen[2] + seen[3], THREADS * ROUNDS / 4);
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
}
