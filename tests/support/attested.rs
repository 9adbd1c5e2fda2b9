//! Stores with an attestation authority, at times that a test sets, and what others read in the certificates.

// Each test file uses its own part of this.
#![allow(dead_code)]

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use keystead::{
    Algorithm, Attestation, AttestationRequest, AuthorityPlan, Clock, GenerateKey, ImportKey, Imported, Issuer, Key,
    KeyId, KeyName, KeySpec, KeyType, Keystore, Options,
};
use serde_json::Value;

use crate::judges::Folder;

/// The arc of the manual, as text. No code of the library makes this form of it.
pub(crate) const ARC: &str = "2.25.167357310102105099079929388927412430796";
/// When the authorities are made: a fraction of a second that no certificate holds.
pub(crate) const MADE: &str = "2026-11-22T06:30:15.987654321Z";

/// A clock that is set.
#[derive(Debug)]
pub(crate) struct Hands(Mutex<Timestamp>);

impl Hands {
    pub(crate) fn at(text: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(text.parse().unwrap())))
    }

    pub(crate) fn set(&self, text: &str) {
        *self.0.lock().unwrap() = text.parse().unwrap();
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub(crate) fn name(text: &str) -> KeyName {
    KeyName::new(text).unwrap()
}

pub(crate) fn request(text: &str, algorithm: Algorithm) -> GenerateKey {
    let bits = (algorithm.key_type() == KeyType::Rsa).then_some(2048);
    GenerateKey::new(name(text), KeySpec::new(algorithm, bits).unwrap())
}

pub(crate) fn generate(store: &Keystore, text: &str, algorithm: Algorithm) -> Key {
    store.generate(request(text, algorithm)).unwrap()
}

pub(crate) fn import(store: &Keystore, text: &str, data: &[u8], how: impl FnOnce(ImportKey) -> ImportKey) -> Key {
    let imported: Imported = store.import(how(ImportKey::new(name(text), data.to_vec()))).unwrap();
    imported.key
}

/// An EC authority of `Example Ltd.`.
pub(crate) fn plan() -> AuthorityPlan {
    AuthorityPlan::new().organization(Issuer::new("Example Ltd.").unwrap())
}

/// A store in memory with an EC authority made at [`MADE`].
pub(crate) fn store() -> (Keystore, Arc<Hands>) {
    let clock = Hands::at(MADE);
    let store = Keystore::in_memory(Options::default().clock(clock.clone())).unwrap();
    store.create_authority(&plan()).unwrap();
    (store, clock)
}

pub(crate) fn attest(store: &Keystore, id: KeyId) -> Attestation {
    store.attest(id, &AttestationRequest::new()).unwrap()
}

/// The statement, then the authority, the CA and the root.
pub(crate) fn certificates(attestation: &Attestation) -> [&[u8]; 4] {
    let [authority, ca, root] = attestation.authority_chain().collect::<Vec<_>>().try_into().unwrap();
    [attestation.statement_der(), authority, ca, root]
}

/// What a statement says beside the key: whose it is, the claims, the facts, the challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) id: String,
    pub(crate) serial: Vec<u8>,
    pub(crate) not_before: String,
    pub(crate) spki: Vec<u8>,
    pub(crate) generated: bool,
    pub(crate) never_exportable: bool,
    /// Origin, when it was stored, algorithm, and the two that may be missing by their numbers.
    pub(crate) facts: String,
    pub(crate) challenge: Option<Vec<u8>>,
    /// What is signed, and the signature.
    pub(crate) signed: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

/// Our arc in DER, as Python's `cryptography` writes it.
const ARC_DER: [u8; 20] = [
    0x69, 0x81, 0xFB, 0xE7, 0xEC, 0x9C, 0xC8, 0xFA, 0xF2, 0xB5, 0xD7, 0xA4, 0xD9, 0x99, 0xE1, 0xAE, 0xAA, 0xD5, 0xCF,
    0x4C,
];

/// Tag, value and all bytes of each element.
fn elements(mut der: &[u8]) -> Vec<(u8, &[u8], &[u8])> {
    let mut found = Vec::new();
    while let [tag, first, ..] = *der {
        let digits = if first < 0x80 { 0 } else { usize::from(first & 0x7F) };
        let long = der[2..2 + digits].iter().fold(0, |len, digit| len << 8 | usize::from(*digit));
        let end = 2 + digits + if first < 0x80 { usize::from(first) } else { long };
        found.push((tag, &der[2 + digits..end], &der[..end]));
        der = &der[end..];
    }
    assert!(der.is_empty());
    found
}

/// The SubjectPublicKeyInfo of any certificate.
pub(crate) fn spki_of(certificate: &[u8]) -> Vec<u8> {
    elements(elements(elements(certificate)[0].1)[0].1)[6].2.to_vec()
}

impl Said {
    /// Reads a statement, with no code of the library.
    pub(crate) fn by(statement: &[u8]) -> Self {
        let utf8 = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
        let outer = elements(elements(statement)[0].1);
        let tbs = elements(outer[0].1);
        let subject = elements(tbs[5].1);
        let [_, key_id] = subject.as_slice() else { panic!("a subject of two parts") };
        let key_id = elements(elements(key_id.1)[0].1);
        assert_eq!((key_id[0].1, key_id[1].0), (&[&ARC_DER[..], &[1, 1]].concat()[..], 0x0C));
        let mut said = Self {
            id: utf8(key_id[1].1),
            serial: tbs[1].1.to_vec(),
            not_before: utf8(elements(tbs[4].1)[0].1),
            spki: tbs[6].2.to_vec(),
            generated: false,
            never_exportable: false,
            facts: String::new(),
            challenge: None,
            signed: outer[0].2.to_vec(),
            signature: outer[2].1[1..].to_vec(),
        };
        for extension in elements(elements(tbs[7].1)[0].1) {
            let extension = elements(extension.1);
            let Some(ours) = extension[0].1.strip_prefix(&ARC_DER) else { continue };
            let [_, (4, value, _)] = extension.as_slice() else { panic!("one that is not critical") };
            match ours {
                [2, 1] => said.generated = *value == [0x30, 0],
                [2, 2] => said.never_exportable = *value == [0x30, 0],
                [3, 1] => {
                    let fact = |(tag, value, _): &(u8, &[u8], &[u8])| match tag {
                        0x0A => format!("origin {}", value[0]),
                        0x18 | 0x0C => utf8(value),
                        _ => format!("[{}] {}", tag & 0x1F, utf8(value)),
                    };
                    said.facts = elements(elements(value)[0].1).iter().map(fact).collect::<Vec<_>>().join(", ");
                }
                [3, 2] => said.challenge = Some(elements(value)[0].1.to_vec()),
                _ => panic!("an extension of ours that nobody knows: {ours:?}"),
            }
        }
        said
    }

    /// The same but for what differs in each statement.
    pub(crate) fn lasting(self) -> Self {
        let none = Vec::new;
        Self { serial: none(), not_before: String::new(), signed: none(), signature: none(), ..self }
    }
}

/// What Python reads in certificates: the parts of each, and what its own reader makes of our extensions.
pub(crate) fn python_reads(certificates: &[&[u8]]) -> Vec<Value> {
    let folder = Folder::new();
    for (at, der) in certificates.iter().enumerate() {
        folder.put(&format!("{at}.der"), der);
    }
    let said = folder.python(include_str!("read_statements.py")).unwrap_or_else(|said| panic!("{said}"));
    let read: Vec<Value> = serde_json::from_slice(&said).unwrap();
    assert_eq!(read.len(), certificates.len());
    read
}
