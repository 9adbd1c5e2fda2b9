//! Folded names, one after another.

use super::NamePattern;

#[derive(Debug)]
pub(super) struct Matcher(NamePattern);

impl Matcher {
    pub(super) fn new(pattern: &NamePattern) -> Self {
        Self(pattern.clone())
    }
    pub(super) fn fits(&self, name: &[u8]) -> bool {
        self.0.fits(name)
    }
}

#[derive(Debug, Default)]
pub(super) struct Names {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Names {
    pub(super) fn with_capacity(names: usize, bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), ends: Vec::with_capacity(names) }
    }
    pub(super) fn push(&mut self, folded: &[u8]) {
        self.bytes.extend_from_slice(folded);
        self.bytes.push(0xFF);
        self.ends.push(self.bytes.len() as u32);
    }
    pub(super) fn get(&self, slot: usize) -> Option<&[u8]> {
        let from = if slot == 0 { 0 } else { *self.ends.get(slot - 1)? as usize };
        self.bytes.get(from..*self.ends.get(slot)? as usize - 1)
    }
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }
    /// The bytes that the names take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }
    pub(super) fn scan(&self, matcher: &Matcher, first: usize, words: &mut [u64]) {
        for (word, first) in words.iter_mut().zip((first..).step_by(64)) {
            for slot in first..first + 64 {
                if self.get(slot).is_some_and(|name| matcher.fits(name)) {
                    *word |= 1 << (slot - first);
                }
            }
        }
    }
}
