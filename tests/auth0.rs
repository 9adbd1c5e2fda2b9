//! Auth0's keys of a connection: what the three calls answer, beside what the vendor's server was recorded to answer, and
//! what they refuse.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first failure"
)]

mod support;

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use keystead::api::auth0::{self, ConnectionId, ConnectionKeysRequest};
use keystead::{
    Algorithm, Clock, ErrorKind, KeySpec, KeyUse, Keystore, Options, Ring, RingName, RingPlan, SecretFormat,
};
use serde_json::{Value, json};

const KEYS: &str = "/api/v2/connections/con_1/keys";
const ROTATE: &str = "/api/v2/connections/con_1/keys/rotate";
/// A clock that stands still shows times that are known: 2025-05-29T06:43:29.675Z.
const THEN: i64 = 1_748_501_009_675;

static RECORDED: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("data/auth0/connection-keys.json")).unwrap());

#[derive(Debug)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

fn memory() -> Keystore {
    Keystore::in_memory(Options::default()).unwrap()
}

fn at(hands: &Arc<Hands>) -> Keystore {
    Keystore::in_memory(Options::default().clock(hands.clone())).unwrap()
}

fn call(store: &Keystore, method: &str, path: &str, body: &str) -> (u16, Value) {
    let answer = auth0::call(store, method, path, body.as_bytes()).unwrap();
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    if answer.status >= 400 {
        assert_eq!(body["statusCode"], json!(answer.status));
        let members: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["error", "errorCode", "message", "statusCode"]);
    }
    (answer.status, body)
}

fn done(store: &Keystore, method: &str, path: &str, body: &str) -> Value {
    let (status, answer) = call(store, method, path, body);
    assert_eq!(status, if method == "GET" { 200 } else { 201 }, "{answer}");
    answer
}

fn refused(store: &Keystore, method: &str, path: &str, body: &str) -> String {
    let (status, answer) = call(store, method, path, body);
    assert!(status >= 400, "{answer}");
    let text = |field: &str| answer[field].as_str().unwrap().to_owned();
    format!("{status} {}, {}: {}", text("error"), text("errorCode"), text("message"))
}

fn ring(store: &Keystore, name: &str) -> Ring {
    store.ring(&RingName::new(name).unwrap()).unwrap()
}

fn kids(keys: &Value) -> Vec<&str> {
    keys.as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect()
}

/// The places of a list's keys, in its order.
fn places(keys: &Value) -> Vec<&'static str> {
    let place = |key: &Value| {
        let flags: Vec<_> = ["previous", "current", "next"].into_iter().filter(|flag| !key[flag].is_null()).collect();
        assert_eq!(flags.len(), 1, "{key}");
        assert_eq!(key[flags[0]], json!(true));
        flags[0]
    };
    keys.as_array().unwrap().iter().map(place).collect()
}

/// The names of a key's members, in the order of the text, and for each text what form it has.
fn shape(key: &Value) -> Vec<(String, String)> {
    let form = |name: &str, value: &Value| match (name, value) {
        (_, Value::Bool(flag)) => flag.to_string(),
        ("cert" | "pkcs", Value::String(pem)) => {
            let lines: Vec<_> = pem.split("\r\n").collect();
            let (body, last) = lines[1..lines.len() - 2].split_at(lines.len() - 4);
            assert!(!pem.replace("\r\n", "").contains(['\r', '\n']) && lines.last() == Some(&""), "{pem:?}");
            assert!(body.iter().all(|line| line.len() == 64) && (1..=64).contains(&last[0].len()), "{pem:?}");
            format!("{} {}", lines[0], lines[lines.len() - 2])
        }
        ("subject_dn", Value::String(name)) => name[..4].to_owned(),
        (_, Value::String(text)) => text
            .chars()
            .map(|c| match c {
                c if name == "kid" && (c.is_ascii_alphanumeric() || c == '-' || c == '_') => 'x',
                '0'..='9' | 'A'..='F' if name != "algorithm" => '9',
                other => other,
            })
            .collect(),
        other => panic!("{other:?}"),
    };
    key.as_object().unwrap().iter().map(|(name, value)| (name.clone(), form(name, value))).collect()
}

