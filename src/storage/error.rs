//! What can go wrong with the file, told apart.

use std::path::PathBuf;

use rusqlite::ffi;
use rusqlite::{Error as SqlError, ErrorCode};

/// Why the file did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    #[error("{0} does not exist")]
    NotFound(PathBuf),
    #[error("{0} exists already")]
    AlreadyExists(PathBuf),
    #[error("{0} is a directory or another thing that is no file")]
    NotAFile(PathBuf),
    #[error("{path} is not a keystore: {what}")]
    NotAKeystore { path: PathBuf, what: String },
    #[error("{path} has format version {got}, this library reads up to {known}")]
    TooNew { path: PathBuf, got: u32, known: u32 },
    #[error("wrong passphrase or raw key")]
    WrongKey,
    #[error("the store was given another passphrase or raw key by another connection since it was opened here")]
    Rekeyed,
    #[error("the store is damaged or was tampered with: {0}")]
    Damaged(String),
    #[error("the store is locked by another connection, waited {0} ms")]
    Busy(u64),
    #[error("the store cannot be written: {0}")]
    ReadOnly(String),
    #[error("the disk is full")]
    Full,
    #[error("{field} is taken by another key")]
    Duplicate { field: &'static str },
    #[error("no such key")]
    NoSuchKey,
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
    #[error("the database failed: {0}")]
    Database(String),
}

pub(crate) type Result<T> = std::result::Result<T, StorageError>;

impl StorageError {
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full,
            std::io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly(format!("{what}: {source}")),
            _ => Self::Io { what, source },
        }
    }

    /// True when a connection that met this error must not be used again: SQLCipher keeps a failed page in its cache, and
    /// SQLite opens a log for reading alone when the disk fails just then, for as long as the connection lives.
    pub(super) fn spoils_connection(&self) -> bool {
        matches!(
            self,
            Self::Damaged(_) | Self::Rekeyed | Self::Io { .. } | Self::Database(_) | Self::Full | Self::ReadOnly(_)
        )
    }
}

impl From<SqlError> for StorageError {
    fn from(error: SqlError) -> Self {
        let SqlError::SqliteFailure(failure, message) = &error else {
            return match error {
                // A row that is not of the shape the schema promises.
                SqlError::FromSqlConversionFailure(..)
                | SqlError::IntegralValueOutOfRange(..)
                | SqlError::InvalidColumnType(..)
                | SqlError::Utf8Error(..) => Self::Damaged(format!("a row does not read: {error}")),
                // The statements are ours and fit the schema: it is the file that lacks something.
                SqlError::SqlInputError { msg, .. } => Self::Damaged(msg),
                SqlError::QueryReturnedNoRows => Self::Damaged("a row that must be there is not".into()),
                _ => Self::Database(error.to_string()),
            };
        };
        let text = message.clone().unwrap_or_else(|| failure.to_string());
        match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy(0),
            ErrorCode::NotADatabase => Self::Rekeyed,
            ErrorCode::DatabaseCorrupt => Self::Damaged(text),
            ErrorCode::DiskFull => Self::Full,
            ErrorCode::ReadOnly => Self::ReadOnly(text),
            ErrorCode::ConstraintViolation => constraint(failure.extended_code, text),
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => {
                Self::Io { what: "the file could not be read or written".into(), source: std::io::Error::other(text) }
            }
            _ if text.starts_with("no such ") => Self::Damaged(text),
            _ => Self::Database(text),
        }
    }
}

fn constraint(code: i32, text: String) -> StorageError {
    match code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => {
            let field = [
                ("key.id", "id"),
                ("key.name", "name"),
                ("ring.name", "ring"),
                ("app.id", "app_id"),
                ("app.name", "app"),
            ];
            match field.into_iter().find(|(column, _)| text.ends_with(&format!(" {column}"))) {
                Some((_, field)) => StorageError::Duplicate { field },
                None => StorageError::Damaged(text),
            }
        }
        _ => StorageError::Damaged(text),
    }
}
