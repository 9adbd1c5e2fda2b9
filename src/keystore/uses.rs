//! Who uses a key, so that nobody deletes it under them.

use super::Keystore;
use super::rename::no_such_key;
use crate::error::{Error, Result};
use crate::model::{KeyId, UserLabel};
use crate::storage::StorageError;

impl Keystore {
    /// Notes that `user` uses a key: from now on [`delete`](Self::delete) refuses and names the user. To note the same
    /// user twice changes nothing.
    ///
    /// ```
    /// use keystead::{Algorithm, ErrorKind, GenerateKey, KeyName, KeySpec, Keystore, Options, UserLabel};
    ///
    /// let store = Keystore::in_memory(Options::default())?;
    /// let spec = KeySpec::new(Algorithm::Hs256, None)?;
    /// let key = store.generate(GenerateKey::new(KeyName::new("a")?, spec))?;
    /// let tenant = UserLabel::new("tenant 12")?;
    ///
    /// store.mark_in_use(key.id(), &tenant)?;
    /// let refused = store.delete(key.id()).unwrap_err();
    /// assert_eq!(refused.kind(), ErrorKind::InUse);
    /// assert_eq!(refused.to_string(), "the key 'a' is in use by tenant 12");
    ///
    /// assert!(store.unmark_in_use(key.id(), &tenant)?);
    /// store.delete(key.id())?;
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound), and those of every write, see [`rename`](Self::rename).
    pub fn mark_in_use(&self, id: KeyId, user: &UserLabel) -> Result<()> {
        self.0.database.add_use(id, user).map_err(|error| named(error, id))
    }

    /// Takes the note back. False when there was none.
    ///
    /// # Errors
    /// As [`mark_in_use`](Self::mark_in_use).
    pub fn unmark_in_use(&self, id: KeyId, user: &UserLabel) -> Result<bool> {
        self.0.database.remove_use(id, user).map_err(|error| named(error, id))
    }

    /// Who uses a key, in the order of their labels.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound), and those of every read, see [`key`](Self::key).
    pub fn users(&self, id: KeyId) -> Result<Vec<String>> {
        self.0.database.users(id).map_err(|error| named(error, id))
    }
}

fn named(error: StorageError, id: KeyId) -> Error {
    match error {
        StorageError::NoSuchKey => no_such_key(id),
        other => other.into(),
    }
}
