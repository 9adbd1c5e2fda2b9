//! Signing and verifying.

use super::generate::quoted;
use super::rename::no_such_key;
use super::{Keystore, Signer, Verifier};
use crate::crypto::{Signature, SigningKey, VerifyingKey};
use crate::error::{Error, Result};
use crate::model::{Algorithm, Key, KeyId, KeyType, KeyUse};

impl Keystore {
    /// Signs `message` with a key and its own algorithm. The message is hashed here.
    ///
    /// The unsealed key is kept for the next time, within [`Options::cached_keys`](super::Options::cached_keys); each call
    /// looks whether the key is still the same, so a key that another process deleted signs no more.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound); [`NotPossible`](crate::ErrorKind::NotPossible) when the key has no
    /// private part or no algorithm, or is for encryption; [`Refused`](crate::ErrorKind::Refused) when a ring has revoked it; and those of every
    /// read, see [`key`](Self::key).
    pub fn sign(&self, id: KeyId, message: &[u8]) -> Result<Signature> {
        self.wanted_signer(id, None)?.sign(message)
    }

    /// Signs with another algorithm for the same type of key: RS and PS of any hash for RSA, HS of a hash that is not
    /// longer than the secret.
    ///
    /// # Errors
    /// As [`sign`](Self::sign), and [`NotPossible`](crate::ErrorKind::NotPossible) when the algorithm does not fit.
    pub fn sign_with(&self, id: KeyId, algorithm: Algorithm, message: &[u8]) -> Result<Signature> {
        self.wanted_signer(id, Some(algorithm))?.sign(message)
    }

    /// Whether `signature` is this key's over `message`, with the key's own algorithm. The signature has the JOSE form
    /// (RFC 7518, section 3.4: r || s for EC).
    ///
    /// # Errors
    /// As [`sign`](Self::sign), but a key needs no private part. A signature that does not fit is no error.
    pub fn verify(&self, id: KeyId, message: &[u8], signature: &[u8]) -> Result<bool> {
        Ok(self.wanted_verifier(id, None)?.verify(message, signature))
    }

    /// Verifies with another algorithm for the same type of key.
    ///
    /// # Errors
    /// As [`verify`](Self::verify), and [`NotPossible`](crate::ErrorKind::NotPossible) when the algorithm does not fit.
    pub fn verify_with(&self, id: KeyId, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<bool> {
        Ok(self.wanted_verifier(id, Some(algorithm))?.verify(message, signature))
    }

    /// A handle that signs with this key until it is dropped, also when the key is deleted meanwhile.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn signer(&self, id: KeyId) -> Result<Signer> {
        self.wanted_signer(id, None)
    }

    /// A handle for another algorithm, as [`sign_with`](Self::sign_with).
    ///
    /// # Errors
    /// As [`sign_with`](Self::sign_with).
    pub fn signer_with(&self, id: KeyId, algorithm: Algorithm) -> Result<Signer> {
        self.wanted_signer(id, Some(algorithm))
    }

