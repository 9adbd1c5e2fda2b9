//! Whatever fails in the middle of a verb on rings, nothing has happened: randomness, the clock, the disk, the lock, a row that
//! was damaged, the process itself. The same handle goes on when the cause is gone.

// A test that cannot go on has no better way to say so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use keystead::{
    Algorithm, BackupOptions, Clock, Entropy, EntropyError, ErrorKind, Key, KeySpec, Keystore, Options, Result, Ring,
    RingName, RingPlan, RingSigner, RingState, Schedule, SystemEntropy, Unlock,
};
use support::{RAW, attacker, beside, contents, es256, finish, lay_out, options, raw, told_as_child, words_of};
use tempfile::TempDir;

const BEGIN: &str = "2026-11-22T06:00:00Z";
const HOUR: Duration = Duration::from_secs(60 * 60);

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    (folder, path)
}

fn name(text: &str) -> RingName {
    RingName::new(text).unwrap()
}

fn plan(text: &str) -> RingPlan {
    RingPlan::new(name(text), KeySpec::new(Algorithm::Es256, None).unwrap())
}

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

    fn mend(&self) {
        self.allow(i64::MAX);
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
        BEGIN.parse().unwrap()
    }
}

/// Everything that a verb could have changed.
#[derive(Debug, PartialEq)]
struct Seen {
    rings: Vec<RingState>,
    keys: Vec<Key>,
    published: Vec<String>,
    all_published: String,
}

fn look(store: &Keystore) -> Seen {
    let rings = store.rings().unwrap();
    Seen {
        rings: rings.iter().map(|ring| ring.state().unwrap()).collect(),
        keys: contents(store),
        published: rings.iter().map(|ring| ring.jwks().unwrap()).collect(),
        all_published: store.jwks().unwrap(),
    }
}

/// Every ring is whole, every key is in its one ring or is one of the user's own, and the check finds nothing.
#[track_caller]
fn assert_whole(store: &Keystore) {
    let mut ids: Vec<_> = contents(store).iter().filter(|key| key.name().as_str() != "alone").map(Key::id).collect();
    for ring in store.rings().unwrap() {
        let state = ring.state().unwrap();
        for key in state.keys() {
            let at = ids.iter().position(|id| *id == key.key().id());
            ids.remove(at.expect("a key that is in two rings or nowhere"));
        }
        let signed = ring.signer().unwrap().sign(b"message").unwrap();
        assert_eq!(signed.kid, *state.current().key().kid());
        assert!(ring.verify(&signed.kid, b"message", signed.signature.as_bytes()).unwrap());
    }
    assert_eq!(ids, [], "keys that are in no ring were left over");
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
}

