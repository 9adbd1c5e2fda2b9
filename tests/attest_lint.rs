//! Statements and the chains above them under a lint of others: pkilint, which knows RFC 5280. What it finds is fixed, or
//! explained here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first failure, and says when there is no lint"
)]

#[path = "support/attested.rs"]
mod attested;
#[path = "support/judges.rs"]
mod judges;

use std::collections::BTreeSet;

use attested::{attest, certificates, generate, import, plan, request, store};
use judges::{Folder, pair};
use keystead::{Algorithm, AttestationRequest, AuthorityStrength, Keystore, Options};

/// Everything that is found: certificate, severity, code; and why it stays.
const EXPLAINED: &[(&str, &str, &str, &str)] = &[
    (
        "statement",
        "WARNING",
        "pkix.certificate_skid_end_entity_missing",
        "SHOULD of RFC 5280, section 4.2.1.2. Fortanix's statements have none, and nobody looks one up: nothing is below it",
    ),
    (
        "statement",
        "INFO",
        "pkix.certificate_has_no_certificate_policies_extension",
        "Fortanix's have none either; the policy is that of the authority, under which no further certificate stands",
    ),
    ("authority", "INFO", "pkix.subject_key_identifier_method_1_identified", METHOD_1),
    ("ca", "INFO", "pkix.subject_key_identifier_method_1_identified", METHOD_1),
    ("root", "INFO", "pkix.subject_key_identifier_method_1_identified", METHOD_1),
    (
        "root",
        "ERROR",
        "pkix.authority_key_id_extension_missing",
        "found where the root is put above itself; one that is self-signed MAY leave it out: RFC 5280, section 4.2.1.1",
    ),
];
const METHOD_1: &str = "SHA-1 of the BIT STRING is meant: RFC 5280, section 4.2.1.2";

type Finding = (String, String, String);

/// What is found in the statement, the authority, the CA and the root. None where there is no pkilint, which is said.
fn lint(certificates: [&[u8]; 4]) -> Option<BTreeSet<Finding>> {
    let folder = Folder::new();
    if folder.python("import pkilint").is_err() {
        println!("skipped: python3 has no package pkilint (pip install pkilint==0.13.3)");
        return None;
    }
    for (name, der) in ["statement", "authority", "ca", "root"].iter().zip(certificates) {
        folder.put(&format!("{name}.der"), der);
    }
    let said = folder.python(include_str!("support/lint_statements.py")).unwrap_or_else(|said| panic!("{said}"));
    Some(serde_json::from_slice(&said).unwrap())
}

#[test]
fn each_finding_is_explained_and_each_explanation_is_needed() {
    let (ec, _) = store();
    let rsa = Keystore::in_memory(Options::default()).unwrap();
    rsa.create_authority(&plan().strength(AuthorityStrength::Rsa)).unwrap();
    let challenged = AttestationRequest::new().challenge(b"fresh and random").unwrap();
    let exportable = ec.generate(request("exportable", Algorithm::Es256).exportable(true)).unwrap();
    let imported = pair(Algorithm::Rs256).file("key.pem");
    let explained: BTreeSet<_> = EXPLAINED.iter().map(|(at, severity, code, _)| (*at, *severity, *code)).collect();
    assert_eq!(explained.len(), EXPLAINED.len());
    for (what, attestation) in [
        ("EC, a challenge", ec.attest(exportable.id(), &challenged).unwrap()),
        ("EC, an RSA key", attest(&ec, import(&ec, "imported", &imported, |request| request).id())),
        ("RSA, an EC key", attest(&rsa, generate(&rsa, "key", Algorithm::Es512).id())),
    ] {
        let Some(found) = lint(certificates(&attestation)) else { return };
        let found: BTreeSet<_> =
            found.iter().map(|(at, severity, code)| (at.as_str(), severity.as_str(), code.as_str())).collect();
        let unexplained: Vec<_> = found.difference(&explained).collect();
        let unneeded: Vec<_> = explained.difference(&found).collect();
        assert!(unexplained.is_empty() && unneeded.is_empty(), "{what}: found {unexplained:?}, not found {unneeded:?}");
    }
}

/// A lint that finds nothing in anything would prove nothing.
#[test]
fn faults_are_found() {
    let (store, _) = store();
    let attestation = attest(&store, generate(&store, "key", Algorithm::Es256).id());
    let good = certificates(&attestation);
    let Some(usual) = lint(good) else { return };
    // The authority's own DER, with the extension that names the CA's key made critical; so its signature is wrong too.
    let ski = [&[6, 3, 0x55, 0x1D, 35][..], &[4]].concat();
    let at = good[1].windows(ski.len()).position(|window| window == ski).unwrap();
    let (length, extension) = (good[1][at - 1], &good[1][at - 2..at + usize::from(good[1][at - 1])]);
    let critical = [&[0x30, length + 3][..], &extension[2..7], &[1, 1, 0xFF], &extension[7..]].concat();
    let bad = judges::replaced(good[1], extension, &critical);
    let found = lint([good[0], &bad, good[2], good[3]]).unwrap();
    let new: Vec<_> = found.difference(&usual).map(|(at, severity, code)| format!("{at} {severity} {code}")).collect();
    insta::assert_snapshot!(new.join("\n"), @"
    authority ERROR pkix.authority_key_identifier_critical
    authority ERROR pkix.signature_verification_failed
    ");
}
