//! Many small stores, one a tenant: opened in turn, and many held open at once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use keystead::{KeyName, Keystore, Options, Unlock};

use super::process::{forget_peak, open_files, peak, resident};
use super::table::written;
use crate::support;

/// In each store.
const KEYS: usize = 10;
/// Held open at once.
const HELD: usize = 1_000;
const CHILD: &str = "KEYSTEAD_BENCH_STORES_IN";

pub fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Makes the stores, and lets a process with as many open files as are allowed use them.
pub fn measure(stores: usize) {
    let folder = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let requests = support::requests(KEYS);
    for n in 0..stores {
        let path = place(folder.path(), n);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let store = Keystore::create(&path, &unlock(n), Options::default()).unwrap();
        store.generate_many(&requests).unwrap().into_iter().for_each(|made| drop(made.unwrap()));
    }
    let each = begun.elapsed().as_secs_f64() / stores as f64;
    let bytes = std::fs::metadata(place(folder.path(), 0)).unwrap().len();
    println!("\n{stores} stores of {KEYS} keys: made in {} each, {} KiB each", written(each), bytes / 1024);
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -n \"$(ulimit -Hn)\"; exec \"$0\""]).arg(std::env::current_exe().unwrap());
    assert!(shell.env(CHILD, folder.path()).env("STORES", stores.to_string()).status().unwrap().success());
}

pub fn child() {
    let folder = PathBuf::from(std::env::var_os(CHILD).unwrap());
    let stores: usize = std::env::var("STORES").unwrap().parse().unwrap();
    in_turn(&folder, stores);
    at_once(&folder, stores);
}

/// Each store is opened, asked for one key, signed with, and closed.
fn in_turn(folder: &Path, stores: usize) {
    let (before, files) = (resident(), open_files());
    forget_peak();
    let mut most_files = 0;
    let mut times: [Vec<f64>; 4] = Default::default();
    for n in 0..stores {
        let n = n * 6_181 % stores;
        let begun = Instant::now();
        let store = open(folder, n);
        let opened = begun.elapsed().as_secs_f64();
        use_one(&store, n);
        let used = begun.elapsed().as_secs_f64();
        most_files = most_files.max(open_files() - files);
        let closing = Instant::now();
        drop(store);
        let closed = closing.elapsed().as_secs_f64();
        let all = [opened, used - opened, closed, used + closed];
        times.iter_mut().zip(all).for_each(|(times, time)| times.push(time));
    }
    for (what, times) in ["open", "find one key and sign", "close", "all of it"].iter().zip(&mut times) {
        println!("  in turn, {what}: {}", spread(times));
    }
    println!(
        "  in turn: {} KiB more at the end, {} KiB at the peak; {most_files} files open with one store, {} after the last",
        resident().saturating_sub(before),
        peak().saturating_sub(before),
        open_files() - files
    );
}

/// A thousand stores stay open, and are used in turn.
fn at_once(folder: &Path, stores: usize) {
    let (before, files) = (resident(), open_files());
    let held: Vec<_> = (0..HELD.min(stores)).map(|n| open(folder, n)).collect();
    let tell = |when: &str| {
        let more = |count: usize| count as f64 / held.len() as f64;
        println!(
            "  {} held open, {when}: {:.1} KiB and {:.2} files each",
            held.len(),
            more((resident() - before) as usize),
            more(open_files() - files)
        );
    };
    tell("unused");
    let mut times: [Vec<f64>; 2] = Default::default();
    for times in &mut times {
        for (n, store) in held.iter().enumerate() {
            let begun = Instant::now();
            use_one(store, n);
            times.push(begun.elapsed().as_secs_f64());
        }
    }
    tell("used");
    let [first, second] = &mut times;
    println!("  find one key and sign, the first time: {}; the second: {}", spread(first), spread(second));
    let closing = Instant::now();
    let count = held.len();
    drop(held);
    println!(
        "  closed in {} each, {} files left",
        written(closing.elapsed().as_secs_f64() / count as f64),
        open_files() - files
    );
}

/// The middle, and what one in a hundred is over.
fn spread(times: &mut [f64]) -> String {
    times.sort_by(f64::total_cmp);
    format!("{} (one in 100: {})", written(times[times.len() / 2]), written(times[times.len() * 99 / 100]))
}

fn place(folder: &Path, n: usize) -> PathBuf {
    folder.join(format!("{:02}", n % 100)).join(format!("tenant-{n:05}.db"))
}

fn unlock(n: usize) -> Unlock {
    let mut key = [7; 32];
    key[..8].copy_from_slice(&(n as u64).to_be_bytes());
    Unlock::raw_key(key)
}

fn open(folder: &Path, n: usize) -> Keystore {
    Keystore::open(place(folder, n), &unlock(n), Options::default()).unwrap()
}

fn use_one(store: &Keystore, n: usize) {
    let key = store.key(KeyName::new(format!("service {:06} token", n % KEYS)).unwrap()).unwrap();
    drop(store.sign(key.id(), b"message").unwrap());
}
