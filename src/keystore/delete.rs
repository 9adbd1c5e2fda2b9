//! Deleting a key.

use super::Keystore;
use super::generate::quoted;
use super::rename::no_such_key;
use crate::error::{Error, Result};
use crate::model::KeyId;
use crate::storage::StorageError;

impl Keystore {
    /// Deletes a key for ever. Its place in the file is overwritten with zeros.
    ///
    /// Handles taken before go on working; [`sign`](Self::sign) by id does not, in any process.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound); [`InUse`](crate::ErrorKind::InUse) when somebody uses it, and
    /// [`Error::users`] says who; and those of every write, see [`rename`](Self::rename).
    pub fn delete(&self, id: KeyId) -> Result<()> {
        let outcome = self.0.database.delete(id, |stored, sealed| {
            let record = &stored.record;
            self.check(record)
                .and_then(|()| self.all_prefixes(record, || Ok(self.0.vault.unseal(record, sealed)?)))
                .map_err(|error| StorageError::Damaged(error.to_string()))
        });
        match outcome {
            Ok(Ok(())) => {
                self.0.cache.forget(id);
                Ok(())
            }
            Ok(Err(users)) => {
                let name = self.key(id).map_or_else(|_| id.to_string(), |key| quoted(&key.name));
                Err(Error::in_use(name, users))
            }
            Err(StorageError::NoSuchKey) => Err(no_such_key(id)),
            Err(error) => Err(error.into()),
        }
    }
}
