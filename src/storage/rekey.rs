//! Changing the page key, so that a crash at any point leaves a file that opens with the old key or the new.

use std::panic::resume_unwind;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use super::database::Database;
use super::error::{Result, StorageError};
use super::file::with_suffix;
use super::head::{Head, PAGE_LEN};
use super::{sqlcipher, wraps};
use crate::secret::SecretKey;

/// Time between two looks at the log.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A page in the log has 24 bytes before it.
const FRAME_LEN: u64 = PAGE_LEN as u64 + 24;

impl Database {
    /// Rewrites every page under `key`; `wrap` is the root key wrapped under it. The order is that of the manual,
    /// `key_hierarchy`. `progress` gets pages done and in all.
    pub(crate) fn rekey(
        &self,
        key: SecretKey,
        wrap: &[u8; 60],
        mut progress: Option<&mut dyn FnMut(u64, u64)>,
    ) -> Result<()> {
        let head =
            self.head().ok_or_else(|| StorageError::ReadOnly("a store in memory has no key to change".into()))?;
        self.with_writer(|writer| {
            let old = self.page_key().ok_or_else(|| StorageError::Database("the store in memory has no key".into()))?;
            let reopen = || {
                self.try_key(&old).map_err(|error| match error {
                    StorageError::WrongKey => StorageError::Rekeyed,
                    other => other,
                })
            };
            // On a connection of its own: SQLCipher sets the new key for writing before it takes the lock, and leaves it
            // set when it does not get it. What such a connection wrote later would be unreadable.
            let mut changer = reopen()?;
            wraps::add(&changer, wrap).map_err(of_the_disk)?;
            let pages = changer.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0))?.unsigned_abs();
            let changed = match (progress.as_mut(), self.path()) {
                (Some(progress), Some(path)) => {
                    rekey_watched(&mut changer, &key, &head, path, &mut |done| progress(done.min(pages), pages))
                }
                _ => sqlcipher::rekey(&changer, &key, head.as_bytes()),
            };
            if let Err(error) = changed {
                drop(changer);
                // The old key is in force: a wrap under the new one is of no use to anybody.
                let _ = reopen().and_then(|again| wraps::remove(&again, wrap));
                return Err(of_the_disk(error.into()));
            }
            drop(changer);
            // SQLCipher by itself reports success also when its commit failed. Only the file knows.
            let mut fresh = match self.try_key(&key) {
                Err(StorageError::WrongKey) => {
                    return Err(StorageError::Database("the change of key was not committed".into()));
                }
                Err(error) => {
                    // The new key is in force: who opens the file next needs it.
                    if error.spoils_connection() {
                        self.replace_key(key);
                    }
                    return Err(of_the_disk(error));
                }
                Ok(fresh) => fresh,
            };
            self.replace_key(key);
            let only = wraps::keep_only(&mut fresh, wrap).map_err(of_the_disk);
            // While readers look at the old pages the log cannot be emptied; the next checkpoint does it.
            let _ = fresh.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            *writer = self.watched(fresh);
            if let Some(progress) = progress {
                progress(pages, pages);
            }
            only
        })
    }
}

/// Changes the key on a thread of its own, since SQLCipher does so in a single call, and tells meanwhile by how many pages
/// the log has grown.
fn rekey_watched(
    changer: &mut Connection,
    key: &SecretKey,
    head: &Head,
    path: &Path,
    grown: &mut dyn FnMut(u64),
) -> rusqlite::Result<()> {
    let log = with_suffix(path, "-wal");
    let len = || std::fs::metadata(&log).map_or(0, |metadata| metadata.len());
    // What is in the log already is put into the file, where readers allow it: else it hides the growth at first.
    let _ = changer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    let before = len();
    let (alive, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let work = scope.spawn(move || {
            let _alive = alive;
            sqlcipher::rekey(changer, key, head.as_bytes())
        });
        while ended.recv_timeout(LOOK_EVERY) == Err(mpsc::RecvTimeoutError::Timeout) {
            grown(len().saturating_sub(before) / FRAME_LEN);
        }
        work.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// The writer of the same file can write: where another connection cannot, the disk failed when it was opened.
fn of_the_disk(error: StorageError) -> StorageError {
    match error {
        StorageError::ReadOnly(what) => {
            StorageError::io("the file could not be opened for writing")(std::io::Error::other(what))
        }
        other => other,
    }
}
