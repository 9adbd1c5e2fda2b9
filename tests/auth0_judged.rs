//! Auth0's keys of a connection, judged from outside for each of the seven algorithms and both uses: openssl and keytool read
//! the certificates, openssl the PKCS#7, Python's `cryptography` computes anew what is computed, its `jsonschema` holds the
//! vendor's document, node takes the JWK sets. The vendor's own recorded answers go through the same judges.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first failure, and says which judge was not there"
)]

#[path = "support/judges.rs"]
mod judges;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

use base64ct::{Base64, Encoding};
use jiff::Timestamp;
use judges::Folder;
use keystead::api::auth0;
use keystead::{Clock, Keystore, Options, PublicFormat, Ring, RingName, SecretFormat};
use serde_json::{Value, json};

const ALGORITHMS: [&str; 7] = ["RS256", "RS384", "RS512", "PS256", "PS384", "ES256", "ES384"];
/// When keys are made: a fraction later than their certificates can say.
const NOW: &str = "2026-11-22T12:34:56.789Z";
const NOT_BEFORE: &str = "2026-11-22T12:34:56+00:00";
/// basicConstraints, subjectKeyIdentifier, keyUsage, RFC 5280 section 4.2.1.
const EXTENSIONS: [&str; 3] = ["2.5.29.19", "2.5.29.14", "2.5.29.15"];
/// A moment at which they are good.
const ATTIME: &str = "1800000000";

#[derive(Debug)]
struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn store() -> Keystore {
    Keystore::in_memory(Options::default().clock(Arc::new(At(NOW.parse().unwrap())))).unwrap()
}

