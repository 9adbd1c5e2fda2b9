//! The verbs that change a ring, each in one transaction.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Ring, RingState, check_use, no_such_kid, no_such_ring};
use crate::error::{Error, Result};
use crate::keystore::Keystore;
use crate::keystore::generate::{quoted, taken};
use crate::model::{KeyId, KeySpec, Kid, NewRow, RingName, RingPlace, RingRecord, Stored};
use crate::storage::{Refused, RingChange, RingRows, StorageError};

/// What a change may answer with: an error of the file, which may spoil the connection, or one in its own words.
pub(super) type Changed<T> = std::result::Result<T, Refused<Error>>;

impl From<Error> for Refused<Error> {
    fn from(error: Error) -> Self {
        Self::ByCaller(error)
    }
}

impl Ring {
    /// Rotates: the next key becomes current, the current one previous, the previous one is retired, and a new next key is
    /// made, all at once. Gives the ring as it is then.
    ///
    /// Takes as long as the new key does, up to seconds for RSA; the store stays free for others meanwhile. When it fails,
    /// nothing has changed.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when the ring was deleted; and those of every write, see
    /// [`Keystore::rename`].
    pub fn rotate(&self) -> Result<RingState> {
        self.rotate_with(None)
    }

    /// As [`rotate`](Self::rotate), and from now on new keys are of this kind. The one that becomes current was made before.
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate).
    pub fn rotate_to(&self, spec: KeySpec) -> Result<RingState> {
        self.rotate_with(Some(spec))
    }

    fn rotate_with(&self, spec: Option<KeySpec>) -> Result<RingState> {
        if let Some(spec) = spec {
            check_use(self.inner().rows()?.0.key_use, spec)?;
        }
        loop {
            let next = self.successor(spec)?;
            let (state, rotated) = self.change(|change, record| {
                let spec = spec.unwrap_or(record.spec);
                if !is_of(&next, spec) {
                    return Ok(false);
                }
                insert(change, &next)?;
                record.spec = spec;
                record.rotate(next.record.key.id, self.now());
                Ok(true)
            })?;
            // Else somebody asked for keys of another kind while this one was made.
            if rotated {
                return Ok(state);
            }
        }
    }

    /// Retires the previous key now, before its grace is over or without any: it is no longer published, and what it signed no
    /// longer accepted. Without a previous key nothing changes.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when the ring was deleted; and those of every write, see
    /// [`Keystore::rename`].
    pub fn retire_previous(&self) -> Result<RingState> {
        self.change(|_, record| Ok(record.retire_previous(self.now()))).map(|(state, _)| state)
    }

    /// Revokes a key, whatever its place: at once, nothing that it signed is accepted any more, and neither the ring nor
    /// [`Keystore::sign`] signs with it. If it was the current key, the next one takes over; if it was either, a new next key
    /// is made. To revoke a key twice changes nothing.
    ///
    /// The key stays in the store as long as it is in the ring's history ([`RingPlan::keep`](crate::RingPlan::keep)), so that an
    /// exportable one can still be handed out to decrypt what was encrypted to it. That it was revoked is sealed into its row.
    /// Handles of it that were taken before go on signing: see [`Keystore::signer`].
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when the ring was deleted or has no key with this key identifier; and those of
    /// every write, see [`Keystore::rename`].
    pub fn revoke(&self, kid: &Kid) -> Result<RingState> {
        let store = &self.inner().store;
        let seen = self.state()?;
        let key = self.by_kid(&seen, kid)?;
        // Made before the store is locked. Between the look and the lock a key can become current or next, but only one that
        // was next or new, so that nobody can revoke it without a successor. One of the kind of a moment ago will do: revoking
        // does not wait.
        let successor = match seen.record.needs_successor(key) {
            true => Some(self.successor(None)?),
            false => None,
        };
        let revoked = self.change(|change, record| {
            let Some(member) = record.members.iter().find(|member| member.key == key) else {
                return Err(no_such_kid(kid, self.name()).into());
            };
            if member.place == RingPlace::Revoked {
                return Ok(());
            }
            let next = successor.as_ref().filter(|_| record.needs_successor(key));
            if let Some(next) = next {
                insert(change, next)?;
            }
            record.revoke(key, next.map(|next| next.record.key.id), self.now());
            store.seal_as_revoked(change, key)
        });
        revoked.map(|(state, ())| state)
    }

    /// Sets how many retired and revoked keys stay; the keys that are too many are deleted now.
    ///
    /// # Errors
    /// As [`retire_previous`](Self::retire_previous).
    pub fn set_keep(&self, ended: u16) -> Result<RingState> {
        self.change(|_, record| {
            record.keep = ended;
            Ok(())
        })
        .map(|(state, ())| state)
    }

    /// Deletes the ring with all of its keys, for ever.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when the ring was deleted; [`InUse`](crate::ErrorKind::InUse) when somebody
    /// noted that they use one of its keys ([`Keystore::mark_in_use`]): then nothing is deleted; and those of every write, see
    /// [`Keystore::rename`].
    pub fn delete(&self) -> Result<()> {
        let store = &self.inner().store;
        let deleted = store.0.database.change_ring(&self.inner().id, |change, record| -> Changed<_> {
            store.check_ring(&record)?;
            let keys: Vec<_> = record.members.iter().map(|member| member.key).collect();
            for key in &keys {
                let users = change.other_users(*key)?;
                if !users.is_empty() {
                    let (stored, _) = change.sealed(*key)?;
                    return Err(Error::in_use(quoted(&stored.record.key.name), users).into());
                }
            }
            let dropped = keys.iter().map(|key| store.digests_of(change, *key)).collect::<Changed<Vec<_>>>()?;
            change.delete(&record, &dropped)?;
            Ok(keys)
        })??;
        for key in deleted.ok_or_else(|| no_such_ring(&self.inner().name))? {
            store.0.cache.forget(key);
        }
        Ok(())
    }

    /// Changes the ring in one transaction, from what it is then. Keys that are too many after it are deleted.
    pub(super) fn change<T>(
        &self,
        work: impl FnOnce(&RingChange<'_>, &mut RingRecord) -> Changed<T>,
    ) -> Result<(RingState, T)> {
        let store = &self.inner().store;
        let changed = store.0.database.change_ring(&self.inner().id, |change, mut record| {
            store.check_ring(&record)?;
            let before = record.clone();
            let done = work(change, &mut record)?;
            let dropped = store.drop_ended(change, &mut record)?;
            if record != before {
                record.revision = record.revision.checked_add(1).ok_or_else(last_revision)?;
                record.tag = store.0.vault.tag(&record);
                store.check_ring(&record)?;
                change.put(&record, &dropped)?;
            }
            // A key's row that is damaged is found before anything is committed, so that an error means that nothing changed.
            let keys = change.keys(&record)?;
            Ok((gone(&before, &record), store.state_of((record, keys))?, done))
        })??;
        let (gone, state, done) = changed.ok_or_else(|| no_such_ring(&self.inner().name))?;
        gone.into_iter().for_each(|key| store.0.cache.forget(key));
        Ok((state, done))
    }

    /// A new key for the ring, of another kind if one is given.
    fn successor(&self, spec: Option<KeySpec>) -> Result<NewRow> {
        let (mut record, _) = self.inner().rows()?;
        record.spec = spec.unwrap_or(record.spec);
        self.successor_of(&record, self.now())
    }

    /// A new key for a ring such as this. Where nothing can be written, none is made for nothing.
    pub(super) fn successor_of(&self, record: &RingRecord, now: Timestamp) -> Result<NewRow> {
        let store = &self.inner().store;
        store.0.database.expect_writable()?;
        store.new_ring_key(record, now)
    }

    /// Asked for in the transaction: the new key may have taken seconds, and others may have changed the ring meanwhile. Only
    /// so the times of a ring are in order, and is the next key published for as long as the schedule says.
    fn now(&self) -> Timestamp {
        self.inner().store.now()
    }

    fn by_kid(&self, state: &RingState, kid: &Kid) -> Result<KeyId> {
        state.by_kid(kid.as_str()).map(|key| key.key().id()).ok_or_else(|| no_such_kid(kid, self.name()))
    }
}

