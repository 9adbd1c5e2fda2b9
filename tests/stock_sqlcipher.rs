//! A stock SQLCipher, with OpenSSL under it, opens what we wrote: the package `sqlcipher3-wheels` for Python. Skipped,
//! and said so, where that is not installed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first failure"
)]

#[path = "support/full_store.rs"]
mod full_store;
mod support;

use std::path::Path;
use std::process::Command;

use full_store::{Full, TABLES};
use keystead::{Algorithm, BackupOptions, GenerateKey, KeyName, KeySpec, Keystore, Options, Unlock};

const RAW_KEY: [u8; 32] = [0xA7; 32];

const SCRIPT: &str = r#"
import sys
from sqlcipher3 import dbapi2 as sqlcipher

path, key = sys.argv[1], sys.argv[2]
connection = sqlcipher.connect(path)
connection.execute("PRAGMA key = \"x'%s'\"" % key)
connection.execute("PRAGMA cipher_hmac_algorithm = HMAC_SHA256")
print("provider", connection.execute("PRAGMA cipher_provider").fetchone()[0])
print("damaged pages", len(connection.execute("PRAGMA cipher_integrity_check").fetchall()))
print("integrity", connection.execute("PRAGMA integrity_check").fetchone()[0])
print("application", "%08x" % connection.execute("PRAGMA application_id").fetchone()[0])
for row in connection.execute("SELECT name, kid FROM key ORDER BY seq"):
    print("key", *row)
"#;

/// Edits a store by hand, with an older state of it at hand as `older`.
const EDIT: &str = r#"
import sys
from sqlcipher3 import dbapi2 as sqlcipher

path, key, older, edit = sys.argv[1:]
connection = sqlcipher.connect(path)
connection.execute("PRAGMA key = \"x'%s'\"" % key)
connection.execute("PRAGMA cipher_hmac_algorithm = HMAC_SHA256")
connection.execute("SELECT count(*) FROM key").fetchall()
connection.execute("PRAGMA cipher_default_hmac_algorithm = HMAC_SHA256")
connection.execute("ATTACH ? AS older KEY \"x'%s'\"" % key, (older,))
connection.execute("SELECT count(*) FROM older.key").fetchall()
connection.execute("PRAGMA foreign_keys = OFF")
connection.executescript(edit)
"#;

/// What Python says, or nothing when the package is not there.
fn stock(path: &Path, key: &str) -> Option<(bool, String)> {
    python(SCRIPT, &[path.to_str().unwrap(), key])
}

fn python(script: &str, arguments: &[&str]) -> Option<(bool, String)> {
    let found = Command::new("python3").args(["-c", "import sqlcipher3"]).output();
    if !found.is_ok_and(|found| found.status.success()) {
        println!("skipped: python3 has no package sqlcipher3 (pip install sqlcipher3-wheels)");
        return None;
    }
    let run = Command::new("python3").args(["-c", script]).args(arguments).output().unwrap();
    let text = if run.status.success() { run.stdout } else { run.stderr };
    Some((run.status.success(), String::from_utf8(text).unwrap()))
}

