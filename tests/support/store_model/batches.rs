//! Steps that make and take in many keys at once.

use std::ops::ControlFlow;

use keystead::{Batch, ErrorKind, Progress};

use super::keys::{MOST_KEYS, New};
use super::verb::Verb;
use super::{Gate, World};

/// Stops a batch at one of its callbacks, at times.
struct Stop {
    batch: Batch,
    at: Option<usize>,
    calls: usize,
    stopped: bool,
}

impl Stop {
    fn read(count: u8, batch: Batch) -> Self {
        Self { batch, at: (count >= 208).then(|| usize::from(count / 4 % 4) + 1), calls: 0, stopped: false }
    }

    fn asked(&mut self, progress: Progress) -> ControlFlow<()> {
        self.calls += 1;
        // The last call comes behind the commit, unless the batch is all or none: there is one more before it.
        let in_time = progress.made < progress.total || self.batch == Batch::AllOrNone && self.calls == progress.total;
        // When it takes long some may be written already, nobody knows which.
        self.stopped |= self.at == Some(self.calls) && in_time && progress.written == 0;
        if self.stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// A batch that was stopped wrote nothing, and so met nothing that stands in the way of a write.
    fn settle(self, gate: Option<Gate>) -> (Result<(), ErrorKind>, Option<Gate>) {
        if self.stopped { (Err(ErrorKind::Cancelled), None) } else { (Ok(()), gate) }
    }
}

impl World {
    pub(super) fn generate_many(&mut self, by: u8, name: u8, what: u8, more: u8, count: u8) {
        if self.state.keys.len() >= MOST_KEYS {
            return;
        }
        let slot = self.handle(by);
        // With a step of none all have one name.
        let names = (0..count % 5 + 1).map(|n| name.wrapping_add(n * (count / 5 % 3)));
        let news: Vec<_> = names.map(|name| New::read(name, what, more)).collect();
        let requests: Vec<_> = news.iter().map(|new| new.generate(what)).collect();
        let mut stop = Stop::read(count, Batch::Each);
        let made = self.store(slot).generate_many_with_progress(&requests, |progress| stop.asked(progress));
        let ran_out = self.dice.has_failed();
        let (expected, gate) = stop.settle(self.gate(slot, true));
        let Some(made) = self.settle(Verb::GenerateMany, made, expected, gate) else { return };
        for (new, made) in news.iter().zip(made) {
            let clashes = new.clashes(&self.state);
            match made {
                Err(error) if error.kind() == ErrorKind::Io => assert!(ran_out, "{error}"),
                Err(error) => {
                    let expected = new.refused(what).or(clashes.then_some(ErrorKind::Duplicate));
                    assert_eq!(Some(error.kind()), expected);
                }
                Ok(key) => {
                    assert!(!clashes && new.refused(what).is_none());
                    self.came(new, what, key);
                }
            }
        }
    }

    pub(super) fn import_many(&mut self, by: u8, name: u8, what: u8, more: u8, count: u8) {
        if self.state.keys.len() >= MOST_KEYS {
            return;
        }
        let slot = self.handle(by);
        let items: Vec<_> = (0..count % 4 + 1)
            .map(|n| {
                let new = New::read(name.wrapping_add(n * (count / 8 % 4)), what.rotate_left(3), more);
                (new, self.material(what.wrapping_add(n)))
            })
            .collect();
        let batch = if more.is_multiple_of(2) { Batch::Each } else { Batch::AllOrNone };
        let requests: Vec<_> = items.iter().map(|(new, material)| new.import(material)).collect();
        let mut stop = Stop::read(count, batch);
        let outcome = self.store(slot).import_many_with(&requests, batch, |progress| stop.asked(progress));
        let ran_out = self.dice.has_failed();
        let (expected, mut gate) = stop.settle(self.gate(slot, true));
        // Then nothing is written, and nobody asked.
        let broken = items.iter().any(|(_, material)| material.is.is_none());
        if batch == Batch::AllOrNone && (broken || ran_out) && outcome.is_ok() {
            gate = None;
        }
        let Some(made) = self.settle(Verb::ImportMany, outcome, expected, gate) else { return };
        let before = self.state.clone();
        let mut failed = false;
        for ((new, material), made) in items.iter().zip(&made) {
            let clashes = new.clashes(&self.state);
            match made {
                Err(error) => {
                    failed = true;
                    match error.kind() {
                        ErrorKind::Io => assert!(ran_out, "{error}"),
                        ErrorKind::InvalidInput => assert!(material.is.is_none(), "{error}"),
                        ErrorKind::Duplicate => assert!(clashes, "{error}"),
                        ErrorKind::Cancelled => {
                            let unwritten = broken || ran_out;
                            assert!(batch == Batch::AllOrNone && material.is.is_some() && (unwritten || !clashes));
                            // What comes behind it was compared with it, too, unless nothing was written at all.
                            if !unwritten {
                                self.state.add(self.stand_in(new));
                            }
                        }
                        _ => panic!("{error}"),
                    }
                }
                Ok(imported) => {
                    assert!(!clashes && material.is.is_some());
                    self.took_in(new, material, imported.clone());
                }
            }
        }
        if batch == Batch::AllOrNone && failed {
            assert!(made.iter().all(Result::is_err), "some of an all-or-none batch were written");
            self.state = before;
        }
    }
}
