//! Statements with their chains, as others made them: the vendor, and Python.

// Each test file uses its own part of this.
#![allow(dead_code)]

use base64ct::{Base64, Encoding};
use jiff::Timestamp;
use keystead::attestation::{Check, Policy, Profile, Report, Verdict, Verifier};
use serde_json::Value;

/// A statement in DER with its chain, the authority first and the root last.
#[derive(Clone, Debug)]
pub(crate) struct Attested {
    pub(crate) statement: Vec<u8>,
    pub(crate) chain: Vec<Vec<u8>>,
}

impl Attested {
    /// The members of the vendor's response.
    pub(crate) fn from_response(response: &Value) -> Self {
        let chain = response["authority_chain"].as_array().unwrap();
        Self {
            statement: decode(&response["attestation_statement"]["statement"]),
            chain: chain.iter().map(decode).collect(),
        }
    }

    pub(crate) fn root(&self) -> &[u8] {
        self.chain.last().unwrap()
    }

    /// What a verifier says who has pinned `root` and asks for nothing.
    pub(crate) fn judge(&self, profile: Profile, root: &[u8], now: Timestamp) -> Report {
        Verifier::new(profile, [root]).unwrap().verify(&self.statement, &self.chain, &Policy::new(), now)
    }
}

pub(crate) fn decode(base64: &Value) -> Vec<u8> {
    Base64::decode_vec(base64.as_str().unwrap()).unwrap()
}

/// The response that the vendor published.
pub(crate) fn vendors() -> Attested {
    let response = include_str!("../data/fortanix/key-attestation-response.json");
    Attested::from_response(&serde_json::from_str(response).unwrap())
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The names of the checks that failed, joined by blanks.
pub(crate) fn failed(report: &Report) -> String {
    assert_eq!(report.outcomes().len(), Check::ALL.len());
    report.failures().map(|outcome| outcome.check().as_str()).collect::<Vec<_>>().join(" ")
}

/// The names of the checks that were skipped, joined by blanks.
pub(crate) fn skipped(report: &Report) -> String {
    let skipped = report.outcomes().iter().filter(|outcome| outcome.verdict() == Verdict::Skipped);
    skipped.map(|outcome| outcome.check().as_str()).collect::<Vec<_>>().join(" ")
}
