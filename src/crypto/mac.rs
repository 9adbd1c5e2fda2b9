//! HMAC with SHA-2 (RFC 2104, RFC 7518 section 3.2): a secret, already mixed into the hash's state.

use ::hmac::{Hmac, KeyInit, Mac as _};
use sha2::{Sha256, Sha384, Sha512};

use super::{CryptoError, Signature};
use crate::model::{Algorithm, Hash};
use crate::secret::{SHALLOW, wiping_stack};

pub(super) enum Mac {
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
    Sha512(Hmac<Sha512>),
}

impl Mac {
    /// Takes a secret of any length but none.
    pub(super) fn new(hash: Hash, secret: &[u8]) -> Result<Box<Self>, CryptoError> {
        if secret.is_empty() {
            return Err(CryptoError::MalformedKey("HMAC secret is empty"));
        }
        wiping_stack::<SHALLOW, _>(|| match hash {
            Hash::Sha256 => Hmac::new_from_slice(secret).map(Self::Sha256).map(Box::new),
            Hash::Sha384 => Hmac::new_from_slice(secret).map(Self::Sha384).map(Box::new),
            Hash::Sha512 => Hmac::new_from_slice(secret).map(Self::Sha512).map(Box::new),
        })
        .map_err(|_| CryptoError::MalformedKey("HMAC secret has a wrong length"))
    }

    #[inline]
    pub(super) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Signature {
        match self {
            Self::Sha256(mac) => Signature::new(algorithm, &mac.clone().chain_update(message).finalize().into_bytes()),
            Self::Sha384(mac) => Signature::new(algorithm, &mac.clone().chain_update(message).finalize().into_bytes()),
            Self::Sha512(mac) => Signature::new(algorithm, &mac.clone().chain_update(message).finalize().into_bytes()),
        }
    }

    /// Compares in constant time; a tag of another length is wrong.
    pub(super) fn verify(&self, message: &[u8], tag: &[u8]) -> Result<(), CryptoError> {
        match self {
            Self::Sha256(mac) => mac.clone().chain_update(message).verify_slice(tag),
            Self::Sha384(mac) => mac.clone().chain_update(message).verify_slice(tag),
            Self::Sha512(mac) => mac.clone().chain_update(message).verify_slice(tag),
        }
        .map_err(|_| CryptoError::BadSignature)
    }
}
