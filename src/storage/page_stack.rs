//! Whether the page key went over the stack of this thread.

use std::cell::Cell;

use crate::secret::{DATABASE, wiping_stack_if};

thread_local! {
    // SQLite calls back without a word of what for: only the thread tells.
    static USED: Cell<bool> = const { Cell::new(false) };
}

/// A page is about to be encrypted, decrypted or authenticated.
pub(super) fn used() {
    USED.set(true);
}

/// Runs `work`, and wipes the stack below if pages were encrypted, decrypted or authenticated on it. Once for all of them: to
/// do it for each would take longer than the encryption.
pub(super) fn wiped<T>(work: impl FnOnce() -> T) -> T {
    wiping_stack_if::<DATABASE, _>(work, || USED.replace(false))
}
