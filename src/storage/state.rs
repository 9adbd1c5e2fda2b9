//! What all rows add up to: counted with every change, bound anew with every commit.

use std::cell::{Cell, RefCell};
use std::ffi::CStr;
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params};

use super::error::{Result, StorageError};
use super::sqlcipher::row_hook::{Row, Watched, Watcher};
use super::{rows, schema};
use crate::model::{BoundState, State, StateBinder, Tally};

/// The tables whose rows are counted, in the order of the tallies. Not among them: `root_wrap`, which is another in each copy
/// of a store and sealed by itself; `fingerprint` and `key_search`, which follow from `key`; `key_change`, which only helps
/// processes to follow each other; `state` itself.
const TABLES: [&CStr; 11] = [
    c"store",
    c"key",
    c"key_use",
    c"authority",
    c"ring",
    c"ring_key",
    c"app",
    c"app_previous",
    c"app_failure",
    c"app_setting",
    c"anchor",
];

/// Where the rows of `anchor` are counted.
pub(super) const ANCHORS: usize = 10;

/// The connection that writes.
pub(super) type Writer = Watched<Changed>;

/// What was changed since the transaction began.
pub(super) struct Changed {
    binder: Arc<dyn StateBinder>,
    tallies: RefCell<[Tally; TABLES.len()]>,
    any: Cell<bool>,
    /// Something could not be counted: nothing of the transaction may be committed.
    failed: Cell<bool>,
    row: RefCell<Vec<u8>>,
}

impl Changed {
    pub(super) fn new(binder: Arc<dyn StateBinder>) -> Self {
        Self {
            binder,
            tallies: RefCell::default(),
            any: Cell::new(false),
            failed: Cell::new(false),
            row: RefCell::default(),
        }
    }

    /// Forgets what a transaction before this one did.
    pub(super) fn reset(&self) {
        self.tallies.replace(Default::default());
        self.any.set(false);
        self.failed.set(false);
    }

    fn count(&self, at: usize, row: Option<&Row<'_>>, count: impl Fn(&mut Tally, &[u8; 32])) -> Option<()> {
        let Some(row) = row else { return Some(()) };
        let mut bytes = self.row.try_borrow_mut().ok()?;
        bytes.clear();
        begin_row(at, &mut bytes);
        row.each(|value| encode(value, &mut bytes)).ok()?;
        count(self.tallies.try_borrow_mut().ok()?.get_mut(at)?, &self.binder.element(&bytes));
        Some(())
    }
}

impl Watcher for Changed {
    fn changes(&self, table: &CStr, old: Option<Row<'_>>, new: Option<Row<'_>>) {
        let Some(at) = TABLES.iter().position(|known| *known == table) else { return };
        self.any.set(true);
        let counted = self.count(at, old.as_ref(), Tally::take).and_then(|()| self.count(at, new.as_ref(), Tally::add));
        if counted.is_none() {
            self.failed.set(true);
        }
    }
}

/// Binds the state that a transaction leaves behind: the last thing before it is committed.
pub(super) fn settle(writer: &Writer) -> Result<()> {
    let changed = writer.watcher();
    if changed.failed.get() {
        return Err(StorageError::Database("a changed row could not be counted".into()));
    }
    if !changed.any.get() {
        return Ok(());
    }
    let bound = read(writer)?;
    let mut state = changed.binder.open(&bound).ok_or_else(altered)?;
    state.epoch = state.epoch.checked_add(1).filter(|epoch| i64::try_from(*epoch).is_ok()).ok_or_else(altered)?;
    let changes = changed.tallies.borrow();
    if state.tallies.len() != changes.len() {
        return Err(altered());
    }
    state.tallies.iter_mut().zip(changes.iter()).for_each(|(tally, change)| tally.combine(change));
    put(writer, &bind(&*changed.binder, &state)?)
}

/// Counts all rows for the first time.
pub(super) fn begin(connection: &Connection, binder: &dyn StateBinder) -> Result<()> {
    put(connection, &bind(binder, &State { epoch: 0, tallies: recount(connection, binder)? })?)
}

/// The state in force.
pub(super) fn read(connection: &Connection) -> Result<BoundState> {
    let mut statement = connection.prepare_cached("SELECT epoch, digest, sealed FROM state")?;
    let bound = statement.query_row([], |row| {
        Ok(BoundState { epoch: epoch_at(row, 0)?, digest: row.get(1)?, sealed: row.get::<_, Vec<u8>>(2)?.into() })
    });
    bound.optional()?.ok_or_else(|| StorageError::Damaged("the table state is empty".into()))
}

