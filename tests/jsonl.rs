//! The JSON lines driver as another program sees it: one answer for each line and at once, statuses for everything that
//! goes wrong, and a store that the next run opens again. The driver is `examples/jsonl.rs`, run as a child.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/judges.rs"]
mod judges;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64ct::{Base64, Encoding};
use keystead::{Algorithm, ErrorKind, KdfCost, Keystore, Options, Unlock, Verifier};
use serde_json::{Value, json};

const RAW_KEY: &str = "0707070707070707070707070707070707070707070707070707070707070707";
const ID: &str = "c14b50e5-868b-4dbe-9f3c-028cd0515b11";
const NOBODY: &str = "092dbedc-30af-4149-9c61-b578f2c72f59";

/// How the driver is told what opens the store.
enum By<'a> {
    RawKey(&'a str),
    Passphrase(&'a str),
}

/// A running driver.
struct Driver {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// What `cargo test` builds beside the tests.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().unwrap().parent().unwrap().join("examples").join("jsonl");
    let built = built.with_extension(std::env::consts::EXE_EXTENSION);
    assert!(built.exists(), "run `cargo build --example jsonl` first, as `cargo test` without a filter does");
    built
}

fn command(store: &Path) -> Command {
    let mut command = Command::new(program());
    command.arg(store).env_remove("KEYSTEAD_RAW_KEY").env_remove("KEYSTEAD_PASSPHRASE").env_remove("KEYSTEAD_ANCHOR");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Driver {
    fn start(store: &Path, by: &By<'_>) -> Self {
        let mut command = command(store);
        match by {
            By::RawKey(key) => command.env("KEYSTEAD_RAW_KEY", key),
            By::Passphrase(passphrase) => command.env("KEYSTEAD_PASSPHRASE", passphrase),
        };
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    fn send(&mut self, line: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line).unwrap();
        input.write_all(b"\n").unwrap();
        input.flush().unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "no whole answer: {line}");
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert!(!line.contains("PRIVATE KEY") && !line.contains(RAW_KEY), "{line}");
        answer
    }

    /// Writes a line and waits for its answer, which must come before the next line is written.
    fn line(&mut self, line: impl AsRef<[u8]>) -> Value {
        self.send(line.as_ref());
        self.receive()
    }

    fn call(&mut self, call: &str, body: Value) -> Value {
        self.line(json!({ "call": call, "body": body }).to_string())
    }

    /// The body of a call that must go well.
    fn done(&mut self, call: &str, body: Value) -> Value {
        let answer = self.call(call, body);
        assert_eq!(answer["status"], json!(200), "{call}: {answer}");
        assert_eq!(answer.as_object().unwrap().len(), 2, "{answer}");
        answer["body"].clone()
    }

    /// Status, kind and message of a native call that must fail.
    fn failed(&mut self, call: &str, body: Value) -> String {
        failure(&self.call(call, body))
    }

    /// Ends the input: the program must end well, and without another answer.
    fn end(mut self) {
        drop(self.input.take());
        let mut rest = String::new();
        assert_eq!(self.output.read_line(&mut rest).unwrap(), 0, "{rest}");
        let output = self.child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}

fn failure(answer: &Value) -> String {
    assert_eq!(answer.as_object().unwrap().len(), 2, "{answer}");
    let error = answer["error"].as_object().unwrap();
    assert_eq!(error.len(), 2, "{answer}");
    format!("{} {}: {}", answer["status"], error["kind"].as_str().unwrap(), error["message"].as_str().unwrap())
}

fn base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

fn unlock() -> Unlock {
    Unlock::raw_key([7; 32])
}

#[test]
fn every_call_of_the_vendor_is_answered_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("keys.db");
    let mut driver = Driver::start(&store, &By::RawKey(RAW_KEY));
    assert_eq!(driver.done("GET /api/key", Value::Null), json!({ "keys": [] }));
    let request = json!({ "key": { "algorithm": "ES256", "name": "tokens", "issuer": "acme.com" } });
    let made = driver.done(&format!("POST /api/key/generate/{ID}"), request.clone());
    assert_eq!((&made["key"]["id"], &made["key"]["issuer"]), (&json!(ID), &json!("acme.com")));
    let hmac = json!({ "key": { "algorithm": "HS512", "name": "sessions" } });
    let hmac = driver.done("POST /api/key/generate", hmac);
    assert_eq!(driver.done(&format!("GET /api/key/{ID}"), json!({})), made);
    let renamed = driver.done(&format!("PUT /api/key/{ID}"), json!({ "key": { "name": "new" } }));
    assert_eq!(renamed["key"]["name"], json!("new"));
    // A vendor's failure is the vendor's body, or none.
    let duplicate = driver.call("POST /api/key/generate", json!({ "key": { "algorithm": "HS256", "name": "new" } }));
    insta::assert_snapshot!(duplicate.to_string(), @r#"{"body":{"fieldErrors":{"key.name":[{"code":"[duplicate]key.name","message":"name 'new' is taken by another key"}]},"generalErrors":[]},"status":400}"#);
    for method in ["GET", "DELETE"] {
        let answer = driver.call(&format!("{method} /api/key/{NOBODY}"), Value::Null);
        assert_eq!(answer, json!({ "status": 404, "body": null }));
    }
    let deleted = driver.call(&format!("DELETE /api/key/{ID}"), Value::Null);
    assert_eq!(deleted, json!({ "status": 200, "body": null }));
    assert_eq!(driver.done("GET /api/key", Value::Null)["keys"], json!([hmac["key"]]));
    driver.end();
}

/// The query string is part of the call, as it is: with spaces, or written as a URL has to be.
#[test]
fn keys_are_searched() {
    let folder = tempfile::tempdir().unwrap();
    let mut driver = Driver::start(&folder.path().join("keys.db"), &By::RawKey(RAW_KEY));
    let [forum, street, other] = ["Forum 1", "Straße", "forum 2"].map(|name| {
        let request =
            json!({ "key": { "algorithm": if name == "forum 2" { "HS512" } else { "ES256" }, "name": name } });
        driver.done("POST /api/key/generate", request)["key"].clone()
    });
    let page = |keys: &[&Value], total: u64| json!({ "keys": keys, "total": total });
    let all = page(&[&forum, &other, &street], 3);
    assert_eq!(driver.done("GET /api/key/search", Value::Null), all);
    assert_eq!(driver.done("GET /api/key/search?", json!({})), all);
    assert_eq!(driver.done("POST /api/key/search", json!({ "search": {} })), all);
    for query in ["name=FORUM&orderBy=name DESC&startRow=1", "name=for%75m&orderBy=name+DESC&startRow=1"] {
        assert_eq!(driver.done(&format!("GET /api/key/search?{query}"), Value::Null), page(&[&forum], 2));
    }
    let search = json!({ "name": "FORUM", "orderBy": "name DESC", "startRow": 1 });
    assert_eq!(driver.done("POST /api/key/search", json!({ "search": search })), page(&[&forum], 2));
    for query in ["name=STRASSE", "name=straße", "name=*tra%C3%9F*&type=EC"] {
        assert_eq!(driver.done(&format!("GET /api/key/search?{query}"), Value::Null), page(&[&street], 1));
    }
    driver.done(&format!("DELETE /api/key/{}", other["id"].as_str().unwrap()), Value::Null);
    assert_eq!(driver.done("GET /api/key/search?algorithm=HS512", Value::Null), page(&[], 0));

    let get = driver.call("GET /api/key/search?orderBy=size", Value::Null);
    insta::assert_snapshot!(get.to_string(), @r#"{"body":{"fieldErrors":{"search.orderBy":[{"code":"[invalid]search.orderBy","message":"orderBy has 'size', allowed is a list of algorithm, expiration, id, insertInstant, name, type, each at most once and perhaps with ASC or DESC"}]},"generalErrors":[]},"status":400}"#);
    assert_eq!(driver.call("POST /api/key/search", json!({ "search": { "orderBy": "size" } })), get);
    let missing = driver.call("POST /api/key/search", Value::Null);
    insta::assert_snapshot!(missing.to_string(), @r#"{"body":{"fieldErrors":{"search":[{"code":"[missing]search","message":"search is missing, an object is needed"}]},"generalErrors":[]},"status":400}"#);
    let long = driver.call(&format!("GET /api/key/search?name={}", "x".repeat(2 << 20)), Value::Null);
    insta::assert_snapshot!(long.to_string(), @r#"{"body":{"fieldErrors":{},"generalErrors":[{"code":"[tooLarge]","message":"the query string is 2097157 bytes, at most 1048576"}]},"status":400}"#);
    for call in ["PUT /api/key/search", "GET /api/key/search/x"] {
        assert_eq!(driver.call(call, Value::Null)["status"], json!(422), "{call}");
    }
    driver.end();
}

#[test]
fn keys_stay_for_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("keys.db");
    let by = By::RawKey(RAW_KEY);
    let mut driver = Driver::start(&store, &by);
    let native = json!({ "algorithm": "PS256", "name": "native", "length": 2048, "issuer": "me", "exportable": true });
    let native = driver.done("generate", native);
    assert_eq!((&native["type"], &native["length"], &native["issuer"]), (&json!("RSA"), &json!(2048), &json!("me")));
    // Standard base64: this data has both of the characters that base64url has not.
    let data = base64(&[0xfb, 0xff, 0xfe, 0xfb]);
    assert_eq!(data, "+//++w==");
    let signature = driver.done("sign", json!({ "id": native["id"], "data": data }))["signature"].clone();
    let hmac = driver.done("generate", json!({ "algorithm": "HS256", "name": "hmac" }));
    let tag = driver.done("sign", json!({ "id": hmac["id"], "data": "" }))["signature"].clone();
    assert_eq!(Base64::decode_vec(tag.as_str().unwrap()).unwrap().len(), 32);
    driver.end();

    let mut driver = Driver::start(&store, &by);
    assert_eq!(driver.done("GET /api/key", Value::Null)["keys"], json!([native, hmac]));
    let verify = |id: &Value, data: &str, signature: &Value| json!({ "id": id, "data": data, "signature": signature });
    assert_eq!(driver.done("verify", verify(&native["id"], &data, &signature)), json!({ "valid": true }));
    assert_eq!(driver.done("verify", verify(&hmac["id"], "", &tag)), json!({ "valid": true }));
    let mut changed = Base64::decode_vec(signature.as_str().unwrap()).unwrap();
    changed[100] ^= 1;
    for (data, signature) in [(&data[..], json!(base64(&changed))), ("AAAA", signature.clone()), (&data, json!(""))] {
        assert_eq!(driver.done("verify", verify(&native["id"], data, &signature)), json!({ "valid": false }));
    }
    // The signature is one for the world, not for this program alone.
    let spki = native["publicKey"].as_str().unwrap();
    let (_, spki) = der::pem::decode_vec(spki.as_bytes()).unwrap();
    let verifier = Verifier::from_public_key_der(Algorithm::Ps256, &spki).unwrap();
    let signature = Base64::decode_vec(signature.as_str().unwrap()).unwrap();
    assert!(verifier.verify(&[0xfb, 0xff, 0xfe, 0xfb], &signature));
    // With another algorithm for the same type of key.
    let with = json!({ "id": native["id"], "data": data, "algorithm": "RS384" });
    let other = driver.done("sign", with)["signature"].clone();
    let mut check = verify(&native["id"], &data, &other);
    assert_eq!(driver.done("verify", check.clone()), json!({ "valid": false }));
    check["algorithm"] = json!("RS384");
    assert_eq!(driver.done("verify", check), json!({ "valid": true }));
    assert_eq!(driver.done("verify_integrity", json!({})), json!({ "ok": true, "problems": [] }));
    driver.end();

    let store = Keystore::open(&store, &unlock(), Options::default()).unwrap();
    let exportable: Vec<_> = store.keys().map(|key| key.unwrap().is_exportable()).collect();
    assert_eq!(exportable, [true, false]);
}

#[test]
fn a_call_can_have_a_time_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut driver = Driver::start(&folder.path().join("keys.db"), &By::RawKey(RAW_KEY));
    let mut at =
        |call: &str, body: Value, at: Value| driver.line(json!({ "call": call, "body": body, "at": at }).to_string());
    let request = |name: &str| json!({ "key": { "algorithm": "ES256", "name": name } });
    let made = at("POST /api/key/generate", request("a"), json!("2021-10-02T13:41:51.648Z"))["body"]["key"].clone();
    assert_eq!(made["insertInstant"], json!(1_633_182_111_648_i64));
    assert_eq!(made["certificateInformation"]["validFrom"], json!(1_633_182_111_000_i64));
    assert_eq!(made["expirationInstant"], json!(1_948_714_911_000_i64));
    let path = format!("PUT /api/key/{}", made["id"].as_str().unwrap());
    let named = at(&path, json!({ "key": { "name": "b" } }), json!("2022-01-01T02:00:00+02:00"))["body"]["key"].clone();
    assert_eq!(named["lastUpdateInstant"], json!(1_640_995_200_000_i64));
    assert_eq!(named["insertInstant"], made["insertInstant"]);
    // The time of one call is not that of the next.
    let before = jiff::Timestamp::now().as_millisecond();
    let now = at("POST /api/key/generate", request("c"), Value::Null)["body"]["key"]["insertInstant"].as_i64().unwrap();
    assert!((before..=jiff::Timestamp::now().as_millisecond()).contains(&now), "{now}");
    for wrong in
        [json!("yesterday"), json!("2021-10-02"), json!(1_633_182_111_648_i64), json!("9999999-01-01T00:00:00Z")]
    {
        assert_eq!(at("GET /api/key", Value::Null, wrong.clone())["status"], json!(400), "{wrong}");
    }
    driver.end();
}

#[test]
fn a_wrong_key_answers_every_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let mut driver = Driver::start(&path, &By::RawKey(RAW_KEY));
    driver.done("generate", json!({ "algorithm": "HS256", "name": "a" }));
    driver.end();

    let wrong = RAW_KEY.replace("07", "08");
    let mut driver = Driver::start(&path, &By::RawKey(&wrong));
    for _ in 0..3 {
        let answer =
            failure(&driver.call("GET /api/key", Value::Null)).replace(&*folder.path().to_string_lossy(), "[folder]");
        assert!(answer.starts_with("403 WrongKey: "), "{answer}");
    }
    let answer = failure(&driver.call("generate", json!({ "algorithm": "HS256", "name": "b" })));
    insta::assert_snapshot!(answer.replace(&*folder.path().to_string_lossy(), "[folder]"), @"403 WrongKey: wrong passphrase or raw key");
    driver.end();

    let answers = [
        first_answer(&path, &[("KEYSTEAD_RAW_KEY", "07")]),
        first_answer(&path, &[("KEYSTEAD_RAW_KEY", &RAW_KEY.replace("07", "0g"))]),
        first_answer(&path, &[("KEYSTEAD_PASSPHRASE", "")]),
        first_answer(&path, &[]),
        first_answer(&path, &[("KEYSTEAD_RAW_KEY", RAW_KEY), ("KEYSTEAD_PASSPHRASE", "both")]),
        first_answer(folder.path(), &[("KEYSTEAD_RAW_KEY", RAW_KEY)]),
        first_answer(&folder.path().join("no/such/folder.db"), &[("KEYSTEAD_RAW_KEY", RAW_KEY)]),
    ];
    insta::assert_snapshot!(answers.join("\n").replace(&*folder.path().to_string_lossy(), "[folder]"), @r"
    400 InvalidInput: KEYSTEAD_RAW_KEY: it is 2 characters, allowed are 64 hex digits
    400 InvalidInput: KEYSTEAD_RAW_KEY: it holds something else, allowed are hex digits
    400 InvalidInput: passphrase is empty, allowed is any of at least one byte
    400 InvalidInput: set one of KEYSTEAD_PASSPHRASE and KEYSTEAD_RAW_KEY
    400 InvalidInput: set one of KEYSTEAD_PASSPHRASE and KEYSTEAD_RAW_KEY
    400 NotAKeystore: [folder] is a directory or another thing that is no file
    500 Io: cannot make a file in [folder]/no/such: No such file or directory (os error 2)
    ");
    // All of that left the store alone.
    let store = Keystore::open(&path, &unlock(), Options::default()).unwrap();
    assert_eq!(store.len().unwrap(), 1);
}

/// What a driver answers to a good line.
fn first_answer(store: &Path, environment: &[(&str, &str)]) -> String {
    let mut command = command(store);
    command.envs(environment.iter().copied());
    let mut driver = Driver::of(command);
    let answer = failure(&driver.call("verify_integrity", json!({})));
    driver.end();
    answer
}

#[test]
fn without_a_store_there_is_a_hint() {
    let output = Command::new(program()).stdin(Stdio::null()).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap().trim_end(), @"usage: jsonl STORE.db, with KEYSTEAD_PASSPHRASE or KEYSTEAD_RAW_KEY set");
}

#[test]
fn bad_lines_are_answered_and_the_program_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut driver = Driver::start(&folder.path().join("keys.db"), &By::RawKey(RAW_KEY));
    let mut answers = Vec::new();
    for line in [
        &b"{}"[..],
        b"{\"body\":{}}",
        br#"{"call":7}"#,
        br#"{"call":null}"#,
        br#"{"call":"generate"} {"call":"generate"}"#,
        br#"{"call":"verify_integrity","at":{}}"#,
        br#"{"call":"generate","body":{"name":5}}"#,
        br#"{"call":"generate","body":{"algorithm":"HS256"}}"#,
        br#"{"call":"generate","body":{"algorithm":"RS256","name":"a","length":-1}}"#,
        br#"{"call":"sign","body":{"id":"x","data":""}}"#,
        b"{\"call\":\"\xff\"}",
        b"{\"call\":\"generate\",\"body\":{\"algorithm\":\"HS256\",\"name\":\"\xff\"}}",
        br#"{"call":"generate","body":{"algorithm":"HS256","name":"\ud800"}}"#,
        &vec![b' '; 20 << 20],
        &[vec![b'"'; 1], vec![b'x'; 20 << 20]].concat(),
    ] {
        let answer = driver.line(line);
        assert_eq!(answer["status"], json!(400), "{answer}");
        answers.push(failure(&answer));
    }
    insta::assert_snapshot!(answers.join("\n"), @r"
    400 InvalidInput: the line is no request: .: missing field `call` at line 1 column 2
    400 InvalidInput: the line is no request: .: missing field `call` at line 1 column 11
    400 InvalidInput: the line is no request: call: invalid type: integer `7`, expected a string at line 1 column 9
    400 InvalidInput: the line is no request: call: invalid type: null, expected a string at line 1 column 12
    400 InvalidInput: the line is no request: trailing characters at line 1 column 21
    400 InvalidInput: the line is no request: at: invalid type: map, expected a timestamp string at line 1 column 32
    400 InvalidInput: body, field name: invalid type: integer `5`, expected a string at line 1 column 9
    400 InvalidInput: body, field .: missing field `name` at line 1 column 21
    400 InvalidInput: body, field length: invalid value: integer `-1`, expected u32 at line 1 column 43
    400 InvalidInput: id is 'x', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    400 InvalidInput: the line is no request: call: invalid unicode code point at line 1 column 10
    400 InvalidInput: the line is no request: body: invalid unicode code point at line 1 column 56
    400 InvalidInput: body, field name: unexpected end of hex escape at line 1 column 36
    400 InvalidInput: the line is 20971520 bytes, at most 16777216
    400 InvalidInput: the line is 20971521 bytes, at most 16777216
    ");
    // A body too large for the vendor is the vendor's to refuse.
    let long = json!({ "key": { "algorithm": "HS256", "name": "x".repeat(2 << 20) } });
    let answer = driver.call("POST /api/key/generate", long);
    insta::assert_snapshot!(answer.to_string(), @r#"{"body":{"fieldErrors":{},"generalErrors":[{"code":"[tooLarge]","message":"the body is 2097191 bytes, at most 1048576"}]},"status":400}"#);
    // Windows line ends, blanks around, members in any order, members nobody knows.
    let answer =
        driver.line("  {\"body\": {\"algorithm\": \"HS256\", \"name\": \"a\"}, \"x\": [1], \"call\": \"generate\"} \r");
    assert_eq!(answer["body"]["name"], json!("a"));
    assert_eq!(driver.done("GET /api/key", Value::Null)["keys"].as_array().unwrap().len(), 1);
    // The last line needs no end.
    let input = driver.input.as_mut().unwrap();
    input.write_all(br#"{"call":"verify_integrity"}"#).unwrap();
    drop(driver.input.take());
    assert_eq!(driver.receive()["body"]["ok"], json!(true));
    driver.end();
}

/// A request is an object, and so is a body: members do not count by their place.
#[test]
fn what_is_no_object_is_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let mut driver = Driver::start(&folder.path().join("keys.db"), &By::RawKey(RAW_KEY));
    let deep = format!(r#"{{"call":"generate","body":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    for line in [
        &b"hello"[..],
        b"null",
        b"7",
        b"\"verify_integrity\"",
        b"\0",
        b"[]",
        br#"["verify_integrity",{},null]"#,
        br#"{"call":"generate","body":[]}"#,
        br#"{"call":"generate","body":"HS256"}"#,
        br#"{"call":"generate","body":["HS256","from an array",null,null,null]}"#,
        br#"{"call":"rekey","body":["new",null]}"#,
        &vec![b'['; 100_000],
        deep.as_bytes(),
    ] {
        let answer = driver.line(line);
        assert!(failure(&answer).starts_with("400 InvalidInput: "), "{answer}");
    }
    assert_eq!(driver.done("GET /api/key", Value::Null)["keys"], json!([]));
    driver.end();
}

/// The contract: exactly one answer a line, and 400 for a line that is no request.
#[test]
fn empty_lines_are_answered_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut driver = Driver::start(&folder.path().join("keys.db"), &By::RawKey(RAW_KEY));
    for empty in ["", " ", "\r"] {
        driver.send(empty.as_bytes());
    }
    // A line of sense behind them, so that a driver that skips them shows it by its answer.
    driver.send(br#"{"call":"verify_integrity"}"#);
    for empty in 0..3 {
        assert_eq!(driver.receive()["status"], json!(400), "line {empty}");
    }
    assert_eq!(driver.receive()["status"], json!(200));
    driver.end();
}

#[test]
fn calls_that_are_not_known_are_422() {
    let folder = tempfile::tempdir().unwrap();
    let mut driver = Driver::start(&folder.path().join("keys.db"), &By::RawKey(RAW_KEY));
    let mut answers = Vec::new();
    for call in [
        "",
        " ",
        "Generate",
        "generate ",
        "GET /api/keys",
        "GET /api/key/generate",
        "FETCH /api/key",
        "GET  /api/key",
        "a\nb",
        &"long ".repeat(100),
    ] {
        answers.push(driver.failed(call, json!({})));
    }
    assert!(answers.iter().all(|answer| answer.starts_with("422 Unsupported: ")), "{answers:?}");
    insta::assert_snapshot!(answers.join("\n"), @r"
    422 Unsupported: call is '', which this version does not know
    422 Unsupported: call is ' ', which this version does not know
    422 Unsupported: call is 'Generate', which this version does not know
    422 Unsupported: call is 'generate ', which this version does not know
    422 Unsupported: call is 'GET /api/keys', which this version does not know
    422 Unsupported: call is 'GET /api/key/generate', which this version does not know
    422 Unsupported: call is 'FETCH /api/key', which this version does not know
    422 Unsupported: call is 'GET  /api/key', which this version does not know
    422 Unsupported: call is 'a\nb', which this version does not know
    422 Unsupported: call is 'long long long long long long long long long long long long long long long long ', which this version does not know
    ");
    driver.end();
}

#[test]
fn every_failure_has_its_status() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let mut driver = Driver::start(&path, &By::RawKey(RAW_KEY));
    let ec = driver.done("generate", json!({ "algorithm": "ES256", "name": "ec" }))["id"].clone();
    let hmac = driver.done("generate", json!({ "algorithm": "HS256", "name": "hmac" }))["id"].clone();
    let answers = [
        driver.failed("generate", json!({ "algorithm": "HS256", "name": "ec" })),
        driver.failed("generate", json!({ "algorithm": "none", "name": "x" })),
        driver.failed("generate", json!({ "algorithm": "RS256", "name": "x" })),
        driver.failed("generate", json!({ "algorithm": "RS256", "name": "x", "length": 1024 })),
        driver.failed("generate", json!({ "algorithm": "ES256", "name": "x", "issuer": "" })),
        driver.failed("generate", json!({ "algorithm": "ES256", "name": "" })),
        driver.failed("sign", json!({ "id": NOBODY, "data": "" })),
        driver.failed("verify", json!({ "id": NOBODY, "data": "", "signature": "" })),
        driver.failed("sign", json!({ "id": ec, "data": "_-8" })),
        driver.failed("sign", json!({ "id": ec, "data": "AA" })),
        driver.failed("verify", json!({ "id": ec, "data": "", "signature": "!" })),
        driver.failed("sign", json!({ "id": ec, "algorithm": "ES384", "data": "" })),
        driver.failed("sign", json!({ "id": hmac, "algorithm": "HS512", "data": "" })),
        driver.failed("sign", json!({ "id": hmac, "algorithm": "hs256", "data": "" })),
        driver.failed("rekey", json!({})),
        driver.failed("rekey", json!({ "passphrase": "a", "raw_key": RAW_KEY })),
        driver.failed("rekey", json!({ "passphrase": "" })),
        driver.failed("rekey", json!({ "raw_key": "00" })),
        driver.failed("backup", json!({ "path": path })),
        driver.failed("backup", json!({})),
        driver.failed("backup", json!({ "path": folder.path().join("no/such/folder") })),
    ];
    let shown = answers.join("\n").replace(&*folder.path().to_string_lossy(), "[folder]");
    insta::assert_snapshot!(shown, @r"
    409 Duplicate: name 'ec' is taken by another key
    400 InvalidInput: algorithm is 'none', allowed are ES256, ES384, ES512, HS256, HS384, HS512, PS256, PS384, PS512, RS256, RS384, RS512
    400 InvalidInput: length is missing, RS256 needs one of 2048, 3072, 4096
    400 InvalidInput: length is 1024 bits, RS256 allows 2048, 3072, 4096
    400 InvalidInput: issuer is blank, allowed are 1 to 64 characters
    400 InvalidInput: name is blank, allowed are 1 to 4096 characters
    404 NotFound: there is no key with id 092dbedc-30af-4149-9c61-b578f2c72f59
    404 NotFound: there is no key with id 092dbedc-30af-4149-9c61-b578f2c72f59
    400 InvalidInput: data is no standard base64 with padding
    400 InvalidInput: data is no standard base64 with padding
    400 InvalidInput: signature is no standard base64 with padding
    422 NotPossible: algorithm ES384 does not fit the key 'ec', EC of 256 bits, which allows ES256
    422 NotPossible: algorithm HS512 does not fit the key 'hmac', HMAC of 256 bits, which allows HS256
    400 InvalidInput: algorithm is 'hs256', allowed are ES256, ES384, ES512, HS256, HS384, HS512, PS256, PS384, PS512, RS256, RS384, RS512
    400 InvalidInput: rekey takes one of passphrase and raw_key
    400 InvalidInput: rekey takes one of passphrase and raw_key
    400 InvalidInput: passphrase is empty, allowed is any of at least one byte
    400 InvalidInput: raw_key: it is 2 characters, allowed are 64 hex digits
    409 AlreadyExists: [folder]/keys.db exists already
    400 InvalidInput: body, field .: missing field `path` at line 1 column 2
    500 Io: cannot make a file in [folder]/no/such: No such file or directory (os error 2)
    ");
    // Another program that changes the key under the driver's feet.
    let other = Keystore::open(&path, &unlock(), Options::default()).unwrap();
    other.rekey(&Unlock::raw_key([9; 32])).unwrap();
    let answer = driver.failed("sign", json!({ "id": ec, "data": "" }));
    assert!(answer.starts_with("409 Rekeyed: "), "{answer}");
    driver.end();
}

/// Given when the program starts, or asked of it.
#[test]
fn an_anchor_tells_an_older_copy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let key = "07".repeat(32);
    let start = |anchor: Option<&str>| {
        let mut command = command(&path);
        command.env("KEYSTEAD_RAW_KEY", &key);
        anchor.map(|anchor| command.env("KEYSTEAD_ANCHOR", anchor));
        Driver::of(command)
    };
    let mut driver = start(None);
    driver.done("anchor", json!({}));
    driver.end();
    let older = std::fs::read(&path).unwrap();
    let mut driver = start(None);
    driver.done("generate", json!({"algorithm": "HS256", "name": "a"}));
    let anchor = driver.done("anchor", json!({}))["anchor"].as_str().unwrap().to_owned();
    driver.done("anchor.check", json!({ "anchor": anchor }));
    assert!(
        driver.failed("anchor.check", json!({"anchor": "x"})).starts_with("400 InvalidInput: anchor does not read")
    );
    driver.end();
    let mut driver = start(Some(&anchor));
    assert_eq!(driver.done("verify_integrity", json!({}))["ok"], json!(true));
    driver.end();
    std::fs::write(&path, older).unwrap();
    let mut driver = start(Some(&anchor));
    let refused = driver.failed("verify_integrity", json!({}));
    assert_eq!(
        refused,
        "409 RolledBack: the store is at epoch 1, the anchor was taken at epoch 2: an older copy is in its place"
    );
    driver.end();
}

#[test]
fn keys_forgotten_on_purpose_sign_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut driver = Driver::start(&folder.path().join("keys.db"), &By::RawKey(RAW_KEY));
    let id = driver.done("generate", json!({"algorithm": "RS256", "length": 2048, "name": "a"}))["id"].clone();
    let sign =
        |driver: &mut Driver| driver.done("sign", json!({"id": id, "data": "bWVzc2FnZQ=="}))["signature"].clone();
    let signed = sign(&mut driver);
    assert_eq!(driver.done("forget_unsealed_keys", json!({})), json!({}));
    assert_eq!(sign(&mut driver), signed, "PKCS#1 v1.5 has one signature for a message");
    driver.end();
}

#[test]
fn a_rekeyed_store_opens_with_the_new_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    // Made here, for the driver's own stores have the full cost of a passphrase.
    drop(Keystore::create(&path, &Unlock::passphrase("first"), Options::default().kdf_cost(KdfCost::FLOOR)).unwrap());
    let mut driver = Driver::start(&path, &By::Passphrase("first"));
    let made = driver.done("generate", json!({ "algorithm": "ES256", "name": "a" }));
    assert_eq!(driver.done("rekey", json!({ "passphrase": "zweite Passphräse 🔑" })), json!({}));
    // The same run goes on.
    assert_eq!(driver.done("GET /api/key", Value::Null)["keys"], json!([made]));
    driver.end();

    let mut driver = Driver::start(&path, &By::Passphrase("first"));
    assert_eq!(driver.call("verify_integrity", json!({}))["status"], json!(403));
    driver.end();
    let mut driver = Driver::start(&path, &By::Passphrase("zweite Passphräse 🔑"));
    assert_eq!(driver.done("verify_integrity", json!({})), json!({ "ok": true, "problems": [] }));
    driver.done("rekey", json!({ "raw_key": RAW_KEY.to_uppercase() }));
    driver.end();
    let mut driver = Driver::start(&path, &By::RawKey(RAW_KEY));
    driver.done("sign", json!({ "id": made["id"], "data": "" }));
    driver.end();
    let error = Keystore::open(&path, &Unlock::passphrase("first"), Options::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongKey);
}

#[test]
fn a_backup_opens_with_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let [path, copy] = ["keys.db", "copy.db"].map(|name| folder.path().join(name));
    let by = By::RawKey(RAW_KEY);
    let mut driver = Driver::start(&path, &by);
    let made = driver.done("generate", json!({ "algorithm": "ES384", "name": "a" }));
    let signature = driver.done("sign", json!({ "id": made["id"], "data": "AAAA" }))["signature"].clone();
    assert_eq!(driver.done("backup", json!({ "path": copy })), json!({}));
    let later = driver.done("generate", json!({ "algorithm": "HS256", "name": "later" }));
    assert_eq!(driver.failed("backup", json!({ "path": copy })).split(':').next(), Some("409 AlreadyExists"));
    driver.end();

    let mut driver = Driver::start(&copy, &by);
    assert_eq!(driver.done("GET /api/key", Value::Null)["keys"], json!([made]));
    let check = json!({ "id": made["id"], "data": "AAAA", "signature": signature });
    assert_eq!(driver.done("verify", check), json!({ "valid": true }));
    driver.done("sign", json!({ "id": made["id"], "data": "" }));
    assert_eq!(driver.call("sign", json!({ "id": later["id"], "data": "" }))["status"], json!(404));
    assert_eq!(driver.done("verify_integrity", json!({})), json!({ "ok": true, "problems": [] }));
    driver.end();
}

