//! Work on a thread of its own: with a stack of known size, and not for ever.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// What is nested in a policy is nested in calls, in `regorus` as well.
const STACK: usize = 64 * 1024 * 1024;
/// How long somebody waits for it. Policies end within a tenth of this, those that `dry_run` lets pass by mistake excepted.
pub(in crate::authn) const LONGEST: Duration = Duration::from_secs(10);
/// Threads that nobody waits for any more; while there are as many, no other is started.
const MOST_LATE: usize = 4;

static LATE: AtomicUsize = AtomicUsize::new(0);

const RUNNING: u8 = 0;
const WAITED_FOR_IN_VAIN: u8 = 1;
const DONE: u8 = 2;

/// Does the work elsewhere. After `longest` it is left to itself: a thread cannot be stopped.
pub(in crate::authn) fn on_own_stack<T: Send + 'static>(
    longest: Duration,
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    if LATE.load(Ordering::SeqCst) >= MOST_LATE {
        return Err(format!("{MOST_LATE} others have not come to an end yet"));
    }
    let state = Arc::new(AtomicU8::new(RUNNING));
    let (send, receive) = mpsc::sync_channel(1);
    let worker = thread::Builder::new().name("keystead-rego".into()).stack_size(STACK).spawn({
        let state = Arc::clone(&state);
        move || {
            // What was unwound through is not looked at again.
            let done = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("it broke off".into()));
            // Nobody may be there to receive it.
            drop(send.try_send(done));
            if state.swap(DONE, Ordering::SeqCst) == WAITED_FOR_IN_VAIN {
                LATE.fetch_sub(1, Ordering::SeqCst);
            }
        }
    });
    if let Err(error) = worker {
        return Err(format!("no thread for it could be started: {error}"));
    }
    match receive.recv_timeout(longest) {
        Ok(done) => done,
        Err(RecvTimeoutError::Disconnected) => Err("it broke off".into()),
        Err(RecvTimeoutError::Timeout) => {
            LATE.fetch_add(1, Ordering::SeqCst);
            let late = state.compare_exchange(RUNNING, WAITED_FOR_IN_VAIN, Ordering::SeqCst, Ordering::SeqCst);
            if late.is_err() {
                LATE.fetch_sub(1, Ordering::SeqCst);
            }
            receive.try_recv().unwrap_or_else(|_| Err(format!("it takes longer than {longest:?}")))
        }
    }
}
