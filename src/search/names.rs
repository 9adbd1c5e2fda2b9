//! The folded names of all keys, packed so that a scan reads nothing else.

use super::pattern::{END, Matcher, Stretch};

/// Names that share one base. At 49,152 bytes each (4096 characters, each folded to at most 12) their ends fit in 32 bits.
const BLOCK: usize = 1 << 16;

/// Folded names, each in its slot: one buffer, and 4 bytes a name to say where it ends.
#[derive(Debug)]
pub(super) struct Names {
    /// Begins with an [`END`]; one stands behind each name too.
    bytes: Vec<u8>,
    /// Where the end of each name stands, counted from the base of its block.
    ends: Vec<u32>,
    /// Where the end before each block stands.
    bases: Vec<usize>,
}

impl Names {
    /// For that many names of that many bytes in all.
    pub(super) fn with_capacity(names: usize, bytes: usize) -> Self {
        let mut all = Vec::with_capacity(bytes.saturating_add(names).saturating_add(1));
        all.push(END);
        Self { bytes: all, ends: Vec::with_capacity(names), bases: Vec::with_capacity(names.div_ceil(BLOCK)) }
    }

    /// Takes a name into the next slot.
    pub(super) fn push(&mut self, folded: &[u8]) {
        debug_assert!(!folded.contains(&END), "a folded name is UTF-8");
        if self.ends.len().is_multiple_of(BLOCK) {
            self.bases.push(self.bytes.len() - 1);
        }
        self.bytes.extend_from_slice(folded);
        let base = self.bases.last().copied().unwrap_or(0);
        self.ends.push((self.bytes.len() - base) as u32);
        self.bytes.push(END);
    }

    pub(super) fn get(&self, slot: usize) -> Option<&[u8]> {
        self.bytes.get(self.end_before(slot)? + 1..self.end_before(slot.checked_add(1)?)?)
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of all names.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len().saturating_sub(1 + self.ends.len())
    }

    /// Sets bit `slot - first` of `words` for every name that fits, of the slots `first..first + 64 * words.len()` as far
    /// as there are any. Other bits are left as they are. `first` is a multiple of 64.
    pub(super) fn scan(&self, matcher: &Matcher, mut first: usize, mut words: &mut [u64]) {
        debug_assert!(first.is_multiple_of(64), "a slot that begins a word");
        while first < self.len() && !words.is_empty() {
            let most = (BLOCK - first % BLOCK) / 64;
            let (now, later) = words.split_at_mut(most.min(words.len()));
            let last = self.len().min(first + now.len() * 64);
            if let Some(stretch) = self.stretch(first, last) {
                matcher.scan(stretch, now);
            }
            (first, words) = (last, later);
        }
    }

    /// Slots of one block.
    fn stretch(&self, first: usize, last: usize) -> Option<Stretch<'_>> {
        let origin = if first.is_multiple_of(BLOCK) { 0 } else { *self.ends.get(first - 1)? };
        let bytes = self.bytes.get(self.end_before(first)?..=self.end_before(last)?)?;
        Some(Stretch { bytes, ends: self.ends.get(first..last)?, origin })
    }

    fn end_before(&self, slot: usize) -> Option<usize> {
        let Some(before) = slot.checked_sub(1) else { return Some(0) };
        Some(self.bases.get(before / BLOCK)? + *self.ends.get(before)? as usize)
    }
}

impl Default for Names {
    fn default() -> Self {
        Self::with_capacity(0, 0)
    }
}
