//! The keys of the attestation authority.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::database::Database;
use super::error::{Result, StorageError};
use super::rows::convert;
use super::schema;
use crate::model::{
    Algorithm, AuthorityRecord, AuthorityRole, AuthorityRow, AuthorityState, Certificates, KeyId, Origin,
};

/// The nonces by which a statement's two parties are recognised: those of no other seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Of the authority that signs statements.
    pub(crate) authority: Option<[u8; 12]>,
    /// Of the key.
    pub(crate) key: Option<[u8; 12]>,
}

impl Database {
    /// All keys of the authority that are in one of these states, oldest first.
    pub(crate) fn authorities(&self, states: &[AuthorityState]) -> Result<Vec<AuthorityRow>> {
        self.read(|connection| select(connection, states))
    }

    /// Reads the marks of a key and of the authority in force.
    pub(crate) fn marks(&self, key: KeyId) -> Result<Marks> {
        const BOTH: &str = "SELECT (SELECT nonce FROM authority WHERE role = 3 AND state = 2), \
             (SELECT nonce FROM key WHERE id = ?1)";
        const KEY: &str = "SELECT NULL, (SELECT nonce FROM key WHERE id = ?1)";
        self.read(|connection| {
            let mut statement = match connection.prepare_cached(BOTH) {
                // An older store that is open for reading alone has no such table.
                Err(_) if schema::version(connection)? < schema::WITH_AUTHORITY => connection.prepare_cached(KEY)?,
                prepared => prepared?,
            };
            let marks = |row: &Row<'_>| Ok(Marks { authority: row.get(0)?, key: row.get(1)? });
            Ok(statement.query_row([key.as_bytes()], marks)?)
        })
    }

    /// Reads the mark of the authority in force.
    pub(crate) fn authority_mark(&self) -> Result<Option<[u8; 12]>> {
        self.read(|connection| {
            if schema::version(connection)? < schema::WITH_AUTHORITY {
                return Ok(None);
            }
            let mut statement =
                connection.prepare_cached("SELECT nonce FROM authority WHERE role = 3 AND state = 2")?;
            Ok(statement.query_row([], |row| row.get(0)).optional()?)
        })
    }

    /// Changes the authority in one transaction: `change` makes, of the rows that are not retired, those to be written, in
    /// this order; none to leave everything as it is. When it fails nothing is written either.
    pub(crate) fn change_authorities<T, E>(
        &self,
        change: impl FnOnce(Vec<AuthorityRow>) -> std::result::Result<(Vec<AuthorityRow>, T), E>,
    ) -> Result<std::result::Result<T, E>> {
        self.write(|transaction| {
            let rows = select(transaction, &[AuthorityState::Requested, AuthorityState::InForce])?;
            let (rows, outcome) = match change(rows) {
                Ok(changed) => changed,
                Err(refused) => return Ok(Err(refused)),
            };
            for row in &rows {
                put(transaction, row)?;
            }
            Ok(Ok(outcome))
        })
    }

    /// Deletes the key that waits for its certificate, and tells whether there was one.
    pub(crate) fn delete_requested_authority(&self) -> Result<bool> {
        self.write(|transaction| {
            let mut statement = transaction.prepare_cached("DELETE FROM authority WHERE state = ?1")?;
            Ok(statement.execute([AuthorityState::Requested.code()])? > 0)
        })
    }

    /// Fails as a write would now, and writes nothing: for whoever is about to work long for one.
    pub(crate) fn expect_writable(&self) -> Result<()> {
        self.write(|_| Ok(()))
    }
}

/// An older store that is open for reading alone has no such table, and so no authority.
pub(super) fn select(connection: &Connection, states: &[AuthorityState]) -> Result<Vec<AuthorityRow>> {
    if schema::version(connection)? < schema::WITH_AUTHORITY {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached(
        "SELECT id, role, state, algorithm, origin, made_at, nonce, tag, public_key, certificates, sealed \
         FROM authority WHERE state IN (?1, ?2, ?3) ORDER BY n",
    )?;
    let state = |at: usize| states.get(at).map(|state| state.code());
    let rows = statement.query_map(params![state(0), state(1), state(2)], read)?;
    rows.map(|row| row.map_err(StorageError::from)).collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<AuthorityRow> {
    let record = AuthorityRecord {
        id: row.get(0)?,
        role: convert(row, 1, AuthorityRole::from_code)?,
        state: convert(row, 2, AuthorityState::from_code)?,
        algorithm: convert(row, 3, Algorithm::from_code)?,
        origin: convert(row, 4, Origin::from_code)?,
        made_at: convert(row, 5, |millis: i64| Timestamp::from_millisecond(millis).ok())?,
        nonce: row.get(6)?,
        tag: row.get(7)?,
        public_key: row.get::<_, Vec<u8>>(8)?.into_boxed_slice(),
        certificates: convert(row, 9, |bytes: Option<Vec<u8>>| match bytes {
            None => Some(None),
            Some(bytes) => Certificates::new(bytes).map(Some),
        })?,
    };
    Ok(AuthorityRow { record, sealed: row.get::<_, Vec<u8>>(10)?.into_boxed_slice() })
}

fn put(transaction: &Connection, row: &AuthorityRow) -> Result<()> {
    let record = &row.record;
    transaction
        .prepare_cached(
            "INSERT INTO authority (id, role, state, algorithm, origin, made_at, nonce, tag, public_key, certificates, sealed) \
             VALUES (:id, :role, :state, :algorithm, :origin, :made_at, :nonce, :tag, :public_key, :certificates, :sealed) \
             ON CONFLICT (id) DO UPDATE SET state = excluded.state, nonce = excluded.nonce, tag = excluded.tag, \
             certificates = excluded.certificates, sealed = excluded.sealed",
        )?
        .execute(named_params! {
            ":id": record.id,
            ":role": record.role.code(),
            ":state": record.state.code(),
            ":algorithm": record.algorithm.code(),
            ":origin": record.origin.code(),
            ":made_at": record.made_at.as_millisecond(),
            ":nonce": record.nonce,
            ":tag": record.tag,
            ":public_key": record.public_key,
            ":certificates": record.certificates.as_ref().map(Certificates::as_bytes),
            ":sealed": row.sealed.as_ref(),
        })?;
    Ok(())
}
