//! Changing what opens the store.

use super::Keystore;
use super::open::require_passphrase;
use crate::error::{Error, Result};
use crate::secret::{DEEP, wiping_stack};
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
        self.rekey_watched(unlock, None)
    }

    /// As [`rekey`](Self::rekey), telling the pages rewritten and the pages in all, several times a second. What it tells
    /// on the way is judged by the growth of the file's log; the last call, once the change is in force, has both equal. The
    /// callback runs on the calling thread and must not use the store. A change that was begun is not stopped.
    ///
    /// # Errors
    /// As [`rekey`](Self::rekey).
    pub fn rekey_with_progress(&self, unlock: &Unlock, mut progress: impl FnMut(u64, u64)) -> Result<()> {
        self.rekey_watched(unlock, Some(&mut progress))
    }

    fn rekey_watched(&self, unlock: &Unlock, progress: Option<&mut dyn FnMut(u64, u64)>) -> Result<()> {
        require_passphrase(unlock)?;
        wiping_stack::<DEEP, _>(|| self.rekey_here(unlock, progress))
    }

    fn rekey_here(&self, unlock: &Unlock, progress: Option<&mut dyn FnMut(u64, u64)>) -> Result<()> {
        let inner = &*self.0;
        let head = inner
            .database
            .head()
            .ok_or_else(|| Error::not_possible("a store in memory has no passphrase or raw key to change"))?;
        let key = unlock.derive(head.as_bytes(), head.cost())?;
        let wrap = inner.vault.wrap(&key, head.as_bytes(), &*inner.options.entropy)?;
        Ok(inner.database.rekey(key.page_key(), &wrap, progress)?)
    }
}
