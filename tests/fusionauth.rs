//! FusionAuth's Keys API, judged by the vendor's document: its example requests are answered with exactly the fields of
//! its example responses, in its formats, and what is refused is named by field and code.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::Arc;

use jiff::Timestamp;
use keystead::api::fusionauth::{self, GenerateRequest, Response, UpdateRequest};
use keystead::{Algorithm, Clock, GenerateKey, KeyId, KeyName, KeySpec, Keystore, Options, UserLabel};
use serde_json::{Value, json};

/// The RSA example's request, as the vendor's document has it.
const GENERATE_RSA: &str = r#"{"key":{"algorithm":"RS256","issuer":"","name":"SHA-256 with RSA","length":2048}}"#;
const GENERATE_EC: &str =
    r#"{"key":{"algorithm":"ES256","issuer":"acme.com","name":"ECDSA using P-256 curve and SHA-256"}}"#;
const GENERATE_HMAC: &str = r#"{"key":{"algorithm":"HS256","name":"HMAC using SHA-256"}}"#;
const UPDATE: &str = r#"{"key":{"name":"OpenID Connect compliant HMAC using SHA-256"}}"#;

/// The fields of the document's RSA example. Its EC example shows no certificate, but its field list does.
const ASYMMETRIC_FIELDS: [&str; 14] = [
    "algorithm",
    "certificate",
    "certificateInformation",
    "expirationInstant",
    "hasPrivateKey",
    "id",
    "insertInstant",
    "issuer",
    "kid",
    "lastUpdateInstant",
    "length",
    "name",
    "publicKey",
    "type",
];
const INFORMATION_FIELDS: [&str; 10] = [
    "issuer",
    "md5Fingerprint",
    "serialNumber",
    "sha1Fingerprint",
    "sha1Thumbprint",
    "sha256Fingerprint",
    "sha256Thumbprint",
    "subject",
    "validFrom",
    "validTo",
];
const HMAC_FIELDS: [&str; 7] = ["algorithm", "id", "insertInstant", "kid", "lastUpdateInstant", "name", "type"];

const ID: &str = "c14b50e5-868b-4dbe-9f3c-028cd0515b11";
/// A key that is not there.
const NOBODY: &str = "092dbedc-30af-4149-9c61-b578f2c72f59";

#[derive(Debug)]
struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(1_633_182_111_648).unwrap()
    }
}

fn memory() -> Keystore {
    Keystore::in_memory(Options::default().clock(Arc::new(Fixed))).unwrap()
}

fn call(store: &Keystore, method: &str, path: &str, body: impl AsRef<[u8]>) -> Response {
    let answer = fusionauth::call(store, method, path, body.as_ref()).unwrap();
    let text = answer.body.clone().unwrap_or_default();
    assert!(!text.contains("privateKey") && !text.contains("\"secret") && !text.contains("PRIVATE"), "{text}");
    answer
}

/// A call that must go well, and its answer.
fn done(store: &Keystore, method: &str, path: &str, body: &str) -> Value {
    let answer = call(store, method, path, body);
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    serde_json::from_str(&answer.body.unwrap()).unwrap()
}

/// A call that must be refused with 400, and the errors, one a line.
fn refused(store: &Keystore, method: &str, path: &str, body: impl AsRef<[u8]>) -> String {
    let before = store.len().unwrap();
    let answer = call(store, method, path, body);
    assert_eq!((answer.status, store.len().unwrap()), (400, before), "{:?}", answer.body);
    let body: Value = serde_json::from_str(&answer.body.unwrap()).unwrap();
    assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
    let mut lines = Vec::new();
    for (field, errors) in body["fieldErrors"].as_object().unwrap() {
        for error in errors.as_array().unwrap() {
            let code = error["code"].as_str().unwrap();
            assert!(code.starts_with('[') && code.ends_with(&format!("]{field}")), "{code}");
            lines.push(format!("{code}: {}", error["message"].as_str().unwrap()));
        }
    }
    for error in body["generalErrors"].as_array().unwrap() {
        lines.push(format!("general {}: {}", error["code"].as_str().unwrap(), error["message"].as_str().unwrap()));
    }
    assert!(!lines.is_empty());
    lines.join("\n")
}

