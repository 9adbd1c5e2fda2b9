//! Keys from outside, checked by the import policy: the manual's decisions say what is refused, and why.

use const_oid::AssociatedOid;
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use der::{Decode, Tag, Tagged};
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;
use spki::{AlgorithmIdentifierRef, EncodePublicKey, SubjectPublicKeyInfoRef};

use super::algorithm_identifier::{EC_PUBLIC_KEY, RSA_ENCRYPTION};
use super::ec::{self, Suite};
use super::signing_key::Private;
use super::{CryptoError, SigningKey, rsa_check};
use crate::model::{Algorithm, Curve, KeyType, RawPrivate};

impl SigningKey {
    /// Checks a private key and takes it: RSA for RS256, EC for the algorithm of its curve. See
    /// [`rebind`](Self::rebind) for another.
    pub(crate) fn import(raw: &RawPrivate) -> Result<Self, CryptoError> {
        Ok(match raw {
            RawPrivate::Rsa { key, public } => Self::new(
                Algorithm::Rs256,
                Private::Rsa(Box::new(rsa_check::import(key.expose_secret(), public.as_deref())?)),
            ),
            RawPrivate::Ec { curve, key, public } => {
                let (key, public) = (key.expose_secret(), public.as_deref());
                match curve {
                    Curve::P256 => {
                        Self::new(Algorithm::Es256, Private::P256(Box::new(import_ec::<NistP256>(key, public)?)))
                    }
                    Curve::P384 => {
                        Self::new(Algorithm::Es384, Private::P384(Box::new(import_ec::<NistP384>(key, public)?)))
                    }
                    Curve::P521 => {
                        Self::new(Algorithm::Es512, Private::P521(Box::new(import_ec::<NistP521>(key, public)?)))
                    }
                }
            }
        })
    }
}

fn import_ec<S: Suite>(der: &[u8], public: Option<&[u8]>) -> Result<S::Signing, CryptoError> {
    let key = ec::load::<S>(der)?;
    let Some(point) = public else { return Ok(key) };
    let public = BitStringRef::from_bytes(point).map_err(|_| CryptoError::MalformedKey("EC public key is too long"))?;
    if ec::load_point::<S>(public)? == *key.as_ref() {
        Ok(key)
    } else {
        Err(CryptoError::MalformedKey("EC private and public key do not belong together"))
    }
}

/// A public key that was checked, in the one form that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckedPublic {
    /// `SubjectPublicKeyInfo` in DER, an EC point uncompressed.
    pub(crate) spki: Box<[u8]>,
    pub(crate) key_type: KeyType,
    /// Of the modulus or of the field.
    pub(crate) bits: u32,
    pub(crate) curve: Option<Curve>,
}

/// Checks a `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7).
pub(crate) fn check_public(spki: &[u8]) -> Result<CheckedPublic, CryptoError> {
    let SubjectPublicKeyInfoRef { algorithm, subject_public_key: key } = SubjectPublicKeyInfoRef::from_der(spki)
        .map_err(|_| CryptoError::MalformedKey("public key is not a SubjectPublicKeyInfo in DER"))?;
    match algorithm.oid {
        RSA_ENCRYPTION if algorithm.parameters == Some(AnyRef::NULL) => {
            let der = key.as_bytes().ok_or(CryptoError::MalformedKey("public key is not whole bytes"))?;
            let (key, bits) = rsa_check::import_public(der)?;
            Ok(CheckedPublic { spki: encoded(&key)?, key_type: KeyType::Rsa, bits, curve: None })
        }
        RSA_ENCRYPTION => Err(CryptoError::MalformedKey("RSA algorithm identifier lacks its NULL")),
        EC_PUBLIC_KEY => match named_curve(algorithm)? {
            Curve::P256 => check_point::<NistP256>(key),
            Curve::P384 => check_point::<NistP384>(key),
            Curve::P521 => check_point::<NistP521>(key),
        },
        other => Err(CryptoError::Unsupported(format!(
            "public key has algorithm {other}, allowed are {RSA_ENCRYPTION} (RSA) and {EC_PUBLIC_KEY} (EC)"
        ))),
    }
}

fn check_point<S: Suite>(key: BitStringRef<'_>) -> Result<CheckedPublic, CryptoError> {
    let spki = encoded(&ec::load_point::<S>(key)?)?;
    Ok(CheckedPublic { spki, key_type: KeyType::Ec, bits: S::CURVE.bits(), curve: Some(S::CURVE) })
}

fn encoded(key: &impl EncodePublicKey) -> Result<Box<[u8]>, CryptoError> {
    let document = key.to_public_key_der();
    document
        .map(|document| document.as_bytes().into())
        .map_err(|_| CryptoError::MalformedKey("public key cannot be encoded"))
}

fn named_curve(algorithm: AlgorithmIdentifierRef<'_>) -> Result<Curve, CryptoError> {
    const ALLOWED: &str = "allowed are P-256, P-384 and P-521";
    let parameters = algorithm.parameters.ok_or(CryptoError::MalformedKey("EC public key names no curve"))?;
    if parameters.tag() == Tag::Sequence {
        return Err(CryptoError::Unsupported(format!("EC public key describes a curve of its own, {ALLOWED} by name")));
    }
    match parameters.decode_as::<ObjectIdentifier>() {
        Ok(NistP256::OID) => Ok(Curve::P256),
        Ok(NistP384::OID) => Ok(Curve::P384),
        Ok(NistP521::OID) => Ok(Curve::P521),
        Ok(other) => Err(CryptoError::Unsupported(format!("EC public key has curve {other}, {ALLOWED}"))),
        Err(_) => Err(CryptoError::MalformedKey("EC public key names no curve")),
    }
}
