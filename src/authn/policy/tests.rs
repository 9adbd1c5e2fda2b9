//! What policies say, and that none of them takes long.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use regorus::Engine;
use serde_json::{Map, Value as Json, json};

use super::Policy;
use crate::authn::Reason;

fn now() -> Timestamp {
    "2026-02-01T00:00:00Z".parse().unwrap()
}

fn claims(json: Json) -> Map<String, Json> {
    json.as_object().unwrap().clone()
}

fn decide(policy: &str, input: Json) -> Result<Option<String>, (Reason, String)> {
    let policy = Policy::compile(policy).unwrap();
    policy.decide(claims(input), now()).map_err(|refusal| (refusal.reason, refusal.message))
}

fn wrong(policy: &str) -> String {
    Policy::compile(policy).map(drop).unwrap_err().message
}

fn alice() -> Json {
    json!({
        "iss": "https://issuer.example", "sub": "x", "exp": 1_800_000_000, "ratio": 0.5, "level": 3,
        "my_private_claims": {"employee": "Alice", "tags": ["a", "b", "b"]},
        "groups": ["staff", "admins", "night"], "email": "alice@example.com", "none": null, "yes": true,
    })
}

const SEED: &str = r#"
package my_example

default allow := false

allow if {
input.jwt_body.my_private_claims.employee == "Alice"
}
"#;

#[test]
fn the_example_of_the_vendor() {
    assert_eq!(decide(SEED, alice()), Ok(None));
    let (reason, message) = decide(SEED, json!({"my_private_claims": {"employee": "Bob"}})).unwrap_err();
    assert_eq!(reason, Reason::PolicyDenied);
    insta::assert_snapshot!(message, @"");
}
