//! FusionAuth's import call, judged by the vendor's document: its example is answered with the fields and the digests that
//! stand there, and what is refused is named by field and code.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::process::Command;
use std::sync::LazyLock;

use keystead::api::fusionauth::{self, ImportRequest};
use keystead::{Keystore, Options};
use serde_json::{Value, json};

const ID: &str = "c14b50e5-868b-4dbe-9f3c-028cd0515b11";
const SEED: &str = include_str!("data/fusionauth-seed.pem");

fn openssl(arguments: &str, input: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in"), input).unwrap();
    let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A private key of openssl's and its public half.
fn pair(make: &str) -> (String, String) {
    let private = openssl(make, "");
    let public = openssl("pkey -in in -pubout", &private);
    (private, public)
}

static RSA: LazyLock<(String, String)> = LazyLock::new(|| pair("genrsa 2048"));
static EC: LazyLock<(String, String)> = LazyLock::new(|| pair("ecparam -name secp384r1 -genkey -noout"));

fn memory() -> Keystore {
    Keystore::in_memory(Options::default()).unwrap()
}

fn import(store: &Keystore, path: &str, key: Value) -> (u16, Option<Value>) {
    let body = json!({ "key": key }).to_string();
    let answer = fusionauth::call(store, "POST", path, body.as_bytes()).unwrap();
    let text = answer.body.unwrap_or_default();
    assert!(
        !text.contains("PRIVATE KEY") && !text.contains("privateKey\":\"") && !text.contains("\"secret\""),
        "{text}"
    );
    (answer.status, serde_json::from_str(&text).ok())
}

/// The key of an import that must go well.
fn taken(store: &Keystore, key: Value) -> Value {
    let (status, body) = import(store, "/api/key/import", key);
    let body = body.unwrap();
    assert_eq!(status, 200, "{body}");
    body["key"].clone()
}

/// The errors of an import that must be refused, one a line.
fn refused(store: &Keystore, key: Value) -> String {
    let before = store.len().unwrap();
    let (status, body) = import(store, "/api/key/import", key);
    let body = body.unwrap();
    assert_eq!((status, store.len().unwrap()), (400, before), "{body}");
    assert_eq!(body["generalErrors"], json!([]));
    let fields = body["fieldErrors"].as_object().unwrap().values().flat_map(|errors| errors.as_array().unwrap());
    let lines =
        fields.map(|error| format!("{}: {}", error["code"].as_str().unwrap(), error["message"].as_str().unwrap()));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_documents_example_has_the_documents_answer() {
    let store = memory();
    let bare: String = SEED.lines().filter(|line| !line.starts_with("-----")).collect();
    let key = json!({ "name": "SHA-256 with RSA", "kid": "zamAX0036820RULfdjUV6YkhYbY", "certificate": bare });
    let (status, body) = import(&store, &format!("/api/key/import/{ID}"), key);
    assert_eq!(status, 200);
    let key = body.unwrap()["key"].take();
    assert_eq!(key["id"], ID);
    assert_eq!(key["algorithm"], "RS256");
    assert_eq!(key["type"], "RSA");
    assert_eq!(key["length"], 2048);
    assert_eq!(key["hasPrivateKey"], false);
    assert_eq!(key["kid"], "zamAX0036820RULfdjUV6YkhYbY");
    assert_eq!(key["issuer"], "acme.com");
    assert_eq!(key["certificate"], SEED.trim_end());
    assert_eq!(key["publicKey"], openssl("x509 -in in -noout -pubkey", SEED).trim_end());
    assert_eq!(key["expirationInstant"], 1_877_808_272_000_i64);
    let information = &key["certificateInformation"];
    assert_eq!(information["issuer"], "CN=acme.com");
    assert_eq!(information["subject"], "CN=acme.com");
    assert_eq!(information["serialNumber"], "78:0E:1D:5B:EE:3B:43:B2:AE:C8:DB:99:B9:9A:DC:4E");
    assert_eq!(information["md5Fingerprint"], "FC:36:CD:0B:9C:B7:62:F0:A9:16:AE:72:8E:F8:7D:D8");
    assert_eq!(information["sha1Fingerprint"], "CD:A9:80:5F:4D:37:EB:CD:B4:45:42:DF:76:35:15:E9:89:21:61:B6");
    assert_eq!(information["sha1Thumbprint"], "zamAX0036820RULfdjUV6YkhYbY");
    assert_eq!(information["sha256Thumbprint"], "M3zLTCM79SJJL2jF-tFuPHJUyzzm0XAIVfxDJJqYBc8");
    // The same call again: name and id are taken, each named.
    assert_eq!(
        refused(&store, json!({ "name": "SHA-256 with RSA", "certificate": SEED })),
        "[duplicate]key.name: name 'SHA-256 with RSA' is taken by another key"
    );
}

#[test]
fn keys_come_alone_in_pairs_and_with_certificates() {
    let store = memory();
    for (n, (private, public)) in [&*RSA, &*EC].into_iter().enumerate() {
        let (algorithm, length) = if n == 0 { ("RS256", 2048) } else { ("ES384", 384) };
        let alone = taken(&store, json!({ "name": format!("private {n}"), "privateKey": private }));
        assert_eq!((&alone["algorithm"], &alone["length"]), (&json!(algorithm), &json!(length)));
        assert_eq!((&alone["hasPrivateKey"], &alone["publicKey"]), (&json!(true), &json!(public.trim_end())));
        assert_eq!(alone["issuer"], "keystead", "a certificate was made");
        let public_alone = taken(&store, json!({ "name": format!("public {n}"), "publicKey": public }));
        assert_eq!(public_alone["hasPrivateKey"], false);
        for absent in ["certificate", "certificateInformation", "issuer", "expirationInstant"] {
            assert_eq!(public_alone.get(absent), None, "{absent}");
        }
        // RFC 7638, not the thumbprint of a certificate that was made here.
        assert_eq!(alone["kid"], public_alone["kid"]);
        let pair = taken(
            &store,
            json!({ "name": format!("pair {n}"), "type": if n == 0 { "RSA" } else { "EC" }, "privateKey": private, "publicKey": public }),
        );
        assert_eq!(pair["publicKey"], alone["publicKey"]);
        let whole = json!({ "name": format!("whole {n}"), "privateKey": private, "certificate": alone["certificate"] });
        let whole = taken(&store, whole);
        assert_eq!(whole["certificate"], alone["certificate"]);
        assert_eq!(whole["kid"], alone["certificateInformation"]["sha1Thumbprint"], "x5t, as a certificate came along");
    }
    // Line ends of any kind.
    for (n, end) in ["\r", "\r\n"].iter().enumerate() {
        taken(
            &store,
            json!({ "name": format!("ends {n}"), "privateKey": EC.0.replace('\n', end), "certificate": Value::Null }),
        );
    }
    // 1024 bits may verify.
    let small = openssl("genrsa 1024", "");
    let public = openssl("pkey -in in -pubout", &small);
    assert_eq!(taken(&store, json!({ "name": "small", "publicKey": public }))["length"], 1024);
    insta::assert_snapshot!(refused(&store, json!({ "name": "x", "privateKey": small })), @"[invalid]key.privateKey: privateKey: RSA modulus has 1024 bits, allowed are 2048 to 4096");
}

#[test]
fn secrets_are_the_text_as_it_is() {
    let store = memory();
    let key = taken(
        &store,
        json!({ "name": "a", "type": "HMAC", "algorithm": "HS256", "secret": "01234567890123456789012345678901" }),
    );
    let mut fields: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["algorithm", "id", "insertInstant", "kid", "lastUpdateInstant", "name", "type"]);
    let kid = key["kid"].as_str().unwrap();
    assert!(kid.len() == 10 && kid.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')), "{kid}");
    let expected = openssl("dgst -sha256 -hmac 01234567890123456789012345678901 -hex -r in", "message");
    let id = key["id"].as_str().unwrap().parse().unwrap();
    let mac = store.sign(id, b"message").unwrap();
    let hex: String = mac.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(expected.starts_with(&hex), "{expected}");
    // The type is found out, and so is the algorithm.
    assert_eq!(taken(&store, json!({ "name": "b", "secret": "x".repeat(64) }))["algorithm"], "HS512");
    assert_eq!(taken(&store, json!({ "name": "c", "secret": "ü".repeat(16), "kid": " " }))["algorithm"], "HS256");
}

#[test]
fn what_is_refused_is_named_by_field_and_code() {
    let store = memory();
    let (private, public) = &*EC;
    let refuse = |key: Value| refused(&store, key);
    insta::assert_snapshot!(refuse(json!({})), @r"
    [missing]key.name: name is missing
    [missing]key.publicKey: one of certificate, publicKey, privateKey and secret is needed
    ");
    insta::assert_snapshot!(refuse(json!({ "name": " ", "type": "HMAC" })), @r"
    [blank]key.name: name is blank, allowed are 1 to 4096 characters
    [missing]key.secret: secret is missing
    ");
    insta::assert_snapshot!(refuse(json!({ "name": "x", "certificate": "", "kid": "\n\u{1}", "type": "rsa", "algorithm": "PS256" })), @r"
    [invalid]key.algorithm: algorithm is 'PS256', allowed are ES256, ES384, ES512, HS256, HS384, HS512, RS256, RS384, RS512
    [blank]key.certificate: certificate is blank
    [invalid]key.kid: kid has U+000A at character 1, allowed is any text without control character
    [invalid]key.type: type is 'rsa', allowed are EC, RSA, HMAC
    ");
    insta::assert_snapshot!(refuse(json!({ "name": "x", "secret": "x".repeat(32), "publicKey": public })), @"[invalid]key.secret: secret comes alone, without other keys");
    insta::assert_snapshot!(refuse(json!({ "name": "x", "secret": 7 })), @"[couldNotParse]key.secret: secret is a number, allowed is a string");
    insta::assert_snapshot!(refuse(json!({ "name": "x", "secret": "short" })), @"[invalidLength]key.secret: the secret is 5 bytes, HS256 allows 32 to 4096 bytes: RFC 7518, section 3.2");
    insta::assert_snapshot!(refuse(json!({ "name": "x", "secret": public })), @"[couldNotParse]key.secret: secret: it reads as a key or certificate, which must not serve as an HMAC secret");
    insta::assert_snapshot!(refuse(json!({ "name": "x", "secret": "x".repeat(32), "type": "RSA" })), @"[invalid]key.type: type is RSA, the key is HMAC");
    insta::assert_snapshot!(refuse(json!({ "name": "x", "secret": "x".repeat(32), "algorithm": "ES256" })), @"[invalid]key.algorithm: algorithm is ES256, the key is HMAC of 256 bits");
    insta::assert_snapshot!(refuse(json!({ "name": "x", "publicKey": "MIIB" })), @"[couldNotParse]key.publicKey: publicKey: input is 4 bytes of text without PEM boundaries, no JSON and no base64 of DER; accepted are PEM, DER, base64 of DER and JWK");
    insta::assert_snapshot!(refuse(json!({ "name": "x", "publicKey": private })), @"[couldNotParse]key.publicKey: publicKey: it is sec1-pem, which does not belong there");
    insta::assert_snapshot!(refuse(json!({ "name": "x", "privateKey": public })), @"[couldNotParse]key.privateKey: privateKey: it is spki-pem, which does not belong there");
    insta::assert_snapshot!(refuse(json!({ "name": "x", "certificate": public })), @"[couldNotParse]key.certificate: certificate: it is spki-pem, which does not belong there");
    insta::assert_snapshot!(refuse(json!({ "name": "x", "privateKey": private, "publicKey": RSA.1 })), @"[couldNotParse]key.publicKey: publicKey: the public key is not that of the private key");
    insta::assert_snapshot!(refuse(json!({ "name": "x", "privateKey": private, "certificate": SEED })), @"[couldNotParse]key.certificate: certificate: the certificate is for another key than the one it came with");
    insta::assert_snapshot!(refuse(json!({ "name": "x", "certificate": SEED, "publicKey": public })), @"[couldNotParse]key.certificate: certificate: the certificate is for another key than the one it came with");
    insta::assert_snapshot!(refuse(json!({ "name": "x", "publicKey": public, "type": "RSA" })), @"[invalid]key.type: type is RSA, the key is EC");
    insta::assert_snapshot!(refuse(json!({ "name": "x", "publicKey": public, "algorithm": "ES256" })), @"[invalid]key.algorithm: algorithm is ES256, the key is EC on P-384");
    let ed25519 = openssl("genpkey -algorithm ed25519", "");
    insta::assert_snapshot!(refuse(json!({ "name": "x", "privateKey": ed25519 })), @"[invalid]key.privateKey: privateKey: not supported: key algorithm Ed25519 (1.3.101.112) in block 1 (line 1); accepted are RSA (rsaEncryption) and EC on P-256, P-384 or P-521");
    let encrypted = openssl("pkey -in in -aes256 -passout pass:secret", private);
    insta::assert_snapshot!(refuse(json!({ "name": "x", "privateKey": encrypted })), @"[missing]key.password: privateKey: the private key is encrypted, a password is needed");
    let bad_id = import(&store, "/api/key/import/1-2-3", json!({ "name": "x", "publicKey": public }));
    assert_eq!(bad_id.0, 400);
    assert!(bad_id.1.unwrap()["fieldErrors"]["key.id"].is_array());
}

#[test]
fn the_typed_call_says_the_same_and_shows_no_secret() {
    let store = memory();
    let body = json!({ "key": { "name": "a", "secret": "correct horse battery staple, thirty-two" } }).to_string();
    let request = ImportRequest::from_json(body.as_bytes()).unwrap();
    let shown = format!("{request:?}");
    assert!(!shown.contains("horse"), "{shown}");
    let made = fusionauth::import(&store, Some(ID), request).unwrap();
    assert_eq!((made.key.id.as_str(), made.key.algorithm.as_deref()), (ID, Some("HS256")));
}
