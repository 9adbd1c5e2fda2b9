//! What a handle of a ring keeps, as long as nothing was committed to the store.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::ring::Inner;
use crate::error::{Error, ErrorKind, Result};
use crate::keystore::{Signer, Verifier, jwks};
use crate::model::{Key, KeyId, KeyUse, RingPlace, RingRecord};
use crate::storage::Changes;

/// The last that was read, and at which state of the store.
#[derive(Default)]
pub(super) struct Loading(Mutex<Option<(Changes, Arc<Loaded>)>>);

/// The live keys of a ring, ready for use. Each part is made when it is first asked for.
pub(super) struct Loaded {
    store: crate::keystore::Keystore,
    record: RingRecord,
    current: KeyId,
    /// Current, next, previous.
    live: Vec<Key>,
    signer: OnceLock<Signer>,
    verifiers: OnceLock<BTreeMap<String, Verifier>>,
    jwks: OnceLock<String>,
}

impl Inner {
    /// What `part` takes from the ring as it is now. Looks again when a key was revoked or deleted between the look at the ring
    /// and the look at the key.
    pub(super) fn with_loaded<T>(&self, part: impl Fn(&Loaded) -> Result<T>) -> Result<T> {
        loop {
            let loaded = self.loaded()?;
            match part(&loaded) {
                Err(error)
                    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Refused)
                        && !self.is_still(&loaded)? => {}
                outcome => return outcome,
            }
        }
    }

    /// The ring as it is now. Costs one look at the store's count of commits when there was none since.
    pub(super) fn loaded(&self) -> Result<Arc<Loaded>> {
        let database = &self.store.0.database;
        // Counted before anything is read: what is read may be newer than the count, never older.
        let changes = database.changes()?;
        let kept = self.loading.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let kept = match kept {
            Some((at, loaded)) if at == changes => return Ok(loaded),
            Some((_, loaded)) => Some(loaded),
            None => None,
        };
        // Most commits are somebody else's. What was checked when it was loaded is good as long as all of it is the same: an
        // edit can leave the tag as it was.
        let same = match kept {
            // Where it cannot be renewed, to load it says why.
            Some(loaded) if self.is_still(&loaded)? => loaded.renewed().ok(),
            _ => None,
        };
        let loaded = match same {
            Some(loaded) => loaded,
            None => Arc::new(self.load()?),
        };
        *self.loading.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((changes, Arc::clone(&loaded)));
        Ok(loaded)
    }

    fn is_still(&self, loaded: &Loaded) -> Result<bool> {
        Ok(self.store.0.database.ring_record(&self.id)?.as_ref() == Some(&loaded.record))
    }

    fn load(&self) -> Result<Loaded> {
        let (record, stored) = self.rows()?;
        let mut live: Vec<_> = record.members.iter().zip(stored).filter(|(member, _)| member.place.is_live()).collect();
        live.sort_by_key(|(member, _)| match member.place {
            RingPlace::Current => 0,
            RingPlace::Next => 1,
            _ => 2,
        });
        let live: Vec<_> = live.into_iter().map(|(_, stored)| stored.record.key).collect();
        let current = live.first().map(|key| key.id).ok_or_else(|| super::not_whole(&record.name))?;
        Ok(Loaded {
            store: self.store.clone(),
            record,
            current,
            live,
            signer: OnceLock::new(),
            verifiers: OnceLock::new(),
            jwks: OnceLock::new(),
        })
    }
}

impl Loaded {
    /// The same ring after a commit that did not change it. Handles of its keys are looked up again: a key may have been sealed
    /// anew.
    fn renewed(self: Arc<Self>) -> Result<Arc<Self>> {
        let Some(signer) = self.signer.get() else { return Ok(self) };
        let now = self.store.signer(self.current)?;
        if now.is_same(signer) {
            return Ok(self);
        }
        let (record, current) = (self.record.clone(), self.current);
        let (store, live) = (self.store.clone(), self.live.clone());
        let (signer, verifiers, jwks) = (OnceLock::from(now), self.verifiers.clone(), self.jwks.clone());
        Ok(Arc::new(Self { store, record, current, live, signer, verifiers, jwks }))
    }

