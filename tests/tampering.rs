//! Somebody changes the file: at random, page by page, or with the page key and a SQL tool in hand. Whatever is
//! returned is what was put in; everything else is an error or a problem that the check names.

// A test that cannot go on has no better way to say so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use keystead::{Algorithm, ErrorKind, Fingerprint, GenerateKey, Issuer, Key, KeyName, Keystore, KidScheme, Verifier};
use rusqlite::types::Value;
use support::{PAGE, RAW, attacker, beside, contents, es256, lay_out, options, raw, read_from_outside, request};
use tempfile::TempDir;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    (folder, path)
}

/// A small store with keys of several types, closed: its file and its keys.
fn small(path: &Path) -> (Vec<u8>, Vec<Key>) {
    let algorithms = [Algorithm::Es256, Algorithm::Rs256, Algorithm::Hs512, Algorithm::Es384, Algorithm::Es256];
    let store = Keystore::create(path, &raw(), options()).unwrap();
    let keys = algorithms.into_iter().enumerate();
    let keys = keys.map(|(n, algorithm)| store.generate(request(format!("key {n}"), algorithm)).unwrap()).collect();
    drop(store);
    (fs::read(path).unwrap(), keys)
}

/// What came of opening, reading, signing and checking.
#[derive(Debug, Default)]
struct Seen {
    errors: Vec<ErrorKind>,
    problems: Vec<String>,
}

impl Seen {
    fn anything(&self) -> bool {
        !self.errors.is_empty() || !self.problems.is_empty()
    }

    fn note<T>(&mut self, outcome: keystead::Result<T>) -> Option<T> {
        outcome.map_err(|error| self.errors.push(error.kind())).ok()
    }
}

/// Does all that reads. Every key that comes back must be one of `good`, every signature good under its public key.
fn judge(path: &Path, good: &[Key]) -> Seen {
    let mut seen = Seen::default();
    let Some(store) = seen.note(Keystore::open(path, &raw(), options())) else { return seen };
    for key in store.keys() {
        if let Some(key) = seen.note(key) {
            assert!(good.contains(&key), "a key that nobody made: {key:?}");
        }
    }
    for original in good {
        if let Some(key) = seen.note(store.key(original.id())) {
            assert!(good.contains(&key) && key.id() == original.id(), "a key that nobody made: {key:?}");
        }
        if let Some(key) = seen.note(store.key(original.name().clone())) {
            assert!(good.contains(&key), "a key that nobody made: {key:?}");
        }
        if let Some(signature) = seen.note(store.sign(original.id(), b"message")) {
            let fits = match original.public_key_der() {
                Some(spki) => Verifier::from_public_key_der(original.algorithm().unwrap(), spki)
                    .unwrap()
                    .verify(b"message", signature.as_bytes()),
                None => store.verify(original.id(), b"message", signature.as_bytes()).unwrap_or(true),
            };
            assert!(fits, "a signature by another key than {}", original.name());
        }
    }
    if let Some(integrity) = seen.note(store.verify_integrity()) {
        seen.problems = integrity.problems().to_vec();
    }
    seen
}

#[test]
fn a_sound_store_is_found_sound() {
    let (_folder, path) = folder();
    let (_, keys) = small(&path);
    let seen = judge(&path, &keys);
    assert!(!seen.anything(), "{seen:?}");
}

#[test]
fn no_flipped_bit_goes_unnoticed() {
    let (_folder, path) = folder();
    let (file, keys) = small(&path);
    let mut flips: Vec<(usize, u8)> = (0..16).flat_map(|at| [(at, 0), (at, 7)]).collect();
    for page in 0..file.len() / PAGE {
        // Ciphertext from end to end, initialisation vector (4048 to 4063), HMAC (4064 to 4095).
        let spread = (0..22).map(|n| n * 193 + 17 + page % 7);
        let edges = [16, 4047, 4048, 4055, 4063, 4064, 4080, 4095];
        flips.extend(spread.chain(edges).filter(|&at| at < PAGE).map(|at| (page * PAGE + at, (at % 8) as u8)));
    }
    assert!(flips.len() > 300, "{}", flips.len());
    for (at, bit) in flips {
        let mut changed = file.clone();
        changed[at] ^= 1 << bit;
        lay_out(&path, &changed, &[]);
        let seen = judge(&path, &keys);
        assert!(seen.anything(), "bit {bit} of byte {at} was flipped and nobody noticed");
        let allowed: &[ErrorKind] = match at {
            0 | 1 => &[ErrorKind::NotAKeystore],
            2 => &[ErrorKind::TooNew, ErrorKind::Damaged],
            // Another cost or salt is another key: it cannot be told from a wrong one.
            3..16 => &[ErrorKind::WrongKey, ErrorKind::Damaged],
            // A key may be found missing when the page that leads to it is unreadable, but nothing else.
            _ => &[ErrorKind::Damaged],
        };
        assert!(seen.errors.iter().all(|kind| allowed.contains(kind)), "byte {at}: {seen:?}");
        if at >= 16 {
            let page = format!("page {}", at / PAGE + 1);
            assert!(
                seen.errors == [ErrorKind::Damaged] || seen.problems.iter().any(|problem| problem.ends_with(&page)),
                "byte {at}: the check does not name {page}: {seen:?}"
            );
        }
    }
}

