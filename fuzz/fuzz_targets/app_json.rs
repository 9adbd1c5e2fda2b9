//! Any body for all of Fortanix's app calls: a known status, words that say why, and what is taken reads back as what makes the
//! same again.
#![no_main]

use std::sync::OnceLock;

use keystead::api::fortanix::{self, AppRequest, AppResetSecretRequest, AppUpdate, Failure};
use keystead::{AppId, Keystore, Options};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

struct World {
    store: Keystore,
    /// An app that is always there.
    known: AppId,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let store = Keystore::in_memory(Options::default()).expect("a store in memory");
        let request = AppRequest::from_json(br#"{"name":"known"}"#).expect("a request");
        let known = fortanix::create_app(&store, request).expect("an app").app().id();
        World { store, known }
    })
}

fn is_refused<T>(read: Result<T, Failure>) -> Option<T> {
    let failure = match read {
        Ok(read) => return Some(read),
        Err(failure) => failure,
    };
    assert!(failure.status() == 400 && failure.message().len() < 1000, "{failure}");
    None
}

fn credential(store: &Keystore, id: AppId) -> Option<Value> {
    let answer =
        fortanix::call(store, "GET", &format!("/sys/v1/apps/{id}/credential"), b"").expect("the vendor's call");
    assert!(matches!(answer.status, 200 | 403), "{answer:?}");
    let answer: Option<Value> = serde_json::from_str(&answer.body).ok();
    answer.map(|answer| answer["credential"].clone())
}

/// Makes an app, reads its credential, and deletes it.
fn made(store: &Keystore, request: AppRequest) -> Option<Value> {
    match fortanix::create_app(store, request) {
        Ok(made) => {
            let read = credential(store, made.app().id());
            assert_eq!(read.is_none(), made.app().is_hashed());
            fortanix::delete_app(store, made.app().id()).expect("it is there");
            read
        }
        Err(failure) => {
            assert!(matches!(failure.status(), 400 | 409 | 422) && failure.message().len() < 1000, "{failure}");
            None
        }
    }
}

fuzz_target!(|body: &[u8]| {
    let World { store, known } = world();
    if let Some(read) = is_refused(AppRequest::from_json(body)).and_then(|request| made(store, request)) {
        let again = json!({ "name": "again", "credential": read }).to_string();
        let again = AppRequest::from_json(again.as_bytes()).expect("what is written is read");
        assert_eq!(made(store, again), Some(read));
    }
    is_refused(AppUpdate::from_json(body));
    is_refused(AppResetSecretRequest::from_json(body));
    for (method, path) in [("PATCH", format!("/{known}")), ("POST", format!("/{known}/reset_secret"))] {
        let answer = fortanix::call(store, method, &format!("/sys/v1/apps{path}"), body).expect("the vendor's call");
        assert!(matches!(answer.status, 200 | 400 | 409 | 422), "{answer:?}");
    }
});
