//! Credentials whose time is over are wiped.

use super::super::Keystore;
use super::can_wait;
use super::change::in_force;
use crate::error::{ErrorKind, Result};
use crate::model::{AppId, AppRecord};

impl Keystore {
    /// Wipes from the file what was replaced and is no longer accepted, and says of how many apps. Whoever authenticates or
    /// reads such an app does so by the way; this is for those that nobody asks for.
    ///
    /// # Errors
    /// Those of every write, see [`rename`](Self::rename).
    pub fn wipe_expired_credentials(&self) -> Result<usize> {
        let now = self.now();
        let over = |record: &AppRecord| record.previous.is_some() && !in_force(&record.previous, now);
        let mut wiped = 0;
        for record in self.0.database.apps()?.into_iter().filter(over) {
            wiped += usize::from(self.expire(record.id)?);
        }
        Ok(wiped)
    }

    /// Wipes the previous credential of an app when its time is over; false when there is no such one.
    fn expire(&self, id: AppId) -> Result<bool> {
        let expired = self.change_app(id, |change, state| {
            let Some((_, until)) = &state.record.previous else { return Ok(false) };
            if *until > self.now() {
                return Ok(false);
            }
            let mut row = change.sealed(state.record)?;
            (row.record.previous, row.sealed_previous) = (None, None);
            self.put_app(change, row)?;
            Ok(true)
        });
        match expired {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            expired => expired,
        }
    }

    /// As [`expire`](Self::expire); where nothing can be written just now, the next one does it.
    pub(super) fn try_to_expire(&self, id: AppId) -> Result<()> {
        match self.expire(id) {
            Err(error) if !can_wait(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// The record as it counts now: without a credential that is over.
    pub(super) fn without_expired(&self, mut record: AppRecord) -> AppRecord {
        if !in_force(&record.previous, self.now()) {
            record.previous = None;
        }
        record
    }
}
