//! One ring, many users: threads and processes that sign, verify, publish, rotate and revoke at once, and processes that are
//! killed while they rotate.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first failure"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use keystead::{
    Algorithm, Error, ErrorKind, KeySpec, KeyUse, Keystore, Ring, RingName, RingPlace, RingPlan, RingState, Schedule,
    Unlock,
};
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::Value;
use support::{RAW, attacker, finish, options, raw, told_as_child, words_of};
use tempfile::TempDir;

/// How long the race lasts.
const RACE: Duration = Duration::from_secs(20);
const MINUTE: Duration = Duration::from_secs(60);
const PREVIOUS: i64 = 1;
const CURRENT: i64 = 2;
const NEXT: i64 = 3;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    (folder, path)
}

fn open(path: &Path) -> Keystore {
    Keystore::open(path, &raw(), options()).unwrap()
}

fn name(text: &str) -> RingName {
    RingName::new(text).unwrap()
}

fn plan(text: &str) -> RingPlan {
    RingPlan::new(name(text), KeySpec::new(Algorithm::Es256, None).unwrap())
}

fn acme(store: &Keystore) -> Ring {
    store.ring(&name("acme")).unwrap()
}

/// A published set: what anybody makes of it who has no more than the JSON.
fn published(ring: &Ring) -> BTreeMap<String, VerifyingKey> {
    let set: Value = serde_json::from_str(&ring.jwks().unwrap()).unwrap();
    let key = |jwk: &Value| {
        let coordinate = |member: &str| from_base64url(jwk[member].as_str().unwrap());
        let point = [&[4][..], &coordinate("x"), &coordinate("y")].concat();
        (jwk["kid"].as_str().unwrap().to_owned(), VerifyingKey::from_sec1_bytes(&point).unwrap())
    };
    set["keys"].as_array().unwrap().iter().map(key).collect()
}

fn from_base64url(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        other => panic!("{other}"),
    };
    let group = |group: &[u8]| {
        let word = (0..4).fold(0, |word, n| word << 6 | u32::from(group.get(n).map_or(0, |&c| digit(c))));
        word.to_be_bytes()[1..group.len()].to_vec()
    };
    text.as_bytes().chunks(4).flat_map(group).collect()
}

/// What a racer did, by name.
type Counts = BTreeMap<String, u64>;

fn count(counts: &mut Counts, what: &str) {
    *counts.entry(what.to_owned()).or_default() += 1;
}

/// One of those who use the ring at once.
struct Racer {
    path: PathBuf,
    ring: Ring,
    store: Keystore,
    counts: Counts,
    until: Instant,
}

impl Racer {
    /// With a handle of the store of its own, or one that it shares.
    fn new(path: &Path, store: Keystore, until: Instant) -> Self {
        Self { path: path.into(), ring: acme(&store), store, counts: Counts::new(), until }
    }

    fn run(mut self, role: &str) -> Counts {
        while Instant::now() < self.until {
            match role {
                "sign" => self.sign(),
                "verify" => self.verify(),
                "rotate" => self.turn(self.store.clone()),
                "watch" => self.watch(),
                "watch the tables" => self.watch_tables(),
                "commit" => self.commit(),
                other => panic!("{other}"),
            }
        }
        self.counts
    }

    /// What was published before or after must know the key. Unless the ring turned so often meanwhile that not one key is
    /// in both.
    fn sign(&mut self) {
        let signer = self.ring.signer().unwrap();
        for n in 0..20_u32 {
            let before = published(&self.ring);
            let message = n.to_be_bytes();
            let signed = signer.sign(&message).unwrap();
            let after = published(&self.ring);
            let kid = signed.kid.as_str();
            let Some(key) = before.get(kid).or_else(|| after.get(kid)) else {
                assert!(before.keys().all(|kid| !after.contains_key(kid)), "{kid} was never published");
                count(&mut self.counts, "outrun");
                continue;
            };
            let signature = Signature::from_slice(signed.signature.as_bytes()).unwrap();
            key.verify(&message, &signature).unwrap();
            count(&mut self.counts, "signed");
            // To the ring itself it is one of its own as long as it is published.
            let accepted = self.ring.verify(&signed.kid, &message, signed.signature.as_bytes()).unwrap();
            let still = published(&self.ring).contains_key(kid);
            assert!(accepted || !still, "{kid} is published and not accepted");
            assert!(!self.ring.verify(&signed.kid, b"other", signed.signature.as_bytes()).unwrap());
        }
    }

