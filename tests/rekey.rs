//! Changing what opens a store, and copying it: at every moment there is exactly one key that opens the whole of it.

// A test that cannot go on has no better way to say so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use insta::assert_snapshot;
use keystead::{BackupOptions, ErrorKind, KdfCost, Key, Keystore, Unlock};
use support::*;
use tempfile::TempDir;

const NEW: [u8; 32] = [0xc3; 32];
const LOG_HEAD: usize = 32;
const FRAME_HEAD: usize = 24;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    (folder, path)
}

fn filled(path: &Path, unlock: &Unlock) -> (Keystore, Vec<Key>) {
    let store = Keystore::create(path, unlock, options()).unwrap();
    let keys = (0..12).map(|n| store.generate(es256(format!("key {n}"))).unwrap()).collect();
    (store, keys)
}

fn open_kind(path: &Path, unlock: &Unlock) -> Option<ErrorKind> {
    Keystore::open(path, unlock, options()).err().map(|error| error.kind())
}

/// Which of two raw keys opens the file, when exactly one does and all is well under it.
fn the_one_key(path: &Path, keys: [[u8; 32]; 2], expected: &[Key]) -> [u8; 32] {
    let opens = keys.map(|key| open_kind(path, &Unlock::raw_key(key)));
    let (right, refusal) = match opens {
        [None, Some(refusal)] => (keys[0], refusal),
        [Some(refusal), None] => (keys[1], refusal),
        other => panic!("exactly one of two keys must open it: {other:?}"),
    };
    assert_eq!(refusal, ErrorKind::WrongKey);
    assert_intact(path, &Unlock::raw_key(right), expected);
    right
}

#[test]
#[ignore = "run by the other tests of this file as a child process"]
fn child() {
    let Some((role, path)) = told_as_child() else { return };
    let two = [RAW, NEW];
    match role.as_str() {
        "rekey in turns until killed" => {
            let start = usize::from(open_kind(&path, &raw()).is_some());
            let store = Keystore::open(&path, &Unlock::raw_key(two[start]), options()).unwrap();
            println!("SAYS ready");
            for n in start + 1.. {
                store.rekey(&Unlock::raw_key(two[n % 2])).unwrap();
                println!("SAYS {}", n % 2);
            }
        }
        "stay open across a change" => {
            let store = Keystore::open(&path, &raw(), options()).unwrap();
            let id = store.keys().next().unwrap().unwrap().id();
            store.sign(id, b"m").unwrap();
            println!("SAYS ready");
            std::io::stdin().read_line(&mut String::new()).unwrap();
            println!("SAYS {:?}", store.key(id).map(drop).unwrap_err().kind());
            println!("SAYS {:?}", store.sign(id, b"m").map(drop).unwrap_err().kind());
            println!("SAYS {:?}", store.generate(es256("late")).map(drop).unwrap_err().kind());
        }
        racer => {
            let byte: u8 = racer.strip_prefix("change to ").unwrap().parse().unwrap();
            let store = Keystore::open(&path, &raw(), options()).unwrap();
            println!("SAYS ready");
            std::io::stdin().read_line(&mut String::new()).unwrap();
            match store.rekey(&Unlock::raw_key([byte; 32])) {
                Ok(()) => println!("SAYS changed"),
                Err(error) => println!("SAYS {:?}", error.kind()),
            }
        }
    }
}

/// Starts a child and waits until it says that it is ready.
fn ready(role: &str, path: &Path) -> (Child, std::io::BufReader<std::process::ChildStdout>) {
    use std::io::BufRead;
    let mut child = support::child(role, path).spawn().unwrap();
    let mut answers = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("SAYS ready") {
        line.clear();
        assert!(answers.read_line(&mut line).unwrap() > 0, "the child died");
    }
    (child, answers)
}

fn rest_of(mut child: Child, mut answers: std::io::BufReader<std::process::ChildStdout>) -> Vec<String> {
    use std::io::{Read, Write};
    child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let mut text = Vec::new();
    answers.read_to_end(&mut text).unwrap();
    assert!(child.wait().unwrap().success(), "{}", String::from_utf8_lossy(&text));
    words_of(&text)
}

