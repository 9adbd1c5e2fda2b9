//! Whatever fails in the middle of a verb on applications, nothing has happened: randomness, the clock, the lock, the commit, the
//! disk, the process itself. The same handle goes on when the cause is gone.

// A test that cannot go on has no better way to say so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

mod support;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use base64ct::{Base64, Encoding};
use jiff::Timestamp;
use keystead::authn::{Outcome, Presented};
use keystead::{
    App, AppCredential, AppId, AppName, AppPlan, AppSecret, Clock, CredentialPart, CredentialPlan, Entropy,
    EntropyError, ErrorKind, Keystore, Options, PlannedPart, ResetSecret, Result, SecretSize, SystemEntropy,
};
use support::{RAW, attacker, finish, lay_out, options, raw, told_as_child, words_of};
use tempfile::TempDir;

/// 2026-11-22T06:00:00Z.
const BEGIN: i64 = 1_795_327_200;
const HOUR: Duration = Duration::from_secs(60 * 60);
const SECRET: &str = "the-secret-of-every-app";

/// What happens when the calls that were allowed are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Fail,
    Panic,
}

/// Counts calls down, then fails or panics.
#[derive(Debug)]
struct Fuse(AtomicI64, Then);

impl Fuse {
    /// Long enough for everything.
    fn new(then: Then) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(i64::MAX), then))
    }

    fn allow(&self, calls: i64) {
        self.0.store(calls, Ordering::SeqCst);
    }

    /// Whether this call is one too many. Panics if it should.
    fn burns(&self) -> bool {
        let burns = self.0.fetch_sub(1, Ordering::SeqCst) <= 0;
        assert!(!burns || self.1 == Then::Fail, "the fuse blew");
        burns
    }
}

impl Entropy for Fuse {
    fn fill(&self, out: &mut [u8]) -> std::result::Result<(), EntropyError> {
        if self.burns() {
            return Err(EntropyError::new());
        }
        SystemEntropy.fill(out)
    }
}

impl Clock for Fuse {
    fn now(&self) -> Timestamp {
        self.burns();
        Timestamp::from_second(BEGIN).unwrap()
    }
}

fn name(text: &str) -> AppName {
    AppName::new(text).unwrap()
}

fn id(n: u8) -> AppId {
    AppId::new(uuid::Uuid::from_bytes([n; 16])).unwrap()
}

fn key(id: AppId, secret: &str) -> String {
    format!("Basic {}", Base64::encode_string(format!("{id}:{secret}").as_bytes()))
}

fn knock(store: &Keystore, app: AppId, secret: &str) -> Result<Outcome> {
    store.authenticate(&Presented::new().authorization(&key(app, secret)))
}

fn plan(n: u8) -> AppPlan {
    let secret = CredentialPart::Secret(AppSecret::new(SECRET).unwrap());
    AppPlan::new(name(&format!("app {n}")), CredentialPlan::new(secret)).id(id(n))
}

/// The app that the verbs change, one in FIPS mode that was guessed at 99 times, one that is left alone.
const CHANGED: u8 = 1;
const GUESSED: u8 = 2;
const ALONE: u8 = 3;

/// Everything that a verb could have changed, as it is in the file.
fn look(path: &Path) -> Vec<String> {
    let connection = attacker(path, &RAW);
    let mut seen = Vec::new();
    for (table, columns) in [
        (
            "app",
            "id, name, fips, hashed, created_at, updated_at, revision, tag, credential, kinds, made_at, nonce, sealed",
        ),
        ("app_previous", "app, valid_until, credential, kinds, made_at, nonce, sealed"),
        ("app_failure", "app, at, tag"),
        ("app_setting", "fips, tag"),
    ] {
        let quoted: Vec<_> = columns.split(", ").map(|column| format!("quote({column})")).collect();
        let query = format!("SELECT {} FROM {table} ORDER BY 1", quoted.join(" || ' ' || "));
        let mut statement = connection.prepare(&query).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        seen.extend(rows.map(|row| format!("{table} {}", row.unwrap())));
    }
    seen
}

