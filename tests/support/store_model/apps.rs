//! Steps on applications.

use std::rc::Rc;
use std::time::Duration;

use keystead::authn::{Outcome, Presented, Reason, Used};
use keystead::{
    AppCredential, AppId, AppName, AppPlan, AppSecret, CredentialKind, CredentialPart, CredentialPlan, ErrorKind,
    ResetSecret, SecretSize, SecretStorage,
};

use super::World;
use super::materials::certificates;
use super::model::{App, Credential, delay, is_secret, recent, wait};
use super::naive::instant;
use super::tally::tally_words;
use super::verb::Verb;

const NAMES: [&str; 3] = ["billing", "shipping", "Billing"];
const GIVEN: &str = "a-secret-that-was-given";

/// What an application is told, in short.
#[derive(Debug, PartialEq)]
enum Told {
    In(Used),
    Refused(Reason, Option<u64>),
    Locked(u64),
    Reset,
}

fn given(n: u8) -> String {
    format!("{GIVEN}-{}", n % 3)
}

fn app_name(n: u8) -> AppName {
    AppName::new(NAMES[usize::from(n)]).unwrap()
}

fn basic(id: AppId, secret: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let plain = format!("{id}:{secret}");
    let mut text = String::from("Basic ");
    for chunk in plain.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for n in 0..4 {
            let digit = char::from(DIGITS[bits >> (18 - 6 * n) & 63]);
            text.push(if n <= chunk.len() { digit } else { '=' });
        }
    }
    text
}

impl World {
    fn pick_app(&self, which: u8) -> Option<(u64, Rc<App>)> {
        let apps = &self.state.apps;
        let at = if apps.is_empty() || which == 255 { return None } else { usize::from(which) % apps.len() };
        apps.iter().nth(at).map(|(n, app)| (*n, Rc::clone(app)))
    }

    /// Where there is no app to be asked, one is made.
    pub(super) fn makes_an_app(&mut self, by: u8, which: u8, [kind, set]: [u8; 2]) -> bool {
        let makes = self.state.apps.is_empty() && which != 255;
        if makes {
            self.create_app(by, which, [kind, set]);
        }
        makes
    }

    fn unknown() -> AppId {
        "ffffffff-0000-0000-0000-000000000000".parse().unwrap()
    }

    /// The plan of a credential, and it itself as far as it is known already.
    fn plan(kind: u8) -> (CredentialPlan, Option<Credential>) {
        match kind % 6 {
            0..3 => (CredentialPlan::random_secret(SecretSize::new(16).unwrap()), None),
            3 | 4 => {
                let secret = given(kind / 6);
                let part = CredentialPart::Secret(AppSecret::new(secret.as_str()).unwrap());
                (CredentialPlan::new(part), Some(Credential::Secret(secret)))
            }
            _ => {
                let n = kind / 6 % 2;
                let part = CredentialPart::Certificate(certificates()[usize::from(n)].clone().into());
                (CredentialPlan::new(part), Some(Credential::Certificate(n)))
            }
        }
    }

    /// What the store shows of a credential that was just made.
    fn shown(made: &AppCredential, known: Option<Credential>) -> Option<Credential> {
        let shown = read(made.credential());
        if known.is_some() {
            assert_eq!(shown, known);
        }
        Some(shown.expect("a credential that was just made is shown"))
    }

    pub(super) fn create_app(&mut self, by: u8, name: u8, [kind, set]: [u8; 2]) {
        let slot = self.handle(by);
        let name = name % NAMES.len() as u8;
        let (plan, known) = Self::plan(kind);
        let (fips, hashed) = (set % 4 == 0, set % 3 == 0);
        // One of three ids, so that they clash.
        let id: Option<AppId> =
            (set >= 224).then(|| format!("0{}000000-0000-0000-0000-000000000000", set % 3 + 1).parse().unwrap());
        let mut plan = AppPlan::new(app_name(name), plan).fips(fips);
        if hashed {
            plan = plan.storage(SecretStorage::Hash);
        }
        if let Some(id) = id {
            plan = plan.id(id);
        }
        let certificate = matches!(known, Some(Credential::Certificate(_)));
        let taken = self.state.apps.values().any(|app| app.name == name || Some(app.id) == id);
        let expected = match taken {
            _ if certificate && hashed => Err(ErrorKind::InvalidInput),
            true => Err(ErrorKind::Duplicate),
            false => Ok(()),
        };
        let made = self.store(slot).create_app(plan);
        let Some(made) = self.settle(Verb::CreateApp, made, expected, self.gate(slot, true)) else { return };
        let now = self.now;
        let app = App {
            id: id.unwrap_or(made.app().id()),
            name,
            fips,
            hashed,
            created: now,
            updated: now,
            made: now,
            current: Self::shown(&made, known),
            previous: None,
            failures: Vec::new(),
        };
        self.check_app(&app, made.app());
        self.state.apps_made += 1;
        self.state.apps.insert(self.state.apps_made, Rc::new(app));
    }

