//! Somebody with the page key and a SQL tool, but without this library, edits rings. Whatever a ring answers afterwards is true,
//! also by handles whose caches are warm; and the schema alone refuses what no ring may be.

// A test that cannot go on has no better way to say so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use keystead::{
    Algorithm, ErrorKind, Key, KeySpec, Keystore, Kid, Result, Ring, RingName, RingPlace, RingPlan, RingSigner,
    RingState, Schedule, Signature, Verifier,
};
use rusqlite::Connection;
use support::{RAW, attacker, contents, es256, lay_out, options, raw};
use tempfile::TempDir;

const MESSAGE: &[u8] = b"message";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// What the attacker switches off first.
const FREE: &str = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;";

fn name(text: &str) -> RingName {
    RingName::new(text).unwrap()
}

fn plan(text: &str) -> RingPlan {
    RingPlan::new(name(text), KeySpec::new(Algorithm::Es256, None).unwrap())
}

/// What is true of a ring: its state, what it publishes.
#[derive(Debug, PartialEq)]
struct Truth {
    state: RingState,
    jwks: String,
}

impl Truth {
    fn of(ring: &Ring) -> Self {
        Self { state: ring.state().unwrap(), jwks: ring.jwks().unwrap() }
    }

    fn accepts(&self, kid: &Kid) -> bool {
        self.state.live().any(|key| key.key().kid() == kid)
    }
}

/// A store with two rings. The keys of `turning` are in the rows 1 (retired), 2 (previous), 3 (current), 4 (revoked) and 5
/// (next); those of `other` in 6 (previous), 7 (current) and 8 (next); 9 is in no ring.
struct Scene {
    folder: TempDir,
    file: Vec<u8>,
    /// The rows of `ring` and `ring_key` of `turning` as they were before 4 was revoked, when it was next.
    older_ring: String,
    older_members: String,
    truths: [Truth; 2],
    /// A signature by each key, made while it could.
    signed: Vec<(Key, Signature)>,
}

/// A store and both of its rings, with their signers.
struct Handles {
    store: Keystore,
    rings: [Result<(Ring, RingSigner)>; 2],
}

