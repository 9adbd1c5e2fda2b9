//! The verbs on keys: insert, find, list, rename, delete.

use rusqlite::{Connection, OptionalExtension, params};

use super::database::Database;
use super::error::{Result, StorageError};
use super::refused::Refused;
use super::{rows, uses};
use crate::model::{KeyId, KeyName, Kid, NewRow, Record, Stored, Written};

/// By what rows are looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lookup<'a> {
    Id(KeyId),
    Name(&'a KeyName),
    /// The first 8 bytes of a digest: whoever asks compares the whole.
    DigestPrefix(i64),
    /// The place in the order of insertion.
    Place(i64),
}

impl Database {
    /// Writes a key, durably when it returns.
    pub(crate) fn insert(&self, row: &NewRow) -> Result<Written> {
        self.write(|transaction| rows::insert(transaction, row))
    }

    /// Writes many keys in one transaction. A key whose id or name is taken fails alone; any other failure undoes all.
    pub(crate) fn insert_each(&self, rows: &[NewRow]) -> Result<Vec<Result<Written>>> {
        self.write(|transaction| insert_each(transaction, rows))
    }

    /// Writes all keys or, when the id or name of one is taken, none.
    pub(crate) fn insert_all(&self, rows: &[NewRow]) -> Result<Vec<Result<Written>>> {
        let mut outcomes = Vec::new();
        let written = self.write(|transaction| {
            outcomes = insert_each(transaction, rows)?;
            match outcomes.iter().find_map(|outcome| outcome.as_ref().err()) {
                // An error is what undoes a transaction; the outcomes say more than it does.
                Some(StorageError::Duplicate { field }) => Err(StorageError::Duplicate { field }),
                _ => Ok(()),
            }
        });
        match written {
            Ok(()) | Err(StorageError::Duplicate { .. }) => Ok(outcomes),
            Err(error) => Err(error),
        }
    }

    /// All rows that match, oldest first.
    pub(crate) fn find(&self, lookup: Lookup<'_>) -> Result<Vec<Stored>> {
        self.read(|connection| {
            let query = |condition: &str| format!("SELECT {} FROM key WHERE {condition} ORDER BY seq", rows::COLUMNS);
            match lookup {
                Lookup::Id(id) => select(connection, &query("id = ?1"), params![id.as_bytes()]),
                Lookup::Name(name) => select(connection, &query("name = ?1"), params![name.as_str()]),
                Lookup::Place(seq) => select(connection, &query("seq = ?1"), params![seq]),
                Lookup::DigestPrefix(prefix) => {
                    let condition = "seq IN (SELECT seq FROM fingerprint WHERE prefix = ?1)";
                    select(connection, &query(condition), params![prefix])
                }
            }
        })
    }

    /// The ids and places of the keys with a kid, whose digest begins with this prefix.
    pub(crate) fn places_by_kid(&self, prefix: i64, kid: &Kid) -> Result<Vec<(KeyId, i64)>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, seq FROM fingerprint CROSS JOIN key USING (seq) WHERE prefix = ?1 AND kid = ?2",
            )?;
            let found = statement.query_map((prefix, kid.as_str()), |row| {
                Ok((rows::convert(row, 0, |bytes: [u8; 16]| KeyId::from_stored(&bytes))?, row.get(1)?))
            })?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// A key with its seal.
    pub(crate) fn sealed(&self, id: KeyId) -> Result<Option<(Stored, Box<[u8]>)>> {
        self.read(|connection| match sealed_row_of(connection, id) {
            Ok(found) => Ok(Some(found)),
            Err(StorageError::NoSuchKey) => Ok(None),
            Err(error) => Err(error),
        })
    }

    /// The nonce of a key's seal, which no other seal has: enough to see that a key is still the one seen before.
    pub(crate) fn nonce(&self, id: KeyId) -> Result<Option<[u8; 12]>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT nonce FROM key WHERE id = ?1")?;
            Ok(statement.query_row([id.as_bytes()], |row| row.get(0)).optional()?)
        })
    }

    /// Up to `most` rows inserted after the one at `seq`, in the order of insertion.
    pub(crate) fn after(&self, seq: i64, most: u32) -> Result<Vec<Stored>> {
        self.read(|connection| select_after(connection, "TRUE", seq, most))
    }

    pub(crate) fn count(&self) -> Result<u64> {
        self.read(|connection| {
            Ok(connection.query_row("SELECT count(*) FROM key", [], |row| row.get::<_, i64>(0))?.unsigned_abs())
        })
    }

    /// Gives a key another name; `change` makes the new row from the one in force.
    pub(crate) fn update_name(&self, id: KeyId, change: impl FnOnce(Stored) -> Result<Record>) -> Result<Record> {
        self.write(|transaction| {
            let stored = row_of(transaction, id)?;
            let seq = stored.seq;
            let record = change(stored)?;
            transaction
                .prepare_cached("UPDATE key SET name = ?2, updated_at = ?3, tag = ?4 WHERE seq = ?1")?
                .execute(params![seq, record.key.name.as_str(), record.key.updated_at.as_millisecond(), record.tag])?;
            Ok(record)
        })
    }

    /// Seals a key anew; `change` makes the new row, or none when nothing is to change, from the one in force and its seal.
    /// When it refuses, or anything fails, nothing was changed.
    pub(crate) fn reseal<E>(
        &self,
        id: KeyId,
        change: impl FnOnce(Stored, Box<[u8]>) -> std::result::Result<Option<NewRow>, Refused<E>>,
    ) -> Result<std::result::Result<(), E>> {
        let resealed = self.write_unless(|transaction| {
            let (stored, sealed) = sealed_row_of(transaction, id)?;
            let seq = stored.seq;
            Refused::settle(change(stored, sealed).and_then(|row| match row {
                Some(row) => Ok(put_seal(transaction, seq, &row)?),
                None => Ok(()),
            }))
        })?;
        Ok(resealed.map(drop))
    }

    /// Deletes a key that nobody uses, with its digests, which `digest_prefixes` takes from the row and its seal. Gives
    /// the users when there are any, and then deletes nothing.
    pub(crate) fn delete(
        &self,
        id: KeyId,
        digest_prefixes: impl FnOnce(&Stored, &[u8]) -> Result<Vec<i64>>,
    ) -> Result<std::result::Result<(), Vec<String>>> {
        self.write(|transaction| {
            let (stored, sealed) = sealed_row_of(transaction, id)?;
            let users = uses::of(transaction, stored.seq)?;
            if !users.is_empty() {
                return Ok(Err(users));
            }
            remove(transaction, stored.seq, &digest_prefixes(&stored, &sealed)?)?;
            Ok(Ok(()))
        })
    }
}

