//! The bench `search` with a million keys, a run of its own. The store takes a gigabyte of the folder for temporary files.

mod chart;
mod search_support;
mod support;

fn main() {
    search_support::main(&[1_000_000]);
}
