//! What certificates say of themselves.

use std::time::{Duration, Instant};

use der::Tag;
use proptest::prelude::*;

use super::super::tlv::tlv;
use super::super::{CertificateFacts, name};
use super::*;
use crate::codec;

fn seed() -> Vec<u8> {
    let (label, der) = der::pem::decode_vec(include_bytes!("../../../tests/data/fusionauth-seed.pem")).unwrap();
    assert_eq!(label, "CERTIFICATE");
    der
}

/// The RSA example of the vendor's documentation. Its `validFrom` and `validTo` have the milliseconds of the key's
/// making, which the certificate does not hold.
#[test]
fn fusionauth_seed_certificate_matches() {
    let der = seed();
    let shown = parse(&der).unwrap();
    assert_eq!(shown.version(), 2);
    assert_eq!(shown.serial_number(), "78:0E:1D:5B:EE:3B:43:B2:AE:C8:DB:99:B9:9A:DC:4E");
    assert_eq!(shown.md5_fingerprint().to_colon_hex(), "FC:36:CD:0B:9C:B7:62:F0:A9:16:AE:72:8E:F8:7D:D8");
    assert_eq!(shown.sha1_fingerprint().to_colon_hex(), "CD:A9:80:5F:4D:37:EB:CD:B4:45:42:DF:76:35:15:E9:89:21:61:B6");
    assert_eq!(
        shown.sha256_fingerprint().to_colon_hex(),
        "33:7C:CB:4C:23:3B:F5:22:49:2F:68:C5:FA:D1:6E:3C:72:54:CB:3C:E6:D1:70:08:55:FC:43:24:9A:98:05:CF"
    );
    assert_eq!(shown.sha1_fingerprint().to_base64url(), "zamAX0036820RULfdjUV6YkhYbY");
    assert_eq!(shown.sha256_fingerprint().to_base64url(), "M3zLTCM79SJJL2jF-tFuPHJUyzzm0XAIVfxDJJqYBc8");
    assert_eq!(shown.issuer(), "CN=acme.com");
    assert_eq!(shown.subject(), "CN=acme.com");
    assert_eq!(shown.valid_from().as_millisecond(), 1_562_189_072_183 / 1000 * 1000);
    assert_eq!(shown.valid_to().as_millisecond(), 1_877_808_272_183 / 1000 * 1000);
    let public_key = codec::pem("PUBLIC KEY", shown.public_key_der()).unwrap();
    assert_eq!(public_key.trim_end(), PUBLIC_KEY);
    assert_eq!(codec::spki_facts(shown.public_key_der()).unwrap().bits, 2048);
}

const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAnbNGwtU33S4vbipGeIwe\n/DhLEfc5FaEOHK4WeQ3QF8zZGyI09bNQdkp8uNTFfVehIgmvYHmJWPeaNrYK//qj\nWAsSvYYoytj1j4BywI8uLSjt8QvzaoFUMOi1cBbXM2586R7yTRm7jMk91MLM101z\nkrf1cmFdRUwTpeJjw66XG3JlTGZCmZsJG7m6+nbe5LHt4CiufmJHujGeFzgwby3j\nXZtuK1y3ua3380Fv95JyG3TucnMwEw5EYQ8Q+dZzNC8OSaKrgmnN0gWdsJ7P7vu6\nlMy6sXKhvcxo1p+tXywYPFJahxA+rZDG16RLbUppCx10q8tIcFKeAyl4eywzBaBL\nxwIDAQAB\n-----END PUBLIC KEY-----";

