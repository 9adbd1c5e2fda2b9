//! What the bench of scale measures, and how it shows it.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "benches stop at the first failure")]

pub mod many_stores;
pub mod one_store;
mod process;
pub mod table;

/// One kind of work: what it took, in seconds, and the memory that the process had at its peak, in KiB.
pub struct Figure {
    pub what: &'static str,
    pub seconds: f64,
    pub peak: u64,
}

/// One store.
pub struct Measured {
    pub keys: usize,
    pub bytes: u64,
    pub figures: Vec<Figure>,
}
