//! Statements and chains that are wrong in one way each, as Python wrote and signed them: refused for the right reason.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first failure")]

#[path = "support/python.rs"]
mod python;
#[path = "support/statements.rs"]
mod statements;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use base64ct::{Base64, Encoding};
use keystead::attestation::{Claim, Policy, Profile, Report, Verifier};
use keystead::{Algorithm, Origin};
use python::has_cryptography;
use serde_json::Value;
use statements::{Attested, at, decode, failed, vendors};

/// A case of the script.
struct Case {
    attested: Attested,
    profile: Profile,
    root: Vec<u8>,
    now: String,
}

impl Case {
    fn report(&self) -> Report {
        self.attested.judge(self.profile, &self.root, at(&self.now))
    }
}

/// By their names.
static CASES: LazyLock<BTreeMap<String, Case>> = LazyLock::new(|| {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/write_statements.py");
    let output = Command::new("python3").arg(script).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let cases: BTreeMap<String, Value> = serde_json::from_slice(&output.stdout).unwrap();
    let read = |(name, case): (String, Value)| {
        let attested = Attested {
            statement: decode(&case["statement"]),
            chain: case["chain"].as_array().unwrap().iter().map(decode).collect(),
        };
        let profile = case["profile"].as_str().unwrap().parse().unwrap();
        let now = case["now"].as_str().unwrap().to_owned();
        (name, Case { attested, profile, root: decode(&case["root"]), now })
    };
    cases.into_iter().map(read).collect()
});

