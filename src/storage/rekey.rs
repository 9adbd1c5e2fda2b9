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
            wraps::add(writer, wrap)?;
            sqlcipher::rekey(writer, &key, head.as_bytes())?;
            // SQLCipher reports success also when its commit failed. Only the file knows.
            let mut fresh = self.try_key(&key).map_err(|error| match error {
                StorageError::WrongKey => StorageError::Database("the change of key was not committed".into()),
                other => other,
            })?;
            self.replace_key(key);
            wraps::keep_only(&mut fresh, wrap)?;
            // While readers look at the old pages the log cannot be emptied; the next checkpoint does it.
            let _ = fresh.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            *writer = fresh;
            Ok(())
        })
    }
}
