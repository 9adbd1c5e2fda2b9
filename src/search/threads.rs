//! Work on many keys, spread over the processor's cores.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// Words in a part, of 65,536 keys: fewer are not worth a thread.
const PART: usize = 1_024;
/// More threads than this gain nothing: memory is then what is waited for.
const MOST: usize = 8;

/// Runs `work` on all parts of `words`, each with the slot of its first bit, several at once where that pays. What comes
/// of them is in no order.
pub(super) fn map<T: Send>(words: &[u64], work: impl Fn(usize, &[u64]) -> T + Sync) -> Vec<T> {
    run(words.chunks(PART), work)
}

/// As [`map`], changing the words.
pub(super) fn change(words: &mut [u64], work: impl Fn(usize, &mut [u64]) + Sync) {
    run(words.chunks_mut(PART), work);
}

fn run<P: Send, T: Send>(
    parts: impl ExactSizeIterator<Item = P> + Send,
    work: impl Fn(usize, P) -> T + Sync,
) -> Vec<T> {
    let threads = match parts.len() {
        0 | 1 => 1,
        count => thread::available_parallelism().map_or(1, usize::from).min(MOST).min(count),
    };
    let done = Mutex::new(Vec::with_capacity(parts.len()));
    let parts = Mutex::new((0..).step_by(PART * 64).zip(parts));
    let run = || {
        loop {
            let part = lock(&parts).next();
            let Some((first, part)) = part else { break };
            let result = work(first, part);
            lock(&done).push(result);
        }
    };
    if threads == 1 {
        run();
    } else {
        thread::scope(|scope| {
            for _ in 1..threads {
                // Where no thread can be had, the work is done here.
                let _ = thread::Builder::new().spawn_scoped(scope, run);
            }
            run();
        });
    }
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Runs two pieces of work, at once if another thread can be had.
pub(crate) fn both<A: Send, B>(other: impl FnMut() -> A + Send, here: impl FnOnce() -> B) -> (A, B) {
    let other = Mutex::new(other);
    let run = || lock(&other)();
    thread::scope(|scope| {
        let started = thread::Builder::new().spawn_scoped(scope, run);
        let here = here();
        let other = match started {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(_) => run(),
        };
        (other, here)
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