    /// An app is what the model says.
    pub(super) fn check_app(&self, model: &App, app: &keystead::App) {
        let kind = if is_secret(&model.current) { CredentialKind::Secret } else { CredentialKind::Certificate };
        assert_eq!((app.id(), app.name()), (model.id, &app_name(model.name)));
        assert_eq!((app.kinds(), app.fips(), app.is_hashed()), (&[kind][..], model.fips, model.hashed));
        let times = [app.created_at(), app.updated_at(), app.credential_made_at()];
        assert_eq!(times, [model.created, model.updated, model.made].map(|at| instant(at, 0)));
        let until = model.previous_at(self.now).map(|(_, until)| instant(*until, 0));
        assert_eq!(app.previous_valid_until(), until);
    }

    /// Presents the credential in force, the one before, one that was given to some app, or a certificate.
    pub(super) fn authenticate(&mut self, verb: Verb, by: u8, which: u8, [how, more]: [u8; 2]) {
        let slot = self.handle(by);
        let found = self.pick_app(which);
        let until = found.as_ref().and_then(|(_, app)| Some(app.previous.as_ref()?.1));
        if let (Some(until), 4) = (until, how % 8) {
            // Around the moment from which it is accepted no more.
            self.now = until + i64::from(how / 8 % 3) - 1;
            self.clock.to(self.now);
        }
        let presented = match (&found, how % 8) {
            (Some((_, app)), 0..4) => app.current.clone(),
            (Some((_, app)), 4) => app.previous.clone().and_then(|(previous, _)| previous),
            (_, 5) => Some(Credential::Certificate(more % 2)),
            _ => None,
        };
        let presented = presented.unwrap_or_else(|| Credential::Secret(given(more)));
        let id = found.as_ref().map_or_else(Self::unknown, |(_, app)| app.id);
        self.knock(verb, slot, found.map(|(n, _)| n), id, &presented);
    }

    /// Wrong secrets one after the other, more than a hundred at times; then the right one, and a wrong one again.
    pub(super) fn guess(&mut self, by: u8, which: u8, [times, more]: [u8; 2]) {
        let slot = self.handle(by);
        let Some((n, app)) = self.pick_app(which) else { return };
        let times = if times >= 240 { 101 } else { times % 6 + 1 };
        let wrong = Credential::Secret("this-is-another-secret".into());
        for _ in 0..times {
            self.knock(Verb::Guess, slot, Some(n), app.id, &wrong);
        }
        let right = self.state.apps[&n].current.clone().filter(|_| !more.is_multiple_of(3));
        if let Some(right) = right {
            self.knock(Verb::Authenticate, slot, Some(n), app.id, &right);
            self.knock(Verb::Guess, slot, Some(n), app.id, &wrong);
        }
    }

