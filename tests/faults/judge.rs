//! What a folder holds, told by opening every store in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use keystead::{ErrorKind, Keystore, Unlock};
use rusqlite::types::Value;
use sha2::{Digest, Sha256};

use super::Files;
use super::scripts::RAW_KEYS;
use crate::support::{attacker, options};

/// Each store: the key that opens it, then its rows, each as a table's name and a digest.
pub(crate) type State = BTreeMap<String, Vec<String>>;

/// Opens and checks every store among these files. An error when one does not open, or when anything is wrong with it.
pub(crate) fn state_of(files: &Files) -> Result<State, String> {
    let folder = super::folder();
    super::lay_out(folder.path(), files);
    let mut state = state_in(folder.path(), files.keys().map(String::as_str))?;
    for (name, rows) in &mut state {
        // A store of an older version was brought up to date by being opened: what it was is told by another copy.
        if let Some(key) = RAW_KEYS[2..].iter().find(|key| rows[0] == opened_by(key)) {
            let copy = super::folder();
            super::lay_out(copy.path(), files);
            let version = version_of(&attacker(&copy.path().join(name), key)).map_err(|error| error.to_string())?;
            rows.push(format!("was of version {version}"));
        }
    }
    // What is left behind is what a killed process may leave: the stores, and drafts of stores.
    for left in super::read(folder.path()).into_keys() {
        if !state.contains_key(&left) && !is_draft(&left) {
            return Err(format!("{left} was left behind"));
        }
    }
    Ok(state)
}

/// The same of a folder in which stores may be open; its logs are not emptied then.
pub(crate) fn state_in<'a>(folder: &Path, names: impl Iterator<Item = &'a str>) -> Result<State, String> {
    let mut state = State::new();
    for name in names.filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm") && !is_draft(name)) {
        let rows = store_at(&folder.join(name)).map_err(|problem| format!("{name}: {problem}"))?;
        state.insert(name.to_owned(), rows);
    }
    Ok(state)
}

pub(crate) fn is_draft(name: &str) -> bool {
    name.starts_with('.') && name.contains(".draft")
}

fn store_at(path: &Path) -> Result<Vec<String>, String> {
    for key in RAW_KEYS {
        match Keystore::open(path, &Unlock::raw_key(key), options()) {
            Ok(store) => {
                let integrity = store.verify_integrity().map_err(|error| error.to_string())?;
                if !integrity.is_ok() {
                    return Err(format!("{:?}", integrity.problems()));
                }
                let mut rows = vec![opened_by(&key)];
                rows.extend(rows_of(path, &key).map_err(|error| error.to_string())?);
                drop(store);
                return Ok(rows);
            }
            Err(error) if error.kind() == ErrorKind::WrongKey => {}
            Err(error) => return Err(format!("{:?}: {error}", error.kind())),
        }
    }
    Err("none of the keys opens it".into())
}

fn opened_by(key: &[u8; 32]) -> String {
    format!("opened by {:02x}{:02x}", key[0], key[1])
}

fn version_of(connection: &rusqlite::Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Every row of every table. Which wraps of the root key there are is left to the store: a change of key that was cut off
/// leaves two.
fn rows_of(path: &Path, key: &[u8; 32]) -> rusqlite::Result<Vec<String>> {
    let connection = attacker(path, key);
    let mut tables = connection.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@' ORDER BY name",
    )?;
    let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut rows = Vec::new();
    for table in tables.into_iter().filter(|table| table != "root_wrap") {
        // The keys of an authority are made by several threads at once, which share the random bytes as it comes.
        let columns = match table.as_str() {
            "authority" => "n, role, state, algorithm, origin, made_at, length(sealed)",
            // What the rows add up to has these keys in it.
            "state" => "one, epoch",
            _ => "*",
        };
        let mut statement = connection.prepare(&format!("SELECT {columns} FROM {table}"))?;
        let columns = statement.column_count();
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            let values: Vec<Value> = (0..columns).map(|column| row.get(column)).collect::<rusqlite::Result<_>>()?;
            let digest = Sha256::digest(format!("{values:?}"));
            let digest: String = digest[..6].iter().map(|byte| format!("{byte:02x}")).collect();
            let texts = values.iter().filter_map(|value| match value {
                Value::Text(text) => Some(text.as_str()),
                _ => None,
            });
            rows.push(format!("{table} {digest} {}", texts.take(1).collect::<String>()));
        }
    }
    rows.sort();
    rows.push(format!("version {}", version_of(&connection)?));
    Ok(rows)
}

/// What one has and the other has not, a line each.
pub(crate) fn difference(expected: &State, found: &State) -> String {
    let lines = |state: &State| -> Vec<String> {
        state.iter().flat_map(|(name, rows)| rows.iter().map(move |row| format!("{name}: {row}"))).collect()
    };
    let (expected, found) = (lines(expected), lines(found));
    let missing = expected.iter().filter(|line| !found.contains(line)).map(|line| format!("  - {line}"));
    let more = found.iter().filter(|line| !expected.contains(line)).map(|line| format!("  + {line}"));
    missing.chain(more).collect::<Vec<_>>().join("\n")
}

/// After a crash the next try works: what was not made is made, what is there is changed.
pub(crate) fn goes_on(files: &Files) -> Result<(), String> {
    let folder = super::folder();
    super::lay_out(folder.path(), files);
    let path = folder.path().join("store");
    let open = |key: [u8; 32]| Keystore::open_or_create(&path, &Unlock::raw_key(key), options());
    let mut keys = RAW_KEYS.into_iter();
    let store = loop {
        match open(keys.next().ok_or("none of the keys opens it")?) {
            Err(error) if error.kind() == ErrorKind::WrongKey => {}
            opened => break opened.map_err(|error| error.to_string())?,
        }
    };
    let afterwards = || -> keystead::Result<()> {
        let before = store.len()?;
        store.generate(crate::support::request("afterwards", keystead::Algorithm::Hs256))?;
        assert_eq!(store.len()?, before + 1);
        store.backup(folder.path().join("afterwards"), &keystead::BackupOptions::same_key())
    };
    afterwards().map_err(|error| error.to_string())?;
    drop(store);
    assert!(fs::metadata(folder.path().join("afterwards")).is_ok());
    state_in(folder.path(), ["store", "afterwards"].into_iter()).map(drop)
}
