//! Changing the page key, so that a crash at any point leaves a file that opens with the old key or the new.

use super::database::Database;
use super::error::{Result, StorageError};
use super::{sqlcipher, wraps};
use crate::secret::SecretKey;

impl Database {
    /// Rewrites every page under `key`; `wrap` is the root key wrapped under it. The order is that of the manual,
    /// `key_hierarchy`.
    pub(crate) fn rekey(&self, key: SecretKey, wrap: &[u8; 60]) -> Result<()> {
        let head =
            self.head().ok_or_else(|| StorageError::ReadOnly("a store in memory has no key to change".into()))?;
        self.with_writer(|writer| {
            let old = self.page_key().ok_or_else(|| StorageError::Database("the store in memory has no key".into()))?;
            let reopen = || {
                self.try_key(&old).map_err(|error| match error {
                    StorageError::WrongKey => StorageError::Rekeyed,
                    other => other,
                })
            };
            // On a connection of its own: SQLCipher sets the new key for writing before it takes the lock, and leaves it
            // set when it does not get it. What such a connection wrote later would be unreadable.
            let changer = reopen()?;
            wraps::add(&changer, wrap)?;
            if let Err(error) = sqlcipher::rekey(&changer, &key, head.as_bytes()) {
                drop(changer);
                // The old key is in force: a wrap under the new one is of no use to anybody.
                let _ = reopen().and_then(|again| wraps::remove(&again, wrap));
                return Err(error.into());
            }
            drop(changer);
            // SQLCipher reports success also when its commit failed. Only the file knows.
            let mut fresh = self.try_key(&key).map_err(|error| match error {
                StorageError::WrongKey => StorageError::Database("the change of key was not committed".into()),
                other => other,
            })?;
            self.replace_key(key);
            let only = wraps::keep_only(&mut fresh, wrap);
            // While readers look at the old pages the log cannot be emptied; the next checkpoint does it.
            let _ = fresh.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            *writer = fresh;
            only
        })
    }
}
