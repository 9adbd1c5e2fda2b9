//! Making keys: one durable ES256 key against a bare commit plus the bare computation, and many against the computation
//! spread over the cores.
#![allow(clippy::unwrap_used, missing_docs, reason = "benches stop at the first failure")]

mod support;

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use keystead::{Algorithm, Keystore, Options};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey};

/// What cannot be avoided for an ES256 key and its certificate: a key pair, its encodings, one signature over a
/// certificate's worth of bytes, its fingerprints.
fn compute(to_be_signed: &[u8]) -> usize {
    use sha2::Digest;
    let mut scalar = [0; 32];
    getrandom::fill(&mut scalar).unwrap();
    let key = SigningKey::from_slice(&scalar).unwrap();
    let private = key.to_pkcs8_der().unwrap();
    let public = key.verifying_key().to_public_key_der().unwrap();
    let signature: DerSignature = key.sign(to_be_signed);
    let certificate = [to_be_signed, signature.as_bytes()].concat();
    let digests =
        (md5::Md5::digest(&certificate), sha1::Sha1::digest(&certificate), sha2::Sha256::digest(&certificate));
    black_box(digests);
    private.as_bytes().len() + public.as_bytes().len() + certificate.len()
}

fn one(c: &mut Criterion) {
    let mut group = c.benchmark_group("generate");
    let folder = tempfile::tempdir().unwrap();
    let next = AtomicUsize::new(0);
    let name = || format!("key {:09}", next.fetch_add(1, Ordering::Relaxed));

    let store = support::create(&folder.path().join("small.db"));
    let key = store.generate(support::request(name(), Algorithm::Es256)).unwrap();
    let content = vec![0x5a_u8; support::row_len(&key)];
    let to_be_signed = vec![0x30_u8; 270];

    let plain = support::plain(&folder.path().join("plain.db"));
    group.bench_function("bare: key, certificate and commit on plain SQLite", |b| {
        b.iter(|| {
            black_box(compute(&to_be_signed));
            plain.prepare_cached("INSERT INTO row (content) VALUES (?1)").unwrap().execute([&content]).unwrap();
        });
    });
    group.bench_function("bare: commit on plain SQLite", |b| {
        b.iter(|| plain.prepare_cached("INSERT INTO row (content) VALUES (?1)").unwrap().execute([&content]).unwrap());
    });
    group.bench_function("bare: key and certificate", |b| b.iter(|| black_box(compute(&to_be_signed))));
    group.bench_function("ES256, durable", |b| {
        b.iter(|| store.generate(support::request(name(), Algorithm::Es256)).unwrap());
    });
    group.bench_function("HS256, durable", |b| {
        b.iter(|| store.generate(support::request(name(), Algorithm::Hs256)).unwrap());
    });
    let bare = support::create_without_search(&folder.path().join("bare.db"));
    group.bench_function("ES256, durable, without the search index", |b| {
        b.iter(|| bare.generate(support::request(name(), Algorithm::Es256)).unwrap());
    });
    let large = support::create(&folder.path().join("large.db"));
    support::fill(&large, 100_000);
    group.bench_function("ES256, durable, among 100,000 keys", |b| {
        b.iter(|| large.generate(support::request(name(), Algorithm::Es256)).unwrap());
    });
    let bare = support::create_without_search(&folder.path().join("large-bare.db"));
    support::fill(&bare, 100_000);
    group.bench_function("ES256, durable, among 100,000 keys, without the search index", |b| {
        b.iter(|| bare.generate(support::request(name(), Algorithm::Es256)).unwrap());
    });
    let memory = Keystore::in_memory(Options::default()).unwrap();
    group.bench_function("ES256, in memory", |b| {
        b.iter(|| memory.generate(support::request(name(), Algorithm::Es256)).unwrap());
    });
    group.finish();
}

fn many(c: &mut Criterion) {
    const KEYS: usize = 10_000;
    let mut group = c.benchmark_group("generate_many");
    group.sample_size(10).measurement_time(Duration::from_secs(20)).throughput(Throughput::Elements(KEYS as u64));
    let to_be_signed = vec![0x30_u8; 270];
    let cores = std::thread::available_parallelism().unwrap().get();
    group.bench_function(BenchmarkId::new("bare: keys and certificates on all cores", KEYS), |b| {
        b.iter(|| {
            std::thread::scope(|scope| {
                for core in 0..cores {
                    let to_be_signed = &to_be_signed;
                    scope.spawn(move || {
                        for _ in (core..KEYS).step_by(cores) {
                            black_box(compute(to_be_signed));
                        }
                    });
                }
            });
        });
    });
    let requests = support::requests(KEYS);
    for indexed in [true, false] {
        let create = if indexed { support::create } else { support::create_without_search };
        let what = if indexed { "ES256, durable" } else { "ES256, durable, without the search index" };
        group.bench_function(BenchmarkId::new(what, KEYS), |b| {
            b.iter_custom(|rounds| {
                (0..rounds)
                    .map(|_| {
                        let folder = tempfile::tempdir().unwrap();
                        let store = create(&folder.path().join("keys.db"));
                        let begun = Instant::now();
                        let made = store.generate_many(&requests).unwrap();
                        let took = begun.elapsed();
                        assert!(made.iter().all(Result::is_ok));
                        took
                    })
                    .sum()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, one, many);
criterion_main!(benches);
