//! Drives a keystore from any language, one JSON object a line:
//! `cargo run --release --example jsonl -- STORE.db`, with `KEYSTEAD_PASSPHRASE` or `KEYSTEAD_RAW_KEY` (64 hex digits).
//!
//! A request is `{"call": "...", "body": {...}, "at"?: "RFC 3339"}`, an answer `{"status": 200, "body": ...}` or
//! `{"status": 4xx or 5xx, "error": {"kind", "message"}}`. This program maps calls to the library and holds no logic of its
//! own. With an anchor in `KEYSTEAD_ANCHOR` the store must be what it was when the anchor was taken, or have come of that.

// A program that speaks over standard output, and over standard error before it can.
#![allow(clippy::print_stderr)]

#[path = "jsonl/answer.rs"]
mod answer;
#[path = "jsonl/apps.rs"]
mod apps;
#[path = "jsonl/attestation.rs"]
mod attestation;
#[path = "jsonl/auth0.rs"]
mod auth0;
#[path = "jsonl/clock.rs"]
mod clock;
#[path = "jsonl/line.rs"]
mod line;
#[path = "jsonl/material.rs"]
mod material;
#[path = "jsonl/native.rs"]
mod native;
#[path = "jsonl/rings.rs"]
mod rings;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use keystead::api::fusionauth;
use keystead::{Clock, Keystore, Options, Unlock};
use serde::Deserialize;
use serde_json::value::RawValue;

use answer::Answer;
use clock::CallClock;

#[derive(Deserialize)]
struct Request {
    call: String,
    #[serde(default)]
    body: Option<Box<RawValue>>,
    #[serde(default)]
    at: Option<jiff::Timestamp>,
}

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: jsonl STORE.db, with KEYSTEAD_PASSPHRASE or KEYSTEAD_RAW_KEY set");
        return ExitCode::from(2);
    };
    let clock = Arc::new(CallClock::default());
    // A store that does not open answers every line with the reason.
    let store = unlock_from_environment().and_then(|unlock| {
        let mut options = Options::default().clock(clock.clone());
        if let Ok(anchor) = std::env::var("KEYSTEAD_ANCHOR") {
            options = options.anchor(anchor.parse().map_err(|error| Answer::failed(&error))?);
        }
        Keystore::open_or_create(Path::new(&path), &unlock, options).map_err(|error| Answer::failed(&error))
    });
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    loop {
        let answer = match line::read(&mut input) {
            Ok(None) => return ExitCode::SUCCESS,
            Ok(Some(Ok(line))) => match &store {
                Ok(store) => answer_line(store, &clock, &line),
                Err(reason) => reason.clone(),
            },
            Ok(Some(Err(too_long))) => Answer::invalid(too_long),
            Err(error) => {
                eprintln!("cannot read standard input: {error}");
                return ExitCode::FAILURE;
            }
        };
        if writeln!(output, "{}", answer.to_json()).and_then(|()| output.flush()).is_err() {
            // Nobody listens any more.
            return ExitCode::SUCCESS;
        }
    }
}

fn answer_line(store: &Keystore, clock: &CallClock, line: &[u8]) -> Answer {
    // An array would pass for an object by its order.
    if line.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Answer::invalid("the line is no JSON object");
    }
    let mut reader = serde_json::Deserializer::from_slice(line);
    let request: Request = match serde_path_to_error::deserialize(&mut reader) {
        Ok(request) => request,
        Err(error) => return Answer::invalid(format!("the line is no request: {}: {}", error.path(), error.inner())),
    };
    if let Err(error) = reader.end() {
        return Answer::invalid(format!("the line is no request: {error}"));
    }
    let body = request.body.as_deref().map_or("{}", RawValue::get);
    clock.set(request.at);
    match request.call.split_once(' ') {
        Some((method, path)) => vendor(store, method, path, body).unwrap_or_else(|| Answer::unsupported(&request.call)),
        None => native::call(store, &request.call, body, clock.now()),
    }
}

fn vendor(store: &Keystore, method: &str, path: &str, body: &str) -> Option<Answer> {
    match fusionauth::call(store, method, path, body.as_bytes()) {
        Some(response) => Some(Answer::vendor(response.status, response.body)),
        None => auth0::vendor(store, method, path, body)
            .or_else(|| attestation::vendor(store, method, path, body))
            .or_else(|| apps::vendor(store, method, path, body)),
    }
}

fn unlock_from_environment() -> Result<Unlock, Answer> {
    let passphrase = std::env::var_os("KEYSTEAD_PASSPHRASE");
    let raw_key = std::env::var("KEYSTEAD_RAW_KEY").ok();
    match (passphrase, raw_key) {
        (Some(passphrase), None) => Ok(Unlock::passphrase(passphrase.into_encoded_bytes())),
        (None, Some(hex)) => {
            native::raw_key(&hex).map_err(|message| Answer::invalid(format!("KEYSTEAD_RAW_KEY: {message}")))
        }
        _ => Err(Answer::invalid("set one of KEYSTEAD_PASSPHRASE and KEYSTEAD_RAW_KEY")),
    }
}
