//! Copying the store to another file while it is in use.

use std::path::Path;

use super::Keystore;
use super::open::require_passphrase;
use crate::crypto;
use crate::error::{Error, Result};
use crate::model::{Invalid, KdfCost, Problem};
use crate::secret::{DEEP, wiping_stack};
use crate::storage::{CopyKeys, Head};
use crate::vault::{Unlock, UnlockKey};

/// How the copy is locked.
#[derive(Debug, Default)]
pub struct BackupOptions<'a> {
    unlock: Option<&'a Unlock>,
    kdf_cost: Option<KdfCost>,
}

impl<'a> BackupOptions<'a> {
    /// A copy that opens with the store's passphrase or raw key of the moment, with the same salt and Argon2id cost.
    #[must_use]
    pub fn same_key() -> Self {
        Self::default()
    }

    /// A copy that opens with `unlock`, with a fresh salt.
    #[must_use]
    pub fn new(unlock: &'a Unlock) -> Self {
        Self { unlock: Some(unlock), kdf_cost: None }
    }

    /// The copy's Argon2id cost; the store's own unless given. Not together with [`same_key`](Self::same_key).
    #[must_use]
    pub fn kdf_cost(mut self, cost: KdfCost) -> Self {
        self.kdf_cost = Some(cost);
        self
    }
}

impl Keystore {
    /// Copies the store, as it is at one moment, to a new file at `path`, which appears whole or not at all. Others read
    /// and write the store meanwhile.
    ///
    /// It is the same store: ids, seals and tags are the same.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an empty passphrase, or a cost without a passphrase or raw
    /// key of the copy's own; [`AlreadyExists`](crate::ErrorKind::AlreadyExists), [`NotPossible`](crate::ErrorKind::NotPossible) for a store in
    /// memory, [`ReadOnly`](crate::ErrorKind::ReadOnly), [`DiskFull`](crate::ErrorKind::DiskFull),
    /// [`Damaged`](crate::ErrorKind::Damaged), [`Io`](crate::ErrorKind::Io).
    pub fn backup(&self, path: impl AsRef<Path>, options: &BackupOptions<'_>) -> Result<()> {
        self.backup_with_progress(path, options, |_, _| {})
    }

    /// As [`backup`](Self::backup), telling the pages copied and the pages in all after every mebibyte.
    ///
    /// # Errors
    /// As [`backup`](Self::backup).
    pub fn backup_with_progress(
        &self,
        path: impl AsRef<Path>,
        options: &BackupOptions<'_>,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<()> {
        let inner = &*self.0;
        let not_a_file = || Error::not_possible("a store in memory cannot be copied to a file");
        let own = inner.database.head().ok_or_else(not_a_file)?;
        let entropy = &*inner.options.entropy;
        let (head, key) = match (options.unlock, options.kdf_cost) {
            (Some(unlock), cost) => {
                require_passphrase(unlock)?;
                let head = Head::new(cost.unwrap_or_else(|| own.cost()), crypto::random_bytes(entropy)?);
                (head, unlock.derive(head.as_bytes(), head.cost())?)
            }
            (None, None) => (own, UnlockKey::from_page_key(inner.database.page_key().ok_or_else(not_a_file)?)),
            (None, Some(_)) => {
                let message = "cost is given, it needs the passphrase or raw key too";
                return Err(Invalid::new("cost", Problem::Invalid, message).into());
            }
        };
        let wrap = inner.vault.wrap(&key, head.as_bytes(), entropy)?;
        let keys = CopyKeys { head, key: key.page_key(), wrap, draft: crypto::random_bytes(entropy)? };
        Ok(wiping_stack::<DEEP, _>(|| inner.database.backup(path.as_ref(), &keys, &mut progress))?)
    }
}
