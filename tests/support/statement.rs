//! Certificates taken apart by a reader of their own, which shares nothing with the library's, and statements judged with it.

// Each test file uses its own part of this.
#![allow(dead_code)]

use jiff::Timestamp;
use keystead::{Algorithm, Attestation, Verifier};

/// What the tests ask of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certificate {
    pub(crate) tbs: Vec<u8>,
    pub(crate) serial: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) not_before: Timestamp,
    /// None for the end of all times.
    pub(crate) not_after: Option<Timestamp>,
    pub(crate) subject: Vec<u8>,
    pub(crate) spki: Vec<u8>,
    /// OID, critical, value.
    pub(crate) extensions: Vec<(Vec<u8>, bool, Vec<u8>)>,
    pub(crate) algorithm: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

/// Tag, value and whole of each element, one behind the other.
fn elements(mut der: &[u8]) -> Vec<(u8, &[u8], &[u8])> {
    let mut found = Vec::new();
    while !der.is_empty() {
        let (head, len) = match der[1] {
            short @ 0..=127 => (2, usize::from(short)),
            0x81 => (3, usize::from(der[2])),
            0x82 => (4, usize::from(der[2]) << 8 | usize::from(der[3])),
            other => panic!("length octet {other:#x}"),
        };
        found.push((der[0], &der[head..head + len], &der[..head + len]));
        der = &der[head + len..];
    }
    found
}

fn time(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).unwrap();
    let text = if tag == 0x17 { format!("20{text}") } else { text.to_owned() };
    let part = |at: usize, len: usize| &text[at..at + len];
    let (date, clock) = ((part(0, 4), part(4, 2), part(6, 2)), (part(8, 2), part(10, 2), part(12, 2)));
    let written = format!("{}-{}-{}T{}:{}:{}Z", date.0, date.1, date.2, clock.0, clock.1, clock.2);
    (written != "9999-12-31T23:59:59Z").then(|| written.parse().unwrap())
}

impl Certificate {
    pub(crate) fn read(der: &[u8]) -> Self {
        let outer = elements(elements(der)[0].1);
        let tbs = elements(outer[0].1);
        let validity = elements(tbs[4].1);
        let extensions = elements(elements(tbs[7].1)[0].1);
        let extension = |(_, value, _): &(u8, &[u8], &[u8])| {
            let parts = elements(value);
            (parts[0].1.to_vec(), parts.len() == 3, parts[parts.len() - 1].1.to_vec())
        };
        Self {
            tbs: outer[0].2.to_vec(),
            serial: tbs[1].1.to_vec(),
            issuer: tbs[3].2.to_vec(),
            not_before: time(validity[0].0, validity[0].1).unwrap(),
            not_after: time(validity[1].0, validity[1].1),
            subject: tbs[5].2.to_vec(),
            spki: tbs[6].2.to_vec(),
            extensions: extensions.iter().map(extension).collect(),
            algorithm: outer[1].2.to_vec(),
            signature: outer[2].1[1..].to_vec(),
        }
    }

    pub(crate) fn extension(&self, oid: &[u8]) -> Option<&[u8]> {
        self.extensions.iter().find(|(own, ..)| own == oid).map(|(.., value)| &value[..])
    }

    /// The key identifier under which it was signed, and its own.
    fn authority_key(&self) -> Option<&[u8]> {
        self.extension(&[0x55, 0x1D, 35]).map(|value| elements(elements(value)[0].1)[0].1)
    }

    fn subject_key(&self) -> Option<&[u8]> {
        self.extension(&[0x55, 0x1D, 14]).map(|value| elements(value)[0].1)
    }

    /// Whether it has one of the two claims.
    pub(crate) fn claims(&self, last: u8) -> bool {
        self.extensions.iter().any(|(oid, critical, value)| {
            let ours = oid.starts_with(&[0x69, 0x81, 0xFB, 0xE7]) && oid.ends_with(&[2, last]);
            ours && !critical && value == &[0x30, 0]
        })
    }

    /// Whether a P-256 or P-384 key signed it, and names and key identifiers say so too.
    pub(crate) fn is_signed_by(&self, above: &Self) -> bool {
        let (algorithm, len) = match self.algorithm.last().unwrap() {
            2 => (Algorithm::Es256, 32),
            3 => (Algorithm::Es384, 48),
            other => panic!("ecdsa-with-{other}"),
        };
        let numbers = elements(elements(&self.signature)[0].1);
        let fixed = |number: &[u8]| {
            let significant: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
            [vec![0; len - significant.len()], significant].concat()
        };
        let signature = [fixed(numbers[0].1), fixed(numbers[1].1)].concat();
        let named =
            self.issuer == above.subject && self.authority_key().is_none_or(|key| Some(key) == above.subject_key());
        let key = Verifier::from_public_key_der(algorithm, &above.spki);
        named && key.is_ok_and(|key| key.verify(&self.tbs, &signature))
    }
}

/// The statement of an attestation, after its issuer was found to fit the chain that it came with, and each certificate of
/// the chain the next, at the time of signing.
#[track_caller]
pub(crate) fn judged(attestation: &Attestation) -> Certificate {
    let statement = Certificate::read(attestation.statement_der());
    let chain: Vec<_> = attestation.authority_chain().map(Certificate::read).collect();
    let mut below = &statement;
    for (at, certificate) in chain.iter().enumerate() {
        assert!(below.is_signed_by(certificate), "certificate {at} did not sign the one below it");
        assert!(certificate.not_before <= statement.not_before, "certificate {at} begins after the statement");
        assert!(certificate.not_after.unwrap() >= statement.not_before, "certificate {at} ended before the statement");
        assert!(
            certificate.not_after.is_some_and(|end| chain.iter().skip(at).all(|above| above.not_after >= Some(end)))
        );
        below = certificate;
    }
    assert!(below.is_signed_by(below), "the last one is no root");
    assert_eq!(statement.not_after, None);
    statement
}
