//! What an owner keeps outside tells a store from an older copy of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first failure"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use keystead::{Anchor, BackupOptions, ErrorKind, KeyName, Keystore, Options, Unlock};
use support::{RAW, attacker, beside, es256, finish, lay_out, options, raw, read_from_outside, told, told_as_child};
use tempfile::TempDir;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    (folder, path)
}

fn open(path: &Path) -> Keystore {
    Keystore::open(path, &raw(), options()).unwrap()
}

/// Opened for writing and for reading, and asked while open: all say the same.
fn judge(path: &Path, anchor: Anchor) -> Result<(), String> {
    let open = Keystore::open(path, &raw(), options().anchor(anchor));
    let read = Keystore::open_read_only(path, &raw(), options().anchor(anchor));
    let asked = self::open(path).check_anchor(&anchor);
    let words = |error: &keystead::Error| told(error, path.parent().unwrap());
    let outcomes = [open.map(drop), read.map(drop), asked].map(|outcome| outcome.map_err(|error| words(&error)));
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{outcomes:?}");
    outcomes[0].clone()
}

/// Epochs are told, ids and digests are random.
fn without_ids(error: &str) -> String {
    error.split(' ').map(|word| if word.len() >= 32 { "[id]" } else { word }).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_came_of_the_anchored_state_opens() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let mut anchors = vec![store.anchor().unwrap()];
    for n in 0..5 {
        store.generate(es256(format!("{n}"))).unwrap();
        anchors.push(store.anchor().unwrap());
    }
    let key = store.key(KeyName::new("3").unwrap()).unwrap();
    store.rename(key.id(), KeyName::new("three").unwrap()).unwrap();
    store.delete(key.id()).unwrap();
    anchors.push(store.anchor().unwrap());
    // It was given out, nothing has changed since: there is nothing to note.
    assert_eq!(store.anchor().unwrap(), anchors[6]);
    assert_eq!(Keystore::open_read_only(&path, &raw(), options()).unwrap().anchor().unwrap(), anchors[6]);
    assert!(anchors.windows(2).all(|pair| pair[0].epoch() < pair[1].epoch() && pair[0].digest() != pair[1].digest()));
    drop(store);
    for anchor in &anchors {
        judge(&path, *anchor).unwrap();
    }
    // A change of passphrase changes no row; a copy is the same store.
    let store = open(&path);
    let copy = path.with_extension("copy");
    store.backup(&copy, &BackupOptions::same_key()).unwrap();
    let other = path.with_extension("other");
    store.backup(&other, &BackupOptions::new(&Unlock::raw_key([1; 32]))).unwrap();
    store.rekey(&Unlock::raw_key([2; 32])).unwrap();
    assert_eq!(store.anchor().unwrap(), anchors[6]);
    for anchor in anchors {
        store.check_anchor(&anchor).unwrap();
        judge(&copy, anchor).unwrap();
        Keystore::open(&other, &Unlock::raw_key([1; 32]), options().anchor(anchor)).unwrap();
    }
}