    pub(super) fn signer(&self) -> Result<&Signer> {
        self.must_sign()?;
        get_or_make(&self.signer, || self.store.signer(self.current))
    }

    /// By key identifier.
    pub(super) fn verifiers(&self) -> Result<&BTreeMap<String, Verifier>> {
        self.must_sign()?;
        get_or_make(&self.verifiers, || {
            let verifier = |key: &Key| Ok((key.kid.as_str().to_owned(), self.store.verifier(key.id)?));
            self.live.iter().map(verifier).collect()
        })
    }

    pub(super) fn jwks(&self) -> Result<String> {
        get_or_make(&self.jwks, || jwks::set(self.live.iter().cloned().map(Ok))).cloned()
    }

    fn must_sign(&self) -> Result<()> {
        match self.record.key_use {
            KeyUse::Signing => Ok(()),
            KeyUse::Encryption => Err(Error::not_possible("the ring's keys are for encryption, they sign nothing")),
        }
    }
}

/// Two threads may both make it; the first one's stays.
fn get_or_make<T>(cell: &OnceLock<T>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    if let Some(made) = cell.get() {
        return Ok(made);
    }
    let made = make()?;
    Ok(cell.get_or_init(|| made))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::storage::Changes;
    use crate::{Algorithm, GenerateKey, KeyName, KeySpec, Keystore, Options, Unlock};

    fn open(path: &Path) -> Keystore {
        Keystore::open_or_create(path, &Unlock::raw_key([7; 32]), Options::default()).unwrap()
    }

    fn generate(store: &Keystore, name: &str) {
        let spec = KeySpec::new(Algorithm::Hs256, None).unwrap();
        store.generate(GenerateKey::new(KeyName::new(name).unwrap(), spec)).unwrap();
    }

    fn changes(store: &Keystore) -> Changes {
        store.0.database.changes().unwrap()
    }

    #[test]
    fn a_commit_of_anybody_is_a_change_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.db");
        let (store, other) = (open(&path), open(&path));
        let read_only = Keystore::open_read_only(&path, &Unlock::raw_key([7; 32]), Options::default()).unwrap();
        let memory = Keystore::in_memory(Options::default()).unwrap();
        generate(&store, "first");
        // The first write of a handle empties the log, which looks like a change.
        generate(&other, "second");
        let mut seen = [&store, &other, &read_only, &memory].map(changes);
        // Where there is a log, it is the log that is looked at.
        assert!(seen[..2].iter().all(|changes| format!("{changes:?}").contains("Log(")), "{seen:?}");
        for (n, writer) in [&store, &other, &store].into_iter().enumerate() {
            let _ = [&store, &other, &read_only].map(|store| store.keys().count());
            assert!(other.0.database.expect_writable().is_ok());
            writer
                .mark_in_use(crate::KeyId::from_random_bytes([9; 16]), &crate::UserLabel::new("x").unwrap())
                .unwrap_err();
            assert_eq!([&store, &other, &read_only, &memory].map(changes), seen, "nothing was committed");
            generate(writer, &format!("key {n}"));
            generate(&memory, &format!("key {n}"));
            let now = [&store, &other, &read_only, &memory].map(changes);
            assert!(now.iter().zip(&seen).all(|(now, before)| now != before), "{now:?}");
            seen = now;
        }
    }

    /// The log is emptied into the file, and begins anew.
    #[test]
    fn a_change_is_seen_after_the_log_was_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.db");
        let (store, other) = (open(&path), open(&path));
        let mut seen = vec![changes(&store)];
        for n in 0..5 {
            generate(&other, &format!("key {n}"));
            assert!(other.verify_integrity().unwrap().is_ok(), "this empties the log");
            let now = changes(&store);
            assert!(!seen.contains(&now), "{now:?}");
            seen.push(now);
        }
    }
}
