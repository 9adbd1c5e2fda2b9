//! Rows and pages of an older moment are put back into a store, by somebody who can write the file: without the page key
//! page by page, with it row by row. All that is put back was once true, so each tag fits; together they do not add up.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first failure"
)]

#[path = "support/full_store.rs"]
mod full_store;
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use full_store::{Full, TABLES};
use keystead::{ErrorKind, Keystore};
use rusqlite::Connection;
use rusqlite::types::Value;
use support::{PAGE, RAW, attacker, lay_out, options, raw};
use tempfile::TempDir;

/// Two moments of one store, closed.
struct Moments {
    _folder: TempDir,
    path: PathBuf,
    older: Vec<u8>,
    newer: Vec<u8>,
}

impl Moments {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let full = Full::create(&path);
        full.store.anchor().unwrap();
        let store_file = |full: &Full| {
            // Empties the log into the file.
            assert_eq!(full.store.verify_integrity().unwrap().problems(), [""; 0]);
            support::read_from_outside(&path)
        };
        let older = store_file(&full);
        full.change();
        full.store.anchor().unwrap();
        let newer = store_file(&full);
        drop(full);
        Self { _folder: folder, path, older, newer }
    }

    /// What the check says of a file; an error counts as a problem.
    fn problems(&self, file: &[u8]) -> Vec<String> {
        lay_out(&self.path, file, &[]);
        problems(&self.path)
    }

    /// What the check says once `edit` was at the newer store, with the rows of the older one at hand.
    fn edited(&self, edit: impl FnOnce(&Connection, &dyn Fn(&str) -> Rows)) -> Vec<String> {
        lay_out(&self.path, &self.older, &[]);
        let older = attacker(&self.path, &RAW);
        let mut tables: Vec<_> =
            TABLES.into_iter().chain(["anchor", "state"]).map(|table| (table, rows(&older, table))).collect();
        drop(older);
        lay_out(&self.path, &self.newer, &[]);
        let newer = attacker(&self.path, &RAW);
        newer.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        edit(&newer, &|wanted| tables.iter().find(|(table, _)| *table == wanted).unwrap().1.clone());
        drop(newer);
        tables.clear();
        problems(&self.path)
    }
}

fn problems(path: &Path) -> Vec<String> {
    match Keystore::open(path, &raw(), options()).and_then(|store| store.verify_integrity()) {
        Ok(integrity) => integrity.problems().to_vec(),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Damaged, "{error}");
            vec![error.to_string()]
        }
    }
}

type Rows = Vec<Vec<Value>>;

fn rows(connection: &Connection, table: &str) -> Rows {
    let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|at| row.get(at)).collect()).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn all_rows(path: &Path) -> Vec<Rows> {
    let connection = attacker(path, &RAW);
    TABLES.into_iter().chain(["anchor", "state"]).map(|table| rows(&connection, table)).collect()
}

fn put(connection: &Connection, table: &str, rows: &Rows) {
    connection.execute(&format!("DELETE FROM {table}"), []).unwrap();
    for row in rows {
        let places: Vec<_> = (1..=row.len()).map(|n| format!("?{n}")).collect();
        let insert = format!("INSERT INTO {table} VALUES ({})", places.join(", "));
        connection.execute(&insert, rusqlite::params_from_iter(row)).unwrap();
    }
}

/// The same numbers in each run.
struct Dice(u64);

impl Dice {
    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}

