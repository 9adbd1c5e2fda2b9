//! The index in memory that searches run on: made by the first search, and brought to the moment of each later one.

use std::cmp::Ordering;
use std::ops::RangeInclusive;
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use crate::search::{Builder, Index, threads};
use crate::storage::{Database, Listing, StorageError, Tip};

/// Places in the order of insertion from which on two threads read the keys. Few in tests, which have fewer keys.
const MANY: i64 = if cfg!(test) { 64 } else { 65_536 };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keystore::{GenerateKey, Keystore, Options, Unlock};
    use crate::model::{Algorithm, KeyName, KeySpec};
    use crate::search::{Conditions, Query};

    fn requests(range: std::ops::Range<usize>) -> Vec<GenerateKey> {
        let request = |n| {
            let spec = KeySpec::new(Algorithm::Hs256, None).unwrap();
            GenerateKey::new(KeyName::new(format!("key {n:03}")).unwrap(), spec)
        };
        range.map(request).collect()
    }

    fn names(store: &Keystore) -> Vec<String> {
        let page = store.search(&Query::new().limit(1_000)).unwrap();
        assert_eq!(page.total, page.keys.len() as u64);
        page.keys.iter().map(|key| key.name().to_string()).collect()
    }

    /// More keys than an index takes in one by one, with gaps where the halves meet.
    #[test]
    fn two_threads_read_every_key_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let unlock = Unlock::raw_key([7; 32]);
        let file = Keystore::create(&path, &unlock, Options::default()).unwrap();
        for store in [Keystore::in_memory(Options::default()).unwrap(), file] {
            let made: Vec<_> =
                store.generate_many(&requests(0..400)).unwrap().into_iter().map(Result::unwrap).collect();
            let gone = [0, 198, 200, 399];
            gone.iter().for_each(|at| store.delete(made[*at].id()).unwrap());
            let left: Vec<_> = (0..400).filter(|n| !gone.contains(n)).map(|n| format!("key {n:03}")).collect();
            assert_eq!(names(&store), left);
            if store.0.database.path().is_some() {
                assert_eq!(names(&Keystore::open(&path, &unlock, Options::default()).unwrap()), left);
            }
        }
    }

    /// What is written while the halves are read is not in the index of the moment before.
    #[test]
    fn both_halves_are_of_one_moment() {
        let folder = tempfile::tempdir().unwrap();
        let store =
            Keystore::create(folder.path().join("store"), &Unlock::raw_key([7; 32]), Options::default()).unwrap();
        let made = store.generate_many(&requests(0..300)).unwrap();
        let last = made.last().unwrap().as_ref().unwrap().id();
        let database = &store.0.database;
        let index = database.listing(|moment| {
            store.delete(last).unwrap();
            store.generate_many(&requests(300..310)).unwrap();
            assert!(database.listing_beside(moment.tip(), |_| Ok(()))?.is_none());
            State::make(moment, database)
        });
        let query = Query::new();
        assert_eq!(index.unwrap().find(&query, &Conditions::new(&query), None).total, 300);
        assert_eq!(names(&store).len(), 309);
    }
}
