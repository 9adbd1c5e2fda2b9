//! One keyed connection and its settings.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use super::error::{Result, StorageError};
use super::file::{Draft, with_suffix};
use super::head::{Head, PAGE_LEN};
use super::page_stack;
use super::{probe, sqlcipher};
use crate::secret::SecretKey;

/// What a connection is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To write and read.
    Write,
    /// To read, in a store that is open for writing too.
    Read,
    /// To read, in a store that must not be written.
    ReadOnly,
    /// To read a store that cannot change, on a medium where not even the shared index can be written.
    Immutable,
    /// To fill a new file.
    Create,
}

/// Opens the file, hands SQLCipher its key and reads page 1, so that a connection that comes back is a good one.
///
/// SQLCipher leaves the key on the stack when it takes it and when it first uses it.
pub(super) fn open(path: &Path, key: &SecretKey, head: &Head, purpose: Purpose, wait: Duration) -> Result<Connection> {
    page_stack::wiped(|| open_here(path, key, head, purpose, wait))
}

fn open_here(path: &Path, key: &SecretKey, head: &Head, purpose: Purpose, wait: Duration) -> Result<Connection> {
    let access = match purpose {
        Purpose::Write | Purpose::Read => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Purpose::ReadOnly | Purpose::Immutable => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Purpose::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    sqlcipher::start()?;
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_PRIVATE_CACHE;
    let connection = if purpose == Purpose::Immutable {
        Connection::open_with_flags(immutable_uri(path)?, flags | OpenFlags::SQLITE_OPEN_URI)?
    } else {
        Connection::open_with_flags(path, flags)?
    };
    sqlcipher::key(&connection, key, head.as_bytes())?;
    connection.execute_batch("PRAGMA cipher_hmac_algorithm = HMAC_SHA256; PRAGMA cipher_page_size = 4096;")?;
    connection.busy_timeout(wait)?;
    if purpose != Purpose::Create {
        first_read(&connection, path, key, head)?;
    } else if connection.is_readonly("main")? {
        // Where it cannot open a file for writing, SQLite is content to read it.
        let source = std::io::Error::other("SQLite could open it for reading alone");
        return Err(StorageError::Io { what: format!("cannot write the new file {}", path.display()), source });
    }
    configure(&connection)?;
    if purpose == Purpose::Read {
        connection.execute_batch("PRAGMA query_only = ON;")?;
    }
    Ok(connection)
}

/// Opens the file without a key, for [`sqlcipher::read_raw`] alone.
pub(super) fn open_raw(path: &Path) -> Result<Connection> {
    sqlcipher::start()?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path, flags)?)
}

/// A store that lives in memory and ends with its connection.
pub(super) fn open_in_memory() -> Result<Connection> {
    sqlcipher::start()?;
    let connection = Connection::open_in_memory_with_flags(
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    configure(&connection)?;
    Ok(connection)
}

/// Reads page 1 for the first time and says what a failure means: another key, damage, a lock, a folder that cannot
/// be written, a disk without room.
fn first_read(connection: &Connection, path: &Path, key: &SecretKey, head: &Head) -> Result<()> {
    let read = || {
        let pages = connection.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0));
        connection.pragma_query_value(None, "user_version", |row| row.get::<_, i32>(0)).and(pages)
    };
    let is_refused = |failure: &ffi::Error| matches!(failure.code, ErrorCode::CannotOpen | ErrorCode::ReadOnly);
    let pages = match read() {
        Err(rusqlite::Error::SqliteFailure(failure, _)) if is_refused(&failure) => {
            expect_room_for_log(path, head)?;
            read()
        }
        pages => pages,
    };
    match pages {
        Ok(pages) => {
            let len = std::fs::metadata(path).map_or(u64::MAX, |metadata| metadata.len());
            if !has_log(path) && len < pages.unsigned_abs().saturating_mul(PAGE_LEN as u64) {
                return Err(StorageError::Damaged(format!("the file is cut short at {len} bytes of {pages} pages")));
            }
            Ok(())
        }
        Err(rusqlite::Error::SqliteFailure(failure, _)) if failure.code == ErrorCode::NotADatabase => {
            if !has_log(path) && probe::some_page_opens(path, key, head)? {
                return Err(StorageError::Damaged("page 1 does not authenticate, other pages do".into()));
            }
            Err(StorageError::WrongKey)
        }
        Err(rusqlite::Error::SqliteFailure(failure, _)) if is_refused(&failure) => {
            Err(StorageError::ReadOnly(format!(
                "its log cannot be made or opened beside {}, the folder or the log may be read-only",
                path.display()
            )))
        }
        Err(error) => Err(error.into()),
    }
}

/// Tells a full or failing disk, or too many open files, from a folder that cannot be written: SQLite says of all that it cannot
/// open its log.
pub(super) fn expect_room_for_log(path: &Path, head: &Head) -> Result<()> {
    match Draft::new(&with_suffix(path, "-log"), &head.as_bytes()[4..]) {
        Err(error @ (StorageError::Full | StorageError::Io { .. })) => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Has the file written by way of a log from now on.
pub(super) fn use_log(connection: &Connection) -> Result<()> {
    let mut statement = connection.prepare("PRAGMA journal_mode = WAL")?;
    // To the end: the mode is told before it is committed, and a commit that fails is told behind it.
    let modes: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    match modes.as_slice() {
        [mode] if mode == "wal" => Ok(()),
        modes => Err(StorageError::Database(format!("the journal mode is {modes:?}, asked for was wal"))),
    }
}

/// Closes a connection that nobody else has beside it, with all that it wrote in the file itself. Closing alone would not say
/// that the log could not be emptied.
pub(super) fn close(connection: Connection) -> Result<()> {
    let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy {
        return Err(StorageError::Busy(0));
    }
    connection.close().map_err(|(_, error)| error.into())
}

/// True when a write-ahead log with frames lies beside the file: then the file alone is not the whole store.
pub(super) fn has_log(path: &Path) -> bool {
    std::fs::metadata(with_suffix(path, "-wal")).is_ok_and(|metadata| metadata.len() > 0)
}

/// Some of these settings read page 1: they come after the first read, which can tell what its failure means.
fn configure(connection: &Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // Else SQLite prepares a statement anew whenever a bound value could change its plan: twice the cost of a look-up.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON;
         PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 16777216; PRAGMA wal_autocheckpoint = 4000;",
    )?;
    set_cache(connection, CACHE)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(())
}

/// Pages kept in memory by a connection, in KiB.
pub(super) const CACHE: i32 = 8192;
/// Enough for the way from the root of a tree to one leaf after another.
pub(super) const LEAST_CACHE: i32 = 256;

/// How much memory the pages of a connection may take, in KiB. What is over that is given back.
pub(super) fn set_cache(connection: &Connection, kib: i32) -> Result<()> {
    Ok(connection.pragma_update(None, "cache_size", -kib)?)
}

fn immutable_uri(path: &Path) -> Result<String> {
    let path = path.canonicalize().map_err(StorageError::io(format!("cannot look at {}", path.display())))?;
    let text = path.to_str().ok_or_else(|| StorageError::ReadOnly("its path is not UTF-8".into()))?;
    let mut uri = String::from("file:");
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => uri.push(char::from(byte)),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    Ok(uri)
}
