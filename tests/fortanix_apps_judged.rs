//! Fortanix's app calls judged by the vendor's own document: its schemas and Python's `jsonschema` say which credentials are
//! good, and take what is answered; and by the types with which the vendor's client for Rust reads and writes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first failure, and says which judge was not there"
)]

#[path = "support/app_bodies.rs"]
mod bodies;
#[path = "support/judges.rs"]
mod judges;
#[path = "support/sdkms_types.rs"]
mod sdkms;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use keystead::api::fortanix::{self, AppRequest, AppResetSecretRequest, AppUpdate};
use keystead::{Keystore, Options};
use serde_json::{Value, json};

fn store() -> Keystore {
    Keystore::in_memory(Options::default()).unwrap()
}

fn call(store: &Keystore, method: &str, path: &str, body: &Value) -> String {
    let answer = fortanix::call(store, method, &format!("/sys/v1/apps{path}"), body.to_string().as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{method} {path} {body}: {}", answer.body);
    answer.body
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// What the vendor's schemas say of texts: nothing when they are good. None where there is no jsonschema, which is said.
fn judge(texts: &[(&str, String)]) -> Option<Vec<Option<String>>> {
    let there = Command::new("python3").args(["-c", "import jsonschema"]).stderr(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        println!("skipped: python3 has no package jsonschema (pip install jsonschema)");
        return None;
    }
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/");
    let mut child = Command::new("python3")
        .arg(format!("{tests}support/fortanix_schemas.py"))
        .arg(format!("{tests}data/fortanix/app-credential-schemas.json"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: Vec<_> = texts.iter().map(|(schema, text)| json!([schema, text]).to_string()).collect();
    let mut input = child.stdin.take().unwrap();
    // Its answers may fill the pipe before it has read everything.
    let writer = std::thread::spawn(move || input.write_all((lines.join("\n") + "\n").as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let verdicts = String::from_utf8(output.stdout).unwrap();
    let verdicts: Vec<_> = verdicts.lines().map(|line| (line != "valid").then(|| line.to_owned())).collect();
    assert_eq!(verdicts.len(), texts.len());
    Some(verdicts)
}

fn ours(credential: &Value) -> Result<(), String> {
    let body = json!({ "name": "a", "credential": credential }).to_string();
    AppRequest::from_json(body.as_bytes()).map(drop).map_err(|failure| failure.message().to_owned())
}

/// Every change of one thing in a value that JSON Schema can tell: a member left out or added, a value of another type, an
/// element twice.
fn changed(value: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                for change in changed(member) {
                    all.push(with(value, name, change));
                }
                let mut without = members.clone();
                without.remove(name);
                all.push(Value::Object(without));
            }
            all.push(with(value, "unknown", json!({ "deep": [1, null] })));
        }
        Value::Array(elements) => {
            for (at, element) in elements.iter().enumerate() {
                for change in changed(element) {
                    let mut elements = elements.clone();
                    elements[at] = change;
                    all.push(Value::Array(elements));
                }
            }
            all.push(Value::Array(elements.iter().chain(elements.last()).cloned().collect()));
        }
        Value::String(text) => all.push(json!(format!("{text}?"))),
        Value::Number(number) => all.push(json!(number.as_f64().unwrap() + 0.5)),
        _ => {}
    }
    let others = [json!(true), json!(7), json!("AAAA"), json!([]), json!({})];
    all.extend(others.into_iter().filter(|other| type_of(other) != type_of(value)));
    all
}

fn with(object: &Value, name: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[name] = value;
    object
}

fn type_of(value: &Value) -> std::mem::Discriminant<Value> {
    std::mem::discriminant(value)
}

/// Where the schema has nothing to say and a rule of ours does: how many of the changes that it takes are refused with which
/// words. The other way round there are two: a secret to be made, and a pair.
#[test]
fn the_same_verdicts() {
    let mut bodies: Vec<_> = bodies::credentials();
    let right = bodies.len();
    for credential in bodies.clone() {
        bodies.extend(changed(&credential));
    }
    // Two at once, both good.
    let second = with(&json!({ "ldap": bodies::DIRECTORY }), "secret", json!(bodies::SECRET));
    bodies.extend([second, json!({ "awsiam": {}, "googleworkspacecse": {} }), json!(null)]);
    let texts: Vec<_> = bodies.iter().map(|body| ("AppCredential", body.to_string())).collect();
    let Some(verdicts) = judge(&texts) else { return };
    let (mut same, mut stricter) = (0, BTreeMap::<_, usize>::new());
    for (at, (body, verdict)) in bodies.iter().zip(verdicts).enumerate() {
        let ours = ours(body);
        match (verdict, ours) {
            (None, Ok(())) | (Some(_), Err(_)) => same += 1,
            (None, Err(message)) => {
                assert!(at >= right, "{message}: {body}");
                // Which rule it is, without where and with what.
                let words: Vec<_> = message.split(", allowed").next().unwrap().split(' ').skip(1).collect();
                let rule: Vec<_> = words.iter().filter(|word| !word.contains(['\'', '[', '.'])).copied().collect();
                *stricter.entry(rule.join(" ")).or_default() += 1;
            }
            (Some(verdict), Ok(())) => {
                let text = body.to_string();
                let generated = text.contains(r#""secret":{}"#) || text.contains(r#""awsxks":{}"#) || text == "null";
                assert!(generated, "{verdict}: {body}");
            }
        }
    }
    assert!(same > 700, "{same}");
    insta::assert_debug_snapshot!(stricter, @r#"
    {
        "has 0 keys": 3,
        "has 3 credentials": 4,
        "has a character that is not allowed": 2,
        "is": 4,
        "is no standard base64 with padding": 4,
    }
    "#);
}

/// A member that is null is as good as none.
#[test]
fn null_is_nothing() {
    fn nulled(value: &Value) -> Vec<(Value, Value)> {
        let mut all = Vec::new();
        if let Value::Object(members) = value {
            for (name, member) in members {
                let mut without = members.clone();
                without.remove(name);
                all.push((with(value, name, Value::Null), Value::Object(without)));
                all.extend(nulled(member).into_iter().map(|(a, b)| (with(value, name, a), with(value, name, b))));
            }
        }
        all
    }
    for credential in bodies::credentials() {
        for (null, none) in nulled(&credential) {
            // But a name that is data has to have a value.
            if null["signedjwt"]["signing_keys"]["keys"]["2026"].is_null() && none.to_string().contains("stored")
                || null.to_string().contains(&format!("{:?}:null", bodies::GROUP))
                || null.to_string().contains(&format!("{:?}:null", bodies::DIRECTORY))
            {
                ours(&null).unwrap_err();
            } else {
                assert_eq!(ours(&null), ours(&none), "{null}");
            }
        }
    }
}

/// What is answered keeps the schemas, before a rotation and after it, and can be given back.
#[test]
fn answers_keep_the_schemas() {
    let store = store();
    let mut texts = Vec::new();
    for (at, credential) in bodies::credentials().iter().enumerate() {
        let made = parsed(&call(&store, "POST", "", &json!({ "name": at.to_string(), "credential": credential })));
        let path = format!("/{}", made["app_id"].as_str().unwrap());
        let read = format!("{path}/credential");
        let first = call(&store, "GET", &read, &Value::Null);
        assert_eq!(parsed(&first)["credential"], *credential);
        let change = json!({ "credential": { "secret_size": 16 }, "credential_migration_period": 3600 });
        call(&store, "PATCH", &path, &change);
        let both = call(&store, "GET", &read, &Value::Null);
        assert_eq!(parsed(&both)["previous_credential"]["credential"], *credential);
        texts.extend([("AppCredentialResponse", first), ("AppCredentialResponse", both)]);
    }
    let wrong = texts[1].1.replace("\"valid_until\":\"2", "\"valid_until\":\"");
    assert_ne!(wrong, texts[1].1);
    texts.push(("AppCredentialResponse", wrong));
    let Some(mut verdicts) = judge(&texts) else { return };
    assert!(verdicts.pop().unwrap().is_some());
    assert_eq!(verdicts, vec![None; verdicts.len()]);
}

/// The vendor's client for Rust, version 0.5.1, reads these credentials as it would those of the vendor, and what it writes
/// is understood.
#[test]
fn the_vendors_client() {
    let store = store();
    let mut unread = Vec::new();
    for (at, credential) in bodies::credentials().iter().enumerate() {
        let made = parsed(&call(&store, "POST", "", &json!({ "name": at.to_string(), "credential": credential })));
        let id = made["app_id"].as_str().unwrap();
        let read = || call(&store, "GET", &format!("/{id}/credential"), &Value::Null);
        let response: sdkms::AppCredentialResponse = match serde_json::from_str(&read()) {
            Ok(response) => response,
            Err(error) => {
                let name = credential.as_object().unwrap().keys().next().unwrap();
                unread.push(format!("{name}: {error}").split(" at line").next().unwrap().to_owned());
                continue;
            }
        };
        assert_eq!(response.app_id.to_string(), id);
        let mut kept = serde_json::to_value(&response.credential).unwrap();
        // A set, whose order is another each time.
        if let Some(Value::Array(issuers)) = kept.pointer_mut("/signedjwt/valid_issuers") {
            issuers.sort_by_key(Value::to_string);
        }
        assert_eq!(kept, known(credential));
        // Once more, beside a credential that was before it.
        let request = sdkms::AppRequest { credential: Some(response.credential), ..Default::default() };
        let body = serde_json::to_vec(&request).unwrap();
        let replaced = fortanix::update_app(&store, id.parse().unwrap(), AppUpdate::from_json(&body).unwrap()).unwrap();
        let mut body: Value = serde_json::from_slice(&body).unwrap();
        body["credential_migration_period"] = json!(60);
        call(&store, "PATCH", &format!("/{id}"), &body);
        let both = read();
        assert!(both.contains("previous_credential"));
        let response: sdkms::AppCredentialResponse = serde_json::from_str(&both).unwrap();
        assert_eq!(response.app_id, replaced.app().id().uuid());

        let request = sdkms::AppResetSecretRequest { secret_size: Some(32) };
        AppResetSecretRequest::from_json(&serde_json::to_vec(&request).unwrap()).unwrap();
    }
    let request = sdkms::AppRequest { name: Some("made".into()), secret_size: Some(24), ..Default::default() };
    let made = AppRequest::from_json(&serde_json::to_vec(&request).unwrap()).unwrap();
    fortanix::create_app(&store, made).unwrap();
    insta::assert_snapshot!(unread.join("\n"), @"
    trustedca: missing field `subject`
    trustedca: missing field `ca_certificate`
    trustedca: missing field `subject`
    ldap: unknown variant `ldap`, expected one of `secret`, `certificate`, `trustedca`, `googleserviceaccount`, `signedjwt`
    awsiam: unknown variant `awsiam`, expected one of `secret`, `certificate`, `trustedca`, `googleserviceaccount`, `signedjwt`
    awsxks: unknown variant `awsxks`, expected one of `secret`, `certificate`, `trustedca`, `googleserviceaccount`, `signedjwt`
    googleworkspacecse: unknown variant `googleworkspacecse`, expected one of `secret`, `certificate`, `trustedca`, `googleserviceaccount`, `signedjwt`
    all: unknown variant `all`, expected one of `secret`, `certificate`, `trustedca`, `googleserviceaccount`, `signedjwt`
    all: unknown variant `all`, expected one of `secret`, `certificate`, `trustedca`, `googleserviceaccount`, `signedjwt`
    all: unknown variant `all`, expected one of `secret`, `certificate`, `trustedca`, `googleserviceaccount`, `signedjwt`
    all: unknown variant `all`, expected one of `secret`, `certificate`, `trustedca`, `googleserviceaccount`, `signedjwt`
    ");
}

/// What the client keeps of a credential.
fn known(credential: &Value) -> Value {
    let mut known = credential.clone();
    match known.as_object_mut().unwrap().iter_mut().next().unwrap() {
        (name, account) if name == "googleserviceaccount" => *account = json!({}),
        (name, jwt) if name == "signedjwt" => drop(jwt.as_object_mut().unwrap().remove("private_claims_policy")),
        (name, trusted) if name == "trustedca" => drop(trusted.as_object_mut().unwrap().remove("check_revocation")),
        _ => {}
    }
    known
}