/// Writes a key's new seal, and what it binds that can change.
pub(super) fn put_seal(transaction: &Connection, seq: i64, row: &NewRow) -> Result<()> {
    let NewRow { record, sealed, digest_prefixes, .. } = row;
    transaction
        .prepare_cached(
            "UPDATE key SET exported_at = ?2, revision = ?3, nonce = ?4, tag = ?5, sealed = ?6 WHERE seq = ?1",
        )?
        .execute(params![
            seq,
            record.key.exported_at.map(jiff::Timestamp::as_millisecond),
            record.revision_code(),
            record.nonce,
            record.tag,
            sealed.as_ref()
        ])?;
    rows::add_digests(transaction, seq, digest_prefixes)
}

/// Deletes a key with its digests.
pub(super) fn remove(transaction: &Connection, seq: i64, digest_prefixes: &[i64]) -> Result<()> {
    let mut digest = transaction.prepare_cached("DELETE FROM fingerprint WHERE prefix = ?1 AND seq = ?2")?;
    for prefix in digest_prefixes {
        digest.execute((prefix, seq))?;
    }
    transaction.prepare_cached("DELETE FROM key WHERE seq = ?1")?.execute([seq])?;
    // A place in the order is never used twice: a walk over the keys would skip the new one.
    transaction
        .prepare_cached(
            "UPDATE store SET last_seq = ?1 WHERE ?1 > (SELECT coalesce(max(seq), 0) FROM key) AND ?1 > last_seq",
        )?
        .execute([seq])?;
    Ok(())
}

/// Writes keys one by one; one whose id or name is taken fails alone.
fn insert_each(transaction: &Connection, rows: &[NewRow]) -> Result<Vec<Result<Written>>> {
    rows.iter()
        .map(|row| match rows::insert(transaction, row) {
            Ok(written) => Ok(Ok(written)),
            Err(error @ StorageError::Duplicate { .. }) => Ok(Err(error)),
            Err(error) => Err(error),
        })
        .collect()
}

fn row_of(connection: &Connection, id: KeyId) -> Result<Stored> {
    let query = format!("SELECT {} FROM key WHERE id = ?1", rows::COLUMNS);
    select(connection, &query, params![id.as_bytes()])?.pop().ok_or(StorageError::NoSuchKey)
}

pub(super) fn sealed_row_of(connection: &Connection, id: KeyId) -> Result<(Stored, Box<[u8]>)> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {}, sealed FROM key WHERE id = ?1", rows::COLUMNS))?;
    statement.query_row([id.as_bytes()], rows::read_sealed).optional()?.ok_or(StorageError::NoSuchKey)
}

/// Up to `most` rows after the one at `seq` for which the condition holds.
pub(super) fn select_after(connection: &Connection, condition: &str, seq: i64, most: u32) -> Result<Vec<Stored>> {
    let columns = rows::COLUMNS;
    let query = format!("SELECT {columns} FROM key WHERE seq > ?1 AND {condition} ORDER BY seq LIMIT ?2");
    select(connection, &query, params![seq, most])
}

pub(super) fn select(connection: &Connection, query: &str, parameters: impl rusqlite::Params) -> Result<Vec<Stored>> {
    let mut statement = connection.prepare_cached(query)?;
    rows::collect(statement.query_map(parameters, rows::read)?)
}
