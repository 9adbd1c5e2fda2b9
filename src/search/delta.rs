//! The keys that came or changed since the base was made: few, kept as they are.

use std::collections::BTreeMap;

use super::class::Class;
use super::conditions::Conditions;
use super::fold;
use super::place::Place;
use crate::model::{KeyId, Listed};

#[derive(Debug, Default)]
pub(super) struct Delta(BTreeMap<KeyId, Entry>);

#[derive(Debug)]
pub(super) struct Entry {
    id: KeyId,
    pub(super) seq: i64,
    /// Folded.
    name: Box<[u8]>,
    class: Class,
    inserted: i64,
    updated: i64,
    expires: Option<i64>,
}

impl Delta {
    pub(super) fn insert(&mut self, listed: &Listed<'_>) {
        let Listed { seq, id, name, inserted_at, updated_at, expires_at, .. } = *listed;
        let entry = Entry {
            id,
            seq,
            name: fold(name).as_bytes().into(),
            class: Class::of(listed),
            inserted: inserted_at,
            updated: updated_at,
            expires: expires_at,
        };
        self.0.insert(id, entry);
    }

    pub(super) fn remove(&mut self, id: KeyId) {
        self.0.remove(&id);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The keys that fit, among certain ones, which are sorted, or among all.
    pub(super) fn matches(&self, conditions: &Conditions<'_>, among: Option<&[(KeyId, i64)]>) -> Vec<&Entry> {
        let wanted = |entry: &Entry| among.is_none_or(|among| among.binary_search(&(entry.id, entry.seq)).is_ok());
        self.0.values().filter(|entry| wanted(entry) && entry.fits(conditions)).collect()
    }
}

impl Entry {
    fn fits(&self, conditions: &Conditions<'_>) -> bool {
        conditions.fit_class(&self.class)
            && conditions.fit_instants(self.inserted, self.updated, self.expires)
            && conditions.fit_name(&self.name)
    }

    pub(super) fn place(&self) -> Place<'_> {
        let Self { id, ref name, ref class, inserted, expires, .. } = *self;
        Place { id, name, key_type: class.key_type, algorithm: class.algorithm, inserted, expires }
    }
}
