//! A copy of the whole store, as of one moment, under a key of its own, while the store is in use.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::connection::{self, Purpose};
use super::database::Database;
use super::error::{Result, StorageError};
use super::file::Draft;
use super::head::Head;
use super::wraps;
use crate::secret::SecretKey;

/// Pages copied between two reports of progress: one mebibyte.
const PAGES_A_STEP: i32 = 256;

/// The key, head and root key wrap of the copy.
pub(crate) struct CopyKeys {
    pub(crate) head: Head,
    pub(crate) key: SecretKey,
    pub(crate) wrap: [u8; 60],
    /// Random bytes for the name of the file while it is being written.
    pub(crate) draft: [u8; 8],
}

impl Database {
    /// Copies the store to a new file at `path`, which appears whole or not at all. `progress` gets pages done and in
    /// all.
    pub(crate) fn backup(&self, path: &Path, keys: &CopyKeys, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
        // The copy shall not hold what the store can still lose. A store that cannot be written now can be copied all the same.
        if !self.is_read_only() {
            let _ = self.with_writer(|_| Ok(()));
        }
        // What is written from here on is not in the copy.
        self.at_one_moment(|source| self.copy(source, path, keys, progress))
    }

    fn copy(
        &self,
        source: &Connection,
        path: &Path,
        keys: &CopyKeys,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<()> {
        let draft = Draft::new(path, &keys.draft)?;
        let mut copy =
            connection::open(draft.path(), &keys.key, &keys.head, Purpose::Create, self.settings().busy_timeout)?;
        let wait = self.settings().busy_timeout;
        {
            let mut stuck_since = None;
            let backup = Backup::new(source, &mut copy)?;
            loop {
                let step = backup.step(PAGES_A_STEP)?;
                let pages = backup.progress();
                let count = |pages: std::ffi::c_int| u64::try_from(pages).unwrap_or(0);
                progress(count(pages.pagecount - pages.remaining), count(pages.pagecount));
                match step {
                    StepResult::Done => break,
                    StepResult::More => stuck_since = None,
                    _ if stuck_since.get_or_insert_with(Instant::now).elapsed() > wait => {
                        return Err(StorageError::Busy(0));
                    }
                    _ => std::thread::sleep(Duration::from_millis(1)),
                }
            }
        }
        wraps::keep_only(&mut copy, &keys.wrap)?;
        connection::close(copy)?;
        draft.publish()
    }
}