fn call(store: &Keystore, method: &str, path: &str, body: &Value) -> Value {
    let path = format!("/api/v2/connections/{path}");
    let answer = auth0::call(store, method, &path, body.to_string().as_bytes()).unwrap();
    assert!(answer.status < 300, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

/// A connection's answers: created, listed, rotated, listed again.
fn answers(store: &Keystore, algorithm: &str, key_use: &str) -> [(&'static str, Value); 4] {
    let body = json!({ "signing_alg": algorithm, "key_use": key_use, "connection_name": format!("{algorithm}-acme") });
    let path = format!("{algorithm}/keys");
    let created = call(store, "POST", &path, &body);
    let listed = call(store, "GET", &path, &Value::Null);
    let rotated = call(store, "POST", &format!("{path}/rotate"), &json!({ "key_use": key_use }));
    [("created", created), ("list", listed), ("rotated", rotated), ("list", call(store, "GET", &path, &Value::Null))]
}

fn ring(store: &Keystore, algorithm: &str, key_use: &str) -> Ring {
    let ending = if key_use == "encryption" { " (encryption)" } else { "" };
    store.ring(&RingName::new(format!("{algorithm}{ending}")).unwrap()).unwrap()
}

fn recorded() -> Vec<Value> {
    serde_json::from_str(include_str!("data/auth0/connection-keys.json")).unwrap()
}

/// What Python says of answers. None where it cannot judge, which is said.
fn python(answers: &[(&str, Value)]) -> Option<Vec<Value>> {
    let there = Command::new("python3").args(["-c", "import jsonschema, cryptography"]).stderr(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        println!("skipped: python3 lacks a package (pip install jsonschema cryptography)");
        return None;
    }
    let mut child = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/auth0_keys.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: Vec<_> = answers.iter().map(|(call, answer)| json!([call, answer]).to_string()).collect();
    child.stdin.take().unwrap().write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let verdicts: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(verdicts.len(), answers.len());
    Some(verdicts)
}

/// The tree of a PKCS#7 down to its certificates, without offsets and lengths but for what is empty.
fn tree(folder: &Folder, pkcs: &str) -> String {
    folder.put("tree.p7", pkcs);
    let tree = String::from_utf8(folder.openssl("asn1parse -in tree.p7")).unwrap();
    let lines = tree.lines().filter_map(|line| {
        let (_, rest) = line.split_once(':').unwrap();
        let depth: u32 = rest.strip_prefix("d=").unwrap().split(' ').next().unwrap().parse().unwrap();
        let (_, what) = rest.split_once(": ").unwrap();
        let empty = if rest.contains(" l=   0 ") { " (empty)" } else { "" };
        let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
        (depth < 4 || what.contains("pkcs7-data")).then(|| format!("{depth} {what}{empty}"))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// openssl: the certificate stands on its own as a CA by the strict rules, has this subject, and is what the PKCS#7 holds.
fn openssl_reads(folder: &Folder, key: &Value) {
    let text = |field: &str| key[field].as_str().unwrap();
    folder.put("key.pem", text("cert"));
    folder.put("key.p7", text("pkcs"));
    let verified =
        folder.openssl(&format!("verify -x509_strict -check_ss_sig -attime {ATTIME} -CAfile key.pem key.pem"));
    assert_eq!(String::from_utf8(verified).unwrap().trim(), "key.pem: OK");
    let shown = |words: &str| String::from_utf8(folder.openssl(&format!("x509 -in key.pem -noout {words}"))).unwrap();
    assert_eq!(shown("-subject -nameopt compat").trim(), format!("subject={}", text("subject_dn")));
    assert_eq!(shown("-fingerprint -sha1").trim(), format!("sha1 Fingerprint={}", text("fingerprint")));
    let inside = String::from_utf8(folder.openssl("pkcs7 -in key.p7 -print_certs")).unwrap();
    let pem = inside.split_once("-----BEGIN").unwrap().1.trim_end();
    assert_eq!(format!("-----BEGIN{pem}\n"), text("cert").replace("\r\n", "\n"));
}

/// The same for both uses; each is a test of its own, so that they run beside each other.
fn judge(key_use: &str) {
    let (store, folder) = (store(), Folder::new());
    let mut answered = Vec::new();
    let mut keys: BTreeMap<String, Value> = BTreeMap::new();
    for algorithm in ALGORITHMS {
        let answers = answers(&store, algorithm, key_use);
        for (_, answer) in &answers {
            for key in answer.as_array().map_or(std::slice::from_ref(answer), Vec::as_slice) {
                assert_eq!((&key["algorithm"], &key["key_use"]), (&json!(algorithm), &json!(key_use)));
                keys.insert(key["kid"].as_str().unwrap().to_owned(), key.clone());
            }
        }
        answered.extend(answers);
    }
    assert_eq!(keys.len(), 3 * ALGORITHMS.len());
    let mut concatenated = String::new();
    for key in keys.values() {
        openssl_reads(&folder, key);
        // What openssl says of ours it says of the vendor's.
        assert_eq!(tree(&folder, key["pkcs"].as_str().unwrap()), VENDORS_TREE);
        concatenated += key["cert"].as_str().unwrap();
    }
    folder.put("all.pem", concatenated);
    match folder.run("keytool", "-help") {
        Ok(_) => keytool_prints(&folder, &keys),
        Err(said) => println!("skipped: no keytool: {}", said.lines().next().unwrap_or_default()),
    }
    // What the store's other ways out show is the same.
    for algorithm in ALGORITHMS {
        for ring_key in ring(&store, algorithm, key_use).state().unwrap().live() {
            let key = &keys[ring_key.key().kid().as_str()];
            let pkcs = store.export_public(ring_key.key().id(), PublicFormat::Pkcs7PemCrlf).unwrap();
            assert_eq!(String::from_utf8(pkcs).unwrap(), key["pkcs"].as_str().unwrap());
        }
    }
    let Some(verdicts) = python(&answered) else { return };
    let usage = |algorithm: &str| match (key_use, algorithm.starts_with("ES")) {
        ("signing", _) => "03020284",
        (_, false) => "03020224",
        (_, true) => "0302020c",
    };
    for ((call, answer), verdict) in answered.iter().zip(&verdicts) {
        assert_eq!(verdict[0], json!([]), "{call}: {answer}");
        let count = answer.as_array().map_or(1, Vec::len);
        assert_eq!(verdict[1].as_array().unwrap().len(), count);
        let algorithm = answer.as_array().map_or(answer, |keys| &keys[0])["algorithm"].as_str().unwrap();
        // RFC 4055 and RFC 5758: each family has an arc, PSS names its hash in parameters.
        let hash = &algorithm[2..];
        let (key, arc) = match algorithm {
            "ES256" => ("EC 256", "1.2.840.10045.4.3.2"),
            "ES384" => ("EC 384", "1.2.840.10045.4.3.3"),
            "PS256" | "PS384" => ("RSA 2048", "1.2.840.113549.1.1.10"),
            "RS256" => ("RSA 2048", "1.2.840.113549.1.1.11"),
            "RS384" => ("RSA 2048", "1.2.840.113549.1.1.12"),
            _ => ("RSA 2048", "1.2.840.113549.1.1.13"),
        };
        for facts in verdict[1].as_array().unwrap() {
            assert_eq!(facts["wrong"], json!([]), "{call}: {answer}");
            assert_eq!((&facts["version"], &facts["from"]), (&json!("v3"), &json!(NOT_BEFORE)));
            assert_eq!(facts["key"], json!(key));
            assert_eq!(facts["signature"], json!(format!("{arc} sha{hash}")));
            assert_eq!(facts["own_identifier"], json!(true));
            assert_eq!(facts["order"], json!(EXTENSIONS));
            let rest = json!([[EXTENSIONS[0], true, "30030101ff"], [EXTENSIONS[2], true, usage(algorithm)]]);
            assert_eq!(facts["extensions"], rest, "{algorithm}");
        }
    }
}

#[test]
fn keys_for_signing_are_read_by_others() {
    judge("signing");
}

#[test]
fn keys_for_encryption_are_read_by_others() {
    judge("encryption");
}

const VENDORS_TREE: &str = "\
0 SEQUENCE
1 OBJECT :pkcs7-signedData
1 cont [ 0 ]
2 SEQUENCE
3 INTEGER :01
3 SET (empty)
3 SEQUENCE
4 OBJECT :pkcs7-data
3 cont [ 0 ]
3 SET (empty)";

#[test]
fn the_vendors_answers_pass_the_same_judges() {
    let folder = Folder::new();
    let recorded = recorded();
    for key in recorded[2]["body"].as_array().unwrap() {
        assert_eq!(tree(&folder, key["pkcs"].as_str().unwrap()), VENDORS_TREE);
    }
    // The rotation was recorded when it had two fields, of the four that the document requires now.
    let mut answers = vec![("list", recorded[0]["body"].clone()), ("list", recorded[2]["body"].clone())];
    // The judges can refuse: a field that is none, a wrong digest, a certificate of another key, lines that end otherwise.
    let mut changed = recorded[0]["body"].clone();
    changed[0]["previous"] = json!(true);
    changed[1]["thumbprint"] = changed[0]["thumbprint"].clone();
    changed[1]["kid"] = changed[0]["kid"].clone();
    changed[1]["pkcs"] = changed[0]["pkcs"].clone();
    changed[1]["cert"] = json!(changed[1]["cert"].as_str().unwrap().replace("\r\n", "\n") + "\n");
    answers.extend([("created", changed.clone()), ("list", changed), ("rotated", recorded[1]["body"].clone())]);
    let Some(verdicts) = python(&answers) else { return };
    for verdict in &verdicts[..2] {
        assert_eq!(verdict[0], json!([]));
        for facts in verdict[1].as_array().unwrap() {
            assert_eq!(facts["wrong"], json!([]));
            assert_eq!(facts["order"], json!(EXTENSIONS));
            let rest = json!([[EXTENSIONS[0], true, "30030101ff"], [EXTENSIONS[2], true, "03020284"]]);
            assert_eq!(facts["extensions"], rest);
            // The keys of one connection share theirs.
            assert_eq!(facts["own_identifier"], json!(false));
        }
    }
    assert_eq!(verdicts[2][0].as_array().unwrap().len(), 1, "{}", verdicts[2]);
    assert_eq!(verdicts[3][1][1]["wrong"], json!(["cert", "DER", "kid", "thumbprint", "pkcs"]));
    assert_eq!(verdicts[4][0].as_array().unwrap().len(), 2, "{}", verdicts[4]);
}

#[test]
fn node_takes_the_jwk_sets() {
    const MESSAGE: &[u8] = b"signed by a ring";
    let (store, folder) = (store(), Folder::new());
    if let Err(said) = folder.run("node", "--version") {
        println!("skipped: no node: {}", said.lines().next().unwrap_or_default());
        return;
    }
    let mut rings = Vec::new();
    for algorithm in ALGORITHMS {
        let body = json!({ "signing_alg": algorithm });
        call(&store, "POST", &format!("{algorithm}/keys"), &body);
        let signing = ring(&store, algorithm, "signing");
        // What each key signed while it was current.
        let mut signatures = Vec::new();
        for _ in 0..2 {
            let signed = signing.signer().unwrap().sign(MESSAGE).unwrap();
            signatures.push((signed.kid.to_string(), Base64::encode_string(signed.signature.as_bytes())));
            call(&store, "POST", &format!("{algorithm}/keys/rotate"), &Value::Null);
        }
        // The first is over by now.
        signatures.remove(0);
        let signed = signing.signer().unwrap().sign(MESSAGE).unwrap();
        signatures.push((signed.kid.to_string(), Base64::encode_string(signed.signature.as_bytes())));
        let jwks: Value = serde_json::from_str(&signing.jwks().unwrap()).unwrap();
        let signatures: Vec<_> =
            signatures.iter().map(|(kid, signature)| json!({ "kid": kid, "signature": signature })).collect();
        rings.push(json!({
            "jwks": jwks, "message": Base64::encode_string(MESSAGE), "signatures": signatures, "private": [],
        }));
    }
    for algorithm in ["RS256", "ES256", "ES384"] {
        call(
            &store,
            "POST",
            &format!("{algorithm}/keys"),
            &json!({ "signing_alg": algorithm, "key_use": "encryption" }),
        );
        let ring = ring(&store, algorithm, "encryption");
        let jwks: Value = serde_json::from_str(&ring.jwks().unwrap()).unwrap();
        let state = ring.state().unwrap();
        let private: Vec<_> = state
            .live()
            .map(|key| {
                let pkcs8 = store.export_secret(key.key().id(), &SecretFormat::Pkcs8Der).unwrap();
                json!({ "kid": key.key().kid().as_str(), "pkcs8": Base64::encode_string(pkcs8.expose_secret()) })
            })
            .collect();
        rings.push(json!({ "jwks": jwks, "message": "", "signatures": [], "private": private }));
    }
    let judge = |rings: &[Value]| {
        folder.put("rings.json", json!(rings).to_string());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/auth0_jwks.js");
        let said: Vec<String> =
            serde_json::from_slice(&folder.run("node", &format!("{script} rings.json")).unwrap()).unwrap();
        said
    };
    assert_eq!(judge(&rings), [""; 0]);
    let total: usize = rings.iter().map(|ring| ring["jwks"]["keys"].as_array().unwrap().len()).sum();
    assert_eq!(total, 7 * 3 + 3 * 2);
    // It can refuse.
    let another = rings[2]["signatures"][0]["signature"].clone();
    rings[0]["signatures"][0]["signature"] = another;
    assert_eq!(judge(&rings).len(), 1);
}

/// keytool's view of `all.pem`, which has the certificates of these keys.
fn keytool_prints(folder: &Folder, keys: &BTreeMap<String, Value>) {
    let printed = String::from_utf8(folder.run("keytool", "-printcert -file all.pem").unwrap()).unwrap();
    for key in keys.values() {
        let (fingerprint, name) = (key["fingerprint"].as_str().unwrap(), key["subject_dn"].as_str().unwrap());
        assert!(printed.contains(&format!("SHA1: {fingerprint}")), "{fingerprint}");
        assert!(printed.contains(&format!("Owner: {}", &name[1..])), "{name}");
    }
}

/// The longest that can be made here is far from the vendor's 4096 characters: RSA 4096 under a name of 512 bytes.
#[test]
fn the_longest_certificates_fit() {
    let store = store();
    let name = "🔑".repeat(128);
    let made = call(&store, "POST", "long/keys", &json!({ "connection_name": name }));
    let length = |text: &Value| text.as_str().unwrap().chars().count();
    assert_eq!(length(&made[0]["subject_dn"]), 132);
    let Some(verdicts) = python(&[("created", made.clone())]) else { return };
    assert_eq!((&verdicts[0][0], &verdicts[0][1][0]["wrong"]), (&json!([]), &json!([])));
    let folder = Folder::new();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/auth0_lengths.py");
    let lengths: Value = serde_json::from_slice(&folder.run("python3", script).unwrap()).unwrap();
    // Python's certificate is as long as ours, so that its longer one is as long as ours would be.
    assert_eq!(verdicts[0][1][0]["length"], lengths["2048"]);
    let lines = |der: u64| {
        let base64 = der.div_ceil(3) * 4;
        base64 + 2 * base64.div_ceil(64)
    };
    let cert = |der: u64| lines(der) + 29 + 27;
    let pkcs = |der: u64| lines(der + 47) + 23 + 21;
    let der = |bits: &str| lengths[bits].as_u64().unwrap();
    assert_eq!(cert(der("2048")), length(&made[0]["cert"]) as u64);
    assert_eq!(pkcs(der("2048")), length(&made[0]["pkcs"]) as u64);
    assert_eq!((cert(der("4096")), pkcs(der("4096"))), (3212, 3266));
}
