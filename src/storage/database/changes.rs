//! Whether anything was committed since, for whoever keeps what was read.

use std::sync::Mutex;

use rusqlite::Connection;

use super::{Database, PageKey, lock};
use crate::storage::error::Result;

/// The state of a store's count of commits. Two that are equal were taken with no commit between them, by whomever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Which connection counted.
    watch: u64,
    count: u64,
}

/// A connection that does nothing but count: SQLite counts the commits of all others, for each connection by itself.
#[derive(Default)]
pub(super) struct Watch(Mutex<State>);

#[derive(Default)]
struct State {
    /// How many connections there were.
    number: u64,
    /// With the generation of its page key.
    open: Option<(u64, Connection)>,
}

impl Database {
    /// How often something was committed, by any connection of any process. Costs less than a read of any row.
    pub(crate) fn changes(&self) -> Result<Changes> {
        let Some(file) = self.on_disk() else {
            let mut writer = lock(&self.writer);
            return Ok(Changes { watch: 0, count: self.ready(&mut writer)?.total_changes() });
        };
        let mut state = lock(&self.watch.0);
        self.with_page_key(file, |key| count(&mut state, key, |key| self.connect(file, key, file.read_purpose)))
            .map_err(|error| self.timed(error))
    }
}

fn count(state: &mut State, key: &PageKey, connect: impl Fn(&PageKey) -> Result<Connection>) -> Result<Changes> {
    if !matches!(&state.open, Some((generation, _)) if *generation == key.generation) {
        state.open = Some((key.generation, connect(key)?));
        state.number += 1;
    }
    let Some((_, connection)) = &state.open else { return Ok(Changes { watch: state.number, count: 0 }) };
    let counted = connection
        .prepare_cached("PRAGMA data_version")
        .and_then(|mut statement| statement.query_row([], |row| row.get::<_, i64>(0)));
    match counted {
        Ok(count) => Ok(Changes { watch: state.number, count: count.unsigned_abs() }),
        Err(error) => {
            state.open = None;
            Err(error.into())
        }
    }
}