type Verb = (&'static str, fn(&Keystore) -> Result<()>);

/// All that changes an app. Each of them changes something in the scene.
const VERBS: [Verb; 10] = [
    ("create", |store| store.create_app(plan(9)).map(drop)),
    ("rename", |store| store.rename_app(id(CHANGED), name("another")).map(drop)),
    ("reset", |store| store.reset_secret(id(CHANGED), ResetSecret::new()).map(drop)),
    ("reset and keep", |store| store.reset_secret(id(CHANGED), ResetSecret::new().migration_period(HOUR)).map(drop)),
    ("replace", |store| {
        store.replace_credential(id(CHANGED), CredentialPlan::new(PlannedPart::RandomAwsXks), HOUR).map(drop)
    }),
    ("delete", |store| store.delete_app(id(CHANGED))),
    ("count a wrong secret", |store| knock(store, id(ALONE), "another, wrong secret").map(drop)),
    ("lock out", |store| {
        knock(store, id(GUESSED), "another, wrong secret").map(|told| assert_eq!(told, Outcome::Reset))
    }),
    ("fips mode", |store| store.set_fips_mode(true)),
    ("wipe", |store| store.wipe_expired_credentials().map(drop)),
];

struct Scene {
    folder: TempDir,
    file: Vec<u8>,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let store = Keystore::create(&path, &raw(), options().clock(Fuse::new(Then::Fail))).unwrap();
        store.generate(support::es256("for the trap")).unwrap();
        for n in [CHANGED, GUESSED, ALONE] {
            store.create_app(plan(n).fips(n == GUESSED)).unwrap();
        }
        for _ in 0..99 {
            knock(&store, id(GUESSED), "another, wrong secret").unwrap();
        }
        let over = AppName::new("over").unwrap();
        let over = store.create_app(AppPlan::new(over, CredentialPlan::random_secret(SecretSize::DEFAULT))).unwrap();
        store.reset_secret(over.app().id(), ResetSecret::new().migration_period(Duration::from_secs(1))).unwrap();
        drop(store);
        // Its second is over when the scene begins.
        Self { file: fs::read(path).unwrap(), folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// The store as it was, opened anew, one app warm.
    fn open(&self, options: Options) -> Keystore {
        lay_out(&self.path(), &self.file, &[]);
        let store = Keystore::open(self.path(), &raw(), options).unwrap();
        assert_in(&store);
        store
    }
}

/// The app that nothing is done to is let in.
#[track_caller]
fn assert_in(store: &Keystore) {
    let told = knock(store, id(ALONE), SECRET).unwrap();
    assert!(matches!(told, Outcome::Authenticated(_)), "{told:?}");
}

/// A second after the scene.
#[derive(Debug)]
struct Later;

impl Clock for Later {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(BEGIN + 1).unwrap()
    }
}

fn later() -> Options {
    options().clock(Arc::new(Later))
}

/// Lets `verb` fail at each call of what the fuse guards, one after another, until it succeeds. Gives the kinds of its errors:
/// none for a panic.
fn fail_at_each_call(scene: &Scene, fuse: &Fuse, options: Options, (what, verb): Verb) -> Vec<Option<ErrorKind>> {
    let store = scene.open(options);
    let before = look(&scene.path());
    let mut failures = Vec::new();
    for calls in 0.. {
        fuse.allow(calls);
        let outcome = catch_unwind(AssertUnwindSafe(|| verb(&store)));
        fuse.allow(i64::MAX);
        match outcome {
            Ok(Ok(())) => break,
            Ok(Err(error)) => failures.push(Some(error.kind())),
            Err(_) => failures.push(None),
        }
        assert_eq!(look(&scene.path()), before, "{what}, call {calls}");
        assert_in(&store);
        assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0], "{what}, call {calls}");
    }
    assert_ne!(look(&scene.path()), before, "{what}");
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0], "{what}");
    failures
}

/// Verbs that make nothing and seal nothing need no randomness.
const WITHOUT_ENTROPY: [&str; 5] = ["rename", "delete", "count a wrong secret", "fips mode", "wipe"];

#[test]
fn randomness_fails_at_each_draw() {
    let scene = Scene::new();
    for then in [Then::Fail, Then::Panic] {
        for verb in VERBS {
            let fuse = Fuse::new(then);
            let failures = fail_at_each_call(&scene, &fuse, later().entropy(fuse.clone()), verb);
            let expected = (then == Then::Fail).then_some(ErrorKind::Io);
            assert!(failures.iter().all(|kind| *kind == expected), "{}: {failures:?}", verb.0);
            assert_eq!(failures.is_empty(), WITHOUT_ENTROPY.contains(&verb.0), "{}: {failures:?}", verb.0);
        }
    }
}