#[test]
fn from_one_passphrase_or_key_to_the_next() {
    let (folder, path) = folder();
    let unlocks =
        [Unlock::passphrase("first"), Unlock::passphrase("second"), Unlock::raw_key(NEW), Unlock::passphrase("third")];
    let (store, mut keys) = filled(&path, &unlocks[0]);
    for (n, unlock) in unlocks.iter().enumerate().skip(1) {
        let head = read_from_outside(&path)[..16].to_vec();
        store.rekey(unlock).unwrap();
        assert_eq!(read_from_outside(&path)[..16], head, "the head never changes");
        // The store that changed it goes on.
        assert_eq!(contents(&store), keys);
        keys.push(store.generate(es256(format!("after change {n}"))).unwrap());
        let signature = store.sign(keys[0].id(), b"message").unwrap();
        assert!(openssl_verifies(folder.path(), &keys[0], b"message", &signature));

        for (other, wrong) in unlocks.iter().enumerate() {
            let expected = (other != n).then_some(ErrorKind::WrongKey);
            assert_eq!(open_kind(&path, wrong), expected, "after change {n}, unlock {other}");
        }
    }
    drop(store);
    assert_intact(&path, &unlocks[3], &keys);
    let reopened = Keystore::open(&path, &unlocks[3], options()).unwrap();
    for key in &keys {
        let signature = reopened.sign(key.id(), b"message").unwrap();
        assert!(reopened.verify(key.id(), b"message", signature.as_bytes()).unwrap());
    }
    drop(reopened);
    assert_eq!(names_in(folder.path()).iter().filter(|name| name.starts_with("store")).count(), 1);
}

/// The old page key must open no page any more, not even for somebody without this library.
#[test]
fn raw_sqlcipher_opens_it_with_the_new_key_only() {
    let (_folder, path) = folder();
    let (store, keys) = filled(&path, &raw());
    let count = |key| attacker(&path, key).query_row("SELECT count(*) FROM key", [], |row| row.get::<_, i64>(0));
    assert_eq!(count(&RAW).unwrap(), keys.len() as i64);
    store.rekey(&Unlock::raw_key(NEW)).unwrap();
    assert_eq!(count(&NEW).unwrap(), keys.len() as i64);
    assert!(count(&RAW).is_err());
    let wraps = attacker(&path, &NEW).query_row("SELECT count(*) FROM root_wrap", [], |row| row.get::<_, i64>(0));
    assert_eq!(wraps.unwrap(), 1, "the wrap of the old key is gone");
}

#[test]
fn what_cannot_be_changed() {
    let (folder, path) = folder();
    let memory = Keystore::in_memory(options()).unwrap();
    let error = memory.rekey(&raw()).unwrap_err();
    assert_snapshot!(told(&error, folder.path()), @"NotPossible: a store in memory has no passphrase or raw key to change");
    let error = memory.backup(folder.path().join("copy"), &BackupOptions::new(&raw())).unwrap_err();
    assert_snapshot!(told(&error, folder.path()), @"NotPossible: a store in memory cannot be copied to a file");
    let error = memory.backup(folder.path().join("copy"), &BackupOptions::same_key()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotPossible);

    let (store, keys) = filled(&path, &raw());
    let error = store.rekey(&Unlock::passphrase("")).unwrap_err();
    assert_snapshot!(told(&error, folder.path()), @"InvalidInput: passphrase is empty, allowed is any of at least one byte");
    drop(store);
    assert_eq!(names_in(folder.path()), ["store"]);
    assert_intact(&path, &raw(), &keys);
}