/// How many pages the check names; a store that does not even open as undamaged counts for all of them.
fn hmac_failures(seen: &Seen) -> usize {
    if seen.errors == [ErrorKind::Damaged] && seen.problems.is_empty() {
        return usize::MAX;
    }
    seen.problems.iter().filter(|text| text.starts_with("HMAC verification failed")).count()
}

/// The page number is part of what a page's HMAC covers.
#[test]
fn pages_do_not_change_places() {
    let (_folder, path) = folder();
    let (file, keys) = small(&path);
    let pages = file.len() / PAGE;
    for one in 1..pages {
        for other in 1..pages {
            let (a, b) = (one * PAGE..(one + 1) * PAGE, other * PAGE..(other + 1) * PAGE);
            if one < other {
                let mut swapped = file.clone();
                swapped[a.clone()].copy_from_slice(&file[b.clone()]);
                swapped[b.clone()].copy_from_slice(&file[a.clone()]);
                lay_out(&path, &swapped, &[]);
                let seen = judge(&path, &keys);
                assert!(hmac_failures(&seen) >= 2, "{seen:?}");
            }
            // Each page once over its neighbour is enough for copies.
            if other == one % (pages - 1) + 1 && one != other {
                let mut copied = file.clone();
                copied[b].copy_from_slice(&file[a]);
                lay_out(&path, &copied, &[]);
                let seen = judge(&path, &keys);
                assert!(hmac_failures(&seen) >= 1, "{seen:?}");
            }
        }
    }
    // A page of another store with the same raw key has another head, and so another HMAC key.
    let (_folder, other) = folder();
    let (foreign, _) = small(&other);
    let mut mixed = file.clone();
    mixed[PAGE..2 * PAGE].copy_from_slice(&foreign[PAGE..2 * PAGE]);
    lay_out(&path, &mixed, &[]);
    assert!(judge(&path, &keys).anything());
}

/// A page of an older state of the same store authenticates as a page: no HMAC can tell its age. A page that is rolled
/// back alone contradicts the others where a change touched several, as inserting, renaming and deleting do. What cannot
/// be noticed is an old page that agrees with the rest, and a whole file of an earlier day: only somebody who remembers a
/// newer state could tell. Whatever is read is then a true older state of a key, not an invented one.
#[test]
fn pages_rolled_back_show_true_older_states_at_worst() {
    let (_folder, path) = folder();
    let (old, mut keys) = small(&path);
    let store = Keystore::open(&path, &raw(), options()).unwrap();
    let renamed = store.rename(keys[0].id(), KeyName::new("renamed").unwrap()).unwrap();
    store.delete(keys[4].id()).unwrap();
    let added = store.generate(es256("added")).unwrap();
    drop(store);
    let new = fs::read(&path).unwrap();
    keys.extend([renamed, added]);

    let differing: Vec<usize> = (0..old.len() / PAGE)
        .filter(|page| old[page * PAGE..(page + 1) * PAGE] != new[page * PAGE..(page + 1) * PAGE])
        .collect();
    assert!(differing.len() >= 5, "{differing:?}");
    let mut unnoticed = Vec::new();
    for &page in &differing {
        let at = page * PAGE..(page + 1) * PAGE;
        let mut back = new.clone();
        back[at.clone()].copy_from_slice(&old[at]);
        lay_out(&path, &back, &[]);
        // `judge` fails when anything comes back that was never put in.
        if judge_states(&path, &keys).problems.is_empty() {
            unnoticed.push(page);
        }
    }
    // Page 1 holds the change counter and the schema, `store` the highest row number deleted, `key_change` which keys
    // changed of late: no other page repeats any of them. Each page of keys and of their indices is contradicted by
    // another.
    lay_out(&path, &new, &[]);
    let root = |table: &str| {
        let query = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
        attacker(&path, &RAW).query_row(query, [table], |row| row.get::<_, i64>(0)).unwrap() as usize - 1
    };
    let alone = [0, root("store"), root("key_change")];
    assert!(unnoticed.iter().all(|page| alone.contains(page)), "rolled back and not noticed: {unnoticed:?}");

    lay_out(&path, &old, &[]);
    assert!(judge_states(&path, &keys).problems.is_empty(), "an older file as a whole is a sound store");
}

