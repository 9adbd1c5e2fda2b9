//! Steps on anchors: what came of an anchored state is accepted, what was put back is refused.

use keystead::{ErrorKind, Keystore};

use super::World;
use super::tally::tally_words;
use super::verb::Verb;

impl World {
    pub(super) fn anchor(&mut self, by: u8) {
        let slot = self.handle(by);
        let last = self.state.anchors.last().copied();
        let taken = self.store(slot).anchor();
        // Asked again, it writes nothing: whether something was changed since is not always known here.
        let again = taken.as_ref().ok().copied().filter(|taken| Some(*taken) == last);
        let gate = self.gate(slot, again.is_none());
        let Some(anchor) = self.settle(Verb::Anchor, taken, Ok(()), gate) else { return };
        if let Some(last) = last {
            assert!(anchor.epoch() >= last.epoch());
            assert_eq!(anchor.epoch() == last.epoch(), anchor == last);
            assert!(!self.state.changed || anchor != last, "a row was changed, and the anchor is the same");
        }
        self.state.changed = false;
        if again.is_none() {
            self.state.anchors.push(anchor);
            self.anchors.push((anchor, self.state.commit));
        }
    }

    /// Asks a store that is open, or opens it with an anchor.
    pub(super) fn check_anchor(&mut self, by: u8, which: u8, how: u8) {
        let slot = self.handle(by);
        if self.anchors.is_empty() {
            return;
        }
        let (anchor, commit) = self.anchors[usize::from(which) % self.anchors.len()];
        let known = self.state.anchors.contains(&anchor);
        let gate = self.gate(slot, false);
        let asked = if how.is_multiple_of(4) && !self.in_memory() {
            let options = self.options(0).anchor(anchor);
            let opened = Keystore::open_read_only(&self.path, &Self::unlock(self.key), options);
            opened.map(drop)
        } else if gate.is_some() {
            return;
        } else {
            self.store(slot).check_anchor(&anchor)
        };
        // Of the very state of which it was taken, though that it was taken is lost: as good as known.
        if !known && commit == self.state.commit && asked.is_ok() {
            return;
        }
        let words = if known { "known" } else { "lost" };
        tally_words(Verb::CheckAnchor, words);
        let expected = if known { None } else { Some(ErrorKind::RolledBack) };
        assert_eq!(asked.err().map(|error| error.kind()), expected, "{words}");
    }
}
