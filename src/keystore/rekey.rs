//! Changing what opens the store.

use super::Keystore;
use super::open::require_passphrase;
use crate::error::{Error, Result};
use crate::vault::Unlock;

impl Keystore {
    /// Changes the passphrase or raw key. When it returns, the file opens with the new one only; a crash before that
    /// leaves a file that opens with the old or the new one, whole in either case.
    ///
    /// Every page is rewritten. The Argon2id cost and the salt stay those of the file:
    /// [`backup`](Self::backup) to a new file changes them. Other connections to the file get
    /// [`Rekeyed`](crate::ErrorKind::Rekeyed) from then on and must open it anew.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an empty passphrase,
    /// [`NotPossible`](crate::ErrorKind::NotPossible) for a store in memory, and those of every write, see
    /// [`rename`](Self::rename).
    pub fn rekey(&self, unlock: &Unlock) -> Result<()> {
        require_passphrase(unlock)?;
        let inner = &*self.0;
        let head = inner
            .database
            .head()
            .ok_or_else(|| Error::not_possible("a store in memory has no passphrase or raw key to change"))?;
        let key = unlock.derive(head.as_bytes(), head.cost())?;
        let wrap = inner.vault.wrap(&key, head.as_bytes(), &*inner.options.entropy)?;
        Ok(inner.database.rekey(key.page_key(), &wrap)?)
    }
}