/// As `judge`, for keys of which several states are true: a key may be missing, or be as it was.
fn judge_states(path: &Path, states: &[Key]) -> Seen {
    let mut seen = Seen::default();
    let Some(store) = seen.note(Keystore::open(path, &raw(), options())) else {
        seen.problems.push("it does not open".into());
        return seen;
    };
    for key in store.keys() {
        match key {
            Ok(key) => assert!(states.contains(&key), "a state that never was: {key:?}"),
            Err(error) => seen.errors.push(error.kind()),
        }
    }
    for state in states {
        match store.key(state.id()) {
            Ok(key) => assert!(states.contains(&key), "a state that never was: {key:?}"),
            Err(error) => seen.errors.push(error.kind()),
        }
    }
    match store.verify_integrity() {
        Ok(integrity) => seen.problems = integrity.problems().to_vec(),
        Err(error) => seen.problems.push(error.to_string()),
    }
    assert!(seen.errors.iter().all(|kind| [ErrorKind::Damaged, ErrorKind::NotFound].contains(kind)), "{seen:?}");
    seen
}

/// Somebody with the page key, who can write what SQL allows, but does not forge tags.
#[test]
fn edited_rows_are_refused() {
    let (_folder, path) = folder();
    let (file, keys) = small(&path);
    let own =
        |column: &str| format!("UPDATE key SET {column} = (SELECT {column} FROM key WHERE seq = 5) WHERE seq = 1");
    let edits: Vec<(&str, String)> = vec![
        ("name", "UPDATE key SET name = 'mine' WHERE seq = 1".into()),
        ("exportable", "UPDATE key SET exportable = 1 WHERE seq = 1".into()),
        ("algorithm", "UPDATE key SET algorithm = 2 WHERE seq = 2".into()),
        ("no algorithm", "UPDATE key SET algorithm = NULL WHERE seq = 1".into()),
        ("type", "UPDATE key SET type = 3 WHERE seq = 1".into()),
        ("bits", "UPDATE key SET bits = 384 WHERE seq = 1".into()),
        ("kid", "UPDATE key SET kid = 'mine' WHERE seq = 1".into()),
        ("issuer", "UPDATE key SET issuer = 'mine' WHERE seq = 1".into()),
        ("no issuer", "UPDATE key SET issuer = NULL WHERE seq = 1".into()),
        ("origin", "UPDATE key SET origin = 2 WHERE seq = 1".into()),
        ("inserted_at", "UPDATE key SET inserted_at = inserted_at + 1 WHERE seq = 1".into()),
        ("updated_at", "UPDATE key SET updated_at = updated_at - 1 WHERE seq = 1".into()),
        ("expires_at", "UPDATE key SET expires_at = expires_at + 1 WHERE seq = 1".into()),
        ("exported_at", "UPDATE key SET exported_at = 0 WHERE seq = 1".into()),
        ("has_private", "UPDATE key SET has_private = 0 WHERE seq = 1".into()),
        ("revision", "UPDATE key SET revision = 2 WHERE seq = 1".into()),
        ("public key", own("public_key")),
        ("no public key", "UPDATE key SET public_key = NULL WHERE seq = 1".into()),
        ("certificate", own("certificate")),
        ("tag", own("tag")),
        ("nonce", own("nonce")),
        ("nonce and tag", format!("{}; {}", own("nonce"), own("tag"))),
        ("seal, nonce and tag", format!("{}; {}; {}", own("sealed"), own("nonce"), own("tag"))),
        ("id", "UPDATE key SET id = randomblob(16) WHERE seq = 1".into()),
        ("values that no version writes", "UPDATE key SET exportable = 7, origin = 9 WHERE seq = 1".into()),
        ("a name that is none", "UPDATE key SET name = '' WHERE seq = 1".into()),
        (
            "a huge number",
            "UPDATE key SET bits = 9223372036854775807, inserted_at = -9223372036854775808 WHERE seq = 1".into(),
        ),
    ];
    for (what, edit) in edits {
        lay_out(&path, &file, &[]);
        attacker(&path, &RAW).execute_batch(&edit).unwrap();
        let store = Keystore::open(&path, &raw(), options()).unwrap();
        let victim = if edit.ends_with("seq = 2") { 1 } else { 0 };
        let kinds: Vec<_> = [
            store.key(keys[victim].id()).map(drop),
            store.sign(keys[victim].id(), b"message").map(drop),
            store.keys().collect::<Result<Vec<_>, _>>().map(drop),
        ]
        .into_iter()
        .map(|outcome| outcome.expect_err(what).kind())
        .collect();
        let damaged = [ErrorKind::Damaged; 3];
        // Nobody finds a key under an id that it no longer has; its row is refused in the list all the same.
        let expected =
            if what == "id" { [ErrorKind::NotFound, ErrorKind::NotFound, ErrorKind::Damaged] } else { damaged };
        assert_eq!(kinds, expected, "{what}");
        let integrity = store.verify_integrity().unwrap();
        assert!(!integrity.is_ok(), "{what}");
        // What the edit did not touch goes on.
        assert_eq!(store.key(keys[3].id()).unwrap(), keys[3], "{what}");
        // Nor can a damaged row be made good by writing it again.
        if what != "id" {
            let error = store.rename(keys[victim].id(), KeyName::new("washed").unwrap()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Damaged, "{what}");
        }
    }
}