type Verb = (&'static str, fn(&Keystore, &Ring) -> Result<()>);

fn kid(ring: &Ring, at: fn(&RingState) -> &keystead::RingKey) -> Result<keystead::Kid> {
    Ok(at(&ring.state()?).key().kid().clone())
}

/// All that changes a ring. Each of them changes something in the scene.
const VERBS: [Verb; 12] = [
    ("rotate", |_, ring| ring.rotate().map(drop)),
    ("rotate to", |_, ring| ring.rotate_to(KeySpec::new(Algorithm::Es384, None)?).map(drop)),
    ("retire", |_, ring| ring.retire_previous().map(drop)),
    ("revoke current", |_, ring| ring.revoke(&kid(ring, RingState::current)?).map(drop)),
    ("revoke next", |_, ring| ring.revoke(&kid(ring, RingState::next)?).map(drop)),
    ("revoke previous", |_, ring| ring.revoke(&kid(ring, |state| state.previous().unwrap())?).map(drop)),
    ("revoke retired", |_, ring| ring.revoke(&kid(ring, |state| &state.ended()[0])?).map(drop)),
    ("apply due", |_, ring| {
        let later = BEGIN.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(100);
        ring.apply_due(later).map(drop)
    }),
    ("set keep", |_, ring| ring.set_keep(0).map(drop)),
    ("set schedule", |_, ring| ring.set_schedule(None).map(drop)),
    ("create", |store, _| store.create_ring(&plan("another")).map(drop)),
    ("delete", |_, ring| ring.delete()),
];

/// A store with a key of its own and two rings, of which the first has a key in every place, and as many that have ended as
/// may stay.
struct Scene {
    folder: TempDir,
    file: Vec<u8>,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let store = Keystore::create(&path, &raw(), options().clock(Fuse::new(Then::Fail))).unwrap();
        store.generate(es256("alone")).unwrap();
        let schedule = Schedule::new(24 * HOUR, HOUR, HOUR).unwrap();
        let ring = store.create_ring(&plan("turning").schedule(schedule).keep(2)).unwrap();
        for _ in 0..3 {
            ring.rotate().unwrap();
        }
        store.create_ring(&plan("standing")).unwrap();
        assert_whole(&store);
        drop(store);
        Self { file: fs::read(path).unwrap(), folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// The store as it was, opened anew.
    fn open(&self, options: Options) -> (Keystore, Ring, RingSigner) {
        lay_out(&self.path(), &self.file, &[]);
        let store = Keystore::open(self.path(), &raw(), options).unwrap();
        let ring = store.ring(&name("turning")).unwrap();
        let signer = ring.signer().unwrap();
        (store, ring, signer)
    }
}

/// Lets `verb` fail at each call of what the fuse guards, one after another, until it succeeds. Gives the kinds of its errors:
/// none for a panic.
fn fail_at_each_call(scene: &Scene, fuse: &Fuse, options: Options, (what, verb): Verb) -> Vec<Option<ErrorKind>> {
    let (store, ring, signer) = scene.open(options);
    let before = look(&store);
    let mut failures = Vec::new();
    for calls in 0.. {
        fuse.allow(calls);
        let outcome = catch_unwind(AssertUnwindSafe(|| verb(&store, &ring)));
        fuse.mend();
        match outcome {
            Ok(Ok(())) => break,
            Ok(Err(error)) => failures.push(Some(error.kind())),
            Err(_) => failures.push(None),
        }
        assert_eq!(look(&store), before, "{what}, call {calls}");
        assert_eq!(signer.sign(b"message").unwrap().kid, *before.rings[0].current().key().kid(), "{what}");
        assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0], "{what}, call {calls}");
    }
    assert_ne!(look(&store), before, "{what}");
    assert_whole(&store);
    failures
}

/// Verbs that make no key and seal none need no randomness.
const WITHOUT_ENTROPY: [&str; 4] = ["retire", "set keep", "set schedule", "delete"];
/// Verbs that do not ask for the time, or were told.
const WITHOUT_CLOCK: [&str; 4] = ["apply due", "set keep", "set schedule", "delete"];

#[test]
fn randomness_fails_at_each_draw() {
    let scene = Scene::new();
    for then in [Then::Fail, Then::Panic] {
        for verb in VERBS {
            let fuse = Fuse::new(then);
            let timed = options().clock(Fuse::new(Then::Fail)).entropy(fuse.clone());
            let failures = fail_at_each_call(&scene, &fuse, timed, verb);
            let expected = (then == Then::Fail).then_some(ErrorKind::Io);
            assert!(failures.iter().all(|kind| *kind == expected), "{}: {failures:?}", verb.0);
            assert_eq!(failures.is_empty(), WITHOUT_ENTROPY.contains(&verb.0), "{}: {failures:?}", verb.0);
        }
    }
}

#[test]
fn the_clock_panics() {
    let scene = Scene::new();
    for verb in VERBS {
        let fuse = Fuse::new(Then::Panic);
        let failures = fail_at_each_call(&scene, &fuse, options().clock(fuse.clone()), verb);
        assert!(failures.iter().all(Option::is_none), "{}: {failures:?}", verb.0);
        assert_eq!(failures.is_empty(), WITHOUT_CLOCK.contains(&verb.0), "{}: {failures:?}", verb.0);
    }
}

