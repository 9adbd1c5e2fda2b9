//! The state of the write-ahead log as all processes share it, looked at without a transaction.

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::Connection;
use rusqlite::ffi;

/// The words of both copies of the header with which a wal-index begins: <https://www.sqlite.org/walformat.html>, section
/// 2.1. Every commit changes them.
pub(in crate::storage) const WORDS: usize = 24;

/// The size of the part of the wal-index that SQLite maps first, and on every system (same page, section 2.2).
const REGION: i32 = 32 * 1024;

/// Reads the header of the wal-index. `None` where the connection has none at hand: it has not read yet, or does not use a log.
///
/// A header that is being written just now reads as neither the old nor the new one, which is as good as a change.
pub(in crate::storage) fn header(connection: &Connection) -> Option<[u32; WORDS]> {
    let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
    // SAFETY: the handle is that of an open connection, borrowed for this call; the name ends in NUL; with this operation
    // SQLite writes one pointer to what the last argument points to.
    let found = unsafe {
        let file = ptr::from_mut(&mut file).cast::<c_void>();
        ffi::sqlite3_file_control(connection.handle(), c"main".as_ptr(), ffi::SQLITE_FCNTL_FILE_POINTER, file)
    };
    if found != ffi::SQLITE_OK || file.is_null() {
        return None;
    }
    // SAFETY: SQLite keeps the file object for as long as the connection is open.
    let methods = unsafe { (*file).pMethods };
    if methods.is_null() {
        return None;
    }
    // SAFETY: a file object's methods are those of its system's, for ever. Version 2 brought the wal-index.
    let map = unsafe { if (*methods).iVersion >= 2 { (*methods).xShmMap } else { None } }?;
    let mut region: *mut c_void = ptr::null_mut();
    // SAFETY: the file object is not used by another thread: the connection is borrowed, and is not `Sync`. Region 0 is asked
    // for as SQLite itself does, without making it bigger, so that it is the one that is mapped, or none.
    let mapped = unsafe { map(file, 0, REGION, 0, &raw mut region) };
    if mapped != ffi::SQLITE_OK || region.is_null() {
        return None;
    }
    let words = region.cast::<AtomicU32>().cast_const();
    // SAFETY: the region is mapped, as long as it was asked for, aligned to a page, and stays until the connection is closed or
    // leaves the log, which nobody can do while it is borrowed. Other processes write to it: hence atomics.
    Some(std::array::from_fn(|at| unsafe { (*words.add(at)).load(Ordering::Acquire) }))
}
