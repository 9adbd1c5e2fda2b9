//! What the two benches of searching share: a store of any size, what is asked of it, and the others that are asked too.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    unreachable_pub,
    dead_code,
    reason = "benches stop at the first failure"
)]

mod memory;
mod others;
mod plot;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, BenchmarkId, Criterion, SamplingMode};
use jiff::{Timestamp, ToSpan};
use keystead::{
    Algorithm, Batch, Clock, Direction, ImportKey, Issuer, Key, KeyName, Keystore, Kid, NamePattern, Options, OrderBy,
    OrderField, Query, SecretEncoding,
};

use crate::support;

/// Sizes of stores that the plot shows.
const SIZES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// Names have six digits, the sizes share them out evenly.
const NUMBERS: usize = 1_000_000;
const WORDS: [&str; 8] = ["token", "secret", "webhook", "cookie", "session", "partner", "backup", "invoice"];
const GROUP: &str = "search";

/// The whole program: a child that tells its memory, or all groups for each size, then the table and the plot.
pub fn main(sizes: &[usize]) {
    if memory::is_child() {
        return memory::child();
    }
    // `cargo test --benches` and `--test` only ask whether it runs.
    let asked = |word: &str| std::env::args().any(|arg| arg == word);
    let measured = asked("--bench") && !asked("--test") && !asked("--list");
    let sizes = if measured { sizes } else { &[2_000] };
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(300))
        .nresamples(2_000)
        .configure_from_args();
    for &keys in sizes {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.db");
        let begun = std::time::Instant::now();
        fill(&path, keys);
        println!("a store of {keys} keys in {:.1} s", begun.elapsed().as_secs_f64());
        memory::tell(&path, keys);
        ours(&mut criterion, &path, keys);
        others::all(&mut criterion, folder.path(), &path, keys);
    }
    criterion.final_summary();
    if measured {
        plot::tell();
        plot::draw();
    }
}

/// The name of the nth key of a store: all different, in an order that has nothing to do with theirs.
pub fn name(n: usize, keys: usize) -> String {
    let number = (n * 61_803 % keys) * (NUMBERS / keys.max(1)).max(1);
    format!("service {number:06} {}", WORDS[n / 2 % WORDS.len()])
}

/// A clock that stands.
#[derive(Debug)]
struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn issuer(n: usize) -> Issuer {
    Issuer::new(format!("issuer {:02}.example", n % 64)).unwrap()
}

/// Certificates of many issuers that end at different times, and a public key of RSA. Each serves for many keys.
fn certificates() -> Vec<Vec<u8>> {
    let begin: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
    let mut all: Vec<_> = (0..64)
        .map(|n| {
            let at = begin + (i64::try_from(n).unwrap() * 24 * 31).hours();
            let store = Keystore::in_memory(Options::default().clock(Arc::new(At(at)))).unwrap();
            let algorithm = if n % 16 == 0 { Algorithm::Es384 } else { Algorithm::Es256 };
            let request = support::request(format!("{n}"), algorithm).issuer(issuer(n));
            store.generate(request).unwrap().certificate_der().unwrap().to_vec()
        })
        .collect();
    all.push(include_bytes!("../tests/data/fusionauth-seed.pem").to_vec());
    all
}

/// Half of the keys are secrets, half certificates; each has a kid of its own.
fn fill(path: &Path, keys: usize) {
    let store = support::create(path);
    let certificates = certificates();
    let numbers: Vec<usize> = (0..keys).collect();
    for chunk in numbers.chunks(10_000) {
        let requests: Vec<_> = chunk
            .iter()
            .map(|&n| {
                let kid = Kid::new(format!("{:010x}", n * 7_919)).unwrap();
                let name = KeyName::new(name(n, keys)).unwrap();
                if n % 2 == 0 {
                    let secret = (n as u64).to_be_bytes().repeat(4 + n % 3 * 2);
                    ImportKey::new(name, secret).secret(SecretEncoding::Raw).kid(kid)
                } else {
                    ImportKey::new(name, certificates[n / 2 % certificates.len()].clone()).kid(kid)
                }
            })
            .collect();
        let made = store.import_many_with(&requests, Batch::AllOrNone, |_| ControlFlow::Continue(())).unwrap();
        made.into_iter().for_each(|made| drop(made.unwrap()));
    }
}

/// A name pattern: what the bench calls it, what the store is asked, and what SQL's `LIKE` is.
pub struct Pattern {
    pub kind: &'static str,
    pub ours: Option<NamePattern>,
    pub like: String,
    /// About how many of the keys fit, to begin a page in their middle; 0 when that is too few for one.
    pub fit: usize,
}

pub fn patterns(keys: usize) -> Vec<Pattern> {
    let one = name(keys / 3, keys);
    let number = &one[8..14];
    let parse = |text: &str| Some(NamePattern::parse(text).unwrap());
    let pattern = |kind, ours, like: &str, fit| Pattern { kind, ours, like: like.into(), fit };
    vec![
        pattern("one key", parse(number), &format!("%{number}%"), 0),
        pattern("an eighth", parse("WEBHOOK"), "%WEBHOOK%", keys / 8),
        pattern("all", parse("service"), "%service%", keys),
        pattern("no pattern", None, "%", keys),
        pattern("none", parse("absent"), "%absent%", 0),
        pattern("prefix", parse("service 12*"), "service 12%", keys / 100),
        pattern("exact", Some(NamePattern::exact(&KeyName::new(&*one).unwrap())), &one, 0),
        pattern("suffix", parse("*0 token"), "%0 token", 0),
        pattern("three wildcards", parse("ser*1*2*n"), "ser%1%2%n", 0),
    ]
}

