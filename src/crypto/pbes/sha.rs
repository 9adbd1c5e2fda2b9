//! The hashes that key derivation from passwords may name.

use ::hmac::{EagerHash, Hmac, KeyInit, Mac};
use const_oid::ObjectIdentifier;
use sha1::Sha1;
use sha2::digest::block_api::BlockSizeUser;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use super::super::CryptoError;
use super::pkcs12_kdf::{self, Purpose};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sha {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// Runs `$body` with the type of the hash as `$digest`.
macro_rules! with_digest {
    ($sha:expr, $digest:ident => $body:expr) => {
        match $sha {
            Sha::Sha1 => {
                type $digest = Sha1;
                $body
            }
            Sha::Sha224 => {
                type $digest = Sha224;
                $body
            }
            Sha::Sha256 => {
                type $digest = Sha256;
                $body
            }
            Sha::Sha384 => {
                type $digest = Sha384;
                $body
            }
            Sha::Sha512 => {
                type $digest = Sha512;
                $body
            }
        }
    };
}

impl Sha {
    const ALL: [Self; 5] = [Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The hash with this identifier (RFC 8017 appendix B.1).
    pub(super) fn by_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|sha| sha.oid() == oid)
    }

    /// The hash whose HMAC has this identifier (RFC 8018 appendix B.1).
    pub(super) fn by_hmac_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|sha| sha.hmac_oid() == oid)
    }

    pub(super) const fn oid(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Self::Sha1 => "1.3.14.3.2.26",
            Self::Sha224 => "2.16.840.1.101.3.4.2.4",
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
        })
    }

    pub(super) const fn hmac_oid(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Self::Sha1 => "1.2.840.113549.2.7",
            Self::Sha224 => "1.2.840.113549.2.8",
            Self::Sha256 => "1.2.840.113549.2.9",
            Self::Sha384 => "1.2.840.113549.2.10",
            Self::Sha512 => "1.2.840.113549.2.11",
        })
    }

    pub(super) const fn output_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// `PBKDF2-HMAC[salt, rounds](password, out.len())`, RFC 8018 section 5.2.
    pub(super) fn pbkdf2(self, password: &[u8], salt: &[u8], rounds: u32, out: &mut [u8]) -> Result<(), CryptoError> {
        with_digest!(self, D => pbkdf2::pbkdf2::<Hmac<D>>(password, salt, rounds, out)).map_err(|_| CryptoError::Kdf)
    }

    /// The key derivation of PKCS#12, RFC 7292 appendix B.2. The password is as [`bmp`](super::pkcs12_kdf::bmp) gives it.
    pub(super) fn pkcs12(self, purpose: Purpose, password: &[u8], salt: &[u8], rounds: u32, out: &mut [u8]) {
        with_digest!(self, D => pkcs12_kdf::derive::<D>(purpose, password, salt, rounds, out));
    }

    /// `HMAC(key, message)`.
    pub(super) fn hmac(self, key: &[u8], message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        with_digest!(self, D => hmac::<D>(key, message))
    }
}

fn hmac<D: Digest + BlockSizeUser + EagerHash>(key: &[u8], message: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let mac = Hmac::<D>::new_from_slice(key).map_err(|_| CryptoError::Kdf)?;
    Ok(mac.chain_update(message).finalize().into_bytes().to_vec())
}