    fn knock(&mut self, verb: Verb, slot: usize, n: Option<u64>, id: AppId, presented: &Credential) {
        let header;
        let shown = match presented {
            Credential::Secret(secret) => {
                header = basic(id, secret);
                Presented::new().authorization(&header)
            }
            Credential::Certificate(n) => {
                Presented::new().app(id).certificate_chain([certificates()[usize::from(*n)].as_slice()])
            }
        };
        let outcome = self.store(slot).authenticate(&shown);
        let ran_out = self.dice.has_failed();
        let kind = outcome.as_ref().err().map(keystead::Error::kind);
        let told = outcome.as_ref().ok().map(told);
        self.say(&format!("-> {kind:?} {told:?}"));
        match &told {
            Some(Told::Refused(reason, delay)) => {
                tally_words(verb, &format!("{reason:?}{}", if delay.is_some() { "+" } else { "" }))
            }
            Some(Told::Locked(_)) => tally_words(verb, "locked"),
            Some(other) => tally_words(verb, &format!("{other:?}")),
            None => tally_words(verb, &format!("{:?}", kind.unwrap())),
        }
        let expected = match n {
            _ if self.gate(slot, false).is_some() => Err(ErrorKind::Rekeyed),
            None => Ok(Told::Refused(Reason::UnknownApp, None)),
            Some(n) => self.expect(slot, n, presented, ran_out),
        };
        match (told, expected) {
            (Some(told), Ok(expected)) => assert_eq!(told, expected),
            (None, Err(expected)) => assert_eq!(kind.unwrap(), expected),
            (told, expected) => panic!("{told:?} {kind:?}, expected {expected:?}"),
        }
        // A secret that the store made is told to whoever may read it.
        let Some(app) = n.map(|n| Rc::clone(&self.state.apps[&n])) else { return };
        if app.current.is_none() && !app.hashed && self.gate(slot, false).is_none() {
            let secret = self.store(slot).export_app_secret(id).unwrap();
            let n = n.unwrap();
            Rc::make_mut(self.state.apps.get_mut(&n).unwrap()).current = read(secret.credential());
        }
    }

    /// What is answered, and what becomes of the app by it.
    fn expect(&mut self, slot: usize, n: u64, presented: &Credential, ran_out: bool) -> Result<Told, ErrorKind> {
        let now = self.now;
        let writes = self.gate(slot, true).map(|gate| gate[0]);
        let before = Rc::clone(&self.state.apps[&n]);
        let mut app = (*before).clone();
        let fips = app.fips || self.state.fips;
        let any_secret =
            is_secret(&app.current) || app.previous.as_ref().is_some_and(|(previous, _)| is_secret(previous));
        if fips && any_secret && writes == Some(ErrorKind::ReadOnly) {
            return Err(ErrorKind::ReadOnly);
        }
        if writes.is_none() {
            app.expire(now);
        }
        let owed = &mut self.handles[slot].as_mut().unwrap().owed;
        if let (true, Some(count)) = (fips, owed.get(&app.id).copied()) {
            if let Some(kind) = writes {
                return Err(kind);
            }
            let mut failures = recent(&app.failures, now);
            failures.extend(std::iter::repeat_n(now, count));
            if failures.len() >= 100 {
                if ran_out {
                    self.put(n, app);
                    return Err(ErrorKind::Io);
                }
                owed.remove(&app.id);
                lock_out(&mut app, now);
                self.put(n, app);
                return Ok(Told::Reset);
            }
            owed.remove(&app.id);
            app.failures = failures;
        }
        let previous = app.previous_at(now).map(|(previous, _)| previous.clone());
        let used = if app.current.as_ref() == Some(presented) {
            Some((Used::Current, is_secret(&app.current)))
        } else if previous.as_ref().is_some_and(|previous| previous.as_ref() == Some(presented)) {
            Some((Used::Previous, is_secret(previous.as_ref().unwrap())))
        } else {
            None
        };
        let secret = matches!(presented, Credential::Secret(_));
        if let Some((used, by_secret)) = used {
            if by_secret && !fips && writes.is_none() {
                app.failures.clear();
            }
            self.put(n, app);
            return Ok(Told::In(used));
        }
        // What the credential in force lacks is told.
        let reason = match (is_secret(&app.current), secret) {
            (true, true) => Reason::WrongSecret,
            (false, false) => Reason::WrongCertificate,
            _ => Reason::NotPresented,
        };
        let guessed = secret && (is_secret(&app.current) || previous.as_ref().is_some_and(is_secret));
        if !guessed {
            self.put(n, app);
            return Ok(Told::Refused(reason, None));
        }
        if !fips {
            if let Some(left) = wait(&app.failures, now) {
                self.put(n, app);
                return Ok(Told::Locked(left));
            }
            if writes == Some(ErrorKind::ReadOnly) {
                return Ok(Told::Refused(reason, None));
            }
        }
        if let Some(kind) = writes {
            if fips {
                *self.handles[slot].as_mut().unwrap().owed.entry(app.id).or_default() += 1;
            }
            return Err(kind);
        }
        let mut failures = recent(&app.failures, now);
        failures.push(now);
        if fips && failures.len() >= 100 {
            if ran_out {
                *self.handles[slot].as_mut().unwrap().owed.entry(app.id).or_default() += 1;
                self.put(n, app);
                return Err(ErrorKind::Io);
            }
            lock_out(&mut app, now);
            self.put(n, app);
            return Ok(Told::Reset);
        }
        let retry = if fips { None } else { delay(failures.len()) };
        app.failures = failures;
        self.put(n, app);
        Ok(Told::Refused(reason, retry))
    }