impl Keystore {
    /// Deletes the ring of this name with all of its keys: [`Ring::delete`].
    ///
    /// # Errors
    /// As [`Ring::delete`].
    pub fn delete_ring(&self, name: &RingName) -> Result<()> {
        self.ring(name)?.delete()
    }

    pub(super) fn state_of(&self, (record, stored): RingRows) -> Result<RingState> {
        self.check_keys_of(&record, &stored)?;
        RingState::new(record, stored.into_iter().map(|stored| stored.record.key).collect())
    }

    /// Seals a key as revoked. Its nonce is another, so that every handle that any process cached of it is outdated.
    fn seal_as_revoked(&self, change: &RingChange<'_>, key: KeyId) -> Changed<()> {
        let (Stored { seq, mut record }, sealed) = change.sealed(key)?;
        self.check(&record)?;
        let private = self.0.vault.unseal(&record, &sealed).map_err(Error::from)?;
        let revision = record.next_revision().ok_or_else(last_revision)?;
        record.key.revoked = true;
        change.reseal(seq, &self.seal_again(record.key, revision, private.expose_secret())?)?;
        Ok(())
    }

    /// Takes the keys that are too many out of the ring, those first that ended first. A key that somebody else uses stays.
    fn drop_ended(&self, change: &RingChange<'_>, record: &mut RingRecord) -> Changed<Vec<(i64, Vec<i64>)>> {
        let ended = record.ended();
        let too_many = ended.len().saturating_sub(usize::from(record.keep));
        let (mut dropped, mut gone) = (Vec::new(), BTreeSet::new());
        for key in ended.into_iter().take(too_many) {
            if change.other_users(key)?.is_empty() {
                dropped.push(self.digests_of(change, key)?);
                gone.insert(key);
            }
        }
        record.members.retain(|member| !gone.contains(&member.key));
        Ok(dropped)
    }

