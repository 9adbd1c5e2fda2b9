//! ECDSA over the three NIST curves: one body, written against what each curve brings.

use ::ecdsa::{DigestAlgorithm, EcdsaCurve, SignatureSize, hazmat};
use ::signature::{SignatureEncoding, Verifier};
use const_oid::{AssociatedOid, ObjectIdentifier};
use der::asn1::{AnyRef, BitStringRef, OctetStringRef};
use der::{Decode, Encode, Reader, SliceReader, TagMode, TagNumber};
use p256::elliptic_curve::array::ArraySize;
use p256::elliptic_curve::{CurveArithmetic, SecretKey};
use sha2::Digest;
use spki::{AlgorithmIdentifier, EncodePublicKey};
use zeroize::Zeroizing;

use super::{CryptoError, Entropy, EntropyError, Signature};
use crate::model::{Algorithm, Curve};
use crate::secret::SecretBytes;

/// The key types of one curve.
pub(super) trait Suite: AssociatedOid {
    const CURVE: Curve;
    /// The public point, uncompressed.
    fn point(key: &Self::Verifying) -> Box<[u8]>;
    /// The signature over a message with a private scalar, RFC 6979.
    fn sign(scalar: &[u8], message: &[u8]) -> Option<Self::Signature>;
    /// Reads a private scalar and computes its point. Wiped on drop by its crate.
    type Signing: for<'a> TryFrom<&'a [u8]> + AsRef<Self::Verifying>;
    /// Read from a point of SEC 1, section 2.3.4, compressed or not.
    type Verifying: for<'a> TryFrom<&'a [u8]> + Verifier<Self::Signature> + EncodePublicKey + PartialEq + Clone;
    type Signature: SignatureEncoding;
}

impl Suite for p256::NistP256 {
    const CURVE: Curve = Curve::P256;
    type Signing = p256::ecdsa::SigningKey;
    type Verifying = p256::ecdsa::VerifyingKey;
    type Signature = p256::ecdsa::Signature;

    fn point(key: &Self::Verifying) -> Box<[u8]> {
        key.to_sec1_point(false).to_bytes()
    }

    fn sign(scalar: &[u8], message: &[u8]) -> Option<Self::Signature> {
        rfc6979::<Self>(scalar, message)
    }
}

impl Suite for p384::NistP384 {
    const CURVE: Curve = Curve::P384;
    type Signing = p384::ecdsa::SigningKey;
    type Verifying = p384::ecdsa::VerifyingKey;
    type Signature = p384::ecdsa::Signature;

    fn point(key: &Self::Verifying) -> Box<[u8]> {
        key.to_sec1_point(false).to_bytes()
    }

    fn sign(scalar: &[u8], message: &[u8]) -> Option<Self::Signature> {
        rfc6979::<Self>(scalar, message)
    }
}

impl Suite for p521::NistP521 {
    const CURVE: Curve = Curve::P521;
    type Signing = p521::ecdsa::SigningKey;
    type Verifying = p521::ecdsa::VerifyingKey;
    type Signature = p521::ecdsa::Signature;

    fn point(key: &Self::Verifying) -> Box<[u8]> {
        key.to_sec1_point(false).to_bytes()
    }

    fn sign(scalar: &[u8], message: &[u8]) -> Option<Self::Signature> {
        rfc6979::<Self>(scalar, message)
    }
}

/// What the crate's own key does to sign. That key would hold the scalar itself, where the allocator puts it.
fn rfc6979<C>(scalar: &[u8], message: &[u8]) -> Option<::ecdsa::Signature<C>>
where
    C: EcdsaCurve + CurveArithmetic + DigestAlgorithm,
    SignatureSize<C>: ArraySize,
{
    let key = SecretKey::<C>::from_slice(scalar).ok()?;
    let digest = C::Digest::digest(message);
    Some(hazmat::sign_prehashed_rfc6979::<C, C::Digest>(&key.to_nonzero_scalar(), &digest, &[]).0)
}

/// A private key: its scalar, as long as the field, and its point.
pub(super) struct EcKey<S: Suite> {
    scalar: SecretBytes,
    point: S::Verifying,
}

impl<S: Suite> EcKey<S> {
    /// None for zero, and from the order of the curve on.
    fn new(scalar: &[u8]) -> Option<Self> {
        let point = S::Signing::try_from(scalar).ok()?.as_ref().clone();
        Some(Self { scalar: SecretBytes::copy_from(scalar), point })
    }

    pub(super) fn point(&self) -> &S::Verifying {
        &self.point
    }

    /// Moves the scalar to a page of its own, for keys that stay.
    pub(super) fn settle(&mut self) {
        self.scalar.settle();
    }
}

/// Draws scalars until one lies between 1 and the order of the curve (FIPS 186-5, appendix A.2.2).
///
/// The crate's own way draws whole bytes, of which P-521 rejects 127 in 128.
pub(super) fn generate<S: Suite>(entropy: &dyn Entropy) -> Result<Box<EcKey<S>>, CryptoError> {
    // More than one draw is needed once in 2^32: a source that fails here is stuck.
    const DRAWS: usize = 32;
    let mut scalar = Zeroizing::new(vec![0; S::CURVE.field_len()]);
    let spare_bits = scalar.len() * 8 - S::CURVE.bits() as usize;
    for _ in 0..DRAWS {
        entropy.fill(&mut scalar)?;
        scalar.iter_mut().take(1).for_each(|first| *first &= 0xff >> spare_bits);
        if let Some(key) = EcKey::new(&scalar) {
            return Ok(Box::new(key));
        }
    }
    Err(EntropyError::new().into())
}

