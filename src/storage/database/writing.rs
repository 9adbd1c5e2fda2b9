//! The one connection that writes.

use std::sync::{Arc, MutexGuard};

use rusqlite::Connection;

use super::{Access, Database, Place, lock};
use crate::storage::connection::Purpose;
use crate::storage::error::{Result, StorageError};
use crate::storage::page_stack;
use crate::storage::state::{self, Changed, Writer};

impl Database {
    /// Runs `work` in a write transaction, which is committed when it succeeds and leaves no trace when it fails.
    ///
    /// `work` must fail when a statement fails, unless that was an insert of one row: what a statement did to several rows before
    /// it failed is undone by SQLite, but was counted.
    pub(in crate::storage) fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let done = self.write_unless(|connection| Ok(Ok::<_, std::convert::Infallible>(work(connection)?)));
        done.map(|done| done.unwrap_or_else(|never| match never {}))
    }

    /// As [`write`](Self::write), for work that its caller may refuse in words of its own: that leaves no trace either.
    pub(in crate::storage) fn write_unless<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<std::result::Result<T, E>>,
    ) -> Result<std::result::Result<T, E>> {
        self.with_writer(|writer| {
            // rusqlite's own transaction would parse these statements each time.
            writer.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            let _unfinished = Unfinished(writer);
            writer.watcher().reset();
            let done = work(writer)?;
            if done.is_ok() {
                state::settle(writer)?;
                writer.prepare_cached("COMMIT")?.execute([])?;
            }
            Ok(done)
        })
    }

    /// Runs `work` on the writer, outside a transaction.
    pub(in crate::storage) fn with_writer<T>(&self, work: impl FnOnce(&mut Writer) -> Result<T>) -> Result<T> {
        if self.access == Access::ReadOnly {
            return Err(StorageError::ReadOnly("it was opened read-only".into()));
        }
        let mut writer = lock(&self.writer);
        let outcome = page_stack::wiped(|| self.firm(&mut writer).and_then(work));
        if let (Err(error), Place::File(_)) = (&outcome, &self.place)
            && error.spoils_connection()
        {
            self.give_up(&mut writer, error);
        }
        outcome.map_err(|error| self.timed(error))
    }

    /// The writer, opened anew if the last one was given up.
    pub(super) fn ready<'a>(&self, writer: &'a mut MutexGuard<'_, Option<Writer>>) -> Result<&'a mut Writer> {
        if writer.is_none() || self.is_lost() {
            let file = self.on_disk().ok_or_else(|| StorageError::Database("the store in memory is gone".into()))?;
            **writer = Some(self.watched(self.connect(file, &file.page_key(), Purpose::Write)?));
            self.lose_footing();
        }
        writer.as_mut().ok_or_else(|| StorageError::Database("no writer".into()))
    }

    /// A connection whose changes are counted.
    pub(in crate::storage) fn watched(&self, connection: Connection) -> Writer {
        Writer::new(connection, Changed::new(Arc::clone(&self.binder)))
    }
}

/// Rolls a transaction back that was not committed, also when `work` panicked or the commit failed.
pub(super) struct Unfinished<'a>(pub(super) &'a Connection);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if !self.0.is_autocommit() {
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }
}