#[test]
fn other_connections_are_told() {
    let (folder, path) = folder();
    let (store, keys) = filled(&path, &raw());
    let id = keys[0].id();
    let warm = Keystore::open(&path, &raw(), options()).unwrap();
    warm.sign(id, b"m").unwrap();
    let read_only = Keystore::open_read_only(&path, &raw(), options()).unwrap();
    read_only.key(id).unwrap();
    let cold = Keystore::open(&path, &raw(), options()).unwrap();
    let (child, answers) = ready("stay open across a change", &path);

    store.rekey(&Unlock::raw_key(NEW)).unwrap();
    let error = warm.key(id).unwrap_err();
    assert_snapshot!(told(&error, folder.path()), @"Rekeyed: the store was given another passphrase or raw key by another connection since it was opened here");
    for (what, outcome) in [
        ("sign, warm", warm.sign(id, b"m").map(drop)),
        ("generate, warm", warm.generate(es256("late")).map(drop)),
        ("rename, warm", warm.rename(id, keystead::KeyName::new("late").unwrap()).map(drop)),
        ("list, warm", warm.keys().next().unwrap().map(drop)),
        ("count, warm", warm.len().map(drop)),
        ("check, warm", warm.verify_integrity().map(drop)),
        ("rekey, warm", warm.rekey(&Unlock::raw_key([1; 32]))),
        ("read, read-only", read_only.key(id).map(drop)),
        ("write, cold", cold.generate(es256("late")).map(drop)),
        ("read, cold", cold.key(id).map(drop)),
        ("backup, cold", cold.backup(folder.path().join("copy"), &BackupOptions::same_key())),
    ] {
        assert_eq!(outcome.expect_err(what).kind(), ErrorKind::Rekeyed, "{what}");
    }
    assert_eq!(rest_of(child, answers), ["Rekeyed", "Rekeyed", "Rekeyed"]);
    assert!(!folder.path().join("copy").exists());
    assert_eq!(contents(&store), keys);
    drop((store, warm, read_only, cold));
    assert_intact(&path, &Unlock::raw_key(NEW), &keys);
}

/// Two threads of one store: each change starts from the key that the other left.
#[test]
fn threads_of_the_same_store_change_the_key_in_turn() {
    let (_folder, path) = folder();
    let (store, keys) = filled(&path, &raw());
    std::thread::scope(|scope| {
        for thread in 1..=2_u8 {
            let store = &store;
            scope.spawn(move || {
                for n in 0..10 {
                    store.rekey(&Unlock::raw_key([thread * 16 + n; 32])).unwrap();
                }
            });
        }
    });
    drop(store);
    let opens = |key: &u8| Keystore::open(&path, &Unlock::raw_key([*key; 32]), options()).is_ok();
    let found: Vec<u8> = (16..26).chain(32..42).filter(opens).collect();
    assert!(found == [25] || found == [41], "{found:?}");
    assert_intact(&path, &Unlock::raw_key([found[0]; 32]), &keys);
}

/// Threads of the store that changes its own key are no other connection: they must not notice.
#[test]
fn readers_of_the_same_store_go_on() {
    let (_folder, path) = folder();
    let (store, keys) = filled(&path, &raw());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Acquire) {
                    assert_eq!(store.key(keys[3].id()).unwrap(), keys[3]);
                }
            });
        }
        let outcome = (0..40).try_for_each(|n| store.rekey(&Unlock::raw_key([n; 32])));
        done.store(true, Ordering::Release);
        outcome.unwrap();
    });
    drop(store);
    assert_intact(&path, &Unlock::raw_key([39; 32]), &keys);
}

