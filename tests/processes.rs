//! One file, several users: threads, stores opened twice in one process, and real processes, some of them killed.

// A test that cannot go on has no better way to say so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use keystead::{Algorithm, BackupOptions, Error, ErrorKind, KeyId, KeyName, Keystore, Signer, UserLabel, Verifier};
use support::{
    beside, contents, es256, finish, names_in, openssl_verifies, options, raw, request, told_as_child, words_of,
};
use tempfile::TempDir;

const fn is_send_and_sync<T: Send + Sync + 'static>() {}
const _: () = {
    is_send_and_sync::<Keystore>();
    is_send_and_sync::<Signer>();
    is_send_and_sync::<Verifier>();
    is_send_and_sync::<Error>();
};

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    (folder, path)
}

fn open(path: &Path) -> Keystore {
    Keystore::open(path, &raw(), options()).unwrap()
}

fn good(key: &keystead::Key, message: &[u8], signature: &keystead::Signature) -> bool {
    let verifier = Verifier::from_public_key_der(key.algorithm().unwrap(), key.public_key_der().unwrap()).unwrap();
    verifier.verify(message, signature.as_bytes())
}

/// What the other processes of this file do. It only runs when another test starts it.
#[test]
#[ignore = "run by the other tests of this file as a child process"]
fn child() {
    let Some((role, path)) = told_as_child() else { return };
    let me = std::process::id();
    match role.as_str() {
        "open and close" => drop(open(&path)),
        "list" => {
            for key in contents(&open(&path)) {
                println!("SAYS {}", key.id());
            }
        }
        "generate 25" => {
            let store = open(&path);
            for n in 0..25 {
                let key = store.generate(es256(format!("{me} {n}"))).unwrap();
                println!("SAYS {}", key.id());
            }
        }
        // SQLite and SQLCipher come up with whichever thread is first; the others must wait until both are there.
        "create in 8 threads at once" => {
            let (at_once, key) = (Barrier::new(8), raw());
            let copy = BackupOptions::new(&key);
            std::thread::scope(|scope| {
                for thread in 0..8 {
                    let (path, at_once, copy) = (path.with_extension(thread.to_string()), &at_once, &copy);
                    scope.spawn(move || {
                        at_once.wait();
                        let store = Keystore::create(&path, &raw(), options()).unwrap();
                        store.backup(path.with_extension(format!("{thread}.copy")), copy).unwrap();
                    });
                }
            });
        }
        "open or create" => {
            let store = Keystore::open_or_create(&path, &raw(), options()).unwrap();
            println!("SAYS {}", store.generate(es256(format!("{me}"))).unwrap().id());
        }
        "generate until killed" => {
            let store = open(&path);
            for n in 0.. {
                let key = store.generate(es256(format!("{me} {n}"))).unwrap();
                println!("SAYS {}", key.id());
            }
        }
        "exit while threads write" => {
            let store = open(&path);
            for thread in 0..2 {
                let store = store.clone();
                std::thread::spawn(move || {
                    for n in 0.. {
                        let name = |k| format!("{me} {thread} {n} {k}");
                        let made: Vec<_> = (0..20).map(|k| request(name(k), Algorithm::Hs256)).collect();
                        store.generate_many(&made).unwrap().into_iter().for_each(|key| drop(key.unwrap()));
                        println!("SAYS {}", name(0));
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(20 + u64::from(me % 16)));
            std::process::exit(0);
        }
        // Does as it is told on standard input, a line at a time, so that its connections and its cache stay warm.
        "obey" => {
            let store = open(&path);
            println!("SAYS ready");
            for line in std::io::stdin().lock().lines() {
                let line = line.unwrap();
                let (verb, what) = line.split_once(' ').unwrap();
                let id = || what.parse::<KeyId>().unwrap();
                let outcome = match verb {
                    "find" => store.key(id()).map(|key| key.name().to_string()),
                    "delete" => store.delete(id()).map(|()| "deleted".into()),
                    "generate" => store.generate(es256("anew").id(id())).map(|key| key.id().to_string()),
                    "sign" => store.sign(id(), b"message").map(|_| "signed".into()),
                    other => panic!("{other}"),
                };
                println!("SAYS {}", outcome.unwrap_or_else(|error| format!("{:?}", error.kind())));
            }
        }
        other => panic!("{other}"),
    }
}

/// A child that obeys.
struct Other {
    child: Child,
    answers: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Other {
    fn new(path: &Path) -> Self {
        let mut child = child_of("obey", path);
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut other = Self { child, answers };
        assert_eq!(other.answer(), "ready");
        other
    }

    fn answer(&mut self) -> String {
        let mut lines = self.answers.by_ref().map(|line| line.unwrap());
        lines.find_map(|line| Some(line.split_once("SAYS ")?.1.to_owned())).expect("the child died")
    }

    fn tell(&mut self, verb: &str, id: KeyId) -> String {
        writeln!(self.child.stdin.as_mut().unwrap(), "{verb} {id}").unwrap();
        self.answer()
    }

    fn dismiss(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

fn child_of(role: &str, path: &Path) -> Child {
    support::child(role, path).spawn().unwrap()
}

#[test]
fn threads_that_are_the_first_at_once() {
    for _ in 0..60 {
        let (_folder, path) = folder();
        let told = child_of("create in 8 threads at once", &path).wait_with_output().unwrap();
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stdout));
    }
}

#[test]
fn two_stores_of_one_process_see_each_other() {
    let (folder, path) = folder();
    let one = Keystore::create(&path, &raw(), options()).unwrap();
    let other = open(&path);

    let key = one.generate(es256("a")).unwrap();
    assert_eq!(other.key(key.id()).unwrap(), key);
    assert_eq!(contents(&other), std::slice::from_ref(&key));
    let renamed = other.rename(key.id(), KeyName::new("b").unwrap()).unwrap();
    assert_eq!(one.key(KeyName::new("b").unwrap()).unwrap(), renamed);
    assert_eq!(one.key(KeyName::new("a").unwrap()).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(one.generate(es256("b")).unwrap_err().field(), Some("name"));

    let user = UserLabel::new("tenant 12").unwrap();
    other.mark_in_use(key.id(), &user).unwrap();
    assert_eq!(one.delete(key.id()).unwrap_err().users(), ["tenant 12"]);
    assert!(one.unmark_in_use(key.id(), &user).unwrap());

    // A cache that is warm does not outlive the key.
    let signature = one.sign(key.id(), b"message").unwrap();
    assert!(openssl_verifies(folder.path(), &renamed, b"message", &signature));
    assert!(one.verify(key.id(), b"message", signature.as_bytes()).unwrap());
    other.delete(key.id()).unwrap();
    assert_eq!(one.sign(key.id(), b"message").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(one.verify(key.id(), b"message", signature.as_bytes()).unwrap_err().kind(), ErrorKind::NotFound);

    // Nor does it answer for another key that took the id.
    let anew = other.generate(es256("c").id(key.id())).unwrap();
    let signature_anew = one.sign(key.id(), b"message").unwrap();
    assert!(openssl_verifies(folder.path(), &anew, b"message", &signature_anew));
    assert!(!openssl_verifies(folder.path(), &renamed, b"message", &signature_anew));
    assert!(!one.verify(key.id(), b"message", signature.as_bytes()).unwrap());
}

/// The same without a glance at the store in between: the cache must find out by itself.
#[test]
fn a_key_made_anew_under_the_same_id_is_noticed_by_a_warm_cache() {
    let (folder, path) = folder();
    let one = Keystore::create(&path, &raw(), options()).unwrap();
    let first = one.generate(es256("a")).unwrap();
    one.sign(first.id(), b"message").unwrap();
    let mut other = Other::new(&path);
    assert_eq!(other.tell("delete", first.id()), "deleted");
    assert_eq!(other.tell("generate", first.id()), first.id().to_string());
    let signature = one.sign(first.id(), b"message").unwrap();
    let second = one.key(first.id()).unwrap();
    assert_ne!(second.public_key_der(), first.public_key_der());
    assert!(openssl_verifies(folder.path(), &second, b"message", &signature));
    other.dismiss();
}

#[test]
fn two_processes_see_each_other_at_once() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let mut other = Other::new(&path);
    for n in 0..10 {
        let key = store.generate(es256(format!("key {n}"))).unwrap();
        assert_eq!(other.tell("find", key.id()), format!("key {n}"));
        assert_eq!(other.tell("sign", key.id()), "signed");
        if n % 2 == 0 {
            store.delete(key.id()).unwrap();
            assert_eq!(other.tell("sign", key.id()), "NotFound");
        } else {
            store.sign(key.id(), b"message").unwrap();
            assert_eq!(other.tell("delete", key.id()), "deleted");
            assert_eq!(store.sign(key.id(), b"message").unwrap_err().kind(), ErrorKind::NotFound);
        }
        assert_eq!(other.tell("find", key.id()), "NotFound");
    }
    other.dismiss();
}

/// POSIX locks belong to the process: whoever opens and closes the file beside SQLite drops the locks of every
/// connection (sqlite.org, "How To Corrupt", 2.2). A SQLCipher that does not ask for the lock on the index too then
/// believes itself to be the last connection when it closes, and removes a log that is in use.
#[cfg(target_os = "linux")]
#[test]
fn to_open_a_store_twice_does_not_drop_its_locks() {
    use std::os::unix::fs::MetadataExt;
    let (_folder, path) = folder();
    let one = Keystore::create(&path, &raw(), options()).unwrap();
    let before = one.generate(es256("before")).unwrap();
    let file = format!(":{} ", std::fs::metadata(&path).unwrap().ino());
    // The list can lack a lock when others change theirs while it is read. A lock that was dropped stays away.
    let is_listed = || std::fs::read_to_string("/proc/locks").unwrap().lines().any(|line| line.contains(&file));
    let is_locked = || {
        (0..50).any(|_| {
            is_listed() || {
                std::thread::sleep(Duration::from_millis(10));
                false
            }
        })
    };
    assert!(is_locked());
    let two = open(&path);
    assert!(is_locked(), "opening the store again dropped the first one's lock");
    assert!(Keystore::open(&path, &keystead::Unlock::raw_key([1; 32]), options()).is_err());
    assert!(is_locked(), "trying another key dropped the lock");
    // The check empties the log. Without one, a key that does not fit is tried on single pages too.
    assert!(one.verify_integrity().unwrap().is_ok());
    assert!(Keystore::open(&path, &keystead::Unlock::raw_key([1; 32]), options()).is_err());
    assert!(is_locked(), "trying another key on single pages dropped the lock");

    finish(child_of("open and close", &path));
    assert!(beside(&path, "-wal").exists(), "another process took the log away from under an open store");
    let after = one.generate(es256("after")).unwrap();
    let by_two = two.generate(es256("by two")).unwrap();
    let seen: Vec<String> = finish(child_of("list", &path));
    assert_eq!(seen, [before.id(), after.id(), by_two.id()].map(|id| id.to_string()));
}

#[test]
fn four_processes_generate_at_once() {
    let (folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let children: Vec<Child> = (0..4).map(|_| child_of("generate 25", &path)).collect();
    let told: Vec<Vec<String>> = children.into_iter().map(finish).collect();
    let keys = contents(&store);
    assert_eq!(keys.len(), 100);
    for of_one in &told {
        assert_eq!(of_one.len(), 25);
        let ids: BTreeSet<_> = of_one.iter().collect();
        let in_store: Vec<String> = keys.iter().map(|key| key.id().to_string()).filter(|id| ids.contains(id)).collect();
        assert_eq!(in_store, *of_one, "each process's keys stand in its order");
    }
    for (n, key) in keys.iter().enumerate() {
        let signature = store.sign(key.id(), b"message").unwrap();
        assert!(good(key, b"message", &signature));
        if n % 20 == 0 {
            assert!(openssl_verifies(folder.path(), key, b"message", &signature));
        }
    }
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
}

#[test]
fn four_processes_make_one_store() {
    for _ in 0..5 {
        let (folder, path) = folder();
        let children: Vec<Child> = (0..4).map(|_| child_of("open or create", &path)).collect();
        let told: BTreeSet<String> = children.into_iter().flat_map(finish).collect();
        assert_eq!(names_in(folder.path()), ["store"]);
        let keys = contents(&open(&path));
        assert_eq!(keys.iter().map(|key| key.id().to_string()).collect::<BTreeSet<_>>(), told);
        assert_eq!(keys.len(), 4);
    }
}

#[test]
fn readers_see_whole_lists_during_a_bulk_load() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let reader = Keystore::open_read_only(&path, &raw(), options()).unwrap();
    let requests: Vec<_> = (0..3000).map(|n| request(format!("key {n}"), Algorithm::Hs256)).collect();
    let done = AtomicBool::new(false);
    let sizes = std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut sizes = BTreeSet::new();
            while !done.load(Ordering::Acquire) {
                let floor = reader.len().unwrap();
                let names: Vec<String> = contents(&reader).iter().map(|key| key.name().to_string()).collect();
                let expected: Vec<String> = (0..names.len()).map(|n| format!("key {n}")).collect();
                assert_eq!(names, expected, "a gap");
                assert!(names.len() as u64 >= floor, "a list shorter than the count before it");
                sizes.insert(names.len());
            }
            sizes
        });
        let answers = store.generate_many(&requests);
        done.store(true, Ordering::Release);
        assert!(answers.unwrap().iter().all(Result::is_ok));
        reading.join().unwrap()
    });
    // It was watched, not just looked at before and after.
    assert!(sizes.iter().any(|&size| size > 0 && size < 3000), "{sizes:?}");
    assert_eq!(reader.len().unwrap(), 3000);
}

/// The check reads the file itself too, while another connection empties the log into it.
#[test]
fn a_check_meanwhile_finds_nothing_wrong() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let requests: Vec<_> = (0..200).map(|n| request(format!("key {n}"), Algorithm::Hs256)).collect();
    store.generate_many(&requests).unwrap();
    let other = open(&path);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0.. {
                let keys = contents(&other);
                other.rename(keys[n % keys.len()].id(), KeyName::new(format!("name {n}")).unwrap()).unwrap();
                other.generate(request(format!("new {n}"), Algorithm::Hs256)).unwrap();
                other.delete(keys[keys.len() - 1].id()).unwrap();
                // A connection that closes empties the log.
                drop(open(&path));
                if done.load(Ordering::Acquire) {
                    break;
                }
            }
        });
        let found: Vec<_> =
            (0..30).flat_map(|_| store.verify_integrity().map(|found| found.problems().to_vec())).flatten().collect();
        done.store(true, Ordering::Release);
        assert_eq!(found, [""; 0]);
    });
}