/// What `inspect` says, `import` does, `export` gives back and `jwks` publishes.
#[test]
fn keys_go_in_and_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut driver = Driver::start(&folder.path().join("keys.db"), &By::RawKey(RAW_KEY));
    let seed = include_str!("data/fusionauth-seed.pem");
    // PEM and JSON may come as they are, everything may come as base64.
    let inspected = driver.done("inspect", json!({ "data": seed }));
    assert_eq!(driver.done("inspect", json!({ "data": base64(seed.as_bytes()) })), inspected);
    let said = |field: &str| inspected[field].clone();
    assert_eq!((said("form"), said("type"), said("length")), (json!("certificate-pem"), json!("RSA"), json!(2048)));
    assert_eq!((said("has_private"), inspected.get("curve")), (json!(false), None));
    assert_eq!(said("certificate_information")["sha1Thumbprint"], "zamAX0036820RULfdjUV6YkhYbY");
    assert_eq!(said("jwk_thumbprint").as_str().unwrap().len(), 43);
    assert!(said("public_key").as_str().unwrap().starts_with("-----BEGIN PUBLIC KEY-----"));
    assert_eq!(driver.done("GET /api/key", json!({}))["keys"], json!([]), "inspecting stores nothing");

    let imported = driver.done("import", json!({ "data": seed, "name": "seed", "algorithm": "RS384", "kid": "mine" }));
    assert_eq!((&imported["algorithm"], &imported["kid"]), (&json!("RS384"), &json!("mine")));
    assert_eq!(imported.get("same_as"), None);
    let id = imported["id"].clone();
    let again = driver.done("import", json!({ "data": seed, "name": "again" }));
    assert_eq!(again["same_as"], json!([id]));
    assert_eq!(driver.done("jwks", json!({}))["keys"].as_array().unwrap().len(), 2);

    let length = |algorithm: &str| algorithm.starts_with("RS").then_some(2048);
    let public = ["spki-pem", "spki-der", "certificate-pem", "certificate-der", "pkcs7-pem", "jwk"];
    for (algorithm, secret) in [
        ("RS256", vec!["pkcs8-pem", "pkcs8-der", "encrypted-pkcs8-pem", "pkcs1-pem", "pkcs12", "jwk-private"]),
        ("ES512", vec!["pkcs8-pem", "pkcs8-der", "encrypted-pkcs8-pem", "sec1-pem", "pkcs12", "jwk-private"]),
        ("HS384", vec!["raw", "jwk-private"]),
    ] {
        let made = if algorithm == "HS384" {
            // A random one could look like damaged DER to `inspect`, which is not told what it is.
            let secret = base64(&[b'{', 0xA7, 0x13].repeat(16));
            let request = json!({ "data": secret, "algorithm": algorithm, "name": algorithm, "exportable": true });
            driver.done("import", request)
        } else {
            let request =
                json!({ "algorithm": algorithm, "name": algorithm, "length": length(algorithm), "exportable": true });
            driver.done("generate", request)
        };
        let signature = driver.done("sign", json!({ "id": made["id"], "data": "AAAA" }))["signature"].clone();
        let public = if algorithm == "HS384" { &[][..] } else { &public };
        for format in public.iter().copied().chain(secret) {
            let exported = driver.done("export", json!({ "id": made["id"], "format": format, "password": "pw" }));
            assert_eq!(exported.as_object().unwrap().len(), 1, "{format}");
            let inspected = driver.done("inspect", json!({ "data": exported["data"], "password": "pw" }));
            assert!(inspected["form"].as_str().unwrap().starts_with(format), "{inspected}");
            let name = format!("{algorithm} {format}");
            let back = json!({ "data": exported["data"], "name": name, "password": "pw", "algorithm": algorithm });
            let back = driver.done("import", back);
            assert_eq!(back["publicKey"], made["publicKey"], "{format}");
            assert_eq!(back["same_as"][0], made["id"], "{format}");
            let check = json!({ "id": back["id"], "data": "AAAA", "signature": signature });
            assert_eq!(driver.done("verify", check), json!({ "valid": true }), "{format}");
        }
    }
    driver.end();
}