/// The tag stands for the seal by its nonce: to read the key finds nothing wrong, to use it does, and the check does.
#[test]
fn swapped_seals_do_not_open() {
    let (_folder, path) = folder();
    let (file, keys) = small(&path);
    let swap = |columns: &[&str]| {
        let sets: Vec<_> = columns
            .iter()
            .map(|column| format!("{column} = (SELECT {column} FROM old WHERE old.seq = 6 - key.seq)"))
            .collect();
        format!("CREATE TEMP TABLE old AS SELECT * FROM key; UPDATE key SET {} WHERE seq IN (1, 5)", sets.join(", "))
    };
    for (what, edit, read) in [
        ("sealed", swap(&["sealed"]), true),
        ("sealed and nonce", swap(&["sealed", "nonce"]), false),
        ("sealed, nonce and tag", swap(&["sealed", "nonce", "tag"]), false),
        ("no seal", "UPDATE key SET sealed = x'' WHERE seq IN (1, 5)".into(), true),
        ("a short seal", "UPDATE key SET sealed = substr(sealed, 1, 15) WHERE seq IN (1, 5)".into(), true),
        ("a long seal", "UPDATE key SET sealed = CAST(sealed || x'00' AS BLOB) WHERE seq IN (1, 5)".into(), true),
    ] {
        lay_out(&path, &file, &[]);
        attacker(&path, &RAW).execute_batch(&edit).unwrap();
        let store = Keystore::open(&path, &raw(), options()).unwrap();
        for key in [&keys[0], &keys[4]] {
            match store.key(key.id()) {
                Ok(same) => assert!(read && same == *key, "{what}"),
                Err(error) => assert!(!read && error.kind() == ErrorKind::Damaged, "{what}: {error}"),
            }
            assert_eq!(store.sign(key.id(), b"message").unwrap_err().kind(), ErrorKind::Damaged, "{what}");
            let id = key.id().to_string();
            let integrity = store.verify_integrity().unwrap();
            assert!(integrity.problems().iter().any(|problem| problem.contains(&id)), "{what}: {integrity:?}");
        }
    }
}

