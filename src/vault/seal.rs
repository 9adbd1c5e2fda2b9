//! The root key and what hangs on it: wraps, seals and row tags.

use std::fmt;

use subtle::ConstantTimeEq;

use super::{UnlockKey, VaultError};
use crate::crypto::{self, Entropy};
use crate::model::{Sealed, StoreId, Tagged};
use crate::secret::{MemoryProtection, SecretBytes, SecretKey};

const NONCE_LEN: usize = 12;

/// An unlocked store's root key, and the keys made from it.
pub(crate) struct Vault {
    pub(super) store: StoreId,
    pub(super) root: SecretKey,
    row: SecretKey,
    pub(super) state: SecretKey,
}

impl Vault {
    /// A new root key, for a new store.
    pub(crate) fn generate(store: StoreId, entropy: &dyn Entropy) -> Result<Self, VaultError> {
        Self::new(store, crypto::random_key(entropy)?)
    }

    /// Tries each wrap until one opens under the unlock key.
    pub(crate) fn open(
        store: StoreId,
        unlock: &UnlockKey,
        head: &[u8; 16],
        wraps: &[[u8; 60]],
    ) -> Result<Self, VaultError> {
        let key = unlock.wrap_key(head)?;
        let associated = wrap_data(store);
        let root = wraps.iter().find_map(|wrap| {
            let (nonce, sealed) = wrap.split_first_chunk::<NONCE_LEN>()?;
            let opened = crypto::open(&key, nonce, &associated, sealed).ok()?;
            opened.expose_secret().try_into().ok().map(SecretKey::copy_from)
        });
        Self::new(store, root.ok_or(VaultError::NoRoot)?)
    }

    /// `row key = HKDF-SHA256[store id, "keystead 1 row"](root key)`, and the state key with `"keystead 1 state"`
    fn new(store: StoreId, root: SecretKey) -> Result<Self, VaultError> {
        let row = crypto::hkdf_sha256(&store.0, &root, &[b"keystead 1 row"])?;
        let state = crypto::hkdf_sha256(&store.0, &root, &[b"keystead 1 state"])?;
        Ok(Self { store, root: root.settled(), row: row.settled(), state: state.settled() })
    }

    /// What the system granted for the memory of its keys.
    pub(crate) fn protection(&self) -> MemoryProtection {
        self.root.protection().and(self.row.protection()).and(self.state.protection())
    }

    /// The root key wrapped for an unlock key: nonce || ciphertext || tag.
    pub(crate) fn wrap(
        &self,
        unlock: &UnlockKey,
        head: &[u8; 16],
        entropy: &dyn Entropy,
    ) -> Result<[u8; 60], VaultError> {
        let nonce = crypto::random_bytes::<NONCE_LEN>(entropy)?;
        let key = unlock.wrap_key(head)?;
        let sealed = crypto::seal(&key, &nonce, &wrap_data(self.store), self.root.expose_secret())?;
        let mut wrap = [0; 60];
        let (first, rest) = wrap.split_at_mut(NONCE_LEN);
        first.copy_from_slice(&nonce);
        if rest.len() != sealed.len() {
            return Err(VaultError::NoRoot);
        }
        rest.copy_from_slice(&sealed);
        Ok(wrap)
    }

    /// Seals a private part to its row.
    pub(crate) fn seal<R: Sealed>(&self, row: &R, private: &[u8]) -> Result<Box<[u8]>, VaultError> {
        let key = self.seal_key(row)?;
        Ok(crypto::seal(&key, row.nonce(), &row.seal_data(self.store), private)?)
    }

    /// Opens the seal of a row.
    pub(crate) fn unseal<R: Sealed>(&self, row: &R, sealed: &[u8]) -> Result<SecretBytes, VaultError> {
        let key = self.seal_key(row)?;
        crypto::open(&key, row.nonce(), &row.seal_data(self.store), sealed)
            .map_err(|_| VaultError::Tampered("a seal does not open: its row was changed or swapped"))
    }

    /// `HMAC-SHA256[row key](row data)`
    pub(crate) fn tag<R: Tagged>(&self, row: &R) -> [u8; 32] {
        crypto::hmac_sha256(&self.row, &row.row_data(self.store))
    }

    /// Checks that a row is as this library wrote it.
    pub(crate) fn check<R: Tagged>(&self, row: &R) -> Result<(), VaultError> {
        if bool::from(self.tag(row).ct_eq(row.tag())) {
            Ok(())
        } else {
            Err(VaultError::Tampered("the tag of a row does not fit it: the row was changed or swapped"))
        }
    }

    /// `HMAC-SHA256[row key]("keystead secret 1" || secret)`: tells equal secrets from others without giving them away. No
    /// row data begins so: theirs begins with the length of a label, which starts with a zero.
    pub(crate) fn secret_digest(&self, secret: &[u8]) -> [u8; 32] {
        let message = zeroize::Zeroizing::new([b"keystead secret 1", secret].concat());
        crypto::hmac_sha256(&self.row, &message)
    }

    /// `HKDF-SHA256[store id, label || row id || nonce](root key)`: one key for one seal.
    fn seal_key<R: Sealed>(&self, row: &R) -> Result<SecretKey, VaultError> {
        Ok(crypto::hkdf_sha256(&self.store.0, &self.root, &[R::SEAL_LABEL, row.id(), row.nonce()])?)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(..)")
    }
}

/// `"keystead 1 root" || store id`
fn wrap_data(store: StoreId) -> Vec<u8> {
    [&b"keystead 1 root"[..], &store.0].concat()
}
