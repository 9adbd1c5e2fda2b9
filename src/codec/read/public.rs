//! Public keys in DER: SubjectPublicKeyInfo and PKCS#1.

use super::super::public_key::{CURVES, EC, RSA};
use super::super::tlv;
use super::ReadError;
use super::algorithms::{KeyAlgorithm, key_algorithm};
use super::asn1::{Cursor, Kind};
use crate::model::Curve;

pub(super) static SPKI: Kind =
    Kind { name: "SPKI public key", accepted: "SubjectPublicKeyInfo in DER (RFC 5280, section 4.1.2.7)" };
pub(super) static PKCS1_PUBLIC: Kind =
    Kind { name: "PKCS#1 public key", accepted: "RSAPublicKey in DER (RFC 8017, appendix A.1.1)" };

/// Reads a public key, whose point is not looked at.
///
/// ```text
/// SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
/// ```
pub(super) fn read_spki(der: &[u8]) -> Result<Box<[u8]>, ReadError> {
    let mut fields = Cursor::sequence(&SPKI, der)?;
    let algorithm = key_algorithm(&mut fields)?;
    let key = fields.bit_string(tlv::BIT_STRING, "subjectPublicKey")?;
    fields.finish()?;
    if algorithm == KeyAlgorithm::Rsa {
        rsa_numbers(key).map_err(|error| error.within("the subjectPublicKey"))?;
    }
    Ok(der.into())
}

/// Reads an `RSAPublicKey` and puts it into a SubjectPublicKeyInfo.
pub(super) fn read_pkcs1_public(der: &[u8]) -> Result<Box<[u8]>, ReadError> {
    rsa_numbers(der)?;
    Ok(wrap_rsa(der))
}

/// ```text
/// RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
/// ```
pub(super) fn rsa_numbers(der: &[u8]) -> Result<[&[u8]; 2], ReadError> {
    let mut fields = Cursor::sequence(&PKCS1_PUBLIC, der)?;
    let numbers = [fields.unsigned("modulus")?, fields.unsigned("publicExponent")?];
    fields.finish()?;
    Ok(numbers)
}

/// The SubjectPublicKeyInfo of an RSA key in numbers without leading zeros.
pub(super) fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> Box<[u8]> {
    wrap_rsa(&tlv::tlv(tlv::SEQUENCE, &[&tlv::unsigned(modulus), &tlv::unsigned(exponent)]))
}

/// The SubjectPublicKeyInfo of a point.
pub(super) fn ec_spki(curve: Curve, point: &[u8]) -> Box<[u8]> {
    let identifier = tlv::tlv(tlv::SEQUENCE, &[&tlv::oid(&EC), &curve_oid(curve)]);
    tlv::tlv(tlv::SEQUENCE, &[&identifier, &tlv::bit_string(point)]).as_slice().into()
}

/// The name of a curve in DER.
pub(in crate::codec) fn curve_oid(curve: Curve) -> Vec<u8> {
    let known = CURVES.iter().find(|(_, known)| *known == curve);
    known.map(|(oid, _)| tlv::oid(oid).to_vec()).unwrap_or_default()
}

fn wrap_rsa(key: &[u8]) -> Box<[u8]> {
    let identifier = tlv::tlv(tlv::SEQUENCE, &[&tlv::oid(&RSA), &[tlv::NULL, 0]]);
    tlv::tlv(tlv::SEQUENCE, &[&identifier, &tlv::bit_string(key)]).as_slice().into()
}
