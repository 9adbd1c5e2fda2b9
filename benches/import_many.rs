//! Taking in 10,000 keys: private ones that get a certificate, against the computation that it cannot do without, spread
//! over the cores; and ready certificates, a second's worth.
#![allow(clippy::unwrap_used, missing_docs, reason = "benches stop at the first failure")]

mod support;

use std::hint::black_box;
use std::time::{Duration, Instant};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use keystead::{ImportKey, KeyName, Keystore, Options};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use sha2::Digest;

const KEYS: usize = 10_000;

/// Parse and validate a private key, sign a certificate's worth of bytes, take its fingerprints, seal the key.
fn compute(pkcs8: &[u8], to_be_signed: &[u8], cipher: &Aes256Gcm) -> usize {
    let key = SigningKey::from_pkcs8_der(pkcs8).unwrap();
    let public = key.verifying_key().to_public_key_der().unwrap();
    let signature: DerSignature = key.sign(to_be_signed);
    let certificate = [to_be_signed, signature.as_bytes()].concat();
    let digests = (sha1::Sha1::digest(&certificate), sha2::Sha256::digest(&certificate), sha2::Sha256::digest(&public));
    black_box(digests);
    let payload = Payload { msg: pkcs8, aad: public.as_bytes() };
    cipher.encrypt(&[0; 12].into(), payload).unwrap().len() + certificate.len()
}

fn many(c: &mut Criterion) {
    let mut group = c.benchmark_group("import_many");
    group.sample_size(10).measurement_time(Duration::from_secs(20)).throughput(Throughput::Elements(KEYS as u64));
    let keys: Vec<_> = (0..KEYS)
        .map(|_| {
            let mut scalar = [0; 32];
            getrandom::fill(&mut scalar).unwrap();
            SigningKey::from_slice(&scalar).unwrap().to_pkcs8_der().unwrap().as_bytes().to_vec()
        })
        .collect();
    let cores = std::thread::available_parallelism().unwrap().get();
    let (to_be_signed, cipher) = (vec![0x30_u8; 270], Aes256Gcm::new(&Key::<Aes256Gcm>::from([7; 32])));
    group.bench_function(BenchmarkId::new("bare: parse, certify, seal on all cores", KEYS), |b| {
        b.iter(|| {
            std::thread::scope(|scope| {
                for core in 0..cores {
                    let (keys, to_be_signed, cipher) = (&keys, &to_be_signed, &cipher);
                    scope.spawn(move || {
                        for key in keys.iter().skip(core).step_by(cores) {
                            black_box(compute(key, to_be_signed, cipher));
                        }
                    });
                }
            });
        });
    });
    let store = Keystore::in_memory(Options::default()).unwrap();
    let certificates: Vec<_> =
        support::fill(&store, KEYS).iter().map(|key| key.certificate_der().unwrap().to_vec()).collect();
    drop(store);
    for (what, inputs) in [("P-256 PKCS#8, durable", keys), ("P-256 certificates, durable", certificates)] {
        let requests: Vec<_> = inputs
            .into_iter()
            .enumerate()
            .map(|(n, data)| ImportKey::new(KeyName::new(format!("service {n:06} token")).unwrap(), data))
            .collect();
        for indexed in [true, false] {
            let create = if indexed { support::create } else { support::create_without_search };
            let without = if indexed { "" } else { ", without the search index" };
            group.bench_function(BenchmarkId::new(format!("{what}{without}"), KEYS), |b| {
                b.iter_custom(|rounds| {
                    (0..rounds)
                        .map(|_| {
                            let folder = tempfile::tempdir().unwrap();
                            let store = create(&folder.path().join("keys.db"));
                            let begun = Instant::now();
                            let imported = store.import_many(&requests).unwrap();
                            let took = begun.elapsed();
                            assert!(imported.iter().all(Result::is_ok));
                            took
                        })
                        .sum()
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, many);
criterion_main!(benches);
