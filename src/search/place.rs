//! Where a key stands in an order.

use std::cmp::Ordering;

use super::{Direction, OrderBy, OrderField};
use crate::model::{Algorithm, KeyId, KeyType};

/// All that an order can look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    pub(crate) id: KeyId,
    /// Folded, UTF-8: bytes order as characters do.
    pub(crate) name: &'a [u8],
    pub(crate) key_type: KeyType,
    pub(crate) algorithm: Option<Algorithm>,
    /// In milliseconds, as all instants here.
    pub(crate) inserted: i64,
    pub(crate) expires: Option<i64>,
}

impl Place<'_> {
    /// Which of two keys comes first. Only one and the same key is equal.
    pub(crate) fn compare(&self, other: &Place<'_>, order: &OrderBy) -> Ordering {
        for (field, direction) in order.terms() {
            // `None` is smaller than any `Some`; algorithms and types are declared in the order of their names.
            let by_field = match field {
                OrderField::Algorithm => self.algorithm.cmp(&other.algorithm),
                OrderField::Expiration => self.expires.cmp(&other.expires),
                OrderField::Id => self.id.cmp(&other.id),
                OrderField::InsertInstant => self.inserted.cmp(&other.inserted),
                OrderField::Name => self.name.cmp(other.name),
                OrderField::Type => self.key_type.cmp(&other.key_type),
            };
            let by_field = match direction {
                Direction::Ascending => by_field,
                Direction::Descending => by_field.reverse(),
            };
            // An id is one key's alone: what comes behind it in the order decides nothing.
            if by_field.is_ne() || *field == OrderField::Id {
                return by_field;
            }
        }
        self.id.cmp(&other.id)
    }
}
