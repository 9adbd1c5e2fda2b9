//! How cost grows: one store of 1,000 to 1,000,000 ES256 keys, and 10,000 stores of ten keys each. Every figure is a time, the
//! middle one of what is quick, and the memory that the process had at its peak. Draws `scale.svg` in Cargo's folder for temporary files.
//!
//! `cargo bench --bench scale`, or with sizes of its own: `cargo bench --bench scale -- 1000 10000 stores=500`. The largest store,
//! its copy and the log of its change of key take four gigabytes of the folder for temporary files. Linux only.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "benches stop at the first failure"
)]

mod chart;
mod scale_support;
mod support;

use scale_support::{many_stores, one_store, table};

const SIZES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
const STORES: usize = 10_000;

fn main() {
    if one_store::is_child() {
        return one_store::child();
    }
    if many_stores::is_child() {
        return many_stores::child();
    }
    let words: Vec<_> = std::env::args().skip(1).collect();
    let mut sizes: Vec<usize> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let mut stores = words.iter().find_map(|word| word.strip_prefix("stores=")?.parse().ok());
    if sizes.is_empty() && stores.is_none() {
        // `cargo test --benches` and `--test` only ask whether it runs.
        (sizes, stores) = if support::is_a_test() { (vec![200], Some(5)) } else { (SIZES.into(), Some(STORES)) };
    }
    let measured: Vec<_> = sizes.iter().map(|&keys| one_store::measure(keys)).collect();
    if !measured.is_empty() {
        table::tell(&measured);
        table::draw(&measured);
    }
    if let Some(stores) = stores {
        many_stores::measure(stores);
    }
}