/// A change takes the lock twice: to add the wrap, then to rewrite the pages. When another connection comes in between
/// and stays, SQLCipher has the new key set for writing already. What is written afterwards must still be readable.
#[test]
fn a_change_that_lost_the_lock_half_way_leaves_the_writer_sound() {
    let came_between = (0..200).any(|_| {
        let (_folder, path) = folder();
        let (store, mut keys) = filled(&path, &raw());
        drop(store);
        let store = Keystore::open(&path, &raw(), options().busy_timeout(Duration::ZERO)).unwrap();
        let (stop, between) = (AtomicBool::new(false), AtomicBool::new(false));
        let outcome = std::thread::scope(|scope| {
            let locker = attacker(&path, &RAW);
            locker.busy_timeout(Duration::ZERO).unwrap();
            let (stop, between) = (&stop, &between);
            scope.spawn(move || {
                let wraps = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
                while !stop.load(Ordering::Acquire) {
                    if locker.execute_batch("BEGIN IMMEDIATE").is_err() {
                        continue;
                    }
                    if locker.query_row("SELECT count(*) FROM root_wrap", [], wraps).is_ok_and(|wraps| wraps > 1) {
                        between.store(true, Ordering::Release);
                        while !stop.load(Ordering::Acquire) {
                            std::thread::yield_now();
                        }
                    }
                    let _ = locker.execute_batch("ROLLBACK");
                }
            });
            // Until the wrap is in and the lock is lost, or the change got through.
            let outcome = loop {
                match store.rekey(&Unlock::raw_key(NEW)) {
                    Err(error) if error.kind() == ErrorKind::Busy && !between.load(Ordering::Acquire) => {}
                    outcome => break outcome,
                }
            };
            stop.store(true, Ordering::Release);
            outcome
        });
        if outcome.is_ok() {
            return false;
        }
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Busy);
        keys.push(store.generate(es256("after the failure")).unwrap());
        assert_eq!(contents(&store), keys);
        drop(store);
        assert_eq!(the_one_key(&path, [RAW, NEW], &keys), RAW);
        true
    });
    assert!(came_between, "the lock was never lost between the steps");
}

/// The frames of a log: page number and content, and whether the frame commits.
fn frames(log: &[u8]) -> Vec<(usize, &[u8], bool)> {
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap()) as usize;
    log[LOG_HEAD..]
        .chunks_exact(FRAME_HEAD + PAGE)
        .map(|frame| (number(&frame[..4]), &frame[FRAME_HEAD..], number(&frame[4..8]) > 0))
        .collect()
}

/// The file and its whole log after a change of key. A reader that looks at the old pages keeps SQLite from emptying
/// the log, as any slow reader may: so the file is still as it was before, and the log holds all three steps. A crash
/// leaves a prefix of that log, since it is appended to and synced at each commit.
fn images() -> (Vec<u8>, Vec<u8>, Vec<Key>) {
    let (_folder, path) = folder();
    let (store, keys) = filled(&path, &raw());
    drop(store);
    let store = Keystore::open(&path, &raw(), impatient()).unwrap();
    let reader = attacker(&path, &RAW);
    reader.execute_batch("BEGIN").unwrap();
    reader.query_row("SELECT count(*) FROM key", [], |row| row.get::<_, i64>(0)).unwrap();
    let before = read_from_outside(&path);
    store.rekey(&Unlock::raw_key(NEW)).unwrap();
    let (file, log) = (read_from_outside(&path), read_from_outside(&beside(&path, "-wal")));
    assert_eq!(file, before, "the log was emptied into the file: this shows nothing");
    assert_eq!((log.len() - LOG_HEAD) % (FRAME_HEAD + PAGE), 0);
    (file, log, keys)
}

#[test]
fn a_crash_at_any_point_of_the_log_leaves_one_key() {
    let (file, log, keys) = images();
    let (_folder, path) = folder();
    let mut seen = Vec::new();
    for frame in 0..=frames(&log).len() {
        let start = LOG_HEAD + frame * (FRAME_HEAD + PAGE);
        let within = [0, 1, FRAME_HEAD - 1, FRAME_HEAD, FRAME_HEAD + PAGE / 2, FRAME_HEAD + PAGE - 1];
        // Every boundary, and some frames torn.
        for cut in within.iter().take(if frame % 5 == 0 { 6 } else { 1 }).map(|&more| start + more) {
            if cut > log.len() {
                continue;
            }
            lay_out(&path, &file, &log[..cut]);
            seen.push(the_one_key(&path, [RAW, NEW], &keys) == NEW);
        }
    }
    for cut in [0, 1, LOG_HEAD - 1] {
        lay_out(&path, &file, &log[..cut]);
        assert_eq!(the_one_key(&path, [RAW, NEW], &keys), RAW);
    }
    let turn = seen.iter().position(|&new| new).unwrap();
    assert!(turn > 0 && seen[turn..].iter().all(|&new| new), "once the new key opens it, it goes on doing so");
}

