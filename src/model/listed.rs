//! What a list of keys says about one of them.

use super::{Algorithm, KeyId, KeyType};

/// The part of a row that keys are searched and ordered by. Its row's tag was not checked: who hands out a key reads the
/// row. Instants are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listed<'a> {
    /// The place in the order of insertion.
    pub(crate) seq: i64,
    pub(crate) id: KeyId,
    pub(crate) name: &'a str,
    pub(crate) key_type: KeyType,
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) has_private: bool,
    pub(crate) issuer: Option<&'a str>,
    pub(crate) inserted_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) expires_at: Option<i64>,
}
