//! One keyed connection and its settings.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::{Result, StorageError};
use super::head::Head;
use super::sqlcipher;
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

/// Opens the file and hands SQLCipher its key. Nothing is read yet.
pub(super) fn open(path: &Path, key: &SecretKey, head: &Head, purpose: Purpose, wait: Duration) -> Result<Connection> {
    let access = match purpose {
        Purpose::Write | Purpose::Read => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Purpose::ReadOnly | Purpose::Immutable => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Purpose::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_PRIVATE_CACHE;
    let connection = if purpose == Purpose::Immutable {
        Connection::open_with_flags(immutable_uri(path)?, flags | OpenFlags::SQLITE_OPEN_URI)?
    } else {
        Connection::open_with_flags(path, flags)?
    };
    sqlcipher::key(&connection, key, head.as_bytes())?;
    connection.execute_batch("PRAGMA cipher_hmac_algorithm = HMAC_SHA256; PRAGMA cipher_page_size = 4096;")?;
    configure(&connection, wait)?;
    if purpose == Purpose::Read {
        connection.execute_batch("PRAGMA query_only = ON;")?;
    }
    Ok(connection)
}

/// A store that lives in memory and ends with its connection.
pub(super) fn open_in_memory() -> Result<Connection> {
    let connection = Connection::open_in_memory_with_flags(
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    configure(&connection, Duration::ZERO)?;
    Ok(connection)
}

fn configure(connection: &Connection, wait: Duration) -> Result<()> {
    connection.busy_timeout(wait)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON;
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096; PRAGMA journal_size_limit = 16777216;",
    )?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(())
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
