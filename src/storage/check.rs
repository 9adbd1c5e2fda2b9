//! What the file itself can say about its integrity: pages, trees, references.

use rusqlite::Connection;

use super::database::Database;
use super::error::{Result, StorageError};

impl Database {
    /// Every problem with pages, b-trees and references, in words. Rows and seals are for others to judge.
    pub(crate) fn check_file(&self) -> Result<Vec<String>> {
        // What is still in the log is authenticated by being read; emptied into the file it is checked with the rest.
        if self.path().is_some() {
            let _ = self.with_writer(|writer| Ok(writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?));
        }
        let Some(connection) = self.own_reader()? else {
            return self.read(|connection| check(connection, false));
        };
        check(&connection, true)
    }

    /// Digest rows that stand for no key, and how many digests each key has: `(seq, count)`.
    pub(crate) fn stray_digests(&self) -> Result<Vec<i64>> {
        self.read(|connection| {
            let mut statement =
                connection.prepare("SELECT DISTINCT seq FROM fingerprint WHERE seq NOT IN (SELECT seq FROM key)")?;
            let strays = statement.query_map([], |row| row.get(0))?;
            Ok(strays.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The seal of the row at `seq`.
    pub(crate) fn sealed_at(&self, seq: i64) -> Result<Box<[u8]>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT sealed FROM key WHERE seq = ?1")?;
            Ok(statement.query_row([seq], |row| row.get::<_, Vec<u8>>(0))?.into_boxed_slice())
        })
    }

    /// Whether the digest finds the row.
    pub(crate) fn has_digest(&self, prefix: i64, seq: i64) -> Result<bool> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT count(*) FROM fingerprint WHERE prefix = ?1 AND seq = ?2")?;
            Ok(statement.query_row((prefix, seq), |row| row.get::<_, i64>(0))? == 1)
        })
    }
}

fn check(connection: &Connection, encrypted: bool) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    if encrypted {
        problems.extend(texts(connection, "PRAGMA cipher_integrity_check")?);
    }
    // A page that does not authenticate makes what follows fail: that it failed is said above already.
    match texts(connection, "PRAGMA integrity_check(100)") {
        Ok(found) => problems.extend(found.into_iter().filter(|text| text != "ok")),
        Err(error) => problems.push(error.to_string()),
    }
    let references = connection
        .prepare("PRAGMA foreign_key_check")
        .and_then(|mut statement| {
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            rows.map(|table| Ok(format!("a row of {} refers to no key", table?))).collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(StorageError::from);
    match references {
        Ok(found) => problems.extend(found),
        Err(error) => problems.push(error.to_string()),
    }
    Ok(problems)
}

fn texts(connection: &Connection, query: &str) -> Result<Vec<String>> {
    let mut statement = connection.prepare(query)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
