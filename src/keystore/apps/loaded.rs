//! Apps made ready to be checked against, as long as they do not change.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashlink::LruCache;
use jiff::Timestamp;

use super::super::Keystore;
use super::quoted;
use crate::authn::Checker;
use crate::error::{Error, Result};
use crate::model::{AppId, CredentialRow};
use crate::storage::{AppState, Changes};

/// The last used apps, each with the state of the store at which it was read. Their secrets are wiped when they fall out.
pub(in crate::keystore) struct AppCache(Mutex<LruCache<AppId, (Changes, Arc<Loaded>)>>);

/// An app at one moment.
pub(super) struct Loaded {
    pub(super) state: AppState,
    pub(super) fips: bool,
    /// Kept from one moment to the next as long as the credentials are the same, with keys that were fetched.
    pub(super) current: Arc<Checker>,
    pub(super) previous: Option<Arc<Checker>>,
}

impl AppCache {
    pub(in crate::keystore) fn new(most: usize) -> Self {
        Self(Mutex::new(LruCache::new(most)))
    }

    pub(in crate::keystore) fn clear(&self) {
        self.lock().clear();
    }

    pub(super) fn forget(&self, id: AppId) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<AppId, (Changes, Arc<Loaded>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for AppCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AppCache({} apps)", self.lock().len())
    }
}

impl Loaded {
    /// Until when the previous credential is accepted.
    pub(super) fn previous_until(&self) -> Option<Timestamp> {
        self.state.record.previous.as_ref().map(|(_, until)| *until)
    }
}

impl Keystore {
    /// An app as it is now. Costs one look at the store's log when nothing was committed since.
    pub(super) fn loaded_app(&self, id: AppId) -> Result<Option<Arc<Loaded>>> {
        // Looked at before anything is read: what is read may be newer, never older.
        let changes = self.0.database.changes()?;
        let kept = self.0.app_cache.lock().get(&id).cloned();
        let kept = match kept {
            Some((at, loaded)) if at == changes => return Ok(Some(loaded)),
            kept => kept.map(|(_, loaded)| loaded),
        };
        let loaded = match kept {
            Some(kept) => self.renewed(id, &kept)?,
            None => self.load_app(id)?,
        };
        match &loaded {
            Some(loaded) => drop(self.0.app_cache.lock().insert(id, (changes, Arc::clone(loaded)))),
            None => self.0.app_cache.forget(id),
        }
        Ok(loaded)
    }

    /// After a commit, most likely of somebody else's: only what is under a seal is not read again while it is the same.
    fn renewed(&self, id: AppId, kept: &Loaded) -> Result<Option<Arc<Loaded>>> {
        let Some(state) = self.0.database.app(id)? else { return Ok(None) };
        if state.record != kept.state.record {
            return self.load_app(id);
        }
        self.check_app(&state)?;
        let (current, previous) = (Arc::clone(&kept.current), kept.previous.clone());
        Ok(Some(Arc::new(Loaded { fips: self.fips_of(&state)?, state, current, previous })))
    }

    fn load_app(&self, id: AppId) -> Result<Option<Arc<Loaded>>> {
        let Some((state, row)) = self.0.database.sealed_app(id)? else { return Ok(None) };
        self.check_app(&state)?;
        let checker = |row: &CredentialRow, sealed: &[u8]| {
            let credential = self.unseal_credential(row, sealed)?;
            // It could be read when it was written; a later version of this library may be stricter.
            let checker = Checker::new(credential.settled()).map_err(|invalid| {
                let name = quoted(&state.record.name);
                Error::not_possible(format!("the credential of app {name} cannot be used: {invalid}"))
            })?;
            Ok::<_, Error>(Arc::new(checker))
        };
        let current = checker(&row.record.current, &row.sealed)?;
        let previous = match (&row.record.previous, &row.sealed_previous) {
            (Some((previous, _)), Some(sealed)) => Some(checker(previous, sealed)?),
            _ => None,
        };
        Ok(Some(Arc::new(Loaded { fips: self.fips_of(&state)?, state, current, previous })))
    }

    pub(super) fn fips_of(&self, state: &AppState) -> Result<bool> {
        Ok(state.record.fips || self.checked_setting(state.setting.clone())?)
    }
}
