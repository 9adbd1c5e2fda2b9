//! What the file itself can say about its integrity, and every row of one moment for others to judge.

use rusqlite::{Connection, params};

use super::connection::has_log;
use super::database::Database;
use super::error::{Result, StorageError};
use super::{apps, authority, rings, rows, schema, state};
use crate::model::{
    AppRecord, AppRow, AuthorityRow, AuthorityState, FailureRecord, LockoutSetting, RingRecord, StateBinder, Stored,
};

/// The store at one moment: what others write meanwhile is not seen.
pub(crate) struct Moment<'a> {
    connection: &'a Connection,
    binder: &'a dyn StateBinder,
    /// The file alone is the store: there is one, and no log beside it.
    whole_file: bool,
}

impl Database {
    /// Lets `work` look at one moment of the store.
    pub(crate) fn examine<T>(&self, work: impl FnOnce(&Moment<'_>) -> Result<T>) -> Result<T> {
        // Emptied into the file, what is in the log is checked with the rest. Where readers prevent that, or the store
        // is read-only, its pages are authenticated as they are read.
        if self.path().is_some() {
            let _ = self.with_writer(|writer| Ok(writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?));
        }
        self.at_one_moment(|connection| {
            // As long as the moment lasts, nobody empties a new log into the file.
            let whole_file = self.path().is_some_and(|path| !has_log(path));
            work(&Moment { connection, binder: self.binder(), whole_file })
        })
    }
}

impl Moment<'_> {
    /// Every problem with pages, b-trees, references and the schema, in words.
    pub(crate) fn check_file(&self) -> Result<Vec<String>> {
        let mut problems = Vec::new();
        if self.whole_file {
            problems.extend(self.texts("PRAGMA cipher_integrity_check")?);
        }
        // A page that does not authenticate makes what follows fail: that it failed is said above already.
        match self.texts("PRAGMA integrity_check(100)") {
            Ok(found) => problems.extend(found.into_iter().filter(|text| text != "ok")),
            Err(error) => problems.push(error.to_string()),
        }
        match self.texts("PRAGMA foreign_key_check") {
            Ok(tables) => problems.extend(tables.iter().map(|table| format!("a row of {table} refers to no key"))),
            Err(error) => problems.push(error.to_string()),
        }
        match schema::differences(self.connection) {
            Ok(found) => problems.extend(found),
            Err(error) => problems.push(error.to_string()),
        }
        Ok(problems)
    }

    /// How many keys there are.
    pub(crate) fn count(&self) -> Result<u64> {
        let count: i64 = self.connection.query_row("SELECT count(*) FROM key", [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Up to `most` rows inserted after the one at `seq`, each with its seal.
    pub(crate) fn after(&self, seq: i64, most: u32) -> Result<Vec<(Stored, Box<[u8]>)>> {
        let query = format!("SELECT {}, sealed FROM key WHERE seq > ?1 ORDER BY seq LIMIT ?2", rows::COLUMNS);
        let mut statement = self.connection.prepare_cached(&query)?;
        let found = statement.query_map(params![seq, most], rows::read_sealed)?;
        found.map(|row| row.map_err(StorageError::from)).collect()
    }

    /// Every key of the authority, oldest first.
    pub(crate) fn authorities(&self) -> Result<Vec<AuthorityRow>> {
        authority::select(self.connection, &AuthorityState::ALL)
    }

    /// Every ring, in the order in which they were made.
    pub(crate) fn rings(&self) -> Result<Vec<RingRecord>> {
        rings::select_all(self.connection)
    }

    /// Every app, in the order in which they were made, with its seals and when its secrets were wrong.
    pub(crate) fn apps(&self) -> Result<Vec<(AppRow, Option<FailureRecord>)>> {
        let sealed = |record: AppRecord| {
            let failures = apps::select_failures(self.connection, record.id)?;
            Ok((apps::with_seals(self.connection, record)?, failures))
        };
        apps::select_all(self.connection)?.into_iter().map(sealed).collect()
    }

    /// What holds for every app.
    pub(crate) fn app_setting(&self) -> Result<Option<LockoutSetting>> {
        apps::select_setting(self.connection)
    }

    /// Whether the digest finds the row.
    pub(crate) fn has_digest(&self, prefix: i64, seq: i64) -> Result<bool> {
        let mut statement =
            self.connection.prepare_cached("SELECT count(*) FROM fingerprint WHERE prefix = ?1 AND seq = ?2")?;
        Ok(statement.query_row((prefix, seq), |row| row.get::<_, i64>(0))? == 1)
    }

    /// How many digests there are in all.
    pub(crate) fn digests(&self) -> Result<u64> {
        let count: i64 = self.connection.query_row("SELECT count(*) FROM fingerprint", [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Every table whose rows do not add up to what the last commit left behind, in words.
    pub(crate) fn check_state(&self) -> Result<Vec<String>> {
        state::differences(self.connection, self.binder)
    }

    fn texts(&self, query: &str) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare(query)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
