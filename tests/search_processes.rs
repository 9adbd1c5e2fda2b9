//! Searching while other processes change the store: the very next search knows, and each search is of one moment.

// A test that cannot go on has no better way to say so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use keystead::{
    Algorithm, Batch, Cursor, ErrorKind, ImportKey, Key, KeyId, KeyName, Keystore, NamePattern, Query, SecretEncoding,
    Unlock,
};
use support::{options, raw, request, told_as_child};
use tempfile::TempDir;

/// Keys in a batch that is written as a whole.
const BATCH: usize = 100;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    (folder, path)
}

fn open(path: &Path) -> Keystore {
    Keystore::open(path, &raw(), options()).unwrap()
}

fn by_name(pattern: &str) -> Query {
    Query::new().name(NamePattern::parse(pattern).unwrap())
}

fn found(store: &Keystore, pattern: &str) -> Vec<String> {
    let page = store.search(&by_name(pattern).limit(u32::MAX)).unwrap();
    assert_eq!(page.total, page.keys.len() as u64);
    page.keys.iter().map(|key| key.name().to_string()).collect()
}

fn secrets(prefix: &str, numbers: impl Iterator<Item = usize>) -> Vec<ImportKey> {
    let request =
        |n| ImportKey::new(KeyName::new(format!("{prefix} {n:05}")).unwrap(), vec![1; 32]).secret(SecretEncoding::Raw);
    numbers.map(request).collect()
}

/// What the other processes of this file do. It only runs when another test starts it.
#[test]
#[ignore = "run by the other tests of this file as a child process"]
fn child() {
    let Some((role, path)) = told_as_child() else { return };
    let store = open(&path);
    println!("SAYS ready");
    match role.as_str() {
        // Does as it is told on standard input, a line at a time, so that what it remembers stays warm.
        "obey" => {
            for line in std::io::stdin().lock().lines() {
                let line = line.unwrap();
                let mut words = line.split('\t');
                let mut word = || words.next().unwrap();
                let answer = match word() {
                    "generate" => store.generate(request(word(), Algorithm::Hs256)).unwrap().id().to_string(),
                    "rename" => {
                        let id: KeyId = word().parse().unwrap();
                        store.rename(id, KeyName::new(word()).unwrap()).unwrap().name().to_string()
                    }
                    "delete" => {
                        store.delete(word().parse().unwrap()).unwrap();
                        "deleted".into()
                    }
                    "import" => {
                        let (prefix, count) = (word(), word().parse().unwrap());
                        let made = store.import_many(&secrets(prefix, 0..count)).unwrap();
                        made.into_iter().filter(Result::is_ok).count().to_string()
                    }
                    "rename all" => {
                        let (pattern, prefix) = (word(), word());
                        let keys = store.search(&by_name(pattern).limit(u32::MAX)).unwrap().keys;
                        for (n, key) in keys.iter().enumerate() {
                            store.rename(key.id(), KeyName::new(format!("{prefix} {n:05}")).unwrap()).unwrap();
                        }
                        keys.len().to_string()
                    }
                    "delete all" => {
                        let keys = store.search(&by_name(word()).limit(u32::MAX)).unwrap().keys;
                        keys.iter().for_each(|key| store.delete(key.id()).unwrap());
                        keys.len().to_string()
                    }
                    "after" => {
                        let cursor: Cursor = word().parse().unwrap();
                        let page = store.search(&by_name(word()).after(cursor)).unwrap();
                        let names: Vec<_> = page.keys.iter().map(|key| key.name().as_str()).collect();
                        format!("{} of {}", names.join(","), page.total)
                    }
                    "found" => found(&store, word()).join(","),
                    "rekey" => store.rekey(&Unlock::raw_key([1; 32])).map(|()| "changed".to_owned()).unwrap(),
                    other => panic!("{other}"),
                };
                println!("SAYS {answer}");
            }
        }
        // Changes the store without a pause until its standard input ends, in ways of which each leaves a rule as it was:
        // keys move among the names that begin with `moving`, batches come as a whole, what is made is deleted.
        "churn" => {
            let ended = Arc::new(AtomicBool::new(false));
            let end = ended.clone();
            std::thread::spawn(move || {
                let _ = std::io::stdin().lock().lines().count();
                end.store(true, Ordering::Release);
            });
            let keys = store.search(&by_name("moving*").limit(u32::MAX)).unwrap().keys;
            for round in 0.. {
                let key = &keys[round % keys.len()];
                let place = (round * 7919) % 100_000;
                store.rename(key.id(), KeyName::new(format!("moving {place:05} {round}")).unwrap()).unwrap();
                let made = store.generate(request(format!("passing {round}"), Algorithm::Hs256)).unwrap();
                // Not for ever, or searching takes as long as there are keys.
                if round % 20 == 0 && round < 400 {
                    let batch = secrets(&format!("batch {round}"), 0..BATCH);
                    let go_on = |_| std::ops::ControlFlow::Continue(());
                    store.import_many_with(&batch, Batch::AllOrNone, go_on).unwrap();
                }
                store.delete(made.id()).unwrap();
                if ended.load(Ordering::Acquire) {
                    break;
                }
            }
        }
        other => panic!("{other}"),
    }
}