/// Reads an `ECPrivateKey` (RFC 5915 section 3), the inside of PKCS#8:
///
/// ```text
/// ECPrivateKey ::= SEQUENCE {
///   version        INTEGER { ecPrivkeyVer1(1) } (ecPrivkeyVer1),
///   privateKey     OCTET STRING,
///   parameters [0] ECParameters {{ NamedCurve }} OPTIONAL,
///   publicKey  [1] BIT STRING OPTIONAL }
/// ```
///
/// The crate would compute the public key twice, once to compare and once to keep.
pub(super) fn load<S: Suite>(der: &[u8]) -> Result<Box<EcKey<S>>, CryptoError> {
    let malformed = |_: der::Error| CryptoError::MalformedKey("EC private key is not an ECPrivateKey in DER");
    let mut reader = SliceReader::new(der).map_err(malformed)?;
    let (version, scalar, curve, point) = reader
        .sequence(|fields| {
            Ok((
                u8::decode(fields)?,
                <&OctetStringRef>::decode(fields)?.as_bytes(),
                fields.context_specific::<ObjectIdentifier>(TagNumber(0), TagMode::Explicit)?,
                fields.context_specific::<BitStringRef<'_>>(TagNumber(1), TagMode::Explicit)?,
            ))
        })
        .map_err(malformed)?;
    reader.finish().map_err(malformed)?;
    if version != 1 {
        return Err(CryptoError::MalformedKey("EC private key has an unknown version"));
    }
    if curve.is_some_and(|curve| curve != S::OID) {
        return Err(CryptoError::MalformedKey("EC private key names two curves"));
    }
    if scalar.len() != S::CURVE.field_len() {
        return Err(CryptoError::MalformedKey("EC private key has a wrong length"));
    }
    let key = EcKey::<S>::new(scalar).ok_or(CryptoError::MalformedKey("EC private key is zero or too large"))?;
    let matches = |point: BitStringRef<'_>| load_point::<S>(point).is_ok_and(|public| public == key.point);
    if point.is_some_and(|point| !matches(point)) {
        return Err(CryptoError::MalformedKey("EC private and public key do not belong together"));
    }
    Ok(Box::new(key))
}

/// Writes PKCS#8 version 1 around the `ECPrivateKey` above, without `parameters` and with `publicKey`.
///
/// The crate would compute the public key anew, which costs as much as a signature.
pub(super) fn store<S: Suite>(key: &EcKey<S>) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
    let identifier = AlgorithmIdentifier { oid: EC_PUBLIC_KEY, parameters: Some(AnyRef::from(&S::OID)) };
    let identifier = identifier.to_der().map_err(|_| CryptoError::MalformedKey("EC curve cannot be encoded"))?;
    let point = tlv(0x03, &[&[0], &S::point(&key.point)]);
    let inner = tlv(0x30, &[&[2, 1, 1], &tlv(0x04, &[key.scalar.expose_secret()]), &tlv(0xa1, &[&point])]);
    Ok(tlv(0x30, &[&[2, 1, 0], &identifier, &tlv(0x04, &[&inner])]))
}

/// Tag, length and content in DER, for contents below 65,536 bytes.
fn tlv(tag: u8, content: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let len: usize = content.iter().map(|part| part.len()).sum();
    let mut out = Zeroizing::new(Vec::with_capacity(len + 4));
    out.push(tag);
    match len.to_be_bytes().last_chunk() {
        Some([0, low]) if *low < 0x80 => out.push(*low),
        Some([0, low]) => out.extend_from_slice(&[0x81, *low]),
        Some([high, low]) => out.extend_from_slice(&[0x82, *high, *low]),
        None => {}
    }
    for part in content {
        out.extend_from_slice(part);
    }
    out
}

/// Reads a point and checks that it lies on the curve.
pub(super) fn load_point<S: Suite>(point: BitStringRef<'_>) -> Result<S::Verifying, CryptoError> {
    point
        .as_bytes()
        // SEC 1, section 2.3.4, without the hybrid form; the crate would also take a form of x alone.
        .filter(|point| matches!(point, [2..=4, ..]))
        .and_then(|point| S::Verifying::try_from(point).ok())
        .ok_or(CryptoError::MalformedKey("EC public key is not a point on its curve"))
}

/// Signs deterministically, RFC 6979.
#[inline]
pub(super) fn sign<S: Suite>(key: &EcKey<S>, algorithm: Algorithm, message: &[u8]) -> Result<Signature, CryptoError> {
    let signature = S::sign(key.scalar.expose_secret(), message)
        .ok_or(CryptoError::MalformedKey("EC private key is zero or too large"))?;
    Ok(Signature::new(algorithm, signature.to_bytes().as_ref()))
}

/// Verifies `r || s`, both as long as the field.
pub(super) fn verify<S: Suite>(key: &S::Verifying, message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
    let signature = S::Signature::try_from(signature).map_err(|_| CryptoError::BadSignature)?;
    key.verify(message, &signature).map_err(|_| CryptoError::BadSignature)
}
