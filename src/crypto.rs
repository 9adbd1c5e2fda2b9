//! The primitives: RSA, ECDSA and HMAC signatures, AES-256-GCM, key derivation, digests and randomness.
//!
//! The one place that names primitive crates. Keys come in and go out as canonical DER (PKCS#8 and SPKI) or, for HMAC,
//! as raw bytes. Nothing here reads PEM or JWK, and nothing here knows of a file.

mod aead;
mod algorithm_identifier;
mod digest;
mod ec;
mod entropy;
mod import;
mod kdf;
mod kdf_budget;
mod mac;
mod pbes;
mod roca;
mod rsa;
mod rsa_check;
mod signature;
mod signing_key;
mod verifying_key;
mod x509_signature;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod judged_by_openssl;
#[cfg(test)]
mod judged_by_vectors;
#[cfg(test)]
mod judged_by_wycheproof;
#[cfg(test)]
mod pbes_judged_by_openssl;
#[cfg(test)]
mod x509_signature_judged;

pub(crate) use aead::{open, seal};
pub(crate) use algorithm_identifier::algorithm_identifier;
pub(crate) use digest::{hmac_sha256, hmac_sha256_any, md5, random_bytes, random_key, sha1, sha256};
pub use entropy::{Entropy, EntropyError, SystemEntropy};
pub(crate) use import::{CheckedPublic, check_public};
pub(crate) use kdf::{argon2id, hkdf_sha256};
pub(crate) use kdf_budget::KdfBudget;
pub(crate) use pbes::{
    Pkcs12Mac, Sealed, pbes_decrypt, pbes2_encrypt_pbkdf2, pbes2_encrypt_scrypt, pkcs12_mac, verify_pkcs12_mac,
};
pub use signature::Signature;
pub(crate) use signing_key::SigningKey;
pub(crate) use verifying_key::VerifyingKey;
pub(crate) use x509_signature::IssuerKey;

use crate::model::Algorithm;

/// What can go wrong down here. Never says which byte of a secret was wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CryptoError {
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    #[error("malformed key: {0}")]
    MalformedKey(&'static str),
    /// What was read makes sense, and the policy does not allow it.
    #[error("{0}")]
    Refused(String),
    /// What was read is known, or at least named, and nothing here can deal with it.
    #[error("{0}")]
    Unsupported(String),
    #[error("malformed encryption: {0}")]
    MalformedEncryption(&'static str),
    /// Which of the two cannot be told apart, and must not be.
    #[error("the password is wrong, or what it protects is damaged")]
    WrongPassword,
    #[error("{algorithm} needs a key of kind {needed}, this one is {found}")]
    WrongAlgorithm { algorithm: Algorithm, needed: &'static str, found: &'static str },
    #[error("signature does not match")]
    BadSignature,
    #[error("could not be opened")]
    Unseal,
    #[error("key derivation failed")]
    Kdf,
}

impl CryptoError {
    /// The key is another one than `algorithm` needs.
    fn wrong_kind(algorithm: Algorithm, found: &'static str) -> Self {
        Self::WrongAlgorithm { algorithm, needed: algorithm_identifier::kind_needed(algorithm), found }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_held() {
        insta::assert_snapshot!(CryptoError::Entropy(EntropyError::new()), @"the system gave no random bytes");
        insta::assert_snapshot!(CryptoError::MalformedKey("not DER"), @"malformed key: not DER");
        insta::assert_snapshot!(CryptoError::wrong_kind(Algorithm::Es256, "P-384"), @"ES256 needs a key of kind P-256, this one is P-384");
        insta::assert_snapshot!(CryptoError::wrong_kind(Algorithm::Ps256, "P-384"), @"PS256 needs a key of kind RSA, this one is P-384");
        insta::assert_snapshot!(CryptoError::MalformedEncryption("no salt"), @"malformed encryption: no salt");
        insta::assert_snapshot!(CryptoError::Refused("it is weak".to_owned()), @"it is weak");
        insta::assert_snapshot!(CryptoError::Unsupported("it is new".to_owned()), @"it is new");
        insta::assert_snapshot!(CryptoError::WrongPassword, @"the password is wrong, or what it protects is damaged");
        insta::assert_snapshot!(CryptoError::BadSignature, @"signature does not match");
        insta::assert_snapshot!(CryptoError::Unseal, @"could not be opened");
        insta::assert_snapshot!(CryptoError::Kdf, @"key derivation failed");
    }
}
