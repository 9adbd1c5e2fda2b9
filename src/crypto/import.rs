//! Keys from outside, checked by the import policy: the manual's decisions say what is refused, and why.

use const_oid::AssociatedOid;
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use der::{Decode, Tag, Tagged};
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;
use spki::{AlgorithmIdentifierRef, EncodePublicKey, SubjectPublicKeyInfoRef};

use super::algorithm_identifier::{EC_PUBLIC_KEY, RSA_ENCRYPTION};
use super::ec::{self, EcKey, Suite};
use super::signing_key::Private;
use super::{CryptoError, SigningKey, rsa_check};
use crate::model::{Algorithm, Curve, KeyType, RawPrivate};
use crate::secret::{DEEP, wiping_stack};

impl SigningKey {
    /// Checks a private key and takes it: RSA for RS256, EC for the algorithm of its curve. See
    /// [`rebind`](Self::rebind) for another. Of RSA, the primes wait for [`test_primes`](Self::test_primes).
    pub(crate) fn import(raw: &RawPrivate) -> Result<Self, CryptoError> {
        wiping_stack::<DEEP, _>(|| Self::import_here(raw))
    }

    fn import_here(raw: &RawPrivate) -> Result<Self, CryptoError> {
        Ok(match raw {
            RawPrivate::Rsa { key, public } => Self::new(
                Algorithm::Rs256,
                Private::Rsa(Box::new(rsa_check::import(key.expose_secret(), public.as_deref())?)),
            ),
            RawPrivate::Ec { curve, key, public } => {
                let (key, public) = (key.expose_secret(), public.as_deref());
                match curve {
                    Curve::P256 => Self::new(Algorithm::Es256, Private::P256(import_ec::<NistP256>(key, public)?)),
                    Curve::P384 => Self::new(Algorithm::Es384, Private::P384(import_ec::<NistP384>(key, public)?)),
                    Curve::P521 => Self::new(Algorithm::Es512, Private::P521(import_ec::<NistP521>(key, public)?)),
                }
            }
        })
    }

    /// Refuses an RSA key whose factors are not prime. Takes milliseconds, and for other keys nothing.
    pub(crate) fn test_primes(&self) -> Result<(), CryptoError> {
        match &self.private {
            Private::Rsa(key) => wiping_stack::<DEEP, _>(|| rsa_check::test_primes(key)),
            _ => Ok(()),
        }
    }
}

