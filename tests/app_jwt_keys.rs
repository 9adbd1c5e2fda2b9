//! Apps whose keys are fetched: when, how long they are kept, and which keys of a set serve.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/jwt_app.rs"]
mod jwt_app;

use std::cell::{Cell, RefCell};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use jwt_app::{APP, Door, Signer, claims, encode, refusal};
use keystead::authn::{External, Outcome, Presented, Reason};
use keystead::{Algorithm, FetchedKeys, SigningKeys};
use serde_json::{Value, json};

const URL: &str = "https://issuer.example/jwks";

static EC: LazyLock<Signer> = LazyLock::new(|| Signer::new(Algorithm::Es256));

/// A door whose keys are fetched, and what is there to be fetched.
struct Fetching {
    door: Door,
    answer: RefCell<Result<Vec<u8>, String>>,
    fetched: Cell<u32>,
}

impl Fetching {
    fn new(seconds: u64) -> Self {
        let keys = SigningKeys::Fetched(FetchedKeys::new(URL, Duration::from_secs(seconds)).unwrap());
        Self {
            door: Door::new(keys, None),
            answer: RefCell::new(set(&[EC.jwk(&json!({"kid": "k"}))])),
            fetched: Cell::new(0),
        }
    }

    fn ask(&self, token: &str) -> Outcome {
        let fetch = |url: &str| {
            assert_eq!(url, URL);
            self.fetched.set(self.fetched.get() + 1);
            self.answer.borrow().clone()
        };
        self.door.ask(&Presented::new().app(APP.parse().unwrap()).jwt(token).fetch(&fetch))
    }

    fn lets_in(&self, token: &str) -> bool {
        matches!(self.ask(token), Outcome::Authenticated(_))
    }

    /// What becomes of a good token when these are the keys.
    fn with(&self, answer: Result<Vec<u8>, String>) -> Option<(Reason, String)> {
        *self.answer.borrow_mut() = answer;
        match self.ask(&EC.token(&claims())) {
            Outcome::Authenticated(_) => None,
            other => {
                let refusal = refusal(other);
                Some((refusal.reason, refusal.message))
            }
        }
    }
}

fn set(keys: &[Value]) -> Result<Vec<u8>, String> {
    Ok(json!({"keys": keys}).to_string().into_bytes())
}

#[test]
fn keys_are_kept_for_their_time() {
    let fetching = Fetching::new(600);
    let token = EC.token(&claims());
    // The token itself is good for 660 seconds.
    for (seconds, fetched) in [(0, 1), (0, 1), (599, 1), (1, 2), (59, 2)] {
        fetching.door.clock.go(seconds);
        assert!(fetching.lets_in(&token));
        assert_eq!(fetching.fetched.get(), fetched, "{seconds}");
    }
}

#[test]
fn without_a_time_they_are_fetched_each_time() {
    let fetching = Fetching::new(0);
    let token = EC.token(&claims());
    for fetched in 1..4 {
        assert!(fetching.lets_in(&token));
        assert_eq!(fetching.fetched.get(), fetched);
    }
}

#[test]
fn a_clock_that_was_set_back_does_not_keep_them() {
    let fetching = Fetching::new(600);
    let token = EC.token(&claims());
    assert!(fetching.lets_in(&token));
    fetching.door.clock.go(-1);
    assert!(fetching.lets_in(&token));
    assert_eq!(fetching.fetched.get(), 2);
    fetching.door.clock.go(1);
    assert!(fetching.lets_in(&token));
    assert_eq!(fetching.fetched.get(), 2);
}