#[test]
fn edited_tables_beside_the_keys_are_noticed() {
    let (_folder, path) = folder();
    let (file, keys) = small(&path);
    let with = |edit: &str| {
        lay_out(&path, &file, &[]);
        attacker(&path, &RAW).execute_batch(edit).unwrap();
        Keystore::open(&path, &raw(), options())
    };
    let sha1: Fingerprint = keys[0].kid().as_str().parse().unwrap();
    let store = with("SELECT 1").unwrap();
    assert_eq!(store.key(sha1).unwrap(), keys[0]);
    drop(store);

    let store = with("DELETE FROM fingerprint WHERE seq = 1").unwrap();
    assert_eq!(store.key(sha1).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(store.key(keys[0].id()).unwrap(), keys[0]);
    assert!(store.verify_integrity().unwrap().problems()[0].contains(&keys[0].id().to_string()));
    drop(store);

    // A digest that leads to the wrong key finds nothing: the whole is recomputed from the row.
    let store = with("UPDATE OR REPLACE fingerprint SET seq = 5 WHERE seq = 1").unwrap();
    assert_eq!(store.key(sha1).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(!store.verify_integrity().unwrap().is_ok());
    drop(store);

    let store = with("INSERT INTO fingerprint VALUES (1, 99)").unwrap();
    assert_eq!(store.verify_integrity().unwrap().problems(), ["the index has 14 digests, the keys have 13"]);
    drop(store);

    // A deleted row leaves its digests behind. An HMAC secret has none: nobody misses it, as after a true deletion.
    let store = with("DELETE FROM key WHERE seq = 1").unwrap();
    assert!(!store.verify_integrity().unwrap().is_ok());
    drop(store);
    let store = with("PRAGMA foreign_keys = OFF; INSERT INTO key_use VALUES (99, 'nobody')").unwrap();
    assert!(!store.verify_integrity().unwrap().is_ok());
    drop(store);

    for edit in [
        "UPDATE store SET id = randomblob(16)",
        "DELETE FROM store",
        "DELETE FROM root_wrap",
        "UPDATE root_wrap SET wrapped = randomblob(60)",
    ] {
        assert_eq!(with(edit).unwrap_err().kind(), ErrorKind::Damaged, "{edit}");
    }
    // A wrap too many is what a crash during a change of key leaves: it opens all the same.
    let store = with("INSERT INTO root_wrap (wrapped) VALUES (randomblob(60))").unwrap();
    assert_eq!(contents(&store), keys);
}

#[test]
fn a_table_that_is_gone_is_damage() {
    let (_folder, path) = folder();
    let (file, keys) = small(&path);
    for edit in [
        "DROP TABLE root_wrap",
        "DROP TABLE store",
        "DROP TABLE key",
        "ALTER TABLE key RENAME COLUMN tag TO label",
        "DROP TABLE fingerprint",
    ] {
        lay_out(&path, &file, &[]);
        attacker(&path, &RAW).execute_batch(edit).unwrap();
        let sha1: Fingerprint = keys[0].kid().as_str().parse().unwrap();
        let found = Keystore::open(&path, &raw(), options()).and_then(|store| store.key(sha1));
        assert_eq!(found.unwrap_err().kind(), ErrorKind::Damaged, "{edit}");
    }
}

/// It leads nobody astray, since the whole digest is recomputed, but no version writes such a row.
#[test]
fn a_digest_too_many_is_noticed() {
    let (_folder, path) = folder();
    let (_, keys) = small(&path);
    attacker(&path, &RAW).execute_batch("INSERT INTO fingerprint VALUES (1, 1)").unwrap();
    let store = Keystore::open(&path, &raw(), options()).unwrap();
    assert_eq!(contents(&store), keys);
    let integrity = store.verify_integrity().unwrap();
    assert!(!integrity.is_ok(), "a digest that is none of the key's");
}

/// Rows of another store, with the same raw key, are not at home here.
#[test]
fn rows_of_another_store_are_refused() {
    let ((_one, path), (_two, other)) = (folder(), folder());
    let (_, keys) = small(&path);
    let (_, foreign) = small(&other);
    let row: Vec<Value> = attacker(&other, &RAW)
        .query_row("SELECT * FROM key WHERE seq = 1", [], |row| (0..21).map(|column| row.get(column)).collect())
        .unwrap();
    let connection = attacker(&path, &RAW);
    connection.execute("DELETE FROM key WHERE seq = 1", []).unwrap();
    let places = ["?"; 21].join(", ");
    connection.execute(&format!("INSERT INTO key VALUES ({places})"), rusqlite::params_from_iter(row)).unwrap();
    drop(connection);
    let store = Keystore::open(&path, &raw(), options()).unwrap();
    assert_eq!(store.key(foreign[0].id()).unwrap_err().kind(), ErrorKind::Damaged);
    assert_eq!(store.sign(foreign[0].id(), b"m").unwrap_err().kind(), ErrorKind::Damaged);
    assert_eq!(store.key(keys[1].id()).unwrap(), keys[1]);
    assert!(!store.verify_integrity().unwrap().is_ok());
}

/// A store as a power cut leaves it: the file as it was made, and a log with a commit for each key.
fn unclean(path: &Path) -> (Vec<u8>, Vec<u8>, Vec<Key>) {
    let store = Keystore::create(path, &raw(), options()).unwrap();
    let keys = (0..10).map(|n| store.generate(es256(format!("key {n}"))).unwrap()).collect();
    (read_from_outside(path), read_from_outside(&beside(path, "-wal")), keys)
}

fn prefix_or_error(path: &Path, keys: &[Key], what: &str) -> Option<usize> {
    let store = match Keystore::open(path, &raw(), options()) {
        Ok(store) => store,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Damaged, "{what}");
            return None;
        }
    };
    let held = match store.keys().collect::<Result<Vec<_>, _>>() {
        Ok(held) => held,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Damaged, "{what}");
            return None;
        }
    };
    assert!(keys.starts_with(&held), "{what}: no prefix of what was acknowledged: {} keys", held.len());
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0], "{what}");
    Some(held.len())
}

