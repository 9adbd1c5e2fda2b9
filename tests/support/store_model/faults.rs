//! What goes wrong on purpose: random bytes that run out, processes that end, logs that lose their tail, locks.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use keystead::{Entropy, EntropyError};
use rusqlite::Connection;

/// Random bytes that are the same in each run, and fail when they are told to.
#[derive(Debug, Default)]
pub(crate) struct Dice {
    thrown: AtomicU64,
    /// So many throws succeed before one fails; negative for ever.
    left: AtomicI64,
    /// Whether all that come behind the one that fails do so too.
    for_good: AtomicBool,
    failed: AtomicBool,
}

impl Dice {
    pub(crate) fn fail_after(&self, throws: i64, for_good: bool) {
        self.left.store(throws, Ordering::SeqCst);
        self.for_good.store(for_good, Ordering::SeqCst);
    }

    /// Whether a throw failed since this was asked. What was broken is whole again then.
    pub(crate) fn has_failed(&self) -> bool {
        let failed = self.failed.swap(false, Ordering::SeqCst);
        if failed {
            self.fail_after(-1, false);
        }
        failed
    }
}

impl Entropy for Dice {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        let for_good = self.for_good.load(Ordering::SeqCst);
        let next = |left: i64| match left {
            0 if for_good => Some(0),
            left if left >= 0 => Some(left - 1),
            _ => None,
        };
        if self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next) == Ok(0) {
            self.failed.store(true, Ordering::SeqCst);
            return Err(EntropyError::new());
        }
        for chunk in out.chunks_mut(8) {
            // SplitMix64, by Vigna.
            let mut z = self.thrown.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// How far a log was written, by the head of its shared index (sqlite.org, "WAL-mode File Format", 2.1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LogEnd {
    /// Another one each time that the log begins anew.
    pub(crate) salt: [u8; 8],
    pub(crate) frames: u32,
    /// So many of them are in the file already.
    pub(crate) in_file: u32,
}

const LOG_HEAD: u64 = 32;
const FRAME: u64 = 24 + 4096;

impl LogEnd {
    pub(crate) fn of(path: &Path) -> Option<Self> {
        use std::io::Read;
        let mut head = [0; 100];
        fs::File::open(beside(path, "-shm")).ok()?.read_exact(&mut head).ok()?;
        let word = |at: usize| u32::from_ne_bytes(head[at..at + 4].try_into().unwrap());
        Some(Self { salt: head[32..40].try_into().unwrap(), frames: word(16), in_file: word(96) })
    }
}

/// Copies a store that is open, as a crash would leave it. Of the log so many frames stay and a piece of the next.
pub(crate) fn crash(from: &Path, to: &Path, frames: Option<u32>, torn: u64) {
    fs::copy(from, to).unwrap();
    let (log, new_log) = (beside(from, "-wal"), beside(to, "-wal"));
    if !log.exists() {
        return;
    }
    let mut bytes = fs::read(log).unwrap();
    if let Some(frames) = frames {
        let end = if frames == 0 { torn.min(LOG_HEAD) } else { LOG_HEAD + u64::from(frames) * FRAME + torn % FRAME };
        bytes.truncate(usize::try_from(end).unwrap());
    }
    fs::write(new_log, bytes).unwrap();
}

pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Another connection that holds the store's lock.
pub(crate) fn lock(path: &Path, key: &[u8; 32]) -> Connection {
    let connection = Connection::open(path).unwrap();
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let settings = format!("PRAGMA key = \"x'{hex}'\"; PRAGMA cipher_hmac_algorithm = HMAC_SHA256; BEGIN IMMEDIATE;");
    connection.execute_batch(&settings).unwrap();
    connection
}
