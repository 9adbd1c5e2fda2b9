//! What must be on disk before anything is written, and what becomes of a commit that failed.
//!
//! A sync that fails leaves a commit in the log which this process takes for undone. Whoever reads the log anew, after a crash
//! or after the last connection was closed, takes it for done; and since the system does not write those pages again, commits
//! behind it would hang on something that is not on disk. So the log is emptied into the file before the first write, and after
//! a failure.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::{Database, MutexGuard, Writer, lock};
use crate::storage::connection::expect_room_for_log;
use crate::storage::error::{Result, StorageError};
use crate::storage::file;

/// What the writer stands on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Footing {
    /// What lies in the log may not be on disk, nor the names of file and log.
    #[default]
    Unknown,
    /// All of it is.
    Firm,
    /// The writer met an error and is not used again. It stays open until another is: the last connection to be closed, or
    /// the next to be opened, would meddle with the log.
    Lost,
}

impl Database {
    /// The writer, on firm ground. One that finds none may have been opened while the disk failed: another is tried.
    pub(super) fn firm<'a>(&self, writer: &'a mut MutexGuard<'_, Option<Writer>>) -> Result<&'a mut Writer> {
        let Err(error) = self.stand_firm(self.ready(writer)?) else { return self.ready(writer) };
        *lock(&self.footing) = Footing::Lost;
        let mut again = self.ready(writer).and_then(|fresh| self.stand_firm(fresh));
        if let Err(refused @ StorageError::ReadOnly(_)) = again {
            again = Err(self.cause(refused));
        }
        if matches!(again, Err(StorageError::ReadOnly(_))) {
            // An index of the log that was opened to be read stays so for all connections of this process, until none is left.
            // Not while the disk fails: whoever comes after the last one takes a commit in the log that failed for done.
            **writer = None;
            self.lose_footing();
            self.close_idle();
            again = self.ready(writer).and_then(|fresh| self.stand_firm(fresh));
        }
        match again {
            Ok(()) => self.ready(writer),
            // What the first said is the cause: when the disk fails, the next gets a log that it can only read.
            Err(_) => Err(self.cause(error)),
        }
    }

    /// Why the store cannot be written: it is only said to be read-only when nothing is wrong with the disk.
    fn cause(&self, error: StorageError) -> StorageError {
        match (error, self.on_disk()) {
            (StorageError::ReadOnly(what), Some(file)) => {
                expect_room_for_log(&file.path, &file.head).err().unwrap_or(StorageError::ReadOnly(what))
            }
            (error, _) => error,
        }
    }

    fn stand_firm(&self, writer: &Writer) -> Result<()> {
        let Some(file) = self.on_disk() else { return Ok(()) };
        let mut footing = lock(&self.footing);
        if *footing != Footing::Firm {
            settle(writer, &file.path, self.settings.busy_timeout)?;
            *footing = Footing::Firm;
        }
        Ok(())
    }

    /// After an error the writer is not used again. If another can be opened at once, what failed is gone for good.
    pub(super) fn give_up(&self, writer: &mut MutexGuard<'_, Option<Writer>>, error: &StorageError) {
        let holds_no_lock = writer.as_ref().is_some_and(|writer| writer.is_autocommit());
        if !holds_no_lock || matches!(error, StorageError::Damaged(_) | StorageError::Rekeyed) {
            **writer = None;
            self.lose_footing();
            return;
        }
        *lock(&self.footing) = Footing::Lost;
        let _ = self.firm(writer);
    }

    pub(super) fn is_lost(&self) -> bool {
        *lock(&self.footing) == Footing::Lost
    }

    pub(super) fn lose_footing(&self) {
        *lock(&self.footing) = Footing::Unknown;
    }
}

/// Puts what an earlier process left in the log into the file, and makes the names of file and log durable. SQLite itself syncs
/// the folder when it makes a log, but not when it finds one, and passes over a failure.
pub(super) fn settle(connection: &Connection, path: &Path, wait: Duration) -> Result<()> {
    // Nobody is waited for: while others read, at least the file is brought up to date.
    connection.busy_timeout(Duration::ZERO)?;
    let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    connection.busy_timeout(wait)?;
    match emptied.map_err(StorageError::from) {
        Ok(()) | Err(StorageError::Busy(_)) => file::sync_folder_of(path),
        Err(error) => Err(error),
    }
}
