//! A public key, or for HMAC the secret once more, ready to verify one algorithm.

use std::fmt;
use std::sync::Arc;

use ::rsa::RsaPublicKey;
use der::Decode;
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;
use spki::SubjectPublicKeyInfoRef;

use super::algorithm_identifier::expect_kind;
use super::ec::{self, Suite};
use super::mac::Mac;
use super::{CryptoError, rsa};
use crate::model::{Algorithm, Curve, KeyType};

/// A key to verify with. For HMAC it holds the secret, wiped when dropped.
pub(crate) struct VerifyingKey {
    algorithm: Algorithm,
    public: Public,
}

enum Public {
    P256(<NistP256 as Suite>::Verifying),
    P384(<NistP384 as Suite>::Verifying),
    P521(<NistP521 as Suite>::Verifying),
    Rsa(Box<RsaPublicKey>),
    Hmac(Arc<Mac>),
}

impl VerifyingKey {
    /// Reads a `SubjectPublicKeyInfo` in DER. RSA moduli have 1024 to 4096 bits, exponents are odd, at least 3 and less
    /// than 2^33; EC keys name their curve, and their point, compressed or not, lies on it.
    pub(crate) fn from_spki(algorithm: Algorithm, spki: &[u8]) -> Result<Self, CryptoError> {
        let info = SubjectPublicKeyInfoRef::from_der(spki)
            .map_err(|_| CryptoError::MalformedKey("public key is not a SubjectPublicKeyInfo in DER"))?;
        expect_kind(algorithm, info.algorithm)?;
        let key = info.subject_public_key;
        let public = match algorithm.curve() {
            Some(Curve::P256) => Public::P256(ec::load_point::<NistP256>(key)?),
            Some(Curve::P384) => Public::P384(ec::load_point::<NistP384>(key)?),
            Some(Curve::P521) => Public::P521(ec::load_point::<NistP521>(key)?),
            None => {
                let der = key.as_bytes().ok_or(CryptoError::MalformedKey("public key is not whole bytes"))?;
                Public::Rsa(Box::new(rsa::load_public(algorithm, der)?))
            }
        };
        Ok(Self { algorithm, public })
    }

    /// Takes an HMAC secret of at least one byte, and keeps it in memory that is not swapped out and not in core dumps, as far
    /// as the system allows.
    pub(crate) fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self, CryptoError> {
        if algorithm.key_type() != KeyType::Hmac {
            return Err(CryptoError::wrong_kind(algorithm, KeyType::Hmac.name()));
        }
        let mut mac = Mac::new(algorithm.hash(), secret)?;
        mac.settle();
        Ok(Self::from_mac(algorithm, Arc::new(mac)))
    }

    /// What a signer has, for the same algorithm.
    pub(super) fn from_mac(algorithm: Algorithm, mac: Arc<Mac>) -> Self {
        Self { algorithm, public: Public::Hmac(mac) }
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Verifies a signature in JOSE form (RFC 7518 section 3): for ECDSA `r || s` and nothing else. HMAC tags are
    /// compared in constant time.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        match &self.public {
            Public::P256(key) => ec::verify::<NistP256>(key, message, signature),
            Public::P384(key) => ec::verify::<NistP384>(key, message, signature),
            Public::P521(key) => ec::verify::<NistP521>(key, message, signature),
            Public::Rsa(key) => rsa::verify(key, self.algorithm, message, signature),
            Public::Hmac(mac) => mac.verify(message, signature),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.algorithm)
    }
}
