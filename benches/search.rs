//! Searching among 1,000, 10,000 and 100,000 keys, next to `LIKE` over a covering index on plain SQLite; memory; what was
//! rejected. Draws `target/criterion/search.svg`, with the figures of `search_million` when they are there.

mod chart;
mod search_support;
mod support;

fn main() {
    search_support::main(&[1_000, 10_000, 100_000]);
}
