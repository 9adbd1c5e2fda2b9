//! Somebody with the page key and a SQL tool, but without this library, edits what statements are made from. Whatever is
//! attested afterwards is true, also by a handle whose caches are warm.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use keystead::attestation::{Claim, Policy, Profile, Statement, Verifier};
use keystead::{
    Attestation, AuthorityPlan, ErrorKind, ImportAuthority, ImportKey, KeyId, KeyName, Keystore, Origin, SecretFormat,
};
use rusqlite::Connection;
use rusqlite::types::Value;

use super::judges::Folder;
use super::outside::OutsideCa;
use super::python::has_cryptography;
use super::support::{RAW, attacker, es256, lay_out, raw};
use super::{BEGIN, Hands, attest, folder, timed};

/// What a statement says of a key: also whether it is exportable, and was exported.
type Said = (KeyId, Vec<Claim>, Origin, bool, bool);
/// What is true of a key, by its public key.
type Truth = BTreeMap<Vec<u8>, Said>;
/// What came of attesting the four.
type Outcomes = [Option<ErrorKind>; 4];

struct Scene {
    file: Vec<u8>,
    ids: Vec<KeyId>,
    root: Vec<u8>,
    truth: Truth,
    hands: Hands,
}

fn verified(attestation: &Attestation, root: &[u8], now: Timestamp) -> Statement {
    let chain: Vec<_> = attestation.authority_chain().collect();
    let verifier = Verifier::new(Profile::Keystead, [root]).unwrap();
    let report = verifier.verify(attestation.statement_der(), &chain, &Policy::new(), now);
    report.statement().unwrap_or_else(|| panic!("{report}")).clone()
}

impl Scene {
    /// Four keys: made here and never to leave, made here and exported, imported, made here and exportable. Their authority is
    /// the second one.
    fn new(path: &Path) -> Self {
        let hands = Hands::at(BEGIN);
        let store = Keystore::create(path, &raw(), timed(&hands)).unwrap();
        store.create_authority(&AuthorityPlan::new()).unwrap();
        store.renew_authority().unwrap();
        store.authority_request(&AuthorityPlan::new()).unwrap();
        let stays = store.generate(es256("stays")).unwrap();
        let left = store.generate(es256("left").exportable(true)).unwrap();
        store.export_secret(left.id(), &SecretFormat::Pkcs8Pem).unwrap();
        let folder = Folder::new();
        folder.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem");
        let came = ImportKey::new(KeyName::new("came").unwrap(), folder.get("key.pem"));
        let came = store.import(came).unwrap().key;
        let may_leave = store.generate(es256("may leave").exportable(true)).unwrap();
        let ids: Vec<_> = [&stays, &left, &came, &may_leave].map(|key| key.id()).into();
        let root = store.authority().unwrap().unwrap().trust_anchor().to_vec();
        let said = |id: &KeyId| {
            let statement = verified(&attest(&store, *id).unwrap(), &root, BEGIN.parse().unwrap());
            Self::said(&statement)
        };
        let truth: Truth = ids.iter().map(said).collect();
        let claims: Vec<_> =
            ids.iter().map(|id| truth.values().find(|true_of| true_of.0 == *id).unwrap().1.clone()).collect();
        let (generated, never) = (Claim::GeneratedHere, Claim::NeverExportable);
        assert_eq!(claims, [vec![generated, never], vec![generated], vec![never], vec![generated]]);
        drop(store);
        Self { file: std::fs::read(path).unwrap(), ids, root, truth, hands }
    }

    fn said(statement: &Statement) -> (Vec<u8>, Said) {
        let facts = (statement.exportable_since().is_some(), statement.exported_at().is_some());
        let claims = statement.claims().to_vec();
        let origin = statement.origin().unwrap();
        (statement.public_key_der().to_vec(), (statement.key_id(), claims, origin, facts.0, facts.1))
    }

    fn open(&self, path: &Path) -> Keystore {
        Keystore::open(path, &raw(), timed(&self.hands)).unwrap()
    }

