//! What follows wrong secrets: delays that are told, resets in FIPS mode, counted on disk and for all processes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first failure"
)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use base64ct::{Base64, Encoding};
use jiff::Timestamp;
use keystead::authn::{Outcome, Presented};
use keystead::{
    AppCredential, AppId, AppName, AppPlan, Clock, CredentialPlan, ErrorKind, Keystore, ResetSecret, SecretSize,
    SecretStorage,
};
use support::{RAW, attacker, finish, impatient, options, raw, told_as_child, words_of};
use tempfile::TempDir;

/// 2026-11-22T06:00:00Z.
const BEGIN: i64 = 1_795_327_200;
const DAY: i64 = 24 * 60 * 60;

/// A clock whose hands are set by the test, in seconds.
#[derive(Debug)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

struct Scene {
    _folder: TempDir,
    path: PathBuf,
    store: Keystore,
    hands: Arc<Hands>,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let hands = Arc::new(Hands(AtomicI64::new(BEGIN)));
        let store = Keystore::create(&path, &raw(), options().clock(hands.clone())).unwrap();
        Self { _folder: folder, path, store, hands }
    }

    fn put(&self, second: i64) {
        self.hands.0.store(BEGIN + second, Ordering::SeqCst);
    }

    fn other(&self) -> Keystore {
        Keystore::open(&self.path, &raw(), options().clock(self.hands.clone())).unwrap()
    }
}

fn plan(name: &str) -> AppPlan {
    AppPlan::new(AppName::new(name).unwrap(), CredentialPlan::random_secret(SecretSize::DEFAULT))
}

fn right(made: &AppCredential) -> String {
    made.basic_authorization().unwrap().expose_secret().to_owned()
}

fn wrong(id: AppId) -> String {
    format!("Basic {}", Base64::encode_string(format!("{id}:this is another secret").as_bytes()))
}

fn show(store: &Keystore, header: &str) -> String {
    told(&store.authenticate(&Presented::new().authorization(header)).unwrap())
}

fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Authenticated(who) => format!("{:?}", who.used),
        Outcome::Refused(refusal) => match refusal.retry_after {
            None => refusal.reason.as_str().into(),
            Some(wait) => format!("{}, wait {}", refusal.reason.as_str(), wait.as_secs()),
        },
        Outcome::Locked { retry_after } => format!("locked, wait {}", retry_after.as_secs()),
        Outcome::Reset => "reset".into(),
        other => panic!("{other:?}"),
    }
}

/// What the other processes of this file do. It only runs when another test starts it.
#[test]
#[ignore = "run by the other tests of this file as a child process"]
fn child() {
    let Some((role, path)) = told_as_child() else { return };
    let store = Keystore::open(&path, &raw(), options()).unwrap();
    let header = wrong(store.apps().unwrap()[0].id());
    let tries = match role.as_str() {
        "25 wrong tries" => 25,
        "wrong tries until killed" => usize::MAX,
        other => panic!("{other}"),
    };
    for _ in 0..tries {
        println!("SAYS {}", show(&store, &header));
    }
}

fn guesser(role: &str, path: &Path) -> Child {
    support::child(role, path).spawn().unwrap()
}

#[test]
fn delays_grow_and_are_told_not_slept() {
    let scene = Scene::new();
    let store = &scene.store;
    let made = store.create_app(plan("a")).unwrap();
    let header = wrong(made.app().id());
    assert_eq!([show(store, &header), show(store, &header)], ["wrong_secret", "wrong_secret"]);
    let mut second = 0;
    for delay in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
        assert_eq!(show(store, &header), format!("wrong_secret, wait {delay}"));
        // Until the delay is over nothing is counted, by whatever handle it is tried.
        for store in [store, &scene.other()] {
            assert_eq!(show(store, &header), format!("locked, wait {delay}"));
        }
        scene.put(second + delay - 1);
        assert_eq!(show(store, &header), "locked, wait 1");
        second += delay;
        scene.put(second);
    }
    // The right secret is accepted in the middle of a delay, and the wrong ones are forgotten.
    show(store, &header);
    assert_eq!(show(store, &header), "locked, wait 900");
    assert_eq!(show(&scene.other(), &right(&made)), "Current");
    assert_eq!(
        [show(store, &header), show(store, &header), show(store, &header)],
        ["wrong_secret", "wrong_secret", "wrong_secret, wait 1"]
    );
    // A day later they are forgotten too.
    scene.put(second + DAY);
    assert_eq!([show(store, &header), show(store, &header)], ["wrong_secret", "wrong_secret"]);
    // So they are by a new secret.
    show(store, &header);
    let reset = store.reset_secret(made.app().id(), ResetSecret::new()).unwrap();
    assert_eq!([show(store, &header), show(store, &header)], ["wrong_secret", "wrong_secret"]);
    assert_eq!(show(store, &right(&reset)), "Current");
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
}

