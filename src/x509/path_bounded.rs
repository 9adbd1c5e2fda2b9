//! What hostile chains cost: counted in signatures.

use super::issued::Issued;
use super::name::write_name;
use super::path::{Anchors, PathProblem, Presented};
use super::tlv::tlv;
use super::{Certificate, extension, time};
use crate::crypto::{CryptoError, SigningKey, SystemEntropy};
use crate::model::{Algorithm, KeySpec};

use der::Tag;
use jiff::Timestamp;

const NOW: i64 = 1_795_327_200;
/// `MOST` of `path::signatures`.
const MOST: u32 = 128;

/// ecdsa-with-SHA256, RFC 5758, section 3.2.
const ECDSA_SHA256: &[u8] = &[6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2];

struct Ca(SigningKey);

impl Ca {
    fn new() -> Self {
        let spec = KeySpec::parse(Algorithm::Es256, None).unwrap();
        Self(SigningKey::generate(spec, &SystemEntropy).unwrap())
    }

    fn spki(&self) -> Vec<u8> {
        self.0.public_key_der().unwrap().unwrap().into()
    }

    fn sign(&self, tbs: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.0.try_sign(tbs, &SystemEntropy).map(|signature| signature.to_der())
    }

    /// A certificate by this key.
    fn issue(&self, serial: u8, issuer: &str, subject: &str, spki: &[u8], ca: bool) -> Vec<u8> {
        let name = |text| write_name(&[(&[0x55, 4, 3], text)]).unwrap();
        let time = |at| time::write(Timestamp::from_second(at).unwrap()).unwrap();
        let algorithm = tlv(Tag::Sequence, &[ECDSA_SHA256]).unwrap();
        let issued = Issued {
            serial: &[serial],
            signature_algorithm: &algorithm,
            issuer: &name(issuer),
            not_before: &time(NOW - 1000),
            not_after: &time(NOW + 1000),
            subject: &name(subject),
            spki,
            extensions: &extension::write_basic_constraints(ca).unwrap(),
        };
        issued.sign(|tbs| self.sign(tbs)).unwrap()
    }
}

/// What came of it, and how many signatures were verified.
fn validate(anchors: &[Vec<u8>], chain: &[Vec<u8>]) -> (Option<PathProblem>, u32) {
    let anchors = Anchors::read(anchors.iter().map(Vec::as_slice)).unwrap();
    let chain: Vec<_> = chain.iter().map(|der| Certificate::read(der).unwrap()).collect();
    let now = Timestamp::from_second(NOW).unwrap();
    let (found, count) = anchors.validate_counting(Presented { chain: &chain, crls: None, now });
    (found.err().map(|error| error.problem), count)
}

#[test]
fn a_short_chain_costs_one_signature_for_each_certificate() {
    let (root, ca, client) = (Ca::new(), Ca::new(), Ca::new());
    let anchor = root.issue(1, "root", "root", &root.spki(), true);
    let ca_certificate = root.issue(2, "root", "ca", &ca.spki(), true);
    let leaf = ca.issue(3, "ca", "client", &client.spki(), false);
    assert_eq!(validate(&[anchor], &[leaf, ca_certificate]), (None, 2));
}

/// One name and key, many certificates.
#[test]
fn the_same_name_and_key_again_and_again() {
    let (root, ca) = (Ca::new(), Ca::new());
    let anchor = root.issue(1, "root", "root", &root.spki(), true);
    let mut chain = vec![ca.issue(1, "x", "client", &ca.spki(), false)];
    chain.extend((1..16).map(|serial| ca.issue(serial, "x", "x", &ca.spki(), true)));
    assert_eq!(validate(std::slice::from_ref(&anchor), &chain), (Some(PathProblem::NoPath), 16));
    // With a way out of each.
    chain.truncate(8);
    chain.extend((1..8).map(|serial| root.issue(serial, "root", "x", &ca.spki(), true)));
    let (found, count) = validate(&[anchor], &chain);
    assert_eq!(found, None);
    assert!(count < 30, "{count}");
}