fn query(pattern: Option<&NamePattern>) -> Query {
    pattern.map_or_else(Query::new, |pattern| Query::new().name(pattern.clone()))
}

/// Every order by one field, and a list.
fn orders() -> Vec<OrderBy> {
    let single = OrderField::ALL.into_iter().flat_map(|field| [OrderBy::ascending(field), OrderBy::descending(field)]);
    let list = OrderBy::descending(OrderField::Type)
        .then(OrderField::Algorithm, Direction::Ascending)
        .then(OrderField::Name, Direction::Ascending);
    single.chain([list]).collect()
}

fn ours(criterion: &mut Criterion, path: &Path, keys: usize) {
    let open = || Keystore::open(path, &support::unlock(), Options::default()).unwrap();
    let store = open();
    let total = |query: &Query| store.search(query).unwrap().total;
    let mut group = criterion.benchmark_group(GROUP);
    warm(&mut group, keys, &store, "no pattern, only the total", &Query::new().limit(0));
    for Pattern { kind, ours, fit, .. } in patterns(keys) {
        let query = query(ours.as_ref());
        match (kind, total(&query)) {
            ("one key" | "exact", found) => assert_eq!(found, 1, "{kind}"),
            ("none", found) => assert_eq!(found, 0),
            (_, found) => assert!(found >= fit as u64, "{kind}: {found}"),
        }
        warm(&mut group, keys, &store, kind, &query);
        if fit > 25 {
            warm(&mut group, keys, &store, &format!("{kind}, in the middle"), &query.start(fit as u64 / 2));
        }
    }
    let eighth = NamePattern::parse("WEBHOOK").unwrap();
    for order in orders() {
        let all = Query::new().order_by(order.clone());
        let middle = all.clone().start(keys as u64 / 2);
        warm(&mut group, keys, &store, &format!("by {order}"), &all);
        warm(&mut group, keys, &store, &format!("by {order}, in the middle"), &middle);
        let some = query(Some(&eighth)).order_by(order.clone());
        warm(&mut group, keys, &store, &format!("an eighth by {order}"), &some);
        let next = store.search(&middle).unwrap().next.unwrap();
        warm(&mut group, keys, &store, &format!("by {order}, behind a cursor"), &all.after(next));
    }
    filters(&mut group, keys, &store);
    changed(&mut group, keys, &store, &open());
    // The file's pages are in the system's cache: what counts is the work.
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.bench_function(BenchmarkId::new("first search of an opened store", keys), |b| {
        b.iter_batched(open, |store| store.search(&query(Some(&eighth))).unwrap().total, BatchSize::PerIteration);
    });
    group.finish();
}

fn warm(group: &mut BenchmarkGroup<'_, WallTime>, keys: usize, store: &Keystore, what: &str, query: &Query) {
    group.bench_function(BenchmarkId::new(what, keys), |b| b.iter(|| store.search(query).unwrap()));
}

fn filters(group: &mut BenchmarkGroup<'_, WallTime>, keys: usize, store: &Keystore) {
    let some: Key = store.key(KeyName::new(name(3, keys)).unwrap()).unwrap();
    let fingerprint = some.fingerprints().unwrap().unwrap().certificate.unwrap().sha256;
    let ends = some.expires_at().unwrap() + (24 * 31 * 6).hours();
    for (what, query) in [
        ("algorithm", Query::new().algorithm(Algorithm::Es256)),
        ("kid", Query::new().kid(some.kid().clone())),
        ("fingerprint that many keys have", Query::new().fingerprint(fingerprint)),
        ("issuer", Query::new().issuer(some.issuer().unwrap().clone())),
        ("has private key", Query::new().has_private_key(true)),
        ("expires before", Query::new().expires_before(ends).order_by(OrderBy::ascending(OrderField::Expiration))),
        ("inserted since", Query::new().inserted(some.inserted_at()..)),
        (
            "an eighth, algorithm, issuer, expires before",
            Query::new()
                .name(NamePattern::parse("secret").unwrap())
                .algorithm(Algorithm::Es256)
                .issuer(some.issuer().unwrap().clone())
                .expires_before(ends),
        ),
    ] {
        assert!(store.search(&query).unwrap().total > 0, "{what}");
        warm(group, keys, store, what, &query);
    }
}

/// The search behind a change: by this handle, and by another.
fn changed(group: &mut BenchmarkGroup<'_, WallTime>, keys: usize, store: &Keystore, other: &Keystore) {
    let key = store.key(KeyName::new(name(1, keys)).unwrap()).unwrap();
    let query = query(Some(&NamePattern::parse("changed").unwrap()));
    let mut round = 0;
    for (what, writer) in [("after a change", store), ("after another handle's change", other)] {
        group.bench_function(BenchmarkId::new(what, keys), |b| {
            b.iter_batched(
                || {
                    round += 1;
                    writer.rename(key.id(), KeyName::new(format!("changed {round}")).unwrap()).unwrap();
                },
                |()| assert_eq!(store.search(&query).unwrap().total, 1),
                BatchSize::PerIteration,
            );
        });
    }
    store.rename(key.id(), key.name().clone()).unwrap();
}