/// What came of asking a ring for its state, a signature, whether signatures are good, its JWK set.
type Outcomes = [Option<ErrorKind>; 4];
const TRUE: Outcomes = [None; 4];
const DAMAGED: Outcomes = [Some(ErrorKind::Damaged); 4];
const NOT_FOUND: Outcomes = [Some(ErrorKind::NotFound); 4];

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let store = Keystore::create(&path, &raw(), options()).unwrap();
        let schedule = Schedule::new(90 * DAY, 7 * DAY, 2 * DAY).unwrap();
        let turning = store.create_ring(&plan("turning").schedule(schedule)).unwrap();
        let mut signed = Vec::new();
        turning.rotate().unwrap();
        turning.rotate().unwrap();
        signed.extend(contents(&store).into_iter().map(|key| {
            let signature = store.sign(key.id(), MESSAGE).unwrap();
            (key, signature)
        }));
        let older = turning.state().unwrap();
        let [older_ring, older_members] = ["ring", "ring_key"].map(|table| inserts(&path, table));
        turning.revoke(older.next().key().kid()).unwrap();
        let other = store.create_ring(&plan("other")).unwrap();
        other.rotate().unwrap();
        store.generate(es256("alone")).unwrap();
        signed.extend(contents(&store).into_iter().skip(signed.len()).map(|key| {
            let signature = store.sign(key.id(), MESSAGE).unwrap();
            (key, signature)
        }));
        let truths = [Truth::of(&turning), Truth::of(&other)];
        let places: Vec<_> = (0..8)
            .map(|at| {
                let found = truths.iter().find_map(|truth| truth.state.by_kid(signed[at].0.kid().as_str()));
                found.unwrap().place()
            })
            .collect();
        use RingPlace::{Current, Next, Previous, Retired, Revoked};
        assert_eq!(places, [Retired, Previous, Current, Revoked, Next, Previous, Current, Next]);
        drop((turning, other, store));
        let file = std::fs::read(&path).unwrap();
        Self { folder, file, older_ring, older_members, truths, signed }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("store")
    }

    fn open(&self) -> Handles {
        let store = Keystore::open(self.path(), &raw(), options()).unwrap();
        let handles = |text: &str| {
            let ring = store.ring(&name(text))?;
            let signer = ring.signer()?;
            Ok((ring, signer))
        };
        let rings = ["turning", "other"].map(handles);
        Handles { store, rings }
    }

    /// What came of asking both rings. Whatever is no error is true.
    #[track_caller]
    fn outcomes(&self, handles: &Handles, truths: [&Truth; 2], what: &str) -> [Outcomes; 2] {
        let judge = |at: usize| {
            let truth = truths[at];
            let (ring, signer) = match &handles.rings[at] {
                Ok(handles) => handles,
                Err(error) => return [Some(error.kind()); 4],
            };
            let state = ring.state().map(|state| assert_eq!(state, truth.state, "{what}"));
            let sign = signer.sign(MESSAGE).map(|signed| {
                let current = truth.state.current().key();
                assert_eq!(signed.kid, *current.kid(), "{what}");
                let verifier =
                    Verifier::from_public_key_der(Algorithm::Es256, current.public_key_der().unwrap()).unwrap();
                assert!(verifier.verify(MESSAGE, signed.signature.as_bytes()), "{what}");
            });
            let verify = self.signed.iter().try_for_each(|(key, signature)| {
                let accepted = ring.verify(key.kid(), MESSAGE, signature.as_bytes())?;
                assert_eq!(accepted, truth.accepts(key.kid()), "{what}: {}", key.name());
                Ok(())
            });
            let jwks = ring.jwks().map(|jwks| assert_eq!(jwks, truth.jwks, "{what}"));
            [state.err(), sign.err(), verify.err(), jwks.err()]
                .map(|error: Option<keystead::Error>| Some(error?.kind()))
        };
        [judge(0), judge(1)]
    }

    /// Edits the store under the eyes of warm handles. Gives what they and fresh ones answer, and what the check says.
    #[track_caller]
    fn after(&self, what: &str, edit: &str) -> ([Outcomes; 2], [Outcomes; 2], Vec<String>) {
        lay_out(&self.path(), &self.file, &[]);
        let truths = [&self.truths[0], &self.truths[1]];
        let warm = self.open();
        assert_eq!(self.outcomes(&warm, truths, what), [TRUE; 2]);
        // A connection that closes would empty the log, which is another change.
        let connection = attacker(&self.path(), &RAW);
        run(&connection, &format!("{FREE} {edit}"), what);
        let seen_warm = self.outcomes(&warm, truths, what);
        let fresh = self.open();
        let seen_fresh = self.outcomes(&fresh, truths, what);
        let problems = fresh.store.verify_integrity().unwrap().problems().to_vec();
        self.not_washed(&[warm, fresh], [seen_warm, seen_fresh], what);
        (seen_warm, seen_fresh, problems)
    }

    /// Nobody makes an edited ring good by writing it anew.
    fn not_washed(&self, handles: &[Handles; 2], seen: [[Outcomes; 2]; 2], what: &str) {
        let before = dump(&self.path());
        for (handles, seen) in handles.iter().zip(seen) {
            for (ring, seen) in handles.rings.iter().zip(seen) {
                let (Ok((ring, _)), [Some(kind), ..]) = (ring, seen) else { continue };
                let kid = self.signed[0].0.kid();
                let outcomes: [(&str, Result<()>); 7] = [
                    ("rotate", ring.rotate().map(drop)),
                    ("retire", ring.retire_previous().map(drop)),
                    ("revoke", ring.revoke(kid).map(drop)),
                    ("keep", ring.set_keep(1).map(drop)),
                    ("schedule", ring.set_schedule(None).map(drop)),
                    ("due", ring.apply_due("2036-01-01T00:00:00Z".parse().unwrap()).map(drop)),
                    ("delete", ring.delete()),
                ];
                for (verb, outcome) in outcomes {
                    assert_eq!(outcome.expect_err(what).kind(), kind, "{what}, {verb}");
                }
            }
        }
        assert_eq!(dump(&self.path()), before, "{what}");
    }
}

#[track_caller]
fn run(connection: &Connection, batch: &str, what: &str) {
    connection.execute_batch(batch).unwrap_or_else(|error| panic!("{what}: {error}"));
}

/// The rows of the first ring, as statements that insert them.
fn inserts(path: &Path, table: &str) -> String {
    let connection = attacker(path, &RAW);
    let columns = columns(&connection, table);
    let quoted: Vec<_> = columns.iter().map(|column| format!("quote({column})")).collect();
    let query = format!("SELECT {} FROM {table}", quoted.join(" || ', ' || "));
    let mut statement = connection.prepare(&query).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.map(|row| format!("INSERT INTO {table} VALUES ({});", row.unwrap())).collect()
}

