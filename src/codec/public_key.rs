//! Public keys as SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7), read strictly.

use der::asn1::{AnyRef, ObjectIdentifier, UintRef};
use der::{Decode, Reader, Tag, Tagged};
use spki::SubjectPublicKeyInfoRef;

use super::CodecError;
use crate::model::{Curve, KeyType};

/// What a public key tells about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpkiFacts {
    pub(crate) key_type: KeyType,
    /// Of the modulus or of the field.
    pub(crate) bits: u32,
}

/// Reads kind and size of an RSA key or of an EC key on a named curve. The EC point itself is not looked at.
pub(crate) fn spki_facts(spki: &[u8]) -> Result<SpkiFacts, CodecError> {
    Ok(match PublicKey::read(spki)? {
        PublicKey::Rsa { modulus, .. } => SpkiFacts { key_type: KeyType::Rsa, bits: bit_len(modulus)? },
        PublicKey::Ec { curve, .. } => SpkiFacts { key_type: KeyType::Ec, bits: curve.bits() },
    })
}

/// A public key, borrowed from its SubjectPublicKeyInfo.
#[derive(Debug)]
pub(super) enum PublicKey<'a> {
    /// Both big-endian without leading zeros.
    Rsa { modulus: &'a [u8], exponent: &'a [u8] },
    /// The point as SEC 1, section 2.3.3, encodes it; of any form, and perhaps not on the curve.
    Ec { curve: Curve, point: &'a [u8] },
}

impl<'a> PublicKey<'a> {
    pub(super) fn read(spki: &'a [u8]) -> Result<Self, CodecError> {
        let SubjectPublicKeyInfoRef { algorithm, subject_public_key } = SubjectPublicKeyInfoRef::from_der(spki)?;
        let key = subject_public_key.as_bytes().ok_or(CodecError::UnusedBits(subject_public_key.unused_bits()))?;
        match algorithm.oid {
            RSA => {
                // RFC 3279, section 2.3.1: they MUST be NULL.
                if algorithm.parameters != Some(AnyRef::NULL) {
                    return Err(CodecError::RsaParameters);
                }
                AnyRef::from_der(key)?.sequence(|fields| {
                    let modulus = fields.decode::<UintRef<'_>>()?.as_bytes();
                    let exponent = fields.decode::<UintRef<'_>>()?.as_bytes();
                    Ok(Self::Rsa { modulus, exponent })
                })
            }
            EC => {
                let named = algorithm.parameters.filter(|any| any.tag() == Tag::ObjectIdentifier);
                let oid: ObjectIdentifier = named.ok_or(CodecError::NoNamedCurve)?.decode_as()?;
                let curve = CURVES.into_iter().find(|(named, _)| *named == oid);
                let (_, curve) = curve.ok_or(CodecError::Curve { oid })?;
                Ok(Self::Ec { curve, point: key })
            }
            other => Err(CodecError::Algorithm(other)),
        }
    }
}

/// The bits of a big-endian number without leading zeros.
fn bit_len(number: &[u8]) -> Result<u32, CodecError> {
    let unused = number.first().map_or(0, |byte| byte.leading_zeros());
    let bytes = u32::try_from(number.len()).map_err(der::Error::from)?;
    Ok(bytes.checked_mul(8).ok_or(der::Error::from(der::ErrorKind::Overflow))? - unused)
}

pub(super) fn curve_words() -> String {
    CURVES.map(|(oid, curve)| format!("{oid} ({})", curve.name())).join(", ")
}

