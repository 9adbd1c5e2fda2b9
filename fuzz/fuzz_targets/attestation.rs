//! A statement with its chain, each certificate behind its length in two bytes: judged without a panic, in bounded words, and
//! never valid but for those that are known to be.
#![no_main]

use std::sync::LazyLock;

use jiff::Timestamp;
use keystead::attestation::{Check, Policy, Profile, Report, Verdict, Verifier};
use libfuzzer_sys::fuzz_target;

const VALID: [(Profile, &[u8]); 5] = [
    (Profile::Fortanix, include_bytes!("../seeds/attestation/fortanix")),
    (Profile::Fortanix, include_bytes!("../seeds/attestation/vendors-arc")),
    (Profile::Keystead, include_bytes!("../seeds/attestation/keystead")),
    (Profile::Keystead, include_bytes!("../seeds/attestation/imported")),
    (Profile::Keystead, include_bytes!("../seeds/attestation/two-cas")),
];

/// For each profile one that has pinned the roots of all of them.
static VERIFIERS: LazyLock<[(Profile, Verifier); 2]> = LazyLock::new(|| {
    let roots = VALID.map(|(_, bytes)| *certificates(bytes).last().expect("a root"));
    let verifiers = [Profile::Keystead, Profile::Fortanix]
        .map(|profile| (profile, Verifier::new(profile, roots).expect("roots are certificates")));
    for (profile, bytes) in VALID {
        let (_, verifier) = verifiers.iter().find(|(of, _)| *of == profile).expect("one of each");
        let report = verify(verifier, &certificates(bytes));
        assert!(report.is_valid(), "{report}");
    }
    verifiers
});

fn certificates(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    while let Some((len, rest)) = bytes.split_first_chunk() {
        let (part, rest) = rest.split_at(rest.len().min(u16::from_be_bytes(*len).into()));
        parts.push(part);
        bytes = rest;
    }
    parts
}

fn verify(verifier: &Verifier, parts: &[&[u8]]) -> Report {
    let statement = parts.first().copied().unwrap_or_default();
    let chain = parts.get(1..).unwrap_or_default();
    // The year 2033.
    let now = Timestamp::from_second(2_000_000_000).expect("a time");
    verifier.verify(statement, chain, &Policy::new(), now)
}

fn judged(report: &Report) {
    assert_eq!(report.outcomes().len(), Check::ALL.len());
    let fine = |verdict| verdict != Verdict::Failed;
    assert!(!report.is_valid() || report.outcomes().iter().all(|outcome| fine(outcome.verdict())));
    assert!(report.is_valid() || report.statement().is_none());
    for outcome in report.outcomes() {
        assert!((1..2500).contains(&outcome.reason().len()), "{outcome}");
    }
}

fuzz_target!(|bytes: &[u8]| {
    let parts = certificates(bytes);
    for (profile, verifier) in VERIFIERS.iter() {
        let report = verify(verifier, &parts);
        judged(&report);
        let known = VALID.iter().any(|(of, valid)| of == profile && parts == certificates(valid));
        assert!(!report.is_valid() || known, "{report}");
    }
    // Whatever comes last may be pinned too.
    if let Some(last) = parts.last() {
        match Verifier::new(Profile::Keystead, [last]) {
            Ok(verifier) => judged(&verify(&verifier, &parts)),
            Err(error) => assert!(error.to_string().len() < 1000),
        }
    }
});
