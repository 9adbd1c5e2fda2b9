//! The verifier of statements: what the vendor published and what others wrote is judged, check by check.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first failure")]

#[path = "support/statements.rs"]
mod statements;

use std::time::Duration;

use keystead::attestation::{Check, Claim, Policy, Profile, Verifier};
use keystead::{ErrorKind, KeyId};
use statements::{at, failed, skipped, vendors};

const LATER: &str = "2026-11-21T20:35:00Z";

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
    passed policies: chain[0] and each CA below the root are under the profile's policy
    passed authority-validity: signed at 2023-09-01T00:36:06Z, chain[0] is valid from 2023-09-01T14:28:45Z to 2023-10-01T14:28:45Z, and a statement may be 24 hours older
    passed ca-validity: signed at 2023-09-01T00:36:06Z, while each CA was valid
    passed statement-version: the statement is of version 3
    passed statement-serial: the statement's serial number has 20 octets
    passed statement-extensions: each critical extension of the statement is known
    passed statement-key-usage: the attested key is for digitalSignature, keyEncipherment, dataEncipherment
    passed statement-constraints: the statement is no CA
    passed statement-subject: the statement is about the key b2b87f84-80d2-4c4c-ba41-7fa12fb4eff5
    passed statement-end: the statement has no end
    passed signing-time: signed at 2023-09-01T00:36:06Z, verified at 2026-11-21T20:35:00Z
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
