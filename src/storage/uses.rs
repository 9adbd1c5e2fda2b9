//! Who uses a key.

use rusqlite::{Connection, OptionalExtension, params};

use super::database::Database;
use super::error::{Result, StorageError};
use super::schema;
use crate::model::{KeyId, UserLabel};

impl Database {
    /// Notes a user of a key. Noting the same twice changes nothing.
    pub(crate) fn add_use(&self, id: KeyId, user: &UserLabel) -> Result<()> {
        self.write(|transaction| {
            let seq = seq_of(transaction, id)?;
            transaction
                .prepare_cached("INSERT OR IGNORE INTO key_use (seq, user) VALUES (?1, ?2)")?
                .execute(params![seq, user.as_str()])?;
            Ok(())
        })
    }

    /// Takes a note back; tells whether it was there.
    pub(crate) fn remove_use(&self, id: KeyId, user: &UserLabel) -> Result<bool> {
        self.write(|transaction| {
            let seq = seq_of(transaction, id)?;
            let changed = transaction
                .prepare_cached("DELETE FROM key_use WHERE seq = ?1 AND user = ?2")?
                .execute(params![seq, user.as_str()])?;
            Ok(changed > 0)
        })
    }

    pub(crate) fn users(&self, id: KeyId) -> Result<Vec<String>> {
        self.read(|connection| of(connection, seq_of(connection, id)?))
    }
}

/// The ring that a key is in, and who noted that they use it.
pub(super) fn of(connection: &Connection, seq: i64) -> Result<Vec<String>> {
    let mut users = ring_of(connection, seq)?;
    users.extend(noted(connection, seq)?);
    Ok(users)
}

/// Who noted that they use a key, in the order of their labels.
pub(super) fn noted(connection: &Connection, seq: i64) -> Result<Vec<String>> {
    texts(connection, "SELECT user FROM key_use WHERE seq = ?1 ORDER BY user", seq)
}

fn ring_of(connection: &Connection, seq: i64) -> Result<Vec<String>> {
    // An older store that is open for reading alone has no rings.
    if schema::version(connection)? < schema::WITH_RINGS {
        return Ok(Vec::new());
    }
    texts(connection, "SELECT 'ring ' || name FROM ring_key JOIN ring ON ring.n = ring WHERE seq = ?1", seq)
}

fn texts(connection: &Connection, query: &str, seq: i64) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached(query)?;
    let texts = statement.query_map([seq], |row| row.get(0))?;
    Ok(texts.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn seq_of(connection: &Connection, id: KeyId) -> Result<i64> {
    let mut statement = connection.prepare_cached("SELECT seq FROM key WHERE id = ?1")?;
    statement.query_row([id.as_bytes()], |row| row.get(0)).optional()?.ok_or(StorageError::NoSuchKey)
}