    /// What came of attesting each of the keys. What was attested is true.
    #[track_caller]
    fn outcomes(&self, store: &Keystore, what: &str) -> Vec<Option<ErrorKind>> {
        let judge = |id: &KeyId| match attest(store, *id) {
            Err(error) => Some(error.kind()),
            Ok(attestation) => {
                let statement = verified(&attestation, &self.root, BEGIN.parse().unwrap());
                let (public, said) = Self::said(&statement);
                assert_eq!(said.0, *id, "{what}");
                assert_eq!(self.truth.get(&public), Some(&said), "{what}");
                None
            }
        };
        self.ids.iter().map(judge).collect()
    }

    /// Lays the store out anew, edits it under the eyes of a warm handle, and lets that and a fresh one attest.
    #[track_caller]
    fn after(&self, path: &Path, what: &str, edit: impl FnOnce(&Connection)) -> [Vec<Option<ErrorKind>>; 2] {
        lay_out(path, &self.file, &[]);
        let warm = self.open(path);
        assert_eq!(self.outcomes(&warm, what), [None; 4]);
        edit(&attacker(path, &RAW));
        let seen_warm = self.outcomes(&warm, what);
        drop(warm);
        let fresh = self.open(path);
        let seen_fresh = self.outcomes(&fresh, what);
        assert!(!fresh.verify_integrity().unwrap().is_ok(), "{what}");
        [seen_warm, seen_fresh]
    }
}

const DAMAGED: Option<ErrorKind> = Some(ErrorKind::Damaged);

#[test]
fn edited_keys_make_no_false_statements() {
    let (_folder, path) = folder();
    let scene = Scene::new(&path);
    let of = |column: &str, from: i64, to: i64| {
        format!("UPDATE key SET {column} = (SELECT {column} FROM key WHERE seq = {from}) WHERE seq = {to}")
    };
    let swap = |columns: &[&str]| {
        let sets = columns.iter().map(|name| format!("{name} = (SELECT {name} FROM old WHERE old.seq = 3 - key.seq)"));
        let sets = sets.collect::<Vec<_>>().join(", ");
        format!("CREATE TEMP TABLE old AS SELECT * FROM key; UPDATE key SET {sets} WHERE seq IN (1, 2)")
    };
    // What is edited, which of the keys it is about, and whether a warm cache sees it: as long as the nonce is the same, what
    // was true before still is said.
    let edits = [
        ("no longer exportable", "UPDATE key SET exportable = 0 WHERE seq = 2".into(), &[1][..], false),
        ("never exported", "UPDATE key SET exported_at = NULL WHERE seq = 2".into(), &[1], false),
        ("as if it had never been", "UPDATE key SET exportable = 0, exported_at = NULL WHERE seq = 2".into(), &[1], false),
        ("made here", "UPDATE key SET origin = 1 WHERE seq = 3".into(), &[2], false),
        ("there for long", "UPDATE key SET inserted_at = 0 WHERE seq = 1".into(), &[0], false),
        ("for another algorithm", "UPDATE key SET algorithm = 8 WHERE seq = 1".into(), &[0], false),
        ("of another revision", "UPDATE key SET revision = 9 WHERE seq = 1".into(), &[0], false),
        ("another public key", of("public_key", 3, 1), &[0], false),
        ("another seal", of("sealed", 3, 1), &[0], false),
        ("another seal and nonce", format!("{};{}", of("sealed", 3, 1), of("nonce", 3, 1)), &[0], true),
        ("another nonce and tag", format!("{};{}", of("nonce", 3, 1), of("tag", 3, 1)), &[0], true),
        ("swapped seals", swap(&["sealed"]), &[0, 1], false),
        ("swapped seals and nonces", swap(&["sealed", "nonce"]), &[0, 1], true),
        ("swapped seals, nonces, tags", swap(&["sealed", "nonce", "tag"]), &[0, 1], true),
        ("swapped keys", swap(&["sealed", "nonce", "tag", "public_key", "certificate"]), &[0, 1], true),
        (
            "swapped ids",
            "CREATE TEMP TABLE old AS SELECT seq, id FROM key; UPDATE key SET id = randomblob(16) WHERE seq IN (1, 2); \
             UPDATE key SET id = (SELECT id FROM old WHERE old.seq = 3 - key.seq) WHERE seq IN (1, 2)"
                .into(),
            &[0, 1],
            true,
        ),
        ("a nonce of no seal", "UPDATE key SET nonce = randomblob(12) WHERE seq = 1".into(), &[0], true),
        ("a value of no version", "UPDATE key SET origin = 7, exportable = 0 WHERE seq = 2".into(), &[1], false),
    ];
    for (what, edit, about, warm_sees) in edits {
        let edit: String = edit;
        let [warm, fresh] = scene.after(&path, what, |attacker| attacker.execute_batch(&edit).unwrap());
        let expected: Vec<_> = (0..4).map(|at| if about.contains(&at) { DAMAGED } else { None }).collect();
        assert_eq!(fresh, expected, "{what}");
        assert_eq!(warm, if warm_sees { expected } else { vec![None; 4] }, "{what}, warm");
    }
}

