//! The key hierarchy: from a passphrase or raw key to the keys that seal and tag. Written down in the manual,
//! `key_hierarchy`; small enough to be audited in one sitting.
//!
//! Absences: no I/O, no SQL, no key formats. What is sealed here is bytes.

mod seal;
mod state;
mod unlock;

pub use unlock::Unlock;
pub(crate) use unlock::UnlockKey;

pub(crate) use seal::Vault;

use crate::crypto::{CryptoError, EntropyError};

#[derive(Debug, thiserror::Error)]
pub(crate) enum VaultError {
    #[error("{0}")]
    Crypto(#[from] CryptoError),
    #[error("{0}")]
    Entropy(#[from] EntropyError),
    /// No wrap of the root key opens under this unlock key, though the pages did.
    #[error("the root key does not open")]
    NoRoot,
    /// A seal or tag does not fit its row.
    #[error("{0}")]
    Tampered(&'static str),
}
