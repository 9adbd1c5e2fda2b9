//! Apps whose claims must satisfy a policy.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/jwt_app.rs"]
mod jwt_app;

use std::sync::LazyLock;

use jwt_app::{Door, Signer, claims, claims_with, stored};
use keystead::authn::{Outcome, Reason};
use keystead::{Algorithm, ErrorKind};
use serde_json::json;

static EC: LazyLock<Signer> = LazyLock::new(|| Signer::new(Algorithm::Es256));

fn door(policy: &str) -> Door {
    Door::new(stored([("k", EC.spki())]), Some(policy))
}

/// The example of the vendor's document, and a line for the log.
const POLICY: &str = r#"
package my_example

default allow := false

allow if {
input.jwt_body.my_private_claims.employee == "Alice"
}

additional_logging := concat(" ", ["of", input.jwt_body.team])
"#;

#[test]
fn claims_satisfy_a_policy_or_not() {
    let door = door(POLICY);
    let alice = json!({"my_private_claims": {"employee": "Alice"}, "team": "billing"});
    let Outcome::Authenticated(who) = door.ask_with(&EC.token(&claims_with(&alice))) else { panic!() };
    assert_eq!(who.additional_logging.as_deref(), Some("of billing"));
    let quiet = json!({"my_private_claims": {"employee": "Alice"}});
    let Outcome::Authenticated(who) = door.ask_with(&EC.token(&claims_with(&quiet))) else { panic!() };
    assert_eq!(who.additional_logging, None);
    let bob = json!({"my_private_claims": {"employee": "Bob"}});
    let refusal = door.refusal(&EC.token(&claims_with(&bob)));
    insta::assert_snapshot!(refusal, @"policy_denied: the policy does not allow it: allow is false");
    let long = json!({"my_private_claims": {"employee": "Alice"}, "team": "x".repeat(126)});
    insta::assert_snapshot!(door.refusal(&EC.token(&claims_with(&long))), @"policy_failed: the policy came to no answer: additional_logging has 129 bytes, at most 128");
}

#[test]
fn the_policy_comes_last() {
    let door = door("package a\nallow := true");
    assert!(door.lets_in(&EC.token(&claims())));
    assert_eq!(door.reason(&EC.token(&claims_with(&json!({"exp": 1})))), Reason::Expired);
    assert_eq!(door.reason(&Signer::new(Algorithm::Es256).token(&claims())), Reason::BadSignature);
}

#[test]
fn numbers_come_in_as_they_are() {
    let door = door(
        "package a\nallow if { input.jwt_body.a == 9007199254740993; input.jwt_body.b == -1; input.jwt_body.c == 0.1 }",
    );
    let token = EC.token(&claims_with(&json!({"a": 9_007_199_254_740_993_u64, "b": -1, "c": 0.1})));
    assert!(door.lets_in(&token));
}

/// Hostile claims of 60 KiB against policies that look at all of them.
#[test]
fn hostile_claims() {
    let policy = "package a\nallow if { every x in input.jwt_body.all { x in input.jwt_body.all } }";
    let all: Vec<_> = (0..8_000).collect();
    assert_eq!(door(policy).reason(&EC.token(&claims_with(&json!({"all": all})))), Reason::PolicyFailed);
    let policy =
        "package a\nallow if { count({[x, y] | some x in input.jwt_body.all; some y in input.jwt_body.all}) > 0 }";
    assert_eq!(door(policy).reason(&EC.token(&claims_with(&json!({"all": all})))), Reason::PolicyFailed);
    let policy = "package a\nallow if { json.unmarshal(input.jwt_body.text) }";
    for text in
        ["[".repeat(40_000), "{\"a\":".repeat(8_000), "1".repeat(40_000), format!("[{}1]", "1e308,".repeat(5_000))]
    {
        let reason = door(policy).ask_with(&EC.token(&claims_with(&json!({"text": text}))));
        assert!(matches!(reason, Outcome::Refused(_) | Outcome::Authenticated(_)));
    }
}

#[test]
fn policies_are_read_when_the_app_is_made() {
    let wrong = |policy: &str| {
        let error = Door::try_new(stored([("k", EC.spki())]), Some(policy)).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.to_string()
    };
    insta::assert_snapshot!(wrong("package a\n\nallow if {\n  x ==\n}"), @"private_claims_policy cannot be used: line 5, column 1: expecting expression");
    insta::assert_snapshot!(wrong("package a\ndeny := true"), @"private_claims_policy cannot be used: package a has no rule allow");
    insta::assert_snapshot!(wrong("package a\nallow := http.send({\"method\": \"get\", \"url\": \"http://a\"})"), @"private_claims_policy cannot be used: line 2, column 19: Unknown function: 'http.send'");
}