/// Every row of a ring, and every key's.
fn dump(path: &Path) -> Vec<String> {
    let tables = ["ring", "ring_key", "key", "fingerprint"];
    let connection = attacker(path, &RAW);
    let there = |table: &&str| connection.prepare(&format!("SELECT * FROM {table}")).is_ok();
    tables.iter().filter(|table| there(table)).map(|table| inserts(path, table)).collect()
}

fn columns(connection: &Connection, table: &str) -> Vec<String> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
    let found = statement.query_map([table], |row| row.get(0)).unwrap();
    found.map(|name| name.unwrap()).collect()
}

/// Two places change their keys.
fn exchanged(one: u8, other: u8) -> String {
    format!(
        "UPDATE ring_key SET place = 100 + place WHERE ring = 1; UPDATE ring_key SET place = CASE place - 100 \
         WHEN {one} THEN {other} WHEN {other} THEN {one} ELSE place - 100 END WHERE ring = 1;"
    )
}

const PREVIOUS: u8 = 1;
const CURRENT: u8 = 2;
const NEXT: u8 = 3;
const RETIRED: u8 = 4;
const REVOKED: u8 = 5;

#[test]
fn the_schema_refuses_what_no_ring_may_be() {
    let scene = Scene::new();
    lay_out(&scene.path(), &scene.file, &[]);
    let before = dump(&scene.path());
    let connection = attacker(&scene.path(), &RAW);
    connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    let refusals = [
        ("a second current key", "UPDATE ring_key SET place = 2 WHERE seq = 5", "UNIQUE"),
        ("a second next key", "UPDATE ring_key SET place = 3 WHERE seq = 3", "UNIQUE"),
        ("a second previous key", "UPDATE ring_key SET place = 1 WHERE seq = 1", "UNIQUE"),
        ("no current key", "DELETE FROM ring_key WHERE seq = 3", "FOREIGN KEY"),
        ("no next key", "DELETE FROM ring_key WHERE seq = 5", "FOREIGN KEY"),
        ("no keys at all", "DELETE FROM ring_key WHERE ring = 1", "FOREIGN KEY"),
        ("one key for both", "UPDATE ring SET next = current", "CHECK"),
        ("a current key of another ring", "UPDATE ring SET current = 7 WHERE n = 1", "FOREIGN KEY"),
        ("a next key in no ring", "UPDATE ring SET next = 9 WHERE n = 1", "FOREIGN KEY"),
        ("a current key that is not there", "UPDATE ring SET current = 99 WHERE n = 1", "FOREIGN KEY"),
        ("a key of a ring deleted", "DELETE FROM key WHERE seq = 3", "FOREIGN KEY"),
        ("a retired key deleted", "DELETE FROM key WHERE seq = 1", "FOREIGN KEY"),
        ("a key in two rings", "INSERT INTO ring_key VALUES (2, 1, 4, 0, 0, 0, 0)", "UNIQUE"),
        ("a key that is not there", "INSERT INTO ring_key VALUES (1, 99, 4, 0, 0, 0, 0)", "FOREIGN KEY"),
        ("a ring gone from its keys", "DELETE FROM ring WHERE n = 1", "FOREIGN KEY"),
        ("keys of no ring", "INSERT INTO ring_key VALUES (77, 9, 4, 0, 0, 0, 0)", "FOREIGN KEY"),
        (
            "a ring without keys",
            "INSERT INTO ring SELECT 3, randomblob(16), 'new', 'new', 1, 7, 256, 0, 0, NULL, NULL, NULL, 4, 1, tag, 1, 2 FROM ring WHERE n = 1",
            "FOREIGN KEY",
        ),
        ("a second ring of one name", "UPDATE ring SET name = 'other' WHERE n = 1", "UNIQUE"),
        ("a tag of another length", "UPDATE ring SET tag = x'00' WHERE n = 1", "CHECK"),
        ("no place", "UPDATE ring_key SET place = NULL WHERE seq = 1", "NOT NULL"),
    ];
    for (what, edit, constraint) in refusals {
        // Also in a transaction, which then cannot be committed.
        for batch in [edit.to_owned(), format!("BEGIN; {edit}; COMMIT;")] {
            let error = connection.execute_batch(&batch).expect_err(what).to_string();
            assert!(error.starts_with(constraint), "{what}: {error}");
            if !connection.is_autocommit() {
                connection.execute_batch("ROLLBACK").unwrap();
            }
        }
    }
    drop(connection);
    assert_eq!(dump(&scene.path()), before);
}

