//! The rows of the tables `ring` and `ring_key`, and the record that they stand for together.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::RingLookup;
use crate::model::{
    Algorithm, Invalid, KeyId, KeySpec, KeyUse, RingMember, RingName, RingPlace, RingRecord, Schedule, Stored,
};
use crate::storage::error::{Result, StorageError};
use crate::storage::rows::{self, convert, instant, optional_instant};
use crate::storage::{keys, schema, uses};

const COLUMNS: &str = "n, id, name, common_name, key_use, algorithm, bits, exportable, created_at, every, publish, grace, \
     keep, revision, tag, current, next";

/// One ring with its members, if there is one.
pub(super) fn select_one(connection: &Connection, lookup: RingLookup<'_>) -> Result<Option<RingRecord>> {
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

/// Every ring, in the order in which they were made.
pub(in crate::storage) fn select_all(connection: &Connection) -> Result<Vec<RingRecord>> {
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
        let member = RingMember {
            key: key_id(row, 0)?,
            place: convert(row, 1, RingPlace::from_code)?,
            published_at: convert(row, 2, instant)?,
            current_since: convert(row, 3, optional_instant)?,
            replaced_at: convert(row, 4, optional_instant)?,
            ended_at: convert(row, 5, optional_instant)?,
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

/// The rows of a ring's keys, in the order of its members.
pub(super) fn keys_of(connection: &Connection, record: &RingRecord) -> Result<Vec<Stored>> {
    let query = format!("SELECT {} FROM key WHERE id = ?1", rows::COLUMNS);
    let one = |member: &RingMember| {
        let found = keys::select(connection, &query, params![member.key.as_bytes()])?.pop();
        found.ok_or(StorageError::NoSuchKey)
    };
    record.members.iter().map(one).collect()
}

/// The number of a ring that is there.
pub(super) fn number(connection: &Connection, id: &[u8; 16]) -> Result<i64> {
    Ok(connection.prepare_cached("SELECT n FROM ring WHERE id = ?1")?.query_row([id], |row| row.get(0))?)
}

/// Writes a ring with its members, whose keys are there.
pub(super) fn put(transaction: &Connection, record: &RingRecord) -> Result<()> {
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
