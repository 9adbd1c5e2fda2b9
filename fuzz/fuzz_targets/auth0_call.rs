//! Any method, path and body for Auth0's calls: an answer with a status and JSON of the right shape, never a panic, and a
//! current and a next key in every ring, whatever was asked. RSA is left out: looking for primes would use up the time.
#![no_main]

use std::sync::OnceLock;

use arbitrary::Arbitrary;
use keystead::api::auth0::{self, ConnectionKeysRequest};
use keystead::{Keystore, Options, RingPlace};
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::{Value, json};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    method: &'a str,
    call: Call<'a>,
    body: Body<'a>,
}

/// Whole calls, so that they need not be guessed letter by letter.
#[derive(Arbitrary, Debug)]
enum Call<'a> {
    Any(&'a str),
    List(Id<'a>),
    Create(Id<'a>),
    Rotate(Id<'a>),
}

#[derive(Arbitrary, Debug)]
enum Id<'a> {
    Known,
    Any(&'a str),
}

impl Id<'_> {
    fn path(&self, ending: &str) -> String {
        let id = match self {
            Self::Known => "con_1",
            Self::Any(id) => id,
        };
        format!("/api/v2/connections/{id}/keys{ending}")
    }
}

#[derive(Arbitrary, Debug)]
enum Body<'a> {
    Any(&'a [u8]),
    Known { long: bool, encryption: bool, name: &'a str },
}

/// More rings than these make the store slow.
const MOST_RINGS: usize = 20;

fn is_key(key: &Value, rotated: bool) {
    let text = |field: &str| key[field].as_str().expect("a text");
    assert_eq!(text("kid").len(), 43);
    assert!(text("cert").len() <= 4096 && text("pkcs").len() <= 4096 && text("subject_dn").chars().count() <= 132);
    assert_eq!(text("fingerprint").replace(':', ""), text("thumbprint"));
    assert!(matches!(text("key_use"), "signing" | "encryption") && text("algorithm").starts_with("ES"));
    let flags: Vec<_> = ["current", "next", "previous"].into_iter().filter(|flag| key.get(*flag).is_some()).collect();
    assert!(flags.len() == 1 && key[flags[0]] == json!(true) && (!rotated || flags == ["next"]));
    assert_eq!(key.get("current_since").is_some(), flags == ["current"]);
    assert_eq!(key.as_object().expect("an object").len(), 9 + usize::from(flags == ["current"]));
}

fuzz_target!(|input: Input<'_>| -> Corpus {
    static STORE: OnceLock<Keystore> = OnceLock::new();
    let store = STORE.get_or_init(|| Keystore::in_memory(Options::default()).expect("a store in memory"));
    let (method, path) = match &input.call {
        Call::Any(path) => (input.method, format!("/api/v2/connections/{path}")),
        Call::List(id) => ("GET", id.path("")),
        Call::Create(id) => ("POST", id.path("")),
        Call::Rotate(id) => ("POST", id.path("/rotate")),
    };
    let body = match &input.body {
        Body::Any(body) => body.to_vec(),
        Body::Known { long, encryption, name } => json!({
            "signing_alg": if *long { "ES384" } else { "ES256" },
            "key_use": if *encryption { "encryption" } else { "signing" },
            "connection_name": name,
        })
        .to_string()
        .into_bytes(),
    };
    let names = |algorithm: &[u8]| body.windows(algorithm.len()).any(|part| part == algorithm);
    let first = method == "POST" && !path.ends_with("/rotate");
    if names(b"RS") || names(b"PS") || (first && !names(b"ES") && ConnectionKeysRequest::from_json(&body).is_ok()) {
        return Corpus::Reject;
    }
    let Some(answer) = auth0::call(store, method, &path, &body) else { return Corpus::Keep };
    let value: Value = serde_json::from_str(&answer.body).expect("the answer is JSON");
    match answer.status {
        200 => {
            let keys = value.as_array().expect("a list");
            keys.iter().for_each(|key| is_key(key, false));
            let of = |flag: &str| keys.iter().filter(|key| key.get(flag).is_some()).count();
            assert!(matches!(of("current"), 1 | 2) && of("current") == of("next") && of("previous") <= of("next"));
        }
        201 if value.is_array() => {
            value.as_array().expect("a list").iter().for_each(|key| is_key(key, false));
            assert!(value[0]["current"] == json!(true) && value[1]["next"] == json!(true) && value.get(2).is_none());
        }
        201 => is_key(&value, true),
        400 | 404 | 409 => {
            assert_eq!(
                (value["statusCode"].as_u64(), value.as_object().map(|body| body.len())),
                (Some(answer.status.into()), Some(4))
            );
            assert!(answer.body.len() < 2000, "{}", answer.body);
        }
        status => panic!("status {status}: {}", answer.body),
    }
    let rings = store.rings().expect("rings");
    for ring in &rings {
        let state = ring.state().expect("a state");
        let of = |place| state.keys().filter(|key| key.place() == place).count();
        assert_eq!((of(RingPlace::Current), of(RingPlace::Next), state.ended().len()), (1, 1, 0));
    }
    if rings.len() > MOST_RINGS {
        assert!(store.verify_integrity().expect("a report").is_ok());
        rings.iter().for_each(|ring| ring.delete().expect("deleted"));
        assert!(store.is_empty().expect("a count"));
    }
    Corpus::Keep
});