#[test]
fn no_column_is_edited_unnoticed() {
    let scene = Scene::new();
    lay_out(&scene.path(), &scene.file, &[]);
    let with_warm = |warm: Outcomes, fresh: Outcomes| (warm, fresh);
    let usual = with_warm(DAMAGED, DAMAGED);
    let ring = |column: &str, value: &str| format!("UPDATE ring SET {column} = {value} WHERE n = 1");
    let member = |column: &str, value: &str| format!("UPDATE ring_key SET {column} = {value} WHERE seq = 3");
    let mut edits = vec![("ring", "id", "randomblob(16)", with_warm(NOT_FOUND, DAMAGED))];
    // Under its old name nobody finds it any more. In the list of all rings it is refused.
    edits.push(("ring", "name", "'mine'", with_warm(DAMAGED, NOT_FOUND)));
    let of_ring = [
        ("n", "77"),
        ("common_name", "'mine'"),
        ("common_name", "''"),
        ("key_use", "2"),
        ("key_use", "9"),
        ("algorithm", "8"),
        ("algorithm", "200"),
        ("bits", "384"),
        ("bits", "9223372036854775807"),
        ("exportable", "1"),
        ("created_at", "created_at - 1"),
        ("created_at", "9223372036854775807"),
        ("every", "every + 1"),
        ("every", "NULL"),
        ("every", "-1"),
        ("publish", "publish - 1"),
        ("publish", "every + 1"),
        ("grace", "grace + 1"),
        ("grace", "9223372036854775807"),
        ("keep", "keep + 1"),
        ("keep", "70000"),
        ("keep", "-1"),
        ("revision", "revision + 1"),
        ("revision", "revision - 1"),
        ("tag", "randomblob(32)"),
        ("tag", "x''"),
        ("tag", "(SELECT tag FROM ring WHERE n = 2)"),
        ("current", "2"),
        ("current", "99"),
        ("current", "7"),
        ("next", "1"),
        ("next", "4"),
        ("next", "99"),
    ];
    edits.extend(of_ring.map(|(column, value)| ("ring", column, value, usual)));
    let of_member = [
        ("seq", "9"),
        ("seq", "99"),
        ("place", "9"),
        ("place", "-1"),
        ("published_at", "published_at + 1"),
        ("published_at", "9223372036854775807"),
        ("current_since", "current_since - 1"),
        ("current_since", "NULL"),
        ("replaced_at", "current_since"),
        ("ended_at", "current_since"),
        ("ended_at", "-9223372036854775808"),
    ];
    edits.extend(of_member.map(|(column, value)| ("ring_key", column, value, usual)));
    for (table, column, value, (warm, fresh)) in &edits {
        let edit = if *table == "ring" { ring(column, value) } else { member(column, value) };
        let (seen_warm, seen_fresh, problems) = scene.after(&edit, &edit);
        // What a column that reads as nothing spoils is the list of all rings, not the other ring.
        assert_eq!(seen_warm, [*warm, TRUE], "{edit}, warm");
        assert_eq!(seen_fresh, [*fresh, TRUE], "{edit}, fresh");
        assert!(problems.iter().any(|problem| problem.contains("ring")), "{edit}: {problems:?}");
    }
    // Which ring a member belongs to: then both are others than they were.
    let (warm, fresh, problems) = scene.after("moved", "UPDATE ring_key SET ring = 2 WHERE seq = 1");
    assert_eq!((warm, fresh), ([DAMAGED; 2], [DAMAGED; 2]));
    assert!(problems.iter().filter(|problem| problem.starts_with("ring ")).count() >= 2, "{problems:?}");

    let connection = attacker(&scene.path(), &RAW);
    for table in ["ring", "ring_key"] {
        let tried: BTreeSet<_> =
            edits.iter().filter(|edit| edit.0 == table).map(|edit| edit.1).chain(["ring"]).collect();
        let all = columns(&connection, table);
        assert!(all.iter().all(|column| tried.contains(column.as_str())), "{table}: {tried:?} of {all:?}");
    }
}

