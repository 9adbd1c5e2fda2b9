//! What is stated is true, at once and of each kind of key, or refused with its reason.
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
use std::path::Path;

use attested::{Said, attest, generate, import, name, plan, request, store};
use judges::pair;
use keystead::attestation::{Claim, Policy, Profile, Verifier};
use keystead::{
    Algorithm, AttestationRequest, ErrorKind, ImportKey, KdfCost, Key, KeyId, KeyType, Keystore, Options, Result,
    SecretEncoding, SecretFormat, Unlock,
};

const SECRET: &[u8] = b"0123456789abcdef-not-for-anyone-at-all-0123456789abcdef-0123456789abcdef";
const UNKNOWN: &str = "99999999-9999-4999-8999-999999999999";

fn stated(store: &Keystore, id: KeyId) -> Said {
    let said = Said::by(attest(store, id).statement_der());
    assert_eq!(said.id, id.to_string());
    said
}

/// Kind and words of a refusal.
fn refused<T>(outcome: Result<T>) -> String {
    let Err(error) = outcome else { panic!("it was not refused") };
    format!("{:?}: {error}", error.kind())
}

/// A store in a file, with an EC authority.
fn in_file(path: &Path) -> Keystore {
    let options = Options::default().kdf_cost(KdfCost::FLOOR);
    let store = Keystore::create(path, &unlock(), options).unwrap();
    store.create_authority(&plan()).unwrap();
    store
}

fn unlock() -> Unlock {
    Unlock::raw_key([0x5a; 32])
}

fn another_handle(path: &Path) -> Keystore {
    Keystore::open(path, &unlock(), Options::default()).unwrap()
}

fn export(store: &Keystore, id: KeyId) {
    store.export_secret(id, &SecretFormat::Jwk).unwrap();
}

/// Three ways for a key to be kept: for ever inside, free to leave, and gone once.
const WAYS: [&str; 3] = ["kept", "exportable", "exported"];

#[test]
fn every_kind_of_key_gets_its_statement_or_its_refusal() {
    let (store, clock) = store();
    clock.set("2026-11-22T07:00:00.123456789Z");
    let requests = Algorithm::ALL.iter().flat_map(|&algorithm| {
        WAYS.map(|way| request(&format!("generated {algorithm} {way}"), algorithm).exportable(way != "kept"))
    });
    let generated = store.generate_many(&requests.collect::<Vec<_>>()).unwrap();
    let mut keys: Vec<Key> = generated.into_iter().map(Result::unwrap).collect();
    clock.set("2026-11-22T08:00:00.999999999Z");
    for algorithm in Algorithm::ALL {
        for way in WAYS {
            let text = format!("imported {algorithm} {way}");
            let how = |request: ImportKey| request.algorithm(algorithm).exportable(way != "kept");
            keys.push(match (algorithm.key_type(), algorithm.curve()) {
                (KeyType::Hmac, _) => import(&store, &text, SECRET, |request| how(request).secret(SecretEncoding::Raw)),
                (_, Some(_)) => import(&store, &text, &pair(algorithm).file("key.pem"), how),
                _ => import(&store, &text, &pair(Algorithm::Rs256).file("key.pem"), how),
            });
        }
    }
    clock.set("2026-11-23T09:00:00.5Z");
    for key in keys.iter().filter(|key| key.name().as_str().ends_with("exported")) {
        export(&store, key.id());
    }
    clock.set("2026-11-24T10:00:00Z");
    let verifier = Verifier::new(Profile::Keystead, [store.authority().unwrap().unwrap().trust_anchor()]).unwrap();
    let mut counts = [0; 2];
    for key in &keys {
        let text = key.name().as_str();
        let [origin, algorithm, way] = text.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let Some(spki) = key.public_key_der() else {
            let words = format!(
                "NotPossible: the key '{text}' is an HMAC secret: attested are RSA and EC keys that have their private part"
            );
            assert_eq!(refused(store.attest(key.id(), &AttestationRequest::new())), words);
            counts[1] += 1;
            continue;
        };
        let (code, since) = if origin == "generated" { (1, "20261122070000Z") } else { (2, "20261122080000Z") };
        let facts = match way {
            "kept" => format!("origin {code}, {since}, {algorithm}"),
            "exportable" => format!("origin {code}, {since}, {algorithm}, [0] {since}"),
            _ => format!("origin {code}, {since}, {algorithm}, [0] {since}, [1] 20261123090000Z"),
        };
        // Cold, then from the cache.
        for _ in 0..2 {
            let attestation = attest(&store, key.id());
            let said = Said::by(attestation.statement_der());
            assert_eq!(said.id, key.id().to_string());
            assert_eq!(said.facts, facts, "{text}");
            assert_eq!(said.generated, origin == "generated", "{text}");
            assert_eq!(said.never_exportable, way == "kept", "{text}");
            assert_eq!(said.not_before, "261124100000Z", "{text}");
            assert_eq!(said.spki, spki, "{text}");
            assert_eq!(said.challenge, None, "{text}");

            let chain: Vec<_> = attestation.authority_chain().collect();
            let policy = Policy::new().key_id(key.id()).public_key(spki);
            let now = "2026-11-24T10:00:01Z".parse().unwrap();
            let report = verifier.verify(attestation.statement_der(), &chain, &policy, now);
            assert!(report.is_valid(), "{text}: {report}");
            let claims = report.statement().unwrap().claims();
            assert_eq!(claims.contains(&Claim::GeneratedHere), origin == "generated", "{text}");
            assert_eq!(claims.contains(&Claim::NeverExportable), way == "kept", "{text}");
        }
        counts[0] += 1;
    }
    assert_eq!(counts, [2 * 9 * 3, 2 * 3 * 3]);
}

