//! Rings, and the keys that are in them.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::database::Database;
use super::error::{Result, StorageError};
use super::rows::{self, convert};
use super::{keys, schema, uses};
use crate::model::{
    Algorithm, Invalid, KeyId, KeySpec, KeyUse, NewRow, RingMember, RingName, RingPlace, RingRecord, Schedule, Stored,
};

/// By what a ring is looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RingLookup<'a> {
    Id(&'a [u8; 16]),
    Name(&'a RingName),
}

/// Why a change was not made.
#[derive(Debug)]
pub(crate) enum Refused<E> {
    ByFile(StorageError),
    ByCaller(E),
}

impl<E> From<StorageError> for Refused<E> {
    fn from(error: StorageError) -> Self {
        Self::ByFile(error)
    }
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
            match change(&RingChange { transaction }, record) {
                Ok(done) => Ok(Ok(Some(done))),
                Err(Refused::ByCaller(error)) => Ok(Err(error)),
                Err(Refused::ByFile(error)) => Err(error),
            }
        })
    }

    /// Whether a ring has revoked this key.
    pub(crate) fn is_revoked(&self, id: KeyId) -> Result<bool> {
        self.read(|connection| {
            if schema::version(connection)? < schema::WITH_RINGS {
                return Ok(false);
            }
            let mut statement = connection
                .prepare_cached("SELECT count(*) FROM key JOIN ring_key USING (seq) WHERE id = ?1 AND place = ?2")?;
            Ok(statement.query_row(params![id.as_bytes(), RingPlace::Revoked.code()], |row| row.get(0))?)
        })
    }

    /// The keys that rings have retired or revoked, and those that are for encryption.
    pub(crate) fn withdrawn(&self) -> Result<HashSet<KeyId>> {
        self.read(|connection| {
            if schema::version(connection)? < schema::WITH_RINGS {
                return Ok(HashSet::new());
            }
            let mut statement = connection.prepare_cached(
                "SELECT key.id FROM ring_key JOIN ring ON ring.n = ring JOIN key USING (seq) \
                 WHERE place IN (?1, ?2) OR key_use = ?3",
            )?;
            let (retired, revoked) = (RingPlace::Retired.code(), RingPlace::Revoked.code());
            let found =
                statement.query_map(params![retired, revoked, KeyUse::Encryption.code()], |row| key_id(row, 0))?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
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

const COLUMNS: &str = "n, id, name, common_name, key_use, algorithm, bits, exportable, created_at, every, publish, grace, \
     keep, revision, tag, current, next";

fn select_one(connection: &Connection, lookup: RingLookup<'_>) -> Result<Option<RingRecord>> {
    // An older store that is open for reading alone has no rings.
    if schema::version(connection)? < schema::WITH_RINGS {
        return Ok(None);
    }
    let query = |column: &str| format!("SELECT {COLUMNS} FROM ring WHERE {column} = ?1");
    let found = match lookup {
        RingLookup::Id(id) => connection.prepare_cached(&query("id"))?.query_row([id], read).optional()?,
        RingLookup::Name(name) => {
            connection.prepare_cached(&query("name"))?.query_row([name.as_str()], read).optional()?
        }
    };
    found.map(|row| with_members(connection, row)).transpose()
}

/// Every ring, as [`Database::rings`] gives them.
pub(super) fn select_all(connection: &Connection) -> Result<Vec<RingRecord>> {
    if schema::version(connection)? < schema::WITH_RINGS {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM ring ORDER BY n"))?;
    let found = statement.query_map([], read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    found.into_iter().map(|row| with_members(connection, row)).collect()
}

/// A row of the table `ring`: its number, the places of its current and its next key, and what it says of the ring.
type RingRow = (i64, [i64; 2], RingRecord);

fn read(row: &Row<'_>) -> rusqlite::Result<RingRow> {
    let bits: i64 = row.get(6)?;
    let times: [Option<i64>; 3] = [row.get(9)?, row.get(10)?, row.get(11)?];
    let record = RingRecord {
        id: row.get(1)?,
        name: convert(row, 2, |text: String| RingName::parse(text).ok())?,
        common_name: convert(row, 3, |text: String| RingName::parse(text).ok())?,
        key_use: convert(row, 4, KeyUse::from_code)?,
        spec: convert(row, 5, |code: u8| KeySpec::parse(Algorithm::from_code(code)?, Some(bits)).ok())?,
        exportable: row.get(7)?,
        created_at: convert(row, 8, instant)?,
        schedule: convert(row, 9, |_: Option<i64>| match times {
            [None, None, None] => Some(None),
            [every, publish, grace] => Schedule::from_millis([every?, publish?, grace?]).map(Some),
        })?,
        keep: row.get(12)?,
        revision: row.get(13)?,
        tag: row.get(14)?,
        members: Vec::new(),
    };
    Ok((row.get(0)?, [row.get(15)?, row.get(16)?], record))
}

fn with_members(connection: &Connection, (n, heads, mut record): RingRow) -> Result<RingRecord> {
    let mut statement = connection.prepare_cached(
        "SELECT key.id, place, published_at, current_since, replaced_at, ended_at, seq FROM ring_key JOIN key USING (seq) \
         WHERE ring = ?1 ORDER BY seq",
    )?;
    let members = statement.query_map([n], |row| {
        let optional = |column| {
            convert(row, column, |millis: Option<i64>| match millis {
                None => Some(None),
                Some(millis) => instant(millis).map(Some),
            })
        };
        let member = RingMember {
            key: key_id(row, 0)?,
            place: convert(row, 1, RingPlace::from_code)?,
            published_at: convert(row, 2, instant)?,
            current_since: optional(3)?,
            replaced_at: optional(4)?,
            ended_at: optional(5)?,
        };
        Ok((row.get(6)?, member))
    })?;
    let members: Vec<(i64, RingMember)> = members.collect::<rusqlite::Result<_>>()?;
    // What holds the ring together in the schema must say the same as what is read.
    let seq = |place| members.iter().find(|(_, member)| member.place == place).map(|(seq, _)| *seq);
    if [seq(RingPlace::Current), seq(RingPlace::Next)] != heads.map(Some) {
        let name = Invalid::quote(record.name.as_str());
        return Err(StorageError::Damaged(format!("the row of the ring {name} names other keys than it has")));
    }
    record.members = members.into_iter().map(|(_, member)| member).collect();
    Ok(record)
}

fn key_id(row: &Row<'_>, column: usize) -> rusqlite::Result<KeyId> {
    convert(row, column, |bytes: [u8; 16]| KeyId::from_stored(&bytes))
}

fn instant(millis: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(millis).ok()
}

fn keys_of(connection: &Connection, record: &RingRecord) -> Result<Vec<Stored>> {
    let query = format!("SELECT {} FROM key WHERE id = ?1", rows::COLUMNS);
    let one = |member: &RingMember| {
        let found = keys::select(connection, &query, params![member.key.as_bytes()])?.pop();
        found.ok_or(StorageError::NoSuchKey)
    };
    record.members.iter().map(one).collect()
}

fn number(connection: &Connection, id: &[u8; 16]) -> Result<i64> {
    Ok(connection.prepare_cached("SELECT n FROM ring WHERE id = ?1")?.query_row([id], |row| row.get(0))?)
}

/// Writes a ring with its members, whose keys are there.
fn put(transaction: &Connection, record: &RingRecord) -> Result<()> {
    let seq = |place: RingPlace| {
        let member = record.in_place(place);
        let member = member.ok_or_else(|| StorageError::Damaged(format!("a ring has no {} key", place.name())))?;
        uses::seq_of(transaction, member.key)
    };
    let [every, publish, grace] = match record.schedule {
        Some(schedule) => schedule.to_millis().map(Some),
        None => [None; 3],
    };
    transaction
        .prepare_cached(
            "INSERT INTO ring (id, name, common_name, key_use, algorithm, bits, exportable, created_at, every, publish, grace, \
             keep, revision, tag, current, next) VALUES (:id, :name, :common_name, :key_use, :algorithm, :bits, :exportable, \
             :created_at, :every, :publish, :grace, :keep, :revision, :tag, :current, :next) \
             ON CONFLICT (id) DO UPDATE SET algorithm = excluded.algorithm, bits = excluded.bits, every = excluded.every, \
             publish = excluded.publish, grace = excluded.grace, keep = excluded.keep, revision = excluded.revision, \
             tag = excluded.tag, current = excluded.current, next = excluded.next",
        )?
        .execute(named_params! {
            ":id": record.id,
            ":name": record.name.as_str(),
            ":common_name": record.common_name.as_str(),
            ":key_use": record.key_use.code(),
            ":algorithm": record.spec.algorithm().code(),
            ":bits": record.spec.bits(),
            ":exportable": record.exportable,
            ":created_at": record.created_at.as_millisecond(),
            ":every": every,
            ":publish": publish,
            ":grace": grace,
            ":keep": record.keep,
            ":revision": record.revision,
            ":tag": record.tag,
            ":current": seq(RingPlace::Current)?,
            ":next": seq(RingPlace::Next)?,
        })?;
    let n = number(transaction, &record.id)?;
    transaction.prepare_cached("DELETE FROM ring_key WHERE ring = ?1")?.execute([n])?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO ring_key (ring, seq, place, published_at, current_since, replaced_at, ended_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for member in &record.members {
        let millis = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
        insert.execute(params![
            n,
            uses::seq_of(transaction, member.key)?,
            member.place.code(),
            member.published_at.as_millisecond(),
            millis(member.current_since),
            millis(member.replaced_at),
            millis(member.ended_at),
        ])?;
    }
    Ok(())
}
