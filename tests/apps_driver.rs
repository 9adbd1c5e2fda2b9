//! Applications through the JSON lines driver: Fortanix's calls, and letting apps in with credentials of all nine kinds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first failure"
)]

#[path = "support/app_bodies.rs"]
mod bodies;
#[path = "support/driver.rs"]
mod driver;
#[path = "support/judges.rs"]
mod judges;
#[path = "support/signed_request.rs"]
mod signed_request;

use bodies::{ACCESS_KEY_ID, DIRECTORY, FOLDER, GROUP, ISSUER, SECRET, SECRET_KEY};
use driver::Driver;
use insta::assert_snapshot;
use judges::{base64, base64url};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Certificates made by the test are good then, whenever it runs.
const NOW: &str = "2099-01-01T12:00:00Z";
/// The same, in seconds since 1970.
const NOW_UNIX: u64 = 4_070_952_000;

struct Scene {
    driver: Driver,
    /// How many apps.
    made: usize,
    _folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut driver = Driver::start(&folder.path().join("keys.db"));
        driver.at = Some(NOW.into());
        Self { driver, made: 0, _folder: folder }
    }

    /// Makes an app, and gives its id.
    fn make(&mut self, credential: Value) -> String {
        self.made += 1;
        let body = json!({ "name": format!("app {}", self.made), "credential": credential });
        let made = self.driver.done("POST /sys/v1/apps", body);
        made["app_id"].as_str().unwrap().to_owned()
    }

    /// What is said of an app that presents something.
    fn authenticate(&mut self, id: &str, presented: Value) -> Value {
        self.driver.done("apps.authenticate", json!({ "app_id": id, "presented": presented }))
    }

    fn is_in(&mut self, id: &str, presented: Value) {
        let said = self.authenticate(id, presented);
        assert_eq!(said, json!({ "authenticated": true, "app_id": id, "credential": "current" }));
    }

    /// Why it is not let in.
    fn refused(&mut self, id: &str, presented: Value) -> String {
        let said = self.authenticate(id, presented);
        assert_eq!((&said["authenticated"], &said["external"]), (&json!(false), &Value::Null), "{said}");
        said["reason"].as_str().unwrap().to_owned()
    }

    /// What is left to check.
    fn left(&mut self, id: &str, presented: Value) -> Value {
        let said = self.authenticate(id, presented);
        assert_eq!((&said["authenticated"], &said["credential"]), (&json!(false), &json!("current")), "{said}");
        assert!(said["reason"].as_str().unwrap().starts_with("needs_external: "), "{said}");
        said["external"].clone()
    }

    fn secret(&mut self, id: &str) -> String {
        let read = self.driver.done(&format!("GET /sys/v1/apps/{id}/credential"), Value::Null);
        read["credential"]["secret"].as_str().unwrap().to_owned()
    }
}

fn basic(id: &str, secret: &str) -> Value {
    json!({ "authorization": format!("Basic {}", base64(format!("{id}:{secret}").as_bytes())) })
}

/// Members of both.
fn and(first: &Value, second: &Value) -> Value {
    let mut both = first.clone();
    both.as_object_mut().unwrap().extend(second.as_object().unwrap().clone());
    both
}

/// A JWT that openssl signs with ES256.
fn jwt(kid: &str, claims: &Value) -> String {
    let header = json!({ "alg": "ES256", "kid": kid });
    let input = [header.to_string(), claims.to_string()].map(|part| base64url(part.as_bytes())).join(".");
    let folder = judges::Folder::new();
    folder.put("input", &input);
    folder.put("key", FOLDER.get("jwt.key"));
    let der = folder.openssl("dgst -sha256 -sign key input");
    // SEQUENCE { r INTEGER, s INTEGER }
    let (r, rest) = integer(&der[2..]);
    let (s, _) = integer(rest);
    format!("{input}.{}", base64url(&[r, s].concat()))
}

/// The 32 bytes of an INTEGER, and what stands behind it.
fn integer(der: &[u8]) -> ([u8; 32], &[u8]) {
    let (value, rest) = der[2..].split_at(usize::from(der[1]));
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().rev().zip(value.iter().rev()) {
        *to = *from;
    }
    (bytes, rest)
}

fn claims(id: &str) -> Value {
    json!({ "iss": ISSUER, "sub": id, "exp": NOW_UNIX + 300, "team": "billing" })
}

