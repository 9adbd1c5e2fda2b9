//! Making and writing many keys on all cores.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::generate::taken;
use super::{Batch, GenerateKey, Keystore};
use crate::error::{Error, Result};
use crate::model::{Key, NewRow, Written};

/// Keys written in one transaction, unless time is up first.
const ROWS_A_COMMIT: usize = 512;
/// After this time finished keys are written even if they are few: RSA keys come slowly.
const COMMIT_EVERY: Duration = Duration::from_millis(500);
/// How far the fastest worker may run ahead of what is written: bounds the memory.
const WINDOW: usize = 4 * ROWS_A_COMMIT;

/// How far [`Keystore::generate_many_with_progress`] or [`Keystore::import_many_with`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Keys made or read so far, written or not.
    pub made: usize,
    /// Keys written so far: these survive a crash. Those that failed are not among them.
    pub written: usize,
    /// Keys asked for.
    pub total: usize,
}

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
        let make = |request: &GenerateKey| Ok((self.prepare(request)?, ()));
        let made = self.in_bulk(requests, Batch::Each, make, progress)?;
        Ok(made.into_iter().map(|made| made.map(|made| made.key)).collect())
    }

    /// Makes a row of each request on all cores and writes them in order.
    pub(super) fn in_bulk<R: Sync, T: Send>(
        &self,
        requests: &[R],
        batch: Batch,
        make: impl Fn(&R) -> Result<(NewRow, T)> + Sync,
        progress: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Vec<Result<Made<T>>>> {
        let workers = thread::available_parallelism().map_or(1, usize::from).min(requests.len().max(1));
        let queue = Queue::new(batch);
        let (sender, receiver) = mpsc::sync_channel(WINDOW);
        thread::scope(|scope| {
            for _ in 0..workers {
                let sender = sender.clone();
                scope.spawn(|| {
                    let sender = sender;
                    while let Some(index) = queue.next(requests.len()) {
                        let Some(request) = requests.get(index) else { break };
                        if sender.send((index, make(request))).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            let writer = Writer {
                store: self,
                batch,
                ready: Vec::new(),
                answers: Vec::with_capacity(requests.len()),
                written: 0,
            };
            let outcome = writer.write_in_order(requests.len(), &receiver, &queue, progress);
            // Workers that wait for the window or for the channel must wake up and go home.
            queue.stop();
            drop(receiver);
            outcome
        })
    }
}

/// A key that was written, and what came of its making.
pub(super) struct Made<T> {
    pub(super) key: Key,
    pub(super) written: Written,
    pub(super) extra: T,
}

/// Takes rows as they are made, and writes each run that is complete.
struct Writer<'a, T> {
    store: &'a Keystore,
    batch: Batch,
    ready: Vec<Result<(NewRow, T)>>,
    answers: Vec<Result<Made<T>>>,
    written: usize,
}

impl<T> Writer<'_, T> {
    fn write_in_order(
        mut self,
        total: usize,
        receiver: &mpsc::Receiver<(usize, Result<(NewRow, T)>)>,
        queue: &Queue,
        mut progress: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Vec<Result<Made<T>>>> {
        let mut waiting = BTreeMap::new();
        let mut made = 0;
        let mut last_commit = Instant::now();
        while self.answers.len() < total {
            let Ok((index, row)) = receiver.recv() else {
                return Err(Error::cancelled());
            };
            waiting.insert(index, row);
            made += 1;
            while let Some(row) = waiting.remove(&(self.answers.len() + self.ready.len())) {
                self.ready.push(row);
            }
            let complete = self.answers.len() + self.ready.len() == total;
            let late = !self.ready.is_empty() && last_commit.elapsed() >= COMMIT_EVERY;
            let enough = self.batch == Batch::Each && (self.ready.len() >= ROWS_A_COMMIT || late);
            // The last call of an all-or-none batch that can still stop it comes before anything is written.
            let stopped =
                self.batch == Batch::AllOrNone && complete && progress(Progress { made, written: 0, total }).is_break();
            if stopped {
                return Err(Error::cancelled());
            }
            if enough || complete {
                self.write()?;
                queue.written(self.answers.len());
                last_commit = Instant::now();
            }
            if progress(Progress { made, written: self.written, total }).is_break() && self.answers.len() < total {
                return Err(Error::cancelled());
            }
        }
        Ok(self.answers)
    }

    fn write(&mut self) -> Result<()> {
        let mut rows = Vec::with_capacity(self.ready.len());
        let made: Vec<Result<T>> = self
            .ready
            .drain(..)
            .map(|made| {
                made.map(|(row, extra)| {
                    rows.push(row);
                    extra
                })
            })
            .collect();
        let database = &self.store.0.database;
        let outcomes = match self.batch {
            Batch::Each => database.insert_each(&rows)?,
            Batch::AllOrNone if rows.len() < made.len() => Vec::new(),
            Batch::AllOrNone => database.insert_all(&rows)?,
        };
        let undone = self.batch == Batch::AllOrNone
            && (outcomes.len() < made.len() || outcomes.iter().any(std::result::Result::is_err));
        let mut written = outcomes.into_iter();
        let mut keys = rows.into_iter().map(|row| row.record.key);
        let answers = made.into_iter().map(|made| {
            let extra = made?;
            match (keys.next(), written.next()) {
                (Some(key), Some(Err(error))) => Err(taken(error, &key)),
                (Some(key), Some(Ok(written))) if !undone => Ok(Made { key, written, extra }),
                _ => Err(Error::undone()),
            }
        });
        let before = self.answers.len();
        self.answers.extend(answers);
        self.written += self.answers.iter().skip(before).filter(|answer| answer.is_ok()).count();
        Ok(())
    }
}

/// Hands out indices, holding workers back that are a whole window ahead of what is written.
struct Queue {
    state: Mutex<State>,
    moved: Condvar,
    window: usize,
}

#[derive(Default)]
struct State {
    next: usize,
    written: usize,
    stopped: bool,
}

impl Queue {
    /// What is written in one go at the end must all be made before.
    fn new(batch: Batch) -> Self {
        let window = if batch == Batch::Each { WINDOW } else { usize::MAX };
        Self { state: Mutex::default(), moved: Condvar::new(), window }
    }

    fn next(&self, total: usize) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.stopped || state.next >= total {
                return None;
            }
            if state.next < state.written.saturating_add(self.window) {
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
