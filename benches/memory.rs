//! Memory of a store of 100,000 keys, open and idle, above a process that has none: `cargo bench --bench memory`.
//!
//! The store is made by one process and opened by another, whose resident set is read before and after. Linux only.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program that stops at the first failure and prints")]

mod support;

use std::process::Command;

use keystead::{Keystore, Options};

const KEYS: usize = 100_000;
const CHILD: &str = "KEYSTEAD_BENCH_MEMORY_OF";

fn main() {
    if let Some(path) = std::env::var_os(CHILD) {
        let before = resident_kib();
        let store = Keystore::open(path, &support::unlock(), Options::default()).unwrap();
        let opened = resident_kib();
        let middle = store.keys().nth(1_000).unwrap().unwrap();
        for key in store.keys().take(20_000) {
            store.key(key.unwrap().id()).unwrap();
        }
        let _ = store.sign(middle.id(), b"message").unwrap();
        let used = resident_kib();
        println!("empty process {before} KiB");
        println!("open and idle, {KEYS} keys: {} KiB above it", opened - before);
        println!("after 20,000 look-ups: {} KiB above it", used - before);
        return;
    }
    // `cargo test --benches` only asks whether it runs.
    let keys = if std::env::args().any(|arg| arg == "--bench") { KEYS } else { 2_000 };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let store = support::create(&path);
    support::fill(&store, keys);
    drop(store);
    println!("file of {keys} keys: {} KiB", std::fs::metadata(&path).unwrap().len() / 1024);
    let status = Command::new(std::env::current_exe().unwrap()).env(CHILD, &path).status().unwrap();
    assert!(status.success());
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