    /// A key's place and by what the file finds it.
    fn digests_of(&self, change: &RingChange<'_>, key: KeyId) -> Changed<(i64, Vec<i64>)> {
        let (Stored { seq, record }, sealed) = change.sealed(key)?;
        self.check(&record)?;
        let digests = self.all_prefixes(&record, || Ok(self.0.vault.unseal(&record, &sealed)?))?;
        Ok((seq, digests))
    }
}

/// Whether a key that was made is of the kind that is asked for now.
pub(super) fn is_of(row: &NewRow, spec: KeySpec) -> bool {
    (row.record.key.algorithm, row.record.key.bits) == (Some(spec.algorithm()), spec.bits())
}

/// Writes a new key, and names what was taken.
pub(super) fn insert(change: &RingChange<'_>, row: &NewRow) -> Changed<()> {
    change.insert(row).map_err(|error| match error {
        StorageError::Duplicate { .. } => Refused::ByCaller(taken(error, &row.record.key)),
        error => Refused::ByFile(error),
    })
}

/// The keys that were revoked or left the ring between the two, and that nobody may use any more.
fn gone(before: &RingRecord, after: &RingRecord) -> BTreeSet<KeyId> {
    let usable = |ring: &RingRecord| -> BTreeSet<KeyId> {
        let members = ring.members.iter().filter(|member| member.place != RingPlace::Revoked);
        members.map(|member| member.key).collect()
    };
    &usable(before) - &usable(after)
}

fn last_revision() -> StorageError {
    StorageError::Damaged("its revision is the last there is".into())
}

#[cfg(test)]
mod tests;
