//! The tables of format version 5, what earlier versions lack of them, and what tells a store from another database.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::error::{Result, StorageError};
use crate::model::StoreId;

/// `KSTD`.
const APPLICATION_ID: i32 = 0x4B53_5444;
const USER_VERSION: i32 = 5;
/// The first version whose changes are counted.
pub(super) const WITH_CHANGES: i32 = 2;
/// The first version that has an attestation authority.
pub(super) const WITH_AUTHORITY: i32 = 3;
/// The first version that has rings.
pub(super) const WITH_RINGS: i32 = 4;
/// The first version that has applications.
pub(super) const WITH_APPS: i32 = 5;

const TABLES: &str = "
CREATE TABLE store (
  one          INTEGER PRIMARY KEY CHECK (one = 1),
  id           BLOB NOT NULL CHECK (length(id) = 16),
  created_at   INTEGER NOT NULL,
  last_seq     INTEGER NOT NULL
) STRICT;
CREATE TABLE root_wrap (
  slot         INTEGER PRIMARY KEY,
  wrapped      BLOB NOT NULL CHECK (length(wrapped) = 60)
) STRICT;
CREATE TABLE key (
  seq          INTEGER PRIMARY KEY,
  id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  name         TEXT NOT NULL UNIQUE,
  type         INTEGER NOT NULL,
  algorithm    INTEGER,
  bits         INTEGER NOT NULL,
  kid          TEXT NOT NULL,
  issuer       TEXT,
  origin       INTEGER NOT NULL,
  exportable   INTEGER NOT NULL,
  has_private  INTEGER NOT NULL,
  inserted_at  INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  expires_at   INTEGER,
  exported_at  INTEGER,
  revision     INTEGER NOT NULL,
  nonce        BLOB NOT NULL CHECK (length(nonce) = 12),
  tag          BLOB NOT NULL CHECK (length(tag) = 32),
  public_key   BLOB,
  certificate  BLOB,
  sealed       BLOB NOT NULL
) STRICT;
CREATE TABLE fingerprint (
  prefix       INTEGER NOT NULL,
  seq          INTEGER NOT NULL,
  PRIMARY KEY (prefix, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE key_use (
  seq          INTEGER NOT NULL REFERENCES key (seq) ON DELETE RESTRICT,
  user         TEXT NOT NULL,
  PRIMARY KEY (seq, user)
) STRICT, WITHOUT ROWID;
";

/// What keys are searched by, apart from the long rest of their rows, and which keys changed of late: how another process
/// learns of it. What came with version 2.
const SEARCH: &str = "
CREATE INDEX key_search ON key (seq, id, name, type, algorithm, has_private, issuer, inserted_at, updated_at, expires_at);
CREATE TABLE key_change (
  n            INTEGER PRIMARY KEY,
  id           BLOB NOT NULL CHECK (length(id) = 16)
) STRICT;
CREATE TRIGGER key_changed AFTER UPDATE OF id, name, type, algorithm, has_private, issuer, inserted_at, updated_at, expires_at ON key
BEGIN
  INSERT INTO key_change (id) VALUES (old.id);
  DELETE FROM key_change WHERE n <= (SELECT max(n) FROM key_change) - 4096;
END;
CREATE TRIGGER key_deleted AFTER DELETE ON key
BEGIN
  INSERT INTO key_change (id) VALUES (old.id);
  DELETE FROM key_change WHERE n <= (SELECT max(n) FROM key_change) - 4096;
END;
";

/// The keys of the attestation authority, of which at most one in each role is in force. What came with version 3.
const AUTHORITY: &str = "
CREATE TABLE authority (
  n            INTEGER PRIMARY KEY,
  id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  role         INTEGER NOT NULL,
  state        INTEGER NOT NULL,
  algorithm    INTEGER NOT NULL,
  origin       INTEGER NOT NULL,
  made_at      INTEGER NOT NULL,
  nonce        BLOB NOT NULL CHECK (length(nonce) = 12),
  tag          BLOB NOT NULL CHECK (length(tag) = 32),
  public_key   BLOB NOT NULL,
  certificates BLOB,
  sealed       BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX authority_in_force ON authority (role) WHERE state = 2;
";

/// Rings of keys, and the keys in them, of which at most one is the current one, one the next, one the previous. A ring
/// without a current or a next key cannot be committed. What came with version 4.
const RINGS: &str = "
CREATE TABLE ring (
  n            INTEGER PRIMARY KEY,
  id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  name         TEXT NOT NULL UNIQUE,
  common_name  TEXT NOT NULL,
  key_use      INTEGER NOT NULL,
  algorithm    INTEGER NOT NULL,
  bits         INTEGER NOT NULL,
  exportable   INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  every        INTEGER,
  publish      INTEGER,
  grace        INTEGER,
  keep         INTEGER NOT NULL,
  revision     INTEGER NOT NULL,
  tag          BLOB NOT NULL CHECK (length(tag) = 32),
  current      INTEGER NOT NULL,
  next         INTEGER NOT NULL CHECK (next <> current),
  FOREIGN KEY (n, current) REFERENCES ring_key (ring, seq) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (n, next) REFERENCES ring_key (ring, seq) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE TABLE ring_key (
  ring         INTEGER NOT NULL REFERENCES ring (n) DEFERRABLE INITIALLY DEFERRED,
  seq          INTEGER NOT NULL UNIQUE REFERENCES key (seq) ON DELETE RESTRICT,
  place        INTEGER NOT NULL,
  published_at INTEGER NOT NULL,
  current_since INTEGER,
  replaced_at  INTEGER,
  ended_at     INTEGER,
  PRIMARY KEY (ring, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX ring_previous ON ring_key (ring) WHERE place = 1;
CREATE UNIQUE INDEX ring_current ON ring_key (ring) WHERE place = 2;
CREATE UNIQUE INDEX ring_next ON ring_key (ring) WHERE place = 3;
";

/// Applications, each with its credential and perhaps the one before it; when their secrets were wrong; and what holds for all of
/// them. What came with version 5.
const APPS: &str = "
CREATE TABLE app (
  n            INTEGER PRIMARY KEY,
  id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  name         TEXT NOT NULL UNIQUE,
  fips         INTEGER NOT NULL,
  hashed       INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  revision     INTEGER NOT NULL,
  tag          BLOB NOT NULL CHECK (length(tag) = 32),
  credential   BLOB NOT NULL CHECK (length(credential) = 16),
  kinds        INTEGER NOT NULL,
  made_at      INTEGER NOT NULL,
  nonce        BLOB NOT NULL CHECK (length(nonce) = 12),
  sealed       BLOB NOT NULL
) STRICT;
CREATE TABLE app_previous (
  app          INTEGER PRIMARY KEY REFERENCES app (n) ON DELETE CASCADE,
  valid_until  INTEGER NOT NULL,
  credential   BLOB NOT NULL CHECK (length(credential) = 16),
  kinds        INTEGER NOT NULL,
  made_at      INTEGER NOT NULL,
  nonce        BLOB NOT NULL CHECK (length(nonce) = 12),
  sealed       BLOB NOT NULL
) STRICT;
CREATE TABLE app_failure (
  app          INTEGER PRIMARY KEY REFERENCES app (n) ON DELETE CASCADE,
  at           BLOB NOT NULL,
  tag          BLOB NOT NULL CHECK (length(tag) = 32)
) STRICT;
CREATE TABLE app_setting (
  one          INTEGER PRIMARY KEY CHECK (one = 1),
  fips         INTEGER NOT NULL,
  tag          BLOB NOT NULL CHECK (length(tag) = 32)
) STRICT;
";

/// What each version has that the one before it has not, oldest first.
const LATER: [(i32, &str); 4] =
    [(WITH_CHANGES, SEARCH), (WITH_AUTHORITY, AUTHORITY), (WITH_RINGS, RINGS), (WITH_APPS, APPS)];

/// What a new store is born with.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) id: StoreId,
    pub(crate) created_at: i64,
    pub(crate) wrapped_root: [u8; 60],
}

/// Makes the tables of a new store.
pub(super) fn create(connection: &mut Connection, identity: &Identity) -> Result<()> {
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
pub(super) fn upgrade(connection: &mut Connection) -> Result<()> {
    if version(connection)? >= USER_VERSION {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have done it while this one waited.
    let found = version(&transaction)?;
    if found < USER_VERSION {
        add_later(&transaction, found, USER_VERSION)?;
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
