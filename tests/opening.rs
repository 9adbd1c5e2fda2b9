//! Making and opening stores: everything that can lie at a path, and what is said about it. Each failure has its own
//! kind and its own words, and none leaves a trace behind.

// A test that cannot go on has no better way to say so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use insta::assert_snapshot;
use keystead::{Algorithm, ErrorKind, Key, KeySpec, Keystore, Options, Result, RingName, RingPlan, Unlock};
use support::*;
use tempfile::TempDir;

const WRONG_KEY: &str = "WrongKey: wrong passphrase or raw key";

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    (folder, path)
}

/// A closed store with some keys in it, locked with the raw key.
fn filled(path: &Path, keys: usize) -> Vec<Key> {
    let store = Keystore::create(path, &raw(), options()).unwrap();
    (0..keys).map(|n| store.generate(es256(format!("key {n}"))).unwrap()).collect()
}

fn refusal(outcome: Result<Keystore>, folder: &TempDir) -> String {
    told(&outcome.expect_err("it opened"), folder.path())
}

/// How each way of opening refuses what lies at `path`. They must agree.
fn refused_by_all(path: &Path, unlock: &Unlock, folder: &TempDir) -> String {
    let to_write = refusal(Keystore::open(path, unlock, impatient()), folder);
    assert_eq!(refusal(Keystore::open_read_only(path, unlock, impatient()), folder), to_write);
    assert_eq!(refusal(Keystore::open_or_create(path, unlock, impatient()), folder), to_write);
    to_write
}

#[test]
fn what_was_made_is_there_again() {
    let (folder, path) = folder();
    let unlock = Unlock::passphrase("correct horse battery staple");
    let store = Keystore::create(&path, &unlock, options()).unwrap();
    assert!(store.is_empty().unwrap());
    let algorithms = [Algorithm::Es256, Algorithm::Hs256, Algorithm::Es512, Algorithm::Hs512, Algorithm::Es384];
    let made: Vec<Key> = algorithms
        .into_iter()
        .enumerate()
        .map(|(n, algorithm)| store.generate(request(format!("{} {algorithm}", 9 - n), algorithm)).unwrap())
        .collect();
    assert_eq!(contents(&store), made, "in the order of insertion");
    drop(store);
    assert_eq!(names_in(folder.path()), ["store"], "the log went with the last handle");

    for reopened in [
        Keystore::open(&path, &unlock, options()).unwrap(),
        Keystore::open_read_only(&path, &unlock, options()).unwrap(),
        Keystore::open_or_create(&path, &unlock, options()).unwrap(),
    ] {
        assert_eq!(contents(&reopened), made);
        assert_eq!(reopened.len().unwrap(), 5);
        for key in &made {
            assert_eq!(reopened.key(key.id()).unwrap(), *key);
        }
        let signature = reopened.sign(made[0].id(), b"message").unwrap();
        assert!(openssl_verifies(folder.path(), &made[0], b"message", &signature));
        assert!(!openssl_verifies(folder.path(), &made[0], b"massage", &signature));
    }
}

#[test]
fn open_or_create_makes_what_is_missing_once() {
    let (folder, path) = folder();
    let store = Keystore::open_or_create(&path, &raw(), options()).unwrap();
    let key = store.generate(es256("a")).unwrap();
    drop(store);
    let store = Keystore::open_or_create(&path, &raw(), options()).unwrap();
    assert_eq!(contents(&store), [key]);
    drop(store);
    assert_eq!(names_in(folder.path()), ["store"]);
}

#[test]
fn a_store_in_memory_does_everything_but_last() {
    let store = Keystore::in_memory(Options::default()).unwrap();
    let key = store.generate(es256("a")).unwrap();
    let other = Keystore::in_memory(Options::default()).unwrap();
    assert!(other.is_empty().unwrap(), "two stores in memory are two stores");
    assert_eq!(contents(&store.clone()), std::slice::from_ref(&key));
    let signature = store.sign(key.id(), b"message").unwrap();
    let folder = tempfile::tempdir().unwrap();
    assert!(openssl_verifies(folder.path(), &key, b"message", &signature));
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
    store.delete(key.id()).unwrap();
    assert!(store.is_empty().unwrap());
}

