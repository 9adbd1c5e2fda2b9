//! Changes are counted as the rows are.

use super::*;
use crate::model::StoreId;
use crate::storage::database::Database;
use crate::storage::schema::Identity;

fn database() -> Database {
    let identity = Identity { id: StoreId([0; 16]), created_at: 0, wrapped_root: [0; 60] };
    Database::in_memory(&identity, Arc::new(Plain)).unwrap()
}

fn state(database: &Database) -> State {
    database.read(|connection| Ok(Plain.open(&read(connection)?).unwrap())).unwrap()
}

fn run(database: &Database, statements: &str) -> Result<()> {
    database.write(|connection| Ok(connection.execute_batch(statements)?))
}

const APP: &str = "INSERT INTO app VALUES (1, zeroblob(16), 'a', 0, 0, 0, 0, 1, zeroblob(32), zeroblob(16), 1, 0, zeroblob(12), x'00');
        INSERT INTO app_previous VALUES (1, 5, zeroblob(16), 1, 0, zeroblob(12), x'01');
        INSERT INTO app_failure VALUES (1, x'0102', zeroblob(32));";
const KEYS: &str = "INSERT INTO key VALUES
        (1, zeroblob(16), 'é', 1, 1, 256, 'kid', NULL, 1, 0, 1, 0, 0, NULL, NULL, 1, zeroblob(12), zeroblob(32), NULL, NULL, zeroblob(1)),
        (2, x'01000000000000000000000000000000', 'b', 1, NULL, -1, '', '', 1, 0, 1, 0, 0, 9223372036854775807, NULL, 1, zeroblob(12), zeroblob(32), x'', NULL, zeroblob(70000));
        INSERT INTO key_use VALUES (1, 'a'), (2, 'a'), (2, 'b');
        INSERT INTO ring VALUES (1, zeroblob(16), 'r', 'r', 1, 1, 1, 0, 0, NULL, NULL, NULL, 0, 1, zeroblob(32), 1, 2);
        INSERT INTO ring_key VALUES (1, 1, 2, 0, 0, NULL, NULL), (1, 2, 3, 0, NULL, NULL, NULL);";

/// Whatever a statement does, by itself, by a trigger or by a foreign key, what is counted on the way is what a walk over
/// all rows counts.
#[test]
fn changes_are_counted_as_the_rows_are() {
    let database = database();
    let mut epoch = 0;
    for statements in [
        APP,
        KEYS,
        "UPDATE key SET updated_at = updated_at + 1",
        "UPDATE key SET name = name || 'x', sealed = zeroblob(3) WHERE seq = 2; UPDATE key SET bits = bits",
        "UPDATE key_use SET user = user || seq",
        "INSERT OR REPLACE INTO key_use VALUES (1, 'a1')",
        "INSERT OR IGNORE INTO key_use VALUES (1, 'a1'), (1, 'new')",
        "INSERT INTO key_use VALUES (1, 'new') ON CONFLICT DO UPDATE SET user = 'newer'",
        "UPDATE ring_key SET place = 9 - place, replaced_at = 4 WHERE place > 2",
        "DELETE FROM ring_key; INSERT INTO ring_key VALUES (1, 1, 2, 0, 0, NULL, NULL), (1, 2, 3, 0, NULL, NULL, NULL)",
        "UPDATE store SET last_seq = 7",
        "REPLACE INTO app_failure VALUES (1, x'', zeroblob(32))",
        "INSERT INTO app_setting VALUES (1, 1, zeroblob(32)); DELETE FROM app_setting",
        "DELETE FROM app",
        "DELETE FROM key_use",
        "UPDATE ring SET current = 2, next = 1; DELETE FROM ring_key; DELETE FROM ring; DELETE FROM key",
    ] {
        run(&database, statements).unwrap();
        epoch += 1;
        let state = state(&database);
        assert_eq!(state.epoch, epoch, "{statements}");
        let rows = database.read(|connection| recount(connection, &Plain)).unwrap();
        assert_eq!(state.tallies, rows, "{statements}");
        assert_eq!(database.read(|connection| differences(connection, &Plain)).unwrap(), [""; 0], "{statements}");
    }
}

/// A transaction that is undone leaves no trace, nor does one that writes nothing that counts.
#[test]
fn what_is_not_committed_does_not_count() {
    let database = database();
    run(&database, KEYS).unwrap();
    let before = state(&database);
    for statements in [
        "DELETE FROM ring_key",
        "DELETE FROM key",
        "UPDATE key SET name = 'same'",
        "UPDATE key SET bits = 1; UPDATE key SET id = zeroblob(15)",
        "UPDATE key SET bits = 1; nonsense",
    ] {
        run(&database, statements).unwrap_err();
        assert!(state(&database) == before, "{statements}");
    }
    for nothing in ["SELECT 1", "INSERT INTO fingerprint VALUES (1, 1)", "UPDATE key SET bits = 1 WHERE seq = 99"] {
        run(&database, nothing).unwrap();
        assert!(state(&database) == before, "{nothing}");
    }
    assert_eq!(database.read(|connection| differences(connection, &Plain)).unwrap(), [""; 0]);
}

/// A key whose name or id is taken is skipped, and others of the same transaction are committed.
#[test]
fn an_insert_of_one_row_that_fails_counts_for_nothing() {
    let database = database();
    run(&database, KEYS).unwrap();
    let insert = |seq: i64, id: &str, name: &str| {
        format!(
            "INSERT INTO key SELECT {seq}, {id}, '{name}', 1, 1, 1, '', NULL, 1, 0, 1, 0, 0, NULL, NULL, 1, nonce, tag, NULL, NULL, \
                 sealed FROM key LIMIT 1"
        )
    };
    let fresh = "x'03000000000000000000000000000000'";
    database
        .write(|connection| {
            connection.execute_batch("UPDATE key SET bits = 1 WHERE seq = 1")?;
            for failing in [insert(3, fresh, "b"), insert(3, "zeroblob(16)", "c"), insert(2, fresh, "c")] {
                assert!(connection.execute_batch(&failing).is_err(), "{failing}");
            }
            Ok(connection.execute_batch(&insert(3, fresh, "c"))?)
        })
        .unwrap();
    assert_eq!(database.read(|connection| differences(connection, &Plain)).unwrap(), [""; 0]);
}
