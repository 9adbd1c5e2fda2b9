//! Large work that tells how far it is, copies that others make of the file, and processes that may open few files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::fs::File;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use keystead::{Algorithm, ErrorKind, Keystore, Unlock};
use support::{
    PAGE, assert_intact, beside, contents, es256, finish, lay_out, options, raw, read_from_outside, request,
    told_as_child,
};
use tempfile::TempDir;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    (folder, path)
}

#[test]
fn a_check_tells_how_far_it_is_and_stops_when_told() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let requests: Vec<_> = (0..600).map(|n| request(format!("{n}"), Algorithm::Hs256)).collect();
    store.generate_many(&requests).unwrap().into_iter().for_each(|made| drop(made.unwrap()));

    let mut told = Vec::new();
    let integrity = store.verify_integrity_with_progress(|done, all| {
        told.push((done, all));
        ControlFlow::Continue(())
    });
    assert_eq!(integrity.unwrap(), store.verify_integrity().unwrap());
    assert_eq!(told, [(0, 600), (0, 600), (256, 600), (512, 600), (600, 600)]);

    for stop_at in 0..told.len() {
        let mut calls = 0;
        let stopped = store.verify_integrity_with_progress(|_, _| {
            calls += 1;
            if calls > stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Cancelled, "at call {stop_at}");
        assert_eq!(calls, stop_at + 1);
    }
    store.generate(es256("after")).unwrap();
}

#[test]
fn a_change_of_key_tells_how_far_it_is() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let requests: Vec<_> = (0..200).map(|n| es256(format!("{n}"))).collect();
    let keys: Vec<_> = store.generate_many(&requests).unwrap().into_iter().map(Result::unwrap).collect();
    let other = Unlock::raw_key([9; 32]);
    let mut told = Vec::new();
    store.rekey_with_progress(&other, |done, all| told.push((done, all))).unwrap();
    let pages = read_from_outside(&path).len() / PAGE;
    let &(done, all) = told.last().unwrap();
    assert_eq!((done, all), (pages as u64, pages as u64));
    assert!(told.iter().all(|(done, of)| done <= of && *of == all), "{told:?}");
    assert!(told.is_sorted());
    store.generate(es256("after")).unwrap();
    store.delete(store.key(keystead::KeyName::new("after").unwrap()).unwrap().id()).unwrap();
    drop(store);
    assert_intact(&path, &other, &keys);

    let memory = Keystore::in_memory(options()).unwrap();
    let refused = memory.rekey_with_progress(&other, |_, _| panic!("nothing was begun")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotPossible);
}

/// What the manual's page on scale says of copies made by others.
#[test]
fn a_copy_is_whole_with_its_log_and_older_without() {
    let (folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let first = store.generate(es256("emptied into the file")).unwrap();
    drop(store);
    let store = Keystore::open(&path, &raw(), options()).unwrap();
    let second = store.generate(es256("in the log")).unwrap();
    let (file, log) = (read_from_outside(&path), read_from_outside(&beside(&path, "-wal")));
    assert!(!log.is_empty());
    drop(store);

    let copy = folder.path().join("copy");
    lay_out(&copy, &file, &log);
    assert_intact(&copy, &raw(), &[first.clone(), second]);
    lay_out(&copy, &file, &[]);
    assert_intact(&copy, &raw(), &[first]);
}

/// Opens a store with ever more files left to open. It only runs when the test below starts it.
#[test]
#[ignore = "run by another test of this file as a child process"]
fn child() {
    let Some((_, path)) = told_as_child() else { return };
    let mut hoard: Vec<File> = Vec::new();
    for left in 0..10 {
        while let Ok(file) = File::open("/dev/null") {
            hoard.push(file);
        }
        hoard.truncate(hoard.len() - left);
        let outcome = Keystore::open(&path, &raw(), options()).and_then(|store| {
            let keys = store.keys().collect::<Result<Vec<_>, _>>()?;
            store.sign(keys[0].id(), b"message")?;
            store.generate(es256(format!("with {left} left")))?;
            Ok(())
        });
        println!("SAYS {left} {:?}", outcome.map_err(|error| error.kind()));
    }
}

#[test]
fn a_process_that_may_open_few_files_is_told_so() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    store.generate(es256("first")).unwrap();
    drop(store);
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -n 48 && exec \"$0\" child --exact --ignored --nocapture"]);
    shell.arg(std::env::current_exe().unwrap()).env("ROLE", "few files").env("STORE", &path);
    let words = finish(shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    assert_eq!(words.len(), 10);
    let made = words.iter().filter(|word| word.ends_with("Ok(())")).count();
    assert_eq!(words[0], "0 Err(Io)");
    assert_eq!(words[9], "9 Ok(())", "{words:?}");
    assert!(words.iter().all(|word| word.ends_with("Ok(())") || word.ends_with("Err(Io)")), "{words:?}");
    let store = Keystore::open(&path, &raw(), options()).unwrap();
    let keys = contents(&store);
    drop(store);
    assert_eq!(keys.len(), 1 + made);
    assert_intact(&path, &raw(), &keys);
}
