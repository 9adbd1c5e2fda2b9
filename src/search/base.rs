//! The bulk of the index: columns that do not change, in the order of ids, so that a key's slot is its rank by id.

use std::cmp::Ordering;

use super::bits::{Bits, ones};
use super::class::Class;
use super::conditions::{Conditions, unbounded};
use super::names::Names;
use super::pattern::Matcher;
use super::place::Place;
use super::threads;
use crate::model::KeyId;

/// Of 64 keys: when fewer are left, their names are looked at one by one.
const FEW: usize = 8;

/// One value of each column for each key. Instants are ranks in a sorted list of them, from 1; 0 stands for none.
#[derive(Debug, Default)]
pub(super) struct Base {
    pub(super) ids: Vec<u128>,
    pub(super) seqs: Places,
    pub(super) names: Names,
    /// How many different names come before the key's.
    pub(super) name_ranks: Vec<u32>,
    pub(super) classes: Vec<u32>,
    pub(super) inserted: Vec<u32>,
    pub(super) updated: Vec<u32>,
    pub(super) expires: Vec<u32>,
    pub(super) instants: Vec<i64>,
    pub(super) class_table: Box<[Class]>,
    /// Keys that are still as they were when this was made.
    pub(super) alive: Bits,
}

/// Places in the order of insertion, in four bytes each as long as they fit.
#[derive(Debug)]
pub(super) enum Places {
    Narrow(Vec<u32>),
    Wide(Vec<i64>),
}

impl Places {
    /// Room for places up to this one.
    pub(super) fn with_room(keys: usize, greatest: i64) -> Self {
        match u32::try_from(greatest) {
            Ok(_) => Self::Narrow(Vec::with_capacity(keys)),
            Err(_) => Self::Wide(Vec::with_capacity(keys)),
        }
    }

    pub(super) fn extend(&mut self, places: impl Iterator<Item = i64>) {
        match self {
            Self::Narrow(column) => column.extend(places.map(|seq| u32::try_from(seq).unwrap_or(0))),
            Self::Wide(column) => column.extend(places),
        }
    }

    fn get(&self, slot: usize) -> Option<i64> {
        match self {
            Self::Narrow(column) => column.get(slot).map(|seq| i64::from(*seq)),
            Self::Wide(column) => column.get(slot).copied(),
        }
    }
}

impl Default for Places {
    fn default() -> Self {
        Self::Narrow(Vec::new())
    }
}