/// What the rows that are there add up to, table by table.
pub(super) fn recount(connection: &Connection, binder: &dyn StateBinder) -> Result<Vec<Tally>> {
    (0..TABLES.len()).map(|at| recount_table(connection, binder, at)).collect()
}

pub(super) fn recount_table(connection: &Connection, binder: &dyn StateBinder, at: usize) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut bytes = Vec::new();
    let mut statement = connection.prepare(&format!("SELECT * FROM {}", name(at)))?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        bytes.clear();
        begin_row(at, &mut bytes);
        for column in 0..columns {
            encode(row.get_ref(column)?, &mut bytes);
        }
        tally.add(&binder.element(&bytes));
    }
    Ok(tally)
}

/// How the rows of one moment differ from what they should add up to, in words.
pub(super) fn differences(connection: &Connection, binder: &dyn StateBinder) -> Result<Vec<String>> {
    if schema::version(connection)? < schema::WITH_STATE {
        return Ok(Vec::new());
    }
    let Some(state) = binder.open(&read(connection)?) else { return Ok(vec![altered().to_string()]) };
    let mut found = Vec::new();
    for at in 0..TABLES.len() {
        let (counted, bound) =
            (recount_table(connection, binder, at)?, state.tallies.get(at).copied().unwrap_or_default());
        if counted != bound {
            let (counted, bound) = (counted.rows(), bound.rows());
            let what = if counted == bound { "changed or put back" } else { "added, taken away or put back" };
            let (table, epoch) = (name(at), state.epoch);
            found.push(format!(
                "the {counted} rows of {table} are not the {bound} of epoch {epoch}: some were {what} behind the store's back"
            ));
        }
    }
    Ok(found)
}

pub(super) fn epoch_at(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    rows::convert(row, column, |epoch: i64| u64::try_from(epoch).ok())
}

fn bind(binder: &dyn StateBinder, state: &State) -> Result<BoundState> {
    binder.bind(state).ok_or_else(|| StorageError::Database("the state could not be bound".into()))
}

fn put(connection: &Connection, bound: &BoundState) -> Result<()> {
    let epoch = i64::try_from(bound.epoch).map_err(|_| altered())?;
    connection
        .prepare_cached("INSERT OR REPLACE INTO state (one, epoch, digest, sealed) VALUES (1, ?1, ?2, ?3)")?
        .execute(params![epoch, bound.digest, bound.sealed.as_ref()])?;
    Ok(())
}

pub(super) fn altered() -> StorageError {
    StorageError::Damaged("the row of state does not open: it was changed, or is another store's".into())
}

fn name(at: usize) -> &'static str {
    TABLES.get(at).and_then(|name| name.to_str().ok()).unwrap_or_default()
}

/// A row begins with its table: the length of the name, in 8 bytes, and the name.
fn begin_row(at: usize, out: &mut Vec<u8>) {
    let name = name(at);
    out.extend_from_slice(&(name.len() as u64).to_be_bytes());
    out.extend_from_slice(name.as_bytes());
}

/// A value is its type, its length in 8 bytes, and its bytes; integers are 8 bytes, big-endian. No two rows have the same bytes.
fn encode(value: ValueRef<'_>, out: &mut Vec<u8>) {
    let mut put = |kind: u8, bytes: &[u8]| {
        out.push(kind);
        out.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        out.extend_from_slice(bytes);
    };
    match value {
        ValueRef::Null => put(0, &[]),
        ValueRef::Integer(number) => put(1, &number.to_be_bytes()),
        ValueRef::Real(number) => put(2, &number.to_be_bytes()),
        ValueRef::Text(bytes) => put(3, bytes),
        ValueRef::Blob(bytes) => put(4, bytes),
    }
}

/// Hides nothing and binds nothing: to count needs no cryptography.
#[cfg(test)]
#[derive(Debug)]
pub(super) struct Plain;

#[cfg(test)]
impl StateBinder for Plain {
    fn element(&self, row: &[u8]) -> [u8; 32] {
        let mut element = [0; 32];
        for (n, byte) in row.iter().enumerate() {
            for (at, slot) in element.iter_mut().enumerate() {
                *slot = u8::wrapping_mul(*slot, 31).wrapping_add(*byte).wrapping_add((n + at) as u8);
            }
        }
        element
    }

    fn bind(&self, state: &State) -> Option<BoundState> {
        Some(BoundState { epoch: state.epoch, digest: [0; 32], sealed: state.encode_tallies().into() })
    }

    fn open(&self, bound: &BoundState) -> Option<State> {
        State::decode(bound.epoch, &bound.sealed)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first failure")]
mod tests;
