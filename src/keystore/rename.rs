//! Giving a key another name.

use super::Keystore;
use super::generate::quoted;
use crate::error::{Error, Result};
use crate::model::{Key, KeyId, KeyName};
use crate::storage::StorageError;

impl Keystore {
    /// Gives a key another name, and notes the time. The key as it is then comes back.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound), [`Duplicate`](crate::ErrorKind::Duplicate) when another key has the name,
    /// and those of every write: [`Busy`](crate::ErrorKind::Busy), [`ReadOnly`](crate::ErrorKind::ReadOnly),
    /// [`DiskFull`](crate::ErrorKind::DiskFull), [`Damaged`](crate::ErrorKind::Damaged), [`Io`](crate::ErrorKind::Io).
    pub fn rename(&self, id: KeyId, name: KeyName) -> Result<Key> {
        let now = self.now();
        let vault = &self.0.vault;
        let record = self.0.database.update_name(id, |stored| {
            let mut record = stored.record;
            vault.check(&record).map_err(|error| StorageError::Damaged(error.to_string()))?;
            record.key.name = name.clone();
            record.key.updated_at = now;
            record.tag = vault.tag(&record);
            Ok(record)
        });
        match record {
            Ok(record) => Ok(record.key),
            Err(StorageError::NoSuchKey) => Err(no_such_key(id)),
            Err(StorageError::Duplicate { .. }) => Err(Error::duplicate("name", quoted(&name))),
            Err(error) => Err(error.into()),
        }
    }
}

pub(super) fn no_such_key(id: KeyId) -> Error {
    Error::not_found(format!("key with id {id}"))
}