/// The same for every verb: it fails in this way, everything is as before and can be read, and when the cause is gone, the same
/// handle does it.
fn refused_until(
    scene: &Scene,
    options: &Options,
    kinds: &[ErrorKind],
    cause: impl Fn() -> Box<dyn FnOnce()>,
    verbs: &[Verb],
) {
    for (what, verb) in verbs {
        let (store, ring, signer) = scene.open(options.clone());
        let before = look(&store);
        let end = cause();
        let error = verb(&store, &ring).expect_err(what);
        assert!(kinds.contains(&error.kind()), "{what}: {error}");
        assert_eq!(look(&store), before, "{what}");
        assert_eq!(signer.sign(b"message").unwrap().kid, *before.rings[0].current().key().kid(), "{what}");
        end();
        assert_eq!(look(&store), before, "{what}");
        assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0], "{what}");
        verb(&store, &ring).unwrap();
        assert_ne!(look(&store), before, "{what}");
        assert_whole(&store);
    }
}

#[test]
fn another_connection_holds_the_lock() {
    let scene = Scene::new();
    let path = scene.path();
    let impatient = support::impatient().clock(Fuse::new(Then::Fail));
    let held = || -> Box<dyn FnOnce()> {
        let other = attacker(&path, &RAW);
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        Box::new(move || other.execute_batch("ROLLBACK").unwrap())
    };
    refused_until(&scene, &impatient, &[ErrorKind::Busy], held, &VERBS);
}

/// A failure in the last step: the transaction is whole but for its commit.
#[test]
fn the_commit_is_refused() {
    let scene = Scene::new();
    let path = scene.path();
    let options = options().clock(Fuse::new(Then::Fail));
    // A trigger that promises a row which nobody makes: its absence shows at the commit.
    let trapped = || -> Box<dyn FnOnce()> {
        let event = |n: u8, event: &str| {
            format!(
                "CREATE TRIGGER trap{n} AFTER {event} ON ring BEGIN INSERT INTO ring_key VALUES (9999, \
                 (SELECT seq FROM key WHERE name = 'alone'), 4, 0, 0, 0, 0); END;"
            )
        };
        let traps = [(1, "INSERT"), (2, "UPDATE"), (3, "DELETE")].map(|(n, on)| event(n, on)).concat();
        attacker(&path, &RAW).execute_batch(&traps).unwrap();
        let path = path.clone();
        Box::new(move || {
            attacker(&path, &RAW).execute_batch("DROP TRIGGER trap1; DROP TRIGGER trap2; DROP TRIGGER trap3").unwrap();
        })
    };
    refused_until(&scene, &options, &[ErrorKind::Damaged], trapped, &VERBS);
}

#[test]
fn what_is_open_for_reading_is_not_turned() {
    let scene = Scene::new();
    let path = scene.path();
    lay_out(&path, &scene.file, &[]);
    let entropy = Fuse::new(Then::Panic);
    let timed = options().clock(Fuse::new(Then::Fail)).entropy(entropy.clone());
    let store = Keystore::open_read_only(&path, &raw(), timed).unwrap();
    let ring = store.ring(&name("turning")).unwrap();
    let before = look(&store);
    // Nor is a key made for nothing.
    entropy.allow(0);
    for (what, verb) in VERBS {
        assert_eq!(verb(&store, &ring).expect_err(what).kind(), ErrorKind::ReadOnly, "{what}");
        assert_eq!(look(&store), before, "{what}");
    }
    let rsa = KeySpec::new(Algorithm::Rs256, Some(4096)).unwrap();
    assert_eq!(ring.rotate_to(rsa).unwrap_err().kind(), ErrorKind::ReadOnly);
    assert_eq!(store.create_ring(&RingPlan::new(name("rsa"), rsa)).unwrap_err().kind(), ErrorKind::ReadOnly);
    assert_whole(&store);
    assert_eq!(fs::read(&path).unwrap(), scene.file);
}

