//! The index in memory that searches run on: made by the first search, and brought to the moment of each later one.

use std::cmp::Ordering;
use std::ops::RangeInclusive;
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use crate::search::{Builder, Index, threads};
use crate::storage::{Database, Listing, StorageError, Tip};

/// Places in the order of insertion from which on two threads read the keys.
const MANY: i64 = 65_536;
/// Room is made for so many keys before they come; more find theirs.
const MOST_ROOM: usize = 1 << 20;

/// Shared by all handles of a store. Searches share it; bringing it up to date takes it alone.
#[derive(Default)]
pub(super) struct SearchIndex(RwLock<State>);

/// An index and the moment that it shows.
#[derive(Default)]
struct State {
    index: Index,
    tip: Tip,
}

impl SearchIndex {
    /// Runs `work` on the index as of this moment. `None` when it is ahead of the moment: another search came later and
    /// was faster.
    pub(super) fn at<T>(
        &self,
        moment: &Listing<'_>,
        database: &Database,
        work: impl FnOnce(&Index) -> T,
    ) -> Result<Option<T>, StorageError> {
        {
            let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
            match state.tip.cmp(&moment.tip()) {
                Ordering::Equal => return Ok(Some(work(&state.index))),
                Ordering::Greater => return Ok(None),
                Ordering::Less => {}
            }
        }
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if state.tip > moment.tip() {
            return Ok(None);
        }
        state.catch_up(moment, database)?;
        let state = RwLockWriteGuard::downgrade(state);
        Ok(Some(work(&state.index)))
    }
}

impl State {
    /// Takes in what came and changed up to this moment. Where that fails half-way, the next time takes it in again.
    fn catch_up(&mut self, moment: &Listing<'_>, database: &Database) -> Result<(), StorageError> {
        if self.tip != moment.tip() {
            if !self.follow(moment)? {
                self.make(moment, database)?;
            }
            self.tip = moment.tip();
        }
        Ok(())
    }

    /// Takes in the changes one by one; false when there are so many that the index had better be made anew.
    fn follow(&mut self, moment: &Listing<'_>) -> Result<bool, StorageError> {
        let Some(changed) = moment.changed_since(self.tip.change)? else { return Ok(false) };
        let index = &mut self.index;
        moment.keys(self.tip.seq.saturating_add(1)..=i64::MAX, |listed| {
            index.insert(&listed);
            !index.is_worn()
        })?;
        for id in changed {
            if index.is_worn() {
                break;
            }
            index.remove(id);
            moment.one(id, |listed| index.insert(&listed))?;
        }
        Ok(!index.is_worn())
    }

    fn make(&mut self, moment: &Listing<'_>, database: &Database) -> Result<(), StorageError> {
        // The old one goes first: two would take twice the memory.
        *self = Self::default();
        let read = |moment: &Listing<'_>, seqs: RangeInclusive<i64>| {
            let mut keys = Builder::new(usize::try_from(seqs.end() - seqs.start()).unwrap_or(0).min(MOST_ROOM));
            moment.many_keys(seqs, |listed| {
                keys.push(&listed);
                true
            })?;
            Ok::<_, StorageError>(keys)
        };
        let tip = moment.tip();
        let keys = if tip.seq < MANY {
            vec![read(moment, 1..=tip.seq)?]
        } else {
            // The upper half at the same time, if this very moment can be had once more.
            let upper = || tip.seq / 2 + 1..=tip.seq;
            let (beside, lower) = threads::both(
                || database.listing_beside(tip, |beside| read(beside, upper())),
                || read(moment, 1..=tip.seq / 2),
            );
            let upper = match beside {
                Ok(Some(keys)) => keys,
                _ => read(moment, upper())?,
            };
            vec![lower?, upper]
        };
        self.index = Index::new(keys);
        Ok(())
    }
}
