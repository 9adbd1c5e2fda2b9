//! Credentials of every kind and form, as the vendor's JSON has them.

// Each test file uses its own part of this.
#![allow(dead_code)]

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::judges::{Folder, base64, unpem};

pub(crate) const SECRET: &str = "TGV0IG1lIGluIQ-TGV0IG1lIGluIQ";
pub(crate) const ACCESS_KEY_ID: &str = "AKIAI2SFODNN7EXAMPLE";
pub(crate) const SECRET_KEY: &str = "FYtE5EFA5FT0mCc3DrGUe2sti527BitkQ0Zr9MO9fvE";
pub(crate) const DIRECTORY: &str = "780e1d5b-ee3b-43b2-aec8-db99b99adc4e";
pub(crate) const GROUP: &str = "b42c7fbf-de61-441c-ae24-123456789012";
/// `UTF8String "billing"`, DER in base64.
pub(crate) const BILLING: &str = "DAdiaWxsaW5n";
pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const JWKS_URL: &str = "https://issuer.example/jwks.json";
pub(crate) const POLICY: &str = "package app\n\ndefault allow := false\n\nallow if input.jwt_body.team == \"billing\"\n\nadditional_logging := input.jwt_body.team\n";

/// Keys and certificates that openssl made: `ca.pem`, and under it for CN=billing `leaf.pem`, which is also for app.example.com,
/// and `other.pem`, for other.example.com.
pub(crate) static FOLDER: LazyLock<Folder> = LazyLock::new(|| {
    let folder = Folder::new();
    for name in ["ca", "leaf", "jwt"] {
        folder.openssl(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key"));
    }
    folder.put("leaf.ext", "subjectAltName=DNS:app.example.com,IP:192.0.2.7\nextendedKeyUsage=clientAuth\n");
    folder.put("other.ext", "subjectAltName=DNS:other.example.com\nextendedKeyUsage=clientAuth\n");
    folder.openssl("req -x509 -key ca.key -subj /CN=authority -days 36500 -out ca.pem");
    for name in ["leaf", "other"] {
        let days = format!("-days 36500 -set_serial 7 -extfile {name}.ext");
        folder.openssl(&format!("req -new -key leaf.key -subj /CN=billing -out {name}.csr"));
        folder.openssl(&format!("x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key {days} -out {name}.pem"));
    }
    folder
});

pub(crate) fn certificate(name: &str) -> String {
    base64(&unpem(&FOLDER.get(name)))
}

/// The public key that verifies JWTs: DER in base64.
pub(crate) fn jwt_key() -> String {
    base64(&FOLDER.openssl("pkey -in jwt.key -pubout -outform DER"))
}

pub(crate) fn stored_jwt() -> Value {
    json!({ "signedjwt": { "valid_issuers": [ISSUER], "signing_keys": { "kind": "stored", "keys": { "2026": jwt_key() } } } })
}

pub(crate) fn trusted_ca() -> Value {
    json!({ "trustedca": { "subject_general": { "dns_name": "app.example.com" }, "ca_certificate": certificate("ca.pem") } })
}

/// Every kind, and every form in which one can be given.
pub(crate) fn credentials() -> Vec<Value> {
    let (ca, leaf) = (certificate("ca.pem"), certificate("leaf.pem"));
    let mut with_policy = stored_jwt();
    with_policy["signedjwt"]["private_claims_policy"] = json!({ "definition": { "$type": "rego", "value": POLICY } });
    with_policy["signedjwt"]["valid_issuers"] = json!(["https://a.example", "https://b.example"]);
    let secret = json!({ "secret": SECRET });
    vec![
        secret.clone(),
        json!({ "certificate": leaf }),
        trusted_ca(),
        json!({ "trustedca": { "subject": [["2.5.4.3", BILLING]], "ca_certificate": ca } }),
        json!({ "trustedca": { "check_revocation": true, "subject": [["2.5.4.3", BILLING]], "ca_certificates": [ca, leaf] } }),
        json!({ "trustedca": {
            "check_revocation": false,
            "subjects": [
                { "directory_name": [["2.5.4.10", BILLING], ["2.5.4.3", BILLING]] },
                { "dns_name": "app.example.com" },
                { "ip_address": "192.0.2.7" },
                { "ip_address": "2001:db8::7" },
            ],
            "ca_certificate": ca,
        } }),
        json!({ "googleserviceaccount": {} }),
        json!({ "googleserviceaccount": {
            "access_reason_policy": {
                "allow": ["CUSTOMER_INITIATED_ACCESS", "REASON_NOT_EXPECTED"],
                "allow_missing_reason": false,
            },
            "groups": { GROUP: ["CRYPTO_SPACE_GET_INFO", "CRYPTO_SPACE_GET_PUBLIC_KEY"], DIRECTORY: [] },
        } }),
        stored_jwt(),
        with_policy,
        json!({ "signedjwt": {
            "valid_issuers": [ISSUER],
            "signing_keys": { "kind": "fetched", "url": JWKS_URL, "cache_duration": 600 },
        } }),
        json!({ "ldap": DIRECTORY }),
        json!({ "awsiam": {} }),
        json!({ "awsxks": { "access_key_id": ACCESS_KEY_ID, "secret_key": SECRET_KEY } }),
        json!({ "googleworkspacecse": {} }),
        json!({ "all": [{ "certificate": leaf }, secret] }),
        json!({ "all": [{ "ldap": DIRECTORY }, trusted_ca()] }),
        json!({ "all": [{ "certificate": leaf }, stored_jwt()] }),
        json!({ "all": [trusted_ca(), { "awsiam": {} }] }),
    ]
}