#[test]
fn what_does_not_go_in_or_out_has_its_status() {
    let folder = tempfile::tempdir().unwrap();
    let mut driver = Driver::start(&folder.path().join("keys.db"), &By::RawKey(RAW_KEY));
    let fixed = driver.done("generate", json!({ "algorithm": "ES256", "name": "fixed" }))["id"].clone();
    let hmac =
        driver.done("generate", json!({ "algorithm": "HS256", "name": "hmac", "exportable": true }))["id"].clone();
    let export = |id: &Value, format: &str| json!({ "id": id, "format": format });
    insta::assert_snapshot!(driver.failed("export", export(&fixed, "pkcs8-pem")), @"403 Refused: the key 'fixed' is not exportable, which was decided when it came into the store");
    insta::assert_snapshot!(driver.failed("export", export(&hmac, "spki-pem")), @"422 NotPossible: the key 'hmac' is an HMAC secret, it has no public part");
    insta::assert_snapshot!(driver.failed("export", export(&hmac, "pkcs8-pem")), @"422 NotPossible: the key 'hmac' is of type HMAC, which is not written as PKCS#8");
    insta::assert_snapshot!(driver.failed("export", export(&hmac, "pkcs12")), @"400 InvalidInput: password is missing, the format pkcs12 needs one");
    insta::assert_snapshot!(driver.failed("export", export(&hmac, "der")), @"400 InvalidInput: format is 'der', allowed are spki-pem, spki-der, pkcs1-public-pem, certificate-pem, certificate-pem-crlf, certificate-der, certificate-chain-pem, pkcs7-pem, pkcs7-pem-crlf, pkcs7-der, jwk, pkcs8-pem, pkcs8-der, encrypted-pkcs8-pem, encrypted-pkcs8-der, pkcs1-pem, sec1-pem, pkcs12, jwk-private, raw");
    assert!(driver.failed("export", export(&json!(NOBODY), "jwk")).starts_with("404 NotFound"));
    insta::assert_snapshot!(driver.failed("inspect", json!({ "data": "" })), @"400 InvalidInput: data: input is empty; accepted are PEM, DER, base64 of DER and JWK");
    insta::assert_snapshot!(driver.failed("import", json!({ "data": "AAAA", "name": "x" })), @"400 InvalidInput: data: input is 3 bytes that are no text and begin like no key or certificate in DER; accepted are PEM, DER, base64 of DER and JWK");
    insta::assert_snapshot!(driver.failed("import", json!({ "data": "x", "name": "x", "algorithm": "HS256" })), @"400 InvalidInput: the secret is 1 bytes, HS256 allows 32 to 4096 bytes: RFC 7518, section 3.2");
    // An Ed25519 key, RFC 8410 section 10.3.
    let ed25519 = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
    insta::assert_snapshot!(driver.failed("import", json!({ "data": ed25519, "name": "x" })), @"422 Unsupported: data: not supported: key algorithm Ed25519 (1.3.101.112); accepted are RSA (rsaEncryption) and EC on P-256, P-384 or P-521");
    driver.done("import", json!({ "data": "x", "name": "short", "algorithm": "HS256", "allow_short_secret": true }));
    driver.end();
}

