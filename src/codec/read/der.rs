//! DER without a label: told by its shape.

use super::super::tlv;
use super::ReadError;
use super::asn1::{Cursor, Element, Kind};
use super::container::{self, read_certificate, read_encrypted, read_pkcs7, read_pkcs12};
use super::private::{self, read_pkcs1, read_pkcs8, read_sec1};
use super::public::{self, read_pkcs1_public, read_spki};
use crate::codec::{Content, Item};
use crate::model::Structure;

static DER: Kind = Kind {
    name: "DER",
    accepted: "one PKCS#8, PKCS#1, SEC1, public key, certificate, PKCS#7 or PKCS#12, and nothing behind it",
};

/// What the outline of an element says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Known(Structure),
    /// Well known, and nothing to import.
    Foreign(&'static str),
}

impl Shape {
    /// Whether an element of this shape may be the structure that a label names.
    pub(super) fn fits(self, structure: Structure) -> bool {
        self == Self::Known(structure) || (self == DH && structure == Structure::Pkcs1Public)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Foreign(name) => name,
            Self::Known(structure) => kind(structure).name,
        }
    }
}

/// Also the shape of an RSA public key.
const DH: Shape = Shape::Foreign("DH parameters");

/// Reads DER that is exactly one of the structures known.
pub(super) fn read_der(der: &[u8]) -> Result<Vec<Item>, ReadError> {
    match shape(der)? {
        Some(Shape::Known(structure)) => read_structure(structure, der),
        Some(Shape::Foreign(name)) => Err(foreign(name)),
        None => {
            Cursor::sequence(&DER, der)?;
            Err(DER.malformed(0, "outer SEQUENCE", "what is inside is no key and no certificate"))
        }
    }
}

pub(super) fn foreign(name: &'static str) -> ReadError {
    ReadError::unsupported(name, "accepted are private keys, public keys and certificates")
}

/// Reads DER of which the structure is known.
pub(super) fn read_structure(structure: Structure, der: &[u8]) -> Result<Vec<Item>, ReadError> {
    let content = match structure {
        Structure::Pkcs8 => Content::Private(read_pkcs8(der)?),
        Structure::Pkcs1 => Content::Private(read_pkcs1(der)?),
        Structure::Sec1 => Content::Private(read_sec1(der)?),
        Structure::Spki => Content::Public(read_spki(der)?),
        Structure::Pkcs1Public => Content::Public(read_pkcs1_public(der)?),
        Structure::Certificate => Content::Certificate(read_certificate(der)?),
        Structure::EncryptedPkcs8 => read_encrypted(der)?,
        Structure::Pkcs12 => Content::Pkcs12(read_pkcs12(der)?),
        Structure::Pkcs7 => {
            let certificates = read_pkcs7(der)?.into_iter();
            return Ok(certificates.map(|der| Item::new(structure, Content::Certificate(der))).collect());
        }
        Structure::Jwk | Structure::PrivateJwk | Structure::Jwks | Structure::Secret => {
            return Err(DER.malformed(0, "outer SEQUENCE", "what is inside is no key and no certificate"));
        }
    };
    Ok(vec![Item::new(structure, content)])
}

fn kind(structure: Structure) -> &'static Kind {
    match structure {
        Structure::Pkcs8 => &private::PKCS8,
        Structure::Pkcs1 => &private::PKCS1,
        Structure::Sec1 => &private::SEC1,
        Structure::Spki => &public::SPKI,
        Structure::Pkcs1Public => &public::PKCS1_PUBLIC,
        Structure::Certificate => &container::CERTIFICATE,
        Structure::EncryptedPkcs8 => &container::ENCRYPTED,
        Structure::Pkcs12 => &container::PKCS12,
        Structure::Pkcs7 => &container::PKCS7,
        Structure::Jwk | Structure::PrivateJwk | Structure::Jwks | Structure::Secret => &DER,
    }
}

