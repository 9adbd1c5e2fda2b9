//! Fortanix's key attestation call, judged by the vendor's own document: its schemas and Python's `jsonschema` say which
//! bodies are good, and take what is answered.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

#[path = "support/judges.rs"]
mod judges;

use std::io::Write;
use std::process::{Command, Stdio};

use base64ct::{Base64, Encoding};
use judges::Folder;
use keystead::api::fortanix::{
    self, KeyAttestationRequest, KeyAttestationResponse, KeyAttestationStatementFormat, SobjectDescriptor,
};
use keystead::{
    Algorithm, AttestationRequest, AuthorityPlan, GenerateKey, ImportKey, Key, KeyName, KeySpec, Keystore, Options,
    PublicFormat,
};
use serde_json::{Value, json};

/// What the vendor's server answered once.
const RECORDED: &str = include_str!("data/fortanix/key-attestation-response.json");
const CALL: &str = "/crypto/v1/keys/key_attestation";
const KID: &str = "780e1d5b-ee3b-43b2-aec8-db99b99adc4e";

fn store() -> Keystore {
    let store = Keystore::in_memory(Options::default()).unwrap();
    store.create_authority(&AuthorityPlan::new()).unwrap();
    store
}

fn generate(store: &Keystore, name: &str, algorithm: Algorithm) -> Key {
    let spec = KeySpec::new(algorithm, None).unwrap();
    store.generate(GenerateKey::new(KeyName::new(name).unwrap(), spec)).unwrap()
}

