//! Reading: connections of the pool, and moments that last.

use rusqlite::Connection;

use super::writing::Unfinished;
use super::{Database, OnDisk, PageKey, lock};
use crate::storage::error::{Result, StorageError};
use crate::storage::page_stack;

/// Readers kept open between calls. More may be open at one time, one for each thread that reads.
const IDLE_READERS: usize = 4;

impl Database {
    /// Runs `work` on a reader. A connection that met damage is not used again.
    pub(in crate::storage) fn read<T>(&self, work: impl Fn(&Connection) -> Result<T>) -> Result<T> {
        match self.on_disk() {
            Some(file) => self.with_page_key(file, |key| self.read_with(file, key, &work)),
            None => {
                let mut writer = lock(&self.writer);
                work(self.ready(&mut writer)?)
            }
        }
        .map_err(|error| self.timed(error))
    }

    /// Runs `work` with the page key, and once more with the new one when this very store was changing it meanwhile.
    pub(super) fn with_page_key<T>(&self, file: &OnDisk, mut work: impl FnMut(&PageKey) -> Result<T>) -> Result<T> {
        loop {
            let key = file.page_key();
            let outcome = work(&key);
            if matches!(outcome, Err(StorageError::Rekeyed)) {
                // A change of key holds the writer until the new key is known.
                drop(lock(&self.writer));
                if file.page_key().generation != key.generation {
                    continue;
                }
            }
            return outcome;
        }
    }

    fn read_with<T>(&self, file: &OnDisk, key: &PageKey, work: impl Fn(&Connection) -> Result<T>) -> Result<T> {
        let idle = lock(&file.readers).pop();
        let connection = match idle {
            Some((generation, connection)) if generation == key.generation => connection,
            _ => self.connect(file, key, file.read_purpose)?,
        };
        let outcome = page_stack::wiped(|| work(&connection));
        if !outcome.as_ref().is_err_and(StorageError::spoils_connection) {
            let mut idle = lock(&file.readers);
            if idle.len() < IDLE_READERS {
                idle.push((key.generation, connection));
            }
        }
        outcome
    }

    /// Runs `work` on a reader that sees one moment of the store: for what is soon over, since the log cannot be emptied
    /// meanwhile.
    pub(in crate::storage) fn read_at_one_moment<T>(&self, work: impl Fn(&Connection) -> Result<T>) -> Result<T> {
        self.read(|connection| {
            connection.prepare_cached("BEGIN")?.execute([])?;
            let _unfinished = Unfinished(connection);
            work(connection)
        })
    }

    /// Runs `work` on a connection of its own that sees one moment of the store from beginning to end.
    pub(in crate::storage) fn at_one_moment<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let Some(file) = self.on_disk() else {
            let mut writer = lock(&self.writer);
            return work(self.ready(&mut writer)?);
        };
        let connection = self.with_page_key(file, |key| {
            let connection = self.connect(file, key, file.read_purpose)?;
            connection.execute_batch("BEGIN")?;
            // Only a read makes the moment.
            connection.query_row("SELECT count(*) FROM store", [], |_| Ok(()))?;
            Ok(connection)
        });
        let outcome = connection.and_then(|connection| page_stack::wiped(|| work(&connection)));
        outcome.map_err(|error| self.timed(error))
    }
}
