//! Rings: what signing with whatever key is current costs above a plain handle, and rotating, against the bare work.
//! Beside criterion's figures stand differences and ratios of both sides in turn, since a busy machine slows both.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "benches stop at the first failure")]

mod support;

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use keystead::{Algorithm, Keystore, Options, Ring, RingName, RingPlan, Schedule};

const MESSAGE: &[u8] = b"eyJhbGciOiJFUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJhY21lLmNvbSIsInN1YiI6IjEyMzQ1Njc4OTAifQ";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn ring(store: &Keystore, name: &str, algorithm: Algorithm) -> Ring {
    store.create_ring(&RingPlan::new(RingName::new(name).unwrap(), support::spec(algorithm))).unwrap()
}

/// How much longer `ours` takes than `bare`.
fn print_difference<A, B>(what: &str, bare: impl FnMut() -> A, ours: impl FnMut() -> B) {
    let Some(turns) = support::in_turns(bare, ours) else { return };
    let difference = (turns.ours - turns.bare) * 1e9;
    println!(
        "{what}: {difference:.0} ns more, of the quickest tenth; {:.2} us to {:.2} us, {} turns",
        turns.bare * 1e6,
        turns.ours * 1e6,
        turns.count
    );
}

fn sign(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let store = support::create(&path);
    support::fill(&store, 10_000);
    for algorithm in [Algorithm::Hs256, Algorithm::Es256] {
        let ring = ring(&store, algorithm.name(), algorithm);
        let state = ring.state().unwrap();
        let (kid, id) = (state.current().key().kid().clone(), state.current().key().id());
        let (handle, signer) = (store.signer(id).unwrap(), ring.signer().unwrap());
        let mut group = c.benchmark_group(format!("sign {algorithm} with a ring"));
        group.bench_function("plain handle", |b| b.iter(|| handle.sign(black_box(MESSAGE)).unwrap()));
        group.bench_function("ring's signer", |b| b.iter(|| signer.sign(black_box(MESSAGE)).unwrap()));
        group.bench_function("ring's signer, the current handle alone", |b| b.iter(|| signer.current().unwrap()));
        group.bench_function("key by id", |b| b.iter(|| store.sign(id, black_box(MESSAGE)).unwrap()));
        group.finish();
        let sign = || handle.sign(black_box(MESSAGE)).unwrap();
        print_difference(&format!("a ring's signer above a plain handle, {algorithm}"), sign, || {
            signer.current().unwrap().sign(black_box(MESSAGE)).unwrap()
        });
        let (signature, verifier) = (handle.sign(MESSAGE).unwrap(), handle.verifier());
        let verify = || verifier.verify(black_box(MESSAGE), signature.as_bytes());
        print_difference(&format!("a ring's verify above a plain handle, {algorithm}"), verify, || {
            ring.verify(&kid, black_box(MESSAGE), signature.as_bytes()).unwrap()
        });
    }
    in_company(c, &store, &path);
}

/// Others sign too, and others write.
fn in_company(c: &mut Criterion, store: &Keystore, path: &std::path::Path) {
    let ring = ring(store, "company", Algorithm::Hs256);
    let signer = ring.signer().unwrap();
    let over = AtomicBool::new(false);
    let mut group = c.benchmark_group("sign HS256 with a ring in company");
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                black_box(signer.sign(MESSAGE).unwrap());
            }
        });
        group.bench_function("another thread signs too", |b| b.iter(|| signer.sign(black_box(MESSAGE)).unwrap()));
        over.store(true, Ordering::Relaxed);
    });
    let other = Keystore::open(path, &support::unlock(), Options::default()).unwrap();
    let mut next = 0;
    group.bench_function("after a commit of another handle each time", |b| {
        b.iter_batched(
            || {
                next += 1;
                other.generate(support::request(format!("company {next}"), Algorithm::Hs256)).unwrap()
            },
            |_| signer.sign(black_box(MESSAGE)).unwrap(),
            criterion::BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn rotate(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let store = support::create(&folder.path().join("keys.db"));
    support::fill(&store, 10_000);
    let turning = ring(&store, "turning", Algorithm::Es256);
    let mut next = 0;
    let mut generate = || {
        next += 1;
        store.generate(support::request(format!("alone {next}"), Algorithm::Es256)).unwrap()
    };
    let mut group = c.benchmark_group("rotate");
    group.bench_function("generate ES256, durable", |b| b.iter(&mut generate));
    group.bench_function("rotate ES256, durable", |b| b.iter(|| turning.rotate().unwrap()));
    group.bench_function("state", |b| b.iter(|| turning.state().unwrap()));
    group.bench_function("published set, unchanged", |b| b.iter(|| turning.jwks().unwrap()));
    let memory = Keystore::in_memory(Options::default()).unwrap();
    let in_memory = ring(&memory, "turning", Algorithm::Es256);
    group.bench_function("rotate ES256, in memory", |b| b.iter(|| in_memory.rotate().unwrap()));
    group.finish();
    if let Some(turns) = support::in_turns(generate, || turning.rotate().unwrap()) {
        let (bare, ours) = (turns.bare * 1e6, turns.ours * 1e6);
        println!(
            "ratio of a rotation to generating a key, both durable: {:.2}; {bare:.0} us to {ours:.0} us",
            turns.ratio
        );
    }
    thousand(c);
}

/// A thousand rings with a schedule, of which nothing is due.
fn thousand(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let store = support::create(&folder.path().join("keys.db"));
    let schedule = Schedule::new(90 * DAY, 7 * DAY, 7 * DAY).unwrap();
    let count = if support::is_a_test() { 10 } else { 1_000 };
    for n in 0..count {
        let name = RingName::new(format!("ring {n}")).unwrap();
        store.create_ring(&RingPlan::new(name, support::spec(Algorithm::Es256)).schedule(schedule)).unwrap();
    }
    let now = Timestamp::now();
    let mut group = c.benchmark_group("a thousand rings");
    group.sample_size(10);
    group.bench_function("list", |b| b.iter(|| store.rings().unwrap()));
    group.bench_function("apply what is due: nothing", |b| {
        b.iter(|| store.rings().unwrap().iter().for_each(|ring| assert!(ring.apply_due(now).unwrap().is_empty())));
    });
    group.finish();
}

criterion_group!(benches, sign, rotate);
criterion_main!(benches);