/// rsaEncryption, RFC 8017 appendix C.
pub(super) const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// id-ecPublicKey, RFC 5480 section 2.1.1.
pub(super) const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// RFC 5480, section 2.1.1.1.
pub(super) const CURVES: [(ObjectIdentifier, Curve); 3] = [
    (ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"), Curve::P256),
    (ObjectIdentifier::new_unwrap("1.3.132.0.34"), Curve::P384),
    (ObjectIdentifier::new_unwrap("1.3.132.0.35"), Curve::P521),
];

#[cfg(test)]
pub(super) mod tests {
    use base64ct::{Base64, Encoding};
    use der::Encode;
    use der::asn1::{Any, BitStringRef};

    use super::*;

    /// Writes a SubjectPublicKeyInfo of any algorithm, parameters and key.
    pub(in crate::codec) fn spki(oid: &str, parameters: Option<Any>, key: &[u8]) -> Vec<u8> {
        let algorithm = spki::AlgorithmIdentifierOwned { oid: ObjectIdentifier::new_unwrap(oid), parameters };
        let key = BitStringRef::from_bytes(key).unwrap();
        Any::new(Tag::Sequence, [algorithm.to_der().unwrap(), key.to_der().unwrap()].concat())
            .unwrap()
            .to_der()
            .unwrap()
    }

    /// ```text
    /// RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
    /// ```
    pub(in crate::codec) fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
        let numbers = [modulus, exponent].map(|number| UintRef::new(number).unwrap().to_der().unwrap());
        let key = Any::new(Tag::Sequence, numbers.concat()).unwrap().to_der().unwrap();
        spki("1.2.840.113549.1.1.1", Some(Any::null()), &key)
    }

    pub(in crate::codec) fn ec_spki(curve: &str, point: &[u8]) -> Vec<u8> {
        let curve = ObjectIdentifier::new_unwrap(curve);
        spki("1.2.840.10045.2.1", Some(Any::encode_from(&curve).unwrap()), point)
    }

    fn wrong(spki: &[u8]) -> String {
        spki_facts(spki).unwrap_err().to_string()
    }

    /// Written by Python's `cryptography` 48, private keys 379, 197 and 273: each x starts with a byte of zero.
    pub(in crate::codec) const EC_KEYS: [(Curve, &str); 3] = [
        (
            Curve::P256,
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAFVDiUrz0A7X10Cr29dclrBod7eH219w7qeLkKjXwAq7TIWj2Oop76r6JEBpEt2E1bFN\
             wyv2Vu9sa9WKXZQ/kg==",
        ),
        (
            Curve::P384,
            "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEAE0QSybuVnH3LBDJhoQdPmXSheJRYWG3uqNBsSYxueMrbw1YlthDHFHV2To3y8kO8RoeP4t7\
             kFOO5CzADuk0puLuJVQWB9j7ZceosR4viGhTiG7vOGXskzIAufJVmfKf",
        ),
        (
            Curve::P521,
            "MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAAGCojYWWosZZey3E5GXf1+dKC8t7hj9W8hwUFKWVi2KklZlv2GuOnnimcSx4h+dd/Oly\
             oE4Sy5z54DL/KsGv/xkBM9H8Cq26CAYTV40pgMd/5jy3zQpg0a3ysuUI2ayeKosdDFOI0cuwXw4sWNAcvMBZRZKT1Jgoth9HwfLt64kU\
             Uoo=",
        ),
    ];

    #[test]
    fn ec_keys_are_recognised() {
        for (curve, key) in EC_KEYS {
            let key = Base64::decode_vec(key).unwrap();
            let facts = SpkiFacts { key_type: KeyType::Ec, bits: curve.bits() };
            assert_eq!(spki_facts(&key).unwrap(), facts);
        }
    }

    #[test]
    fn rsa_bits_are_those_of_the_modulus() {
        for bits in [1u32, 7, 8, 9, 1024, 2047, 2048, 2049, 4096] {
            let mut modulus = vec![0xFF; bits.div_ceil(8) as usize];
            modulus[0] >>= modulus.len() as u32 * 8 - bits;
            let facts = SpkiFacts { key_type: KeyType::Rsa, bits };
            assert_eq!(spki_facts(&rsa_spki(&modulus, &[1, 0, 1])).unwrap(), facts);
        }
    }

    #[test]
    fn der_is_strict() {
        let good = rsa_spki(&[0xC5; 256], &[1, 0, 1]);
        let mut longer = good.clone();
        longer.push(0);
        insta::assert_snapshot!(wrong(&longer), @"public key is malformed: trailing data at end of DER message: decoded 294 bytes, 1 bytes remaining at DER byte 294");
        insta::assert_snapshot!(wrong(&good[..good.len() - 1]), @"public key is malformed: ASN.1 DER message is incomplete: expected 294, actual 293 at DER byte 293");
        insta::assert_snapshot!(wrong(&[]), @"public key is malformed: ASN.1 DER message is incomplete: expected 1, actual 0 at DER byte 0");
        // The modulus written with one more zero in front.
        let padded = Any::new(Tag::Sequence, [&[2, 3, 0, 0, 0xC5][..], &[2, 1, 3]].concat()).unwrap().to_der().unwrap();
        insta::assert_snapshot!(wrong(&spki("1.2.840.113549.1.1.1", Some(Any::null()), &padded)), @"public key is malformed: ASN.1 INTEGER not canonically encoded as DER at DER byte 5");
        let third = Any::new(Tag::Sequence, [2, 1, 0x45, 2, 1, 3, 2, 1, 3]).unwrap().to_der().unwrap();
        insta::assert_snapshot!(wrong(&spki("1.2.840.113549.1.1.1", Some(Any::null()), &third)), @"public key is malformed: trailing data at end of DER message: decoded 6 bytes, 3 bytes remaining at DER byte 6");
        let negative = Any::new(Tag::Sequence, [2, 1, 0xC5, 2, 1, 3]).unwrap().to_der().unwrap();
        insta::assert_snapshot!(wrong(&spki("1.2.840.113549.1.1.1", Some(Any::null()), &negative)), @"public key is malformed: malformed ASN.1 DER value for INTEGER at DER byte 3");
    }

    #[test]
    fn other_keys_are_refused_by_oid() {
        insta::assert_snapshot!(wrong(&spki("1.3.101.112", None, &[0; 32])), @"public key has algorithm 1.3.101.112, allowed are 1.2.840.113549.1.1.1 (RSA) and 1.2.840.10045.2.1 (EC)");
        insta::assert_snapshot!(wrong(&spki("1.2.840.113549.1.1.1", None, &[0x30, 0])), @"RSA public key has algorithm parameters that are not NULL");
        insta::assert_snapshot!(wrong(&ec_spki("1.3.132.0.10", &[4; 65])), @"EC public key has curve 1.3.132.0.10, allowed are 1.2.840.10045.3.1.7 (P-256), 1.3.132.0.34 (P-384), 1.3.132.0.35 (P-521)");
        insta::assert_snapshot!(wrong(&spki("1.2.840.10045.2.1", None, &[4; 65])), @"EC public key has no named curve, allowed are 1.2.840.10045.3.1.7 (P-256), 1.3.132.0.34 (P-384), 1.3.132.0.35 (P-521)");
        let explicit = Any::new(Tag::Sequence, [2, 1, 1]).unwrap();
        assert_eq!(spki_facts(&spki("1.2.840.10045.2.1", Some(explicit), &[4; 65])), Err(CodecError::NoNamedCurve));
        let mut unused = ec_spki("1.2.840.10045.3.1.7", &[4; 65]);
        let at = unused.len() - 66;
        unused[at] = 2;
        insta::assert_snapshot!(wrong(&unused), @"public key has 2 unused bits, allowed are none");
    }
}