#[test]
fn wrong_keys() {
    let (folder, path) = folder();
    drop(Keystore::create(&path, &Unlock::passphrase("right"), options()).unwrap());
    let before = fs::read(&path).unwrap();
    for wrong in [Unlock::passphrase("Right"), Unlock::passphrase("right "), Unlock::raw_key([7; 32])] {
        assert_eq!(refused_by_all(&path, &wrong, &folder), WRONG_KEY);
    }
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(names_in(folder.path()), ["store"]);

    fs::remove_file(&path).unwrap();
    filled(&path, 1);
    for wrong in [Unlock::raw_key([0x5b; 32]), Unlock::passphrase(vec![0x5a; 32])] {
        assert_eq!(refused_by_all(&path, &wrong, &folder), WRONG_KEY);
    }
}

#[test]
fn an_empty_passphrase_opens_and_makes_nothing() {
    let (folder, path) = folder();
    let empty = Unlock::passphrase("");
    let error = Keystore::create(&path, &empty, options()).unwrap_err();
    assert_snapshot!(told(&error, folder.path()), @"InvalidInput: passphrase is empty, allowed is any of at least one byte");
    assert_eq!(error.field(), Some("passphrase"));
    assert_eq!(names_in(folder.path()), [""; 0]);
    filled(&path, 0);
    assert_snapshot!(refused_by_all(&path, &empty, &folder), @"InvalidInput: passphrase is empty, allowed is any of at least one byte");
}

#[test]
fn paths_without_a_store() {
    let (folder, path) = folder();
    let by = |path: &Path| refusal(Keystore::open(path, &raw(), options()), &folder);
    assert_snapshot!(by(&path), @"NotFound: [folder]/store does not exist");
    assert_snapshot!(refusal(Keystore::open_read_only(&path, &raw(), options()), &folder), @"NotFound: [folder]/store does not exist");
    assert_snapshot!(by(&folder.path().join("no/store")), @"NotFound: [folder]/no/store does not exist");
    assert_snapshot!(by(Path::new("")), @"NotFound:  does not exist");
    assert_snapshot!(refused_by_all(folder.path(), &raw(), &folder), @"NotAKeystore: [folder] is a directory or another thing that is no file");
    assert_eq!(names_in(folder.path()), [""; 0]);
}

#[test]
fn files_that_are_no_store() {
    let (folder, path) = folder();
    let as_file = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let refusal = refused_by_all(&path, &raw(), &folder);
        assert_eq!(fs::read(&path).unwrap(), bytes, "it was touched");
        refusal
    };
    assert_snapshot!(as_file(b""), @"NotAKeystore: [folder]/store is not a keystore: the file is empty");
    assert_snapshot!(as_file(b"To whom it may concern\n"), @"NotAKeystore: [folder]/store is not a keystore: it does not begin with the magic bytes KS");
    let noise: Vec<u8> = (0..3 * PAGE as u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect();
    assert_snapshot!(as_file(&noise), @"NotAKeystore: [folder]/store is not a keystore: it does not begin with the magic bytes KS");
    // Noise behind a head that could be ours cannot be told from a store with another key.
    let with_head = [b"KS\x01\x42", &noise[4..]].concat();
    assert_snapshot!(as_file(&with_head), @"WrongKey: wrong passphrase or raw key");

    fs::remove_file(&path).unwrap();
    let plain = rusqlite::Connection::open(&path).unwrap();
    plain
        .execute_batch("CREATE TABLE key (id BLOB); PRAGMA application_id = 0x4B535444; PRAGMA user_version = 1")
        .unwrap();
    drop(plain);
    assert_snapshot!(as_file(&fs::read(&path).unwrap()), @"NotAKeystore: [folder]/store is not a keystore: it is a plain SQLite database");
    assert_eq!(names_in(folder.path()), ["store"]);
}

