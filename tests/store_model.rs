//! A whole store against a model that is slow and plain: random histories over several handles of one file, with crashes,
//! lost tails of the log, locks, clocks that jump and random bytes that run out; and what the fuzzer kept.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test stops at the first failure"
)]

#[path = "support/store_model/mod.rs"]
mod store_model;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use keystead::{
    Algorithm, Entropy, EntropyError, ErrorKind, GenerateKey, KeyName, KeySpec, Keystore, Options, SecretFormat,
    SystemEntropy,
};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use store_model::{STEP, describe, play};

/// Plays a history; if it goes wrong, tells it in words.
fn told(bytes: &[u8]) {
    struct Tell<'a>(&'a [u8]);
    impl Drop for Tell<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("{}", describe(self.0));
            }
        }
    }
    let _tell = Tell(bytes);
    play(bytes);
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 400, ..ProptestConfig::default() }
}

fn play_random(mut runner: TestRunner, most: usize) {
    let steps = prop::collection::vec(any::<[u8; STEP]>(), 1..most);
    let played = runner.run(&(any::<u8>(), steps), |(first, steps)| {
        told(&[&[first][..], &steps.concat()].concat());
        Ok(())
    });
    played.unwrap_or_else(|failed| panic!("{failed}"));
}

/// The same histories each time.
#[test]
fn random_histories_are_what_the_model_says() {
    let same = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    play_random(TestRunner::new_with_rng(config(120), same), 80);
    println!("{}", store_model::tally_in_words());
}

/// Other histories each time, for as many seconds as are asked for.
#[test]
#[ignore = "goes on for STORE_MODEL_SECONDS"]
fn random_histories_for_hours() {
    let seconds = std::env::var("STORE_MODEL_SECONDS").map_or(60, |text| text.parse().unwrap());
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(seconds) {
        play_random(TestRunner::new(config(64)), 120);
        if let Some(path) = std::env::var_os("STORE_MODEL_TALLY") {
            std::fs::write(path, store_model::tally_in_words()).unwrap();
        }
    }
    println!("{}", store_model::tally_in_words());
}

/// What the fuzzer found worth keeping.
#[test]
fn kept_histories_are_what_the_model_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/store_model");
    for file in std::fs::read_dir(folder).unwrap() {
        told(&std::fs::read(file.unwrap().path()).unwrap());
    }
}

/// The first history that went wrong: the store was called damaged, and there were no random bytes for another seal.
#[test]
fn an_export_without_random_bytes_says_so() {
    #[derive(Debug, Default)]
    struct Dry(AtomicBool);
    impl Entropy for Dry {
        fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
            if self.0.load(Ordering::SeqCst) { Err(EntropyError::new()) } else { SystemEntropy.fill(out) }
        }
    }
    let dry = Arc::new(Dry::default());
    let store = Keystore::in_memory(Options::default().entropy(dry.clone())).unwrap();
    let spec = KeySpec::new(Algorithm::Hs256, None).unwrap();
    let key = store.generate(GenerateKey::new(KeyName::new("a").unwrap(), spec).exportable(true)).unwrap();
    dry.0.store(true, Ordering::SeqCst);
    let error = store.export_secret(key.id(), &SecretFormat::Raw).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Io, "the system gave no random bytes"));
    assert_eq!(store.key(key.id()).unwrap(), key);
    dry.0.store(false, Ordering::SeqCst);
    store.export_secret(key.id(), &SecretFormat::Raw).unwrap();
    assert!(store.key(key.id()).unwrap().exported_at().is_some());
}