    /// A handle that verifies this key's signatures.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verifier(&self, id: KeyId) -> Result<Verifier> {
        self.wanted_verifier(id, None)
    }

    /// Drops the unsealed keys and secrets that are kept for the next use, and wipes them: signing keys, HMAC secrets, credentials
    /// of apps, the authority's key. Each is unsealed anew when it is next needed. Handles that were handed out keep theirs,
    /// and so do rings' handles.
    ///
    /// The store stays open, so the root key and the page key stay in memory: to be rid of those too, drop every clone of the
    /// store. [`Options::cached_keys`](super::Options::cached_keys) of 0 keeps nothing in the first place.
    ///
    /// ```
    /// # use keystead::{Algorithm, GenerateKey, KeyName, KeySpec, Keystore, Options};
    /// # let store = Keystore::in_memory(Options::default())?;
    /// # let spec = KeySpec::new(Algorithm::Es256, None)?;
    /// # let key = store.generate(GenerateKey::new(KeyName::new("a")?, spec))?;
    /// store.sign(key.id(), b"a batch of messages")?;
    /// store.forget_unsealed_keys();
    /// # Ok::<(), keystead::Error>(())
    /// ```
    pub fn forget_unsealed_keys(&self) {
        self.0.cache.clear();
        self.0.app_cache.clear();
        self.0.issuer_cache.forget();
    }

    fn wanted_signer(&self, id: KeyId, algorithm: Option<Algorithm>) -> Result<Signer> {
        let wanted = (id, algorithm);
        if let Some(signer) = self.cached(id, |nonce| self.0.cache.signer(&wanted, nonce))? {
            return Ok(signer);
        }
        let (stored, sealed) = self.0.database.sealed(id)?.ok_or_else(|| no_such_key(id))?;
        self.check(&stored.record)?;
        let key = &stored.record.key;
        refuse_unfit(key)?;
        if !key.has_private {
            return Err(Error::not_possible(format!(
                "the key {} has no private part, it can only verify",
                quoted(&key.name)
            )));
        }
        let algorithm = fitting(key, algorithm)?;
        let private = self.0.vault.unseal(&stored.record, &sealed)?;
        let signing = SigningKey::from_private(algorithm, private.expose_secret())?;
        let signer = Signer::new(key, signing, self.0.options.entropy.clone())?;
        self.0.cache.keep_signer(wanted, stored.record.nonce, signer.clone());
        Ok(signer)
    }

    fn wanted_verifier(&self, id: KeyId, algorithm: Option<Algorithm>) -> Result<Verifier> {
        let wanted = (id, algorithm);
        if let Some(verifier) = self.cached(id, |nonce| self.0.cache.verifier(&wanted, nonce))? {
            return Ok(verifier);
        }
        let (stored, sealed) = self.0.database.sealed(id)?.ok_or_else(|| no_such_key(id))?;
        self.check(&stored.record)?;
        let key = &stored.record.key;
        refuse_unfit(key)?;
        let algorithm = fitting(key, algorithm)?;
        let verifying = match &key.public_key {
            Some(spki) => VerifyingKey::from_spki(algorithm, spki)?,
            None => {
                VerifyingKey::from_secret(algorithm, self.0.vault.unseal(&stored.record, &sealed)?.expose_secret())?
            }
        };
        let verifier = Verifier::new(verifying, key.public_key.clone());
        self.0.cache.keep_verifier(wanted, stored.record.nonce, verifier.clone());
        Ok(verifier)
    }

    /// Asks the file for the nonce of the moment and the cache for what was made from it.
    fn cached<T>(&self, id: KeyId, look: impl FnOnce(&[u8; 12]) -> Option<T>) -> Result<Option<T>> {
        match self.0.database.nonce(id)? {
            Some(nonce) => Ok(look(&nonce)),
            None => {
                self.0.cache.forget(id);
                Err(no_such_key(id))
            }
        }
    }
}

/// Revoking seals a key anew, so that nothing that was cached before is used.
fn refuse_unfit(key: &Key) -> Result<()> {
    if key.key_use == KeyUse::Encryption {
        return Err(Error::not_possible(format!("the key {} is for encryption, it signs nothing", quoted(&key.name))));
    }
    if key.revoked {
        return Err(Error::refused(format!("the key {} was revoked in its ring", quoted(&key.name))));
    }
    Ok(())
}

/// The algorithm asked for or the key's own, when it fits the key.
fn fitting(key: &Key, wanted: Option<Algorithm>) -> Result<Algorithm> {
    let algorithm = wanted.or(key.algorithm).ok_or_else(|| {
        Error::not_possible(format!("the key {} has no algorithm of its own: one must be named", quoted(&key.name)))
    })?;
    if fits(key, algorithm) {
        return Ok(algorithm);
    }
    let allowed = Algorithm::ALL.into_iter().filter(|&other| fits(key, other));
    let allowed = allowed.map(Algorithm::name).collect::<Vec<_>>().join(", ");
    Err(Error::not_possible(format!(
        "algorithm {algorithm} does not fit the key {}, {} of {} bits, which allows {allowed}",
        quoted(&key.name),
        key.key_type,
        key.bits
    )))
}

fn fits(key: &Key, algorithm: Algorithm) -> bool {
    match key.key_type {
        // A short secret may have been imported for it.
        _ if key.algorithm == Some(algorithm) => true,
        KeyType::Rsa => algorithm.key_type() == KeyType::Rsa,
        KeyType::Ec => algorithm.curve().is_some_and(|curve| curve.bits() == key.bits),
        KeyType::Hmac => algorithm.key_type() == KeyType::Hmac && algorithm.hash().bits() <= key.bits,
    }
}
