//! Applications and their credentials: made, read, replaced, checked.

mod app;
mod authenticate;
mod change;
mod check;
mod count;
mod credential;
mod expire;
mod loaded;
mod lockout;
mod plan;

pub use app::{App, AppCredential, BasicAuthorization, PreviousCredential};
pub use change::ResetSecret;
pub(super) use count::Owed;
pub(super) use loaded::AppCache;
pub use plan::{AppPlan, SecretStorage};

use super::Keystore;
use crate::crypto;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{AppId, AppName, AppRecord, AppRow, Credential, Invalid, LockoutSetting};
use crate::storage::{AppState, StorageError};

impl Keystore {
    /// Makes an application with its credential, on disk when it returns. What was made at random is in the answer; of a secret
    /// that is kept as a hash, this is the only time that it is shown.
    ///
    /// ```
    /// use keystead::authn::{Outcome, Presented};
    /// use keystead::{AppName, AppPlan, CredentialPart, CredentialPlan, Keystore, Options, SecretSize};
    ///
    /// let store = Keystore::in_memory(Options::default())?;
    /// let plan = AppPlan::new(AppName::new("billing")?, CredentialPlan::random_secret(SecretSize::DEFAULT));
    /// let made = store.create_app(plan)?;
    ///
    /// let header = made.basic_authorization().unwrap();
    /// let outcome = store.authenticate(&Presented::new().authorization(header.expose_secret()))?;
    /// assert!(matches!(outcome, Outcome::Authenticated(_)));
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Duplicate`](ErrorKind::Duplicate) when there is an app of this name or id;
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a certificate, key, name or policy that cannot be read, and for a
    /// hash where there is no secret; and those of every write, see [`rename`](Self::rename).
    pub fn create_app(&self, plan: AppPlan) -> Result<AppCredential> {
        let entropy = &*self.0.options.entropy;
        let AppPlan { name, credential, id, fips, storage } = plan;
        let hashed = storage == SecretStorage::Hash;
        let credential = credential::make(credential, entropy)?;
        if hashed && credential::secret_of(&credential).is_none() {
            let message = "store is hash, allowed only for a credential with a secret";
            return Err(Invalid::new("store", crate::model::Problem::Invalid, message).into());
        }
        let id = match id {
            Some(id) => id,
            None => AppId::from_random_bytes(crypto::random_bytes(entropy)?),
        };
        let now = self.now();
        let (current, sealed) = self.seal_credential(id, &credential, hashed, now)?;
        let mut record = AppRecord {
            id,
            name,
            fips,
            hashed,
            created_at: now,
            updated_at: now,
            revision: 1,
            current,
            previous: None,
            tag: [0; 32],
        };
        record.tag = self.0.vault.tag(&record);
        let row = AppRow { record, sealed, sealed_previous: None };
        self.0.database.create_app(&row).map_err(|error| taken(error, &row.record))?;
        Ok(AppCredential::new(App::new(row.record), credential, None))
    }

    /// An application, without its credential.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound); and those of every read, see [`key`](Self::key).
    pub fn app(&self, id: AppId) -> Result<App> {
        let state = self.0.database.app(id)?.ok_or_else(|| no_such_app(id))?;
        self.check_app(&state)?;
        Ok(App::new(self.without_expired(state.record)))
    }

    /// Every application, in the order in which they were made.
    ///
    /// # Errors
    /// Those of every read, see [`key`](Self::key).
    pub fn apps(&self) -> Result<Vec<App>> {
        let records = self.0.database.apps()?.into_iter();
        records
            .map(|record| {
                self.0.vault.check(&record)?;
                Ok(App::new(self.without_expired(record)))
            })
            .collect()
    }

    /// Reads the credential of an application, secrets and all, and the one before it as long as it is accepted.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound); [`Refused`](ErrorKind::Refused) when the secret is kept as a hash, so that it
    /// cannot be read; and those of every read, see [`key`](Self::key).
    pub fn export_app_secret(&self, id: AppId) -> Result<AppCredential> {
        let (state, row) = self.0.database.sealed_app(id)?.ok_or_else(|| no_such_app(id))?;
        self.check_app(&state)?;
        let now = self.now();
        let current = self.readable(&row.record, &row.record.current, &row.sealed)?;
        let previous = match (&row.record.previous, &row.sealed_previous) {
            (Some((previous, until)), Some(sealed)) if *until > now => {
                Some(PreviousCredential::new(self.readable(&row.record, previous, sealed)?, *until))
            }
            _ => None,
        };
        if previous.is_none() && row.record.previous.is_some() {
            self.try_to_expire(id)?;
        }
        Ok(AppCredential::new(App::new(self.without_expired(row.record)), current, previous))
    }

    /// Gives an application another name.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound); [`Duplicate`](ErrorKind::Duplicate); and those of every write, see
    /// [`rename`](Self::rename).
    pub fn rename_app(&self, id: AppId, name: AppName) -> Result<App> {
        let renamed = self.change_app(id, |change, state| {
            let mut row = change.sealed(state.record)?;
            row.record.name = name;
            self.put_app(change, row)
        })?;
        Ok(App::new(renamed.record))
    }

    /// Deletes an application and its credentials.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound); and those of every write, see [`rename`](Self::rename).
    pub fn delete_app(&self, id: AppId) -> Result<()> {
        // Nothing of it is trusted: an app whose row was edited can be deleted too.
        let deleted = self.0.database.change_app(id, |change, _| Ok(change.delete(id)?))?;
        deleted.unwrap_or_else(|never: std::convert::Infallible| match never {}).ok_or_else(|| no_such_app(id))?;
        self.0.app_cache.forget(id);
        Ok(())
    }

    /// Whether every app is as if it had been made in FIPS mode, see [`AppPlan::fips`].
    ///
    /// # Errors
    /// Those of every read, see [`key`](Self::key).
    pub fn fips_mode(&self) -> Result<bool> {
        self.checked_setting(self.0.database.app_setting()?)
    }

    /// Makes every app, those to come included, as if made in FIPS mode; or no more, except those that were.
    ///
    /// # Errors
    /// Those of every write, see [`rename`](Self::rename).
    pub fn set_fips_mode(&self, on: bool) -> Result<()> {
        let mut setting = LockoutSetting { fips: on, tag: [0; 32] };
        setting.tag = self.0.vault.tag(&setting);
        Ok(self.0.database.put_app_setting(&setting)?)
    }

    fn checked_setting(&self, setting: Option<LockoutSetting>) -> Result<bool> {
        let Some(setting) = setting else { return Ok(false) };
        self.0.vault.check(&setting)?;
        Ok(setting.fips)
    }

    /// The rows of an app are as this library wrote them.
    fn check_app(&self, state: &AppState) -> Result<()> {
        self.0.vault.check(&state.record)?;
        if let Some(failures) = &state.failures {
            self.0.vault.check(failures)?;
        }
        self.checked_setting(state.setting.clone()).map(drop)
    }

    /// A credential that may be shown.
    fn readable(&self, record: &AppRecord, row: &crate::model::CredentialRow, sealed: &[u8]) -> Result<Credential> {
        let credential = self.unseal_credential(row, sealed)?;
        if record.hashed && credential::secret_of(&credential).is_some() {
            let name = quoted(&record.name);
            return Err(Error::refused(format!("the secret of app {name} is kept as a hash, it cannot be read")));
        }
        Ok(credential)
    }
}

fn no_such_app(id: AppId) -> Error {
    Error::not_found(format!("app {id}"))
}

fn quoted(name: &AppName) -> String {
    Invalid::quote(name.as_str())
}

/// Names what was taken.
fn taken(error: StorageError, record: &AppRecord) -> Error {
    match error {
        StorageError::Duplicate { field: "app" } => Error::duplicate("app", quoted(&record.name)),
        StorageError::Duplicate { field } => Error::duplicate(field, record.id.to_string()),
        error => error.into(),
    }
}

/// What keeps a change that was only meant to tidy up from being made, and harms nobody.
fn can_wait(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Busy | ErrorKind::ReadOnly | ErrorKind::DiskFull)
}
