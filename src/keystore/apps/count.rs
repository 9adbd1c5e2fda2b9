//! Counting wrong secrets, and forgetting them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::super::Keystore;
use super::loaded::Loaded;
use super::{can_wait, lockout};
use crate::authn::{Outcome, Refusal, Used};
use crate::error::Result;
use crate::model::{AppId, CredentialKind};

/// How many wrong secrets of apps in FIPS mode could not be counted yet.
#[derive(Debug, Default)]
pub(in crate::keystore) struct Owed(Mutex<BTreeMap<AppId, usize>>);

impl Owed {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<AppId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keystore {
    /// Counts a wrong secret, on disk before it is told. `told` is what is answered otherwise. None when the app is no more as
    /// it was.
    pub(super) fn count_failure(&self, seen: &Loaded, now: Timestamp, told: Outcome) -> Result<Option<Outcome>> {
        if !seen.fips {
            // The other credential may have been meant, and not the secret.
            if !matches!(told, Outcome::Refused(_)) {
                return Ok(Some(told));
            }
            // Somebody who goes on guessing makes nobody write.
            if let Some(retry_after) = lockout::wait(seen.failures(), now) {
                return Ok(Some(Outcome::Locked { retry_after }));
            }
            if self.0.database.is_read_only() {
                return Ok(Some(told));
            }
        }
        let counted = self.count_now(seen, told);
        if counted.is_err() && seen.fips {
            *self.0.owed.lock().entry(seen.state.record.id).or_default() += 1;
        }
        counted
    }

    fn count_now(&self, seen: &Loaded, told: Outcome) -> Result<Option<Outcome>> {
        let record = &seen.state.record;
        let counted = self.0.database.change_app(record.id, |change, state| {
            self.check_app(&state)?;
            if state.record.revision != record.revision || self.fips_of(&state)? != seen.fips {
                return Ok(None);
            }
            let now = self.now();
            let known = state.failures.as_ref().map_or(&[][..], |failures| &failures.at);
            if let (false, Some(retry_after)) = (seen.fips, lockout::wait(known, now)) {
                return Ok(Some(Outcome::Locked { retry_after }));
            }
            let mut at = lockout::recent(known, now);
            at.push(now);
            if seen.fips && at.len() >= lockout::MOST {
                self.lock_out(change, state)?;
                return Ok(Some(Outcome::Reset));
            }
            let retry_after = if seen.fips { None } else { lockout::delay(at.len()) };
            self.put_failures(change, record.id, at)?;
            Ok(Some(match told {
                Outcome::Refused(refusal) => Outcome::Refused(Refusal { retry_after, ..refusal }),
                told => told,
            }))
        })?;
        counted.map(Option::flatten)
    }

    /// Counts what could not be counted when it was told as an error, before anything else is checked: else whoever keeps the
    /// store from being written, or finds its disk full, could tell right secrets from wrong ones for ever. Where that makes a
    /// hundred, the secret is reset, and whoever comes first is told so.
    pub(super) fn count_what_is_owed(&self, app: AppId) -> Result<Option<Outcome>> {
        let Some(owed) = self.0.owed.lock().get(&app).copied() else { return Ok(None) };
        let counted = self.0.database.change_app(app, |change, state| {
            self.check_app(&state)?;
            if !self.fips_of(&state)? {
                return Ok(None);
            }
            let now = self.now();
            let known = state.failures.as_ref().map_or(&[][..], |failures| &failures.at);
            let mut at = lockout::recent(known, now);
            at.extend(std::iter::repeat_n(now, owed.min(lockout::MOST)));
            if at.len() >= lockout::MOST {
                self.lock_out(change, state)?;
                return Ok(Some(Outcome::Reset));
            }
            self.put_failures(change, app, at)?;
            Ok(None)
        })?;
        let told = counted?.flatten();
        let mut all = self.0.owed.lock();
        match all.get_mut(&app) {
            Some(left) if *left > owed => *left -= owed,
            _ => drop(all.remove(&app)),
        }
        Ok(told)
    }

    /// Forgets wrong secrets after a right one. In FIPS mode they count all the same.
    pub(super) fn forgive(&self, loaded: &Loaded, used: Used) -> Result<()> {
        if loaded.fips || loaded.failures().is_empty() || !loaded.is_secret(used) || self.0.database.is_read_only() {
            return Ok(());
        }
        let id = loaded.state.record.id;
        let forgiven = self.0.database.change_app(id, |change, _| self.put_failures(change, id, Vec::new()));
        match forgiven.map_err(crate::Error::from).and_then(|forgiven| forgiven.map(drop)) {
            Err(error) if !can_wait(&error) => Err(error),
            _ => Ok(()),
        }
    }
}

impl Loaded {
    fn failures(&self) -> &[Timestamp] {
        self.state.failures.as_ref().map_or(&[], |failures| &failures.at)
    }

    /// Whether a secret is part of that credential.
    pub(super) fn is_secret(&self, used: Used) -> bool {
        let record = &self.state.record;
        let row = match used {
            Used::Current => Some(&record.current),
            Used::Previous => record.previous.as_ref().map(|(previous, _)| previous),
        };
        row.is_some_and(|row| row.kinds.contains(&CredentialKind::Secret))
    }
}