#[test]
fn the_clock_panics() {
    let scene = Scene::new();
    for verb in VERBS.into_iter().filter(|verb| verb.0 != "wipe") {
        let fuse = Fuse::new(Then::Panic);
        let failures = fail_at_each_call(&scene, &fuse, options().clock(fuse.clone()), verb);
        assert!(failures.iter().all(Option::is_none), "{}: {failures:?}", verb.0);
        assert_eq!(failures.is_empty(), ["delete", "fips mode"].contains(&verb.0), "{}: {failures:?}", verb.0);
    }
}

/// The same for every verb: it fails in this way, everything is as before, and when the cause is gone, the same handle does it.
fn refused_until(scene: &Scene, options: &Options, kind: ErrorKind, cause: impl Fn() -> Box<dyn FnOnce()>) {
    for (what, verb) in VERBS {
        let store = scene.open(options.clone());
        let before = look(&scene.path());
        let end = cause();
        let error = verb(&store).expect_err(what);
        assert_eq!(error.kind(), kind, "{what}: {error}");
        assert_in(&store);
        end();
        assert_eq!(look(&scene.path()), before, "{what}");
        assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0], "{what}");
        verb(&store).unwrap();
        assert_ne!(look(&scene.path()), before, "{what}");
        assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0], "{what}");
    }
}

#[test]
fn another_connection_holds_the_lock() {
    let scene = Scene::new();
    let path = scene.path();
    let impatient = support::impatient().clock(Arc::new(Later));
    refused_until(&scene, &impatient, ErrorKind::Busy, || {
        let other = attacker(&path, &RAW);
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        Box::new(move || other.execute_batch("ROLLBACK").unwrap())
    });
}

/// A failure in the last step: the transaction is whole but for its commit.
#[test]
fn the_commit_is_refused() {
    let scene = Scene::new();
    let path = scene.path();
    // A trigger that promises a row which nobody makes: its absence shows at the commit.
    refused_until(&scene, &later(), ErrorKind::Damaged, || {
        let tables = ["app", "app_previous", "app_failure", "app_setting"];
        let events = tables.iter().flat_map(|table| ["INSERT", "UPDATE", "DELETE"].map(|event| (table, event)));
        let traps: Vec<_> = events
            .enumerate()
            .map(|(n, (table, event))| {
                format!(
                    "CREATE TRIGGER trap{n} AFTER {event} ON {table} BEGIN INSERT OR IGNORE INTO ring_key VALUES \
                     (9999, (SELECT max(seq) FROM key), 4, 0, 0, 0, 0); END;"
                )
            })
            .collect();
        let connection = attacker(&path, &RAW);
        connection.execute_batch(&traps.concat()).unwrap();
        drop(connection);
        let (path, count) = (path.clone(), traps.len());
        Box::new(move || {
            let drops: String = (0..count).map(|n| format!("DROP TRIGGER trap{n};")).collect();
            attacker(&path, &RAW).execute_batch(&drops).unwrap();
        })
    });
}

#[test]
fn what_is_open_for_reading_is_not_changed() {
    let scene = Scene::new();
    drop(scene.open(later()));
    let before = look(&scene.path());
    let store = Keystore::open_read_only(scene.path(), &raw(), later()).unwrap();
    for (what, verb) in VERBS {
        match verb(&store) {
            Err(error) => assert_eq!(error.kind(), ErrorKind::ReadOnly, "{what}: {error}"),
            Ok(()) => assert_eq!(what, "count a wrong secret"),
        }
    }
    assert_in(&store);
    assert_eq!(look(&scene.path()), before);
}

/// What the other processes of this file do. It only runs when another test starts it.
#[test]
#[ignore = "run by the other tests of this file as a child process"]
fn child() {
    let Some((role, path)) = told_as_child() else { return };
    match role.as_str() {
        "run out of room" => without_room(&path),
        "change until killed" => change(&Keystore::open(&path, &raw(), options()).unwrap()),
        other => panic!("{other}"),
    }
}

fn limit_files(len: &str) {
    let pid = std::process::id().to_string();
    let status = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={len}:")]).status().unwrap();
    assert!(status.success());
}

