//! The stack: what a computation leaves on it is out of reach for its owner.

/// Enough for one primitive: a cipher, a derived key.
pub(crate) const SHALLOW: usize = 16 << 10;
/// Enough for a whole operation on a key, through parsers, curves and big numbers. Threads have at least some times
/// as much.
pub(crate) const DEEP: usize = 32 << 10;
/// Enough for what SQL does, down to the encryption of a page.
pub(crate) const DATABASE: usize = 64 << 10;

/// Runs `work` and then wipes as many bytes of the stack as it may have used: the crates that compute with keys wipe what
/// they own, not the copies that moving it about leaves behind. What `work` gives back lies with the caller: large things should
/// be boxed in `work`.
#[inline]
pub(crate) fn wiping_stack<const BYTES: usize, T>(work: impl FnOnce() -> T) -> T {
    wiping_stack_if::<BYTES, T>(work, || true)
}

/// The same, if `is_used` says afterwards that there is something to wipe.
#[inline]
pub(crate) fn wiping_stack_if<const BYTES: usize, T>(work: impl FnOnce() -> T, is_used: impl FnOnce() -> bool) -> T {
    let done = apart(work);
    if is_used() {
        zeroize::zeroize_stack::<BYTES>();
    }
    done
}

/// In a frame of its own, below that of the caller, where what comes next is wiped.
#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}
