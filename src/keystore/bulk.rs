//! Making many keys on all cores.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::generate::taken;
use super::{GenerateKey, Keystore};
use crate::error::{Error, Result};
use crate::model::{Key, NewRow};

/// Keys written in one transaction, unless time is up first.
const ROWS_A_COMMIT: usize = 512;
/// After this time finished keys are written even if they are few: RSA keys come slowly.
const COMMIT_EVERY: Duration = Duration::from_millis(500);
/// How far the fastest worker may run ahead of what is written: bounds the memory.
const WINDOW: usize = 4 * ROWS_A_COMMIT;

/// How far [`Keystore::generate_many_with_progress`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Keys made so far, written or not.
    pub made: usize,
    /// Keys written so far: these survive a crash.
    pub written: usize,
    /// Keys asked for.
    pub total: usize,
}

type Made = (usize, Result<NewRow>);

impl Keystore {
    /// Makes many keys, on all cores. The answers stand in the order of the requests, and so do the keys in the store.
    ///
    /// Keys are written in transactions of up to 512. One whose id or name is taken fails alone; its place holds the
    /// error.
    ///
    /// ```
    /// use keystead::{Algorithm, GenerateKey, KeyName, KeySpec, Keystore, Options};
    ///
    /// let store = Keystore::in_memory(Options::default())?;
    /// let spec = KeySpec::new(Algorithm::Es256, None)?;
    /// let requests = (0..100).map(|n| Ok(GenerateKey::new(KeyName::new(format!("key {n}"))?, spec)));
    /// let requests: Vec<_> = requests.collect::<keystead::Result<_>>()?;
    ///
    /// let keys = store.generate_many(&requests)?;
    /// assert!(keys.iter().all(|key| key.is_ok()));
    /// assert_eq!(store.len()?, 100);
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of every write, see [`rename`](Self::rename). Keys written before the failure stay.
    pub fn generate_many(&self, requests: &[GenerateKey]) -> Result<Vec<Result<Key>>> {
        self.generate_many_with_progress(requests, |_| ControlFlow::Continue(()))
    }

    /// As [`generate_many`](Self::generate_many), telling how far it is after each key. The callback runs on the calling
    /// thread and stops the work with `Break`.
    ///
    /// # Errors
    /// As [`generate_many`](Self::generate_many), and [`Cancelled`](crate::ErrorKind::Cancelled) after `Break`. Keys
    /// written before stay.
    pub fn generate_many_with_progress(
        &self,
        requests: &[GenerateKey],
        progress: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Vec<Result<Key>>> {
        let workers = thread::available_parallelism().map_or(1, usize::from).min(requests.len().max(1));
        let queue = Queue::default();
        let (sender, receiver) = mpsc::sync_channel::<Made>(WINDOW);
        thread::scope(|scope| {
            for _ in 0..workers {
                let sender = sender.clone();
                scope.spawn(|| {
                    let sender = sender;
                    while let Some(index) = queue.next(requests.len()) {
                        let Some(request) = requests.get(index) else { break };
                        let made = self.prepare(request);
                        if sender.send((index, made)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            let outcome = self.write_in_order(requests.len(), &receiver, &queue, progress);
            // Workers that wait for the window or for the channel must wake up and go home.
            queue.stop();
            drop(receiver);
            outcome
        })
    }

    /// Takes keys as they are made, and writes each run that is complete.
    fn write_in_order(
        &self,
        total: usize,
        receiver: &mpsc::Receiver<Made>,
        queue: &Queue,
        mut progress: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Vec<Result<Key>>> {
        let mut answers = Vec::with_capacity(total);
        let mut waiting = BTreeMap::new();
        let mut ready = Vec::new();
        let mut made = 0;
        let mut last_commit = Instant::now();
        while answers.len() < total {
            let Ok((index, row)) = receiver.recv() else {
                return Err(Error::cancelled());
            };
            waiting.insert(index, row);
            made += 1;
            while let Some(row) = waiting.remove(&(answers.len() + ready.len())) {
                ready.push(row);
            }
            let complete = answers.len() + ready.len() == total;
            let late = !ready.is_empty() && last_commit.elapsed() >= COMMIT_EVERY;
            if ready.len() >= ROWS_A_COMMIT || complete || late {
                self.write_all(&mut ready, &mut answers)?;
                queue.written(answers.len());
                last_commit = Instant::now();
            }
            if progress(Progress { made, written: answers.len(), total }).is_break() && answers.len() < total {
                return Err(Error::cancelled());
            }
        }
        Ok(answers)
    }

    fn write_all(&self, ready: &mut Vec<Result<NewRow>>, answers: &mut Vec<Result<Key>>) -> Result<()> {
        let mut rows = Vec::with_capacity(ready.len());
        let made: Vec<Result<()>> = ready.drain(..).map(|row| row.map(|row| rows.push(row))).collect();
        let mut written = self.0.database.insert_each(&rows)?.into_iter();
        let mut keys = rows.into_iter().map(|row| row.record.key);
        answers.extend(made.into_iter().map(|made| {
            made?;
            match (keys.next(), written.next()) {
                (Some(key), Some(outcome)) => outcome.map_err(|error| taken(error, &key)).map(|()| key),
                _ => Err(Error::cancelled()),
            }
        }));
        Ok(())
    }
}

/// Hands out indices, holding workers back that are a whole window ahead of what is written.
#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    next: usize,
    written: usize,
    stopped: bool,
}

impl Queue {
    fn next(&self, total: usize) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.stopped || state.next >= total {
                return None;
            }
            if state.next < state.written + WINDOW {
                state.next += 1;
                return Some(state.next - 1);
            }
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn written(&self, written: usize) {
        self.lock().written = written;
        self.moved.notify_all();
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.moved.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
