//! One store of many keys, and everything that takes longer the more there are.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use keystead::{Algorithm, BackupOptions, GenerateKey, KeyId, KeyName, Keystore, NamePattern, Options, Query, Unlock};

use super::process::{forget_peak, peak};
use super::{Figure, Measured};
use crate::support;

const WORDS: [&str; 8] = ["token", "secret", "webhook", "cookie", "session", "partner", "backup", "invoice"];
/// Keys that are made with one call.
const A_CALL: usize = 10_000;
/// Keys that are looked up again.
const SAMPLE: usize = 2_000;

const CHILD: &str = "KEYSTEAD_BENCH_SCALE_OF";

pub fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Builds a store and says how long it took and how much memory. In a process of its own, so that what it leaves behind does
/// not hide what the rest takes.
pub fn child() {
    let path = PathBuf::from(std::env::var_os(CHILD).unwrap());
    let keys = std::env::var("KEYS").unwrap().parse().unwrap();
    let begun = Instant::now();
    build(&path, keys);
    println!("{} {}", begun.elapsed().as_secs_f64(), peak());
}

/// Builds the store in a folder of its own and does everything with it.
pub fn measure(keys: usize) -> Measured {
    println!("a store of {keys} keys");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let mut all = All { figures: Vec::new() };
    let mut child = Command::new(std::env::current_exe().unwrap());
    let said = child.env(CHILD, &path).env("KEYS", keys.to_string()).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let said = String::from_utf8(said.stdout).unwrap();
    let (seconds, peak) = said.trim().split_once(' ').unwrap();
    all.keep("build", seconds.parse().unwrap(), peak.parse().unwrap());
    let bytes = std::fs::metadata(&path).unwrap().len();

    all.time("open", 20, |_| open(&path, &support::unlock()));
    let store = open(&path, &support::unlock());
    let sample: Vec<(KeyId, KeyName)> = (0..keys)
        .step_by(keys.div_ceil(SAMPLE))
        .map(|n| KeyName::new(name(n)).unwrap())
        .map(|name| (store.key(name.clone()).unwrap().id(), name))
        .collect();
    let nth = |n: usize| &sample[n * 619 % sample.len()];
    let many = SAMPLE.min(keys);
    all.time("find by id", many, |n| drop(store.key(nth(n).0).unwrap()));
    all.time("find by name", many, |n| drop(store.key(nth(n).1.clone()).unwrap()));
    all.time("sign by id, any key", many, |n| drop(store.sign(nth(n).0, b"message").unwrap()));
    all.time("list", 1, |_| {
        assert_eq!(store.keys().map(|key| key.unwrap().bits() as usize).sum::<usize>(), 256 * keys)
    });

    let copy = folder.path().join("copy.db");
    all.time("backup", 1, |_| store.backup(&copy, &BackupOptions::same_key()).unwrap());
    std::fs::remove_file(&copy).unwrap();
    all.time("verify_integrity", 1, |_| {
        let integrity = store.verify_integrity().unwrap();
        assert!(integrity.is_ok() && integrity.keys() == keys as u64, "{:?}", integrity.problems());
    });
    let other = Unlock::raw_key([8; 32]);
    all.time("rekey", 1, |_| store.rekey(&other).unwrap());
    drop(store);
    let store = open(&path, &other);
    assert_eq!(store.len().unwrap(), keys as u64);

    let eighth = Query::new().name(NamePattern::parse("WEBHOOK").unwrap());
    let found = |query: &Query| store.search(query).unwrap().total;
    all.time("search, the first", 1, |_| assert_eq!(found(&eighth), keys as u64 / 8));
    all.time("search, an eighth fits", 20, |_| found(&eighth));
    let one = Query::new().name(NamePattern::parse(&name(keys / 3)[8..15]).unwrap());
    all.time("search, one fits", 20, |_| assert_eq!(found(&one), 1));
    all.time("search, all fit", 20, |_| assert_eq!(found(&Query::new()), keys as u64));
    Measured { keys, bytes, figures: all.figures }
}

struct All {
    figures: Vec<Figure>,
}

impl All {
    /// Does something `count` times, and keeps what the middle one took.
    fn time<T>(&mut self, what: &'static str, count: usize, mut work: impl FnMut(usize) -> T) {
        forget_peak();
        let mut times: Vec<_> = (0..count)
            .map(|n| {
                let begun = Instant::now();
                let done = work(n);
                let took = begun.elapsed().as_secs_f64();
                drop(done);
                took
            })
            .collect();
        times.sort_by(f64::total_cmp);
        self.keep(what, times[count / 2], peak());
    }

    fn keep(&mut self, what: &'static str, seconds: f64, peak: u64) {
        println!("  {what}: {} with {peak} KiB", super::table::written(seconds));
        self.figures.push(Figure { what, seconds, peak });
    }
}

fn open(path: &Path, unlock: &Unlock) -> Keystore {
    Keystore::open(path, unlock, Options::default()).unwrap()
}

fn name(n: usize) -> String {
    format!("service {n:07} {}", WORDS[n % WORDS.len()])
}

fn build(path: &Path, keys: usize) {
    let store = support::create(path);
    for first in (0..keys).step_by(A_CALL) {
        let last = keys.min(first + A_CALL);
        let requests: Vec<GenerateKey> = (first..last).map(|n| support::request(name(n), Algorithm::Es256)).collect();
        store.generate_many(&requests).unwrap().into_iter().for_each(|made| drop(made.unwrap()));
    }
}
