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
    /// Runs `work` on the index as of this moment. Where the index is ahead of it, since another search came later and was
    /// faster, its tip comes back as `Err`: it is what to give as `seen` with a moment taken after that.
    pub(super) fn at<T>(
        &self,
        moment: &Listing<'_>,
        database: &Database,
        seen: Tip,
        work: impl FnOnce(&Index) -> T,
    ) -> Result<Result<T, Tip>, StorageError> {
        let tip = moment.tip();
        {
            let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
            match state.tip.cmp(&tip) {
                Ordering::Equal => return Ok(Ok(work(&state.index))),
                Ordering::Greater if tip >= seen => return Ok(Err(state.tip)),
                _ => {}
            }
        }
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if state.tip > tip {
            if tip >= seen {
                return Ok(Err(state.tip));
            }
            // The file went back behind what was seen before: an older one was put in its place.
            *state = State::default();
        }
        state.catch_up(moment, database)?;
        let state = RwLockWriteGuard::downgrade(state);
        Ok(Ok(work(&state.index)))
    }

    /// Has the next search make the index anew.
    pub(super) fn forget(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = State::default();
    }
}

impl State {
    /// Takes in what came and changed up to this moment. Where that fails half-way nothing is kept: the index would be of
    /// no moment at all.
    fn catch_up(&mut self, moment: &Listing<'_>, database: &Database) -> Result<(), StorageError> {
        if self.tip != moment.tip() {
            let mut state = std::mem::take(self);
            if !state.follow(moment)? {
                // The old one goes first: two would take twice the memory.
                state.index = Index::default();
                state.index = Self::make(moment, database)?;
            }
            *self = Self { tip: moment.tip(), ..state };
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

    fn make(moment: &Listing<'_>, database: &Database) -> Result<Index, StorageError> {
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
        Ok(Index::new(keys))
    }
}
