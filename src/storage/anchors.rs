//! Anchors that were given out: states that are known to come before all that follow.

use rusqlite::{Connection, OptionalExtension};

use super::database::Database;
use super::error::{Result, StorageError};
use super::schema;
use super::state::{ANCHORS, altered, epoch_at, read, recount_table};
use crate::model::BoundState;

/// How many anchors of the past are known. They are 40 bytes each.
pub(crate) const KNOWN_ANCHORS: i64 = 1024;

impl Database {
    /// Makes the state in force one that is known to come before all that follow, and gives its epoch and digest. When nothing
    /// was changed since that was last done, it is not done again.
    pub(crate) fn make_anchor(&self) -> Result<(u64, [u8; 32])> {
        if let Some(last) = self.read(last_anchor)? {
            return Ok(last);
        }
        self.write(|transaction| {
            // Somebody else may have been faster.
            if let Some(last) = last_anchor(transaction)? {
                return Ok(last);
            }
            let BoundState { epoch, digest, .. } = read(transaction)?;
            let first = i64::try_from(epoch).map_err(|_| altered())?;
            transaction.prepare_cached("INSERT INTO anchor (epoch, digest) VALUES (?1, ?2)")?.execute((first, digest))?;
            transaction
                .prepare_cached(
                    "DELETE FROM anchor WHERE epoch IN (SELECT epoch FROM anchor ORDER BY epoch DESC LIMIT -1 OFFSET ?1)",
                )?
                .execute([KNOWN_ANCHORS])?;
            Ok((epoch, digest))
        })
    }

    /// The state in force, and the digest that an earlier epoch had, if an anchor of it is known. `None` where states are not
    /// kept: the format is older.
    pub(crate) fn anchored(&self, epoch: u64) -> Result<Option<Anchored>> {
        self.read_at_one_moment(|connection| {
            if schema::version(connection)? < schema::WITH_STATE {
                return Ok(None);
            }
            let now = read(connection)?;
            let state = self.binder().open(&now).ok_or_else(altered)?;
            // Else somebody could bring an anchor of another past in.
            if state.tallies.get(ANCHORS) != Some(&recount_table(connection, self.binder(), ANCHORS)?) {
                return Err(StorageError::Damaged("the rows of anchor were changed behind the store's back".into()));
            }
            let mut statement = connection.prepare_cached("SELECT digest FROM anchor WHERE epoch = ?1")?;
            let then = match i64::try_from(epoch) {
                Ok(epoch) => statement.query_row([epoch], |row| row.get(0)).optional()?,
                Err(_) => None,
            };
            let (count, oldest) = connection.query_row("SELECT count(*), min(epoch) FROM anchor", [], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?))
            })?;
            let oldest = oldest.filter(|_| count >= KNOWN_ANCHORS);
            let forgotten_before = oldest.and_then(|epoch| u64::try_from(epoch).ok());
            Ok(Some(Anchored { now, then, forgotten_before }))
        })
    }
}

/// What a store can say about an anchor.
pub(crate) struct Anchored {
    pub(crate) now: BoundState,
    pub(crate) then: Option<[u8; 32]>,
    /// The epoch before which anchors were given out that are not known any more.
    pub(crate) forgotten_before: Option<u64>,
}

/// The latest anchor, unless anything was changed since it was made: to make it was a change too.
fn last_anchor(connection: &Connection) -> Result<Option<(u64, [u8; 32])>> {
    if schema::version(connection)? < schema::WITH_STATE {
        return Ok(None);
    }
    let mut statement =
        connection.prepare_cached("SELECT epoch, digest FROM anchor WHERE epoch = (SELECT epoch FROM state) - 1")?;
    let found = statement.query_row([], |row| Ok((epoch_at(row, 0)?, row.get(1)?)));
    Ok(found.optional()?)
}
