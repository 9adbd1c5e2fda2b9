//! Taking one page out of an order without sorting all that matches.

use std::ops::Range;

use super::base::Base;
use super::bits::{Bits, ones};
use super::class;
use super::order::{Direction, OrderBy, OrderField};
use super::place::Place;

/// The buckets of one pass, a power of two.
const BUCKET_BITS: u32 = 12;
/// So many candidates are sorted without further ado.
const FEW: usize = 8_192;

/// Keys as numbers that order as the keys do: ranks beside each other, the slot (the rank by id) last, so that no two
/// are equal.
#[derive(Debug)]
pub(super) struct Ranking<'a> {
    base: &'a Base,
    terms: Vec<Term<'a>>,
    slot_bits: u32,
    /// By id, descending: then nothing comes behind it.
    slots_fall: bool,
}

#[derive(Debug)]
struct Term<'a> {
    field: OrderField,
    column: &'a [u32],
    /// Ranks of classes, where the column names classes.
    classes: Option<Vec<u32>>,
    greatest: u32,
    falls: bool,
}

impl<'a> Ranking<'a> {
    pub(super) fn new(base: &'a Base, order: &OrderBy) -> Self {
        let slot_bits = bits(u32::try_from(base.len()).unwrap_or(u32::MAX));
        let mut ranking = Self { base, terms: Vec::new(), slot_bits, slots_fall: false };
        for &(field, direction) in order.terms() {
            let falls = direction == Direction::Descending;
            let by_class = || {
                Some(
                    base.class_table
                        .iter()
                        .map(|own| class::rank(field, own.key_type, own.algorithm))
                        .collect::<Vec<_>>(),
                )
            };
            let (column, classes): (&[u32], _) = match field {
                OrderField::Id => {
                    ranking.slots_fall = falls;
                    break;
                }
                OrderField::Algorithm | OrderField::Type => (&base.classes, by_class()),
                OrderField::Expiration => (&base.expires, None),
                OrderField::InsertInstant => (&base.inserted, None),
                OrderField::Name => (&base.name_ranks, None),
            };
            let ranks = classes.as_deref().unwrap_or(column);
            let greatest = ranks.iter().copied().max().unwrap_or(0);
            ranking.terms.push(Term { field, column, classes, greatest, falls });
        }
        ranking
    }

    fn width(&self) -> u32 {
        self.slot_bits + self.terms.iter().map(|term| bits(term.greatest)).sum::<u32>()
    }

    fn number(&self, slot: usize) -> u128 {
        let ranks =
            self.terms.iter().fold(0, |number, term| (number << bits(term.greatest)) | u128::from(term.rank(slot)));
        (ranks << self.slot_bits) | self.last(slot)
    }

    fn last(&self, slot: usize) -> u128 {
        let slot = slot as u128;
        if self.slots_fall { (1 << self.slot_bits) - 1 - slot } else { slot }
    }

    /// The smallest number that a key behind this place can have. What is in no column falls between two ranks.
    pub(super) fn behind(&self, place: &Place<'_>) -> u128 {
        let mut number = 0;
        let mut width = self.width();
        for term in &self.terms {
            width -= bits(term.greatest);
            let (rank, is_there) = self.rank_of(term.field, place);
            let is_there = is_there && rank <= term.greatest;
            // Downwards, what is behind has the rank before.
            let (rank, greatest) = (u128::from(rank), u128::from(term.greatest));
            let rank = match (term.falls, is_there) {
                (false, _) => rank,
                (true, true) => greatest.saturating_sub(rank),
                (true, false) => (greatest + 1).saturating_sub(rank),
            };
            number += rank << width;
            if !is_there {
                return number;
            }
        }
        let up_to = self.base.ids_up_to(place.id) as u128;
        let is_there = self.base.slot(place.id).is_some();
        number + if self.slots_fall { (1 << self.slot_bits) - up_to + u128::from(is_there) } else { up_to }
    }

