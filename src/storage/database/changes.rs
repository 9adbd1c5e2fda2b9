//! Whether anything was committed since, for whoever keeps what was read.

use std::sync::Mutex;

use rusqlite::Connection;

use super::{Database, PageKey, lock};
use crate::storage::connection::Purpose;
use crate::storage::error::Result;
use crate::storage::sqlcipher::wal_index;

/// The state of a store's log. Two that are equal were taken with no commit between them, by whomever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Which connection looked.
    watch: u64,
    seen: Seen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// What all processes share.
    Log([u32; wal_index::WORDS]),
    /// SQLite counts the commits of all other connections, for each connection by itself.
    Count(u64),
}

/// A connection that does nothing but look.
#[derive(Default)]
pub(super) struct Watch(Mutex<State>);

#[derive(Default)]
struct State {
    /// How many connections there were.
    number: u64,
    open: Option<Open>,
}

struct Open {
    /// Of the page key.
    generation: u64,
    connection: Connection,
    /// Whether there is a log to look at. To ask for one where there is none would make it.
    has_log: bool,
}

impl Watch {
    /// Gives the connection up after a change of key, unless it is in use: whoever looks next sees that the key is old.
    pub(super) fn close(&self) {
        // Not waited for: a look may wait for the writer, which a change of key holds.
        if let Ok(mut state) = self.0.try_lock() {
            state.open = None;
        }
    }
}

impl Database {
    /// What tells whether anything was committed, by any connection of any process. Takes a tenth of a microsecond where the
    /// log can be looked at, and less than a read of any row elsewhere.
    pub(crate) fn changes(&self) -> Result<Changes> {
        let Some(file) = self.on_disk() else {
            let mut writer = lock(&self.writer);
            return Ok(Changes { watch: 0, seen: Seen::Count(self.ready(&mut writer)?.total_changes()) });
        };
        let mut state = lock(&self.watch.0);
        self.with_page_key(file, |key| {
            look(&mut state, key, file.read_purpose == Purpose::Immutable, |key| {
                self.connect(file, key, file.read_purpose)
            })
        })
        .map_err(|error| self.timed(error))
    }
}

fn look(
    state: &mut State,
    key: &PageKey,
    immutable: bool,
    connect: impl Fn(&PageKey) -> Result<Connection>,
) -> Result<Changes> {
    let open = match state.open.take() {
        Some(open) if open.generation == key.generation => open,
        _ => {
            state.number += 1;
            open(key.generation, connect(key)?, immutable)?
        }
    };
    let watch = state.number;
    let header = if open.has_log { wal_index::header(&open.connection) } else { None };
    let seen = match header {
        Some(header) => Seen::Log(header),
        None => Seen::Count(count(&open.connection)?),
    };
    // A connection that met an error is not used again.
    state.open = Some(open);
    Ok(Changes { watch, seen })
}

fn open(generation: u64, connection: Connection, immutable: bool) -> Result<Open> {
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    Ok(Open { generation, connection, has_log: mode == "wal" && !immutable })
}

fn count(connection: &Connection) -> Result<u64> {
    let mut statement = connection.prepare_cached("PRAGMA data_version")?;
    Ok(statement.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs())
}