/// One row that is not what was written, of any key of the ring or of the ring itself: whoever would read it changes nothing.
#[test]
fn a_row_is_damaged() {
    let scene = Scene::new();
    let path = scene.path();
    lay_out(&path, &scene.file, &[]);
    let seqs: Vec<i64> = {
        let connection = attacker(&path, &RAW);
        let mut statement = connection.prepare("SELECT seq FROM ring_key WHERE ring = 1 ORDER BY seq").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(|seq| seq.unwrap()).collect()
    };
    assert_eq!(seqs.len(), 5);
    let mut edits: Vec<_> =
        seqs.iter().map(|seq| format!("key SET exportable = 1 - exportable WHERE seq = {seq}")).collect();
    edits.extend(seqs.iter().map(|seq| format!("ring_key SET published_at = published_at + 1 WHERE seq = {seq}")));
    edits.push("ring SET keep = keep + 1 WHERE n = 1".into());
    let mut refused = BTreeSet::new();
    for edit in &edits {
        for (what, verb) in VERBS {
            let (store, ring, _signer) = scene.open(options().clock(Fuse::new(Then::Fail)));
            attacker(&path, &RAW).execute_batch(&format!("UPDATE {edit}")).unwrap();
            let rows = rows(&path);
            match verb(&store, &ring) {
                Ok(()) => assert_eq!(what, "create", "{edit}"),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Damaged, "{what}, {edit}: {error}");
                    assert_eq!(self::rows(&path), rows, "{what}, {edit}");
                    assert!(!store.verify_integrity().unwrap().is_ok(), "{what}, {edit}");
                    refused.insert(what);
                }
            }
        }
    }
    assert_eq!(refused.len(), VERBS.len() - 1);
}

/// All rows of the tables that a verb writes, as text.
fn rows(path: &Path) -> Vec<String> {
    let connection = attacker(path, &RAW);
    let mut rows = Vec::new();
    for table in ["ring", "ring_key", "key", "fingerprint", "key_use"] {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| -> rusqlite::Result<String> {
            let values: rusqlite::Result<Vec<rusqlite::types::Value>> = (0..columns).map(|at| row.get(at)).collect();
            values.map(|values| format!("{table} {values:?}"))
        };
        rows.extend(statement.query_map([], row).unwrap().map(|row| row.unwrap()));
    }
    rows
}

/// A clock so late that no certificate could end: no ring turns, and none is harmed.
#[test]
fn a_clock_beyond_all_certificates() {
    #[derive(Debug)]
    struct Late(AtomicI64);
    impl Clock for Late {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
        }
    }
    let second = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
    let clock = Arc::new(Late(AtomicI64::new(second(BEGIN))));
    let scene = Scene::new();
    let late = || -> Box<dyn FnOnce()> {
        clock.0.store(second("9999-11-22T06:00:00Z"), Ordering::SeqCst);
        let clock = Arc::clone(&clock);
        Box::new(move || clock.0.store(second(BEGIN), Ordering::SeqCst))
    };
    let made: Vec<Verb> = VERBS
        .into_iter()
        .filter(|(what, _)| ["rotate", "rotate to", "revoke current", "revoke next", "create"].contains(what))
        .collect();
    let options = options().clock(clock.clone());
    refused_until(&scene, &options, &[ErrorKind::NotPossible], late, &made);
}

/// Another file lies at the path: an older copy of this store, another store, none. What the handles have open is the file that
/// they opened; whatever a verb answers, that file is whole afterwards, and so is the other.
#[cfg(unix)]
#[test]
fn the_file_is_replaced() {
    let scene = Scene::new();
    let (_other_folder, other) = folder();
    Keystore::create(&other, &raw(), options()).unwrap().create_ring(&plan("turning")).unwrap();
    let others: [(&str, Option<Vec<u8>>); 3] =
        [("a copy", Some(scene.file.clone())), ("another store", Some(fs::read(&other).unwrap())), ("none", None)];
    for (with, file) in &others {
        for (what, verb) in VERBS {
            let (store, ring, signer) = scene.open(options().clock(Fuse::new(Then::Fail)));
            let before = look(&store);
            let aside = scene.folder.path().join("aside");
            for suffix in ["", "-wal", "-shm"] {
                fs::rename(beside(&scene.path(), suffix), beside(&aside, suffix)).unwrap();
            }
            if let Some(file) = file {
                fs::write(scene.path(), file).unwrap();
            }
            let outcome = verb(&store, &ring);
            let signed = signer.sign(b"message");
            drop((store, ring, signer));
            for at in [&aside, &scene.path()] {
                if !at.exists() {
                    continue;
                }
                let store = Keystore::open(at, &raw(), options()).unwrap();
                assert_whole(&store);
                if at == &aside && outcome.is_err() {
                    assert_eq!(look(&store), before, "{what}, {with}: {outcome:?}");
                }
            }
            if let Ok(signed) = signed {
                let known = before.keys.iter().any(|key| *key.kid() == signed.kid);
                assert!(known, "{what}, {with}: a signature of no key of the ring");
            }
            for suffix in ["", "-wal", "-shm"] {
                let _ = fs::remove_file(beside(&aside, suffix));
            }
        }
    }
}

