//! Signing and verifying: a cached handle and a call by id, each against the bare crate in the same run.
#![allow(clippy::unwrap_used, missing_docs, reason = "benches stop at the first failure")]

mod support;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};
use keystead::Algorithm;
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};

const MESSAGE: &[u8] = b"eyJhbGciOiJFUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJhY21lLmNvbSIsInN1YiI6IjEyMzQ1Njc4OTAifQ";

fn sign(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let store = support::create(&folder.path().join("keys.db"));
    support::fill(&store, 10_000);

    let mut group = c.benchmark_group("sign ES256");
    let bare = SigningKey::from_slice(&[0x42; 32]).unwrap();
    let key = store.generate(support::request("es".into(), Algorithm::Es256)).unwrap();
    let signer = store.signer(key.id()).unwrap();
    group.bench_function("bare p256", |b| b.iter(|| -> Signature { bare.sign(black_box(MESSAGE)) }));
    group.bench_function("handle", |b| b.iter(|| signer.sign(black_box(MESSAGE)).unwrap()));
    group.bench_function("by id, warm", |b| b.iter(|| store.sign(key.id(), black_box(MESSAGE)).unwrap()));
    group.finish();

    let mut group = c.benchmark_group("verify ES256");
    let signature: Signature = bare.sign(MESSAGE);
    let verifying = VerifyingKey::from(&bare);
    let ours = signer.sign(MESSAGE).unwrap();
    let verifier = signer.verifier();
    group.bench_function("bare p256", |b| b.iter(|| verifying.verify(black_box(MESSAGE), &signature).unwrap()));
    group.bench_function("handle", |b| b.iter(|| assert!(verifier.verify(black_box(MESSAGE), ours.as_bytes()))));
    group.bench_function("by id, warm", |b| {
        b.iter(|| assert!(store.verify(key.id(), black_box(MESSAGE), ours.as_bytes()).unwrap()));
    });
    group.finish();

    let mut group = c.benchmark_group("sign HS256");
    let ready = Hmac::<sha2::Sha256>::new_from_slice(&[0x42; 32]).unwrap();
    let key = store.generate(support::request("hs".into(), Algorithm::Hs256)).unwrap();
    let signer = store.signer(key.id()).unwrap();
    group.bench_function("bare hmac, keyed beforehand", |b| {
        b.iter(|| ready.clone().chain_update(black_box(MESSAGE)).finalize().into_bytes());
    });
    group.bench_function("handle", |b| b.iter(|| signer.sign(black_box(MESSAGE)).unwrap()));
    group.bench_function("by id, warm", |b| b.iter(|| store.sign(key.id(), black_box(MESSAGE)).unwrap()));
    group.finish();

    let mut group = c.benchmark_group("sign by handle");
    for algorithm in Algorithm::ALL {
        let key = store.generate(support::request(format!("all {algorithm}"), algorithm)).unwrap();
        let signer = store.signer(key.id()).unwrap();
        group.bench_function(algorithm.name(), |b| b.iter(|| signer.sign(black_box(MESSAGE)).unwrap()));
    }
    group.finish();
}

criterion_group!(benches, sign);
criterion_main!(benches);