/// Each verb with room for one page more than before, until it has enough.
fn without_room(folder: &Path) {
    let scene = Scene { folder: tempfile::tempdir_in(folder).unwrap(), file: fs::read(folder.join("scene")).unwrap() };
    for (what, verb) in VERBS {
        let store = scene.open(later());
        let before = look(&scene.path());
        // The log is emptied, so that it grows from nothing.
        assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
        let mut failures = 0;
        for pages in 0.. {
            limit_files(&(pages * 4200).to_string());
            let outcome = verb(&store);
            if outcome.is_ok() {
                limit_files("unlimited");
                break;
            }
            let error = outcome.unwrap_err();
            assert!([ErrorKind::Io, ErrorKind::DiskFull].contains(&error.kind()), "{what}, {pages} pages: {error}");
            failures += 1;
            assert_in(&store);
            limit_files("unlimited");
            assert_eq!(look(&scene.path()), before, "{what}, {pages} pages");
            assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0], "{what}, {pages} pages");
        }
        assert_ne!(look(&scene.path()), before, "{what}");
        println!("SAYS {what}: {failures}");
    }
}

/// The log cannot grow: at the first page, the second, and so on.
#[cfg(target_os = "linux")]
#[test]
fn the_disk_is_full() {
    if !Command::new("prlimit").arg("--version").output().is_ok_and(|output| output.status.success()) {
        println!("skipped: there is no prlimit (util-linux)");
        return;
    }
    let scene = Scene::new();
    fs::write(scene.folder.path().join("scene"), &scene.file).unwrap();
    let unlimited = support::child("run out of room", scene.folder.path());
    let mut limited = Command::new("sh");
    // Whoever ignores the signal is told by an error.
    limited.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
    limited.arg(unlimited.get_program()).args(unlimited.get_args());
    limited.envs(unlimited.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.stdout(Stdio::piped()).stderr(Stdio::piped());
    let told = finish(limited.spawn().unwrap());
    assert_eq!(told.len(), VERBS.len());
    let failures: Vec<u32> = told.iter().map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap()).collect();
    assert!(failures.iter().all(|failures| *failures >= 1), "{told:?}");
}

/// Makes apps, resets their secrets, deletes every other one, for ever, and says what it has done.
fn change(store: &Keystore) {
    let secret = |made: &AppCredential| match &made.credential().parts()[0] {
        CredentialPart::Secret(secret) => secret.expose_secret().unwrap().to_owned(),
        other => panic!("{other:?}"),
    };
    for n in 0.. {
        let text = name(&format!("{} {n}", std::process::id()));
        let made = store.create_app(AppPlan::new(text, CredentialPlan::random_secret(SecretSize::DEFAULT))).unwrap();
        let id = made.app().id();
        println!("SAYS secret {id} {}", secret(&made));
        for _ in 0..3 {
            let reset = store.reset_secret(id, ResetSecret::new().migration_period(HOUR)).unwrap();
            println!("SAYS secret {id} {}", secret(&reset));
        }
        if n % 2 == 0 {
            println!("SAYS deleting {id}");
            store.delete_app(id).unwrap();
            println!("SAYS deleted {id}");
        }
    }
}

/// What was acknowledged holds: the last secret that was told is right, or is the one before.
#[test]
fn a_killed_process_leaves_whole_apps() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    drop(Keystore::create(&path, &raw(), options()).unwrap());
    let (mut acknowledged, mut round) = (0, 0);
    // More than ten rounds only where a process takes long to begin.
    while round < 10 || (round < 60 && acknowledged <= 50) {
        round += 1;
        let mut changing = support::child("change until killed", &path).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(21 * round));
        changing.kill().unwrap();
        let told = words_of(&changing.wait_with_output().unwrap().stdout);
        acknowledged += told.len();
        let store = Keystore::open(&path, &raw(), options()).unwrap();
        assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
        let mut last = std::collections::BTreeMap::new();
        for said in &told {
            let words: Vec<_> = said.split(' ').collect();
            let id: AppId = words[1].parse().unwrap();
            match words[0] {
                "secret" => drop(last.insert(id, words[2])),
                "deleting" => drop(last.remove(&id)),
                _ => assert_eq!(store.app(id).unwrap_err().kind(), ErrorKind::NotFound, "{said}"),
            }
        }
        for (id, secret) in last {
            let told = knock(&store, id, secret).unwrap();
            assert!(matches!(told, Outcome::Authenticated(_)), "{id}: {told:?}");
        }
        for app in store.apps().unwrap().iter().map(App::id) {
            store.delete_app(app).unwrap();
        }
    }
    assert!(acknowledged > 12, "it was killed too early each time: {acknowledged}");
}