/// A row that was there once is no forgery: nobody can tell that it is old. But a key that could be exported then can be now,
/// so it makes no claim that it should not.
#[test]
fn an_older_row_makes_no_claim_too_many() {
    let (_folder, path) = folder();
    let scene = Scene::new(&path);
    let store = scene.open(&path);
    let may_leave = scene.ids[3];
    let connection = attacker(&path, &RAW);
    connection.execute_batch("ATTACH ':memory:' AS aside KEY ''; CREATE TABLE aside.old AS SELECT * FROM key").unwrap();
    store.export_secret(may_leave, &SecretFormat::Pkcs8Pem).unwrap();
    let says = |store: &Keystore| {
        let attestation = attest(store, may_leave).unwrap();
        Scene::said(&verified(&attestation, &scene.root, BEGIN.parse().unwrap())).1
    };
    assert_eq!(says(&store), (may_leave, vec![Claim::GeneratedHere], Origin::Generated, true, true));
    connection
        .execute_batch("DELETE FROM key WHERE seq = 4; INSERT INTO key SELECT * FROM aside.old WHERE seq = 4")
        .unwrap();
    for store in [&store, &scene.open(&path)] {
        assert_eq!(says(store), (may_leave, vec![Claim::GeneratedHere], Origin::Generated, true, false));
    }
}

