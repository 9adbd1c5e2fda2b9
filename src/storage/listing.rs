//! What keys are searched by, at one moment: read from an index that holds nothing else, in the order of insertion.

use std::ops::RangeInclusive;

use rusqlite::{Connection, OptionalExtension, Row};

use super::connection;
use super::database::Database;
use super::error::{Result, StorageError};
use super::rows;
use super::schema;
use crate::model::{Algorithm, KeyId, KeyType, Listed, Stored};

/// How far a moment has come. Of two moments the later has the greater one, and those of one state are equal: changes
/// are counted, and a place in the order of insertion is never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tip {
    /// The last change of a key that was there before.
    pub(crate) change: i64,
    /// The last place in the order of insertion.
    pub(crate) seq: i64,
}

/// The keys at one moment: what others write meanwhile is not seen.
pub(crate) struct Listing<'a> {
    connection: &'a Connection,
    tip: Tip,
    has_changes: bool,
}

impl Database {
    /// Lets `work` look at one moment of the keys.
    pub(crate) fn listing<T>(&self, work: impl Fn(&Listing<'_>) -> Result<T>) -> Result<T> {
        self.read_at_one_moment(|connection| work(&Listing::new(connection)?))
    }

    /// Lets `work` look at the very moment of another listing on a connection of its own, at the same time. `None` when
    /// that cannot be had: somebody wrote since, or the store lives in memory and has but one connection.
    pub(crate) fn listing_beside<T>(&self, tip: Tip, work: impl Fn(&Listing<'_>) -> Result<T>) -> Result<Option<T>> {
        if self.path().is_none() {
            return Ok(None);
        }
        self.listing(|beside| if beside.tip == tip { work(beside).map(Some) } else { Ok(None) })
    }
}

impl<'a> Listing<'a> {
    fn new(connection: &'a Connection) -> Result<Self> {
        // A store of the first version that is open read-only has no count of changes: to change it is to make one.
        let has_changes = schema::version(connection)? >= schema::WITH_CHANGES;
        let seq = "SELECT coalesce(max(seq), 0) FROM key";
        let change = if has_changes { "(SELECT coalesce(max(n), 0) FROM key_change)" } else { "0" };
        let tip = connection
            .prepare_cached(&format!("SELECT ({seq}), {change}"))?
            .query_row([], |row| Ok(Tip { seq: row.get(0)?, change: row.get(1)? }))?;
        Ok(Self { connection, tip, has_changes })
    }

    pub(crate) fn tip(&self) -> Tip {
        self.tip
    }

    /// Every key in a range of the order of insertion, until `each` says that it is enough.
    pub(crate) fn keys(&self, seqs: RangeInclusive<i64>, mut each: impl FnMut(Listed<'_>) -> bool) -> Result<()> {
        let query = format!("SELECT {COLUMNS} FROM key WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq");
        let mut statement = self.connection.prepare_cached(&query)?;
        let mut rows = statement.query([seqs.start(), seqs.end()])?;
        while let Some(row) = rows.next()? {
            if !each(read(row)?) {
                break;
            }
        }
        Ok(())
    }

    /// As [`keys`](Self::keys), for ranges of any length: read once, pages need not be kept.
    pub(crate) fn many_keys(&self, seqs: RangeInclusive<i64>, each: impl FnMut(Listed<'_>) -> bool) -> Result<()> {
        connection::set_cache(self.connection, connection::LEAST_CACHE)?;
        let read = self.keys(seqs, each);
        connection::set_cache(self.connection, connection::CACHE)?;
        read
    }

    /// The key with this id, if it is there.
    pub(crate) fn one(&self, id: KeyId, each: impl FnOnce(Listed<'_>)) -> Result<()> {
        let query = format!("SELECT {COLUMNS} FROM key WHERE id = ?1");
        let mut statement = self.connection.prepare_cached(&query)?;
        let mut rows = statement.query([id.as_bytes()])?;
        if let Some(row) = rows.next()? {
            each(read(row)?);
        }
        Ok(())
    }

    /// The ids of keys changed or deleted since a change; `None` when that is too long ago for the file to know them all.
    pub(crate) fn changed_since(&self, change: i64) -> Result<Option<Vec<KeyId>>> {
        if !self.has_changes || change == self.tip.change {
            return Ok(Some(Vec::new()));
        }
        let mut statement = self.connection.prepare_cached("SELECT id FROM key_change WHERE n > ?1")?;
        let changed =
            statement.query_map([change], |row| rows::convert(row, 0, id))?.collect::<rusqlite::Result<Vec<_>>>()?;
        let all = i64::try_from(changed.len()).ok() == self.tip.change.checked_sub(change);
        Ok(all.then_some(changed))
    }

    /// The row at a place.
    pub(crate) fn row(&self, seq: i64) -> Result<Option<Stored>> {
        let query = format!("SELECT {} FROM key WHERE seq = ?1", rows::COLUMNS);
        Ok(self.connection.prepare_cached(&query)?.query_row([seq], rows::read).optional()?)
    }
}

/// Of a name; an issuer is shorter.
const MOST_CHARACTERS: usize = 4096;
const COLUMNS: &str = "seq, id, name, type, algorithm, has_private, issuer, inserted_at, updated_at, expires_at";

fn read<'a>(row: &'a Row<'_>) -> Result<Listed<'a>> {
    let text = |at| -> Result<&'a str> {
        let text = row.get_ref(at)?.as_str().map_err(|_| damaged())?;
        // A page that does not authenticate may come as zeros, and no name has one. The index counts on the length.
        let too_long = text.len() > MOST_CHARACTERS && text.chars().nth(MOST_CHARACTERS).is_some();
        if text.is_empty() || too_long || text.as_bytes().contains(&0) { Err(damaged()) } else { Ok(text) }
    };
    Ok(Listed {
        seq: row.get(0)?,
        id: rows::convert(row, 1, id)?,
        name: text(2)?,
        key_type: rows::convert(row, 3, KeyType::from_code)?,
        algorithm: rows::convert(row, 4, |code: Option<u8>| match code {
            None => Some(None),
            Some(code) => Algorithm::from_code(code).map(Some),
        })?,
        has_private: row.get(5)?,
        issuer: if row.get_ref(6)?.data_type() == rusqlite::types::Type::Null { None } else { Some(text(6)?) },
        inserted_at: row.get(7)?,
        updated_at: row.get(8)?,
        expires_at: row.get(9)?,
    })
}

fn id(bytes: [u8; 16]) -> Option<KeyId> {
    KeyId::from_stored(&bytes)
}

fn damaged() -> StorageError {
    StorageError::Damaged("a name or issuer in the search index is not valid".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::StoreId;
    use crate::storage::schema::Identity;

    /// The triggers keep the last 4096 changes: whoever saw the one before them misses nothing.
    #[test]
    fn changes_are_known_to_the_last_one_kept() {
        let identity = Identity { id: StoreId([0; 16]), created_at: 0, wrapped_root: [0; 60] };
        let database = Database::in_memory(&identity, std::sync::Arc::new(crate::storage::state::Plain)).unwrap();
        let change = |times: usize| {
            database.write(|connection| {
                (0..times).try_for_each(|_| Ok(connection.execute_batch("UPDATE key SET updated_at = updated_at + 1")?))
            })
        };
        let key = "INSERT INTO key VALUES (1, x'00000000000040008000000000000001', 'a', 1, 1, 256, 'kid', NULL, 1, 0, 1, 0, 0, NULL, NULL, 1, \
                   zeroblob(12), zeroblob(32), NULL, NULL, zeroblob(1))";
        database.write(|connection| Ok(connection.execute_batch(key)?)).unwrap();
        let known =
            |since: i64| database.listing(|moment| Ok(moment.changed_since(since)?.map(|ids| ids.len()))).unwrap();
        assert_eq!(known(0), Some(0));
        change(4096).unwrap();
        assert_eq!([0, 1, 4095, 4096].map(known), [4096, 4095, 1, 0].map(Some));
        change(1).unwrap();
        assert_eq!([0, 1, 4096].map(known), [None, Some(4096), Some(1)]);
        change(4096).unwrap();
        assert_eq!([0, 1, 4096, 4097, 8193].map(known), [None, None, None, Some(4096), Some(0)]);
        // One that somebody took away is missed, wherever it was.
        database.write(|connection| Ok(connection.execute_batch("DELETE FROM key_change WHERE n = 8000")?)).unwrap();
        assert_eq!([4097, 7999, 8000].map(known), [None, None, Some(193)]);
    }
}
