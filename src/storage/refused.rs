//! Changes that their caller may refuse.

use super::error::{Result, StorageError};

/// Why a change was not made: an error of the file, which may spoil the connection, or one in its caller's words.
#[derive(Debug)]
pub(crate) enum Refused<E> {
    ByFile(StorageError),
    ByCaller(E),
}

impl<E> From<StorageError> for Refused<E> {
    fn from(error: StorageError) -> Self {
        Self::ByFile(error)
    }
}

impl<E> Refused<E> {
    /// What came of a change, as a transaction takes it.
    pub(super) fn settle<T>(done: std::result::Result<T, Self>) -> Result<std::result::Result<Option<T>, E>> {
        match done {
            Ok(done) => Ok(Ok(Some(done))),
            Err(Self::ByCaller(error)) => Ok(Err(error)),
            Err(Self::ByFile(error)) => Err(error),
        }
    }
}