#[test]
fn edited_authorities_sign_nothing_false() {
    let (_folder, path) = folder();
    let scene = Scene::new(&path);
    // Rows 1 and 2: root and CA in force; 3: the authority that is retired; 4: the one in force; 5: waits for a certificate.
    let states: Vec<(i64, i64, i64)> = {
        let connection = attacker(&path, &RAW);
        let mut statement = connection.prepare("SELECT n, role, state FROM authority ORDER BY n").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.map(|row| row.unwrap()).collect()
    };
    assert_eq!(states, [(1, 1, 2), (2, 2, 2), (3, 3, 3), (4, 3, 2), (5, 3, 1)]);
    let all_damaged = [DAMAGED; 4];
    let no_authority = [Some(ErrorKind::NotPossible); 4];
    let of = |column: &str, from: i64, to: i64| {
        format!("UPDATE authority SET {column} = (SELECT {column} FROM authority WHERE n = {from}) WHERE n = {to}")
    };
    let all_but_state =
        ["sealed", "nonce", "tag", "public_key", "certificates"].map(|column| of(column, 3, 4)).join(";");
    let unique = "DROP INDEX authority_in_force";
    // What a handle with warm caches says, then a fresh one.
    let edits: Vec<(&str, String, Outcomes, Outcomes)> = vec![
        ("another chain", of("certificates", 3, 4), [None; 4], all_damaged),
        ("the chain of the CA", of("certificates", 2, 4), [None; 4], all_damaged),
        ("no chain", "UPDATE authority SET certificates = NULL WHERE n = 4".into(), [None; 4], all_damaged),
        ("no certificates", "UPDATE authority SET certificates = x'' WHERE n = 4".into(), [None; 4], all_damaged),
        ("another public key", of("public_key", 3, 4), [None; 4], all_damaged),
        ("another algorithm", "UPDATE authority SET algorithm = 8 WHERE n = 4".into(), [None; 4], all_damaged),
        ("another origin", "UPDATE authority SET origin = 2 WHERE n = 4".into(), [None; 4], all_damaged),
        ("another time", "UPDATE authority SET made_at = made_at - 1 WHERE n = 4".into(), [None; 4], all_damaged),
        ("another seal", of("sealed", 2, 4), [None; 4], all_damaged),
        ("no seal", "UPDATE authority SET sealed = x'' WHERE n = 4".into(), [None; 4], all_damaged),
        ("another nonce", of("nonce", 3, 4), all_damaged, all_damaged),
        ("another tag", of("tag", 3, 4), [None; 4], all_damaged),
        ("the retired one's parts", all_but_state, all_damaged, all_damaged),
        ("another id", "UPDATE authority SET id = randomblob(16) WHERE n = 4".into(), [None; 4], all_damaged),
        ("retired", "UPDATE authority SET state = 3 WHERE n = 4".into(), no_authority, no_authority),
        ("a state of no version", "UPDATE authority SET state = 9 WHERE n = 4".into(), no_authority, no_authority),
        (
            "the CA as authority",
            format!("{unique}; UPDATE authority SET role = 5 - role WHERE n IN (2, 4)"),
            all_damaged,
            all_damaged,
        ),
        (
            "the root as authority",
            format!("{unique}; UPDATE authority SET role = 4 - role WHERE n IN (1, 4)"),
            all_damaged,
            all_damaged,
        ),
        (
            "the retired one again",
            "UPDATE authority SET state = 3 WHERE n = 4; UPDATE authority SET state = 2 WHERE n = 3".into(),
            all_damaged,
            all_damaged,
        ),
        (
            "the one that waits",
            "UPDATE authority SET state = 3 WHERE n = 4; UPDATE authority SET state = 2, certificates = \
             (SELECT certificates FROM authority WHERE n = 4) WHERE n = 5"
                .into(),
            all_damaged,
            all_damaged,
        ),
        ("deleted", "DELETE FROM authority WHERE n = 4".into(), no_authority, no_authority),
        ("all deleted", "DELETE FROM authority".into(), no_authority, no_authority),
        // What is above signs no statement: its absence shows in the check, and when its turn comes.
        ("no CA", "DELETE FROM authority WHERE n = 2".into(), [None; 4], [None; 4]),
        ("no root", "DELETE FROM authority WHERE n = 1".into(), [None; 4], [None; 4]),
        ("another CA", of("certificates", 1, 2), [None; 4], all_damaged),
        ("no table", "DROP TABLE authority".into(), all_damaged, all_damaged),
    ];
    for (what, edit, warm, fresh) in edits {
        let seen = scene.after(&path, what, |attacker| attacker.execute_batch(&edit).unwrap());
        assert_eq!(seen, [warm.to_vec(), fresh.to_vec()], "{what}");
    }
}

/// The authority of another store, with the same raw key, is not at home here. Nor are its keys.
#[test]
fn rows_of_another_store_are_refused() {
    let ((_one, path), (_two, other)) = (folder(), folder());
    let (scene, foreign) = (Scene::new(&path), Scene::new(&other));
    for (table, columns, seq, victims) in [("authority", 12, "n = 4", 0..4), ("key", 21, "seq = 1", 0..1)] {
        let row: Vec<Value> = attacker(&other, &RAW)
            .query_row(&format!("SELECT * FROM {table} WHERE {seq}"), [], |row| {
                (0..columns).map(|at| row.get(at)).collect()
            })
            .unwrap();
        let [warm, fresh] = scene.after(&path, table, |connection| {
            connection.execute(&format!("DELETE FROM {table} WHERE {seq}"), []).unwrap();
            let places = vec!["?"; columns].join(", ");
            connection
                .execute(&format!("INSERT INTO {table} VALUES ({places})"), rusqlite::params_from_iter(&row))
                .unwrap();
            if table == "key" {
                // The id that is asked for stays.
                let id = scene.ids[0].as_bytes().to_vec();
                connection.execute("UPDATE key SET id = ?1 WHERE seq = 1", [id]).unwrap();
            }
        });
        let expected: Vec<_> = (0..4).map(|at| if victims.contains(&at) { DAMAGED } else { None }).collect();
        assert_eq!((&warm, &fresh), (&expected, &expected), "{table}");
    }
    assert_ne!(foreign.root, scene.root);
}

