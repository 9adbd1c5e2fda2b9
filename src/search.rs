//! Finding keys by what they are: queries, name patterns, orderings, cursors, and the index in memory that answers them.
//!
//! Absences: this layer reads no file and knows no key material; what it indexes is handed to it row by row. What is found
//! is a place in the store, which the facade reads and checks.

mod cursor;
mod fold;
mod order;
mod pattern;
mod place;
mod query;

pub use cursor::Cursor;
pub(crate) use fold::fold;
pub use order::{Direction, OrderBy, OrderField};
pub use pattern::NamePattern;
pub(crate) use place::Place;
pub(crate) use query::From;
pub use query::Query;
