//! Private keys in DER: PKCS#8, PKCS#1, SEC 1.

use super::super::tlv;
use super::ReadError;
use super::algorithms::{KeyAlgorithm, key_algorithm, named_curve};
use super::asn1::{Cursor, Kind};
use super::public;
use crate::model::{Curve, RawPrivate};
use crate::secret::SecretBytes;

pub(super) static PKCS8: Kind = Kind {
    name: "PKCS#8 private key",
    accepted: "PrivateKeyInfo or OneAsymmetricKey in DER, version 0 or 1 (RFC 5208, RFC 5958)",
};
pub(super) static PKCS1: Kind = Kind {
    name: "PKCS#1 private key",
    accepted: "RSAPrivateKey in DER, version 0 with two primes (RFC 8017, appendix A.1.2)",
};
pub(super) static SEC1: Kind =
    Kind { name: "SEC1 private key", accepted: "ECPrivateKey in DER, version 1 with a named curve (RFC 5915)" };

/// Reads a PKCS#8 private key in DER, RFC 5958 section 2. What stands beside the key goes: attributes are dropped.
///
/// ```text
/// OneAsymmetricKey ::= SEQUENCE {
///   version                   Version,
///   privateKeyAlgorithm       PrivateKeyAlgorithmIdentifier,
///   privateKey                PrivateKey,
///   attributes            [0] IMPLICIT Attributes OPTIONAL,
///   ...,
///   [[2: publicKey        [1] IMPLICIT PublicKey OPTIONAL ]],
///   ... }
/// ```
pub(crate) fn read_pkcs8(der: &[u8]) -> Result<RawPrivate, ReadError> {
    let mut fields = Cursor::sequence(&PKCS8, der)?;
    let version = fields.version(&[0, 1])?;
    let algorithm = key_algorithm(&mut fields)?;
    let key = fields.expect(tlv::OCTET_STRING, "privateKey")?.value;
    if let Some(attributes) = fields.optional(tlv::constructed(0), "attributes")? {
        let mut attributes = attributes.inside();
        while !attributes.is_empty() {
            attributes.expect(tlv::SEQUENCE, "attributes")?;
        }
    }
    let public = match fields.peek() {
        Some(PUBLIC_KEY) if version == 1 => Some(fields.bit_string(PUBLIC_KEY, "publicKey")?),
        Some(PUBLIC_KEY) => {
            let field = fields.next("publicKey")?;
            return Err(field.malformed("version 0 has no public key"));
        }
        // RFC 5958 section 2: the version says whether there is one.
        _ if version == 1 => return Err(fields.missing("publicKey", "version 1 needs a public key")),
        _ => None,
    };
    fields.finish()?;
    match algorithm {
        KeyAlgorithm::Rsa => {
            check_rsa(key).map_err(|error| error.within("the privateKey in PKCS#8"))?;
            if let Some(public) = public {
                public::rsa_numbers(public).map_err(|error| error.within("the publicKey in PKCS#8"))?;
            }
            Ok(RawPrivate::Rsa { key: SecretBytes::copy_from(key), public: public.map(Into::into) })
        }
        KeyAlgorithm::Ec(curve) => {
            let inside = EcPrivate::read(key, Some(curve)).map_err(|error| error.within("the privateKey in PKCS#8"))?;
            debug_assert_eq!(inside.curve, curve);
            Ok(RawPrivate::Ec { curve, key: SecretBytes::copy_from(key), public: public.map(Into::into) })
        }
    }
}

/// `[1] IMPLICIT BIT STRING`.
const PUBLIC_KEY: u8 = 0x81;

pub(super) fn read_pkcs1(der: &[u8]) -> Result<RawPrivate, ReadError> {
    check_rsa(der)?;
    Ok(RawPrivate::Rsa { key: SecretBytes::copy_from(der), public: None })
}

