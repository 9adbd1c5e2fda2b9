//! The encrypted SQLite file: pages, schema, rows, queries.
//!
//! Absences: this layer never sees a plain private key (what it stores is sealed) and never parses one; it checks no
//! tag and no seal. No SQL stands outside it.

mod anchors;
mod apps;
mod authority;
mod backup;
mod check;
mod connection;
mod database;
mod error;
mod file;
mod head;
mod keys;
mod listing;
mod page_stack;
mod probe;
mod refused;
mod rekey;
mod rings;
mod rows;
mod schema;
mod sqlcipher;
mod state;
mod uses;
mod wraps;

pub(crate) use anchors::Anchored;
pub(crate) use apps::{AppChange, AppState};
pub(crate) use backup::CopyKeys;
pub(crate) use check::Moment;
pub(crate) use database::Changes;
pub(crate) use database::{Access, Database, Settings};
pub(crate) use error::StorageError;
pub(crate) use head::Head;
pub(crate) use keys::Lookup;
pub(crate) use listing::{Listing, Tip};
pub(crate) use refused::Refused;
pub(crate) use rings::{RingChange, RingLookup, RingRows};
pub(crate) use schema::Identity;
