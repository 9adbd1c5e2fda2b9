//! The digests that the file does not index, in memory: made when the first of them is asked for, and kept current by
//! the order of insertion, in which places are never used twice.

use std::sync::{Mutex, PoisonError};

use super::Keystore;
use super::fingerprints::other_digests;
use crate::error::Result;
use crate::model::Fingerprint;

/// Rows read at a time.
const BATCH: u32 = 512;

/// For each such digest the first four bytes and the place of its key, sorted. 12 bytes each, six for a key with a
/// certificate. Deleted keys stay in it: who looks up asks the file for the row.
#[derive(Default)]
pub(super) struct DigestIndex(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    sorted: Vec<[u32; 3]>,
    /// False while new ones stand at the end.
    in_order: bool,
    /// The last place seen.
    last: i64,
}

impl Keystore {
    /// The places of keys that may have this digest.
    pub(super) fn places_by_other_digest(&self, digest: &Fingerprint) -> Result<Vec<i64>> {
        let mut entries = self.0.digest_index.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let rows = self.0.database.after(entries.last, BATCH)?;
            let read = rows.len();
            entries.in_order &= read == 0;
            for stored in rows {
                let seq = stored.seq;
                let key = self.checked(stored)?;
                entries.sorted.extend(other_digests(&key)?.iter().map(|digest| entry(digest, seq)));
                entries.last = seq;
            }
            if read < BATCH as usize {
                break;
            }
        }
        if !entries.in_order {
            // Stable, since it takes no time over a run that is in order already.
            entries.sorted.sort();
            entries.in_order = true;
        }
        let [wanted, ..] = entry(digest, 0);
        let from = entries.sorted.partition_point(|[prefix, ..]| *prefix < wanted);
        let found = entries.sorted.iter().skip(from).take_while(|[prefix, ..]| *prefix == wanted);
        Ok(found.map(|[_, high, low]| (i64::from(*high) << 32) | i64::from(*low)).collect())
    }
}

fn entry(digest: &Fingerprint, seq: i64) -> [u32; 3] {
    let half = |number: i64, shift: u32| ((number.cast_unsigned() >> shift) & 0xFFFF_FFFF) as u32;
    [half(digest.prefix(), 32), half(seq, 32), half(seq, 0)]
}