/// Every page is authentic, and the number of each is right: nothing but their being of two moments gives them away.
#[test]
fn pages_of_an_older_moment_are_noticed_in_any_mixture() {
    let moments = Moments::new();
    let (older, newer) = (&moments.older, &moments.newer);
    let pages = older.len().max(newer.len()) / PAGE;
    let page_of = |file: &[u8], page: usize| file.get(page * PAGE..(page + 1) * PAGE).map(<[u8]>::to_vec);
    let differing: Vec<usize> = (0..pages).filter(|&page| page_of(older, page) != page_of(newer, page)).collect();
    assert!(differing.len() >= 15, "{differing:?}");
    let truths = [older, newer].map(|file| {
        lay_out(&moments.path, file, &[]);
        all_rows(&moments.path)
    });

    let mut dice = Dice(8);
    let one_back = differing.iter().map(|&page| vec![page]);
    let all_but_one = differing.iter().map(|&kept| differing.iter().copied().filter(|&page| page != kept).collect());
    let some =
        (0..120).map(|_| differing.iter().copied().filter(|_| dice.throw().is_multiple_of(2)).collect::<Vec<_>>());
    let few = differing.windows(2).map(<[usize]>::to_vec);
    let mixtures: Vec<Vec<usize>> = one_back.chain(all_but_one).chain(some).chain(few).collect();
    let (mut noticed, mut harmless) = (0, 0);
    for back in mixtures {
        let mut mixed = Vec::new();
        for page in 0..pages {
            let (first, second) = if back.contains(&page) { (older, newer) } else { (newer, older) };
            // Where one of them is shorter, the other has the page.
            mixed.extend(page_of(first, page).or_else(|| page_of(second, page)).unwrap());
        }
        if moments.problems(&mixed).is_empty() {
            // Nothing that counts was put back then, or all of it: the rest is free pages and the list of late changes.
            let rows = all_rows(&moments.path);
            assert!(truths.contains(&rows), "pages {back:?} were put back and nobody noticed");
            harmless += 1;
        } else {
            noticed += 1;
        }
    }
    println!(
        "{} pages differ; {noticed} mixtures were noticed, {harmless} put nothing back that counts",
        differing.len()
    );
    assert!(noticed > 100, "{noticed} noticed, {harmless} not");
    // Of one moment all pages agree: that is for an anchor to tell.
    assert_eq!(moments.problems(older), [""; 0]);
    assert_eq!(moments.problems(newer), [""; 0]);
}

#[test]
fn rows_put_back_taken_away_or_added_are_noticed_by_table() {
    let moments = Moments::new();
    let named = |problems: &[String], table: &str, what: &str| {
        let words = format!(" rows of {table} are not the ");
        assert!(problems.iter().any(|problem| problem.contains(&words)), "{table}, {what}: {problems:?}");
    };
    for table in TABLES.into_iter().chain(["anchor"]) {
        let problems = moments.edited(|store, older| put(store, table, &older(table)));
        named(&problems, table, "put back");
        if table != "store" {
            let problems = moments.edited(|store, _| put(store, table, &Vec::new()));
            named(&problems, table, "emptied");
            let problems = moments.edited(|store, _| {
                let mut rows = rows(store, table);
                rows.pop().unwrap();
                put(store, table, &rows);
            });
            named(&problems, table, "one taken away");
        }
    }
    let problems = moments.edited(|store, _| {
        let mut rows = rows(store, "key_use");
        rows.push(vec![Value::Integer(2), Value::Text("somebody".into())]);
        put(store, "key_use", &rows);
    });
    named(&problems, "key_use", "one added");
}

/// What an app's owner would most like to have back: guesses not counted, the stricter mode off, an old secret.
#[test]
fn every_row_of_an_app_or_a_ring_put_back_together_is_noticed() {
    let moments = Moments::new();
    for tables in [
        vec!["app", "app_previous", "app_failure"],
        vec!["ring", "ring_key"],
        vec!["ring", "ring_key", "key"],
        vec![
            "app",
            "app_previous",
            "app_failure",
            "app_setting",
            "ring",
            "ring_key",
            "key",
            "key_use",
            "authority",
            "store",
        ],
    ] {
        let problems = moments.edited(|store, older| tables.iter().for_each(|table| put(store, table, &older(table))));
        for table in &tables {
            let words = format!(" rows of {table} are not the ");
            assert!(problems.iter().any(|problem| problem.contains(&words)), "{table}: {problems:?}");
        }
    }
}