#[test]
fn one_app_is_no_other() {
    let Scene { store, .. } = &Scene::new();
    let [a, b] = ["a", "b"].map(|name| store.create_app(plan(name)).unwrap());
    (0..5).for_each(|_| drop(show(store, &wrong(a.app().id()))));
    assert_eq!(show(store, &wrong(b.app().id())), "wrong_secret");
}

#[test]
fn a_clock_that_was_put_back_locks_nobody_out() {
    let scene = Scene::new();
    let store = &scene.store;
    let header = wrong(store.create_app(plan("a")).unwrap().app().id());
    scene.put(10 * 365 * DAY);
    (0..4).for_each(|_| drop(show(store, &header)));
    scene.put(0);
    assert_eq!(show(store, &header), "locked, wait 1");
    scene.put(1);
    assert_eq!(show(store, &header), "locked, wait 1", "seen from ten years ahead it is ever now");
    let fips = store.create_app(plan("b").fips(true)).unwrap();
    scene.put(10 * 365 * DAY);
    (0..99).for_each(|_| assert_eq!(show(store, &wrong(fips.app().id())), "wrong_secret"));
    scene.put(0);
    assert_eq!(show(store, &wrong(fips.app().id())), "reset");
}

#[test]
fn in_fips_mode_the_hundredth_resets() {
    let scene = Scene::new();
    let store = &scene.store;
    for storage in [SecretStorage::Sealed, SecretStorage::Hash] {
        let made = store.create_app(plan(&format!("{storage:?}")).fips(true).storage(storage)).unwrap();
        let id = made.app().id();
        let second = store.reset_secret(id, ResetSecret::new().migration_period(Duration::from_secs(3600))).unwrap();
        let tries: Vec<_> = (0..99).map(|_| show(store, &wrong(id))).collect();
        assert!(tries.iter().all(|told| told == "wrong_secret"), "{tries:?}");
        // The right ones are accepted, and make nothing forgotten.
        assert_eq!([show(store, &right(&second)), show(store, &right(&made))], ["Current", "Previous"]);
        assert_eq!(show(store, &wrong(id)), "reset");
        for store in [store, &scene.other()] {
            assert_eq!([show(store, &right(&second)), show(store, &right(&made))], ["wrong_secret"; 2]);
        }
        let app = store.app(id).unwrap();
        assert_eq!((app.previous_valid_until(), app.fips()), (None, true));
        match store.export_app_secret(id) {
            Ok(read) => assert_eq!(show(store, &right(&read)), "Current"),
            Err(error) => assert_eq!((storage, error.kind()), (SecretStorage::Hash, ErrorKind::Refused)),
        }
        // Four have been counted since.
        let tries: Vec<_> = (0..96).map(|_| show(store, &wrong(id))).collect();
        assert_eq!((tries.iter().filter(|told| *told == "wrong_secret").count(), tries[95].as_str()), (95, "reset"));
    }
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
}

#[test]
fn a_day_is_a_window_that_slides() {
    let scene = Scene::new();
    let store = &scene.store;
    let id = store.create_app(plan("a").fips(true)).unwrap().app().id();
    // One each quarter of an hour, 96 a day: for ever.
    for n in 0..300 {
        scene.put(n * DAY / 96);
        assert_eq!(show(store, &wrong(id)), "wrong_secret", "{n}");
    }
    // 95 of them count still; three more do no harm, the next one does.
    let tries: Vec<_> = (0..4).map(|_| show(store, &wrong(id))).collect();
    assert_eq!(tries, ["wrong_secret", "wrong_secret", "wrong_secret", "reset"]);
}

#[test]
fn the_store_as_a_whole_can_be_in_fips_mode() {
    let scene = Scene::new();
    let (store, other) = (&scene.store, scene.other());
    let made = store.create_app(plan("a")).unwrap();
    let id = made.app().id();
    assert!(!other.fips_mode().unwrap());
    (0..3).for_each(|_| drop(show(&other, &wrong(id))));
    assert_eq!(show(&other, &wrong(id)), "locked, wait 1");
    store.set_fips_mode(true).unwrap();
    assert!(other.fips_mode().unwrap());
    (0..96).for_each(|_| assert_eq!(show(&other, &wrong(id)), "wrong_secret"));
    assert_eq!(show(store, &wrong(id)), "reset");
    store.set_fips_mode(false).unwrap();
    (0..3).for_each(|_| drop(show(&other, &wrong(id))));
    assert_eq!(show(&other, &wrong(id)), "locked, wait 1");
    let fips = store.create_app(plan("b").fips(true)).unwrap();
    (0..5).for_each(|_| assert_eq!(show(&other, &wrong(fips.app().id())), "wrong_secret"));
}