/// An edited CA or root makes no authority: the renewal refuses, and what is in force goes on being refused or used.
#[test]
fn nothing_is_issued_by_an_edited_ca() {
    let (_folder, path) = folder();
    let scene = Scene::new(&path);
    for (edit, kind) in [
        ("UPDATE authority SET made_at = made_at + 1 WHERE n = 2", ErrorKind::Damaged),
        ("UPDATE authority SET sealed = (SELECT sealed FROM authority WHERE n = 4) WHERE n = 2", ErrorKind::Damaged),
        ("UPDATE authority SET sealed = x'00' WHERE n = 2", ErrorKind::Damaged),
        ("DELETE FROM authority WHERE n = 2", ErrorKind::NotPossible),
    ] {
        lay_out(&path, &scene.file, &[]);
        let store = scene.open(&path);
        scene.outcomes(&store, edit);
        attacker(&path, &RAW).execute_batch(edit).unwrap();
        assert_eq!(store.renew_authority().unwrap_err().kind(), kind, "{edit}");
        scene.hands.turn(25 * super::DAY);
        let outcome = attest(&store, scene.ids[0]);
        match outcome {
            Err(error) => assert_eq!(error.kind(), kind, "{edit}"),
            // Nothing above it is there any more: it is as one whose CA is outside.
            Ok(attestation) => {
                assert_eq!(kind, ErrorKind::NotPossible, "{edit}");
                let now = "2026-12-17T06:00:00Z".parse().unwrap();
                verified(&attestation, &scene.root, now);
                assert!(attestation.renew_authority_before().is_some());
            }
        }
        scene.hands.turn(-25 * super::DAY);
    }
}

/// Whatever changes the authority does not make an edited row good by writing it anew.
#[test]
fn edited_authorities_are_not_washed() {
    if !has_cryptography() {
        return;
    }
    let (_folder, path) = folder();
    let scene = Scene::new(&path);
    for edit in [
        "UPDATE authority SET certificates = (SELECT certificates FROM authority WHERE n = 3) WHERE n = 4",
        "UPDATE authority SET origin = 2 WHERE n = 1",
        "UPDATE authority SET made_at = 7 WHERE n = 5",
        "UPDATE authority SET tag = randomblob(32) WHERE n = 2",
    ] {
        lay_out(&path, &scene.file, &[]);
        attacker(&path, &RAW).execute_batch(edit).unwrap();
        let store = scene.open(&path);
        let rows = || {
            let connection = attacker(&path, &RAW);
            let mut statement = connection.prepare("SELECT * FROM authority ORDER BY n").unwrap();
            let row = |row: &rusqlite::Row<'_>| (0..12).map(|at| row.get(at)).collect::<Result<Vec<Value>, _>>();
            statement.query_map([], row).unwrap().map(|row| row.unwrap()).collect::<Vec<_>>()
        };
        let before = rows();
        assert_eq!(store.replace_authority(&AuthorityPlan::new()).unwrap_err().kind(), ErrorKind::Damaged, "{edit}");
        let bundle = OutsideCa::new(None, &serde_json::json!({"own_key": "P-256", "cas": ["P-256"]}));
        let bundle = [bundle.get("key.pem"), bundle.get("chain.pem")].concat();
        let imported = store.import_authority(ImportAuthority::new(bundle));
        assert_eq!(imported.unwrap_err().kind(), ErrorKind::Damaged, "{edit}");
        assert_eq!(rows(), before, "{edit}");
    }
}

#[test]
fn a_key_made_anew_under_the_same_id_is_another() {
    let (_folder, path) = folder();
    let scene = Scene::new(&path);
    let (store, other) = (scene.open(&path), scene.open(&path));
    let id = scene.ids[1];
    let statement = |store: &Keystore| verified(&attest(store, id).unwrap(), &scene.root, BEGIN.parse().unwrap());
    let first = statement(&store);
    other.delete(id).unwrap();
    assert_eq!(attest(&store, id).unwrap_err().kind(), ErrorKind::NotFound);
    let anew = other.generate(es256("anew").id(id)).unwrap();
    let second = statement(&store);
    assert_eq!(Some(second.public_key_der()), anew.public_key_der());
    assert_ne!(second.public_key_der(), first.public_key_der());
    assert_eq!(second.claims(), [Claim::GeneratedHere, Claim::NeverExportable]);
    assert_eq!(first.claims(), [Claim::GeneratedHere]);
}