struct Other {
    child: Child,
    answers: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Other {
    fn new(role: &str, path: &Path) -> Self {
        let mut child = support::child(role, path).spawn().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut other = Self { child, answers };
        assert_eq!(other.answer(), "ready");
        other
    }

    fn answer(&mut self) -> String {
        let mut lines = self.answers.by_ref().map(|line| line.unwrap());
        lines.find_map(|line| Some(line.split_once("SAYS ")?.1.to_owned())).expect("the child died")
    }

    fn tell(&mut self, words: &[&str]) -> String {
        writeln!(self.child.stdin.as_mut().unwrap(), "{}", words.join("\t")).unwrap();
        self.answer()
    }

    fn dismiss(mut self) {
        drop(self.child.stdin.take());
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}\n{stderr}");
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_next_search_knows_what_another_process_did() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let reader = Keystore::open_read_only(&path, &raw(), options()).unwrap();
    let mut other = Other::new("obey", &path);
    let both = |pattern: &str| {
        let here = found(&store, pattern);
        assert_eq!(found(&reader, pattern), here);
        here
    };
    assert_eq!(both(""), [""; 0]);
    for n in 0..30 {
        let (before, after) = (format!("vorher Straße {n}"), format!("nachher STRASSE {n}"));
        let id = other.tell(&["generate", &before]);
        assert_eq!(both(&format!("vorher strasse {n}")), [before.as_str()]);
        assert_eq!(other.tell(&["rename", &id, &after]), after);
        assert_eq!(both(&format!("strasse {n}")), [after.as_str()]);
        assert_eq!(both("vorher"), [""; 0]);
        assert_eq!(other.tell(&["delete", &id]), "deleted");
        assert_eq!(both("strasse"), [""; 0]);
        // And the other way round.
        let key = store.generate(request(format!("hier {n}"), Algorithm::Hs256)).unwrap();
        assert_eq!(other.tell(&["found", &format!("HIER {n}")]), format!("hier {n}"));
        store.rename(key.id(), KeyName::new(format!("dort {n}")).unwrap()).unwrap();
        assert_eq!(other.tell(&["found", "hier"]), "");
        assert_eq!(other.tell(&["found", "dort"]), format!("dort {n}"));
        store.delete(key.id()).unwrap();
        assert_eq!(other.tell(&["found", "dort"]), "");
    }
    // A read-only handle that has never searched before.
    other.tell(&["generate", "late"]);
    let late = Keystore::open_read_only(&path, &raw(), options()).unwrap();
    other.tell(&["generate", "later"]);
    assert_eq!(found(&late, "late"), ["late", "later"]);
    other.dismiss();
}

#[test]
fn the_next_search_knows_thousands_of_changes() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let mut other = Other::new("obey", &path);
    let total = |pattern: &str| store.search(&by_name(pattern)).unwrap().total;
    assert_eq!(total(""), 0);
    assert_eq!(other.tell(&["import", "first", "3000"]), "3000");
    assert_eq!([total(""), total("first*"), total("first 00*"), total("*00")], [3000, 3000, 1000, 30]);
    assert_eq!(other.tell(&["rename all", "first 000*", "second"]), "100");
    assert_eq!([total(""), total("first"), total("second*")], [3000, 2900, 100]);
    assert_eq!(other.tell(&["rename all", "first 02*", "third"]), "1000");
    assert_eq!([total(""), total("first"), total("third*")], [3000, 1900, 1000]);
    assert_eq!(other.tell(&["delete all", "first*"]), "1900");
    assert_eq!([total(""), total("first"), total("*")], [1100, 0, 1100]);
    assert_eq!(other.tell(&["import", "fourth", "2000"]), "2000");
    assert_eq!(other.tell(&["delete all", "third*"]), "1000");
    assert_eq!([total(""), total("third"), total("fourth 0199*")], [2100, 0, 10]);
    let page = store.search(&by_name("fourth").start(1990)).unwrap();
    let expected: Vec<String> = (1990..2000).map(|n| format!("fourth {n:05}")).collect();
    assert!(page.keys.iter().map(|key| key.name().as_str()).eq(expected.iter().map(String::as_str)));
    // Nobody writes: pages are as many as the total says.
    let mut page = store.search(&Query::new().limit(99)).unwrap();
    let mut walked = page.keys.len();
    while let Some(next) = page.next {
        page = store.search(&Query::new().limit(99).after(next)).unwrap();
        walked += page.keys.len();
    }
    assert_eq!((walked as u64, store.len().unwrap()), (page.total, page.total));
    other.dismiss();
}