/// ```text
/// RSAPrivateKey ::= SEQUENCE {
///   version           Version,
///   modulus           INTEGER,  -- n
///   publicExponent    INTEGER,  -- e
///   privateExponent   INTEGER,  -- d
///   prime1            INTEGER,  -- p
///   prime2            INTEGER,  -- q
///   exponent1         INTEGER,  -- d mod (p-1)
///   exponent2         INTEGER,  -- d mod (q-1)
///   coefficient       INTEGER,  -- (inverse of q) mod p
///   otherPrimeInfos   OtherPrimeInfos OPTIONAL }
/// ```
fn check_rsa(der: &[u8]) -> Result<(), ReadError> {
    let mut fields = Cursor::sequence(&PKCS1, der)?;
    if fields.version(&[0, 1])? == 1 {
        return Err(ReadError::unsupported("RSA key of more than two primes", "accepted are RSA keys of two primes"));
    }
    for field in RSA_FIELDS {
        fields.unsigned(field)?;
    }
    fields.finish()
}

/// In the order of `RSAPrivateKey`, behind the version.
pub(in crate::codec) const RSA_FIELDS: [&str; 8] =
    ["modulus", "publicExponent", "privateExponent", "prime1", "prime2", "exponent1", "exponent2", "coefficient"];

/// The numbers of an RSAPrivateKey, in its order, each without leading zeros.
pub(in crate::codec) fn rsa_private_numbers(der: &[u8]) -> Result<[&[u8]; 8], ReadError> {
    let mut fields = Cursor::sequence(&PKCS1, der)?;
    fields.version(&[0])?;
    let mut numbers = [&[][..]; 8];
    for (number, field) in numbers.iter_mut().zip(RSA_FIELDS) {
        *number = fields.unsigned(field)?;
    }
    fields.finish()?;
    Ok(numbers)
}

/// Reads a bare SEC 1 private key, which has to name its curve.
pub(super) fn read_sec1(der: &[u8]) -> Result<RawPrivate, ReadError> {
    let EcPrivate { curve, .. } = EcPrivate::read(der, None)?;
    Ok(RawPrivate::Ec { curve, key: SecretBytes::copy_from(der), public: None })
}

/// The parts of an EC private key.
pub(in crate::codec) struct EcPrivate<'a> {
    pub(in crate::codec) curve: Curve,
    /// As long as the field.
    pub(in crate::codec) scalar: &'a [u8],
    pub(in crate::codec) point: Option<&'a [u8]>,
}

impl<'a> EcPrivate<'a> {
    /// `outside` is the curve that PKCS#8 names.
    ///
    /// ```text
    /// ECPrivateKey ::= SEQUENCE {
    ///   version        INTEGER { ecPrivkeyVer1(1) } (ecPrivkeyVer1),
    ///   privateKey     OCTET STRING,
    ///   parameters [0] ECParameters {{ NamedCurve }} OPTIONAL,
    ///   publicKey  [1] BIT STRING OPTIONAL }
    /// ```
    pub(in crate::codec) fn read(der: &'a [u8], outside: Option<Curve>) -> Result<Self, ReadError> {
        let mut fields = Cursor::sequence(&SEC1, der)?;
        fields.version(&[1])?;
        let scalar = fields.expect(tlv::OCTET_STRING, "privateKey")?;
        let curve = match (fields.optional(tlv::constructed(0), "parameters")?, outside) {
            (Some(parameters), outside) => {
                let mut inside = parameters.inside();
                let named = named_curve(&inside.next("parameters")?)?;
                inside.finish()?;
                if outside.is_some_and(|outside| outside != named) {
                    return Err(parameters.malformed("PKCS#8 around it names another curve"));
                }
                named
            }
            (None, Some(outside)) => outside,
            (None, None) => return Err(scalar.malformed("no curve is named behind the private key")),
        };
        let point = match fields.optional(tlv::constructed(1), "publicKey")? {
            Some(public) => {
                let mut inside = public.inside();
                let point = inside.bit_string(tlv::BIT_STRING, "publicKey")?;
                inside.finish()?;
                Some(point)
            }
            None => None,
        };
        fields.finish()?;
        // RFC 5915 section 3: as long as the order of the curve.
        if scalar.value.len() != curve.field_len() {
            let (got, name, needed) = (scalar.value.len(), curve.name(), curve.field_len());
            return Err(scalar.malformed(format!("it is {got} bytes, {name} needs {needed}")));
        }
        Ok(Self { curve, scalar: scalar.value, point })
    }
}