/// A crash while the log is emptied into the file: the log is whole, and any of its pages may have been copied, or half of one.
#[test]
fn a_crash_while_the_log_is_emptied_leaves_the_new_key() {
    let (file, log, keys) = images();
    let (_folder, path) = folder();
    // SQLite copies the newest version of each page, in the order of page numbers.
    let newest: BTreeMap<usize, &[u8]> = frames(&log).into_iter().map(|(page, bytes, _)| (page, bytes)).collect();
    for copied in 0..=newest.len() {
        let mut partly = file.clone();
        for (n, (page, bytes)) in newest.iter().take(copied + 1).enumerate() {
            // The page at which it crashed is torn.
            let len = if n == copied { PAGE / 2 } else { PAGE };
            let at = (page - 1) * PAGE;
            if partly.len() < at + PAGE {
                partly.resize(at + PAGE, 0);
            }
            partly[at..at + len].copy_from_slice(&bytes[..len]);
        }
        lay_out(&path, &partly, &log);
        assert_eq!(the_one_key(&path, [RAW, NEW], &keys), NEW, "{copied} pages copied");
    }
}

/// A check must not take pages that wait in the log for damage.
#[test]
fn integrity_is_judged_with_the_log() {
    let (file, log, keys) = images();
    let (_folder, path) = folder();
    lay_out(&path, &file, &log);
    let reader = Keystore::open_read_only(&path, &Unlock::raw_key(NEW), options()).unwrap();
    assert_eq!(contents(&reader), keys);
    assert_eq!(reader.verify_integrity().unwrap().problems(), [""; 0]);
}

#[cfg(unix)]
#[test]
fn a_killed_change_leaves_one_key() {
    let (_folder, path) = folder();
    let (store, keys) = filled(&path, &raw());
    drop(store);
    let mut changes = 0;
    for round in 0..10 {
        let (mut child, answers) = ready("rekey in turns until killed", &path);
        std::thread::sleep(Duration::from_millis(3 + 17 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut { answers }, &mut text).unwrap();
        changes += words_of(&text).len();
        the_one_key(&path, [RAW, NEW], &keys);
    }
    assert!(changes > 10, "it was killed too early each time: {changes}");
}

#[test]
fn of_two_changes_at_once_one_stays() {
    for _ in 0..6 {
        let (_folder, path) = folder();
        let (store, keys) = filled(&path, &raw());
        drop(store);
        let racers = [1u8, 2].map(|byte| ready(&format!("change to {byte}"), &path));
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let threads = racers.map(|(child, answers)| scope.spawn(|| rest_of(child, answers).remove(0)));
            threads.map(|thread| thread.join().unwrap()).into()
        });
        let winner = the_one_key(&path, [[1; 32], [2; 32]], &keys);
        let won = usize::from(winner[0] - 1);
        assert_eq!(outcomes[won], "changed");
        assert_eq!(outcomes[1 - won], "Rekeyed");
        assert_eq!(open_kind(&path, &raw()), Some(ErrorKind::WrongKey));
    }
}