/// The passphrase is changed by another handle: every verb says so and changes nothing; a copy of the store turns on its own.
#[test]
fn the_store_gets_another_key_or_a_copy() {
    let scene = Scene::new();
    for (what, verb) in VERBS {
        let (store, ring, signer) = scene.open(options().clock(Fuse::new(Then::Fail)));
        let before = look(&store);
        let copy = scene.folder.path().join("copy");
        store.backup(&copy, &BackupOptions::same_key()).unwrap();
        let other = Keystore::open(scene.path(), &raw(), options()).unwrap();
        other.rekey(&Unlock::raw_key([7; 32])).unwrap();
        assert_eq!(verb(&store, &ring).expect_err(what).kind(), ErrorKind::Rekeyed, "{what}");
        for error in [signer.sign(b"message").unwrap_err(), ring.state().unwrap_err(), ring.jwks().unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::Rekeyed, "{what}");
        }
        assert_eq!(look(&other), before, "{what}");
        // The handle that changed the key goes on.
        let same = other.ring(&name("turning")).unwrap();
        let same_signer = same.signer().unwrap();
        other.rekey(&raw()).unwrap();
        assert_eq!(same_signer.sign(b"message").unwrap().kid, *before.rings[0].current().key().kid());
        verb(&other, &same).unwrap();
        assert_whole(&other);
        drop((store, ring, signer, other, same, same_signer));
        let copy_store = Keystore::open(&copy, &raw(), options()).unwrap();
        assert_eq!(look(&copy_store), before, "{what}");
        drop(copy_store);
        fs::remove_file(&copy).unwrap();
    }
}

/// What the other processes of this file do. It only runs when another test starts it.
#[test]
#[ignore = "run by the other tests of this file as a child process"]
fn child() {
    let Some((role, path)) = told_as_child() else { return };
    match role.as_str() {
        "run out of room" => without_room(&path),
        "turn until killed" => turn(&Keystore::open(&path, &raw(), options()).unwrap()),
        other => panic!("{other}"),
    }
}

/// How long a file of this process may be from now on; it may always be made longer again.
fn limit_files(len: &str) {
    let pid = std::process::id().to_string();
    let status = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={len}:")]).status().unwrap();
    assert!(status.success());
}

/// Each verb with room for one page more than before, until it has enough.
fn without_room(folder: &Path) {
    let scene = Scene { folder: tempfile::tempdir_in(folder).unwrap(), file: fs::read(folder.join("scene")).unwrap() };
    for (what, verb) in VERBS {
        let (store, ring, signer) = scene.open(options().clock(Fuse::new(Then::Fail)));
        let before = look(&store);
        // The log is emptied, so that it grows from nothing.
        assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
        let mut failures = 0;
        for pages in 0.. {
            limit_files(&(pages * 4200).to_string());
            let outcome = verb(&store, &ring);
            match outcome {
                Ok(()) => {
                    limit_files("unlimited");
                    break;
                }
                Err(error) => {
                    let kinds = [ErrorKind::Io, ErrorKind::DiskFull];
                    assert!(kinds.contains(&error.kind()), "{what}, {pages} pages: {error}");
                }
            }
            failures += 1;
            assert_eq!(look(&store), before, "{what}, {pages} pages");
            assert_eq!(signer.sign(b"message").unwrap().kid, *before.rings[0].current().key().kid(), "{what}");
            limit_files("unlimited");
            assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0], "{what}, {pages} pages");
        }
        assert_ne!(look(&store), before, "{what}");
        assert_whole(&store);
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
    assert!(failures.iter().all(|failures| *failures >= 2), "{told:?}");
}

