//! Changes of an app's credential.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::Keystore;
use super::app::{App, AppCredential, PreviousCredential};
use super::{credential, no_such_app, quoted, taken};
use crate::error::{Error, Result};
use crate::model::{
    AppId, AppRow, Credential, CredentialPart, CredentialPlan, CredentialRow, FailureRecord, Invalid, Problem,
    SecretSize,
};
use crate::storage::{AppChange, AppState, Refused, StorageError};

/// What a change may answer with: an error of the file, which may spoil the connection, or one in its own words.
pub(super) type Changed<T> = std::result::Result<T, Refused<Error>>;

/// How a secret is reset. The setters return the request, so that calls chain.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResetSecret {
    size: Option<SecretSize>,
    migration_period: Duration,
}

impl ResetSecret {
    /// The longest time for which the old credential may be accepted too: ten years of 365 days.
    pub const LONGEST: Duration = Duration::from_secs(3650 * 24 * 60 * 60);

    /// A new secret of 64 random bytes; the old one is over at once.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many random bytes the new secret has.
    #[must_use]
    pub fn size(mut self, size: SecretSize) -> Self {
        self.size = Some(size);
        self
    }

    /// How long the old credential is accepted too, in whole seconds, parts of one counting as one.
    #[must_use]
    pub fn migration_period(mut self, period: Duration) -> Self {
        self.migration_period = period;
        self
    }
}

impl Keystore {
    /// Gives an application a new random secret, or a new pair of keys for an AWS external key store. For the time asked for, the
    /// credential as a whole stays valid as it was; then it is gone, also from the file. An earlier one is dropped at once, and
    /// wrong secrets so far are forgotten.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound); [`NotPossible`](crate::ErrorKind::NotPossible) when the app has neither a
    /// secret nor such keys; [`InvalidInput`](crate::ErrorKind::InvalidInput) for a longer time than
    /// [`ResetSecret::LONGEST`]; and those of every write, see [`rename`](Self::rename).
    pub fn reset_secret(&self, id: AppId, reset: ResetSecret) -> Result<AppCredential> {
        check_period(reset.migration_period)?;
        let entropy = &*self.0.options.entropy;
        self.put_credential(id, reset.migration_period, |row, old| {
            let part = |part| {
                Ok::<_, Error>(match part {
                    CredentialPart::Secret(_) => {
                        let size = reset.size.unwrap_or(SecretSize::DEFAULT);
                        CredentialPart::Secret(credential::random_secret(size, entropy)?)
                    }
                    CredentialPart::AwsXks(_) if reset.size.is_none() => {
                        CredentialPart::AwsXks(credential::random_aws_xks(entropy)?)
                    }
                    CredentialPart::AwsXks(_) => {
                        let message = "secret_size is given for an AWS secret key, whose length is fixed";
                        return Err(Invalid::new("secret_size", Problem::Invalid, message).into());
                    }
                    other => other,
                })
            };
            if !old.parts().iter().any(|part| matches!(part, CredentialPart::Secret(_) | CredentialPart::AwsXks(_))) {
                let name = quoted(&row.record.name);
                return Err(Error::not_possible(format!("app {name} has no secret that could be reset")));
            }
            Ok(Credential::from_parts(old.into_parts().into_iter().map(part).collect::<Result<_>>()?)?)
        })
    }

    /// Gives an application another credential. For `migration_period`, in whole seconds, the old one stays valid.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound); [`InvalidInput`](crate::ErrorKind::InvalidInput) as for
    /// [`create_app`](Self::create_app), and for a longer time than [`ResetSecret::LONGEST`]; and those of every write, see
    /// [`rename`](Self::rename).
    pub fn replace_credential(
        &self,
        id: AppId,
        credential: CredentialPlan,
        migration_period: Duration,
    ) -> Result<AppCredential> {
        check_period(migration_period)?;
        let made = credential::make(credential, &*self.0.options.entropy)?;
        self.put_credential(id, migration_period, |_, _| Ok(made))
    }