#[test]
fn keys_do_not_change_places() {
    let scene = Scene::new();
    let both = [(PREVIOUS, CURRENT), (CURRENT, NEXT), (PREVIOUS, NEXT), (RETIRED, PREVIOUS), (RETIRED, CURRENT)];
    let revoked = [(REVOKED, PREVIOUS), (REVOKED, CURRENT), (REVOKED, NEXT), (REVOKED, RETIRED)];
    let mut edits: Vec<_> = both
        .into_iter()
        .chain(revoked)
        .map(|(one, other)| (format!("{one} and {other} exchanged"), exchanged(one, other)))
        .collect();
    // The row of the ring follows, and the times too.
    edits.push((
        "2 and 3 exchanged".into(),
        format!("{} UPDATE ring SET current = next, next = current WHERE n = 1", exchanged(CURRENT, NEXT)),
    ));
    edits.push((
        "rotated back".into(),
        format!(
            "{} UPDATE ring_key SET replaced_at = NULL WHERE seq = 2; UPDATE ring SET current = 2 WHERE n = 1",
            exchanged(CURRENT, PREVIOUS)
        ),
    ));
    for (seq, place) in
        [(1, REVOKED), (2, RETIRED), (2, REVOKED), (3, RETIRED), (3, REVOKED), (4, RETIRED), (5, RETIRED)]
    {
        edits.push((format!("{seq} in {place}"), format!("UPDATE ring_key SET place = {place} WHERE seq = {seq}")));
    }
    for seq in 1..=5 {
        edits.push((format!("{seq} deleted"), format!("DELETE FROM ring_key WHERE seq = {seq}")));
        edits.push((format!("the key in row {seq} deleted"), format!("DELETE FROM key WHERE seq = {seq}")));
    }
    edits.push(("all deleted".into(), "DELETE FROM ring_key WHERE ring = 1".into()));
    edits.push(("one too many".into(), "INSERT INTO ring_key VALUES (1, 9, 4, 0, 0, 0, 0)".into()));
    edits.push((
        "two current keys".into(),
        "DROP INDEX ring_current; UPDATE ring_key SET place = 2 WHERE seq IN (2, 5)".into(),
    ));
    edits.push((
        "another key under the same place".into(),
        "UPDATE ring_key SET seq = 9 WHERE seq = 3; UPDATE ring SET current = 9 WHERE n = 1".into(),
    ));
    edits.push((
        "ids of keys exchanged".into(),
        "CREATE TEMP TABLE old AS SELECT seq, id FROM key; UPDATE key SET id = randomblob(16) WHERE seq IN (3, 5); \
         UPDATE key SET id = (SELECT id FROM old WHERE old.seq = 8 - key.seq) WHERE seq IN (3, 5)"
            .into(),
    ));
    edits.push((
        "the other ring's facts".into(),
        "UPDATE ring SET (key_use, algorithm, bits, exportable, created_at, every, publish, grace, keep, revision, tag) = \
         (SELECT key_use, algorithm, bits, exportable, created_at, every, publish, grace, keep, revision, tag FROM ring \
         WHERE n = 2) WHERE n = 1"
            .into(),
    ));
    edits.push(("an older row of the ring".into(), format!("DELETE FROM ring WHERE n = 1; {}", scene.older_ring)));
    edits.push((
        "older rows of its keys".into(),
        format!("DELETE FROM ring_key WHERE ring = 1; {}", scene.older_members),
    ));
    for (what, edit) in edits {
        let (warm, fresh, problems) = scene.after(&what, &edit);
        assert_eq!((warm, fresh), ([DAMAGED, TRUE], [DAMAGED, TRUE]), "{what}");
        assert!(problems.iter().any(|problem| problem.contains("ring")), "{what}: {problems:?}");
    }
    // Between two rings.
    for (what, seqs) in [("current", [3, 7]), ("next", [5, 8]), ("previous", [2, 6])] {
        let [one, other] = seqs;
        let edit = format!(
            "UPDATE ring_key SET seq = 77 WHERE seq = {one}; UPDATE ring_key SET seq = {one} WHERE seq = {other}; \
             UPDATE ring_key SET seq = {other} WHERE seq = 77; \
             UPDATE ring SET current = 7 WHERE n = 1 AND {one} = 3; UPDATE ring SET current = 3 WHERE n = 2 AND {one} = 3; \
             UPDATE ring SET next = 8 WHERE n = 1 AND {one} = 5; UPDATE ring SET next = 5 WHERE n = 2 AND {one} = 5;"
        );
        let (warm, fresh, problems) = scene.after(what, &edit);
        assert_eq!((warm, fresh), ([DAMAGED; 2], [DAMAGED; 2]), "{what}");
        let named = |ring: &str| problems.iter().any(|problem| problem.contains(ring));
        assert!(named("'turning'") && named("'other'"), "{what}: {problems:?}");
    }
}

