//! 64 bytes, and where a byte is among them.

/// Every byte 1.
const ONES: u64 = 0x0101_0101_0101_0101;
const LOW: u64 = 0x7F * ONES;
/// Brings the lowest bits of eight bytes together in the highest byte.
const GATHER: u64 = 0x0102_0408_1020_4080;

pub(super) struct Block {
    /// Eight words of eight bytes each.
    words: [u64; 8],
    /// The byte last looked for, and its places: patterns repeat themselves.
    last: Option<(u8, u64)>,
}

impl Block {
    pub(super) fn new(bytes: &[u8; 64]) -> Self {
        let mut words = [0; 8];
        words.iter_mut().zip(bytes.as_chunks().0).for_each(|(word, bytes)| *word = u64::from_le_bytes(*bytes));
        Self { words, last: None }
    }

    /// Bit `n` is set where byte `n` is this one.
    #[inline]
    pub(super) fn places(&mut self, byte: u8) -> u64 {
        match self.last {
            Some((last, places)) if last == byte => places,
            _ => self.last.insert((byte, places(&self.words, byte))).1,
        }
    }
}

#[inline]
fn places(words: &[u64; 8], byte: u8) -> u64 {
    let wanted = u64::from(byte) * ONES;
    words.iter().rev().fold(0, |places, word| {
        let other = word ^ wanted;
        // The high bit of each byte that is zero, and of no other: nothing carries from byte to byte.
        let equal = !((other & LOW).wrapping_add(LOW) | other | LOW);
        places << 8 | (equal >> 7).wrapping_mul(GATHER) >> 56
    })
}