    /// Puts a credential in the place of the one in force.
    fn put_credential(
        &self,
        id: AppId,
        migration_period: Duration,
        make: impl FnOnce(&AppRow, Credential) -> Result<Credential>,
    ) -> Result<AppCredential> {
        let (row, shown) = self.change_app(id, |change, state| {
            let mut row = change.sealed(state.record)?;
            let now = self.now();
            let old = self.unseal_credential(&row.record.current, &row.sealed)?;
            let shown = make(&row, old)?;
            let (current, sealed) = self.seal_credential(id, &shown, row.record.hashed, now)?;
            let until = end_of(now, migration_period)?;
            let old = (std::mem::replace(&mut row.record.current, current), std::mem::replace(&mut row.sealed, sealed));
            (row.record.previous, row.sealed_previous) = match until {
                Some(until) => (Some((old.0, until)), Some(old.1)),
                None => (None, None),
            };
            self.put_failures(change, id, Vec::new())?;
            Ok((self.put_app(change, row)?, shown))
        })?;
        let previous = match (&row.record.previous, &row.sealed_previous) {
            (Some((previous, until)), Some(sealed)) if !row.record.hashed => {
                Some(PreviousCredential::new(self.unseal_credential(previous, sealed)?, *until))
            }
            _ => None,
        };
        Ok(AppCredential::new(App::new(row.record), shown, previous))
    }

    /// Puts a random secret in the place of one that was guessed at too often; what was before it is dropped too.
    pub(super) fn lock_out(&self, change: &AppChange<'_>, state: AppState) -> Changed<()> {
        let id = state.record.id;
        let mut row = change.sealed(state.record)?;
        let old = self.unseal_credential(&row.record.current, &row.sealed)?;
        let part = |part| {
            Ok::<_, Error>(match part {
                CredentialPart::Secret(_) => {
                    let secret = credential::random_secret(SecretSize::DEFAULT, &*self.0.options.entropy)?;
                    CredentialPart::Secret(secret)
                }
                other => other,
            })
        };
        let parts = old.into_parts().into_iter().map(part).collect::<Result<_>>()?;
        let new = Credential::from_parts(parts).map_err(Error::from)?;
        (row.record.current, row.sealed) = self.seal_credential(id, &new, row.record.hashed, self.now())?;
        (row.record.previous, row.sealed_previous) = (None, None);
        self.put_failures(change, id, Vec::new())?;
        self.put_app(change, row).map(drop)
    }

    /// Changes an app in one transaction, from what it is then.
    pub(super) fn change_app<T>(
        &self,
        id: AppId,
        work: impl FnOnce(&AppChange<'_>, AppState) -> Changed<T>,
    ) -> Result<T> {
        let changed = self.0.database.change_app(id, |change, state| {
            self.check_app(&state)?;
            work(change, state)
        })?;
        changed?.ok_or_else(|| no_such_app(id))
    }

    /// Writes an app that was changed.
    pub(super) fn put_app(&self, change: &AppChange<'_>, mut row: AppRow) -> Changed<AppRow> {
        let last = || StorageError::Damaged("its revision is the last there is".into());
        row.record.revision = row.record.revision.checked_add(1).ok_or_else(last)?;
        row.record.updated_at = self.now();
        row.record.tag = self.0.vault.tag(&row.record);
        match change.put(&row) {
            Ok(()) => Ok(row),
            Err(error @ StorageError::Duplicate { .. }) => Err(taken(error, &row.record).into()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn put_failures(&self, change: &AppChange<'_>, app: AppId, at: Vec<Timestamp>) -> Changed<()> {
        let mut failures = FailureRecord { app, at, tag: [0; 32] };
        failures.tag = self.0.vault.tag(&failures);
        Ok(change.put_failures(&failures)?)
    }
}

fn check_period(period: Duration) -> Result<()> {
    if period > ResetSecret::LONGEST {
        let (got, most) = (period.as_secs(), ResetSecret::LONGEST.as_secs());
        let message = format!("credential_migration_period is {got} s, allowed are 0 to {most} s");
        return Err(Invalid::new("credential_migration_period", Problem::Invalid, message).into());
    }
    Ok(())
}

/// The whole second in which a credential ends that is valid for so long from now; none when it is over at once.
fn end_of(now: Timestamp, period: Duration) -> Result<Option<Timestamp>> {
    let seconds =
        i64::try_from(period.as_secs()).unwrap_or(i64::MAX).saturating_add(i64::from(period.subsec_nanos() > 0));
    if seconds == 0 {
        return Ok(None);
    }
    let begun = i64::from(now.subsec_nanosecond() > 0);
    let end = now.checked_add(SignedDuration::from_secs(seconds)).map(|end| end.as_second().saturating_add(begun));
    let end = end.ok().and_then(|end| Timestamp::from_second(end).ok());
    end.map(Some).ok_or_else(|| Error::not_possible("the old credential would be valid beyond the end of time"))
}

/// That of a credential which is in force at `now`.
pub(super) fn in_force(previous: &Option<(CredentialRow, Timestamp)>, now: Timestamp) -> bool {
    previous.as_ref().is_some_and(|(_, until)| *until > now)
}