/// Tells a structure by its first elements: no two have the same. `None` where they are of nothing known.
///
/// # Errors
/// Where the outer SEQUENCE itself is not whole.
pub(super) fn shape(der: &[u8]) -> Result<Option<Shape>, ReadError> {
    // What follows the SEQUENCE is the structure's own reader's to refuse.
    let mut inside = Cursor::new(&DER, der).expect(tlv::SEQUENCE, "outer SEQUENCE")?.inside();
    let mut tags = [0; 4];
    let mut first = None;
    let mut second = None;
    let mut count = 0;
    // Ten is the most that a known structure has.
    while !inside.is_empty() && count < 11 {
        let Ok(element) = inside.next("") else { break };
        match count {
            0 => first = Some(element),
            1 => second = Some(element),
            _ => {}
        }
        if let Some(tag) = tags.get_mut(count) {
            *tag = element.tag;
        }
        count += 1;
    }
    let Some(first) = first else { return Ok(None) };
    let begins_with = |element: Option<Element<'_>>| element.and_then(|element| element.inside().peek());
    Ok(Some(match tags {
        [tlv::INTEGER, tlv::SEQUENCE, ..] if begins_with(second) == Some(tlv::OID) => {
            if matches!(first.value, [3]) && begins_like_content(second) {
                Shape::Known(Structure::Pkcs12)
            } else {
                Shape::Known(Structure::Pkcs8)
            }
        }
        [tlv::INTEGER, tlv::OCTET_STRING, ..] => Shape::Known(Structure::Sec1),
        // PKCS#3 writes a prime and a generator alike, and nobody has an RSA key of such an exponent.
        [tlv::INTEGER, tlv::INTEGER, 0, 0] if count == 2 && matches!(second, Some(Element { value: [2 | 5], .. })) => {
            DH
        }
        [tlv::INTEGER, tlv::INTEGER, 0, 0] if count == 2 => Shape::Known(Structure::Pkcs1Public),
        [tlv::INTEGER, tlv::INTEGER, tlv::INTEGER, 0] if count == 3 => Shape::Foreign("DSA or DH parameters"),
        [tlv::INTEGER, tlv::INTEGER, tlv::INTEGER, tlv::INTEGER] if count == 6 => Shape::Foreign("DSA private key"),
        [tlv::INTEGER, tlv::INTEGER, tlv::INTEGER, tlv::INTEGER] => Shape::Known(Structure::Pkcs1),
        [tlv::SEQUENCE, tlv::OCTET_STRING, 0, 0] if begins_with(Some(first)) == Some(tlv::OID) => {
            Shape::Known(Structure::EncryptedPkcs8)
        }
        [tlv::SEQUENCE, tlv::BIT_STRING, 0, 0] if begins_with(Some(first)) == Some(tlv::OID) => {
            Shape::Known(Structure::Spki)
        }
        [tlv::SEQUENCE, tlv::SEQUENCE, tlv::BIT_STRING, 0] => signed(first.inside()),
        [tlv::OID, 0xA0, 0, 0] => Shape::Known(Structure::Pkcs7),
        _ => return Ok(None),
    }))
}

/// Whether an element is a ContentInfo rather than an AlgorithmIdentifier.
fn begins_like_content(element: Option<Element<'_>>) -> bool {
    let Some(element) = element else { return false };
    let mut inside = element.inside();
    inside.next("").is_ok() && inside.peek() == Some(tlv::constructed(0))
}

