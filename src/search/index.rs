//! The index in memory: a base that does not change, and what came since.

use super::base::Base;
use super::bits::Bits;
use super::builder::Builder;
use super::conditions::Conditions;
use super::delta::{Delta, Entry};
use super::place::Place;
use super::query::From;
use super::select::Ranking;
use super::{Cursor, Query};
use crate::model::{KeyId, Listed};

/// What every key of a store is searched and ordered by.
#[derive(Debug, Default)]
pub(crate) struct Index {
    base: Base,
    delta: Delta,
    /// Keys of the base that are no longer as they were.
    worn: usize,
}

/// What a search found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The keys of the page in their order: where they stand in the store.
    pub(crate) hits: Vec<Hit>,
    pub(crate) total: u64,
    /// Where the next page begins, if there is one.
    pub(crate) next: Option<Cursor>,
}

/// A key that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) id: KeyId,
    pub(crate) seq: i64,
}

impl Index {
    /// An index of all these keys.
    pub(crate) fn new(keys: Vec<Builder>) -> Self {
        Self { base: Builder::finish(keys), ..Self::default() }
    }

    /// How many keys may come or change before the index had better be made anew: one in 32, so that looking at them
    /// one by one takes no longer than the rest of a search.
    fn most_changes(&self) -> usize {
        256.max(self.base.len() / 32)
    }

    /// Whether so many keys came or changed that the index had better be made anew.
    pub(crate) fn is_worn(&self) -> bool {
        self.worn.max(self.delta.len()) > self.most_changes()
    }

    /// Puts a key in, in place of what was known of it.
    pub(crate) fn insert(&mut self, listed: &Listed<'_>) {
        self.remove(listed.id);
        self.delta.insert(listed);
    }

    pub(crate) fn remove(&mut self, id: KeyId) {
        if self.base.slot(id).is_some_and(|slot| self.base.alive.clear(slot)) {
            self.worn += 1;
        }
        self.delta.remove(id);
    }

    /// One page of what fits the conditions, which are those of the query, among certain keys, or among all. Those are
    /// given with their places, since another key may have come under the same id, and sorted.
    pub(crate) fn find(&self, query: &Query, conditions: &Conditions<'_>, among: Option<&[(KeyId, i64)]>) -> Found {
        let matches = self.base.matches(conditions, among.map(|keys| self.bits_of(keys)));
        let mut fresh = self.delta.matches(conditions, among);
        fresh.sort_unstable_by(|a, b| a.place().compare(&b.place(), &query.order));
        let total = matches.count() + fresh.len();
        let limit = query.limit as usize;
        let ranking = Ranking::new(&self.base, &query.order);
        // The page ends one key later, to see whether there is another page.
        let most = if limit == 0 { 0 } else { limit.saturating_add(1) };
        let mut page = match &query.from {
            From::After(cursor) => {
                let place = cursor.place();
                let start = ranking.up_to(&matches, &place);
                let window = ranking.window(&matches, start..start.saturating_add(most));
                let passed = fresh.partition_point(|entry| entry.place().compare(&place, &query.order).is_le());
                self.merge(&window, fresh.get(passed..).unwrap_or_default(), query, 0, most)
            }
            From::Row(start) => {
                let start = usize::try_from(*start).unwrap_or(usize::MAX);
                // So many of the base are passed even if all that is fresh comes before them; of what is passed, the
                // order does not matter.
                let passed = start.saturating_sub(fresh.len()).min(matches.count());
                let window = ranking.window(&matches, passed..start.saturating_add(most));
                self.merge(&window, &fresh, query, start.saturating_sub(passed), most)
            }
        };
        let more = page.len() > limit;
        page.truncate(limit);
        let next = page.last().filter(|_| more).map(|(place, _)| Cursor::new(&query.order, place));
        let hits = page.into_iter().map(|(place, seq)| Hit { id: place.id, seq }).collect();
        Found { hits, total: total as u64, next }
    }

    fn bits_of(&self, keys: &[(KeyId, i64)]) -> Bits {
        let mut bits = Bits::none(self.base.len());
        let slot = |&(id, seq)| self.base.slot(id).filter(|slot| self.base.seq(*slot) == Some(seq));
        keys.iter().filter_map(slot).for_each(|slot| bits.set(slot));
        bits.words_mut().iter_mut().zip(self.base.alive.words()).for_each(|(word, alive)| *word &= alive);
        bits
    }

    /// The two in one order, each being in it already, without the first `passed` of them.
    fn merge<'a>(
        &'a self,
        window: &[usize],
        fresh: &[&'a Entry],
        query: &Query,
        passed: usize,
        most: usize,
    ) -> Vec<(Place<'a>, i64)> {
        let old = window.iter().filter_map(|slot| Some((self.base.place(*slot)?, self.base.seq(*slot)?)));
        let mut old = old.peekable();
        let mut fresh = fresh.iter().map(|entry| (entry.place(), entry.seq)).peekable();
        let both = std::iter::from_fn(|| match (old.peek(), fresh.peek()) {
            (Some((a, _)), Some((b, _))) if b.compare(a, &query.order).is_lt() => fresh.next(),
            (None, _) => fresh.next(),
            _ => old.next(),
        });
        both.skip(passed).take(most).collect()
    }
}
