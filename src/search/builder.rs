//! Making the columns of a [`Base`] out of rows that come in any order.

use std::cmp::Ordering;

use super::base::Base;
use super::bits::Bits;
use super::class::Classes;
use super::fold;
use super::names::Names;
use super::threads;
use crate::model::Listed;

/// Stands for no instant: no key has the first of all.
const NEVER: i64 = i64::MIN;

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
    /// [`NEVER`] for none.
    expires: Vec<i64>,
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
        self.expires.push(listed.expires_at.unwrap_or(NEVER));
    }

    /// Sorts the rows that several have read, and ranks their values. Names, which take longest, are sorted by a thread of
    /// their own.
    pub(super) fn finish(parts: Vec<Self>) -> Base {
        // What stays comes first, and only then is anything given back: an allocator then makes a place of its own for
        // each column, and gives back all that was in use meanwhile.
        let keys = parts.iter().map(|part| part.ids.len()).sum();
        let mut base = Base::with_room(keys, parts.iter().flat_map(|part| &part.seqs).copied().max().unwrap_or(0));
        base.names = Names::with_capacity(keys, parts.iter().map(|part| part.names.bytes()).sum());
        let mut name_ranks = vec![0; keys];
        let (mut heads, mut order) = (Vec::with_capacity(keys), Vec::with_capacity(keys));
        let mut parts = parts.into_iter();
        let mut all = parts.next().unwrap_or_else(|| Self::new(0));
        parts.for_each(|part| all.append(part));

        let Self { ids, seqs, names, classes, known_classes, mut inserted, mut updated, mut expires } = all;
        threads::both(
            || rank_names(&names, &mut heads, &mut name_ranks),
            || {
                base.instants = dictionary(&inserted, &updated, &expires);
                for column in [&mut inserted, &mut updated, &mut expires] {
                    rank_instants(&base.instants, column);
                }
                order.extend(ids.into_iter().zip(0..));
                order.sort_unstable();
            },
        );
        let Base { names: named, name_ranks: ranked, .. } = &mut base;
        rows(&order, |row| names.get(row)).for_each(|name| named.push(name));
        ranked.extend(rows(&order, |row| name_ranks.get(row)));
        base.ids.extend(order.iter().map(|(id, _)| id));
        base.seqs.extend(rows(&order, |row| seqs.get(row)).copied());
        base.classes.extend(rows(&order, |row| classes.get(row)));
        let rank = |column: &[i64], row| column.get(row).and_then(|rank: &i64| u32::try_from(*rank).ok());
        base.inserted.extend(rows(&order, |row| rank(&inserted, row)));
        base.updated.extend(rows(&order, |row| rank(&updated, row)));
        base.expires.extend(rows(&order, |row| rank(&expires, row)));
        base.class_table = known_classes.into_table();
        base.alive = Bits::all(keys);
        base
    }

    fn append(&mut self, other: Self) {
        self.ids.extend(other.ids);
        self.seqs.extend(other.seqs);
        (0..other.names.len()).filter_map(|row| other.names.get(row)).for_each(|name| self.names.push(name));
        let numbers: Vec<_> =
            other.known_classes.into_table().into_iter().map(|class| self.known_classes.number_of(class)).collect();
        self.classes.extend(other.classes.iter().filter_map(|class| numbers.get(*class as usize)));
        self.inserted.extend(other.inserted);
        self.updated.extend(other.updated);
        self.expires.extend(other.expires);
    }
}

/// What each row has in a column, in this order.
fn rows<'a, T>(order: &'a [(u128, u32)], column: impl Fn(usize) -> Option<T> + 'a) -> impl Iterator<Item = T> + 'a {
    order.iter().filter_map(move |(_, row)| column(*row as usize))
}

/// How many different names come before that of each row.
fn rank_names(names: &Names, heads: &mut Vec<(u128, u32)>, ranks: &mut [u32]) {
    // Names mostly begin alike. What 16 bytes decide behind that needs no look at the names themselves.
    let all = || (0..names.len()).filter_map(|row| names.get(row));
    let first = all().next().unwrap_or_default();
    let alike = all().map(|name| first.iter().zip(name).take_while(|(a, b)| a == b).count()).min().unwrap_or(0);
    let head = |name: &[u8]| {
        let mut head = [0; 16];
        head.iter_mut().zip(name.iter().skip(alike)).for_each(|(to, from)| *to = *from);
        u128::from_be_bytes(head)
    };
    heads.extend(all().map(head).zip(0..));
    let compare = |a: &(u128, u32), b: &(u128, u32)| match a.0.cmp(&b.0) {
        Ordering::Equal => names.get(a.1 as usize).cmp(&names.get(b.1 as usize)),
        decided => decided,
    };
    heads.sort_unstable_by(compare);
    let mut rank = 0;
    let mut before: Option<(u128, u32)> = None;
    for &mut item in heads {
        if before.is_some_and(|before| compare(&before, &item).is_ne()) {
            rank += 1;
        }
        if let Some(place) = ranks.get_mut(item.1 as usize) {
            *place = rank;
        }
        before = Some(item);
    }
}

/// Every instant there is, ascending.
fn dictionary(inserted: &[i64], updated: &[i64], expires: &[i64]) -> Vec<i64> {
    let mut instants = Vec::new();
    // Neighbours are often the same, and a key that was never changed has one instant twice.
    let changed = inserted.iter().zip(updated).filter(|(inserted, updated)| inserted != updated);
    for &instant in inserted.iter().chain(changed.map(|(_, updated)| updated)).chain(expires) {
        if instant != NEVER && instants.last() != Some(&instant) {
            instants.push(instant);
        }
    }
    // Most come in order, which a stable sort makes use of.
    instants.sort();
    instants.dedup();
    instants.shrink_to_fit();
    instants
}

/// Puts ranks in the place of instants: from 1, in the order of their list; 0 for none.
fn rank_instants(known: &[i64], instants: &mut [i64]) {
    let mut last = (NEVER, 0);
    for instant in instants {
        if last.0 != *instant {
            let rank = match *instant {
                NEVER => 0,
                instant => known.partition_point(|known| *known < instant) + 1,
            };
            last = (*instant, i64::try_from(rank).unwrap_or(0));
        }
        *instant = last.1;
    }
}
