//! The tables of format version 6, what earlier versions lack of them, and what tells a store from another database.

mod tables;

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::error::{Result, StorageError};
use super::state;
use crate::model::{StateBinder, StoreId};
use tables::{APPS, AUTHORITY, RINGS, SEARCH, STATE, TABLES};

/// `KSTD`.
const APPLICATION_ID: i32 = 0x4B53_5444;
pub(super) const USER_VERSION: i32 = 6;
/// The first version whose changes are counted.
pub(super) const WITH_CHANGES: i32 = 2;
/// The first version that has an attestation authority.
pub(super) const WITH_AUTHORITY: i32 = 3;
/// The first version that has rings.
pub(super) const WITH_RINGS: i32 = 4;
/// The first version that has applications.
pub(super) const WITH_APPS: i32 = 5;
/// The first version whose rows are added up.
pub(super) const WITH_STATE: i32 = 6;

/// What each version has that the one before it has not, oldest first.
const LATER: [(i32, &str); 5] =
    [(WITH_CHANGES, SEARCH), (WITH_AUTHORITY, AUTHORITY), (WITH_RINGS, RINGS), (WITH_APPS, APPS), (WITH_STATE, STATE)];

/// What a new store is born with.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) id: StoreId,
    pub(crate) created_at: i64,
    pub(crate) wrapped_root: [u8; 60],
}

/// Makes the tables of a new store.
pub(super) fn create(connection: &mut Connection, identity: &Identity, binder: &dyn StateBinder) -> Result<()> {
    let transaction = connection.transaction()?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", USER_VERSION)?;
    transaction.execute_batch(TABLES)?;
    add_later(&transaction, 1, USER_VERSION)?;
    transaction.execute(
        "INSERT INTO store (one, id, created_at, last_seq) VALUES (1, ?1, ?2, 0)",
        params![identity.id.0, identity.created_at],
    )?;
    transaction.execute("INSERT INTO root_wrap (wrapped) VALUES (?1)", params![identity.wrapped_root])?;
    state::begin(&transaction, binder)?;
    transaction.commit()?;
    Ok(())
}

/// Checks that an opened database is a store of a version that this code knows.
pub(super) fn check(connection: &Connection, path: &std::path::Path) -> Result<()> {
    let application = connection.pragma_query_value(None, "application_id", |row| row.get::<_, i32>(0))?;
    if application != APPLICATION_ID {
        return Err(StorageError::NotAKeystore {
            path: path.into(),
            what: format!("its application id is {application:#010x}, a keystore's is {APPLICATION_ID:#010x}"),
        });
    }
    match version(connection)? {
        1..=USER_VERSION => Ok(()),
        newer if newer > USER_VERSION => Err(StorageError::TooNew {
            path: path.into(),
            got: newer.unsigned_abs(),
            known: USER_VERSION.unsigned_abs(),
        }),
        other => Err(StorageError::Damaged(format!("its user version is {other}, the first is 1"))),
    }
}

/// Gives a store of an older version what it lacks, in one transaction.
pub(super) fn upgrade(connection: &mut Connection, binder: &dyn StateBinder) -> Result<()> {
    if version(connection)? >= USER_VERSION {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have done it while this one waited.
    let found = version(&transaction)?;
    if found < USER_VERSION {
        add_later(&transaction, found, USER_VERSION)?;
        state::begin(&transaction, binder)?;
        transaction.pragma_update(None, "user_version", USER_VERSION)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Makes what came after the version `from`, up to the version `to`.
fn add_later(connection: &Connection, from: i32, to: i32) -> Result<()> {
    for (version, statements) in LATER {
        if version > from && version <= to {
            connection.execute_batch(statements)?;
        }
    }
    Ok(())
}

/// The version of the schema.
pub(super) fn version(connection: &Connection) -> Result<i32> {
    Ok(connection.prepare_cached("PRAGMA user_version")?.query_row([], |row| row.get(0))?)
}

/// How tables, indexes and triggers differ from those that this code makes, in words. What an index or a trigger should do
/// and does not, no row can tell.
pub(super) fn differences(connection: &Connection) -> Result<Vec<String>> {
    let own = Connection::open_in_memory()?;
    own.execute_batch(TABLES)?;
    add_later(&own, 1, version(connection)?)?;
    let (wanted, found) = (objects(&own)?, objects(connection)?);
    let missing = wanted.keys().filter(|name| !found.contains_key(*name)).map(|name| format!("the {name} is missing"));
    let others = found.iter().filter_map(|(name, text)| match wanted.get(name) {
        None => Some(format!("the {name} belongs to no store")),
        Some(known) => (known != text).then(|| format!("the {name} is another than it should be")),
    });
    Ok(missing.chain(others).collect())
}

/// Type and name of each table, index and trigger, and the statement that made it.
fn objects(connection: &Connection) -> Result<BTreeMap<String, Option<String>>> {
    let mut statement = connection
        .prepare("SELECT type || ' ' || name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite@_%' ESCAPE '@'")?;
    let objects = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(objects.collect::<rusqlite::Result<_>>()?)
}

/// The store's random identity.
pub(super) fn store_id(connection: &Connection) -> Result<StoreId> {
    let id = connection.query_row("SELECT id FROM store", [], |row| row.get::<_, [u8; 16]>(0)).optional()?;
    id.map(StoreId).ok_or_else(|| StorageError::Damaged("the table store is empty".into()))
}
