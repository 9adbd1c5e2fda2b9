//! Finding one key among 100,000, and opening such a store.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "benches stop at the first failure")]

mod support;

use std::cell::Cell;
use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use keystead::{Fingerprint, KdfCost, Keystore, Options, Unlock};

const KEYS: usize = 100_000;

fn lookup(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let store = support::create(&path);
    let keys = support::fill(&store, KEYS);

    // A walk in big steps: neighbours in the order of insertion do not follow each other.
    let at = Cell::new(0);
    let step = || {
        at.set((at.get() + 61_803) % KEYS);
        at.get()
    };
    let next = || &keys[step()];
    let mut group = c.benchmark_group("lookup among 100,000");
    group.bench_function("id", |b| b.iter(|| store.key(black_box(next().id())).unwrap()));
    group.bench_function("name", |b| b.iter(|| store.key(black_box(next().name().clone())).unwrap()));
    group.bench_function("kid", |b| b.iter(|| store.key(black_box(next().kid().clone())).unwrap()));
    group.bench_function("thumbprint", |b| {
        b.iter(|| {
            let thumbprint: Fingerprint = next().kid().as_str().parse().unwrap();
            store.key(black_box(thumbprint)).unwrap()
        });
    });
    // Not in the file's index: the first such look-up of an open store reads every key.
    let others: Vec<_> = keys.iter().map(|key| key.fingerprints().unwrap().unwrap().public_key.sha256).collect();
    group.bench_function("SHA-256 of the public key", |b| {
        b.iter(|| store.key(black_box(others[step()])).unwrap());
    });
    group.sample_size(10).bench_function("SHA-256 of the public key, the first time", |b| {
        b.iter_batched(
            || Keystore::open(&path, &support::unlock(), Options::default()).unwrap(),
            |store| store.key(others[KEYS / 2]).unwrap(),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("first 1,000 of the list", |b| {
        b.iter(|| store.keys().take(1_000).map(|key| key.unwrap().bits()).sum::<u32>());
    });
    group.finish();
    drop(store);

    let mut group = c.benchmark_group("open");
    group.bench_function("raw key, 100,000 keys", |b| {
        b.iter(|| Keystore::open(&path, &support::unlock(), Options::default()).unwrap());
    });
    let locked = folder.path().join("locked.db");
    let unlock = Unlock::passphrase("correct horse battery staple");
    drop(Keystore::create(&locked, &unlock, Options::default()).unwrap());
    group.sample_size(10);
    group.bench_function("passphrase, Argon2id with 64 MiB and 3 passes", |b| {
        b.iter(|| Keystore::open(&locked, &unlock, Options::default()).unwrap());
    });
    let cheap = folder.path().join("cheap.db");
    drop(Keystore::create(&cheap, &unlock, Options::default().kdf_cost(KdfCost::FLOOR)).unwrap());
    group.bench_function("passphrase, Argon2id at its floor (16 MiB, 2 passes)", |b| {
        b.iter(|| Keystore::open(&cheap, &unlock, Options::default()).unwrap());
    });
    group.finish();
}

criterion_group!(benches, lookup);
criterion_main!(benches);