#[test]
fn refusals_name_their_reason() {
    let without = judges::memory();
    let (store, _) = store();
    let ask = |store: &Keystore, id: KeyId| refused(store.attest(id, &AttestationRequest::new()));
    let unknown = UNKNOWN.parse().unwrap();
    let [rsa, ec] = [Algorithm::Rs256, Algorithm::Es384].map(pair);
    let public = import(&store, "public", &rsa.public, |request| request);
    let certificate = import(&store, "certificate", &ec.file("cert.pem"), |request| request);
    let secret =
        import(&store, "secret", SECRET, |request| request.algorithm(Algorithm::Hs512).secret(SecretEncoding::Raw));
    insta::assert_snapshot!(ask(&store, public.id()), @"NotPossible: the key 'public' is a public key alone: attested are RSA and EC keys that have their private part");
    insta::assert_snapshot!(ask(&store, certificate.id()), @"NotPossible: the key 'certificate' is a public key alone: attested are RSA and EC keys that have their private part");
    insta::assert_snapshot!(ask(&store, secret.id()), @"NotPossible: the key 'secret' is an HMAC secret: attested are RSA and EC keys that have their private part");
    insta::assert_snapshot!(ask(&store, unknown), @"NotFound: there is no key with id 99999999-9999-4999-8999-999999999999");
    // What is wrong with the key is said first: no authority would help.
    let key = generate(&without, "key", Algorithm::Es256);
    let secret = generate(&without, "secret", Algorithm::Hs256);
    insta::assert_snapshot!(ask(&without, key.id()), @"NotPossible: the store has no attestation authority: one must be created, installed or imported first");
    insta::assert_snapshot!(ask(&without, secret.id()), @"NotPossible: the key 'secret' is an HMAC secret: attested are RSA and EC keys that have their private part");
    insta::assert_snapshot!(ask(&without, unknown), @"NotFound: there is no key with id 99999999-9999-4999-8999-999999999999");
    insta::assert_snapshot!(refused(without.attest_many(&[key.id()], &AttestationRequest::new())), @"NotPossible: the store has no attestation authority: one must be created, installed or imported first");
    insta::assert_snapshot!(refused(without.attest_many(&[], &AttestationRequest::new())), @"NotPossible: the store has no attestation authority: one must be created, installed or imported first");
    assert_eq!(without.authority().unwrap(), None);
}

#[test]
fn an_export_is_stated_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let store = in_file(&path);
    let other = another_handle(&path);
    for (exporting, text) in [(&store, "here"), (&other, "there")] {
        let key = store.generate(request(text, Algorithm::Es256).exportable(true)).unwrap();
        for store in [&store, &other, &store] {
            let said = stated(store, key.id());
            assert!(said.generated && !said.never_exportable && !said.facts.contains("[1]"), "{said:?}");
        }
        export(exporting, key.id());
        let at = store.key(key.id()).unwrap().exported_at().unwrap();
        let fact = format!(", [1] {}", at.strftime("%Y%m%d%H%M%SZ"));
        let reopened = another_handle(&path);
        for store in [&other, &store, &reopened] {
            let said = stated(store, key.id());
            assert!(said.generated && !said.never_exportable && said.facts.ends_with(&fact), "{said:?}");
        }
        // A second export changes nothing: what is stated is the first one.
        let first = stated(&store, key.id()).facts;
        export(exporting, key.id());
        assert_eq!(stated(&store, key.id()).facts, first);
    }
    // A refused export is none.
    let kept = generate(&store, "kept", Algorithm::Es256);
    assert_eq!(store.export_secret(kept.id(), &SecretFormat::Jwk).unwrap_err().kind(), ErrorKind::Refused);
    assert!(stated(&store, kept.id()).never_exportable);
}

#[test]
fn another_name_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let (store, other) = (in_file(&path), another_handle(&path));
    let key = generate(&store, "one", Algorithm::Es512);
    let before = stated(&store, key.id());
    for (renaming, text) in [(&store, "two"), (&other, "three")] {
        renaming.rename(key.id(), name(text)).unwrap();
        for store in [&store, &other] {
            let after = stated(store, key.id());
            assert_ne!(after.serial, before.serial);
            assert_eq!(after.lasting(), before.clone().lasting());
        }
    }
}