/// The row that says what all others add up to is no better: it is of its moment, of its store, and cannot be made.
#[test]
fn the_state_is_of_its_rows_alone() {
    let moments = Moments::new();
    let problems = moments.edited(|store, older| put(store, "state", &older("state")));
    for table in TABLES.into_iter().chain(["anchor"]) {
        let words = format!(" rows of {table} are not the ");
        assert!(problems.iter().any(|problem| problem.contains(&words)), "{table}: {problems:?}");
    }
    let altered = |edit: &str| moments.edited(|store, _| store.execute_batch(edit).unwrap());
    for edit in [
        "UPDATE state SET epoch = epoch + 1",
        "UPDATE state SET epoch = epoch - 1",
        "UPDATE state SET epoch = -epoch",
        "UPDATE state SET epoch = 9223372036854775807",
        "UPDATE state SET digest = zeroblob(32)",
        "UPDATE state SET sealed = zeroblob(length(sealed))",
        "UPDATE state SET sealed = x''",
        "UPDATE state SET sealed = CAST(sealed || x'00' AS BLOB)",
        "UPDATE state SET sealed = zeroblob(10000000)",
        "DELETE FROM state",
        "DROP TABLE state",
        "DROP TABLE anchor",
    ] {
        let problems = altered(edit);
        assert!(!problems.is_empty(), "{edit}");
        // Who cannot say what the rows add up to writes no more, and reads all there is.
        let store = match Keystore::open(&moments.path, &raw(), options()) {
            Ok(store) => store,
            Err(error) => panic!("{edit}: {error}"),
        };
        assert_eq!(store.keys().collect::<Result<Vec<_>, _>>().unwrap().len(), 10, "{edit}");
        if edit != "DROP TABLE anchor" {
            let error = store.generate(support::es256("one more")).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Damaged, "{edit}: {error}");
            assert_eq!(store.len().unwrap(), 10, "{edit}");
        }
    }
}

/// A log is authentic too, page by page and frame by frame. Beside a file of another moment it gives a mixture.
#[test]
fn a_log_of_another_moment_is_noticed_or_of_no_effect() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let full = Full::create(&path);
    full.store.verify_integrity().unwrap();
    let outside = |suffix: &str| support::read_from_outside(&support::beside(&path, suffix));
    let (first, mut logs) = (outside(""), Vec::new());
    for n in 0..4 {
        full.store.generate(support::es256(format!("later {n}"))).unwrap();
        full.guess(0);
        logs.push(outside("-wal"));
    }
    full.store.verify_integrity().unwrap();
    full.change();
    let (log, last) = (outside("-wal"), {
        full.store.verify_integrity().unwrap();
        outside("")
    });
    logs.push(log);
    drop(full);
    lay_out(&path, &last, &[]);
    let truth = all_rows(&path);
    assert_eq!(problems(&path), [""; 0]);

    for (n, log) in logs.iter().enumerate() {
        // Where it belongs, all or its beginning is a sound store of some moment.
        if n < 4 {
            lay_out(&path, &first, log);
            assert_eq!(problems(&path), [""; 0], "log {n}");
        }
        lay_out(&path, &last, log);
        let found = problems(&path);
        if found.is_empty() {
            assert!(all_rows(&path) == truth, "log {n} beside a newer file");
        }
        println!("log {n} beside the last file: {} problems", found.len());
        // Frames left out at the front, so that a later change comes without an earlier one.
        for frames in [1, 2, 5] {
            let frame = 24 + PAGE;
            if log.len() > 32 + frames * frame {
                let cut = [&log[..32], &log[32 + frames * frame..]].concat();
                lay_out(&path, &first, &cut);
                let store = all_rows(&path);
                lay_out(&path, &first, &cut);
                if problems(&path).is_empty() {
                    lay_out(&path, &first, &[]);
                    assert!(all_rows(&path) == store, "log {n} without its first {frames} frames");
                }
            }
        }
    }
    fs::remove_file(&path).unwrap();
}

/// Of a store that is gone the log may be left. A new store in its place would take it for its own.
#[test]
fn a_log_that_was_left_is_not_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let log_of = support::beside(&path, "-wal");
    let full = Full::create(&path);
    full.change();
    let log = support::read_from_outside(&log_of);
    drop(full);
    fs::remove_file(&path).unwrap();
    fs::write(&log_of, &log).unwrap();

    let error = Keystore::create(&path, &raw(), options()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    assert!(error.to_string().contains("store-wal"), "{error}");
    assert_eq!(fs::read(&log_of).unwrap(), log, "it may be all that is left of somebody's keys");
    assert_eq!(support::names_in(folder.path()), ["store-wal"]);
    let error = Keystore::open_or_create(&path, &raw(), options()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");

    fs::remove_file(&log_of).unwrap();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    store.generate(support::es256("first")).unwrap();
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
}