/// The keys' own rows. Whoever has a key at hand goes on with what was true when it was read; whoever reads it is told.
#[test]
fn keys_of_a_ring_are_edited() {
    let scene = Scene::new();
    let of = |columns: &str, seq: u8| {
        format!("UPDATE key SET ({columns}) = (SELECT {columns} FROM key WHERE seq = 9) WHERE seq = {seq}")
    };
    for seq in 1..=5 {
        for edit in [
            format!("UPDATE key SET exportable = 1 WHERE seq = {seq}"),
            format!("UPDATE key SET name = 'mine' WHERE seq = {seq}"),
            format!("UPDATE key SET revision = revision + 1 WHERE seq = {seq}"),
            of("kid", seq),
            of("public_key", seq),
            of("certificate", seq),
            of("nonce, tag, sealed", seq),
            of("kid, public_key, certificate, nonce, tag, sealed, revision", seq),
        ] {
            let (warm, fresh, problems) = scene.after(&edit, &edit);
            assert_eq!(fresh, [DAMAGED, TRUE], "{edit}");
            assert_eq!((warm[0][0], warm[1]), (Some(ErrorKind::Damaged), TRUE), "{edit}");
            assert!(warm[0].iter().all(|kind| kind.is_none_or(|kind| kind == ErrorKind::Damaged)), "{edit}: {warm:?}");
            assert!(problems.iter().any(|problem| problem.contains(&format!("(row {seq})"))), "{edit}: {problems:?}");
        }
    }
}

/// Tables and indexes themselves.
#[test]
fn the_schema_is_edited() {
    let scene = Scene::new();
    for table in ["ring", "ring_key"] {
        let (warm, fresh, problems) = scene.after(table, &format!("DROP TABLE {table}"));
        assert_eq!((warm, fresh), ([DAMAGED; 2], [DAMAGED; 2]), "{table}");
        assert!(problems.contains(&format!("the table {table} is missing")), "{problems:?}");
    }
    for index in ["ring_previous", "ring_current", "ring_next"] {
        let (warm, fresh, problems) = scene.after(index, &format!("DROP INDEX {index}"));
        assert_eq!((warm, fresh), ([TRUE; 2], [TRUE; 2]), "{index}");
        assert_eq!(problems, [format!("the index {index} is missing")]);
    }
    // A view that shows other rows to whoever reads.
    let view = "ALTER TABLE ring_key RENAME TO real; CREATE VIEW ring_key AS SELECT ring, seq, CASE place WHEN 2 THEN 3 \
                WHEN 3 THEN 2 ELSE place END AS place, published_at, current_since, replaced_at, ended_at FROM real";
    let (warm, fresh, problems) = scene.after("a view", view);
    assert_eq!((warm, fresh), ([DAMAGED; 2], [DAMAGED; 2]));
    assert!(!problems.is_empty());
}

/// The row of a ring once more under another name, with members of its own or without.
#[test]
fn a_ring_is_copied() {
    let scene = Scene::new();
    let copied = "INSERT INTO ring SELECT 3, randomblob(16), 'copied', common_name, key_use, algorithm, bits, exportable, \
                  created_at, every, publish, grace, keep, revision, tag, current, next FROM ring WHERE n = 1;";
    let its_keys = "UPDATE ring_key SET ring = 3 WHERE ring = 1;";
    for (what, edit, turning) in
        [("copied", copied.to_owned(), TRUE), ("copied with its keys", format!("{copied} {its_keys}"), DAMAGED)]
    {
        let (warm, fresh, problems) = scene.after(what, &edit);
        assert_eq!((warm, fresh), ([turning, TRUE], [turning, TRUE]), "{what}");
        assert!(problems.iter().any(|problem| problem.contains("ring '")), "{what}: {problems:?}");
        let store = Keystore::open(scene.path(), &raw(), options()).unwrap();
        assert_eq!(store.ring(&name("copied")).unwrap_err().kind(), ErrorKind::Damaged, "{what}");
        assert_eq!(store.rings().unwrap_err().kind(), ErrorKind::Damaged, "{what}");
        assert_eq!(store.delete_ring(&name("copied")).unwrap_err().kind(), ErrorKind::Damaged, "{what}");
    }
}