/// Makes rings, turns and revokes and deletes them, for ever, and says what it has done.
fn turn(store: &Keystore) {
    for n in 0.. {
        let text = format!("{} {n}", std::process::id());
        let ring = store.create_ring(&plan(&text).keep(1)).unwrap();
        println!("SAYS made {text}");
        for turn in 0..3 {
            println!("SAYS current {} {text}", ring.rotate().unwrap().current().key().kid().as_str());
            let revoked = if turn % 2 == 0 { RingState::current } else { RingState::next };
            let revoked = kid(&ring, revoked).unwrap();
            ring.revoke(&revoked).unwrap();
            println!("SAYS revoked {} {text}", revoked.as_str());
        }
        if n % 2 == 0 {
            println!("SAYS deleting {text}");
            ring.delete().unwrap();
            println!("SAYS deleted {text}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_killed_process_leaves_whole_rings() {
    let (_folder, path) = folder();
    drop(Keystore::create(&path, &raw(), options()).unwrap());
    let (mut acknowledged, mut round) = (0, 0);
    // More than twelve rounds only where a process takes long to begin.
    while round < 12 || (round < 60 && acknowledged <= 50) {
        round += 1;
        let mut turning = support::child("turn until killed", &path).spawn().unwrap();
        // Killed at another moment each time, the first perhaps before anything is written.
        std::thread::sleep(Duration::from_millis(23 * round));
        turning.kill().unwrap();
        let told = words_of(&turning.wait_with_output().unwrap().stdout);
        acknowledged += told.len();
        let store = Keystore::open(&path, &raw(), options()).unwrap();
        assert_whole(&store);
        for said in &told {
            let (verb, rest) = said.split_once(' ').unwrap();
            let ring = |text: &str| store.ring(&name(text));
            let was_deleted = |text: &str| told.contains(&format!("deleting {text}"));
            match verb {
                "made" => assert!(was_deleted(rest) || ring(rest).is_ok(), "{rest} was lost"),
                "deleted" => assert_eq!(ring(rest).unwrap_err().kind(), ErrorKind::NotFound),
                "revoked" => {
                    let (revoked, text) = rest.split_once(' ').unwrap();
                    let Ok(ring) = ring(text) else { continue };
                    assert!(!ring.jwks().unwrap().contains(revoked), "{text} publishes what was revoked");
                }
                _ => {}
            }
        }
        // Others are not in the way of the next round.
        for ring in store.rings().unwrap() {
            ring.rotate().unwrap();
            ring.delete().unwrap();
        }
        assert!(store.is_empty().unwrap(), "keys were left over");
        assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
    }
    assert!(acknowledged > 12, "it was killed too early each time: {acknowledged}");
}

/// Lets somebody else act when the first random byte is drawn: after the look at the ring, before the store is locked.
struct Meddling(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl std::fmt::Debug for Meddling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meddling")
    }
}

impl Entropy for Meddling {
    fn fill(&self, out: &mut [u8]) -> std::result::Result<(), EntropyError> {
        let act = self.0.lock().unwrap().take();
        if let Some(act) = act {
            act();
        }
        SystemEntropy.fill(out)
    }
}

/// Every verb while another handle does every other, as late as it can. Whatever each answers, the rings are whole, what was to
/// be revoked is, and new keys are of the kind that was asked for last.
#[test]
fn others_act_while_a_key_is_made() {
    let scene = Scene::new();
    let anew: Verb = ("delete and create", |store, ring| {
        ring.delete()?;
        store.create_ring(&plan("turning")).map(drop)
    });
    for (what, verb) in VERBS {
        for (meanwhile, meddle) in VERBS.into_iter().chain([anew]) {
            let both = format!("{what}, meanwhile {meanwhile}");
            let meddling = Arc::new(Meddling(Mutex::new(None)));
            let timed = options().clock(Fuse::new(Then::Fail));
            let (store, ring, signer) = scene.open(timed.entropy(meddling.clone()));
            let before = ring.state().unwrap();
            // In the midst of a transaction others wait in vain.
            let other =
                Keystore::open(scene.path(), &raw(), support::impatient().clock(Fuse::new(Then::Fail))).unwrap();
            let (acted, told) = std::sync::mpsc::channel();
            let others = other.clone();
            let act = move || acted.send(meddle(&others, &others.ring(&name("turning")).unwrap())).unwrap();
            *meddling.0.lock().unwrap() = Some(Box::new(act));
            let outcome = verb(&store, &ring);
            let Ok(met) = told.try_recv() else {
                // Nothing was drawn.
                outcome.unwrap();
                continue;
            };
            match &met {
                Ok(()) => {}
                Err(error) => assert_eq!(error.kind(), ErrorKind::Busy, "{both}"),
            }
            let gone = meanwhile.starts_with("delete") && met.is_ok();
            let refused = match what {
                "create" if meanwhile == "create" => Some(ErrorKind::Duplicate),
                "create" => None,
                _ if gone => Some(ErrorKind::NotFound),
                _ => None,
            };
            assert_eq!(outcome.as_ref().err().map(keystead::Error::kind), refused, "{both}");
            assert_whole(&store);
            assert_eq!(look(&other), look(&store), "{both}");
            if gone {
                assert_eq!(signer.sign(b"message").unwrap_err().kind(), ErrorKind::NotFound, "{both}");
                continue;
            }
            let state = ring.state().unwrap();
            assert_eq!(signer.sign(b"message").unwrap().kid, *state.current().key().kid(), "{both}");
            if what.starts_with("rotate") || what == "apply due" {
                assert_eq!(state.next().key().algorithm(), Some(state.spec().algorithm()), "{both}");
            }
            let revoked = |what: &str| match what {
                "revoke current" => Some(before.current()),
                "revoke next" => Some(before.next()),
                "revoke previous" => before.previous(),
                _ => None,
            };
            for key in revoked(what).into_iter().chain(revoked(meanwhile).filter(|_| met.is_ok())) {
                let key = key.key();
                let place = state.by_kid(key.kid().as_str()).map(keystead::RingKey::place);
                assert!(place.is_none_or(|place| place == keystead::RingPlace::Revoked), "{both}: {place:?}");
                assert!(!ring.jwks().unwrap().contains(key.kid().as_str()), "{both}");
                let kind = store.sign(key.id(), b"message").unwrap_err().kind();
                assert!([ErrorKind::Refused, ErrorKind::NotFound].contains(&kind), "{both}: {kind:?}");
            }
        }
    }
}

/// A handle may look at the ring, then at its keys, and meanwhile another revokes one and deletes another: it looks again.
#[test]
fn keys_that_go_between_two_looks_are_no_error() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let turning = store.create_ring(&plan("turning").keep(0)).unwrap();
    std::thread::scope(|scope| {
        let using = scope.spawn(|| {
            let other = Keystore::open(&path, &raw(), options()).unwrap();
            for _ in 0..200 {
                // A new handle has everything to look up.
                let ring = other.ring(&name("turning")).unwrap();
                let signature = ring.signer().unwrap().sign(b"message").unwrap();
                ring.verify(&signature.kid, b"message", signature.signature.as_bytes()).unwrap();
                let next = ring.state().unwrap().next().key().kid().clone();
                if let Err(error) = ring.verifier(&next) {
                    // What has ended is gone at once in a ring that keeps nothing.
                    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
                }
            }
        });
        while !using.is_finished() {
            let state = turning.rotate().unwrap();
            turning.revoke(state.current().key().kid()).unwrap();
            turning.retire_previous().unwrap();
        }
        using.join().unwrap();
    });
    assert_whole(&store);
}
