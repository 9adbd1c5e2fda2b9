//! Being told of every row that a connection writes, with its old and its new values.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ffi};

/// Who is told. A panic would end the process.
pub(in crate::storage) trait Watcher {
    /// Called before each row of `table` is written: without an old row it is inserted, without a new one deleted. Also for
    /// what triggers and foreign keys do. What a failed statement would have done may be told too.
    fn changes(&self, table: &CStr, old: Option<Row<'_>>, new: Option<Row<'_>>);
}

/// A connection with its watcher.
pub(in crate::storage) struct Watched<W> {
    connection: Connection,
    // On the heap, where SQLite finds it wherever this goes.
    watcher: Box<W>,
}

impl<W: Watcher> Watched<W> {
    pub(in crate::storage) fn new(connection: Connection, watcher: W) -> Self {
        let watcher = Box::new(watcher);
        let context = ptr::from_ref::<W>(&watcher).cast_mut().cast::<c_void>();
        // SAFETY: the handle is open. The watcher lives in its box as long as the connection, is not moved out of it, and is
        // only ever looked at through shared references; `drop` takes the hook off before either goes.
        unsafe { ffi::sqlite3_preupdate_hook(connection.handle(), Some(called::<W>), context) };
        Self { connection, watcher }
    }

    pub(in crate::storage) fn watcher(&self) -> &W {
        &self.watcher
    }
}

impl<W> Deref for Watched<W> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl<W> Drop for Watched<W> {
    fn drop(&mut self) {
        // SAFETY: the handle is open until the connection is dropped, after this.
        unsafe { ffi::sqlite3_preupdate_hook(self.connection.handle(), None, ptr::null_mut()) };
    }
}

/// One row before or after it is written, for as long as the watcher is told of it.
pub(in crate::storage) struct Row<'a> {
    db: *mut ffi::sqlite3,
    read: unsafe extern "C" fn(*mut ffi::sqlite3, c_int, *mut *mut ffi::sqlite3_value) -> c_int,
    told: PhantomData<&'a ()>,
}

impl Row<'_> {
    /// Calls `take` with each value, in the order in which the table declares its columns.
    pub(in crate::storage) fn each(&self, mut take: impl FnMut(ValueRef<'_>)) -> rusqlite::Result<()> {
        // SAFETY: a `Row` lives within the call of the hook, where these functions may be used with this handle.
        let columns = unsafe { ffi::sqlite3_preupdate_count(self.db) };
        for column in 0..columns {
            let mut value: *mut ffi::sqlite3_value = ptr::null_mut();
            // SAFETY: as above; the column is one of the row's, and one pointer is written.
            super::check(unsafe { (self.read)(self.db, column, &raw mut value) })?;
            // SAFETY: the value is SQLite's own, good until the hook returns; nothing else is asked of SQLite while `take`
            // looks at it.
            take(unsafe { look(value) });
        }
        Ok(())
    }
}

/// SAFETY: `value` must be null or a protected value that lives and stays as it is for `'a`.
unsafe fn look<'a>(value: *mut ffi::sqlite3_value) -> ValueRef<'a> {
    if value.is_null() {
        return ValueRef::Null;
    }
    // SAFETY: the value is good, and each function is that of the type it has. A text or blob is asked for its bytes first and
    // then for its length, as SQLite demands.
    unsafe {
        match ffi::sqlite3_value_type(value) {
            ffi::SQLITE_INTEGER => ValueRef::Integer(ffi::sqlite3_value_int64(value)),
            ffi::SQLITE_FLOAT => ValueRef::Real(ffi::sqlite3_value_double(value)),
            ffi::SQLITE_TEXT => {
                let bytes = ffi::sqlite3_value_text(value);
                ValueRef::Text(slice(bytes, ffi::sqlite3_value_bytes(value)))
            }
            ffi::SQLITE_BLOB => {
                let bytes = ffi::sqlite3_value_blob(value).cast();
                ValueRef::Blob(slice(bytes, ffi::sqlite3_value_bytes(value)))
            }
            _ => ValueRef::Null,
        }
    }
}

/// SAFETY: `bytes` must be null or point to `len` bytes that stay for `'a`.
unsafe fn slice<'a>(bytes: *const u8, len: c_int) -> &'a [u8] {
    match usize::try_from(len) {
        // SAFETY: the caller's.
        Ok(len) if !bytes.is_null() => unsafe { std::slice::from_raw_parts(bytes, len) },
        _ => &[],
    }
}

unsafe extern "C" fn called<W: Watcher>(
    context: *mut c_void,
    db: *mut ffi::sqlite3,
    operation: c_int,
    _database: *const c_char,
    table: *const c_char,
    _old_rowid: ffi::sqlite3_int64,
    _new_rowid: ffi::sqlite3_int64,
) {
    // SAFETY: `context` is the watcher that `new` gave, which lives as long as the hook is set; the name ends in NUL and lives
    // through this call.
    let (watcher, table) = unsafe { (&*context.cast::<W>().cast_const(), CStr::from_ptr(table)) };
    let old = Row { db, read: ffi::sqlite3_preupdate_old, told: PhantomData };
    let new = Row { db, read: ffi::sqlite3_preupdate_new, told: PhantomData };
    match operation {
        ffi::SQLITE_INSERT => watcher.changes(table, None, Some(new)),
        ffi::SQLITE_DELETE => watcher.changes(table, Some(old), None),
        _ => watcher.changes(table, Some(old), Some(new)),
    }
}