#[test]
fn secrets() {
    let mut scene = Scene::new();
    let id = scene.make(json!({ "secret_size": 32 }));
    let secret = scene.secret(&id);
    scene.is_in(&id, basic(&id, &secret));
    // The key says which app it is.
    let said = scene.driver.done("apps.authenticate", json!({ "presented": basic(&id, &secret) }));
    assert_eq!(said["app_id"], json!(id));
    assert_snapshot!(scene.refused(&id, json!({})), @"not_presented: no API key was presented");
    assert_snapshot!(scene.refused(&id, json!({ "authorization": "Bearer x" })), @"malformed: authorization is not of the scheme Basic");

    // From the third wrong one on a delay is told, and one that comes too early is not counted.
    let wrong = basic(&id, "0123456789abcdef");
    let said: Vec<_> = (0..4).map(|_| scene.authenticate(&id, wrong.clone()).to_string()).collect();
    assert_snapshot!(said.join("\n"), @r#"
    {"authenticated":false,"reason":"wrong_secret: the secret is another"}
    {"authenticated":false,"reason":"wrong_secret: the secret is another"}
    {"authenticated":false,"reason":"wrong_secret: the secret is another","retry_after":1}
    {"authenticated":false,"reason":"locked: wrong secrets came before, the next attempt counts in 1 s","retry_after":1}
    "#);
    scene.is_in(&id, basic(&id, &secret));

    // With a time of transition both are right, and then the new one.
    let reset = json!({ "credential_migration_period": 60 });
    scene.driver.done(&format!("POST /sys/v1/apps/{id}/reset_secret"), reset);
    let both = scene.driver.done(&format!("GET /sys/v1/apps/{id}/credential"), Value::Null);
    assert_eq!(
        both["previous_credential"],
        json!({ "credential": { "secret": secret }, "valid_until": "20990101T120100Z" })
    );
    let new = scene.secret(&id);
    scene.is_in(&id, basic(&id, &new));
    scene.driver.at = Some("2099-01-01T12:00:59.999Z".into());
    assert_eq!(scene.authenticate(&id, basic(&id, &secret))["credential"], json!("previous"));
    scene.driver.at = Some("2099-01-01T12:01:00Z".into());
    assert_eq!(scene.refused(&id, basic(&id, &secret)), "wrong_secret: the secret is another");
    scene.is_in(&id, basic(&id, &new));
    scene.driver.end();
}

#[test]
fn a_hundred_wrong_secrets_in_fips_mode() {
    let mut scene = Scene::new();
    assert_eq!(scene.driver.done("apps.fips", json!({})), json!({ "on": false }));
    assert_eq!(scene.driver.done("apps.fips", json!({ "on": true })), json!({ "on": true }));
    let id = scene.make(json!({ "secret": SECRET }));
    let wrong = basic(&id, "0123456789abcdef");
    for _ in 0..99 {
        let said = scene.authenticate(&id, wrong.clone());
        assert_eq!(said, json!({ "authenticated": false, "reason": "wrong_secret: the secret is another" }));
    }
    scene.is_in(&id, basic(&id, SECRET));
    assert_snapshot!(scene.refused(&id, wrong), @"reset: a secret was wrong too often, and has been replaced by a random one");
    assert_eq!(scene.refused(&id, basic(&id, SECRET)), "wrong_secret: the secret is another");
    let new = scene.secret(&id);
    scene.is_in(&id, basic(&id, &new));
    scene.driver.end();
}

#[test]
fn certificates() {
    let mut scene = Scene::new();
    let [ca, leaf, other] = ["ca.pem", "leaf.pem", "other.pem"].map(bodies::certificate);
    let fixed = scene.make(json!({ "certificate": leaf }));
    scene.is_in(&fixed, json!({ "certificate_chain": [leaf] }));
    assert!(scene.refused(&fixed, json!({ "certificate_chain": [ca] })).starts_with("wrong_certificate: "));
    assert!(scene.refused(&fixed, json!({})).starts_with("not_presented: "));

    let trusted = scene.make(bodies::trusted_ca());
    scene.is_in(&trusted, json!({ "certificate_chain": [leaf] }));
    scene.is_in(&trusted, json!({ "certificate_chain": [leaf, ca] }));
    assert!(scene.refused(&trusted, json!({ "certificate_chain": [other] })).starts_with("wrong_subject: "));
    scene.driver.at = Some("2020-01-01T00:00:00Z".into());
    assert!(scene.refused(&trusted, json!({ "certificate_chain": [leaf] })).starts_with("not_valid_now: "));
    scene.driver.at = Some(NOW.into());

    let mut checked = bodies::trusted_ca();
    checked["trustedca"]["check_revocation"] = json!(true);
    let checked = scene.make(checked);
    assert!(scene.refused(&checked, json!({ "certificate_chain": [leaf] })).starts_with("revocation_unknown: "));

    let both = scene.make(json!({ "all": [{ "certificate": leaf }, { "secret": SECRET }] }));
    let chain = json!({ "certificate_chain": [leaf] });
    scene.is_in(&both, and(&chain, &basic(&both, SECRET)));
    assert!(scene.refused(&both, chain).starts_with("not_presented: "));
    assert!(scene.refused(&both, basic(&both, SECRET)).starts_with("not_presented: "));
    scene.driver.end();
}

#[test]
fn signed_jwts() {
    let mut scene = Scene::new();
    let stored = scene.make(bodies::stored_jwt());
    scene.is_in(&stored, json!({ "jwt": jwt("2026", &claims(&stored)) }));
    assert!(scene.refused(&stored, json!({ "jwt": jwt("2025", &claims(&stored)) })).starts_with("unknown_key: "));
    assert!(scene.refused(&stored, json!({ "jwt": "a.b.c" })).starts_with("malformed: "));
    let mut late = claims(&stored);
    late["exp"] = json!(NOW_UNIX - 61);
    assert!(scene.refused(&stored, json!({ "jwt": jwt("2026", &late) })).starts_with("expired: "));
    let mut meant = claims(&stored);
    meant["aud"] = json!("keystead");
    let right = json!({ "jwt": jwt("2026", &meant), "audience": "keystead" });
    scene.is_in(&stored, right.clone());
    assert!(scene.refused(&stored, and(&right, &json!({ "audience": "others" }))).starts_with("wrong_audience: "));

    let mut with_policy = bodies::stored_jwt();
    with_policy["signedjwt"]["private_claims_policy"] =
        json!({ "definition": { "$type": "rego", "value": bodies::POLICY } });
    let id = scene.make(with_policy);
    let said = scene.authenticate(&id, json!({ "jwt": jwt("2026", &claims(&id)) }));
    assert_eq!((&said["authenticated"], &said["additional_logging"]), (&json!(true), &json!("billing")));
    let mut other = claims(&id);
    other["team"] = json!("sales");
    assert!(scene.refused(&id, json!({ "jwt": jwt("2026", &other) })).starts_with("policy_denied: "));

    let keys = json!({ "kind": "fetched", "url": bodies::JWKS_URL, "cache_duration": 600 });
    let fetched = scene.make(json!({ "signedjwt": { "valid_issuers": [ISSUER], "signing_keys": keys } }));
    let jwt = json!({ "jwt": jwt("k", &claims(&fetched)) });
    let check = json!([{ "check": "fetch_keys", "url": bodies::JWKS_URL, "cache_duration": 600 }]);
    assert_eq!(scene.left(&fetched, jwt.clone()), check);
    // The point stands at the end of SubjectPublicKeyInfo.
    let public = FOLDER.openssl("pkey -in jwt.key -pubout -outform DER");
    let (x, y) = public[public.len() - 64..].split_at(32);
    let jwk = json!({ "kty": "EC", "crv": "P-256", "kid": "k", "x": base64url(x), "y": base64url(y) });
    assert!(scene.refused(&fetched, and(&jwt, &json!({ "jwks": "{}" }))).starts_with("no_keys: "));
    scene.is_in(&fetched, and(&jwt, &json!({ "jwks": { "keys": [jwk] } })));
    // They are kept for 600 s.
    scene.is_in(&fetched, jwt);
    scene.driver.end();
}

#[test]
fn signed_requests() {
    let mut scene = Scene::new();
    let id = scene.make(json!({ "awsxks": { "access_key_id": ACCESS_KEY_ID, "secret_key": SECRET_KEY } }));
    let signed = signed_request::Signed {
        access_key_id: ACCESS_KEY_ID,
        secret_key: SECRET_KEY,
        at: "20990101T120000Z",
        method: "POST",
        path: "/kms/xks/v1/health",
        body: r#"{"requestMetadata":{"kmsRequestId":"4112f4d6","kmsOperation":"KmsHealthCheck"}}"#,
    };
    let Some(headers) = signed.headers() else { return };
    let pairs: Vec<_> = headers.as_object().unwrap().iter().map(|(name, value)| json!([name, value])).collect();
    let request = |headers: Value, body: &str| json!({ "request": { "method": "POST", "path": signed.path, "query": "", "headers": headers, "body": base64(body.as_bytes()) } });
    scene.is_in(&id, request(headers.clone(), signed.body));
    scene.is_in(&id, request(json!(pairs), signed.body));
    assert!(scene.refused(&id, request(headers.clone(), "{}")).starts_with("bad_signature: "));
    assert!(scene.refused(&id, json!({ "request": { "method": "POST", "path": "/" } })).starts_with("not_presented: "));
    assert!(scene.refused(&id, json!({})).starts_with("not_presented: "));
    scene.driver.at = Some("2099-01-01T12:05:01Z".into());
    assert!(scene.refused(&id, request(headers, signed.body)).starts_with("expired: "));
    scene.driver.end();
}

#[test]
fn what_is_checked_outside() {
    let mut scene = Scene::new();
    let ldap = scene.make(json!({ "ldap": DIRECTORY }));
    assert_eq!(scene.left(&ldap, json!({})), json!([{ "check": "ldap", "directory": DIRECTORY }]));
    let iam = scene.make(json!({ "awsiam": {} }));
    assert_eq!(scene.left(&iam, json!({})), json!([{ "check": "awsiam" }]));
    let workspace = scene.make(json!({ "googleworkspacecse": {} }));
    assert_eq!(scene.left(&workspace, json!({})), json!([{ "check": "googleworkspacecse" }]));

    let policy = json!({ "allow": ["CUSTOMER_INITIATED_ACCESS"], "allow_missing_reason": false });
    let groups = json!({ GROUP: ["CRYPTO_SPACE_GET_INFO"] });
    let google = scene.make(json!({ "googleserviceaccount": { "access_reason_policy": policy, "groups": groups } }));
    let asks = |reason: &str, permission: &str| json!({ "google": { "reason": reason, "group": GROUP, "permission": permission } });
    let right = asks("CUSTOMER_INITIATED_ACCESS", "CRYPTO_SPACE_GET_INFO");
    assert_eq!(scene.left(&google, right), json!([{ "check": "googleserviceaccount" }]));
    let said = [
        scene.refused(&google, json!({})),
        scene.refused(&google, asks("GOOGLE_INITIATED_REVIEW", "CRYPTO_SPACE_GET_INFO")),
        scene.refused(&google, asks("CUSTOMER_INITIATED_ACCESS", "CRYPTO_SPACE_GET_PUBLIC_KEY")),
    ];
    assert_snapshot!(said.join("\n"), @"
    access_reason: no access reason was given, the policy allows CUSTOMER_INITIATED_ACCESS
    access_reason: the access reason is GOOGLE_INITIATED_REVIEW, the policy allows CUSTOMER_INITIATED_ACCESS
    permission: CRYPTO_SPACE_GET_PUBLIC_KEY is not among the permissions in the group b42c7fbf-de61-441c-ae24-123456789012
    ");

    let both = scene.make(json!({ "all": [{ "ldap": DIRECTORY }, bodies::trusted_ca()] }));
    let chain = json!({ "certificate_chain": [bodies::certificate("leaf.pem")] });
    assert_eq!(scene.left(&both, chain), json!([{ "check": "ldap", "directory": DIRECTORY }]));
    assert!(scene.refused(&both, json!({})).starts_with("not_presented: "));
    scene.driver.end();
}

#[test]
fn native_calls() {
    let mut scene = Scene::new();
    let id = scene.make(json!({ "secret": SECRET }));
    let renamed = scene.driver.done("app.rename", json!({ "app_id": id, "name": "billing" }));
    assert_eq!(renamed, scene.driver.done(&format!("GET /sys/v1/apps/{id}"), Value::Null));
    assert_eq!(scene.driver.done("apps", json!({})), json!({ "apps": [renamed] }));
    let replaced = json!({ "app_id": id, "credential": { "awsiam": {} }, "credential_migration_period": 60 });
    assert_eq!(scene.driver.done("app.replace_credential", replaced)["auth_type"], json!("AwsIam"));
    assert_eq!(scene.left(&id, json!({})), json!([{ "check": "awsiam" }]));
    // The one before it leaves nothing to others.
    let said = scene.authenticate(&id, basic(&id, SECRET));
    assert_eq!((&said["authenticated"], &said["credential"]), (&json!(true), &json!("previous")));
    scene.driver.at = Some("2099-01-01T12:01:00Z".into());
    assert_eq!(scene.driver.done("apps.wipe_expired", json!({})), json!({ "wiped": 1 }));
    assert_eq!(scene.driver.done("apps.wipe_expired", json!({})), json!({ "wiped": 0 }));
    assert_eq!(scene.driver.done(&format!("DELETE /sys/v1/apps/{id}"), Value::Null), Value::Null);
    assert_eq!(scene.refused(&id, json!({})).replace(&id, "[id]"), "unknown_app: there is no app [id]");
    assert_eq!(scene.driver.done("GET /sys/v1/apps", Value::Null), json!([]));
    scene.driver.end();
}

#[test]
fn what_is_refused() {
    let mut scene = Scene::new();
    let id = scene.make(json!({ "awsiam": {} }));
    let mut said = Vec::new();
    for (call, body) in [
        ("POST /sys/v1/apps", json!({ "name": "a", "credential": { "secret": "short" } })),
        ("POST /sys/v1/apps", json!({ "name": "app 1" })),
        ("POST /sys/v1/apps", json!({ "name": "a", "credential": { "certificate": "MAA=" } })),
        ("GET /sys/v1/apps/7", json!({})),
        ("PUT /sys/v1/apps", json!({})),
        ("app.rename", json!({ "app_id": "7", "name": "b" })),
        ("app.rename", json!({ "app_id": id })),
        ("app.rename", json!({ "app_id": id, "name": "" })),
        ("app.replace_credential", json!({ "app_id": id })),
        ("app.replace_credential", json!({ "app_id": id, "credential": {} })),
        ("app.replace_credential", json!({ "app_id": DIRECTORY, "credential": { "awsiam": {} } })),
        ("apps.fips", json!({ "on": 1 })),
        ("apps.authenticate", json!([])),
        ("apps.authenticate", json!({ "app_id": "x" })),
        ("apps.authenticate", json!({ "presented": 5 })),
        ("apps.authenticate", json!({ "presented": { "certificate_chain": ["?"] } })),
        ("apps.authenticate", json!({ "presented": { "crls": "MAA=" } })),
        ("apps.authenticate", json!({ "presented": { "request": { "method": "GET" } } })),
        ("apps.authenticate", json!({ "presented": { "request": { "method": "GET", "path": "/", "headers": 5 } } })),
        ("apps.authenticate", json!({ "presented": { "request": { "method": "GET", "path": "/", "body": "{}" } } })),
        ("apps.authenticate", json!({ "presented": { "google": { "reason": "NONE" } } })),
        ("apps.authenticate", json!({ "presented": { "google": { "group": GROUP } } })),
        (
            "apps.authenticate",
            json!({ "presented": { "google": { "group": "x", "permission": "CRYPTO_SPACE_GET_INFO" } } }),
        ),
    ] {
        said.push(format!("{call} {}", scene.driver.failed(call, body)));
    }
    assert_snapshot!(said.join("\n"), @r#"
    POST /sys/v1/apps 400 secret has 5 characters, allowed are 16 to 256
    POST /sys/v1/apps 409 name 'app 1' is taken by another app
    POST /sys/v1/apps 400 certificate cannot be read: certificate is malformed: ASN.1 DER message is incomplete: expected 3, actual 2 at DER byte 2
    GET /sys/v1/apps/7 400 app_id is '7', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    PUT /sys/v1/apps 422 Unsupported: call is 'PUT /sys/v1/apps', which this version does not know
    app.rename 400 InvalidInput: app_id is '7', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    app.rename 400 InvalidInput: body, field .: missing field `name` at line 1 column 49
    app.rename 400 InvalidInput: name is blank, allowed are 1 to 4096 characters
    app.replace_credential 400 InvalidInput: body, field .: missing field `credential` at line 1 column 49
    app.replace_credential 400 InvalidInput: credential has none of all, secret, secret_size, certificate, trustedca, googleserviceaccount, signedjwt, ldap, awsiam, awsxks, googleworkspacecse, one of them is needed
    app.replace_credential 404 NotFound: there is no app 780e1d5b-ee3b-43b2-aec8-db99b99adc4e
    apps.fips 400 InvalidInput: body, field on: invalid type: integer `1`, expected a boolean at line 1 column 7
    apps.authenticate 400 InvalidInput: body is no JSON object
    apps.authenticate 400 InvalidInput: app_id is 'x', allowed is a UUID of 36 characters in the form 8-4-4-4-12
    apps.authenticate 400 InvalidInput: body, field presented: invalid type: integer `5`, expected struct Shown at line 1 column 14
    apps.authenticate 400 InvalidInput: certificate_chain is no standard base64 with padding
    apps.authenticate 400 InvalidInput: body, field presented.crls: invalid type: string "MAA=", expected a sequence at line 1 column 27
    apps.authenticate 400 InvalidInput: body, field presented.request: missing field `path` at line 1 column 40
    apps.authenticate 400 InvalidInput: body, field presented.request.headers: headers are an object of texts, or an array of pairs of texts at line 1 column 36
    apps.authenticate 400 InvalidInput: body is no standard base64 with padding
    apps.authenticate 400 InvalidInput: reason is 'NONE', which is not one known
    apps.authenticate 400 InvalidInput: group and permission come together
    apps.authenticate 400 InvalidInput: group is 'x', which is not one known
    "#);
    scene.driver.end();
}
