//! A pattern made ready to be held against many names.

use memchr::memmem::Finder;

use super::NamePattern;
use super::steps::Steps;

/// Stands before and behind each name in what is scanned. No UTF-8 has this byte.
pub(in crate::search) const END: u8 = 0xFF;

/// How many are counted until it is judged whether they come too close together. Few in tests, which have fewer names.
const FINDS: usize = if cfg!(test) { 4 } else { 2048 };

/// Names that stand one after another, as many as have their ends counted from one place.
#[derive(Clone, Copy)]
pub(in crate::search) struct Stretch<'a> {
    /// An [`END`], and one more behind each name.
    pub(in crate::search) bytes: &'a [u8],
    /// Where each name ends: that much less `origin` is an index into the bytes.
    pub(in crate::search) ends: &'a [u32],
    pub(in crate::search) origin: u32,
}

/// Made once for a search; what it finds is what [`NamePattern::fits`] says.
#[derive(Debug)]
pub(in crate::search) struct Matcher {
    /// What comes one behind the other within a name, with an [`END`] where it has to begin or end it.
    needles: Box<[Finder<'static>]>,
    /// No name of fewer bytes fits.
    shortest: usize,
    steps: Option<Steps>,
}

impl Matcher {
    pub(in crate::search) fn new(pattern: &NamePattern) -> Self {
        let last = pattern.parts.len().saturating_sub(1);
        let needle = |(n, part): (usize, &str)| {
            let mut bytes = Vec::with_capacity(part.len() + 2);
            bytes.extend((pattern.from_start && n == 0).then_some(END));
            bytes.extend_from_slice(part.as_bytes());
            bytes.extend((pattern.to_end && n == last).then_some(END));
            Finder::new(&bytes).into_owned()
        };
        Self {
            needles: pattern.parts.iter().map(|part| &**part).enumerate().map(needle).collect(),
            shortest: pattern.shortest,
            steps: Steps::new(pattern),
        }
    }

    /// Sets bit `n` of `words` when name number `n` of the stretch fits.
    pub(in crate::search) fn scan(&self, stretch: Stretch<'_>, words: &mut [u64]) {
        if self.needles.is_empty() {
            for (word, ends) in words.iter_mut().zip(stretch.ends.chunks(64)) {
                *word |= u64::MAX >> (64 - ends.len());
            }
        } else if let Some(slot) = self.leap(stretch, words)
            && let Some(steps) = &self.steps
        {
            let word = slot / 64;
            if let (Some(stretch), Some(words)) = (stretch.skip(word * 64), words.get_mut(word..)) {
                steps.scan(stretch, words);
            }
        }
    }

    /// Looks for one part after the other in all that is left of the names, so that the rarest decides how far to go: where
    /// one comes only in a later name, that name is the next that may fit. Gives up, and says at which name, where
    /// parts come so close together that [`Steps`] are faster.
    fn leap(&self, stretch: Stretch<'_>, words: &mut [u64]) -> Option<usize> {
        let Stretch { bytes, ends, origin } = stretch;
        let near = self.steps.as_ref().map_or(0, Steps::near);
        let (mut slot, mut begin) = (0, 0);
        let (mut finds, mut counted) = (0, 0);
        'names: loop {
            if finds > FINDS {
                if begin - counted < finds * near {
                    return Some(slot);
                }
                (finds, counted) = (0, begin);
            }
            let mut end = (*ends.get(slot)? - origin) as usize;
            if end - begin <= self.shortest {
                (slot, begin) = (slot + 1, end);
                continue;
            }
            let mut at = begin;
            for (n, needle) in self.needles.iter().enumerate() {
                finds += 1;
                let last = at + needle.find(bytes.get(at..)?)? + needle.needle().len() - 1;
                if last > end {
                    slot += later(ends.get(slot..)?, last as u32 + origin);
                    begin = (*ends.get(slot.checked_sub(1)?)? - origin) as usize;
                    if n > 0 {
                        continue 'names;
                    }
                    end = (*ends.get(slot)? - origin) as usize;
                }
                at = last + 1;
            }
            *words.get_mut(slot / 64)? |= 1 << (slot % 64);
            (slot, begin) = (slot + 1, end);
        }
    }
}

impl<'a> Stretch<'a> {
    /// Without the first names.
    fn skip(self, names: usize) -> Option<Self> {
        let Some(before) = names.checked_sub(1) else { return Some(self) };
        let end = *self.ends.get(before)?;
        let bytes = self.bytes.get((end - self.origin) as usize..)?;
        Some(Stretch { bytes, ends: self.ends.get(names..)?, origin: end })
    }
}

/// How many ends come before a place: looks ever further ahead, since it is mostly near.
fn later(ends: &[u32], place: u32) -> usize {
    let (mut low, mut high) = (0, 1);
    while ends.get(high - 1).is_some_and(|end| *end < place) {
        (low, high) = (high, high * 2);
    }
    low + ends.get(low..high.min(ends.len())).map_or(0, |ends| ends.partition_point(|end| *end < place))
}
