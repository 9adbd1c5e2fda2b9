//! Tokens that others signed: Python's `joserfc` and `cryptography`, and node's `crypto`, with keys of their own, given as
//! DER and as a JWK set.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

#[path = "support/judges.rs"]
mod judges;
#[path = "support/jwt_app.rs"]
mod jwt_app;

use std::process::{Command, Stdio};
use std::time::Duration;

use base64ct::{Base64, Encoding};
use judges::Folder;
use jwt_app::{APP, Door, claims, encode, stored};
use keystead::authn::{Outcome, Presented, Reason};
use keystead::{Algorithm, FetchedKeys, SigningKeys};
use serde_json::Value;

/// Signs the claims with a new key for every algorithm: `{"keys": [...], "signed": [{"alg", "kid", "spki", "token"}]}`.
const PYTHON: &str = r#"
import base64, json
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, PrivateFormat, NoEncryption
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

claims = json.load(open("claims.json"))
out = {"keys": [], "signed": []}
sizes = {"RS256": 2048, "RS384": 2048, "RS512": 3072, "PS256": 2048, "PS384": 4096, "PS512": 2048}
curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
for alg in list(sizes) + list(curves):
    if alg in sizes:
        private, kind = rsa.generate_private_key(public_exponent=65537, key_size=sizes[alg]), RSAKey
    else:
        private, kind = ec.generate_private_key(curves[alg]), ECKey
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    kid = "python " + alg
    key = kind.import_key(pem, {"kid": kid, "use": "sig", "alg": alg})
    spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    token = jwt.encode({"alg": alg, "kid": kid}, claims, key, algorithms=[alg])
    out["keys"].append(key.as_dict(private=False))
    out["signed"].append({"alg": alg, "kid": kid, "spki": base64.b64encode(spki).decode(), "token": token})
print(json.dumps(out))
"#;

const NODE: &str = r#"
const crypto = require("crypto"), fs = require("fs");
const claims = JSON.parse(fs.readFileSync("claims.json"));
const out = {keys: [], signed: []};
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
for (const alg of ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]) {
  const bits = alg.slice(2), curve = {256: "P-256", 384: "P-384", 512: "P-521"}[bits];
  const pair = alg[0] === "E"
    ? crypto.generateKeyPairSync("ec", {namedCurve: curve})
    : crypto.generateKeyPairSync("rsa", {modulusLength: 2048});
  const kid = "node " + alg;
  const signed = encode({typ: "JWT", alg, kid}) + "." + encode(claims);
  const options = {key: pair.privateKey};
  if (alg[0] === "P") Object.assign(options, {padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST});
  if (alg[0] === "E") options.dsaEncoding = "ieee-p1363";
  const signature = crypto.sign("sha" + bits, Buffer.from(signed), options).toString("base64url");
  const spki = pair.publicKey.export({format: "der", type: "spki"}).toString("base64");
  out.keys.push({...pair.publicKey.export({format: "jwk"}), kid});
  out.signed.push({alg, kid, spki, token: signed + "." + signature});
}
console.log(JSON.stringify(out));
"#;

fn is_there(program: &str, words: &[&str]) -> bool {
    let status = Command::new(program).args(words).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let there = status.is_ok_and(|status| status.success());
    if !there {
        println!("skipped: {program} {} does not run", words.join(" "));
    }
    there
}

fn check(signed: &Value) {
    let fetched = SigningKeys::Fetched(FetchedKeys::new("https://a.example", Duration::from_secs(60)).unwrap());
    let door = Door::new(fetched, None);
    let set = serde_json::json!({"keys": signed["keys"]}).to_string().into_bytes();
    let fetch = |_: &str| Ok(set.clone());
    let entries = signed["signed"].as_array().unwrap();
    assert_eq!(entries.len(), 9);
    for entry in entries {
        let text = |name: &str| entry[name].as_str().unwrap();
        let (algorithm, token): (Algorithm, _) = (text("alg").parse().unwrap(), text("token"));
        let spki = Base64::decode_vec(text("spki")).unwrap();
        let own = Door::new(stored([(text("kid"), spki)]), None);
        assert!(own.lets_in(token), "{algorithm}");
        let presented = Presented::new().app(APP.parse().unwrap()).jwt(token).fetch(&fetch);
        assert!(matches!(door.ask(&presented), Outcome::Authenticated(_)), "{algorithm}");

        let [header, payload, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
        // The same signature under every other algorithm's name.
        for other in Algorithm::ALL.into_iter().filter(|other| *other != algorithm) {
            let header = encode(serde_json::json!({"alg": other.name(), "kid": text("kid")}).to_string());
            let reason = own.reason(&format!("{header}.{payload}.{signature}"));
            let same = other.key_type() == algorithm.key_type() && other.curve() == algorithm.curve();
            assert_eq!(reason == Reason::BadSignature, same, "{algorithm} as {other}");
            assert!(same || reason == Reason::WrongAlgorithm, "{algorithm} as {other}");
        }
        // Another app in the payload; the header said otherwise; a signature cut short.
        let other = encode(claims().to_string().replace("c4e", "c4f"));
        assert_eq!(own.reason(&format!("{header}.{other}.{signature}")), Reason::BadSignature);
        let spaced = encode(format!("{} ", serde_json::json!({"alg": algorithm.name(), "kid": text("kid")})));
        assert_eq!(own.reason(&format!("{spaced}.{payload}.{signature}")), Reason::BadSignature);
        assert_eq!(own.reason(&format!("{header}.{payload}.{}", &signature[4..])), Reason::BadSignature);
    }
}

#[test]
fn tokens_of_python() {
    if !is_there("python3", &["-c", "import joserfc, cryptography"]) {
        return;
    }
    let folder = Folder::new();
    folder.put("claims.json", claims().to_string());
    check(&serde_json::from_slice(&folder.python(PYTHON).unwrap()).unwrap());
}

#[test]
fn tokens_of_node() {
    if !is_there("node", &["--version"]) {
        return;
    }
    let folder = Folder::new();
    folder.put("claims.json", claims().to_string());
    folder.put("script.js", NODE);
    check(&serde_json::from_slice(&folder.run("node", "script.js").unwrap()).unwrap());
}
