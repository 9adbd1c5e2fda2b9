//! What opens a store.

use std::fmt;

use zeroize::Zeroize;

use super::VaultError;
use crate::crypto;
use crate::model::KdfCost;
use crate::secret::{SecretBytes, SecretKey};

/// What opens a store: a passphrase, or a raw key of 32 bytes from a KMS, a keychain or a TPM.
///
/// ```
/// use keystead::Unlock;
///
/// let by_passphrase = Unlock::passphrase("correct horse battery staple");
/// let by_key = Unlock::raw_key([7; 32]);
/// assert_eq!(format!("{by_passphrase:?}"), "Unlock::Passphrase(..)");
/// # let _ = by_key;
/// ```
pub struct Unlock(Kind);

enum Kind {
    Passphrase(SecretBytes),
    RawKey(SecretKey),
}

impl Unlock {
    /// A passphrase, any bytes; Argon2id makes a key of it. Use one that is hard to guess: the file can be attacked
    /// offline by whoever holds a copy.
    #[must_use]
    pub fn passphrase(passphrase: impl Into<SecretBytes>) -> Self {
        Self(Kind::Passphrase(passphrase.into()))
    }

    /// A key of 32 random bytes. It becomes the page key as it is.
    #[must_use]
    pub fn raw_key(mut key: [u8; 32]) -> Self {
        let kept = SecretKey::copy_from(&key).settled();
        key.zeroize();
        Self(Kind::RawKey(kept))
    }

    /// True for the empty passphrase, which opens nothing.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(&self.0, Kind::Passphrase(passphrase) if passphrase.is_empty())
    }

    /// The unlock key: `Argon2id[salt = head](passphrase)`, or the raw key. Takes the time that `cost` says.
    pub(crate) fn derive(&self, head: &[u8; 16], cost: KdfCost) -> Result<UnlockKey, VaultError> {
        Ok(UnlockKey(match &self.0 {
            Kind::Passphrase(passphrase) => crypto::argon2id(passphrase, head, cost)?,
            Kind::RawKey(key) => key.clone_secret(),
        }))
    }
}

impl fmt::Debug for Unlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Passphrase(_) => "Unlock::Passphrase(..)",
            Kind::RawKey(_) => "Unlock::RawKey(..)",
        })
    }
}

/// The key that everything else hangs on.
#[derive(Debug)]
pub(crate) struct UnlockKey(SecretKey);

impl UnlockKey {
    /// The unlock key of an open store, whose page key it is.
    pub(crate) fn from_page_key(key: SecretKey) -> Self {
        Self(key)
    }

    /// The key of the pages: the unlock key itself, so that any SQLCipher opens the file with the raw key.
    pub(crate) fn page_key(&self) -> SecretKey {
        self.0.clone_secret().settled()
    }

    /// `HKDF-SHA256[head, "keystead 1 root wrap"](unlock key)`
    pub(super) fn wrap_key(&self, head: &[u8; 16]) -> Result<SecretKey, VaultError> {
        Ok(crypto::hkdf_sha256(head, &self.0, &[b"keystead 1 root wrap"])?)
    }
}