/// Every certificate bears one name, each key signed the next one down, and the anchors bear that name too.
#[test]
fn one_name_for_all() {
    let keys: Vec<_> = (0..16).map(|_| Ca::new()).collect();
    let others: Vec<_> = (0..16).map(|_| Ca::new()).collect();
    let anchors: Vec<_> = others.iter().map(|key| key.issue(1, "x", "x", &key.spki(), true)).collect();
    let mut chain = vec![keys[0].issue(1, "x", "client", &keys[0].spki(), false)];
    chain.extend((0..15).map(|at| keys[at + 1].issue(1, "x", "x", &keys[at].spki(), true)));
    // With all budget spent, nothing more is right.
    assert_eq!(validate(&anchors, &chain), (Some(PathProblem::NoPath), MOST));
}

/// Names and keys in five storeys of three certificates each, every one signed by the storey above: 243 paths, each with
/// the right signatures. The anchor is no CA, so that none of them is right.
#[test]
fn a_mesh_of_right_signatures() {
    let root = Ca::new();
    let anchor = root.issue(1, "root", "root", &root.spki(), false);
    let keys: Vec<_> = (0..5).map(|_| Ca::new()).collect();
    let name = |at: usize| format!("storey {at}");
    let mut chain = vec![keys[0].issue(1, &name(0), "client", &keys[0].spki(), false)];
    for (at, key) in keys.iter().enumerate() {
        for serial in 1..4 {
            let (above, issuer) = match keys.get(at + 1) {
                Some(above) => (above, name(at + 1)),
                None => (&root, "root".to_owned()),
            };
            chain.push(above.issue(serial, &issuer, &name(at), &key.spki(), true));
        }
    }
    let (found, count) = validate(&[anchor], &chain);
    assert_eq!(found, Some(PathProblem::NoPath));
    // One for each certificate: what was verified once is known.
    assert_eq!(count, 16);
}

/// A list of nearly as many bytes as are taken, with the client's certificate as its last.
#[test]
fn a_list_of_700000() {
    let key = Ca::new();
    let name = write_name(&[(&[0x55, 4, 3], "root")]).unwrap();
    let time = |at| time::write(Timestamp::from_second(at).unwrap()).unwrap();
    let algorithm = tlv(Tag::Sequence, &[ECDSA_SHA256]).unwrap();
    let entry = |serial: &[u8]| tlv(Tag::Sequence, &[&[2, serial.len() as u8], serial, &time(NOW - 1000)]).unwrap();
    let mut entries = entry(&[1, 0, 0, 0]).repeat(700_000);
    let list = |entries: &[u8]| {
        let entries = tlv(Tag::Sequence, &[entries]).unwrap();
        let tbs = tlv(Tag::Sequence, &[&algorithm, &name, &time(NOW - 1000), &time(NOW + 1000), &entries]).unwrap();
        super::issued::signed(&tbs, &algorithm, |tbs| key.sign(tbs)).unwrap()
    };
    let good = list(&entries);
    entries.extend(entry(&[3]));
    let bad = list(&entries);
    let anchor = key.issue(1, "root", "root", &key.spki(), true);
    let leaf = key.issue(3, "root", "client", &key.spki(), false);
    let anchors = Anchors::read([&anchor[..]]).unwrap();
    let chain = [Certificate::read(&leaf).unwrap()];
    let now = Timestamp::from_second(NOW).unwrap();
    for (crl, problem) in [(good, None), (bad, Some(PathProblem::Revoked))] {
        assert!((1 << 23..1 << 24).contains(&crl.len()));
        let (found, count) = anchors.validate_counting(Presented { chain: &chain, crls: Some(&[&crl]), now });
        assert_eq!((found.err().map(|error| error.problem), count), (problem, 2));
    }
}