#[test]
fn a_deleted_key_is_attested_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let (store, other) = (in_file(&path), another_handle(&path));
    for deleting in [&store, &other] {
        let key = generate(&store, "key", Algorithm::Es256);
        let before = [&store, &other].map(|store| stated(store, key.id()));
        deleting.delete(key.id()).unwrap();
        for store in [&store, &other] {
            let words = refused(store.attest(key.id(), &AttestationRequest::new()));
            assert_eq!(words, format!("NotFound: there is no key with id {}", key.id()));
        }
        // Another key under the same id is stated as what it is.
        let again = deleting
            .import(ImportKey::new(name("again"), pair(Algorithm::Es384).file("key.pem")).id(key.id()).exportable(true))
            .unwrap();
        for store in [&store, &other] {
            let said = stated(store, key.id());
            assert!(!said.generated && !said.never_exportable, "{said:?}");
            assert_eq!(said.spki, again.key.public_key_der().unwrap());
            assert_ne!(said.spki, before[0].spki);
        }
        deleting.delete(key.id()).unwrap();
    }
}

#[test]
fn a_challenge_has_1_to_64_bytes() {
    let (store, _) = store();
    let key = generate(&store, "key", Algorithm::Es256);
    for len in [1, 2, 63, 64] {
        let challenge: Vec<u8> = (0..len).map(|at| (at as u8).wrapping_mul(37).wrapping_add(0x80)).collect();
        let asked = AttestationRequest::new().challenge(challenge.clone()).unwrap();
        // One request serves more than once.
        for _ in 0..2 {
            let attestation = store.attest(key.id(), &asked).unwrap();
            assert_eq!(Said::by(attestation.statement_der()).challenge.as_ref(), Some(&challenge));
        }
    }
    let ask = |len: usize| AttestationRequest::new().challenge(vec![7; len]).map(|_| ());
    insta::assert_snapshot!(refused(ask(0)), @"InvalidInput: challenge is 0 bytes, allowed are 1 to 64");
    insta::assert_snapshot!(refused(ask(65)), @"InvalidInput: challenge is 65 bytes, allowed are 1 to 64");
    insta::assert_snapshot!(refused(ask(1 << 24)), @"InvalidInput: challenge is 16777216 bytes, allowed are 1 to 64");
    assert_eq!(ask(65).unwrap_err().field(), Some("challenge"));
    // The last one counts.
    let asked = AttestationRequest::new().challenge(b"one").unwrap().challenge(b"two").unwrap();
    assert_eq!(Said::by(store.attest(key.id(), &asked).unwrap().statement_der()).challenge.unwrap(), b"two");
}

#[test]
fn many_are_answered_in_their_order() {
    let (store, _) = store();
    let keys =
        store.generate_many(&(0..40).map(|n| request(&format!("key {n}"), Algorithm::Es256)).collect::<Vec<_>>());
    let keys: Vec<_> = keys.unwrap().into_iter().map(|key| key.unwrap().id()).collect();
    let gone = generate(&store, "gone", Algorithm::Es256).id();
    attest(&store, gone);
    store.delete(gone).unwrap();
    let secret = generate(&store, "secret", Algorithm::Hs256).id();
    let public = import(&store, "public", &pair(Algorithm::Es256).public, |request| request).id();
    let ids: Vec<_> = (0..1000)
        .map(|n| match n % 50 {
            7 => gone,
            19 => secret,
            31 => public,
            43 => UNKNOWN.parse().unwrap(),
            // Neither one after the other nor each as often as the others.
            _ => keys[n * n % 41 % keys.len()],
        })
        .collect();
    let asked = AttestationRequest::new().challenge(b"for all of them").unwrap();
    let answers = store.attest_many(&ids, &asked).unwrap();
    assert_eq!(answers.len(), ids.len());
    let chain = store.authority().unwrap().unwrap();
    let mut serials = HashSet::new();
    for (n, (id, answer)) in ids.iter().zip(answers).enumerate() {
        let kind = answer.as_ref().err().map(keystead::Error::kind);
        let expected = match n % 50 {
            7 | 43 => Some(ErrorKind::NotFound),
            19 | 31 => Some(ErrorKind::NotPossible),
            _ => None,
        };
        assert_eq!(kind, expected, "{n}");
        let Ok(attestation) = answer else {
            // The very words of a single question.
            assert_eq!(refused(answer), refused(store.attest(*id, &asked)));
            continue;
        };
        let said = Said::by(attestation.statement_der());
        assert_eq!(said.id, id.to_string(), "{n}");
        assert_eq!(said.challenge.as_deref(), Some(&b"for all of them"[..]));
        assert!(attestation.authority_chain().eq(chain.chain()));
        assert!(serials.insert(said.serial));
    }
    assert_eq!(serials.len(), 920);
    assert_eq!(store.attest_many(&[], &asked).unwrap().len(), 0);
    let one = store.attest_many(&keys[..1], &asked).unwrap();
    assert_eq!(Said::by(one[0].as_ref().unwrap().statement_der()).id, keys[0].to_string());
}