    /// Every answer about a key that leaves the ring meanwhile has its reason.
    fn verify(&mut self) {
        let state = self.ring.state().unwrap();
        for key in state.keys() {
            let (id, kid) = (key.key().id(), key.key().kid());
            match self.store.sign(id, b"message") {
                Ok(signature) => {
                    self.ring.verify(kid, b"message", signature.as_bytes()).unwrap();
                    count(&mut self.counts, "verified");
                }
                Err(error) => self.excused(&error, &[ErrorKind::Refused, ErrorKind::NotFound]),
            }
            if let Err(error) = self.ring.verifier(kid) {
                self.excused(&error, &[ErrorKind::Refused, ErrorKind::NotFound]);
            }
            // No key of a ring can be deleted, in whatever place.
            if let Err(error) = self.store.delete(id) {
                self.excused(&error, &[ErrorKind::InUse, ErrorKind::NotFound]);
            }
        }
    }

    #[track_caller]
    fn excused(&mut self, error: &Error, excuses: &[ErrorKind]) {
        assert!(excuses.contains(&error.kind()), "{error}");
        count(&mut self.counts, &format!("{:?}", error.kind()));
    }

    /// Rotates, and now and then does what is due or revokes the next key. The ring `steady` is only rotated.
    fn turn(&mut self, store: Keystore) {
        let ring = acme(&store);
        Self::whole(&store.ring(&name("steady")).unwrap().rotate().unwrap());
        count(&mut self.counts, "rotated steadily");
        for n in 0..5 {
            let state = match n {
                3 => {
                    let next = ring.state().unwrap().next().key().kid().clone();
                    match ring.revoke(&next) {
                        Ok(state) => {
                            // It may have become current, previous or retired before it was revoked.
                            assert!(state.by_kid(next.as_str()).is_none_or(|key| !key.place().is_live()));
                            let was_current =
                                state.by_kid(next.as_str()).is_some_and(|key| key.current_since().is_some());
                            count(&mut self.counts, if was_current { "revoked late" } else { "revoked" });
                            state
                        }
                        Err(error) => {
                            self.excused(&error, &[ErrorKind::NotFound]);
                            continue;
                        }
                    }
                }
                4 => {
                    for _ in ring.apply_due(Timestamp::now()).unwrap() {
                        count(&mut self.counts, "due");
                    }
                    ring.state().unwrap()
                }
                _ => {
                    let state = ring.rotate().unwrap();
                    count(&mut self.counts, "rotated");
                    state
                }
            };
            Self::whole(&state);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn whole(state: &RingState) {
        let places: Vec<_> = state.live().map(|key| key.place().name()).collect();
        assert!(places == ["current", "next"] || places == ["current", "next", "previous"], "{places:?}");
        let kids: BTreeSet<_> = state.keys().map(|key| key.key().kid().as_str()).collect();
        assert_eq!(kids.len(), state.keys().count());
    }

    fn watch(&mut self) {
        for ring in self.store.rings().unwrap() {
            Self::whole(&ring.state().unwrap());
        }
        let published = published(&self.ring).len();
        assert!((2..=3).contains(&published), "{published} published");
        // What the store publishes holds the one that signs, before or after.
        let current = |ring: &Ring| ring.signer().unwrap().current().unwrap().kid().as_str().to_owned();
        let before = current(&self.ring);
        let set = self.store.jwks().unwrap();
        if !set.contains(&before) {
            assert_ne!(current(&self.ring), before, "the key that signs is not in the store's set");
        }
        count(&mut self.counts, "watched");
    }

    /// Past this library, with the page key and SQL.
    fn watch_tables(&mut self) {
        let connection = attacker(&self.path, &RAW);
        let mut statement = connection
            .prepare("SELECT place, count(*) FROM ring_key WHERE ring = (SELECT n FROM ring WHERE name = 'acme') GROUP BY place")
            .unwrap();
        for _ in 0..100 {
            let places: BTreeMap<i64, i64> =
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
            assert_eq!((places.get(&CURRENT), places.get(&NEXT)), (Some(&1), Some(&1)), "{places:?}");
            assert!(places.get(&PREVIOUS).is_none_or(|count| *count == 1), "{places:?}");
            count(&mut self.counts, "rows seen");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Commits that do not concern the ring.
    fn commit(&mut self) {
        let me = std::process::id();
        let key = self.store.generate(support::request(format!("{me}"), Algorithm::Hs256)).unwrap();
        self.store.delete(key.id()).unwrap();
        count(&mut self.counts, "committed");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What the other processes of this file do. It only runs when another test starts it.
#[test]
#[ignore = "run by the other tests of this file as a child process"]
fn child() {
    let Some((role, path)) = told_as_child() else { return };
    let store = open(&path);
    match role.as_str() {
        // Several things at once, as a service does.
        "race" => {
            let until = Instant::now() + RACE;
            let counts = race(&path, &[("rotate", store.clone()), ("sign", store.clone()), ("verify", store)], until);
            for (what, count) in counts {
                println!("SAYS {what}={count}");
            }
        }
        "rotate until killed" => {
            let ring = acme(&store);
            for n in 0.. {
                let state = if n % 3 == 2 {
                    let current = ring.state().unwrap().current().key().kid().clone();
                    ring.revoke(&current).unwrap()
                } else {
                    ring.rotate().unwrap()
                };
                println!("SAYS {}", state.current().key().kid());
            }
        }
        "apply" => {
            let ring = acme(&store);
            println!("SAYS ready");
            std::io::stdin().lock().read_line(&mut String::new()).unwrap();
            println!("SAYS {}", ring.apply_due(due_at()).unwrap().len());
        }
        other => panic!("{other}"),
    }
}

fn race(path: &Path, racers: &[(&str, Keystore)], until: Instant) -> Counts {
    std::thread::scope(|scope| {
        let running: Vec<_> = racers
            .iter()
            .map(|(role, store)| scope.spawn(move || Racer::new(path, store.clone(), until).run(role)))
            .collect();
        let mut all = Counts::new();
        for counts in running {
            for (what, count) in counts.join().unwrap() {
                *all.entry(what).or_default() += count;
            }
        }
        all
    })
}

/// What a child counted.
fn told(child: Child) -> Counts {
    let said = finish(child).into_iter();
    said.map(|line| {
        let (what, count) = line.split_once('=').unwrap();
        (what.to_owned(), count.parse().unwrap())
    })
    .collect()
}

#[test]
fn eight_threads_and_three_processes() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let schedule = Schedule::new(MINUTE, Duration::ZERO, Duration::ZERO).unwrap();
    // Everything stays, so that the rotations can be counted in the end.
    let ring = store.create_ring(&plan("acme").schedule(schedule).keep(u16::MAX)).unwrap();
    store.create_ring(&plan("steady").keep(u16::MAX)).unwrap();
    store.create_ring(&plan("other").key_use(KeyUse::Encryption)).unwrap();
    let children: Vec<_> = (0..3).map(|_| support::child("race", &path).spawn().unwrap()).collect();
    let other = open(&path);
    let racers = [
        ("sign", store.clone()),
        ("sign", other.clone()),
        ("verify", store.clone()),
        ("rotate", store.clone()),
        ("rotate", other.clone()),
        ("watch", Keystore::open_read_only(&path, &raw(), options()).unwrap()),
        ("watch the tables", store.clone()),
        ("commit", other),
    ];
    let mut all = vec![race(&path, &racers, Instant::now() + RACE)];
    all.extend(children.into_iter().map(told));
    println!("{all:#?}");

    let of = |counts: &Counts, what: &str| counts.get(what).copied().unwrap_or(0);
    let sum = |what: &str| all.iter().map(|counts| of(counts, what)).sum::<u64>();
    for counts in &all {
        for what in ["rotated", "rotated steadily", "signed", "verified"] {
            assert!(of(counts, what) > 0, "{what}: {counts:?}");
        }
    }
    assert!(sum("watched") > 0 && sum("rows seen") > 100 && sum("committed") > 0 && sum("InUse") > 0);
    assert!(sum("outrun") <= sum("signed"), "the ring turned too fast to judge");

    // Each rotation that was told is there, and no other.
    let steady = store.ring(&name("steady")).unwrap().state().unwrap();
    assert_eq!(steady.keys().count() as u64, 2 + sum("rotated steadily"));
    // Here some keys were revoked by two at once, and some had become current before they were revoked.
    let state = ring.state().unwrap();
    let keys: Vec<_> = state.keys().collect();
    let was_current = keys.iter().filter(|key| key.current_since().is_some()).count() as u64;
    let never =
        keys.iter().filter(|key| key.place() == RingPlace::Revoked && key.current_since().is_none()).count() as u64;
    assert_eq!(keys.len() as u64, was_current + never + 1);
    assert!(never > 0 && never <= sum("revoked"), "{never}");
    let rotations = 1 + sum("rotated");
    assert!((rotations..=rotations + sum("revoked late")).contains(&was_current), "{was_current} were current");
    // Each began when another ended, in the order in which they were made.
    let mut since: Vec<_> =
        keys.iter().filter_map(|key| Some((key.key().inserted_at(), key.current_since()?))).collect();
    since.sort_by_key(|(_, since)| *since);
    let replaced: BTreeSet<_> = keys.iter().filter_map(|key| key.replaced_at()).collect();
    assert!(since[1..].iter().all(|(_, since)| replaced.contains(since)));
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
}

/// The instant at which the rings of these tests are due.
fn due_at() -> Timestamp {
    Timestamp::from_second(4_000_000_000).unwrap()
}

#[test]
fn what_is_due_is_done_once() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let schedule = Schedule::new(MINUTE, MINUTE, MINUTE).unwrap();
    let ring = store.create_ring(&plan("acme").schedule(schedule)).unwrap();
    let before = ring.rotate().unwrap();
    let mut children: Vec<_> = (0..2).map(|_| support::child("apply", &path).spawn().unwrap()).collect();
    let mut outputs: Vec<_> = children.iter_mut().map(|child| BufReader::new(child.stdout.take().unwrap())).collect();
    for output in &mut outputs {
        let ready = output.lines().map(Result::unwrap).any(|line| line.contains("SAYS ready"));
        assert!(ready);
    }
    let other = open(&path);
    let done: usize = std::thread::scope(|scope| {
        children.iter_mut().for_each(|child| drop(child.stdin.take()));
        let ring = &ring;
        let other = &other;
        let threads: Vec<_> = (0..8)
            .map(|n| {
                scope.spawn(move || {
                    let ring = if n % 2 == 0 { ring.clone() } else { acme(other) };
                    ring.apply_due(due_at()).unwrap().len()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let theirs: usize = outputs
        .into_iter()
        .flat_map(|output| output.lines().map(Result::unwrap).collect::<Vec<_>>())
        .filter_map(|line| Some(line.split_once("SAYS ")?.1.parse::<usize>().unwrap()))
        .sum();
    children.into_iter().for_each(|mut child| assert!(child.wait().unwrap().success()));
    assert_eq!(done + theirs, 2, "one retired the previous key and rotated");
    let state = ring.state().unwrap();
    assert_eq!(state.current().key(), before.next().key());
    assert_eq!(state.previous().unwrap().key(), before.current().key());
    assert_eq!(state.ended().len(), 1);
    assert_eq!(store.len().unwrap(), 4);
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
}

/// Whoever asks while keys are revoked and deleted at once gets the ring as it is then, not an error about a key that was in
/// it a moment ago.
#[test]
fn revocations_do_not_disturb() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let ring = store.create_ring(&plan("acme").keep(0)).unwrap();
    let until = Instant::now() + Duration::from_secs(2);
    let asked: u64 = std::thread::scope(|scope| {
        let asking: Vec<_> = [open(&path), store.clone(), store.clone()]
            .map(|store| {
                scope.spawn(move || {
                    let mut asked = 0;
                    while Instant::now() < until {
                        let ring = acme(&store);
                        let signed = ring.signer().unwrap().sign(b"message").unwrap();
                        ring.verify(&signed.kid, b"message", signed.signature.as_bytes()).unwrap();
                        ring.jwks().unwrap();
                        asked += 1;
                    }
                    asked
                })
            })
            .into();
        let mut revoked = 0;
        while Instant::now() < until {
            let current = ring.state().unwrap().current().key().kid().clone();
            ring.revoke(&current).unwrap();
            revoked += 1;
        }
        assert!(revoked > 5, "{revoked}");
        asking.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert!(asked > 5, "{asked}");
    assert_eq!(store.len().unwrap(), 2);
}

/// A signer has connections of its own: they follow when this store is given another key.
#[test]
fn signers_go_on_while_the_key_of_the_store_changes() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let ring = store.create_ring(&plan("acme")).unwrap();
    let done = AtomicBool::new(false);
    let last = std::thread::scope(|scope| {
        let signing: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let (signer, mut signed) = (ring.signer().unwrap(), 0);
                    while !done.load(Ordering::Acquire) || signed == 0 {
                        let signature = signer.sign(b"message").unwrap();
                        // It may be over meanwhile, but there is an answer.
                        ring.verify(&signature.kid, b"message", signature.signature.as_bytes()).unwrap();
                        signed += 1;
                    }
                    signed
                })
            })
            .collect();
        let mut last = ring.state().unwrap();
        for n in 1..=8 {
            store.rekey(&Unlock::raw_key([n; 32])).unwrap();
            last = ring.rotate().unwrap();
        }
        done.store(true, Ordering::Release);
        assert!(signing.into_iter().map(|thread| thread.join().unwrap()).sum::<u64>() >= 3);
        last
    });
    let anew = Keystore::open(&path, &Unlock::raw_key([8; 32]), options()).unwrap();
    assert_eq!(acme(&anew).state().unwrap(), last);
    assert_eq!(anew.verify_integrity().unwrap().problems(), [""; 0]);
}

#[test]
fn a_ring_is_whole_after_each_kill() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let ring = store.create_ring(&plan("acme").keep(u16::MAX)).unwrap();
    drop(ring);
    drop(store);
    let mut rotations = 0;
    let mut was_current = Vec::new();
    for round in 0..30_u64 {
        let mut child = support::child("rotate until killed", &path).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut said = Vec::new();
        // Not before it has begun.
        while words_of(&said).len() < 2 {
            assert!(output.read_until(b'\n', &mut said).unwrap() > 0, "the child ended");
        }
        std::thread::sleep(Duration::from_micros(700 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        std::io::Read::read_to_end(&mut output, &mut said).unwrap();
        let told = words_of(&said);
        rotations += told.len();
        was_current.extend(told);

        let store = open(&path);
        let ring = acme(&store);
        let state = ring.state().unwrap();
        Racer::whole(&state);
        for kid in &was_current {
            assert!(
                state.by_kid(kid).and_then(|key| key.current_since()).is_some(),
                "a rotation that was told is lost"
            );
        }
        // At most one that nobody was told of, for each that was killed.
        let found = state.keys().filter(|key| key.current_since().is_some()).count();
        let told = was_current.iter().collect::<BTreeSet<_>>().len() + 1;
        assert!((told..=told + round as usize + 1).contains(&found), "{found} were current, {told} told");
        let signed = ring.signer().unwrap().sign(b"message").unwrap();
        assert!(ring.verify(&signed.kid, b"message", signed.signature.as_bytes()).unwrap());
        if round % 10 == 9 {
            assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
        }
    }
    println!("{rotations} rotations by 30 processes");
    assert!(rotations >= 60, "{rotations}");
}