/// A certificate as others may write it; its signature is nonsense.
struct Foreign {
    version: &'static [u8],
    serial: Vec<u8>,
    name: Vec<u8>,
    not_after: (Tag, &'static [u8]),
    rest: &'static [u8],
}

/// `[1] IMPLICIT BIT STRING` of one byte.
const UNIQUE_ID: &[u8] = &[0x81, 2, 0, 7];
/// `[3] EXPLICIT Extensions`: basicConstraints, not critical, which is written although it is the default.
const EXTENSIONS: &[u8] = &[0xA3, 16, 0x30, 14, 0x30, 12, 6, 3, 0x55, 0x1D, 19, 1, 1, 0, 4, 2, 0x30, 0];

impl Foreign {
    fn new() -> Self {
        Self {
            version: &[],
            serial: vec![1],
            name: name::write_common_name("acme.com").unwrap(),
            not_after: (Tag::UtcTime, b"490101000000Z"),
            rest: &[],
        }
    }

    fn der(&self) -> Vec<u8> {
        let sequence = |parts: &[&[u8]]| tlv(Tag::Sequence, parts).unwrap();
        let algorithm = sequence(&[&[6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2]]);
        let serial = tlv(Tag::Integer, &[&self.serial]).unwrap();
        let not_before = tlv(Tag::UtcTime, &[b"500101000000Z"]).unwrap();
        let not_after = tlv(self.not_after.0, &[self.not_after.1]).unwrap();
        let validity = sequence(&[&not_before, &not_after]);
        let key = sequence(&[&algorithm, &[3, 2, 0, 4]]);
        let tbs = sequence(&[self.version, &serial, &algorithm, &self.name, &validity, &self.name, &key, self.rest]);
        sequence(&[&tbs, &algorithm, &[3, 2, 0, 9]])
    }