#[test]
fn a_store_that_was_cut_short() {
    let (folder, path) = folder();
    filled(&path, 20);
    let whole = fs::read(&path).unwrap();
    assert_eq!(whole.len() % PAGE, 0);
    let pages = whole.len() / PAGE;
    assert!(pages > 10, "{pages} pages");
    let cut_to = |len: usize| {
        fs::write(&path, &whole[..len]).unwrap();
        refused_by_all(&path, &raw(), &folder).replace(&format!("{pages} pages"), "[all] pages")
    };
    assert_snapshot!(cut_to(1), @"NotAKeystore: [folder]/store is not a keystore: it does not begin with the magic bytes KS");
    assert_snapshot!(cut_to(2), @"Damaged: the store is damaged or was tampered with: the file is cut short at 2 bytes");
    assert_snapshot!(cut_to(15), @"Damaged: the store is damaged or was tampered with: the file is cut short at 15 bytes");
    assert_snapshot!(cut_to(16), @"Damaged: the store is damaged or was tampered with: the file is cut short at 16 bytes");
    assert_snapshot!(cut_to(100), @"Damaged: the store is damaged or was tampered with: the file is cut short at 100 bytes");
    assert_snapshot!(cut_to(4095), @"Damaged: the store is damaged or was tampered with: the file is cut short at 4095 bytes");
    // SQLite misses whole pages itself, and is content with a part of the last one.
    assert_snapshot!(cut_to(4096), @"Damaged: the store is damaged or was tampered with: database disk image is malformed");
    assert_snapshot!(cut_to(whole.len() - PAGE), @"Damaged: the store is damaged or was tampered with: database disk image is malformed");
    for len in [whole.len() - PAGE / 2, whole.len() - 1] {
        assert_eq!(
            cut_to(len),
            format!(
                "Damaged: the store is damaged or was tampered with: the file is cut short at {len} bytes of [all] pages"
            )
        );
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(Keystore::open(&path, &raw(), options()).unwrap().len().unwrap(), 20);
}

#[test]
fn stores_of_other_versions() {
    let (folder, path) = folder();
    filled(&path, 1);
    let whole = fs::read(&path).unwrap();
    let with = |at: usize, value: u8| {
        let mut changed = whole.clone();
        changed[at] = value;
        fs::write(&path, changed).unwrap();
        refused_by_all(&path, &raw(), &folder)
    };
    assert_snapshot!(with(2, 2), @"TooNew: [folder]/store has format version 2, this library reads up to 1");
    assert_snapshot!(with(2, 0), @"Damaged: the store is damaged or was tampered with: the head has format version 0");
    // A gibibyte and more: 32 GiB and 15 passes would be minutes of work, if anything were worked before the refusal.
    assert_snapshot!(with(3, 0xff), @"Damaged: the store is damaged or was tampered with: the head has the cost profile 0xff, out of bounds");
    assert_snapshot!(with(3, 0x00), @"Damaged: the store is damaged or was tampered with: the head has the cost profile 0x00, out of bounds");
    let mut doctored = whole.clone();
    doctored[3] = 0xff;
    fs::write(&path, doctored).unwrap();
    // By passphrase too: that is the way that would cost.
    assert_snapshot!(refused_by_all(&path, &Unlock::passphrase("a"), &folder), @"Damaged: the store is damaged or was tampered with: the head has the cost profile 0xff, out of bounds");

    let with_pragma = |pragma: &str| {
        fs::write(&path, &whole).unwrap();
        attacker(&path, &RAW).execute_batch(pragma).unwrap();
        refused_by_all(&path, &raw(), &folder)
    };
    assert_snapshot!(with_pragma("PRAGMA user_version = 7"), @"TooNew: [folder]/store has format version 7, this library reads up to 6");
    assert_snapshot!(with_pragma("PRAGMA user_version = 0"), @"Damaged: the store is damaged or was tampered with: its user version is 0, the first is 1");
    assert_snapshot!(with_pragma("PRAGMA application_id = 1"), @"NotAKeystore: [folder]/store is not a keystore: its application id is 0x00000001, a keystore's is 0x4b535444");
}

#[test]
fn a_store_that_another_connection_holds() {
    let (folder, path) = folder();
    let made = filled(&path, 2);
    let other = attacker(&path, &RAW);
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; SELECT count(*) FROM key;").unwrap();
    assert_snapshot!(refused_by_all(&path, &raw(), &folder), @"Busy: the store is locked by another connection, waited 50 ms");
    drop(other);

    let store = Keystore::open(&path, &raw(), impatient()).unwrap();
    let other = attacker(&path, &RAW);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.generate(es256("a")).unwrap_err();
    assert_snapshot!(told(&error, folder.path()), @"Busy: the store is locked by another connection, waited 50 ms");
    for refused in [
        store.delete(made[0].id()).unwrap_err(),
        store.rename(made[0].id(), keystead::KeyName::new("b").unwrap()).unwrap_err(),
        store.rekey(&Unlock::raw_key([1; 32])).unwrap_err(),
    ] {
        assert_eq!(refused.kind(), ErrorKind::Busy);
    }
    // Reading goes on meanwhile, and so does opening.
    assert_eq!(contents(&store), made);
    assert_eq!(contents(&Keystore::open(&path, &raw(), impatient()).unwrap()), made);
    other.execute_batch("ROLLBACK").unwrap();
    store.generate(es256("a")).unwrap();
}

#[test]
fn what_is_there_is_never_made_over() {
    let (folder, path) = folder();
    let text = b"not yours";
    fs::write(&path, text).unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", folder.path().join("link")).unwrap();
    let create = |name: &str| refusal(Keystore::create(folder.path().join(name), &raw(), options()), &folder);
    assert_snapshot!(create("store"), @"AlreadyExists: [folder]/store exists already");
    assert_snapshot!(create("folder"), @"AlreadyExists: [folder]/folder exists already");
    #[cfg(unix)]
    assert_snapshot!(create("link"), @"AlreadyExists: [folder]/link exists already");
    assert_snapshot!(create("missing/store"), @"Io: cannot make a file in [folder]/missing: No such file or directory (os error 2)");
    assert_snapshot!(create("store/store"), @"Io: cannot make a file in [folder]/store: Not a directory (os error 20)");
    assert_snapshot!(refusal(Keystore::create("", &raw(), options()), &folder), @"NotAKeystore:  is a directory or another thing that is no file");
    assert_eq!(fs::read(&path).unwrap(), text);
    let all: &[&str] = if cfg!(unix) { &["folder", "link", "store"] } else { &["folder", "store"] };
    assert_eq!(names_in(folder.path()), all, "a draft was left behind");
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_a_new_store() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    store.generate(es256("a")).unwrap();
    for name in names_in(folder.path()) {
        let mode = fs::metadata(folder.path().join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert!(names_in(folder.path()).contains(&"store-wal".to_owned()));
}

#[test]
fn what_is_open_for_reading_is_not_written() {
    let (folder, path) = folder();
    let made = filled(&path, 2);
    let store = Keystore::open_read_only(&path, &raw(), impatient()).unwrap();
    let new_name = keystead::KeyName::new("b").unwrap();
    for refused in [
        store.generate(es256("a")).unwrap_err(),
        store.generate_many(&[es256("a")]).unwrap_err(),
        store.rename(made[0].id(), new_name).unwrap_err(),
        store.delete(made[0].id()).unwrap_err(),
        store.rekey(&Unlock::raw_key([1; 32])).unwrap_err(),
    ] {
        assert_eq!(told(&refused, folder.path()), "ReadOnly: the store cannot be written: it was opened read-only");
    }
    assert_eq!(contents(&store), made);
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
    // A reader sees what a writer does meanwhile.
    let writer = Keystore::open(&path, &raw(), options()).unwrap();
    let key = writer.generate(es256("a")).unwrap();
    assert_eq!(store.key(key.id()).unwrap(), key);
}

/// Permission bits do not bind root, so as root this runs the test below once more as nobody.
#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let path = folder.path().join("store");
    filled(&path, 3);
    let acme = RingPlan::new(RingName::new("acme").unwrap(), KeySpec::new(Algorithm::Es256, None).unwrap());
    Keystore::open(&path, &raw(), options()).unwrap().create_ring(&acme).unwrap();
    let shut = |mode: u32| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();

    let id = Command::new("id").arg("-u").output().unwrap();
    let mut again = if String::from_utf8_lossy(&id.stdout).trim() == "0" {
        let drop_root = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
        if !Command::new("setpriv").args(drop_root).arg("true").status().is_ok_and(|status| status.success()) {
            println!("skipped: this is root, and setpriv is not there");
            return;
        }
        // Nobody may not look into the folder where the test program was built.
        let program = tempfile::tempdir_in("/tmp").unwrap();
        fs::set_permissions(program.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let copy = program.path().join("opening");
        fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
        let mut command = Command::new("setpriv");
        command.args(drop_root).arg(&copy);
        (command, Some(program))
    } else {
        (Command::new(std::env::current_exe().unwrap()), None)
    };
    again.0.args(["--exact", "in_a_folder_that_cannot_be_written", "--ignored", "--nocapture"]);
    shut(0o555);
    let output = again.0.env("FOLDER", folder.path()).current_dir("/").output().unwrap();
    shut(0o755);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(names_in(folder.path()), ["store"]);
}

#[test]
#[ignore = "run by a_folder_that_cannot_be_written"]
fn in_a_folder_that_cannot_be_written() {
    let Some(folder) = std::env::var_os("FOLDER").map(PathBuf::from) else { return };
    // No snapshots here: nobody may not look into the sources, which insta does.
    let refusal = |outcome: Result<Keystore>| told(&outcome.expect_err("it opened"), &folder);
    let path = folder.join("store");
    let no_file =
        "ReadOnly: the store cannot be written: no file can be made in [folder]: Permission denied (os error 13)";
    assert_eq!(refusal(Keystore::create(folder.join("new"), &raw(), options())), no_file);
    assert_eq!(refusal(Keystore::open_or_create(folder.join("new"), &raw(), options())), no_file);
    assert_eq!(
        refusal(Keystore::open(&path, &raw(), options())),
        "ReadOnly: the store cannot be written: its log cannot be made or opened beside [folder]/store, \
         the folder or the log may be read-only"
    );

    let store = Keystore::open_read_only(&path, &raw(), options()).unwrap();
    let keys = contents(&store);
    assert_eq!(keys[..3].iter().map(|key| key.name().as_str()).collect::<Vec<_>>(), ["key 0", "key 1", "key 2"]);
    // There is no log to look at for changes, and none is made.
    let ring = store.ring(&RingName::new("acme").unwrap()).unwrap();
    let signer = ring.signer().unwrap();
    for _ in 0..2 {
        let signed = signer.sign(b"m").unwrap();
        assert_eq!(signed.kid, *keys[3].kid());
        assert!(ring.verify(&signed.kid, b"m", signed.signature.as_bytes()).unwrap());
    }
    assert!(store.verify(keys[0].id(), b"m", store.sign(keys[0].id(), b"m").unwrap().as_bytes()).unwrap());
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
    assert_eq!(
        told(&store.generate(es256("a")).unwrap_err(), &folder),
        "ReadOnly: the store cannot be written: it was opened read-only"
    );
    // Another key is wrong here too.
    assert_eq!(refusal(Keystore::open_read_only(&path, &Unlock::raw_key([1; 32]), options())), WRONG_KEY);
}

#[test]
fn a_wait_ends_when_the_lock_does() {
    let (_folder, path) = folder();
    filled(&path, 0);
    let store = Keystore::open(&path, &raw(), options()).unwrap();
    let other = attacker(&path, &RAW);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| store.generate(es256("a")));
        std::thread::sleep(Duration::from_millis(100));
        assert!(!waiting.is_finished(), "it did not wait for the lock");
        other.execute_batch("ROLLBACK").unwrap();
        waiting.join().unwrap().unwrap();
    });
}