    fn put(&mut self, n: u64, app: App) {
        self.state.apps.insert(n, Rc::new(app));
    }

    pub(super) fn reset_secret(&mut self, by: u8, which: u8, period: u8) {
        let slot = self.handle(by);
        let found = self.pick_app(which);
        let id = found.as_ref().map_or_else(Self::unknown, |(_, app)| app.id);
        let expected = match &found {
            None => Err(ErrorKind::NotFound),
            Some((_, app)) if !is_secret(&app.current) => Err(ErrorKind::NotPossible),
            Some(_) => Ok(()),
        };
        let seconds = seconds(period);
        let reset = ResetSecret::new().migration_period(Duration::from_secs(seconds));
        let made = self.store(slot).reset_secret(id, reset);
        if let Some(made) = self.settle(Verb::ResetSecret, made, expected, self.gate(slot, true)) {
            self.replaced(found.unwrap(), &made, None, seconds);
        }
    }

    pub(super) fn replace_credential(&mut self, by: u8, which: u8, [kind, period, _]: [u8; 3]) {
        let slot = self.handle(by);
        let found = self.pick_app(which);
        let id = found.as_ref().map_or_else(Self::unknown, |(_, app)| app.id);
        let expected = found.as_ref().map(drop).ok_or(ErrorKind::NotFound);
        let (plan, known) = Self::plan(kind);
        let seconds = seconds(period);
        let made = self.store(slot).replace_credential(id, plan, Duration::from_secs(seconds));
        if let Some(made) = self.settle(Verb::ReplaceCredential, made, expected, self.gate(slot, true)) {
            self.replaced(found.unwrap(), &made, known, seconds);
        }
    }

    /// An app has another credential since; the old one is accepted until a whole second.
    fn replaced(&mut self, (n, app): (u64, Rc<App>), made: &AppCredential, known: Option<Credential>, seconds: u64) {
        let mut app = (*app).clone();
        let now = self.now;
        let until = (now.div_euclid(1000) + seconds as i64 + i64::from(now % 1000 > 0)) * 1000;
        let old = std::mem::replace(&mut app.current, Self::shown(made, known));
        app.previous = (seconds > 0).then_some((old, until));
        app.failures.clear();
        (app.made, app.updated) = (now, now);
        self.check_app(&app, made.app());
        self.put(n, app);
    }

    pub(super) fn rename_app(&mut self, by: u8, which: u8, name: u8) {
        let slot = self.handle(by);
        let found = self.pick_app(which);
        let name = name % NAMES.len() as u8;
        let id = found.as_ref().map_or_else(Self::unknown, |(_, app)| app.id);
        let taken = self.state.apps.values().any(|app| app.name == name && app.id != id);
        let expected = match &found {
            None => Err(ErrorKind::NotFound),
            Some(_) if taken => Err(ErrorKind::Duplicate),
            Some(_) => Ok(()),
        };
        let renamed = self.store(slot).rename_app(id, app_name(name));
        let Some(renamed) = self.settle(Verb::RenameApp, renamed, expected, self.gate(slot, true)) else { return };
        let (n, app) = found.unwrap();
        let app = App { name, updated: self.now, ..(*app).clone() };
        assert_eq!(renamed.name(), &app_name(name));
        self.put(n, app);
    }