    fn wrong(&self) -> String {
        parse(&self.der()).unwrap_err().to_string()
    }
}

#[test]
fn every_version_is_read() {
    let read = |version, rest| parse(&Foreign { version, rest, ..Foreign::new() }.der()).map(|shown| shown.version());
    let (none, v1, v2, v3): (_, &[u8], &[u8], &[u8]) =
        (&[][..], &[0xA0, 3, 2, 1, 0], &[0xA0, 3, 2, 1, 1], &[0xA0, 3, 2, 1, 2]);
    for (version, rest, number) in [
        (none, none, 1),
        (v1, none, 1),
        (v2, none, 2),
        (v2, UNIQUE_ID, 2),
        (v3, none, 3),
        (v3, UNIQUE_ID, 3),
        (v3, EXTENSIONS, 3),
    ] {
        assert_eq!(read(version, rest).unwrap(), number);
    }
    for (version, rest) in [(none, UNIQUE_ID), (none, EXTENSIONS), (v2, EXTENSIONS), (&[0xA0, 3, 2, 1, 3][..], none)] {
        assert!(read(version, rest).is_err(), "{version:?} {rest:?}");
    }
}

#[test]
fn serial_numbers_are_shown_as_they_stand() {
    let shown = |serial: &[u8]| {
        parse(&Foreign { serial: serial.to_vec(), ..Foreign::new() }.der())
            .map(|shown| shown.serial_number().to_owned())
    };
    assert_eq!(shown(&[0]).unwrap(), "00");
    assert_eq!(shown(&[0x7F]).unwrap(), "7F");
    assert_eq!(shown(&[0, 0xC1, 0x4B]).unwrap(), "00:C1:4B");
    // Negative ones.
    assert_eq!(shown(&[0xC1, 0x4B]).unwrap(), "C1:4B");
    assert_eq!(shown(&[0xFF]).unwrap(), "FF");
    assert_eq!(shown(&[0xFF, 0x7F]).unwrap(), "FF:7F");
    let mut longest = vec![0xAB; 21];
    longest[0] = 0;
    assert_eq!(shown(&longest).unwrap(), format!("00{}", ":AB".repeat(20)));
    for not_der in [&[][..], &[0, 0x7F], &[0xFF, 0x80]] {
        assert!(shown(not_der).is_err(), "{not_der:?}");
    }
    insta::assert_snapshot!(Foreign { serial: vec![1; 22], ..Foreign::new() }.wrong(), @"certificate has a serial number of 22 bytes, at most 21");
}

#[test]
fn errors_say_what_is_wrong() {
    let good = Foreign::new().der();
    insta::assert_snapshot!(parse(&[]).unwrap_err().to_string(), @"certificate is malformed: ASN.1 DER message is incomplete: expected 1, actual 0 at DER byte 0");
    insta::assert_snapshot!(parse(&good[..good.len() - 1]).unwrap_err().to_string(), @"certificate is malformed: ASN.1 DER message is incomplete: expected 127, actual 126 at DER byte 126");
    insta::assert_snapshot!(parse(&[&good[..], &[0]].concat()).unwrap_err().to_string(), @"certificate is malformed: trailing data at end of DER message: decoded 127 bytes, 1 bytes remaining at DER byte 127");
    insta::assert_snapshot!(parse(&[0; 65537]).unwrap_err().to_string(), @"certificate is 65537 bytes, at most 65536");
    insta::assert_snapshot!(Foreign { not_after: (Tag::UtcTime, b"4901010000Z"), ..Foreign::new() }.wrong(), @"certificate has notAfter '4901010000Z', allowed are YYMMDDHHMMSSZ and YYYYMMDDHHMMSSZ");
    let no_end = Foreign { not_after: (Tag::GeneralizedTime, b"99991231235959Z"), ..Foreign::new() };
    assert_eq!(parse(&no_end.der()).unwrap().valid_to().to_string(), "9999-12-30T22:00:00Z");
    assert_eq!(parse(&good).unwrap().valid_from().to_string(), "1950-01-01T00:00:00Z");
}

/// So many attributes in one set, in the order that is worst to sort.
fn wide_name(count: u16) -> Vec<u8> {
    let attributes: Vec<u8> = (0..count)
        .rev()
        .flat_map(|at| {
            let [high, low] = at.to_be_bytes();
            [0x30, 10, 6, 3, 0x55, 4, 3, 0x0C, 3, high + 32, low / 2, 97 + low % 2]
        })
        .collect();
    tlv(Tag::Sequence, &[&tlv(Tag::Set, &[&attributes]).unwrap()]).unwrap()
}

#[test]
fn wide_names_are_refused() {
    let shown = parse(&Foreign { name: wide_name(64), ..Foreign::new() }.der()).unwrap();
    assert_eq!(shown.issuer().matches("+CN=").count(), 63);
    for count in [65, 2200] {
        let wide = Foreign { name: wide_name(count), ..Foreign::new() };
        assert_eq!(wide.wrong(), "certificate has a name with more than 64 attributes in one part");
    }
}

#[test]
fn long_names_are_read_in_time() {
    let part = tlv(Tag::Set, &[&[0x30, 8, 6, 3, 0x55, 4, 3, 0x0C, 1, 97]]).unwrap();
    let name = tlv(Tag::Sequence, &[&part.repeat(2200)]).unwrap();
    let der = Foreign { name, ..Foreign::new() }.der();
    let start = Instant::now();
    let shown = parse(&der).unwrap();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(shown.issuer().matches("CN=a").count(), 2200);
}

proptest! {
    #[test]
    fn mutated_certificates_do_not_panic(
        seeded: bool,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..4),
    ) {
        let mut der = if seeded {
            seed()
        } else {
            Foreign { version: &[0xA0, 3, 2, 1, 2], rest: EXTENSIONS, ..Foreign::new() }.der()
        };
        for (at, byte, change) in changes {
            let at = at.index(der.len());
            match change {
                0 => der[at] = byte,
                1 => der.insert(at, byte),
                _ => drop(der.remove(at)),
            }
        }
        let facts = CertificateFacts::read(&der);
        if let Ok(shown) = parse(&der) {
            prop_assert_eq!(shown.sha256_fingerprint(), Fingerprint::Sha256(crypto::sha256(&der)));
            prop_assert!(facts.is_ok_and(|facts| *facts.spki == *shown.public_key_der()));
        }
    }

    #[test]
    fn noise_is_refused(der in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(parse(&der).is_err());
        prop_assert!(CertificateFacts::read(&der).is_err());
    }
}