fn refused_generate(store: &Keystore, key: Value) -> String {
    refused(store, "POST", "/api/key/generate", json!({ "key": key }).to_string())
}

fn fields(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn assert_colon_hex(value: &Value, bytes: usize) {
    let text = value.as_str().unwrap();
    let pairs: Vec<_> = text.split(':').collect();
    let digits = |pair: &&str| pair.len() == 2 && pair.bytes().all(|c| matches!(c, b'0'..=b'9' | b'A'..=b'F'));
    assert!(pairs.len() == bytes && pairs.iter().all(digits), "{text}");
}

fn assert_base64url(value: &Value, chars: usize) {
    let text = value.as_str().unwrap();
    let allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    assert!(text.len() == chars && text.bytes().all(allowed), "{text}");
}

/// As the examples have it: LF between lines of 64 columns, none at the end.
fn assert_pem(value: &Value, label: &str) {
    let text = value.as_str().unwrap();
    let inside = text.strip_prefix(&format!("-----BEGIN {label}-----\n")).unwrap();
    let inside = inside.strip_suffix(&format!("\n-----END {label}-----")).unwrap();
    let lines: Vec<_> = inside.split('\n').collect();
    let base64 = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'=');
    assert!(lines.iter().all(|line| line.bytes().all(base64)), "{text}");
    let (last, full) = lines.split_last().unwrap();
    assert!(full.iter().all(|line| line.len() == 64) && (1..=64).contains(&last.len()), "{text}");
}

fn assert_asymmetric(key: &Value, issuer: &str) {
    assert_eq!(fields(key), ASYMMETRIC_FIELDS);
    let information = &key["certificateInformation"];
    assert_eq!(fields(information), INFORMATION_FIELDS);
    assert_eq!((&key["issuer"], &information["issuer"]), (&json!(issuer), &json!(format!("CN={issuer}"))));
    assert_eq!(information["subject"], information["issuer"]);
    assert_colon_hex(&information["md5Fingerprint"], 16);
    assert_colon_hex(&information["sha1Fingerprint"], 20);
    assert_colon_hex(&information["sha256Fingerprint"], 32);
    assert_base64url(&information["sha1Thumbprint"], 27);
    assert_base64url(&information["sha256Thumbprint"], 43);
    assert_eq!(key["kid"], information["sha1Thumbprint"]);
    assert_pem(&key["certificate"], "CERTIFICATE");
    assert_pem(&key["publicKey"], "PUBLIC KEY");
    assert_eq!(key["hasPrivateKey"], json!(true));
    // The instants of the document's EC example, whose certificate was made at this very time.
    assert_eq!(key["insertInstant"], json!(1_633_182_111_648_i64));
    assert_eq!(key["lastUpdateInstant"], json!(1_633_182_111_648_i64));
    assert_eq!(information["validFrom"], json!(1_633_182_111_000_i64));
    assert_eq!(information["validTo"], json!(1_948_714_911_000_i64));
    assert_eq!(key["expirationInstant"], json!(1_948_714_911_000_i64));
    let id: KeyId = key["id"].as_str().unwrap().parse().unwrap();
    let serial = id.as_bytes().iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
    let serial = if id.as_bytes()[0] >= 0x80 { format!("00:{serial}") } else { serial };
    assert_eq!(
        information["serialNumber"].as_str().unwrap().trim_start_matches("00:"),
        serial.trim_start_matches("00:")
    );
}

