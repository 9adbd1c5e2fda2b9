//! Fortanix's app calls: the shapes of what is taken and answered, and what is refused in which words.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first failure"
)]

#[path = "support/app_bodies.rs"]
mod bodies;
#[path = "support/judges.rs"]
mod judges;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use insta::assert_snapshot;
use jiff::Timestamp;
use keystead::api::fortanix::{self, AppRequest};
use keystead::{Clock, Keystore, Options};
use serde_json::{Value, json};

/// 2026-11-22T12:00:00.400Z, and whole seconds from then on.
#[derive(Debug, Default)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(1_795_348_800_400 + 1000 * self.0.load(Ordering::SeqCst)).unwrap()
    }
}

struct Scene {
    store: Keystore,
    hands: Arc<Hands>,
}

impl Scene {
    fn new() -> Self {
        let hands = Arc::new(Hands::default());
        Self { store: Keystore::in_memory(Options::default().clock(hands.clone())).unwrap(), hands }
    }

    fn raw(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let answer = fortanix::call(&self.store, method, &format!("/sys/v1/apps{path}"), body.as_bytes()).unwrap();
        let is_json = answer.content_type() == "application/json";
        assert_eq!(is_json, answer.status == 200, "{}", answer.body);
        assert_eq!(answer.body.is_empty(), answer.status == 204);
        (answer.status, answer.body)
    }

    fn done(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.raw(method, path, &body.to_string());
        assert_eq!(status, 200, "{method} {path} {body}: {answer}");
        serde_json::from_str(&answer).unwrap()
    }

    fn failed(&self, method: &str, path: &str, body: &Value) -> String {
        let (status, answer) = self.raw(method, path, &body.to_string());
        assert!(status >= 400, "{method} {path} {body}: {answer}");
        format!("{status} {answer}")
    }

    /// Makes an app, and gives its path.
    fn make(&self, body: &Value) -> String {
        format!("/{}", self.done("POST", "", body)["app_id"].as_str().unwrap())
    }

    fn secret(&self, path: &str) -> String {
        let secret = &self.done("GET", &format!("{path}/credential"), &Value::Null)["credential"]["secret"];
        secret.as_str().unwrap().to_owned()
    }
}

/// Ids and secrets are random: their places are shown.
fn masked(answer: &Value) -> String {
    let mut answer = answer.clone();
    let mut mask = |pointer: &str, text: &str| {
        if let Some(place) = answer.pointer_mut(pointer) {
            *place = json!(text);
        }
    };
    mask("/app_id", "[id]");
    for pointer in ["/credential/secret", "/previous_credential/credential/secret"] {
        mask(pointer, "[secret]");
    }
    answer.to_string()
}

