//! What several stories need: stores that are quick to make, a way in for an attacker, child processes, openssl.

// Each test file uses its own part of this.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use keystead::{
    Algorithm, Error, GenerateKey, Issuer, KdfCost, Key, KeyName, KeySpec, Keystore, Options, Signature, Unlock,
};
use rusqlite::Connection;

pub(crate) const RAW: [u8; 32] = [0x5a; 32];
pub(crate) const PAGE: usize = 4096;

pub(crate) fn raw() -> Unlock {
    Unlock::raw_key(RAW)
}

/// The cheapest cost that is allowed, and a wait long enough for a busy machine.
pub(crate) fn options() -> Options {
    Options::default().kdf_cost(KdfCost::FLOOR).busy_timeout(Duration::from_secs(60))
}

pub(crate) fn impatient() -> Options {
    options().busy_timeout(Duration::from_millis(50))
}

pub(crate) fn request(name: impl Into<String>, algorithm: Algorithm) -> GenerateKey {
    let bits = (algorithm == Algorithm::Rs256).then_some(2048);
    GenerateKey::new(KeyName::new(name).unwrap(), KeySpec::new(algorithm, bits).unwrap())
        .issuer(Issuer::new("acme.example").unwrap())
}

pub(crate) fn es256(name: impl Into<String>) -> GenerateKey {
    request(name, Algorithm::Es256)
}

pub(crate) fn contents(store: &Keystore) -> Vec<Key> {
    store.keys().collect::<Result<_, _>>().unwrap()
}

/// The store at `path` opens with `unlock`, holds exactly `keys`, and nothing is wrong with it.
pub(crate) fn assert_intact(path: &Path, unlock: &Unlock, keys: &[Key]) {
    let store = Keystore::open(path, unlock, options()).unwrap();
    assert_eq!(contents(&store), keys);
    let integrity = store.verify_integrity().unwrap();
    assert_eq!(integrity.problems(), [""; 0]);
    assert_eq!(integrity.keys(), keys.len() as u64);
}

/// A connection of somebody who holds the page key and a SQL tool, but not this library.
pub(crate) fn attacker(path: &Path, key: &[u8; 32]) -> Connection {
    let connection = Connection::open(path).unwrap();
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    connection
        .execute_batch(&format!("PRAGMA key = \"x'{hex}'\"; PRAGMA cipher_hmac_algorithm = HMAC_SHA256;"))
        .unwrap();
    connection.busy_timeout(Duration::from_secs(60)).unwrap();
    connection
}

pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Kind and wording of an error, without the name of the folder.
pub(crate) fn told(error: &Error, folder: &Path) -> String {
    format!("{:?}: {error}", error.kind()).replace(folder.to_str().unwrap(), "[folder]")
}

/// Every name in a folder, hidden ones too.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Reads a file that SQLite has open in this process. To open and close it here would drop SQLite's POSIX locks
/// (sqlite.org, "How To Corrupt", 2.2), so another process does it.
pub(crate) fn read_from_outside(path: &Path) -> Vec<u8> {
    let output = Command::new("cat").arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Lays a store out as a crash would leave it: the file, and the log unless it is empty.
pub(crate) fn lay_out(path: &Path, file: &[u8], log: &[u8]) {
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(beside(path, suffix));
    }
    std::fs::write(path, file).unwrap();
    if !log.is_empty() {
        std::fs::write(beside(path, "-wal"), log).unwrap();
    }
}

/// This test program once more, running the ignored test `child` in the given role.
pub(crate) fn child(role: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["child", "--exact", "--ignored", "--nocapture"]).env("ROLE", role).env("STORE", path);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a child is told: its role and the path of the store. None when nobody told anything.
pub(crate) fn told_as_child() -> Option<(String, PathBuf)> {
    Some((std::env::var("ROLE").ok()?, std::env::var_os("STORE")?.into()))
}

/// What a child said, with the marker that tells its words from those of the test harness.
pub(crate) fn words_of(stdout: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(stdout).into_owned();
    // A killed child may leave half a line, which acknowledges nothing.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().filter_map(|line| line.split_once("SAYS ")).map(|(_, words)| words.to_owned()).collect()
}

/// Waits for a child that must end well, and gives its words.
pub(crate) fn finish(child: std::process::Child) -> Vec<String> {
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{stderr}", String::from_utf8_lossy(&output.stdout));
    words_of(&output.stdout)
}

/// Whether openssl finds the signature good, for an ES256 or RS256 key.
pub(crate) fn openssl_verifies(folder: &Path, key: &Key, message: &[u8], signature: &Signature) -> bool {
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let output = Command::new("openssl")
        .args(["pkeyutl", "-verify", "-rawin", "-digest", "sha256", "-pubin", "-keyform", "DER", "-inkey"])
        .arg(file("openssl.public", key.public_key_der().unwrap()))
        .arg("-sigfile")
        .arg(file("openssl.signature", &signature.to_der()))
        .arg("-in")
        .arg(file("openssl.message", message))
        .output()
        .unwrap();
    output.status.success()
}
