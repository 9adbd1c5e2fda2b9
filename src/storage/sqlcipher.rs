//! SQLCipher's crypto provider, the two calls that hand it a key, a look at the log that it writes, and the hook that tells of written rows. The only `unsafe` of
//! the crate.
//!
//! SQLCipher calls back for random bytes, HMAC, PBKDF2 and AES-256-CBC: see `provider`. The struct there is the C struct
//! `sqlcipher_provider`; `build.rs` stops when the C source declares another.
#![allow(unsafe_code)]

mod provider;
pub(super) mod row_hook;
pub(super) mod wal_index;

use std::ffi::{c_char, c_int, c_void};
use std::sync::OnceLock;

use rusqlite::{Connection, ffi};
use zeroize::Zeroizing;

use crate::secret::SecretKey;

const KEY_LEN: usize = 32;

unsafe extern "C" {
    fn sqlcipher_extra_init(arg: *const c_char) -> c_int;
    fn sqlite3_key(db: *mut ffi::sqlite3, key: *const c_void, len: c_int) -> c_int;
    fn sqlite3_rekey(db: *mut ffi::sqlite3, key: *const c_void, len: c_int) -> c_int;
}

/// Brings SQLite and SQLCipher up, whole, before the first connection. SQLite by itself counts as initialised *before* it calls
/// SQLCipher's part: a thread that opens a file in between is told "SQL logic error".
pub(super) fn start() -> rusqlite::Result<()> {
    static STARTED: OnceLock<c_int> = OnceLock::new();
    check(*STARTED.get_or_init(|| {
        // SAFETY: both may be called at any time, by any thread, and again. The second waits for whoever runs it just now, and
        // does nothing when it has been run; it does not read its argument.
        unsafe {
            match ffi::sqlite3_initialize() {
                ffi::SQLITE_OK => sqlcipher_extra_init(std::ptr::null()),
                failed => failed,
            }
        }
    }))
}

/// Gives a fresh connection its page key and the file's head.
pub(super) fn key(connection: &Connection, page_key: &SecretKey, head: &[u8; 16]) -> rusqlite::Result<()> {
    let spec = key_spec(page_key, head);
    // SAFETY: the handle is open while `connection` is borrowed, SQLCipher copies the `len` bytes before it returns.
    let code = unsafe { sqlite3_key(connection.handle(), spec.as_ptr().cast(), spec.len() as c_int) };
    check(code)
}

/// Rewrites every page under another page key, in one transaction of its own. That a commit which failed is told is the doing of
/// `build.rs`; the caller looks all the same.
pub(super) fn rekey(connection: &Connection, page_key: &SecretKey, head: &[u8; 16]) -> rusqlite::Result<()> {
    let spec = key_spec(page_key, head);
    // SAFETY: as in `key`.
    let code = super::page_stack::wiped(|| unsafe {
        sqlite3_rekey(connection.handle(), spec.as_ptr().cast(), spec.len() as c_int)
    });
    check(code)
}

/// Reads bytes of the file as they are, through SQLite's own handle. A second handle must not be opened beside it: to
/// close it would drop every POSIX lock that this process has on the file. False when the file ends before.
pub(super) fn read_raw(connection: &Connection, at: u64, bytes: &mut [u8]) -> rusqlite::Result<bool> {
    let (Ok(len), Ok(at)) = (c_int::try_from(bytes.len()), i64::try_from(at)) else { return Ok(false) };
    let mut file: *mut ffi::sqlite3_file = std::ptr::null_mut();
    // SAFETY: the handle is open while `connection` is borrowed; FILE_POINTER writes one pointer to the place given,
    // and the file it points to lives as long as the connection. `bytes` has room for `len` bytes.
    let code = unsafe {
        check(ffi::sqlite3_file_control(
            connection.handle(),
            c"main".as_ptr(),
            ffi::SQLITE_FCNTL_FILE_POINTER,
            (&raw mut file).cast(),
        ))?;
        let read = file.as_ref().and_then(|file| file.pMethods.as_ref()).and_then(|methods| methods.xRead);
        read.map_or(ffi::SQLITE_ERROR, |read| read(file, bytes.as_mut_ptr().cast(), len, at))
    };
    if code == ffi::SQLITE_IOERR_SHORT_READ { Ok(false) } else { check(code).map(|()| true) }
}

/// SQLCipher's raw form, `x'<key><salt>'` in hex.
fn key_spec(page_key: &SecretKey, head: &[u8; 16]) -> Zeroizing<Vec<u8>> {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or_default();
    let mut spec = Zeroizing::new(Vec::with_capacity(2 * (KEY_LEN + head.len()) + 3));
    spec.extend_from_slice(b"x'");
    for byte in page_key.expose_secret().iter().chain(head) {
        spec.push(digit(byte >> 4));
        spec.push(digit(byte & 15));
    }
    spec.push(b'\'');
    spec
}

fn check(code: c_int) -> rusqlite::Result<()> {
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)) }
}