/// All rows of an older moment together, from before a key was revoked: the key's own row says that it was.
#[test]
fn a_revocation_is_not_taken_back() {
    let scene = Scene::new();
    lay_out(&scene.path(), &scene.file, &[]);
    let warm = scene.open();
    let truths = [&scene.truths[0], &scene.truths[1]];
    assert_eq!(scene.outcomes(&warm, truths, "before"), [TRUE; 2]);
    let connection = attacker(&scene.path(), &RAW);
    let back = format!(
        "{FREE} BEGIN; DELETE FROM ring_key WHERE ring = 1; DELETE FROM ring WHERE n = 1; {} {} COMMIT;",
        scene.older_ring, scene.older_members
    );
    run(&connection, &back, "back");
    assert_eq!(scene.outcomes(&warm, truths, "warm"), [DAMAGED, TRUE]);
    let fresh = scene.open();
    assert_eq!(scene.outcomes(&fresh, truths, "fresh"), [DAMAGED, TRUE]);
    let problems = fresh.store.verify_integrity().unwrap().problems().to_vec();
    assert!(problems.iter().any(|problem| problem.contains("ring 'turning'")), "{problems:?}");
}

/// What no tag can tell: the same, where no key was revoked since. The ring is then what it truly was. The check tells, since all
/// rows of the two tables were added up.
#[test]
fn an_older_moment_as_a_whole_is_noticed_by_the_check_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let ring = store.create_ring(&plan("turning")).unwrap();
    let signed = ring.signer().unwrap().sign(MESSAGE).unwrap();
    let older = ring.rotate().unwrap();
    let [older_ring, older_members] = ["ring", "ring_key"].map(|table| inserts(&path, table));
    ring.retire_previous().unwrap();
    assert!(!ring.verify(&signed.kid, MESSAGE, signed.signature.as_bytes()).unwrap());
    let back = format!("{FREE} BEGIN; DELETE FROM ring_key; DELETE FROM ring; {older_ring} {older_members} COMMIT;");
    run(&attacker(&path, &RAW), &back, "back");
    assert_eq!(ring.state().unwrap(), older);
    assert!(ring.verify(&signed.kid, MESSAGE, signed.signature.as_bytes()).unwrap());
    let changed = ["ring", "ring_key"].map(|table| {
        let rows = if table == "ring" { 1 } else { 3 };
        format!("the {rows} rows of {table} are not the {rows} of epoch 3: some were changed or put back behind the store's back")
    });
    assert_eq!(store.verify_integrity().unwrap().problems(), changed);
}

/// A ring that is gone altogether is missed by the check alone. The keys that it has revoked stay so.
#[test]
fn a_ring_that_is_gone_leaves_its_revoked_keys() {
    let scene = Scene::new();
    let gone = "DELETE FROM ring_key WHERE ring = 1; DELETE FROM ring WHERE n = 1";
    let (warm, fresh, problems) = scene.after("gone", gone);
    assert_eq!((warm, fresh), ([NOT_FOUND, TRUE], [NOT_FOUND, TRUE]));
    let revoked = scene.signed[3].0.id();
    assert_eq!(problems[0], format!("key {revoked} was revoked and is in no ring"));
    let missing = |problem: &str, table: &str| problem.contains(&format!(" rows of {table} are not the "));
    assert!(problems.len() == 3 && missing(&problems[1], "ring") && missing(&problems[2], "ring_key"), "{problems:?}");
    let store = Keystore::open(scene.path(), &raw(), options()).unwrap();
    assert_eq!(store.sign(revoked, MESSAGE).unwrap_err().kind(), ErrorKind::Refused);
    assert!(!store.jwks().unwrap().contains(scene.signed[3].0.kid().as_str()));
}

/// A ring that was edited is not handed out in the list of all either.
#[test]
fn the_list_has_no_edited_ring() {
    let scene = Scene::new();
    lay_out(&scene.path(), &scene.file, &[]);
    let store = Keystore::open(scene.path(), &raw(), options()).unwrap();
    assert_eq!(store.rings().unwrap().len(), 2);
    run(&attacker(&scene.path(), &RAW), "UPDATE ring SET keep = keep + 1 WHERE n = 2", "keep");
    assert_eq!(store.rings().unwrap_err().kind(), ErrorKind::Damaged);
}