#[test]
fn a_copy_is_the_store_of_one_moment() {
    let (folder, path) = folder();
    let own = Unlock::passphrase("own");
    let (store, mut keys) = filled(&path, &own);
    let (passphrase, raw_key) = (Unlock::passphrase("for the copy"), Unlock::raw_key(NEW));
    let cost = KdfCost::new(32, 2).unwrap();
    let copies = [
        ("same", BackupOptions::same_key(), &own),
        ("passphrase", BackupOptions::new(&passphrase), &passphrase),
        ("raw", BackupOptions::new(&raw_key), &raw_key),
        ("cost", BackupOptions::new(&passphrase).kdf_cost(cost), &passphrase),
    ];
    let at_least = keys.len();
    let done = AtomicBool::new(false);
    let later = std::thread::scope(|scope| {
        let generating = scope.spawn(|| {
            let mut made = Vec::new();
            while !done.load(Ordering::Acquire) {
                made.push(store.generate(es256(format!("meanwhile {}", made.len()))).unwrap());
            }
            made
        });
        let outcome = copies.iter().try_for_each(|(name, options, _)| {
            let mut last = (0, 0);
            store.backup_with_progress(folder.path().join(name), options, |done, all| last = (done, all))?;
            assert!(last.0 == last.1 && last.1 > 0, "{last:?}");
            Ok::<_, keystead::Error>(())
        });
        done.store(true, Ordering::Release);
        outcome.unwrap();
        generating.join().unwrap()
    });
    assert!(!later.is_empty());
    keys.extend(later);
    assert_eq!(contents(&store), keys);
    drop(store);

    let head = |name: &str| fs::read(folder.path().join(name)).unwrap()[..16].to_vec();
    assert_eq!(head("same"), head("store"));
    assert_eq!(head("cost")[3], 0x52, "32 MiB and 2 passes");
    assert_ne!(head("passphrase")[4..], head("store")[4..], "a fresh salt");
    for (name, _, unlock) in &copies {
        let copy = folder.path().join(name);
        let opened = Keystore::open(&copy, unlock, options()).unwrap();
        let held = contents(&opened);
        assert!(held.len() >= at_least && keys.starts_with(&held), "{name} holds no prefix");
        let signature = opened.sign(held[0].id(), b"message").unwrap();
        assert!(openssl_verifies(folder.path(), &held[0], b"message", &signature));
        // A copy is a store like any other.
        opened.generate(es256("in the copy")).unwrap();
        opened.delete(held[0].id()).unwrap();
        drop(opened);
        assert_intact(&copy, unlock, &{
            let opened = Keystore::open(&copy, unlock, options()).unwrap();
            let all = contents(&opened);
            assert_eq!(all.len(), held.len());
            all
        });
        if *name != "same" {
            assert_eq!(open_kind(&copy, &own), Some(ErrorKind::WrongKey), "{name}");
        }
    }
    assert_intact(&path, &own, &keys);
    assert_eq!(names_in(folder.path()).iter().filter(|name| name.starts_with('.')).count(), 0);
}

#[test]
fn a_copy_that_cannot_be_made_leaves_nothing() {
    let (folder, path) = folder();
    let (store, keys) = filled(&path, &raw());
    fs::write(folder.path().join("taken"), b"not yours").unwrap();
    let copy = |name: &str, options: &BackupOptions<'_>| {
        told(&store.backup(folder.path().join(name), options).unwrap_err(), folder.path())
    };
    let same = BackupOptions::same_key();
    assert_snapshot!(copy("taken", &same), @"AlreadyExists: [folder]/taken exists already");
    assert_snapshot!(copy("store", &same), @"AlreadyExists: [folder]/store exists already");
    assert_snapshot!(copy("missing/copy", &same), @"Io: cannot make a file in [folder]/missing: No such file or directory (os error 2)");
    assert_snapshot!(copy("copy", &BackupOptions::same_key().kdf_cost(KdfCost::FLOOR)), @"InvalidInput: cost is given, it needs the passphrase or raw key too");
    assert_snapshot!(copy("copy", &BackupOptions::new(&Unlock::passphrase(""))), @"InvalidInput: passphrase is empty, allowed is any of at least one byte");
    assert_eq!(fs::read(folder.path().join("taken")).unwrap(), b"not yours");
    drop(store);
    assert_eq!(names_in(folder.path()), ["store", "taken"]);
    assert_intact(&path, &raw(), &keys);
}

/// A copy made while another connection has changed the key would be of pages that this store cannot read.
#[test]
fn a_copy_after_a_change_opens_with_the_new_key() {
    let (folder, path) = folder();
    let (store, keys) = filled(&path, &raw());
    store.rekey(&Unlock::raw_key(NEW)).unwrap();
    let copy = folder.path().join("copy");
    store.backup(&copy, &BackupOptions::same_key()).unwrap();
    assert_eq!(the_one_key(&copy, [RAW, NEW], &keys), NEW);
}