/// Tells what is signed like a certificate by the inside.
///
/// ```text
/// TBSCertificate ::= SEQUENCE { version [0], serialNumber INTEGER, signature SEQUENCE, issuer SEQUENCE, ... }
/// CertificationRequestInfo ::= SEQUENCE { version INTEGER, subject SEQUENCE, subjectPKInfo SEQUENCE, attributes [0] }
/// TBSCertList ::= SEQUENCE { version INTEGER OPTIONAL, signature SEQUENCE, issuer SEQUENCE, thisUpdate Time, ... }
/// ```
fn signed(mut inside: Cursor<'_>) -> Shape {
    let mut tags = [0; 4];
    for tag in &mut tags {
        let Ok(element) = inside.next("") else { break };
        *tag = element.tag;
    }
    match tags {
        [tlv::INTEGER, tlv::SEQUENCE, tlv::SEQUENCE, 0 | 0xA0] => Shape::Foreign("certificate request"),
        [tlv::INTEGER, tlv::SEQUENCE, tlv::SEQUENCE, 0x17 | 0x18] | [tlv::SEQUENCE, tlv::SEQUENCE, 0x17 | 0x18, _] => {
            Shape::Foreign("certificate revocation list")
        }
        _ => Shape::Known(Structure::Certificate),
    }
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding};

    use super::super::super::rfc_keys::PRIVATE;
    use super::*;
    use crate::codec::tlv::{bit_string, constructed, tlv};

    fn der(base64: &str) -> Vec<u8> {
        Base64::decode_vec(base64).unwrap()
    }

    fn tell(der: &[u8]) -> String {
        match read_der(der) {
            Ok(items) => format!("{:?}", items.iter().map(|item| item.structure).collect::<Vec<_>>()),
            Err(error) => error.to_string(),
        }
    }

    fn sequence(parts: &[&[u8]]) -> Vec<u8> {
        tlv(tlv::SEQUENCE, parts).to_vec()
    }

    const ONE: [u8; 3] = [2, 1, 1];
    const OID: [u8; 4] = [6, 2, 0x2A, 3];

    /// ```text
    /// PrivateKeyInfo       SEQUENCE { INTEGER, SEQUENCE { OID, ... }, OCTET STRING, ... }
    /// RSAPrivateKey        SEQUENCE { INTEGER, INTEGER, INTEGER, INTEGER, ... }
    /// ECPrivateKey         SEQUENCE { INTEGER, OCTET STRING, ... }
    /// SubjectPublicKeyInfo SEQUENCE { SEQUENCE { OID, ... }, BIT STRING }
    /// RSAPublicKey         SEQUENCE { INTEGER, INTEGER }
    /// ```
    #[test]
    fn keys_have_shapes() {
        for key in &PRIVATE {
            assert_eq!(tell(&der(key.pkcs8)), "[Pkcs8]");
            assert_eq!(tell(&der(key.spki)), "[Spki]");
        }
        assert_eq!(tell(&der(PRIVATE[0].traditional)), "[Sec1]");
        assert_eq!(tell(&der(PRIVATE[1].traditional)), "[Pkcs1]");
        assert_eq!(tell(&der(PRIVATE[2].traditional)), "[Sec1]");
        assert_eq!(tell(&der(PRIVATE[3].traditional)), "[Pkcs1]");
        assert_eq!(tell(&sequence(&[&[2, 1, 0x45], &[2, 1, 3]])), "[Pkcs1Public]");
        let read = read_der(&sequence(&[&[2, 1, 0x45], &[2, 1, 3]])).unwrap();
        let Content::Public(spki) = &read[0].content else { panic!() };
        assert_eq!(**spki, *crate::codec::public_key::tests::rsa_spki(&[0x45], &[3]));
    }

    /// ```text
    /// EncryptedPrivateKeyInfo  SEQUENCE { SEQUENCE { OID, ... }, OCTET STRING }
    /// PFX                      SEQUENCE { INTEGER 3, SEQUENCE { OID, [0] }, ... }
    /// ContentInfo              SEQUENCE { OID, [0] }
    /// Certificate              SEQUENCE { SEQUENCE, SEQUENCE, BIT STRING }
    /// ```
    #[test]
    fn containers_have_shapes() {
        let encrypted = sequence(&[&sequence(&[&OID, &ONE]), &[4, 2, 7, 8]]);
        let read = read_der(&encrypted).unwrap();
        let Content::EncryptedPkcs8 { algorithm, data } = &read[0].content else { panic!() };
        assert_eq!((&**algorithm, &**data), (&*sequence(&[&OID, &ONE]), &[7, 8][..]));
        assert_eq!(tell(&sequence(&[&[2, 1, 3], &sequence(&[&OID, &[0xA0, 0]])])), "[Pkcs12]");
        let (_, seed) = ::der::pem::decode_vec(include_bytes!("../../../tests/data/fusionauth-seed.pem")).unwrap();
        assert_eq!(tell(&seed), "[Certificate]");
        let store = crate::codec::pkcs7(&[&seed, &seed]).unwrap();
        assert_eq!(tell(&store), "[Pkcs7, Pkcs7]");
    }

    /// ```text
    /// DSAPrivateKey             SEQUENCE { INTEGER version, p, q, g, y, x }
    /// DHParameter               SEQUENCE { INTEGER prime, INTEGER base }
    /// Dss-Parms                 SEQUENCE { INTEGER p, q, g }
    /// CertificationRequest      SEQUENCE { SEQUENCE { INTEGER, SEQUENCE, SEQUENCE, [0] }, SEQUENCE, BIT STRING }
    /// CertificateList           SEQUENCE { SEQUENCE { INTEGER, SEQUENCE, SEQUENCE, Time, ... }, SEQUENCE, BIT STRING }
    /// ```
    #[test]
    fn foreign_shapes_have_names() {
        let integers = |count| sequence(&vec![&ONE[..]; count]);
        insta::assert_snapshot!(tell(&integers(6)), @"not supported: DSA private key; accepted are private keys, public keys and certificates");
        insta::assert_snapshot!(tell(&integers(3)), @"not supported: DSA or DH parameters; accepted are private keys, public keys and certificates");
        insta::assert_snapshot!(tell(&sequence(&[&[2, 1, 0x45], &[2, 1, 2]])), @"not supported: DH parameters; accepted are private keys, public keys and certificates");
        let empty: &[u8] = &[0x30, 0];
        let signature = bit_string(&[]);
        let signed = |inside: &[&[u8]]| sequence(&[&sequence(inside), empty, &signature]);
        insta::assert_snapshot!(tell(&signed(&[&ONE, empty, empty, &[0xA0, 0]])), @"not supported: certificate request; accepted are private keys, public keys and certificates");
        insta::assert_snapshot!(tell(&signed(&[&ONE, empty, empty, &[0x17, 0]])), @"not supported: certificate revocation list; accepted are private keys, public keys and certificates");
        insta::assert_snapshot!(tell(&signed(&[empty, empty, &[0x18, 0]])), @"not supported: certificate revocation list; accepted are private keys, public keys and certificates");
        // Version 1 has no version: serialNumber, signature, issuer, validity.
        assert_eq!(tell(&signed(&[&ONE, empty, empty, empty])), "[Certificate]");
    }

    #[test]
    fn other_shapes_are_no_key() {
        insta::assert_snapshot!(tell(&[0x30, 0]), @"DER stops making sense at byte 0 (outer SEQUENCE): what is inside is no key and no certificate; accepted is one PKCS#8, PKCS#1, SEC1, public key, certificate, PKCS#7 or PKCS#12, and nothing behind it");
        insta::assert_snapshot!(tell(&sequence(&[&OID])), @"DER stops making sense at byte 0 (outer SEQUENCE): what is inside is no key and no certificate; accepted is one PKCS#8, PKCS#1, SEC1, public key, certificate, PKCS#7 or PKCS#12, and nothing behind it");
        insta::assert_snapshot!(tell(&sequence(&[&ONE, &[0x0C, 1, b'a']])), @"DER stops making sense at byte 0 (outer SEQUENCE): what is inside is no key and no certificate; accepted is one PKCS#8, PKCS#1, SEC1, public key, certificate, PKCS#7 or PKCS#12, and nothing behind it");
        let mut longer = der(PRIVATE[0].spki);
        longer.push(b'\n');
        insta::assert_snapshot!(tell(&longer), @"SPKI public key stops making sense at byte 91 (end): 1 byte follows where nothing may; accepted is SubjectPublicKeyInfo in DER (RFC 5280, section 4.1.2.7)");
        insta::assert_snapshot!(tell(&longer[..90]), @"DER stops making sense at byte 0 (outer SEQUENCE): the length goes beyond the end, as if the bytes had been cut off; accepted is one PKCS#8, PKCS#1, SEC1, public key, certificate, PKCS#7 or PKCS#12, and nothing behind it");
    }

    #[test]
    fn containers_are_strict() {
        let info = |oid: &[u8], fields: &[&[u8]]| sequence(&[oid, &tlv(constructed(0), &[&sequence(fields)])]);
        let signed = [6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2];
        let data = [0x30, 2, 6, 0];
        let set = [0x31, 0];
        insta::assert_snapshot!(tell(&info(&signed, &[&ONE, &set, &data, &set])), @"PKCS#7 stops making sense at byte 22 (encapContentInfo): no certificates follow it; accepted is ContentInfo in DER: SignedData with certificates (RFC 5652)");
        insta::assert_snapshot!(tell(&info(&signed, &[&ONE, &set, &data, &[0xA0, 0], &set])), @"PKCS#7 stops making sense at byte 22 (encapContentInfo): the set of certificates behind it is empty; accepted is ContentInfo in DER: SignedData with certificates (RFC 5652)");
        insta::assert_snapshot!(tell(&info(&signed, &[&ONE, &set, &data, &[0xA0, 2, 0xA1, 0], &set])), @"PKCS#7 stops making sense at byte 28 (certificates): it is [1], needed is a SEQUENCE; accepted is ContentInfo in DER: SignedData with certificates (RFC 5652)");
        insta::assert_snapshot!(tell(&info(&signed, &[&ONE, &set, &data, &[0xA0, 2, 0x30, 0], &set])), @"certificate stops making sense at byte 2 (tbsCertificate) of certificate 1 in PKCS#7: it is missing; accepted is an X.509 certificate in DER with nothing behind it (RFC 5280)");
        let enveloped = [6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 3];
        insta::assert_snapshot!(tell(&info(&enveloped, &[])), @"not supported: PKCS#7 EnvelopedData; accepted is SignedData with certificates");
        insta::assert_snapshot!(tell(&info(&OID, &[])), @"PKCS#7 stops making sense at byte 2 (contentType): the type of content is unknown, SignedData is needed; accepted is ContentInfo in DER: SignedData with certificates (RFC 5652)");
        insta::assert_snapshot!(tell(&sequence(&[&sequence(&[&OID]), &[4, 0]])), @"encrypted PKCS#8 stops making sense at byte 8 (encryptedData): it is empty; accepted is EncryptedPrivateKeyInfo in DER (RFC 5958, section 3)");
        let long = sequence(&[&tlv(tlv::SEQUENCE, &[&vec![0; 65_530]]), &[0x30, 0], &bit_string(&[])]);
        insta::assert_snapshot!(tell(&long), @"certificate is 65544 bytes, at most 65536");
    }
}