/// Exactly these checks fail, and none that is needed is skipped in a valid one.
#[test]
fn each_is_refused_for_its_reason() {
    if !has_cryptography() {
        return;
    }
    let expected: BTreeMap<_, _> = EXPECTED.trim().lines().map(|line| line.split_once(" => ").unwrap()).collect();
    assert!(CASES.keys().eq(expected.keys()), "the cases of the script are those that are expected");
    let mut wrong = String::new();
    for (name, case) in CASES.iter() {
        let report = case.report();
        let failed = failed(&report);
        let got = if report.is_valid() { "valid" } else { &failed };
        assert_eq!(report.is_valid(), report.statement().is_some());
        if got != expected[name.as_str()] {
            write!(wrong, "\n{name}: expected {}, got {got}\n{report}", expected[name.as_str()]).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// openssl judges the path from the authority to the root. It asks for less than we do, so it must accept every path of
/// which we have nothing to say, and refuse those that are no path at all.
#[test]
fn openssl_agrees_about_paths() {
    if !has_cryptography() {
        return;
    }
    const NO_PATH: [&str; 8] = [
        "path-signatures",
        "path-names",
        "path-key-ids",
        "path-length",
        "trust-anchor",
        "chain-extensions",
        "ca-validity",
        "ca-constraints",
    ];
    // What it sees in another way.
    const ELSE: [&str; 19] = [
        // An identifier that is missing fits every key.
        "authority: authority key identifier missing",
        "authority: version 1",
        "ca: authority key identifier missing",
        "ca: subject key identifier missing",
        "root: subject key identifier missing",
        // Here an end is no part of the time: RFC 5280, section 4.1.2.5, says that it is.
        "ca: ends as it was signed",
        // It knows more algorithms and extensions.
        "authority: signed with SHA-1",
        "ca: key Ed25519",
        "ca: names constrained",
        "ca: policies constrained",
        "ca: signed with SHA-1",
        // It is content with less.
        "ca: constraints not critical",
        "root: constraints missing",
        "root: version 1",
        // A root that is trusted needs no signature, and of two that are alike it takes the one that is trusted.
        "attack: a root of the same name and key",
        "attack: the root as authority, signed by the root",
        "root: another algorithm outside",
        "root: signed by another",
        "root: signed with SHA-1",
    ];
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, ders: &[Vec<u8>]| {
        let pem = ders.iter().map(|der| {
            let base64 = Base64::encode_string(der);
            let lines: Vec<_> = base64.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
            format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
        });
        std::fs::write(folder.path().join(name), pem.collect::<String>()).unwrap();
    };
    let mut judged = [0; 2];
    for (name, case) in CASES.iter().filter(|(name, _)| !name.starts_with("chain: ") && !name.contains("statement: ")) {
        let report = case.report();
        let failed = failed(&report);
        let no_path = NO_PATH.iter().any(|check| failed.split(' ').any(|name| name == *check));
        if !(no_path || report.is_valid()) || ELSE.contains(&name.as_str()) {
            continue;
        }
        let [authority, above @ ..] = case.attested.chain.as_slice() else { panic!("{name}: a chain") };
        put("root", std::slice::from_ref(&case.root));
        // A file without certificates is an error: with one CA, it stands twice.
        put("above", if above.len() == 1 { above } else { &above[..above.len() - 1] });
        put("authority", std::slice::from_ref(authority));
        // 2026-11-22T07:00:00Z, when the statements were signed.
        let words = "verify -attime 1795330800 -trusted root -untrusted above authority";
        let output = Command::new("openssl").args(words.split(' ')).current_dir(folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), report.is_valid(), "{name}: {failed}; openssl: {said}");
        judged[usize::from(report.is_valid())] += 1;
    }
    assert_eq!(judged, [38, 23]);
}

/// Every bit of the statement and every byte of the chain count.
#[test]
fn nothing_is_valid_with_a_bit_flipped() {
    if !has_cryptography() {
        return;
    }
    let case = &CASES["no CA but the root"];
    assert!(case.report().is_valid());
    let verifier = Verifier::new(case.profile, [&case.root]).unwrap();
    let (now, policy, good) = (at(&case.now), Policy::new(), &case.attested);
    let threads: Vec<_> = (0..2).collect();
    std::thread::scope(|scope| {
        for thread in threads {
            let (verifier, policy) = (&verifier, &policy);
            scope.spawn(move || {
                for bit in (thread..good.statement.len() * 8).step_by(2) {
                    let mut statement = good.statement.clone();
                    statement[bit / 8] ^= 1 << (bit % 8);
                    assert!(!verifier.verify(&statement, &good.chain, policy, now).is_valid(), "bit {bit}");
                }
                for place in 0..good.chain.len() {
                    for byte in (thread..good.chain[place].len()).step_by(2) {
                        let mut chain = good.chain.clone();
                        chain[place][byte] ^= 1 << (byte % 8);
                        let report = verifier.verify(&good.statement, &chain, policy, now);
                        assert!(!report.is_valid(), "byte {byte} of chain[{place}]");
                    }
                }
            });
        }
    });
}

#[test]
fn nothing_is_valid_that_is_cut_or_grown() {
    if !has_cryptography() {
        return;
    }
    for (good, profile) in [(&CASES["no CA but the root"].attested, Profile::Keystead), (&vendors(), Profile::Fortanix)]
    {
        let verifier = Verifier::new(profile, [good.root()]).unwrap();
        let now = at("2030-01-01T00:00:00Z");
        let judge = |statement: &[u8], chain: &[Vec<u8>]| verifier.verify(statement, chain, &Policy::new(), now);
        assert!(judge(&good.statement, &good.chain).is_valid());
        for len in 0..good.statement.len() {
            let report = judge(&good.statement[..len], &good.chain);
            assert_eq!(failed(&report), "statement-readable", "{len}");
            assert!(report.unverified_statement().is_none());
        }
        for huge in [1 << 16, (1 << 16) + 1, 1 << 24] {
            let mut statement = good.statement.clone();
            statement.resize(huge, 0);
            assert_eq!(failed(&judge(&statement, &good.chain)), "statement-readable");
        }
        for place in 0..good.chain.len() {
            for len in [0, 1, 2, 100, good.chain[place].len() - 1] {
                let mut chain = good.chain.clone();
                chain[place].truncate(len);
                let root = if place + 1 == chain.len() { " trust-anchor" } else { "" };
                assert_eq!(failed(&judge(&good.statement, &chain)), format!("chain-readable{root}"), "{place} {len}");
            }
        }
    }
}

/// The vendor's certificates in other places than their own.
#[test]
fn the_vendors_example_holds_in_its_order_alone() {
    let good = vendors();
    let judge = |statement: &[u8], chain: &[&[u8]], root: &[u8]| {
        let verifier = Verifier::new(Profile::Fortanix, [root]).unwrap();
        let report = verifier.verify(statement, chain, &Policy::new(), at("2030-01-01T00:00:00Z"));
        assert!(!report.is_valid());
        failed(&report)
    };
    let [authority, ca, root] = [0, 1, 2].map(|place| good.chain[place].as_slice());
    let statement = good.statement.as_slice();
    insta::assert_snapshot!(judge(statement, &[authority, ca], root), @"chain-length path-key-ids trust-anchor");
    insta::assert_snapshot!(judge(statement, &[authority, ca], ca), @"chain-length path-key-ids trust-anchor");
    insta::assert_snapshot!(judge(statement, &[authority, ca, root], ca), @"trust-anchor");
    insta::assert_snapshot!(judge(statement, &[authority, root, ca], root), @"path-signatures path-names path-key-ids trust-anchor policies");
    insta::assert_snapshot!(judge(statement, &[ca, authority, root], root), @"statement-signature statement-issuer statement-authority-key-id path-signatures path-names path-key-ids authority-usage authority-key-usage authority-constraints ca-key-usage ca-constraints ca-validity");
    insta::assert_snapshot!(judge(statement, &[authority, authority, root], root), @"path-signatures path-names path-key-ids ca-key-usage ca-constraints ca-validity");
    insta::assert_snapshot!(judge(statement, &[authority, root, root], root), @"path-signatures path-names path-key-ids policies");
    insta::assert_snapshot!(judge(statement, &[authority, ca, root, root], root), @"chain-length path-names path-key-ids policies");
    insta::assert_snapshot!(judge(statement, &[statement, authority, ca, root], root), @"chain-length statement-signature statement-issuer statement-authority-key-id key-strength authority-usage authority-key-usage authority-constraints ca-key-usage ca-constraints policies ca-validity");
    insta::assert_snapshot!(judge(authority, &[ca, root], root), @"chain-length authority-usage authority-key-usage authority-constraints statement-subject statement-end");
    insta::assert_snapshot!(judge(authority, &[ca, root, root], root), @"path-names path-key-ids authority-usage authority-key-usage authority-constraints policies statement-subject statement-end");
    insta::assert_snapshot!(judge(root, &[root, root, root], root), @"statement-authority-key-id path-names path-key-ids authority-usage authority-key-usage authority-constraints policies statement-key-usage statement-constraints statement-subject statement-end");
}

/// What is said of each failure, once for each check.
#[test]
fn reasons_are_held() {
    if !has_cryptography() {
        return;
    }
    let mut reasons = String::new();
    for (name, check) in [
        ("statement: an extension twice", "statement-readable"),
        ("fortanix: two CAs", "chain-length"),
        ("chain: the authority alone", "chain-length"),
        ("ca: an extension twice", "chain-readable"),
        ("chain: a certificate in PEM", "chain-readable"),
        ("statement: signed by another", "statement-signature"),
        ("statement: signed with SHA-1", "statement-signature"),
        ("statement: another algorithm outside", "statement-signature"),
        ("authority: key Ed25519", "statement-signature"),
        ("statement: another issuer", "statement-issuer"),
        ("statement: authority key identifier missing", "statement-authority-key-id"),
        ("statement: authority key identifier malformed", "statement-authority-key-id"),
        ("statement: authority key identifier without one", "statement-authority-key-id"),
        ("authority: subject key identifier missing", "statement-authority-key-id"),
        ("attack: his chain below our root", "path-signatures"),
        ("chain: CA and root swapped", "path-names"),
        ("chain: root twice", "path-names"),
        ("root: authority key identifier of another", "path-key-ids"),
        ("two CAs: the upper one of length 0", "path-length"),
        ("root: signed by another", "trust-anchor"),
        ("root: another issuer", "trust-anchor"),
        ("authority: version 1", "chain-version"),
        ("ca: names constrained", "chain-extensions"),
        ("ca: key RSA of 2048 bits", "key-strength"),
        ("ca: key Ed25519", "key-strength"),
        ("authority: usage missing", "authority-usage"),
        ("authority: usage any too", "authority-usage"),
        ("authority: usage of another kind", "authority-usage"),
        ("authority: key usage missing", "authority-key-usage"),
        ("authority: key usage not critical", "authority-key-usage"),
        ("authority: key usage keyCertSign too", "authority-key-usage"),
        ("authority: constraints of a CA", "authority-constraints"),
        ("authority: constraints with a length", "authority-constraints"),
        ("ca: usage of another kind", "ca-usage"),
        ("ca: key usage without keyCertSign", "ca-key-usage"),
        ("ca: constraints of no CA", "ca-constraints"),
        ("authority: policy of the vendor", "policies"),
        ("authority: policy malformed", "policies"),
        ("statement: signed after the authority ended", "authority-validity"),
        ("fortanix statement: longer before the authority begins", "authority-validity"),
        ("ca: begins after it was signed", "ca-validity"),
        ("statement: version 2", "statement-version"),
        ("statement: serial number 0", "statement-serial"),
        ("statement: serial number negative", "statement-serial"),
        ("statement: serial number of 21 octets", "statement-serial"),
        ("statement: claim critical", "statement-extensions"),
        ("statement: key usage keyCertSign", "statement-key-usage"),
        ("statement: constraints of a CA", "statement-constraints"),
        ("statement: constraints malformed", "statement-constraints"),
        ("statement: subject with more", "statement-subject"),
        ("statement: common name empty", "statement-subject"),
        ("statement: key id in upper case", "statement-subject"),
        ("statement: key id no UUID", "statement-subject"),
        ("statement: ends with the century", "statement-end"),
        ("statement: key RSA of 1024 bits", "attested-key"),
        ("statement: key on secp256k1", "attested-key"),
        ("statement: claim with NULL", "claims"),
        ("statement: claim of the vendor beside ours", "claims"),
        ("statement: facts missing", "key-facts"),
        ("statement: facts of origin 3", "key-facts"),
        ("statement: claim generated of an imported key", "key-facts"),
        ("statement: claim never exportable dropped", "key-facts"),
        ("statement: facts of HMAC", "key-facts"),
        ("statement: exported and never exportable", "key-facts"),
        ("statement: exported after it was signed", "key-facts"),
        ("statement: challenge of 65 bytes", "challenge"),
        ("statement: challenge of another type", "challenge"),
    ] {
        let report = CASES[name].report();
        let failure = report.failures().find(|failure| failure.check().as_str() == check).unwrap();
        assert!(failure.reason().len() < 400, "{failure}");
        writeln!(reasons, "{failure}").unwrap();
    }
    insta::assert_snapshot!(reasons, @r#"
    failed statement-readable: the statement cannot be read: certificate is malformed: one of its extensions comes twice
    failed chain-length: the number of certificates in the chain is 4, allowed are 3
    failed chain-length: the number of certificates in the chain is 1, allowed are 2 to 5
    failed chain-readable: chain[1]: certificate is malformed: one of its extensions comes twice
    failed chain-readable: chain[1]: certificate is malformed: unknown/unsupported ASN.1 DER tag: 0x2d at DER byte 1
    failed statement-signature: the statement is not signed with the key of chain[0]: signature does not match
    failed statement-signature: the statement is not signed with the key of chain[0]: signature algorithm is 1.2.840.10045.4.1 (ECDSA with SHA-1), allowed are RSASSA-PKCS1-v1_5, RSASSA-PSS and ECDSA with SHA-256, SHA-384 or SHA-512
    failed statement-signature: the statement names one signature algorithm inside and another outside
    failed statement-signature: the statement cannot be verified with the key of chain[0]: public key has algorithm 1.3.101.112, allowed are 1.2.840.113549.1.1.1 (RSA) and 1.2.840.10045.2.1 (EC)
    failed statement-issuer: the statement's issuer is not the subject of chain[0]
    failed statement-authority-key-id: the statement has no authority key identifier
    failed statement-authority-key-id: the statement has authority key identifier that cannot be read: certificate is malformed: unexpected ASN.1 DER tag: expected SEQUENCE, got OCTET STRING
    failed statement-authority-key-id: the statement has an authority key identifier without a key identifier
    failed statement-authority-key-id: the statement names a key by its identifier, but chain[0] has no subject key identifier
    failed path-signatures: chain[1] is not signed with the key of chain[2]: signature does not match
    failed path-names: chain[0] has an issuer that is not the subject of chain[1]; chain[1] has an issuer that is not the subject of chain[2]
    failed path-names: chain[2] is its own issuer, which only the last one may be
    failed path-key-ids: chain[2] is the last one and has the authority key identifier of another
    failed path-length: chain[2] has the path length constraint 0, CAs between it and chain[0] are 1
    failed trust-anchor: chain[2] is a trust anchor, but is not signed with its own key: signature does not match
    failed trust-anchor: chain[2] is a trust anchor, but is issued by another
    failed chain-version: chain[0] is of version 1, allowed is 3
    failed chain-extensions: chain[1] has the extension 2.5.29.30 marked critical, allowed are key usage, basic constraints, extended key usage, certificate policies, subject key identifier, authority key identifier
    failed key-strength: chain[1] has an RSA key of 2048 bits, allowed are RSA from 3072 and EC from 256 bits
    failed key-strength: chain[1] has a key that cannot be used: public key has algorithm 1.3.101.112, allowed are 1.2.840.113549.1.1.1 (RSA) and 1.2.840.10045.2.1 (EC)
    failed authority-usage: chain[0] has no extended key usage
    failed authority-usage: chain[0] is for any extended key usage
    failed authority-usage: chain[0] has the extended key usages 1.3.6.1.5.5.7.3.1, needed among them is 2.25.167357310102105099079929388927412430796.4.1
    failed authority-key-usage: chain[0] has no key usage
    failed authority-key-usage: chain[0] has key usage not marked critical
    failed authority-key-usage: chain[0] has the key usage digitalSignature, keyCertSign, allowed is digitalSignature alone
    failed authority-constraints: chain[0] is a CA
    failed authority-constraints: chain[0] is no CA and has the path length constraint 0
    failed ca-usage: chain[1] has the extended key usages 1.3.6.1.5.5.7.3.1, needed among them is 2.25.167357310102105099079929388927412430796.4.1
    failed ca-key-usage: chain[1] has the key usage digitalSignature, cRLSign, allowed is keyCertSign, with digitalSignature and cRLSign or without
    failed ca-constraints: chain[1] is no CA
    failed policies: chain[0] has the policies 1.3.6.1.4.1.49690.6.1.2, needed among them is 2.25.167357310102105099079929388927412430796.5.1
    failed policies: chain[0] has certificate policies that cannot be read: certificate is malformed: unexpected ASN.1 DER tag: expected SEQUENCE, got OBJECT IDENTIFIER
    failed authority-validity: signed at 2026-12-20T00:00:01Z, chain[0] is valid from 2026-11-20T00:00:00Z to 2026-12-20T00:00:00Z
    failed authority-validity: signed at 2026-11-18T23:59:59Z, chain[0] is valid from 2026-11-20T00:00:00Z to 2026-12-20T00:00:00Z, and a statement may be 24 hours older
    failed ca-validity: chain[1] is valid from 2026-11-22T07:00:01Z to 2029-11-01T00:00:00Z, the statement was signed at 2026-11-22T07:00:00Z
    failed statement-version: the statement is of version 2, allowed is 3
    failed statement-serial: the statement's serial number is 0
    failed statement-serial: the statement's serial number is negative
    failed statement-serial: the statement's serial number has 21 octets, allowed are 20
    failed statement-extensions: the statement has the extension 2.25.167357310102105099079929388927412430796.2.1 marked critical, allowed are key usage, basic constraints
    failed statement-key-usage: the statement has the key usage digitalSignature, keyCertSign, allowed are digitalSignature, keyEncipherment, dataEncipherment, keyAgreement
    failed statement-constraints: the statement is a CA
    failed statement-constraints: the statement has basic constraints that cannot be read: certificate is malformed: unexpected ASN.1 DER tag: expected SEQUENCE, got NULL
    failed statement-subject: the statement's subject has the attributes 2.5.4.3, 2.25.167357310102105099079929388927412430796.1.1, 2.5.4.10, allowed are 2.5.4.3 and 2.25.167357310102105099079929388927412430796.1.1, each a part of its own
    failed statement-subject: the statement's subject has a common name that is empty or of another type than UTF8String and PrintableString
    failed statement-subject: the statement's subject has the key id 780E1D5B-EE3B-43B2-AEC8-DB99B99ADC4E, allowed is lower case
    failed statement-subject: the statement's subject has a key id that is none: id is 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    failed statement-end: the statement ends at 2049-12-31T23:59:59Z, allowed is 99991231235959Z, which is no end
    failed attested-key: the attested key cannot be used: it is RSA of 1024 bits, allowed are at least 2048
    failed attested-key: the attested key cannot be used: EC public key has curve 1.3.132.0.10, allowed are P-256, P-384 and P-521
    failed claims: the statement has the claim generated-here with the value 0500, allowed is 3000
    failed claims: the statement has the claim generated-here of the profile fortanix, allowed are those of keystead
    failed key-facts: the statement has no facts about the key
    failed key-facts: the statement has facts about the key that cannot be read: certificate is malformed: the origin in its facts is none of 1 and 2
    failed key-facts: the statement claims generated-here, and its facts about the key say otherwise
    failed key-facts: the statement does not claim never-exportable, and its facts about the key say otherwise
    failed key-facts: the facts about the key say that it is for HS256, it is P-256
    failed key-facts: the facts about the key say that it was exported and never could be
    failed key-facts: the key was exported at 2026-11-22T08:00:00Z, which is after 2026-11-22T07:00:00Z, when it was attested
    failed challenge: the statement has a challenge of 65 bytes, allowed are 1 to 64
    failed challenge: the statement has a challenge that cannot be read: certificate is malformed: unexpected ASN.1 DER tag: expected OCTET STRING, got UTF8String
    "#);
}

/// What cannot be checked is not taken for good.
#[test]
fn what_is_not_read_is_skipped() {
    if !has_cryptography() {
        return;
    }
    let skipped = |name: &str| {
        let report = CASES[name].report();
        assert!(!report.is_valid());
        statements::skipped(&report)
    };
    insta::assert_snapshot!(skipped("chain: empty"), @"chain-readable statement-signature statement-issuer statement-authority-key-id path-signatures path-names path-key-ids path-length trust-anchor chain-version chain-extensions key-strength authority-usage authority-key-usage authority-constraints ca-usage ca-key-usage ca-constraints policies authority-validity ca-validity max-age expected-key-id expected-public-key required-claims expected-challenge");
    insta::assert_snapshot!(skipped("chain: of six"), @"chain-readable statement-signature statement-issuer statement-authority-key-id path-signatures path-names path-key-ids path-length chain-version chain-extensions key-strength authority-usage authority-key-usage authority-constraints ca-usage ca-key-usage ca-constraints policies authority-validity ca-validity max-age expected-key-id expected-public-key required-claims expected-challenge");
    insta::assert_snapshot!(skipped("chain: the authority alone"), @"path-signatures path-names path-key-ids path-length ca-usage ca-key-usage ca-constraints ca-validity max-age expected-key-id expected-public-key required-claims expected-challenge");
    insta::assert_snapshot!(skipped("chain: an empty certificate"), @"path-signatures path-names path-key-ids path-length chain-version chain-extensions key-strength ca-usage ca-key-usage ca-constraints ca-validity max-age expected-key-id expected-public-key required-claims expected-challenge");
    insta::assert_snapshot!(skipped("chain: an authority that cannot be read"), @"statement-signature statement-issuer statement-authority-key-id path-signatures path-names path-key-ids chain-version chain-extensions key-strength authority-usage authority-key-usage authority-constraints policies authority-validity max-age expected-key-id expected-public-key required-claims expected-challenge");
    insta::assert_snapshot!(skipped("statement: an extension twice"), @"statement-signature statement-issuer statement-authority-key-id authority-validity ca-validity statement-version statement-serial statement-extensions statement-key-usage statement-constraints statement-subject statement-end signing-time attested-key claims key-facts challenge max-age expected-key-id expected-public-key required-claims expected-challenge");
    insta::assert_snapshot!(skipped("statement: key on secp256k1"), @"key-facts max-age expected-key-id expected-public-key required-claims expected-challenge");
}

/// What is asked for and not claimed is missed, however valid the statement is without.
#[test]
fn claims_that_were_asked_for_are_missed() {
    if !has_cryptography() {
        return;
    }
    let judge = |name: &str, claims: &[Claim]| {
        let case = &CASES[name];
        let policy = claims.iter().fold(Policy::new(), |policy, claim| policy.require(*claim));
        let verifier = Verifier::new(case.profile, [&case.root]).unwrap();
        let report = verifier.verify(&case.attested.statement, &case.attested.chain, &policy, at(&case.now));
        report.failures().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    let [generated, kept] = Claim::ALL;
    assert_eq!(judge("statement: as it should be", &Claim::ALL), "");
    assert_eq!(judge("statement: imported, not exportable", &[kept]), "");
    insta::assert_snapshot!(judge("statement: imported, not exportable", &[generated]), @"failed required-claims: the statement does not claim generated-here");
    insta::assert_snapshot!(judge("statement: imported, exportable, exported", &[kept, generated, kept]), @"failed required-claims: the statement does not claim generated-here, never-exportable");
    insta::assert_snapshot!(judge("fortanix statement: no claims", &[generated]), @"failed required-claims: the statement does not claim generated-here");
    let report = CASES["statement: imported, exportable, exported"].report();
    let statement = report.statement().unwrap();
    assert_eq!((statement.claims(), statement.origin()), (&[][..], Some(Origin::Imported)));
    assert_eq!(statement.algorithm(), Some(Algorithm::Es256));
    assert_eq!(statement.stored_since(), Some(at("2026-11-22T06:00:00Z")));
    assert_eq!(statement.exportable_since(), Some(at("2026-11-22T06:00:00Z")));
    assert_eq!(statement.exported_at(), Some(at("2026-11-22T06:10:00Z")));
}

/// The failing checks of each case, in their order.
const EXPECTED: &str = "
attack: a chain of his own => trust-anchor
attack: a challenge put in => statement-signature
attack: a genuine statement as authority => statement-authority-key-id authority-usage authority-constraints ca-key-usage ca-constraints
attack: a genuine statement in place of the authority => statement-authority-key-id path-signatures path-names path-key-ids authority-usage authority-constraints
attack: a root of the same name and key => trust-anchor
attack: a server as authority => authority-usage policies
attack: a server with the authority's name => authority-usage
attack: a statement of another store => statement-signature statement-authority-key-id
attack: an authority as CA => ca-key-usage ca-constraints
attack: another key id put in => statement-signature
attack: another key put in => statement-signature
attack: another time put in => statement-signature
attack: his authority below our CA => path-signatures
attack: his chain below our root => path-signatures
attack: his statement below our chain => statement-signature
attack: our chain behind his => path-signatures path-names path-key-ids
attack: the CA as authority, signed by him => statement-signature authority-usage authority-key-usage authority-constraints
attack: the CA as authority, signed by the CA => authority-usage authority-key-usage authority-constraints
attack: the root as authority, signed by the root => path-names path-key-ids authority-usage authority-key-usage authority-constraints
authority: an extension twice => chain-readable
authority: another algorithm outside => path-signatures
authority: another issuer => path-names
authority: another subject => statement-issuer
authority: authority key identifier missing => path-key-ids
authority: authority key identifier of another => path-key-ids
authority: begins after it ends => authority-validity
authority: constraints missing => authority-constraints
authority: constraints not critical => authority-constraints
authority: constraints of a CA => authority-constraints
authority: constraints of no CA written out => valid
authority: constraints with a length => authority-constraints
authority: its own issuer => path-names
authority: key Ed25519 => statement-signature key-strength
authority: key RSA of 2048 bits => key-strength
authority: key identifier over the whole key => valid
authority: key of another => statement-signature
authority: key on P-224 => statement-signature key-strength
authority: key usage keyCertSign too => authority-key-usage
authority: key usage missing => authority-key-usage
authority: key usage not critical => authority-key-usage
authority: key usage of another kind => authority-key-usage
authority: policy malformed => policies
authority: policy missing => valid
authority: policy of another => policies
authority: policy of another too => valid
authority: policy of the vendor => policies
authority: serial number 0 => valid
authority: serial number of 21 octets => valid
authority: serial number of 22 octets => chain-readable
authority: signed by another => path-signatures
authority: signed by itself => path-signatures
authority: signed by the root => path-signatures
authority: signed with SHA-1 => path-signatures
authority: signed with SHA-384 => valid
authority: something behind => chain-readable
authority: subject key identifier missing => statement-authority-key-id
authority: subject key identifier of another => statement-authority-key-id
authority: unknown extension => valid
authority: unknown extension, critical => chain-extensions
authority: usage any => authority-usage
authority: usage any too => authority-usage
authority: usage critical => valid
authority: usage malformed => authority-usage
authority: usage missing => authority-usage
authority: usage of a claim => authority-usage
authority: usage of another kind => authority-usage
authority: usage of another kind too => valid
authority: usage of the vendor => authority-usage
authority: version 1 => statement-authority-key-id path-key-ids chain-version authority-usage authority-key-usage authority-constraints
ca: an extension twice => chain-readable
ca: another issuer => path-names
ca: another subject => path-names
ca: authority key identifier missing => path-key-ids
ca: authority key identifier of another => path-key-ids
ca: begins after it was signed => ca-validity
ca: begins as it was signed => valid
ca: constraints missing => ca-constraints
ca: constraints not critical => ca-constraints
ca: constraints of no CA => ca-constraints
ca: constraints with length 0 => valid
ca: ended before it was signed => ca-validity
ca: ends as it was signed => valid
ca: its own issuer => path-names
ca: key Ed25519 => path-signatures key-strength
ca: key RSA of 2048 bits => key-strength
ca: key of another => path-signatures
ca: key usage in bits that are unused => ca-key-usage
ca: key usage keyCertSign alone => valid
ca: key usage missing => ca-key-usage
ca: key usage not critical => ca-key-usage
ca: key usage of another kind too => ca-key-usage
ca: key usage without keyCertSign => ca-key-usage
ca: names constrained => chain-extensions
ca: policies constrained => chain-extensions
ca: policy missing => valid
ca: policy of another => valid
ca: signed by another => path-signatures
ca: signed by itself => path-signatures
ca: signed with SHA-1 => path-signatures
ca: subject key identifier missing => path-key-ids
ca: subject key identifier of another => path-key-ids
ca: usage any => valid
ca: usage of another kind => ca-usage
ca: usage of authorities => valid
ca: version 1 => path-key-ids chain-version ca-key-usage ca-constraints
chain: CA and authority swapped => statement-signature statement-issuer statement-authority-key-id path-signatures path-names path-key-ids authority-usage authority-key-usage authority-constraints ca-key-usage ca-constraints
chain: CA and root swapped => path-signatures path-names path-key-ids trust-anchor
chain: CA twice => path-signatures path-names path-key-ids
chain: a certificate in PEM => chain-readable
chain: a certificate longer than 64 KiB => chain-readable
chain: a certificate of 64 KiB => chain-readable
chain: a cut certificate => chain-readable
chain: a stranger behind => path-signatures path-names path-key-ids trust-anchor
chain: a stranger between => path-signatures path-names path-key-ids
chain: an authority that cannot be read => chain-readable
chain: an empty certificate => chain-readable
chain: authority twice => path-signatures path-names path-key-ids ca-key-usage ca-constraints
chain: empty => chain-length
chain: of a thousand => chain-length trust-anchor
chain: of six => chain-length
chain: reversed => statement-signature statement-issuer statement-authority-key-id path-signatures path-names path-key-ids trust-anchor authority-usage authority-key-usage authority-constraints ca-key-usage ca-constraints
chain: root twice => path-names path-key-ids
chain: the authority alone => chain-length trust-anchor
chain: the authority at the end => path-signatures path-names path-key-ids trust-anchor ca-key-usage ca-constraints
chain: without its CA => path-signatures path-names path-key-ids
chain: without its authority => statement-signature statement-issuer statement-authority-key-id authority-usage authority-key-usage authority-constraints
chain: without its root => path-key-ids trust-anchor
fortanix authority: our policy => policies
fortanix authority: our usage => authority-usage
fortanix authority: policy missing => policies
fortanix ca: begins after it was signed => ca-validity
fortanix ca: policy missing => policies
fortanix ca: policy of another => policies
fortanix statement: 24 hours before the authority begins => valid
fortanix statement: after the authority ended => authority-validity
fortanix statement: as it should be => valid
fortanix statement: claim of ours beside theirs => claims
fortanix statement: claim with NULL => claims
fortanix statement: longer before the authority begins => authority-validity
fortanix statement: no claims => valid
fortanix statement: our challenge => valid
fortanix statement: our key id => statement-subject
fortanix taken for keystead => authority-usage policies statement-subject claims key-facts
fortanix: no CA but the root => chain-length
fortanix: two CAs => chain-length
keystead taken for fortanix => authority-usage policies statement-subject claims
no CA but the root => valid
root: another algorithm outside => trust-anchor
root: another issuer => trust-anchor
root: authority key identifier of another => path-key-ids
root: authority key identifier of its own => valid
root: constraints missing => ca-constraints
root: constraints of length 0 => path-length
root: constraints of length 1 => valid
root: ended before it was signed => ca-validity
root: key usage missing => ca-key-usage
root: key usage without keyCertSign => ca-key-usage
root: serial number 0 => valid
root: signed by another => trust-anchor
root: signed with SHA-1 => trust-anchor
root: subject key identifier missing => path-key-ids
root: unknown extension, critical => chain-extensions
root: version 1 => path-key-ids chain-version ca-key-usage ca-constraints
statement: 64 extensions => valid
statement: 65 extensions => statement-readable
statement: a claim twice => statement-readable
statement: algorithm with NULL => statement-signature
statement: an extension twice => statement-readable
statement: another algorithm inside => statement-signature
statement: another algorithm outside => statement-signature
statement: another issuer => statement-issuer
statement: as it should be => valid
statement: authority key identifier cut => statement-authority-key-id
statement: authority key identifier malformed => statement-authority-key-id
statement: authority key identifier missing => statement-authority-key-id
statement: authority key identifier of another => statement-authority-key-id
statement: authority key identifier of the CA => statement-authority-key-id
statement: authority key identifier twice in one => statement-authority-key-id
statement: authority key identifier with issuer and serial number => valid
statement: authority key identifier with its parts swapped => statement-authority-key-id
statement: authority key identifier without one => statement-authority-key-id
statement: challenge bare => challenge
statement: challenge empty => challenge
statement: challenge of 1 byte => valid
statement: challenge of 64 bytes => valid
statement: challenge of 65 bytes => challenge
statement: challenge of another type => challenge
statement: claim critical => statement-extensions
statement: claim generated dropped => key-facts
statement: claim generated of an imported key => key-facts
statement: claim never exportable dropped => key-facts
statement: claim never exportable of an exportable key => key-facts
statement: claim never exportable of an exported key => key-facts
statement: claim of the vendor beside ours => claims
statement: claim with FALSE => claims
statement: claim with NULL => claims
statement: claim with nothing => claims
statement: claim with something behind => claims
statement: claim with something inside => claims
statement: claims of the vendor alone => claims
statement: common name empty => statement-subject
statement: common name no UTF-8 => statement-subject
statement: common name of wide characters => statement-subject
statement: common name printable => valid
statement: constraints malformed => statement-constraints
statement: constraints of a CA => statement-constraints
statement: constraints of a CA, not critical => statement-constraints
statement: constraints of no CA => valid
statement: constraints with a length => statement-constraints
statement: ends a second early => statement-end
statement: ends before it begins => statement-end
statement: ends in a year with a minute too much => statement-readable
statement: ends with the century => statement-end
statement: exportable after it was signed => key-facts
statement: exportable before it was stored => key-facts
statement: exported after it was signed => key-facts
statement: exported and never exportable => key-facts
statement: exported before it was exportable => key-facts
statement: facts critical => statement-extensions
statement: facts cut => key-facts
statement: facts missing => key-facts
statement: facts of HMAC => key-facts
statement: facts of an unknown algorithm => key-facts
statement: facts of another curve => key-facts
statement: facts of another kind of key => key-facts
statement: facts of no algorithm => valid
statement: facts of origin 0 => key-facts
statement: facts of origin 3 => key-facts
statement: facts with more behind => key-facts
statement: facts with more inside => key-facts
statement: facts with parts of a second => key-facts
statement: imported, exportable, exported => valid
statement: imported, not exportable => valid
statement: issuer in another kind of string => statement-issuer
statement: key Ed25519 => attested-key
statement: key RSA marked for PSS => attested-key
statement: key RSA of 1024 bits => attested-key
statement: key RSA of 2048 bits => valid
statement: key compressed => valid
statement: key empty => statement-readable
statement: key id in upper case => statement-subject
statement: key id nil => statement-subject
statement: key id no UTF-8 => statement-subject
statement: key id no UUID => statement-subject
statement: key id printable => statement-subject
statement: key id without hyphens => statement-subject
statement: key off its curve => attested-key
statement: key on P-224 => attested-key
statement: key on a curve of its own => attested-key
statement: key on secp256k1 => attested-key
statement: key usage cRLSign => statement-key-usage
statement: key usage decipherOnly => statement-key-usage
statement: key usage keyCertSign => statement-key-usage
statement: key usage missing => statement-key-usage
statement: key usage no BIT STRING => statement-key-usage
statement: key usage nonRepudiation => statement-key-usage
statement: key usage none => statement-key-usage
statement: key usage not critical => statement-key-usage
statement: key usage of every kind allowed => valid
statement: key usage of ten bits => statement-key-usage
statement: longer than 64 KiB => statement-readable
statement: no issuer => statement-issuer
statement: serial number 0 => statement-serial
statement: serial number negative => statement-serial
statement: serial number of 20 octets => valid
statement: serial number of 21 octets => statement-serial
statement: signed after the authority ended => authority-validity
statement: signed as the authority begins => valid
statement: signed as the authority ends => valid
statement: signed at a time with an offset => statement-readable
statement: signed before the authority begins => authority-validity
statement: signed by another => statement-signature
statement: signed by itself => statement-signature
statement: signed by the CA => statement-signature
statement: signed with SHA-1 => statement-signature
statement: signed with SHA-512 => valid
statement: something behind => statement-readable
statement: stored after it was signed => key-facts
statement: stored as it was signed => valid
statement: subject empty => statement-subject
statement: subject in another order => statement-subject
statement: subject in one part => statement-subject
statement: subject with an empty part => statement-readable
statement: subject with more => statement-subject
statement: subject with the vendor's key id => statement-subject
statement: subject with two key ids => statement-subject
statement: subject without the common name => statement-subject
statement: subject without the key id => statement-subject
statement: unknown extension => valid
statement: unknown extension, critical => statement-extensions
statement: usage of an authority => valid
statement: usage of an authority, critical => statement-extensions
statement: version 1 => statement-authority-key-id statement-version statement-key-usage key-facts
statement: version 2 => statement-authority-key-id statement-version statement-key-usage key-facts
statement: version 2 with extensions => statement-readable
statement: version 4 => statement-readable
two CAs => valid
two CAs: the root of length 1 => path-length
two CAs: the upper one ended before it was signed => ca-validity
two CAs: the upper one is none => ca-constraints
two CAs: the upper one of length 0 => path-length
two CAs: the upper one of length 1, the lower of 0 => valid
";
