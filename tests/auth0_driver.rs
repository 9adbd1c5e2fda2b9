//! Rings and Auth0's calls through the JSON lines driver, as a program in another language sees them: `examples/jsonl.rs`, run
//! as a child with the clock that each line sets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first failure"
)]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};

const KEYS: &str = "/api/v2/connections/con_1/keys";
const DAY: u64 = 24 * 60 * 60;

/// A running driver.
struct Driver {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// The time of the calls to come.
    at: Option<&'static str>,
}

/// What `cargo test` builds beside the tests.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().unwrap().parent().unwrap().join("examples").join("jsonl");
    let built = built.with_extension(std::env::consts::EXE_EXTENSION);
    assert!(built.exists(), "run `cargo build --example jsonl` first, as `cargo test` without a filter does");
    built
}

impl Driver {
    fn start(store: &Path) -> Self {
        let mut command = Command::new(program());
        command.arg(store).env("KEYSTEAD_RAW_KEY", "07".repeat(32)).env_remove("KEYSTEAD_PASSPHRASE");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output, at: None }
    }

    /// Writes a line and waits for the one that answers it.
    fn line(&mut self, line: &str) -> Value {
        writeln!(self.input, "{line}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        assert!(answer.ends_with('\n') && !answer.contains("PRIVATE KEY"), "{answer}");
        serde_json::from_str(&answer).unwrap()
    }

    fn call(&mut self, call: &str, body: Value) -> Value {
        let mut request = json!({ "call": call, "body": body });
        if let Some(at) = self.at {
            request["at"] = json!(at);
        }
        self.line(&request.to_string())
    }

    fn done(&mut self, call: &str, body: Value) -> Value {
        let answer = self.call(call, body);
        assert_eq!(answer["status"], json!(200), "{call}: {answer}");
        assert_eq!(answer.as_object().unwrap().len(), 2, "{answer}");
        answer["body"].clone()
    }

    fn failed(&mut self, call: &str, body: Value) -> String {
        let answer = self.call(call, body);
        let (error, text) = (&answer["error"], |value: &Value| value.as_str().map(str::to_owned));
        let words = text(&error["kind"]).zip(text(&error["message"]));
        let (kind, message) = words.unwrap_or_else(|| panic!("{call} should fail: {answer}"));
        format!("{} {kind}: {message}", answer["status"])
    }

    fn end(mut self) {
        drop(self.input);
        let mut rest = String::new();
        assert_eq!(self.output.read_line(&mut rest).unwrap(), 0, "{rest}");
        assert!(self.child.wait().unwrap().success());
    }
}

/// Place and kid of a ring's keys.
fn places(ring: &Value) -> Vec<(&str, &str)> {
    let keys = ring["keys"].as_array().unwrap().iter();
    keys.map(|key| (key["place"].as_str().unwrap(), key["kid"].as_str().unwrap())).collect()
}