/// 100 wrong tries by four processes at once: exactly one of them resets the secret.
#[test]
fn processes_count_together() {
    let scene = Scene::new();
    let made = scene.store.create_app(plan("a").fips(true)).unwrap();
    for _ in 0..3 {
        let guessers: Vec<_> = (0..4).map(|_| guesser("25 wrong tries", &scene.path)).collect();
        let mut told = BTreeMap::new();
        for guesser in guessers {
            finish(guesser).into_iter().for_each(|words| *told.entry(words).or_insert(0) += 1);
        }
        assert_eq!(told, [("reset".to_owned(), 1), ("wrong_secret".to_owned(), 99)].into());
    }
    assert_eq!(show(&scene.store, &right(&made)), "wrong_secret");
    assert_eq!(scene.store.verify_integrity().unwrap().problems(), [""; 0]);
}

/// The same by eight threads, of which half share a handle.
#[test]
fn threads_count_together() {
    let scene = Scene::new();
    let made = scene.store.create_app(plan("a").fips(true)).unwrap();
    let other = scene.other();
    let header = wrong(made.app().id());
    let guess = |store: &Keystore| (0..25).map(|_| show(store, &header)).collect::<Vec<_>>();
    let told: Vec<_> = std::thread::scope(|scope| {
        let stores = [&scene.store, &other].into_iter().cycle().take(8);
        let threads: Vec<_> = stores.map(|store| scope.spawn(|| guess(store))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(told.len(), 200);
    assert_eq!(told.iter().filter(|told| *told == "reset").count(), 2);
    assert_eq!(told.iter().filter(|told| *told == "wrong_secret").count(), 198);
}

/// What a killed process was told is counted.
#[test]
fn a_kill_loses_no_count() {
    for round in 0..6 {
        let scene = Scene::new();
        let made = scene.store.create_app(plan("a").fips(true)).unwrap();
        let mut guesser = guesser("wrong tries until killed", &scene.path);
        std::thread::sleep(Duration::from_millis(60 + 15 * round));
        guesser.kill().unwrap();
        let output = guesser.wait_with_output().unwrap();
        let told = words_of(&output.stdout);
        // The clock of the child is the system's, and so must be this one's.
        let store = Keystore::open(&scene.path, &raw(), options()).unwrap();
        let resets = told.iter().filter(|told| *told == "reset").count();
        let counted = told.iter().rev().take_while(|told| *told != "reset").count();
        let mut left = 0;
        while show(&store, &wrong(made.app().id())) != "reset" {
            left += 1;
            assert!(left < 100);
        }
        // One more may have been counted and not been told.
        let sum = counted + left + 1;
        assert!(
            sum == 100 || sum == 99 || (sum == 199 && counted == 99),
            "{resets} resets, {counted} counted, {left} left"
        );
        assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
    }
}

#[test]
fn where_nothing_can_be_counted() {
    let scene = Scene::new();
    let [open, fips] = [false, true].map(|fips| scene.store.create_app(plan(&format!("{fips}")).fips(fips)).unwrap());
    let reader = Keystore::open_read_only(&scene.path, &raw(), options()).unwrap();
    assert_eq!(show(&reader, &right(&open)), "Current");
    (0..5).for_each(|_| assert_eq!(show(&reader, &wrong(open.app().id())), "wrong_secret"));
    for header in [right(&fips), wrong(fips.app().id())] {
        let error = reader.authenticate(&Presented::new().authorization(&header)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ReadOnly);
        let why = "it was opened read-only, and wrong secrets must be counted in FIPS mode";
        assert!(error.to_string().ends_with(why), "{error}");
    }
    // Somebody else holds the store: the right secret is right, a wrong one is an error.
    let impatient = Keystore::open(&scene.path, &raw(), impatient()).unwrap();
    let other = attacker(&scene.path, &RAW);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for made in [&open, &fips] {
        assert_eq!(show(&impatient, &right(made)), "Current");
        let header = wrong(made.app().id());
        let error = impatient.authenticate(&Presented::new().authorization(&header)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy);
    }
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(show(&impatient, &wrong(open.app().id())), "wrong_secret");
}

/// Somebody who holds the raw key edits rows: what was edited is damage, never an answer.
#[test]
fn edited_rows_are_damage() {
    let scene = Scene::new();
    let [a, b] = ["a", "b"].map(|name| scene.store.create_app(plan(name).fips(true)).unwrap());
    for made in [&a, &b] {
        (0..3).for_each(|_| drop(show(&scene.store, &wrong(made.app().id()))));
    }
    scene.store.set_fips_mode(true).unwrap();
    let older: String = attacker(&scene.path, &RAW)
        .query_row("SELECT 'UPDATE app SET credential = ' || quote(credential) || ', nonce = ' || quote(nonce) || ', sealed = ' || quote(sealed) FROM app WHERE n = 1", [], |row| row.get(0))
        .unwrap();
    let period = Duration::from_secs(3600);
    let [a, b] = [&a, &b]
        .map(|made| scene.store.reset_secret(made.app().id(), ResetSecret::new().migration_period(period)).unwrap());
    (0..3).for_each(|_| drop(show(&scene.store, &wrong(a.app().id()))));
    (0..3).for_each(|_| drop(show(&scene.store, &wrong(b.app().id()))));
    drop(scene.store.app(b.app().id()).unwrap());
    let whole = {
        attacker(&scene.path, &RAW).query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        support::read_from_outside(&scene.path)
    };
    let Scene { path, store, hands, _folder } = scene;
    drop(store);
    let open = || Keystore::open(&path, &raw(), options().clock(hands.clone())).unwrap();
    let swap = |column: &str| format!("UPDATE app SET {column} = (SELECT {column} FROM app WHERE n = 2) WHERE n = 1");
    let edits = [
        "UPDATE app SET fips = 0 WHERE n = 1".to_owned(),
        "UPDATE app SET hashed = 1 WHERE n = 1".into(),
        "UPDATE app SET name = 'c' WHERE n = 1".into(),
        "UPDATE app SET created_at = created_at + 1 WHERE n = 1".into(),
        "UPDATE app SET updated_at = updated_at + 1 WHERE n = 1".into(),
        "UPDATE app SET made_at = made_at + 1 WHERE n = 1".into(),
        "UPDATE app SET revision = revision - 1 WHERE n = 1".into(),
        "UPDATE app SET kinds = 7 WHERE n = 1".into(),
        "UPDATE app SET kinds = 0 WHERE n = 1".into(),
        "UPDATE app SET kinds = 65537 WHERE n = 1".into(),
        "UPDATE app SET tag = zeroblob(32) WHERE n = 1".into(),
        "UPDATE app SET sealed = zeroblob(length(sealed)) WHERE n = 1".into(),
        "UPDATE app SET sealed = x'' WHERE n = 1".into(),
        format!("{older} WHERE n = 1"),
        swap("credential"),
        swap("nonce"),
        swap("sealed"),
        "UPDATE app SET (credential, kinds, made_at, nonce, sealed) = (SELECT credential, kinds, made_at, nonce, sealed FROM app WHERE n = 2) WHERE n = 1".into(),
        "UPDATE app SET (credential, kinds, made_at, nonce, sealed) = (SELECT credential, kinds, made_at, nonce, sealed FROM app_previous WHERE app = 1) WHERE n = 1".into(),
        "DELETE FROM app_previous WHERE app = 1".into(),
        "UPDATE app_previous SET valid_until = valid_until + 1000 WHERE app = 1".into(),
        "UPDATE app_previous SET app = 3 - app WHERE app = 1; ".into(),
        "UPDATE app_previous SET sealed = zeroblob(length(sealed)) WHERE app = 1".into(),
        "UPDATE app_failure SET at = x'' WHERE app = 1".into(),
        "UPDATE app_failure SET at = x'00' WHERE app = 1".into(),
        "UPDATE app_failure SET at = substr(at, 1, 8) WHERE app = 1".into(),
        "UPDATE app_failure SET (at, tag) = (SELECT at, tag FROM app_failure WHERE app = 2) WHERE app = 1".into(),
        "UPDATE app_failure SET tag = zeroblob(32) WHERE app = 1".into(),
        "UPDATE app_setting SET fips = 0".into(),
        "UPDATE app_setting SET tag = zeroblob(32)".into(),
    ];
    for edit in edits {
        support::lay_out(&path, &whole, &[]);
        let store = open();
        assert_eq!([show(&store, &right(&a)), show(&store, &right(&b))], ["Current"; 2], "nothing is edited yet");
        let foreign_keys = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; ";
        let edited = attacker(&path, &RAW).execute_batch(&format!("{foreign_keys} {edit}"));
        if edited.is_err() {
            assert!(edit.contains("3 - app"), "{edit}: {edited:?}");
            continue;
        }
        // By a handle that is warm, and by a new one. What is under a seal that no fact of the row tells from another, one that is
        // warm reads no more.
        let warm = (!edit.contains("SET sealed")).then_some(store);
        for store in warm.into_iter().chain([open()]) {
            for header in [right(&a), wrong(a.app().id())] {
                let outcome = store.authenticate(&Presented::new().authorization(&header));
                assert_eq!(outcome.map_err(|error| error.kind()), Err(ErrorKind::Damaged), "{edit}");
            }
            let problems = store.verify_integrity().unwrap();
            assert!(!problems.is_ok(), "{edit}");
        }
    }
}
