//! What SQLCipher calls: random bytes, HMAC, PBKDF2 and AES-256-CBC, answered by the RustCrypto crates.

use std::ffi::{c_char, c_int, c_uchar, c_void};
use std::mem::size_of;
use std::slice;

use aes::Aes256;
use aes::cipher::{Block, BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use rusqlite::ffi;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::secret::{SHALLOW, wiping_stack};
use crate::storage::page_stack;

const KEY_LEN: usize = 32;
const BLOCK_LEN: usize = 16;
const SHA1: c_int = 0;
const SHA256: c_int = 1;
const SHA512: c_int = 2;
const ENCRYPT: c_int = 1;

/// `struct sqlcipher_provider` of sqlcipher.c.
#[repr(C)]
struct Provider {
    init: Option<extern "C" fn() -> c_int>,
    shutdown: Option<extern "C" fn()>,
    get_provider_name: extern "C" fn(*mut c_void) -> *const c_char,
    add_random: extern "C" fn(*mut c_void, *const c_void, c_int) -> c_int,
    random: unsafe extern "C" fn(*mut c_void, *mut c_void, c_int) -> c_int,
    hmac: unsafe extern "C" fn(
        *mut c_void,
        c_int,
        *const c_uchar,
        c_int,
        *const c_uchar,
        c_int,
        *const c_uchar,
        c_int,
        *mut c_uchar,
    ) -> c_int,
    kdf: unsafe extern "C" fn(
        *mut c_void,
        c_int,
        *const c_uchar,
        c_int,
        *const c_uchar,
        c_int,
        c_int,
        c_int,
        *mut c_uchar,
    ) -> c_int,
    cipher: unsafe extern "C" fn(
        *mut c_void,
        c_int,
        *const c_uchar,
        c_int,
        *const c_uchar,
        *const c_uchar,
        c_int,
        *mut c_uchar,
    ) -> c_int,
    get_cipher: extern "C" fn(*mut c_void) -> *const c_char,
    get_key_sz: extern "C" fn(*mut c_void) -> c_int,
    get_iv_sz: extern "C" fn(*mut c_void) -> c_int,
    get_block_sz: extern "C" fn(*mut c_void) -> c_int,
    get_hmac_sz: extern "C" fn(*mut c_void, c_int) -> c_int,
    ctx_init: extern "C" fn(*mut *mut c_void) -> c_int,
    ctx_free: extern "C" fn(*mut *mut c_void) -> c_int,
    fips_status: extern "C" fn(*mut c_void) -> c_int,
    get_provider_version: extern "C" fn(*mut c_void) -> *const c_char,
    next: *mut Provider,
}

const _: () = assert!(size_of::<Provider>() == 18 * size_of::<*const c_void>(), "18 pointers, as in C");

/// Fills SQLCipher's provider struct; SQLCipher calls it by this name once in a process.
///
/// # Safety
/// `out` points to memory for one `sqlcipher_provider`.
#[unsafe(no_mangle)]
unsafe extern "C" fn keystead_sqlcipher_setup(out: *mut Provider) -> c_int {
    let provider = Provider {
        init: None,
        shutdown: None,
        get_provider_name: name,
        add_random,
        random,
        hmac,
        kdf,
        cipher,
        get_cipher: cipher_name,
        get_key_sz: key_size,
        get_iv_sz: block_size,
        get_block_sz: block_size,
        get_hmac_sz: hmac_size,
        ctx_init: no_context,
        ctx_free: no_context,
        fips_status,
        get_provider_version: version,
        next: std::ptr::null_mut(),
    };
    // SAFETY: the caller gives memory of this size (checked against the C source), aligned by sqlcipher_malloc.
    unsafe { out.write(provider) };
    ffi::SQLITE_OK
}

extern "C" fn name(_: *mut c_void) -> *const c_char {
    c"keystead-rustcrypto".as_ptr()
}

extern "C" fn version(_: *mut c_void) -> *const c_char {
    c"1".as_ptr()
}

extern "C" fn cipher_name(_: *mut c_void) -> *const c_char {
    c"aes-256-cbc".as_ptr()
}

extern "C" fn key_size(_: *mut c_void) -> c_int {
    KEY_LEN as c_int
}

extern "C" fn block_size(_: *mut c_void) -> c_int {
    BLOCK_LEN as c_int
}

extern "C" fn hmac_size(_: *mut c_void, algorithm: c_int) -> c_int {
    match algorithm {
        SHA1 => 20,
        SHA256 => 32,
        SHA512 => 64,
        _ => 0,
    }
}

extern "C" fn no_context(_: *mut *mut c_void) -> c_int {
    ffi::SQLITE_OK
}

extern "C" fn fips_status(_: *mut c_void) -> c_int {
    0
}

/// The system's generator needs no seeding from us.
extern "C" fn add_random(_: *mut c_void, _: *const c_void, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn random(_: *mut c_void, out: *mut c_void, len: c_int) -> c_int {
    // SAFETY: SQLCipher gives a buffer of `len` bytes that nobody else reads or writes during the call.
    let Some(out) = (unsafe { output(out.cast(), len) }) else { return ffi::SQLITE_ERROR };
    match getrandom::fill(out) {
        Ok(()) => ffi::SQLITE_OK,
        Err(_) => ffi::SQLITE_ERROR,
    }
}

unsafe extern "C" fn hmac(
    _: *mut c_void,
    algorithm: c_int,
    key: *const c_uchar,
    key_len: c_int,
    first: *const c_uchar,
    first_len: c_int,
    second: *const c_uchar,
    second_len: c_int,
    out: *mut c_uchar,
) -> c_int {
    // SAFETY: each pointer comes with its length; `out` holds `hmac_size(algorithm)` bytes, and `second` may be null
    // for "no more".
    let (key, first, second, out) = unsafe {
        let second = if second.is_null() { Some(&[][..]) } else { input(second, second_len) };
        (input(key, key_len), input(first, first_len), second, output(out, hmac_size(std::ptr::null_mut(), algorithm)))
    };
    let (Some(key), Some(first), Some(second), Some(out)) = (key, first, second, out) else {
        return ffi::SQLITE_ERROR;
    };
    fn mac<M: Mac + KeyInit>(key: &[u8], first: &[u8], second: &[u8], out: &mut [u8]) -> c_int {
        let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else { return ffi::SQLITE_ERROR };
        mac.update(first);
        mac.update(second);
        let tag = mac.finalize().into_bytes();
        if tag.len() != out.len() {
            return ffi::SQLITE_ERROR;
        }
        out.copy_from_slice(&tag);
        ffi::SQLITE_OK
    }
    page_stack::used();
    match algorithm {
        SHA1 => mac::<Hmac<Sha1>>(key, first, second, out),
        SHA256 => mac::<Hmac<Sha256>>(key, first, second, out),
        SHA512 => mac::<Hmac<Sha512>>(key, first, second, out),
        _ => ffi::SQLITE_ERROR,
    }
}

unsafe extern "C" fn kdf(
    _: *mut c_void,
    algorithm: c_int,
    pass: *const c_uchar,
    pass_len: c_int,
    salt: *const c_uchar,
    salt_len: c_int,
    rounds: c_int,
    key_len: c_int,
    key: *mut c_uchar,
) -> c_int {
    // SAFETY: each pointer comes with its length, `key` with `key_len`.
    let (pass, salt, key) = unsafe { (input(pass, pass_len), input(salt, salt_len), output(key, key_len)) };
    let (Some(pass), Some(salt), Some(key), Ok(rounds)) = (pass, salt, key, u32::try_from(rounds)) else {
        return ffi::SQLITE_ERROR;
    };
    let made = wiping_stack::<SHALLOW, _>(|| match algorithm {
        SHA1 => pbkdf2::pbkdf2::<Hmac<Sha1>>(pass, salt, rounds, key).is_ok(),
        SHA256 => pbkdf2::pbkdf2::<Hmac<Sha256>>(pass, salt, rounds, key).is_ok(),
        SHA512 => pbkdf2::pbkdf2::<Hmac<Sha512>>(pass, salt, rounds, key).is_ok(),
        _ => false,
    });
    if made { ffi::SQLITE_OK } else { ffi::SQLITE_ERROR }
}

unsafe extern "C" fn cipher(
    _: *mut c_void,
    mode: c_int,
    key: *const c_uchar,
    key_len: c_int,
    iv: *const c_uchar,
    from: *const c_uchar,
    len: c_int,
    to: *mut c_uchar,
) -> c_int {
    // SAFETY: `key` comes with its length, `iv` holds a block; `from` and `to` hold `len` bytes each and are
    // different buffers (the page and the codec's own).
    let (key, iv, from, to) =
        unsafe { (input(key, key_len), input(iv, BLOCK_LEN as c_int), input(from, len), output(to, len)) };
    let (Some(key), Some(iv), Some(from), Some(to)) = (key, iv, from, to) else { return ffi::SQLITE_ERROR };
    let ((from, []), (to, [])) = (Block::<Aes256>::slice_as_chunks(from), Block::<Aes256>::slice_as_chunks_mut(to))
    else {
        return ffi::SQLITE_ERROR;
    };
    page_stack::used();
    let done = if mode == ENCRYPT {
        cbc::Encryptor::<Aes256>::new_from_slices(key, iv).map(|mut cbc| cbc.encrypt_blocks_b2b(from, to).is_ok())
    } else {
        cbc::Decryptor::<Aes256>::new_from_slices(key, iv).map(|mut cbc| cbc.decrypt_blocks_b2b(from, to).is_ok())
    };
    if done == Ok(true) { ffi::SQLITE_OK } else { ffi::SQLITE_ERROR }
}

/// # Safety
/// A pointer that is not null has `len` readable bytes behind it for as long as the callback runs.
unsafe fn input<'a>(from: *const c_uchar, len: c_int) -> Option<&'a [u8]> {
    let len = usize::try_from(len).ok()?;
    if from.is_null() {
        return None;
    }
    // SAFETY: the caller's promise; the length fits, being an int.
    Some(unsafe { slice::from_raw_parts(from, len) })
}

/// # Safety
/// A pointer that is not null has `len` bytes behind it that nobody else touches while the callback runs.
unsafe fn output<'a>(to: *mut c_uchar, len: c_int) -> Option<&'a mut [u8]> {
    let len = usize::try_from(len).ok()?;
    if to.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    Some(unsafe { slice::from_raw_parts_mut(to, len) })
}
