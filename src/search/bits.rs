//! One bit for each key.

/// A bit for each slot, 64 to a word; those behind the last slot are never set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn none(slots: usize) -> Self {
        Self(vec![0; slots.div_ceil(64)])
    }

    pub(super) fn all(slots: usize) -> Self {
        let mut words = vec![u64::MAX; slots.div_ceil(64)];
        if let (Some(last), rest @ 1..) = (words.last_mut(), slots % 64) {
            *last = (1 << rest) - 1;
        }
        Self(words)
    }

    pub(super) fn set(&mut self, slot: usize) {
        if let Some(word) = self.0.get_mut(slot / 64) {
            *word |= 1 << (slot % 64);
        }
    }

    /// True when the bit was set.
    pub(super) fn clear(&mut self, slot: usize) -> bool {
        let Some(word) = self.0.get_mut(slot / 64) else { return false };
        let bit = 1 << (slot % 64);
        let was = *word & bit != 0;
        *word &= !bit;
        was
    }

    pub(super) fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.0
    }

    pub(super) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.0
    }
}

/// The slots of one word, the first of which is `first`.
pub(super) fn ones(first: usize, mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = word.trailing_zeros() as usize;
        word &= word.checked_sub(1)?;
        Some(first + at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_behind_the_last_slot_stay_clear() {
        for slots in [0, 1, 63, 64, 65, 128, 200] {
            let all = Bits::all(slots);
            assert_eq!(all.count(), slots);
            assert_eq!(
                all.words()
                    .iter()
                    .zip((0..).step_by(64))
                    .flat_map(|(word, first)| ones(first, *word))
                    .collect::<Vec<_>>(),
                (0..slots).collect::<Vec<_>>()
            );
            assert_eq!(Bits::none(slots).count(), 0);
        }
    }

    #[test]
    fn a_bit_is_cleared_once() {
        let mut bits = Bits::none(100);
        bits.set(99);
        assert!(bits.clear(99));
        assert!(!bits.clear(99));
        assert!(!bits.clear(1_000));
        bits.set(1_000);
        assert_eq!(bits, Bits::none(100));
    }
}