fn hex(key: &[u8]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn filled(path: &Path, unlock: &Unlock) -> Keystore {
    let store = Keystore::create(path, unlock, Options::default()).unwrap();
    let algorithms = [Algorithm::Es256, Algorithm::Es512, Algorithm::Hs384];
    let requests: Vec<_> = (0..300)
        .map(|n| {
            let algorithm = algorithms[n % 3];
            GenerateKey::new(KeyName::new(format!("key {n}")).unwrap(), KeySpec::new(algorithm, None).unwrap())
        })
        .collect();
    assert!(store.generate_many(&requests).unwrap().iter().all(Result::is_ok));
    store
}

#[track_caller]
fn assert_reads(path: &Path, key: &[u8], store: &Keystore) {
    let Some((ok, text)) = stock(path, &hex(key)) else { return };
    assert!(ok, "{text}");
    assert!(text.starts_with("provider openssl\ndamaged pages 0\nintegrity ok\napplication 4b535444\n"), "{text}");
    let theirs: Vec<_> = text.lines().filter(|line| line.starts_with("key ")).collect();
    let ours: Vec<_> = store
        .keys()
        .map(|key| {
            let key = key.unwrap();
            format!("key {} {}", key.name(), key.kid())
        })
        .collect();
    assert_eq!(theirs, ours);
}

#[test]
fn opens_with_the_raw_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let store = filled(&path, &Unlock::raw_key(RAW_KEY));
    // With the log still beside it, and without.
    assert_reads(&path, &RAW_KEY, &store);
    drop(store);
    let store = Keystore::open(&path, &Unlock::raw_key(RAW_KEY), Options::default()).unwrap();
    assert_reads(&path, &RAW_KEY, &store);
}

#[test]
fn opens_after_a_change_of_key_and_opens_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let store = filled(&path, &Unlock::passphrase("before"));
    store.rekey(&Unlock::raw_key(RAW_KEY)).unwrap();
    assert_reads(&path, &RAW_KEY, &store);

    let copy = folder.path().join("copy.db");
    store.backup(&copy, &BackupOptions::new(&Unlock::raw_key([3; 32]))).unwrap();
    assert_reads(&copy, &[3; 32], &store);
}

#[test]
fn does_not_open_with_another_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    drop(filled(&path, &Unlock::raw_key(RAW_KEY)));
    let Some((ok, text)) = stock(&path, &hex(&[0xA8; 32])) else { return };
    assert!(!ok && text.contains("file is not a database"), "{text}");
}

/// Somebody with the page key and a stock SQLCipher swaps rows, or puts older ones back. The check names the key or the table.
#[test]
fn the_rows_that_it_swaps_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let [path, older, newer] = ["keys.db", "older.db", "newer.db"].map(|name| folder.path().join(name));
    let full = Full::create(&path);
    let same_key = BackupOptions::same_key();
    full.store.backup(&older, &same_key).unwrap();
    full.change();
    full.store.backup(&newer, &same_key).unwrap();
    let (first, third) = (full.keys[0].to_string(), full.keys[2].to_string());
    drop(full);

    let swap = |columns: &str| {
        format!(
            "CREATE TEMP TABLE before AS SELECT * FROM main.key; UPDATE main.key SET ({columns}) = \
             (SELECT {columns} FROM before WHERE before.seq = 4 - key.seq) WHERE seq IN (1, 3);"
        )
    };
    let every = "type, algorithm, bits, kid, issuer, origin, exportable, has_private, inserted_at, updated_at, expires_at, exported_at, \
                 revision, nonce, tag, public_key, certificate, sealed";
    let mut edits = vec![
        ("two seals".to_owned(), swap("sealed"), vec![first.clone(), third.clone()]),
        ("two rows but for id and name".to_owned(), swap(every), vec![first, third]),
        (
            "a guess uncounted".to_owned(),
            "DELETE FROM main.app_failure;".to_owned(),
            vec!["rows of app_failure are not".to_owned()],
        ),
    ];
    for table in TABLES {
        let put_back = format!("DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM older.{table};");
        edits.push((format!("older rows of {table}"), put_back, vec![format!(" rows of {table} are not the ")]));
    }
    for (what, edit, named) in edits {
        std::fs::copy(&newer, &path).unwrap();
        let key = hex(&support::RAW);
        let arguments = [path.to_str().unwrap(), &key, older.to_str().unwrap(), &edit];
        let Some((ok, text)) = python(EDIT, &arguments) else { return };
        assert!(ok, "{what}: {text}");
        let store = Keystore::open(&path, &support::raw(), Options::default()).unwrap();
        let problems = store.verify_integrity().unwrap().problems().join("; ");
        assert!(named.iter().all(|name| problems.contains(name)), "{what}: {named:?} in {problems}");
    }
}