fn import_ec<S: Suite>(der: &[u8], public: Option<&[u8]>) -> Result<Box<EcKey<S>>, CryptoError> {
    let key = ec::load::<S>(der)?;
    let Some(point) = public else { return Ok(key) };
    let public = BitStringRef::from_bytes(point).map_err(|_| CryptoError::MalformedKey("EC public key is too long"))?;
    if ec::load_point::<S>(public)? == *key.point() {
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

#[cfg(test)]
mod tests {
    use super::super::SystemEntropy;
    use super::super::fixtures::{RSA_2048, every_key, hex};
    use super::*;
    use crate::model::{KeySpec, Scheme};
    use crate::secret::SecretBytes;

    /// The parts of canonical PKCS#8, as a decoder would hand them over.
    fn raw(key: &SigningKey, public: Option<Box<[u8]>>) -> RawPrivate {
        let private = key.to_private().unwrap();
        let info = pkcs8::PrivateKeyInfoRef::from_der(private.expose_secret()).unwrap();
        let key_der = SecretBytes::copy_from(info.private_key.as_bytes());
        match key.algorithm().curve() {
            Some(curve) => RawPrivate::Ec { curve, key: key_der, public },
            None => RawPrivate::Rsa { key: key_der, public },
        }
    }

    /// What `subjectPublicKey` holds.
    fn inner(spki: &[u8]) -> Box<[u8]> {
        SubjectPublicKeyInfoRef::from_der(spki).unwrap().subject_public_key.as_bytes().unwrap().into()
    }

    fn asymmetric() -> impl Iterator<Item = &'static SigningKey> {
        every_key().iter().filter(|key| key.algorithm().key_type() != KeyType::Hmac)
    }

    fn wrong<T: std::fmt::Debug>(result: Result<T, CryptoError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn keys_come_out_as_they_went_in() {
        for key in asymmetric() {
            let spki = key.public_key_der().unwrap().unwrap();
            for public in [None, Some(inner(&spki))] {
                let imported = SigningKey::import(&raw(key, public)).unwrap();
                assert_eq!(imported.algorithm().key_type(), key.algorithm().key_type());
                assert!(imported.to_private().unwrap().ct_eq(key.to_private().unwrap().expose_secret()));
                assert_eq!(imported.public_key_der().unwrap().unwrap(), spki);
                let rebound = imported.rebind(key.algorithm()).unwrap();
                let signature = rebound.try_sign(b"m", &SystemEntropy).unwrap();
                key.verifying_key().unwrap().verify(b"m", signature.as_ref()).unwrap();
            }
            let checked = check_public(&spki).unwrap();
            let expected = CheckedPublic {
                spki,
                key_type: key.algorithm().key_type(),
                bits: key.bits(),
                curve: key.algorithm().curve(),
            };
            assert_eq!(checked, expected);
        }
    }

    #[test]
    fn another_public_key_beside_it_is_refused() {
        for key in asymmetric().filter(|key| key.algorithm().scheme() == Scheme::Ecdsa) {
            let other = SigningKey::generate(KeySpec::parse(key.algorithm(), None).unwrap(), &SystemEntropy).unwrap();
            let other = inner(&other.public_key_der().unwrap().unwrap());
            assert_eq!(
                wrong(SigningKey::import(&raw(key, Some(other)))),
                "malformed key: EC private and public key do not belong together"
            );
        }
    }

    #[test]
    fn points_have_two_forms() {
        for key in asymmetric().filter(|key| key.algorithm().scheme() == Scheme::Ecdsa) {
            let spki = key.public_key_der().unwrap().unwrap();
            let point = inner(&spki);
            let (x, y) = point[1..].split_at(point.len() / 2);
            let sign = 2 + (y.last().unwrap() & 1);
            let with = |point: &[u8]| {
                let info = SubjectPublicKeyInfoRef::from_der(&spki).unwrap();
                let subject_public_key = BitStringRef::from_bytes(point).unwrap();
                der::Encode::to_der(&SubjectPublicKeyInfoRef { subject_public_key, ..info }).unwrap()
            };
            let compressed = [&[sign], x].concat();
            assert_eq!(check_public(&with(&compressed)).unwrap().spki, spki);
            assert!(SigningKey::import(&raw(key, Some(compressed.into()))).is_ok());
            let mut off = point.clone();
            *off.last_mut().unwrap() ^= 1;
            let hybrid = [&[sign + 4], x, y].concat();
            let of_x_alone = [&[5], x].concat();
            for point in [&off[..], &hybrid, &of_x_alone, &[0], &[], &point[..point.len() - 1]] {
                let expected = "malformed key: EC public key is not a point on its curve";
                assert_eq!(wrong(check_public(&with(point))), expected, "{point:02x?}");
                assert_eq!(wrong(SigningKey::import(&raw(key, Some(point.into())))), expected);
            }
        }
    }

    #[test]
    fn other_kinds_are_refused() {
        let import = || {
            let key = SigningKey::from_private(Algorithm::Rs256, &hex(RSA_2048)).unwrap();
            SigningKey::import(&raw(&key, None)).unwrap()
        };
        insta::assert_snapshot!(wrong(import().rebind(Algorithm::Es256)), @"ES256 needs a key of kind P-256, this one is RSA");
        insta::assert_snapshot!(wrong(import().rebind(Algorithm::Hs256)), @"HS256 needs a key of kind HMAC, this one is RSA");
        assert_eq!(import().rebind(Algorithm::Ps512).unwrap().algorithm(), Algorithm::Ps512);
        let p256 = || SigningKey::generate(KeySpec::parse(Algorithm::Es256, None).unwrap(), &SystemEntropy).unwrap();
        insta::assert_snapshot!(wrong(p256().rebind(Algorithm::Es384)), @"ES384 needs a key of kind P-384, this one is P-256");
        insta::assert_snapshot!(wrong(p256().rebind(Algorithm::Rs256)), @"RS256 needs a key of kind RSA, this one is P-256");
        let secret = || SigningKey::from_private(Algorithm::Hs256, &[7; 64]).unwrap();
        let signature = secret().rebind(Algorithm::Hs512).unwrap().try_sign(b"m", &SystemEntropy).unwrap();
        let direct =
            SigningKey::from_private(Algorithm::Hs512, &[7; 64]).unwrap().try_sign(b"m", &SystemEntropy).unwrap();
        assert_eq!(signature.as_ref(), direct.as_ref());
        insta::assert_snapshot!(wrong(secret().rebind(Algorithm::Rs256)), @"RS256 needs a key of kind RSA, this one is HMAC");
    }

    #[test]
    fn a_scalar_of_another_length_or_curve_is_refused() {
        let key = asymmetric().find(|key| key.algorithm() == Algorithm::Es384).unwrap();
        let RawPrivate::Ec { key, .. } = raw(key, None) else { panic!("an EC key") };
        insta::assert_snapshot!(wrong(SigningKey::import(&RawPrivate::Ec { curve: Curve::P256, key, public: None })), @"malformed key: EC private key has a wrong length");
        let zero = SecretBytes::from([&[0x30, 37, 2, 1, 1, 4, 32][..], &[0; 32]].concat());
        insta::assert_snapshot!(wrong(SigningKey::import(&RawPrivate::Ec { curve: Curve::P256, key: zero, public: None })), @"malformed key: EC private key is zero or too large");
        let order = SecretBytes::from([&[0x30, 37, 2, 1, 1, 4, 32][..], &[0xff; 32]].concat());
        insta::assert_snapshot!(wrong(SigningKey::import(&RawPrivate::Ec { curve: Curve::P256, key: order, public: None })), @"malformed key: EC private key is zero or too large");
    }

    #[test]
    fn public_keys_of_other_algorithms_say_which() {
        // SubjectPublicKeyInfo of Ed25519, secp256k1, a curve described by itself, RSA without NULL.
        let ed25519 = hex("302a300506032b6570032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        insta::assert_snapshot!(wrong(check_public(&ed25519)), @"public key has algorithm 1.3.101.112, allowed are 1.2.840.113549.1.1.1 (RSA) and 1.2.840.10045.2.1 (EC)");
        let secp256k1 = hex("3016301006072a8648ce3d020106052b8104000a03020000");
        insta::assert_snapshot!(wrong(check_public(&secp256k1)), @"EC public key has curve 1.3.132.0.10, allowed are P-256, P-384 and P-521");
        let explicit = hex("3014300e06072a8648ce3d0201300302010103020000");
        insta::assert_snapshot!(wrong(check_public(&explicit)), @"EC public key describes a curve of its own, allowed are P-256, P-384 and P-521 by name");
        let none = hex("300f300906072a8648ce3d020103020000");
        insta::assert_snapshot!(wrong(check_public(&none)), @"malformed key: EC public key names no curve");
        let rsa = hex("3011300b06092a864886f70d01010103020000");
        insta::assert_snapshot!(wrong(check_public(&rsa)), @"malformed key: RSA algorithm identifier lacks its NULL");
        let pss = hex("3011300b06092a864886f70d01010a03020000");
        insta::assert_snapshot!(wrong(check_public(&pss)), @"public key has algorithm 1.2.840.113549.1.1.10, allowed are 1.2.840.113549.1.1.1 (RSA) and 1.2.840.10045.2.1 (EC)");
        insta::assert_snapshot!(wrong(check_public(&ed25519[..40])), @"malformed key: public key is not a SubjectPublicKeyInfo in DER");
    }
}
