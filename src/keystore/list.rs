//! Listing keys without holding them all.

use std::collections::VecDeque;

use super::Keystore;
use crate::error::Result;
use crate::model::{Key, Stored};

/// Rows fetched at a time.
const BATCH: u32 = 256;

impl Keystore {
    /// Every key in the order of insertion, fetched in batches of 256: memory stays the same for a million keys.
    ///
    /// A key that is there from the beginning of the walk to its end comes exactly once. One inserted meanwhile comes
    /// at the end; one deleted meanwhile may come or not.
    #[must_use]
    pub fn keys(&self) -> Keys {
        Keys { store: self.clone(), batch: VecDeque::new(), last: 0, done: false }
    }
}

/// The iterator of [`Keystore::keys`]. After an error it ends.
#[derive(Debug)]
pub struct Keys {
    store: Keystore,
    batch: VecDeque<Stored>,
    last: i64,
    done: bool,
}

impl Iterator for Keys {
    type Item = Result<Key>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.batch.is_empty() && !self.done {
            match self.store.0.database.after(self.last, BATCH) {
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
