//! The memory of searching: a child opens the store and tells its resident set, of the moment and at its peak, before and
//! after its first search. Linux only.

use std::path::Path;
use std::process::Command;

use keystead::{Keystore, NamePattern, Options, Query};

use super::{orders, query};
use crate::support;

const CHILD: &str = "KEYSTEAD_BENCH_SEARCH_OF";

pub fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Runs the child, which prints its figures.
pub fn tell(path: &Path, keys: usize) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    assert!(child.env(CHILD, path).env("KEYS", keys.to_string()).status().unwrap().success());
}

pub fn child() {
    let keys: u64 = std::env::var("KEYS").unwrap().parse().unwrap();
    let path = std::env::var_os(CHILD).unwrap();
    let store = Keystore::open(path, &support::unlock(), Options::default()).unwrap();
    // What any use of the store takes, SQLite's page cache above all, is no cost of searching.
    for key in store.keys().take(20_000) {
        store.key(key.unwrap().id()).unwrap();
    }
    let (used, peak) = (kib("VmRSS:"), kib("VmHWM:"));
    let say = |when: &str| {
        let (now, high) = (kib("VmRSS:").saturating_sub(used), kib("VmHWM:").saturating_sub(peak.max(used)));
        println!(
            "memory of {keys} keys {when}: {now} KiB more than before, {:.1} bytes a key; peak {high} KiB more, {:.1} bytes a key",
            per_key(now, keys),
            per_key(high, keys)
        );
    };
    println!("memory of {keys} keys, open and used: {used} KiB, peak {peak} KiB");
    let eighth = query(Some(&NamePattern::parse("WEBHOOK").unwrap()));
    assert!(store.search(&eighth).unwrap().total >= keys / 8);
    say("after the first search");
    for order in orders() {
        store.search(&eighth.clone().order_by(order.clone())).unwrap();
        store.search(&Query::new().order_by(order).start(keys / 2)).unwrap();
    }
    say("after searches in every order");
}

fn per_key(kib: u64, keys: u64) -> f64 {
    kib as f64 * 1024.0 / keys as f64
}

fn kib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
