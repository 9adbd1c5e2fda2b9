//! Work on many keys, spread over the processor's cores.

use std::sync::{Mutex, PoisonError};
use std::thread;

/// Words in a part, of 65,536 keys: a thread costs some 20 us to start, less than a part takes.
const PART: usize = 1_024;
/// More threads than this gain nothing: memory is then what is waited for.
const MOST: usize = 8;

/// Runs `work` on all parts of `words`, each with the slot of its first bit, several at once where that pays.
pub(super) fn split(words: &mut [u64], work: impl Fn(usize, &mut [u64]) + Sync) {
    let count = words.len().div_ceil(PART);
    let parts = Mutex::new(words.chunks_mut(PART).zip((0..).step_by(PART * 64)));
    let run = || {
        loop {
            let part = parts.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((words, first)) = part else { break };
            work(first, words);
        }
    };
    let threads =
        if count > 1 { thread::available_parallelism().map_or(1, usize::from).min(MOST).min(count) } else { 1 };
    thread::scope(|scope| {
        for _ in 1..threads {
            // Where no thread can be had, the work is done here.
            let _ = thread::Builder::new().spawn_scoped(scope, run);
        }
        run();
    });
}

/// Runs two pieces of work, at once if another thread can be had.
pub(super) fn both<A: Send, B>(other: impl Fn() -> A + Sync, here: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let started = thread::Builder::new().spawn_scoped(scope, &other);
        let here = here();
        let other = match started.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(done)) => done,
            _ => other(),
        };
        (other, here)
    })
}