#[test]
fn the_examples_of_the_document_are_answered_in_kind() {
    let store = memory();
    let rsa = done(&store, "POST", "/api/key/generate", GENERATE_RSA);
    assert_eq!(fields(&rsa), ["key"]);
    let key = &rsa["key"];
    // The blank issuer of the example counts as none.
    assert_asymmetric(key, "keystead");
    assert_eq!((&key["algorithm"], &key["type"], &key["length"]), (&json!("RS256"), &json!("RSA"), &json!(2048)));
    assert_eq!(key["name"], json!("SHA-256 with RSA"));

    let ec = done(&store, "POST", &format!("/api/key/generate/{ID}"), GENERATE_EC);
    let key = &ec["key"];
    assert_asymmetric(key, "acme.com");
    assert_eq!((&key["algorithm"], &key["type"], &key["length"]), (&json!("ES256"), &json!("EC"), &json!(256)));
    assert_eq!(key["id"], json!(ID));
    assert_eq!(
        key["certificateInformation"]["serialNumber"],
        json!("00:C1:4B:50:E5:86:8B:4D:BE:9F:3C:02:8C:D0:51:5B:11")
    );

    let hmac = done(&store, "POST", "/api/key/generate", GENERATE_HMAC);
    let key = &hmac["key"];
    assert_eq!(fields(key), HMAC_FIELDS);
    assert_eq!((&key["algorithm"], &key["type"]), (&json!("HS256"), &json!("HMAC")));
    assert_eq!(key["insertInstant"], json!(1_633_182_111_648_i64));
    let kid = key["kid"].as_str().unwrap();
    assert!(kid.len() == 10 && kid.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')), "{kid}");

    for made in [&rsa, &ec, &hmac] {
        let id = made["key"]["id"].as_str().unwrap();
        assert_eq!(&done(&store, "GET", &format!("/api/key/{id}"), ""), made);
        // A body and a query are of no interest here, and a UUID has no case.
        assert_eq!(&done(&store, "GET", &format!("/api/key/{}?a=b", id.to_uppercase()), "{"), made);
    }
}

#[test]
fn every_algorithm_of_the_vendor_is_made() {
    let store = memory();
    for (algorithm, length, kind) in [
        ("ES256", Some(256), "EC"),
        ("ES384", Some(384), "EC"),
        ("ES512", Some(521), "EC"),
        ("HS256", None, "HMAC"),
        ("HS384", None, "HMAC"),
        ("HS512", None, "HMAC"),
        ("RS256", Some(2048), "RSA"),
        ("RS512", Some(2048), "RSA"),
    ] {
        // EC lengths may be left out, and may be given.
        for given in if kind == "EC" { vec![Value::Null, json!(length)] } else { vec![json!(length)] } {
            let name = format!("{algorithm} {given}");
            let body = json!({ "key": { "algorithm": algorithm, "name": name, "length": given } }).to_string();
            let made = done(&store, "POST", "/api/key/generate", &body);
            assert_eq!((&made["key"]["algorithm"], &made["key"]["type"]), (&json!(algorithm), &json!(kind)));
            assert_eq!(made["key"].get("length"), length.map(|length| json!(length)).as_ref());
        }
    }
}

#[test]
fn the_list_has_every_key_in_the_order_of_insertion() {
    let store = memory();
    assert_eq!(done(&store, "GET", "/api/key", ""), json!({ "keys": [] }));
    let hmac = done(&store, "POST", "/api/key/generate", GENERATE_HMAC);
    // Made by a call of our own, which knows more algorithms than the vendor.
    let spec = KeySpec::new(Algorithm::Ps256, Some(2048)).unwrap();
    let native = store.generate(GenerateKey::new(KeyName::new("a native one").unwrap(), spec)).unwrap();
    let ec = done(&store, "POST", "/api/key/generate", GENERATE_EC);
    let all = done(&store, "GET", "/api/key", "");
    assert_eq!(fields(&all), ["keys"]);
    let all = all["keys"].as_array().unwrap();
    assert_eq!((all.len(), &all[0], &all[2]), (3, &hmac["key"], &ec["key"]));
    assert_asymmetric(&all[1], "keystead");
    assert_eq!((&all[1]["algorithm"], &all[1]["type"]), (&json!("PS256"), &json!("RSA")));
    assert_eq!(all[1]["id"], json!(native.id().to_string()));
    assert_eq!(done(&store, "GET", "/api/key?numberOfResults=1", "")["keys"].as_array().unwrap().len(), 3);
    // The typed function says the same.
    let typed = serde_json::to_value(fusionauth::retrieve_all(&store).unwrap()).unwrap();
    assert_eq!(typed["keys"].as_array().unwrap(), all);
}

#[test]
fn an_update_changes_the_name_and_nothing_else() {
    let store = memory();
    let mut made = done(&store, "POST", &format!("/api/key/generate/{ID}"), GENERATE_HMAC);
    let path = format!("/api/key/{ID}");
    let updated = done(&store, "PUT", &path, UPDATE);
    made["key"]["name"] = json!("OpenID Connect compliant HMAC using SHA-256");
    assert_eq!(updated, made);
    let more = json!({ "key": { "name": "n", "kid": "k", "algorithm": "none", "issuer": 7, "length": [] }, "x": 1 });
    made["key"]["name"] = json!("n");
    assert_eq!(done(&store, "PUT", &path, &more.to_string()), made);
    assert_eq!(done(&store, "GET", &path, ""), made);

    done(&store, "POST", "/api/key/generate", GENERATE_EC);
    let refused = |body: Value| refused(&store, "PUT", &path, body.to_string());
    let lines = [
        refused(json!({ "key": { "name": "ECDSA using P-256 curve and SHA-256" } })),
        refused(json!({ "key": { "name": " " } })),
        refused(json!({ "key": {} })),
        refused(json!({ "key": { "name": 5 } })),
        refused(json!({})),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r"
    [duplicate]key.name: name 'ECDSA using P-256 curve and SHA-256' is taken by another key
    [blank]key.name: name is blank, allowed are 1 to 4096 characters
    [missing]key.name: name is missing
    [couldNotParse]key.name: name is the number 5, allowed is a string
    [missing]key: key is missing, an object is needed
    ");
    assert_eq!(done(&store, "GET", &path, ""), made);
}

#[test]
fn a_key_that_is_not_there_is_404_without_a_body() {
    let store = memory();
    let made = done(&store, "POST", &format!("/api/key/generate/{ID}"), GENERATE_HMAC);
    let empty = |method, id: &str, body| {
        let answer = call(&store, method, &format!("/api/key/{id}"), body);
        (answer.status, answer.body)
    };
    for (method, body) in [("GET", ""), ("PUT", UPDATE), ("DELETE", "")] {
        assert_eq!(empty(method, NOBODY, body), (404, None), "{method}");
    }
    assert_eq!(empty("DELETE", ID, ""), (200, None));
    for (method, body) in [("GET", ""), ("PUT", UPDATE), ("DELETE", "")] {
        assert_eq!(empty(method, ID, body), (404, None), "{method} after delete");
    }
    // Id and name are free again.
    let again = done(&store, "POST", &format!("/api/key/generate/{ID}"), GENERATE_HMAC);
    assert_eq!((&again["key"]["id"], &again["key"]["name"]), (&made["key"]["id"], &made["key"]["name"]));
}

#[test]
fn the_typed_functions_say_the_same() {
    let store = memory();
    let request = GenerateRequest::from_json(GENERATE_EC.as_bytes()).unwrap();
    let made = fusionauth::generate(&store, Some(ID), &request).unwrap();
    let path = format!("/api/key/{ID}");
    assert_eq!(serde_json::to_value(&made).unwrap(), done(&store, "GET", &path, ""));
    assert_eq!(fusionauth::retrieve(&store, ID).unwrap(), made);
    assert_asymmetric(&serde_json::to_value(&made.key).unwrap(), "acme.com");

    let failure = fusionauth::generate(&store, None, &request).unwrap_err();
    insta::assert_snapshot!(failure.to_string(), @"status 400, [duplicate]key.name: name 'ECDSA using P-256 curve and SHA-256' is taken by another key");
    insta::assert_snapshot!(serde_json::to_string(failure.errors().unwrap()).unwrap(), @r#"{"fieldErrors":{"key.name":[{"code":"[duplicate]key.name","message":"name 'ECDSA using P-256 curve and SHA-256' is taken by another key"}]},"generalErrors":[]}"#);
    assert_eq!(failure.cause().unwrap().kind(), keystead::ErrorKind::Duplicate);

    let renamed = fusionauth::update(&store, ID, &UpdateRequest::from_json(UPDATE.as_bytes()).unwrap()).unwrap();
    assert_eq!(renamed.key.name, "OpenID Connect compliant HMAC using SHA-256");
    fusionauth::delete(&store, ID).unwrap();
    for failure in [
        fusionauth::delete(&store, ID).unwrap_err(),
        fusionauth::retrieve(&store, ID).unwrap_err(),
        fusionauth::update(&store, ID, &UpdateRequest::from_json(UPDATE.as_bytes()).unwrap()).unwrap_err(),
    ] {
        assert_eq!((failure.status(), failure.errors()), (404, None));
    }
    assert_eq!(fusionauth::retrieve(&store, "x").unwrap_err().status(), 400);
    assert_eq!(GenerateRequest::from_json(b"[]").unwrap_err().status(), 400);
}

#[test]
fn what_is_refused_is_named_by_field_and_code() {
    let store = memory();
    done(&store, "POST", &format!("/api/key/generate/{ID}"), GENERATE_HMAC);
    let refused = |key: Value| refused_generate(&store, key);
    let ec = |name: Value| refused(json!({ "algorithm": "ES256", "name": name }));
    let names = [
        ec(json!("")),
        ec(json!(" \t ")),
        refused(json!({ "algorithm": "ES256" })),
        ec(Value::Null),
        ec(json!("HMAC using SHA-256")),
        ec(json!("x".repeat(4097))),
        ec(json!("a\nb")),
        ec(json!("a\r")),
        ec(json!("a\0b")),
    ];
    insta::assert_snapshot!(names.join("\n"), @r"
    [blank]key.name: name is blank, allowed are 1 to 4096 characters
    [blank]key.name: name is blank, allowed are 1 to 4096 characters
    [missing]key.name: name is missing
    [missing]key.name: name is missing
    [duplicate]key.name: name 'HMAC using SHA-256' is taken by another key
    [invalidLength]key.name: name is 4097 characters, at most 4096 characters
    [invalid]key.name: name has U+000A at character 2, allowed is any text without line break or NUL
    [invalid]key.name: name has U+000D at character 2, allowed is any text without line break or NUL
    [invalid]key.name: name has U+0000 at character 2, allowed is any text without line break or NUL
    ");
    let algorithm = |algorithm: Value| refused(json!({ "algorithm": algorithm, "name": "a" }));
    let algorithms = [
        algorithm(json!("PS256")),
        algorithm(json!("none")),
        algorithm(json!("rs256")),
        algorithm(json!("")),
        refused(json!({ "name": "a", "length": 2048 })),
    ];
    insta::assert_snapshot!(algorithms.join("\n"), @r"
    [invalid]key.algorithm: algorithm is 'PS256', allowed are ES256, ES384, ES512, HS256, HS384, HS512, RS256, RS384, RS512
    [invalid]key.algorithm: algorithm is 'none', allowed are ES256, ES384, ES512, HS256, HS384, HS512, RS256, RS384, RS512
    [invalid]key.algorithm: algorithm is 'rs256', allowed are ES256, ES384, ES512, HS256, HS384, HS512, RS256, RS384, RS512
    [blank]key.algorithm: algorithm is '', allowed are ES256, ES384, ES512, HS256, HS384, HS512, RS256, RS384, RS512
    [missing]key.algorithm: algorithm is missing
    ");
    let length = |algorithm, length: Value| refused(json!({ "algorithm": algorithm, "name": "a", "length": length }));
    let lengths = [
        length("RS256", Value::Null),
        length("RS256", json!(1024)),
        length("RS384", json!(2049)),
        length("RS512", json!(-1)),
        length("RS512", json!(i64::MAX)),
        length("ES256", json!(384)),
        length("ES512", json!(512)),
        length("HS256", json!(512)),
    ];
    insta::assert_snapshot!(lengths.join("\n"), @r"
    [missing]key.length: length is missing, RS256 needs one of 2048, 3072, 4096
    [invalidLength]key.length: length is 1024 bits, RS256 allows 2048, 3072, 4096
    [invalidLength]key.length: length is 2049 bits, RS384 allows 2048, 3072, 4096
    [invalidLength]key.length: length is -1 bits, RS512 allows 2048, 3072, 4096
    [invalidLength]key.length: length is 9223372036854775807 bits, RS512 allows 2048, 3072, 4096
    [invalidLength]key.length: length is 384 bits, ES256 allows 256
    [invalidLength]key.length: length is 512 bits, ES512 allows 521
    [invalidLength]key.length: length is 512 bits, HS256 allows 256
    ");
    let issuer = |issuer: Value| refused(json!({ "algorithm": "ES256", "name": "a", "issuer": issuer }));
    let issuers = [issuer(json!("i".repeat(65))), issuer(json!("a\u{7}b"))];
    insta::assert_snapshot!(issuers.join("\n"), @r"
    [invalidLength]key.issuer: issuer is 65 characters, at most 64 characters
    [invalid]key.issuer: issuer has U+0007 at character 2, allowed is any text without control character
    ");
    assert_eq!(store.len().unwrap(), 1);
}

#[test]
fn ids_are_refused_in_the_path() {
    let store = memory();
    done(&store, "POST", &format!("/api/key/generate/{ID}"), GENERATE_HMAC);
    let plain = ID.replace('-', "");
    let with_id = |id: &str| refused(&store, "POST", &format!("/api/key/generate/{id}"), GENERATE_EC);
    let lines = [
        with_id(ID),
        with_id("00000000-0000-0000-0000-000000000000"),
        with_id("7"),
        with_id(&plain),
        with_id(&format!("%7B{ID}%7D")),
        with_id(&"f".repeat(1 << 20)),
        refused(&store, "GET", "/api/key/7", ""),
        refused(&store, "PUT", "/api/key/7", UPDATE),
        refused(&store, "DELETE", "/api/key/7", ""),
        refused(&store, "GET", "/api/key/", ""),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r"
    [duplicate]key.id: id c14b50e5-868b-4dbe-9f3c-028cd0515b11 is taken by another key
    [invalid]key.id: id is the nil UUID, allowed is any other
    [couldNotParse]key.id: id is '7', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    [couldNotParse]key.id: id is 'c14b50e5868b4dbe9f3c028cd0515b11', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    [couldNotParse]key.id: id is '%7Bc14b50e5-868b-4dbe-9f3c-028cd0515b11%…', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    [couldNotParse]key.id: id is 'ffffffffffffffffffffffffffffffffffffffff…', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    [couldNotParse]key.id: id is '7', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    [couldNotParse]key.id: id is '7', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    [couldNotParse]key.id: id is '7', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    [couldNotParse]key.id: id is '', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    ");
}

#[test]
fn a_key_in_use_is_not_deleted() {
    let store = memory();
    done(&store, "POST", &format!("/api/key/generate/{ID}"), GENERATE_HMAC);
    let id: KeyId = ID.parse().unwrap();
    for user in ["tenant 12", "ring \"acme\""] {
        store.mark_in_use(id, &UserLabel::new(user).unwrap()).unwrap();
    }
    let path = format!("/api/key/{ID}");
    insta::assert_snapshot!(refused(&store, "DELETE", &path, ""), @r#"[inUse]key.id: the key 'HMAC using SHA-256' is in use by ring "acme", tenant 12"#);
    done(&store, "GET", &path, "");
}

#[test]
fn wrong_json_types_are_named() {
    let store = memory();
    let lines = [
        refused_generate(&store, json!({ "algorithm": 1, "name": true, "length": "2048", "issuer": [] })),
        refused_generate(&store, json!({ "algorithm": {}, "name": 1.5, "length": 2048.5 })),
        refused_generate(&store, json!({ "algorithm": "RS256", "name": "a", "length": u64::MAX })),
        refused_generate(&store, json!({ "algorithm": "RS256", "name": "a", "length": true })),
        refused_generate(&store, json!({ "algorithm": "ES256", "name": "a", "issuer": 0 })),
    ];
    insta::assert_snapshot!(lines.join("\n\n"), @r"
    [couldNotParse]key.algorithm: algorithm is the number 1, allowed is a string
    [couldNotParse]key.issuer: issuer is an array, allowed is a string
    [couldNotParse]key.length: length is a string, allowed is a whole number
    [couldNotParse]key.name: name is a boolean, allowed is a string

    [couldNotParse]key.algorithm: algorithm is an object, allowed is a string
    [couldNotParse]key.length: length is the number 2048.5, allowed is a whole number
    [couldNotParse]key.name: name is the number 1.5, allowed is a string

    [couldNotParse]key.length: length is the number 18446744073709551615, allowed is a whole number

    [couldNotParse]key.length: length is a boolean, allowed is a whole number

    [couldNotParse]key.issuer: issuer is the number 0, allowed is a string
    ");
}

#[test]
fn every_wrong_field_is_named_at_once() {
    let store = memory();
    let several = json!({ "algorithm": "RS256", "name": "a\nb", "length": 1024, "issuer": "i".repeat(65) });
    insta::assert_snapshot!(refused_generate(&store, several), @r"
    [invalidLength]key.issuer: issuer is 65 characters, at most 64 characters
    [invalidLength]key.length: length is 1024 bits, RS256 allows 2048, 3072, 4096
    [invalid]key.name: name has U+000A at character 2, allowed is any text without line break or NUL
    ");
    insta::assert_snapshot!(refused_generate(&store, json!({})), @r"
    [missing]key.algorithm: algorithm is missing
    [missing]key.name: name is missing
    ");
    insta::assert_snapshot!(
        refused_generate(&store, json!({ "algorithm": "none", "name": "", "length": [], "issuer": "\n\u{1}x" })),
        @r"
        [invalid]key.algorithm: algorithm is 'none', allowed are ES256, ES384, ES512, HS256, HS384, HS512, RS256, RS384, RS512
        [invalid]key.issuer: issuer has U+000A at character 1, allowed is any text without control character
        [couldNotParse]key.length: length is an array, allowed is a whole number
        [blank]key.name: name is blank, allowed are 1 to 4096 characters
        "
    );
    // The bytes of one answer, as a client gets them.
    let answer = call(&store, "POST", "/api/key/generate", r#"{"key":{"algorithm":"ES256","name":""}}"#);
    insta::assert_snapshot!(answer.body.unwrap(), @r#"{"fieldErrors":{"key.name":[{"code":"[blank]key.name","message":"name is blank, allowed are 1 to 4096 characters"}]},"generalErrors":[]}"#);
}

#[test]
fn what_the_vendor_ignores_is_ignored() {
    let store = memory();
    let body = json!({
        "applicationId": "x",
        "key": { "algorithm": "HS256", "name": "a", "id": NOBODY, "kid": "mine", "type": "RSA", "secret": "s",
                 "privateKey": 5, "issuer": "i".repeat(1000) },
    });
    let made = done(&store, "POST", "/api/key/generate", &body.to_string());
    assert_eq!(fields(&made["key"]), HMAC_FIELDS);
    assert_ne!(made["key"]["id"], json!(NOBODY));
    assert_ne!(made["key"]["kid"], json!("mine"));
    // HMAC has a length, which nobody needs to name, and may.
    let body = json!({ "key": { "algorithm": "HS512", "name": "b", "length": 512, "issuer": "\n" } });
    done(&store, "POST", "/api/key/generate", &body.to_string());
}

#[test]
fn bodies_that_are_no_request_are_refused() {
    let store = memory();
    let post = |body: &[u8]| refused(&store, "POST", "/api/key/generate", body);
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let deep_inside = format!(r#"{{"key":{{"name":{}"#, r#"{"a":"#.repeat(100_000));
    let lines = [
        post(b""),
        post(b"[]"),
        post(b"\"key\""),
        post(b"null"),
        post(b"{}"),
        post(br#"{"key":null}"#),
        post(br#"{"key":[]}"#),
        post(br#"{"key":{"name":"a"}"#),
        post(br#"{"key":{}} {}"#),
        post(b"{\"key\":{\"algorithm\":\"ES256\",\"name\":\"\xff\"}}"),
        post(br#"{"key":{"algorithm":"ES256","name":"\ud800"}}"#),
        post(&deep),
        post(deep_inside.as_bytes()),
        post(&vec![b' '; 100 << 20]),
        post(&vec![b'['; (1 << 20) + 1]),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r"
    general [invalidJSON]: the body is no JSON: EOF while parsing a value at line 1 column 0
    [missing]key: the body is an array, allowed is an object
    [missing]key: the body is a string, allowed is an object
    [missing]key: the body is null, allowed is an object
    [missing]key: key is missing, an object is needed
    [missing]key: key is missing, an object is needed
    [couldNotParse]key: key is an array, allowed is an object
    general [invalidJSON]: the body is no JSON: EOF while parsing an object at line 1 column 19
    general [invalidJSON]: the body is no JSON: trailing characters at line 1 column 12
    general [invalidJSON]: the body is no JSON: invalid unicode code point at line 1 column 37
    general [invalidJSON]: the body is no JSON: unexpected end of hex escape at line 1 column 43
    general [invalidJSON]: the body is no JSON: recursion limit exceeded at line 1 column 128
    general [invalidJSON]: the body is no JSON: recursion limit exceeded at line 1 column 641
    general [tooLarge]: the body is 104857600 bytes, at most 1048576
    general [tooLarge]: the body is 1048577 bytes, at most 1048576
    ");
    // A body of the longest allowed.
    let mut longest = GENERATE_EC.as_bytes().to_vec();
    longest.resize(1 << 20, b' ');
    done(&store, "POST", "/api/key/generate", str::from_utf8(&longest).unwrap());
}

#[test]
fn other_calls_are_not_of_this_api() {
    let store = memory();
    for (method, path) in [
        ("GET", ""),
        ("GET", "/api/keys"),
        ("GET", "/api/ke"),
        ("GET", "api/key"),
        ("GET", "/API/KEY"),
        ("POST", "/api/key"),
        ("PATCH", "/api/key/092dbedc-30af-4149-9c61-b578f2c72f59"),
        ("get", "/api/key"),
        ("DELETE", "/api/key"),
        ("GET", "/api/key/generate"),
        ("DELETE", "/api/key/generate"),
        ("GET", "/api/key/092dbedc-30af-4149-9c61-b578f2c72f59/x"),
        ("POST", "/api/key/generate/a/b"),
    ] {
        assert_eq!(fusionauth::call(&store, method, path, GENERATE_HMAC.as_bytes()), None, "{method} {path}");
    }
    assert!(store.is_empty().unwrap());
}