#[test]
fn the_vendors_calls() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let mut driver = Driver::start(&path);
    driver.at = Some("2026-11-22T12:00:00.5Z");
    let body = json!({ "signing_alg": "ES256", "connection_name": "acme" });
    let made = driver.done(&format!("POST {KEYS}"), body.clone());
    assert_eq!(made[0]["current_since"], json!("2026-11-22T12:00:00.500Z"));
    assert_eq!((&made[0]["current"], &made[1]["next"]), (&json!(true), &json!(true)));
    assert_eq!(driver.done(&format!("GET {KEYS}"), Value::Null), made);
    driver.at = Some("2026-12-22T12:00:00Z");
    let next = driver.done(&format!("POST {KEYS}/rotate"), json!({ "signing_alg": "ES384" }));
    let listed = driver.done(&format!("GET {KEYS}"), json!({}));
    assert_eq!([&listed[0]["kid"], &listed[1]["kid"], &listed[2]], [&made[1]["kid"], &made[0]["kid"], &next]);
    assert_eq!(listed[0]["current_since"], json!("2026-12-22T12:00:00.000Z"));
    assert_eq!(listed[2]["subject_dn"], json!("/CN=acme"));

    // The vendor's failures are the vendor's bodies.
    let twice = driver.call(&format!("POST {KEYS}"), body);
    insta::assert_snapshot!(twice.to_string(), @r#"{"body":{"error":"Conflict","errorCode":"conflict","message":"the connection 'con_1' has keys for signing, which can be rotated","statusCode":409},"status":409}"#);
    let nobody = driver.call("GET /api/v2/connections/con_2/keys", Value::Null);
    insta::assert_snapshot!(nobody.to_string(), @r#"{"body":{"error":"Not Found","errorCode":"inexistent_connection","message":"there is no connection 'con_2' that has keys","statusCode":404},"status":404}"#);
    let wrong = driver.call(&format!("POST {KEYS}/rotate"), json!({ "signing_alg": "none" }));
    insta::assert_snapshot!(wrong.to_string(), @r#"{"body":{"error":"Bad Request","errorCode":"invalid_body","message":"Payload validation error: signing_alg is 'none', allowed are RS256, RS384, RS512, PS256, PS384, ES256, ES384","statusCode":400},"status":400}"#);
    let twice = driver
        .line(&format!(r#"{{"call":"POST {KEYS}/rotate","body":{{"signing_alg":"ES256","signing_alg":"ES384"}}}}"#));
    assert_eq!((&twice["status"], &twice["body"]["errorCode"]), (&json!(400), &json!("invalid_body")));
    for call in [format!("PATCH {KEYS}"), format!("GET {KEYS}/rotate"), "GET /api/v2/connections".into()] {
        assert_eq!(driver.call(&call, Value::Null)["status"], json!(422), "{call}");
    }
    // A connection is a ring, and its keys are keys like others: in use.
    assert_eq!(driver.done("rings", json!({})), json!({ "rings": ["con_1"] }));
    let keys = driver.done("GET /api/key", Value::Null);
    let refused = driver.call(&format!("DELETE /api/key/{}", keys["keys"][0]["id"].as_str().unwrap()), Value::Null);
    assert!(refused.to_string().contains("ring con_1"), "{refused}");
    driver.end();
    assert_eq!(Driver::start(&path).done(&format!("GET {KEYS}"), Value::Null), listed);
}

#[test]
fn a_ring_from_its_making_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let mut driver = Driver::start(&path);
    let name = || json!({ "name": "tokens" });
    driver.at = Some("2026-01-01T00:00:00Z");
    let schedule = json!({ "every": 90 * DAY, "publish": 7 * DAY, "grace": 2 * DAY });
    let made = driver.done(
        "ring.create",
        json!({ "name": "tokens", "algorithm": "ES256", "common_name": "acme", "keep": 2, "schedule": schedule }),
    );
    let shown = json!({
        "name": "tokens", "common_name": "acme", "key_use": "signing", "algorithm": "ES256", "length": 256,
        "exportable": false, "created_at": "2026-01-01T00:00:00Z", "keep": 2, "next_due": "2026-04-01T00:00:00Z",
        "schedule": { "every": 7_776_000.0, "publish": 604_800.0, "grace": 172_800.0 }, "keys": made["keys"],
    });
    assert_eq!(made, shown);
    let first = &made["keys"][0];
    assert_eq!(first.as_object().unwrap().len(), 9);
    assert_eq!((&first["place"], &first["current_since"]), (&json!("current"), &json!("2026-01-01T00:00:00Z")));
    assert_eq!(driver.done("ring", name()), made);

    let data = Base64::encode_string(b"message");
    let signed = driver.done("ring.sign", json!({ "name": "tokens", "data": data }));
    assert_eq!(signed["kid"], first["kid"]);
    let check = |kid: &Value| json!({ "name": "tokens", "kid": kid, "data": data, "signature": signed["signature"] });
    assert_eq!(driver.done("ring.verify", check(&first["kid"])), json!({ "valid": true }));
    assert_eq!(driver.done("ring.verify", check(&made["keys"][1]["kid"])), json!({ "valid": false }));

    // The time of the line is the clock; `at` in a body is a question only.
    assert_eq!(driver.done("ring.due", name()), json!({ "due": [], "next_due": "2026-04-01T00:00:00Z" }));
    let due = json!([{ "due": "rotate", "since": "2026-04-01T00:00:00Z" }]);
    let asked = driver.done("ring.due", json!({ "name": "tokens", "at": "2026-05-01T00:00:00Z" }));
    assert_eq!(asked["due"], due);
    assert_eq!(driver.done("ring.apply_due", name()), json!({ "done": [] }));
    driver.at = Some("2026-04-02T00:00:00Z");
    assert_eq!(driver.done("ring.apply_due", name()), json!({ "done": due }));
    assert_eq!(driver.done("ring.apply_due", name()), json!({ "done": [] }));
    let rotated = driver.done("ring", name());
    assert_eq!(places(&rotated)[2], ("previous", first["kid"].as_str().unwrap()));
    assert_eq!(rotated["keys"][0]["current_since"], json!("2026-04-02T00:00:00Z"));
    assert_eq!(driver.done("ring.verify", check(&first["kid"])), json!({ "valid": true }));

    let published = driver.done("ring.jwks", name());
    let kids: Vec<_> = published["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!(kids, places(&rotated).iter().map(|(_, kid)| *kid).collect::<Vec<_>>());
    assert_eq!(driver.done("jwks", Value::Null)["keys"].as_array().unwrap().len(), 3);

    let retired = driver.done("ring.retire", name());
    assert_eq!(places(&retired)[2].0, "retired");
    assert_eq!(retired["keys"][2]["ended_at"], json!("2026-04-02T00:00:00Z"));
    assert_eq!(driver.done("ring.verify", check(&first["kid"])), json!({ "valid": false }));
    let revoked = driver.done("ring.revoke", json!({ "name": "tokens", "kid": retired["keys"][0]["kid"] }));
    assert_eq!(places(&revoked)[0].1, places(&retired)[1].1);
    assert_eq!(revoked["keys"].as_array().unwrap().len(), 4);
    let refused = driver.failed("sign", json!({ "id": retired["keys"][0]["id"], "data": data }));
    assert!(refused.starts_with("403 Refused: "), "{refused}");

    let kept = driver.done("ring.keep", json!({ "name": "tokens", "keep": 0 }));
    assert_eq!(kept["keys"].as_array().unwrap().len(), 2);
    let free = driver.done("ring.schedule", json!({ "name": "tokens", "schedule": null }));
    assert_eq!((&free["schedule"], &free["next_due"]), (&Value::Null, &Value::Null));
    let hurried = json!({ "every": 60.5, "publish": 0, "grace": 0 });
    let hurried = driver.done("ring.schedule", json!({ "name": "tokens", "schedule": hurried }));
    assert_eq!(hurried["next_due"], json!("2026-04-02T00:01:00.5Z"));
    let other = driver.done("ring.rotate", json!({ "name": "tokens", "algorithm": "HS512" }));
    assert_eq!((&other["algorithm"], &other["length"]), (&json!("HS512"), &json!(512)));
    assert_eq!(driver.done("ring.rotate", name())["algorithm"], json!("HS512"));

    driver.done(
        "ring.create",
        json!({ "name": "box", "algorithm": "ES384", "key_use": "encryption", "exportable": true }),
    );
    assert_eq!(driver.done("rings", Value::Null), json!({ "rings": ["tokens", "box"] }));
    let refused = driver.failed("ring.sign", json!({ "name": "box", "data": data }));
    assert!(refused.starts_with("422 NotPossible: "), "{refused}");
    assert_eq!(driver.done("ring.delete", name()), json!({}));
    assert!(driver.failed("ring", name()).starts_with("404 NotFound: "));
    assert_eq!(driver.done("verify_integrity", Value::Null), json!({ "ok": true, "problems": [] }));
    driver.end();
}

#[test]
fn what_is_wrong_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut driver = Driver::start(&folder.path().join("keys.db"));
    driver.done("ring.create", json!({ "name": "a", "algorithm": "ES256" }));
    let times = |every: Value| json!({ "name": "b", "algorithm": "ES256", "schedule": { "every": every, "publish": 0, "grace": 0 } });
    let mut said = Vec::new();
    for (call, body) in [
        ("rings", json!([])),
        ("ring", Value::Null),
        ("ring", json!({ "name": 1 })),
        ("ring", json!({ "name": "b" })),
        ("ring", json!({ "name": "" })),
        ("ring.create", json!({ "name": "b" })),
        ("ring.create", json!({ "name": "b", "algorithm": "RS256" })),
        ("ring.create", json!({ "name": "b", "algorithm": "ES256", "length": 384 })),
        ("ring.create", json!({ "name": "b", "algorithm": "ES256", "keep": 65_536 })),
        ("ring.create", json!({ "name": "b", "algorithm": "ES256", "keep": -1 })),
        ("ring.create", json!({ "name": "b", "algorithm": "ES256", "key_use": "sig" })),
        ("ring.create", json!({ "name": "b", "algorithm": "ES256", "common_name": "a\nb" })),
        ("ring.create", json!({ "name": "b", "algorithm": "ES256", "exportable": "yes" })),
        ("ring.create", times(json!(59.999))),
        ("ring.create", times(json!(-1))),
        ("ring.create", times(json!(1e300))),
        ("ring.create", times(Value::Null)),
        (
            "ring.create",
            json!({ "name": "b", "algorithm": "ES256", "schedule": { "every": 60, "publish": 61, "grace": 0 } }),
        ),
        ("ring.rotate", json!({ "name": "b" })),
        ("ring.rotate", json!({ "name": "a", "length": 256 })),
        ("ring.rotate", json!({ "name": "a", "algorithm": "RSA" })),
        ("ring.retire", json!({})),
        ("ring.revoke", json!({ "name": "a" })),
        ("ring.revoke", json!({ "name": "a", "kid": "b" })),
        ("ring.due", json!({ "name": "a", "at": "yesterday" })),
        ("ring.apply_due", json!({ "name": "b" })),
        ("ring.schedule", json!({ "name": "a" })),
        ("ring.schedule", json!({ "name": "a", "schedule": 5 })),
        ("ring.schedule", json!({ "name": "a", "schedule": { "every": 60 } })),
        ("ring.keep", json!({ "name": "a" })),
        ("ring.sign", json!({ "name": "a", "data": "?" })),
        ("ring.sign", json!({ "name": "b", "data": "" })),
        ("ring.verify", json!({ "name": "a", "kid": "b", "data": "" })),
        ("ring.verify", json!({ "name": "a", "kid": "", "data": "", "signature": "" })),
        ("ring.jwks", json!({ "name": "b" })),
        ("ring.delete", json!({ "name": "b" })),
        ("ring.mend", json!({ "name": "a" })),
    ] {
        said.push(format!("{call} {}", driver.failed(call, body)));
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
    rings 400 InvalidInput: body is no JSON object
    ring 400 InvalidInput: body, field .: missing field `name` at line 1 column 2
    ring 400 InvalidInput: body, field name: invalid type: integer `1`, expected a string at line 1 column 9
    ring 404 NotFound: there is no ring 'b'
    ring 400 InvalidInput: ring is blank, allowed are 1 to 128 characters
    ring.create 400 InvalidInput: body, field .: missing field `algorithm` at line 1 column 12
    ring.create 400 InvalidInput: length is missing, RS256 needs one of 2048, 3072, 4096
    ring.create 400 InvalidInput: length is 384 bits, ES256 allows 256
    ring.create 400 InvalidInput: body, field keep: invalid value: integer `65536`, expected u16 at line 1 column 33
    ring.create 400 InvalidInput: body, field keep: invalid value: integer `-1`, expected u16 at line 1 column 30
    ring.create 400 InvalidInput: key_use is 'sig', allowed are signing and encryption
    ring.create 400 InvalidInput: ring has U+000A at character 2, allowed is any text without control character
    ring.create 400 InvalidInput: body, field exportable: invalid type: string "yes", expected a boolean at line 1 column 39
    ring.create 400 InvalidInput: every is 59.999 s, allowed are 60 to 315360000 s
    ring.create 400 InvalidInput: schedule.every is -1.0 s, allowed is a time from 0 s on
    ring.create 400 InvalidInput: schedule.every is 1e300 s, allowed is a time from 0 s on
    ring.create 400 InvalidInput: body, field schedule.every: invalid type: null, expected f64 at line 1 column 56
    ring.create 400 InvalidInput: publish is 61 s, at most as long as every, which is 60 s
    ring.rotate 404 NotFound: there is no ring 'b'
    ring.rotate 400 InvalidInput: length comes without algorithm, which it belongs to
    ring.rotate 400 InvalidInput: algorithm is 'RSA', allowed are ES256, ES384, ES512, HS256, HS384, HS512, PS256, PS384, PS512, RS256, RS384, RS512
    ring.retire 400 InvalidInput: body, field .: missing field `name` at line 1 column 2
    ring.revoke 400 InvalidInput: body, field .: missing field `kid` at line 1 column 12
    ring.revoke 404 NotFound: there is no key with kid 'b' in the ring 'a'
    ring.due 400 InvalidInput: body, field at: failed to parse four digit integer as year: invalid digit, expected 0-9 but got y at line 1 column 17
    ring.apply_due 404 NotFound: there is no ring 'b'
    ring.schedule 400 InvalidInput: body, field .: missing field `schedule` at line 1 column 12
    ring.schedule 400 InvalidInput: body, field schedule: invalid type: integer `5`, expected struct Times
    ring.schedule 400 InvalidInput: body, field schedule: missing field `publish`
    ring.keep 400 InvalidInput: body, field .: missing field `keep` at line 1 column 12
    ring.sign 400 InvalidInput: data is no standard base64 with padding
    ring.sign 404 NotFound: there is no ring 'b'
    ring.verify 400 InvalidInput: body, field .: missing field `signature` at line 1 column 32
    ring.verify 400 InvalidInput: kid is blank, allowed are 1 to 255 characters
    ring.jwks 404 NotFound: there is no ring 'b'
    ring.delete 404 NotFound: there is no ring 'b'
    ring.mend 422 Unsupported: call is 'ring.mend', which this version does not know
    "#);
    let taken = driver.failed("ring.create", json!({ "name": "a", "algorithm": "ES256" }));
    assert!(taken.starts_with("409 Duplicate: ring 'a' is taken"), "{taken}");
    // Unknown kids are no signature of the ring.
    let unknown = json!({ "name": "a", "kid": "b", "data": "", "signature": "" });
    assert_eq!(driver.done("ring.verify", unknown), json!({ "valid": false }));
    assert_eq!(driver.done("rings", json!({})), json!({ "rings": ["a"] }));
    driver.end();
}