    /// The rank of a place's value, and whether it has one: else that of the next greater value.
    fn rank_of(&self, field: OrderField, place: &Place<'_>) -> (u32, bool) {
        let instant = |instant| {
            let rank = self.base.rank_from(instant);
            (rank, self.base.instants.get(rank as usize - 1) == Some(&instant))
        };
        match field {
            OrderField::Algorithm | OrderField::Type => (class::rank(field, place.key_type, place.algorithm), true),
            OrderField::Expiration => place.expires.map_or((0, true), instant),
            OrderField::InsertInstant => instant(place.inserted),
            OrderField::Name => self.base.name_rank(place),
            OrderField::Id => (0, true),
        }
    }

    /// How many of the matching keys come before a number.
    pub(super) fn before(&self, matches: &Bits, number: u128) -> usize {
        self.numbers(matches).filter(|(own, _)| *own < number).count()
    }

    fn numbers(&self, matches: &Bits) -> impl Iterator<Item = (u128, u32)> {
        let words = matches.words().iter().zip((0..).step_by(64));
        words.flat_map(|(word, first)| ones(first, *word)).map(|slot| (self.number(slot), slot as u32))
    }

    /// The slots of the matching keys that stand at these positions of the order.
    pub(super) fn window(&self, matches: &Bits, positions: Range<usize>) -> Vec<usize> {
        let mut out = Vec::with_capacity(positions.len().min(self.base.len()));
        let all = Part { low: 0, high: 1 << self.width(), keys: matches.count() };
        self.narrow(matches, &all, positions, &mut out);
        out
    }

    /// Adds those among a part that stand at these positions of the part. A part of many keys is cut into buckets; those
    /// that the positions lie in are gone into, small ones together.
    fn narrow(&self, matches: &Bits, part: &Part, positions: Range<usize>, out: &mut Vec<usize>) {
        let positions = positions.start..positions.end.min(part.keys);
        if positions.is_empty() {
            return;
        }
        let few = FEW.max(positions.len() * 2);
        if part.keys <= few {
            let mut found: Vec<_> = self.numbers(matches).filter(|(number, _)| part.has(*number)).collect();
            found.sort_unstable();
            out.extend(found.into_iter().take(positions.end).skip(positions.start).map(|(_, slot)| slot as usize));
            return;
        }
        let shift = (part.high - part.low).ilog2().saturating_sub(BUCKET_BITS);
        let mut buckets = vec![0_usize; ((part.high - part.low) >> shift) as usize];
        for (number, _) in self.numbers(matches).filter(|(number, _)| part.has(*number)) {
            if let Some(bucket) = buckets.get_mut(((number - part.low) >> shift) as usize) {
                *bucket += 1;
            }
        }
        let mut before = 0;
        let mut group = Part { low: part.low, high: part.low, keys: 0 };
        for keys in buckets {
            if group.keys + keys > few {
                let inside = positions.start.saturating_sub(before)..positions.end.saturating_sub(before);
                self.narrow(matches, &group, inside, out);
                before += group.keys;
                group = Part { low: group.high, high: group.high, keys: 0 };
            }
            group.high += 1 << shift;
            group.keys += keys;
        }
        let inside = positions.start.saturating_sub(before)..positions.end.saturating_sub(before);
        self.narrow(matches, &group, inside, out);
    }
}

/// The keys whose numbers lie between two.
#[derive(Debug)]
struct Part {
    low: u128,
    high: u128,
    keys: usize,
}

impl Part {
    fn has(&self, number: u128) -> bool {
        (self.low..self.high).contains(&number)
    }
}

impl Term<'_> {
    fn rank(&self, slot: usize) -> u32 {
        let value = self.column.get(slot).copied().unwrap_or(0);
        let rank = match &self.classes {
            Some(ranks) => ranks.get(value as usize).copied().unwrap_or(0),
            None => value,
        };
        if self.falls { self.greatest - rank } else { rank }
    }
}

/// The bits that a number up to this one takes.
const fn bits(greatest: u32) -> u32 {
    u32::BITS - greatest.leading_zeros()
}
