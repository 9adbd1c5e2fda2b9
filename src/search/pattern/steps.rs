//! Matching all names at once: one bit for each byte, 64 of them in a word.

use super::NamePattern;
use super::block::Block;
use super::matcher::Stretch;

/// The most bytes of all parts: how far a part has come is one word, and work on names that repeat themselves stays bounded.
const MOST_BYTES: usize = 64;

/// What must come in a name, one byte after another.
///
/// For each block of 64 bytes a word says where the pattern has come so far. The bit of a byte is set when what is wanted
/// next may begin there: one `and` with the places of that byte and one shift move all of them on. Where a name ends is one
/// such word too, so that names need no loop of their own until the end; how many fit changes nothing.
#[derive(Debug)]
pub(super) struct Steps {
    parts: Box<[Box<[u8]>]>,
    from_start: bool,
    to_end: bool,
}

impl Steps {
    /// `None` when the pattern is too long or empty.
    pub(super) fn new(pattern: &NamePattern) -> Option<Self> {
        let bytes: usize = pattern.parts.iter().map(|part| part.len()).sum();
        (1..=MOST_BYTES).contains(&bytes).then(|| Self {
            parts: pattern.parts.iter().map(|part| part.as_bytes().into()).collect(),
            from_start: pattern.from_start,
            to_end: pattern.to_end,
        })
    }

    /// Where parts are found each within so many bytes, steps are faster than finding them.
    pub(super) fn near(&self) -> usize {
        let bytes: usize = self.parts.iter().map(|part| part.len()).sum();
        110 / (bytes + 2)
    }

    /// See [`Matcher::scan`](super::Matcher::scan).
    pub(super) fn scan(&self, stretch: Stretch<'_>, words: &mut [u64]) {
        let mut parts: Vec<_> = self.parts.iter().map(|part| Part::new(part)).collect();
        let mut begin = 1;
        let mut out = Out { words: words.iter_mut(), word: 0, bits: 0 };
        let (mut ends, mut origin) = (stretch.ends, stretch.origin + 1);
        let names = stretch.bytes.get(1..).unwrap_or_default();
        let (blocks, rest) = names.as_chunks::<64>();
        let mut last = [0; 64];
        last.iter_mut().zip(rest).for_each(|(last, byte)| *last = *byte);
        for bytes in blocks.iter().chain([&last]) {
            let (places, count) = places(ends, origin);
            let fits = self.step(&mut parts, &mut begin, &mut Block::new(bytes), places);
            let (now, later) = ends.split_at_checked(count).unwrap_or_default();
            out.push(now, origin, fits);
            (ends, origin) = (later, origin + 64);
        }
        out.flush();
    }

    /// Those of the ends whose names fit.
    fn step(&self, parts: &mut [Part<'_>], begin: &mut u64, block: &mut Block, ends: u64) -> u64 {
        let inside = !ends;
        let mut may = if self.from_start { ends << 1 | *begin } else { inside };
        *begin = ends >> 63;
        let (mut behind, mut fits) = (0, 0);
        for part in parts {
            behind = part.step(block, may);
            // A carry runs from the first place to the end of its name, and no further: there is a zero.
            let (sum, over) = (behind & inside).overflowing_add(inside);
            let (sum, again) = sum.overflowing_add(part.found);
            part.found = u64::from(over | again);
            fits = (sum | behind) & ends;
            // Below the first place the sum has ones; from there on it has zeros or what `behind` has.
            may = inside & (!sum | behind);
        }
        if self.to_end { behind & ends } else { fits }
    }
}

/// How far one part has come.
struct Part<'a> {
    bytes: &'a [u8],
    /// Bit `n`: the last block ended in the first `n + 1` bytes.
    open: u64,
    /// 1 when the name at the end of the last block has the part.
    found: u64,
}

impl<'a> Part<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, open: 0, found: 0 }
    }

    /// The places right behind the part, where it may begin at those given.
    fn step(&mut self, block: &mut Block, may: u64) -> u64 {
        let (mut here, mut before, mut open) = (may, self.open, 0);
        for (n, byte) in self.bytes.iter().enumerate() {
            if here == 0 && before == 0 {
                break;
            }
            here &= block.places(*byte);
            open |= here >> 63 << n;
            here = here << 1 | before & 1;
            before >>= 1;
        }
        self.open = open;
        here
    }
}

/// Which of the next 64 bytes are ends, and how many.
fn places(ends: &[u32], origin: u32) -> (u64, usize) {
    let (mut places, mut count) = (0, 0);
    // As many as there mostly are at the most, without a branch.
    for end in ends.first_chunk::<4>().into_iter().flatten() {
        let place = end.wrapping_sub(origin);
        places |= u64::from(place < 64) << (place & 63);
        count += usize::from(place < 64);
    }
    if count == 4 || ends.len() < 4 {
        for end in ends.get(count..).unwrap_or_default().iter().take_while(|end| **end - origin < 64) {
            places |= 1 << (end - origin);
            count += 1;
        }
    }
    (places, count)
}

/// Where the bits go.
struct Out<'a> {
    words: std::slice::IterMut<'a, u64>,
    /// Those that have no word yet: fewer than 64, but for those of one block.
    word: u128,
    bits: u32,
}

impl Out<'_> {
    /// Those of the ends that fit: few, mostly.
    fn push(&mut self, ends: &[u32], origin: u32, fits: u64) {
        let found = ends.iter().rev().fold(0, |found, end| found << 1 | fits >> ((end - origin) & 63) & 1);
        self.word |= u128::from(found) << self.bits;
        self.bits += ends.len() as u32;
        if self.bits >= 64 {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if let Some(word) = self.words.next() {
            *word |= self.word as u64;
        }
        self.word >>= 64;
        self.bits = self.bits.saturating_sub(64);
    }
}
