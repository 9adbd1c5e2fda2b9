//! Rings, and the keys that are in them.

mod ring_rows;

use rusqlite::Connection;

use super::database::Database;
use super::error::Result;
use super::refused::Refused;
use super::{keys, rows, schema, uses};
use crate::model::{KeyId, NewRow, RingName, RingPlace, RingRecord, Stored};

pub(super) use ring_rows::select_all;
use ring_rows::{keys_of, number, put, select_one};

/// By what a ring is looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RingLookup<'a> {
    Id(&'a [u8; 16]),
    Name(&'a RingName),
}

/// A ring's row with the rows of its keys, which are in the order of its members.
pub(crate) type RingRows = (RingRecord, Vec<Stored>);

impl Database {
    /// Writes a new ring and its first keys. The ring's members are those keys.
    pub(crate) fn create_ring(&self, record: &RingRecord, first: &[NewRow]) -> Result<()> {
        self.write(|transaction| {
            for row in first {
                rows::insert(transaction, row)?;
            }
            put(transaction, record)
        })
    }

    /// One ring at one moment.
    pub(crate) fn ring(&self, lookup: RingLookup<'_>) -> Result<Option<RingRows>> {
        self.read_at_one_moment(|connection| {
            let Some(record) = select_one(connection, lookup)? else { return Ok(None) };
            let stored = keys_of(connection, &record)?;
            Ok(Some((record, stored)))
        })
    }

    /// Every ring at one moment, in the order in which they were made.
    pub(crate) fn rings(&self) -> Result<Vec<RingRecord>> {
        self.read_at_one_moment(select_all)
    }

    /// A ring without the rows of its keys: enough to see that it is still what it was.
    pub(crate) fn ring_record(&self, id: &[u8; 16]) -> Result<Option<RingRecord>> {
        self.read_at_one_moment(|connection| select_one(connection, RingLookup::Id(id)))
    }

    /// Changes a ring in one transaction. When `change` refuses, or anything fails, nothing was changed. `None` when there is
    /// no such ring.
    pub(crate) fn change_ring<T, E>(
        &self,
        id: &[u8; 16],
        change: impl FnOnce(&RingChange<'_>, RingRecord) -> std::result::Result<T, Refused<E>>,
    ) -> Result<std::result::Result<Option<T>, E>> {
        self.write_unless(|transaction| {
            let Some(record) = select_one(transaction, RingLookup::Id(id))? else { return Ok(Ok(None)) };
            Refused::settle(change(&RingChange { transaction }, record))
        })
    }

    /// As [`after`](Self::after), without the keys that rings have retired. Which those are is asked with the rows: a ring may turn
    /// between two batches.
    pub(crate) fn published_after(&self, seq: i64, most: u32) -> Result<Vec<Stored>> {
        self.read(|connection| {
            if schema::version(connection)? < schema::WITH_RINGS {
                return keys::select_after(connection, "TRUE", seq, most);
            }
            let retired = RingPlace::Retired.code();
            let condition =
                format!("NOT EXISTS (SELECT * FROM ring_key WHERE ring_key.seq = key.seq AND place = {retired})");
            keys::select_after(connection, &condition, seq, most)
        })
    }
}

/// A transaction that changes a ring.
pub(crate) struct RingChange<'a> {
    transaction: &'a Connection,
}

impl RingChange<'_> {
    /// The row of a key with its seal.
    pub(crate) fn sealed(&self, key: KeyId) -> Result<(Stored, Box<[u8]>)> {
        keys::sealed_row_of(self.transaction, key)
    }

    /// The rows of the ring's keys, in the order of its members.
    pub(crate) fn keys(&self, record: &RingRecord) -> Result<Vec<Stored>> {
        keys_of(self.transaction, record)
    }

    /// Who uses a key beside the ring itself.
    pub(crate) fn other_users(&self, key: KeyId) -> Result<Vec<String>> {
        uses::noted(self.transaction, uses::seq_of(self.transaction, key)?)
    }

    /// Writes a key that is new.
    pub(crate) fn insert(&self, row: &NewRow) -> Result<()> {
        rows::insert(self.transaction, row).map(drop)
    }

    /// Writes a key's new seal.
    pub(crate) fn reseal(&self, seq: i64, row: &NewRow) -> Result<()> {
        keys::put_seal(self.transaction, seq, row)
    }

    /// Writes the ring with its members, of which each is a key that is there. Those that are no members any more and are
    /// given here are deleted, each with its digests.
    pub(crate) fn put(&self, record: &RingRecord, dropped: &[(i64, Vec<i64>)]) -> Result<()> {
        put(self.transaction, record)?;
        dropped.iter().try_for_each(|(seq, digests)| keys::remove(self.transaction, *seq, digests))
    }

    /// Deletes the ring, and these keys of it with their digests.
    pub(crate) fn delete(&self, record: &RingRecord, dropped: &[(i64, Vec<i64>)]) -> Result<()> {
        let n = number(self.transaction, &record.id)?;
        self.transaction.prepare_cached("DELETE FROM ring_key WHERE ring = ?1")?.execute([n])?;
        self.transaction.prepare_cached("DELETE FROM ring WHERE n = ?1")?.execute([n])?;
        dropped.iter().try_for_each(|(seq, digests)| keys::remove(self.transaction, *seq, digests))
    }
}