#[test]
fn nothing_to_fetch_with() {
    let fetching = Fetching::new(600);
    let token = EC.token(&claims());
    let presented = Presented::new().app(APP.parse().unwrap()).jwt(&token);
    let Outcome::NeedsExternal { checks, so_far } = fetching.door.ask(&presented) else { panic!() };
    let [External::FetchKeys(source)] = checks.as_slice() else { panic!() };
    assert_eq!((source.url(), source.cache_duration()), (URL, Duration::from_secs(600)));
    assert_eq!(so_far.additional_logging, None);
    // What is wrong without any key is told without.
    assert_eq!(refusal(fetching.door.ask_with("a.b.c")).reason, Reason::Malformed);
    let none = EC.sign(r#"{"alg":"none","kid":"k"}"#, "{}");
    assert_eq!(refusal(fetching.door.ask_with(&none)).reason, Reason::WrongAlgorithm);
    // Once they are known, they need not be fetched.
    assert!(fetching.lets_in(&token));
    assert!(fetching.door.lets_in(&token));
    fetching.door.clock.go(600);
    assert!(matches!(fetching.door.ask(&presented), Outcome::NeedsExternal { .. }));
}

#[test]
fn fetching_that_fails() {
    let fetching = Fetching::new(600);
    let token = EC.token(&claims());
    let (reason, message) = fetching.with(Err("no route\n\u{1b}[31m".into())).unwrap();
    assert_eq!(reason, Reason::NoKeys);
    insta::assert_snapshot!(message, @r#"no keys from 'https://issuer.example/jwks': fetching failed: 'no route\n\u{1b}[31m'"#);
    let (_, message) = fetching.with(Err("x".repeat(10_000))).unwrap();
    assert!(message.len() < 400, "{message}");
    // Nothing is kept of it; and what was kept does not serve longer than it may.
    assert_eq!(fetching.with(set(&[EC.jwk(&json!({"kid": "k"}))])), None);
    *fetching.answer.borrow_mut() = Err("down".into());
    assert!(fetching.lets_in(&token));
    fetching.door.clock.go(600);
    assert_eq!(refusal(fetching.ask(&token)).reason, Reason::NoKeys);
    *fetching.answer.borrow_mut() = Ok(b"{}".to_vec());
    assert_eq!(refusal(fetching.ask(&token)).reason, Reason::NoKeys);
}

#[test]
fn made_up_identifiers_make_nobody_fetch() {
    let fetching = Fetching::new(600);
    assert!(fetching.lets_in(&EC.token(&claims())));
    for at in 0..50 {
        let token = EC.sign(&EC.header(&format!("k{at}")), &claims().to_string());
        assert_eq!(refusal(fetching.ask(&token)).reason, Reason::UnknownKey);
    }
    assert_eq!(fetching.fetched.get(), 1);
}

/// RFC 7517: which of the keys of a set serve.
#[test]
fn keys_of_a_set() {
    let fetching = Fetching::new(0);
    let key = |more: Value| EC.jwk(&more);
    let unknown = [
        key(json!({})),
        key(json!({"kid": 1})),
        key(json!({"kid": "k", "use": "enc"})),
        key(json!({"kid": "k", "use": null})),
        key(json!({"kid": "k", "key_ops": ["sign"]})),
        key(json!({"kid": "k", "key_ops": []})),
        key(json!({"kid": "k", "key_ops": "verify"})),
        key(json!({"kid": "k", "alg": "ES384"})),
        key(json!({"kid": "k", "alg": "RS256"})),
        key(json!({"kid": "k", "alg": "HS256"})),
        key(json!({"kid": "k", "alg": "none"})),
        key(json!({"kid": "k", "alg": 1})),
        key(json!({"kid": "k", "d": "AAAA"})),
        key(json!({"kid": "k", "k": "AAAA"})),
        key(json!({"kid": "k", "crv": "P-384"})),
        key(json!({"kid": "k", "crv": "secp256k1"})),
        key(json!({"kid": "k", "kty": "OKP"})),
        key(json!({"kid": "k", "kty": "future"})),
        key(json!({"kid": "k", "x": "AAAA"})),
        key(json!({"kid": "k", "y": encode([1; 32])})),
        key(json!({"kid": "k", "y": 1})),
        json!({"kty": "oct", "kid": "k", "k": "AAAA"}),
        json!({"kty": "RSA", "kid": "k", "n": encode([0xff; 128]), "e": "AQAB"}),
        json!("k"),
        json!(null),
    ];
    for jwk in &unknown {
        // Alone, and beside one that serves: those that are not understood are passed over.
        assert_eq!(fetching.with(set(std::slice::from_ref(jwk))).unwrap().0, Reason::NoKeys, "{jwk}");
        let other = EC.jwk(&json!({"kid": "unused"}));
        assert_eq!(fetching.with(set(&[other, jwk.clone()])).unwrap().0, Reason::UnknownKey, "{jwk}");
        if jwk["kid"] != "k" || jwk["kty"] != "EC" {
            assert_eq!(fetching.with(set(&[jwk.clone(), EC.jwk(&json!({"kid": "k"}))])), None, "{jwk}");
        }
    }
    for kid in ["other", "K", ""] {
        assert_eq!(fetching.with(set(&[key(json!({"kid": kid}))])).unwrap().0, Reason::UnknownKey);
    }
    for more in [
        json!({"kid": "k"}),
        json!({"kid": "k", "use": "sig"}),
        json!({"kid": "k", "alg": "ES256"}),
        json!({"kid": "k", "key_ops": ["verify", "x"]}),
        json!({"kid": "k", "x5c": ["no certificate"], "x5t": 1, "x5u": [], "ext": true, "issued": 5}),
    ] {
        assert_eq!(fetching.with(set(&[key(more.clone())])), None, "{more}");
    }
}

#[test]
fn two_keys_of_one_name_serve_neither() {
    let fetching = Fetching::new(0);
    let (mine, other) = (EC.jwk(&json!({"kid": "k"})), Signer::new(Algorithm::Es256).jwk(&json!({"kid": "k"})));
    let last = Signer::new(Algorithm::Es384).jwk(&json!({"kid": "last"}));
    for keys in [vec![mine.clone(), other.clone(), last.clone()], vec![other, mine.clone(), last.clone()]] {
        assert_eq!(fetching.with(set(&keys)).unwrap().0, Reason::UnknownKey);
    }
    assert_eq!(fetching.with(set(&[mine.clone(), mine.clone(), mine.clone(), last])).unwrap().0, Reason::UnknownKey);
    assert_eq!(fetching.with(set(&[mine.clone(), mine])).unwrap().0, Reason::NoKeys);
}

#[test]
fn sets_that_cannot_be_read() {
    let fetching = Fetching::new(600);
    let mine = EC.jwk(&json!({"kid": "k"}));
    let wrong = |text: String| {
        let (reason, message) = fetching.with(Ok(text.into_bytes())).unwrap();
        assert_eq!(reason, Reason::NoKeys);
        message
    };
    insta::assert_snapshot!(wrong(String::new()), @"no keys from 'https://issuer.example/jwks': the JWK set is not JSON as it should be: EOF while parsing a value at line 1 column 0");
    insta::assert_snapshot!(wrong("<html>".into()), @"no keys from 'https://issuer.example/jwks': the JWK set is not JSON as it should be: expected value at line 1 column 1");
    insta::assert_snapshot!(wrong("[]".into()), @"no keys from 'https://issuer.example/jwks': the JWK set is an array, allowed is a JSON object");
    insta::assert_snapshot!(wrong("{}".into()), @"no keys from 'https://issuer.example/jwks': the JWK set has no keys");
    insta::assert_snapshot!(wrong(r#"{"keys": {}}"#.into()), @"no keys from 'https://issuer.example/jwks': keys of the JWK set is an object, allowed is an array");
    insta::assert_snapshot!(wrong(r#"{"keys": []}"#.into()), @"no keys from 'https://issuer.example/jwks': none of the 0 keys of the JWK set is one to verify with, under a kid of its own");
    insta::assert_snapshot!(wrong(format!(r#"{{"keys": [{mine}], "keys": []}}"#)), @"no keys from 'https://issuer.example/jwks': the JWK set is not JSON as it should be: member 'keys' stands twice at line 1 column 155");
    insta::assert_snapshot!(wrong(mine.to_string()), @"no keys from 'https://issuer.example/jwks': the JWK set has no keys");
    insta::assert_snapshot!(wrong(json!({"keys": vec![mine.clone(); 257]}).to_string()), @"no keys from 'https://issuer.example/jwks': the JWK set has 257 keys, at most 256");
    insta::assert_snapshot!(wrong(format!(r#"{{"keys": [{mine}], "x": "{}"}}"#, "x".repeat(256 * 1024))), @"no keys from 'https://issuer.example/jwks': the JWK set has 262301 bytes, at most 262144");
    wrong(format!(r#"{{"keys": [{mine}], "x": {}"#, "[".repeat(200_000)));
    assert_eq!(fetching.with(Ok(vec![0xff; 1000])).unwrap().0, Reason::NoKeys);
    // As much as there may be.
    let many: Vec<_> = (0..255).map(|at| EC.jwk(&json!({"kid": at.to_string()}))).chain([mine]).collect();
    assert_eq!(fetching.with(set(&many)), None);
}

/// Two may fetch at once, and neither waits for the other.
#[test]
fn threads_fetch_beside_each_other() {
    let fetching = Fetching::new(600);
    let door = &fetching.door;
    let token = EC.token(&claims());
    let keys = set(&[EC.jwk(&json!({"kid": "k"}))]);
    let inside = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let fetch = |_: &str| {
                    inside.fetch_add(1, Ordering::SeqCst);
                    // Goes on only when the other one is here as well.
                    while inside.load(Ordering::SeqCst) < 2 {
                        thread::yield_now();
                    }
                    keys.clone()
                };
                let outcome = door.ask(&Presented::new().app(APP.parse().unwrap()).jwt(&token).fetch(&fetch));
                assert!(matches!(outcome, Outcome::Authenticated(_)));
            });
        }
    });
    assert!(door.lets_in(&token));
}