/// Whatever is done to its ring, a revoked key signs no more, since its own row says so; nor does a row that says otherwise.
#[test]
fn a_revoked_key_taken_out_of_its_ring_signs_nowhere() {
    let scene = Scene::new();
    let revoked = scene.signed[3].0.id();
    for edit in ["DELETE FROM ring_key WHERE seq = 4", "UPDATE ring_key SET place = 4 WHERE seq = 4"] {
        lay_out(&scene.path(), &scene.file, &[]);
        let store = Keystore::open(scene.path(), &raw(), options()).unwrap();
        run(&attacker(&scene.path(), &RAW), &format!("{FREE} {edit}"), edit);
        assert_eq!(store.sign(revoked, MESSAGE).unwrap_err().kind(), ErrorKind::Refused, "{edit}");
        assert_eq!(store.verifier(revoked).unwrap_err().kind(), ErrorKind::Refused, "{edit}");
        assert!(!store.jwks().unwrap().contains(scene.signed[3].0.kid().as_str()), "{edit}");
        assert_eq!(store.ring(&name("turning")).unwrap_err().kind(), ErrorKind::Damaged, "{edit}");
        assert!(store.verify_integrity().unwrap().problems().iter().any(|problem| problem.contains("'turning'")));
    }
    for edit in ["revision = revision - 2147483648", "revision = revision - 2147483649", "revision = 1"] {
        lay_out(&scene.path(), &scene.file, &[]);
        let store = Keystore::open(scene.path(), &raw(), options()).unwrap();
        run(&attacker(&scene.path(), &RAW), &format!("{FREE} UPDATE key SET {edit} WHERE seq = 4"), edit);
        assert_eq!(store.sign(revoked, MESSAGE).unwrap_err().kind(), ErrorKind::Damaged, "{edit}");
    }
}

/// Names are data: in the file, in the certificates, in errors.
#[test]
fn names_are_no_statements() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let texts = [
        "'; DROP TABLE ring; --",
        "\" OR 1=1 --",
        "%_*?[a-z]{}\\",
        "a",
        "A",
        " a",
        "a ",
        "\u{1f511}\u{200d}\u{1f525}",
        "\u{5de}\u{5e4}\u{5ea}\u{5d7}",
        "e\u{301}",
        "\u{e9}",
        "NULL",
        "x'00'",
        "CN=a, O=b",
        "../../etc/passwd",
    ];
    let mut made = Vec::new();
    for text in texts {
        let Ok(name) = RingName::new(text) else {
            // Whatever is no name is refused before it comes near the file.
            assert_ne!(text.trim(), text, "{text:?}");
            continue;
        };
        let ring = store.create_ring(&RingPlan::new(name, KeySpec::new(Algorithm::Es256, None).unwrap())).unwrap();
        ring.rotate().unwrap();
        made.push(text);
    }
    assert!(made.len() >= 13, "{made:?}");
    let names: Vec<_> = store.rings().unwrap().iter().map(|ring| ring.name().to_string()).collect();
    assert_eq!(names, made);
    for (n, text) in made.iter().enumerate() {
        let ring = store.ring(&name(text)).unwrap();
        let state = ring.state().unwrap();
        assert_eq!((state.name().as_str(), state.common_name().as_str()), (*text, *text));
        let key = state.current().key();
        assert_eq!(store.users(key.id()).unwrap(), [format!("ring {text}")]);
        assert_eq!(key.name().as_str(), format!("{text} {}", key.kid()));
        assert_eq!(subject(key.certificate_der().unwrap()), [*text]);
        let signed = ring.signer().unwrap().sign(MESSAGE).unwrap();
        assert!(ring.verify(&signed.kid, MESSAGE, signed.signature.as_bytes()).unwrap());
        assert_eq!(store.create_ring(&plan(text)).unwrap_err().kind(), ErrorKind::Duplicate);
        if n % 2 == 0 {
            store.delete_ring(&name(text)).unwrap();
            assert_eq!(store.ring(&name(text)).unwrap_err().kind(), ErrorKind::NotFound);
        }
    }
    assert_eq!(store.rings().unwrap().len(), made.len() / 2);
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
}

/// The common names of a certificate's subject, as openssl reads them.
fn subject(certificate: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.der");
    std::fs::write(&file, certificate).unwrap();
    let format = ["-noout", "-subject", "-nameopt", "utf8,sep_multiline,sname"];
    let output =
        Command::new("openssl").args(["x509", "-inform", "DER", "-in"]).arg(&file).args(format).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| Some(line.split_once("CN=")?.1.to_owned())).collect()
}
