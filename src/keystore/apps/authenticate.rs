//! Letting applications in, or not.

use super::super::Keystore;
use super::loaded::Loaded;
use crate::authn::{
    Authenticated, BasicKey, Checker, Facts, Outcome, Passed, Presented, Reason, Refusal, Used, unverified_subject,
};
use crate::error::Result;
use crate::model::{AppId, CredentialKind};
use crate::storage::StorageError;

/// What became of what was presented.
struct Checked {
    found: Result<(Used, Passed), Refusal>,
    /// A secret was guessed at, and not the one of the other credential was meant.
    wrong_secret: bool,
}

impl Keystore {
    /// Checks whether an application is who it says it is. Which one it is says [`Presented::app`], else its API key, else the
    /// `sub` of its JWT.
    ///
    /// The credential in force is tried first, then the one before it as long as it is accepted. Where one of them leaves something
    /// to be checked outside and the other nothing, the other one counts.
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
    /// After such an error nothing of an app in FIPS mode is checked by this handle, right or wrong, until that secret is counted.
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
            if loaded.fips
                && let Some(told) = self.count_what_is_owed(app)?
            {
                return Ok(told);
            }
            let Checked { found, wrong_secret } = loaded.check(facts, presented, key.as_ref());
            let told = match found {
                Ok((used, passed)) => match disagreement(app, presented, key.as_ref()) {
                    Some(refusal) => Outcome::Refused(refusal),
                    None => {
                        self.forgive(&loaded, used)?;
                        outcome(app, used, passed)
                    }
                },
                Err(refusal) => Outcome::Refused(refusal),
            };
            if !wrong_secret {
                return Ok(told);
            }
            // None when the app was changed meanwhile: then it has to be looked at again.
            if let Some(told) = self.count_failure(&loaded, facts.now, told)? {
                return Ok(told);
            }
        }
    }
}

impl Loaded {
    fn check(&self, facts: Facts, presented: &Presented<'_>, key: Option<&Result<BasicKey, Refusal>>) -> Checked {
        let check = |checker: &Checker| checker.check(facts, presented, key);
        let is_complete = |passed: &Passed| passed.external.is_empty();
        let is_guess = |found: &Result<Passed, Refusal>| {
            found.as_ref().is_err_and(|refusal| refusal.reason == Reason::WrongSecret)
        };
        let current = check(&self.current);
        if current.as_ref().is_ok_and(is_complete) {
            return Checked { found: current.map(|passed| (Used::Current, passed)), wrong_secret: false };
        }
        let previous = self.previous.as_ref().filter(|_| self.previous_until() > Some(facts.now));
        let previous = previous.map(|previous| check(previous));
        let guessed = is_guess(&current) || previous.as_ref().is_some_and(is_guess);
        let found = match (current, previous) {
            // What is left to others may pass whatever was presented: it stands before nothing that is complete.
            (Ok(passed), previous) if !previous.as_ref().is_some_and(|it| it.as_ref().is_ok_and(is_complete)) => {
                Ok((Used::Current, passed))
            }
            (_, Some(Ok(passed))) => Ok((Used::Previous, passed)),
            (current, _) => current.map(|passed| (Used::Current, passed)),
        };
        // Nor does a credential without a secret hide a guess at that of the other.
        let right_secret = found.as_ref().is_ok_and(|(used, _)| self.is_secret(*used));
        Checked { found, wrong_secret: guessed && !right_secret }
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

/// Whether something that nobody had to look at says that it is another app.
fn disagreement(app: AppId, presented: &Presented<'_>, key: Option<&Result<BasicKey, Refusal>>) -> Option<Refusal> {
    let by_key = key.and_then(|key| key.as_ref().ok()).map(|key| key.app);
    let said = [("the API key", by_key), ("the JWT", presented.jwt.and_then(unverified_subject))];
    let (what, other) = said.into_iter().find(|(_, said)| said.is_some_and(|said| said != app))?;
    let message = format!("{what} is of app {}, the rest of {app}", other?);
    Some(Refusal { part: None, reason: Reason::WrongApp, message, retry_after: None })
}

fn outcome(app: AppId, used: Used, passed: Passed) -> Outcome {
    let so_far = Authenticated { app, used, additional_logging: passed.additional_logging };
    match passed.external {
        checks if checks.is_empty() => Outcome::Authenticated(so_far),
        checks => Outcome::NeedsExternal { so_far, checks },
    }
}