#[cfg(unix)]
#[test]
fn a_killed_process_loses_nothing_that_it_acknowledged() {
    let (_folder, path) = folder();
    drop(Keystore::create(&path, &raw(), options()).unwrap());
    let mut acknowledged = Vec::new();
    for round in 0..12 {
        let mut child = child_of("generate until killed", &path);
        // Killed at another moment each time, the first two perhaps before anything is written.
        std::thread::sleep(Duration::from_millis(5 + 23 * round));
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(!output.status.success());
        acknowledged.extend(words_of(&output.stdout));

        let store = open(&path);
        let there: Vec<String> = contents(&store).iter().map(|key| key.id().to_string()).collect();
        let set: BTreeSet<_> = there.iter().collect();
        let lost: Vec<_> = acknowledged.iter().filter(|id| !set.contains(id)).collect();
        assert!(lost.is_empty(), "lost in round {round}: {lost:?}");
        assert!(there.len() <= acknowledged.len() + round as usize + 1, "at most one a round was unacknowledged");
        assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
    }
    assert!(acknowledged.len() > 20, "it was killed too early each time: {}", acknowledged.len());
}

/// SQLCipher would free its keys when the process ends, also under threads that are in the middle of a commit: every sixth
/// such process crashed, and some left pages that never opened again.
#[test]
fn a_process_may_end_while_its_threads_write() {
    let (_folder, path) = folder();
    drop(Keystore::create(&path, &raw(), options()).unwrap());
    let mut written = Vec::new();
    for _ in 0..30 {
        written.extend(finish(child_of("exit while threads write", &path)));
    }
    let store = open(&path);
    let integrity = store.verify_integrity().unwrap();
    assert!(integrity.is_ok(), "{:?}", integrity.problems());
    assert!(!written.is_empty());
    for name in written {
        assert!(store.key(KeyName::new(&*name).unwrap()).is_ok(), "{name} was acknowledged");
    }
}
