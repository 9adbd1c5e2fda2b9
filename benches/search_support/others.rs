//! Others who are asked the same: `LIKE` over a covering index on plain SQLite, the yardstick; and what was weighed and
//! rejected: the trigram index of FTS5, and `LIKE` over the store's own index of names, on encrypted pages.

use std::path::Path;

use criterion::{BenchmarkId, Criterion, SamplingMode};
use rusqlite::Connection;

use super::{Pattern, name, patterns};
use crate::support;

pub const PLAIN: &str = "search, LIKE on plain SQLite";
pub const REJECTED: &str = "search, rejected";

const PAGE: &str = "SELECT name FROM entry WHERE name LIKE ?1 ORDER BY name COLLATE NOCASE LIMIT 25 OFFSET ?2";
const TOTAL: &str = "SELECT count(*) FROM entry WHERE name LIKE ?1";
const TRIGRAM_PAGE: &str = "SELECT entry.name FROM gram JOIN entry ON entry.id = gram.rowid WHERE gram.name LIKE ?1 \
     ORDER BY entry.name COLLATE NOCASE LIMIT 25 OFFSET ?2";
const TRIGRAM_TOTAL: &str = "SELECT count(*) FROM gram WHERE name LIKE ?1";
const OWN_PAGE: &str = "SELECT name FROM key WHERE name LIKE ?1 ORDER BY name LIMIT 25 OFFSET ?2";
const OWN_TOTAL: &str = "SELECT count(*) FROM key WHERE name LIKE ?1";

pub fn all(criterion: &mut Criterion, folder: &Path, store: &Path, keys: usize) {
    let plain = plain(&folder.join("plain.db"), keys);
    let mut group = criterion.benchmark_group(PLAIN);
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for pattern in patterns(keys) {
        let Pattern { kind, like, fit, .. } = &pattern;
        group.bench_function(BenchmarkId::new(*kind, keys), |b| b.iter(|| ask(&plain, PAGE, TOTAL, like, 0)));
        if *fit > 25 {
            group.bench_function(BenchmarkId::new(format!("{kind}, in the middle"), keys), |b| {
                b.iter(|| ask(&plain, PAGE, TOTAL, like, fit / 2));
            });
        }
    }
    group.finish();

    let mut group = criterion.benchmark_group(REJECTED);
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    let own = encrypted(store);
    for Pattern { kind, like, .. } in patterns(keys).iter().take(3) {
        group.bench_function(BenchmarkId::new(format!("LIKE on encrypted pages, {kind}"), keys), |b| {
            b.iter(|| ask(&own, OWN_PAGE, OWN_TOTAL, like, 0));
        });
    }
    drop(own);
    let before = size(&plain);
    let begun = std::time::Instant::now();
    plain
        .execute_batch(
            "CREATE VIRTUAL TABLE gram USING fts5(name, content='entry', content_rowid='id', tokenize='trigram');
             INSERT INTO gram(gram) VALUES ('rebuild');
             CREATE TRIGGER gram_insert AFTER INSERT ON entry
             BEGIN INSERT INTO gram(rowid, name) VALUES (new.id, new.name); END;",
        )
        .unwrap();
    let more = size(&plain) - before;
    println!(
        "FTS5 trigram of {keys} names: {} KiB, {:.1} bytes a key, made in {:.1} s",
        more / 1024,
        more as f64 / keys as f64,
        begun.elapsed().as_secs_f64()
    );
    for Pattern { kind, like, .. } in patterns(keys).iter().take(3) {
        group.bench_function(BenchmarkId::new(format!("FTS5 trigram, {kind}"), keys), |b| {
            b.iter(|| ask(&plain, TRIGRAM_PAGE, TRIGRAM_TOTAL, like, 0));
        });
    }
    insertions(&mut group, &plain, "FTS5 trigram", keys);
    plain.execute_batch("DROP TRIGGER gram_insert; DROP TABLE gram;").unwrap();
    insertions(&mut group, &plain, "plain SQLite", keys);
    group.finish();
}

type Group<'a> = criterion::BenchmarkGroup<'a, criterion::measurement::WallTime>;

/// Rows in one durable transaction: one, and 100.
fn insertions(group: &mut Group<'_>, connection: &Connection, what: &str, keys: usize) {
    let mut next = keys;
    for rows in [1, 100] {
        group.bench_function(BenchmarkId::new(format!("{rows} inserted, {what}"), keys), |b| {
            b.iter(|| {
                next += rows;
                let transaction = connection.unchecked_transaction().unwrap();
                insert(&transaction, (next - rows..next).map(|n| format!("new {n:07} {}", name(n, keys))));
                transaction.commit().unwrap();
            });
        });
    }
}

/// The names of the store, and an index on them that serves `LIKE`. Enough cache to hold all.
fn plain(path: &Path, keys: usize) -> Connection {
    let mut connection = support::plain(path);
    connection
        .execute_batch(
            "PRAGMA cache_size = -262144;
             CREATE TABLE entry (id INTEGER PRIMARY KEY, name TEXT NOT NULL, algorithm TEXT, type TEXT);
             CREATE INDEX entry_name ON entry (name COLLATE NOCASE);",
        )
        .unwrap();
    let transaction = connection.transaction().unwrap();
    insert(&transaction, (0..keys).map(|n| name(n, keys)));
    transaction.commit().unwrap();
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); ANALYZE;").unwrap();
    let plan: Vec<String> = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {PAGE}"))
        .unwrap()
        .query_map(("%a%", 0), |row| row.get(3))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(plan, ["SCAN entry USING COVERING INDEX entry_name"], "the yardstick is to be the best that LIKE can");
    connection
}

fn insert(connection: &Connection, names: impl Iterator<Item = String>) {
    let mut statement =
        connection.prepare_cached("INSERT INTO entry (name, algorithm, type) VALUES (?1, 'ES256', 'EC')").unwrap();
    for name in names {
        statement.execute([name]).unwrap();
    }
}

/// The store itself, by SQL: the index that keeps names unique covers the query.
fn encrypted(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    let hex: String = support::RAW_KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    connection
        .execute_batch(&format!(
            "PRAGMA key = \"x'{hex}'\"; PRAGMA cipher_hmac_algorithm = HMAC_SHA256; PRAGMA cache_size = -8192;"
        ))
        .unwrap();
    connection
}

/// A page and the total, as a search gives them.
fn ask(connection: &Connection, page: &str, total: &str, like: &str, start: usize) -> (Vec<String>, i64) {
    let mut page = connection.prepare_cached(page).unwrap();
    let names = page.query_map((like, start as i64), |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let total = connection.prepare_cached(total).unwrap().query_row([like], |row| row.get(0)).unwrap();
    (names, total)
}

fn size(connection: &Connection) -> u64 {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap().unsigned_abs();
    pragma("page_count") * pragma("page_size")
}