#[test]
fn an_older_copy_does_not_open() {
    let (folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    store.generate(es256("first")).unwrap();
    store.verify_integrity().unwrap();
    let older = read_from_outside(&path);
    let before = store.anchor().unwrap();
    let second = store.generate(es256("second")).unwrap();
    let log = read_from_outside(&beside(&path, "-wal"));
    let anchor = store.anchor().unwrap();
    let anchored = read_from_outside(&beside(&path, "-wal"));
    store.delete(second.id()).unwrap();
    drop(store);

    // The whole file; the file without its log; the log without its end.
    lay_out(&path, &older, &[]);
    assert_snapshot!(judge(&path, anchor).unwrap_err(), @"RolledBack: the store is at epoch 1, the anchor was taken at epoch 3: an older copy is in its place");
    judge(&path, before).unwrap();
    lay_out(&path, &older, &anchored);
    judge(&path, anchor).unwrap();
    lay_out(&path, &older, &anchored[..anchored.len() - 1]);
    // Only that the anchor was given out is lost, and the state is the one it was taken of.
    judge(&path, anchor).unwrap();
    lay_out(&path, &older, &log);
    judge(&path, anchor).unwrap();
    lay_out(&path, &older, &log[..log.len() - 1]);
    assert!(judge(&path, anchor).unwrap_err().starts_with("RolledBack: the store is at epoch 2, "));

    // The older copy goes on by itself, past the epoch of the anchor.
    lay_out(&path, &older, &[]);
    let store = open(&path);
    store.generate(es256("another second")).unwrap();
    store.generate(es256("another third")).unwrap();
    let fork = store.anchor().unwrap();
    assert_eq!(fork.epoch(), 3);
    drop(store);
    assert_snapshot!(judge(&path, anchor).unwrap_err(), @"RolledBack: the store, now at epoch 4, was another at epoch 3 than the anchor says: a copy that went on by itself is in its place");
    let store = open(&path);
    store.generate(es256("and so on")).unwrap();
    store.anchor().unwrap();
    drop(store);
    assert!(judge(&path, anchor).unwrap_err().starts_with("RolledBack: the store, now at epoch 6, "));
    judge(&path, fork).unwrap();

    // No file is the oldest copy of all.
    fs::remove_file(&path).unwrap();
    let error = Keystore::open_or_create(&path, &raw(), options().anchor(anchor)).unwrap_err();
    assert_snapshot!(told(&error, folder.path()), @"NotFound: [folder]/store does not exist");
    let error = Keystore::create(&path, &raw(), options().anchor(anchor)).unwrap_err();
    assert_snapshot!(told(&error, folder.path()), @"NotPossible: an anchor was given, and a store that is made anew is none of the past");
    assert!(!path.exists());
}

#[test]
fn another_store_does_not_open() {
    let (_folder, path) = folder();
    let anchor = Keystore::create(&path, &raw(), options()).unwrap().anchor().unwrap();
    let other = path.with_extension("other");
    drop(Keystore::create(&other, &raw(), options()).unwrap());
    let error = judge(&other, anchor).unwrap_err();
    assert_snapshot!(without_ids(&error), @"RolledBack: the store is [id] the anchor was taken of [id]");
    let memory = Keystore::in_memory(Options::default()).unwrap();
    assert_eq!(memory.check_anchor(&anchor).unwrap_err().kind(), ErrorKind::RolledBack);
    memory.generate(es256("in memory")).unwrap();
    let own = memory.anchor().unwrap();
    memory.check_anchor(&own).unwrap();
    // A digest that is none of the store's.
    let text = anchor.to_string();
    let forged = format!("{}{}", &text[..text.len() - 64], "0".repeat(64));
    assert!(judge(&path, forged.parse().unwrap()).unwrap_err().starts_with("RolledBack: the store, now at epoch 1, "));
}

/// Somebody with the page key brings the row of an anchor from one past to another.
#[test]
fn an_anchor_brought_in_with_sql_is_noticed() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    store.generate(es256("first")).unwrap();
    store.verify_integrity().unwrap();
    let older = read_from_outside(&path);
    store.generate(es256("second")).unwrap();
    let anchor = store.anchor().unwrap();
    drop(store);
    let row: (i64, Vec<u8>) = attacker(&path, &RAW)
        .query_row("SELECT epoch, digest FROM anchor", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    lay_out(&path, &older, &[]);
    let store = open(&path);
    (0..5).for_each(|n| drop(store.generate(es256(format!("another {n}"))).unwrap()));
    drop(store);
    attacker(&path, &RAW).execute("INSERT INTO anchor VALUES (?1, ?2)", row).unwrap();
    let error = judge(&path, anchor).unwrap_err();
    assert_snapshot!(error, @"Damaged: the store is damaged or was tampered with: the rows of anchor were changed behind the store's back");
}

#[test]
fn the_last_anchors_are_known_and_older_ones_say_so() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let id = store.generate(es256("0")).unwrap().id();
    let mut anchors = Vec::new();
    for n in 0..1030 {
        anchors.push(store.anchor().unwrap());
        store.rename(id, KeyName::new(format!("{n}")).unwrap()).unwrap();
    }
    anchors.push(store.anchor().unwrap());
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
    drop(store);
    for anchor in [anchors[1030], anchors[1029], anchors[500], anchors[7]] {
        judge(&path, anchor).unwrap();
    }
    for anchor in [anchors[0], anchors[6]] {
        let error = judge(&path, anchor).unwrap_err();
        assert!(error.starts_with("NotPossible: the anchor was taken at epoch "), "{error}");
        assert!(error.ends_with("the oldest that is still known at epoch 15"), "{error}");
    }
}

/// What writes in two processes is one past.
#[test]
fn anchors_of_two_processes_follow_each_other() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let mut others: Vec<_> = (0..2).map(|_| support::child("anchor 30", &path).spawn().unwrap()).collect();
    let mut anchors = Vec::new();
    for n in 0..30 {
        store.generate(es256(format!("mine {n}"))).unwrap();
        anchors.push(store.anchor().unwrap());
    }
    for other in others.drain(..) {
        anchors.extend(finish(other).iter().map(|words| words.parse::<Anchor>().unwrap()));
    }
    assert_eq!(anchors.len(), 90);
    anchors.iter().for_each(|anchor| store.check_anchor(anchor).unwrap());
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
    // Each generate is a change, and each anchor at most one.
    let last = store.anchor().unwrap().epoch();
    assert!((91..=181).contains(&last), "{last}");
}

#[test]
#[ignore = "run by the other tests of this file as a child process"]
fn child() {
    let Some((_, path)) = told_as_child() else { return };
    let store = open(&path);
    for n in 0..30 {
        store.generate(es256(format!("{} {n}", std::process::id()))).unwrap();
        println!("SAYS {}", store.anchor().unwrap());
    }
}

#[test]
fn a_store_of_an_older_format_has_none_until_it_is_opened_for_writing() {
    let (_folder, path) = folder();
    fs::copy("tests/data/golden/format-5.db", &path).unwrap();
    let passphrase = Unlock::passphrase("golden");
    let store = Keystore::open_read_only(&path, &passphrase, options()).unwrap();
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
    assert_eq!(store.anchor().unwrap_err().kind(), ErrorKind::ReadOnly);
    drop(store);
    let copy = path.with_extension("copy");
    fs::copy(&path, &copy).unwrap();
    let store = Keystore::open(&path, &passphrase, options()).unwrap();
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
    let anchor = store.anchor().unwrap();
    assert_eq!(anchor.epoch(), 0);
    drop(store);
    Keystore::open(&path, &passphrase, options().anchor(anchor)).unwrap();
    let error = Keystore::open_read_only(&copy, &passphrase, options().anchor(anchor)).unwrap_err();
    assert_snapshot!(told(&error, copy.parent().unwrap()), @"NotPossible: the store's format is older than anchors, opened for writing it gets the present one");
}
