//! An unsealed private key or HMAC secret, ready to sign with one algorithm.

use std::fmt;
use std::sync::Arc;

use ::rsa::RsaPrivateKey;
use ::signature::rand_core::TryCryptoRng;
use der::{Decode, Encode};
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;
use pkcs8::{EncodePrivateKey, PrivateKeyInfoRef};
use spki::EncodePublicKey;
use zeroize::Zeroizing;

use super::algorithm_identifier::expect_kind;
use super::ec::{self, EcKey, Suite};
use super::mac::Mac;
use super::verifying_key::VerifyingKey;
use super::{CryptoError, Entropy, Signature, SystemEntropy, algorithm_identifier, rsa};
use crate::model::{Algorithm, Curve, Hash, KeySpec, KeyType};
use crate::secret::{DEEP, SecretBytes, wiping_stack};

/// A private key or HMAC secret. Wiped when dropped.
pub(crate) struct SigningKey {
    algorithm: Algorithm,
    pub(super) private: Private,
}

/// Each wipes itself.
pub(super) enum Private {
    P256(Box<EcKey<NistP256>>),
    P384(Box<EcKey<NistP384>>),
    P521(Box<EcKey<NistP521>>),
    Rsa(Box<RsaPrivateKey>),
    /// Verifies too.
    Hmac(Arc<Mac>),
}

impl SigningKey {
    pub(super) fn new(algorithm: Algorithm, private: Private) -> Self {
        Self { algorithm, private }
    }

    /// Makes a key. RSA takes the public exponent 65537; an HMAC secret is as long as the hash.
    pub(crate) fn generate(spec: KeySpec, entropy: &dyn Entropy) -> Result<Self, CryptoError> {
        wiping_stack::<DEEP, _>(|| Self::generate_here(spec, entropy))
    }

    fn generate_here(spec: KeySpec, entropy: &dyn Entropy) -> Result<Self, CryptoError> {
        let algorithm = spec.algorithm();
        let private = match (algorithm.key_type(), algorithm.curve()) {
            (_, Some(Curve::P256)) => Private::P256(ec::generate::<NistP256>(entropy)?),
            (_, Some(Curve::P384)) => Private::P384(ec::generate::<NistP384>(entropy)?),
            (_, Some(Curve::P521)) => Private::P521(ec::generate::<NistP521>(entropy)?),
            (KeyType::Hmac, _) => {
                let mut secret = Zeroizing::new(vec![0; spec.bits() as usize / 8]);
                entropy.fill(&mut secret)?;
                Private::hmac(algorithm.hash(), &secret)?
            }
            _ => Private::Rsa(Box::new(rsa::generate(spec.bits(), entropy)?)),
        };
        Ok(Self { algorithm, private })
    }

    /// Reads canonical PKCS#8 version 1 in DER, for HMAC the bare secret.
    ///
    /// An EC key's public half, where it is there, must belong to the private one. RSA moduli have 1024 to 4096 bits;
    /// that their factors are prime is not tested.
    pub(crate) fn from_private(algorithm: Algorithm, private: &[u8]) -> Result<Self, CryptoError> {
        wiping_stack::<DEEP, _>(|| Self::from_private_here(algorithm, private))
    }

    fn from_private_here(algorithm: Algorithm, private: &[u8]) -> Result<Self, CryptoError> {
        if algorithm.key_type() == KeyType::Hmac {
            return Ok(Self { algorithm, private: Private::hmac(algorithm.hash(), private)? });
        }
        let malformed = |_: der::Error| CryptoError::MalformedKey("private key is not PKCS#8 in DER");
        let info = PrivateKeyInfoRef::from_der(private).map_err(malformed)?;
        // The parser leaves out attributes and extensions, so their absence shows in the length.
        if info.public_key.is_some()
            || info.encoded_len().map_err(malformed)? != private.len().try_into().map_err(malformed)?
        {
            return Err(CryptoError::MalformedKey("private key is not bare PKCS#8 version 1"));
        }
        expect_kind(algorithm, info.algorithm)?;
        let inner = info.private_key.as_bytes();
        let private = match algorithm.curve() {
            Some(Curve::P256) => Private::P256(ec::load::<NistP256>(inner)?),
            Some(Curve::P384) => Private::P384(ec::load::<NistP384>(inner)?),
            Some(Curve::P521) => Private::P521(ec::load::<NistP521>(inner)?),
            None => Private::Rsa(Box::new(rsa::load(algorithm, inner)?)),
        };
        Ok(Self { algorithm, private })
    }

    /// Writes canonical PKCS#8 version 1 in DER (RFC 5208), for HMAC the bare secret. An EC key names its curve in the
    /// algorithm identifier alone and carries its uncompressed public point.
    pub(crate) fn to_private(&self) -> Result<SecretBytes, CryptoError> {
        wiping_stack::<DEEP, _>(|| self.to_private_here())
    }

    fn to_private_here(&self) -> Result<SecretBytes, CryptoError> {
        let private = match &self.private {
            Private::P256(key) => ec::store::<NistP256>(key)?,
            Private::P384(key) => ec::store::<NistP384>(key)?,
            Private::P521(key) => ec::store::<NistP521>(key)?,
            Private::Rsa(key) => {
                let document = key.to_pkcs8_der();
                return document
                    .map(|document| SecretBytes::copy_from(document.as_bytes()))
                    .map_err(|_| CryptoError::MalformedKey("private key cannot be encoded"));
            }
            Private::Hmac(mac) => return Ok(SecretBytes::copy_from(mac.secret())),
        };
        Ok(SecretBytes::copy_from(&private))
    }