#[test]
fn a_cursor_goes_on_in_another_process() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    for name in ["ä 1", "Ä 2", "a\u{308} 3", "ä 4", "€ 5"] {
        store.generate(request(name, Algorithm::Hs256)).unwrap();
    }
    let mut other = Other::new("obey", &path);
    let page = store.search(&by_name("").limit(2)).unwrap();
    let cursor = page.next.unwrap().to_string();
    assert_eq!(other.tell(&["after", &cursor, ""]), "a\u{308} 3,ä 4,€ 5 of 5");
    assert_eq!(other.tell(&["delete", &page.keys[1].id().to_string()]), "deleted");
    assert_eq!(other.tell(&["after", &cursor, "*4"]), "ä 4 of 1");
    let behind = |store: &Keystore| store.search(&Query::new().after(cursor.parse().unwrap())).unwrap().keys.len();
    assert_eq!(behind(&store), 3);
    drop(store);
    other.dismiss();
    assert_eq!(behind(&open(&path)), 3);
}

/// Every key fits the query by what it says of itself, stands in the order, and comes once.
fn assert_sound(keys: &[Key], prefix: &str) {
    for key in keys {
        assert!(key.name().as_str().starts_with(prefix), "{:?} is no {prefix}", key.name());
        assert_eq!(key.algorithm(), Some(Algorithm::Hs256));
    }
    // Names of ASCII in lower case fold to themselves.
    assert!(keys.is_sorted_by(|a, b| a.name().as_str() < b.name().as_str()), "not in order");
    assert_eq!(keys.iter().map(Key::id).collect::<BTreeSet<_>>().len(), keys.len(), "a key twice");
}

#[test]
fn each_search_is_of_one_moment() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let moving = 40;
    for prefix in ["moving", "still"] {
        store.import_many(&secrets(prefix, 0..moving)).unwrap();
    }
    let still = found(&store, "still*");
    let other = Other::new("churn", &path);
    let reader = Keystore::open_read_only(&path, &raw(), options()).unwrap();
    let begun = std::time::Instant::now();
    let (mut batches, mut moments) = (BTreeSet::new(), BTreeSet::new());
    for round in 0.. {
        let store = [&store, &reader][round % 2];
        let algorithm = Algorithm::Hs256;
        // Renamed all the time, and never fewer or more.
        let page = store.search(&by_name("moving*").algorithm(algorithm).limit(u32::MAX)).unwrap();
        assert_eq!((page.total, page.keys.len()), (moving as u64, moving));
        assert_sound(&page.keys, "moving");
        moments.insert(page.keys.iter().map(|key| key.name().to_string()).collect::<Vec<_>>());
        let page = store.search(&by_name("moving").algorithm(algorithm).start(5).limit(7)).unwrap();
        assert_eq!((page.total, page.keys.len(), page.next.is_some()), (moving as u64, 7, true));
        assert_sound(&page.keys, "moving");
        assert_eq!(found(store, "still*"), still);
        // Batches are there as a whole or not at all.
        let page = store.search(&by_name("batch").limit(25)).unwrap();
        assert_eq!(page.total % BATCH as u64, 0);
        assert_sound(&page.keys, "batch");
        batches.insert(page.total);
        // One at most is passing; when it is found it was there.
        let page = store.search(&by_name("*passing*")).unwrap();
        assert!(page.total <= 1 && page.keys.len() as u64 == page.total);
        assert_sound(&page.keys, "passing");
        // No key is on two pages, and one that does not move is on one.
        if round % 10 == 0 {
            let (mut seen, mut query) = (Vec::new(), Query::new().limit(33));
            loop {
                let page = store.search(&query).unwrap();
                seen.extend(page.keys.into_iter().filter(|key| key.name().as_str().starts_with("still")));
                let Some(next) = page.next else { break };
                query = query.after(next);
            }
            assert_sound(&seen, "still");
            assert_eq!(seen.len(), still.len());
        }
        let enough = batches.len() > 3 && moments.len() > 20;
        if begun.elapsed() > std::time::Duration::from_secs(if enough { 2 } else { 60 }) {
            break;
        }
    }
    // It was watched while it changed, not just before and after.
    assert!(batches.len() > 3 && moments.len() > 20, "{} batches, {} moments", batches.len(), moments.len());
    other.dismiss();
    let total = store.search(&Query::new()).unwrap().total;
    assert_eq!(total, store.len().unwrap());
}

#[test]
fn a_key_changed_by_another_process_is_told() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    store.import_many(&secrets("key", 0..50)).unwrap();
    assert_eq!(found(&store, "key 0004*").len(), 10);
    let mut other = Other::new("obey", &path);
    assert_eq!(other.tell(&["found", "key 00007"]), "key 00007");
    assert_eq!(other.tell(&["rekey"]), "changed");
    assert_eq!(other.tell(&["generate", "key after"]).len(), 36);
    assert_eq!(other.tell(&["found", "*after"]), "key after");
    assert_eq!(store.search(&by_name("key")).unwrap_err().kind(), ErrorKind::Rekeyed);
    assert_eq!(store.search(&by_name("nothing")).unwrap_err().kind(), ErrorKind::Rekeyed);
    let anew = Keystore::open(&path, &Unlock::raw_key([1; 32]), options()).unwrap();
    assert_eq!(found(&anew, "key").len(), 51);
    other.dismiss();
}