const ATTEST: &str = "POST /crypto/v1/keys/key_attestation";

/// The value of a fact among the claims.
fn fact<'a>(judged: &'a Value, name: &str) -> Option<&'a Value> {
    let claims = judged["claims"].as_array().unwrap();
    claims.iter().find(|claim| claim["name"] == name).map(|claim| &claim["value"])
}

#[test]
fn statements_are_made_and_judged() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("keys.db");
    let mut driver = Driver::start(&store, &By::RawKey(RAW_KEY));
    let made = driver.done("generate", json!({ "algorithm": "ES384", "name": "made" }));
    let open = driver.done("generate", json!({ "algorithm": "ES256", "name": "open", "exportable": true }));
    // The vendor's call makes an authority where there is none.
    let response = driver.done(ATTEST, json!({ "key": { "kid": made["id"] } }));
    let chain = driver.done("attestation.authority", json!({}))["authority_chain"].clone();
    assert_eq!((&response["authority_chain"], chain.as_array().unwrap().len()), (&chain, 3));
    let judge = |response: &Value, more: Value| {
        let mut body = json!({ "response": response, "trust_anchor": chain[2], "profile": "keystead" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let judged = driver.done("attestation.verify", judge(&response, json!({})));
    assert_eq!((&judged["valid"], &judged["reasons"]), (&json!(true), &json!([])), "{judged}");
    assert_eq!(judged["claims"].as_array().unwrap()[..2], [json!("generated_here"), json!("never_exportable")]);
    assert_eq!(fact(&judged, "key_id"), Some(&made["id"]));
    assert_eq!((fact(&judged, "algorithm"), fact(&judged, "imported")), (Some(&json!("ES384")), Some(&json!(false))));
    assert_eq!((fact(&judged, "challenge"), fact(&judged, "exportable_since")), (None, None));

    // What a key can do and did is told, and so is the challenge.
    driver.done("export", json!({ "id": open["id"], "format": "pkcs8-der" }));
    let response = driver.done(ATTEST, json!({ "key": { "name": "open" }, "challenge": "AAEC" }));
    let judged = driver.done("attestation.verify", judge(&response, json!({ "challenge": "AAEC", "max_age": 3600 })));
    assert_eq!(judged["valid"], true, "{judged}");
    assert_eq!(judged["claims"][0], "generated_here");
    assert!(!judged["claims"].as_array().unwrap().contains(&json!("never_exportable")));
    assert!(fact(&judged, "exported_at").is_some() && fact(&judged, "exportable_since").is_some());
    assert_eq!(fact(&judged, "challenge"), Some(&json!("AAEC")));

    // The key may be expected by its id or itself, as PEM or DER.
    let der = driver.done("export", json!({ "id": open["id"], "format": "spki-der" }))["data"].clone();
    for expected in [&open["id"], &open["publicKey"], &der] {
        let judged = driver.done("attestation.verify", judge(&response, json!({ "expected_key": expected })));
        assert_eq!(judged["valid"], true, "{judged}");
    }
    // The anchor may be PEM too.
    let pem = driver.done("attestation.attest", json!({ "id": open["id"], "challenge": "AAEC" }))["chain_pem"].clone();
    let root = format!("-----BEGIN{}", pem.as_str().unwrap().rsplit("-----BEGIN").next().unwrap());
    let judged = driver.done("attestation.verify", judge(&response, json!({ "trust_anchor": root })));
    assert_eq!(judged["valid"], true, "{judged}");

    let mut refused = |response: &Value, more: Value| -> Vec<String> {
        let judged = driver.done("attestation.verify", judge(response, more));
        assert_eq!((&judged["valid"], &judged["claims"]), (&json!(false), &json!([])), "{judged}");
        judged["reasons"].as_array().unwrap().iter().map(|reason| reason.as_str().unwrap().to_owned()).collect()
    };
    let mut check = |response: &Value, more: Value| -> Vec<String> {
        refused(response, more).iter().map(|reason| reason.split(':').next().unwrap().to_owned()).collect()
    };
    assert_eq!(check(&response, json!({ "challenge": "AAED" })), ["expected-challenge"]);
    assert_eq!(check(&response, json!({ "expected_key": made["id"] })), ["expected-key-id"]);
    assert_eq!(check(&response, json!({ "expected_key": made["publicKey"] })), ["expected-public-key"]);
    assert_eq!(check(&response, json!({ "required_claims": ["never_exportable"] })), ["required-claims"]);
    assert_eq!(check(&response, json!({ "trust_anchor": chain[1] })), ["trust-anchor"]);
    let mut damaged = response.clone();
    damaged["authority_chain"][1] = json!("AAAA");
    assert!(check(&damaged, json!({})).contains(&"chain-readable".into()));
    damaged["authority_chain"][1] = json!("no base64");
    insta::assert_snapshot!(refused(&damaged, json!({})).join("\n"), @"response: authority_chain[1] is no standard base64 with padding");
    damaged["authority_chain"] = json!([]);
    insta::assert_snapshot!(refused(&damaged, json!({})).join("\n"), @"chain-length: the number of certificates in the chain is 0, allowed are 2 to 5");
    // Our statements are none of the vendor's.
    assert!(!refused(&response, json!({ "profile": "fortanix" })).is_empty());
    driver.end();
}

#[test]
fn statements_of_the_vendor_are_judged() {
    let folder = tempfile::tempdir().unwrap();
    let mut driver = Driver::start(&folder.path().join("keys.db"), &By::RawKey(RAW_KEY));
    let response: Value = serde_json::from_str(include_str!("data/fortanix/key-attestation-response.json")).unwrap();
    let body = json!({ "response": response, "trust_anchor": response["authority_chain"][2], "profile": "fortanix" });
    let judged = driver.done("attestation.verify", body.clone());
    insta::assert_snapshot!(judged.to_string(), @r#"{"claims":["generated_here","never_exportable",{"name":"key_id","value":"b2b87f84-80d2-4c4c-ba41-7fa12fb4eff5"},{"name":"signed_at","value":"2023-09-01T00:36:06Z"}],"reasons":[],"valid":true}"#);
    // Verified at another time: a second before it was signed, but for the tolerance of 60 s.
    let mut at = |at: &str| driver.line(json!({ "call": "attestation.verify", "body": body, "at": at }).to_string());
    assert_eq!(at("2023-09-01T00:35:06Z")["body"]["valid"], true);
    let early = at("2023-09-01T00:35:05Z")["body"].clone();
    insta::assert_snapshot!(early["reasons"].to_string(), @r#"["signing-time: signed at 2023-09-01T00:36:06Z, verified at 2023-09-01T00:35:05Z, which is more than 60 s earlier"]"#);
    driver.end();
}

#[test]
fn what_is_no_attestation_call_has_its_status() {
    let folder = tempfile::tempdir().unwrap();
    let mut driver = Driver::start(&folder.path().join("keys.db"), &By::RawKey(RAW_KEY));
    driver.done("generate", json!({ "algorithm": "HS256", "name": "hmac" }));
    let key = driver.done("generate", json!({ "algorithm": "ES256", "name": "key" }));
    // By another method nothing is made.
    driver.failed("GET /crypto/v1/keys/key_attestation", json!({}));
    insta::assert_snapshot!(driver.failed("attestation.attest", json!({ "id": key["id"] })), @"422 NotPossible: the store has no attestation authority: one must be created, installed or imported first");
    let mut vendor = |body: Value| driver.call(ATTEST, body).to_string();
    let lines = [
        vendor(json!({ "key": { "name": "nobody" } })),
        vendor(json!({ "key": { "name": "hmac" } })),
        vendor(json!({ "key": { "kid": "hmac" } })),
        vendor(json!([])),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"body":"there is no key with name 'nobody'","status":404}
    {"body":"the key 'hmac' is an HMAC secret: attested are RSA and EC keys that have their private part","status":422}
    {"body":"key.kid is 'hmac', allowed is a UUID of 36 characters in the form 8-4-4-4-12","status":400}
    {"body":"the body is an array, allowed is an object","status":400}
    "#);
    let response: Value = serde_json::from_str(include_str!("data/fortanix/key-attestation-response.json")).unwrap();
    let mut verify = |more: Value| {
        let anchor = &response["authority_chain"][2];
        let mut body = json!({ "response": response, "trust_anchor": anchor, "profile": "fortanix" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        driver.failed("attestation.verify", body)
    };
    let lines = [
        verify(json!({ "response": {} })),
        verify(
            json!({ "response": { "authority_chain": [], "attestation_statement": { "format": "x509_certificate" } } }),
        ),
        verify(
            json!({ "response": { "authority_chain": [], "attestation_statement": { "format": "x", "statement": "" } } }),
        ),
        verify(json!({ "response": null })),
        verify(json!({ "trust_anchor": "AAAA" })),
        verify(json!({ "trust_anchor": "" })),
        verify(json!({ "profile": "vendor" })),
        verify(json!({ "challenge": "?" })),
        verify(json!({ "expected_key": "c14b50e5-868b-4dbe-9f3c-028cd0515b1" })),
        verify(json!({ "required_claims": ["generated"] })),
        driver.failed("attestation.verify", json!({})),
        driver.failed("attestation.authority", json!({ "strength": "dsa" })),
        driver.failed("attestation.authority", json!({ "organization": "" })),
        driver.failed("attestation.attest", json!({ "id": NOBODY })),
        driver.failed("attestation.attest", json!({ "id": NOBODY, "challenge": "" })),
        driver.failed("GET /crypto/v1/keys/key_attestation", json!({})),
    ];
    insta::assert_snapshot!(lines.join("\n"), @"
    400 InvalidInput: response: authority_chain is missing, an array of strings is needed
    400 InvalidInput: response: attestation_statement.statement is missing, a string is needed
    400 InvalidInput: response: attestation_statement.format is 'x', allowed is x509_certificate
    400 InvalidInput: response: the body is null, allowed is an object
    400 InvalidInput: trust anchor 0 cannot be read: input is 3 bytes that are no text and begin like no key or certificate in DER; accepted are PEM, DER, base64 of DER and JWK
    400 InvalidInput: trust anchor 0 cannot be read: input is empty; accepted are PEM, DER, base64 of DER and JWK
    400 InvalidInput: attestation profile is 'vendor', allowed are 'keystead' and 'fortanix'
    400 InvalidInput: challenge is no standard base64 with padding
    400 InvalidInput: expected_key: data: input is 35 bytes of text without PEM boundaries, no JSON and no base64 of DER; accepted are PEM, DER, base64 of DER and JWK
    400 InvalidInput: required_claims has 'generated', allowed are generated_here and never_exportable
    400 InvalidInput: body, field .: missing field `response` at line 1 column 2
    400 InvalidInput: strength is 'dsa', allowed are ec and rsa
    400 InvalidInput: issuer is blank, allowed are 1 to 64 characters
    404 NotFound: there is no key with id 092dbedc-30af-4149-9c61-b578f2c72f59
    400 InvalidInput: challenge is 0 bytes, allowed are 1 to 64
    422 Unsupported: call is 'GET /crypto/v1/keys/key_attestation', which this version does not know
    ");
    driver.end();
}

/// The authority is renewed and replaced, and then follows a CA outside, which is Python's `cryptography`.
#[test]
fn an_authority_has_its_life() {
    let folder = tempfile::tempdir().unwrap();
    let mut driver = Driver::start(&folder.path().join("keys.db"), &By::RawKey(RAW_KEY));
    let mut done = |call: &str, body: Value| {
        let line = json!({ "call": call, "body": body, "at": "2026-11-22T06:00:00Z" }).to_string();
        let answer = driver.line(line);
        assert_eq!(answer["status"], 200, "{call}: {answer}");
        answer["body"].clone()
    };
    let key = done("generate", json!({ "algorithm": "ES256", "name": "key" }))["id"].clone();
    let first = done("attestation.authority", json!({ "strength": "ec", "organization": "Example Ltd." }));
    assert_eq!(first["renewal"], json!({ "by": "itself", "until": "2036-11-19T06:00:00Z" }));
    assert_eq!(first["not_after"], "2026-12-22T06:00:00Z");
    let renewed = done("attestation.renew", json!({}));
    assert_ne!(renewed["authority_chain"][0], first["authority_chain"][0]);
    assert_eq!(renewed["authority_chain"][2], first["authority_chain"][2]);
    let replaced = done("attestation.replace", json!({}));
    assert_ne!(replaced["authority_chain"][2], first["authority_chain"][2]);
    assert_eq!(done("attestation.past", json!({}))["authorities"].as_array().unwrap().len(), 2);
    assert_eq!(done("attestation.attest", json!({ "id": key }))["renew_before"], Value::Null);

    assert_eq!(done("attestation.discard_request", json!({})), json!({ "discarded": false }));
    let request = done("attestation.request", json!({}));
    let outside = judges::Folder::new();
    outside.put("request.pem", request["csr_pem"].as_str().unwrap());
    outside.put("request.der", Base64::decode_vec(request["csr"].as_str().unwrap()).unwrap());
    outside.openssl("req -verify -noout -inform DER -in request.der");
    outside.put("what.json", r#"{ "days": 5 }"#);
    outside.python(include_str!("support/outside_ca.py")).unwrap();
    let chain = String::from_utf8(outside.get("chain.pem")).unwrap();
    let installed = done("attestation.install", json!({ "chain": chain }));
    assert_eq!(installed["renewal"], json!({ "by": "outside", "before": "2026-11-27T06:00:00Z" }));
    // It says in time that it must be followed.
    assert_eq!(done("attestation.attest", json!({ "id": key }))["renew_before"], "2026-11-27T06:00:00Z");
    let response = done(ATTEST, json!({ "key": { "kid": key } }));
    let anchor = &installed["authority_chain"][2];
    let judge = json!({ "response": response, "trust_anchor": anchor, "profile": "keystead", "expected_key": key });
    assert_eq!(done("attestation.verify", judge)["valid"], true);

    outside.put("what.json", r#"{ "own_key": "P-256" }"#);
    outside.python(include_str!("support/outside_ca.py")).unwrap();
    let pem = |name: &str| String::from_utf8(outside.get(name)).unwrap();
    let imported = done("attestation.import", json!({ "data": pem("key.pem"), "chain": pem("chain.pem") }));
    assert_eq!(imported["renewal"]["by"], "outside");
    let past = done("attestation.past", json!({}))["authorities"].clone();
    assert_eq!(past.as_array().unwrap().len(), 4);
    assert_eq!(
        (&past[3]["authority_chain"], &past[3]["renewal"]["by"]),
        (&installed["authority_chain"], &json!("nobody"))
    );
    let refused = driver.failed("attestation.install", json!({ "chain": pem("chain.pem") }));
    assert!(refused.starts_with("422 NotPossible: "), "{refused}");
    driver.end();
}