    /// The same key for another algorithm of its kind: an RSA key for another hash or padding, a secret for another hash.
    pub(crate) fn rebind(self, algorithm: Algorithm) -> Result<Self, CryptoError> {
        let private = match (self.private, algorithm.key_type(), algorithm.curve()) {
            (Private::Rsa(key), KeyType::Rsa, _) => {
                rsa::check_hash(algorithm, rsa::bits(&*key))?;
                Private::Rsa(key)
            }
            (Private::Hmac(mac), KeyType::Hmac, _) => Private::hmac(algorithm.hash(), mac.secret())?,
            (Private::P256(key), _, Some(Curve::P256)) => Private::P256(key),
            (Private::P384(key), _, Some(Curve::P384)) => Private::P384(key),
            (Private::P521(key), _, Some(Curve::P521)) => Private::P521(key),
            _ => return Err(CryptoError::wrong_kind(algorithm, algorithm_identifier::kind_needed(self.algorithm))),
        };
        Ok(Self { algorithm, private })
    }

    /// Moves an EC key or an HMAC secret to memory that is not swapped out and not in core dumps, as far as the system allows,
    /// for as long as it stays, unless somebody verifies with the secret already. What RSA computes with lies where its crate
    /// puts it.
    pub(crate) fn settled(mut self) -> Self {
        match &mut self.private {
            Private::P256(key) => key.settle(),
            Private::P384(key) => key.settle(),
            Private::P521(key) => key.settle(),
            Private::Hmac(mac) => {
                if let Some(mac) = Arc::get_mut(mac) {
                    mac.settle();
                }
            }
            Private::Rsa(_) => {}
        }
        self
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The length in bits: the modulus, the field or the secret.
    pub(crate) fn bits(&self) -> u32 {
        match &self.private {
            Private::P256(_) => NistP256::CURVE.bits(),
            Private::P384(_) => NistP384::CURVE.bits(),
            Private::P521(_) => NistP521::CURVE.bits(),
            Private::Rsa(key) => rsa::bits(&**key),
            Private::Hmac(mac) => u32::try_from(mac.secret().len() * 8).unwrap_or(u32::MAX),
        }
    }

    /// The public key as `SubjectPublicKeyInfo` in DER (RFC 5280 section 4.1.2.7), RSA as `rsaEncryption` whatever the
    /// padding. None for HMAC.
    pub(crate) fn public_key_der(&self) -> Result<Option<Box<[u8]>>, CryptoError> {
        let document = match &self.private {
            Private::P256(key) => key.point().to_public_key_der(),
            Private::P384(key) => key.point().to_public_key_der(),
            Private::P521(key) => key.point().to_public_key_der(),
            Private::Rsa(key) => key.as_public_key().to_public_key_der(),
            Private::Hmac(_) => return Ok(None),
        };
        let document = document.map_err(|_| CryptoError::MalformedKey("public key cannot be encoded"))?;
        Ok(Some(document.as_bytes().into()))
    }

    /// Signs `message`. ECDSA is deterministic (RFC 6979) and leaves `entropy` alone; RSA takes its blinding and the
    /// salt of PSS from there.
    #[inline]
    pub(crate) fn try_sign(&self, message: &[u8], entropy: &dyn Entropy) -> Result<Signature, CryptoError> {
        match &self.private {
            Private::P256(key) => wiping_stack::<DEEP, _>(|| ec::sign::<NistP256>(key, self.algorithm, message)),
            Private::P384(key) => wiping_stack::<DEEP, _>(|| ec::sign::<NistP384>(key, self.algorithm, message)),
            Private::P521(key) => wiping_stack::<DEEP, _>(|| ec::sign::<NistP521>(key, self.algorithm, message)),
            Private::Rsa(key) => self.sign_rsa(key, message, &mut rsa::source(key, entropy)),
            Private::Hmac(mac) => mac.sign(self.algorithm, message),
        }
    }

    /// Signs with the caller's generator for blinding and salt; without one where none is needed.
    pub(crate) fn try_sign_with_rng<R: TryCryptoRng + ?Sized>(
        &self,
        message: &[u8],
        rng: &mut R,
    ) -> Result<Signature, CryptoError> {
        match &self.private {
            Private::Rsa(key) => self.sign_rsa(key, message, rng),
            // The others draw nothing.
            _ => self.try_sign(message, &SystemEntropy),
        }
    }

    fn sign_rsa<R: TryCryptoRng + ?Sized>(
        &self,
        key: &RsaPrivateKey,
        message: &[u8],
        rng: &mut R,
    ) -> Result<Signature, CryptoError> {
        let signature = wiping_stack::<DEEP, _>(|| rsa::sign(key, self.algorithm, message, rng))?;
        Ok(Signature::new(self.algorithm, &signature))
    }

    /// The key that verifies what this one signs; for HMAC the same secret, in the same place.
    pub(crate) fn verifying_key(&self) -> Result<VerifyingKey, CryptoError> {
        match (&self.private, self.public_key_der()?) {
            (Private::Hmac(mac), _) => Ok(VerifyingKey::from_mac(self.algorithm, Arc::clone(mac))),
            (_, Some(spki)) => VerifyingKey::from_spki(self.algorithm, &spki),
            (_, None) => Err(CryptoError::MalformedKey("private key has no public half")),
        }
    }
}

impl Private {
    fn hmac(hash: Hash, secret: &[u8]) -> Result<Self, CryptoError> {
        Ok(Self::Hmac(Arc::new(Mac::new(hash, secret)?)))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, {} bits)", self.algorithm, self.bits())
    }
}
