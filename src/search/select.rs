//! Taking one page out of an order without sorting all that matches.

use std::ops::{Add, BitOr, Range, Shl, Shr, Sub};

use super::base::Base;
use super::bits::{Bits, ones};
use super::class;
use super::order::{Direction, OrderBy, OrderField};
use super::place::Place;
use super::threads;

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
    /// No slot is greater.
    last_slot: u32,
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
    /// The bits that the greatest takes.
    bits: u32,
    falls: bool,
}

impl<'a> Ranking<'a> {
    pub(super) fn new(base: &'a Base, order: &OrderBy) -> Self {
        let last_slot = u32::try_from(base.len()).unwrap_or(u32::MAX);
        let mut ranking = Self { base, terms: Vec::new(), slot_bits: bits(last_slot), last_slot, slots_fall: false };
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
            ranking.terms.push(Term { field, column, classes, greatest, bits: bits(greatest), falls });
        }
        ranking
    }

    fn width(&self) -> u32 {
        self.slot_bits + self.terms.iter().map(|term| term.bits).sum::<u32>()
    }

    fn number<N: Number>(&self, slot: usize) -> N {
        let ranks = self.terms.iter().fold(N::from(0), |number, term| (number << term.bits) | N::from(term.rank(slot)));
        // A slot has four bytes, as all ranks have.
        let slot = slot as u32;
        (ranks << self.slot_bits) | N::from(if self.slots_fall { self.last_slot - slot } else { slot })
    }

    /// The smallest number that a key behind this place can have. What is in no column falls between two ranks.
    fn behind(&self, place: &Place<'_>) -> u128 {
        let mut number = 0;
        let mut width = self.width();
        for term in &self.terms {
            width -= term.bits;
            let (rank, is_there) = self.rank_of(term.field, place);
            let is_there = is_there && rank <= term.greatest;
            // One more than the greatest is behind all that there is, and goes over into the term before.
            let rank = rank.min(term.greatest + 1);
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
        number + if self.slots_fall { u128::from(self.last_slot) + 1 - up_to + u128::from(is_there) } else { up_to }
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

    /// How many of the matching keys come up to a place.
    pub(super) fn up_to(&self, matches: &Bits, place: &Place<'_>) -> usize {
        let behind = self.behind(place);
        match u64::try_from(behind) {
            Ok(behind) if self.width() < u64::BITS => self.before(matches, behind),
            _ => self.before(matches, behind),
        }
    }

    fn before<N: Number>(&self, matches: &Bits, number: N) -> usize {
        let count = |first, words: &[u64]| slots(first, words).filter(|slot| self.number::<N>(*slot) < number).count();
        threads::map(matches.words(), count).into_iter().sum()
    }

    /// The slots of the matching keys that stand at these positions of the order.
    pub(super) fn window(&self, matches: &Bits, positions: Range<usize>) -> Vec<usize> {
        let keys = matches.count();
        // Half the size is twice as fast, and mostly enough.
        if self.width() < u64::BITS {
            self.narrow(matches, &Part { low: 0_u64, high: 1 << self.width(), keys }, positions)
        } else {
            self.narrow(matches, &Part { low: 0_u128, high: 1 << self.width(), keys }, positions)
        }
    }

    /// Those among a part that stand at these positions of the part. A part of many keys is cut into buckets; those that the
    /// positions lie in are gone into, small ones together.
    fn narrow<N: Number>(&self, matches: &Bits, part: &Part<N>, positions: Range<usize>) -> Vec<usize> {
        let positions = positions.start..positions.end.min(part.keys);
        if positions.is_empty() {
            return Vec::new();
        }
        let few = FEW.max(positions.len() * 2);
        if part.keys <= few {
            let collect = |first, words: &[u64]| self.members(part, first, words).collect::<Vec<_>>();
            let mut found = threads::map(matches.words(), collect).concat();
            found.sort_unstable();
            return found.into_iter().take(positions.end).skip(positions.start).map(|(_, slot)| slot).collect();
        }
        let mut out = Vec::new();
        let shift = (part.high - part.low).bits().saturating_sub(BUCKET_BITS + 1);
        let mut before = 0;
        let mut group = Part { low: part.low, high: part.low, keys: 0 };
        for keys in self.buckets(matches, part, shift) {
            if group.keys + keys > few {
                let inside = positions.start.saturating_sub(before)..positions.end.saturating_sub(before);
                out.extend(self.narrow(matches, &group, inside));
                before += group.keys;
                group = Part { low: group.high, high: group.high, keys: 0 };
            }
            group.high = group.high + (N::from(1) << shift);
            group.keys += keys;
        }
        let inside = positions.start.saturating_sub(before)..positions.end.saturating_sub(before);
        out.extend(self.narrow(matches, &group, inside));
        out
    }

    /// How many keys each bucket of a part has, which are told apart by the bits above these.
    fn buckets<N: Number>(&self, matches: &Bits, part: &Part<N>, shift: u32) -> Vec<usize> {
        let most = ((part.high - part.low) >> shift).low_word() + 1;
        let counts = threads::map(matches.words(), |first, words| {
            let mut counts = vec![0_u32; most];
            for (number, _) in self.members(part, first, words) {
                if let Some(count) = counts.get_mut(((number - part.low) >> shift).low_word()) {
                    *count += 1;
                }
            }
            counts
        });
        let mut sums = vec![0; most];
        for counts in counts {
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count as usize);
        }
        sums
    }

    fn members<N: Number>(&self, part: &Part<N>, first: usize, words: &[u64]) -> impl Iterator<Item = (N, usize)> {
        let numbers = slots(first, words).map(|slot| (self.number::<N>(slot), slot));
        numbers.filter(|(number, _)| part.low <= *number && *number < part.high)
    }
}

/// The slots whose bits are set.
fn slots(first: usize, words: &[u64]) -> impl Iterator<Item = usize> {
    (first..).step_by(64).zip(words).flat_map(|(first, word)| ones(first, *word))
}

/// The keys whose numbers lie between two.
#[derive(Debug)]
struct Part<N> {
    low: N,
    high: N,
    keys: usize,
}

/// Unsigned numbers of two sizes.
trait Number:
    Copy
    + Ord
    + Send
    + Sync
    + From<u32>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Shl<u32, Output = Self>
    + Shr<u32, Output = Self>
    + BitOr<Output = Self>
{
    /// The bits that it takes.
    fn bits(self) -> u32;
    /// What fits of it.
    fn low_word(self) -> usize;
}

impl Number for u64 {
    fn bits(self) -> u32 {
        Self::BITS - self.leading_zeros()
    }

    fn low_word(self) -> usize {
        self as usize
    }
}

impl Number for u128 {
    fn bits(self) -> u32 {
        Self::BITS - self.leading_zeros()
    }

    fn low_word(self) -> usize {
        self as usize
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