#[test]
fn a_torn_log_leaves_a_prefix() {
    let (_folder, path) = folder();
    let (file, log, keys) = unclean(&path);
    lay_out(&path, &file, &log);
    assert_eq!(prefix_or_error(&path, &keys, "the whole log"), Some(10));
    lay_out(&path, &file, &[]);
    assert_eq!(prefix_or_error(&path, &keys, "no log"), Some(0));

    let mut lens = Vec::new();
    for cut in (0..log.len()).step_by(log.len() / 60) {
        lay_out(&path, &file, &log[..cut]);
        lens.push(prefix_or_error(&path, &keys, &format!("cut at {cut}")).expect("a shorter log is no damage"));
    }
    assert!(lens.is_sorted() && lens[0] == 0 && *lens.last().unwrap() >= 9, "{lens:?}");

    let mut lens = Vec::new();
    let heads = 0..56;
    for at in heads.chain((56..log.len()).step_by(log.len() / 80)) {
        let mut flipped = log.clone();
        flipped[at] ^= 1 << (at % 8);
        lay_out(&path, &file, &flipped);
        lens.push(prefix_or_error(&path, &keys, &format!("byte {at} flipped")));
    }
    // A flipped bit ends the log there: some keys are lost, none is changed.
    assert!(
        lens.contains(&Some(0)) && lens.iter().any(|len| len.is_some_and(|len| (1..10).contains(&len))),
        "{lens:?}"
    );
}

#[test]
fn nothing_in_the_file_is_readable() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let name = |n: usize| format!("Zaphod Beeblebrox {n} the president of the galaxy");
    let mut secrets: Vec<Vec<u8>> = vec![b"CREATE TABLE".to_vec(), b"SQLite format".to_vec(), b"root_wrap".to_vec()];
    for n in 0..20 {
        let request: GenerateKey =
            es256(name(n)).issuer(Issuer::new(format!("slartibartfast-{n}.example")).unwrap()).kid(KidScheme::X5tS256);
        let key = store.generate(request).unwrap();
        store.mark_in_use(key.id(), &keystead::UserLabel::new("Magrathea fjords").unwrap()).unwrap();
        secrets.push(key.kid().as_str().into());
        secrets.push(key.id().as_bytes().to_vec());
        secrets.push(key.id().to_string().into());
        secrets.push(key.public_key_der().unwrap()[27..59].to_vec());
        secrets.push(key.certificate_der().unwrap()[..24].to_vec());
    }
    for text in ["Zaphod Beeblebrox", "president of the galaxy", "slartibartfast", "Magrathea"] {
        secrets.push(text.into());
        // SQLite could keep text as UTF-16, and a copy in hex or base64 would be no better than one in clear.
        secrets.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        secrets.push(text.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect());
    }
    let open: Vec<Vec<u8>> =
        ["", "-wal", "-shm"].iter().map(|suffix| read_from_outside(&beside(&path, suffix))).collect();
    assert!(open[1].len() > 20 * PAGE, "the log holds what was written");
    drop(store);
    let closed = fs::read(&path).unwrap();
    // Without the key a search would find nothing either if there were nothing: with it, all is there.
    let count = "SELECT count(*) FROM key WHERE name LIKE 'Zaphod%' AND issuer LIKE 'slartibartfast%'";
    assert_eq!(attacker(&path, &RAW).query_row(count, [], |row| row.get::<_, i64>(0)).unwrap(), 20);
    for bytes in open.iter().chain([&closed]) {
        for secret in &secrets {
            let found = bytes.windows(secret.len()).position(|window| window == secret);
            assert_eq!(found, None, "{}", String::from_utf8_lossy(secret));
        }
    }
}
