//! Listing keys without holding them all.

use std::collections::VecDeque;

use super::Keystore;
use crate::error::Result;
use crate::model::{Key, Stored};
use crate::storage::{Database, StorageError};

/// Rows fetched at a time.
const BATCH: u32 = 256;

impl Keystore {
    /// Every key in the order of insertion, fetched in batches of 256: memory stays the same for a million keys.
    ///
    /// A key that is there from the beginning of the walk to its end comes exactly once. One inserted meanwhile comes
    /// at the end; one deleted meanwhile may come or not.
    #[must_use]
    pub fn keys(&self) -> Keys {
        self.walk(Database::after)
    }

    /// The keys that [`jwks`](Self::jwks) publishes, and those that have no public part.
    pub(super) fn published_keys(&self) -> Keys {
        self.walk(Database::published_after)
    }

    fn walk(&self, fetch: Fetch) -> Keys {
        Keys { store: self.clone(), fetch, batch: VecDeque::new(), last: 0, done: false }
    }
}

/// Takes up to so many rows that come after this place.
type Fetch = fn(&Database, i64, u32) -> std::result::Result<Vec<Stored>, StorageError>;

/// The iterator of [`Keystore::keys`]. After an error it ends.
#[derive(Debug)]
pub struct Keys {
    store: Keystore,
    fetch: Fetch,
    batch: VecDeque<Stored>,
    last: i64,
    done: bool,
}

impl Iterator for Keys {
    type Item = Result<Key>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.batch.is_empty() && !self.done {
            match (self.fetch)(&self.store.0.database, self.last, BATCH) {
                Ok(batch) => {
                    self.done = batch.len() < BATCH as usize;
                    self.batch = batch.into();
                }
                Err(error) => {
                    self.done = true;
                    return Some(Err(error.into()));
                }
            }
        }
        let stored = self.batch.pop_front()?;
        self.last = stored.seq;
        let key = self.store.checked(stored);
        if key.is_err() {
            self.batch.clear();
            self.done = true;
        }
        Some(key)
    }
}