    pub(super) fn delete_app(&mut self, by: u8, which: u8) {
        let slot = self.handle(by);
        let found = self.pick_app(which);
        let id = found.as_ref().map_or_else(Self::unknown, |(_, app)| app.id);
        let expected = found.as_ref().map(drop).ok_or(ErrorKind::NotFound);
        let deleted = self.store(slot).delete_app(id);
        if self.settle(Verb::DeleteApp, deleted, expected, self.gate(slot, true)).is_some() {
            self.state.apps.remove(&found.unwrap().0);
        }
    }

    pub(super) fn export_app(&mut self, by: u8, which: u8) {
        let slot = self.handle(by);
        let found = self.pick_app(which);
        let id = found.as_ref().map_or_else(Self::unknown, |(_, app)| app.id);
        let now = self.now;
        let expected = match &found {
            None => Err(ErrorKind::NotFound),
            Some((_, app)) => {
                let previous = app.previous_at(now).is_some_and(|(previous, _)| is_secret(previous));
                let hidden = app.hashed && (is_secret(&app.current) || previous);
                if hidden { Err(ErrorKind::Refused) } else { Ok(()) }
            }
        };
        let exported = self.store(slot).export_app_secret(id);
        let Some(exported) = self.settle(Verb::ExportApp, exported, expected, self.gate(slot, false)) else { return };
        let (n, app) = found.unwrap();
        assert_eq!(read(exported.credential()), app.current);
        let previous = exported.previous().map(|previous| (read(previous.credential()), previous.valid_until()));
        let model = app.previous_at(now).map(|(previous, until)| (previous.clone(), instant(*until, 0)));
        assert_eq!(previous, model);
        // What is over is wiped by the way, if that can be written.
        let mut app = (*app).clone();
        if self.gate(slot, true).is_none() && app.expire(now) {
            self.put(n, app);
        }
    }

    pub(super) fn set_fips(&mut self, by: u8, on: u8) {
        let slot = self.handle(by);
        // Off more often: under it little else can be seen.
        let on = on.is_multiple_of(3);
        let set = self.store(slot).set_fips_mode(on);
        if self.settle(Verb::SetFips, set, Ok(()), self.gate(slot, true)).is_some() {
            self.state.fips = on;
        }
    }

    pub(super) fn wipe_expired(&mut self, by: u8) {
        let slot = self.handle(by);
        let now = self.now;
        let over = |app: &App| app.previous.is_some() && app.previous_at(now).is_none();
        let count = self.state.apps.values().filter(|app| over(app)).count();
        let wiped = self.store(slot).wipe_expired_credentials();
        let gate = self.gate(slot, count > 0);
        let Some(wiped) = self.settle(Verb::WipeExpired, wiped, Ok(()), gate) else { return };
        assert_eq!(wiped, count);
        for app in self.state.apps.values_mut() {
            if over(app) {
                Rc::make_mut(app).expire(now);
            }
        }
    }
}

/// The store puts a secret that it tells nobody in the place of one that was guessed at too often.
fn lock_out(app: &mut App, now: i64) {
    if is_secret(&app.current) {
        app.current = None;
    }
    app.previous = None;
    app.failures.clear();
    (app.made, app.updated) = (now, now);
}

fn seconds(period: u8) -> u64 {
    [0, 1, 60, 3_600][usize::from(period) % 4]
}

fn told(outcome: &Outcome) -> Told {
    match outcome {
        Outcome::Authenticated(who) => Told::In(who.used),
        Outcome::Refused(refusal) => Told::Refused(refusal.reason, refusal.retry_after.map(|time| time.as_secs())),
        Outcome::Locked { retry_after } => Told::Locked(retry_after.as_secs()),
        Outcome::Reset => Told::Reset,
        other => panic!("{other:?}"),
    }
}

fn read(credential: &keystead::Credential) -> Option<Credential> {
    match credential.parts() {
        [CredentialPart::Secret(secret)] => secret.expose_secret().map(|secret| Credential::Secret(secret.to_owned())),
        [CredentialPart::Certificate(der)] => {
            let n = certificates().iter().position(|known| known.as_slice() == &**der).unwrap();
            Some(Credential::Certificate(n as u8))
        }
        other => panic!("{other:?}"),
    }
}
