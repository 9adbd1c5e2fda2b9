//! A stock SQLCipher, with OpenSSL under it, opens what we wrote: the package `sqlcipher3-wheels` for Python. Skipped,
//! and said so, where that is not installed.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first failure"
)]

use std::path::Path;
use std::process::Command;

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

/// What Python says, or nothing when the package is not there.
fn stock(path: &Path, key: &str) -> Option<(bool, String)> {
    let found = Command::new("python3").args(["-c", "import sqlcipher3"]).output();
    if !found.is_ok_and(|found| found.status.success()) {
        println!("skipped: python3 has no package sqlcipher3 (pip install sqlcipher3-wheels)");
        return None;
    }
    let run = Command::new("python3").args(["-c", SCRIPT]).arg(path).arg(key).output().unwrap();
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
