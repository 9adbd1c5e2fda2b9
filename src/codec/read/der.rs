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
