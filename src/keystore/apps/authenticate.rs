//! Letting applications in, or not.

use jiff::Timestamp;

use super::super::Keystore;
use super::loaded::Loaded;
use super::{can_wait, lockout};
use crate::authn::{
    Authenticated, BasicKey, Checker, Facts, Outcome, Passed, Presented, Reason, Refusal, Used, unverified_subject,
};
use crate::error::Result;
use crate::model::{AppId, CredentialKind};
use crate::storage::StorageError;

/// Why nothing that was presented fits.
struct Unfit {
    refusal: Refusal,
    /// A secret was guessed at.
    wrong_secret: bool,
}

impl Keystore {
    /// Checks whether an application is who it says it is. Which one it is says [`Presented::app`], else its API key, else the
    /// `sub` of its JWT.
    ///
    /// The credential in force is tried first, then the one before it as long as it is accepted.
    ///
    /// Wrong secrets are counted, on disk and for all processes. In FIPS mode the 100th within 24 hours resets the secret. Else
    /// from the third on a delay is told, doubling from a second to 15 minutes: attempts before it is over are
    /// [`Locked`](Outcome::Locked) and not counted. Nothing here ever sleeps, and the right secret is always accepted, and
    /// makes the wrong ones forgotten: an app's id is no secret, so a lock that held against the right one would let anybody
    /// lock an app out.
    ///
    /// ```
    /// use keystead::authn::{Outcome, Presented};
    /// # use keystead::{AppName, AppPlan, AppSecret, CredentialPart, CredentialPlan, Keystore, Options};
    /// # let store = Keystore::in_memory(Options::default())?;
    /// # let secret = AppSecret::new("TGV0IG1lIGluIQ-TGV0IG1lIGluIQ")?;
    /// # let plan = AppPlan::new(AppName::new("billing")?, CredentialPlan::new(CredentialPart::Secret(secret)));
    /// # store.create_app(plan)?;
    /// # let header = "Basic x";
    /// match store.authenticate(&Presented::new().authorization(header))? {
    ///     Outcome::Authenticated(who) => println!("welcome, {}", who.app),
    ///     Outcome::Refused(refusal) => println!("{refusal}"),
    ///     other => println!("{other:?}"),
    /// }
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// What a person does wrong is in the [`Outcome`]. Errors are those of every read, see [`key`](Self::key), and of every write
    /// when a wrong secret is to be counted: [`Busy`](crate::ErrorKind::Busy), [`DiskFull`](crate::ErrorKind::DiskFull).
    /// In a store that is open for reading alone, nothing is counted; an app in FIPS mode is not checked there at all
    /// ([`ReadOnly`](crate::ErrorKind::ReadOnly)).
    pub fn authenticate(&self, presented: &Presented<'_>) -> Result<Outcome> {
        let key = presented.authorization.map(BasicKey::parse);
        let app = match who(presented, key.as_ref()) {
            Ok(app) => app,
            Err(refusal) => return Ok(Outcome::Refused(refusal)),
        };
        loop {
            let Some(loaded) = self.loaded_app(app)? else {
                let message = format!("there is no app {app}");
                return Ok(Outcome::Refused(Refusal {
                    part: None,
                    reason: Reason::UnknownApp,
                    message,
                    retry_after: None,
                }));
            };
            let facts = Facts { app, now: self.now() };
            if loaded.fips && self.0.database.is_read_only() && loaded.has_secret() {
                let why = "it was opened read-only, and wrong secrets must be counted in FIPS mode";
                return Err(StorageError::ReadOnly(why.into()).into());
            }
            if loaded.previous_until().is_some_and(|until| until <= facts.now) {
                self.try_to_expire(app)?;
            }
            match loaded.check(facts, presented, key.as_ref()) {
                Ok((used, passed)) => {
                    self.forgive(&loaded)?;
                    return Ok(outcome(app, used, passed));
                }
                Err(Unfit { refusal, wrong_secret: false }) => return Ok(Outcome::Refused(refusal)),
                // None when the app was changed meanwhile: then it has to be looked at again.
                Err(Unfit { refusal, .. }) => {
                    if let Some(outcome) = self.count_failure(&loaded, facts.now, refusal)? {
                        return Ok(outcome);
                    }
                }
            }
        }
    }

    /// Counts a wrong secret, on disk before it is told.
    fn count_failure(&self, seen: &Loaded, now: Timestamp, refusal: Refusal) -> Result<Option<Outcome>> {
        if !seen.fips {
            // Somebody who goes on guessing makes nobody write.
            if let Some(retry_after) = lockout::wait(seen.failures(), now) {
                return Ok(Some(Outcome::Locked { retry_after }));
            }
            if self.0.database.is_read_only() {
                return Ok(Some(Outcome::Refused(refusal)));
            }
        }
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
            Ok(Some(Outcome::Refused(Refusal { retry_after, ..refusal })))
        })?;
        counted.map(Option::flatten)
    }

    /// Forgets wrong secrets after a right one. In FIPS mode they count all the same.
    fn forgive(&self, loaded: &Loaded) -> Result<()> {
        if loaded.fips || loaded.failures().is_empty() || !loaded.has_secret() || self.0.database.is_read_only() {
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
    fn check(
        &self,
        facts: Facts,
        presented: &Presented<'_>,
        key: Option<&Result<BasicKey, Refusal>>,
    ) -> Result<(Used, Passed), Unfit> {
        let check = |checker: &Checker| checker.check(facts, presented, key);
        let refusal = match check(&self.current) {
            Ok(passed) => return Ok((Used::Current, passed)),
            Err(refusal) => refusal,
        };
        let mut wrong_secret = refusal.reason == Reason::WrongSecret;
        if let Some(previous) = self.previous.as_ref().filter(|_| self.previous_until() > Some(facts.now)) {
            match check(previous) {
                Ok(passed) => return Ok((Used::Previous, passed)),
                Err(refusal) => wrong_secret |= refusal.reason == Reason::WrongSecret,
            }
        }
        Err(Unfit { refusal, wrong_secret })
    }

    fn failures(&self) -> &[Timestamp] {
        self.state.failures.as_ref().map_or(&[], |failures| &failures.at)
    }

    fn has_secret(&self) -> bool {
        let record = &self.state.record;
        let previous = record.previous.iter().map(|(previous, _)| previous);
        previous.chain([&record.current]).any(|row| row.kinds.contains(&CredentialKind::Secret))
    }
}

/// Which app it says it is.
fn who(presented: &Presented<'_>, key: Option<&Result<BasicKey, Refusal>>) -> Result<AppId, Refusal> {
    if let Some(app) = presented.app {
        return Ok(app);
    }
    match key {
        Some(Ok(key)) => return Ok(key.app),
        Some(Err(refusal)) => return Err(refusal.clone()),
        None => {}
    }
    presented.jwt.and_then(unverified_subject).ok_or_else(|| Refusal {
        part: None,
        reason: Reason::NotPresented,
        message: "nothing says which app it is: no app, no API key, no JWT with a UUID as sub".into(),
        retry_after: None,
    })
}

fn outcome(app: AppId, used: Used, passed: Passed) -> Outcome {
    let so_far = Authenticated { app, used, additional_logging: passed.additional_logging };
    match passed.external {
        checks if checks.is_empty() => Outcome::Authenticated(so_far),
        checks => Outcome::NeedsExternal { so_far, checks },
    }
}
