//! Any method, path and body for FusionAuth's calls: an answer with a status and valid JSON, never a panic, and a total that
//! is no smaller than its page. RSA is left out: looking for primes would use up the time.
#![no_main]

use std::sync::OnceLock;

use arbitrary::Arbitrary;
use keystead::api::fusionauth;
use keystead::{Keystore, Options};
use libfuzzer_sys::{Corpus, fuzz_target};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    method: Method,
    call: Call,
    path: &'a str,
    body: &'a [u8],
}

#[derive(Arbitrary, Debug)]
enum Method {
    Get,
    Post,
    Put,
    Delete,
}

/// What the path begins with, so that a call need not be guessed letter by letter.
#[derive(Arbitrary, Debug)]
enum Call {
    Any,
    Search,
}

fuzz_target!(|input: Input<'_>| -> Corpus {
    static STORE: OnceLock<Keystore> = OnceLock::new();
    if input.body.windows(2).any(|pair| pair == b"RS") {
        return Corpus::Reject;
    }
    let store = STORE.get_or_init(|| Keystore::in_memory(Options::default()).expect("a store in memory"));
    let method = match input.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
    };
    let path = match input.call {
        Call::Any => format!("/api/key{}", input.path),
        Call::Search => format!("/api/key/search?{}", input.path),
    };
    let Some(answer) = fusionauth::call(store, method, &path, input.body) else { return Corpus::Keep };
    assert!(matches!(answer.status, 200 | 400 | 404), "{answer:?}");
    if let Some(body) = answer.body {
        let value: serde_json::Value = serde_json::from_str(&body).expect("the answer is JSON");
        assert_eq!(value.get("fieldErrors").is_some(), answer.status == 400);
        if let Some(total) = value.get("total") {
            let keys = value["keys"].as_array().expect("keys").len() as u64;
            assert!(total.as_u64().expect("a number") >= keys);
        }
    }
    Corpus::Keep
});
