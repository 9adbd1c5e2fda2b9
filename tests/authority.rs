//! The life of an attestation authority: made, renewed, brought from outside, replaced, attacked.

// A test that cannot go on has no better way to say so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

#[path = "support/judges.rs"]
mod judges;
#[path = "support/python.rs"]
mod python;
#[path = "support/statement.rs"]
mod statement;
mod support;

#[path = "authority/attacked.rs"]
mod attacked;
#[path = "authority/outside.rs"]
mod outside;
#[path = "authority/renewal.rs"]
mod renewal;
#[path = "authority/shared.rs"]
mod shared;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use keystead::{Attestation, AttestationRequest, Clock, KeyId, Keystore, Options};
use support::{es256, options, raw};
use tempfile::TempDir;

/// A clock that stands still until it is set.
#[derive(Clone, Debug)]
struct Hands(Arc<AtomicI64>);

const DAY: i64 = 86_400;

impl Hands {
    fn at(time: &str) -> Self {
        Self(Arc::new(AtomicI64::new(time.parse::<Timestamp>().unwrap().as_second())))
    }

    fn turn(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    fn set(&self, at: Timestamp) {
        self.0.store(at.as_second(), Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// When the tests begin.
const BEGIN: &str = "2026-11-22T06:00:00Z";

fn timed(hands: &Hands) -> Options {
    options().clock(Arc::new(hands.clone()))
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    (folder, path)
}

/// A store with one key, and no authority.
fn with_key(path: &Path, options: Options) -> (Keystore, KeyId) {
    let store = Keystore::create(path, &raw(), options).unwrap();
    let id = store.generate(es256("attested")).unwrap().id();
    (store, id)
}

fn in_memory(hands: &Hands) -> (Keystore, KeyId) {
    let store = Keystore::in_memory(timed(hands)).unwrap();
    let id = store.generate(es256("attested")).unwrap().id();
    (store, id)
}

fn attest(store: &Keystore, id: KeyId) -> keystead::Result<Attestation> {
    store.attest(id, &AttestationRequest::new())
}

/// Kind and words of a refusal.
fn refusal<T: std::fmt::Debug>(outcome: keystead::Result<T>) -> String {
    let error = outcome.unwrap_err();
    format!("{:?}: {error}", error.kind())
}

/// What the other processes of this file do. It only runs when another test starts it.
#[test]
#[ignore = "run by the other tests of this file as a child process"]
fn child() {
    let Some((role, path)) = support::told_as_child() else { return };
    shared::obey(&role, &path);
}
