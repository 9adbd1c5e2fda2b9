//! Taking in many keys.

use std::ops::ControlFlow;

use super::{ImportKey, Imported, Keystore, Progress};
use crate::error::Result;

/// What a failure in a batch does to the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Batch {
    /// Nothing: each key is taken or refused for itself. Written in transactions of up to 512 keys.
    #[default]
    Each,
    /// It undoes them: all keys are written in one transaction, or none.
    AllOrNone,
}

impl Keystore {
    /// Takes in many keys, on all cores. The answers stand in the order of the requests, and so do the keys in the
    /// store; one that is refused fails alone, and its place holds the reason.
    ///
    /// ```
    /// use keystead::{ImportKey, KeyName, Keystore, Options, SecretEncoding};
    ///
    /// let store = Keystore::in_memory(Options::default())?;
    /// let secret = |name: &str, bytes: &[u8]| -> keystead::Result<_> {
    ///     Ok(ImportKey::new(KeyName::new(name)?, bytes.to_vec()).secret(SecretEncoding::Raw))
    /// };
    /// let imported = store.import_many(&[secret("long", &[7; 32])?, secret("short", &[7; 16])?])?;
    /// assert!(imported[0].is_ok());
    /// assert!(imported[1].is_err());
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of every write, see [`rename`](Self::rename). Keys written before the failure stay.
    pub fn import_many(&self, requests: &[ImportKey]) -> Result<Vec<Result<Imported>>> {
        self.import_many_with(requests, Batch::Each, |_| ControlFlow::Continue(()))
    }

    /// As [`import_many`](Self::import_many), saying what a failure does to the others, and telling how far it is after
    /// each key. The callback runs on the calling thread and stops the work with `Break`.
    ///
    /// When one key of [`Batch::AllOrNone`] is refused, nothing is written. Every key that was refused has its own reason;
    /// the others say that they were not written, with the kind [`Cancelled`](crate::ErrorKind::Cancelled): also those that only
    /// the store would refuse, for a name that is taken, while another cannot be read. Such a batch is in memory as a whole,
    /// some kilobytes a key.
    ///
    /// # Errors
    /// As [`import_many`](Self::import_many), and [`Cancelled`](crate::ErrorKind::Cancelled) after `Break`. What was
    /// written before stays.
    pub fn import_many_with(
        &self,
        requests: &[ImportKey],
        batch: Batch,
        progress: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Vec<Result<Imported>>> {
        let made = self.in_bulk(requests, batch, |request| self.prepare_import(request), progress)?;
        let imported = made
            .into_iter()
            .map(|made| made.map(|made| Imported { key: made.key, same_as: made.written.same_as, form: made.extra }));
        Ok(imported.collect())
    }
}
