//! What holds keys and certificates without being one: PKCS#7, PKCS#12, encrypted PKCS#8; and the outside of a
//! certificate.

use super::super::tlv;
use super::asn1::{Cursor, Element, Kind};
use super::{MOST_ITEMS, ReadError};
use crate::codec::Content;

/// No certificate is longer.
const MOST_CERTIFICATE: usize = 64 << 10;

pub(super) static CERTIFICATE: Kind =
    Kind { name: "certificate", accepted: "an X.509 certificate in DER with nothing behind it (RFC 5280)" };
pub(super) static PKCS7: Kind =
    Kind { name: "PKCS#7", accepted: "ContentInfo in DER: SignedData with certificates (RFC 5652)" };
pub(super) static PKCS12: Kind = Kind { name: "PKCS#12", accepted: "PFX in DER, version 3 (RFC 7292)" };
pub(super) static ENCRYPTED: Kind =
    Kind { name: "encrypted PKCS#8", accepted: "EncryptedPrivateKeyInfo in DER (RFC 5958, section 3)" };

/// Checks the outside of a certificate.
///
/// ```text
/// Certificate ::= SEQUENCE {
///   tbsCertificate      TBSCertificate,
///   signatureAlgorithm  AlgorithmIdentifier,
///   signatureValue      BIT STRING }
/// ```
pub(super) fn read_certificate(der: &[u8]) -> Result<Box<[u8]>, ReadError> {
    if der.len() > MOST_CERTIFICATE {
        return Err(ReadError::TooLarge {
            what: "certificate".into(),
            got: format!("{} bytes", der.len()),
            most: "65536",
        });
    }
    let mut fields = Cursor::sequence(&CERTIFICATE, der)?;
    fields.expect(tlv::SEQUENCE, "tbsCertificate")?;
    fields.expect(tlv::SEQUENCE, "signatureAlgorithm")?;
    // Nothing is asked of it, as long as nothing verifies it.
    fields.expect(tlv::BIT_STRING, "signatureValue")?;
    fields.finish()?;
    Ok(der.into())
}

/// Reads what openssl writes under `TRUSTED CERTIFICATE`: a certificate, and behind it what to trust it for, which
/// goes.
pub(super) fn read_trusted(der: &[u8]) -> Result<Box<[u8]>, ReadError> {
    let mut both = Cursor::new(&CERTIFICATE, der);
    let certificate = both.expect(tlv::SEQUENCE, "certificate")?;
    both.optional(tlv::SEQUENCE, "trust data")?;
    both.finish()?;
    read_certificate(certificate.whole)
}

/// Reads the certificates of a PKCS#7 file, in its order. Signatures and revocation lists are not looked at.
///
/// ```text
/// ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT ANY }
/// SignedData ::= SEQUENCE {
///   version           CMSVersion,
///   digestAlgorithms  DigestAlgorithmIdentifiers,
///   encapContentInfo  EncapsulatedContentInfo,
///   certificates  [0] IMPLICIT CertificateSet OPTIONAL,
///   crls          [1] IMPLICIT RevocationInfoChoices OPTIONAL,
///   signerInfos       SignerInfos }
/// ```
pub(super) fn read_pkcs7(der: &[u8]) -> Result<Vec<Box<[u8]>>, ReadError> {
    let mut fields = Cursor::sequence(&PKCS7, der)?;
    let kind = fields.expect(tlv::OID, "contentType")?;
    check_signed_data(&kind)?;
    let mut content = fields.expect(tlv::constructed(0), "content")?.inside();
    fields.finish()?;
    let mut fields = content.expect(tlv::SEQUENCE, "SignedData")?.inside();
    content.finish()?;
    fields.version(&[1, 3, 4, 5])?;
    fields.expect(tlv::SET, "digestAlgorithms")?;
    let info = fields.expect(tlv::SEQUENCE, "encapContentInfo")?;
    let set = fields.optional(tlv::constructed(0), "certificates")?;
    fields.optional(tlv::constructed(1), "crls")?;
    fields.expect(tlv::SET, "signerInfos")?;
    fields.finish()?;
    let mut set = set.ok_or_else(|| info.malformed("no certificates follow it"))?.inside();
    let mut certificates = Vec::new();
    while !set.is_empty() {
        let certificate = set.expect(tlv::SEQUENCE, "certificates")?;
        if certificates.len() == MOST_ITEMS {
            return Err(super::too_many());
        }
        let place = format!("certificate {} in PKCS#7", certificates.len() + 1);
        certificates.push(read_certificate(certificate.whole).map_err(|error| error.within(&place))?);
    }
    if certificates.is_empty() {
        return Err(info.malformed("the set of certificates behind it is empty"));
    }
    Ok(certificates)
}

fn check_signed_data(kind: &Element<'_>) -> Result<(), ReadError> {
    let oid = kind.oid()?.to_string();
    let name = match oid.as_str() {
        "1.2.840.113549.1.7.2" => return Ok(()),
        "1.2.840.113549.1.7.1" => "data",
        "1.2.840.113549.1.7.3" => "EnvelopedData",
        "1.2.840.113549.1.7.4" => "SignedAndEnvelopedData",
        "1.2.840.113549.1.7.5" => "DigestedData",
        "1.2.840.113549.1.7.6" => "EncryptedData",
        "1.2.840.113549.1.9.16.1.2" => "AuthenticatedData",
        "1.2.840.113549.1.9.16.1.23" => "AuthEnvelopedData",
        _ => return Err(kind.malformed("the type of content is unknown, SignedData is needed")),
    };
    Err(ReadError::unsupported(format!("PKCS#7 {name}"), "accepted is SignedData with certificates"))
}

/// Recognises a PFX, RFC 7292 section 4.
///
/// ```text
/// PFX ::= SEQUENCE { version INTEGER {v3(3)}, authSafe ContentInfo, macData MacData OPTIONAL }
/// ```
pub(super) fn read_pkcs12(der: &[u8]) -> Result<Box<[u8]>, ReadError> {
    let mut fields = Cursor::sequence(&PKCS12, der)?;
    fields.version(&[3])?;
    let mut safe = fields.expect(tlv::SEQUENCE, "authSafe")?.inside();
    safe.expect(tlv::OID, "contentType")?;
    safe.expect(tlv::constructed(0), "content")?;
    safe.finish()?;
    fields.optional(tlv::SEQUENCE, "macData")?;
    fields.finish()?;
    Ok(der.into())
}

/// ```text
/// EncryptedPrivateKeyInfo ::= SEQUENCE {
///   encryptionAlgorithm  EncryptionAlgorithmIdentifier,
///   encryptedData        OCTET STRING }
/// ```
pub(super) fn read_encrypted(der: &[u8]) -> Result<Content, ReadError> {
    let mut fields = Cursor::sequence(&ENCRYPTED, der)?;
    let algorithm = fields.expect(tlv::SEQUENCE, "encryptionAlgorithm")?;
    algorithm.inside().expect(tlv::OID, "encryptionAlgorithm")?.oid()?;
    let data = fields.expect(tlv::OCTET_STRING, "encryptedData")?;
    fields.finish()?;
    if data.value.is_empty() {
        return Err(data.malformed("it is empty"));
    }
    Ok(Content::EncryptedPkcs8 { algorithm: algorithm.whole.into(), data: data.value.into() })
}
