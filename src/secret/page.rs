//! Memory pages that stay out of swap and core dumps.

use memmap2::MmapMut;
use zeroize::Zeroize;

/// What the operating system granted for the memory in which a store keeps its keys, see
/// [`Keystore::memory_protection`](crate::Keystore::memory_protection).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryProtection {
    /// It is never written to swap (`mlock`).
    pub locked: bool,
    /// It is left out of core dumps (`MADV_DONTDUMP`, Linux).
    pub out_of_dumps: bool,
}

impl MemoryProtection {
    /// What holds for both.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self { locked: self.locked && other.locked, out_of_dumps: self.out_of_dumps && other.out_of_dumps }
    }
}

/// A page of memory that holds one secret: several in a page could not be lent out without locks or `unsafe`.
pub(super) struct Page {
    bytes: MmapMut,
    protection: MemoryProtection,
}

impl Page {
    /// A page with this secret. None when the system gives no memory. Where it does not lock it, because the limit for such memory
    /// (`RLIMIT_MEMLOCK`) is used up or the system knows no such thing, the page is used all the same.
    pub(super) fn with(secret: &[u8]) -> Option<Self> {
        // There are no pages of no bytes.
        let mut bytes = MmapMut::map_anon(secret.len().max(1)).ok().filter(|bytes| bytes.len() == secret.len())?;
        // Before there is anything in it.
        let protection = protect(&bytes);
        bytes.copy_from_slice(secret);
        Some(Self { bytes, protection })
    }

    pub(super) fn protection(&self) -> MemoryProtection {
        self.protection
    }

    pub(super) fn expose_secret(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // What follows gives the page back, and with it the lock.
        self.bytes.zeroize();
    }
}

#[cfg(unix)]
fn protect(bytes: &MmapMut) -> MemoryProtection {
    #[cfg(target_os = "linux")]
    let out_of_dumps = bytes.advise(memmap2::Advice::DontDump).is_ok();
    #[cfg(not(target_os = "linux"))]
    let out_of_dumps = false;
    MemoryProtection { locked: bytes.lock().is_ok(), out_of_dumps }
}

#[cfg(not(unix))]
fn protect(_: &MmapMut) -> MemoryProtection {
    MemoryProtection::default()
}