#[test]
fn the_life_of_an_app() {
    let scene = Scene::new();
    let made = scene.done("POST", "", &json!({ "name": "billing", "credential": { "secret_size": 16 } }));
    assert_snapshot!(masked(&made), @r#"{"app_id":"[id]","auth_type":"Secret","created_at":"20261122T120000Z","name":"billing"}"#);
    let path = format!("/{}", made["app_id"].as_str().unwrap());
    assert_eq!(scene.done("GET", &path, &Value::Null), made);
    assert_eq!(scene.done("GET", "", &Value::Null), json!([made]));
    let credential = format!("{path}/credential");
    assert_snapshot!(masked(&scene.done("GET", &credential, &Value::Null)), @r#"{"app_id":"[id]","credential":{"secret":"[secret]"}}"#);
    let first = scene.secret(&path);
    assert_eq!(first.len(), 22);

    let renamed = scene.done("PATCH", &path, &json!({ "name": "invoices" }));
    assert_snapshot!(masked(&renamed), @r#"{"app_id":"[id]","auth_type":"Secret","created_at":"20261122T120000Z","name":"invoices"}"#);
    assert_eq!(scene.done("PATCH", &path, &json!({})), renamed);

    // The old one ends at 12:01:01: 60 s from a moment that is past 12:00:00.
    let reset = json!({ "secret_size": 32, "credential_migration_period": 60 });
    assert_eq!(scene.done("POST", &format!("{path}/reset_secret"), &reset), renamed);
    let both = scene.done("GET", &credential, &Value::Null);
    assert_snapshot!(masked(&both), @r#"{"app_id":"[id]","credential":{"secret":"[secret]"},"previous_credential":{"credential":{"secret":"[secret]"},"valid_until":"20261122T120101Z"}}"#);
    assert_eq!(both["previous_credential"]["credential"]["secret"], json!(first));
    assert_ne!(scene.secret(&path), first);
    scene.hands.0.store(60, Ordering::SeqCst);
    assert_eq!(scene.done("GET", &credential, &Value::Null), both);
    scene.hands.0.store(61, Ordering::SeqCst);
    assert_eq!(scene.done("GET", &credential, &Value::Null)["previous_credential"], Value::Null);

    // No body asks for the defaults.
    assert_eq!(scene.raw("POST", &format!("{path}/reset_secret?group_permissions=true"), "").0, 200);
    assert_eq!(scene.secret(&path).len(), 86);
    let given = json!({ "credential": { "secret": "a secret of one's own".replace(' ', "-") } });
    scene.done("PATCH", &path, &given);
    assert_eq!(scene.secret(&path), "a-secret-of-one's-own");

    assert_eq!(scene.raw("DELETE", &path, ""), (204, String::new()));
    for (method, path) in [("GET", &path), ("DELETE", &path), ("GET", &credential)] {
        let said = scene.failed(method, path, &Value::Null).replace(made["app_id"].as_str().unwrap(), "[id]");
        assert_eq!(said, "404 there is no app [id]");
    }
    assert_eq!(scene.done("GET", "", &Value::Null), json!([]));
}

/// All ways to ask for a secret that is made.
#[test]
fn secrets_that_are_made() {
    let scene = Scene::new();
    for (at, (body, length)) in [
        (json!({}), 86),
        (json!({ "credential": null, "secret_size": null }), 86),
        (json!({ "secret_size": 20 }), 27),
        (json!({ "credential": { "secret_size": 17 } }), 23),
        (json!({ "credential": { "secret": {} } }), 86),
        (json!({ "credential": { "secret": { "size": null } } }), 86),
        (json!({ "credential": { "secret": { "size": 18 } } }), 24),
    ]
    .into_iter()
    .enumerate()
    {
        let mut body = body;
        body["name"] = json!(format!("app {at}"));
        let path = scene.make(&body);
        assert_eq!(scene.secret(&path).len(), length, "{body}");
    }
    let pair = scene.make(&json!({ "name": "aws", "credential": { "awsxks": {} } }));
    let read = |path: &str| scene.done("GET", &format!("{path}/credential"), &Value::Null)["credential"].clone();
    let made = read(&pair)["awsxks"].clone();
    assert_eq!(made["access_key_id"].as_str().unwrap().len(), 20);
    assert_eq!(made["secret_key"].as_str().unwrap().len(), 43);
    scene.done("POST", &format!("{pair}/reset_secret"), &json!({}));
    let reset = read(&pair)["awsxks"].clone();
    assert!(reset["access_key_id"] != made["access_key_id"] && reset["secret_key"] != made["secret_key"]);
}

/// What is kept as a hash is shown once, when it was made at random.
#[test]
fn secrets_that_nobody_can_read() {
    let scene = Scene::new();
    let made =
        scene.done("POST", "", &json!({ "name": "hashed", "credential": { "secret_size": 16 }, "store": "hash" }));
    assert_snapshot!(masked(&made), @r#"{"app_id":"[id]","auth_type":"Secret","created_at":"20261122T120000Z","credential":{"secret":"[secret]"},"name":"hashed"}"#);
    let path = format!("/{}", made["app_id"].as_str().unwrap());
    assert_snapshot!(scene.failed("GET", &format!("{path}/credential"), &Value::Null), @"403 the secret of app 'hashed' is kept as a hash, it cannot be read");
    for (method, what, body) in [
        ("POST", "/reset_secret", json!({ "credential_migration_period": 5 })),
        ("PATCH", "", json!({ "credential": { "secret_size": 16 } })),
    ] {
        let again = scene.done(method, &format!("{path}{what}"), &body);
        assert_ne!(again["credential"]["secret"], made["credential"]["secret"]);
        assert_eq!(masked(&again), masked(&made));
    }
    // The caller knows what it gave.
    let given = json!({ "credential": { "secret": "0123456789abcdef" } });
    assert_eq!(scene.done("PATCH", &path, &given)["credential"], Value::Null);
    let given = json!({ "name": "given", "credential": { "secret": "0123456789abcdef" }, "store": "hash" });
    assert_eq!(scene.done("POST", "", &given)["credential"], Value::Null);
    // The pair can be read again.
    assert_eq!(scene.done("PATCH", &path, &json!({ "credential": { "awsxks": {} } }))["credential"], Value::Null);
    let read = scene.done("GET", &format!("{path}/credential"), &Value::Null);
    assert_eq!(read["credential"]["awsxks"]["secret_key"].as_str().unwrap().len(), 43);
    let sealed = json!({ "name": "sealed", "store": "sealed" });
    assert_eq!(scene.done("POST", "", &sealed)["credential"], Value::Null);
    assert_snapshot!(scene.failed("POST", "", &json!({ "name": "no", "credential": { "awsiam": {} }, "store": "hash" })), @"400 store is hash, allowed only for a credential with a secret");
}

#[test]
fn every_kind_is_read_as_it_was_given() {
    let scene = Scene::new();
    let mut types = Vec::new();
    for (at, credential) in bodies::credentials().into_iter().enumerate() {
        let made = scene.done("POST", "", &json!({ "name": format!("app {at}"), "credential": credential }));
        let path = format!("/{}/credential", made["app_id"].as_str().unwrap());
        assert_eq!(scene.done("GET", &path, &Value::Null)["credential"], credential);
        let kinds: Vec<_> = credential["all"].as_array().into_iter().flatten().map(name_of).collect();
        types.push(format!(
            "{} {}: {} {}",
            name_of(&credential),
            kinds.join(" "),
            made["auth_type"],
            made["auth_type_all"]
        ));
    }
    types.dedup();
    assert_snapshot!(types.join("\n"), @r#"
    secret : "Secret" null
    certificate : "Certificate" null
    trustedca : "TrustedCa" null
    googleserviceaccount : "GoogleServiceAccount" null
    signedjwt : "SignedJwt" null
    ldap : "Ldap" null
    awsiam : "AwsIam" null
    awsxks : "AwsXks" null
    googleworkspacecse : "GoogleWorkspaceCSE" null
    all certificate secret: "All" ["Certificate","Secret"]
    all ldap trustedca: "All" ["Ldap","TrustedCa"]
    all certificate signedjwt: "All" ["Certificate","SignedJwt"]
    all trustedca awsiam: "All" ["TrustedCa","AwsIam"]
    "#);
}

fn name_of(credential: &Value) -> String {
    credential.as_object().unwrap().keys().next().unwrap().clone()
}

#[test]
fn what_is_refused() {
    let scene = Scene::new();
    let path = scene.make(&json!({ "name": "taken" }));
    let iam = scene.make(&json!({ "name": "iam", "credential": { "awsiam": {} } }));
    let mut said = Vec::new();
    for (method, path, body) in [
        ("POST", "", json!([])),
        ("POST", "", json!({})),
        ("POST", "", json!({ "name": 5 })),
        ("POST", "", json!({ "name": " " })),
        ("POST", "", json!({ "name": "a\nb" })),
        ("POST", "", json!({ "name": "a".repeat(4097) })),
        ("POST", "", json!({ "name": "taken" })),
        ("POST", "", json!({ "name": "a", "fips": "yes" })),
        ("POST", "", json!({ "name": "a", "store": "plain" })),
        ("POST", "", json!({ "name": "a", "store": true })),
        ("POST", "", json!({ "name": "a", "secret_size": 15 })),
        ("POST", "", json!({ "name": "a", "secret_size": 65 })),
        ("POST", "", json!({ "name": "a", "secret_size": -16 })),
        ("POST", "", json!({ "name": "a", "secret_size": 16.0 })),
        ("POST", "", json!({ "name": "a", "secret_size": 1e300 })),
        ("POST", "", json!({ "name": "a", "secret_size": 16, "credential": { "awsiam": {} } })),
        ("POST", "", json!({ "name": "a", "credential_migration_period": 0 })),
        ("PATCH", &path, json!({ "name": "iam" })),
        ("PATCH", &path, json!({ "name": "a", "credential": { "awsiam": {} } })),
        ("PATCH", &path, json!({ "name": "a", "credential_migration_period": 5 })),
        ("PATCH", &path, json!({ "credential_migration_period": 5 })),
        ("PATCH", &path, json!({ "credential": { "awsiam": {} }, "credential_migration_period": 315_360_001 })),
        ("PATCH", &path, json!({ "credential": { "awsiam": {} }, "credential_migration_period": "5" })),
        ("POST", &format!("{path}/reset_secret"), json!({ "secret_size": 8 })),
        ("POST", &format!("{path}/reset_secret"), json!({ "credential_migration_period": u64::MAX })),
        ("POST", &format!("{path}/reset_secret"), json!("now")),
        ("POST", &format!("{iam}/reset_secret"), json!({})),
        ("GET", "/1", json!(null)),
        ("GET", "/00000000-0000-0000-0000-000000000000", json!(null)),
        ("PATCH", "/00000000-0000-0000-0000-000000000001", json!({ "name": "a" })),
        ("DELETE", "/{00000000-0000-0000-0000-000000000001}", json!(null)),
    ] {
        said.push(scene.failed(method, path, &body));
    }
    let twice = r#"{"name":"a","fips":true,"fips":false}"#;
    said.push(scene.raw("POST", "", twice).1);
    said.push(scene.raw("POST", "", r#"{"name":"a""#).1);
    said.push(scene.raw("POST", "", &" ".repeat((1 << 20) + 1)).1);
    said.push(scene.raw("POST", "", &"[".repeat(200)).1);
    assert_snapshot!(said.join("\n").replace(&"a".repeat(40), "[a]"), @"
    400 the body is an array, allowed is an object
    400 name is missing, a string is needed
    400 name is the number 5, allowed is a string
    400 name is blank, allowed are 1 to 4096 characters
    400 name has a line feed at character 2, allowed is none
    400 name is 4097 characters, at most 4096
    409 name 'taken' is taken by another app
    400 fips is a string, allowed is a boolean
    400 store is 'plain', allowed are sealed and hash
    400 store is a boolean, allowed is a string
    400 secret_size is 15, allowed are 16 to 64 bytes
    400 secret_size is 65, allowed are 16 to 64 bytes
    400 secret_size is the number -16, allowed is a whole number from 0 on
    400 secret_size is the number 16.0, allowed is a whole number from 0 on
    400 secret_size is the number 1e+300, allowed is a whole number from 0 on
    400 the body has both credential and secret_size, allowed is one of them
    400 credential_migration_period is given, and there is no credential before this one
    409 name 'iam' is taken by another app
    400 the body has both name and credential, allowed is one of them in a call
    400 credential_migration_period comes without credential, which it belongs to
    400 credential_migration_period comes without credential, which it belongs to
    400 credential_migration_period is 315360001 s, allowed are 0 to 315360000 s
    400 credential_migration_period is a string, allowed is a whole number from 0 on
    400 secret_size is 8, allowed are 16 to 64 bytes
    400 credential_migration_period is 18446744073709551615 s, allowed are 0 to 315360000 s
    400 the body is a string, allowed is an object
    422 app 'iam' has no secret that could be reset
    400 app_id is '1', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    404 there is no app 00000000-0000-0000-0000-000000000000
    404 there is no app 00000000-0000-0000-0000-000000000001
    400 app_id is '{00000000-0000-0000-0000-000000000001}', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    fips comes twice, allowed is once
    the body is no JSON: EOF while parsing an object at line 1 column 11
    the body is 1048577 bytes, at most 1048576
    the body is no JSON: recursion limit exceeded at line 1 column 128
    ");
    for (method, path) in [
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/1"),
        ("GET", "/"),
        ("GET", "/1/secret"),
        ("GET", "/1/credential/"),
        ("GET", "s"),
    ] {
        let answer = fortanix::call(&scene.store, method, &format!("/sys/v1/apps{path}"), b"");
        assert!(answer.is_none_or(|answer| answer.status == 400), "{method} {path}");
    }
}

#[test]
fn credentials_that_are_refused() {
    let der = "MAA=";
    let trusted = |with: Value| {
        let mut trusted = json!({ "subject_general": { "dns_name": "a.example" }, "ca_certificate": der });
        for (name, value) in with.as_object().unwrap() {
            trusted[name] = value.clone();
        }
        json!({ "trustedca": trusted })
    };
    let jwt = |keys: Value| json!({ "signedjwt": { "valid_issuers": ["a"], "signing_keys": keys } });
    let google = |account: Value| json!({ "googleserviceaccount": account });
    let (key, id) = ("s".repeat(43), "A".repeat(20));
    let mut said = Vec::new();
    for credential in [
        json!("secret"),
        json!({}),
        json!({ "password": "x" }),
        json!({ "secret": "0123456789abcdef", "awsiam": {} }),
        json!({ "secret": "0123456789abcdef", "ldap": 5 }),
        json!({ "all": [], "secret_size": 16 }),
        json!({ "secret": 5 }),
        json!({ "secret": "short" }),
        json!({ "secret": "x".repeat(257) }),
        json!({ "secret": "sixteen letters and blanks" }),
        json!({ "secret": { "size": "16" } }),
        json!({ "secret": { "size": 15 } }),
        json!({ "secret_size": true }),
        json!({ "certificate": 5 }),
        json!({ "certificate": "MAA" }),
        json!({ "certificate": "MAA=\n" }),
        json!({ "certificate": "-_8=" }),
        json!({ "ldap": "directory" }),
        json!({ "ldap": "780e1d5bee3b43b2aec8db99b99adc4e" }),
        json!({ "awsiam": [] }),
        json!({ "googleworkspacecse": true }),
        json!({ "awsxks": { "access_key_id": id } }),
        json!({ "awsxks": { "secret_key": key } }),
        json!({ "awsxks": { "access_key_id": "A", "secret_key": key } }),
        json!({ "awsxks": { "access_key_id": "1".repeat(20), "secret_key": key } }),
        json!({ "awsxks": { "access_key_id": id, "secret_key": "s" } }),
        json!({ "awsxks": { "access_key_id": id, "secret_key": "-".repeat(43) } }),
        json!({ "all": {} }),
        json!({ "all": [{ "awsiam": {} }] }),
        json!({ "all": [{ "certificate": der }, { "awsiam": {} }, { "awsiam": {} }] }),
        json!({ "all": [{ "secret_size": 16 }, { "awsiam": {} }] }),
        json!({ "all": [{ "certificate": der }, { "awsxks": {} }] }),
        json!({ "all": [{ "certificate": der }, { "all": [] }] }),
        json!({ "all": [{ "certificate": der }, "secret"] }),
        json!({ "all": [{ "certificate": der }, { "secret": {}, "awsiam": {} }] }),
        json!({ "all": [{ "certificate": der }, { "secret": { "size": 1 } }] }),
        json!({ "trustedca": {} }),
        json!({ "trustedca": { "ca_certificate": der } }),
        json!({ "trustedca": { "subject_general": { "dns_name": "a.example" } } }),
        trusted(json!({ "subjects": [] })),
        trusted(json!({ "ca_certificates": [der] })),
        trusted(json!({ "check_revocation": "true" })),
        trusted(json!({ "ca_certificate": "?" })),
        trusted(json!({ "ca_certificate": null, "ca_certificates": [] })),
        trusted(json!({ "ca_certificate": null, "ca_certificates": vec![der; 17] })),
        trusted(json!({ "ca_certificate": null, "ca_certificates": [der, 5] })),
        trusted(json!({ "subject_general": {} })),
        trusted(json!({ "subject_general": { "dns_name": "a", "ip_address": "::1" } })),
        trusted(json!({ "subject_general": { "dns_name": "a..b" } })),
        trusted(json!({ "subject_general": { "ip_address": "127.1" } })),
        trusted(json!({ "subject_general": { "ip_address": "fe80::1%eth0" } })),
        trusted(json!({ "subject_general": null, "subjects": [] })),
        trusted(json!({ "subject_general": null, "subjects": vec![json!({ "dns_name": "a" }); 17] })),
        trusted(json!({ "subject_general": null, "subjects": [{ "dns_name": "a" }, { "email": "b" }] })),
        trusted(json!({ "subject_general": null, "subject": [] })),
        trusted(json!({ "subject_general": null, "subject": [["2.5.4.3"]] })),
        trusted(json!({ "subject_general": null, "subject": [["2.5.4.3", der, der, der]] })),
        trusted(json!({ "subject_general": null, "subject": [["2.5.4.3", "?"]] })),
        trusted(json!({ "subject_general": null, "subject": [[5, der]] })),
        trusted(json!({ "subject_general": { "directory_name": "CN=a" } })),
        trusted(json!({ "subject_general": { "directory_name": vec![json!(["2.5.4.3", der]); 33] } })),
        jwt(json!({})),
        jwt(json!({ "kind": "jwks" })),
        jwt(json!({ "kind": "stored" })),
        jwt(json!({ "kind": "stored", "keys": {} })),
        jwt(json!({ "kind": "stored", "keys": { "": der } })),
        jwt(json!({ "kind": "stored", "keys": { "a.b": 5 } })),
        jwt(json!({ "kind": "fetched", "url": "https://a.example" })),
        jwt(json!({ "kind": "fetched", "url": "http://a.example", "cache_duration": 1 })),
        jwt(json!({ "kind": "fetched", "url": "https://a.example", "cache_duration": -1 })),
        jwt(json!({ "kind": "fetched", "url": "https://a.example", "cache_duration": 315_360_001 })),
        json!({ "signedjwt": { "valid_issuers": [], "signing_keys": { "kind": "stored", "keys": { "a": der } } } }),
        json!({ "signedjwt": { "valid_issuers": ["a", "a"], "signing_keys": {} } }),
        json!({ "signedjwt": { "valid_issuers": "a", "signing_keys": {} } }),
        json!({ "signedjwt": { "valid_issuers": ["a"], "signing_keys": { "kind": "stored", "keys": { "a": der } }, "private_claims_policy": {} } }),
        json!({ "signedjwt": { "valid_issuers": ["a"], "signing_keys": { "kind": "stored", "keys": { "a": der } }, "private_claims_policy": { "definition": { "$type": "lua", "value": "" } } } }),
        google(json!({ "access_reason_policy": {} })),
        google(json!({ "access_reason_policy": { "allow": [] } })),
        google(json!({ "access_reason_policy": { "allow": ["NO_REASON"], "allow_missing_reason": true } })),
        google(
            json!({ "access_reason_policy": { "allow": ["REASON_NOT_EXPECTED", "REASON_NOT_EXPECTED"], "allow_missing_reason": true } }),
        ),
        google(json!({ "groups": [] })),
        google(json!({ "groups": { "a": [] } })),
        google(json!({ "groups": { "780e1d5b-ee3b-43b2-aec8-db99b99adc4e": ["READ"] } })),
        google(json!({ "groups": { "780e1d5b-ee3b-43b2-aec8-db99b99adc4e": "CRYPTO_SPACE_GET_INFO" } })),
    ] {
        said.push(refused(&json!({ "name": "a", "credential": credential }).to_string()));
    }
    for twice in [
        r#"{"secret":"0123456789abcdef","secret":"0123456789abcdef"}"#,
        r#"{"awsxks":{"secret_key":"a","secret_key":"b"}}"#,
        r#"{"signedjwt":{"valid_issuers":["a"],"signing_keys":{"kind":"stored","keys":{"a":"MAA=","a":"MAA="}}}}"#,
        r#"{"googleserviceaccount":{"groups":{"780e1d5b-ee3b-43b2-aec8-db99b99adc4e":[],"780e1d5b-ee3b-43b2-aec8-db99b99adc4e":[]}}}"#,
        r#"{"googleserviceaccount":{"groups":{"780e1d5b-ee3b-43b2-aec8-db99b99adc4e":[],"780E1D5B-EE3B-43B2-AEC8-DB99B99ADC4E":[]}}}"#,
    ] {
        said.push(refused(&format!(r#"{{"name":"a","credential":{twice}}}"#)));
    }
    assert_snapshot!(said.join("\n"), @"
    credential is a string, allowed is an object
    credential has none of all, secret, secret_size, certificate, trustedca, googleserviceaccount, signedjwt, ldap, awsiam, awsxks, googleworkspacecse, one of them is needed
    credential has none of all, secret, secret_size, certificate, trustedca, googleserviceaccount, signedjwt, ldap, awsiam, awsxks, googleworkspacecse, one of them is needed
    credential has both secret and awsiam, allowed is one of all, secret, secret_size, certificate, trustedca, googleserviceaccount, signedjwt, ldap, awsiam, awsxks, googleworkspacecse
    credential has both secret and ldap, allowed is one of all, secret, secret_size, certificate, trustedca, googleserviceaccount, signedjwt, ldap, awsiam, awsxks, googleworkspacecse
    credential has both all and secret_size, allowed is one of all, secret, secret_size, certificate, trustedca, googleserviceaccount, signedjwt, ldap, awsiam, awsxks, googleworkspacecse
    credential.secret is the number 5, allowed is a string, or an object with size
    secret has 5 characters, allowed are 16 to 256
    secret has 257 characters, allowed are 16 to 256
    secret has a character that is no visible ASCII, allowed are '!' to '~'
    credential.secret.size is a string, allowed is a whole number from 0 on
    secret_size is 15, allowed are 16 to 64 bytes
    credential.secret_size is a boolean, allowed is a whole number from 0 on
    credential.certificate is the number 5, allowed is a string
    credential.certificate is no standard base64 with padding
    credential.certificate is no standard base64 with padding
    credential.certificate is no standard base64 with padding
    credential.ldap is 'directory', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    credential.ldap is '780e1d5bee3b43b2aec8db99b99adc4e', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    credential.awsiam is an array, allowed is an object
    credential.googleworkspacecse is a boolean, allowed is an object
    credential.awsxks has one of access_key_id and secret_key, allowed are both or none
    credential.awsxks has one of access_key_id and secret_key, allowed are both or none
    access_key_id has 1 characters, allowed are 20 to 30
    access_key_id has a character that is not allowed, allowed are A to Z and 2 to 7
    secret_key has 1 characters, allowed are 43 to 64
    secret_key has a character that is not allowed, allowed are A to Z, a to z, 0 to 9, '/', '+' and '='
    credential.all is an object, allowed is an array of two credentials
    credential.all has 1 credentials, allowed are exactly 2
    credential.all has 3 credentials, allowed are exactly 2
    all has secret and awsiam, allowed is one of certificate and trustedca with one of secret, awsiam, signedjwt and ldap
    all has certificate and awsxks, allowed is one of certificate and trustedca with one of secret, awsiam, signedjwt and ldap
    credential.all[1] has none of secret, secret_size, certificate, trustedca, googleserviceaccount, signedjwt, ldap, awsiam, awsxks, googleworkspacecse, one of them is needed
    credential.all[1] is a string, allowed is an object
    credential.all[1] has both secret and awsiam, allowed is one of secret, secret_size, certificate, trustedca, googleserviceaccount, signedjwt, ldap, awsiam, awsxks, googleworkspacecse
    secret_size is 1, allowed are 16 to 64 bytes
    credential.trustedca has none of subject, subject_general, subjects, one of them is needed
    credential.trustedca has none of subject, subject_general, subjects, one of them is needed
    credential.trustedca has none of ca_certificate, ca_certificates, one of them is needed
    credential.trustedca has both subject_general and subjects, allowed is one of subject, subject_general, subjects
    credential.trustedca has both ca_certificate and ca_certificates, allowed is one of ca_certificate, ca_certificates
    credential.trustedca.check_revocation is a string, allowed is a boolean
    credential.trustedca.ca_certificate is no standard base64 with padding
    ca_certificates has 0 certificates, allowed are 1 to 16
    ca_certificates has 17 certificates, allowed are 1 to 16
    credential.trustedca.ca_certificates[1] is the number 5, allowed is a string
    credential.trustedca.subject_general has none of directory_name, dns_name, ip_address, one of them is needed
    credential.trustedca.subject_general has both dns_name and ip_address, allowed is one of directory_name, dns_name, ip_address
    dns_name is 'a..b', allowed are names such as app.example.com
    credential.trustedca.subject_general.ip_address is '127.1', allowed are IPv4 and IPv6 addresses
    credential.trustedca.subject_general.ip_address is 'fe80::1%eth0', allowed are IPv4 and IPv6 addresses
    subjects has 0 subjects, allowed are 1 to 16
    subjects has 17 subjects, allowed are 1 to 16
    credential.trustedca.subjects[1] has none of directory_name, dns_name, ip_address, one of them is needed
    directory_name has 0 attributes, allowed are 1 to 32
    credential.trustedca.subject[0] has 1 elements, allowed are 2: an object identifier and a value
    credential.trustedca.subject[0] has 4 elements, allowed are 2: an object identifier and a value
    credential.trustedca.subject[0][1] is no standard base64 with padding
    credential.trustedca.subject[0][0] is the number 5, allowed is a string
    credential.trustedca.subject_general.directory_name is a string, allowed is an array of pairs of strings
    directory_name has 33 attributes, allowed are 1 to 32
    credential.signedjwt.signing_keys.kind is missing, a string is needed
    credential.signedjwt.signing_keys.kind is 'jwks', allowed are stored and fetched
    credential.signedjwt.signing_keys.keys is missing, an object is needed
    keys has 0 keys, allowed are 1 to 64
    keys has 0 bytes in a key id, allowed are 1 to 255
    credential.signedjwt.signing_keys.keys.'a.b' is the number 5, allowed is a string
    credential.signedjwt.signing_keys.cache_duration is missing, a whole number is needed
    url is 'http://a.example', allowed are https URLs, and http ones of localhost
    credential.signedjwt.signing_keys.cache_duration is the number -1, allowed is a whole number from 0 on
    cache_duration is 315360001 s, allowed are 0 to 315360000 s
    valid_issuers has 0 issuers, allowed are 1 to 64
    credential.signedjwt.valid_issuers[1] is 'a' once more, allowed is once
    credential.signedjwt.valid_issuers is a string, allowed is an array of strings
    credential.signedjwt.private_claims_policy.definition is missing, an object is needed
    credential.signedjwt.private_claims_policy.definition.$type is 'lua', allowed is rego
    credential.googleserviceaccount.access_reason_policy.allow is missing, an array of strings is needed
    credential.googleserviceaccount.access_reason_policy.allow_missing_reason is missing, a boolean is needed
    credential.googleserviceaccount.access_reason_policy.allow[0] is 'NO_REASON', allowed are REASON_UNSPECIFIED, CUSTOMER_INITIATED_SUPPORT, GOOGLE_INITIATED_SERVICE, THIRD_PARTY_DATA_REQUEST, GOOGLE_INITIATED_REVIEW, CUSTOMER_INITIATED_ACCESS, GOOGLE_INITIATED_SYSTEM_OPERATION, REASON_NOT_EXPECTED, MODIFIED_CUSTOMER_INITIATED_ACCESS, MODIFIED_GOOGLE_INITIATED_SYSTEM_OPERATION, GOOGLE_RESPONSE_TO_PRODUCTION_ALERT, CUSTOMER_AUTHORIZED_WORKFLOW_SERVICING
    credential.googleserviceaccount.access_reason_policy.allow[1] is REASON_NOT_EXPECTED once more, allowed is once
    credential.googleserviceaccount.groups is an array, allowed is an object
    a name in credential.googleserviceaccount.groups is 'a', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    credential.googleserviceaccount.groups.780e1d5b-ee3b-43b2-aec8-db99b99adc4e[0] is 'READ', allowed are CRYPTO_SPACE_GET_INFO, CRYPTO_SPACE_GET_PUBLIC_KEY
    credential.googleserviceaccount.groups.780e1d5b-ee3b-43b2-aec8-db99b99adc4e is a string, allowed is an array of strings
    credential.secret comes twice, allowed is once
    credential.awsxks.secret_key comes twice, allowed is once
    credential.signedjwt.signing_keys.keys.'a' comes twice, allowed is once
    credential.googleserviceaccount.groups.780e1d5b-ee3b-43b2-aec8-db99b99adc4e comes twice, allowed is once
    credential.googleserviceaccount.groups.780e1d5b-ee3b-43b2-aec8-db99b99adc4e comes twice, allowed is once
    ");
}

fn refused(body: &str) -> String {
    let failure = AppRequest::from_json(body.as_bytes()).expect_err(body);
    assert_eq!(failure.status(), 400);
    let message = failure.message().to_owned();
    // No secret is told, and no answer is many times as long as what it answers.
    assert!(!message.contains("0123456789abcdef") && !message.contains("sixteen") && message.len() < 500, "{message}");
    message
}

/// Neither typed values nor answers tell a secret to who prints them.
#[test]
fn debug_tells_no_secret() {
    let scene = Scene::new();
    let body = br#"{"name":"a","credential":{"secret":"0123456789abcdef"}}"#;
    let request = AppRequest::from_json(body).unwrap();
    let mut shown = format!("{request:?}");
    let made = fortanix::create_app(&scene.store, request).unwrap();
    shown += &format!("{made:?}");
    shown += &format!("{:?}", fortanix::app_credential(&scene.store, made.app().id()).unwrap());
    let path = format!("/sys/v1/apps/{}/credential", made.app().id());
    let answer = fortanix::call(&scene.store, "GET", &path, b"").unwrap();
    assert!(answer.body.contains("0123456789abcdef"));
    shown += &format!("{answer:?}");
    assert!(!shown.contains("0123456789abcdef"), "{shown}");
}
