//! Making the columns of a [`Base`] out of rows that come in any order.

use std::cmp::Ordering;

use super::base::{Base, Places};
use super::bits::Bits;
use super::class::Classes;
use super::fold;
use super::names::Names;
use super::threads;
use crate::model::Listed;

/// Rows as they come.
#[derive(Debug)]
pub(crate) struct Builder {
    ids: Vec<u128>,
    seqs: Vec<i64>,
    names: Names,
    classes: Vec<u32>,
    known_classes: Classes,
    inserted: Vec<i64>,
    updated: Vec<i64>,
    expires: Vec<Option<i64>>,
}

impl Builder {
    /// Room for this many keys, whose number is only a guess.
    pub(crate) fn new(keys: usize) -> Self {
        Self {
            ids: Vec::with_capacity(keys),
            seqs: Vec::with_capacity(keys),
            names: Names::with_capacity(keys, keys * 24),
            classes: Vec::with_capacity(keys),
            known_classes: Classes::default(),
            inserted: Vec::with_capacity(keys),
            updated: Vec::with_capacity(keys),
            expires: Vec::with_capacity(keys),
        }
    }

    pub(crate) fn push(&mut self, listed: &Listed<'_>) {
        self.ids.push(u128::from_be_bytes(*listed.id.as_bytes()));
        self.seqs.push(listed.seq);
        self.names.push(fold(listed.name).as_bytes());
        self.classes.push(self.known_classes.number(listed));
        self.inserted.push(listed.inserted_at);
        self.updated.push(listed.updated_at);
        self.expires.push(listed.expires_at);
    }

    /// Sorts the rows and ranks their values. Names, which take longest, on a thread of their own.
    pub(super) fn finish(self) -> Base {
        let Self { ids, seqs, names, classes, known_classes, inserted, updated, expires } = self;
        let (name_ranks, (order, instants)) =
            threads::both(|| rank_names(&names), || (by_id(&ids), dictionary(&inserted, &updated, &expires)));
        let inserted = rank_instants(&instants, inserted.iter().copied().map(Some));
        let updated = rank_instants(&instants, updated.iter().copied().map(Some));
        let expires = rank_instants(&instants, expires.iter().copied());
        Base {
            ids: gather(&order, &ids),
            seqs: Places::new(gather(&order, &seqs)),
            names: gather_names(&order, &names),
            name_ranks: gather(&order, &name_ranks),
            classes: gather(&order, &classes),
            inserted: gather(&order, &inserted),
            updated: gather(&order, &updated),
            expires: gather(&order, &expires),
            instants,
            class_table: known_classes.into_table(),
            alive: Bits::all(order.len()),
        }
    }
}

/// The rows in the order of their ids.
fn by_id(ids: &[u128]) -> Vec<u32> {
    let mut pairs: Vec<(u128, u32)> = ids.iter().copied().zip(0..).collect();
    pairs.sort_unstable();
    pairs.into_iter().map(|(_, row)| row).collect()
}

/// How many different names come before that of each row.
fn rank_names(names: &Names) -> Vec<u32> {
    // Names mostly begin alike. What 16 bytes decide behind that needs no look at the names themselves.
    let all = || (0..names.len()).filter_map(|row| names.get(row));
    let first = all().next().unwrap_or_default();
    let alike = all().map(|name| first.iter().zip(name).take_while(|(a, b)| a == b).count()).min().unwrap_or(0);
    let head = |name: &[u8]| {
        let mut head = [0; 16];
        head.iter_mut().zip(name.iter().skip(alike)).for_each(|(to, from)| *to = *from);
        u128::from_be_bytes(head)
    };
    let mut heads: Vec<(u128, u32)> = all().map(head).zip(0..).collect();
    let compare = |a: &(u128, u32), b: &(u128, u32)| match a.0.cmp(&b.0) {
        Ordering::Equal => names.get(a.1 as usize).cmp(&names.get(b.1 as usize)),
        decided => decided,
    };
    heads.sort_unstable_by(compare);
    let mut ranks = vec![0; heads.len()];
    let mut rank = 0;
    let mut before: Option<(u128, u32)> = None;
    for item in heads {
        if before.is_some_and(|before| compare(&before, &item).is_ne()) {
            rank += 1;
        }
        if let Some(place) = ranks.get_mut(item.1 as usize) {
            *place = rank;
        }
        before = Some(item);
    }
    ranks
}

/// Every instant there is, ascending.
fn dictionary(inserted: &[i64], updated: &[i64], expires: &[Option<i64>]) -> Vec<i64> {
    let mut instants = Vec::new();
    let some = inserted.iter().zip(updated).flat_map(|(inserted, updated)| {
        // A key that was never changed has one instant twice.
        [Some(*inserted), Some(*updated).filter(|updated| updated != inserted)]
    });
    for instant in some.chain(expires.iter().copied()).flatten() {
        if instants.last() != Some(&instant) {
            instants.push(instant);
        }
    }
    instants.sort();
    instants.dedup();
    instants.shrink_to_fit();
    instants
}

/// The rank of each instant in their list, from 1; 0 is for those that are not there.
fn rank_instants(known: &[i64], instants: impl Iterator<Item = Option<i64>>) -> Vec<u32> {
    let mut last = (None, 0);
    instants
        .map(|instant| {
            // Neighbours are often the same.
            if last.0 != instant {
                let rank = instant.map_or(0, |instant| known.partition_point(|known| *known < instant) + 1);
                last = (instant, u32::try_from(rank).unwrap_or(u32::MAX));
            }
            last.1
        })
        .collect()
}

fn gather<T: Copy>(order: &[u32], column: &[T]) -> Vec<T> {
    order.iter().filter_map(|row| column.get(*row as usize).copied()).collect()
}

fn gather_names(order: &[u32], names: &Names) -> Names {
    let all = || order.iter().filter_map(|row| names.get(*row as usize));
    let mut gathered = Names::with_capacity(order.len(), all().map(|name| name.len() + 1).sum());
    all().for_each(|name| gathered.push(name));
    gathered
}