impl Base {
    /// Empty columns with room for this many keys, names aside, whose last place is this.
    pub(super) fn with_room(keys: usize, last: i64) -> Self {
        let ranks = || Vec::with_capacity(keys);
        Self {
            ids: Vec::with_capacity(keys),
            seqs: Places::with_room(keys, last),
            name_ranks: ranks(),
            classes: ranks(),
            inserted: ranks(),
            updated: ranks(),
            expires: ranks(),
            ..Self::default()
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The slot of a key, also of one that is no longer as it was.
    pub(super) fn slot(&self, id: KeyId) -> Option<usize> {
        self.ids.binary_search(&u128::from_be_bytes(*id.as_bytes())).ok()
    }

    /// How many keys have an id up to this one.
    pub(super) fn ids_up_to(&self, id: KeyId) -> usize {
        let id = u128::from_be_bytes(*id.as_bytes());
        self.ids.partition_point(|known| *known <= id)
    }

    pub(super) fn seq(&self, slot: usize) -> Option<i64> {
        self.seqs.get(slot)
    }

    /// Where a key stands in any order.
    pub(super) fn place(&self, slot: usize) -> Option<Place<'_>> {
        let class = self.class_table.get(*self.classes.get(slot)? as usize)?;
        Some(Place {
            id: KeyId::from_stored(&self.ids.get(slot)?.to_be_bytes())?,
            name: self.names.get(slot)?,
            key_type: class.key_type,
            algorithm: class.algorithm,
            inserted: self.instant(&self.inserted, slot)?,
            expires: self.instant(&self.expires, slot),
        })
    }

    fn instant(&self, column: &[u32], slot: usize) -> Option<i64> {
        self.instants.get(column.get(slot)?.checked_sub(1)? as usize).copied()
    }

    /// The keys that fit the conditions, among those whose bits are set in `among`.
    pub(super) fn matches(&self, conditions: &Conditions<'_>, among: Option<Bits>) -> Bits {
        let mut found = among.unwrap_or_else(|| self.alive.clone());
        let classes = (!conditions.any_class())
            .then(|| self.class_table.iter().map(|class| conditions.fit_class(class)).collect::<Vec<_>>());
        let ranks = |instants: &std::ops::Range<i64>| {
            (!unbounded(instants)).then(|| self.rank_from(instants.start)..self.rank_from(instants.end))
        };
        let inserted = ranks(&conditions.inserted);
        let updated = ranks(&conditions.updated);
        let expires = conditions.expires.map(|before| 1..self.rank_from(before));
        let matcher = conditions.matcher();
        threads::change(found.words_mut(), |first, words| {
            if let Some(classes) = &classes {
                keep(words, first, &self.classes, |class| classes.get(class as usize).copied().unwrap_or(false));
            }
            for (column, ranks) in [(&self.inserted, &inserted), (&self.updated, &updated), (&self.expires, &expires)] {
                if let Some(ranks) = ranks {
                    keep(words, first, column, |rank| ranks.contains(&rank));
                }
            }
            if let Some(matcher) = &matcher {
                self.keep_names(conditions, matcher, first, words);
            }
        });
        found
    }

    fn keep_names(&self, conditions: &Conditions<'_>, matcher: &Matcher, first: usize, words: &mut [u64]) {
        let left: usize = words.iter().map(|word| word.count_ones() as usize).sum();
        if left < words.len() * FEW {
            for (word, first) in words.iter_mut().zip((first..).step_by(64)) {
                for slot in ones(first, *word) {
                    if !self.names.get(slot).is_some_and(|name| conditions.fit_name(name)) {
                        *word &= !(1 << (slot % 64));
                    }
                }
            }
        } else {
            let mut fit = vec![0; words.len()];
            self.names.scan(matcher, first, &mut fit);
            words.iter_mut().zip(fit).for_each(|(word, fit)| *word &= fit);
        }
    }

    /// The rank that this instant has or would have.
    pub(super) fn rank_from(&self, instant: i64) -> u32 {
        u32::try_from(self.instants.partition_point(|known| *known < instant) + 1).unwrap_or(u32::MAX)
    }

    /// The rank that a name has or would have, and whether it has it. Where the place's key is still here under that name,
    /// that is found without looking at all names.
    pub(super) fn name_rank(&self, place: &Place<'_>) -> (u32, bool) {
        let own = self.slot(place.id).filter(|slot| self.names.get(*slot) == Some(place.name));
        if let Some(rank) = own.and_then(|slot| self.name_ranks.get(slot)) {
            return (*rank, true);
        }
        let mut next = 0;
        for (slot, rank) in self.name_ranks.iter().enumerate() {
            match self.names.get(slot).map(|name| name.cmp(place.name)) {
                Some(Ordering::Less) => next = next.max(rank + 1),
                Some(Ordering::Equal) => return (*rank, true),
                _ => {}
            }
        }
        (next, false)
    }
}

/// Clears the bits of keys whose value is not wanted.
fn keep(words: &mut [u64], first: usize, column: &[u32], wanted: impl Fn(u32) -> bool) {
    let values = column.get(first..).unwrap_or_default().chunks(64);
    for (word, values) in words.iter_mut().zip(values) {
        if *word != 0 {
            let mask = values.iter().zip(0..).fold(0, |mask, (value, at)| mask | (u64::from(wanted(*value)) << at));
            *word &= mask;
        }
    }
}