fn call(store: &Keystore, body: &str) -> (u16, String) {
    let answer = fortanix::call(store, "POST", CALL, body.as_bytes()).unwrap();
    assert_eq!(answer.content_type() == "application/json", answer.status == 200);
    (answer.status, answer.body)
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
        .arg(format!("{tests}data/fortanix/key-attestation-schemas.json"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: Vec<_> = texts.iter().map(|(schema, text)| json!([schema, text]).to_string()).collect();
    child.stdin.take().unwrap().write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let verdicts = String::from_utf8(output.stdout).unwrap();
    let verdicts: Vec<_> = verdicts.lines().map(|line| (line != "valid").then(|| line.to_owned())).collect();
    assert_eq!(verdicts.len(), texts.len());
    Some(verdicts)
}

fn request(body: &str) -> Result<KeyAttestationRequest, String> {
    KeyAttestationRequest::from_json(body.as_bytes()).map_err(|failure| {
        assert_eq!(failure.status(), 400);
        failure.message().to_owned()
    })
}

/// What is wrong with a response, also inside its base64.
fn response(body: &str) -> Result<(), String> {
    let response = KeyAttestationResponse::from_json(body.as_bytes()).map_err(|failure| failure.to_string())?;
    response.authority_chain_der().map_err(|error| error.to_string())?;
    response.statement_der().map(drop).map_err(|error| error.to_string())
}

#[test]
fn answers_are_what_the_vendors_schema_says() {
    let store = store();
    let folder = Folder::new();
    folder.openssl("genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem");
    store.import(ImportKey::new(KeyName::new("RSA").unwrap(), folder.get("rsa.pem"))).unwrap();
    for algorithm in [Algorithm::Es256, Algorithm::Es384, Algorithm::Es512] {
        generate(&store, algorithm.name(), algorithm);
    }
    let mut texts = vec![("KeyAttestationResponse", RECORDED.to_owned())];
    for name in ["RSA", "ES256", "ES384", "ES512"] {
        let key = store.key(KeyName::new(name).unwrap()).unwrap();
        for body in [json!({ "key": { "kid": key.id().to_string() } }), json!({ "key": { "name": name } })] {
            let body = body.to_string();
            let (status, answer) = call(&store, &body);
            assert_eq!(status, 200, "{answer}");
            let read: Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(read["authority_chain"].as_array().unwrap().len(), 3);
            // The statement is for the key that was asked for: openssl reads it so.
            let statement = read["attestation_statement"]["statement"].as_str().unwrap();
            folder.put("statement.der", Base64::decode_vec(statement).unwrap());
            let public = folder.openssl("x509 -inform DER -in statement.der -noout -pubkey");
            assert_eq!(public, store.export_public(key.id(), PublicFormat::SpkiPem).unwrap(), "{name}");
            texts.extend([("KeyAttestationRequest", body), ("KeyAttestationResponse", answer)]);
        }
    }
    let Some(verdicts) = judge(&texts) else { return };
    assert_eq!(verdicts, vec![None; texts.len()]);
    // The judge can refuse.
    let short = [("KeyAttestationResponse", json!({ "authority_chain": [] }).to_string())];
    assert_eq!(judge(&short).unwrap(), [Some("'attestation_statement' is a required property".into())]);
}

#[test]
fn what_is_answered_is_read_again() {
    let store = store();
    let key = generate(&store, "key", Algorithm::Es256);
    let challenge = AttestationRequest::new().challenge(*b"0123456789abcdef").unwrap();
    let request = KeyAttestationRequest::new(SobjectDescriptor::Kid(key.id().uuid()), challenge);
    let made = fortanix::key_attestation(&store, &request).unwrap();
    let json = serde_json::to_string(&made).unwrap();
    assert_eq!(KeyAttestationResponse::from_json(json.as_bytes()).unwrap(), made);
    let recorded = KeyAttestationResponse::from_json(RECORDED.as_bytes()).unwrap();
    assert_eq!(recorded.authority_chain_der().unwrap().len(), 3);
    assert_eq!(recorded.attestation_statement.format, KeyAttestationStatementFormat::X509Certificate);
    assert_eq!(serde_json::to_value(&recorded).unwrap(), serde_json::from_str::<Value>(RECORDED).unwrap());
}

/// Whatever may stand where a UUID, a name or an object belongs.
fn values() -> Vec<Value> {
    let id = KID.to_owned();
    let texts = [
        id.clone(),
        id.to_uppercase(),
        "00000000-0000-0000-0000-000000000000".into(),
        "ffffffff-ffff-ffff-ffff-ffffffffffff".into(),
        id[1..].into(),
        format!("{id}0"),
        format!("{{{id}}}"),
        format!("urn:uuid:{id}"),
        id.replace('-', ""),
        id.replace('e', "g"),
        format!("7-80e1d5b{}", &id[9..]),
        "token signing".into(),
        " a ".into(),
        String::new(),
        " ".into(),
        "\t\u{b}\u{c}\r".into(),
        "\n".into(),
        "a\nb".into(),
        "a\n".into(),
        "\na".into(),
        "a\rb".into(),
        "\u{0}".into(),
        "\u{1c}".into(),
        "\u{85}".into(),
        "\u{a0}\u{1680}\u{2028}\u{3000}".into(),
        "\u{feff}".into(),
        "\u{feff}a".into(),
        "ß".repeat(4096),
        "ß".repeat(4097),
        "🔑".repeat(4096),
        format!("{}a", " ".repeat(4095)),
        format!("{}a", " ".repeat(4096)),
    ];
    let others =
        [json!(null), json!(true), json!(5), json!(-1.5), json!([]), json!([KID]), json!({}), json!({ "kid": KID })];
    texts.into_iter().map(Value::from).chain(others).collect()
}

/// Both members at once: the schema's `oneOf` takes such a body when one of them is malformed, this library never.
fn names_both(body: &Value) -> bool {
    let key = &body["key"];
    !key["kid"].is_null() && !key["name"].is_null()
}

#[test]
fn requests_are_taken_as_the_vendors_schema_takes_them() {
    let mut bodies = vec![json!({}), json!([]), json!(null), json!("key"), json!(1), json!({ "Key": { "kid": KID } })];
    for value in values() {
        bodies.push(json!({ "key": { "kid": value } }));
        bodies.push(json!({ "key": { "name": value } }));
        bodies.push(json!({ "key": { "kid": KID, "name": value } }));
        bodies.push(json!({ "key": { "kid": value, "name": "x" } }));
        bodies.push(json!({ "key": { "kid": KID, "transient_key": value }, "more": value }));
        bodies.push(json!({ "key": value }));
    }
    let texts: Vec<_> = bodies.iter().map(|body| ("KeyAttestationRequest", body.to_string())).collect();
    let Some(verdicts) = judge(&texts) else { return };
    let (mut taken, mut refused, mut stricter) = (0, 0, 0);
    for ((body, (_, text)), verdict) in bodies.iter().zip(&texts).zip(&verdicts) {
        match (request(text), verdict) {
            (Ok(_), None) => taken += 1,
            (Err(_), Some(_)) => refused += 1,
            (Err(_), None) if names_both(body) => stricter += 1,
            (ours, schema) => panic!("{text}\nhere {ours:?}\nschema {schema:?}"),
        }
    }
    // Enough of each that a judge or reader which always says the same is found out.
    assert!(taken > 50 && refused > 90 && stricter > 20, "{taken} {refused} {stricter}");
}

#[test]
fn responses_are_taken_as_the_vendors_schema_takes_them() {
    let recorded: Value = serde_json::from_str(RECORDED).unwrap();
    let statement = &recorded["attestation_statement"];
    let mut bodies = vec![json!({}), json!([]), json!(null), json!("x"), recorded.clone()];
    let mut values = values();
    for base64 in ["", "QQ==", "QQ", "QR==", "Q Q=", "QQ==\n", "_-_-", "AAAA", "====", "data:,AAAA"] {
        values.push(base64.into());
    }
    values.push("x509_certificate".into());
    values.push("X509_CERTIFICATE".into());
    for value in values {
        bodies.push(json!({ "authority_chain": value, "attestation_statement": statement }));
        bodies.push(json!({ "authority_chain": [value], "attestation_statement": statement }));
        bodies.push(json!({ "authority_chain": ["AAAA", value], "attestation_statement": statement, "more": value }));
        bodies.push(json!({ "authority_chain": [], "attestation_statement": value }));
        let format = "x509_certificate";
        bodies
            .push(json!({ "authority_chain": [], "attestation_statement": { "format": format, "statement": value } }));
        bodies
            .push(json!({ "authority_chain": [], "attestation_statement": { "format": value, "statement": "AAAA" } }));
        bodies.push(json!({ "authority_chain": [], "attestation_statement": { "statement": value } }));
    }
    let texts: Vec<_> = bodies.iter().map(|body| ("KeyAttestationResponse", body.to_string())).collect();
    let (mut taken, mut refused) = (0, 0);
    let Some(verdicts) = judge(&texts) else { return };
    for ((_, text), verdict) in texts.iter().zip(&verdicts) {
        match (response(text), verdict) {
            (Ok(()), None) => taken += 1,
            (Err(_), Some(_)) => refused += 1,
            (ours, schema) => panic!("{text}\nhere {ours:?}\nschema {schema:?}"),
        }
    }
    assert!(taken > 10 && refused > 200, "{taken} {refused}");
}

#[test]
fn refusals_name_what_was_got_and_what_is_allowed() {
    let long = json!({ "key": { "name": "x".repeat(5000) } }).to_string();
    let deep = format!(r#"{{"key":{{"kid":"{KID}"}},"more":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    let huge = format!(r#"{{"key":{{"kid":"{KID}"}}}}{}"#, " ".repeat(1 << 20));
    let challenge = |bytes: usize| {
        json!({ "key": { "kid": KID }, "challenge": Base64::encode_string(&vec![7; bytes]) }).to_string()
    };
    let bodies = [
        "",
        "{",
        "[]",
        "{}",
        r#"{"key":null}"#,
        r#"{"key":5}"#,
        r#"{"key":{}}"#,
        r#"{"key":{"kid":null}}"#,
        r#"{"key":{"kid":"x"}}"#,
        r#"{"key":{"kid":5}}"#,
        r#"{"key":{"kid":"x","name":"y"}}"#,
        r#"{"key":{"kid":"x","kid":"x"}}"#,
        r#"{"key":{"name":"x"},"k\u0065y":{"name":"y"}}"#,
        r#"{"key":{"name":" "}}"#,
        r#"{"key":{"name":"a\nb"}}"#,
        &long,
        r#"{"key":{"name":"x"},"challenge":"?"}"#,
        r#"{"key":{"name":"x"},"challenge":["AAAA"]}"#,
        r#"{"key":{"name":"x"},"challenge":"AA==","challenge":"AA=="}"#,
        &challenge(0),
        &challenge(65),
        &deep,
        &huge,
    ];
    let messages: Vec<_> = bodies.iter().map(|body| request(body).unwrap_err()).collect();
    insta::assert_snapshot!(messages.join("\n"), @"
    the body is no JSON: EOF while parsing a value at line 1 column 0
    the body is no JSON: EOF while parsing an object at line 1 column 1
    the body is an array, allowed is an object
    key is missing, an object is needed
    key is missing, an object is needed
    key is the number 5, allowed is an object
    key has neither kid nor name, one of them is needed
    key has neither kid nor name, one of them is needed
    key.kid is 'x', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    key.kid is the number 5, allowed is a string
    key has both kid and name, allowed is one of them
    key.kid comes twice, allowed is once
    key comes twice, allowed is once
    key.name is blank, allowed are 1 to 4096 characters
    key.name has a line feed at character 2, allowed is none
    key.name is 5000 characters, at most 4096
    challenge is no standard base64 with padding
    challenge is an array, allowed is a string
    challenge comes twice, allowed is once
    challenge is 0 bytes, allowed are 1 to 64
    challenge is 65 bytes, allowed are 1 to 64
    the body is no JSON: recursion limit exceeded at line 1 column 188
    the body is 1048630 bytes, at most 1048576
    ");
    assert!(request(&challenge(1)).is_ok() && request(&challenge(64)).is_ok());
    assert!(request(r#"{"key":{"name":"x"},"challenge":null}"#).is_ok());
    // What nobody reads may come twice.
    assert!(request(r#"{"key":{"name":"x","a":1,"a":2},"b":1,"b":2}"#).is_ok());
}

#[test]
fn every_failure_has_its_status_and_a_text() {
    let store = Keystore::in_memory(Options::default()).unwrap();
    let key = generate(&store, "private", Algorithm::Es256);
    generate(&store, "secret", Algorithm::Hs256);
    let public = store.export_public(key.id(), PublicFormat::SpkiPem).unwrap();
    store.import(ImportKey::new(KeyName::new("public").unwrap(), public)).unwrap();
    let by_name = |name: &str| json!({ "key": { "name": name } }).to_string();
    let mut lines = Vec::new();
    let mut fails = |store: &Keystore, body: &str| {
        let (status, message) = call(store, body);
        lines.push(format!("{status} {message}"));
    };
    fails(&store, &by_name("private"));
    store.create_authority(&AuthorityPlan::new()).unwrap();
    fails(&store, &by_name("secret"));
    fails(&store, &by_name("public"));
    fails(&store, &by_name("nobody"));
    // Names and ids that no key here can have, and the vendor's schema allows.
    fails(&store, &by_name("a\rb"));
    fails(&store, &json!({ "key": { "kid": "00000000-0000-0000-0000-000000000000" } }).to_string());
    fails(&store, &json!({ "key": { "kid": KID } }).to_string());
    fails(&store, "{}");
    insta::assert_snapshot!(lines.join("\n"), @r"
    422 the store has no attestation authority: one must be created, installed or imported first
    422 the key 'secret' is an HMAC secret: attested are RSA and EC keys that have their private part
    422 the key 'public' is a public key alone: attested are RSA and EC keys that have their private part
    404 there is no key with name 'nobody'
    404 there is no key with name 'a\rb'
    404 there is no key with id 00000000-0000-0000-0000-000000000000
    404 there is no key with id 780e1d5b-ee3b-43b2-aec8-db99b99adc4e
    400 key is missing, an object is needed
    ");
    assert_eq!(call(&store, &by_name("private")).0, 200);
    for (method, path) in [("GET", CALL), ("POST", "/crypto/v1/keys"), ("POST", "/crypto/v1/keys/key_attestation/")] {
        assert!(fortanix::call(&store, method, path, b"{}").is_none(), "{method} {path}");
    }
}

/// Random bytes of the right shape cost no more than their length.
#[test]
fn a_response_of_many_elements_is_read() {
    let mut body =
        r#"{"attestation_statement":{"format":"x509_certificate","statement":""},"authority_chain":[""#.to_owned();
    while body.len() < (1 << 20) - 16 {
        body.push_str(r#"","#);
        body.push('"');
    }
    body.push_str(r#""]}"#);
    let response = KeyAttestationResponse::from_json(body.as_bytes()).unwrap();
    assert!(response.authority_chain.len() > 300_000);
}