/// With the vendor's defaults even the algorithm and the use are those of the recordings.
#[test]
fn answers_have_the_recorded_shape() {
    let hands = Arc::new(Hands(AtomicI64::new(THEN)));
    let store = at(&hands);
    let made = done(&store, "POST", KEYS, "");
    let [before, rotated, after] = [0, 1, 2].map(|at| &RECORDED[at]);
    assert_eq!(done(&store, "GET", KEYS, ""), made);
    let keys = |list: &Value| list.as_array().unwrap().iter().map(shape).collect::<Vec<_>>();
    assert_eq!(keys(&made), keys(&before["body"]));
    let (status, next) = call(&store, "POST", ROTATE, "{}");
    assert_eq!(json!(status), rotated["status"]);
    let listed = done(&store, "GET", KEYS, "");
    assert_eq!(keys(&listed), keys(&after["body"]));
    assert_eq!(places(&listed), ["current", "previous", "next"]);
    assert_eq!(next, listed[2]);
    // The recorded answer to a rotation is an older one.
    for (name, form) in shape(&rotated["body"]) {
        assert!(shape(&next).contains(&(name, form)));
    }
}

#[test]
fn members_stand_in_the_recorded_order() {
    let store = memory();
    let answer = auth0::call(&store, "POST", KEYS, br#"{ "signing_alg": "ES256" }"#).unwrap().body;
    let recorded = include_str!("data/auth0/connection-keys.json");
    let order = |text: &str| {
        let names =
            ["kid", "algorithm", "key_use", "subject_dn", "cert", "fingerprint", "thumbprint", "pkcs", "current"];
        let mut found: Vec<_> = names.map(|name| text.find(&format!("\"{name}\"")).unwrap()).into();
        assert!(found.is_sorted(), "{found:?}");
        found.dedup();
        found.len()
    };
    assert_eq!(order(&answer), order(recorded));
}

#[test]
fn keys_follow_each_other() {
    let hands = Arc::new(Hands(AtomicI64::new(THEN)));
    let store = at(&hands);
    let made = done(&store, "POST", KEYS, r#"{ "signing_alg": "ES256", "connection_name": "acme" }"#);
    assert_eq!(places(&made), ["current", "next"]);
    assert_eq!(made[0]["current_since"], json!("2025-05-29T06:43:29.675Z"));
    assert_eq!(made[1].get("current_since"), None);
    hands.0.fetch_add(325, Ordering::SeqCst);
    let next = done(&store, "POST", ROTATE, "");
    assert_eq!(places(&json!([next])), ["next"]);
    let listed = done(&store, "GET", KEYS, "");
    assert_eq!(kids(&listed), [kids(&made)[1], kids(&made)[0], next["kid"].as_str().unwrap()]);
    assert_eq!(places(&listed), ["current", "previous", "next"]);
    // Whole seconds have their milliseconds too. The key itself is the same but for its place.
    assert_eq!(listed[0]["current_since"], json!("2025-05-29T06:43:30.000Z"));
    assert_eq!((&listed[0]["cert"], &listed[1]["cert"]), (&made[1]["cert"], &made[0]["cert"]));
    assert_eq!(listed[1].get("current_since"), None);

    let later = done(&store, "POST", ROTATE, r#"{ "signing_alg": "ES384" }"#);
    assert_eq!(later["algorithm"], json!("ES384"));
    let listed = done(&store, "GET", KEYS, "");
    let algorithms: Vec<_> = listed.as_array().unwrap().iter().map(|key| key["algorithm"].as_str().unwrap()).collect();
    assert_eq!(algorithms, ["ES256", "ES256", "ES384"]);
    // What was previous is dropped, from the file too.
    let state = ring(&store, "con_1").state().unwrap();
    assert_eq!((state.keys().count(), store.len().unwrap()), (3, 3));
    assert!(state.by_kid(kids(&made)[0]).is_none());
    // Without an algorithm: that of the keys made last.
    assert_eq!(done(&store, "POST", ROTATE, "null")["algorithm"], json!("ES384"));
    assert!(listed.as_array().unwrap().iter().all(|key| key["subject_dn"] == json!("/CN=acme")));
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
}

#[test]
fn exactly_seven_algorithms() {
    let store = memory();
    for algorithm in Algorithm::ALL {
        let body = json!({ "signing_alg": algorithm.name() }).to_string();
        let request = ConnectionKeysRequest::from_json(body.as_bytes());
        let built = ConnectionKeysRequest::default().signing_alg(algorithm);
        let known = ["RS256", "RS384", "RS512", "PS256", "PS384", "ES256", "ES384"].contains(&algorithm.name());
        assert_eq!((request.is_ok(), built.is_ok()), (known, known), "{algorithm}");
        if let (Ok(request), Ok(built)) = (request, built) {
            assert_eq!(request, built);
        }
    }
    insta::assert_snapshot!(refused(&store, "POST", KEYS, r#"{ "signing_alg": "PS512" }"#), @"400 Bad Request, invalid_body: Payload validation error: signing_alg is 'PS512', allowed are RS256, RS384, RS512, PS256, PS384, ES256, ES384");
    insta::assert_snapshot!(refused(&store, "POST", KEYS, r#"{ "signing_alg": "rs256" }"#), @"400 Bad Request, invalid_body: Payload validation error: signing_alg is 'rs256', allowed are RS256, RS384, RS512, PS256, PS384, ES256, ES384");
    assert!(store.rings().unwrap().is_empty());
}

#[test]
fn bodies_are_read_strictly() {
    let store = memory();
    let mut said = Vec::new();
    for body in [
        r#"{ "signing_alg": 256 }"#,
        r#"{ "signing_alg": ["ES256"] }"#,
        r#"{ "signing_alg": "" }"#,
        r#"{ "signing_alg": "ES256", "signing_alg": "ES256" }"#,
        r#"{ "signing_alg": "ES256", "alg": "RS256" }"#,
        r#"{ "key_use": "sig" }"#,
        r#"{ "connection_name": " " }"#,
        r#"{ "connection_name": "a\u0000" }"#,
        r#"{ "connection_name": {} }"#,
        "[]",
        "{",
        "{} {}",
        "\"ES256\"",
    ] {
        let message = refused(&store, "POST", KEYS, body);
        assert_eq!(refused(&store, "POST", ROTATE, body), message, "{body}");
        said.push(message.replace("400 Bad Request, invalid_body: Payload validation error: ", ""));
    }
    insta::assert_snapshot!(said.join("\n"), @r"
    signing_alg is the number 256, allowed is a string
    signing_alg is an array, allowed is a string
    signing_alg is '', allowed are RS256, RS384, RS512, PS256, PS384, ES256, ES384
    signing_alg comes twice, allowed is once
    additional properties not allowed: 'alg', allowed are signing_alg, connection_name, key_use
    key_use is 'sig', allowed are signing, encryption
    connection_name is blank, allowed are 1 to 128 characters
    connection_name has U+0000 at character 2, allowed is any text without control character
    connection_name is an object, allowed is a string
    the body is an array, allowed is an object
    the body is no JSON: EOF while parsing an object at line 1 column 1
    the body is no JSON: trailing characters at line 1 column 4
    the body is a string, allowed is an object
    ");
    let long = json!({ "connection_name": "é".repeat(129) }).to_string();
    insta::assert_snapshot!(refused(&store, "POST", KEYS, &long), @"400 Bad Request, invalid_body: Payload validation error: connection_name is 129 characters, at most 128 characters");
    let longer = json!({ "connection_name": "é".repeat(513) }).to_string();
    insta::assert_snapshot!(refused(&store, "POST", KEYS, &longer), @"400 Bad Request, invalid_body: Payload validation error: connection_name is 1026 bytes, at most 128 characters");
    let huge = json!({ "connection_name": "e".repeat(1 << 20) }).to_string();
    insta::assert_snapshot!(refused(&store, "POST", KEYS, &huge), @"400 Bad Request, invalid_body: Payload validation error: the body is 1048598 bytes, at most 1048576");
    assert!(refused(&store, "POST", KEYS, &"[".repeat(100_000)).starts_with("400 "));
    let hidden = json!({ "x".repeat(10_000): 1 }).to_string();
    assert!(refused(&store, "POST", KEYS, &hidden).len() < 400);
    assert!(store.rings().unwrap().is_empty());

    let asked = r#" { "signing_alg" : "ES256", "key_use": null, "connection_name": null } "#;
    assert_eq!(done(&store, "POST", KEYS, asked)[0]["subject_dn"], json!("/CN=con_1"));
    // The body of a list is none of its business.
    assert_eq!(call(&store, "GET", KEYS, "{").0, 200);
}

#[test]
fn ids_are_segments_of_a_path() {
    let store = memory();
    let path = |segment: &str| format!("/api/v2/connections/{segment}/keys");
    let body = r#"{ "signing_alg": "ES256" }"#;
    for (segment, id) in [("con_1", "con_1"), ("a%2Fb%20c", "a/b c"), ("%E2%82%AC+", "€+"), ("x%25", "x%"), ("é", "é")]
    {
        let made = done(&store, "POST", &path(segment), body);
        assert_eq!(done(&store, "GET", &format!("{}?fields=kid", path(segment)), ""), made, "{segment}");
        assert_eq!(made[0]["subject_dn"], json!(format!("/CN={id}")));
        assert_eq!(ring(&store, id).state().unwrap().current().key().kid().as_str(), kids(&made)[0]);
    }
    let mut said = Vec::new();
    for segment in [
        "",
        "%20",
        "%",
        "a%2",
        "%zz",
        "%ff",
        "a%0A",
        "a%E2%80%A9b",
        "a%20(encryption)",
        &"a".repeat(116),
        &"a".repeat(500),
    ] {
        let message = refused(&store, "GET", &path(segment), "");
        assert_eq!(refused(&store, "POST", &path(segment), body), message);
        assert_eq!(refused(&store, "POST", &format!("{}/rotate", path(segment)), body), message);
        said.push(message.replace("400 Bad Request, invalid_uri: Path validation error: ", ""));
    }
    insta::assert_snapshot!(said.join("\n"), @r"
    id is blank, allowed are 1 to 115 characters
    id is blank, allowed are 1 to 115 characters
    id is '%', allowed is UTF-8 in percent-encoding
    id is 'a%2', allowed is UTF-8 in percent-encoding
    id is '%zz', allowed is UTF-8 in percent-encoding
    id is '%ff', allowed is UTF-8 in percent-encoding
    id has U+000A at character 2, allowed is any text without control character
    id has U+2029 at character 2, allowed is any text without control character
    id is 'a (encryption)', allowed is one that does not end in ' (encryption)'
    id is 116 characters, at most 115 characters
    id is 500 bytes, at most 115 characters
    ");
    // The longest id has rings for both uses.
    let longest = path(&"%F0%9F%94%91".repeat(115));
    done(&store, "POST", &longest, body);
    done(&store, "POST", &longest, r#"{ "signing_alg": "ES256", "key_use": "encryption" }"#);
    for (method, path) in [
        ("GET", "/api/v2/connections"),
        ("GET", "/api/v2/connections/con_1"),
        ("GET", "/api/v2/connections/con_1/keys/"),
        ("GET", "/api/v2/connections/con_1/keys/rotate"),
        ("PUT", KEYS),
        ("DELETE", KEYS),
        ("get", KEYS),
        ("POST", "/api/v2/connections/con_1/keys/rotate/x"),
        ("POST", "/v2/connections/con_1/keys"),
    ] {
        assert!(auth0::call(&store, method, path, b"{}").is_none(), "{method} {path}");
    }
}

#[test]
fn a_connection_has_a_ring_for_each_use() {
    let store = memory();
    insta::assert_snapshot!(refused(&store, "GET", KEYS, ""), @"404 Not Found, inexistent_connection: there is no connection 'con_1' that has keys");
    assert_eq!(refused(&store, "POST", ROTATE, ""), refused(&store, "GET", KEYS, ""));
    let encrypting = r#"{ "signing_alg": "ES256", "key_use": "encryption" }"#;
    let enc = done(&store, "POST", KEYS, encrypting);
    assert_eq!(done(&store, "GET", KEYS, ""), enc);
    assert_eq!(call(&store, "POST", ROTATE, "").0, 404);
    let sig = done(&store, "POST", KEYS, r#"{ "signing_alg": "ES384", "key_use": "signing", "connection_name": "n" }"#);
    let of = |keys: &Value| keys.as_array().unwrap().clone();
    assert_eq!(done(&store, "GET", KEYS, ""), json!([of(&sig), of(&enc)].concat()));
    assert_eq!((&sig[0]["key_use"], &enc[0]["key_use"]), (&json!("signing"), &json!("encryption")));
    assert_eq!((&sig[0]["subject_dn"], &enc[0]["subject_dn"]), (&json!("/CN=n"), &json!("/CN=con_1")));

    insta::assert_snapshot!(refused(&store, "POST", KEYS, ""), @"409 Conflict, conflict: the connection 'con_1' has keys for signing, which can be rotated");
    insta::assert_snapshot!(refused(&store, "POST", KEYS, encrypting), @"409 Conflict, conflict: the connection 'con_1' has keys for encryption, which can be rotated");
    let next = done(&store, "POST", ROTATE, r#"{ "key_use": "encryption", "connection_name": "ignored" }"#);
    assert_eq!((&next["algorithm"], &next["subject_dn"]), (&json!("ES256"), &json!("/CN=con_1")));
    let listed = done(&store, "GET", KEYS, "");
    assert_eq!(places(&listed), ["current", "next", "current", "previous", "next"]);
    assert_eq!(&kids(&listed)[..2], kids(&sig));

    // What was encrypted to a key can be decrypted by somebody, which is not this library.
    let state = ring(&store, "con_1 (encryption)").state().unwrap();
    assert_eq!(state.key_use(), KeyUse::Encryption);
    assert!(store.export_secret(state.current().key().id(), &SecretFormat::Pkcs8Pem).is_ok());
    let signing = ring(&store, "con_1").state().unwrap();
    let kept = store.export_secret(signing.current().key().id(), &SecretFormat::Pkcs8Pem).unwrap_err();
    assert_eq!(kept.kind(), ErrorKind::Refused);
}

fn plan(name: &str, algorithm: Algorithm) -> RingPlan {
    RingPlan::new(RingName::new(name).unwrap(), KeySpec::new(algorithm, None).unwrap())
}

#[test]
fn rings_made_elsewhere_are_connections_too() {
    let store = memory();
    let made = store.create_ring(&plan("con_1", Algorithm::Es512)).unwrap();
    for _ in 0..3 {
        made.rotate().unwrap();
    }
    let state = made.revoke(made.state().unwrap().previous().unwrap().key().kid()).unwrap();
    // Two are retired or revoked and kept: the vendor has no place for them.
    assert_eq!(state.ended().len(), 3);
    let listed = done(&store, "GET", KEYS, "");
    assert_eq!(places(&listed), ["current", "next"]);
    assert_eq!(listed[0]["algorithm"], json!("ES512"));
    assert_eq!(done(&store, "POST", ROTATE, "")["algorithm"], json!("ES512"));
    assert_eq!(call(&store, "POST", KEYS, "").0, 409);

    let path = "/api/v2/connections/secrets/keys";
    store.create_ring(&plan("secrets", Algorithm::Hs256)).unwrap();
    insta::assert_snapshot!(refused(&store, "GET", path, ""), @"400 Bad Request, operation_not_supported: the keys of 'secrets' are HMAC secrets, which have no certificate");
    let before = ring(&store, "secrets").state().unwrap();
    assert_eq!(refused(&store, "POST", &format!("{path}/rotate"), ""), refused(&store, "GET", path, ""));
    assert_eq!(ring(&store, "secrets").state().unwrap(), before);
    // The way out: keys of another kind, one after the other.
    for _ in 0..2 {
        done(&store, "POST", &format!("{path}/rotate"), r#"{ "signing_alg": "ES256" }"#);
    }
    assert_eq!(call(&store, "GET", path, "").0, 400);
    ring(&store, "secrets").retire_previous().unwrap();
    assert_eq!(places(&done(&store, "GET", path, "")), ["current", "next"]);
}

#[test]
fn rsa_keys_stay_as_long_as_they_were() {
    let store = memory();
    let spec = KeySpec::new(Algorithm::Rs256, Some(3072)).unwrap();
    let made = store.create_ring(&RingPlan::new(RingName::new("con_1").unwrap(), spec)).unwrap();
    done(&store, "POST", ROTATE, r#"{ "signing_alg": "PS384" }"#);
    assert_eq!(made.state().unwrap().spec(), KeySpec::new(Algorithm::Ps384, Some(3072)).unwrap());
    done(&store, "POST", ROTATE, r#"{ "signing_alg": "ES384" }"#);
    done(&store, "POST", ROTATE, r#"{ "signing_alg": "RS512" }"#);
    assert_eq!(made.state().unwrap().spec(), KeySpec::new(Algorithm::Rs512, Some(2048)).unwrap());
}

#[test]
fn a_store_that_cannot_write_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let body = r#"{ "signing_alg": "ES256" }"#;
    let store = Keystore::create(&path, &support::raw(), support::impatient()).unwrap();
    let made = done(&store, "POST", KEYS, body);
    let reader = Keystore::open_read_only(&path, &support::raw(), support::impatient()).unwrap();
    assert_eq!(done(&reader, "GET", KEYS, ""), made);
    insta::assert_snapshot!(refused(&reader, "POST", ROTATE, body), @"400 Bad Request, operation_not_supported: the store cannot be written: it was opened read-only");
    let lock = support::attacker(&path, &support::RAW);
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let busy = refused(&store, "POST", ROTATE, body);
    assert!(busy.starts_with("503 Service Unavailable, service_unavailable: "), "{busy}");
    assert_eq!(done(&store, "GET", KEYS, ""), made);
    lock.execute_batch("UPDATE ring SET keep = 9; COMMIT").unwrap();
    // What is wrong with the file is not for everybody.
    insta::assert_snapshot!(refused(&store, "GET", KEYS, ""), @"500 Internal Server Error, internal_error: the store failed");
    let id = ConnectionId::new("con_1").unwrap();
    let failure = auth0::list(&store, &id).unwrap_err();
    assert_eq!(failure.cause().unwrap().kind(), ErrorKind::Damaged);
}

/// Lists made while others rotate: always a current and a next key, whatever happens between two reads.
#[test]
fn lists_are_whole_while_others_rotate() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let store = Keystore::create(&path, &support::raw(), support::options()).unwrap();
    let body = r#"{ "signing_alg": "ES256" }"#;
    done(&store, "POST", KEYS, body);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let rotators: Vec<_> = (0..2)
            .map(|_| {
                let own = Keystore::open(&path, &support::raw(), support::options()).unwrap();
                scope.spawn(move || (0..30).for_each(|_| drop(done(&own, "POST", ROTATE, body))))
            })
            .collect();
        for _ in 0..2 {
            let (store, over) = (&store, &over);
            scope.spawn(move || {
                while !over.load(Ordering::SeqCst) {
                    let listed = done(store, "GET", KEYS, "");
                    let places = places(&listed);
                    assert!(places == ["current", "next"] || places == ["current", "previous", "next"], "{places:?}");
                }
            });
        }
        let ended: Vec<_> = rotators.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        over.store(true, Ordering::SeqCst);
        assert!(ended.iter().all(Result::is_ok));
    });
    assert_eq!(store.len().unwrap(), 3);
}

#[test]
fn many_first_calls_make_one_ring() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let store = Keystore::create(&path, &support::raw(), support::options()).unwrap();
    let statuses: Vec<_> = std::thread::scope(|scope| {
        let create = || call(&store, "POST", KEYS, r#"{ "signing_alg": "ES256" }"#).0;
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(create)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|&&status| status == 201).count(), 1);
    assert_eq!(statuses.iter().filter(|&&status| status == 409).count(), 7);
    assert_eq!(store.len().unwrap(), 2);
}
