//! Finding keys by what they are: queries, name patterns, orderings, cursors, and the index in memory that answers them.
//!
//! Absences: this layer reads no file and knows no key material; what it indexes is handed to it row by row. What is found
//! is a place in the store, which the facade reads and checks.

mod base;
mod bits;
mod builder;
mod class;
mod conditions;
mod cursor;
mod delta;
mod fold;
#[cfg(test)]
mod fold_judged_by_python;
mod index;
#[cfg(test)]
mod judged_by_sorting;
mod names;
#[cfg(test)]
mod names_judged;
mod order;
mod pattern;
mod place;
mod query;
mod select;
pub(crate) mod threads;

pub(crate) use builder::Builder;
pub(crate) use conditions::Conditions;
pub use cursor::Cursor;
use fold::fold;
pub(crate) use index::Index;
pub use order::{Direction, OrderBy, OrderField};
pub use pattern::NamePattern;
pub(crate) use query::From;
pub use query::Query;
