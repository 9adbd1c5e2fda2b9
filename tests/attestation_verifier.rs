//! The verifier of statements: what the vendor published and what others wrote is judged, check by check.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first failure")]

#[path = "support/python.rs"]
mod python;
#[path = "support/statements.rs"]
mod statements;

use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use base64ct::{Base64, Encoding};
use jiff::Timestamp;
use keystead::attestation::{Check, Claim, Policy, Profile, Report, Verifier};
use keystead::{
    Algorithm, AttestationRequest, AuthorityPlan, ErrorKind, GenerateKey, ImportKey, KeyId, KeyName, KeySpec, Keystore,
    Options, Origin, SecretFormat,
};
use python::has_cryptography;
use serde_json::Value;
use statements::{Attested, at, decode, failed, skipped, vendors};

const LATER: &str = "2026-11-22T07:10:00Z";

/// Every check of the response that Fortanix published, its root pinned.
#[test]
fn the_vendors_example_is_valid() {
    let vendors = vendors();
    let report = vendors.judge(Profile::Fortanix, vendors.root(), at(LATER));
    insta::assert_snapshot!(report, @r#"
    valid by the profile fortanix
    passed statement-readable: the statement is a certificate
    passed chain-length: the chain has 3 certificates
    passed chain-readable: each certificate of the chain can be read
    passed statement-signature: the statement is signed with the key of chain[0]
    passed statement-issuer: the statement's issuer is the subject of chain[0]
    passed statement-authority-key-id: the statement names the key of chain[0]
    passed path-signatures: each certificate is signed with the key of the next one
    passed path-names: each issuer is the subject of the next certificate
    passed path-key-ids: each certificate names the key of the next one
    passed path-length: no CA stands higher than its path length constraint allows
    passed trust-anchor: chain[2] is a trust anchor and signed by itself
    passed chain-version: each certificate of the chain is of version 3
    passed chain-extensions: each critical extension of the chain is known
    passed key-strength: each key of the chain is long enough
    passed authority-usage: chain[0] is for signing statements
    passed authority-key-usage: chain[0] is for signatures alone
    passed authority-constraints: chain[0] is no CA
    passed ca-usage: no CA is kept to other usages
    passed ca-key-usage: each CA is for signing certificates
    passed ca-constraints: each CA is one
    passed policies: each certificate below the root is under the profile's policy
    passed authority-validity: signed at 2023-09-01T00:36:06Z, chain[0] is valid from 2023-09-01T14:28:45Z to 2023-10-01T14:28:45Z, and a statement may be 24 hours older
    passed ca-validity: signed at 2023-09-01T00:36:06Z, while each CA was valid
    passed statement-version: the statement is of version 3
    passed statement-serial: the statement's serial number has 20 octets
    passed statement-extensions: each critical extension of the statement is known
    passed statement-key-usage: the attested key is for digitalSignature, keyEncipherment, dataEncipherment
    passed statement-constraints: the statement is no CA
    passed statement-subject: the statement is about the key b2b87f84-80d2-4c4c-ba41-7fa12fb4eff5
    passed statement-end: the statement has no end
    passed signing-time: signed at 2023-09-01T00:36:06Z, verified at 2026-11-22T07:10:00Z
    passed attested-key: the attested key is RSA of 2048 bits
    passed claims: generated-here, never-exportable
    skipped key-facts: statements of this profile have no facts about the key
    skipped challenge: statements of this profile have no challenge
    skipped max-age: any age was allowed
    skipped expected-key-id: no key id was asked for
    skipped expected-public-key: no public key was asked for
    skipped required-claims: no claim was asked for
    skipped expected-challenge: no challenge was asked for
    "#);
    let statement = report.statement().unwrap();
    assert_eq!(statement.key_id(), "b2b87f84-80d2-4c4c-ba41-7fa12fb4eff5".parse::<KeyId>().unwrap());
    assert_eq!(statement.signed_at(), at("2023-09-01T00:36:06Z"));
    assert_eq!(statement.claims(), [Claim::GeneratedHere, Claim::NeverExportable]);
    assert_eq!((statement.serial().len(), statement.public_key_der().len()), (20, 294));
    assert_eq!((statement.challenge(), statement.origin(), statement.stored_since()), (None, None, None));
    assert_eq!((statement.algorithm(), statement.exportable_since(), statement.exported_at()), (None, None, None));
}

#[test]
fn the_vendors_example_is_valid_at_any_time_after_it() {
    let vendors = vendors();
    for now in ["2023-09-01T00:36:06Z", "2023-09-01T12:00:00Z", "2023-10-02T00:00:00Z", "2999-01-01T00:00:00Z"] {
        assert!(vendors.judge(Profile::Fortanix, vendors.root(), at(now)).is_valid(), "{now}");
    }
    // A minute is the difference that clocks may have.
    assert!(vendors.judge(Profile::Fortanix, vendors.root(), at("2023-09-01T00:35:06Z")).is_valid());
    let early = vendors.judge(Profile::Fortanix, vendors.root(), at("2023-09-01T00:35:05Z"));
    assert_eq!(failed(&early), "signing-time");
    assert!(early.statement().is_none() && early.unverified_statement().is_some());
}

/// Statements by the Python package `cryptography`, of every kind of key.
struct Certified {
    attested: Attested,
    profile: Profile,
    kinds: String,
    key_id: KeyId,
    spki: Vec<u8>,
    /// The digest of that as Python computed it, in upper case with colons.
    digest: String,
}

static CERTIFIED: LazyLock<Vec<Certified>> = LazyLock::new(|| {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/certify_statements.py");
    let output = Command::new("python3").arg(script).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let certified: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let read = |one: Value| Certified {
        attested: Attested {
            statement: decode(&one["statement"]),
            chain: one["chain"].as_array().unwrap().iter().map(decode).collect(),
        },
        profile: text(&one["profile"]).parse().unwrap(),
        kinds: text(&one["kinds"]),
        key_id: text(&one["key_id"]).parse().unwrap(),
        spki: decode(&one["spki"]),
        digest: text(&one["sha256"]).parse::<keystead::Fingerprint>().unwrap().to_colon_hex(),
    };
    certified.into_iter().map(read).collect()
});

#[test]
fn statements_by_keys_of_every_kind_are_valid() {
    if !has_cryptography() {
        return;
    }
    for one in CERTIFIED.iter() {
        let report = one.attested.judge(one.profile, one.attested.root(), at(LATER));
        assert!(report.is_valid(), "{}: {report}", one.kinds);
        let statement = report.statement().unwrap();
        assert_eq!((statement.key_id(), statement.public_key_der()), (one.key_id, &one.spki[..]));
        assert_eq!((statement.signed_at(), statement.claims()), (at("2026-11-22T07:00:00Z"), &Claim::ALL[..]));
        let facts = (statement.origin(), statement.stored_since());
        let expected = match one.profile {
            Profile::Keystead => (Some(Origin::Generated), Some(at("2026-11-22T06:55:00Z"))),
            _ => (None, None),
        };
        assert_eq!(facts, expected);
        let other = if one.profile == Profile::Keystead { Profile::Fortanix } else { Profile::Keystead };
        assert!(!one.attested.judge(other, one.attested.root(), at(LATER)).is_valid());
    }
}

/// What the verifier of the first statement of Python says when this is asked for.
fn ask(policy: &Policy, now: &str) -> Report {
    let one = &CERTIFIED[0];
    let verifier = Verifier::new(one.profile, [one.attested.root()]).unwrap();
    verifier.verify(&one.attested.statement, &one.attested.chain, policy, at(now))
}

fn said(policy: &Policy, now: &str) -> String {
    let report = ask(policy, now);
    let failures: Vec<_> = report.failures().map(ToString::to_string).collect();
    assert_eq!(report.is_valid(), failures.is_empty());
    failures.join("\n")
}

#[test]
fn what_is_asked_for_must_be_there() {
    if !has_cryptography() {
        return;
    }
    let one = &CERTIFIED[0];
    let whole = Policy::new()
        .require(Claim::NeverExportable)
        .require(Claim::GeneratedHere)
        .key_id(one.key_id)
        .public_key(one.spki.clone())
        .challenge(*b"a nonce of the verifier")
        .max_age(Duration::from_secs(600));
    let report = ask(&whole, LATER);
    assert!(report.is_valid(), "{report}");
    assert_eq!(skipped(&report), "");
    assert_eq!(report.statement().unwrap().challenge(), Some(&b"a nonce of the verifier"[..]));
    let asked = [
        Check::MaxAge,
        Check::ExpectedKeyId,
        Check::ExpectedPublicKey,
        Check::RequiredClaims,
        Check::ExpectedChallenge,
    ];
    let reasons: Vec<_> = report.outcomes().iter().filter(|outcome| asked.contains(&outcome.check())).collect();
    assert_eq!(reasons.len(), asked.len());
    let reasons: Vec<_> = reasons.into_iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(reasons.join("\n"), @r#"
    passed max-age: signed at 2026-11-22T07:00:00Z, verified at 2026-11-22T07:10:00Z
    passed expected-key-id: the statement is about the key that was asked for
    passed expected-public-key: the statement is about the public key that was asked for
    passed required-claims: the statement makes every claim that was asked for
    passed expected-challenge: the statement has the challenge that was asked for
    "#);
    assert_eq!(
        skipped(&ask(&Policy::default(), LATER)),
        "max-age expected-key-id expected-public-key required-claims expected-challenge"
    );
}

#[test]
fn another_key_is_not_the_one_that_was_asked_for() {
    if !has_cryptography() {
        return;
    }
    let id = "780e1d5b-ee3b-43b2-aec8-db99b99adc4e".parse().unwrap();
    let got = CERTIFIED[0].key_id.to_string();
    insta::assert_snapshot!(said(&Policy::new().key_id(id), LATER).replace(&got, "GOT"), @"failed expected-key-id: the statement is about the key GOT, asked was 780e1d5b-ee3b-43b2-aec8-db99b99adc4e");
    let other = said(&Policy::new().public_key(CERTIFIED[5].spki.clone()), LATER);
    let other = other.replace(&CERTIFIED[0].digest, "GOT").replace(&CERTIFIED[5].digest, "ASKED");
    insta::assert_snapshot!(other, @"failed expected-public-key: the statement is about the public key of SHA-256 GOT, asked was ASKED");
    // A bit off is off the curve.
    let mut off = CERTIFIED[0].spki.clone();
    *off.last_mut().unwrap() ^= 1;
    insta::assert_snapshot!(said(&Policy::new().public_key(off), LATER), @"failed expected-public-key: the public key that was asked for cannot be used: malformed key: EC public key is not a point on its curve");
    insta::assert_snapshot!(said(&Policy::new().public_key([]), LATER), @"failed expected-public-key: the public key that was asked for cannot be used: malformed key: public key is not a SubjectPublicKeyInfo in DER");
}

/// SEC 1, section 2.3.3: 02 or 03 and x, instead of 04, x and y.
#[test]
fn the_key_that_was_asked_for_may_be_compressed() {
    if !has_cryptography() {
        return;
    }
    // SEQUENCE (89) { AlgorithmIdentifier, BIT STRING (66) { 00 04 x y } }
    let spki = &CERTIFIED[0].spki;
    let (x, y) = spki[27..].split_at(32);
    let mut compressed = [&[0x30, 0x39], &spki[2..23], &[3, 0x22, 0, 2 + (y[31] & 1)], x].concat();
    assert_eq!(said(&Policy::new().public_key(compressed.clone()), LATER), "");
    compressed[26] ^= 1;
    assert!(said(&Policy::new().public_key(compressed), LATER).starts_with("failed expected-public-key"));
}

#[test]
fn challenges_are_compared_byte_by_byte() {
    if !has_cryptography() {
        return;
    }
    let ask = |challenge: &[u8]| said(&Policy::new().challenge(challenge), LATER);
    assert_eq!(ask(b"a nonce of the verifier"), "");
    for other in [&b""[..], b"a nonce of the verifie", b"a nonce of the verifier\0", b"A nonce of the verifier"] {
        assert!(ask(other).starts_with("failed expected-challenge: the challenge is "), "{other:?}");
    }
    insta::assert_snapshot!(ask(b"another"), @"failed expected-challenge: the challenge is 61206e6f6e6365206f6620746865207665726966696572, asked was 616e6f74686572");
    let without = &CERTIFIED[1];
    let verify = |one: &Certified| {
        let verifier = Verifier::new(one.profile, [one.attested.root()]).unwrap();
        let policy = Policy::new().challenge(*b"a");
        let report = verifier.verify(&one.attested.statement, &one.attested.chain, &policy, at(LATER));
        report.failures().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(verify(without), @"failed expected-challenge: the statement has no challenge, one was asked for");
    let vendors = CERTIFIED.iter().find(|one| one.profile == Profile::Fortanix).unwrap();
    insta::assert_snapshot!(verify(vendors), @"failed expected-challenge: statements of this profile have no challenge");
}

#[test]
fn time_is_judged_to_the_tolerance() {
    if !has_cryptography() {
        return;
    }
    let seconds = Duration::from_secs;
    let fresh = Policy::new().max_age(seconds(600));
    assert_eq!(said(&fresh, "2026-11-22T07:11:00Z"), "");
    insta::assert_snapshot!(said(&fresh, "2026-11-22T07:11:00.001Z"), @"failed max-age: signed at 2026-11-22T07:00:00Z, verified at 2026-11-22T07:11:00.001Z, which is more than 600 s later, and 60 s for the clocks");
    let exact = fresh.clock_tolerance(seconds(0));
    assert_eq!(said(&exact, "2026-11-22T07:00:00Z"), "");
    assert_eq!(said(&exact, "2026-11-22T07:10:00Z"), "");
    insta::assert_snapshot!(said(&exact, "2026-11-22T07:10:01Z"), @"failed max-age: signed at 2026-11-22T07:00:00Z, verified at 2026-11-22T07:10:01Z, which is more than 600 s later, and 0 s for the clocks");
    insta::assert_snapshot!(said(&exact, "2026-11-22T06:59:59Z"), @"failed signing-time: signed at 2026-11-22T07:00:00Z, verified at 2026-11-22T06:59:59Z, which is more than 0 s earlier");
    assert_eq!(said(&Policy::new(), "2026-11-22T06:59:00Z"), "");
    insta::assert_snapshot!(said(&Policy::new(), "2026-11-22T06:58:59.999Z"), @"failed signing-time: signed at 2026-11-22T07:00:00Z, verified at 2026-11-22T06:58:59.999Z, which is more than 60 s earlier");
    // Years later, when every certificate has ended, it is as valid as it was.
    assert_eq!(said(&Policy::new(), "2126-11-22T07:00:00Z"), "");
    // No time is too far.
    let endless = Policy::new().max_age(Duration::MAX).clock_tolerance(Duration::MAX);
    for now in [Timestamp::MIN, Timestamp::MAX] {
        assert_eq!(said(&endless, &now.to_string()), "");
        let expected = if now == Timestamp::MAX { "" } else { "signing-time" };
        assert_eq!(failed(&ask(&Policy::new(), &now.to_string())), expected);
    }
}

fn pem(der: &[u8]) -> String {
    let base64 = Base64::encode_string(der);
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

#[test]
fn anchors_are_der_or_pem() {
    if !has_cryptography() {
        return;
    }
    let (one, vendors) = (&CERTIFIED[0], vendors());
    let (root, other) = (one.attested.root(), vendors.root());
    let valid = |anchors: &[Vec<u8>]| {
        let verifier = Verifier::new(Profile::Keystead, anchors).unwrap();
        verifier.verify(&one.attested.statement, &one.attested.chain, &Policy::new(), at(LATER)).is_valid()
    };
    assert!(valid(&[root.to_vec()]));
    assert!(valid(&[other.to_vec(), root.to_vec()]));
    assert!(valid(&[pem(root).into_bytes()]));
    assert!(valid(&[pem(root).replace('\n', "\r\n").into_bytes()]));
    assert!(valid(&[format!("{}{}", pem(other), pem(root)).into_bytes()]));
    assert!(!valid(&[other.to_vec()]));
    let mut many = vec![other.to_vec(); 63];
    many.push(root.to_vec());
    assert!(valid(&many));
    // The CA is pinned: the chain ends in another.
    assert!(!valid(&[one.attested.chain[1].clone()]));
}

#[test]
fn anchors_that_are_none_are_refused() {
    if !has_cryptography() {
        return;
    }
    let refused = |anchors: &[&[u8]]| {
        let error = Verifier::new(Profile::Keystead, anchors).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("trust_anchor")));
        error.to_string()
    };
    let root = CERTIFIED[0].attested.root();
    insta::assert_snapshot!(refused(&[]), @"number of trust anchors is 0, allowed are 1 to 64");
    insta::assert_snapshot!(refused(&[root; 65]), @"number of trust anchors is more than 64, allowed are 1 to 64");
    insta::assert_snapshot!(refused(&[pem(root).repeat(65).as_bytes()]), @"number of trust anchors is more than 64, allowed are 1 to 64");
    insta::assert_snapshot!(refused(&[root, b""]), @"trust anchor 1 cannot be read: input is empty; accepted are PEM, DER, base64 of DER and JWK");
    insta::assert_snapshot!(refused(&[b"root"]), @"trust anchor 0 cannot be read: input is 4 bytes of text without PEM boundaries, no JSON and no base64 of DER; accepted are PEM, DER, base64 of DER and JWK");
    let vendors = vendors();
    let root = vendors.root();
    insta::assert_snapshot!(refused(&[&root[..root.len() - 1]]), @"trust anchor 0 cannot be read: DER stops making sense at byte 0 (outer SEQUENCE): the length goes beyond the end, as if the bytes had been cut off; accepted is one PKCS#8, PKCS#1, SEC1, public key, certificate, PKCS#7 or PKCS#12, and nothing behind it");
    insta::assert_snapshot!(refused(&[&[root, &[0]].concat()]), @"trust anchor 0 cannot be read: certificate stops making sense at byte 1513 (end): 1 byte follows where nothing may; accepted is an X.509 certificate in DER with nothing behind it (RFC 5280)");
    insta::assert_snapshot!(refused(&[&CERTIFIED[0].spki]), @"trust anchor 0 cannot be read: it is a key, allowed are certificates in DER or PEM");
    insta::assert_snapshot!(refused(&[&vec![b' '; 1 << 21]]), @"trust anchor 0 cannot be read: input is 2097152 bytes, at most 1048576");
    // A private key is not told.
    let store = Keystore::in_memory(Options::default()).unwrap();
    let spec = KeySpec::new(Algorithm::Es256, None).unwrap();
    let key = store.generate(GenerateKey::new(KeyName::new("a").unwrap(), spec).exportable(true)).unwrap();
    let private = store.export_secret(key.id(), &SecretFormat::Pkcs8Pem).unwrap();
    insta::assert_snapshot!(refused(&[private.expose_secret()]), @"trust anchor 0 cannot be read: it is a key, allowed are certificates in DER or PEM");
    // Anything within what looks like a certificate.
    let hollow = [0x30, 0x08, 0x30, 0x00, 0x30, 0x00, 0x03, 0x02, 0, 0];
    insta::assert_snapshot!(refused(&[&hollow]), @"trust anchor 0 cannot be read: certificate is malformed: ASN.1 DER message is incomplete: expected 3, actual 2 at DER byte 2");
}

/// What a store says of its keys is believed by those who have pinned its root, and by nobody else.
#[test]
fn statements_of_a_store_are_valid() {
    let store = Keystore::in_memory(Options::default()).unwrap();
    let authority = store.create_authority(&AuthorityPlan::new()).unwrap();
    let stranger = Keystore::in_memory(Options::default()).unwrap();
    let stranger = stranger.create_authority(&AuthorityPlan::new()).unwrap();
    let generate = |name: &str, algorithm, exportable| {
        let bits = (algorithm == Algorithm::Ps256).then_some(2048);
        let spec = KeySpec::new(algorithm, bits).unwrap();
        store.generate(GenerateKey::new(KeyName::new(name).unwrap(), spec).exportable(exportable)).unwrap()
    };
    let exported = generate("exported", Algorithm::Es256, true);
    let secret = store.export_secret(exported.id(), &SecretFormat::Pkcs8Der).unwrap();
    let import = |name: &str, exportable| {
        let request = ImportKey::new(KeyName::new(name).unwrap(), secret.clone_secret()).exportable(exportable);
        store.import(request).unwrap().key
    };
    let [generated, kept] = Claim::ALL;
    for (key, claims) in [
        (generate("P-256", Algorithm::Es256, false), &[generated, kept][..]),
        (generate("P-384", Algorithm::Es384, false), &[generated, kept]),
        (generate("P-521", Algorithm::Es512, false), &[generated, kept]),
        (generate("RSA", Algorithm::Ps256, false), &[generated, kept]),
        (generate("exportable", Algorithm::Es256, true), &[generated]),
        (store.key(exported.id()).unwrap(), &[generated]),
        (import("imported", false), &[kept]),
        (import("imported, exportable", true), &[]),
    ] {
        let challenge = key.id().as_bytes().to_vec();
        let request = AttestationRequest::new().challenge(challenge.clone()).unwrap();
        let attestation = store.attest(key.id(), &request).unwrap();
        let chain: Vec<_> = attestation.authority_chain().collect();
        let policy = Policy::new()
            .key_id(key.id())
            .public_key(key.public_key_der().unwrap())
            .challenge(challenge.clone())
            .max_age(Duration::from_secs(60));
        let policy = claims.iter().fold(policy, |policy, claim| policy.require(*claim));
        let judge = |root: &[u8]| {
            let verifier = Verifier::new(Profile::Keystead, [root]).unwrap();
            verifier.verify(attestation.statement_der(), &chain, &policy, Timestamp::now())
        };
        let report = judge(authority.trust_anchor());
        let statement = report.statement().unwrap_or_else(|| panic!("{}: {report}", key.name()));
        assert_eq!((statement.key_id(), statement.claims()), (key.id(), claims));
        assert_eq!(statement.challenge(), Some(&challenge[..]));
        assert_eq!((statement.origin(), statement.algorithm()), (Some(key.origin()), key.algorithm()));
        let second = |at: Timestamp| Timestamp::from_second(at.as_second()).unwrap();
        assert_eq!(statement.stored_since(), Some(second(key.inserted_at())));
        assert_eq!(statement.exportable_since().is_some(), key.is_exportable());
        assert_eq!(statement.exported_at(), key.exported_at().map(second));
        assert_eq!(failed(&judge(stranger.trust_anchor())), "trust-anchor");
    }
}

#[test]
fn profiles_have_names() {
    for profile in [Profile::Keystead, Profile::Fortanix] {
        assert_eq!(profile.to_string().parse::<Profile>().unwrap(), profile);
    }
    insta::assert_snapshot!("Fortanix".parse::<Profile>().unwrap_err(), @"attestation profile is 'Fortanix', allowed are 'keystead' and 'fortanix'");
    let names: std::collections::BTreeSet<_> = Check::ALL.iter().map(|check| check.as_str()).collect();
    assert_eq!(names.len(), Check::ALL.len());
    assert!(names.iter().all(|name| name.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase())));
}

/// A verifier serves many threads, and what it found can be handed on.
#[test]
fn verifiers_and_reports_are_shared() {
    fn shared<T: Send + Sync + std::fmt::Debug + Clone>() {}
    shared::<Verifier>();
    shared::<Report>();
    shared::<Policy>();
}
